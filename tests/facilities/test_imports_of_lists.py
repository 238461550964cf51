"""Courses, sessions, trainers with their own training, and volunteers from spreadsheets: by the services' own rules."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from django.db import connection
from django.http import QueryDict

from facilities.models import (
    Course,
    Facility,
    Trainer,
    TrainerTraining,
    TrainingSession,
    Volunteer,
    VolunteerCheck,
)
from facilities.services import training, volunteers
from portal.errors import Denied
from portal.models import AuditEntry
from portal.services import exports, imports
from portal.spreadsheets import LISTS, Asked
from portal.tenancy import district_scope
from tests.facilities import factories, families
from tests.portal.spreadsheets import cells_of, read, sentences, upload, write

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 18)
HEADS = {
    "courses": ("课程名称", "类别", "主办单位", "学时", "课程简介"),
    "training-sessions": (
        "课程名称", "培训日期", "结束日期", "上课时间", "报名截止日期", "培训形式", "培训地点", "讲师", "名额"
    ),
    "trainers": ("讲师姓名", "人员类别", "工作单位", "专长"),
    "trainer-trainings": ("培训人员", "所在单位", "培训内容", "主办单位", "学时", "培训日期"),
    "volunteers": (
        "宝宝屋", "志愿者姓名", "身份证号码", "手机号", "服务内容", "开始日期", "离开日期", "查询日期", "查询结果"
    ),
}  # fmt: skip
OUT = {"training-sessions": "training"}
MODELS = (Course, TrainingSession, Trainer, TrainerTraining, Volunteer, VolunteerCheck)
#: What the register works out goes out, and is named and not read when it comes back.
WORKED_OUT = {
    "courses": {"办过(场)", "状态"},
    "training-sessions": {"种类", "课时", "报名人数", "到课人数", "状态"},
    "trainers": {"今年参加(次)", "最近一次"},
    "volunteers": {"街镇", "查询"},
}


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def scene(cast):
    with district_scope(cast.minhang):
        families.parameters()
        cast.site = factories.facility(cast.facility.street, name="示例宝宝屋", kind="baby_house", places=20)
        bureau = cast.actor("bureau")
        cast.course = training.add_course(
            actor=bureau, title="示例急救课", kind="skills", provider="示例培训中心", hours=16
        )
        cast.trainer = training.add_trainer(
            actor=bureau, name="川示和", kind="care", organisation="示例培训中心", subject="婴幼儿急救"
        )
        yield cast


def who(scene, key: str):
    return scene.actor("officer" if key == "volunteers" else "bureau")


def bring(key: str, *rows, actor):
    return read(key, HEADS[key], *rows, actor=actor, on=TODAY)


def done(key: str, *rows, actor):
    run = bring(key, *rows, actor=actor)
    assert not run.counts.get("wrong"), sentences(run)
    run = write(run, actor=actor, on=TODAY)
    assert run.state == "done", imports.reason_of(run)
    return run


def person(number: int = 1, **changed) -> tuple:
    row = {
        "宝宝屋": "示例宝宝屋", "志愿者姓名": "示例甲", "身份证号码": factories.identity(number), "手机号": "13800000000",
        "服务内容": "陪读绘本", "开始日期": "2026-03-02", "查询日期": "2026-02-20", "查询结果": "无",
    }  # fmt: skip
    return tuple({**row, **changed}.get(name, "") for name in HEADS["volunteers"])


def row_for(key: str) -> tuple:
    """A good row of each list, as people write it."""
    return {
        "courses": ("婴幼儿 心理", "职业道德", "示例大学", "８学时", "一天的课"),
        "training-sessions": (
            "示例急救课", "2026年4月1日", "2026.4.2", "9:00—16:30", "2026-03-30", "线下", "示例路 1 号三楼", "川示和", "60人"
        ),
        "trainers": ("示例乙", "科学育儿指导", "示例大学", "亲子阅读"),
        "trainer-trainings": ("川示和", "", "托育师资研修", "示例大学", 16, "2026/3/10"),
        "volunteers": person(),
    }[key]  # fmt: skip


@pytest.mark.parametrize("key", sorted(HEADS))
def test_a_list_comes_in_goes_out_and_changes_nothing_when_it_comes_back(key, scene):
    actor = who(scene, key)
    run = done(key, row_for(key), actor=actor)
    assert run.counts["written"] == {"new": 1, "changed": 0}
    again = bring(key, row_for(key), actor=actor)
    assert (again.counts["same"], again.counts["wrong"]) == (1, 0), sentences(again)
    one, buffer = LISTS.outgoing[OUT.get(key, key)], io.BytesIO()
    exports.write(Asked(actor, QueryDict("tab=open"), TODAY, revealed=bool(one.reveal)), one, buffer)
    back = imports.start(LISTS.incoming[key], upload(buffer.getvalue()), actor=actor, queued=False)
    back = imports.read(back, actor=actor, on=TODAY, queued=False)
    assert back.state == "ready", imports.reason_of(back)
    assert {heading for _place, heading in back.unknown} == WORKED_OUT.get(key, set())
    assert back.counts["same"] == back.counts["rows"] >= 1, (back.counts, sentences(back))
    assert not back.counts["notes"], sentences(back)


@pytest.mark.parametrize("key", sorted(HEADS))
def test_trying_a_row_leaves_nothing_behind(key, scene):
    before = [m.objects.count() for m in MODELS], AuditEntry.objects.count()
    run = bring(key, row_for(key), actor=who(scene, key))
    assert run.counts["new"] == 1, sentences(run)
    assert ([m.objects.count() for m in MODELS], AuditEntry.objects.count()) == before


@pytest.mark.parametrize(
    ("key", "name"), [("volunteers", "bureau"), ("courses", "officer"), ("trainers", "operator")]
)
def test_who_may_not_keep_a_list_brings_none_in(key, name, scene):
    with pytest.raises(Denied):
        bring(key, row_for(key), actor=scene.actor(name))


def test_a_row_twice_in_a_file_is_told(scene):
    for key in HEADS:
        run = bring(key, row_for(key), row_for(key), actor=who(scene, key))
        assert (run.counts["new"], run.counts["wrong"]) == (1, 1), (key, sentences(run))
        assert "和第 2 行是同" in " ".join(sentences(run))


# ---- training


def test_a_course_that_stands_is_not_changed_by_a_file(scene):
    actor = who(scene, "courses")
    run = bring("courses", ("示例急救课", "综合技能", "示例培训中心", 8, "别的内容"), actor=actor)
    said = sentences(run)
    assert run.counts["wrong"] == 1
    assert [s for s in said if s.startswith("D2 ") and "课时是 16.0" in s], said
    assert [s for s in said if s.startswith("E2 ") and "不写入" in s], said
    heads = ("编号", *HEADS["courses"])
    run = read("courses", heads, ("MHK9999", *row_for("courses")), actor=actor, on=TODAY)
    assert "课程库里没有这个编号" in " ".join(sentences(run))


def test_what_the_service_says_of_a_course_stands_at_its_cell(scene):
    run = bring("courses", ("课", "综合技能", "示", 8, ""), actor=who(scene, "courses"))
    assert [s[:3] for s in sentences(run)] == ["A2 ", "C2 "], sentences(run)
    assert all("2 到 120 个字" in s for s in sentences(run))


def test_a_session_is_planned_with_course_and_trainer(scene):
    done("training-sessions", row_for("training-sessions"), actor=who(scene, "training-sessions"))
    made = TrainingSession.objects.get()
    assert (made.course, made.trainer, made.mode, made.capacity) == (
        scene.course,
        scene.trainer,
        "on_site",
        60,
    )
    assert (made.starts_on, made.ends_on) == (date(2026, 4, 1), date(2026, 4, 2))
    assert (made.times, made.sign_up_until) == ("9:00—16:30", date(2026, 3, 30))
    row = list(row_for("training-sessions"))
    row[1:5] = ["2026-05-01", "", "", ""]
    done("training-sessions", tuple(row), actor=who(scene, "training-sessions"))
    made = TrainingSession.objects.get(starts_on=date(2026, 5, 1))
    assert made.ends_on == made.sign_up_until == date(2026, 5, 1)


@pytest.mark.parametrize(
    ("place", "cell", "address", "says"),
    [
        (0, "没有这门课", "A2 ", "课程库里没有这门课"),
        (0, "", "A2 ", "没有填课程"),
        (2, "2026-03-01", "C2 ", "不能早于开课那天"),
        (4, "2026-04-05", "E2 ", "不能晚于开课那天"),
        (5, "函授", "F2 ", "可填"),
        (7, "没有这个人", "H2 ", "培训人员名单里没有这个人"),
        (8, 9999, "I2 ", "1 到 2000"),
    ],
)
def test_a_session_that_cannot_be_is_told_with_its_cell(scene, place, cell, address, says):
    row = list(row_for("training-sessions"))
    row[place] = cell
    run = bring("training-sessions", tuple(row), actor=who(scene, "training-sessions"))
    assert run.counts["wrong"] == 1
    assert [s for s in sentences(run) if s.startswith(address) and says in s], sentences(run)


def test_a_masked_lecturer_is_none_and_counted(scene):
    row = list(row_for("training-sessions"))
    row[7] = "川*"
    run = done("training-sessions", tuple(row), actor=who(scene, "training-sessions"))
    assert run.counts["starred"] == 1 and TrainingSession.objects.get().trainer is None


def test_courses_of_one_name_are_told_apart_by_who_gives_them(scene):
    actor = who(scene, "courses")
    training.add_course(actor=actor, title="示例急救课", kind="skills", provider="另一个中心", hours=8)
    run = bring("training-sessions", row_for("training-sessions"), actor=actor)
    assert "有 2 门课叫这个名称" in " ".join(sentences(run)), sentences(run)
    heads = ("主办单位", *HEADS["training-sessions"])
    run = read(
        "training-sessions", heads, ("另一个中心", *row_for("training-sessions")), actor=actor, on=TODAY
    )
    assert run.counts["new"] == 1, sentences(run)


def test_a_session_that_stands_is_not_changed_and_a_cancelled_one_may_come_again(scene):
    actor = who(scene, "training-sessions")
    done("training-sessions", row_for("training-sessions"), actor=actor)
    row = list(row_for("training-sessions"))
    row[8] = 80
    run = bring("training-sessions", tuple(row), actor=actor)
    assert [s for s in sentences(run) if s.startswith("I2 ") and "招收人数是 60" in s], sentences(run)
    training.cancel_session(TrainingSession.objects.get(), actor=actor, reason="场地停电")
    assert bring("training-sessions", tuple(row), actor=actor).counts["new"] == 1


def test_trainers_of_one_name_are_told_apart_by_where_they_work(scene):
    actor = who(scene, "trainers")
    done("trainers", ("川示和", "托育", "另一个中心", "膳食"), actor=actor)
    run = bring("trainer-trainings", row_for("trainer-trainings"), actor=actor)
    assert "有 2 位培训人员叫这个名字" in " ".join(sentences(run)), sentences(run)
    row = ("川示和", "另一个中心", *row_for("trainer-trainings")[2:])
    done("trainer-trainings", row, actor=actor)
    assert TrainerTraining.objects.get().trainer.organisation == "另一个中心"
    run = bring("trainer-trainings", (*row[:4], 8, row[5]), actor=actor)
    assert [s for s in sentences(run) if s.startswith("E2 ") and "课时是 16.0" in s], sentences(run)


def test_a_name_that_went_out_masked_is_nobodys(scene):
    actor = who(scene, "trainers")
    content = exports.at_once(Asked(actor, QueryDict(""), TODAY), LISTS.outgoing["trainers"])
    assert cells_of(content)[1][0] == "川*"
    back = imports.start(LISTS.incoming["trainers"], upload(content), actor=actor, queued=False)
    back = imports.read(back, actor=actor, on=TODAY, queued=False)
    assert back.counts["wrong"] == 1 and "打了星号" in " ".join(sentences(back))


def test_what_a_trainer_is_registered_with_stays(scene):
    run = bring("trainers", ("川示和", "指导", "示例培训中心", "别的"), actor=who(scene, "trainers"))
    assert (run.counts["same"], run.counts["notes"]) == (1, 2), sentences(run)
    assert "类别是 托育服务培训人员" in " ".join(sentences(run))


# ---- volunteers


def test_a_volunteer_comes_in_and_gets_the_new_inquiry_and_the_last_day(scene):
    officer = who(scene, "volunteers")
    done("volunteers", person(), actor=officer)
    made = Volunteer.objects.get()
    assert (made.identity, made.phone, made.duty) == (factories.identity(1), "13800000000", "陪读绘本")
    assert made.checks.get().checked_on == date(2026, 2, 20)
    run = bring("volunteers", person(查询日期="2026-03-10", 离开日期="2026-03-16"), actor=officer)
    (line,) = run.lines.all()
    assert (line.outcome, set(line.changes)) == ("changed", {"checked_on", "ends_on"}), sentences(run)
    assert write(run, actor=officer, on=TODAY).state == "done"
    made.refresh_from_db()
    assert (made.ends_on, made.checks.count()) == (date(2026, 3, 16), 2)
    again = bring("volunteers", person(查询日期="2026-03-10", 离开日期="2026-03-16"), actor=officer)
    assert (again.counts["same"], again.counts["notes"]) == (1, 0), sentences(again)
    later = person(开始日期="2026-03-17", 查询日期="2026-03-10")
    assert bring("volunteers", later, actor=officer).counts["new"] == 1  # comes back


@pytest.mark.parametrize(
    ("changed", "address", "says"),
    [
        ({"宝宝屋": "没有这家"}, "A2 ", "名册里没有这家机构"),
        ({"宝宝屋": "示例云杉托育园"}, "示例云杉托育园不是宝宝屋", ""),
        ({"身份证号码": factories.identity(1)[:-1] + "?"}, "C2 ", "这里不会有这个字符"),
        ({"手机号": "12"}, "D2 ", "手机号"),
        ({"服务内容": "陪"}, "E2 ", "2 到 80 个字"),
        ({"查询日期": "", "查询结果": ""}, "H2 ", "聘用前要查违法犯罪记录"),
        ({"查询日期": "2024-02-20"}, "H2 ", "查询离到岗超过 12 个月"),
        ({"查询结果": "有"}, "I2 ", "查询结果为“有”的不从这里登记"),
        ({"离开日期": "2026-03-20"}, "G2 ", "还没到这一天"),
    ],
)
def test_a_volunteer_who_cannot_come_is_told_with_the_cell(scene, changed, address, says):
    run = bring("volunteers", person(**changed), actor=who(scene, "volunteers"))
    assert run.counts["wrong"] == 1
    assert [s for s in sentences(run) if s.startswith(address) and says in s], sentences(run)
    assert not Volunteer.objects.exists()


def test_whoever_is_barred_is_refused_without_the_reason(scene, monkeypatch):
    monkeypatch.setattr("facilities.across.banned", lambda hashes: set(hashes))
    run = bring("volunteers", person(), actor=who(scene, "volunteers"))
    (said,) = sentences(run)
    assert said.startswith("C2 ") and "不能做志愿者" in said and "禁入" not in said


def test_no_number_of_a_volunteer_stands_in_clear_or_goes_out_unasked(scene):
    officer = who(scene, "volunteers")
    run = bring("volunteers", person(1), person(2, 身份证号码=factories.identity(2)[:-1]), actor=officer)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(l::text, '') FROM portal_importline l")
        text = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(i::text, '') FROM import_row i")
        text += cursor.fetchone()[0]
    assert write(run, actor=officer, on=TODAY, without_wrong=True).state == "done"
    text += str(cells_of(exports.at_once(Asked(officer, QueryDict(""), TODAY), LISTS.outgoing["volunteers"])))
    assert "示*" in text
    for number in (factories.identity(1), factories.identity(2)[:-1], "13800000000"):
        assert number not in text


def test_numbers_of_volunteers_go_out_in_full_for_who_keeps_them_only(scene):
    done("volunteers", person(), actor=who(scene, "volunteers"))
    one = LISTS.outgoing["volunteers"]
    with pytest.raises(Denied):
        exports.order(one, query="", revealed=True, actor=scene.actor("bureau"), queued=False)
    elsewhere = scene.actor("operator")  # keeps another facility
    buffer = io.BytesIO()
    assert exports.write(Asked(elsewhere, QueryDict(""), TODAY, revealed=True), one, buffer) == 0


def test_a_volunteer_elsewhere_is_out_of_reach(scene):
    run = bring("volunteers", person(), actor=scene.actor("operator"))
    assert "名册里没有这家机构" in " ".join(sentences(run))
    Facility.objects.filter(pk=scene.facility.pk).update(kind="baby_house")
    run = bring("volunteers", person(宝宝屋=scene.facility.name), actor=scene.actor("operator"))
    assert run.counts["new"] == 1, sentences(run)
    made = volunteers.enter_volunteer(
        scene.site, actor=who(scene, "volunteers"), name="示例甲", identity=factories.identity(1), duty="陪读绘本",
        starts_on=TODAY, checked_on=TODAY - timedelta(9), today=TODAY,
    )  # fmt: skip
    assert made.facility == scene.site  # at two sites at once
