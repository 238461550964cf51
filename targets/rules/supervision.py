"""The yearly supervision of units (督查): states, what must be said, points, score and rank. Plain values, no database.

It is of units, by the district; an inspection of a facility is something else (docs/supervision.md).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from portal.rules.machine import Machine, Transition, marked

KEEP, CONFIRM = "supervision.keep", "supervision.confirm"
REPORT, REVIEW, DECIDE = "supervision.report", "supervision.review", "supervision.decide"

SUPERVISION = Machine(
    name="supervision_round",
    label=marked("年度督查"),
    states={
        "draft": marked("拟题"),
        "submitted": marked("等第二人开启"),
        "open": marked("自查评分中"),
        "announced": marked("得分已告知"),
        "final": marked("已定"),
        "cancelled": marked("不办了"),
    },
    transitions=(
        Transition("change", ("draft",), "draft", marked("改题目"), right=KEEP),
        Transition("submit", ("draft",), "submitted", marked("送第二人开启"), right=KEEP, second=CONFIRM),
        Transition("return", ("submitted",), "draft", marked("退回修改"), right=CONFIRM),
        Transition("open", ("submitted",), "open", marked("开启督查"), right=CONFIRM),
        Transition("announce", ("open",), "announced", marked("告知得分"), right=KEEP, second=CONFIRM),
        Transition("final", ("announced",), "final", marked("定下结果"), right=CONFIRM),
        Transition("cancel", ("draft", "submitted"), "cancelled", marked("不办了"), right=KEEP),
    ),
)

CASE = Machine(
    name="supervision_case",
    label=marked("单位自查"),
    states={
        "writing": marked("自查中"),
        "returned": marked("退回补充"),
        "submitted": marked("等评分"),
        "disputed": marked("两人评分差得多"),
        "scored": marked("已评分"),
    },
    transitions=(
        Transition("write", ("writing",), "writing", marked("填自查"), right=REPORT),
        Transition("write", ("returned",), "returned", marked("填自查"), right=REPORT),
        Transition("submit", ("writing", "returned"), "submitted", marked("报送自查"), right=REPORT),
        Transition("take", ("writing", "returned"), "submitted", marked("按现状送评"), right=KEEP),
        Transition("mark", ("submitted",), "submitted", marked("评分"), right=REVIEW),
        Transition("return", ("submitted",), "returned", marked("退回补充"), right=REVIEW),
        Transition("score", ("submitted",), "scored", marked("评完"), right=REVIEW),
        Transition("differ", ("submitted",), "disputed", marked("评完，差得多"), right=REVIEW),
        Transition("decide", ("disputed",), "scored", marked("定分"), right=DECIDE),
    ),
)

OBJECTION = Machine(
    name="supervision_objection",
    label=marked("单位的异议"),
    states={"given": marked("等答复"), "upheld": marked("采纳，已改分"), "refused": marked("不采纳")},
    transitions=(
        Transition("uphold", ("given",), "upheld", marked("采纳"), right=DECIDE),
        Transition("refuse", ("given",), "refused", marked("不采纳"), right=DECIDE),
    ),
)

NOTICE = Machine(
    name="supervision_report",
    label=marked("督查通报"),
    states={"draft": marked("送审稿"), "issued": marked("已印发")},
    transitions=(
        Transition("edit", ("draft",), "draft", marked("改文字"), right=KEEP),
        Transition("issue", ("draft",), "issued", marked("印发"), right=CONFIRM),
    ),
)

LEAD, SUPPORT, OTHER = "lead", "support", "other"
ROLES = (LEAD, SUPPORT, OTHER)
DONE, PARTLY, NOT, NA = "done", "partly", "not", "na"
#: Whose points: the first and second reviewer's, those that settle the two, those of an objection that was upheld.
FIRST, SECOND, SETTLED, CORRECTED = 1, 2, 3, 4
TEXT, ANSWER, GUIDANCE, NOTE, PARAGRAPH = (5, 500), (5, 2000), (0, 500), (2, 200), (5, 3000)
MOST_POINTS, YEARS_BACK = 100, 3

SENTENCES = {
    "year": marked("年份：填今年或者前三年"),
    "clause": marked("依据哪条：选要求督查的条款"),
    "until": marked("评分期限：要晚于自查期限，都不早于今天，最远一年"),
    "working": marked("%(label)s：%(day)s 不是工作日，下一个工作日是 %(next)s"),
    "reviewers": marked("评分单位：至少选一个，不能是街镇"),
    "reviewers_two": marked("评分单位：要两人评分，至少选两个"),
    "text": marked("题目：写 5 到 500 个字"),
    "guidance": marked("怎样算做到：最多 500 个字"),
    "points": marked("分值：填 1 到 100 之间的整数"),
    "units": marked("被督查单位：至少选一个"),
    "note": marked("原因：写 2 到 200 个字"),
    "answer": marked("做了什么：写 5 到 2000 个字"),
    "over": marked("自评分：这题 %(most)d 分，填 0 到 %(most)d 之间的整数"),
    "marked_over": marked("评分：这题 %(most)d 分，填 0 到 %(most)d 之间的整数"),
    "unmarked": marked("评分：这题还没有评"),
    "differs": marked("理由：评分和自评不同，写 2 到 200 个字说明"),
    "paragraph": marked("每一部分写 5 到 3000 个字"),
}


def fits(text: str, limits: tuple[int, int]) -> bool:
    return limits[0] <= len(text) <= limits[1]


def round_problems(year: int, report_until: date, review_until: date, on: date) -> dict[str, str]:
    """Field -> key of SENTENCES."""
    found = {}
    if not on.year - YEARS_BACK <= year <= on.year:
        found["year"] = "year"
    if not on <= report_until < review_until or (review_until - on).days > 366:
        found["review_until"] = "until"
    return found


def question_problems(text: str, guidance: str, points: int) -> dict[str, str]:
    found = {}
    if not fits(text, TEXT):
        found["text"] = "text"
    if not fits(guidance, GUIDANCE):
        found["guidance"] = "guidance"
    if not 1 <= points <= MOST_POINTS:
        found["points"] = "points"
    return found


def complete(value: str, text: str, own: int | None) -> bool:
    """Whether an answer can be handed in: what was done, in words, and its points unless it does not apply."""
    return bool(value) and fits(text, ANSWER) and (value == NA or own is not None)


def own_fits(value: str, own: int | None, points: int) -> bool:
    return own is None if value == NA else own is None or 0 <= own <= points


@dataclass(frozen=True)
class Mark:
    """Points of one reviewer; `points` None: agreed that the question does not apply to the unit."""

    place: int
    points: int | None


@dataclass(frozen=True)
class Line:
    """One question of one unit: role, points asked, and the marks that it got."""

    role: str
    points: int
    marks: tuple[Mark, ...]


def reached(marks: Iterable[Mark]) -> Fraction | None:
    """What counts: the corrected points, else those that settled, else the mean of the reviewers'; None where the question
    is taken out because it does not apply. ValueError without any mark."""
    by_place = {mark.place: mark.points for mark in marks}
    for place in (CORRECTED, SETTLED):
        if place in by_place:
            points = by_place[place]
            return None if points is None else Fraction(points)
    given = [points for points in by_place.values() if points is not None]
    if not by_place:
        raise ValueError("no mark")
    return Fraction(sum(given), len(given)) if given else None


@dataclass(frozen=True)
class Score:
    """Sums by role of what was reached and asked, and the score of 100; None where nothing was asked."""

    sums: dict[str, tuple[Fraction, int]]
    value: Decimal | None
    reached: Fraction
    asked: Fraction


def score(lines: Iterable[Line], weights: Mapping[str, int]) -> Score:
    """Sum of weight x points reached / sum of weight x points asked x 100, with two places; `weights` in per cent.

    What does not apply is in neither sum. Where nothing is left the value is None: no score, not zero.
    """
    sums = {role: [Fraction(0), 0] for role in ROLES}
    for line in lines:
        points = reached(line.marks)
        if points is None:
            continue
        sums[line.role][0] += points
        sums[line.role][1] += line.points
    got = sum((Fraction(weights[role], 100) * pair[0] for role, pair in sums.items()), Fraction(0))
    asked = sum((Fraction(weights[role], 100) * pair[1] for role, pair in sums.items()), Fraction(0))
    value = decimal(got / asked * 100) if asked else None
    return Score({role: (pair[0], pair[1]) for role, pair in sums.items()}, value, got, asked)


def decimal(number: Fraction) -> Decimal:
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def plain(number: Fraction | Decimal) -> str:
    """Without zeros at the end: 7.5, 80."""
    text = str(decimal(number) if isinstance(number, Fraction) else number)
    return text.rstrip("0").rstrip(".") if "." in text else text


def formula(found: Score, weights: Mapping[str, int]) -> str:
    """The sum in numbers: (100% × 85 + 50% × 7.5) ÷ (100% × 100 + 50% × 10) × 100 = 84.52; '' without a score."""
    if found.value is None:
        return ""
    used = [role for role in ROLES if found.sums[role][1]]
    top = " + ".join(f"{weights[role]}% × {plain(found.sums[role][0])}" for role in used)
    bottom = " + ".join(f"{weights[role]}% × {found.sums[role][1]}" for role in used)
    return f"({top}) ÷ ({bottom}) × 100 = {found.value}"


def far_apart(first: list[Line], second: list[Line], weights: Mapping[str, int], limit: int) -> bool:
    """Whether the scores by the two reviewers' marks differ by more than `limit` points of 100, or the two disagree on
    what applies."""
    if any(
        (reached(a.marks) is None) != (reached(b.marks) is None) for a, b in zip(first, second, strict=True)
    ):
        return True
    one, other = score(first, weights).value, score(second, weights).value
    return one is not None and other is not None and abs(one - other) > limit


def ranks(values: Iterable[tuple[int, Decimal]]) -> dict[int, int]:
    """Key -> rank, the highest first; ties share a rank and the next one is left out (1, 1, 3)."""
    found = sorted(values, key=lambda pair: -pair[1])
    first: dict[Decimal, int] = {}
    for place, (_key, value) in enumerate(found, 1):
        first.setdefault(value, place)
    return {key: first[value] for key, value in found}


def wanted(unit: int, two: bool, deciding: Collection[int] = ()) -> int:
    """How many other units a unit needs: one or two who mark; who settles for the others needs one who settles for it."""
    return (2 if two else 1) + (unit in deciding)


def lacking(
    asked: Iterable[int], reviewers: Collection[int], two: bool, deciding: Collection[int] = ()
) -> dict[int, int]:
    """Asked unit -> how many reviewing units besides itself there are, where these are too few."""
    others = {unit: sum(one != unit for one in reviewers) for unit in asked}
    return {unit: n for unit, n in others.items() if n < wanted(unit, two, deciding)}


def seats(
    asked: list[int], reviewers: list[int], two: bool, deciding: Collection[int] = ()
) -> dict[int, list[int]] | None:
    """Asked unit -> its reviewing units (one, or two), in turn, never itself; None where that cannot be.

    `deciding`: units that settle for all others what is in dispute; where they are asked themselves one more unit does.
    """
    found, turn = {}, 0
    for unit in asked:
        chosen: list[int] = []
        need = wanted(unit, two, deciding)
        for step in range(len(reviewers)):
            one = reviewers[(turn + step) % len(reviewers)]
            if one != unit and len(chosen) < need:
                chosen.append(one)
        if len(chosen) < need:
            return None
        found[unit] = chosen
        turn += 1
    return found
