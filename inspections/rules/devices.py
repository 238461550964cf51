"""Rules of cameras and alarm buttons on plain values: what a report may say, what is a fault."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from portal.rules.machine import marked

#: What can be wrong with a device.
FAULTS = {
    "silent": marked("没有上报"),
    "off": marked("没有工作"),
    "short": marked("录像天数不够"),
}
#: Reports of one message: a platform sends a district's devices in some of them.
MOST = 1000
KEPT_DAYS = (0, 3650)
#: A platform's clock may go wrong by so much; what is later is refused, or it would hide every report after it.
AHEAD = timedelta(minutes=5)
code_of = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}").fullmatch


def late_report(at: datetime, now: datetime) -> bool:
    """Whether a report's moment lies in the future."""
    return at > now + AHEAD


def faults(
    kind: str,
    working: bool,
    kept_days: int | None,
    required_days: int,
    heard_at: datetime,
    silent_from: datetime,
) -> set[str]:
    """What is wrong with a device. Of a silent one nothing else is known: the last report is too old to count.

    required_days: of recordings (沪教委规 and 金教〔2023〕29号 三: parameters video.days.*). silent_from: before that
    moment a report is too old.
    """
    if heard_at < silent_from:
        return {"silent"}
    found = set()
    if not working:
        found.add("off")
    if kind == "camera" and kept_days is not None and kept_days < required_days:
        found.add("short")
    return found


def place_ok(place: str) -> bool:
    return bool(place.strip()) and len(place) <= 60 and place.isprintable()


def days_ok(installed_on: date, retired_on: date | None) -> bool:
    return date(2000, 1, 1) <= installed_on and (
        retired_on is None or installed_on <= retired_on < date(2100, 1, 1)
    )
