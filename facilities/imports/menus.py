"""What the children eat, from spreadsheets: one row per facility and week."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from facilities.imports.file import known_by
from facilities.imports.of_facility import OF_FACILITY, place
from facilities.models import Facility
from facilities.services import papers
from portal.access import Actor
from portal.rules.cells import TOO_LONG, Day, Wrong, text_of
from portal.rules.machine import marked
from portal.services import import_rows
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList


@dataclass(frozen=True)
class Lines:
    """Words over several lines, each without blanks at its ends."""

    most: int = 4000
    sql: str = "text"

    def read(self, raw: Any):
        text = text_of(raw)
        if isinstance(text, Wrong):
            return text
        if isinstance(raw, str):
            text = "\n".join(line.strip() for line in raw.replace("\0", "").strip().splitlines())
        if len(text) > self.most:
            return Wrong(TOO_LONG, {"length": len(text), "most": self.most})
        return text or None


MENUS = (
    *OF_FACILITY,
    Column("week", marked("周一的日期"), Day(), ("周", "周一", "周一日期", "日期", "起始日期", "开始日期"),  # content
           needed=True, example="2026-03-16", about=marked("这一周从哪个周一开始")),
    Column("text", marked("食谱"), Lines(), ("食谱内容", "菜单", "一周食谱", "内容"), needed=True,  # content
           example="周一：番茄炒蛋、青菜、米饭", width=60),  # content
)  # fmt: skip
MENU_TWICE = marked("和第 %(other)d 行是同一周的食谱。一周一行，几天写在同一格里，换行隔开")


def menu_columns(actor: Actor) -> tuple[Column, ...]:
    return MENUS


def match_menus(stage: Stage) -> None:
    """One menu a week; other words take the place of those that stand there, a file that was handed in stays."""
    place(stage, "facility.keep")
    stage.twice(["facility", "week"], "week", MENU_TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i JOIN facilities_menu t"
        " ON t.facility_id = i.facility AND t.week = i.week"
    )
    bare = r"regexp_replace({}, '\s+', '', 'g')"
    stage.compare(
        "facilities_menu", {"text": "t.text"}, f"{bare.format('i.text')} <> {bare.format('t.text')}"
    )


def save_menu(stage: Stage, row: dict) -> None:
    facility = Facility.objects.get(pk=row["facility"])
    papers.post_menu(facility, actor=stage.actor, week=row["week"], text=row["text"] or "", today=stage.on)


MENU_LIST = ImportList(
    key="menus", title=marked("食谱"), unit=marked("周"), url="facilities", right="facility.keep",
    columns=menu_columns, match=match_menus, known_by=known_by("week"), order=19,
    trial=import_rows.trial(save_menu, group="facility"),
    write=import_rows.writer(save_menu, "facility.keep"),
    about=marked("供餐的机构一周一行；同一周再导入就换成新的"),
)  # fmt: skip
