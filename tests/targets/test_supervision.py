"""The yearly supervision of units: from the questions to the score, the ranking and the report that stays."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from io import BytesIO

import pdfplumber
import pytest
from django.http import QueryDict
from django.utils import timezone

from portal import calendar
from portal.errors import Conflict, Denied, Refused
from portal.models import District, Message, PolicyDocument, Unit
from portal.models.policy import Clause
from portal.rules.rights import Role
from portal.services import people
from portal.services.files import path_of
from portal.services.reference import load_reference
from portal.spreadsheets import Asked
from portal.tenancy import district_scope
from targets import supervision_exports, supervision_queue
from targets.models import (
    ProgressReport,
    Snapshot,
    SnapshotValue,
    SupervisionAnswer,
    SupervisionCase,
    SupervisionMark,
    SupervisionRound,
    Target,
    Task,
    TaskUnit,
)
from targets.rules import supervision as rules
from targets.rules import supervision_words as words
from targets.services import rollup, rounds, snapshots, supervision_report, tasks
from targets.services import supervision as service
from targets.services import supervision_cases as cases
from targets.services import supervision_objections as objections
from targets.services import supervision_questions as questions
from tests.cast import person
from tests.portal.stage import png

TODAY = timezone.localdate
WEIGHTS = {"lead": 100, "support": 50, "other": 100}


def line(role: str, points: int, *marks: int | None, first: int = 1) -> rules.Line:
    return rules.Line(role, points, tuple(rules.Mark(first + n, one) for n, one in enumerate(marks)))


# --- Rules ----------------------------------------------------------------------------------------


def test_the_score_is_weighted_and_what_does_not_apply_is_in_neither_sum():
    found = rules.score([line("lead", 10, 8), line("support", 10, 5), line("other", 20, None)], WEIGHTS)
    assert found.value == Decimal("70.00")  # (8 + 2.5) / (10 + 5)
    assert rules.formula(found, WEIGHTS) == "(100% × 8 + 50% × 5) ÷ (100% × 10 + 50% × 10) × 100 = 70.00"
    assert found.sums["other"] == (0, 0)


def test_nothing_that_applies_gives_no_score_and_no_rank():
    found = rules.score([line("lead", 10, None)], WEIGHTS)
    assert found.value is None and rules.formula(found, WEIGHTS) == ""
    assert rules.score([], WEIGHTS).value is None


def test_a_weight_of_nothing_takes_the_role_out():
    found = rules.score([line("support", 10, 5)], WEIGHTS | {"support": 0})
    assert found.value is None


@pytest.mark.parametrize(
    ("marks", "points"),
    [
        ((rules.Mark(1, 6),), 6), ((rules.Mark(1, 6), rules.Mark(2, 9)), Fraction(15, 2)),
        ((rules.Mark(1, 6), rules.Mark(2, 9), rules.Mark(3, 8)), 8),
        ((rules.Mark(1, 6), rules.Mark(3, 8), rules.Mark(4, 10)), 10), ((rules.Mark(1, None),), None),
        ((rules.Mark(1, 6), rules.Mark(3, None)), None),
    ],
)  # fmt: skip
def test_which_marks_count(marks, points):
    assert rules.reached(marks) == points


def test_ties_share_a_rank_and_the_next_is_left_out():
    scores = [(1, Decimal("80.00")), (2, Decimal("90.00")), (3, Decimal("80.00")), (4, Decimal("70.00"))]
    assert rules.ranks(scores) == {2: 1, 1: 2, 3: 2, 4: 4}


def test_two_reviewers_are_far_apart_by_score_or_by_what_applies():
    one, near, far = (
        [line("lead", 100, 80)],
        [line("lead", 100, 70, first=2)],
        [line("lead", 100, 69, first=2)],
    )
    assert not rules.far_apart(one, near, WEIGHTS, 10)
    assert rules.far_apart(one, far, WEIGHTS, 10)
    assert rules.far_apart(one, [line("lead", 100, None, first=2)], WEIGHTS, 10)


def test_nobody_marks_the_own_unit():
    assert rules.seats([1, 2, 3], [1, 2], two=False) == {1: [2], 2: [1], 3: [1]}
    assert rules.seats([1], [1], two=False) is None
    assert rules.seats([1, 5], [1, 2], two=True) is None
    assert rules.seats([5], [1, 2], two=True) == {5: [1, 2]}
    assert rules.lacking([1, 2, 5], [1, 2], two=False, deciding=[1]) == {1: 1}
    assert rules.lacking([1, 5], [1, 2], two=True) == {1: 1}


@pytest.mark.parametrize(
    ("year", "report", "review", "field"),
    [
        (2027, 1, 2, "year"), (2022, 1, 2, "year"), (2026, 2, 2, "review_until"), (2026, -1, 2, "review_until"),
        (2026, 1, 400, "review_until"),
    ],
)  # fmt: skip
def test_what_a_round_cannot_say(year, report, review, field):
    on = date(2026, 6, 1)
    assert rules.round_problems(2025, on, on + timedelta(1), on) == {}
    found = rules.round_problems(year, on + timedelta(report), on + timedelta(review), on)
    assert list(found) == [field]


def test_an_answer_is_complete_with_words_and_points():
    assert rules.complete("done", "做了五件事", 5)
    assert rules.complete("na", "没有这类机构", None)
    assert not rules.complete("done", "做了五件事", None)
    assert not rules.complete("not", "短", 0)
    assert not rules.complete("", "做了五件事", 5)
    assert rules.own_fits("done", 10, 10) and not rules.own_fits("done", 11, 10)
    assert not rules.own_fits("na", 3, 10)


def test_the_words_of_the_report():
    rows = [{"name": "甲镇", "score": "90.00", "rank": 1}, {"name": "乙镇", "score": "80.50", "rank": 2}]
    assert words.scores("街镇", rows, ranked=True) == [
        "2个街镇平均得85.25分。得分最高的是甲镇，90.00分；得分最低的是乙镇，80.50分。"
    ]
    none = [{"name": "丙镇", "score": None, "rank": None}]
    assert words.scores("街镇", [*rows, *none], ranked=False)[1] == "丙镇没有适用的题，不计分。"
    assert words.scores("街镇", none, ranked=True) == ["没有得分的街镇。"]


# --- Services -------------------------------------------------------------------------------------


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        furnish(cast)
        yield cast


def furnish(cast) -> None:
    """Two streets and the health commission are asked; the bureau, health and police can give points."""
    Target.objects.all().delete()
    Task.objects.all().delete()
    Unit.objects.filter(street__isnull=False).update(street=None)
    make = {"kind": "government", "level": "district"}
    cast.qibao = Unit.objects.create(slug="x-qibao", name="七宝镇", street=cast.street, position=1, **make)
    cast.gumei = Unit.objects.create(
        slug="x-gumei", name="古美街道", street=cast.other_street, position=2, **make
    )
    cast.police = Unit.objects.create(slug="x-police", name="区示例局", kind="police")
    cast.users["qibao_officer"] = person("x-qibao", "示例甲", Role.STREET_OFFICER, cast.qibao)
    cast.users["gumei_officer"] = person("x-gumei", "示例乙", Role.STREET_OFFICER, cast.gumei)
    cast.users["police_officer"] = person("x-police", "示例丙", Role.DEPARTMENT, cast.police)
    cast.document = PolicyDocument.objects.create(key="x", title="示例方案", number="示例〔2026〕1号")
    cast.clause = Clause.objects.create(document=cast.document, label="二（二）")
    cast.task = Task.objects.create(
        document=cast.document, clause=cast.clause, origin="table", number=1, text="开展排摸",
        starts_on=date(2020, 1, 1),
    )  # fmt: skip
    for unit, role in ((cast.health_unit, "lead"), (cast.qibao, "support"), (cast.gumei, "support")):
        TaskUnit.objects.create(task=cast.task, unit=unit, role=role, name=unit.name, position=1)


def workday(days: int) -> date:
    return calendar.add_working_days(TODAY(), days)


def planned(cast, **more) -> SupervisionRound:
    given = {
        "year": TODAY().year, "clause": cast.clause, "report_until": workday(5), "review_until": workday(10),
        "two_reviewers": False, "reviewers": [cast.bureau_unit],
    } | more  # fmt: skip
    return service.plan(actor=cast.actor("bureau"), **given)


def fresh(row):
    row.refresh_from_db()
    return row


def derived(cast, **more) -> SupervisionRound:
    row = planned(cast, **more)
    return questions.derive(row, version=row.version, actor=cast.actor("bureau"))


def opened(cast, **more) -> SupervisionRound:
    row = derived(cast, **more)
    row = service.submit(row, version=row.version, actor=cast.actor("bureau"))
    return service.open_round(row, version=row.version, actor=cast.actor("head"))


def case_of(row, unit) -> SupervisionCase:
    return row.cases.get(unit=unit)


def answered(cast, case: SupervisionCase, who: str, own: int = 8, value: str = "done") -> SupervisionCase:
    actor = cast.actor(who)
    for answer in case.answers.all():
        cases.write_answer(
            answer,
            value=value,
            text="做了五件事，有记录",
            own_points=own,
            version=answer.version,
            actor=actor,
        )
    return cases.submit(case, version=fresh(case).version, actor=actor)


def marks(case, points: int, reason: str = "材料不全", **more) -> dict:
    return {one.pk: {"points": points, "reason": reason} | more for one in case.answers.all()}


OWN = {"七宝镇": "qibao_officer", "古美街道": "gumei_officer", "区卫健委": "department"}


def scored(cast, row, points: dict[str, int]) -> SupervisionRound:
    for case in row.cases.select_related("unit"):
        case = answered(cast, case, OWN[case.unit.name])
        cases.complete(
            case, marks(case, points[case.unit.name]), version=case.version, actor=cast.actor("bureau")
        )
    return fresh(row)


POINTS = {"七宝镇": 9, "古美街道": 7, "区卫健委": 10}


def announced(cast) -> SupervisionRound:
    row = scored(cast, opened(cast), POINTS)
    return service.announce(row, version=row.version, actor=cast.actor("bureau"))


def final(cast) -> SupervisionRound:
    row = announced(cast)
    later = timezone.now() + timedelta((row.object_until - TODAY()).days + 1)
    return service.finish(row, version=row.version, actor=cast.actor("head"), now=later)


def a_target(cast, **more) -> Target:
    values = {
        "document": cast.document, "clause": cast.clause, "key": "x", "text": "每街镇至少一处", "kind": "count",
        "comparator": ">=", "value": 1, "period": "year", "scope": "street", "starts_on": date(2020, 1, 1),
        "proof": "counted", "metric": "sites_per_street",
    } | more  # fmt: skip
    return Target.objects.create(**values)


@pytest.mark.django_db
def test_the_template_comes_from_tasks_and_targets_by_street(minhang):
    target = a_target(minhang)
    a_target(minhang, key="y", scope="district")
    row = derived(minhang)
    told = [(q.role, q.task_id, q.target_id, q.answers.count()) for q in row.questions.all()]
    assert told == [
        ("lead", minhang.task.pk, None, 1), ("support", minhang.task.pk, None, 2), ("other", None, target.pk, 2),
    ]  # fmt: skip
    question = row.questions.first()
    questions.change_question(
        question,
        text="改过的题目文字",
        guidance="",
        points=20,
        version=row.version,
        actor=minhang.actor("bureau"),
    )
    again = questions.derive(row, version=fresh(row).version, actor=minhang.actor("bureau"))
    assert again.questions.count() == 3 and fresh(question).points == 20  # what was written stays


@pytest.mark.django_db
def test_a_collective_is_asked_as_its_members_and_a_lead_not_as_support(minhang):
    every = Unit.objects.create(slug="x-all", name="各街镇", kind="collective", collective=True)
    for unit in (minhang.qibao, minhang.gumei):
        every.memberships_as_collective.create(member=unit)
    task = Task.objects.create(
        document=minhang.document, origin="table", number=2, text="每月检查", starts_on=date(2020, 1, 1)
    )
    TaskUnit.objects.create(task=task, unit=every, role="support", name="各街镇", position=2)
    TaskUnit.objects.create(task=task, unit=minhang.qibao, role="lead", name="七宝镇", position=1)
    found = {
        (q.role, tuple(q.answers.values_list("unit", flat=True)))
        for q in derived(minhang).questions.filter(task=task)
    }
    assert found == {("lead", (minhang.qibao.pk,)), ("support", (minhang.gumei.pk,))}


@pytest.mark.django_db
def test_a_year_has_one_round_until_it_is_cancelled(minhang):
    row = planned(minhang)
    with pytest.raises(Conflict, match="已经有一次") as refused:
        planned(minhang)
    assert refused.value.field == "year"
    service.cancel(row, note="今年不办", version=row.version, actor=minhang.actor("bureau"))
    assert planned(minhang).state == "draft"


@pytest.mark.django_db
def test_deadlines_are_working_days_and_reviewers_no_streets(minhang):
    saturday = workday(5) + timedelta(1)
    while calendar.is_working_day(saturday):
        saturday += timedelta(1)
    with pytest.raises(Refused, match="不是工作日") as refused:
        planned(minhang, report_until=saturday, review_until=workday(15))
    assert refused.value.field == "report_until"
    with pytest.raises(Refused, match="不能是街镇"):
        planned(minhang, reviewers=[minhang.qibao])
    with pytest.raises(Refused, match="至少选两个"):
        planned(minhang, two_reviewers=True)


@pytest.mark.django_db
def test_a_template_without_questions_is_not_handed_over(minhang):
    row = planned(minhang)
    with pytest.raises(Refused, match="还没有一题"):
        service.submit(row, version=row.version, actor=minhang.actor("bureau"))
    row = questions.derive(row, version=row.version, actor=minhang.actor("bureau"))
    for question in row.questions.all():
        questions.drop_question(
            question, note="今年不问", version=fresh(row).version, actor=minhang.actor("bureau")
        )
    with pytest.raises(Refused, match="还没有一题"):
        service.submit(row, version=fresh(row).version, actor=minhang.actor("bureau"))


@pytest.mark.django_db
def test_nothing_in_force_gives_no_template(minhang):
    Task.objects.all().delete()
    row = planned(minhang)
    with pytest.raises(Refused, match="没有在办的任务"):
        questions.derive(row, version=row.version, actor=minhang.actor("bureau"))


@pytest.mark.django_db
def test_a_reviewer_that_would_mark_itself_is_refused_before_it_is_opened(minhang):
    row = derived(minhang, reviewers=[minhang.health_unit])
    with pytest.raises(Refused, match="区卫健委不能给自己评分"):
        service.submit(row, version=row.version, actor=minhang.actor("bureau"))


@pytest.mark.django_db
def test_a_second_person_opens_and_then_the_questions_stay(minhang):
    row = derived(minhang)
    question = row.questions.first()
    row = service.submit(row, version=row.version, actor=minhang.actor("bureau"))
    with pytest.raises(Denied, match="由另一个人"):
        service.open_round(row, version=row.version, actor=minhang.actor("bureau"))
    row = service.open_round(row, version=row.version, actor=minhang.actor("clerk"))
    assert row.state == "open" and row.edition == 1 and row.sha256 == service.fingerprint(row)
    assert row.terms["weights"] == {"lead": 100, "support": 50, "other": 100}
    assert {case.unit.name for case in row.cases.all()} == set(POINTS)
    with pytest.raises(Conflict):
        questions.change_question(
            question,
            text="改过的题目文字",
            guidance="",
            points=5,
            version=row.version,
            actor=minhang.actor("bureau"),
        )
    assert Message.objects.filter(user=minhang.users["qibao_officer"], title__contains="开始自查").exists()


@pytest.mark.django_db
def test_a_dropped_question_is_asked_of_nobody(minhang):
    row = derived(minhang)
    dropped = row.questions.get(role="support")
    questions.drop_question(dropped, note="今年不问", version=row.version, actor=minhang.actor("bureau"))
    row = service.submit(fresh(row), version=row.version, actor=minhang.actor("bureau"))
    row = service.open_round(row, version=row.version, actor=minhang.actor("head"))
    assert [case.unit for case in row.cases.all()] == [minhang.health_unit]
    assert not SupervisionAnswer.objects.filter(question=dropped).exists()


@pytest.mark.django_db
def test_an_own_question_goes_to_the_units_chosen(minhang):
    row = derived(minhang)
    made = questions.add_question(
        row, text="是否有专人负责", guidance="写姓名以外的情况", points=5, units=[minhang.police], version=row.version,
        actor=minhang.actor("bureau"),
    )  # fmt: skip
    assert list(made.answers.values_list("unit", flat=True)) == [minhang.police.pk]
    with pytest.raises(Refused, match="至少选一个"):
        questions.add_question(
            row, text="是否有专人负责", guidance="", points=5, units=[], version=fresh(row).version,
            actor=minhang.actor("bureau"),
        )  # fmt: skip


@pytest.mark.django_db
def test_a_self_report_is_not_handed_in_with_open_questions(minhang):
    case = case_of(opened(minhang), minhang.qibao)
    with pytest.raises(Refused, match="第 1 题"):
        cases.submit(case, version=case.version, actor=minhang.actor("qibao_officer"))
    answer = case.answers.get()
    with pytest.raises(Refused, match="这题 10 分") as refused:
        cases.write_answer(
            answer,
            value="done",
            text="做了五件事",
            own_points=11,
            version=1,
            actor=minhang.actor("qibao_officer"),
        )
    assert refused.value.field == "own_points"
    with pytest.raises(Denied, match="自己填"):
        cases.write_answer(
            answer,
            value="done",
            text="做了五件事",
            own_points=9,
            version=1,
            actor=minhang.actor("gumei_officer"),
        )
    assert answered(minhang, case, "qibao_officer").state == "submitted"


@pytest.mark.django_db
def test_two_people_of_a_unit_do_not_write_over_each_other(minhang):
    answer = case_of(opened(minhang), minhang.qibao).answers.get()
    write = {"value": "done", "text": "做了五件事", "own_points": 9, "actor": minhang.actor("qibao_officer")}
    cases.write_answer(answer, version=1, **write)
    with pytest.raises(Conflict, match="刚有别人改过"):
        cases.write_answer(answer, version=1, **write)
    row = fresh(answer.case.round)
    with pytest.raises(Conflict, match="刚被改过"):
        service.announce(row, version=row.version - 1, actor=minhang.actor("bureau"))


@pytest.mark.django_db
def test_evidence_are_files_and_reports_of_the_own_unit_on_that_task(minhang):
    today = TODAY()
    this = rounds.see_rounds(on=today, actor=minhang.actor("bureau"))
    for name, unit in (("qibao_officer", minhang.qibao), ("gumei_officer", minhang.gumei)):
        tasks.write_progress(
            minhang.task, unit, this, percent=40, text="已排摸一半", version=0, actor=minhang.actor(name),
            on=today, submit=True,
        )  # fmt: skip
    answer = case_of(opened(minhang), minhang.qibao).answers.get()
    (own,) = cases.progress_of(answer)
    other = ProgressReport.objects.get(unit=minhang.gumei)
    cases.write_answer(
        answer, value="done", text="做了五件事", own_points=9, version=1, actor=minhang.actor("qibao_officer"),
        files=[png()], cited=[own.pk, other.pk],
    )  # fmt: skip
    assert [(one.report_id, bool(one.file_id)) for one in answer.evidence.all()] == [
        (None, True),
        (own.pk, False),
    ]


@pytest.mark.django_db
def test_nobody_gives_points_to_the_own_unit_nor_without_a_seat(minhang):
    row = opened(minhang, reviewers=[minhang.bureau_unit, minhang.health_unit])
    own = answered(minhang, case_of(row, minhang.health_unit), "department")
    with pytest.raises(Denied, match="不能给自己单位评分"):
        cases.mark(own, marks(own, 10), version=own.version, actor=minhang.actor("department"))
    with pytest.raises(Denied, match="由别的单位评分"):
        cases.mark(own, marks(own, 10), version=own.version, actor=minhang.actor("police_officer"))


@pytest.mark.django_db
def test_points_that_differ_from_the_own_need_a_reason_and_keep_to_the_maximum(minhang):
    case = answered(minhang, case_of(opened(minhang), minhang.qibao), "qibao_officer", own=8)
    bureau = minhang.actor("bureau")
    with pytest.raises(Refused, match="评分和自评不同"):
        cases.mark(case, marks(case, 6, reason=""), version=case.version, actor=bureau)
    with pytest.raises(Refused, match="0 到 10"):
        cases.mark(case, marks(case, 11), version=case.version, actor=bureau)
    with pytest.raises(Refused, match="没有评分"):
        cases.complete(case, {}, version=case.version, actor=bureau)
    assert cases.complete(case, marks(case, 8, reason=""), version=case.version, actor=bureau).score == 80


@pytest.mark.django_db
def test_what_is_sent_back_comes_with_a_comment_and_new_points(minhang):
    case = answered(minhang, case_of(opened(minhang), minhang.qibao), "qibao_officer")
    bureau, answer = minhang.actor("bureau"), case.answers.get()
    cases.mark(case, marks(case, 5), version=case.version, actor=bureau)
    with pytest.raises(Refused, match="至少在一题"):
        cases.send_back(case, {answer.pk: " "}, version=fresh(case).version, actor=bureau)
    case = cases.send_back(case, {answer.pk: "附上名单"}, version=fresh(case).version, actor=bureau)
    assert case.state == "returned" and fresh(answer).comment == "附上名单"
    again = answered(minhang, case, "qibao_officer", own=9)
    assert again.state == "submitted" and not SupervisionMark.objects.filter(answer=answer).exists()


@pytest.mark.django_db
def test_what_does_not_apply_leaves_no_score_when_the_reviewer_agrees(minhang):
    case = answered(minhang, case_of(opened(minhang), minhang.qibao), "qibao_officer", value="na")
    agreed = {one.pk: {"accepts": True} for one in case.answers.all()}
    case = cases.complete(case, agreed, version=case.version, actor=minhang.actor("bureau"))
    assert case.state == "scored" and case.score is None and case.formula == ""
    streets, _departments = cases.ranking(case.round)
    assert [(one.unit.name, one.rank) for one in streets] == [("七宝镇", None), ("古美街道", None)]


@pytest.mark.django_db
def test_a_reviewer_need_not_agree_that_it_does_not_apply(minhang):
    case = answered(minhang, case_of(opened(minhang), minhang.qibao), "qibao_officer", value="na")
    case = cases.complete(case, marks(case, 4), version=case.version, actor=minhang.actor("bureau"))
    assert case.score == 40


def two_marks(cast, first: int, second: int) -> SupervisionCase:
    row = opened(cast, two_reviewers=True, reviewers=[cast.bureau_unit, cast.police])
    case = answered(cast, case_of(row, cast.qibao), "qibao_officer")
    case = cases.complete(case, marks(case, first), version=case.version, actor=cast.actor("bureau"))
    assert case.state == "submitted" and case.score is None  # the other one has not marked
    return cases.complete(case, marks(case, second), version=case.version, actor=cast.actor("police_officer"))


@pytest.mark.django_db
def test_two_reviewers_near_each_other_give_the_mean(minhang):
    case = two_marks(minhang, 8, 7)
    assert (case.state, case.score) == ("scored", Decimal("75.00"))


@pytest.mark.django_db
def test_two_reviewers_far_apart_wait_for_a_third_who_gave_no_points(minhang):
    case = two_marks(minhang, 10, 4)
    assert (case.state, case.score) == ("disputed", None)
    with pytest.raises(Denied, match="由另一个人定"):
        cases.decide(case, marks(case, 6), version=case.version, actor=minhang.actor("bureau"))
    with pytest.raises(Refused, match="没有定分"):
        cases.decide(case, {}, version=case.version, actor=minhang.actor("clerk"))
    case = cases.decide(case, marks(case, 6), version=case.version, actor=minhang.actor("clerk"))
    assert (case.state, case.score) == ("scored", Decimal("60.00"))


@pytest.mark.django_db
def test_a_unit_that_is_silent_is_marked_by_what_is_there_after_the_deadline(minhang):
    row = opened(minhang)
    case = case_of(row, minhang.qibao)
    bureau = minhang.actor("bureau")
    with pytest.raises(Conflict, match="过了再按现状送评"):
        cases.take(case, version=case.version, actor=bureau)
    later = timezone.now() + timedelta((row.report_until - TODAY()).days + 1)
    case = cases.take(case, version=case.version, actor=bureau, now=later)
    assert cases.complete(case, marks(case, 2), version=case.version, actor=bureau).score == 20


@pytest.mark.django_db
def test_the_ranking_is_of_streets_among_each_other(minhang):
    row = announced(minhang)
    streets, departments = cases.ranking(row)
    assert [(one.unit.name, one.rank, one.score) for one in streets] == [
        ("七宝镇", 1, Decimal("90.00")), ("古美街道", 2, Decimal("70.00")),
    ]  # fmt: skip
    assert [(one.unit.name, one.rank) for one in departments] == [("区卫健委", None)]
    assert streets[0].formula == "(50% × 9) ÷ (50% × 10) × 100 = 90.00"


@pytest.mark.django_db
def test_scores_are_not_told_while_a_unit_is_not_marked(minhang):
    row = opened(minhang)
    with pytest.raises(Conflict, match="没有评完"):
        service.announce(row, version=row.version, actor=minhang.actor("bureau"))


@pytest.mark.django_db
def test_an_objection_that_is_upheld_corrects_the_score_and_holds_up_the_end(minhang):
    row = announced(minhang)
    answer = case_of(row, minhang.gumei).answers.get()
    with pytest.raises(Denied, match="自己填"):
        objections.give_objection(answer, text="漏看了附件二", actor=minhang.actor("qibao_officer"))
    made = objections.give_objection(answer, text="漏看了附件二", actor=minhang.actor("gumei_officer"))
    with pytest.raises(Conflict, match="还在等答复"):
        objections.give_objection(answer, text="漏看了附件二", actor=minhang.actor("gumei_officer"))
    later = timezone.now() + timedelta((row.object_until - TODAY()).days + 1)
    with pytest.raises(Conflict, match="1 条异议"):
        service.finish(row, version=row.version, actor=minhang.actor("head"), now=later)
    with pytest.raises(Denied, match="由另一个人定"):
        objections.settle_objection(made, "uphold", reply="确实漏看", points=9, actor=minhang.actor("bureau"))
    objections.settle_objection(made, "uphold", reply="确实漏看", points=9, actor=minhang.actor("clerk"))
    assert case_of(row, minhang.gumei).score == 90
    streets, _departments = cases.ranking(row)
    assert [one.rank for one in streets] == [1, 1]
    assert (
        service.finish(fresh(row), version=row.version, actor=minhang.actor("head"), now=later).state
        == "final"
    )


@pytest.mark.django_db
def test_the_end_waits_for_the_days_and_for_a_second_person(minhang):
    row = announced(minhang)
    with pytest.raises(Conflict, match="可以提异议到"):
        service.finish(row, version=row.version, actor=minhang.actor("head"))
    later = timezone.now() + timedelta((row.object_until - TODAY()).days + 1)
    with pytest.raises(Denied, match="由另一个人定"):
        service.finish(row, version=row.version, actor=minhang.actor("bureau"), now=later)
    answer = case_of(row, minhang.gumei).answers.get()
    with pytest.raises(Conflict, match="已经过了"):
        objections.give_objection(
            answer, text="漏看了附件二", actor=minhang.actor("gumei_officer"), now=later
        )


@pytest.mark.django_db
def test_after_the_end_nothing_changes(minhang):
    row = final(minhang)
    case = case_of(row, minhang.gumei)
    answer, bureau = case.answers.get(), minhang.actor("bureau")
    write = {"value": "not", "text": "没有做到", "own_points": 0, "version": answer.version}
    with pytest.raises(Conflict, match="不再改"):
        cases.write_answer(answer, actor=minhang.actor("gumei_officer"), **write)
    with pytest.raises(Conflict, match="不再改"):
        cases.mark(case, marks(case, 1), version=case.version, actor=bureau)
    with pytest.raises(Conflict, match="定下以前"):
        objections.give_objection(answer, text="漏看了附件二", actor=minhang.actor("gumei_officer"))
    for step in (service.announce, service.submit):
        with pytest.raises(Conflict, match="已经定下结果"):
            step(row, version=row.version, actor=bureau)


@pytest.mark.django_db
def test_the_snapshot_that_is_shown_beside_is_kept_with_the_round(minhang):
    target = a_target(minhang)
    year = TODAY().year
    kept = Snapshot.objects.create(
        period="year", starts_on=date(year, 1, 1), ends_on=date(year, 12, 31), as_of=TODAY() - timedelta(1),
        taken_at=timezone.now(), sha256="x",
    )  # fmt: skip
    SnapshotValue.objects.create(
        snapshot=kept, metric="sites_per_street", target=target, street=minhang.street, numerator=3, value=3,
        verdict="met",
    )  # fmt: skip
    row = opened(minhang)
    assert row.snapshot == kept
    newer = Snapshot.objects.create(
        period="year", starts_on=date(year, 1, 1), ends_on=date(year, 12, 31), as_of=TODAY(),
        taken_at=timezone.now(), sha256="y",
    )  # fmt: skip
    snapshots.discard_interim(newer)
    assert Snapshot.objects.filter(pk=kept.pk).exists()


@pytest.mark.django_db
def test_a_final_round_counts_towards_the_promise_of_a_yearly_supervision(minhang):
    target = a_target(minhang, scope="district", metric="policy_supervisions")
    row, today = announced(minhang), TODAY()

    def counted():
        period = rollup.period_of(today.year, None, on=today)
        found = rollup.roll_up(period, actor=minhang.actor("bureau"))
        return found.values.get(target=target, street=None).numerator

    assert counted() == 0
    SupervisionRound.objects.filter(pk=row.pk).update(state="final", final_at=timezone.now())
    assert counted() == 1


# --- The report -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_report_is_drafted_edited_and_issued_by_another(minhang):
    with pytest.raises(Conflict, match="还没有定下结果"):
        supervision_report.draft(announced(minhang), actor=minhang.actor("bureau"))
    SupervisionRound.objects.all().update(state="final")
    row = SupervisionRound.objects.get()
    bureau, head = minhang.actor("bureau"), minhang.actor("head")
    report = supervision_report.draft(row, actor=bureau)
    assert supervision_report.draft(row, actor=bureau).pk == report.pk
    told = [line for section in report.content["sections"] for line in section["paragraphs"]]
    assert "得分最高的是七宝镇，90.00分；得分最低的是古美街道，70.00分。" in told[2]
    assert report.content["streets"][0]["sums"] == {"lead": "", "support": "9 / 10", "other": ""}
    assert "根据《示例方案》二（二）" in told[0] and "2个街镇、1个部门" in told[0]
    texts = ["\n".join(one["paragraphs"]) for one in report.content["sections"]]
    with pytest.raises(Refused, match="5 到 3000"):
        supervision_report.edit(report, ["", *texts[1:]], version=1, actor=bureau)
    report = supervision_report.edit(
        report, [*texts[:3], "补一段：请各街镇对照整改。"], version=1, actor=bureau
    )
    with pytest.raises(Denied, match="由另一个人印发"):
        supervision_report.issue(report, version=report.version, actor=bureau)
    report = supervision_report.issue(report, version=report.version, actor=head)
    assert report.number.endswith("号") and f"〔{TODAY().year}〕" in report.number
    with pytest.raises(Conflict, match="已印发"):
        supervision_report.edit(report, texts, version=report.version, actor=bureau)
    report = supervision_report.print_report(report, actor=head)
    body = path_of(report.file).read_bytes()
    assert hashlib.sha256(body).hexdigest() == report.sha256
    text = pdf_text(body)
    assert "请各街镇对照整改" in text and "七宝镇" in text and "90.00" in text and report.number in text


def pdf_text(body: bytes) -> str:
    with pdfplumber.open(BytesIO(body)) as found:
        return "".join(page.extract_text() for page in found.pages).replace("\n", "")


# --- Who sees what --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_today_has_what_waits_for_each(minhang):
    def titles(name: str) -> list[str]:
        return [one.title for one in supervision_queue.waiting(minhang.actor(name))]

    row = derived(minhang)
    year = f"{row.year} 年度督查"
    assert titles("bureau") == [f"拟督查题目：{year}"] and titles("head") == []
    row = service.submit(row, version=row.version, actor=minhang.actor("bureau"))
    assert titles("bureau") == [] and titles("head") == titles("clerk") == [f"开启督查：{year}"]
    row = service.open_round(row, version=row.version, actor=minhang.actor("head"))
    assert titles("qibao_officer") == [f"填督查自查：{year}"] and titles("police_officer") == []
    for case in row.cases.all():
        answered(minhang, case, OWN[case.unit.name])
    assert titles("qibao_officer") == []
    assert titles("bureau") == [f"给 3 个单位评分：{year}"]
    for case in row.cases.all():
        cases.complete(case, marks(case, 8), version=case.version, actor=minhang.actor("bureau"))
    assert titles("bureau") == [f"告知得分：{year}"]
    row = service.announce(fresh(row), version=row.version, actor=minhang.actor("bureau"))
    assert titles("qibao_officer") == [f"看督查得分：{year}"]
    objections.give_objection(
        case_of(row, minhang.qibao).answers.get(), text="漏看了附件二", actor=minhang.actor("qibao_officer")
    )
    assert titles("clerk") == ["答复督查异议：七宝镇"] and titles("bureau") == []


@pytest.mark.django_db
def test_a_unit_sees_its_own_case_and_those_that_it_marks(minhang):
    row = opened(minhang, reviewers=[minhang.bureau_unit, minhang.police])

    def seen(name: str) -> set[str]:
        known = SupervisionCase.objects.allowed(minhang.actor(name), "supervision.view")
        return {one.unit.name for one in known.distinct()}

    assert seen("qibao_officer") == {"七宝镇"}
    marked = {case.unit.name for case in row.cases.filter(seats__unit=minhang.police, seats__part="first")}
    assert seen("police_officer") == marked != set()
    assert seen("bureau") == seen("auditor") == set(POINTS)
    assert not SupervisionRound.objects.allowed(minhang.actor("inspector"), "supervision.view").exists()


@pytest.mark.django_db
def test_the_spreadsheets_have_the_ranking_and_the_answers(minhang):
    row = scored(minhang, opened(minhang), POINTS)

    def told(export, name: str) -> list[tuple]:
        asked = Asked(minhang.actor(name), QueryDict(f"round={row.pk}"), TODAY())
        return list(export(asked).rows)

    assert told(supervision_exports.supervision_ranking, "bureau") == []  # not told yet
    assert {one[7] for one in told(supervision_exports.supervision_answers, "bureau")} == {None}
    service.announce(row, version=row.version, actor=minhang.actor("bureau"))
    ranking = told(supervision_exports.supervision_ranking, "qibao_officer")
    assert [one[2:4] for one in ranking] == [(1, "七宝镇"), (2, "古美街道"), (None, "区卫健委")]
    assert [
        (one[0], one[6], one[7]) for one in told(supervision_exports.supervision_answers, "qibao_officer")
    ] == [("七宝镇", 8, 9.0)]
    assert len(told(supervision_exports.supervision_answers, "bureau")) == 3


# --- In the browser -------------------------------------------------------------------------------


class Browser:
    """Somebody's browser, and a look into the district's records between two requests."""

    def __init__(self, client, cast):
        self.client, self.cast = client, cast

    def to(self, name: str):
        self.client.force_login(self.cast.users[name])
        return self

    def get(self, address: str) -> str:
        return self.client.get(f"/minhang/{address}").content.decode()

    def post(self, address: str, data: dict):
        return self.client.post(f"/minhang/{address}", data)

    def inside(self, what):
        with district_scope(self.cast.minhang):
            return what()

    def step(self, row, what: str, **more):
        version = self.inside(lambda: fresh(row).version)
        return self.post(f"supervision/{row.pk}/step/", {"what": what, "version": version} | more)


@pytest.fixture
def browser(client, cast):
    with district_scope(cast.minhang):
        furnish(cast)
    return Browser(client, cast)


@pytest.mark.django_db
def test_from_the_form_to_the_ranking(browser):
    cast, today = browser.cast, TODAY()
    browser.to("bureau")
    assert f'value="{today.year}"' in browser.get("supervision/new/")
    values = {
        "year": today.year, "clause": "", "report_until": str(workday(4)), "review_until": str(workday(9)),
        "reviewers": [cast.bureau_unit.pk],
    }  # fmt: skip
    assert browser.post("supervision/new/", values).status_code == 302
    assert "已经有一次" in browser.post("supervision/new/", values).content.decode()
    row = browser.inside(lambda: SupervisionRound.objects.get())
    assert browser.step(row, "derive").status_code == 302
    page = browser.get(f"supervision/{row.pk}/")
    assert "开展排摸" in page and "问 2 个单位" in page
    question = browser.inside(lambda: row.questions.first())
    version = browser.inside(lambda: fresh(row).version)
    edited = {
        "text": "开展排摸，有清单", "guidance": "附清单", "points": 10, "version": version,
        "units": browser.inside(lambda: list(question.answers.values_list("unit", flat=True))),
    }  # fmt: skip
    assert browser.post(f"supervision/questions/{question.pk}/edit/", edited).status_code == 302
    assert browser.post(f"supervision/questions/{question.pk}/edit/", edited).status_code == 409
    assert browser.step(row, "submit").status_code == 302
    assert browser.step(row, "open").status_code == 403
    assert browser.to("head").step(row, "open").status_code == 302
    browser.to("qibao_officer")
    case = browser.inside(lambda: row.cases.get(unit=cast.qibao))
    assert browser.client.get(f"/minhang/supervision/cases/{case.pk + 100}/").status_code == 404
    answer = browser.inside(lambda: case.answers.get())
    at = f"supervision/answers/{answer.pk}/edit/"
    refused = browser.post(at, {"value": "done", "text": "做了五件事", "own_points": 12, "version": 1})
    assert refused.status_code == 422 and "这题 10 分" in refused.content.decode()
    told = {"value": "done", "text": "做了五件事", "own_points": 9, "version": 1, "files": png()}
    assert browser.post(at, told).status_code == 302
    proof = browser.inside(lambda: answer.evidence.get())
    assert browser.client.get(f"/minhang/supervision/evidence/{proof.pk}/").status_code == 200
    send = {"what": "submit", "version": browser.inside(lambda: fresh(case).version)}
    assert browser.post(f"supervision/cases/{case.pk}/step/", send).status_code == 302
    browser.to("gumei_officer")
    assert browser.client.get(f"/minhang/supervision/evidence/{proof.pk}/").status_code == 404
    assert browser.client.get(f"/minhang/supervision/cases/{case.pk}/").status_code == 404
    browser.to("bureau")
    data = {
        "what": "done", "version": browser.inside(lambda: fresh(case).version),
        f"points-{answer.pk}": 7, f"reason-{answer.pk}": "",
    }  # fmt: skip
    at = f"supervision/cases/{case.pk}/review/"
    assert browser.client.get(f"/minhang/{at}").status_code == 200
    assert "评分和自评不同" in browser.post(at, data).content.decode()
    assert browser.post(at, data | {f"reason-{answer.pk}": "缺名单"}).status_code == 302
    page = browser.get(f"supervision/cases/{case.pk}/")
    assert "得分 70.00" in page and "(50% × 7) ÷ (50% × 10) × 100 = 70.00" in page
    assert "70.00" not in browser.to("qibao_officer").get(f"supervision/cases/{case.pk}/")  # not told yet


@pytest.mark.django_db
def test_the_ranking_and_the_formula_are_on_the_page(browser):
    row = browser.inside(lambda: announced(browser.cast))
    for name in ("bureau", "gumei_officer"):
        page = browser.to(name).get(f"supervision/{row.pk}/")
        assert (
            page.index("七宝镇") < page.index("古美街道") and "(50% × 9) ÷ (50% × 10) × 100 = 90.00" in page
        )
        assert "÷（权重 × 分值）相加 × 100" in page
    qibao = browser.inside(lambda: case_of(row, browser.cast.qibao))
    assert f"/cases/{qibao.pk}/" not in page  # another street's answers are not opened
    assert f"/cases/{qibao.pk}/" in browser.to("bureau").get(f"supervision/{row.pk}/")


@pytest.mark.django_db
def test_the_figure_of_the_snapshot_stands_beside_the_answer(browser):
    cast, year = browser.cast, TODAY().year

    def prepare():
        target = a_target(cast)
        kept = Snapshot.objects.create(
            period="year", starts_on=date(year, 1, 1), ends_on=date(year, 12, 31), as_of=TODAY(),
            taken_at=timezone.now(), sha256="x",
        )  # fmt: skip
        SnapshotValue.objects.create(
            snapshot=kept, metric="sites_per_street", target=target, street=cast.street, numerator=3, value=3,
            verdict="met",
        )  # fmt: skip
        row = opened(cast)
        return target, kept, case_of(row, cast.qibao), case_of(row, cast.gumei)

    target, kept, qibao, gumei = browser.inside(prepare)
    page = browser.to("bureau").get(f"supervision/cases/{qibao.pk}/")
    assert f"/minhang/targets/{target.pk}/?snapshot={kept.pk}" in page
    page = browser.get(f"supervision/cases/{gumei.pk}/")
    assert f"?snapshot={kept.pk}" not in page and "年度快照里没有这个街镇的数" in page


@pytest.mark.django_db
def test_the_report_is_a_pdf_and_a_file_to_edit(browser):
    def prepare():
        row = announced(browser.cast)
        SupervisionRound.objects.filter(pk=row.pk).update(state="final")
        return row

    row = browser.inside(prepare)
    at = f"supervision/{row.pk}/report/"
    assert browser.to("bureau").client.get(f"/minhang/{at}").status_code == 404
    assert browser.post(f"{at}step/", {"what": "draft"}).status_code == 302
    assert (
        "七宝镇" in browser.get(at)
        and browser.to("qibao_officer").client.get(f"/minhang/{at}").status_code == 404
    )
    browser.to("head")
    assert browser.post(f"{at}step/", {"what": "issue", "version": 7}).status_code == 409
    assert browser.post(f"{at}step/", {"what": "issue", "version": 1}).status_code == 302
    report = browser.inside(lambda: fresh(row.reports.get()))
    browser.inside(lambda: supervision_report.print_report(report, actor=browser.cast.actor("head")))
    browser.to("qibao_officer")
    assert (
        browser.client.get(f"/minhang/supervision/{row.pk}/report.pdf")["Content-Type"] == "application/pdf"
    )
    word = browser.client.get(f"/minhang/supervision/{row.pk}/report.docx")
    assert word.status_code == 200 and word.content[:2] == b"PK"


@pytest.mark.django_db
def test_the_api_tells_scores_only_after_the_units_know_them(browser):
    def prepare():
        row = scored(browser.cast, opened(browser.cast), POINTS)
        admin = browser.cast.actor("system_admin")
        _client, token = people.create_client(name="t", scopes=["supervision:read"], actor=admin, on=TODAY())
        return row, token

    row, token = browser.inside(prepare)

    def told() -> list[tuple]:
        answer = browser.client.get(
            "/api/v1/supervision/", headers={"authorization": f"Bearer {token}"}
        ).json()
        return [(one["unit"], one["score"], one["rank"]) for one in answer["results"][0]["units"]]

    assert {one[1:] for one in told()} == {(None, None)}
    browser.inside(lambda: service.announce(row, version=row.version, actor=browser.cast.actor("bureau")))
    assert told()[:2] == [("x-qibao", "90.00", 1), ("x-gumei", "70.00", 2)]


@pytest.mark.django_db
def test_disputes_of_the_bureau_itself_are_settled_by_another_unit(minhang):
    task = Task.objects.create(
        document=minhang.document, origin="table", number=3, text="牵头推进", starts_on=date(2020, 1, 1)
    )
    TaskUnit.objects.create(task=task, unit=minhang.bureau_unit, role="lead", name="区教育局", position=1)
    with pytest.raises(Refused, match="区教育局不能给自己评分，也不能定自己的争议，要有 2 个别的"):
        opened(minhang, reviewers=[minhang.bureau_unit, minhang.police])
    SupervisionRound.objects.all().update(state="cancelled")
    row = opened(minhang, reviewers=[minhang.bureau_unit, minhang.police, minhang.health_unit])
    case = case_of(row, minhang.bureau_unit)
    seats = dict(case.seats.values_list("part", "unit"))
    assert set(seats) == {"own", "first", "third"} and len(set(seats.values())) == 3
    third = {minhang.police.pk: "police_officer", minhang.health_unit.pk: "department"}[seats["third"]]
    assert cases.may_decide(case, minhang.actor(third))
    assert not any(
        cases.may_decide(case, minhang.actor(name)) for name in ("bureau", "head", "qibao_officer")
    )


@pytest.mark.django_db
def test_who_gave_the_points_is_not_sent_to_settle_them(browser):
    case = browser.inside(lambda: two_marks(browser.cast, 10, 4))
    at = f"supervision/cases/{case.pk}/"
    page = browser.to("bureau").get(at)
    assert "这些分是你评的，等另一个人定" in page and f"{at}decide/" not in page
    page = browser.to("clerk").get(at)
    assert f"{at}decide/" in page and "这些分是你评的" not in page


@pytest.mark.django_db
def test_an_objection_is_answered_from_the_page_of_who_gave_no_points(browser):
    def prepare():
        answer = case_of(announced(browser.cast), browser.cast.gumei).answers.get()
        return objections.give_objection(
            answer, text="漏看了附件二", actor=browser.cast.actor("gumei_officer")
        )

    made = browser.inside(prepare)
    at = f"supervision/cases/{browser.inside(lambda: made.answer.case_id)}/"
    reply = f"/minhang/supervision/objections/{made.pk}/"
    assert reply not in browser.to("bureau").get(at)
    assert reply in browser.to("clerk").get(at)


@pytest.mark.django_db
def test_the_three_plans_ask_those_that_their_words_mean(db):
    """Whom the derived questions ask, by the seeds' own sentences."""
    load_reference()
    for slug, absent in (
        ("minhang", ["street-inclusive-sites-in-annual-supervision", "plan-in-street-education-evaluation"]),
        ("jinshan", ["community-childcare-in-appraisal"]),
    ):
        with district_scope(District.objects.get(slug=slug)):
            found = questions.derived_targets(TODAY())
            keys = set(
                Target.objects.filter(pk__in=[v["target_id"] for v, _u in found]).values_list(
                    "key", flat=True
                )
            )
            assert keys and not keys & set(absent), slug
            offices = {unit for _v, units in questions.derived_tasks(TODAY()) for unit in units}
            named = set(Unit.objects.filter(pk__in=offices).values_list("slug", flat=True))
            assert named and not named & set(service.wording()["no_office"]), slug
    with district_scope(District.objects.get(slug="jinshan")):
        pilot = Target.objects.get(key="pilot-streets")
        (asked,) = [units for v, units in questions.derived_targets(TODAY()) if v["target_id"] == pilot.pk]
        names = set(Unit.objects.filter(pk__in=asked).values_list("street__name", flat=True))
        assert names == {"石化街道", "吕巷镇", "张堰镇", "廊下镇"}


