"""A visit: who may start it, answers saved as typed, two people on one item, its end, its publication, striking it off."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils import timezone

from inspections import tasks
from inspections.models import (
    Answer,
    DrawAddendum,
    Finding,
    Inspection,
    Inspector,
    Interest,
    Order,
    PublicRecord,
    TeamMember,
)
from inspections.rules import visits as rules
from inspections.services import (
    answers,
    cancellations,
    confirmations,
    draw_visits,
    month,
    results,
    visits,
)
from inspections.services.answers import Given
from inspections.services.checklists import items_of
from portal import calendar
from portal.access import Actor
from portal.celery import app as celery
from portal.dossier import leaf
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import AuditEntry, StoredFile, Unit
from portal.navigation import REGISTRY
from portal.rules.rights import Role
from portal.services.files import path_of
from portal.tenancy import district_scope
from tests.cast import person
from tests.inspections import factories, voices
from tests.inspections.factories import MARCH, at
from tests.queries import at_most


class Stage:
    """Minhang with its lists, a team of two, and a visit drawn for them; `scope` is open."""

    def __init__(self, cast):
        factories.reference(cast.minhang)
        self.cast = cast
        self.team = factories.team(cast)
        self.visit = factories.drawn(cast.facility, self.team)
        self.one, self.two = cast.actor("inspector"), cast.actor("inspector2")
        self.bureau, self.head = cast.actor("bureau"), cast.actor("head")

    def scope(self):
        return district_scope(self.cast.minhang)

    def start(self, on: date = MARCH) -> Inspection:
        return visits.start(self.visit, actor=self.one, now=at(on, 9))

    def item(self, key: str):
        return items_of(self.visit).get(key=key)

    def save(self, key: str, value: str, actor: Actor | None = None, **more) -> Answer:
        return answers.save_answer(
            self.visit, self.item(key), value=value, actor=actor or self.one, now=at(MARCH), **more
        )

    def finish(self, actor: Actor | None = None, **more) -> Inspection:
        wanted = {"present": "陈老师，园长", "now": at(MARCH, 11)} | more
        return visits.sign_off(self.visit, actor=actor or self.one, **wanted)

    def confirm(self, actor: Actor | None = None, on: date = MARCH) -> Inspection:
        return confirmations.confirm_visit(self.visit, actor=actor or self.two, now=at(on, 12))


@pytest.fixture
def stage(cast):
    with district_scope(cast.minhang):
        yield Stage(cast)


@pytest.fixture
def closed(cast):
    """The stage for tests of pages: a request opens the scope itself."""
    with district_scope(cast.minhang):
        found = Stage(cast)
    return found


def actions(subject: Model) -> list[str]:
    rows = AuditEntry.objects.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk)
    return list(rows.order_by("pk").values_list("action", flat=True))


# --- rules -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "note", "complete"),
    [
        ("ok", "", True),
        ("bad", "  ", False),
        ("bad", "门锁着", True),
        ("unseen", "", False),
        ("unseen", "今天没有供餐", True),
        ("", "写了一半", False),
    ],
)
def test_an_answer_is_complete_when_it_says_what_it_must(value, note, complete):
    assert rules.is_complete(value, note) is complete


def test_the_gravest_weight_and_the_time_in_which_a_repeat_counts():
    assert rules.gravest(["low", "high", "medium"]) == "high"
    with pytest.raises(ValueError):
        rules.gravest([])
    assert rules.repeats_since(date(2026, 3, 10)) == date(2024, 3, 10)
    assert rules.repeats_since(date(2028, 2, 29)) == date(2026, 2, 28)


# --- starting --------------------------------------------------------------------------------------


class TestStart:
    def test_starting_fixes_lists_and_time_and_twice_is_once(self, stage):
        begun = stage.start()
        assert (begun.state, begun.started_at) == ("under_way", at(MARCH, 9))
        names = sorted(c.version.checklist.key for c in begun.checklists.select_related("version__checklist"))
        assert names == ["health", "safety"]
        assert visits.start(stage.visit, actor=stage.two, now=at(MARCH, 10)).started_at == at(MARCH, 9)
        assert actions(begun) == ["inspections.inspection.start"]

    def test_a_baby_house_gets_its_own_list(self, stage):
        type(stage.cast.facility).objects.filter(pk=stage.cast.facility.pk).update(kind="baby_house")
        begun = stage.start()
        assert [c.version.checklist.key for c in begun.checklists.select_related("version__checklist")] == [
            "baby-house"
        ]

    def test_not_without_two_licences_on_the_day(self, stage):
        Inspector.objects.filter(code="JC902").update(licence_until=MARCH - timedelta(days=1))
        with pytest.raises(Refused, match="要有 2 名执法证有效的检查人员，现在只有 1 名"):
            stage.start()
        with pytest.raises(Refused, match="JC902 的执法证 2026-03-10 不在有效期内"):
            visits.start(stage.visit, actor=stage.two, now=at(MARCH))
        Inspector.objects.filter(code="JC902").update(licence_until=MARCH)
        assert stage.start().state == "under_way"

    def test_not_by_a_team_of_one(self, stage):
        TeamMember.objects.filter(inspection=stage.visit, inspector=stage.team[1]).update(
            dropped_at=timezone.now()
        )
        with pytest.raises(Refused, match="现在只有 1 名"):
            stage.start()

    def test_not_by_somebody_outside_of_the_team_or_who_left_it(self, stage):
        with pytest.raises(Denied):
            visits.start(stage.visit, actor=stage.bureau, now=at(MARCH))
        TeamMember.objects.filter(inspection=stage.visit, inspector=stage.team[0]).update(
            dropped_at=timezone.now()
        )
        with pytest.raises(Denied, match="不在这次检查的组里"):
            stage.start()

    def test_not_with_an_interest_in_the_facility(self, stage):
        Interest.objects.create(
            inspector=stage.team[1], facility=stage.cast.facility, kind="family", starts_on=date(2026, 1, 1)
        )
        with pytest.raises(Refused, match="JC902 与这家机构有申报的利害关系（亲属关系）"):
            stage.start()

    def test_not_where_the_facility_does_not_operate_or_has_no_list(self, stage):
        rows = type(stage.cast.facility).objects.filter(pk=stage.cast.facility.pk)
        rows.update(state="suspended")
        with pytest.raises(Refused, match="现在是“暂停”，不能检查"):
            stage.start()
        rows.update(state="operating", kind="guidance_point")
        with pytest.raises(Refused, match="没有可用的检查表"):
            stage.start()
        assert Inspection.objects.get(pk=stage.visit.pk).state == "due"

    def test_not_when_it_was_struck_off(self, stage):
        Inspection.objects.filter(pk=stage.visit.pk).update(state="cancelled")
        with pytest.raises(Conflict, match="现在是“已销去”，不能开始检查"):
            stage.start()


# --- answering -------------------------------------------------------------------------------------


class TestAnswers:
    def test_saved_as_typed_also_half_of_it(self, stage):
        stage.start()
        first = stage.save("guards", "bad")
        assert (first.value, first.note, first.version) == ("bad", "", 1)
        second = stage.save("guards", "bad", note="门岗没有人", version=1)
        assert (second.note, second.version) == ("门岗没有人", 2)
        assert stage.save("guards", "bad", note="门岗没有人", version=2).version == 2

    def test_the_second_of_two_people_is_told_what_and_nothing_is_lost(self, stage):
        stage.start()
        stage.save("guards", "ok")
        stage.save("guards", "bad", actor=stage.two, note="下午没有人", version=1)
        with pytest.raises(Conflict, match="示例inspector2 10:00 改过这一项，填的是“不符合”") as told:
            stage.save("guards", "unseen", note="没有看到", version=1)
        assert told.value.params["theirs"] == Given("bad", "下午没有人")
        assert told.value.params["mine"] == Given("unseen", "没有看到")
        kept = Answer.objects.get(item=stage.item("guards"))
        assert (kept.value, kept.note, kept.version) == ("bad", "下午没有人", 2)
        mine = stage.save("guards", "unseen", note="没有看到", version=told.value.params["version"])
        assert (mine.value, mine.version) == ("unseen", 3)

    def test_a_message_sent_twice_by_the_same_person_does_no_harm(self, stage):
        stage.start()
        stage.save("guards", "bad", note="门岗没", version=0)
        again = stage.save("guards", "bad", note="门岗没有人", version=0)  # the first answer never arrived
        assert (again.note, again.version) == ("门岗没有人", 2)

    def test_both_answering_the_same_is_no_conflict(self, stage):
        stage.start()
        stage.save("guards", "ok")
        assert stage.save("guards", "ok", actor=stage.two).version == 1

    def test_refusals(self, stage):
        with pytest.raises(Conflict, match="不在进行中"):
            answers.save_answer(stage.visit, stage.visit, value="ok", actor=stage.one)
        stage.start()
        with pytest.raises(Refused, match="选“符合”“不符合”或“未查”"):
            stage.save("guards", "maybe")
        with pytest.raises(Refused, match="最多 2000 个字，现在 2001 个"):
            stage.save("guards", "bad", note="字" * 2001)
        with pytest.raises(Denied):
            stage.save("guards", "ok", actor=stage.bureau)
        other = factories.drawn(stage.cast.facility, stage.team, number="X-1", month=date(2026, 4, 1))
        with pytest.raises(NotFound, match="不在这次检查的表里"):
            answers.save_answer(stage.visit, _item_of_baby_house(), value="ok", actor=stage.one)
        assert other.answers.count() == 0 and not Answer.objects.exists()

    def test_mended_belongs_to_a_failed_item_only(self, stage):
        stage.start()
        assert stage.save("guards", "ok", mended=True).mended_on_the_spot is False
        assert stage.save("guards", "bad", note="x", mended=True, version=1).mended_on_the_spot is True

    def test_many_at_once_only_where_nobody_answered(self, stage):
        stage.start()
        factories.all_ok(stage.visit, stage.one)
        assert Answer.objects.filter(inspection=stage.visit).count() == items_of(stage.visit).count()
        with pytest.raises(Conflict, match="已经答过"):
            answers.save_answers(stage.visit, {stage.item("guards").pk: Given("bad", "x")}, actor=stage.two)
        with pytest.raises(NotFound):
            answers.save_answers(stage.visit, {_item_of_baby_house().pk: Given("ok")}, actor=stage.two)


def _item_of_baby_house():
    from inspections.models import ChecklistItem

    return ChecklistItem.objects.filter(version__checklist__key="baby-house").first()


class TestPhotos:
    def test_a_picture_is_kept_under_its_hash_once_and_can_be_taken_away(self, stage):
        stage.start()
        one = answers.add_photo(stage.visit, stage.item("guards"), factories.photo(), actor=stage.one)
        same = answers.add_photo(stage.visit, stage.item("guards"), factories.photo("b.png"), actor=stage.two)
        assert one.pk == same.pk and one.file.content_type == "image/png"
        assert path_of(one.file).read_bytes() == factories.PNG
        answers.remove_photo(one, actor=stage.two)
        answers.remove_photo(one, actor=stage.two)
        assert not one.answer.photos.exists()
        assert "inspections.photo.remove" in actions(stage.visit)

    @pytest.mark.parametrize(
        ("upload", "says"),
        [
            (factories.photo("a.png", b"MZ\x90 a program"), "要 JPEG、PNG、WebP 图片或 PDF"),
            (factories.photo("a.png", b""), "是空的"),
            (factories.photo("a.pdf", b"%PDF-1.7 x", "application/pdf"), "要 JPEG、PNG 或 WebP 格式"),
            (factories.big_file(), "11.0 MB，超过 10 MB"),
        ],
    )
    def test_what_is_no_picture_or_too_big_is_refused(self, stage, upload, says):
        stage.start()
        with pytest.raises(Refused, match=says):
            answers.add_photo(stage.visit, stage.item("guards"), upload, actor=stage.one)

    def test_a_name_that_climbs_or_lies_is_cleaned(self, stage):
        stage.start()
        upload = factories.photo("x.png")
        upload._name = "../../etc/门口.jpg.exe"
        photo = answers.add_photo(stage.visit, stage.item("guards"), upload, actor=stage.one)
        assert photo.file.name == "门口.jpg.png" and ".." not in photo.file.path


# --- the end ---------------------------------------------------------------------------------------


class TestSignOff:
    def test_not_while_items_are_open_and_it_names_them(self, stage):
        stage.start()
        factories.all_ok(
            stage.visit,
            stage.one,
            but={"guards": Given("bad"), "alarm": Given("unseen"), "handover": Given("")},
        )
        with pytest.raises(Refused, match="还有 3 项没有答完：第 7、10、17 项") as refused:
            stage.finish()
        assert len(refused.value.params["items"]) == 3
        assert not Finding.objects.exists()

    def test_who_was_there_must_be_said(self, stage):
        stage.start()
        factories.all_ok(stage.visit, stage.one)
        with pytest.raises(Refused, match="没有人到场的，写“无人到场”"):
            stage.finish(present="  ")

    def test_findings_the_order_and_the_clock(self, stage):
        stage.start()
        factories.all_ok(
            stage.visit,
            stage.one,
            but={
                "fire-exits": Given("bad", "后门锁着"),
                "equipment": Given("bad", "滑梯螺丝松"),
                "air": Given("bad", "没有开窗", mended=True),
                "kitchen": Given("unseen", "今天没有供餐"),
            },
        )
        signed = stage.finish(objection="后门是今天早上才锁的")
        assert (signed.state, signed.finished_on, signed.signed_by) == ("signed", None, stage.cast.inspector)
        assert not Finding.objects.exists() and not Order.objects.exists()
        done = stage.confirm()
        assert (done.state, done.finished_on, done.objection) == ("finished", MARCH, "后门是今天早上才锁的")
        assert done.publish_by == calendar.add_working_days(MARCH, 20) == date(2026, 4, 8)
        found = {f.item_key: f for f in done.findings.all()}
        assert {k: f.state for k, f in found.items()} == {
            "fire-exits": "open",
            "equipment": "open",
            "air": "mended",
        }
        order = Order.objects.get(inspection=done)
        assert order.number == "ZG-2603-001" and not order.provisional
        assert found["fire-exits"].due_on == date(2026, 3, 11) == order.due_on == order.first_due_on
        assert found["equipment"].due_on == date(2026, 3, 24)
        assert found["air"].order is None and found["equipment"].order == order
        assert (done.finished_by, done.confirmed_by) == (stage.cast.inspector, stage.cast.inspector2)
        assert stage.finish().pk == done.pk == stage.confirm().pk and Finding.objects.count() == 3

    def test_only_another_one_of_the_team_confirms(self, stage):
        stage.start()
        factories.all_ok(stage.visit, stage.one)
        stage.finish()
        with pytest.raises(Denied, match="签记的人不能自己确认"):
            stage.confirm(actor=stage.one)
        with pytest.raises(Denied):
            stage.confirm(actor=stage.bureau)
        with pytest.raises(Denied, match="签记的人不能自己确认"):
            confirmations.return_visit(stage.visit, actor=stage.one)
        outsider = person("cast-inspector-3", "示例inspector3", Role.INSPECTOR, stage.cast.bureau_unit)
        factories.inspector(outsider, "JC903", stage.cast.bureau_unit)
        with pytest.raises(Denied, match="不在这次检查的组里"):
            stage.confirm(actor=Actor.of(outsider, stage.cast.minhang))
        with pytest.raises(IntegrityError, match="a_second_confirms"), transaction.atomic():
            Inspection.objects.update(confirmed_by=stage.cast.inspector)
        assert Inspection.objects.get().state == "signed"
        assert stage.confirm().state == "finished"

    def test_a_visit_that_waits_for_the_second_is_not_done(self, stage):
        """It stays open everywhere: not finished, not public, no evidence, no other visit of the month."""
        stage.start()
        factories.all_ok(stage.visit, stage.one)
        stage.finish()
        assert not Inspection.objects.finished().exists() and Inspection.objects.open().count() == 1
        assert not draw_visits.open_visits(stage.visit.draw).exclude(state="signed").exists()
        counts = month.visit_counts([stage.visit.draw])[stage.visit.draw.pk]
        assert (counts["open"], counts["finished"], counts["signed"]) == (1, 0, 1)
        with pytest.raises(Conflict):
            results.publish_result(stage.visit, actor=stage.bureau)
        with pytest.raises(Conflict):
            cancellations.request_cancel(
                stage.visit, reason="force_majeure", note="台风停课", actor=stage.bureau
            )
        with pytest.raises(Conflict):
            stage.save("guards", "bad", note="门岗没有人")

    def test_sent_back_it_is_open_and_confirmed_later_it_counts_for_its_day(self, stage):
        stage.start()
        factories.all_ok(stage.visit, stage.one)
        stage.finish()
        back = confirmations.return_visit(stage.visit, actor=stage.two)
        assert (back.state, back.signed_by, back.signed_at) == ("under_way", None, None)
        stage.save("guards", "bad", note="门岗没有人", actor=stage.two, version=1)
        stage.finish(actor=stage.two)
        done = stage.confirm(actor=stage.one, on=date(2026, 3, 13))
        assert (done.finished_on, done.confirmed_by) == (MARCH, stage.cast.inspector)
        assert done.publish_by == calendar.add_working_days(MARCH, 20)
        order = Order.objects.get()
        assert (order.issued_on, order.due_on) == (date(2026, 3, 13), date(2026, 3, 20))

    def test_the_bureau_lets_it_stand_with_a_reason_only(self, stage):
        stage.start()
        factories.all_ok(stage.visit, stage.one)
        stage.finish()
        with pytest.raises(Denied):
            confirmations.waive_visit(stage.visit, reason="第二人重病住院", actor=stage.two)
        with pytest.raises(Refused, match="写 5 到 200 个字"):
            confirmations.waive_visit(stage.visit, reason=" 病了 ", actor=stage.bureau)
        done = confirmations.waive_visit(stage.visit, reason="第二人重病住院", actor=stage.bureau)
        assert (done.state, done.waiver, done.confirmed_by) == (
            "finished",
            "第二人重病住院",
            stage.cast.bureau,
        )
        assert actions(done)[-1] == "inspections.inspection.waive"

    @pytest.mark.parametrize(
        ("key", "due_on"),
        [
            ("record-checks", date(2026, 9, 28)),
            ("guards", date(2026, 10, 9)),
            ("fire-records", date(2026, 10, 15)),
            ("air", date(2026, 10, 22)),
        ],
    )
    def test_deadlines_count_working_days_over_the_holidays(self, stage, key, due_on):
        """1, 5, 10 and 15 working days from Thursday 24 September 2026: 中秋 is next day, 国庆 takes a week and more."""
        factories.finished(stage.visit, stage.one, failing={key: "不符合"}, on=date(2026, 9, 24))
        assert Order.objects.get().due_on == due_on

    def test_nothing_open_no_order(self, stage):
        stage.start()
        factories.all_ok(stage.visit, stage.one, but={"guards": Given("bad", "没有登记", mended=True)})
        stage.finish()
        stage.confirm()
        assert not Order.objects.exists() and Finding.objects.get().state == "mended"

    def test_a_deadline_over_a_year_that_is_not_known_is_provisional(self, stage):
        _first, last = calendar.known_years()
        on = date(last, 12, 31)
        while on.weekday() != 3:
            on -= timedelta(days=1)
        Inspector.objects.update(licence_until=date(last + 2, 1, 1))
        factories.finished(stage.visit, stage.one, failing={"air": "没有开窗"}, on=on)
        order = Order.objects.get()
        assert order.provisional and order.due_on.year == last + 1

    def test_the_same_item_within_two_years_is_a_repeat(self, stage):
        earlier = factories.drawn(stage.cast.facility, stage.team, number="JC-OLD", month=date(2024, 5, 1))
        factories.finished(earlier, stage.one, failing={"guards": "没有人"}, on=date(2024, 5, 8))
        too_old = factories.drawn(stage.cast.facility, stage.team, number="JC-OLDER", month=date(2024, 2, 1))
        factories.finished(too_old, stage.one, failing={"alarm": "坏了"}, on=date(2024, 2, 6))
        other = factories.drawn(
            type(stage.cast.facility).objects.get(code="TS0002"),
            stage.team,
            number="JC-X",
            month=date(2026, 1, 1),
        )
        factories.finished(other, stage.one, failing={"nap": "没有记录"}, on=date(2026, 1, 6))
        done = factories.finished(
            stage.visit, stage.one, failing={"guards": "又没有人", "alarm": "坏了", "nap": "没有"}
        )
        found = {f.item_key: f.repeat_of for f in done.findings.select_related("repeat_of__inspection")}
        assert found["guards"].inspection == earlier
        assert found["alarm"] is None and found["nap"] is None

    def test_a_missing_parameter_is_named(self, stage):
        from portal.models import Parameter

        Parameter.objects.filter(key="order.days_high").delete()
        with pytest.raises(NotFound, match=r"order\.days_high"):
            factories.finished(stage.visit, stage.one, failing={"guards": "没有人"})

    def test_the_last_visit_of_a_draw_asks_for_its_publication(
        self, stage, monkeypatch, django_capture_on_commit_callbacks
    ):
        sent = []
        monkeypatch.setattr(celery, "send_task", lambda name, args: sent.append((name, args)))
        second = factories.drawn(
            type(stage.cast.facility).objects.get(code="TS0002"), stage.team, number="JC-2603-002", position=2
        )
        with django_capture_on_commit_callbacks(execute=True):
            factories.finished(stage.visit, stage.one)
        assert sent == []
        with django_capture_on_commit_callbacks(execute=True):
            factories.finished(second, stage.one)
        assert sent == [("inspections.publish_due", [stage.cast.minhang.pk])]


# --- publication, striking off, with a reason ------------------------------------------------------


class TestPublication:
    def test_by_hand_and_by_the_clock(self, stage):
        done = factories.finished(stage.visit, stage.one, failing={"guards": "没有人"})
        system = Actor.system(stage.cast.minhang, "test")
        assert results.publish_lapsed(actor=system, on=done.publish_by - timedelta(days=1)) == 0
        assert results.publish_lapsed(actor=system, on=done.publish_by) == 1
        assert results.publish_lapsed(actor=system, on=done.publish_by) == 0
        done.refresh_from_db()
        assert done.state == "published" and Finding.objects.get().published
        assert results.publish_result(done, actor=stage.bureau).published_at == done.published_at

    def test_the_daily_task_publishes_what_is_due_in_its_district_and_drops_an_unknown_one(self, closed):
        with closed.scope():
            done = factories.finished(closed.visit, closed.one)
        assert done.publish_by < timezone.localdate()
        tasks.publish_results_due(999_999)
        tasks.publish_results_due("nonsense")
        tasks.publish_results_due(closed.cast.jinshan.pk)
        with closed.scope():
            assert Inspection.objects.get(pk=done.pk).state == "finished"
        tasks.publish_results_due(closed.cast.minhang.pk)
        tasks.publish_results_due(closed.cast.minhang.pk)
        with closed.scope():
            assert Inspection.objects.get(pk=done.pk).state == "published"
            assert actions(done).count("inspections.result.publish") == 1

    def test_not_before_the_end_and_not_by_an_inspector(self, stage):
        stage.start()
        with pytest.raises(Conflict, match="现在是“检查中”，不能公示结果"):
            results.publish_result(stage.visit, actor=stage.bureau)
        with pytest.raises(Denied):
            results.publish_result(stage.visit, actor=stage.one)


class TestStrikingOff:
    def close(self, stage, state: str = "closed") -> None:
        type(stage.cast.facility).objects.filter(pk=stage.cast.facility.pk).update(state=state)

    def test_two_people_one_of_four_reasons_and_an_addendum(self, stage):
        self.close(stage)
        cancellations.request_cancel(stage.visit, reason="closed", note="三月起停办", actor=stage.bureau)
        done = cancellations.confirm_cancel(stage.visit, actor=stage.head, now=at(MARCH))
        assert done.state == "cancelled"
        addendum = DrawAddendum.objects.get()
        assert (addendum.kind, addendum.number, addendum.draw_id) == ("cancelled", 1, stage.visit.draw_id)
        assert b'"object":"TS0001"' in bytes(addendum.content) and b'"reason":"closed"' in bytes(
            addendum.content
        )
        public = PublicRecord.objects.get(kind="addendum")
        assert public.sha256 == addendum.sha256 and public.body is None
        cancellations.confirm_cancel(stage.visit, actor=stage.head)
        assert DrawAddendum.objects.count() == 1

    def test_addenda_hang_together(self, stage):
        second = factories.drawn(
            type(stage.cast.facility).objects.get(code="TS0002"), stage.team, number="JC-2603-002", position=2
        )
        for row in (stage.visit, second):
            cancellations.request_cancel(
                row, reason="force_majeure", note="台风，全区停课", actor=stage.bureau
            )
            cancellations.confirm_cancel(row, actor=stage.head)
        one, two = DrawAddendum.objects.order_by("number")
        assert one.sha256.encode() in bytes(two.content)

    def test_refusals(self, stage):
        with pytest.raises(Refused, match="没赶上不是理由"):
            cancellations.request_cancel(stage.visit, reason="late", note="没有来得及", actor=stage.bureau)
        with pytest.raises(Refused, match="名册上 示例云杉托育园 是“在办”"):
            cancellations.request_cancel(
                stage.visit, reason="suspended", note="暂停一个月", actor=stage.bureau
            )
        with pytest.raises(Refused, match="写 5 到 200 个字"):
            cancellations.request_cancel(stage.visit, reason="force_majeure", note="台风", actor=stage.bureau)
        with pytest.raises(Denied):
            cancellations.request_cancel(stage.visit, reason="closed", note="停办停办停办", actor=stage.one)
        with pytest.raises(Conflict, match="没有待决定的"):
            cancellations.confirm_cancel(stage.visit, actor=stage.head)
        cancellations.request_cancel(
            stage.visit, reason="force_majeure", note="台风，全区停课", actor=stage.bureau
        )
        with pytest.raises(Conflict, match="正等第二个人决定"):
            cancellations.request_cancel(
                stage.visit, reason="force_majeure", note="台风，全区停课", actor=stage.cast.actor("clerk")
            )
        with pytest.raises(Denied):
            cancellations.confirm_cancel(stage.visit, actor=stage.bureau)
        cancellations.decline_cancel(stage.visit, actor=stage.head)
        assert stage.start().state == "under_way"

    def test_a_visit_that_was_made_is_not_struck_off(self, stage):
        factories.finished(stage.visit, stage.one)
        with pytest.raises(Conflict, match="不能销去"):
            cancellations.request_cancel(
                stage.visit, reason="force_majeure", note="台风，全区停课", actor=stage.bureau
            )


class TestUnscheduled:
    def make(self, stage, **more):
        wanted = {
            "cause": voices.complaint(stage.cast.facility, stage.bureau),
            "note": "门口没有保安",
            "inspectors": list(stage.team),
            "due_on": MARCH,
            "actor": stage.bureau,
            "on": MARCH,
        }
        wanted |= more
        return visits.create_unscheduled(wanted.pop("cause"), **wanted)

    def test_with_a_reason_on_record(self, stage):
        made = self.make(stage)
        assert (made.number, made.kind, made.draw, made.state) == ("YY-2603-001", "unscheduled", None, "due")
        assert made.all_team.count() == 2
        assert self.make(stage).number == "YY-2603-002"

    @pytest.mark.parametrize(
        ("more", "says"),
        [
            ({"note": "查" * 200}, "最多 180 个字"),
            ({"due_on": MARCH - timedelta(days=1)}, "不能早于今天"),
            ({"due_on": date(2031, 1, 1)}, "执法证到 2031-01-01 不在有效期内"),
        ],
    )
    def test_refusals(self, stage, more, says):
        with pytest.raises(Refused, match=says):
            self.make(stage, **more)
        assert not Inspection.objects.filter(kind="unscheduled").exists()

    def test_not_by_one_person_and_not_by_an_inspector(self, stage):
        with pytest.raises(Refused, match="至少选 2 名"):
            self.make(stage, inspectors=[stage.team[0], stage.team[0]])
        with pytest.raises(Denied):
            self.make(stage, actor=stage.one)


# --- who may know ----------------------------------------------------------------------------------


class TestSecrecy:
    """Inspections come unannounced: a drawn visit still to be made is known to the bureau and its team."""

    def seen(self, stage, name: str) -> bool:
        return Inspection.objects.known_to(stage.cast.actor(name)).filter(pk=stage.visit.pk).exists()

    def test_a_drawn_visit_is_hidden_until_it_is_made(self, stage):
        knows = {
            name: self.seen(stage, name)
            for name in stage.cast.users
            if name not in ("stranger", "city_officer")
        }
        assert {name for name, seen in knows.items() if seen} == {
            "bureau",
            "clerk",
            "inspector",
            "inspector2",
        }
        TeamMember.objects.filter(inspection=stage.visit, inspector=stage.team[1]).update(
            dropped_at=timezone.now()
        )
        assert not self.seen(stage, "inspector2")

    def test_a_head_sees_it_when_a_head_has_to_decide(self, stage):
        cancellations.request_cancel(
            stage.visit, reason="force_majeure", note="台风，全区停课", actor=stage.bureau
        )
        assert self.seen(stage, "head") and not self.seen(stage, "auditor")

    def test_the_dossier_tells_nobody_else(self, stage):
        for name in ("operator", "officer", "auditor", "head", "department", "city_officer"):
            actor = (
                Actor.person(stage.cast.users[name], stage.cast.minhang, ())
                if name == "city_officer"
                else None
            )
            events = told_of(stage.cast.facility, actor or stage.cast.actor(name))
            assert not [e for e in events if stage.visit.number in e.detail], name
        events = told_of(stage.cast.facility, stage.bureau)
        assert [e.fact for e in events if stage.visit.number in e.detail] == ["待检查，最迟这一天"]

    def test_after_the_visit_the_dossier_tells_that_it_was_made_and_later_what_it_found(self, stage):
        done = factories.finished(stage.visit, stage.one, failing={"guards": "没有人"})
        operator = stage.cast.actor("operator")
        facts = [e.fact for e in told_of(stage.cast.facility, operator)]
        assert "现场检查，结果还没有公示" in facts and "发出整改通知，1 个问题" in facts
        results.publish_result(done, actor=stage.bureau)
        assert "现场检查，1 个问题" in [e.fact for e in told_of(stage.cast.facility, operator)]

    def test_queues(self, stage):
        def titles(name):
            """Of visits and orders; what waits of the facility's file is another matter."""
            waiting = [w.title for w in REGISTRY.waiting(stage.cast.actor(name))]
            return [
                t
                for t in waiting
                if t == stage.cast.facility.name or ("整改" in t and stage.cast.facility.name in t)
            ]

        assert titles("inspector") == ["示例云杉托育园"] and titles("operator") == titles("officer") == []
        factories.finished(stage.visit, stage.one, failing={"guards": "没有人"}, on=MARCH)
        assert titles("inspector") == []
        assert titles("operator") == ["答复 示例云杉托育园 的整改通知"]
        assert "示例云杉托育园 的整改逾期没有答复" in titles("bureau")
        assert titles("officer") == ["示例云杉托育园 的整改逾期没有答复"]


