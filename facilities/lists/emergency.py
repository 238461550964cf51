"""Reading for the pages of plans and drills: what a facility has of what it must have, and what is late.

Each function is one query whatever the number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from facilities.models import EmergencyPlan
from facilities.rules.emergency import FIRE, KINDS, drill_due
from facilities.search import matching
from portal.models.policy import Parameter
from portal.rules.clocks import Light, latest_base, light_of, lights, warn_days

KEYS = {
    "kinds": "emergency.kinds",
    "fire": "emergency.fire_drill_months",
    "other": "emergency.drill_months",
    "review": "emergency.review_months",
    "warn": "expiry.warn_days",
}
#: Who must have plans; a guidance point cares for nobody.
BOUND_KINDS = ("integrated_kindergarten", "nursery", "inclusive_site", "baby_house")


@dataclass(frozen=True)
class Measure:
    """What the district asks for on a day."""

    on: date
    kinds: tuple[str, ...]
    months: dict[str, int | None]
    review_months: int | None
    lights: list[Light]
    #: the parameter of the kinds, for its clause
    source: Parameter | None

    def drill_due(self, plan: EmergencyPlan) -> date | None:
        return drill_due(plan.kind, plan.approved_on, plan.drilled_on, self.months)

    def light(self, due: date) -> Light:
        return light_of(due, self.on, self.lights)


def measure(on: date) -> Measure:
    rows = Parameter.objects.filter(key__in=KEYS.values()).current(on).select_related("clause__document")
    found = {row.key: row for row in rows}
    values = {name: found[key].value if key in found else None for name, key in KEYS.items()}
    numbers = {name: int(values[name]) if values[name] else None for name in ("fire", "other", "review")}
    return Measure(
        on,
        tuple(kind for kind in values["kinds"] or () if kind in KINDS),
        {"fire": numbers["fire"], "other": numbers["other"]},
        numbers["review"],
        lights(warn_days(values["warn"])),
        found.get(KEYS["kinds"]),
    )


def of_kind(**conditions):
    return Exists(EmergencyPlan.objects.in_force().filter(facility=OuterRef("pk"), **conditions))


def lacking(kinds) -> Q:
    """Facilities without a plan in force of one of these kinds."""
    found = Q(pk__in=[])
    for kind in kinds:
        found |= ~Q(of_kind(kind=kind))
    return found


def drill_late(asked: Measure) -> Q:
    """Facilities with a plan in force whose drill was due before the day."""
    plans = EmergencyPlan.objects.in_force().annotate(counted=Coalesce("drilled_on", "approved_on"))
    late = Q(pk__in=[])
    yesterday = asked.on - timedelta(1)
    if asked.months["fire"]:
        late |= Q(kind=FIRE, counted__lte=latest_base(yesterday, asked.months["fire"]))
    if asked.months["other"]:
        late |= ~Q(kind=FIRE) & Q(counted__lte=latest_base(yesterday, asked.months["other"]))
    return Q(Exists(plans.filter(late, facility=OuterRef("pk"))))


def review_late(asked: Measure) -> Q:
    return Q(of_kind(review_on__lt=asked.on))


def facilities(queryset: QuerySet, wanted: dict, asked: Measure) -> tuple[QuerySet, bool]:
    """Facilities that must have plans, under the conditions of the list; and whether a broad search is among them."""
    queryset = queryset.filter(kind__in=BOUND_KINDS, state__in=("operating", "suspended"))
    if wanted.get("street"):
        queryset = queryset.filter(street__in=wanted["street"])
    if wanted.get("lacks"):
        queryset = queryset.filter(lacking(wanted["lacks"]))
    if wanted.get("late") == "drill":
        queryset = queryset.filter(drill_late(asked))
    elif wanted.get("late") == "review":
        queryset = queryset.filter(review_late(asked))
    return matching(queryset, wanted.get("q") or "")


def in_force(ids: list[int]) -> dict[int, list[EmergencyPlan]]:
    """Facility -> its plans in force; the facilities were fetched through `allowed`."""
    found: dict[int, list[EmergencyPlan]] = {}
    for plan in EmergencyPlan.objects.in_force().filter(facility__in=ids):
        found.setdefault(plan.facility_id, []).append(plan)
    return found


@dataclass(frozen=True)
class Standing:
    """A facility's plans on a day: kinds that are missing, and the first review and drill to come."""

    missing: tuple[str, ...]
    held: int
    review_on: date | None
    drilled_on: date | None
    drill_due: date | None

    def words(self, on: date) -> str:
        """What the list says of it."""
        if (state := self.state(on)) == "bad":
            return _("缺预案") if self.missing else _("逾期")
        return {"none": _("没有登记"), "ok": _("齐全"), "warn": _("快到期")}[state]

    def state(self, on: date) -> str:
        """One of the five shapes."""
        if not self.held:
            return "none"
        days = [day for day in (self.review_on, self.drill_due) if day]
        if self.missing or any(day < on for day in days):
            return "bad"
        return "warn" if any(day <= on + timedelta(30) for day in days) else "ok"


def standing(plans: list[EmergencyPlan], asked: Measure) -> Standing:
    held = {plan.kind for plan in plans}
    drills = [plan.drilled_on for plan in plans if plan.drilled_on]
    due = [day for plan in plans if (day := asked.drill_due(plan))]
    return Standing(
        tuple(kind for kind in asked.kinds if kind not in held),
        sum(kind in held for kind in asked.kinds),
        min((plan.review_on for plan in plans), default=None),
        max(drills, default=None),
        min(due, default=None),
    )
