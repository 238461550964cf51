"""Volunteers of 宝宝屋 from spreadsheets: who comes, the yearly inquiry, who leaves. By the pages' own services."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from facilities.imports.file import known_by
from facilities.imports.of_facility import OF_FACILITY, place
from facilities.imports.people import NAME, OTHER_NAME, PHONE, found_words, identity
from facilities.imports.stands import stands
from facilities.models import Facility, Volunteer
from facilities.services import volunteers
from portal.access import Actor
from portal.rules.cells import Day, Text
from portal.rules.machine import marked
from portal.services import import_rows
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices

VOLUNTEERS = (
    OF_FACILITY[0],
    replace(OF_FACILITY[1], aliases=("宝宝屋", "宝宝屋名称", *OF_FACILITY[1].aliases)),  # content
    replace(NAME, aliases=("志愿者", "志愿者姓名", *NAME.aliases)),  # content
    identity(),
    replace(PHONE, about=""),
    Column("duty", marked("做什么"), Text(80), ("服务内容", "岗位", "职责", "志愿服务内容"), needed=True,  # content
           example="陪读绘本", width=24),  # content
    Column("starts_on", marked("到岗日期"), Day(), ("服务开始日期", "开始日期", "加入日期"), needed=True,  # content
           example="2026-03-02"),
    Column("ends_on", marked("最后一天"), Day(), ("离开日期", "服务结束日期", "结束日期", "离岗日期"),  # content
           about=marked("还在服务的空着")),
    Column("checked_on", marked("违法犯罪记录查询日期"), Day(),  # content
           ("查询日期", "背景查询日期", "犯罪记录查询日期"), example="2026-02-20", width=20),  # content
    Column("found", marked("查询结果"), aliases=("有无记录", "违法犯罪记录", "是否有记录"), example="无"),  # content
)  # fmt: skip
VOLUNTEER_TWICE = marked("和第 %(other)d 行是同一位志愿者。留一行")
STAYS = marked("登记的%(what)s是 %(stand)s，这一格不写入")
LEFT = marked("这位志愿者 %(day)s 已经离开，这一格不写入")
HAS_RECORD = marked("查询结果为“有”的不从这里登记。已在服务的，到宝宝屋的“登记查询”里填，当天就停下")


def volunteer_columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(VOLUNTEERS, found=found_words())


def plain_rules(values: dict, today: date) -> Iterator[tuple[str, str, dict]]:
    if values.get("found"):
        yield "found", HAS_RECORD, {}


def match_volunteers(stage: Stage) -> None:
    """A volunteer is known by site and number, while there; of who left, by the first day too. A newer inquiry and a last
    day are written, the rest stays as it is."""
    place(stage, "volunteer.manage")
    stage.twice(["facility", "identity"], "identity", VOLUNTEER_TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT DISTINCT ON (i.row) i.row, t.id FROM import_row i"
        " JOIN facilities_volunteer t ON t.facility_id = i.facility AND t.identity_hash = i.identity"
        " AND (t.ends_on IS NULL OR t.starts_on = i.starts_on) ORDER BY i.row, t.ends_on IS NULL DESC, t.id DESC"
    )
    known = "import_match m JOIN import_row i USING (row) JOIN facilities_volunteer t ON t.id = m.target"
    stage.remark("name", OTHER_NAME, f"SELECT i.row FROM {known} WHERE t.name <> i.name")
    facts = {"duty": "t.duty", "starts_on": "t.starts_on"}
    stands(stage, "facilities_volunteer", facts, STAYS, level="note")
    checks = "facilities_volunteercheck c WHERE c.volunteer_id = t.id"
    stage.run(
        "UPDATE import_match m SET changes = m.changes || jsonb_build_object('checked_on',"
        f" coalesce(to_jsonb((SELECT max(c.checked_on) FROM {checks})), '\"\"'::jsonb))"
        " FROM import_row i, facilities_volunteer t WHERE i.row = m.row AND t.id = m.target AND t.ends_on IS NULL"
        f" AND i.checked_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {checks} AND c.checked_on >= i.checked_on)"
    )
    stage.run(
        'UPDATE import_match m SET changes = m.changes || \'{"ends_on": ""}\' FROM import_row i, facilities_volunteer t'
        " WHERE i.row = m.row AND t.id = m.target AND t.ends_on IS NULL AND i.ends_on IS NOT NULL"
    )
    stage.remark(
        "ends_on",
        LEFT,
        f"SELECT i.row, t.ends_on AS day FROM {known} WHERE t.ends_on IS NOT NULL AND i.ends_on <> t.ends_on",
        level="note",
    )


def save_volunteer(stage: Stage, row: dict) -> None:
    if row["target"] is None:
        one = volunteers.enter_volunteer(
            Facility.objects.get(pk=row["facility"]),
            actor=stage.actor,
            checked_on=row["checked_on"],
            found=bool(row["found"]),
            phone=row["phone"] or "",
            today=stage.on,
            **{f: row[f] for f in ("name", "identity", "duty", "starts_on")},
        )
    else:
        one = Volunteer.objects.select_related("facility").get(pk=row["target"])
        newest = one.checks.order_by("-checked_on").values_list("checked_on", flat=True).first()
        if row["checked_on"] and (newest is None or row["checked_on"] > newest):
            volunteers.add_check(
                one, actor=stage.actor, checked_on=row["checked_on"], found=False, today=stage.on
            )
    if row["ends_on"]:
        volunteers.end_service(one, actor=stage.actor, on=row["ends_on"], today=stage.on)


VOLUNTEER_LISTS = (
    ImportList(
        key="volunteers", title=marked("志愿者"), unit=marked("人"), url="sites", right="volunteer.manage",
        columns=volunteer_columns, rules=plain_rules, match=match_volunteers, known_by=known_by("identity"), order=56,
        trial=import_rows.trial(save_volunteer, group="facility", names={"on": "ends_on"}),
        write=import_rows.writer(save_volunteer, "volunteer.manage"), personal=True,
        about=marked("按宝宝屋和身份证号认；登记过的只补新的查询和最后一天"),
    ),
)  # fmt: skip
