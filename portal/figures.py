"""The geometry of the small figures, as plain numbers: no Django, no colour, no words.

Everything is in the pixels of the drawing's own viewBox, or in per cent where CSS places it.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date
from itertools import pairwise


def share(value, total) -> float:
    """value ÷ total in per cent, 0 where there is nothing to divide by."""
    return 100 * float(value) / float(total) if total else 0.0


def clamp(number: float, low: float = 0.0, high: float = 100.0) -> float:
    return float(max(low, min(high, number)))


def points(values: Sequence, slots: int) -> list[tuple[float, float]]:
    """Numbers, one per slot from the left, as (0..1, value); pairs pass through; None is left out."""
    found = []
    for place, value in enumerate(values):
        if value is None:
            continue
        if isinstance(value, (tuple, list)):
            found.append((float(value[0]), float(value[1])))
        else:
            found.append((place / max(1, slots - 1), float(value)))
    return found


def sparkline(
    values: Sequence,
    *,
    limit: float | None = None,
    expected: Sequence = (),
    slots: int = 12,
    width: int = 124,
    height: int = 30,
    low: float = 0.0,
    high: float | None = None,
) -> dict:
    """A line of values, the limit and the path on which they should walk.

    values: one number per slot (month) so far, or pairs (0..1, value); expected: two or more numbers spread over the
    whole width. Returns `line` (points), `end` (x, y) or None, `limit` (y) or None, `expected` (points).
    """
    walked, should = points(values, slots), points(expected, len(expected))
    top = max([v for _x, v in walked + should] + ([limit] if limit is not None else []) + [low + 1e-9])
    top = high if high is not None else top + (top - low) * 0.08

    def place(x: float, value: float) -> tuple[float, float]:
        return round(2 + x * (width - 4), 1), round(
            height - 3 - clamp((value - low) / (top - low), 0, 1) * (height - 6), 1
        )

    line = [place(x, v) for x, v in walked]
    return {
        "width": width,
        "height": height,
        "right": width - 2,
        "line": " ".join(f"{x},{y}" for x, y in line),
        "end": line[-1] if line else None,
        "limit": place(0, limit)[1] if limit is not None else None,
        "expected": " ".join(f"{x},{y}" for x, y in (place(x, v) for x, v in should)),
    }


def columns(values: Sequence, *, limit: float | None = None, width: int = 150, height: int = 30) -> dict:
    """A bar per street. values: numbers or None (not known). Returns `bars` (x, y, width, height, index) and `limit` y.

    An empty bar keeps a foot of 2 px, so that a zero is seen as a bar.
    """
    known = [float(v) for v in values if v is not None]
    top = max(known + ([limit] if limit else []) + [1e-9]) * 1.04
    step = (width - 2) / max(1, len(values))
    bars = []
    for index, value in enumerate(values):
        if value is None:
            continue
        tall = max(2.0, clamp(float(value) / top, 0, 1) * (height - 2))
        bars.append(
            (
                round(1 + index * step, 1),
                round(height - 1 - tall, 1),
                round(step * 0.77, 1),
                round(tall, 1),
                index,
            )
        )
    y = round(height - 1 - clamp(limit / top, 0, 1) * (height - 2), 1) if limit is not None else None
    return {"width": width, "height": height, "bars": bars, "limit": y}


def shade(part: float | None, steps: int = 5) -> int:
    """How dark a tile or cell is, 0 (nothing yet) to `steps` - 1 (whole), from a share of 0 to 1; halves and quarters."""
    if not part or part <= 0:
        return 0
    if part >= 1:
        return steps - 1
    return 1 if part < 0.5 else 2 if part < 0.75 else 3


def heat(percent: float | None) -> int:
    """The matrix's six steps, 0 to 5, from 0 to 100 per cent."""
    if not percent or percent <= 0:
        return 0
    return 5 if percent >= 100 else 1 if percent < 30 else 2 if percent < 50 else 3 if percent < 75 else 4


def river(path: Sequence[tuple[float, float]]) -> str:
    """A smooth line through points given in tiles (1.0 is a tile wide, resp. high), in hundredths of a tile."""
    if len(path) < 2:
        return ""
    xs = [(x * 100, y * 100) for x, y in path]
    parts = [f"M{xs[0][0]:g} {xs[0][1]:g}"]
    for (x1, y1), (x2, y2) in pairwise(xs):
        middle = (y1 + y2) / 2
        parts.append(f"C{x1:g} {middle:g} {x2:g} {middle:g} {x2:g} {y2:g}")
    return "".join(parts)


def month_ruler(month: date, workdays: set[date] | None, today: date | None) -> list[dict]:
    """The days of a month: number, left and width in per cent, whether one works, whether it is today.

    workdays: the working days of the state calendar; None takes Monday to Friday.
    """
    count = calendar.monthrange(month.year, month.month)[1]
    days = []
    for number in range(1, count + 1):
        day = month.replace(day=number)
        works = day in workdays if workdays is not None else day.weekday() < 5
        left = 100 * (number - 1) / count
        key = number == 1 or number % 5 == 0 or day == today
        if today and key and day != today and abs(number - today.day) < 2 and today.month == month.month:
            key = False
        days.append(
            {
                "day": day,
                "number": number,
                "left": round(left, 3),
                "width": round(100 / count, 3),
                "works": works,
                "now": day == today,
                "key": key,
            }
        )
    return days


def month_span(month: date, start: date, end: date) -> tuple[float, float]:
    """Left and width in per cent of the days start to end, both inside, cut to the month."""
    count = calendar.monthrange(month.year, month.month)[1]
    first, last = month.replace(day=1), month.replace(day=count)
    start, end = max(start, first), min(end, last)
    if end < start:
        return (0.0, 0.0) if end < first else (100.0, 0.0)
    return round(100 * (start.day - 1) / count, 3), round(100 * (end.day - start.day + 1) / count, 3)


#: Which of the nine places of a die's face carry a dot.
PIPS = {
    1: (4,),
    2: (0, 8),
    3: (0, 4, 8),
    4: (0, 2, 6, 8),
    5: (0, 2, 4, 6, 8),
    6: (0, 2, 3, 5, 6, 8),
}


def face(number: int) -> list[tuple[int, int]]:
    """The dots of a die's face as (x, y) in a drawing of 40 by 40."""
    return [(10 + 10 * (place % 3), 10 + 10 * (place // 3)) for place in PIPS[number]]
