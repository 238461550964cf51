"""Risk grades: the facts of each factor, proposals, what a person decides, what the facility says, what stays hidden."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from facilities.models import Facility, Insurance
from inspections import tasks
from inspections.models import (
    Complaint,
    Draw,
    Finding,
    GradeDecision,
    GradeObjection,
    GradeProposal,
    GradeRun,
    Incident,
    Inspection,
    Order,
    ResultReview,
)
from inspections.services import complaints, grade_factors, grade_queue, grades
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import AuditEntry, Parameter
from portal.services.people import create_client
from portal.tenancy import district_scope
from tests.inspections import factories, small_district, voices
from tests.inspections.factories import at
from tests.inspections.test_orders import Loop
from tests.queries import at_most

SHIPPED = yaml.safe_load((Path(settings.BASE_DIR) / "portal/reference/parameters.yaml").read_text())
#: The shipped values: a change of the reference is no reason to fail.
VALUES = {one["key"]: one["value"] for one in SHIPPED["parameters"] if one["key"].startswith("grade.")}
APRIL = date(2026, 4, 10)


def parameters(**more) -> None:
    for key, value in (VALUES | {f"grade.{name}": value for name, value in more.items()}).items():
        Parameter.objects.update_or_create(
            key=key, defaults={"value": value, "label": key, "basis": "test", "starts_on": date(2021, 1, 1)}
        )


@pytest.fixture
def loop(cast):
    """The order of 10 March, due on 17 March, whose result is final; both findings low enough to give no points."""
    with district_scope(cast.minhang):
        found = Loop(cast)
        parameters()
        Facility.objects.filter(pk=cast.facility.pk).update(grade="B", opened_on=date(2025, 12, 1))
        cast.facility.refresh_from_db()
        yield found


def final() -> None:
    ResultReview.objects.update(state="final", final_at=timezone.now())


def counted(loop, on: date = APRIL, **values) -> dict[str, int]:
    facts = grade_factors.gathered(on, VALUES | values, actor=loop.bureau)[loop.cast.facility.pk]
    return {key: one.number for key, one in facts.items() if one.number and key != "unvisited"}


def propose(loop, on: date = APRIL, **more) -> GradeProposal:
    run = grades.propose(actor=Actor.system(loop.cast.minhang, "test"), on=on, now=at(on), **more)
    return run.proposals.select_related("facility", "run").get(facility=loop.cast.facility)


def again(loop, day: date, failing: dict[str, str], number: str = "JC-2604-001") -> Inspection:
    """Another drawn visit of the facility, in a month of its own, with a final result."""
    visit = factories.drawn(
        loop.cast.facility, loop.team, number=number, month=day.replace(day=1), due_on=day + timedelta(9)
    )
    factories.finished(visit, loop.one, failing=failing, on=day)
    final()
    return visit


# --- facts -----------------------------------------------------------------------------------------


class TestFacts:
    def test_findings_count_once_the_result_is_final(self, loop):
        Finding.objects.filter(pk=loop.guards.pk).update(weight="veto")
        assert "veto" not in counted(loop)  # the facility may still object
        final()
        assert counted(loop)["veto"] == 1
        ResultReview.objects.update(state="changing")
        assert counted(loop)["veto"] == 1  # stands until a head decides
        Finding.objects.filter(pk=loop.guards.pk).update(state="withdrawn")
        assert "veto" not in counted(loop)

    def test_the_window_ends_after_its_months(self, loop):
        Finding.objects.filter(pk=loop.guards.pk).update(weight="veto")
        final()
        assert counted(loop, date(2027, 3, 9))["veto"] == 1
        assert "veto" not in counted(loop, date(2027, 3, 10))
        assert "veto" not in counted(loop, APRIL, **{"grade.months_visits": 0})
        assert "veto" not in counted(loop, date(2026, 3, 9))  # not made yet

    def test_repeats_by_item_and_by_theme(self, loop):
        final()
        again(loop, date(2026, 4, 8), {"guards": "还是没有人"})
        assert counted(loop)["repeat"] == 1 and "theme" not in counted(loop)
        again(loop, date(2026, 5, 8), {self.neighbour(loop): "别的问题"}, "JC-2605-001")
        assert counted(loop, date(2026, 5, 9))["theme"] == 1
        Finding.objects.filter(pk=loop.guards.pk).update(state="withdrawn")
        assert "repeat" not in counted(loop)  # what it repeated does not stand

    def neighbour(self, loop) -> str:
        items = loop.guards.item.version.items.filter(section=loop.guards.item.section)
        return items.exclude(key=loop.guards.item_key).order_by("number").first().key

    def test_orders_late_now_or_answered_late(self, loop):
        assert "overdue" not in counted(loop, date(2026, 3, 17))
        assert counted(loop, date(2026, 3, 18))["overdue"] == 1
        Order.objects.update(answered_on=date(2026, 3, 17), state="answered")
        assert "overdue" not in counted(loop)
        Order.objects.update(answered_on=date(2026, 3, 18))
        assert counted(loop)["overdue"] == 1
        Order.objects.update(due_on=date(2026, 3, 24))  # more time was granted
        assert "overdue" not in counted(loop)
        Order.objects.update(due_on=date(2026, 3, 17), state="withdrawn")
        assert "overdue" not in counted(loop)

    def test_complaints_that_were_true_and_incidents(self, loop):
        made = voices.complaint(loop.cast.facility, loop.bureau, now=at(date(2026, 3, 20)))
        assert "complaint" not in counted(loop)
        for outcome, number in (("upheld", 1), ("partly", 1), ("not_upheld", None), ("unclear", None)):
            Complaint.objects.filter(pk=made.pk).update(
                state="answered", outcome=outcome, answer="示例", answered_on=date(2026, 4, 1)
            )
            assert counted(loop).get("complaint") == number, outcome
        voices.incident(loop.cast.facility, loop.operator, now=at(date(2026, 4, 2)))
        assert Incident.objects.count() == 1 and counted(loop)["incident"] == 1
        assert "incident" not in counted(loop, date(2027, 4, 3))

    def test_expired_papers_by_the_board_of_clocks(self, loop):
        facility = loop.cast.facility
        Facility.objects.filter(pk=facility.pk).update(insured_until=APRIL)
        assert "expired" not in counted(loop)
        assert counted(loop, APRIL + timedelta(1))["expired"] == 1
        Insurance.objects.create(
            facility=facility, kind="property", insurer="示例保险", number="X1",
            starts_on=date(2025, 4, 1), ends_on=date(2026, 3, 31),
        )  # fmt: skip
        found = grade_factors.gathered(APRIL + timedelta(1), VALUES, actor=loop.bureau)[facility.pk]
        assert found["expired"].number == 2
        assert {row["kind"] for row in found["expired"].rows} == {"insurance", "policy"}

    def test_the_last_visit_of_a_draw_counts_when_its_evidence_is_public(self, loop):
        def months(on):
            facts = grade_factors.gathered(on, VALUES, actor=loop.bureau)
            return facts[loop.cast.facility.pk]["unvisited"].number

        final()
        on = date(2026, 6, 10)
        assert months(on) == 6  # since the opening: the visit of March is nobody's knowledge
        Draw.objects.update(published_at=at(date(2026, 4, 30)))
        assert months(on) == 3
        assert months(date(2026, 4, 29)) == 4  # as one knew it on the day before
        Inspection.objects.update(kind="unscheduled", reason_kind="complaint", draw=None)
        assert months(date(2026, 4, 29)) == 1

    def test_one_query_a_factor_however_many_facilities(self, loop):
        def count() -> int:
            with CaptureQueriesContext(connection) as found:
                grade_factors.gathered(APRIL, VALUES, actor=loop.bureau)
            return len(found)

        first = count()
        for number in range(8):
            Facility.objects.create(
                code=f"GR{number:04d}", name=f"示例{number}", kind="nursery", state="operating", street=loop.cast.street,
                ownership="for_profit", address="示例路", places=30,
            )  # fmt: skip
        assert count() == first


# --- proposals -------------------------------------------------------------------------------------


class TestProposals:
    def test_a_proposal_changes_no_grade(self, loop):
        Finding.objects.filter(pk=loop.guards.pk).update(weight="veto")
        final()
        made = propose(loop)
        wanted = VALUES["grade.points_veto"] + VALUES["grade.points_overdue"]
        assert float(made.points) == wanted and (made.before, made.grade) == ("B", "C")
        assert made.factors["veto"]["number"] == 1 and made.factors["veto"]["rows"][0]["page"] == "result"
        assert "没有人" not in str(made.factors)  # nothing that somebody wrote
        assert made.run.parameters["grade.points_veto"]["starts_on"] == "2021-01-01"
        loop.cast.facility.refresh_from_db()
        assert loop.cast.facility.grade == "B"
        assert list(GradeProposal.objects.waiting().filter(facility=loop.cast.facility)) == [made]

    def test_the_months_run_is_made_once_and_made_up(self, loop):
        process = Actor.system(loop.cast.minhang, "test")
        assert grades.propose_due(on=date(2026, 4, 9), actor=process) is None
        run = grades.propose_due(on=date(2026, 4, 12), actor=process)
        assert run.month == date(2026, 4, 1)
        assert grades.propose_due(on=date(2026, 4, 30), actor=process) is None
        assert grades.propose(actor=process, on=APRIL, month=date(2026, 4, 1)) is None
        assert grades.propose(actor=process, on=APRIL).month is None  # by hand, any time
        assert grades.propose_due(on=date(2026, 5, 10), actor=process) is not None

    def test_only_the_last_calculation_waits(self, loop):
        Facility.objects.filter(pk=loop.cast.facility.pk).update(grade="A")
        first, second = propose(loop), propose(loop)
        assert first.grade == second.grade == "B"
        assert list(GradeProposal.objects.waiting().filter(facility=loop.cast.facility)) == [second]
        with pytest.raises(Conflict) as refused, transaction.atomic():
            grades.decide([grades.Choice(loop.cast.facility, "A", proposal=first)], actor=loop.bureau)
        assert refused.value.code == "overtaken"

    def test_what_does_not_operate_or_is_no_place_of_care_gets_none(self, loop):
        Facility.objects.filter(pk=loop.cast.facility.pk).update(state="suspended")
        run = grades.propose(actor=loop.bureau, on=APRIL)
        assert not run.proposals.filter(facility=loop.cast.facility).exists()

    def test_a_missing_parameter_is_named(self, loop):
        Parameter.objects.filter(key="grade.points_veto").delete()
        with pytest.raises(NotFound, match="points_veto"):
            grades.propose(actor=loop.bureau)

    def test_rows_are_never_changed(self, loop):
        made = propose(loop)
        for rows, field in ((GradeProposal.objects, "grade"), (GradeRun.objects, "number")):
            with pytest.raises(Exception), transaction.atomic():  # noqa: B017
                rows.update(**{field: "D" if field == "grade" else 99})
        made.refresh_from_db()
        assert made.grade != "D"


# --- decisions -------------------------------------------------------------------------------------


class TestDecisions:
    def test_confirmed_with_the_proposals_own_reason(self, loop):
        Facility.objects.filter(pk=loop.cast.facility.pk).update(grade="A")
        made = propose(loop)
        done = grades.decide(
            [grades.Choice(loop.cast.facility, made.grade, proposal=made)], actor=loop.bureau, now=at(APRIL)
        )[0]
        loop.cast.facility.refresh_from_db()
        assert loop.cast.facility.grade == made.grade == done.grade and done.kind == "confirmed"
        assert "整改逾期 1 件" in done.reason
        entry = AuditEntry.objects.filter(action="facilities.facility.grade").get()
        assert entry.changes["grade"] == ["A", "B"] and entry.user == loop.bureau.user
        assert not GradeProposal.objects.waiting().filter(facility=loop.cast.facility).exists()
        with pytest.raises(Conflict) as refused, transaction.atomic():
            grades.decide([grades.Choice(loop.cast.facility, "D", "示例", made)], actor=loop.bureau)
        assert refused.value.code == "decided"

    def test_another_grade_asks_for_a_reason_and_is_not_asked_again(self, loop):
        Finding.objects.filter(pk=loop.guards.pk).update(weight="veto")
        final()
        made = propose(loop)
        for reason in ("", " ", "改", "长" * 201):
            with pytest.raises(Refused), transaction.atomic():
                grades.decide([grades.Choice(loop.cast.facility, "B", reason, made)], actor=loop.bureau)
        done = grades.decide(
            [grades.Choice(loop.cast.facility, "B", "整改已经当场看过", made)],
            actor=loop.bureau,
            now=at(APRIL),
        )[0]
        assert done.kind == "kept" and done.grade == "B"
        assert AuditEntry.objects.filter(action="inspections.grade.keep").count() == 1
        same = propose(loop)
        assert same.kept_on == APRIL and same not in GradeProposal.objects.waiting()
        voices.incident(loop.cast.facility, loop.operator, now=at(APRIL))
        assert propose(loop) in GradeProposal.objects.waiting()  # there is something new

    def test_by_hand_through_the_same_door(self, loop):
        done = grades.decide([grades.Choice(loop.cast.facility, "D", "举报线索已核实")], actor=loop.bureau)[0]
        assert done.kind == "by_hand" and done.proposal is None
        for grade, reason in (("D", "示例原因"), ("E", "示例原因"), ("C", "")):
            with pytest.raises(Refused), transaction.atomic():
                grades.decide([grades.Choice(loop.cast.facility, grade, reason)], actor=loop.bureau)
        waiting = propose(loop)
        done = grades.decide([grades.Choice(loop.cast.facility, "C", "示例：降一级看看")], actor=loop.bureau)[
            0
        ]
        assert done.proposal == waiting  # what waits is answered by it

    def test_who_may_not(self, loop):
        made = propose(loop)
        choice = [grades.Choice(loop.cast.facility, made.grade, proposal=made)]
        for name in ("operator", "officer", "head", "inspector"):
            with pytest.raises(Denied), transaction.atomic():
                grades.decide(choice, actor=loop.cast.actor(name))
            with pytest.raises(Denied), transaction.atomic():
                grades.propose(actor=loop.cast.actor(name))
        assert not GradeDecision.objects.exists()

    def test_a_facility_changed_meanwhile(self, loop):
        version = loop.cast.facility.version
        Facility.objects.update(version=version + 1)
        with pytest.raises(Conflict) as refused:
            grades.decide(
                [grades.Choice(loop.cast.facility, "D", "示例原因", version=version)], actor=loop.bureau
            )
        assert refused.value.code == "stale"

    def test_many_usual_ones_at_once_each_on_record(self, loop):
        others = [
            Facility.objects.create(
                code=f"GR{number:04d}", name=f"示例{number}", kind="nursery", state="operating", street=loop.cast.street,
                ownership="for_profit", address="示例路", places=30, grade="A", opened_on=date(2020, 1, 1),
            )
            for number in range(5)
        ]  # fmt: skip
        propose(loop)
        rows = list(GradeProposal.objects.waiting().filter(facility__in=others).select_related("facility"))
        assert len(rows) == 5 and {row.grade for row in rows} == {"B"}
        with at_most(22):
            done = grades.confirm_usual(rows, actor=loop.bureau)
        assert len(done) == 5 == AuditEntry.objects.filter(action="facilities.facility.grade").count()
        assert set(
            Facility.objects.filter(pk__in=[f.pk for f in others]).values_list("grade", flat=True)
        ) == {"B"}
        with pytest.raises(Refused) as refused, transaction.atomic():
            grades.confirm_usual(rows, actor=loop.bureau)
        assert refused.value.code == "unusual"  # they have it already

    def test_more_than_a_step_is_looked_at_for_itself(self, loop):
        Finding.objects.filter(pk=loop.guards.pk).update(weight="veto")
        Facility.objects.filter(pk=loop.cast.facility.pk).update(grade="A")
        final()
        made = propose(loop)
        assert made.grade == "C"
        for rows, code in (([made], "unusual"), ([], "none")):
            with pytest.raises(Refused) as refused, transaction.atomic():
                grades.confirm_usual(rows, actor=loop.bureau)
            assert refused.value.code == code


@pytest.mark.django_db
def test_the_draw_takes_the_grade_in_force_at_the_freezing():
    it = small_district.make()
    with it.scope():
        parameters()
        run = grades.propose(actor=it.actor("bureau"), on=date(2026, 2, 15))
        proposal = run.proposals.select_related("facility").get(facility__code="SM0001")
        assert (proposal.before, proposal.grade) == ("A", "B")
        frozen = {one["id"]: one["grade"] for one in it.freeze(3).frozen_dict["objects"]}
        assert frozen["SM0001"] == "A"
        grades.decide([grades.Choice(proposal.facility, "B", proposal=proposal)], actor=it.actor("bureau"))
        assert {one["id"]: one["grade"] for one in Draw.objects.get().frozen_dict["objects"]} == frozen


# --- objections ------------------------------------------------------------------------------------

WORDS = "那次门岗是换班，监控可以核对"


class TestObjections:
    def decided(self, loop, grade="C"):
        return grades.decide([grades.Choice(loop.cast.facility, grade, "示例：评估结果")], actor=loop.bureau)[
            0
        ]

    def test_answered_by_somebody_else_with_another_grade(self, loop):
        self.decided(loop)
        made = grades.object_to(loop.cast.facility, text=WORDS, actor=loop.operator)
        clerk = loop.cast.actor("clerk")
        assert any("异议" in one.title for one in grade_queue.waiting(clerk))
        assert not any("异议" in one.title for one in grade_queue.waiting(loop.bureau))
        with pytest.raises(Denied), transaction.atomic():
            grades.answer(made, text="维持不变", grade="C", actor=loop.bureau)  # who decided it
        done = grades.answer(made, text="核对过监控，属实", grade="B", actor=clerk)
        loop.cast.facility.refresh_from_db()
        assert done.state == "answered" and done.changed.grade == "B" == loop.cast.facility.grade
        with pytest.raises(Conflict):
            grades.answer(made, text="再答一次", grade="B", actor=clerk)

    def test_kept(self, loop):
        self.decided(loop)
        made = grades.object_to(loop.cast.facility, text=WORDS, actor=loop.operator)
        with pytest.raises(Conflict), transaction.atomic():
            grades.object_to(loop.cast.facility, text=WORDS, actor=loop.operator)
        clerk = loop.cast.actor("clerk")
        with pytest.raises(Refused), transaction.atomic():
            grades.answer(made, text="", grade="C", actor=clerk)
        done = grades.answer(made, text="监控里没有人，维持", grade="C", actor=clerk)
        assert done.changed is None and GradeDecision.objects.count() == 1

    def test_what_stands_against_it(self, loop):
        self.decided(loop)
        for text, actor, error in (
            ("短", loop.operator, Refused), ("长" * 1001, loop.operator, Refused),
            (WORDS, loop.officer, Denied), (WORDS, loop.bureau, Denied),
        ):  # fmt: skip
            with pytest.raises(error), transaction.atomic():
                grades.object_to(loop.cast.facility, text=text, actor=actor)
        Facility.objects.filter(pk=loop.cast.facility.pk).update(grade="")
        with pytest.raises(Conflict):
            grades.object_to(loop.cast.facility, text=WORDS, actor=loop.operator)
        assert not GradeObjection.objects.exists()


# --- pages -----------------------------------------------------------------------------------------


@pytest.fixture
def page(client, cast):
    def get(name: str, address: str, method: str = "get", **data):
        client.force_login(cast.users[name])
        return getattr(client, method)(f"/minhang/{address}", data)

    return get


def body(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def veto(cast):
    """As `loop`, graver by a veto item, committed for pages."""
    with district_scope(cast.minhang):
        found = Loop(cast)
        parameters()
        Facility.objects.filter(pk=cast.facility.pk).update(grade="B", opened_on=date(2025, 12, 1))
        Finding.objects.filter(pk=found.guards.pk).update(weight="veto")
        final()
        cast.facility.refresh_from_db()
    return found


class TestPages:
    def test_from_the_button_to_the_facilitys_page(self, veto, page, cast):
        one = f"facilities/{cast.facility.pk}/grade/"
        assert "还没有评定过" in body(page("bureau", "grades/"))
        assert page("bureau", "grades/propose/", "post").status_code == 302
        text = body(page("bureau", "grades/"))
        assert cast.facility.name in text and "否决项问题 1 个" in text
        text = body(page("bureau", one))
        assert "建议定为" in text and "满 15 分建议 C" in text
        assert "建议定为" not in body(page("operator", one))  # nobody has confirmed it
        assert "建议定为" not in body(page("officer", one))
        with district_scope(cast.minhang):
            waiting = GradeProposal.objects.waiting().get(facility=cast.facility)
            version = Facility.objects.get(pk=cast.facility.pk).version
        given = {"proposal": waiting.pk, "version": version, "grade": waiting.grade}
        assert (
            page("bureau", one, "post", **given | {"grade": "A"}).status_code == 422
        )  # a reason is asked for
        assert page("bureau", one, "post", **given).status_code == 302
        assert page("bureau", one, "post", **given).status_code == 409
        text = body(page("operator", one))
        assert "否决项问题" in text and "送出异议" in text
        assert page("operator", f"{one}object/", "post", text="短").status_code == 422
        assert page("operator", f"{one}object/", "post", text=WORDS).status_code == 302
        assert WORDS in body(page("clerk", one)) and "异议由另一个人答复" in body(page("bureau", one))

    def test_a_complaint_stays_a_number_for_the_facility(self, veto, page, cast):
        with district_scope(cast.minhang):
            made = voices.complaint(cast.facility, veto.bureau, now=at(date(2026, 3, 20)))
            complaints.give_answer(made, outcome="upheld", answer="示例：属实，已经改了", actor=veto.bureau)
            run = grades.propose(actor=veto.bureau)
            proposal = run.proposals.get(facility=cast.facility)
            grades.decide(
                [grades.Choice(cast.facility, proposal.grade, proposal=proposal)], actor=veto.bureau
            )
        one = f"facilities/{cast.facility.pk}/grade/"
        assert made.number in body(page("bureau", one))
        text = body(page("operator", one))
        assert made.number not in text and "属实的投诉" in text

    def test_the_list_takes_many_and_refuses_strangers(self, veto, page, cast):
        page("bureau", "grades/propose/", "post")
        with district_scope(cast.minhang):
            rows = list(GradeProposal.objects.waiting())
        usual = [
            row.pk for row in rows if (row.before or "B", row.grade) in (("B", "A"), ("B", "B"), ("B", "C"))
        ]
        assert usual
        assert page("bureau", "grades/confirm/", "post", proposal=["x", "-1"]).status_code == 422
        assert page("bureau", "grades/confirm/", "post", proposal=[10**16]).status_code == 404
        assert page("bureau", "grades/confirm/", "post", proposal=usual).status_code == 302
        with district_scope(cast.minhang):
            assert GradeDecision.objects.filter(kind="confirmed").count() == len(usual)
        assert page("operator", "grades/").status_code == page("officer", "grades/").status_code == 403

    def test_no_page_tells_of_a_drawn_visit_before_its_evidence(self, page, cast):
        """The facility was visited this month; what its page says must not depend on it."""
        one = f"facilities/{cast.facility.pk}/grade/"

        def told(visit: bool) -> str:
            with district_scope(cast.minhang), transaction.atomic():
                if visit:
                    drawn = factories.drawn(cast.facility, factories.team(cast))
                    Inspection.objects.filter(pk=drawn.pk).update(
                        state="finished", finished_on=date(2026, 3, 10), finished_at=at(date(2026, 3, 10))
                    )
                run = grades.propose(actor=cast.actor("bureau"), on=APRIL, now=at(APRIL))
                made = run.proposals.get(facility=cast.facility)
                facts = made.factors
                transaction.set_rollback(True)
            return facts

        with district_scope(cast.minhang):
            parameters()
            Facility.objects.filter(pk=cast.facility.pk).update(opened_on=date(2020, 1, 1))
        assert told(False) == told(True)
        assert page("operator", one).status_code == 200

    def test_a_parameters_page_tells_who_would_get_another_grade(self, veto, page, cast):
        day = (timezone.localdate() + timedelta(30)).isoformat()
        given = {"value": "0", "starts_on": day, "basis": "示例文号"}
        text = body(page("bureau", "parameters/grade.points_veto/", "post", **given))
        assert "会建议更轻的等级" in text and cast.facility.code in text
        with district_scope(cast.minhang):
            assert Parameter.objects.filter(key="grade.points_veto").count() == 1
            assert grade_queue.effect("order.days_veto", 3, timezone.localdate(), veto.bureau) is None

    def test_the_command_and_the_task(self, veto, cast, capsys):
        call_command("grades", "--district", "minhang", "--propose")
        assert cast.facility.code in capsys.readouterr().out
        call_command("grades", "--district", "minhang", "--facility", cast.facility.code)
        assert "否决项问题　1 个" in capsys.readouterr().out
        with district_scope(cast.minhang):
            loop_runs = GradeRun.objects.count()
        tasks.propose_grades(cast.minhang.pk, "2026-04-10")
        tasks.propose_grades(cast.minhang.pk, "2026-04-11")
        with district_scope(cast.minhang):
            assert GradeRun.objects.count() == loop_runs + 1

    def test_rest_gives_what_is_confirmed(self, veto, client, cast):
        with district_scope(cast.minhang):
            _row, token = create_client(
                name="示例",
                scopes=["inspections:read"],
                actor=cast.actor("system_admin"),
                on=timezone.localdate(),
            )
            grades.propose(actor=veto.bureau)

        def fetch(query: str = ""):
            return client.get(f"/api/v1/grades/{query}", HTTP_AUTHORIZATION=f"Bearer {token}")

        row = next(r for r in fetch().json()["results"] if r["facility"] == cast.facility.code)
        assert (row["grade"], row["points"], row["factors"]) == ("B", None, [])
        with district_scope(cast.minhang):
            made = GradeProposal.objects.waiting().get(facility=cast.facility)
            grades.decide([grades.Choice(cast.facility, made.grade, proposal=made)], actor=veto.bureau)
        row = fetch(f"?facility={cast.facility.code}").json()["results"][0]
        assert (
            row["grade"] == made.grade and row["points"] == float(made.points) and row["kind"] == "confirmed"
        )
        assert {f["key"]: f["number"] for f in row["factors"]}["veto"] == 1
        for query in ("?limit=0", "?limit=x", "?grade=E", "?cursor=zz", "?what=1", "?facility=" + "x" * 13):
            assert fetch(query).status_code == 400, query
