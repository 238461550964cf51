"""Training: what a session may be, how hours of a year stand and will stand, what a list of attendance says."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from portal.rules import headings, personal
from portal.rules.cells import NO as NO_WORDS
from portal.rules.cells import YES as YES_WORDS
from portal.rules.machine import Machine, Transition, marked

SESSION = Machine(
    name="training_session",
    label=marked("培训场次"),
    states={"open": marked("报名中"), "held": marked("已结课"), "cancelled": marked("已取消")},
    transitions=(
        Transition("hold", ("open", "held"), "held", marked("登记出勤"), right="training.manage"),
        Transition("cancel", ("open",), "cancelled", marked("取消"), right="training.manage"),
    ),
)

MACHINES = (SESSION,)
CAPACITY = (1, 2000)
AHEAD_DAYS = 730

PROBLEMS = {
    "choice": marked("从列表里选一个"),
    "text": marked("填 2 到 120 个字"),
    "place": marked("写地点；线上的写平台或网址"),
    "hours": marked("填 0.5 到 200 之间的数，一次培训最多 200 课时"),
    "capacity": marked("填 1 到 2000 之间的数"),
    "ends_before": marked("不能早于开课那天"),
    "too_long": marked("离开课超过 180 天。分成几场登记"),
    "far": marked("离今天太远。核对年份"),
    "until_late": marked("不能晚于开课那天"),
    "future": marked("还没到这一天"),
    "done_early": marked("早于 1970 年。核对年份"),
} | personal.PROBLEMS


def session_problems(
    *, place: str, starts_on: date, ends_on: date, sign_up_until: date, capacity: int, today: date
) -> list[tuple[str, str, dict]]:
    """(field, key of PROBLEMS, facts)."""
    wrong = []
    if not 2 <= len(place) <= 200:
        wrong.append(("place", "place", {}))
    if abs(starts_on - today) > timedelta(AHEAD_DAYS):
        wrong.append(("starts_on", "far", {}))
    if ends_on < starts_on:
        wrong.append(("ends_on", "ends_before", {}))
    elif ends_on - starts_on > timedelta(180):
        wrong.append(("ends_on", "too_long", {}))
    if sign_up_until > starts_on:
        wrong.append(("sign_up_until", "until_late", {}))
    if not CAPACITY[0] <= capacity <= CAPACITY[1]:
        wrong.append(("capacity", "capacity", {}))
    return wrong


def forecast(done: Decimal, coming: Decimal) -> Decimal:
    """Hours at the year's end: what is done, and what is signed up for and ends within the year."""
    return done + coming


@dataclass(frozen=True)
class Came:
    """One line of a list of attendance, read and understood."""

    code: str
    attended: bool
    hours: Decimal | None
    passed: bool


@dataclass(frozen=True)
class Line:
    """A line as it stands in the file (row counted as the spreadsheet does), what it means, and what is wrong with it."""

    row: int
    cells: tuple[str, ...]
    came: Came | None
    wrong: tuple[str, dict] | None = None


#: What a heading may be called -> what the column means.
HEADINGS = {
    "code": ("人员编号", "编号", "工号"),  # content
    "name": ("姓名",),  # content
    "attended": ("出勤", "到课", "签到", "是否出勤"),  # content
    "hours": ("课时", "实得课时", "学时"),  # content
    "passed": ("合格", "考核", "是否合格", "考核合格"),  # content
}
NAMES = {headings.key(name): meaning for meaning, names in HEADINGS.items() for name in names}
YES = YES_WORDS | {"到", "已到", "出勤"}  # content
NO = NO_WORDS | {"缺", "缺席", "缺勤", "未到"}  # content
LIST_PROBLEMS = {
    "headings": marked("没有找到“编号”和“出勤”两列。用本页的模板"),
    "code": marked("没有编号"),
    "unknown": marked("编号 %(code)s 没有报这一场"),
    "twice": marked("和第 %(row)d 行重复"),
    "name": marked("编号 %(code)s 登记的不是“%(name)s”"),
    "attended": marked("出勤填“是”或“否”，现在是“%(given)s”"),
    "passed": marked("合格填“是”或“否”，现在是“%(given)s”"),
    "hours": marked("课时填 0.5 到 %(most)s 之间的数，现在是“%(given)s”"),
}


def plain(cell) -> str:
    """A cell as text: half width, without blanks at the ends; a whole number without its point."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, bool):
        cell = "是" if cell else "否"  # content
    return " ".join(unicodedata.normalize("NFKC", str(cell)).split())


def read_attendance(
    rows: list[list], signed: dict[str, str], most: Decimal
) -> tuple[list[Line], tuple[str, dict]]:
    """The lines of a sheet, and a fault of the whole (key of LIST_PROBLEMS, facts) or ("", {}).

    rows: cells as they come out of the file, titles above the headings allowed. signed: code -> name of those who
    signed up. most: the hours of the course, which a line without hours means.
    """
    found = headings.find(rows[: headings.SEARCHED_ROWS + headings.HEADING_ROWS], NAMES)
    if found is None or not {"code", "attended"} <= found.columns.keys():
        return [], ("headings", {})
    places = found.columns
    needed = [places["code"], places["attended"]]
    lines: list[Line] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, 1):
        if number <= found.last or headings.no_record(row, needed):
            continue
        cells = {m: plain(row[p]) if p < len(row) else "" for m, p in places.items()}
        if not any(cells.values()):
            continue
        came, key, facts = understood(cells, signed, most)
        if not key and cells["code"] in seen:
            key, facts = "twice", {"row": seen[cells["code"]]}
        seen.setdefault(cells["code"], number)
        shown = tuple(cells.get(meaning, "") for meaning in HEADINGS)
        lines.append(Line(number, shown, None if key else came, (LIST_PROBLEMS[key], facts) if key else None))
    return lines, ("", {})


def understood(cells: dict[str, str], signed: dict[str, str], most: Decimal) -> tuple[Came | None, str, dict]:
    code = cells["code"].upper()
    if not code:
        return None, "code", {}
    if code not in signed:
        return None, "unknown", {"code": code}
    if cells.get("name") and cells["name"] != signed[code]:
        return None, "name", {"code": code, "name": cells["name"]}
    attended = answer(cells["attended"])
    if attended is None:
        return None, "attended", {"given": cells["attended"]}
    passed = answer(cells.get("passed") or "是")  # content
    if passed is None:
        return None, "passed", {"given": cells["passed"]}
    hours = most
    if cells.get("hours"):
        try:
            hours = Decimal(cells["hours"])
        except InvalidOperation:
            hours = Decimal("nan")
        if not (hours.is_finite() and Decimal("0.5") <= hours <= most and hours * 10 % 1 == 0):
            return None, "hours", {"given": cells["hours"], "most": f"{most.normalize():f}"}
    return Came(code, attended, hours if attended else None, passed and attended), "", {}


def answer(word: str) -> bool | None:
    word = word.upper()
    return True if word in YES else False if word in NO else None
