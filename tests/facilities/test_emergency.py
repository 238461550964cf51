"""Emergency plans by version and drills: what is refused, what follows, the pages, the rulebook's two rules."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from facilities.models import DrillFile, EmergencyDrill, EmergencyPlan, Facility
from facilities.rulebook import verdicts
from facilities.rules import emergency as rules
from facilities.services import bulk_emergency, emergency
from portal.access import Actor
from portal.errors import Denied, Refused
from portal.models import AuditEntry
from portal.services.files import store_file
from portal.services.reference import load_reference
from portal.tenancy import district_scope
from tests.facilities import factories
from tests.portal.stage import PNG

ON = date(2026, 3, 18)
pytestmark = pytest.mark.django_db


def paper(text: bytes = b"") -> SimpleUploadedFile:
    return SimpleUploadedFile("plan.pdf", b"%PDF-1.4\n" + text + b"%%EOF\n", "application/pdf")


def photo(number: int = 0) -> SimpleUploadedFile:
    return SimpleUploadedFile(f"{number}.png", PNG + str(number).encode(), "image/png")


def approve(facility, actor, kind="fire", **values):
    return emergency.approve_plan(
        facility,
        actor=actor,
        **{
            "kind": kind, "title": "示例预案", "approved_on": date(2025, 3, 1), "approved_by": "示例人",
            "review_on": date(2028, 3, 1), "upload": paper(), "today": ON, **values,
        },
    )  # fmt: skip


def hold(plan, actor, **values):
    return emergency.hold_drill(
        plan,
        actor=actor,
        **{
            "held_on": date(2026, 1, 10), "scenario": "示例：厨房起火疏散", "leader": "示例人", "staff_count": 9,
            "child_count": 40, "result": "good", "uploads": [photo()], "today": ON, **values,
        },
    )  # fmt: skip


@pytest.fixture
def operator(cast):
    with district_scope(cast.minhang):
        yield cast.actor("operator")


@pytest.fixture
def place(cast, operator):
    return Facility.objects.get(pk=cast.facility.pk)


def test_the_next_drill_is_counted_from_the_last_or_from_the_approval():
    months = {"fire": 6, "other": 12}
    assert rules.drill_due("fire", date(2025, 8, 31), None, months) == date(2026, 2, 28)
    assert rules.drill_due("fire", date(2025, 1, 1), date(2026, 1, 10), months) == date(2026, 7, 10)
    assert rules.drill_due("food", date(2025, 1, 1), None, months) == date(2026, 1, 1)
    assert rules.drill_due("food", date(2025, 1, 1), None, {"fire": 6, "other": None}) is None


def test_a_new_version_replaces_the_one_before_it_and_keeps_its_drill(place, operator):
    first = approve(place, operator)
    hold(first, operator)
    second = approve(place, operator, approved_on=date(2026, 2, 1), title="示例预案（修订）")
    first.refresh_from_db()
    assert (first.version, first.replaced_on) == (1, date(2026, 2, 1))
    assert (second.version, second.replaced_on, second.drilled_on) == (2, None, date(2026, 1, 10))
    later = hold(second, operator, held_on=date(2026, 3, 1))
    second.refresh_from_db()
    assert second.drilled_on == date(2026, 3, 1)
    emergency.drop_drill(later, actor=operator)
    second.refresh_from_db()
    assert second.drilled_on == date(2026, 1, 10)
    emergency.drop_plan(second, actor=operator)
    first.refresh_from_db()
    assert first.replaced_on is None
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"facilities.emergency_plan.approve", "facilities.drill.hold", "facilities.drill.drop",
            "facilities.emergency_plan.drop"} <= actions  # fmt: skip


def test_a_version_that_was_drilled_or_replaced_stays(place, operator):
    first = approve(place, operator)
    hold(first, operator)
    with pytest.raises(Refused, match="做过演练"):
        emergency.drop_plan(first, actor=operator)
    approve(place, operator, approved_on=date(2026, 2, 1))
    with pytest.raises(Refused, match="新的一版"):
        emergency.drop_plan(first, actor=operator)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "fun"}, "kind"),
        ({"title": "x"}, "title"),
        ({"approved_by": " "}, "approved_by"),
        ({"approved_on": ON + timedelta(1)}, "approved_on"),
        ({"approved_on": date(1, 1, 1), "review_on": date(2, 1, 1)}, "approved_on"),
        ({"review_on": date(2025, 3, 1)}, "review_on"),
        ({"review_on": date(9999, 12, 31)}, "review_on"),
        ({"upload": None}, "upload"),
    ],
)
def test_a_plan_is_refused(place, operator, values, field):
    with pytest.raises(Refused) as refused:
        approve(place, operator, **values)
    assert field in refused.value.params["errors"]
    assert not EmergencyPlan.objects.exists()


def test_a_version_is_newer_than_the_one_before_it(place, operator):
    approve(place, operator)
    with pytest.raises(Refused) as refused:
        approve(place, operator, approved_on=date(2025, 3, 1))
    assert "第 1 版" in refused.value.params["errors"]["approved_on"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"held_on": ON + timedelta(1)}, "held_on"),
        ({"held_on": date(2025, 2, 1)}, "held_on"),
        ({"scenario": "火"}, "scenario"),
        ({"leader": ""}, "leader"),
        ({"staff_count": 0}, "staff_count"),
        ({"child_count": 501}, "child_count"),
        ({"result": "great"}, "result"),
        ({"result": "mend"}, "problems"),
        ({"result": "mend", "problems": "疏散慢"}, "measures"),
        ({"uploads": []}, "uploads"),
        ({"uploads": [photo(n) for n in range(7)]}, "uploads"),
    ],
)
def test_a_drill_is_refused(place, operator, values, field):
    plan = approve(place, operator)
    with pytest.raises(Refused) as refused:
        hold(plan, operator, **values)
    assert field in refused.value.params["errors"]
    assert not EmergencyDrill.objects.exists()
    plan.refresh_from_db()
    assert plan.drilled_on is None


def test_one_drill_of_a_plan_a_day(place, operator):
    plan = approve(place, operator)
    hold(plan, operator)
    with pytest.raises(Refused, match="已经登记过"):
        hold(plan, operator)
    assert DrillFile.objects.count() == 1


def test_who_may_not_keep_them(cast, place):
    with pytest.raises(Denied):
        approve(place, cast.actor("officer"))
    other = Facility.objects.exclude(pk=place.pk).first()
    with pytest.raises(Denied):
        approve(other, cast.actor("operator"))
    place.state = "closed"
    place.save()
    with pytest.raises(Refused, match="停办"):
        approve(place, cast.actor("bureau"))


# ---- the rulebook


@pytest.fixture
def rulebook(cast):
    load_reference()
    with district_scope(cast.minhang):
        yield Actor.system(cast.minhang, "test")


def judged(facility, on=ON) -> dict[str, str]:
    found = {one.rule.key: one.verdict for one in verdicts.of_facility(facility.pk, on)}
    return {key: found[key] for key in ("emergency-plans", "emergency-drills")}


def test_both_rules_on_a_day(cast, rulebook):
    street = cast.facility.street
    facility = factories.facility(street)
    assert judged(facility) == {"emergency-plans": "unknown", "emergency-drills": "unknown"}
    plans = {kind: approve(facility, rulebook, kind) for kind in ("fire", "first_aid")}
    assert judged(facility) == {"emergency-plans": "not_met", "emergency-drills": "not_met"}
    plans["public_health"] = approve(facility, rulebook, "public_health", review_on=date(2026, 3, 17))
    assert judged(facility)["emergency-plans"] == "not_met"  # past its review
    assert judged(facility, date(2026, 3, 17))["emergency-plans"] == "met"
    approve(facility, rulebook, "public_health", approved_on=ON, review_on=date(2028, 1, 1))
    assert judged(facility)["emergency-plans"] == "met"
    for kind, plan in plans.items():
        hold(plan, rulebook, held_on=date(2025, 9, 18), uploads=[photo(len(kind))])
    assert judged(facility)["emergency-drills"] == "met"  # the fire drill is due today
    assert judged(facility, date(2026, 3, 19))["emergency-drills"] == "not_met"
    hold(plans["fire"], rulebook, held_on=date(2025, 9, 19), uploads=[photo(99)])
    assert judged(facility, date(2026, 3, 19))["emergency-drills"] == "met"
    assert judged(facility, date(2025, 9, 1))["emergency-drills"] == "met"  # six months from the approval
    assert judged(facility, date(2025, 9, 2))["emergency-drills"] == "not_met"
    assert judged(facility, date(2025, 2, 1)) == {"emergency-plans": "unknown", "emergency-drills": "unknown"}


def test_a_guidance_point_is_not_bound(cast, rulebook):
    facility = factories.facility(cast.facility.street, kind="guidance_point")
    assert "emergency-plans" not in {one.rule.key for one in verdicts.of_facility(facility.pk, ON)}


def test_many_at_once_by_the_same_rules(cast, rulebook):
    facility = factories.facility(cast.facility.street)
    kept = {"plan_file": store_file(paper(), actor=rulebook), "evidence": store_file(photo(), actor=rulebook)}
    row = {
        "facility": facility, "kind": "fire", "title": "示例预案", "approved_on": date(2025, 3, 1),
        "approved_by": "示例人", "review_on": date(2028, 3, 1),
        "drills": [{"held_on": date(2026, 1, 5), "scenario": "示例疏散", "leader": "示例人", "staff_count": 5,
                    "result": "good"}],
    }  # fmt: skip
    assert bulk_emergency.prepare_many([row], actor=rulebook, on=ON, **kept) == 1
    assert EmergencyPlan.objects.get().drilled_on == date(2026, 1, 5)
    with pytest.raises(Refused):
        bulk_emergency.prepare_many([row], actor=rulebook, on=ON, **kept)
    late = row | {"kind": "food", "drills": [{**row["drills"][0], "held_on": date(2027, 1, 1)}]}
    with pytest.raises(Refused):
        bulk_emergency.prepare_many([late], actor=rulebook, on=ON, **kept)


# ---- pages


def test_an_operator_enters_a_plan_and_a_drill(cast, client):
    load_reference()
    client.force_login(cast.operator)
    today = timezone.localdate()
    args = ["minhang", cast.facility.pk]
    page = client.get(reverse("facility-emergency", args=args)).content.decode()
    assert "缺预案：公共卫生、消防安全、急症救治" in page
    answer = client.post(
        reverse("emergency-plan-new", args=args) + "?kind=fire",
        {
            "kind": "fire", "title": "消防应急预案", "approved_on": (today - timedelta(300)).isoformat(),
            "approved_by": "示例人", "review_on": (today + timedelta(700)).isoformat(), "upload": paper(),
        },
    )  # fmt: skip
    assert answer.status_code == 302
    with district_scope(cast.minhang):
        plan = EmergencyPlan.objects.get()
    page = client.get(reverse("facility-emergency", args=args)).content.decode()
    assert "缺预案：公共卫生、急症救治" in page and "过期" in page  # six months since the approval are over
    drill = {
        "plan": plan.pk, "held_on": today.isoformat(), "scenario": "午睡时起火疏散", "leader": "示例人",
        "staff_count": "8", "child_count": "30", "result": "mend", "problems": "", "uploads": [photo(1), photo(2)],
    }  # fmt: skip
    refused = client.post(reverse("drill-new", args=args), drill)
    assert refused.status_code == 422 and "有不足的写明" in refused.content.decode()
    answer = client.post(
        reverse("drill-new", args=args),
        drill | {"problems": "二楼疏散慢", "measures": "每月练一次", "uploads": [photo(1), photo(2)]},
    )
    assert answer.status_code == 302
    page = client.get(reverse("facility-emergency", args=args)).content.decode()
    assert "二楼疏散慢" in page and "文件 2" in page
    with district_scope(cast.minhang):
        one = DrillFile.objects.first()
    assert b"".join(client.get(reverse("drill-file", args=["minhang", one.pk])))
    assert b"".join(client.get(reverse("emergency-plan-file", args=["minhang", plan.pk])))


def test_the_list_says_who_lacks_and_who_is_late(cast, client):
    load_reference()
    today = timezone.localdate()
    with district_scope(cast.minhang):
        actor = Actor.system(cast.minhang, "test")
        late, _lacks, fine = (factories.facility(cast.facility.street, name=f"示例{n}园") for n in "甲乙丙")
        other = factories.facility(cast.other_street, name="示例丁园")
        for facility in (late, fine):
            for kind in ("fire", "first_aid", "public_health"):
                plan = approve(facility, actor, kind, approved_on=today - timedelta(400),
                               review_on=today + timedelta(99), today=today)  # fmt: skip
                hold(plan, actor, held_on=today - timedelta(300 if facility is late else 9), today=today)
    client.force_login(cast.bureau)
    address = reverse("emergency", args=["minhang"])
    everybody = client.get(address).content.decode()
    assert all(f"示例{n}园" in everybody for n in "甲乙丙丁")
    overdue = client.get(address, {"late": "drill"}).content.decode()
    assert "示例甲园" in overdue and "示例乙园" not in overdue and "示例丙园" not in overdue
    missing = client.get(address, {"lacks": ["fire"]}).content.decode()
    assert "示例乙园" in missing and "示例甲园" not in missing
    client.force_login(cast.officer)
    page = client.get(address).content.decode()
    assert "示例甲园" in page and other.name not in page
