"""Units report, the bureau takes or sends back, rounds open, reminders go out."""

import io
import zipfile
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portal import calendar
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models import AuditEntry, Membership, Unit
from portal.services import files as file_service
from portal.tenancy import district_scope
from targets import waiting
from targets.models import ProgressFile, ProgressReport, ReportingRound, Task, TaskUnit
from targets.services import rounds, tasks
from tests.targets.factories import report, reporting_round

pytestmark = pytest.mark.django_db
ON = date(2026, 10, 12)


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        yield cast


@pytest.fixture
def town(minhang):
    """The street officer becomes one of 七宝镇's government."""
    unit = Unit.objects.get(slug="minhang-qibao-town")
    Membership.objects.filter(user=minhang.officer).update(unit=unit)
    return unit


def write(cast, who, number, unit, of_round, **values):
    return tasks.write_progress(
        Task.objects.get(number=number),
        unit,
        of_round,
        actor=cast.actor(who),
        **{"percent": 40, "text": "已开班 3 个", "version": 0, "on": ON, "submit": True, **values},
    )


def test_a_unit_hands_in_its_report_and_it_is_on_record(minhang):
    made = write(minhang, "department", 1, minhang.health_unit, reporting_round())
    assert (made.state, made.percent, made.submitted_on, made.version) == ("submitted", 40, ON, 1)
    assert made.submitted_by == minhang.department
    entry = AuditEntry.objects.filter(action="targets.progress.submit").get()
    assert entry.changes == {"percent": [None, 40], "state": [None, "submitted"]}


def test_a_draft_is_kept_and_handed_in_later(minhang):
    first = write(minhang, "department", 1, minhang.health_unit, reporting_round(), submit=False, text="")
    assert first.state == "draft"
    second = write(minhang, "department", 1, minhang.health_unit, first.round, version=first.version)
    assert second.pk == first.pk
    assert (second.state, second.version) == ("submitted", 2)


def test_another_units_report_is_denied(minhang):
    with pytest.raises(Denied, match="不是你的单位"):
        write(minhang, "department", 1, minhang.bureau_unit, reporting_round())
    assert not ProgressReport.objects.exists()


def test_who_has_no_right_is_denied(minhang):
    with pytest.raises(Denied):
        write(minhang, "auditor", 1, minhang.health_unit, reporting_round())


def test_a_task_that_the_unit_does_not_have_is_refused(minhang):
    with pytest.raises(Refused, match="任务 15 没有分给区卫健委"):
        write(minhang, "department", 15, minhang.health_unit, reporting_round())


@pytest.mark.parametrize("percent", [101, -1, 5000])
def test_an_absurd_percentage_is_refused_by_field(minhang, percent):
    with pytest.raises(Refused, match="0 到 100") as refusal:
        write(minhang, "department", 1, minhang.health_unit, reporting_round(), percent=percent)
    assert refusal.value.field == "percent"
    assert not ProgressReport.objects.exists()


@pytest.mark.parametrize(("field", "values"), [("percent", {"percent": None}), ("text", {"text": "　"})])
def test_what_is_handed_in_is_complete(minhang, field, values):
    with pytest.raises(Refused) as refusal:
        write(minhang, "department", 1, minhang.health_unit, reporting_round(), **values)
    assert refusal.value.field == field


def test_a_text_too_long_is_refused(minhang):
    with pytest.raises(Refused, match="最多 2000 个字"):
        write(minhang, "department", 1, minhang.health_unit, reporting_round(), text="多" * 2001)


@pytest.mark.parametrize(("on", "words"), [(date(2026, 6, 30), "开始报"), (date(2027, 1, 1), "不收进展")])
def test_a_round_takes_reports_in_its_time_only(minhang, on, words):
    with pytest.raises(Refused, match=words):
        write(minhang, "department", 1, minhang.health_unit, reporting_round(), on=on)


def test_a_late_report_is_taken_and_shows_its_day(minhang):
    made = write(minhang, "department", 1, minhang.health_unit, reporting_round(), on=date(2026, 11, 20))
    assert made.submitted_on > made.round.due_on


