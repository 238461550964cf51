"""Where the children of a facility that closes or pauses could go: its classes, and free places near by."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, Q

from facilities.models import CareClass, Facility
from facilities.rules.nearness import metres, order

SHOWN = 20


@dataclass(frozen=True)
class Free:
    """A facility in operation with free places; `metres` as the crow flies, None where a point is missing."""

    facility: Facility
    free: int
    metres: int | None
    same_street: bool


def point(facility: Facility) -> tuple[float, float] | None:
    if facility.latitude is None or facility.longitude is None:
        return None
    return float(facility.latitude), float(facility.longitude)


def classes(facility: Facility) -> list[CareClass]:
    """The open classes with their children."""
    return list(CareClass.objects.filter(facility=facility, ended_on=None).order_by("kind", "name"))


def free_places(facility: Facility) -> list[Free]:
    """Facilities in operation with free places, nearest first; of those without a point the same street first.

    Care by the hour alone takes no child by the day, so sites of that kind are left out.
    """
    rows = (
        Facility.objects.filter(state="operating", places__gt=F("enrolled"))
        .filter(Q(full_day=True) | Q(half_day=True))
        .exclude(pk=facility.pk)
        .select_related("street")
        .defer("search_text")
    )
    here = point(facility)
    found = [
        Free(row, row.places - row.enrolled, metres(here, point(row)), row.street_id == facility.street_id)
        for row in rows
    ]
    found.sort(key=lambda one: (*order(one.metres, one.same_street), one.facility.code))
    return found[:SHOWN]
