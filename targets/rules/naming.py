"""The cycle in which districts are named 示范区 (docs/cycle.md): states, deadlines, quotas, what each text must say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from portal.rules.machine import Machine, Transition, marked

CYCLE = Machine(
    name="naming_cycle",
    label=marked("示范创建"),
    states={
        "draft": marked("筹备中"),
        "open": marked("进行中"),
        "proposed": marked("遴选结果等复核"),
        "notice": marked("公示中"),
        "named": marked("已命名"),
    },
    transitions=(
        Transition("change", ("draft",), "draft", marked("改安排"), right="cycle.manage"),
        Transition("move", ("open",), "open", marked("改期限"), right="cycle.manage"),
        Transition("open", ("draft",), "open", marked("发布"), right="cycle.manage"),
        Transition(
            "propose",
            ("open",),
            "proposed",
            marked("报遴选结果"),
            right="cycle.manage",
            second="cycle.confirm",
        ),
        Transition("return", ("proposed",), "open", marked("退回重选"), right="cycle.confirm"),
        Transition("publish", ("proposed",), "notice", marked("公示"), right="cycle.confirm"),
        Transition("withdraw", ("notice",), "open", marked("撤下公示"), right="cycle.manage"),
        Transition("name", ("notice",), "named", marked("命名"), right="cycle.confirm"),
    ),
)

CANDIDATE = Machine(
    name="naming_candidate",
    label=marked("参评区"),
    states={
        "applied": marked("已申报"),
        "assessed": marked("已报自评"),
        "reviewed": marked("已综合评审"),
        "selected": marked("拟命名"),
        "named": marked("已命名"),
        "recommended": marked("已推荐到国家"),
        "passed_over": marked("没有入选"),
        "withdrawn": marked("已撤回申报"),
        "revoked": marked("已撤销命名"),
    },
    transitions=(
        Transition("assess", ("applied",), "assessed", marked("收到自评"), when=marked("区里的自评到了")),
        Transition("judge", ("assessed", "reviewed"), "reviewed", marked("写综合评审"), right="cycle.manage"),
        Transition("select", ("reviewed",), "selected", marked("入选"), right="cycle.manage"),
        Transition("unselect", ("selected",), "reviewed", marked("取消入选"), right="cycle.manage"),
        Transition("name", ("selected",), "named", marked("命名"), right="cycle.confirm"),
        Transition("recommend", ("selected",), "recommended", marked("推荐到国家"), right="cycle.confirm"),
        Transition(
            "pass_over",
            ("applied", "assessed", "reviewed"),
            "passed_over",
            marked("没有入选"),
            right="cycle.confirm",
        ),
        Transition(
            "withdraw", ("applied", "assessed"), "withdrawn", marked("撤回申报"), when=marked("区里撤回了")
        ),
        Transition("revoke", ("named",), "revoked", marked("撤销命名"), right="cycle.confirm"),
    ),
)

SITE_REVIEW = Machine(
    name="site_review",
    label=marked("现场审核"),
    states={"given": marked("审核中"), "submitted": marked("已交审核意见"), "dropped": marked("不再审核")},
    transitions=(
        Transition("write", ("given",), "given", marked("写审核意见"), right="cycle.review"),
        Transition("submit", ("given",), "submitted", marked("交审核意见"), right="cycle.review"),
        Transition("drop", ("given",), "dropped", marked("不再审核"), right="cycle.manage"),
    ),
)

OBJECTION = Machine(
    name="notice_objection",
    label=marked("公示异议"),
    states={"open": marked("等核实"), "upheld": marked("成立"), "rejected": marked("不成立")},
    transitions=(
        Transition("uphold", ("open",), "upheld", marked("异议成立"), right="cycle.manage"),
        Transition("reject", ("open",), "rejected", marked("异议不成立"), right="cycle.manage"),
    ),
)

REVOCATION = Machine(
    name="naming_revocation",
    label=marked("撤销命名"),
    states={
        "notified": marked("已告知，等陈述"),
        "heard": marked("已听取陈述"),
        "revoked": marked("决定撤销"),
        "dropped": marked("不撤销"),
    },
    transitions=(
        Transition(
            "hear", ("notified",), "heard", marked("记陈述"), right="cycle.manage", second="cycle.confirm"
        ),
        Transition("revoke", ("heard",), "revoked", marked("决定撤销"), right="cycle.confirm"),
        Transition("drop", ("notified", "heard"), "dropped", marked("不撤销"), right="cycle.manage"),
    ),
)

#: What a district learns by a letter.
TOLD = marked("市里的结果告知到了")

APPLICATION = Machine(
    name="cycle_application",
    label=marked("示范创建申报"),
    states={
        "draft": marked("起草中"),
        "applied": marked("已申报，正在自评"),
        "assessed": marked("已报自评"),
        "named": marked("已命名"),
        "recommended": marked("已推荐到国家"),
        "passed_over": marked("没有入选"),
        "withdrawn": marked("已撤回申报"),
        "revoked": marked("已撤销命名"),
    },
    transitions=(
        Transition("write", ("draft",), "draft", marked("写申请"), right="cycle_application.write"),
        Transition(
            "send",
            ("draft",),
            "applied",
            marked("报出申请"),
            right="cycle_application.send",
        ),
        Transition("assess", ("applied",), "applied", marked("写自评"), right="cycle_application.write"),
        Transition("hand_in", ("applied",), "assessed", marked("报出自评"), right="cycle_application.send"),
        Transition(
            "withdraw",
            ("applied", "assessed"),
            "withdrawn",
            marked("撤回申报"),
            right="cycle_application.send",
        ),
        Transition("named", ("assessed",), "named", marked("命名"), when=TOLD),
        Transition("recommended", ("assessed",), "recommended", marked("推荐到国家"), when=TOLD),
        Transition("passed_over", ("applied", "assessed"), "passed_over", marked("没有入选"), when=TOLD),
        Transition(
            "prepare", ("named",), "named", marked("起草年度情况或陈述"), right="cycle_application.write"
        ),
        Transition("report", ("named",), "named", marked("报年度情况"), right="cycle_application.send"),
        Transition("state", ("named",), "named", marked("陈述"), right="cycle_application.send"),
        Transition("revoked", ("named",), "revoked", marked("撤销命名"), when=TOLD),
    ),
)

MACHINES = (CYCLE, CANDIDATE, SITE_REVIEW, OBJECTION, REVOCATION, APPLICATION)

#: The stages of the document in order: field of the cycle -> number of its stage.
STAGES = {"apply_by": 1, "assess_by": 2, "review_by": 3, "select_by": 4, "name_by": 5}
NATIONAL, MUNICIPAL = "national", "municipal"
TITLE, TEXT, NOTE, REASON = (4, 80), (10, 3000), (2, 200), (10, 500)
#: Days before a day of the cycle when it stands on 'today'.
SOON = 30

SENTENCES = {
    "title": marked("名称：写 4 到 80 个字"),
    "order": marked("%(what)s：不能早于上一个阶段的期限（%(day)s）"),
    "sooner": marked("%(what)s：已经发布，各区按 %(day)s 准备，只能往后改"),
    "year": marked("年份：从今年到三年以后"),
    "past": marked("申报期限：%(day)s 已经过了，各区来不及申报，改到以后"),
    "text": marked("写 10 到 3000 个字"),
    "note": marked("写 2 到 200 个字"),
    "reason": marked("写 10 到 500 个字"),
    "points": marked("得分：填 0 到 %(most)s 之间的数"),
    "no_points": marked("得分：这条指标没有定分值，不填"),
    "finding": marked("选属实、部分属实或者不属实"),
    "methods": marked("至少选一种审核方式"),
}


def fits(text: str, limits: tuple[int, int]) -> bool:
    return limits[0] <= len(text) <= limits[1]


def in_year(day: date, years: int) -> date:
    """The same day of a later year; 28 February for a leap day that is none there."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def out_of_order(days: dict[str, date]) -> str | None:
    """The first stage whose day lies before that of the stage before it."""
    names = list(STAGES)
    return next((b for a, b in pairwise(names) if days[b] < days[a]), None)


