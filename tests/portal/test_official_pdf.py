"""The PDF of official documents, checked by reading it back and measuring: GB/T 9704-2012.

All positions are points (72 to the inch) from the top left corner of the page.
"""

import io
import re
from collections import defaultdict
from datetime import date
from itertools import pairwise
from pathlib import Path

import pdfplumber
import pytest
from celery.signals import worker_init
from django.template import engines
from fontTools.ttLib import TTFont
from pdfminer.pdftypes import resolve1

from portal import pdf
from portal.celery import need_pdf
from portal.rules.official import OfficialDocument, document_number, squares

HERE = Path(__file__).resolve().parent
TEXT = (HERE / "running_text.txt").read_text().splitlines()
TABLE = HERE.parent.parent / "bin" / "fonts" / "tongyong-guifan.txt"
MM = 72 / 25.4
LEFT, RIGHT, TOP, BOTTOM = 28 * MM, 184 * MM, 37 * MM, 262 * MM
LINE, SQUARE = 28.98, 15.79
NO_START = set("，。、；：？！）》”’〕】…—·%％")
NO_END = set("（《“‘〔【")
FANG, KAI, FILL = "FandolFang", "FandolKai", "Noto-Serif-Fill-Light"
SONG, BIAOSONG, HEI = "Noto-Serif-SC", "Noto-Serif-SC-Heavy", "Noto-Sans-SC-Medium"

BODY = """{% extends "official/document.html" %}{% load official %}{% block body %}"""
END = """{% endblock %}"""
PLAIN = BODY + "{% for text in texts %}<p>{{ text }}</p>{% endfor %}" + END
NUMBER = document_number("闵教督", 2026, 11)


def a_document(**changes) -> OfficialDocument:
    values = {
        "title": "关于2026年11月全区托育服务机构督查情况的通报",
        "issuers": ("上海市闵行区教育局",),
        "addressee": "各镇人民政府、街道办事处，莘庄工业区管委会",
        "number": NUMBER,
        "dated": date(2026, 12, 3),
        "copies_to": ("上海市教育委员会", "闵行区人民政府办公室", "闵行区卫生健康委员会", "闵行区民政局"),
        "printed_by": "上海市闵行区教育局办公室",
        "printed_on": date(2026, 12, 4),
        "draft": False,
    }
    return OfficialDocument(**{**values, **changes})


def html_of(document: OfficialDocument, template: str = PLAIN, **context) -> str:
    return engines["django"].from_string(template).render({"document": document, "texts": TEXT, **context})


def read(html: str, **options) -> pdfplumber.PDF:
    return pdfplumber.open(io.BytesIO(pdf.render(html, **options)))


def face(char: dict) -> str:
    return char["fontname"].split("+", 1)[1]


def lines(page, *, only=lambda char: True) -> list[list[dict]]:
    """The page's lines from top to bottom, each its characters from left to right, without page number."""
    rows: dict[int, list[dict]] = defaultdict(list)
    for char in page.chars:
        if only(char) and TOP - 1 < char["top"] < BOTTOM:
            for top in rows:
                if abs(top - char["top"]) < 6:
                    rows[top].append(char)
                    break
            else:
                rows[char["top"]].append(char)
    return [sorted(rows[top], key=lambda char: char["x0"]) for top in sorted(rows)]


def text(line: list[dict]) -> str:
    return "".join(char["text"] for char in line).strip()


def find(page, words: str) -> list[dict]:
    """The characters of the first line that holds `words`, cut to them."""
    for line in lines(page):
        whole = "".join(char["text"] for char in line)
        if words in whole and all(len(char["text"]) == 1 for char in line):
            start = whole.index(words)
            return line[start : start + len(words)]
    raise AssertionError(f"{words!r} is not on the page")


@pytest.fixture(scope="module")
def notice():
    """An issued document of several pages."""
    return read(html_of(a_document()))


@pytest.fixture(scope="module")
def draft():
    return read(html_of(a_document(draft=True)))


def test_the_paper_is_a4_and_the_text_stays_in_the_type_area(notice):
    assert len(notice.pages) > 5
    for page in notice.pages:
        assert (round(page.width / MM, 1), round(page.height / MM, 1)) == (210.0, 297.0)
        for line in lines(page):
            assert line[0]["x0"] > LEFT - 0.5, text(line)
            assert line[-1]["x1"] < RIGHT + 0.8, text(line)
            assert line[0]["bottom"] < BOTTOM + 0.5, text(line)


