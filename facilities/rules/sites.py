"""宝宝屋: names, rooms, hours, sessions, the street's quota, the yearly account.

Sources: 金教〔2023〕29号 二1 (15 % of the resident children of 1 to 3), 三 (name, 3 m² a child, classes of 20, one to
five, by the hour, neither full day nor meals), 四3 (not for profit), 六1 (fees for running costs only). The numbers
are parameters of the district.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from math import ceil

from portal.rules.machine import marked

WORD = "宝宝屋"  # content
COMMUNITY = "社区"  # content
QUOTES = str.maketrans("", "", "“”‘’\"'「」『』")
#: What people put around the name of a community, and what is no community.
EXTRAS = re.compile(r"(婴幼儿|托育|托幼|照护|服务|早教|亲子|中心|乐园|之家|园|点|站)+$")  # content
ENDINGS = ("新村街道", "街道", "新镇", "镇")  # content

LONGEST_PLAN = timedelta(days=92)
SHORTEST_MINUTES = 30

INCOME_ITEMS = {
    "fee": marked("家庭缴费"),
    "grant": marked("政府投入"),
    "gift": marked("捐赠"),
    "other_in": marked("其他收入"),
}
COST_ITEMS = {
    "staff": marked("人员"),
    "rent": marked("场地"),
    "equipment": marked("设施设备"),
    "insurance": marked("保险"),
    "training": marked("培训"),
    "running": marked("水电杂项"),
    "other_out": marked("其他支出"),
}
LARGEST_AMOUNT = Decimal(10_000_000)

PROBLEMS = {
    "name": marked("按命名规则应为“某某街道”或“某某社区”加“宝宝屋”，改成：%(right)s"),
    "modes": marked("至少选一种照护方式"),
    "room_name": marked("写名称，1 到 40 个字"),
    "area": marked("填 3 到 2000 之间的数"),
    "places": marked("填 1 到 %(most)d 之间的数"),
    "room_area": marked("%(area)s 平方米最多 %(most)d 人，人均不少于 %(each)s 平方米"),
    "room_class": marked("每班不超过 %(most)d 人"),
    "room_total": marked("各室合计 %(total)d 人，超过托位 %(places)d"),
    "hours_order": marked("结束要晚于开始"),
    "hours_overlap": marked("和 %(other)s 重叠"),
    "hours_early": marked("在 06:00 到 21:00 之间"),
    "short": marked("至少 30 分钟"),
    "full_day": marked("%(hours)s 小时算全日照护，宝宝屋按小时照护，要短于 %(most)s 小时"),
    "closed_then": marked("%(day)s 那个时段不开放"),
    "mode": marked("这里没有这种照护方式"),
    "session_places": marked("这一室同时最多 %(most)d 人"),
    "session_staff": marked("%(places)d 名幼儿要 %(needed)d 名从业人员（1：%(each)d）"),
    "session_overlap": marked("和 %(other)s 那一场重叠"),
    "past": marked("已经过去了"),
    "far": marked("最远排到 %(day)s"),
    "dates": marked("结束日期不能早于开始日期"),
    "reason": marked("写原因，2 到 200 个字"),
    "duty": marked("写 2 到 80 个字"),
    "amount": marked("填 0.01 到 10000000 之间的数"),
    "future": marked("还没到这一天"),
    "early": marked("早于开办日期 %(day)s"),
    "note": marked("写摘要，2 到 120 个字"),
    "choice": marked("从列表里选一个"),
}


# --- Names


def bare_name(name: str) -> str:
    return "".join(name.split()).translate(QUOTES)


def name_is_right(name: str, street: str) -> bool:
    """某某街道“宝宝屋” by the street's own name, or 某某社区“宝宝屋”; the quotation marks may be left out."""
    text = bare_name(name)
    if not text.endswith(WORD):
        return False
    base = text.removesuffix(WORD)
    return base == street or (base.endswith(COMMUNITY) and len(base) > len(COMMUNITY) + 1)


def written(base: str) -> str:
    return f"{base}“{WORD}”"


def right_name(name: str, street: str, taken: set[str] = frozenset()) -> str:
    """The name by the convention that comes nearest: the community in `name`, else the street's own.

    taken: names of the other sites of the street, in any writing; where the street's own is among them and `name`
    tells no community, the answer has 某某社区 in its place.
    """
    text = bare_name(name).replace(WORD, "")
    short = next((street.removesuffix(e) for e in ENDINGS if street.endswith(e)), street)
    if COMMUNITY in text:
        rest = text[: text.index(COMMUNITY)]
    else:
        rest = text
    for prefix in (street, short):
        rest = rest.removeprefix(prefix)
    rest = EXTRAS.sub("", rest)
    used = {bare_name(one) for one in taken}
    if rest in ("", "街道", "镇"):  # content
        own = bare_name(written(street))
        return written(street) if own not in used else written(f"{street}某某{COMMUNITY}")  # content
    return written(f"{street}{rest}{COMMUNITY}")


# --- Rooms, hours, sessions


