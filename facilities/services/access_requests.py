"""Asking to open a child's record, deciding, and the end of an approval (未成年人网络保护条例 36)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import AccessRequest, Child
from facilities.rules import families as rules
from facilities.rules.states import ACCESS_REQUEST
from facilities.services.refusals import refuse, refuse_field
from portal.access import Actor
from portal.errors import Conflict, Denied
from portal.rules.machine import NotNow
from portal.services import audit, parameters

#: A request that nobody decided ends after this.
UNDECIDED = timedelta(days=7)


def most_hours(now: datetime) -> int:
    return int(parameters.value("child.access_hours", timezone.localdate(now)))


def ask(
    child: Child, *, actor: Actor, purpose: str, reason: str, hours: int, now: datetime | None = None
) -> AccessRequest:
    """Asks to open a child's record for some hours; the head of the unit decides."""
    now = now or timezone.now()
    if actor.user is None or not Child.objects.allowed(actor, "child.request").filter(pk=child.pk).exists():
        raise Denied(_("你的角色不能申请查看这份档案"))
    if child.erased_on is not None:
        raise Denied(_("这份档案已经删除"))
    most, reason, problems = most_hours(now), reason.strip(), []
    if purpose not in rules.OF_DISTRICT:
        problems.append(("purpose", "purpose", {}))
    if not 4 <= len(reason) <= 200:
        problems.append(("reason", "reason", {}))
    if not 1 <= hours <= most:
        problems.append(("hours", "hours", {"most": most}))
    refuse(problems, rules.PROBLEMS, {"purpose": _("用途"), "reason": _("事由"), "hours": _("小时")})
    see_ended(now=now, actor=Actor.system(actor.district, "facilities.access"), child=child)
    Child.objects.select_for_update().get(
        pk=child.pk
    )  # two at once: the second finds the first one's request
    mine = AccessRequest.objects.of(actor).filter(child=child)
    if mine.filter(state="asked").exists():
        raise Conflict(_("已经申请过，等单位负责人审批"), code="twice")
    if mine.holding(now).exists():
        raise Conflict(_("已经同意你查看，不用再申请"), code="twice")
    made = AccessRequest.objects.create(
        child=child, purpose=purpose, reason=reason, hours=hours, asked_by=actor.user, asked_at=now
    )
    audit.record(
        "facilities.child.ask",
        child,
        actor=actor,
        changes={"request": made.pk, "purpose": purpose, "hours": hours},
    )
    return made


def decide(
    asked: AccessRequest, *, actor: Actor, agree: bool, note: str = "", now: datetime | None = None
) -> AccessRequest:
    """Another person agrees, from when on the hours run, or does not and says why."""
    actor.demand("child.approve")
    now, note = now or timezone.now(), note.strip()
    row = AccessRequest.objects.select_for_update(of=("self",)).select_related("child").get(pk=asked.pk)
    if actor.same_person(row.asked_by):
        raise Denied(_("申请人不能自己审批"))
    action = "approve" if agree else "refuse"
    try:
        state = ACCESS_REQUEST.next_state(row.state, action)
    except NotNow:
        raise Conflict(
            _("这份申请已经是“%(state)s”") % {"state": row.get_state_display()}, code="state"
        ) from None
    if not agree and not 2 <= len(note) <= 200:
        refuse_field("note", _("写不同意的理由，2 到 200 个字"))
    row.state, row.decided_by, row.decided_at, row.note = state, actor.user, now, note[:200]
    row.expires_at = now + timedelta(hours=row.hours) if agree else None
    row.save(update_fields=["state", "decided_by", "decided_at", "note", "expires_at"])
    audit.record(
        f"facilities.child.{action}", row.child, actor=actor, changes={"request": row.pk, "note": row.note}
    )
    return row


def see_ended(*, now: datetime, actor: Actor, child: Child | None = None) -> int:
    """Ends approvals whose time is over and requests that nobody decided; again it changes nothing."""
    open_ones = AccessRequest.objects.select_for_update()
    if child is not None:
        open_ones = open_ones.filter(child=child)
    ended = [
        *open_ones.filter(state="approved", expires_at__lte=now),
        *open_ones.filter(state="asked", asked_at__lte=now - UNDECIDED),
    ]
    for row in ended:
        row.state = ACCESS_REQUEST.next_state(row.state, "expire")
        row.save(update_fields=["state"])
    if ended:
        audit.record(
            "facilities.child.expire", None, actor=actor, changes={"requests": [row.pk for row in ended]}
        )
    return len(ended)
