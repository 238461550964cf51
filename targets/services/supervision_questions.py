"""The questions of a yearly supervision: derived from tasks and targets, edited, dropped with a reason, own ones added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Refused
from portal.models.places import Street, Unit
from portal.services import parameters
from targets.models.supervision import SupervisionAnswer, SupervisionQuestion, SupervisionRound
from targets.models.tasks import Task
from targets.rules import supervision as rules
from targets.services import promises, rounds
from targets.services.supervision import kept, locked, next_state, noted, refuse, wording

MOST_QUESTIONS = 300


def day_of(row: SupervisionRound, on: date) -> date:
    """The day whose tasks and targets a round asks about."""
    return min(date(row.year, 12, 31), on)


@transaction.atomic
def derive(
    row: SupervisionRound, *, version: int, actor: Actor, now: datetime | None = None
) -> SupervisionRound:
    """A question for each task in force and role, and for each target by street, to the units that they name.

    What is there already stays as it was written; its units are set anew, unless the bureau chose them. Refused where
    nothing is in force.
    """
    actor.demand(rules.KEEP)
    row = locked(row, version)
    before, row.state = row.state, next_state(row, "change")
    on = day_of(row, timezone.localdate(now or timezone.now()))
    asked = derived_tasks(on) + derived_targets(on)
    if not asked:
        raise Refused(
            _("%(day)s 没有在办的任务，也没有按街镇的指标：先公布政策文件，或者自己加题目")
            % {"day": on.isoformat()},
            code="nothing",
        )
    there = {(q.task_id, q.target_id, q.role): q for q in row.questions.all()}
    points = parameters.value("supervision.points", on)
    made = 0
    for place, (values, units) in enumerate(asked, 1):
        key = (values.get("task_id"), values.get("target_id"), values["role"])
        question = there.get(key)
        if question is None:
            question = SupervisionQuestion.objects.create(round=row, position=place, points=points, **values)
            made += 1
        if not question.chosen:
            ask(question, units)
    return kept(row, "derive", before, actor=actor, questions=made)


def derived_tasks(on: date) -> list[tuple[dict, list[int]]]:
    """(what the question says, whom it asks): of each task in force, its leads and its supporting units by themselves;
    of a collective each member, and for what is no office the one that is meant."""
    members, collective = rounds.members(), rounds.collectives()
    instead = meant()
    named: dict[tuple[int, str], list[int]] = {}
    taken: set[tuple[int, int]] = set()
    links = sorted(rounds.links_on(on), key=lambda link: link.role != rules.LEAD)
    for link in links:
        units = members.get(link.unit, []) if link.unit in collective else [link.unit]
        for unit in (instead.get(one, one) for one in units):
            # who leads is not asked as supporting, too
            if unit is not None and (link.task, unit) not in taken:
                taken.add((link.task, unit))
                named.setdefault((link.task, link.role), []).append(unit)
    tasks = Task.objects.in_bulk({task for task, _role in named})
    order = sorted(named, key=lambda key: (tasks[key[0]].document_id, tasks[key[0]].number, key[1]))
    return [
        ({"task_id": task, "role": role, "text": tasks[task].text[: rules.TEXT[1]]}, named[task, role])
        for task, role in order
    ]


def meant() -> dict[int, int | None]:
    """A unit that is no office -> the one that is meant, None where there is none."""
    named = wording()["no_office"]
    known = dict(Unit.objects.filter(slug__in={*named, *named.values()} - {None}).values_list("slug", "pk"))
    return {known[slug]: known.get(by) for slug, by in named.items() if slug in known}


def derived_targets(on: date) -> list[tuple[dict, list[int]]]:
    """The same of the plans' targets by street: each street that the target counts, or those that it names."""
    streets = list(Street.objects.all())
    by_street: dict[int, int] = {}
    district = wording()["of_the_district"]
    for unit in Unit.objects.filter(street__isnull=False, collective=False, level="district"):
        by_street.setdefault(unit.street_id, unit.pk)
    found = []
    for target in promises.targets_in_force(on):
        if target.scope != "street" or target.document.key == "own" or target.key in district:
            continue
        named = {word.strip() for word in target.conditions.split("、")}
        counted = [one.pk for one in streets if one.name in named] or promises.counted_streets(
            target, streets
        )
        units = [by_street[pk] for pk in sorted(counted) if pk in by_street]
        if units:
            text = str(target)[: rules.TEXT[1]]
            found.append(({"target_id": target.pk, "role": rules.OTHER, "text": text}, units))
    return found


