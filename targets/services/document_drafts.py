"""A policy document while it is written: begun from nothing, from a version or as a successor; changed entry by entry
or from a file; published by a second person from a day on. docs/documents.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models.policy import DocumentVersion, PolicyDocument
from portal.services import audit
from portal.services.steps import step
from targets.models.drafts import DocumentDraft
from targets.rules import plan_changes, plan_content
from targets.rules.plan_content import Problem
from targets.rules.states import DOCUMENT_DRAFT
from targets.services import plan_base, plan_force

OPEN = ("draft", "submitted")
#: How far ahead a document may begin: the longest plan has five years.
LONGEST_NOTICE = timedelta(days=5 * 366)


def sentence(problem: Problem) -> str:
    own = {name: _(problem.params[name]) for name in ("measure", "kind") if problem.params.get(name)}
    return _(problem.sentence) % {**problem.params, **own}


def place(problem: Problem, content: Mapping) -> str:
    """任务 3 增加托育资源 牵头单位: where a fault is, for a person."""
    entries = content[problem.part] if problem.part in plan_content.PARTS else []
    entry = plan_content.name_of(problem.part, entries[problem.index]) if problem.index < len(entries) else ""
    if entry and problem.part == "parameters":
        entry = plan_base.parameter_names().get(entries[problem.index]["key"], entry)
    words = (_(plan_content.PART_LABELS[problem.part]), entry, field_label(problem.field))
    return " ".join(word for word in words if word)


def field_label(name: str) -> str:
    return _(plan_content.FIELD_LABELS[name]) if name in plan_content.FIELD_LABELS else ""


def open_of(document: PolicyDocument) -> DocumentDraft | None:
    return DocumentDraft.objects.filter(document=document, state__in=OPEN).first()


def base_of(draft: DocumentDraft) -> dict[str, list[dict]]:
    """The rows that the draft is compared with: those of its document, else of the one that it follows."""
    return plan_base.rows_of(draft.document or draft.follows)


def changes_of(draft: DocumentDraft) -> dict[str, list[plan_changes.Change]]:
    base = base_of(draft)
    return {
        part: plan_changes.changes(part, base[part], draft.content[part]) for part in plan_changes.COMPARED
    }


def demand_last(document: PolicyDocument) -> None:
    if document.origin == PolicyDocument.Origin.MINUTES:
        words = _("%(name)s 是会议纪要，确认以后不再改，也没有接续的文件。有变化的，在下一次会议上另作决定")
        raise Conflict(words % {"name": document}, code="minutes")
    if document.superseded_on is not None:
        raise Conflict(
            _("%(name)s 到 %(day)s 由新的文件接续，不再改。改接续它的那份")
            % {"name": document, "day": document.superseded_on.isoformat()},
            code="superseded",
        )


def _made(actor: Actor, content: dict, now: datetime | None, **values) -> DocumentDraft:
    made = DocumentDraft.objects.create(
        content=content,
        title=content["document"]["title"][:200],
        begun_at=now or timezone.now(),
        begun_by=actor.user,
        **values,
    )
    audit.record("targets.document_draft.begin", made, actor=actor, name=made.title)
    return made


@transaction.atomic
def begin_new(
    facts: Mapping, *, follows: PolicyDocument | None, actor: Actor, now: datetime | None = None
) -> DocumentDraft:
    """A document from nothing; `follows`: the one whose successor it is. Refused with each field's sentence."""
    actor.demand("document.manage")
    content = plan_content.empty()
    content["document"] |= facts
    refuse(list(plan_content.document_problems(content["document"])))
    if follows is not None:
        demand_last(follows)
    demand_new(content["document"], None)
    return _made(actor, content, now, follows=follows)


