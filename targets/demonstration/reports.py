"""The report of the last month, drafted by the bureau and issued by the head; the present month's draft. The last
quarter's, issued; the year's self-report as far as the year has come."""

from __future__ import annotations

from datetime import timedelta

from targets.demonstration.calendar import at, months
from targets.demonstration.crew import Crew
from targets.demonstration.stages import Terms
from targets.metrics.base import Period
from targets.rules.tasks import quarter_dates, quarter_of
from targets.services import reports

DUE_DAY = 10


def make(terms: Terms, crew: Crew) -> str:
    _history, last, present = months(terms.today)
    day = min(present.first.replace(day=DUE_DAY), terms.today - timedelta(1))
    drafted, issued = at(day, 9, 30), at(day, 15, 20)
    if day < present.first:  # on the first of a month the last one has been over since midnight
        drafted, issued = at(terms.today, 0, 6), at(terms.today, 0, 8)
    draft = reports.draft_report(last.year, last.number, actor=crew.bureau, now=drafted)
    seen = draft.content["snapshot"]["sha256"]
    report = reports.issue_report(draft, seen=seen, actor=crew.head, now=issued)
    report = reports.print_report(report, actor=crew.system)
    over = quarter_dates(*quarter_of(terms.today))[0] - timedelta(1)
    code = Period.quarter(*quarter_of(over)).code
    quarterly = reports.draft("quarterly", code, actor=crew.bureau, now=drafted)
    reports.issue_report(quarterly, seen=quarterly.content["snapshot"]["sha256"], actor=crew.head, now=issued)
    reports.draft("self", str(present.year), actor=crew.bureau, now=at(terms.today, 0, 10))
    reports.draft_report(present.year, present.number, actor=crew.bureau, now=at(terms.today, 0, 10))
    return f"{report.number}，PDF {report.file.size // 1024} KB"
