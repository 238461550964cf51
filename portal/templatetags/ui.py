"""The small parts of the interface: icons, states, words about dates and people, notices.

Each tag answers escaped HTML from one format string, because a list of a hundred rows calls them a thousand
times, and keeps what it said for the few states and days that come again in each row (`typed`, so that a text that
is to be escaped and the same text as safe HTML are two); whatever has more structure is a template in
templates/components. docs/design.md shows a call of each.
"""

import datetime
from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

register = template.Library()

KINDS = ("ok", "warn", "bad", "doing", "none")
SURNAMES = "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 夏侯 司徒"  # content
TWO_SYLLABLE_SURNAMES = tuple(SURNAMES.split())


@lru_cache(maxsize=1)
def sprite() -> str:
    """The address of the sprite; fixed for the life of the process."""
    return static("icons/sprite.svg")


def known(kind: str) -> str:
    if kind not in KINDS:
        raise template.TemplateSyntaxError(f"{kind!r} is none of {', '.join(KINDS)}")
    return kind


@lru_cache(maxsize=512)
def drawing(name: str, size: int = 16, css: str = "") -> str:
    """An <svg> that uses one symbol of the sprite; names come from templates, not from people."""
    css = f' class="{css}"' if css else ""
    return mark_safe(
        f'<svg{css} width="{size}" height="{size}" aria-hidden="true"><use href="{sprite()}#{name}"/></svg>'
    )


def attributes(pairs: dict) -> str:
    """`{"hx_get": "/x", "disabled": True, "title": None}` as ` hx-get="/x" disabled`."""
    parts = []
    for key, value in pairs.items():
        name = key.rstrip("_").replace("_", "-")
        if value is True:
            parts.append((name, None))
        elif value not in (None, False, ""):
            parts.append((name, value))
    return format_html_join(
        "", "{}", ((format_html(" {}", n) if v is None else format_html(' {}="{}"', n, v),) for n, v in parts)
    )


@register.simple_tag
def icon(name: str, size: int = 16, css: str = "i") -> str:
    """A Tabler icon of bin/icons; it stands beside a word, except close, more and back."""
    return drawing(name, size, css)


@register.simple_tag
def shape(kind: str, size: int = 16) -> str:
    """One of the five shapes without its word, for where the word stands beside it."""
    return format_html('<span class="shape {}">{}</span>', known(kind), drawing(f"s-{kind}", size))


@register.simple_tag
def status(kind: str, word, size: int = 14) -> str:
    """Shape + word without a fill: the form for tables and lists."""
    return _status(kind, word if isinstance(word, str) else str(word), size)


@lru_cache(maxsize=2048, typed=True)
def _status(kind: str, word: str, size: int) -> str:
    return format_html('<span class="st {}">{}{}</span>', known(kind), drawing(f"s-{kind}", size), word)


@register.simple_tag
def chip(kind: str, word) -> str:
    """The one filled state of a page's head."""
    return format_html('<span class="chip {}">{}{}</span>', known(kind), drawing(f"s-{kind}", 14), word)


@register.simple_tag
def tag(word, kind: str = "") -> str:
    """A property; kind is '', 'warm' (普惠), 'veto' (否决项) or 'hi' (高)."""
    return _tag(word if isinstance(word, str) else str(word), kind)


@lru_cache(maxsize=2048, typed=True)
def _tag(word: str, kind: str) -> str:
    return (
        format_html('<span class="tag {}">{}</span>', kind, word)
        if kind
        else format_html('<span class="tag">{}</span>', word)
    )


@register.simple_tag
def grade(letter: str) -> str:
    """The risk grade A to D in its box."""
    return format_html('<span class="grade {0}">{0}</span>', letter)


@register.simple_tag
def button(
    label, kind: str = "", icon: str = "", url: str = "", size: str = "", reason: str = "", busy=False, **rest
):
    """A button, or a link that looks like one when `url` is given.

    kind: '', 'pri', 'bad', 'quiet'; size: '', 'sm', 'lg'; `reason` switches it off and becomes its words;
    other names become attributes, `_` being `-` (type, name, value, form, hx_get, data_dialog …).
    """
    css = " ".join(part for part in ("btn", kind, size, rest.pop("css", "")) if part)
    size_px = 20 if size == "lg" else 16
    body = format_html(
        "{}{}{}",
        mark_safe('<span class="spin"></span>') if busy else "",
        drawing(icon, size_px) if icon else "",
        label,
    )
    if reason:
        return format_html(
            '<button class="{}" type="button" disabled{}>{}</button>', css, attributes(rest), reason
        )
    if url:
        return format_html('<a class="{}" href="{}"{}>{}</a>', css, url, attributes(rest), body)
    rest.setdefault("type", "submit")
    if busy:
        rest["aria_busy"] = "true"
    return format_html('<button class="{}"{}>{}</button>', css, attributes(rest), body)


