"""Lifelong bans: entered with evidence by one person, confirmed by another, lifted again by two where it was wrong.

A confirmed decision lays the ban in all districts at once; what other districts see of it is that it holds.
"""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities import across
from facilities.models import BanDecision, Employment, StaffMember, Volunteer
from facilities.rules import numbers
from facilities.rules import staff as rules
from facilities.rules.people_states import BAN
from facilities.services import staff as staff_services
from facilities.services.refusals import refuse, refuse_field
from portal.access import Actor
from portal.errors import Conflict, Denied
from portal.models.people import User
from portal.services import audit, steps
from portal.services.files import store_file
from portal.templatetags.ui import masked

TEXT = (10, 2000)


def labels() -> dict[str, str]:
    return {
        "name": _("姓名"), "identity": _("身份证号"), "ground": _("事由"), "document": _("文书编号"),
        "evidence": _("认定的事实和证据"), "reason": _("理由"), "note": _("意见"),
    }  # fmt: skip


def step(decision: BanDecision, action: str) -> str:
    state = _(BAN.states[decision.state])
    other = Conflict(_("这件已是“%(state)s”，别人刚办过") % {"state": state}, code="state")
    return steps.step(BAN, decision, action, other)


def locked(decision: BanDecision) -> BanDecision:
    return BanDecision.objects.select_for_update().get(pk=decision.pk)


def two_people(actor: Actor, first: User | None) -> None:
    if actor.user is None or first is None or actor.same_person(first):
        raise Denied(_("要两个人来办：提出的人不能自己确认"))


def told(action: str, decision: BanDecision, actor: Actor, **facts) -> None:
    """Which person it is the log does not say; the decision does, to those who may see it."""
    audit.record(f"facilities.ban.{action}", decision, actor=actor, name=masked(decision.name), changes=facts)


def propose_ban(
    *,
    actor: Actor,
    name: str,
    identity: str,
    ground: str,
    document: str,
    evidence: str,
    upload=None,
    now: datetime | None = None,
) -> BanDecision:
    """A decision to ban somebody for life, with its evidence; it blocks nobody before a second person confirms it.

    Refused: values that make no sense; Conflict where this district has a decision on the number that is open or holds.
    """
    actor.demand("ban.propose")
    now = now or timezone.now()
    name, identity, document = name.strip(), numbers.tidy(identity), document.strip()
    problems, sentences = [], dict(rules.PROBLEMS)
    if not 2 <= len(name) <= 40:
        problems.append(("name", "name", {}))
    key, facts = numbers.identity_problem(identity, timezone.localdate(now))
    if key:
        problems.append(("identity", key, facts))
        sentences |= numbers.PROBLEMS
    if ground not in BanDecision.Ground.values:
        problems.append(("ground", "choice", {}))
    refuse(problems, sentences, labels())
    if not 2 <= len(document) <= 80:
        refuse_field("document", _("写判决书、决定书的编号，2 到 80 个字"))
    text_fits("evidence", evidence)
    hashed = staff_services.identity_hash(identity)
    staff_services.one_at_a_time(f"ban {hashed}")
    other = BanDecision.objects.filter(
        identity_hash=hashed, state__in=["proposed", "confirmed", "lifting"]
    ).first()
    if other is not None:
        raise Conflict(
            _("这个身份证号已有一件禁入决定，状态是“%(state)s”") % {"state": _(BAN.states[other.state])},
            field="identity",
            code="twice",
        )
    file = store_file(upload, actor=actor) if upload else None
    decision = BanDecision.objects.create(
        name=name,
        identity=identity,
        identity_hash=hashed,
        ground=ground,
        document=document,
        evidence=evidence.strip(),
        file=file,
        entered_by=actor.user,
        entered_at=now,
    )
    told("propose", decision, actor, ground=ground, document=document, file=file.sha256 if file else None)
    return decision


def text_fits(field: str, text: str) -> None:
    if not TEXT[0] <= len(text.strip()) <= TEXT[1]:
        refuse_field(
            field, _("写清事实和依据，%(least)d 到 %(most)d 个字") % {"least": TEXT[0], "most": TEXT[1]}
        )


