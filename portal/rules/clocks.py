"""Traffic lights of what ends on a day, and months between days. Plain values only.

The district's parameter `expiry.warn_days` says how many days ahead it warns: 90, 30 and 7 for a start, any number of
them. A light is named by its number; `over` is what has ended, `later` what the furthest warning does not reach.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

OVER, LATER = "over", "later"
#: Where a district has no parameter.
WARN_DAYS = (7, 30, 90)
FURTHEST = 3660


@dataclass(frozen=True)
class Light:
    """Days from `first` to `last`, counted from today, both within; None is open. `state`: one of the five shapes."""

    key: str
    state: str
    first: int | None
    last: int | None

    def days(self, on: date) -> tuple[date | None, date | None]:
        """The days of this light as seen on a day."""
        return (
            None if self.first is None else on + timedelta(self.first),
            None if self.last is None else on + timedelta(self.last),
        )


def warn_days(value) -> tuple[int, ...]:
    """The parameter's list, the nearest first; what is no sensible number of days is left out."""
    found = {int(n) for n in value or () if isinstance(n, (int, float)) and 0 < int(n) <= FURTHEST}
    return tuple(sorted(found)) or WARN_DAYS


def lights(days: Iterable[int]) -> list[Light]:
    """Red for what is over and for the nearest warning, amber for those between, blue for the furthest, green after."""
    days = list(days)
    found = [Light(OVER, "bad", None, -1)]
    first = 0
    for place, number in enumerate(days):
        state = "bad" if place == 0 else "doing" if place == len(days) - 1 else "warn"
        found.append(Light(str(number), state, first, number))
        first = number + 1
    return [*found, Light(LATER, "ok", first, None)]


def light_of(due: date, on: date, found: list[Light]) -> Light:
    left = (due - on).days
    return next(light for light in found if light.last is None or left <= light.last)


def months_after(day: date, months: int) -> date:
    """The same day some months later (or earlier), the last of the month where there is none: as Postgres does it."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year < 1:
        return date.min
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def latest_base(due: date, months: int) -> date:
    """The last day of which `months_after` is not after `due`: what was begun by then is due by `due`."""
    if not months:
        return due
    day = months_after(due, -months) + timedelta(3)
    while months_after(day, months) > due:
        day -= timedelta(1)
    return day
