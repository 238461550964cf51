"""If new sites were opened: where they would serve most children, and what it would do to what the plans ask."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from facilities import circle as circle_reading
from facilities import what_if as reading
from facilities.forms.what_if import WhatIfForm
from facilities.views.supply_tabs import tabs
from portal.models.places import Street
from portal.models.policy import Parameter
from portal.views.forms import status_of

DEFAULTS = {"sites": "5", "kind": "inclusive_site", "gap": "any"}


def form_of(query: Mapping[str, str], streets: list[Street]) -> WhatIfForm:
    """What the address supposes; what it does not say is as the page begins."""
    return WhatIfForm({**DEFAULTS, **dict(query.items())}, streets=streets)


def outcome(
    on: date, form: WhatIfForm, streets: list[Street], found: dict[str, Parameter]
) -> reading.Outcome | None:
    """None where the form is wrong or the district has no radius."""
    if circle_reading.METRES not in found or not form.is_valid():
        return None
    given = form.cleaned_data
    return reading.simulate(
        on,
        streets,
        radius=float(found[circle_reading.METRES].value),
        kind=given["kind"],
        sites=given["sites"],
        places=given["places"],
        same=given["gap"] == "same",
        asked=found,
        street=next((one for one in streets if one.pk == given["street"]), None),
    )


@require_GET
def what_if(request, district):
    request.actor.demand("residents.view")
    on = timezone.localdate()
    streets = list(Street.objects.order_by("code"))
    form, found = form_of(request.GET, streets), reading.parameters(on)
    result = outcome(on, form, streets, found)
    names = {street.pk: street.name for street in streets}
    context = {
        "tabs": tabs(request, "what-if"),
        "form": form,
        "metres": found.get(circle_reading.METRES),
        "result": result,
        "sites": [{"site": one, "street": names[one.neighbourhood.street_id]} for one in result.sites]
        if result
        else [],
    }
    return render(request, "facilities/what_if.html", context, status=status_of(form))
