"""The yearly supervision of units: last year's is final with its report, this year's runs.

What the units answer and the points that they get are invented and marked; the questions are the plan's own tasks.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random

from portal.calendar import add_working_days
from portal.models.places import Unit
from targets.demonstration import story
from targets.demonstration.calendar import at
from targets.demonstration.crew import Crew
from targets.demonstration.stages import Terms
from targets.models import SupervisionAnswer, SupervisionCase, SupervisionMark, SupervisionRound
from targets.services import rollup
from targets.services import supervision as service
from targets.services import supervision_cases as cases
from targets.services import supervision_objections as objections
from targets.services import supervision_questions as questions
from targets.services import supervision_report as reports

REVIEWERS = 4
#: Days ago that the running round began.
BEGAN = 18
SAID = {
    "done": "示例：年初定了分工和时间表，任务已全部完成，有记录和名单。",
    "partly": "示例：主要部分已完成，剩下的列出了时间，明年一季度做完。",
    "not": "示例：受用房限制没有做成，已报区里协调。",
    "na": "示例：本单位没有这一类机构。",
}
REASON = "示例：材料只写了开会，没有写做到什么程度"


def make_past(terms: Terms, crew: Crew) -> str:
    past(terms, crew, reviewers(terms, crew), Random(f"{terms.seed}/{crew.size.slug}/supervised"))
    return f"{year_of(terms) - 1} 年"


def make(terms: Terms, crew: Crew) -> str:
    """With the figures of the day on which it is opened: they stand beside the answers."""
    running(terms, crew, reviewers(terms, crew), Random(f"{terms.seed}/{crew.size.slug}/supervision"))
    return f"{year_of(terms)} 年"


def year_of(terms: Terms) -> int:
    """The year of the one that runs: in the first days of January still the last one."""
    return (terms.today - timedelta(BEGAN)).year


def reviewers(terms: Terms, crew: Crew) -> list[Unit]:
    """The bureau and some members of the joint conference, each with somebody who gives points."""
    found = service.default_reviewers(terms.today)
    able = [one for one in found if one.pk in crew.by_unit]
    bureau = crew.bureau.unit
    return [bureau, *(one for one in able if one.pk != bureau.pk)][:REVIEWERS]


def opened(year: int, day, until, crew: Crew, chosen: list[Unit], *, two: bool) -> SupervisionRound:
    """A round that the bureau wrote and the head opened; one question is left out with a reason, one is its own."""
    row = service.plan(
        year=year,
        clause=service.clauses().first(),
        report_until=until[0],
        review_until=until[1],
        two_reviewers=two,
        reviewers=chosen,
        actor=crew.bureau,
        now=at(day, 9),
    )
    row = questions.derive(row, version=row.version, actor=crew.bureau, now=at(day, 9))
    streets = list(Unit.objects.filter(street__is_street=True, collective=False, level="district"))
    questions.add_question(
        row,
        text="示例：街镇有没有专人负责托育工作，群众来电来访有没有记录",
        guidance="示例：有名单、有记录算做到",
        points=10,
        units=streets,
        version=row.version,
        actor=crew.bureau,
    )
    row.refresh_from_db()
    if row.questions.count() > 12:
        questions.drop_question(
            row.questions.order_by("-position")[1],
            note="示例：今年另有专门评估，不重复问",
            version=row.version,
            actor=crew.bureau,
        )
        row.refresh_from_db()
    row = service.submit(row, version=row.version, actor=crew.bureau, now=at(day, 11))
    return service.open_round(row, version=row.version, actor=crew.head, now=at(day + timedelta(2), 10))


def answer(case: SupervisionCase, quality: float, random: Random) -> None:
    """What a unit says of itself: the better it is, the more is done."""
    rows = list(case.answers.select_related("question"))
    for row in rows:
        fate = random.random()
        value = "done" if fate < quality else "partly" if fate < quality + 0.2 else "not"
        if random.random() < 0.03:
            value = "na"
        share = {"done": 1.0, "partly": 0.6, "not": 0.0, "na": None}[value]
        row.value, row.text = value, SAID[value]
        row.own_points = None if share is None else round(row.question.points * share)
        row.version += 1
    SupervisionAnswer.objects.bulk_update(rows, ["value", "text", "own_points", "version"])


def points(case: SupervisionCase, place: int, by, moment, random: Random, harsh: float = 0.15) -> None:
    """A reviewer's points: mostly as the unit says, here and there some fewer."""
    made = []
    for row in case.answers.select_related("question"):
        less = random.random() < harsh and row.own_points
        given = max(0, row.own_points - random.choice((2, 3, 4))) if less else row.own_points
        made.append(
            SupervisionMark(
                answer=row, place=place, points=given, reason=REASON if less else "", by=by.user, at=moment
            )
        )
    SupervisionMark.objects.bulk_create(made)


