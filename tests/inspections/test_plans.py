"""The yearly plan: edited as a draft, rehearsed, approved by a second person, published for good."""

from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta

import jsonschema
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from facilities.models import Facility
from inspections import api_plans
from inspections.models import (
    Checklist,
    ChecklistVersion,
    Draw,
    InspectionPlan,
    Inspector,
    PlanRehearsal,
    PublicRecord,
    Scheme,
)
from inspections.rules import plans as rules
from inspections.services import (
    draws,
    first_schemes,
    month,
    plan_queue,
    plan_revisions,
    plans,
    pools,
    reference,
    rehearsals,
)
from inspections.tasks import rehearse_plan
from portal.errors import Conflict, Denied, Refused
from portal.models import ApiClient, AuditEntry, Membership, Parameter, Street, Unit
from portal.rules.rights import Role
from portal.services.reference import Tally
from tests.inspections import small_district
from tests.queries import at_most

YEAR = 2027
VALUES = {
    "key": "fire-2",
    "name": "消防抽查",
    "subject": "消防通道、应急照明",
    "kinds": ["nursery"],
    "checklists": [],
    "units": ["small-fire"],
    "rates_permille": {"A": 0, "B": 0, "C": 100, "D": 200},
    "team_size": 2,
    "cap": 3,
    "freeze_days_before": 10,
    "window_days": 5,
    "last_day": 12,
    "chained_allowed": False,
}


@pytest.fixture
def small(db):
    return small_district.make()


@pytest.fixture
def draft(small):
    with small.scope():
        yield plans.make_plan(YEAR, actor=small.actor("bureau"))


def rehearsed(small, plan, runs=3) -> PlanRehearsal:
    return rehearsals.run(
        rehearsals.order(plan, actor=small.actor("bureau"), runs=runs, queued=False), actor=small.actor()
    )


def fresh(plan) -> InspectionPlan:
    return InspectionPlan.objects.get(pk=plan.pk)


def approved(small, plan) -> InspectionPlan:
    rehearsed(small, plan)
    plan = plans.submit_plan(plan, actor=small.actor("bureau"), version=fresh(plan).version)
    return plans.approve_plan(plan, actor=small.actor("head"), version=plan.version)


# ---- the draft


def test_a_draft_takes_over_last_years_schemes_and_can_be_changed(small, draft):
    (line,) = plans.schemes_of(draft)
    assert (line.key, line.plan) == (small.scheme.key, draft)
    made = plans.enter_scheme(draft, actor=small.actor("bureau"), **VALUES)
    again = plans.change_scheme(
        made, actor=small.actor("bureau"), version=1, **VALUES | {"cap": 4, "key": "other"}
    )
    assert (again.cap, again.version, again.key) == (4, 2, "fire-2")
    entry = AuditEntry.objects.filter(action="inspections.scheme.change").latest("pk")
    assert entry.changes == {"cap": [3, 4]}
    plans.remove_scheme(line, actor=small.actor("bureau"))
    assert [one.key for one in plans.schemes_of(draft)] == ["fire-2"]
    # the old year's line is another row and stays
    assert Scheme.objects.filter(key=small.scheme.key).count() == 1


def test_a_stale_form_changes_nothing(small, draft):
    bureau = small.actor("bureau")
    made = plans.enter_scheme(draft, actor=bureau, **VALUES)
    plans.change_scheme(made, actor=bureau, version=1, **VALUES | {"cap": 4})
    with pytest.raises(Conflict) as refused:
        plans.change_scheme(made, actor=bureau, version=1, **VALUES | {"cap": 5})
    assert refused.value.code == "stale"
    values = {"title": "二〇二七年度检查计划", "inspector_days": 5, "visits_a_day": 2}
    with pytest.raises(Conflict):
        plans.change_plan(draft, actor=bureau, version=1, **values)
    assert plans.change_plan(draft, actor=bureau, version=fresh(draft).version, **values).inspector_days == 5


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", "Fire"), ("key", "x"), ("key", "消防"), ("name", "火"), ("subject", ""), ("kinds", []),
        ("rates_permille", {"A": 5, "B": 4, "C": 100, "D": 200}), ("rates_permille", {"A": 0, "B": 0, "C": 0, "D": 1001}),
        ("team_size", 1), ("team_size", 11), ("cap", 0), ("cap", 61), ("freeze_days_before", 32),
        ("freeze_days_before", 0), ("window_days", 0), ("last_day", 29), ("units", ["nobody"]),
        ("checklists", ["nothing"]),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_at_its_field(small, draft, field, value):
    with pytest.raises(Refused) as refused:
        plans.enter_scheme(draft, actor=small.actor("bureau"), **VALUES | {field: value})
    expected = "rate_" if field == "rates_permille" else field
    assert refused.value.field.startswith(expected)
    assert plans.schemes_of(draft)[0].key != "fire-2"


