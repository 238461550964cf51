"""A unit in the yearly supervision: answers with evidence, points of the reviewers, what settles them, objections.
docs/supervision.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.rules.rights import Reach
from portal.services import audit
from portal.services.files import store_papers
from portal.services.steps import step
from targets.models.supervision import (
    SupervisionAnswer,
    SupervisionCase,
    SupervisionEvidence,
    SupervisionMark,
    SupervisionRound,
)
from targets.models.tasks import ProgressReport
from targets.rules import supervision as rules
from targets.services.supervision import said

MOST_FILES = 10
PLACES = {"first": rules.FIRST, "second": rules.SECOND}


def locked(case: SupervisionCase, version: int | None) -> SupervisionCase:
    """The case, locked, with its round; Conflict when it is not as the person saw it (None: whatever it is)."""
    found = SupervisionCase.objects.select_for_update(of=("self",)).select_related("round", "unit")
    case = found.get(pk=case.pk)
    if version is not None and case.version != version:
        raise Conflict(
            _("%(name)s刚被改过，现在是“%(state)s”。刷新后看最新的")
            % {"name": case, "state": case.get_state_display()},
            code="stale",
        )
    return case


def next_state(case: SupervisionCase, action: str) -> str:
    """Conflict while the round does not run, or the case is not in this state."""
    if case.round.state != "open":
        raise Conflict(
            _("%(name)s现在是“%(state)s”，自查和评分不再改")
            % {"name": case.round, "state": case.round.get_state_display()},
            code="final" if case.round.state == "final" else "state",
        )
    return step(rules.CASE, case, action)


def kept(case: SupervisionCase, action: str, before: str, *, actor: Actor, **facts) -> SupervisionCase:
    case.version += 1
    case.save()
    changes = {"state": [before, case.state]} if before != case.state else {}
    audit.record(f"targets.supervision_case.{action}", case, actor=actor, changes=changes | facts)
    return case


def own(case: SupervisionCase, actor: Actor) -> bool:
    """Whether the case is about a unit of the person."""
    return case.unit_id in actor.listed(Reach.UNIT) if not actor.process else False


def demand_own(case: SupervisionCase, actor: Actor) -> None:
    actor.demand(rules.REPORT)
    if not actor.process and not own(case, actor):
        raise Denied(_("自查由%(unit)s自己填") % {"unit": case.unit.name}, code="unit")


# --- The self-report ------------------------------------------------------------------------------


def answered(answer: SupervisionAnswer) -> bool:
    return rules.complete(answer.value, answer.text, answer.own_points)


@transaction.atomic
def write_answer(
    answer: SupervisionAnswer, *, value: str, text: str, own_points: int | None, version: int, actor: Actor,
    files: Iterable = (), drop: Iterable[int] = (), cited: Iterable[int] = (),
) -> SupervisionAnswer:  # fmt: skip
    """Saves one answer as far as it is. `cited`: progress reports of the unit on the question's task.

    Denied for another unit's; Refused for points above the question's; Conflict when somebody else saved it meanwhile.
    """
    case = locked(answer.case, None)
    demand_own(case, actor)
    case.state = next_state(case, "write")
    answer = (
        SupervisionAnswer.objects.select_for_update(of=("self",)).select_related("question").get(pk=answer.pk)
    )
    if answer.version != version:
        raise Conflict(_("这题刚有别人改过，刷新后看最新的"), code="stale")
    text, most = text.strip(), answer.question.points
    if value == rules.NA:
        own_points = None
    if not rules.own_fits(value, own_points, most):
        raise Refused(said("over", most=most), field="own_points", code="points")
    if text and not rules.fits(text, rules.ANSWER):
        raise Refused(said("answer"), field="text", code="text")
    answer.value, answer.text, answer.own_points = value, text, own_points
    answer.version += 1
    answer.save()
    answer.marks.all().delete()  # points for what it said before
    keep_evidence(answer, files, drop, cited, actor=actor)
    audit.record(
        "targets.supervision_answer.write", answer, actor=actor, name=str(answer.question),
        changes={"value": value, "points": own_points},
    )  # fmt: skip
    return answer


def keep_evidence(
    answer: SupervisionAnswer, files: Iterable, drop: Iterable[int], cited: Iterable[int], *, actor: Actor
) -> None:
    answer.evidence.filter(pk__in=list(drop), file__isnull=False).delete()
    there = answer.evidence.filter(file__isnull=False).count()
    for stored in store_papers(files, there=there, most=MOST_FILES, actor=actor):
        SupervisionEvidence.objects.create(answer=answer, file=stored)
    wanted = {one.pk for one in progress_of(answer)} & set(cited)
    answer.evidence.filter(report__isnull=False).exclude(report__in=wanted).delete()
    there = set(answer.evidence.filter(report__isnull=False).values_list("report_id", flat=True))
    for pk in sorted(wanted - there):
        SupervisionEvidence.objects.create(answer=answer, report_id=pk)


def progress_of(answer: SupervisionAnswer) -> list[ProgressReport]:
    """What the unit handed in on the question's task in the year's four rounds, in order."""
    if answer.question.task_id is None:
        return []
    return list(
        ProgressReport.objects.given()
        .filter(
            task=answer.question.task_id,
            unit=answer.unit_id,
            round__starts_on__year=answer.question.round.year,
        )
        .select_related("round")
        .order_by("round__starts_on")
    )


@transaction.atomic
def submit(
    case: SupervisionCase, *, version: int, actor: Actor, now: datetime | None = None
) -> SupervisionCase:
    """Hands the self-report in. Refused with the questions that are open."""
    case = locked(case, version)
    demand_own(case, actor)
    before, case.state = case.state, next_state(case, "submit")
    answers = case.answers.select_related("question").order_by("question__position", "question_id")
    missing = [n for n, one in enumerate(answers, 1) if not answered(one)]
    if missing:
        shown = _("、").join(str(n) for n in missing[:10])
        raise Refused(
            ngettext(
                "还有 %(n)d 题没有答全：第 %(numbers)s 题。做到了吗、做了什么、自评分都要填",
                "还有 %(n)d 题没有答全：第 %(numbers)s 题。做到了吗、做了什么、自评分都要填",
                len(missing),
            )
            % {"n": len(missing), "numbers": shown},
            code="open_questions",
        )
    case.submitted_at, case.submitted_by, case.done = now or timezone.now(), actor.user, []
    return kept(case, "submit", before, actor=actor)


@transaction.atomic
def take(
    case: SupervisionCase, *, version: int, actor: Actor, now: datetime | None = None
) -> SupervisionCase:
    """After the deadline the bureau gives what is there to the reviewers; what is not answered stays so."""
    actor.demand(rules.KEEP)
    case, now = locked(case, version), now or timezone.now()
    before, case.state = case.state, next_state(case, "take")
    if timezone.localdate(now) <= case.round.report_until:
        raise Conflict(
            _("自查期限到 %(day)s，过了再按现状送评") % {"day": case.round.report_until.isoformat()},
            code="early",
        )
    case.done = []
    return kept(case, "take", before, actor=actor)


# --- Points ---------------------------------------------------------------------------------------


def seat_of(case: SupervisionCase, actor: Actor) -> int | None:
    """1 or 2: whose points the person gives in this case; None for no reviewer of it."""
    units = set(actor.listed(Reach.UNIT)) if actor.user is not None else set()
    if case.unit_id in units:
        return None
    seats = [one for one in case.seats.all() if one.unit_id in units]
    return min((PLACES[one.part] for one in seats if one.part in PLACES), default=None)


def demand_seat(case: SupervisionCase, actor: Actor) -> int:
    actor.demand(rules.REVIEW)
    if own(case, actor):
        raise Denied(
            _("不能给自己单位评分：%(unit)s由别的单位评") % {"unit": case.unit.name}, code="own_unit"
        )
    place = seat_of(case, actor)
    if place is None:
        raise Denied(_("%(unit)s由别的单位评分") % {"unit": case.unit.name}, code="seat")
    return place


def checked_mark(answer: SupervisionAnswer, points: int | None, reason: str, *, accepts: bool) -> str:
    """`accepts`: the reviewer agrees that the question does not apply. Refused with what is wrong, '' field."""
    most = answer.question.points
    reason = reason.strip()
    if accepts and answer.value == rules.NA:
        return reason
    if points is None or not 0 <= points <= most:
        raise Refused(said("marked_over", most=most), field="points", code="points")
    if points != answer.own_points and not rules.fits(reason, rules.NOTE):
        raise Refused(said("differs"), field="reason", code="reason")
    return reason


def save_marks(
    case: SupervisionCase, place: int, given: Mapping[int, Mapping], *, actor: Actor, now: datetime
) -> None:
    """`given`: answer's id -> points, reason, accepts; one without either is left. Refused with every place."""
    errors = {}
    for answer in case.answers.filter(pk__in=list(given)).select_related("question"):
        told = given[answer.pk]
        points, accepts = told.get("points"), bool(told.get("accepts")) and answer.value == rules.NA
        if points is None and not accepts:
            continue
        try:
            reason = checked_mark(answer, points, told.get("reason", ""), accepts=accepts)
        except Refused as refused:
            errors[f"{refused.field}-{answer.pk}"] = str(refused.message)
            continue
        SupervisionMark.objects.update_or_create(
            answer=answer, place=place,
            defaults={"points": None if accepts else points, "reason": reason, "by": actor.user, "at": now},
        )  # fmt: skip
    if errors:
        field, sentence = next(iter(errors.items()))
        raise Refused(sentence, field=field, code="marks", errors=errors)


