"""Cameras and alarm buttons from a spreadsheet, as a video platform gives its list out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from inspections.models import VideoDevice
from inspections.rules.devices import code_of
from inspections.services import device_import
from portal.access import Actor
from portal.rules.cells import Day, Text, choice
from portal.rules.machine import marked
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices

KINDS = dict.fromkeys(("监控", "监控摄像头", "摄像机"), "camera") | dict.fromkeys(  # content
    ("报警", "报警按钮", "一键报警", "紧急报警装置"),  # content
    "alarm",
)
COLUMNS = (
    Column("code", marked("设备编号"), Text(32, upper=True), ("编号", "设备编码", "通道编号"), needed=True,  # content
           example="MH0012-CAM-01"),
    Column("facility", marked("机构编号"), Text(12, upper=True), ("所属机构编号", "机构代码"), needed=True,  # content
           example="MH0012"),
    Column("kind", marked("种类"), aliases=("设备类型", "类型"), example="摄像头"),  # content
    Column("place", marked("位置"), Text(60), ("安装位置", "点位", "通道名称"), needed=True,  # content
           example="小一班活动室", width=28),  # content
    Column("installed_on", marked("启用日期"), Day(), ("安装日期", "接入日期"), needed=True,  # content
           example="2024-09-01"),
    Column("retired_on", marked("停用日期"), Day(), ("拆除日期",)),  # content
)  # fmt: skip
TWICE = marked("编号和第 %(other)d 行相同。一台设备留一行")
FUTURE = marked("还没到这一天")
BEFORE = marked("不能早于启用日期")
CODE = marked("只能用字母、数字和横线")
NO_FACILITY = marked("名册里没有编号 %(given)s")
CLOSED = marked("%(given)s 已停办，不再登记设备")


def columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(COLUMNS, kind=choice([(v, str(word)) for v, word in VideoDevice.Kind.choices], KINDS))


def rules(values: dict, today: date) -> Iterator[tuple[str, str, dict]]:
    if "code" in values and not code_of(values["code"]):
        yield "code", CODE, {}
    if "installed_on" in values and values["installed_on"] > today:
        yield "installed_on", FUTURE, {}
    if values.keys() >= {"installed_on", "retired_on"} and values["retired_on"] < values["installed_on"]:
        yield "retired_on", BEFORE, {}


def match(stage: Stage) -> None:
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i"
        " JOIN inspections_videodevice t ON t.code = i.code"
    )
    stage.twice(["code"], "code", TWICE)
    stage.run("ALTER TABLE import_row ADD facility_id bigint")
    stage.run(
        "UPDATE import_row i SET facility_id = f.id FROM facilities_facility f WHERE f.code = i.facility"
    )
    stage.remark(
        "facility",
        NO_FACILITY,
        "SELECT i.row, i.facility AS given FROM import_row i"
        " WHERE i.facility IS NOT NULL AND i.facility_id IS NULL",
    )
    stage.remark(
        "facility",
        CLOSED,
        "SELECT i.row, i.facility AS given FROM import_row i JOIN facilities_facility f ON f.id = i.facility_id"
        " LEFT JOIN import_match m USING (row) WHERE f.state = 'closed' AND m.target IS NULL",
    )
    stage.compare(
        "inspections_videodevice",
        {f: f"t.{f}" for f in ("kind", "place", "installed_on", "retired_on")}
        | {"facility": "(SELECT f.code FROM facilities_facility f WHERE f.id = t.facility_id)"},
    )


DEVICES = ImportList(
    key="devices",
    title=marked("设备"),
    unit=marked("台"),
    url="devices",
    right="device.manage",
    columns=columns,
    rules=rules,
    match=match,
    write=device_import.write_devices,
    known_by=(("code",),),
    order=70,
    about=marked("按设备编号认；没写种类的是摄像头"),
)
