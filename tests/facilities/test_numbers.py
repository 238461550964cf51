"""Check digits by tables and by properties: one wrong or swapped digit is always noticed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facilities.rules import numbers

TODAY = date(2026, 3, 18)
FIRST17 = st.builds(
    lambda region, born, order: f"{region}{born:%Y%m%d}{order:03d}",
    st.integers(110000, 659999),
    st.dates(date(1900, 1, 1), TODAY),
    st.integers(0, 999),
)


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("11010519491231002X", ""),  # the example of GB 11643-1999
        ("440524188001010014", "date"),  # its other example: a man born in 1880
        ("110105194912310021", "check"),
        ("11010519491231002", "length"),
        ("1101051949123100200", "length"),
        ("11010519490230002X", "date"),
        ("1101051949123100X2", "characters"),
        ("11010520991231002X", "date"),
    ],
)
def test_identity_numbers(number, problem):
    assert numbers.identity_problem(number, TODAY)[0] == problem


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("91350100M000100Y43", ""),  # the example of GB 32100-2015
        ("91350100M000100Y44", "check"),
        ("91350100M000100Y4", "length"),
        ("9135O100M000100Y43", "characters"),
    ],
)
def test_credit_codes(number, problem):
    assert numbers.credit_problem(number)[0] == problem


@given(FIRST17, st.integers(0, 16), st.integers(1, 9))
def test_a_wrong_digit_of_an_identity_number_is_noticed(first, place, by):
    number = first + numbers.identity_check(first)
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert numbers.identity_problem(number, TODAY) == ("", {})
    assert numbers.identity_problem(wrong, TODAY)[0] in ("check", "date")


@given(st.text(numbers.CREDIT_ALPHABET, min_size=17, max_size=17), st.integers(0, 15))
def test_a_swap_in_a_credit_code_is_noticed(first, place):
    number = first + numbers.credit_check(first)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert numbers.credit_problem(number) == ("", {})
    assert (numbers.credit_problem(swapped)[0] == "") == (swapped == number)


def test_numbers_are_tidied_as_people_type_them():
    assert numbers.tidy(" 110105 19491231 002x ") == "11010519491231002X"
