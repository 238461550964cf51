"""Recusal: asked by the facility at the door or signed in, noted for it, or declared by the inspector; decided by a head
with a reason. Granted, somebody else comes in as where a team member drops out. See docs/recusal.md."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility, FacilityGrant
from inspections.models import FieldRecord, Inspection, Inspector, Interest, Recusal, TeamMember
from inspections.rules import recusals as rules
from inspections.rules.states import INSPECTION, OPEN
from inspections.services import draw_teams
from inspections.services.answers import demand_member, lock
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import User
from portal.services import audit, messages, publicity
from portal.services.steps import step

#: Stands in the team's record and, for a drawn visit, in the public evidence: nobody's words.
GROUND = "依法回避"  # content


def may_be_asked(inspection: Inspection) -> bool:
    return inspection.state in rules.ASKED_IN


def team_of(inspection: Inspection) -> list[Inspector]:
    """Who is in the team now."""
    rows = inspection.all_team.filter(dropped_at__isnull=True).select_related("inspector__unit")
    return [one.inspector for one in rows.order_by("position")]


def open_of(inspection: Inspection) -> list[Recusal]:
    rows = inspection.recusals.filter(state="asked").select_related("inspector")
    return list(rows.order_by("asked_at", "pk"))


def _ask(
    inspection: Inspection,
    inspector: Inspector | None,
    *,
    way: str,
    name: str,
    post: str,
    reason: str,
    actor: Actor,
    now: datetime | None,
) -> Recusal:
    inspection = lock(inspection)
    now = now or timezone.now()
    if not may_be_asked(inspection):
        raise Conflict(
            _("检查 %(number)s 现场已经结束，不能再申请回避。对结果有意见，等结果送到时提")
            % {"number": inspection.number},
            code="state",
        )
    name, post, reason = " ".join(name.split()), " ".join(post.split()), reason.strip()
    found = rules.problems(
        name=name, post=post, reason=reason, way=way, inspector=inspector.pk if inspector else None,
        team={one.pk for one in team_of(inspection)},
    )  # fmt: skip
    if found:
        errors = {field: _(rules.SENTENCES[key]) for field, key in found.items()}
        field, sentence = next(iter(errors.items()))
        raise Refused(sentence, field=field, code="values", errors=errors)
    publicity.demand(reason, field="reason", label=_("理由"), names=False)
    if inspection.recusals.filter(inspector=inspector, state="asked").exists():
        raise Conflict(
            _("已经有人申请 %(code)s 回避，等负责人决定") % {"code": inspector.code},
            field="inspector",
            code="asked",
        )
    if inspection.recusals.count() >= rules.MOST:
        raise Conflict(
            _("这次检查已经收到 %(n)d 份回避申请，不再收。有话写进检查记录的“机构意见”") % {"n": rules.MOST},
            code="too_many",
        )
    made = Recusal.objects.create(
        inspection=inspection, inspector=inspector, way=way, name=name, post=post, reason=reason,
        asked_at=now, entered_by=actor.user,
    )  # fmt: skip
    audit.record(
        "inspections.recusal.ask",
        inspection,
        actor=actor,
        changes={"inspector": inspector.code, "way": way, "recusal": made.pk},
    )
    _tell_heads(made, actor, now)
    return made


@transaction.atomic
def ask_at_the_door(
    inspection: Inspection, inspector: Inspector | None, *, name: str, post: str = "", reason: str,
    actor: Actor, now: datetime | None = None,
) -> Recusal:  # fmt: skip
    """By whoever holds today's code; the caller has read it."""
    return _ask(inspection, inspector, way="code", name=name, post=post, reason=reason, actor=actor, now=now)


def visits_at(actor: Actor):
    """Visits whose team is at one of the operator's facilities: one that has not begun comes unannounced."""
    there = Facility.objects.allowed(actor, "recusal.ask")
    rows = Inspection.objects.filter(state="under_way", facility__in=there.values("pk"))
    return rows.select_related("facility__street").order_by("started_at", "pk")


@transaction.atomic
def ask(
    inspection: Inspection, inspector: Inspector | None, *, name: str, post: str = "", reason: str,
    actor: Actor, now: datetime | None = None,
) -> Recusal:  # fmt: skip
    """By the facility's operator, signed in. NotFound for a visit that has not begun or is another facility's."""
    actor.demand("recusal.ask")
    if not visits_at(actor).filter(pk=inspection.pk).exists():
        raise NotFound(_("没有检查组正在你的机构检查"), code="visit")
    return _ask(
        inspection, inspector, way="account", name=name, post=post, reason=reason, actor=actor, now=now
    )