def test_the_second_of_two_is_told_who_changed_what(minhang):
    first = write(minhang, "department", 1, minhang.health_unit, reporting_round(), submit=False)
    write(minhang, "department", 1, minhang.health_unit, first.round, version=1, submit=False, percent=70)
    with pytest.raises(Conflict, match=r"示例department .*进度 70%") as conflict:
        write(minhang, "department", 1, minhang.health_unit, first.round, version=1, percent=20)
    assert conflict.value.params["version"] == 2
    assert ProgressReport.objects.get().percent == 70


def test_two_who_begin_at_once_do_not_overwrite_each_other(minhang):
    made = write(minhang, "department", 1, minhang.health_unit, reporting_round(), submit=False)
    with pytest.raises(Conflict):
        write(minhang, "department", 1, minhang.health_unit, made.round, version=0)


def test_a_collective_reports_through_its_members(minhang, town):
    of_round = reporting_round()
    with pytest.raises(Refused, match="集体单位"):
        tasks.write_progress(
            Task.objects.get(number=7),
            Unit.objects.get(slug="minhang-towns"),
            of_round,
            percent=10,
            text="一",
            version=0,
            actor=Actor.system(minhang.minhang, "test"),
            on=ON,
        )
    made = write(minhang, "officer", 7, town, of_round)
    assert made.unit == town


def test_each_member_of_a_collective_owes(minhang):
    of_round = reporting_round()
    owed = rounds.outstanding(of_round)
    names = dict(Unit.objects.filter(pk__in=owed).values_list("pk", "slug"))
    towns = [pk for pk, slug in names.items() if slug.endswith("-town")]
    assert len(towns) == 9
    assert len({owed[pk] for pk in towns}) == 1
    assert not Unit.objects.filter(pk__in=owed, collective=True).exists()
    report(of_round, 7, Unit.objects.get(slug="minhang-qibao-town"))
    fewer = rounds.outstanding(of_round)
    assert owed.total() - fewer.total() == 1


def test_the_bureau_sends_back_with_a_reason_and_the_unit_mends(minhang):
    made = write(minhang, "department", 1, minhang.health_unit, reporting_round())
    with pytest.raises(Refused, match="写清要补什么"):
        tasks.return_report(made, " ", version=made.version, actor=minhang.actor("bureau"))
    back = tasks.return_report(made, "补上名单", version=made.version, actor=minhang.actor("bureau"))
    assert (back.state, back.returned_note) == ("returned", "补上名单")
    queue = waiting.reports_owed(minhang.actor("department"))
    assert any("补充任务 1" in item.title and "补上名单" in item.facts for item in queue)
    again = write(minhang, "department", 1, minhang.health_unit, made.round, version=back.version)
    taken = tasks.accept_report(again, version=again.version, actor=minhang.actor("bureau"))
    assert taken.state == "accepted"
    with pytest.raises(Conflict, match="已收"):
        write(minhang, "department", 1, minhang.health_unit, made.round, version=taken.version)


def test_a_unit_does_not_take_its_own_report(minhang):
    made = write(minhang, "department", 1, minhang.health_unit, reporting_round())
    with pytest.raises(Denied):
        tasks.accept_report(made, version=made.version, actor=minhang.actor("department"))


def office(part: str, extra: str = "") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in filter(None, (part, extra)):
            archive.writestr(name, "<x/>")
    return content.getvalue()


