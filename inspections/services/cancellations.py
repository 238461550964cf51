"""Striking off a visit: one of four reasons, two people, on record beside the draw's evidence."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import DrawAddendum, Inspection
from inspections.rules.states import CANCEL_REASONS, INSPECTION
from inspections.services.addenda import record_addendum
from inspections.services.answers import lock
from inspections.services.visits import tell_draw
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.services import audit, publicity
from portal.services.steps import step

#: A reason that the register must bear out: the facility's state. Force majeure has none.
REGISTER_SAYS = {"closed": "closed", "merged": "closed", "suspended": "suspended"}


def request_cancel(inspection: Inspection, *, reason: str, note: str, actor: Actor) -> Inspection:
    """Asks that a visit be struck off; a second person decides. Refused for a reason that the register contradicts."""
    actor.demand("inspection.cancel")
    inspection = lock(inspection)
    step(INSPECTION, inspection, "cancel")
    if inspection.cancel_requested_by_id:
        raise Conflict(_("已经有人申请销去这次检查，正等第二个人决定"), code="cancel_requested")
    if reason not in CANCEL_REASONS:
        raise Refused(
            _("理由：只能是停办、暂停、合并、不可抗力中的一个。没赶上不是理由，补做就行"), field="reason"
        )
    note = note.strip()
    if not 5 <= len(note) <= 200:
        raise Refused(_("说明：写 5 到 200 个字，会随证据公开，不写人名"), field="note")
    publicity.demand(note, field="note", label=_("说明"))
    wanted = REGISTER_SAYS.get(reason)
    if wanted and inspection.facility.state != wanted:
        raise Refused(
            _("理由：名册上 %(name)s 是“%(state)s”。先在名册里办停办或暂停，再来销去")
            % {"name": inspection.facility.name, "state": inspection.facility.get_state_display()},
            field="reason",
        )
    inspection.cancel_reason, inspection.cancel_note = reason, note
    inspection.cancel_requested_by = actor.user
    inspection.version += 1
    inspection.save(update_fields=["cancel_reason", "cancel_note", "cancel_requested_by", "version"])
    audit.record("inspections.inspection.request_cancel", inspection, actor=actor, changes={"reason": reason})
    return inspection


def decline_cancel(inspection: Inspection, *, actor: Actor) -> Inspection:
    """Says no to striking off, or takes the own request back: the visit is to be made."""
    inspection = lock(inspection)
    if not actor.same_person(inspection.cancel_requested_by):
        actor.demand("inspection.cancel_confirm")
    if inspection.state == "cancelled" or not inspection.cancel_requested_by_id:
        raise Conflict(_("这次检查没有待决定的销去申请"), code="state")
    reason = inspection.cancel_reason
    inspection.cancel_reason = inspection.cancel_note = ""
    inspection.cancel_requested_by = None
    inspection.version += 1
    inspection.save(update_fields=["cancel_reason", "cancel_note", "cancel_requested_by", "version"])
    audit.record("inspections.inspection.decline_cancel", inspection, actor=actor, changes={"reason": reason})
    return inspection


def confirm_cancel(inspection: Inspection, *, actor: Actor, now: datetime | None = None) -> Inspection:
    """Strikes a visit off as the second person; of a drawn one the draw's record gets an addendum."""
    actor.demand("inspection.cancel_confirm")
    inspection = lock(inspection)
    if inspection.state == "cancelled":
        return inspection
    if not inspection.cancel_requested_by_id:
        raise Conflict(_("这次检查没有待决定的销去申请"), code="state")
    if actor.same_person(inspection.cancel_requested_by):
        raise Denied(_("申请的人不能自己确认，请另一个人来"), code="second_person")
    publicity.demand_none([inspection.cancel_note], _("退回这份申请，改了说明再申请"))
    before, inspection.state = inspection.state, step(INSPECTION, inspection, "cancel")
    inspection.cancelled_at, inspection.cancelled_by = now or timezone.now(), actor.user
    inspection.version += 1
    inspection.save(update_fields=["state", "cancelled_at", "cancelled_by", "version"])
    if inspection.draw_id:
        record_addendum(
            inspection.draw,
            DrawAddendum.Kind.CANCELLED,
            {
                "object": inspection.facility.code,
                "reason": inspection.cancel_reason,
                "note": inspection.cancel_note,
            },
            actor=actor,
            at=inspection.cancelled_at,
        )
    audit.record(
        "inspections.inspection.cancel",
        inspection,
        actor=actor,
        changes={"state": [before, inspection.state], "reason": inspection.cancel_reason},
    )
    tell_draw(inspection, actor)
    return inspection
