"""Claims of support: computed from the records and frozen, checked by one, approved by another, paid, taken back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.services import audit
from portal.services.files import store_file, store_papers
from portal.services.numbers import next_number
from portal.services.steps import step
from portal.templatetags.ui import thousands
from targets.models.subsidies import (
    SubsidyClaim,
    SubsidyFile,
    SubsidyItem,
    SubsidyMark,
    SubsidyReceipt,
    SubsidyRule,
)
from targets.rules import subsidies as rules
from targets.services import subsidy_counting as counting
from targets.services import subsidy_rules
from targets.services.subsidy_rules import noted, said

MOST_FILES, MOST_RECEIPTS = 10, 60


def locked(row: SubsidyClaim, version: int | None) -> SubsidyClaim:
    """The claim, locked with its facility, so that two claims of a facility are computed one after the other."""
    Facility.objects.select_for_update().get(pk=row.facility_id)
    found = SubsidyClaim.objects.select_for_update(of=("self",)).select_related(
        "facility", "rule", "terms", "made_by", "submitted_by", "checked_by", "approved_by"
    )
    row = found.get(pk=row.pk)
    if version is not None and row.version != version:
        raise Conflict(
            _("%(number)s 刚被改过，现在是“%(state)s”。刷新后看最新的")
            % {"number": row, "state": row.get_state_display()},
            code="stale",
        )
    return row


def next_state(row: SubsidyClaim, action: str) -> str:
    return step(rules.CLAIM, row, action)


def kept(row: SubsidyClaim, action: str, before: str, *, actor: Actor, **facts) -> SubsidyClaim:
    row.version += 1
    row.mended = action != "return"
    row.save()
    changes = {"state": [before, row.state]} if before != row.state else {}
    audit.record(f"targets.subsidy_claim.{action}", row, actor=actor, changes=changes | facts)
    return row


def mine(facility: Facility, actor: Actor) -> Facility:
    """The facility, locked; NotFound for who may not claim for it."""
    found = (
        Facility.objects.allowed(actor, "subsidy.claim").select_for_update().filter(pk=facility.pk).first()
    )
    if found is None:
        raise NotFound(_("没有这家机构"))
    return found


# --- Computing ------------------------------------------------------------------------------------


def demand_open(facility: Facility, until: date) -> None:
    if facility.state == "closed" or (facility.closed_on is not None and facility.closed_on <= until):
        raise Refused(
            _("机构：%(name)s 已停办，不能申报。停办以前的，由区教育局按文件另算") % {"name": facility},
            field="facility",
            code="closed",
        )


def demand_conditions(row: SubsidyClaim, on: date) -> list[list]:
    """The version's conditions and that each is met; Refused with those that are not."""
    found = rules.conditions(counting.asked(row.terms), counting.facts(row.facility, on))
    missing = [_(rules.UNMET[key]) for key, met in found if not met]
    if missing:
        raise Refused(
            _("%(name)s 不符合申报条件：%(missing)s。条件在补贴标准里，登记有误的先更正登记")
            % {"name": row.facility, "missing": _("、").join(missing)},
            field="facility",
            code="conditions",
        )
    return [[key, met] for key, met in found]


def counted_elsewhere(row: SubsidyClaim, marks: Iterable[str]) -> SubsidyClaim | None:
    found = SubsidyMark.objects.filter(kind=row.rule.kind, mark__in=list(marks)).exclude(claim=row.pk)
    first = found.select_related("claim__rule").order_by("pk").first()
    return first.claim if first else None


def twice(other: SubsidyClaim) -> Conflict:
    return Conflict(
        _("%(number)s（%(rule)s，%(from)s 到 %(to)s）已经算过同样的内容，同一内容不重复补贴。先看那一份，有误的撤回再报")
        % {
            "number": other, "rule": other.rule, "from": other.starts_on.isoformat(),
            "to": other.ends_on.isoformat(),
        },
        code="twice",
        claim=other.pk,
        number=other.number,
    )  # fmt: skip


def left_of_cap(row: SubsidyClaim) -> Decimal | None:
    """What other claims of the facility leave of the year's cap."""
    if row.terms.cap is None:
        return None
    others = SubsidyClaim.objects.filter(
        facility=row.facility_id, rule=row.rule_id, starts_on__year=row.starts_on.year, state__in=rules.LIVE
    ).exclude(pk=row.pk)
    used = others.aggregate(sum=Sum(F("amount") - F("recovered")))["sum"] or Decimal(0)
    return max(Decimal(0), row.terms.cap - used)