def test_a_kind_without_a_list_of_the_scheme_is_refused(small, draft):
    houses = Checklist.objects.create(key="houses", name="宝宝屋", kinds=["baby_house"])
    ChecklistVersion.objects.create(checklist=houses, number=1, starts_on=date(2026, 1, 1))
    with pytest.raises(Refused) as refused:
        plans.enter_scheme(draft, actor=small.actor("bureau"), **VALUES | {"checklists": ["houses"]})
    assert refused.value.field == "checklists"
    both = VALUES | {"checklists": ["houses"], "kinds": ["baby_house"]}
    assert plans.enter_scheme(draft, actor=small.actor("bureau"), **both).checklists == ["houses"]


def test_a_list_of_which_there_is_only_a_draft_is_in_no_plan(small, draft):
    Checklist.objects.create(key="houses", name="宝宝屋", kinds=["baby_house"])
    values = VALUES | {"checklists": ["houses"], "kinds": ["baby_house"]}
    with pytest.raises(Refused) as refused:
        plans.enter_scheme(draft, actor=small.actor("bureau"), **values)
    assert refused.value.field == "checklists"


def test_a_key_twice_is_refused(small, draft):
    plans.enter_scheme(draft, actor=small.actor("bureau"), **VALUES)
    with pytest.raises(Conflict) as refused:
        plans.enter_scheme(draft, actor=small.actor("bureau"), **VALUES)
    assert refused.value.field == "key"


def test_only_units_of_the_scheme_are_in_the_pool(small):
    with small.scope():
        Scheme.objects.filter(pk=small.scheme.pk).update(units=["small-health", "small-fire"])
        small.scheme.refresh_from_db()
        found = pools.frozen_inspectors(small.scheme, 2026, 3, set())
        assert [row["id"] for row in found] == ["JC002", "JC003", "JC004"]


# ---- approval


def test_rehearsed_submitted_approved_published(small, draft):
    bureau, head = small.actor("bureau"), small.actor("head")
    with pytest.raises(Refused) as refused:
        plans.submit_plan(draft, actor=bureau, version=draft.version)
    assert refused.value.code == "not_rehearsed"
    rehearsed(small, draft)
    plans.enter_scheme(draft, actor=bureau, **VALUES)  # changed after the rehearsal
    with pytest.raises(Refused) as refused:
        plans.submit_plan(draft, actor=bureau, version=fresh(draft).version)
    assert refused.value.code == "not_rehearsed"
    rehearsed(small, draft)
    with pytest.raises(Conflict):
        plans.submit_plan(draft, actor=bureau, version=1)
    plan = plans.submit_plan(draft, actor=bureau, version=fresh(draft).version)
    with pytest.raises(Conflict):
        plans.enter_scheme(plan, actor=bureau, **VALUES | {"key": "more"})
    with pytest.raises(Denied):
        plans.approve_plan(plan, actor=bureau, version=plan.version)
    with pytest.raises(Conflict):
        plans.publish_plan(plan, actor=bureau)
    plan = plans.approve_plan(plan, actor=head, version=plan.version)
    plan = plans.publish_plan(plan, actor=bureau, on=date(2027, 3, 15))
    assert (plan.state, plan.published_on) == ("published", date(2027, 3, 15))
    assert plan.content_sha256 == plans.sha256_of(plan.content)
    assert [one["key"] for one in plan.content["schemes"]] == ["fire-2", small.scheme.key]
    assert plan.content["schemes"][0]["unit_names"] == ["区消防"]
    # done once, and then it stands
    assert plans.publish_plan(plan, actor=bureau, on=date(2027, 4, 1)).published_on == date(2027, 3, 15)
    with pytest.raises(Conflict):
        plans.remove_scheme(plans.schemes_of(plan)[0], actor=bureau)


