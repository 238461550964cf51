"""`manage.py month`: the main job from the command line."""

import io
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from inspections.models import Draw, Inspection
from portal.models import AuditEntry
from targets.models import Report, ReportSetting, Snapshot
from targets.services import report_settings, reports
from tests.inspections import small_district
from tests.inspections.small_district import DICE, THROWS
from tests.targets import figures as f

pytestmark = pytest.mark.django_db
NOW = timezone.make_aware(datetime(2026, 3, 3, 10))


@pytest.fixture
def small(db, monkeypatch):
    """The small district, ready for March; no worker is asked."""
    it = small_district.make()
    with it.scope():
        f.all_parameters()
        ReportSetting.objects.create(kind="monthly", **report_settings.read()["monthly"]["310112"])
        it.scheme.grades_public_confirmed_at = NOW
        it.scheme.save()
    monkeypatch.setattr(reports.app, "send_task", lambda *args, **kwargs: None)
    return it


def run(*args: str, now=NOW) -> str:
    out = io.StringIO()
    with mock.patch.object(timezone, "now", Clock(now)):
        call_command("month", *args, stdout=out, no_color=True)
    return out.getvalue()


class Clock:
    """Time that goes on by a second each time somebody looks."""

    def __init__(self, start):
        self.start, self.looks = start, 0

    def __call__(self):
        self.looks += 1
        return self.start + timedelta(seconds=self.looks)


def march(*more: str, now=NOW) -> str:
    return run("--district", "small", "--month", "2026-03", *more, now=now)


def refused(*args: str) -> str:
    with pytest.raises(CommandError) as error:
        run(*args)
    assert error.value.returncode == 2
    return str(error.value)


def everything(small) -> tuple:
    with small.scope():
        return (
            Draw.objects.count(), Inspection.objects.count(), AuditEntry.objects.count(), Snapshot.objects.count(),
            list(Report.objects.values_list("state", "sha256", "drafted_at")),
        )  # fmt: skip


def test_without_a_witness_it_freezes_and_waits(small):
    text = march()
    assert "等 区教育局" in text
    with small.scope():
        assert Draw.objects.get().state == "frozen"
        assert not Inspection.objects.exists()
        assert Report.objects.get().state == "draft"


def test_with_witness_and_second_person_it_draws_and_reports(small):
    march()
    text = march("--entropy", DICE, "--source", "witness", "--second", small.users["head"].username)
    with small.scope():
        draw = Draw.objects.get()
        assert draw.state == "drawn" and draw.entropy_value == DICE
        assert {i.state for i in Inspection.objects.all()} == {"due"}  # no visit was invented
        report = Report.objects.get()
        assert report.content["totals"]["drawn"] == draw.inspections.count()
        assert report.content["totals"]["made"] == 0
    path = Path(text.strip().splitlines()[-1])
    assert path.read_bytes()[:5] == b"%PDF-"
    assert "送审稿" in text and "在办托育机构" in text


def test_without_the_second_person_the_entry_waits(small):
    march()
    text = march("--entropy", DICE, "--source", "witness")
    assert "第二人" in text
    with small.scope():
        assert Draw.objects.get().state == "witnessed"
    march("--second", small.users["head"].username)
    with small.scope():
        assert Draw.objects.get().state == "drawn"


def test_text_given_with_the_freezing_is_marked_in_the_record(small):
    march("--entropy", DICE, "--source", "witness", "--second", small.users["head"].username)
    with small.scope():
        assert "同一次运行" in Draw.objects.get().witnesses


def test_text_read_after_the_freezing(small, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(DICE + "\n"))
    text = march("--entropy", "-", "--source", "witness", "--second", small.users["head"].username)
    assert text.index("指纹已公开") < text.index("录入了随机文本")
    with small.scope():
        assert Draw.objects.get().witnesses == "命令行录入"


def test_twice_gives_the_same_and_changes_nothing(small):
    args = ("--entropy", DICE, "--source", "witness", "--second", small.users["head"].username)
    march()
    march(*args)
    before, text = everything(small), march(*args)
    assert march(*args) == text
    assert everything(small) == before


def test_chained_is_drawn_when_asked_for_by_name_and_due(small):
    march()
    message = refused("--district", "small", "--month", "2026-03", "--source", "chained")
    assert "才能接链" in message
    text = march("--source", "chained", now=timezone.make_aware(datetime(2026, 3, 20, 10)))
    assert "接链抽取完成" in text
    with small.scope():
        assert Draw.objects.get().entropy_source == "chained"


def test_a_month_that_has_not_begun_is_frozen_but_not_counted(small):
    text = run("--district", "small", "--month", "2026-04", now=timezone.make_aware(datetime(2026, 3, 25)))
    assert "还没开始" in text
    with small.scope():
        assert Draw.objects.get().month == 4
        assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--district", "nowhere", "--month", "2026-03"), "nowhere"),
        (("--month", "2026-03"), "区："),
        (("--district", "shanghai", "--month", "2026-03"), "shanghai"),
        (("--district", "small", "--month", "2026-13"), "月份"),
        (("--district", "small", "--month", "March"), "月份"),
        (("--district", "small"), "月份"),
        (("--district", "small", "--month", "2026-03", "--source", "witness"), "随机文本"),
        (("--district", "small", "--month", "2026-03", "--entropy", DICE), "来源"),
        (("--district", "small", "--month", "2026-03", "--entropy", "1 2 3", "--source", "witness"), "骰子"),
        (("--district", "small", "--month", "2026-03", "--entropy", DICE, "--source", "guess"), "来源"),
        (("--district", "small", "--month", "2026-03", "--entropy", DICE, "--source", "beacon"), "信标"),
        (("--district", "small", "--month", "2026-03", "--second", "nobody"), "第二人"),
        (("--district", "small", "--month", "2026-03", "--entropy", DICE, "--source", "witness", "--scheme", "x"), "方案"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_and_changes_nothing(small, args, says):
    before = everything(small)
    assert says in refused(*args)
    assert everything(small) == before


def test_a_text_is_used_once(small):
    with small.scope():
        small.draw(2, DICE)
    march()
    before = everything(small)
    message = refused("--district", "small", "--month", "2026-03", "--entropy", DICE, "--source", "witness")
    assert "2 月的抽取用过" in message
    assert everything(small) == before
    march("--entropy", THROWS[5], "--source", "witness")


def test_an_issued_report_stays_as_it_is(small):
    later = timezone.make_aware(datetime(2026, 4, 2, 10))
    with small.scope():
        report = reports.draft_report(2026, 3, actor=small.actor("bureau"), now=later)
        reports.issue_report(
            report, seen=report.content["snapshot"]["sha256"], actor=small.actor("head"), now=later
        )
    text = march(now=later)
    assert "已印发，文号" in text
    with small.scope():
        assert Report.objects.get().state == "issued"
