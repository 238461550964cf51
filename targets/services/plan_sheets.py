"""A document as a workbook of six sheets: an empty one to fill in, a draft's or a version's own, and one handed in."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import zip_longest
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.rules import cells, headings
from portal.rules.cells import Choice, Day, Text, Wrong, YesNo, choice
from portal.rules.machine import marked
from portal.services.exports import Book
from portal.services.import_files import EMPTY, LARGE_SMALL, SMALL, inspect, look_through, opened, refuse
from portal.spreadsheets import OutColumn
from targets.metrics.registry import METRICS
from targets.rules import plan_content as content_rules
from targets.rules.plan_content import FIELD_LABELS, LENGTHS
from targets.services import plan_base
from targets.services.plan_cells import ManyNumbers, NumberOrYes, Whole, Words, Written
from targets.services.plan_yaml import Fault, new_slug

MOST_ROWS = 2000
#: From so many on a column's words stand on a sheet of their own.
TOLD = 20


@dataclass(frozen=True)
class Col:
    field: str
    label: str  # of FIELD_LABELS, or a marked text
    parser: Any
    aliases: tuple[str, ...] = ()
    width: int = 14
    needed: bool = False
    hint: str = ""  # a marked text

    @property
    def heading(self) -> str:
        return FIELD_LABELS.get(self.label, self.label)


def words_of(labels: Mapping[str, str], more: Mapping[str, str] | None = None) -> Choice:
    pairs = [(key, _(label)) for key, label in labels.items()]
    return choice(pairs, {**{key: key for key in labels}, **(more or {})})


def metric_words() -> Choice:
    return words_of({key: metric.label for key, metric in METRICS.items()})


COMPARE = {
    "不少于": ">=", "不低于": ">=", "至少": ">=", "大于等于": ">=", "不超过": "<=", "不多于": "<=",  # content
    "不高于": "<=", "最多": "<=", "小于等于": "<=", "等于": "==", "达到": "==", "=": "==", "≧": ">=", "≦": "<=",  # content
}  # fmt: skip


def columns(parameters: Mapping[str, str] | None = None) -> dict[str, tuple[Col, ...]]:
    """The columns of each sheet, in the reader's language; `parameters`: `plan_base.parameter_names`, where read."""
    names = words_of(plan_base.parameter_names() if parameters is None else parameters)
    parameters = replace(
        names, sentence=marked("没有参数“%(given)s”。照“可填的值”表里的名称或代号写，不带取值")
    )
    metrics = replace(metric_words(), sentence=marked("没有算法“%(given)s”。照“可填的值”表里的名称或代号写"))
    return {
        "clauses": (
            Col("label", "label", Text(LENGTHS["label"]), width=24, needed=True),
            Col("text", "words", Text(LENGTHS["words"], lines=True), ("条款原文", "内容"), 80),  # content
        ),
        "units": (
            Col("name", "name", Text(LENGTHS["name"]), ("单位", "单位名称"), 24, True),  # content
            Col("full_name", "full_name", Text(LENGTHS["full_name"]), ("单位全称",), 30),  # content
            Col("kind", "kind_of_unit", words_of(content_rules.UNIT_KINDS), width=16),
            Col("aliases", "aliases", Words(), ("简称",), 30),  # content
            Col("collective", "collective", YesNo(), ("是否集体单位",)),  # content
        ),
        "tasks": (
            Col("origin", marked("来源"), words_of(content_rules.ORIGINS), width=12),
            Col("number", "number", Whole(), ("编号", "任务序号"), 8, True),  # content
            Col("category", "category", Text(80), ("任务类别",), 26),  # content
            Col("project", "project", Text(80), ("任务项目",), 26),  # content
            Col("text", "task", Text(LENGTHS["text"]), ("任务内容", "具体任务"), 60, True),  # content
            Col("clause", "clause", Text(60), ("条款号",), 24),  # content
            Col("leads", "leads", Words(), ("牵头部门", "责任单位"), 40),  # content
            Col("supports", "supports", Words(), ("配合部门", "协办单位"), 40),  # content
            Col("key_project", "key_project", YesNo(), ("是否重点项目",), 10),  # content
            Col("note", "note", Text(LENGTHS["note"]), width=30),
        ),
        "targets": (
            Col("key", "key", Text(80), width=28),
            Col("clause", "clause", Text(60), ("条款号",), 24, True),  # content
            Col("text", "target", Text(LENGTHS["text"]), ("指标内容", "指标原文"), 60, True),  # content
            Col("kind", "kind", words_of(content_rules.KINDS), ("指标种类",), needed=True),  # content
            Col(
                "comparator",
                "comparator",
                words_of(content_rules.COMPARATORS, COMPARE),
                ("比较方式",),  # content
                8,
                True,
                marked("在 Excel 里输入“=”会变成公式，写“等于”"),
            ),
            Col(
                "value",
                "value",
                NumberOrYes(),
                ("目标值",),  # content
                10,
                True,
                marked("只写数。“有或没有”的不用填"),
            ),
            Col("value_min", "value_min", NumberOrYes(), width=10),
            Col("value_max", "value_max", NumberOrYes(), width=10),
            Col("unit", "unit", Text(20), ("计量单位",), 10),  # content
            Col("period", "period", words_of(content_rules.PERIODS), needed=True),
            Col("due", "due", Day(), ("完成日期",), 12, hint=marked("“到某一天”的要填")),  # content
            Col("scope", "scope", words_of(content_rules.SCOPES), needed=True),
            Col("formula", "formula", Text(LENGTHS["formula"]), ("计算方法",), 40),  # content
            Col("conditions", "conditions", Text(200), width=30),
            Col("tasks", "tasks", ManyNumbers(), ("任务",), 10),  # content
            Col("proof", "proof", words_of(content_rules.PROOFS), width=12),
            Col("metric", "metric", metrics, width=24, hint=marked("“计算”的要填")),
            Col("proof_reason", "proof_reason", Text(300), width=40, hint=marked("不是“计算”的要填")),
            Col("streets", "streets", words_of(content_rules.STREETS), width=16),
            Col("note", "note", Text(LENGTHS["note"]), ("备注",), 30),  # content
        ),
        "parameters": (
            Col("key", "parameter", parameters, width=40, needed=True),
            Col("value", "value", Written(), ("取值",), needed=True),  # content
            Col("starts_on", "starts_on", Day(), ("起日",), 12, True),  # content
            Col("clause", "clause", Text(60), ("条款号",), 24, True),  # content
        ),
    }


