"""The clocks: what ends on a day, of all apps, on one board.

A noun declares its clock once, in its app (facilities/clocks.py, inspections/clocks.py), as a queryset on the rows
themselves; `REGISTRY.clocks` keeps the list. No row is copied: the board is a union of these querysets, each walked by
the index on its day until a page is full, so that it costs the same however many rows there are. docs/clocks.md.

A clock's rows have a day, `base`. Without `months` it is the day that something ends; with `months` (the key of a
parameter) the row ends so many months later. Sorting and paging go by (due, clock, base, row, facility): within a clock
the order of `base` is the order of the index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import F, Func, Q, QuerySet, Value
from django.db.models.functions import Cast

from portal.access import Actor
from portal.navigation import REGISTRY
from portal.rules import clocks as rules
from portal.rules.clocks import Light
from portal.rules.rights import Reach
from portal.services import parameters

WARN_DAYS = "expiry.warn_days"
SIZE = 50
#: A count stops here: `1,000+`.
CAP = 1000
#: Names of the columns of a branch, in their order.
COLUMNS = ("c_due", "c_clock", "c_base", "c_row", "c_facility", "c_place", "c_name", "c_street", "c_what", "c_who",
           "c_code", "c_page")  # fmt: skip


@dataclass(frozen=True)
class Clock:
    """What ends when, of one noun.

    rows: (day) -> queryset of what still counts on the day: no successor, not left, not closed. base: the path of
    its day. row: the path of the id of what ends. facility: the path of its facility, '' where it belongs to none.
    what: a path whose values `words` puts into words, '' where the label says all. who, code: paths of a person's
    name, shown masked, and of a number. page: a URL name, page_id the path of its id, anchor a place on it. right:
    who sees it.
    """

    key: str
    label: str
    right: str
    rows: Callable[[date], QuerySet]
    base: str
    facility: str = "facility"
    row: str = "pk"
    months: str = ""
    what: str = ""
    words: dict[str, Any] = field(default_factory=dict)
    who: str = ""
    code: str = ""
    page: str = ""
    page_id: str = ""
    anchor: str = ""
    order: int = 100


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


class AfterMonths(Func):
    """A day some months later; Postgres and rules.months_after agree at the ends of months."""

    template = "(%(expressions)s)::date"
    arg_joiner = " + "
    output_field = models.DateField()

    def __init__(self, day, months: int):
        super().__init__(day, Func(Value(months), template="make_interval(months => %(expressions)s)"))


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
        self._reached: dict[Reach, list[int]] = {}

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

    def ids(self, reach: Reach) -> list[int]:
        """The streets or facilities that the actor reaches, read once: the planner wants to see how few they are."""
        if reach not in self._reached:
            found = self.actor.ids(reach)
            values = found if isinstance(found, list) else [next(iter(row.values())) for row in found]
            self._reached[reach] = [int(value) for value in values]
        return self._reached[reach]

    def reached(self, clock: Clock) -> QuerySet:
        """The clock's rows within the actor's reach: what `allowed` gives, with the ids written out."""
        rows = clock.rows(self.on)
        reaches = self.actor.reaches(clock.right)
        if Reach.ALL in reaches:
            return rows
        condition = Q(pk__in=[])
        if clock.facility:
            if Reach.STREETS in reaches:
                condition |= Q(**{path(clock, "street__in"): self.ids(Reach.STREETS)})
            if Reach.FACILITIES in reaches:
                condition |= Q(**{path(clock, "pk__in"): self.ids(Reach.FACILITIES)})
        return rows.filter(condition)

    def narrow(self, clock: Clock, wanted: Wanted) -> QuerySet:
        """The clock's rows under the conditions, with `c_base`, without order."""
        rows = self.reached(clock).annotate(c_base=F(clock.base))
        if clock.facility:
            if wanted.streets:
                rows = rows.filter(**{path(clock, "street__in"): list(wanted.streets)})
            if wanted.facility:
                rows = rows.filter(**{path(clock, "code"): wanted.facility})
        elif wanted.streets or wanted.facility:
            rows = rows.none()
        return rows.filter(self.within(wanted.lights or self.default_lights, self.months(clock)))

    def dressed(self, clock: Clock, rows: QuerySet) -> QuerySet:
        """With what a row of the board shows, the same columns for each clock."""
        months, here = self.months(clock), clock.facility
        return rows.annotate(
            c_due=AfterMonths(F("c_base"), months) if months else F("c_base"),
            c_clock=Value(self.numbers[clock.key], models.IntegerField()),
            c_row=F(clock.row),
            c_facility=F(path(clock, "pk")) if here else Value(0, models.BigIntegerField()),
            c_place=F(path(clock, "code")) if here else text(),
            c_name=F(path(clock, "name")) if here else text(),
            c_street=F(path(clock, "street_id")) if here else Value(None, models.BigIntegerField()),
            c_what=Cast(F(clock.what), models.TextField()) if clock.what else text(),
            c_who=F(clock.who) if clock.who else text(),
            c_code=F(clock.code) if clock.code else text(),
            c_page=F(clock.page_id) if clock.page_id else Value(None, models.BigIntegerField()),
        )

    def within(self, keys: Iterable[str], months: int) -> Q:
        """A condition on `c_base`: due in one of the lights. Neighbouring lights become one range."""
        wanted = [light for light in self.lights if light.key in set(keys)]
        ranges: list[list[date | None]] = []
        for light in wanted:
            first, last = light.days(self.on)
            if ranges and ranges[-1][1] is not None and first == ranges[-1][1] + timedelta(1):
                ranges[-1][1] = last
            else:
                ranges.append([first, last])
        parts = []
        for first, last in ranges:
            part = Q(c_base__isnull=False)
            if first is not None:
                part &= Q(c_base__gt=rules.latest_base(first - timedelta(1), months))
            if last is not None:
                part &= Q(c_base__lte=rules.latest_base(last, months))
            parts.append(part)
        return reduce(or_, parts) if parts else Q(pk__in=[])

    def chosen(self, wanted: Wanted) -> list[Clock]:
        return [clock for clock in self.clocks if not wanted.clocks or clock.key in wanted.clocks]

    def rows(
        self,
        wanted: Wanted,
        *,
        after: Sequence | None = None,
        before: Sequence | None = None,
        size: int = SIZE,
    ) -> list[Due]:
        """Up to `size` rows by day, after (or before) a place; one statement, whatever the number of rows."""
        backwards = before is not None and after is None
        place = before if backwards else after
        parts, params = [], []
        minus = "-" if backwards else ""
        for clock in self.chosen(wanted):
            queryset = self.dressed(clock, self.narrow(clock, wanted))
            if place is not None:
                queryset = queryset.filter(self.beyond(clock, place, backwards))
            queryset = queryset.order_by(f"{minus}c_base", f"{minus}c_row", f"{minus}c_facility")
            try:
                sql, values = queryset.values_list(*COLUMNS)[:size].query.sql_with_params()
            except EmptyResultSet:
                continue
            parts.append(f"({sql})")
            params += values
        if not parts:
            return []
        down = " DESC" if backwards else ""
        order = ", ".join(f"{n}{down}" for n in range(1, 6))
        with connection.cursor() as cursor:
            union = " UNION ALL ".join(parts)
            cursor.execute(f"SELECT * FROM ({union}) b ORDER BY {order} LIMIT {int(size)}", params)
            found = cursor.fetchall()
        if backwards:
            found.reverse()
        by_number = {self.numbers[clock.key]: clock for clock in self.clocks}
        return [Due(by_number[row[1]], row[0], row[2], row[3], row[4] or None, *row[5:]) for row in found]

    def beyond(self, clock: Clock, place: Sequence, backwards: bool) -> Q:
        """Rows of a clock that come after (before) a place in the order of the board."""
        due, key, base, row, facility = place
        at, here = self.numbers.get(key, -1), self.numbers[clock.key]
        months = self.months(clock)
        if here != at:
            # of the same day, clocks before this one are behind, those after it are ahead
            edge = rules.latest_base(due if here < at else due - timedelta(1), months)
            return Q(c_base__lte=edge) if backwards else Q(c_base__gt=edge)
        sign = "lt" if backwards else "gt"
        return Q(**{f"c_base__{sign}e": base}) & (
            Q(**{f"c_base__{sign}": base})
            | Q(c_base=base, **{f"c_row__{sign}": row})
            | Q(c_base=base, c_row=row, **{f"c_facility__{sign}": facility})
        )

    def counts(self, wanted: Wanted, cap: int = CAP) -> dict[tuple[str, str], int]:
        """(clock, light) -> how many, no more than cap + 1 counted; one statement."""
        lights = [light for light in self.lights if not wanted.lights or light.key in wanted.lights]
        return self.counted(
            {
                (clock.key, light.key): self.narrow(clock, narrowed(wanted, light.key))
                for clock in self.chosen(wanted)
                for light in lights
                if wanted.lights or light.key != rules.LATER
            },
            cap,
        )

    def between(self, first: date, last: date, wanted: Wanted, cap: int = CAP) -> dict[str, int]:
        """Clock -> how many are due from a day to another, both within; one statement."""
        found = {}
        for clock in self.chosen(wanted):
            months = self.months(clock)
            lights = tuple(light.key for light in self.lights)
            rows = self.narrow(clock, narrowed(wanted, *lights))
            found[clock.key] = rows.filter(
                c_base__gt=rules.latest_base(first - timedelta(1), months),
                c_base__lte=rules.latest_base(last, months),
            )
        return self.counted(found, cap)

    @staticmethod
    def counted(querysets: dict, cap: int) -> dict:
        parts, params, places = [], [], []
        for place, queryset in querysets.items():
            try:
                sql, values = queryset.values("c_base")[: cap + 1].query.sql_with_params()
            except EmptyResultSet:
                continue
            parts.append(f"(SELECT count(*) FROM ({sql}) c{len(parts)})")
            params += values
            places.append(place)
        found = dict.fromkeys(querysets, 0)
        if parts:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {', '.join(parts)}", params)
                found |= dict(zip(places, cursor.fetchone(), strict=True))
        return found


def narrowed(wanted: Wanted, *lights: str) -> Wanted:
    return Wanted(wanted.clocks, lights, wanted.streets, wanted.facility)


def path(clock: Clock, name: str) -> str:
    """A field of the clock's facility; `pk` where the rows are facilities themselves."""
    return name if clock.facility == "self" else f"{clock.facility}__{name}"


def text(value: str = "") -> Value:
    return Value(value, models.TextField())
