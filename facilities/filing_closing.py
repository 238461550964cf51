"""The children of a facility that closes or pauses, who of them has another place, and free places near by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from facilities import credit
from facilities.models import CareClass, CareSession, Enrolment, Facility, Filing
from facilities.models.enrolments import OPEN
from facilities.rules import families
from facilities.rules.filing_form import REVOCATION, SURRENDER, SUSPENSION
from facilities.rules.nearness import metres, order

SHOWN = 20
#: How far ahead the free sessions of a site are counted.
AHEAD = timedelta(14)
KINDS = (SUSPENSION, SURRENDER, REVOCATION)


@dataclass(frozen=True)
class Free:
    """A facility in operation with free places; `metres` as the crow flies, None where a point is missing;
    `sessions`: of a site, those to come that have places."""

    facility: Facility
    free: int
    metres: int | None
    same_street: bool
    sessions: int = 0


@dataclass(frozen=True)
class Leaving:
    """A child who needs another place: `elsewhere` if one is applied for or found."""

    enrolment: Enrolment
    months: int
    elsewhere: bool


def point(facility: Facility) -> tuple[float, float] | None:
    if facility.latitude is None or facility.longitude is None:
        return None
    return float(facility.latitude), float(facility.longitude)


def classes(facility: Facility) -> list[CareClass]:
    """The open classes with their children."""
    return list(CareClass.objects.filter(facility=facility, ended_on=None).order_by("kind", "name"))


# --- The children


def children(filing: Filing) -> QuerySet[Enrolment]:
    """The enrolments at the filing's facility that are open, or that its end ended, with `elsewhere`."""
    mine = Q(state__in=OPEN)
    if filing.effect_at is not None and filing.kind != SUSPENSION:
        mine |= Q(state="ended", ends_on=filing.effect_on)
    others = Enrolment.objects.filter(child=OuterRef("child"), state__in=OPEN, facility__state="operating")
    return (
        Enrolment.objects.filter(mine, facility=filing.facility_id)
        .annotate(elsewhere=Exists(others.exclude(facility=filing.facility_id)))
        .select_related("child__street", "care_class")
    )


def counts(filing: Filing) -> tuple[int, int]:
    """Children on file, and how many of them have no other place yet."""
    found = children(filing).aggregate(all=Count("pk"), left=Count("pk", filter=Q(elsewhere=False)))
    return found["all"], found["left"]


def without_place(filings: QuerySet[Filing]) -> dict[int, int]:
    """{facility: children without another place} of several filings at once."""
    others = Enrolment.objects.filter(child=OuterRef("child"), state__in=OPEN, facility__state="operating")
    rows = (
        Enrolment.objects.filter(state__in=OPEN, facility__in=filings.values("facility"))
        .exclude(Exists(others.exclude(facility=OuterRef("facility"))))
        .values("facility")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return {row["facility"]: row["n"] for row in rows}


def row(enrolment: Enrolment, on: date) -> Leaving:
    return Leaving(enrolment, families.months_old(enrolment.child.birth_month, on), enrolment.elsewhere)


# --- Where they could go


def staying(facility: Facility) -> QuerySet[Facility]:
    """Facilities in operation that do not themselves end or pause by a filing under way."""
    leaving = Filing.objects.filter(
        Q(state__in=("sent", "received", "hearing", "proposed")) | Q(state="issued", effect_at__isnull=True),
        kind__in=KINDS,
        facility__isnull=False,
    )
    return (
        Facility.objects.filter(state="operating")
        .exclude(pk=facility.pk)
        .exclude(pk__in=leaving.values("facility"))
        .select_related("street")
        .defer("search_text")
    )


def nearest(found: list[Free]) -> list[Free]:
    """The nearest few, each facility with its `listing`: parents are sent there."""
    found.sort(key=lambda one: (*order(one.metres, one.same_street), one.facility.code))
    shown = found[:SHOWN]
    listings = credit.listings(one.facility.pk for one in shown)
    for one in shown:
        one.facility.listing = listings.get(one.facility.pk)
    return shown


def free_places(facility: Facility) -> list[Free]:
    """Places by the day, nearest first; of facilities without a point the same street first.

    Care by the hour alone takes no child by the day, so sites of that kind are left out.
    """
    rows = staying(facility).filter(Q(full_day=True) | Q(half_day=True), places__gt=F("enrolled"))
    here = point(facility)
    return nearest(
        [
            Free(
                one, one.places - one.enrolled, metres(here, point(one)), one.street_id == facility.street_id
            )
            for one in rows
        ]
    )


def free_sessions(facility: Facility, on: date) -> list[Free]:
    """Sites with free places by the hour in the next fortnight, nearest first."""
    sessions = (
        CareSession.objects.free()
        .filter(on__gt=on, on__lte=on + AHEAD)
        .values("facility")
        .annotate(n=Count("pk"), free=Sum(F("places") - F("taken")))
        .order_by()
    )
    found = {one["facility"]: one for one in sessions}
    here = point(facility)
    return nearest(
        [
            Free(
                one,
                found[one.pk]["free"],
                metres(here, point(one)),
                one.street_id == facility.street_id,
                found[one.pk]["n"],
            )
            for one in staying(facility).filter(pk__in=found)
        ]
    )
