"""How 'what waits for me' is grouped: by clock, the most urgent first."""

from __future__ import annotations

from datetime import date, timedelta

OVERDUE, TODAY, WEEK, LATER = "overdue", "today", "week", "later"


def group_of(due: date | None, on: date) -> str:
    """Overdue, today, this week (up to Sunday), or later; what has no day comes last."""
    if due is None:
        return LATER
    if due < on:
        return OVERDUE
    if due == on:
        return TODAY
    return WEEK if due <= on + timedelta(days=6 - on.weekday()) else LATER


def grouped(items, on: date) -> list[tuple[str, list]]:
    """[(group, items)] in order, without empty groups; `items` have `due`."""
    groups: dict[str, list] = {OVERDUE: [], TODAY: [], WEEK: [], LATER: []}
    for item in items:
        groups[group_of(item.due, on)].append(item)
    return [(name, found) for name, found in groups.items() if found]
