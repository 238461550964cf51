"""Certificates and training hours of people who are in the register, from spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from facilities.imports.people import KINDS, NAME, OTHER_NAME, identity
from facilities.models import Certificate, StaffMember, TrainingRecord
from facilities.rules import staff as rules
from facilities.services import staff_import
from portal.access import Actor
from portal.rules.cells import Day, Number, Text, YesNo, choice
from portal.rules.machine import marked
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices

TRAINING = {
    "技能": "skills",
    "业务技能": "skills",
    "道德": "ethics",
    "师德": "ethics",
    "职业道德培训": "ethics",
}

CERTIFICATES = (
    Column("staff_code", marked("人员编号"), Text(12, upper=True), ("编号",), example="MHR00012"),  # content
    identity(needed=False),
    NAME,
    Column("kind", marked("种类"), aliases=("证书种类", "证书名称", "资格证书"),  # content
           needed=True, example="育婴师"),  # content
    Column("number", marked("证书编号"), Text(40), ("证书号",),  # content
           needed=True, example="Y2021000123"),  # content
    Column("issued_on", marked("发证日期"), Day(), ("发证时间",), needed=True, example="2021-06-30"),  # content
    Column("valid_until", marked("有效期至"), Day(), ("有效期", "到期日期", "证书到期"),  # content
           about=marked("没有期限的空着")),
)  # fmt: skip
NO_PERSON = marked("没有这个人，或不在你的机构。先用“从业人员”导入或登记")
NO_PERSON_GIVEN = marked("没有填人员编号或身份证号")
CERTIFICATE_TWICE = marked("和第 %(other)d 行是同一张证书。留一行")
TRAINING_TWICE = marked("和第 %(other)d 行是同一次培训。留一行")


def person(stage: Stage) -> None:
    """Finds each row's person among those whom the one who imports keeps, by code or number."""
    stage.run("ALTER TABLE import_row ADD staff bigint, ADD birth_year int")
    ids = list(StaffMember.objects.allowed(stage.actor, "staff.manage").values_list("pk", flat=True))
    stage.run(
        "UPDATE import_row i SET staff = s.id, birth_year = s.birth_year FROM facilities_staffmember s"
        " WHERE (s.code = i.staff_code OR i.staff_code IS NULL AND s.identity_hash = i.identity) AND s.id = ANY(%s)",
        [ids],
    )
    for field, where in (
        ("staff_code", "i.staff_code IS NOT NULL"),
        ("identity", "i.staff_code IS NULL AND i.identity IS NOT NULL"),
    ):
        stage.remark(field, NO_PERSON, f"SELECT i.row FROM import_row i WHERE i.staff IS NULL AND {where}")
    stage.remark(
        "staff_code",
        NO_PERSON_GIVEN,
        "SELECT row FROM import_row i WHERE staff_code IS NULL AND identity IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM import_remark r WHERE r.row = i.row AND r.field = 'identity')",
    )
    stage.remark(
        "name",
        OTHER_NAME,
        "SELECT i.row FROM import_row i JOIN facilities_staffmember s ON s.id = i.staff WHERE s.name <> i.name",
    )


def certificate_columns(actor: Actor) -> tuple[Column, ...]:
    kinds = choice([(v, str(w)) for v, w in Certificate.Kind.choices], KINDS)
    return with_choices(CERTIFICATES, kind=kinds)


def plain_certificate_rules(values: dict, today: date) -> Iterator[tuple[str, str, dict]]:
    if values.keys() >= {"number", "issued_on"}:
        for field, key, facts in rules.certificate_problems(
            number=values["number"],
            issued_on=values["issued_on"],
            valid_until=values.get("valid_until"),
            birth_year=None,
            today=today,
        ):
            yield field, rules.PROBLEMS[key], facts


