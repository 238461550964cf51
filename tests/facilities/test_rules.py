from datetime import date

import pytest

from facilities.rules import register, staff
from facilities.rules.staff import certificate_standing

TODAY = date(2026, 3, 18)
ASKED = staff.asked_kinds(
    {
        "staff.certificates_carer": ["childcare", "nursing"],
        "staff.certificates_cook": ["food"],
        "other.key": 3,
    }
)
GOOD = {
    "name": "示例园", "address": "示例路 1 号", "places": 40, "enrolled": 33, "state": "operating",
    "opened_on": date(2021, 9, 1), "full_day": True, "half_day": False, "hourly": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"places": 0}, [("places", "places")]),
        ({"places": 501}, [("places", "places")]),
        ({"places": 500, "enrolled": 500}, []),
        ({"enrolled": 48}, []),
        ({"enrolled": 49}, [("enrolled", "enrolled")]),
        ({"enrolled": -1}, [("enrolled", "enrolled_range")]),
        ({"opened_on": date(2026, 3, 19)}, [("opened_on", "opened_future")]),
        ({"opened_on": date(1921, 3, 19)}, [("opened_on", "opened_early")]),
        ({"opened_on": None}, [("opened_on", "opened_missing")]),
        ({"opened_on": None, "state": "preparing"}, []),
        ({"full_day": False}, [("full_day", "modes")]),
        ({"fees_published_on": date(2026, 4, 1)}, [("fees_published_on", "fees_future")]),
        ({"insured_until": date(2036, 4, 1)}, [("insured_until", "insured")]),
        ({"usable_area": 5}, [("usable_area", "usable_area")]),
        ({"video_days": 731}, [("video_days", "video_days")]),
        ({"phone": "12345"}, [("phone", "phone")]),
        ({"phone": "021-5550 1234 转 8"}, []),
        ({"name": "园", "places": 0}, [("name", "name"), ("places", "places")]),
    ],
)
def test_figures_and_dates_of_a_facility(change, expected):
    found = register.problems(GOOD | change, TODAY)
    assert [(field, key) for field, key, _facts in found] == expected
    assert all(register.PROBLEMS[key] % facts for _field, key, facts in found)


def test_a_field_belongs_to_the_district_or_to_the_operator():
    assert not set(register.DISTRICT_FIELDS) & set(register.OPERATOR_FIELDS)


@pytest.mark.parametrize(
    ("post", "held", "standing"),
    [
        ("carer", [("childcare", None), ("health_check", date(2026, 9, 1))], ("ok", "", None)),
        ("carer", [("health_check", date(2026, 9, 1))], ("missing", "", None)),
        ("carer", [("childcare", None)], ("missing", "health_check", None)),
        ("carer", [("health", None), ("health_check", None)], ("missing", "", None)),
        ("other", [("health_check", None)], ("ok", "", None)),
        # nobody has said what a teacher needs: that is not kept, and what is known to be wrong comes before it
        ("teacher", [("teacher", None), ("health_check", None)], ("unset", "", None)),
        ("teacher", [("teacher", None)], ("missing", "health_check", None)),
        ("teacher", [("health_check", date(2026, 4, 1))], ("soon", "health_check", date(2026, 4, 1))),
        (
            "cook",
            [("food", date(2026, 3, 17)), ("health_check", None)],
            ("expired", "food", date(2026, 3, 17)),
        ),
        ("cook", [("food", date(2026, 3, 18)), ("health_check", None)], ("soon", "food", date(2026, 3, 18))),
        ("cook", [("food", date(2026, 4, 17)), ("health_check", None)], ("soon", "food", date(2026, 4, 17))),
        ("cook", [("food", date(2026, 4, 18)), ("health_check", None)], ("ok", "", None)),
        (
            "cook",
            [("food", date(2025, 1, 1)), ("food", date(2027, 1, 1)), ("health_check", date(2026, 3, 1))],
            ("expired", "health_check", date(2026, 3, 1)),
        ),
    ],
)
def test_standing_with_certificates(post, held, standing):
    assert certificate_standing(post, held, TODAY, ASKED) == standing


@pytest.mark.parametrize(
    ("last", "found", "months", "standing"),
    [
        (None, None, 12, "missing"),
        (date(2025, 3, 18), False, 12, "ok"),
        (date(2025, 3, 17), False, 12, "overdue"),
        (date(2020, 1, 1), False, None, "ok"),
        (date(2026, 3, 1), True, 12, "found"),
    ],
)
def test_standing_with_the_yearly_inquiry(last, found, months, standing):
    assert staff.check_standing(last, found, TODAY, months) == standing


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 31), 12, date(2025, 12, 31)),
    ],
)
def test_months_before(day, months, before):
    assert staff.months_before(day, months) == before


HIRE = {
    "born": date(1990, 1, 1), "starts_on": date(2026, 3, 1), "checked_on": date(2026, 2, 1), "found": False,
    "today": TODAY,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"born": date(2010, 3, 2)}, [("identity", "age")]),
        ({"born": date(2010, 3, 1)}, []),
        ({"born": date(1940, 3, 1)}, [("identity", "age")]),
        ({"starts_on": date(2026, 7, 1)}, [("starts_on", "starts_far")]),
        ({"checked_on": None}, [("checked_on", "check_missing")]),
        ({"checked_on": date(2026, 3, 2)}, [("checked_on", "check_late")]),
        ({"checked_on": date(2025, 2, 1)}, [("checked_on", "check_old")]),
        ({"found": True}, [("checked_on", "check_found")]),
    ],
)
def test_a_hire(change, expected):
    assert [(f, k) for f, k, _facts in staff.hire_problems(**(HIRE | change))] == expected


@pytest.mark.parametrize(
    ("hours", "expected"), [(0, ["hours"]), (0.5, []), (200, []), (200.5, ["hours"]), (-8, ["hours"])]
)
def test_hours_of_one_course(hours, expected):
    found = staff.training_problems(
        course="示例课", provider="示例单位", hours=hours, done_on=TODAY, today=TODAY
    )
    assert [key for _field, key, _facts in found] == expected
