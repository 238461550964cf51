"""Accounts with their roles from a spreadsheet: who, as what, of which unit, in which streets.

Rows go one by one through the page's own services. Administrators' roles are given on the page, one by one; which
facilities an operator keeps is another list, of the register, because the two are two people's business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from portal.access import Actor
from portal.models.people import ROLE_LABELS, Membership, User
from portal.models.places import Street, Unit
from portal.rules import cells
from portal.rules.cells import Choice, Text, Wrong, choice, text_of
from portal.rules.machine import marked
from portal.rules.rights import Role
from portal.services import import_rows, people
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices


@dataclass(frozen=True)
class Several:
    """Some of a list, one beside the other in one cell: 七宝镇、虹桥镇."""

    of: Choice
    sql: str = "bigint[]"

    @property
    def labels(self) -> tuple[str, ...]:
        return self.of.labels

    def read(self, raw: Any):
        text = text_of(raw)
        if isinstance(text, Wrong):
            return text
        found = []
        for part in re.split(r"[、,，;；/\s]+", text):
            value = self.of.read(part) if part else None
            if isinstance(value, Wrong):
                return value
            if value is not None and value not in found:
                found.append(value)
        return sorted(found) or None


#: Roles that a list gives: those of the page but the three administrators'.
ROLES = tuple(role for role in people.GIVEN if role not in people.APART)
#: What people write for a role.
WORDS = {
    "教育局": "bureau", "托育指导中心": "bureau", "指导中心": "bureau", "负责人": "unit_head",  # content
    "街镇干部": "street_officer", "街道工作人员": "street_officer", "街镇": "street_officer",  # content
    "委办局工作人员": "department", "部门": "department", "检查员": "inspector", "执法人员": "inspector",  # content
    "备案审核人员": "reviewer", "审核": "reviewer", "举办者": "operator", "机构": "operator",  # content
    "前台": "desk", "专家": "expert", "审计": "auditor", "上门指导": "home_visitor",  # content
}  # fmt: skip

PEOPLE = (
    Column("username", marked("账号"), Text(40), ("登录名", "用户名", "登录账号"), needed=True,  # content
           example="li.shili", about=marked("3 到 40 个小写字母、数字、点、横线")),
    Column("name", marked("姓名"), Text(40), ("人员姓名", "使用人"), example="李示例",  # content
           about=marked("新账号要填"), mask=lambda text: text[:1] + "*"),
    Column("role", marked("角色"), aliases=("岗位", "权限", "身份"), needed=True, example="街镇工作人员",  # content
           about=marked("系统、安全、审计管理员在页面上一个一个给"), width=18),
    Column("unit", marked("单位"), aliases=("所在单位", "工作单位", "部门"), example="七宝镇", width=24),  # content
    Column("streets", marked("街镇"), aliases=("负责街镇", "负责的街镇", "管的街镇"), example="七宝镇、虹桥镇",  # content
           about=marked("街镇工作人员要填，几个街镇用顿号隔开"), width=24),
)  # fmt: skip
ROLE_TWICE = marked("和第 %(other)d 行是同一个账号、同一个角色。留一行")
NAME_STAYS = marked("这个账号登记的姓名不是这个，这一格不写入。不是同一个人，就换一个账号")


def unit_choice() -> Choice:
    """The units by name, and by what else they are called where that means one of them only."""
    rows = list(Unit.objects.filter(collective=False).values_list("pk", "name", "full_name", "aliases"))
    own = {cells.key_of(name) for _pk, name, *_more in rows}
    others: dict[str, set[int]] = {}
    for pk, _name, full_name, aliases in rows:
        for word in filter(None, (full_name, *aliases)):
            others.setdefault(cells.key_of(word), set()).add(pk)
    also = {word: pks.pop() for word, pks in others.items() if len(pks) == 1 and word not in own}
    return choice([(pk, name) for pk, name, *_more in rows], also)


def columns(actor: Actor) -> tuple[Column, ...]:
    units = unit_choice()
    streets = cells.streets(Street.objects.values_list("pk", "name", "code"), actor.district.name)
    return with_choices(
        PEOPLE,
        role=choice([(role.value, str(ROLE_LABELS[role])) for role in ROLES], WORDS),
        unit=replace(units, sql="bigint"),
        streets=Several(streets),
    )


def match(stage: Stage) -> None:
    """A row is a person's role in a unit; of one that is held only further streets are added."""
    stage.run("UPDATE import_row SET username = lower(username)")
    stage.twice(["username", "role", "coalesce(unit, 0)"], "username", ROLE_TWICE, "role IS NOT NULL")
    stage.run(
        "INSERT INTO import_match (row, target) SELECT DISTINCT ON (i.row) i.row, m.id FROM import_row i"
        " JOIN portal_user u ON u.username = i.username JOIN portal_membership m ON m.user_id = u.id"
        " AND m.role = i.role AND (i.unit IS NULL OR m.unit_id = i.unit)"
        " WHERE m.starts_on <= %(on)s AND (m.ends_on IS NULL OR m.ends_on >= %(on)s) ORDER BY i.row, m.id",
        {"on": stage.on},
    )
    stage.remark(
        "name",
        NAME_STAYS,
        "SELECT i.row FROM import_row i JOIN portal_user u ON u.username = i.username"
        " WHERE u.name <> i.name AND u.id IN (SELECT user_id FROM portal_membership)",
        level="note",
    )
    held = (
        "SELECT g.content_object_id FROM portal_streetgrant g JOIN portal_membership m ON m.user_id = g.user_id"
        " WHERE m.id = t.target"
    )
    stage.run(
        "UPDATE import_match t SET changes = t.changes || jsonb_build_object('streets', coalesce((SELECT"
        f" string_agg(s.name, '、' ORDER BY s.code) FROM portal_street s WHERE s.id IN ({held})), ''))"
        f" FROM import_row i WHERE i.row = t.row AND i.role = %(role)s AND EXISTS (SELECT FROM unnest(i.streets) street"
        f" WHERE street NOT IN ({held}))",
        {"role": Role.STREET_OFFICER.value},
    )


def save(stage: Stage, row: dict) -> None:
    streets = list(Street.objects.filter(pk__in=row["streets"] or []))
    if row["target"] is not None:
        membership = Membership.objects.select_related("user").get(pk=row["target"])
        people.serve_streets(membership.user, streets, actor=stage.actor)
        return
    held = Membership.objects.filter(user__username=row["username"])
    user = User.objects.filter(pk__in=held.values("user_id")).first()
    if user is None:
        user = people.create_account(username=row["username"], name=row["name"] or "", actor=stage.actor)
    people.give_role(
        user,
        row["role"],
        actor=stage.actor,
        on=stage.on,
        unit=Unit.objects.filter(pk=row["unit"]).first() if row["unit"] else None,
        streets=streets if row["role"] == Role.STREET_OFFICER else [],
    )


PEOPLE_LIST = ImportList(
    key="people",
    title=marked("人员与角色"),
    unit=marked("个"),
    url="people",
    right="person.manage",
    columns=columns,
    match=match,
    known_by=(("username", "role"),),
    order=90,
    trial=import_rows.trial(save),
    write=import_rows.writer(save, "person.manage"),
    about=marked("按账号和角色认；新账号写入后在“人员与角色”里一起给初始密码"),
)
