"""An import from the file to the list: previewed, written, left; what goes wrong leaves nothing behind."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.urls import reverse

from facilities.imports.facilities import FACILITIES
from facilities.models import Facility, FacilityTransition, Operator
from facilities.services import bulk_import
from portal.errors import Conflict, Denied, Refused
from portal.models import AuditEntry, ImportRun, StoredFile
from portal.services import import_answers, import_files, imports
from portal.services.files import path_of
from portal.spreadsheets import LISTS
from portal.tenancy import district_scope
from tests.portal.spreadsheets import cells_of, read, sentences, upload, workbook, write

pytestmark = pytest.mark.django_db

HEAD = ("编号", "名称", "类型", "街镇", "地址", "托位", "性质", "开办日期", "举办者")
GOOD = ("", "示例晨光托育园", "托育园", "七宝", "示例路 1 号", 60, "民非", "2021年9月1日", "示例公司(上海)")
SECOND = ("", "示例松果托育园", "托育机构", "闵行区古美街道", "示例路 2 号", 40, "营利性", 44440, "")
WRONG = ("", "示例三", "飞船", "火星", "示例路 3 号", "六十", "民办", "2021-02-30", "")


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def scene(cast):
    with district_scope(cast.minhang):
        yield cast


@pytest.fixture
def bureau(scene):
    return scene.actor("bureau")


def test_new_facilities_are_registered_as_written(bureau):
    run = read("facilities", HEAD, GOOD, SECOND, actor=bureau)
    assert (run.state, run.counts["new"], run.counts["wrong"]) == ("ready", 2, 0), sentences(run)
    assert not Facility.objects.filter(name="示例晨光托育园").exists()
    run = write(run, actor=bureau)
    assert run.state == "done", imports.reason_of(run)
    made = Facility.objects.get(name="示例晨光托育园", address="示例路 1 号")
    assert made.code.startswith("MH") and made.code[2:].isdigit()
    assert (made.kind, made.state, made.places, made.ownership) == ("nursery", "operating", 60, "non_profit")
    assert made.operator.name == "示例公司（上海）"
    assert str(made.opened_on) == "2021-09-01" and made.full_day
    assert made.search_text and made.name_key
    assert FacilityTransition.objects.filter(facility=made, target="operating", by=bureau.user).count() == 1
    assert str(Facility.objects.get(name="示例松果托育园").opened_on) == "2021-09-01"


def test_the_same_file_again_changes_nothing_and_says_so(bureau):
    content = workbook(HEAD, GOOD, SECOND)

    def handed_in() -> ImportRun:
        run = imports.start(FACILITIES, upload(content), actor=bureau, queued=False)
        return imports.read(run, actor=bureau, queued=False)

    write(handed_in(), actor=bureau)
    before = list(Facility.objects.order_by("pk").values())
    again = handed_in()
    assert {k: again.counts[k] for k in ("new", "changed", "same", "wrong")} == {
        "new": 0, "changed": 0, "same": 2, "wrong": 0,
    }  # fmt: skip
    assert imports.same_file(again) is not None
    with pytest.raises(Refused, match="都一样"):
        imports.order(again, actor=bureau, queued=False)
    assert list(Facility.objects.order_by("pk").values()) == before


def test_a_known_one_is_changed_and_an_empty_cell_leaves_what_stands(bureau, scene):
    known = scene.facility
    Facility.objects.filter(pk=known.pk).update(head="陈示例", enrolled=12)
    run = read("facilities", ("编号", "托位", "负责人", "在托人数"), (known.code, 66, "", 30), actor=bureau)
    assert (run.counts["changed"], run.counts["cells"]) == (1, 2)
    (line,) = run.lines.all()
    assert line.changes == {"places": 60, "enrolled": 12}
    write(run, actor=bureau)
    fresh = Facility.objects.get(pk=known.pk)
    assert (fresh.places, fresh.enrolled, fresh.head, fresh.version) == (66, 30, "陈示例", known.version + 1)


def test_a_masked_name_never_replaces_the_name(bureau, scene):
    known = scene.facility
    Facility.objects.filter(pk=known.pk).update(head="陈示例", inclusive=False)
    head = ("编号", "托位", "负责人", "普惠")
    run = read("facilities", head, (known.code, 60, "陈*", "否"), actor=bureau)
    assert (run.counts["same"], run.counts["changed"], run.counts["starred"]) == (1, 0, 1)
    run = read("facilities", head, (known.code, 66, "陈＊", "否"), actor=bureau)
    assert (run.counts["changed"], run.counts["cells"]) == (1, 1)
    write(run, actor=bureau)
    fresh = Facility.objects.get(pk=known.pk)
    assert (fresh.places, fresh.head) == (66, "陈示例")


def test_the_preview_says_what_stands_there_in_the_words_of_the_list(cast, client):
    with district_scope(cast.minhang):
        bureau, known = cast.actor("bureau"), cast.facility
        Facility.objects.filter(pk=known.pk).update(inclusive=False, ownership="for_profit", opened_on=None)
        head = ("编号", "普惠", "性质", "开办日期")
        run = read("facilities", head, (known.code, "是", "民办非营利", 44440), actor=bureau)
        assert run.counts["changed"] == 1, sentences(run)
    client.force_login(bureau.user)
    page = client.get(reverse("import", args=["minhang", run.pk])).content.decode()
    assert "营利性</del> → <b>民办非营利" in page and "否</del> → <b>是" in page
    assert "2021-09-01" in page and "44440" not in page


def test_one_mistake_in_many_rows_is_said_once_above_them(cast, client):
    lines = [("", f"示例{n}园", "托育园", "七宝", f"示例路 {n} 号", 60, "民办", "", "") for n in range(5)]
    with district_scope(cast.minhang):
        bureau = cast.actor("bureau")
        run = read("facilities", HEAD, *lines, actor=bureau)
    client.force_login(bureau.user)
    (cause,) = client.get(reverse("import", args=["minhang", run.pk])).context["causes"]
    assert cause["n"] == 5 and cause["text"].startswith("性质：没有“民办”。可填：")


def test_a_wrong_row_keeps_all_out_unless_it_is_left_out(bureau):
    run = read("facilities", HEAD, GOOD, WRONG, actor=bureau)
    assert (run.counts["new"], run.counts["wrong"], run.counts["wrong_cells"]) == (1, 1, 5)
    said = sentences(run)
    assert "C3 没有“飞船”" in "\n".join(said)
    assert "H3 2 月没有 30 日。核对日期" in said
    assert "F3 “六十”不是一个数。只填数字，单位不写" in said
    with pytest.raises(Refused, match="1 行有错"):
        imports.order(run, actor=bureau, queued=False)
    assert not Facility.objects.filter(name="示例晨光托育园", address="示例路 1 号").exists()
    run = write(run, actor=bureau, without_wrong=True)
    assert run.state == "done"
    assert Facility.objects.filter(address="示例路 1 号", name="示例晨光托育园").exists()
    assert not Facility.objects.filter(name="示例三").exists()


def test_a_failure_in_the_middle_leaves_nothing_behind(bureau, monkeypatch):
    run = read("facilities", HEAD, GOOD, SECOND, actor=bureau)
    before = (Facility.objects.count(), Operator.objects.count(), AuditEntry.objects.count())
    monkeypatch.setattr(bulk_import, "touched", lambda: 1 / 0)
    run = write(run, actor=bureau)
    assert run.state == "ready" and "没有写成" in imports.reason_of(run)
    assert (Facility.objects.count(), Operator.objects.count(), AuditEntry.objects.count()) == before
    monkeypatch.undo()
    assert write(run, actor=bureau).state == "done"


def test_what_changed_since_the_preview_is_shown_before_it_is_written(bureau, scene):
    run = read("facilities", ("编号", "托位"), (scene.facility.code, 66), actor=bureau)
    Facility.objects.filter(pk=scene.facility.pk).update(places=66)
    run = write(run, actor=bureau)
    assert run.state == "ready" and "预览之后" in imports.reason_of(run)
    assert run.counts["same"] == 1 and not run.counts["changed"]


def test_an_order_is_written_once(bureau):
    run = read("facilities", HEAD, GOOD, actor=bureau)
    run = write(run, actor=bureau)
    assert imports.write(run, actor=bureau).state == "done"
    assert Facility.objects.filter(name="示例晨光托育园", address="示例路 1 号").count() == 1
    with pytest.raises(Conflict):
        imports.order(run, actor=bureau, queued=False)


def test_one_audit_entry_per_run_with_the_hash_of_the_file(bureau):
    run = write(read("facilities", HEAD, GOOD, SECOND, actor=bureau), actor=bureau)
    (entry,) = AuditEntry.objects.filter(action="portal.import.facilities")
    assert entry.changes["sha256"] == run.file.sha256
    assert entry.changes["written"] == {"new": 2, "changed": 0}
    assert entry.user == bureau.user


def test_codes_that_files_bring_are_never_given_again(bureau):
    write(read("facilities", HEAD, ("MH0700", *GOOD[1:]), SECOND, actor=bureau), actor=bureau)
    assert Facility.objects.get(name="示例松果托育园").code == "MH0701"


def test_doubles_within_the_file(bureau):
    run = read("facilities", HEAD, ("MH0700", *GOOD[1:]), ("MH0700", *SECOND[1:]), GOOD, actor=bureau)
    said = sentences(run)
    assert "A3 编号和第 2 行相同。一家机构留一行" in said
    assert any(s.startswith("B4 和第 2 行同街镇同名") for s in said)
    assert run.counts["wrong"] == 2


def test_a_second_one_of_the_same_name_in_the_street_is_refused(bureau, scene):
    row = ("MH0800", scene.facility.name, *GOOD[2:])
    run = read("facilities", HEAD, row, actor=bureau)
    assert sentences(run) == [
        f"B2 街镇里已有同名机构 {scene.facility.code}。同一家就填上编号 {scene.facility.code}，另一家就在名称里写出分别"
    ]


def test_likely_doubles_by_credit_code_are_asked_about(bureau, scene):
    from facilities.rules.numbers import credit_check

    code = "91310112MA1GBABY0"
    code += credit_check(code)
    Facility.objects.filter(pk=scene.facility.pk).update(credit_code=code)
    run = read("facilities", (*HEAD, "信用代码"), (*SECOND, code.lower()), actor=bureau)
    assert run.counts["likely"] == 1 and run.counts["wrong"] == 0
    assert scene.facility.code in sentences(run)[0]
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    run = read("facilities", (*HEAD, "信用代码"), (*SECOND, wrong), actor=bureau)
    assert "末位校验对不上" in sentences(run)[0]


def test_likely_doubles_by_name_and_address_come_after_and_can_be_left_out(bureau, scene):
    Facility.objects.filter(pk=scene.facility.pk).update(address="示例路 88 弄 3 号")
    near = ("", "上海示例云杉托育服务中心", "托育园", "七宝", "示例路88弄3号", 60, "营利性", "2021-09-01", "")
    run = read("facilities", HEAD, near, SECOND, actor=bureau)
    assert run.compared_at is None and run.counts["likely"] == 0
    run = imports.compare(run, actor=bureau)
    assert run.compared_at and run.counts["likely"] == 1, sentences(run)
    assert sentences(run)[0].startswith(f"B2 和 {scene.facility.code}“示例云杉托育园”相近")
    write(run, actor=bureau, without_likely=True)
    assert not Facility.objects.filter(name="上海示例云杉托育服务中心").exists()
    assert Facility.objects.filter(name="示例松果托育园").exists()


def test_names_that_differ_in_their_number_are_two(bureau, scene):
    Facility.objects.filter(pk=scene.facility.pk).update(name="示例云杉1托育园")
    row = ("", "示例云杉2托育园", "托育园", "七宝", scene.facility.address, 60, "营利性", "2021-09-01", "")
    run = imports.compare(read("facilities", HEAD, row, actor=bureau), actor=bureau)
    assert run.counts["likely"] == 0


def test_a_closed_one_is_not_changed_and_a_state_is_not_written(bureau, scene):
    Facility.objects.filter(pk=scene.facility.pk).update(state="closed", closed_on="2026-01-01")
    run = read("facilities", ("编号", "托位"), (scene.facility.code, 66), actor=bureau)
    assert "已停办" in sentences(run)[0] and run.counts["wrong"] == 1
    Facility.objects.filter(pk=scene.facility.pk).update(state="operating", closed_on=None)
    run = read("facilities", ("编号", "状态", "托位"), (scene.facility.code, "停办", 66), actor=bureau)
    assert sentences(run) == ["B2 名册里是“在办”，这一格不写入。状态在机构页上改，要写原因"]
    write(run, actor=bureau)
    assert Facility.objects.get(pk=scene.facility.pk).state == "operating"


def test_the_rules_look_at_what_a_facility_would_become(bureau, scene):
    run = read("facilities", ("编号", "在托"), (scene.facility.code, 100), actor=bureau)
    assert sentences(run) == ["B2 在托 100 人比托位 60 多出两成以上。核对两个数"]


def test_a_point_elsewhere_in_the_country_is_told(bureau):
    head = (*HEAD, "纬度", "经度")
    run = read("facilities", head, (*GOOD, "39.9", "116.4"), actor=bureau)
    assert sentences(run) == ["J2 这一点不在闵行区和周边。核对坐标，也看看坐标系选对没有"]
    assert sentences(read("facilities", head, (*GOOD, "31.15", "121.35"), actor=bureau)) == []


def test_unknown_columns_are_named_and_sums_are_left(bureau):
    run = read(
        "facilities", ("名册",), (*HEAD, "怪列"), (*GOOD, "x"), ("合计", "", "", "", "", 60), actor=bureau
    )
    assert run.unknown == [[9, "怪列"]]
    assert (run.counts["rows"], run.counts["skipped"]) == (1, 1)


def test_the_history_keeps_each_row_that_came_in(bureau, scene):
    from facilities.models.history import FacilityHistory

    before = FacilityHistory.objects.count()
    write(read("facilities", HEAD, GOOD, SECOND, actor=bureau), actor=bureau)
    write(read("facilities", ("编号", "托位"), (scene.facility.code, 66), actor=bureau), actor=bureau)
    kept = list(FacilityHistory.objects.order_by("pgh_id")[before:])
    assert [(k.pgh_label, k.places) for k in kept if k.pgh_label == "insert"] == [
        ("insert", 60),
        ("insert", 40),
    ]
    assert [k.places for k in kept if k.pgh_obj_id == scene.facility.pk] == [66]


# ---- files


def refused(content: bytes, actor, name: str = "示例.xlsx") -> str:
    """What is said of a file that cannot come in, at once or after it was opened."""
    try:
        run = imports.start(FACILITIES, upload(content, name), actor=actor, queued=False)
    except Refused as error:
        return str(error.message)
    run = imports.read(run, actor=actor, queued=False)
    assert run.state == "refused", run.counts
    return imports.reason_of(run)


def zipped(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


def with_part(content: bytes, name: str, data: bytes) -> bytes:
    """A spreadsheet with one part added or replaced."""
    source, buffer = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in source.infolist():
            if item.filename != name:
                archive.writestr(item.filename, source.read(item.filename))
        archive.writestr(name, data)
    return buffer.getvalue()


FAR = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"%PDF-1.7 x", "不是 .xlsx 文件"),
        (b"PK\x03\x04broken", "打不开"),
        (zipped(word__document=b"<x/>"), "不是 .xlsx 文件"),
        (import_files.OLE + b"\0" * 64 + "EncryptedPackage".encode("utf-16-le"), "设了打开密码"),
        (import_files.OLE + b"\0" * 64, "旧版 .xls"),
        (with_part(workbook(HEAD, GOOD), "xl/vbaProject.bin", b"x"), "带宏"),
        (workbook(HEAD), "只有表头"),
        (workbook(), "没有找到“机构名册”的表头"),
        (workbook(("年份", "金额"), (2026, 5)), "没有找到“机构名册”的表头"),
        (workbook(("名称", "托位", "地址"), ("示例", 1, "x")), "缺少列：街镇"),
        (workbook(("名称", "街镇", "托位"), ("示例新的一家", "七宝", 10)), "性质（公办、民办非营利、营利性）、地址。里面"),
        (workbook((*HEAD, "机构名称"), (*GOOD, "另一个")), "“名称”有两列：B 和 J"),
        (with_part(workbook(HEAD, GOOD), "xl/worksheets/sheet1.xml",
                   FAR % b'<row r="1048577"><c r="A1048577"><v>1</v></c></row>'), "第 1048577 行"),
        (with_part(workbook(HEAD, GOOD), "xl/worksheets/sheet1.xml",
                   FAR % b'<row r="1"><c r="XFD1"><v>1</v></c></row>'), "XFD 列"),
        (with_part(workbook(HEAD, GOOD), "xl/bomb.xml", b"0" * (import_files.MOST_UNPACKED + 1)), "大得不合常理"),
        (with_part(workbook(HEAD, GOOD), "xl/worksheets/sheet1.xml", b"<not xml"), "打不开"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_file_that_cannot_come_in_is_told_why(content, says, bureau):
    assert says in refused(content, bureau)


def test_an_empty_file_and_one_too_large(bureau, monkeypatch):
    assert "空的文件" in refused(b"", bureau)
    monkeypatch.setattr(import_files, "LARGEST", 100)
    assert "超过 30 MB" in refused(workbook(HEAD, GOOD), bureau)


def test_coloured_cells_far_down_do_no_harm(bureau):
    content = workbook(HEAD, GOOD)
    part = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    part = part.replace(b"</sheetData>", b'<row r="1048576"><c r="A1048576" s="1"/></row></sheetData>')
    run = imports.start(
        FACILITIES, upload(with_part(content, "xl/worksheets/sheet1.xml", part)), actor=bureau, queued=False
    )
    assert imports.read(run, actor=bureau, queued=False).counts["new"] == 1


def test_the_sheet_with_the_list_is_found_among_others(bureau):
    content = workbook(("说明",), ("照着填",), sheet="说明", more={"名册": [HEAD, GOOD]})
    run = imports.start(FACILITIES, upload(content), actor=bureau, queued=False)
    run = imports.read(run, actor=bureau, queued=False)
    assert (run.sheet, run.counts["new"]) == ("名册", 1)


def test_a_file_with_numbers_of_persons_is_kept_encrypted(bureau):
    content = workbook(("身份证号", "机构名称", "到岗日期"), ("310112199005200012", "示例", "2025-01-01"))
    run = imports.start(LISTS.incoming["staff"], upload(content), actor=bureau, queued=False)
    stored = StoredFile.objects.get(pk=run.file_id)
    assert content not in path_of(stored).read_bytes() and b"PK" != path_of(stored).read_bytes()[:2]
    assert import_files.content_of(stored) == content


# ---- what goes back


def test_the_template_comes_in_as_it_is_and_offers_lists(bureau):
    content = import_answers.template(FACILITIES, actor=bureau)
    names, _labels = imports.names_of(FACILITIES.columns(bureau))
    from portal.rules import headings

    heads = cells_of(content)[0]
    assert [headings.key(h) in names for h in heads] == [True] * len(heads)
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<dataValidation ") == sum(bool(c.values) for c in FACILITIES.columns(bureau))
    assert "只有表头" in refused(content, bureau)


def test_wrong_rows_go_back_with_remarks_and_come_in_when_mended(bureau):
    run = read("facilities", ("闵行区托育机构名册",), HEAD, GOOD, WRONG, SECOND, actor=bureau)
    rows = cells_of(import_answers.remarks(run, actor=bureau))
    assert rows[-2][-1] == "备注" and len([r for r in rows if any(r)]) in (2, 3)
    assert rows[-1][1] == "示例三" and "D4 本区没有“火星”" in rows[-1][-1]
    whole = cells_of(import_answers.remarks(run, actor=bureau, whole=True))
    assert [r[1] for r in whole[-3:]] == ["示例晨光托育园", "示例三", "示例松果托育园"]
    mended = read("facilities", *whole[:-2], whole[-1], actor=bureau)
    assert (mended.counts["new"], mended.counts["wrong"]) == (2, 0), sentences(mended)


def test_the_preview_masks_what_is_a_persons(bureau):
    run = read("facilities", (*HEAD, "负责人", "电话"), (*GOOD, "陈示例", "021-55501234"), actor=bureau)
    (line,) = run.lines.all()
    assert (line.cells["head"], line.cells["phone"]) == ("陈*", "021***")


# ---- rights


def test_who_may_not_write_a_list_cannot_bring_it_in(scene):
    with pytest.raises(Denied):
        imports.start(FACILITIES, upload(workbook(HEAD, GOOD)), actor=scene.actor("officer"), queued=False)


def test_a_role_that_ended_writes_no_more(bureau, scene):
    run = read("facilities", HEAD, GOOD, actor=bureau)
    run = imports.order(run, actor=bureau, queued=False)
    run = imports.write(run, actor=scene.actor("department"))
    assert run.state == "ready" and "你的角色现在不能写" in imports.reason_of(run)
    assert not Facility.objects.filter(address="示例路 1 号", name="示例晨光托育园").exists()


def test_another_district_sees_no_run(bureau, cast):
    read("facilities", HEAD, GOOD, actor=bureau)
    assert ImportRun.objects.for_actor(cast.actor("clerk")).count() == 1
    assert not ImportRun.objects.for_actor(cast.actor("operator")).exists()


def test_the_page_tells_how_far_the_work_is(cast, client, monkeypatch):
    """Each stage is told with its rows while it runs, and the page says it."""
    told, tell = [], imports.tell
    monkeypatch.setattr(imports, "tell", lambda run, *now: (told.append(now), tell(run, *now)))
    client.force_login(cast.users["bureau"])
    with district_scope(cast.minhang):
        run = read("facilities", HEAD, GOOD, actor=cast.actor("bureau"))
        assert {"reading", "checking"} <= {stage for stage, *_numbers in told}
        ImportRun.objects.filter(pk=run.pk).update(state="reading")
        tell(run, "reading", 1200, 5000)
    page = client.get(reverse("import", args=["minhang", run.pk])).content.decode()
    assert "正在读取，1200 / 5000 行" in page
    with district_scope(cast.minhang):
        ImportRun.objects.filter(pk=run.pk).update(state="ready")
        imports.order(run, actor=cast.actor("bureau"), queued=False)
        imports.write(run, actor=cast.actor("bureau"))
    assert "writing" in {stage for stage, *_numbers in told}


def test_pages_from_the_file_to_the_result(cast, client, django_capture_on_commit_callbacks):
    client.force_login(cast.users["bureau"])
    page = client.get(reverse("import-new", args=["minhang", "facilities"]))
    assert "下载模板" in page.content.decode()
    sent = client.post(
        reverse("import-new", args=["minhang", "facilities"]), {"file": upload(workbook(HEAD, GOOD, WRONG))}
    )
    assert sent.status_code == 302
    with district_scope(cast.minhang):
        run = ImportRun.objects.get()
    assert "排队中" in client.get(sent.url).content.decode()
    with district_scope(cast.minhang):
        imports.read(run, actor=cast.actor("bureau"), queued=False)
    text = client.get(sent.url).content.decode()
    assert "写入 1 行，跳过 1 行" in text and "本区没有“火星”" in text
    assert client.get(reverse("import-remarks", args=["minhang", run.pk])).status_code == 200
    assert client.get(reverse("import-file", args=["minhang", run.pk])).status_code == 200
    refused = client.post(reverse("import-write", args=["minhang", run.pk]))
    assert refused.status_code == 400
    done = client.post(reverse("import-write", args=["minhang", run.pk]), {"without_wrong": "yes"})
    assert done.status_code == 302
    with district_scope(cast.minhang):
        imports.write(run, actor=cast.actor("bureau"))
    assert "已写入：新增 1，更新 0" in client.get(sent.url).content.decode()
    bad = client.post(
        reverse("import-new", args=["minhang", "facilities"]), {"file": upload(b"x", "示例.doc")}
    )
    assert bad.status_code == 422 and "不是 .xlsx 文件" in bad.content.decode()