def test_two_people_even_where_one_has_both_roles(small, draft):
    Membership.objects.create(user=small.users["bureau"], role=Role.UNIT_HEAD, starts_on=date(2020, 1, 1))
    rehearsed(small, draft)
    plan = plans.submit_plan(draft, actor=small.actor("bureau"), version=draft.version)
    with pytest.raises(Denied) as refused:
        plans.approve_plan(plan, actor=small.actor("bureau"), version=plan.version)
    assert refused.value.code == "second_person"


def test_returned_with_a_reason_and_submitted_anew(small, draft):
    rehearsed(small, draft)
    plan = plans.submit_plan(draft, actor=small.actor("bureau"), version=draft.version)
    with pytest.raises(Refused):
        plans.return_plan(plan, note=" ", actor=small.actor("head"), version=plan.version)
    plan = plans.return_plan(plan, note="上限太低", actor=small.actor("head"), version=plan.version)
    assert (plan.state, plan.return_note, plan.submitted_by) == ("draft", "上限太低", None)
    plan = plans.submit_plan(plan, actor=small.actor("clerk"), version=plan.version)
    assert plan.return_note == ""


# ---- revised within its year


WHY = "托育点增加，上限不够用"


def published(small, draft, on: date = date(2027, 1, 15)) -> InspectionPlan:
    return plans.publish_plan(approved(small, draft), actor=small.actor("bureau"), on=on)


def revised(small, plan, on: date, cap: int = 9, **more) -> InspectionPlan:
    """The plan's revision with another cap, rehearsed, approved, published on a day."""
    bureau = small.actor("bureau")
    made = plan_revisions.revise_plan(plan, reason=WHY, actor=bureau, on=on)
    for line in plans.schemes_of(made):
        values = {name: getattr(line, name) for name in plans.SCHEME_FIELDS} | {"cap": cap} | more
        plans.change_scheme(line, actor=bureau, version=line.version, **values)
    return plans.publish_plan(approved(small, fresh(made)), actor=bureau, on=on)


def test_a_published_plan_is_revised_by_another_and_stays_as_it_was(small, draft):
    first = published(small, draft)
    before = (first.content, first.content_sha256)
    assert "revision" not in first.content
    again = revised(small, first, date(2027, 6, 10))
    first = fresh(first)
    assert (first.content, first.content_sha256) == before and first.state == "published"
    assert plans.sha256_of(first.content) == first.content_sha256
    assert (again.year, again.revision, again.slug) == (YEAR, 1, "2027-1")
    assert again.title == "2027 年度双随机检查计划（第 1 次修订）"
    assert (again.content["reason"], again.content["replaces"]) == (WHY, first.content_sha256)
    (change,) = rules.changes(first.content, again.content)
    assert (change.what, change.fields) == ("changed", (("cap", 12, 9),))
    # in force from its own day on, for lists that are frozen from then on
    (before_line,) = plans.schemes(YEAR, date(2027, 6, 9))
    (after_line,) = plans.schemes(YEAR, date(2027, 6, 10))
    assert (before_line.plan, before_line.cap, after_line.plan, after_line.cap) == (first, 12, again, 9)
    assert plans.standing_since(after_line) == date(2027, 1, 15)
    # the year's chain goes on, and what was confirmed about the line holds
    assert after_line.grades_public_confirmed_at == before_line.grades_public_confirmed_at
    # next year begins from it
    assert plans.schemes_of(plans.make_plan(YEAR + 1, actor=small.actor("bureau")))[0].cap == 9
    entry = AuditEntry.objects.get(action="inspections.plan.revise")
    assert entry.changes == {"from": "2027", "reason": WHY}


