"""Support of facilities: rules with invented amounts, marked as such, and claims of the last quarter in all states.

No document of the three districts states an amount; each is 示例, and so is the document that it is said to come from.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.core.files.base import ContentFile
from django.db import transaction

from facilities.models import Facility, FacilityGrant
from portal.access import Actor
from portal.errors import Refused
from targets.demonstration.calendar import at
from targets.demonstration.crew import Crew
from targets.demonstration.emergency import page
from targets.demonstration.stages import Terms
from targets.models import SubsidyClaim, SubsidyRule, SubsidyVersion
from targets.rules import subsidies as rules
from targets.services import subsidies, subsidy_money, subsidy_rules

#: How far a claim goes, in the order in which facilities are taken.
STORIES = (
    "paid", "submitted", "approved", "checked", "returned", "draft", "part", "taken_back", "refused", "withdrawn",
    "recovered", "paid", "submitted", "paid", "approved", "paid",
)  # fmt: skip
CARE = ["integrated_kindergarten", "nursery", "inclusive_site", "baby_house"]


def make(terms: Terms, crew: Crew) -> str:
    today = terms.today
    operation, rent = written(today, crew)
    quarter = last_quarter(today)
    stories, made = iter(STORIES), 0
    for facility in candidates():
        story = next(stories, None)
        if story is None:
            break
        rule = rent if made % 5 == 3 and facility.kind != "baby_house" else operation
        made += told(facility, rule, story, quarter, today, crew)
    return f"标准 {SubsidyVersion.objects.count()} 份，申报 {SubsidyClaim.objects.count()} 份"


def last_quarter(today: date) -> tuple[int, int]:
    """Year and number of the last quarter that is over."""
    number = (today.month - 1) // 3
    return (today.year, number) if number else (today.year - 1, 4)


def candidates() -> list[Facility]:
    """Inclusive facilities at work: those with an operator of their own first, they can be looked at from both sides."""
    found = Facility.objects.filter(inclusive=True, state="operating", kind__in=CARE).order_by("code")
    kept = set(FacilityGrant.objects.values_list("content_object", flat=True))
    return sorted(found, key=lambda one: (one.pk not in kept, one.code))


def written(today: date, crew: Crew) -> tuple[SubsidyRule, SubsidyRule]:
    """Two subsidies in force, one of them in its second version; a third that waits for the second person."""
    promised = {one["kind"]: one["clause"] for one in subsidy_rules.promised(crew.system.district.slug)}
    known = {
        "ends_on": None, "count_month": None, "count_day": None, "period": rules.QUARTER, "grades": [],
        "no_discipline": True, "no_overdue": True, "inclusive": True, "non_profit": False,
    }  # fmt: skip
    first = date(today.year - 2, 1, 1)

    def said(kind: str, number: int, since: date, rate: str, cap: str | None, kinds: list[str]) -> dict:
        return known | {
            "starts_on": since, "rate": Decimal(rate), "cap": cap and Decimal(cap), "facility_kinds": kinds,
            "citation": f"示例〔{since.year}〕{number}号 第三条（金额为示例）", "measure": rules.OF_KIND[kind][0],
            "clause": promised.get(kind),
        }  # fmt: skip

    def confirmed(row: SubsidyVersion, day: date) -> SubsidyRule:
        return subsidy_rules.confirm(row, version=row.version, actor=crew.second, now=at(day, 11)).rule

    def proposed(name: str, kind: str, day: date, *more) -> SubsidyVersion:
        return subsidy_rules.propose(
            name=name, kind=kind, actor=crew.bureau, now=at(day, 10), **said(kind, 3, *more)
        )

    begun = first - timedelta(20)
    operation = confirmed(
        proposed("示例：普惠托育运营补贴", rules.OPERATION, begun, first, "60.00", "40000.00", CARE), begun
    )
    later = date(last_quarter(today)[0], 1, 1)
    again = subsidy_rules.renew(
        operation, actor=crew.bureau, now=at(later - timedelta(30), 10),
        **said(rules.OPERATION, 7, later, "75.00", "50000.00", CARE),
    )  # fmt: skip
    confirmed(again, later - timedelta(25))
    rent = confirmed(
        proposed("示例：普惠托育点租金减免", rules.RENT, begun, first, "30.00", "80000.00", CARE), begun
    )
    hours = ["baby_house"]
    proposed(
        "示例：“宝宝屋”计时托补贴",
        rules.HOURS,
        today - timedelta(2),
        date(today.year + 1, 1, 1),
        "8.00",
        None,
        hours,
    )
    return operation, rent


def told(
    facility: Facility, rule: SubsidyRule, story: str, quarter: tuple[int, int], today: date, crew: Crew
) -> bool:
    """One facility's claim, led as far as its story goes; False when the records give none."""
    year, part = quarter
    over = rules.period_of(rules.QUARTER, year, part)[1]
    begun = max(over + timedelta(1), today - timedelta(24))
    grant = FacilityGrant.objects.filter(content_object=facility).select_related("user").first()
    own = crew.of(grant.user) if grant else crew.bureau
    own = own if own.may("subsidy.claim") else crew.bureau

    def moment(step: int) -> datetime:
        return at(min(today, begun + timedelta(3 * step)), 9 + step)

    try:
        with transaction.atomic():
            row = subsidies.claim(facility, rule, year=year, part=part, actor=own, now=moment(0))
    except Refused:  # no classes yet in that quarter, or an order is overdue
        return False
    if row.terms.measure == rules.RECEIPTS:
        row = receipts(row, over, own, moment(0))
    goes(row, story, own, crew, moment)
    return True


