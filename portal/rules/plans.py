"""What a plan file (portal/reference/*.yaml) must have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from portal.rules.clauses import clause_order
from portal.rules.machine import marked

COMPARATORS = ("==", ">=", "<=")
PERIODS = ("plan", "by-date", "year", "month")
#: list -> (what names an entry, fields that each entry must have)
LISTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "units": ("slug", ("slug", "name", "kind", "aliases")),
    "tasks": ("number", ("number", "category", "project", "text", "leads", "supports", "carried")),
    "duties": ("number", ("number", "unit", "name", "clause", "text", "in_section_five")),
    "targets": ("key", ("key", "clause", "text", "kind", "comparator", "period", "scope", "formula")),
    "rules": ("key", ("key", "clause", "text", "subject", "checkable_by")),
    "modes": ("key", ("key", "name", "clause", "definition", "suggested_sites", "parent_present")),
    "pilot_streets": ("code", ("name", "code", "unit")),
    "stages": ("number", ("number", "name", "clause", "due", "text", "actors", "steps")),
    "quotas": ("key", ("key", "title", "clause", "text", "share_percent", "max_count", "cycle_years")),
    "revocation_conditions": ("number", ("number", "clause", "text")),
    "assessment_outline": ("number", ("number", "key", "title", "clause", "items")),
}
DOCUMENT = ("title", "issuers", "period", "jurisdiction", "notes")
#: may be empty, but are never forgotten
ALSO = ("number", "issued_on", "seed_file")
#: What a shipped file says of its making and a file that a district hands in need not; by list, and of the document.
SPARED: dict[str, tuple[str, ...]] = {
    "document": ("notes", "jurisdiction", *ALSO),
    "units": ("aliases",),
    "tasks": ("category", "project", "leads", "supports", "carried"),
    "duties": ("in_section_five",),
    "targets": ("formula",),
}
#: What a plan's entries may say besides; a target keeps everything that is said of it.
BESIDES: dict[str, tuple[str, ...]] = {
    "document": ("printed_on", "plan_title", "plan_number", "publicity", "bases"),
    "clauses": ("label", "text"),
    "units": ("full_name", "collective", "district", "issuer", "note"),
    "tasks": ("note", "clause", "key_project"),
    "duties": ("note", "collective", "with"),
}


class Problem(NamedTuple):
    """One fault of a file: which entry, a sentence with named gaps, and what fills them."""

    entry: str
    sentence: str
    params: dict[str, Any]


def _empty(value) -> bool:
    return value is None or value == ""


def problems(data: Any, street_codes: set[str], *, handed_in: bool = False) -> list[Problem]:
    """Every fault of a plan's content; an empty list when it can be loaded. `handed_in`: by a district, which is not
    asked for SPARED, and is told what would not be read."""
    if not isinstance(data, dict) or not isinstance(data.get("document"), dict):
        return [Problem("document", marked("没有 document 部分"), {})]
    spared = SPARED if handed_in else {}
    found = [
        *_document(data["document"], spared.get("document", ())),
        *_lists(data, spared),
        *_references(data, street_codes),
    ]
    return [*found, *unread(data)] if handed_in else found


def unread(data: dict) -> Iterator[Problem]:
    """Keys that nothing reads."""
    words = marked("不认识 %(field)s，读不进来。去掉它，或者改成：%(choices)s")

    def unknown(where: str, entry: dict, known: Iterable[str]) -> Iterator[Problem]:
        known = list(known)
        for name in entry:
            if name not in known:
                yield Problem(where, words, {"field": str(name)[:40], "choices": "、".join(known)})

    yield from unknown("", data, ("document", "clauses", *LISTS))
    yield from unknown("document", data["document"], (*DOCUMENT, *ALSO, *BESIDES["document"]))
    for part, more in BESIDES.items():
        entries = data.get(part)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict):
                fields = LISTS[part][1] if part in LISTS else ()
                yield from unknown(f"{part}[{index}]", entry, dict.fromkeys((*fields, *more)))


def _document(document: dict, spared: tuple[str, ...]) -> Iterator[Problem]:
    for name in DOCUMENT:
        if name not in spared and (name not in document or _empty(document[name])):
            yield Problem("document", marked("缺少 %(field)s。补上它"), {"field": name})
    for name in ALSO:
        if name not in spared and name not in document:
            yield Problem("document", marked("缺少 %(field)s。补上它"), {"field": name})
    period = document.get("period")
    if isinstance(period, dict):
        begin, end = period.get("from"), period.get("to")
        if not (isinstance(begin, date) and (end is None or (isinstance(end, date) and begin <= end))):
            yield Problem("document", marked("起止日期不对：%(given)s"), {"given": f"{begin} – {end}"})


def _lists(data: dict, spared: dict[str, tuple[str, ...]]) -> Iterator[Problem]:
    for name, (label, fields) in LISTS.items():
        entries = data.get(name) or []
        if not isinstance(entries, list):
            yield Problem(name, marked("应是列表"), {})
            continue
        seen = set()
        for index, entry in enumerate(entries):
            if not isinstance(entry, dict):
                yield Problem(f"{name}[{index}]", marked("应是一组字段"), {})
                continue
            where = f"{name}[{index}] {entry.get(label, '')}".strip()
            for field in fields:
                if field not in spared.get(name, ()) and (field not in entry or _empty(entry[field])):
                    yield _lacking(where, name, field)
            if entry.get(label) in seen:
                yield Problem(where, marked("%(field)s 重复"), {"field": label})
            seen.add(entry.get(label))
            if name == "targets":
                yield from _target(where, entry)
            if name == "assessment_outline":
                for item in entry.get("items") or []:
                    if _empty(item.get("key")) or _empty(item.get("text")):
                        yield Problem(
                            where, marked("缺少 %(field)s。补上它"), {"field": "items.key, items.text"}
                        )


def _lacking(where: str, part: str, field: str) -> Problem:
    choices = {"comparator": COMPARATORS, "period": PERIODS}.get(field, ()) if part == "targets" else ()
    if choices:
        words = marked("缺少 %(field)s。可填：%(choices)s")
        return Problem(where, words, {"field": field, "choices": "、".join(choices)})
    return Problem(where, marked("缺少 %(field)s。补上它"), {"field": field})


def _target(where: str, entry: dict) -> Iterator[Problem]:
    if not _empty(entry.get("comparator")) and entry["comparator"] not in COMPARATORS:
        yield Problem(
            where,
            marked("比较方式 %(given)s 不认识。可填：%(choices)s"),
            {"given": entry["comparator"], "choices": "、".join(COMPARATORS)},
        )
    if not _empty(entry.get("period")) and entry["period"] not in PERIODS:
        yield Problem(
            where,
            marked("周期 %(given)s 不认识。可填：%(choices)s"),
            {"given": entry["period"], "choices": "、".join(PERIODS)},
        )
    if entry.get("period") == "by-date" and not isinstance(entry.get("due"), date):
        yield Problem(where, marked("缺少 %(field)s。补上它"), {"field": "due"})
    value = entry.get("value")
    if not isinstance(value, (bool, int, float)) or (not isinstance(value, bool) and value < 0):
        yield Problem(where, marked("数值 %(given)s 不对"), {"given": value})
    for other in entry.get("also") or []:
        if _empty(other.get("clause")):
            yield Problem(where, marked("缺少 %(field)s。补上它"), {"field": "also.clause"})


def _references(data: dict, street_codes: set[str]) -> Iterator[Problem]:
    """Units, tasks and streets that an entry names and the file does not have."""
    units = {u.get("slug"): u for u in data.get("units") or [] if isinstance(u, dict)}
    tasks = {t.get("number") for t in data.get("tasks") or [] if isinstance(t, dict)}
    named = []
    for task in data.get("tasks") or []:
        for role in ("leads", "supports"):
            named += [(f"tasks {task.get('number')} {role}", u.get("unit")) for u in task.get(role) or []]
    for duty in data.get("duties") or []:
        named += [(f"duties {duty.get('number')}", duty[k]) for k in ("unit", "with") if duty.get(k)]
    for pilot in data.get("pilot_streets") or []:
        named.append((f"pilot_streets {pilot.get('name')}", pilot.get("unit")))
        if pilot.get("code") not in street_codes:
            yield Problem(
                f"pilot_streets {pilot.get('name')}",
                marked("街镇代码 %(given)s 不认识"),
                {"given": pilot.get("code")},
            )
    for where, slug in named:
        if slug not in units:
            yield Problem(
                where,
                marked("单位 %(given)s 不在 units 里。在 units 里加上它，或者改成有的"),
                {"given": slug},
            )
    for target in data.get("targets") or []:
        for number in target.get("tasks") or []:
            if number not in tasks:
                yield Problem(
                    f"targets {target.get('key')}",
                    marked("任务 %(given)s 不在 tasks 里。改成有的序号"),
                    {"given": number},
                )


def clauses(data: dict, task_clause: str = "", pilot_clause: str = "", street_codes: tuple = ()) -> list[str]:
    """The labels of all clauses that anything of the file rests on, in the order of the document."""
    labels = set()
    for name in LISTS:
        for entry in data.get(name) or []:
            labels.add(entry.get("clause"))
            labels |= {other["clause"] for other in entry.get("also") or []}
            if name == "tasks" and task_clause:
                labels.add(task_clause.format(number=entry["number"]))
    labels.add(pilot_clause)
    return sorted((label for label in labels if label), key=clause_order)