def demand_new(facts: Mapping, document: PolicyDocument | None) -> None:
    """Refused for a number, or where there is none a title, that another document of the district has."""
    others = PolicyDocument.objects.exclude(pk=document.pk if document else None)
    number = facts["number"].strip()
    twin = (
        others.filter(number=number).first()
        if number
        else others.filter(title=facts["title"].strip()).first()
    )
    if twin is not None:
        field = "doc_number" if number else "title"
        words = _("已经有《%(title)s》。要改它，从它的页面起草新的一版") % {"title": twin.title}
        raise Conflict(words, field=field, code="twice", errors={field: words})


@transaction.atomic
def begin_version(document: PolicyDocument, *, actor: Actor, now: datetime | None = None) -> DocumentDraft:
    """The next version of a document, as a copy of the last. Conflict while there is a draft."""
    actor.demand("document.manage")
    document = PolicyDocument.objects.select_for_update().get(pk=document.pk)
    demand_last(document)
    if open_of(document) is not None:
        raise Conflict(_("%(name)s 已经有一份草稿，在它上面改") % {"name": document}, code="open")
    return _made(actor, plan_base.content_of(document), now, document=document)


# --- Changes ----------------------------------------------------------------------------------------


def locked(draft: DocumentDraft, version: int | None, actor: Actor, right: str) -> DocumentDraft:
    actor.demand(right)
    row = DocumentDraft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    if version is not None and row.version != version:
        raise Conflict(
            _("%(name)s的草稿刚被改过。没有存你的改动：按现在的内容再改一次") % {"name": row.title},
            code="stale",
        )
    return row


def demand_open(row: DocumentDraft) -> None:
    if row.state != "draft":
        raise Conflict(
            _("%(name)s的草稿现在是“%(state)s”，不能改。要改，先退回修改")
            % {"name": row.title, "state": row.get_state_display()},
            code="state",
        )


def keep_draft(row: DocumentDraft, action: str, actor: Actor, changes: dict) -> DocumentDraft:
    row.version += 1
    row.title = row.content["document"]["title"][:200]
    row.save()
    audit.record(f"targets.document_draft.{action}", row, actor=actor, name=row.title, changes=changes)
    return row


def refuse(problems: list[Problem]) -> None:
    """Refused with each field's sentence."""
    errors: dict[str, str] = {}
    for problem in problems:
        errors.setdefault(problem.field, sentence(problem))
    if errors:
        field, words = next(iter(errors.items()))
        raise Refused(words, field=field, code="values", errors=errors)


@transaction.atomic
def save_facts(draft: DocumentDraft, facts: Mapping, *, version: int, actor: Actor) -> DocumentDraft:
    """Title, number, dates and the like."""
    row = locked(draft, version, actor, "document.manage")
    demand_open(row)
    changed = row.content["document"] | facts
    refuse(list(plan_content.document_problems(changed)))
    demand_new(changed, row.document)
    row.content["document"] = changed
    return keep_draft(row, "facts", actor, {"title": changed["title"]})


@transaction.atomic
def save_entry(
    draft: DocumentDraft, part: str, index: int | None, entry: Mapping, *, version: int, actor: Actor
) -> DocumentDraft:
    """Changes an entry of a part, or adds one (`index` None) at the end. Refused with each field's sentence."""
    row = locked(draft, version, actor, "document.manage")
    demand_open(row)
    entries = list(row.content[part])
    if index is not None and index >= len(entries):
        raise NotFound(_("草稿里没有这一条，刷新页面看最新的"), code="entry")
    before = entries[index] if index is not None else None
    changed = (before or {}) | entry
    if index is None:
        entries.append(changed)
        index = len(entries) - 1
    else:
        entries[index] = changed
    tried = row.content | {part: entries}
    renamed(tried, part, before, changed)
    found = plan_content.problems(tried, plan_base.known())
    refuse([one for one in found if one.part == part and one.index in (index, 0 if not one.field else index)])
    row.content = tried
    return keep_draft(row, "entry", actor, {"part": part, "entry": plan_content.name_of(part, changed)})