def match_certificates(stage: Stage) -> None:
    person(stage)
    stage.twice(["staff", "kind", "number"], "number", CERTIFICATE_TWICE)
    stage.remark(
        "issued_on",
        rules.PROBLEMS["issued_before_birth"],
        f"SELECT row FROM import_row WHERE extract(year FROM issued_on) - birth_year < {rules.AGES[0]}",
    )
    stage.run(
        "INSERT INTO import_match (row, target) SELECT DISTINCT ON (i.row) i.row, c.id FROM import_row i"
        " JOIN facilities_certificate c ON c.staff_id = i.staff AND c.kind = i.kind AND c.number = i.number"
    )
    stage.compare("facilities_certificate", {"issued_on": "t.issued_on", "valid_until": "t.valid_until"})


TRAINING_COLUMNS = (
    Column("staff_code", marked("人员编号"), Text(12, upper=True), ("编号",), example="MHR00012"),  # content
    identity(needed=False),
    NAME,
    Column("kind", marked("类别"), aliases=("培训类别", "种类", "培训类型"),  # content
           needed=True, example="综合技能"),  # content
    Column("course", marked("课程"), Text(120), ("课程名称", "培训内容", "培训课程"), needed=True,  # content
           example="婴幼儿急救", width=28),  # content
    Column("provider", marked("培训单位"), Text(120), ("主办单位", "培训机构"), needed=True,  # content
           example="区托育服务指导中心", width=26),  # content
    Column("hours", marked("课时"), Number(*rules.HOURS, 1), ("学时", "培训课时", "时长"),  # content
           needed=True, example="8"),  # content
    Column("done_on", marked("完成日期"), Day(), ("培训日期", "结束日期", "日期"),  # content
           needed=True, example="2026-03-18"),  # content
    Column("passed", marked("合格"), YesNo(), ("是否合格", "考核结果"), about=marked("空着算合格"),  # content
           example="是"),  # content
)  # fmt: skip


def training_columns(actor: Actor) -> tuple[Column, ...]:
    kinds = choice([(v, str(w)) for v, w in TrainingRecord.Kind.choices], TRAINING)
    return with_choices(TRAINING_COLUMNS, kind=kinds)


def training_rules(values: dict, today: date) -> Iterator[tuple[str, str, dict]]:
    if values.keys() >= {"course", "provider", "hours", "done_on"}:
        for field, key, facts in rules.training_problems(
            course=values["course"],
            provider=values["provider"],
            hours=values["hours"],
            done_on=values["done_on"],
            today=today,
        ):
            yield field, rules.PROBLEMS[key], facts


def match_training(stage: Stage) -> None:
    person(stage)
    stage.twice(["staff", "kind", "course", "done_on"], "course", TRAINING_TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT DISTINCT ON (i.row) i.row, t.id FROM import_row i"
        " JOIN facilities_trainingrecord t ON t.staff_id = i.staff AND t.kind = i.kind AND t.course = i.course"
        " AND t.done_on = i.done_on"
    )
    stage.compare("facilities_trainingrecord", {f: f"t.{f}" for f in ("hours", "provider", "passed")})


PAPERS = (
    ImportList(
        key="certificates",
        title=marked("从业人员证书"),
        unit=marked("张"),
        url="staff",
        right="staff.manage",
        columns=certificate_columns,
        rules=plain_certificate_rules,
        match=match_certificates,
        write=staff_import.write_certificates,
        known_by=(("staff_code", "kind", "number"), ("identity", "kind", "number")),
        personal=True,
        order=30,
        about=marked("按人员编号或身份证号认人，按种类和编号认证书"),
    ),
    ImportList(
        key="training",
        title=marked("培训课时"),
        unit=marked("条"),
        url="staff",
        right="staff.manage",
        columns=training_columns,
        rules=training_rules,
        match=match_training,
        write=staff_import.write_training,
        known_by=(("staff_code", "course", "done_on"), ("identity", "course", "done_on")),
        personal=True,
        order=40,
        about=marked("按人员编号或身份证号认人，按类别、课程和完成日期认培训"),
    ),
)
