"""Charts as geometry: what they show is what was given, and nothing leaves the frame."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.charts import (
    WIDTH,
    Dot,
    Line,
    Rect,
    Text,
    bars_by_street,
    line_with_target,
    percent,
    stacked_share,
    ticks_for,
)
from portal.rules.official import squares
from portal.templatetags.official import light, svg

STREETS = [("江川路街道", 92), ("华漕镇", 61.5), ("莘庄镇", None), ("七宝镇", 85)]
values = st.one_of(st.none(), st.floats(0, 1e6).map(lambda value: round(value, 2)))
some_rows = st.lists(
    st.tuples(st.sampled_from(["莘庄镇", "七宝镇", "江川路街道", "3月"]), values), min_size=1, max_size=40
)


def bars(chart, role):
    return [mark for mark in chart.marks if isinstance(mark, Rect) and mark.role == role]


def test_bars_are_in_proportion_and_those_below_target_are_hatched():
    chart = bars_by_street(STREETS, name="完成率", target=85, unit="%")
    met, missed, unknown = bars(chart, "met"), bars(chart, "missed"), bars(chart, "unknown")
    assert [len(met), len(missed), len(unknown)] == [2, 1, 1]
    assert missed[0].width / met[0].width == pytest.approx(61.5 / 92)
    assert missed[0].fill != met[0].fill and missed[0].fill.startswith("url(")
    assert chart.sentence == (
        "完成率：江川路街道 92%，华漕镇 61.5%，莘庄镇没有数据，七宝镇 85%。低于目标 85%的有 1 个：华漕镇。"
    )


def test_the_target_stands_where_a_bar_of_that_value_ends():
    chart = bars_by_street(STREETS, name="完成率", target=85, unit="%")
    line = next(mark for mark in chart.marks if isinstance(mark, Line) and mark.role == "target")
    bar = next(bar for bar in bars(chart, "met") if bar.y == max(bar.y for bar in bars(chart, "met")))
    assert line.points[0][0] == pytest.approx(bar.x + bar.width)


def test_a_ceiling_is_missed_from_above():
    chart = bars_by_street([("甲", 5), ("乙", 2)], name="逾期", target=3, at_most=True)
    assert len(bars(chart, "missed")) == 1
    assert "高于 3的有 1 个：甲。" in chart.sentence


def test_an_unknown_month_leaves_a_gap_in_the_line():
    chart = line_with_target(
        [("1月", 60), ("2月", 62), ("3月", None), ("4月", 90), ("5月", 91)], name="覆盖率", target=85
    )
    runs = [mark for mark in chart.marks if isinstance(mark, Line) and mark.role == "series"]
    assert [len(run.points) for run in runs] == [2, 2]
    dots = [mark for mark in chart.marks if isinstance(mark, Dot)]
    assert [dot.hollow for dot in dots] == [True, True, False, False]
    assert chart.sentence.endswith("3月没有数据，4月 90，5月 91，目标 85。")


def test_shares_add_up_to_the_whole_bar():
    chart = stacked_share([("按期", 61), ("逾期", 12), ("未反馈", 0)], name="整改", unit="项")
    parts = bars(chart, "part")
    assert len(parts) == 2 and sum(part.width for part in parts) == pytest.approx(WIDTH - 1, abs=0.1)
    assert len({part.fill for part in parts}) == 2
    assert len(bars(chart, "key")) == 3
    assert chart.sentence == "整改：共 73项，其中按期 61项（83.6%），逾期 12项（16.4%），未反馈 0项（0%）。"


def test_a_share_of_nothing_says_so():
    chart = stacked_share([("按期", 0), ("逾期", 0)], name="整改")
    assert chart.sentence == "整改：没有数据。"
    assert bars(chart, "unknown") and not bars(chart, "part")


@pytest.mark.parametrize("make", [bars_by_street, line_with_target, stacked_share])
def test_no_rows_and_negative_values_are_refused(make):
    with pytest.raises(ValueError):
        make([], name="图")
    with pytest.raises(ValueError):
        make([("甲", -1)], name="图")


def test_more_parts_than_fills_are_refused():
    with pytest.raises(ValueError, match="6"):
        stacked_share([(str(n), n) for n in range(1, 8)], name="图")


@pytest.mark.parametrize("make", [bars_by_street, line_with_target])
@given(some_rows, st.one_of(st.none(), st.floats(0, 1e6).map(lambda value: round(value, 2))))
def test_nothing_leaves_the_frame(make, rows, target):
    chart = make(rows, name="图", target=target)
    for mark in chart.marks:
        if isinstance(mark, Rect):
            assert -0.01 <= mark.x and mark.x + mark.width <= chart.width + 0.01
            assert -0.01 <= mark.y and mark.y + mark.height <= chart.height + 0.01
        elif isinstance(mark, Line):
            assert all(-0.01 <= x <= chart.width and -0.01 <= y <= chart.height for x, y in mark.points)
        elif isinstance(mark, Text):
            assert 0 <= mark.y <= chart.height


@given(st.floats(0.01, 1e9))
def test_ticks_are_few_round_and_cover(top):
    ticks = ticks_for(top)
    assert ticks[0] == 0 and ticks[-1] >= top * 0.999999 and 2 <= len(ticks) <= 6


def test_percent():
    assert [percent(1, 3), percent(1, 2), percent(0, 5), percent(1, 0)] == ["33.3%", "50%", "0%", "—"]


def test_the_svg_escapes_its_words_and_says_its_sentence():
    text = svg(bars_by_street([("<script>", 1)], name="a & b"))
    assert "<script>" not in text and "&lt;script&gt;" in text
    assert "<title>a &amp; b：" in text and 'role="img"' in text


def test_two_charts_on_a_page_do_not_share_hatches():
    one = svg(bars_by_street([("甲", 1)], name="一", target=2))
    two = svg(bars_by_street([("甲", 1)], name="二", target=2))
    assert one.split('pattern id="')[1].split('"')[0] != two.split('pattern id="')[1].split('"')[0]


def test_a_light_is_shape_and_word():
    assert "未达到" in light("bad") and "<path" in light("bad")
    assert light("ok", "<b>").endswith("&lt;b&gt;</span>")
    with pytest.raises(KeyError):
        light("green")


def test_labels_have_room():
    chart = bars_by_street(STREETS, name="完成率")
    label = next(mark for mark in chart.marks if isinstance(mark, Text) and mark.text == "江川路街道")
    assert label.anchor == "end" and label.x >= squares(label.text) * 9.5


def test_forty_two_streets_fit_on_a_page():
    rows = [(f"街镇{n}", 100 - n) for n in range(42)]
    assert bars_by_street(rows, name="完成率", target=90, unit="%").height <= 580
    few = bars_by_street(rows[:14], name="完成率", target=90, unit="%")
    assert few.height / 14 > 15
