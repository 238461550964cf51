"""Demand of the next years: cohorts of births, aged and moved. docs/residents.md shows the formula in words.

At the end of a year y the children under one were born in y, those of 1-3 (1 to under 3) in y-1 and y-2:

    under one (y) = k0 x B(y) x (1+w)^0.5
    1-3       (y) = k1 x [B(y-1) x (1+w)^1.5 + B(y-2) x (1+w)^2.5]
    under 3   (y) = under one + 1-3

B: births. w: net moves of a year per child under three (moved in less moved out), from the years in which both are
known, 0 where none is. The exponents are the years that a cohort, born in the middle of its year, has lived here.
k0, k1: what the last years counted against what the sums gave, so that what is not recorded (moves, births registered
elsewhere) goes on as it was. Births of years to come: the last year's, changed by the mean rate of the last years.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

YEARS_AHEAD = 3
#: How many of the last years the means are taken over.
BACK = 3
#: Births cannot change by more than this in a year on and on; a small street's two years could say anything.
SLOWEST, FASTEST = 0.85, 1.15
#: Net moves per child and year beyond this are a new estate or a wrong figure, not a trend.
MOST_MOVED = 0.2
POPULATIONS = ("one_to_three", "under_three")


@dataclass(frozen=True)
class Year:
    """What is known of a street's year; None where nothing is."""

    births: int | None = None
    one_to_three: int | None = None
    under_three: int | None = None
    moved_in: int | None = None
    moved_out: int | None = None


History = Mapping[int, Year]


@dataclass(frozen=True)
class Projection:
    """From the base year on: values[population][year], with what they rest on."""

    base: int
    births_rate: float
    moves_rate: float
    moves_known: bool
    under_one_factor: float
    older_factor: float
    births: dict[int, float]
    values: dict[str, dict[int, float]]


@dataclass(frozen=True)
class Error:
    """Mean absolute percentage error of so many checks; `naive`: of saying 'as in the base year'."""

    checks: int
    method: float
    naive: float


def births_of(history: History, year: int) -> int | None:
    return history[year].births if year in history else None


def base_year(history: History, last: int | None = None) -> int | None:
    """The newest year (up to `last`) from which can be projected: births of it and of the two before, and both
    populations at its end."""
    for year in sorted(history, reverse=True):
        if last is not None and year > last:
            continue
        known = history[year]
        if known.one_to_three is None or known.under_three is None or known.under_three < known.one_to_three:
            continue
        if all(births_of(history, year - back) is not None for back in range(3)):
            return year
    return None


def missing(history: History) -> list[tuple[int, str]]:
    """What the newest year lacks to be a base: (year, kind); without any year at all nothing."""
    if not history:
        return []
    newest = max(history)
    found = [(newest, kind) for kind in POPULATIONS if getattr(history[newest], kind) is None]
    return found + [
        (newest - back, "births") for back in range(3) if births_of(history, newest - back) is None
    ]


def rate_of_births(history: History, base: int) -> float:
    """Mean yearly factor of the last years without a gap, bounded."""
    first = base
    while first > base - BACK and births_of(history, first - 1):
        first -= 1
    begin, end = births_of(history, first), births_of(history, base)
    if first == base or not begin or not end:
        return 1.0
    return min(FASTEST, max(SLOWEST, (end / begin) ** (1 / (base - first))))


def rate_of_moves(history: History, base: int) -> tuple[float, bool]:
    """Net moves per child under three and year, and whether any year knows both directions."""
    net = children = 0
    for year in range(base - BACK + 1, base + 1):
        known = history.get(year)
        if known is None or known.moved_in is None or known.moved_out is None or not known.under_three:
            continue
        net += known.moved_in - known.moved_out
        children += known.under_three
    if not children:
        return 0.0, False
    return min(MOST_MOVED, max(-MOST_MOVED, net / children)), True


