"""Reading for the pages of 宝宝屋: streets with their quota, sites of a street, what a site has."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from facilities import supply
from facilities.models import CareSession, Enrolment, Facility, Site
from facilities.models.credit import listing
from facilities.rules.sites import Quota
from portal.models.places import Street
from portal.rules.rights import Reach
from portal.services import parameters

KIND, RESIDENTS = "baby_house", "one_to_three"
AHEAD = timedelta(14)


@dataclass
class StreetRow:
    """A street with its sites and the quota of its places; residents of `year`, from `source`."""

    street: Street
    quota: Quota
    year: int | None = None
    source: str = ""
    sites: list[SiteRow] = field(default_factory=list)

    @property
    def fill(self) -> float:
        """Per cent of the places asked for that are there."""
        needed = self.quota.needed
        return 100.0 if needed == 0 else min(100.0, 100 * self.quota.places / needed) if needed else 0.0


@dataclass(frozen=True)
class SiteRow:
    """A site in the list: what it offers, how many children, sessions in the coming fortnight."""

    facility: Facility
    modes: list[str]
    children: int
    sessions: int
    free: int


def quota_percent(on: date) -> Decimal | None:
    """The share of places that the district asks for; None where no document of the district does."""
    found = parameters.values(["baby_house.quota_percent"], on).get("baby_house.quota_percent")
    return None if found is None else Decimal(str(found))


def quotas(actor, on: date, rows: list[SiteRow] | None = None) -> list[StreetRow]:
    """Each street within reach with its sites and the quota of its operating sites' places.

    rows: the sites within reach, when the caller has them; who reaches all streets sees those without sites, too.
    """
    rows = sites(actor, on) if rows is None else rows
    by_street: dict[int, list[SiteRow]] = {}
    for row in rows:
        by_street.setdefault(row.facility.street_id, []).append(row)
    streets = Street.objects.filter(Q(is_street=True) | Q(pk__in=list(by_street)))
    if not whole(actor):
        reached = Street.objects.allowed(actor, "site.view").values("pk")
        streets = streets.filter(Q(pk__in=reached) | Q(pk__in=list(by_street)))
    known, percent = supply.newest(on, (RESIDENTS,)), quota_percent(on)
    found = []
    for street in streets.only("id", "name", "code"):
        here, counted = by_street.get(street.pk, []), known.get((street.pk, RESIDENTS))
        places = sum(row.facility.places for row in here if row.facility.state == "operating")
        quota = Quota(places, counted.count if counted else None, percent)
        found.append(
            StreetRow(
                street, quota, counted.year if counted else None, counted.source if counted else "", here
            )
        )
    return found


def whole(actor) -> bool:
    return Reach.ALL in actor.reaches("site.view")


def counted(rows: QuerySet, value) -> Coalesce:
    """A figure of the rows of each facility, 0 where there are none."""
    grouped = rows.order_by().values("facility").annotate(n=value).values("n")
    return Coalesce(Subquery(grouped, output_field=IntegerField()), 0)


def sites(actor, on: date, state: str = "") -> list[SiteRow]:
    """The sites within reach by street and code, two queries whatever their number."""
    rows = Facility.objects.allowed(actor, "site.view").filter(kind=KIND)
    rows = rows.filter(state=state) if state else rows.exclude(state="closed")
    children = Enrolment.objects.filter(facility=OuterRef("pk"), state="admitted")
    ahead = CareSession.objects.filter(facility=OuterRef("pk"), state="open", on__gte=on, on__lt=on + AHEAD)
    found = list(
        rows.select_related("street")
        .only("id", "code", "name", "state", "places", "street__id", "street__name")
        .annotate(
            children=counted(children, Count("pk")),
            ahead=counted(ahead, Count("pk")),
            free=counted(ahead, Sum(F("places") - F("taken"))),
            listing=listing(),
        )
        .order_by("street__code", "code")
    )
    described = {row.facility_id: row.modes for row in Site.objects.filter(facility__in=found)}
    return [SiteRow(row, described.get(row.pk, []), row.children, row.ahead, row.free) for row in found]


def week(facility: Facility, first: date, days: int = 7) -> list[tuple[date, list[CareSession]]]:
    """The days from `first` on, each with its sessions."""
    rows = (
        CareSession.objects.filter(facility=facility, on__gte=first, on__lt=first + timedelta(days))
        .select_related("room")
        .order_by("on", "starts_at", "room__name")
    )
    by_day: dict[date, list[CareSession]] = {first + timedelta(n): [] for n in range(days)}
    for row in rows:
        by_day[row.on].append(row)
    return list(by_day.items())
