"""Spreadsheets that people hand in: whether one may be opened at all, where it is kept, which of its sheets is meant.

Nothing of a file is believed: not its name, nor its size, nor where it says its cells are. A reader that lays out a
sheet from A1 to its last cell would need terabytes for a cell in XFD1048576, so the parts are looked through first.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import python_calamine
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.crypto import decrypt, encrypt
from portal.errors import Refused
from portal.models.records import StoredFile
from portal.rules import headings
from portal.rules.cells import listed
from portal.rules.imports import MOST_COLUMNS, MOST_ROWS
from portal.rules.machine import marked
from portal.services.files import clean_name, path_of, root
from portal.spreadsheets import ImportList

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST, SMALL = 30 * 1024 * 1024, 5 * 1024 * 1024
#: What the parts may come to when they are unpacked: 100,000 rows of 60 columns need a third of it.
MOST_UNPACKED, MOST_STRINGS, MOST_CELLS = 400 * 1024 * 1024, 100 * 1024 * 1024, 6_000_000
SEALED = ".sealed"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CHUNK, OVERLAP = 1 << 20, 64

EMPTY = marked("“%(name)s”是空的文件")
LARGE = marked("“%(name)s”有 %(mb)s MB，超过 30 MB。删去图片和多余的工作表，或分成几个文件")
LARGE_SMALL = marked("“%(name)s”有 %(mb)s MB，超过 5 MB。只留要读的那张表")
NOT_XLSX = marked("“%(name)s”不是 .xlsx 文件。在 Excel 或 WPS 里“另存为”.xlsx 再传")
OLD_XLS = marked("“%(name)s”是旧版 .xls。在 Excel 或 WPS 里“另存为”.xlsx 再传")
ENCRYPTED = marked("“%(name)s”设了打开密码，读不了。去掉密码再传")
MACROS = marked("“%(name)s”带宏，不收。“另存为”不带宏的 .xlsx 再传")
BOMB = marked("“%(name)s”解开后大得不合常理，没有读。把要导入的行复制到一个新的文件里再传")
BROKEN = marked("“%(name)s”打不开，文件可能坏了。在 Excel 或 WPS 里打开，“另存为”一次再传")
MANY_ROWS = marked(
    "“%(name)s”的内容到了第 %(row)d 行，一次最多 %(most)d 行。分成几个文件；空白处有多余的内容就删掉"
)
MANY_COLUMNS = marked("“%(name)s”的内容到了 %(column)s 列，最多 %(most)d 列。删去右边多余的内容")
NO_SHEET = marked("没有找到“%(list)s”的表头。文件里的工作表：%(sheets)s。照模板写列名，或换一个文件")
NO_COLUMN = marked("“%(sheet)s”缺少列：%(missing)s。找到的列：%(found)s")
TWICE = marked("“%(heading)s”有两列：%(first)s 和 %(second)s。删去一列")
GONE = marked("文件已按期删除。要再看就再传一次")
NO_ROWS = marked("“%(sheet)s”只有表头，没有要导入的行")


def refuse(text: str, **facts) -> Refused:
    """A refusal that can be kept with a run and said again in another language."""
    return Refused(_(text) % facts, field="file", code="file", text=text, facts=facts)


def inspect(path: str, name: str) -> None:
    """Refuses what is no spreadsheet, or one that must not be opened, by its archive's list of parts."""
    with open(path, "rb") as file:
        head = file.read(8)
        if head == OLE:
            rest = file.read()
            raise refuse(ENCRYPTED if "EncryptedPackage".encode("utf-16-le") in rest else OLD_XLS, name=name)
    if not head.startswith(b"PK"):
        raise refuse(NOT_XLSX, name=name)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        raise refuse(BROKEN, name=name) from None
    names = {part.filename.lower() for part in parts}
    if any(part.endswith("vbaproject.bin") or part.startswith("xl/macrosheets/") for part in names):
        raise refuse(MACROS, name=name)
    if any(part.flag_bits & 1 for part in parts):
        raise refuse(ENCRYPTED, name=name)
    if "xl/workbook.xml" not in names:
        raise refuse(NOT_XLSX, name=name)
    strings = sum(part.file_size for part in parts if part.filename.lower().endswith("sharedstrings.xml"))
    if len(parts) > 5000 or sum(part.file_size for part in parts) > MOST_UNPACKED or strings > MOST_STRINGS:
        raise refuse(BOMB, name=name)


