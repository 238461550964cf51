"""What of a complaint or a report of an incident can be, in plain values: codes, clocks, what must be said."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from portal.rules.machine import marked

#: No letters or digits that look alike; 31 of them, a prime, so that the check finds each slip and each swap.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTVWXYZ"
RANDOM = 12
#: What a complaint may be about.
SUBJECTS = {
    "care": marked("照护、体罚"),
    "safety": marked("安全"),
    "food": marked("饮食"),
    "health": marked("卫生、疾病"),
    "fees": marked("收费、退费"),
    "unregistered": marked("没有备案"),
    "staff": marked("人员资质"),
    "other": marked("其他"),
}
OUTCOMES = {
    "upheld": marked("属实"),
    "partly": marked("部分属实"),
    "not_upheld": marked("不属实"),
    "unclear": marked("无法核实"),
}
#: Of those outcomes something was true.
TRUE = ("upheld", "partly")
INCIDENTS = {
    "injury": marked("幼儿受伤"),
    "food": marked("饮食引起的不适"),
    "illness": marked("传染病、聚集发病"),
    "abuse": marked("疑似伤害幼儿"),
    "missing": marked("幼儿走失"),
    "fire": marked("火情"),
    "building": marked("建筑、设施事故"),
    "other": marked("其他"),
}
REPORTS = {"first": marked("首报"), "follow_up": marked("续报"), "final": marked("终报")}
TEXT, WHERE, PHOTOS = (10, 2000), 80, 4
OLDEST = timedelta(days=730)

PROBLEMS = {
    "subject": marked("从列表里选一个"),
    "text": marked("写清楚什么时候、发生了什么，10 到 2000 个字"),
    "where": marked("写机构的名称或地址，2 到 80 个字"),
    "future": marked("不能晚于今天"),
    "old": marked("两年以前的事，打电话说明"),
    "phone": marked("写 11 位手机号，或空着匿名"),
    "name": marked("最多 40 个字"),
    "photos": marked("最多 %(n)d 张照片"),
    "moment": marked("写什么时候发生、什么时候知道的，不能晚于现在"),
    "order": marked("知道的时间不能早于发生的时间"),
    "counts": marked("写 0 到 500 之间的人数"),
    "injured": marked("受伤的人数不能多于涉及的幼儿人数"),
    "parents": marked("写什么时候告诉了家长；还没有告诉的先告诉，再报"),
    "parents_before": marked("告诉家长的时间不能早于发生的时间，不能晚于现在"),
}


def check_character(code: str) -> str:
    return ALPHABET[sum(place * ALPHABET.index(c) for place, c in enumerate(code, 2)) % len(ALPHABET)]


def new_code() -> str:
    """A tracking number: 59 bits of chance and a character that checks them."""
    code = "".join(secrets.choice(ALPHABET) for _n in range(RANDOM))
    return code + check_character(code)


def in_groups(code: str) -> str:
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def tidy(text: str) -> str:
    """The tracking number that somebody typed; '' for one that cannot be."""
    code = "".join(c for c in text.upper() if c not in " -—_\u3000")
    if len(code) != RANDOM + 1 or any(c not in ALPHABET for c in code):
        return ""
    return code if check_character(code[:-1]) == code[-1] else ""


def mobile(phone: str) -> bool:
    return len(phone) == 11 and phone.isascii() and phone.isdigit() and phone.startswith("1")


def complaint_problems(
    *,
    subject: str,
    text: str,
    where: str,
    happened_on: date | None,
    phone: str,
    name: str,
    photos: int,
    on: date,
) -> Iterator[tuple[str, str, dict]]:
    """(field, key of PROBLEMS, facts) of what somebody says on the public page."""
    if subject not in SUBJECTS:
        yield "subject", "subject", {}
    if not TEXT[0] <= len(text) <= TEXT[1]:
        yield "text", "text", {}
    if not 2 <= len(where) <= WHERE:
        yield "where", "where", {}
    if happened_on is not None and happened_on > on:
        yield "happened_on", "future", {}
    elif happened_on is not None and happened_on < on - OLDEST:
        yield "happened_on", "old", {}
    if phone and not mobile(phone):
        yield "phone", "phone", {}
    if len(name) > 40:
        yield "name", "name", {}
    if photos > PHOTOS:
        yield "photos", "photos", {"n": PHOTOS}


def incident_problems(
    *,
    kind: str,
    happened_at: datetime,
    known_at: datetime,
    place: str,
    text: str,
    children: int,
    injured: int,
    parents_told_at: datetime | None,
    now: datetime,
) -> Iterator[tuple[str, str, dict]]:
    """The same of the first report of an incident. Parents are told at once, so before the report."""
    if kind not in INCIDENTS:
        yield "kind", "subject", {}
    if happened_at > now or happened_at < now - OLDEST:
        yield "happened_at", "moment", {}
    if known_at > now:
        yield "known_at", "moment", {}
    elif known_at < happened_at:
        yield "known_at", "order", {}
    if not 2 <= len(place) <= WHERE:
        yield "place", "where", {}
    if not TEXT[0] <= len(text) <= TEXT[1]:
        yield "text", "text", {}
    for field, number in (("children", children), ("injured", injured)):
        if not 0 <= number <= 500:
            yield field, "counts", {}
    if injured > children:
        yield "injured", "injured", {}
    if parents_told_at is None:
        if children:
            yield "parents_told_at", "parents", {}
    elif parents_told_at > now or parents_told_at < happened_at:
        yield "parents_told_at", "parents_before", {}
