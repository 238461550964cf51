"""Children's ages, numbers, consents, deletion: plain values."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facilities.rules import families as rules
from facilities.rules import numbers

DAYS = st.dates(min_value=date(2015, 1, 1), max_value=date(2026, 12, 31))


@pytest.mark.parametrize(
    ("born", "on", "months"),
    (
        (date(2025, 1, 15), date(2026, 1, 14), 11),
        (date(2025, 1, 15), date(2026, 1, 15), 12),
        (date(2024, 2, 29), date(2025, 2, 28), 12),
        (date(2025, 8, 31), date(2026, 2, 28), 6),
        (date(2025, 8, 31), date(2026, 2, 27), 5),
        (date(2026, 3, 1), date(2026, 3, 1), 0),
    ),
)
def test_months_are_completed(born, on, months):
    assert rules.months_old(born, on) == months


@given(born=DAYS, days=st.integers(0, 2000))
def test_nobody_grows_younger(born, days):
    on = born + timedelta(days)
    assert 0 <= rules.months_old(born, on) <= rules.months_old(born, on + timedelta(1))


@pytest.mark.parametrize(
    ("kind", "months", "problem"),
    (
        ("baby_house", 11, "young"),
        ("baby_house", 12, ""),
        ("baby_house", 35, ""),
        ("baby_house", 36, "old"),
        ("nursery", 6, ""),
        ("nursery", 36, "old"),
    ),
)
def test_the_age_of_an_admission(kind, months, problem):
    on = date(2026, 6, 15)
    year, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    assert rules.age_problem(date(year, month + 1, 15), kind, on)[0] == problem


def identity(born: date) -> str:
    first = f"990000{born:%Y%m%d}001"
    return first + numbers.identity_check(first)


@pytest.mark.parametrize(
    ("number", "problem"),
    (
        ("Z123456789", ""),
        ("z123456789", "identity"),
        ("12345", "identity"),
        (identity(date(2025, 1, 2)), ""),
        (identity(date(2025, 1, 3)), "born_differs"),
        (identity(date(2025, 1, 2))[:-1] + "?", "characters"),
    ),
)
def test_a_childs_number(number, problem):
    assert rules.identity_problem(number, date(2025, 1, 2), date(2026, 1, 1))[0] == problem


def holds(**values) -> bool:
    return rules.consent_holds(
        **{"given": 1, "current": 1, "renewing": [], "withdrawn_on": None, "on": date(2026, 1, 1)} | values
    )


def test_a_consent_holds_until_it_is_withdrawn_or_asked_anew():
    assert holds()
    assert not holds(withdrawn_on=date(2026, 1, 1))
    assert holds(withdrawn_on=date(2026, 1, 2))
    assert holds(current=2), "a new wording alone asks nobody anew"
    assert not holds(current=2, renewing=[2])
    assert holds(given=2, current=2, renewing=[2])
    assert holds(current=1, renewing=[2]), "not in force yet"


@given(years=st.integers(0, 30))
def test_under_fourteen_needs_a_consent_of_its_own(years):
    assert rules.must_be_separate(date(2000, 5, 1), date(2000 + years, 5, 1)) == (years < 14)


READY = {
    "age": ("", 0),
    "on": date(2026, 1, 1),
    "consents": {"care", "health"},
    "certificate_until": date(2026, 6, 1),
    "declared": True,
    "agreed": True,
}


@pytest.mark.parametrize(
    ("change", "key"),
    (
        ({"age": ("young", 12)}, "young"),
        ({"age": ("old", 36)}, "old"),
        ({"consents": {"care"}}, "consent_health"),
        ({"consents": {"health", "photo"}}, "consent_care"),
        ({"declared": False}, "declaration"),
        ({"certificate_until": None}, "certificate"),
        ({"certificate_until": date(2025, 12, 31)}, "certificate_over"),
        ({"agreed": False}, "agreement"),
    ),
)
def test_each_thing_that_an_admission_asks_for(change, key):
    assert rules.missing_for_admission(**READY) == []
    found = rules.missing_for_admission(**READY | change)
    assert [one for one, _facts in found] == [key]
    assert rules.MISSING[key] % dict(found[0][1])


@given(ended=DAYS, passed=st.integers(-5, 400), days=st.integers(0, 365), withdrawn=st.booleans())
def test_a_record_goes_when_its_time_has_come(ended, passed, days, withdrawn):
    gone = rules.deletable(ended_on=ended, days=days, withdrawn=withdrawn, on=ended + timedelta(passed))
    assert gone == (passed >= 0 and (withdrawn or passed >= days))
    assert not rules.deletable(ended_on=None, days=0, withdrawn=True, on=ended)


def test_no_purpose_opens_more_than_it_needs():
    assert set(rules.NEEDED_PARTS) == set(rules.PURPOSES)
    for purpose, parts in rules.NEEDED_PARTS.items():
        assert set(parts) <= set(rules.PARTS)
        assert purpose == "own" or set(parts) < set(rules.PARTS) or purpose == "enrol"
    assert "identity" not in rules.NEEDED_PARTS["care"]
    assert set(rules.OF_FACILITIES) & set(rules.OF_DISTRICT) == set()
