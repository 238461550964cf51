"""Support of facilities: computed from the records, nothing twice, two persons, money as it was paid."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, time, timedelta
from decimal import Decimal as D

import pytest
from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils import timezone
from hypothesis import given as random
from hypothesis import strategies as st

from facilities.models import (
    CareClass,
    CareSession,
    Course,
    CreditEntry,
    Room,
    StaffMember,
    TrainingSession,
    TrainingSignUp,
)
from inspections.models import Order
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import Membership
from portal.models.records import AuditEntry
from portal.navigation import REGISTRY
from portal.rules.rights import Role
from portal.services import exports, people
from portal.services.reference import load_reference
from portal.spreadsheets import LISTS, Asked
from portal.tenancy import district_scope
from targets.metrics.base import Period
from targets.metrics.registry import FAMILY_OF, METRICS
from targets.models import SubsidyClaim, SubsidyItem, SubsidyMark, SubsidyVersion
from targets.rules import subsidies as rules
from targets.services import rollup, subsidies, subsidy_money, subsidy_rules, subsidy_year
from targets.subsidy_queue import waiting
from tests import cast as casting
from tests.portal.access.subsidies import YEAR, form, terms
from tests.portal.spreadsheets import cells_of
from tests.portal.stage import png
from tests.rows import make
from tests.world import ROOT

# --- Rules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "part", "span"),
    [
        ("year", 1, (date(2024, 1, 1), date(2024, 12, 31))),
        ("half", 2, (date(2024, 7, 1), date(2024, 12, 31))),
        ("quarter", 1, (date(2024, 1, 1), date(2024, 3, 31))),
        ("quarter", 3, (date(2024, 7, 1), date(2024, 9, 30))),
    ],
)
def test_the_parts_of_a_year(kind, part, span):
    assert rules.period_of(kind, 2024, part) == span
    assert rules.part_of(kind, span[0]) == part


@pytest.mark.parametrize(
    ("kind", "part"), [("year", 0), ("year", 2), ("half", 3), ("quarter", 5), ("quarter", -1)]
)
def test_a_part_that_the_year_does_not_have(kind, part):
    with pytest.raises(ValueError):
        rules.period_of(kind, 2024, part)


@random(st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_the_last_day_of_a_month_is_the_day_before_the_next_ones_first(day):
    last = rules.last_of_month(day)
    assert last.month == day.month and last >= day and (last + timedelta(1)).day == 1


def row(quantity: str) -> rules.Counted:
    return rules.Counted("x", "x", "", D(quantity), ())


@pytest.mark.parametrize(
    ("quantities", "rate", "measure", "left", "expected"),
    [
        (["20", "10"], "100", rules.AVERAGE, None, ("30", "3000.00", "3000.00")),
        (["20"], "100", rules.AVERAGE, "1500", ("20", "2000.00", "1500.00")),
        (["20"], "100", rules.AVERAGE, "0", ("20", "2000.00", "0.00")),
        (["1.5"], "0.33", rules.SESSION_HOURS, None, ("1.5", "0.50", "0.50")),  # 0.495, half a fen up
        (["1000.01"], "30", rules.RECEIPTS, None, ("1000.01", "300.00", "300.00")),
        ([], "30", rules.RECEIPTS, None, ("0", "0.00", "0.00")),
    ],
)
def test_what_it_comes_to(quantities, rate, measure, left, expected):
    found = rules.worked([row(one) for one in quantities], D(rate), measure, left and D(left))
    assert (found.quantity, found.full, found.amount) == tuple(D(one) for one in expected)
    assert found.amount.as_tuple().exponent == -2


ASKED = rules.Asked(("nursery",), True, True, ("A", "B"), True, True)
GOOD = {
    "kind": "nursery", "inclusive": True, "ownership": "non_profit", "grade": "A", "disciplined": False, "overdue": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "missing"),
    [
        ({}, set()), ({"kind": "baby_house"}, {"kind"}), ({"inclusive": False}, {"inclusive"}),
        ({"ownership": "for_profit"}, {"non_profit"}), ({"ownership": "public"}, set()), ({"grade": ""}, {"grade"}),
        ({"grade": "C"}, {"grade"}), ({"disciplined": True}, {"discipline"}), ({"overdue": 1}, {"overdue"}),
    ],
)  # fmt: skip
def test_who_may_claim(more, missing):
    found = rules.conditions(ASKED, rules.Facts(**GOOD | more))
    assert {key for key, met in found if not met} == missing
    assert len(found) == 6


def test_what_a_version_does_not_ask_is_no_condition():
    bare = rules.Asked(("nursery",))
    assert rules.conditions(bare, rules.Facts("nursery", False, "for_profit", "", True, 9)) == [
        ("kind", True)
    ]


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({}, set()), ({"citation": "x"}, {"citation"}), ({"measure": rules.PERSONS}, {"measure"}),
        ({"rate": D(0)}, {"rate"}), ({"rate": D("0.001")}, {"rate"}), ({"rate": D("NaN")}, {"rate"}),
        ({"cap": D(-1)}, {"cap"}), ({"starts_on": date(2026, 1, 2)}, {"starts_on"}),
        ({"ends_on": date(2020, 1, 31)}, {"ends_on"}), ({"ends_on": date(2999, 1, 30)}, {"ends_on"}),
        ({"measure": rules.SET_DAY}, {"count_day"}), ({"count_month": 2, "count_day": 3}, {"count_day"}),
        ({"measure": rules.SET_DAY, "count_month": 2, "count_day": 29}, {"count_day"}),
        ({"measure": rules.SET_DAY, "count_month": 10, "count_day": 31}, set()),
        ({"measure": rules.SET_DAY, "count_month": 10, "count_day": 31, "period": "half"}, {"period"}),
        ({"facility_kinds": []}, {"facility_kinds"}),
    ],
)  # fmt: skip
def test_what_a_version_cannot_say(more, fields):
    assert set(rules.version_problems(terms(**more), rules.OPERATION)) == fields


def test_relief_of_rent_is_a_per_cent():
    said = terms(measure=rules.RECEIPTS, rate=D(101))
    assert rules.version_problems(said, rules.RENT) == {"rate": "share"}


# --- Services -------------------------------------------------------------------------------------


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        cast.facility.inclusive = True
        cast.facility.save()
        yield cast


def a_rule(cast, kind=rules.OPERATION, **more):
    more = {"measure": rules.OF_KIND[kind][0]} | more
    name = f"示例补贴{SubsidyVersion.objects.count()}"
    row = subsidy_rules.propose(name=name, kind=kind, actor=cast.actor("bureau"), **terms(**more))
    return subsidy_rules.confirm(row, version=1, actor=cast.actor("head")).rule


def a_class(cast, places=20, since=date(YEAR, 1, 1), until=None, name="示例一班", facility=None):
    return CareClass.objects.create(
        facility=facility or cast.facility, name=name, kind="toddler", year=YEAR, places=places, started_on=since,
        ended_on=until,
    )  # fmt: skip


def claim(cast, rule, part=1, year=YEAR, facility=None, who="operator"):
    return subsidies.claim(facility or cast.facility, rule, year=year, part=part, actor=cast.actor(who))


def go(cast, row, *actions):
    who = {"submit": "operator", "check": "bureau", "approve": "head"}
    for action in actions:
        row = getattr(subsidies, action)(row, version=row.version, actor=cast.actor(who[action]))
    return row


def approved(cast, **more):
    a_class(cast)
    return go(cast, claim(cast, a_rule(cast, **more)), "submit", "check", "approve")


def pay(cast, row, amount, reference="示例 1"):
    return subsidy_money.pay(
        row, paid_on=timezone.localdate(), reference=reference, amount=D(amount), version=row.version,
        actor=cast.actor("bureau"),
    )  # fmt: skip


def back(cast, row, who="head"):
    """The second person confirms the newest recovery."""
    return subsidy_money.confirm_recovery(
        row, row.recoveries.order_by("pk").last().pk, version=row.version, actor=cast.actor(who)
    )


def test_from_the_records_to_the_last_payment(minhang):
    a_class(minhang, 20)
    a_class(
        minhang, 10, since=date(YEAR, 3, 15), until=date(YEAR, 9, 1), name="示例二班"
    )  # counts March to August
    rule = a_rule(minhang, rate=D("50.50"))
    made = claim(minhang, rule)
    assert (made.state, made.quantity, made.amount) == ("draft", D(20 * 12 + 10 * 6), D("15150.00"))
    assert [(one.label, one.note, one.quantity) for one in made.items.order_by("position")] == [
        ("示例一班", f"20 × 12（{YEAR}-01 — {YEAR}-12）", D(240)), ("示例二班", f"10 × 6（{YEAR}-03 — {YEAR}-08）", D(60)),
    ]  # fmt: skip
    assert made.number == f"BT{YEAR}-0001"
    made = go(minhang, made, "submit", "check", "approve")
    assert (made.state, made.submitted_by, made.checked_by, made.approved_by) == (
        "approved", minhang.operator, minhang.bureau, minhang.head,
    )  # fmt: skip
    made = pay(minhang, made, "10000.00")
    assert (made.state, made.paid) == ("approved", D("10000.00"))
    with pytest.raises(Refused, match=r"最多还能拨付 5,150\.00 元") as refused:
        pay(minhang, made, "5150.01", "示例 2")
    assert refused.value.field == "amount"
    with pytest.raises(Conflict, match="已经记过"):
        pay(minhang, made, "1.00")
    made = pay(minhang, made, "5150.00", "示例 2")
    assert (made.state, made.paid) == ("paid", D("15150.00"))
    actions = AuditEntry.objects.filter(subject_type="targets.subsidyclaim").order_by("pk")
    assert [one.rpartition(".")[2] for one in actions.values_list("action", flat=True)] == [
        "make", "submit", "check", "approve", "pay", "pay",
    ]  # fmt: skip


def test_what_is_recorded_later_changes_nothing_until_it_is_computed_anew(minhang):
    first = a_class(minhang)
    made = claim(minhang, a_rule(minhang))
    CareClass.objects.filter(pk=first.pk).update(places=30)
    made.refresh_from_db()
    assert made.amount == D(24000) and made.items.get().quantity == 240
    made = subsidies.recompute(made, version=made.version, actor=minhang.actor("operator"))
    assert made.amount == D(36000) and made.items.get().quantity == 360
    made = go(minhang, made, "submit")
    CareClass.objects.filter(pk=first.pk).update(places=1)
    with pytest.raises(Conflict, match="不能重新计算"):
        subsidies.recompute(made, version=made.version, actor=minhang.actor("operator"))
    assert SubsidyClaim.objects.get().amount == D(36000)


def test_places_of_a_set_day(minhang):
    a_class(minhang, 20, until=date(YEAR, 10, 31))  # is over on the day
    a_class(minhang, 12, since=date(YEAR, 10, 31), name="示例二班")
    rule = a_rule(minhang, measure=rules.SET_DAY, count_month=10, count_day=31)
    assert [(one.label, one.quantity) for one in claim(minhang, rule).items.all()] == [("示例二班", D(144))]


def test_hours_of_sessions_to_which_a_child_came(minhang):
    room = Room.objects.create(facility=minhang.facility, name="示例活动室", area=30, places=8)
    known = {"facility": minhang.facility, "room": room, "mode": "alone", "staff": 2, "places": 5}
    for day, hours, taken, state in (
        (3, 2, 1, "open"), (4, 3, 0, "open"), (5, 2, 1, "cancelled"), (6, 1, 5, "open"),
    ):  # fmt: skip
        CareSession.objects.create(
            on=date(YEAR, 3, day),
            starts_at=time(9, 15),
            ends_at=time(9 + hours, 15),
            taken=taken,
            state=state,
            **known,
        )
    CareSession.objects.create(on=date(YEAR, 4, 1), starts_at=time(9), ends_at=time(11), taken=1, **known)
    made = claim(minhang, a_rule(minhang, rules.HOURS, period=rules.QUARTER))
    assert made.quantity == 3 and made.amount == 300
    assert [one.label for one in made.items.all()] == [
        f"{YEAR}-03-03 09:15–11:15", f"{YEAR}-03-06 09:15–10:15",
    ]  # fmt: skip


def signed_up(cast, staff, course, **more):
    session = make_session(course)
    return make(
        TrainingSignUp, session=session, staff=staff, facility=cast.facility,
        **{"attendance": "attended", "passed": True} | more,
    )  # fmt: skip


def make_session(course, day=date(YEAR, 5, 20)):
    return make(TrainingSession, course=course, state="held", starts_on=day, ends_on=day)


def test_a_person_counts_once_for_a_course(minhang):
    one, two = make(Course, hours=4, title="示例保育课"), make(Course, hours=4, title="示例营养课")
    person, other = make(StaffMember, name="陈示例"), make(StaffMember)
    signed_up(minhang, person, one)
    signed_up(minhang, person, one)  # again
    signed_up(minhang, person, two)
    signed_up(minhang, other, one, passed=False)
    signed_up(minhang, other, two, attendance="absent", passed=None)
    rule = a_rule(minhang, rules.TRAINING)
    made = claim(minhang, rule)
    assert made.quantity == 2
    assert {one.note.split()[0] for one in made.items.all()} == {"示例保育课", "示例营养课"}
    assert not made.items.filter(label__contains="陈示例").exists() and "陈*" in made.items.first().label
    # the same person and course, under another subsidy of the kind
    with pytest.raises(Conflict, match=made.number):
        claim(minhang, a_rule(minhang, rules.TRAINING))


def receipt(cast, row, number="示例发票 1", amount="8000.00", day=date(YEAR, 2, 3)):
    return subsidies.add_receipt(
        row, reference=number, paid_on=day, amount=D(amount), file=png(), version=row.version,
        actor=cast.actor("operator"),
    )  # fmt: skip


def test_rent_by_its_receipts(minhang):
    made = claim(minhang, a_rule(minhang, rules.RENT, rate=D("30"), cap=D("3000.00")))
    assert (made.amount, made.quantity) == (0, 0)
    with pytest.raises(Refused, match="还没有付租金的凭证"):
        go(minhang, made, "submit")
    made.refresh_from_db()
    made = receipt(minhang, made)
    made = receipt(minhang, made, "示例发票 2", "4000.00")
    assert (made.quantity, made.full, made.amount) == (D(12000), D("3600.00"), D("3000.00"))
    for more, field in (
        ({"number": "示例发票 2"}, "reference"), ({"day": date(YEAR - 1, 12, 31)}, "paid_on"),
        ({"number": "3", "amount": "1"}, "reference"), ({"number": "示例 3", "amount": "0"}, "amount"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            receipt(minhang, made, **more)
        assert refused.value.field == field
    gone = made.receipts.get(number="示例发票 1").pk
    made = subsidies.drop_receipt(made, gone, version=made.version, actor=minhang.actor("operator"))
    assert made.amount == D("1200.00") and made.items.count() == 1


def test_a_receipt_pays_for_one_claim(minhang):
    first = receipt(minhang, claim(minhang, a_rule(minhang, rules.RENT, rate=D("30"), period=rules.HALF)))
    second = claim(minhang, first.rule, part=2)
    with pytest.raises(Conflict) as refused, transaction.atomic():
        receipt(minhang, second, first.receipts.get().number, day=date(YEAR, 7, 1))
    assert refused.value.params["number"] == first.number
    assert receipt(
        minhang, SubsidyClaim.objects.get(pk=second.pk), "示例发票 9", day=date(YEAR, 7, 1)
    ).amount == D(2400)


def test_new_places(minhang):
    a_class(minhang, 20, since=date(YEAR - 1, 12, 31))
    a_class(minhang, 15, since=date(YEAR, 1, 1), name="示例二班")
    assert claim(minhang, a_rule(minhang, rules.BUILDING)).quantity == 15


# --- Nothing twice --------------------------------------------------------------------------------


def test_the_same_places_are_not_counted_under_another_subsidy_of_the_kind(minhang):
    a_class(minhang)
    first = claim(minhang, a_rule(minhang))
    other = a_rule(minhang, period=rules.QUARTER)
    with pytest.raises(Conflict, match=f"{first.number}（{first.rule}") as refused, transaction.atomic():
        claim(minhang, other, part=3)
    assert (refused.value.code, refused.value.params["claim"]) == ("twice", first.pk)
    assert SubsidyClaim.objects.count() == 1, "and nothing is left of what was refused"
    subsidies.withdraw(first, note="改报别的", version=first.version, actor=minhang.actor("operator"))
    assert claim(minhang, other, part=3).amount == D(6000)


def test_of_another_kind_the_same_place_counts(minhang):
    a_class(minhang)
    claim(minhang, a_rule(minhang))
    assert claim(minhang, a_rule(minhang, rules.BUILDING)).amount == D(2000)


def test_the_same_subsidy_for_the_same_time_is_claimed_once(minhang):
    a_class(minhang)
    rule = a_rule(minhang)
    first = claim(minhang, rule)
    with pytest.raises(Conflict, match=first.number):
        claim(minhang, rule)


def test_the_database_counts_a_thing_once_too(minhang):
    a_class(minhang)
    first = claim(minhang, a_rule(minhang))
    mark = first.marks.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        SubsidyMark.objects.create(claim=first, kind=mark.kind, mark=mark.mark)
    with pytest.raises(IntegrityError), transaction.atomic():
        SubsidyClaim.objects.filter(pk=first.pk).update(checked_by=minhang.head, approved_by=minhang.head)
    with pytest.raises(IntegrityError), transaction.atomic():
        SubsidyClaim.objects.filter(pk=first.pk).update(paid=first.amount + 1)


def test_the_years_cap_is_shared_by_the_parts(minhang):
    a_class(minhang)
    rule = a_rule(minhang, period=rules.QUARTER, cap=D("10000.00"))
    assert claim(minhang, rule, 1).amount == D(6000)
    second = claim(minhang, rule, 2)
    assert (second.full, second.amount, second.basis["left"]) == (D(6000), D(4000), "4000.00")
    with pytest.raises(Refused, match="别的申报已经用完") as refused, transaction.atomic():
        claim(minhang, rule, 3)
    assert refused.value.code == "cap"
    CareClass.objects.update(started_on=date(YEAR - 1, 1, 1))
    assert claim(minhang, rule, 1, YEAR - 1).amount == D(6000), "the cap is that of one year"


SCRIPT = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
django.setup()
from facilities.models import Facility
from portal.access import Actor
from portal.errors import Refused
from portal.models import District
from portal.tenancy import district_scope
from targets.models import SubsidyRule
from targets.services import subsidies
district = District.objects.get(slug="minhang")
process = Actor.system(district, "test")
print("ready", flush=True)
sys.stdin.readline()
try:
    with district_scope(district):
        facility = Facility.objects.get(code=sys.argv[1])
        rule = SubsidyRule.objects.get(key=sys.argv[2])
        subsidies.claim(facility, rule, year=int(sys.argv[3]), part=1, actor=process)
    print("done", flush=True)
except Refused as refused:
    print(refused.code, flush=True)
"""


