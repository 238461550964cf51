"""Facilities and staff for tests: plainly invented, with numbers whose check digits are right."""

from __future__ import annotations

from datetime import date
from itertools import count

from facilities.models import Employment, Facility, Operator, StaffMember
from facilities.rules import numbers
from facilities.services.facilities import index
from facilities.services.staff import identity_hash
from facilities.services.staff import index as index_staff

_numbers = count(1)
TODAY = date(2026, 3, 18)


def identity(number: int, born: date = date(1990, 5, 20)) -> str:
    first = f"310112{born:%Y%m%d}{number % 1000:03d}"
    return first + numbers.identity_check(first)


def facility(street, **values) -> Facility:
    number = next(_numbers)
    if isinstance(values.get("operator"), str):
        values["operator"] = Operator.objects.get_or_create(name=values["operator"])[0]
    made = Facility(
        **{
            "code": f"TF{number:05d}",
            "name": f"示例机构{number}",
            "kind": "nursery",
            "state": "operating",
            "ownership": "non_profit",
            "street": street,
            "address": f"示例路 {number} 号",
            "places": 40,
            "opened_on": date(2021, 9, 1),
            **values,
        }
    )
    index(made)
    made.save(force_insert=True)
    return made


def member(name: str = "示例人", **values) -> StaffMember:
    number = next(_numbers)
    full = identity(number, date(1970 + number // 1000, 1, 1 + number % 28))
    made = StaffMember(
        **{
            "code": f"TR{number:05d}",
            "name": name,
            "identity": full,
            "identity_hash": identity_hash(full),
            "birth_year": int(full[6:10]),
            **values,
        }
    )
    index_staff(made)
    made.save(force_insert=True)
    return made


def employment(at: Facility, staff: StaffMember | None = None, **values) -> Employment:
    return Employment.objects.create(
        **{
            "staff": staff or member(),
            "facility": at,
            "post": "carer",
            "starts_on": date(2024, 9, 1),
            **values,
        }
    )


def papers(kind: str = "childcare") -> dict:
    """What a hire brings along: a certificate of the post and a health check."""
    number = next(_numbers)
    return {
        "certificate": {"kind": kind, "number": f"SL-{number}", "issued_on": date(2020, 1, 1)},
        "health_check": {
            "number": f"JK-{number}",
            "issued_on": date(2025, 12, 1),
            "valid_until": date(2026, 11, 30),
        },
    }
