"""Rules of a visit on plain values: who may start it, what an answer needs, what is a repeat, deadlines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from inspections.rules.states import WEIGHTS

#: 行政处罚法 art. 42: two people or more, each with a licence. A scheme may ask for more, nobody for fewer.
SMALLEST_TEAM = 2
#: A failed item that failed at the same facility in so many years before is a repeat.
REPEAT_YEARS = 2
NOTE_LENGTH = 2000
PHOTOS_PER_ANSWER = 12
VOICES_PER_ANSWER = 5


def note_missing(value: str, note: str) -> bool:
    """不符合 says what was found, 未查 says why nobody looked; an answer without that is not complete."""
    return value in ("bad", "unseen") and not note.strip()


def is_complete(value: str, note: str) -> bool:
    return value in ("ok", "bad", "unseen") and not note_missing(value, note)


def licensed(active: bool, licence_from: date, licence_until: date, on: date) -> bool:
    """Whether somebody may inspect on the day: at work, and the licence (执法证) is valid."""
    return active and licence_from <= on <= licence_until


def gravest(weights: Iterable[str]) -> str:
    """The gravest of some weights; ValueError for none."""
    return min(weights, key=list(WEIGHTS).index)


def repeats_since(on: date) -> date:
    """The first day of the time in which an earlier finding makes one of the day `on` a repeat."""
    try:
        return on.replace(year=on.year - REPEAT_YEARS)
    except ValueError:  # 29 February
        return on.replace(year=on.year - REPEAT_YEARS, day=28)


def deadline(weight: str, days: dict[str, int], on: date, add_working_days: Callable) -> date:
    """The last day for mending a finding of that weight; `days` are the district's working days per weight."""
    return add_working_days(on, days[weight])
