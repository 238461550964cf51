"""Rows of the support of facilities."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils import timezone

from facilities.models import CareClass, Facility
from targets.models import SubsidyClaim, SubsidyMark, SubsidyRule, SubsidyVersion
from targets.rules import subsidies as rules
from targets.services import subsidies, subsidy_money, subsidy_rules
from tests.portal.access.rows import Rest, Row, fresh
from tests.portal.stage import Place, png

#: The year that is over.
YEAR = timezone.localdate().year - 1


def terms(**more) -> dict:
    """What a version says; as the services take it."""
    return {
        "starts_on": date(YEAR - 2, 1, 1), "ends_on": None, "clause": None, "citation": "示例〔2026〕1号 第三条",
        "measure": rules.AVERAGE, "count_month": None, "count_day": None, "period": rules.YEAR,
        "rate": Decimal("100.00"), "cap": None, "facility_kinds": list(Facility.Kind.values), "inclusive": False,
        "non_profit": False, "grades": [], "no_discipline": True, "no_overdue": False,
    } | more  # fmt: skip


def a_version(place: Place, state: str = "confirmed", kind: str = rules.OPERATION, **more) -> SubsidyVersion:
    """A subsidy of its own with one version, led to a state by the product."""
    row = subsidy_rules.propose(name=f"示例补贴 {fresh()}", kind=kind, actor=place.process, **terms(**more))
    if state == "confirmed":
        row = subsidy_rules.confirm(row, version=row.version, actor=place.process)
    return row


def a_class(place: Place, places: int = 20, since: date = date(YEAR, 1, 1), **more) -> CareClass:
    return CareClass.objects.create(
        facility=place.facility,
        name=fresh(),
        kind="toddler",
        year=YEAR,
        places=places,
        started_on=since,
        **more,
    )


def a_claim(place: Place, state: str = "draft", **more) -> SubsidyClaim:
    """A claim of the place's facility that the product led to a state."""
    kind = more.pop("kind", rules.OPERATION)
    more = {"measure": rules.OF_KIND[kind][0], "rate": Decimal("50.00")} | more
    version = a_version(place, kind=kind, **more)
    SubsidyMark.objects.all().delete()  # another claim of the walk counted the same
    if kind == rules.OPERATION:
        a_class(place)
    process = place.process
    row = subsidies.claim(place.facility, version.rule, year=YEAR, part=1, actor=process)
    if kind == rules.RENT:
        row = subsidies.add_receipt(
            row, reference=fresh(), paid_on=date(YEAR, 3, 1), amount=Decimal(5000), file=png(), version=row.version,
            actor=process,
        )  # fmt: skip
    for action, after in (
        ("submit", "submitted"), ("check", "checked"), ("approve", "approved"),
    ):  # fmt: skip
        if row.state == state:
            return row
        row = getattr(subsidies, action)(row, version=row.version, actor=process)
        assert row.state == after
    if state == "paid":
        row = subsidy_money.pay(
            row,
            paid_on=timezone.localdate(),
            reference=fresh(),
            amount=row.amount,
            version=row.version,
            actor=process,
        )
    return row


def one(place: Place, state: str = "draft") -> dict:
    return {"pk": a_claim(place, state).pk}


def step(place: Place, what: str, state: str, **more):
    row = a_claim(place, state, **({"kind": rules.RENT} if what in ("receipt", "drop_receipt") else {}))
    if what == "drop_receipt":
        more["pk"] = row.receipts.get().pk
    return {"pk": row.pk}, {"what": what, "version": row.version} | more


def with_file(place: Place):
    row = a_claim(place)
    row = subsidies.add_files(row, [png()], version=row.version, actor=place.process)
    return row.files.get()


def form(**more) -> dict:
    """What the form of a version holds."""
    said = terms() | {"starts_on": f"{YEAR}-01-01", "rate": "100.00"} | more
    return {name: value for name, value in said.items() if value is not None and not isinstance(value, bool)}


def money(**more) -> dict:
    return {"reference": fresh(), "amount": "10.00"} | more


def of_recovery(place: Place, what: str):
    """A claim that was paid, with money that came back and waits for the second person."""
    row = a_claim(place, "paid")
    row = subsidy_money.recover(
        row, on=timezone.localdate(), reference=fresh(), amount=Decimal(1), note="登记有误", version=row.version,
        actor=place.process,
    )  # fmt: skip
    return {"pk": row.pk}, {"what": what, "pk": row.recoveries.get().pk, "version": row.version}


