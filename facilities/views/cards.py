"""The card of 'today' that this app serves."""

from __future__ import annotations

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from facilities import lists
from facilities.models import Employment, StaffMember
from facilities.models.credit import listing
from facilities.views.rows import clock

SHOWN = 6


@require_GET
def expiring(request, district):
    """Certificates of people at work that end within 30 days, the next first."""
    request.actor.demand("staff.view")
    on = timezone.localdate()
    members = StaffMember.objects.allowed(request.actor, "staff.view")
    ending = lists.expiring(on).filter(staff__in=members.values("pk"))
    work = {}
    found = list(
        ending.select_related("staff")
        .defer("staff__identity", "staff__phone", "staff__search_text")
        .order_by("valid_until", "pk")[: SHOWN + 1]
    )
    for row in (
        Employment.objects.filter(staff__in=[c.staff_id for c in found])
        .open_on(on)
        .select_related("facility")
        .annotate(listing=listing("facility"))
    ):
        work[row.staff_id] = row
    rows = [(c, work.get(c.staff_id), clock(c.valid_until, c.kind, on)) for c in found[:SHOWN]]
    for _certificate, _work, due in rows:
        due["share"] = max(3, 100 * due["left"] / 30)
    return render(request, "facilities/card_expiring.html", {"rows": rows, "more": len(found) > SHOWN})