def test_two_subsidies_of_a_kind_claimed_in_the_same_moment_count_once(world):
    cast = casting.make()
    with district_scope(cast.minhang):
        a_class(cast)
        keys = [a_rule(cast).key for _ in range(2)]
    children = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, cast.facility.code, key, str(YEAR)], cwd=ROOT, env=dict(os.environ),
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for key in keys * 2
    ]  # fmt: skip
    for child in children:
        assert child.stdout.readline() == "ready\n", child.stderr.read()
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    said = []
    for child in children:
        out, errors = child.communicate(timeout=120)
        assert child.returncode == 0, errors
        said += out.split()
    assert sorted(said) == ["done", "twice", "twice", "twice"]
    with district_scope(cast.minhang):
        assert SubsidyClaim.objects.count() == 1 and SubsidyMark.objects.count() == 12


# --- What is refused ------------------------------------------------------------------------------


def test_periods_that_no_version_covers_or_that_are_not_over(minhang):
    a_class(minhang)
    rule = a_rule(minhang, starts_on=date(YEAR, 7, 1), period=rules.HALF)
    with pytest.raises(Refused, match=f"标准管 {YEAR}-07-01 到 没有止") as refused, transaction.atomic():
        claim(minhang, rule, 1)
    assert refused.value.field == "part"
    assert claim(minhang, rule, 2).terms.number == 1
    for year, part, code in (
        (YEAR + 1, 2, "not_over"),
        (YEAR, 3, "part"),
        (2019, 1, "year"),
        (2101, 1, "year"),
    ):
        with pytest.raises(Refused) as refused, transaction.atomic():
            claim(minhang, rule, part, year)
        assert refused.value.code == code
    with pytest.raises(Refused, match="标准管"), transaction.atomic():
        claim(minhang, rule, 1, YEAR - 1)