def compute(row: SubsidyClaim, now: datetime) -> None:
    """Counts anew and keeps every row; Refused for nothing to count, Conflict for what another claim counts."""
    today = timezone.localdate(now)
    demand_open(row.facility, row.ends_on)
    conditions = demand_conditions(row, today)
    terms = row.terms
    found = counting.rows(row)
    if not found and terms.measure != rules.RECEIPTS:
        raise Refused(said_nothing(terms.measure), field="part", code="nothing")
    marks = [mark for one in found for mark in one.marks]
    if other := counted_elsewhere(row, marks):
        raise twice(other)
    left = left_of_cap(row)
    result = rules.worked(found, terms.rate, terms.measure, left)
    if found and not result.amount:
        raise Refused(
            _("金额：%(year)d 年每家最多 %(cap)s 元，别的申报已经用完")
            % {"year": row.starts_on.year, "cap": thousands(terms.cap)}
            if left is not None and result.full
            else _("金额：按标准算出来不到 1 分，不能申报"),
            code="cap",
        )
    row.quantity, row.full, row.amount, row.computed_at = result.quantity, result.full, result.amount, now
    row.basis = {
        "rate": str(terms.rate), "cap": str(terms.cap) if terms.cap is not None else None,
        "left": str(left) if left is not None else None, "measure": terms.measure, "conditions": conditions,
        "on": today.isoformat(),
    }  # fmt: skip
    row.save()
    row.items.all().delete()
    row.marks.all().delete()
    SubsidyItem.objects.bulk_create(
        SubsidyItem(
            claim=row,
            position=n,
            source=one.source,
            label=one.label[:200],
            note=one.note[:200],
            quantity=one.quantity,
        )
        for n, one in enumerate(found, 1)
    )
    try:
        with transaction.atomic():
            SubsidyMark.objects.bulk_create(
                SubsidyMark(claim=row, kind=row.rule.kind, mark=mark) for mark in marks
            )
    except IntegrityError as error:  # somebody else counted it in this moment
        if other := counted_elsewhere(row, marks):
            raise twice(other) from error
        raise


def said_nothing(measure: str) -> str:
    if measure in (rules.AVERAGE, rules.SET_DAY):
        return _("时段：这段时间没有登记在册的班级托位。先在机构的班级里登记，再来申报")
    if measure == rules.SESSION_HOURS:
        return _("时段：这段时间没有孩子来过的计时托场次。先登记场次和预约，再来申报")
    if measure == rules.PERSONS:
        return _("时段：这段时间没有培训合格的人。先在培训里登记到课和结果，再来申报")
    return _("时段：这段时间没有新开的班级。先在机构的班级里登记，再来申报")


@transaction.atomic
def claim(
    facility: Facility, rule: SubsidyRule, *, year: int, part: int, period: str | None = None, actor: Actor,
    now: datetime | None = None,
) -> SubsidyClaim:  # fmt: skip
    """A draft, computed from what is on record now. `period`: of what the part is one; None as the rule has it.

    Refused: a part that the year does not have, a period that no version covers or that is not over, a facility that is
    closed or does not meet the conditions, nothing on record. Conflict: the same counted by another claim.
    """
    actor.demand("subsidy.claim")
    now = now or timezone.now()
    facility = mine(facility, actor)
    if not rules.FIRST_YEAR <= year <= rules.LAST_YEAR:
        raise Refused(said("year"), field="year", code="year")
    kind = subsidy_rules.period_on(rule, year)
    try:
        if period not in (None, kind):
            raise ValueError(period)
        starts_on, ends_on = rules.period_of(kind, year, part)
    except ValueError:
        raise Refused(said("part", period=_(rules.PERIODS[kind])), field="part", code="part") from None
    terms = subsidy_rules.in_force(rule, starts_on, ends_on)
    if ends_on >= timezone.localdate(now):
        raise Refused(
            _("时段：%(day)s 才结束，结束以后再申报") % {"day": ends_on.isoformat()},
            field="part",
            code="not_over",
        )
    same = SubsidyClaim.objects.filter(
        facility=facility, rule=rule, starts_on__lte=ends_on, ends_on__gte=starts_on, state__in=rules.LIVE
    )
    if other := same.select_related("rule").first():
        raise twice(other)
    row = SubsidyClaim.objects.create(
        number=f"BT{year}-{next_number(f'subsidy-{year}'):04d}", rule=rule, terms=terms, facility=facility,
        starts_on=starts_on, ends_on=ends_on, computed_at=now, made_by=actor.user, made_at=now,
    )  # fmt: skip
    compute(row, now)
    audit.record(
        "targets.subsidy_claim.make",
        row,
        actor=actor,
        changes={"facility": facility.code, "amount": str(row.amount)},
    )
    return row


