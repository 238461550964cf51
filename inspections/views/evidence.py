"""The evidence of a result for whoever may answer or judge it: a photograph's copy, the record that was signed."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from inspections.models import ResultReview
from inspections.services import evidence

SHAPES = {"ok": "ok", "bad": "bad"}


def shown(request, pk: int) -> ResultReview:
    rows = ResultReview.objects.allowed(request.actor, "evidence.view")
    return get_object_or_404(rows.select_related("inspection__facility__street"), pk=pk)


@require_GET
def result_photo(request, district, pk, photo):
    """A failed item's photograph, as a copy without its metadata."""
    found = evidence.photo_of(shown(request, pk), photo)
    response = HttpResponse(evidence.copy_of(found.file), content_type="image/jpeg")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=86400, immutable"
    response["X-Kept-SHA256"] = found.file.sha256
    return response


@require_GET
def result_record(request, district, pk):
    """What both sides signed, to be read; with ?file its very bytes, of which the hash is."""
    row = shown(request, pk)
    signed = evidence.signed_of(row)
    if signed is None:
        raise Http404
    if "file" in request.GET:
        response = HttpResponse(bytes(signed.row.content), content_type="application/json; charset=utf-8")
        name = f"{row.inspection.number}-record-{signed.row.number}.json"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["X-Content-SHA256"] = signed.row.sha256
        return response
    context = {
        "result": row,
        "inspection": row.inspection,
        "signed": signed,
        "signatures": signed.row.signatures.all(),
        "lines": [(line, SHAPES.get(line.value, "none")) for line in signed.lines],
    }
    return render(request, "inspections/result_record.html", context)
