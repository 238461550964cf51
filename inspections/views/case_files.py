"""The case file of a visit: ordered, made in the background, downloaded piece by piece."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from inspections.models import CaseFile, Inspection
from inspections.services import case_files
from portal.views.files import file_response


@require_POST
def inspection_case(request, district, pk):
    rows = Inspection.objects.known_to(request.actor).allowed(request.actor, "case_file.take")
    made = case_files.order_case(get_object_or_404(rows, pk=pk), actor=request.actor)
    return redirect("case-file", district, made.pk)


def visible(request, pk: int) -> CaseFile:
    rows = CaseFile.objects.allowed(request.actor, "case_file.take")
    return get_object_or_404(rows.select_related("inspection__facility", "file", "part__unit"), pk=pk)


@require_GET
def case_file(request, district, pk):
    """Being made, then the way to it; htmx asks again for the part that changes."""
    part = request.headers.get("HX-Target") == "case"
    template = "inspections/case_file_body.html" if part else "inspections/case_file.html"
    return render(request, template, {"case": visible(request, pk)})


@require_GET
def case_file_archive(request, district, pk):
    stored = case_files.take(visible(request, pk), actor=request.actor)
    return file_response(stored)


@require_GET
def case_file_record(request, district, pk):
    """The record of the archive alone, as PDF."""
    case = visible(request, pk)
    response = HttpResponse(case_files.take_record(case, actor=request.actor), content_type="application/pdf")
    name = case.file.name.removesuffix(".zip")
    response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response
