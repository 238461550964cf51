"""Who is in a month's pool of inspectors, and what may stand in their register."""

from __future__ import annotations

import re
from datetime import date

from portal.rules.machine import marked

_code = re.compile(r"[A-Za-z0-9-]{2,12}").fullmatch
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)

EMPLOYED_FROM = date(1960, 1, 1)


def kept_until(ends_on: date | None, years: int) -> date | None:
    """The last day on which an employer keeps an inspector apart from it: so many years after the work ended."""
    if ends_on is None:
        return None
    day = 28 if (ends_on.month, ends_on.day) == (2, 29) else ends_on.day
    return min(ends_on.replace(year=min(ends_on.year + years, LATEST.year), day=day), LATEST)


#: Why somebody is not in the pool of a month.
OUT = {
    "inactive": marked("不在岗"),
    "before": marked("执法证还没有生效"),
    "lapses": marked("执法证在这个月里到期"),
    "lapsed": marked("执法证已到期"),
    "streets": marked("没有服务的街镇"),
}
PROBLEMS = {
    "code": marked("用 2 到 12 个字母、数字和短横，比如 JC012"),
    "name": marked("写姓名，2 到 40 个字"),
    "licence_number": marked("写执法证号，2 到 40 个字"),
    "licence_from": marked("起止日期要在 1990 年到 2100 年之间"),
    "licence_until": marked("不能早于执法证起"),
    "expertise": marked("最多写 10 项专长，每项不超过 20 个字"),
    "streets": marked("至少选一个街镇"),
}


def out_of_pool(
    active: bool, licence_from: date, licence_until: date, streets: int, first: date, last: date
) -> str:
    """The key of OUT for a month from `first` to `last`, '' for who is in. The licence must hold throughout."""
    if not active:
        return "inactive"
    if licence_from > first:
        return "before"
    if licence_until < first:
        return "lapsed"
    if licence_until < last:
        return "lapses"
    return "" if streets else "streets"


def problems(values: dict) -> list[tuple[str, str]]:
    """(field, key of PROBLEMS)."""
    found = []
    if not _code(values["code"]):
        found.append(("code", "code"))
    if not 2 <= len(values["name"].strip()) <= 40:
        found.append(("name", "name"))
    if not 2 <= len(values["licence_number"].strip()) <= 40:
        found.append(("licence_number", "licence_number"))
    for name in ("licence_from", "licence_until"):
        if not EARLIEST <= values[name] <= LATEST:
            found.append((name, "licence_from"))
    if values["licence_until"] < values["licence_from"]:
        found.append(("licence_until", "licence_until"))
    if len(values["expertise"]) > 10 or any(len(one) > 20 for one in values["expertise"]):
        found.append(("expertise", "expertise"))
    if not values["streets"]:
        found.append(("streets", "streets"))
    return found


def changes(before: list[dict], after: list[dict], fields: tuple[str, ...]) -> tuple[list, list, list]:
    """Two lists of F, by id: (who came, who left, who changed as (row before, row after, changed fields))."""
    old = {row["id"]: row for row in before}
    new = {row["id"]: row for row in after}
    came = [new[key] for key in sorted(new.keys() - old.keys())]
    left = [old[key] for key in sorted(old.keys() - new.keys())]
    changed = []
    for key in sorted(old.keys() & new.keys()):
        names = [name for name in fields if old[key][name] != new[key][name]]
        if names:
            changed.append((old[key], new[key], names))
    return came, left, changed
