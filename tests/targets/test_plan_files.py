"""A plan as a file: .xlsx by sheets and the YAML form; read whole, or not at all and every fault with its place."""

import io
from datetime import date, timedelta

import pytest
import python_calamine
import xlsxwriter
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.models import District, PolicyDocument, Unit
from portal.services import policy_files
from portal.services.import_files import XLSX
from portal.tenancy import district_scope
from targets.models import DocumentDraft
from targets.rules import plan_content
from targets.rules.plan_content import PARTS
from targets.services import document_drafts as drafts
from targets.services import plan_base, plan_imports, plan_sheets
from targets.services.plan_imports import WrongPlan
from tests.targets.plans import content, target, task
from tests.targets.test_documents import BEGIN, published, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        yield cast


def sheets_of(data: bytes) -> dict[str, list[list]]:
    opened = python_calamine.load_workbook(io.BytesIO(data))
    return {
        name: opened.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in opened.sheet_names
    }


def workbook(sheets: dict[str, list[list]]) -> bytes:
    buffer = io.BytesIO()
    made = xlsxwriter.Workbook(buffer, {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False})
    for name, rows in sheets.items():
        sheet = made.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    made.close()
    return buffer.getvalue()


def book(made: dict, change=None) -> SimpleUploadedFile:
    data = plan_sheets.workbook(made)
    if change:
        sheets = sheets_of(data)
        change(sheets)
        data = workbook(sheets)
    return SimpleUploadedFile("plan.xlsx", data, XLSX)


def plan_file(plan: dict | str) -> SimpleUploadedFile:
    text = plan if isinstance(plan, str) else yaml.safe_dump(plan, allow_unicode=True)
    return SimpleUploadedFile("plan.yaml", text.encode(), "application/yaml")


def read(cast, upload, document=None, follows=None) -> DocumentDraft:
    return plan_imports.read_in(upload, document=document, follows=follows, actor=cast.actor("bureau"))


def faults(cast, upload, **about) -> dict[str, str]:
    before = DocumentDraft.objects.count()
    with pytest.raises(WrongPlan) as wrong:
        read(cast, upload, **about)
    assert DocumentDraft.objects.count() == before, "nothing half-loaded"
    return dict(wrong.value.faults)


def without_links(made: dict) -> dict:
    return {part: [{k: v for k, v in one.items() if k != "follows"} for one in made[part]] for part in PARTS}


# ---- .xlsx


def test_a_plan_goes_out_and_comes_in_without_a_change(minhang):
    made = content(
        units=[
            {
                "slug": "x",
                "name": "示例新办",
                "kind": "office",
                "aliases": ["新办"],
                "collective": False,
                "full_name": "",
            }
        ],
        parameters=[
            {"key": "order.days_high", "value": "3", "starts_on": "2027-01-01", "clause": "一（一）"}
        ],
    )
    made["tasks"][0] |= {"leads": [{"unit": "x", "name": "新办"}], "key_project": True}
    made["targets"].append(
        target("there", kind="boolean", value=True, unit="", period="by-date", due="2028-12-31")
    )
    row = read(minhang, book(made))
    slug = row.content["units"][0]["slug"]
    made["units"][0]["slug"] = made["tasks"][0]["leads"][0]["unit"] = slug
    assert without_links(row.content) == without_links(made)
    assert row.content["document"] == made["document"]
    again = read(minhang, book(made))
    assert (again.pk, again.version) == (row.pk, row.version), "the same file again changes nothing"


@pytest.mark.parametrize("key", ["minhang", "pudong", "jinshan"])
def test_each_shipped_document_comes_in_as_it_went_out(cast, key):
    with district_scope({"minhang": 310112, "pudong": 310115, "jinshan": 310116}[key]):
        made = plan_base.content_of(PolicyDocument.objects.get(key=key))
        found = plan_imports.content_from(
            plan_sheets.workbook(made), "a.xlsx", made, plan_base.rows_of(PolicyDocument.objects.get(key=key)),
            document=PolicyDocument.objects.get(key=key), actor=cast.actor("bureau"),
        )  # fmt: skip
    assert {part: [a for a, b in zip(found[part], made[part], strict=True) if a != b] for part in PARTS} == {
        part: [] for part in PARTS
    }
    assert found == made


