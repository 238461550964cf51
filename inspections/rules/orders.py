"""Rules of a rectification order on plain values: in time or not, which group of the list, a new deadline."""

from __future__ import annotations

from datetime import date, timedelta

from portal.rules.queue import group_of

#: A deadline set anew after a failed re-inspection lies within so many days.
LONGEST_EXTENSION_DAYS = 90
FILES_PER_ANSWER = 8
TEXT_LENGTH = 2000


def mended_on(answered_on: date | None, closed_on: date) -> date:
    """The day that counts: when the facility gave the answer that passed, not when somebody came to see it."""
    return min(answered_on, closed_on) if answered_on else closed_on


def in_time(first_due_on: date, answered_on: date | None, closed_on: date | None) -> bool | None:
    """Whether an order was carried out in time, by its first deadline; None while it is open.

    A deadline moved after a failed re-inspection does not make a late order one in time.
    """
    if closed_on is None:
        return None
    return mended_on(answered_on, closed_on) <= first_due_on


def group(state: str, due_on: date, on: date) -> str:
    """Where an order stands in the list: 'recheck', 'overdue', 'today', 'week', 'later' or 'closed'."""
    if state in ("closed", "withdrawn"):
        return "closed"
    if state in ("answered", "rechecked"):
        return "recheck"
    return group_of(due_on, on)


def new_deadline_fits(new_due_on: date, on: date) -> bool:
    return on < new_due_on <= on + timedelta(days=LONGEST_EXTENSION_DAYS)
