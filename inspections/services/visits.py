"""A visit from its start to its end: the team, the lists it uses, findings, the order."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility
from inspections.models import (
    Finding,
    Inspection,
    InspectionChecklist,
    Inspector,
    Interest,
    Order,
    TeamMember,
)
from inspections.rules import visits as rules
from inspections.rules.states import FINDING, INSPECTION, UNSCHEDULED_REASONS, WEIGHTS
from inspections.services.answers import demand_member, incomplete, lock
from inspections.services.checklists import items_of, versions_for
from inspections.services.results import PUBLICATION_DAYS
from inspections.services.steps import step
from portal import calendar
from portal.access import Actor
from portal.celery import app as celery
from portal.errors import NotFound, Refused
from portal.services import audit, parameters
from portal.services.numbers import next_number


def order_days(on: date) -> dict[str, int]:
    """Working days for mending, by weight, as in force on the day."""
    keys = {f"order.days_{weight}": weight for weight in WEIGHTS}
    found = parameters.values(list(keys), on)
    missing = sorted(keys.keys() - found.keys())
    if missing:
        raise NotFound(
            _("参数 %(keys)s 在 %(day)s 没有取值。在参数页补上")
            % {"keys": "、".join(missing), "day": on.isoformat()},
            code="parameter",
        )
    return {weight: found[key] for key, weight in keys.items()}


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


def start(inspection: Inspection, *, actor: Actor, now: datetime | None = None) -> Inspection:
    """Starts a visit on site and fixes which versions of which lists it uses; started already, nothing changes.

    Refused without two inspectors whose licence is valid on the day, for a facility that does not operate,
    for a kind of facility that has no list.
    """
    inspection = lock(inspection)
    demand_member(inspection, actor)
    if inspection.state == "under_way":
        return inspection
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
    versions = versions_for(facility.kind, on)
    if not versions:
        raise Refused(
            _("“%(kind)s”在 %(day)s 没有可用的检查表")
            % {"kind": facility.get_kind_display(), "day": on.isoformat()},
            code="checklist",
        )
    InspectionChecklist.objects.bulk_create(
        InspectionChecklist(inspection=inspection, version=version) for version in versions
    )
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
    return inspection


def expected_findings(inspection: Inspection, on: date) -> list[dict]:
    """What the visit's end would make of its failed items: text, weight, deadline, mended or not, repeat of."""
    items = {item.pk: item for item in items_of(inspection)}
    failed = [a for a in inspection.answers.all() if a.value == "bad" and a.item_id in items]
    failed.sort(key=lambda a: list(items).index(a.item_id))
    if not failed:
        return []
    days = order_days(on)
    earlier: dict[str, Finding] = {}
    found = Finding.objects.filter(
        facility=inspection.facility,
        item_key__in=[items[a.item_id].key for a in failed],
        inspection__finished_on__gte=rules.repeats_since(on),
        inspection__finished_on__lte=on,
    ).exclude(inspection=inspection)
    for finding in found.select_related("inspection").order_by("inspection__finished_on", "pk"):
        earlier[finding.item_key] = finding
    return [
        {
            "item": items[a.item_id],
            "answer": a,
            "mended": a.mended_on_the_spot,
            "due_on": None
            if a.mended_on_the_spot
            else rules.deadline(items[a.item_id].weight, days, on, calendar.add_working_days),
            "days": days[items[a.item_id].weight],
            "repeat_of": earlier.get(items[a.item_id].key),
        }
        for a in failed
    ]


