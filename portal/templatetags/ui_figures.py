"""Figures drawn by the server: the same number stands beside each as text, or in its table."""

import datetime
from functools import lru_cache

from django import template
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from portal import figures
from portal.templatetags.ui import as_day, day_words, drawing, known

register = template.Library()

PIP = {"ok": "", "bad": "x", "warn": "w", "none": "o", "doing": "d"}


@register.simple_tag
def pips(states) -> str:
    """One tick per rule, from a sequence of states; failures stand beside as shape + number."""
    return _pips(tuple(states), get_language())


@lru_cache(maxsize=4096)
def _pips(states: tuple[str, ...], language: str) -> str:
    count = {kind: states.count(kind) for kind in PIP}
    ticks = "".join(f'<i class="{PIP[s]}"></i>' if s != "ok" else "<i></i>" for s in states)
    says = _("%(n)d 条规则，%(ok)d 符合，%(bad)d 不符合，%(warn)d 临界，%(none)d 未查") % {
        "n": len(states),
        "ok": count["ok"],
        "bad": count["bad"],
        "warn": count["warn"],
        "none": count["none"],
    }
    bad = (
        format_html('<span class="st bad b s">{}{}</span>', drawing("s-bad", 13), count["bad"])
        if count["bad"]
        else ""
    )
    return format_html(
        '<span class="pips" role="img" aria-label="{}">{}</span>{}', says, mark_safe(ticks), bad
    )


@register.simple_tag
def bar(percent, mark=None, kind: str = "", css: str = "", ticks: str = "") -> str:
    """A bar of 0 to 100 per cent with a line where one should be today; the number stands beside it as text.

    kind: '', 'ok', 'warn', 'bad', 'heat'; css: 'tall'; ticks: places of thin cuts, as "8,33".
    """
    width = f"{figures.clamp(percent or 0):.4g}"
    line = format_html('<em style="left:{}%"></em>', f"{figures.clamp(mark):.4g}") if mark is not None else ""
    cuts = format_html_join(
        "", '<b style="left:{}%"></b>', ((f"{float(t):g}",) for t in ticks.split(",") if t)
    )
    return format_html(
        '<span class="{}" aria-hidden="true"><i style="width:{}%"></i>{}{}</span>',
        " ".join(part for part in ("bar", kind, css) if part),
        width,
        cuts,
        line,
    )


@register.simple_tag
def progress(done: int, total: int, sentence: str, kind: str = "") -> str:
    """Numbers first, then the bar: `12 张照片还剩 3 张`."""
    return format_html(
        '<span class="progress"><span role="status">{}</span>{}</span>',
        sentence,
        bar(figures.share(done, total), kind=kind),
    )


@register.simple_tag
def spread(five, top: int) -> str:
    """A spread (least, 10 %, median, 90 %, most) on a scale from 0 to `top`: thin the whole, thick the middle, a line
    the median. The five numbers stand beside it as text."""
    places = [f"{figures.share(value, top):.4g}" for value in five]
    widths = [f"{figures.share(five[b] - five[a], top):.4g}" for a, b in ((0, 4), (1, 3))]
    return format_html(
        '<span class="spread" aria-hidden="true"><i style="left:{}%;width:{}%"></i><b style="left:{}%;width:{}%"></b>'
        '<em style="left:{}%"></em></span>',
        places[0], widths[0], places[1], widths[1], places[2],
    )  # fmt: skip


@register.inclusion_tag("components/bars.html")
def bars(rows, mark=None, caption: str = "") -> dict:
    """Rows with a bar each: dictionaries with label, percent, text, more, and kind ('' or 'warn', 'bad')."""
    return {"rows": rows, "mark": mark, "caption": caption}


@register.simple_tag
def sparkline(
    values,
    limit=None,
    expected=(),
    kind: str = "brand",
    width: int = 124,
    height: int = 30,
    slots: int = 12,
    low: float = 0.0,
    high=None,
) -> str:
    """The year's line: value in the state's colour, dashed the expected path, solid the limit. See figures.sparkline."""
    drawn = figures.sparkline(
        values, limit=limit, expected=expected, slots=slots, width=width, height=height, low=low, high=high
    )
    parts = []
    if drawn["limit"] is not None:
        parts.append(f'<path class="k-limit" d="M2 {drawn["limit"]}H{drawn["right"]}"/>')
    if drawn["expected"]:
        parts.append(f'<polyline class="k-path" points="{drawn["expected"]}"/>')
    if drawn["end"]:
        x, y = drawn["end"]
        parts.append(f'<polyline class="k-line" points="{drawn["line"]}"/>')
        parts.append(f'<circle class="k-end" cx="{x}" cy="{y}" r="3"/>')
    return mark_safe(  # numbers only, beside the kind
        f'<svg class="fig {conditional_escape(kind)}" width="{width:d}" height="{height:d}"'
        f' viewBox="0 0 {width:d} {height:d}" aria-hidden="true">{"".join(parts)}</svg>'
    )


