"""What a policy document holds while it is written, and what is wrong with it: plain values, no database.

The content is one value, so that it can be compared, kept and read back whole; days are written 2026-12-31:

    document    {title, number, issued_on, printed_on, issuers, period {from, to, stated, derived}, plan_title,
                plan_number, publicity, bases, notes, source}
    clauses     [{label, text}] in the document's order
    units       [{slug, name, full_name, kind, aliases, collective}]: those that the district does not have yet
    tasks       [{origin, number, category, project, text, clause, leads, supports, carried, key_project,
                in_section_five, note, follows}], leads and supports [{unit: slug, name: as the document calls it}]
    targets     [{key, clause, text, kind, comparator, value, unit, period, due, scope, formula, proof, metric, …,
                tasks: numbers, follows}]
    parameters  [{key, value: as a person writes it, starts_on, clause}]
    more        lists that only a plan file has: rules, modes, pilot_streets, stages, quotas …

`follows` is the id of the row that an entry takes the place of: the version before, or the predecessor's row.
"""

from __future__ import annotations

import itertools
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from portal.rules.cells import key_of as key_word
from portal.rules.machine import marked
from portal.rules.parameters import WrongValue, read_value

PARTS = ("clauses", "units", "tasks", "targets", "parameters")
PART_LABELS = {
    "document": marked("文件"),
    "clauses": marked("条款"),
    "units": marked("新单位"),
    "tasks": marked("任务"),
    "targets": marked("指标"),
    "parameters": marked("参数"),
}
FIELD_LABELS = {
    "title": marked("标题"), "doc_number": marked("文号"), "issuers": marked("发文单位"), "issued_on": marked("印发日期"),
    "printed_on": marked("印制日期"), "period_from": marked("期限从"), "period_to": marked("期限到"),
    "period_stated": marked("期限怎么写"), "bases": marked("依据"), "label": marked("条款"), "words": marked("原文"),
    "name": marked("名称"), "full_name": marked("全称"),
    "kind_of_unit": marked("类别"), "aliases": marked("别名"), "collective": marked("集体单位"),
    "number": marked("序号"), "category": marked("类别"), "project": marked("项目"), "task": marked("任务"),
    "clause": marked("条款"), "leads": marked("牵头单位"), "supports": marked("配合单位"),
    "key_project": marked("重点项目"), "note": marked("备注"), "key": marked("代号"), "target": marked("指标"),
    "kind": marked("种类"), "comparator": marked("比较"), "value": marked("数值"), "value_min": marked("不低于"),
    "value_max": marked("不高于"), "unit": marked("单位"), "period": marked("周期"), "due": marked("到期日"),
    "scope": marked("范围"), "formula": marked("怎么算"), "conditions": marked("条件"), "tasks": marked("对应任务"),
    "proof": marked("怎样证明"), "metric": marked("算法"), "proof_reason": marked("原因"),
    "streets": marked("问哪些街镇"), "parameter": marked("参数"), "starts_on": marked("从哪天起"), "text": marked("内容"),
}  # fmt: skip
ORIGINS = {"table": marked("任务分工表"), "duty": marked("职责")}
KINDS = {
    "boolean": marked("有或没有"),
    "count": marked("数量"),
    "ratio": marked("比例"),
    "per_unit_count": marked("每个单位的数量"),
    "frequency": marked("次数"),
    "hours": marked("课时"),
    "capacity_ratio": marked("人数比"),
}
COMPARATORS = {">=": "≥", "<=": "≤", "==": "="}
PERIODS = {
    "plan": marked("整个期限"),
    "by-date": marked("到某一天"),
    "year": marked("每年"),
    "month": marked("每月"),
}
SCOPES = {
    "district": marked("全区"), "city": marked("全市"), "street": marked("街镇"), "facility": marked("机构"),
    "staff": marked("从业人员"), "child": marked("幼儿"), "household": marked("家庭"), "newborn": marked("新生儿"),
}  # fmt: skip
PROOFS = {"counted": marked("计算"), "attested": marked("证明"), "not_yet": marked("尚未计算")}
UNIT_KINDS = {
    "education": marked("教育"), "health": marked("卫生健康"), "civil_affairs": marked("民政"),
    "development_reform": marked("发展改革"), "finance": marked("财政"), "planning": marked("规划资源"),
    "construction": marked("建设管理"), "housing": marked("房屋管理"), "market": marked("市场监管"),
    "fire": marked("消防"), "police": marked("公安"), "hr": marked("人力资源社会保障"), "tax": marked("税务"),
    "medical_insurance": marked("医疗保障"), "women": marked("妇联、妇儿工委"), "union": marked("工会"),
    "youth": marked("共青团"), "street": marked("街镇"), "town": marked("镇"), "subdistrict": marked("街道"),
    "park": marked("园区"), "association": marked("协会"), "office": marked("办公室"), "other": marked("其他"),
}  # fmt: skip
STREETS = {"street": marked("街镇"), "plan": marked("街镇和计划另列的园区"), "all": marked("全部")}
UNDECIDED = marked("还没有定怎样证明")
#: How long a text may be.
LENGTHS = {
    "title": 200, "number": 60, "stated": 120, "label": 60, "words": 4000, "name": 80, "full_name": 120,
    "category": 80, "project": 80,
    "text": 2000, "note": 1000, "key": 80, "unit": 20, "formula": 2000, "conditions": 200, "proof_reason": 300,
}  # fmt: skip
LARGEST_NUMBER, LARGEST_VALUE = 999, 1_000_000
PERCENT, WHOLE = "%", 100
MOST = {"clauses": 500, "units": 200, "tasks": 300, "targets": 300, "parameters": 200}
KEY = re.compile(r"[a-z0-9][a-z0-9_-]*")


