"""Premises, classes, fees, insurance, 宝宝屋, operators and neighbourhoods from spreadsheets: by the services' own rules."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.http import QueryDict

from facilities.imports.file import Areas, SchoolYear
from facilities.models import (
    CareClass,
    Fee,
    FeeNotice,
    Insurance,
    Menu,
    Neighbourhood,
    Operator,
    Permit,
    Premises,
    Room,
    Site,
)
from facilities.rules.numbers import credit_check
from portal.models import AuditEntry, ImportStaged
from portal.rules import headings
from portal.rules.cells import Wrong
from portal.services import exports, imports
from portal.spreadsheets import LISTS, Asked
from portal.tenancy import district_scope
from tests.facilities import factories
from tests.portal.spreadsheets import cells_of, read, sentences, upload, write

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 18)
HEADS = {
    "premises": (
        "机构名称",
        "场所名称",
        "使用方式",
        "租赁到期日",
        "启用日期",
        "户外场地面积",
        "活动室面积",
        "厨房面积",
    ),
    "classes": ("机构编号", "班级", "班级类型", "学年", "托位数", "在托人数", "教师数", "开班时间"),
    "fees": ("机构编号", "项目", "说明", "收费标准", "单位", "执行时间"),
    "fee-notices": ("机构编号", "公示时间", "公示渠道", "公示位置"),
    "insurance": ("机构编号", "险别", "承保公司", "保险单号", "起保日期", "保险到期"),
    "permits": ("机构编号", "证照类型", "许可证编号", "发证单位", "有效期止"),
    "menus": ("机构编号", "周一日期", "一周食谱"),
    "sites": ("机构编号", "设置方式", "运营模式", "单独托", "亲子托", "母婴室"),
    "rooms": ("机构编号", "房间", "面积", "人数"),
    "operators": ("举办单位", "统一代码", "品牌"),
    "neighbourhoods": ("街道", "居委会", "经度", "纬度", "3岁以下人口", "数据来源", "统计日期"),
}


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def scene(cast):
    with district_scope(cast.minhang):
        yield cast


@pytest.fixture
def bureau(scene):
    return scene.actor("bureau")


@pytest.fixture
def one(scene):
    return factories.facility(
        scene.facility.street, name="示例小满托育园", places=60, meals=True, full_day=True
    )


@pytest.fixture
def house(scene):
    return factories.facility(scene.facility.street, name="示例宝宝屋", kind="baby_house", places=30)


def bring(key: str, *rows, actor):
    return read(key, HEADS[key], *rows, actor=actor, on=TODAY)


def done(key: str, *rows, actor):
    run = bring(key, *rows, actor=actor)
    assert not run.counts.get("wrong"), sentences(run)
    run = write(run, actor=actor, on=TODAY)
    assert run.state == "done", imports.reason_of(run)
    return run


def rows_for(key: str, one, house) -> tuple:
    """A good row of each list, as people write it."""
    first = "91310112MA0000001"
    return {
        "premises": (
            one.name,
            "主楼",
            "租用",
            "2028年12月31日",
            44440,
            "１２０平方米",
            "1层 60、2层45.5",
            30,
        ),
        "classes": (one.code, "托小一班", "托小", "2025-2026学年", "20个", 18, 4, "2025.9.1"),
        "fees": (one.code, "托育费", "", "3,200", "元/月", "2026/9/1"),
        "fee-notices": (one.code, "2026年3月1日", "微信公众号", "示例托育"),
        "insurance": (one.code, "校方责任险", "示例保险公司", "PZ001", "2026-04-01", "2027-03-31"),
        "permits": (one.code, "食品经营许可", "JY331011200001", "示例市场监管局", "2029年5月19日"),
        "menus": (one.code, "2026/3/16", "周一：番茄炒蛋 \n周二：鱼丸汤２个"),
        "sites": (house.code, "社区综合服务设施", "购买", "是", "√", "无"),
        "rooms": (house.code, "一室", 60, 12),
        "operators": ("示例教育科技(上海)有限公司", first + credit_check(first), "示例宝贝"),
        "neighbourhoods": ("七宝", "示例第一居委", 121.35, 31.15, 320, "街道台账", "2025-12-31"),
    }[key]


@pytest.mark.parametrize("key", sorted(HEADS))
def test_a_list_comes_in_goes_out_and_changes_nothing_when_it_comes_back(key, one, house, bureau):
    run = done(key, rows_for(key, one, house), actor=bureau)
    assert run.counts["written"] == {"new": 1, "changed": 0}
    again = bring(key, rows_for(key, one, house), actor=bureau)
    assert (again.counts["same"], again.counts["wrong"]) == (1, 0), sentences(again)
    content = exports.at_once(Asked(bureau, QueryDict(""), TODAY), LISTS.outgoing[key])
    assert len(cells_of(content)) >= 2
    back = imports.start(LISTS.incoming[key], upload(content), actor=bureau, queued=False)
    back = imports.read(back, actor=bureau, on=TODAY, queued=False)
    assert back.state == "ready", imports.reason_of(back)
    assert [text for _index, text in back.unknown] == (["诚信名单"] if key == "sites" else [])
    assert back.counts["same"] == back.counts["rows"] >= 1, (back.counts, sentences(back))


@pytest.mark.parametrize("key", sorted(HEADS))
def test_trying_a_row_leaves_nothing_behind(key, one, house, bureau):
    models = (
        Premises,
        CareClass,
        Fee,
        FeeNotice,
        Insurance,
        Menu,
        Permit,
        Site,
        Room,
        Operator,
        Neighbourhood,
    )
    before = [m.objects.count() for m in models], AuditEntry.objects.count()
    run = bring(key, rows_for(key, one, house), actor=bureau)
    assert run.counts["new"] == 1, sentences(run)
    assert ([m.objects.count() for m in models], AuditEntry.objects.count()) == before


def test_premises_are_written_with_their_areas(one, bureau):
    done("premises", rows_for("premises", one, one), actor=bureau)
    made = Premises.objects.get(facility=one)
    assert (made.tenure, str(made.lease_until), str(made.starts_on)) == ("leased", "2028-12-31", "2021-09-01")
    areas = {(a.use, a.floor): a.area for a in made.areas.all()}
    assert areas == {
        ("activity", 1): Decimal("60.0"), ("activity", 2): Decimal("45.5"), ("kitchen", 1): Decimal("30.0"),
    }  # fmt: skip
    one.refresh_from_db()
    assert one.usable_area == Decimal("135.5")


def test_an_area_left_empty_stays_and_another_changes(one, bureau):
    done("premises", rows_for("premises", one, one), actor=bureau)
    run = bring("premises", (one.name, "主楼", "", "", "", "", "", 35), actor=bureau)
    assert (run.counts["changed"], run.counts["cells"]) == (1, 1), sentences(run)
    write(run, actor=bureau, on=TODAY)
    one.refresh_from_db()
    assert one.usable_area == Decimal("140.5")


def test_classes_share_the_places_of_their_facility(one, bureau):
    first = (one.code, "一班", "托小班", 2025, 40, 10, 4, "2025-09-01")
    second = (one.code, "二班", "托大班", 2025, 40, 10, 4, "2025-09-01")
    run = bring("classes", first, second, actor=bureau)
    assert (run.counts["new"], run.counts["wrong"]) == (1, 1)
    assert [s for s in sentences(run) if "超过登记的 60 个" in s and s.startswith("E3 ")], sentences(run)


def test_what_a_service_says_is_kept_as_sentence_and_facts(one, bureau):
    run = bring("classes", (one.code, "一班", "托小班", 2025, 61, 10, 4, "2025-09-01"), actor=bureau)
    assert run.counts["wrong"] == 1  # the column's own range
    one.places = 20
    one.save()
    run = bring("classes", (one.code, "一班", "托小班", 2025, 40, 10, 4, "2025-09-01"), actor=bureau)
    [line] = run.lines.all()
    assert [(f, facts) for f, _level, _text, facts in line.remarks] == [("places", {"sum": 40, "places": 20})]


def test_a_new_price_replaces_the_old_one(one, bureau):
    done("fees", rows_for("fees", one, one), actor=bureau)
    run = bring("fees", (one.code, "保育费", "", 3400, "每月", "2026-08-01"), actor=bureau)
    assert "要晚于现在这个价的执行日期" in " ".join(sentences(run))
    done("fees", (one.code, "保育费", "", 3400, "每月", "2026-10-01"), actor=bureau)
    assert [(f.amount, str(f.ends_on)) for f in Fee.objects.filter(facility=one).order_by("starts_on")] == [
        (Decimal("3200.00"), "2026-09-30"), (Decimal("3400.00"), "None"),
    ]  # fmt: skip


def test_a_policy_that_stands_is_not_changed(one, scene, bureau):
    done("insurance", rows_for("insurance", one, one), actor=bureau)
    row = (one.code, "责任险", "示例保险公司", "PZ001", "2026-04-01", "2028-03-31")
    run = bring("insurance", row, (scene.facility.code, *row[1:]), actor=bureau)
    said = " ".join(sentences(run))
    assert run.counts["wrong"] == 2 and "登记错了就在机构的“保险”里删去" in said and "名下" in said


def test_a_menu_takes_the_place_of_the_weeks_own(one, bureau):
    done("menus", rows_for("menus", one, one), actor=bureau)
    assert Menu.objects.get(facility=one).text == "周一：番茄炒蛋\n周二：鱼丸汤２个"
    Menu.objects.update(text="周一：番茄炒蛋\r\n周二：鱼丸汤２个\r\n")  # as a browser sends it
    assert bring("menus", rows_for("menus", one, one), actor=bureau).counts["same"] == 1
    run = bring("menus", (one.code, "2026-03-16", "周一：青菜"), actor=bureau)
    assert (run.counts["changed"], run.counts["cells"]) == (1, 1)
    assert write(run, actor=bureau, on=TODAY).state == "done"
    assert Menu.objects.get(facility=one).text == "周一：青菜"


def test_a_menu_that_the_service_refuses_is_told_with_its_cell(scene, one, bureau):
    dry = factories.facility(scene.facility.street, name="示例不供餐托育园", meals=False)
    run = bring(
        "menus", (one.code, "2026-03-17", "周二"), (dry.code, "2026-03-16", "周一"), (one.code, "2026-03-23", ""),
        actor=bureau,
    )  # fmt: skip
    said = sentences(run)
    assert run.counts["wrong"] == 3
    assert [s[:3] for s in said] == ["B2 ", "B3 ", "C4 "], said
    assert "周一" in said[0] and "供餐" in said[1] and "没有填" in said[2], said


def test_a_site_must_be_a_baby_house(one, house, bureau):
    run = bring("sites", (one.code, "单独设置", "自办", "是", "", ""), actor=bureau)
    assert "不是宝宝屋" in " ".join(sentences(run))
    done("sites", (house.code, "单独设置", "自办", "是", "", ""), actor=bureau)
    assert Site.objects.get(facility=house).modes == ["alone"]
    done("sites", (house.code, "", "", "", "是", ""), actor=bureau)
    assert Site.objects.get(facility=house).modes == ["alone", "with_parent"]


def test_an_operator_is_known_by_its_code_under_a_new_name(bureau):
    first = "91310112MA0000002"
    code = first + credit_check(first)
    done("operators", ("示例旧名公司", code, ""), actor=bureau)
    done("operators", ("示例新名公司", code, "示例品牌"), actor=bureau)
    made = Operator.objects.get(credit_code=code)
    assert (made.name, made.chain) == ("示例新名公司", "示例品牌")


def test_neighbourhoods_change(scene, bureau):
    done("neighbourhoods", rows_for("neighbourhoods", scene.facility, scene.facility), actor=bureau)
    done("neighbourhoods", ("七宝镇", "示例第一居委", "", "", 333, "", "2026-01-31"), actor=bureau)
    made = Neighbourhood.objects.get(name="示例第一居委")
    assert (made.under_three, str(made.counted_on), made.source, made.version) == (
        333,
        "2026-01-31",
        "街道台账",
        2,
    )


def test_an_operator_brings_in_for_the_own_facility_only(scene, one):
    actor = scene.actor("operator")
    own = (scene.facility.code, "一班", "托小班", 2025, 10, 8, 3, "2025-09-01")
    run = bring("classes", own, (one.code, *own[1:]), actor=actor)
    assert (run.counts["new"], run.counts["wrong"]) == (1, 1)
    assert "名册里没有这家机构" in " ".join(sentences(run))
    run = write(run, actor=actor, on=TODAY, without_wrong=True)
    assert run.state == "done", imports.reason_of(run)
    assert list(CareClass.objects.values_list("facility", flat=True)) == [scene.facility.pk]


def test_what_moved_between_preview_and_writing_writes_nothing(one, bureau):
    run = bring(
        "classes",
        (one.code, "一班", "托小班", 2025, 20, 10, 4, "2025-09-01"),
        (one.code, "二班", "托小班", 2025, 40, 10, 4, "2025-09-01"),
        actor=bureau,
    )
    assert run.counts["wrong"] == 0
    one.places = 50
    one.save()
    run = write(run, actor=bureau, on=TODAY)
    assert run.state == "ready" and "第 3 行" in imports.reason_of(run)
    assert not CareClass.objects.exists()


def test_writing_takes_the_rows_from_the_preview(one, bureau, monkeypatch):
    run = bring("classes", rows_for("classes", one, one), actor=bureau)
    assert ImportStaged.objects.filter(run=run).exists()
    monkeypatch.setattr(imports, "open_sheet", None)  # the file is not opened again
    assert write(run, actor=bureau, on=TODAY).state == "done"
    assert not ImportStaged.objects.filter(run=run).exists()


def test_a_list_too_long_to_go_row_by_row_is_refused(one, bureau, monkeypatch):
    monkeypatch.setattr("portal.services.import_rows.MOST_ONE_BY_ONE", 1)
    row = rows_for("classes", one, one)
    run = bring("classes", row, (row[0], "二班", *row[2:]), actor=bureau)
    assert run.state == "refused" and "一次最多 1 行" in imports.reason_of(run)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (60, "1层 60.0"), ("60.5㎡", "1层 60.5"), ("2楼45、1层60", "1层 60.0、2层 45.0"), ("地下1层 30", "-1层 30.0"),
        ("1F：20；1F：5", "1层 25.0"), ("－", None), ("", None),
    ],
)  # fmt: skip
def test_areas_by_floor(raw, text):
    assert Areas().read(raw) == text


@pytest.mark.parametrize("key", sorted(LISTS.incoming))
def test_no_two_columns_of_a_list_answer_to_one_heading(key, bureau):
    seen: dict[str, str] = {}
    for column in LISTS.incoming[key].columns(bureau):
        for name in {headings.key(text) for text in (column.heading, *column.aliases)}:
            assert seen.setdefault(name, column.field) == column.field, name


def test_cells_that_mean_nothing_are_said():
    assert isinstance(Areas().read("很大"), Wrong)
    assert isinstance(SchoolYear().read("去年"), Wrong)
    assert [SchoolYear().read(t) for t in ("2025学年", 2025, "2025—2026学年第一学期")] == [2025, 2025, 2025]


def test_a_publication_moves_the_registers_day_and_is_not_changed_by_a_file(one, bureau):
    row = rows_for("fee-notices", one, one)
    done("fee-notices", row, actor=bureau)
    one.refresh_from_db()
    assert one.fees_published_on == date(2026, 3, 1)
    run = bring("fee-notices", (*row[:3], "别处"), actor=bureau)
    assert run.counts["wrong"] == 1 and "示例托育" in "；".join(sentences(run))
    run = bring(
        "fee-notices",
        row,
        row,
        (one.code, "2027-01-01", "门口", ""),
        (one.code, "2026-03-02", "电台", ""),
        actor=bureau,
    )
    said = "；".join(sentences(run))
    assert run.counts["wrong"] >= 3 and "同一次公示" in said and "还没到这一天" in said