def test_a_closed_facility_and_one_without_places(minhang):
    rule = a_rule(minhang)
    with pytest.raises(Refused, match="没有登记在册的班级托位") as refused, transaction.atomic():
        claim(minhang, rule)
    assert refused.value.code == "nothing"
    a_class(minhang)
    type(minhang.facility).objects.filter(pk=minhang.facility.pk).update(
        state="closed", closed_on=date(YEAR, 6, 1)
    )
    with pytest.raises(Refused, match="已停办"), transaction.atomic():
        claim(minhang, rule)
    assert not SubsidyClaim.objects.exists() and not SubsidyItem.objects.exists()


def test_conditions_are_asked_of_the_records_and_again_at_the_handing_in(minhang):
    a_class(minhang)
    facility = type(minhang.facility).objects.filter(pk=minhang.facility.pk)
    facility.update(inclusive=False)
    rule = a_rule(minhang, inclusive=True, no_overdue=True)
    with pytest.raises(Refused, match="条件：不是普惠机构"), transaction.atomic():
        claim(minhang, rule)
    facility.update(inclusive=True)
    made = claim(minhang, rule)
    assert made.basis["conditions"] == [
        ["kind", True],
        ["inclusive", True],
        ["discipline", True],
        ["overdue", True],
    ]
    late = make(Order, facility=minhang.facility, state="issued", due_on=timezone.localdate() - timedelta(1))
    with pytest.raises(Refused, match="条件：有逾期的整改"), transaction.atomic():
        go(minhang, made, "submit")
    late.state, late.closed_on = "closed", timezone.localdate()
    late.save()
    made = go(minhang, SubsidyClaim.objects.get(), "submit")
    assert made.state == "submitted"


