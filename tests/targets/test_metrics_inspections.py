"""Figures of supervision and of the units' reports, each against a district counted by hand."""

from datetime import date

import pytest
from django.conf import settings

from inspections.models import Answer, ChecklistItem, Order
from inspections.rules.orders import in_time
from portal.models import Clause, PolicyDocument, Unit, UnitMember
from targets.metrics.base import Period
from targets.metrics.inspections import DAY_PLAN, MANAGEMENT_GUIDE
from targets.models import ProgressReport, ReportingRound, Task, TaskUnit
from tests import rows
from tests.targets import figures as f
from tests.targets.test_metrics_supply import count, minhang  # noqa: F401

pytestmark = pytest.mark.django_db
YEAR = Period.year(2026, f.DAY)


def test_a_facility_is_visited_once_in_the_year(minhang):  # noqa: F811
    twice, once, due, last_year = (f.facility(minhang.street) for _ in range(4))
    f.visit(twice, date(2026, 2, 1), published=True)
    f.visit(twice, date(2026, 3, 1))
    f.visit(once, f.DAY, kind="unscheduled")
    f.visit(due, f.DAY, state="due")
    f.visit(last_year, date(2025, 12, 31))
    f.facility(minhang.other_street, kind="guidance_point")
    assert count("yearly_visit") == (2, 4)
    assert count("results_published") == (1, 4)
    assert count("yearly_visit", Period.month(2026, 2)) == (1, 4)


def test_each_street_has_a_drawn_visit_each_month(minhang):  # noqa: F811
    here, there = f.facility(minhang.street), f.facility(minhang.other_street, opened_on=date(2026, 10, 15))
    f.visit(here, date(2026, 11, 5))
    f.visit(here, date(2026, 11, 6))
    f.visit(there, date(2026, 11, 6), kind="unscheduled")
    f.visit(there, date(2026, 10, 30))
    assert count("double_random_monthly") == (1, 2)
    # January to November here, October and November there
    assert count("double_random_monthly", YEAR) == (2, 13)


def test_a_drawn_visit_made_late_counts_for_its_month(minhang):  # noqa: F811
    late = f.visit(f.facility(minhang.street), date(2026, 12, 2))
    late.month = f.MONTH
    late.save()
    assert count("double_random_monthly") == (0, 1)
    assert count("double_random_monthly", Period.year(2026)) == (1, 12)


def test_orders_are_judged_once_by_their_first_deadline(minhang):  # noqa: F811
    seen = f.visit(f.facility(minhang.street), date(2026, 10, 8))
    f.order(seen, due=date(2026, 11, 10), closed=date(2026, 11, 10))
    late = f.visit(f.facility(minhang.street), date(2026, 10, 8))
    f.order(late, due=date(2026, 11, 10), closed=date(2026, 11, 11))
    open_ = f.visit(f.facility(minhang.street), date(2026, 10, 8))
    f.order(open_, due=date(2026, 11, 10))
    early = f.visit(f.facility(minhang.street), date(2026, 11, 8))
    f.order(early, due=date(2026, 12, 10), closed=date(2026, 11, 20))
    waiting = f.visit(f.facility(minhang.street), date(2026, 11, 8))
    f.order(waiting, due=date(2026, 12, 10))
    before = f.visit(f.facility(minhang.street), date(2026, 9, 8))
    f.order(before, due=date(2026, 10, 10), closed=date(2026, 10, 9))
    assert count("orders_in_time") == (2, 4)
    assert count("orders_in_time", Period.month(2026, 10)) == (1, 1)
    assert count("orders_in_time", Period.month(2026, 12)) == (0, 1)
    assert count("orders_in_time", YEAR) == (3, 5)


def test_a_finding_is_closed_by_answer_and_recheck(minhang):  # noqa: F811
    whole = f.order(
        f.visit(f.facility(minhang.street), date(2026, 3, 8)), date(2026, 3, 15), date(2026, 3, 12)
    )
    f.answer(whole)
    f.recheck(whole, date(2026, 3, 12))
    unanswered = f.order(
        f.visit(f.facility(minhang.street), date(2026, 3, 8)), date(2026, 3, 15), date(2026, 3, 12)
    )
    f.recheck(unanswered, date(2026, 3, 12))
    f.order(f.visit(f.facility(minhang.street), date(2026, 3, 8)), date(2026, 3, 15))
    assert count("rectification_closed_loop") == (1, 2)


