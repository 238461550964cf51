"""What must hold before a facility goes from one state to the next, and what a file lacks.

A need that is `hard` refuses the change; one that is not is shown to whoever decides, who may go on with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from portal.rules.machine import marked


@dataclass(frozen=True)
class Need:
    """`fact`: the key in the facts that must be true."""

    fact: str
    words: str
    hard: bool = True


OPERATOR = Need("operator", marked("登记了举办者"))
HEAD = Need("head", marked("登记了负责人"))
PHONE = Need("phone", marked("登记了对外电话"))
INSURED = Need("insured", marked("责任险那天有效"))
#: Transition of rules/states.FACILITY -> what must hold on the day.
NEEDS: dict[str, tuple[Need, ...]] = {
    "file": (
        OPERATOR,
        HEAD,
        PHONE,
        Need("credit_code", marked("登记了统一社会信用代码"), hard=False),
        Need("premises", marked("登记了场所和面积"), hard=False),
    ),
    "open": (
        OPERATOR,
        HEAD,
        PHONE,
        INSURED,
        Need("staff", marked("有从业人员在岗"), hard=False),
        Need("premises", marked("登记了场所和面积"), hard=False),
        Need("fees", marked("收费已公示"), hard=False),
    ),
    "suspend": (Need("no_children", marked("没有幼儿在托，或者已经安排好"), hard=False),),
    "resume": (INSURED, Need("staff", marked("有从业人员在岗"), hard=False)),
    "close": (
        Need("no_children", marked("没有幼儿在托，或者已经安排好"), hard=False),
        Need("no_proposal", marked("没有等待确认的变更申请"), hard=False),
    ),
}
#: Guidance points take no children: nobody is insured for them.
UNINSURED_KINDS = ("guidance_point",)


def needs(action: str, kind: str) -> tuple[Need, ...]:
    """What the action needs of a facility of the kind."""
    return tuple(n for n in NEEDS[action] if not (n.fact == "insured" and kind in UNINSURED_KINDS))


def unmet(action: str, kind: str, facts: dict[str, bool]) -> list[Need]:
    """The needs that do not hold."""
    return [need for need in needs(action, kind) if not facts[need.fact]]


# ---- what a file lacks

SOON_DAYS = 30
LEASE_DAYS = 90
#: Gap -> words; those that end on a day say when.
GAPS = {
    "operator": marked("没有登记举办者"),
    "credit_code": marked("没有登记统一社会信用代码"),
    "head": marked("没有登记负责人"),
    "phone": marked("没有登记对外电话"),
    "premises": marked("没有登记场所和面积"),
    "classes": marked("没有登记班级"),
    "fees": marked("没有登记收费"),
    "fees_published_on": marked("收费没有公示"),
    "insured": marked("没有登记责任险"),
    "insurance_over": marked("责任险已到期"),
    "insurance_soon": marked("责任险快到期"),
    "lease_over": marked("租约已到期"),
    "lease_soon": marked("租约快到期"),
    "menu": marked("没有本周的食谱"),
}
#: Where a gap is mended: a section of the page of records, or '' for the facts of the register.
MENDED = {
    "premises": "premises",
    "classes": "classes",
    "fees": "fees",
    "fees_published_on": "notices",
    "insured": "insurance",
    "insurance_over": "insurance",
    "insurance_soon": "insurance",
    "lease_over": "premises",
    "lease_soon": "premises",
    "menu": "menus",
}


@dataclass(frozen=True)
class Gap:
    """`state`: bad when the law or the plan asks for it now, warn when it ends soon, none when it is only missing."""

    key: str
    state: str
    due: date | None = None


def gaps(kind: str, facts: dict, on: date) -> list[Gap]:
    """What a facility's file lacks on a day, or will lack soon; the worst first.

    facts: operator, credit_code, head, phone (whether said), premises, classes, fees (how many), meals,
    fees_published_on, insured_until, lease_until (the first to end), menu (whether there is one for the week).
    """
    found = [Gap(key, "warn") for key in ("operator", "credit_code", "head", "phone") if not facts[key]]
    found += [Gap(key, "none") for key in ("premises",) if not facts[key]]
    if kind not in UNINSURED_KINDS:
        found += [Gap(key, "none") for key in ("classes", "fees") if not facts[key]]
        if not facts["fees_published_on"]:
            found.append(Gap("fees_published_on", "bad"))
        until = facts["insured_until"]
        if until is None:
            found.append(Gap("insured", "bad"))
        elif until < on:
            found.append(Gap("insurance_over", "bad", until))
        elif until <= on + timedelta(SOON_DAYS):
            found.append(Gap("insurance_soon", "warn", until))
    lease = facts["lease_until"]
    if lease is not None and lease < on:
        found.append(Gap("lease_over", "bad", lease))
    elif lease is not None and lease <= on + timedelta(LEASE_DAYS):
        found.append(Gap("lease_soon", "warn", lease))
    if facts["meals"] and not facts["menu"]:
        found.append(Gap("menu", "warn"))
    return sorted(found, key=lambda gap: ("bad", "warn", "none").index(gap.state))
