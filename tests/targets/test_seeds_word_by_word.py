"""Each task, duty, target, rule and stage of the database stands in its own clause of the document, word for word,
and nothing that the documents number or ask in numbers is missing in the database.

Only blanks and full or half width may differ. Each exception is named below, with its reason.
"""

from __future__ import annotations

import hashlib
import html
import re

import pytest
from django.urls import reverse

from portal.models import CareMode, Clause, PolicyDocument, PolicyRule, Unit
from portal.services.reference import load_reference
from portal.tenancy import district_scope
from targets.models import (
    AssessmentItem,
    CycleQuota,
    CycleStage,
    RevocationCondition,
    Target,
    Task,
    TaskUnit,
)
from tests import papers
from tests.portal.test_reference import SHARED

HOME = {"minhang": 310112, "jinshan": 310116, "pudong": 310115}
PLANS = list(papers.PAPERS)
pytestmark = pytest.mark.django_db


def scope(name: str):
    return district_scope(HOME.get(name, 310000))


# ---- the papers


def test_the_papers_are_the_ones_that_were_handed_over():
    listed = re.findall(
        r"^\| (\S+\.txt) \|.*\| ([0-9a-f]{64}) \|$", (papers.FOLDER / "README.md").read_text(), re.M
    )
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in papers.FOLDER.glob("*.txt")}
    assert dict(listed) == found and found.keys() == set(papers.PAPERS.values())
    for path in (SHARED / "seeds").glob("*.txt"):
        assert found[path.name] == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("name", "clauses", "rows"),
    [("minhang", 31, 23), ("shanghai-demonstration", 23, 0), ("jinshan", 21, 0), ("pudong", 33, 30),
     ("shanghai-plan-2020", 8, 0)],
)  # fmt: skip
def test_the_papers_are_cut_whole(name, clauses, rows):
    """Nothing is lost in the cutting: the clauses together are the paper."""
    cut = papers.clauses(name)
    table = papers.rows(name) if rows else {}
    assert (len(cut), list(table)) == (clauses, list(range(1, rows + 1)))
    if name != "shanghai-plan-2020":
        whole = papers.words(
            "".join(line.strip().removeprefix("- ") for line in papers.body(name).splitlines())
        )
        assert "".join(cut.values()) == whole


# ---- from the database to the paper


def quotes(document) -> list[tuple[str, str, str]]:
    """What the database says in the document's words: (where, clause, words)."""
    found = []
    for one in Target.objects.filter(document=document).select_related("clause"):
        found.append((f"target {one.key}", one.clause.label, one.text))
        found += [(f"target {one.key}, also", o["clause"], o["text"]) for o in one.also if o.get("text")]
    for one in PolicyRule.objects.filter(document=document).select_related("clause"):
        found.append((f"rule {one.key}", one.clause.label, one.text))
    for one in CareMode.objects.filter(document=document).select_related("clause"):
        found += [
            (f"mode {one.key}", one.clause.label, t) for t in (one.name, one.definition, one.suggested_sites)
        ]
    for one in CycleStage.objects.filter(document=document).select_related("clause"):
        found.append((f"stage {one.number}", one.clause.label, one.text))
        found.append((f"stage {one.number}, name", one.clause.label, one.name))
        found += [(f"stage {one.number}, step", one.clause.label, step["text"]) for step in one.steps]
    for one in CycleQuota.objects.filter(document=document).select_related("clause"):
        found.append((f"quota {one.key}", one.clause.label, one.text))
    for one in RevocationCondition.objects.filter(document=document).select_related("clause"):
        found.append((f"condition {one.number}", one.clause.label, one.text))
    for one in AssessmentItem.objects.filter(document=document).select_related("clause"):
        found.append((f"indicator {one.key}", one.clause.label, one.text))
        found.append((f"indicator {one.key}, area", one.clause.label, one.area_title))
    for one in Task.objects.filter(document=document, origin="duty").select_related("clause"):
        found.append((f"duty {one.number}", one.clause.label, one.text))
        found += [
            (f"duty {one.number}, unit", one.clause.label, unit.name)
            for unit in one.units.filter(role="lead")
        ]
    return found


