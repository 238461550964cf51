"""Matrix, task, progress form, units, rounds through the browser's requests."""

import io
import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.urls import reverse
from docx import Document

from portal.access import Actor
from portal.models import AuditEntry, District, Parameter, Unit
from portal.rules.rights import Role
from portal.spreadsheets import Asked
from portal.tenancy import district_scope
from targets import exports
from targets.models import ProgressFile, ProgressReport, ReportingRound, Task
from targets.services import rounds
from tests import cast as casting
from tests.targets.factories import report, reporting_round

pytestmark = pytest.mark.django_db
ON = date(2026, 10, 12)


@pytest.fixture(autouse=True)
def a_day_in_october(monkeypatch, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr("django.utils.timezone.localdate", lambda value=None, timezone=None: ON)


@pytest.fixture
def minhang(cast):
    """A round with some reports; yields the cast outside of any scope, as requests need it."""
    with district_scope(cast.minhang):
        of_round = reporting_round()
        report(of_round, 1, cast.health_unit, 40)
        report(of_round, 1, Unit.objects.get(slug="minhang-qibao-town"), 80)
        cast.round = of_round.pk
        cast.tasks = dict(Task.objects.values_list("number", "pk"))
    return cast


def get(client, user, name, *args, **query):
    client.force_login(user)
    return client.get(reverse(name, args=["minhang", *args]), query)


def text(response) -> str:
    return response.content.decode()


def test_the_matrix_shows_rows_columns_numbers_and_gaps(client, minhang):
    page = text(get(client, minhang.bureau, "tasks"))
    assert "任务分工　23 项" in page
    assert page.count('<tr class="cat">') == 4
    assert "文件未列牵头单位" in page and "文件未列任何单位" in page
    assert 'aria-label="任务 1 区卫健委 配合 进度 40%"' in page
    assert 'aria-label="任务 1 各镇人民政府 配合 进度 80% 9 个成员报了 1 个"' in page
    assert '<span class="n">9</span>' in page and '<span class="n">4</span>' in page
    assert "催报" in page


def test_the_matrix_costs_a_constant_number_of_queries(client, minhang, django_assert_max_num_queries):
    client.force_login(minhang.bureau)
    url = reverse("tasks", args=["minhang"])
    client.get(url)
    with district_scope(minhang.minhang):
        of_round = ReportingRound.objects.get()
        by_number = dict(Task.objects.values_list("pk", "number"))
        units = Unit.objects.in_bulk()
        for task, unit in sorted(rounds.owing())[:120]:
            if not ProgressReport.objects.filter(task_id=task, unit_id=unit).exists():
                report(of_round, by_number[task], units[unit])
    with django_assert_max_num_queries(16):
        client.get(url)


@pytest.mark.parametrize(("view", "there", "missing"), [("gaps", 9, 8), ("mine", 3, 4)])
def test_a_saved_view_keeps_what_it_says(client, minhang, view, there, missing):
    page = text(get(client, minhang.department, "tasks", view=view))
    assert f">{there}</span>" in page
    assert f'<span class="no">{missing}</span>' not in page


def test_the_phones_list_holds_the_own_units_tasks_only(client, minhang):
    page = text(get(client, minhang.department, "tasks"))
    listed, others = page[page.index("mx-phone") :].split("<details", 1)
    assert "建立常态监测制度" in listed
    assert "各街镇建立综合执法机制" not in listed  # task 7 is the streets'
    own = listed.count("<li>")
    assert f"本单位没有分到的 {23 - own} 项" in others and "各街镇建立综合执法机制" in others
    bureau = text(get(client, minhang.city_officer, "tasks"))
    assert "本单位没有分到的" not in bureau and bureau[bureau.index("mx-phone") :].count("<li>") >= 23


def test_the_heading_counts_what_is_listed(client, minhang):
    assert "任务分工　2 项" in text(get(client, minhang.bureau, "tasks", view="gaps"))


def test_a_mean_of_few_says_of_how_many(client, minhang):
    page = text(get(client, minhang.bureau, "tasks"))
    foot = re.findall(
        r"<td class=\"s\">(.*?)</td>", page[page.index("其中报过的占") : page.index("</tfoot>")]
    )
    answer = get(client, minhang.bureau, "tasks")
    columns = [one["unit"].name for one in answer.context["columns"]]
    share = dict(zip(columns, foot, strict=True))
    page_of = answer.context["page"]
    towns = next(unit for unit in page_of.columns if unit.name == "各镇人民政府")
    cells = [row.cells[towns.pk] for row in page_of.rows.values() if towns.pk in row.cells]
    assert sum(cell.told for cell in cells) == 1 and share["各镇人民政府"] == "0"
    health = sum(unit.name == "区卫健委" for unit in page_of.columns)
    assert health and 0 < int(share["区卫健委"]) < 100


def test_how_long_a_round_takes_is_said_with_the_value_that_comes_next(client, minhang):
    with district_scope(minhang.minhang):
        first = Parameter.objects.get(key="task.round_due_days")
        first.ends_on = date(2026, 12, 30)
        first.save()
        Parameter.objects.create(key=first.key, label=first.label, value=7, starts_on=date(2026, 12, 31))
    page = text(get(client, minhang.bureau, "rounds"))
    assert f"季末后 {first.value} 个工作日" in page and "季末在 2026-12-31 以后的 7 个工作日" in page


def test_jinshans_duties_are_its_rows(client, minhang):
    client.force_login(minhang.stranger)
    page = text(client.get(reverse("tasks", args=["jinshan"])))
    assert "任务分工　18 项" in page
    assert "文件未列配合单位" not in page


def test_the_city_sees_and_may_not_remind(client, minhang):
    response = get(client, minhang.city_officer, "tasks")
    assert response.status_code == 200
    assert "催报" not in text(response)
    assert client.post(reverse("round-remind", args=["minhang", minhang.round])).status_code == 403


def test_another_district_gets_nothing(client, minhang):
    for name, args in (("tasks", ()), ("task", (minhang.tasks[1],)), ("units", ()), ("rounds", ())):
        assert get(client, minhang.stranger, name, *args).status_code == 404


def test_a_task_shows_clause_units_members_and_reports(client, minhang):
    page = text(get(client, minhang.bureau, "task", minhang.tasks[1]))
    assert "完成市政府每年新增 50 个普惠性托育点" in page
    assert "附件·任务分工方案·序号1" in page
    assert "9 个成员" in page and "七宝镇人民政府" in page
    assert "已报送" in page and "收下" in page
    assert "每个街镇至少开设1个普惠性托育点" in page


def test_a_task_without_units_says_so(client, minhang):
    page = text(get(client, minhang.bureau, "task", minhang.tasks[15]))
    assert "文件未列牵头单位" in page and "文件未列配合单位" in page


def form(**values):
    return {"percent": "30", "text": "已排摸点位", "version": "0", "do": "submit", **values}


def post_progress(client, cast, number=2, unit="minhang-health", user=None, **values):
    client.force_login(user or cast.department)
    url = reverse("progress-edit", args=["minhang", cast.tasks[number], unit])
    return client.post(f"{url}?round={cast.round}", form(**values))


def test_a_report_goes_in_through_the_form_with_its_evidence(client, minhang):
    upload = SimpleUploadedFile("材料.pdf", b"%PDF-1.7 x")
    response = post_progress(client, minhang, files=upload)
    assert response.status_code == 302
    with district_scope(minhang.minhang):
        made = ProgressReport.objects.get(task__number=2)
        assert (made.state, made.percent) == ("submitted", 30)
        evidence = ProgressFile.objects.get(report=made).pk
    answer = client.get(reverse("progress-file", args=["minhang", evidence]))
    assert answer["Content-Type"] == "application/pdf"
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 x"
    assert get(client, minhang.stranger, "progress-file", evidence).status_code == 404
    assert get(client, minhang.operator, "progress-file", evidence).status_code == 403


def test_evidence_of_a_draft_is_the_units_own(client, minhang):
    post_progress(client, minhang, do="draft", files=SimpleUploadedFile("材料.pdf", b"%PDF-1.7 x"))
    with district_scope(minhang.minhang):
        evidence = ProgressFile.objects.get().pk
    assert get(client, minhang.department, "progress-file", evidence).status_code == 200
    assert get(client, minhang.bureau, "progress-file", evidence).status_code == 404


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"percent": "101"}, "进度：填 0 到 100 之间的数"),
        ({"percent": "-3"}, "进度：填 0 到 100 之间的数"),
        ({"percent": "很多"}, "进度：填 0 到 100 之间的数"),
        ({"percent": ""}, "进度：报送前要填"),
        ({"text": ""}, "写一两句做了什么"),
        ({"files": SimpleUploadedFile("坏.exe", b"MZ")}, "xlsx 或 docx"),
    ],
)
def test_bad_input_comes_back_with_the_field_named(client, minhang, values, words):
    response = post_progress(client, minhang, **values)
    assert response.status_code == 422
    assert words in text(response)
    with district_scope(minhang.minhang):
        assert not ProgressReport.objects.filter(task__number=2).exists()


