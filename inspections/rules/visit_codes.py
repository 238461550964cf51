"""Rules of a visit's code and of the facility's rating, on plain values."""

from __future__ import annotations

from datetime import date, timedelta

from portal.rules.machine import marked

#: What a facility is asked about a visit; 1 to 5, 5 is best.
QUESTIONS = {
    "basis": marked("讲清了检查什么、依据是什么"),
    "manner": marked("态度和方式得当"),
    "disturbance": marked("没有打扰孩子"),
}
SCORES = (1, 2, 3, 4, 5)
COMMENT = 500


def holds(on: date, today: date) -> bool:
    """A code shows the visit on its own day only: an old one is a picture of a visit that is over."""
    return on == today


def may_rate(visited_on: date | None, today: date, days: int) -> bool:
    """Whether a visit may still be rated, so many calendar days after it."""
    return visited_on is not None and visited_on <= today <= visited_on + timedelta(days=days)
