"""Kindergartens (幼儿园), with and without nursery class: what the share of 托幼一体 is counted from."""

from __future__ import annotations

from django.db.models import F
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from facilities.forms.kindergartens import KindergartenForm
from facilities.lists.kindergartens import SORTS, shown
from facilities.models import Facility, Kindergarten
from facilities.paging import paged
from facilities.services import kindergartens as services
from facilities.views.facilities import status_of
from facilities.views.records import posted
from facilities.views.supply_tabs import tabs
from portal.middleware import tell
from portal.models.places import Street
from portal.views.forms import accepted


@require_GET
def kindergartens(request, district):
    actor = request.actor
    actor.demand("facility.view")
    rows, street, nursery = shown(actor, request.GET)
    named = rows.annotate(class_code=F("facility__code"), class_name=F("facility__name"))
    page = paged(named, SORTS, request.GET, default="code", total=rows.count())
    streets = list(Street.objects.order_by("code").only("pk", "name"))
    names = {one.pk: one.name for one in streets}
    return render(
        request,
        "facilities/kindergartens.html",
        {
            "tabs": tabs(request, "kindergartens"),
            "page": page,
            "rows": [(row, names[row.street_id]) for row in page.rows],
            "streets": streets,
            "street": street,
            "nursery": nursery,
            "closed": request.GET.get("closed") == "on",
            "may_manage": actor.may("facility.manage"),
        },
    )


@require_http_methods(["GET", "POST"])
def kindergarten_new(request, district):
    request.actor.demand("facility.manage")
    return kept(request, None)


@require_http_methods(["GET", "POST"])
def kindergarten_edit(request, district, pk):
    request.actor.demand("facility.manage")
    row = Kindergarten.objects.allowed(request.actor, "facility.manage").filter(pk=pk).first()
    if row is None:
        raise Http404
    return kept(request, row)


def kept(request, row: Kindergarten | None):
    slug = request.district.slug
    form = KindergartenForm(
        *posted(request),
        row=row,
        streets=Street.objects.order_by("code"),
        facilities=Facility.objects.allowed(request.actor, "facility.manage"),
    )
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.keep_kindergarten(row, actor=request.actor, **versioned(form.values(), row)),
        )
        if done:
            tell(request, _("%(name)s的资料已存") % {"name": done.name})
            return redirect("kindergartens", slug)
    action = (
        reverse("kindergarten-new", args=[slug])
        if row is None
        else reverse("kindergarten", args=[slug, row.pk])
    )
    return render(
        request,
        "facilities/small_form.html",
        {
            "form": form,
            "title": _("登记幼儿园") if row is None else row.name,
            "verb": _("登记幼儿园") if row is None else _("存下变更"),
            "leave": _("先不登记") if row is None else "",
            "over": _("幼儿园"),
            "back": reverse("kindergartens", args=[slug]),
            "action": action,
        },
        status=status_of(request, form),
    )


def versioned(values: dict, row: Kindergarten | None) -> dict:
    return values | {"version": None if row is None else values["version"] or 0}