def test_a_unit_that_is_not_mine_cannot_be_opened(client, minhang):
    response = post_progress(client, minhang, unit="minhang-education")
    assert response.status_code == 403
    assert "不是你的单位" in text(response)


def test_a_stale_form_is_told_who_changed_it(client, minhang):
    assert post_progress(client, minhang, do="draft").status_code == 302
    response = post_progress(client, minhang, percent="90")
    assert response.status_code == 409
    assert "示例department" in text(response)
    with district_scope(minhang.minhang):
        assert ProgressReport.objects.get(task__number=2).percent == 30


def test_the_bureau_takes_and_sends_back_on_the_page(client, minhang):
    with district_scope(minhang.minhang):
        made = ProgressReport.objects.get(unit=minhang.health_unit)
    client.force_login(minhang.department)
    url = reverse("progress-return", args=["minhang", made.pk])
    assert client.post(url, {"note": "补名单", "version": "1"}).status_code == 403
    client.force_login(minhang.bureau)
    assert client.post(url, {"note": "", "version": "1"}).status_code == 400
    assert client.post(url, {"note": "补名单", "version": "7"}).status_code == 409
    assert client.post(url, {"note": "补名单", "version": "1"}).status_code == 302
    accept = reverse("progress-accept", args=["minhang", made.pk])
    assert client.post(accept, {"version": "2"}).status_code == 409
    assert "退回：补名单" in text(get(client, minhang.department, "task", minhang.tasks[1]))


