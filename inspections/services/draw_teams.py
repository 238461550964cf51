"""An inspector drops out of a drawn team: the next of the ranking as it stood, else one that a head names."""

from __future__ import annotations

import json
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Draw, DrawAddendum, Inspection, Inspector, TeamMember
from inspections.rules import draw as rules
from inspections.services import chains, draws, joint, pools
from inspections.services.addenda import record_addendum
from portal.access import Actor
from portal.errors import Conflict, NotFound, Refused
from portal.services import audit, publicity


def _locked_visit(inspection: Inspection) -> tuple[Inspection, Draw]:
    """The visit and its draw, locked; Conflict unless the team may still change."""
    if inspection.draw_id is None:
        raise Refused(_("这次检查不是抽取的，检查组不能递补"), code="not_drawn")
    # The visit first, then its draw: everybody who locks both takes them in this order.
    visit = (
        Inspection.objects.select_for_update(of=("self",)).select_related("facility").get(pk=inspection.pk)
    )
    draw = draws.locked(inspection.draw)
    # somebody who had to step aside is followed by another one also where the visit has begun
    begun = visit.state == "under_way" and visit.recusals.filter(state="granted").exists()
    if not (visit.state == "due" or begun) or draw.state != "drawn":
        raise Conflict(
            _("%(number)s 已经开始或结束，检查组不能再变") % {"number": visit.number}, code="state"
        )
    return visit, draw


def fit_for(visit: Inspection, codes=None) -> dict[str, Inspector]:
    """Inspectors who may go to the facility as things stand now: active, licensed, without an interest."""
    today = timezone.localdate()
    first = max(visit.month, min(today, visit.due_on))
    rows = Inspector.objects.filter(active=True, licence_from__lte=first, licence_until__gte=visit.due_on)
    barred = [
        pk
        for pk, facilities in pools.interests(first, visit.due_on).items()
        if visit.facility.code in facilities
    ]
    rows = rows.exclude(pk__in=barred)
    if codes is not None:
        rows = rows.filter(code__in=codes)
    return {one.code: one for one in rows.select_related("unit")}


def next_in_ranking(
    evidence: dict, visit: Inspection, present: list[str], dropped: list[str]
) -> tuple[Inspector | None, list[str]]:
    """The next of the ranking as it stood who may still go, and the codes that were passed over on the way."""
    fit = fit_for(visit)
    passed: list[str] = []
    while True:
        code = rules.replacement(evidence, visit.facility.code, present, [*dropped, *passed])
        if code is None or code in fit:
            return fit.get(code), passed
        passed.append(code)


def _team(visit: Inspection) -> tuple[list[str], list[str], int]:
    """Codes in the team, codes that dropped out, the highest position."""
    rows = list(visit.all_team.order_by("position").values_list("inspector__code", "dropped_at", "position"))
    present = [code for code, dropped_at, _position in rows if dropped_at is None]
    dropped = [code for code, dropped_at, _position in rows if dropped_at is not None]
    return present, dropped, max((position for *_rest, position in rows), default=0)


def next_for(visit: Inspection) -> tuple[Inspector | None, list[str]]:
    """Who would come in next for a drawn visit, and who would be passed over."""
    present, dropped, _last = _team(visit)
    return next_in_ranking(json.loads(visit.draw.evidence_file), visit, present, dropped)


def replace_inspector(
    inspection: Inspection, *, inspector: Inspector, reason: str, actor: Actor, at: datetime | None = None
) -> TeamMember | None:
    """The inspector drops out and the next of the ranking as it stood comes in; None where nobody is left: then
    the head of a unit names one (`name_inspector`). Either is appended to the evidence.
    """
    actor.demand("team.replace")
    reason = draws.one_line(reason, "reason", _("理由"))
    if not reason:
        raise Refused(_("理由：写明为什么退出，会随证据公开，不写人名"), field="reason", code="reason")
    publicity.demand(reason, field="reason", label=_("理由"))
    _on, at = chains.moment(None, at)
    visit, _draw = _locked_visit(inspection)
    member = visit.all_team.filter(inspector=inspector).first()
    if member is None:
        raise NotFound(_("%(code)s 不在这个检查组") % {"code": inspector.code}, field="inspector")
    if member.dropped_at is not None:
        raise Conflict(_("%(code)s 已经退出这个检查组") % {"code": inspector.code}, field="inspector")
    return drop_out(visit, member, reason=reason, actor=actor, at=at)


