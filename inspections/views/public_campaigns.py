"""Special campaigns for people without sign-in: why, what, when, how many, what was found and is public."""

from __future__ import annotations

from collections import Counter

from django.db.models import Q
from django.shortcuts import render
from django.views.decorators.http import require_GET

from facilities.models import Facility
from inspections.models import Campaign, Finding, Inspection, MatterVersion
from inspections.views.public import _district


@require_GET
def campaigns(request, district):
    """The published campaigns of a district, the latest first. Facilities are named by their published results only."""
    place = _district(district)
    rows = list(
        Campaign.objects.filter(district=place, published_on__isnull=False)
        .only("district_id", *Campaign.public_columns)
        .order_by("-published_on", "-pk")[:100]
    )
    # the database shows what is public today and nothing else
    public = Inspection.objects.filter(campaign__in=rows).order_by()
    results = Counter(public.values_list("campaign_id", flat=True))
    found = Finding.objects.filter(inspection__campaign__in=rows).exclude(state="withdrawn")
    findings = Counter(found.order_by().values_list("inspection__campaign_id", flat=True))
    kinds = dict(Facility.Kind.choices)
    names = dict(
        MatterVersion.objects.filter(Q(district=place), published_on__isnull=False)
        .order_by("number")
        .values_list("matter__key", "name")
    )
    for row in rows:
        row.kind_names = [kinds.get(kind, kind) for kind in row.kinds]
        row.matter_names = [names.get(key, key) for key in row.matters]
        row.results, row.findings = results[row.pk], findings[row.pk]
    return render(request, "public/campaigns.html", {"public_district": place, "campaigns": rows})