class Problem(NamedTuple):
    """One fault: the part and the entry's place in it, the field, a sentence with named gaps, what fills them."""

    part: str
    index: int
    field: str
    sentence: str
    params: dict[str, Any] = {}


@dataclass(frozen=True)
class Known:
    """What the district has: units by slug, metrics, parameters with (last value, last first day), its tasks' ids. `on`:
    no value of a parameter begins before that day."""

    units: Mapping[str, str] = field(default_factory=dict)
    #: names and aliases of its units by `cells.key_of` -> the unit's name
    called: Mapping[str, str] = field(default_factory=dict)
    on: date | None = None
    metrics: frozenset[str] = frozenset()
    parameters: Mapping[str, tuple[Any, date]] = field(default_factory=dict)
    #: metric -> share | count | per_population
    measures: Mapping[str, str] = field(default_factory=dict)


#: What a metric's figure is, and which kinds of targets it can answer.
MEASURES = {"share": marked("比例"), "count": marked("个数"), "per_population": marked("人口比")}
ANSWERS = {
    "share": frozenset(KINDS) - {"capacity_ratio"},
    "count": frozenset(KINDS) - {"hours"},
    "per_population": frozenset({"capacity_ratio", "ratio"}),
}


def fits(target: Mapping, measure: str) -> bool:
    """Whether a metric of this measure can answer the target; a share of streets may be counted by each street's number."""
    kind, percent = target["kind"], target.get("unit") == PERCENT
    if measure == "count" and (percent if kind != "ratio" else not percent):
        return False
    return kind not in KINDS or kind in ANSWERS[measure]


def empty() -> dict:
    return {
        "document": {
            "title": "", "number": "", "issued_on": None, "printed_on": None, "issuers": [],
            "period": {"from": None, "to": None, "stated": "", "derived": False},
            "plan_title": "", "plan_number": "", "publicity": "", "bases": [], "notes": [], "source": "",
        },
        "clauses": [], "units": [], "tasks": [], "targets": [], "parameters": [], "more": {},
    }  # fmt: skip


def key_of(text: str, prefix: str = "t") -> str:
    """A key for what has none, the same for the same words each time."""
    return f"{prefix}-{zlib.crc32(text.encode()):08x}"


def free_key(text: str, taken: Iterable[str]) -> str:
    """`key_of`, another one where an entry of the same words has it."""
    key, taken = key_of(text), set(taken)
    others = (f"{key}-{n}" for n in itertools.count(2))
    return next(one for one in itertools.chain([key], others) if one not in taken)


def day(text: str | None) -> date | None:
    """A day as the content holds it; None for what is none."""
    try:
        return date.fromisoformat(text) if text else None
    except (TypeError, ValueError):
        return None


def name_of(part: str, entry: Mapping) -> str:
    """How an entry is called in a sentence."""
    if part == "tasks":
        return f"{entry.get('number') or ''} {(entry.get('text') or '')[:20]}".strip()
    return str(entry.get({"clauses": "label", "units": "name", "targets": "text"}.get(part, "key")) or "")[
        :30
    ]


# --- What is wrong ----------------------------------------------------------------------------------