FACTS: tuple[tuple[str, Any], ...] = (
    ("title", Text(LENGTHS["title"])),
    ("doc_number", Text(LENGTHS["number"])),
    ("issuers", Words()),
    ("issued_on", Day()),
    ("printed_on", Day()),
    ("period_from", Day()),
    ("period_to", Day()),
    ("period_stated", Text(LENGTHS["stated"])),
    ("bases", Words()),
)
#: Names of the sheets.
SHEETS = content_rules.PART_LABELS


# --- Out --------------------------------------------------------------------------------------------


def facts_row(facts: Mapping) -> dict[str, Any]:
    period = facts["period"]
    return {
        "title": facts["title"], "doc_number": facts["number"], "issuers": "、".join(facts["issuers"]),
        "issued_on": content_rules.day(facts["issued_on"]), "printed_on": content_rules.day(facts["printed_on"]),
        "period_from": content_rules.day(period["from"]), "period_to": content_rules.day(period["to"]),
        "period_stated": period["stated"], "bases": "、".join(facts["bases"]),
    }  # fmt: skip


def shown(column: Col, value: Any, parser: Any) -> Any:
    """A field as its cell has it."""
    if column.field in ("leads", "supports"):
        return "、".join(one["name"] for one in value or ())
    if isinstance(value, list):
        return "、".join(str(one) for one in value)
    if isinstance(parser, Choice):
        index = list(parser.words.values()).index(value) if value in parser.words.values() else -1
        return parser.labels[index] if 0 <= index < len(parser.labels) else value
    if isinstance(parser, Day):
        return content_rules.day(value)
    return value


def workbook(content: Mapping) -> bytes:
    """The content by sheets; an empty one is the template. It comes in again without a change."""
    buffer = io.BytesIO()
    title, names = SHEETS["document"], plan_base.parameter_names()
    sheets = columns(names)
    book = Book(buffer, _(title))
    book.head((OutColumn(marked("项目"), 16), OutColumn(marked("内容"), 80)))
    for name, value in facts_row(content["document"]).items():
        book.add((_(FIELD_LABELS[name]), value))
    for part, cols in sheets.items():
        book.sheet, book.rows = book.book.add_worksheet(_(SHEETS[part])), 0
        book.head(OutColumn(col.heading, col.width) for col in cols)
        for index, col in enumerate(cols):
            if isinstance(col.parser, Choice) and not content[part]:
                offer(book.sheet, index, col)
        for entry in content[part]:
            book.add(shown(col, entry.get(col.field), col.parser) for col in cols)
    about(book, sheets)
    lists(book, names, timezone.localdate())
    book.close()
    return buffer.getvalue()


