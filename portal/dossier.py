"""A facility's dossier (一机构一档案): what all apps know of it, in one order of time, page after page.

Each app registers streams (`REGISTRY.streams`) in `AppConfig.ready`. A stream is a queryset on the records themselves,
never a copy; whatever the length of the whole, a page reads at most so many rows of each stream as it shows.

The order is the day, newest first, then the stream, then the row's id, newest first. A place in it is
(day, number of the stream, id), which stands in the address of the next page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import DateField, F, Func, Q, QuerySet
from django.db.models.functions import TruncDate

from portal.navigation import Event
from portal.rules.machine import marked

#: What events are about, in the order of the filter; an app gives each of its streams one of them.
KINDS = {
    "file": marked("登记事项"),
    "filing": marked("备案"),
    "inspection": marked("检查"),
    "order": marked("整改"),
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

    def newest(self, facility, actor, wanted: Wanted, place: tuple[date, int], limit: int) -> list[Event]:
        """The stream's newest events before a place (day, id), each with its id; at most `limit`."""
        rows = self.rows(facility, actor)
        if rows is None:
            return []
        day = TruncDate(self.day) if self.moment else F(self.day) if isinstance(self.day, str) else self.day
        rows = rows.order_by().annotate(event_day=day)
        on, pk = place
        before = Q(event_day__lt=on)
        if self.daily:
            before |= Q(event_day=on) if pk == LAST else Q(pk__in=[])
        else:
            before |= Q(event_day=on, pk__lt=pk)
        rows = rows.filter(before, event_day__isnull=False)
        if wanted.since:
            rows = rows.filter(event_day__gte=wanted.since)
        if wanted.until:
            rows = rows.filter(event_day__lte=wanted.until)
        rows = rows.order_by("-event_day") if self.daily else rows.order_by("-event_day", "-pk")
        found = []
        for row in rows[:limit]:
            event = self.event(row, actor)
            day, number = (row["event_day"], 0) if self.daily else (row.event_day, row.pk)
            found.append(replace(event, day=day, kind=self.kind, number=number))
        return found


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
    """The events after a place; one query for each stream that is asked for."""
    on, number, pk = after or (date.max, -1, LAST)
    found: list[tuple[date, int, int, Event]] = []
    for place, stream in enumerate(streams):
        if wanted.kinds and stream.kind not in wanted.kinds:
            continue
        # of the place's own day earlier streams are shown already, later ones not at all
        start = 0 if place < number else LAST if place > number else pk
        for event in stream.newest(facility, actor, wanted, (on, start), size + 1):
            found.append((event.day, place, event.number, event))
    found.sort(key=lambda line: (-line[0].toordinal(), line[1], -line[2]))
    shown = found[:size]
    return Leaf(
        [line[3] for line in shown],
        (shown[-1][0], shown[-1][1], shown[-1][2]) if len(found) > size else None,
    )


def kinds_of(streams: Iterable[Stream]) -> dict[str, str]:
    """The kinds that have a stream, in order, with their words."""
    known = {stream.kind for stream in streams}
    return {key: words for key, words in KINDS.items() if key in known}


def day_after(field: str) -> Func:
    """The day after that of a date field."""
    return Func(F(field), template="(%(expressions)s + 1)", output_field=DateField())
