"""A visit from its start to the end on site: the team, the lists it uses, the first signature."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import (
    Complaint,
    Incident,
    Inspection,
    Inspector,
    Interest,
    Order,
    TeamMember,
    WatchSlot,
)
from inspections.rules import visits as rules
from inspections.rules.states import INSPECTION
from inspections.services import agreement, checklists, employers, joint, matters, second_answers
from inspections.services.answers import demand_member, incomplete, lock
from inspections.services.field_parts import demand_parts
from inspections.services.recusals import demand_not_declared
from portal.access import Actor
from portal.celery import app as celery
from portal.errors import Refused
from portal.services import audit
from portal.services.numbers import next_number
from portal.services.steps import step


def team_of(inspection: Inspection) -> list[TeamMember]:
    """Who is in the team now, in order; those who dropped out stay on record but are not here."""
    return list(
        inspection.all_team.filter(dropped_at__isnull=True)
        .select_related("inspector__unit", "inspector__user")
        .order_by("position")
    )


def _demand_team(inspection: Inspection, actor: Actor, on: date) -> list[TeamMember]:
    """The team of a visit that may be made on the day; Refused for a lapsed licence, a short team, an interest."""
    team = team_of(inspection)
    fit, lapsed = [], []
    for member in team:
        one = member.inspector
        good = rules.licensed(one.active, one.licence_from, one.licence_until, on)
        (fit if good else lapsed).append(member)
    for member in lapsed:
        if actor.same_person(member.inspector.user):
            raise Refused(
                _("%(code)s 的执法证 %(day)s 不在有效期内，不能检查。先请区教育局换人")
                % {"code": member.inspector.code, "day": on.isoformat()},
                code="licence",
            )
    if len(fit) < rules.SMALLEST_TEAM:
        raise Refused(
            _("检查组要有 %(need)d 名执法证有效的检查人员，现在只有 %(now)d 名。先请区教育局递补")
            % {"need": rules.SMALLEST_TEAM, "now": len(fit)},
            code="team",
        )
    barred = (
        Interest.objects.current(on)
        .filter(facility=inspection.facility, inspector__in=[m.inspector_id for m in fit])
        .select_related("inspector")
        .first()
    )
    if barred:
        raise Refused(
            _("%(code)s 与这家机构有申报的利害关系（%(kind)s），不能进组。先请区教育局递补")
            % {"code": barred.inspector.code, "kind": barred.get_kind_display()},
            code="recusal",
        )
    return fit


def start(inspection: Inspection, *, actor: Actor, now: datetime | None = None, seed: str = "") -> Inspection:
    """Starts a visit on site and fixes which versions of which lists it uses; started already, nothing changes.

    Refused without two inspectors whose licence is valid on the day, for a facility that does not operate,
    for a kind of facility that has no list; a joint one without a department that has items in it. seed: of the items
    that are answered twice, in a demonstration.
    """
    inspection = lock(inspection)
    demand_member(inspection, actor)
    if inspection.state == "under_way":
        return inspection
    demand_not_declared(inspection, actor)
    now = now or timezone.now()
    on = timezone.localdate(now)
    state = step(INSPECTION, inspection, "start")
    facility = inspection.facility
    if facility.state != "operating":
        raise Refused(
            _("%(name)s 现在是“%(state)s”，不能检查。停办、暂停的，请区教育局销去这次检查")
            % {"name": facility.name, "state": facility.get_state_display()},
            code="facility_state",
        )
    team = _demand_team(inspection, actor, on)
    versions = joint.versions_of(inspection, on)
    if not versions:
        raise Refused(
            _("“%(kind)s”在 %(day)s 没有可用的检查表")
            % {"kind": facility.get_kind_display(), "day": on.isoformat()},
            code="checklist",
        )
    chosen = joint.chosen_of(inspection).get("matters")
    wanted = matters.of_versions(versions)
    matters.demand_published([one for one in wanted if chosen is None or one.pk in chosen], on)
    if inspection.chooses_items:
        joint.fix_items(inspection, versions, team, now=now)
    checklists.use(inspection, versions)
    inspection.state, inspection.started_at = state, now
    inspection.version += 1
    inspection.save(update_fields=["state", "started_at", "version"])
    audit.record(
        "inspections.inspection.start",
        inspection,
        actor=actor,
        changes={
            "state": ["due", state],
            "team": [m.inspector.code for m in team],
            "checklists": [f"{v.checklist.key} {v.number}" for v in versions],
        },
    )
    agreement.draw_items(inspection, [m.inspector for m in team], actor=actor, seed=seed, now=now)
    return inspection


def sign_off(
    inspection: Inspection,
    *,
    present: str,
    objection: str = "",
    summary: str = "",
    without: str = "",
    parts_seen: bool = False,
    apart_known: bool = True,
    actor: Actor,
    now: datetime | None = None,
) -> Inspection:
    """Ends a visit on site: one of the team signs, and it stands until a second one confirms (confirmations.py).

    `present` is who of the facility was there, `objection` what it says against the record; `without` why it is
    signed although a phone of the team has not sent all of its part (`parts_seen`: the caller has looked already) or
    a drawn item has no second answer (`apart_known` is false for a phone that could not know what was drawn).
    Refused while an item has no complete answer, while a part or a second answer is missing without a reason, without
    two inspectors whose licence is valid. Signed already, nothing changes.
    """
    inspection = lock(inspection)
    demand_member(inspection, actor)
    if inspection.state in ("signed", "finished", "published"):
        return inspection
    state = step(INSPECTION, inspection, "sign")
    now = now or timezone.now()
    present, objection, summary = present.strip(), objection.strip(), summary.strip()
    if not present:
        raise Refused(_("机构在场人员：写到场的人的姓名和职务；没有人到场的，写“无人到场”"), field="present")
    if len(present) > 60:
        raise Refused(_("机构在场人员：最多 60 个字"), field="present")
    for name, text, label in (("objection", objection, _("机构意见")), ("summary", summary, _("检查小结"))):
        if len(text) > rules.NOTE_LENGTH:
            raise Refused(
                _("%(label)s：最多 %(n)d 个字") % {"label": label, "n": rules.NOTE_LENGTH}, field=name
            )
    open_items = incomplete(inspection)
    if open_items:
        numbers = "、".join(str(number) for number, _item in open_items)
        raise Refused(
            _("还有 %(n)d 项没有答完：第 %(numbers)s 项。“不符合”要写发现了什么，“未查”要写原因")
            % {"n": len(open_items), "numbers": numbers},
            code="unanswered",
            items=[item.pk for _number, item in open_items],
        )
    if not parts_seen:
        demand_parts(inspection, without)
    second_answers.keep_second(inspection, actor=actor)
    if apart_known:
        alone = second_answers.demand_answered(inspection, without)
    else:
        alone = [one.key for one in second_answers.lacking(inspection)]
    _demand_team(inspection, actor, timezone.localdate(now))
    inspection.state = state
    inspection.signed_at, inspection.signed_by = now, actor.user
    inspection.present, inspection.objection, inspection.summary = present, objection, summary
    inspection.version += 1
    inspection.save(
        update_fields=["state", "signed_at", "signed_by", "present", "objection", "summary", "version"]
    )
    audit.record(
        "inspections.inspection.sign",
        inspection,
        actor=actor,
        changes={"state": ["under_way", state], "objection": bool(objection), "without": without.strip()}
        | ({"answered_once": alone, "apart_known": apart_known} if alone else {}),
    )
    return inspection


def tell_draw(inspection: Inspection, actor: Actor) -> None:
    """After the last visit of a draw was made or struck off its evidence may be published: queued on commit."""
    if inspection.draw_id and not Inspection.objects.open().filter(draw=inspection.draw_id).exists():
        district_id = actor.district.pk
        transaction.on_commit(lambda: celery.send_task("inspections.publish_due", args=[district_id]))


#: The kind of record behind a visit outside of the draw -> its field and what it is for (rules.states).
CAUSES = {
    Complaint: ("complaint", "complaint"),
    Incident: ("incident", "incident"),
    Order: ("cause_order", "order"),
    WatchSlot: ("", "watch"),  # it keeps the reference itself
}


def cause_numbered(number: str, actor: Actor) -> Complaint | Incident | Order | None:
    """The complaint, incident or order of a number, as far as the actor knows it."""
    for model, right in ((Complaint, "complaint.view"), (Incident, "incident.view"), (Order, "order.view")):
        if actor.may(right):
            rows = model.objects.allowed(actor, right).select_related("facility")
            if found := rows.filter(number=number.strip().upper()).first():
                return found
    return None


def cause_number(cause: Complaint | Incident | Order | WatchSlot) -> str:
    """By what a record is called in the visit's reason."""
    if isinstance(cause, WatchSlot):
        return _("视频巡查 %(list)s 第 %(n)d 段") % {"list": cause.watch_list, "n": cause.position}
    return cause.number


