"""Objections of a unit against points of the yearly supervision, and the answers to them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.services import audit
from portal.services.steps import step
from targets.models.supervision import SupervisionAnswer, SupervisionMark, SupervisionObjection
from targets.rules import supervision as rules
from targets.services.supervision import noted, said
from targets.services.supervision_cases import count, demand_own, demand_third, kept, locked


@transaction.atomic
def give_objection(
    answer: SupervisionAnswer, *, text: str, actor: Actor, now: datetime | None = None
) -> SupervisionObjection:
    """The unit says what is wrong with the points of an answer, within the days that it has. One at a time."""
    case, now = locked(answer.case, None), now or timezone.now()
    demand_own(case, actor)
    row, text = case.round, text.strip()
    if row.state != "announced":
        raise Conflict(
            _("%(name)s现在是“%(state)s”，得分告知以后、定下以前才能提异议")
            % {"name": row, "state": row.get_state_display()},
            code="final" if row.state == "final" else "state",
        )
    if timezone.localdate(now) > row.object_until:
        raise Conflict(
            _("提异议的时间到 %(day)s 为止，已经过了") % {"day": row.object_until.isoformat()}, code="late"
        )
    if not rules.fits(text, rules.TEXT):
        raise Refused(_("异议：写 5 到 500 个字，说明哪里评得不对"), field="text", code="text")
    if answer.objections.filter(state="given").exists():
        raise Conflict(_("这题的异议还在等答复"), code="twice")
    made = SupervisionObjection.objects.create(answer=answer, text=text, given_at=now, given_by=actor.user)
    audit.record("targets.supervision_objection.give", made, actor=actor, changes={"unit": case.unit.name})
    return made


@transaction.atomic
def settle_objection(
    objection: SupervisionObjection, action: str, *, reply: str, points: int | None = None, actor: Actor,
    now: datetime | None = None,
) -> SupervisionObjection:  # fmt: skip
    """`uphold` with the right points, or `refuse`; both say why. Denied for the unit and for who gave the points."""
    case, now = locked(objection.answer.case, None), now or timezone.now()
    demand_third(case, actor, [objection.answer])
    objection = (
        SupervisionObjection.objects.select_for_update(of=("self",))
        .select_related("answer__question")
        .get(pk=objection.pk)
    )
    if case.round.state != "announced":
        raise Conflict(_("%(name)s已经定下结果，不再改") % {"name": case.round}, code="final")
    objection.state = step(rules.OBJECTION, objection, action)
    reply = noted(reply)
    if action == "uphold":
        most = objection.answer.question.points
        if points is None or not 0 <= points <= most:
            raise Refused(said("marked_over", most=most), field="points", code="points")
        SupervisionMark.objects.update_or_create(
            answer=objection.answer, place=rules.CORRECTED,
            defaults={"points": points, "reason": reply, "by": actor.user, "at": now},
        )  # fmt: skip
        before = case.score
        count(case)
        kept(case, "correct", case.state, actor=actor, score=[str(before), str(case.score)])
    objection.reply, objection.decided_at, objection.decided_by = reply, now, actor.user
    objection.save()
    audit.record(f"targets.supervision_objection.{action}", objection, actor=actor, changes={"reply": reply})
    return objection