def offer(sheet, index: int, col: Col) -> None:
    """A list to choose from, where it is short enough for Excel's rule."""
    if sum(len(label) + 1 for label in col.parser.labels) <= 255:
        sheet.data_validation(1, index, 500, index, {"validate": "list", "source": list(col.parser.labels)})


def about(book: Book, sheets: Mapping[str, tuple[Col, ...]]) -> None:
    """What each column takes, on a sheet of its own."""
    book.sheet, book.rows = book.book.add_worksheet(_("填写说明")), 0
    book.head((OutColumn(marked("工作表"), 12), OutColumn(marked("列"), 16), OutColumn(marked("要不要填"), 10),
               OutColumn(marked("可填的值"), 90)))  # fmt: skip
    for part, cols in sheets.items():
        for col in cols:
            labels = col.parser.labels if isinstance(col.parser, Choice) else ()
            values = "、".join(labels)
            if len(labels) > TOLD:
                values = _("有 %(n)d 个，见“可填的值”表") % {"n": len(labels)}
            values = "。".join(word for word in (_(col.hint) if col.hint else "", values) if word)
            needed = _("要填") if col.needed else _("可不填")
            book.add((_(SHEETS[part]), _(col.heading), needed, values))


def lists(book: Book, names: Mapping[str, str], on: date) -> None:
    """The lists that are too long for a cell, a word in a row, with the code that is taken as well."""
    book.sheet, book.rows = book.book.add_worksheet(_("可填的值")), 0
    metrics = [(_(metric.label), key) for key, metric in METRICS.items()]
    values = plan_base.parameter_values(on)
    parameters = [(name, key, values.get(key) or _("还没有取值")) for key, name in names.items()]
    book.head((
        OutColumn(marked("算法"), 40), OutColumn(marked("算法的代号"), 28), OutColumn(marked("参数"), 40),
        OutColumn(marked("参数的代号"), 32), OutColumn(marked("现在的取值"), 40),
    ))  # fmt: skip
    for metric, parameter in zip_longest(metrics, parameters, fillvalue=("", "", "")):
        book.add((*metric[:2], *parameter))


# --- In ---------------------------------------------------------------------------------------------


@dataclass
class Read:
    """What a workbook gives: parts as plan_merge takes them, faults, and where each entry's fields stand."""

    given: dict
    faults: list[Fault]
    places: dict[tuple[str, int, str], str]


def read(data: bytes, name: str, district: str) -> Read:
    """A workbook's sheets by their names. Refused for what is no .xlsx or must not be opened."""
    if not data:
        raise refuse(EMPTY, name=name)
    if len(data) > SMALL:
        raise refuse(LARGE_SMALL, name=name, mb=round(len(data) / 1024 / 1024, 1))
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        inspect(file.name, name)
    look_through(io.BytesIO(data), name)
    book, visible = opened(io.BytesIO(data), name)
    titles = {cells.key_of(_(label)): part for part, label in SHEETS.items()}
    titles |= {cells.key_of(label): part for part, label in SHEETS.items()}
    found = Read({}, [], {})
    for title in visible:
        part = titles.get(cells.key_of(title))
        if part is None:
            continue
        rows = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
        if part == "document":
            read_facts(found, title, rows)
        else:
            read_part(found, part, title, rows)
    if not found.given and not found.faults:
        sheets = "、".join(_(label) for label in SHEETS.values())
        found.faults.append(("", _("没有认得的工作表。要有其中的一张：%(sheets)s") % {"sheets": sheets}))
    resolve(found, district)
    return found


def sentence(wrong: Wrong) -> str:
    return _(wrong.text) % wrong.facts