def claimant(row: SubsidyClaim, actor: Actor) -> None:
    actor.demand("subsidy.claim")
    mine(row.facility, actor)


@transaction.atomic
def recompute(row: SubsidyClaim, *, version: int, actor: Actor, now: datetime | None = None) -> SubsidyClaim:
    """Counts anew by the records of now; only what is not handed in."""
    claimant(row, actor)
    row = locked(row, version)
    before, row.state = row.state, next_state(row, "recompute")
    was = row.amount
    compute(row, now or timezone.now())
    return kept(row, "recompute", before, actor=actor, amount=[str(was), str(row.amount)])


# --- Papers ---------------------------------------------------------------------------------------


def changeable(row: SubsidyClaim, version: int | None, actor: Actor) -> SubsidyClaim:
    claimant(row, actor)
    row = locked(row, version)
    if row.state not in rules.OPEN:
        raise Conflict(
            _("%(number)s 现在是“%(state)s”，内容不能改。要改的，等退回以后改，或者撤回再报")
            % {"number": row, "state": row.get_state_display()},
            code="state",
        )
    return row


@transaction.atomic
def add_files(row: SubsidyClaim, files: Iterable, *, version: int, actor: Actor) -> SubsidyClaim:
    row = changeable(row, version, actor)
    files = list(files)
    if not files:
        raise Refused(_("材料：选至少一个文件"), field="files", code="files")
    for paper in store_papers(files, there=row.files.count(), most=MOST_FILES, actor=actor):
        SubsidyFile.objects.create(claim=row, file=paper)
    return kept(row, "files", row.state, actor=actor, files=len(files))


@transaction.atomic
def drop_file(row: SubsidyClaim, pk: int, *, version: int, actor: Actor) -> SubsidyClaim:
    row = changeable(row, version, actor)
    row.files.filter(pk=pk).delete()
    return kept(row, "drop_file", row.state, actor=actor)


def checked_money(amount: Decimal, day: date, reference: str, now: datetime, *, name: str, label: str) -> str:
    """The reference without blanks; Refused with the field. `name`, `label`: of the day."""
    reference = reference.strip()
    errors = {}
    if not rules.is_money(amount):
        errors["amount"] = said("amount")
    if not date(rules.FIRST_YEAR, 1, 1) <= day <= timezone.localdate(now):
        errors[name] = said("day", label=label)
    if not rules.fits(reference, rules.REFERENCE):
        errors["reference"] = said("reference")
    if errors:
        field, sentence = next(iter(errors.items()))
        raise Refused(sentence, field=field, code="values", errors=errors)
    return reference


@transaction.atomic
def add_receipt(
    row: SubsidyClaim, *, reference: str, paid_on: date, amount: Decimal, file, version: int, actor: Actor,
    now: datetime | None = None,
) -> SubsidyClaim:  # fmt: skip
    """A receipt of rent within the claim's period; the claim is computed anew."""
    row, now = changeable(row, version, actor), now or timezone.now()
    if row.terms.measure != rules.RECEIPTS:
        raise Conflict(_("%(rule)s 不按租金凭证算") % {"rule": row.rule}, code="measure")
    reference = checked_money(amount, paid_on, reference, now, name="paid_on", label=_("付款日期"))
    if not row.starts_on <= paid_on <= row.ends_on:
        raise Refused(
            _("付款日期：要在 %(from)s 到 %(to)s 之间")
            % {"from": row.starts_on.isoformat(), "to": row.ends_on.isoformat()},
            field="paid_on",
            code="paid_on",
        )
    if row.receipts.filter(number=reference).exists():
        raise Conflict(_("凭证号：%(n)s 已经在这份申报里") % {"n": reference}, field="reference", code="twin")
    if row.receipts.count() >= MOST_RECEIPTS:
        raise Refused(_("凭证：最多 %(n)d 张") % {"n": MOST_RECEIPTS}, field="reference", code="many")
    SubsidyReceipt.objects.create(
        claim=row,
        number=reference,
        paid_on=paid_on,
        amount=amount,
        file=store_file(file, actor=actor, office=True),
    )
    compute(row, now)
    return kept(row, "receipt", row.state, actor=actor, amount=str(row.amount))


