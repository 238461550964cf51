"""Pages of a list by key: the place is a row's own values, so the last page costs what the first one does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from portal.errors import Refused


@dataclass(frozen=True)
class Page:
    """What components/pager.html shows: the rows, and the cursors of the pages before and after."""

    rows: list = field(default_factory=list)
    before: str | None = None
    after: str | None = None
    total: int | None = None
    start: int | None = None

    @property
    def shown(self) -> int:
        return len(self.rows)


def read_cursor(text: str) -> tuple[date, int]:
    """`2026-03-12.45` -> (day, id); Refused for anything else."""
    day, dot, pk = text.rpartition(".")
    try:
        if not (dot and pk.isascii() and pk.isdigit()) or len(pk) > 18:
            raise ValueError(text)
        return date.fromisoformat(day), int(pk)
    except ValueError:
        raise Refused(_("翻页的位置看不懂，从第一页看起"), code="cursor") from None


def page_by_day(rows, query, day: str, *, size: int = 50, newest_first: bool = False) -> Page:
    """The page of `rows` that `query` (request.GET) asks for with before= or after=, in order of a day and the id."""

    def beyond(text: str, later: bool) -> Q:
        at, pk = read_cursor(text)
        side = "gt" if later else "lt"
        return Q(**{f"{day}__{side}": at}) | Q(**{day: at, f"pk__{side}": pk})

    before, after = query.get("before", ""), query.get("after", "")
    backwards = bool(before)
    if backwards:
        rows = rows.filter(beyond(before, newest_first))
    elif after:
        rows = rows.filter(beyond(after, not newest_first))
    falling = newest_first != backwards
    found = list(rows.order_by(f"-{day}" if falling else day, "-pk" if falling else "pk")[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page()
    first, last = (f"{getattr(row, day).isoformat()}.{row.pk}" for row in (found[0], found[-1]))
    has_before = more if backwards else bool(after)
    has_after = True if backwards else more
    return Page(found, first if has_before else None, last if has_after else None)
