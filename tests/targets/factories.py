"""Rounds and reports for tests."""

from __future__ import annotations

from datetime import date

from targets.models import ProgressReport, ReportingRound, Task

#: a quarter that is over, and a day within its time of reporting
QUARTER = (date(2026, 7, 1), date(2026, 9, 30), date(2026, 10, 22))


def reporting_round(starts_on=QUARTER[0], ends_on=QUARTER[1], due_on=QUARTER[2], name="2026 年三季度"):
    return ReportingRound.objects.create(starts_on=starts_on, ends_on=ends_on, due_on=due_on, name=name)


def report(of_round, number: int, unit, percent=50, state="submitted", **values) -> ProgressReport:
    return ProgressReport.objects.create(
        round=of_round,
        task=Task.objects.get(number=number),
        unit=unit,
        percent=percent,
        state=state,
        **{"text": "已完成一半", "submitted_on": date(2026, 10, 12), **values},
    )
