"""The clocks of this app: what of a facility, its people and its children ends on a day. See portal/clocks.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from facilities.models import (
    Certificate,
    EmergencyPlan,
    Employment,
    Enrolment,
    Facility,
    HealthCertificate,
    Insurance,
    Premises,
    RecordCheck,
    Volunteer,
    VolunteerCheck,
)
from facilities.rules.emergency import FIRE, KINDS
from facilities.rules.life import UNINSURED_KINDS
from facilities.rules.staff import HEALTH_CHECK
from portal.clocks import Clock
from portal.rules.machine import marked

CHECK_MONTHS = "record_check.months"


def insured(on: date) -> QuerySet:
    """The end of the liability insurance as the register has it: the latest of the policies."""
    return Facility.objects.exclude(state="closed").exclude(kind__in=UNINSURED_KINDS)


#: Insurance that nobody has to hold: one that ended so long ago was given up, and is no matter for a reminder.
GIVEN_UP_DAYS = 60


def policies(on: date) -> QuerySet:
    """Other policies without a later one of the kind, until some weeks after their end."""
    later = Insurance.objects.filter(
        facility=OuterRef("facility"), kind=OuterRef("kind"), ends_on__gt=OuterRef("ends_on")
    )
    return (
        Insurance.objects.filter(ends_on__gt=on - timedelta(GIVEN_UP_DAYS))
        .exclude(kind=Insurance.Kind.LIABILITY)
        .exclude(facility__state="closed")
        .filter(~Exists(later))
    )


def leases(on: date) -> QuerySet:
    """Leases of places that are in use."""
    return Premises.objects.filter(ends_on__isnull=True).exclude(facility__state="closed")


def at_work(on: date) -> QuerySet:
    return Employment.objects.filter(starts_on__lte=on).open_on(on)


def papers(*kinds: str) -> Callable[[date], QuerySet]:
    """Certificates of these kinds of people at work, without a later one of the kind."""

    def rows(on: date) -> QuerySet:
        later = Certificate.objects.filter(staff=OuterRef("staff"), kind=OuterRef("c_kind")).filter(
            Q(valid_until__isnull=True) | Q(valid_until__gt=OuterRef("c_until"))
        )
        return (
            at_work(on)
            .filter(
                staff__certificates__kind__in=kinds,
                staff__certificates__standing=True,
                staff__certificates__valid_until__isnull=False,
            )
            .annotate(
                c_until=F("staff__certificates__valid_until"),
                c_kind=F("staff__certificates__kind"),
                c_certificate=F("staff__certificates__pk"),
            )
            .filter(~Exists(later))
        )

    return rows


def checks(on: date) -> QuerySet:
    """The last inquiry into the record of people at work; who was never asked about has no clock, but a verdict."""
    later = RecordCheck.objects.filter(staff=OuterRef("staff"), checked_on__gt=OuterRef("c_checked"))
    return (
        at_work(on)
        .filter(staff__record_checks__standing=True)
        .annotate(c_checked=F("staff__record_checks__checked_on"), c_check=F("staff__record_checks__pk"))
        .filter(~Exists(later))
    )


def volunteer_checks(on: date) -> QuerySet:
    later = VolunteerCheck.objects.filter(volunteer=OuterRef("pk"), checked_on__gt=OuterRef("c_checked"))
    return (
        Volunteer.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on), starts_on__lte=on)
        .filter(checks__checked_on__isnull=False)
        .annotate(c_checked=F("checks__checked_on"), c_check=F("checks__pk"))
        .filter(~Exists(later))
    )


def child_health(on: date) -> QuerySet:
    """The last fit health check of children who are admitted. The board names them by code alone."""
    later = HealthCertificate.objects.filter(
        child=OuterRef("child"), fit=True, valid_until__gt=OuterRef("c_until")
    )
    return (
        Enrolment.objects.filter(state="admitted")
        .filter(child__health_certificates__fit=True, child__health_certificates__valid_until__isnull=False)
        .annotate(
            c_until=F("child__health_certificates__valid_until"), c_paper=F("child__health_certificates__pk")
        )
        .filter(~Exists(later))
    )


def plans(on: date) -> QuerySet:
    return EmergencyPlan.objects.in_force().exclude(facility__state="closed")


def drills(*kinds: str) -> Callable[[date], QuerySet]:
    """Plans in force from the last drill on, or from their approval where none was held."""

    def rows(on: date) -> QuerySet:
        return plans(on).filter(kind__in=kinds).annotate(c_from=Coalesce("drilled_on", "approved_on"))

    return rows


OTHERS = [kind for kind in Certificate.Kind.values if kind != HEALTH_CHECK]
OF_PERSON = {"who": "staff__name", "code": "staff__code", "page": "staff-member", "page_id": "staff_id"}
CLOCKS = (
    Clock(
        "insurance", marked("责任险"), "facility.view", insured, "insured_until", facility="self",
        page="facility-records", page_id="pk", anchor="insurance", order=10,
    ),
    Clock(
        "policy", marked("其他保险"), "facility.view", policies, "ends_on", what="kind",
        words=dict(Insurance.Kind.choices), page="facility-records", page_id="facility_id", anchor="insurance", order=11,
    ),
    Clock(
        "lease", marked("场所租约"), "facility.view", leases, "lease_until", code="name",
        page="facility-records", page_id="facility_id", anchor="premises", order=20,
    ),
    Clock(
        "certificate", marked("岗位证书"), "staff.view", papers(*OTHERS), "c_until", row="c_certificate", what="c_kind",
        words=dict(Certificate.Kind.choices), order=30, **OF_PERSON,
    ),
    Clock(
        "health-check", marked("从业人员健康证"), "staff.view", papers(HEALTH_CHECK), "c_until", row="c_certificate",
        order=31, **OF_PERSON,
    ),
    Clock(
        "record-check", marked("违法犯罪记录查询"), "staff.view", checks, "c_checked", row="c_check", months=CHECK_MONTHS,
        order=32, **OF_PERSON,
    ),
    Clock(
        "volunteer-check", marked("志愿者记录查询"), "volunteer.view", volunteer_checks, "c_checked", row="c_check",
        months=CHECK_MONTHS, who="name", page="site", page_id="facility_id", order=33,
    ),
    Clock(
        "child-health", marked("幼儿入托体检"), "child.view", child_health, "c_until", row="c_paper", code="child__code",
        page="children", page_id="facility_id", order=40,
    ),
    Clock(
        "emergency-plan", marked("应急预案复审"), "emergency.view", plans, "review_on", what="kind", words=KINDS,
        page="facility-emergency", page_id="facility_id", order=50,
    ),
    Clock(
        "fire-drill", marked("消防演练"), "emergency.view", drills(FIRE), "c_from",
        months="emergency.fire_drill_months", page="facility-emergency", page_id="facility_id", order=51,
    ),
    Clock(
        "drill", marked("其他应急演练"), "emergency.view", drills(*(kind for kind in KINDS if kind != FIRE)), "c_from",
        months="emergency.drill_months", what="kind", words=KINDS, page="facility-emergency", page_id="facility_id",
        order=52,
    ),
)  # fmt: skip