@register.simple_tag
def street_bars(values, limit=None, kinds=(), width: int = 150, height: int = 30) -> str:
    """A bar per street in the streets' order; kinds per street: '' reached, 'warn' behind pace, 'bad' breach."""
    drawn = figures.columns(list(values), limit=limit, width=width, height=height)
    shades = [known(kind) if kind else "h" for kind in kinds]
    rects = "".join(
        f'<rect class="{shades[i] if i < len(shades) else "h"}" x="{x}" y="{y}" width="{w}" height="{h}" rx="1"/>'
        for x, y, w, h, i in drawn["bars"]
    )
    line = "" if drawn["limit"] is None else f'<path class="k-limit" d="M0 {drawn["limit"]}H{width:d}"/>'
    return mark_safe(  # numbers and known words only
        f'<svg class="fig" width="{width:d}" height="{height:d}" viewBox="0 0 {width:d} {height:d}"'
        f' aria-hidden="true">{rects}{line}</svg>'
    )


@register.inclusion_tag("components/as_table.html")
def as_table(caption, heads, rows) -> dict:
    """看成表格: the figure's numbers as a table that opens in place. heads: words; rows: sequences, first is the head."""
    return {"caption": caption, "heads": heads, "rows": rows}


@register.inclusion_tag("components/tile_map.html")
def tile_map(
    tiles,
    caption: str,
    river=(),
    river_name: str = "",
    unit: str = "",
    legend: bool = True,
    table: bool = True,
):
    """Streets roughly as on the ground.

    tiles, in the order of the keyboard and of the table: dictionaries with col and row (from 1), name, number, of,
    shade (0-4, or left out: from number ÷ of), flag ('' or 'warn', 'bad'), flag_words, url. river: points in tiles.
    """
    drawn = []
    for tile in tiles:
        of = tile.get("of")
        level = tile.get("shade")
        if level is None:
            level = figures.shade(tile["number"] / of if of else None)
        drawn.append({**tile, "level": level})
    wide = max((t["col"] for t in drawn), default=1)
    high = max((t["row"] for t in drawn), default=1)
    words = (_("未开始"), _("不到一半"), _("过半"), _("四分之三以上"), _("完成"))
    return {
        "tiles": drawn,
        "columns": wide,
        "rows": high,
        "river": figures.river(river),
        "river_name": river_name,
        "unit": unit or _("家"),
        "caption": caption,
        "legend": list(enumerate(words)) if legend else [],
        "table": table,
        "end": river[-1] if river else None,
    }


@register.inclusion_tag("components/ribbon.html")
def ribbon(
    month: datetime.date, lanes, workdays=None, today=None, caption: str = "", state_head: str = ""
) -> dict:
    """All clocks of the month on one ruler of working days.

    lanes: dictionaries with label, state (kind, word), bars (start, end, done in per cent, text) and marks
    (day, text, kind: '', 'bad', 'open'). workdays: set of dates, None for Monday to Friday.
    """
    today = as_day(today) if today else None
    ruler = figures.month_ruler(month.replace(day=1), set(workdays) if workdays is not None else None, today)
    drawn = []
    for lane in lanes:
        spans = []
        for one in lane.get("bars", ()):
            left, width = figures.month_span(month.replace(day=1), one["start"], one["end"])
            if width:
                spans.append(
                    {
                        "left": left,
                        "width": width,
                        "done": f"{figures.clamp(one.get('done', 0)):.4g}",
                        "text": one["text"],
                    }
                )
        marks = []
        for one in lane.get("marks", ()):
            left, width = figures.month_span(month.replace(day=1), one["day"], one["day"])
            if width:
                says = f"{day_words(one['day'])} {one.get('text') or _('期限')}"
                place = left + width / 2
                flip = place + len(one.get("text", "")) * 1.5 > 98  # a character is 12 px of about 850
                marks.append({**one, "left": round(place, 3), "flip": flip, "says": says})
        also = _("、").join(one["text"] for one in marks if one.get("text"))
        drawn.append(
            {
                **lane,
                "spans": spans,
                "marks": marks,
                "also": also,
                "kind": lane["state"][0],
                "word": lane["state"][1],
            }
        )
    return {
        "month": month,
        "ruler": ruler,
        "lanes": drawn,
        "caption": caption,
        "state_head": state_head or _("本月状态"),
    }