def drop_out(
    visit: Inspection, member: TeamMember, *, reason: str, actor: Actor, at: datetime
) -> TeamMember | None:
    """A member of a drawn visit, which the caller has locked, leaves; who comes in by the ranking, if anybody. The
    evidence gets an addendum with the reason, which becomes public."""
    draw = draws.locked(visit.draw)
    if draw.state != "drawn":
        raise Conflict(
            _("%(number)s 的抽取证据已经公开或作废，检查组不能再变") % {"number": visit.number}, code="state"
        )
    inspector = member.inspector
    member.dropped_at, member.dropped_reason = at, reason
    member.save(update_fields=["dropped_at", "dropped_reason"])
    present, dropped, last = _team(visit)
    found, passed = next_in_ranking(json.loads(draw.evidence_file), visit, present, dropped)
    incoming = None
    if found is not None:
        incoming = TeamMember.objects.create(
            inspection=visit,
            inspector=found,
            origin=TeamMember.Origin.REPLACEMENT,
            position=last + 1,
        )
    facts = {
        "object": visit.facility.code,
        "out": inspector.code,
        "in": found.code if found else "",
        "passed_over": passed,
        "reason": reason,
    }
    _tell(draw, "inspections.team.replace", DrawAddendum.Kind.REPLACED, facts, actor=actor, at=at)
    return incoming


def _tell(draw: Draw, action: str, kind: str, facts: dict, *, actor: Actor, at: datetime) -> None:
    """Who changed a team stands in the audit log at once; which visit and who goes to it only in the addendum, which
    becomes public with the evidence: who reads the log may not know what was drawn."""
    addendum = record_addendum(draw, kind, facts, actor=actor, at=at)
    audit.record(action, draw, actor=actor, changes={"addendum": addendum.number})


def may_be_named(visit: Inspection, actor: Actor):
    """Inspectors whom this head may name for the visit: of the own unit, fit to go, not in or out of the team."""
    there = visit.all_team.values("inspector")
    return (
        Inspector.objects.allowed(actor, "team.name")
        .filter(code__in=fit_for(visit))
        .exclude(pk__in=there)
        .exclude(pk__in=[pk for pk, codes in _previous(visit).items() if visit.facility.code in codes])
        .exclude(streets__street=visit.facility.street_id)
        .select_related("unit")
    )


def _previous(visit: Inspection) -> dict[int, set[str]]:
    """Inspectors recused at the freezing, by the frozen list itself."""
    frozen = visit.draw.frozen_dict
    recused = {row["id"]: set(row["recused"]) for row in frozen["inspectors"]}
    return {pk: recused.get(code, set()) for pk, code in Inspector.objects.values_list("pk", "code")}


def name_inspector(
    inspection: Inspection, *, inspector: Inspector, actor: Actor, at: datetime | None = None
) -> TeamMember:
    """The head of a unit names an inspector of another street for a team that the ranking could not fill.

    On record as not drawn. In a joint visit also where the team is full and has nobody of the inspector's department:
    the draw fills what is left with whoever is able. Refused while the ranking has somebody left, for a full team, for
    one who serves the facility's street, is recused, or has no valid licence.
    """
    actor.demand("team.name")
    _on, at = chains.moment(None, at)
    visit, draw = _locked_visit(inspection)
    visit.draw = draw
    present, dropped, last = _team(visit)
    evidence = json.loads(draw.evidence_file)
    if inspector.unit_id not in {unit.pk for unit in joint.lacking([visit]).get(visit.pk, ())}:
        if len(present) >= evidence["team_size"]:
            raise Conflict(_("%(number)s 的检查组人数已够") % {"number": visit.number}, code="team_full")
        found, _passed = next_in_ranking(evidence, visit, present, dropped)
        if found is not None:
            raise Refused(
                _("名单里还有 %(code)s 可以递补，先递补") % {"code": found.code},
                field="inspector",
                code="ranking",
            )
    if not may_be_named(visit, actor).filter(pk=inspector.pk).exists():
        raise Refused(
            _("%(code)s 不能指派到这一家：要本单位、别的街镇、执法证有效、没有回避")
            % {"code": inspector.code},
            field="inspector",
            code="not_fit",
        )
    member = TeamMember.objects.create(
        inspection=visit, inspector=inspector, origin=TeamMember.Origin.NAMED, position=last + 1
    )
    facts = {"object": visit.facility.code, "in": inspector.code, "drawn": False}
    _tell(draw, "inspections.team.name", DrawAddendum.Kind.NAMED, facts, actor=actor, at=at)
    return member
