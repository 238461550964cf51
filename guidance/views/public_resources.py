"""Resources for families and open nursing rooms, without sign-in. Nothing here knows who looks."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_GET

from guidance.lists.resources import age_of, within
from guidance.models import GuidanceResource, NursingPlace
from guidance.rules import nursing
from guidance.rules import resources as rules
from guidance.views.public_events import district_named
from portal.choices import in_language
from portal.models.places import District, Street

ON_A_PAGE = 30


def public(place: District):
    """As the public's role may read them."""
    rows = GuidanceResource.objects.filter(district=place, state="published")
    return rows.only("district_id", *GuidanceResource.public_columns)


@require_GET
def public_resources(request, district):
    place = district_named(district)
    rows, asked = within(
        request.GET,
        public(place).defer("text"),
        kind=rules.KINDS,
        theme=rules.THEMES,
        language=rules.LANGUAGES,
    )
    rows, age = age_of(request.GET, rows)
    page = Paginator(rows.order_by("weeks_from", "weeks_until", "code"), ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    kept = request.GET.copy()
    kept.pop("page", None)
    return render(
        request,
        "guidance/public_resources.html",
        {
            "public_district": place,
            "page": page,
            "query": kept.urlencode(),
            "asked": asked,
            "age": age,
            "kinds": in_language(rules.KINDS.items()),
            "themes": in_language(rules.THEMES.items()),
            "languages": rules.LANGUAGES.items(),
        },
    )


@require_GET
def public_resource(request, district, code):
    place = district_named(district)
    row = public(place).filter(code=code).first() if "\0" not in code else None
    if row is None:
        raise Http404
    there = {one.code: one for one in public(place).defer("text").filter(code__in=row.parts)}
    return render(
        request,
        "guidance/public_resource.html",
        {
            "public_district": place,
            "resource": row,
            "parts": [there[one] for one in row.parts if one in there],
        },
    )


@require_GET
def public_nursing(request, district):
    place = district_named(district)
    streets = list(Street.objects.filter(district=place).order_by("code").only("pk", "name", "code"))
    names = {one.pk: one.name for one in streets}
    rows = NursingPlace.objects.filter(district=place, state="open", ended_on__isnull=True)
    rows = rows.only("district_id", *NursingPlace.public_columns)
    asked, kind = request.GET.get("street", ""), request.GET.get("kind", "")
    street = next((one for one in streets if one.code == asked), None)
    if street is not None:
        rows = rows.filter(street=street)
    if kind in nursing.KINDS:
        rows = rows.filter(kind=kind)
    page = Paginator(rows.order_by("street", "name", "pk"), ON_A_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.street_name = names.get(row.street_id, "")
    kept = request.GET.copy()
    kept.pop("page", None)
    return render(
        request,
        "guidance/public_nursing.html",
        {
            "public_district": place,
            "page": page,
            "query": kept.urlencode(),
            "streets": streets,
            "street": street,
            "kinds": in_language(nursing.KINDS.items()),
            "kind": kind,
        },
    )
