"""Families and sites for tests: invented, each made by the services that people use."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from itertools import count

from django.utils import timezone

from facilities.models import AgreementText, Clinic, ConsentText, Enrolment, Facility, Room
from facilities.rules import numbers
from facilities.services import care_sessions, child_records, consent_texts, consents, enrolments, sites
from portal.access import Actor
from portal.models import Parameter

_numbers = count(1)
#: What the reference data brings for a district; laid here for tests that have none.
PARAMETERS = {
    "baby_house.area_per_child": 3,
    "baby_house.class_size": 20,
    "baby_house.children_per_staff": 5,
    "baby_house.full_day_hours": 6,
    "baby_house.quota_percent": 15,
    "child.retention_days": 180,
    "child.access_hours": 24,
    "child.health_certificate_months": 12,
    "record_check.months": 12,
}


def system(actor: Actor) -> Actor:
    return Actor.system(actor.district, "test")


def today() -> date:
    return timezone.localdate()


def parameters(**more) -> None:
    for key, value in {**PARAMETERS, **more}.items():
        if not Parameter.objects.filter(key=key, ends_on__isnull=True).exists():
            Parameter.objects.create(key=key, value=value, label=key, starts_on=date(2020, 1, 1))


def born(months: int = 20) -> date:
    """A day of birth so many months ago, and a few days more."""
    day = today() - timedelta(10)
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, 28))


def identity(on: date) -> str:
    number = next(_numbers)
    first = f"99{number // 1000 % 10000:04d}{on:%Y%m%d}{number % 1000:03d}"
    return first + numbers.identity_check(first)


def phone() -> str:
    return f"100{next(_numbers):08d}"


def family(**values) -> dict:
    """What a desk enters of a child and its mother."""
    on = values.get("born_on") or born()
    return {
        "name": "云示安",
        "born_on": on,
        "sex": "girl",
        "identity": identity(on),
        "parent_name": "云例和",
        "parent_phone": phone(),
        "relation": "mother",
    } | values


def texts(actor: Actor) -> None:
    """A text for each purpose that care needs, and one of the agreement, in force for long."""
    for purpose in ("care", "health", "photo"):
        if not ConsentText.objects.filter(purpose=purpose).exists():
            consent_texts.publish_consent_text(
                actor=system(actor), purpose=purpose, title="示例同意书", text="示例文本" * 10,
                starts_on=date(2020, 1, 1), today=date(2020, 1, 1),
            )  # fmt: skip
    if not AgreementText.objects.exists():
        consent_texts.publish_agreement_text(
            actor=system(actor), title="示例协议", duties="双方的权利义务", fees="收费标准", refunds="收退费方法",
            disputes="纠纷解决", starts_on=date(2020, 1, 1), today=date(2020, 1, 1),
        )  # fmt: skip


def clinic() -> Clinic:
    return Clinic.objects.get_or_create(
        name="示例社区卫生服务中心", defaults={"starts_on": date(2020, 1, 1)}
    )[0]


def applied(facility: Facility, actor: Actor, **values) -> Enrolment:
    mode = {"mode": "alone"} if facility.kind == "baby_house" else {}
    return child_records.apply(facility, actor=system(actor), **mode, **family(**values))


def ready(enrolment: Enrolment, actor: Actor, on: date | None = None) -> Enrolment:
    """Everything that an admission asks for."""
    by, on = system(actor), on or today()
    child, parent = enrolment.child, enrolment.child.kinships.get(signs=True).parent
    texts(actor)
    for purpose in ("care", "health"):
        consents.give_consent(
            child, actor=by, parent=parent, purpose=purpose, channel="paper", on=on, today=on
        )
    child_records.declare_health(child, actor=by, allergies="花生", history="无", on=on, today=on)
    enrolments.add_health_certificate(child, actor=by, clinic=clinic(), issued_on=on, fit=True, today=on)
    consents.sign_agreement(
        child, enrolment.facility, actor=by, parent=parent, fee="每小时 20 元", on=on, today=on
    )
    return enrolment


def admitted(facility: Facility, actor: Actor, **values) -> Enrolment:
    made = ready(applied(facility, actor, **values), actor)
    return enrolments.admit(made, actor=system(actor), on=today())


def site(facility: Facility, actor: Actor) -> Facility:
    """Makes a facility a 宝宝屋 with one room, open from Monday to Sunday."""
    Facility.objects.filter(pk=facility.pk).update(kind="baby_house", places=20)
    facility.refresh_from_db()
    by = system(actor)
    sites.describe(facility, actor=by, siting="community", running="street", alone=True, with_parent=True)
    sites.keep_room(facility, actor=by, name="大房间", area=Decimal(60), places=20)
    sites.set_hours(facility, actor=by, spans=[(day, time(9), time(17)) for day in range(1, 8)])
    return facility


def sessions(facility: Facility, actor: Actor, first: date | None = None, **values):
    first = first or today() + timedelta(1)
    return care_sessions.set_sessions(
        facility,
        actor=system(actor),
        **{
            "room": Room.objects.filter(facility=facility).first(),
            "first": first,
            "last": first,
            "weekdays": set(range(1, 8)),
            "starts_at": time(9),
            "ends_at": time(11),
            "mode": "alone",
            "places": 10,
            "staff": 2,
            "on_holidays": True,
        }
        | values,
    )
