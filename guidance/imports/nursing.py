"""Places that must have a nursing room, from a spreadsheet. Rows go one by one through the page's own service."""

from __future__ import annotations

from django.utils.translation import gettext as _

from guidance.models import NursingPlace
from guidance.rules import nursing as rules
from guidance.rules.states import NURSING
from guidance.services import nursing as services
from portal.access import Actor
from portal.models.places import Street
from portal.rules import cells
from portal.rules.cells import Day, Number, Text, choice
from portal.rules.machine import marked
from portal.services import import_rows
from portal.services.import_rows import given
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices

COLUMNS = (
    Column("kind", marked("类别"), aliases=("类型", "场所类别"), needed=True, example="公共场所", width=12),  # content
    Column("name", marked("名称"), Text(80), ("场所名称", "单位名称"), needed=True, example="示例商场", width=28),  # content
    Column("street", marked("街镇"), aliases=("所属街镇", "街道", "所在街镇"), needed=True, example="七宝镇"),  # content
    Column("address", marked("地址"), Text(200), ("详细地址",), needed=True, example="示例路 1 号", width=28),  # content
    Column("basis", marked("依据"), Text(200), ("文件依据",), needed=True, width=28,  # content
           example="婴幼儿照护服务示范区创建文件 三（三）"),  # content
    Column("area", marked("建筑面积（平方米）"), Number(1, rules.MOST_AREA), ("建筑面积", "面积")),  # content
    Column("visitors", marked("日人流量（人）"), Number(1, rules.MOST_VISITORS), ("日人流量", "人流量")),  # content
    Column("listed_on", marked("列入名单"), Day(), ("列入日期",), needed=True, example="2026-01-01"),  # content
    Column("state", marked("母婴设施"), aliases=("状态", "设施状态"), needed=True, example="已启用"),  # content
    Column("planned_for", marked("计划启用"), Day(), about=marked("计划建的才填")),
    Column("opened_on", marked("启用日期"), Day(), about=marked("已启用的才填")),
    Column("equipment", marked("设备"), Text(200), width=24),
    Column("checked_on", marked("最近检查"), Day()),
    Column("ended_on", marked("移出名单"), Day()),
)  # fmt: skip
TWICE = marked("和第 %(other)d 行是同一个场所。留一行")
FACTS = tuple(c.field for c in COLUMNS if c.field != "street")


def columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(
        COLUMNS,
        kind=choice([(value, _(word)) for value, word in rules.KINDS.items()]),
        street=cells.streets(Street.objects.values_list("pk", "name", "code"), actor.district.name),
        state=choice([(value, _(word)) for value, word in NURSING.states.items()]),
    )


def match(stage: Stage) -> None:
    """A place is known by its street, kind and name."""
    stage.twice(["street", "kind", "name"], "name", TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i JOIN guidance_nursingplace t"
        " ON t.street_id = i.street AND t.kind = i.kind AND t.name = i.name"
    )
    stage.compare("guidance_nursingplace", {f: f"t.{f}" for f in FACTS if f not in ("kind", "name")})


def save(stage: Stage, row: dict) -> None:
    facts = given(row, FACTS) | {"street": Street.objects.get(pk=row["street"])}
    place = None if row["target"] is None else NursingPlace.objects.get(pk=row["target"])
    services.keep_place(
        place, actor=stage.actor, version=place.version if place else None, today=stage.on, **facts
    )


NURSING_PLACES = ImportList(
    key="nursing-places",
    title=marked("母婴设施"),
    unit=marked("个"),
    url="nursing-places",
    right="nursing_place.manage",
    columns=columns,
    match=match,
    known_by=(("street", "kind", "name"),),
    trial=import_rows.trial(save, group="street"),
    write=import_rows.writer(save, "nursing_place.manage"),
    order=85,
    about=marked("按街镇、类别和名称认"),
)