@transaction.atomic
def mark(
    case: SupervisionCase, given: Mapping[int, Mapping], *, version: int, actor: Actor,
    now: datetime | None = None,
) -> SupervisionCase:  # fmt: skip
    """A reviewer saves points as far as they are. Denied for the own unit."""
    case, now = locked(case, version), now or timezone.now()
    place = demand_seat(case, actor)
    case.state = next_state(case, "mark")
    if place in case.done:
        raise Conflict(_("你这边已经评完，等另一个评分单位"), code="done")
    save_marks(case, place, given, actor=actor, now=now)
    return kept(case, "mark", case.state, actor=actor, place=place)


@transaction.atomic
def complete(
    case: SupervisionCase, given: Mapping[int, Mapping], *, version: int, actor: Actor,
    now: datetime | None = None,
) -> SupervisionCase:  # fmt: skip
    """A reviewer is done. With the last one the case has its score, or waits for a third person where two differ by far.

    Refused while a question has no points.
    """
    case, now = locked(case, version), now or timezone.now()
    place = demand_seat(case, actor)
    before = case.state
    next_state(case, "mark")
    if place in case.done:
        raise Conflict(_("你这边已经评完，等另一个评分单位"), code="done")
    save_marks(case, place, given, actor=actor, now=now)
    marked = set(
        SupervisionMark.objects.filter(answer__case=case, place=place).values_list("answer", flat=True)
    )
    open_ones = [pk for pk in case.answers.values_list("pk", flat=True) if pk not in marked]
    if open_ones:
        errors = {f"points-{pk}": said("unmarked") for pk in open_ones}
        raise Refused(
            ngettext("还有 %(n)d 题没有评分", "还有 %(n)d 题没有评分", len(open_ones))
            % {"n": len(open_ones)},
            code="unmarked",
            errors=errors,
        )
    case.done = sorted({*case.done, place})
    action = "done"
    if set(case.done) == places(case):
        apart = len(case.done) == 2 and differ(case)
        action = "differ" if apart else "score"
        case.state = next_state(case, action)
        if not apart:
            count(case)
    return kept(case, action, before, actor=actor, place=place)


