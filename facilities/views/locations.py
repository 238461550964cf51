"""Where a facility stands: its point in both datums, and a new one from a pasted pair."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from facilities.forms.places import LocationForm
from facilities.models import Facility
from facilities.rules import geo
from facilities.services import locations as services
from portal.errors import Denied
from portal.middleware import tell
from portal.views.forms import accepted, status_of


@require_http_methods(["GET", "POST"])
def facility_location(request, district, pk):
    """The point as it is, to copy into either kind of map; whoever keeps the register can set another one."""
    facility = Facility.objects.allowed(request.actor, "facility.view").filter(pk=pk).first()
    if facility is None:
        raise Http404
    manages = request.actor.may("facility.manage")
    if request.method == "POST" and not manages:
        raise Denied(_("坐标由区里登记，要改就联系区托育服务指导中心"))
    form = LocationForm(
        request.POST if request.method == "POST" else None, initial={"version": facility.version}
    )
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.locate_facility(
                facility,
                form.cleaned_data["point"],
                form.cleaned_data["datum"],
                actor=request.actor,
                version=form.cleaned_data["version"],
            ),
        )
        if done:
            tell(request, _("%(name)s的坐标已存") % {"name": done.name})
            return redirect("facility", district, pk)
    points = []
    if facility.latitude is not None:
        stored = geo.Point(float(facility.latitude), float(facility.longitude))
        for datum, label in geo.DATUMS.items():
            latitude, longitude = geo.to_datum(stored, datum).decimals()
            points.append((_(label), f"{latitude},{longitude}"))
    return render(
        request,
        "facilities/location.html",
        {
            "facility": facility,
            "form": form,
            "points": points,
            "may_manage": manages and facility.state != "closed",
        },
        status=status_of(form),
    )
