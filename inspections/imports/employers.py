"""Where inspectors work and worked, from a spreadsheet. Rows go one by one through the page's own services, so that the
interests which follow are the same."""

from __future__ import annotations

from inspections.models import Inspector, InspectorEmployer
from inspections.services import employers
from portal.access import Actor
from portal.rules.cells import Day, Text
from portal.rules.machine import marked
from portal.services import import_rows
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList

COLUMNS = (
    Column("code", marked("编号"), Text(12, upper=True), ("检查人员编号", "人员编号"), needed=True,  # content
           example="JC012"),
    Column("name", marked("工作过的单位"), Text(120), ("单位", "单位名称"), needed=True,  # content
           example="上海示例托育有限公司", width=36),  # content
    Column("starts_on", marked("从哪天起"), Day(), ("起始日期", "入职日期"), needed=True, example="2016-07-01"),  # content
    Column("ends_on", marked("到哪天止"), Day(), ("截止日期", "离职日期"), example="2021-06-30"),  # content
)  # fmt: skip
TWICE = marked("和第 %(other)d 行是同一个人、同一个单位、同一天起。留一行")
NOBODY = marked("名册里没有编号 %(code)s。先登记检查人员")


def columns(actor: Actor) -> tuple[Column, ...]:
    return COLUMNS


def match(stage: Stage) -> None:
    stage.twice(["code", "name", "starts_on"], "name", TWICE)
    stage.remark(
        "code",
        NOBODY,
        "SELECT i.row, i.code FROM import_row i WHERE i.code IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM inspections_inspector t WHERE t.code = i.code)",
    )
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i"
        " JOIN inspections_inspector p ON p.code = i.code"
        " JOIN inspections_inspectoremployer t"
        " ON t.inspector_id = p.id AND t.name = i.name AND t.starts_on = i.starts_on"
    )
    stage.compare("inspections_inspectoremployer", {"ends_on": "t.ends_on"})


def save(stage: Stage, row: dict) -> None:
    if row["target"] is not None:
        one = InspectorEmployer.objects.get(pk=row["target"])
        if row["ends_on"] is not None and row["ends_on"] != one.ends_on:
            employers.end(one, ends_on=row["ends_on"], actor=stage.actor)
        return
    employers.enter(
        Inspector.objects.get(code=row["code"]), name=row["name"], starts_on=row["starts_on"],
        ends_on=row["ends_on"], actor=stage.actor,
    )  # fmt: skip


EMPLOYERS = ImportList(
    key="inspector-employers", title=marked("检查人员工作过的单位"), unit=marked("条"), url="inspectors",
    right="inspector.manage", columns=columns, match=match, known_by=(("code", "name", "starts_on"),), order=81,
    trial=import_rows.trial(save),
    write=import_rows.writer(save, "inspector.manage"),
    about=marked("按编号、单位和起始日期认；和机构、举办者名称对得上的，自动回避"),
)  # fmt: skip
