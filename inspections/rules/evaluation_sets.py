"""The shape of an indicator set for evaluating facilities, after WS/T 821-2023: seven dimensions of 1,000 points in all,
indicators with levels under them, veto items. The standard's own items were not available; a district enters its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import pairwise

from portal.rules import personal
from portal.rules.machine import marked

#: Dimension -> (its words, the standard's points).
DIMENSIONS: dict[str, tuple[str, int]] = {
    "conditions": (marked("办托条件"), 100),
    "staff": (marked("托育队伍"), 140),
    "care": (marked("保育照护"), 200),
    "health": (marked("卫生保健"), 210),
    "family": (marked("养育支持"), 80),
    "safety": (marked("安全保障"), 200),
    "management": (marked("机构管理"), 70),
}
VETO = "veto"
VETO_WORDS = marked("否决项")
TOTAL = 1000
MOST_INDICATORS = 300
MOST_STEPS = 8
LENGTHS = {"title": 80, "basis": 200, "text": 300, "evidence": 200}
_key = re.compile(r"[a-z0-9][a-z0-9-]{1,39}", re.ASCII).fullmatch
_code = re.compile(r"[1-9][0-9]?(\.[1-9][0-9]?){0,2}", re.ASCII).fullmatch
_step = re.compile(r"(\d{1,3}(?:\.5)?)\s*分?\s*[:：、\s]\s*(\S.*)", re.ASCII).fullmatch  # content

PROBLEMS = {
    "key": marked("用 2 到 40 个小写字母、数字和短横，比如 nursery"),
    "text": marked("写 2 到 %(most)d 个字"),
    "long": marked("最多 %(most)d 个字"),
    "kinds": marked("至少选一种机构"),
    "points": marked("填 1 到 %(most)d 之间的数"),
    "total": marked("七个维度合计 %(sum)d 分，要正好 %(total)d 分"),
    "dimension": marked("从七个维度和否决项里选"),
    "code": marked("用数字和点，最多三层，比如 2.3"),
    "veto_points": marked("否决项不计分，分值留空"),
    "veto_steps": marked("否决项不分档，档次留空"),
    "steps": marked("一档一行，先写分再写说明，比如“10 全部做到”，最多 %(most)d 档"),
    "steps_order": marked("从高到低排，第一档要是满分 %(points)d 分"),
} | personal.PROBLEMS
LACKING = {
    "dimension": marked("“%(name)s”的指标合计 %(sum)d 分，要 %(points)d 分"),
    "vetoes": marked("否决项有 %(sum)d 条，要 %(points)d 条"),
}


def place(dimension: str, code: str) -> int:
    """Where an indicator stands in its set: by dimension, veto items last, then by the parts of its code."""
    order = [*DIMENSIONS, VETO].index(dimension)
    parts = [int(part) for part in code.split(".")]
    first, second, third = [*parts, 0, 0][:3]
    return ((order * 100 + first) * 100 + second) * 100 + third


def parse_steps(text: str) -> list[tuple[Decimal, str]] | None:
    """The levels that a text means, one a line (or parted by ；), or None where a line is none."""
    found = []
    for line in re.split(r"[\n；]", text or ""):
        if not line.strip():
            continue
        match = _step(line.strip())
        if match is None or len(match[2]) > 100:
            return None
        found.append((Decimal(match[1]), match[2].strip()))
    return found if len(found) <= MOST_STEPS else None


def show_steps(steps: Iterable, between: str = "\n") -> str:
    """The levels as a person writes them; steps: pairs of points and words."""
    return between.join(f"{float(points):g} {words}" for points, words in steps)


def problems_of_set(values: Mapping) -> list[tuple[str, str, dict]]:
    """(field, key of PROBLEMS, facts)."""
    found = []
    if not _key(values["key"]):
        found.append(("key", "key", {}))
    if not 2 <= len(values["title"].strip()) <= LENGTHS["title"]:
        found.append(("title", "text", {"most": LENGTHS["title"]}))
    if len(values["basis"].strip()) > LENGTHS["basis"]:
        found.append(("basis", "long", {"most": LENGTHS["basis"]}))
    found += [(*one, {}) for one in personal.problems(values, "title", "basis")]
    if not values["kinds"]:
        found.append(("kinds", "kinds", {}))
    points = values["points"]
    wrong = [name for name in DIMENSIONS if not 1 <= points.get(name, 0) <= TOTAL]
    found += [(f"points_{name}", "points", {"most": TOTAL}) for name in wrong]
    if not wrong and (sum_ := sum(points[name] for name in DIMENSIONS)) != TOTAL:
        found.append(("points_conditions", "total", {"sum": sum_, "total": TOTAL}))
    return found


def problems_of_indicator(values: Mapping) -> list[tuple[str, str, dict]]:
    """(field, key of PROBLEMS, facts). values: dimension, code, text, points, steps (text), evidence."""
    found = []
    dimension, points = values["dimension"], values["points"] or 0
    if dimension != VETO and dimension not in DIMENSIONS:
        found.append(("dimension", "dimension", {}))
    if not _code(values["code"]):
        found.append(("code", "code", {}))
    if not 2 <= len(values["text"].strip()) <= LENGTHS["text"]:
        found.append(("text", "text", {"most": LENGTHS["text"]}))
    if len(values["evidence"].strip()) > LENGTHS["evidence"]:
        found.append(("evidence", "long", {"most": LENGTHS["evidence"]}))
    found += [(*one, {}) for one in personal.problems(values, "text", "evidence", "steps")]
    steps = parse_steps(values["steps"])
    if dimension == VETO:
        if points:
            found.append(("points", "veto_points", {}))
        if values["steps"].strip():
            found.append(("steps", "veto_steps", {}))
    elif not 1 <= points <= TOTAL:
        found.append(("points", "points", {"most": TOTAL}))
    elif steps is None:
        found.append(("steps", "steps", {"most": MOST_STEPS}))
    elif steps:
        numbers = [number for number, _words in steps]
        if numbers[0] != points or any(b >= a for a, b in pairwise(numbers)):
            found.append(("steps", "steps_order", {"points": points}))
    return found


def sums(indicators: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Points of each dimension, and how many veto items; indicators: (dimension, points)."""
    found = dict.fromkeys([*DIMENSIONS, VETO], 0)
    for dimension, points in indicators:
        found[dimension] += 1 if dimension == VETO else points
    return found


def lacking(points: Mapping[str, int], found: Mapping[str, int], vetoes: int) -> list[tuple[str, str, dict]]:
    """What a draft lacks before it can be published: (dimension, key of LACKING, facts)."""
    wrong = [
        (name, "dimension", {"sum": found[name], "points": points[name]})
        for name in DIMENSIONS
        if found[name] != points[name]
    ]
    if found[VETO] != vetoes:
        wrong.append((VETO, "vetoes", {"sum": found[VETO], "points": vetoes}))
    return wrong
