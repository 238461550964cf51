"""One sheet: points saved field by field with their evidence, handed in whole; the evaluator's recusal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.services.refusals import refuse_field, refuse_key
from inspections.models import (
    EvaluationFile,
    EvaluationScore,
    EvaluationSheet,
    Indicator,
)
from inspections.rules import evaluations as rules
from inspections.rules.evaluation_sets import VETO
from inspections.rules.evaluation_states import SHEET
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.services import audit, parameters
from portal.services.files import store_file
from portal.services.steps import step

GRADES, VETO_GRADE = "evaluation.grades", "evaluation.veto_grade"
MOST_FILES = 6
RIGHTS = {
    "self": "evaluation.self",
    "peer": "evaluation.score",
    "third": "evaluation.score",
    "final": "evaluation.decide",
}


@dataclass
class Line:
    """One indicator with what the sheet says of it."""

    indicator: Indicator
    score: EvaluationScore | None = None
    files: list[EvaluationFile] = field(default_factory=list)

    @property
    def veto(self) -> bool:
        return self.indicator.dimension == VETO

    @property
    def done(self) -> bool:
        if self.score is None:
            return False
        return self.score.breached is not None if self.veto else self.score.points is not None

    @property
    def value(self) -> str:
        """As the form has it."""
        if not self.done:
            return ""
        if self.veto:
            return "yes" if self.score.breached else "no"
        return f"{float(self.score.points):g}"


def editable(actor: Actor, kind: str):
    """The sheets of a kind that the actor fills in: one's own, the own facility's, the district's."""
    rows = EvaluationSheet.objects.allowed(actor, RIGHTS[kind]).filter(kind=kind)
    if kind in ("peer", "third") and actor.user is not None:
        rows = rows.filter(evaluator=actor.user)
    return rows


def lines_of(sheet: EvaluationSheet) -> list[Line]:
    """All indicators of the round's set, in order; three queries."""
    scores = {one.indicator_id: one for one in sheet.scores.select_related("by")}
    files: dict[int, list[EvaluationFile]] = {}
    for one in EvaluationFile.objects.filter(score__sheet=sheet).select_related("file", "score"):
        files.setdefault(one.score.indicator_id, []).append(one)
    return [
        Line(one, scores.get(one.pk), files.get(one.pk, []))
        for one in Indicator.objects.filter(set=sheet.case.round.set_id).order_by("position")
    ]


def locked(sheet: EvaluationSheet) -> EvaluationSheet:
    return (
        EvaluationSheet.objects.select_for_update(of=("self",))
        .select_related("case__round", "case__facility")
        .get(pk=sheet.pk)
    )


def demand_open(sheet: EvaluationSheet, actor: Actor, now: datetime) -> None:
    """Denied to who does not fill in this sheet, Conflict where it is not open, or not its days."""
    if not editable(actor, sheet.kind).filter(pk=sheet.pk).exists():
        raise Denied(_("这张评估表不归你填"), code="not_yours")
    round_ = sheet.case.round
    if sheet.state != "open" or sheet.case.state != "scoring":
        raise Conflict(
            _("这张评估表现在是“%(state)s”，这一项没有存") % {"state": sheet.get_state_display()},
            code="state",
        )
    on = timezone.localdate(now)
    if not round_.phase_open(sheet.kind, on):
        if round_.state != "running":
            raise Conflict(_("这次评估没有在进行，这一项没有存"), code="phase")
        raise Conflict(
            _("现在不在填写的日子里（%(first)s 到 %(last)s），这一项没有存")
            % {
                "first": getattr(round_, f"{sheet.kind}_from").isoformat(),
                "last": getattr(round_, f"{sheet.kind}_until").isoformat(),
            },
            code="phase",
        )


def _indicator(sheet: EvaluationSheet, indicator: Indicator) -> None:
    if indicator.set_id != sheet.case.round.set_id:
        raise NotFound(_("这一条不在这次评估的标准里"), code="indicator")


