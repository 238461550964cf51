"""The YAML form of a plan, as the shipped ones are written, as the parts of a draft's content."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from portal.models.places import Street, Unit
from portal.rules import cells, plans
from portal.services.reference import SAFE, read_yaml
from targets.rules.plan_content import FIELD_LABELS, KEY, day, key_of
from targets.services.reference import COLUMNS, PROOFS

#: Lists that go into the database as they are.
MORE = (
    "rules", "modes", "pilot_streets", "stages", "quotas", "revocation_conditions", "assessment_outline",
)  # fmt: skip
TEMPLATE = Path(__file__).parents[1] / "reference" / "plan_template.yaml"
ROW_CLAUSE = re.compile(r"(.*序号)\d+")  # content
DEEPEST, MOST_NODES = 20, 200_000
#: A fault: where, and what is wrong with the way out.
Fault = tuple[str, str]


def parsed(data: bytes) -> tuple[Any, list[Fault]]:
    """The file's content, or what is wrong with its form. Anchors are refused: a short file could stand for a huge
    one."""
    try:
        depth = nodes = 0
        for event in yaml.parse(data, Loader=SAFE):
            nodes += 1
            if isinstance(event, yaml.AliasEvent) or nodes > MOST_NODES:
                return None, [
                    (line_of(event.start_mark), _("不收引用（&、*）和过大的文件。把内容写全、分开"))
                ]
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                return None, [(line_of(event.start_mark), _("层次太深。照模板写"))]
        return yaml.load(data, Loader=SAFE), []  # noqa: S506 - it is the safe one, in C
    except yaml.YAMLError as error:
        where = line_of(getattr(error, "problem_mark", None))
        return None, [(where, _("不是 YAML，或者有写错的地方。照 YAML 模板写"))]
    except (ValueError, UnicodeError):  # a day such as 2026-02-31, bytes that are no text
        return None, [("", _("有写错的日期，或者不是 UTF-8 文本"))]


def line_of(mark) -> str:
    return _("第 %(line)d 行") % {"line": mark.line + 1} if mark else ""


def frozen(value: Any) -> Any:
    """With days as text, as JSON keeps them."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): frozen(one) for name, one in value.items()}
    return [frozen(one) for one in value] if isinstance(value, list) else value


def read(data: bytes) -> tuple[dict, list[Fault]]:
    """The parts that the file gives, and its faults; with a fault nothing else is of use."""
    plan, faults = parsed(data)
    if faults:
        return {}, faults
    unquoted(plan)
    codes = set(Street.objects.values_list("code", flat=True))
    try:
        faults = [told(problem) for problem in plans.problems(plan, codes, handed_in=True)]
        if not faults:
            faults = list(shape_faults(plan))
    except (AttributeError, TypeError, KeyError):  # a list where fields should be, deep inside an entry
        faults = [("", _("有一处的形状不对：应是列表或一组字段。照 YAML 模板写"))]
    if faults:
        return {}, faults
    return parts(frozen(plan)), []


#: A plan's own name of a field -> the page's, where they differ.
CALLED = {
    ("document", "number"): "doc_number", ("tasks", "text"): "task", ("targets", "text"): "target",
    ("units", "kind"): "kind_of_unit", ("clauses", "text"): "words",
}  # fmt: skip


def told(problem: plans.Problem) -> Fault:
    """A fault in words, with a field's name as the page calls it beside the file's own."""
    params = dict(problem.params)
    part, name = re.split(r"[\[ ]", problem.entry)[0], params.get("field")
    label = FIELD_LABELS.get(CALLED.get((part, name), name))
    if label:
        params["field"] = _("%(name)s（%(label)s）") % {"name": name, "label": _(label)}
    return problem.entry, _(problem.sentence) % params


