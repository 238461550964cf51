"""The month's report: drafted from the snapshot, issued by a second person, printed, read back."""

import io
import re
from datetime import date, datetime
from itertools import pairwise

import pdfplumber
import pytest
from django.utils import timezone

from facilities.models import Facility, Kindergarten
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import AuditEntry
from portal.services.files import path_of
from portal.tenancy import district_scope
from targets.models import Report, ReportSetting
from targets.rules import report_words
from targets.services import report_settings, reports, rollup
from tests.portal.test_official_pdf import BOTTOM, LEFT, LINE, MM, RIGHT, SQUARE, TOP, face, lines, text
from tests.targets import figures as f

pytestmark = pytest.mark.django_db
OCTOBER = timezone.make_aware(datetime(2026, 11, 3, 9))
NOVEMBER = timezone.make_aware(datetime(2026, 11, 20, 9))
LIST = "/minhang/reports/"


@pytest.fixture
def prepared(cast):
    """A district whose October has something to tell; no scope is open."""
    with district_scope(cast.minhang):
        Kindergarten.objects.all().delete()
        Facility.objects.update(opened_on=None)
        f.all_parameters()
        ReportSetting.objects.all().delete()
        ReportSetting.objects.create(kind="monthly", **report_settings.read()["monthly"]["310112"])
        for number in range(3):
            place = f.facility(cast.street, places=30)
            seen = f.visit(place, date(2026, 10, 9 + number))
            if number < 2:
                f.order(seen, due=date(2026, 10, 20), closed=date(2026, 10, 19) if number else None)
        f.visit(f.facility(cast.other_street, places=10), date(2026, 10, 15), state="due")
    return cast


@pytest.fixture
def minhang(prepared):
    """The same within its scope."""
    with district_scope(prepared.minhang):
        yield prepared


def draft(cast, name="bureau", now=OCTOBER, year=2026, month=10) -> Report:
    actor = cast.actor(name) if name else Actor.system(cast.minhang, "test")
    return reports.draft_report(year, month, actor=actor, now=now)


def seen(report) -> str:
    return report.content["snapshot"]["sha256"]


def issue(cast, report, name="head", now=OCTOBER, **changes) -> Report:
    return reports.issue_report(report, actor=cast.actor(name), now=now, **({"seen": seen(report)} | changes))


def read(cast, report) -> pdfplumber.PDF:
    printed = reports.print_report(report, actor=Actor.system(cast.minhang, "test"))
    return pdfplumber.open(io.BytesIO(path_of(printed.file).read_bytes()))


def words(document) -> str:
    return "".join(text(line) for page in document.pages for line in lines(page)).replace(" ", "")


def test_the_tables_are_the_snapshots_figures(minhang):
    report = draft(minhang)
    c, values = report.content, report.snapshot.values.filter(street=None)
    assert c["snapshot"] == {
        "id": report.snapshot_id,
        "sha256": report.snapshot.sha256,
        "as_of": "2026-10-31",
    }
    assert (c["totals"]["made"], c["totals"]["drawn"]) == (3, 4)
    for column, metric, part in (
        ("sites", "sites_per_street", "numerator"), ("places", "places_per_street", "numerator"),
        ("made", "drawn_visits_made", "numerator"), ("drawn", "drawn_visits_made", "denominator"),
        ("findings", "findings_found", "numerator"), ("orders", "orders_closed", "denominator"),
        ("closed", "orders_closed", "numerator"), ("overdue", "orders_overdue", "numerator"),
    ):  # fmt: skip
        whole = [v for v in values if v.metric == metric and v.street_id is None]
        bare = next((v for v in whole if v.target_id is None), None)
        total = getattr(bare or whole[0], part)
        if bare is None and column in ("sites", "places"):
            total = sum(
                v.numerator for v in report.snapshot.values.filter(metric=metric).exclude(street=None)
            )
        assert c["totals"][column] == total, column
        assert c["totals"][column] == sum(line[column] for line in c["streets"])
    assert sum(w["count"] for w in c["findings"]) == c["totals"]["findings"] == 2


