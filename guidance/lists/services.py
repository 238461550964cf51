"""The lists of guided children and of sessions: their conditions, which page and file share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, F, IntegerField, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from guidance.lists.newborns import year_of
from guidance.lists.places import street_of
from guidance.models import GuidanceService, GuidanceSession, GuidedChild
from guidance.rules import services as rules
from guidance.services.sessions import counted
from portal.services import parameters

CHILD_SORTS = {
    "code": (("code", str), ("pk", int)),
    "born": (("birth_month", date), ("code", str), ("pk", int)),
}
SESSION_SORTS = {"day": (("served_on", date), ("pk", int))}
KEYS = {"needed": "guidance.sessions_per_year", "from": "guidance.sessions_from"}


@dataclass(frozen=True)
class Measure:
    """The district's own: how many services a child needs in the year, and whose count. None: not entered."""

    needed: int | None
    givers: tuple[str, ...]

    @classmethod
    def on(cls, day: date) -> Measure:
        values = parameters.values(list(KEYS.values()), day)
        needed, which = values.get(KEYS["needed"]), values.get(KEYS["from"])
        return cls(None if needed is None else int(needed), rules.COUNTED.get(which, ()))


def with_times(rows, measure: Measure, on: date):
    """Annotated with `times`: services of the year that count."""
    of_child = GuidanceService.objects.filter(counted(measure.givers, on.year), child=OuterRef("pk"))
    number = of_child.order_by().values("child").annotate(n=Count("pk")).values("n")
    return rows.annotate(times=Coalesce(Subquery(number, output_field=IntegerField()), 0))


def children(actor, query, on: date):
    """(rows with their count, the conditions as understood, the district's measure)."""
    measure = Measure.on(on)
    rows = GuidedChild.objects.allowed(actor, "guidance_service.view")
    street, state = street_of(query), query.get("state", "")
    if street is not None:
        rows = rows.filter(street=street)
    if state == "ended":
        rows = rows.filter(ended_on__isnull=False)
    else:
        rows = rows.filter(ended_on__isnull=True)
    rows = with_times(rows, measure, on)
    if state == "behind" and measure.needed is not None:
        rows = rows.filter(times__lt=rules.due_by(measure.needed, on))
    elif state not in ("ended", "behind"):
        state = ""
    return rows, street, state, measure


def behind(actor, street, measure: Measure, on: date):
    """The same children as the list of who is behind, counted in one pass over the year's services."""
    rows = GuidedChild.objects.allowed(actor, "guidance_service.view").filter(ended_on__isnull=True)
    if street is not None:
        rows = rows.filter(street=street)
    due = rules.due_by(measure.needed, on)
    if not due:
        return rows.none()
    times = GuidanceService.objects.filter(counted(measure.givers, on.year)).order_by().values("child")
    return rows.exclude(pk__in=times.annotate(n=Count("pk")).filter(n__gte=due).values("child"))


@dataclass(frozen=True)
class Given:
    """What was given: sessions, children at them counted each time, hours. What was struck out is in none."""

    sessions: int
    children: int
    hours: Decimal

    @classmethod
    def of(cls, rows) -> Given:
        found = (
            rows.filter(struck_on__isnull=True)
            .order_by()
            .aggregate(n=Count("pk"), children=Sum("children_n"), hours=Sum("hours"))
        )
        return cls(found["n"], found["children"] or 0, found["hours"] or Decimal(0))


def sessions(actor, query, on: date):
    """(rows of a year, street, kind, year)."""
    year = year_of(query, on)
    rows = GuidanceSession.objects.allowed(actor, "guidance_service.view").filter(
        served_on__range=(date(year, 1, 1), date(year, 12, 31))
    )
    rows = rows.annotate(
        venue_name=Coalesce(F("place__name"), F("facility__name"), F("event__venue")),
        event_code=F("event__code"),
    )
    street, kind = street_of(query), query.get("kind", "")
    if street is not None:
        rows = rows.filter(street=street)
    if kind in rules.KINDS:
        rows = rows.filter(kind=kind)
    else:
        kind = ""
    return rows, street, kind, year
