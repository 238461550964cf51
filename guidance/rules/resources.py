"""What a resource for families may be, whom it fits by week of life, when it is sent.

Sources: 闵行 三（三）3 (公益性科学育儿资源), 附件 23 (面向托育机构和家庭的资源包); 浦东 二（二）4 (专业指导资源),
三（三）4 (隔代养育), 三（四）4 (托班活动).
The plans name education, medicine and psychology (教养医) and these two; they name no other theme.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from portal.rules.machine import marked

ARTICLE, FILM, LEAFLET, ACTIVITY, KIT = "article", "film", "leaflet", "activity", "kit"
KINDS = {
    ARTICLE: marked("文章"),
    FILM: marked("视频"),
    LEAFLET: marked("折页"),
    ACTIVITY: marked("托班活动方案"),
    KIT: marked("资源包"),
}
GRANDPARENTS = "grandparents"
THEMES = {
    "education": marked("教育"),
    "medical": marked("医学"),
    "psychology": marked("心理"),
    GRANDPARENTS: marked("隔代养育"),
    "reading": marked("睡前阅读"),
}
LANGUAGES = {"zh": "中文", "en": "English"}  # content
FAMILY, FACILITY, BOTH = "family", "facility", "both"
AUDIENCES = {FAMILY: marked("家庭"), FACILITY: marked("托育机构"), BOTH: marked("家庭和托育机构")}
#: Until the third birthday.
LAST_WEEK = 156
MOST_PARTS = 40
FIELDS = (
    "kind", "title", "theme", "audience", "language", "weeks_from", "weeks_until", "summary", "text", "link", "source",
    "rights", "own", "pushed", "parts",
)  # fmt: skip
PUBLIC_TEXTS = ("title", "summary", "text", "source", "rights")
LINK = re.compile(r"https://[^\s/<>\"']+\.[^\s<>\"']+")
REASON = (4, 200)

PROBLEMS = {
    "choice": marked("从列表里选一个"),
    "title": marked("写标题，2 到 60 个字"),
    "weeks": marked("填 0 到 156 之间的周数，前面的不大于后面的"),
    "summary": marked("写一两句说它讲什么，5 到 200 个字"),
    "text": marked("文章写正文，20 到 20000 个字"),
    "link": marked("写以 https:// 开头的网址"),
    "content": marked("视频写网址，或者上传一个文件"),
    "file": marked("折页、活动方案上传一个文件"),
    "source": marked("写是谁做的，2 到 80 个字"),
    "rights": marked("写凭什么可以公开用，2 到 200 个字：自己做的、作者许可、公开许可"),
    "parts": marked("资源包要放资源：每行一个编号，1 到 40 个，不重复"),
    "unknown": marked("没有编号 %(code)s 的资源，或者它也是资源包"),
    "reason": marked("写原因，4 到 200 个字"),
    "born": marked("填今天以前、三岁以内的日期"),
    "phone": marked("写 11 位手机号"),
    "consent": marked("看过以后勾选同意，才能订阅"),
    "early": marked("早于 2015 年。核对年份"),
    "future": marked("还没到这一天"),
    "user": marked("选一家机构或一个街镇"),
}
EARLIEST = date(2015, 1, 1)


def problems(values: dict, has_file: bool) -> list[tuple[str, str, dict]]:
    """What does not make sense: (field, key of PROBLEMS, facts). values: as in FIELDS; `has_file`: one is attached."""
    found: list[tuple[str, str, dict]] = []
    for field, known in (
        ("kind", KINDS), ("theme", THEMES), ("audience", AUDIENCES), ("language", LANGUAGES),
    ):  # fmt: skip
        if values[field] not in known:
            found.append((field, "choice", {}))
    for field, least, most in (("title", 2, 60), ("summary", 5, 200), ("source", 2, 80), ("rights", 2, 200)):
        if not least <= len(values[field]) <= most:
            found.append((field, field, {}))
    if not 0 <= values["weeks_from"] <= values["weeks_until"] <= LAST_WEEK:
        found.append(("weeks_until", "weeks", {}))
    kind, text, parts = values["kind"], values["text"], values["parts"]
    if len(text) > 20000 or (kind == ARTICLE and len(text) < 20):
        found.append(("text", "text", {}))
    if values["link"] and not (len(values["link"]) <= 300 and LINK.fullmatch(values["link"])):
        found.append(("link", "link", {}))
    if kind == FILM and not values["link"] and not has_file:
        found.append(("link", "content", {}))
    if kind in (LEAFLET, ACTIVITY) and not has_file:
        found.append(("upload", "file", {}))
    if (kind == KIT) != bool(parts) or len(parts) > MOST_PARTS or len(set(parts)) != len(parts):
        found.append(("parts", "parts", {}))
    return found


def week_of(day: date) -> date:
    """The Monday of a day's week: all that is kept of a birthday."""
    return day - timedelta(day.weekday())


def weeks_old(birth_week: date, today: date) -> int:
    return (today - birth_week).days // 7


def born_problem(day: date, today: date) -> str:
    """The key of PROBLEMS for a birthday that cannot be, or ''."""
    return "" if day <= today and weeks_old(week_of(day), today) <= LAST_WEEK else "born"


def grown(birth_week: date, today: date) -> bool:
    """The third birthday is over: nothing fits any more, and the phone is deleted."""
    return weeks_old(birth_week, today) > LAST_WEEK


def next_ones(age: int, offered: list[tuple[str, int, int]], had: set[str], room: int) -> list[str]:
    """Codes of what fits a child of `age` weeks and did not come yet; what fits no longer soonest goes first.

    offered: (code, weeks_from, weeks_until); `room`: how many the week still takes.
    """
    fits = [(until, code) for code, since, until in offered if since <= age <= until and code not in had]
    return [code for _until, code in sorted(fits)[: max(0, room)]]


def tidy_parts(text: str) -> list[str]:
    """Codes as they stand in a field, one a line or apart by commas."""
    return [one.upper() for one in re.split(r"[\s,，、;；]+", text) if one]