#: A cell with content far down or to the right; an empty one that is only coloured ends in `/>`.
_FAR = re.compile(rb"""r=["'](?:([A-Z]{2,3})(\d{1,8})|[A-Z](\d{6,8}))["'][^>]*(?<!/)>""")


#: A file's path, or what was encrypted in memory. By its path a reader need not hold the whole of it twice.
Source = str | io.BytesIO


def look_through(content: Source, name: str) -> None:
    """Refuses a file whose sheets reach too far, before a reader lays them out."""
    try:
        with zipfile.ZipFile(content) as archive:
            for part in archive.infolist():
                if part.filename.lower().startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                    with archive.open(part) as sheet:
                        look_through_sheet(sheet, name)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError):
        raise refuse(BROKEN, name=name) from None


def look_through_sheet(sheet, name: str) -> None:
    cells, tail = 0, b""
    while chunk := sheet.read(CHUNK):
        text = tail + chunk
        cells += chunk.count(b"</")
        if cells > 2 * MOST_CELLS:
            raise refuse(BOMB, name=name)
        for found in _FAR.finditer(text):
            row, letters = int(found[2] or found[3]), (found[1] or b"A").decode()
            if row > MOST_ROWS + headings.SEARCHED_ROWS:
                raise refuse(MANY_ROWS, name=name, row=row, most=MOST_ROWS)
            if number_of(letters) > MOST_COLUMNS:
                raise refuse(MANY_COLUMNS, name=name, column=letters, most=MOST_COLUMNS)
        tail = text[-OVERLAP:]