def test_the_text_says_what_the_figures_say(minhang):
    sections = {s["key"]: "".join(s["paragraphs"]) for s in draft(minhang).content["sections"]}
    assert "在办托育机构4家，托位100个" in sections["overview"]
    assert "抽取检查4家，已完成3家，完成率75%" in sections["overview"]
    assert "抽到而没有查完的街镇有1个：古美街道" in sections["visits"]
    assert "逾期没有销号的1件" in sections["rectification"]
    assert "按期率50%" in sections["rectification"]
    assert "均不作为达到统计" in sections["targets"] or not sections["targets"]
    assert "古美街道" in sections["next"]


def test_items_found_most_are_told_as_what_was_not_kept():
    """An item says what is asked for: it is no problem by itself."""
    content = {
        "span": "month", "records": "", "as_of_words": "", "streets": [], "in_time": {"denominator": 0},
        "totals": {"findings": 4, "overdue": 0}, "findings": [{"label": "高风险项", "count": 4}],
        "frequent": [{"text": "每日防火巡查有记录，写明“谁查的”", "count": 4}],
    }  # fmt: skip
    told = "".join(report_words.rectification(content))
    assert "不符合较多的检查项：“每日防火巡查有记录，写明‘谁查的’”4处。" in told and "集中的问题" not in told


def test_drafting_again_changes_nothing(minhang):
    first = draft(minhang)
    before = AuditEntry.objects.count()
    again = draft(minhang)
    assert (again.pk, again.drafted_at, again.content) == (first.pk, first.drafted_at, first.content)
    assert AuditEntry.objects.count() == before


def test_a_draft_follows_the_figures_until_it_is_issued(minhang):
    report = draft(minhang)
    f.visit(f.facility(minhang.street), date(2026, 10, 20))
    newer = reports.refresh(report, actor=minhang.actor("clerk"), now=OCTOBER)
    assert newer.content["totals"]["made"] == 4
    assert newer.drafted_by == minhang.clerk
    issued = issue(minhang, newer)
    f.visit(f.facility(minhang.street), date(2026, 10, 21))
    with pytest.raises(Conflict):
        reports.refresh(issued, actor=minhang.actor("bureau"), now=OCTOBER)
    assert draft(minhang).content["totals"]["made"] == 4


def test_issuing_gives_numbers_in_order(minhang):
    first = issue(minhang, draft(minhang))
    assert re.fullmatch(r"闵教托督〔2026〕\d+号", first.number)
    f.visit(f.facility(minhang.street), date(2026, 9, 9))
    second = issue(minhang, draft(minhang, month=9))
    one, two = (int(re.search(r"〕(\d+)号", r.number).group(1)) for r in (first, second))
    assert two == one + 1
    with pytest.raises(Conflict):
        issue(minhang, first)


def test_who_drafted_does_not_issue(minhang):
    report = draft(minhang)
    with pytest.raises(Denied):
        issue(minhang, report, "bureau")
    Report.objects.update(drafted_by=minhang.head)
    with pytest.raises(Denied):
        issue(minhang, report)
    with pytest.raises(Denied):
        draft(minhang, "head")


def test_only_what_was_read_is_issued(minhang):
    report = draft(minhang)
    with pytest.raises(Conflict) as refused:
        issue(minhang, report, seen="0" * 64)
    assert refused.value.code == "changed"
    assert Report.objects.get(pk=report.pk).number == ""


def test_a_month_that_runs_is_not_issued(minhang):
    report = draft(minhang, now=NOVEMBER, month=11)
    assert report.content["as_of"] == "2026-11-20"
    with pytest.raises(Conflict) as refused:
        issue(minhang, report, now=NOVEMBER)
    assert refused.value.code == "period_open"


@pytest.mark.parametrize(("year", "month"), [(2026, 13), (2026, 12), (2026, 0)])
def test_a_month_that_is_none_is_refused(minhang, year, month):
    with pytest.raises(Refused):
        draft(minhang, year=year, month=month)


def test_without_setting_it_says_what_is_missing(minhang):
    ReportSetting.objects.all().delete()
    with pytest.raises(NotFound):
        draft(minhang)


def test_a_districts_own_setting_is_not_written_over(minhang):
    from portal.services.reference import Tally

    ReportSetting.objects.update(issuer="示例机关")
    report_settings.load(minhang.minhang, report_settings.read(), Tally())
    assert ReportSetting.objects.get(kind="monthly").issuer == "示例机关"


