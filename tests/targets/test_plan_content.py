"""The rules of a document's content: what is wrong, what it takes the place of, what a file adds."""

from datetime import date

import pytest

from targets.rules.plan_changes import changes, kept, linked
from targets.rules.plan_content import Known, day, key_of, problems
from targets.rules.plan_merge import merged
from tests.targets.plans import content, facts, target, task

KNOWN = Known(
    units={"minhang-education": "区教育局", "minhang-health": "区卫健委"},
    metrics=frozenset({"sites_per_street"}),
    parameters={"order.days_high": (5, date(2021, 1, 1)), "video.on": (True, date(2026, 1, 1))},
)


def found(made: dict) -> list[tuple]:
    return [(one.part, one.index, one.field) for one in problems(made, KNOWN)]


def test_a_whole_plan_has_no_problem():
    assert found(content()) == []


PARAMETER = {"key": "order.days_high", "value": "3", "starts_on": "2027-01-01", "clause": "一（一）"}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"document": facts(title="")}, ("document", 0, "title")),
        ({"document": facts(issuers=[])}, ("document", 0, "issuers")),
        ({"document": facts(period={"from": None, "to": None, "stated": ""})}, ("document", 0, "period_from")),
        (
            {"document": facts(period={"from": "2027-01-01", "to": "2026-12-31", "stated": ""})},
            ("document", 0, "period_to"),
        ),
        ({"tasks": [task(1), task(1)]}, ("tasks", 1, "number")),
        ({"tasks": [task(1), task(0)]}, ("tasks", 1, "number")),
        ({"tasks": [task(1, text=" ")]}, ("tasks", 0, "task")),
        ({"tasks": [task(1, clause="九")]}, ("tasks", 0, "clause")),
        ({"tasks": [task(1, leads=[{"unit": "", "name": "火星局"}])]}, ("tasks", 0, "leads")),
        ({"tasks": [task(1, supports=[{"unit": "minhang-health", "name": "x"}] * 2)]}, ("tasks", 0, "supports")),
        ({"tasks": [task(1, category="长" * 81)]}, ("tasks", 0, "category")),
        ({"targets": [target("a", comparator=None)]}, ("targets", 0, "comparator")),
        ({"targets": [target("a", comparator="about")]}, ("targets", 0, "comparator")),
        ({"targets": [target("a", clause="九")]}, ("targets", 0, "clause")),
        ({"targets": [target("a", clause="")]}, ("targets", 0, "clause")),
        ({"targets": [target("a"), target("a")]}, ("targets", 1, "key")),
        ({"targets": [target("A b")]}, ("targets", 0, "key")),
        ({"targets": [target("a", value=None)]}, ("targets", 0, "value")),
        ({"targets": [target("a", value=-1)]}, ("targets", 0, "value")),
        ({"targets": [target("a", value=True)]}, ("targets", 0, "value")),
        ({"targets": [target("a", value=10**9)]}, ("targets", 0, "value")),
        ({"targets": [target("a", value_min=5, value_max=3)]}, ("targets", 0, "value_max")),
        ({"targets": [target("a", period="by-date")]}, ("targets", 0, "due")),
        ({"targets": [target("a", period="weekly")]}, ("targets", 0, "period")),
        ({"targets": [target("a", scope="moon")]}, ("targets", 0, "scope")),
        ({"targets": [target("a", kind="per_unit_count", scope="district")]}, ("targets", 0, "scope")),
        ({"targets": [target("a", tasks=[99])]}, ("targets", 0, "tasks")),
        ({"targets": [target("a", proof="counted")]}, ("targets", 0, "metric")),
        ({"targets": [target("a", proof="counted", metric="wishes")]}, ("targets", 0, "metric")),
        ({"targets": [target("a", proof="attested", proof_reason=" ")]}, ("targets", 0, "proof_reason")),
        ({"clauses": [{"label": "一（一）"}, {"label": "一（二）"}, {"label": "一（一）"}]}, ("clauses", 2, "label")),
        ({"units": [{"slug": "x", "name": "", "kind": "a"}]}, ("units", 0, "name")),
        ({"parameters": [PARAMETER | {"key": "no.such"}]}, ("parameters", 0, "parameter")),
        ({"parameters": [PARAMETER | {"value": "many"}]}, ("parameters", 0, "value")),
        ({"parameters": [PARAMETER | {"starts_on": "2021-01-01"}]}, ("parameters", 0, "starts_on")),
        ({"parameters": [PARAMETER, PARAMETER]}, ("parameters", 1, "parameter")),
        ({"parameters": [PARAMETER | {"clause": "九"}]}, ("parameters", 0, "clause")),
    ],
)  # fmt: skip
def test_each_fault_is_found_where_it_is(change, where):
    assert where in found(content(**change))