def today() -> str:
    return timezone.localdate().isoformat()


def of_version(place: Place, state: str, **more):
    row = a_version(place, state)
    return {"pk": row.pk}, {"version": row.version} | more


def claimed(place: Place):
    a_class(place)
    rule = a_version(place).rule
    return {}, {"facility": place.facility.code, "rule": rule.pk, "year": YEAR, "part": "year-1"}


def rule_of(place: Place) -> SubsidyRule:
    return a_version(place).rule


VIEW, CLAIM, MANAGE, CONFIRM = "subsidy.view", "subsidy.claim", "subsidy_rule.manage", "subsidy_rule.confirm"
SUBSIDIES = [
    Row("subsidies", "GET", VIEW, denied=403),
    # of the departments the finance bureau alone
    Row("subsidy-year", "GET", "subsidy_sums.view", denied=403, but={"department": 403}),
    Row("subsidy-new", "GET", CLAIM, denied=403),
    Row("subsidy-new", "POST", CLAIM, denied=403, make=claimed, beyond=422),
    Row("subsidy", "GET", VIEW, denied=403, make=one),
    Row("subsidy-step", "POST", CLAIM, denied=403, note="submit", make=lambda p: step(p, "submit", "draft")),
    Row(
        "subsidy-step", "POST", CLAIM, denied=403, note="receipt",
        make=lambda p: step(p, "receipt", "draft", paid_on=f"{YEAR}-05-01", file=png(), **money()),
    ),
    Row(
        "subsidy-step", "POST", CLAIM, denied=403, note="files", make=lambda p: step(p, "files", "draft", files=png())
    ),
    Row("subsidy-step", "POST", "subsidy.check", denied=403, note="check", make=lambda p: step(p, "check", "submitted")),
    Row(
        "subsidy-step", "POST", "subsidy.approve", denied=403, note="approve",
        make=lambda p: step(p, "approve", "checked"),
    ),
    Row(
        "subsidy-step", "POST", "subsidy.pay", denied=403, note="pay",
        make=lambda p: step(p, "pay", "approved", paid_on=today(), **money()),
    ),
    Row(
        "subsidy-step", "POST", "subsidy.pay", denied=403, note="recover",
        make=lambda p: step(p, "recover", "paid", on=today(), note="登记有误", **money()),
    ),
    Row(
        "subsidy-step", "POST", "subsidy.approve", denied=403, note="confirm-recovery",
        make=lambda p: of_recovery(p, "confirm_recovery"),
    ),
    Row("subsidy-file", "GET", VIEW, denied=403, make=lambda p: {"pk": with_file(p).pk}),
    Row(
        "subsidy-receipt", "GET", VIEW, denied=403,
        make=lambda p: {"pk": a_claim(p, kind=rules.RENT).receipts.get().pk},
    ),
    Row("subsidy-rules", "GET", "subsidy_rule.view", denied=403),
    Row("subsidy-rule-new", "GET", MANAGE, denied=403),
    Row(
        "subsidy-rule-new", "POST", MANAGE, denied=403,
        make=lambda p: ({}, form(name=f"示例补贴 {fresh()}", kind=rules.OPERATION)),
    ),
    Row("subsidy-rule-renew", "GET", MANAGE, denied=403, make=lambda p: {"pk": rule_of(p).pk}),
    Row("subsidy-rule-renew", "POST", MANAGE, denied=403, make=lambda p: ({"pk": rule_of(p).pk}, form())),
    Row("subsidy-version", "GET", "subsidy_rule.view", denied=403, make=lambda p: {"pk": a_version(p).pk}),
    Row("subsidy-version-edit", "GET", MANAGE, denied=403, make=lambda p: {"pk": a_version(p, "proposed").pk}),
    Row(
        "subsidy-version-edit", "POST", MANAGE, denied=403,
        make=lambda p: of_version(p, "proposed", **{k: v for k, v in form().items() if k != "version"}),
    ),
    Row(
        "subsidy-version-step", "POST", CONFIRM, denied=403, make=lambda p: of_version(p, "proposed", what="confirm")
    ),
    Row(
        "subsidy-version-step", "POST", MANAGE, denied=403, note="drop",
        make=lambda p: of_version(p, "proposed", what="drop", note="写错了"),
    ),
    Rest("api-subsidies", "GET", "subsidies:read"),
]  # fmt: skip
