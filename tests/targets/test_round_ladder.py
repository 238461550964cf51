"""A round reminds and escalates by itself, each rung once, in the message of the day of whom it reaches."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from portal.access import Actor
from portal.models import Message, Unit
from portal.services import messages
from portal.tenancy import district_scope
from targets import waiting
from targets.models import Task
from targets.rules import tasks as rules
from targets.services import round_ladder, rounds
from tests.targets.factories import report, reporting_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        cast.round = reporting_round()
        cast.days = round_ladder.days(cast.round, cast.round.due_on)
        yield cast


def told(cast, on: date) -> dict[str, list[str]]:
    """Who is told what of task reports on the day."""
    people = messages.recipients(on)
    messages.send_digests(people, on=on, actor=Actor.system(cast.minhang, "test"))
    found = {}
    for name, user in cast.users.items():
        lines = [
            line["words"] for row in Message.objects.filter(user=user, on=on) for line in row.lines
            if "任务进展" in line["words"]
        ]  # fmt: skip
        if lines:
            found[name] = lines
    return found


def test_the_days_are_working_days_before_and_after_the_due_day():
    due = date(2026, 10, 20)
    add = lambda day, n: day + timedelta(n)  # noqa: E731
    found = rules.rung_days(due, {"soon": 5, "unit": 1, "bureau": 3}, add)
    assert found == {"soon": date(2026, 10, 15), "unit": date(2026, 10, 21), "bureau": date(2026, 10, 23)}


def test_each_rung_once_to_whom_it_reaches(minhang):
    days = minhang.days
    assert list(days) == ["soon", "unit", "bureau", "leaders"]
    assert days["soon"] < minhang.round.due_on < days["unit"] < days["bureau"] < days["leaders"]
    assert told(minhang, days["soon"] - timedelta(1)) == {}
    soon = told(minhang, days["soon"])
    assert "还差 19 项" in soon["department"][0] and set(soon) == {"bureau", "clerk", "department", "head"}
    assert told(minhang, days["soon"] + timedelta(1)) == {}, "nothing is told twice"
    late = told(minhang, days["unit"])
    assert "逾期，还差" in late["department"][0]
    bureau = told(minhang, days["bureau"])
    assert set(bureau) == {"bureau", "clerk"} and "个单位逾期没有报齐" in bureau["bureau"][0]
    leaders = told(minhang, days["leaders"])
    assert set(leaders) == {"head"} and "个单位逾期没有报齐" in leaders["head"][0]


def test_a_missed_day_is_made_up_and_who_has_reported_is_left_alone(minhang):
    number = dict(Task.objects.values_list("pk", "number"))
    health = minhang.health_unit
    for task, unit in rounds.owing(minhang.round):
        if unit == health.pk:
            report(minhang.round, number[task], health)
    assert set(told(minhang, minhang.days["unit"])) == {"bureau", "clerk", "head"}
    found = told(minhang, minhang.days["bureau"] + timedelta(2))
    assert set(found) == {"bureau", "clerk"}


def test_nothing_is_told_when_all_have_reported(minhang):
    units, number = Unit.objects.in_bulk(), dict(Task.objects.values_list("pk", "number"))
    for task, unit in rounds.owing(minhang.round):
        report(minhang.round, number[task], units[unit])
    assert told(minhang, minhang.days["unit"]) == {} and told(minhang, minhang.days["leaders"]) == {}


def test_the_leadership_has_it_on_today(minhang, monkeypatch):
    day = minhang.days["leaders"]
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *a, **k: day - timedelta(1))
    assert waiting.units_overdue(minhang.actor("head")) == []
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *a, **k: day)
    (one,) = waiting.units_overdue(minhang.actor("head"))
    assert "个单位没有报齐" in one.title and waiting.units_overdue(minhang.actor("department")) == []
    rungs = round_ladder.ladder(minhang.round, minhang.days["bureau"])
    assert [rung["reached"] for rung in rungs] == [True, True, True, False]


def test_the_rounds_page_shows_the_days_and_the_newest_round_first(cast, client):
    year, quarter = rules.quarter_of(timezone.localdate())
    with district_scope(cast.minhang):
        actor = Actor.system(cast.minhang, "test")
        rounds.open_round(*((year - 1, 4) if quarter == 1 else (year, quarter - 1)), actor=actor)
        newest = rounds.open_round(year, quarter, actor=actor)
    client.force_login(cast.bureau)
    page = client.get("/minhang/tasks/rounds/")
    assert page.context["rounds"][0]["round"] == newest
    assert "自动催办" in page.content.decode() and "报单位负责人" in page.content.decode()
