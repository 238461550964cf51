"""Rows of evaluations: indicator sets, rounds, sheets."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from guardian.shortcuts import assign_perm

from inspections.models import (
    Answer,
    DoubleDraw,
    EvaluationCase,
    EvaluationRound,
    EvaluationSheet,
    Indicator,
    IndicatorSet,
    Inspection,
    SecondAnswer,
    Selection,
)
from inspections.rules import evaluation_sets as set_rules
from inspections.rules import evaluations as rules
from inspections.services import answers
from inspections.services import evaluation_decisions as decisions
from inspections.services import evaluation_rounds as rounds
from inspections.services import evaluation_selection as selections
from inspections.services import evaluation_sets as sets
from inspections.services import evaluation_sheets as sheets
from inspections.services.answers import Given
from inspections.services.checklists import items_of
from portal.access import Actor
from portal.rules.rights import Role
from tests.facilities import factories
from tests.portal.access.rows import Open, Rest, Row, fresh
from tests.portal.stage import PDF, Place, png

POINTS = {name: points for name, (_words, points) in set_rules.DIMENSIONS.items()}
SET_POINTS = {f"points_{name}": points for name, points in POINTS.items()}
SET_VALUES = {"title": "示例评估标准", "basis": "WS/T 821-2023", "kinds": ["nursery"]}
INDICATOR_VALUES = {
    "dimension": "health", "code": "9.9", "text": "示例：晨检有记录", "points": 10,
    "steps": "10 全部做到\n0 没有做到", "evidence": "晨检记录",
}  # fmt: skip


def a_set(place: Place, state: str = "draft") -> IndicatorSet:
    """A set of the nurseries with one indicator a dimension; the bureau's first person submitted it."""
    made = sets.make_set(key=fresh(), points=POINTS, actor=place.process, **SET_VALUES)
    for name, points in POINTS.items():
        facts = {"dimension": name, "code": "1.1", "text": f"示例{name}", "steps": "", "evidence": "示例"}
        sets.enter_indicator(made, points=points, actor=place.process, **facts)
    for number in range(1, 17):
        facts = {"dimension": "veto", "code": str(number), "text": "示例否决项", "steps": "", "evidence": ""}
        sets.enter_indicator(made, points=None, actor=place.process, **facts)
    made.refresh_from_db()
    if state in ("submitted", "published"):
        by = Actor.of(place.person("bureau").user, place.district)
        made = sets.submit_set(made, actor=by, version=made.version)
    if state == "published":
        made = sets.publish_set(made, actor=place.process, version=made.version)
    return made


def an_indicator(place: Place) -> Indicator:
    return a_set(place).indicators.filter(dimension="health").get()


def set_pk(place: Place, state: str = "draft") -> dict:
    return {"pk": a_set(place, state).pk}


def set_step(what: str, state: str):
    def make(place: Place):
        made = a_set(place, state)
        return {"pk": made.pk}, {"what": what, "version": made.version, "note": "分不对"}

    return make


def set_editing(place: Place):
    made = a_set(place)
    return {"pk": made.pk}, SET_VALUES | SET_POINTS | {"version": made.version}