@pytest.mark.django_db
def test_the_bureau_chooses_other_units_and_deriving_again_leaves_them(browser):
    cast = browser.cast
    row = browser.inside(lambda: derived(cast))
    question = browser.inside(lambda: row.questions.get(role="support"))
    browser.to("bureau")
    at = f"supervision/questions/{question.pk}/edit/"
    values = {"text": "开展排摸，有清单", "guidance": "", "points": 10, "version": row.version}
    refused = browser.post(at, values)
    assert refused.status_code == 422 and "被督查单位：至少选一个" in refused.content.decode()
    assert browser.post(at, values | {"points": "8.5", "units": [cast.qibao.pk]}).status_code == 422
    assert browser.post(at, values | {"units": [cast.qibao.pk]}).status_code == 302
    assert browser.step(row, "derive").status_code == 302
    asked = browser.inside(lambda: [one.unit.name for one in question.answers.select_related("unit")])
    page = browser.get(f"supervision/{row.pk}/")
    assert asked == ["七宝镇"] and "单位由本区选定" in page
    every = values | {"all_streets": "on", "units": [cast.police.pk]}
    every["version"] = browser.inside(lambda: fresh(row).version)
    assert browser.post(at, every).status_code == 302
    names = browser.inside(lambda: {one.unit.name for one in question.answers.select_related("unit")})
    assert names == {"七宝镇", "古美街道", "区示例局"}
    assert "七宝镇、古美街道" in browser.get(f"supervision/{row.pk}/")


