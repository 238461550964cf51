"""Where a figure will stand: by the year's mean speed, or along the line through the months; by hand and by property."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from targets.metrics.base import Period
from targets.rules import forecasts

D = Decimal
YEAR_END = date(2026, 12, 31)


@pytest.mark.parametrize(
    ("value", "as_of", "share", "reached"),
    [
        (D(30), date(2026, 3, 31), False, D(365) / 90 * 30),
        (D("0.4"), date(2026, 6, 30), True, D("0.4") / (D(181) / 365)),
        (D("0.9"), date(2026, 6, 30), True, D(1)),
        (D(0), date(2026, 11, 22), False, D(0)),
    ],
)
def test_by_the_mean_speed_of_the_year(value, as_of, share, reached):
    found = forecasts.by_rate(value, Period.year(2026, as_of).elapsed, 2026, share=share)
    assert found.day == YEAR_END and found.method == forecasts.RATE
    assert abs(found.value - reached) < D("0.0001")


@pytest.mark.parametrize("as_of", [date(2026, 1, 20), date(2026, 12, 31)])
def test_no_speed_in_the_first_month_and_none_when_the_year_is_over(as_of):
    assert forecasts.by_rate(D(5), Period.year(2026, as_of).elapsed, 2026, share=False) is None


def test_along_the_line_through_the_months():
    # 10 sites more at the end of each month of 30 or 31 days is not quite a line: within a site of 120
    path = [D(10 * month) for month in range(1, 7)]
    found = forecasts.by_line(path, date(2026, 6, 30), YEAR_END, share=False)
    assert found.points == 6 and abs(found.value - 120) < 2
    # on the day of the line itself it goes through exact points
    exact = [D((date(2026, m, 28) - date(2026, 1, 1)).days) for m in (1, 2)]
    assert forecasts.by_line([*exact, None], date(2026, 3, 31), YEAR_END, share=False) is None, (
        "two are too few"
    )


def test_the_running_month_counts_as_it_stands_and_missing_ones_are_left_out():
    days = [date(2026, 1, 31), date(2026, 3, 31), date(2026, 4, 10)]
    path = [D(days[0].toordinal()), None, D(days[1].toordinal()), D(days[2].toordinal())]
    found = forecasts.by_line(path, date(2026, 4, 10), date(2026, 5, 1), share=False)
    assert found.points == 3 and abs(found.value - date(2026, 5, 1).toordinal()) < D("0.01")


SHARES = st.lists(st.one_of(st.none(), st.decimals(0, 1, places=3, allow_nan=False)), min_size=1, max_size=11)


@given(SHARES)
def test_a_share_stays_one_and_a_level_stays_where_it_stood(path):
    as_of = Period.month(2026, len(path)).ends_on
    found = forecasts.by_line(path, as_of, YEAR_END, share=True)
    known = [value for value in path if value is not None]
    assert (found is None) == (len(known) < forecasts.LEAST)
    if found:
        assert 0 <= found.value <= 1
        if len(set(known)) == 1:
            assert abs(found.value - known[0]) < D("0.001")


def test_nothing_is_forecast_for_a_day_that_has_come():
    assert forecasts.by_line([D(1)] * 6, date(2026, 6, 30), date(2026, 6, 30), share=True) is None
