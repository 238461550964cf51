"""REST: targets with their newest figures, of the token's district only, exactly as the OpenAPI says."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from unittest import mock

import jsonschema
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from facilities.models import Facility, Kindergarten
from portal.access import Actor
from portal.models import ApiClient
from portal.tenancy import district_scope
from targets.services import rollup
from tests.targets import figures as f

pytestmark = pytest.mark.django_db
URL = "/api/v1/targets/"
TOKEN = "sy_minhang_targets-secret"
NOW = timezone.make_aware(datetime(2026, 11, 20, 18))


def grant(cast, district, token: str, scopes=("targets:read",)) -> None:
    with district_scope(district):
        ApiClient.objects.create(
            name="市级平台",
            token_sha256=hashlib.sha256(token.encode()).hexdigest(),
            scopes=list(scopes),
            starts_on=date(2020, 1, 1),
            created_by=cast.users["system_admin"],
        )


@pytest.fixture
def minhang(cast):
    grant(cast, cast.minhang, TOKEN)
    with district_scope(cast.minhang):
        Kindergarten.objects.all().delete()
        Facility.objects.update(opened_on=None)
        f.all_parameters()
        f.only(
            {"key": "visits", "metric": "yearly_visit", "text": "每年对每个机构至少实地巡查指导1次"},
            {"key": "sites", "metric": "inclusive_site_per_street", "kind": "per_unit_count", "period": "by-date",
             "due": date(2025, 12, 31), "scope": "street", "unit": "个", "streets_counted": "street"},
            {"key": "later", "proof": "not_yet", "metric": "", "proof_reason": "还没有登记", "scope": "newborn"},
            ends_on=date(2023, 12, 31),
        )  # fmt: skip
        for number in range(4):
            place = f.facility(cast.street, inclusive=True)
            if number < 3:
                f.visit(place, date(2026, 3, 1))
        cast.snapshot = rollup.roll_up(
            rollup.Period.month(2026, 11, f.DAY), actor=Actor.system(cast.minhang, "test"), now=NOW
        )
    return cast


def get(client, url: str = URL, token: str = TOKEN):
    return client.get(url, HTTP_AUTHORIZATION=f"Bearer {token}")


def strict(node):
    """OpenAPI 3.0 as JSON schema: `nullable` written out, and no field that is not described."""
    if isinstance(node, list):
        return [strict(part) for part in node]
    if not isinstance(node, dict):
        return node
    found = {key: strict(part) for key, part in node.items() if key != "nullable"}
    if isinstance(found.get("properties"), dict) and found.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return {"anyOf": [found, {"type": "null"}]} if node.get("nullable") is True else found


def schema_of(client, path: str = URL) -> dict:
    whole = client.get("/api/v1/schema/?format=json").json()
    operation = whole["paths"][path]["get"]
    assert {p["name"] for p in operation["parameters"]} == {"period"}
    assert set(operation["responses"]) == {"200", "400", "401", "403", "404"}
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    return strict({**answer, "components": whole["components"]})


def test_golden(minhang, client):
    answer = get(client)
    assert answer.status_code == 200 and answer["Content-Type"] == "application/json"
    body = answer.json()
    snapshot = body["snapshot"]
    assert snapshot == {
        "id": minhang.snapshot.pk,
        "sha256": minhang.snapshot.sha256,
        "period": "month",
        "starts_on": "2026-11-01",
        "ends_on": "2026-11-30",
        "as_of": "2026-11-20",
        "taken_at": snapshot["taken_at"],
        "unknown": {},
    }
    visits = body["results"][0]
    document = visits["source"].pop("document")
    qibao = [s for s in visits.pop("streets") if s["street"] == "310112102"]
    assert document == "示例计划"
    assert qibao == [
        {
            "street": "310112102",
            "numerator": 3,
            "denominator": 4,
            "value": 0.75,
            "limit": 1,
            "verdict": "behind",
        }
    ]
    assert visits == {
        "key": "visits",
        "text": "每年对每个机构至少实地巡查指导1次",
        "source": {"clause": "一", "period_to": "2023-12-31", "over": True},
        "kind": "frequency",
        "comparator": ">=",
        "asked": 1,
        "unit": "次",
        "period": "year",
        "due": None,
        "scope": "facility",
        "proof": "counted",
        "proof_reason": "",
        "attestation": None,
        "method": {
            "metric": "yearly_visit",
            "version": 1,
            "measure": "share",
            "words": "今年已结束的实地检查所到的在办机构 ÷ 在办机构",
        },
        "figure": {
            "numerator": 3,
            "denominator": 4,
            "value": 0.75,
            "limit": 1,
            "verdict": "behind",
            "on_due_day": None,
        },
    }


def test_a_by_date_target_has_the_figure_of_its_day(minhang, client):
    sites = next(r for r in get(client).json()["results"] if r["key"] == "sites")
    assert sites["figure"]["numerator"] == 1
    assert sites["figure"]["on_due_day"]["numerator"] == 1
    assert sites["figure"]["verdict"] == "missed"


def test_what_is_not_counted_has_no_figure(minhang, client):
    later = next(r for r in get(client).json()["results"] if r["key"] == "later")
    assert (later["figure"], later["method"], later["streets"]) == (None, None, [])
    assert later["proof_reason"] == "还没有登记"


def test_own_figures_promise_nothing(minhang, client):
    places = next(r for r in get(client).json()["results"] if r["key"] == "places_per_street")
    assert places["source"] is None
    assert (places["figure"]["value"], places["figure"]["verdict"]) == (80, None)


@pytest.mark.parametrize("period", ["", "?period=2026-11"])
def test_the_answer_is_what_the_schema_says(minhang, client, period):
    jsonschema.Draft202012Validator(schema_of(client)).validate(get(client, URL + period).json())


def test_before_the_first_roll_up(cast, client):
    grant(cast, cast.jinshan, "sy_jinshan_secret")
    answer = get(client, token="sy_jinshan_secret")
    assert answer.status_code == 200
    assert answer.json()["snapshot"] is None
    assert all(r["figure"] is None for r in answer.json()["results"])
    jsonschema.Draft202012Validator(schema_of(client)).validate(answer.json())


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [("?period=2026-13", 400, "period"), ("?period=x", 400, "period"), ("?period=2099", 400, "period"),
     ("?limit=3", 400, "limit"), ("?period=2026-01", 404, None)],
)  # fmt: skip
def test_a_bad_parameter_is_a_problem(minhang, client, query, status, field):
    with mock.patch.object(timezone, "now", return_value=NOW):
        answer = get(client, URL + query)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json().get("field") == field


def test_without_token(minhang, client):
    assert client.get(URL).status_code == 401


def test_without_scope(minhang, client):
    grant(minhang, minhang.minhang, "sy_minhang_other", scopes=("facilities:read",))
    assert get(client, token="sy_minhang_other").status_code == 403


def test_a_token_reads_its_own_district_only(minhang, client):
    grant(minhang, minhang.jinshan, "sy_jinshan_secret")
    assert "示例计划" not in get(client, token="sy_jinshan_secret").content.decode()


def test_few_queries(minhang, client):
    get(client)
    with CaptureQueriesContext(connection) as queries:
        get(client)
    assert len([q for q in queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]) <= 9


def test_a_time_before_the_first_records_has_no_figures(minhang, client):
    """The fixture's visits are of March 2026."""
    answer = get(client, f"{URL}?period=2025")
    assert answer.status_code == 404 and "这段时间还没有记录" in answer.content.decode()
    with district_scope(minhang.minhang):
        rollup.roll_up(rollup.Period.year(2025), actor=Actor.system(minhang.minhang, "test"), now=NOW)
    body = get(client, f"{URL}?period=2025").json()
    jsonschema.validate(body, schema_of(client))
    assert body["snapshot"]["unknown"]["yearly_visit"] == "这段时间还没有记录"
    (visits,) = (row for row in body["results"] if row["key"] == "visits")
    assert (visits["figure"]["value"], visits["figure"]["numerator"]) == (None, None)
    assert visits["figure"]["verdict"] == "unknown" and visits["streets"] == []
