"""What people write into the cells of a spreadsheet, as plain values.

A parser answers a value, None for an empty cell, or `Wrong` with the sentence for the person. Reading is generous
with form (full-width digits, stray blanks, five ways to write a day, `闵行区七宝镇` or `七宝`) and strict with
content: nothing is guessed that could mean two things.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from portal.rules.machine import marked


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a cell: a sentence (a msgid) and the facts for its gaps."""

    text: str
    facts: dict = field(default_factory=dict)


NOT_FILLED = marked("没有填")
NOT_FILLED_CHOICES = marked("没有填。可填：%(choices)s")
TOO_LONG = marked("太长：%(length)d 个字，最多 %(most)d 个字")
NOT_A_NUMBER = marked("“%(given)s”不是一个数。只填数字，单位不写")
NOT_WHOLE = marked("“%(given)s”不是整数")
OUT_OF_RANGE = marked("填 %(low)s 到 %(high)s 之间的数")
NOT_A_DAY = marked("“%(given)s”不是日期。写成 2025-06-30")
NO_SUCH_DAY = marked("%(month)d 月没有 %(day)d 日。核对日期")
DAY_UNLIKELY = marked("“%(given)s”不像一个日期：年份在 1900 到 2100 之间")
NOT_YES_NO = marked("“%(given)s”看不懂。填“是”或“否”")
NOT_A_CHOICE = marked("没有“%(given)s”。可填：%(choices)s")
UNCLEAR = marked("“%(given)s”可能是%(choices)s。写全称")
NO_SUCH_STREET = marked("本区没有“%(given)s”。可填：%(choices)s")
DIGITS_LOST = marked("存成了数字，最后几位已经丢了。把这一列设成“文本”格式，再照证件填")
A_DAY = marked("这里是日期 %(given)s，应是文字。把这一列设成“文本”格式再填")
A_FAULT = marked("表里是出错的公式（%(given)s）。改成值")

#: Full-width digits and letters, and blanks of every kind, as people's input methods leave them.
_WIDTHS = {0xFF01 + n: 0x21 + n for n in range(94) if chr(0x21 + n).isalnum()}
_BLANKS = dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2007\u2009\u202f\u3000\t\r\n\v\f"), " ")
_NOTHING = dict.fromkeys(map(ord, "\0\u200b\u200c\u200d\u2060\ufeff"))
_TABLE = {**_WIDTHS, **_BLANKS, **_NOTHING}
_UNTIDY = re.compile("[\0\uff10-\uff5a\u00a0\u2002-\u200d\u202f\u2060\u3000\ufeff\t\r\n\v\f]|  ")
_FAULTS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})
SHOWN = 30


def tidy(text: str) -> str:
    """Half-width digits and letters, single blanks, none at the ends; Chinese punctuation stays as it is."""
    text = text.strip()
    if not _UNTIDY.search(text):
        return text
    return " ".join(text.translate(_TABLE).split())


def plain(text: str) -> str:
    """As tidy, without any blank and with all compatible forms replaced: for numbers, days and words of a list."""
    if text.isascii():
        return "".join(text.split())
    return "".join(unicodedata.normalize("NFKC", text.translate(_NOTHING)).split())


def shown(raw: Any) -> str:
    """A cell as the person sees it, cut short."""
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() and abs(raw) < 1e15 else repr(raw)
    if isinstance(raw, datetime):
        return raw.date().isoformat() if raw.time() == time() else raw.isoformat(" ", "minutes")
    if isinstance(raw, (date, time)):
        return raw.isoformat()
    text = str(raw).strip()
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def empty(raw: Any) -> bool:
    return raw is None or (isinstance(raw, str) and not tidy(raw))


def text_of(raw: Any) -> str | Wrong:
    """A cell's text; a whole number without its point, as Excel keeps codes that look like numbers."""
    if isinstance(raw, str):
        if raw in _FAULTS:
            return Wrong(A_FAULT, {"given": raw})
        return tidy(raw)
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, (int, float)):
        if abs(raw) >= 1e15:
            return Wrong(DIGITS_LOST)
        return shown(float(raw))
    return Wrong(A_DAY, {"given": shown(raw)})


