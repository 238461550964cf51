"""The children of a facility that closes or pauses, and where they could go."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from facilities import filing_closing
from facilities.models import Facility
from facilities.models.enrolments import Mode
from facilities.paging import paged
from facilities.views.filings import fetched


@require_GET
def filing_children(request, district, pk):
    """Codes and masked names for those who look after the children; for other readers of the filing numbers only."""
    filing = fetched(request, pk)
    facility = filing.facility
    if facility is None or filing.kind not in filing_closing.KINDS:
        raise Http404
    on = timezone.localdate()
    enrolled, left = filing_closing.counts(filing)
    sees = Facility.objects.allowed(request.actor, "child.view").filter(pk=facility.pk).exists()
    page = None
    if sees:
        page = paged(
            filing_closing.children(filing),
            {"code": (("child__code", str), ("pk", int))},
            request.GET,
            default="code",
            total=enrolled,
        )
    by_hour = facility.kind == "baby_house"
    classes = filing_closing.classes(facility)
    modes = dict(Mode.choices)
    return render(
        request,
        "facilities/filing_children.html",
        {
            "filing": filing,
            "classes": classes,
            "registered": sum(c.children for c in classes) if classes else facility.enrolled,
            "enrolled": enrolled,
            "left": left,
            "sees": sees,
            "page": page,
            "rows": [(filing_closing.row(one, on), modes.get(one.mode, "")) for one in page.rows]
            if page
            else [],
            "by_hour": by_hour,
            "sessions": filing_closing.free_sessions(facility, on) if by_hour else [],
            "free": filing_closing.free_places(facility),
        },
    )