def test_who_is_on_the_list_of_the_punished_gets_nothing(minhang):
    a_class(minhang)
    ground = make(CreditEntry, facility=minhang.facility, kind="penalty", state="in_force")
    make(
        CreditEntry, facility=minhang.facility, kind="discipline", ground=ground, state="in_force",
        starts_on=timezone.localdate(),
    )  # fmt: skip
    with pytest.raises(Refused, match="条件：在失信联合惩戒名单上"):
        claim(minhang, a_rule(minhang))


def test_an_operator_claims_for_the_own_facilities_only(minhang):
    other = casting.facility("MH9001", "示例别家", minhang.street)
    a_class(minhang, facility=other)
    rule = a_rule(minhang)
    with pytest.raises(NotFound), transaction.atomic():
        claim(minhang, rule, facility=other)
    assert claim(minhang, rule, facility=other, who="bureau").made_by == minhang.bureau
    for who in ("officer", "auditor", "department"):
        with pytest.raises(Denied), transaction.atomic():
            claim(minhang, rule, who=who)


def test_one_person_never_does_two_steps(minhang):
    a_class(minhang)
    made = claim(minhang, a_rule(minhang), who="bureau")
    made = subsidies.submit(made, version=made.version, actor=minhang.actor("bureau"))
    with pytest.raises(Denied, match="由另一个人初审"), transaction.atomic():
        subsidies.check(made, version=made.version, actor=minhang.actor("bureau"))
    with pytest.raises(Denied):
        subsidies.check(made, version=made.version, actor=minhang.actor("operator"))
    made = subsidies.check(made, version=made.version, actor=minhang.actor("clerk"))
    Membership.objects.create(
        user=minhang.clerk, role="unit_head", unit=minhang.bureau_unit, starts_on=date(2020, 1, 1)
    )
    with pytest.raises(Denied, match="由另一个人批准"), transaction.atomic():
        subsidies.approve(made, version=made.version, actor=minhang.actor("clerk"))
    assert subsidies.approve(made, version=made.version, actor=minhang.actor("head")).state == "approved"


def test_what_comes_back_is_not_handed_in_unchanged(minhang):
    a_class(minhang)
    made = go(minhang, claim(minhang, a_rule(minhang)), "submit", "check")
    made = subsidies.send_back(made, note="缺班级名单", version=made.version, actor=minhang.actor("head"))
    with pytest.raises(Conflict, match="还没有改过"), transaction.atomic():
        go(minhang, made, "submit")
    made = subsidies.recompute(made, version=made.version, actor=minhang.actor("operator"))
    assert go(minhang, made, "submit").state == "submitted"


def test_what_comes_back_is_mended_and_goes_the_whole_way_again(minhang):
    a_class(minhang)
    made = go(minhang, claim(minhang, a_rule(minhang)), "submit", "check")
    with pytest.raises(Denied), transaction.atomic():
        subsidies.send_back(made, note="缺班级名单", version=made.version, actor=minhang.actor("bureau"))
    with pytest.raises(Refused, match="2 到 200"), transaction.atomic():
        subsidies.send_back(made, note=" ", version=made.version, actor=minhang.actor("head"))
    made = subsidies.send_back(made, note="缺班级名单", version=made.version, actor=minhang.actor("head"))
    assert (made.state, made.note, made.checked_by) == ("returned", "缺班级名单", None)
    assert made.marks.exists(), "nobody else counts it meanwhile"
    operator = minhang.actor("operator")
    made = subsidies.add_files(made, [png()], version=made.version, actor=operator)
    with pytest.raises(Conflict, match="刚被改过"):
        subsidies.submit(made, version=made.version - 1, actor=operator)
    made = go(minhang, made, "submit", "check", "approve")
    back = subsidies.send_back(made, note="金额要重核", version=made.version, actor=minhang.actor("head"))
    assert back.state == "returned" and back.approved_by is None