@pytest.mark.django_db
def test_several_questions_are_dropped_for_one_reason(browser):
    row = browser.inside(lambda: derived(browser.cast))
    pks = browser.inside(lambda: list(row.questions.values_list("pk", flat=True)))
    browser.to("bureau")
    refused = browser.step(row, "drop", note="今年不问")
    assert refused.status_code == 422 and "先在题目上打勾" in refused.content.decode()
    assert browser.step(row, "drop", note="", question=pks).status_code == 422
    assert browser.step(row, "drop", note="另有专门评估", question=pks).status_code == 302
    page = browser.get(f"supervision/{row.pk}/")
    assert page.count("另有专门评估") == len(pks) == 2 and page.count("还是要问") == 2
    assert browser.inside(lambda: row.questions.exclude(dropped="另有专门评估").count()) == 0


@pytest.mark.django_db
def test_a_round_is_refused_at_its_field_and_names_it_once(browser):
    values = {
        "year": TODAY().year, "clause": "", "report_until": str(workday(9)), "review_until": str(workday(4)),
        "reviewers": [browser.cast.bureau_unit.pk],
    }  # fmt: skip
    page = browser.to("bureau").post("supervision/new/", values).content.decode()
    assert "评分期限：要晚于自查期限" in page and "评分期限：期限" not in page
    saturday = workday(9) + timedelta(1)
    while calendar.is_working_day(saturday):
        saturday += timedelta(1)
    page = browser.post("supervision/new/", values | {"review_until": str(saturday)}).content.decode()
    assert f"评分期限：{saturday} 不是工作日" in page and "评分期限：评分期限" not in page


