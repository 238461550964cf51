"""How a figure is judged against what the document promised. Plain values only.

Words: `limit` is what the document sets; `value` what the records give; `pace` the share of the limit that a
straight line asks for today. Better than the line is not yet 'met'.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from portal.rules.machine import marked

MET, ON_PACE, BEHIND, MISSED, UNKNOWN = "met", "on_pace", "behind", "missed", "unknown"
#: verdict -> one of the five shapes
SHAPES = {MET: "ok", ON_PACE: "doing", BEHIND: "warn", MISSED: "bad", UNKNOWN: "none"}
WORDS = {
    MET: marked("达到"),
    ON_PACE: marked("快于进度"),
    BEHIND: marked("缺口"),
    MISSED: marked("未达"),
    UNKNOWN: marked("没有数据"),
}

COMPARE = {
    ">=": lambda value, limit: value >= limit,
    "<=": lambda value, limit: value <= limit,
    "==": lambda value, limit: value >= limit,  # 'certified: 100 %' asks for no less
}
ONE, ZERO = Decimal(1), Decimal(0)


@dataclass(frozen=True)
class Promise:
    """What a target asks, from its row. `value` None: the document names no number."""

    kind: str
    comparator: str
    value: Decimal | None
    period: str  # year | month | plan | by-date
    scope: str  # street | district | city | facility | staff | …
    unit: str = ""
    due: date | None = None


class Figure(NamedTuple):  # of these and the next a roll-up makes thousands
    """Hits among rows; or a sum (of places, of sites), whose denominator is residents or nothing."""

    numerator: Decimal
    denominator: Decimal = ZERO

    @property
    def share(self) -> Decimal | None:
        """Numerator over denominator; None when there is nothing to divide by."""
        return self.numerator / self.denominator if self.denominator else None


class Judged(NamedTuple):
    """`value` and `limit` in the same unit: a share 0 to 1, or a number. Without promise: no limit, no verdict."""

    numerator: Decimal | None
    denominator: Decimal | None
    value: Decimal | None
    limit: Decimal | None
    verdict: str


def counts_streets(promise: Promise, measure: str) -> bool:
    """Whether the district's figure is 'streets that keep the promise, of those counted'."""
    return measure in ("count", "per_population") and (promise.scope == "street" or promise.kind == "ratio")


def limit_of(promise: Promise, measure: str) -> Decimal:
    """The limit of one street (or of the district) in the measure's unit.

    A share of rows that each must keep a rule (72 hours, 3 m²) is asked in full, unless the document itself
    gives a per cent. A count by street of which a per cent of streets is asked needs one in each.
    """
    in_percent = promise.unit == "%" and promise.value is not None
    if measure == "count":
        return ONE if in_percent or promise.value is None else promise.value
    return promise.value / 100 if in_percent else ONE


def streets_needed(share: Decimal, streets: int) -> int:
    """85 % of 10 streets is 9: rounded up."""
    return int((share * streets).to_integral_value(ROUND_CEILING))


def verdict(promise: Promise, value: Decimal | None, limit: Decimal, pace: Decimal | None, over: bool) -> str:
    """`over`: the period, or the due day, has passed. `pace`: None for what has no straight line."""
    if value is None:
        return UNKNOWN
    if COMPARE[promise.comparator](value, limit):
        return MET
    if over:
        return MISSED
    if pace is not None and promise.comparator != "<=":
        return ON_PACE if value >= limit * pace else BEHIND
    return BEHIND


def judge_street(
    promise: Promise | None, measure: str, figure: Figure | None, pace: Decimal | None, over: bool
) -> Judged:
    """One street's figure; a street without rows is unknown for a share, nought for a count."""
    if figure is None:
        figure = Figure(ZERO)
    value = figure.numerator if measure == "count" else figure.share
    denominator = None if measure == "count" else figure.denominator
    if promise is None:
        return Judged(figure.numerator, denominator, value, None, "")
    if promise.scope == "city":
        return Judged(figure.numerator, denominator, value, None, UNKNOWN)
    limit = limit_of(promise, measure)
    return Judged(figure.numerator, denominator, value, limit, verdict(promise, value, limit, pace, over))


def total(figures: Iterable[Figure]) -> Figure:
    figures = list(figures)
    return Figure(sum((f.numerator for f in figures), ZERO), sum((f.denominator for f in figures), ZERO))


def judge_district(
    promise: Promise | None,
    measure: str,
    by_street: Mapping[int | None, Figure],
    counted: Iterable[int],
    pace: Decimal | None,
    over: bool,
) -> Judged:
    """The district's figure: streets that keep the promise of those counted, or the sum of all rows.

    `counted`: the streets in the denominator, as the target states them; of a promise about streets only
    their rows are summed, of all others every row.
    """
    counted = list(counted)
    if promise is not None and counts_streets(promise, measure):
        judged = [judge_street(promise, measure, by_street.get(s), pace, over) for s in counted]
        met = Decimal(sum(j.verdict == MET for j in judged))
        share = promise.value / 100 if promise.unit == "%" and promise.kind == "ratio" else ONE
        if not counted or all(j.value is None for j in judged):
            return Judged(met, Decimal(len(counted)), None, None, UNKNOWN)
        needed = Decimal(streets_needed(share, len(counted)))
        value, limit = met / len(counted), needed / len(counted)
        return Judged(met, Decimal(len(counted)), value, limit, verdict(promise, met, needed, pace, over))
    if promise is not None and promise.scope == "street":
        figure = total(f for s, f in by_street.items() if s in set(counted))
    else:
        figure = total(by_street.values())
    return judge_street(promise, measure, figure, pace, over)
