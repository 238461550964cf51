"""Like with like: which figures of districts are added and ranked, and when the city's targets have a verdict."""

from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from targets.rules import comparison as c
from targets.rules.verdicts import BEHIND, MET, MISSED, ON_PACE, UNKNOWN, Promise

SIX = (("as_of", "2026-11-20"), ("guidance.sessions_per_year", "6"))
TEN = (("as_of", "2026-11-20"), ("guidance.sessions_per_year", "10"))
LATER = (("as_of", "2026-11-21"), ("guidance.sessions_per_year", "6"))


def share(district, numerator, denominator, definition=SIX, comparator=">="):
    if numerator is None:
        return c.Entry(district, definition, None, None, None, comparator, "没有算过")
    return c.Entry(
        district, definition, D(numerator), D(denominator), D(numerator) / D(denominator), comparator
    )


def count(district, number, definition=SIX):
    return c.Entry(district, definition, D(number), None, D(number), ">=")


A, B, X = share("a", 1, 2), share("b", 30, 40), share("x", 9, 10, TEN)
NONE = share("n", None, None)


@pytest.mark.parametrize(
    ("entries", "facets"),
    [
        ([], []),
        ([A], []),
        ([A, B], []),
        ([A, B, X], ["guidance.sessions_per_year"]),
        ([A, share("b", 1, 2, LATER)], ["as_of"]),
        ([X, share("b", 1, 2, LATER)], ["as_of", "guidance.sessions_per_year"]),
        ([A, c.Entry("z", SIX[:1])], ["guidance.sessions_per_year"]),  # a parameter without a value
    ],
)
def test_in_which_facets_definitions_differ(entries, facets):
    assert list(c.differences(entries)) == facets


def test_the_differing_values_are_told_by_district():
    assert c.differences([A, X])["guidance.sessions_per_year"] == {"a": "6", "x": "10"}


@pytest.mark.parametrize(
    ("entries", "numerator", "denominator", "districts"),
    [
        ([A, B], 31, 42, ("a", "b")),  # 73.8 %, not the average 62.5 % of the percentages
        ([A, B, NONE], 31, 42, ("a", "b")),  # what is missing is no nought and stands in no denominator
        ([count("a", 3), count("b", 0)], 3, None, ("a", "b")),
        ([A], 1, 2, ("a",)),
    ],
)
def test_a_sum_is_of_numerators_and_denominators(entries, numerator, denominator, districts):
    assert c.add(entries) == c.Sum(D(numerator), denominator and D(denominator), districts)


@pytest.mark.parametrize("entries", [[], [NONE]])
def test_nothing_known_has_no_sum(entries):
    assert c.add(entries) is None


@pytest.mark.parametrize(
    "entries",
    [[A, X], [A, B, X], [NONE, X], [A, share("b", 1, 2, LATER)], [A, count("b", 4)]],
)
def test_unlike_figures_are_not_added(entries):
    with pytest.raises(c.UnlikeError):
        c.add(entries)


def test_like_ones_among_unlike_are_added_apart():
    first, second = c.groups([A, X, B])
    assert (first.whole.numerator, first.whole.districts) == (31, ("a", "b"))
    assert second.entries == (X,) and second.whole is None
    (only,) = c.groups([A, NONE])
    assert only.whole is None and only.missing == (NONE,)


ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(["6", "10"]),
        st.sampled_from(["20", "21"]),
        st.one_of(st.none(), st.integers(0, 50)),
        st.integers(1, 50),
    ),
    max_size=8,
)


def entries_of(drawn):
    return [
        share(str(n), hits and min(hits, rows), rows, (("day", day), ("times", times)))
        for n, (times, day, hits, rows) in enumerate(drawn)
    ]


@given(ENTRIES)
def test_no_sum_is_ever_made_over_unlike_definitions(drawn):
    entries = entries_of(drawn)
    by_name = {entry.district: entry for entry in entries}
    parts = c.groups(entries)
    assert sorted(e.district for part in parts for e in part.entries) == sorted(by_name)
    for part in parts:
        assert len({e.definition for e in part.entries}) == 1
        if part.whole:
            known = [by_name[name] for name in part.whole.districts]
            assert len(known) > 1 and all(e.known for e in known)
            assert part.whole.numerator == sum(e.numerator for e in known)
            assert part.whole.denominator == sum(e.denominator for e in known)
    if len({e.definition for e in entries}) > 1:
        with pytest.raises(c.UnlikeError):
            c.add(entries)
        assert c.ranking(entries) == []
        promise = Promise("ratio", ">=", D(50), "by-date", "city", "%")
        whole = c.judge_city(promise, "share", entries, len(entries), None, True)
        assert (whole.value, whole.verdict, whole.lacking) == (None, UNKNOWN, c.UNLIKE)


