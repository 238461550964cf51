"""Items of a checklist's draft from a spreadsheet. Rows go one by one through the page's own services."""

from __future__ import annotations

import json
import re

from django.utils.translation import gettext as _

from facilities.models import Facility
from inspections.models import Checklist, ChecklistDraft, Matter, MatterVersion
from inspections.rules import checklists as rules
from inspections.rules.states import WEIGHTS
from inspections.services import checklist_drafts as drafts
from portal.access import Actor
from portal.errors import Refused
from portal.models import Clause
from portal.rules import cells
from portal.rules.cells import Choice, Text, YesNo, choice
from portal.rules.machine import marked
from portal.services import import_rows
from portal.services.import_rows import given
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices

LENGTHS = rules.LENGTHS
COLUMNS = (
    Column("checklist", marked("检查表"), aliases=("表", "检查表名称"), needed=True, example="安全防控",  # content
           width=20),
    Column("key", marked("项目代号"), Text(60), ("代号",), example="guards",  # content
           about=marked("改已有的项才填，导出的草稿里有；新加的空着"), width=16),
    Column("section", marked("部分"), Text(LENGTHS["section"]), ("类别", "检查类别"), needed=True,  # content
           example="设施安全", width=20),  # content
    Column("text", marked("检查什么"), Text(LENGTHS["text"]), ("检查项", "检查内容", "检查项目"), needed=True,  # content
           example="示例：活动区没有尖角，插座有保护", width=60),  # content
    Column("weight", marked("权重"), needed=True, example="高"),  # content
    Column("short", marked("关键项"), YesNo(), ("是否关键项",), example="否"),  # content
    Column("matter", marked("抽查事项"), aliases=("事项",), needed=True, example="场地设施", width=20),  # content
    Column("kinds", marked("用于"), Text(120), ("机构类型",), example="托育机构",  # content
           about=marked("只用于表里的几类机构才填，之间用顿号"), width=28),
    Column("clause", marked("条款"), aliases=("依据条款",), width=28,  # content
           about=marked("本区文件的条款；没有的写在“依据”里")),
    Column("quote", marked("原文"), Text(LENGTHS["quote"]), ("条款原文",), width=60,  # content
           about=marked("填了条款就照抄")),
    Column("basis", marked("依据"), Text(LENGTHS["basis"]), ("法规依据", "检查依据"), width=36,  # content
           example="示例办法第三条"),  # content
    Column("hint", marked("怎样查"), Text(LENGTHS["hint"]), ("检查方法",), width=40),  # content
    Column("weak", marked("待核对"), YesNo(), ("是否待核对",), example="否"),  # content
)  # fmt: skip
TWICE = marked("和第 %(other)d 行是同一项。一项留一行")
NO_DRAFT = marked("“%(given)s”没有可以改的草稿。先在检查表页起草")
NO_ITEM = marked("草稿里没有代号 %(given)s 的项。新加的项不填代号")
NO_CLAUSE = marked("本区的文件里没有“%(given)s”这一条。照模板“可填的值”里写，例如：%(choices)s")
SEPARATORS = re.compile("[、，,；;\\s]+")  # content
FIELDS = ("section", "text", "weight", "short", "matter", "clause", "quote", "basis", "hint", "weak")
EMPTY = {
    "short": False, "weak": False, "kinds": [], "clause": None, "quote": "", "basis": "", "hint": "",
}  # fmt: skip


def clauses() -> Choice:
    """The clauses of the district's documents as a draft's page writes them, by number or title of the document."""
    rows = list(Clause.objects.select_related("document").order_by("document", "position"))
    words, labels = {}, []
    for one in rows:
        labels.append(f"{one.document} {one.label}")
        for document in (one.document.number, one.document.title):
            if document:
                words[cells.key_of(f"{document}{one.label}")] = one.pk
                words[cells.key_of(f"《{document}》{one.label}")] = one.pk
    return Choice(words, tuple(labels), NO_CLAUSE, "bigint")


def columns(actor: Actor) -> tuple[Column, ...]:
    latest = MatterVersion.objects.filter(published_on__isnull=False).order_by("matter_id", "number")
    called = {one.matter_id: one.name for one in latest}
    known = [(one.key, called[one.pk]) for one in Matter.objects.all() if one.pk in called]
    lists = list(Checklist.objects.values_list("key", "name"))
    return with_choices(
        COLUMNS,
        checklist=choice(lists, {key: key for key, _name in lists}),
        weight=choice([(key, _(label)) for key, label in WEIGHTS.items()]),
        matter=choice(known, {key: key for key, _name in known}),
        clause=clauses(),
    )


