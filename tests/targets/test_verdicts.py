"""The judgement of a figure, on plain values."""

from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from targets.metrics.base import Period
from targets.rules.verdicts import (
    BEHIND,
    MET,
    MISSED,
    ON_PACE,
    SHAPES,
    UNKNOWN,
    WORDS,
    Figure,
    Promise,
    counts_streets,
    judge_district,
    judge_street,
    limit_of,
    streets_needed,
    verdict,
)

D = Decimal
YEARLY = Promise("frequency", ">=", D(1), "year", "facility", "次")
CERTIFIED = Promise("ratio", "==", D(100), "plan", "staff", "%")
ONE_PER_STREET = Promise("per_unit_count", ">=", D(1), "by-date", "street", "个")
COVERAGE = Promise("ratio", ">=", D(85), "by-date", "district", "%")
QUOTA = Promise("capacity_ratio", ">=", D(15), "by-date", "street", "%")
AREA = Promise("ratio", ">=", D(3), "plan", "facility", "平方米/人")
CITY = Promise("count", ">=", D(50), "year", "city", "个")


@pytest.mark.parametrize(
    ("promise", "measure", "limit"),
    [
        (YEARLY, "share", 1),
        (CERTIFIED, "share", 1),
        (Promise("ratio", ">=", D(50), "by-date", "district", "%"), "share", D("0.5")),
        (ONE_PER_STREET, "count", 1),
        (COVERAGE, "count", 1),
        (QUOTA, "per_population", D("0.15")),
        (AREA, "share", 1),  # each facility must have 3 m²: 3 is no per cent
        (Promise("boolean", "==", None, "plan", "facility"), "share", 1),
        (Promise("boolean", "==", None, "by-date", "street"), "count", 1),
        (Promise("count", ">=", D(10), "plan", "district", "个"), "count", 10),
    ],
)
def test_limit_is_in_the_unit_of_the_figure(promise, measure, limit):
    assert limit_of(promise, measure) == limit


@pytest.mark.parametrize(
    ("value", "pace", "over", "expected"),
    [
        ("1", "0.5", False, MET),
        ("0.6", "0.5", False, ON_PACE),
        ("0.5", "0.5", False, ON_PACE),
        ("0.4", "0.5", False, BEHIND),
        ("0.99", "1", True, MISSED),
        ("0.99", None, False, BEHIND),
        (None, "0.5", True, UNKNOWN),
    ],
)
def test_verdict(value, pace, over, expected):
    assert verdict(YEARLY, value and D(value), D(1), pace and D(pace), over) == expected


def test_a_ceiling_is_kept_below_it():
    ceiling = Promise("ratio", "<=", D(10), "plan", "district", "%")
    assert verdict(ceiling, D("0.1"), D("0.1"), None, False) == MET
    assert verdict(ceiling, D("0.2"), D("0.1"), D(1), False) == BEHIND


@pytest.mark.parametrize(
    ("share", "streets", "needed"),
    [("0.85", 10, 9), ("0.85", 11, 10), ("1", 14, 14), ("0.5", 3, 2), ("0.85", 0, 0)],
)
def test_a_share_of_streets_is_rounded_up(share, streets, needed):
    assert streets_needed(D(share), streets) == needed


def test_eighty_five_per_cent_of_ten_streets_are_nine():
    eight = {n: Figure(D(1)) for n in range(8)}
    judged = judge_district(COVERAGE, "count", eight, range(10), None, False)
    assert (judged.numerator, judged.denominator, judged.limit, judged.verdict) == (8, 10, D("0.9"), BEHIND)
    assert judge_district(COVERAGE, "count", eight | {8: Figure(D(2))}, range(10), None, True).verdict == MET


def test_one_per_street_counts_streets_and_not_sites():
    judged = judge_district(
        ONE_PER_STREET, "count", {1: Figure(D(5)), 2: Figure(D(1))}, [1, 2, 3], None, True
    )
    assert (judged.numerator, judged.denominator, judged.verdict) == (2, 3, MISSED)


def test_a_street_that_is_not_counted_does_not_help():
    assert judge_district(ONE_PER_STREET, "count", {9: Figure(D(5))}, [1], None, False).numerator == 0