def test_a_full_page_has_22_lines_on_the_grid(notice):
    for page in notice.pages[1:-2]:
        rows = lines(page)
        assert len(rows) == 22
        tops = [min(char["top"] for char in row) for row in rows]
        for index, top in enumerate(tops):
            assert abs(top - (TOP + LINE * index + (LINE - 16) / 2)) < 0.6, (index, text(rows[index]))


def test_figures_do_not_move_a_line_off_the_grid(notice):
    line = next(
        row for page in notice.pages[1:3] for row in lines(page) if {FANG, FILL} <= set(map(face, row))
    )
    assert len({round(char["bottom"], 1) for char in line}) == 1


def full_lines(document) -> list[tuple[list[dict], list[dict]]]:
    """Pairs of a line that its text fills and the line after it, from pages of running text."""
    rows = [row for page in document.pages[1:-2] for row in lines(page)]
    return [
        (row, after)
        for row, after in pairwise(rows)
        if after[0]["x0"] < LEFT + 8  # the next line is not the start of a paragraph
    ]


def test_a_full_line_has_28_characters(notice):
    counts = defaultdict(int)
    for row, after in full_lines(notice):
        words = text(row)
        indent = 2 if row[0]["x0"] > LEFT + 20 else 0
        if squares(words) != len(words):
            assert 24 <= squares(words) + indent <= 28.5, words
            continue
        width = len(words) + indent
        counts[width] += 1
        if width == 28:
            continue
        follows = "".join(char["text"] for char in after)
        cut = words + follows  # what would have stood at the end of a line of 28
        last, beyond = cut[27 - indent], cut[28 - indent]
        number = re.match(r"[0-9A-Za-z.%-]{2,}", follows)
        assert width < 28 and (beyond in NO_START or last in NO_END or last in NO_START or number), (
            words + "|" + follows
        )
    assert counts[28] > 40
    assert counts[28] > 0.6 * sum(counts.values())
    assert min(counts) >= 26


def test_a_full_line_reaches_the_right_edge(notice):
    for row, _after in full_lines(notice):
        assert abs(row[-1]["x1"] - RIGHT) < 0.8, text(row)


def test_paragraphs_begin_two_squares_in(notice):
    starts = {text[:6] for text in TEXT}
    found = [row for page in notice.pages for row in lines(page) if text(row)[:6] in starts]
    assert len(found) > 20
    for row in found:
        assert abs(row[0]["x0"] - (LEFT + 2 * SQUARE)) < 0.5


def test_the_issuer_is_red_centred_and_35_mm_below_the_type_area(notice):
    chars = find(notice.pages[0], "上海市闵行区教育局文件")
    assert {face(char) for char in chars} == {BIAOSONG}
    assert abs(chars[0]["top"] - TOP - 35 * MM) < 0.5
    assert abs((chars[0]["x0"] + chars[-1]["x1"]) / 2 - (LEFT + RIGHT) / 2) < 1
    red, green, blue = chars[0]["non_stroking_color"]
    assert red > 0.85 and green < 0.1 and blue < 0.15


def test_the_number_stands_two_lines_below_the_issuer(notice):
    issuer, number = find(notice.pages[0], "上海市闵行区教育局文件"), find(notice.pages[0], NUMBER)
    assert NUMBER == "闵教督〔2026〕11号"
    assert abs(number[0]["top"] - issuer[0]["bottom"] - 2 * LINE - (LINE - 16) / 2) < 0.6
    assert abs((number[0]["x0"] + number[-1]["x1"]) / 2 - (LEFT + RIGHT) / 2) < 1
    assert {face(char) for char in number} == {FANG, FILL}


def red_line(page) -> dict:
    """The rule under the number: the one red thing as wide as the type area."""
    wide = [rect for rect in page.rects if rect["width"] > 100 * MM]
    return next(rect for rect in wide if rect["non_stroking_color"][0] > 0.85)


def test_the_red_line_is_4_mm_below_the_number_and_as_wide_as_the_type_area(notice):
    line, number = red_line(notice.pages[0]), find(notice.pages[0], NUMBER)
    assert abs(line["top"] - number[0]["bottom"] - 4 * MM) < 0.3
    assert abs(line["x0"] - LEFT) < 0.3 and abs(line["x1"] - RIGHT) < 0.3


