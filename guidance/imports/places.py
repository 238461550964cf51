"""Guidance places from a spreadsheet. Rows go one by one through the page's own service."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from guidance.models import GuidancePlace
from guidance.rules import places as rules
from guidance.services import places as services
from portal.access import Actor
from portal.models.places import Street, Unit
from portal.rules import cells
from portal.rules.cells import Day, Text, Wrong, choice, shown, text_of
from portal.rules.machine import marked
from portal.services import import_rows
from portal.services.import_rows import given
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices

KINDS = {
    "指导站": rules.STATION, "科学育儿指导站": rules.STATION, "育儿指导站": rules.STATION,  # content
    "示范点": rules.FRIENDLY, "儿童友好社区": rules.FRIENDLY,  # content
    "基地": rules.BASE, "早期发展基地": rules.BASE,  # content
    "服务中心": rules.CENTRE, "游戏观察室": rules.PLAY_ROOM, "亲子指导室": rules.PLAY_ROOM,  # content
}  # fmt: skip
UNKNOWN = marked("没有“%(given)s”这种服务。可以写：%(all)s")


@dataclass(frozen=True)
class Services:
    """Words of the list, apart by 、 or a comma; staged as their keys."""

    labels: dict[str, str]
    sql: str = "text"

    def read(self, raw: Any):
        text = text_of(raw)
        if isinstance(text, Wrong):
            return text
        found = []
        for word in filter(None, (part.strip() for part in re.split(r"[、,，;；]", text))):
            if word not in self.labels:
                return Wrong(UNKNOWN, {"given": shown(word), "all": "、".join(self.labels)})
            found.append(self.labels[word])
        return ",".join(key for key in rules.SERVICES if key in found) or None


COLUMNS = (
    Column("kind", marked("类型"), aliases=("种类", "场所类型"), needed=True,  # content
           example="家庭科学育儿指导站", width=22),  # content
    Column("name", marked("名称"), Text(80), ("场所名称", "站名", "站点名称"), needed=True,  # content
           example="七宝镇家庭科学育儿指导站", width=28),  # content
    Column("street", marked("街镇"), aliases=("所属街镇", "街道", "所在街镇"), needed=True, example="七宝镇"),  # content
    Column("community", marked("社区"), Text(60), ("居委", "居村委", "所在社区"), example="示例居委"),  # content
    Column("address", marked("地址"), Text(200), ("详细地址",), needed=True, example="示例路 1 号", width=28),  # content
    Column("phone", marked("电话"), Text(30), ("联系电话",), example="021-00001234"),  # content
    Column("unit", marked("联系单位"), aliases=("主管单位", "责任单位"), width=20),  # content
    Column("services", marked("服务"), aliases=("服务内容", "服务项目"), example="育儿指导、亲子活动", width=24),  # content
    Column("tier", marked("层次"), Text(1, upper=True), about=marked("儿童早期发展基地才填：1、4、X、Y")),
    Column("kit_from", marked("资源包启用日期"), Day(), about=marked("儿童早期发展基地才填")),
    Column("opened_on", marked("启用日期"), Day(), ("启用时间", "建成日期"), needed=True, example="2021-09-01"),  # content
    Column("closed_on", marked("停用日期"), Day(), ("关闭日期",)),  # content
)  # fmt: skip
TWICE = marked("和第 %(other)d 行是同一个场所。留一行")
FACTS = tuple(c.field for c in COLUMNS if c.field not in ("street", "unit", "services"))


def columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(
        COLUMNS,
        kind=choice([(value, _(word)) for value, word in rules.KINDS.items()], KINDS),
        street=cells.streets(Street.objects.values_list("pk", "name", "code"), actor.district.name),
        unit=replace(choice(Unit.objects.order_by("name").values_list("pk", "name")), sql="bigint"),
        services=Services({_(word): key for key, word in rules.SERVICES.items()}),
    )


def match(stage: Stage) -> None:
    """A place is known by its street, kind and name."""
    stage.twice(["street", "kind", "name"], "name", TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i JOIN guidance_guidanceplace t"
        " ON t.street_id = i.street AND t.kind = i.kind AND t.name = i.name"
    )
    stage.compare(
        "guidance_guidanceplace",
        {f: f"t.{f}" for f in FACTS if f not in ("kind", "name")}
        | {"unit": "t.unit_id", "services": "nullif(array_to_string(t.services, ','), '')"},
    )


def save(stage: Stage, row: dict) -> None:
    facts = given(row, FACTS) | {"street": Street.objects.get(pk=row["street"])}
    if row["unit"] is not None:
        facts["unit"] = Unit.objects.get(pk=row["unit"])
    if row["services"] is not None:
        facts["services"] = row["services"].split(",")
    place = None if row["target"] is None else GuidancePlace.objects.get(pk=row["target"])
    services.keep_place(
        place, actor=stage.actor, version=place.version if place else None, today=stage.on, **facts
    )


PLACES = ImportList(
    key="guidance-places",
    title=marked("育儿指导场所"),
    unit=marked("个"),
    url="guidance-places",
    right="guidance_place.manage",
    columns=columns,
    match=match,
    known_by=(("street", "kind", "name"),),
    trial=import_rows.trial(save, group="street"),
    write=import_rows.writer(save, "guidance_place.manage"),
    order=80,
    about=marked("按街镇、类型和名称认；科学育儿指导点在“机构名册”里"),
)
