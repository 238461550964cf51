"""The yearly self-report for everybody, in public_scope: what was issued, as it was issued."""

from __future__ import annotations

from datetime import date

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from portal.models.places import District
from targets.models.reports import Report, ReportSetting


def district_of(slug: str) -> District:
    return get_object_or_404(District, slug=slug, level=District.Level.DISTRICT)


def issued(place: District):
    rows = Report.objects.filter(district=place, kind=ReportSetting.Kind.SELF, state="issued")
    return rows.only("district_id", *Report.public_columns)


@require_GET
def self_reports(request, district):
    """The district's self-reports, the newest first."""
    place = district_of(district)
    rows = issued(place).defer("content").order_by("-starts_on")
    return render(request, "public/self_reports.html", {"public_district": place, "rows": list(rows)})


@require_GET
def self_report(request, district, year):
    """One year's, with number, day and the fingerprint of its PDF."""
    place = district_of(district)
    row = issued(place).filter(starts_on=date(year, 1, 1)).first() if 1 <= year <= 9999 else None
    if row is None:
        raise Http404
    context = {"public_district": place, "row": row, "c": row.content, "plans": row.content["plans"]}
    return render(request, "public/self_report.html", context)
