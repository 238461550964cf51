"""Rules of a result on plain values: what a version holds, its hash, when silence makes it final, the clock's light."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date

TEXT_LENGTH = 2000
FILES_PER_OBJECTION = 6
REASON = (5, 500)
ACCEPTED, KEPT = "accepted", "kept"


def canonical(content: Mapping) -> bytes:
    """The bytes that are hashed: keys sorted, no blanks between, UTF-8."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def counts(values: Iterable[str], withdrawn: int) -> dict[str, int]:
    """Answers of a version by value. A withdrawn finding counts among nothing but itself."""
    found = {"ok": 0, "bad": 0, "unseen": 0}
    for value in values:
        found[value] += 1
    found["bad"] -= withdrawn
    return {**found, "withdrawn": withdrawn}


def silence_is_over(answer_by: date, on: date) -> bool:
    """The last day to answer still belongs to the facility."""
    return on > answer_by


def light(left: int, held: bool, red_days: int) -> str:
    """The publication clock's light. `left`: working days, negative when over; `held`: something stands against it.

    What nothing stands against is published on the last day by itself: it is red only where that failed.
    """
    if left < 0 or (held and left <= red_days):
        return "bad"
    return "warn" if left <= red_days else "doing"