def told_of(facility, actor):
    """The first page of the facility's dossier."""
    return leaf(REGISTRY.dossier(), facility, actor, size=50).events


# --- pages -----------------------------------------------------------------------------------------


class TestPages:
    def test_the_lists_in_few_queries_however_long(self, closed, client):
        closed_months(closed, 60)
        for name in ("bureau", "inspector"):
            client.force_login(closed.cast.users[name])
            client.get("/minhang/inspections/")
            with at_most(12):
                page = client.get("/minhang/inspections/")
            assert page.status_code == 200

    def test_paging_by_key_reaches_every_row_once(self, closed, client):
        closed_months(closed, 120)
        client.force_login(closed.cast.bureau)
        seen, url, back = [], "/minhang/inspections/", ""
        while url:
            page = client.get(url).context["page"]
            seen += [row.pk for row in page.rows]
            back = page.before or back
            url = f"/minhang/inspections/?after={page.after}" if page.after else ""
        assert len(seen) == len(set(seen)) == 119
        before = client.get(f"/minhang/inspections/?before={back}").context["page"]
        assert before.shown == 50 and before.after
        assert client.get("/minhang/inspections/?after=nonsense").status_code == 400

    def test_the_logging_page_in_few_queries_with_photographs(self, closed, client):
        with closed.scope():
            closed.start()
            for item in items_of(closed.visit)[:8]:
                picture = factories.photo(content=factories.PNG + bytes([item.number]))
                answers.add_photo(closed.visit, item, picture, actor=closed.one)
        client.force_login(closed.cast.inspector)
        url = f"/minhang/inspections/{closed.visit.pk}/"
        client.get(url)
        with at_most(14):
            page = client.get(url)
        assert page.status_code == 200 and page.content.decode().count("data-item") >= 34

    def test_saving_over_htmx_answers_version_and_progress_and_tells_of_a_conflict(self, closed, client):
        with closed.scope():
            closed.start()
            item = closed.item("guards")
        client.force_login(closed.cast.inspector)
        url = f"/minhang/inspections/{closed.visit.pk}/items/{item.pk}/"
        htmx = {"HTTP_HX_REQUEST": "true"}
        page = client.post(url, {"value": "none", "note": "", "version": "0"}, **htmx)
        assert page.status_code == 200 and f'value="1" id="version-{item.pk}"' in page.content.decode()
        with closed.scope():
            assert Answer.objects.get(item=item).value == "unseen"
            answers.save_answer(closed.visit, item, value="ok", version=1, actor=closed.two)
        page = client.post(url, {"value": "bad", "note": "没有人", "version": "1"}, **htmx)
        assert page.status_code == 409 and "示例inspector2" in page.content.decode()
        with closed.scope():
            assert Answer.objects.get(item=item).value == "ok"
        page = client.post(url, {"value": "bad", "note": "没有人", "version": "2"}, **htmx)
        assert page.status_code == 200
        with closed.scope():
            assert Answer.objects.get(item=item).value == "bad"
        assert client.post(url, {"value": "perhaps", "version": "3"}, **htmx).status_code == 422

    def test_photographs_over_the_page_only_for_those_who_may_see(self, closed, client):
        with closed.scope():
            closed.start()
            item = closed.item("guards")
        client.force_login(closed.cast.inspector)
        base = f"/minhang/inspections/{closed.visit.pk}"
        page = client.post(
            f"{base}/items/{item.pk}/photos/", {"photo": factories.photo()}, HTTP_HX_REQUEST="true"
        )
        assert page.status_code == 200
        with closed.scope():
            kept = Answer.objects.get().photos.get()
        bad = factories.photo("x.png", b"<svg onload=alert(1)>")
        page = client.post(f"{base}/items/{item.pk}/photos/", {"photo": bad}, HTTP_HX_REQUEST="true")
        assert page.status_code == 422 and "要 JPEG" in page.content.decode()
        url = f"{base}/photos/{kept.pk}/"
        shown = client.get(url)
        assert (
            b"".join(shown.streaming_content) == factories.PNG
            and shown["X-Content-Type-Options"] == "nosniff"
        )
        for name in ("operator", "officer", "auditor", "stranger"):
            client.force_login(closed.cast.users[name])
            assert client.get(url).status_code == 404, name

    def test_ids_of_another_district_are_not_found(self, cast, client):
        with district_scope(cast.minhang):
            stage = Stage(cast)
            stage.start()
            item, stored = stage.item("guards").pk, StoredFile.objects.count()
        with district_scope(cast.jinshan):
            factories.reference(cast.jinshan)
            members = [factories.inspector(None, code, Unit.objects.first()) for code in ("JC801", "JC802")]
            foreign = factories.drawn(cast.foreign_facility, members)
        for name in ("bureau", "inspector"):
            client.force_login(cast.users[name])
            for path in ("", "result/", "sign-off/"):
                assert client.get(f"/minhang/inspections/{foreign.pk}/{path}").status_code == 404
            for path in (
                "start/",
                f"items/{item}/",
                f"items/{item}/photos/",
                "publish/",
                "cancel/",
                "cancel/decline/",
            ):
                assert client.post(f"/minhang/inspections/{foreign.pk}/{path}").status_code in (403, 404)
        client.force_login(cast.stranger)
        assert client.get(f"/minhang/inspections/{foreign.pk}/").status_code == 404
        with district_scope(cast.jinshan):
            assert Inspection.objects.get(pk=foreign.pk).state == "due"
        with district_scope(cast.minhang):
            assert StoredFile.objects.count() == stored

    def test_the_end_over_the_page(self, closed, client):
        with closed.scope():
            closed.start(on=timezone.localdate())
        client.force_login(closed.cast.inspector)
        url = f"/minhang/inspections/{closed.visit.pk}/sign-off/"
        page = client.post(url, {"present": "陈老师"})
        assert page.status_code == 422 and "还有 34 项没有答完" in page.content.decode()
        with closed.scope():
            factories.all_ok(closed.visit, closed.one, but={"guards": Given("bad", "门岗没有人")})
        page = client.get(url).content.decode()
        assert "门岗没有人" in page and "整改期 5 个工作日" in page
        assert client.post(url, {"present": ""}).status_code == 422
        page = client.post(url, {"present": "陈老师，园长", "objection": "不同意"}, follow=True)
        assert "等组里另一人" in page.content.decode() and page.redirect_chain[-1][0].endswith("/result/")
        second = f"/minhang/inspections/{closed.visit.pk}/second/"
        assert client.post(second, {"what": "confirm"}).status_code == 403
        client.force_login(closed.cast.inspector2)
        assert "等你确认：" in client.get("/minhang/").content.decode()
        page = client.get(f"/minhang/inspections/{closed.visit.pk}/").content.decode()
        assert "门岗没有人" in page and "与现场一致，确认" in page and "不同意" in page
        page = client.post(second, {"what": "return"}, follow=True)
        assert "已退回" in page.content.decode()
        assert client.post(second, {"what": "confirm"}).status_code == 409
        client.post(url, {"present": "陈老师，园长"})
        client.force_login(closed.cast.inspector)
        page = client.post(second, {"what": "confirm"}, follow=True)
        assert "ZG-" in page.content.decode() and page.redirect_chain[-1][0].endswith("/result/")

    def test_an_address_for_forms_only_shows_the_way_back(self, closed, client):
        client.force_login(closed.cast.inspector)
        page = client.get(f"/minhang/inspections/{closed.visit.pk}/start/")
        assert page.status_code == 405 and page.headers["Allow"] == "POST"
        assert f'href="/minhang/inspections/{closed.visit.pk}/"' in page.content.decode()
        page = client.get(f"/minhang/orders/{closed.visit.pk}/second/").content.decode()
        assert "这个地址不能直接打开" in page

    def test_a_visit_of_next_month_says_so_before_it_begins(self, closed, client):
        url = f"/minhang/inspections/{closed.visit.pk}/"
        client.force_login(closed.cast.inspector)
        assert "现在去也可以" not in client.get(url).content.decode()
        following = (timezone.localdate().replace(day=1) + timedelta(days=32)).replace(day=1)
        with closed.scope():
            Inspection.objects.update(month=following, due_on=following.replace(day=28))
        page = client.get(url).content.decode()
        assert "月初才开始。现在去也可以，按去的那天算" in page

    def test_the_bureau_lets_it_stand_over_the_page(self, closed, client):
        with closed.scope():
            closed.start(on=timezone.localdate())
            factories.all_ok(closed.visit, closed.one)
            closed.finish()
        url = f"/minhang/inspections/{closed.visit.pk}/"
        client.force_login(closed.cast.bureau)
        assert "第二人确实无法确认" in client.get(url).content.decode()
        assert "等第二人确认" in client.get("/minhang/inspections/?tab=signed").content.decode()
        assert client.post(url + "second/", {"what": "waive", "reason": "病"}).status_code == 400
        page = client.post(url + "second/", {"what": "waive", "reason": "第二人重病住院"}, follow=True)
        assert "例外办结" in page.content.decode() and "第二人重病住院" in page.content.decode()
        client.force_login(closed.cast.head)
        assert client.post(url + "second/", {"what": "waive", "reason": "第二人重病住院"}).status_code == 404

    def test_an_unscheduled_one_over_the_page(self, closed, client):
        with closed.scope():
            row = voices.incident(closed.cast.facility, Actor.system(closed.cast.minhang, "test"))
        client.force_login(closed.cast.bureau)
        data = {
            "cause": row.number.lower(),
            "note": "走失两分钟",
            "due_on": timezone.localdate().isoformat(),
            "inspectors": [i.pk for i in closed.team],
        }
        assert client.get("/minhang/inspections/new/").status_code == 200
        wrong = client.post("/minhang/inspections/new/", data | {"cause": "TS-9001-001"})
        assert wrong.status_code == 422 and "没有编号 TS-9001-001" in wrong.content.decode()
        one = client.post("/minhang/inspections/new/", data | {"inspectors": [closed.team[0].pk]})
        assert one.status_code == 422 and "至少选 2 名" in one.content.decode()
        assert client.post("/minhang/inspections/new/", data).status_code == 302
        client.force_login(closed.cast.inspector)
        assert client.get("/minhang/inspections/new/").status_code == 403


