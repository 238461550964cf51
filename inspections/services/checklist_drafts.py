"""A checklist's next version: begun as a copy, reworded item by item, published by a second person from a day on.

A version that was published is never changed. Visits take the version in force on their day. docs/checklists.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Checklist, ChecklistDraft, ChecklistVersion, Matter
from inspections.rules import checklists as rules
from inspections.rules.states import CHECKLIST_DRAFT
from inspections.services import matters
from inspections.services.checklists import Wording, put_in_force
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import Clause
from portal.services import audit
from portal.services.numbers import next_number
from portal.services.steps import step

SERIES = "checklist-item"
#: How far ahead a version may begin.
LONGEST_NOTICE = timedelta(days=366)


def said(key: str) -> str:
    return _(rules.PROBLEMS[key])


def rows_of(version: ChecklistVersion | None) -> list[dict]:
    """The items of a version as a draft holds them."""
    if version is None:
        return []
    return [
        {
            "key": item.key,
            "section": item.section,
            "text": item.text,
            "weight": item.weight,
            "matter": item.matter.key,
            "clause": item.clause_id,
            "quote": item.quote,
            "basis": item.basis,
            "weak": item.weak,
            "kinds": list(item.kinds),
            "hint": item.hint,
            "short": item.short,
        }
        for item in version.items.select_related("matter").order_by("number")
    ]


def last_of(checklist: Checklist) -> ChecklistVersion | None:
    return checklist.versions.order_by("-number").first()


def open_of(checklist: Checklist) -> ChecklistDraft | None:
    rows = checklist.drafts.filter(state__in=("draft", "submitted"))
    return rows.select_related("checklist", "based_on", "begun_by", "submitted_by").first()


def _locked(draft: ChecklistDraft, version: int | None, actor: Actor, right: str) -> ChecklistDraft:
    actor.demand(right)
    row = (
        ChecklistDraft.objects.select_for_update(of=("self",))
        .select_related("checklist", "based_on", "submitted_by")
        .get(pk=draft.pk)
    )
    if version is not None and row.version != version:
        raise Conflict(
            _("%(name)s的草稿刚被改过。没有存你的改动：按现在的内容再改一次") % {"name": row.checklist.name},
            code="stale",
        )
    return row


def draft_kept(row: ChecklistDraft, action: str, actor: Actor, changes: dict) -> ChecklistDraft:
    row.version += 1
    row.save()
    audit.record(f"inspections.checklist_draft.{action}", row.checklist, actor=actor, changes=changes)
    return row


def _demand_open(row: ChecklistDraft) -> None:
    if row.state != "draft":
        raise Conflict(
            _("%(name)s的草稿现在是“%(state)s”，不能改。要改，先退回修改")
            % {"name": row.checklist.name, "state": row.get_state_display()},
            code="state",
        )


def opened(draft: ChecklistDraft, *, version: int, actor: Actor) -> ChecklistDraft:
    """The draft, locked, to be changed as the form knew it; Conflict where it is another or with the second person."""
    row = _locked(draft, version, actor, "checklist.draft")
    _demand_open(row)
    return row


@transaction.atomic
def begin(checklist: Checklist, *, actor: Actor, now: datetime | None = None) -> ChecklistDraft:
    """A draft with the items of the last version. Conflict while there is one already."""
    actor.demand("checklist.draft")
    checklist = Checklist.objects.select_for_update().get(pk=checklist.pk)
    if open_of(checklist) is not None:
        raise Conflict(_("这张检查表已经有一份草稿，在它上面改"), code="open")
    last = last_of(checklist)
    made = ChecklistDraft.objects.create(
        checklist=checklist,
        based_on=last,
        items=rows_of(last),
        begun_at=now or timezone.now(),
        begun_by=actor.user,
    )
    audit.record(
        "inspections.checklist_draft.begin",
        checklist,
        actor=actor,
        changes={"based_on": last.number if last else 0},
    )
    return made


def checked_item(values: Mapping, checklist: Checklist) -> dict:
    """What somebody entered for an item, tidied; Refused with each field's sentence."""
    item = {
        name: " ".join(values[name].split()) if name != "quote" else values[name].strip()
        for name in ("section", "text", "hint", "basis", "quote")
    } | {
        "weight": values["weight"],
        "matter": values["matter"],
        "clause": values["clause"],
        "kinds": sorted(values["kinds"]),
        "weak": bool(values["weak"]),
        "short": bool(values["short"]),
    }
    errors: dict[str, str] = {}
    for field, key in rules.problems(item, checklist.kinds):
        errors.setdefault(field, said(key))
    if item["matter"] and not Matter.objects.filter(key=item["matter"]).exists():
        errors.setdefault("matter", said("matter"))
    if item["clause"] is not None and not Clause.objects.filter(pk=item["clause"]).exists():
        errors.setdefault("clause", said("weight"))
    if errors:
        field, sentence = next(iter(errors.items()))
        raise Refused(sentence, field=field, code="values", errors=errors)
    return item


