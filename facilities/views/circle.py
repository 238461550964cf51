"""The 15-minute circle: neighbourhoods and children without a facility near by."""

from __future__ import annotations

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from facilities import circle as reading
from facilities import credit
from facilities.models import Facility
from facilities.views.supply_tabs import tabs
from portal.models.places import Street
from portal.models.policy import Parameter

SHOWN = 100


def kinds() -> list[tuple[str, str]]:
    """What the circle can be asked for: any facility, a kind, an inclusive one."""
    words = dict(Facility.Kind.choices)
    return [
        ("", _("任何机构")),
        *((kind, str(words[kind])) for kind in reading.CARE_KINDS),
        ("inclusive", _("普惠")),
    ]


def measure(on) -> dict[str, Parameter]:
    """The district's minutes and metres, with their basis."""
    rows = Parameter.objects.filter(key__in=(reading.MINUTES, reading.METRES)).current(on)
    return {row.key: row for row in rows.select_related("clause__document")}


def kind_of(query) -> str:
    """Which facilities the address asks for."""
    kind = query.get("kind", "")
    return kind if kind in dict(kinds()) else ""


def without(rows: list, kind: str) -> list:
    """The neighbourhoods that have none within the circle, those with most children first."""
    bare = [row for row in rows if not row.covered(kind)]
    return sorted(bare, key=lambda row: -(row.neighbourhood.under_three or 0))


@require_GET
def circle(request, district):
    """Per street and for each kind: how many neighbourhoods and children have none; the list of them."""
    request.actor.demand("residents.view")
    on = timezone.localdate()
    found = measure(on)
    metres = found.get(reading.METRES)
    kind = kind_of(request.GET)
    rows = reading.reached(on, float(metres.value)) if metres else []
    streets = list(Street.objects.order_by("code"))
    by_street = {
        street.pk: [row for row in rows if row.neighbourhood.street_id == street.pk] for street in streets
    }
    bare = without(rows, kind)
    near = reading.nearest(bare[:SHOWN], on, kind)
    listings = credit.listings(found[0] for found in near.values())
    located = Facility.objects.operating().exclude(kind="guidance_point")
    return render(
        request,
        "facilities/circle.html",
        {
            "tabs": tabs(request, "circle"),
            "metres": metres,
            "minutes": found.get(reading.MINUTES),
            "kind": kind,
            "kinds": [
                {"label": label, "url": f"?kind={key}" if key else "?", "current": key == kind}
                for key, label in kinds()
            ],
            "by_kind": [(label, key, reading.counted(rows, key)) for key, label in kinds()],
            "whole": reading.counted(rows, kind),
            "rows": [(street, reading.counted(by_street[street.pk], kind)) for street in streets],
            "bare": [
                {
                    "row": row.neighbourhood,
                    "street": row.neighbourhood.street,
                    "across": row.only_across(kind),
                    "near": near.get(row.neighbourhood.pk),
                    "listing": listings.get(near.get(row.neighbourhood.pk, (None,))[0]),
                }
                for row in bare[:SHOWN]
            ],
            "more": max(0, len(bare) - SHOWN),
            "unlocated": located.filter(latitude__isnull=True).count(),
        },
    )
