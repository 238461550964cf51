"""Services of children, newborns' families and visits from spreadsheets: known again, refused by cell, written once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from guidance.models import GuidanceService, GuidanceSession, GuidedChild, Newborn, NewbornVisit
from guidance.services import guided, newborns, sessions
from portal.access import Actor
from portal.models import AuditEntry
from portal.models.imports import ImportRun, ImportStaged
from portal.services import imports
from portal.services.import_files import SEALED
from portal.tenancy import district_scope
from tests.portal.access import guidance as made
from tests.portal.spreadsheets import read, sentences, write

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
HEAD = ("手册编号", "幼儿编号", "日期", "种类", "场所", "线上", "时长", "内容", "提供人员")


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def scene(cast):
    with district_scope(cast.minhang):
        cast.process, cast.unit = Actor.system(cast.minhang, "test"), cast.health_unit
        made.a_text(cast)
        cast.station = made.a_place(cast, name="示例七宝指导站", code="MHZ0001")
        cast.child = a_child(cast, "SL00000001")
        yield cast


def a_child(cast, card: str, **given) -> GuidedChild:
    return guided.take_on(
        actor=cast.process, card=card, birth_month=date(2025, 5, 1), street=given.pop("street", cast.street),
        channel="paper", asked_on=date(2026, 1, 10), today=TODAY, **given,
    )  # fmt: skip


def line(**changed) -> tuple:
    row = {
        "手册编号": "sl-0000 0001", "日期": "2026-03-18", "种类": "教育", "场所": "示例七宝指导站", "时长": "1.5",
        "内容": "示例：辅食添加", "提供人员": "示例社区医生",
    }  # fmt: skip
    return tuple({**row, **changed}.get(name, "") for name in HEAD)


def bring(key: str, head: tuple, *lines, actor) -> ImportRun:
    run = read(key, head, *lines, actor=actor, on=TODAY)
    assert not run.counts["wrong"], sentences(run)
    run = write(run, actor=actor, on=TODAY)
    assert run.state == "done", imports.reason_of(run)
    return run


def test_lines_of_one_session_are_one_session_and_the_same_file_again_writes_nothing(scene):
    officer = scene.actor("officer")
    other = a_child(scene, "SL00000002", street=scene.other_street)
    lines = [
        line(),
        line(手册编号="", 幼儿编号=other.code),
        line(种类="医学", 线上="是"),
        line(日期="2026-03-19", 场所="MHZ0001"),
    ]
    run = read("child-services", HEAD, *lines, actor=officer, on=TODAY)
    assert (run.counts["new"], run.counts["wrong"]) == (4, 0), sentences(run)
    assert not GuidanceSession.objects.exists()
    run = write(run, actor=officer, on=TODAY)
    assert run.state == "done", imports.reason_of(run)
    assert sorted(
        GuidanceSession.objects.values_list("served_on", "kind", "online", "children_n", "hours")
    ) == [
        (date(2026, 3, 18), "education", False, 2, Decimal("1.5")),
        (date(2026, 3, 18), "medical", True, 1, Decimal("1.5")),
        (date(2026, 3, 19), "education", False, 1, Decimal("1.5")),
    ]
    assert set(GuidanceService.objects.values_list("given_by", flat=True)) == {"station"}
    again = read("child-services", HEAD, *lines, actor=officer, on=TODAY)
    assert (again.counts["new"], again.counts["same"], again.counts["changed"]) == (0, 4, 0)
    assert GuidanceService.objects.count() == 4


def test_what_was_entered_on_the_page_is_not_written_again(scene):
    sessions.give_session(
        actor=scene.process, venue=sessions.Venue(place=scene.station), kind="education", served_on=date(2026, 3, 18),
        hours=Decimal(1), topic="示例别的内容", giver="示例老师", children=[scene.child.code], today=TODAY,
    )  # fmt: skip
    run = read("child-services", HEAD, line(), actor=scene.actor("officer"), on=TODAY)
    assert (run.counts["new"], run.counts["same"]) == (0, 1)


@pytest.mark.parametrize(
    ("changed", "cell", "said"),
    [
        ({"手册编号": "SL00000099"}, "A2", "没有这本手册"),
        ({"手册编号": "#"}, "A2", "6 到 24 位"),
        ({"手册编号": "", "幼儿编号": "MHG99999"}, "B2", "没有这个编号"),
        ({"手册编号": ""}, "A2", "没有填孩子"),
        ({"幼儿编号": "MHG99999"}, "B2", "不是同一个孩子"),
        ({"日期": "2026-12-01"}, "C2", "还没到这一天"),
        ({"日期": "2026-01-09"}, "C2", "那天不在登记中"),
        ({"日期": ""}, "C2", "没有填"),
        ({"种类": "唱歌"}, "D2", "没有“唱歌”"),
        ({"场所": "古美指导站"}, "E2", "没有“古美指导站”"),
        ({"时长": "40"}, "G2", "0.5 到 24"),
        ({"内容": "一"}, "H2", "2 到 100 个字"),
        ({"提供人员": "谁"}, "I2", "2 到 60 个字"),
    ],
)
def test_each_mistake_stands_at_its_cell_and_nothing_is_written(scene, changed, cell, said):
    made.a_place(scene, name="示例古美指导站", street=scene.other_street)
    good = line(日期="2026-03-20")
    run = read("child-services", HEAD, line(**changed), good, actor=scene.actor("officer"), on=TODAY)
    assert run.counts["wrong"] == 1, sentences(run)
    assert any(one.startswith(cell) and said in one for one in sentences(run)), sentences(run)
    assert not GuidanceSession.objects.exists()


def test_a_street_enters_at_its_own_places_only(scene):
    away = made.a_place(scene, name="示例古美指导站", street=scene.other_street)
    run = read("child-services", HEAD, line(场所=away.name), actor=scene.actor("officer"), on=TODAY)
    assert run.counts["wrong"] == 1
    bring("child-services", HEAD, line(场所=away.name), actor=scene.actor("bureau"))
    assert GuidanceSession.objects.get().street == scene.other_street


def test_two_places_of_one_name_are_asked_for_by_code(scene):
    made.a_place(scene, name=scene.station.name, kind="base", code="MHZ0002")
    run = read("child-services", HEAD, line(), actor=scene.actor("officer"), on=TODAY)
    assert any("MHZ0001、MHZ0002" in one for one in sentences(run)), sentences(run)
    bring("child-services", HEAD, line(场所="MHZ0001"), actor=scene.actor("officer"))


def test_a_line_twice_in_a_file_is_told_with_the_other_line(scene):
    run = read(
        "child-services", HEAD, line(), line(内容="示例：换个写法"), actor=scene.actor("officer"), on=TODAY
    )
    assert any("第 2 行" in one for one in sentences(run)), sentences(run)


def test_no_handbook_stands_anywhere_readable(scene):
    """Neither in the preview, the kept rows, the log nor the file of the store."""
    card = "SL00000001"
    run = read("child-services", HEAD, line(手册编号=card), actor=scene.actor("officer"), on=TODAY)
    kept = ImportStaged.objects.get(run=run)
    shown = [str(one.cells) for one in run.lines.all()] + sentences(run)
    assert all(card not in text for text in shown)
    for data in (kept.rows, kept.remarks, kept.secrets, kept.tried):
        assert card.encode() not in bytes(data)
    assert run.file.path.endswith(SEALED)
    run = write(run, actor=scene.actor("officer"), on=TODAY)
    assert all(card not in str(one.changes) for one in AuditEntry.objects.all())


# ---- newborns

FAMILY = (
    "访视册编号",
    "出生年月",
    "街镇",
    "常住",
    "家长有需求",
    "计划上门",
    "手册发放日期",
    "拒绝日期",
    "拒绝原因",
)
VISIT = ("访视册编号", "上门日期", "指导内容", "记录")


def family(**changed) -> tuple:
    row = {
        "访视册编号": "qb-0001", "出生年月": "2026-08", "街镇": "七宝镇", "常住": "是", "家长有需求": "是",
        "计划上门": "2026-09-10",
    }  # fmt: skip
    return tuple({**row, **changed}.get(name, "") for name in FAMILY)


def visit(**changed) -> tuple:
    row = {
        "访视册编号": "QB-0001",
        "上门日期": "2026-09-11",
        "指导内容": "睡眠、喂养",
        "记录": "示例：母乳喂养",
    }
    return tuple({**row, **changed}.get(name, "") for name in VISIT)


def test_families_come_in_are_known_again_and_change(scene):
    officer = scene.actor("officer")
    bring("newborn-families", FAMILY, family(), actor=officer)
    row = Newborn.objects.get()
    assert (row.list_number, row.birth_month, row.resident, row.asked, row.planned_on, row.street) == (
        "QB-0001", date(2026, 8, 1), True, True, date(2026, 9, 10), scene.street,
    )  # fmt: skip
    again = read("newborn-families", FAMILY, family(), actor=officer, on=TODAY)
    assert (again.counts["new"], again.counts["changed"], again.counts["same"]) == (0, 0, 1)
    bring(
        "newborn-families",
        FAMILY,
        family(手册发放日期="2026-09-01", 家长有需求="", 计划上门=""),
        actor=officer,
    )
    row.refresh_from_db()
    assert (row.handbook_on, row.planned_on, row.asked, row.version) == (
        date(2026, 9, 1), date(2026, 9, 10), True, 2,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "cell", "said"),
    [
        ({"访视册编号": "?"}, "A2", "4 到 24 位"),
        ({"出生年月": "2025-01"}, "B2", "出生已过一年"),
        ({"出生年月": "2027-01"}, "B2", "还没到这个月"),
        ({"街镇": "古美街道"}, "", "只能登记自己街镇"),
        ({"常住": ""}, "D2", "没有填"),
        ({"拒绝日期": "2026-10-01"}, "I2", "拒绝的原因"),
        ({"计划上门": "2026-07-01"}, "F2", "早于出生年月"),
    ],
)
def test_a_family_that_makes_no_sense_is_told_by_cell(scene, changed, cell, said):
    run = read("newborn-families", FAMILY, family(**changed), actor=scene.actor("officer"), on=TODAY)
    assert run.counts["wrong"] == 1
    assert any(one.startswith(cell) and said in one for one in sentences(run)), sentences(run)


def test_a_family_of_another_street_is_neither_shown_nor_changed(scene):
    bring("newborn-families", FAMILY, family(街镇="古美街道"), actor=scene.actor("bureau"))
    run = read("newborn-families", FAMILY, family(常住="否"), actor=scene.actor("officer"), on=TODAY)
    assert run.counts["wrong"] == 1 and run.counts["changed"] == 0
    assert any("已登记" in one for one in sentences(run)), sentences(run)


def test_visits_come_in_once_and_their_notes_are_kept_sealed(scene):
    officer = scene.actor("officer")
    bring("newborn-families", FAMILY, family(拒绝日期="2026-09-01", 拒绝原因="示例原因"), actor=officer)
    run = bring("newborn-visits", VISIT, visit(), visit(上门日期="2026-10-01", 记录=""), actor=officer)
    first, second = NewbornVisit.objects.order_by("visited_on")
    assert (first.topics, first.note, second.note) == (["feeding", "sleep"], "示例：母乳喂养", None)
    assert Newborn.objects.get().refused_on is None  # a visit ends a refusal
    assert all("母乳" not in str(one.cells) for one in run.lines.all())
    again = read("newborn-visits", VISIT, visit(指导内容="居家安全"), actor=officer, on=TODAY)
    assert (again.counts["new"], again.counts["same"]) == (0, 1)
    assert any("不写入" in one for one in sentences(again)) and NewbornVisit.objects.count() == 2


@pytest.mark.parametrize(
    ("changed", "cell", "said"),
    [
        ({"访视册编号": "QB-0009"}, "A2", "没有这个编号"),
        ({"上门日期": "2026-07-31"}, "B2", "早于出生年月"),
        ({"上门日期": "2026-11-21"}, "B2", "还没到这一天"),
        ({"指导内容": "唱歌"}, "C2", "没有“唱歌”这一项"),
        ({"指导内容": ""}, "C2", "没有填"),
    ],
)
def test_a_visit_that_cannot_be_is_told_by_cell(scene, changed, cell, said):
    newborns.keep_newborn(
        actor=scene.process, list_number="QB-0001", birth_month=date(2026, 8, 1), street=scene.street, resident=True,
        asked=True, today=TODAY,
    )  # fmt: skip
    run = read("newborn-visits", VISIT, visit(**changed), actor=scene.actor("officer"), on=TODAY)
    assert run.counts["wrong"] == 1
    assert any(one.startswith(cell) and said in one for one in sentences(run)), sentences(run)
    assert not NewbornVisit.objects.exists()