def test_a_draft_says_so_on_each_page_and_has_no_number(minhang):
    document = read(minhang, draft(minhang))
    assert all("送审稿" in page.extract_text() for page in document.pages)
    assert "〔2026〕" not in document.pages[0].extract_text().split("\n")[1]


def test_the_issued_pdf_is_an_official_document_with_the_snapshots_figures(minhang):
    report = issue(minhang, draft(minhang))
    document = read(minhang, report)
    whole = words(document)
    assert report.number in whole
    assert "送审稿" not in whole
    for needle in ("在办托育机构4家", "托位100个", "已完成3家", report.snapshot.sha256[:20], "2026年11月3日"):
        assert needle in whole, needle
    rows = [row for page in document.pages for table in page.extract_tables() for row in table]
    total = next(row for row in rows if row and row[0] == "合计" and len(row) == 9)
    t = report.content["totals"]
    assert [int(cell) for cell in total[1:]] == [
        t[k] for k in ("sites", "places", "drawn", "made", "findings", "orders", "closed", "overdue")
    ]
    streets = {row[0]: row[1:] for row in rows if row and len(row) == 9 and row[0] not in ("合计", "街镇")}
    for line in report.content["streets"]:
        shown = streets[line["name"]]
        assert [int(cell) for cell in shown] == [
            line[k] for k in ("sites", "places", "drawn", "made", "findings", "orders", "closed", "overdue")
        ]


def test_the_imprint_stands_at_the_foot_of_the_last_even_page(minhang, caplog):
    document = read(minhang, issue(minhang, draft(minhang)))
    assert len(document.pages) % 2 == 0
    assert [n for n, page in enumerate(document.pages, 1) if "抄送：" in page.extract_text()] == [
        len(document.pages)
    ]
    assert not [m for m in caplog.messages if "notdef" in m]


def test_figures_stand_close_to_the_words_around_them(minhang):
    from targets.services.report_content import tight

    assert tight("录像资料保存 30 天以上，不低于 1：5") == "录像资料保存30天以上，不低于1：5"
    assert tight("按 GB/T 9704 2012 办") == "按GB/T 9704 2012办"


def test_paper_red_line_and_page_numbers(minhang):
    document = read(minhang, issue(minhang, draft(minhang)))
    first = document.pages[0]
    assert (round(first.width / MM), round(first.height / MM)) == (210, 297)

    def colour(shape):
        found = shape.get("non_stroking_color") or shape.get("stroking_color") or ()
        return [round(part, 1) for part in found]

    red = [shape for shape in [*first.rects, *first.lines, *first.curves] if colour(shape) == [0.9, 0.0, 0.1]]
    assert any(abs(shape["x1"] - shape["x0"] - 156 * MM) < 1 for shape in red)
    for number, page in enumerate(document.pages, 1):
        if not page.chars:
            assert number == len(document.pages) - 1  # the empty page before the imprint
            continue
        foot = [c for c in page.chars if c["top"] > BOTTOM + 6 * MM / 2]
        if number == len(document.pages) and not document.pages[-2].chars:
            assert not foot
            continue
        line = "".join(c["text"] for c in sorted(foot, key=lambda c: c["x0"])).replace(" ", "")
        assert line == f"—{number}—"
        if number % 2:
            assert max(c["x1"] for c in foot) > RIGHT - 20
        else:
            assert min(c["x0"] for c in foot) < LEFT + 20
    for char in first.chars:
        assert "+" in char["fontname"]  # embedded, as a subset


def test_running_text_stands_on_the_grid(minhang):
    """A report whose text fills pages: 22 lines of 28 squares within the type area."""
    report = draft(minhang)
    long = (
        "各街镇对照年度计划逐家核对检查安排，检查人员不足的由派出单位补齐，整改情况按周汇总报送区教育局，"
        * 24
    )
    report.content["sections"] = [
        {"key": "overview", "number": "一", "title": "总体情况", "paragraphs": [long, long]}
    ]
    report.save()
    document = read(minhang, report)
    full = [page for page in document.pages[1:] if len(lines(page)) >= 22]
    assert full
    for page in full:
        rows = lines(page)
        assert len(rows) == 22
        tops = [min(c["top"] for c in row) for row in rows]
        assert all(abs(b - a - LINE) < 0.2 for a, b in pairwise(tops))
        assert tops[0] > TOP - 1 and max(c["bottom"] for c in rows[-1]) < BOTTOM + 1
        widths = [len(text(row)) for row in rows if face(row[0]).startswith("FandolFang")]
        assert max(widths) >= 27
        whole = [row for row in rows if len(text(row)) == 28]
        assert whole
        for row in whole:
            assert abs(row[-1]["x1"] - row[0]["x0"] - 28 * SQUARE) < 3


