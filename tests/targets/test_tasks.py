"""What runs by the clock in targets: each message twice does it once, nonsense is dropped, a foreign id is none."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from portal.access import Actor
from portal.models import AuditEntry
from portal.tenancy import district_scope
from targets import tasks
from targets.models import Report, ReportingRound, Snapshot, SnapshotValue
from targets.rules.tasks import quarter_dates, quarter_of
from targets.services import reports

pytestmark = pytest.mark.django_db


def everything() -> tuple:
    kept = (Snapshot, SnapshotValue, Report, ReportingRound, AuditEntry)
    return tuple(tuple(model.objects.order_by("pk").values_list("pk", flat=True)) for model in kept)


def last_month() -> date:
    return timezone.localdate().replace(day=1) - timedelta(days=1)


@pytest.fixture
def queued(monkeypatch) -> list:
    """What services queue on commit; a test never commits, so the callbacks run at once."""
    names = []
    monkeypatch.setattr("targets.services.reports.transaction.on_commit", lambda call: call())
    monkeypatch.setattr(
        "targets.services.reports.app.send_task", lambda name, args: names.append((name, args))
    )
    return names


@pytest.mark.parametrize("name", ["see_rounds", "roll_up_month", "roll_up_year", "draft_report"])
def test_a_message_that_comes_twice_does_it_once(name, cast, queued):
    with district_scope(cast.minhang):
        nothing = everything()
    task = getattr(tasks, name)
    first = task(cast.minhang.pk)
    with district_scope(cast.minhang):
        once = everything()
        assert once != nothing
    assert task(cast.minhang.pk) == first
    with district_scope(cast.minhang):
        assert everything() == once
    with district_scope(cast.jinshan):
        assert not Snapshot.objects.exists() and not Report.objects.exists()
    assert len(queued) == (name == "draft_report")


def test_printing_twice_keeps_one_file(cast, queued):
    pk = tasks.draft_report(cast.minhang.pk)
    assert queued == [("targets.print_report", [cast.minhang.pk, pk])]
    sha256 = tasks.print_report(cast.minhang.pk, pk)
    with district_scope(cast.minhang):
        once = everything()
        file = Report.objects.get(pk=pk).file_id
    assert tasks.print_report(cast.minhang.pk, pk) == sha256 != ""
    with district_scope(cast.minhang):
        assert everything() == once and Report.objects.get(pk=pk).file_id == file


def test_an_issued_report_is_drafted_no_more(cast, queued):
    pk = tasks.draft_report(cast.minhang.pk)
    with district_scope(cast.minhang):
        report = Report.objects.get(pk=pk)
        seen = report.content["snapshot"]["sha256"]
        reports.issue_report(report, seen=seen, actor=cast.actor("head"))
        before = everything()
    assert tasks.draft_report(cast.minhang.pk) == pk
    with district_scope(cast.minhang):
        assert everything() == before


def test_the_round_is_that_of_the_quarter_and_a_missed_day_is_made_up(cast):
    pk = tasks.see_rounds(cast.minhang.pk)
    today = timezone.localdate()
    with district_scope(cast.minhang):
        made = ReportingRound.objects.get()
        assert (made.pk, made.starts_on, made.ends_on) == (pk, *quarter_dates(*quarter_of(today)))
        (entry,) = AuditEntry.objects.filter(action="targets.round.open")
        assert entry.actor == "targets.see_rounds"


def test_a_report_of_another_district_is_none(cast, queued, caplog):
    with district_scope(cast.jinshan):
        foreign = reports.draft_report(
            last_month().year, last_month().month, actor=Actor.system(cast.jinshan, "test")
        )
    assert tasks.print_report(cast.minhang.pk, foreign.pk) is None
    with district_scope(cast.jinshan):
        assert Report.objects.get(pk=foreign.pk).file_id is None
    assert f"report {foreign.pk}" in caplog.text


@pytest.mark.parametrize("unknown", [999_999, 10**30, -1, "x", None, [1]])
def test_an_unknown_report_is_dropped(unknown, cast, caplog):
    assert tasks.print_report(cast.minhang.pk, unknown) is None
    assert "targets.print_report" in caplog.text


@pytest.mark.parametrize("name", ["see_rounds", "roll_up_month", "roll_up_year", "draft_report"])
@pytest.mark.parametrize("unknown", [999_999, 10**30, "minhang", None])
def test_an_unknown_district_is_dropped(name, unknown, caplog):
    assert getattr(tasks, name)(unknown) is None
    assert "unknown district" in caplog.text


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("roll_up_month", (2026, 13)),
        ("draft_report", (2026, 13)),
        ("draft_report", (2199, 1)),
        ("roll_up_year", (1,)),
    ],
)
def test_a_time_that_is_none_is_dropped_and_changes_nothing(name, given, cast, caplog):
    with district_scope(cast.minhang):
        before = everything()
    assert getattr(tasks, name)(cast.minhang.pk, *given) is None
    assert "填" in caplog.text or "还没开始" in caplog.text
    with district_scope(cast.minhang):
        assert everything() == before


@pytest.mark.parametrize(
    ("name", "queues"),
    [
        ("every_round", "see_rounds"),
        ("every_month", "roll_up_month"),
        ("every_year", "roll_up_year"),
        ("every_report", "draft_report"),
    ],
)
def test_the_clock_queues_one_message_per_district_and_none_for_the_city(name, queues, cast, monkeypatch):
    sent = []
    monkeypatch.setattr(getattr(tasks, queues), "delay", sent.append)
    getattr(tasks, name)()
    assert {cast.minhang.pk, cast.jinshan.pk} <= set(sent)
    assert cast.city.pk not in sent and len(sent) == len(set(sent))