def most_in_room(area: Decimal, each: Decimal, class_size: int) -> int:
    """Children who may be in a room at once: by its area and by the size of a class."""
    return min(int(area // each), class_size)


def room_problem(
    *, area: Decimal, places: int, each: Decimal, class_size: int, others: int, allowed: int
) -> tuple[str, dict]:
    """others: places of the other rooms; allowed: the site's places."""
    by_area = int(area // each)
    if places > by_area:
        return "room_area", {
            "area": f"{area.normalize():f}",
            "most": by_area,
            "each": f"{each.normalize():f}",
        }
    if places > class_size:
        return "room_class", {"most": class_size}
    if others + places > allowed:
        return "room_total", {"total": others + places, "places": allowed}
    return "", {}


def minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def clock(at: time) -> str:
    return f"{at:%H:%M}"


def span_words(span: tuple[time, time]) -> str:
    return f"{clock(span[0])}—{clock(span[1])}"


def overlapping(span: tuple[time, time], others: list[tuple[time, time]]) -> tuple[time, time] | None:
    """The first of `others` that shares a moment with `span`; what ends when the other begins does not."""
    return next((one for one in others if one[0] < span[1] and span[0] < one[1]), None)


def hours_problem(span: tuple[time, time], others: list[tuple[time, time]]) -> tuple[str, dict]:
    opens, closes = span
    if closes <= opens:
        return "hours_order", {}
    if opens < time(6) or closes > time(21):
        return "hours_early", {}
    if other := overlapping(span, others):
        return "hours_overlap", {"other": span_words(other)}
    return "", {}


def within(span: tuple[time, time], open_hours: list[tuple[time, time]]) -> bool:
    """Whether the site is open all through the span; spans that touch count as one."""
    start = span[0]
    for opens, closes in sorted(open_hours):
        if opens <= start < closes:
            start = closes
        if start >= span[1]:
            return True
    return False


def session_problem(
    *,
    span: tuple[time, time],
    open_hours: list[tuple[time, time]],
    others: list[tuple[time, time]],
    mode: str,
    modes: list[str],
    places: int,
    room_places: int,
    staff: int,
    children_per_staff: int,
    full_day_hours: Decimal,
    day: str,
) -> tuple[str, str, dict]:
    """(field, key of PROBLEMS, facts) of a session of one room, or ('', '', {})."""
    length = minutes(span[1]) - minutes(span[0])
    if length <= 0:
        return "ends_at", "hours_order", {}
    if length < SHORTEST_MINUTES:
        return "ends_at", "short", {}
    if length >= full_day_hours * 60:
        most = full_day_hours.normalize()
        return "ends_at", "full_day", {"hours": f"{length / 60:g}", "most": f"{most:f}"}
    if not within(span, open_hours):
        return "starts_at", "closed_then", {"day": day}
    if mode not in modes:
        return "mode", "mode", {}
    if not 1 <= places <= room_places:
        return "places", "session_places", {"most": room_places}
    needed = ceil(places / children_per_staff)
    if staff < needed:
        return "staff", "session_staff", {"places": places, "needed": needed, "each": children_per_staff}
    if other := overlapping(span, others):
        return "starts_at", "session_overlap", {"other": span_words(other)}
    return "", "", {}


def days_between(first: date, last: date, weekdays: set[int]) -> list[date]:
    """The days from `first` to `last` that are one of the weekdays (1 Monday … 7 Sunday)."""
    return [
        day for n in range((last - first).days + 1) if (day := first + timedelta(n)).isoweekday() in weekdays
    ]


# --- The street's quota


@dataclass(frozen=True)
class Quota:
    """Places of a street's sites against the share of its resident children of 1 to 3."""

    places: int
    residents: int | None
    percent: Decimal | None  # the share asked for; None where the district asks for none

    @property
    def needed(self) -> int | None:
        """Places asked for, rounded up."""
        if self.residents is None or self.percent is None:
            return None
        return ceil(self.residents * self.percent / 100)

    @property
    def share(self) -> Decimal | None:
        """Places as per cent of the residents, None where nobody lives or nothing is known."""
        if not self.residents:
            return None
        return Decimal(100 * self.places) / self.residents

    @property
    def missing(self) -> int | None:
        return None if self.needed is None else max(0, self.needed - self.places)

    @property
    def state(self) -> str:
        """One of the five shapes; without residents nothing is known, and unknown is never met."""
        if self.needed is None:
            return "none"
        if self.places >= self.needed:
            return "ok"
        return "warn" if self.places else "bad"


# --- The account


@dataclass(frozen=True)
class Year:
    """A site's account of a year in CNY."""

    year: int
    fees: Decimal
    other_income: Decimal
    costs: Decimal

    @property
    def balance(self) -> Decimal:
        return self.fees + self.other_income - self.costs

    @property
    def cover(self) -> Decimal | None:
        """Per cent of the costs that fees bear."""
        return 100 * self.fees / self.costs if self.costs else None

    @property
    def warning(self) -> str:
        """'profit' when families paid more than the running costs, 'surplus' when money is left over in all."""
        if self.fees > self.costs:
            return "profit"
        return "surplus" if self.balance > 0 else ""


WARNINGS = {
    "profit": marked("家庭缴费比运营支出多 %(amount)s 元：宝宝屋按非营利原则运营，收费只能用于运营"),
    "surplus": marked("今年结余 %(amount)s 元，要用于宝宝屋运营，不能分配"),
}


def yearly(entries: list[tuple[date, str, Decimal]]) -> list[Year]:
    """Accounts by year, the newest first, from (day, item, amount)."""
    sums: dict[int, list[Decimal]] = {}
    for on, item, amount in entries:
        place = 0 if item == "fee" else 1 if item in INCOME_ITEMS else 2
        sums.setdefault(on.year, [Decimal(0)] * 3)[place] += amount
    return [Year(year, *sums[year]) for year in sorted(sums, reverse=True)]