def kinds_of(text: str, allowed: list[str]) -> list[str]:
    """The kinds that a cell names. Refused for a word that is none of the list's."""
    names = dict(Facility.Kind.choices)
    known = choice([(kind, str(names.get(kind, kind))) for kind in allowed])
    found = []
    for word in (one for one in SEPARATORS.split(text) if one):
        kind = known.read(word)
        if not isinstance(kind, str):
            sentence = _("用于：这张表没有“%(given)s”。可填：%(choices)s") % {
                "given": word,
                "choices": cells.listed(known.labels),
            }
            raise Refused(sentence, field="kinds", code="values", errors={"kinds": sentence})
        found.append(kind)
    return sorted(set(found))


def written(kinds: list[str]) -> str:
    names = dict(Facility.Kind.choices)
    return _("、").join(str(names.get(kind, kind)) for kind in kinds)


def open_drafts() -> list[ChecklistDraft]:
    return list(ChecklistDraft.objects.filter(state="draft").select_related("checklist"))


def match(stage: Stage) -> None:
    """The items of the open drafts stand in a table beside the rows: a draft holds them as one value."""
    stage.run(
        "DROP TABLE IF EXISTS pg_temp.import_known;"
        "CREATE TEMPORARY TABLE import_known (id bigint PRIMARY KEY, checklist text, key text, section text, text text,"
        " weight text, short boolean, matter text, kinds text, clause bigint, quote text, basis text, hint text,"
        " weak boolean) ON COMMIT DROP"
    )
    known, found = [], open_drafts()
    for draft in found:
        for item in draft.items:
            row = item | {"checklist": draft.checklist.key, "kinds": written(item["kinds"])}
            known.append(row | {"id": len(known) + 1})
    stage.run(
        "INSERT INTO import_known SELECT * FROM jsonb_populate_recordset(null::import_known, %s::jsonb)",
        [json.dumps(known)],
    )
    in_words(stage, {draft.checklist.key: draft.checklist.kinds for draft in found})
    stage.twice(["checklist", "key"], "key", TWICE)
    stage.twice(["checklist", "text"], "text", TWICE, "key IS NULL")
    stage.remark(
        "checklist",
        NO_DRAFT,
        "SELECT i.row, (SELECT name FROM inspections_checklist c WHERE c.key = i.checklist) AS given FROM import_row i"
        " WHERE i.checklist IS NOT NULL AND NOT i.checklist = ANY(%(open)s)",
        {"open": [draft.checklist.key for draft in found]},
    )
    stage.remark(
        "key",
        NO_ITEM,
        "SELECT i.row, i.key AS given FROM import_row i WHERE i.key IS NOT NULL AND i.checklist = ANY(%(open)s) AND"
        " NOT EXISTS (SELECT FROM import_known t WHERE t.checklist = i.checklist AND t.key = i.key)",
        {"open": [draft.checklist.key for draft in found]},
    )
    stage.run(
        "INSERT INTO import_match (row, target) SELECT DISTINCT ON (i.row) i.row, t.id FROM import_row i"
        " JOIN import_known t ON t.checklist = i.checklist"
        " AND (t.key = i.key OR i.key IS NULL AND t.text = i.text)"
        " ORDER BY i.row, t.section = i.section DESC, t.id"
    )
    stage.compare("import_known", {name: f"t.{name}" for name in (*FIELDS, "kinds")})


def in_words(stage: Stage, kinds: dict[str, list[str]]) -> None:
    """Cells that name kinds, as a draft's own are written: another order or separator is no change."""
    rows = stage.run("SELECT DISTINCT checklist, kinds FROM import_row WHERE kinds IS NOT NULL")
    for key, text in rows:
        try:
            words = written(kinds_of(text, kinds.get(key, [])))
        except Refused:
            continue  # said when the row is tried
        stage.run("UPDATE import_row SET kinds = %s WHERE checklist = %s AND kinds = %s", [words, key, text])


def save(stage: Stage, row: dict) -> None:
    draft = next((one for one in open_drafts() if one.checklist.key == row["checklist"]), None)
    if draft is None:
        raise Refused(_(NO_DRAFT) % {"given": row["checklist"]}, field="checklist", code="values")
    same = [
        one
        for one in draft.items
        if one["key"] == row["key"] or (not row["key"] and one["text"] == row["text"])
    ]
    same.sort(key=lambda one: one["section"] != row["section"])
    facts = given(row, FIELDS)
    if row["kinds"] is not None:
        facts["kinds"] = kinds_of(row["kinds"], draft.checklist.kinds)
    now = {name: same[0][name] for name in rules.FIELDS} if same else EMPTY
    key = same[0]["key"] if same else ""
    drafts.save_item(draft, key=key, version=draft.version, actor=stage.actor, **now | facts)


CHECKLIST_ITEMS = ImportList(
    key="checklist-items", title=marked("检查项"), unit=marked("项"), url="checklists", right="checklist.draft",
    columns=columns, match=match, known_by=(("checklist", "key"), ("checklist", "text")), order=86,
    trial=import_rows.trial(save),
    write=import_rows.writer(save, "checklist.draft"),
    about=marked("写进这张检查表的草稿；按代号认，没有代号按“检查什么”的原话认。新的项排在它那一部分的最后"),
)  # fmt: skip
