"""Proposals: an operator wants a fact changed that the district owns; somebody of the district decides."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility, Operator, Proposal
from facilities.rules import proposals as rules
from facilities.rules.states import PROPOSAL
from facilities.services import facilities as facility_services
from facilities.services import figures, file
from facilities.services.refusals import refuse
from portal.access import Actor
from portal.errors import Conflict, Denied
from portal.models.places import Street
from portal.services import audit
from portal.services.steps import step


def kept(value):
    """A value as the proposal keeps it: a street by its code, an operator by name, a day as text, an area as a number."""
    if isinstance(value, Street):
        return value.code
    if isinstance(value, Operator):
        return value.name
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return "" if value is None else value


def read(field: str, value):
    """The other way round; None for a street that is no more."""
    if field == "street":
        return Street.objects.filter(code=value).first()
    if field == "opened_on":
        return date.fromisoformat(value) if value else None
    if field == "usable_area":
        return None if value == "" else Decimal(str(value))
    if field in ("video_connected", "alarm_connected"):
        return None if value == "" else value
    return value


def propose_change(
    facility: Facility,
    *,
    actor: Actor,
    reason: str,
    upload=None,
    now: datetime | None = None,
    **values,
) -> Proposal:
    """Proposes facts of rules.proposals.FIELDS; what is as it was is left out. One open proposal per facility.

    Refused at once for what the register would refuse, and when nothing would change.
    """
    row = file.begin(facility, actor=actor)
    now = now or timezone.now()
    unknown = values.keys() - set(rules.FIELDS)
    if unknown:
        raise TypeError(f"no fields to propose: {sorted(unknown)}")
    values = facility_services.tidied(values)
    changed = {f: v for f, v in values.items() if facility_services.differs(row, f, v)}
    if not changed:
        refuse([("", "nothing", {})], rules.PROBLEMS, {})
    reason = reason.strip()
    if not 2 <= len(reason) <= 200:
        refuse([("reason", "reason", {})], rules.PROBLEMS, {})
    if "street" in changed:
        facility_services.own_street(changed["street"], actor)
    figures.refuse_followed(row, changed)
    whole = {f: getattr(row, f) for f in facility_services.register.FIELDS} | changed
    facility_services.check(whole | {"state": row.state}, today=timezone.localdate(now))
    if Proposal.objects.filter(facility=row, state="proposed").exists():
        raise Conflict(_("已有一份变更申请在等区里确认。要改内容，先撤回那一份"), code="open")
    proposal = Proposal.objects.create(
        facility=row,
        changes={f: [kept(getattr(row, f)), kept(v)] for f, v in changed.items()},
        reason=reason,
        file=file.stored(upload, actor=actor),
        proposed_by=actor.user,
        proposed_at=now,
    )
    audit.record(
        "facilities.proposal.propose", row, actor=actor, changes={"fields": sorted(changed), "reason": reason}
    )
    return proposal


def stepped(proposal: Proposal, action: str, *, actor: Actor, right: str) -> Proposal:
    """The proposal, locked, in its next state; Conflict when somebody was faster."""
    if not Proposal.objects.allowed(actor, right).filter(pk=proposal.pk).exists():
        raise Denied(_("你的角色不能做这件事"))
    row = Proposal.objects.select_for_update().select_related(None).get(pk=proposal.pk)
    row.state = step(PROPOSAL, row, action)
    return row


def confirm_proposal(
    proposal: Proposal, *, actor: Actor, answer: str = "", now: datetime | None = None
) -> Proposal:
    """Writes the proposed facts into the register. Denied to the proposer, Conflict where a fact has moved since."""
    row = stepped(proposal, "confirm", actor=actor, right="facility.manage")
    now = now or timezone.now()
    if actor.same_person(row.proposed_by):
        raise Denied(_("自己提的申请由另一个人确认"))
    facility = Facility.objects.select_for_update().get(pk=row.facility_id)
    values = {}
    for field, (before, wanted) in row.changes.items():
        if kept(getattr(facility, field)) != before:
            label = facility_services.labels()[field]
            raise Conflict(
                _("%(label)s在申请以后已经改过。让机构按现在的内容重新申请") % {"label": label},
                code="moved",
                field=field,
            )
        values[field] = read(field, wanted)
    facility_services.change_facility(
        facility, actor=actor, version=facility.version, on=timezone.localdate(now), **values
    )
    return decided(row, "facilities.proposal.confirm", actor=actor, answer=answer, now=now)


def refuse_proposal(
    proposal: Proposal, *, actor: Actor, answer: str, now: datetime | None = None
) -> Proposal:
    """Refuses, with the reason that the operator reads."""
    row = stepped(proposal, "refuse", actor=actor, right="facility.manage")
    if not 2 <= len(answer.strip()) <= 200:
        refuse([("answer", "answer", {})], rules.PROBLEMS, {})
    return decided(row, "facilities.proposal.refuse", actor=actor, answer=answer, now=now or timezone.now())


def withdraw_proposal(proposal: Proposal, *, actor: Actor, now: datetime | None = None) -> Proposal:
    """The operator takes it back."""
    row = stepped(proposal, "withdraw", actor=actor, right="facility.keep")
    return decided(row, "facilities.proposal.withdraw", actor=actor, answer="", now=now or timezone.now())


def decided(row: Proposal, action: str, *, actor: Actor, answer: str, now: datetime) -> Proposal:
    row.decided_by, row.decided_at, row.answer = actor.user, now, answer.strip()[:200]
    row.save(update_fields=["state", "decided_by", "decided_at", "answer"])
    audit.record(action, row.facility, actor=actor, changes={"proposal": row.pk, "answer": row.answer})
    return row