@transaction.atomic
def save_item(draft: ChecklistDraft, *, key: str, version: int, actor: Actor, **values) -> ChecklistDraft:
    """Rewords an item, or adds one (`key` is ''): at the end of its section. Refused, Conflict as it says."""
    row = _locked(draft, version, actor, "checklist.draft")
    _demand_open(row)
    item = checked_item(values, row.checklist)
    if not key:
        if len(row.items) >= rules.MOST:
            raise Refused(said("many"), field="text", code="many")
        key = f"item-{next_number(SERIES)}"
        row.items = rules.in_sections([*row.items, {"key": key} | item])
        return draft_kept(row, "add", actor, {"key": key, "text": item["text"]})
    before = _item(row, key)
    changed = {"key": key} | item
    fields = [name for name in rules.FIELDS if before[name] != changed[name]]
    row.items = rules.in_sections([changed if one["key"] == key else one for one in row.items])
    return draft_kept(row, "change", actor, {"key": key, "fields": fields}) if fields else row


def _item(row: ChecklistDraft, key: str) -> dict:
    found = next((one for one in row.items if one["key"] == key), None)
    if found is None:
        raise NotFound(_("草稿里没有这一项，刷新页面看最新的"), code="item")
    return found


@transaction.atomic
def remove_item(draft: ChecklistDraft, *, key: str, version: int, actor: Actor) -> ChecklistDraft:
    row = _locked(draft, version, actor, "checklist.draft")
    _demand_open(row)
    gone = _item(row, key)
    row.items = [one for one in row.items if one["key"] != key]
    return draft_kept(row, "remove", actor, {"key": key, "text": gone["text"]})


@transaction.atomic
def move_item(draft: ChecklistDraft, *, key: str, by: int, version: int, actor: Actor) -> ChecklistDraft:
    """One place earlier (-1) or later (1) within its section; at its edge the section moves past its neighbour."""
    row = _locked(draft, version, actor, "checklist.draft")
    _demand_open(row)
    _item(row, key)
    row.items = rules.stepped(row.items, key, -1 if by < 0 else 1)
    return draft_kept(row, "move", actor, {"key": key, "by": by})


def replace_items(
    draft: ChecklistDraft, items: Sequence[Mapping], *, version: int | None, actor: Actor
) -> ChecklistDraft:
    """All items at once, from a spreadsheet; each as `checked_item` gives it, with its key or ''."""
    row = _locked(draft, version, actor, "checklist.draft")
    _demand_open(row)
    rows = [{**item, "key": item["key"] or f"item-{next_number(SERIES)}"} for item in items]
    row.items = rules.in_sections(rows)
    return draft_kept(row, "replace", actor, {"items": len(rows)})


# --- The two people -----------------------------------------------------------------------------------


def demand_whole(row: ChecklistDraft, starts_on: date, on: date) -> None:
    """Refused where the draft cannot be published from the day on."""
    last = last_of(row.checklist)
    if (last.pk if last else None) != row.based_on_id:
        raise Conflict(_("草稿开始以后又公布了一版。不要这份草稿，按现在的一版重新改"), code="overtaken")
    if starts_on < on:
        raise Refused(_("起用日期：不能早于今天"), field="starts_on", code="starts_on")
    if starts_on > on + LONGEST_NOTICE:
        raise Refused(
            _("起用日期：最远到 %(day)s") % {"day": (on + LONGEST_NOTICE).isoformat()},
            field="starts_on",
            code="starts_on",
        )
    if last is not None and starts_on <= last.starts_on:
        raise Refused(
            _("起用日期：要晚于上一版的 %(day)s") % {"day": last.starts_on.isoformat()},
            field="starts_on",
            code="starts_on",
        )
    wrong = rules.whole_problems(row.items, row.checklist.kinds)
    if wrong:
        raise Refused("；".join(said(key) for key in wrong), code=wrong[0])
    if not rules.differences(rows_of(row.based_on), row.items):
        raise Refused(_("和上一版一样，没有要公布的"), code="same")
    wanted = {item["matter"] for item in row.items}
    matters.demand_published(Matter.objects.filter(key__in=wanted), starts_on)


