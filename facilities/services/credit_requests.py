"""What is asked of an entry of the credit record: an objection, a repair, a release; decided by somebody else."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import CreditEntry, CreditRequest
from facilities.rules import credit as rules
from facilities.services import credit
from facilities.services.refusals import refuse_field
from portal import calendar
from portal.access import Actor
from portal.errors import Conflict, Denied
from portal.rules.rights import Reach
from portal.services import audit, parameters
from portal.services.files import store_file
from portal.services.steps import step

TEXT = (10, 2000)


def ask(
    entry: CreditEntry, kind: str, *, actor: Actor, reason: str, upload=None, now: datetime | None = None
) -> CreditRequest:
    """Asks for a revocation (objection), a repair, or a release from a list; one at a time.

    An objection or repair is the facility's, or the district's in its name, from paper. Refused before the day on
    which a repair may be asked, and after the time in which what is not yet in force may be objected to.
    """
    now = now or timezone.now()
    today = timezone.localdate(now)
    may_ask(entry, kind, actor)
    entry = credit.locked(entry)
    _action, states, kinds = rules.ASKED[kind]
    if entry.state not in states or entry.kind not in kinds:
        raise Conflict(
            _("%(number)s 现在是“%(state)s”，不能申请%(what)s")
            % {
                "number": entry.number,
                "state": entry.get_state_display(),
                "what": CreditRequest.Kind(kind).label,
            },
            code="state",
        )
    if entry.requests.filter(state="open").exists():
        raise Conflict(_("已有一份申请在等答复"), code="open")
    if entry.state == "noticed" and entry.objection_until and today > entry.objection_until:
        raise Conflict(
            _("异议期到 %(day)s 为止，生效以后还可以再提") % {"day": entry.objection_until.isoformat()},
            code="over",
        )
    if kind == rules.REPAIR and (entry.repair_from is None or today < entry.repair_from):
        raise Conflict(
            _("从 %(day)s 起可以申请修复")
            % {"day": entry.repair_from.isoformat() if entry.repair_from else "—"},
            code="early",
        )
    if not TEXT[0] <= len(reason.strip()) <= TEXT[1]:
        refuse_field(
            "reason", _("写清理由，%(least)d 到 %(most)d 个字") % {"least": TEXT[0], "most": TEXT[1]}
        )
    days = int(parameters.values([rules.ANSWER_DAYS], today).get(rules.ANSWER_DAYS, 0))
    made = CreditRequest.objects.create(
        entry=entry,
        kind=kind,
        reason=reason.strip(),
        file=store_file(upload, actor=actor) if upload else None,
        on_paper=kind != rules.RELEASE and Reach.FACILITIES not in actor.reaches("credit.ask"),
        asked_by=actor.user,
        asked_at=now,
        answer_due=calendar.add_working_days(today, days),
    )
    told("ask", made, entry, actor, on_paper=made.on_paper)
    return made


def may_ask(entry: CreditEntry, kind: str, actor: Actor) -> None:
    right = "credit.release" if kind == rules.RELEASE else "credit.ask"
    actor.demand(right)
    if not CreditEntry.objects.allowed(actor, right).filter(pk=entry.pk).exists():
        raise Denied(_("只能为自己的机构申请"))


def told(action: str, asked: CreditRequest, entry: CreditEntry, actor: Actor, **facts) -> None:
    audit.record(
        f"facilities.credit.{action}",
        entry,
        actor=actor,
        changes={"facility": entry.facility.code, "request": asked.kind, **facts},
    )


def stepped(asked: CreditRequest, action: str) -> tuple[CreditRequest, CreditEntry]:
    """The request, locked after its entry, in its next state."""
    entry = credit.locked(asked.entry)
    row = CreditRequest.objects.select_for_update(of=("self",)).get(pk=asked.pk)
    row.entry = entry
    row.state = step(
        rules.REQUEST,
        row,
        action,
        Conflict(_("这份申请已是“%(state)s”") % {"state": row.get_state_display()}, code="state"),
    )
    return row, entry


def withdraw(asked: CreditRequest, *, actor: Actor, now: datetime | None = None) -> CreditRequest:
    """Whoever may ask takes it back."""
    may_ask(asked.entry, asked.kind, actor)
    if not may_withdraw(asked, actor):
        raise Denied(_("机构自己提的申请由机构撤回"))
    row, entry = stepped(asked, "withdraw")
    return decided(row, entry, "withdraw", actor=actor, answer="", now=now or timezone.now())


def may_withdraw(asked: CreditRequest, actor: Actor) -> bool:
    """Not the district what the facility itself has asked for."""
    theirs = asked.kind != rules.RELEASE and not asked.on_paper
    return not theirs or Reach.FACILITIES in actor.reaches("credit.ask")


def grant(
    asked: CreditRequest, *, actor: Actor, answer: str = "", now: datetime | None = None
) -> CreditRequest:
    """The entry is revoked, repaired or released from today on."""
    actor.demand("credit.decide")
    now = now or timezone.now()
    row, entry = stepped(asked, "grant")
    credit.two_people(actor, row.asked_by, entry.entered_by)
    answer = answer.strip()[:500]
    decided(row, entry, "grant", actor=actor, answer=answer, now=now)
    action = rules.ASKED[row.kind][0]
    credit.leave(entry, action, actor=actor, on=timezone.localdate(now), note=answer)
    return row


def refuse(asked: CreditRequest, *, actor: Actor, answer: str, now: datetime | None = None) -> CreditRequest:
    """The entry stands; one that waited only for this answer takes effect."""
    actor.demand("credit.decide")
    now = now or timezone.now()
    today = timezone.localdate(now)
    row, entry = stepped(asked, "refuse")
    credit.two_people(actor, row.asked_by, entry.entered_by)
    decided(row, entry, "refuse", actor=actor, answer=credit.reason_of("answer", answer, 500), now=now)
    if entry.state == "noticed" and entry.objection_until and today > entry.objection_until:
        credit.take_effect(entry, actor=actor, on=today)
    return row


def decided(
    row: CreditRequest, entry: CreditEntry, action: str, *, actor: Actor, answer: str, now: datetime
) -> CreditRequest:
    row.decided_by, row.decided_at, row.answer = actor.user, now, answer
    row.save(update_fields=["state", "decided_by", "decided_at", "answer"])
    told(action, row, entry, actor, answer=answer)
    return row