def renamed(content: dict, part: str, before: Mapping | None, after: Mapping) -> None:
    """What rests on a clause or a task goes with its new label or number."""
    if before is None:
        return
    if part == "clauses" and before["label"] != after["label"]:
        for other in ("tasks", "targets", "parameters"):
            content[other] = [
                one | {"clause": after["label"]} if one.get("clause") == before["label"] else one
                for one in content[other]
            ]
    if part == "tasks" and before["number"] != after["number"]:
        swap = {before["number"]: after["number"]}
        content["targets"] = [
            one | {"tasks": [swap.get(number, number) for number in one.get("tasks") or ()]}
            for one in content["targets"]
        ]


@transaction.atomic
def remove_entry(draft: DocumentDraft, part: str, index: int, *, version: int, actor: Actor) -> DocumentDraft:
    """Takes an entry away. Refused while another one of the draft rests on it."""
    row = locked(draft, version, actor, "document.manage")
    demand_open(row)
    entries = list(row.content[part])
    if index >= len(entries):
        raise NotFound(_("草稿里没有这一条，刷新页面看最新的"), code="entry")
    gone = entries.pop(index)
    resting = rests_on(row.content, part, gone)
    if resting:
        raise Conflict(
            _("“%(name)s”上还有：%(what)s。先改那些，再去掉")
            % {"name": plan_content.name_of(part, gone), "what": _("、").join(resting[:5])},
            code="used",
        )
    row.content = row.content | {part: entries}
    return keep_draft(row, "remove", actor, {"part": part, "entry": plan_content.name_of(part, gone)})


def rests_on(content: Mapping, part: str, gone: Mapping) -> list[str]:
    if part == "clauses":
        return [
            plan_content.name_of(other, one)
            for other in ("tasks", "targets", "parameters")
            for one in content[other]
            if one.get("clause") == gone["label"]
        ]
    if part == "tasks":
        return [one["text"][:20] for one in content["targets"] if gone["number"] in (one.get("tasks") or ())]
    if part == "units":
        return [
            plan_content.name_of("tasks", task)
            for task in content["tasks"]
            if gone["slug"] in {one["unit"] for role in ("leads", "supports") for one in task[role]}
        ]
    return []


@transaction.atomic
def replace(draft: DocumentDraft, content: dict, *, version: int | None, actor: Actor) -> DocumentDraft:
    """The whole content at once, from a file that was checked. Nothing is written where it says what stands."""
    row = locked(draft, version, actor, "document.manage")
    demand_open(row)
    if content == row.content:
        return row
    row.content = content
    return keep_draft(row, "replace", actor, {part: len(content[part]) for part in plan_content.PARTS})


# --- The two people -----------------------------------------------------------------------------------


def demand_whole(row: DocumentDraft, starts_on: date, on: date) -> None:
    """Refused where the draft cannot be published from the day on."""

    def no(words: str) -> Refused:
        return Refused(words, field="starts_on", code="starts_on", errors={"starts_on": words})

    found = plan_content.problems(row.content, plan_base.known(on))
    if found:
        first = found[0]
        raise Refused(
            _("还有 %(n)d 处要改。第一处：%(place)s，%(what)s")
            % {"n": len(found), "place": place(first, row.content), "what": sentence(first)},
            code="problems",
        )
    for one in (row.document, row.follows):
        if one is not None:
            demand_last(one)
    demand_new(row.content["document"], row.document)
    if row.document is not None and starts_on < on:
        raise no(_("起用日期：新的一版不能早于今天，已经过去的日子按当时的一版衡量"))
    if starts_on > on + LONGEST_NOTICE:
        raise no(_("起用日期：最远到 %(day)s") % {"day": (on + LONGEST_NOTICE).isoformat()})
    begin = plan_content.day(row.content["document"]["period"]["from"])
    end = plan_content.day(row.content["document"]["period"]["to"])
    if row.document is None and (starts_on < begin or (end is not None and starts_on > end)):
        raise no(
            _("起用日期：要在文件的期限 %(begin)s 到 %(end)s 之内")
            % {"begin": begin.isoformat(), "end": end.isoformat() if end else "—"}
        )
    last, words = plan_force.first_day_possible(row.document, row.follows)
    if last is not None and starts_on <= last:
        raise no(_("起用日期：%(what)s，要晚于那一天，同一天不能有两版") % {"what": words})
    if row.document is not None and same_as_before(row):
        raise Refused(_("和现在的一版一样，没有要公布的"), code="same")


