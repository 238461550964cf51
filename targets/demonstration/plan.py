"""Next year's plan: in Minhang with a joint line, rehearsed and waiting for approval; in Jinshan rehearsed; in Pudong
just begun, and this year's plan under revision there."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from inspections.models import InspectionPlan, PlanRehearsal, Scheme
from inspections.rules import plans as rules
from inspections.services import plan_revisions, plans, rehearsals
from targets.demonstration.calendar import at
from targets.demonstration.crew import Crew
from targets.demonstration.stages import Terms

#: District -> how far next year's plan is.
STORY = {"minhang": "submitted", "jinshan": "rehearsed"}


def joint(plan: InspectionPlan, values: dict, crew: Crew) -> Scheme:
    """A line for 宝宝屋 whose items belong to two departments: they go together."""
    facts = {
        "key": "joint-baby-houses", "name": "宝宝屋联合检查", "kinds": ["baby_house"], "checklists": ["baby-house"],
        "units": [], "rates_permille": {"A": 20, "B": 40, "C": 80, "D": 100}, "team_size": 2, "joint": True,
    }  # fmt: skip
    return plans.enter_scheme(plan, actor=crew.bureau, **values | facts)


def make(terms: Terms, crew: Crew) -> str:
    year = terms.today.year + 1
    plan = plans.make_plan(year, actor=crew.bureau)
    (scheme,) = plans.schemes_of(plan)
    values = {name: getattr(scheme, name) for name in plans.SCHEME_FIELDS}
    values["rates_permille"] = {"A": 40, "B": 80, "C": 200, "D": 500}
    plans.change_scheme(scheme, actor=crew.bureau, version=scheme.version, **values)
    if crew.size.slug == "minhang":
        joint(plan, values, crew)
    told = STORY.get(crew.size.slug, "draft")
    if told == "draft":
        return f"{year} 年草稿{revision(terms, crew)}"
    done = rehearsed(terms, crew, plan)
    if told == "submitted":
        submit(terms, crew, plan)
    found = rules.feasibility(done.result, [])
    return f"{year} 年草稿，演练 {done.runs} 遍，{len(found)} 条结论"


def rehearsed(terms: Terms, crew: Crew, plan: InspectionPlan) -> PlanRehearsal:
    day = terms.today - timedelta(4)
    seed = hashlib.sha256(f"demonstration/{terms.seed}/{crew.size.slug}/rehearsal".encode()).hexdigest()
    ordered = rehearsals.order(plan, actor=crew.bureau, at=at(day, 9, 20), seed=seed, queued=False)
    return rehearsals.run(ordered, actor=crew.system, at=at(day, 9, 21))


def submit(terms: Terms, crew: Crew, plan: InspectionPlan) -> None:
    plan.refresh_from_db()
    plans.submit_plan(plan, actor=crew.bureau, version=plan.version, at=at(terms.today - timedelta(4), 10, 5))


def revision(terms: Terms, crew: Crew) -> str:
    """This year's plan with later last days, waiting for approval: nothing is drawn by it yet."""
    plan = plans.plan_for(terms.today.year, terms.today)
    if plan is None or not plan_revisions.may_revise(plan, terms.today):
        return ""
    reason = "长假以后见证人来不及到场，最迟抽取的日子推后几天"
    made = plan_revisions.revise_plan(plan, reason=reason, actor=crew.bureau, on=terms.today)
    for scheme in plans.schemes_of(made):
        values = {name: getattr(scheme, name) for name in plans.SCHEME_FIELDS}
        values["last_day"] = min(rules.MOST_LAST, scheme.last_day + 4)
        plans.change_scheme(scheme, actor=crew.bureau, version=scheme.version, **values)
    rehearsed(terms, crew, made)
    submit(terms, crew, made)
    return f"，{plan.year} 年计划的修订等批准"
