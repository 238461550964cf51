"""宝宝屋 from spreadsheets: what each offers, and its rooms. Rows go one by one through the pages' own services."""

from __future__ import annotations

from facilities.imports.file import choices, known_by
from facilities.imports.of_facility import OF_FACILITY, place
from facilities.models import Facility, Room, Site
from facilities.services import sites
from portal.access import Actor
from portal.rules.cells import Number, Text, YesNo
from portal.rules.machine import marked
from portal.services import import_rows
from portal.services.import_rows import given
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices

SITES = (
    *OF_FACILITY,
    Column("siting", marked("设置形式"), aliases=("设置方式", "场地类型"), needed=True, example="社区综合设施"),  # content
    Column("running", marked("运营方式"), aliases=("运营模式", "举办形式"), needed=True, example="购买服务"),  # content
    Column("alone", marked("单独托"), YesNo(), ("幼儿单独托",), example="是"),  # content
    Column("with_parent", marked("亲子托"), YesNo(), ("家长陪托",), example="是"),  # content
    Column("with_grandparent", marked("老小托"), YesNo(), ("祖辈陪托",), example="否"),  # content
    Column("outdoor", marked("有户外活动场地"), YesNo(), ("户外活动场地", "户外场地"), example="否"),  # content
    Column("nursing_room", marked("有母婴室"), YesNo(), ("母婴室",), example="是"),  # content
)  # fmt: skip
SITINGS = {"独立设置": "alone", "社区综合服务设施": "community", "邻里中心": "community",  # content
          "党群服务中心": "community",  # content
           "物业用房": "property", "居委会活动室": "committee", "居委活动室": "committee",  # content
           "养老服务设施": "elderly", "幼儿园": "kindergarten", "托育园": "kindergarten"}  # content  # fmt: skip
RUNNINGS = {"自办": "street", "街道自办": "street", "镇自办": "street", "政府购买服务": "bought",  # content
          "购买": "bought",  # content
            "委托": "entrusted", "委托运营": "entrusted", "委托第三方": "entrusted"}  # content  # fmt: skip
TWICE = marked("和第 %(other)d 行是同一个宝宝屋。留一行")
FACTS = ("siting", "running", *sites.FLAGS)


def site_columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(SITES, siting=choices(Site.Siting, SITINGS), running=choices(Site.Running, RUNNINGS))


def match_sites(stage: Stage) -> None:
    place(stage, "site.manage")
    stage.twice(["facility"], "facility_name", TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i"
        " JOIN facilities_site t ON t.facility_id = i.facility"
    )
    stage.compare("facilities_site", {f: f"t.{f}" for f in FACTS})


def save_site(stage: Stage, row: dict) -> None:
    facts, version = given(row, FACTS), 0
    if row["target"] is not None:
        one = Site.objects.get(pk=row["target"])
        facts, version = {f: getattr(one, f) for f in FACTS} | facts, one.version
    sites.describe(Facility.objects.get(pk=row["facility"]), actor=stage.actor, version=version, **facts)


ROOMS = (
    *OF_FACILITY,
    Column("name", marked("照护室"), Text(40), ("房间", "活动室", "名称", "室名"), needed=True, example="一室"),  # content
    Column("area", marked("使用面积（平方米）"), Number(3, 2000, 1), ("面积", "使用面积"), needed=True,  # content
           example="45"),  # content
    Column("places", marked("同时最多"), Number(1, 200), ("人数", "同时最多人数", "托位", "托位数"), needed=True,  # content
           example="15"),
    Column("closed", marked("停用"), YesNo(), ("是否停用",), example="否"),  # content
)  # fmt: skip
ROOM_TWICE = marked("和第 %(other)d 行是同一间。留一行")
ROOM_FACTS = ("name", "area", "places", "closed")


def room_columns(actor: Actor) -> tuple[Column, ...]:
    return ROOMS


def match_rooms(stage: Stage) -> None:
    place(stage, "site.manage")
    stage.twice(["facility", "name"], "name", ROOM_TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i JOIN facilities_room t"
        " ON t.facility_id = i.facility AND t.name = i.name"
    )
    stage.compare("facilities_room", {f: f"t.{f}" for f in ROOM_FACTS if f != "name"})


def save_room(stage: Stage, row: dict) -> None:
    facts, room = given(row, ROOM_FACTS), None
    if row["target"] is not None:
        room = Room.objects.get(pk=row["target"])
        facts = {f: getattr(room, f) for f in ROOM_FACTS} | facts
    facility = Facility.objects.get(pk=row["facility"])
    sites.keep_room(facility, actor=stage.actor, room=room, on=stage.on, **facts)


SITE_LISTS = (
    ImportList(
        key="sites", title=marked("宝宝屋"), unit=marked("个"), url="sites", right="site.manage",
        columns=site_columns, match=match_sites, known_by=known_by(), order=52,
        trial=import_rows.trial(save_site, group="facility"),
        write=import_rows.writer(save_site, "site.manage"),
        about=marked("宝宝屋先在“机构名册”里登记，这里填设置形式、运营方式和照护方式"),
    ),
    ImportList(
        key="rooms", title=marked("宝宝屋照护室"), unit=marked("间"), url="sites", right="site.manage",
        columns=room_columns, match=match_rooms, known_by=known_by("name"), order=54,
        trial=import_rows.trial(save_room, group="facility"),
        write=import_rows.writer(save_room, "site.manage"),
        about=marked("按宝宝屋和室名认"),
    ),
)  # fmt: skip
