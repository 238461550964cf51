"""Rows of the yearly supervision of units."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from portal import calendar
from portal.models import Membership, Unit, User
from portal.rules.rights import Role
from targets.models import (
    SupervisionAnswer,
    SupervisionCase,
    SupervisionMark,
    SupervisionObjection,
    SupervisionReport,
    SupervisionRound,
    SupervisionSeat,
)
from targets.rules import supervision as rules
from targets.services import supervision as service
from targets.services import supervision_cases as cases
from targets.services import supervision_objections as objections
from targets.services import supervision_questions as questions
from targets.services import supervision_report as reports
from tests.portal.access.rows import Rest, Row
from tests.portal.stage import Place, png

KEEP, VIEW = rules.KEEP, "supervision.view"


def other(place: Place, name: str = "seen") -> Unit:
    """A department beside the place's unit; nobody of the cast belongs to it."""
    unit, made = Unit.objects.get_or_create(
        slug=f"{place.district.slug}-{name}", defaults={"name": "示例督查单位", "kind": "other"}
    )
    if made:
        user = User.objects.create(username=f"{name}-{place.district.slug}", name="示例督", password="!")
        Membership.objects.create(user=user, role=Role.DEPARTMENT, unit=unit, starts_on=timezone.localdate())
    return unit


def speaks(place: Place) -> None:
    """Somebody of the place's unit who may give points."""
    if place.unit not in service.may_review(timezone.localdate()):
        user = User.objects.create(username=f"gives-{place.unit.slug}", name="示例评", password="!")
        Membership.objects.create(
            user=user, role=Role.DEPARTMENT, unit=place.unit, starts_on=timezone.localdate()
        )


def values(place: Place, **more) -> dict:
    """What the form of a round holds."""
    speaks(place)
    today = timezone.localdate()
    return {
        "year": today.year, "report_until": str(calendar.add_working_days(today, 5)),
        "review_until": str(calendar.add_working_days(today, 9)), "reviewers": [place.unit.pk],
    } | more  # fmt: skip


def free_year() -> int:
    """The stage has several of these beside each other; a year has one."""
    taken = set(SupervisionRound.objects.exclude(state="cancelled").values_list("year", flat=True))
    today = timezone.localdate().year
    return next(year for year in range(today, 2000, -1) if year not in taken)


def a_round(place: Place, state: str = "draft", of: str = "own") -> SupervisionRound:
    """A round that the product led to a state. `of`: the place's unit is asked ('own') or gives points ('gives')."""
    process, today = place.process, timezone.localdate()
    speaks(place)
    beside = other(place)
    asked, gives = (place.unit, beside) if of == "own" else (beside, place.unit)
    row = SupervisionRound.objects.create(
        year=free_year(), report_until=calendar.add_working_days(today, 5),
        review_until=calendar.add_working_days(today, 9), made_at=timezone.now(),
    )  # fmt: skip
    service.set_reviewers(row, [gives, other(place, "third")])
    questions.add_question(
        row, text="示例题目文字", guidance="", points=10, units=[asked], version=row.version, actor=process
    )
    row.refresh_from_db()
    if state == "draft":
        return row
    row = service.submit(row, version=row.version, actor=process)
    if state == "submitted":
        return row
    row = service.open_round(row, version=row.version, actor=process)
    if state == "open":
        return row
    case = row.cases.get()
    for answer in case.answers.all():
        cases.write_answer(
            answer, value="done", text="示例做了五件事", own_points=8, version=1, actor=process, files=[png()]
        )
    case = cases.submit(case, version=case.version, actor=process)
    if state == "handed":
        return row
    marked(case, rules.FIRST, 8)
    if state == "disputed":
        marked(case, rules.SECOND, 2)
        SupervisionCase.objects.filter(pk=case.pk).update(state="disputed", done=[1, 2])
        return row
    case.state, case.done = "scored", [1]
    cases.count(case)
    case.save()
    if state == "scored":
        return row
    row = service.announce(row, version=row.version, actor=process)
    if state == "announced":
        return row
    later = timezone.now() + timedelta((row.object_until - today).days + 1)
    return service.finish(row, version=row.version, actor=process, now=later)


def marked(case: SupervisionCase, place: int, points: int) -> None:
    for answer in case.answers.all():
        SupervisionMark.objects.create(answer=answer, place=place, points=points, at=timezone.now())


def a_case(place: Place, state: str = "open", of: str = "own") -> SupervisionCase:
    return a_round(place, state, of).cases.select_related("round").get()


def a_seat(place: Place) -> SupervisionSeat:
    return a_case(place).seats.get(unit=place.unit)


def an_answer(place: Place, state: str = "open", of: str = "own") -> SupervisionAnswer:
    return a_case(place, state, of).answers.get()


def an_objection(place: Place, of: str = "own") -> SupervisionObjection:
    return objections.give_objection(
        an_answer(place, "announced", of), text="示例异议文字", actor=place.process
    )


def a_report(place: Place) -> SupervisionReport:
    report = reports.draft(a_round(place, "final"), actor=place.process)
    report = reports.issue(report, version=report.version, actor=place.process)
    return reports.print_report(report, actor=place.process)


def a_draft(place: Place) -> SupervisionReport:
    return reports.draft(a_round(place, "final"), actor=place.process)


def one(place: Place, state: str = "draft") -> dict:
    return {"pk": a_round(place, state).pk}


def step(place: Place, what: str, state: str, **more):
    row = a_round(place, state)
    return {"pk": row.pk}, {"what": what, "version": row.version} | more


def changed(place: Place):
    row = a_round(place)
    return {"pk": row.pk}, values(place, year=row.year, version=row.version)


