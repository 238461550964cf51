"""Targets as promises: which are in force, what each asks of whom, and whether its time has run out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from portal.models.places import Street
from targets.metrics.base import Period
from targets.models.attestations import Attestation
from targets.models.targets import Target
from targets.rules.verdicts import Promise

#: What no page says of a target: lists of the document's that would be read once for each of its sixty targets.
UNREAD = ("extra", "formula", "note", "document__bases", "document__issuers", "document__notes")
#: What a list says of a target's proof.
TOLD = (
    "id", "state", "title", "number", "issuer", "achieved", "starts_on", "valid_until", "confirmed_at", "withdrawn_at",
)  # fmt: skip
#: Kinds of promises that fill up over their year or month, so that a straight line can be asked of them.
FILLING = {"frequency", "hours", "count"}


def promise_of(target: Target) -> Promise:
    value = target.value
    number = None if isinstance(value, bool) or value is None else Decimal(str(value))
    return Promise(
        target.kind, target.comparator, number, target.period, target.scope, target.unit, target.due
    )


def pace_of(target: Target, period: Period) -> Decimal | None:
    """The share of the limit that a straight line asks for on the period's day, in the year of a plan's beginning from
    that day on; None where none is drawn."""
    if target.kind not in FILLING:
        return None
    if target.period == "year":
        return period.elapsed_since(target.document.period_from)
    return period.month_elapsed if target.period == "month" else None


def is_over(target: Target, period: Period) -> bool:
    """Whether the promise's own time has run out on the period's day."""
    match target.period:
        case "by-date":
            return target.due is not None and target.due <= period.as_of
        case "plan":
            return plan_over(target, period.as_of)
        case "year":
            return period.year_over
    return period.closed


def plan_over(target: Target, on: date) -> bool:
    """The plan has ended; without a successor it stays the yardstick, marked."""
    return target.document.period_to is not None and target.document.period_to < on


def counted_streets(target: Target | None, streets: Iterable[Street]) -> list[int]:
    """Which streets the target asks, as it states it."""
    which = target.streets_counted if target else "all"
    return [s.pk for s in streets if which == "all" or s.is_street or (which == "plan" and s.counted_in_plan)]


def counted_targets(on: date) -> list[Target]:
    """Those in force on the day that a metric answers, with as much of them as judging needs."""
    found = Target.objects.current(on).filter(proof=Target.Proof.COUNTED).select_related("document")
    return list(
        found.only(
            "key", "kind", "comparator", "value", "period", "scope", "unit", "due", "metric", "starts_on",
            "streets_counted", "document__key", "document__period_to",
        ).order_by("document__key", "position")
    )  # fmt: skip


def targets_in_force(on: date, *, only: int | None = None, district: int | None = None) -> list[Target]:
    """The version of each target in force on the day, in the order of the documents' clauses, annexes last.

    `only`: this one's id, of those in force; `district`: this one's, where the scope has several. `given` of each: the
    proofs that were handed in for it, oldest first.
    """
    given = Attestation.objects.filter(target=OuterRef("pk")).order_by("pk")
    found = (
        Target.objects.current(on)
        .select_related("document", "clause")
        .defer(*UNREAD)
        .annotate(given=ArraySubquery(given.values(told=JSONObject(**{name: name for name in TOLD}))))
    )
    if only is not None:
        found = found.filter(pk=only)
    if district is not None:
        found = found.filter(district=district)
    return sorted(
        found, key=lambda t: (t.document.key == "own", t.document.key, t.clause.position, t.position)
    )