def finish(
    inspection: Inspection,
    *,
    present: str,
    objection: str = "",
    summary: str = "",
    actor: Actor,
    now: datetime | None = None,
) -> Inspection:
    """Ends a visit: each failed item becomes a finding, and an order follows if one of them stays open.

    `present` is who of the facility was there, `objection` what it says against the record. Refused while an
    item has no complete answer. Ended already, nothing changes. The publication clock starts.
    """
    inspection = lock(inspection)
    demand_member(inspection, actor)
    if inspection.state in ("finished", "published"):
        return inspection
    state = step(INSPECTION, inspection, "finish")
    now = now or timezone.now()
    on = timezone.localdate(now)
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
    _demand_team(inspection, actor, on)
    findings = _make_findings(inspection, on)
    order = _make_order(inspection, findings, on)
    days = parameters.value(PUBLICATION_DAYS, on)
    inspection.state = state
    inspection.finished_at, inspection.finished_on, inspection.finished_by = now, on, actor.user
    inspection.present, inspection.objection, inspection.summary = present, objection, summary
    inspection.publish_by = calendar.add_working_days(on, days)
    inspection.version += 1
    inspection.save(
        update_fields=[
            "state", "finished_at", "finished_on", "finished_by", "present", "objection", "summary",
            "publish_by", "version",
        ]
    )  # fmt: skip
    audit.record(
        "inspections.inspection.finish",
        inspection,
        actor=actor,
        changes={
            "state": ["under_way", state],
            "findings": len(findings),
            "order": order.number if order else None,
            "objection": bool(objection),
            "publish_by": inspection.publish_by.isoformat(),
        },
    )
    tell_draw(inspection, actor)
    return inspection


def _make_findings(inspection: Inspection, on: date) -> list[Finding]:
    return Finding.objects.bulk_create(
        Finding(
            inspection=inspection,
            facility=inspection.facility,
            item=one["item"],
            item_key=one["item"].key,
            text=one["answer"].note,
            weight=one["item"].weight,
            state=FINDING.next_state("open", "mend") if one["mended"] else FINDING.initial,
            due_on=one["due_on"],
            repeat_of=one["repeat_of"],
        )
        for one in expected_findings(inspection, on)
    )


def _make_order(inspection: Inspection, findings: list[Finding], on: date) -> Order | None:
    """The order for the findings that stay open; its deadline is the gravest finding's."""
    left = [f for f in findings if f.state == "open"]
    if not left:
        return None
    worst = rules.gravest(f.weight for f in left)
    due_on = next(f.due_on for f in left if f.weight == worst)
    series = f"ZG-{on:%y%m}"
    order = Order.objects.create(
        number=f"{series}-{next_number(series):03d}",
        inspection=inspection,
        facility=inspection.facility,
        issued_on=on,
        due_on=due_on,
        first_due_on=due_on,
        provisional=any(not calendar.is_known(f.due_on.year) for f in left),
    )
    Finding.objects.filter(pk__in=[f.pk for f in left]).update(order=order)
    for finding in left:
        finding.order = order
    return order


def tell_draw(inspection: Inspection, actor: Actor) -> None:
    """After the last visit of a draw was made or struck off its evidence may be published: queued on commit."""
    if inspection.draw_id and not Inspection.objects.open().filter(draw=inspection.draw_id).exists():
        district_id = actor.district.pk
        transaction.on_commit(lambda: celery.send_task("inspections.publish_due", args=[district_id]))


def create_unscheduled(
    facility: Facility,
    *,
    reason_kind: str,
    reason: str,
    inspectors: list[Inspector],
    due_on: date,
    actor: Actor,
    on: date | None = None,
) -> Inspection:
    """An inspection outside of the draw, for a reason on record: a complaint, an incident, an order.

    Refused without a reason, for a team of one, an inspector without valid licence or with an interest.
    """
    actor.demand("inspection.create")
    on = on or timezone.localdate()
    if reason_kind not in UNSCHEDULED_REASONS:
        raise Refused(_("起因：选投诉举报、安全事件或整改复查发现"), field="reason_kind")
    reason = reason.strip()
    if not 5 <= len(reason) <= 200:
        raise Refused(_("缘由：写 5 到 200 个字，比如投诉的编号和内容"), field="reason")
    if facility.state != "operating":
        raise Refused(
            _("%(name)s 现在是“%(state)s”，不能检查")
            % {"name": facility.name, "state": facility.get_state_display()},
            field="facility",
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
    )
    TeamMember.objects.bulk_create(
        TeamMember(inspection=inspection, inspector=one, origin=TeamMember.Origin.NAMED, position=position)
        for position, one in enumerate(dict.fromkeys(inspectors), start=1)
    )
    audit.record(
        "inspections.inspection.create",
        inspection,
        actor=actor,
        changes={"reason": reason_kind, "facility": facility.code, "team": [i.code for i in inspectors]},
    )
    return inspection