def test_the_title_stands_two_lines_below_the_red_line(notice):
    line = red_line(notice.pages[0])
    title = [row for row in lines(notice.pages[0]) if {round(char["size"]) for char in row} == {22}]
    assert "".join(map(text, title)) == "关于2026年11月全区托育服务机构督查情况的通报"
    for row in title:
        assert {face(char) for char in row} == {BIAOSONG}
        assert abs((row[0]["x0"] + row[-1]["x1"]) / 2 - (LEFT + RIGHT) / 2) < 1
    assert abs(title[0][0]["top"] - line["bottom"] - 2 * LINE - 6) < 1


def test_the_addressee_stands_one_line_below_the_title_flush_left(notice):
    rows = lines(notice.pages[0])
    index = next(i for i, row in enumerate(rows) if text(row).startswith("各镇人民政府"))
    assert rows[index][0]["x0"] < LEFT + 0.5
    assert text(rows[index]).endswith("：")
    assert abs(rows[index][0]["top"] - rows[index - 1][0]["bottom"] - LINE - 6 - 6.5) < 1


def test_each_kind_of_heading_has_its_face():
    body = (
        BODY + "<h2>{{ 1|heading:1 }}总体情况</h2><h3>{{ 2|heading:2 }}街镇分项</h3>"
        "<h4>{{ 3|heading:3 }}覆盖率</h4><h5>{{ 4|heading:4 }}新增托位</h5><p>正文12AB</p>" + END
    )
    page = read(html_of(a_document(), body)).pages[1]  # headings stay with their text
    for words, expected in (
        ("一、总体情况", {HEI}),
        ("（二）街镇分项", {KAI}),
        ("3.覆盖率", {FANG, FILL}),
        ("（4）新增托位", {FANG, FILL}),
        ("正文12AB", {FANG, FILL}),
    ):
        chars = find(page, words)
        assert {face(char) for char in chars} == expected, words
        assert {round(char["size"], 1) for char in chars} == {16.0}
        assert abs(chars[0]["x0"] - LEFT - 2 * SQUARE) < 0.5


def test_every_font_is_embedded_and_subset(notice):
    seen = set()
    for page in notice.pages:
        for font in resolve1(resolve1(page.page_obj.resources)["Font"]).values():
            font = resolve1(font)
            inner = resolve1(resolve1(font["DescendantFonts"])[0])
            descriptor = resolve1(inner["FontDescriptor"])
            assert re.match(r"[A-Z]{6}\+", font["BaseFont"].name), font["BaseFont"]
            assert "FontFile2" in descriptor or "FontFile3" in descriptor
            assert "ToUnicode" in font
            seen.add(font["BaseFont"].name.split("+")[1])
    assert {FANG, FILL, SONG, BIAOSONG} <= seen


def test_the_page_number_is_7_mm_below_outside_one_square_in(notice):
    for number, page in enumerate(notice.pages, start=1):
        chars = sorted((char for char in page.chars if char["top"] > BOTTOM), key=lambda char: char["x0"])
        assert text(chars) == f"— {number} —"
        assert {face(char) for char in chars} == {SONG}
        assert {round(char["size"]) for char in chars} == {14}
        assert abs(chars[0]["top"] - BOTTOM - 7 * MM) < 0.5
        if number % 2:
            assert abs(RIGHT - chars[-1]["x1"] - 14) < 1
        else:
            assert abs(chars[0]["x0"] - LEFT - 14) < 1


def rules_below(page, top: float) -> list[dict]:
    wide = [rect for rect in page.rects if rect["width"] > 150 * MM and rect["top"] > top]
    return sorted(wide, key=lambda rect: rect["top"])


def test_the_imprint_stands_at_the_foot_of_the_last_page(notice):
    assert not any("抄送" in page.extract_text() for page in notice.pages[:-1])
    page = notice.pages[-1]
    copies = find(page, "抄送：")
    first, middle, last = rules_below(page, copies[0]["top"] - 30)
    assert abs(last["bottom"] - BOTTOM) < 0.3
    for rule, thickness in ((first, 0.35), (middle, 0.25), (last, 0.35)):
        assert abs(rule["height"] / MM - thickness) < 0.03
        assert abs(rule["x0"] - LEFT) < 0.3 and abs(rule["x1"] - RIGHT) < 0.3
    assert abs(copies[0]["x0"] - LEFT - 14) < 0.5
    assert {round(char["size"]) for char in copies} == {14} and {face(char) for char in copies} == {FANG}
    rows = [row for row in lines(page) if first["bottom"] < row[0]["top"] < middle["top"]]
    assert len(rows) == 2 and text(rows[-1]).endswith("。")
    assert abs(rows[1][0]["x0"] - rows[0][3]["x0"]) < 1.5  # under the first character after the colon
    unit, day = find(page, "上海市闵行区教育局办公室"), find(page, "2026年12月4日印发")
    assert middle["bottom"] < unit[0]["top"] < last["top"]
    assert abs(unit[0]["x0"] - LEFT - 14) < 0.5 and abs(RIGHT - day[-1]["x1"] - 14) < 0.5