def closed_months(closed: Stage, number: int) -> None:
    """Visits in many months; the scope is opened here."""
    with closed.scope():
        for n in range(2, number):
            month = date(2008 + n // 12, 1 + n % 12, 1)
            factories.drawn(closed.cast.facility, closed.team, number=f"JC-{n:03d}", month=month)


def test_a_publication_clock_over_an_unknown_year_is_counted_again_and_never_shorter(stage, monkeypatch):
    """Visits of December run into a year whose holidays come out late."""
    system = Actor.system(stage.cast.minhang, "test")
    done = factories.finished(stage.visit, stage.one)
    december, january = date(2026, 12, 30), date(2027, 1, 20)
    Inspection.objects.filter(pk=done.pk).update(finished_on=december, publish_by=january)
    monkeypatch.setattr(calendar, "add_working_days", lambda start, days: date(2027, 1, 22))
    monkeypatch.setattr(calendar, "is_known", lambda year: year < 2027)
    assert results.settle_clocks(actor=system) == 0
    monkeypatch.setattr(calendar, "is_known", lambda year: year < 2028)
    assert results.settle_clocks(actor=system) == 1
    assert results.settle_clocks(actor=system) == 0
    assert Inspection.objects.get(pk=done.pk).publish_by == date(2027, 1, 22)
    assert actions(done).count("inspections.result.settle_clock") == 1
    monkeypatch.setattr(calendar, "add_working_days", lambda start, days: january)
    assert results.settle_clocks(actor=system) == 0
    assert Inspection.objects.get(pk=done.pk).publish_by == date(2027, 1, 22)
