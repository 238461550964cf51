"""Figures of residents: which there are, and what cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from portal.rules.machine import marked

#: Kind -> words. 1-3 (宝宝屋's quota) and under 3 (most else) are two populations; moves are of those under three.
KINDS: dict[str, str] = {
    "total": marked("常住人口"),
    "under_three": marked("3 岁以下"),
    "one_to_three": marked("1—3 岁"),
    "births": marked("出生"),
    "moved_in": marked("3 岁以下迁入"),
    "moved_out": marked("3 岁以下迁出"),
}
MOST = 5_000_000
FIRST_YEAR = 2000

PROBLEMS = {
    "count": marked("填 0 到 5000000 之间的整数"),
    "year": marked("填 %(first)d 到 %(last)d 之间的年份"),
    "counted_on": marked("统计时点要在 %(year)d 年内"),
    "future": marked("统计时点还没到"),
    "source": marked("写来源，2 到 200 个字，比如“区统计局 2025 年年报”"),
    "nothing": marked("至少填一个数"),
    "young": marked("1—3 岁 %(small)d 人，比 3 岁以下 %(large)d 人还多。核对两个数，两种口径不能混"),
    "total": marked("3 岁以下 %(small)d 人，比常住人口 %(large)d 人还多。核对两个数"),
    "births": marked("出生 %(small)d 人，比常住人口 %(large)d 人还多。核对两个数"),
    "note": marked("改了已有的数，写明为什么改"),
}
#: (a figure, the one that it is a part of, key of PROBLEMS)
PARTS = (
    ("one_to_three", "under_three", "young"),
    ("under_three", "total", "total"),
    ("births", "total", "births"),
)


def problems(counts: Mapping[str, int | None], year: int) -> list[tuple[str, str, dict]]:
    """What does not make sense in the figures of a street's year: (kind, key of PROBLEMS, facts for its words).

    counts: kind -> persons, None or missing where nothing is known.
    """
    found: list[tuple[str, str, dict]] = []
    for kind, count in counts.items():
        if count is not None and not (isinstance(count, int) and 0 <= count <= MOST):
            found.append((kind, "count", {}))
    if found:
        return found
    for small, large, key in PARTS:
        few, many = counts.get(small), counts.get(large)
        if few is not None and many is not None and few > many:
            found.append((small, key, {"small": few, "large": many, "year": year}))
    return found


def frame_problems(
    year: int, counted_on: date | None, source: str, today: date
) -> list[tuple[str, str, dict]]:
    """What is wrong with year, day and source of a set of figures."""
    found: list[tuple[str, str, dict]] = []
    if not FIRST_YEAR <= year <= today.year:
        found.append(("year", "year", {"first": FIRST_YEAR, "last": today.year}))
    elif counted_on is None or counted_on.year != year:
        found.append(("counted_on", "counted_on", {"year": year}))
    elif counted_on > today:
        found.append(("counted_on", "future", {}))
    if not 2 <= len(source.strip()) <= 200:
        found.append(("source", "source", {}))
    return found


def whole_year(year: int, counted_on: date) -> bool:
    """Whether figures speak of the year as a whole: counted at its end. Others are shown and not extrapolated."""
    return counted_on >= date(year, 12, 31)
