"""An official document as a file to edit: the same words, tables and frame as the PDF, on the state's page."""

import io

import pytest
from django.template.loader import render_to_string
from docx import Document
from docx.shared import Mm, Pt

from portal import word
from portal.rules.official import OfficialDocument

FRAME = {
    "title": "关于2026年11月全区托育服务督查情况的通报", "issuers": ("上海市示例区教育局",), "addressee": "各街镇",
    "copies_to": ("上海市教育委员会",), "printed_by": "示例办公室",
}  # fmt: skip
BODY = """
<h2>一、总体情况</h2><p>截至11月30日，在办机构218家，<b>托位</b>9435个。</p>
<figure class="table"><table><caption>表1　各街镇</caption><thead>
<tr><th>街镇</th><th class="num">在办<br>机构</th></tr></thead>
<tbody><tr><th scope="row">七宝镇</th><td class="num">10</td></tr><tr class="total"><th>合计</th><td class="num">10</td></tr>
</tbody></table></figure>
<figure class="chart"><svg xmlns="http://www.w3.org/2000/svg"><title>完成率：七宝镇 50%。</title><text>轴</text></svg>
<figcaption>图1　完成率</figcaption></figure><p>特此通报。</p>
"""


def page(document: OfficialDocument) -> str:
    frame = render_to_string("official/document.html", {"document": document})
    return frame.replace('<div class="body">', f'<div class="body">{BODY}', 1)


def opened(**changes) -> Document:
    return Document(io.BytesIO(word.render(page(OfficialDocument(**(FRAME | changes))))))


def test_the_words_stand_in_their_order_without_what_only_a_picture_shows():
    texts = [p.text for p in opened().paragraphs if p.text]
    wanted = [
        "送审稿", "上海市示例区教育局文件", "各街镇：", "一、总体情况", "截至11月30日，在办机构218家，托位9435个。",
        "表1　各街镇", "完成率：七宝镇 50%。", "图1　完成率", "特此通报。", "上海市示例区教育局",
        "抄送：上海市教育委员会。", "示例办公室",
    ]  # fmt: skip
    places = [texts.index(one) for one in wanted]
    assert places == sorted(places)
    assert "轴" not in "".join(texts)
    assert "".join(texts).count("抄送") == 1, "the imprint stands once"


def test_a_table_is_a_table_and_repeats_its_head():
    (table,) = opened().tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["街镇", "在办\n机构"], ["七宝镇", "10"], ["合计", "10"],
    ]  # fmt: skip
    assert "tblHeader" in table.rows[0]._tr.xml and "tblHeader" not in table.rows[1]._tr.xml


def test_the_page_is_the_states():
    file = opened()
    section = file.sections[0]
    measured = [
        section.page_width, section.page_height, section.top_margin, section.left_margin, section.right_margin,
        section.bottom_margin,
    ]  # fmt: skip
    assert all(abs(a - Mm(b)) < Mm(0.1) for a, b in zip(measured, (210, 297, 37, 28, 26, 35), strict=True))
    text = next(p for p in file.paragraphs if p.text.startswith("截至"))
    assert text.runs[0].font.size == Pt(16) and "仿宋_GB2312" in text._p.xml
    assert text.paragraph_format.first_line_indent == Pt(32)
    assert word.COPY in section.footer.paragraphs[0].text


@pytest.mark.parametrize("changes", [{"draft": False, "number": "闵教托督〔2026〕1号"}, {}])
def test_a_number_is_shown_when_it_was_given(changes):
    from datetime import date

    texts = [p.text for p in opened(dated=date(2026, 12, 8), **changes).paragraphs]
    assert ("闵教托督〔2026〕1号" in texts) == bool(changes) and ("送审稿" in texts) == (not changes)
    assert "2026年12月8日" in texts


def test_other_html_is_refused():
    with pytest.raises(ValueError, match="main"):
        word.render("<html><body><p>x</p></body></html>")


def test_cells_that_reach_over_rows_and_columns_stay_where_they_were_and_a_wide_table_lies_down():
    html = """<html><body><main class="wide"><table><thead><tr><th>序号</th><th>类别</th><th>任务</th></tr></thead>
    <tbody><tr><td>1</td><td rowspan="2">甲</td><td>一</td></tr><tr><td>2</td><td>二</td></tr>
    <tr><td colspan="2">合计</td><td>三</td></tr></tbody></table></main></body></html>"""
    file = Document(io.BytesIO(word.render(html)))
    (table,) = file.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["序号", "类别", "任务"], ["1", "甲", "一"], ["2", "甲", "二"], ["合计", "合计", "三"],
    ]  # fmt: skip
    assert table.cell(1, 1)._tc is table.cell(2, 1)._tc
    assert file.sections[0].page_width > file.sections[0].page_height
    assert word.OF_A_TABLE in file.sections[0].footer.paragraphs[0].text
