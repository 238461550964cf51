"""Guidance places from a spreadsheet: known by street, kind and name; what the service refuses is said at its cell."""

from datetime import date

import pytest

from guidance.models import GuidancePlace
from portal.services import imports
from portal.tenancy import district_scope
from tests import rows
from tests.portal.spreadsheets import read, sentences, write

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
HEAD = ("场所类型", "名称", "街镇", "社区", "地址", "电话", "联系单位", "服务", "层次", "启用日期")


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def scene(cast):
    with district_scope(cast.minhang):
        yield cast


def line(**changed) -> tuple:
    row = {
        "场所类型": "指导站", "名称": "示例一站", "街镇": "七宝镇", "地址": "示例路 1 号", "电话": "021-00001111",
        "联系单位": "区卫健委", "服务": "亲子活动、育儿指导", "启用日期": "2022-03-01",
    }  # fmt: skip
    return tuple({**row, **changed}.get(name, "") for name in HEAD)


def test_new_known_and_changed_places(scene):
    bureau = scene.actor("bureau")
    rows.make(GuidancePlace, name="示例二站", kind="station", street=scene.street, address="示例路 2 号",
              opened_on=date(2021, 1, 1), services=["education"])  # fmt: skip
    same = line(
        名称="示例二站", 地址="示例路 2 号", 电话="", 联系单位="", 服务="育儿指导", 启用日期="2021-01-01"
    )
    run = read("guidance-places", HEAD, line(), same, actor=bureau, on=TODAY)
    assert (run.counts["new"], run.counts["same"], run.counts["wrong"]) == (1, 1, 0), sentences(run)
    run = write(run, actor=bureau, on=TODAY)
    assert run.state == "done", imports.reason_of(run)
    made = GuidancePlace.objects.get(name="示例一站")
    assert (made.kind, made.street, made.unit, made.services) == (
        "station", scene.street, scene.health_unit, ["education", "activity"],
    )  # fmt: skip
    moved = line(地址="示例路 8 号", 电话="", 服务="")
    run = write(read("guidance-places", HEAD, moved, actor=bureau, on=TODAY), actor=bureau, on=TODAY)
    made.refresh_from_db()
    assert (made.address, made.phone, made.services, made.version) == (
        "示例路 8 号", "021-00001111", ["education", "activity"], 2,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"服务": "唱歌"}, "没有“唱歌”这种服务"),
        ({"层次": "4"}, "只有儿童早期发展基地有层次"),
        ({"场所类型": "儿童之家"}, "写明在哪个社区"),
        ({"启用日期": "2027-01-01"}, "还没到这一天"),
        ({"街镇": "古美街道"}, "只能登记自己街镇"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(scene, changed, said):
    run = read("guidance-places", HEAD, line(**changed), actor=scene.actor("officer"), on=TODAY)
    assert run.counts["wrong"] == 1
    assert any(said in sentence for sentence in sentences(run)), sentences(run)
    assert not GuidancePlace.objects.exists()