def places(case: SupervisionCase) -> set[int]:
    return {PLACES[part] for part in case.seats.filter(part__in=PLACES).values_list("part", flat=True)}


def lines_of(case: SupervisionCase, only: int | None = None) -> list[rules.Line]:
    """What the score is made of; `only`: one reviewer's marks alone."""
    rows = case.answers.select_related("question").prefetch_related("marks").order_by("pk")
    return [
        rules.Line(
            row.question.role,
            row.question.points,
            tuple(rules.Mark(m.place, m.points) for m in row.marks.all() if only in (None, m.place)),
        )
        for row in rows
    ]


def differ(case: SupervisionCase) -> bool:
    terms = case.round.terms
    return rules.far_apart(
        lines_of(case, rules.FIRST), lines_of(case, rules.SECOND), terms["weights"], terms["difference"]
    )


def sums(case: SupervisionCase) -> dict[str, str]:
    """What was reached of what was asked, by role; '' where nothing was: 17.5 / 30."""
    found = rules.score(lines_of(case), case.round.terms["weights"]).sums
    return {role: f"{rules.plain(got)} / {asked}" if asked else "" for role, (got, asked) in found.items()}


def count(case: SupervisionCase) -> None:
    """Writes the score of the case, with its sum in numbers."""
    weights = case.round.terms["weights"]
    found = rules.score(lines_of(case), weights)
    case.score, case.formula = found.value, rules.formula(found, weights)


