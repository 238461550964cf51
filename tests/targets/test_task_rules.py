"""Quarters, who owes, and the cells of the matrix."""

from datetime import date

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from targets.rules.tasks import (
    Given,
    Link,
    column_means,
    matrix,
    mean,
    owing,
    quarter_dates,
    quarter_of,
    takes_reports_until,
)


@pytest.mark.parametrize(
    ("day", "quarter"),
    [(date(2026, 1, 1), 1), (date(2026, 3, 31), 1), (date(2026, 4, 1), 2), (date(2026, 12, 31), 4)],
)
def test_a_day_lies_in_its_quarter(day, quarter):
    assert quarter_of(day) == (2026, quarter)


@hypothesis_given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_the_quarter_of_a_day_contains_it(day):
    first, last = quarter_dates(*quarter_of(day))
    assert first <= day <= last
    assert quarter_of(first) == quarter_of(last)


def test_a_fifth_quarter_is_none():
    with pytest.raises(ValueError):
        quarter_dates(2026, 5)


def test_a_round_takes_late_reports_for_one_more_quarter():
    assert takes_reports_until(date(2026, 9, 30)) == date(2026, 12, 31)
    assert takes_reports_until(date(2026, 12, 31)) == date(2027, 3, 31)


def test_members_owe_for_their_collective_and_unknown_members_owe_nothing():
    links = [Link(1, 10, "lead"), Link(1, 20, "support"), Link(1, 30, "support")]
    assert owing(links, {20: [21, 22]}, {20, 30}) == {(1, 10), (1, 21), (1, 22)}


def test_cells_show_lead_mean_of_members_and_who_is_late():
    links = [Link(1, 10, "lead"), Link(1, 20, "support")]
    given = {(1, 10): Given(60, True), (1, 21): Given(40, True), (1, 22): Given(81, False)}
    rows = matrix([1], links, {20: [21, 22]}, {20}, given, overdue=True)
    lead, members = rows[1].cells[10], rows[1].cells[20]
    assert (lead.lead, lead.percent, lead.late) == (True, 60, False)
    assert (members.percent, members.given, members.owed, members.late) == (60, 1, 2, True)
    assert rows[1].mean == 60
    assert rows[1].late
    assert column_means(rows.values()) == {10: 60, 20: 60}


def test_nobody_is_late_before_the_due_day():
    rows = matrix([1], [Link(1, 10, "lead")], {}, set(), {}, overdue=False)
    assert not rows[1].late
    assert rows[1].cells[10].percent is None


def test_gaps_are_said_and_never_filled():
    links = [Link(2, 10, "support"), Link(3, 10, "lead"), Link(4, 10, "lead"), Link(4, 11, "support")]
    rows = matrix([1, 2, 3, 4], links, {}, set(), {}, overdue=True)
    assert [rows[n].gap for n in (1, 2, 3, 4)] == ["none", "lead", "support", ""]
    assert rows[1].mean is None
    assert not rows[1].late


def test_a_collective_without_known_members_shows_no_number_and_is_never_late():
    rows = matrix([1], [Link(1, 20, "lead")], {}, {20}, {}, overdue=True)
    cell = rows[1].cells[20]
    assert not cell.known
    assert not cell.late
    assert cell.percent is None


def test_a_unit_named_twice_shows_as_lead():
    rows = matrix([1], [Link(1, 10, "lead"), Link(1, 10, "support")], {}, set(), {}, overdue=False)
    assert rows[1].cells[10].lead


@hypothesis_given(st.lists(st.one_of(st.none(), st.integers(0, 100))))
def test_a_mean_lies_between_what_is_known(values):
    known = [v for v in values if v is not None]
    found = mean(values)
    assert (found is None) == (not known)
    if known:
        assert min(known) <= found <= max(known)