def test_printing_twice_gives_the_same_file(minhang):
    report = draft(minhang)
    system = Actor.system(minhang.minhang, "test")
    first = reports.print_report(report, actor=system)
    before = AuditEntry.objects.count()
    assert reports.print_report(report, actor=system).sha256 == first.sha256
    assert AuditEntry.objects.count() == before
    Report.objects.update(file=None, sha256="")
    assert reports.print_report(report, actor=system).sha256 == first.sha256


# --- Pages -----------------------------------------------------------------------------------------------------------


def test_the_way_of_a_report_through_the_pages(client, prepared, django_capture_on_commit_callbacks):
    sent = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reports.app, "send_task", lambda name, args: sent.append((name, args)))
        client.force_login(prepared.bureau)
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(f"{LIST}draft/", {"what": "monthly 2026-10"})
    with district_scope(prepared.minhang):
        report = Report.objects.select_related("snapshot").get()
    assert answer.status_code == 302 and sent == [("targets.print_report", [310112, report.pk])]
    url = f"{LIST}{report.pk}/"
    page = client.get(url)
    assert "正在排版" in page.content.decode() and "各街镇双随机检查与整改" in page.content.decode()
    assert client.get(f"{url}report.pdf").status_code == 503
    with district_scope(prepared.minhang):
        reports.print_report(report, actor=Actor.system(prepared.minhang, "test"))
    assert b"".join(client.get(f"{url}report.pdf").streaming_content)[:5] == b"%PDF-"
    assert client.post(f"{url}issue/", {"seen": seen(report)}).status_code == 403
    client.force_login(prepared.head)
    assert "印发" in client.get(url).content.decode()
    assert client.post(f"{url}issue/", {"seen": "x"}).status_code == 409
    assert client.post(f"{url}issue/", {"seen": seen(report)}).status_code == 302
    with district_scope(prepared.minhang):
        issued = Report.objects.get()
    assert issued.state == "issued"
    client.force_login(prepared.bureau)
    assert client.post(f"{url}refresh/").status_code == 409
    assert issued.number in client.get(LIST).content.decode()


def test_only_months_with_something_to_report_are_offered(minhang):
    def offered():
        return reports.months_without(Report.objects.all(), on=date(2026, 11, 20))

    november, october, september = date(2026, 11, 1), date(2026, 10, 1), date(2026, 9, 1)
    assert offered() == [(november, False), (october, True), (september, False)]
    draft(minhang)
    assert offered() == [(november, False), (september, False)]
    f.visit(f.facility(minhang.street), date(2026, 11, 19), state="due")
    assert offered() == [(november, True), (september, False)]
    assert reports.months_without([], on=date(2026, 1, 31)) == [
        (date(2026, 1, 1), False), (date(2025, 12, 1), False), (date(2025, 11, 1), False)
    ]  # fmt: skip


def test_the_list_shows_two_years_a_page(client, prepared):
    with district_scope(prepared.minhang):
        report = draft(prepared)
        for number in range(1, 31):  # the same thirty months before
            year, month = divmod(2026 * 12 + 9 - number, 12)
            report.pk, report.starts_on = None, date(year, month + 1, 1)
            report._state.adding = True
            report.save()
    client.force_login(prepared.bureau)
    first, last = client.get(LIST), client.get(f"{LIST}?after=2")
    assert first.content.decode().count('<th scope="row">') == 24 and "共 31" in first.content.decode()
    assert last.content.decode().count('<th scope="row">') == 7
    assert "2026年10月" in first.content.decode() and "2026年10月" not in last.content.decode()
    assert first.context["drafts"] == last.context["drafts"]
    assert "回到第一页" in client.get(f"{LIST}?after=9").content.decode()


