"""Guidance places for families, without sign-in: where they are, what they offer."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from guidance.models import GuidancePlace
from guidance.rules import places as rules
from portal.choices import in_language
from portal.models.places import District, Street


@require_GET
def public_places(request, district):
    place = District.objects.filter(slug=district, level=District.Level.DISTRICT).first()
    if place is None:
        raise Http404
    asked, kind = request.GET.get("street", ""), request.GET.get("kind", "")
    streets = list(Street.objects.filter(district=place).order_by("code").only("pk", "name", "code"))
    names = {one.pk: one.name for one in streets}
    # the home of a community is found through its street; the public role reads the public columns only
    found = GuidancePlace.objects.filter(district=place).open_on(timezone.localdate())
    found = found.only("district_id", *GuidancePlace.public_columns)
    street = next((one for one in streets if one.code == asked), None)
    if street is not None:
        found = found.filter(street=street)
    kinds = dict(in_language(rules.KINDS.items()))
    if kind in kinds:
        found = found.filter(kind=kind)
    rows = list(found.order_by("street", "kind", "name")[:500])
    for row in rows:
        row.street_name = names[row.street_id]
    return render(
        request,
        "guidance/public_places.html",
        {
            "public_district": place,
            "rows": rows,
            "streets": streets,
            "street": street,
            "kinds": kinds.items(),
            "kind": kind,
        },
    )
