"""The city's districts: which there are, and opening a further one."""

from __future__ import annotations

from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.errors import NotFound
from portal.forms import DistrictForm
from portal.middleware import tell
from portal.models.places import District
from portal.services import districts as services
from portal.views.forms import accepted, status_of


def demand(request) -> None:
    """NotFound in a district, Denied to whoever may not."""
    if not request.district.is_city:
        raise NotFound(_("没有这个页面"))
    services.demand(request.actor)


@require_GET
def district_list(request, district):
    """All districts by code; one that is being prepared says so."""
    demand(request)
    rows = District.objects.filter(level=District.Level.DISTRICT)
    return render(request, "portal/districts.html", {"rows": list(rows)})


@require_http_methods(["GET", "POST"])
def district_new(request, district):
    """The form of a further district; afterwards the first account's password, shown once."""
    demand(request)
    form = DistrictForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        made = accepted(form, lambda: services.open_district(**form.values(), actor=request.actor))
        if made is not None:
            place, user, password = made
            address = request.build_absolute_uri(f"/{place.slug}/")
            context = {"place": place, "person": user, "password": password, "address": address}
            return render(request, "portal/district_made.html", context)
    return render(request, "portal/district_form.html", {"form": form}, status=status_of(form))


@require_POST
def district_again(request, district, pk):
    """Prepares once more what did not become ready."""
    demand(request)
    place = get_object_or_404(District, pk=pk, level=District.Level.DISTRICT)
    services.again(place, actor=request.actor)
    tell(request, _("%(name)s正在准备，过几秒再看") % {"name": place.name})
    return redirect("districts", district)