def test_without_copies_the_imprint_has_two_rules():
    page = read(html_of(a_document(copies_to=()), texts=TEXT[:1])).pages[-1]
    unit = find(page, "上海市闵行区教育局办公室")
    assert [round(rule["height"] / MM, 2) for rule in rules_below(page, unit[0]["top"] - 20)] == [0.35, 0.35]


def test_an_imprint_without_room_goes_to_the_next_page():
    for count in range(10, 32):
        document = read(html_of(a_document(), texts=["正文。"] * count))
        copies = find(document.pages[-1], "抄送：")
        date_page = next(page for page in reversed(document.pages) if "2026年12月3日" in page.extract_text())
        if date_page is document.pages[-1]:
            assert find(date_page, "2026年12月3日")[0]["bottom"] + LINE < copies[0]["top"]
        else:
            assert date_page is document.pages[-2] and copies[0]["top"] > 200 * MM
            assert lines(document.pages[-1])[0][0] is copies[0]
            break
    else:
        raise AssertionError("the text never filled the page")


def test_printed_on_both_sides_the_imprint_stands_on_an_even_page():
    one = read(html_of(a_document(), texts=["正文。"]), duplex=True)
    assert len(one.pages) == 2 and "抄送" in one.pages[1].extract_text()
    assert "— 2 —" in one.pages[1].extract_text()


def test_neither_an_empty_page_before_the_imprint_nor_the_imprints_page_has_a_number():
    for count in range(20, 48):
        html = html_of(a_document(), texts=["正文。"] * count)
        if len(read(html).pages) == 3:  # two pages of text, the imprint alone on the third
            break
    document = read(html, duplex=True)
    assert len(document.pages) == 4
    assert not document.pages[2].chars
    assert "抄送" in document.pages[3].extract_text() and "—" not in document.pages[3].extract_text()
    assert "— 2 —" in document.pages[1].extract_text()


def test_moving_the_imprint_leaves_the_pages_before_as_they_are():
    html = html_of(a_document())
    one, both = read(html), read(html, duplex=True)
    assert len(both.pages) % 2 == 0
    text_pages = len(both.pages) - (len(one.pages) % 2)
    for before, after in zip(one.pages[: text_pages - 1], both.pages, strict=False):
        assert before.extract_text() == after.extract_text()
    assert sum("抄送：" in page.extract_text() for page in both.pages) == 1


def last_of_text(document):
    return next(page for page in reversed(document.pages) if "2026年12月3日" in page.extract_text())


def test_without_seal_the_date_begins_two_squares_right_of_the_unit(notice):
    page = last_of_text(notice)
    unit, day = find(page, "上海市闵行区教育局"), find(page, "2026年12月3日")
    assert abs(RIGHT - unit[-1]["x1"] - 2 * SQUARE) < 1
    assert abs(day[0]["x0"] - unit[0]["x0"] - 2 * SQUARE) < 0.5
    assert abs(day[0]["top"] - unit[0]["top"] - LINE) < 0.6
    rows = lines(page)
    index = next(i for i, row in enumerate(rows) if row[0] is unit[0])
    assert abs(unit[0]["top"] - rows[index - 1][0]["top"] - 2 * LINE) < 0.6  # one blank line below the text


def test_a_date_longer_than_the_unit_stands_two_squares_in():
    document = a_document(issuers=("教育局",), title="关于托育的通报", addressee="", printed_by="")
    page = read(html_of(document, texts=["正文。"])).pages[0]
    day, unit = find(page, "2026年12月3日"), lines(page)[-2]
    assert text(unit) == "教育局"
    assert abs(RIGHT - day[-1]["x1"] - 2 * SQUARE) < 1
    assert abs(day[0]["x0"] - unit[0]["x0"] - 2 * SQUARE) < 1


