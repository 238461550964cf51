"""What the records give for a claim: each row behind the figure, and what of it may not be counted again."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db.models import Q

from facilities.models import CareClass, CareSession, CreditEntry, Facility, TrainingSignUp
from inspections.models import Order
from portal.templatetags.ui import masked
from targets.models.subsidies import SubsidyClaim, SubsidyVersion
from targets.rules import subsidies as rules
from targets.rules.subsidies import Counted


def facts(facility: Facility, on: date) -> rules.Facts:
    listed = CreditEntry.objects.standing(on).filter(facility=facility, kind=CreditEntry.Kind.DISCIPLINE)
    late = Order.objects.filter(facility=facility, closed_on=None, due_on__lt=on).exclude(
        state__in=("closed", "withdrawn")
    )
    return rules.Facts(
        facility.kind, facility.inclusive, facility.ownership, facility.grade, listed.exists(), late.count()
    )


def asked(terms: SubsidyVersion) -> rules.Asked:
    return rules.Asked(
        tuple(terms.facility_kinds), terms.inclusive, terms.non_profit, tuple(terms.grades),
        terms.no_discipline, terms.no_overdue,
    )  # fmt: skip


def rows(claim: SubsidyClaim) -> list[Counted]:
    """What is on record today about the claim's facility and period, by the measure of its terms."""
    return COUNTS[claim.terms.measure](claim)


def month_word(day: date) -> str:
    return day.strftime("%Y-%m")


def span(months: list[date]) -> str:
    first, last = month_word(months[0]), month_word(months[-1])
    return first if first == last else f"{first} — {last}"


def open_on(classes: list[CareClass], day: date) -> list[CareClass]:
    return [one for one in classes if one.started_on <= day and (one.ended_on is None or one.ended_on > day)]


def classes_of(claim: SubsidyClaim) -> list[CareClass]:
    found = CareClass.objects.filter(facility=claim.facility_id, started_on__lte=claim.ends_on)
    return list(found.filter(Q(ended_on=None) | Q(ended_on__gt=claim.starts_on)).order_by("started_on", "pk"))


def by_class(months: dict[int, list[date]], classes: list[CareClass]) -> list[Counted]:
    return [
        Counted(
            f"class:{one.pk}", one.name, f"{one.places} × {len(months[one.pk])}（{span(months[one.pk])}）",
            Decimal(one.places * len(months[one.pk])),
            tuple(f"class:{one.pk}:{month_word(month)}" for month in months[one.pk]),
        )
        for one in classes
        if months.get(one.pk)
    ]  # fmt: skip


def places_by_month(claim: SubsidyClaim) -> list[Counted]:
    classes, months = classes_of(claim), {}
    for month in rules.months_of(claim.starts_on, claim.ends_on):
        for one in open_on(classes, rules.last_of_month(month)):
            months.setdefault(one.pk, []).append(month)
    return by_class(months, classes)


def places_on_the_day(claim: SubsidyClaim) -> list[Counted]:
    terms = claim.terms
    day = date(claim.starts_on.year, terms.count_month, terms.count_day)
    classes = classes_of(claim)
    whole = rules.months_of(claim.starts_on, claim.ends_on)
    return by_class({one.pk: whole for one in open_on(classes, day)}, classes)


def session_hours(claim: SubsidyClaim) -> list[Counted]:
    found = CareSession.objects.filter(
        facility=claim.facility_id, on__range=(claim.starts_on, claim.ends_on), state="open", taken__gt=0
    )
    result = []
    for one in found.select_related("room").order_by("on", "starts_at", "pk"):
        length = datetime.combine(one.on, one.ends_at) - datetime.combine(one.on, one.starts_at)
        hours = (Decimal(int(length.total_seconds())) / 3600).quantize(rules.CENT)
        label = f"{one.on.isoformat()} {one.starts_at:%H:%M}–{one.ends_at:%H:%M}"
        result.append(Counted(f"session:{one.pk}", label, one.room.name, hours, (f"session:{one.pk}",)))
    return result


def persons(claim: SubsidyClaim) -> list[Counted]:
    """Who of the facility passed a course that ended in the period; a person once for each course."""
    found = TrainingSignUp.objects.filter(
        facility=claim.facility_id, attendance="attended", passed=True, session__state="held",
        session__ends_on__range=(claim.starts_on, claim.ends_on),
    )  # fmt: skip
    result: dict[str, Counted] = {}
    for one in found.select_related("session__course", "staff").order_by("session__ends_on", "pk"):
        mark = f"staff:{one.staff_id}:course:{one.session.course_id}"
        label = f"{one.staff.code} {masked(one.staff.name)}"
        note = f"{one.session.course.title} {one.session.ends_on.isoformat()}"
        result.setdefault(mark, Counted(f"sign_up:{one.pk}", label, note, Decimal(1), (mark,)))
    return list(result.values())


def receipts(claim: SubsidyClaim) -> list[Counted]:
    """Receipts that the claim holds, each by its number; the months of the facility's rent go with the first."""
    months = tuple(
        f"facility:{claim.facility_id}:{month_word(month)}"
        for month in rules.months_of(claim.starts_on, claim.ends_on)
    )
    found = [] if claim.pk is None else claim.receipts.order_by("paid_on", "pk")
    return [
        Counted(
            f"receipt:{one.pk}", one.number, one.paid_on.isoformat(), one.amount,
            (f"receipt:{one.number}", *(months if n == 0 else ())),
        )
        for n, one in enumerate(found)
    ]  # fmt: skip


def new_places(claim: SubsidyClaim) -> list[Counted]:
    found = CareClass.objects.filter(
        facility=claim.facility_id, started_on__range=(claim.starts_on, claim.ends_on)
    )
    return [
        Counted(
            f"class:{one.pk}", one.name, one.started_on.isoformat(), Decimal(one.places), (f"class:{one.pk}",)
        )
        for one in found.order_by("started_on", "pk")
    ]


COUNTS = {
    rules.AVERAGE: places_by_month,
    rules.SET_DAY: places_on_the_day,
    rules.SESSION_HOURS: session_hours,
    rules.PERSONS: persons,
    rules.RECEIPTS: receipts,
    rules.NEW_PLACES: new_places,
}
