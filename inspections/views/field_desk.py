"""At a desk: a phone's file is brought in, and what could not be put into the record is decided."""

from __future__ import annotations

from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inspections.forms.field import BringForm, DecisionForm
from inspections.models import FieldAddendum, FieldDevice, FieldOutcome, FieldSignature, Inspection
from inspections.rules import field as rules
from inspections.services import (
    field_addenda,
    field_devices,
    field_import,
    field_parts,
    field_settle,
)
from portal.errors import Refused
from portal.middleware import tell
from portal.views.files import file_response
from portal.views.forms import refuse, status_of


@require_http_methods(["GET", "POST"])
def field_bring(request, district):
    """A file that a phone saved, because it could not send what it has."""
    request.actor.demand("field.bring")
    form = BringForm(request.POST, request.FILES) if request.method == "POST" else BringForm()
    brought = None
    if form.is_bound and form.is_valid():
        visits = Inspection.objects.known_to(request.actor).allowed(request.actor, "field.settle")
        try:
            brought = field_import.bring_in(form.cleaned_data["file"], visits=visits, actor=request.actor)
        except Refused as refused:
            refuse(form, refused)
    context = {"form": form, "brought": brought}
    return render(request, "inspections/field_bring.html", context, status=status_of(form))


def settled(request, pk: int) -> Inspection:
    """The visit, for whoever may decide about what its phones sent."""
    rows = Inspection.objects.known_to(request.actor).allowed(request.actor, "field.settle")
    return get_object_or_404(rows.select_related("facility__street"), pk=pk)


@require_http_methods(["GET", "POST"])
def field_visit(request, district, pk):
    """A visit's phones: whose part is in, what waits for a decision (both answers side by side), what was signed."""
    inspection = settled(request, pk)
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        wanted = form.cleaned_data
        rows = FieldOutcome.objects.filter(operation__inspection=inspection).select_related("operation")
        outcome = get_object_or_404(rows, operation__uuid=wanted["operation"])
        try:
            if wanted["what"] == "use":
                field_settle.use(outcome, reason=wanted["reason"], actor=request.actor)
                tell(request, _("已采用手机上的这一条"))
            else:
                field_settle.set_aside(outcome, actor=request.actor)
                tell(request, _("没有采用，内容照样留着"))
            return redirect("field-visit", district, pk)
        except Refused as refused:
            refuse(form, refused)
    held = field_settle.held(inspection)
    for outcome in held:
        one = outcome.operation
        outcome.item_now = field_settle.same_item(inspection, one.item)
        outcome.standing = field_settle.standing(inspection, one.item)
        outcome.value_word = _(dict(rules.VALUE_WORDS).get(one.payload.get("value", ""), "—"))
        outcome.wrong_clock = rules.wrong_clock(one.offset_ms)
    record = field_parts.current_record(inspection)
    context = {
        "inspection": inspection,
        "form": form,
        "held": held,
        "parts": field_parts.parts_of(inspection),
        "closed": inspection.signed_at is not None,
        "others": FieldOutcome.objects.filter(
            operation__inspection=inspection, state__in=("dropped", "waiting", "addendum")
        )
        .select_related("operation__item", "operation__device__user", "decided_by")
        .order_by("operation__made_at", "pk")[:200],
        "record": record,
        "addenda": inspection.addenda.select_related("item", "by"),
    }
    return render(request, "inspections/field_visit.html", context, status=status_of(form))


@require_POST
def field_revoke(request, district, pk, device):
    """A phone that was lost sends nothing more of this visit."""
    inspection = settled(request, pk)
    found = get_object_or_404(FieldDevice.objects.filter(passes__inspection=inspection).distinct(), pk=device)
    field_devices.revoke_passes(inspection, found, actor=request.actor)
    tell(request, _("这台手机不能再传这次检查的内容，已到的都在"))
    return redirect("field-visit", district, pk)


@require_http_methods(["GET"])
def field_signature(request, district, pk, signature):
    """A drawn signature, for whoever may see the inspection."""
    inspection = get_object_or_404(Inspection.objects.known_to(request.actor), pk=pk)
    rows = FieldSignature.objects.filter(record__inspection=inspection).select_related("file")
    return file_response(get_object_or_404(rows, pk=signature).file)


def _addenda_of(request, pk: int):
    rows = FieldAddendum.objects.allowed(request.actor, "addendum.view").filter(inspection=pk)
    found = list(rows.select_related("item", "by", "facility", "inspection", "file").order_by("number"))
    inspection = found[0].inspection if found else get_object_or_404(settled_or_known(request), pk=pk)
    return inspection, found


def settled_or_known(request):
    """The visits whose addenda the person may ask for, also where there is none yet."""
    return Inspection.objects.known_to(request.actor).allowed(request.actor, "addendum.view")


@require_http_methods(["GET", "POST"])
def field_addenda_page(request, district, pk):
    """What came after both sides had signed, for the team, the bureau and the facility, which says that it has read it."""
    request.actor.demand("addendum.view")
    inspection, found = _addenda_of(request, pk)
    if request.method == "POST":
        field_addenda.seen(inspection, actor=request.actor)
        tell(request, _("记下了：附记已看过"))
        return redirect("field-addenda", district, pk)
    for one in found:
        one.value_word = _(dict(rules.VALUE_WORDS).get(one.content.get("value", ""), "—"))
    context = {
        "inspection": inspection,
        "facility": inspection.facility,
        "addenda": found,
        "may_acknowledge": request.actor.may("addendum.acknowledge") and any(not a.seen_at for a in found),
    }
    return render(request, "inspections/field_addenda.html", context)


@require_http_methods(["GET"])
def field_addendum_file(request, district, pk, number):
    """The picture or voice of an addendum."""
    rows = FieldAddendum.objects.allowed(request.actor, "addendum.view").filter(file__isnull=False)
    return file_response(get_object_or_404(rows.select_related("file"), inspection=pk, number=number).file)
