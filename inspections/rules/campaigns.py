"""Special campaigns (专项检查) and joint operations of a street (综合执法) on plain values: what may stand in one, who is
asked, who goes where, its clock."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from portal.rules import personal
from portal.rules.machine import marked

LONGEST_DAYS = 366
MOST_FACILITIES = 500
TEAM = 2
#: The light before the last day of publication.
RED_DAYS, WARN_DAYS = 3, 10
_code = re.compile(r"[A-Z0-9-]{3,12}").fullmatch

PROBLEMS = {
    "theme": marked("写主题，4 到 80 个字"),
    "occasion": marked("写为什么要查，10 到 500 个字"),
    "basis": marked("写依据，4 到 300 个字"),
    "ends": marked("结束不能早于开始"),
    "longer": marked("最长 %(n)d 天"),
    "past": marked("开始不能早于今天"),
    "kinds": marked("至少选一种机构"),
    "matters": marked("至少选一项抽查事项"),
    "few": marked("综合执法要约两个部门以上；只有一个部门的，做专项检查"),
    "itemless": marked("%(names)s在选中的事项里没有主管的。加选事项，或者不约"),
    "reply": marked("回复期限要在今天之后、开始之前"),
    "inspectors": marked("至少选 %(n)d 名检查人员，或者约几个部门一起"),
    "both": marked("约了部门的，人员由各部门回复时报；不用在这里选"),
    "codes": marked("机构编号写得不对：%(codes)s"),
    "street": marked("选发起的街镇"),
} | personal.PROBLEMS


def codes_of(text: str) -> list[str]:
    """The facility codes that somebody typed or pasted, each once, in capital letters."""
    return list(dict.fromkeys(one.upper() for one in re.split(r"[\s,，、;；]+", text) if one))


def problems(
    values: Mapping, on: date, owners: Collection[str], names: Mapping[str, str]
) -> list[tuple[str, str, dict]]:
    """(field, key of PROBLEMS, facts) of a draft. `owners`: slugs of the departments of the chosen matters."""
    found: list[tuple[str, str, dict]] = []

    def add(field: str, key: str, **facts) -> None:
        found.append((field, key, facts))

    if not 4 <= len(values["theme"].strip()) <= 80:
        add("theme", "theme")
    if not 10 <= len(values["occasion"].strip()) <= 500:
        add("occasion", "occasion")
    if not 4 <= len(values["basis"].strip()) <= 300:
        add("basis", "basis")
    found += [(*one, {}) for one in personal.problems(values, "theme", "occasion", "basis")]
    if values["starts_on"] < on:
        add("starts_on", "past")
    if values["ends_on"] < values["starts_on"]:
        add("ends_on", "ends")
    elif (values["ends_on"] - values["starts_on"]).days >= LONGEST_DAYS:
        add("ends_on", "longer", n=LONGEST_DAYS)
    if not values["kinds"]:
        add("kinds", "kinds")
    if not values["matters"]:
        add("matters", "matters")
    wrong = [one for one in values["codes"] if not _code(one)]
    if wrong or len(values["codes"]) > MOST_FACILITIES:
        add("codes", "codes", codes="、".join(wrong[:3]))
    units = values["units"]
    if values["kind"] == "street":
        if values["street"] is None:
            add("street", "street")
        if len(units) < 2:
            add("units", "few")
    itemless = [names.get(one, one) for one in units if one not in owners]
    if values["matters"] and itemless:
        add("units", "itemless", names="、".join(itemless))
    if units:
        if values["inspectors"]:
            add("inspectors", "both")
        if values["reply_by"] is None or not on < values["reply_by"] <= values["starts_on"]:
            add("reply_by", "reply")
    elif len(values["inspectors"]) < TEAM:
        add("inspectors", "inspectors", n=TEAM)
    return found


# --- Who goes where ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Able:
    """Somebody who may be sent: code, department, the facilities that are barred for them."""

    code: str
    unit: str
    barred: frozenset[str] = frozenset()


def assign(
    facilities: Iterable[str],
    people: Sequence[Able],
    departments: Mapping[str, Sequence[str]],
    size: int = TEAM,
) -> dict[str, list[str]]:
    """Facility -> codes of its team. One of each department that the facility's visit needs, then whoever is there
    until `size` are; always the one with the fewest visits so far, then by code. A department without anybody able is
    left out, and so the team may be short: who sends it looks.

    `departments`: what a facility's visit needs, by its code; none: as many units as there can be.
    """
    load = dict.fromkeys((one.code for one in people), 0)
    found: dict[str, list[str]] = {}
    for facility in sorted(facilities):
        ranked = sorted(
            (one for one in people if facility not in one.barred), key=lambda one: (load[one.code], one.code)
        )
        team: list[Able] = []
        for unit in departments.get(facility, ()):
            able = next((one for one in ranked if one.unit == unit), None)
            if able is not None:
                team.append(able)
        for first in (True, False):  # another unit first
            for one in ranked:
                if len(team) >= size:
                    break
                if one not in team and not (first and one.unit in {other.unit for other in team}):
                    team.append(one)
        for one in team:
            load[one.code] += 1
        found[facility] = [one.code for one in team]
    return found


# --- The clock --------------------------------------------------------------------------------------


def publish_by(approved_on: date, days: int) -> date:
    return approved_on + timedelta(days=days)


def light(publish_by: date, on: date) -> str:
    """Of a campaign that is approved and not public: 'bad' when three days are left or none, 'warn' from ten on."""
    left = (publish_by - on).days
    return "bad" if left <= RED_DAYS else "warn" if left <= WARN_DAYS else "doing"
