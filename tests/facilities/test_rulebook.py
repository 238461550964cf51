"""The rulebook: each rule's verdict for met, not met and unknown; who is bound; days; one statement, each table once."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from facilities.models import (
    CareClass,
    Certificate,
    Facility,
    FacilityHistory,
    FacilityTransition,
    Fee,
    FeeNotice,
    Insurance,
    LedgerEntry,
    Menu,
    Operator,
    Premises,
    PremisesArea,
    RecordCheck,
    Rule,
    TrainingRecord,
)
from facilities.rulebook import verdicts
from facilities.rulebook.base import BOOK
from facilities.rules import sites as site_rules
from facilities.rules.rulebook import ELSEWHERE, finished_year, monday, share
from facilities.services.rulebook_reference import answered, elsewhere, shipped
from inspections.models import ChecklistItem
from portal.models import District, Parameter, PolicyDocument, PolicyRule, Street
from portal.services.reference import load_reference
from portal.tenancy import district_scope, recorded_at
from tests.facilities import factories

ON = date(2026, 3, 18)
pytestmark = pytest.mark.django_db


@pytest.fixture(params=["minhang"])
def district(request, db):
    load_reference()
    found = District.objects.get(slug=request.param)
    with district_scope(found):
        yield found


@pytest.fixture
def jinshan(db):
    load_reference()
    found = District.objects.get(slug="jinshan")
    with district_scope(found):
        yield found


def street():
    return Street.objects.order_by("code").first()


def judged(facility, on=ON) -> dict[str, str]:
    return {one.rule.key: one.verdict for one in verdicts.of_facility(facility.pk, on)}


def one(facility, key, on=ON):
    return next(found for found in verdicts.of_facility(facility.pk, on) if found.rule.key == key)


def hired(facility, post="carer", *, certificate="childcare", checked=date(2026, 1, 5), **values):
    """Somebody with all papers in order on ON."""
    work = factories.employment(facility, post=post, **values)
    if certificate:
        rows = [(certificate, None), ("health_check", date(2026, 9, 1))]
        for kind, until in rows:
            Certificate.objects.create(
                staff=work.staff,
                kind=kind,
                number=f"{kind}{work.pk}",
                issued_on=date(2023, 1, 1),
                valid_until=until,
            )
    if checked:
        RecordCheck.objects.create(staff=work.staff, checked_on=work.starts_on - timedelta(3), found=False)
        RecordCheck.objects.create(staff=work.staff, checked_on=checked, found=False)
    return work


# ---- the book itself


def test_every_shipped_rule_has_a_test_and_every_test_a_rule():
    assert {rule["key"] for rule in shipped()["rules"]} == set(BOOK.tests)


@pytest.mark.parametrize("slug", ["minhang", "pudong", "jinshan"])
def test_every_rule_of_a_plan_is_a_record_rule_or_says_why_not(slug, db):
    """None is forgotten, none is in both lists; those for inspections have an item that cites the same clause."""
    load_reference()
    with district_scope(District.objects.get(slug=slug)):
        stated = {
            rule.key: rule for rule in PolicyRule.objects.filter(document__key=slug).select_related("clause")
        }
        by_record, without = set(answered(slug)), elsewhere(slug)
        assert by_record | without.keys() == stated.keys()
        assert not by_record & without.keys()
        cited = set(
            ChecklistItem.objects.filter(clause__isnull=False).values_list("clause__label", flat=True)
        )
        for key, why in without.items():
            if why == "inspection":
                assert stated[key].clause.label in cited, key


def test_rules_of_the_citys_documents_say_why_they_have_no_verdict(db):
    load_reference()
    with district_scope(District.objects.get(slug="shanghai")):
        for document in PolicyDocument.objects.all():
            keys = set(PolicyRule.objects.filter(document=document).values_list("key", flat=True))
            if keys:
                assert keys == elsewhere(document.key).keys()
        assert not Rule.objects.exists()


def test_the_plans_in_shared_have_no_rule_that_the_rulebook_does_not_know():
    folder = Path(settings.BASE_DIR).parent / "shared" / "plans"
    if not folder.is_dir():
        pytest.skip("no ../shared here")
    for file in folder.glob("*.yaml"):
        for rule in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("rules") or []:
            slug = file.stem
            assert rule["key"] in answered(slug) or elsewhere(slug)[rule["key"]] in ELSEWHERE


@pytest.mark.parametrize("slug", ["minhang", "pudong", "jinshan"])
def test_a_rule_cites_words_of_its_clause_or_is_marked_to_be_checked(slug, db):
    load_reference()
    with district_scope(District.objects.get(slug=slug)):
        rules = verdicts.rules(ON)
        assert len(rules) > 25
        for rule in rules:
            if rule.clause_id:
                assert rule.quote and not rule.basis and not rule.weak
                assert rule.clause.document.key == slug
            else:
                assert rule.basis
        assert any(rule.weak for rule in rules)
        assert not any(rule.weak for rule in rules if rule.key.startswith("checked-"))


def test_every_parameter_that_a_test_names_ships(db):
    load_reference()
    with district_scope(District.objects.get(slug="jinshan")):
        known = set(Parameter.objects.values_list("key", flat=True))
        for rule in verdicts.rules(ON):
            assert BOOK.keys_of(BOOK.tests[rule.key]) <= known, rule.key
        assert BOOK.keys_of(BOOK.tests["skills-hours"]) == {"training.skills_hours"}
        assert "staff.certificates_cook" in BOOK.keys_of(BOOK.tests["certified"])


def test_loading_twice_changes_nothing_and_keeps_a_districts_own_end(db):
    load_reference()
    minhang = District.objects.get(slug="minhang")
    with district_scope(minhang):
        Rule.objects.filter(key="menu-published").update(ends_on=ON)
        before = list(Rule.objects.values_list("pk", "key", "ends_on", "quote"))
    load_reference(force=True)
    with district_scope(minhang):
        assert list(Rule.objects.values_list("pk", "key", "ends_on", "quote")) == before


def test_the_finished_year_and_the_monday():
    assert finished_year(date(2026, 12, 30)) == 2025
    assert finished_year(date(2026, 12, 31)) == 2026
    assert monday(date(2026, 3, 18)) == date(2026, 3, 16)
    assert share(0, 0, 0) is None
    assert share(1, 0, 1) == 50


# ---- verdicts of the register's rules


@pytest.mark.parametrize(
    ("key", "kind", "values", "verdict"),
    [
        ("area-per-child", "baby_house", {"usable_area": 60, "places": 20}, "met"),
        ("area-per-child", "baby_house", {"usable_area": 59, "places": 20}, "not_met"),
        ("area-per-child", "baby_house", {"usable_area": None}, "unknown"),
        ("area-per-child", "nursery", {"usable_area": 10}, None),
        ("video-days", "nursery", {"video_days": 90}, "met"),
        ("video-days", "nursery", {"video_days": 89}, "not_met"),
        ("video-days", "nursery", {"video_days": None}, "unknown"),
        ("video-days", "baby_house", {"video_days": 40}, None),
        ("baby-house-video-days", "baby_house", {"video_days": 30}, "met"),
        ("baby-house-video-days", "baby_house", {"video_days": 29}, "not_met"),
        ("baby-house-video-days", "nursery", {"video_days": 29}, None),
        ("video-connected", "nursery", {"video_connected": True}, "met"),
        ("video-connected", "nursery", {"video_connected": False}, "not_met"),
        ("video-connected", "nursery", {"video_connected": None}, "unknown"),
        ("video-connected", "guidance_point", {"video_connected": False}, None),
        ("alarm-connected", "nursery", {"alarm_connected": True}, "met"),
        ("alarm-connected", "nursery", {"alarm_connected": True, "alarm_buttons": 0}, "not_met"),
        ("alarm-connected", "nursery", {"alarm_connected": None}, "unknown"),
        ("cameras", "nursery", {"cameras": 4}, "met"),
        ("cameras", "nursery", {"cameras": 0}, "not_met"),
        ("cameras", "nursery", {"cameras": None}, "unknown"),
        ("hourly-only", "baby_house", {"hourly": True, "full_day": False}, "met"),
        ("hourly-only", "baby_house", {"hourly": True, "half_day": True, "full_day": False}, "not_met"),
        ("no-full-day", "baby_house", {"hourly": True, "full_day": True}, "not_met"),
        ("no-meals", "baby_house", {"meals": False}, "met"),
        ("no-meals", "baby_house", {"meals": True, "full_day": True}, "not_met"),
        ("service-modes", "nursery", {"full_day": True}, "met"),
        ("service-modes", "nursery", {"full_day": False}, "not_met"),
        ("insured", "nursery", {"insured_until": ON}, "met"),
        ("insured", "nursery", {"insured_until": ON - timedelta(1)}, "not_met"),
        ("insured", "nursery", {"insured_until": None}, "unknown"),
        ("fees-published", "nursery", {"fees_published_on": date(2025, 9, 1)}, "met"),
        ("fees-published", "nursery", {"fees_published_on": None}, "unknown"),
        ("founder", "nursery", {}, "unknown"),
        ("founder", "nursery", {"operator": "示例举办者甲"}, "met"),
        ("file-complete", "nursery", {"head": "示例人"}, "not_met"),
    ],
)
def test_the_registers_rules(district, key, kind, values, verdict):
    facility = factories.facility(street(), kind=kind, **values)
    assert judged(facility).get(key) == verdict


@pytest.mark.parametrize(
    ("name", "street_name", "verdict"),
    [
        ("七宝镇宝宝屋", "七宝镇", "met"),
        ("七宝镇明泉社区“宝宝屋”", "七宝镇", "met"),
        ("七宝镇 ‘宝宝屋’", "七宝镇", "met"),
        ("快乐宝宝屋", "七宝镇", "not_met"),
        ("社区宝宝屋", "七宝镇", "not_met"),
        ("示例高新技术产业开发区“宝宝屋”", "示例高新技术产业开发区", "met"),
        ("示例镇宝宝屋", "示例高新技术产业开发区", "not_met"),
    ],
)
def test_a_name_is_judged_as_the_register_judges_it(district, name, street_name, verdict):
    """The rule and the service say the same of every name; where names are free, the rule binds nobody."""
    Street.objects.filter(name=street_name).update(name="示例改名")
    Street.objects.filter(pk=street().pk).update(name=street_name)
    facility = factories.facility(Street.objects.get(pk=street().pk), kind="baby_house", name=name)
    assert "baby-house-name" not in judged(facility)
    Parameter.objects.filter(key="baby_house.naming").update(value="convention")
    assert judged(facility)["baby-house-name"] == verdict
    assert site_rules.name_is_right(name, street().name) == (verdict == "met")


def test_value_and_limit_are_what_was_measured_and_asked(district):
    facility = factories.facility(street(), kind="baby_house", usable_area=50, places=20)
    found = one(facility, "area-per-child")
    assert (float(found.value), float(found.limit)) == (2.5, 3)
    Operator.objects.create(name="示例举办者乙", credit_code="")
    complete = factories.facility(
        street(), operator="示例举办者乙", head="示例人", phone="021-55500001", credit_code="x", usable_area=9
    )
    assert (int(one(complete, "file-complete").value), int(one(complete, "file-complete").limit)) == (5, 6)


# ---- classes, papers, premises


def care(facility, kind="toddler", **values):
    return CareClass.objects.create(
        **{
            "facility": facility, "name": f"{kind}{values}", "kind": kind, "year": 2025, "places": 20,
            "children": 12, "staff": 3, "started_on": date(2025, 9, 1), **values,
        }
    )  # fmt: skip


def test_the_largest_class_of_an_age_is_measured(district):
    facility = factories.facility(street())
    assert judged(facility)["toddler-class-size"] == "unknown"  # no class on record at all
    care(facility, children=15)
    found = judged(facility)
    assert found["toddler-class-size"] == "met"
    assert "infant-class-size" not in found and "senior-ratio" not in found  # no class of that age
    care(facility, children=16, name="大")
    assert judged(facility)["toddler-class-size"] == "not_met"
    assert int(one(facility, "toddler-class-size").value) == 16
    CareClass.objects.filter(name="大").update(ended_on=ON)
    assert judged(facility)["toddler-class-size"] == "met"


@pytest.mark.parametrize(
    ("children", "staff", "verdict"), [(15, 3, "met"), (15, 2, "not_met"), (15, 0, "unknown"), (0, 0, None)]
)
def test_hands_of_a_class(district, children, staff, verdict):
    facility = factories.facility(street())
    care(facility, children=children, staff=staff)
    assert judged(facility)["toddler-ratio"] == (verdict or "unknown")


def test_one_class_without_hands_does_not_hide_another_that_has_too_few(district):
    facility = factories.facility(street())
    care(facility, staff=0, name="甲")
    care(facility, staff=1, children=12, name="乙")
    assert judged(facility)["toddler-ratio"] == "not_met"


def test_a_baby_house_without_classes_is_one_class(district):
    few = factories.facility(street(), kind="baby_house", places=20)
    many = factories.facility(street(), kind="baby_house", places=25)
    assert judged(few)["baby-house-class-size"] == "met"
    assert judged(many)["baby-house-class-size"] == "unknown"
    care(many, "mixed", children=21, places=25)
    assert judged(many)["baby-house-class-size"] == "not_met"


def test_a_policy_counts_for_its_time(district):
    facility = factories.facility(street())
    Insurance.objects.create(
        facility=facility, kind="liability", insurer="示例保险", number="1",
        starts_on=date(2025, 3, 1), ends_on=date(2026, 2, 28),
    )  # fmt: skip
    assert judged(facility, date(2026, 2, 28))["insured"] == "met"
    assert judged(facility)["insured"] == "not_met"
    assert one(facility, "insured").value == date(2026, 2, 28)
    assert judged(facility, date(2025, 2, 1))["insured"] == "unknown"
    Insurance.objects.create(
        facility=facility, kind="accident", insurer="示例保险", number="2",
        starts_on=date(2026, 3, 1), ends_on=date(2027, 2, 28),
    )  # fmt: skip
    assert judged(facility)["insured"] == "not_met"  # not the one that is asked for


def test_a_notice_older_than_the_price_is_none(district):
    facility = factories.facility(street())
    Fee.objects.create(facility=facility, item="care", amount=3000, unit="month", starts_on=date(2026, 3, 1))
    assert judged(facility)["fees-published"] == "unknown"
    FeeNotice.objects.create(facility=facility, published_on=date(2025, 9, 1), place="door")
    assert judged(facility)["fees-published"] == "not_met"
    FeeNotice.objects.create(facility=facility, published_on=date(2026, 3, 2), place="door")
    assert judged(facility)["fees-published"] == "met"


def test_a_menu_is_asked_of_those_who_give_meals(district):
    without = factories.facility(street(), meals=False)
    meals = factories.facility(street(), meals=True, full_day=True)
    assert "menu-published" not in judged(without)
    assert judged(meals)["menu-published"] == "unknown"
    Menu.objects.create(facility=meals, week=date(2026, 3, 9), text="示例")
    assert judged(meals)["menu-published"] == "not_met"
    Menu.objects.create(facility=meals, week=date(2026, 3, 16), text="示例")
    assert judged(meals)["menu-published"] == "met"


def test_a_baby_house_gives_no_meals_in_any_record(district):
    facility = factories.facility(street(), kind="baby_house")
    Fee.objects.create(facility=facility, item="meals", amount=10, unit="day", starts_on=date(2026, 1, 1))
    assert judged(facility)["no-meals"] == "not_met"


def test_wash_and_feeding_areas(district):
    facility = factories.facility(street(), kind="baby_house")
    assert judged(facility)["washroom"] == "unknown"
    place = Premises.objects.create(facility=facility, name="一", tenure="own", starts_on=date(2024, 1, 1))
    PremisesArea.objects.create(premises=place, use="wash", floor=1, area=6)
    assert judged(facility)["washroom"] == "not_met"
    PremisesArea.objects.create(premises=place, use="feeding", floor=1, area=4)
    assert judged(facility)["washroom"] == "met"


# ---- people


STAFF_RULES = ("certified", "healthy", "checked-before", "checked-yearly", "no-record", "health-worker")


def test_nobody_on_record_is_unknown_in_every_rule_about_people(district):
    found = judged(factories.facility(street()))
    assert {found[key] for key in STAFF_RULES} == {"unknown"}
    assert found["skills-hours"] == found["ethics-hours"] == "unknown"


def test_people_in_order_meet_the_rules(district):
    facility = factories.facility(street())
    hired(facility)
    hired(facility, "health", certificate="health")
    found = judged(facility)
    assert {found[key] for key in STAFF_RULES} == {"met"}
    assert (int(one(facility, "certified").value), int(one(facility, "certified").of)) == (2, 2)


def test_one_without_a_paper_is_enough(district):
    facility = factories.facility(street())
    hired(facility)
    hired(facility, certificate="", checked=None)
    found = judged(facility)
    assert found["certified"] == found["healthy"] == "not_met"
    # who was never asked about is missing data, not a breach
    assert found["checked-before"] == found["checked-yearly"] == found["no-record"] == "unknown"
    assert (int(one(facility, "certified").value), int(one(facility, "certified").of)) == (1, 2)


def test_a_check_that_is_too_old_is_a_breach(district):
    facility = factories.facility(street())
    hired(facility, checked=date(2025, 3, 1))
    assert judged(facility)["checked-yearly"] == "not_met"
    assert judged(facility, date(2025, 9, 1))["checked-yearly"] == "met"


def test_a_record_is_a_breach_whatever_else_is_missing(district):
    facility = factories.facility(street())
    work = hired(facility, checked=None)
    RecordCheck.objects.create(staff=work.staff, checked_on=ON, found=True)
    hired(facility, checked=None)
    assert judged(facility)["no-record"] == "not_met"
    assert judged(facility, ON - timedelta(1))["no-record"] == "unknown"


def test_papers_hold_for_their_time_and_people_while_they_work(district):
    facility = factories.facility(street())
    work = hired(facility, starts_on=date(2025, 1, 10), ends_on=date(2026, 2, 1))
    Certificate.objects.filter(staff=work.staff, kind="childcare").update(valid_until=date(2025, 6, 30))
    assert judged(facility, date(2025, 6, 30))["certified"] == "met"
    assert judged(facility, date(2025, 7, 1))["certified"] == "not_met"
    assert judged(facility, date(2026, 2, 2))["certified"] == "unknown"  # nobody works here any more


def test_hours_are_judged_by_the_year_that_is_over(district):
    facility = factories.facility(street())
    work = hired(facility, starts_on=date(2024, 9, 1))
    hired(facility, starts_on=date(2025, 5, 1))  # not the whole year: not asked
    assert judged(facility)["skills-hours"] == "unknown"

    def train(kind, hours, day):
        TrainingRecord.objects.create(
            staff=work.staff, kind=kind, course=f"示例{hours}{day}", provider="示例", hours=hours, done_on=day
        )

    train("skills", 71, date(2025, 6, 1))
    found = one(facility, "skills-hours")
    assert (found.verdict, int(found.value), int(found.of), int(found.limit)) == ("not_met", 0, 1, 72)
    train("skills", 60, date(2026, 2, 1))  # this year's do not mend it
    assert judged(facility)["skills-hours"] == "not_met"
    train("skills", 1, date(2025, 12, 31))
    assert judged(facility)["skills-hours"] == "met"
    assert judged(facility)["ethics-hours"] == "not_met"


def test_the_ratio_of_a_baby_house(jinshan):
    facility = factories.facility(street(), kind="baby_house", places=11)
    assert judged(facility)["baby-house-ratio"] == "unknown"
    hired(facility)
    hired(facility, full_time=False)
    assert judged(facility)["baby-house-ratio"] == "not_met"
    hired(facility, "teacher", certificate="teacher")
    found = judged(facility)
    assert (found["baby-house-ratio"], found["baby-house-full-time"]) == ("met", "not_met")
    assert int(one(facility, "baby-house-full-time").limit) == 3


# ---- who is bound, and when


def test_those_who_do_not_operate_have_no_verdicts(district):
    assert judged(factories.facility(street(), state="preparing", opened_on=None)) == {}
    assert judged(factories.facility(street(), opened_on=ON + timedelta(1))) == {}
    closed = factories.facility(street(), state="closed", closed_on=ON)
    assert judged(closed) == {}
    assert judged(closed, ON - timedelta(1)) != {}


def test_a_facility_that_was_suspended_was_not_judged_then(district):
    facility = factories.facility(street())
    for source, target, on in (
        ("operating", "suspended", date(2026, 1, 1)), ("suspended", "operating", date(2026, 2, 1))
    ):  # fmt: skip
        FacilityTransition.objects.create(
            facility=facility, source=source, target=target, on=on, reason="示例"
        )
    assert judged(facility, date(2026, 1, 15)) == {}
    assert judged(facility, date(2025, 12, 31)) and judged(facility)


def test_a_day_is_judged_by_the_parameter_of_that_day(district):
    facility = factories.facility(street(), video_days=60)
    old = Parameter.objects.get(key="video.days.other")
    Parameter.objects.filter(pk=old.pk).update(ends_on=date(2025, 12, 31), value=60)
    assert judged(facility, date(2025, 12, 31))["video-days"] == "met"
    assert judged(facility)["video-days"] == "unknown"  # no value in force: nobody can say
    Parameter.objects.create(
        key=old.key, value=90, unit=old.unit, label=old.label, basis="示例", starts_on=date(2026, 1, 1)
    )
    assert judged(facility)["video-days"] == "not_met"


def test_a_day_is_judged_by_the_rules_of_that_day(district):
    facility = factories.facility(street(), video_days=10)
    Rule.objects.filter(key="video-days").update(starts_on=date(2026, 1, 1), ends_on=date(2026, 2, 28))
    assert "video-days" not in judged(facility, date(2025, 12, 31))
    assert judged(facility, date(2026, 2, 1))["video-days"] == "not_met"
    assert "video-days" not in judged(facility)


def test_what_has_no_date_is_read_from_the_history(district):
    today = timezone.localdate()
    facility = factories.facility(street(), video_days=120)
    Facility.objects.filter(pk=facility.pk).update(video_days=10)
    rows = FacilityHistory.objects.filter(pgh_obj=facility.pk).order_by("pgh_id")
    assert [row.video_days for row in rows] == [120, 10]
    # both were written today: any day before stands as the register came first
    assert judged(facility, today - timedelta(5))["video-days"] == "met"
    assert judged(facility, today)["video-days"] == "not_met"


def test_what_was_changed_in_place_counts_as_it_stood_on_the_day(district):
    District.objects.filter(pk=district.pk).update(demonstration=True)
    now = timezone.now()
    today = timezone.localdate(now)
    facility = factories.facility(street())
    site = factories.facility(street(), kind="baby_house")
    with recorded_at(now - timedelta(20)):
        made = care(facility, children=16)
        place = Premises.objects.create(facility=site, name="一", tenure="own", starts_on=date(2024, 1, 1))
        area = PremisesArea.objects.create(premises=place, use="wash", floor=1, area=6)
        work = factories.employment(facility, post="health", starts_on=today - timedelta(90))
    with recorded_at(now - timedelta(10)):
        CareClass.objects.filter(pk=made.pk).update(children=12)
        PremisesArea.objects.filter(pk=area.pk).update(use="feeding")
        type(work).objects.filter(pk=work.pk).update(post="carer")
    CareClass.objects.filter(pk=made.pk).update(children=15)

    def value(key, back, of=facility):
        found = one(of, key, today - timedelta(back))
        return None if found.value is None else int(found.value)

    assert [value("toddler-class-size", back) for back in (25, 15, 5, 0)] == [16, 16, 12, 15]
    assert [judged(facility, today - timedelta(back))["toddler-class-size"] for back in (15, 5)] == [
        "not_met",
        "met",
    ]
    assert [value("health-worker", back) for back in (15, 5, 0)] == [1, 0, 0]
    for verdict in ("washroom",):
        assert {judged(site, today - timedelta(back))[verdict] for back in (15, 5, 0)} == {"not_met"}
    # the whole district gives what the single facility does
    for back in (15, 5, 0):
        on = today - timedelta(back)
        rule = next(r for r in verdicts.rules(on) if r.key == "toddler-class-size")
        listed = {
            v: {f.facility_id for f in verdicts.of_rule(rule, on, verdict=v)} for v in ("met", "not_met")
        }
        assert facility.pk in listed[judged(facility, on)["toddler-class-size"]]


# ---- counts, lists, cost


def test_counts_of_streets_are_the_sum_of_the_facilities(district):
    streets = list(Street.objects.order_by("code")[:2])
    made = [
        factories.facility(streets[n % 2], kind=kind, video_days=days, usable_area=area)
        for n, (kind, days, area) in enumerate(
            [("nursery", 90, None), ("nursery", 10, 5), ("baby_house", 30, 300), ("baby_house", None, None)]
            * 2
        )
    ]
    hired(made[0])
    found = verdicts.rules(ON)
    counted = verdicts.counted(found, ON)
    by_hand: dict = {}
    for facility in made:
        for key, verdict in judged(facility).items():
            counts = by_hand.setdefault(facility.street_id, {}).setdefault(key, {})
            counts[verdict] = counts.get(verdict, 0) + 1
    assert {
        place: {
            key: {name: n for name in ("met", "not_met", "unknown") if (n := getattr(counts, name))}
            for key, counts in by_rule.items()
        }
        for place, by_rule in counted.items()
    } == by_hand
    only = verdicts.counted(found, ON, only=[made[1].pk])
    assert list(only) == [made[1].street_id]
    assert verdicts.counted(found, ON, streets=[streets[0].pk]) == {streets[0].pk: counted[streets[0].pk]}


def test_who_fails_a_rule_comes_by_code_in_pages(district):
    made = [factories.facility(street(), video_days=days) for days in (10, 20, 95, None, 30)]
    rule = verdicts.rules(ON, "video-days")[0]
    failing = verdicts.of_rule(rule, ON)
    assert [one.facility_id for one in failing] == [made[0].pk, made[1].pk, made[4].pk]
    assert [int(one.value) for one in failing] == [10, 20, 30]
    assert [one.code for one in verdicts.of_rule(rule, ON, limit=1)] == [made[0].code]
    assert [one.code for one in verdicts.of_rule(rule, ON, after=made[0].code, limit=1)] == [made[1].code]
    assert [one.code for one in verdicts.of_rule(rule, ON, before=made[4].code, limit=1)] == [made[1].code]
    assert [one.facility_id for one in verdicts.of_rule(rule, ON, verdict="unknown")] == [made[3].pk]
    assert verdicts.of_rule(rule, ON, only=[made[2].pk]) == []


def test_the_worst_come_first(district):
    bad = factories.facility(street(), video_days=1, video_connected=False, alarm_connected=False)
    better = factories.facility(street(), video_days=1)
    found = verdicts.worst(verdicts.rules(ON), ON)
    assert [one.facility_id for one in found][:2] == [bad.pk, better.pk]
    assert found[0].not_met == sum(v == "not_met" for v in judged(bad).values())
    assert found[0].unknown == sum(v == "unknown" for v in judged(bad).values())


def test_each_table_is_read_once_however_many_rules_and_facilities(district):
    today = timezone.localdate()
    for _n in range(3):
        factories.facility(street())
    with CaptureQueriesContext(
        connection,
    ) as made:
        verdicts.counted(verdicts.rules(today), today)
    statements = [
        query["sql"]
        for query in made
        if "facilities_" in query["sql"] and "facilities_rule" not in query["sql"]
    ]
    assert len(statements) == 1
    for table in (
        "facilities_facility f", "facilities_employment", "facilities_certificate", "facilities_trainingrecord",
        "facilities_recordcheck", "facilities_careclass", "facilities_fee\n", "facilities_menu", "facilities_insurance",
    ):  # fmt: skip
        assert statements[0].count(table) == 1, table
    assert len(made) <= 5


def test_another_district_is_not_judged(district):
    factories.facility(street(), video_days=1)
    assert Facility.objects.count() == 1
    assert sum(c["video-days"].not_met for c in verdicts.counted(verdicts.rules(ON), ON).values()) == 1


# ---- trying a parameter


def test_a_tried_value_says_who_would_newly_fail_and_who_would_pass(district):
    strict = factories.facility(street(), video_days=95)
    loose = factories.facility(street(), video_days=60)
    factories.facility(street(), video_days=200)
    factories.facility(street(), video_days=None)
    stricter = verdicts.tried("video.days.other", 120, ON, ON)
    assert [(t.facility_id, t.before, t.after) for t in stricter] == [(strict.pk, "met", "not_met")]
    looser = verdicts.tried("video.days.other", 60, ON, ON)
    assert [(t.facility_id, t.before, t.after) for t in looser] == [(loose.pk, "not_met", "met")]
    assert verdicts.tried("video.days.other", 90, ON, ON) == []
    assert verdicts.tried("draw.cap_per_year", 3, ON, ON) is None
    assert Parameter.objects.get(key="video.days.other").value == 90  # nothing was written


def test_a_value_that_several_rules_ask_for_is_tried_on_all(jinshan):
    facility = factories.facility(street(), kind="baby_house", places=10)
    hired(facility)
    hired(facility)
    assert judged(facility)["baby-house-ratio"] == "met"
    found = verdicts.tried("baby_house.children_per_staff", 4, ON, ON)
    assert {one.rule.key for one in found} == {"baby-house-ratio", "baby-house-full-time"}


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        ((), "unknown"),
        (((2025, "fee", 100), (2025, "rent", 100)), "met"),
        (((2025, "fee", 100), (2025, "rent", 60), (2025, "staff", 39)), "not_met"),
        (((2025, "fee", 100), (2025, "fee", -30), (2025, "rent", 70)), "met"),
        (((2025, "grant", 900), (2025, "rent", 70)), "met"),
        (((2026, "fee", 100), (2024, "fee", 100)), "unknown"),
        (((2025, "grant", 900),), "unknown"),  # no cost was entered
        (((2025, "fee", 100),), "unknown"),
        (((2025, "rent", 70), (2025, "rent", -70)), "unknown"),
        (((2025, "fee", 100), (2025, "rent", 60), (2026, "staff", 900)), "not_met"),
    ],
)
def test_families_pay_no_more_than_a_site_costs(jinshan, lines, verdict):
    """金教〔2023〕29号 四3, by the account of the last year that is over; this year's is not finished."""
    site = factories.facility(street(), kind="baby_house", opened_on=date(2024, 3, 1))
    for year, item, amount in lines:
        LedgerEntry.objects.create(facility=site, on=date(year, 5, 5), item=item, amount=amount, note="示例")
    assert judged(site)["non-profit"] == verdict


def test_what_fees_were_spent_on_is_not_told_by_sums(jinshan):
    """六1: a grant may have paid the costs; no line says out of which income it was paid."""
    assert "fee-income-dedicated" not in answered("jinshan")
    assert elsewhere("jinshan")["fee-income-dedicated"] == "vouchers"


def test_a_site_that_opened_this_year_has_no_account_of_the_last(jinshan):
    site = factories.facility(street(), kind="baby_house", opened_on=date(2026, 1, 5))
    assert "non-profit" not in judged(site)
    assert "non-profit" not in judged(factories.facility(street(), opened_on=date(2024, 3, 1)))
