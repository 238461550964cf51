"""A list as a spreadsheet: at once when it is short, by a task when it is long, on record when it shows persons' data.

Written row by row in constant memory. A text that begins like a formula stays a text in Excel, also when somebody
edits the cell.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import tempfile
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import xlsxwriter
from django.db import transaction
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.celery import app
from portal.errors import Denied, Refused
from portal.models.imports import ExportRun
from portal.rules.machine import marked
from portal.rules.states import EXPORT
from portal.services import audit
from portal.services.files import root
from portal.services.import_files import stored
from portal.spreadsheets import AT_ONCE, LISTS, Asked, ExportList, OutColumn
from portal.templatetags.ui import masked

log = logging.getLogger(__name__)

#: A text that begins so would be a formula, were it typed in.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: What a spreadsheet holds at most, less the heading.
MOST_ROWS = 1_048_575
BROKE = marked("没有生成。再试一次；还不行就联系系统管理员")


class Book:
    """A workbook that is written from the top down: headings, then row after row."""

    def __init__(self, target: str | io.BytesIO, title: str):
        self.book = xlsxwriter.Workbook(
            target,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_date_format": "yyyy-mm-dd",
            },
        )
        self.bold = self.book.add_format({"bold": True, "bottom": 1})
        self.quoted = self.book.add_format({"quote_prefix": True})
        self.moment = self.book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self.clock = self.book.add_format({"num_format": "hh:mm"})
        # a sheet's name has 31 characters at most, and none of these
        self.sheet = self.book.add_worksheet("".join(c for c in title if c not in "[]:*?/\\'")[:31] or "1")
        self.rows = 0

    def head(self, columns: Iterable[OutColumn]) -> None:
        for index, column in enumerate(columns):
            self.sheet.set_column(index, index, column.width)
            self.sheet.write_string(0, index, _(column.heading), self.bold)
        self.sheet.freeze_panes(1, 0)

    def add(self, values: Iterable[Any]) -> None:
        self.rows += 1
        for index, value in enumerate(values):
            self.cell(self.rows, index, value)

    def cell(self, row: int, index: int, value: Any) -> None:
        sheet = self.sheet
        if value is None or value == "":
            return
        if isinstance(value, bool):
            sheet.write_string(row, index, _("是") if value else _("否"))
        elif isinstance(value, (int, float, Decimal)):
            sheet.write_number(row, index, value)
        elif isinstance(value, datetime):
            local = timezone.localtime(value) if timezone.is_aware(value) else value
            sheet.write_datetime(row, index, local.replace(tzinfo=None), self.moment)
        elif isinstance(value, time):
            sheet.write_datetime(row, index, value, self.clock)
        elif isinstance(value, date):
            sheet.write_datetime(row, index, value)
        else:
            text = str(value)[:32767]
            sheet.write_string(row, index, text, self.quoted if text.startswith(FORMULA) else None)

    def close(self) -> None:
        self.book.close()


def conditions(query: str) -> MultiValueDict:
    """What stands in an address after the question mark, as the pages' forms take it."""
    found = MultiValueDict()
    for name, value in parse_qsl(query):
        found.appendlist(name, value)
    return found


def hidden(column: OutColumn, value: Any) -> Any:
    """A person's data as everybody may read it."""
    if value in (None, ""):
        return value
    return masked(str(value)) if column.personal == "name" else "***"


def write(asked: Asked, one: ExportList, target: str | io.BytesIO) -> int:
    """Writes a list into a file or buffer; how many rows it has."""
    columns = one.columns(asked)
    veiled = [] if asked.revealed else [(i, c) for i, c in enumerate(columns) if c.personal]
    kept = [i for i, c in enumerate(columns) if asked.revealed or c.personal != "number"]
    book = Book(target, one.label)
    book.head(columns[i] for i in kept)
    for values in one.rows(asked).rows:
        if veiled:
            values = list(values)
            for index, column in veiled:
                values[index] = hidden(column, values[index])
        book.add(values if len(kept) == len(columns) else [values[i] for i in kept])
        if book.rows == MOST_ROWS:
            break
    book.close()
    return book.rows


def allowed(one: ExportList, *, actor: Actor, revealed: bool) -> None:
    actor.demand(one.right)
    if revealed and not (one.reveal and actor.may(one.reveal)):
        raise Denied(_("你的角色不能看完整的个人信息"))


def short(asked: Asked, one: ExportList) -> bool:
    """Whether the list can be made while the person waits."""
    allowed(one, actor=asked.actor, revealed=False)
    count = one.rows(asked).count
    return count is not None and count <= AT_ONCE


def at_once(asked: Asked, one: ExportList) -> bytes:
    """A short list, persons' data masked."""
    allowed(one, actor=asked.actor, revealed=False)
    buffer = io.BytesIO()
    write(asked, one, buffer)
    return buffer.getvalue()


def order(one: ExportList, *, query: str, revealed: bool, actor: Actor, queued: bool = True) -> ExportRun:
    """Queues a list that is long, or that shows persons' data; who asks for the latter is on record from now on."""
    allowed(one, actor=actor, revealed=revealed)
    run = ExportRun.objects.create(list=one.key, created_by=actor.user, query=query[:2000], revealed=revealed)
    if revealed:
        audit.record(
            f"portal.export.{one.key}",
            run,
            actor=actor,
            name=one.label,
            changes={"query": query[:500], "personal": True},
        )
    if queued:
        arguments = [run.district_id, run.pk]
        transaction.on_commit(lambda: app.send_task("portal.make_export", args=arguments))
    return run


def make(run: ExportRun, *, actor: Actor, on: date | None = None) -> ExportRun:
    """Makes an ordered file, once; encrypted where it shows persons' data."""
    row = ExportRun.objects.select_for_update().get(pk=run.pk)
    if row.state != EXPORT.initial:
        return row
    one = LISTS.outgoing[row.list]
    folder = root() / str(actor.district.pk)
    folder.mkdir(parents=True, exist_ok=True)
    handle, path = tempfile.mkstemp(dir=folder, prefix=".part-")
    os.close(handle)
    try:
        with transaction.atomic():
            allowed(one, actor=actor, revealed=row.revealed)
            asked = Asked(actor, conditions(row.query), on or timezone.localdate(), row.revealed)
            row.rows = write(asked, one, path)
            with open(path, "rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            name = f"{one.label}-{asked.on:%Y%m%d}.xlsx"
            row.file = stored(path, sha256, os.path.getsize(path), name, actor=actor, sealed=row.revealed)
            row.state = EXPORT.next_state(row.state, "finish")
    except Exception as error:
        if not isinstance(error, Refused):
            log.exception("export %s of district %s", row.pk, row.district_id)
        row.state = EXPORT.next_state(EXPORT.initial, "refuse")
        row.rows = row.file = None
        row.problem = str(error.message) if isinstance(error, Refused) else BROKE
    finally:
        Path(path).unlink(missing_ok=True)
    row.finished_at = timezone.now()
    row.save()
    return row


def reason_of(run: ExportRun) -> str:
    """Why a file was not made, in the reader's language."""
    return _(run.problem) if run.problem else ""
