"""What stands in an official document, and how it is written: GB/T 9704-2012, on plain values.

Widths are counted in squares of the 28 × 22 grid: a Chinese character fills one, a figure or letter half.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations, pairwise
from math import ceil
from typing import ClassVar

FIGURES = "〇一二三四五六七八九"
TITLE_SQUARES = 19  # of 22 pt in 156 mm
ISSUER_POINTS = 424  # a little less than the 442 of the type area


class DocumentIncomplete(ValueError):
    """An official document lacks what its kind must have; the message says what, in Chinese."""


@dataclass(frozen=True)
class OfficialDocument:
    """The frame around a document's body.

    `issuers`: the lead unit first. `upward`: to a superior, with `signers`, the number at the left.
    `number`: as `document_number` writes it; a draft shows none. `attachments`: their titles.
    `copies_to`: 抄送. `marks`: 份号, 密级, 紧急程度, as far as there are any.
    `lines`: the title cut by hand, else `title_lines` does it.
    """

    title: str
    issuers: tuple[str, ...]
    addressee: str = ""
    number: str = ""
    signers: tuple[str, ...] = ()
    dated: date | None = None
    attachments: tuple[str, ...] = ()
    copies_to: tuple[str, ...] = ()
    printed_by: str = ""
    printed_on: date | None = None
    marks: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    upward: bool = False
    sealed: bool = False
    draft: bool = True
    suffix: str = "文件"
    keywords: tuple[str, ...] = ()
    draft_word: ClassVar[str] = "送审稿"

    def __post_init__(self) -> None:
        if not self.issuers or not all(self.issuers):
            raise DocumentIncomplete("公文没有写明发文机关")
        if not self.title.strip():
            raise DocumentIncomplete("公文没有标题")
        if self.draft:
            return
        if not self.number:
            raise DocumentIncomplete("正式印发的公文要有发文字号")
        if not self.dated:
            raise DocumentIncomplete("正式印发的公文要有成文日期")
        if self.upward and not self.signers:
            raise DocumentIncomplete("上行文要写明签发人")

    @property
    def title_in_lines(self) -> tuple[str, ...]:
        return self.lines or title_lines(self.title)

    @property
    def issuer_size(self) -> float:
        """Points: what fits the type area in one line, 50 at the most."""
        width = max(map(squares, self.issuers)) + squares(self.suffix)
        if len(self.issuers) > 1 and self.suffix:
            width += 0.4  # between the names and 文件
        return min(50.0, int(ISSUER_POINTS / width * 10) / 10)

    @property
    def date_is_longer(self) -> bool:
        """Longer than the unit's name: then the date stands two squares in, the unit further left."""
        return bool(self.dated) and squares(chinese_date(self.dated)) > squares(self.issuers[0])

    @property
    def shown_number(self) -> str:
        return "" if self.draft else self.number

    @property
    def copies_line(self) -> str:
        """抄送: superiors, equals, subordinates as given, one full stop at the end."""
        return "，".join(self.copies_to) + "。" if self.copies_to else ""


def squares(text: str) -> float:
    """Width of `text` in squares of the grid."""
    return sum(1 if unicodedata.east_asian_width(sign) in "WFA" else 0.5 for sign in text)


def document_number(series: str, year: int, number: int) -> str:
    """`document_number('闵教字', 2021, 93)` is 闵教字〔2021〕93号: no leading zeros, no 第."""
    if not series.strip():
        raise DocumentIncomplete("发文字号没有机关代字")
    if not 1949 <= year <= 9999 or number < 1:
        raise DocumentIncomplete(f"发文字号不对：{year} 年第 {number} 号")
    return f"{series.strip()}〔{year}〕{number}号"


def chinese_date(day: date) -> str:
    """2021年6月30日: Arabic figures, complete, no leading zeros."""
    return f"{day.year}年{day.month}月{day.day}日"


def chinese_numeral(number: int) -> str:
    """1 is 一, 12 is 十二, 20 is 二十, 105 is 一百〇五; 1 to 999."""
    if not 1 <= number <= 999:
        raise ValueError(f"numerals go from 1 to 999, not {number}")
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{FIGURES[hundreds]}百" if hundreds else ""
    if tens:
        text += "十" if tens == 1 and not hundreds else f"{FIGURES[tens]}十"
    elif hundreds and ones:
        text += "〇"
    return text + (FIGURES[ones] if ones else "")


def heading_number(number: int, level: int) -> str:
    """The number of a heading: level 1 一、 level 2 （一） level 3 1. level 4 （1）."""
    match level:
        case 1:
            return f"{chinese_numeral(number)}、"
        case 2:
            return f"（{chinese_numeral(number)}）"
        case 3:
            return f"{number}."
        case 4:
            return f"（{number}）"
    raise ValueError(f"headings have the levels 1 to 4, not {level}")


def plain_number(value: int | float | Decimal, places: int | None = None) -> str:
    """A number in running text: no separators up to four figures before the point, then none either.

    Official Chinese counts in 万 and 亿; `places` decimals where given, else as many as the value has.
    """
    amount = Decimal(str(value))
    text = f"{amount:.{places}f}" if places is not None else f"{amount.normalize():f}"
    return "0" if text in ("-0", "") else text


def money(yuan: int | float | Decimal) -> str:
    """620元, 5万元, 1.25亿元: the largest unit in which at most two decimals say it exactly, else yuan."""
    amount = Decimal(str(yuan))
    for unit, size in (("亿元", Decimal(10) ** 8), ("万元", Decimal(10) ** 4)):
        scaled = amount / size
        if abs(scaled) >= 1 and scaled == scaled.quantize(Decimal("0.01")):
            return f"{plain_number(scaled)}{unit}"
    return f"{plain_number(amount)}元"


BREAK_BEFORE = (
    "关于",
    "《",
    "（",
    "“",
    "贯彻",
    "落实",
    "实施",
    "印发",
    "开展",
    "加强",
    "推进",
    "督查",
    "情况",
    "工作",
)
BREAK_AFTER = (
    "的",
    "》",
    "）",
    "”",
    "、",
    "，",
    "和",
    "与",
    "及",
    "区",
    "市",
    "局",
    "月",
    "年",
    "部门",
    "单位",
    "工作",
)


def title_lines(title: str, limit: int = TITLE_SQUARES) -> tuple[str, ...]:
    """`title` cut between words into as few lines as fit, as even as can be.

    A line break in `title` is kept as the author's own. Without a place between words it is cut anywhere.
    """
    if "\n" in title:
        return tuple(part.strip() for part in title.splitlines() if part.strip())
    title = title.strip()
    count = ceil(squares(title) / limit)
    if count <= 1:
        return (title,)
    between = [
        place
        for place in range(2, len(title) - 1)
        if (title.startswith(BREAK_BEFORE, place) or title.endswith(BREAK_AFTER, 0, place))
        and title[place] not in "的》）”、，和与及"
        and title[place - 1] not in "《（“"
    ]
    for places in (between, range(1, len(title))):
        for lines in (count, count + 1):
            if cut := _most_even(title, places, lines, limit):
                return cut
    return (title,)


def _most_even(title: str, places, lines: int, limit: int) -> tuple[str, ...] | None:
    best, best_spread = None, None
    for chosen in combinations(places, lines - 1):
        edges = (0, *chosen, len(title))
        parts = tuple(title[a:b] for a, b in pairwise(edges))
        widths = [squares(part) for part in parts]
        spread = max(widths) - min(widths)
        if max(widths) <= limit and (best_spread is None or spread < best_spread):
            best, best_spread = parts, spread
    return best