def create_unscheduled(
    cause: Complaint | Incident | Order | WatchSlot,
    *,
    note: str = "",
    inspectors: list[Inspector],
    due_on: date,
    actor: Actor,
    on: date | None = None,
) -> Inspection:
    """An inspection outside of the draw, of the facility that a record is about: a complaint, an incident, an order,
    ten minutes of video in which something was seen.

    Refused for a complaint of which nobody has said yet which facility it is about, for an order that is closed, for a
    team of one, an inspector without valid licence or with an interest.
    """
    actor.demand("inspection.create")
    on = on or timezone.localdate()
    field, reason_kind = CAUSES[type(cause)]
    facility = cause.facility
    if facility is None:
        raise Refused(
            _("投诉 %(number)s 还没有定是哪家机构，先分办") % {"number": cause.number}, field="cause"
        )
    if getattr(cause, "state", "") in ("passed", "closed"):
        raise Refused(
            _("%(number)s 现在是“%(state)s”，不能据此检查")
            % {"number": cause.number, "state": cause.get_state_display()},
            field="cause",
        )
    note = note.strip()
    number = cause_number(cause)
    reason = f"{number}　{note}" if note else number
    if len(reason) > 200:
        raise Refused(_("说明：最多 %(n)d 个字") % {"n": 180}, field="note")
    if facility.state != "operating":
        raise Refused(
            _("%(name)s 现在是“%(state)s”，不能检查")
            % {"name": facility.name, "state": facility.get_state_display()},
            field="cause",
        )
    if len({i.pk for i in inspectors}) < rules.SMALLEST_TEAM:
        raise Refused(_("检查人员：至少选 %(n)d 名") % {"n": rules.SMALLEST_TEAM}, field="inspectors")
    if due_on < on:
        raise Refused(_("最迟检查日：不能早于今天"), field="due_on")
    for one in inspectors:
        if not rules.licensed(one.active, one.licence_from, one.licence_until, due_on):
            raise Refused(
                _("检查人员：%(code)s 的执法证到 %(day)s 不在有效期内")
                % {"code": one.code, "day": due_on.isoformat()},
                field="inspectors",
            )
    employers.derive(actor=actor, on=on, facility=facility)
    barred = Interest.objects.current(on).filter(facility=facility, inspector__in=inspectors).first()
    if barred:
        raise Refused(
            _("检查人员：%(code)s 与这家机构有申报的%(kind)s，不能进组")
            % {"code": barred.inspector.code, "kind": barred.get_kind_display()},
            field="inspectors",
        )
    series = f"YY-{on:%y%m}"
    inspection = Inspection.objects.create(
        number=f"{series}-{next_number(series):03d}",
        kind=Inspection.Kind.UNSCHEDULED,
        facility=facility,
        month=on.replace(day=1),
        due_on=due_on,
        reason_kind=reason_kind,
        reason=reason,
        **({field: cause} if field else {}),
    )
    TeamMember.objects.bulk_create(
        TeamMember(inspection=inspection, inspector=one, origin=TeamMember.Origin.NAMED, position=position)
        for position, one in enumerate(dict.fromkeys(inspectors), start=1)
    )
    audit.record(
        "inspections.inspection.create",
        inspection,
        actor=actor,
        changes={
            "reason": reason_kind,
            "cause": number,
            "facility": facility.code,
            "team": [i.code for i in inspectors],
        },
    )
    return inspection
