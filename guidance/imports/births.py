"""Births of streets and months from a spreadsheet. Rows go one by one through the page's own service."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from guidance.models import BirthCount
from guidance.rules import newborns as rules
from guidance.services import newborns as services
from portal.access import Actor
from portal.models.places import Street
from portal.rules import cells
from portal.rules.cells import Day, Number, Text, Wrong, shown, text_of
from portal.rules.machine import marked
from portal.services import import_rows
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices

NO_MONTH = marked("“%(given)s”看不懂。写成 2026-03 这样的月份")
MONTH = re.compile(r"(20[0-9]{2})[-./年]?(0?[1-9]|1[0-2])月?")  # content


@dataclass(frozen=True)
class Month:
    """2026-03, 2026年3月, or a day within it; its first day."""

    sql: str = "date"

    def read(self, raw: Any):
        if isinstance(raw, datetime | date):
            return date(raw.year, raw.month, 1)
        text = text_of(raw)
        if isinstance(text, Wrong):
            return text
        text = "".join(text.split())
        if not text:
            return None
        match = MONTH.fullmatch(text)
        return date(int(match[1]), int(match[2]), 1) if match else Wrong(NO_MONTH, {"given": shown(raw)})


COUNT = Number(0, rules.MOST_BIRTHS)
COLUMNS = (
    Column("street", marked("街镇"), aliases=("街道", "所属街镇", "地区"), needed=True, example="七宝镇"),  # content
    Column("month", marked("月份"), Month(), ("出生月份", "年月"), needed=True, example="2026-03"),  # content
    Column("total", marked("出生总数"), COUNT, ("出生", "出生数", "新生儿"), needed=True, example="96"),  # content
    Column("resident", marked("其中常住"), COUNT, ("常住", "常住新生儿"), needed=True, example="80"),  # content
    Column("source", marked("来源"), Text(200), ("数据来源",), needed=True, example="区卫健委月报", width=28),  # content
    Column("counted_on", marked("统计时点"), Day(), ("统计日期", "截止日期"), needed=True,  # content
           example="2026-04-05"),
)  # fmt: skip
TWICE = marked("和第 %(other)d 行是同一个街镇、同一个月。留一行")


def columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(
        COLUMNS, street=cells.streets(Street.objects.values_list("pk", "name", "code"), actor.district.name)
    )


def match(stage: Stage) -> None:
    stage.twice(["street", "month"], "month", TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i JOIN guidance_birthcount t"
        " ON t.street_id = i.street AND t.month = i.month"
    )
    stage.compare("guidance_birthcount", {f: f"t.{f}" for f in ("total", "resident", "source", "counted_on")})


def save(stage: Stage, row: dict) -> None:
    known = None if row["target"] is None else BirthCount.objects.get(pk=row["target"])
    facts = {
        name: getattr(known, name) if row[name] is None and known else row[name]
        for name in ("total", "resident", "source", "counted_on")
    }
    services.keep_births(
        actor=stage.actor,
        street=Street.objects.get(pk=row["street"]),
        month=row["month"],
        version=known.version if known else None,
        today=stage.on,
        **facts | {"total": int(facts["total"]), "resident": int(facts["resident"])},
    )


BIRTHS = ImportList(
    key="births",
    title=marked("出生数"),
    unit=marked("行"),
    url="births",
    right="newborn.keep",
    columns=columns,
    match=match,
    known_by=(("street", "month"),),
    trial=import_rows.trial(save, group="street"),
    write=import_rows.writer(save, "newborn.keep"),
    order=82,
    about=marked("一个街镇一个月一行"),
)
