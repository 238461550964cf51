"""The clocks: what ends on a day, of all apps, on one board.

A noun declares its clock once, in its app (facilities/clocks.py, inspections/clocks.py), as a queryset on the rows
themselves; `REGISTRY.clocks` keeps the list. No row is copied: the board is a union of these querysets, each walked by
the index on its day until a page is full, so that it costs the same however many rows there are. docs/clocks.md.

A clock's rows have a day, `base`. Without `months` it is the day that something ends; with `months` (the key of a
parameter) the row ends so many months later. Sorting and paging go by (due, clock, base, row, facility): within a clock
the order of `base` is the order of the index.

The union gives keys; facilities and persons of the rows of a page are read after it by their ids (`Board.dress`). A
clock's queryset is made SQL once a day (`inner`); reach, lights and place are conditions around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection, models

from portal.access import Actor
from portal.clocks.clock import Clock, Inner, inner, names_of
from portal.navigation import REGISTRY
from portal.rules import clocks as rules
from portal.rules.clocks import Light
from portal.rules.rights import Reach
from portal.services import parameters

WARN_DAYS = "expiry.warn_days"
SIZE = 50
#: A count stops here: `1,000+`.
CAP = 1000
#: So many facilities of a street are named by their ids.
FEW = 3000


@dataclass(frozen=True)
class Due:
    """One row of the board."""

    clock: Clock
    due: date
    base: date
    row: int
    facility_id: int | None
    facility_code: str
    facility: str
    street_id: int | None
    what: str
    who: str
    code: str
    page_id: int | None

    @property
    def place(self) -> list:
        """Where it stands in the order, for a cursor."""
        return [self.due, self.clock.key, self.base, self.row, self.facility_id or 0]


@dataclass(frozen=True)
class Wanted:
    """Conditions of the board: keys of clocks and of lights, ids of streets, the code of a facility; empty for all."""

    clocks: Sequence[str] = ()
    lights: Sequence[str] = ()
    streets: Sequence[int] = ()
    facility: str = ""


class Part:
    """A clock's rows under conditions: `FROM (…) r JOIN … WHERE …`, put together by its board."""

    def __init__(self, found: Inner):
        self.inner, self.conditions, self.params = found, [], []
        #: whether the conditions ask for the facility, `f`
        self.joined = False

    def add(self, condition: str, *params) -> None:
        self.conditions.append(condition)
        self.params += params

    def sql(self) -> str:
        join = f" JOIN {self.inner.places} f ON f.id = r.c_facility" if self.joined else ""
        where = " AND ".join(self.conditions) or "true"
        return f"FROM ({self.inner.sql}) r{join} WHERE {where}"

    def values(self) -> list:
        return [*self.inner.params, *self.params]


