"""The month's report says loudly where a team is short (draw protocol, 'Teams')."""

from datetime import date

import pytest
from django.utils import timezone

from targets.metrics.base import Period
from targets.rules import report_words, self_report_words
from targets.services.report_content import short_teams
from tests.inspections import small_district

MARCH = Period.month(2026, 3, date(2026, 3, 31))
NONE = {"count": 0, "left": 0, "streets": []}


@pytest.fixture
def small(db):
    it = small_district.make()
    with it.scope():
        yield it


def test_a_team_that_the_draw_left_short_and_one_that_lost_somebody_are_both_told(small):
    visits = list(small.draw().inspections.order_by("position"))
    assert short_teams(MARCH) == NONE
    visits[0].all_team.last().delete()  # as if the draw had found one only
    visits[1].all_team.update(dropped_at=timezone.now())
    found = short_teams(MARCH)
    assert (found["count"], found["left"]) == (2, 2)
    names = {v.facility.street.name for v in visits[:2]}
    assert {s["name"] for s in found["streets"]} == names and sum(s["count"] for s in found["streets"]) == 2

    small.finish(visits[0], date(2026, 3, 20))
    assert (short_teams(MARCH)["count"], short_teams(MARCH)["left"]) == (2, 1)
    visits[1].state = "cancelled"
    visits[1].save()
    assert (short_teams(MARCH)["count"], short_teams(MARCH)["left"]) == (1, 0)
    assert short_teams(Period.month(2026, 4, date(2026, 4, 30))) == NONE


@pytest.mark.parametrize(
    ("left", "says", "next_step"),
    [
        (1, "其中1家到2026年3月31日仍缺人，不能开检", "检查组缺人的1家由派出单位补齐人员"),
        (0, "均已补齐", ""),
    ],
)
def test_the_words(left, says, next_step):
    content = {
        "as_of_words": "2026年3月31日",
        "draw_basis": "",
        "streets": [],
        "span": "month",
            "totals": {"cancelled": 0, "unscheduled": 0, "overdue": 0},
        "targets": [],
        "tasks": {"units": [], "gaps": []},
        "short_teams": {
            "count": 3, "left": left, "streets": [{"name": "七宝镇", "count": 2}, {"name": "梅陇镇", "count": 1}],
        },
    }  # fmt: skip
    told = "".join(report_words.visits(content))
    assert "检查组缺人的有3家（七宝镇2家、梅陇镇1家）" in told and says in told
    steps = "".join(report_words.next_steps(content))
    assert (next_step in steps) if next_step else ("缺人" not in steps)


def line(
    text: str, short: str, clause: str, document: str, verdict: str = "behind", proof: str = "counted"
) -> dict:
    return {
        "text": text, "short": short, "clause": clause, "document": document, "verdict": verdict, "proof": proof,
    }  # fmt: skip


def test_targets_are_called_by_their_own_words_and_two_of_one_name_by_their_clause():
    long = "到2023年，托幼一体幼儿园在公民办幼儿园总量中占比不低于50%，并在三年内逐步提高"
    lines = [
        line("每年巡查一次", "巡查", "二（二）2", "甲〔1〕"),
        line(long, "托幼一体占比", "二（二）1", "甲〔1〕"),
        line(long + "。", "托幼一体占比", "三（一）1", "乙〔2〕"),
    ]
    assert report_words.named(lines) == [
        "每年巡查一次", "托幼一体占比（甲〔1〕二（二）1）", "托幼一体占比（乙〔2〕三（一）1）",
    ]  # fmt: skip
    one = {"title": "甲计划", "table": 1, "lines": lines[:2]}
    other = {"title": "乙计划", "table": 2, "lines": lines[2:]}
    content = {"plans": [one, other], "totals": {"overdue": 0}, "as_of_words": ""}
    told = self_report_words.shortcomings(content)
    assert [words[:5] for words in told] == ["《甲计划》", "《乙计划》"]
    assert not self_report_words.shortcomings(content | {"plans": [one]})[0].startswith("《")