@dataclass(frozen=True)
class Text:
    """Words. `upper`: capitals, and no blank inside (codes). `lines`: its breaks are kept, without empty lines."""

    most: int = 200
    upper: bool = False
    lines: bool = False
    sql: str = "text"

    def read(self, raw: Any):
        text = text_of(raw)
        if isinstance(text, Wrong):
            return text
        if self.lines and isinstance(raw, str):
            text = "\n".join(filter(None, map(tidy, raw.splitlines())))
        if self.upper:
            text = plain(text).upper()
        if len(text) > self.most:
            return Wrong(TOO_LONG, {"length": len(text), "most": self.most})
        return text or None


@dataclass(frozen=True)
class Checked:
    """A number with a rule of its own: `problem` (tidied) -> (key of `words`, facts), ('', {}) where it can be."""

    problem: Callable[[str], tuple[str, dict]]
    words: dict[str, str]
    sql: str = "text"

    def read(self, raw: Any):
        text = text_of(raw)
        if isinstance(text, Wrong):
            return text
        text = plain(text).upper()
        if not text:
            return None
        key, facts = self.problem(text)
        return Wrong(self.words[key], facts) if key else text


_UNITS = re.compile(r"(个|人|家|所|名|位|年|天|日|岁|元|课时|学时|小时|平方米|平米|㎡|m2|M2)$")  # content


@dataclass(frozen=True)
class Number:
    """A number; whole unless `places` says how many digits follow the point."""

    low: float | None = None
    high: float | None = None
    places: int = 0

    @property
    def sql(self) -> str:
        return "numeric" if self.places else "bigint"

    def read(self, raw: Any):
        if isinstance(raw, bool):
            return Wrong(NOT_A_NUMBER, {"given": shown(raw)})
        if isinstance(raw, (int, float)):
            number = Decimal(repr(raw)) if isinstance(raw, float) else Decimal(raw)
        elif isinstance(raw, str):
            text = plain(raw).replace(",", "").replace("，", "")
            if not text or text in ("-", "—", "/", "无"):  # content
                return None
            try:
                number = Decimal(_UNITS.sub("", text))
            except InvalidOperation:
                return Wrong(NOT_A_NUMBER, {"given": shown(raw)})
        else:
            return Wrong(NOT_A_NUMBER, {"given": shown(raw)})
        if not number.is_finite() or abs(number) >= 10**12:
            return Wrong(NOT_A_NUMBER, {"given": shown(raw)})
        if not self.places:
            if number != number.to_integral_value():
                return Wrong(NOT_WHOLE, {"given": shown(raw)})
            number = int(number)
        else:
            number = round(number, self.places)
        if (self.low is not None and number < self.low) or (self.high is not None and number > self.high):
            return Wrong(OUT_OF_RANGE, {"low": f"{self.low:g}", "high": f"{self.high:g}"})
        return number


#: Excel counts days from here; day 60 is a 29 February that never was, so nothing before March 1900 is taken.
EPOCH = date(1899, 12, 30)
SERIALS = (61, 73415)  # 1900-03-01 to 2100-12-31
_DAY = re.compile(
    r"(\d{4})(?:年|[-/.])(\d{1,2})(?:月|[-/.])(\d{1,2})日?(?:[T ]?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
)
_DIGITS = re.compile(r"\d{8}")