def test_reports_are_owed_by_each_unit_and_each_member(minhang):  # noqa: F811
    TaskUnit.objects.all().delete()
    ReportingRound.objects.all().delete()
    document = PolicyDocument.objects.create(key="plan-x", title="示例计划")
    Clause.objects.create(document=document, label="一")
    task = Task.objects.create(
        document=document, origin="table", number=1, text="示例任务", starts_on=date(2021, 1, 1)
    )
    towns = Unit.objects.create(slug="x-towns", name="示例各镇", kind="group", collective=True)
    members = [Unit.objects.create(slug=f"x-town-{n}", name=f"示例镇{n}", kind="street") for n in range(3)]
    for member in members:
        UnitMember.objects.create(collective=towns, member=member)
    for unit, role in ((minhang.bureau_unit, "lead"), (towns, "support")):
        TaskUnit.objects.create(task=task, unit=unit, role=role, name=unit.name, position=1)
    quarter = ReportingRound.objects.create(
        name="三季度", starts_on=date(2026, 7, 1), ends_on=date(2026, 9, 30), due_on=date(2026, 11, 10)
    )
    for unit, day, state in (
        (minhang.bureau_unit, date(2026, 11, 10), "accepted"),
        (members[0], date(2026, 11, 11), "submitted"),
        (members[1], None, "draft"),
    ):
        ProgressReport.objects.create(
            round=quarter, task=task, unit=unit, state=state, submitted_on=day, text="示例"
        )
    assert count("task_reports_in_time") == (1, 4)
    assert count("task_reports_in_time", Period.month(2026, 10)) == (0, 0)


def test_what_was_drawn_found_and_ordered_in_the_month(minhang):  # noqa: F811
    made = f.visit(f.facility(minhang.street), date(2026, 11, 5))
    f.visit(f.facility(minhang.other_street), date(2026, 11, 25), state="due")
    gone = f.visit(f.facility(minhang.street), date(2026, 11, 6), state="cancelled")
    gone.cancelled_at = f.timezone.make_aware(f.datetime(2026, 11, 7))
    gone.save()
    old = f.visit(f.facility(minhang.street), date(2026, 10, 5))
    f.order(made, due=date(2026, 11, 12), closed=date(2026, 11, 12))
    f.order(
        f.visit(f.facility(minhang.street), date(2026, 11, 6), kind="unscheduled"), due=date(2026, 11, 19)
    )
    f.order(old, due=date(2026, 10, 12))
    assert count("drawn_visits_made") == (1, 2)
    assert count("drawn_visits_made", YEAR) == (2, 3)
    assert count("findings_found") == (2, 2)
    assert count("findings_found", YEAR) == (3, 3)
    assert count("orders_closed") == (1, 2)
    assert count("orders_overdue") == (2, 2)
    assert count("orders_overdue", Period.month(2026, 11, date(2026, 11, 19))) == (1, 2)


@pytest.mark.parametrize("answered", [None, date(2026, 11, 9), date(2026, 11, 12)])
@pytest.mark.parametrize("closed", [None, date(2026, 11, 9), date(2026, 11, 16)])
def test_the_metric_and_the_rule_agree_on_in_time(answered, closed, minhang):  # noqa: F811
    seen = f.visit(f.facility(minhang.street), date(2026, 10, 8))
    order = f.order(seen, due=date(2026, 11, 10), closed=closed)
    Order.objects.filter(pk=order.pk).update(answered_on=answered)
    assert count("orders_in_time")[0] == bool(in_time(date(2026, 11, 10), answered, closed))


def test_visits_by_the_guide_and_what_they_saw_of_the_days_plan(minhang):  # noqa: F811
    """By items whose quotes are the plan's words; the last visit that looked decides."""

    def item(quote: str) -> ChecklistItem:
        return rows.make(ChecklistItem, quote=quote, basis="示例依据")

    guide, plan = item(f"按照{MANAGEMENT_GUIDE}，落实要求"), item(f"落实执行{DAY_PLAN}")
    other = item("所有从业人员均需持证上岗")

    def seen(place, on: date, which: ChecklistItem, value: str, **more):
        rows.make(Answer, inspection=f.visit(place, on, **more), item=which, value=value)

    kept, mended, broken, unseen, due = (f.facility(minhang.street) for _n in range(5))
    f.facility(minhang.street, kind="guidance_point")
    seen(kept, date(2026, 3, 1), guide, "bad")
    seen(kept, date(2026, 3, 2), plan, "ok")
    seen(mended, date(2026, 3, 1), plan, "bad")
    seen(mended, date(2026, 5, 1), plan, "ok")
    seen(broken, date(2026, 3, 1), plan, "ok")
    seen(broken, date(2026, 5, 1), plan, "bad")
    seen(broken, date(2025, 12, 31), guide, "ok")
    seen(unseen, f.DAY, guide, "unseen")
    seen(unseen, f.DAY, plan, "unseen")
    seen(due, f.DAY, guide, "ok", state="due")
    seen(due, f.DAY, other, "ok")
    assert count("management_guide_visited") == (1, 5)
    assert count("day_plan_kept") == (2, 5)
    assert count("day_plan_kept", Period.month(2026, 4)) == (2, 5)  # before May: kept and broken


def test_the_shipped_checklists_quote_the_papers_that_the_plan_names():
    text = (settings.BASE_DIR / "inspections/reference/checklists.yaml").read_text()
    assert f"按照{MANAGEMENT_GUIDE}" in text and DAY_PLAN in text
