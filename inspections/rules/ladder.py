"""The ladder of an overdue order, and extensions of its deadline, on plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from portal.rules.machine import marked

#: Rungs from the lowest up: key -> (parameter with the working days after the deadline, whom it reaches).
RUNGS = {
    "street": ("order.escalate_street", marked("街镇")),
    "district": ("order.escalate_district", marked("区教育局")),
    "leaders": ("order.escalate_leaders", marked("单位负责人")),
}
MOST = "order.extensions_most"
LONGEST = "order.extension_days"
REASON = (10, 500)


def days(due_on: date, after: Mapping[str, int], add: Callable[[date, int], date]) -> dict[str, date]:
    """The day on which each rung is reached when nothing happens. `after`: working days after the deadline by rung."""
    return {key: add(due_on, after[key]) for key in RUNGS if key in after}


def reached(due_on: date, on: date, after: Mapping[str, int], add: Callable[[date, int], date]) -> list[str]:
    """The rungs that stand on the day; none before the deadline is over."""
    if on <= due_on:
        return []
    return [key for key, day in days(due_on, after, add).items() if day <= on]


def extension_fits(due_on: date, wanted: date, longest: int, add: Callable[[date, int], date]) -> bool:
    """Whether the wanted deadline lies after the present one, by so many working days at most."""
    return due_on < wanted <= add(due_on, longest)