def test_a_refused_claim_says_why_and_frees_what_it_counted(minhang):
    a_class(minhang)
    made = go(minhang, claim(minhang, a_rule(minhang)), "submit")
    made = subsidies.refuse(made, note="不在补贴范围", version=made.version, actor=minhang.actor("bureau"))
    assert made.state == "refused" and not made.marks.exists() and made.items.exists()
    assert claim(minhang, a_rule(minhang)).state == "draft"
    with pytest.raises(Conflict):
        go(minhang, made, "submit")


def test_once_paid_it_is_taken_back_by_a_record_and_not_undone(minhang):
    made = approved(minhang)
    made = pay(minhang, made, "100.00")
    with pytest.raises(Conflict, match="不能退回"), transaction.atomic():
        subsidies.send_back(made, note="有误", version=made.version, actor=minhang.actor("head"))
    made = pay(minhang, made, made.amount - 100, "示例 2")

    def recover(amount, reference):
        return subsidy_money.recover(
            made, on=timezone.localdate(), reference=reference, amount=D(amount), note="登记有误", version=made.version,
            actor=minhang.actor("bureau"),
        )  # fmt: skip

    with pytest.raises(Refused, match=r"最多还能追回 24,000\.00 元"), transaction.atomic():
        recover("24000.01", "示例 3")
    made = recover("4000.00", "示例 3")
    assert (made.state, made.recovered) == ("paid", 0), "one person alone takes nothing back"
    with (
        pytest.raises(Refused, match=r"等确认的 4,000\.00 元，最多还能追回 20,000\.00 元"),
        transaction.atomic(),
    ):
        recover("20000.01", "示例 4")
    with pytest.raises(Conflict, match="已经记过"), transaction.atomic():
        recover("1.00", "示例 3")
    made = back(minhang, made)
    assert (made.state, made.recovered) == ("paid", D(4000)) and made.marks.exists()
    with pytest.raises(Conflict), transaction.atomic():
        back(minhang, made)  # is confirmed already
    made = recover("100.00", "示例 4")
    made = subsidy_money.end_recovery(
        made, made.recoveries.last().pk, version=made.version, actor=minhang.actor("bureau")
    )
    made = recover("20000.00", "示例 4")
    made = back(minhang, made)
    assert made.state == "recovered" and not made.marks.exists()
    assert [(one.amount, one.state) for one in made.recoveries.order_by("pk")] == [
        (D(4000), "confirmed"), (D(100), "dropped"), (D(20000), "confirmed"),
    ]  # fmt: skip


def test_who_wrote_a_recovery_does_not_confirm_it(minhang):
    made = approved(minhang)
    made = pay(minhang, made, made.amount)
    Membership.objects.create(
        user=minhang.bureau, role="unit_head", unit=minhang.bureau_unit, starts_on=date(2020, 1, 1)
    )
    made = subsidy_money.recover(
        made, on=timezone.localdate(), reference="示例 9", amount=D(1), note="登记有误", version=made.version,
        actor=minhang.actor("bureau"),
    )  # fmt: skip
    with pytest.raises(Denied, match="由另一个人确认"), transaction.atomic():
        back(minhang, made, who="bureau")
    with pytest.raises(Denied), transaction.atomic():
        back(minhang, made, who="clerk")
    with pytest.raises(NotFound), transaction.atomic():
        subsidy_money.confirm_recovery(made, 0, version=made.version, actor=minhang.actor("head"))
    one = made.recoveries.get()
    one.confirmed_by = one.entered_by
    with pytest.raises(IntegrityError), transaction.atomic():
        one.save()
    assert any(item.title.startswith("确认追回") for item in waiting(minhang.actor("head")))
    assert not any(item.title.startswith("确认追回") for item in waiting(minhang.actor("bureau")))
    made = back(minhang, made)
    assert not any(item.title.startswith("确认追回") for item in waiting(minhang.actor("head")))


@pytest.mark.django_db
def test_a_recovery_goes_through_the_browser_with_two_people(client, cast):
    with district_scope(cast.minhang):
        made = approved(cast)
        made = pay(cast, made, made.amount)
    at = f"/minhang/subsidies/{made.pk}/"
    said = {
        "what": "recover", "version": made.version, "on": timezone.localdate().isoformat(), "reference": "示例 7",
        "amount": "100.00", "note": "登记有误",
    }  # fmt: skip
    assert as_user(client, cast.bureau).post(f"{at}step/", said).status_code == 302
    page = client.get(at).content.decode()
    assert "等第二人确认" in page and "确认追回" not in page and "end_recovery" in page
    page = as_user(client, cast.head).get(at).content.decode()
    assert "confirm_recovery" in page
    with district_scope(cast.minhang):
        one = made.recoveries.get()
        made.refresh_from_db()
    said = {"what": "confirm_recovery", "pk": one.pk, "version": made.version}
    assert client.post(f"{at}step/", said).status_code == 302
    page = client.get(at).content.decode()
    assert "谁确认的追回" in page and cast.head.name in page and "confirm_recovery" not in page


# --- The finance bureau ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_finance_bureau_sees_sums_and_no_claim(client, cast):
    with district_scope(cast.minhang):
        made = pay(cast, approved(cast), "100.00")
        finance = casting.unit("minhang-finance", "区财政局", "finance")
        paying = casting.person("cast-finance", "示例财政", Role.DEPARTMENT, finance)
    year = f"/minhang/subsidies/year/?year={YEAR}"
    page = as_user(client, paying).get(year).content.decode()
    assert cast.street.name in page and "24,000.00" in page and "100.00" in page
    assert f"{cast.minhang.slug}/subsidies/?year" not in page, "nothing to open that it may not see"
    assert 'href="/minhang/subsidies/year/"' in client.get("/minhang/").content.decode()
    assert client.get("/minhang/subsidies/").status_code == 403
    assert client.get(f"/minhang/subsidies/{made.pk}/").status_code == 403
    rows = cells_of(client.get(f"/minhang/exports/subsidy-year/?year={YEAR}").content)
    assert any("24000" in str(row) for row in rows)
    other = as_user(client, cast.department)
    assert other.get(year).status_code == 403 and "财政局" in other.get(year).content.decode()
    assert other.get(f"/minhang/exports/subsidy-year/?year={YEAR}").status_code == 403
    assert 'href="/minhang/subsidies/year/"' not in other.get("/minhang/").content.decode()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"amount": D(0)}, "amount"), ({"amount": D("1.001")}, "amount"), ({"reference": " "}, "reference"),
        ({"paid_on": timezone.localdate() + timedelta(1)}, "paid_on"), ({"paid_on": date(1999, 1, 1)}, "paid_on"),
        ({"paid_on": timezone.localdate() - timedelta(1)}, "paid_on"),  # before it was approved
    ],
)  # fmt: skip
def test_a_payment_that_cannot_be(minhang, more, field):
    made = approved(minhang)
    values = {"paid_on": timezone.localdate(), "reference": "示例 1", "amount": D(1)} | more
    with pytest.raises(Refused) as refused:
        subsidy_money.pay(made, version=made.version, actor=minhang.actor("bureau"), **values)
    assert refused.value.field == field