def receipts(row: SubsidyClaim, over: date, own: Actor, now: datetime) -> SubsidyClaim:
    """Two months' rent, with the paper."""
    for back, amount in ((80, "18000.00"), (40, "18000.00")):
        number = f"示例发票 {row.facility.code}-{back}"
        file = ContentFile(page("示例租金发票", f"示例：{amount} 元").read(), name=f"{number}.pdf")
        row = subsidies.add_receipt(
            row, reference=number, paid_on=over - timedelta(back), amount=Decimal(amount), file=file,
            version=row.version, actor=own, now=now,
        )  # fmt: skip
    return row


def goes(row: SubsidyClaim, story: str, own: Actor, crew: Crew, moment) -> None:
    """From the draft to where the story ends."""
    if story == "draft":
        return
    if story == "withdrawn":
        subsidies.withdraw(row, note="示例：班级登记要先改", version=row.version, actor=own)
        return
    row = subsidies.submit(row, version=row.version, actor=own, now=moment(1))
    if story == "refused":
        subsidies.refuse(row, note="示例：普惠协议已到期", version=row.version, actor=crew.second)
    elif story == "returned":
        subsidies.send_back(row, note="示例：附上班级名单", version=row.version, actor=crew.second)
    if story in ("submitted", "refused", "returned"):
        return
    row = subsidies.check(row, version=row.version, actor=crew.second, now=moment(2))
    if story == "checked":
        return
    row = subsidies.approve(row, version=row.version, actor=crew.head, now=moment(3))
    if story == "approved":
        return
    now = moment(4)
    amount = (row.amount / 2).quantize(rules.CENT) if story == "part" else row.amount
    row = subsidy_money.pay(
        row, paid_on=now.date(), reference=f"示例拨付 {row.number}", amount=amount, version=row.version,
        actor=crew.bureau, now=now,
    )  # fmt: skip
    back = {"taken_back": (row.amount / 10).quantize(rules.CENT), "recovered": row.amount}.get(story)
    if back:
        now = moment(5)
        row = subsidy_money.recover(
            row, on=now.date(), reference=f"示例追回 {row.number}", amount=back, note="示例：班级托位登记有误",
            version=row.version, actor=crew.bureau, now=now,
        )  # fmt: skip
        subsidy_money.confirm_recovery(
            row, row.recoveries.get().pk, version=row.version, actor=crew.head, now=now
        )