@transaction.atomic
def submit(
    draft: ChecklistDraft,
    *,
    starts_on: date,
    version: int,
    actor: Actor,
    now: datetime | None = None,
) -> ChecklistDraft:
    """Hands the draft to a second person, who publishes it from `starts_on` on."""
    row = _locked(draft, version, actor, "checklist.draft")
    now = now or timezone.now()
    row.state = step(CHECKLIST_DRAFT, row, "submit")
    demand_whole(row, starts_on, timezone.localdate(now))
    row.starts_on, row.submitted_at, row.submitted_by, row.note = starts_on, now, actor.user, ""
    return draft_kept(row, "submit", actor, {"starts_on": starts_on.isoformat()})


@transaction.atomic
def give_back(draft: ChecklistDraft, *, note: str, version: int, actor: Actor) -> ChecklistDraft:
    """The second person sends it back with a reason."""
    row = _locked(draft, version, actor, "checklist.publish")
    row.state = step(CHECKLIST_DRAFT, row, "return")
    _demand_other(row, actor)
    note = " ".join(note.split())
    if not 2 <= len(note) <= 200:
        raise Refused(_("为什么退回：写 2 到 200 个字"), field="note", code="note")
    row.note, row.submitted_at, row.submitted_by = note, None, None
    return draft_kept(row, "return", actor, {"note": note})


def _demand_other(row: ChecklistDraft, actor: Actor) -> None:
    if actor.same_person(row.submitted_by):
        raise Denied(_("自己送的由第二个人公布"))


@transaction.atomic
def publish(
    draft: ChecklistDraft, *, version: int, actor: Actor, now: datetime | None = None
) -> ChecklistVersion:
    """The draft becomes the next version, in force from its day on; the one before ends the day before.

    Denied to whoever handed it over. Everything is looked at anew: a matter may be off the list by now, the day over.
    """
    row = _locked(draft, version, actor, "checklist.publish")
    now = now or timezone.now()
    row.state = step(CHECKLIST_DRAFT, row, "publish")
    _demand_other(row, actor)
    demand_whole(row, row.starts_on, timezone.localdate(now))
    made = put_in_force(row.checklist, items=wordings(row), starts_on=row.starts_on, actor=actor)
    made.published_on = timezone.localdate(now)
    made.save(update_fields=["published_on"])
    row.settled_at, row.settled_by, row.published = now, actor.user, made
    draft_kept(row, "publish", actor, {"version": made.number, "starts_on": row.starts_on.isoformat()})
    return made


def wordings(row: ChecklistDraft) -> list[Wording]:
    known = {one.key: one for one in Matter.objects.filter(key__in={item["matter"] for item in row.items})}
    clauses = Clause.objects.in_bulk([item["clause"] for item in row.items if item["clause"] is not None])
    return [
        Wording(
            key=item["key"],
            section=item["section"],
            text=item["text"],
            weight=item["weight"],
            hint=item["hint"],
            matter=known.get(item["matter"]),
            clause=clauses.get(item["clause"]),
            quote=item["quote"],
            basis=item["basis"],
            weak=item["weak"],
            kinds=tuple(item["kinds"]),
            short=item["short"],
        )
        for item in row.items
    ]


@transaction.atomic
def drop(draft: ChecklistDraft, *, version: int, actor: Actor, now: datetime | None = None) -> ChecklistDraft:
    """The draft is not wanted any more; it stays on record."""
    row = _locked(draft, version, actor, "checklist.draft")
    row.state = step(CHECKLIST_DRAFT, row, "drop")
    row.settled_at, row.settled_by = now or timezone.now(), actor.user
    return draft_kept(row, "drop", actor, {})