EMPTY = marked("没有写")
TOO_LONG = marked("太长：最多 %(most)d 个字")
TWICE = marked("和第 %(other)d 条重复。一条留一个")
NO_CLAUSE = marked("文件里没有条款“%(given)s”。先在“条款”里加上，或者改成有的")
NO_UNITS = marked("“每个单位的数量”要写明是每个什么：范围选街镇或者机构，不选全区")
NO_UNIT = marked("没有单位“%(given)s”。照单位的全称写，或者先在“新单位”里加上")
UNIT_THERE = marked("本区已有单位“%(given)s”，不用再加。去掉这一条，任务里照它的名称写")
PAST = marked("不能早于今天（%(day)s），已经过去的日子按当时的取值算")
UNIT_TWICE = marked("“%(given)s”写了两遍")
NO_COMPARATOR = marked("没有写比较方式。填 ≥、≤ 或 =")
NOT_A_WORD = marked("“%(given)s”不认识。可填：%(choices)s")
WRONG_VALUE = marked("“%(given)s”不是 0 到 1000000 之间的数")
NO_VALUE = marked("没有写数值")
OVER_WHOLE = marked("比例不能超过 100%%。核对数值和单位")
NOT_FITTING = marked(
    "这个算法算的是%(measure)s，和种类“%(kind)s”、单位“%(unit)s”对不上。换一个算法，或者改种类和单位"
)
NO_DUE = marked("“到某一天”的指标要写到期日")
NO_TASK = marked("没有第 %(given)s 项任务")
NO_METRIC = marked("“计算”的要选一个算法")
UNKNOWN_METRIC = marked("没有算法“%(given)s”。从列表里选")
NO_REASON = marked("写一句原因：由什么材料证明，或者为什么还不能算")
NO_PARAMETER = marked("没有参数“%(given)s”。从参数页的列表里选")
OVERLAP = marked("从 %(day)s 起已有取值。起日要晚于这一天，同一天不能有两个取值")
NOT_A_DAY = marked("写成 2026-12-01 这样的日期")
REVERSED = marked("期限到 %(to)s，早于开始的 %(begin)s")
BELOW = marked("“不高于”比“不低于”小")
MANY = marked("最多 %(most)d 条")
NUMBER = marked("序号：填 1 到 999 之间的整数")
WRONG_KEY = marked("代号只用小写字母、数字、横线，字母或数字开头")
NOTHING = marked("条款、任务、指标、参数都还没有。至少写一条")


def problems(content: Mapping, known: Known) -> list[Problem]:
    """Every fault of the content; an empty list when it can be published."""
    found = [*document_problems(content["document"])]
    for part in PARTS:
        if len(content[part]) > MOST[part]:
            found.append(Problem(part, 0, "", MANY, {"most": MOST[part]}))
    found += clause_problems(content["clauses"])
    found += unit_problems(content["units"], known)
    labels = {clause["label"] for clause in content["clauses"]}
    units = {*known.units, *(unit["slug"] for unit in content["units"])}
    found += task_problems(content["tasks"], labels, units)
    found += target_problems(content["targets"], labels, content["tasks"], known)
    found += parameter_problems(content["parameters"], labels, known)
    if not any(content[part] for part in PARTS):
        found.append(Problem("document", 0, "", NOTHING))
    return found


def text_problem(part: str, index: int, name: str, text: Any, most: int, needed: bool = True):
    text = (text or "") if isinstance(text, str) or text is None else str(text)
    if needed and not text.strip():
        yield Problem(part, index, name, EMPTY)
    elif len(text) > most:
        yield Problem(part, index, name, TOO_LONG, {"most": most})


def document_problems(facts: Mapping) -> Iterator[Problem]:
    period = facts["period"]
    yield from text_problem("document", 0, "title", facts["title"], LENGTHS["title"])
    yield from text_problem("document", 0, "doc_number", facts["number"], LENGTHS["number"], False)
    yield from text_problem("document", 0, "period_stated", period["stated"], LENGTHS["stated"], False)
    if not facts["issuers"]:
        yield Problem("document", 0, "issuers", EMPTY)
    begin, end = day(period["from"]), day(period["to"])
    if begin is None:
        yield Problem("document", 0, "period_from", EMPTY)
    elif end is not None and end < begin:
        params = {"begin": period["from"], "to": period["to"]}
        yield Problem("document", 0, "period_to", REVERSED, params)