def unquoted(plan: Any) -> None:
    """Days that somebody put into quotation marks, as days."""
    document = plan.get("document") if isinstance(plan, dict) else None
    if not isinstance(document, dict):
        return
    places = [(document, ("issued_on", "printed_on")), (document.get("period"), ("from", "to"))]
    for name in ("targets", "stages"):
        rows = plan.get(name)
        places += [(row, ("due",)) for row in rows] if isinstance(rows, list) else []
    for row, names in places:
        for name in names if isinstance(row, dict) else ():
            if isinstance(row.get(name), str):
                row[name] = day(row[name]) or row[name]


def shape_faults(plan: Mapping):
    """What would not fit a content: texts that are none, days that are none."""
    for name in ("issued_on", "printed_on"):
        if not isinstance(plan["document"].get(name), date | None):
            yield f"document {name}", _("写成 2026-12-01 这样的日期")
    for name, label in (("tasks", "number"), ("duties", "number")):
        for entry in plan.get(name) or []:
            if not isinstance(entry[label], int):
                yield f"{name} {entry[label]}", _("序号：填 1 到 999 之间的整数")
    for name in ("clauses", "tasks", "duties", "targets", "rules"):
        for entry in plan.get(name) or []:
            if not isinstance(entry.get("text") or "", str):
                where = entry.get("key") or entry.get("number") or entry.get("label")
                yield f"{name} {where}", _("原文不是文字")
    for index, entry in enumerate(plan.get("clauses") or []):
        if not isinstance(entry.get("label"), str) or not entry["label"].strip():
            yield f"clauses[{index}]", _("条款要有 label，照文件的编号")
    for entry in plan.get("targets") or []:
        if not isinstance(entry["key"], str) or not KEY.fullmatch(entry["key"]):
            yield f"targets {entry['key']}", _("代号只用小写字母、数字、横线，字母或数字开头")


def parts(plan: dict) -> dict:
    names = {}
    for unit in Unit.objects.order_by("position"):
        for word in (unit.name, unit.full_name, *unit.aliases):
            if word:
                names.setdefault(cells.key_of(word), unit.slug)
    there = set(Unit.objects.values_list("slug", flat=True))
    slugs, new = {}, []
    for unit in plan.get("units") or []:
        slug = unit["slug"] if unit["slug"] in there else names.get(cells.key_of(unit["name"]))
        if slug is None:
            slug = unit["slug"]
            new.append({k: unit.get(k) for k in ("slug", "name", "kind")} | {
                "full_name": unit.get("full_name") or "",
                "aliases": list(unit.get("aliases") or []), "collective": bool(unit.get("collective")),
            })  # fmt: skip
        slugs[unit["slug"]] = slug
    tasks = plan.get("tasks") or []
    used = {slugs[u["unit"]] for t in tasks for r in ("leads", "supports") for u in t.get(r) or ()}
    used |= {slugs[d[k]] for d in plan.get("duties") or [] for k in ("unit", "with") if d.get(k)}
    used |= {slugs[p["unit"]] for p in plan.get("pilot_streets") or []}
    form = row_clause(plan)
    labels = plans.clauses(plan, f"{form}{{number}}" if form else "")
    labels += [
        label for label in dict.fromkeys(t.get("clause") for t in tasks) if label and label not in labels
    ]
    written = {one["label"].strip(): one.get("text") for one in plan.get("clauses") or []}
    labels = [*written, *(label for label in labels if label not in written)] if written else labels
    called = {unit["slug"]: unit["name"] for unit in plan.get("units") or []}
    more = {name: plan[name] for name in MORE if plan.get(name)}
    for pilot in more.get("pilot_streets") or ():
        pilot["unit"] = slugs[pilot["unit"]]
    return {
        "document": facts(plan["document"]),
        "clauses": [
            {"label": label} | ({"text": written[label]} if written.get(label) else {}) for label in labels
        ],
        "units": [unit for unit in new if unit["slug"] in used],
        "tasks": [task(one, form, slugs) for one in tasks]
        + [duty(one, slugs, called) for one in plan.get("duties") or []],
        "targets": [target(one) for one in plan.get("targets") or []],
        "more": more,
    }


