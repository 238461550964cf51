"""Lights by the district's days, and months between days, as Postgres counts them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as some

from portal.rules import clocks as rules

ON = date(2026, 3, 18)
DAYS = some.dates(date(1990, 1, 1), date(2090, 12, 31))
MONTHS = some.integers(0, 60)


def test_the_four_lights_and_what_comes_later():
    found = rules.lights(rules.warn_days([90, 30, 7]))
    assert [(one.key, one.state) for one in found] == [
        ("over", "bad"), ("7", "bad"), ("30", "warn"), ("90", "doing"), ("later", "ok"),
    ]  # fmt: skip
    for left, key in (
        (-1, "over"),
        (0, "7"),
        (7, "7"),
        (8, "30"),
        (30, "30"),
        (31, "90"),
        (90, "90"),
        (91, "later"),
    ):
        assert rules.light_of(ON + timedelta(left), ON, found).key == key, left


@pytest.mark.parametrize("value", [None, [], ["x"], [0, -4], [99999]])
def test_a_parameter_that_says_nothing_leaves_the_products_days(value):
    assert rules.warn_days(value) == (7, 30, 90)


@given(some.lists(some.integers(1, 400), min_size=1, max_size=6), some.integers(-500, 500))
def test_every_day_has_one_light(days, left):
    found = rules.lights(rules.warn_days(days))
    due = ON + timedelta(left)
    fitting = [
        light
        for light in found
        if (light.first is None or left >= light.first) and (light.last is None or left <= light.last)
    ]
    assert fitting == [rules.light_of(due, ON, found)]


@given(DAYS, MONTHS)
def test_the_latest_base_is_due_and_the_next_day_is_not(due, months):
    base = rules.latest_base(due, months)
    assert rules.months_after(base, months) <= due < rules.months_after(base + timedelta(1), months)


@given(DAYS, DAYS, MONTHS)
def test_the_order_of_the_bases_is_the_order_of_the_ends(first, second, months):
    if first <= second:
        assert rules.months_after(first, months) <= rules.months_after(second, months)


@pytest.mark.django_db
def test_postgres_counts_months_alike():
    days = [date(2023, 1, 28) + timedelta(n) for n in range(800)]
    with connection.cursor() as cursor:
        for months in (1, 6, 12, 13):
            cursor.execute(
                "SELECT (d + make_interval(months => %s))::date FROM unnest(%s::date[]) WITH ORDINALITY u(d, n)"
                " ORDER BY n",
                [months, days],
            )
            assert [row[0] for row in cursor.fetchall()] == [rules.months_after(d, months) for d in days]
