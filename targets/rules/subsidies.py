"""Support of facilities: what a rule may say, which months a claim is about, what it comes to. Plain values only.

Money is Decimal with two digits. Which amounts a district pays no plan says: they come from the district's own document.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from portal.rules.machine import Machine, Transition, marked

VERSION = Machine(
    name="subsidy_version",
    label=marked("补贴标准"),
    states={
        "proposed": marked("等第二人确认"),
        "returned": marked("退回修改"),
        "confirmed": marked("已确认"),
        "dropped": marked("不用了"),
    },
    transitions=(
        Transition(
            "change", ("proposed", "returned"), "proposed", marked("改标准"), right="subsidy_rule.manage",
            second="subsidy_rule.confirm",
        ),
        Transition("confirm", ("proposed",), "confirmed", marked("确认"), right="subsidy_rule.confirm"),
        Transition("return", ("proposed",), "returned", marked("退回修改"), right="subsidy_rule.confirm"),
        Transition("drop", ("proposed", "returned"), "dropped", marked("不用了"), right="subsidy_rule.manage"),
    ),
)  # fmt: skip

CLAIM = Machine(
    name="subsidy_claim",
    label=marked("补贴申报"),
    states={
        "draft": marked("草稿"),
        "submitted": marked("等初审"),
        "returned": marked("退回补正"),
        "checked": marked("等批准"),
        "approved": marked("等拨付"),
        "paid": marked("已拨付"),
        "refused": marked("不予补贴"),
        "withdrawn": marked("已撤回"),
        "recovered": marked("已全部追回"),
    },
    transitions=(
        Transition("recompute", ("draft",), "draft", marked("重新计算"), right="subsidy.claim"),
        Transition("recompute", ("returned",), "returned", marked("重新计算"), right="subsidy.claim"),
        Transition(
            "submit", ("draft", "returned"), "submitted", marked("交申报"), right="subsidy.claim", second="subsidy.check"
        ),
        Transition(
            "withdraw", ("draft", "submitted", "returned"), "withdrawn", marked("撤回申报"), right="subsidy.claim"
        ),
        Transition(
            "check", ("submitted",), "checked", marked("初审通过"), right="subsidy.check", second="subsidy.approve"
        ),
        Transition("return", ("submitted",), "returned", marked("退回补正"), right="subsidy.check"),
        Transition(
            "return", ("checked", "approved"), "returned", marked("退回补正"), right="subsidy.approve",
            when=marked("还没有拨付过"),
        ),
        Transition("refuse", ("submitted",), "refused", marked("不予补贴"), right="subsidy.check"),
        Transition("refuse", ("checked",), "refused", marked("不予补贴"), right="subsidy.approve"),
        Transition("approve", ("checked",), "approved", marked("批准申报"), right="subsidy.approve"),
        Transition(
            "pay_part", ("approved",), "approved", marked("记一笔拨付"), right="subsidy.pay", when=marked("还没有付完")
        ),
        Transition("pay", ("approved",), "paid", marked("记一笔拨付"), right="subsidy.pay", when=marked("付完了")),
        Transition(
            "recover_part", ("paid",), "paid", marked("确认追回"), right="subsidy.approve", when=marked("追回一部分")
        ),
        Transition(
            "recover", ("paid",), "recovered", marked("确认追回"), right="subsidy.approve", when=marked("全部追回")
        ),
    ),
)  # fmt: skip

RECOVERY = Machine(
    name="subsidy_recovery",
    label=marked("补贴追回"),
    states={
        "proposed": marked("等第二人确认"),
        "confirmed": marked("已确认"),
        "dropped": marked("不用了"),
    },
    transitions=(
        Transition("confirm", ("proposed",), "confirmed", marked("确认追回"), right="subsidy.approve"),
        Transition("refuse", ("proposed",), "dropped", marked("不同意"), right="subsidy.approve"),
        Transition("drop", ("proposed",), "dropped", marked("不用了"), right="subsidy.pay"),
    ),
)
#: In these a claim holds what it counts: nobody else counts it.
LIVE = ("draft", "submitted", "returned", "checked", "approved", "paid")
OPEN = ("draft", "returned")
#: In these the district has said yes.
GRANTED = ("approved", "paid", "recovered")

OPERATION, HOURS, RENT, TRAINING, BUILDING = "operation", "hours", "rent", "training", "building"
KINDS = {
    OPERATION: marked("运营补贴（按托位）"),
    HOURS: marked("计时托补贴（按小时）"),
    RENT: marked("租金减免"),
    TRAINING: marked("培训补贴"),
    BUILDING: marked("建设补贴（新增托位）"),
}
AVERAGE, SET_DAY, SESSION_HOURS, RECEIPTS, PERSONS, NEW_PLACES = (
    "average", "set_day", "session_hours", "receipts", "persons", "new_places",
)  # fmt: skip
MEASURES = {
    AVERAGE: marked("每月最后一天的托位，逐月相加"),
    SET_DAY: marked("固定一天的托位 × 月数"),
    SESSION_HOURS: marked("有孩子来的计时托场次，小时数"),
    RECEIPTS: marked("付了租金的凭证"),
    PERSONS: marked("培训合格的人次，一人一门课算一次"),
    NEW_PLACES: marked("这段时间新开班级的托位"),
}
OF_KIND = {
    OPERATION: (AVERAGE, SET_DAY), HOURS: (SESSION_HOURS,), RENT: (RECEIPTS,), TRAINING: (PERSONS,),
    BUILDING: (NEW_PLACES,),
}  # fmt: skip
#: What the quantity is counted in.
UNITS = {
    AVERAGE: marked("托位·月"), SET_DAY: marked("托位·月"), SESSION_HOURS: marked("小时"), RECEIPTS: marked("元租金"),
    PERSONS: marked("人次"), NEW_PLACES: marked("托位"),
}  # fmt: skip
RATE_UNITS = {
    AVERAGE: marked("元/托位·月"), SET_DAY: marked("元/托位·月"), SESSION_HOURS: marked("元/小时"),
    RECEIPTS: marked("% 租金"), PERSONS: marked("元/人次"), NEW_PLACES: marked("元/托位"),
}  # fmt: skip
YEAR, HALF, QUARTER = "year", "half", "quarter"
PERIODS = {YEAR: marked("全年"), HALF: marked("半年"), QUARTER: marked("季度")}
#: period -> (parts of a year, months of each)
PARTS = {YEAR: (1, 12), HALF: (2, 6), QUARTER: (4, 3)}

#: As a form offers them: period and number of the part.
SPANS = {
    "quarter-1": marked("一季度（1—3 月）"),
    "quarter-2": marked("二季度（4—6 月）"),
    "quarter-3": marked("三季度（7—9 月）"),
    "quarter-4": marked("四季度（10—12 月）"),
    "half-1": marked("上半年（1—6 月）"),
    "half-2": marked("下半年（7—12 月）"),
    "year-1": marked("全年"),
}

FIRST_YEAR, LAST_YEAR = 2020, 2100
NAME, CITATION, NOTE, REFERENCE = (2, 60), (2, 200), (2, 200), (2, 60)
MOST_MONEY = Decimal("99999999.99")
FULL = Decimal(100)
CENT = Decimal("0.01")

SENTENCES = {
    "name": marked("名称：写 2 到 60 个字"),
    "citation": marked("标准出自：写清文件、文号和条款，2 到 200 个字"),
    "measure": marked("怎么算：选这种补贴能用的算法"),
    "rate": marked("金额标准：填 0.01 以上的数，最多两位小数"),
    "share": marked("金额标准：租金减免填 0.01 到 100 的百分数"),
    "cap": marked("每家每年最多：填 0.01 以上的数，最多两位小数，或者不填"),
    "ends_on": marked("止：晚于起，或者不填"),
    "set_day": marked("固定的一天：按固定一天算的，填月和日，这一天每年都要有；别的算法不填"),
    "set_period": marked("多久申报一次：按固定一天算的，只能按全年申报"),
    "facility_kinds": marked("哪些机构：至少选一种"),
    "month_start": marked("起：从一个月的 1 日起"),
    "month_end": marked("止：到一个月的最后一天"),
    "note": marked("原因：写 2 到 200 个字"),
    "part": marked("时段：这项补贴按%(period)s申报，选%(period)s的时段"),
    "year": marked("年份：填 2020 到 2100"),
    "amount": marked("金额：填 0.01 元以上，最多两位小数"),
    "reference": marked("凭证号：写 2 到 60 个字"),
    "day": marked("%(label)s：不晚于今天"),
}


def last_of_month(day: date) -> date:
    following = day.replace(day=28) + timedelta(4)
    return following - timedelta(following.day)


def period_of(kind: str, year: int, part: int) -> tuple[date, date]:
    """First and last day of the part of a year. ValueError: no such part."""
    parts, months = PARTS[kind]
    if not 1 <= part <= parts:
        raise ValueError(part)
    return date(year, months * (part - 1) + 1, 1), last_of_month(date(year, months * part, 1))


def part_of(kind: str, starts_on: date) -> int:
    return (starts_on.month - 1) // PARTS[kind][1] + 1


def last_over(kind: str, on: date) -> tuple[int, int]:
    """Year and number of the last part that is over on a day."""
    number = (on.month - 1) // PARTS[kind][1]
    return (on.year, number) if number else (on.year - 1, PARTS[kind][0])


def months_of(starts_on: date, ends_on: date) -> list[date]:
    """The first days of the months."""
    count = (ends_on.year - starts_on.year) * 12 + ends_on.month - starts_on.month + 1
    return [
        date(starts_on.year + (starts_on.month - 1 + n) // 12, (starts_on.month - 1 + n) % 12 + 1, 1)
        for n in range(count)
    ]


def is_money(value: Decimal | None) -> bool:
    return (
        value is not None
        and value.is_finite()
        and CENT <= value <= MOST_MONEY
        and value == value.quantize(CENT)
    )


def is_day(month: int | None, day: int | None) -> bool:
    """A day that every year has."""
    if month is None or day is None:
        return False
    try:
        date(2025, month, day)
    except ValueError:
        return False
    return True


def fits(text: str, span: tuple[int, int]) -> bool:
    return span[0] <= len(text) <= span[1]


def version_problems(values: dict, kind: str) -> dict[str, str]:
    """Field -> key of SENTENCES."""
    found = {}
    if not fits(values["citation"], CITATION):
        found["citation"] = "citation"
    if values["measure"] not in OF_KIND[kind]:
        found["measure"] = "measure"
    if not is_money(values["rate"]):
        found["rate"] = "rate"
    elif values["measure"] == RECEIPTS and values["rate"] > FULL:
        found["rate"] = "share"
    if values["cap"] is not None and not is_money(values["cap"]):
        found["cap"] = "cap"
    starts_on, ends_on = values["starts_on"], values["ends_on"]
    if starts_on.day != 1:
        found["starts_on"] = "month_start"
    if ends_on is not None:
        if ends_on <= starts_on:
            found["ends_on"] = "ends_on"
        elif ends_on != last_of_month(ends_on):
            found["ends_on"] = "month_end"
    day = (values["count_month"], values["count_day"])
    if (values["measure"] == SET_DAY) != is_day(*day) or (values["measure"] != SET_DAY and any(day)):
        found["count_day"] = "set_day"
    elif values["measure"] == SET_DAY and values["period"] != YEAR:
        found["period"] = "set_period"
    if not values["facility_kinds"]:
        found["facility_kinds"] = "facility_kinds"
    return found


@dataclass(frozen=True)
class Asked:
    """Who may claim by a version of a rule."""

    kinds: tuple[str, ...]
    inclusive: bool = False
    non_profit: bool = False
    grades: tuple[str, ...] = ()
    no_discipline: bool = False
    no_overdue: bool = False


@dataclass(frozen=True)
class Facts:
    """What the records say of a facility on the day of the computation."""

    kind: str
    inclusive: bool
    ownership: str
    grade: str
    disciplined: bool
    overdue: int


CONDITIONS = {
    "kind": marked("机构类型在范围内"),
    "inclusive": marked("是普惠机构"),
    "non_profit": marked("不是营利性机构"),
    "grade": marked("风险等级在范围内"),
    "discipline": marked("不在失信联合惩戒名单上"),
    "overdue": marked("没有逾期的整改"),
}


#: The same where it is not met.
UNMET = {
    "kind": marked("机构类型不在范围内"),
    "inclusive": marked("不是普惠机构"),
    "non_profit": marked("是营利性机构"),
    "grade": marked("风险等级不在范围内"),
    "discipline": marked("在失信联合惩戒名单上"),
    "overdue": marked("有逾期的整改"),
}


def conditions(asked: Asked, facts: Facts) -> list[tuple[str, bool]]:
    """Each condition that the version has, and whether the facility meets it."""
    found = [("kind", facts.kind in asked.kinds)]
    if asked.inclusive:
        found.append(("inclusive", facts.inclusive or facts.kind == "inclusive_site"))
    if asked.non_profit:
        found.append(("non_profit", facts.ownership != "for_profit"))
    if asked.grades:
        found.append(("grade", facts.grade in asked.grades))
    if asked.no_discipline:
        found.append(("discipline", not facts.disciplined))
    if asked.no_overdue:
        found.append(("overdue", facts.overdue == 0))
    return found


@dataclass(frozen=True)
class Counted:
    """One row behind the figure. `marks`: what nobody may count again under a subsidy of the same kind."""

    source: str
    label: str
    note: str
    quantity: Decimal
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Worked:
    """What a claim comes to, and how: rows, before the cap, after it."""

    quantity: Decimal
    full: Decimal
    amount: Decimal


def worked(rows: Iterable[Counted], rate: Decimal, measure: str, left: Decimal | None = None) -> Worked:
    """Sum of the rows × rate (a per cent of receipts), half a fen up; `left`: what the year's cap leaves."""
    quantity = sum((row.quantity for row in rows), Decimal(0))
    factor = rate / 100 if measure == RECEIPTS else rate
    full = (quantity * factor).quantize(CENT, ROUND_HALF_UP)
    return Worked(quantity, full, full if left is None else max(Decimal(0), min(full, left)).quantize(CENT))


def overlap(starts_on: date, ends_on: date | None, other_from: date, other_to: date | None) -> bool:
    """Whether two spans of days share one; None has no end."""
    return (ends_on is None or other_from <= ends_on) and (other_to is None or starts_on <= other_to)
