"""Neighbourhoods: the list, entry, correction, dissolution."""

from __future__ import annotations

from datetime import date

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.forms.places import EndForm, NeighbourhoodForm
from facilities.models import Neighbourhood
from facilities.paging import paged
from facilities.services import neighbourhoods as services
from facilities.services.locations import read_point
from facilities.views.supply_tabs import tabs
from portal.middleware import tell
from portal.models.places import Street
from portal.views.forms import accepted, status_of

SORTS = {
    "street": (("street_id", int), ("name", str), ("pk", int)),
    "name": (("name", str), ("pk", int)),
}


def chosen(actor, query, on: date, streets: list[Street]):
    """The street of the address, if there is one, and the neighbourhoods that stand there."""
    rows = Neighbourhood.objects.allowed(actor, "residents.view").standing(on)
    text = query.get("street", "")
    street = next((s for s in streets if str(s.pk) == text), None)
    return street, rows if street is None else rows.filter(street=street)


@require_GET
def neighbourhoods(request, district):
    """All that stand, a street's or the district's."""
    actor = request.actor
    actor.demand("residents.view")
    streets = list(Street.objects.order_by("code"))
    names = {street.pk: street.name for street in streets}
    street, rows = chosen(actor, request.GET, timezone.localdate(), streets)
    page = paged(rows, SORTS, request.GET, default="street", total=rows.count())
    mine = set(Street.objects.allowed(actor, "neighbourhood.manage").values_list("pk", flat=True))
    return render(
        request,
        "facilities/neighbourhoods.html",
        {
            "tabs": tabs(request, "neighbourhoods"),
            "page": page,
            "rows": [(row, names[row.street_id], row.street_id in mine) for row in page.rows],
            "streets": streets,
            "street": street,
            "may_enter": bool(mine),
        },
    )


def fetched(request, pk: int) -> Neighbourhood:
    request.actor.demand("neighbourhood.manage")
    found = Neighbourhood.objects.allowed(request.actor, "neighbourhood.manage").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def values(request, form) -> dict:
    """The form's facts with the point in WGS-84."""
    data = form.cleaned_data
    latitude, longitude = read_point(data["point"], data["datum"], request.district).decimals()
    return form.facts() | {"latitude": latitude, "longitude": longitude}


@require_http_methods(["GET", "POST"])
def neighbourhood_new(request, district):
    request.actor.demand("neighbourhood.manage")
    streets = Street.objects.allowed(request.actor, "neighbourhood.manage").order_by("code")
    form = NeighbourhoodForm(request.POST if request.method == "POST" else None, streets=streets)
    if request.method == "POST":
        made = accepted(
            form, lambda: services.enter_neighbourhood(actor=request.actor, **values(request, form))
        )
        if made:
            tell(request, _("已登记%(name)s") % {"name": made.name})
            return redirect("neighbourhoods", district)
    return page(request, form, None)


@require_http_methods(["GET", "POST"])
def neighbourhood_edit(request, district, pk):
    row = fetched(request, pk)
    form = NeighbourhoodForm(
        request.POST if request.method == "POST" else None,
        streets=Street.objects.allowed(request.actor, "neighbourhood.manage").order_by("code"),
        initial=initial_of(row),
    )
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.change_neighbourhood(
                row,
                actor=request.actor,
                version=form.cleaned_data["version"] or 0,
                **values(request, form),
            ),
        )
        if done:
            tell(request, _("%(name)s的资料已存") % {"name": done.name})
            return redirect("neighbourhoods", district)
    return page(request, form, row)


@require_POST
def neighbourhood_end(request, district, pk):
    row = fetched(request, pk)
    form = EndForm(request.POST)
    done = accepted(
        form,
        lambda: services.end_neighbourhood(
            row,
            actor=request.actor,
            version=form.cleaned_data["version"],
            ended_on=form.cleaned_data["ended_on"],
        ),
    )
    if done:
        tell(request, _("%(name)s已撤并，不再计入") % {"name": done.name})
        return redirect("neighbourhoods", district)
    return page(request, None, row, form)


def initial_of(row: Neighbourhood) -> dict:
    """A row as its form shows it; the point in WGS-84, as it is stored."""
    names = ("name", "under_three", "source", "counted_on", "version")
    return {name: getattr(row, name) for name in names} | {
        "street": row.street_id,
        "point": f"{row.latitude},{row.longitude}",
    }


def page(request, form, row, end=None):
    if form is None:
        form = NeighbourhoodForm(
            streets=Street.objects.allowed(request.actor, "neighbourhood.manage").order_by("code"),
            initial=initial_of(row),
        )
    if end is None and row is not None:
        end = EndForm(initial={"version": row.version, "ended_on": timezone.localdate()})
    return render(
        request,
        "facilities/neighbourhood.html",
        {"form": form, "row": row, "end": end},
        status=status_of(*(one for one in (form, end) if one is not None)),
    )