def test_the_file_of_what_is_in_force_is_told_to_be_no_change(minhang):
    document = published(minhang, written(minhang)).document
    with pytest.raises(Conflict) as refused:
        read(minhang, book(plan_base.content_of(document)), document=document)
    assert "没有要改的" in str(refused.value)
    assert drafts.open_of(document) is None


def test_a_file_of_one_sheet_changes_that_part_alone(minhang):
    document = published(minhang, written(minhang)).document
    made = plan_base.content_of(document)

    def change(opened):
        for name in ("文件", "条款", "新单位", "任务", "参数"):
            del opened[name]
        put("指标", 3, "数值", "90%")(opened)

    row = read(minhang, book(made, change), document=document)
    assert row.content["tasks"] == made["tasks"]
    assert [one["value"] for one in row.content["targets"]] == [2, 90]
    assert [one.what for one in drafts.changes_of(row)["targets"]] == ["same", "changed"]


def put(sheet: str, row: int, heading: str, given):
    def change(sheets):
        rows = sheets[sheet]
        rows[row - 1][rows[0].index(heading)] = given

    return change


def without(sheet: str, heading: str):
    def change(sheets):
        index = sheets[sheet][0].index(heading)
        sheets[sheet] = [row[:index] + row[index + 1 :] for row in sheets[sheet]]

    return change


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        (put("任务", 2, "牵头单位", "火星局"), "任务!G2", "没有单位“火星局”"),
        (put("任务", 3, "条款", "九九"), "任务!F3", "没有条款“九九”"),
        (put("任务", 3, "序号", 1), "任务!B3", "重复"),
        (put("任务", 2, "序号", "一"), "任务!B2", "不是一个数"),
        (put("指标", 2, "比较", None), "指标!E2", "没有写比较方式"),
        (put("指标", 2, "比较", "大约"), "指标!E2", "可填：≥"),
        (put("指标", 3, "代号", "sites"), "指标!A3", "重复"),
        (put("指标", 2, "数值", "很多"), "指标!F2", "不是一个数"),
        (put("指标", 2, "对应任务", "7"), "指标!O2", "没有第 7 项任务"),
        (put("指标", 2, "怎样证明", "计算"), "指标!Q2", "要选一个算法"),
        (put("文件", 7, "内容", "2026年13月1日"), "文件!B7", "不是日期"),
    ],
)
def test_each_fault_of_a_workbook_is_told_with_its_cell(minhang, change, where, said):
    found = faults(minhang, book(content(), change))
    assert said in found[where], found


def units_sheet(*rows):
    return lambda sheets: sheets["新单位"].extend([*row, *[None] * (5 - len(row))] for row in rows)


@pytest.mark.parametrize("name", ["区教育局", "闵行区教育局", "上海市闵行区教育局"])
def test_a_unit_that_is_there_is_one_fault_of_its_own_row(minhang, name):
    with_alias = Unit.objects.get(slug="minhang-education")
    with_alias.aliases = [*with_alias.aliases, "闵行区教育局"]
    with_alias.full_name = "上海市闵行区教育局"
    with_alias.save()
    found = faults(minhang, book(content(), units_sheet([name])))
    assert list(found) == ["新单位!A2"] and "本区已有单位“区教育局”" in found["新单位!A2"]


def test_the_kind_of_a_unit_is_one_of_a_list(minhang):
    row = read(minhang, book(content(), units_sheet(["示例新办", None, "民政"], ["示例另一办"])))
    assert [one["kind"] for one in row.content["units"]] == ["civil_affairs", "other"]
    found = faults(minhang, book(content(), units_sheet(["示例新办", None, "火星"])))
    assert "可填：教育、卫生健康" in found["新单位!C2"]


