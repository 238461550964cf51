"""The clocks of this app: what of a facility, its people and its children ends on a day. See portal/clocks/.

That a paper has no successor, its facility is not closed, its child is admitted: `standing` says so, which the database
keeps (facilities/standing.py).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from django.db.models import BigIntegerField, CharField, DateField, F, Model, Q, QuerySet
from django.db.models.expressions import RawSQL

from facilities.models import (
    Certificate,
    EmergencyPlan,
    Employment,
    Enrolment,
    Facility,
    Insurance,
    Permit,
    Premises,
    RecordCheck,
    Volunteer,
)
from facilities.rules.emergency import FIRE, KINDS
from facilities.rules.life import UNINSURED_KINDS
from facilities.rules.staff import HEALTH_CHECK
from portal.clocks.clock import Clock
from portal.rules.machine import marked

CHECK_MONTHS = "record_check.months"


def insured(on: date) -> QuerySet:
    """The end of the liability insurance as the register has it: the latest of the policies."""
    return Facility.objects.exclude(state="closed").exclude(kind__in=UNINSURED_KINDS)


#: Insurance that nobody has to hold: one that ended so long ago was given up, and is no matter for a reminder.
GIVEN_UP_DAYS = 60


def policies(on: date) -> QuerySet:
    """Other policies without a later one of the kind, until some weeks after their end."""
    rows = Insurance.objects.filter(standing=True, ends_on__gt=on - timedelta(GIVEN_UP_DAYS))
    return rows.exclude(kind=Insurance.Kind.LIABILITY)


def permits(on: date) -> QuerySet:
    """Permits without a later one of the kind; for food only where meals are served."""
    return Permit.objects.filter(standing=True).exclude(kind=Permit.Kind.FOOD, facility__meals=False)


def leases(on: date) -> QuerySet:
    """Leases of places that are in use."""
    return Premises.objects.filter(standing=True)


def at_work(on: date) -> QuerySet:
    return Employment.objects.filter(starts_on__lte=on).open_on(on)


def with_papers(work: QuerySet, model: type[Model]) -> QuerySet:
    """Work joined with the papers of its person that stand, as `c_day`, `c_paper`; not through the person, as Django
    would, for each page counts thousands of them."""
    table, mine = model._meta.db_table, Employment._meta.db_table
    return work.extra(
        tables=[table], where=[f"{table}.staff_id = {mine}.staff_id", f"{table}.board_on IS NOT NULL"]
    ).annotate(
        c_day=RawSQL(f"{table}.board_on", (), DateField()),
        c_paper=RawSQL(f"{table}.id", (), BigIntegerField()),
    )


def papers(*kinds: str) -> Callable[[date], QuerySet]:
    """Certificates of these kinds of people at work, without a later one of the kind."""

    def rows(on: date) -> QuerySet:
        kind = RawSQL(f"{Certificate._meta.db_table}.kind", (), CharField())
        return with_papers(at_work(on), Certificate).annotate(c_kind=kind).filter(c_kind__in=kinds)

    return rows


def checks(on: date) -> QuerySet:
    """The last inquiry into the record of people at work; who was never asked about has no clock, but a verdict."""
    return with_papers(at_work(on), RecordCheck)


def volunteer_checks(on: date) -> QuerySet:
    return (
        Volunteer.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on), starts_on__lte=on)
        .filter(checks__standing=True)
        .annotate(c_checked=F("checks__checked_on"), c_check=F("checks__pk"))
    )


def child_health(on: date) -> QuerySet:
    """The last fit health check of children who are admitted. The board names them by code alone."""
    return (
        Enrolment.objects.filter(state="admitted")
        .filter(child__health_certificates__standing=True)
        .annotate(
            c_until=F("child__health_certificates__valid_until"), c_paper=F("child__health_certificates__pk")
        )
    )


def plans(on: date) -> QuerySet:
    return EmergencyPlan.objects.filter(standing=True)


def drills(*kinds: str) -> Callable[[date], QuerySet]:
    """Plans in force from the last drill on, or from their approval where none was held."""

    def rows(on: date) -> QuerySet:
        return plans(on).filter(kind__in=kinds)

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
        "permit", marked("证照"), "facility.view", permits, "valid_until", what="kind", code="number",
        words=dict(Permit.Kind.choices), page="facility-records", page_id="facility_id", anchor="permits", order=15,
    ),
    Clock(
        "lease", marked("场所租约"), "facility.view", leases, "lease_until", code="name",
        page="facility-records", page_id="facility_id", anchor="premises", order=20,
    ),
    Clock(
        "certificate", marked("岗位证书"), "staff.view", papers(*OTHERS), "c_day", row="c_paper", what="c_kind",
        words=dict(Certificate.Kind.choices), order=30, **OF_PERSON,
    ),
    Clock(
        "health-check", marked("从业人员健康证"), "staff.view", papers(HEALTH_CHECK), "c_day", row="c_paper",
        order=31, **OF_PERSON,
    ),
    Clock(
        "record-check", marked("违法犯罪记录查询"), "staff.view", checks, "c_day", row="c_paper", months=CHECK_MONTHS,
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
        "fire-drill", marked("消防演练"), "emergency.view", drills(FIRE), "drills_from",
        months="emergency.fire_drill_months", page="facility-emergency", page_id="facility_id", order=51,
    ),
    Clock(
        "drill", marked("其他应急演练"), "emergency.view", drills(*(kind for kind in KINDS if kind != FIRE)), "drills_from",
        months="emergency.drill_months", what="kind", words=KINDS, page="facility-emergency", page_id="facility_id",
        order=52,
    ),
)  # fmt: skip
