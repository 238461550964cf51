"""Reports of a quarter and a year, and the yearly self-report: drafted, issued, read by everybody; how a district issues."""

import hashlib
import io
import re
from datetime import date, datetime
from pathlib import Path

import docx
import pytest
from django.conf import settings
from django.utils import timezone

from portal.access import Actor
from portal.errors import Denied, NotFound, Refused
from portal.models import AuditEntry
from portal.services.files import path_of
from portal.tenancy import district_scope
from targets.metrics.base import Period
from targets.models import Attestation, ProgressReport, Report, ReportSetting, Snapshot, Target
from targets.services import report_settings, reports, rollup
from tests.targets import figures as f
from tests.targets.test_reports import read, seen, words

pytestmark = pytest.mark.django_db
JANUARY = timezone.make_aware(datetime(2027, 1, 5, 9))
OCTOBER = timezone.make_aware(datetime(2026, 10, 20, 9))


@pytest.fixture
def prepared(cast):
    """A district with three visits in the third quarter and one in the fourth; no scope is open."""
    with district_scope(cast.minhang):
        f.all_parameters()
        ReportSetting.objects.all().delete()
        for kind in ("monthly", "quarterly", "yearly", "self"):
            ReportSetting.objects.create(kind=kind, **report_settings.read()[kind]["310112"])
        for month in (7, 8, 9, 11):
            f.visit(f.facility(cast.street, places=30), date(2026, month, 9))
    return cast


@pytest.fixture
def minhang(prepared):
    with district_scope(prepared.minhang):
        yield prepared


def drafted(cast, kind, code, now=JANUARY) -> Report:
    return reports.draft(kind, code, actor=cast.actor("bureau"), now=now)


def issued(cast, report, now=JANUARY) -> Report:
    return reports.issue_report(report, seen=seen(report), actor=cast.actor("head"), now=now)


def given_proof(target, title="示例：联席会议名单") -> Attestation:
    return Attestation.objects.create(
        target=target, title=title, issued_on=date(2026, 3, 1), text="示例：第一页", starts_on=date(2026, 3, 1),
        valid_until=date(2027, 3, 1), given_at=OCTOBER,
    )  # fmt: skip


def section(report, key) -> str:
    return "".join(next(s for s in report.content["sections"] if s["key"] == key)["paragraphs"])


def test_a_quarter_adds_its_months(minhang):
    for month in (7, 8):
        rollup.roll_up(Period.month(2026, month), actor=minhang.actor("bureau"), now=JANUARY)
    report = drafted(minhang, "quarterly", "2026-Q3", now=OCTOBER)
    assert report.content["totals"]["made"] == 3
    assert report.content["title"] == "关于2026年第三季度全区托育服务督查情况的通报"
    assert "本季度双随机抽取检查3家，已完成3家" in section(report, "overview")
    assert "本月" not in "".join(text for s in report.content["sections"] for text in s["paragraphs"])
    months = {line["label"]: line["made"] for line in report.content["months"]}
    assert months == {"7月": 1, "8月": 1, "9月": None}  # nobody counted September: not known, not nought
    assert report.snapshot.period == "quarter" and report.snapshot.ends_on == date(2026, 9, 30)


def test_a_year_is_one_report_beside_its_months(minhang):
    year, month = drafted(minhang, "yearly", "2026"), drafted(minhang, "monthly", "2026-11")
    assert (year.content["totals"]["made"], month.content["totals"]["made"]) == (4, 1)
    assert reports.name_of(year) == "2026年督查报告"
    assert drafted(minhang, "yearly", "2026").pk == year.pk and Report.objects.count() == 2
    printed = words(read(minhang, issued(minhang, year)))
    assert "各月双随机检查与整改" in printed and "全年双随机抽取检查4家" in printed


def test_a_quarter_tells_its_own_round_until_that_is_due(minhang):
    """The reports on the quarter's tasks come after its end: those that are there on the day count."""
    from targets.services import rounds

    own = rounds.open_round(2026, 3, actor=minhang.actor("bureau"))
    report = drafted(minhang, "quarterly", "2026-Q3", now=OCTOBER)
    before = report.content["tasks"]
    assert before["round"].startswith("2026年三季度") and before["given"] == 0 < before["owed"]
    task_id, unit_id = sorted(rounds.owing(own))[0]
    ProgressReport.objects.create(
        round=own, task_id=task_id, unit_id=unit_id, state="submitted", percent=60, text="示例：摸底完成",
        submitted_on=date(2026, 10, 15),
    )  # fmt: skip
    assert drafted(minhang, "quarterly", "2026-Q3", now=OCTOBER).content["tasks"]["given"] == 1


