"""Places that must have a nursing room (母婴设施), and what state theirs is in.

Source: 市创建文件 三（三）: 应配置母婴设施的公共场所和用人单位实现母婴设施全覆盖. It names no threshold of
area or visitors: the district says on what clause a place stands on the list, and enters both where it knows them.
"""

from __future__ import annotations

from datetime import date

from portal.rules.machine import marked

PUBLIC, EMPLOYER = "public", "employer"
KINDS = {PUBLIC: marked("公共场所"), EMPLOYER: marked("用人单位")}
FIELDS = (
    "kind", "name", "street", "address", "basis", "area", "visitors", "listed_on", "state", "planned_for", "opened_on",
    "equipment", "checked_on", "ended_on",
)  # fmt: skip
PUBLIC_TEXTS = ("name", "address", "equipment")
EARLIEST = date(2000, 1, 1)
MOST_AREA, MOST_VISITORS = 5_000_000, 5_000_000

PROBLEMS = {
    "choice": marked("从列表里选一个"),
    "name": marked("写名称，2 到 80 个字"),
    "address": marked("写地址，2 到 200 个字"),
    "basis": marked("写按哪个文件哪一条应当配置，4 到 200 个字"),
    "area": marked("填 1 到 5000000 之间的平方米数"),
    "visitors": marked("填 1 到 5000000 之间的人数"),
    "equipment": marked("最多 200 个字"),
    "planned": marked("计划建的填计划启用日期"),
    "opened": marked("已启用的填启用日期"),
    "not_open": marked("只有已启用的填启用日期和检查日期"),
    "early": marked("早于 2000 年。核对年份"),
    "future": marked("还没到这一天"),
    "before": marked("不能早于启用日期"),
    "ended": marked("不能早于列入名单的日期"),
    "step": marked("不能从“%(was)s”改成“%(now)s”"),
}


def problems(values: dict, today: date) -> list[tuple[str, str, dict]]:
    """What does not make sense: (field, key of PROBLEMS, facts). values: as in FIELDS, street apart."""
    found: list[tuple[str, str, dict]] = []
    if values["kind"] not in KINDS:
        found.append(("kind", "choice", {}))
    for field, least, most in (
        ("name", 2, 80),
        ("address", 2, 200),
        ("basis", 4, 200),
        ("equipment", 0, 200),
    ):
        if not least <= len(values[field]) <= most:
            found.append((field, field, {}))
    for field, most in (("area", MOST_AREA), ("visitors", MOST_VISITORS)):
        if values[field] is not None and not 1 <= values[field] <= most:
            found.append((field, field, {}))
    state = values["state"]
    if state == "planned" and values["planned_for"] is None:
        found.append(("planned_for", "planned", {}))
    if state == "open" and values["opened_on"] is None:
        found.append(("opened_on", "opened", {}))
    if state != "open" and (values["opened_on"] or values["checked_on"]):
        found.append(("opened_on", "not_open", {}))
    for field in ("listed_on", "opened_on", "checked_on", "ended_on", "planned_for"):
        day = values[field]
        if day is not None and day < EARLIEST:
            found.append((field, "early", {}))
        elif day is not None and day > today and field != "planned_for":
            found.append((field, "future", {}))
    if values["opened_on"] and values["checked_on"] and values["checked_on"] < values["opened_on"]:
        found.append(("checked_on", "before", {}))
    if values["ended_on"] and values["ended_on"] < values["listed_on"]:
        found.append(("ended_on", "ended", {}))
    return found
