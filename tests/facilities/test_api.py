"""The register over REST: bytes as promised, schema as served, pages complete, tokens, scopes, refusals."""

import hashlib
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import jsonschema
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from facilities.api import facilities as api
from facilities.models import CreditEntry, Facility
from facilities.services import facilities as services
from facilities.services import grades
from portal.models.people import ApiClient
from portal.tenancy import district_scope
from tests import rows
from tests.facilities import factories

pytestmark = pytest.mark.django_db
URL = "/api/v1/facilities/"


@pytest.fixture
def fetch(client, cast):
    """A client of Minhang with facilities:read; `who` picks another token."""
    tokens = {}
    for name, of, scopes, ends in (
        ("reader", cast.minhang, ["facilities:read"], None),
        ("other", cast.minhang, ["targets:read"], None),
        ("over", cast.minhang, ["facilities:read"], date(2021, 1, 1)),
        ("foreign", cast.jinshan, ["facilities:read"], None),
    ):
        tokens[name] = f"sy_{of.slug}_{name}-secret"
        with district_scope(of):
            ApiClient.objects.create(
                name=name,
                token_sha256=hashlib.sha256(tokens[name].encode()).hexdigest(),
                scopes=scopes,
                starts_on=date(2020, 1, 1),
                ends_on=ends,
                created_by=cast.bureau,
            )

    def get(query: str = "", who: str = "reader", path: str = URL, **headers):
        token = tokens.get(who, who)
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        return client.get(path + query, headers={**sent, **headers})

    return get


@pytest.fixture
def register(cast):
    with district_scope(cast.minhang):
        for n in range(12):
            factories.facility(
                (cast.street, cast.other_street)[n % 2],
                code=f"MH{100 + n}",
                name=f"示例{'安云青海'[n % 4]}园{n}",
                kind=("nursery", "baby_house", "integrated_kindergarten")[n % 3],
                state="suspended" if n == 11 else "operating",
                inclusive=n % 2 == 0,
            )
    return cast


def codes(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["code"] for row in response.json()["results"]]


ALL = [*(f"MH{100 + n}" for n in range(12)), "TS0001", "TS0002"]

GOLDEN = (
    '{"id":900000001,"code":"MH0091","district":310112,"name":"示例“云杉”托育园","kind":"nursery",'
    '"state":"operating","ownership":"non_profit","inclusive":true,"street":"310112102","street_name":"七宝镇",'
    '"address":"示例路 128 弄\\\\6 号","latitude":31.112300,"longitude":121.381234,'
    '"operator":"示例云杉教育","chain":"","credit_code":"91350100M000100Y43","phone":"021-55501234",'
    '"places":45,"enrolled":33,"full_day":true,"half_day":false,"hourly":false,"opens_at":"07:30:00",'
    '"closes_at":null,"meals":true,"grade":"A","listed":"none","usable_area":120.5,"cameras":16,"alarm_buttons":null,'
    '"video_days":90,"video_connected":null,"alarm_connected":false,"insured_until":"2026-05-09",'
    '"fees_published_on":null,"opened_on":"2023-09-01","closed_on":null,"version":7,'
    '"changed_at":"2026-03-18T02:42:07.000012Z"}'
)


def test_a_row_is_written_byte_for_byte(cast, fetch):
    with district_scope(cast.minhang):
        row = factories.facility(
            cast.street, pk=900000001, code="MH0091", name="示例“云杉”托育园", inclusive=True,
            address="示例路 128 弄\\6 号", credit_code="91350100M000100Y43", phone="021-55501234", places=45,
            enrolled=33, grade="A", usable_area=Decimal("120.5"), video_days=90, alarm_connected=False,
            insured_until=date(2026, 5, 9), opened_on=date(2023, 9, 1), version=7, opens_at=time(7, 30), meals=True,
            cameras=16, latitude=Decimal("31.1123"), longitude=Decimal("121.381234"), operator="示例云杉教育",
        )  # fmt: skip
        Facility.objects.filter(pk=row.pk).update(changed_at=datetime(2026, 3, 18, 2, 42, 7, 12, tzinfo=UTC))
    answer = fetch("?limit=1")
    assert answer.content.decode() == f'{{"results":[{GOLDEN}],"next":"WyJNSDAwOTEiXQ"}}'
    assert answer["Content-Type"] == "application/json"
    assert fetch(path=f"{URL}900000001/").content.decode() == GOLDEN


def schema(client) -> dict:
    return json.loads(client.get("/api/v1/schema/?format=json").content)


def strict(node):
    """OpenAPI 3.0 as JSON Schema: nullable, and nothing that is not named."""
    if isinstance(node, list):
        return [strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: strict(value) for key, value in node.items()}
    if node.pop("nullable", False):
        node = {"anyOf": [node, {"type": "null"}]}
    elif node.get("type") == "object" and "properties" in node:
        node["additionalProperties"] = False
    return node


