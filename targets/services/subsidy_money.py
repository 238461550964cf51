"""Money of claims: what was paid out, and what came back (追回)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.services.steps import step
from portal.templatetags.ui import thousands
from targets.models.subsidies import SubsidyClaim, SubsidyPayment, SubsidyRecovery
from targets.rules import subsidies as rules
from targets.services.subsidies import checked_money, kept, locked, next_state
from targets.services.subsidy_rules import noted


@transaction.atomic
def pay(
    row: SubsidyClaim, *, paid_on: date, reference: str, amount: Decimal, version: int, actor: Actor,
    now: datetime | None = None,
) -> SubsidyClaim:  # fmt: skip
    """A payment on record; several until the whole is paid. Refused for more than is left."""
    actor.demand("subsidy.pay")
    row, now = locked(row, version), now or timezone.now()
    next_state(row, "pay")
    reference = checked_money(amount, paid_on, reference, now, name="paid_on", label=_("拨付日期"))
    left = row.amount - row.paid
    if amount > left:
        raise Refused(
            _("金额：批准 %(amount)s 元，已拨付 %(paid)s 元，最多还能拨付 %(left)s 元")
            % {"amount": thousands(row.amount), "paid": thousands(row.paid), "left": thousands(left)},
            field="amount",
            code="too_much",
        )
    if paid_on < timezone.localdate(row.approved_at):
        raise Refused(
            _("拨付日期：不早于批准的 %(day)s") % {"day": timezone.localdate(row.approved_at).isoformat()},
            field="paid_on",
            code="paid_on",
        )
    if row.payments.filter(reference=reference).exists():
        raise Conflict(_("凭证号：%(n)s 已经记过") % {"n": reference}, field="reference", code="twin")
    SubsidyPayment.objects.create(
        claim=row, paid_on=paid_on, reference=reference, amount=amount, entered_by=actor.user, entered_at=now
    )
    before = row.state
    row.state = next_state(row, "pay" if amount == left else "pay_part")
    row.paid += amount
    return kept(row, "pay", before, actor=actor, amount=str(amount), reference=reference)


@transaction.atomic
def recover(
    row: SubsidyClaim, *, on: date, reference: str, amount: Decimal, note: str, version: int, actor: Actor,
    now: datetime | None = None,
) -> SubsidyClaim:  # fmt: skip
    """Money that came back, as the paper says; it counts once another person has confirmed it."""
    actor.demand("subsidy.pay")
    row, now = locked(row, version), now or timezone.now()
    next_state(row, "recover")
    reference, note = checked_money(amount, on, reference, now, name="on", label=_("追回日期")), noted(note)
    known = row.recoveries.exclude(state="dropped")
    waiting = sum(known.filter(state="proposed").values_list("amount", flat=True), Decimal(0))
    left = row.paid - row.recovered - waiting
    if amount > left:
        raise Refused(
            _("金额：拨付 %(paid)s 元，已追回和等确认的 %(back)s 元，最多还能追回 %(left)s 元")
            % {
                "paid": thousands(row.paid), "back": thousands(row.recovered + waiting), "left": thousands(left),
            },
            field="amount",
            code="too_much",
        )  # fmt: skip
    if known.filter(reference=reference).exists():
        raise Conflict(_("凭证号：%(n)s 已经记过") % {"n": reference}, field="reference", code="twin")
    SubsidyRecovery.objects.create(
        claim=row,
        on=on,
        reference=reference,
        amount=amount,
        reason=note,
        entered_by=actor.user,
        entered_at=now,
    )
    return kept(row, "recover", row.state, actor=actor, amount=str(amount), reason=note)


def recovery_of(row: SubsidyClaim, pk: int) -> SubsidyRecovery:
    """One of the claim's, locked; NotFound for another's."""
    found = row.recoveries.select_for_update(of=("self",)).select_related("entered_by").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有这笔追回"))
    return found


@transaction.atomic
def confirm_recovery(
    row: SubsidyClaim, pk: int, *, version: int, actor: Actor, now: datetime | None = None
) -> SubsidyClaim:
    """The second person. Denied for who wrote it; once all has come back, the claim counts nothing any more."""
    actor.demand("subsidy.approve")
    row = locked(row, version)
    one = recovery_of(row, pk)
    one.state = step(rules.RECOVERY, one, "confirm")
    if actor.same_person(one.entered_by):
        raise Denied(_("这笔追回是你记的，由另一个人确认"), code="second_person")
    one.confirmed_by, one.confirmed_at = actor.user, now or timezone.now()
    one.save()
    before = row.state
    row.recovered += one.amount
    row.state = next_state(row, "recover" if row.recovered == row.amount else "recover_part")
    if row.state == "recovered":
        row.marks.all().delete()
    return kept(row, "confirm_recovery", before, actor=actor, amount=str(one.amount))


@transaction.atomic
def end_recovery(row: SubsidyClaim, pk: int, *, version: int, actor: Actor) -> SubsidyClaim:
    """Not taken back after all: the second person says no, or who keeps the payments strikes it out."""
    second = actor.may("subsidy.approve")
    actor.demand("subsidy.approve" if second else "subsidy.pay")
    row = locked(row, version)
    one = recovery_of(row, pk)
    one.state = step(rules.RECOVERY, one, "refuse" if second else "drop")
    one.save()
    return kept(row, "end_recovery", row.state, actor=actor, amount=str(one.amount))
