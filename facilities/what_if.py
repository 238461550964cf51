"""What so many new sites would change: the neighbourhoods that they would serve, the figures that the plans ask for.

Nothing is written. Where they go is rules/what_if.py's; what counts is the same as on the pages on places and the circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from facilities import circle, supply
from facilities.models import Neighbourhood
from facilities.rules import geo
from facilities.rules import what_if as rules
from portal.models.places import Street
from portal.models.policy import Parameter

#: What may be opened: kind -> whether it counts as inclusive.
KINDS = {"inclusive_site": True, "baby_house": False, "nursery": False, "integrated_kindergarten": False}


@dataclass(frozen=True)
class Site:
    """A supposed site at a neighbourhood's point, what it serves, and how many children are without one after it."""

    neighbourhood: Neighbourhood
    children: int
    reached: list[Neighbourhood]
    left: int


@dataclass(frozen=True)
class Outcome:
    """The sites, the circle before and after, and each thing that a plan asks, before and after."""

    sites: list[Site]
    places: int
    before: circle.Count
    after_without: int
    after_children: int
    asked: list[tuple[supply.Threshold, supply.Threshold]]


def parameters(on: date) -> dict[str, Parameter]:
    """The circle's radius and what the plans ask of places, as in force on the day."""
    rows = Parameter.objects.filter(key__in=(circle.METRES, *supply.KEYS)).current(on)
    return {row.key: row for row in rows.select_related("clause__document")}


def usual_places(rows: Sequence[supply.Supply], kind: str) -> int:
    """How many places a facility of the kind has in the district, the mean; 0 where there is none."""
    found = [row.places[kind] for row in rows if kind in row.places]
    count = sum(number for _places, number in found)
    return round(sum(places for places, _number in found) / count) if count else 0


def simulate(
    on: date,
    streets: Sequence[Street],
    *,
    radius: float,
    kind: str,
    sites: int,
    places: int | None,
    same: bool,
    asked: dict[str, Parameter],
    street: Street | None = None,
) -> Outcome:
    """`sites` new facilities of `kind` with `places` places each (None: as many as the kind has here), in one street or
    anywhere.

    `asked`: what the plans ask, by key. `same`: only facilities of that kind count as near by; else any.
    """
    wanted = kind if same else ""
    rows = circle.reached(on, radius, street)
    by_pk = {row.neighbourhood.pk: row.neighbourhood for row in rows}
    spots = [
        rules.Spot(
            row.neighbourhood.pk,
            row.neighbourhood.name,
            geo.Point(float(row.neighbourhood.latitude), float(row.neighbourhood.longitude)),
            row.neighbourhood.under_three or 0,
            not row.covered(wanted),
        )
        for row in rows
    ]
    before = circle.counted(rows, wanted)
    left, without, found = before.children_without, before.without, []
    for choice in rules.choose(spots, radius, sites):
        left -= choice.children
        without -= len(choice.reached)
        found.append(
            Site(by_pk[choice.key], choice.children, [by_pk[pk] for pk in choice.reached], left),
        )
    supplies, whole = supply.supplies(on, streets)
    places = usual_places(supplies, kind) if places is None else places
    now = supply.thresholds(supplies, whole, asked)
    then = supply.thresholds(*_with(supplies, whole, found, kind, places), asked)
    return Outcome(found, places, before, without, left, list(zip(now, then, strict=True)))


def _with(
    rows: Sequence[supply.Supply], whole: supply.Supply, sites: Sequence[Site], kind: str, places: int
) -> tuple[list[supply.Supply], supply.Supply]:
    """The supplies as if the sites stood."""
    more: dict[int, int] = {}
    for site in sites:
        pk = site.neighbourhood.street_id
        more[pk] = more.get(pk, 0) + 1
    return (
        [_added(row, kind, more.get(row.street.pk, 0), places) for row in rows],
        _added(whole, kind, len(sites), places),
    )


def _added(row: supply.Supply, kind: str, count: int, places: int) -> supply.Supply:
    there = dict(row.places)
    for name in (kind, "inclusive") if KINDS[kind] else (kind,):
        before = there.get(name, (0, 0))
        if count:
            there[name] = (before[0] + count * places, before[1] + count)
    return replace(row, places=there)