def validator(document: dict, name: str) -> jsonschema.Draft202012Validator:
    root = {"$ref": f"#/components/schemas/{name}", "components": strict(document["components"])}
    return jsonschema.Draft202012Validator(root, format_checker=jsonschema.FormatChecker())


def test_what_is_served_is_what_the_schema_says(register, fetch, client):
    document = schema(client)
    page = document["paths"][URL]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert page == {"$ref": "#/components/schemas/FacilityPage"}
    rows = document["components"]["schemas"]["Facility"]
    assert list(rows["properties"]) == list(api.COLUMNS) == list(json.loads(fetch().content)["results"][0])
    assert sorted(rows["required"]) == sorted(api.COLUMNS)
    with district_scope(register.minhang):
        Facility.objects.filter(code="MH101").update(grade="D", usable_area=Decimal("99.9"), video_days=30)
        pk = Facility.objects.get(code="MH101").pk
    for query in ("", "?limit=2", "?state=closed"):
        validator(document, "FacilityPage").validate(fetch(query).json())
    validator(document, "Facility").validate(fetch(path=f"{URL}{pk}/").json())
    for query, who in (("?limit=0", "reader"), ("", "sy_minhang_guessed"), ("", "other")):
        answer = fetch(query, who)
        assert answer["Content-Type"] == "application/problem+json"
        described = document["paths"][URL]["get"]["responses"][str(answer.status_code)]["content"]
        assert described == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        validator(document, "Problem").validate(answer.json())
    named = {p["name"] for p in document["paths"][URL]["get"]["parameters"]}
    assert named == {p.name for p in api.PARAMETERS}
    assert document["paths"][URL]["get"]["security"] == [{"token": []}]


def test_the_schema_is_one_that_could_fail(register, fetch, client):
    body = fetch().json()
    body["results"][0]["places"] = "45"
    with pytest.raises(jsonschema.ValidationError):
        validator(schema(client), "FacilityPage").validate(body)


@pytest.mark.parametrize("limit", [1, 3, 5, 14, 200])
def test_walking_the_cursor_gives_every_row_once(register, fetch, limit):
    seen, query = [], f"?limit={limit}"
    for _step in range(20):
        answer = fetch(query)
        page = codes(answer)
        assert len(page) <= limit
        seen += page
        following = answer.json()["next"]
        if following is None:
            break
        query = f"?limit={limit}&cursor={following}"
    assert seen == ALL


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?state=suspended", ["MH111"]),
        ("?kind=baby_house&kind=nursery&state=suspended", []),
        ("?kind=baby_house", ["MH101", "MH104", "MH107", "MH110"]),
        ("?inclusive=true&kind=baby_house", ["MH104", "MH110"]),
        ("?inclusive=false&kind=baby_house", ["MH101", "MH107"]),
        ("?search=示例安", ["MH100", "MH104", "MH108"]),
        ("?search=slqy&kind=nursery", ["MH106"]),
        ("?search=" + "x" * 500, []),
        ("?updated_since=2001-01-01T00:00:00Z", ALL),
        ("?updated_since=2999-01-01T00:00:00%2B08:00", []),
        ("?street=310112102&kind=baby_house", ["MH104", "MH110"]),
        ("?street=310112102&street=310112006&state=suspended", ["MH111"]),
    ],
)
def test_filters(register, fetch, query, expected):
    assert codes(fetch(query)) == expected


def test_a_broad_search_gives_the_same(register, fetch, monkeypatch):
    narrow = codes(fetch("?search=示例"))
    monkeypatch.setattr("facilities.api.facilities.found_ids", lambda model, text: None)
    assert codes(fetch("?search=示例")) == narrow == ALL[:12]


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ("?limit=0", "limit", "1 到 200"),
        ("?limit=201", "limit", "1 到 200"),
        ("?limit=ten", "limit", "1 到 200"),
        ("?limit=٣", "limit", "1 到 200"),
        ("?limit=", "limit", "1 到 200"),
        ("?cursor=x", "cursor", "翻页的位置"),
        ("?cursor=", "cursor", "翻页的位置"),
        ("?kind=school", "kind", "没有“school”"),
        ("?state=open", "state", "没有“open”"),
        ("?street=310112999", "street", "本区没有街镇 310112999"),
        ("?street=310116101", "street", "本区没有街镇 310116101"),
        ("?street=七宝", "street", "不是九位代码"),
        ("?inclusive=1", "inclusive", "true 或 false"),
        ("?updated_since=2026-03-18", "updated_since", "带时区"),
        ("?updated_since=2026-02-30T00:00:00Z", "updated_since", "带时区"),
        ("?page=2", "page", "没有参数 page"),
    ],
)
def test_a_wrong_parameter_is_named(register, fetch, query, field, says):
    answer = fetch(query)
    body = answer.json()
    assert answer.status_code == body["status"] == 400
    assert body["field"] == field and says in body["detail"]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("", 401),
        ("sy_minhang_guessed", 401),
        ("sy_nowhere_x", 401),
        ("nonsense", 401),
        ("over", 401),
        ("other", 403),
    ],
)
def test_a_token_needs_to_be_known_in_force_and_of_the_scope(register, fetch, who, status):
    answer = fetch("", who)
    assert answer.status_code == status and answer.json()["detail"]
    assert "results" not in answer.json()