def test_with_seal_the_date_stands_four_squares_in_and_the_unit_above_its_middle():
    page = read(html_of(a_document(sealed=True, printed_by=""), texts=TEXT[:1])).pages[-1]
    unit, day = find(page, "上海市闵行区教育局"), find(page, "2026年12月3日")
    if unit[0]["size"] > 20:  # the issuer's mark is on the same page
        unit = next(row for row in lines(page)[1:] if text(row) == "上海市闵行区教育局")
    assert abs(RIGHT - day[-1]["x1"] - 4 * SQUARE) < 1
    assert abs((unit[0]["x0"] + unit[-1]["x1"]) / 2 - (day[0]["x0"] + day[-1]["x1"]) / 2) < 1


def test_the_signature_is_never_alone_on_a_page():
    for count in range(8, 20):
        document = read(html_of(a_document(), texts=["正文内容很多，" * 12 + "完。"] * count))
        page = last_of_text(document)
        rows = [text(row) for row in lines(page)]
        index = next(i for i, row in enumerate(rows) if row.startswith("2026年12月3日"))
        assert any("正文内容" in row or "完。" in row for row in rows[:index]), rows


def test_a_draft_says_so_on_every_page_and_has_no_number(draft):
    for page in draft.pages:
        mark = sorted((char for char in page.chars if char["top"] < TOP - 1), key=lambda char: char["x0"])
        assert text(mark) == "送审稿" and {face(char) for char in mark} == {HEI}
    assert "（送审稿）" in draft.pages[0].extract_text()
    everything = "".join(page.extract_text() for page in draft.pages)
    assert "11号" not in everything and "闵教督" not in everything


def test_an_issued_document_has_its_number_and_no_mark(notice):
    everything = "".join(page.extract_text() for page in notice.pages)
    assert NUMBER in everything and "送审稿" not in everything


def test_to_a_superior_number_left_and_signer_right_on_one_line():
    document = a_document(upward=True, signers=("许喆昇",), title="关于督查情况的报告")
    page = read(html_of(document, texts=TEXT[:2])).pages[0]
    number, label, name = find(page, NUMBER), find(page, "签发人："), find(page, "许喆昇")
    assert abs(number[0]["x0"] - LEFT - SQUARE) < 0.5
    assert abs(RIGHT - name[-1]["x1"] - SQUARE) < 0.8
    assert abs(number[0]["top"] - name[0]["top"]) < 0.5
    assert {face(char) for char in label} == {FANG}
    assert {face(char) for char in name} == {KAI, FILL}  # FandolKai has no 喆 and no 昇
    line = red_line(page)
    assert abs(line["top"] - number[0]["bottom"] - 4 * MM) < 0.3


def test_in_a_joint_document_the_lead_comes_first_and_文件_stands_at_the_middle_of_the_right():
    units = ("上海市金山区教育局", "上海市金山区卫生健康委员会", "上海市公安局金山分局")
    page = read(html_of(a_document(issuers=units), texts=TEXT[:1])).pages[0]
    red = [c for c in page.chars if face(c) == BIAOSONG and c["non_stroking_color"][0] > 0.85]
    suffix = sorted((c for c in red if c["text"] in "文件"), key=lambda c: c["x0"])[-2:]
    names = [c for c in red if c not in suffix]
    rows = defaultdict(list)
    for char in names:
        rows[round(char["top"])].append(char)
    ordered = [text(sorted(rows[top], key=lambda c: c["x0"])) for top in sorted(rows)]
    assert ordered == list(units)
    assert abs(min(c["top"] for c in names) - TOP - 35 * MM) < 0.6
    middle = (min(c["top"] for c in names) + max(c["bottom"] for c in names)) / 2
    assert abs((suffix[0]["top"] + suffix[0]["bottom"]) / 2 - middle) < 1
    assert suffix[0]["x0"] > max(c["x1"] for c in names)
    assert suffix[-1]["x1"] < RIGHT and min(c["x0"] for c in names) > LEFT
    ends = [(min(c["x0"] for c in row), max(c["x1"] for c in row)) for row in rows.values()]
    assert max(a for a, _ in ends) - min(a for a, _ in ends) < 1  # shorter names are spread to the same width
    assert max(b for _, b in ends) - min(b for _, b in ends) < 1


ATTACHED = (
    PLAIN + "{% block attachments %}{% for name in document.attachments %}<section class='attachment'>"
    "<p class='label'>附件{{ forloop.counter }}</p><h1><span>{{ name }}</span></h1><p>内容。</p></section>"
    "{% endfor %}{% endblock %}"
)


