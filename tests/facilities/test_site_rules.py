"""宝宝屋: names, rooms, hours, sessions, the quota, the account: plain values."""

from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facilities.rules import sites as rules


@pytest.mark.parametrize(
    ("name", "right"),
    (
        ("朱泾镇“宝宝屋”", True),
        ("朱泾镇宝宝屋", True),
        ("朱泾镇‘宝宝屋’", True),
        ("朱泾镇云杉社区宝宝屋", True),
        ("云杉社区“宝宝屋”", True),
        ("亭林镇宝宝屋", False),
        ("社区宝宝屋", False),
        ("朱泾宝宝屋", False),
        ("云杉宝宝屋", False),
        ("云杉社区托育点", False),
        ("云杉社区宝宝屋二部", False),
    ),
)
def test_a_name_by_the_convention(name, right):
    assert rules.name_is_right(name, "朱泾镇") is right


@pytest.mark.parametrize(
    ("name", "taken", "right"),
    (
        ("朱泾宝宝屋", (), "朱泾镇“宝宝屋”"),
        ("朱泾宝宝屋", ("朱泾镇宝宝屋",), "朱泾镇某某社区“宝宝屋”"),
        ("宝宝屋", (), "朱泾镇“宝宝屋”"),
        ("云杉宝宝屋", (), "朱泾镇云杉社区“宝宝屋”"),
        ("朱泾镇云杉托育中心", (), "朱泾镇云杉社区“宝宝屋”"),
        ("云杉社区托育点", (), "朱泾镇云杉社区“宝宝屋”"),
        ("云杉亲子乐园", (), "朱泾镇云杉社区“宝宝屋”"),
    ),
)
def test_the_right_name_is_proposed(name, taken, right):
    assert rules.right_name(name, "朱泾镇", set(taken)) == right


@given(name=st.text(max_size=20), street=st.sampled_from(("朱泾镇", "石化街道", "七宝镇", "湾区高新区")))
def test_what_is_proposed_is_right(name, street):
    assert rules.name_is_right(rules.right_name(name, street), street)


def room(**values):
    given = {
        "area": Decimal(60), "places": 20, "each": Decimal(3), "class_size": 20, "others": 0, "allowed": 40,
    }  # fmt: skip
    return rules.room_problem(**given | values)[0]


def test_a_room_keeps_to_its_area_the_class_and_the_sites_places():
    assert room() == ""
    assert room(area=Decimal("59.9")) == "room_area"
    assert room(area=Decimal(90), places=21) == "room_class"
    assert room(others=21) == "room_total"
    assert room(others=20) == ""


TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0, tzinfo=None))


@given(a=TIMES, b=TIMES, c=TIMES, d=TIMES)
def test_two_spans_overlap_alike_from_both_sides(a, b, c, d):
    one, two = (min(a, b), max(a, b)), (min(c, d), max(c, d))
    if one[0] < one[1] and two[0] < two[1]:
        assert bool(rules.overlapping(one, [two])) == bool(rules.overlapping(two, [one]))
        shared = max(one[0], two[0]) < min(one[1], two[1])
        assert bool(rules.overlapping(one, [two])) == shared


def test_hours_of_a_day():
    here = [(time(9), time(12))]
    assert rules.hours_problem((time(12), time(15)), here)[0] == ""
    assert rules.hours_problem((time(11), time(15)), here)[0] == "hours_overlap"
    assert rules.hours_problem((time(15), time(15)), here)[0] == "hours_order"
    assert rules.hours_problem((time(5), time(8)), here)[0] == "hours_early"
    assert rules.hours_problem((time(20), time(21, 30)), here)[0] == "hours_early"


def test_spans_that_touch_are_open_through():
    hours = [(time(13), time(17)), (time(9), time(12)), (time(12), time(13))]
    assert rules.within((time(9), time(17)), hours)
    assert not rules.within((time(8), time(10)), hours)
    assert not rules.within((time(9), time(17)), [(time(9), time(12)), (time(13), time(17))])


SESSION = {
    "span": (time(9), time(11)),
    "open_hours": [(time(9), time(17))],
    "others": [],
    "mode": "alone",
    "modes": ["alone"],
    "places": 10,
    "room_places": 20,
    "staff": 2,
    "children_per_staff": 5,
    "full_day_hours": Decimal(6),
    "day": "2026-03-02",
}


@pytest.mark.parametrize(
    ("change", "field", "key"),
    (
        ({}, "", ""),
        ({"span": (time(9), time(14, 59))}, "", ""),
        ({"span": (time(9), time(15))}, "ends_at", "full_day"),
        ({"span": (time(9), time(9, 29))}, "ends_at", "short"),
        ({"span": (time(9), time(9))}, "ends_at", "hours_order"),
        ({"span": (time(8), time(10))}, "starts_at", "closed_then"),
        ({"open_hours": []}, "starts_at", "closed_then"),
        ({"mode": "with_parent"}, "mode", "mode"),
        ({"places": 21, "staff": 9}, "places", "session_places"),
        ({"places": 0}, "places", "session_places"),
        ({"places": 11}, "staff", "session_staff"),
        ({"staff": 0}, "staff", "session_staff"),
        ({"others": [(time(10, 30), time(12))]}, "starts_at", "session_overlap"),
        ({"others": [(time(11), time(12))]}, "", ""),
    ),
)
def test_what_a_session_may_be(change, field, key):
    found = rules.session_problem(**SESSION | change)
    assert found[:2] == (field, key)
    if key:
        assert rules.PROBLEMS[key] % found[2]


def test_days_of_a_plan():
    found = rules.days_between(date(2026, 3, 2), date(2026, 3, 15), {1, 6})
    assert found == [date(2026, 3, 2), date(2026, 3, 7), date(2026, 3, 9), date(2026, 3, 14)]


@pytest.mark.parametrize(
    ("places", "residents", "needed", "missing", "state"),
    (
        (15, 100, 15, 0, "ok"),
        (15, 101, 16, 1, "warn"),
        (0, 100, 15, 15, "bad"),
        (0, 0, 0, 0, "ok"),
        (40, None, None, None, "none"),
    ),
)
def test_the_quota_of_a_street_is_rounded_up(places, residents, needed, missing, state):
    quota = rules.Quota(places, residents, Decimal(15))
    assert (quota.needed, quota.missing, quota.state) == (needed, missing, state)


def test_without_a_share_asked_for_nothing_is_judged():
    assert rules.Quota(40, 100, None).state == "none"


def test_the_account_of_a_year():
    entries = [
        (date(2025, 3, 1), "fee", Decimal(900)),
        (date(2025, 3, 2), "grant", Decimal(500)),
        (date(2025, 4, 1), "staff", Decimal(1000)),
        (date(2026, 1, 1), "fee", Decimal(100)),
        (date(2026, 1, 2), "rent", Decimal(90)),
        (date(2026, 1, 3), "fee", Decimal(-20)),
    ]
    later, earlier = rules.yearly(entries)
    assert (later.year, later.fees, later.balance, later.warning) == (2026, 80, -10, "")
    assert (earlier.fees, earlier.other_income, earlier.costs, earlier.balance) == (900, 500, 1000, 400)
    assert earlier.warning == "surplus"
    assert earlier.cover == 90


def test_fees_above_the_costs_are_a_profit():
    (year,) = rules.yearly([(date(2026, 1, 1), "fee", Decimal(11)), (date(2026, 1, 1), "staff", Decimal(10))])
    assert year.warning == "profit"
    assert rules.yearly([]) == []
