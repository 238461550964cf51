"""Joint visits (联合检查): the departments' parts, the items merged without doubles, who is missing, what came of it.

A visit whose `joint` is set has a part for each department. Which items it answers, and which department answers each,
is fixed when it starts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import (
    Answer,
    ChecklistItem,
    ChecklistVersion,
    Finding,
    Inspection,
    Matter,
    Order,
    TeamMember,
    VisitItem,
    VisitPart,
)
from inspections.rules import joint as rules
from inspections.rules.joint_states import PART
from inspections.services import matters
from inspections.services.checklists import versions_for
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models import Unit, User
from portal.services import audit
from portal.services.steps import step


@dataclass(frozen=True)
class Sheet:
    """What a joint visit has to answer: the items that are kept, by id, in the order of the lists, with who asks."""

    items: dict[int, ChecklistItem]
    joined: list[rules.Joined]

    @property
    def departments(self) -> tuple[str, ...]:
        """Slugs, in the order of the record."""
        return rules.departments(self.joined)


def sheet_for(
    kind: str,
    versions: Iterable[ChecklistVersion],
    *,
    matters: Collection[int] | None = None,
    units: Collection[str] | None = None,
) -> Sheet:
    """The items of some lists for a kind of facility, merged. `matters`: of these only; `units`: what these
    departments ask for only."""
    rows = (
        ChecklistItem.objects.filter(Q(kinds=[]) | Q(kinds__contains=[kind]), version__in=list(versions))
        .select_related("clause__document", "version__checklist", "matter__unit")
        .order_by("version__checklist__position", "version__checklist__key", "number")
    )
    found = {row.pk: row for row in rows if matters is None or row.matter_id in matters}
    lines = [
        rules.Line(
            row.pk,
            row.key,
            row.text,
            f"clause {row.clause_id}" if row.clause_id else row.basis,
            row.matter.unit.slug if row.matter.unit else "",
        )
        for row in found.values()
    ]
    joined = rules.merged(line for line in lines if units is None or line.unit in units)
    return Sheet({one.id: found[one.id] for one in joined}, joined)


def owners(keys: Sequence[str], kinds: Sequence[str], on: date) -> tuple[set[str], set[str]]:
    """The departments whose items the lists of a scheme hold, for all of its kinds, and the names of matters that have
    no department."""
    slugs: set[str] = set()
    ownerless = set()
    for kind in kinds:
        sheet = sheet_for(kind, versions_for(kind, on, keys))
        slugs |= set(sheet.departments)
        ownerless |= {row.matter_id for row in sheet.items.values() if row.matter.unit_id is None}
    names = {one.matter_id: one.name for one in matters.published(on).filter(matter__in=ownerless)}
    return slugs, {names.get(pk, str(pk)) for pk in ownerless}


# --- The parts --------------------------------------------------------------------------------------


def make_parts(visits: Sequence[Inspection], kinds: dict[int, str], keys: Sequence[str], on: date) -> None:
    """A part for each department that has items on the lists, for visits just made; `kinds`: facility id -> kind."""
    sheets = {kind: sheet_for(kind, versions_for(kind, on, keys)) for kind in sorted(set(kinds.values()))}
    write_parts(visits, {visit.pk: sheets[kinds[visit.facility_id]].departments for visit in visits})


def write_parts(visits: Iterable[Inspection], departments: dict[int, Sequence[str]]) -> None:
    """`departments`: slugs by the visit's id."""
    units = dict(Unit.objects.values_list("slug", "pk"))
    VisitPart.objects.bulk_create(
        VisitPart(inspection=visit, unit_id=units[slug], position=position)
        for visit in visits
        for position, slug in enumerate(departments[visit.pk], 1)
    )


def lacking(visits: Iterable[Inspection]) -> dict[int, list[Unit]]:
    """Visit's id -> the departments that have a part in it, nobody in the team and no decision to go without them."""
    wanted = [visit.pk for visit in visits if visit.joint]
    if not wanted:
        return {}
    there = set(
        TeamMember.objects.filter(inspection__in=wanted, dropped_at__isnull=True)
        .order_by()
        .values_list("inspection_id", "inspector__unit_id")
    )
    found: dict[int, list[Unit]] = {}
    for part in VisitPart.objects.filter(inspection__in=wanted, state="pending").select_related("unit"):
        if (part.inspection_id, part.unit_id) not in there:
            found.setdefault(part.inspection_id, []).append(part.unit)
    return found


