"""Evaluating facilities: who may evaluate whom, points and grade, where the three differ, who could be a model.

Plain values in, plain values out. The peers of a round are assigned by chance with a recorded seed, so that the same
seed gives the same peers: `assign`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from inspections.rules.draw import tickets
from inspections.rules.evaluation_sets import DIMENSIONS, VETO
from portal.rules import personal
from portal.rules.machine import marked

#: Kinds of a sheet, in the order in which they stand side by side.
KINDS = {
    "self": marked("机构自评"),
    "peer": marked("同行互评"),
    "third": marked("委托评估"),
    "final": marked("区里认定"),
}
PHASES = ("self", "peer", "third")
GRADES = ("A", "B", "C", "D")
NOTE = 300
TEXT = 1000
YEARS = range(2020, 2100)
LONGEST_DAYS = 366

PROBLEMS = {
    "title": marked("写 2 到 80 个字"),
    "year": marked("填 2020 到 2099 之间的年份"),
    "day": marked("填这一年前后一年以内的日子"),
    "until": marked("不能早于开始的那一天"),
    "peers": marked("填 1 到 5 之间的数"),
} | personal.PROBLEMS
SCORE_PROBLEMS = {
    "number": marked("填 0 到 %(most)s 之间的数，可以有半分"),
    "level": marked("从这几档里选：%(levels)s"),
    "veto": marked("选“没有”或“有”"),
    "note": marked("说明最多 %(most)d 个字"),
    "why": marked("有否决情形的，写明事实"),
}


def problems_of_round(values: Mapping) -> list[tuple[str, str, dict]]:
    """(field, key of PROBLEMS, facts)."""
    found = []
    year = values["year"]
    if year not in YEARS:
        return [("year", "year", {})]
    if not 2 <= len(values["title"].strip()) <= 80:
        found.append(("title", "title", {}))
    found += [(*one, {}) for one in personal.problems(values, "title")]
    if not 1 <= values["peers"] <= 5:
        found.append(("peers", "peers", {}))
    first, last = date(year - 1, 1, 1), date(year + 1, 12, 31)
    for kind in PHASES:
        starts, ends = values[f"{kind}_from"], values[f"{kind}_until"]
        for name, day in ((f"{kind}_from", starts), (f"{kind}_until", ends)):
            if not first <= day <= last:
                found.append((name, "day", {}))
        if ends < starts:
            found.append((f"{kind}_until", "until", {}))
    return found


# --- Peers ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class House:
    """A facility, as far as it matters who evaluates it. operator, chain: '' where none is known."""

    code: str
    operator: str = ""
    chain: str = ""


def related(one: House, other: House) -> bool:
    """The same facility, the same operator, or the same chain."""
    return (
        one.code == other.code
        or (one.operator != "" and one.operator == other.operator)
        or (one.chain != "" and one.chain == other.chain)
    )


def assign(
    seed: bytes,
    evaluated: Iterable[House],
    pool: Sequence[House],
    number: int,
    taken: Mapping[str, Sequence[str]] | None = None,
    barred: Iterable[tuple[str, str]] = (),
) -> dict[str, list[str]]:
    """For each evaluated facility the codes of those whose people evaluate it, in the order in which they came.

    In order of their codes, each gets of those that are not related and not barred the ones with the fewest sheets so
    far, among equals the smallest ticket("peer", evaluated, evaluator). taken: who has it already; barred: pairs
    (evaluated, evaluator) with a declared interest. Fewer than `number` where not enough are left.
    """
    ticket = tickets(seed)
    taken, barred = taken or {}, set(barred)
    load = {one.code: 0 for one in pool}
    for codes in taken.values():
        for code in codes:
            load[code] = load.get(code, 0) + 1
    found: dict[str, list[str]] = {}
    for house in sorted(evaluated, key=lambda one: one.code):
        mine = list(taken.get(house.code, ()))
        free = [
            one
            for one in pool
            if not related(one, house) and one.code not in mine and (house.code, one.code) not in barred
        ]
        free.sort(key=lambda one: (load[one.code], ticket("peer", house.code, one.code)))
        chosen = [one.code for one in free[: max(0, number - len(mine))]]
        for code in chosen:
            load[code] += 1
        found[house.code] = chosen
    return found


# --- Points -----------------------------------------------------------------------------------------


def allowed_points(points: int, steps: Sequence, given: Decimal) -> tuple[str, dict] | None:
    """None, or the key of SCORE_PROBLEMS with facts; steps: [points, words]."""
    if steps:
        levels = [Decimal(str(one)) for one, _words in steps]
        if given not in levels:
            return "level", {"levels": "、".join(f"{float(one):g}" for one in levels)}
        return None
    if not 0 <= given <= points or given * 2 != int(given * 2):
        return "number", {"most": points}
    return None


def dimension_sums(rows: Iterable[tuple[str, Decimal | None]]) -> dict[str, float]:
    """Points of each dimension; rows: (dimension, points) without veto items."""
    found = dict.fromkeys(DIMENSIONS, Decimal(0))
    for dimension, points in rows:
        if dimension != VETO and points is not None:
            found[dimension] += points
    return {name: float(points) for name, points in found.items()}


def grade_of(total: float, vetoes: int, thresholds: Mapping[str, float], veto_grade: str) -> str:
    """The grade by the least total of A, B and C; with a veto item at best `veto_grade`."""
    by_points = next((grade for grade in "ABC" if total >= thresholds[grade]), "D")
    return max(by_points, veto_grade) if vetoes else by_points


def mean(values: Iterable[float | None]) -> float | None:
    """To one decimal; None where there is none."""
    there = [value for value in values if value is not None]
    return round(sum(there) / len(there), 1) if there else None


def far(values: Iterable[float | None], full: float, percent: float) -> bool:
    """Whether the highest and the lowest differ by more than `percent` of the full points."""
    there = [value for value in values if value is not None]
    return len(there) > 1 and (max(there) - min(there)) * 100 > percent * full


# --- Models -----------------------------------------------------------------------------------------

CRITERIA = {
    "final": marked("等级已经认定"),
    "grade": marked("等级不低于 %(grade)s"),
    "veto": marked("没有否决项"),
    "listed": marked("不在失信联合惩戒名单上"),
    "order": marked("没有没销号的整改"),
    "incident": marked("一年内没有安全事件"),
    "operating": marked("在办"),
}


def fit(facts: Mapping) -> dict[str, bool]:
    """Each criterion and whether it is met; facts: final, grade, least, vetoes, listed, orders, incidents, state."""
    return {
        "final": facts["final"],
        "grade": bool(facts["grade"]) and facts["grade"] <= facts["least"],
        "veto": facts["vetoes"] == 0,
        "listed": not facts["listed"],
        "order": facts["orders"] == 0,
        "incident": facts["incidents"] == 0,
        "operating": facts["state"] == "operating",
    }
