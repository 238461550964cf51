"""How a risk grade A to D is proposed, on plain values: which facts count, how many points each gives, what they add up to.

A grade is proposed from the records of a facility, factor by factor: so many cases, each so many points. The sum leads to
a letter. Nothing here decides: a person confirms the letter or keeps another one with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from inspections.rules.frozen import GRADES
from portal.rules.machine import marked

#: A facility without a grade is drawn as one of this (draw.md).
NOT_GRADED = "B"
REASON = (2, 200)
OBJECTION = (10, 1000)
#: So many of the counted rows are kept with a proposal, the latest first.
ROWS_KEPT = 20


@dataclass(frozen=True)
class Factor:
    """One kind of fact. `window`: the parameter that says how many months back it counts, '' where only today counts;
    `counts`: what is counted, in words."""

    key: str
    label: str
    unit: str
    counts: str
    window: str = ""

    @property
    def weight(self) -> str:
        """The parameter that says how many points a case gives."""
        return f"grade.points_{self.key}"


FACTORS = (
    Factor("veto", marked("否决项问题"), marked("个"), marked("检查里发现、没有撤销的否决项问题"), "grade.months_visits"),
    Factor("repeat", marked("同一项又发现"), marked("个"), marked("两年里同一检查项以前也不符合"), "grade.months_visits"),
    Factor("theme", marked("同一类又发现"), marked("类"), marked("同一部分的不同检查项，在两次以上检查里都有问题"),
           "grade.months_visits"),
    Factor("overdue", marked("整改逾期"), marked("件"), marked("到期还没有答复、或者到期以后才答复的整改通知"),
           "grade.months_visits"),
    Factor("complaint", marked("属实的投诉"), marked("件"), marked("核实属实或部分属实的投诉"), "grade.months_voices"),
    Factor("incident", marked("安全事件"), marked("件"), marked("发生的安全事件"), "grade.months_voices"),
    Factor("expired", marked("过期的证照"), marked("项"), marked("已经过期的保险、证照、租约、人员证书、健康证、记录查询")),
    Factor("unvisited", marked("多久没有查"), marked("个月"), marked("离上一次检查多少个月，只看已经公开的抽取和有因检查"),
           "grade.months_unvisited"),
)  # fmt: skip
BY_KEY = {factor.key: factor for factor in FACTORS}
THRESHOLDS, MOST_EXPIRED, DAY = "grade.thresholds", "grade.most_expired", "grade.day"
#: All parameters on which a proposal rests.
PARAMETERS = tuple(
    dict.fromkeys(
        [factor.weight for factor in FACTORS]
        + [factor.window for factor in FACTORS if factor.window]
        + [MOST_EXPIRED, THRESHOLDS]
    )
)


def points(key: str, number: int, values: Mapping) -> Decimal:
    """What a factor adds: each case its weight; expired papers up to a limit; a long time without a visit once."""
    weight = Decimal(str(values[BY_KEY[key].weight]))
    if key == "unvisited":
        return weight if number >= values[BY_KEY[key].window] else Decimal(0)
    found = weight * number
    return min(found, Decimal(str(values[MOST_EXPIRED]))) if key == "expired" else found


def grade_of(total: Decimal, thresholds: Mapping[str, float]) -> str:
    """The letter for a sum: the gravest whose threshold is reached, else A."""
    reached = [
        letter for letter in GRADES if letter in thresholds and total >= Decimal(str(thresholds[letter]))
    ]
    return reached[-1] if reached else GRADES[0]


def steps(before: str, after: str) -> int:
    """How many letters graver (positive) or lighter (negative); without a grade it counts as B."""
    return GRADES.index(after) - GRADES.index(before or NOT_GRADED)


def is_change(before: str, after: str) -> bool:
    """Whether there is something to confirm: another letter, or the first one."""
    return before != after


def usual(before: str, after: str) -> bool:
    """Whether it may be confirmed together with others: one step or the first grade without one, and never D."""
    return is_change(before, after) and abs(steps(before, after)) <= 1 and after != GRADES[-1]


def rank(before: str, after: str, total: Decimal) -> int:
    """By what a list is ordered: what gets graver first, by steps, then other changes, then by points."""
    step = steps(before, after) if is_change(before, after) else 0
    first = 10 + step if step > 0 else 5 if is_change(before, after) else 0
    return first * 10**7 + min(int(total * 10), 10**7 - 1)


def months_since(day: date, on: date) -> int:
    """Whole months that have gone by."""
    return max(0, (on.year - day.year) * 12 + on.month - day.month - (on.day < day.day))


def is_due(on: date, day: int) -> bool:
    """Whether the month's proposals have to be made by now: from the district's day of the month on."""
    return on.day >= day