def number_of(letters: str) -> int:
    """A column's number from its letters: A -> 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def keep(upload, one: ImportList, *, actor: Actor) -> StoredFile:
    """Keeps an uploaded spreadsheet (`name`, `size`, `chunks()`); encrypted where the list holds persons' numbers.

    Refused for what is no .xlsx, is empty, encrypted, too large or has macros, each with its own sentence.
    """
    name = clean_name(str(upload.name or ""), ".xlsx")
    if upload.size > LARGEST:
        raise refuse(LARGE, name=name, mb=round(upload.size / 1024 / 1024, 1))
    folder = root() / str(actor.district.pk)
    folder.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as output:
            for chunk in upload.chunks():
                size += len(chunk)
                digest.update(chunk)
                output.write(chunk)
        if not size:
            raise refuse(EMPTY, name=name)
        inspect(temporary, name)
        return stored(temporary, digest.hexdigest(), size, name, actor=actor, sealed=one.personal)
    finally:
        Path(temporary).unlink(missing_ok=True)


def stored(path: str, sha256: str, size: int, name: str, *, actor: Actor, sealed: bool) -> StoredFile:
    """Puts a file into the store under its SHA-256; the record keeps the size and hash of what it holds in clear."""
    if sealed:
        data = encrypt(Path(path).read_bytes())
        with open(path, "wb") as output:
            output.write(data)
    relative = f"{actor.district.pk}/{sha256[:2]}/{sha256}.xlsx{SEALED if sealed else ''}"
    target = root() / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "rb") as file:
        os.fsync(file.fileno())
    os.chmod(path, 0o640)
    os.replace(path, target)
    return StoredFile.objects.create(
        sha256=sha256, name=name, content_type=XLSX, size=size, path=relative, created_by=actor.user
    )


def content_of(file: StoredFile | None) -> bytes:
    """What a kept file holds, in clear; refused when its time was over."""
    if file is None:
        raise refuse(GONE)
    try:
        data = path_of(file).read_bytes()
    except FileNotFoundError:
        raise refuse(BROKEN, name=file.name) from None
    return decrypt(data) if file.path.endswith(SEALED) else data


def source_of(file: StoredFile | None) -> Source:
    """The same for a reader."""
    if file is None or file.path.endswith(SEALED):
        return io.BytesIO(content_of(file))
    return str(path_of(file))


@dataclass
class Sheet:
    """The sheet of a file that is meant, and where its headings are."""

    name: str
    found: headings.Found
    heads: list[list]
    #: None where the rows were read before
    source: python_calamine.CalamineSheet | None = None

    @property
    def height(self) -> int:
        return max(0, self.source.total_height + 1 - self.found.last)

    @property
    def left(self) -> int:
        """How many columns at the left are empty, and left out of the rows."""
        return (self.source.start or (0, 0))[1]

    def rows(self) -> Iterator[tuple[int, list]]:
        """(number as the spreadsheet counts, cells) of each row below the headings that holds anything."""
        last = self.found.last
        for number, cells in enumerate(self.source.iter_rows(), 1):
            if number > last and (any(cells) or cells.count("") < len(cells)):
                yield number, cells


def open_sheet(
    file: StoredFile | None, one: ImportList, names: dict[str, str], labels: dict[str, str]
) -> Sheet:
    """The first visible sheet that has the list's columns.

    names: key of a heading -> field; labels: field -> heading. Refused with what is missing, by the sheet that comes
    nearest.
    """
    content = source_of(file)
    look_through(content, file.name)
    book, visible = opened(content, file.name)
    del content
    best = None
    for name in visible:
        try:
            source = book.get_sheet_by_name(name)
        except Exception as error:
            raise refuse(BROKEN, name=file.name) from error
        if source.start is None:
            continue
        heads = first_rows(source)
        found = headings.find(heads, names)
        if found is None:
            continue
        sheet = Sheet(name, found, heads, source)
        if not lacking(found, one, labels):
            return checked(sheet, labels)
        if best is None or len(found.columns) > len(best.found.columns):
            best = sheet
    if best is None or len(best.found.columns) < 2:
        raise refuse(NO_SHEET, list=one.label, sheets=listed(visible))
    raise refuse(
        NO_COLUMN,
        sheet=best.name,
        missing="、".join(lacking(best.found, one, labels)),
        found=listed([labels[field] for field in best.found.columns]),
    )


def opened(content: Source, name: str) -> tuple[python_calamine.CalamineWorkbook, list[str]]:
    """A workbook and the names of its visible sheets."""
    try:
        if isinstance(content, io.BytesIO):
            content.seek(0)
        book = python_calamine.load_workbook(content)
        return book, [
            m.name
            for m in book.sheets_metadata
            if m.typ == python_calamine.SheetTypeEnum.WorkSheet
            and m.visible == python_calamine.SheetVisibleEnum.Visible
        ]
    except python_calamine.PasswordError:
        raise refuse(ENCRYPTED, name=name) from None
    except (
        Exception
    ) as error:  # the reader has many errors, and one of its own makers' panics is a BaseException
        raise refuse(BROKEN, name=name) from error


def first_sheet(content: bytes, name: str) -> list[list]:
    """All rows of the first visible sheet of a small file that is read while somebody waits; refused as by `keep`."""
    name = clean_name(name, ".xlsx")
    if len(content) > SMALL:
        raise refuse(LARGE_SMALL, name=name, mb=round(len(content) / 1024 / 1024, 1))
    if not content:
        raise refuse(EMPTY, name=name)
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        inspect(file.name, name)
    source = io.BytesIO(content)
    look_through(source, name)
    book, visible = opened(source, name)
    try:
        return book.get_sheet_by_name(visible[0]).to_python(skip_empty_area=False) if visible else []
    except Exception as error:
        raise refuse(BROKEN, name=name) from error


def first_rows(source: python_calamine.CalamineSheet) -> list[list]:
    left = source.start[1]
    rows = []
    for cells in source.iter_rows():
        rows.append([""] * left + list(cells))
        if len(rows) == headings.SEARCHED_ROWS + headings.HEADING_ROWS:
            break
    return rows


def lacking(found: headings.Found, one: ImportList, labels: dict[str, str]) -> list[str]:
    """Headings that are missing to know which record a row is; of several ways the one that lacks least."""
    ways = [
        ([labels[field] for field in way if field not in found.columns], -len(way)) for way in one.known_by
    ]
    return min(ways, key=lambda way: (len(way[0]), way[1]))[0]


def checked(sheet: Sheet, labels: dict[str, str]) -> Sheet:
    if sheet.found.twice:
        field, first, second = sheet.found.twice[0]
        raise refuse(
            TWICE, heading=labels[field], first=headings.letter(first), second=headings.letter(second)
        )
    if not any(True for _row in sheet.rows()):
        raise refuse(NO_ROWS, sheet=sheet.name)
    return sheet
