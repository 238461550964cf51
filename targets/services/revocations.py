"""Taking a name away on one of the three grounds, after the district was heard, by a second person. docs/cycle.md."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.services import audit
from portal.services.steps import step
from portal.templatetags.ui import day_words
from targets.models.demonstration import RevocationCondition
from targets.models.naming import Candidate, CycleLetter, Revocation
from targets.rules import naming as rules
from targets.services.naming import kept, locked, texted
from targets.services.naming_inbox import candidate_of
from targets.services.naming_letters import send, taker


def tell(row: Revocation, event: str, *, actor: Actor, now: datetime, **facts) -> None:
    cycle = row.candidate.cycle
    content = {"event": event, "title": cycle.title, "ground": row.ground.text, **facts}
    send("outcome", cycle.token, content, to=row.candidate.applicant, actor=actor, now=now)


@transaction.atomic
def raise_one(
    candidate: Candidate, *, ground: RevocationCondition, facts: str, hearing_on: date, version: int, actor: Actor,
    now: datetime | None = None,
) -> Revocation:  # fmt: skip
    """Tells the named district ground, facts and the day on which it is heard. Conflict while another one runs."""
    actor.demand("cycle.manage")
    candidate, now = locked(candidate, version), now or timezone.now()
    if candidate.state != "named":
        raise Conflict(
            _("%(name)s现在是“%(state)s”，只有已命名的才能撤销")
            % {"name": candidate, "state": candidate.get_state_display()},
            code="state",
        )
    facts = texted(facts, "facts", _("查实的情况"), rules.TEXT, "text")
    if ground.document_id != candidate.cycle.document_id:
        raise Refused(_("情形：从文件列的情形里选"), field="ground", code="ground")
    if hearing_on <= timezone.localdate(now):
        raise Refused(_("听取陈述的日期：从明天起"), field="hearing_on", code="days")
    try:
        with transaction.atomic():
            row = Revocation.objects.create(
                candidate=candidate, ground=ground, facts=facts, hearing_on=hearing_on, raised_at=now,
                raised_by=actor.user,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(_("%(name)s已经有一件在办") % {"name": candidate}, code="twice") from None
    audit.record("targets.revocation.raise", row, actor=actor, changes={"ground": ground.number})
    tell(row, "charged", actor=actor, now=now, facts=facts, hearing_on=str(hearing_on))
    return row


@taker("statement")
def take_statement(letter: CycleLetter, actor: Actor) -> None:
    candidate = candidate_of(letter)
    row = candidate.revocations.filter(state="notified", statement__isnull=True).first()
    if row is None:
        raise Refused(_("没有等陈述的事项"), code="state")
    row.statement = letter
    kept(row, "statement", row.state, actor=actor, sha256=letter.sha256)


@transaction.atomic
def hear(
    row: Revocation, *, hearing: str, version: int, actor: Actor, now: datetime | None = None
) -> Revocation:
    """What was said, or that nothing came; not before the day, unless the district has made its statement."""
    actor.demand("cycle.manage")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, step(rules.REVOCATION, row, "hear")
    if row.statement_id is None and timezone.localdate(now) < row.hearing_on:
        raise Conflict(
            _("%(name)s还没有陈述，到 %(day)s 为止可以陈述")
            % {"name": row, "day": day_words(row.hearing_on)},
            code="early",
        )
    row.hearing = texted(hearing, "note", _("陈述和听取的记录"), rules.TEXT, "text")
    return kept(row, "hear", before, actor=actor)


@transaction.atomic
def decide(
    row: Revocation, action: str, *, note: str, version: int, actor: Actor, now: datetime | None = None
) -> Revocation:
    """`revoke` by somebody else than who raised it, after the hearing; `drop` at any time. The district is told."""
    actor.demand("cycle.confirm" if action == "revoke" else "cycle.manage")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, step(rules.REVOCATION, row, action)
    if action == "revoke" and actor.same_person(row.raised_by):
        raise Denied(_("这件是你提出的，请另一个人决定"), code="same_person")
    row.note = texted(note, "note", _("理由"), rules.REASON, "reason")
    row.decided_at, row.decided_by = now, actor.user
    kept(row, action, before, actor=actor)
    if action == "revoke":
        candidate = locked(row.candidate, None)
        was, candidate.state = candidate.state, step(rules.CANDIDATE, candidate, "revoke")
        kept(candidate, "revoke", was, actor=actor, ground=row.ground.number)
    tell(row, "revoked" if action == "revoke" else "cleared", actor=actor, now=now, note=row.note)
    return row