def test_a_revision_of_a_revision_names_the_one_before(small, draft):
    first = revised(small, published(small, draft), date(2027, 4, 1))
    second = revised(small, first, date(2027, 7, 1), cap=8)
    assert (second.slug, second.content["replaces"]) == ("2027-2", first.content_sha256)
    assert [one.slug for one in InspectionPlan.objects.filter(year=YEAR)] == ["2027-2", "2027-1", "2027"]


def test_a_list_that_was_frozen_keeps_its_plan_and_a_line_that_is_gone_is_drawn_to_its_end(small):
    with small.scope():
        old = small.scheme.plan
        draw = small.freeze(3)
        bureau = small.actor("bureau")
        made = plan_revisions.revise_plan(old, reason=WHY, actor=bureau, on=date(2026, 2, 25))
        plans.remove_scheme(plans.schemes_of(made)[0], actor=bureau)
        plans.enter_scheme(made, actor=bureau, **VALUES)
        made = plans.publish_plan(approved(small, fresh(made)), actor=bureau, on=date(2026, 2, 25))
        assert [change.what for change in rules.changes(plans.said_by(old), made.content)] == [
            "added",
            "removed",
        ]
        # the new line's anchor is public before its first list is frozen
        anchor = PublicRecord.objects.get(kind="anchor", scheme_key="fire-2")
        assert not Draw.objects.filter(chain__anchor=anchor.sha256).exists()
        on = date(2026, 3, 2)
        states = month.see_month(small.district, 2026, 3, on=on, actor=small.actor())
        assert [one.scheme.key for one in states] == ["fire-2", "safety-health"]
        gone = states[1]
        assert gone.draw == draw and gone.draw.state == "frozen"
        small.enter(draw)
        assert draws.confirm_and_draw(draw, actor=small.actor("head")).state == "drawn"
        april = month.see_month(small.district, 2026, 4, on=date(2026, 3, 25), actor=small.actor())
        assert [one.scheme.key for one in april] == ["fire-2"]


def test_what_is_no_revision(small, draft):
    bureau, on = small.actor("bureau"), date(2027, 6, 10)
    with pytest.raises(Conflict):  # not public yet
        plan_revisions.revise_plan(draft, reason=WHY, actor=bureau, on=on)
    plan = published(small, draft)
    for more, error, field in (
        ({"reason": "改"}, Refused, "reason"),
        ({"reason": "长" * 201}, Refused, "reason"),
        ({"reason": "问 13812345678"}, Refused, "reason"),
        ({"on": date(2028, 1, 1)}, Conflict, None),  # the year is over
        ({"actor": small.actor("head")}, Denied, None),
    ):
        with pytest.raises(error) as refused, transaction.atomic():
            plan_revisions.revise_plan(plan, **{"reason": WHY, "actor": bureau, "on": on} | more)
        assert refused.value.field == field
    made = plan_revisions.revise_plan(plan, reason=WHY, actor=bureau, on=on)
    for row in (plan, made):
        with pytest.raises(Conflict), transaction.atomic():  # one at a time
            plan_revisions.revise_plan(row, reason=WHY, actor=bureau, on=on)
    with pytest.raises(IntegrityError), transaction.atomic():
        InspectionPlan.objects.create(year=YEAR, revision=7, reason=WHY, title="另一份")
    rehearsed(small, made)
    with pytest.raises(Refused) as refused:
        plans.submit_plan(made, actor=bureau, version=fresh(made).version)
    assert refused.value.code == "same"
    with pytest.raises(Conflict):  # the year's own plan is not dropped, nor one that was changed meanwhile
        plan_revisions.drop_revision(plan, actor=bureau, version=plan.version)
    with pytest.raises(Conflict):
        plan_revisions.drop_revision(made, actor=bureau, version=99)
    plan_revisions.drop_revision(made, actor=bureau, version=fresh(made).version)
    assert list(InspectionPlan.objects.filter(year=YEAR)) == [plan]
    assert plan_revisions.revise_plan(plan, reason=WHY, actor=bureau, on=on).revision == 1


