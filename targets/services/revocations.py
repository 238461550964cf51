"""Taking a name away on one of the three grounds, after the district was heard, by a second person. docs/cycle.md."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.calendar import add_working_days
from portal.errors import Conflict, Denied, Refused
from portal.services import audit, parameters
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


def first_hearing(on: date) -> date:
    """The first day on which a district that is told today may be heard (city.hearing_days)."""
    return add_working_days(on, int(parameters.value("city.hearing_days", on)))


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
    if hearing_on < (first := first_hearing(timezone.localdate(now))):
        raise Refused(
            _("听取陈述的日期：从 %(day)s 起，给区里准备的时间") % {"day": day_words(first)},
            field="hearing_on",
            code="days",
        )
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


def may_hear(row: Revocation, on: date) -> bool:
    """The day has come, or the district's statement says that it is content with the paper."""
    waived = row.statement_id is not None and bool(row.statement.content.get("waived"))
    return on >= row.hearing_on or waived


@transaction.atomic
def hear(
    row: Revocation, *, hearing: str, version: int, actor: Actor, now: datetime | None = None
) -> Revocation:
    """What was said, or that nothing came; not before the day, unless the district wrote that it need not be heard."""
    actor.demand("cycle.manage")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, step(rules.REVOCATION, row, "hear")
    if not may_hear(row, timezone.localdate(now)):
        words = (
            _("%(name)s要求当面陈述，%(day)s 听取以后再记")
            if row.statement_id
            else _("%(name)s还没有陈述，到 %(day)s 为止可以陈述")
        )
        raise Conflict(words % {"name": row, "day": day_words(row.hearing_on)}, code="early")
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