# --- Rules with dates -----------------------------------------------------------------------------


def test_a_new_version_ends_the_one_before_and_leaves_its_claims(minhang):
    a_class(minhang)
    rule = a_rule(minhang)
    old = claim(minhang, rule)
    bureau, head = minhang.actor("bureau"), minhang.actor("head")
    new = subsidy_rules.renew(rule, actor=bureau, **terms(starts_on=date(YEAR + 1, 1, 1), rate=D(80)))
    with pytest.raises(Denied, match="由另一个人确认"), transaction.atomic():
        subsidy_rules.confirm(new, version=new.version, actor=bureau)
    with pytest.raises(Conflict, match="没有办完"), transaction.atomic():
        subsidy_rules.renew(rule, actor=bureau, **terms(starts_on=date(YEAR + 2, 1, 1)))
    subsidy_rules.confirm(new, version=new.version, actor=head)
    first, second = rule.versions.order_by("number")
    assert (first.ends_on, second.starts_on, second.ends_on) == (
        date(YEAR, 12, 31),
        date(YEAR + 1, 1, 1),
        None,
    )
    old.refresh_from_db()
    assert old.terms == first and old.amount == D(24000)


def test_versions_never_overlap_and_never_cut_a_claim(minhang):
    a_class(minhang)
    rule = a_rule(minhang)
    claim(minhang, rule)
    bureau, head = minhang.actor("bureau"), minhang.actor("head")
    cut = subsidy_rules.renew(rule, actor=bureau, **terms(starts_on=date(YEAR, 7, 1)))
    with pytest.raises(Refused, match=f"BT{YEAR}-0001") as refused, transaction.atomic():
        subsidy_rules.confirm(cut, version=cut.version, actor=head)
    assert refused.value.code == "used"
    cut = subsidy_rules.change(
        cut, version=cut.version, actor=bureau, **terms(starts_on=date(YEAR - 3, 1, 1))
    )
    with pytest.raises(Refused, match="重叠") as refused, transaction.atomic():
        subsidy_rules.confirm(cut, version=cut.version, actor=head)
    assert refused.value.code == "overlap"
    with pytest.raises(Conflict, match="刚被改过"):
        subsidy_rules.change(cut, version=1, actor=bureau, **terms())
    early = terms(starts_on=date(YEAR - 3, 1, 1), ends_on=date(YEAR - 3, 12, 31))
    cut = subsidy_rules.change(cut, version=cut.version, actor=bureau, **early)
    assert subsidy_rules.confirm(cut, version=cut.version, actor=head).state == "confirmed"


def test_a_claim_goes_by_the_version_of_its_period(minhang):
    a_class(minhang, since=date(YEAR - 1, 1, 1))
    rule = a_rule(minhang)
    new = subsidy_rules.renew(
        rule, actor=minhang.actor("bureau"), **terms(starts_on=date(YEAR, 1, 1), rate=D(80))
    )
    subsidy_rules.confirm(new, version=1, actor=minhang.actor("head"))
    assert claim(minhang, rule, year=YEAR - 1).amount == D(24000)
    assert claim(minhang, rule, year=YEAR).amount == D(19200)


# --- Pages, queue, files --------------------------------------------------------------------------


def test_a_year_by_street_agrees_with_the_claims_behind_it(minhang):
    other = casting.facility("MH9002", "示例街对面", minhang.other_street, inclusive=True)
    a_class(minhang)
    a_class(minhang, 10, facility=other)
    rule = a_rule(minhang)
    paid = go(minhang, claim(minhang, rule), "submit", "check", "approve")
    paid = pay(minhang, paid, paid.amount)
    waits = claim(minhang, rule, facility=other, who="bureau")
    subsidies.submit(waits, version=waits.version, actor=minhang.actor("bureau"))
    claim(minhang, a_rule(minhang, rules.BUILDING))  # a draft is nobody's figure
    bureau = minhang.actor("bureau")
    table = subsidy_year.table(bureau, YEAR)
    found = {one.name: (one.claims, one.claimed, one.approved, one.paid) for one in table.streets}
    assert found == {
        paid.facility.street.name: (1, D(24000), D(24000), D(24000)),
        other.street.name: (1, D(12000), D(0), D(0)),
    }
    assert all(street.claimed == sum(line.claimed for line in street.lines) for street in table.streets)
    assert (table.total.claims, table.total.claimed, table.total.paid) == (2, D(36000), D(24000))
    assert subsidy_year.table(minhang.actor("officer"), YEAR).total.claims == 1
    cells = cells_of(
        exports.at_once(
            Asked(bureau, QueryDict(f"year={YEAR}"), date.today()), LISTS.outgoing["subsidy-year"]
        )
    )
    assert [cells[-1][0], *[D(str(one)) for one in cells[-1][2:]]] == [
        "合计",
        2,
        D(36000),
        D(24000),
        D(24000),
        0,
    ]
    assert not subsidy_year.table(bureau, YEAR - 1).streets


def test_the_finance_bureaus_file_names_facility_code_and_payment(minhang):
    type(minhang.facility).objects.filter(pk=minhang.facility.pk).update(credit_code="91310112MA1GB0001X")
    made = pay(minhang, approved(minhang), "100.00", "示例凭证 7")
    asked = Asked(minhang.actor("bureau"), QueryDict(""), date.today())
    cells = cells_of(exports.at_once(asked, LISTS.outgoing["subsidy-claims"]))
    line = dict(zip(cells[0], cells[1], strict=True))
    assert (line["申报编号"], line["拨付凭证"]) == (made.number, "示例凭证 7")
    assert line["统一社会信用代码"] == "91310112MA1GB0001X"
    assert (D(str(line["批准金额"])), D(str(line["已拨付"]))) == (D(24000), D(100))


