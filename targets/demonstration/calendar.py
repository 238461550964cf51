"""The months and moments of the story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from django.utils import timezone

from inspections.services.pools import month_days
from portal.calendar import add_working_days, working_days

FEWEST_MONTHS = 5


@dataclass(frozen=True, order=True)
class Month:
    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.year, day.month)

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        return month_days(self.year, self.number)[1]

    def moved(self, months: int) -> Month:
        year, month = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, month + 1)

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02d}"


def months(today: date) -> tuple[list[Month], Month, Month]:
    """The months before the last one (from January, five at least), the last one, the present one."""
    present = Month.of(today)
    last = present.moved(-1)
    first = min(Month(last.year, 1), last.moved(-FEWEST_MONTHS))
    history = []
    month = first
    while month < last:
        history.append(month)
        month = month.moved(1)
    return history, last, present


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, hour, minute))


def drawn_on(month: Month, today: date) -> date:
    """The first working day of the month; early in the present month the day before today."""
    day = add_working_days(month.first - timedelta(1), 1)
    return min(day, today - timedelta(1))


def visiting_days(month: Month, after: date) -> list[date]:
    """The working days on which the month's visits are made."""
    return working_days(after + timedelta(1), month.last) or [month.last]


def start_of(day: date, random: Random) -> datetime:
    hour, minute = random.choice(((9, 5), (9, 20), (9, 40), (10, 10), (13, 30), (13, 50), (14, 15)))
    return at(day, hour, minute)
