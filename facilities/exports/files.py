"""Facilities' files, operators and neighbourhoods as spreadsheets, under the headings by which they come in: what goes
out can be mended and brought in again, and unmended it changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db.models import QuerySet

from facilities.exports.register import LISTED_COLUMN, listed_word
from facilities.exports.sheet import CHUNK, many, ordered
from facilities.imports import around, file, keepers, menus, notices, sites
from facilities.imports.file import USES, worded
from facilities.models import (
    CareClass,
    Facility,
    FacilityGrant,
    Fee,
    FeeNotice,
    Insurance,
    Menu,
    Permit,
    Premises,
    Room,
    Site,
    credit,
)
from facilities.views import neighbourhoods as neighbourhood_views
from facilities.views import operators as operator_views
from portal.models.places import Street
from portal.rules.machine import marked
from portal.spreadsheets import Asked, Column, ExportList, OutColumn, Rows


def out(columns: tuple[Column, ...]) -> Callable[[Asked], tuple[OutColumn, ...]]:
    heads = tuple(OutColumn(c.heading, c.width) for c in columns)
    return lambda asked: heads


def values(row, columns: tuple[Column, ...], **own) -> tuple:
    """A record's cells: the facility by code and name, a choice by its word, the rest as it stands."""
    made = []
    for column in columns:
        field = column.field
        if field in own:
            made.append(own[field])
        elif field == "facility_code":
            made.append(row.facility.code)
        elif field == "facility_name":
            made.append(row.facility.name)
        elif word := getattr(row, f"get_{field}_display", None):
            made.append(str(word()))
        else:
            made.append(getattr(row, field))
    return tuple(made)


def listing(
    columns: tuple[Column, ...], found: Callable[[Asked], QuerySet], own: Callable = lambda row: {}
) -> Callable[[Asked], Rows]:
    def rows_of(asked: Asked) -> Rows:
        queryset = found(asked)

        def rows() -> Iterator[tuple]:
            for row in queryset.iterator(chunk_size=CHUNK):
                yield values(row, columns, **own(row))

        return Rows(many(queryset), rows())

    return rows_of


def of_facilities(model, order: tuple[str, ...], **still) -> Callable[[Asked], QuerySet]:
    """What stands in the files that the person sees, of facilities that are not closed."""

    def found(asked: Asked) -> QuerySet:
        reached = model.objects.allowed(asked.actor, "facility.view").filter(**still)
        reached = reached.exclude(facility__state="closed").select_related("facility")
        return reached.defer("facility__search_text").order_by("facility__code", *order)

    return found


def areas(row: Premises) -> dict:
    floors: dict[str, dict] = {}
    for area in row.areas.all():
        floors.setdefault(area.use, {})[area.floor] = area.area
    # one number is read as the first floor's
    return dict.fromkeys(USES, "") | {
        use: found[1] if set(found) == {1} else worded(found) for use, found in floors.items()
    }


def premises(asked: Asked) -> QuerySet:
    return of_facilities(Premises, ("name",), ends_on__isnull=True)(asked).prefetch_related("areas")


def operators(asked: Asked) -> QuerySet:
    _q, found = operator_views.chosen(asked.actor, asked.query)
    return ordered(found, operator_views.SORTS, asked.query, "name")


def neighbourhoods(asked: Asked) -> QuerySet:
    streets = list(Street.objects.only("id"))
    _street, found = neighbourhood_views.chosen(asked.actor, asked.query, asked.on, streets)
    return ordered(found.select_related("street"), neighbourhood_views.SORTS, asked.query, "street")


def site_rows(asked: Asked) -> Rows:
    """The sites as they come in, and the list of the credit record on which each stands."""
    found = of_facilities(Site, ())(asked).annotate(listing=credit.listing("facility"))

    def rows() -> Iterator[tuple]:
        for row in found.iterator(chunk_size=CHUNK):
            yield (*values(row, sites.SITES), listed_word(row))

    return Rows(many(found), rows())


def grants(asked: Asked) -> QuerySet:
    """Which account keeps which facility, of those that the person may entrust."""
    reached = Facility.objects.allowed(asked.actor, "facility.entrust").exclude(state="closed")
    found = FacilityGrant.objects.filter(content_object__in=reached).select_related("content_object", "user")
    return found.defer("content_object__search_text").order_by("content_object__code", "user__username")


def of_grant(row: FacilityGrant) -> dict:
    kept = row.content_object
    return {"facility_code": kept.code, "facility_name": kept.name, "username": row.user.username}


EXPORTS = (
    ExportList(
        "premises", marked("场所"), "facilities", "facility.view", out(file.PREMISES),
        listing(file.PREMISES, premises, areas),
    ),
    ExportList(
        "classes", marked("班级"), "facilities", "facility.view", out(file.CLASSES),
        listing(file.CLASSES, of_facilities(CareClass, ("name",), ended_on__isnull=True)),
    ),
    ExportList(
        "fees", marked("收费标准"), "facilities", "facility.view", out(file.FEES),
        listing(file.FEES, of_facilities(Fee, ("item", "note", "unit"), ends_on__isnull=True)),
    ),
    ExportList(
        "fee-notices", marked("收费公示"), "facilities", "facility.view", out(notices.NOTICES),
        listing(notices.NOTICES, of_facilities(FeeNotice, ("-published_on", "pk"))),
    ),
    ExportList(
        "insurance", marked("保险"), "facilities", "facility.view", out(file.INSURANCE),
        listing(file.INSURANCE, of_facilities(Insurance, ("kind", "ends_on", "pk"))),
    ),
    ExportList(
        "permits", marked("证照"), "facilities", "facility.view", out(file.PERMITS),
        listing(file.PERMITS, of_facilities(Permit, ("kind", "name", "valid_until", "pk"))),
    ),
    ExportList(
        "menus", marked("食谱"), "facilities", "facility.view", out(menus.MENUS),
        listing(menus.MENUS, of_facilities(Menu, ("-week",))),
    ),
    ExportList(
        "keepers", marked("谁来管机构"), "facilities", "facility.entrust", out(keepers.KEEPERS),
        listing(keepers.KEEPERS, grants, of_grant),
    ),
    ExportList(
        "sites", marked("宝宝屋"), "sites", "facility.view", lambda asked: (*out(sites.SITES)(asked), LISTED_COLUMN),
        site_rows,
    ),
    ExportList(
        "rooms", marked("宝宝屋照护室"), "sites", "facility.view", out(sites.ROOMS),
        listing(sites.ROOMS, of_facilities(Room, ("name",))),
    ),
    ExportList(
        "operators", marked("举办者"), "operators", "facility.view", out(around.OPERATORS),
        listing(around.OPERATORS, operators),
    ),
    ExportList(
        "neighbourhoods", marked("居委"), "neighbourhoods", "residents.view", out(around.NEIGHBOURHOODS),
        listing(around.NEIGHBOURHOODS, neighbourhoods, lambda row: {"street": row.street.name}),
    ),
)  # fmt: skip