def test_the_rows_behind_a_claim_go_out_to_whoever_may_see_it(minhang):
    a_class(minhang)
    made = claim(minhang, a_rule(minhang))
    other = casting.facility("MH9004", "示例别家", minhang.other_street, inclusive=True)
    a_class(minhang, facility=other)
    hidden = claim(minhang, made.rule, facility=other, who="bureau")

    def cells(who, pk):
        asked = Asked(minhang.actor(who), QueryDict(f"claim={pk}"), date.today())
        return cells_of(exports.at_once(asked, LISTS.outgoing["subsidy-items"]))[1:]

    for who in ("bureau", "operator", "officer"):
        (line,) = cells(who, made.pk)
        assert (
            line[:3] == [made.number, "示例一班", f"20 × 12（{YEAR}-01 — {YEAR}-12）"]
            and D(str(line[3])) == 240
        )
    assert len(cells("bureau", hidden.pk)) == 1 and not cells("operator", hidden.pk)
    assert not cells("bureau", "abc")


def titles(cast, who):
    return [one.title for one in waiting(cast.actor(who)) if "补贴" in one.title]


def test_each_claim_waits_for_whoever_is_next(minhang):
    a_class(minhang)
    made, name = claim(minhang, a_rule(minhang)), minhang.facility.name
    assert titles(minhang, "operator") == [f"交补贴申报：{name}"] and not titles(minhang, "bureau")
    made = go(minhang, made, "submit")
    assert titles(minhang, "bureau") == [f"初审补贴：{name}"] == titles(minhang, "clerk")
    assert not titles(minhang, "head") and not titles(minhang, "operator")
    made = go(minhang, made, "check")
    assert titles(minhang, "head") == [f"批准补贴：{name}"] and not titles(minhang, "bureau")
    back = subsidies.send_back(made, note="缺名单", version=made.version, actor=minhang.actor("head"))
    assert titles(minhang, "operator") == [f"补正补贴申报：{name}"]
    back = subsidies.recompute(back, version=back.version, actor=minhang.actor("operator"))
    made = go(minhang, back, "submit", "check", "approve")
    assert titles(minhang, "bureau") == [f"拨付补贴：{name}"]
    pay(minhang, made, made.amount)
    assert not any(titles(minhang, who) for who in ("bureau", "head", "operator"))


def test_a_proposed_rule_waits_for_the_other_person(minhang):
    row = subsidy_rules.propose(
        name="示例新补贴", kind=rules.OPERATION, actor=minhang.actor("bureau"), **terms()
    )
    assert titles(minhang, "clerk") == ["确认补贴标准：示例新补贴"] and not titles(minhang, "bureau")
    subsidy_rules.send_back(row, note="金额不对", version=1, actor=minhang.actor("clerk"))
    assert titles(minhang, "bureau") == ["改退回的补贴标准：示例新补贴"] and not titles(minhang, "clerk")


def test_a_facilitys_page_says_what_it_got(minhang):
    made = pay(minhang, approved(minhang), "100.00")
    lines = [
        one for one in REGISTRY.facts_of(minhang.facility, minhang.actor("bureau")) if "补贴" in one.words
    ]
    assert [one.words for one in lines] == ["1 份补贴申报，已拨付 100.00 元"]
    assert lines[0].url.endswith(f"?q={made.facility.code}")
    assert not REGISTRY.facts_of(minhang.facility, Actor.visitor(minhang.minhang))


def as_user(client, user):
    client.force_login(user)
    return client


@pytest.mark.django_db
def test_from_the_form_to_the_payment_in_the_browser(client, cast):
    as_user(client, cast.bureau)
    answer = client.post("/minhang/subsidies/rules/new/", form(name="示例运营补贴", kind="operation"))
    assert answer.status_code == 302
    with district_scope(cast.minhang):
        version, _class = SubsidyVersion.objects.get(), a_class(cast)
    page = as_user(client, cast.head).get(answer.url).content.decode()
    assert "与文件一致，确认" in page and "示例〔2026〕1号 第三条" in page
    assert client.post(f"{answer.url}step/", {"what": "confirm", "version": 1}).status_code == 302
    as_user(client, cast.operator)
    asked = {"facility": cast.facility.code, "rule": version.rule_id, "year": YEAR, "part": "year-1"}
    made = client.post("/minhang/subsidies/new/", asked)
    assert made.status_code == 302
    page = client.get(made.url).content.decode()
    assert "24,000.00" in page and "20 × 12" in page and "交申报" in page and "初审通过" not in page
    twice = client.post("/minhang/subsidies/new/", asked)
    assert twice.status_code == 409
    assert f"打开 BT{YEAR}-0001" in twice.content.decode() and made.url in twice.content.decode()

    def step(user, what, **more):
        with district_scope(cast.minhang):
            number = SubsidyClaim.objects.get().version
        data = {"what": what, "version": number} | more
        return as_user(client, user).post(f"{made.url}step/", data)

    assert step(cast.operator, "files", files=png()).status_code == 302
    assert step(cast.operator, "submit").status_code == 302
    assert step(cast.operator, "check").status_code == 403
    assert step(cast.bureau, "check").status_code == 302
    assert step(cast.head, "approve").status_code == 302
    answer = step(cast.bureau, "pay", paid_on=str(timezone.localdate()), reference="示例 1", amount="99999")
    assert answer.status_code == 422 and "最多还能拨付 24,000.00 元" in answer.content.decode()
    answer = step(cast.bureau, "pay", paid_on=str(timezone.localdate()), reference="示例 1", amount="24000")
    assert answer.status_code == 302
    assert "已拨付" in client.get("/minhang/subsidies/?tab=paid").content.decode()
    page = client.get(f"/minhang/subsidies/year/?year={YEAR}").content.decode()
    assert "24,000.00" in page and "合计" in page


@pytest.mark.django_db
def test_a_list_with_nonsense_in_its_address_shows_all(client, cast):
    as_user(client, cast.bureau)
    for query in ("year=abc", "year=99999999999", "rule=x", "street=-1", "tab=none", "before=x"):
        assert client.get(f"/minhang/subsidies/?{query}").status_code == 200, query
    assert client.get("/minhang/subsidies/year/?year=²").status_code == 200


@pytest.mark.django_db
def test_what_the_plan_says_without_an_amount_is_shown_and_no_amount_is_made_up(client, cast):
    load_reference()
    page = as_user(client, cast.bureau).get("/minhang/subsidies/rules/").content.decode()
    assert "给予减免租金或房租补助" in page and "规划没有写金额" in page
    with district_scope(cast.minhang):
        assert not SubsidyVersion.objects.exists()
        one = next(one for one in subsidy_rules.promised("minhang") if one["kind"] == "rent")
    page = client.get(f"/minhang/subsidies/rules/new/?promised=rent-{one['clause'].pk}").content.decode()
    assert 'value="rent" selected' in page and f'value="{one["clause"].pk}" selected' in page


