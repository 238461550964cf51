"""Since when the district has records: what lies before it is not known, which is neither nought nor broken."""

from __future__ import annotations

from datetime import date

from django.db.models import Min
from django.utils import timezone

from inspections.models import Inspection
from portal.models.places import District
from portal.rules.machine import marked
from portal.tenancy import current_scope
from targets.metrics.base import Period
from targets.models.tasks import ProgressReport

#: What stands in the place of a figure.
NONE_YET = marked("这段时间还没有记录")


def month_of(day: date | None) -> date | None:
    return day.replace(day=1) if day else None


def inspected_from() -> date | None:
    """The first day of the month of the first visit that was made; None where there was none. One that was drawn and is
    to be made says nothing yet, so that nobody reads from it whether a list was drawn."""
    return month_of(Inspection.objects.aggregate(day=Min("finished_on"))["day"])


def opened(district: District) -> date | None:
    """Since when a district that was opened in the browser works here; one that ships has no such day."""
    return timezone.localdate(district.opened_at) if district.opened_at else None


def earliest(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)


def begin() -> date | None:
    """The first day of which figures can tell: of an inspection, of what was reported about a task; before any, the day
    on which the district was opened."""
    reported = ProgressReport.objects.aggregate(day=Min("submitted_on"))["day"]
    found = earliest(inspected_from(), reported)
    return found or opened(District.objects.get(pk=current_scope().district_id))


def begins(districts: list[District]) -> dict[int, date | None]:
    """The same for several districts, for the city; two queries."""
    ids = [district.pk for district in districts]
    seen = Inspection.objects.filter(district__in=ids).order_by().values("district_id")
    seen = {row["district_id"]: month_of(row["day"]) for row in seen.annotate(day=Min("finished_on"))}
    told = ProgressReport.objects.filter(district__in=ids).order_by().values("district_id")
    told = {row["district_id"]: row["day"] for row in told.annotate(day=Min("submitted_on"))}
    return {one.pk: earliest(seen.get(one.pk), told.get(one.pk)) or opened(one) for one in districts}


def before(period: Period, since: date | None) -> bool:
    """Whether the period was over before there were records. A district without any begins with what it does now."""
    return since is not None and period.ends_on < since


def none_of(period: Period) -> bool:
    """The same of the open district; what is not over is not asked, for its records are being made."""
    return period.ends_on < timezone.localdate() and before(period, begin())