def test_a_unit_of_an_earlier_version_comes_in_again_as_no_change(minhang):
    new = {
        "slug": "",
        "name": "示例新办",
        "full_name": "",
        "kind": "office",
        "aliases": [],
        "collective": False,
    }
    row = read(minhang, book(content(units=[new])))
    version = published(minhang, row)
    again = SimpleUploadedFile("plan.xlsx", plan_sheets.workbook(version.content), XLSX)
    with pytest.raises(Conflict, match="没有要改的"):
        read(minhang, again, document=version.document)


def test_a_value_that_begins_before_today_is_told_with_its_cell(minhang):
    yesterday = timezone.localdate() - timedelta(days=1)
    found = faults(minhang, book(content(), parameter("order.days_high", yesterday.isoformat())))
    assert "不能早于今天" in found["参数!C2"]


def test_two_values_of_a_parameter_on_one_day_are_refused(minhang):
    one = {"key": "order.days_high", "value": "3", "starts_on": "2027-01-01", "clause": "一（一）"}
    found = faults(minhang, book(content(parameters=[one, one])))
    assert "重复" in found["参数!A3"]
    found = faults(minhang, book(content(parameters=[one | {"starts_on": "2021-01-01"}])))
    assert "同一天不能有两个取值" in found["参数!C2"]


def parameter(name: str, day: str = "2027-01-01"):
    return lambda sheets: sheets["参数"].append([name, "3", day, "一（一）"])


@pytest.mark.parametrize("name", ["高风险项整改期限", "order.days_high"])
def test_a_parameter_is_known_by_its_name_and_by_its_code_whatever_its_value_is(minhang, name):
    row = read(minhang, book(content(), parameter(name)))
    assert [one["key"] for one in row.content["parameters"]] == ["order.days_high"]
    other = faults(minhang, book(content(), parameter("高风险项整改期限（5 个工作日）")))
    assert "不带取值" in other["参数!A2"] and "高风险项整改期限（5 个工作日）" in other["参数!A2"]


def test_a_published_version_with_parameters_comes_in_again_as_no_change(minhang):
    one = {"key": "order.days_high", "value": "3", "starts_on": "2027-01-01", "clause": "一（一）"}
    version = published(minhang, written(minhang, content(parameters=[one])))
    again = SimpleUploadedFile("plan.xlsx", plan_sheets.workbook(version.content), XLSX)
    with pytest.raises(Conflict, match="没有要改的"):
        read(minhang, again, document=version.document)


def test_what_is_there_or_not_needs_no_number_in_its_cell(minhang):
    made = content()
    made["targets"] = [target("there", kind="boolean", value=True, unit="")]
    row = read(minhang, book(made, put("指标", 2, "数值", None)))
    assert row.content["targets"][0]["value"] is True
    found = faults(minhang, book(content(), put("指标", 2, "数值", None)))
    assert found["指标!F2"] == "没有写数值"


def test_a_share_over_a_hundred_and_a_metric_that_cannot_answer_are_told(minhang):
    found = faults(minhang, book(content(), put("指标", 3, "数值", 250)))
    assert "不能超过 100%" in found["指标!F3"]

    def counted(sheets):
        put("指标", 2, "怎样证明", "计算")(sheets)
        put("指标", 2, "单位", "%")(sheets)
        put("指标", 2, "算法", "inclusive_site_per_street")(sheets)

    found = faults(minhang, book(content(), counted))
    assert "算的是个数" in found["指标!Q2"] and "“每个单位的数量”" in found["指标!Q2"]


def test_cells_that_are_merged_away_say_what_the_one_above_says(minhang):
    def change(opened):
        for heading in ("类别", "项目"):
            put("任务", 3, heading, None)(opened)

    made = read(minhang, book(content(), change)).content["tasks"][1]
    assert (made["category"], made["project"]) == ("示例类别", "示例项目")
    assert made["carried"] == ["category", "project"]


def test_a_new_category_takes_no_project_from_above(minhang):
    def change(opened):
        put("任务", 3, "类别", "另一类别")(opened)
        put("任务", 3, "项目", None)(opened)

    made = read(minhang, book(content(), change)).content["tasks"][1]
    assert (made["category"], made["project"]) == ("另一类别", "")


