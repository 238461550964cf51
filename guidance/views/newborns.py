"""Newborns' families and the visits at home; births of the streets' months."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from facilities.paging import counts, paged
from facilities.views.records import posted
from guidance.forms.newborns import BirthsForm, NewbornForm, VisitForm
from guidance.lists import newborns as lists
from guidance.models import BirthCount, Newborn
from guidance.rules import newborns as rules
from guidance.services import newborns as services
from guidance.views.tabs import tabs
from portal.choices import in_language
from portal.middleware import tell
from portal.models.places import Street
from portal.views.forms import accepted, status_of

VIEW, KEEP = "newborn.view", "newborn.keep"


def streets_of(request, right: str = VIEW):
    return Street.objects.allowed(request.actor, right).order_by("code")


@require_GET
def newborns(request, district):
    actor, today = request.actor, timezone.localdate()
    actor.demand(VIEW)
    rows, street, state, year = lists.newborns(actor, request.GET, today)
    page = paged(rows, lists.SORTS, request.GET, default="code", total=counts([rows])[0])
    streets = list(streets_of(request).only("pk", "name"))
    names = {one.pk: one.name for one in streets}
    cover = lists.coverage(actor, year, today)
    return render(
        request,
        "guidance/newborns.html",
        {
            "tabs": tabs(request, "newborns"),
            "page": page,
            "rows": [(row, names.get(row.street_id, "")) for row in page.rows],
            "streets": streets,
            "street": street,
            "state": state,
            "year": year,
            "years": range(today.year, today.year - 4, -1),
            "cover": cover,
            "families": dict(in_language(rules.FOR.items())).get(cover.which, ""),
            "today": today,
            "may_keep": actor.may(KEEP),
        },
    )


def fetched(request, pk: int, right: str) -> Newborn:
    row = Newborn.objects.allowed(request.actor, right).select_related("street").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@require_GET
def newborn(request, district, pk):
    row = fetched(request, pk, VIEW)
    may = Newborn.objects.allowed(request.actor, KEEP).filter(pk=pk).exists()
    topics = dict(in_language(rules.TOPICS.items()))
    visits = [(one, [topics[key] for key in one.topics]) for one in row.visits.select_related("visitor")]
    return render(request, "guidance/newborn.html", {"newborn": row, "visits": visits, "may_keep": may})


@require_http_methods(["GET", "POST"])
def newborn_new(request, district):
    request.actor.demand(KEEP)
    return kept(request, None)


@require_http_methods(["GET", "POST"])
def newborn_edit(request, district, pk):
    return kept(request, fetched(request, pk, KEEP))


def kept(request, row: Newborn | None):
    slug = request.district.slug
    form = NewbornForm(*posted(request), row=row, streets=streets_of(request, KEEP))
    if request.method == "POST":

        def keep():
            values = form.values()
            version = values.pop("version")
            version = None if row is None else version or 0
            return services.keep_newborn(row, actor=request.actor, version=version, **values)

        done = accepted(form, keep)
        if done:
            tell(request, _("%(code)s已存") % {"code": done.code})
            return redirect("newborn", slug, done.pk)
    return render(
        request,
        "facilities/small_form.html",
        {
            "form": form,
            "title": _("登记新生儿家庭") if row is None else row.code,
            "verb": _("登记") if row is None else _("存下变更"),
            "leave": _("先不登记") if row is None else "",
            "over": _("新生儿上门") if row is None else row.code,
            "back": reverse("newborns", args=[slug])
            if row is None
            else reverse("newborn", args=[slug, row.pk]),
            "action": reverse("newborn-new", args=[slug])
            if row is None
            else reverse("newborn-edit", args=[slug, row.pk]),
        },
        status=status_of(form),
    )


@require_http_methods(["GET", "POST"])
def newborn_visit(request, district, pk):
    row = fetched(request, pk, KEEP)
    form = VisitForm(
        request.POST if request.method == "POST" else None, initial={"visited_on": timezone.localdate()}
    )
    if request.method == "POST":
        if accepted(form, lambda: services.visit(row, actor=request.actor, **form.cleaned_data)):
            tell(request, _("上门已登记"))
            return redirect("newborn", district, pk)
    return render(
        request,
        "facilities/small_form.html",
        {
            "form": form,
            "title": _("登记上门"),
            "verb": _("登记上门"),
            "leave": _("先不登记"),
            "over": row.code,
            "back": reverse("newborn", args=[district, pk]),
            "action": reverse("newborn-visit", args=[district, pk]),
        },
        status=status_of(form),
    )


@require_GET
def births(request, district):
    actor, today = request.actor, timezone.localdate()
    actor.demand(VIEW)
    rows, street, year = lists.births(actor, request.GET, today)
    page = paged(rows, lists.BIRTH_SORTS, request.GET, default="-month", total=counts([rows])[0])
    streets = list(streets_of(request).only("pk", "name"))
    names = {one.pk: one.name for one in streets}
    return render(
        request,
        "guidance/births.html",
        {
            "tabs": tabs(request, "births"),
            "page": page,
            "rows": [(row, names.get(row.street_id, "")) for row in page.rows],
            "streets": streets,
            "street": street,
            "year": year,
            "years": range(today.year, today.year - 4, -1),
            "may_keep": actor.may(KEEP),
        },
    )


@require_http_methods(["GET", "POST"])
def births_new(request, district):
    request.actor.demand(KEEP)
    return births_kept(request, None)


@require_http_methods(["GET", "POST"])
def births_month(request, district, pk):
    row = BirthCount.objects.allowed(request.actor, KEEP).select_related("street").filter(pk=pk).first()
    if row is None:
        raise Http404
    return births_kept(request, row)


def births_kept(request, row: BirthCount | None):
    slug = request.district.slug
    form = BirthsForm(*posted(request), row=row, streets=streets_of(request, KEEP))
    if request.method == "POST":

        def keep():
            values = form.values()
            if row is None:
                values["version"] = None
            else:
                values |= {"version": values["version"] or 0, "street": row.street, "month": row.month}
            return services.keep_births(actor=request.actor, **values)

        if accepted(form, keep):
            tell(request, _("出生数已存"))
            return redirect("births", slug)
    return render(
        request,
        "facilities/small_form.html",
        {
            "form": form,
            "title": _("登记出生数") if row is None else f"{row.street.name} {row.month:%Y-%m}",
            "verb": _("登记") if row is None else _("存下变更"),
            "leave": _("先不登记") if row is None else "",
            "over": _("出生数"),
            "back": reverse("births", args=[slug]),
            "action": reverse("births-new", args=[slug])
            if row is None
            else reverse("births-month", args=[slug, row.pk]),
        },
        status=status_of(form),
    )
