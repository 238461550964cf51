"""A hand-made district in which the answer of each metric is known by counting on one's fingers."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta

from django.utils import timezone

from facilities.models import (
    Certificate,
    Employment,
    Facility,
    FacilityTransition,
    Kindergarten,
    Operator,
    Population,
    RecordCheck,
    StaffMember,
    TrainingRecord,
)
from inspections.models import Finding, Inspection, Order, OrderAnswer, Recheck
from portal.models import Clause, Parameter, PolicyDocument, Street
from targets.models import Target
from tests.rows import make

MONTH = date(2026, 11, 1)
DAY = date(2026, 11, 20)
_serial = itertools.count(1)


def facility(street: Street, **values) -> Facility:
    number = next(_serial)
    defaults = {
        "code": f"ZB{number:04d}",
        "name": f"示例指标{number}",
        "kind": "nursery",
        "state": "operating",
        "ownership": "for_profit",
        "address": "示例路 1 号",
        "places": 20,
        "opened_on": date(2022, 3, 1),
    }
    if isinstance(values.get("operator"), str):
        values["operator"] = Operator.objects.get_or_create(name=values["operator"])[0]
    return Facility.objects.create(street=street, **(defaults | values))


def suspend(place: Facility, on: date, resumed: date | None = None) -> None:
    FacilityTransition.objects.create(
        facility=place, source="operating", target="suspended", on=on, reason="装修"
    )
    if resumed:
        FacilityTransition.objects.create(
            facility=place, source="suspended", target="operating", on=resumed, reason="完工"
        )


def kindergarten(street: Street, nursery: Facility | None = None, **values) -> Kindergarten:
    number = next(_serial)
    defaults = {
        "code": f"YE{number:04d}",
        "name": f"示例幼儿园{number}",
        "ownership": "public",
        "opened_on": date(2010, 9, 1),
    }
    return Kindergarten.objects.create(street=street, facility=nursery, **(defaults | values))


def person(
    place: Facility, *, post: str = "carer", since: date = date(2025, 1, 1), until: date | None = None
) -> StaffMember:
    number = next(_serial)
    staff = StaffMember.objects.create(
        code=f"RY{number:05d}",
        name=f"示例人员{number}",
        identity_hash=f"{number:064d}",
        identity="310112199001010000",
    )
    Employment.objects.create(staff=staff, facility=place, post=post, starts_on=since, ends_on=until)
    return staff


def certify(staff: StaffMember, kind: str = "childcare", until: date | None = None) -> None:
    Certificate.objects.create(
        staff=staff, kind=kind, number=f"Z{next(_serial)}", issued_on=date(2024, 1, 1), valid_until=until
    )


def train(
    staff: StaffMember, kind: str, hours: float, on: date = date(2026, 5, 5), passed: bool = True
) -> None:
    TrainingRecord.objects.create(
        staff=staff,
        kind=kind,
        hours=hours,
        done_on=on,
        passed=passed,
        course=f"课{next(_serial)}",
        provider="示例",
    )


def check(staff: StaffMember, on: date, found: bool = False) -> None:
    RecordCheck.objects.create(staff=staff, checked_on=on, found=found)


def visit(
    place: Facility, on: date, *, kind: str = "drawn", state: str = "finished", published: bool = False
) -> Inspection:
    return Inspection.objects.create(
        number=f"JC-{next(_serial):05d}",
        kind=kind,
        reason_kind="" if kind == "drawn" else "complaint",
        facility=place,
        month=on.replace(day=1),
        state=state,
        due_on=on,
        finished_on=on if state != "due" else None,
        published_at=timezone.make_aware(datetime(on.year, on.month, on.day, 12)) if published else None,
    )


def order(inspection: Inspection, due: date, closed: date | None = None, *, weight: str = "high") -> Order:
    number = next(_serial)
    row = Order.objects.create(
        number=f"ZG-{number:05d}",
        inspection=inspection,
        facility=inspection.facility,
        state="closed" if closed else "issued",
        issued_on=inspection.finished_on,
        due_on=due,
        first_due_on=due,
        closed_on=closed,
    )
    make(
        Finding, inspection=inspection, order=row, facility=inspection.facility, weight=weight,
        state="closed" if closed else "open", text=f"示例问题{number}",
    )  # fmt: skip
    return row


def answer(of: Order) -> None:
    for finding in of.findings.all():
        OrderAnswer.objects.create(order=of, finding=finding, text="已改")


def recheck(of: Order, on: date) -> None:
    results = {str(finding.pk): "closed" for finding in of.findings.all()}
    Recheck.objects.create(order=of, on=on, passed=True, results=results, signatures=["JC001", "JC002"])


def residents(street: Street, count: int, kind: str = "one_to_three", year: int = 2025) -> None:
    Population.objects.update_or_create(
        street=street,
        year=year,
        kind=kind,
        state="in_force",
        defaults={"count": count, "source": "示例", "counted_on": date(year, 12, 31)},
    )


def parameters(**values) -> None:
    """`training__skills_hours=72`: sets parameters that the district may or may not have."""
    for name, value in values.items():
        key = name.replace("__", ".")
        Parameter.objects.filter(key=key).delete()
        Parameter.objects.create(key=key, value=value, label=key, starts_on=date(2020, 1, 1))


def all_parameters() -> None:
    parameters(
        training__skills_hours=72,
        training__ethics_hours=40,
        training__trainer_times=1,
        record_check__months=12,
        baby_house__area_per_child=3,
        baby_house__children_per_staff=5,
        video__days__baby_house=30,
        video__days__other=90,
        plan__from="2021-01-01",
    )


def only(*targets: dict, ends_on: date | None = None) -> list[Target]:
    """Targets of a plan of the test, and no other: each dict has at least key and metric."""
    Target.objects.all().delete()
    document = PolicyDocument.objects.create(
        key=f"plan-{next(_serial)}", title="示例计划", period_from=date(2021, 1, 1), period_to=ends_on
    )
    clause = Clause.objects.create(document=document, label="一")
    defaults = {
        "kind": "frequency", "comparator": ">=", "value": 1, "period": "year", "scope": "facility", "unit": "次",
        "proof": "counted", "starts_on": date(2021, 1, 1), "text": "示例指标", "formula": "",
    }  # fmt: skip
    return [
        Target.objects.create(document=document, clause=clause, position=n, **(defaults | values))
        for n, values in enumerate(targets, 1)
    ]


def days_after(day: date, days: int) -> date:
    return day + timedelta(days=days)