@dataclass(frozen=True)
class Day:
    """A day: 2025-06-30, 2025/6/30, 2025.6.30, 2025年6月30日, 20250630, or Excel's own dates and serial numbers."""

    sql: str = "date"

    def read(self, raw: Any):
        if isinstance(raw, datetime):
            return self.within(raw.date(), raw)
        if isinstance(raw, date):
            return self.within(raw, raw)
        if isinstance(raw, bool) or isinstance(raw, (time, timedelta)):
            return Wrong(NOT_A_DAY, {"given": shown(raw)})
        if isinstance(raw, (int, float)):
            return self.of_number(raw)
        text = plain(raw)
        if not text or text in ("-", "—", "/", "无"):  # content
            return None
        if _DIGITS.fullmatch(text):
            parts = text[:4], text[4:6], text[6:]
        elif found := _DAY.fullmatch(text):
            parts = found.groups()
        elif text.isdigit() and len(text) == 5:
            return self.of_number(int(text))
        else:
            return Wrong(NOT_A_DAY, {"given": shown(raw)})
        return self.of_parts(*map(int, parts), raw)

    def of_number(self, raw: float):
        if 19000101 <= raw <= 21001231 and float(raw).is_integer():
            text = str(int(raw))
            return self.of_parts(int(text[:4]), int(text[4:6]), int(text[6:]), raw)
        if SERIALS[0] <= raw < SERIALS[1] + 1:
            return EPOCH + timedelta(int(raw))
        return Wrong(NOT_A_DAY, {"given": shown(raw)})

    def of_parts(self, year: int, month: int, day: int, raw: Any):
        try:
            return self.within(date(year, month, day), raw)
        except ValueError:
            if 1 <= month <= 12 and 1 <= day <= 31:
                return Wrong(NO_SUCH_DAY, {"month": month, "day": day})
            return Wrong(NOT_A_DAY, {"given": shown(raw)})

    def within(self, day: date, raw: Any):
        if not 1900 <= day.year <= 2100:
            return Wrong(DAY_UNLIKELY, {"given": shown(raw)})
        return day


_CLOCK = re.compile(r"(\d{1,2})[:：点](\d{2})?分?(?::\d{2})?")  # content
NOT_A_TIME = marked("“%(given)s”不是时间。写成 08:30")


