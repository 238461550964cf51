"""Publications of fees (收费公示), from spreadsheets: when and where each facility published them."""

from __future__ import annotations

from facilities.imports.file import choices, known_by
from facilities.imports.of_facility import OF_FACILITY, place
from facilities.models import Facility, FeeNotice
from facilities.services import papers
from portal.access import Actor
from portal.rules.cells import Day, Text
from portal.rules.machine import marked
from portal.services import import_rows
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices

NOTICES = (
    *OF_FACILITY,
    Column("published_on", marked("公示日期"), Day(), ("公示时间", "收费公示日期"), needed=True,  # content
           example="2026-09-01"),
    Column("place", marked("公示方式"), aliases=("公示渠道", "公示途径"), needed=True, example="门口公示栏"),  # content
    Column("detail", marked("具体位置或网址"), Text(200), ("公示位置", "网址"), example="一楼大厅"),  # content
)  # fmt: skip
PLACES = {"公示栏": "door", "门口": "door", "园门口": "door", "官网": "website", "微信": "wechat",  # content
          "微信公众号": "wechat", "平台": "platform", "协议": "contract", "合同附件": "contract"}  # content  # fmt: skip
NOTICE_TWICE = marked("和第 %(other)d 行是同一次公示。留一行")
NOTICE_STANDS = marked("这次公示已经登记，具体位置是“%(stand)s”。登记错了就在机构的“收费公示”里去掉，再导入")


def notice_columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(NOTICES, place=choices(FeeNotice.Place, PLACES))


def match_notices(stage: Stage) -> None:
    """A publication is known by facility, day and place; it is never changed, only taken out and entered anew."""
    place(stage, "facility.keep")
    stage.twice(["facility", "published_on", "place"], "published_on", NOTICE_TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i JOIN facilities_feenotice t"
        " ON t.facility_id = i.facility AND t.published_on = i.published_on AND t.place = i.place"
    )
    stage.remark(
        "detail",
        NOTICE_STANDS,
        "SELECT i.row, t.detail AS stand FROM import_match m JOIN import_row i USING (row)"
        " JOIN facilities_feenotice t ON t.id = m.target WHERE i.detail <> t.detail",
    )


def save_notice(stage: Stage, row: dict) -> None:
    facility = Facility.objects.get(pk=row["facility"])
    papers.publish_fees(
        facility,
        actor=stage.actor,
        published_on=row["published_on"],
        place=row["place"],
        detail=row["detail"] or "",
        today=stage.on,
    )


NOTICE_LIST = ImportList(
    key="fee-notices", title=marked("收费公示"), unit=marked("条"), url="facilities", right="facility.keep",
    columns=notice_columns, match=match_notices, known_by=known_by("published_on", "place"), order=17,
    trial=import_rows.trial(save_notice, group="facility"),
    write=import_rows.writer(save_notice, "facility.keep"),
    about=marked("按机构、日期和方式认；登记过的公示不改"),
)  # fmt: skip