def ask(question: SupervisionQuestion, units: Iterable[int]) -> None:
    """Whom a question asks; only while nothing is answered."""
    units = list(units)
    question.answers.exclude(unit__in=units).delete()
    SupervisionAnswer.objects.bulk_create(
        [SupervisionAnswer(question=question, unit_id=unit) for unit in units], ignore_conflicts=True
    )


def question_checked(text: str, guidance: str, points: int) -> tuple[str, str]:
    text, guidance = text.strip(), guidance.strip()
    refuse(rules.question_problems(text, guidance, points))
    return text, guidance


@transaction.atomic
def add_question(
    row: SupervisionRound, *, text: str, guidance: str, points: int, units: Sequence[Unit], version: int,
    actor: Actor,
) -> SupervisionQuestion:  # fmt: skip
    """A question of the district's own, to the units chosen."""
    actor.demand(rules.KEEP)
    row = locked(row, version)
    before, row.state = row.state, next_state(row, "change")
    text, guidance = question_checked(text, guidance, points)
    refuse({} if units else {"units": "units"})
    if row.questions.count() >= MOST_QUESTIONS:
        raise Refused(_("题目：一次最多 %(n)d 题") % {"n": MOST_QUESTIONS}, field="text", code="many")
    last = row.questions.aggregate(last=Max("position"))["last"] or 0
    made = SupervisionQuestion.objects.create(
        round=row, position=last + 1, role=rules.OTHER, text=text, guidance=guidance, points=points
    )
    ask(made, [one.pk for one in units])
    kept(row, "add_question", before, actor=actor, question=str(made))
    return made


@transaction.atomic
def change_question(
    question: SupervisionQuestion, *, text: str, guidance: str, points: int, version: int, actor: Actor,
    units: Sequence[Unit] | None = None,
) -> SupervisionQuestion:  # fmt: skip
    """`units`: others than are asked now; deriving again leaves them as they are chosen."""
    actor.demand(rules.KEEP)
    row = locked(question.round, version)
    before, row.state = row.state, next_state(row, "change")
    text, guidance = question_checked(text, guidance, points)
    question = SupervisionQuestion.objects.get(pk=question.pk)
    question.text, question.guidance, question.points = text, guidance, points
    if units is not None:
        refuse({} if units else {"units": "units"})
        wanted = {one.pk for one in units}
        question.chosen |= wanted != set(question.answers.values_list("unit", flat=True))
        ask(question, wanted)
    question.save(update_fields=["text", "guidance", "points", "chosen"])
    kept(row, "change_question", before, actor=actor, question=str(question))
    return question


@transaction.atomic
def drop_question(
    question: SupervisionQuestion, *, note: str, version: int, actor: Actor
) -> SupervisionQuestion:
    """Not asked this year, and why; an empty note asks it again."""
    actor.demand(rules.KEEP)
    row = locked(question.round, version)
    before, row.state = row.state, next_state(row, "change")
    question = SupervisionQuestion.objects.get(pk=question.pk)
    question.dropped = "" if question.dropped else noted(note)
    question.save(update_fields=["dropped"])
    kept(
        row, "drop_question", before, actor=actor,
        changes_of=str(question), note=question.dropped,
    )  # fmt: skip
    return question


@transaction.atomic
def drop_questions(
    row: SupervisionRound, chosen: Iterable[int], *, note: str, version: int, actor: Actor
) -> SupervisionRound:
    """Several at once, for one reason. Refused where none is chosen."""
    actor.demand(rules.KEEP)
    row = locked(row, version)
    before, row.state = row.state, next_state(row, "change")
    note = noted(note)
    count = row.questions.filter(pk__in=list(chosen), dropped="").update(dropped=note)
    if not count:
        raise Refused(_("题目：先在题目上打勾，再写为什么不问"), field="question", code="none")
    return kept(row, "drop_questions", before, actor=actor, questions=count, note=note)