def _demand_departments(wanted: Sequence[str], there: Collection[str], absent: Collection[str]) -> None:
    left = rules.missing(wanted, there, absent)
    if left:
        names = dict(Unit.objects.filter(slug__in=left).values_list("slug", "name"))
        raise Refused(
            _("联合检查还差%(names)s的人。先由这个单位的负责人指派，或由区教育局记下不到场的决定")
            % {"names": _("、").join(names[slug] for slug in left)},
            code="department",
        )


def chosen_of(inspection: Inspection) -> dict:
    """What a campaign restricts a visit to: `matters` by id, and `units` by slug where departments were asked."""
    if inspection.campaign_id is None:
        return {}
    campaign = inspection.campaign
    chosen = {"matters": set(Matter.objects.filter(key__in=campaign.matters).values_list("pk", flat=True))}
    if inspection.joint:
        taking = campaign.units.filter(state="accepted")
        chosen["units"] = set(taking.values_list("unit__slug", flat=True))
    return chosen


def versions_of(inspection: Inspection, on: date) -> list[ChecklistVersion]:
    """The versions of the lists that a visit uses on the day: those that its scheme names, those that hold an item of
    its campaign."""
    kind = inspection.facility.kind
    found = versions_for(kind, on, tuple(inspection.draw.scheme.checklists) if inspection.draw_id else ())
    if inspection.campaign_id is None:
        return found
    used = {item.version_id for item in sheet_for(kind, found, **chosen_of(inspection)).items.values()}
    return [version for version in found if version.pk in used]


def fix_items(
    inspection: Inspection, versions: Sequence[ChecklistVersion], team: Sequence[TeamMember], *, now: datetime
) -> None:
    """Writes down which items a visit answers and which department answers each, when it starts.

    The parts follow the lists of the day: a department whose items came since has one, one whose items went has none
    any more. Refused while a department with items has nobody in the team and nobody decided to go without it; the
    items of one that stays away are 未查, with the reason.
    """
    sheet = sheet_for(inspection.facility.kind, versions, **chosen_of(inspection))
    if not sheet.joined:
        raise Refused(_("这次检查选的事项，在这种机构的检查表里没有检查项"), code="checklist")
    if not inspection.joint:
        VisitItem.objects.bulk_create(
            VisitItem(inspection=inspection, item_id=one.id, position=position, units=list(one.units))
            for position, one in enumerate(sheet.joined, 1)
        )
        return
    parts = {part.unit.slug: part for part in inspection.departments.select_related("unit")}
    absent = {slug for slug, part in parts.items() if part.state == "absent"}
    wanted = sheet.departments
    _demand_departments(wanted, {member.inspector.unit.slug for member in team}, absent)
    pks = dict(Unit.objects.filter(slug__in=wanted).values_list("slug", "pk"))
    for position, slug in enumerate(wanted, 1):
        if slug not in parts:
            parts[slug] = VisitPart(inspection=inspection, unit_id=pks[slug], position=position)
        parts[slug].position = position
        parts[slug].save()
    inspection.departments.exclude(unit__slug__in=wanted).delete()
    # by department: who answers an item stands together with what else that department answers
    answering = {
        one.id: rules.answering(one.units, absent) or next(iter(one.units), "") for one in sheet.joined
    }
    order = {slug: n for n, slug in enumerate(wanted)}
    lines = sorted(sheet.joined, key=lambda one: order.get(answering[one.id], len(order)))
    VisitItem.objects.bulk_create(
        VisitItem(
            inspection=inspection,
            item_id=one.id,
            position=position,
            unit_id=pks.get(answering[one.id]),
            units=list(one.units),
        )
        for position, one in enumerate(lines, 1)
    )
    Answer.objects.bulk_create(
        Answer(
            inspection=inspection,
            item_id=one.id,
            value="unseen",
            note=unseen_note(parts[answering[one.id]]),
            at=now,
            by=parts[answering[one.id]].absent_by,
        )
        for one in lines
        if answering[one.id] in absent
    )


def unseen_note(part: VisitPart) -> str:
    """What stands at the items of a department that stays away. Part of the record: in the district's language."""
    return rules.ABSENT % {"unit": part.unit.name, "reason": part.absent_reason}