SETS = [
    Row("indicator-sets", "GET", "indicator.view", denied=403),
    Row("indicator-set-new", "GET", "indicator.manage", denied=403),
    Row("indicator-set-new", "POST", "indicator.manage", denied=403,
        make=lambda p: ({}, SET_VALUES | SET_POINTS | {"key": fresh()})),
    Row("indicator-set", "GET", "indicator.view", denied=403, make=set_pk),
    Row("indicator-set-edit", "GET", "indicator.view", denied=403, then=("indicator.manage", 404), make=set_pk),
    Row("indicator-set-edit", "POST", "indicator.view", denied=403, then=("indicator.manage", 404),
        make=set_editing),
    Row("indicator-set-next", "POST", "indicator.view", denied=403, then=("indicator.manage", 404),
        make=lambda p: set_pk(p, "published")),
    Row("indicator-set-step", "POST", "indicator.view", denied=403, then=("indicator.manage", 403),
        make=set_step("submit", "draft"), note="submit"),
    Row("indicator-set-step", "POST", "indicator.view", denied=403, then=("indicator.approve", 403),
        make=set_step("publish", "submitted"), note="publish"),
    Row("indicator-set-step", "POST", "indicator.view", denied=403, then=("indicator.approve", 403),
        make=set_step("return", "submitted"), note="return"),
    Row("indicator-new", "GET", "indicator.view", denied=403, then=("indicator.manage", 404), make=set_pk),
    Row("indicator-new", "POST", "indicator.view", denied=403, then=("indicator.manage", 404),
        make=lambda p: (set_pk(p), INDICATOR_VALUES)),
    Row("indicator-edit", "GET", "indicator.view", denied=403, then=("indicator.manage", 404),
        make=lambda p: {"pk": an_indicator(p).pk}),
    Row("indicator-edit", "POST", "indicator.view", denied=403, then=("indicator.manage", 404),
        make=lambda p: ({"pk": an_indicator(p).pk}, INDICATOR_VALUES | {"version": 1})),
    Row("indicator-remove", "POST", "indicator.view", denied=403, then=("indicator.manage", 404),
        make=lambda p: {"pk": an_indicator(p).pk}),
]  # fmt: skip

DAYS = {f"{kind}_{end}": n for kind in rules.PHASES for end, n in (("from", -5), ("until", 30))}


def day_values() -> dict:
    return {name: timezone.localdate() + timedelta(n) for name, n in DAYS.items()}


def by(place: Place, role: Role) -> Actor:
    """Somebody who is nobody of the cast."""
    return Actor.of(place.person(role).user, place.district)


def a_round(place: Place, state: str = "running") -> EvaluationRound:
    """A round with the place's facility; all sheets may be filled in today."""
    year = timezone.localdate().year
    made = rounds.make_round(
        a_set(place, "published"), actor=place.process, year=year, title="示例评估", peers=1, **day_values()
    )
    rounds.choose(made, codes=[place.facility.code], actor=place.process)
    made.refresh_from_db()
    if state == "draft":
        return made
    return rounds.open_round(made, actor=place.process, version=made.version)


def a_case(place: Place, state: str = "scoring") -> EvaluationCase:
    """The evaluation of the place's facility, led to a state by people who are nobody of the cast."""
    case = a_round(place).cases.select_related("round", "facility").get()
    if state == "scoring":
        return case
    EvaluationSheet.objects.filter(case=case, kind="self").update(state="submitted")
    sheet = decisions.open_final(case, actor=place.process)
    filled(sheet, place)
    if state == "ready":
        return case
    case = decisions.decide(case, reasons="示例理由", actor=by(place, Role.BUREAU), version=case.version)
    if state == "decided":
        return case
    case = decisions.confirm(case, actor=by(place, Role.UNIT_HEAD), version=case.version)
    if state == "objected":
        case = decisions.object_to(case, text="示例异议", actor=place.process, version=case.version)
    if state in ("final", "published"):
        EvaluationCase.objects.filter(pk=case.pk).update(state="final", final_on=timezone.localdate())
        case.refresh_from_db()
    if state == "published":
        case = decisions.publish(case, actor=place.process, version=case.version)
    return case


def filled(sheet: EvaluationSheet, place: Place) -> EvaluationSheet:
    given = {
        one: (None, False, "") if one.dimension == "veto" else (Decimal(one.points), None, "")
        for one in Indicator.objects.filter(set=sheet.case.round.set)
    }
    sheets.save_scores(sheet, given, actor=place.process)
    sheet.refresh_from_db()
    return sheet


def own_sheet(place: Place) -> EvaluationSheet:
    return EvaluationSheet.objects.get(case=a_case(place), kind="self")


def a_peers_sheet(place: Place) -> EvaluationSheet:
    """Of another facility's account: inside the cast's operator evaluates somebody else's facility."""
    other = factories.facility(place.street)
    operator = place.users.get("operator")
    user = operator if place.name == "inside" else place.person(Role.OPERATOR).user
    made = a_round(place)
    rounds.choose(made, codes=[other.code], actor=place.process)
    if place.name != "inside":
        assign_perm("facilities.keep_facility", user, place.facility)
    rounds.enter_peer(made, place.facility, user, actor=place.process)
    case = made.cases.get(facility=other)
    return rounds.name_evaluator(case, "peer", user, actor=place.process)


