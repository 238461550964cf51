"""Points, letters and order of risk grades, on plain values."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.rules import grades as rules
from inspections.services.grades import number_words
from portal.rules.parameters import WrongValue, read_value

THRESHOLDS = {"B": 5, "C": 15, "D": 30}
VALUES = {factor.weight: 4 for factor in rules.FACTORS} | {
    rules.MOST_EXPIRED: 10, "grade.months_unvisited": 12, "grade.months_visits": 12, "grade.months_voices": 12,
    rules.THRESHOLDS: THRESHOLDS,
}  # fmt: skip


@pytest.mark.parametrize(
    ("key", "number", "points"),
    [
        ("veto", 0, 0), ("veto", 3, 12), ("overdue", 1, 4),
        ("expired", 2, 8), ("expired", 3, 10), ("expired", 90, 10),  # up to a limit
        ("unvisited", 11, 0), ("unvisited", 12, 4), ("unvisited", 300, 4),  # once
    ],
)  # fmt: skip
def test_what_a_factor_adds(key, number, points):
    assert rules.points(key, number, VALUES) == points


def test_a_weight_may_be_a_part_of_a_point():
    assert rules.points("theme", 3, VALUES | {"grade.points_theme": 0.1}) == Decimal("0.3")


@pytest.mark.parametrize(
    ("total", "letter"),
    [
        ("0", "A"),
        ("4.9", "A"),
        ("5", "B"),
        ("14.9", "B"),
        ("15", "C"),
        ("29", "C"),
        ("30", "D"),
        ("999", "D"),
    ],
)
def test_the_letter_for_a_sum(total, letter):
    assert rules.grade_of(Decimal(total), THRESHOLDS) == letter


@pytest.mark.parametrize(
    ("before", "after", "steps", "usual"),
    [
        ("A", "B", 1, True), ("B", "C", 1, True), ("C", "D", 1, False),  # D is looked at for itself
        ("A", "C", 2, False), ("C", "B", -1, True), ("D", "C", -1, True), ("D", "B", -2, False),
        ("A", "A", 0, False), ("", "B", 0, True), ("", "A", -1, True), ("", "C", 1, True), ("", "D", 2, False),
    ],
)  # fmt: skip
def test_steps_and_what_may_be_confirmed_with_others(before, after, steps, usual):
    assert rules.steps(before, after) == steps
    assert rules.usual(before, after) is usual


def test_what_gets_graver_stands_first_then_other_changes_then_points():
    rows = [
        ("A", "D", 31),
        ("C", "D", 90),
        ("A", "B", 6),
        ("", "B", 5),
        ("D", "A", 0),
        ("C", "C", 29),
        ("A", "A", 0),
    ]
    ranks = [rules.rank(before, after, Decimal(total)) for before, after, total in rows]
    assert ranks == sorted(ranks, reverse=True)
    assert rules.rank("A", "B", Decimal("1e30")) < rules.rank("A", "C", Decimal(0))


@pytest.mark.parametrize(
    ("day", "on", "months"),
    [
        (date(2025, 3, 10), date(2026, 3, 9), 11), (date(2025, 3, 10), date(2026, 3, 10), 12),
        (date(2026, 1, 31), date(2026, 2, 28), 0), (date(2026, 3, 1), date(2026, 2, 1), 0),
    ],
)  # fmt: skip
def test_whole_months(day, on, months):
    assert rules.months_since(day, on) == months


def test_a_run_is_due_from_its_day_of_the_month_on():
    assert not rules.is_due(date(2026, 3, 9), 10)
    assert rules.is_due(date(2026, 3, 10), 10) and rules.is_due(date(2026, 3, 31), 10)


@given(st.lists(st.integers(0, 50), min_size=len(rules.FACTORS), max_size=len(rules.FACTORS)), st.data())
def test_one_more_case_never_makes_a_grade_lighter(numbers, data):
    def letter(counts):
        pairs = zip(rules.FACTORS, counts, strict=True)
        return rules.grade_of(sum(rules.points(f.key, n, VALUES) for f, n in pairs), THRESHOLDS)

    place = data.draw(st.integers(0, len(numbers) - 1))
    more = [n + (at == place) for at, n in enumerate(numbers)]
    assert rules.steps(letter(numbers), letter(more)) >= 0


def test_thresholds_have_to_rise():
    assert read_value("B 4、C 9、D 20", THRESHOLDS, rules.THRESHOLDS) == {"B": 4, "C": 9, "D": 20}
    for text in ("B 5、C 5、D 9", "B 9、C 5、D 20", "A 1、B 5、C 9"):
        with pytest.raises(WrongValue):
            read_value(text, THRESHOLDS, rules.THRESHOLDS)


@pytest.mark.parametrize(
    ("key", "number", "words"),
    [
        ("unvisited", 23, "23 个月"),
        ("unvisited", 24, "2 年"),
        ("unvisited", 130, "10 年 10 个月"),
        ("veto", 30, "30 个"),
    ],
)
def test_a_long_time_is_told_in_years(key, number, words):
    factor = next(one for one in rules.FACTORS if one.key == key)
    assert number_words(factor, number) == words
