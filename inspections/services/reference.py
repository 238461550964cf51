"""The inspections' part of the reference data: the yearly plans with their scheme, the checklists."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from django.utils import timezone

from facilities.models import Facility
from inspections.models import InspectionPlan, Scheme
from inspections.services import plans
from inspections.services.checklists import SHIPPED, load_checklists
from portal.models.places import District
from portal.models.policy import Clause
from portal.services import parameters
from portal.services.reference import Loader, Tally, read_yaml

SCHEME_KEY = "safety-health"
#: District -> clause on which the monthly draw rests: 'each month', or in Jinshan 'joint inspection'.
CLAUSES = {"minhang": "二（二）2", "pudong": "二（二）2", "jinshan": "六3"}  # content
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


def files() -> list[Path]:
    return [SHIPPED]


def read() -> dict:
    return read_yaml(SHIPPED)


def load(district: District, _content: dict, tally: Tally) -> None:
    """The plans of this year and the last with their scheme, where a shipped district has no plan at all yet; the
    checklists. Later years are planned by the district itself, and by one that was opened in the browser all."""
    if district.is_city:
        return
    if district.slug in CLAUSES and not InspectionPlan.objects.exists():
        year = timezone.localdate().year
        for one in (year - 1, year):
            load_plan(district, one, tally)
    load_checklists(district)


def load_plan(district: District, year: int, tally: Tally) -> None:
    """A published plan to begin with; what the district made of it later is left alone."""
    plan = InspectionPlan.objects.create(
        year=year,
        title=f"{year} 年度双随机检查计划",  # content
        state="published",
        published_on=date(year - 1, 11, 30),
    )
    values = parameters.values(list(PARAMETERS.values()), timezone.localdate())
    Scheme.objects.create(
        plan=plan,
        key=SCHEME_KEY,
        name="每月街镇双随机",  # content
        subject="安全防控、卫生保健等项目",  # content
        clause=Clause.objects.filter(
            document__key=district.slug, label=CLAUSES.get(district.slug, "")
        ).first(),
        kinds=[kind for kind in Facility.Kind.values if kind != Facility.Kind.GUIDANCE_POINT],
        **{field: values[key] for field, key in PARAMETERS.items() if key in values},
    )
    plan.content = plans.content_of(plan)
    plan.content_sha256 = plans.sha256_of(plan.content)
    plan.save(update_fields=["content", "content_sha256"])
    tally.created["inspections.InspectionPlan"] += 1
    tally.created["inspections.Scheme"] += 1


def loader() -> Loader:
    return Loader("inspections", 30, files, read, load)