def test_reminding_names_the_number_and_is_on_record(client, minhang):
    client.force_login(minhang.bureau)
    response = client.post(reverse("round-remind", args=["minhang", minhang.round]), follow=True)
    assert "已催报" in text(response)
    with district_scope(minhang.minhang):
        assert AuditEntry.objects.filter(action=rounds.REMINDED).count() == 1
    again = client.post(reverse("round-remind", args=["minhang", minhang.round]))
    assert again.status_code == 400
    assert "今天已经催过" in text(again)


def test_a_units_page_says_what_it_owes(client, minhang):
    page = text(get(client, minhang.department, "unit", "minhang-health"))
    assert "区卫健委" in page and "上海市闵行区卫生健康委员会" in page
    assert "还差" in page and "填报进展" in page
    other = text(get(client, minhang.bureau, "unit", "minhang-health"))
    assert "填报进展" not in other
    town = text(get(client, minhang.bureau, "unit", "minhang-qibao-town"))
    assert "作为“各镇人民政府”的成员" in town
    towns = text(get(client, minhang.bureau, "unit", "minhang-towns"))
    assert "七宝镇人民政府" in towns
    assert get(client, minhang.bureau, "unit", "no-such-unit").status_code == 404


def test_the_list_of_units_counts_what_is_missing(client, minhang):
    page = text(get(client, minhang.bureau, "units"))
    assert "区卫健委" in page and "七宝镇人民政府" in page and "9 个成员" in page


