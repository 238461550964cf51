"""Guidance places: the list, one place, entering and changing it."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from facilities.paging import paged
from facilities.views.records import posted
from guidance.forms.places import PlaceForm
from guidance.lists.places import SORTS, shown, streets_without
from guidance.lists.services import Given
from guidance.models import GuidancePlace
from guidance.rules import places as rules
from guidance.services import places as services
from guidance.views.tabs import tabs
from portal.choices import in_language
from portal.middleware import tell
from portal.models.places import Street, Unit
from portal.rules.rights import Reach
from portal.views.forms import accepted, status_of


@require_GET
def places(request, district):
    actor, today = request.actor, timezone.localdate()
    actor.demand("guidance_place.view")
    rows, street, kind = shown(actor, request.GET, today)
    page = paged(rows, SORTS, request.GET, default="code", total=rows.count())
    streets = list(Street.objects.allowed(actor, "guidance_place.view").order_by("code").only("pk", "name"))
    names = {one.pk: one.name for one in streets}
    return render(
        request,
        "guidance/places.html",
        {
            "tabs": tabs(request, "guidance-places"),
            "page": page,
            "rows": [(row, names.get(row.street_id, "")) for row in page.rows],
            "streets": streets,
            "street": street,
            "kinds": in_language(rules.KINDS.items()),
            "kind": kind,
            "closed": request.GET.get("closed") == "on",
            "without": streets_without(rules.STATION, today)
            if Reach.ALL in actor.reaches("guidance_place.view")
            else [],
            "may_manage": actor.may("guidance_place.manage"),
        },
    )


def fetched(request, pk: int, right: str) -> GuidancePlace:
    rows = GuidancePlace.objects.allowed(request.actor, right).select_related("street", "unit")
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@require_GET
def place(request, district, pk):
    row = fetched(request, pk, "guidance_place.view")
    may = GuidancePlace.objects.allowed(request.actor, "guidance_place.manage").filter(pk=pk).exists()
    return render(
        request,
        "guidance/place.html",
        {
            "place": row,
            "may_manage": may,
            "year": timezone.localdate().year,
            "given": Given.of(row.sessions.filter(served_on__year=timezone.localdate().year))
            if request.actor.may("guidance_service.view")
            else None,
            "open": row.closed_on is None or row.closed_on > timezone.localdate(),
        },
    )


@require_http_methods(["GET", "POST"])
def place_new(request, district):
    request.actor.demand("guidance_place.manage")
    return kept(request, None)


@require_http_methods(["GET", "POST"])
def place_edit(request, district, pk):
    return kept(request, fetched(request, pk, "guidance_place.manage"))


def kept(request, row: GuidancePlace | None):
    slug = request.district.slug
    form = PlaceForm(
        *posted(request),
        row=row,
        streets=Street.objects.allowed(request.actor, "guidance_place.manage").order_by("code"),
        units=Unit.objects.order_by("name"),
    )
    if request.method == "POST":

        def keep():
            values = form.values()
            version = values.pop("version")
            version = None if row is None else version or 0
            return services.keep_place(row, actor=request.actor, version=version, **values)

        done = accepted(form, keep)
        if done:
            tell(request, _("%(name)s的资料已存") % {"name": done.name})
            return redirect("guidance-place", slug, done.pk)
    here = "guidance-place-new" if row is None else "guidance-place-edit"
    return render(
        request,
        "facilities/small_form.html",
        {
            "form": form,
            "title": _("登记指导场所") if row is None else row.name,
            "verb": _("登记") if row is None else _("存下变更"),
            "leave": _("先不登记") if row is None else "",
            "over": _("育儿指导") if row is None else row.name,
            "back": reverse("guidance-places", args=[slug])
            if row is None
            else reverse("guidance-place", args=[slug, row.pk]),
            "action": reverse(here, args=[slug] if row is None else [slug, row.pk]),
        },
        status=status_of(form),
    )