def reviewed(
    case: SupervisionCase, crew: Crew, moment, random: Random, part: str = "first", harsh: float = 0.15
):
    seat = case.seats.get(part=part)
    by = crew.of(crew.by_unit[seat.unit_id])
    points(case, cases.PLACES[part], by, moment, random, harsh)
    return cases.complete(case, {}, version=case.version, actor=by, now=moment)


def handed_in(case: SupervisionCase, crew: Crew, moment, quality: float, random: Random) -> SupervisionCase:
    answer(case, quality, random)
    user = crew.by_unit.get(case.unit_id)
    by = crew.of(user) if user else crew.system
    return cases.submit(case, version=case.version, actor=by, now=moment)


def past(terms: Terms, crew: Crew, chosen: list[Unit], random: Random) -> None:
    """Last year's: all handed in and marked, one objection upheld, final, the report issued."""
    day = terms.today - timedelta(200)
    until = add_working_days(day, 17)
    until = (until, add_working_days(until, 15))
    row = opened(year_of(terms) - 1, day, until, crew, chosen, two=False)
    behind = story.street_behind(crew.size.slug)
    for case in row.cases.select_related("unit", "round"):
        quality = 0.45 if case.unit.street_id == behind.pk else random.uniform(0.65, 0.95)
        case = handed_in(case, crew, at(until[0] - timedelta(random.randrange(1, 9)), 15), quality, random)
        reviewed(case, crew, at(until[1] - timedelta(random.randrange(1, 9)), 16), random)
    row.refresh_from_db()
    row = service.announce(row, version=row.version, actor=crew.bureau, now=at(until[1], 10))
    object_one(row, crew, at(until[1] + timedelta(1), 10))
    row.refresh_from_db()
    later = at(row.object_until + timedelta(1), 10)
    row = service.finish(row, version=row.version, actor=crew.head, now=later)
    report = reports.draft(row, actor=crew.bureau, now=later + timedelta(1))
    report = reports.issue(report, version=report.version, actor=crew.head, now=later + timedelta(3))
    reports.print_report(report, actor=crew.system)


def object_one(row: SupervisionRound, crew: Crew, moment) -> None:
    """A street says that a paper was overlooked; a colleague who gave no points finds that it is right."""
    lowered = SupervisionMark.objects.exclude(reason="").filter(
        answer__case__round=row, answer__unit__street__isnull=False, answer__unit__in=list(crew.by_unit)
    )
    mark = lowered.select_related("answer__case", "answer__question").order_by("pk").first()
    if mark is None:
        return
    answer = mark.answer
    made = objections.give_objection(
        answer,
        text="示例：附件里有记录，评分时没有看到",
        actor=crew.of(crew.by_unit[answer.unit_id]),
        now=moment,
    )
    objections.settle_objection(
        made,
        "uphold",
        reply="示例：附件里确有记录，按自评改回",
        points=answer.own_points,
        actor=crew.second,
        now=moment + timedelta(1),
    )


def running(terms: Terms, crew: Crew, chosen: list[Unit], random: Random) -> None:
    """This year's: a third handed in, some marked by one or two, one far apart, one sent back, the rest still writing."""
    day = terms.today - timedelta(BEGAN)
    eve = day + timedelta(1)
    period = rollup.period_of(year_of(terms), None, on=eve)
    rollup.roll_up(period, actor=crew.system, now=at(eve + timedelta(1), 3))
    until = add_working_days(terms.today, 6)
    row = opened(year_of(terms), day, (until, add_working_days(until, 15)), crew, chosen, two=len(chosen) > 2)
    found = list(row.cases.select_related("unit", "round").order_by("unit__position", "unit"))
    for number, case in enumerate(found):
        if number % 3 == 2:
            continue
        if number % 3 == 1:
            answer(case, 0.7, random)
            SupervisionAnswer.objects.filter(
                pk__in=case.answers.values("pk")[: case.answers.count() // 2]
            ).update(value="", text="", own_points=None)
            continue
        case = handed_in(case, crew, at(terms.today - timedelta(1 + number % 5), 14), 0.8, random)
        moment = at(terms.today, 9)
        if number == 3:
            seat = case.seats.get(part="first")
            one = case.answers.order_by("question__position").first()
            cases.send_back(
                case,
                {one.pk: "示例：附上名单和时间"},
                version=case.version,
                actor=crew.of(crew.by_unit[seat.unit_id]),
            )
        elif number % 2 == 0:
            case = reviewed(case, crew, moment, random)
            if row.two_reviewers and number % 4 == 0:
                reviewed(case, crew, moment, random, part="second", harsh=0.9 if number == 0 else 0.1)
