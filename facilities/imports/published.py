"""What a facility lets parents know, from spreadsheets: where its fees stand, what the children eat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from facilities.imports.file import choices, known_by
from facilities.imports.of_facility import OF_FACILITY, place
from facilities.imports.stands import stands
from facilities.models import Facility, FeeNotice
from facilities.services import papers
from portal.access import Actor
from portal.rules.cells import TOO_LONG, Day, Text, Wrong, text_of
from portal.rules.machine import marked
from portal.services import import_rows
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices

# ---- notices of fees


NOTICES = (
    *OF_FACILITY,
    Column("published_on", marked("公示日期"), Day(), ("公示时间", "收费公示日期"), needed=True,  # content
           example="2026-02-20"),
    Column("place", marked("公示方式"), aliases=("公示渠道", "公示地点", "公示形式"), needed=True,  # content
           example="门口公示栏"),  # content
    Column("detail", marked("具体位置或网址"), Text(200), ("公示位置", "具体位置", "网址", "备注"),  # content
           example="一楼大厅", width=28),  # content
)  # fmt: skip
PLACES = {"门口": "door", "公示栏": "door", "公告栏": "door", "园门口": "door", "宣传栏": "door",  # content
          "现场公示": "door", "官网": "website", "门户网站": "website", "网上": "website",  # content
          "微信公众号": "wechat", "微信": "wechat", "平台": "platform", "信息平台": "platform",  # content
          "服务协议": "contract", "协议": "contract", "合同": "contract", "合同附件": "contract"}  # content  # fmt: skip
NOTICE_TWICE = marked("和第 %(other)d 行是同一次公示。留一行")
NOTICE_STANDS = marked("这次公示已经登记，%(what)s是 %(stand)s。登记错了就在机构的“收费公示”里去掉，再导入")


def notice_columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(NOTICES, place=choices(FeeNotice.Place, PLACES))


def match_notices(stage: Stage) -> None:
    """A notice is known by facility, day and way; it is never changed, only taken out and entered anew."""
    place(stage, "facility.keep")
    stage.twice(["facility", "published_on", "place"], "published_on", NOTICE_TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i JOIN facilities_feenotice t"
        " ON t.facility_id = i.facility AND t.published_on = i.published_on AND t.place = i.place"
    )
    stands(stage, "facilities_feenotice", {"detail": "t.detail"}, NOTICE_STANDS)


def save_notice(stage: Stage, row: dict) -> None:
    facility = Facility.objects.get(pk=row["facility"])
    facts = {"published_on": row["published_on"], "place": row["place"], "detail": row["detail"] or ""}
    papers.publish_fees(facility, actor=stage.actor, today=stage.on, **facts)


# ---- menus


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


PUBLISHED_LISTS = (
    ImportList(
        key="fee-notices", title=marked("收费公示"), unit=marked("条"), url="facilities", right="facility.keep",
        columns=notice_columns, match=match_notices, known_by=known_by("published_on", "place"), order=17,
        trial=import_rows.trial(save_notice, group="facility"),
        write=import_rows.writer(save_notice, "facility.keep"),
        about=marked("按机构、公示日期和方式认；登记过的不改，照片在机构的页面上传"),
    ),
    ImportList(
        key="menus", title=marked("食谱"), unit=marked("周"), url="facilities", right="facility.keep",
        columns=menu_columns, match=match_menus, known_by=known_by("week"), order=19,
        trial=import_rows.trial(save_menu, group="facility"),
        write=import_rows.writer(save_menu, "facility.keep"),
        about=marked("供餐的机构一周一行；同一周再导入就换成新的"),
    ),
)  # fmt: skip