def test_the_targets_count_inclusive_facilities_to_which_something_was_paid(minhang):
    other = casting.facility("MH9003", "示例没拿到", minhang.street, inclusive=True)
    assert other.inclusive
    today, street = timezone.localdate(), minhang.street.pk

    def figure(metric):
        period = Period.year(today.year, today)
        values = rollup.parameter_values(period.as_of)
        found = FAMILY_OF[metric].figures(period, values, [METRICS[metric]])[metric]
        rows = FAMILY_OF[metric].rows(METRICS[metric], period, values, streets=[street])
        assert sum(row["hit"] for row in rows) == found[street][0]
        return found[street]

    assert figure("inclusive_supported") == (0, 2)
    made = approved(minhang)
    assert figure("inclusive_supported") == (0, 2), "approved is not paid"
    assert figure("streets_with_support") == (0, 1)
    made = pay(minhang, made, made.amount)
    assert figure("inclusive_supported") == (1, 2)
    assert figure("facilities_supported")[0] == 1
    assert figure("streets_with_support") == (1, 1)
    made = subsidy_money.recover(
        made, on=today, reference="示例 9", amount=made.amount, note="登记有误", version=made.version,
        actor=minhang.actor("bureau"),
    )  # fmt: skip
    assert figure("inclusive_supported") == (1, 2), "nobody confirmed it"
    back(minhang, made)
    assert figure("inclusive_supported") == (0, 2)
    assert figure("streets_with_support") == (0, 1), "what came back supports nobody"


@pytest.mark.django_db
def test_rest_gives_what_was_handed_in(client, cast):
    with district_scope(cast.minhang):
        cast.facility.inclusive = True
        cast.facility.save()
        made = pay(cast, approved(cast), "100.00")
        claim(cast, a_rule(cast, rules.BUILDING))  # a draft
        admin = cast.actor("system_admin")
        _client, token = people.create_client(
            name="t", scopes=["subsidies:read"], actor=admin, on=timezone.localdate()
        )
    answer = client.get("/api/v1/subsidies/", headers={"authorization": f"Bearer {token}"}).json()
    (row,) = answer["results"]
    assert (row["number"], row["facility"], row["state"]) == (made.number, cast.facility.code, "approved")
    assert (row["amount"], row["paid"], row["recovered"]) == ("24000.00", "100.00", "0.00")
    assert row["payments"] == [
        {"paid_on": timezone.localdate().isoformat(), "reference": "示例 1", "amount": "100.00"}
    ]
    assert answer["next"] is None


# --- What is said where ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_refusal_stands_at_its_field_and_names_it_once(client, cast):
    with district_scope(cast.minhang):
        rule = a_rule(cast, inclusive=True, period=rules.QUARTER)
        cast.facility.inclusive = False
        cast.facility.save()
    as_user(client, cast.operator)
    page = client.get("/minhang/subsidies/new/").content.decode()
    assert "三季度（7—9 月）" in page and "第几段" not in page

    def refused(**more) -> str:
        asked = {"facility": cast.facility.code, "rule": rule.pk, "year": YEAR, "part": "quarter-1"} | more
        answer = client.post("/minhang/subsidies/new/", asked)
        assert answer.status_code == 422
        return answer.content.decode()

    assert "不符合申报条件：不是普惠机构" in refused()
    with district_scope(cast.minhang):
        cast.facility.inclusive = True
        cast.facility.save()
    for more, sentence in (
        ({}, "时段：这段时间没有登记在册的班级托位"),
        ({"part": "half-1"}, "时段：这项补贴按季度申报，选季度的时段"),
        ({"year": YEAR + 1, "part": "quarter-4"}, f"时段：{YEAR + 1}-12-31 才结束"),
    ):
        page = refused(**more)
        assert sentence in page and "年份：时段" not in page and "时段：时段" not in page, sentence
    assert "从列表里选" in refused(part="quarter-5")


@pytest.mark.django_db
def test_a_facility_is_found_by_its_name(client, cast):
    with district_scope(cast.minhang):
        rule = a_rule(cast)
        a_class(cast)
    as_user(client, cast.bureau)
    asked = {"rule": rule.pk, "year": YEAR, "part": "year-1"}
    answer = client.post("/minhang/subsidies/new/", asked | {"facility": "没有这个名字"})
    assert answer.status_code == 422 and "没有这家机构" in answer.content.decode()
    answer = client.post("/minhang/subsidies/new/", asked | {"facility": cast.facility.name})
    assert answer.status_code == 302
    page = client.get(answer.url).content.decode()
    assert cast.facility.code in page or cast.facility.name in page


@pytest.mark.django_db
def test_who_writes_a_version_that_would_cut_a_claim_is_told_at_once(client, cast):
    with district_scope(cast.minhang):
        a_class(cast)
        rule = a_rule(cast)
        made = claim(cast, rule)
    as_user(client, cast.bureau)
    answer = client.post(f"/minhang/subsidies/rules/{rule.pk}/renew/", form(starts_on=f"{YEAR}-07-01"))
    assert answer.status_code == 302
    page = client.get(answer.url).content.decode()
    assert "现在确认不了" in page and f"/minhang/subsidies/{made.pk}/" in page
    with district_scope(cast.minhang):
        row = subsidies.withdraw(made, note="改了再报", version=made.version, actor=cast.actor("operator"))
    assert row.state == "withdrawn" and "现在确认不了" not in client.get(answer.url).content.decode()


@pytest.mark.django_db
def test_a_claim_says_its_months_who_paid_and_who_is_next(client, cast):
    with district_scope(cast.minhang):
        a_class(cast, since=date(YEAR, 11, 1))
        made = go(cast, claim(cast, a_rule(cast)), "submit", "check")
    at = f"/minhang/subsidies/{made.pk}/"
    page = as_user(client, cast.bureau).get(at).content.decode()
    assert f"20 × 2（{YEAR}-11 — {YEAR}-12）" in page and "等另一个人批准" in page
    with district_scope(cast.minhang):
        made = pay(cast, go(cast, made, "approve"), "10.00")
    page = client.get(at).content.decode()
    assert "谁记的" in page and cast.bureau.name in page
    late = {"what": "pay", "version": made.version, "reference": "示例 2", "amount": "1"}
    tomorrow = (timezone.localdate() + timedelta(1)).isoformat()
    page = client.post(f"{at}step/", late | {"paid_on": tomorrow}).content.decode()
    assert "拨付日期：不晚于今天" in page and "拨付日期：日期" not in page