def same_as_before(row: DocumentDraft) -> bool:
    return row.content == plan_base.content_of(row.document)


@transaction.atomic
def submit(
    draft: DocumentDraft,
    *,
    starts_on: date,
    reason: str,
    version: int,
    actor: Actor,
    now: datetime | None = None,
) -> DocumentDraft:
    """Hands the draft to a second person, who publishes it from `starts_on` on; a next version says why."""
    row = locked(draft, version, actor, "document.manage")
    now = now or timezone.now()
    row.state = step(DOCUMENT_DRAFT, row, "submit")
    reason = " ".join(reason.split())
    if row.document is not None and not 2 <= len(reason) <= 200:
        words = _("为什么改：写 2 到 200 个字")
        raise Refused(words, field="reason", code="reason", errors={"reason": words})
    demand_whole(row, starts_on, timezone.localdate(now))
    row.starts_on, row.reason, row.note = starts_on, reason[:200], ""
    row.submitted_at, row.submitted_by = now, actor.user
    return keep_draft(row, "submit", actor, {"starts_on": starts_on.isoformat(), "reason": reason})


@transaction.atomic
def give_back(draft: DocumentDraft, *, note: str, version: int, actor: Actor) -> DocumentDraft:
    """The second person sends it back with a reason."""
    row = locked(draft, version, actor, "document.publish")
    row.state = step(DOCUMENT_DRAFT, row, "return")
    demand_other(row, actor)
    note = " ".join(note.split())
    if not 2 <= len(note) <= 200:
        words = _("为什么退回：写 2 到 200 个字")
        raise Refused(words, field="note", code="note", errors={"note": words})
    row.note, row.submitted_at, row.submitted_by = note, None, None
    return keep_draft(row, "return", actor, {"note": note})


def demand_other(row: DocumentDraft, actor: Actor) -> None:
    if actor.same_person(row.submitted_by):
        raise Denied(_("自己送的由第二个人公布"))


@transaction.atomic
def publish(
    draft: DocumentDraft, *, version: int, actor: Actor, now: datetime | None = None
) -> DocumentVersion:
    """The draft is put in force from its day on. Denied to whoever handed it over; everything is looked at anew."""
    row = locked(draft, version, actor, "document.publish")
    now = now or timezone.now()
    row.state = step(DOCUMENT_DRAFT, row, "publish")
    demand_other(row, actor)
    document, follows = (
        PolicyDocument.objects.select_for_update().get(pk=pk) if pk else None
        for pk in (row.document_id, row.follows_id)
    )
    on = timezone.localdate(now)
    demand_whole(row, row.starts_on, on)
    made = plan_force.put_in_force(
        row.content,
        document=document,
        follows=follows,
        starts_on=row.starts_on,
        reason=row.reason,
        actor=actor,
        now=now,
    )
    row.settled_at, row.settled_by, row.published = now, actor.user, made
    row.document = made.document
    keep_draft(row, "publish", actor, {"version": made.number, "starts_on": row.starts_on.isoformat()})
    return made


@transaction.atomic
def drop(draft: DocumentDraft, *, version: int, actor: Actor, now: datetime | None = None) -> DocumentDraft:
    """The draft is not wanted any more; it stays on record."""
    row = locked(draft, version, actor, "document.manage")
    row.state = step(DOCUMENT_DRAFT, row, "drop")
    row.settled_at, row.settled_by = now or timezone.now(), actor.user
    return keep_draft(row, "drop", actor, {})
