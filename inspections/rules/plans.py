"""What may stand in a yearly plan, its clock, and what a rehearsal says about its feasibility."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from inspections.rules.frozen import GRADES
from portal.rules import personal
from portal.rules.machine import marked

YEARS = range(2000, 3000)
#: How a plan is named: its year, and the number of its revision.
SLUG = r"[0-9]{4}(?:-[1-9][0-9]?)?"
MOST_REVISIONS = 99
REASON = (5, 200)
MOST_RATE, MOST_TEAM, MOST_CAP = 1000, 10, 60
MOST_FREEZE, MOST_WINDOW, MOST_LAST = 31, 20, 28
#: Warned from 1 March, red from 31 March on (上海市优化营商环境条例第六十二条: public by 31 March).
WARN, LATE = (3, 1), (3, 31)
_slug = re.compile(SLUG).fullmatch
_key = re.compile(r"[a-z0-9][a-z0-9-]{1,39}").fullmatch

PROBLEMS = {
    "year": marked("填 2000 到 2999 之间的数"),
    "title": marked("写标题，4 到 120 个字"),
    "days": marked("填 1 到 23 之间的整数"),
    "visits": marked("填 1 到 10 之间的整数"),
    "key": marked("用 2 到 40 个小写字母、数字和短横，比如 safety-health"),
    "name": marked("写名称，2 到 80 个字"),
    "subject": marked("写检查事项，2 到 200 个字"),
    "kinds": marked("至少选一种机构"),
    "rate": marked("填 0 到 1000 之间的整数，按千分之几算"),
    "rates_rise": marked("等级越差，再抽的比例不能越低"),
    "team_size": marked("填 2 到 10 之间的整数，每组至少 2 人"),
    "cap": marked("填 1 到 60 之间的整数"),
    "freeze": marked("填 1 到 31 之间的整数"),
    "window": marked("填 1 到 20 之间的整数"),
    "last_day": marked("填 1 到 28 之间的整数"),
} | personal.PROBLEMS


def problems_of_plan(values: dict) -> list[tuple[str, str, dict]]:
    """(field, key of PROBLEMS, facts) of title, inspector_days, visits_a_day."""
    found = []
    if not 4 <= len(values["title"].strip()) <= 120:
        found.append(("title", "title", {}))
    found += [(*one, {}) for one in personal.problems(values, "title")]
    if not 1 <= values["inspector_days"] <= 23:
        found.append(("inspector_days", "days", {}))
    if not 1 <= values["visits_a_day"] <= 10:
        found.append(("visits_a_day", "visits", {}))
    return found


def problems_of_scheme(values: dict) -> list[tuple[str, str, dict]]:
    """(field, key of PROBLEMS, facts) of one line of the plan; rates are named `rate_a` to `rate_d`."""
    found = []
    if not _key(values["key"]):
        found.append(("key", "key", {}))
    if not 2 <= len(values["name"].strip()) <= 80:
        found.append(("name", "name", {}))
    if not 2 <= len(values["subject"].strip()) <= 200:
        found.append(("subject", "subject", {}))
    found += [(*one, {}) for one in personal.problems(values, "name", "subject")]
    if not values["kinds"]:
        found.append(("kinds", "kinds", {}))
    before = 0
    for grade in GRADES:
        rate = values["rates_permille"][grade]
        if not 0 <= rate <= MOST_RATE:
            found.append((f"rate_{grade.lower()}", "rate", {}))
        elif rate < before:
            found.append((f"rate_{grade.lower()}", "rates_rise", {}))
        else:
            before = rate
    for name, low, high, key in (
        ("team_size", 2, MOST_TEAM, "team_size"),
        ("cap", 1, MOST_CAP, "cap"),
        ("freeze_days_before", 1, MOST_FREEZE, "freeze"),
        ("window_days", 1, MOST_WINDOW, "window"),
        ("last_day", 1, MOST_LAST, "last_day"),
    ):
        if not low <= values[name] <= high:
            found.append((name, key, {}))
    return found


def named(text: str) -> tuple[int, int]:
    """Year and revision of a plan's name; (0, 0) for what is none."""
    if not _slug(text):
        return 0, 0
    year, _dash, revision = text.partition("-")
    return int(year), int(revision or 0)


@dataclass(frozen=True)
class Change:
    """A line of a plan that its revision has not, has new, or has otherwise; `fields`: (name, before, after)."""

    what: str  # added, removed, changed
    name: str
    fields: tuple[tuple[str, object, object], ...] = ()


#: What of a line the public plan says, in the order in which it says it; of the names that it keeps beside codes, the names.
TOLD = (
    "name", "subject", "kinds", "checklist_names", "unit_names", "joint", "team_size", "rates_permille", "cap",
    "freeze_days_before", "window_days", "last_day", "chained_allowed",
)  # fmt: skip