def test_a_token_of_another_district_reads_its_own_rows_only(register, fetch, cast):
    assert codes(fetch("", "foreign")) == ["TS9001"]
    assert codes(fetch("?search=示例", "foreign")) in (["TS9001"], [])
    with district_scope(cast.minhang):
        pk = Facility.objects.get(code="MH101").pk
    assert fetch(path=f"{URL}{pk}/").status_code == 200
    answer = fetch(who="foreign", path=f"{URL}{pk}/")
    assert answer.status_code == 404 and answer["Content-Type"] == "application/problem+json"
    assert fetch(path=f"{URL}{10**25}/").status_code == 404


def test_nothing_is_sent_again_while_nothing_changed(register, fetch, cast):
    first = fetch()
    again = fetch(**{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    with district_scope(cast.minhang):
        services.change_facility(cast.facility, actor=cast.actor("bureau"), version=1, places=61)
    changed = fetch(**{"If-None-Match": first["ETag"]})
    assert changed.status_code == 200 and changed["ETag"] != first["ETag"]
    assert fetch("", "foreign", **{"If-None-Match": changed["ETag"]}).status_code == 200


def test_a_place_on_a_list_is_told_and_ends_with_its_last_day(register, fetch, cast):
    def put(kind: str, **values) -> CreditEntry:
        with district_scope(cast.minhang):
            return rows.make(CreditEntry, kind=kind, state="in_force", facility=cast.facility, **values)

    def listed() -> dict[str, str]:
        found = fetch("?limit=200").json()["results"]
        return {row["code"]: row["listed"] for row in found if row["listed"] != "none"}

    first = fetch()
    assert listed() == {}
    put("incentive")
    again = fetch(**{"If-None-Match": first["ETag"]})
    assert again.status_code == 200 and again["ETag"] != first["ETag"]
    assert listed() == {cast.facility.code: "incentive"}
    assert fetch(path=f"{URL}{cast.facility.pk}/").json()["listed"] == "incentive"
    worse = put("discipline", ground=put("penalty"))
    assert listed() == {cast.facility.code: "discipline"}
    with district_scope(cast.minhang):
        CreditEntry.objects.filter(pk=worse.pk).update(ends_on=timezone.localdate() - timedelta(1))
    assert listed() == {cast.facility.code: "incentive"}


def test_what_changed_since_is_found(register, fetch, cast):
    since = datetime.now(UTC).isoformat().replace("+", "%2B")
    with district_scope(cast.minhang):
        grades.set_grades([grades.Wanted(cast.facility, "B", "示例原因")], actor=cast.actor("bureau"))
    assert codes(fetch(f"?updated_since={since}")) == [cast.facility.code]


def test_the_number_of_queries_does_not_grow(register, fetch, cast):
    def count(query: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert fetch(query).status_code == 200
        return len([q for q in captured.captured_queries if "SAVEPOINT" not in q["sql"]])

    one = count("?limit=1")
    assert count("?limit=14") == one <= 5
    assert count("?search=示例&street=310112102&kind=nursery") <= 7


def test_a_character_that_no_text_holds_is_a_problem_too(fetch):
    answer = fetch("?search=%00")
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "bad_request"


def test_it_only_reads(fetch, client, cast):
    answer = client.post(URL, {}, headers={"Authorization": "Bearer sy_minhang_reader-secret"})
    assert answer.status_code == 405 and answer["Content-Type"] == "application/problem+json"


def test_those_who_left_are_told_when_asked_for(cast, fetch):
    today = timezone.localdate()
    with district_scope(cast.minhang):
        ApiClient.objects.filter(name="reader").update(scopes=["staff:read"])
        now = factories.employment(cast.facility)
        gone = factories.employment(cast.facility)
        long_gone = factories.employment(cast.facility)
        for one, days in ((gone, 10), (long_gone, 400)):
            type(one).objects.filter(pk=one.pk).update(
                starts_on=today - timedelta(500), ends_on=today - timedelta(days)
            )

    def told(query: str) -> set[int]:
        rows = fetch(query, path="/api/v1/staff/").json()["results"]
        return {row["id"] for row in rows} & {now.pk, gone.pk, long_gone.pk}

    assert told("") == {now.pk}
    assert told(f"?since={today - timedelta(30)}") == {now.pk, gone.pk}
    assert told(f"?since={today - timedelta(900)}") == {now.pk, gone.pk, long_gone.pk}
    for wrong in ("?since=2026-02-30", "?since=x"):
        answer = fetch(wrong, path="/api/v1/staff/")
        assert answer.status_code == 400 and "since" in answer.content.decode()
