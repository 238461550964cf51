"""How a figure is judged against what the document promised. Plain values only.

Words: `limit` is what the document sets; `value` what the records give; `pace` what a straight line from
the first of January would ask today. Better than the line is not yet 'met'.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

MET, ON_PACE, BEHIND, MISSED, UNKNOWN = "met", "on_pace", "behind", "missed", "unknown"
#: verdict -> one of the five shapes
SHAPES = {MET: "ok", ON_PACE: "doing", BEHIND: "warn", MISSED: "bad", UNKNOWN: "none"}

COMPARE = {
    ">=": lambda value, limit: value >= limit,
    "<=": lambda value, limit: value <= limit,
    "==": lambda value, limit: value == limit,
}
#: Kinds whose limit speaks of each row (each person 72 hours); the share of rows that meet it must be all.
PER_ROW = {"frequency", "hours", "boolean", "count", "per_unit_count"}


@dataclass(frozen=True)
class Promise:
    """What a target asks, from its row."""

    kind: str
    comparator: str
    value: Decimal | None
    period: str  # year | month | plan | by-date
    scope: str  # street | district | facility | staff | …
    due: date | None = None


@dataclass(frozen=True)
class Figure:
    numerator: Decimal
    denominator: Decimal

    @property
    def share(self) -> Decimal | None:
        """Numerator over denominator; None when there is nothing to divide by."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True)
class Judged:
    """`value` and `limit` in the same unit (a share 0 to 1, or a number)."""

    numerator: Decimal
    denominator: Decimal | None
    value: Decimal | None
    limit: Decimal | None
    verdict: str


def limit_of(promise: Promise, measure: str) -> Decimal:
    """The limit in the measure's unit: a share for shares and ratios, a number for counts."""
    if measure == "per_population" or (measure == "share" and promise.kind in ("ratio", "capacity_ratio")):
        percent = promise.value if promise.value is not None else Decimal(100)
        return percent / 100 if percent > 1 else percent
    if measure == "share":
        return Decimal(1)
    return promise.value if promise.value is not None else Decimal(1)


def streets_needed(share: Decimal, streets: int) -> int:
    """85 % of 10 streets is 9: rounded up."""
    return int((share * streets).to_integral_value(ROUND_CEILING))


def verdict(promise: Promise, value: Decimal | None, limit: Decimal, elapsed: Decimal, over: bool) -> str:
    """`over`: the period, or the due day, has passed. Only yearly promises have a pace."""
    if value is None:
        return UNKNOWN
    comparator = ">=" if promise.comparator == "==" else promise.comparator
    if COMPARE[comparator](value, limit):
        return MET
    if over:
        return MISSED
    if promise.period == "year" and comparator == ">=":
        return ON_PACE if value >= limit * elapsed else BEHIND
    return BEHIND


def judge_street(promise: Promise, measure: str, figure: Figure | None, elapsed: Decimal, over: bool) -> Judged:
    """One street's figure; a street without rows is unknown for a share, zero for a count."""
    limit = limit_of(promise, measure)
    if measure == "count" and promise.kind in ("ratio",):
        limit = Decimal(1)
    if figure is None:
        if measure == "count":
            figure = Figure(Decimal(0), Decimal(0))
        else:
            return Judged(Decimal(0), Decimal(0), None, limit, UNKNOWN)
    value = figure.numerator if measure == "count" else figure.share
    return Judged(figure.numerator, figure.denominator, value, limit, verdict(promise, value, limit, elapsed, over))


def judge_district(
    promise: Promise,
    measure: str,
    by_street: dict[int | None, Figure],
    counted: list[int],
    elapsed: Decimal,
    over: bool,
) -> Judged:
    """The district's figure: streets that meet their promise of those counted, or the sum of all rows.

    `counted`: the streets in the denominator, as the target states them.
    """
    of_streets = measure in ("count", "per_population") and (promise.scope == "street" or promise.kind == "ratio")
    if of_streets:
        judged = [judge_street(promise, measure, by_street.get(s), elapsed, over) for s in counted]
        met = Decimal(sum(j.verdict == MET for j in judged))
        share = promise.value / 100 if promise.kind == "ratio" and promise.value else Decimal(1)
        needed = Decimal(streets_needed(share, len(counted)))
        if not counted:
            return Judged(met, Decimal(0), None, needed, UNKNOWN)
        total = verdict(promise, met, needed, elapsed, over)
        return Judged(met, Decimal(len(counted)), met / len(counted), needed / len(counted), total)
    numerator = sum((f.numerator for f in by_street.values()), Decimal(0))
    denominator = sum((f.denominator for f in by_street.values()), Decimal(0))
    limit = limit_of(promise, measure)
    if measure == "count":
        return Judged(numerator, None, numerator, limit, verdict(promise, numerator, limit, elapsed, over))
    value = numerator / denominator if denominator else None
    return Judged(numerator, denominator, value, limit, verdict(promise, value, limit, elapsed, over))