@transaction.atomic
def drop_receipt(
    row: SubsidyClaim, pk: int, *, version: int, actor: Actor, now: datetime | None = None
) -> SubsidyClaim:
    row = changeable(row, version, actor)
    row.receipts.filter(pk=pk).delete()
    compute(row, now or timezone.now())
    return kept(row, "drop_receipt", row.state, actor=actor, amount=str(row.amount))


# --- The two persons ------------------------------------------------------------------------------


@transaction.atomic
def submit(row: SubsidyClaim, *, version: int, actor: Actor, now: datetime | None = None) -> SubsidyClaim:
    """Hands it in as it was computed. Refused when the facility does not meet the conditions any more."""
    claimant(row, actor)
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, next_state(row, "submit")
    if not row.mended:
        raise Conflict(
            _("%(number)s 退回以后还没有改过。按要补正的加材料、改凭证；登记已经更正的，重新计算，再交")
            % {"number": row},
            code="unchanged",
        )
    if not row.amount:
        raise Refused(_("凭证：还没有付租金的凭证，加上再交"), field="reference", code="nothing")
    demand_open(row.facility, row.ends_on)
    demand_conditions(row, timezone.localdate(now))
    row.submitted_by, row.submitted_at, row.note = actor.user, now, ""
    row.checked_by = row.checked_at = row.approved_by = row.approved_at = None
    return kept(row, "submit", before, actor=actor, amount=str(row.amount))


@transaction.atomic
def check(row: SubsidyClaim, *, version: int, actor: Actor, now: datetime | None = None) -> SubsidyClaim:
    """The first person has compared the rows with the records. Denied for who handed it in."""
    actor.demand("subsidy.check")
    row = locked(row, version)
    before, row.state = row.state, next_state(row, "check")
    if actor.same_person(row.submitted_by):
        raise Denied(_("这份申报是你交的，由另一个人初审"), code="second_person")
    row.checked_by, row.checked_at = actor.user, now or timezone.now()
    return kept(row, "check", before, actor=actor)


@transaction.atomic
def approve(row: SubsidyClaim, *, version: int, actor: Actor, now: datetime | None = None) -> SubsidyClaim:
    """The second person. Denied for who checked it, and for who handed it in."""
    actor.demand("subsidy.approve")
    row = locked(row, version)
    before, row.state = row.state, next_state(row, "approve")
    if actor.same_person(row.checked_by):
        raise Denied(_("这份申报是你初审的，由另一个人批准"), code="second_person")
    if actor.same_person(row.submitted_by):
        raise Denied(_("这份申报是你交的，由另一个人批准"), code="second_person")
    row.approved_by, row.approved_at = actor.user, now or timezone.now()
    return kept(row, "approve", before, actor=actor, amount=str(row.amount))


def deciding(row: SubsidyClaim, action: str, actor: Actor) -> None:
    """Who sends back or refuses: the first person what waits for the first, the second what waits for the second."""
    actor.demand(rules.CLAIM.transition(row.state, action).right)


@transaction.atomic
def send_back(row: SubsidyClaim, *, note: str, version: int, actor: Actor) -> SubsidyClaim:
    """Back to the facility with what is missing; also after approval, as long as nothing was paid."""
    row = locked(row, version)
    before, state = row.state, next_state(row, "return")
    deciding(row, "return", actor)
    if row.paid:
        raise Conflict(
            _("%(number)s 已经拨付 %(paid)s 元，不能退回。付完以后记追回")
            % {"number": row, "paid": thousands(row.paid)},
            code="paid",
        )
    row.state, row.note = state, noted(note)
    row.checked_by = row.checked_at = row.approved_by = row.approved_at = None
    return kept(row, "return", before, actor=actor)


@transaction.atomic
def refuse(row: SubsidyClaim, *, note: str, version: int, actor: Actor) -> SubsidyClaim:
    """No support, with the reason; what it counted is free again."""
    row = locked(row, version)
    before, state = row.state, next_state(row, "refuse")
    deciding(row, "refuse", actor)
    row.state, row.note = state, noted(note)
    row.marks.all().delete()
    return kept(row, "refuse", before, actor=actor)


@transaction.atomic
def withdraw(row: SubsidyClaim, *, note: str, version: int, actor: Actor) -> SubsidyClaim:
    """By the facility, before the first person has said yes."""
    claimant(row, actor)
    row = locked(row, version)
    before, row.state = row.state, next_state(row, "withdraw")
    row.note = noted(note)
    row.marks.all().delete()
    return kept(row, "withdraw", before, actor=actor)
