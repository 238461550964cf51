"""What anybody may read of inspections without sign-in, in public_scope: results that are public, and what was withdrawn.
Nothing that a person wrote in words stands here."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from facilities.models.credit import listing
from facilities.paging import paged
from inspections.models import Finding, Inspection, PublicationEvent
from inspections.views.public import _district as district_of

OF_A_FACILITY = ("facility__name", "facility__address", "facility__code", "facility__district")
WITHDRAWN_SHOWN = 30


def public_rows(place):
    rows = Inspection.objects.filter(district=place, state="published", published_at__isnull=False)
    return (
        rows.select_related("facility")
        .only(*Inspection.public_columns, *OF_A_FACILITY)
        .annotate(listing=listing("facility"))
    )


def with_findings(rows: list[Inspection]) -> None:
    """The findings that are public, for the rows of a page: one query for all."""
    found: dict[int, list[Finding]] = {}
    findings = Finding.objects.filter(inspection__in=[row.pk for row in rows], published=True)
    for one in (
        findings.select_related("item")
        .only(*Finding.public_columns, "item__number", "item__text", "item__weight", "item__district")
        .order_by("pk")
    ):
        found.setdefault(one.inspection_id, []).append(one)
    for row in rows:
        row.found = found.get(row.pk, [])
        row.left = sum(one.state in ("open", "answered") for one in row.found)
        row.shape = "bad" if row.left else "ok"


@require_GET
def results(request, district):
    """The results that are public today, latest first, and what was withdrawn or corrected."""
    place = district_of(district)
    rows = public_rows(place)
    code = request.GET.get("facility", "").strip()[:12]
    if code:
        rows = rows.filter(facility__code=code)
    page = paged(rows, {"day": (("published_at", datetime), ("pk", int))}, request.GET, default="-day")
    with_findings(page.rows)
    events = PublicationEvent.objects.filter(district=place).select_related("facility")
    events = events.only(*PublicationEvent.public_columns, *OF_A_FACILITY).order_by("-at", "-pk")
    events = events.annotate(listing=listing("facility"))
    context = {
        "public_district": place,
        "page": page,
        "code": code,
        "events": list(events[:WITHDRAWN_SHOWN]) if not code else [],
    }
    return render(request, "public/results.html", context)


@require_GET
def result(request, district, number):
    """One result: what was not in order and whether it is mended. Withdrawn or ended, there is none."""
    place = district_of(district)
    row = get_object_or_404(public_rows(place), number=number[:20])
    if row.publish_until and row.publish_until < timezone.localdate():
        raise Http404
    with_findings([row])
    corrected = PublicationEvent.objects.filter(district=place, number=row.number, kind="corrected")
    context = {
        "public_district": place,
        "row": row,
        "corrected_at": corrected.order_by("-at").values_list("at", flat=True).first(),
    }
    return render(request, "public/result.html", context)
