"""What an event of guidance may be, and when families sign up for it.

Sources: 闵行 二（二）4 (a district event off line a year), 三（四）2 (健康家庭社区行), 附件 22; 浦东 二（二）4 (3 district
events), 三（四）2 (父母成长支持计划), 附件 20 (育儿加油站街镇专场, 亲子嘉年华).
"""

from __future__ import annotations

import re
import secrets
from datetime import date, datetime, timedelta

from portal.rules.machine import marked

FUEL, CARNIVAL, LECTURE, TOUR, GROWTH, OTHER = "fuel", "carnival", "lecture", "tour", "growth", "other"
KINDS = {
    FUEL: marked("育儿加油站"),
    CARNIVAL: marked("亲子嘉年华"),
    LECTURE: marked("讲座"),
    TOUR: marked("健康家庭社区行"),
    GROWTH: marked("父母成长支持计划"),
    OTHER: marked("其他活动"),
}
#: What a plan calls 科学育儿指导活动: all but what is of no kind that a plan names.
GUIDING = (FUEL, CARNIVAL, LECTURE, TOUR, GROWTH)
DISTRICT, STREET = "district", "street"
LEVELS = {DISTRICT: marked("区级"), STREET: marked("街镇")}
DOMAINS = {"education": marked("教育"), "medical": marked("医学"), "psychology": marked("心理")}
FIELDS = (
    "kind", "level", "street", "title", "domains", "online", "held_on", "starts_at", "ends_at", "place", "facility",
    "venue", "address", "months_from", "months_until", "capacity", "opens_at", "closes_at", "giver", "description",
    "course", "lecturer",
)  # fmt: skip
#: Who signed up is told when one of these changes.
TOLD_OF = ("held_on", "starts_at", "ends_at", "venue", "address", "online")
#: Texts that everybody reads.
PUBLIC_TEXTS = ("title", "venue", "address", "giver", "description")
EARLIEST, FURTHEST = date(2015, 1, 1), timedelta(days=2 * 366)
OLDEST, MOST, MOST_WALK_INS = 36, 2000, 5000
SCORES = range(1, 6)
WORDS = 500
REASON = (4, 200)

PROBLEMS = {
    "choice": marked("从列表里选一个"),
    "street": marked("街镇的活动要选街镇"),
    "no_street": marked("区级的活动不选街镇"),
    "title": marked("写名称，2 到 60 个字"),
    "domains": marked("从列表里选"),
    "early": marked("早于 2015 年。核对年份"),
    "far": marked("最多提前两年。核对年份"),
    "hours": marked("结束要晚于开始"),
    "venue": marked("线下的活动写在哪里，2 到 80 个字"),
    "address": marked("线下的活动写地址，2 到 200 个字"),
    "months": marked("填 0 到 36 之间的月龄，前面的不大于后面的"),
    "capacity": marked("填 1 到 2000 之间的家庭数"),
    "below": marked("已有 %(taken)d 户报名，名额不能少于这个数；要少办，先打电话和家庭商量，由家庭取消"),
    "opens": marked("报名截止要晚于报名开始"),
    "closes": marked("报名截止不能晚于活动开始"),
    "giver": marked("写谁来做，2 到 60 个字，写单位或职务"),
    "description": marked("写内容，5 到 1000 个字"),
    "reason": marked("写原因，4 到 200 个字，家长看得到"),
    "walk_ins": marked("填 0 到 5000 之间的户数"),
    "children": marked("现场来的家庭已记了 %(children)d 个孩子，户数不能更少。记错的先去掉"),
    "nobody": marked("没有一户到场，不能办结。没办成的，取消这场活动"),
    "phone": marked("写 11 位手机号"),
    "age": marked("填孩子的月龄，0 到 36"),
    "consent": marked("看过以后勾选同意，才能报名"),
    "score": marked("选 1 到 5 分"),
    "words": marked("最多 500 个字"),
    "agreed": marked("照片里的人都同意了，才能加"),
}

PHONE = re.compile(r"1[0-9]{10}")
#: Codes at the door, as somebody reads them out: without what looks alike.
SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE = 8


def problems(values: dict, today: date) -> list[tuple[str, str, dict]]:
    """What does not make sense: (field, key of PROBLEMS, facts). values: as in FIELDS."""
    found: list[tuple[str, str, dict]] = []
    for field, known in (("kind", KINDS), ("level", LEVELS)):
        if values[field] not in known:
            found.append((field, "choice", {}))
    if values["level"] == STREET and values["street"] is None:
        found.append(("street", "street", {}))
    if values["level"] == DISTRICT and values["street"] is not None:
        found.append(("street", "no_street", {}))
    if not 2 <= len(values["title"]) <= 60:
        found.append(("title", "title", {}))
    if set(values["domains"]) - DOMAINS.keys():
        found.append(("domains", "domains", {}))
    if values["held_on"] < EARLIEST:
        found.append(("held_on", "early", {}))
    elif values["held_on"] > today + FURTHEST:
        found.append(("held_on", "far", {}))
    if values["starts_at"] >= values["ends_at"]:
        found.append(("ends_at", "hours", {}))
    if not values["online"]:
        if not 2 <= len(values["venue"]) <= 80:
            found.append(("venue", "venue", {}))
        if not 2 <= len(values["address"]) <= 200:
            found.append(("address", "address", {}))
    if not 0 <= values["months_from"] <= values["months_until"] <= OLDEST:
        found.append(("months_until", "months", {}))
    if not 1 <= values["capacity"] <= MOST:
        found.append(("capacity", "capacity", {}))
    if values["opens_at"] >= values["closes_at"]:
        found.append(("closes_at", "opens", {}))
    if not 2 <= len(values["giver"]) <= 60:
        found.append(("giver", "giver", {}))
    if not 5 <= len(values["description"]) <= 1000:
        found.append(("description", "description", {}))
    return found


def too_late(closes_at: datetime, begins: datetime) -> list[tuple[str, str, dict]]:
    """Nobody can sign up for what has begun."""
    return [("closes_at", "closes", {})] if closes_at > begins else []


NOT_YET, OPEN, CLOSED = "not_yet", "open", "closed"


def signing(state: str, opens_at: datetime, closes_at: datetime, now: datetime) -> str:
    """Whether families can sign up: not yet, now, or no more. Both moments belong to the time of signing up."""
    if state != "announced" or now > closes_at:
        return CLOSED
    return NOT_YET if now < opens_at else OPEN


def place_of(taken: int, capacity: int) -> str:
    """The state of one more sign-up."""
    return "in" if taken < capacity else "waiting"


def fits(months: int, months_from: int, months_until: int) -> bool:
    """Whether a child is of the age that the event is for. Who does not is warned, and may come."""
    return months_from <= months <= months_until


def new_code() -> str:
    return "".join(secrets.choice(SIGNS) for _n in range(CODE))


def tidy_code(text: str) -> str:
    """A code as somebody types it, or the address that a QR holds; '' for what cannot be one."""
    text = text.strip()
    if "code=" in text:
        text = text.rpartition("code=")[2].partition("&")[0]
    code = "".join(text.split()).replace("-", "").upper()
    return code if len(code) == CODE and not set(code) - set(SIGNS) else ""


def tidy_phone(text: str) -> str:
    """Eleven figures, or '' for what is no mobile number."""
    phone = "".join(text.split()).replace("-", "").removeprefix("+86")
    return phone if PHONE.fullmatch(phone) and phone.isascii() else ""
