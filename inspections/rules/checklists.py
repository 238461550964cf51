"""What an item of a checklist may be, what a version needs, how two versions differ; plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from inspections.rules.states import WEIGHTS
from portal.rules import personal
from portal.rules.machine import marked

LENGTHS = {"section": 40, "text": 200, "hint": 200, "basis": 200, "quote": 1000}
#: More items than this nobody answers on site.
MOST = 150
#: What of an item can be changed; its key stays, by it repeats are seen.
FIELDS = ("section", "text", "weight", "matter", "clause", "quote", "basis", "weak", "kinds", "hint", "short")
LABELS = {
    "section": marked("部分"),
    "text": marked("检查什么"),
    "weight": marked("权重"),
    "matter": marked("抽查事项"),
    "clause": marked("条款"),
    "quote": marked("原文"),
    "basis": marked("依据"),
    "weak": marked("待核对"),
    "kinds": marked("用于"),
    "hint": marked("怎样查"),
    "short": marked("关键项"),
}
PROBLEMS = {
    "empty": marked("不能空着"),
    "long": marked("太长了"),
    "weight": marked("从列表里选一个"),
    "matter": marked("选一个抽查事项，没有公布的事项不能检查"),
    "basis": marked("选条款并抄上原文，或者写明依据"),
    "quote": marked("选了条款就抄上原文"),
    "kinds": marked("只能选这张表用于的机构"),
    "name": marked("写 2 到 80 个字"),
    "for": marked("至少选一种机构"),
    "items": marked("至少要有一项"),
    "many": marked("最多 150 项"),
    "all_short": marked("不能都是关键项：留下简表不查的项，或者都不标"),
} | personal.PROBLEMS


def problems(item: Mapping, kinds: Sequence[str]) -> list[tuple[str, str]]:
    """(field, key of PROBLEMS) of one item; `kinds`: those that the list is for."""
    found = []
    for name in ("section", "text"):
        if not item[name].strip():
            found.append((name, "empty"))
    found += [(name, "long") for name, longest in LENGTHS.items() if len(item[name]) > longest]
    found += personal.problems(item, *LENGTHS)
    if item["weight"] not in WEIGHTS:
        found.append(("weight", "weight"))
    if not item["matter"]:
        found.append(("matter", "matter"))
    if item["clause"] is None and not item["basis"].strip():
        found.append(("basis", "basis"))
    if item["clause"] is not None and not item["quote"].strip():
        found.append(("quote", "quote"))
    if set(item["kinds"]) - set(kinds):
        found.append(("kinds", "kinds"))
    return found


def problems_of_list(values: Mapping, kinds: Sequence[str], known: Sequence[str]) -> list[tuple[str, str]]:
    """(field, key of PROBLEMS) of a list itself; `known`: the kinds of facilities that there are."""
    found = [] if 2 <= len(values["name"].strip()) <= 80 else [("name", "name")]
    found += personal.problems(values, "name")
    if not kinds or set(kinds) - set(known):
        found.append(("kinds", "for"))
    return found


def whole_problems(items: Sequence[Mapping], kinds: Sequence[str]) -> list[str]:
    """Keys of PROBLEMS of all items together."""
    if not items:
        return ["items"]
    found = ["many"] if len(items) > MOST else []
    if all(item["short"] for item in items):
        found.append("all_short")
    found += [key for item in items for _field, key in problems(item, kinds)]
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Difference:
    """One item that another version has not, has no more, or has otherwise; `fields`: which of it."""

    what: str  # added, removed, changed, moved
    key: str
    before: Mapping | None = None
    after: Mapping | None = None
    fields: tuple[str, ...] = ()


def differences(before: Sequence[Mapping], after: Sequence[Mapping]) -> list[Difference]:
    """From one wording to another, in the order of the later one, what went away at the end.

    An item has moved when it stands behind another one of those that both have than it did.
    """
    old, new = ({item["key"]: item for item in items} for items in (before, after))
    both_before = [key for key in old if key in new]
    both_after = [key for key in new if key in old]
    stayed = set(longest_common(both_before, both_after))
    found = []
    for key, item in new.items():
        if key not in old:
            found.append(Difference("added", key, None, item))
            continue
        fields = tuple(name for name in FIELDS if old[key][name] != item[name])
        if fields:
            found.append(Difference("changed", key, old[key], item, fields))
        elif key not in stayed:
            found.append(Difference("moved", key, old[key], item))
    found += [Difference("removed", key, old[key], None) for key in old if key not in new]
    return found


def longest_common(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Those that kept their order: the longest run of `after` that rises by the places of `before`."""
    place = {key: n for n, key in enumerate(before)}
    best: list[list[str]] = []
    for key in after:
        runs = [run for run in best if place[run[-1]] < place[key]]
        best.append([*max(runs, key=len, default=[]), key])
    return max(best, key=len, default=[])


def stepped(items: Sequence[Mapping], key: str, by: int) -> list[Mapping]:
    """The items with one of them a place earlier (-1) or later (1) within its section; at the edge of the section the
    whole section changes places with its neighbour."""
    rows = in_sections(items)
    at = next(n for n, item in enumerate(rows) if item["key"] == key)
    to = at + by
    if not 0 <= to < len(rows):
        return rows
    if rows[to]["section"] == rows[at]["section"]:
        rows[at], rows[to] = rows[to], rows[at]
        return rows
    names = list(dict.fromkeys(item["section"] for item in rows))
    here, there = names.index(rows[at]["section"]), names.index(rows[to]["section"])
    names[here], names[there] = names[there], names[here]
    return [item for name in names for item in rows if item["section"] == name]


def in_sections(items: Iterable[Mapping]) -> list[Mapping]:
    """Items of a section stand together, sections in the order in which they begin."""
    groups: dict[str, list[Mapping]] = {}
    for item in items:
        groups.setdefault(item["section"], []).append(item)
    return [item for group in groups.values() for item in group]
