"""The yearly self-report for everybody, in public_scope: what was issued, as it was issued."""

from __future__ import annotations

from datetime import date

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from portal.models.places import District
from portal.models.records import StoredFile
from portal.services.files import place_of
from portal.views.files import file_response
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


def issued_of(place: District, year: int) -> Report:
    row = issued(place).filter(starts_on=date(year, 1, 1)).first() if 1 <= year <= 9999 else None
    if row is None:
        raise Http404
    return row


@require_GET
def self_report(request, district, year):
    """One year's, with number, day, the PDF and its fingerprint."""
    place = district_of(district)
    row = issued_of(place, year)
    context = {"public_district": place, "row": row, "c": row.content, "plans": row.content["plans"]}
    return render(request, "public/self_report.html", context)


@require_GET
def self_report_pdf(request, district, year):
    """The PDF as it was issued. Its row among the files is nobody's here: the public fingerprint says where it lies."""
    place = district_of(district)
    row = issued_of(place, year)
    if not row.sha256:  # issued a moment ago, still being set
        raise Http404
    path = place_of(place.pk, row.sha256, ".pdf")
    return file_response(
        StoredFile(path=path, name=f"{row.content['title']}.pdf", content_type="application/pdf")
    )
