"""The visits that a draw makes, with their teams and their last day."""

from __future__ import annotations

from datetime import date, datetime

from facilities.models import Facility
from inspections.models import Draw, Inspection, Inspector, TeamMember
from inspections.rules.states import OPEN
from inspections.services import chains, joint, pools
from portal.calendar import add_working_days
from portal.services.numbers import next_numbers

LATE_WORKING_DAYS = 10  # for a visit whose draw was made up after its month


def visits_due_on(draw: Draw, drawn_on: date) -> date:
    """The month's last day; for a draw made up so late that it would leave no time, ten working days."""
    _first, last = pools.month_days(draw.year, draw.month)
    return last if drawn_on < last else add_working_days(drawn_on, LATE_WORKING_DAYS)


def make_visits(draw: Draw, evidence: dict, at: datetime) -> None:
    """A visit with its team for each result of the evidence, in drawn order."""
    drawn = [result["object"] for result in evidence["results"]]
    found = list(Facility.objects.filter(code__in=drawn).values_list("code", "pk", "kind"))
    facilities = {code: pk for code, pk, _kind in found}
    inspectors = dict(Inspector.objects.values_list("code", "pk"))
    series = f"JC-{draw.year % 100:02d}{draw.month:02d}"
    numbers = next_numbers(series, len(evidence["results"]))
    due_on = visits_due_on(draw, chains.moment(None, at)[0])
    visits = Inspection.objects.bulk_create(
        Inspection(
            number=f"{series}-{number:03d}",
            kind=Inspection.Kind.DRAWN,
            facility_id=facilities[result["object"]],
            draw=draw,
            position=position,
            month=date(draw.year, draw.month, 1),
            due_on=due_on,
            joint=draw.scheme.joint,
        )
        for position, (number, result) in enumerate(zip(numbers, evidence["results"], strict=True), 1)
    )
    TeamMember.objects.bulk_create(
        TeamMember(
            inspection=visit,
            inspector_id=inspectors[code],
            origin=TeamMember.Origin.DRAWN,
            position=position,
        )
        for visit, result in zip(visits, evidence["results"], strict=True)
        for position, code in enumerate(result["inspectors"], 1)
    )
    if draw.scheme.joint:
        first, _last = pools.month_days(draw.year, draw.month)
        kinds = {pk: kind for _code, pk, kind in found}
        joint.make_parts(visits, kinds, draw.scheme.checklists, max(first, chains.moment(None, at)[0]))


def open_visits(draw: Draw):
    """Visits of the draw that are still to be made."""
    return draw.inspections.filter(state__in=OPEN)
