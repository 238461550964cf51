"""Which entry of a document takes the place of which row, and what is another: plain values, no database.

Entries and rows are those of targets/rules/plan_content.py; a row of what is in force has its `id` besides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

#: What a task or a target asks. Where nothing of it differs, it is the same promise.
ASKED = {
    "tasks": ("category", "project", "text", "leads", "supports", "key_project"),
    "targets": (
        "text", "kind", "comparator", "value", "value_min", "value_max", "unit", "period", "due", "scope",
        "conditions", "proof", "metric", "streets",
    ),
}  # fmt: skip
#: Where it stands and what is said besides: a row of the same document with another one is a new version, too.
PLACED = {
    "tasks": ("origin", "number", "clause", "in_section_five"),
    "targets": ("key", "clause", "display_text", "value_text", "formula", "also", "extra", "proof_reason"),
}
#: Of PLACED, what a reader looks an entry up by.
MOVED = {"tasks": ("number", "clause"), "targets": ("clause",)}
COMPARED = ("tasks", "targets")


class Change(NamedTuple):
    """`what`: same, changed, added, dropped. `fields`: of ASKED, those that differ; `moved`: of MOVED. `index`: the
    entry's place."""

    what: str
    before: Mapping | None
    after: Mapping | None
    fields: tuple[str, ...] = ()
    index: int = -1
    moved: tuple[str, ...] = ()


def value_of(entry: Mapping, name: str):
    """A field as it is compared: of units which, of numbers their size, of nothing one kind."""
    value = entry.get(name)
    if name in ("leads", "supports"):
        return tuple(one["unit"] for one in value or ())
    if isinstance(value, str):
        return value.strip()
    return "" if value in (None, [], {}) and not isinstance(value, bool) else value


def differing(part: str, before: Mapping, after: Mapping) -> tuple[str, ...]:
    return tuple(name for name in ASKED[part] if value_of(before, name) != value_of(after, name))


def kept(part: str, before: Mapping, after: Mapping) -> bool:
    """Whether a row of the same document goes on as it is."""
    if differing(part, before, after):
        return False
    if part == "tasks" and any(
        [one["name"] for one in before[role]] != [one["name"] for one in after[role]]
        for role in ("leads", "supports")
    ):
        return False
    return all(value_of(before, name) == value_of(after, name) for name in PLACED[part])


def linked(part: str, base: list[dict], entries: list[dict], same_document: bool) -> list[dict]:
    """The entries with the rows that they follow: as said, else by key (of a task of the same document by number),
    else by the same words. No row is followed twice."""
    ids = {row["id"] for row in base}
    found = [dict(one) for one in entries]
    for one in found:
        one["follows"] = one.get("follows") if one.get("follows") in ids else None
    ways: list[Callable] = [lambda one: one["text"].strip()]
    if part == "targets":
        ways.insert(0, lambda one: one["key"])
    elif same_document:
        ways.append(lambda one: (one["origin"], one["number"]))
    for way in ways:
        taken = {one["follows"] for one in found}
        free: dict = {}
        for row in base:
            if row["id"] not in taken:
                free.setdefault(way(row), row["id"])
        for one in found:
            if one["follows"] is None:
                one["follows"] = free.pop(way(one), None)
    return found


def changes(part: str, base: list[dict], entries: list[dict]) -> list[Change]:
    """The rows of `base` in their order, each with what became of it, then what is new."""
    after = {one["follows"]: (index, one) for index, one in enumerate(entries) if one.get("follows")}
    found = []
    for row in base:
        if row["id"] not in after:
            found.append(Change("dropped", row, None))
            continue
        index, entry = after[row["id"]]
        fields = differing(part, row, entry)
        moved = tuple(name for name in MOVED[part] if value_of(row, name) != value_of(entry, name))
        found.append(Change("changed" if fields else "same", row, entry, fields, index, moved))
    ids = {row["id"] for row in base}
    found += [
        Change("added", None, one, (), index)
        for index, one in enumerate(entries)
        if one.get("follows") not in ids
    ]
    return found
