"""A checklist from nothing: its name and the kinds of facilities that it is for, and a draft without items."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from facilities.models import Facility
from inspections.models import Checklist, ChecklistDraft
from inspections.rules import checklists as rules
from inspections.services import checklist_drafts
from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.services import audit
from portal.services.numbers import next_number

SERIES = "checklist"


def _checked(name: str, kinds: list[str], others: QuerySet[Checklist]) -> str:
    """The name, tidied; Refused with each field's sentence, Conflict for a name that another list has."""
    name = " ".join(name.split())
    errors = {
        field: checklist_drafts.said(key)
        for field, key in rules.problems_of_list({"name": name}, kinds, Facility.Kind.values)
    }
    if errors:
        field, sentence = next(iter(errors.items()))
        raise Refused(sentence, field=field, code="values", errors=errors)
    if others.filter(name=name).exists():
        sentence = _("已经有叫“%(name)s”的检查表，改它的话去那张表改写") % {"name": name}
        raise Conflict(sentence, field="name", code="twice", errors={"name": sentence})
    return name


@transaction.atomic
def make_list(*, name: str, kinds: list[str], actor: Actor, now: datetime | None = None) -> ChecklistDraft:
    """The draft of a list that the district has not: nobody inspects by it before its first version is published.

    Refused with each field's sentence; Conflict for a name that another list has.
    """
    actor.demand("checklist.draft")
    name = _checked(name, kinds, Checklist.objects.all())
    last = Checklist.objects.aggregate(last=Max("position"))["last"] or 0
    made = Checklist.objects.create(
        key=f"list-{next_number(SERIES)}", name=name, kinds=sorted(kinds), position=min(last + 1, 32767)
    )
    audit.record("inspections.checklist.make", made, actor=actor, name=name, changes={"kinds": made.kinds})
    return checklist_drafts.begin(made, actor=actor, now=now)


def may_change(checklist: Checklist) -> bool:
    """Whether its name and the kinds it is for can still be others: plans and visits know a list by its versions."""
    return not checklist.versions.exists()


@transaction.atomic
def change_list(
    draft: ChecklistDraft, *, name: str, kinds: list[str], version: int, actor: Actor
) -> ChecklistDraft:
    """Another name, other kinds, of a list that has no version yet. Refused with each field's sentence, also while an
    item is for a kind that the list would not have any more; Conflict once a version was published."""
    row = checklist_drafts.opened(draft, version=version, actor=actor)
    checklist = Checklist.objects.select_for_update().get(pk=row.checklist_id)
    if not may_change(checklist):
        raise Conflict(_("%(name)s公布过了，名称和用途不能再改") % {"name": checklist.name}, code="state")
    name, kinds = _checked(name, kinds, Checklist.objects.exclude(pk=checklist.pk)), sorted(kinds)
    left = next((item for item in row.items if set(item["kinds"]) - set(kinds)), None)
    if left is not None:
        sentence = _("“%(item)s”只用于去掉的机构。先改这一项") % {"item": left["text"]}
        raise Refused(sentence, field="kinds", code="values", errors={"kinds": sentence})
    before = {"name": checklist.name, "kinds": checklist.kinds}
    after = {"name": name, "kinds": kinds}
    changes = {key: [before[key], value] for key, value in after.items() if before[key] != value}
    if not changes:
        return row
    checklist.name, checklist.kinds = name, kinds
    checklist.save(update_fields=["name", "kinds"])
    row.checklist = checklist
    return checklist_drafts.draft_kept(row, "list", actor, changes)


@transaction.atomic
def drop(draft: ChecklistDraft, *, version: int, actor: Actor, now: datetime | None = None) -> bool:
    """The draft is not wanted any more. A list of which no version was ever published goes with it; whether it did."""
    row = checklist_drafts.drop(draft, version=version, actor=actor, now=now)
    checklist = row.checklist
    if checklist.versions.exists():
        return False
    audit.record(
        "inspections.checklist.remove",
        checklist,
        actor=actor,
        name=checklist.name,
        changes={"items": len(row.items)},
    )
    checklist.delete()
    return True
