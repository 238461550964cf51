"""A content put in force from a day on: the document with its clauses, tasks, targets and parameters.

A row that is as it was goes on. One that differs ends the day before, and another one begins: what was judged by it
stays as it was. Of a document that another one follows everything ends the day before its successor's first day.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from portal.access import Actor
from portal.models.places import Street, Unit
from portal.models.policy import Clause, DocumentVersion, PolicyDocument
from portal.services import audit, parameters, policy_reference
from portal.services.numbers import next_number
from portal.services.policy_files import FOLDER
from portal.services.policy_files import Document as File
from portal.services.reference import Tally, read_yaml
from targets.models.targets import Target, TargetTask
from targets.models.tasks import Task, TaskUnit
from targets.rules.plan_changes import kept
from targets.rules.plan_content import day
from targets.services import plan_base
from targets.services import reference as target_reference

SERIES = "document"
ROLES = {"leads": TaskUnit.Role.LEAD, "supports": TaskUnit.Role.SUPPORT}


def fingerprint(content: Mapping) -> str:
    return hashlib.sha256(
        json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


def put_in_force(
    content: Mapping,
    *,
    document: PolicyDocument | None,
    follows: PolicyDocument | None,
    starts_on: date,
    reason: str,
    actor: Actor,
    now: datetime,
) -> DocumentVersion:
    """Writes the rows and keeps the version. The caller has checked the content and locked the documents."""
    base = plan_base.rows_of(document)
    if document is not None and plan_base.last_version(document) is None:
        keep_version(
            document, plan_base.content_of(document), document.period_from or starts_on, "", None, now
        )
    row = keep_document(content, document, follows)
    units = keep_units(content["units"])
    clauses = keep_clauses(content, row)
    if content["more"]:
        keep_more(content, row, clauses, units, actor)
    tasks = keep_tasks(content["tasks"], base["tasks"], row, clauses, units, starts_on)
    keep_targets(content["targets"], base["targets"], row, clauses, tasks, starts_on)
    for one in content["parameters"]:
        parameters.change_by_document(
            one["key"],
            one["value"],
            clause=clauses[one["clause"]],
            starts_on=day(one["starts_on"]),
            actor=actor,
        )
    if follows is not None:
        supersede(follows, starts_on)
    version = keep_version(row, content, starts_on, reason, actor, now)
    audit.record(
        "portal.document.publish",
        row,
        actor=actor,
        name=row.title,
        changes={
            "version": version.number,
            "starts_on": starts_on.isoformat(),
            "reason": reason,
            "sha256": version.sha256,
            **({"follows": follows.key} if follows else {}),
        },
    )
    return version


def keep_version(row, content, starts_on, reason, actor, now) -> DocumentVersion:
    last = plan_base.last_version(row)
    return DocumentVersion.objects.create(
        document=row,
        number=(last.number if last else 0) + 1,
        starts_on=starts_on,
        reason=reason,
        content=content,
        sha256=fingerprint(content),
        published_at=now,
        published_by=actor.user if actor else None,
    )


def keep_document(content, document: PolicyDocument | None, follows) -> PolicyDocument:
    facts = content["document"]
    period = facts["period"]
    row = document or PolicyDocument(
        key=f"document-{next_number(SERIES)}", origin=PolicyDocument.Origin.OWN, follows=follows
    )
    if row.origin == PolicyDocument.Origin.SHIPPED:
        row.origin = PolicyDocument.Origin.AMENDED
    for name in (
        "title", "number", "issuers", "plan_title", "plan_number", "publicity", "bases", "notes", "source",
    ):  # fmt: skip
        setattr(row, name, facts[name])
    row.issued_on, row.printed_on = day(facts["issued_on"]), day(facts["printed_on"])
    row.period_from, row.period_to = day(period["from"]), day(period["to"])
    row.period_stated, row.period_derived = period["stated"], bool(period["derived"])
    row.save()
    return row


def keep_units(new: list[dict]) -> dict[str, Unit]:
    """All units of the district by slug, those with it that a document brought."""
    units = {unit.slug: unit for unit in Unit.objects.all()}
    for one in new:
        if one["slug"] in units:
            continue
        units[one["slug"]] = Unit.objects.create(
            slug=one["slug"],
            name=one["name"],
            full_name=one.get("full_name") or "",
            kind=one["kind"],
            aliases=one.get("aliases") or [],
            collective=bool(one.get("collective")),
            members_known=not one.get("collective"),
            position=len(units) + 1,
        )
    return units


def keep_clauses(content, row: PolicyDocument) -> dict[str, Clause]:
    """The clauses in the content's order; one that it has no more stays, after them, for what rested on it."""
    there = {clause.label: clause for clause in Clause.objects.filter(document=row)}
    for position, one in enumerate(content["clauses"], 1):
        clause = there.get(one["label"])
        if clause is None:
            there[one["label"]] = Clause.objects.create(document=row, label=one["label"], position=position)
        elif clause.position != position:
            clause.position = position
            clause.save(update_fields=["position"])
    labels = {one["label"] for one in content["clauses"]}
    for position, label in enumerate((label for label in there if label not in labels), len(labels) + 1):
        Clause.objects.filter(pk=there[label].pk).update(position=position)
    return there


def keep_more(content, row, clauses, units, actor) -> None:
    """What only a plan file has, by the same functions that load the shipped ones."""
    more = content["more"]
    file = File(row.key, actor.district.pk, {"pilot_clause": more.get("pilot_clause", "")}, thawed(more))
    tally = Tally()
    policy_reference.load_rules(file, row, clauses, tally)
    policy_reference.load_modes(Words(), file, row, clauses, tally)
    streets = {street.code: street for street in Street.objects.all()}
    policy_reference.load_pilot_streets(file, row, clauses, streets, units, tally)
    target_reference.load_cycle(file, row, {label: one.pk for label, one in clauses.items()}, tally)