@dataclass(frozen=True)
class Clock:
    """A time of day: 8:30, 08:30, 8点30分, or Excel's own times (a part of a day)."""

    sql: str = "time"

    def read(self, raw: Any):
        if isinstance(raw, time):
            return raw
        if isinstance(raw, timedelta):
            raw = raw.total_seconds() / 86400
        if isinstance(raw, (int, float)) and not isinstance(raw, bool) and 0 <= raw < 1:
            minutes = round(raw * 1440)
            return (
                time(minutes // 60, minutes % 60)
                if minutes < 1440
                else Wrong(NOT_A_TIME, {"given": shown(raw)})
            )
        text = plain(raw) if isinstance(raw, str) else ""
        if isinstance(raw, str) and (not text or text in ("-", "—", "/", "无")):  # content
            return None
        found = _CLOCK.fullmatch(text)
        if not found or int(found[1]) > 23 or int(found[2] or 0) > 59:
            return Wrong(NOT_A_TIME, {"given": shown(raw)})
        return time(int(found[1]), int(found[2] or 0))


YES = frozenset("是 有 对 √ ✓ ✔ ☑ 1 Y YES TRUE T 已 已联网 已接入 已通过 合格 全职".split())  # content
NO = frozenset(
    "否 无 没有 不是 × ✗ ✘ X ☐ 0 N NO FALSE F 未 未联网 未接入 未通过 不合格 兼职".split()
)  # content


@dataclass(frozen=True)
class YesNo:
    """是 or 否, in the words and marks that people use."""

    sql: str = "boolean"

    def read(self, raw: Any):
        if isinstance(raw, bool):
            return raw
        text = text_of(raw)
        if isinstance(text, Wrong):
            return text
        text = plain(text).upper()
        if not text or text in ("-", "—", "/"):
            return None
        if text in YES:
            return True
        return False if text in NO else Wrong(NOT_YES_NO, {"given": shown(raw)})


@dataclass(frozen=True)
class Choice:
    """One of a list. `words`: what people write (see `key_of`) -> value; `labels`: what is proposed."""

    words: dict[str, Any]
    labels: tuple[str, ...]
    sentence: str = NOT_A_CHOICE
    sql: str = "text"
    #: words that could mean several, and which
    unclear: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def read(self, raw: Any):
        text = text_of(raw)
        if isinstance(text, Wrong):
            return text
        key = key_of(text)
        if not key or key in ("-", "—", "/"):
            return None
        value = self.words.get(key)
        if value is None and key in self.unclear:
            return Wrong(UNCLEAR, {"given": shown(raw), "choices": listed(self.unclear[key])})
        return (
            Wrong(self.sentence, {"given": shown(raw), "choices": listed(self.labels)})
            if value is None
            else value
        )


def key_of(text: str) -> str:
    """A word as lists are looked up by: no blanks, no quotes and brackets' kinds, small letters."""
    return plain(text).lower().strip("“”\"'《》〈〉【】[]")


def listed(labels: Iterable[str], most: int = 12) -> str:
    labels = list(labels)
    return "、".join(labels[:most]) + ("……" if len(labels) > most else "")  # content


def choice(pairs: Iterable[tuple[Any, str]], others: dict[str, Any] | None = None) -> Choice:
    """A Choice from (value, label) pairs, and other words for the same values."""
    pairs = list(pairs)
    words = {key_of(label): value for value, label in pairs}
    words |= {key_of(word): value for word, value in (others or {}).items()}
    return Choice(words, tuple(label for _value, label in pairs))


#: What a street's name may end in, longest first.
STREET_ENDINGS = (
    "街道办事处",
    "镇人民政府",
    "人民政府",
    "办事处",
    "街道",
    "镇",
    "乡",
    "工业区",
    "园区",
)  # content


def stem(name: str) -> str:
    """七宝镇 -> 七宝, 古美街道 -> 古美: what is left of a street's name without its ending."""
    for ending in STREET_ENDINGS:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name[: -len(ending)]
    return name


def streets(rows: Iterable[tuple[int, str, str]], district: str) -> Choice:
    """A Choice over a district's streets from (id, name, code): with or without the district before and the ending
    behind; of a stem that several streets share it says which."""
    rows = list(rows)
    words: dict[str, int] = {}
    befores = ("", district, district.removesuffix("区"), f"上海市{district}", f"上海{district}")  # content
    for pk, name, code in rows:
        words[key_of(code)] = pk
        for before in befores:
            words[key_of(before + name)] = pk
            if name.endswith("街道"):  # content
                words[key_of(f"{before}{name}办事处")] = pk  # content
            elif name.endswith("镇"):  # content
                words[key_of(f"{before}{name}人民政府")] = pk  # content
    whole = set(words)
    stems: dict[str, list[tuple[int, str]]] = {}
    for pk, name, _code in rows:
        stems.setdefault(stem(name), []).append((pk, name))
    unclear = {}
    for short, found in stems.items():
        for before in befores:
            key = key_of(before + short)
            if key in whole:
                continue
            if len(found) == 1:
                words[key] = found[0][0]
            else:
                unclear[key] = tuple(name for _pk, name in found)
    names = tuple(name for _pk, name, _code in rows)
    return Choice(words, names, NO_SUCH_STREET, "bigint", unclear)


#: Parts of a name that say what a place is, not which one.
GENERIC = re.compile(
    "[（(].*?[）)]|上海市?|有限(?:责任)?公司|托育服务|托育|幼儿园|幼儿|托班|托儿所|早教|教育科技|教育|儿童|婴幼儿|照护|宝宝屋|"
    "社区|中心|普惠性?|托育点|托管|[园所点店部](?=$|[（(])"  # content
)


def core(name: str) -> str:
    """The part of a facility's name that tells it from others: 上海云杉托育服务有限公司 -> 云杉."""
    bare = plain(name)
    return GENERIC.sub("", bare) or bare
