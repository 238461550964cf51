"""What the district decides of a facility: final points by one person with reasons, confirmed by another, told to the
facility, which may object once; published."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.services.refusals import refuse_field
from inspections.models import EvaluationCase, EvaluationScore, EvaluationSheet
from inspections.rules import evaluations as rules
from inspections.rules.evaluation_states import CASE, SHEET
from inspections.services import evaluation_sheets as sheets
from portal import calendar
from portal.access import Actor
from portal.errors import Conflict, Denied
from portal.services import audit, parameters
from portal.services.steps import step

OBJECTION_DAYS = "evaluation.objection_days"


def locked(case: EvaluationCase, version: int | None = None) -> EvaluationCase:
    row = (
        EvaluationCase.objects.select_for_update(of=("self",))
        .select_related("round__set", "facility")
        .get(pk=case.pk)
    )
    if version is not None and row.version != version:
        raise Conflict(
            _("%(name)s的评估刚有变化。没有存：看过现在的内容再来") % {"name": row.facility.name},
            code="stale",
        )
    return row


def _stepped(case: EvaluationCase, action: str, actor: Actor, *fields: str, **facts) -> EvaluationCase:
    case.version += 1
    case.save(update_fields=["state", "version", *fields])
    audit.record(
        f"inspections.evaluation.{action}", case, actor=actor, name=case.facility.code, changes=facts
    )
    return case


def _text(value: str, field: str, sentence: str) -> str:
    value = value.strip()
    if not 2 <= len(value) <= rules.TEXT:
        refuse_field(field, sentence % {"most": rules.TEXT}, field)
    return value


def open_final(case: EvaluationCase, *, actor: Actor, at: datetime | None = None) -> EvaluationSheet:
    """The district's own sheet; to begin with what the commissioned evaluation gave, where there is exactly one. The
    one that is there, if there is one."""
    actor.demand("evaluation.decide")
    at = at or timezone.now()
    case = locked(case)
    found = case.sheets.filter(kind="final").first()
    if found is not None:
        return found
    if case.state != "scoring" or case.round.state != "running":
        raise Conflict(_("评估中的机构才能认定"), code="state")
    made = EvaluationSheet.objects.create(case=case, kind="final", opened_at=at)
    third = list(case.sheets.filter(kind="third", state="submitted"))
    if len(third) == 1:
        EvaluationScore.objects.bulk_create(
            EvaluationScore(
                sheet=made, indicator_id=one.indicator_id, points=one.points, breached=one.breached,
                note=one.note, at=at, by=actor.user,
            )
            for one in third[0].scores.all()
        )  # fmt: skip
    audit.record("inspections.evaluation.open_final", case, actor=actor, name=case.facility.code)
    return made


def decide(
    case: EvaluationCase, *, reasons: str, actor: Actor, version: int, at: datetime | None = None
) -> EvaluationCase:
    """Proposes the final points and grade, with reasons. The facility's own evaluation must be in, or its days over."""
    actor.demand("evaluation.decide")
    at = at or timezone.now()
    case = locked(case)
    state = step(CASE, case, "decide")
    case = locked(case, version)
    reasons = _text(reasons, "reasons", _("认定的理由：写 2 到 %(most)d 个字"))
    waiting = open_phases(case, timezone.localdate(at))
    if waiting:
        refuse_field(
            "reasons",
            _("%(kinds)s还没有送出，日子也没有过。等送出或过了日子再认定")
            % {"kinds": _("、").join(_(rules.KINDS[kind]) for kind in waiting)},
            "waiting",
        )
    sheet = case.sheets.filter(kind="final").first()
    if sheet is None:
        refuse_field("reasons", _("先填认定的分"), "sheet")
    sheet = sheets.locked(sheet)
    sheets.close_sheet(sheet, actor=actor, now=at)
    sheet.save()
    case.state, case.reasons = state, reasons
    case.total, case.grade, case.vetoes, case.dimensions = (
        sheet.total, sheet.grade, sheet.vetoes, sheet.dimensions,
    )  # fmt: skip
    case.decided_by, case.decided_at, case.return_note = actor.user, at, ""
    case.confirmed_by = case.confirmed_at = None
    return _stepped(
        case, "decide", actor, "reasons", "total", "grade", "vetoes", "dimensions", "decided_by", "decided_at",
        "return_note", "confirmed_by", "confirmed_at", total=float(case.total), grade=case.grade,
    )  # fmt: skip


def open_phases(case: EvaluationCase, on: date) -> list[str]:
    """Kinds of which a sheet is still to come: open, and its days are not over."""
    kinds = set(case.sheets.filter(state="open", kind__in=rules.PHASES).values_list("kind", flat=True))
    return [kind for kind in rules.PHASES if kind in kinds and getattr(case.round, f"{kind}_until") >= on]