@pytest.mark.django_db
def test_points_stand_beside_the_name_of_who_gave_them_and_a_reviewer_reads_its_own(browser):
    case = browser.inside(lambda: two_marks(browser.cast, 10, 4))
    at = f"supervision/cases/{case.pk}/"
    page = browser.to("police_officer").get(at)
    assert "区示例局 4" in page and "区教育局 10" not in page  # the other's points are not told yet
    page = browser.to("clerk").get(at)
    assert (
        "区示例局 4（材料不全）" in page and "区教育局 10（材料不全）" in page and "1 题答全了 1 题" in page
    )
    page = browser.get(f"{at}decide/")
    assert "区示例局　4" in page and "区教育局　10" in page


@pytest.mark.django_db
def test_a_round_shows_what_waits_for_the_own_unit_scores_and_what_follows(browser):
    cast = browser.cast

    def prepare():
        row = opened(cast)
        case = answered(cast, case_of(row, cast.qibao), "qibao_officer")
        cases.complete(case, marks(case, 9), version=case.version, actor=cast.actor("bureau"))
        answered(cast, case_of(row, cast.gumei), "gumei_officer")
        return row

    row = browser.inside(prepare)
    page = browser.to("bureau").get(f"supervision/{row.pk}/")
    assert "等你单位评分" in page and "90.00" in page and "七宝镇" in page
    page = browser.get(f"supervision/{row.pk}/?mine=1")
    assert "古美街道" in page and "七宝镇" not in page
    (line,) = browser.inside(lambda: supervision_queue.waiting(cast.actor("bureau")))
    assert line.verb == "去评分"
    assert "90.00" not in browser.to("qibao_officer").get(f"supervision/{row.pk}/")

    def tell():
        for name, who in (("gumei", "bureau"), ("health_unit", "bureau")):
            case = case_of(row, getattr(cast, name))
            if case.state == "writing":
                case = answered(cast, case, "department")
            cases.complete(case, marks(case, 9), version=case.version, actor=cast.actor(who))
        return service.announce(fresh(row), version=row.version, actor=cast.actor("bureau"))

    told = browser.inside(tell)
    assert "由告知得分以外的另一个人定下结果" in browser.to("head").get(f"supervision/{row.pk}/")
    case = browser.inside(lambda: case_of(told, cast.gumei))
    assert "对得分有异议的可以提" in browser.to("gumei_officer").get(f"supervision/cases/{case.pk}/")


@pytest.mark.django_db
def test_half_points_are_refused_with_what_is_asked_and_a_new_round_begins_with_a_free_year(browser):
    row = browser.inside(lambda: opened(browser.cast))
    answer = browser.inside(lambda: case_of(row, browser.cast.qibao).answers.get())
    wrong = {"value": "done", "text": "做了五件事", "own_points": "8.5", "version": 1}
    page = browser.to("qibao_officer").post(f"supervision/answers/{answer.pk}/edit/", wrong)
    assert page.status_code == 422 and "填 0 到 10 之间的整数" in page.content.decode()
    assert f'value="{TODAY().year - 1}"' in browser.to("bureau").get("supervision/new/")


def test_the_report_quotes_within_quotes_and_says_what_was_reached():
    row = {"text": "推进“一老一小”服务", "units": 2, "asked": 20, "reached": "15"}
    assert words.losses([row]) == ["“推进‘一老一小’服务”，2个单位应得20分，实得15分。"]