def an_experts_sheet(place: Place) -> EvaluationSheet:
    user = place.users["expert"] if place.name == "inside" else place.person(Role.EXPERT).user
    return rounds.name_evaluator(a_case(place), "third", user, actor=place.process)


def care(sheet: EvaluationSheet) -> Indicator:
    return Indicator.objects.get(set=sheet.case.round.set, dimension="care")


def scoring(make):
    def made(place: Place):
        sheet = make(place)
        values = {"points": "150", "note": "示例", "version": 0}
        return {"pk": sheet.pk, "indicator": care(sheet).pk}, values

    return made


def handing_in(place: Place):
    sheet = filled(own_sheet(place), place)
    return {"pk": sheet.pk}, {"note": "示例", "version": sheet.version}


def handing_in_third(place: Place):
    sheet = an_experts_sheet(place)
    for one in Indicator.objects.filter(set=sheet.case.round.set):
        veto = one.dimension == "veto"
        sheet.scores.create(
            indicator=one, points=None if veto else one.points, breached=False if veto else None,
            at=timezone.now(),
        )  # fmt: skip
    upload = SimpleUploadedFile("report.pdf", PDF, "application/pdf")
    return {"pk": sheet.pk}, {"note": "示例", "version": sheet.version, "upload": upload}


def uploading(place: Place):
    sheet = own_sheet(place)
    return {"pk": sheet.pk, "indicator": care(sheet).pk}, {"file": png()}


def proof(place: Place) -> dict:
    sheet = own_sheet(place)
    made = sheets.add_file(sheet, care(sheet), png(), actor=place.process)
    return {"pk": sheet.pk, "file": made.pk}


def report(place: Place) -> dict:
    sheet = an_experts_sheet(place)
    EvaluationSheet.objects.filter(pk=sheet.pk).update(report=place.stored(), state="submitted")
    return {"pk": sheet.pk}


def pk_of(make, *more):
    return lambda place: {"pk": make(place, *more).pk}


def case_step(what: str, state: str, **values):
    def make(place: Place):
        case = a_case(place, state)
        return {"pk": case.pk}, {"what": what, "version": case.version} | values

    return make


def round_values() -> dict:
    return {"title": "示例评估", "peers": 2} | {name: day.isoformat() for name, day in day_values().items()}


def round_new(place: Place):
    return {}, round_values() | {"set": a_set(place, "published").pk, "year": timezone.localdate().year}


def round_editing(place: Place):
    made = a_round(place)
    return {"pk": made.pk}, round_values() | {"version": made.version}


def round_step(what: str, state: str):
    def make(place: Place):
        made = a_round(place, state)
        if what == "close":
            made.cases.update(state="left")
        if what == "assign":
            other = factories.facility(place.street)
            user = place.person(Role.OPERATOR).user
            assign_perm("facilities.keep_facility", user, other)
            rounds.enter_peer(made, other, user, actor=place.process)
            made.refresh_from_db()
        return {"pk": made.pk}, {"what": what, "version": made.version}

    return make


def choosing(place: Place):
    other = factories.facility(place.street)
    return {"pk": a_round(place).pk}, {
        "codes": other.code,
        "kinds": ["nursery"],
        "streets": [place.street.pk],
    }


def entering_peer(place: Place):
    other = factories.facility(place.street)
    user = place.person(Role.OPERATOR).user
    assign_perm("facilities.keep_facility", user, other)
    return {"pk": a_round(place).pk}, {"facility": other.code, "user": user.username}


def naming(place: Place):
    return {"pk": a_case(place).pk}, {"kind": "third", "user": place.person(Role.EXPERT).user.username}


def a_selection(place: Place, state: str = "proposed") -> Selection:
    case = a_case(place, "published")
    made = Selection.objects.create(
        case=case, reason="示例理由", criteria={}, proposed_at=timezone.now(), state=state,
        notice_until=timezone.localdate() - timedelta(1) if state == "noticed" else None,
    )  # fmt: skip
    assert selections.candidates(case.round, timezone.localdate())[0].fit, (
        "the facility meets every criterion"
    )
    return made


