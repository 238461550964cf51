"""Puts this app's sources and tests on the shelf; AppConfig.ready calls it once."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from facilities.rulebook import credit, emergency, papers, register, sources, staff
from facilities.rulebook.base import BOOK
from facilities.rules.rulebook import finished_year, monday


def fill() -> None:
    if BOOK.tests:
        return
    BOOK.add(
        sources=(*sources.SOURCES, emergency.SOURCE),
        tests=(*register.TESTS, *papers.TESTS, *staff.TESTS, *emergency.TESTS, *credit.TESTS),
        days={
            "as_of": lambda on: on,
            "day_end": lambda on: timezone.make_aware(datetime.combine(on + timedelta(1), time.min)),
            "monday": monday,
            "year_start": lambda on: date(finished_year(on), 1, 1),
            "year_end": lambda on: date(finished_year(on), 12, 31),
        },
        parameters=sources.PARAMETERS | emergency.PARAMETERS,
        of_year=("skills_hours", "ethics_hours"),
    )
