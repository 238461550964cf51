"""The drawn list as a spreadsheet."""

from __future__ import annotations

import io

import xlsxwriter
from django.utils.translation import gettext as _

from inspections.models import Draw
from portal.templatetags.ui import month_word

WIDTHS = (6, 14, 10, 34, 14, 10, 52, 12)


def workbook(draw: Draw, rows) -> bytes:
    """An .xlsx of draw_summary.Row in drawn order; who dropped out is left out, who is missing is said."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(_("抽取结果"))
    bold = book.add_format({"bold": True, "bottom": 1})
    heads = (_("序"), _("检查编号"), _("编号"), _("机构"), _("街镇"), _("层"), _("检查组"), _("状态"))
    title = _("%(year)s 年 %(month)s 月抽取") % {"year": draw.year, "month": month_word(draw.month)}
    sheet.write_string(0, 0, f"{title}　{draw.scheme.name}　{draw.evidence_sha256}")
    for column, (head, width) in enumerate(zip(heads, WIDTHS, strict=True)):
        sheet.write_string(1, column, head, bold)
        sheet.set_column(column, column, width)
    for number, row in enumerate(rows, start=2):
        team = [f"{one.code} {one.unit}" for one in row.team]
        if row.missing:
            team.append(_("缺 %(n)s 人") % {"n": row.missing})
        visit = row.visit
        sheet.write_number(number, 0, visit.position)
        texts = (
            visit.number, visit.facility.code, visit.facility.name, visit.facility.street.name, row.layer,
            "、".join(team), row.word,
        )  # fmt: skip
        for column, text in enumerate(texts, start=1):
            sheet.write_string(number, column, str(text))
    sheet.freeze_panes(2, 0)
    book.close()
    return buffer.getvalue()