def test_units_of_the_draft_itself_are_known():
    new = {"slug": "minhang-new", "name": "新的办公室", "kind": "office"}
    made = content(
        units=[new], tasks=[task(1, leads=[{"unit": "minhang-new", "name": "新的办公室"}]), task(2)]
    )
    assert found(made) == []
    assert ("tasks", 0, "leads") in found(made | {"units": []})


def test_what_is_there_or_not_needs_no_number():
    assert found(content(targets=[target("a", kind="boolean", value=True, unit="")])) == []


def test_days_that_are_none():
    assert [day(one) for one in (None, "", "2026-02-31", 5)] == [None] * 4
    assert day("2026-12-31") == date(2026, 12, 31)


def test_the_same_words_have_the_same_key():
    assert key_of("每个街镇一个") == key_of("每个街镇一个") != key_of("每个街镇两个")


# ---- what takes the place of what

BASE = [target("a") | {"id": 11}, target("b") | {"id": 12}, target("c") | {"id": 13}]


def test_entries_follow_by_what_is_said_then_by_key_then_by_words():
    entries = [
        target("z", text="另写的", follows=13),
        target("b", text="改了字"),
        target("q", text="示例指标a"),
        target("new", text="全新的"),
    ]
    assert [one["follows"] for one in linked("targets", BASE, entries, False)] == [13, 12, 11, None]


def test_no_row_is_followed_twice_and_none_that_is_not_there():
    entries = [target("a"), target("a2", text="示例指标a"), target("x", text="x", follows=99)]
    assert [one["follows"] for one in linked("targets", BASE, entries, False)] == [11, None, None]


def test_tasks_follow_by_number_only_within_their_document():
    base = [task(1) | {"id": 21}, task(2) | {"id": 22}]
    entries = [task(1, text="完全另写的一项"), task(3, text="示例任务2")]
    assert [one["follows"] for one in linked("tasks", base, entries, True)] == [21, 22]
    assert [one["follows"] for one in linked("tasks", base, entries, False)] == [None, 22]


def test_what_became_of_each_row():
    entries = [target("a", follows=11), target("b", value=3, text="改了", follows=12), target("n", text="新")]
    rows = changes("targets", BASE, entries)
    assert [(one.what, one.fields, one.index) for one in rows] == [
        ("same", (), 0),
        ("changed", ("text", "value"), 1),
        ("dropped", (), -1),
        ("added", (), 2),
    ]


@pytest.mark.parametrize(
    ("change", "stays"),
    [
        ({}, True),
        ({"note": "备注不算"}, True),
        ({"carried": ["category"]}, True),
        ({"text": "改了"}, False),
        ({"clause": "一（二）"}, False),
        ({"number": 5}, False),
        ({"leads": [{"unit": "minhang-education", "name": "教育局"}]}, False),
        ({"leads": []}, False),
        ({"key_project": False}, False),
    ],
)
def test_a_row_goes_on_where_nothing_it_asks_differs(change, stays):
    assert kept("tasks", task(1), task(1) | change) is stays


# ---- what a file adds


def test_what_a_file_does_not_say_stays():
    standing = content()
    given = {
        "targets": [{"key": "share", "value": 90}, {"key": "", "text": "新的指标", "clause": "一（一）"}]
    }
    made = merged(standing, given, {"tasks": [], "targets": []}, False)
    assert made["tasks"] == standing["tasks"] and made["document"] == standing["document"]
    share, new = made["targets"]
    assert (share["value"], share["unit"], share["text"]) == (90, "%", "示例指标share")
    assert new["key"] == key_of("新的指标") and new["comparator"] is None


def test_facts_that_a_file_gives_leave_the_others():
    made = merged(
        content(),
        {"document": {"title": "新标题", "period": {"to": "2030-12-31"}}},
        {"tasks": [], "targets": []},
        False,
    )
    assert made["document"]["title"] == "新标题" and made["document"]["number"] == "示例发〔2026〕9号"
    assert (
        made["document"]["period"]["from"] == "2027-01-01"
        and made["document"]["period"]["to"] == "2030-12-31"
    )