def test_quota_is_judged_street_by_street():
    judged = judge_district(
        QUOTA, "per_population", {1: Figure(D(15), D(100)), 2: Figure(D(14), D(100))}, [1, 2], None, False
    )
    assert (judged.numerator, judged.denominator, judged.verdict) == (1, 2, BEHIND)


def test_no_residents_known_is_unknown_and_not_met():
    assert judge_street(QUOTA, "per_population", Figure(D(15)), None, False).verdict == UNKNOWN
    assert judge_district(QUOTA, "per_population", {1: Figure(D(15))}, [1], None, False).verdict == UNKNOWN


def test_a_promise_of_the_city_is_not_judged_in_a_district():
    judged = judge_district(CITY, "count", {1: Figure(D(3))}, [1], D("0.5"), True)
    assert (judged.numerator, judged.value, judged.limit, judged.verdict) == (3, 3, None, UNKNOWN)


def test_without_promise_a_figure_has_no_verdict():
    judged = judge_district(None, "count", {1: Figure(D(3)), None: Figure(D(2))}, [], None, False)
    assert (judged.value, judged.limit, judged.verdict) == (5, None, "")


def test_each_verdict_has_a_shape_and_a_word():
    assert set(SHAPES) == set(WORDS) == {MET, ON_PACE, BEHIND, MISSED, UNKNOWN}
    assert len(set(SHAPES.values())) == len(set(WORDS.values())) == 5


counts = st.integers(0, 500)
figures = st.tuples(counts, counts).map(lambda p: Figure(D(min(p)), D(max(p))))
streets = st.dictionaries(st.integers(1, 40), figures, max_size=40)


@given(streets)
def test_the_district_is_the_sum_of_its_streets(by_street):
    judged = judge_district(YEARLY, "share", by_street, by_street, D("0.5"), False)
    assert judged.numerator == sum(f.numerator for f in by_street.values())
    assert judged.denominator == sum(f.denominator for f in by_street.values())
    if judged.denominator == 0:
        assert judged.verdict == UNKNOWN
    else:
        assert 0 <= judged.value <= 1


@given(streets, st.sets(st.integers(1, 40)))
def test_streets_that_keep_a_promise_are_never_more_than_those_asked(by_street, counted):
    judged = judge_district(ONE_PER_STREET, "count", by_street, counted, None, False)
    assert judged.numerator <= judged.denominator == len(counted)
    assert counts_streets(ONE_PER_STREET, "count")
    keeping = sum(1 for s in counted if s in by_street and by_street[s].numerator >= 1)
    assert judged.numerator == keeping


@given(st.decimals(0, 2, places=3), st.decimals("0.01", 1, places=2), st.booleans())
def test_more_is_never_judged_worse(value, pace, over):
    order = [MISSED, BEHIND, ON_PACE, MET]
    lower = verdict(YEARLY, value, D(1), pace, over)
    higher = verdict(YEARLY, value + D("0.1"), D(1), pace, over)
    assert order.index(higher) >= order.index(lower)


@pytest.mark.parametrize(
    ("begun", "days", "of"),
    [
        (None, 324, 365),
        (date(2021, 1, 1), 324, 365),
        (date(2026, 11, 1), 20, 61),
        (date(2026, 11, 20), 1, 42),
        (date(2026, 12, 1), 324, 365),
    ],
)
def test_in_the_year_of_its_beginning_a_plan_is_asked_from_that_day_on(begun, days, of):
    assert Period.year(2026, date(2026, 11, 20)).elapsed_since(begun) == D(days) / of


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_shares_of_time_lie_between_nought_and_one(day):
    for period in (Period.month(day.year, day.month, day), Period.year(day.year, day)):
        assert 0 < period.elapsed <= 1
        assert 0 < period.month_elapsed <= 1
        assert period.starts_on <= period.as_of == day <= period.ends_on
        assert period.closed == (period.as_of == period.ends_on)


def test_a_period_is_never_judged_beyond_its_end():
    for as_of, closed in product((date(2026, 12, 5), None), (True,)):
        assert Period.month(2026, 11, as_of).as_of == date(2026, 11, 30)
        assert Period.month(2026, 11, as_of).closed is closed
