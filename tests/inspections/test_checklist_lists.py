"""A checklist from nothing, and items of a draft from a spreadsheet."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction

from facilities.models import Facility
from inspections.imports.checklist_items import COLUMNS
from inspections.models import Checklist, ChecklistDraft, ChecklistVersion
from inspections.services import checklist_drafts, checklist_lists, checklists
from portal.errors import Conflict, Denied, Refused
from portal.models import AuditEntry, Clause
from portal.services.import_answers import template
from portal.spreadsheets import LISTS, Asked
from portal.tenancy import district_scope
from tests.inspections import factories
from tests.portal import spreadsheets

ON = date(2026, 3, 10)
START = date(2026, 4, 1)


@pytest.fixture
def desk(cast, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
        yield cast


def make(desk, **more) -> ChecklistDraft:
    values = {"name": "示例燃气专项", "kinds": ["nursery", "inclusive_site"]} | more
    return checklist_lists.make_list(actor=desk.actor("bureau"), now=factories.at(ON), **values)


def matter_name(desk) -> str:
    return next(column for column in columns(desk) if column.field == "matter").values[0]


def columns(desk):
    return LISTS.incoming["checklist-items"].columns(desk.actor("bureau"))


def line(desk, text: str, **more) -> list:
    cells = {
        "checklist": "示例燃气专项", "section": "燃气", "text": text, "weight": "高", "matter": matter_name(desk),
        "basis": "示例条例第三条",
    } | more  # fmt: skip
    return [cells.get(column.field) for column in COLUMNS]


def read(desk, *rows):
    head = [column.heading for column in COLUMNS]
    return spreadsheets.read("checklist-items", head, *rows, actor=desk.actor("bureau"))


# ---- from nothing


def test_a_list_from_nothing_is_used_from_its_first_version_on(desk):
    draft = make(desk)
    assert draft.items == [] and draft.based_on is None
    assert draft.checklist not in Checklist.objects.published()
    assert not [one for one in checklists.versions_for("nursery", START) if one.checklist == draft.checklist]
    spreadsheets.write(read(desk, line(desk, "报警器有效")), actor=desk.actor("bureau"))
    draft.refresh_from_db()
    checklist_drafts.submit(
        draft, starts_on=START, version=draft.version, actor=desk.actor("bureau"), now=factories.at(ON)
    )
    draft.refresh_from_db()
    made = checklist_drafts.publish(
        draft, version=draft.version, actor=desk.actor("head"), now=factories.at(ON)
    )
    assert made.number == 1 and made.items.get().text == "报警器有效"
    assert made in checklists.versions_for("nursery", START)
    assert made not in checklists.versions_for("nursery", ON)
    assert draft.checklist in Checklist.objects.published()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": " "}, "name"), ({"name": "表" * 81}, "name"), ({"kinds": []}, "kinds"), ({"kinds": ["moon"]}, "kinds"),
        ({"name": "问 13812345678"}, "name"),
    ],
)  # fmt: skip
def test_what_a_list_needs(desk, more, field):
    with pytest.raises(Refused) as refused, transaction.atomic():
        make(desk, **more)
    assert field in refused.value.params["errors"]


def test_one_name_one_list_and_only_the_bureau(desk):
    make(desk)
    with pytest.raises(Conflict) as refused, transaction.atomic():
        make(desk)
    assert refused.value.code == "twice"
    for name in ("head", "inspector", "operator"):
        with pytest.raises(Denied), transaction.atomic():
            checklist_lists.make_list(name="另一张", kinds=["nursery"], actor=desk.actor(name))


def test_dropped_before_its_first_version_it_goes(desk):
    draft = make(desk)
    assert checklist_lists.drop(draft, version=1, actor=desk.actor("bureau"))
    assert not Checklist.objects.filter(pk=draft.checklist_id).exists()
    assert AuditEntry.objects.filter(action="inspections.checklist.remove").count() == 1
    safety = Checklist.objects.get(key="safety")
    other = checklist_drafts.begin(safety, actor=desk.actor("bureau"))
    assert not checklist_lists.drop(other, version=1, actor=desk.actor("bureau"))
    assert ChecklistVersion.objects.filter(checklist=safety).exists()


def test_its_name_and_kinds_until_its_first_version(desk):
    draft, bureau = make(desk), desk.actor("bureau")
    version = ChecklistVersion.objects.filter(checklist__key="safety").first()
    item = next(one for one in checklist_drafts.rows_of(version) if not one["short"])
    values = {
        name: item[name] for name in ("section", "text", "weight", "clause", "quote", "basis", "weak", "hint")
    }
    values |= {"matter": item["matter"], "kinds": ["inclusive_site"], "short": False}
    draft = checklist_drafts.save_item(draft, key="", version=1, actor=bureau, **values)
    with pytest.raises(Refused) as refused, transaction.atomic():
        checklist_lists.change_list(draft, name="示例燃气", kinds=["nursery"], version=2, actor=bureau)
    assert refused.value.field == "kinds" and item["text"] in str(refused.value.message)
    kinds = ["inclusive_site", "baby_house"]
    draft = checklist_lists.change_list(draft, name=" 示例  燃气 ", kinds=kinds, version=2, actor=bureau)
    row = Checklist.objects.get(pk=draft.checklist_id)
    assert (row.name, row.kinds, draft.version) == ("示例 燃气", sorted(kinds), 3)
    entry = AuditEntry.objects.get(action="inspections.checklist_draft.list")
    assert entry.changes == {
        "name": ["示例燃气专项", "示例 燃气"], "kinds": [["inclusive_site", "nursery"], sorted(kinds)],
    }  # fmt: skip
    for more, error, field in (
        ({"version": 2}, Conflict, None),
        ({"name": "火"}, Refused, "name"),
        ({"name": Checklist.objects.get(key="safety").name}, Conflict, "name"),
        ({"kinds": []}, Refused, "kinds"),
        ({"actor": desk.actor("head")}, Denied, None),
    ):
        with pytest.raises(error) as refused, transaction.atomic():
            given = {"name": "示例 燃气", "kinds": kinds, "version": 3, "actor": bureau} | more
            checklist_lists.change_list(draft, **given)
        assert refused.value.field == field
    # the same again changes nothing, and once a version is public neither does anything else
    assert (
        checklist_lists.change_list(draft, name="示例 燃气", kinds=kinds, version=3, actor=bureau).version
        == 3
    )
    checklist_drafts.submit(draft, starts_on=START, version=3, actor=bureau, now=factories.at(ON))
    checklist_drafts.publish(draft, version=4, actor=desk.actor("head"), now=factories.at(ON))
    again = checklist_drafts.begin(row, actor=bureau)
    with pytest.raises(Conflict):
        checklist_lists.change_list(again, name="又一个名称", kinds=kinds, version=1, actor=bureau)


# ---- from a spreadsheet


def test_the_same_file_again_changes_nothing(desk):
    make(desk)
    clause = Clause.objects.select_related("document").first()
    long = "示例：" + "活动区、睡眠区、餐区的插座都有保护罩（高度不到 1.5 米的），" * 5
    rows = [
        line(
            desk,
            long,
            kinds=", ".join(str(Facility.Kind(kind).label) for kind in ("nursery", "inclusive_site")),
            hint="逐个看",
            short="是",
        ),
        line(desk, "阀门通风", basis=None, clause=f"{clause.document}{clause.label}", quote="文件原话"),
    ]
    run = read(desk, *rows)
    assert spreadsheets.sentences(run) == [] and run.counts["new"] == 2
    spreadsheets.write(run, actor=desk.actor("bureau"))
    items = {one["text"]: one for one in ChecklistDraft.objects.get().items}
    assert set(items) == {long, "阀门通风"} and len(long) > 150  # whole
    assert items[long]["kinds"] == ["inclusive_site", "nursery"] and items[long]["short"]
    assert items["阀门通风"]["clause"] == clause.pk and items["阀门通风"]["quote"] == "文件原话"
    again = read(desk, *rows)
    assert (again.counts["same"], again.counts["new"], again.counts["changed"]) == (2, 0, 0)


def test_a_draft_goes_out_as_it_comes_in_and_is_reworded_by_its_keys(desk):
    draft = checklist_drafts.begin(Checklist.objects.get(key="safety"), actor=desk.actor("bureau"))
    asked = Asked(desk.actor("bureau"), {"checklist": "safety"}, ON)
    out = LISTS.outgoing["checklist-draft"]
    heads = [column.heading for column in out.columns(asked)]
    assert heads == [column.heading for column in COLUMNS]
    rows = [list(row) for row in out.rows(asked).rows]
    run = read(desk, *rows)
    assert spreadsheets.sentences(run) == [] and run.counts["same"] == len(rows) > 10
    place = heads.index("检查什么")
    key = rows[3][heads.index("项目代号")]
    rows[3][place] = "示例：换了说法"
    run = read(desk, *rows)
    assert (run.counts["changed"], run.counts["same"]) == (1, len(rows) - 1)
    spreadsheets.write(run, actor=desk.actor("bureau"))
    draft.refresh_from_db()
    assert next(one for one in draft.items if one["key"] == key)["text"] == "示例：换了说法"
    assert len(draft.items) == len(rows)


WRONG = [
    ("I", "本区的文件里没有“没有这个文件", {"clause": "没有这个文件第九条", "quote": "原话", "basis": None}),
    ("G", "没有“没有的事项”", {"matter": "没有的事项"}),
    ("A", "没有“没有的表”", {"checklist": "没有的表"}),
    ("A", "没有可以改的草稿", {"checklist": "safety"}),
    ("B", "草稿里没有代号 nothing 的项", {"key": "nothing"}),
    ("H", "这张表没有“宝宝屋”", {"kinds": "宝宝屋"}),
    ("E", "没有“很高”", {"weight": "很高"}),
    ("K", "选条款并抄上原文", {"basis": None}),
    ("D", "不能有手机号码", {"text": "打 13812345678"}),
    ("D", "最多 200 个字", {"text": "长" * 201}),
]


def test_what_is_wrong_stands_at_its_cell(desk):
    make(desk)
    run = read(
        desk, *(line(desk, **{"text": f"第 {n} 项"} | cells) for n, (_at, _said, cells) in enumerate(WRONG))
    )
    said = spreadsheets.sentences(run)
    for row, (column, words, _cells) in enumerate(WRONG, 2):
        assert any(one.startswith(f"{column}{row} ") and words in one for one in said), (column, row, said)
    assert run.counts["wrong"] == len(WRONG)


def test_one_item_twice_in_a_file(desk):
    make(desk)
    said = spreadsheets.sentences(read(desk, line(desk, "甲"), line(desk, "甲")))
    assert said == ["D3 和第 2 行是同一项。一项留一行"]


def test_the_template_has_the_districts_clauses_to_choose_from(desk):
    content = template(LISTS.incoming["checklist-items"], actor=desk.actor("bureau"))
    assert spreadsheets.cells_of(content)[0] == [column.heading for column in COLUMNS]
    assert len(next(one for one in columns(desk) if one.field == "clause").values) == Clause.objects.count()


# ---- pages


def test_a_list_from_nothing_in_the_browser(cast, client):
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
    client.force_login(cast.bureau)
    base = "/minhang/inspections/checklists/"
    assert "新建检查表" in client.get(base).content.decode()
    assert client.post(f"{base}new/", {"name": "示例燃气专项"}).status_code == 422
    made = client.post(f"{base}new/", {"name": "示例燃气专项", "kinds": ["nursery"]})
    assert made.status_code == 302
    page = client.get(made.url).content.decode()
    assert "导入检查项" in page and "新的检查表" in page and "和上一版的不同" not in page
    with district_scope(cast.minhang):
        matter = Checklist.objects.get(key="safety").versions.first().items.first().matter.key
    values = {
        "section": "燃气",
        "text": "报警器有效",
        "weight": "high",
        "matter": matter,
        "basis": "示例条例",
        "version": 1,
    }
    assert client.post(f"{made.url}items/new/", values).status_code == 302
    assert "报警器有效" in client.get(made.url).content.decode()
    assert f'href="{made.url}list/"' in client.get(made.url).content.decode()
    assert client.post(f"{made.url}list/", {"name": "示例燃气", "version": 2}).status_code == 422
    renamed = {"name": "示例燃气专项二", "kinds": ["nursery"], "version": 2}
    assert client.post(f"{made.url}list/", renamed).url == made.url
    assert "示例燃气专项二" in client.get(base).content.decode()
    assert client.get(f"{base}safety/draft/list/").status_code == 404
    gone = client.post(f"{made.url}step/", {"what": "drop", "version": 3})
    assert gone.url == base and "示例燃气专项" not in client.get(base).content.decode().replace(
        "这张表也没有了", ""
    )
    client.force_login(cast.inspector)
    assert "新建检查表" not in client.get(base).content.decode()
