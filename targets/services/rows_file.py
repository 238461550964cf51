"""The rows behind a figure as a spreadsheet; the number of rows that count is the figure."""

from __future__ import annotations

import io

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.templatetags.ui import masked
from targets.metrics.base import Family


def erased_words(count: int) -> str:
    """How many rows are missing because the law had them deleted."""
    return ngettext(
        "另有 %(n)d 人的记录已经依法删除，这里不再列出，也不再计入",
        "另有 %(n)d 人的记录已经依法删除，这里不再列出，也不再计入",
        count,
    ) % {"n": count}


def workbook(
    *,
    title: str,
    family: Family,
    lines: list[dict],
    streets: dict[int, str],
    snapshot,
    figure: str,
    erased: int = 0,
) -> bytes:
    """An .xlsx: head with figure, day and fingerprint, then a line per row; written row by row."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(_("明细"))
    bold = book.add_format({"bold": True})
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 34)
    sheet.set_column(2, 5, 16)
    sheet.write_row(0, 0, [title], bold)
    sheet.write_row(
        1,
        0,
        [_("现在"), figure, _("算到"), snapshot.as_of.isoformat(), _("快照指纹"), snapshot.sha256],
    )
    if erased:
        sheet.write(2, 0, erased_words(erased))
    head = [_("编号"), _(family.label), _("街镇"), _(family.detail_label), _("计入"), _("数量")]
    sheet.write_row(3, 0, head, bold)
    for number, line in enumerate(lines, 4):
        name = masked(line["name"]) if family.personal else line["name"]
        name = _(name) if family.own_words else name
        sheet.write_row(
            number,
            0,
            [line["code"], name, streets.get(line["street_id"], ""), line["detail"] or "",
             _("是") if line["hit"] else _("否"), line["amount"]],
        )  # fmt: skip
    sheet.autofilter(3, 0, 3 + len(lines), len(head) - 1)
    sheet.freeze_panes(4, 0)
    book.close()
    return buffer.getvalue()
