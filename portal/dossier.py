"""A facility's dossier (一机构一档案): what all apps know of it, in one order of time, page after page.

Each app registers streams (`REGISTRY.streams`) in `AppConfig.ready`. A stream is a queryset on the records themselves,
never a copy; whatever the length of the whole, a page reads at most so many places of each stream as it shows events.

The order is the day, newest first, then the stream, then the row's id, newest first. A place in it is
(day, number of the stream, id), which stands in the address of the next page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import BigIntegerField, DateField, F, Func, IntegerField, Q, QuerySet, Value
from django.db.models.functions import Cast, TruncDate

from portal.navigation import Event
from portal.rules.machine import marked

#: What events are about, in the order of the filter; an app gives each of its streams one of them.
KINDS = {
    "file": marked("登记事项"),
    "filing": marked("备案"),
    "inspection": marked("检查"),
    "order": marked("整改"),
    "emergency": marked("应急"),
    "voice": marked("投诉、事件"),
    "rules": marked("规则"),
    "staff": marked("人员"),
    "credit": marked("诚信"),
}
SIZE = 50
LAST = 2**63 - 1


@dataclass(frozen=True)
class Stream:
    """One kind of row that makes an event.

    rows: (facility, actor) -> the queryset of what the actor may know, or None for nothing. day: the field (or
    expression) that says the day; `moment` for a field with a time. daily: the rows are sums of a day, dictionaries
    without an id. event: (row, actor) -> Event; the row has `event_day`.
    """

    key: str
    kind: str
    rows: Callable[[Any, Any], QuerySet | None]
    event: Callable[[Any, Any], Event]
    day: Any
    moment: bool = False
    daily: bool = False

    def dated(self, facility, actor, wanted: Wanted) -> QuerySet | None:
        """The rows of the days that are asked for, each with its `event_day`."""
        rows = self.rows(facility, actor)
        if rows is None:
            return None
        day = TruncDate(self.day) if self.moment else F(self.day) if isinstance(self.day, str) else self.day
        rows = rows.order_by().annotate(event_day=day).filter(event_day__isnull=False)
        if wanted.since:
            rows = rows.filter(event_day__gte=wanted.since)
        if wanted.until:
            rows = rows.filter(event_day__lte=wanted.until)
        return rows

    def places(self, rows: QuerySet, number: int, place: tuple[date, int], limit: int) -> QuerySet:
        """(day, number of the stream, id) of the newest rows before a place (day, id); at most `limit`."""
        on, pk = place
        before = Q(event_day__lt=on)
        if self.daily:
            before |= Q(event_day=on) if pk == LAST else Q(pk__in=[])
        else:
            before |= Q(event_day=on, pk__lt=pk)
        own = Value(0, output_field=BigIntegerField()) if self.daily else Cast("pk", BigIntegerField())
        rows = rows.filter(before).annotate(
            event_stream=Value(number, output_field=IntegerField()), event_id=own
        )
        rows = rows.order_by("-event_day") if self.daily else rows.order_by("-event_day", "-pk")
        return rows.values_list("event_day", "event_stream", "event_id")[:limit]

    def events(self, rows: QuerySet, actor, wanted: list[tuple[date, int]]) -> dict[tuple[date, int], Event]:
        """The events at these places."""
        if self.daily:
            found = rows.filter(event_day__in=[day for day, _id in wanted])
            keyed = {(row["event_day"], 0): row for row in found}
        else:
            found = rows.filter(pk__in=[pk for _day, pk in wanted])
            keyed = {(row.event_day, row.pk): row for row in found}
        return {
            key: replace(self.event(row, actor), day=key[0], kind=self.kind, number=key[1])
            for key, row in keyed.items()
        }


@dataclass(frozen=True)
class Wanted:
    """What a reader asks for: kinds (none for all), days from and to."""

    kinds: frozenset[str] = frozenset()
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Leaf:
    """A page of the dossier: its events, and the place after which the next one begins, None at the end."""

    events: list[Event]
    after: tuple[date, int, int] | None


def leaf(
    streams: Sequence[Stream],
    facility,
    actor,
    wanted: Wanted = Wanted(),
    *,
    after: tuple[date, int, int] | None = None,
    size: int = SIZE,
) -> Leaf:
    """The events after a place: one query finds the places of all streams, one for each stream that has any reads
    its rows."""
    on, number, pk = after or (date.max, -1, LAST)
    asked: dict[int, QuerySet] = {}
    parts = []
    for place, stream in enumerate(streams):
        if wanted.kinds and stream.kind not in wanted.kinds:
            continue
        rows = stream.dated(facility, actor, wanted)
        if rows is None:
            continue
        # of the place's own day earlier streams are shown already, later ones not at all
        start = 0 if place < number else LAST if place > number else pk
        asked[place] = rows
        parts.append(stream.places(rows, place, (on, start), size + 1))
    if not parts:
        return Leaf([], None)
    whole = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    found = sorted(whole, key=lambda line: (-line[0].toordinal(), line[1], -line[2]))
    shown = found[:size]
    events: dict[tuple[int, date, int], Event] = {}
    for place in sorted({line[1] for line in shown}):
        keys = [(line[0], line[2]) for line in shown if line[1] == place]
        for key, event in streams[place].events(asked[place], actor, keys).items():
            events[place, *key] = event
    return Leaf(
        [events[line[1], line[0], line[2]] for line in shown if (line[1], line[0], line[2]) in events],
        tuple(shown[-1]) if len(found) > size else None,
    )


def kinds_of(streams: Iterable[Stream]) -> dict[str, str]:
    """The kinds that have a stream, in order, with their words."""
    known = {stream.kind for stream in streams}
    return {key: words for key, words in KINDS.items() if key in known}


def day_after(field: str) -> Func:
    """The day after that of a date field."""
    return Func(F(field), template="(%(expressions)s + 1)", output_field=DateField())
