"""Rows of the yearly plan."""

from __future__ import annotations

from django.utils import timezone

from inspections.models import InspectionPlan, PlanRehearsal
from inspections.services import plan_revisions, plans, rehearsals
from tests.portal.access.rows import Open, Rest, Row
from tests.portal.stage import Place


def a_plan(place: Place, state: str = "draft") -> InspectionPlan:
    """Next year's plan, led to a state; submitted by the bureau's second person, so that the head may approve."""
    year = timezone.localdate().year + 1
    made = InspectionPlan.objects.filter(year=year).first() or plans.make_plan(year, actor=place.process)
    if state != "draft":
        a_rehearsal(place, made)
        InspectionPlan.objects.filter(pk=made.pk).update(state=state, submitted_at=timezone.now())
        made.refresh_from_db()
    return made


def a_rehearsal(place: Place, plan: InspectionPlan | None = None) -> PlanRehearsal:
    plan = plan or a_plan(place)
    return rehearsals.run(
        rehearsals.order(plan, actor=place.process, runs=1, queued=False), actor=place.process
    )


def year_of(place: Place, state: str = "draft") -> dict:
    return {"year": a_plan(place, state).year}


def rehearsed(place: Place) -> dict:
    return {"year": a_rehearsal(place).plan.year}


def a_scheme(place: Place) -> dict:
    return {"pk": a_plan(place).schemes.first().pk}


def scheme_values(**more) -> dict:
    return {
        "name": "示例消防抽查", "subject": "消防通道", "kinds": ["nursery"], "rate_a": 0, "rate_b": 0, "rate_c": 100,
        "rate_d": 200, "team_size": 2, "cap": 3, "freeze_days_before": 10, "window_days": 5, "last_day": 12,
    } | more  # fmt: skip


def step(what: str, state: str):
    def make(place: Place):
        made = a_plan(place, state)
        return {"year": made.year}, {"what": what, "version": made.version, "note": "上限太低"}

    return make


def submitting(place: Place):
    made = a_rehearsal(place).plan
    return {"year": made.year}, {"what": "submit", "version": made.version}


def editing(place: Place):
    made = a_plan(place)
    values = {"title": "示例年度计划", "inspector_days": 4, "visits_a_day": 2, "version": made.version}
    return {"year": made.year}, values


def revisable(place: Place) -> dict:
    made = a_plan(place, "approved")
    return {"year": plans.publish_plan(made, actor=place.process).slug}


def a_revision(place: Place):
    year = revisable(place)["year"]
    plan = InspectionPlan.objects.get(year=year)
    made = plan_revisions.revise_plan(plan, reason="示例：上限太高", actor=place.process)
    return {"year": made.slug}, {"what": "drop", "version": made.version}


PLANS = [
    Row("plans", "GET", "plan.view", denied=403),
    Row("plan-new", "POST", "plan.manage", denied=403, make=lambda p: ({}, {"year": timezone.localdate().year + 1})),
    Row("plan", "GET", "plan.view", denied=403, make=year_of),
    Row("plan-edit", "GET", "plan.view", denied=403, then=("plan.manage", 404), make=year_of),
    Row("plan-edit", "POST", "plan.view", denied=403, then=("plan.manage", 404), make=editing),
    Row("plan-step", "POST", "plan.view", denied=403, then=("plan.manage", 403), make=submitting, note="submit"),
    Row("plan-step", "POST", "plan.view", denied=403, then=("plan.approve", 403), make=step("approve", "submitted"),
        note="approve"),
    Row("plan-step", "POST", "plan.view", denied=403, then=("plan.approve", 403), make=step("return", "submitted"),
        note="return"),
    Row("plan-step", "POST", "plan.view", denied=403, then=("plan.manage", 403), make=step("publish", "approved"),
        note="publish"),
    Row("plan-step", "POST", "plan.view", denied=403, then=("plan.manage", 403), make=a_revision, note="drop"),
    Row("plan-revise", "GET", "plan.view", denied=403, then=("plan.manage", 404), make=revisable),
    Row("plan-revise", "POST", "plan.view", denied=403, then=("plan.manage", 404),
        make=lambda p: (revisable(p), {"reason": "示例：上限太高"})),
    Row("plan-rehearse", "POST", "plan.view", denied=403, then=("plan.manage", 404), make=year_of),
    Row("plan-rehearsal", "GET", "plan.view", denied=403, make=rehearsed),
    Row("scheme-new", "GET", "plan.view", denied=403, then=("plan.manage", 404), make=year_of),
    Row("scheme-new", "POST", "plan.view", denied=403, then=("plan.manage", 404),
        make=lambda p: (year_of(p), scheme_values(key="stage-fire"))),
    Row("scheme", "GET", "plan.view", denied=403, then=("plan.manage", 404), make=a_scheme),
    Row("scheme", "POST", "plan.view", denied=403, then=("plan.manage", 404),
        make=lambda p: (a_scheme(p), scheme_values(version=1))),
    Row("scheme-remove", "POST", "plan.view", denied=403, then=("plan.manage", 404), make=a_scheme),
    Open("public-plans", "GET", 200, 200, make=lambda p: {"district": p.district.slug}),
    Open("public-plan", "GET", 200, 200, make=lambda p: public_plan(p)),
    Rest("api-plans", "GET", "plans:read"),
    Rest("api-rehearsal", "GET", "plans:read", make=rehearsed),
]  # fmt: skip


def public_plan(place: Place) -> dict:
    made = a_plan(place, "approved")
    plans.publish_plan(made, actor=place.process)
    return {"district": place.district.slug, "year": made.year}
