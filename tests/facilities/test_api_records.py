"""A facility's file over REST: as it is, on a past day, between two days; as the schema says; without people."""

import json
from datetime import date, timedelta

import jsonschema
import pytest
from django.utils import timezone

from facilities.models import CareClassHistory
from portal.models.people import ApiClient
from portal.models.places import Street
from portal.tenancy import district_scope
from tests.facilities import factories, families, test_api
from tests.facilities.test_past import live

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(cast):
    with district_scope(cast.minhang):
        type(cast.minhang).objects.filter(pk=cast.minhang.pk).update(demonstration=True)
        return live(cast).facility


fetch = test_api.fetch


def shape_of(client, name: str) -> dict:
    schema = json.loads(client.get("/api/v1/schema/?format=json").content)
    return {"$ref": f"#/components/schemas/{name}", "components": test_api.strict(schema["components"])}


@pytest.mark.parametrize(("path", "name"), [("file/", "FacilityFile"), ("changes/", "FileChanges")])
def test_what_is_served_is_what_the_schema_says(client, one, fetch, path, name):
    body = fetch(f"{one.pk}/{path}").json()
    jsonschema.validate(body, shape_of(client, name), format_checker=jsonschema.FormatChecker())


def test_the_file_now_and_then(one, fetch):
    now = fetch(f"{one.pk}/file/").json()
    assert (now["facility"]["name"], now["insurance"], len(now["classes"])) == ("示例新名园", [], 1)
    then = fetch(f"{one.pk}/file/?day=2025-06-30").json()
    assert (then["facility"]["name"], then["facility"]["places"]) == ("示例旧名园", 60)
    assert then["insurance"][0]["ends_on"] == "2026-12-31" and then["transitions"] == []
    before = fetch(f"{one.pk}/file/?day=2024-01-01").json()
    assert before["facility"] is None and before["classes"] == []


def test_a_site_has_its_modes_rooms_and_hours(cast, fetch, client):
    with district_scope(cast.minhang):
        site = families.site(factories.facility(cast.street), cast.actor("bureau"))
    body = fetch(f"{site.pk}/file/").json()
    jsonschema.validate(body, shape_of(client, "FacilityFile"), format_checker=jsonschema.FormatChecker())
    (described,), (room,) = body["site"], body["rooms"]
    assert (described["siting"], described["alone"], described["with_grandparent"]) == (
        "community",
        True,
        False,
    )
    assert (room["name"], room["area"], room["places"]) == ("大房间", 60.0, 20)
    assert [(row["weekday"], row["opens"]) for row in body["hours"]] == [(n, "09:00:00") for n in range(1, 8)]


def test_no_people_in_it(one, fetch):
    text = fetch(f"{one.pk}/file/").content.decode()
    assert "示例园长" not in text and "employments" not in text and "certificates" not in text


@pytest.fixture
def also_plans(cast, fetch):
    with district_scope(cast.minhang):
        ApiClient.objects.filter(name="reader").update(scopes=["emergency:read", "facilities:read"])


def test_plans_and_drills_come_with_their_scope_only(one, fetch):
    assert not {"plans", "drills"} & fetch(f"{one.pk}/file/").json().keys()
    changed = fetch(f"{one.pk}/changes/?start=2025-06-01&end=2025-09-06").json()["changes"]
    assert not {"plans", "drills"} & {row["table"] for row in changed}


@pytest.mark.parametrize(("path", "name"), [("file/", "FacilityFile"), ("changes/", "FileChanges")])
def test_plans_and_drills_of_a_past_day(client, one, fetch, also_plans, path, name):
    june = fetch(f"{one.pk}/file/?day=2025-06-30").json()
    assert [(row["kind"], row["version"], row["replaced_on"]) for row in june["plans"]] == [("fire", 1, None)]
    assert [row["held_on"] for row in june["drills"]] == ["2025-06-28"]
    changed = fetch(f"{one.pk}/changes/?start=2025-06-30&end=2025-09-06").json()["changes"]
    assert {(row["table"], row["change"]) for row in changed} >= {("plans", "changed"), ("drills", "added")}
    body = fetch(f"{one.pk}/{path}")
    jsonschema.validate(body.json(), shape_of(client, name), format_checker=jsonschema.FormatChecker())
    assert "示例组织人" not in body.content.decode() and "示例批准人" not in body.content.decode()


def test_what_changed(one, fetch):
    body = fetch(f"{one.pk}/changes/?start=2025-06-30&end=2025-09-06").json()
    found = {(c["table"], c["change"]): c["fields"] for c in body["changes"]}
    assert {"name", "places"} <= set(found["facility", "changed"])
    assert ("insurance", "removed") in found and ("transitions", "added") in found


@pytest.mark.parametrize(
    "query", ["?day=yesterday", "?day=2999-01-01", "?day=20250101", "?when=2025-01-01", "?day=2025-02-30"]
)
def test_a_day_that_is_none_is_refused(one, fetch, query):
    answer = fetch(f"{one.pk}/file/{query}")
    assert answer.status_code == 400 and answer.json()["field"] in ("day", "when")


def test_days_in_the_wrong_order_are_refused(one, fetch):
    assert fetch(f"{one.pk}/changes/?start=2025-06-30&end=2025-06-01").json()["field"] == "start"


def test_a_foreign_facility_is_not_there(cast, fetch):
    with district_scope(cast.jinshan):
        other = factories.facility(Street.objects.first())
        assert CareClassHistory.objects.count() == 0
    assert fetch(f"{other.pk}/file/").status_code == 404
    assert fetch(f"{2**63}/file/").status_code == 404


def test_the_day_of_today_is_the_present(one, fetch):
    today = timezone.localdate()
    assert fetch(f"{one.pk}/file/?day={today}").json() == fetch(f"{one.pk}/file/").json()
    assert fetch(f"{one.pk}/file/?day={today - timedelta(1)}").json()["day"] != date.today().isoformat()
