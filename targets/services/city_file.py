"""The city's tables as workbooks, written row by row; the words are those of the pages."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

import xlsxwriter
from django.utils.translation import gettext as _


def book_of(
    title: str, facts: list[str], head: list[str], widths: list[int], lines: Iterable[tuple]
) -> bytes:
    """One sheet: a title, what it is of, then a line each."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet, bold = book.add_worksheet(title), book.add_format({"bold": True})
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.write_row(0, 0, [title], bold)
    sheet.write_row(1, 0, facts)
    sheet.write_row(3, 0, head, bold)
    last = 3
    for last, line in enumerate(lines, 4):
        sheet.write_row(last, 0, line)
    sheet.autofilter(3, 0, last, len(head) - 1)
    sheet.freeze_panes(4, 0)
    book.close()
    return buffer.getvalue()


def comparison_book(read, rows) -> bytes:
    """A line per metric and district that targets it, and one per sum; `rows`: targets.views.city_shown.RowShown."""
    head = [
        _("指标"), _("区"), _("文件"), _("条款"), _("现在"), _("分子"), _("分母"), _("要求"), _("判断"), _("名次"),
        _("能不能比"), _("不同在哪里"), _("缺数的原因"), _("算到"), _("快照指纹"),
    ]  # fmt: skip

    def lines() -> Iterator[tuple]:
        for row in rows:
            told = (row.word, "\n".join(row.differences))
            for one in filter(None, row.cells):
                cell, shown = one.cell, one.shown
                value, snapshot = cell.value if one.known else None, cell.snapshot
                yield (
                    row.label, cell.district.name, str(cell.target.document), cell.target.clause.label,
                    shown.big if value else "", value.numerator if value else None,
                    value.denominator if value else None, shown.asked if value else "",
                    shown.word if value else "", one.place or None, *told, one.why,
                    snapshot.as_of.isoformat() if snapshot else "", snapshot.sha256 if snapshot else "",
                )  # fmt: skip
            for part in row.sums:
                words = f"{part.words} {part.small}".strip()
                yield (row.label, part.of, "", "", words, *[None] * 5, *told, part.lacking, "", "")

    widths = [30, 20, 24, 14, 16, 12, 12, 14, 10, 8, 12, 50, 30, 12, 24]
    return book_of(_("各区对照"), [read.newest.isoformat()], head, widths, lines())


def targets_book(read, rows) -> bytes:
    """A line per target of the city, followed by its districts' parts; `rows`: targets.views.city_shown.CityShown."""
    head = [
        _("文件"), _("条款"), _("指标"), _("怎样证明"), _("区"), _("现在"), _("分子"), _("分母"), _("要求"), _("判断"),
        _("说明"),
    ]  # fmt: skip

    def lines() -> Iterator[tuple]:
        for row in rows:
            whole = row.one.whole
            known = whole is not None and whole.value is not None
            about = (str(row.target.document), row.target.clause.label, row.target.text)
            yield (
                *about, row.tag, _("全市"), row.big if known else "", whole.numerator if known else None,
                whole.denominator if known else None, row.asked if whole else "", row.word, row.outlook,
            )  # fmt: skip
            for district, entry in row.one.parts:
                words = row.words_of(entry.numerator, entry.value) if entry.known else ""
                yield (
                    *about,
                    row.tag,
                    district.name,
                    words,
                    entry.numerator,
                    entry.denominator,
                    "",
                    "",
                    entry.why,
                )

    widths = [30, 14, 50, 10, 12, 16, 12, 12, 14, 12, 50]
    return book_of(_("全市指标"), [read.read.newest.isoformat()], head, widths, lines())