def demand_answerable(inspection: Inspection, item: ChecklistItem) -> None:
    """Conflict for an item of a department of which it was decided that the visit goes without it."""
    if not inspection.joint:
        return
    away = VisitPart.objects.filter(inspection=inspection, state="absent").values("unit")
    row = (
        VisitItem.objects.filter(inspection=inspection, item=item, unit__in=away)
        .select_related("unit")
        .first()
    )
    if row is not None:
        raise Conflict(
            _("这一项归%(unit)s，已经决定这次不到场，记为“未查”，不能由别的部门答") % {"unit": row.unit.name},
            code="absent",
        )


def settle_parts(inspection: Inspection, orders: Sequence[Order]) -> None:
    """After the second inspector confirmed: each department's part says whether it issued an order."""
    issued = {order.unit_id for order in orders}
    for part in inspection.departments.filter(state="pending"):
        part.state = PART.next_state(part.state, "order" if part.unit_id in issued else "clear")
        part.version += 1
        part.save(update_fields=["state", "version"])


# --- What people decide about a part ----------------------------------------------------------------


def _locked(part: VisitPart) -> VisitPart:
    """The visit first, then the part: as everybody who locks both."""
    Inspection.objects.select_for_update(of=("self",), no_key=True).get(pk=part.inspection_id)
    return (
        VisitPart.objects.select_for_update(of=("self",))
        .select_related("inspection__facility", "unit")
        .get(pk=part.pk)
    )


def _demand_due(part: VisitPart) -> None:
    if part.inspection.state != "due":
        raise Conflict(
            _("检查 %(number)s 已经开始，到不到场不能再改") % {"number": part.inspection.number}, code="state"
        )


def excuse(part: VisitPart, *, reason: str, actor: Actor, now: datetime | None = None) -> VisitPart:
    """The bureau decides that the visit is made without a department, and says why; its items become 未查.

    Refused without a reason, and where somebody of the department is in the team; Conflict once the visit has begun,
    and for the last department that is left.
    """
    actor.demand("part.excuse")
    reason = reason.strip()
    if not 5 <= len(reason) <= rules.NOTE_LENGTH:
        raise Refused(_("理由：写 5 到 200 个字，会写进检查记录"), field="reason")
    row = _locked(part)
    state = step(PART, row, "excuse")
    _demand_due(row)
    if row.unit not in lacking([row.inspection]).get(row.inspection_id, []):
        raise Refused(
            _("%(unit)s有人在检查组里。人来不了的，先在抽取页记下退出") % {"unit": row.unit.name},
            code="there",
        )
    if not row.inspection.departments.exclude(pk=row.pk).filter(state="pending").exists():
        raise Conflict(_("这是最后一个到场的部门，不能再记未到场"), code="last")
    before, row.state = row.state, state
    row.absent_reason, row.absent_at, row.absent_by = reason, now or timezone.now(), actor.user
    return _saved(row, "excuse", before, actor, "absent_reason", "absent_at", "absent_by")


def recall(part: VisitPart, *, actor: Actor) -> VisitPart:
    """The department comes after all."""
    actor.demand("part.excuse")
    row = _locked(part)
    state = step(PART, row, "recall")
    _demand_due(row)
    before, row.state = row.state, state
    row.absent_reason, row.absent_at, row.absent_by = "", None, None
    return _saved(row, "recall", before, actor, "absent_reason", "absent_at", "absent_by")


def hand_over(
    part: VisitPart,
    *,
    case_number: str,
    handed_to: str,
    note: str = "",
    version: int | None = None,
    actor: Actor,
    now: datetime | None = None,
) -> VisitPart:
    """The department hands what it found to enforcement, with the number of the case there.

    Refused without number or addressee, and where the department found nothing.
    """
    if not VisitPart.objects.allowed(actor, "part.hand_over").filter(pk=part.pk).exists():
        raise Denied(_("这一部分不归你的单位"), code="reach")
    case_number, handed_to, note = case_number.strip(), handed_to.strip(), note.strip()
    errors = {}
    if not 2 <= len(case_number) <= 40:
        errors["case_number"] = _("写立案编号，2 到 40 个字")
    if not 2 <= len(handed_to) <= 80:
        errors["handed_to"] = _("写移送给哪个单位，2 到 80 个字")
    if len(note) > rules.NOTE_LENGTH:
        errors["note"] = _("最多 %(n)d 个字") % {"n": rules.NOTE_LENGTH}
    if errors:
        field, sentence = next(iter(errors.items()))
        raise Refused(sentence, field=field, code="values", errors=errors)
    row = _locked(part)
    state = step(PART, row, "hand_over")
    if version is not None and row.version != version:
        raise Conflict(
            _("%(name)s刚被改过。没有存你的改动：按现在的内容再改一次") % {"name": row.unit.name},
            code="stale",
        )
    if not findings_of(row).exists():
        raise Refused(_("这个部门没有发现问题，没有可以移送的"), field="case_number", code="nothing")
    before, row.state = row.state, state
    row.case_number, row.handed_to, row.handed_note = case_number, handed_to, note
    row.handed_at, row.handed_by = now or timezone.now(), actor.user
    return _saved(
        row, "hand_over", before, actor, "case_number", "handed_to", "handed_note", "handed_at", "handed_by"
    )


