"""The watch list's draw, protocol `shuangsuiji-watch-1`, as pure functions on plain values; docs/watch.md in prose.

Each week n slots of ten minutes are drawn from the days of that week and from the cameras that recorded, by
`ticket("watch", camera, slot)` (draw.md): all tickets in order, the n smallest are the list. The seed is made as in
protocol `shuangsuiji-1`, with the week's link of a chain of its own (53 links and the anchor) and an entropy that is
always chained: the SHA-256 of the evidence before, for the first of the anchor's hex text.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from inspections.rules.draw import tickets
from inspections.rules.frozen import canonical
from portal.rules.machine import marked

PROTOCOL = "shuangsuiji-watch-1"
WEEKS = 53
MINUTES = 10
#: More than one person can look at in a week.
MOST = 500
OUTCOMES = {
    "ok": marked("没有发现问题"),
    "finding": marked("发现问题"),
    "gone": marked("没有录像"),
}


def make_chain(secret: bytes) -> list[bytes]:
    """The 54 links of a year, by index: link[53] is the secret (32 random bytes), link[0] the anchor."""
    chain = [secret]
    for _ in range(WEEKS):
        chain.append(hashlib.sha256(chain[-1]).digest())
    return chain[::-1]


def slots_of(days: list[str], first_hour: int, last_hour: int) -> list[str]:
    """The starts of all slots of the days, as `2026-03-02T09:10`, from the first hour up to the last, not included."""
    return [
        f"{day}T{hour:02d}:{minute:02d}"
        for day in days
        for hour in range(first_hour, last_hour)
        for minute in range(0, 60, MINUTES)
    ]


def days_of(year: int, week: int) -> list[date]:
    """The seven days of an ISO week. ValueError where the year has no such week."""
    first = date.fromisocalendar(year, week, 1)
    return [first + timedelta(n) for n in range(7)]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def entropy(anchor: str, previous: str) -> str:
    """previous: SHA-256 hex of the evidence before in the chain, empty for the first."""
    return previous or sha256(anchor.encode())


def seed(link: bytes, value: str) -> bytes:
    return hashlib.sha256(b"\n".join((PROTOCOL.encode(), link, value.encode()))).digest()


def drawn(frozen: dict, key: bytes) -> list[dict]:
    """The drawn slots in order of their tickets: [{"camera", "slot"}], `frozen["count"]` of them, or all there are."""
    ticket = tickets(key)

    def all_tickets() -> Iterator[tuple[bytes, str, str]]:
        slots = slots_of(frozen["days"], frozen["from"], frozen["until"])
        for camera in frozen["cameras"]:
            for slot in slots:
                yield ticket("watch", camera["id"], slot), camera["id"], slot

    found = heapq.nsmallest(frozen["count"], all_tickets())
    return [{"camera": camera, "slot": slot} for _ticket, camera, slot in found]


def evidence_of(frozen: dict, link: bytes) -> dict:
    """What is hashed and later published: the frozen content, how its seed was made, and the list."""
    value = entropy(frozen["anchor"], frozen["previous"])
    key = seed(link, value)
    return frozen | {
        "frozen_sha256": sha256(canonical(frozen)),
        "link_index": frozen["week"],
        "link": link.hex(),
        "entropy": {"source": "chained", "value": value},
        "seed": key.hex(),
        "results": drawn(frozen, key),
    }


def moment(slot: str) -> datetime:
    """The start of a slot, without time zone."""
    return datetime.fromisoformat(slot)