def save_score(
    sheet: EvaluationSheet,
    indicator: Indicator,
    *,
    points: Decimal | None = None,
    breached: bool | None = None,
    note: str = "",
    version: int = 0,
    actor: Actor,
    now: datetime | None = None,
) -> EvaluationScore:
    """Saves one indicator of an open sheet, whole or half filled in; the row has the next version.

    Conflict where somebody else has saved the same indicator since it was shown (`version`, 0 for none).
    """
    now = now or timezone.now()
    sheet = locked(sheet)
    demand_open(sheet, actor, now)
    _indicator(sheet, indicator)
    note = note.strip()
    if len(note) > rules.NOTE:
        refuse_key("note", "note", rules.SCORE_PROBLEMS, most=rules.NOTE)
    if indicator.dimension == VETO:
        points = None
    else:
        breached = None
        if points is not None and (wrong := rules.allowed_points(indicator.points, indicator.steps, points)):
            refuse_key("points", wrong[0], rules.SCORE_PROBLEMS, **wrong[1])
    stored = sheet.scores.filter(indicator=indicator).select_related("by").first()
    if stored is None and version:
        raise Conflict(_("这一条还没有人填过。刷新页面看现在的内容"), code="stale")
    if stored is None:
        stored = EvaluationScore(sheet=sheet, indicator=indicator, version=0)
    elif (stored.points, stored.breached, stored.note) == (points, breached, note):
        return stored
    elif stored.version != version and not actor.same_person(stored.by):
        raise Conflict(
            _("%(who)s刚改过这一条。没有存你的改动：刷新页面看现在的内容")
            % {"who": stored.by.name if stored.by else _("系统")},
            code="stale",
        )
    before = stored.points if stored.breached is None else stored.breached
    stored.points, stored.breached, stored.note = points, breached, note
    stored.at, stored.by = now, actor.user
    stored.version += 1
    stored.save()
    audit.record(
        "inspections.evaluation_score.save",
        sheet,
        actor=actor,
        name=sheet.case.facility.code,
        changes={
            "kind": sheet.kind,
            "indicator": indicator.code,
            "value": [str(before), str(points if breached is None else breached)],
        },
    )
    return stored


def save_scores(
    sheet: EvaluationSheet,
    given: dict[Indicator, tuple[Decimal | None, bool | None, str]],
    *,
    actor: Actor,
    now: datetime | None = None,
) -> None:
    """Saves many indicators that have nothing yet at once, (points, breached, note); one audit entry for all.

    Conflict where one of them has something already.
    """
    now = now or timezone.now()
    sheet = locked(sheet)
    demand_open(sheet, actor, now)
    for one, (points, _breached, _note) in given.items():
        _indicator(sheet, one)
        if one.dimension != VETO and points is not None:
            wrong = rules.allowed_points(one.points, one.steps, points)
            if wrong:
                refuse_key("points", wrong[0], rules.SCORE_PROBLEMS, **wrong[1])
    if sheet.scores.filter(indicator__in=given).exists():
        raise Conflict(_("有的指标已经填过，刷新页面看现在的内容"), code="stale")
    EvaluationScore.objects.bulk_create(
        EvaluationScore(
            sheet=sheet,
            indicator=one,
            points=None if one.dimension == VETO else points,
            breached=breached if one.dimension == VETO else None,
            note=note.strip()[: rules.NOTE],
            at=now,
            by=actor.user,
        )
        for one, (points, breached, note) in given.items()
    )
    audit.record(
        "inspections.evaluation_score.save_all",
        sheet,
        actor=actor,
        name=sheet.case.facility.code,
        changes={"kind": sheet.kind, "indicators": len(given)},
    )


def add_file(
    sheet: EvaluationSheet, indicator: Indicator, upload, *, actor: Actor, now: datetime | None = None
) -> EvaluationFile:
    """Evidence for one indicator; the same file twice is one."""
    now = now or timezone.now()
    sheet = locked(sheet)
    demand_open(sheet, actor, now)
    _indicator(sheet, indicator)
    score, _made = EvaluationScore.objects.get_or_create(
        sheet=sheet, indicator=indicator, defaults={"at": now, "by": actor.user}
    )
    if score.files.count() >= MOST_FILES:
        refuse_field("file", _("一条指标最多 %(n)d 个文件") % {"n": MOST_FILES}, "many")
    stored = store_file(upload, actor=actor, office=True)
    same = score.files.filter(file__sha256=stored.sha256).first()
    if same:
        return same
    made = EvaluationFile.objects.create(score=score, file=stored)
    audit.record(
        "inspections.evaluation_score.file",
        sheet,
        actor=actor,
        name=sheet.case.facility.code,
        changes={"indicator": indicator.code, "sha256": stored.sha256},
    )
    return made


def remove_file(one: EvaluationFile, *, actor: Actor, now: datetime | None = None) -> None:
    sheet = locked(one.score.sheet)
    demand_open(sheet, actor, now or timezone.now())
    audit.record(
        "inspections.evaluation_score.file_removed",
        sheet,
        actor=actor,
        name=sheet.case.facility.code,
        changes={"indicator": one.score.indicator.code, "sha256": one.file.sha256},
    )
    one.delete()


def incomplete(sheet: EvaluationSheet) -> list[Indicator]:
    """Indicators without points, veto items without an answer, and those that are the case without a note."""
    return [
        line.indicator
        for line in lines_of(sheet)
        if not line.done or (line.veto and line.score.breached and not line.score.note)
    ]