def test_a_revision_waits_for_people_and_is_never_late(small, draft):
    plan, bureau = published(small, draft), small.actor("bureau")
    on = date(2027, 6, 10)
    made = plan_revisions.revise_plan(plan, reason=WHY, actor=bureau, on=on)
    assert plan_queue.waiting(bureau, on) == []
    line = plans.schemes_of(made)[0]
    values = {name: getattr(line, name) for name in plans.SCHEME_FIELDS}
    plans.change_scheme(line, actor=bureau, version=1, **values | {"cap": 9})
    rehearsed(small, made)
    made = plans.submit_plan(made, actor=bureau, version=fresh(made).version)
    (entry,) = plan_queue.waiting(small.actor("head"), on)
    assert (entry.verb, entry.state, entry.due) == ("批准或退回", "doing", None)
    assert entry.url.endswith("/plans/2027-1/") and "第 1 次修订" in entry.title


def test_revised_in_the_browser_with_both_public(client, small):
    with small.scope():
        InspectionPlan.objects.update(year=timezone.localdate().year)
        plan = InspectionPlan.objects.get()
        plan.content = plans.content_of(plan)
        plan.content_sha256 = plans.sha256_of(plan.content)
        plan.save()
    bureau, base = as_(client, small, "bureau"), f"/small/plans/{plan.year}"
    assert f'href="{base}/revise/"' in bureau.get(f"{base}/").content.decode()
    assert bureau.post(f"{base}/revise/", {"reason": ""}).status_code == 422
    assert bureau.post(f"{base}/revise/", {"reason": WHY}).url == f"{base}-1/"
    assert bureau.get(f"{base}/revise/").status_code == 404
    page = bureau.get(f"{base}-1/").content.decode()
    assert WHY in page and "还没有改动" in page and "不修订了" in page
    with small.scope():
        line = fresh_revision(plan).schemes.get()
        values = {name: getattr(line, name) for name in plans.SCHEME_FIELDS}
        plans.change_scheme(line, actor=small.actor("bureau"), version=1, **values | {"cap": 9})
        rehearsed(small, fresh_revision(plan))
        version = fresh_revision(plan).version
    with at_most(34):
        page = bureau.get(f"{base}-1/").content.decode()
    assert "年度上限　12 → 9" in page
    assert client.get(f"/public/small/plans/{plan.year}-1/").status_code == 404
    assert bureau.post(f"{base}-1/step/", {"what": "submit", "version": version}).status_code == 302
    assert (
        as_(client, small, "head")
        .post(f"{base}-1/step/", {"what": "approve", "version": version + 1})
        .status_code
        == 302
    )
    as_(client, small, "bureau").post(f"{base}-1/step/", {"what": "publish", "version": version + 2})
    client.logout()
    log = client.get("/public/small/plans/").content.decode()
    assert f"/public/small/plans/{plan.year}/" in log and f"/public/small/plans/{plan.year}-1/" in log
    new = client.get(f"/public/small/plans/{plan.year}-1/").content.decode()
    assert WHY in new and "年度上限　12 → 9" in new and "每家一年最多抽到 9 次" in new
    old = client.get(f"/public/small/plans/{plan.year}/").content.decode()
    assert "每家一年最多抽到 12 次" in old and f"/public/small/plans/{plan.year}-1/" in old
    assert plan.content_sha256 in old and plan.content_sha256 not in new
    for path in ("2027-0", "27", "2027-1-1", "2027-100", "1999-1"):
        assert client.get(f"/public/small/plans/{path}/").status_code == 404


def fresh_revision(plan) -> InspectionPlan:
    return InspectionPlan.objects.get(year=plan.year, revision=1)


# ---- the clock


@pytest.mark.parametrize(
    ("on", "kind"),
    [((2027, 2, 28), ""), ((2027, 3, 1), "warn"), ((2027, 3, 30), "warn"), ((2027, 3, 31), "bad"), ((2027, 12, 1), "bad")],
)  # fmt: skip
def test_warned_from_1_march_red_from_31_march(small, on, kind):
    assert rules.clock(2027, date(*on)) == kind
    with small.scope():
        states = [one.state for one in plan_queue.waiting(small.actor("bureau"), date(*on))]
        assert states == ([kind] if kind else [])
        assert plan_queue.waiting(small.actor("head"), date(*on)) == []
        assert plan_queue.waiting(small.actor("operator"), date(*on)) == []