def _saved(row: VisitPart, action: str, before: str, actor: Actor, *fields: str) -> VisitPart:
    row.version += 1
    row.save(update_fields=["state", "version", *fields])
    changes = {"unit": row.unit.slug, "state": [before, row.state]}
    if action == "excuse":
        changes["reason"] = row.absent_reason
    if action == "hand_over":
        changes["case_number"] = row.case_number
    audit.record(f"inspections.part.{action}", row.inspection, actor=actor, changes=changes)
    return row


# --- What belongs to a part -------------------------------------------------------------------------


def items_of_part(part: VisitPart):
    """The rows of the items that the department asks for, those that another one answers too included."""
    return (
        VisitItem.objects.filter(inspection=part.inspection_id, units__contains=[part.unit.slug])
        .select_related("item__clause__document", "item__version__checklist", "unit")
        .order_by("position")
    )


def findings_of(part: VisitPart):
    """What was found at the items that the department asks for; what does not stand any more is left out."""
    return (
        Finding.objects.filter(
            inspection=part.inspection_id, item__in=items_of_part(part).order_by().values("item")
        )
        .exclude(state="withdrawn")
        .select_related("item__clause__document", "order__unit")
        .order_by("pk")
    )


def orders_of(part: VisitPart):
    """The orders that the department issued."""
    return Order.objects.filter(inspection=part.inspection_id, unit=part.unit_id).order_by("pk")


def team_of_part(part: VisitPart) -> list[TeamMember]:
    """Who of the department is in the team."""
    rows = TeamMember.objects.filter(
        inspection=part.inspection_id, inspector__unit=part.unit_id, dropped_at__isnull=True
    )
    return list(rows.select_related("inspector__unit", "inspector__user").order_by("position"))


def lines_of(inspection: Inspection, on: date) -> list[tuple[ChecklistItem, Unit | None]]:
    """The items of a joint visit, or of a campaign's, with the department that answers each: as fixed at its start,
    before that as the lists in force on the day foretell it."""
    rows = inspection.visit_items.select_related(
        "item__clause__document", "item__version__checklist", "unit"
    ).order_by("position")
    if inspection.state != "due" or rows:
        return [(row.item, row.unit) for row in rows]
    parts = list(inspection.departments.select_related("unit").order_by("position"))
    absent = {part.unit.slug for part in parts if part.state == "absent"}
    units = {unit.slug: unit for unit in Unit.objects.filter(collective=False)}
    sheet = sheet_for(inspection.facility.kind, versions_of(inspection, on), **chosen_of(inspection))
    if not inspection.joint:
        return [(sheet.items[one.id], None) for one in sheet.joined]
    order = {slug: n for n, slug in enumerate(sheet.departments)}
    found = [
        (sheet.items[one.id], rules.answering(one.units, absent) or next(iter(one.units), ""))
        for one in sheet.joined
    ]
    found.sort(key=lambda pair: order.get(pair[1], len(order)))
    return [(item, units.get(slug)) for item, slug in found]


def foretold(inspection: Inspection, on: date) -> list[tuple[int, str, User | None]]:
    """(item's id, note, who decided) of the items that will be 未查 because their department stays away."""
    parts = inspection.departments.filter(state="absent").select_related("unit", "absent_by")
    away = {part.unit_id: part for part in parts}
    if not away:
        return []
    return [
        (item.pk, unseen_note(away[unit.pk]), away[unit.pk].absent_by)
        for item, unit in lines_of(inspection, on)
        if unit is not None and unit.pk in away
    ]
