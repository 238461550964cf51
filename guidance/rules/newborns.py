"""Births of a street's month, and the first visit at home.

Sources: 闵行, 浦东 二（二）4, 金山 二4; handbooks: 闵行 三（四）2.
"""

from __future__ import annotations

import re
from datetime import date

from guidance.rules.services import months_between
from portal.rules.machine import marked

#: Value of guidance.newborn_visits_for -> whose families a visit is owed to.
FOR = {
    "asked": marked("有需求的常住新生儿家庭"),
    "resident": marked("常住新生儿家庭"),
    "every": marked("每个新生儿家庭"),
}
TOPICS = {
    "feeding": marked("喂养"),
    "sleep": marked("睡眠"),
    "bonding": marked("回应与抚触"),
    "mother": marked("产后情绪"),
    "safety": marked("居家安全"),
    "growth": marked("生长发育"),
    "vaccines": marked("接种与体检"),
}
LIST_NUMBER = re.compile(r"[A-Z0-9\-]{4,24}")
MOST_BIRTHS, FIRST_YEAR, NOTE = 5000, 2015, 500
#: A first visit comes within the child's first year.
MONTHS = 12

PROBLEMS = {
    "list_number": marked("写社区卫生服务中心访视册的编号，4 到 24 位字母、数字或横线"),
    "month_future": marked("还没到这个月"),
    "month_early": marked("早于 2015 年。核对年份"),
    "old": marked("出生已过一年，不再登记上门"),
    "future": marked("还没到这一天"),
    "before_birth": marked("早于出生年月"),
    "planned_far": marked("离今天超过一年。核对日期"),
    "reason": marked("写家长拒绝的原因，2 到 100 个字"),
    "no_refusal": marked("没有填拒绝日期"),
    "visited": marked("已经上过门，不能再登记拒绝"),
    "topics": marked("选指导了什么"),
    "note": marked("最多 500 个字"),
    "counts": marked("填 0 到 5000 之间的整数"),
    "resident": marked("常住的不能多于出生总数"),
    "source": marked("写来源，2 到 200 个字"),
}


def is_month_ahead(month: date, today: date) -> bool:
    return months_between(month, today) < 0


def family_problems(values: dict, today: date) -> list[tuple[str, str, dict]]:
    """values: list_number ('' where it stays), birth_month, planned_on, refused_on, refused_reason, handbook_on, visited
    (whether somebody was there). Gives (field, key of PROBLEMS, facts)."""
    found = []
    month = values["birth_month"]
    if values["list_number"] is not None and not LIST_NUMBER.fullmatch(values["list_number"]):
        found.append(("list_number", "list_number", {}))
    if is_month_ahead(month, today):
        found.append(("birth_month", "month_future", {}))
    elif month.year < FIRST_YEAR:
        found.append(("birth_month", "month_early", {}))
    planned = values.get("planned_on")
    if planned is not None and planned < month:
        found.append(("planned_on", "before_birth", {}))
    elif planned is not None and (planned - today).days > 366:
        found.append(("planned_on", "planned_far", {}))
    for field in ("refused_on", "handbook_on"):
        day = values.get(field)
        if day is not None and day > today:
            found.append((field, "future", {}))
        elif day is not None and day < month and field == "refused_on":
            found.append((field, "before_birth", {}))
    if values.get("refused_on") is not None:
        if values.get("visited"):
            found.append(("refused_on", "visited", {}))
        if not 2 <= len(values.get("refused_reason") or "") <= 100:
            found.append(("refused_reason", "reason", {}))
    elif values.get("refused_reason"):
        found.append(("refused_on", "no_refusal", {}))
    return found


def visit_problems(
    month: date, visited_on: date, topics: list[str], note: str, today: date
) -> list[tuple[str, str, dict]]:
    found = []
    if visited_on > today:
        found.append(("visited_on", "future", {}))
    elif visited_on < month:
        found.append(("visited_on", "before_birth", {}))
    if not topics or set(topics) - TOPICS.keys():
        found.append(("topics", "topics", {}))
    if len(note) > NOTE:
        found.append(("note", "note", {}))
    return found


def births_problems(
    month: date, total: int, resident: int, source: str, counted_on: date, today: date
) -> list[tuple[str, str, dict]]:
    found = []
    if is_month_ahead(month, today):
        found.append(("month", "month_future", {}))
    elif month.year < FIRST_YEAR:
        found.append(("month", "month_early", {}))
    for field, number in (("total", total), ("resident", resident)):
        if not 0 <= number <= MOST_BIRTHS:
            found.append((field, "counts", {}))
    if resident > total:
        found.append(("resident", "resident", {}))
    if not 2 <= len(source) <= 200:
        found.append(("source", "source", {}))
    if counted_on > today:
        found.append(("counted_on", "future", {}))
    elif counted_on < month:
        found.append(("counted_on", "before_birth", {}))
    return found
