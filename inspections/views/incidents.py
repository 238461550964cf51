"""Serious incidents: the list, the first report, one incident with its chain of reports."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.models import Facility
from facilities.models.credit import listing
from facilities.paging import paged
from inspections.forms.voices import ClosingForm, IncidentForm, NextReportForm, VoiceFilter
from inspections.models import Incident, IncidentFile, Inspection
from inspections.services import incidents as services
from portal.errors import Refused
from portal.middleware import tell
from portal.services import parameters
from portal.views.files import file_response
from portal.views.forms import accepted, status_of

TABS = {"open": ("open", "reported"), "closed": ("closed",)}
SHAPES = {"open": "bad", "reported": "warn", "closed": "ok"}
#: An operator of more facilities finds the one that it is about by its code.
FEW = 12


def chosen(actor, query) -> tuple[VoiceFilter, QuerySet, str, QuerySet]:
    form = VoiceFilter(query)
    form.is_valid()
    wanted = getattr(form, "cleaned_data", {})
    rows = Incident.objects.allowed(actor, "incident.view")
    if q := wanted.get("q", "").strip().upper():
        rows = rows.filter(Q(number=q) | Q(facility__code=q))
    if street := wanted.get("street"):
        rows = rows.filter(facility__street=street)
    tab = query.get("tab", "")
    tab = tab if tab in TABS else "open"
    shown = rows.filter(state__in=TABS[tab]).select_related("facility__street")
    return form, rows, tab, shown.annotate(listing=listing("facility"))


@require_GET
def incidents(request, district):
    actor = request.actor
    actor.demand("incident.view")
    form, rows, tab, shown = chosen(actor, request.GET)
    counts = rows.order_by().aggregate(open=Count("pk", filter=Q(state__in=TABS["open"])))
    page = paged(shown, {"day": (("happened_at", datetime), ("pk", int))}, request.GET, default="-day")
    for row in page.rows:
        row.shape = SHAPES[row.state]
    names = {"open": _("处置中"), "closed": _("已办结")}
    tabs = [
        {"label": names[t], "url": f"?tab={t}", "count": counts.get(t), "current": t == tab} for t in TABS
    ]
    own = []
    if actor.may("incident.report") and not actor.may("incident.close"):
        own = list(
            Facility.objects.allowed(actor, "incident.report").exclude(state="closed").order_by("code")[:FEW]
        )
    context = {
        "page": page, "form": form, "tabs": tabs, "tab": tab, "own": own,
        "may_report": actor.may("incident.report") and not actor.visiting,
    }  # fmt: skip
    return render(request, "inspections/incidents.html", context)


@require_GET
def incident_where(request, district):
    """From a facility's code to the page of its first report."""
    request.actor.demand("incident.report")
    code = request.GET.get("code", "")[:12].strip().upper()
    found = Facility.objects.allowed(request.actor, "incident.report").filter(code=code).first()
    if found is None:
        tell(request, _("没有编号“%(code)s”的机构") % {"code": code})
        return redirect("incidents", district)
    return redirect("incident-new", district, found.pk)


@require_http_methods(["GET", "POST"])
def incident_new(request, district, pk):
    """The first report of an incident at a facility."""
    request.actor.demand("incident.report")
    facility = get_object_or_404(Facility.objects.allowed(request.actor, "incident.report"), pk=pk)
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = IncidentForm(*sent)
    if request.method == "POST":
        made = accepted(
            form, lambda: services.report_first(facility, actor=request.actor, **form.cleaned_data)
        )
        if made:
            tell(request, _("首报已收到，编号 %(number)s。区教育局现在就看得到") % {"number": made.number})
            return redirect("incident", district, made.pk)
    hours = parameters.values([services.FIRST], timezone.localdate()).get(services.FIRST)
    return render(
        request,
        "inspections/incident_new.html",
        {"form": form, "facility": facility, "hours": hours},
        status=status_of(form),
    )


def visible(request, pk: int) -> Incident:
    request.actor.demand("incident.view")
    rows = Incident.objects.allowed(request.actor, "incident.view").select_related(
        "facility__street", "closed_by"
    )
    return get_object_or_404(rows, pk=pk)


def page_of(request, row: Incident, *, form=None, which: str = ""):
    actor, initial = request.actor, {"version": row.version}
    reports = row.state == "open" and Facility.objects.allowed(actor, "incident.report").filter(
        pk=row.facility_id
    )
    closes = row.state == "reported" and actor.may("incident.close")
    fresh = {"next": NextReportForm(initial=initial), "close": ClosingForm(initial=initial)}
    forms = fresh | ({which: form} if form is not None else {})
    visits = Inspection.objects.known_to(actor) if actor.may("inspection.view") else Inspection.objects.none()
    context = {
        "row": row,
        "shape": SHAPES[row.state],
        "reports": list(row.reports.select_related("by").prefetch_related("files__file")),
        "next_form": forms["next"] if reports and reports.exists() else None,
        "close_form": forms["close"] if closes else None,
        "form": form,
        "now": timezone.now(),
        "may_inspect": actor.may("inspection.create"),
        "visits": list(visits.filter(incident=row)),
    }
    return render(
        request, "inspections/incident.html", context, status=status_of(form) if form is not None else 200
    )


@require_GET
def incident(request, district, pk):
    return page_of(request, visible(request, pk))


@require_POST
def incident_next(request, district, pk):
    request.actor.demand("incident.report")
    row = visible(request, pk)
    form = NextReportForm(request.POST, request.FILES)
    if accepted(form, lambda: services.report_next(row, actor=request.actor, **form.cleaned_data)):
        tell(request, _("终报已收到") if form.cleaned_data["final"] else _("续报已收到"))
        return redirect("incident", district, pk)
    return page_of(request, row, form=form, which="next")


@require_POST
def incident_close(request, district, pk):
    """Ends it, or sends the final report back."""
    request.actor.demand("incident.close")
    row, what = visible(request, pk), request.POST.get("what", "close")
    if what not in ("close", "return"):
        raise Refused(_("从列表里选一个"), field="what")
    back = what == "return"
    form, service = ClosingForm(request.POST), services.send_back if back else services.close
    if accepted(form, lambda: service(row, actor=request.actor, **form.cleaned_data)):
        tell(request, _("已退回补报") if back else _("事件已办结"))
        return redirect("incident", district, pk)
    return page_of(request, row, form=form, which="close")


@require_GET
def incident_file(request, district, pk, file):
    row = visible(request, pk)
    found = IncidentFile.objects.filter(report__incident=row, pk=file).select_related("file").first()
    if found is None:
        raise Http404
    return file_response(found.file)
