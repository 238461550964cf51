"""Reading for the pages of families: the children of a facility with what is missing, and a child's file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from facilities.models import Agreement, Child, Consent, Enrolment, Facility, HealthCertificate
from facilities.models.credit import listing
from facilities.rules import families as rules

SOON = timedelta(30)


@dataclass(frozen=True)
class Row:
    """An enrolment in a list: `missing` words of papers that are not there yet, `until` of the health check."""

    enrolment: Enrolment
    months: int
    papers: int
    of_papers: int
    until: date | None
    state: str  # one of the five shapes


def enrolments(facility: Facility, state: str = "") -> QuerySet:
    """A facility's enrolments with what a list shows; the open ones unless a state is asked for."""
    rows = Enrolment.objects.filter(facility=facility)
    rows = rows.filter(state=state) if state else rows.open()
    fit = (
        HealthCertificate.objects.filter(child=OuterRef("child"), fit=True)
        .order_by()
        .values("child")
        .annotate(until=Max("valid_until"))
        .values("until")
    )
    given = {
        f"has_{purpose}": Exists(
            Consent.objects.filter(child=OuterRef("child"), purpose=purpose, withdrawn_on__isnull=True)
        )
        for purpose in rules.NEEDED_CONSENTS
    }
    agreed = Exists(
        Agreement.objects.filter(child=OuterRef("child"), facility=OuterRef("facility"), ends_on__isnull=True)
    )
    return rows.select_related("child").annotate(until=fit, has_agreement=agreed, **given)


def row(enrolment: Enrolment, on: date) -> Row:
    """Four papers are asked for: two consents, the agreement, the health check."""
    has = [getattr(enrolment, f"has_{purpose}") for purpose in rules.NEEDED_CONSENTS]
    has += [enrolment.has_agreement, enrolment.until is not None and enrolment.until >= on]
    if enrolment.state not in ("applied", "admitted"):
        state = "none"
    elif enrolment.state == "applied":
        state = "doing"
    elif not all(has):
        state = "bad"
    else:
        state = "warn" if enrolment.until <= on + SOON else "ok"
    return Row(
        enrolment,
        rules.months_old(enrolment.child.birth_month, on),
        sum(has),
        len(has),
        enrolment.until,
        state,
    )


def health_ending(actor, on: date) -> QuerySet:
    """Admitted children within reach whose health check is over or ends within 30 days."""
    reached = Enrolment.objects.allowed(actor, "child.enrol").filter(state="admitted")
    ending = (
        HealthCertificate.objects.filter(child=OuterRef("child"), fit=True)
        .order_by()
        .values("child")
        .annotate(until=Max("valid_until"))
        .values("until")
    )
    return (
        reached.annotate(until=ending)
        .filter(Q(until__isnull=True) | Q(until__lte=on + SOON))
        .select_related("child", "facility")
        .order_by("until", "pk")
    )


def of_facility(child: Child, actor, right: str) -> list[Enrolment]:
    """The child's enrolments that the actor may see: at facilities within reach."""
    here = Facility.objects.allowed(actor, right).values("pk")
    return list(
        child.enrolments.filter(facility__in=here)
        .select_related("facility", "child")
        .annotate(listing=listing("facility"))
        .order_by("-applied_on", "-pk")
    )