def test_a_sheet_without_a_column_that_is_needed_names_it(minhang):
    found = faults(minhang, book(content(), without("指标", "比较")))
    assert "比较" in found["指标"]


def test_other_files_are_refused(minhang):
    for name, data in (
        ("a.xlsx", b"just words"),
        ("a.xlsx", b""),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ):
        with pytest.raises(Refused):
            read(minhang, SimpleUploadedFile(name, data))
    other = workbook({"别的": [["a"]]})
    assert "没有认得的工作表" in str(faults(minhang, SimpleUploadedFile("a.xlsx", other)))


def test_the_template_is_empty_and_says_what_each_column_takes(cast, client):
    client.force_login(cast.bureau)
    answer = client.get(reverse("document-template", args=["minhang"]))
    opened = sheets_of(answer.content)
    assert list(opened) == ["文件", "条款", "新单位", "任务", "指标", "参数", "填写说明", "可填的值"]
    about = opened["填写说明"]
    assert any(row[1] == "比较" and "≥" in row[3] for row in about)
    assert any(row[1] == "数值" and "不用填" in row[3] for row in about)
    assert max(len(str(one)) for row in about for one in row) < 200, (
        "long lists stand on a sheet of their own"
    )
    named = {row[3]: row for row in opened["可填的值"]}
    assert named["order.days_high"][2] == "高风险项整改期限" and "个工作日" in named["order.days_high"][4]


# ---- YAML


def shipped(key: str) -> dict:
    return yaml.safe_load((policy_files.FOLDER / f"{key}.yaml").read_text())


def renamed(key: str) -> dict:
    plan = shipped(key)
    plan["document"] |= {"title": "示例新计划", "number": "示例〔2026〕8号"}
    return plan


@pytest.mark.parametrize(("key", "district"), [("minhang", 310112), ("jinshan", 310116), ("pudong", 310115)])
def test_a_plan_file_gives_what_the_shipped_one_gives(cast, key, district):
    """Clauses, tasks with their units, targets with their proofs: as the loader wrote them."""
    with district_scope(district):
        old = PolicyDocument.objects.get(key=key)
        expected = plan_base.content_of(old)
        actor = cast.actor("bureau") if key == "minhang" else process(district)
        made = plan_imports.content_from(
            plan_file(renamed(key)).read(), "a.yaml", plan_content.empty(), {"tasks": [], "targets": []},
            document=None, actor=actor,
        )  # fmt: skip
    assert made["units"] == []
    assert made["tasks"] == [one | {"follows": None} for one in expected["tasks"]]
    by_key = {one["key"]: one | {"follows": None} for one in expected["targets"]}
    assert [one["key"] for one in made["targets"]] == list(by_key)
    told = ("proof", "proof_reason", "metric", "streets")  # the plan's form does not say them
    for one in made["targets"]:
        other = by_key[one["key"]]
        assert {k: v for k, v in one.items() if k not in told} == {
            k: v for k, v in other.items() if k not in told
        }
        assert one["proof"] in (other["proof"], "not_yet")
    # a plan file cites clauses, and need not give those on which nothing rests
    assert cited(expected) - {"四2"} <= {one["label"] for one in made["clauses"]}
    assert {one["label"] for one in made["clauses"]} <= {one["label"] for one in expected["clauses"]}


def cited(made: dict) -> set[str]:
    return {one["clause"] for part in ("tasks", "targets") for one in made[part]} - {""}


def process(district: int):
    return Actor.system(District.objects.get(pk=district), "test")


def test_a_plan_file_becomes_rows_by_two_people(minhang):
    row = read(minhang, plan_file(renamed("minhang")))
    document = published(minhang, row, date(2021, 1, 1)).document
    rows = plan_base.rows_of(document)
    assert (len(rows["tasks"]), len(rows["targets"])) == (23, 48)
    assert document.rules.count() == len(shipped("minhang")["rules"])
    with pytest.raises(Conflict):
        read(minhang, plan_file(renamed("minhang")))


