"""Lecturers and the courses that they give to those who guide families and to families.

Sources: 浦东 三（三）2, 附件 14 (课程和讲师的资源库), 三（三）4 (隔代养育课程), 三（四）4 (区本托班活动和科学育儿指导课程).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from guidance.rules import resources
from portal.rules.machine import marked

THEMES = resources.THEMES
AUDIENCES = {
    "trainers": marked("培训人员"),
    "staff": marked("从业人员和指导人员"),
    "parents": marked("父母"),
    "grandparents": marked("祖辈"),
}
DAYS = {
    "1": marked("星期一"), "2": marked("星期二"), "3": marked("星期三"), "4": marked("星期四"), "5": marked("星期五"),
    "6": marked("星期六"), "7": marked("星期日"),
}  # fmt: skip
LECTURER_FIELDS = ("name", "field", "employer", "phone", "days", "agreed_on")
COURSE_FIELDS = ("title", "theme", "audience", "hours", "own", "summary", "listed_on", "active")
EARLIEST = date(2015, 1, 1)

PROBLEMS = {
    "choice": marked("从列表里选"),
    "name": marked("写姓名，2 到 40 个字"),
    "field": marked("写擅长什么，2 到 80 个字"),
    "employer": marked("写单位，2 到 80 个字"),
    "phone": marked("写 11 位手机号"),
    "agreed": marked("填本人同意入库的日期：不同意的不能登记"),
    "early": marked("早于 2015 年。核对年份"),
    "future": marked("还没到这一天"),
    "title": marked("写课程名称，2 到 80 个字"),
    "hours": marked("填 0.5 到 200 之间的课时"),
    "summary": marked("最多 300 个字"),
}


def _day(field: str, day: date | None, today: date) -> list[tuple[str, str, dict]]:
    if day is None:
        return [(field, "agreed", {})]
    if day < EARLIEST:
        return [(field, "early", {})]
    return [(field, "future", {})] if day > today else []


def lecturer_problems(values: dict, today: date) -> list[tuple[str, str, dict]]:
    """What does not make sense of a lecturer; values: as in LECTURER_FIELDS, the phone tidied."""
    found: list[tuple[str, str, dict]] = []
    for field, most in (("name", 40), ("field", 80), ("employer", 80)):
        if not 2 <= len(values[field]) <= most:
            found.append((field, field, {}))
    if not values["phone"]:
        found.append(("phone", "phone", {}))
    if set(values["days"]) - DAYS.keys():
        found.append(("days", "choice", {}))
    return found + _day("agreed_on", values["agreed_on"], today)


def course_problems(values: dict, today: date) -> list[tuple[str, str, dict]]:
    """What does not make sense of a course; values: as in COURSE_FIELDS."""
    found: list[tuple[str, str, dict]] = []
    if not 2 <= len(values["title"]) <= 80:
        found.append(("title", "title", {}))
    for field, known in (("theme", THEMES), ("audience", AUDIENCES)):
        if values[field] not in known:
            found.append((field, "choice", {}))
    if not Decimal("0.5") <= values["hours"] <= 200:
        found.append(("hours", "hours", {}))
    if len(values["summary"]) > 300:
        found.append(("summary", "summary", {}))
    return found + _day("listed_on", values["listed_on"], today)