def test_evidence_is_kept_with_what_it_is(minhang, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    uploads = [
        SimpleUploadedFile("名单.xlsx", office("xl/workbook.xml")),
        SimpleUploadedFile("说明.txt", office("word/document.xml")),
        SimpleUploadedFile("材料.pdf", b"%PDF-1.7 x"),
    ]
    made = write(
        minhang, "department", 1, minhang.health_unit, reporting_round(), files=uploads, submit=False
    )
    kept = [f.file for f in ProgressFile.objects.filter(report=made).order_by("pk").select_related("file")]
    assert [f.name for f in kept] == ["名单.xlsx", "说明.docx", "材料.pdf"]
    assert file_service.path_of(kept[2]).read_bytes() == b"%PDF-1.7 x"
    first = ProgressFile.objects.filter(report=made).order_by("pk").first()
    write(minhang, "department", 1, minhang.health_unit, made.round, version=1, drop_files=[first.pk])
    assert ProgressFile.objects.filter(report=made).count() == 2


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("坏.exe", b"MZ\x90", "PDF"),
        ("宏.xlsx", office("xl/workbook.xml", "xl/vbaProject.bin"), "不能带宏"),
        ("假.xlsx", b"PK\x03\x04 nothing", "xlsx"),
        ("空.pdf", b"", "空的"),
        ("大.pdf", b"%PDF-" + b"0" * (10 * 1024 * 1024), "超过 10 MB"),
    ],
)
def test_a_file_of_the_wrong_kind_or_size_changes_nothing(minhang, settings, tmp_path, name, content, words):
    settings.DATA_DIR = tmp_path
    with pytest.raises(Refused, match=words) as refusal:
        write(
            minhang,
            "department",
            1,
            minhang.health_unit,
            reporting_round(),
            files=[SimpleUploadedFile(name, content)],
        )
    assert refusal.value.field == "files"
    assert not ProgressReport.objects.exists()


def test_a_round_is_opened_once_and_due_in_working_days(minhang):
    made = rounds.open_round(2026, 3, actor=minhang.actor("bureau"))
    assert (made.name, made.starts_on, made.ends_on) == (
        "2026 年三季度",
        date(2026, 7, 1),
        date(2026, 9, 30),
    )
    assert made.due_on == date(2026, 10, 20)  # the National Day week and its make-up day counted
    assert rounds.open_round(2026, 3, actor=minhang.actor("bureau")).pk == made.pk
    assert ReportingRound.objects.count() == 1
    assert rounds.see_rounds(on=date(2026, 8, 1), actor=minhang.actor("bureau")).pk == made.pk


def test_a_due_day_in_an_unknown_year_is_counted_again_and_never_shorter(minhang, monkeypatch):
    by = Actor.system(minhang.minhang, "test")
    monkeypatch.setattr(calendar, "is_known", lambda year: year < 2027)
    made = rounds.open_round(2026, 4, actor=by)
    assert made.due_on.year == 2027
    later = made.due_on + timedelta(days=3)
    monkeypatch.setattr(calendar, "add_working_days", lambda start, days: later)
    rounds.see_rounds(on=date(2026, 11, 30), actor=by)
    assert ReportingRound.objects.get(pk=made.pk).due_on == made.due_on
    monkeypatch.setattr(calendar, "is_known", lambda year: year < 2028)
    rounds.see_rounds(on=date(2026, 12, 1), actor=by)
    assert ReportingRound.objects.get(pk=made.pk).due_on == later
    (entry,) = AuditEntry.objects.filter(action="targets.round.settle_due_day")
    assert entry.changes["due_on"] == [made.due_on.isoformat(), later.isoformat()]
    monkeypatch.setattr(calendar, "add_working_days", lambda start, days: made.due_on)
    assert rounds.settle_due_days(on=date(2026, 12, 2), actor=by) == 0


def test_a_holiday_that_the_law_fixes_is_none_of_the_working_days_of_an_unknown_year(minhang, monkeypatch):
    monkeypatch.setattr(calendar, "is_known", lambda year: year < 2027)
    calendar.is_working_day.cache_clear()
    made = rounds.open_round(2026, 4, actor=Actor.system(minhang.minhang, "test"))
    assert made.due_on == date(2027, 1, 15)  # ten working days after New Year's Eve; 1 January is none
    assert calendar.is_public_holiday(date(2027, 10, 3)) and not calendar.is_public_holiday(date(2027, 1, 4))
    calendar.is_working_day.cache_clear()


@pytest.mark.parametrize(("year", "quarter", "field"), [(2026, 5, "quarter"), (1990, 1, "year")])
def test_a_round_of_no_time_is_refused(minhang, year, quarter, field):
    with pytest.raises(Refused) as refusal:
        rounds.open_round(year, quarter, actor=minhang.actor("bureau"))
    assert refusal.value.field == field


