"""The visits of a campaign: sent out with their teams, and the campaign's end."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility
from inspections.models import Campaign, Inspection, Inspector, Interest, TeamMember
from inspections.rules import campaigns as rules
from inspections.rules import visits as visit_rules
from inspections.rules.joint_states import CAMPAIGN
from inspections.rules.states import OPEN
from inspections.services import employers, joint
from inspections.services.campaign_objects import departments_for, objects_of
from inspections.services.campaigns import demand_reach, locked, set_documents_later, stepped
from portal.access import Actor
from portal.errors import Refused
from portal.services.numbers import next_numbers
from portal.services.steps import step

REASONS = {"special": "campaign", "street": "operation"}


def send(
    campaign: Campaign, *, version: int | None = None, actor: Actor, at: datetime | None = None
) -> list[Inspection]:
    """A visit for each facility that meets the criteria, with a team of those who were named: one of each department
    that takes part and has items, evenly, nobody with an interest. A special campaign goes out once it is public.

    Refused, with the names, where a team would have fewer than two.
    """
    demand_reach(campaign, actor)
    at = at or timezone.now()
    on = timezone.localdate(at)
    row = locked(campaign, version)
    state = step(CAMPAIGN, row, "send")
    if row.kind == Campaign.Kind.SPECIAL and row.published_on is None:
        raise Refused(_("专项检查先公布，再派出"), code="unpublished")
    if on > row.ends_on:
        raise Refused(_("已经过了 %(day)s，不能再派出") % {"day": row.ends_on.isoformat()}, code="over")
    facilities = list(objects_of(row))
    if not facilities:
        raise Refused(_("没有在办机构符合条件"), code="no_objects")
    if len(facilities) > rules.MOST_FACILITIES:
        raise Refused(
            _("符合条件的有 %(n)d 家，一次最多 %(most)d 家。分几次办")
            % {"n": len(facilities), "most": rules.MOST_FACILITIES},
            code="many",
        )
    people = [
        one.inspector
        for one in row.inspectors.select_related("inspector__unit")
        if visit_rules.licensed(
            one.inspector.active, one.inspector.licence_from, one.inspector.licence_until, row.ends_on
        )
    ]
    departments = departments_for(row, on)
    employers.derive(actor=actor, on=on)
    barred: dict[int, set[str]] = {}
    for inspector, code in (
        Interest.objects.current(on)
        .filter(inspector__in=people, facility__in=facilities)
        .values_list("inspector_id", "facility__code")
    ):
        barred.setdefault(inspector, set()).add(code)
    teams = rules.assign(
        [one.code for one in facilities],
        [rules.Able(one.code, one.unit.slug, frozenset(barred.get(one.pk, ()))) for one in people],
        {one.code: departments.get(one.kind, ()) for one in facilities},
    )
    short = [one.name for one in facilities if len(teams[one.code]) < rules.TEAM]
    if short:
        raise Refused(
            _("%(names)s凑不齐 %(n)d 名执法证有效、没有利害关系的检查人员")
            % {"names": _("、").join(short[:5]), "n": rules.TEAM},
            code="short",
        )
    visits = _make_visits(row, facilities, teams, {one.code: one for one in people}, on)
    if departments:
        kinds = {one.pk: one.kind for one in facilities}
        joint.write_parts(visits, {visit.pk: departments[kinds[visit.facility_id]] for visit in visits})
    row.sent_at, row.objects_n = at, len(visits)
    stepped(row, "send", state, actor, "sent_at", "objects_n")
    return visits


def _make_visits(
    row: Campaign, facilities: list[Facility], teams: dict, people: dict[str, Inspector], on: date
) -> list[Inspection]:
    series = f"YY-{on:%y%m}"
    numbers = next_numbers(series, len(facilities))
    visits = Inspection.objects.bulk_create(
        Inspection(
            number=f"{series}-{number:03d}",
            kind=Inspection.Kind.UNSCHEDULED,
            facility=facility,
            month=on.replace(day=1),
            due_on=row.ends_on,
            reason_kind=REASONS[row.kind],
            reason=f"{row.number}　{row.theme}",
            campaign=row,
            joint=row.units.exists(),
        )
        for facility, number in zip(facilities, numbers, strict=True)
    )
    TeamMember.objects.bulk_create(
        TeamMember(
            inspection=visit, inspector=people[code], origin=TeamMember.Origin.NAMED, position=position
        )
        for visit, facility in zip(visits, facilities, strict=True)
        for position, code in enumerate(teams[facility.code], 1)
    )
    return visits


def close(
    campaign: Campaign,
    *,
    conclusion: str,
    version: int | None = None,
    actor: Actor,
    at: datetime | None = None,
) -> Campaign:
    """Once all visits are made or struck off: the conclusion, and the closing report or minutes in the background."""
    demand_reach(campaign, actor)
    conclusion = conclusion.strip()
    if not 10 <= len(conclusion) <= 2000:
        raise Refused(_("情况小结：写 10 到 2000 个字"), field="conclusion")
    row = locked(campaign, version)
    state = step(CAMPAIGN, row, "close")
    left = row.inspections.filter(state__in=OPEN).count()
    if left:
        raise Refused(_("还有 %(n)d 家没有查完，不能办结") % {"n": left}, code="open")
    row.conclusion, row.closed_by = conclusion, actor.user
    row.closed_on = timezone.localdate(at or timezone.now())
    set_documents_later(row, actor)
    return stepped(row, "close", state, actor, "conclusion", "closed_by", "closed_on")
