"""REST: published results only, of the token's district only, exactly as the OpenAPI says."""

from __future__ import annotations

import hashlib
from datetime import date

import jsonschema
import orjson
import pytest

from inspections.models import Inspection
from inspections.services import results
from portal.models import ApiClient
from portal.tenancy import district_scope
from tests.inspections import factories
from tests.queries import at_most

URL = "/api/v1/inspections/"
TOKEN = "sy_minhang_results-secret"


def grant(cast, district, token: str, scopes=("results:read",)) -> None:
    with district_scope(district):
        ApiClient.objects.create(
            name="市级平台",
            token_sha256=hashlib.sha256(token.encode()).hexdigest(),
            scopes=list(scopes),
            starts_on=date(2020, 1, 1),
            created_by=cast.users["system_admin"],
        )


@pytest.fixture
def town(cast):
    """One published result with findings, one finished and not published, one drawn and not made."""
    grant(cast, cast.minhang, TOKEN)
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
        team = factories.team(cast)
        one, bureau = cast.actor("inspector"), cast.actor("bureau")
        first = factories.drawn(cast.facility, team, number="JC-2603-001")
        factories.finished(
            first, one, failing={"guards": "陈小明下午不在，电话 13800000000", "air": "没有开窗"}
        )
        results.publish_result(first, actor=bureau, now=factories.at(date(2026, 4, 1)))
        for number, month in (("JC-2604-001", 4), ("JC-2605-001", 5)):
            factories.drawn(cast.facility, team, number=number, month=date(2026, month, 1))
        second = Inspection.objects.get(number="JC-2604-001")
        factories.finished(second, one, failing={"alarm": "坏了"}, on=date(2026, 4, 8))
    return cast


def get(client, url: str = URL, token: str = TOKEN):
    return client.get(url, HTTP_AUTHORIZATION=f"Bearer {token}")


def test_golden(town, client):
    answer = get(client)
    assert answer.status_code == 200 and answer["Content-Type"] == "application/json"
    assert answer.json() == {
        "results": [
            {
                "number": "JC-2603-001",
                "facility": "TS0001",
                "street": "310112102",
                "kind": "drawn",
                "inspected_on": "2026-03-10",
                "published_on": "2026-04-01",
                "public_until": "2028-04-01",
                "version": 1,
                "answers": {"ok": 32, "bad": 2, "unseen": 0, "withdrawn": 0},
                "findings": [
                    {
                        "item": "保安在岗，来访登记，幼儿活动时封闭管理",
                        "key": "guards",
                        "weight": "high",
                        "state": "open",
                    },
                    {
                        "item": "活动室、寝室按时通风，室温合适",
                        "key": "air",
                        "weight": "low",
                        "state": "open",
                    },
                ],
                "recusals": [],
            }
        ],
        "next": None,
    }
    assert "陈小明" not in answer.content.decode() and "13800000000" not in answer.content.decode()


def test_the_answer_is_exactly_what_openapi_describes(town, client):
    schema = client.get("/api/v1/schema/?format=json").json()
    operation = schema["paths"][URL]["get"]
    assert {p["name"] for p in operation["parameters"]} == {"limit", "cursor", "facility", "published_since"}
    wanted = operation["responses"]["200"]["content"]["application/json"]["schema"]
    root = {**wanted, "components": schema["components"]}
    text = orjson.dumps(root).decode().replace('"nullable":true', '"x":1')
    strict = orjson.loads(text)
    for part in strict["components"]["schemas"].values():
        if part.get("type") == "object":
            part["additionalProperties"] = False
    page = strict["components"]["schemas"]["ResultPage"]["properties"]["next"]
    page["type"] = [page["type"], "null"]
    jsonschema.Draft202012Validator(strict).validate(get(client).json())
    assert set(operation["responses"]) == {"200", "400", "401", "403"}


def test_all_pages_give_every_result_once_in_few_queries(town, client):
    with district_scope(town.minhang):
        team = [m.inspector for m in Inspection.objects.get(number="JC-2603-001").all_team.all()]
        for n in range(30):
            row = factories.drawn(
                town.facility, team, number=f"OLD-{n:02d}", month=date(2020 + n // 12, 1 + n % 12, 1)
            )
            Inspection.objects.filter(pk=row.pk).update(
                state="published",
                finished_on=date(2025, 1, 1),
                published_at=factories.at(date(2025, 1, 20)),
                publish_until=date(2099, 1, 1),
            )
    seen, url = [], URL + "?limit=7"
    while url:
        with at_most(8):
            page = get(client, url).json()
        seen += [row["number"] for row in page["results"]]
        url = f"{URL}?limit=7&cursor={page['next']}" if page["next"] else ""
    assert len(seen) == len(set(seen)) == 31
    since = get(client, URL + "?published_since=2026-04-01").json()["results"]
    assert [row["number"] for row in since] == ["JC-2603-001"]
    assert get(client, URL + "?facility=TS0002").json() == {"results": [], "next": None}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("cursor=nonsense", "cursor"),
        ("published_since=2026-13-01", "published_since"),
        ("facility=1234567890123", "facility"),
        ("state=due", "state"),
    ],
)
def test_nonsense_is_told_by_name(town, client, query, field):
    answer = get(client, f"{URL}?{query}")
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"
    assert answer.json()["field"] == field


def test_without_a_token_nothing_is_told(town, client):
    answer = client.get(URL)
    assert answer.status_code == 401 and answer["Content-Type"] == "application/problem+json"


def test_the_scope_is_asked_for(town, client):
    grant(town, town.minhang, "sy_minhang_other", scopes=["facilities:read"])
    assert get(client, token="sy_minhang_other").status_code == 403


def test_a_wrong_token_is_none(town, client):
    assert get(client, token="sy_minhang_wrong").status_code == 401


def test_a_token_in_another_districts_name_is_none(town, client):
    assert get(client, token=TOKEN.replace("minhang", "jinshan")).status_code == 401


def test_a_client_of_another_district_sees_none_of_it(town, client):
    grant(town, town.jinshan, "sy_jinshan_x")
    assert get(client, token="sy_jinshan_x").json() == {"results": [], "next": None}
