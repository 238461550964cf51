"""The state's working days with holidays and make-up days, from the kept library `chinesecalendar`.

A year that the library does not know yet counts Monday to Friday without the holidays that the law fixes by the sun
(全国年节及纪念日放假办法, 2024: 1 January, 1 and 2 May, 1 to 3 October); such days are provisional, computed again when
the year is known, and a provisional count never shortens a deadline.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar
from django.utils.translation import gettext as _

#: (month, day) of the holidays that need no yearly notice.
FIXED = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})


@lru_cache(maxsize=1)
def known_years() -> tuple[int, int]:
    """First and last year of the state's calendar that the library has."""
    years = {day.year for day in chinese_calendar.constants.holidays}
    return min(years), max(years)


def is_known(year: int) -> bool:
    first, last = known_years()
    return first <= year <= last


@lru_cache(maxsize=8192)
def is_working_day(day: date) -> bool:
    if is_known(day.year):
        return chinese_calendar.is_workday(day)
    return day.weekday() < 5 and (day.month, day.day) not in FIXED


def is_public_holiday(day: date) -> bool:
    """A day of a public holiday as the state published it; in a year that is not known yet only those that the law fixes."""
    if not is_known(day.year):
        return (day.month, day.day) in FIXED
    rests, name = chinese_calendar.get_holiday_detail(day)
    return bool(rests and name)


def add_working_days(start: date, days: int) -> date:
    """The day that is `days` working days after `start`, which is not counted; `days` below 0 counts back."""
    step = timedelta(days=1 if days >= 0 else -1)
    day, left = start, abs(days)
    while left:
        day += step
        left -= is_working_day(day)
    return day


def working_days_between(start: date, end: date) -> int:
    """Working days after `start` up to and with `end`; negative when `end` is earlier."""
    if end < start:
        return -working_days_between(end, start)
    return sum(is_working_day(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


def working_days(start: date, end: date) -> list[date]:
    """The working days from `start` to `end`, both included."""
    days = (start + timedelta(days=n) for n in range((end - start).days + 1))
    return [day for day in days if is_working_day(day)]


def provisional_note(*days: date) -> str:
    """A sentence when one of the days lies in a year whose calendar is not known yet, else ''."""
    unknown = sorted({day.year for day in days if not is_known(day.year)})
    if not unknown:
        return ""
    return _(
        "%(year)s 年的节假日安排还没有公布，元旦、五一、国庆以外先按周一到周五算，公布后重算，只会延长不会缩短"
    ) % {"year": "、".join(map(str, unknown))}