@register.simple_tag
def icon_button(name: str, label: str, size: str = "", url: str = "", **rest) -> str:
    """The only button without a word: close, more, back; the word is its accessible name."""
    rest["aria_label"] = label
    return button(
        "",
        icon=name,
        size=size,
        url=url,
        css="ic " + rest.pop("css", ""),
        type=rest.pop("type", "button"),
        **rest,
    )


@register.simple_tag
def mono(text) -> str:
    """A code or number in the fixed font; never Chinese."""
    return format_html('<span class="mono">{}</span>', text)


@register.simple_tag(name="hash")
def fingerprint(value: str, length: int = 0) -> str:
    """A fingerprint: whole and breakable, or its first `length` characters with the rest on hover and copy."""
    value = str(value or "")
    if length and len(value) > length:
        return format_html('<span class="mono" title="{}">{}…</span>', value, value[:length])
    return format_html('<span class="mono brk">{}</span>', value)


def day_words(day: datetime.date, today: datetime.date | None = None) -> str:
    """`3月18日`; with the year only if it is another than today's."""
    today = today or timezone.localdate()
    return _day_words(day, day.year == today.year, get_language())


@lru_cache(maxsize=4096)
def _day_words(day: datetime.date, this_year: bool, language: str) -> str:
    # Translators: Django's date format; a day of this year
    here = _("n月j日")
    # Translators: Django's date format; a day of another year
    other = _("Y年n月j日")
    return date_format(day, here if this_year else other)


@register.filter
def in_words(day: datetime.date | datetime.datetime | str | None) -> str:
    """A day inside a sentence, as `zh_date` writes it: `3月18日`, with the year only if it is another than today's."""
    return day_words(as_day(day)) if day else ""


@register.filter
def month_word(number: int) -> str:
    """What a sentence calls a month: `11` before 月, `November` where the language has names."""
    return str(number) if (get_language() or "zh").startswith("zh") else str(MONTHS[number])


def as_day(moment) -> datetime.date:
    """The day of a moment, of a day, or of one written down in a letter (`2026-03-18`)."""
    if isinstance(moment, str):
        return datetime.date.fromisoformat(moment)
    if isinstance(moment, datetime.datetime):
        return timezone.localtime(moment).date() if timezone.is_aware(moment) else moment.date()
    return moment


@register.simple_tag
def zh_date(day, today=None, none: str = "—", year: bool = False) -> str:
    """A date in a <time>, `3月18日`, with the year if it is another, or if `year` asks for it: on a paper."""
    if not day:
        return none
    day, today = as_day(day), today or timezone.localdate()
    return _day_html(day, not year and day.year == today.year, get_language())


@lru_cache(maxsize=4096)
def _day_html(day: datetime.date, this_year: bool, language: str) -> str:
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), _day_words(day, this_year, language))


@register.simple_tag
def zh_time(moment, seconds: bool = False, today=None, none: str = "—") -> str:
    """An exact moment, `3月18日 10:42`, in local time."""
    if not moment:
        return none
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    clock = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    return format_html(
        '<time datetime="{}">{} {}</time>', local.isoformat(), day_words(local.date(), today), clock
    )


def left_words(left: int, calendar_days: int = 0) -> str:
    """What remains until a deadline, in working days; negative is overdue. `calendar_days`: those until the day,
    which tell 'today' from a weekend before or after it."""
    if left == 0 and calendar_days < 0:
        return _("已逾期，还不到 1 个工作日")
    if left < 0:
        return ngettext("逾期 %(n)d 个工作日", "逾期 %(n)d 个工作日", -left) % {"n": -left}
    if left == 0 and calendar_days == 0:
        return _("今天止")
    return ngettext("还剩 %(n)d 个工作日", "还剩 %(n)d 个工作日", left) % {"n": left}


def left_kind(left: int, soon: int = 3) -> str:
    return "bad" if left < 0 else "warn" if left <= soon else ""


@register.simple_tag
def deadline(day, left: int | None = None, soon: int = 3) -> str:
    """`4月1日 止` and, when the working days left are given, `还剩 10 个工作日`; late is red, near amber."""
    return _deadline(day, left, soon, timezone.localdate(), get_language())


@lru_cache(maxsize=4096, typed=True)
def _deadline(day, left: int | None, soon: int, today: datetime.date, language: str) -> str:
    words = format_html("{}", _("%(day)s 止") % {"day": day_words(as_day(day), today)})
    words = format_html('<time datetime="{}">{}</time>', as_day(day).isoformat(), words)
    if left is None:
        return words
    days = (as_day(day) - today).days if left == 0 else 0
    kind = "bad" if days < 0 else left_kind(left, soon)
    css = f"t-{kind} b nw" if kind else "mut nw"
    return format_html('{}　<span class="{}">{}</span>', words, css, left_words(left, days))


