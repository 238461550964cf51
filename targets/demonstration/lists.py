"""Spreadsheets on their way: one list brought in, one that waits in its preview with what is wrong in it, and one
taken out with persons' data in full."""

from __future__ import annotations

import io
from datetime import date, datetime

import xlsxwriter
from django.core.files.base import ContentFile

from facilities.models import Facility
from portal.access import Actor
from portal.rules.cells import stem
from portal.services import exports, imports
from portal.spreadsheets import LISTS
from targets.demonstration.crew import Crew

#: As a district keeps its list: a title over all columns, headings in two rows, merged.
TITLE = "示例区托育机构基本情况表（截至年底）"
UPPER = ("编号", "机构名称", "基本情况", "", "", "", "录像保存天数")
LOWER = ("", "", "所属街镇", "类型", "核定托位", "性质", "")
GIVEN_DAYS = 90


def workbook(title: str, *rows: tuple) -> bytes:
    """A file that is the same each time: it says that it was made on a fixed day."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"strings_to_formulas": False})
    book.set_properties({"created": datetime(2026, 1, 1)})
    sheet = book.add_worksheet("Sheet1")
    sheet.merge_range(0, 0, 0, len(rows[0]) - 1, title)
    for number, row in enumerate(rows, 1):
        sheet.write_row(number, 0, row)
    book.close()
    return buffer.getvalue()


def bring(key: str, name: str, content: bytes, *, actor: Actor, on: date):
    one = LISTS.incoming[key]
    run = imports.start(one, ContentFile(content, name=name), actor=actor, queued=False)
    run = imports.read(run, actor=actor, on=on, queued=False)
    return imports.compare(run, actor=actor, on=on) if run.compared_at is None else run


def make(crew: Crew, *, today: date) -> str:
    known = list(
        Facility.objects.exclude(state="closed")
        .exclude(kind="baby_house")
        .select_related("street")
        .order_by("code")
    )[:8]
    done = written(known[:5], crew.bureau, today)
    waits = waiting(known[5:], crew.second, today)
    run = exports.order(LISTS.outgoing["staff"], query="", revealed=True, actor=crew.bureau, queued=False)
    run = exports.make(run, actor=crew.bureau, on=today)
    return f"写入 {done.counts['rows']} 行，待写入 {waits.counts['rows']} 行，导出 {run.rows} 行"


def written(known: list[Facility], actor: Actor, today: date):
    """Days of video of a few facilities, from a list with merged headings; what is as it was stays."""
    rows = [
        (
            f.code,
            f.name,
            f.street.name,
            f.get_kind_display(),
            f"{f.places}个",
            f.get_ownership_display(),
            GIVEN_DAYS,
        )
        for f in known
    ]
    content = workbook(TITLE, UPPER, LOWER, *rows, ("合计", "", "", "", "", "", ""))
    run = bring("facilities", "托育机构基本情况表.xlsx", content, actor=actor, on=today)
    if not (run.counts["new"] or run.counts["changed"]):  # all of them keep their video so long
        return imports.drop(run, actor=actor)
    imports.order(run, actor=actor, queued=False)
    return imports.write(run, actor=actor, on=today)


def waiting(known: list[Facility], actor: Actor, today: date):
    """New facilities that a clerk has collected: some right, some with what people get wrong."""
    first = known[0]
    street, name = first.street.name, first.name
    head = (
        "机构名称",
        "机构类型",
        "所属街镇",
        "详细地址",
        "核定托位",
        "机构性质",
        "开办时间",
        "统一社会信用代码",
    )
    rows = (
        ("示例晨光托育园", "托育园", street, "示例路 801 号", 60, "民非", "2024年9月1日", ""),
        ("示例松果托育园", "托育园", stem(street), "示例路８０２号", "４０", "营利性", 45536, ""),
        ("示例河畔托育园", "托育园", "河畔街道", "示例路 803 号", 45, "营利性", "2024-09-01", ""),
        ("示例青禾托育园", "培训班", street, "示例路 804 号", "三十", "营利性", "2024-02-30", ""),
        ("示例云朵托育园", "托育园", street, "示例路 805 号", 50, "", "2025.3.1", "91310112MA1GBABY00"),
        (name, "托育园", street, "示例路 806 号", 50, "营利性", "2025/3/1", ""),
        ("填表人：示例", "", "", "", "", "", "", ""),
    )  # fmt: skip
    content = workbook("新增托育机构登记表", head, *rows)
    return bring("facilities", "新增机构（街镇汇总）.xlsx", content, actor=actor, on=today)
