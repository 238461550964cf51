"""What anybody may read without sign-in, in public_scope: the log of the draws and its files."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from inspections.models import PublicRecord
from inspections.services import draw_entropy, public_log
from portal.models.places import District


def _district(slug: str) -> District:
    return get_object_or_404(District, slug=slug, level=District.Level.DISTRICT)


@require_GET
def front(request):
    """The districts whose draws can be looked at."""
    districts = District.objects.filter(level=District.Level.DISTRICT)
    return render(request, "public/front.html", {"districts": districts})


@require_GET
def draw_log(request, district):
    """Anchors, fingerprints and files of a district's draws, latest first."""
    place = _district(district)
    return render(request, "public/draws.html", {"public_district": place, "years": public_log.years(place)})


@require_GET
def draw_page(request, district, scheme, year, month):
    """A month: where it stands, its fingerprints, its files, how to check them."""
    place = _district(district)
    found = public_log.month_log(place, scheme, year, month)
    if found is None:
        raise Http404
    evidence = found.last.evidence
    context = {
        "public_district": place,
        "month": found,
        "anchor": public_log.anchor(place, scheme, year),
        "last": found.last,
        "evidence": evidence,
        "size": len(bytes(found.last.published.body)) if evidence else 0,
        "persons": sum(len(result["inspectors"]) for result in evidence["results"]) if evidence else 0,
        "dice": evidence["entropy"]["value"]
        if evidence and draw_entropy.is_dice(evidence["entropy"]["value"])
        else "",
        "chained": bool(evidence) and evidence["entropy"]["source"] == "chained",
    }
    return render(request, "public/draw.html", context)


@require_GET
def record_file(request, district, pk):
    """The bytes of an evidence file or an addendum exactly as they were hashed."""
    record = get_object_or_404(PublicRecord, pk=pk, district=_district(district), body__isnull=False)
    response = HttpResponse(bytes(record.body), content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{record.file_name}"'
    response["X-Content-SHA256"] = record.sha256
    return response
