"""Newborns' families and the visits at their homes from spreadsheets, as stations and community health centres keep them.

A family is known by its number in the visiting book. The number and the visitor's note stand in no staging table: a keyed
hash does, and the service writes what the model keeps. Rows go one by one through the pages' own services.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from guidance.imports.births import Month
from guidance.models import Newborn
from guidance.rules import newborns as rules
from guidance.services import newborns as services
from portal.access import Actor
from portal.crypto import keyed_hash
from portal.models.places import Street
from portal.rules import cells
from portal.rules.cells import Day, Text, Wrong, YesNo, plain, shown, text_of
from portal.rules.machine import marked
from portal.services import import_rows
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices


@dataclass(frozen=True)
class ListNumber:
    """A number of the visiting book, as it is kept."""

    sql: str = "text"

    def read(self, raw: Any):
        text = text_of(raw)
        if isinstance(text, Wrong):
            return text
        text = plain(text).upper()
        if not text:
            return None
        return text if rules.LIST_NUMBER.fullmatch(text) else Wrong(rules.PROBLEMS["list_number"])


@dataclass(frozen=True)
class Topics:
    """What was talked about, apart by 、 or a comma; staged as the keys."""

    labels: dict[str, str]
    sql: str = "text"

    def read(self, raw: Any):
        text = text_of(raw)
        if isinstance(text, Wrong):
            return text
        found = []
        for word in filter(None, (part.strip() for part in re.split(r"[、,，;；]", text))):
            if word not in self.labels:
                return Wrong(NO_TOPIC, {"given": shown(word), "all": "、".join(self.labels)})
            found.append(self.labels[word])
        return ",".join(key for key in rules.TOPICS if key in found) or None


def hashed(number: str) -> str:
    return keyed_hash(f"visiting-book:{number}")


def tail(number: str) -> str:
    """How a number stands in the preview."""
    return f"*{number[-4:]}"


NO_TOPIC = marked("没有“%(given)s”这一项。可以写：%(all)s")
TWICE = marked("和第 %(other)d 行是同一户。一户一行")
LIST_NUMBER = Column("list_number", marked("访视册编号"), ListNumber(), ("编号", "访视编号", "登记编号"),  # content
                     needed=True, example="示例-0001", mask=tail, staged=hashed, width=18)  # content  # fmt: skip
FAMILY = (
    LIST_NUMBER,
    Column("birth_month", marked("出生年月"), Month(), ("出生月份", "出生日期", "年月"), needed=True,  # content
           example="2026-03"),
    Column("street", marked("街镇"), aliases=("居住街镇", "街道", "所属街镇"), needed=True, example="七宝镇"),  # content
    Column("resident", marked("常住"), YesNo(), ("是否常住", "常住家庭"), needed=True, example="是"),  # content
    Column("asked", marked("家长有需求"), YesNo(), ("有需求", "是否有需求"), example="是"),  # content
    Column("planned_on", marked("计划上门"), Day(), ("计划上门日期", "计划日期"), example="2026-04-10"),  # content
    Column("handbook_on", marked("手册发放日期"), Day(), ("发放日期", "手册发放"), example="2026-03-28"),  # content
    Column("refused_on", marked("拒绝日期"), Day(), ("家长拒绝日期",), about=marked("家长不要上门的才填")),  # content
    Column("refused_reason", marked("拒绝的原因"), Text(100), ("拒绝原因",), width=24),  # content
)  # fmt: skip
FACTS = tuple(c.field for c in FAMILY if c.field not in ("list_number", "street"))


def family_columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(
        FAMILY, street=cells.streets(Street.objects.values_list("pk", "name", "code"), actor.district.name)
    )


def families_of(stage: Stage) -> None:
    """Finds each row's family, of those whom the one who imports may enter, into column `newborn_id`."""
    stage.run("ALTER TABLE import_row ADD newborn_id bigint")
    numbers = {row: cells["list_number"] for row, cells in stage.secrets.items() if "list_number" in cells}
    rows = Newborn.objects.allowed(stage.actor, services.RIGHT).filter(list_number__in=set(numbers.values()))
    known = dict(rows.order_by().values_list("list_number", "pk"))
    found = [(row, known[number]) for row, number in numbers.items() if number in known]
    stage.run(
        "UPDATE import_row i SET newborn_id = f.id FROM unnest(%s::int[], %s::bigint[]) f(row, id) WHERE f.row = i.row",
        [[row for row, _id in found], [pk for _row, pk in found]],
    )


