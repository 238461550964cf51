"""Events for families, without sign-in: what is announced, what it is, whether there is room."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from guidance.models import GuidanceEvent
from guidance.rules import events as rules
from portal.choices import in_language
from portal.models.places import District, Street

MOST = 200


def district_named(slug: str) -> District:
    place = District.objects.filter(slug=slug, level=District.Level.DISTRICT).first()
    if place is None:
        raise Http404
    return place


def announced(place: District):
    """As the public's role may read them."""
    return GuidanceEvent.objects.filter(district=place).only("district_id", *GuidanceEvent.public_columns)


@require_GET
def public_events(request, district):
    place = district_named(district)
    asked, kind, months = (request.GET.get(name, "") for name in ("street", "kind", "months"))
    streets = list(Street.objects.filter(district=place).order_by("code").only("pk", "name", "code"))
    names = {one.pk: one.name for one in streets}
    today = timezone.localdate()
    found = announced(place).filter(state="announced", held_on__gte=today)
    street = next((one for one in streets if one.code == asked), None)
    if street is not None:
        found = found.filter(street=street)
    kinds = dict(in_language(rules.KINDS.items()))
    if kind in kinds:
        found = found.filter(kind=kind)
    age = int(months) if months.isascii() and months.isdigit() and len(months) < 3 else None
    if age is not None:
        found = found.filter(months_from__lte=age, months_until__gte=age)
    rows = list(found.order_by("held_on", "starts_at", "pk")[:MOST])
    now = timezone.now()
    for row in rows:
        row.street_name, row.now = names.get(row.street_id, ""), row.signing(now)
    return render(
        request,
        "guidance/public_events.html",
        {
            "public_district": place,
            "rows": rows,
            "streets": streets,
            "street": street,
            "kinds": kinds.items(),
            "kind": kind,
            "months": "" if age is None else age,
        },
    )


@require_GET
def public_event(request, district, pk):
    place = district_named(district)
    row = announced(place).filter(pk=pk).first() if pk < 2**63 else None
    if row is None:
        raise Http404
    street = Street.objects.filter(district=place, pk=row.street_id).only("name").first()
    return render(
        request,
        "guidance/public_event.html",
        {
            "public_district": place,
            "event": row,
            "street": street,
            "signing": row.signing(timezone.now()),
        },
    )
