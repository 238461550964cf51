"""What the rulebook says and how it speaks: verdicts, years of training, windows of a check. Plain values only."""

from __future__ import annotations

from datetime import date, timedelta

from portal.rules.machine import marked

NOT_MET, MET, UNKNOWN = "not_met", "met", "unknown"
#: As the queries write them.
VERDICTS = (NOT_MET, MET, UNKNOWN)
WORDS = {NOT_MET: marked("不符合"), MET: marked("符合"), UNKNOWN: marked("缺记录")}
#: Verdict -> one of the five shapes.
SHAPES = {NOT_MET: "bad", MET: "ok", UNKNOWN: "none"}

#: What a rule is about, in the order of the rulebook.
SUBJECTS = {
    "premises": marked("场地"),
    "safety": marked("安全防范"),
    "staff": marked("人员"),
    "classes": marked("班级与配比"),
    "service": marked("服务与收费"),
    "file": marked("登记与监管"),
}

#: Why a rule of a document has no verdict from records.
ELSEWHERE = {
    "inspection": marked("现场才看得出，列在检查表里"),
    "target": marked("由指标统计，不逐家判断"),
    "register": marked("登记时就不让写错，名册里没有例外"),
    "family": marked("要看家庭和幼儿的记录，由家庭模块登记"),
    "filing": marked("要看备案的记录，由备案模块登记"),
    "credit": marked("由各区的诚信记录逐家判断，见规则“没有失信联合惩戒”"),
    "booking": marked("要看预约和签到的记录"),
    "account": marked("要看收支账"),
    "vouchers": marked("收支账记收了多少、花了多少，不记哪一笔支出用的是家庭缴费，要看凭证"),
    "open": marked("允许或鼓励做的事，没有不符合"),
    "office": marked("要求部门做的事，不约束机构"),
    "system": marked("由本系统怎样运行来保证"),
}


def verdict(met: bool | None) -> str:
    """A test's answer as a verdict: no answer is never met."""
    return UNKNOWN if met is None else MET if met else NOT_MET


def finished_year(on: date) -> int:
    """The last calendar year that is over on the day (its own last day counts): what yearly hours are judged by."""
    return on.year if (on.month, on.day) == (12, 31) else on.year - 1


def monday(on: date) -> date:
    return on - timedelta(days=on.weekday())


def share(met: int, not_met: int, unknown: int) -> float | None:
    """Per cent of the verdicts that are met; missing data counts against it. None without verdicts."""
    total = met + not_met + unknown
    return None if total == 0 else 100 * met / total


def first_words(number, unit: str = "") -> str:
    """`2.7 平方米`, `12`: two digits behind the point at most, no zeros at the end."""
    text = f"{float(number):.2f}".rstrip("0").rstrip(".")
    return f"{text} {unit}".rstrip()