def test_attachments_are_noted_below_the_text_and_begin_a_page():
    names = ("各街镇检查完成情况一览表", "重点任务进展情况表")
    document = read(html_of(a_document(attachments=names), ATTACHED, texts=TEXT[:6]))
    page = next(page for page in document.pages if "附件：" in page.extract_text())
    note, second = find(page, "附件："), find(page, "2.")
    assert abs(note[0]["x0"] - LEFT - 2 * SQUARE) < 0.8
    assert abs(second[0]["x0"] - find(page, "1.")[0]["x0"]) < 0.5
    assert abs(second[0]["top"] - note[0]["top"] - LINE) < 0.6
    assert find(page, names[0])[-1]["text"] == "表"  # no full stop
    for number, name in enumerate(names, start=1):
        page = next(page for page in document.pages if text(lines(page)[0]) == f"附件{number}")
        label, title = lines(page)[0], find(page, name)
        assert label[0]["x0"] < LEFT + 0.5 and {face(char) for char in label} == {HEI}
        assert {face(char) for char in title} == {BIAOSONG}
        assert TOP + 2 * LINE <= title[0]["top"] and title[0]["bottom"] <= TOP + 3 * LINE + 6
        assert abs((title[0]["x0"] + title[-1]["x1"]) / 2 - (LEFT + RIGHT) / 2) < 1
    assert "抄送" in document.pages[-1].extract_text()


def test_a_long_table_repeats_its_head_and_breaks_no_row():
    body = (
        BODY
        + "<figure class='table'><table><thead><tr><th>街镇</th><th>应查</th><th>情况</th></tr></thead><tbody>"
        "{% for n in rows %}<tr><th scope='row'>始{{ n }}</th><td class='num'>{{ n }}</td>"
        "<td>说明文字很长，占两行以上，说明文字很长，占两行以上，说明文字很长，占两行以上，终{{ n }}</td></tr>"
        "{% endfor %}</tbody></table></figure>" + END
    )
    document = read(html_of(a_document(), body, rows=range(100, 160)))
    where = {}
    with_table = [page for page in document.pages if "始1" in page.extract_text()]
    assert len(with_table) > 2
    for index, page in enumerate(with_table):
        words = page.extract_text()
        assert words.count("应查") == 1
        head, first = find(page, "应查"), find(page, "始1")
        assert head[0]["top"] < first[0]["top"] and {face(char) for char in head} == {HEI}
        for number in re.findall("始(1[0-9]{2})", words):
            where[number, "begin"] = index
        for number in re.findall("终(1[0-9]{2})", words):
            where[number, "end"] = index
    for number in map(str, range(100, 160)):
        assert where[number, "begin"] == where[number, "end"]


CHARTS = (
    BODY + "<figure class='chart'>{% bar_by_street rows name='完成率' target=85 unit='%' %}</figure>"
    "<figure class='chart'>{% line_with_target rows name='覆盖率' target=85 unit='%' %}</figure>"
    "<figure class='chart'>{% stacked_share rows name='整改' unit='项' %}</figure><p>{% light 'bad' %}</p>"
    + END
)
ROWS = [("江川路街道", 92), ("华漕镇", 61.5), ("莘庄镇", None)]


def figures(document) -> list[str]:
    """The alternative texts of all tagged figures."""
    found = []

    def walk(node):
        node = resolve1(node)
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, dict):
            if getattr(node.get("S"), "name", "") == "Figure":
                raw = node["Alt"]
                found.append(raw.decode("utf-16") if raw.startswith(b"\xfe\xff") else raw.decode())
            if "K" in node:
                walk(node["K"])

    walk(resolve1(document.doc.catalog["StructTreeRoot"])["K"])
    return found


def test_no_heading_stays_behind_at_the_foot_of_a_page():
    """A chart as high as the page leaves room for the heading alone: it goes with its text."""
    body = (
        BODY + "{% bar_by_street rows name='率' as chart %}"
        "{% for n in counts %}<p>正文。</p>{% endfor %}<figure class=chart>{% bar_by_street rows name='率' %}"
        "<figcaption>图1　率</figcaption></figure><h2>三、问题与整改</h2><p>本月发现的问题。</p>" + END
    ).replace("{% bar_by_street rows name='率' as chart %}", "")
    stranded = 0
    for count in range(8):
        rows = [(f"示例{n}街道", 90) for n in range(34)]
        document = read(html_of(a_document(), body, counts=range(count), rows=rows))
        page = next(page for page in document.pages if "三、问题与整改" in page.extract_text())
        assert "本月发现的问题" in page.extract_text()
        stranded += text(lines(page)[0]).startswith("三、")
    assert stranded  # in one of them at least it had to go to the next page


