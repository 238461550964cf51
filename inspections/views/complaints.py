"""Complaints as they are handled: the list by clock, one complaint with its sorting and its answer."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from facilities.models.credit import listing
from facilities.paging import paged
from inspections.forms.voices import AnswerForm, HandOnForm, SortForm, VoiceFilter
from inspections.models import Complaint, ComplaintPhoto, Inspection
from inspections.services import complaints as services
from portal import calendar
from portal.middleware import tell
from portal.views.files import file_response
from portal.views.forms import accepted, status_of

TABS = {"received": ("received",), "handling": ("handling",), "done": ("answered", "passed")}
SHAPES = {"received": "warn", "handling": "doing", "answered": "ok", "passed": "none"}
KEPT_BACK = ("name", "phone")


def chosen(actor, query) -> tuple[VoiceFilter, QuerySet, str, QuerySet]:
    """What the address of the list asks for: the form, rows under its conditions, the tab, the tab's rows."""
    form = VoiceFilter(query)
    form.is_valid()
    wanted = getattr(form, "cleaned_data", {})
    rows = services.seen_by(actor)
    if q := wanted.get("q", "").strip().upper():
        rows = rows.filter(Q(number=q) | Q(facility__code=q))
    if street := wanted.get("street"):
        rows = rows.filter(facility__street=street)
    tab = query.get("tab", "")
    tab = tab if tab in TABS else "handling"
    shown = rows.filter(state__in=TABS[tab]).select_related("facility__street").defer("text", *KEPT_BACK)
    return form, rows, tab, shown.annotate(listing=listing("facility"))


@require_GET
def complaints(request, district):
    actor, on = request.actor, timezone.localdate()
    actor.demand("complaint.view")
    form, rows, tab, shown = chosen(actor, request.GET)
    counts = rows.order_by().aggregate(
        **{name: Count("pk", filter=Q(state__in=states)) for name, states in TABS.items() if name != "done"}
    )
    day = "answered_on" if tab == "done" else "sort_by" if tab == "received" else "answer_by"
    page = paged(
        shown, {"day": ((day, date), ("pk", int))}, request.GET, default="-day" if tab == "done" else "day"
    )
    for row in page.rows:
        row.shape = SHAPES[row.state]
        row.due = None if tab == "done" else getattr(row, day)
        row.left = calendar.working_days_between(on, row.due) if row.due else None
    keep = request.GET.copy()
    for name in ("tab", "before", "after"):
        keep.pop(name, None)
    query = f"&{keep.urlencode()}" if keep else ""
    names = {"received": _("待分办"), "handling": _("办理中"), "done": _("已答复、已转办")}
    tabs = [
        {"label": names[t], "url": f"?tab={t}{query}", "count": counts.get(t), "current": t == tab}
        for t in TABS
    ]
    return render(
        request,
        "inspections/complaints.html",
        {"page": page, "form": form, "tabs": tabs, "tab": tab, "on": on},
    )


def visible(request, pk: int) -> Complaint:
    request.actor.demand("complaint.view")
    rows = services.seen_by(request.actor).select_related("facility__street", "sorted_by", "answered_by")
    return get_object_or_404(rows.defer(*KEPT_BACK), pk=pk)


def page_of(request, row: Complaint, *, form=None, which: str = "", person=None):
    """The complaint with the forms that the reader may use; `form` in place of a fresh one where it was refused."""
    actor = request.actor
    sorts = actor.may("complaint.sort") and row.state in ("received", "handling")
    answers = row.state == "handling" and services.handled_by(actor).filter(pk=row.pk).exists()
    initial = {"version": row.version}
    code = row.facility.code if row.facility else ""
    fresh = {
        "sort": SortForm(
            initial=initial | {"facility": code, "subject": row.subject, "handler": row.handler or "bureau"}
        ),
        "hand_on": HandOnForm(initial=initial),
        "answer": AnswerForm(initial=initial),
    }
    forms = fresh | ({which: form} if form is not None else {})
    visits = Inspection.objects.known_to(actor) if actor.may("inspection.view") else Inspection.objects.none()
    context = {
        "row": row,
        "shape": SHAPES[row.state],
        "photos": list(row.photos.all()),
        "sort_form": forms["sort"] if sorts else None,
        "hand_on_form": forms["hand_on"] if sorts else None,
        "answer_form": forms["answer"] if answers else None,
        "form": form,
        "opened": which,
        "may_reveal": not row.anonymous and services.handled_by(actor).filter(pk=row.pk).exists(),
        "person": person,
        "may_inspect": bool(row.facility) and actor.may("inspection.create"),
        "visits": list(visits.filter(complaint=row)),
    }
    status = status_of(form) if form is not None else 200
    return render(request, "inspections/complaint.html", context, status=status)


@require_GET
def complaint(request, district, pk):
    return page_of(request, visible(request, pk))


def changed(request, pk, form, which: str, service, sentence: str):
    row = visible(request, pk)
    if accepted(form, lambda: service(row, actor=request.actor, **form.cleaned_data)):
        tell(request, sentence)
        return redirect("complaint", request.district.slug, pk)
    return page_of(request, row, form=form, which=which)


@require_POST
def complaint_sort(request, district, pk):
    request.actor.demand("complaint.sort")
    return changed(request, pk, SortForm(request.POST), "sort", services.sort_out, _("投诉已分办"))


@require_POST
def complaint_hand_on(request, district, pk):
    request.actor.demand("complaint.sort")
    return changed(request, pk, HandOnForm(request.POST), "hand_on", services.hand_on, _("投诉已转办"))


@require_POST
def complaint_answer(request, district, pk):
    request.actor.demand("complaint.answer")
    return changed(request, pk, AnswerForm(request.POST), "answer", services.give_answer, _("答复已发出"))


@require_POST
def complaint_phone(request, district, pk):
    """Name and phone on a click that is on record."""
    request.actor.demand("complaint.answer")
    row = visible(request, pk)
    name, phone = services.reveal_phone(row, actor=request.actor)
    return page_of(request, row, person={"name": name, "phone": phone})


@require_GET
def complaint_photo(request, district, pk, photo):
    row = visible(request, pk)
    found = ComplaintPhoto.objects.filter(complaint=row, pk=photo).select_related("shown").first()
    if found is None:
        raise Http404
    return file_response(found.shown, name=f"{row.number}-{found.pk}.jpg")
