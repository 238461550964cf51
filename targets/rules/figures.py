"""How a figure is written: for pages, the REST answer's people and the official report alike. Plain values only."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_UP, Decimal

from targets.rules.verdicts import Promise, counts_streets

SIGNS = {">=": "≥", "<=": "≤", "==": ""}


def plain(number: Decimal | None) -> str:
    """12, 7.5, 1,846; `—` for what is not known."""
    if number is None:
        return "—"
    number = Decimal(number)
    whole = number.to_integral_value()
    return f"{int(whole):,}" if number == whole else f"{number.normalize():,f}"


def percent(share: Decimal | None) -> str:
    """58.9%; what is not whole is never written 100%, what is something never 0%."""
    if share is None:
        return "—"
    share = Decimal(share) * 100
    if share == share.to_integral_value():
        return f"{int(share)}%"
    shown = share.quantize(Decimal("0.1"), ROUND_HALF_UP)
    if shown in (0, 100):
        shown = share.quantize(Decimal("0.1"), ROUND_DOWN) if shown else Decimal("0.1")
    return f"{shown}%"


def kind_of(promise: Promise | None, measure: str) -> str:
    """`streets`: streets that keep the promise; `number`: a sum; `share`: hits among rows."""
    if promise is not None and counts_streets(promise, measure):
        return "streets"
    return "number" if measure == "count" else "share"


def big(kind: str, numerator, denominator, value, unit: str = "") -> str:
    """The figure itself: 58.9%, 11 / 14, 9,117 个."""
    if value is None:
        return "—"
    if kind == "streets":
        return f"{plain(numerator)} / {plain(denominator)}"
    if kind == "number":
        return f"{plain(numerator)} {unit}".strip()
    return percent(value)


def small(kind: str, numerator, denominator) -> str:
    """What it is made of: 103 / 175."""
    return f"{plain(numerator)} / {plain(denominator)}" if kind == "share" and denominator else ""


def asked(promise: Promise | None, kind: str, denominator, limit) -> str:
    """What the document asks: ≥ 50%, 12 / 14, ≥ 1 个."""
    if promise is None or limit is None:
        return "—"
    sign = SIGNS[promise.comparator]
    if kind == "streets":
        needed = (Decimal(limit) * Decimal(denominator)).to_integral_value(ROUND_HALF_UP)
        return f"{plain(needed)} / {plain(denominator)}"
    if kind == "number":
        return f"{sign or SIGNS['>=']} {plain(limit)} {promise.unit}".strip()  # as verdicts judge it: no less
    words = percent(limit)
    return words if words == "100%" else f"{sign} {words}".strip()


def promised(promise: Promise) -> str:
    """What the document asks, in its own number: ≥ 20 门; `—` where it names none."""
    if promise.value is None:
        return "—"
    unit = promise.unit if promise.unit == "%" else f" {promise.unit}"
    return f"{SIGNS[promise.comparator]} {plain(promise.value)}{unit}".strip()


def lacking(kind: str, numerator, denominator, limit) -> Decimal | None:
    """How many are missing to the limit: rows, streets or units; None where that cannot be said."""
    if limit is None or numerator is None:
        return None
    if kind == "number":
        return max(Decimal(0), Decimal(limit) - Decimal(numerator))
    if not denominator:
        return None
    needed = Decimal(limit) * Decimal(denominator)
    rounding = ROUND_HALF_UP if kind == "streets" else ROUND_CEILING
    return max(Decimal(0), (needed - Decimal(numerator)).to_integral_value(rounding))