def test_no_row_of_a_table_is_alone_on_a_page():
    body = (
        BODY
        + "{% for n in counts %}<p>正文。</p>{% endfor %}<figure class=table><table><thead><tr><th>甲</th></tr>"
        "</thead><tbody>{% for n in rows %}<tr><td>第{{ n }}行</td></tr>{% endfor %}</tbody></table></figure>"
        + END
    )
    seen = set()
    for count in range(16):
        document = read(html_of(a_document(), body, counts=range(count), rows=range(7)))
        found = [len(re.findall("第[0-9]行", page.extract_text())) for page in document.pages]
        seen.add(tuple(n for n in found if n))
    assert len(seen) > 2 and not any(1 in parts for parts in seen)


def test_charts_are_vectors_with_a_sentence_for_who_does_not_see_them():
    document = read(html_of(a_document(), CHARTS, rows=ROWS))
    assert not any(page.images for page in document.pages)
    assert sum(len(page.rects) + len(page.curves) + len(page.lines) for page in document.pages) > 20
    sentences = figures(document)
    assert (
        "完成率：江川路街道 92%，华漕镇 61.5%，莘庄镇没有数据。低于目标 85%的有 1 个：华漕镇。" in sentences
    )
    assert "未达到" in sentences and len(sentences) == 4


def test_the_pdf_is_archival_tagged_and_says_title_and_language(notice):
    catalog = notice.doc.catalog
    assert resolve1(catalog["Lang"]) == b"zh-CN"
    assert resolve1(catalog["MarkInfo"])["Marked"] is True
    assert resolve1(catalog["ViewerPreferences"])["DisplayDocTitle"] is True
    xmp = resolve1(catalog["Metadata"]).get_data().decode()
    assert 'pdfaid:part="3"' in xmp and 'pdfaid:conformance="A"' in xmp
    assert "关于2026年11月全区托育服务机构督查情况的通报" in xmp
    assert notice.metadata["Title"] == "关于2026年11月全区托育服务机构督查情况的通报"
    assert notice.metadata["Author"] == "上海市闵行区教育局"


def test_the_same_html_gives_the_same_bytes():
    html = html_of(a_document(), CHARTS, rows=ROWS)
    assert pdf.render(html) == pdf.render(html)
    assert html == html_of(a_document(), CHARTS, rows=ROWS)


def test_places_to_break_leave_no_trace_in_the_text(notice):
    everything = "".join("".join(map(text, lines(page))) for page in notice.pages)
    assert "\u200b" not in everything
    assert "践行“人民城市人民建，人民城市为人民”的理念" in everything


SIGNS = "㎡℃‰―—·〔〕《》“”‘’…％￥①⑩×÷±≥≤№○●□■▲★→Ⅳ"
NAMES = "喆昇祎玥曌镕燊赟旻晞翀"
FACES = {
    FANG: "p",
    KAI: "p class='kai'",
    HEI: "p class='hei'",
    SONG: "p class='song'",
    BIAOSONG: "h1 style='font-size: 16pt; line-height: 20pt'",
}


@pytest.mark.parametrize("name", FACES)
def test_every_character_of_the_table_of_2013_is_drawn(name, caplog):
    table = "".join(line for line in TABLE.read_text().splitlines() if not line.startswith("#"))
    assert len(table) == len(set(table)) == 8105
    wanted = table + NAMES + SIGNS
    tag = FACES[name]
    blocks = "".join(
        f"<{tag}>{wanted[at : at + 1000]}</{tag.split()[0]}>" for at in range(0, len(wanted), 1000)
    )
    with read(f"<html lang=zh-CN><title>字</title><body>{blocks}</body></html>") as document:
        drawn = [(char["text"], face(char)) for page in document.pages for char in page.chars]
        assert not [record.getMessage() for record in caplog.records if ".notdef" in record.getMessage()]
        assert set(wanted) <= {sign for sign, _face in drawn}
        by_own = len({sign for sign, own in drawn if own == name and sign in table})
        assert by_own == 8105 if name not in (FANG, KAI) else 6600 < by_own < 6700
        assert {own for sign, own in drawn if sign == "￥"} == {FILL if name in (FANG, KAI) else name}
        assert {own for _sign, own in drawn} - {SONG} <= {name, FILL}


