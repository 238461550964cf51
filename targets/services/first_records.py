"""Since when the district has records: what lies before it is not known, which is neither nought nor broken."""

from __future__ import annotations

from datetime import date

from django.db.models import Min
from django.utils.translation import gettext as _

from inspections.models import Inspection
from portal.errors import Refused
from targets.metrics.base import Period
from targets.models.tasks import ProgressReport
from targets.services import rollup


def inspected_from() -> date | None:
    """The first day of the month of the first inspection; None where there was none."""
    found = Inspection.objects.aggregate(month=Min("month"), finished=Min("finished_on"))
    days = [day for day in found.values() if day is not None]
    return min(days).replace(day=1) if days else None


def begin() -> date | None:
    """The first day of which a report can tell: of an inspection or of what was reported about a task."""
    reported = ProgressReport.objects.aggregate(day=Min("submitted_on"))["day"]
    return min((day for day in (inspected_from(), reported) if day is not None), default=None)


def before(period: Period, since: date | None) -> bool:
    """Whether the period was over before there were records. A district without any begins with what it does now."""
    return since is not None and period.ends_on < since


def demand(period: Period) -> None:
    """Refused for a period that was over before there were records."""
    since = begin()
    if before(period, since):
        words = _("时间：检查和任务进展从%(since)s起才有记录，%(period)s没有，写不成报告。选以后的时间")
        raise Refused(
            words
            % {
                "since": rollup.period_name(since.year, since.month),
                "period": rollup.name_of(period),
            },
            field="period",
            code="no_records",
        )