def test_the_queue_follows_the_plan(small, draft):
    on = date(2027, 1, 5)
    assert plan_queue.waiting(small.actor("bureau"), on) == []
    rehearsed(small, draft)
    plan = plans.submit_plan(draft, actor=small.actor("bureau"), version=draft.version)
    assert [one.verb for one in plan_queue.waiting(small.actor("head"), on)] == ["批准或退回"]
    assert plan_queue.waiting(small.actor("bureau"), on) == []
    assert [one.state for one in plan_queue.waiting(small.actor("bureau"), date(2027, 3, 31))] == ["bad"]
    plan = plans.approve_plan(plan, actor=small.actor("head"), version=plan.version)
    assert [one.verb for one in plan_queue.waiting(small.actor("bureau"), on)] == ["公布计划"]
    plans.publish_plan(plan, actor=small.actor("bureau"), on=on)
    assert plan_queue.waiting(small.actor("bureau"), date(2027, 4, 1)) == []


def test_reference_data_plans_no_later_year(small):
    """A district that has a plan makes the next ones itself; one that has none gets this year's and the last."""
    with small.scope():
        reference.load(small.district, {}, Tally())
        assert InspectionPlan.objects.count() == 1
        for field, key in first_schemes.PARAMETERS.items():
            value = getattr(small.scheme, field)
            Parameter.objects.create(
                key=key, value=value, label=key, basis="test", starts_on=date(2020, 1, 1)
            )
        Scheme.objects.all().delete()
        InspectionPlan.objects.all().delete()
        reference.load(small.district, {}, Tally())
        today = timezone.localdate()
        assert [one.year for one in InspectionPlan.objects.all()] == [today.year, today.year - 1]
        assert all(one.content["schemes"] for one in InspectionPlan.objects.all())


# ---- the rehearsal in the database


def test_a_rehearsal_says_what_breaks(small, draft):
    (line,) = plans.schemes_of(draft)
    Facility.objects.filter(code="SM0006").update(kind="guidance_point")
    Scheme.objects.filter(pk=line.pk).update(cap=2, kinds=["nursery", "inclusive_site"])
    Inspector.objects.filter(code="JC005").update(licence_until=date(2027, 6, 15))
    done = rehearsed(small, draft, runs=5)
    result = done.result
    assert (result["runs"], result["objects"], result["capacity"]) == (5, 3, 8)
    assert result["uncovered"] == ["SM0003", "SM0004"]  # a guidance point is never inspected
    assert result["licences"] == ["JC005"]
    streets = {row["code"]: row for row in result["streets"]}
    assert streets["310199002"]["none_left"][-1] == {"month": 12, "runs": 5}
    found = {one.key: one for one in rules.feasibility(result, [])}
    assert {"none_left", "cap_reached", "uncovered", "licences", "floor_met"} <= found.keys()
    assert found["uncovered"].facts == {"n": 2}


def test_feasibility_of_a_good_plan(small, draft):
    found = {one.key: one.state for one in rules.feasibility(rehearsed(small, draft).result, [])}
    assert found["floor_met"] == "ok"
    assert "cap_exceeded" not in found and "none_left" not in found


def test_freezing_before_the_last_month_is_drawn_is_told(small, draft):
    early = [{"name": "甲", "freeze_days_before": 31, "last_day": 12}]
    found = [one.key for one in rules.feasibility(rehearsed(small, draft).result, early)]
    assert "frozen_early" in found
    usual = [{"name": "甲", "freeze_days_before": 10, "last_day": 12}]
    assert "frozen_early" not in [one.key for one in rules.feasibility(rehearsed(small, draft).result, usual)]


def test_ordered_once_made_once(small, draft):
    bureau = small.actor("bureau")
    first = rehearsals.order(draft, actor=bureau, runs=2, queued=False)
    assert rehearsals.order(draft, actor=bureau, queued=False) == first
    done = rehearsals.run(first, actor=small.actor())
    again = rehearsals.run(first, actor=small.actor())
    assert (again.finished_at, again.result) == (done.finished_at, done.result)
    lost = rehearsals.order(draft, actor=bureau, runs=2, queued=False)
    lost.ordered_at -= timedelta(hours=1)
    lost.save()
    assert rehearsals.order(draft, actor=bureau, queued=False).pk != lost.pk


