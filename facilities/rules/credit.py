"""The credit record (诚信记录) of a facility: what is entered, how long it stands, what may be asked of it when.

An entry that speaks against a facility takes two people, is told to the facility, and takes effect when the time for an
objection is over; an honour takes effect with its confirmation.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from portal.rules import personal
from portal.rules.machine import Machine, Transition, marked

CREDIT = Machine(
    name="credit",
    label=marked("诚信记录"),
    states={
        "proposed": marked("待审定"),
        "declined": marked("不予列入"),
        "noticed": marked("已告知，异议期"),
        "in_force": marked("生效"),
        "repaired": marked("已修复"),
        "released": marked("已移出"),
        "expired": marked("已到期"),
        "revoked": marked("已撤销"),
    },
    transitions=(
        Transition(
            "notify",
            ("proposed",),
            "noticed",
            marked("审定并告知机构"),
            right="credit.propose",
            second="credit.confirm",
            when=marked("处罚、违背承诺、联合惩戒"),
        ),
        Transition(
            "accept",
            ("proposed",),
            "in_force",
            marked("审定"),
            right="credit.propose",
            second="credit.confirm",
            when=marked("荣誉、联合激励"),
        ),
        Transition("decline", ("proposed",), "declined", marked("不予列入"), right="credit.confirm"),
        Transition(
            "take_effect", ("noticed",), "in_force", marked("生效"), when=marked("异议期满，没有未决的异议")
        ),
        Transition(
            "revoke",
            ("proposed", "noticed", "in_force"),
            "revoked",
            marked("撤销"),
            right="credit.ask",
            second="credit.decide",
            when=marked("异议成立，或所依据的记录已撤销"),
        ),
        Transition(
            "repair",
            ("in_force",),
            "repaired",
            marked("信用修复"),
            right="credit.ask",
            second="credit.decide",
            when=marked("到了可以修复的日子"),
        ),
        Transition(
            "release",
            ("in_force",),
            "released",
            marked("移出"),
            right="credit.release",
            second="credit.decide",
            when=marked("区里决定，或激励名单上的机构被列入惩戒"),
        ),
        Transition("expire", ("in_force",), "expired", marked("到期"), when=marked("期限已到")),
    ),
)

#: What is asked of an entry: an objection and a repair by the facility, a release by the district.
REQUEST = Machine(
    name="credit_request",
    label=marked("诚信记录的申请"),
    states={
        "open": marked("待决定"),
        "granted": marked("同意"),
        "refused": marked("不同意"),
        "withdrawn": marked("已撤回"),
    },
    transitions=(
        Transition("grant", ("open",), "granted", marked("同意"), right="credit.decide"),
        Transition("refuse", ("open",), "refused", marked("不同意"), right="credit.decide"),
        Transition("withdraw", ("open",), "withdrawn", marked("撤回"), right="credit.ask"),
    ),
)

MACHINES = (CREDIT, REQUEST)

HONOUR, PENALTY, PROMISE, INCENTIVE, DISCIPLINE = "honour", "penalty", "promise", "incentive", "discipline"
#: The two lists; a facility stands on one of them at most.
LISTS = (DISCIPLINE, INCENTIVE)
#: What speaks against a facility: told before it takes effect, open to objection and repair.
AGAINST = (PENALTY, PROMISE, DISCIPLINE)
#: What a place on the discipline list may rest on.
GROUNDS = (PENALTY, PROMISE)
OPEN = ("proposed", "noticed", "in_force")
#: States of what once held, and was not wrong.
HELD = ("in_force", "repaired", "released", "expired")
#: Kind -> one of the five shapes while it is in force.
SHAPES = {HONOUR: "ok", INCENTIVE: "ok", PENALTY: "bad", PROMISE: "warn", DISCIPLINE: "bad"}
STATE_SHAPES = {
    "proposed": "doing",
    "noticed": "warn",
    "declined": "none",
    "repaired": "none",
    "released": "none",
    "expired": "none",
    "revoked": "none",
}
#: How a facility on a list is marked wherever it appears.
LISTED = {DISCIPLINE: marked("联合惩戒"), INCENTIVE: marked("联合激励")}

OBJECTION, REPAIR, RELEASE = "objection", "repair", "release"
#: Request -> (the step of the entry that follows when it is granted, states in which it may be asked, kinds)
ASKED = {
    OBJECTION: ("revoke", ("noticed", "in_force"), AGAINST),
    REPAIR: ("repair", ("in_force",), AGAINST),
    RELEASE: ("release", ("in_force",), LISTS),
}

#: Parameters of the district.
OBJECTION_DAYS, ANSWER_DAYS, WORD = "credit.objection_days", "credit.answer_days", "credit.notice_word"
#: kind -> how many months it stands; None has no end
MONTHS = {
    PENALTY: "publication.penalty_months",
    PROMISE: "credit.promise_months",
    DISCIPLINE: "credit.discipline_months",
    INCENTIVE: "credit.incentive_months",
}
#: (kind, matter) -> after how many months it may be repaired
REPAIRS = {
    (PENALTY, "general"): "publication.repair_months",
    (PENALTY, "food"): "publication.repair_months_food_fire",
    (PENALTY, "fire"): "publication.repair_months_food_fire",
    (PROMISE, "general"): "credit.promise_repair_months",
    (DISCIPLINE, "general"): "credit.discipline_repair_months",
}
PARAMETERS = sorted({OBJECTION_DAYS, ANSWER_DAYS, WORD, *MONTHS.values(), *REPAIRS.values()})

TITLE, FACTS, NAMED = (4, 100), (10, 2000), (2, 80)
EARLIEST = date(2000, 1, 1)
LONGEST_YEARS = 10

PROBLEMS = {
    "choice": marked("从列表里选一个"),
    "title": marked("一句话写清是什么事，4 到 100 个字"),
    "facts": marked("写清事实和依据，10 到 2000 个字"),
    "named": marked("写 2 到 80 个字"),
    "file": marked("附上决定书"),
    "future": marked("还没到这一天"),
    "early": marked("早于 2000 年。核对年份"),
    "until_before": marked("要晚于决定日期"),
    "until_long": marked("比决定日期晚 10 年以上。没有期限就空着"),
    "over": marked("按决定日期算，到 %(day)s 已经期满，不再列入"),
    "matter": marked("只有行政处罚分事项"),
    "ground": marked("列入联合惩戒，要选这家机构一条生效的处罚或违背承诺"),
    "no_ground": marked("只有联合惩戒要选依据的记录"),
} | personal.PROBLEMS


def months_after(day: date, months: int) -> date:
    """The same day so many months later, the month's last where the month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def counted_from(kind: str, decided_on: date, starts_on: date) -> date:
    """From which day the time runs: a penalty is public from its decision, the rest from taking effect."""
    return decided_on if kind == PENALTY else starts_on


