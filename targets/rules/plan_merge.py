"""What a file says of a document put over what stands: plain values, no database.

A file gives some parts, and of an entry some fields; the rest stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.rules.clauses import clause_order
from targets.rules import plan_changes
from targets.rules.plan_content import free_key

DEFAULTS = {
    "clauses": {"label": "", "text": ""},
    "units": {"slug": "", "name": "", "full_name": "", "kind": "other", "aliases": [], "collective": False},
    "tasks": {
        "origin": "table", "number": None, "category": "", "project": "", "text": "", "clause": "", "leads": [],
        "supports": [], "carried": [], "key_project": None, "in_section_five": None, "note": "", "follows": None,
    },
    "targets": {
        "key": "", "clause": "", "text": "", "display_text": "", "kind": None, "comparator": None, "value": None,
        "value_min": None, "value_max": None, "value_text": "", "unit": "", "period": None, "due": None,
        "scope": None, "formula": "", "conditions": "", "also": [], "extra": {}, "note": "", "tasks": [],
        "proof": "not_yet", "proof_reason": "", "metric": "", "streets": "plan", "follows": None,
    },
    "parameters": {"key": "", "value": "", "starts_on": None, "clause": ""},
}  # fmt: skip
#: By what an entry of the file is one that stands.
NAMES = {
    "clauses": lambda one: one.get("label"),
    "units": lambda one: one.get("name"),
    "parameters": lambda one: (one.get("key"), one.get("starts_on")),
}


def merged(standing: Mapping, given: Mapping, base: Mapping, same_document: bool) -> dict:
    """The content that stands, with what the file gives: `given` {part: [fields of an entry]}, and `document`, `more`
    where the file has them. `base`: the rows that tasks and targets follow (targets/rules/plan_changes.py)."""
    content = dict(standing)
    if "document" in given:
        facts = dict(given["document"])
        period = content["document"]["period"] | facts.pop("period", {})
        content["document"] = content["document"] | facts | {"period": period}
    if "more" in given:
        content["more"] = content["more"] | given["more"]
    for part, defaults in DEFAULTS.items():
        if part not in given:
            continue
        pairs = matched(part, content[part], given[part])
        content[part] = [defaults | (before or {}) | one for before, one in pairs]
    for one in content["targets"]:
        if not one["key"]:
            one["key"] = free_key(one["text"] or "", (other["key"] for other in content["targets"]))
        if one["kind"] == "boolean" and one["value"] is None:
            one["value"] = True  # what is there or not asks for no number
    for part in plan_changes.COMPARED:
        content[part] = plan_changes.linked(part, base[part], content[part], same_document)
    return content


def matched(part: str, standing: list[dict], given: list[dict]) -> list[tuple[dict | None, dict]]:
    """Each entry of the file with the one that stands, if there is one."""
    if part in NAMES:
        name = NAMES[part]
        there = {name(one): one for one in standing}
        return [(there.get(name(one)), one) for one in given]
    rows = [one | {"id": index} for index, one in enumerate(standing, 1)]
    blank = {"text": "", "key": None, "origin": "table", "number": None}
    found = plan_changes.linked(part, rows, [blank | one | {"follows": None} for one in given], True)
    return [
        (standing[link["follows"] - 1] if link["follows"] else None, one)
        for link, one in zip(found, given, strict=True)
    ]


def with_clauses(there: list[dict], labels: list[str], texts: Mapping[str, str]) -> list[dict]:
    """The clauses with those of the labels that are not among them, with their words, each where a document has it."""
    found = list(there)
    for label in dict.fromkeys(labels):
        if any(one["label"] == label for one in found):
            continue
        place = next(
            (index for index, one in enumerate(found) if clause_order(one["label"]) > clause_order(label)),
            len(found),
        )
        found.insert(place, {"label": label, "text": texts.get(label, "")})
    return found
