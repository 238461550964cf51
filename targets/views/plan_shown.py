"""A document's content and what differs in it, in words for pages and their files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from portal.templatetags.ui import day_words
from targets.metrics.registry import METRICS
from targets.rules import plan_content as rules
from targets.rules.plan_changes import Change
from targets.rules.plan_content import FIELD_LABELS, PART_LABELS, day
from targets.services import plan_base

SHAPES = {"same": "none", "changed": "warn", "added": "ok", "dropped": "bad"}


def what_words(what: str, successor: bool) -> str:
    return {
        "same": _("不变"),
        "changed": _("改了"),
        "added": _("新加"),
        "dropped": _("没有接续") if successor else _("去掉"),
    }[what]


def names(units: list[Mapping]) -> str:
    return _("、").join(one["name"] for one in units)


def number(value: Any) -> str:
    return "" if value is None or isinstance(value, bool) else f"{value:g}"


def asks(target: Mapping) -> str:
    """≥ 50%: what a target asks, without its words."""
    value, word = number(target.get("value")), rules.KINDS["boolean"]
    if not value:
        return _(word) if target["kind"] == "boolean" else ""
    return f"{rules.COMPARATORS.get(target['comparator'], '?')} {value}{target.get('unit') or ''}"


def time_of(target: Mapping) -> str:
    if target["period"] == "by-date" and target.get("due"):
        return _("%(day)s 前") % {"day": target["due"]}
    word = rules.PERIODS.get(target["period"])
    return _(word) if word else ""


def proof_of(target: Mapping) -> str:
    word = rules.PROOFS.get(target["proof"], "")
    word = _(word) if word else ""
    metric = METRICS.get(target.get("metric") or "")
    more = _(metric.label) if metric else target.get("proof_reason") or ""
    return _("%(proof)s：%(more)s") % {"proof": word, "more": more} if more else word


def parts(content: Mapping) -> list[dict]:
    """Each part with its heading and rows in words."""
    labels = plan_base.parameter_names() if content["parameters"] else {}
    rows = {
        "clauses": [{"name": one["label"], "text": one.get("text") or ""} for one in content["clauses"]],
        "units": [
            {"name": one["name"], "text": _("、").join(one.get("aliases") or ()), "collective": one.get("collective")}
            for one in content["units"]
        ],
        "tasks": [
            one | {"name": one["number"], "leads": names(one["leads"]), "supports": names(one["supports"]),
                   "duty": one["origin"] == "duty"}
            for one in content["tasks"]
        ],
        "targets": [
            one | {"name": one["text"], "asks": asks(one), "time": time_of(one), "proved": proof_of(one)}
            for one in content["targets"]
        ],
        "parameters": [
            one | {"name": labels.get(one["key"], one["key"]), "day": day(one["starts_on"])}
            for one in content["parameters"]
        ],
    }  # fmt: skip
    return [
        {
            "key": part,
            "label": _(PART_LABELS[part]),
            "rows": [row | {"place": index + 1} for index, row in enumerate(rows[part])],
        }
        for part in ("clauses", "units", "tasks", "targets", "parameters")
    ]


def value_words(name: str, entry: Mapping) -> str:
    """A field's value in words."""
    value = entry.get(name)
    if name in ("leads", "supports"):
        return names(value or [])
    words = {
        "kind": rules.KINDS, "period": rules.PERIODS, "scope": rules.SCOPES, "proof": rules.PROOFS,
        "streets": rules.STREETS,
    }.get(name)  # fmt: skip
    if words:
        return _(words[value]) if value in words else ""
    if name == "comparator":
        return rules.COMPARATORS.get(value, "")
    if name == "metric":
        return _(METRICS[value].label) if value in METRICS else ""
    if name == "due":
        return day_words(day(value)) if day(value) else ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return number(value) if isinstance(value, int | float) else str(value or "")


def label_of(part: str, name: str) -> str:
    own = {("tasks", "text"): "task", ("targets", "text"): "target"}
    return _(FIELD_LABELS[own.get((part, name), name)])


def change_row(part: str, one: Change, successor: bool) -> dict:
    entry = one.after or one.before
    return {
        "what": one.what,
        "word": what_words(one.what, successor),
        "shape": SHAPES[one.what],
        "place": one.index + 1,
        "id": one.before["id"] if one.before else None,
        "clause": entry.get("clause") or "",
        "index": one.index,
        "name": f"{entry['number']}　{entry['text']}" if part == "tasks" else entry["text"],
        "fields": [
            {
                "label": label_of(part, name),
                "before": value_words(name, one.before) or "—",
                "after": value_words(name, one.after) or "—",
            }
            for name in (*one.fields, *one.moved)
        ],
    }


def change_parts(changes: Mapping[str, list[Change]], successor: bool) -> list[dict]:
    found = []
    for part, rows in changes.items():
        counts = {what: sum(one.what == what for one in rows) for what in SHAPES}
        found.append(
            {
                "key": part,
                "label": _(PART_LABELS[part]),
                "rows": [change_row(part, one, successor) for one in rows],
                "counts": [(what_words(what, successor), n, SHAPES[what]) for what, n in counts.items() if n],
                "dropped": counts["dropped"],
                "free": [row for row in rows if row.what == "dropped"] if counts["added"] else [],
            }
        )
    return found