def test_a_round_of_a_past_quarter_in_which_nobody_had_a_task_is_refused(minhang):
    Task.objects.update(starts_on=date(2026, 10, 8))
    with pytest.raises(Refused, match="没有一项任务生效"):
        rounds.open_round(2026, 3, actor=minhang.actor("bureau"), on=date(2026, 11, 20))
    assert rounds.open_round(2026, 4, actor=minhang.actor("bureau"), on=date(2026, 11, 20)).pk


def test_only_the_bureau_opens_and_reminds(minhang):
    with pytest.raises(Denied):
        rounds.open_round(2026, 3, actor=minhang.actor("department"))
    with pytest.raises(Denied):
        rounds.remind(reporting_round(), actor=minhang.actor("department"), on=ON)


def test_a_reminder_is_on_record_and_on_the_units_day(minhang, monkeypatch):
    of_round = reporting_round()
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *a, **k: ON)
    before = waiting.reports_owed(minhang.actor("department"))
    assert [item.state for item in before] == ["doing"]
    units = rounds.remind(of_round, actor=minhang.actor("bureau"), on=ON)
    assert minhang.health_unit in units
    entry = AuditEntry.objects.get(action=rounds.REMINDED)
    assert set(entry.changes["units"]) == {u.pk for u in units}
    after = waiting.reports_owed(minhang.actor("department"))
    assert "催报" in after[0].facts
    assert after[0].state == "warn"
    with pytest.raises(Refused, match="今天已经催过"):
        rounds.remind(of_round, actor=minhang.actor("bureau"), on=ON)


def test_nobody_is_reminded_when_all_have_reported(minhang):
    of_round = reporting_round()
    by_number = dict(Task.objects.values_list("pk", "number"))
    units = Unit.objects.in_bulk()
    for task, unit in rounds.owing():
        report(of_round, by_number[task], units[unit])
    with pytest.raises(Refused, match="报齐"):
        rounds.remind(of_round, actor=minhang.actor("bureau"), on=ON)


def test_the_bureau_sees_reports_to_take_and_the_documents_gaps(minhang):
    made = write(minhang, "department", 1, minhang.health_unit, reporting_round())
    titles = [item.title for item in waiting.reports_to_take(minhang.actor("bureau"))]
    assert "收下 1 份任务进展" in titles
    assert "任务 9、15 文件未列牵头单位" in titles
    gap = next(one for one in waiting.reports_to_take(minhang.actor("bureau")) if "9、15" in one.title)
    assert "配合单位照常报" in gap.facts  # of row 9
    assert waiting.reports_owed(minhang.actor("department")), "who supports row 9 does report"
    TaskUnit.objects.filter(task__number=9).delete()
    gap = next(one for one in waiting.reports_to_take(minhang.actor("bureau")) if "9、15" in one.title)
    assert "没有人报进展" in gap.facts
    tasks.accept_report(made, version=made.version, actor=minhang.actor("bureau"))
    titles = [item.title for item in waiting.reports_to_take(minhang.actor("bureau"))]
    assert "收下 1 份任务进展" not in titles
    assert waiting.reports_to_take(minhang.actor("department")) == []


def test_the_round_in_hand_is_the_quarter_that_is_due_then_the_present_one(minhang):
    for quarter in (2, 3, 4):
        rounds.open_round(2026, quarter, actor=minhang.actor("bureau"))
    recent = rounds.recent_rounds()
    assert [r.name for r in recent] == ["2026 年四季度", "2026 年三季度", "2026 年二季度"]
    assert rounds.round_in_hand(recent, date(2026, 10, 20)).name == "2026 年三季度"
    assert rounds.round_in_hand(recent, date(2026, 10, 21)).name == "2026 年四季度"
    assert rounds.round_in_hand(recent, date(2026, 9, 30)).name == "2026 年三季度"
    assert rounds.round_in_hand(recent, date(2026, 1, 1)) is None
    assert [r.name for r in rounds.open_rounds(date(2026, 11, 1))] == ["2026 年三季度", "2026 年四季度"]