@given(ENTRIES)
def test_a_ranking_is_complete_and_in_order_or_there_is_none(drawn):
    entries = entries_of(drawn)
    ranked = c.ranking(entries)
    assert bool(ranked) == (c.unranked(entries) == "")
    if ranked:
        assert len(ranked) == len(entries) and all(e.known for e in entries)
        values = [Fraction(e.value) for _place, e in ranked]
        assert values == sorted(values, reverse=True)
        assert [place for place, _e in ranked] == [1 + sum(v > own for v in values) for own in values]


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([A, B], ""),
        ([A], c.ALONE),
        ([A, X], c.UNLIKE),
        ([A, NONE], "missing"),
        ([count("a", 3), count("b", 4)], "number"),
        ([A, share("b", 1, 2, comparator="<=")], "comparator"),
    ],
)
def test_why_there_is_no_ranking(entries, why):
    assert c.unranked(entries) == why
    assert why == "" or why in c.UNRANKED


def test_equals_share_a_place_and_the_lower_is_better_under_a_ceiling():
    assert [(p, e.district) for p, e in c.ranking([A, share("d", 2, 4), B])] == [(1, "b"), (2, "a"), (2, "d")]
    low, high = share("l", 1, 10, comparator="<="), share("h", 9, 10, comparator="<=")
    assert [e.district for _p, e in c.ranking([high, low])] == ["l", "h"]


@pytest.mark.parametrize(
    ("entries", "state"), [([A], c.ALONE), ([], c.ALONE), ([A, B, NONE], c.ALIKE), ([A, X], c.UNLIKE)]
)
def test_state_of_a_row(entries, state):
    assert c.state(entries) == state and state in c.STATES


FIFTY = Promise("count", ">=", D(50), "year", "city", "个")
COVERAGE = Promise("ratio", ">=", D(85), "by-date", "city", "%")
THOUSAND = Promise("capacity_ratio", ">=", D("4.5"), "by-date", "city", "个/千人")
IN_FULL = Promise("boolean", "==", None, "plan", "street")


@pytest.mark.parametrize(
    ("promise", "measure", "entries", "expected", "over", "per", "verdict", "lacking"),
    [
        # all districts are in: the city is judged
        (FIFTY, "count", [count("a", 30), count("b", 20)], 2, True, 1, MET, ""),
        (FIFTY, "count", [count("a", 30), count("b", 19)], 2, True, 1, MISSED, ""),
        (COVERAGE, "share", [share("a", 9, 10), share("b", 8, 10)], 2, True, 1, MET, ""),
        (COVERAGE, "share", [share("a", 9, 10), share("b", 7, 10)], 2, True, 1, MISSED, ""),
        (COVERAGE, "share", [share("a", 9, 10), share("b", 7, 10)], 2, False, 1, BEHIND, ""),
        (THOUSAND, "share", [share("a", 45, 10000), share("b", 9, 2000)], 2, True, 1000, MET, ""),
        (THOUSAND, "share", [share("a", 45, 10000), share("b", 8, 2000)], 2, True, 1000, MISSED, ""),
        (IN_FULL, "share", [share("a", 9, 10), share("b", 10, 10)], 2, True, 1, MISSED, ""),
        # a part of the city: only what the rest cannot change
        (FIFTY, "count", [count("a", 50)], 16, False, 1, MET, ""),
        (FIFTY, "count", [count("a", 49)], 16, True, 1, UNKNOWN, "part"),
        (COVERAGE, "share", [share("a", 10, 10)], 16, True, 1, UNKNOWN, "part"),
        (COVERAGE, "share", [share("a", 9, 10), NONE], 2, True, 1, UNKNOWN, "part"),
        (COVERAGE, "share", [share("a", 9, 10)], None, True, 1, UNKNOWN, "part"),
        (COVERAGE, "share", [NONE], 1, True, 1, UNKNOWN, "none"),
        (COVERAGE, "share", [], 16, True, 1, UNKNOWN, "none"),
        (COVERAGE, "share", [A, X], 2, True, 1, UNKNOWN, c.UNLIKE),
    ],
)
def test_a_target_of_the_city(promise, measure, entries, expected, over, per, verdict, lacking):
    whole = c.judge_city(promise, measure, entries, expected, None, over, per)
    assert (whole.verdict, whole.lacking) == (verdict, lacking)


def test_a_yearly_target_of_the_city_has_the_years_straight_line():
    entries = [count("a", 20), count("b", 10)]
    assert c.judge_city(FIFTY, "count", entries, 2, D("0.6"), False).verdict == ON_PACE
    assert c.judge_city(FIFTY, "count", entries, 2, D("0.7"), False).verdict == BEHIND
