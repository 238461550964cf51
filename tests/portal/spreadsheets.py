"""Small spreadsheets for tests, and what a browser would upload."""

from __future__ import annotations

import io
import itertools

import python_calamine
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from portal.services import imports
from portal.spreadsheets import LISTS

_numbers = itertools.count(1)


def workbook(*rows, sheet: str = "名册", more: dict | None = None) -> bytes:
    """A file with one sheet of rows; `more`: other sheets, name -> rows."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"strings_to_formulas": False})
    for name, lines in {sheet: rows, **(more or {})}.items():
        page = book.add_worksheet(name)
        for number, row in enumerate(lines):
            page.write_row(number, 0, row)
    book.close()
    return buffer.getvalue()


def upload(content: bytes, name: str = "") -> SimpleUploadedFile:
    return SimpleUploadedFile(name or f"示例{next(_numbers)}.xlsx", content)


def read(key: str, *rows, actor, on=None):
    """The run of a file of these rows, read; the district's scope is open."""
    run = imports.start(LISTS.incoming[key], upload(workbook(*rows)), actor=actor, queued=False)
    return imports.read(run, actor=actor, on=on, queued=False)


def write(run, *, actor, on=None, **options):
    run = imports.order(run, actor=actor, queued=False, **options)
    return imports.write(run, actor=actor, on=on)


def sentences(run) -> list[str]:
    """Everything that is said of a run's rows, as `C3 sentence`."""
    from portal.services.import_answers import sentence

    return [sentence(run, line, remark) for line in run.lines.all() for remark in line.remarks]


def cells_of(content: bytes) -> list[list]:
    return (
        python_calamine.load_workbook(io.BytesIO(content))
        .get_sheet_by_index(0)
        .to_python(skip_empty_area=False)
    )
