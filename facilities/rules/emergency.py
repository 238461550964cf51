"""What may stand in an emergency plan and in a drill, and when the next one is due. Plain values only."""

from __future__ import annotations

from datetime import date

from facilities.rules.records import EARLIEST
from portal.rules.clocks import months_after
from portal.rules.machine import marked

#: Kinds of plan. Which of them every facility must have is the district's parameter `emergency.kinds`.
KINDS = {
    "public_health": marked("公共卫生"),
    "fire": marked("消防安全"),
    "first_aid": marked("急症救治"),
    "food": marked("食品安全"),
    "weather": marked("极端天气与自然灾害"),
    "violence": marked("外来人员侵害"),
    "missing": marked("幼儿走失"),
}
#: What has a clock of its own for drills; the others share one parameter.
FIRE = "fire"
RESULTS = {"good": marked("达到要求"), "mend": marked("有不足")}
PEOPLE = (0, 500)
FILES = (1, 6)
LONGEST_REVIEW_YEARS = 5

PROBLEMS = {
    "choice": marked("从列表里选一个"),
    "early": marked("早于 1949 年 10 月。核对年份"),
    "future": marked("还没到这一天"),
    "title": marked("写预案名称，2 到 120 个字"),
    "person": marked("写姓名，1 到 40 个字"),
    "file": marked("传预案的文件"),
    "review_before": marked("要晚于批准日期"),
    "review_long": marked("超过批准后 5 年。核对年份"),
    "not_newer": marked("要晚于第 %(version)d 版的批准日期 %(day)s"),
    "scenario": marked("写演练内容，4 到 200 个字"),
    "staff": marked("至少 1 人参加，填 1 到 500 之间的数"),
    "people": marked("填 0 到 500 之间的数"),
    "partners": marked("最多 100 个字"),
    "before_plan": marked("早于这一版预案的批准日期 %(day)s。选当时的预案，或核对日期"),
    "mend": marked("有不足的写明是什么，怎么改"),
    "text": marked("最多 1000 个字"),
    "evidence": marked("至少传一份照片、签到表或记录，最多 6 份"),
}


def plan_problems(values: dict, *, last: tuple[int, date] | None, today: date) -> list[tuple[str, str, dict]]:
    """values: kind, title, approved_on, approved_by, review_on, has_file; last: version and day of the plan in force."""
    wrong: list[tuple[str, str, dict]] = []
    approved = values["approved_on"]
    if values["kind"] not in KINDS:
        wrong.append(("kind", "choice", {}))
    if not 2 <= len(values["title"]) <= 120:
        wrong.append(("title", "title", {}))
    if not 1 <= len(values["approved_by"]) <= 40:
        wrong.append(("approved_by", "person", {}))
    if approved < EARLIEST:
        wrong.append(("approved_on", "early", {}))
    elif approved > today:
        wrong.append(("approved_on", "future", {}))
    elif last is not None and approved <= last[1]:
        wrong.append(("approved_on", "not_newer", {"version": last[0], "day": last[1].isoformat()}))
    if values["review_on"] <= approved:
        wrong.append(("review_on", "review_before", {}))
    elif values["review_on"].year - approved.year > LONGEST_REVIEW_YEARS:
        wrong.append(("review_on", "review_long", {}))
    if not values["has_file"]:
        wrong.append(("upload", "file", {}))
    return wrong


def drill_problems(values: dict, *, approved_on: date, today: date) -> list[tuple[str, str, dict]]:
    """values: held_on, scenario, leader, staff_count, child_count, partners, result, problems, measures, files."""
    wrong: list[tuple[str, str, dict]] = []
    held = values["held_on"]
    if held < EARLIEST:
        wrong.append(("held_on", "early", {}))
    elif held > today:
        wrong.append(("held_on", "future", {}))
    elif held < approved_on:
        wrong.append(("held_on", "before_plan", {"day": approved_on.isoformat()}))
    if not 4 <= len(values["scenario"]) <= 200:
        wrong.append(("scenario", "scenario", {}))
    if not 1 <= len(values["leader"]) <= 40:
        wrong.append(("leader", "person", {}))
    if not 1 <= values["staff_count"] <= PEOPLE[1]:
        wrong.append(("staff_count", "staff", {}))
    if not PEOPLE[0] <= values["child_count"] <= PEOPLE[1]:
        wrong.append(("child_count", "people", {}))
    if len(values["partners"]) > 100:
        wrong.append(("partners", "partners", {}))
    if values["result"] not in RESULTS:
        wrong.append(("result", "choice", {}))
    for name in ("problems", "measures"):
        if len(values[name]) > 1000:
            wrong.append((name, "text", {}))
        elif values["result"] == "mend" and not values[name]:
            wrong.append((name, "mend", {}))
    if not FILES[0] <= values["files"] <= FILES[1]:
        wrong.append(("uploads", "evidence", {}))
    return wrong


def drill_due(
    kind: str, approved_on: date, drilled_on: date | None, months: dict[str, int | None]
) -> date | None:
    """When the next drill of a plan is due: some months after the last one, or after the approval of a plan that was
    never drilled. months: `fire` and `other`, the district's; None where the district has no number."""
    number = months["fire" if kind == FIRE else "other"]
    return None if number is None else months_after(drilled_on or approved_on, number)