BLANKS = ["GB/T 9704 2012", "1 2", "喆 喆", "中 a b 中", "1\u00a02", "1\u30002", "1\u20092", "① ②", "A\tB"]


@pytest.mark.parametrize("cell", ["td", 'td class="num"', 'td class="kai"', "th"])
def test_a_blank_behind_a_figure_or_a_latin_letter_is_no_box(cell, caplog):
    rows = "".join(f"<tr><{cell}>{words}</{cell[:2]}></tr>" for words in BLANKS)
    page = read(f"<html lang=zh-CN><title>表</title><body><table>{rows}</table></body></html>").pages[0]
    assert caplog.messages == []
    assert "GB/T 9704 2012" in page.extract_text() and "中 a b 中" in page.extract_text()


def test_a_character_that_no_face_has_is_reported(caplog):
    pdf.render("<html lang=zh-CN><title>字</title><body><p>\U0002f9f4</p></body></html>")
    assert any(".notdef" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("file", sorted((pdf.FONTS).glob("*.?tf")), ids=lambda path: path.stem)
def test_all_faces_have_the_same_ascent_and_descent(file):
    font = TTFont(file)
    assert (font["hhea"].ascent, font["hhea"].descent, font["hhea"].lineGap) == (880, -120, 0)
    assert font["head"].unitsPerEm == 1000
    if file.stem.startswith("Fandol"):
        points = set(font.getBestCmap())
        assert 0xFFE5 not in points
        assert not [point for point in points if 0x21 <= point <= 0x7E]


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/a.png",
        "https://example.org/a.svg",
        "ftp://example.org/a.png",
        "file:///etc/passwd",
        "../portal/settings.py",
        "fonts/../../manage.py",
        "//example.org/a.png",
    ],
)
def test_nothing_outside_static_is_fetched(address):
    with pytest.raises(pdf.ResourceRefused):
        pdf.render(f"<html lang=zh-CN><title>图</title><body><img alt='' src='{address}'></body></html>")
    with pytest.raises(pdf.ResourceRefused):
        pdf.render(
            f"<html lang=zh-CN><title>图</title><body><p style=\"background: url('{address}')\">一</p></body></html>"
        )


def test_a_document_needs_no_network(monkeypatch):
    import socket

    def refuse(*args, **kwargs):
        raise AssertionError("a document opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert pdf.render(html_of(a_document(), CHARTS, rows=ROWS)).startswith(b"%PDF-")


def test_a_missing_library_is_named_with_its_package(monkeypatch):
    assert pdf.missing_libraries() == []
    monkeypatch.setitem(pdf.LIBRARIES, "libharfbuzz-subset0", "libharfbuzz-subset-that-is-not-there.so.0")
    assert pdf.missing_libraries() == ["libharfbuzz-subset0"]
    with pytest.raises(pdf.PdfLibraryMissing, match="apt-get install libharfbuzz-subset0"):
        pdf._press.__wrapped__()


def test_a_worker_does_not_start_without_a_library(monkeypatch):
    assert need_pdf() is None
    monkeypatch.setitem(pdf.LIBRARIES, "libharfbuzz-subset0", "libharfbuzz-subset-that-is-not-there.so.0")
    with pytest.raises(SystemExit, match="libharfbuzz-subset0"):
        need_pdf()
    assert need_pdf in worker_init._live_receivers(None)


def test_a_deployments_own_fonts_come_beside_ours_and_the_machines_never(settings, tmp_path):
    settings.FONTS_DIR = str(tmp_path)
    config = pdf._font_config(tmp_path)
    assert re.findall("<dir>(.*?)</dir>", config) == [str(pdf.FONTS), str(tmp_path)]
    assert "<include" not in config


def test_what_was_read_of_the_fonts_is_kept_once_for_all_processes(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"
    first, config = pdf._font_folder()
    assert config.read_text() == pdf._font_config(first)
    assert pdf._font_folder() == (first, config)
    assert [path.name for path in first.iterdir()] == ["fonts.conf"]
    own = tmp_path / "own"
    own.mkdir()
    settings.FONTS_DIR = str(own)
    second, _config = pdf._font_folder()
    (own / "a.ttf").write_bytes(b"1")
    assert pdf._font_folder()[0] not in (first, second)  # other fonts, another folder


def test_without_a_data_folder_the_fonts_cache_goes_with_the_process(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "file"
    settings.DATA_DIR.write_text("")
    folder, config = pdf._font_folder()
    assert config.exists()
    folder.cleanup()
    assert not config.exists()
