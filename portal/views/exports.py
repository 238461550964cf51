"""A list as a spreadsheet: at once, or made in the background where it is long or shows persons' data."""

from __future__ import annotations

from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from portal.models.imports import ExportRun
from portal.services import exports
from portal.services.import_files import content_of
from portal.spreadsheets import LISTS, Asked, ExportList
from portal.views.imports import workbook


def outgoing(request, key: str) -> ExportList:
    one = LISTS.outgoing.get(key)
    if one is None or not request.actor.may(one.right):
        raise Http404
    return one


def page_of(one: ExportList, district: str, query: QueryDict) -> str:
    """The address of the page that shows the list under these conditions."""
    query, about = query.copy(), [district]
    if one.of:
        about += [query.get(one.of, "")]
        query.pop(one.of, None)
    try:
        return reverse(one.url, args=about) + (f"?{query.urlencode()}" if query else "")
    except NoReverseMatch as error:
        raise Http404 from error


@require_http_methods(["GET", "POST"])
def export_list(request, district, key):
    """GET gives a short list at once, and a page that offers to make a long one; POST has it made in the background.

    The address is that of the page with its conditions; `full` asks for persons' data, which is put on record.
    """
    if request.method == "POST":
        request.actor.demand("list.export")
    one = outgoing(request, key)
    query = request.GET.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    full = request.POST.get("full") == "yes"
    if request.method == "POST":
        run = exports.order(one, query=query.urlencode(), revealed=full, actor=request.actor)
        return redirect("export-run", district, run.pk)
    asked = Asked(request.actor, query, timezone.localdate())
    if request.GET.get("choose") is None and exports.short(asked, one):
        return workbook(exports.at_once(asked, one), f"{one.label}-{asked.on:%Y%m%d}.xlsx")
    query.pop("choose", None)
    context = {
        "one": one,
        "query": query.urlencode(),
        "back": page_of(one, district, query),
        "may_reveal": bool(one.reveal) and request.actor.may(one.reveal),
        "short": exports.short(asked, one),
    }
    return render(request, "portal/export.html", context)


def run_of(request, pk: int) -> ExportRun:
    request.actor.demand("list.export")
    return get_object_or_404(ExportRun.objects.for_actor(request.actor).select_related("file"), pk=pk)


@require_GET
def export_run(request, district, pk):
    """A file that is being made, then the way to it."""
    run = run_of(request, pk)
    one = LISTS.outgoing[run.list]
    context = {
        "run": run,
        "one": one,
        "problem": exports.reason_of(run),
        "back": page_of(one, district, QueryDict(run.query)),
    }
    fragment = request.headers.get("HX-Target") == "export"
    return render(request, "portal/export_body.html" if fragment else "portal/export_run.html", context)


@require_GET
def export_file(request, district, pk):
    run = run_of(request, pk)
    if run.file is None:
        raise Http404
    return workbook(content_of(run.file), run.file.name)