def confirm_ban(
    decision: BanDecision, *, actor: Actor, note: str = "", now: datetime | None = None
) -> BanDecision:
    """The second person: the ban holds in all districts from now on, and the person's work in this one ends today."""
    actor.demand("ban.confirm")
    now = now or timezone.now()
    decision = locked(decision)
    two_people(actor, decision.entered_by)
    decision.state = step(decision, "confirm")
    decision.confirmed_by, decision.confirmed_at = actor.user, now
    decision.decided_note = note.strip()[:300]
    decision.save(update_fields=["state", "confirmed_by", "confirmed_at", "decided_note"])
    across.lay_ban(decision.pk)
    ended = end_work(decision, now)
    told("confirm", decision, actor, state=["proposed", "confirmed"], employments_ended=ended)
    return decision


def end_work(decision: BanDecision, now: datetime) -> int:
    """Ends what the person does in this district; what was agreed for later does not come about."""
    today = timezone.localdate(now)
    serving = Volunteer.objects.filter(identity_hash=decision.identity_hash, ends_on__isnull=True)
    serving.filter(starts_on__gt=today).delete()
    serving.update(ends_on=today)
    member = StaffMember.objects.filter(identity_hash=decision.identity_hash).first()
    if member is None:
        return 0
    work = Employment.objects.filter(staff=member)
    work.filter(starts_on__gt=today).delete()
    return work.open_on(today).update(ends_on=today, ended_for=Employment.Ended.BAN)


def decline_ban(
    decision: BanDecision, *, actor: Actor, note: str, now: datetime | None = None
) -> BanDecision:
    """The second person does not find the evidence enough; the note says why."""
    actor.demand("ban.confirm")
    decision = locked(decision)
    two_people(actor, decision.entered_by)
    note = reason_of("note", note)
    decision.state = step(decision, "decline")
    decision.confirmed_by, decision.confirmed_at = actor.user, now or timezone.now()
    decision.decided_note = note
    decision.save(update_fields=["state", "confirmed_by", "confirmed_at", "decided_note"])
    told("decline", decision, actor, state=["proposed", "declined"], note=note)
    return decision


def reason_of(field: str, text: str) -> str:
    text = text.strip()
    if not 2 <= len(text) <= 300:
        refuse_field(field, _("写理由，2 到 300 个字"))
    return text


def ask_lift(
    decision: BanDecision,
    *,
    actor: Actor,
    reason: str,
    upload=None,
    now: datetime | None = None,
) -> BanDecision:
    """Asks to lift a ban that was wrong: on the person's objection, with what shows it. It holds until it is lifted."""
    actor.demand("ban.lift")
    decision = locked(decision)
    text_fits("reason", reason)
    decision.state = step(decision, "ask_lift")
    file = store_file(upload, actor=actor) if upload else None
    decision.lift_reason, decision.lift_file = reason.strip(), file
    decision.lift_asked_by, decision.lift_asked_at = actor.user, now or timezone.now()
    decision.lift_confirmed_by, decision.lift_confirmed_at, decision.lift_note = None, None, ""
    decision.save(
        update_fields=[
            "state", "lift_reason", "lift_file", "lift_asked_by", "lift_asked_at", "lift_confirmed_by",
            "lift_confirmed_at", "lift_note",
        ]
    )  # fmt: skip
    told("ask_lift", decision, actor, state=["confirmed", "lifting"], file=file.sha256 if file else None)
    return decision


def lift_ban(
    decision: BanDecision, *, actor: Actor, note: str = "", now: datetime | None = None
) -> BanDecision:
    """The second person lifts it; a ban that another district decided goes on."""
    decision = _decide_lift(decision, "lift", actor=actor, note=note.strip()[:300], now=now)
    across.lift_ban(decision.pk)
    return decision


def keep_ban(decision: BanDecision, *, actor: Actor, note: str, now: datetime | None = None) -> BanDecision:
    """The second person finds that the ban was right."""
    return _decide_lift(decision, "keep", actor=actor, note=reason_of("note", note), now=now)


def _decide_lift(
    decision: BanDecision, action: str, *, actor: Actor, note: str, now: datetime | None
) -> BanDecision:
    actor.demand("ban.lift_confirm")
    decision = locked(decision)
    two_people(actor, decision.lift_asked_by)
    decision.state = step(decision, action)
    decision.lift_confirmed_by, decision.lift_confirmed_at = actor.user, now or timezone.now()
    decision.lift_note = note
    decision.save(update_fields=["state", "lift_confirmed_by", "lift_confirmed_at", "lift_note"])
    told(action, decision, actor, state=["lifting", decision.state], note=note)
    return decision
