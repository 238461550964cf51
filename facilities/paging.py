"""Pages by key: the next page begins after the last row's values, so the last page costs what the first does.

Counts stop at CAP: a list of 100,000 says `1,000+`, and nobody waits for the rest.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from portal.errors import Refused

CAP = 1000
SIZE = 50


class AtLeast(int):
    """A count that stopped: `1,000+`, in a sentence with its unit `超过 1,000 台`."""

    stopped = True

    def __format__(self, spec: str) -> str:
        return f"{format(int(self), spec)}+"

    def __str__(self) -> str:
        return f"{int(self)}+"


@dataclass(frozen=True)
class Page:
    """Rows of one page for the tag `pager`; before, after: cursors, or None at the ends."""

    rows: list
    before: str | None
    after: str | None
    start: int | None
    total: int | None = None

    @property
    def shown(self) -> int:
        return len(self.rows)


def encode(values: list) -> str:
    """A row's place as a word for an address."""
    text = json.dumps(
        [v.isoformat() if isinstance(v, (date, datetime)) else v for v in values],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _value(value, kind: type):
    """One value of a cursor as its kind; TypeError or ValueError for anything else."""
    if kind is date and type(value) is str:
        return date.fromisoformat(value)
    if kind is datetime and type(value) is str:
        found = datetime.fromisoformat(value)
        if found.tzinfo is None:
            raise ValueError(value)
        return found
    if (
        type(value) is not kind
        or (kind is int and not 0 <= value < 2**63)
        or (kind is str and "\x00" in value)
    ):
        raise ValueError(value)
    return value


def decode(cursor: str, kinds: tuple[type, ...]) -> list:
    """The values in a cursor, one per kind (str, int, date or datetime); Refused when it is none of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        values = None
    if not isinstance(values, list) or len(values) != len(kinds):
        values = None
    try:
        values = [_value(v, kind) for v, kind in zip(values, kinds, strict=True)]
    except (TypeError, ValueError):
        raise Refused(
            _("翻页的位置看不懂。回到第一页再往后翻"),
            field="cursor",
            code="cursor",
            errors={"cursor": cursor},
        ) from None
    return values


def beyond(columns: tuple[str, ...], values: list, sign: str) -> Q:
    """Rows after (sign 'gt') or before ('lt') a place: (a, b) > (x, y), written so that an index on a, b begins there."""
    alternatives = []
    for n, (column, value) in enumerate(zip(columns, values, strict=True)):
        same = dict(zip(columns[:n], values[:n], strict=True))
        alternatives.append(Q(**same, **{f"{column}__{sign}": value}))
    start = Q(**{f"{columns[0]}__{sign}e": values[0]})
    return start & reduce(Q.__or__, alternatives)


def read(row, path: str):
    for name in path.split("__"):
        row = getattr(row, name)
    return row


def paged(
    queryset: QuerySet,
    sorts: dict[str, tuple[tuple[str, type], ...]],
    query,
    *,
    default: str,
    size: int = SIZE,
    total: int | None = None,
) -> Page:
    """One page of a queryset as the address asks: `sort` (a key of `sorts`, with - the other way), `after`, `before`.

    sorts: key -> ((column, kind of its values), …), together unique. An unknown sort is the default one.
    """
    sort = query.get("sort") or default
    down = sort.startswith("-")
    if sort.removeprefix("-") not in sorts:
        sort, down = default, default.startswith("-")
    fields = sorts[sort.removeprefix("-")]
    columns, kinds = tuple(c for c, _k in fields), tuple(k for _c, k in fields)
    after, before = query.get("after"), query.get("before")
    backwards = bool(before) and not after
    place = after or before
    if place:
        sign = "lt" if down != backwards else "gt"
        queryset = queryset.filter(beyond(columns, decode(place, kinds), sign))
    minus = "-" if down != backwards else ""
    rows = list(queryset.order_by(*(f"{minus}{column}" for column in columns))[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    first = last = None
    if rows:
        first = encode([read(rows[0], c) for c in columns])
        last = encode([read(rows[-1], c) for c in columns])
    return Page(
        rows=rows,
        before=first if (more if backwards else bool(place)) else None,
        after=last if (True if backwards else more) else None,
        start=1 if rows and not (more if backwards else place) else None,
        total=total,
    )


def counts(querysets: list[QuerySet], cap: int = CAP) -> list[int]:
    """How many rows each has, AtLeast(cap) where there are more; one query for all."""
    parts, params, places = [], [], []
    for n, queryset in enumerate(querysets):
        try:
            sql, values = queryset.order_by().values("pk")[: cap + 1].query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(f"(SELECT count(*) FROM ({sql}) c{n})")
        params += values
        places.append(n)
    found = [0] * len(querysets)
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(parts)}", params)
            for n, count in zip(places, cursor.fetchone(), strict=True):
                found[n] = AtLeast(cap) if count > cap else count
    return found
