"""The inspections' part of the reference data: the yearly plans with their scheme, the checklists."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from django.utils import timezone

from inspections.models import InspectionPlan
from inspections.services import plans
from inspections.services.checklists import SHIPPED, load_checklists
from inspections.services.first_schemes import make_scheme
from portal.models.places import District
from portal.models.policy import Clause
from portal.services.reference import Loader, Tally, read_yaml

#: District -> clause on which the monthly draw rests: 'each month', or in Jinshan 'joint inspection'.
CLAUSES = {"minhang": "二（二）2", "pudong": "二（二）2", "jinshan": "六3"}  # content


def files() -> list[Path]:
    return [SHIPPED]


def read() -> dict:
    return read_yaml(SHIPPED)


def load(district: District, _content: dict, tally: Tally) -> None:
    """The plans of this year and the last with their scheme, where a shipped district has no plan at all yet; the
    checklists. Later years are planned by the district itself, and by one that was opened in the browser all."""
    if district.is_city:
        return
    if district.opened_at is None and not InspectionPlan.objects.exists():
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
    label = CLAUSES.get(district.slug, "")
    make_scheme(plan, clause=Clause.objects.filter(document__key=district.slug, label=label).first())
    plan.content = plans.content_of(plan)
    plan.content_sha256 = plans.sha256_of(plan.content)
    plan.save(update_fields=["content", "content_sha256"])
    tally.created["inspections.InspectionPlan"] += 1
    tally.created["inspections.Scheme"] += 1


def loader() -> Loader:
    return Loader("inspections", 30, files, read, load)
