"""How official documents write numbers, dates, titles, headings: plain values, no database."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.official import (
    FIGURES,
    TITLE_SQUARES,
    DocumentIncomplete,
    OfficialDocument,
    chinese_date,
    chinese_numeral,
    document_number,
    heading_number,
    money,
    plain_number,
    squares,
    title_lines,
)


def test_a_document_number_has_hexagonal_brackets_and_no_leading_zeros():
    assert document_number("闵教字", 2021, 93) == "闵教字〔2021〕93号"
    assert document_number(" 沪教委规 ", 2022, 10) == "沪教委规〔2022〕10号"


@pytest.mark.parametrize(
    "series, year, number", [("", 2021, 1), ("闵教字", 21, 1), ("闵教字", 2021, 0), ("闵教字", 2021, -3)]
)
def test_an_impossible_document_number_is_refused(series, year, number):
    with pytest.raises(DocumentIncomplete):
        document_number(series, year, number)


def test_dates_are_complete_without_leading_zeros():
    assert chinese_date(date(2021, 6, 30)) == "2021年6月30日"
    assert chinese_date(date(2026, 1, 5)) == "2026年1月5日"


@pytest.mark.parametrize(
    "number, text",
    zip(
        (1, 10, 11, 20, 23, 99, 100, 105, 110, 111, 999),
        "一 十 十一 二十 二十三 九十九 一百 一百〇五 一百一十 一百一十一 九百九十九".split(),
        strict=True,
    ),
)
def test_chinese_numerals(number, text):
    assert chinese_numeral(number) == text


@given(st.integers(1, 999))
def test_a_chinese_numeral_reads_back_as_its_number(number):
    total, held = 0, 0
    for sign in chinese_numeral(number):
        if sign in FIGURES:
            held = FIGURES.index(sign)
        else:
            total += (held or 1) * (10 if sign == "十" else 100)
            held = 0
    assert total + held == number


@pytest.mark.parametrize("number", [0, -1, 1000])
def test_numerals_outside_their_range_are_refused(number):
    with pytest.raises(ValueError):
        chinese_numeral(number)


def test_headings_are_numbered_by_level():
    assert [heading_number(3, level) for level in (1, 2, 3, 4)] == ["三、", "（三）", "3.", "（3）"]
    with pytest.raises(ValueError):
        heading_number(1, 5)


@pytest.mark.parametrize(
    "yuan, text",
    [
        (620, "620元"),
        (50000, "5万元"),
        (12500, "1.25万元"),
        (12345, "12345元"),
        (125000000, "1.25亿元"),
        (0, "0元"),
    ],
)
def test_money_in_the_largest_unit_that_says_it_exactly(yuan, text):
    assert money(yuan) == text


@pytest.mark.parametrize(
    "value, places, text", [(85.5, None, "85.5"), (85.0, None, "85"), (100, None, "100"), (1 / 3, 1, "0.3")]
)
def test_plain_numbers(value, places, text):
    assert plain_number(value, places) == text


def test_a_title_is_cut_between_words():
    assert title_lines("关于督查情况的报告") == ("关于督查情况的报告",)
    assert title_lines("关于2026年11月全区3岁以下婴幼儿托育服务机构督查工作情况的通报") == (
        "关于2026年11月全区",
        "3岁以下婴幼儿托育服务机构",
        "督查工作情况的通报",
    )


def test_the_authors_own_line_breaks_are_kept():
    assert title_lines("关于印发方案\n的通知") == ("关于印发方案", "的通知")


@given(st.text(alphabet="关于托育服务机构督查工作情况的报告《》、和2026年区", min_size=1, max_size=60))
def test_a_title_loses_nothing_and_fits(title):
    lines = title_lines(title)
    assert "".join(lines) == title
    assert all(squares(line) <= TITLE_SQUARES for line in lines)


def test_figures_fill_half_a_square():
    assert squares("2021年") == 3.0
    assert squares("〔“，") == 3.0


COMPLETE = {
    "title": "通报",
    "issuers": ("教育局",),
    "number": "教〔2026〕1号",
    "dated": date(2026, 1, 1),
    "draft": False,
}


@pytest.mark.parametrize(
    "lacks, says",
    [
        ({"issuers": ()}, "发文机关"),
        ({"title": " "}, "标题"),
        ({"number": ""}, "发文字号"),
        ({"dated": None}, "成文日期"),
        ({"upward": True}, "签发人"),
    ],
)
def test_an_issued_document_says_what_it_lacks(lacks, says):
    OfficialDocument(**COMPLETE)
    with pytest.raises(DocumentIncomplete, match=says):
        OfficialDocument(**{**COMPLETE, **lacks})


def test_a_draft_needs_neither_number_nor_date_and_shows_none():
    draft = OfficialDocument(title="通报", issuers=("教育局",))
    assert draft.shown_number == ""
    assert OfficialDocument(**{**COMPLETE, "draft": True}).shown_number == ""


@pytest.mark.parametrize(
    "name", ["局", "上海市闵行区教育局", "上海市浦东新区托幼和学前教育工作联席会议办公室"]
)
def test_the_issuers_mark_fits_the_type_area(name):
    document = OfficialDocument(title="通报", issuers=(name,))
    assert document.issuer_size <= 50
    assert squares(name + document.suffix) * document.issuer_size <= 442
