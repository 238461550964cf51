"""A site's account: what came in, what running it cost; not for profit (金教〔2023〕29号 四3, 六1)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility, LedgerEntry
from facilities.rules import sites as rules
from facilities.services.refusals import refuse
from facilities.services.sites import reached
from portal.access import Actor
from portal.errors import Conflict
from portal.services import audit


def labels() -> dict[str, str]:
    return {"on": _("日期"), "item": _("项目"), "amount": _("金额"), "note": _("摘要")}


def enter(
    facility: Facility,
    *,
    actor: Actor,
    on: date,
    item: str,
    amount: Decimal,
    note: str,
    today: date | None = None,
) -> LedgerEntry:
    """One line of the account, in CNY."""
    row = reached(facility, actor, "ledger.manage")
    today, note = today or timezone.localdate(), note.strip()
    problems = []
    if item not in {**rules.INCOME_ITEMS, **rules.COST_ITEMS}:
        problems.append(("item", "choice", {}))
    if not Decimal("0.01") <= amount <= rules.LARGEST_AMOUNT:
        problems.append(("amount", "amount", {}))
    if on > today:
        problems.append(("on", "future", {}))
    elif row.opened_on and on.year < row.opened_on.year:
        problems.append(("on", "early", {"day": row.opened_on.isoformat()}))
    if not 2 <= len(note) <= 120:
        problems.append(("note", "note", {}))
    refuse(problems, rules.PROBLEMS, labels())
    made = LedgerEntry.objects.create(facility=row, on=on, item=item, amount=amount, note=note, by=actor.user)
    audit.record(
        "facilities.ledger.enter",
        row,
        actor=actor,
        changes={"entry": made.pk, "item": item, "amount": str(amount), "on": on.isoformat()},
    )
    return made


def take_back(entry: LedgerEntry, *, actor: Actor) -> LedgerEntry:
    """Takes a wrong line back by another of the opposite sign, on the same day; both stay in sight."""
    row = reached(entry.facility, actor, "ledger.manage")
    if entry.reverses_id is not None:
        raise Conflict(_("这一笔本身就是冲回，不能再冲"), code="state")
    if LedgerEntry.objects.filter(reverses=entry).exists():
        raise Conflict(_("这一笔已经冲回"), code="state")
    made = LedgerEntry.objects.create(
        facility=row,
        on=entry.on,
        item=entry.item,
        amount=-entry.amount,
        note=(_("冲回：%(note)s") % {"note": entry.note})[:120],
        reverses=entry,
        by=actor.user,
    )
    audit.record("facilities.ledger.take_back", row, actor=actor, changes={"entry": entry.pk, "by": made.pk})
    return made


def accounts(facility: Facility) -> list[rules.Year]:
    """The site's accounts by year, newest first."""
    return rules.yearly(
        list(LedgerEntry.objects.filter(facility=facility).values_list("on", "item", "amount"))
    )
