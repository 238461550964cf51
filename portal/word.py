"""An official document as a .docx file for those who edit: from the same HTML that the PDF is set from.

The page is that of GB/T 9704-2012 (A4, 37, 28, 26 and 35 mm, 22 lines of 28 characters as the file's grid); faces go by the
names that an office's machine has. A chart comes as its sentence, for nobody edits a picture. It is a copy: what was
issued is the PDF, and the foot of each page says so.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from portal.rules.official import squares

#: Faces by the names that an office's machine has them under.
TITLE = "方正小标宋简体"  # content
TEXT = "仿宋_GB2312"  # content
HEAD = "黑体"  # content
SUBHEAD = "楷体_GB2312"  # content
TABLE = "宋体"  # content
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
COPY = "可以修改的副本。正式文件以 PDF 为准"  # content
OF_A_TABLE = "可以修改的副本。以印发的文件为准"  # content
RED = "D40000"
LINE = 28.95
WIDTH, WIDE = 442.0, 637.0  # points of 156 mm, of 225 mm
BLANKS = re.compile(r"[ \t\n\r]+")
BREAKS = str.maketrans("", "", "\u200b\u2060\u00ad")
#: class of a block -> how its paragraph is set: (face, points, alignment, first line's indent in characters)
BLOCKS = {
    "draft-mark": (HEAD, 16, "right", 0),
    "issuer": (TITLE, 36, "center", 0),
    "number": (TEXT, 16, "center", 0),
    "upward": (TEXT, 16, "left", 0),
    "draft-note": (SUBHEAD, 16, "center", 0),
    "addressee": (TEXT, 16, "left", 0),
    "label": (HEAD, 16, "left", 0),
    "note": (SUBHEAD, 12, "left", 0),
    "source": (TABLE, 9, "left", 0),
    "attachment-note": (TEXT, 16, "left", 2),
}
HEADINGS = {"h2": HEAD, "h3": SUBHEAD, "h4": TEXT}


def render(html: str) -> bytes:
    """The file of a document that `official/document.html` frames, or of a `main` part alone (`class="wide"`: on a page
    lying down); ValueError for other HTML."""
    from lxml import html as parser  # a worker that sets PDFs only never needs it

    body = parser.document_fromstring(html).find("body")
    main = body.find("main")
    if main is None:
        raise ValueError("no official document: it has no main part")
    header = body.find("header")
    sheet = _Sheet(OF_A_TABLE if header is None else COPY, wide="wide" in _classes(main))
    for mark in body.iterfind("div[@class='draft-mark']"):
        sheet.block(mark, "draft-mark")
    if header is not None:
        for part in header.iter("div"):
            names = _classes(part)
            if known := names & {"issuer", "number"}:
                sheet.block(part, "upward" if "upward" in names else known.pop())
            elif "red-line" in names:
                sheet.rule(RED)
    sheet.parts(main)
    for section in body.iterfind("section"):
        sheet.page_break()
        sheet.parts(section)
    if (imprint := body.find(".//div[@class='imprint']")) is not None:
        sheet.rule()
        for part in imprint.iter("div"):
            if _classes(part) & {"copies", "printed"}:
                sheet.paragraph("　".join(_texts(part)), TEXT, 14)
        sheet.rule()
    return sheet.bytes()


def _classes(node) -> set[str]:
    return set((node.get("class") or "").split())


def _texts(node) -> Iterator[str]:
    """The words of a node, line by line where it is broken; pictures are left out."""
    if node.tag in ("svg", "style"):
        return
    line = node.text or ""
    for child in node:
        if child.tag == "br":
            yield from filter(None, [_tight(line)])
            line = ""
        elif isinstance(child.tag, str) and child.tag != "svg":
            line += "".join(_texts(child))
        line += child.tail or ""
    if words := _tight(line):
        yield words


def _tight(words: str) -> str:
    return BLANKS.sub(" ", words.translate(BREAKS)).strip()


class _Sheet:
    """The file while it is written."""

    def __init__(self, says: str, *, wide: bool = False) -> None:
        from docx import Document
        from docx.enum.section import WD_ORIENT
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Mm, Pt, RGBColor

        self.Pt, self.RGBColor, self.alignment = Pt, RGBColor, WD_ALIGN_PARAGRAPH
        self.file = Document()
        section = self.file.sections[0]
        self.width = WIDE if wide else WIDTH
        if wide:  # the upright page turned: what was its top is the left
            section.orientation = WD_ORIENT.LANDSCAPE
            section.page_width, section.page_height = Mm(297), Mm(210)
            section.top_margin, section.bottom_margin = Mm(28), Mm(26)
            section.left_margin, section.right_margin = Mm(37), Mm(35)
        else:
            section.page_width, section.page_height = Mm(210), Mm(297)
            section.top_margin, section.bottom_margin = Mm(37), Mm(35)
            section.left_margin, section.right_margin = Mm(28), Mm(26)
        grid = section._sectPr.find(_name("docGrid"))
        if grid is None:
            grid = section._sectPr.makeelement(_name("docGrid"), {})
            section._sectPr.append(grid)
        grid.set(_name("type"), "lines")
        grid.set(_name("linePitch"), str(round(LINE * 20)))
        foot = section.footer.paragraphs[0]
        foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self.run(foot, f"{says}　", TABLE, 9)
        self.page_number(foot)

    def page_number(self, paragraph) -> None:
        """— 3 —, counted by the program that opens the file."""
        self.run(paragraph, "— ", TABLE, 9)
        field = paragraph._p.makeelement(_name("fldSimple"), {_name("instr"): "PAGE"})
        paragraph._p.append(field)
        field.append(self.run(paragraph, "1", TABLE, 9)._r)
        self.run(paragraph, " —", TABLE, 9)

    def bytes(self) -> bytes:
        out = io.BytesIO()
        self.file.save(out)
        return out.getvalue()

    def run(self, paragraph, words: str, face: str, points: float, *, bold: bool = False, color: str = ""):
        run = paragraph.add_run(words)
        run.font.name, run.font.size, run.bold = "Times New Roman", self.Pt(points), bold
        run._element.rPr.rFonts.set(_name("eastAsia"), face)
        if color:
            run.font.color.rgb = self.RGBColor.from_string(color)
        return run

    def paragraph(
        self, words: str, face: str, points: float, *, align: str = "", indent: int = 0, color: str = "",
        keep: bool = False, where=None,
    ):  # fmt: skip
        made = (where or self.file).add_paragraph()
        form = made.paragraph_format
        form.space_before = form.space_after = self.Pt(0)
        form.line_spacing = self.Pt(LINE if points <= 16 else points * 1.3)
        form.first_line_indent = self.Pt(indent * points) if indent else None
        form.keep_with_next = keep
        if align:
            made.alignment = getattr(self.alignment, align.upper())
        self.run(made, words, face, points, color=color)
        return made

    def block(self, node, name: str) -> None:
        face, points, align, indent = BLOCKS[name]
        for words in _texts(node):
            size = min(points, 440 / max(1, len(words))) if name == "issuer" else points
            color = RED if name == "issuer" else ""
            self.paragraph(words, face, size, align=align, indent=indent, color=color)

    def rule(self, color: str = "000000") -> None:
        """A line across the page."""
        made = self.paragraph("", TEXT, 4)
        properties = made._p.get_or_add_pPr()
        border = properties.makeelement(_name("pBdr"), {})
        bottom = border.makeelement(
            _name("bottom"), {_name("val"): "single", _name("sz"): "12", _name("color"): color}
        )
        border.append(bottom)
        properties.append(border)

    def page_break(self) -> None:
        self.file.add_page_break()

    def parts(self, parent) -> None:
        """The blocks within a part of the document, in order; what only holds others is gone through."""
        for node in parent:
            if not isinstance(node.tag, str):
                continue
            names = _classes(node)
            known = next((name for name in BLOCKS if name in names), None)
            if node.tag == "h1":
                lines = ["".join(_texts(span)) for span in node.iterfind("span")] or list(_texts(node))
                for line in lines:
                    self.paragraph(line, TITLE, 22, align="center")
            elif node.tag in HEADINGS:
                for words in _texts(node):
                    self.paragraph(words, HEADINGS[node.tag], 16, indent=2, keep=True)
            elif known:
                self.block(node, known)
            elif "signature" in names:
                signed = list(node.iter("span"))
                for place, part in enumerate(signed, 1):  # the day stays with the unit
                    last = place == len(signed)
                    self.paragraph("".join(_texts(part)), TEXT, 16, align="right", keep=not last)
            elif node.tag == "table":
                self.table(node)
            elif node.tag in ("p", "li"):
                for words in _texts(node):
                    self.paragraph(words, TEXT, 16, indent=2)
            elif node.tag == "svg":
                if (title := node.find("title")) is None:
                    title = node.find("{http://www.w3.org/2000/svg}title")
                if title is not None and title.text:
                    self.paragraph(_tight(title.text), TABLE, 10.5)
            elif node.tag == "figcaption":
                self.paragraph("".join(_texts(node)), HEAD, 10.5, align="center")
            else:
                self.parts(node)

    def table(self, node) -> None:
        placed, heads, across = _placed(node)
        if not placed:
            return
        if (caption := node.find("caption")) is not None:
            self.paragraph("".join(_texts(caption)), HEAD, 10.5, align="center", keep=True)
        down = max(place.bottom for place in placed) + 1
        made = self.file.add_table(rows=down, cols=across)
        made.style, made.autofit = "Table Grid", False
        widths = _shares(placed, across, self.width)
        for column, width in zip(made.columns, widths, strict=True):
            column.width = self.Pt(width)
        cells = [list(row.cells) for row in made.rows]
        for row in made.rows:
            row._tr.get_or_add_trPr().append(row._tr.makeelement(_name("cantSplit"), {}))
        for place in placed:
            cell = cells[place.top][place.left]
            if (place.bottom, place.right) != (place.top, place.left):
                cell = cell.merge(cells[place.bottom][place.right])
            cell.width = self.Pt(sum(widths[place.left : place.right + 1]))
            first = cell.paragraphs[0]
            first.paragraph_format.space_after = self.Pt(0)
            first.paragraph_format.line_spacing = self.Pt(15)
            loose = first._p.get_or_add_pPr()  # tables stand outside of the grid of lines
            loose.append(loose.makeelement(_name("snapToGrid"), {_name("val"): "0"}))
            self.run(first, "\n".join(place.lines), HEAD if place.top < heads else TABLE, 10.5)
            if place.number:
                first.alignment = self.alignment.RIGHT
        for row in made.rows[:heads]:
            row._tr.get_or_add_trPr().append(row._tr.makeelement(_name("tblHeader"), {_name("val"): "true"}))


@dataclass(frozen=True)
class _Place:
    """A cell of a table: where it stands, from the first row and column to the last, and its lines."""

    top: int
    left: int
    bottom: int
    right: int
    lines: tuple[str, ...]
    number: bool


def _placed(node) -> tuple[list[_Place], int, int]:
    """The cells of a table where they stand with those that reach over several rows or columns; how many rows are its
    head, how many columns it has."""
    taken: set[tuple[int, int]] = set()
    found: list[_Place] = []
    heads = 0
    rows = list(node.iter("tr"))
    for top, row in enumerate(rows):
        heads += row.getparent().tag == "thead"
        left = 0
        for cell in row:
            if cell.tag not in ("th", "td"):
                continue
            while (top, left) in taken:
                left += 1
            bottom = min(top + int(cell.get("rowspan") or 1), len(rows)) - 1
            right = left + int(cell.get("colspan") or 1) - 1
            taken |= {(y, x) for y in range(top, bottom + 1) for x in range(left, right + 1)}
            found.append(_Place(top, left, bottom, right, tuple(_texts(cell)), "num" in _classes(cell)))
            left = right + 1
    return found, heads, max((x for _y, x in taken), default=-1) + 1


def _shares(placed: list[_Place], columns: int, width: float) -> list[float]:
    """Points of each column: by the longest line in it, so that figures are narrow and sentences wide."""
    longest = [3.0] * columns
    for place in placed:
        if place.left == place.right:
            longest[place.left] = max([longest[place.left], *map(squares, place.lines)])
    weights = [min(number, 22.0) + 3 for number in longest]
    return [width * weight / sum(weights) for weight in weights]


def _name(tag: str) -> str:
    from docx.oxml.ns import qn

    return qn(f"w:{tag}")
