"""What the rows of a list have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.urls import reverse

#: Stands for a row's id while the address is found, and in no address of the product.
PLACE = 987654321012345678


def row_address(name: str, district: str, *args) -> Callable[[int], str]:
    """The address of each row's page, whose id comes last: Django looks the name up once, not once per row."""
    before, found, after = reverse(name, args=[district, *args, PLACE]).partition(str(PLACE))
    if not found:
        raise ValueError(name)
    return lambda pk: f"{before}{pk}{after}"


@dataclass(frozen=True)
class Slice:
    """One page by its number, for the tag `pager`: of lists whose length is known and short."""

    rows: Sequence
    shown: int
    total: int
    start: int | None
    before: str | None
    after: str | None


def page_number(query) -> int:
    """The pager's `before` or `after` holds the number of the page; 1 for anything else."""
    text = query.get("after") or query.get("before") or "1"
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def sliced(rows: Sequence, query, *, size: int, total: int | None = None) -> Slice:
    """The page of `rows` that the address asks for; with `total` the rows are that page already."""
    number = page_number(query)
    offset = (number - 1) * size
    whole = len(rows) if total is None else total
    here = rows[offset : offset + size] if total is None else rows
    return Slice(
        rows=here,
        shown=len(here),
        total=whole,
        start=offset + 1 if here else None,
        before=str(number - 1) if number > 1 else None,
        after=str(number + 1) if offset + size < whole else None,
    )
