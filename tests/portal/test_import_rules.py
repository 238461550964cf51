"""What people write into cells, and where they put their headings."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules import cells, headings
from portal.rules.cells import Choice, Clock, Day, Number, Text, Wrong, YesNo, choice

DAY = date(2025, 6, 30)


@pytest.mark.parametrize(
    "raw",
    [
        "2025-06-30", "2025/6/30", "2025年6月30日", "20250630", "2025.6.30", "２０２５－０６－３０", " 2025-6-30 ",
        "2025-06-30 00:00:00", 45838, 45838.0, "45838", 20250630.0, DAY, datetime(2025, 6, 30, 8, 30),
    ],
)  # fmt: skip
def test_a_day_is_understood_however_it_is_written(raw):
    assert Day().read(raw) == DAY


@pytest.mark.parametrize("raw", ["", "　", "—", "无", "/"])
def test_what_says_nothing_is_no_day(raw):
    assert Day().read(raw) is None


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("2025-02-30", cells.NO_SUCH_DAY), ("20250230", cells.NO_SUCH_DAY), ("2025-13-01", cells.NOT_A_DAY),
        ("六月三十", cells.NOT_A_DAY), ("06/30/2025", cells.NOT_A_DAY), (12, cells.NOT_A_DAY), (True, cells.NOT_A_DAY),
        ("0999-01-01", cells.DAY_UNLIKELY), (timedelta(1), cells.NOT_A_DAY), (float("inf"), cells.NOT_A_DAY),
    ],
)  # fmt: skip
def test_what_is_no_day_is_said_so(raw, text):
    found = Day().read(raw)
    assert isinstance(found, Wrong) and found.text == text
    assert found.text % found.facts


@given(st.dates(date(1901, 1, 1), date(2099, 12, 31)))
def test_every_day_comes_back_from_every_form(day):
    forms = [day.isoformat(), f"{day.year}/{day.month}/{day.day}", f"{day.year}年{day.month}月{day.day}日"]
    forms += [f"{day:%Y%m%d}", (day - cells.EPOCH).days, day]
    assert {Day().read(form) for form in forms} == {day}


@pytest.mark.parametrize(
    ("raw", "number"), [("６０", 60), ("60 个", 60), (60.0, 60), ("1,200", 1200), ("60人", 60), (" 60　", 60)]
)
def test_a_number_is_read_with_its_unit_and_width(raw, number):
    assert Number().read(raw) == number


@pytest.mark.parametrize("raw", ["六十", "60-80", "6O", True, float("nan"), "1e400x", DAY])
def test_what_is_no_number_is_said_so(raw):
    assert Number().read(raw).text == cells.NOT_A_NUMBER


def test_numbers_have_their_range_and_places():
    assert Number(1, 500).read(501).text == cells.OUT_OF_RANGE
    assert Number().read(1.5).text == cells.NOT_WHOLE
    assert Number(places=1).read("160.54㎡") == Decimal("160.5")
    assert Number(places=1).read(160.5) == Decimal("160.5")


@pytest.mark.parametrize("raw", ["是", "√", "Y", "有", "１", 1.0, True, " 是 ", "true"])
def test_yes(raw):
    assert YesNo().read(raw) is True


@pytest.mark.parametrize("raw", ["否", "×", "n", "无", 0, False, "不是"])
def test_no(raw):
    assert YesNo().read(raw) is False


def test_neither_yes_nor_no():
    assert YesNo().read("大概").text == cells.NOT_YES_NO
    assert YesNo().read("") is None


def test_text_keeps_chinese_punctuation_and_loses_stray_blanks():
    assert Text().read("　示例（七宝）托育园\u200b １２弄 \n 3号 ") == "示例（七宝）托育园 12弄 3号"
    assert Text().read(1234.0) == "1234"
    assert Text(upper=True).read("ｍｈ 0012") == "MH0012"
    assert Text(4).read("示例示例示").text == cells.TOO_LONG
    assert Text().read(DAY).text == cells.A_DAY
    assert Text().read("#REF!").text == cells.A_FAULT
    assert Text().read("　") is None


def test_a_long_number_that_lost_its_end_is_not_taken():
    assert Text().read(310112199001010000.0).text == cells.DIGITS_LOST


def test_a_time_of_day():
    assert {Clock().read(raw) for raw in ("8:30", "08:30", "8点30分", "８：３０", time(8, 30), 8.5 / 24)} == {
        time(8, 30)
    }
    assert Clock().read("25:00").text == cells.NOT_A_TIME
    assert Clock().read(1.0).text == cells.NOT_A_TIME


STREETS = cells.streets(
    [(1, "七宝镇", "310112102"), (2, "古美街道", "310112006"), (3, "莘庄镇", "3"), (4, "莘庄工业区", "4")],
    "闵行区",
)


@pytest.mark.parametrize(
    ("raw", "pk"),
    [
        ("七宝镇", 1), ("七宝", 1), ("闵行区七宝镇", 1), ("上海市闵行区七宝镇", 1), ("闵行七宝", 1), (" 七宝　镇 ", 1),
        ("古美街道办事处", 2), ("古美", 2), ("七宝镇人民政府", 1), ("310112006", 2), ("莘庄镇", 3), ("莘庄工业区", 4),
    ],
)  # fmt: skip
def test_a_street_is_known_with_and_without_district_and_ending(raw, pk):
    assert STREETS.read(raw) == pk


def test_a_street_that_two_could_be_is_refused():
    found = STREETS.read("莘庄")
    assert found.text == cells.UNCLEAR and "莘庄工业区" in found.text % found.facts


def test_a_choice_proposes_what_there_is():
    kinds = choice([("nursery", "托育机构"), ("baby_house", "宝宝屋")], {"托育园": "nursery"})
    assert isinstance(kinds, Choice)
    assert kinds.read("托育园") == kinds.read("“托育机构”") == "nursery"
    found = kinds.read("飞船")
    assert found.text % found.facts == "没有“飞船”。可填：托育机构、宝宝屋"


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dates(), st.times()))
def test_no_cell_makes_a_parser_fail(raw):
    for parser in (Text(), Text(5, upper=True), Number(), Number(0, 5, 2), Day(), Clock(), YesNo(), STREETS):
        if raw is not None:
            parser.read(raw)


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("上海云杉托育服务有限公司", "云杉"),
        ("云杉托育园", "云杉"),
        ("云杉托育园（七宝店）", "云杉"),
        ("幼儿园", "幼儿园"),
    ],
)
def test_the_core_of_a_name(name, core):
    assert cells.core(name) == core


# ---- headings

NAMES = {headings.key(n): n for n in ("编号", "名称", "街镇", "托位核定", "在托", "地址")} | {
    "托位": "托位核定"
}


def test_headings_below_a_title():
    rows = [
        ["闵行区托育机构名册", "", ""],
        ["", "", ""],
        ["编号", " 名 称 ", "街镇（必填）"],
        ["MH1", "示例", "七宝"],
    ]
    found = headings.find(rows, NAMES)
    assert (found.last, found.columns) == (3, {"编号": 0, "名称": 1, "街镇": 2})


def test_merged_headings_over_two_rows():
    rows = [
        ["编号", "名称", "托位", "", "地址"],
        ["", "", "核定", "在托", ""],
        ["MH1", "示例", 60, 48, "示例路"],
    ]
    found = headings.find(rows, NAMES)
    assert found.last == 2
    assert found.columns == {"编号": 0, "名称": 1, "托位核定": 2, "在托": 3, "地址": 4}


def test_the_first_record_is_no_heading_even_if_it_says_a_heading():
    rows = [
        ["编号", "名称", "街镇", "什么"],
        ["MH1", "示例", "七宝", "地址"],
        ["MH2", "示例", "七宝", "在托"],
    ]
    assert headings.find(rows, NAMES).last == 1


def test_unknown_columns_are_named_and_doubled_ones_too():
    found = headings.find([["编号", "怪列", "名称", "名称"]], NAMES)
    assert found.unknown == [(1, "怪列")]
    assert found.twice == [("名称", 2, 3)]


def test_sums_and_footers_are_no_records():
    assert headings.no_record(["合计", "", "", 120], [1, 2])
    assert headings.no_record(["填表人：陈示例", "", ""], [1, 2])
    assert not headings.no_record(["合计路托育园", "七宝", "示例路"], [1, 2])


@given(st.integers(0, 20000))
def test_letters_of_columns_come_back(index):
    from portal.services.import_files import number_of

    assert number_of(headings.letter(index)) == index + 1


def test_an_address():
    assert headings.address(17, 2) == "C17"
    assert headings.letter(27) == "AB"


def test_a_stem_that_two_streets_share_is_asked_about():
    parser = cells.streets([(1, "莘庄镇", "a"), (2, "莘庄工业区", "b"), (3, "七宝镇", "c")], "闵行区")
    assert parser.read("莘庄镇") == 1 and parser.read("闵行区七宝") == 3
    said = parser.read("莘庄")
    assert (said.text, said.facts["choices"]) == (cells.UNCLEAR, "莘庄镇、莘庄工业区")


def test_a_column_that_counts_the_rows_is_not_worth_a_word():
    found = headings.find([["序号", "名称", "备用"], [1, "甲", "x"]], {headings.key("名称"): "name"})
    assert found.columns == {"name": 1} and found.unknown == [(2, "备用")]