@pytest.mark.parametrize("name", PLANS)
def test_each_clause_and_row_says_what_its_paper_says_word_by_word(name):
    """No clause more, no clause less, in the paper's order."""
    with scope(name):
        made = Clause.objects.filter(document__key=name).order_by("position").values_list("label", "text")
        made = {label: papers.words(text) for label, text in made}
    written = papers.whole(name)
    assert made == written
    body = [label for label in made if not label.startswith("附件")]
    assert body == [label for label in written if not label.startswith("附件")]


#: What the copies lost, and what of it the clause says (tests/seeds/README.md).
LOST = {
    ("minhang", "三（二）4"): "and",
    ("minhang", "附件·任务分工方案·序号9"): "没有写牵头单位",
    ("minhang", "附件·任务分工方案·序号15"): "都不知道",
    ("minhang", "附件·任务分工方案·序号22"): "是类别还是项目不知道",
    ("jinshan", "三"): "照抄",
    ("pudong", "附件·任务分工表"): "哪些是重点项目不知道",
    ("shanghai-plan-2020", "二·另一方面"): "后面的话不知道",
}


@pytest.mark.parametrize("name", PLANS)
def test_a_clause_says_what_the_copy_lost_of_it(name):
    with scope(name):
        noted = dict(Clause.objects.filter(document__key=name).exclude(note="").values_list("label", "note"))
    assert noted.keys() == {label for of, label in LOST if of == name}
    assert [label for label, note in noted.items() if LOST[name, label] not in note] == []


@pytest.mark.parametrize(
    ("slug", "name", "who"),
    [("minhang", "minhang", "bureau"), ("jinshan", "jinshan", "stranger"),
     ("shanghai", "shanghai-demonstration", "city_officer"), ("shanghai", "shanghai-plan-2020", "city_officer")],
)  # fmt: skip
def test_the_page_shows_the_words_of_each_clause(client, cast, slug, name, who):
    client.force_login(getattr(cast, who))
    page = client.get(reverse("document", args=[slug, name])).content.decode()
    sections = re.findall(
        r'<section id="c\d+"><h2>(.*?)</h2><p class="quote">(.*?)</p>(.*?)</section>', page, re.S
    )
    shown = {label: papers.words(html.unescape(text.replace("<br>", ""))) for label, text, _rest in sections}
    assert shown == papers.whole(name)
    for (of, label), words in LOST.items():
        if of == name:
            assert words in next(rest for one, _text, rest in sections if one == label)


def test_loading_again_keeps_words_and_the_districts_own(cast):
    """The file's words reach a clause that somebody mended by hand; what a district entered itself stays as it is."""
    with scope("minhang"):
        Clause.objects.filter(document__key="minhang", label="二（二）1").update(text="", note="x")
        own = PolicyDocument.objects.create(
            key="own-plan", title="示例文件", origin=PolicyDocument.Origin.OWN
        )
        Clause.objects.create(document=own, label="一", text="示例原文")
    load_reference(force=True)
    with scope("minhang"):
        mended = Clause.objects.get(document__key="minhang", label="二（二）1")
        assert (papers.words(mended.text), mended.note) == (papers.whole("minhang")["二（二）1"], "")
        assert Clause.objects.get(document=own).text == "示例原文"
    assert not any(tally.total for tally in load_reference(force=True).values())


def places(name: str) -> dict[str, str]:
    """All that a clause may be: of the body, and the rows of the table."""
    table = papers.rows(name) if name in papers.TABLES else {}
    return papers.clauses(name) | {papers.TABLES[name].format(n): cells for n, cells in table.items()}