def doubles(part: str, name: str, keys: Iterable) -> Iterator[Problem]:
    seen: dict = {}
    for index, key in enumerate(keys):
        if key in seen and key not in (None, ""):
            yield Problem(part, index, name, TWICE, {"other": seen[key] + 1})
        seen.setdefault(key, index)


def clause_problems(clauses: list[dict]) -> Iterator[Problem]:
    for index, clause in enumerate(clauses):
        yield from text_problem("clauses", index, "label", clause["label"], LENGTHS["label"])
        yield from text_problem("clauses", index, "words", clause.get("text"), LENGTHS["words"], False)
    yield from doubles("clauses", "label", (clause["label"] for clause in clauses))


def there_already(unit: Mapping, known: Known) -> str:
    """The district's unit of that name or alias; '' where there is none, or where an earlier version brought this one."""
    if unit.get("slug") in known.units:
        return ""
    words = (known.called.get(key_word(word)) for word in (unit.get("name"), unit.get("full_name")) if word)
    return next(filter(None, words), "")


def unit_problems(units: list[dict], known: Known) -> Iterator[Problem]:
    for index, unit in enumerate(units):
        yield from text_problem("units", index, "name", unit["name"], LENGTHS["name"])
        if there := there_already(unit, known):
            yield Problem("units", index, "name", UNIT_THERE, {"given": there})
        if unit.get("kind") not in UNIT_KINDS:
            yield wrong_word("units", index, "kind_of_unit", unit.get("kind"), UNIT_KINDS)
        yield from text_problem(
            "units", index, "full_name", unit.get("full_name"), LENGTHS["full_name"], False
        )
        for alias in unit.get("aliases") or ():
            yield from text_problem("units", index, "aliases", alias, LENGTHS["name"])
    yield from doubles("units", "name", (unit["name"] for unit in units))


def clause_problem(part: str, index: int, label: str | None, labels: set[str], needed: bool):
    if not label:
        if needed:
            yield Problem(part, index, "clause", EMPTY)
    elif label not in labels:
        yield Problem(part, index, "clause", NO_CLAUSE, {"given": label[:60]})


def task_problems(tasks: list[dict], labels: set[str], units: set[str]) -> Iterator[Problem]:
    for index, task in enumerate(tasks):
        number = task["number"]
        if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= LARGEST_NUMBER:
            yield Problem("tasks", index, "number", NUMBER)
        if task["origin"] not in ORIGINS:
            yield wrong_word("tasks", index, "origin", task["origin"], ORIGINS.values())
        yield from text_problem("tasks", index, "task", task["text"], LENGTHS["text"])
        for name in ("category", "project", "note"):
            yield from text_problem("tasks", index, name, task.get(name), LENGTHS[name], False)
        yield from clause_problem("tasks", index, task.get("clause"), labels, False)
        for role in ("leads", "supports"):
            seen = set()
            for one in task[role]:
                if one["unit"] not in units:
                    yield Problem("tasks", index, role, NO_UNIT, {"given": (one["name"] or one["unit"])[:40]})
                elif one["unit"] in seen:
                    yield Problem("tasks", index, role, UNIT_TWICE, {"given": one["name"][:40]})
                yield from text_problem("tasks", index, role, one["name"], LENGTHS["name"])
                seen.add(one["unit"])
    yield from doubles("tasks", "number", ((task["origin"], task["number"]) for task in tasks))


def wrong_word(part: str, index: int, name: str, given: Any, choices: Iterable[str]) -> Problem:
    if given in (None, ""):
        return Problem(part, index, name, EMPTY)
    return Problem(part, index, name, NOT_A_WORD, {"given": str(given)[:40], "choices": "、".join(choices)})


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LARGEST_VALUE


