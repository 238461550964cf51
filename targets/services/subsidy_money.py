"""Money of claims: what was paid out, and what came back (追回)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.templatetags.ui import thousands
from targets.models.subsidies import SubsidyClaim, SubsidyPayment, SubsidyRecovery
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
    """Money that came back; once all has, the claim counts nothing any more."""
    actor.demand("subsidy.pay")
    row, now = locked(row, version), now or timezone.now()
    next_state(row, "recover")
    reference, note = checked_money(amount, on, reference, now, name="on", label=_("追回日期")), noted(note)
    left = row.paid - row.recovered
    if amount > left:
        raise Refused(
            _("金额：拨付 %(paid)s 元，已追回 %(back)s 元，最多还能追回 %(left)s 元")
            % {"paid": thousands(row.paid), "back": thousands(row.recovered), "left": thousands(left)},
            field="amount",
            code="too_much",
        )
    if row.recoveries.filter(reference=reference).exists():
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
    before = row.state
    row.state = next_state(row, "recover" if amount == left else "recover_part")
    row.recovered += amount
    if row.state == "recovered":
        row.marks.all().delete()
    return kept(row, "recover", before, actor=actor, amount=str(amount), reason=note)