@register.inclusion_tag("components/steps.html")
def steps(items, label: str = "") -> dict:
    """Where a thing stands: dictionaries with label, note, state (a kind) and current."""
    return {"items": items, "label": label, "n": len(items)}


@register.inclusion_tag("components/chain.html")
def chain(links, label: str = "") -> dict:
    """The year's links: dictionaries with dot (1-2 characters), label, note, code, url and state:
    'open', 'current', 'sealed' or 'void'."""
    links = list(links)
    shown = [link["state"] != "sealed" for link in links]
    last = max((i for i, s in enumerate(shown) if s), default=-1)
    return {
        "links": [{**link, "last": i == last} for i, link in enumerate(links)],
        "label": label,
        "n": len(links),
    }


def die(number: int) -> str:
    dots = "".join(f'<circle cx="{x}" cy="{y}" r="3.8"/>' for x, y in figures.face(number))
    says = ngettext("%(n)d 点", "%(n)d 点", number) % {"n": number}
    return format_html(
        '<svg class="die" viewBox="0 0 40 40" role="img" aria-label="{}">{}</svg>', says, mark_safe(dots)
    )


@register.simple_tag
def dice(numbers, css: str = "") -> str:
    """The thrown dice in their order, from "526133" or a sequence of 1 to 6. css: 'big', 'ten' (ten in a row)."""
    faces = [int(c) for c in numbers if not isinstance(c, str) or c.isdigit()]
    return format_html('<span class="dice {}">{}</span>', css, mark_safe("".join(die(n) for n in faces)))


@register.inclusion_tag("components/dice_entry.html")
def dice_entry(name: str = "entropy", count: int = 20, value: str = "") -> dict:
    """Entry of the witness: a field of `count` digits 1 to 6 with keys, faces and the number that is still missing."""
    keys = [{"number": n, "face": die(n)} for n in range(1, 7)]
    return {"name": name, "count": count, "value": value, "places": range(1, count + 1), "keys": keys}


@register.inclusion_tag("components/timeline.html")
def timeline(entries, label: str = "") -> dict:
    """Newest first: entries (objects or dictionaries) with day, state, fact, detail and url; years are the breaks."""
    rows, year = [], None
    for entry in entries:
        read = (
            entry.get
            if isinstance(entry, dict)
            else lambda name, default="", e=entry: getattr(e, name, default)
        )
        day = as_day(read("day"))
        rows.append(
            {
                "break_": day.year if day.year != year else None,
                "day": day,
                "state": known(read("state")),
                "when": date_format(day, _("n月j日")),
                "fact": read("fact"),
                "detail": read("detail", ""),
                "url": read("url", ""),
                "strong": read("state") == "bad",
            }
        )
        year = day.year
    return {"rows": rows, "label": label}


@register.simple_tag
def matrix_cell(percent, lead: bool = False, late: bool = False, url: str = "", label: str = "") -> str:
    """Number + shade; a frame says 牵头, a red corner late; `—` where nothing was reported."""
    text = "—" if percent is None else f"{percent:g}"
    css = f"c c{figures.heat(percent)}{' L' if lead else ''}{' late' if late else ''}"
    if url:
        return format_html('<a class="{}" href="{}" aria-label="{}">{}</a>', css, url, label, text)
    return format_html('<span class="{}"><span class="vh">{}</span>{}</span>', css, label, text)


@register.simple_tag
def offline(state: str, words="", more="", done=None, total=None) -> str:
    """The five states of the field's connection: off, sending, sent, stuck, conflict; words replace the usual ones."""
    usual = {
        "off": ("warn", "wifi-off", _("没有网络"), _("照常填写，内容都存在这台手机上")),
        "sending": ("doing", "cloud-upload", _("正在上传"), ""),
        "sent": ("none", "s-ok", _("都传好了。"), _("可以关掉页面")),
        "stuck": ("bad", "s-bad", _("有内容传不上去"), ""),
        "conflict": ("warn", "s-warn", _("别处改过，选保留哪一份"), ""),
    }
    kind, sign, sentence, tail = usual[state]
    colour = "ok" if state == "sent" else kind
    tail = more or tail
    meter = bar(figures.share(done, total)) if done is not None else ""
    return format_html(
        '<div class="offl {}" role="status"><span class="t-{}">{}</span><div><b>{}</b>{}{}</div></div>',
        kind,
        colour,
        drawing(sign, 18),
        words or sentence,
        format_html("<span>{}</span>", tail) if tail else "",
        meter,
    )
