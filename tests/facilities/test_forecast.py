"""The forecast: known answers, what it may look at, and what it says when there is too little."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facilities.rules.forecast import Check, Year, backtest, base_year, error, missing, project, together


def steady(first: int, last: int, births: int = 100, rate: float = 1.0, moves: float | None = None) -> dict:
    """A street whose children all stay (or move at one rate) and whose births change by one rate."""
    level = {year: births * rate ** (year - first) for year in range(first - 2, last + 1)}
    stay = 1 + (moves or 0.0)
    history = {}
    for year in range(first, last + 1):
        small = level[year - 1] * stay**1.5 + level[year - 2] * stay**2.5
        young = small + level[year] * stay**0.5
        moved = None if moves is None else round(young * moves)
        history[year] = Year(
            births=round(level[year]),
            one_to_three=round(small),
            under_three=round(young),
            moved_in=None if moved is None else max(0, moved),
            moved_out=None if moved is None else max(0, -moved),
        )
    return history


def test_a_steady_street_goes_on():
    found = project(steady(2019, 2024))
    assert found.base == 2024
    for year in (2025, 2026, 2027):
        assert found.values["one_to_three"][year] == pytest.approx(200, rel=0.01)
        assert found.values["under_three"][year] == pytest.approx(300, rel=0.01)


def test_the_first_year_of_the_older_ones_rests_on_births_that_are_known():
    history = steady(2019, 2024)
    history[2024] = Year(births=40, one_to_three=200, under_three=240)
    found = project(history)
    assert found.values["one_to_three"][2025] == pytest.approx(140, rel=0.02)  # 40 + 100, no guess in it
    assert found.births_rate < 1


def test_births_that_fall_make_fewer_children():
    found = project(steady(2019, 2024, births=1000, rate=0.95))
    assert found.births_rate == pytest.approx(0.95, abs=0.002)
    true = steady(2019, 2027, births=1000, rate=0.95)
    for year in (2025, 2026, 2027):
        assert found.values["under_three"][year] == pytest.approx(true[year].under_three, rel=0.01)


def test_moves_are_taken_from_the_years_that_know_both_directions():
    found = project(steady(2019, 2024, births=1000, moves=0.04))
    assert found.moves_known and found.moves_rate == pytest.approx(0.04, abs=0.001)
    assert found.older_factor == pytest.approx(1, abs=0.02)
    without = project(steady(2019, 2024, births=1000))
    assert (without.moves_known, without.moves_rate) == (False, 0.0)


def test_what_is_not_recorded_goes_on_as_it_was():
    """Half of the children born here live elsewhere: the factor says so, and the forecast with it."""
    history = {year: Year(births=100, one_to_three=100, under_three=150) for year in range(2020, 2025)}
    found = project(history)
    assert found.older_factor == pytest.approx(0.5)
    assert found.values["under_three"][2027] == pytest.approx(150)


@pytest.mark.parametrize(
    ("history", "lacks"),
    [
        ({}, []),
        ({2024: Year(births=9, one_to_three=9, under_three=19)}, [(2023, "births"), (2022, "births")]),
        ({y: Year(births=9) for y in (2022, 2023, 2024)}, [(2024, "one_to_three"), (2024, "under_three")]),
        (
            {2021: Year(births=9), 2022: Year(births=9), 2024: Year(births=9, one_to_three=1, under_three=2)},
            [(2023, "births")],
        ),
    ],
)
def test_too_few_years_are_said(history, lacks):
    assert project(history) is None
    assert missing(history) == lacks


def test_a_newer_year_with_a_gap_is_not_the_base():
    history = steady(2019, 2023) | {2024: Year(births=90)}
    assert base_year(history) == 2023


def test_the_check_knows_nothing_of_later_years():
    history = steady(2018, 2024)
    spoiled = history | {2024: Year(births=100, one_to_three=100, under_three=9000)}
    before = {c: c.forecast for c in backtest(history, "under_three") if c.year < 2024}
    after = [c for c in backtest(spoiled, "under_three") if c.year < 2024]
    assert [c.forecast for c in after] == list(before.values())
    wrong = [c for c in backtest(spoiled, "under_three") if c.year == 2024]
    assert wrong and all(c.forecast < 400 and c.counted == 9000 for c in wrong)


def test_the_error_is_the_mean_of_the_percentages():
    checks = [Check(2020, 2021, 110, 100, 100), Check(2020, 2022, 80, 100, 100), Check(2021, 2022, 5, 5, 0)]
    found = error(checks)
    assert (found.checks, round(found.method, 6), found.naive) == (2, 15, 0)
    assert error(checks, ahead=2).method == 20
    assert error([]) is None and error(checks, ahead=3) is None


def test_streets_are_added_before_they_are_compared():
    one, other = [Check(2020, 2021, 110, 1, 100)], [Check(2020, 2021, 90, 1, 100), Check(2020, 2022, 1, 1, 1)]
    assert together([one, other]) == [Check(2020, 2021, 200, 2, 200), Check(2020, 2022, 1, 1, 1)]
    assert error(together([one, other[:1]])).method == 0
    assert together([]) == []


counts = st.integers(0, 3000)


@given(
    st.dictionaries(
        st.integers(2015, 2024),
        st.builds(
            Year,
            st.none() | counts,
            st.none() | counts,
            st.none() | counts,
            st.none() | counts,
            st.none() | counts,
        ),
    )
)
def test_whatever_is_known_no_forecast_is_negative_and_the_smaller_is_in_the_larger(history):
    found = project(history)
    if found is None:
        return
    assert found.base in history
    for year in (found.base + 1, found.base + 2, found.base + 3):
        small, large = found.values["one_to_three"][year], found.values["under_three"][year]
        assert 0 <= small <= large
    for kind in ("one_to_three", "under_three"):
        for check in backtest(history, kind):
            assert check.made_from < check.year and check.counted == getattr(history[check.year], kind)
