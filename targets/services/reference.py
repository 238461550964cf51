"""Targets' part of the reference data: tasks and duties with their units, targets with their proof, the city's cycle."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from portal.models.places import District, Unit
from portal.models.policy import Clause, PolicyDocument
from portal.services import policy_files
from portal.services.policy_files import Document
from portal.services.reference import BrokenReference, Loader, Tally, keep_only, read_yaml, upsert
from targets.models.demonstration import AssessmentItem, CycleQuota, CycleStage, RevocationCondition
from targets.models.targets import Target, TargetTask
from targets.models.tasks import Task, TaskUnit

FOLDER = Path(__file__).resolve().parent.parent / "reference"
PROOFS = FOLDER / "proofs.yaml"
#: keys of a target in its file that have a column of their own; every other one is kept in `extra`
COLUMNS = {
    "key", "clause", "text", "display_text", "kind", "comparator", "value", "value_min", "value_max", "value_text",
    "unit", "period", "due", "scope", "formula", "conditions", "also", "note", "tasks",
}  # fmt: skip
STREETS = ("street", "plan", "all")


class Content(NamedTuple):
    policy: policy_files.Content
    proofs: dict[str, dict[str, dict]]


def files() -> list[Path]:
    return [*policy_files.files(), PROOFS]


def read(folder: Path = policy_files.FOLDER, proofs: Path = PROOFS) -> Content:
    """All files, checked; BrokenReference when a target has no proof, or a proof no target."""
    policy = policy_files.read(folder)
    rows = read_yaml(proofs) or {}
    faults = []
    for key, data in {d.key: d.data for d in policy.documents}.items():
        given = rows.get(key) or {}
        for target in data["targets"]:
            if target["key"] not in given:
                faults.append((f"{key} {target['key']}", _("没有写怎样证明")))
        known = {target["key"] for target in data["targets"]}
        for name, proof in given.items():
            faults += [(f"{key} {name}", what) for what in _proof_faults(name, proof, known)]
    if faults:
        raise BrokenReference(proofs.name, faults)
    return Content(policy, rows)


def _proof_faults(name: str, proof: Any, known: set[str]) -> list[str]:
    if name not in known:
        return [_("文件里没有这个指标")]
    if not isinstance(proof, dict) or proof.get("proof") not in Target.Proof.values:
        return [_("proof 应是 counted、attested 或 not_yet")]
    if proof["proof"] == Target.Proof.COUNTED:
        if not proof.get("metric"):
            return [_("没有写算法")]
    elif not proof.get("reason"):
        return [_("没有写原因")]
    if proof.get("streets", "plan") not in STREETS:
        return [_("streets 应是 street、plan 或 all")]
    return []


def load(district: District, content: Content, tally: Tally) -> None:
    units = {unit.slug: unit for unit in Unit.objects.all()}
    for document in content.policy.of(district):
        row = PolicyDocument.objects.get(key=document.key)
        if row.origin == PolicyDocument.Origin.OWN:
            continue  # written by the district: no file changes it
        clauses = {clause.label: clause.pk for clause in Clause.objects.filter(document=row)}
        tasks = load_tasks(document, row, clauses, tally)
        load_task_units(document, row, tasks, units, tally)
        targets = load_targets(document, row, clauses, content.proofs[document.key], tally)
        load_target_tasks(document, row, targets, tasks, tally)
        load_cycle(document, row, clauses, tally)


def load_tasks(document: Document, row, clauses, tally) -> dict[tuple[str, int], Task]:
    """The rows of the task table, and the duties where a document has those instead."""
    form, begin = document.options.get("task_clause", ""), first_day(document)
    rows = [
        {
            "document_id": row.pk,
            "clause_id": clauses.get(form.format(number=task["number"])) if form else None,
            "origin": Task.Origin.TABLE,
            "number": task["number"],
            "category": task["category"],
            "project": task["project"],
            "text": task["text"],
            "carried": task["carried"],
            "note": task.get("note", ""),
            "key_project": task.get("key_project"),
            "in_section_five": None,
            "starts_on": begin,
        }
        for task in document.data["tasks"]
    ] + [
        {
            "document_id": row.pk,
            "clause_id": clauses[duty["clause"]],
            "origin": Task.Origin.DUTY,
            "number": duty["number"],
            "category": "",
            "project": "",
            "text": duty["text"],
            "carried": [],
            "note": duty.get("note", ""),
            "key_project": None,
            "in_section_five": duty["in_section_five"],
            "starts_on": begin,
        }
        for duty in document.data.get("duties") or ()
    ]
    keys = ("document_id", "origin", "number", "starts_on")
    found = upsert(Task, keys, rows, tally, Task.objects.filter(document=row))
    return {(origin, number): task for (_document, origin, number, _day), task in found.items()}


def first_day(document: Document) -> date:
    """From which day on what the file says is in force: later versions are the district's own rows."""
    return document.data["document"]["period"]["from"]


