"""Risk grades: the month's proposals, a person's decision, a facility's objection. docs/grades.md.

A grade changes in one place, `decide`: a proposal that is confirmed, one that is not followed, many usual ones at once and a
grade set without any go through it. Draws, plans and rehearsals read the grade that is in force (`Facility.grade`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility
from facilities.services import grades as register
from inspections.models import GradeDecision, GradeObjection, GradeProposal, GradeRun
from inspections.rules import grades as rules
from inspections.rules.states import GRADE_OBJECTION
from inspections.services import grade_factors
from inspections.services.grade_factors import Facts
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import Parameter
from portal.services import audit, parameters
from portal.services.numbers import next_number
from portal.services.steps import step

SERIES = "grade-run"
#: So many decisions at once: a page of the list.
MOST = 200


# --- Proposals --------------------------------------------------------------------------------------


def in_force(on: date) -> dict[str, Parameter]:
    """The parameters of the day by key; NotFound names what a district has no value for."""
    rows = Parameter.objects.filter(key__in=rules.PARAMETERS).current(on)
    found = {row.key: row for row in rows}
    missing = sorted(set(rules.PARAMETERS) - found.keys())
    if missing:
        raise NotFound(
            _("参数 %(keys)s 在 %(day)s 没有取值。在参数页补上")
            % {"keys": _("、").join(missing), "day": on.isoformat()},
            code="parameter",
        )
    return found


def scored(facts: dict, values: dict) -> tuple[dict, Decimal, str]:
    """The factors of one facility with their points, the sum and the letter it leads to."""
    factors, total = {}, Decimal(0)
    for factor in rules.FACTORS:
        counted = facts.get(factor.key)
        number = counted.number if counted else 0
        points = rules.points(factor.key, number, values)
        total += points
        factors[factor.key] = {
            "number": number,
            "weight": values[factor.weight],
            "points": float(points),
            "rows": counted.rows if counted else [],
        }
    return factors, total, rules.grade_of(total, values[rules.THRESHOLDS])


def kept_against(last: GradeDecision | None, grade: str, total: Decimal) -> date | None:
    """The day on which somebody kept another grade against the same letter and points, if that was the last word."""
    if last is None or last.kind != GradeDecision.Kind.KEPT or last.proposal is None:
        return None
    same = last.proposal.grade == grade and last.proposal.points == total
    return timezone.localdate(last.at) if same else None


@transaction.atomic
def propose(
    *, actor: Actor, on: date | None = None, now: datetime | None = None, month: date | None = None
) -> GradeRun | None:
    """Proposes a grade for each facility that operates, from the records of the day; grades stay as they are.

    `month`: the first day of the month that it is due for; None where there is one of that month already, however many
    ask at once. Eight queries for the facts and two to write, whatever the number of facilities.
    """
    actor.demand("grade.propose")
    now = now or timezone.now()
    on = on or timezone.localdate(now)
    used = in_force(on)
    number = next_number(SERIES)  # one at a time: the row stays locked to the end
    if month is not None and GradeRun.objects.filter(month=month).exists():
        return None
    values = {key: row.value for key, row in used.items()}
    run = GradeRun.objects.create(
        number=number,
        on=on,
        at=now,
        by=actor.user,
        month=month,
        parameters={
            key: {"value": row.value, "starts_on": row.starts_on.isoformat(), "weak": row.weak}
            for key, row in sorted(used.items())
        },
    )
    facts: Facts = grade_factors.gathered(on, values, actor=actor)
    last = {
        one.facility_id: one
        for one in GradeDecision.objects.order_by("facility_id", "-pk")
        .distinct("facility_id")
        .select_related("proposal")
        .defer("proposal__factors")
    }
    made = []
    for pk, before in grade_factors.graded().order_by("pk").values_list("pk", "grade"):
        factors, total, grade = scored(facts[pk], values)
        made.append(
            GradeProposal(
                run=run,
                facility_id=pk,
                before=before,
                grade=grade,
                points=total,
                rank=rules.rank(before, grade, total),
                factors=factors,
                kept_on=kept_against(last.get(pk), grade, total),
            )
        )
    GradeProposal.objects.bulk_create(made, batch_size=1000)
    changes = sum(one.before != one.grade for one in made)
    audit.record(
        "inspections.grade.propose",
        run,
        actor=actor,
        changes={"on": on.isoformat(), "facilities": len(made), "changes": changes},
    )
    return run


def propose_due(*, on: date, actor: Actor, now: datetime | None = None) -> GradeRun | None:
    """The month's proposals once its day has come; a run that was missed is made up, twice is once."""
    day = parameters.values([rules.DAY], on).get(rules.DAY)
    month = on.replace(day=1)
    if day is None or not rules.is_due(on, int(day)) or GradeRun.objects.filter(month=month).exists():
        return None
    return propose(actor=actor, on=on, now=now, month=month)