def question(place: Place, **data):
    row = a_round(place)
    version = {"version": row.version} if data else {}
    found = {"pk": row.questions.get().pk}
    return (found, data | version) if data else found


def new_question(place: Place):
    row = a_round(place)
    units = [other(place).pk]
    return {"pk": row.pk}, {"text": "示例新题目", "points": 5, "units": units, "version": row.version}


def answer_values(place: Place):
    answer = an_answer(place)
    return {"pk": answer.pk}, {
        "value": "done", "text": "示例做了六件事", "own_points": 7, "version": 1, "files": png(),
    }  # fmt: skip


def case_step(place: Place, what: str):
    case = a_case(place)
    for answer in case.answers.all():
        cases.write_answer(
            answer, value="done", text="示例做了五件事", own_points=8, version=1, actor=place.process
        )
    return {"pk": case.pk}, {"what": what, "version": case.version}


def points_of(place: Place, state: str, of: str):
    case = a_case(place, state, of)
    answer = case.answers.get()
    data = {"version": case.version, f"points-{answer.pk}": 6, f"reason-{answer.pk}": "示例理由"}
    return {"pk": case.pk}, data | ({"what": "done"} if state == "handed" else {})


def edited(place: Place):
    report = a_draft(place)
    texts = {f"part-{n}": "示例文字，写得清楚。" for n in range(len(report.content["sections"]))}
    return {"pk": report.round_id}, texts | {"version": report.version}


def issued(place: Place):
    report = a_draft(place)
    return {"pk": report.round_id}, {"what": "issue", "version": report.version}


SUPERVISION = [
    Row("supervisions", "GET", VIEW, denied=403),
    Row("supervision-new", "GET", KEEP, denied=403),
    Row("supervision-new", "POST", KEEP, denied=403, make=lambda p: ({}, values(p, year=free_year()))),
    Row("supervision", "GET", VIEW, denied=403, make=lambda p: one(p, "open")),
    Row("supervision-edit", "GET", KEEP, denied=403, make=one),
    Row("supervision-edit", "POST", KEEP, denied=403, make=changed),
    Row("supervision-step", "POST", KEEP, denied=403, note="submit", make=lambda p: step(p, "submit", "draft")),
    Row(
        "supervision-step", "POST", rules.CONFIRM, denied=403, note="open",
        make=lambda p: step(p, "open", "submitted"),
    ),
    Row("supervision-question-new", "GET", KEEP, denied=403, make=one),
    Row("supervision-question-new", "POST", KEEP, denied=403, make=new_question),
    Row("supervision-question-edit", "GET", KEEP, denied=403, make=question),
    Row(
        "supervision-question-edit", "POST", KEEP, denied=403,
        make=lambda p: question(p, text="示例题目改过", points=8, units=[other(p).pk]),
    ),
    Row("supervision-question-drop", "POST", KEEP, denied=403, make=lambda p: question(p, note="今年不问")),
    Row("supervision-case", "GET", VIEW, denied=403, make=lambda p: {"pk": a_case(p).pk}),
    Row(
        "supervision-case-step", "POST", rules.REPORT, denied=403, make=lambda p: case_step(p, "submit")
    ),
    Row("supervision-review", "GET", rules.REVIEW, denied=403, make=lambda p: {"pk": a_case(p, "handed", "gives").pk}),
    Row("supervision-review", "POST", rules.REVIEW, denied=403, make=lambda p: points_of(p, "handed", "gives")),
    Row(
        "supervision-decide", "GET", rules.DECIDE, denied=403,
        make=lambda p: {"pk": a_case(p, "disputed", "gives").pk},
    ),
    Row(
        "supervision-decide", "POST", rules.DECIDE, denied=403, make=lambda p: points_of(p, "disputed", "gives")
    ),
    Row("supervision-answer", "GET", rules.REPORT, denied=403, make=lambda p: {"pk": an_answer(p).pk}),
    Row("supervision-answer", "POST", rules.REPORT, denied=403, make=answer_values),
    Row(
        "supervision-object", "GET", rules.REPORT, denied=403,
        make=lambda p: {"pk": an_answer(p, "announced").pk},
    ),
    Row(
        "supervision-object", "POST", rules.REPORT, denied=403,
        make=lambda p: ({"pk": an_answer(p, "announced").pk}, {"text": "示例异议文字"}),
    ),
    Row(
        "supervision-objection", "GET", rules.DECIDE, denied=403,
        make=lambda p: {"pk": an_objection(p, "gives").pk},
    ),
    Row(
        "supervision-objection", "POST", rules.DECIDE, denied=403,
        make=lambda p: ({"pk": an_objection(p, "gives").pk}, {"what": "refuse", "reply": "示例答复"}),
    ),
    Row(
        "supervision-evidence", "GET", VIEW, denied=403,
        make=lambda p: {"pk": an_answer(p, "handed").evidence.get().pk},
    ),
    Row("supervision-report", "GET", VIEW, denied=403, make=lambda p: {"pk": a_report(p).round_id}),
    Row("supervision-report-edit", "GET", KEEP, denied=403, make=lambda p: {"pk": a_draft(p).round_id}),
    Row("supervision-report-edit", "POST", KEEP, denied=403, make=edited),
    Row("supervision-report-step", "POST", rules.CONFIRM, denied=403, make=issued),
    Row("supervision-report-pdf", "GET", VIEW, denied=403, make=lambda p: {"pk": a_report(p).round_id}),
    Row("supervision-report-docx", "GET", VIEW, denied=403, make=lambda p: {"pk": a_report(p).round_id}),
    Rest("api-supervision", "GET", "supervision:read"),
]  # fmt: skip
