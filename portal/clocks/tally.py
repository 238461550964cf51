"""What ends, counted once for a whole district, and told to each person within the own reach: for the day's messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from django.db import connection

from portal.access import Actor
from portal.clocks.board import Board, named
from portal.clocks.clock import inner
from portal.rules.clocks import LATER, OVER, Light, latest_base
from portal.rules.rights import Reach

#: clock -> day -> how many
Sums = dict[str, Counter]


def edge_of(light: Light) -> int:
    """How many days ahead the light reaches; -1 for what is over."""
    return -1 if light.key == OVER else light.last


class Tally:
    """One statement for all: how many rows of each clock and facility are over, or have come into a nearer light on a
    day after `first`. What was over before counts as of the day before `first`."""

    def __init__(self, actor: Actor, on: date, first: date):
        self.on, self.first = on, first
        self.board = Board(Actor.system(actor.district, actor.label), on)
        self.lights = [light for light in self.board.lights if light.key != LATER]
        self.places: dict[int, Sums] = {}
        self._streets: dict[int, list[int]] | None = None
        self.read()

    def read(self) -> None:
        branches, params = [], []
        for clock in self.board.clocks:
            found = inner(clock, self.on)
            if found is None:
                continue
            months = self.board.months(clock)
            due = f"(r.c_base + make_interval(months => {months}))::date" if months else "r.c_base"
            either = ["r.c_base <= %s"]
            branches.append(
                [f"SELECT '{clock.key}', r.c_facility, greatest({due}, %s), count(*) FROM ({found.sql}) r"]
            )
            params += [self.first - timedelta(1), *found.params, latest_base(self.on - timedelta(1), months)]
            for light in self.lights:
                edge = timedelta(edge_of(light))
                either.append("r.c_base > %s AND r.c_base <= %s")
                params += [latest_base(self.first + edge, months), latest_base(self.on + edge, months)]
            branches[-1].append(f"WHERE {' OR '.join(either)} GROUP BY 2, 3")
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(" ".join(branch) for branch in branches), params)
            for key, place, due, count in cursor:
                self.places.setdefault(place, {}).setdefault(key, Counter())[due] += count

    def streets(self) -> dict[int, list[int]]:
        """The facilities in each street, of those with anything to tell."""
        if self._streets is None:
            self._streets = {}
            models = {inner(clock, self.on).place for clock in self.board.clocks if inner(clock, self.on)}
            for model in models - {None}:
                for pk, street in named(model, self.places, "street_id"):
                    self._streets.setdefault(street, []).append(pk)
        return self._streets

    def summed(self, places: Iterable[int], key: str) -> Counter:
        total: Counter = Counter()
        for place in places:
            for due, count in self.places.get(place, {}).get(key, {}).items():
                total[due] += count
        return total

    def reached(self, actor: Actor) -> Sums:
        """What the actor reaches of each clock: its rows by the day they are due, as on the actor's own board."""
        found = {}
        for clock in self.board.clocks:
            reaches = actor.reaches(clock.right)
            if Reach.ALL in reaches:
                places = None
            elif not clock.facility:
                continue
            else:
                places = set()
                if Reach.STREETS in reaches:
                    places |= {
                        pk for street in actor.listed(Reach.STREETS) for pk in self.streets().get(street, ())
                    }
                if Reach.FACILITIES in reaches:
                    places |= set(actor.listed(Reach.FACILITIES))
            found[clock.key] = self.summed(self.places if places is None else places, clock.key)
        return found

    @staticmethod
    def between(found: Sums, first: date, last: date) -> dict[str, int]:
        """Clock -> how many of what somebody reaches are due from a day to another, both within; none left out."""
        counts = {
            key: sum(count for due, count in days.items() if first <= due <= last)
            for key, days in found.items()
        }
        return {key: count for key, count in counts.items() if count}

    def over(self, found: Sums) -> int:
        return sum(count for days in found.values() for due, count in days.items() if due < self.on)
