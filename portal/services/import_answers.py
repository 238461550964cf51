"""What goes back to the person: a template with headings, examples and lists to choose from, and the file's own rows
with a column of remarks."""

from __future__ import annotations

import io
from dataclasses import replace

import xlsxwriter
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.models.imports import ImportLine, ImportRun
from portal.models.places import Street
from portal.rules import headings
from portal.services import imports
from portal.services.exports import Book
from portal.services.import_files import Sheet, open_sheet
from portal.spreadsheets import LISTS, Column, ImportList

#: So many rows of the template offer lists to choose from.
OFFERED_ROWS = 2000
#: Lists that are longer than Excel takes in a rule stand on a sheet of their own.
LONGEST_LIST = 255
#: So many choices of a column are told in the sentence about it; more stand only on their sheet.
TOLD = 60


#: What an example of the lists says of a district; each district sees its own.
EXAMPLE_STREETS, EXAMPLE_PREFIX, EXAMPLE_CODE = ("七宝镇", "虹桥镇"), "MH0", "310112"  # content


def columns_of(one: ImportList, actor: Actor) -> list[Column]:
    """The list's columns with examples that are the district's own: its streets, the letters of its codes."""
    district, columns = actor.district, one.columns(actor)
    if not any(column.example for column in columns):
        return columns
    names = list(Street.objects.order_by("code").values_list("name", flat=True)[: len(EXAMPLE_STREETS)])
    words = dict(zip(EXAMPLE_STREETS, names, strict=False))
    words |= {EXAMPLE_PREFIX: f"{district.prefix}0", EXAMPLE_CODE: district.code}

    def own(text: str) -> str:
        for word, other in words.items():
            text = text.replace(word, other)
        return text

    return [replace(column, example=own(column.example)) for column in columns]


def template(one: ImportList, *, actor: Actor) -> bytes:
    """An empty file to fill in: headings in the first sheet, what each column takes in the second."""
    actor.demand(one.right)
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True, "bottom": 1})
    must = book.add_format({"bold": True, "bottom": 1, "font_color": "#B3261E"})
    text = book.add_format({"num_format": "@"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet(one.label[:31])
    about = book.add_worksheet(_("填写说明"))
    lists = book.add_worksheet(_("可填的值"))
    about.write_row(0, 0, [_("列"), _("要不要填"), _("怎么填"), _("例子"), _("也认这些列名")], bold)
    for width, column in zip((18, 14, 48, 26, 48), range(5), strict=True):
        about.set_column(column, column, width)
    for index, column in enumerate(columns_of(one, actor)):
        sheet.write_string(0, index, column.label, must if column.needed else bold)
        sheet.set_column(index, index, column.width, text if column.parser.sql == "text" else None)
        values = [str(value) for value in column.values]
        if values:
            lists.write_string(0, index, column.label, bold)
            for row, value in enumerate(values, 1):
                lists.write_string(row, index, value)
            letter = headings.letter(index)
            source = f"='{_('可填的值')}'!${letter}$2:${letter}${len(values) + 1}"
            sheet.data_validation(
                1, index, OFFERED_ROWS, index,
                {"validate": "list", "source": source, "error_type": "warning", "error_title": column.label[:32],
                 "error_message": _("列表里没有，导入时可能看不懂")[:LONGEST_LIST]},
            )  # fmt: skip
        how = [_(column.about)] if column.about else []
        if len(values) > TOLD:
            how.append(_("可填的有 %(n)d 个，从“可填的值”里选") % {"n": len(values)})
        elif values:
            how.append(_("可填：%(choices)s") % {"choices": "、".join(values)})
        about.write_row(
            index + 1,
            0,
            [
                column.label,
                _("新登记的要填") if column.needed else _("可不填"),
                "　".join(how),
                column.example,
                "、".join(column.aliases),
            ],
            wrap,
        )
    sheet.freeze_panes(1, 0)
    book.close()
    return buffer.getvalue()


def sheet_of(run: ImportRun, *, actor: Actor) -> Sheet:
    names, labels = imports.names_of(LISTS.incoming[run.list].columns(actor))
    return open_sheet(run.file, LISTS.incoming[run.list], names, labels)


def remarks(run: ImportRun, *, actor: Actor, whole: bool = False) -> bytes:
    """The rows that are wrong, or all of them, as they stand in the file, with a last column that says what is wrong;
    mended, the file can come in as it is. Whoever gets it has handed in the file or may see all of the list."""
    actor.demand(LISTS.incoming[run.list].right)
    sheet = sheet_of(run, actor=actor)
    said: dict[int, str] = {}
    marked: dict[int, set[int]] = {}
    left = sheet.left
    for line in ImportLine.objects.filter(run=run).exclude(remarks=[]):
        said[line.number] = "；".join(sentence(run, line, remark) for remark in line.remarks)
        marked[line.number] = {
            run.columns[field] - left for field, level, *_rest in line.remarks
            if level == "wrong" and field in run.columns
        }  # fmt: skip
    width = max(len(row) for row in sheet.heads) - left
    buffer = io.BytesIO()
    book = Book(buffer, sheet.name)
    red = book.book.add_format({"bg_color": "#FBE9E7", "font_color": "#B3261E"})
    heads = [row[left:] for row in sheet.heads[sheet.found.first - 1 : sheet.found.last]]
    for number, head in enumerate(heads):
        for index, value in enumerate(head):
            book.cell(number, index, value)
        if number == len(heads) - 1:
            book.sheet.write_string(number, width, _("备注"), book.bold)
    book.sheet.set_column(width, width, 60)
    book.rows = len(heads) - 1
    for number, cells in sheet.rows():
        if not whole and number not in said:
            continue
        book.add(cells)
        for index in marked.get(number, ()):
            if 0 <= index < len(cells) and cells[index] != "":
                book.sheet.write(book.rows, index, cells[index], red)
        if number in said:
            book.cell(book.rows, width, said[number])
    book.close()
    return buffer.getvalue()


def sentence(run: ImportRun, line: ImportLine, remark: list) -> str:
    """`C17 街镇：本区没有“火星街道”…`"""
    field, _level, text, facts = remark
    said = _(text) % facts
    if field not in run.columns:
        return said
    return f"{headings.address(line.number, run.columns[field])} {said}"
