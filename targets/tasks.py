"""What beat and the daily 'see that this month is in order' ask of targets: rounds, figures, the report's draft."""

from __future__ import annotations

from datetime import date, timedelta

from celery import shared_task
from django.utils import timezone

from portal.access import Actor
from portal.errors import NotFound
from portal.models.places import District
from portal.tasks import district_task, each_district
from targets.models import ConferenceMinutes, Report, SupervisionReport
from targets.rules.tasks import quarter_of
from targets.services import (  # noqa: F401 - those of the cycle register what takes its letters
    applications_inbox,
    conference_papers,
    first_records,
    naming_inbox,
    naming_letters,
    reports,
    revocations,
    rollup,
    rounds,
    snapshots,
    supervision_report,
)


@district_task("targets.roll_up_month")
def roll_up_month(
    district: District, year: int | None = None, month: int | None = None, *, actor: Actor
) -> str:
    """The month of today (or the one named); on its first days also the month before, until that is closed."""
    today = timezone.localdate()
    if year is None:
        last = date(today.year - (today.month == 1), (today.month - 2) % 12 + 1, 1)
        closing = rollup.period_of(last.year, last.month, on=today)
        kept = snapshots.latest("month", last)
        if kept is None or kept.as_of < closing.ends_on:
            rollup.roll_up(closing, actor=actor)
        year, month = today.year, today.month
    return rollup.roll_up(rollup.period_of(year, month, on=today), actor=actor).sha256


@district_task("targets.see_rounds")
def see_rounds(district: District, *, actor: Actor) -> int:
    """The reporting round of the present quarter, opened on its first day; a day that was missed is made up."""
    return rounds.see_rounds(on=timezone.localdate(), actor=actor).pk


@district_task("targets.roll_up_year")
def roll_up_year(district: District, year: int | None = None, *, actor: Actor) -> str:
    """The year and the quarter of yesterday, so that on the first of January the old ones are closed; what the day alone
    decides is counted once for both."""
    today, known = timezone.localdate(), {}
    if year is None:
        year, quarter = quarter_of(today - timedelta(days=1))
        rollup.roll_up(rollup.period_of(year, quarter=quarter, on=today), actor=actor, known=known)
    return rollup.roll_up(rollup.period_of(year, None, on=today), actor=actor, known=known).sha256


@district_task("targets.draft_report")
def draft_report(
    district: District, year: int | None = None, month: int | None = None, *, actor: Actor
) -> int | None:
    """The draft of the month named, else of the month before today's with those of quarter and year that are due;
    issued ones stay as they are. None where there were no records yet."""
    if year is None:
        today = timezone.localdate()
        for kind, code in reports.due_now(today):
            reports.draft(kind, code, actor=actor)
        last = today.replace(day=1) - timedelta(days=1)
        year, month = last.year, last.month
        if first_records.before(rollup.period_of(year, month, on=today), first_records.begin()):
            return None
    return reports.draft_report(year, month, actor=actor).pk


@district_task("targets.print_report")
def print_report(district: District, report_id: int, *, actor: Actor) -> str | None:
    """Sets the PDF of a report that has none; a message that comes twice prints once."""
    report = Report.objects.filter(pk=report_id).first() if isinstance(report_id, int) else None
    if report is None:
        raise NotFound(f"report {report_id!r}")
    return reports.print_report(report, actor=actor).sha256


@district_task("targets.print_minutes")
def print_minutes(district: District, minutes_id: int, *, actor: Actor) -> str | None:
    """Sets the PDF of an edition of minutes that has none; a message that comes twice prints once."""
    found = isinstance(minutes_id, int) and ConferenceMinutes.objects.filter(pk=minutes_id).first()
    if not found:
        raise NotFound(f"minutes {minutes_id!r}")
    return conference_papers.print_minutes(found, actor=actor).sha256


@district_task("targets.print_supervision")
def print_supervision(district: District, report_id: int, *, actor: Actor) -> str | None:
    """Sets the PDF of a supervision's report that has none; a message that comes twice prints once."""
    found = isinstance(report_id, int) and SupervisionReport.objects.filter(pk=report_id).first()
    if not found:
        raise NotFound(f"supervision report {report_id!r}")
    return supervision_report.print_report(found, actor=actor).sha256


@district_task("targets.take_letters")
def take_letters(district: District, *, actor: Actor) -> int:
    """Puts the letters of the naming cycle that came to the records; a message that comes twice finds none left."""
    return naming_letters.take_letters(actor=actor)


@shared_task(name="targets.every_letter", acks_late=True)
def every_letter() -> None:
    """Queues it for each district and the city: a message that was lost is made up."""
    each_district(take_letters, city=True)


@shared_task(name="targets.every_report", acks_late=True)
def every_report() -> None:
    """Queues the last month's draft for each district."""
    each_district(draft_report)


@shared_task(name="targets.every_round", acks_late=True)
def every_round() -> None:
    """Queues for each district that its reporting round is open."""
    each_district(see_rounds)


@shared_task(name="targets.every_month", acks_late=True)
def every_month() -> None:
    """Queues the month's roll-up for each district."""
    each_district(roll_up_month)


@shared_task(name="targets.every_year", acks_late=True)
def every_year() -> None:
    """Queues the year's roll-up for each district."""
    each_district(roll_up_year)