def row_clause(plan: Mapping) -> str:
    """How the rows of the task table are cited by the targets of the same file: 附件·任务分工方案·序号."""
    found = Counter()
    for one in plan.get("targets") or []:
        for label in (one["clause"], *(other["clause"] for other in one.get("also") or [])):
            if form := ROW_CLAUSE.fullmatch(label):
                found[form[1]] += 1
    return found.most_common(1)[0][0] if found else ""


def facts(document: Mapping) -> dict:
    period = document["period"]
    return {
        "title": document["title"],
        "number": document.get("number") or "",
        "issued_on": document.get("issued_on"),
        "printed_on": document.get("printed_on"),
        "issuers": list(document["issuers"]),
        "period": {
            "from": period["from"], "to": period.get("to"), "stated": period.get("stated") or "",
            "derived": bool(period.get("derived")),
        },
        "plan_title": document.get("plan_title") or "",
        "plan_number": document.get("plan_number") or "",
        "publicity": document.get("publicity") or "",
        "bases": list(document.get("bases") or []),
        "notes": list(document.get("notes") or []),
        "source": document.get("seed_file") or "",
    }  # fmt: skip


def task(one: Mapping, form: str, slugs: Mapping) -> dict:
    return {
        "origin": "table",
        "number": one["number"],
        "category": one.get("category") or "",
        "project": one.get("project") or "",
        "text": one["text"],
        "clause": one.get("clause") or (f"{form}{one['number']}" if form else ""),
        "leads": [{"unit": slugs[u["unit"]], "name": u["name"]} for u in one.get("leads") or ()],
        "supports": [{"unit": slugs[u["unit"]], "name": u["name"]} for u in one.get("supports") or ()],
        "carried": one.get("carried") or [],
        "key_project": one.get("key_project"),
        "note": one.get("note") or "",
    }


def duty(one: Mapping, slugs: Mapping, called: Mapping) -> dict:
    partner = [{"unit": slugs[one["with"]], "name": called[one["with"]]}] if one.get("with") else []
    return {
        "origin": "duty",
        "number": one["number"],
        "text": one["text"],
        "clause": one["clause"],
        "leads": [{"unit": slugs[one["unit"]], "name": one["name"]}],
        "supports": partner,
        "in_section_five": one.get("in_section_five"),
        "note": one.get("note") or "",
    }


def target(one: Mapping) -> dict:
    """How it is proved the plan's form does not say: as the shipped target of the same key, unless it stands already."""
    found = {
        name: one.get(name)
        for name in ("key", "clause", "text", "kind", "comparator", "value", "value_min", "value_max", "period",
                     "due", "scope", "formula")
    }  # fmt: skip
    found |= {
        name: one.get(name) or "" for name in ("display_text", "value_text", "unit", "conditions", "note")
    }
    return found | {
        "also": one.get("also") or [],
        "tasks": one.get("tasks") or [],
        "extra": {k: v for k, v in one.items() if k not in COLUMNS},
    }


def shipped_proofs() -> dict[str, dict]:
    """How the shipped targets are proved, by key; of a key that two documents prove differently, none."""
    found: dict[str, dict] = {}
    unclear = set()
    for rows in read_yaml(PROOFS).values():
        for key, proof in rows.items():
            if found.setdefault(key, proof) != proof:
                unclear.add(key)
    return {key: proof for key, proof in found.items() if key not in unclear}


def with_proofs(content: dict) -> dict:
    """Targets for which nothing was decided, proved as the shipped one of the same key."""
    proofs = shipped_proofs()
    targets = []
    for one in content["targets"]:
        proof = proofs.get(one["key"]) if one["proof"] == "not_yet" and not one["proof_reason"] else None
        if proof:
            one = one | {
                "proof": proof["proof"],
                "proof_reason": proof.get("reason", ""),
                "metric": proof.get("metric", ""),
                "streets": proof.get("streets", "plan"),
            }
        targets.append(one)
    return content | {"targets": targets}


def new_slug(district: str, name: str) -> str:
    """Of a unit that somebody names without one: the same for the same name."""
    return key_of(name, f"{district}-unit")
