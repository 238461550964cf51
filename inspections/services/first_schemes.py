"""The line with which a district's first plan begins: the monthly draw in the streets, with the parameters of the day."""

from __future__ import annotations

from django.utils import timezone

from facilities.models import Facility
from inspections.models import InspectionPlan, Scheme
from portal.models.policy import Clause
from portal.services import parameters

SCHEME_KEY = "safety-health"
#: Parameters of a scheme (portal/reference/parameters.yaml): field -> key. Most are weak: a district changes them.
PARAMETERS = {
    "rates_permille": "draw.rates_permille",
    "team_size": "draw.team_size",
    "cap": "draw.cap_per_year",
    "freeze_days_before": "draw.freeze_days_before",
    "window_days": "draw.window_days",
    "last_day": "draw.last_day",
    "chained_allowed": "draw.chained_allowed",
}


def make_scheme(plan: InspectionPlan, *, clause: Clause | None = None) -> Scheme:
    """The monthly draw of all kinds of facilities in the plan, on the clause where the district has one for it."""
    values = parameters.values(list(PARAMETERS.values()), timezone.localdate())
    return Scheme.objects.create(
        plan=plan,
        key=SCHEME_KEY,
        name="每月街镇双随机",  # content
        subject="安全防控、卫生保健等项目",  # content
        clause=clause,
        kinds=[kind for kind in Facility.Kind.values if kind != Facility.Kind.GUIDANCE_POINT],
        **{field: values[key] for field, key in PARAMETERS.items() if key in values},
    )