def frozen(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def read_facts(found: Read, title: str, rows: list[list]) -> None:
    labels = {}
    for name, _parser in FACTS:
        labels |= {cells.key_of(_(FIELD_LABELS[name])): name, cells.key_of(FIELD_LABELS[name]): name}
    parsers, values = dict(FACTS), {}
    for number, row in enumerate(rows[:100], 1):
        label = cells.text_of(row[0]) if row else ""
        name = labels.get(cells.key_of(label)) if isinstance(label, str) and label else None
        if name is None:
            continue
        found.places["document", 0, name] = f"{title}!B{number}"
        raw = row[1] if len(row) > 1 else ""
        value = None if cells.empty(raw) else parsers[name].read(raw)
        if isinstance(value, Wrong):
            found.faults.append((f"{title}!B{number}", sentence(value)))
            continue
        values[name] = frozen(value)
    if values:
        found.given["document"] = facts_given(values)


def facts_given(values: Mapping) -> dict:
    facts: dict[str, Any] = {}
    for name, to in (("title", "title"), ("doc_number", "number")):
        if name in values:
            facts[to] = values[name] or ""
    for name in ("issuers", "bases"):
        if name in values:
            facts[name] = values[name] or []
    for name in ("issued_on", "printed_on"):
        if name in values:
            facts[name] = values[name]
    period = {
        to: values[name] for name, to in (("period_from", "from"), ("period_to", "to")) if name in values
    }
    if "period_stated" in values:
        period["stated"] = values["period_stated"] or ""
    return facts | ({"period": period} if period else {})


def read_part(found: Read, part: str, title: str, rows: list[list]) -> None:
    cols = {col.field: col for col in columns()[part]}
    names = {}
    for col in cols.values():
        for word in (_(col.heading), col.heading, *col.aliases):
            names.setdefault(headings.key(word), col.field)
    heads = headings.find(rows[: headings.SEARCHED_ROWS + headings.HEADING_ROWS], names)
    missing = [
        _(col.heading)
        for col in cols.values()
        if col.needed and (heads is None or col.field not in heads.columns)
    ]
    if missing:
        if any(any(not cells.empty(one) for one in row) for row in rows):
            found.faults.append(
                (title, _("缺少列：%(missing)s。照模板写列名") % {"missing": "、".join(missing)})
            )
        return
    entries: list[dict] = []
    for number, row in enumerate(rows, 1):
        if number <= heads.last or all(cells.empty(one) for one in row):
            continue
        if len(entries) >= MOST_ROWS:
            found.faults.append((f"{title}!A{number}", _("最多 %(most)d 行") % {"most": MOST_ROWS}))
            break
        entry: dict[str, Any] = {}
        for name, index in heads.columns.items():
            where = f"{title}!{headings.address(number, index)}"
            found.places[part, len(entries), name] = where
            raw = row[index] if index < len(row) else ""
            value = None if cells.empty(raw) else cols[name].parser.read(raw)
            if isinstance(value, Wrong):
                found.faults.append((where, sentence(value)))
                value = None
            entry[name] = frozen(plain_number(value))
        found.places[part, len(entries), ""] = f"{title}!A{number}"
        carry(part, entry, entries)
        entries.append({name: BLANKS.get((part, name), lambda v: v)(value) for name, value in entry.items()})
    if entries:
        found.given[part] = entries


def plain_number(value: Any) -> Any:
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def text(value: Any) -> Any:
    return value or ""


def many(value: Any) -> Any:
    return value or []


BLANKS: dict[tuple[str, str], Callable] = {
    **{("clauses", name): text for name in ("label", "text")},
    ("units", "name"): text, ("units", "full_name"): text,
    ("units", "kind"): lambda v: v or "other", ("units", "aliases"): many,
    ("units", "collective"): bool, ("tasks", "origin"): lambda v: v or "table",
    **{("tasks", name): text for name in ("category", "project", "text", "clause", "note")},
    **{("tasks", name): many for name in ("leads", "supports")},
    **{("targets", name): text for name in ("key", "clause", "text", "unit", "formula", "conditions", "metric",
                                            "proof_reason", "note")},
    ("targets", "tasks"): many, ("targets", "proof"): lambda v: v or "not_yet",
    ("targets", "streets"): lambda v: v or "plan",
    **{("parameters", name): text for name in ("key", "value", "clause")},
}  # fmt: skip


def carry(part: str, entry: dict, before: list[dict]) -> None:
    """A cell that is merged away in the table of tasks says what the one above says; a new category begins without a
    project."""
    if part != "tasks" or not before or entry.get("origin") == "duty":
        return
    new = entry.get("category") and entry["category"] != before[-1].get("category")
    for name in ("category",) if new else ("category", "project"):
        if name in entry and not entry[name] and before[-1].get(name):
            entry[name] = before[-1][name]
            entry["carried"] = [*entry.get("carried", ()), name]


def resolve(found: Read, district: str) -> None:
    """Names of units into units; what a name does not lead to is said by the rules of the content."""
    known = plan_base.known()
    for one in found.given.get("units", ()):
        one["slug"] = new_slug(district, one["name"])
    # one that the district has already is a fault of its own row, and its tasks mean the district's
    names = plan_base.unit_names(
        one for one in found.given.get("units", ()) if not content_rules.there_already(one, known)
    )
    for task in found.given.get("tasks", ()):
        for role in ("leads", "supports"):
            if role in task:
                task[role] = plan_base.named_units(task[role], names)
