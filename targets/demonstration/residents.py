"""Residents of the streets over seven years, invented and marked so: cohorts of births that age and move, with the
noise that statistics have, so that a forecast made from them can be checked and is not quite right."""

from __future__ import annotations

from datetime import date
from random import Random

from facilities.services import residents
from portal.access import Actor
from portal.models.places import Street
from targets.demonstration.facilities import weight
from targets.demonstration.names import SOURCE
from targets.demonstration.sizes import Size

CORRECTED = "演示数据，非真实统计（年报更正）"
YEARS = 7


def make(size: Size, *, today: date, seed: str, actor: Actor) -> int:
    """Total, under three, 1-3, births and moves for the seven years that are over; one figure was corrected later."""
    random = Random(f"{seed}/{size.slug}/residents")
    streets = list(Street.objects.order_by("code"))
    weights = {street.pk: weight(street, random) for street in streets}
    whole = sum(weights.values())
    last = today.year - 1
    rows = []
    for street in streets:
        total = int(size.residents * weights[street.pk] / whole)
        rows += [(street, *row) for row in cohorts(size, total, last, random)]
    count = residents.record_many(rows, source=SOURCE, actor=actor, on=today)
    correct(streets[0], last - 1, rows, today=today, actor=actor)
    return count


def cohorts(size: Size, total: int, last: int, random: Random):
    """(year, kind, count) of a street: births fall year by year, some children move, the counting errs a little."""
    fall = random.uniform(0.93, 1.0)
    drift = random.uniform(-0.03, 0.03)
    births = {}
    level = total * (size.under_three - size.one_to_three) * random.uniform(0.85, 1.15) / fall ** (YEARS + 1)
    for year in range(last - YEARS - 1, last + 1):
        births[year] = max(1, round(level * random.uniform(0.95, 1.05)))
        level *= fall
    for year in range(last - YEARS + 1, last + 1):
        moved = 1 + drift + random.uniform(-0.01, 0.01)
        youngest = births[year] * moved**0.5
        older = births[year - 1] * moved**1.5 + births[year - 2] * moved**2.5
        small = max(0, round(older * random.uniform(0.98, 1.02)))
        young = small + max(0, round(youngest * random.uniform(0.98, 1.02)))
        came = round(young * (0.04 + max(0, moved - 1)))
        left = max(0, round(came - young * (moved - 1)))
        people = round(total * (1 + 0.004 * (year - last)))
        yield from (
            (year, "total", max(people, young)),
            (year, "under_three", young),
            (year, "one_to_three", small),
            (year, "births", births[year]),
            (year, "moved_in", came),
            (year, "moved_out", left),
        )


def correct(street: Street, year: int, rows: list, *, today: date, actor: Actor) -> None:
    """A figure that the yearbook put right afterwards: the old one stays as a version."""
    count = next(row[3] for row in rows if row[:3] == (street, year, "births"))
    residents.enter_figures(
        street,
        year,
        {"births": count + max(1, count // 50)},
        counted_on=date(year, 12, 31),
        source=CORRECTED,
        note="年报付印前少录了一个居委",
        actor=actor,
        on=today,
    )