@dataclass(frozen=True)
class Quota:
    """How many districts may get a title. `limit`: without more ado; `ceiling`: where the document says 原则上, with a
    reason; `share` of `districts`, rounded down, and never beyond `most`."""

    share: int
    districts: int
    most: int
    limit: int
    ceiling: int


def quota(
    share: int, districts: int, most: int, least: int | None = None, in_principle: bool = False
) -> Quota:
    """The share of the districts rounded down, at most `most`; where the document names a least number, not below it.

    沪教委托幼〔2021〕8号 二: 10 % (1-2) of 16 districts is 1, in principle; 40 % (6) is 6.
    """
    if districts < 1 or share < 0 or most < 0:
        raise ValueError((share, districts, most))
    limit = min(max(share * districts // 100, least or 0), most, districts)
    return Quota(share, districts, most, limit, min(most, districts) if in_principle else limit)


WITHIN, WITH_REASON, BEYOND = "within", "with_reason", "beyond"


def held_to(rule: Quota, count: int) -> str:
    """Whether so many districts may be selected."""
    if count <= rule.limit:
        return WITHIN
    return WITH_REASON if count <= rule.ceiling else BEYOND


def is_late(due: date, on: date) -> bool:
    """A deadline's own day is still in time."""
    return on > due


def report_due(year: int) -> date:
    """The document says every year and no day: the year's last."""
    return date(year, 12, 31)


def report_years(named_on: date, valid_until: date | None, on: date) -> list[int]:
    """Years for which a named district owes a report up to today's: from the year after its naming."""
    last = min(on, valid_until) if valid_until else on
    return list(range(named_on.year + 1, last.year + 1))


def total(points: list[Decimal | None]) -> Decimal | None:
    """The sum of what has points; None where nothing has."""
    given = [one for one in points if one is not None]
    return sum(given, Decimal(0)) if given else None


def mean(totals: list[Decimal]) -> Decimal | None:
    """What the experts' totals come to, to two places: the proposal for the combined score."""
    return (sum(totals) / len(totals)).quantize(Decimal("0.01")) if totals else None


def works(starts_on: date, ends_on: date, on: date) -> bool:
    return starts_on <= on <= ends_on


def longest(starts_on: date) -> date:
    """An expert's account is for the days of the review and not for good."""
    return starts_on + timedelta(180)
