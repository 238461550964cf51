"""Guidance that families get: who is on the list, what a service may be, how many times a child needs by a day.

Sources: 闵行 二（二）4 (6 a year, by the streets' stations), 浦东 二（二）4 (6, by points and stations), 金山 二5 (10,
teaching, care and medicine together, on line and off).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from portal.rules.machine import marked

KINDS = {"education": marked("教育"), "medical": marked("医学"), "psychology": marked("心理")}
#: Who gave it: by what a district's plan counts.
STATION, POINT, PLACE = "station", "point", "place"
GIVERS = {STATION: marked("指导站"), POINT: marked("指导点"), PLACE: marked("其他场所")}
#: Value of guidance.sessions_from -> givers that count.
COUNTED = {
    "station": (STATION,),
    "station_point": (STATION, POINT),
    "any": (STATION, POINT, PLACE),
}
REASONS = {
    "withdrawn": marked("家长撤回同意"),
    "moved": marked("搬走"),
    "declined": marked("不再需要"),
    "grown": marked("满 3 岁"),
}
#: Reasons that a person gives; that a child has grown the clock sees.
GIVEN_REASONS = ("withdrawn", "moved", "declined")
MONTHS = 36
MOST_CHILDREN, MOST_HOURS = 200, 24
CARD = re.compile(r"[A-Z0-9]{6,24}")
CODE = re.compile(r"[A-Z]{2,4}G[0-9]{5,8}")

PROBLEMS = {
    "card": marked("写《母子健康手册》编号，6 到 24 位字母或数字"),
    "choice": marked("从列表里选一个"),
    "month_future": marked("还没到这个月"),
    "old": marked("已满 3 岁，不再登记"),
    "future": marked("还没到这一天"),
    "early": marked("早于出生年月。核对日期"),
    "early_year": marked("早于 2015 年。核对年份"),
    "before": marked("不能早于登记日期 %(day)s"),
    "hours": marked("填 0.5 到 24 之间的小时数"),
    "giver": marked("写谁提供的，2 到 60 个字，不写家长和幼儿的姓名"),
    "topic": marked("写内容，2 到 100 个字"),
    "nobody": marked("写参加的幼儿编号，一行一个"),
    "many": marked("一次最多 %(most)d 个幼儿，分几次登记"),
    "codes": marked("没有在登记的：%(codes)s。核对编号"),
    "closed": marked("%(name)s那天不在用"),
    "reason": marked("写原因，4 到 100 个字"),
}


def first_of(day: date) -> date:
    return day.replace(day=1)


def months_between(month: date, on: date) -> int:
    """Whole months from a month of birth to the month of a day."""
    return (on.year - month.year) * 12 + on.month - month.month


def grown(birth_month: date, on: date) -> bool:
    """Whether somebody born in that month is certainly three: the month of the third birthday is over."""
    return months_between(birth_month, on) > MONTHS


def asking_problems(card: str, birth_month: date, asked_on: date, today: date) -> list[tuple[str, str, dict]]:
    """What stands against putting a child on the list: (field, key of PROBLEMS, facts)."""
    found = []
    if not CARD.fullmatch(card):
        found.append(("card", "card", {}))
    if birth_month > today:
        found.append(("birth_month", "month_future", {}))
    elif grown(birth_month, today):
        found.append(("birth_month", "old", {}))
    if asked_on > today:
        found.append(("asked_on", "future", {}))
    elif asked_on < birth_month:
        found.append(("asked_on", "early", {}))
    return found


def session_problems(values: dict, today: date) -> list[tuple[str, str, dict]]:
    """values: kind, served_on, hours, giver, topic, children (a number of them)."""
    found = []
    if values["kind"] not in KINDS:
        found.append(("kind", "choice", {}))
    if values["served_on"] > today:
        found.append(("served_on", "future", {}))
    elif values["served_on"].year < 2015:
        found.append(("served_on", "early_year", {}))
    if not Decimal("0.5") <= values["hours"] <= MOST_HOURS:
        found.append(("hours", "hours", {}))
    if not 2 <= len(values["giver"]) <= 60:
        found.append(("giver", "giver", {}))
    if not 2 <= len(values["topic"]) <= 100:
        found.append(("topic", "topic", {}))
    if not values["children"]:
        found.append(("children", "nobody", {}))
    elif values["children"] > MOST_CHILDREN:
        found.append(("children", "many", {"most": MOST_CHILDREN}))
    return found


def codes_in(text: str) -> list[str]:
    """Codes of children as somebody types them: one a line, or apart by blanks and commas; each once, in order."""
    found = [part for part in re.split(r"[\s、,，;；]+", text.upper()) if part]
    return list(dict.fromkeys(found))


def due_by(needed: int, on: date) -> int:
    """How many of the year's services a straight line asks for by a day: 3 of 6 on 1 July, all on 31 December."""
    first = date(on.year, 1, 1)
    days = (date(on.year + 1, 1, 1) - first).days
    return needed * ((on - first).days + 1) // days


@dataclass(frozen=True)
class Proposal:
    """What would bring a child up by the end of the year: how many more, how many a month, which kinds it had none of."""

    lacking: int
    a_month: int
    kinds: tuple[str, ...]


def proposal(needed: int, got: int, kinds: set[str], on: date) -> Proposal:
    """`got` services so far, of `kinds`; the month of the day still counts."""
    lacking = max(0, needed - got)
    left = 13 - on.month
    a_month = int((Decimal(lacking) / left).to_integral_value(ROUND_CEILING))
    return Proposal(lacking, a_month, tuple(kind for kind in KINDS if kind not in kinds))