@transaction.atomic
def note(
    inspection: Inspection, inspector: Inspector | None, *, name: str, post: str = "", reason: str,
    actor: Actor, now: datetime | None = None,
) -> Recusal:  # fmt: skip
    """What somebody of the facility said, written down by one of the team or the bureau."""
    actor.demand("recusal.note")
    if (
        not Inspection.objects.known_to(actor)
        .allowed(actor, "recusal.note")
        .filter(pk=inspection.pk)
        .exists()
    ):
        raise NotFound(_("没有这次检查"), code="visit")
    return _ask(inspection, inspector, way="oral", name=name, post=post, reason=reason, actor=actor, now=now)


@transaction.atomic
def declare(inspection: Inspection, *, reason: str, actor: Actor, now: datetime | None = None) -> Recusal:
    """An inspector says of oneself that there is a tie; until a head has decided this one does not begin the visit."""
    demand_member(inspection, actor)
    own = next((one for one in team_of(inspection) if actor.same_person(one.user)), None)
    return _ask(inspection, own, way="own", name="", post="", reason=reason, actor=actor, now=now)


def demand_not_declared(inspection: Inspection, actor: Actor) -> None:
    """Conflict for whoever declared a tie of the own and waits for the decision."""
    rows = inspection.recusals.filter(state="asked", way="own", inspector__user=actor.user)
    if actor.user is not None and rows.exists():
        raise Conflict(
            _("你申报了回避，等负责人决定。决定以前由组里另一个人开始检查"), code="recusal_declared"
        )


def demand_decided(inspection: Inspection) -> None:
    """Conflict while a request waits: the visit goes on meanwhile, but is not finished over it."""
    if inspection.recusals.filter(state="asked").exists():
        raise Conflict(
            _("检查 %(number)s 有回避申请还没有决定，决定以后再确认") % {"number": inspection.number},
            code="recusal",
        )


def able_instead(inspection: Inspection) -> list[Inspector]:
    """Who could come in where no ranking says who: fit to go, not in the team nor out of it."""
    there = set(inspection.all_team.values_list("inspector__code", flat=True))
    fit = draw_teams.fit_for(inspection)
    return [one for code, one in sorted(fit.items()) if code not in there]


@transaction.atomic
def decide(
    recusal: Recusal,
    granted: bool,
    *,
    answer: str,
    instead: Inspector | None = None,
    actor: Actor,
    now: datetime | None = None,
) -> Recusal:
    """A head's decision with its reason, which the facility reads.

    Granted, the inspector leaves the team and is kept apart from the facility from the day on; in a drawn visit the
    next of the ranking comes in and the evidence says so, else `instead`. A record that was signed meanwhile is open
    again. Denied for the person concerned and for whoever entered the request.
    """
    actor.demand("recusal.decide")
    inspection = lock(recusal.inspection)
    recusal = Recusal.objects.select_for_update(of=("self",)).select_related("inspector").get(pk=recusal.pk)
    recusal.inspection = inspection
    state = step(rules.RECUSAL, recusal, "grant" if granted else "refuse")
    if actor.same_person(recusal.inspector.user):
        raise Denied(_("这份申请说的是你，由另一个负责人决定"), code="concerned")
    if actor.same_person(recusal.entered_by):
        raise Denied(_("这份申请是你记下的，由另一个负责人决定"), code="second_person")
    if inspection.state not in OPEN:
        raise Conflict(
            _("检查 %(number)s 已经办结或销去，回避不用再决定") % {"number": inspection.number}, code="state"
        )
    answer = answer.strip()
    least, most = rules.REASON
    if not least <= len(answer) <= most:
        raise Refused(
            _("决定的理由：写 %(least)d 到 %(most)d 个字，机构看得到") % {"least": least, "most": most},
            field="answer",
        )
    publicity.demand(answer, field="answer", label=_("决定的理由"), names=False)
    now = now or timezone.now()
    before = inspection.state
    if granted:
        recusal.replaced_by = _replace(recusal, instead, actor, now)
    recusal.state, recusal.answer = state, answer
    recusal.decided_at, recusal.decided_by = now, actor.user
    recusal.save(update_fields=["state", "answer", "decided_at", "decided_by", "replaced_by"])
    audit.record(
        "inspections.recusal.decide",
        inspection,
        actor=actor,
        changes={
            "recusal": recusal.pk,
            "inspector": recusal.inspector.code,
            "granted": granted,
            "in": recusal.replaced_by.code if recusal.replaced_by else "",
            "state": [before, inspection.state],
        },
    )
    _tell_outcome(recusal, actor, now)
    return recusal