@pytest.mark.parametrize(
    ("kind", "code", "word"),
    [
        ("quarterly", "2026-Q5", "季度"), ("quarterly", "2026-07", "季度"), ("yearly", "2026-Q1", "年"),
        ("self", "2027-01", "年"), ("weekly", "2026", "报告"), ("quarterly", "2027-Q2", "还没开始"), ("yearly", "", "时间"),
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused(minhang, kind, code, word):
    with pytest.raises(Refused) as refused:
        drafted(minhang, kind, code)
    assert word in str(refused.value.message)
    assert not Report.objects.exists()


@pytest.mark.parametrize(("kind", "code"), [("self", "2025"), ("yearly", "2025"), ("quarterly", "2026-Q2")])
def test_what_was_over_before_the_first_records_is_not_told_as_nought(client, prepared, kind, code):
    client.force_login(prepared.bureau)
    answer = client.post("/minhang/reports/draft/", {"what": f"{kind} {code}"})
    assert answer.status_code == 400 and "从2026年7月起才有记录" in answer.content.decode()
    offered = client.get("/minhang/reports/").content.decode()
    assert 'value="self 2026"' in offered and f'value="{kind} {code}"' not in offered
    with district_scope(prepared.minhang):
        assert not Report.objects.exists()
        assert reports.due_now(date(2026, 1, 5)) == []  # nor by a worker


def test_a_draft_of_a_year_without_records_is_not_issued(minhang):
    """As one that was drafted by an older version of the product."""
    report = drafted(minhang, "self", "2026")
    Report.objects.update(starts_on=date(2025, 1, 1))
    with pytest.raises(Refused) as refused:
        issued(minhang, report)
    assert "2025年没有" in str(refused.value.message)


def test_a_year_says_since_when_it_has_records(minhang):
    for kind in ("self", "yearly"):
        assert "检查从2026年7月起才有记录" in section(drafted(minhang, kind, "2026"), "overview")
    assert "起才有记录" not in section(drafted(minhang, "quarterly", "2026-Q4"), "overview")


def test_without_any_inspection_there_is_no_figure_of_them(cast):
    with district_scope(cast.minhang):
        for kind in ("self", "yearly"):
            told = section(reports.draft(kind, "2026", actor=cast.actor("bureau"), now=JANUARY), "overview")
            assert "还没有检查和整改的记录" in told and "0件" not in told


def test_the_self_report_names_every_target_of_the_plan(minhang):
    report = drafted(minhang, "self", "2026")
    plans = report.content["plans"]
    asked = {t.key for t in Target.objects.current(date(2026, 12, 31)).exclude(document__key="own")}
    assert asked and {line["key"] for plan in plans for line in plan["lines"]} == asked
    for plan in plans:
        counts = plan["counts"]
        assert (
            counts["counted"] + counts["attested"] + counts["not_yet"] == counts["all"] == len(plan["lines"])
        )
        assert f"列出的指标共{counts['all']}项" in section(report, "targets")
        for line in plan["lines"]:
            if line["proof"] == "not_yet":  # says what is lacking, and is never met
                assert line["basis"] and line["verdict"] != "met"
    printed = words(read(minhang, issued(minhang, report)))
    assert "不作为达到统计" in printed and "自评公报" in printed


def test_a_proof_that_stands_is_named_one_that_waits_is_not(minhang):
    target = (
        Target.objects.current(date(2026, 12, 31))
        .filter(proof="attested", kind="boolean")
        .exclude(document__key="own")
        .first()
    )

    def line():
        content = drafted(minhang, "self", "2026").content
        lines = [one for plan in content["plans"] for one in plan["lines"]]
        return next(one for one in lines if one["key"] == target.key)

    assert line()["word"] == "没有证明"
    row = given_proof(target)
    assert line()["word"] == "等第二人确认" and line()["basis"] == ""
    row.state, row.confirmed_at = "confirmed", timezone.make_aware(datetime(2026, 12, 1, 9))
    row.save()
    assert line()["basis"] == "《示例：联席会议名单》" and line()["verdict"] == "met"


def test_a_name_in_a_proofs_title_keeps_the_self_report_back(minhang):
    target = (
        Target.objects.current(date(2026, 12, 31))
        .filter(proof="attested")
        .exclude(document__key="own")
        .first()
    )
    row = given_proof(target, title="示例材料 13800000000")
    row.state, row.confirmed_at = "confirmed", timezone.make_aware(datetime(2026, 12, 1, 9))
    row.save()
    report = drafted(minhang, "self", "2026")
    with pytest.raises(Refused) as refused:
        issued(minhang, report)
    assert str(target)[:10] in str(refused.value.message)
    assert Report.objects.get().state == "draft"


def test_everybody_reads_the_self_report_once_it_is_issued(client, prepared):
    address = "/public/minhang/self-reports/"
    with district_scope(prepared.minhang):
        report, other = drafted(prepared, "self", "2026"), drafted(prepared, "yearly", "2026")
        issued(prepared, other)
    assert client.get(f"{address}2026/").status_code == 404
    assert "还没有公布过自评公报" in client.get(address).content.decode()
    with district_scope(prepared.minhang):
        number = issued(prepared, Report.objects.get(pk=report.pk)).number
    assert number in client.get(address).content.decode()
    page = client.get(f"{address}2026/").content.decode()
    assert "2026年度托育服务自评公报" in page and "存在的不足" in page
    assert client.get(f"{address}2025/").status_code == client.get(f"{address}99999/").status_code == 404
    assert client.get("/public/jinshan/self-reports/2026/").status_code == 404


def test_everybody_gets_the_pdf_that_was_issued(client, prepared):
    page, address = "/public/minhang/self-reports/2026/", "/public/minhang/self-reports/2026/report.pdf"
    with district_scope(prepared.minhang):
        report = drafted(prepared, "self", "2026")
        reports.print_report(report, actor=Actor.system(prepared.minhang, "test"))
    assert client.get(address).status_code == 404, "a draft is nobody's"
    with district_scope(prepared.minhang):
        report = issued(prepared, Report.objects.get(pk=report.pk))
    assert client.get(address).status_code == 404 and address not in client.get(page).content.decode()
    with district_scope(prepared.minhang):
        report = reports.print_report(report, actor=Actor.system(prepared.minhang, "test"))
        kept = path_of(report.file).read_bytes()
    assert address in client.get(page).content.decode()
    answer = client.get(address)
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
    body = b"".join(answer.streaming_content)
    assert body == kept and hashlib.sha256(body).hexdigest() == report.sha256
    assert client.get("/public/jinshan/self-reports/2026/report.pdf").status_code == 404


def test_the_issued_self_report_is_counted_for_the_target_that_asks_for_it(minhang):
    target = Target.objects.get(key="key-indicators-in-annual-report")
    assert target.metric == "self_reports_issued"

    def verdict():
        snapshot = rollup.roll_up(
            Period.month(2027, 1, date(2027, 1, 6)), actor=minhang.actor("bureau"), now=LATER
        )
        return snapshot.values.get(target=target, street=None)

    assert verdict().numerator == 0
    issued(minhang, drafted(minhang, "self", "2026"))
    assert (verdict().numerator, verdict().verdict) == (1, "met")


LATER = timezone.make_aware(datetime(2027, 1, 6, 9))


def test_the_file_to_edit_has_all_tables(client, prepared):
    with district_scope(prepared.minhang):
        report = drafted(prepared, "self", "2026")
    client.force_login(prepared.bureau)
    page = client.get(f"/minhang/reports/{report.pk}/").content.decode()
    assert "2026年度托育服务自评公报" in page and "?snapshot=" in page
    body = client.get(f"/minhang/reports/{report.pk}/report.docx").content
    document = docx.Document(io.BytesIO(body))
    foot = document.sections[0].footer.paragraphs[0]._p.xml
    assert 'w:instr="PAGE"' in foot  # pages are counted
    signed = [p for p in document.paragraphs if p.text == "上海市闵行区教育局"]
    assert signed[-1].paragraph_format.keep_with_next  # and the day stays with the unit
    rows = sum(len(table.rows) - 1 for table in document.tables)
    assert rows == sum(len(plan["lines"]) for plan in report.content["plans"])


def test_a_self_report_is_addressed_to_everybody(client, prepared):
    """No addressee and no 文件 over it; whoever issues it is told that it becomes public."""
    with district_scope(prepared.minhang):
        report = drafted(prepared, "self", "2026")
        printed = words(read(prepared, report))
    assert "上海市闵行区教育局" in printed and "教育局文件" not in printed and "各镇人民政府" not in printed
    client.force_login(prepared.head)
    page = client.get(f"/minhang/reports/{report.pk}/").content.decode()
    assert "各镇人民政府" not in page and "谁都能看" in page
    client.force_login(prepared.bureau)
    assert 'name="addressee"' not in client.get("/minhang/reports/settings/self/").content.decode()


def test_every_table_of_a_yearly_report_has_its_own_number(client, prepared):
    with district_scope(prepared.minhang):
        report = drafted(prepared, "yearly", "2026")
        printed = words(read(prepared, report))
    client.force_login(prepared.bureau)
    page = client.get(f"/minhang/reports/{report.pk}/").content.decode()
    assert "表2　各月双随机检查与整改" in page and re.search(r"表2\s*各月双随机检查与整改", printed)
    numbers = [int(number) for number in re.findall(r"<caption>表(\d)", page)]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 3
    target_table = report.content["tables"]["targets"]
    assert f"见表{target_table}" in section(report, "targets") and f"表{target_table}　算出的指标" in page


def test_a_tables_caption_has_the_width_of_a_phone(client, prepared, page):
    with district_scope(prepared.minhang):
        issued(prepared, drafted(prepared, "self", "2026"))
    html = client.get("/public/minhang/self-reports/2026/").content.decode()
    style = "<style>" + Path(settings.BASE_DIR, "static/css/all.css").read_text() + "</style></head>"
    html = re.sub(r'<link[^>]*rel="stylesheet"[^>]*>|<script\b[^>]*>.*?</script>', "", html, flags=re.S)
    page.set_viewport_size({"width": 390, "height": 900})
    page.set_content(html.replace("</head>", style, 1), wait_until="domcontentloaded")
    box = page.locator("caption").first.bounding_box()
    assert box["width"] > 300 and box["height"] < 80


def test_the_pdf_of_a_self_report_is_kept_with_its_hash(minhang):
    report = issued(minhang, drafted(minhang, "self", "2026"))
    printed = reports.print_report(report, actor=Actor.system(minhang.minhang, "test"))
    assert path_of(printed.file).read_bytes().startswith(b"%PDF") and len(printed.sha256) == 64


@pytest.mark.parametrize(
    ("on", "found"),
    [
        (date(2026, 10, 20), [("quarterly", "2026-Q3")]),
        (date(2026, 11, 20), []),
        (date(2027, 1, 5), [("quarterly", "2026-Q4"), ("yearly", "2026"), ("self", "2026")]),
        (date(2027, 2, 5), [("yearly", "2026"), ("self", "2026")]),
    ],
)
def test_what_a_worker_drafts_beside_the_month(minhang, on, found):
    assert reports.due_now(on) == found
    ReportSetting.objects.exclude(kind="monthly").delete()
    assert reports.due_now(on) == []  # a district that has not said how is not drafted for, and fails nobody


# --- how a district issues -----------------------------------------------------------------------------------------


def test_a_district_says_in_the_browser_how_it_issues(client, prepared):
    with district_scope(prepared.minhang):
        ReportSetting.objects.all().delete()
        with pytest.raises(NotFound) as missing:
            drafted(prepared, "quarterly", "2026-Q3")
    assert "发文设置" in str(missing.value.message)
    client.force_login(prepared.bureau)
    assert "还没有填，不能起草" in client.get("/minhang/reports/settings/").content.decode()
    given = {
        "issuer": "示例区教育局", "addressee": "各街镇", "number_word": "示教督", "printing_unit": "示例区教育局办公室",
        "title": "关于{year}年第{quarter}季度督查情况的通报",
    }  # fmt: skip
    assert client.post("/minhang/reports/settings/quarterly/", given).status_code == 302
    with district_scope(prepared.minhang):
        report = drafted(prepared, "quarterly", "2026-Q3")
        assert report.content["title"] == "关于2026年第三季度督查情况的通报"
        assert issued(prepared, report).number.startswith("示教督〔2027〕")
        assert AuditEntry.objects.filter(action="targets.report_setting.change").count() == 1
    client.post("/minhang/reports/settings/quarterly/", given)  # the same again changes nothing
    with district_scope(prepared.minhang):
        assert AuditEntry.objects.filter(action="targets.report_setting.change").count() == 1


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [("title", "{day}的通报", "大括号"), ("title", "{year.__class__}", "大括号"), ("title", "{year", "大括号"),
     ("issuer", " ", "这一栏要填"), ("number_word", "", "这一栏要填"),
     ("number_word", "ab 1", "2 到 10 个汉字")],
)  # fmt: skip
def test_a_frame_that_cannot_be_printed_is_refused_at_its_field(client, prepared, field, value, word):
    client.force_login(prepared.bureau)
    given = report_settings.read()["yearly"]["310112"] | {field: value}
    answer = client.post("/minhang/reports/settings/yearly/", given)
    assert answer.status_code == 422 and word in answer.content.decode()
    with district_scope(prepared.minhang):
        assert (
            ReportSetting.objects.get(kind="yearly").issuer
            == report_settings.read()["yearly"]["310112"]["issuer"]
        )


def test_only_the_bureau_sets_how_reports_are_issued(minhang):
    with pytest.raises(Denied):
        report_settings.change("yearly", {}, actor=minhang.actor("head"))
    with pytest.raises(NotFound):
        report_settings.change("weekly", {}, actor=minhang.actor("bureau"))


def test_a_quarter_is_a_period_of_the_targets_page(client, prepared):
    client.force_login(prepared.bureau)
    assert client.post("/minhang/targets/roll-up/", {"period": "2026-Q3"}).status_code == 302
    with district_scope(prepared.minhang):
        assert Snapshot.objects.filter(period="quarter", starts_on=date(2026, 7, 1)).exists()
    page = client.get("/minhang/targets/?period=2026-Q3").content.decode()
    assert "2026 年三季度" in page and "2026-Q2" in page
    assert client.get("/minhang/targets/?period=2026-Q7").status_code == 400