def test_faults_of_a_plan_file_are_told_by_entry(minhang):
    plan = renamed("minhang")
    plan["tasks"][0]["leads"][0]["unit"] = "mars"
    plan["targets"][0]["comparator"] = None
    plan["targets"][1]["period"] = "weekly"
    plan["targets"][2]["tasks"] = [99]
    plan["targets"][4]["key"] = plan["targets"][3]["key"]
    said = " ".join(f"{where} {what}" for where, what in faults(minhang, plan_file(plan)).items())
    for part in ("mars", "comparator", "weekly", "99", "key（代号） 重复"):
        assert part in said


def test_days_in_quotation_marks_are_days_and_others_are_told(minhang):
    plan = renamed("minhang")
    plan["document"] |= {"issued_on": "2026-11-01", "period": {"from": "2027-01-01", "to": "2029-12-31"}}
    plan["targets"][1]["due"] = "2029-12-31"
    row = read(minhang, plan_file(plan))
    assert row.content["document"]["issued_on"] == "2026-11-01"
    assert row.content["targets"][1]["due"] == "2029-12-31"
    plan["document"] |= {"issued_on": "someday", "title": "另一份", "number": ""}
    assert faults(minhang, plan_file(plan)) == {"document issued_on": "写成 2026-12-01 这样的日期"}


def test_a_plan_of_another_district_is_refused(cast):
    with district_scope(cast.jinshan):
        with pytest.raises(WrongPlan) as wrong:
            plan_imports.read_in(
                plan_file(renamed("minhang")), document=None, follows=None, actor=cast.actor("stranger")
            )
    assert "闵行区 的，不是本区的" in str(wrong.value.faults)


def test_units_that_the_district_lacks_come_with_the_plan(minhang):
    plan = renamed("minhang")
    plan["units"].append(
        {"slug": "minhang-brand-new", "name": "示例新设办公室", "kind": "office", "aliases": ["新设办"]}
    )
    plan["tasks"][8]["leads"] = [{"unit": "minhang-brand-new", "name": "新设办"}]
    row = read(minhang, plan_file(plan))
    assert [unit["slug"] for unit in row.content["units"]] == ["minhang-brand-new"]
    assert row.content["tasks"][8]["leads"] == [{"unit": "minhang-brand-new", "name": "新设办"}]


def test_the_yaml_template_comes_in_as_it_is_with_the_words_of_its_clauses(cast, client):
    client.force_login(cast.bureau)
    answer = client.get(reverse("document-template", args=["minhang"]), {"form": "yaml"})
    assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
    assert "form=yaml" in client.get(reverse("document-file-new", args=["minhang"])).content.decode()
    with district_scope(cast.minhang):
        row = read(cast, plan_file(answer.content.decode()))
        assert [one["text"] for one in row.content["clauses"]] == [
            "每个街镇至少有一个普惠性托育点。", "建立托育服务联席会议制度。",
        ]  # fmt: skip
        assert [one["leads"] for one in row.content["tasks"]] == [
            [{"unit": "minhang-education", "name": "区教育局"}]
        ]
        assert [(one["kind"], one["value"]) for one in row.content["targets"]] == [
            ("per_unit_count", 1), ("boolean", True),
        ]  # fmt: skip


def test_what_a_plan_file_says_and_nothing_reads_is_told(minhang):
    plan = renamed("minhang")
    plan["remarks"] = ["x"]
    plan["document"]["signed_by"] = "示例"
    plan["tasks"][0]["leader"] = "示例"
    found = faults(minhang, plan_file(plan))
    assert "不认识 remarks" in found[""] and "clauses" in found[""]
    assert "不认识 signed_by" in found["document"]
    assert "不认识 leader" in found["tasks[0]"] and "leads" in found["tasks[0]"]


def test_what_only_the_products_own_files_have_is_not_asked_for(minhang):
    plan = renamed("minhang")
    for name in ("seed_file", "notes", "jurisdiction"):
        del plan["document"][name]
    for one in plan["tasks"]:
        del one["carried"]
    for one in plan["targets"]:
        one.pop("formula")
    assert read(minhang, plan_file(plan)).content["document"]["source"] == ""