@transaction.atomic
def send_back(
    case: SupervisionCase, comments: Mapping[int, str], *, version: int, actor: Actor
) -> SupervisionCase:
    """To the unit again, with what is missing at which question; marks of what is changed go, the others
    stay and are looked at again."""
    case = locked(case, version)
    demand_seat(case, actor)
    before, case.state = case.state, next_state(case, "return")
    case.answers.update(comment="")
    wanted = {pk: text.strip() for pk, text in comments.items() if text.strip()}
    if not wanted:
        raise Refused(_("要补充什么：至少在一题下面写明"), code="comments")
    for answer in case.answers.filter(pk__in=wanted):
        answer.comment = wanted[answer.pk][: rules.NOTE[1]]
        answer.save(update_fields=["comment"])
    case.done = []
    return kept(case, "return", before, actor=actor, questions=len(wanted))


def may_decide(case: SupervisionCase, actor: Actor) -> bool:
    """Whether the person's unit settles what is in dispute: the bureau and heads; of the bureau's own case the unit that
    has the seat for it."""
    if Reach.ALL in actor.reaches(rules.DECIDE):
        return not own(case, actor)
    units = actor.listed(Reach.UNIT)
    third = {one.unit_id for one in case.seats.all() if one.part == "third"}
    return actor.may(rules.DECIDE) and not third.isdisjoint(units)


def gave(answers: Iterable[SupervisionAnswer], actor: Actor) -> bool:
    """Whether some of these answers' points are the person's: somebody else settles them."""
    me = actor.user and actor.user.pk
    return me is not None and any(mark.by_id == me for one in answers for mark in one.marks.all())


def demand_third(case: SupervisionCase, actor: Actor, answers: Iterable[SupervisionAnswer]) -> None:
    """Who settles: not of the unit, and none of those who gave the points of the answers."""
    actor.demand(rules.DECIDE)
    if own(case, actor):
        raise Denied(
            _("不能给自己单位评分：%(unit)s由别的单位评") % {"unit": case.unit.name}, code="own_unit"
        )
    if not may_decide(case, actor):
        raise Denied(_("%(unit)s由别的单位定分") % {"unit": case.unit.name}, code="seat")
    if gave(answers, actor):
        raise Denied(_("这些分是你评的，由另一个人定"), code="third_person")


def apart(answers: Iterable[SupervisionAnswer]) -> list[int]:
    """Those of the answers on which the two reviewers differ."""
    found = []
    for row in answers:
        told = {m.place: m.points for m in row.marks.all()}
        if told.get(rules.FIRST) != told.get(rules.SECOND):
            found.append(row.pk)
    return found


@transaction.atomic
def decide(
    case: SupervisionCase, given: Mapping[int, Mapping], *, version: int, actor: Actor,
    now: datetime | None = None,
) -> SupervisionCase:  # fmt: skip
    """A third person settles every question on which two differ. Refused while one is left."""
    case, now = locked(case, version), now or timezone.now()
    answers = list(case.answers.prefetch_related("marks"))
    demand_third(case, actor, answers)
    before, case.state = case.state, next_state(case, "decide")
    wanted = apart(answers)
    save_marks(case, rules.SETTLED, {pk: given.get(pk, {}) for pk in wanted}, actor=actor, now=now)
    settled = SupervisionMark.objects.filter(answer__in=wanted, place=rules.SETTLED)
    left = set(wanted) - set(settled.values_list("answer", flat=True))
    if left:
        raise Refused(
            ngettext("还有 %(n)d 题没有定分", "还有 %(n)d 题没有定分", len(left)) % {"n": len(left)},
            code="unmarked",
            errors={f"points-{pk}": said("unmarked") for pk in sorted(left)},
        )
    count(case)
    return kept(case, "decide", before, actor=actor)


# --- The ranking ----------------------------------------------------------------------------------


def ranking(
    row: SupervisionRound, cases: list[SupervisionCase] | None = None
) -> tuple[list[SupervisionCase], list[SupervisionCase]]:
    """(streets by rank, departments in their order), each case with `rank`; without a score there is none. Streets only
    among each other; ties share a rank; departments have different duties and are not ranked. `cases`: all, if read."""
    if cases is None:
        cases = list(row.cases.select_related("unit__street").order_by("unit__position", "unit_id"))
    streets = [one for one in cases if one.unit.street_id]
    found = rules.ranks((one.pk, one.score) for one in streets if one.score is not None)
    for one in cases:
        one.rank = found.get(one.pk)
    streets.sort(key=lambda one: (one.rank is None, one.rank or 0))
    return streets, [one for one in cases if not one.unit.street_id]