def target_problems(targets: list[dict], labels, tasks, known: Known) -> Iterator[Problem]:
    numbers = {task["number"] for task in tasks}
    for index, target in enumerate(targets):
        if not KEY.fullmatch(target["key"] or ""):
            yield Problem("targets", index, "key", WRONG_KEY)
        yield from text_problem("targets", index, "key", target["key"], LENGTHS["key"])
        yield from text_problem("targets", index, "target", target["text"], LENGTHS["text"])
        for name in ("unit", "formula", "conditions", "note"):
            yield from text_problem("targets", index, name, target.get(name), LENGTHS[name], False)
        yield from clause_problem("targets", index, target.get("clause"), labels, True)
        if target["comparator"] not in COMPARATORS:
            if target["comparator"] in (None, ""):
                yield Problem("targets", index, "comparator", NO_COMPARATOR)
            else:
                yield wrong_word("targets", index, "comparator", target["comparator"], COMPARATORS.values())
        for name, words in (("kind", KINDS), ("period", PERIODS), ("scope", SCOPES)):
            if target[name] not in words:
                yield wrong_word("targets", index, name, target[name], words.values())
        yield from value_problems(index, target)
        if target["period"] == "by-date" and day(target.get("due")) is None:
            yield Problem("targets", index, "due", NO_DUE)
        for number in target.get("tasks") or ():
            if number not in numbers:
                yield Problem("targets", index, "tasks", NO_TASK, {"given": number})
        yield from proof_problems(index, target, known)
        yield from scope_problems(index, target)
    yield from doubles("targets", "key", (target["key"] for target in targets))


def scope_problems(index: int, target: Mapping) -> Iterator[Problem]:
    """What each unit must have is asked of units: a district's sum would call it reached while some have none."""
    if target["kind"] == "per_unit_count" and target["scope"] in ("district", "city"):
        yield Problem("targets", index, "scope", NO_UNITS)


def value_problems(index: int, target: Mapping) -> Iterator[Problem]:
    value, least, most = target.get("value"), target.get("value_min"), target.get("value_max")
    if target["kind"] == "boolean":
        if value is not True and not is_number(value):
            yield Problem("targets", index, "value", WRONG_VALUE, {"given": str(value)[:20]})
    elif value is None:
        yield Problem("targets", index, "value", NO_VALUE)
    elif not is_number(value):
        yield Problem("targets", index, "value", WRONG_VALUE, {"given": str(value)[:20]})
    elif target["kind"] == "ratio" and target.get("unit") == PERCENT and value > WHOLE:
        yield Problem("targets", index, "value", OVER_WHOLE)
    for name, given in (("value_min", least), ("value_max", most)):
        if given is not None and not is_number(given):
            yield Problem("targets", index, name, WRONG_VALUE, {"given": str(given)[:20]})
    if is_number(least) and is_number(most) and most < least:
        yield Problem("targets", index, "value_max", BELOW)


def proof_problems(index: int, target: Mapping, known: Known) -> Iterator[Problem]:
    if target["proof"] not in PROOFS:
        yield wrong_word("targets", index, "proof", target["proof"], PROOFS.values())
    elif target["proof"] == "counted":
        if not target.get("metric"):
            yield Problem("targets", index, "metric", NO_METRIC)
        elif target["metric"] not in known.metrics:
            yield Problem("targets", index, "metric", UNKNOWN_METRIC, {"given": target["metric"][:40]})
        elif (measure := known.measures.get(target["metric"])) and not fits(target, measure):
            kind, unit = KINDS.get(target["kind"], ""), target.get("unit") or "—"
            params = {"measure": MEASURES[measure], "kind": kind, "unit": unit[:20]}
            yield Problem("targets", index, "metric", NOT_FITTING, params)
    elif not (target.get("proof_reason") or "").strip():
        yield Problem("targets", index, "proof_reason", NO_REASON)
    most = LENGTHS["proof_reason"]
    yield from text_problem("targets", index, "proof_reason", target.get("proof_reason"), most, False)
    if target.get("streets", "plan") not in STREETS:
        yield wrong_word("targets", index, "streets", target.get("streets"), STREETS.values())


def parameter_problems(parameters: list[dict], labels, known: Known) -> Iterator[Problem]:
    for index, one in enumerate(parameters):
        begin = day(one.get("starts_on"))
        if begin is None:
            yield Problem("parameters", index, "starts_on", NOT_A_DAY)
        yield from clause_problem("parameters", index, one.get("clause"), labels, True)
        if one["key"] not in known.parameters:
            yield Problem("parameters", index, "parameter", NO_PARAMETER, {"given": str(one["key"])[:60]})
            continue
        last, since = known.parameters[one["key"]]
        try:
            read_value(one["value"], last, one["key"])
        except WrongValue as wrong:
            yield Problem("parameters", index, "value", str(wrong))
        if begin is not None and begin <= since:
            yield Problem("parameters", index, "starts_on", OVERLAP, {"day": since.isoformat()})
        elif begin is not None and known.on is not None and begin < known.on:
            yield Problem("parameters", index, "starts_on", PAST, {"day": known.on.isoformat()})
    yield from doubles("parameters", "parameter", (one["key"] for one in parameters))
