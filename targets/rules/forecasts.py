"""Where a figure will stand at the end of its time if things go on as they did. Plain values only.

Two methods, said on the page beside the number:
- `rate`: what fills up from nought over its year (visits, hours, services) goes on at the year's mean speed so far.
- `line`: what is a level (a share, a number of sites) goes on along the straight line (least squares) through the ends
  of the months that were computed, three at least. A share stays between 0 and 1, nothing falls below 0.

Neither knows of seasons or of what is planned: a forecast that misses says that something has to change, no more.
"""

from __future__ import annotations

import calendar
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.rules.machine import marked

RATE, LINE = "rate", "line"
LEAST = 3
#: Before this share of the year a mean speed says nothing.
EARLIEST = Decimal("0.08")
METHODS = {
    RATE: marked("照今年以来的平均速度"),
    LINE: marked("照今年 %(n)s 个月末的数连成的直线"),
}


@dataclass(frozen=True)
class Forecast:
    """`value` in the figure's unit on `day`; `points`: how many months the line rests on."""

    value: Decimal
    day: date
    method: str
    points: int = 0


def by_rate(value: Decimal, elapsed: Decimal, year: int, *, share: bool) -> Forecast | None:
    """At the year's end. None in the first month, and where the year is over."""
    if not EARLIEST <= elapsed < 1:
        return None
    reached = value / elapsed
    return Forecast(min(reached, Decimal(1)) if share else reached, date(year, 12, 31), RATE)


def by_line(path: Sequence[Decimal | None], as_of: date, day: date, *, share: bool) -> Forecast | None:
    """`path`: the values at the ends of the months of `as_of`'s year, the running month as it stands on `as_of`."""
    if day <= as_of:
        return None
    points = [
        (_end(as_of, month).toordinal(), float(value))
        for month, value in enumerate(path, 1)
        if value is not None
    ]
    if len(points) < LEAST:
        return None
    fit = statistics.linear_regression(*zip(*points, strict=True))
    reached = max(0.0, fit.slope * day.toordinal() + fit.intercept)
    return Forecast(Decimal(str(round(min(reached, 1.0) if share else reached, 6))), day, LINE, len(points))


def _end(as_of: date, month: int) -> date:
    last = date(as_of.year, month, calendar.monthrange(as_of.year, month)[1])
    return min(last, as_of)