def test_the_task_makes_it_and_tells_how_far(small, draft):
    made = rehearsals.order(draft, actor=small.actor("bureau"), runs=5, queued=False)
    rehearse_plan(small.district.pk, made.pk)
    made.refresh_from_db()
    assert made.result["runs"] == 5 and rehearsals.progress(made) == 5
    told, longer = [], rehearsals.order(draft, actor=small.actor("bureau"), runs=12, queued=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rehearsals.cache, "set", lambda key, done, seconds: told.append((key, done)))
        rehearsals.run(longer, actor=small.actor())
    assert told == [(rehearsals.progress_key(longer), done) for done in (5, 10, 12)]
    rehearse_plan(small.district.pk, 999_999)  # logged and dropped


def test_a_plan_without_schemes_is_not_rehearsed(small, draft):
    plans.remove_scheme(plans.schemes_of(draft)[0], actor=small.actor("bureau"))
    with pytest.raises(Refused):
        rehearsals.order(draft, actor=small.actor("bureau"), queued=False)


# ---- pages


def as_(client, small, name):
    client.force_login(small.users[name])
    return client


def scheme_form(**more):
    return {
        "key": "fire-2", "name": "消防抽查", "subject": "消防通道", "kinds": ["nursery"], "units": ["small-fire"],
        "rate_a": "0", "rate_b": "0", "rate_c": "100", "rate_d": "200", "team_size": "2", "cap": "3",
        "freeze_days_before": "10", "window_days": "5", "last_day": "12",
    } | more  # fmt: skip


def cells(page: str) -> list[list[str]]:
    """The words of each cell of the page's table, as far as it is text."""
    body = page.split("<tbody>", 1)[1].split("</tbody>", 1)[0] if "<tbody>" in page else ""
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.S)
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in rows]
    return [["".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in row] for row in found]


def told(table: str, row: dict, names: dict[str, str]) -> list[str]:
    """What the rehearsal's page must say of a row of its result."""
    five = [str(n) for n in row.get("visits", ())]
    if table == "months":
        return [f"{row['month']}月", *five, ""]
    busiest = f"{row['busiest'][2]}（{row['busiest'][4]}）" if "busiest" in row else ""
    if table == "streets":
        short = f"{row['short'][2]}—{row['short'][4]}" if row["short"][4] else "0"
        left = "".join(f"{one['month']}月（{one['runs']}遍）" for one in row["none_left"])
        first = [names[row["code"]], str(row["objects"]), str(row["inspectors"])]
        return [*first, *five, busiest, short, left or "·"]
    if table == "inspectors":
        return [row["code"], names[row["unit"]], *five, busiest, str(row["over"])]
    facts = [str(row[name]) for name in ("missed", "reached", "exceeded", "most")]
    return [row["code"], f"示例{row['code']}", *facts]


