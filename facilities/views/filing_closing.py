"""The children of a facility that closes or pauses, and where they could go."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_GET

from facilities import filing_closing
from facilities.views.filings import fetched


@require_GET
def filing_children(request, district, pk):
    filing = fetched(request, pk)
    if filing.facility is None:
        raise Http404
    classes = filing_closing.classes(filing.facility)
    return render(
        request,
        "facilities/filing_children.html",
        {
            "filing": filing,
            "classes": classes,
            "children": sum(c.children for c in classes) if classes else filing.facility.enrolled,
            "free": filing_closing.free_places(filing.facility),
        },
    )
