"""Kindergartens from a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from facilities.imports.facilities import OWNERSHIPS
from facilities.models import Facility, Kindergarten
from facilities.services import kindergarten_import
from portal.access import Actor
from portal.models.places import Street
from portal.rules import cells
from portal.rules.cells import Day, Text, choice
from portal.rules.machine import marked
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices

WORKS = {
    "新建园": "new",
    "新开": "new",
    "改建": "rebuilt",
    "扩建": "rebuilt",
    "改扩建园": "rebuilt",
}  # content
COLUMNS = (
    Column("code", marked("编号"), Text(12, upper=True), ("幼儿园编号", "园所编号", "园所代码"), needed=True,  # content
           example="MHY001"),
    Column("name", marked("名称"), Text(100), ("幼儿园名称", "园名", "园所名称"), needed=True,  # content
           example="示例幼儿园", width=28),  # content
    Column("street", marked("街镇"), aliases=("所属街镇", "街道", "所在街镇"), needed=True, example="七宝镇"),  # content
    Column("ownership", marked("性质"), aliases=("办园性质", "办学性质"), needed=True, example="公办"),  # content
    Column("opened_on", marked("开办日期"), Day(), ("开办时间", "建园日期"), needed=True, example="2010-09-01"),  # content
    Column("closed_on", marked("停办日期"), Day(), ("关闭日期",)),  # content
    Column("works", marked("建设"), aliases=("建设类型", "新改扩建"), example="新建"),  # content
    Column("works_on", marked("建设完成日期"), Day(), ("竣工日期", "投用日期"), example="2024-09-01"),  # content
    Column("facility", marked("托班机构编号"), Text(12, upper=True), ("托班编号", "托幼一体编号"),  # content
           example="MH0012"),
)  # fmt: skip
TWICE = marked("编号和第 %(other)d 行相同。一所幼儿园留一行")
FUTURE = marked("还没到这一天")
BEFORE = marked("不能早于开办日期")
NO_FACILITY = marked("名册里没有编号 %(given)s")
NOT_INTEGRATED = marked("%(given)s 不是托幼一体")
TAKEN = marked("%(given)s 已经是 %(other)s 的托班")


def columns(actor: Actor) -> tuple[Column, ...]:
    works = [(v, str(word)) for v, word in Kindergarten.Works.choices if v]
    return with_choices(
        COLUMNS,
        street=cells.streets(Street.objects.values_list("pk", "name", "code"), actor.district.name),
        ownership=choice([(v, str(word)) for v, word in Facility.Ownership.choices], OWNERSHIPS),
        works=choice(works, WORKS),
    )


def rules(values: dict, today: date) -> Iterator[tuple[str, str, dict]]:
    for field in ("opened_on", "works_on"):
        if field in values and values[field] > today and field == "opened_on":
            yield field, FUTURE, {}
    if values.keys() >= {"opened_on", "closed_on"} and values["closed_on"] < values["opened_on"]:
        yield "closed_on", BEFORE, {}


def match(stage: Stage) -> None:
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i"
        " JOIN facilities_kindergarten t ON t.code = i.code"
    )
    stage.twice(["code"], "code", TWICE)
    stage.run("ALTER TABLE import_row ADD facility_id bigint")
    stage.run(
        "UPDATE import_row i SET facility_id = f.id FROM facilities_facility f"
        " WHERE f.code = i.facility AND f.kind = 'integrated_kindergarten'"
    )
    for text, where in (
        (NO_FACILITY, "f.id IS NULL"),
        (NOT_INTEGRATED, "f.id IS NOT NULL AND f.kind <> 'integrated_kindergarten'"),
    ):
        stage.remark(
            "facility",
            text,
            "SELECT i.row, i.facility AS given FROM import_row i LEFT JOIN facilities_facility f ON f.code = i.facility"
            f" WHERE i.facility IS NOT NULL AND {where}",
        )
    stage.remark(
        "facility",
        TAKEN,
        "SELECT i.row, i.facility AS given, k.name AS other FROM import_row i"
        " JOIN facilities_kindergarten k ON k.facility_id = i.facility_id AND k.code <> i.code",
    )
    stage.twice(["facility"], "facility", TWICE)
    stage.compare(
        "facilities_kindergarten",
        {f: f"t.{f}" for f in ("name", "ownership", "opened_on", "closed_on", "works", "works_on")}
        | {
            "street": "t.street_id",
            "facility": "(SELECT f.code FROM facilities_facility f WHERE f.id = t.facility_id)",
        },
    )


KINDERGARTENS = ImportList(
    key="kindergartens",
    title=marked("幼儿园"),
    unit=marked("所"),
    url="kindergartens",
    right="facility.manage",
    columns=columns,
    rules=rules,
    match=match,
    write=kindergarten_import.write_kindergartens,
    known_by=(("code",),),
    order=50,
    about=marked("按编号认幼儿园；托幼一体的填托班的机构编号"),
)
