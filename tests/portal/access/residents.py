"""Rows of residents, places, the map, neighbourhoods, kindergartens."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from facilities.models import (
    Kindergarten,
    Neighbourhood,
    Population,
)
from portal.models import Street
from tests import rows
from tests.portal.access.facilities import of_facility, version_of
from tests.portal.access.rows import Row, fresh, numbers
from tests.portal.stage import Place, days


def of_street(place: Place) -> dict:
    return {"pk": place.street.pk}


def year_of(place: Place) -> dict:
    return {"pk": place.street.pk, "year": timezone.localdate().year - 1}


def counting(place: Place):
    kwargs = year_of(place)
    return kwargs, {"total": 90000, "counted_on": f"{kwargs['year']}-12-31", "source": "示例年报"}


def deciding(place: Place):
    kwargs = year_of(place)
    row = Population.objects.proposed().filter(street=place.street, year=kwargs["year"]).first()
    if row is None:
        row = rows.make(Population, street=place.street, year=kwargs["year"], kind="births", state="proposed")
    return kwargs, {"accept": "yes", "seen": str(row.pk)}


def arranging(place: Place):
    here = Street.objects.exclude(tile_column=None)
    return {}, {f"{name}_{s.pk}": getattr(s, f"tile_{name}") for s in here for name in ("column", "row")}


def neighbourhood_of(place: Place) -> dict:
    return {"pk": rows.make(Neighbourhood, street=place.street, latitude=31.1, longitude=121.4).pk}


def here(place: Place) -> tuple[float, float]:
    """A point of the place's district."""
    south, west, north, east = place.district.surroundings
    return (south + north) / 2, (west + east) / 2


def neighbouring(place: Place) -> dict:
    latitude, longitude = here(place)
    return {
        "street": place.street.pk, "name": f"示例居委{fresh()}", "point": f"{latitude},{longitude}", "datum": "wgs84",
        "under_three": 30, "source": "示例台账", "counted_on": days(-90),
    }  # fmt: skip


def locating(place: Place):
    latitude, longitude = here(place)
    return of_facility(place), {
        "point": f"{latitude},{longitude}", "datum": "gcj02", "version": version_of(place),
    }  # fmt: skip


def kindergarten_of(place: Place) -> dict:
    return {"pk": rows.make(Kindergarten, street=place.street, opened_on=date(2020, 1, 1)).pk}


def teaching(place: Place) -> dict:
    return {
        "code": f"K{next(numbers)}", "name": "示例幼儿园", "street": place.street.pk, "ownership": "public",
        "opened_on": "2020-09-01", "closed_on": "", "works": "new", "works_on": "2020-08-01", "facility": "",
    }  # fmt: skip


RESIDENTS = [
    Row("circle", "GET", "residents.view", denied=403),
    Row("what-if", "GET", "residents.view", denied=403),
    Row("map", "GET", "residents.view", denied=403),
    Row("facility-location", "GET", "facility.view", make=of_facility),
    Row(
        "facility-location",
        "POST",
        "facility.view",
        then=("facility.manage", 403),
        make=locating,
    ),
    Row("neighbourhoods", "GET", "residents.view", denied=403),
    Row("neighbourhood-new", "GET", "neighbourhood.manage", denied=403),
    Row(
        "neighbourhood-new",
        "POST",
        "neighbourhood.manage",
        denied=403,
        beyond=422,
        make=lambda p: ({}, neighbouring(p)),
    ),
    Row("neighbourhood", "GET", "neighbourhood.manage", denied=403, make=neighbourhood_of),
    Row(
        "neighbourhood",
        "POST",
        "neighbourhood.manage",
        denied=403,
        make=lambda p: (neighbourhood_of(p), neighbouring(p) | {"version": 1}),
    ),
    Row(
        "neighbourhood-end",
        "POST",
        "neighbourhood.manage",
        denied=403,
        make=lambda p: (neighbourhood_of(p), {"ended_on": days(0), "version": 1}),
    ),
    Row("kindergartens", "GET", "facility.view", denied=403),
    Row("kindergarten-new", "GET", "facility.manage", denied=403),
    Row("kindergarten-new", "POST", "facility.manage", denied=403, make=lambda p: ({}, teaching(p))),
    Row("kindergarten", "GET", "facility.manage", denied=403, make=kindergarten_of),
    Row(
        "kindergarten",
        "POST",
        "facility.manage",
        denied=403,
        make=lambda p: (kindergarten_of(p), teaching(p) | {"version": 1}),
    ),
    Row("supply", "GET", "residents.view", denied=403),
    Row("forecast", "GET", "residents.view", denied=403),
    Row("street-tiles", "GET", "street.arrange", denied=403),
    Row("street-tiles", "POST", "street.arrange", denied=403, make=arranging),
    Row("residents", "GET", "residents.view", denied=403),
    Row("residents-street", "GET", "residents.view", denied=403, make=of_street),
    Row("residents-year", "GET", "residents.enter", denied=403, make=year_of),
    Row("residents-year", "POST", "residents.enter", denied=403, make=counting),
    Row("residents-decide", "POST", "residents.decide", denied=403, make=deciding),
]
