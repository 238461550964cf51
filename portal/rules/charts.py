"""Charts as pure geometry: what to draw and where, in points, for the documents' and the pages' SVG.

Each chart says its content in one sentence (`Chart.sentence`) for whoever does not see it, and tells its
series apart by shape, hatching and lightness as well as by colour, so that a grey print loses nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from portal.rules.official import plain_number, squares

WIDTH = 442.0  # the type area of an official document
SIZE = 9.5  # of the letters
ROW = 17.0
PAGE = 570.0  # what a figure may take of the type area's 638 pt, with its caption
DEEP, MIDDLE, PALE, INK, FAINT = "#0b5563", "#529aa4", "#d6e8ea", "#1a2325", "#7f8b8b"

#: How the parts of a whole are filled, in order: colour, hatching, and the ink of a number that stands on it.
FILLS = (
    (DEEP, "", "#ffffff"),
    ("#ffffff", "slant", INK),
    (MIDDLE, "", INK),
    (PALE, "dots", INK),
    ("#ffffff", "cross", INK),
    (PALE, "", INK),
)


@dataclass(frozen=True)
class Rect:
    x: float
    y: float
    width: float
    height: float
    fill: str = "none"
    stroke: str = "none"
    dash: str = ""
    role: str = ""


@dataclass(frozen=True)
class Line:
    points: tuple[tuple[float, float], ...]
    stroke: str = INK
    width: float = 0.6
    dash: str = ""
    role: str = ""


@dataclass(frozen=True)
class Text:
    x: float
    y: float
    text: str
    anchor: str = "start"
    fill: str = INK
    role: str = ""


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    hollow: bool = False
    role: str = ""


@dataclass(frozen=True)
class Chart:
    """`marks` in the order of drawing; x to the right and y down from the top left corner, in points."""

    width: float
    height: float
    sentence: str
    marks: tuple[Rect | Line | Text | Dot, ...]


@dataclass(frozen=True)
class Point:
    """One street, month or part; `value` None where nothing is known, which is not nought."""

    label: str
    value: float | None


def points(rows: Sequence) -> tuple[Point, ...]:
    """Points from points or from pairs (label, value)."""
    return tuple(row if isinstance(row, Point) else Point(str(row[0]), row[1]) for row in rows)


def bars_by_street(
    rows: Sequence, *, name: str, target: float | None = None, unit: str = "", at_most: bool = False
) -> Chart:
    """A bar for each row, in the order given; one that misses `target` is hatched, one without value empty.

    `target` is a floor, or a ceiling with `at_most`. Raises ValueError for no rows or a negative value.
    """
    rows = points(rows)
    _check(rows)
    left = max(squares(row.label) for row in rows) * SIZE + 8
    top = 18.0 if target is not None else 4.0
    right = WIDTH - 54
    known = [row.value for row in rows if row.value is not None]
    scale = (right - left) / (max([*known, target or 0]) or 1)
    marks: list[Rect | Line | Text | Dot] = []
    values: list[Text] = []
    row_height = min(ROW, (PAGE - top) / len(rows))  # forty streets still fit on one page
    bottom = top + row_height * len(rows)
    for index, row in enumerate(rows):
        y = round(top + row_height * index - (ROW - row_height) / 2, 2)
        marks.append(Text(left - 6, y + 11.8, row.label, "end"))
        if row.value is None:
            marks.append(Rect(left, y + 3.5, 36, 10, stroke=FAINT, dash="2 2", role="unknown"))
            marks.append(Text(left + 41, y + 11.8, "没有数据", fill=FAINT))
            continue
        missed = misses(row.value, target, at_most)
        width = row.value * scale
        role = "missed" if missed else "met"
        top_edge, height = y + 3 + (ROW - row_height) / 4, 11 - (ROW - row_height) / 2
        marks.append(Rect(left, top_edge, width, height, _fill(1) if missed else DEEP, DEEP, role=role))
        values.append(Text(left + width + 4, y + 11.8, f"{plain_number(row.value)}{unit}"))
    marks.append(Line(((left, top), (left, bottom)), INK, 0.6, role="axis"))
    if target is not None:
        x = left + target * scale
        marks.append(Line(((x, top - 4), (x, bottom)), INK, 1, "4 2", role="target"))
        for text in values:
            wide = squares(text.text) * SIZE
            if text.x - 3 < x < text.x + wide + 3:  # the line does not run through a number
                marks.append(Rect(text.x - 1.5, text.y - 8.8, wide + 3, 11, "#ffffff", role="paper"))
        word = "不高于" if at_most else "目标"
        marks.append(Text(min(x, WIDTH - 40), 10, f"{word} {plain_number(target)}{unit}", "middle"))
    return Chart(WIDTH, bottom + 3, _bars_sentence(rows, name, target, unit, at_most), (*marks, *values))


def line_with_target(
    rows: Sequence, *, name: str, target: float | None = None, unit: str = "", at_most: bool = False
) -> Chart:
    """A value from month to month (or year to year), and the target as a dashed line.

    A row without a value leaves a gap; a value that misses the target has a hollow dot.
    """
    rows = points(rows)
    _check(rows)
    known = [row.value for row in rows if row.value is not None]
    ticks = ticks_for(max([*known, target or 0]))
    left = max(squares(f"{plain_number(tick)}{unit}") for tick in ticks) * SIZE * 1.15 + 8
    right, top, bottom = WIDTH - 62, 16.0, 126.0
    step = (right - left) / max(len(rows) - 1, 1)

    def at(value: float) -> float:
        return round(bottom - (bottom - top) * value / ticks[-1], 2)

    marks: list[Rect | Line | Text | Dot] = []
    for tick in ticks:
        marks.append(
            Line(((left, at(tick)), (right, at(tick))), FAINT if tick else INK, 0.3 if tick else 0.6)
        )
        marks.append(Text(left - 5, at(tick) + 3.4, f"{plain_number(tick)}{unit}", "end"))
    if target is not None:
        marks.append(Line(((left, at(target)), (right, at(target))), INK, 1, "4 2", role="target"))
        word = "不高于" if at_most else "目标"
        marks.append(Text(right + 5, at(target) + 3.4, f"{word} {plain_number(target)}{unit}"))
    every = ceil(max(squares(row.label) for row in rows) * SIZE * 1.15 / step) if len(rows) > 1 else 1
    run: list[tuple[float, float]] = []
    runs = [run]
    for index, row in enumerate(rows):
        x = round(left + step * index, 2)
        if index % every == 0:
            marks.append(Text(x, bottom + 13, row.label, "middle"))
        if row.value is None:
            run = []
            runs.append(run)
            continue
        run.append((x, at(row.value)))
    marks += [Line(tuple(run), DEEP, 1.6, role="series") for run in runs if len(run) > 1]
    above = None
    for index, row in enumerate(rows):
        if row.value is None:
            continue
        x, y = round(left + step * index, 2), at(row.value)
        marks.append(Dot(x, y, hollow=misses(row.value, target, at_most), role="point"))
        if every == 1 or index == len(rows) - 1:
            near = target is not None and -4 < y - at(target) < 18
            above = y + 13 if near and y + 13 < bottom - 2 else y - 6
            number = plain_number(row.value)
            wide = squares(number) * SIZE
            side = x + wide / 2 + 2 if index == 0 else x  # the first stands clear of the scale
            marks.append(Rect(side - wide / 2 - 1, above - 8, wide + 2, 9.5, "#ffffff", role="paper"))
            marks.append(Text(side, above, number, "middle"))
    return Chart(WIDTH, bottom + 18, _line_sentence(rows, name, target, unit, at_most), tuple(marks))


def stacked_share(rows: Sequence, *, name: str, unit: str = "") -> Chart:
    """The parts of a whole as one bar, each with count and share; parts of nought are named, not drawn."""
    rows = points(rows)
    _check(rows)
    if len(rows) > len(FILLS):
        raise ValueError(f"a share chart has {len(FILLS)} parts at the most, not {len(rows)}")
    values = [row.value or 0 for row in rows]
    total = sum(values)
    marks: list[Rect | Line | Text | Dot] = []
    x = 0.5
    if not total:
        marks.append(Rect(0.5, 2, WIDTH - 1, 22, stroke=FAINT, dash="2 2", role="unknown"))
    for index, value in enumerate(values):
        width = (WIDTH - 1) * value / total if total else 0
        if width:
            marks.append(Rect(round(x, 2), 2, round(width, 2), 22, _fill(index), INK, role="part"))
            label = percent(value, total)
            if width > squares(label) * SIZE + 8:
                paper = FILLS[index][1] and squares(label) * SIZE + 5
                if paper:
                    marks.append(Rect(x + width / 2 - paper / 2, 6.5, paper, 13, "#ffffff", role="paper"))
                marks.append(Text(round(x + width / 2, 2), 16.5, label, "middle", FILLS[index][2]))
        x += width
    x, y = 0.0, 34.0
    for index, row in enumerate(rows):
        words = f"{row.label} {plain_number(row.value or 0)}{unit}"
        wide = 18 + squares(words) * SIZE + 16
        if x and x + wide > WIDTH + 12:
            x, y = 0.0, y + 16
        marks.append(Rect(x + 0.5, y, 12, 9, _fill(index), INK, role="key"))
        marks.append(Text(x + 17, y + 8.2, words))
        x += wide
    parts = "，".join(
        f"{row.label} {plain_number(row.value or 0)}{unit}（{percent(row.value or 0, total)}）"
        for row in rows
    )
    sentence = f"{name}：共 {plain_number(total)}{unit}，其中{parts}。" if total else f"{name}：没有数据。"
    return Chart(WIDTH, y + 14, sentence, tuple(marks))


def misses(value: float, target: float | None, at_most: bool = False) -> bool:
    return target is not None and (value > target if at_most else value < target)


def percent(part: float, whole: float) -> str:
    """`part` of `whole` with one decimal at the most; a dash for a whole of nought."""
    return f"{plain_number(round(part * 100 / whole, 1))}%" if whole else "—"


def ticks_for(top: float, count: int = 4) -> list[float]:
    """Round numbers from 0 to at least `top`, `count` steps or one more."""
    if top <= 0:
        return [0, 1]
    raw = top / count
    size = 10 ** floor(log10(raw))
    step = next(factor * size for factor in (1, 2, 2.5, 5, 10) if factor * size >= raw * 0.999)
    return [round(step * index, 10) for index in range(ceil(round(top / step, 6)) + 1)]


def _fill(index: int) -> str:
    colour, hatch, _ink = FILLS[index]
    return f"url(#{hatch})" if hatch else colour


def _check(rows: tuple[Point, ...]) -> None:
    if not rows:
        raise ValueError("a chart needs at least one row")
    for row in rows:
        if row.value is not None and row.value < 0:
            raise ValueError(f"a chart of counts and shares has no negative value: {row.label} {row.value}")


def _said(row: Point, unit: str) -> str:
    return f"{row.label} {plain_number(row.value)}{unit}" if row.value is not None else f"{row.label}没有数据"


def _bars_sentence(rows, name, target, unit, at_most) -> str:
    text = f"{name}：" + "，".join(_said(row, unit) for row in rows) + "。"
    if target is None:
        return text
    missed = [row.label for row in rows if row.value is not None and misses(row.value, target, at_most)]
    word = f"高于 {plain_number(target)}{unit}" if at_most else f"低于目标 {plain_number(target)}{unit}"
    return text + (f"{word}的有 {len(missed)} 个：{'、'.join(missed)}。" if missed else f"没有{word}的。")


def _line_sentence(rows, name, target, unit, at_most) -> str:
    text = f"{name}：" + "，".join(_said(row, unit) for row in rows)
    word = "不高于" if at_most else "目标"
    return text + (f"，{word} {plain_number(target)}{unit}。" if target is not None else "。")
