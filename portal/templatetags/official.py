"""Tags of official documents: dates, numbers, headings in official style, status shapes and charts as SVG."""

from collections.abc import Sequence
from datetime import date
from html import escape
from zlib import crc32

from django import template
from django.utils.safestring import SafeString, mark_safe

from portal.rules import charts, official

register = template.Library()

register.filter("squares", official.squares)
register.filter("money", official.money)
register.filter("plain_number", official.plain_number)
register.filter("chinese_numeral", official.chinese_numeral)
register.simple_tag(official.document_number, name="doc_number")

#: The five shapes of status, 16 x 16; they differ in outline, so they hold in grey.
LIGHTS = {
    "ok": (
        "达到",
        '<circle cx="8" cy="8" r="7" fill="#1b7046"/><path d="M4.6 8.2l2.4 2.4 4.4-4.8" fill="none" '
        'stroke="#fff" stroke-width="1.8"/>',
    ),
    "warn": (
        "临期",
        '<path d="M8 1.2L15.4 14.6H.6z" fill="#c47b00"/><path d="M8 5.8v4.4M8 11.6v1.6" fill="none" '
        'stroke="#fff" stroke-width="1.7"/>',
    ),
    "bad": (
        "未达到",
        '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="#b3261e"/><path d="M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 '
        '5.6" fill="none" stroke="#fff" stroke-width="1.8"/>',
    ),
    "doing": (
        "进行中",
        '<circle cx="8" cy="8" r="6.2" fill="#fff" stroke="#285c9e" stroke-width="1.6"/>'
        '<path d="M8 1.8a6.2 6.2 0 0 1 0 12.4z" fill="#285c9e"/>',
    ),
    "none": (
        "没有数据",
        '<circle cx="8" cy="8" r="6.2" fill="none" stroke="#5a6567" stroke-width="1.6" '
        'stroke-dasharray="2.6 2.3"/>',
    ),
}

HATCHES = {
    "slant": ("5", '<path d="M-1 6L6 -1M4 11L11 4" stroke="#0b5563" stroke-width="1.1"/>'),
    "cross": ("5", '<path d="M-1 6L6 -1M-1 -1L6 6" stroke="#0b5563" stroke-width=".6"/>'),
    "dots": ("4", '<circle cx="2" cy="2" r=".8" fill="#0b5563"/>'),
}


@register.filter
def chinese_date(day: date | None) -> str:
    return official.chinese_date(day) if day else ""


@register.filter
def heading(number: int, level: int = 1) -> str:
    """{{ 2|heading:1 }} is 二、 and {{ 2|heading:2 }} is （二）."""
    return official.heading_number(int(number), int(level))


@register.filter
def one_line(text: str) -> str:
    """A title without its line breaks, for the PDF's metadata."""
    return "".join(str(text).split("\n"))


@register.filter
def share(part: float, whole: float) -> str:
    return charts.percent(part, whole)


@register.simple_tag
def light(state: str, word: str | None = None) -> SafeString:
    """A status as shape and word; `state` is one of ok, warn, bad, doing, none."""
    own, shape = LIGHTS[state]
    text = escape(own if word is None else str(word))
    head = '<svg viewBox="0 0 16 16" width="12" height="12" role="img">'
    svg = f"{head}<title>{escape(own)}</title>{shape}</svg>"
    return mark_safe(f'<span class="light {state}">{svg}{text}</span>')


@register.simple_tag
def bar_by_street(
    rows: Sequence, name: str, target: float | None = None, unit: str = "", at_most: bool = False
) -> SafeString:
    return svg(charts.bars_by_street(rows, name=name, target=target, unit=unit, at_most=at_most))


@register.simple_tag
def line_with_target(
    rows: Sequence, name: str, target: float | None = None, unit: str = "", at_most: bool = False
) -> SafeString:
    return svg(charts.line_with_target(rows, name=name, target=target, unit=unit, at_most=at_most))


@register.simple_tag
def stacked_share(rows: Sequence, name: str, unit: str = "") -> SafeString:
    return svg(charts.stacked_share(rows, name=name, unit=unit))


def svg(chart: charts.Chart) -> SafeString:
    """The chart as inline SVG with its sentence as title. Ids come from the sentence: a page may hold many."""
    number = crc32(chart.sentence.encode())
    used = {mark.fill[5:-1] for mark in chart.marks if getattr(mark, "fill", "").startswith("url(#")}
    defs = "".join(
        f'<pattern id="{name}-{number}" width="{size}" height="{size}" patternUnits="userSpaceOnUse">'
        f'<rect width="{size}" height="{size}" fill="#fff"/>{shape}</pattern>'
        for name, (size, shape) in HATCHES.items()
        if name in used
    )
    body = "".join(_draw(mark, number) for mark in chart.marks)
    return mark_safe(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" '
        f'viewBox="0 0 {chart.width:g} {chart.height:g}" width="{chart.width:g}pt" height="{chart.height:g}pt" '
        f'font-size="{charts.SIZE:g}" '
        f'font-family="Noto Sans SC" font-weight="500"><title>{escape(chart.sentence)}</title>'
        f"{f'<defs>{defs}</defs>' if defs else ''}{body}</svg>"
    )


def _draw(mark, number: int) -> str:
    role = f' class="{mark.role}"' if mark.role else ""
    match mark:
        case charts.Rect():
            fill = mark.fill.replace(")", f"-{number})") if mark.fill.startswith("url(#") else mark.fill
            stroke = f' stroke="{mark.stroke}" stroke-width=".5"' if mark.stroke != "none" else ""
            return (
                f'<rect{role} x="{mark.x:.2f}" y="{mark.y:.2f}" width="{mark.width:.2f}" '
                f'height="{mark.height:.2f}" fill="{fill}"{stroke}{_dash(mark)}/>'
            )
        case charts.Line():
            path = " ".join(f"{x:.2f},{y:.2f}" for x, y in mark.points)
            return (
                f'<polyline{role} points="{path}" fill="none" stroke="{mark.stroke}" '
                f'stroke-width="{mark.width:g}"{_dash(mark)}/>'
            )
        case charts.Dot():
            fill = "#fff" if mark.hollow else charts.DEEP
            return (
                f'<circle{role} cx="{mark.x:.2f}" cy="{mark.y:.2f}" r="2.6" fill="{fill}" '
                f'stroke="{charts.DEEP}" stroke-width="1.2"/>'
            )
        case charts.Text():
            return (
                f'<text{role} x="{mark.x:.2f}" y="{mark.y:.2f}" text-anchor="{mark.anchor}" '
                f'fill="{mark.fill}">{escape(mark.text)}</text>'
            )
    raise TypeError(f"cannot draw {mark!r}")


def _dash(mark) -> str:
    return f' stroke-dasharray="{mark.dash}"' if mark.dash else ""