def end_of(kind: str, decided_on: date, starts_on: date, values: dict[str, int]) -> date | None:
    """The last day of an entry by the district's parameters; None for one without end."""
    months = values.get(MONTHS.get(kind, ""))
    return months_after(counted_from(kind, decided_on, starts_on), int(months)) if months else None


def repairable_from(
    kind: str, matter: str, decided_on: date, starts_on: date, values: dict[str, int]
) -> date | None:
    """The first day on which a repair may be asked; None for what cannot be repaired."""
    months = values.get(REPAIRS.get((kind, matter), ""))
    if months is None:
        return None
    return months_after(counted_from(kind, decided_on, starts_on), int(months))


def problems(values: dict, today: date) -> list[tuple[str, str, dict]]:
    """(field, key of PROBLEMS, facts) of what makes no sense in an entry; kind and matter are known values."""
    found = []
    for field, limits, key in (
        ("title", TITLE, "title"), ("facts", FACTS, "facts"), ("authority", NAMED, "named"), ("document", NAMED, "named"),
    ):  # fmt: skip
        if not limits[0] <= len(values[field]) <= limits[1]:
            found.append((field, key, {}))
    found += [(*one, {}) for one in personal.problems(values, "title", "authority", "document")]
    decided_on, until = values["decided_on"], values.get("until")
    if decided_on > today:
        found.append(("decided_on", "future", {}))
    elif decided_on < EARLIEST:
        found.append(("decided_on", "early", {}))
    if until is not None:
        if until <= decided_on:
            found.append(("until", "until_before", {}))
        elif until.year > decided_on.year + LONGEST_YEARS:
            found.append(("until", "until_long", {}))
        elif until < today:
            found.append(("until", "over", {"day": until.isoformat()}))
    if values["matter"] != "general" and values["kind"] != PENALTY:
        found.append(("matter", "matter", {}))
    return found