def changes(before: dict, after: dict) -> list[Change]:
    """What a revision's content has otherwise than the content before it: in the order of its lines, what is gone last."""
    old = {one["key"]: one for one in before["schemes"]}
    found = []
    for line in after["schemes"]:
        was = old.pop(line["key"], None)
        if was is None:
            found.append(Change("added", line["name"]))
            continue
        fields = tuple((name, was.get(name), line[name]) for name in TOLD if was.get(name) != line[name])
        if fields:
            found.append(Change("changed", line["name"], fields))
    return found + [Change("removed", one["name"]) for one in old.values()]


def clock(year: int, on: date) -> str:
    """How late the year's unpublished plan is on a day: '', 'warn' from 1 March, 'bad' from 31 March on."""
    if on < date(year, *WARN):
        return ""
    return "warn" if on < date(year, *LATE) else "bad"


def due(year: int) -> date:
    return date(year, *LATE)


# --- Feasibility -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """One thing that the rehearsal shows: a state (ok, warn, bad), a key of FOUND, its facts, whom it names."""

    state: str
    key: str
    facts: dict
    names: tuple[str, ...] = ()


FOUND = {
    "floor_met": marked("每家在办机构全年至少查到一次：%(runs)d 次演练里没有例外"),
    "floor": marked("%(n)d 家机构有的演练里全年没有查到，都是先到了年度上限。提高上限，或减少方案"),
    "none_left": marked("%(n)d 个街镇有的月份没有可以抽的机构：都到了年度上限"),
    "cap_exceeded": marked("%(n)d 家机构在同一个月被几个方案一起抽到，超过年度上限。错开方案，或提高上限"),
    "cap_reached": marked("%(n)d 家机构有的演练里到了年度上限，之后不再抽"),
    "uncovered": marked("%(n)d 家在办机构的种类不在任何方案里，全年不会抽到"),
    "short": marked("%(n)d 个街镇有的检查组凑不齐人。增加服务这些街镇的检查人员"),
    "over": marked("%(n)d 名检查人员半数以上的演练里最忙的月份超过 %(capacity)d 家，人手不够"),
    "over_once": marked("%(n)d 名检查人员有的演练里最忙的月份超过 %(capacity)d 家"),
    "capacity_met": marked("检查人员每月都在 %(capacity)d 家以内"),
    "frozen_early": marked(
        "方案“%(scheme)s”提前 %(days)d 天冻结，上个月最迟 %(last)d 日才抽：上个月抽到的，名单里还会算没有查过"
    ),
    "licences": marked("%(n)d 名检查人员的执法证在这一年里到期，到期那个月起不进名单"),
    "empty": marked("没有在办机构可以抽"),
}


def feasibility(result: dict, schemes: list[dict]) -> list[Found]:
    """What the bureau and whoever approves have to know, gravest first. `result`: services/rehearsals.py."""
    found: list[Found] = []
    runs, capacity = result["runs"], result["capacity"]
    if not result["objects"]:
        return [Found("bad", "empty", {})]
    facilities = result["facilities"]

    def about(key: str) -> tuple[str, ...]:
        return tuple(row["code"] for row in facilities if row[key])

    missed = about("missed")
    if missed:
        found.append(Found("bad", "floor", {"n": len(missed)}, missed))
    else:
        found.append(Found("ok", "floor_met", {"runs": runs}))
    exceeded = about("exceeded")
    if exceeded:
        found.append(Found("bad", "cap_exceeded", {"n": len(exceeded)}, exceeded))
    none_left = tuple(row["code"] for row in result["streets"] if row["none_left"])
    if none_left:
        found.append(Found("bad", "none_left", {"n": len(none_left)}, none_left))
    reached = about("reached")
    if reached:
        found.append(Found("warn", "cap_reached", {"n": len(reached)}, reached))
    if result["uncovered"]:
        found.append(Found("warn", "uncovered", {"n": len(result["uncovered"])}, tuple(result["uncovered"])))
    short = tuple(row["code"] for row in result["streets"] if row["short"][4])
    if short:
        found.append(Found("bad", "short", {"n": len(short)}, short))
    often = tuple(row["code"] for row in result["inspectors"] if row["busiest"][2] > capacity)
    once = tuple(
        row["code"] for row in result["inspectors"] if row["busiest"][2] <= capacity < row["busiest"][4]
    )
    if often:
        found.append(Found("bad", "over", {"n": len(often), "capacity": capacity}, often))
    if once:
        found.append(Found("warn", "over_once", {"n": len(once), "capacity": capacity}, once))
    if not often and not once:
        found.append(Found("ok", "capacity_met", {"capacity": capacity}))
    if result["licences"]:
        found.append(Found("warn", "licences", {"n": len(result["licences"])}, tuple(result["licences"])))
    for one in schemes:
        # the freezing of the next month, at the latest in the shortest month's end
        if 28 - one["freeze_days_before"] < one["last_day"]:
            found.append(
                Found(
                    "warn",
                    "frozen_early",
                    {
                        "scheme": one["name"],
                        "days": one["freeze_days_before"],
                        "last": one["last_day"],
                    },
                )
            )
    order = {"bad": 0, "warn": 1, "ok": 2}
    return sorted(found, key=lambda one: order[one.state])