class Board:
    """The clocks as one actor may see them on one day."""

    def __init__(self, actor: Actor, on: date):
        self.actor, self.on = actor, on
        seen = sorted(REGISTRY.clocks, key=lambda clock: (clock.order, clock.key))
        self.clocks: list[Clock] = [clock for clock in seen if actor.may(clock.right)]
        self.numbers = {clock.key: number for number, clock in enumerate(self.clocks)}
        keys = {clock.months for clock in self.clocks if clock.months}
        self.known = parameters.values([WARN_DAYS, *keys], on)
        self.lights = rules.lights(rules.warn_days(self.known.get(WARN_DAYS)))
        # a clock whose months the district does not say cannot run
        self.clocks = [c for c in self.clocks if not c.months or self.known.get(c.months)]
        self._places: dict[tuple, str | None] = {}

    def months(self, clock: Clock) -> int:
        return int(self.known[clock.months]) if clock.months else 0

    def light(self, key: str) -> Light:
        return next(light for light in self.lights if light.key == key)

    def light_of(self, due: date) -> Light:
        return rules.light_of(due, self.on, self.lights)

    @property
    def default_lights(self) -> list[str]:
        """All but what lies beyond the furthest warning."""
        return [light.key for light in self.lights if light.key != rules.LATER]

    def chosen(self, wanted: Wanted) -> list[Clock]:
        return [clock for clock in self.clocks if not wanted.clocks or clock.key in wanted.clocks]

    def part(self, clock: Clock, wanted: Wanted) -> Part | None:
        """The clock's rows within the actor's reach (what `allowed` gives, with the ids written out, for the planner
        wants to see how few they are), in streets, at a facility; None where there can be none."""
        found = inner(clock, self.on)
        if found is None or (not clock.facility and (wanted.streets or wanted.facility)):
            return None
        part = Part(found)
        reaches = self.actor.reaches(clock.right)
        if Reach.ALL not in reaches:
            either, ids = [], []
            if clock.facility and Reach.STREETS in reaches:
                either.append(self.in_streets(part, clock, self.actor.listed(Reach.STREETS), ids))
            if clock.facility and Reach.FACILITIES in reaches:
                either.append("r.c_facility = ANY(%s)")
                ids.append(self.actor.listed(Reach.FACILITIES))
            if not any(ids):
                return None
            part.add(f"({' OR '.join(either)})", *ids)
        if wanted.streets:
            ids = []
            part.add(self.in_streets(part, clock, list(wanted.streets), ids), *ids)
        if wanted.facility:
            part.add("f.code = %s", wanted.facility)
            part.joined = True
        return part

    def in_streets(self, part: Part, clock: Clock, streets: list[int], ids: list) -> str:
        """The condition on streets: few facilities by their ids, which stand in the rows themselves; many by a join.
        What is compared goes into `ids`."""
        if clock.facility == "self":
            ids.append(streets)
            return "r.c_street = ANY(%s)"
        key = (part.inner.place, *sorted(streets))
        if key not in self._places:
            rows = part.inner.place._base_manager.filter(street__in=streets)
            found = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
            # as one text: as a list it would be put together once more for each clock
            self._places[key] = f"{{{','.join(map(str, found))}}}" if len(found) <= FEW else None
        if self._places[key] is not None:
            ids.append(self._places[key])
            return "r.c_facility = ANY(%s::bigint[])"
        part.joined = True
        ids.append(streets)
        return "f.street_id = ANY(%s)"

    def parts(self, wanted: Wanted) -> Iterator[tuple[Clock, Part]]:
        for clock in self.chosen(wanted):
            part = self.part(clock, wanted)
            if part is not None:
                yield clock, part

    def ranges(self, keys: Iterable[str], months: int) -> list[tuple[date | None, date | None]]:
        """The days of `c_base` that are due in one of the lights, after the first and up to the second; None is open.
        Neighbouring lights become one range."""
        wanted = [light for light in self.lights if light.key in set(keys)]
        ranges: list[list[date | None]] = []
        for light in wanted:
            first, last = light.days(self.on)
            if ranges and ranges[-1][1] is not None and first == ranges[-1][1] + timedelta(1):
                ranges[-1][1] = last
            else:
                ranges.append([first, last])
        return [
            (
                None if first is None else rules.latest_base(first - timedelta(1), months),
                None if last is None else rules.latest_base(last, months),
            )
            for first, last in ranges
        ]

    def within(self, part: Part, keys: Iterable[str], months: int) -> None:
        """Puts the days of the lights into a part's conditions."""
        either = []
        for after, last in self.ranges(keys, months):
            bounds = [f"r.c_base {sign} %s" for sign, day in ((">", after), ("<=", last)) if day is not None]
            part.params += [day for day in (after, last) if day is not None]
            either.append(f"({' AND '.join(bounds) or 'r.c_base IS NOT NULL'})")
        part.conditions.append(f"({' OR '.join(either) or 'false'})")

    def rows(
        self,
        wanted: Wanted,
        *,
        after: Sequence | None = None,
        before: Sequence | None = None,
        size: int = SIZE,
    ) -> list[Due]:
        """Up to `size` rows by day, after (or before) a place; one statement for them and one for the facilities and
        each kind of persons on the page, whatever the number of rows."""
        backwards = before is not None and after is None
        place = before if backwards else after
        down = " DESC" if backwards else ""
        branches, params = [], []
        for clock, part in self.parts(wanted):
            months = self.months(clock)
            self.within(part, wanted.lights or self.default_lights, months)
            if place is not None:
                self.beyond(part, clock, place, backwards)
            due = f"(r.c_base + make_interval(months => {months}))::date" if months else "r.c_base"
            branches.append(
                f"(SELECT {due} AS c_due, {self.numbers[clock.key]} AS c_clock, r.* {part.sql()}"
                f" ORDER BY r.c_base{down}, r.c_row{down}, r.c_facility{down} LIMIT {int(size)})"
            )
            params += part.values()
        if not branches:
            return []
        order = ", ".join(f"{n}{down}" for n in range(1, 6))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT * FROM ({' UNION ALL '.join(branches)}) b ORDER BY {order} LIMIT {int(size)}", params
            )
            found = cursor.fetchall()
        if backwards:
            found.reverse()
        return self.dress(found)

    def dress(self, found: list[tuple]) -> list[Due]:
        """Rows of the union with their facilities and persons."""
        by_number = {self.numbers[clock.key]: clock for clock in self.clocks}
        places: dict[type, set] = {}
        persons: dict[tuple, set] = {}
        for _due, number, _base, _row, facility, _street, _what, _who, _code, person, _page in found:
            clock = by_number[number]
            its = inner(clock, self.on)
            if facility:
                places.setdefault(its.place, set()).add(facility)
            if person is not None:
                persons.setdefault((its.person, names_of(clock)), set()).add(person)
        known = {
            pk: (code, name, street)
            for model, ids in places.items()
            for pk, code, name, street in named(model, ids, "code", "name", "street_id")
        }
        called = {
            (key, pk): values for key, ids in persons.items() for pk, *values in named(key[0], ids, *key[1])
        }
        dressed = []
        for due, number, base, row, facility, _street, what, who, code, person, page in found:
            clock = by_number[number]
            if person is not None:
                key = inner(clock, self.on).person, names_of(clock)
                values = dict(zip(key[1], called[key, person], strict=True))
                who, code = (
                    values.get(path.split("__")[-1], "") if path else "" for path in (clock.who, clock.code)
                )
            place_code, name, street = known[facility] if facility else ("", "", None)
            dressed.append(
                Due(clock, due, base, row, facility or None, place_code, name, street, what, who, code, page)
            )
        return dressed

    def beyond(self, part: Part, clock: Clock, place: Sequence, backwards: bool) -> None:
        """Leaves the rows of a clock that come after (before) a place in the order of the board."""
        due, key, base, row, facility = place
        at, here = self.numbers.get(key, -1), self.numbers[clock.key]
        sign = "<" if backwards else ">"
        if here != at:
            # of the same day, clocks before this one are behind, those after it are ahead
            edge = rules.latest_base(due if here < at else due - timedelta(1), self.months(clock))
            part.add(f"r.c_base {'<=' if backwards else '>'} %s", edge)
        else:
            part.add(f"r.c_base {sign}= %s", base)
            part.add(
                f"(r.c_base {sign} %s OR (r.c_base = %s AND (r.c_row {sign} %s OR (r.c_row = %s"
                f" AND r.c_facility {sign} %s))))",
                base, base, row, row, facility,
            )  # fmt: skip

    def counts(self, wanted: Wanted, cap: int = CAP) -> dict[tuple[str, str], int]:
        """(clock, light) -> how many, no more than cap + 1 counted; one statement."""
        lights = [light.key for light in self.lights if not wanted.lights or light.key in wanted.lights]
        lights = [key for key in lights if wanted.lights or key != rules.LATER]
        found = dict.fromkeys(((clock.key, key) for clock in self.chosen(wanted) for key in lights), 0)
        branches, places, params = [], [], []
        for key in lights:
            for clock, part in self.parts(wanted):
                self.within(part, [key], self.months(clock))
                branches.append(
                    f"(SELECT count(*) FROM (SELECT 1 {part.sql()} LIMIT {int(cap) + 1}) c{len(branches)})"
                )
                places.append((clock.key, key))
                params += part.values()
        if branches:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {', '.join(branches)}", params)
                found |= dict(zip(places, cursor.fetchone(), strict=True))
        return found


def named(model: type[models.Model], ids: Iterable[int], *fields: str) -> list[tuple]:
    return list(model._base_manager.filter(pk__in=sorted(ids)).values_list("pk", *fields))
