"""Which facilities a campaign means, what they had this year, and which departments have items there."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Q

from facilities.models import Facility
from inspections.models import Campaign, Inspection, Matter
from inspections.services import joint
from inspections.services.checklists import versions_for


def objects_of(campaign: Campaign):
    """The operating facilities that meet the criteria, as the register stands."""
    rows = Facility.objects.operating().filter(kind__in=campaign.kinds)
    if campaign.street_id is not None:
        rows = rows.filter(street=campaign.street_id)
    if campaign.streets:
        rows = rows.filter(street__code__in=campaign.streets)
    if campaign.grades:
        wanted = Q(grade__in=campaign.grades)
        rows = rows.filter(wanted | Q(grade="") if "B" in campaign.grades else wanted)
    if campaign.codes:
        rows = rows.filter(code__in=campaign.codes)
    return rows.order_by("code")


def counts_of_year(facilities, year: int) -> dict[int, dict[str, int]]:
    """Facility's id -> how many visits the draws of the year gave it, which the cap counts, and how many campaigns
    did, which it does not."""
    rows = (
        Inspection.objects.filter(facility__in=facilities, month__year=year)
        .exclude(state="cancelled")
        .order_by()
        .values("facility_id")
        .annotate(
            drawn=Count("pk", filter=Q(kind=Inspection.Kind.DRAWN)),
            campaigns=Count("pk", filter=Q(campaign__isnull=False)),
        )
    )
    return {row.pop("facility_id"): row for row in rows}


def departments_for(campaign: Campaign, on: date) -> dict[str, tuple[str, ...]]:
    """Kind of facility -> the departments that take part and have items for it; empty where none was asked."""
    taking = list(
        campaign.units.filter(state="accepted").order_by("position").values_list("unit__slug", flat=True)
    )
    if not campaign.units.exists():
        return {}
    wanted = set(Matter.objects.filter(key__in=campaign.matters).values_list("pk", flat=True))
    found = {}
    for kind in campaign.kinds:
        sheet = joint.sheet_for(kind, versions_for(kind, on), matters=wanted, units=set(taking))
        found[kind] = tuple(slug for slug in taking if slug in sheet.departments)
    return found