@pytest.mark.parametrize("name", PLANS)
def test_each_word_of_the_database_stands_in_its_clause(name):
    written = places(name)
    with scope(name):
        document = PolicyDocument.objects.get(key=name)
        found = quotes(document)
    assert len(found) > 18 and document.source == papers.PAPERS[name]
    assert [(w, c, t) for w, c, t in found if papers.words(t) not in written[c]] == []


@pytest.mark.parametrize("name", PLANS)
def test_the_head_of_each_document_is_the_papers(name):
    head = papers.words(papers.read(name))
    with scope(name):
        row = PolicyDocument.objects.get(key=name)
    assert [one for one in (row.number, *row.issuers, *row.bases) if papers.words(one) not in head] == []
    if name == "shanghai-plan-2020":
        # an account of a press conference: it has a title of ours, and a day of which it does not say the year
        assert row.number == "" and "9月16日" in head and (row.issued_on.month, row.issued_on.day) == (9, 16)
    else:
        assert papers.words(row.title) in head
        assert f"{row.issued_on.year}年{row.issued_on.month}月{row.issued_on.day}日" in head


# ---- the task tables: each row whole, cell by cell


def row_as_printed(task: Task) -> str:
    """The cells in the order of the table; what was carried over from the row above is not printed again.

    Minhang's row 22 has one title for two columns, printed in the first: it is read as the second, 项目.
    """
    units = {
        role: "、".join(link.name for link in task.units.filter(role=role).order_by("position"))
        for role in ("lead", "support")
    }
    cells = [getattr(task, field) for field in ("category", "project") if field not in task.carried]
    cells.append(task.text)
    cells += [
        f"{word}:{units[role]}"
        for role, word in (("lead", "牵头单位"), ("support", "配合单位"))
        if units[role]
    ]
    return papers.words("".join(cells))


@pytest.mark.parametrize("name", list(papers.TABLES))
def test_each_row_of_the_table_is_whole_in_the_database(name):
    written = papers.rows(name)
    with scope(name):
        tasks = Task.objects.filter(document__key=name, origin="table").prefetch_related("units")
        made = {task.number: row_as_printed(task) for task in tasks}
    assert made == written


@pytest.mark.parametrize("name", [*papers.TABLES, "jinshan"])
def test_each_unit_is_called_as_the_paper_calls_it(name):
    with scope(name):
        links = list(TaskUnit.objects.filter(task__document__key=name).select_related("unit", "unit__street"))
        strange = [
            (link.task_id, link.name)
            for link in links
            if link.name not in (link.unit.name, *link.unit.aliases)
        ]
        known = {word for unit in Unit.objects.all() for word in (unit.name, *unit.aliases)}
    assert len(links) > 18 and strange == [] and len(known) > 20


# ---- Jinshan has no table: its duties are the rows

#: What section 五 is without its duties and the units that have them.
MORTAR = "五、工作机制通过,。。。。。。、、等部门。。"
#: Sentences that begin with a unit and ask nothing of it.
NO_DUTY = {
    ("四2", "各街镇(高新区)可根据本街镇实际"): "may, not must",
    ("六3", "各街镇(高新区)社区托育服务工作开展情况将纳入"): "what the district does; a target has it",
}


@pytest.fixture
def duties():
    with scope("jinshan"):
        rows = Task.objects.filter(document__key="jinshan").order_by("number").select_related("clause")
        return [
            (t.number, t.clause.label, papers.words(t.text), [u.name for u in t.units.filter(role="lead")])
            for t in rows
        ]


def test_the_eighteen_duties_of_jinshan_leave_nothing_of_section_five(duties):
    assert [number for number, *_more in duties] == list(range(1, 19))
    assert [number for number, clause, *_more in duties if clause == "五"] == list(range(1, 11))
    left = papers.clauses("jinshan")["五"]
    of_five = [(text, names) for _number, clause, text, names in duties if clause == "五"]
    for text in sorted({text for text, _names in of_five}, key=len, reverse=True):
        left = left.replace(text, "")
    for name in sorted({papers.words(n) for _text, names in of_five for n in names}, key=len, reverse=True):
        left = left.replace(name, "")
    assert left == MORTAR