def test_a_new_unit_keeps_its_full_name_from_either_file(minhang):
    plan = renamed("minhang")
    plan["units"].append(
        {"slug": "new", "name": "示例办", "full_name": "示例区托育服务办公室", "kind": "office"}
    )
    plan["tasks"][8]["leads"] = [{"unit": "new", "name": "示例办"}]
    row = read(minhang, plan_file(plan))
    assert row.content["units"][0]["full_name"] == "示例区托育服务办公室"
    published(minhang, row, date(2021, 1, 1))
    assert Unit.objects.get(slug="new").full_name == "示例区托育服务办公室"
    made = content(
        units=[{"name": "另一个办", "full_name": "示例区另一个办公室", "kind": "office", "aliases": []}]
    )
    assert read(minhang, book(made)).content["units"][0]["full_name"] == "示例区另一个办公室"


def test_two_targets_of_the_same_words_have_two_keys(minhang):
    made = content()
    made["targets"] = [target("", text="同样的话"), target("", text="同样的话", clause="一（一）")]
    row = read(minhang, book(made))
    first, second = (one["key"] for one in row.content["targets"])
    assert first and second == f"{first}-2"
    assert read(minhang, book(made)).version == row.version


@pytest.mark.parametrize(
    "text",
    [
        "just words",
        "a: [1, 2",
        "a: &x [1]\nb: *x",
        "document: {title: x, issued_on: 2026-02-31}",
        "[" * 50 + "]" * 50,
        "document: 5",
        "tasks: 5\ndocument: {title: x, issuers: [a], period: 5, jurisdiction: 1, notes: 1, number: 1, issued_on: 1,"
        " seed_file: a}",
        "document: {title: x}\ntargets: [{key: {a: 1}}]",
        "a: \x00",
        "",
    ],
)
def test_what_is_no_plan_is_refused_with_a_sentence(minhang, text):
    if not text:
        with pytest.raises(Refused):
            read(minhang, plan_file(text))
        return
    assert all(words for words in faults(minhang, plan_file(text)).values())


# ---- a successor from a file


def test_a_successor_from_a_file_finds_what_it_takes_over(minhang):
    old = published(minhang, written(minhang)).document
    made = content(document=content()["document"] | {"title": "下一份", "number": "示例〔2029〕1号"})
    made["document"]["period"] = {"from": "2030-01-01", "to": "2032-12-31", "stated": "", "derived": False}
    made["targets"][1]["value"] = 95
    made["targets"].append(target("new", text="全新的"))
    made["tasks"] = [task(9, text="另一项示例任务")]
    made["targets"] = [one | {"tasks": []} for one in made["targets"]]
    row = read(minhang, book(made), follows=old)
    lines = drafts.changes_of(row)
    assert [one.what for one in lines["targets"]] == ["same", "changed", "added"]
    assert sorted(one.what for one in lines["tasks"]) == ["dropped", "same"]


def test_a_successor_from_a_plan_file_is_proved_as_its_predecessor(minhang):
    row = read(minhang, plan_file(renamed("minhang")), follows=PolicyDocument.objects.get(key="minhang"))
    lines = drafts.changes_of(row)
    assert {one.what for part in lines for one in lines[part]} == {"same"}


# ---- the page


def test_the_page_tells_every_fault_with_its_place(cast, client):
    client.force_login(cast.bureau)
    url = reverse("document-file-new", args=["minhang"])
    with district_scope(cast.minhang):
        wrong, good = book(content(), put("任务", 2, "牵头单位", "火星局")), book(content())
    answer = client.post(url, {"file": wrong})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "任务!G2" in page and "没有单位“火星局”" in page
    answer = client.post(url, {"file": good})
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert "示例指标sites" in page and BEGIN.isoformat() in page
    with district_scope(cast.minhang):
        assert DocumentDraft.objects.count() == 1
