"""Which districts' figures may stand in one sum or one ranking. Plain values only.

A figure has a definition: a value for each facet (which version of the method, which parameters, whose streets, up to
which day). Figures are alike when every facet is; only these are added, as numerators and denominators. What is not
known is missing, never nought.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.rules.machine import marked
from targets.rules import verdicts
from targets.rules.verdicts import Promise

ALIKE, UNLIKE, ALONE = "alike", "unlike", "alone"
#: comparability -> (shape, word)
STATES = {
    ALIKE: ("ok", marked("口径一样")),
    UNLIKE: ("warn", marked("口径不同")),
    ALONE: ("none", marked("只有一个区")),
}
#: Why there is no ranking -> the sentence.
UNRANKED = {
    UNLIKE: marked("口径不同，不排名"),
    ALONE: marked("只有一个区有这项指标，不排名"),
    "missing": marked("有的区没有数，不排名"),
    "number": marked("合计的多少看区的大小，不排名"),
    "comparator": marked("文件的方向不同，不排名"),
}


class UnlikeError(ValueError):
    """Somebody tried to add figures whose definitions differ."""


@dataclass(frozen=True)
class Entry:
    """One district's figure of a metric. `definition`: facet -> value, in one order everywhere; `why`: it is missing."""

    district: str
    definition: tuple[tuple[str, str], ...]
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    value: Decimal | None = None
    comparator: str = ""
    why: str = ""

    @property
    def known(self) -> bool:
        return self.numerator is not None and self.value is not None


@dataclass(frozen=True)
class Sum:
    """`denominator` None: a sum of things, which is its own value."""

    numerator: Decimal
    denominator: Decimal | None
    districts: tuple[str, ...]

    @property
    def value(self) -> Decimal | None:
        if self.denominator is None:
            return self.numerator
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True)
class Group:
    """Districts with one definition; `whole` None: fewer than two of them are known."""

    entries: tuple[Entry, ...]
    whole: Sum | None

    @property
    def missing(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if not entry.known)


def differences(entries: Iterable[Entry]) -> dict[str, dict[str, str]]:
    """facet -> district -> value, of the facets in which the definitions differ."""
    entries = list(entries)
    facets = list(dict.fromkeys(facet for entry in entries for facet, _value in entry.definition))
    found = {}
    for facet in facets:
        values = {entry.district: dict(entry.definition).get(facet, "") for entry in entries}
        if len(set(values.values())) > 1:
            found[facet] = values
    return found


def add(entries: Sequence[Entry]) -> Sum | None:
    """The sum of the known ones, None of none; UnlikeError when any two of all given have other definitions."""
    if len({frozenset(entry.definition) for entry in entries}) > 1:
        raise UnlikeError(", ".join(differences(entries)))
    known = [entry for entry in entries if entry.known]
    if not known:
        return None
    with_rows = [entry.denominator is not None for entry in known]
    if any(with_rows) != all(with_rows):
        raise UnlikeError("denominator")
    return Sum(
        sum((e.numerator for e in known), Decimal(0)),
        sum((e.denominator for e in known), Decimal(0)) if all(with_rows) else None,
        tuple(e.district for e in known),
    )


def groups(entries: Iterable[Entry]) -> list[Group]:
    """The entries by definition, in the order of their first districts, each with its sum where two are known."""
    found: dict[frozenset, list[Entry]] = {}
    for entry in entries:
        found.setdefault(frozenset(entry.definition), []).append(entry)
    result = []
    for part in found.values():
        several = sum(entry.known for entry in part) > 1
        result.append(Group(tuple(part), add(part) if several else None))
    return result


def state(entries: Sequence[Entry]) -> str:
    if len(entries) < 2:
        return ALONE
    return UNLIKE if differences(entries) else ALIKE


def unranked(entries: Sequence[Entry]) -> str:
    """Why the districts are not ranked, as a key of UNRANKED; '' when they are."""
    if len(entries) < 2:
        return ALONE
    if differences(entries):
        return UNLIKE
    if not all(entry.known for entry in entries):
        return "missing"
    if any(entry.denominator is None for entry in entries):
        return "number"
    if len({entry.comparator == "<=" for entry in entries}) > 1:
        return "comparator"
    return ""


def ranking(entries: Sequence[Entry]) -> list[tuple[int, Entry]]:
    """(place, entry), the best first, equals in one place; empty where `unranked` says why."""
    if unranked(entries):
        return []
    lower = entries[0].comparator == "<="
    ordered = sorted(entries, key=lambda e: e.value if lower else -e.value)
    return [(1 + sum(o.value < e.value if lower else o.value > e.value for o in entries), e) for e in ordered]


@dataclass(frozen=True)
class Whole:
    """A target of the city against its districts. `value` and `limit` in one unit; `lacking`: why there is no verdict."""

    numerator: Decimal | None
    denominator: Decimal | None
    value: Decimal | None
    limit: Decimal | None
    verdict: str
    lacking: str = ""


#: The city's own records hold nothing to count.
NO_RECORD = "no_record"
#: Why the city's figure has no verdict -> the sentence.
LACKING = {
    UNLIKE: marked("各区口径不同，不相加"),
    "none": marked("没有一个区有数"),
    "part": marked("还不是全市的数，不判"),
    NO_RECORD: marked("示范创建里还没有可算的记录"),
}


def city_limit(promise: Promise, measure: str, per: int) -> Decimal | None:
    """What the document asks of the city in the unit of the value; a share without a number is asked in full."""
    if measure == "count":
        return promise.value
    if promise.unit == "%" and promise.value is not None:
        return promise.value / 100
    return promise.value / per if per > 1 and promise.value is not None else Decimal(1)


def judge_city(
    promise: Promise,
    measure: str,
    entries: Sequence[Entry],
    expected: int | None,
    pace: Decimal | None,
    over: bool,
    per: int = 1,
) -> Whole:
    """The city's figure over its districts; `expected`: how many districts the city has, None when nobody knows.

    Of a part of the city a verdict is given only where the rest cannot change it: a count that is reached already.
    """
    limit = city_limit(promise, measure, per)
    try:
        total = add(entries)
    except UnlikeError:
        return Whole(None, None, None, limit, verdicts.UNKNOWN, UNLIKE)
    if total is None or total.value is None or limit is None:
        return Whole(None, None, None, limit, verdicts.UNKNOWN, "none")
    made = (total.numerator, total.denominator, total.value, limit)
    if expected is not None and len(total.districts) >= expected and len(total.districts) == len(entries):
        return Whole(*made, verdicts.verdict(promise, total.value, limit, pace, over))
    if measure == "count" and promise.comparator == ">=" and total.value >= limit:
        return Whole(*made, verdicts.MET)
    return Whole(*made, verdicts.UNKNOWN, "part")
