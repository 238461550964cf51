"""Objections to the public notice of a naming cycle: made by anybody, answered by the city. docs/cycle.md."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.services import audit
from portal.services.steps import step
from targets.models.naming import Candidate, NamingCycle, NoticeObjection
from targets.rules import naming as rules
from targets.services.naming import kept, locked, texted, withdraw


def notices():
    """The cycles whose notices stand for everybody to read, or stood and were taken down; the newest first."""
    found = NamingCycle.objects.filter(
        Q(state__in=("notice", "named"), notice_from__isnull=False) | Q(withdrawn_on__isnull=False)
    )
    return found.order_by(Coalesce("notice_from", "withdrawn_on").desc(), "-pk")


def on_notice(pk: int) -> NamingCycle | None:
    """The cycle whose notice stands for everybody to read."""
    return notices().filter(pk=pk).select_related("document").first()


@transaction.atomic
def object_to(
    row: NamingCycle, *, candidate: Candidate | None, text: str, name: str, contact: str, actor: Actor,
    now: datetime | None = None,
) -> NoticeObjection:  # fmt: skip
    """Anybody, while the notice stands. Contact is kept encrypted; without one nobody could be answered."""
    row, now = locked(row, None), now or timezone.now()
    on = timezone.localdate(now)
    if row.state != "notice" or not rules.works(row.notice_from, row.notice_to, on):
        raise Conflict(_("公示已经结束，不再收异议"), code="over")
    text = texted(text, "text", _("异议内容"), rules.TEXT, "text")
    if not rules.fits(name.strip(), (2, 40)) or not rules.fits(contact.strip(), (5, 80)):
        field = "contact" if rules.fits(name.strip(), (2, 40)) else "name"
        sentence = _("写姓名和能联系到你的电话或邮箱，核实结果要告诉你")
        raise Refused(sentence, field=field, code="contact", errors={field: sentence})
    made = NoticeObjection.objects.create(
        cycle=row, candidate=candidate, text=text, name=name.strip(), contact=contact.strip(), at=now
    )
    audit.record("targets.noticeobjection.make", made, actor=actor, changes={"about": str(candidate or "")})
    return made


@transaction.atomic
def answer(
    row: NoticeObjection, action: str, *, text: str, version: int, actor: Actor, now: datetime | None = None
) -> NoticeObjection:
    """`uphold` or `reject`, with what was found. One that is right takes the notice down at once."""
    actor.demand("cycle.manage")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, step(rules.OBJECTION, row, action)
    row.answer = texted(text, "answer", _("核实意见"), rules.TEXT, "text")
    row.answered_at, row.answered_by = now, actor.user
    kept(row, action, before, actor=actor)
    if action == "uphold" and row.cycle.state == "notice":
        note = _("异议成立：%(found)s") % {"found": row.answer}
        row.cycle = withdraw(row.cycle, note=note[: rules.NOTE[1]], version=None, actor=actor, now=now)
    return row


def opened(row: NoticeObjection, *, actor: Actor) -> None:
    """Somebody of the city reads name and contact of who objected: a line in the log."""
    actor.demand("cycle.manage")
    audit.record("targets.noticeobjection.open", row, actor=actor)