def sums(births: Mapping[int, float], year: int, moves: float) -> tuple[float, float]:
    """The cohorts' sums of a year, before the factors: under one, 1-3."""
    stay = 1 + moves
    return (
        births[year] * stay**0.5,
        births[year - 1] * stay**1.5 + births[year - 2] * stay**2.5,
    )


def factors(history: History, base: int, moves: float) -> tuple[float, float]:
    """k0 and k1: of the last years counted children over the sums; 1 where the sums are nought."""
    counted, summed = [0.0, 0.0], [0.0, 0.0]
    for year in range(base - BACK + 1, base + 1):
        known = history.get(year)
        if known is None or known.one_to_three is None or known.under_three is None:
            continue
        births = {y: births_of(history, y) for y in range(year - 2, year + 1)}
        if None in births.values():
            continue
        for place, (count, total) in enumerate(
            zip(
                (known.under_three - known.one_to_three, known.one_to_three),
                sums(births, year, moves),
                strict=True,
            )
        ):
            counted[place] += count
            summed[place] += total
    k0, k1 = (c / s if s else 1.0 for c, s in zip(counted, summed, strict=True))
    return k0, k1


def project(history: History, *, last: int | None = None, ahead: int = YEARS_AHEAD) -> Projection | None:
    """The next `ahead` years from the newest base year up to `last`; None where there are not enough years.

    Only figures of the base year and before are looked at, so that a past forecast can be made again.
    """
    base = base_year(history, last)
    if base is None:
        return None
    moves, known = rate_of_moves(history, base)
    k0, k1 = factors(history, base, moves)
    rate = rate_of_births(history, base)
    births = {year: float(births_of(history, year)) for year in range(base - 2, base + 1)}
    for year in range(base + 1, base + ahead + 1):
        births[year] = births[year - 1] * rate
    values: dict[str, dict[int, float]] = {kind: {} for kind in POPULATIONS}
    for year in range(base + 1, base + ahead + 1):
        youngest, older = sums(births, year, moves)
        values["one_to_three"][year] = k1 * older
        values["under_three"][year] = k1 * older + k0 * youngest
    return Projection(base, rate, moves, known, k0, k1, births, values)


@dataclass(frozen=True)
class Check:
    """A past forecast of one year against what was counted then."""

    made_from: int
    year: int
    forecast: float
    naive: float
    counted: int

    @property
    def ahead(self) -> int:
        return self.year - self.made_from


def backtest(history: History, kind: str) -> list[Check]:
    """Every forecast that could have been made in a past year, with the figures of that time only."""
    found = []
    for origin in sorted(history):
        projection = project(history, last=origin)
        if projection is None or projection.base != origin:
            continue
        start = getattr(history[origin], kind)
        for year, value in projection.values[kind].items():
            counted = getattr(history[year], kind) if year in history else None
            if counted is not None:
                found.append(Check(origin, year, value, float(start), counted))
    return found


def together(checks: Iterable[Iterable[Check]]) -> list[Check]:
    """Checks of several streets added up by origin and year; a street that had too few years then is in neither sum."""
    added: dict[tuple[int, int], list[Check]] = {}
    for street in checks:
        for check in street:
            added.setdefault((check.made_from, check.year), []).append(check)
    return [
        Check(
            origin,
            year,
            sum(c.forecast for c in row),
            sum(c.naive for c in row),
            sum(c.counted for c in row),
        )
        for (origin, year), row in sorted(added.items())
    ]


def error(checks: Iterable[Check], ahead: int | None = None) -> Error | None:
    """Mean absolute percentage error of the checks (`ahead`: of those so many years ahead); None without any.

    A year in which nobody was counted has no percentage and is left out.
    """
    chosen = [c for c in checks if c.counted and (ahead is None or c.ahead == ahead)]
    if not chosen:
        return None
    return Error(
        len(chosen),
        100 * sum(abs(c.forecast - c.counted) / c.counted for c in chosen) / len(chosen),
        100 * sum(abs(c.naive - c.counted) / c.counted for c in chosen) / len(chosen),
    )