class Words:
    """As much of the shipped content as `load_modes` reads."""

    @property
    def words(self) -> dict:
        return read_yaml(FOLDER / "districts.yaml")["words"]


def thawed(more: Mapping) -> dict:
    """With days as days again."""
    stages = [{**stage, "due": day(stage["due"])} for stage in more.get("stages") or ()]
    return {"rules": [], **more, "stages": stages}


def keep_tasks(entries, base, row, clauses, units, starts_on) -> dict[int, list[Task]]:
    """number -> the rows in force from the day on."""
    before = {one["id"]: one for one in base}
    rows = Task.objects.in_bulk(list(before))
    going_on, made = set(), {}
    for entry in entries:
        clause = clauses.get(entry.get("clause") or "")
        old = before.get(entry.get("follows"))
        if old is not None and kept("tasks", old, entry):
            task = rows[old["id"]]
            going_on.add(task.pk)
            if task.note != (entry.get("note") or ""):
                task.note = entry.get("note") or ""
                task.save(update_fields=["note"])
        else:
            task = Task.objects.create(
                document=row,
                clause=clause,
                origin=entry["origin"],
                number=entry["number"],
                category=entry.get("category") or "",
                project=entry.get("project") or "",
                text=entry["text"].strip(),
                carried=entry.get("carried") or [],
                note=entry.get("note") or "",
                key_project=entry.get("key_project"),
                in_section_five=entry.get("in_section_five"),
                follows_id=entry.get("follows"),
                starts_on=starts_on,
            )
            TaskUnit.objects.bulk_create(
                TaskUnit(task=task, unit=units[one["unit"]], role=role, name=one["name"], position=position)
                for part, role in ROLES.items()
                for position, one in enumerate(entry[part], 1)
            )
        made.setdefault(entry["number"], []).append(task)
    end(Task, set(before) - going_on, starts_on)
    return made


def end(model, ids, starts_on: date) -> None:
    model.objects.filter(pk__in=list(ids)).update(ends_on=starts_on - timedelta(days=1))


def keep_targets(entries, base, row, clauses, tasks, starts_on) -> None:
    before = {one["id"]: one for one in base}
    going_on, links = set(), []
    for position, entry in enumerate(entries, 1):
        old = before.get(entry.get("follows"))
        if old is not None and kept("targets", old, entry):
            pk = old["id"]
            going_on.add(pk)
            Target.objects.filter(pk=pk).update(position=position, note=entry.get("note") or "")
        else:
            pk = new_target(entry, row, clauses[entry["clause"]], position, starts_on).pk
        links += [(pk, task.pk) for number in entry.get("tasks") or () for task in tasks.get(number, ())]
    end(Target, set(before) - going_on, starts_on)
    there = set(TargetTask.objects.filter(target__in=going_on).values_list("target_id", "task_id"))
    TargetTask.objects.bulk_create(
        TargetTask(target_id=target, task_id=task)
        for target, task in dict.fromkeys(links)
        if (target, task) not in there
    )
    dropped = there - set(links)
    for target, task in dropped:
        TargetTask.objects.filter(target_id=target, task_id=task, task__ends_on__isnull=True).delete()


def new_target(entry, row, clause, position, starts_on) -> Target:
    boolean = entry["kind"] == "boolean" and entry.get("value") is None
    return Target.objects.create(
        document=row,
        clause=clause,
        key=entry["key"],
        text=entry["text"].strip(),
        display_text=entry.get("display_text") or "",
        kind=entry["kind"],
        comparator=entry["comparator"],
        value=True if boolean else entry["value"],
        value_min=entry.get("value_min"),
        value_max=entry.get("value_max"),
        value_text=entry.get("value_text") or "",
        unit=entry.get("unit") or "",
        period=entry["period"],
        due=day(entry.get("due")),
        scope=entry["scope"],
        formula=entry.get("formula") or "",
        conditions=entry.get("conditions") or "",
        also=entry.get("also") or [],
        extra=entry.get("extra") or {},
        note=entry.get("note") or "",
        proof=entry["proof"],
        proof_reason="" if entry["proof"] == "counted" else (entry.get("proof_reason") or ""),
        metric=entry.get("metric") or "" if entry["proof"] == "counted" else "",
        streets_counted=entry.get("streets") or "plan",
        follows_id=entry.get("follows"),
        starts_on=starts_on,
        position=position,
    )


def supersede(document: PolicyDocument, starts_on: date) -> None:
    """The predecessor's rows end the day before; it stays to be read."""
    for model in (Task, Target):
        end(
            model,
            model.objects.filter(document=document, ends_on__isnull=True).values_list("pk", flat=True),
            starts_on,
        )
    document.superseded_on = starts_on
    document.save(update_fields=["superseded_on"])


def first_day_possible(
    document: PolicyDocument | None, follows: PolicyDocument | None
) -> tuple[date | None, str]:
    """After which day the content may begin, and why: a version begins after the one before, a successor after the
    last version of what it follows."""
    for one in (document, follows):
        if one is None:
            continue
        version = plan_base.last_version(one)
        last = version.starts_on if version else one.period_from
        if last is not None:
            return last, _("%(name)s 的上一版从 %(day)s 起") % {"name": one, "day": last.isoformat()}
    return None, ""
