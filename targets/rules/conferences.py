"""The joint conference (联席会议): states, what an agenda and a decision must say."""

from __future__ import annotations

from datetime import date, datetime, time

from portal.rules.machine import Machine, Transition, marked

CONFERENCE = Machine(
    name="conference",
    label=marked("联席会议"),
    states={
        "planned": marked("筹备中"),
        "called": marked("已通知"),
        "held": marked("已开会"),
        "submitted": marked("纪要等确认"),
        "confirmed": marked("纪要已确认"),
        "closed": marked("全部办结"),
        "cancelled": marked("不开了"),
    },
    transitions=(
        Transition("change", ("planned", "called"), "planned", marked("改会议"), right="conference.keep"),
        Transition("call", ("planned",), "called", marked("发会议通知"), right="conference.keep"),
        Transition("hold", ("planned", "called"), "held", marked("记为已开会"), right="conference.keep"),
        Transition("write", ("held",), "held", marked("写纪要"), right="conference.keep"),
        Transition(
            "submit",
            ("held",),
            "submitted",
            marked("送第二人确认"),
            right="conference.keep",
            second="conference.confirm",
        ),
        Transition("return", ("submitted",), "held", marked("退回修改"), right="conference.confirm"),
        Transition("confirm", ("submitted",), "confirmed", marked("确认纪要"), right="conference.confirm"),
        Transition("close", ("confirmed",), "closed", marked("办结"), right="conference.keep"),
        Transition("cancel", ("planned", "called"), "cancelled", marked("不开了"), right="conference.keep"),
    ),
)

AGENDA_ITEM = Machine(
    name="agenda_item",
    label=marked("会议议题"),
    states={
        "proposed": marked("成员单位提议"),
        "listed": marked("列入议程"),
        "declined": marked("不列入"),
    },
    transitions=(
        Transition("accept", ("proposed", "declined"), "listed", marked("列入议程"), right="conference.keep"),
        Transition("decline", ("proposed",), "declined", marked("不列入"), right="conference.keep"),
    ),
)

DECISION = Machine(
    name="conference_decision",
    label=marked("会议决定"),
    states={
        "draft": marked("纪要还没有确认"),
        "open": marked("在办"),
        "done": marked("办成了"),
        "dropped": marked("不再办理"),
    },
    transitions=(
        Transition("begin", ("draft",), "open", marked("确认纪要"), right="conference.confirm"),
        Transition("done", ("open",), "done", marked("办结"), right="conference.keep"),
        Transition("drop", ("open",), "dropped", marked("不再办理"), right="conference.keep"),
    ),
)

#: States in which the minutes are fixed.
FIXED = ("confirmed", "closed")
LEAD, SUPPORT = "lead", "support"
PLACE, CHAIR, TOPIC, TEXT, DECIDED, NOTE = (2, 100), (2, 60), (2, 200), (5, 5000), (5, 1000), (2, 200)
#: A meeting is entered a year before it takes place at most, and its minutes of the last three years at most.
AHEAD, BACK = 366, 3 * 366

SENTENCES = {
    "number": marked("第几次：填 1 到 99 之间的数"),
    "on": marked("会议日期：要开的在今后一年以内，补记的在最近三年以内"),
    "place": marked("地点：写 2 到 100 个字"),
    "chair": marked("主持人：写 2 到 60 个字，职务和姓名"),
    "units": marked("参加单位：至少选两个"),
    "both": marked("列席单位：%(unit)s 已经选在成员单位里，去掉一处"),
    "topic": marked("议题：写 2 到 200 个字"),
    "text": marked("议定的内容：写 5 到 5000 个字，会上怎么说的、怎么定的"),
    "decided": marked("决定：写 5 到 1000 个字"),
    "due_on": marked("办理期限：不能早于会议当天（%(day)s），也不能晚于五年以后"),
    "lead": marked("牵头单位：有配合单位或者期限的决定，要有一个牵头单位"),
    "twice": marked("配合单位：%(unit)s 已经牵头，去掉一处"),
    "note": marked("原因：写 2 到 200 个字"),
    "person": marked("出席的要写职务和姓名"),
    "attendance": marked("选出席、请假或者没有到"),
}


def fits(text: str, limits: tuple[int, int]) -> bool:
    return limits[0] <= len(text) <= limits[1]


def meeting_problems(values: dict, units: int, on: date) -> dict[str, str]:
    """Field -> key of SENTENCES."""
    found = {}
    if not 1 <= values["number"] <= 99:
        found["number"] = "number"
    days = (values["on"] - on).days
    if not -BACK <= days <= AHEAD:
        found["on"] = "on"
    for name, limits in (("place", PLACE), ("chair", CHAIR)):
        if not fits(values[name], limits):
            found[name] = name
    if units < 2:
        found["members"] = "units"
    return found


def decision_problems(
    text: str, due_on: date | None, leads: int, supports: int, met_on: date
) -> dict[str, str]:
    """Field -> key of SENTENCES. A decision that gives nobody anything to do has no unit and no day."""
    found = {}
    if not fits(text, DECIDED):
        found["text"] = "decided"
    if due_on is not None and not met_on <= due_on <= met_on.replace(
        year=met_on.year + 5, day=min(met_on.day, 28)
    ):
        found["due_on"] = "due_on"
    if not leads and (supports or due_on):
        found["lead"] = "lead"
    return found


def overdue(state: str, due_on: date | None, on: date) -> bool:
    return state == "open" and due_on is not None and due_on < on


def begun(on: date, starts_at: time, now: datetime) -> bool:
    """Whether a meeting's hour is over, by the local clock: then a notice of it comes too late."""
    return (on, starts_at) <= (now.date(), now.time())