@register.simple_tag
def clause(doc, number="", url: str = "", bare: bool = False) -> str:
    """The source beside a judgement: `闵教字〔2021〕93号 三（四）1`; `bare` leaves the scales away."""
    text = format_html("{} {}", doc, number) if doc and number else conditional_escape(doc or number)
    sign = "" if bare else drawing("scale", 14, "i")
    if url:
        return format_html('<a class="clause" href="{}">{}{}</a>', url, sign, text)
    return format_html('<span class="clause">{}{}</span>', sign, text)


@register.filter
def masked(name: str) -> str:
    """`陈*`: the surname only."""
    name = str(name or "")
    if not name:
        return "—"
    return (name[:2] if name.startswith(TWO_SYLLABLE_SURNAMES) else name[:1]) + "*"


@register.simple_tag
def members(team) -> str:
    """Who is in a team, each kept on one line: `JC0207 区卫生监督所（指派）`, from (code, unit, how they came or '')."""
    return format_html_join(
        " ",
        '<span class="nw">{} <span class="mut">{}{}</span></span>',
        ((code, unit, f"（{how}）" if how else "") for code, unit, how in team),
    )


@register.simple_tag
def masked_name(name: str) -> str:
    return masked(name)


@register.filter
def masked_identity(number: str) -> str:
    """`310***********4821`: the first three and last four characters."""
    number = str(number or "")
    return number[:3] + "*" * (len(number) - 7) + number[-4:] if len(number) > 7 else "*" * len(number)


@register.filter
def thousands(number) -> str:
    """`9,117`; `—` where nothing is known."""
    return "—" if number is None else f"{number:,}"


@register.filter
def split_words(text: str) -> list[str]:
    """`"街镇,完成"` as a list, for heads of small tables."""
    return text.split(",")


@register.simple_tag
def page_lang() -> str:
    """The lang attribute: zh-Hans or en."""
    return "en" if (get_language() or "").startswith("en") else "zh-Hans"


@register.simple_tag(takes_context=True)
def page_theme(context) -> str:
    """` data-theme="auto" data-contrast="more"` from the context processor (the user's own choice)."""
    theme = context.get("theme")
    more = ' data-contrast="more"' if context.get("contrast") == "more" else ""
    return mark_safe(f' data-theme="{theme if theme in ("light", "dark") else "auto"}"{more}')


#: What the bar at the bottom of a phone shows beside 我的, by icon.
IN_BAR = ("home", "clipboard-check", "building-community")


def bar_place(item: dict) -> int:
    """Which lines of the navigation come first in the bar: home, what this person comes for, the usual ones."""
    icon = item.get("icon")
    if icon == IN_BAR[0]:
        return 0
    return 1 if item.get("first") else 2 if icon in IN_BAR else 3


@register.simple_tag(takes_context=True)
def nav_groups(context) -> list[dict]:
    """The context's `nav` with `current` (the line whose address, or another of its beginnings, is the longest that
    this page is under) and `in_bar` filled in."""
    groups = context.get("nav") or []
    path = context["request"].path if context.get("request") else ""
    items = [item for group in groups for item in group["items"]]
    under = [
        (len(beginning), item["url"])
        for item in items
        for beginning in (item["url"], *item.get("also", ()))
        if path.startswith(beginning)
    ]
    here = max(under)[1] if under else None
    bar = [item["url"] for item in sorted(items, key=bar_place)][:3]
    return [
        {
            **group,
            "items": [{**i, "current": i["url"] == here, "in_bar": i["url"] in bar} for i in group["items"]],
        }
        for group in groups
    ]


@register.simple_tag
def notice(kind: str, sentence, more="", url: str = "", label: str = "") -> str:
    """Tint + shape + one bold sentence + one link. kind: a state or 'info'."""
    sign = drawing("info-circle") if kind == "info" else shape(kind)
    css = "note" if kind in ("info", "none") else f"note {known(kind)}"
    link = format_html(' <a href="{}">{}</a>', url, label) if url else ""
    more = format_html("　{}", more) if more else ""
    return format_html('<div class="{}">{}<div><b>{}</b>{}{}</div></div>', css, sign, sentence, more, link)


@register.inclusion_tag("components/empty.html")
def empty(what, fact="", url: str = "", label: str = "") -> dict:
    """What is empty, one fact (when it last was not) or one action."""
    return {"what": what, "fact": fact, "url": url, "label": label}


@register.filter
def undo_url(message) -> str:
    """The address in a message's `extra_tags="undo=/…"`, or nothing."""
    for part in (message.extra_tags or "").split():
        if part.startswith("undo="):
            return part[5:]
    return ""


@register.simple_tag
def skeleton(rows: int = 3, widths: str = "120,52,24,60") -> str:
    """Rows of a table that is on its way; put it into its <tbody class="skeleton">."""
    cells = format_html_join(
        "", '<td><span class="sk" style="width:{}px"></span></td>', ((int(w),) for w in widths.split(","))
    )
    return format_html_join("", '<tr aria-hidden="true">{}</tr>', ((cells,) for _row in range(rows)))