def test_a_year_planned_in_the_browser(client, small):
    bureau = as_(client, small, "bureau")
    assert bureau.post("/small/plans/new/", {"year": YEAR}).status_code == 302
    assert bureau.post(f"/small/plans/{YEAR}/schemes/new/", scheme_form(cap="٣")).status_code == 422
    assert bureau.post(f"/small/plans/{YEAR}/schemes/new/", scheme_form(cap="0")).status_code == 422
    assert bureau.post(f"/small/plans/{YEAR}/schemes/new/", scheme_form()).status_code == 302
    with small.scope():
        plan = InspectionPlan.objects.get(year=YEAR)
        line = plan.schemes.get(key="fire-2")
    assert bureau.get(f"/small/plans/schemes/{line.pk}/").status_code == 200
    changed = scheme_form(cap="4", version="1")
    assert bureau.post(f"/small/plans/schemes/{line.pk}/", changed).status_code == 302
    assert bureau.post(f"/small/plans/schemes/{line.pk}/", changed).status_code == 409
    answer = bureau.post(f"/small/plans/{YEAR}/step/", {"what": "submit", "version": 3})
    assert answer.status_code == 422 and "先演练一遍" in answer.content.decode()
    assert bureau.post(f"/small/plans/{YEAR}/rehearse/").status_code == 302
    page = bureau.get(f"/small/plans/{YEAR}/rehearsal/").content.decode()
    assert "演练到第 0 遍，一共 100 遍" in page
    with small.scope():
        rehearsals.run(PlanRehearsal.objects.get(), actor=small.actor())
        version = InspectionPlan.objects.get(year=YEAR).version
        result = PlanRehearsal.objects.get().result
        names = dict(Street.objects.values_list("code", "name")) | dict(
            Unit.objects.values_list("slug", "name")
        )
    for table in ("months", "streets", "inspectors", "facilities", "nonsense"):
        with at_most(24):
            page = bureau.get(f"/small/plans/{YEAR}/rehearsal/?table={table}").content.decode()
        known = table if table != "nonsense" else "months"
        assert cells(page) == [told(known, row, names) for row in result[known]], table
    with at_most(30):
        assert "报批" in bureau.get(f"/small/plans/{YEAR}/").content.decode()
    assert (
        bureau.post(f"/small/plans/{YEAR}/step/", {"what": "submit", "version": version}).status_code == 302
    )
    head = as_(client, small, "head")
    assert "批准这份计划" in head.get(f"/small/plans/{YEAR}/").content.decode()
    answer = head.post(f"/small/plans/{YEAR}/step/", {"what": "return", "version": version + 1, "note": ""})
    assert answer.status_code == 422
    assert (
        head.post(f"/small/plans/{YEAR}/step/", {"what": "approve", "version": version + 1}).status_code
        == 302
    )
    bureau = as_(client, small, "bureau")
    assert (
        bureau.post(f"/small/plans/{YEAR}/step/", {"what": "publish", "version": version + 2}).status_code
        == 302
    )
    client.logout()
    assert "2027 年度双随机检查计划" in client.get("/public/small/plans/").content.decode()
    page = client.get(f"/public/small/plans/{YEAR}/").content.decode()
    assert "消防通道" in page and "区消防" in page and "JC00" not in page


def test_a_draft_is_not_public(client, small):
    with small.scope():
        plans.make_plan(YEAR, actor=small.actor("bureau"))
    assert client.get(f"/public/small/plans/{YEAR}/").status_code == 404
    assert str(YEAR) not in client.get("/public/small/plans/").content.decode()


# ---- REST


def test_rest_gives_plans_and_rehearsal_as_the_schema_says(client, small):
    token = "sy_small_plans-secret"
    with small.scope():
        ApiClient.objects.create(
            name="市级平台",
            token_sha256=hashlib.sha256(token.encode()).hexdigest(),
            scopes=["plans:read"],
            starts_on=date(2020, 1, 1),
            created_by=small.users["bureau"],
        )
        rehearsed(small, plans.make_plan(YEAR, actor=small.actor("bureau")))
    head = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    found = client.get("/api/v1/plans/", **head).json()["results"]
    assert [(one["year"], one["state"]) for one in found] == [(2027, "draft"), (2026, "published")]
    assert set(found[0]) == set(api_plans.PlanOut().fields)
    assert [(one["revision"], one["reason"]) for one in found] == [(0, ""), (0, "")]
    body = client.get(f"/api/v1/plans/{YEAR}/rehearsal/", **head).json()
    assert body["current"] is True and len(body["months"]) == 12
    told = set(api_plans.RehearsalOut().fields)
    assert set(body) == told
    for name, one in (
        ("months", api_plans.MonthOut),
        ("streets", api_plans.StreetOut),
        ("inspectors", api_plans.InspectorOut),
    ):
        assert set(body[name][0]) == set(one().fields)
    schema = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 5, "maxItems": 5}
    jsonschema.validate(body["total"], schema)
    assert client.get("/api/v1/plans/2026/rehearsal/", **head).status_code == 404
    assert client.get("/api/v1/plans/?what=1", **head).status_code == 400
