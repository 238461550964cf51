"""Indicator sets: the standard's shape, the draft, approval by a second person, versions, the spreadsheet."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from inspections.evaluation_exports import INDICATOR_COLUMNS
from inspections.models import Indicator, IndicatorSet
from inspections.rules import evaluation_sets as rules
from inspections.services import evaluation_sets as services
from portal.errors import Conflict, Denied, Refused
from portal.models import AuditEntry, Membership, Parameter
from portal.spreadsheets import LISTS, Asked
from tests.inspections import small_district
from tests.inspections.evaluation import POINTS, SET, filled, published
from tests.portal import spreadsheets
from tests.queries import at_most

ONE = {
    "dimension": "care",
    "code": "2.3",
    "text": "示例：午睡有人巡视",
    "points": 10,
    "steps": "",
    "evidence": "",
}


@pytest.fixture
def closed(db):
    made = small_district.make()
    with made.scope():
        Parameter.objects.create(
            key="evaluation.vetoes", value=16, label="x", basis="x", starts_on=date(2021, 1, 1)
        )
    return made


@pytest.fixture
def small(closed):
    with closed.scope():
        yield closed


def fresh(row: IndicatorSet) -> IndicatorSet:
    return IndicatorSet.objects.get(pk=row.pk)


# ---- the shape


def test_the_standards_dimensions_make_a_thousand():
    assert sum(points for _words, points in rules.DIMENSIONS.values()) == rules.TOTAL
    assert [points for _words, points in rules.DIMENSIONS.values()] == [100, 140, 200, 210, 80, 200, 70]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10 全部做到\n6.5：大部分做到；0分 没有", [(10, "全部做到"), (Decimal("6.5"), "大部分做到"), (0, "没有")]),
        ("", []), ("全部做到", None), ("10", None), ("１０ 全部", None), ("10.3 全部", None),
        ("\n".join(f"{n} 档" for n in range(20, 11, -1)), None),
    ],
)  # fmt: skip
def test_levels_are_read_as_a_person_writes_them(text, found):
    assert rules.parse_steps(text) == found
    if found:
        assert rules.parse_steps(rules.show_steps(found)) == found
        assert rules.parse_steps(rules.show_steps(found, "；")) == found


def test_codes_stand_in_the_order_of_their_numbers():
    codes = [
        ("care", "1.2"),
        ("veto", "1"),
        ("care", "1.10"),
        ("conditions", "9"),
        ("care", "1.2.1"),
        ("care", "1"),
    ]
    assert sorted(codes, key=lambda one: rules.place(*one)) == [
        ("conditions", "9"), ("care", "1"), ("care", "1.2"), ("care", "1.2.1"), ("care", "1.10"), ("veto", "1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"dimension": "joy"}, "dimension"), ({"code": "2.x"}, "code"), ({"code": "²"}, "code"), ({"code": "0.1"}, "code"),
        ({"text": "好"}, "text"), ({"points": 0}, "points"), ({"points": 1001}, "points"), ({"points": None}, "points"),
        ({"steps": "全部做到"}, "steps"), ({"steps": "8 多数\n10 全部"}, "steps"), ({"steps": "9 全部\n0 没有"}, "steps"),
        ({"dimension": "veto"}, "points"), ({"dimension": "veto", "points": None, "steps": "1 有"}, "steps"),
        ({"evidence": "证" * 201}, "evidence"),
    ],
)  # fmt: skip
def test_an_indicator_that_makes_no_sense_is_refused_at_its_field(small, change, field):
    made = services.make_set(key="nursery", actor=small.actor("bureau"), **SET)
    with pytest.raises(Refused) as refused:
        services.enter_indicator(made, actor=small.actor("bureau"), **ONE | change)
    assert refused.value.field == field
    assert not made.indicators.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"key": "N"}, "key"), ({"title": ""}, "title"), ({"kinds": []}, "kinds"),
        ({"points": POINTS | {"care": 199}}, "points_conditions"), ({"points": POINTS | {"care": 0}}, "points_care"),
    ],
)  # fmt: skip
def test_a_set_that_makes_no_sense_is_refused_at_its_field(small, change, field):
    with pytest.raises(Refused) as refused:
        services.make_set(actor=small.actor("bureau"), **{"key": "nursery"} | SET | change)
    assert refused.value.field == field and not IndicatorSet.objects.exists()


# ---- the draft and its approval


def test_only_a_complete_set_is_submitted(small):
    bureau = small.actor("bureau")
    made = services.make_set(key="nursery", actor=bureau, **SET)
    services.enter_indicator(made, actor=bureau, **ONE)
    with pytest.raises(Refused) as refused:
        services.submit_set(made, actor=bureau, version=fresh(made).version)
    assert "“保育照护”的指标合计 10 分，要 200 分" in refused.value.message
    assert "否决项有 0 条，要 16 条" in refused.value.message
    assert fresh(made).state == "draft"


def test_a_second_person_publishes_and_nothing_changes_afterwards(small):
    bureau, head = small.actor("bureau"), small.actor("head")
    made = filled(bureau)
    made = services.submit_set(made, actor=bureau, version=made.version)
    with pytest.raises(Denied):
        services.publish_set(made, actor=bureau, version=made.version)
    with pytest.raises(Conflict):
        services.enter_indicator(made, actor=bureau, **ONE)
    with pytest.raises(Conflict) as stale:
        services.publish_set(made, actor=head, version=made.version - 1)
    assert stale.value.code == "stale"
    done = services.publish_set(made, actor=head, version=made.version, on=date(2026, 3, 2))
    assert (done.state, done.published_on) == ("published", date(2026, 3, 2))
    assert AuditEntry.objects.filter(action="inspections.indicators.publish").count() == 1
    one = done.indicators.first()
    for call in (
        lambda: services.change_set(done, actor=bureau, version=done.version, **SET),
        lambda: services.change_indicator(one, actor=bureau, version=1, **ONE),
        lambda: services.remove_indicator(one, actor=bureau),
    ):
        with pytest.raises(Conflict):
            call()


def test_who_submitted_does_not_publish(small):
    """Also where one person has both rights."""
    made, user = filled(small.actor("bureau")), small.users["bureau"]
    Membership.objects.create(user=user, role="unit_head", starts_on=date(2020, 1, 1))
    made = services.submit_set(made, actor=small.actor("bureau"), version=made.version)
    with pytest.raises(Denied) as denied:
        services.publish_set(made, actor=small.actor("bureau"), version=made.version)
    assert denied.value.code == "second_person"


def test_what_is_returned_is_a_draft_again(small):
    bureau, head = small.actor("bureau"), small.actor("head")
    made = filled(bureau)
    made = services.submit_set(made, actor=bureau, version=made.version)
    with pytest.raises(Refused):
        services.return_set(made, note=" ", actor=head, version=made.version)
    made = services.return_set(made, note="安全的分太散", actor=head, version=made.version)
    assert (made.state, made.return_note, made.submitted_by) == ("draft", "安全的分太散", None)


def test_the_next_version_replaces_the_one_in_use(small):
    bureau, head = small.actor("bureau"), small.actor("head")
    first = published(bureau, head)
    draft = services.next_version(first, actor=bureau)
    assert draft.number == 2 and draft.indicators.count() == first.indicators.count()
    assert services.next_version(first, actor=bureau).pk == draft.pk
    one = draft.indicators.get(dimension="care")
    facts = {
        "dimension": "care",
        "code": one.code,
        "text": "换了说法",
        "points": 200,
        "steps": "",
        "evidence": "",
    }
    services.change_indicator(one, actor=bureau, version=one.version, **facts)
    assert first.indicators.get(dimension="care").text != "换了说法"
    draft = services.submit_set(draft, actor=bureau, version=fresh(draft).version)
    services.publish_set(draft, actor=head, version=draft.version)
    assert [(s.number, s.state) for s in IndicatorSet.objects.order_by("number")] == [
        (1, "replaced"),
        (2, "published"),
    ]


def test_a_code_stands_once_in_a_dimension(small):
    bureau = small.actor("bureau")
    made = services.make_set(key="nursery", actor=bureau, **SET)
    services.enter_indicator(made, actor=bureau, **ONE)
    with pytest.raises(Conflict) as twice:
        services.enter_indicator(made, actor=bureau, **ONE)
    assert twice.value.field == "code"
    services.enter_indicator(made, actor=bureau, **ONE | {"dimension": "health"})
    with pytest.raises(Conflict):
        services.make_set(key="nursery", actor=bureau, **SET)


# ---- the spreadsheet

LINES = [
    ["nursery", "卫生保健", "1.1", "示例：晨检有记录", 10, "10 全部做到；6.5 多数；0 没有", "晨检记录"],
    ["nursery", "否决项", "1", "示例：出过责任事故", None, None, None],
]


def head() -> list[str]:
    return [column.heading for column in INDICATOR_COLUMNS]


def test_the_same_file_twice_changes_nothing_and_goes_out_as_it_came(small, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    bureau = small.actor("bureau")
    made = services.make_set(key="nursery", actor=bureau, **SET)
    run = spreadsheets.read("indicators", head(), *LINES, actor=bureau)
    assert run.counts["new"] == 2 and spreadsheets.sentences(run) == []
    spreadsheets.write(run, actor=bureau)
    assert Indicator.objects.get(dimension="health").steps == [[10, "全部做到"], [6.5, "多数"], [0, "没有"]]
    again = spreadsheets.read("indicators", head(), *LINES, actor=bureau)
    assert again.counts["same"] == 2
    out = LISTS.outgoing["indicators"].rows(Asked(bureau, {"set": str(made.pk)}, date(2026, 3, 2)))
    assert [list(row) for row in out.rows] == [
        LINES[0],
        ["nursery", "否决项", "1", "示例：出过责任事故", None, "", ""],
    ]


def test_what_is_wrong_in_a_file_stands_at_its_row(small, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    bureau = small.actor("bureau")
    services.make_set(key="nursery", actor=bureau, **SET)
    rows = [
        ["nursery", "卫生保健", "1.1", "示例：晨检有记录", 10, "8 多数做到", ""],
        ["other", "卫生保健", "1.2", "示例：晨检有记录", 10, "", ""],
        ["nursery", "否决项", "1", "示例：出过责任事故", 5, "", ""],
    ]
    run = spreadsheets.read("indicators", head(), *rows, actor=bureau)
    said = "\n".join(spreadsheets.sentences(run))
    assert "第一档要是满分 10 分" in said and "没有代号 other 的草稿" in said and "否决项不计分" in said
    assert run.counts.get("new", 0) == 0 and not Indicator.objects.exists()


# ---- the pages


def test_a_set_in_the_browser(closed, client):
    to = "/small/evaluations/sets/"
    values = {"key": "nursery", "title": "示例评估标准", "kinds": ["nursery"]}
    values |= {f"points_{name}": points for name, points in POINTS.items()}
    client.force_login(closed.users["bureau"])
    wrong = client.post(f"{to}new/", values | {"points_care": 201})
    assert wrong.status_code == 422 and "七个维度合计 1001 分" in wrong.content.decode()
    made = client.post(f"{to}new/", values)
    assert made.status_code == 302
    page = client.get(made.url)
    assert "还不能报批" in page.content.decode()
    assert client.post(f"{made.url}indicators/new/", ONE).status_code == 302
    with at_most(12):
        page = client.get(made.url)
    assert "示例：午睡有人巡视" in page.content.decode()
