"""Agreement of inspectors: which items of a visit two people answer apart, and Cohen's kappa of their answers.

Plain values in, plain values out; docs/agreement.md in prose.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from inspections.rules.draw import tickets

#: Half of a 95 % interval in standard errors.
Z95 = 1.959964
PHONE, BROWSER = "phone", "browser"
NOTE = 300


def drawn(seed: bytes, number: str, keys: Iterable[str], percent: float) -> list[str]:
    """Of the items' keys the share that is answered twice, rounded up: those with the smallest
    ticket("again", visit's number, key), in that order."""
    ticket = tickets(seed)
    order = sorted(set(keys), key=lambda key: ticket("again", number, key))
    many = -(-len(order) * int(percent * 100) // 10_000)
    return order[:many]


def second(seed: bytes, number: str, codes: Iterable[str]) -> str:
    """Who of the team answers again: the smallest ticket("second", visit's number, inspector's code)."""
    ticket = tickets(seed)
    return min(codes, key=lambda code: ticket("second", number, code))


@dataclass(frozen=True)
class Agreement:
    """Of n pairs: the share that is equal, the share expected by chance, kappa with its 95 % interval. kappa is None
    where chance alone would make all equal: then there is nothing that it could tell."""

    n: int
    observed: float
    expected: float
    kappa: float | None
    low: float | None = None
    high: float | None = None


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement | None:
    """Cohen's kappa of the pairs (first answer, second answer), None for none.

    kappa = (po - pe) / (1 - pe); pe from how often each of the two gives each answer. The interval is kappa plus and
    minus 1.96 standard errors after Fleiss, Cohen and Everitt (1969), cut off at -1 and 1.
    """
    n = len(pairs)
    if not n:
        return None
    cells: dict[tuple[str, str], float] = {}
    for pair in pairs:
        cells[pair] = cells.get(pair, 0) + 1 / n
    kinds = sorted({one for pair in pairs for one in pair})
    first = {kind: sum(cells.get((kind, other), 0) for other in kinds) for kind in kinds}
    again = {kind: sum(cells.get((other, kind), 0) for other in kinds) for kind in kinds}
    same = sum(a == b for a, b in pairs)
    observed = same / n
    expected = sum(first[kind] * again[kind] for kind in kinds)
    if len(kinds) == 1:
        return Agreement(n, 1.0, 1.0, None)
    rest = 1 - expected
    kappa = (observed - expected) / rest
    on = sum(cells.get((k, k), 0) * (1 - (first[k] + again[k]) * (1 - kappa)) ** 2 for k in kinds)
    off = (1 - kappa) ** 2 * sum(
        cells.get((a, b), 0) * (again[a] + first[b]) ** 2 for a in kinds for b in kinds if a != b
    )
    variance = on + off - (kappa - expected * (1 - kappa)) ** 2
    error = sqrt(max(0.0, variance)) / (rest * sqrt(n))
    return Agreement(
        n, observed, expected, kappa, max(-1.0, kappa - Z95 * error), min(1.0, kappa + Z95 * error)
    )