def test_no_sentence_that_binds_a_unit_of_jinshan_is_without_its_duty(duties):
    """Of 四 and 六: who begins a sentence there (各街镇, 行业协会) or is asked in it has a duty in that very clause."""
    lost, seen = [], 0
    for label, written in papers.clauses("jinshan").items():
        if not label.startswith(("四", "六")):
            continue
        for sentence in re.split("[。;]", written):
            hit = re.search(r"各街镇\(高新区\)|鼓励行业协会|由区教育局", sentence)
            if not hit:
                continue
            seen += 1
            held = any(clause == label and text in sentence for _number, clause, text, _names in duties)
            free = any(label == place and start in sentence for place, start in NO_DUTY)
            if held == free:
                lost.append((label, sentence))
    assert lost == [] and seen == 8 + len(NO_DUTY)


# ---- from the paper to the database: nothing that is numbered or asks for a number is missing

COUNTS = {
    "minhang": (23, 48), "jinshan": (18, 30), "pudong": (30, 69),
    "shanghai-plan-2020": (0, 13), "shanghai-demonstration": (0, 27),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANS)
def test_as_many_tasks_and_targets_as_the_papers_have(name):
    with scope(name):
        tasks = Task.objects.filter(document__key=name).exclude(origin="decision")
        assert (tasks.count(), Target.objects.filter(document__key=name).count()) == COUNTS[name]


#: A number that asks for something: how many, how much, how often, how long.
ASKED = re.compile(
    r"\d+(?:\.\d+)?(?::\d+)?(?:%|个|次|场|课时|人|天|家|m2?|分钟|小时|名)|一半以上|至少一|全覆盖|100%|每年|每月"
)


#: Numbers that ask for nothing by themselves.
NOT_ASKED = {
    ("pudong", "二（一）", "全覆盖"): "the general aim; 三（一）3 and 三（三）4 ask for it, and are targets",
}
#: Clauses on which nothing rests.
RESTS_NOTHING = {
    "minhang": {
        "一": "guiding thought",
        "二（一）": "general aim",
        "四（三）": "publicity, nobody named, no number",
    },
    "pudong": {
        "一": "guiding thought",
        "二（一）": "general aim",
        "四（三）": "publicity, its task is row 30",
    },
    "jinshan": {"一": "guiding thought", "四4": "who works with whom; the duties stand in 五"},
    "shanghai-demonstration": {"四（三）": "how to organise it, nothing that can be looked at"},
    "shanghai-plan-2020": {},
}


@pytest.mark.parametrize("name", PLANS)
def test_on_each_clause_rests_something(name):
    written = papers.clauses(name)
    leaves = {one for one in written if one and not any(o != one and o.startswith(one) for o in written)}
    with scope(name):
        document = PolicyDocument.objects.get(key=name)
        cited = {clause for _where, clause, _words in quotes(document)}
    assert leaves - cited == RESTS_NOTHING[name].keys()


@pytest.mark.parametrize("name", PLANS)
def test_each_number_that_a_document_asks_for_is_held_by_a_row(name):
    with scope(name):
        document = PolicyDocument.objects.get(key=name)
        said: dict[str, list[str]] = {}
        for _where, clause, text in quotes(document):
            said.setdefault(clause, []).append(papers.words(text))
        for task in Task.objects.filter(document=document, origin="table").select_related("clause"):
            cells = (task.category, task.project, task.text)
            said.setdefault(task.clause.label, []).extend(papers.words(cell) for cell in cells if cell)
    lost = []
    for label, written in places(name).items():
        for hit in ASKED.finditer(written):
            spans = [m.span() for text in said.get(label, ()) for m in re.finditer(re.escape(text), written)]
            if (name, label, hit[0]) in NOT_ASKED:
                continue
            if not any(begin <= hit.start() and hit.end() <= end for begin, end in spans):
                lost.append((label, written[max(0, hit.start() - 14) : hit.end() + 10]))
    assert lost == []
