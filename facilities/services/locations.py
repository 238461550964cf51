"""Where things stand: a pasted pair in a datum becomes a point in WGS-84 that can be in the district."""

from __future__ import annotations

from django.utils.translation import gettext as _

from facilities.models import Facility
from facilities.rules import geo
from facilities.services.facilities import change_facility
from facilities.services.refusals import refuse_field
from portal.access import Actor
from portal.models.places import District


def checked(point: geo.Point, district: District, field: str = "point") -> geo.Point:
    """The point; Refused when it cannot be in the district or near it."""
    if not geo.plausible(point, district.surroundings):
        refuse_field(field, _(geo.OUTSIDE) % {"district": district.name}, "outside")
    return point


def read_point(text: str, datum: str, district: District, field: str = "point") -> geo.Point:
    """The point in WGS-84 that a person pasted; Refused with a sentence."""
    try:
        point = geo.from_datum(geo.read_pair(text), datum)
    except geo.WrongPoint as wrong:
        refuse_field("datum" if wrong.key == "datum" else field, _(geo.PROBLEMS[wrong.key]), wrong.key)
    return checked(point, district, field)


def locate_facility(facility: Facility, text: str, datum: str, *, actor: Actor, version: int) -> Facility:
    """Puts a facility on the map; the district owns the place as it owns the address."""
    actor.demand("facility.manage")
    latitude, longitude = read_point(text, datum, actor.district).decimals()
    return change_facility(facility, actor=actor, version=version, latitude=latitude, longitude=longitude)
