"""REST for documents with what rests on them, the task matrix, what units owe, forecasts and 'what if': it tells what
the pages tell, to whom has the scope, as the schema says."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import jsonschema
import pytest
from django.utils import timezone

from facilities.models import Neighbourhood
from portal.access import Actor
from portal.models import ApiClient, Clause, PolicyDocument
from portal.tenancy import district_scope
from targets.models import ProgressReport, ReportingRound, Task
from targets.services import rollup, rounds
from tests import papers
from tests.queries import at_most
from tests.targets import figures as f
from tests.targets.test_documents import published, written
from tests.targets.test_target_api import strict

pytestmark = pytest.mark.django_db
TOKEN = "sy_minhang_plans"
SCOPES = ("documents:read", "tasks:read", "targets:read", "residents:read")


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        ApiClient.objects.create(
            name="市级平台", token_sha256=hashlib.sha256(TOKEN.encode()).hexdigest(), scopes=list(SCOPES),
            starts_on=date(2020, 1, 1), created_by=cast.users["system_admin"],
        )  # fmt: skip
    return cast


def get(client, path: str):
    return client.get(f"/api/v1/{path}", HTTP_AUTHORIZATION=f"Bearer {TOKEN}")


def fits(client, answer, template: str):
    """The body, after a look at the description of the address."""
    assert answer.status_code == 200, answer.content
    whole = client.get("/api/v1/schema/?format=json").json()
    told = whole["paths"][f"/api/v1/{template}"]["get"]["responses"]["200"]["content"]["application/json"][
        "schema"
    ]
    schema = strict({**told, "components": whole["components"]})
    jsonschema.Draft202012Validator(schema).validate(answer.json())
    return answer.json()


def test_a_document_is_told_clause_by_clause_with_what_rests_on_it(minhang, client):
    listed = fits(client, get(client, "documents/"), "documents/")["results"]
    assert {one["key"] for one in listed} == {"minhang", "own"}
    mine = next(one for one in listed if one["key"] == "minhang")
    assert (mine["number"], len(mine["issuers"])) == ("闵教字〔2021〕93号", 18)
    told = fits(client, get(client, "documents/minhang/"), "documents/{key}/")
    assert len(told["clauses"]) == mine["clauses"] and told["versions"] == []
    with district_scope(minhang.minhang):
        document = PolicyDocument.objects.get(key="minhang")
        labels = list(Clause.objects.filter(document=document).values_list("label", flat=True))
        tasks = Task.objects.filter(document=document).count()
    assert [one["label"] for one in told["clauses"]] == labels
    assert {one["label"]: papers.words(one["text"]) for one in told["clauses"]} == papers.whole("minhang")
    (lost,) = [one["note"] for one in told["clauses"] if one["label"].endswith("序号15")]
    assert lost == "抄本没有写责任单位，牵头和配合都不知道"
    resting = [r for one in told["clauses"] for r in one["resting"]]
    assert sum(r["kind"] == "任务" for r in resting) == tasks
    assert {"任务", "指标", "规则", "参数"} <= {r["kind"] for r in resting}
    page = client.get("/api/v1/documents/none/", HTTP_AUTHORIZATION=f"Bearer {TOKEN}")
    assert (page.status_code, page["Content-Type"]) == (404, "application/problem+json")


def test_a_version_and_the_words_of_its_clauses_are_told(minhang, client):
    with district_scope(minhang.minhang):
        key = published(minhang, written(minhang)).document.key
    told = fits(client, get(client, f"documents/{key}/"), "documents/{key}/")
    assert [(one["label"], one["text"]) for one in told["clauses"][:1]] == [("一（一）", "示例原文一")]
    (version,) = told["versions"]
    assert (version["number"], version["current"], version["starts_on"]) == (1, True, "2027-01-01")


def test_documents_go_page_by_page(minhang, client):
    first = get(client, "documents/?limit=1").json()
    assert len(first["results"]) == 1 and first["next"]
    second = get(client, f"documents/?limit=1&cursor={first['next']}").json()
    assert second["results"][0]["key"] != first["results"][0]["key"]
    assert get(client, "documents/?limit=0").json()["field"] == "limit"
    assert get(client, "documents/minhang/?x=1").json()["field"] == "x"


def reported(cast) -> ReportingRound:
    """A round of which one unit handed in a report, and another one began a draft."""
    today = timezone.localdate()
    of_round = rounds.see_rounds(on=today, actor=Actor.system(cast.minhang, "test"))
    task = Task.objects.get(document__key="minhang", number=2)
    values = {"round": of_round, "task": task, "percent": 40}
    ProgressReport.objects.create(
        unit=cast.bureau_unit, text="示例：开设 3 个托班", state="submitted", submitted_on=today, **values
    )
    ProgressReport.objects.create(unit=cast.health_unit, text="草稿不外传", state="draft", **values)
    return of_round


def test_the_matrix_is_told_with_reports_and_without_drafts(minhang, client):
    with district_scope(minhang.minhang):
        of_round = reported(minhang)
        in_force = Task.objects.current(timezone.localdate()).count()
    answer = get(client, "tasks/")
    told = fits(client, answer, "tasks/")
    assert told["round"]["due_on"] == of_round.due_on.isoformat()
    assert len(told["results"]) == in_force and "草稿不外传" not in answer.content.decode()
    rows = {one["number"]: one for one in told["results"] if one["document"] == "minhang"}
    assert (rows[9]["gap"], rows[15]["gap"], rows[7]["gap"]) == ("lead", "none", "support")
    assert all(row["key_project"] is None for row in rows.values())
    (report,) = rows[2]["reports"]
    assert (report["percent"], report["text"], report["unit"]) == (
        40,
        "示例：开设 3 个托班",
        "minhang-education",
    )
    lead = next(one for one in rows[2]["units"] if one["role"] == "lead")
    assert (lead["name"], lead["percent"], lead["owed"], lead["given"]) == ("区教育局", 40, 1, 1)
    towns = next(one for one in rows[2]["units"] if one["name"] == "各镇人民政府")
    assert towns["owed"] == 9 and towns["given"] == 0


def test_what_each_unit_owes_is_what_the_page_of_units_says(minhang, client):
    with district_scope(minhang.minhang):
        reported(minhang)
    told = fits(client, get(client, "units/"), "units/")["results"]
    client.force_login(minhang.bureau)
    groups = client.get("/minhang/units/").context["groups"]
    page = {one["unit"].slug: one["owing"] for _key, rows in groups for one in rows}
    assert {one["unit"]: one["owing"] for one in told} == page and len(page) > 20
    assert {one["group"] for one in told} == {"department", "street", "collective"}


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [("tasks/?round=2026-Q5", 400, "round"), ("tasks/?round=2001-Q1", 404, None), ("tasks/?x=1", 400, "x"),
     ("units/?round=2030-Q1", 404, None), ("targets/forecasts/?period=x", 400, "period"),
     ("targets/forecasts/?limit=1", 400, "limit"), ("supply/what-if/?sites=0", 400, "sites"),
     ("supply/what-if/?street=1", 400, "street"), ("supply/what-if/?y=1", 400, "y")],
)  # fmt: skip
def test_what_is_no_question_is_refused_with_its_field(minhang, client, path, status, field):
    answer = get(client, path)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json().get("field") == field


def test_a_forecast_is_the_pages(minhang, client):
    today = timezone.localdate()
    with district_scope(minhang.minhang):
        f.only(
            {"key": "visits", "metric": "yearly_visit", "kind": "frequency", "period": "year", "value": 1},
            {"key": "certified", "metric": "certified_share", "period": "plan"},
        )  # fmt: skip
        for number in range(4):
            place = f.facility(minhang.street)
            if not number:
                f.visit(place, today)
        rollup.roll_up(rollup.period_of(today.year, on=today), actor=Actor.system(minhang.minhang, "test"))
    told = fits(client, get(client, f"targets/forecasts/?period={today.year}"), "targets/forecasts/")
    client.force_login(minhang.bureau)
    page = client.get(f"/minhang/targets/?period={today.year}")
    rows = [row for part in page.context["groups"] for row, _clause, _about in part.rows if row.forecast]
    assert [(one["key"], one["words"]) for one in told["results"]] == [
        (row.target.key, row.forecast_method) for row in rows
    ]
    for one, row in zip(told["results"], rows, strict=True):
        assert one["forecast"] == pytest.approx(float(row.forecast.value), abs=1e-6)
        assert one["reaches"] == (row.forecast_state == "ok")


def test_before_the_first_roll_up_there_is_no_forecast(minhang, client):
    told = fits(client, get(client, "targets/forecasts/"), "targets/forecasts/")
    assert told == {"sha256": None, "as_of": None, "results": []}


def test_what_if_answers_as_its_page_and_keeps_nothing(minhang, client):
    with district_scope(minhang.minhang):
        before = Neighbourhood.objects.count()
    told = fits(client, get(client, "supply/what-if/?sites=2&kind=inclusive_site"), "supply/what-if/")
    client.force_login(minhang.bureau)
    page = client.get("/minhang/supply/what-if/?sites=2&kind=inclusive_site").context["result"]
    assert told["children_without"] == page.before.children_without
    assert told["children_without_then"] == page.after_children and told["places"] == page.places
    assert [one["children"] for one in told["sites"]] == [one.children for one in page.sites]
    with district_scope(minhang.minhang):
        assert Neighbourhood.objects.count() == before


@pytest.mark.parametrize(
    "path", ["documents/", "documents/minhang/", "tasks/", "units/", "targets/forecasts/"]
)
def test_few_queries(minhang, client, path):
    with district_scope(minhang.minhang):
        reported(minhang)
    with at_most(16 if path == "documents/minhang/" else 12):
        get(client, path)


def test_the_page_of_a_document_takes_few_queries(minhang, client):
    client.force_login(minhang.bureau)
    client.get("/minhang/documents/minhang/")
    with at_most(20):  # it gathers from all apps: each has a query or two, whatever rests on the clauses
        assert client.get("/minhang/documents/minhang/").status_code == 200


def test_each_needs_its_scope(minhang, client):
    with district_scope(minhang.minhang):
        ApiClient.objects.update(scopes=["staff:read"], ends_on=timezone.localdate() + timedelta(9))
    for path in (
        "documents/",
        "documents/minhang/",
        "tasks/",
        "units/",
        "targets/forecasts/",
        "supply/what-if/",
    ):
        assert get(client, path).status_code == 403, path
