"""A year's draws rehearsed: the rules of the draw itself, twelve months after each other, again and again with
other seeds, and what came of it as a spread.

Plain values in, plain values out. Each month is drawn by `rules.draw.draw_objects` and `assign_teams`, the same
functions with the same tickets as the real draw; only the seeds are others, made from a base that has nothing to do
with any chain. What is taken for granted: every drawn visit is made in its month by the team that was drawn.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from inspections.rules import draw as rules

MONTHS = range(1, 13)


@dataclass(frozen=True)
class Case:
    """One scheme as it is rehearsed. objects: `{"id", "street", "grade"}`; inspectors: for each month (1 to 12) rows
    as in F, `recused` holding what is declared."""

    key: str
    rates_permille: dict[str, int]
    team_size: int
    cap: int
    objects: list[dict]
    inspectors: dict[int, list[dict]]


class Spread(NamedTuple):
    """Of as many figures as there were runs; percentiles by nearest rank, so each is a figure that occurred."""

    least: int
    tenth: int
    median: int
    ninetieth: int
    most: int


def spread(figures: Iterable[int], runs: int) -> Spread:
    """Figures that are left out were zero."""
    found = sorted(figures)
    found = [0] * (runs - len(found)) + found

    def rank(percent: int) -> int:
        return found[max(0, -(-len(found) * percent // 100) - 1)]

    return Spread(found[0], rank(10), rank(50), rank(90), found[-1])


@dataclass
class Tally:
    """What the runs added up to."""

    runs: int = 0
    months: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    years: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    street_year: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    street_busiest: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    street_short: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    #: (street, month) -> runs in which nothing was left to draw there
    none_left: Counter = field(default_factory=Counter)
    inspector_year: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    inspector_busiest: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    inspector_over: Counter = field(default_factory=Counter)
    #: (scheme, facility) -> runs without a visit by the scheme
    missed: Counter = field(default_factory=Counter)
    #: facility -> runs in which it reached the cap, in which it got more
    reached: Counter = field(default_factory=Counter)
    exceeded: Counter = field(default_factory=Counter)
    most: Counter = field(default_factory=Counter)


def seed_of(base: bytes, run: int, key: str, month: int) -> bytes:
    """The seed of one draw of one run."""
    return hashlib.sha256(b"\n".join((b"rehearsal", base, f"{run}\n{key}\n{month}".encode()))).digest()


def rehearse(
    cases: list[Case],
    *,
    base: bytes,
    runs: int,
    capacity: int,
    before: dict[str, set[str]] | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Tally:
    """The year `runs` times. capacity: visits a month that one inspector can make. before: facility -> who was in the
    team of its last visit when the year began. progress: told after each run."""
    tally = Tally()
    streets = {item["id"]: item["street"] for case in cases for item in case.objects}
    there = [(case, {item["street"] for item in case.objects}) for case in cases]
    cap_of: dict[str, int] = {}
    for case in cases:  # a facility of several schemes: the lowest cap
        for item in case.objects:
            cap_of[item["id"]] = min(cap_of.get(item["id"], case.cap), case.cap)
    for run in range(runs):
        _year(tally, there, cap_of, streets, base, run, capacity, before or {})
        tally.runs += 1
        progress(run + 1)
    return tally


def _year(tally: Tally, there, cap_of, streets, base: bytes, run: int, capacity: int, before) -> None:
    visited: dict[str, set[str]] = defaultdict(set)  # scheme -> facilities
    drawn: Counter = Counter()  # facility -> drawn visits of all schemes
    teams = {object_id: set(team) for object_id, team in before.items()}
    barred: dict[str, set[str]] = defaultdict(set)  # inspector -> facilities whose last team they were in
    for object_id, team in teams.items():
        for one in team:
            barred[one].add(object_id)
    by_street: Counter = Counter()
    busiest: Counter = Counter()
    short: Counter = Counter()
    inspector_year: Counter = Counter()
    inspector_busiest: Counter = Counter()
    over: Counter = Counter()
    total = 0
    for month in MONTHS:
        results: list[tuple[Case, dict]] = []
        left: set[str] = set()
        for case, _streets in there:
            frozen = _frozen(case, month, visited[case.key], drawn, barred)
            left.update(item["street"] for item in frozen["objects"])
            seed = seed_of(base, run, case.key, month)
            found = rules.assign_teams(frozen, seed, rules.draw_objects(frozen, seed))
            results += [(case, result) for result in found]
        street_month: Counter = Counter()
        inspector_month: Counter = Counter()
        for case, result in results:
            object_id, team = result["object"], result["inspectors"]
            visited[case.key].add(object_id)
            drawn[object_id] += 1
            street = streets[object_id]
            street_month[street] += 1
            inspector_month.update(team)
            if len(team) < case.team_size:
                short[street] += 1
            for one in teams.get(object_id, ()):
                barred[one].discard(object_id)
            teams[object_id] = set(team)
            for one in team:
                barred[one].add(object_id)
        for street in set(streets.values()) - left:
            tally.none_left[street, month] += 1
        for street, n in street_month.items():
            by_street[street] += n
            busiest[street] = max(busiest[street], n)
        for one, n in inspector_month.items():
            inspector_year[one] += n
            inspector_busiest[one] = max(inspector_busiest[one], n)
            over[one] += n > capacity
        tally.months[month].append(len(results))
        total += len(results)
    tally.years.append(total)
    tally.again.append(sum(n > 1 for n in drawn.values()))
    for kept, counted in (
        (tally.street_year, by_street),
        (tally.street_busiest, busiest),
        (tally.street_short, short),
        (tally.inspector_year, inspector_year),
        (tally.inspector_busiest, inspector_busiest),
    ):
        for name, n in counted.items():
            kept[name].append(n)
    for one, n in over.items():
        tally.inspector_over[one] += n > 0
    for case, _streets in there:
        for item in case.objects:
            if item["id"] not in visited[case.key]:
                tally.missed[case.key, item["id"]] += 1
    for object_id, n in drawn.items():
        tally.most[object_id] = max(tally.most[object_id], n)
        tally.reached[object_id] += n >= cap_of[object_id]
        tally.exceeded[object_id] += n > cap_of[object_id]


def _frozen(case: Case, month: int, visited: set[str], drawn: Counter, barred: dict[str, set[str]]) -> dict:
    """F of the protocol as far as the draw reads it."""
    return {
        "month": month,
        "rates_permille": case.rates_permille,
        "team_size": case.team_size,
        "objects": [
            {**item, "visited": item["id"] in visited}
            for item in case.objects
            if drawn[item["id"]] < case.cap
        ],
        "inspectors": [
            {**row, "recused": barred[row["id"]].union(row["recused"])} for row in case.inspectors[month]
        ],
    }
