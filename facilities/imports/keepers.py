"""Which account keeps which facility, from a spreadsheet: by the page's own service, and of accounts that there are."""

from __future__ import annotations

from facilities.imports.file import known_by
from facilities.imports.of_facility import OF_FACILITY, place
from facilities.models import Facility
from facilities.services import keepers
from portal.access import Actor
from portal.rules.cells import Text
from portal.rules.machine import marked
from portal.services import import_rows
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList

KEEPERS = (
    *OF_FACILITY,
    Column("username", marked("账号"), Text(40), ("登录名", "用户名", "登录账号"), needed=True,  # content
           about=marked("已有机构举办者或宝宝屋前台角色的账号"), example="li.shili"),
)  # fmt: skip
KEEPER_TWICE = marked("和第 %(other)d 行是同一家机构、同一个账号。留一行")


def columns(actor: Actor) -> tuple[Column, ...]:
    return KEEPERS


def match(stage: Stage) -> None:
    place(stage, "facility.entrust")
    stage.run("UPDATE import_row SET username = lower(username)")
    stage.twice(["facility", "username"], "username", KEEPER_TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, min(g.id) FROM import_row i"
        " JOIN portal_user u ON u.username = i.username JOIN facilities_facilitygrant g"
        " ON g.user_id = u.id AND g.content_object_id = i.facility GROUP BY i.row"
    )


def save(stage: Stage, row: dict) -> None:
    keepers.entrust(Facility.objects.get(pk=row["facility"]), actor=stage.actor, username=row["username"])


KEEPER_LIST = ImportList(
    key="keepers",
    title=marked("谁来管机构"),
    unit=marked("个"),
    url="facilities",
    right="facility.entrust",
    columns=columns,
    match=match,
    known_by=known_by("username"),
    order=15,
    trial=import_rows.trial(save, group="facility"),
    write=import_rows.writer(save, "facility.entrust"),
    about=marked("按机构和账号认；账号和角色先由安全管理员开通。不再管的在机构页上收回"),
)