def proposing(place: Place):
    case = a_case(place, "published")
    return {"pk": case.round_id}, {"case": case.pk, "reason": "示例理由"}


def selection_step(what: str, state: str):
    def make(place: Place):
        made = a_selection(place, state)
        return {"pk": made.pk}, {"what": what, "version": made.version, "note": "示例"}

    return make


def published_case(place: Place) -> dict:
    a_case(place, "published")
    return {"district": place.district.slug}


#: Who reaches some facilities only sees no round in which none of them is.
WHOLE = {"officer": 404, "operator": 404}
VIEW = "evaluation.view"
MANAGE = ("evaluation.manage", 404)
DECIDE = ("evaluation.decide", 404)
ROUNDS = [
    Row("evaluations", "GET", VIEW, denied=403),
    Row("evaluation-round-new", "GET", "evaluation.manage", denied=403),
    Row("evaluation-round-new", "POST", "evaluation.manage", denied=403, make=round_new),
    Row("evaluation-round", "GET", VIEW, denied=403, make=pk_of(a_round)),
    Row("evaluation-round-edit", "GET", VIEW, denied=403, then=MANAGE, make=pk_of(a_round)),
    Row("evaluation-round-edit", "POST", VIEW, denied=403, then=MANAGE, make=round_editing),
    Row("evaluation-choose", "POST", VIEW, denied=403, then=MANAGE, make=choosing),
    Row("evaluation-round-step", "POST", VIEW, denied=403, then=MANAGE, make=round_step("open", "draft"), note="open"),
    Row("evaluation-round-step", "POST", VIEW, denied=403, then=MANAGE, make=round_step("close", "running"),
        note="close"),
    Row("evaluation-round-step", "POST", VIEW, denied=403, then=MANAGE, make=round_step("assign", "running"),
        note="assign"),
    Row("evaluation-peers", "GET", VIEW, denied=403, then=MANAGE, make=pk_of(a_round)),
    Row("evaluation-peer-new", "POST", VIEW, denied=403, then=MANAGE, make=entering_peer),
    Row("evaluation-selection", "GET", VIEW, denied=403, make=pk_of(a_round), but=WHOLE),
    Row("evaluation-propose", "POST", "evaluation.decide", denied=403, make=proposing),
    Row("evaluation-selection-step", "POST", "evaluation.confirm", denied=403,
        make=selection_step("notice", "proposed"), note="notice"),
    Row("evaluation-selection-step", "POST", "evaluation.confirm", denied=403,
        make=selection_step("name", "noticed"), note="name"),
    Row("evaluation-selection-step", "POST", "evaluation.confirm", denied=403,
        make=selection_step("drop", "proposed"), note="drop"),
    Row("evaluation", "GET", VIEW, denied=403, make=pk_of(a_case)),
    Row("evaluation-name", "POST", VIEW, denied=403, then=MANAGE, make=naming),
    Row("evaluation-final", "POST", VIEW, denied=403, then=DECIDE, make=pk_of(a_case)),
    Row("evaluation-step", "POST", VIEW, denied=403, then=("evaluation.decide", 403),
        make=case_step("decide", "ready", reasons="示例理由"), note="decide"),
    Row("evaluation-step", "POST", VIEW, denied=403, then=("evaluation.confirm", 403),
        make=case_step("return", "decided", note="安全的分偏高"), note="return"),
    Row("evaluation-step", "POST", VIEW, denied=403, then=("evaluation.confirm", 403),
        make=case_step("confirm", "decided"), note="confirm"),
    Row("evaluation-step", "POST", VIEW, denied=403, then=("evaluation.object", 403),
        make=case_step("object", "told", text="示例异议"), note="object"),
    Row("evaluation-step", "POST", VIEW, denied=403, then=("evaluation.confirm", 403),
        make=case_step("agree", "objected", text="示例答复"), note="agree"),
    Row("evaluation-step", "POST", VIEW, denied=403, then=("evaluation.confirm", 403),
        make=case_step("keep", "objected", text="示例答复"), note="keep"),
    Row("evaluation-step", "POST", VIEW, denied=403, then=("evaluation.decide", 403),
        make=case_step("publish", "final"), note="publish"),
    Row("evaluation-step", "POST", VIEW, denied=403, then=("evaluation.decide", 403),
        make=case_step("leave", "scoring", note="停办了"), note="leave"),
    Row("evaluation-sheets", "GET", "evaluation.score", denied=403),
    Row("evaluation-sheet", "GET", VIEW, make=pk_of(own_sheet)),
    Row("evaluation-sheet", "GET", "evaluation.score", make=pk_of(a_peers_sheet), note="peer",
        but={"expert": 404, "bureau": 200, "clerk": 200, "head": 200, "auditor": 200}),
    Row("evaluation-score", "POST", "evaluation.self", make=scoring(own_sheet)),
    Row("evaluation-score", "POST", "evaluation.score", make=scoring(an_experts_sheet), note="third",
        but={"operator": 404}),
    Row("evaluation-files", "POST", "evaluation.self", make=uploading),
    Row("evaluation-file", "GET", VIEW, make=proof),
    Row("evaluation-file", "POST", "evaluation.self", make=proof),
    Row("evaluation-report", "GET", VIEW, make=report, but={"officer": 404, "operator": 404, "expert": 200}),
    Row("evaluation-submit", "POST", "evaluation.self", make=handing_in),
    Row("evaluation-submit", "POST", "evaluation.score", make=handing_in_third, note="third", but={"operator": 404}),
    Row("evaluation-recuse", "POST", "evaluation.score", but={"operator": 404},
        make=lambda p: ({"pk": an_experts_sheet(p).pk}, {"reason": "亲属在那里工作"})),
    Row("evaluation-reopen", "POST", "evaluation.manage", denied=403, make=lambda p: reopening(p)),
    Row("evaluation-drop", "POST", "evaluation.manage", denied=403, make=pk_of(an_experts_sheet)),
    Open("public-evaluations", "GET", 200, 200, make=published_case),
    Rest("api-evaluations", "GET", "evaluations:read"),
    Rest("api-agreement", "GET", "inspections:read"),
]  # fmt: skip


