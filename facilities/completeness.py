"""Reading: what facilities have and lack, in one query whatever their number."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Subquery

from facilities.models import CareClass, Employment, Facility, Fee, Menu, Premises, PremisesArea, Proposal
from facilities.rules import life


def of_facility(model):
    return model.objects.filter(facility=OuterRef("pk"))


def with_file(facilities: QuerySet, on: date) -> QuerySet:
    """Facilities with what their files hold on a day, for `facts`."""
    lease = (
        of_facility(Premises)
        .filter(ends_on__isnull=True, lease_until__isnull=False)
        .order_by()
        .values("facility")
        .annotate(first=Min("lease_until"))
        .values("first")
    )
    areas = PremisesArea.objects.filter(premises__facility=OuterRef("pk"), premises__ends_on__isnull=True)
    return facilities.annotate(
        has_premises=Exists(areas),
        has_classes=Exists(of_facility(CareClass).filter(ended_on__isnull=True)),
        has_fees=Exists(of_facility(Fee).filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on))),
        has_menu=Exists(of_facility(Menu).filter(week=on - timedelta(on.weekday()))),
        lease_until=Subquery(lease),
    ).defer("search_text")


def gaps(facility: Facility, on: date) -> list[life.Gap]:
    """What the file of a facility of `with_file` lacks."""
    return life.gaps(
        facility.kind,
        {
            "operator": facility.operator_id is not None,
            "credit_code": bool(facility.credit_code),
            "head": bool(facility.head),
            "phone": bool(facility.phone),
            "premises": facility.has_premises,
            "classes": facility.has_classes,
            "fees": facility.has_fees,
            "fees_published_on": facility.fees_published_on,
            "insured_until": facility.insured_until,
            "lease_until": facility.lease_until,
            "meals": facility.meals,
            "menu": facility.has_menu,
        },
        on,
    )


def life_facts(facility: Facility, on: date) -> dict[str, bool]:
    """The facts that rules/life.NEEDS asks about, on a day."""
    staff = Employment.objects.filter(facility=facility, starts_on__lte=on).open_on(on)
    areas = PremisesArea.objects.filter(premises__facility=facility, premises__ends_on__isnull=True)
    counted = Facility.objects.filter(pk=facility.pk).aggregate(
        staff=Count("pk", filter=Exists(staff)),
        premises=Count("pk", filter=Exists(areas)),
        proposals=Count("pk", filter=Exists(Proposal.objects.filter(facility=facility, state="proposed"))),
    )
    return {
        "operator": facility.operator_id is not None,
        "head": bool(facility.head),
        "phone": bool(facility.phone),
        "credit_code": bool(facility.credit_code),
        "insured": facility.insured_until is not None and facility.insured_until >= on,
        "fees": facility.fees_published_on is not None,
        "premises": bool(counted["premises"]),
        "staff": bool(counted["staff"]),
        "no_children": not facility.enrolled,
        "no_proposal": not counted["proposals"],
    }