def test_rounds_are_opened_by_the_bureau(client, minhang):
    client.force_login(minhang.bureau)
    url = reverse("rounds", args=["minhang"])
    assert client.post(url, {"year": "2026", "quarter": "5"}).status_code == 422
    assert "季度：选一到四季度中的一个" in text(client.post(url, {"year": "2026", "quarter": "5"}))
    assert client.post(url, {"year": "2026", "quarter": "4"}).status_code == 302
    assert "2026 年四季度" in text(client.get(url))
    client.force_login(minhang.department)
    assert client.post(url, {"year": "2027", "quarter": "1"}).status_code == 403
    with district_scope(minhang.minhang):
        assert ReportingRound.objects.count() == 2


def test_today_leads_to_what_is_owed(client, minhang):
    page = text(get(client, minhang.department, "today"))
    assert "填报任务进展：2026 年三季度" in page
    assert "收下 2 份任务进展" in text(get(client, minhang.bureau, "today"))


def test_the_file_for_word_is_of_the_round_that_was_chosen(client, minhang):
    with district_scope(minhang.minhang):
        pk = ReportingRound.objects.order_by("starts_on").first().pk
    assert f'matrix.docx?round={pk}"' in text(get(client, minhang.bureau, "tasks", round=pk))
    assert 'matrix.docx"' in text(get(client, minhang.bureau, "tasks"))


def test_the_file_for_word_is_the_documents_own_table(client, minhang):
    answer = get(client, minhang.bureau, "matrix-docx")
    assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
    (table,) = Document(io.BytesIO(answer.content)).tables
    assert [cell.text for cell in table.rows[0].cells] == ["序号", "类别", "项目", "具体任务", "责任单位"]
    rows = [[cell.text for cell in row.cells] for row in table.rows[1:]]
    assert [row[0] for row in rows] == [str(number) for number in range(1, 24)]
    assert rows[0][4].startswith("牵头单位：区教育局、区妇联\n配合单位：区发改委、")
    assert rows[14][4] == "（文件未列）" and rows[8][4].startswith("配合单位：")
    assert table.cell(1, 1)._tc is table.cell(5, 1)._tc, "one cell for the five tasks of a category"
    assert table.cell(5, 1)._tc is not table.cell(6, 1)._tc


@pytest.mark.parametrize(("code", "lost"), [(310115, True), (310112, False)])
def test_a_key_project_is_marked_and_one_that_the_source_lost_is_called_unknown(client, cast, code, lost):
    district = District.objects.get(pk=code)
    with district_scope(district):
        officer = casting.person(f"bureau-{code}", "示例经办", Role.BUREAU)
        marked_task = Task.objects.filter(origin="table").order_by("number").last()
        Task.objects.filter(pk=marked_task.pk).update(key_project=True)
        other = Task.objects.filter(origin="table").order_by("number").first()
        asked = Asked(Actor.of(officer, district), QueryDict(), ON)
        cells = [column.heading for column in exports.TASK_COLUMNS]
        told = {row[cells.index("序号")]: row[cells.index("重点项目")] for row in exports.tasks(asked).rows}
    assert (told[marked_task.number], told[other.number]) == ("是", "看不出" if lost else "")
    client.force_login(officer)
    page = client.get(f"/{district.slug}/tasks/").content.decode()
    assert page.count(">重点项目<") == 1 and ("哪些是重点项目不知道" in page) == lost
    one = client.get(f"/{district.slug}/tasks/{other.pk}/").content.decode()
    assert ("不能当作不是" in one) == lost