def _replace(recusal: Recusal, instead: Inspector | None, actor: Actor, now: datetime) -> Inspector | None:
    inspection, inspector = recusal.inspection, recusal.inspector
    on = timezone.localdate(now)
    current = Interest.objects.current(on).filter(inspector=inspector, facility=inspection.facility)
    if not current.exists():
        Interest.objects.get_or_create(
            inspector=inspector, facility=inspection.facility, kind=Interest.Kind.DECLARED, starts_on=on,
            defaults={"note": _("检查 %(number)s 同意回避") % {"number": inspection.number}},
        )  # fmt: skip
    member = inspection.all_team.filter(inspector=inspector, dropped_at__isnull=True).first()
    if inspection.state == "signed":
        _reopen(inspection, actor, now)
    if member is None:  # dropped out for another reason meanwhile
        return None
    if inspection.draw_id is not None:
        made = draw_teams.drop_out(inspection, member, reason=GROUND, actor=actor, at=now)
        return made.inspector if made else None
    able = able_instead(inspection)
    if instead is None and able:
        raise Refused(_("由谁接替：选一个"), field="instead")
    if instead is not None and instead.pk not in {one.pk for one in able}:
        raise Refused(_("由谁接替：要执法证有效、没有回避、不在组里的人"), field="instead")
    member.dropped_at, member.dropped_reason = now, GROUND
    member.save(update_fields=["dropped_at", "dropped_reason"])
    if instead is not None:
        last = max(inspection.all_team.values_list("position", flat=True))
        TeamMember.objects.create(
            inspection=inspection, inspector=instead, origin=TeamMember.Origin.NAMED, position=last + 1
        )
    return instead


def _reopen(inspection: Inspection, actor: Actor, now: datetime) -> None:
    """What somebody signed who was to step aside, or signed with, is looked at again by the new team."""
    inspection.state = step(INSPECTION, inspection, "return")
    inspection.signed_at = inspection.signed_by = None
    inspection.version += 1
    inspection.save(update_fields=["state", "signed_at", "signed_by", "version"])
    FieldRecord.objects.filter(inspection=inspection, void_at__isnull=True).update(void_at=now)


def _tell_heads(recusal: Recusal, actor: Actor, now: datetime) -> None:
    """The heads know in the same minute: a team stands at a door."""

    def say() -> tuple[str, list[dict]]:
        words = _("%(number)s：有人申请 %(code)s 回避") % {
            "number": recusal.inspection.number,
            "code": recusal.inspector.code,
        }
        url = reverse("recusal", args=[actor.district.slug, recusal.pk])
        title = _("决定回避：%(name)s") % {"name": recusal.inspection.facility.name}
        return title, [{"words": words, "state": "warn", "url": url}]

    heads = messages.reaching("recusal.decide", None, timezone.localdate(now))
    concerned = {recusal.inspector.user_id, actor.user.pk if actor.user else None}
    messages.tell_at_once([one for one in heads if one.pk not in concerned], say, actor=actor, now=now)


def _tell_outcome(recusal: Recusal, actor: Actor, now: datetime) -> None:
    """The team, who came in, and where the facility had asked also its operators."""
    users = {one.user_id for one in team_of(recusal.inspection)} | {recusal.inspector.user_id}
    if recusal.way != "own":
        grants = FacilityGrant.objects.filter(content_object=recusal.inspection.facility_id)
        users |= set(grants.values_list("user_id", flat=True))
    people = User.objects.filter(pk__in=users - {None, actor.user.pk if actor.user else None}, is_active=True)

    def say() -> tuple[str, list[dict]]:
        words = f"{recusal.inspector.code}　{_(rules.RECUSAL.states[recusal.state])}　{recusal.answer}"
        url = reverse("recusal", args=[actor.district.slug, recusal.pk])
        title = _("回避已决定：%(number)s") % {"number": recusal.inspection.number}
        shape = "ok" if recusal.state == "granted" else "none"
        return title, [{"words": words, "state": shape, "url": url}]

    messages.tell_at_once(people.order_by("pk"), say, actor=actor, now=now)
