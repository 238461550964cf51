"""What the register's pages refuse, a spreadsheet does not bring in either: followed figures, fewer places, site names."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from facilities.imports import refused
from facilities.models import CareClass, Facility, FeeNotice, Insurance, Premises, PremisesArea
from facilities.services import figures
from facilities.services import naming as names
from portal.models import Parameter
from portal.tenancy import district_scope
from tests.facilities import factories, families
from tests.portal.spreadsheets import read, sentences, write
from tests.queries import at_most

pytestmark = pytest.mark.django_db
HEAD = ("编号", "托位", "在托", "使用面积", "责任险到期", "收费公示日期", "对外电话")


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
def kept(scene):
    """A facility with a file: a class of 15 places and 13 children, one that is over, 120 m², a policy, a notice."""
    made = factories.facility(
        scene.street,
        places=20,
        enrolled=13,
        usable_area=Decimal("120"),
        insured_until="2027-03-31",
        fees_published_on="2026-01-05",
        phone="021-55500001",
    )
    begun = {"facility": made, "kind": "mixed", "year": 2025, "started_on": date(2025, 9, 1)}
    CareClass.objects.create(name="一班", places=15, children=13, **begun)
    CareClass.objects.create(name="旧班", places=30, ended_on=date(2026, 1, 1), **begun)
    home = Premises.objects.create(facility=made, name="一处", tenure="own", starts_on=date(2021, 9, 1))
    PremisesArea.objects.create(premises=home, use="activity", area=Decimal("120"))
    Insurance.objects.create(
        facility=made, kind="liability", insurer="示例保险", number="SL-1",
        starts_on=date(2026, 4, 1), ends_on=date(2027, 3, 31),
    )  # fmt: skip
    FeeNotice.objects.create(facility=made, published_on=date(2026, 1, 5))
    return made


def test_figures_that_follow_from_rows_are_no_cells_of_a_file(bureau, kept):
    before = Facility.objects.filter(pk=kept.pk).values().get()
    line = (kept.code, 12, 11, "90", "2028-03-31", "2026-02-01", "")
    run = read("facilities", HEAD, line, actor=bureau)
    assert run.counts["wrong"] == 1
    assert sorted(sentences(run)) == [
        "B2 各班托位合计 15 个。先把班级的托位改少",
        "C2 在托人数由各班相加。到“班级”里改",
        "D2 使用面积由场所的面积相加。到“场所”里改",
        "E2 责任险到期跟着保单走。到“保险”里登记保单",
        "F2 公示日期跟着收费公示走。到“收费”里登记公示",
    ]
    assert Facility.objects.filter(pk=kept.pk).values().get() == before


def test_cells_that_say_what_stands_bar_nothing(bureau, kept):
    run = read(
        "facilities",
        HEAD,
        (kept.code, 15, 13, "120.0", "2027-03-31", "2026-01-05", "021-55500002"),
        actor=bureau,
    )
    assert (sentences(run), run.counts["changed"], run.counts["cells"]) == ([], 1, 2)
    write(run, actor=bureau)
    fresh = Facility.objects.get(pk=kept.pk)
    assert (fresh.places, fresh.enrolled, fresh.phone) == (15, 13, "021-55500002")


def test_without_rows_the_figures_are_what_the_file_says(bureau, scene):
    bare = factories.facility(scene.street, places=20, enrolled=13)
    Insurance.objects.create(
        facility=bare, kind="accident", insurer="示例保险", number="SL-2",
        starts_on=date(2026, 4, 1), ends_on=date(2027, 3, 31),
    )  # fmt: skip
    run = read("facilities", HEAD, (bare.code, 12, 11, "90", "2028-03-31", "2026-02-01", ""), actor=bureau)
    assert sentences(run) == []
    write(run, actor=bureau)
    fresh = Facility.objects.get(pk=bare.pk)
    assert (fresh.places, fresh.enrolled, fresh.usable_area) == (12, 11, 90)
    assert (fresh.insured_until, fresh.fees_published_on) == (date(2028, 3, 31), date(2026, 2, 1))


# --- Names of 宝宝屋

SITE_HEAD = ("编号", "名称", "类型", "街镇", "地址", "托位", "性质", "全日制", "计时制", "对外电话")


def site(name: str, code: str = "", kind: str = "宝宝屋", phone: str = "", street: str = "七宝镇") -> tuple:
    return (code, name, kind, street, "示例路 9 号", 20, "公办", "否", "是", phone)


def naming(value: str) -> None:
    Parameter.objects.filter(key="baby_house.naming").delete()
    families.parameters(**{"baby_house.naming": value})


def named(street, name: str, **more) -> Facility:
    return factories.facility(
        street, name=name, kind="baby_house", ownership="public", address="示例路 9 号", places=20,
        full_day=False, hourly=True, **more,
    )  # fmt: skip


SHOULD_BE = "按命名规则应为“某某街道”或“某某社区”加“宝宝屋”，改成："


def test_a_new_site_has_a_name_by_the_convention(bureau, scene):
    lines = (
        site("云杉宝宝屋"),
        site("宝宝屋"),
        site("七宝宝宝屋"),
        site("七宝镇雪松社区“宝宝屋”"),
        site("云杉园", kind="托育园"),
    )
    naming("convention")
    run = read("facilities", SITE_HEAD, *lines, actor=bureau)
    assert sentences(run) == [
        f"B2 {SHOULD_BE}七宝镇云杉社区“宝宝屋”",
        f"B3 {SHOULD_BE}七宝镇“宝宝屋”",
        f"B4 {SHOULD_BE}七宝镇某某社区“宝宝屋”",
    ]
    assert (run.counts["wrong"], run.counts["new"]) == (3, 2)
    naming("free")
    assert sentences(read("facilities", SITE_HEAD, *lines, actor=bureau)) == []


def test_a_site_is_renamed_by_the_convention_and_an_old_name_bars_nothing_else(bureau, scene):
    naming("convention")
    old = named(scene.street, "云杉宝宝屋")
    run = read("facilities", SITE_HEAD, site("云杉宝宝屋", old.code, phone="021-55500002"), actor=bureau)
    assert (sentences(run), run.counts["changed"]) == ([], 1)
    write(run, actor=bureau)
    assert Facility.objects.get(pk=old.pk).phone == "021-55500002"
    run = read("facilities", SITE_HEAD, site("云杉乐园", old.code), actor=bureau)
    assert sentences(run) == [f"B2 {SHOULD_BE}七宝镇云杉社区“宝宝屋”"]
    run = read("facilities", SITE_HEAD, site("云杉宝宝屋", old.code, street="古美街道"), actor=bureau)
    assert sentences(run) == [f"B2 {SHOULD_BE}古美街道云杉社区“宝宝屋”"]
    run = read("facilities", SITE_HEAD, site("七宝镇“宝宝屋”", old.code), actor=bureau)
    assert sentences(run) == []
    write(run, actor=bureau)
    # its own name is free to itself, and taken for others
    run = read("facilities", SITE_HEAD, site("宝宝屋", old.code), site("小宝宝屋"), actor=bureau)
    assert sentences(run) == [f"B2 {SHOULD_BE}七宝镇“宝宝屋”", f"B3 {SHOULD_BE}七宝镇小社区“宝宝屋”"]
    assert sentences(read("facilities", SITE_HEAD, site("宝宝屋"), actor=bureau)) == [
        f"B2 {SHOULD_BE}七宝镇某某社区“宝宝屋”"
    ]


def test_a_kind_that_becomes_a_site_takes_the_sites_name(bureau, scene):
    naming("convention")
    park = factories.facility(scene.street, name="云杉园")
    run = read("facilities", ("编号", "类型"), (park.code, "宝宝屋"), actor=bureau)
    assert run.counts["wrong"] == 1 and "七宝镇云杉社区“宝宝屋”" in sentences(run)[0]


def test_any_number_of_names_takes_two_queries(scene):
    named(scene.street, "七宝镇“宝宝屋”")
    street = scene.street.pk
    with at_most(2):
        right = names.wrong_among([(row, None, f"云杉{row}号宝宝屋", street) for row in range(40)])
    assert len(right) == 40 and right[3] == "七宝镇云杉3号社区“宝宝屋”"


def test_every_figure_that_follows_is_watched():
    assert refused.HAVING_ROWS.keys() == figures.ROWS.keys()