def counted(sheet: EvaluationSheet, on) -> tuple[Decimal, str, int, dict]:
    """Total, grade, veto items and points of each dimension, by the thresholds of the day."""
    lines = lines_of(sheet)
    dimensions = rules.dimension_sums(
        (line.indicator.dimension, line.score.points if line.score else None) for line in lines
    )
    vetoes = sum(bool(line.veto and line.score and line.score.breached) for line in lines)
    total = sum(dimensions.values())
    values = parameters.values([GRADES, VETO_GRADE], on)
    grade = rules.grade_of(total, vetoes, values[GRADES], values[VETO_GRADE])
    return Decimal(str(total)), grade, vetoes, dimensions


def close_sheet(sheet: EvaluationSheet, *, actor: Actor, now: datetime) -> EvaluationSheet:
    """The sheet counted and shut; Refused while an indicator is missing."""
    missing = incomplete(sheet)
    if missing:
        raise Refused(
            _("还有 %(n)d 条没有填好：%(codes)s")
            % {"n": len(missing), "codes": _("、").join(one.code for one in missing[:8])},
            code="incomplete",
        )
    sheet.state = step(SHEET, sheet, "submit")
    sheet.total, sheet.grade, sheet.vetoes, sheet.dimensions = counted(sheet, timezone.localdate(now))
    sheet.submitted_at, sheet.submitted_by = now, actor.user
    sheet.version += 1
    return sheet


def submit_sheet(
    sheet: EvaluationSheet,
    *,
    note: str,
    upload=None,
    version: int,
    actor: Actor,
    now: datetime | None = None,
) -> EvaluationSheet:
    """Hands a sheet in. The third party's needs its report."""
    now = now or timezone.now()
    sheet = locked(sheet)
    if sheet.kind == "final":
        raise Denied(_("认定的表和认定一起送出"), code="kind")
    demand_open(sheet, actor, now)
    if sheet.version != version:
        raise Conflict(_("这张表刚有变化。没有送出：看过现在的内容再送"), code="stale")
    note = note.strip()
    if len(note) > rules.TEXT:
        refuse_field("note", _("最多 %(n)d 个字") % {"n": rules.TEXT}, "long")
    if sheet.kind == "third" and not upload and sheet.report_id is None:
        refuse_field("upload", _("附上评估报告"), "report")
    close_sheet(sheet, actor=actor, now=now)
    sheet.note = note
    if upload:
        try:
            sheet.report = store_file(upload, actor=actor, office=True)
        except Refused as refused:
            refused.field = "upload"
            raise
    sheet.save()
    audit.record(
        "inspections.evaluation_sheet.submit",
        sheet,
        actor=actor,
        name=sheet.case.facility.code,
        changes={
            "kind": sheet.kind,
            "total": float(sheet.total),
            "grade": sheet.grade,
            "vetoes": sheet.vetoes,
        },
    )
    return sheet


def reopen_sheet(sheet: EvaluationSheet, *, actor: Actor) -> EvaluationSheet:
    """Gives a sheet back to be filled in further, while its days last and the facility is not decided."""
    actor.demand("evaluation.manage")
    sheet = locked(sheet)
    if sheet.kind == "final" or sheet.case.state != "scoring":
        raise Conflict(_("已经提出认定，评估表不能再退回"), code="state")
    sheet.state = step(SHEET, sheet, "reopen")
    sheet.submitted_at = sheet.submitted_by = sheet.total = None
    sheet.grade, sheet.vetoes, sheet.dimensions = "", 0, {}
    sheet.version += 1
    sheet.save()
    audit.record("inspections.evaluation_sheet.reopen", sheet, actor=actor, name=sheet.case.facility.code)
    return sheet


def recuse(sheet: EvaluationSheet, *, reason: str, actor: Actor) -> EvaluationSheet:
    """The evaluator declares an interest: the sheet is closed, and somebody else is assigned."""
    sheet = locked(sheet)
    if sheet.evaluator_id is None or not editable(actor, sheet.kind).filter(pk=sheet.pk).exists():
        raise Denied(_("这张评估表不归你填"), code="not_yours")
    reason = reason.strip()
    if not 2 <= len(reason) <= 300:
        refuse_field("reason", _("什么关系：写 2 到 300 个字"), "reason")
    sheet.state, sheet.interest = step(SHEET, sheet, "recuse"), reason
    sheet.version += 1
    sheet.save(update_fields=["state", "interest", "version"])
    audit.record("inspections.evaluation_sheet.recuse", sheet, actor=actor, name=sheet.case.facility.code)
    return sheet