def load_task_units(document, row, tasks, units, tally) -> None:
    rows = []

    def name(task, unit, role, words, position):
        rows.append(
            {
                "task_id": task.pk,
                "unit_id": units[unit].pk,
                "role": role,
                "name": words,
                "position": position,
            }
        )

    for task in document.data["tasks"]:
        mine = tasks[Task.Origin.TABLE, task["number"]]
        for role, key in ((TaskUnit.Role.LEAD, "leads"), (TaskUnit.Role.SUPPORT, "supports")):
            for position, unit in enumerate(task[key], 1):
                name(mine, unit["unit"], role, unit["name"], position)
    for duty in document.data.get("duties") or ():
        mine = tasks[Task.Origin.DUTY, duty["number"]]
        name(mine, duty["unit"], TaskUnit.Role.LEAD, duty["name"], 1)
        if duty.get("with"):
            name(mine, duty["with"], TaskUnit.Role.SUPPORT, units[duty["with"]].name, 1)
    links = TaskUnit.objects.filter(task__in=[task.pk for task in tasks.values()])
    keys = ("task_id", "unit_id", "role")
    found = upsert(TaskUnit, keys, rows, tally, links)
    keep_only(links, set(found), lambda link: (link.task_id, link.unit_id, link.role), tally)


def load_targets(document, row, clauses, proofs, tally) -> dict[str, Target]:
    rows = []
    for position, target in enumerate(document.data["targets"], 1):
        proof = proofs[target["key"]]
        rows.append(
            {
                "document_id": row.pk,
                "clause_id": clauses[target["clause"]],
                "key": target["key"],
                "text": target["text"],
                "display_text": target.get("display_text", ""),
                "kind": target["kind"],
                "comparator": target["comparator"],
                "value": target["value"],
                "value_min": target.get("value_min"),
                "value_max": target.get("value_max"),
                "value_text": target.get("value_text", ""),
                "unit": target.get("unit") or "",
                "period": target["period"],
                "due": target.get("due"),
                "scope": target["scope"],
                "formula": target["formula"],
                "conditions": target.get("conditions") or "",
                "also": target.get("also") or [],
                "extra": {k: v for k, v in target.items() if k not in COLUMNS},
                "note": target.get("note", ""),
                "proof": proof["proof"],
                "proof_reason": proof.get("reason", ""),
                "metric": proof.get("metric", ""),
                "streets_counted": proof.get("streets", "plan"),
                "starts_on": first_day(document),
                "position": position,
            }
        )
    keys = ("document_id", "key", "starts_on")
    found = upsert(Target, keys, rows, tally, Target.objects.filter(document=row))
    return {key: target for (_document, key, _day), target in found.items()}


def load_target_tasks(document, row, targets, tasks, tally) -> None:
    rows = [
        {"target_id": targets[target["key"]].pk, "task_id": tasks[Task.Origin.TABLE, number].pk}
        for target in document.data["targets"]
        for number in target.get("tasks") or ()
    ]
    links = TargetTask.objects.filter(target__in=[target.pk for target in targets.values()])
    links = links.filter(task__in=[task.pk for task in tasks.values()])
    found = upsert(TargetTask, ("target_id", "task_id"), rows, tally, links)
    keep_only(links, set(found), lambda link: (link.target_id, link.task_id), tally)


def load_cycle(document, row, clauses, tally) -> None:
    """Stages, quotas, revocation conditions and the outline of the assessment of a demonstration cycle."""
    data = document.data
    common = {"document_id": row.pk}
    stages = [
        {
            **common,
            "clause_id": clauses[stage["clause"]],
            **{k: stage[k] for k in ("number", "name", "due", "text", "actors", "steps")},
        }
        for stage in data.get("stages") or ()
    ]
    upsert(CycleStage, ("document_id", "number"), stages, tally, CycleStage.objects.filter(document=row))
    quotas = [
        {
            **common,
            "clause_id": clauses[quota["clause"]],
            **{k: quota[k] for k in ("key", "title", "text", "share_percent", "max_count", "cycle_years")},
            "min_count": quota.get("min_count"),
            "strength": quota.get("strength", ""),
            "note": quota.get("note", ""),
        }
        for quota in data.get("quotas") or ()
    ]
    upsert(CycleQuota, ("document_id", "key"), quotas, tally, CycleQuota.objects.filter(document=row))
    conditions = [
        {**common, "clause_id": clauses[c["clause"]], "number": c["number"], "text": c["text"]}
        for c in data.get("revocation_conditions") or ()
    ]
    rows = RevocationCondition.objects.filter(document=row)
    upsert(RevocationCondition, ("document_id", "number"), conditions, tally, rows)
    items = [
        {
            **common,
            "clause_id": clauses[area["clause"]],
            "area_number": area["number"],
            "area_key": area["key"],
            "area_title": area["title"],
            "key": item["key"],
            "text": item["text"],
            "position": position,
        }
        for area in data.get("assessment_outline") or ()
        for position, item in enumerate(area["items"], 1)
    ]
    upsert(AssessmentItem, ("document_id", "key"), items, tally, AssessmentItem.objects.filter(document=row))


@cache
def loader() -> Loader:
    return Loader("targets", 40, files, read, load)
