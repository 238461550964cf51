"""Courses, sessions, attendance, hours of a year and certificates."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pdfplumber
import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from facilities import training_hours
from facilities.lists import facilities as lists
from facilities.models import AttendanceCertificate, Employment, TrainingRecord, TrainingSignUp
from facilities.rules import training as rules
from facilities.rules.training import Came
from facilities.services import attendance, training
from portal.errors import Conflict, Denied, Refused
from portal.models import Parameter
from portal.services.files import path_of
from portal.tenancy import district_scope, public_scope
from tests.facilities import factories
from tests.facilities.test_services import refused
from tests.portal.spreadsheets import cells_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 18)
NOW = timezone.make_aware(datetime(2026, 3, 18, 10))
LATER = timezone.make_aware(datetime(2026, 4, 2, 10))


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        yield cast


def course(cast, title="示例急救课", kind="skills", hours="16"):
    return training.add_course(
        actor=cast.actor("bureau"), title=title, kind=kind, provider="示例培训中心", hours=Decimal(hours)
    )


def session(cast, of=None, **values):
    return training.plan_session(
        of or course(cast),
        actor=cast.actor("bureau"),
        today=TODAY,
        **{
            "mode": "on_site", "place": "示例路 1 号三楼", "starts_on": date(2026, 4, 1), "ends_on": date(2026, 4, 2),
            "sign_up_until": date(2026, 3, 30), "capacity": 3, **values,
        },
    )  # fmt: skip


def people(cast, count=2, at=None):
    return [factories.employment(at or cast.facility).staff for _n in range(count)]


def came(staff, attended=True, hours="16", passed=True):
    return Came(staff.code, attended, Decimal(hours) if attended else None, passed and attended)


# --- What is planned ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"place": ""}, "place"),
        ({"ends_on": date(2026, 3, 31)}, "ends_on"),
        ({"ends_on": date(2027, 3, 31)}, "ends_on"),
        ({"sign_up_until": date(2026, 4, 2)}, "sign_up_until"),
        ({"capacity": 0}, "capacity"),
        ({"mode": "mail"}, "mode"),
        ({"starts_on": date(2036, 4, 1), "ends_on": date(2036, 4, 2)}, "starts_on"),
    ],
)
def test_a_session_that_makes_no_sense_is_refused(minhang, values, field):
    assert refused(Refused, session, minhang, **values).field == field


def test_a_course_that_is_retired_holds_no_new_session(minhang):
    of = course(minhang)
    assert refused(Refused, course, minhang).code == "twice"
    assert refused(Refused, course, minhang, title="另一门", hours="300").field == "hours"
    assert (
        refused(Refused, session, minhang, training.retire_course(of, actor=minhang.actor("bureau"))).code
        == "retired"
    )
    refused(Denied, training.add_course, actor=minhang.actor("operator"), title="示例", kind="skills",
            provider="示例", hours=Decimal(2))  # fmt: skip


def test_operators_sign_up_their_own_people_while_there_is_room(minhang):
    on, operator = session(minhang), minhang.actor("operator")
    mine = people(minhang, 2)
    theirs = people(minhang, 1, at=factories.facility(minhang.street))
    made = training.sign_up(on, mine, actor=operator, now=NOW)
    assert {row.facility_id for row in made} == {minhang.facility.pk}
    assert training.sign_up(on, mine, actor=operator, now=NOW) == [], "again changes nothing"
    refused(Denied, training.sign_up, on, theirs, actor=operator, now=NOW)
    refused(Denied, training.sign_up, on, mine, actor=minhang.actor("officer"), now=NOW)
    error = refused(Refused, training.sign_up, on, people(minhang, 2), actor=operator, now=NOW)
    assert error.code == "full" and on.sign_ups.count() == 2
    refused(Conflict, training.sign_up, on, people(minhang, 1), actor=operator, now=LATER)
    training.withdraw(made[0], actor=operator)
    assert on.sign_ups.count() == 1


def test_who_left_is_not_signed_up(minhang):
    member = people(minhang, 1)[0]
    Employment.objects.filter(staff=member).update(ends_on=date(2026, 3, 1))
    refused(Denied, training.sign_up, session(minhang), [member], actor=minhang.actor("bureau"), now=NOW)


def test_a_cancelled_session_counts_for_nothing_and_takes_nobody(minhang):
    on, bureau = session(minhang), minhang.actor("bureau")
    assert refused(Refused, training.cancel_session, on, actor=bureau, reason="").field == "reason"
    training.cancel_session(on, actor=bureau, reason="示例台风")
    refused(Conflict, training.sign_up, on, people(minhang, 1), actor=bureau, now=NOW)
    refused(Conflict, training.cancel_session, on, actor=bureau, reason="示例台风")


# --- Attendance -----------------------------------------------------------------------------------


def held(cast, count=2):
    """A session with so many people, and they."""
    on, staff = session(cast), people(cast, count)
    training.sign_up(on, staff, actor=cast.actor("bureau"), now=NOW)
    return on, staff


def test_attendance_writes_the_records_that_hours_are_counted_from(minhang):
    on, (one, two) = held(minhang)
    bureau = minhang.actor("bureau")
    lines = {one.code: came(one), two.code: came(two, attended=False)}
    assert refused(Refused, attendance.record_attendance, on, lines, actor=bureau, now=NOW).code == "early"
    assert attendance.record_attendance(on, lines, actor=bureau, now=LATER) == 2
    record = TrainingRecord.objects.get()
    assert (record.staff, record.kind, record.hours, record.done_on, record.passed) == (
        one, "skills", 16, date(2026, 4, 2), True,
    )  # fmt: skip
    assert attendance.record_attendance(on, lines, actor=bureau, now=LATER) == 0, "again changes nothing"
    lines = {one.code: came(one, attended=False), two.code: came(two, hours="8", passed=False)}
    attendance.record_attendance(on, lines, actor=bureau, now=LATER)
    record = TrainingRecord.objects.get()
    assert (record.staff, record.hours, record.passed) == (two, 8, False)
    refused(Denied, attendance.record_attendance, on, lines, actor=minhang.actor("operator"), now=LATER)


def test_a_record_entered_by_hand_is_not_counted_twice(minhang):
    on, (one, _two) = held(minhang)
    factories_record = {
        "kind": "skills",
        "course": "示例急救课",
        "provider": "x",
        "done_on": date(2026, 4, 2),
    }
    TrainingRecord.objects.create(staff=one, hours=4, **factories_record)
    attendance.record_attendance(on, {one.code: came(one)}, actor=minhang.actor("bureau"), now=LATER)
    assert TrainingRecord.objects.get().hours == 16


def test_somebody_who_did_not_sign_up_is_refused(minhang):
    on, _staff = held(minhang)
    stranger = people(minhang, 1)[0]
    error = refused(
        Refused, attendance.record_attendance, on, {stranger.code: came(stranger)}, actor=minhang.actor("bureau"),
        now=LATER,
    )  # fmt: skip
    assert error.code == "unknown"


HEAD = ["编号", "姓名", "出勤", "课时", "合格"]
SIGNED = {"MHR00001": "示例一", "MHR00002": "示例二"}
MOST = Decimal(16)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (["MHR00001", "示例一", "是", 16.0, "是"], Came("MHR00001", True, Decimal(16), True)),
        ([" ｍhr00001 ", "", "√", "", ""], Came("MHR00001", True, Decimal(16), True)),
        (["MHR00001", "示例一", "缺席", "", ""], Came("MHR00001", False, None, False)),
        (["MHR00001", "示例一", "到", "7.5", "否"], Came("MHR00001", True, Decimal("7.5"), False)),
        (["MHR00009", "", "是", "", ""], "没有报这一场"),
        (["", "示例一", "是", "", ""], "没有编号"),
        (["MHR00001", "示例二", "是", "", ""], "登记的不是“示例二”"),
        (["MHR00001", "", "也许", "", ""], "“也许”"),
        (["MHR00001", "", "是", "17", ""], "0.5 到 16"),
        (["MHR00001", "", "是", "七", ""], "“七”"),
        (["MHR00001", "", "是", "", "再看"], "“再看”"),
    ],
)
def test_a_line_of_a_sheet_is_understood_or_says_what_is_wrong(row, expected):
    lines, fault = rules.read_attendance([["标题"], [], HEAD, row], SIGNED, MOST)
    assert fault == ("", {}) and len(lines) == 1 and lines[0].row == 4
    if isinstance(expected, Came):
        assert lines[0].came == expected and lines[0].wrong is None
    else:
        sentence, facts = lines[0].wrong
        assert lines[0].came is None and expected in sentence % facts


def test_a_person_twice_and_a_sheet_without_headings():
    row = ["MHR00001", "示例一", "是", "", ""]
    lines, _fault = rules.read_attendance([HEAD, row, row], SIGNED, MOST)
    assert [bool(line.came) for line in lines] == [True, False] and lines[1].wrong[1] == {"row": 2}
    assert rules.read_attendance([["a"], row], SIGNED, MOST) == ([], ("headings", {}))


@given(st.lists(st.lists(st.one_of(st.none(), st.text(max_size=5), st.floats(), st.booleans()), max_size=6)))
def test_no_sheet_breaks_the_reading(rows):
    lines, _fault = rules.read_attendance([HEAD, *rows], SIGNED, MOST)
    assert all((line.came is None) != (line.wrong is None) for line in lines)


def workbook(rows) -> SimpleUploadedFile:
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return SimpleUploadedFile("签到.xlsx", output.getvalue())


def test_a_sheet_is_read_and_what_is_none_is_refused(minhang):
    assert attendance.read_sheet(workbook([HEAD, ["MHR1", "x", "是", 2, "是"]]))[1][0] == "MHR1"
    assert refused(Refused, attendance.read_sheet, SimpleUploadedFile("a.xlsx", b"no")).field == "upload"


# --- Hours ----------------------------------------------------------------------------------------


def test_hours_of_a_year_per_street_facility_and_person_with_what_is_signed_up_for(minhang):
    one, two = people(minhang, 2)
    other = factories.facility(minhang.other_street)
    three = people(minhang, 1, at=other)[0]
    for staff, hours, day, passed in (
        (one, 60, date(2026, 2, 1), True),
        (one, 50, date(2025, 2, 1), True),
        (two, 72, date(2026, 2, 1), True),
        (three, 72, date(2026, 2, 1), False),
    ):
        TrainingRecord.objects.create(
            staff=staff,
            kind="skills",
            course=f"c{day}{hours}",
            provider="x",
            hours=hours,
            done_on=day,
            passed=passed,
        )
    on = session(minhang)
    training.sign_up(on, [one], actor=minhang.actor("bureau"), now=NOW)
    measure = lists.yardstick(TODAY)
    work = training.at_work(minhang.actor("bureau"), "training.view", TODAY)
    by_street = training_hours.groups(work, measure, year=2026, on=TODAY, by="street")
    mine = next(g for g in by_street if g.key == minhang.street.pk)
    assert (mine.people, mine.skills, mine.skills_then, mine.done_skills, mine.ethics_then) == (
        2,
        1,
        2,
        132,
        0,
    )
    total = training_hours.total(by_street)
    assert (total.people, total.skills, total.skills_then) == (3, 1, 2)
    rows = {
        p.code: p for p in training_hours.people(work.filter(facility=minhang.facility), year=2026, on=TODAY)
    }
    assert (rows[one.code].skills, rows[one.code].skills_then) == (60, 76)
    assert rules.forecast(Decimal(60), Decimal(16)) == rows[one.code].skills_then
    nobody_said = training_hours.groups(
        work, replace(measure, skills=None, ethics=None), year=2026, on=TODAY, by="street"
    )
    assert {(g.skills, g.ethics, g.skills_then, g.ethics_then) for g in nobody_said} == {(0, 0, 0, 0)}
    before = training_hours.groups(work, measure, year=2025, on=date(2025, 12, 31), by="facility")
    assert sum(g.done_skills for g in before) == 50
    officer = training.at_work(minhang.actor("officer"), "training.view", TODAY)
    assert [g.key for g in training_hours.groups(officer, measure, year=2026, on=TODAY, by="street")] == [
        minhang.street.pk
    ]


# --- Certificates ---------------------------------------------------------------------------------


def certified(cast):
    on, (one, two) = held(cast)
    bureau = cast.actor("bureau")
    assert refused(Conflict, attendance.issue_certificates, on, actor=bureau, now=LATER).code == "state"
    lines = {one.code: came(one), two.code: came(two, passed=False)}
    attendance.record_attendance(on, lines, actor=bureau, now=LATER)
    return on, one, attendance.issue_certificates(on, actor=bureau, now=LATER)


def test_who_passed_gets_a_numbered_certificate_once(minhang):
    on, one, made = certified(minhang)
    bureau = minhang.actor("bureau")
    assert [(c.number, c.sign_up.staff, c.hours) for c in made] == [("闵托训〔2026〕1号", one, 16)]
    assert refused(Refused, attendance.issue_certificates, on, actor=bureau, now=LATER).code == "none"
    change = {one.code: came(one, hours="8")}
    assert (
        refused(Conflict, attendance.record_attendance, on, change, actor=bureau, now=LATER).code == "issued"
    )


def test_the_papers_are_set_with_name_number_and_code(minhang):
    on, one, (made,) = certified(minhang)
    system = training.Actor.system(minhang.minhang, "test")
    assert attendance.print_certificates(on, actor=system) == 1
    assert attendance.print_certificates(on, actor=system) == 0, "the message may come twice"
    made.refresh_from_db()
    on.refresh_from_db()
    with pdfplumber.open(path_of(made.file)) as paper:
        text = paper.pages[0].extract_text()
        assert len(paper.pages) == 1
    for part in (made.number, made.code, one.name, "示例急救课", "16 课时", "2026年4月2日", "闵行区教育局"):
        assert part.replace(" ", "") in text.replace(" ", "").replace("\n", ""), part
    assert one.identity not in text
    with pdfplumber.open(path_of(on.file)) as paper:
        assert len(paper.pages) == 1


def test_anybody_can_check_a_certificate_and_sees_no_more_than_it_says(cast):
    with district_scope(cast.minhang):
        _on, one, (made,) = certified(cast)
    client = Client()
    url = reverse("public-certificate", args=["minhang", made.code])
    text = client.get(url).content.decode()
    assert made.number in text and "示例急救课" in text and one.name not in text
    assert client.get(url.lower().replace("training", "training")).status_code == 200
    for other in (
        reverse("public-certificate", args=["jinshan", made.code]),
        reverse("public-certificate", args=["minhang", "0" * 12]),
    ):
        assert client.get(other).status_code == 404
    with public_scope():
        assert AttendanceCertificate.objects.only("number").get().number == made.number


# --- Pages ----------------------------------------------------------------------------------------


@pytest.fixture
def at(cast):
    def sign_in(name):
        client = Client()
        client.force_login(cast.users[name])
        return client

    return sign_in


def url(name, *args):
    return reverse(name, args=["minhang", *args])


def test_a_session_from_its_plan_to_the_certificates_in_the_browser(cast, at):
    today = timezone.localdate()
    bureau, operator = at("bureau"), at("operator")
    with district_scope(cast.minhang):
        staff = people(cast, 2)
    sent = {"title": "示例课", "kind": "ethics", "provider": "示例单位", "hours": "6"}
    assert bureau.post(url("course-new"), sent).status_code == 302
    assert bureau.post(url("course-new"), sent).status_code == 422
    with district_scope(cast.minhang):
        of = training.Course.objects.get()
    plan = {
        "course": of.pk, "mode": "online", "place": "示例平台", "starts_on": today.isoformat(),
        "ends_on": today.isoformat(), "sign_up_until": today.isoformat(), "capacity": "5",
    }  # fmt: skip
    assert bureau.post(url("training-session-new"), {**plan, "capacity": "0"}).status_code == 422
    page = bureau.post(url("training-session-new"), plan)["Location"]
    pk = int(page.rstrip("/").rsplit("/", 1)[1])
    assert staff[0].code in operator.get(page).content.decode()
    assert operator.post(url("training-sign-up", pk), {"staff": [staff[0].pk]}).status_code == 302
    assert operator.post(url("training-sign-up", pk), {}).status_code == 422
    assert bureau.post(url("training-sign-up", pk), {"codes": f"{staff[1].code} XX9"}).status_code == 422
    assert bureau.post(url("training-sign-up", pk), {"codes": staff[1].code.lower()}).status_code == 302
    with district_scope(cast.minhang):
        rows = {row.staff_id: row.pk for row in TrainingSignUp.objects.all()}
    sheet = bureau.get(url("attendance-sheet", pk))
    filled = attendance.read_sheet(io.BytesIO(sheet.content))
    assert [row[0] for row in filled[2:]] == [s.code for s in staff]
    filled[2][3] = 60
    preview = bureau.post(url("attendance-upload", pk), {"upload": workbook(filled)})
    text = preview.content.decode()
    assert "0.5 到 6 之间的数" in text and "写入 1 行" in text
    payload = preview.context["payload"]
    assert bureau.post(url("attendance-confirm", pk), {"payload": payload + "x"}).status_code == 400
    assert bureau.post(url("attendance-confirm", pk), {"payload": payload}).status_code == 302
    with district_scope(cast.minhang):
        assert TrainingRecord.objects.get().staff == staff[1]
    line = {f"came-{key}": "on" for key in rows.values()} | {f"passed-{key}": "on" for key in rows.values()}
    assert bureau.post(url("attendance", pk), line | {f"hours-{rows[staff[0].pk]}": "99"}).status_code == 400
    assert bureau.post(url("attendance", pk), line).status_code == 302
    assert bureau.post(url("attendance-certificates", pk)).status_code == 302
    with district_scope(cast.minhang):
        assert AttendanceCertificate.objects.count() == 2
        session = training.TrainingSession.objects.get()
        attendance.print_certificates(session, actor=training.Actor.system(cast.minhang, "test"))
        paper = AttendanceCertificate.objects.get(sign_up=rows[staff[0].pk])
    assert bureau.get(url("attendance-certificates", pk))["Content-Type"] == "application/pdf"
    assert operator.get(url("attendance-certificate", paper.pk))["Content-Type"] == "application/pdf"
    assert operator.get(url("attendance-certificates", pk)).status_code == 403


@pytest.mark.parametrize("who", ["bureau", "officer", "operator", "auditor"])
def test_hours_are_shown_to_each_as_far_as_they_reach(cast, at, who):
    with district_scope(cast.minhang):
        mine = people(cast, 1)[0]
        far = factories.facility(cast.other_street, name="示例远处园")
        people(cast, 1, at=far)
    text = at(who).get(url("training-hours")).content.decode()
    assert (
        "示例远处园" in at(who).get(f"{url('training-hours')}?street={cast.other_street.pk}").content.decode()
    ) == (who in ("bureau", "auditor"))
    assert "年末预计课时" in text and "72" in text
    page = at(who).get(f"{url('training-hours')}?facility={cast.facility.code}")
    assert mine.code in page.content.decode()


def test_trainers_and_their_own_training(cast, at):
    bureau = at("bureau")
    sent = {"name": "示例讲师", "kind": "care", "organisation": "示例大学", "subject": "急救"}
    assert bureau.post(url("trainer-new"), sent).status_code == 302
    assert bureau.post(url("trainer-new"), sent).status_code == 422
    assert "今年还没有参加" in bureau.get(url("trainers")).content.decode()
    with district_scope(cast.minhang):
        trainer = training.Trainer.objects.get()
    day = timezone.localdate() - timedelta(0)
    done = {"course": "示例师资课", "provider": "示例", "hours": "8", "done_on": day.isoformat()}
    assert bureau.post(url("trainer-train", trainer.pk), done).status_code == 302
    assert bureau.post(url("trainer-train", trainer.pk), done).status_code == 422
    assert "够了" in bureau.get(url("trainers")).content.decode()


def test_where_nobody_has_said_how_many_hours_nobody_has_them(cast, at):
    with district_scope(cast.minhang):
        people(cast, 1)
        Parameter.objects.filter(key__startswith="training.").delete()
    page = at("bureau").get(url("training-hours")).content.decode()
    assert page.count("没有标准") >= 4 and "1 / 1" not in page
    page = at("bureau").get(f"{url('training-hours')}?facility={cast.facility.code}").content.decode()
    assert "没有标准" in page and "够了" not in page
    rows = cells_of(at("bureau").get("/minhang/exports/hours/").content)
    assert all(row[2:4] == ["没有标准", "没有标准"] for row in rows[1:] if row[0] == cast.street.name)
