"""Voiding a draw: one person asks with a reason, the head of a unit decides. There is no other way to draw again."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from inspections.models import Draw, PublicRecord
from inspections.rules.states import DRAW
from inspections.services import chains, draws
from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.services import audit, publicity
from portal.services.steps import step


def request_void(draw: Draw, *, reason: str, actor: Actor, at: datetime | None = None) -> Draw:
    """Asks for the draw to be voided. The reason becomes public."""
    actor.demand("draw.void")
    reason = draws.one_line(reason, "reason", _("理由"))
    if len(reason) < 4:
        raise Refused(_("理由：写清楚为什么作废，会公开"), field="reason", code="reason")
    publicity.demand(reason, field="reason", label=_("理由"))
    _on, at = chains.moment(None, at)
    draw = draws.locked(draw)
    step(DRAW, draw, "void")
    if draw.void_requested_at is not None:
        raise Conflict(_("已经有人申请作废，等单位负责人决定"), code="void_requested")
    draw.void_reason, draw.void_requested_at, draw.void_requested_by = reason, at, actor.user
    draw.save(update_fields=["void_reason", "void_requested_at", "void_requested_by"])
    audit.record("inspections.draw.request_void", draw, actor=actor, changes={"reason": reason})
    return draw


def decline_void(draw: Draw, *, actor: Actor) -> Draw:
    """The draw stays: the head says no."""
    actor.demand("draw.void_confirm")
    draw = draws.locked(draw)
    if draw.state == "void" or draw.void_requested_at is None:
        raise Conflict(_("没有等着决定的作废申请"), code="no_request")
    reason = draw.void_reason
    draw.void_reason, draw.void_requested_at, draw.void_requested_by = "", None, None
    draw.save(update_fields=["void_reason", "void_requested_at", "void_requested_by"])
    audit.record("inspections.draw.decline_void", draw, actor=actor, changes={"reason": [reason, ""]})
    return draw


def confirm_void(draw: Draw, *, actor: Actor, at: datetime | None = None) -> Draw:
    """Voids the draw; the void draw if it is void already.

    Visits not begun are cancelled with it and are seen by nobody any more as visits to make; those under way or
    finished stay on record. What was published stays public, the void itself becomes public at once.
    """
    actor.demand("draw.void_confirm")
    _on, at = chains.moment(None, at)
    chains.lock(f"draw {draw.chain.scheme_key}")
    list(draw.inspections.select_for_update().values_list("pk"))  # visits first, then their draw
    draw = draws.locked(draw)
    if draw.state == "void":
        return draw
    target = step(DRAW, draw, "void")
    if draw.void_requested_at is None:
        raise Conflict(_("没有等着决定的作废申请"), code="no_request")
    if actor.same_person(draw.void_requested_by):
        raise Refused(_("申请和决定作废要两个人。由另一位单位负责人决定"), code="same_person")
    publicity.demand_none([draw.void_reason], _("退回这份申请，改了理由再申请"))
    draw.state = target
    draw.voided_at, draw.voided_by = at, actor.user
    draw.save(update_fields=["state", "voided_at", "voided_by"])
    cancelled = draw.inspections.filter(state="due").update(
        state="cancelled",
        cancel_note=_("随抽取作废"),
        cancel_requested_by=draw.void_requested_by,
        cancelled_by=actor.user,
        cancelled_at=at,
    )
    draws.publish(
        draw,
        PublicRecord.Kind.VOID,
        draw.evidence_sha256 or draw.frozen_sha256,
        at,
        note=draw.void_reason,
    )
    audit.record(
        "inspections.draw.void",
        draw,
        actor=actor,
        changes={
            "reason": draw.void_reason,
            "cancelled": cancelled,
            "kept": draw.inspections.exclude(state="cancelled").count(),
        },
    )
    return draw