def return_case(case: EvaluationCase, *, note: str, actor: Actor, version: int) -> EvaluationCase:
    """The second person does not find it right; the district's sheet is open again."""
    actor.demand("evaluation.confirm")
    case = locked(case)
    state = step(CASE, case, "return")
    case = locked(case, version)
    note = note.strip()
    if not 2 <= len(note) <= 300:
        refuse_field("note", _("要改什么：写 2 到 300 个字"), "note")
    _reopen(case)
    case.state, case.return_note = state, note
    return _stepped(case, "return", actor, "return_note", note=note)


def _reopen(case: EvaluationCase) -> None:
    sheet = case.sheets.get(kind="final")
    sheet.state = step(SHEET, sheet, "reopen")
    sheet.version += 1
    sheet.save(update_fields=["state", "version"])


def confirm(
    case: EvaluationCase, *, actor: Actor, version: int, at: datetime | None = None
) -> EvaluationCase:
    """The second person: the facility is told and may object in set days. After an objection it is final at once."""
    actor.demand("evaluation.confirm")
    at = at or timezone.now()
    on = timezone.localdate(at)
    case = locked(case)
    action = "confirm_again" if case.objected_at else "confirm"
    state = step(CASE, case, action)
    case = locked(case, version)
    if actor.user is None or actor.same_person(case.decided_by):
        raise Denied(_("提出认定和复核要两个人"), code="second_person")
    case.state, case.confirmed_by, case.confirmed_at = state, actor.user, at
    if state == "final":
        case.final_on = on
    else:
        case.objection_until = calendar.add_working_days(on, int(parameters.value(OBJECTION_DAYS, on)))
    return _stepped(
        case, action, actor, "confirmed_by", "confirmed_at", "final_on", "objection_until", grade=case.grade
    )


def object_to(
    case: EvaluationCase, *, text: str, actor: Actor, version: int, at: datetime | None = None
) -> EvaluationCase:
    """The facility's one objection, in its days."""
    actor.demand("evaluation.object")
    at = at or timezone.now()
    case = locked(case)
    if not EvaluationCase.objects.allowed(actor, "evaluation.object").filter(pk=case.pk).exists():
        raise Denied(_("这不是你这家机构的评估"))
    state = step(CASE, case, "object")
    case = locked(case, version)
    text = _text(text, "text", _("异议：写 2 到 %(most)d 个字"))
    if timezone.localdate(at) > case.objection_until:
        raise Conflict(
            _("异议到 %(day)s 为止，已经过了") % {"day": case.objection_until.isoformat()}, code="over"
        )
    case.state, case.objection, case.objected_by, case.objected_at = state, text, actor.user, at
    return _stepped(case, "object", actor, "objection", "objected_by", "objected_at")


def answer(
    case: EvaluationCase,
    *,
    agree: bool,
    text: str,
    actor: Actor,
    version: int,
    at: datetime | None = None,
) -> EvaluationCase:
    """Decides an objection: kept, it is final; found right, the points are decided anew by two people."""
    actor.demand("evaluation.confirm")
    at = at or timezone.now()
    case = locked(case)
    action = "agree" if agree else "keep"
    state = step(CASE, case, action)
    case = locked(case, version)
    if actor.same_person(case.decided_by):
        raise Denied(_("认定的人不能自己答复异议"), code="second_person")
    case.answer = _text(text, "text", _("答复：写 2 到 %(most)d 个字"))
    case.state, case.answered_by, case.answered_at = state, actor.user, at
    if agree:
        _reopen(case)
    else:
        case.final_on = timezone.localdate(at)
    return _stepped(case, action, actor, "answer", "answered_by", "answered_at", "final_on")


def settle_due(*, actor: Actor, on: date | None = None) -> int:
    """Makes final what nobody objected to in its days; how many."""
    on = on or timezone.localdate()
    made = 0
    rows = EvaluationCase.objects.select_for_update(of=("self",)).select_related("facility")
    for case in rows.filter(state="told", objection_until__lt=on).order_by("pk"):
        case.state, case.final_on = step(CASE, case, "settle"), on
        _stepped(case, "settle", actor, "final_on", grade=case.grade)
        made += 1
    return made


def publish(case: EvaluationCase, *, actor: Actor, version: int, on: date | None = None) -> EvaluationCase:
    """Shows the result to the public: grade, total and points of each dimension, no free text."""
    actor.demand("evaluation.decide")
    case = locked(case)
    state = step(CASE, case, "publish")
    case = locked(case, version)
    case.state, case.published_on = state, on or timezone.localdate()
    return _stepped(case, "publish", actor, "published_on", grade=case.grade)