def latest_of(facility: Facility) -> GradeProposal | None:
    """What the last calculation said of the facility, whatever became of it."""
    return GradeProposal.objects.filter(facility=facility).select_related("run").order_by("-pk").first()


# --- Decisions --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """What somebody decides for one facility. `proposal`: the one that the person saw, None for a grade set by hand;
    `reason` may be empty where it is confirmed; `version`: of the facility, as it was seen."""

    facility: Facility
    grade: str
    reason: str = ""
    proposal: GradeProposal | None = None
    version: int | None = None


def number_words(factor: rules.Factor, number: int) -> str:
    """`2 个`; a time of two years and more in years: `10 年 10 个月`."""
    if factor.key == "unvisited" and number >= 24:
        years, months = divmod(number, 12)
        if not months:
            return _("%(years)d 年") % {"years": years}
        return _("%(years)d 年 %(months)d 个月") % {"years": years, "months": months}
    return f"{number} {_(factor.unit)}"


def words_of(proposal: GradeProposal) -> str:
    """Why a grade is proposed, in a sentence: `评定 25 分：否决项问题 1 个 20 分、…`."""
    parts = [
        f"{_(factor.label)} {number_words(factor, one['number'])} {points_words(one['points'])}"
        for factor in rules.FACTORS
        if (one := proposal.factors.get(factor.key)) and one["points"]
    ]
    total = points_words(proposal.points)
    if not parts:
        return _("评定 %(total)s，没有扣分的事实") % {"total": total}
    return (_("评定 %(total)s：%(parts)s") % {"total": total, "parts": _("、").join(parts)})[:200]


def points_words(points) -> str:
    return _("%(n)s 分") % {"n": f"{float(points):g}"}


@transaction.atomic
def decide(choices: Sequence[Choice], *, actor: Actor, now: datetime | None = None) -> list[GradeDecision]:
    """Puts grades in force, each with its reason on record; the only way in which a grade changes.

    With the proposal's grade the reason is the proposal's own, with another one somebody has to write it. Conflict where
    the proposal was decided, or another calculation has come since, and where the facility was changed meanwhile.
    Refused for a grade by hand that is the present one.
    """
    actor.demand("grade.confirm")
    now = now or timezone.now()
    rows = register.lock([choice.facility for choice in choices], actor=actor)
    if len(rows) != len(choices):
        raise Conflict(_("同一家机构选了两次"), code="twice")
    latest = {
        one.facility_id: one
        for one in GradeProposal.objects.filter(facility__in=rows)
        .order_by("facility_id", "-pk")
        .distinct("facility_id")
        .select_related("decision")
    }
    decisions, wanted = [], []
    for choice in choices:
        row = rows[choice.facility.pk]
        proposal = seen(choice, row, latest.get(row.pk))
        agreed = proposal is not None and proposal.grade == choice.grade
        reason = " ".join(choice.reason.split()) or (words_of(proposal) if agreed else "")
        if not rules.REASON[0] <= len(reason) <= rules.REASON[1]:
            raise Refused(
                _("不照建议的，写原因，2 到 200 个字") if proposal else _("写原因，2 到 200 个字"),
                field="reason",
                code="reason",
            )
        if proposal is None and choice.grade == row.grade:
            raise Refused(_("现在就是 %(grade)s") % {"grade": row.grade}, field="grade", code="same")
        kind = GradeDecision.Kind.CONFIRMED if agreed else GradeDecision.Kind.KEPT
        decisions.append(
            GradeDecision(
                facility=row,
                proposal=proposal,
                kind=kind if proposal else GradeDecision.Kind.BY_HAND,
                before=row.grade,
                grade=choice.grade,
                reason=reason,
                at=now,
                by=actor.user,
            )
        )
        wanted.append(register.Wanted(row, choice.grade, reason, choice.version))
    register.set_grades(wanted, actor=actor)
    made = GradeDecision.objects.bulk_create(decisions, batch_size=1000)
    kept = [
        (one.facility, {"grade": one.grade, "proposed": one.proposal.grade, "reason": one.reason})
        for one in made
        if one.kind == GradeDecision.Kind.KEPT and one.grade == one.before
    ]
    audit.record_many("inspections.grade.keep", kept, actor=actor)
    return made


def seen(choice: Choice, row: Facility, latest: GradeProposal | None) -> GradeProposal | None:
    """The open proposal to which a decision answers; a grade set by hand answers to the one that waits, if any."""
    decided = latest is not None and hasattr(latest, "decision")
    if choice.proposal is None:
        return None if latest is None or decided else latest
    if latest is None or latest.pk != choice.proposal.pk:
        raise Conflict(_("%(name)s：又评定过一次。按新的建议再看一遍") % {"name": row.name}, code="overtaken")
    if decided:
        raise Conflict(
            _("%(name)s：已经定为 %(grade)s，没有存你的决定")
            % {"name": row.name, "grade": latest.decision.grade},
            code="decided",
        )
    return latest


def confirm_usual(
    proposals: Sequence[GradeProposal], *, actor: Actor, now: datetime | None = None
) -> list[GradeDecision]:
    """Confirms many proposals with one look, each on record for itself: changes of one step that do not lead to D.

    Refused where one of them is more than that: it is looked at for itself.
    """
    actor.demand("grade.confirm")
    if not proposals:
        raise Refused(_("一家也没有选"), code="none")
    if len(proposals) > MOST:
        raise Refused(_("一次最多确认 %(n)d 家") % {"n": MOST}, code="many")
    rows = register.lock([one.facility for one in proposals], actor=actor)
    for one in proposals:
        row = rows[one.facility_id]
        if not rules.usual(row.grade, one.grade):
            raise Refused(
                _("%(name)s：%(before)s → %(after)s，要打开单独看")
                % {"name": row.name, "before": row.grade or _("没有定"), "after": one.grade},
                code="unusual",
            )
    return decide([Choice(one.facility, one.grade, proposal=one) for one in proposals], actor=actor, now=now)


# --- What the facility says -------------------------------------------------------------------------


Basis = tuple[GradeDecision | None, GradeProposal | None]


def bases_of(graded: Mapping[int, str]) -> dict[int, Basis]:
    """On what grades in force rest, by the facility's id: the last decision and its proposal, or a later proposal that came
    to the grade that was there. `graded`: the ids with their grades. Two queries."""
    last = {
        one.facility_id: one
        for one in GradeDecision.objects.filter(facility__in=list(graded))
        .order_by("facility_id", "-pk")
        .distinct("facility_id")
        .select_related("proposal__run", "by")
    }
    agreeing = {
        one.facility_id: one
        for one in GradeProposal.objects.filter(facility__in=list(graded))
        .filter(grade=F("before"), facility__grade=F("grade"))
        .order_by("facility_id", "-pk")
        .distinct("facility_id")
        .select_related("run")
    }
    found = {}
    for pk in graded:
        decision, same = last.get(pk), agreeing.get(pk)
        basis = decision.proposal if decision else None
        if same is not None and (basis is None or same.pk > basis.pk):
            basis = same
        found[pk] = (decision, basis)
    return found


def basis_of(facility: Facility) -> Basis:
    return bases_of({facility.pk: facility.grade})[facility.pk]


@transaction.atomic
def object_to(facility: Facility, *, text: str, actor: Actor, now: datetime | None = None) -> GradeObjection:
    """The facility says what is wrong with its grade. Conflict while an earlier objection has no answer."""
    if not Facility.objects.allowed(actor, "grade.object").filter(pk=facility.pk).exists():
        raise Denied(_("你的角色不能做这件事"))
    row = Facility.objects.select_for_update().get(pk=facility.pk)
    if not row.grade:
        raise Conflict(_("还没有定等级"), code="state")
    text = text.strip()
    if not rules.OBJECTION[0] <= len(text) <= rules.OBJECTION[1]:
        raise Refused(_("写哪里不对，10 到 1000 个字"), field="text", code="text")
    if GradeObjection.objects.filter(facility=row, state="open").exists():
        raise Conflict(_("上一次的异议还没有答复"), code="open")
    decision = GradeDecision.objects.filter(facility=row).order_by("-pk").first()
    made = GradeObjection.objects.create(
        facility=row, decision=decision, grade=row.grade, text=text, at=now or timezone.now(), by=actor.user
    )
    audit.record("inspections.grade.object", row, actor=actor, changes={"grade": row.grade})
    return made


@transaction.atomic
def answer(
    objection: GradeObjection, *, text: str, grade: str, actor: Actor, now: datetime | None = None
) -> GradeObjection:
    """Answers an objection, keeping the grade or changing it with the answer as its reason.

    Denied to whoever decided the grade that is objected to.
    """
    if not GradeObjection.objects.allowed(actor, "grade.answer").filter(pk=objection.pk).exists():
        raise Denied(_("你的角色不能做这件事"))
    now = now or timezone.now()
    row = (
        GradeObjection.objects.select_for_update(of=("self",))
        .select_related("facility", "decision")
        .get(pk=objection.pk)
    )
    row.state = step(GRADE_OBJECTION, row, "answer")
    if row.decision is not None and actor.same_person(row.decision.by):
        raise Denied(_("这个等级是你定的，异议由另一个人答复"))
    text = " ".join(text.split())
    if not rules.REASON[0] <= len(text) <= rules.REASON[1]:
        raise Refused(_("写答复，2 到 200 个字"), field="answer", code="answer")
    if grade and grade != row.facility.grade:
        row.changed = decide([Choice(row.facility, grade, text)], actor=actor, now=now)[0]
    row.answer, row.answered_at, row.answered_by = text, now, actor.user
    row.save(update_fields=["state", "answer", "answered_at", "answered_by", "changed"])
    audit.record(
        "inspections.grade.answer",
        row.facility,
        actor=actor,
        changes={"grade": [row.grade, row.changed.grade if row.changed else row.grade]},
    )
    return row