def reopening(place: Place) -> dict:
    sheet = own_sheet(place)
    EvaluationSheet.objects.filter(pk=sheet.pk).update(state="submitted")
    return {"pk": sheet.pk}


def doubled(place: Place, state: str = "under_way") -> Inspection:
    """A visit with an item that the second of the team answers again."""
    visit = place.visit("under_way")
    item = items_of(visit).first()
    DoubleDraw.objects.create(
        inspection=visit, second=place.inspectors[1], seed="ab" * 32, percent=10, keys=[item.key],
        drawn_at=timezone.now(),
    )  # fmt: skip
    if state == "finished":
        given = {one.pk: Given("ok") for one in items_of(visit)}
        answers.save_answers(visit, given, actor=place.process)
        Answer.objects.filter(inspection=visit).update(by=place.inspectors[0].user or rows_user(place))
        second = place.inspectors[1]
        SecondAnswer.objects.create(draw=visit.double, item=item, value="bad", by=second, at=timezone.now())
        Inspection.objects.filter(pk=visit.pk).update(state="finished", finished_on=timezone.localdate())
    return visit


def rows_user(place: Place):
    """An account for the place's first inspector, who is nobody of the cast."""
    one = place.inspectors[0]
    one.user = place.person(Role.INSPECTOR).user
    one.save(update_fields=["user"])
    return one.user


def pair_of(place: Place) -> str:
    """The key of an item that was answered twice."""
    return doubled(place, "finished").double.keys[0]


def answering_again(place: Place):
    visit = doubled(place)
    return {"pk": visit.pk}, {f"value-{items_of(visit).first().pk}": "ok"}


AGREEMENT = [
    Row("agreement", "GET", "agreement.view", denied=403),
    Row("agreement-rows", "GET", "agreement.view", denied=403, make=lambda p: {"key": f"items~{pair_of(p)}"}),
    Row(
        "inspection-again", "GET", "agreement.answer", denied=403, make=pk_of(doubled), but={"inspector": 404}
    ),
    Row(
        "inspection-again",
        "POST",
        "agreement.answer",
        denied=403,
        make=answering_again,
        but={"inspector": 404},
    ),
]

EVALUATIONS = [*SETS, *ROUNDS, *AGREEMENT]