def test_the_list_says_why_a_month_is_not_offered(client, cast):
    client.force_login(cast.bureau)
    page = client.get(LIST).content.decode()
    today = timezone.localdate()
    assert (
        f'value="monthly {today:%Y-%m}"' not in page
    )  # a year's report tells of the targets, whatever was visited
    assert f'value="self {today:%Y}"' in page
    assert f"{today.year}年{today.month}月没有抽到或完成的检查，没有可报的" in page
    client.force_login(cast.head)
    assert "没有可报的" not in client.get(LIST).content.decode()  # who drafts nothing is told nothing of it


def test_a_draft_waits_for_the_head(minhang):
    from targets import report_queue

    report = draft(minhang)
    waiting = report_queue.waiting(minhang.actor("head"))
    assert [w.verb for w in waiting] == ["核稿"]
    assert waiting[0].url == f"{LIST}{report.pk}/"
    assert report_queue.waiting(minhang.actor("bureau")) == []


@pytest.mark.parametrize(
    ("name", "status"),
    [("bureau", 200), ("head", 200), ("officer", 200), ("department", 200), ("city_officer", 200), ("inspector", 403),
     ("operator", 403), ("stranger", 404)],
)  # fmt: skip
def test_who_may_read_reports(client, prepared, name, status):
    with district_scope(prepared.minhang):
        report = draft(prepared)
    client.force_login(prepared.users[name])
    assert client.get(LIST).status_code == status
    of_the_draft = 404 if status == 200 and name not in ("bureau", "head") else status
    assert client.get(f"{LIST}{report.pk}/").status_code == of_the_draft
    with district_scope(prepared.minhang):
        issue(prepared, report)
    assert client.get(f"{LIST}{report.pk}/").status_code == status


@pytest.mark.parametrize(
    "body",
    [
        {"what": "monthly 2026-13"},
        {"what": "monthly x"},
        {"what": "monthly 2025"},
        {"what": "weekly 2025"},
        {},
    ],
)
def test_a_bad_month_is_refused_on_the_page(client, prepared, body):
    client.force_login(prepared.bureau)
    answer = client.post(f"{LIST}draft/", body)
    assert answer.status_code == 400
    assert any(word in answer.content.decode() for word in ("月份：", "时间：", "报告：选"))
    with district_scope(prepared.minhang):
        assert not Report.objects.exists()


def test_the_file_to_edit_has_the_texts_and_figures_of_the_pdf(prepared, client):
    from docx import Document

    with district_scope(prepared.minhang):
        report = draft(prepared)
    client.force_login(prepared.bureau)
    answer = client.get(f"{LIST}{report.pk}/report.docx")
    assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
    file = Document(io.BytesIO(answer.content))
    texts = {p.text for p in file.paragraphs}
    told = [text for section in report.content["sections"] for text in section["paragraphs"]]
    assert told and set(told) <= texts
    streets = [row.cells[0].text for row in file.tables[0].rows]
    assert streets[1:-1] == [line["name"] for line in report.content["streets"]]
    client.force_login(prepared.operator)
    assert client.get(f"{LIST}{report.pk}/report.docx").status_code == 403


def test_an_issued_figure_opens_its_own_snapshot_whatever_was_computed_later(prepared, client):
    with district_scope(prepared.minhang):
        report = issue(prepared, draft(prepared))
        f.visit(f.facility(prepared.street), date(2026, 10, 21))
        period = rollup.period_of(2026, 10, on=date(2026, 11, 4))
        later = rollup.roll_up(period, actor=Actor.system(prepared.minhang, "test"))
        assert later.pk != report.snapshot_id
    client.force_login(prepared.bureau)
    page = client.get(f"{LIST}{report.pk}/").content.decode()
    address = f"/minhang/targets/figures/drawn_visits_made/?snapshot={report.snapshot_id}"
    assert address in page
    told = client.get(address).content.decode()
    assert "这是当时的数，后来重算过" in told and report.snapshot.sha256[:12] in told
    assert f"snapshot={report.snapshot_id}" in told.split("rows.xlsx")[1][:40], (
        "the file is of the same snapshot"
    )
    now = client.get("/minhang/targets/figures/drawn_visits_made/?period=2026-10").content.decode()
    assert "这是当时的数" not in now and later.sha256[:12] in now
    for wrong in ("99999999", "x", "１２"):
        assert client.get(f"/minhang/targets/figures/drawn_visits_made/?snapshot={wrong}").status_code == 404