def match_families(stage: Stage) -> None:
    families_of(stage)
    stage.twice(["list_number"], "list_number", TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT row, newborn_id FROM import_row WHERE newborn_id IS NOT NULL"
    )
    stage.compare(
        "guidance_newborn",
        {f: f"t.{f}" for f in FACTS if f != "refused_reason"}
        | {"street": "t.street_id", "refused_reason": "nullif(t.refused_reason, '')"},
    )


def save_family(stage: Stage, row: dict) -> None:
    known = None if row["target"] is None else Newborn.objects.get(pk=row["target"])
    facts = {f: getattr(known, f) if row[f] is None and known else row[f] for f in FACTS}
    facts |= {name: bool(facts[name]) for name in ("resident", "asked")}
    street = known.street if row["street"] is None and known else Street.objects.get(pk=row["street"])
    services.keep_newborn(
        known,
        actor=stage.actor,
        list_number="" if known else row["list_number"],
        version=known.version if known else None,
        today=stage.on,
        **facts | {"street": street, "refused_reason": facts["refused_reason"] or ""},
    )


NEWBORNS = ImportList(
    key="newborn-families",
    title=marked("新生儿家庭"),
    unit=marked("户"),
    url="newborns",
    right=services.RIGHT,
    columns=family_columns,
    match=match_families,
    known_by=(("list_number",),),
    trial=import_rows.trial(save_family),
    write=import_rows.writer(save_family, services.RIGHT),
    personal=True,
    order=83,
    about=marked("按访视册编号认；不写姓名、电话和住址"),
)

# ---- visits


VISITS = (
    LIST_NUMBER,
    Column("visited_on", marked("上门日期"), Day(), ("访视日期", "日期", "上门时间"), needed=True,  # content
           example="2026-04-12"),
    Column("topics", marked("指导了什么"), aliases=("指导内容", "内容"), needed=True,  # content
           example="喂养、睡眠", width=24),  # content
    Column("note", marked("记录"), Text(rules.NOTE), ("访视记录", "备注"), width=40,  # content
           about=marked("不写姓名和住址"), mask=lambda text: "***", staged=hashed),
)  # fmt: skip
VISIT_TWICE = marked("和第 %(other)d 行是同一户、同一天。留一行")
NO_FAMILY = marked("你能登记的新生儿家庭里没有这个编号。先登记家庭，或者用“新生儿家庭”导入")
STAYS = marked("那天的上门已经登记，这一格不写入")


def visit_columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(VISITS, topics=Topics({_(word): key for key, word in rules.TOPICS.items()}))


def match_visits(stage: Stage) -> None:
    families_of(stage)
    stage.twice(["newborn_id", "visited_on"], "visited_on", VISIT_TWICE)
    stage.remark(
        "list_number",
        NO_FAMILY,
        "SELECT row FROM import_row i WHERE list_number IS NOT NULL AND newborn_id IS NULL",
    )
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i JOIN guidance_newbornvisit t"
        " ON t.newborn_id = i.newborn_id AND t.visited_on = i.visited_on"
    )
    stage.remark(
        "topics",
        STAYS,
        "SELECT m.row FROM import_match m JOIN import_row i USING (row) JOIN guidance_newbornvisit t ON t.id = m.target"
        " WHERE i.topics <> array_to_string(t.topics, ',')",
        level="note",
    )


def save_visit(stage: Stage, row: dict) -> None:
    services.visit(
        Newborn.objects.get(pk=row["newborn_id"]),
        actor=stage.actor,
        visited_on=row["visited_on"],
        topics=row["topics"].split(","),
        note=row.get("note") or "",
        today=stage.on,
    )


NEWBORN_VISITS = ImportList(
    key="newborn-visits",
    title=marked("新生儿上门"),
    unit=marked("次"),
    url="newborns",
    right=services.RIGHT,
    columns=visit_columns,
    match=match_visits,
    known_by=(("list_number", "visited_on"),),
    trial=import_rows.trial(save_visit),
    write=import_rows.writer(save_visit, services.RIGHT),
    personal=True,
    order=84,
    about=marked("按访视册编号和上门日期认；家庭要先登记"),
)
