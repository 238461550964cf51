"""The inspections' parts of 'today'."""

from __future__ import annotations

import calendar

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from inspections import month_clocks
from portal.calendar import working_days


@require_GET
def month_card(request, district):
    """The month ribbon."""
    request.actor.demand("month.view")
    on = timezone.localdate()
    last = on.replace(day=calendar.monthrange(on.year, on.month)[1])
    return render(
        request,
        "inspections/card_month.html",
        {
            "month": on.replace(day=1),
            "on": on,
            "lanes": month_clocks.lanes(request.actor, on),
            "days": working_days(on.replace(day=1), last),
        },
    )
