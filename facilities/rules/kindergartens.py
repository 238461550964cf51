"""What may stand in the list of kindergartens."""

from __future__ import annotations

import re
from datetime import date

from portal.rules.machine import marked

FIELDS = ("code", "name", "street", "ownership", "opened_on", "closed_on", "works", "works_on", "facility")
CODE = re.compile(r"[A-Z0-9]{2,12}")
EARLIEST = date(1900, 1, 1)

PROBLEMS = {
    "code": marked("写编号，2 到 12 位字母或数字"),
    "name": marked("写名称，2 到 100 个字"),
    "early": marked("早于 1900 年。核对年份"),
    "future": marked("还没到这一天"),
    "before": marked("不能早于开办日期"),
    "works": marked("填了建设完成日期，就选是新建还是改扩建"),
    "not_integrated": marked("%(code)s 不是托幼一体"),
}


def problems(values: dict, today: date) -> list[tuple[str, str, dict]]:
    """What does not make sense: (field, key of PROBLEMS, facts). values: as in FIELDS, facility apart."""
    found: list[tuple[str, str, dict]] = []
    if not CODE.fullmatch(values["code"]):
        found.append(("code", "code", {}))
    if not 2 <= len(values["name"].strip()) <= 100:
        found.append(("name", "name", {}))
    for field in ("opened_on", "closed_on", "works_on"):
        day = values.get(field)
        if day is not None and day < EARLIEST:
            found.append((field, "early", {}))
        elif day is not None and day > today:
            found.append((field, "future", {}))
    closed = values.get("closed_on")
    if closed is not None and closed < values["opened_on"]:
        found.append(("closed_on", "before", {}))
    if values.get("works_on") is not None and not values.get("works"):
        found.append(("works", "works", {}))
    return found
