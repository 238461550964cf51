"""Guidance places: the rules, the page and its conditions, who may, what is refused, spreadsheet, REST, public page."""

import hashlib
from datetime import date

import jsonschema
import pytest
from django.urls import reverse

from guidance.models import GuidancePlace
from guidance.rules import places as rules
from portal.models import ApiClient, AuditEntry, User
from portal.tenancy import district_scope
from tests import rows
from tests.facilities.test_operators_api import shape_of
from tests.portal.spreadsheets import cells_of
from tests.queries import at_most

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
GOOD = {
    "kind": "station", "name": "示例指导站", "address": "示例路 1 号", "community": "", "phone": "", "services": [],
    "tier": "", "kit_from": None, "opened_on": date(2022, 3, 1), "closed_on": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({}, set()),
        ({"kind": "base", "tier": "4", "kit_from": date(2023, 1, 1), "services": ["medical"]}, set()),
        ({"kind": "home", "community": "示例居委"}, set()),
        ({"closed_on": date(2022, 3, 1)}, set()),
        ({"kind": "shop"}, {("kind", "kind")}),
        ({"name": "一"}, {("name", "name")}),
        ({"address": ""}, {("address", "address")}),
        ({"kind": "home"}, {("community", "community")}),
        ({"phone": "电话"}, {("phone", "phone")}),
        ({"services": ["education", "singing"]}, {("services", "services")}),
        ({"tier": "1"}, {("tier", "tier")}),
        ({"kind": "base", "tier": "Z"}, {("tier", "tier")}),
        ({"kit_from": date(2023, 1, 1)}, {("kit_from", "kit")}),
        ({"opened_on": date(1980, 1, 1)}, {("opened_on", "early")}),
        ({"opened_on": date(2026, 11, 21)}, {("opened_on", "future")}),
        ({"closed_on": date(2026, 11, 21)}, {("closed_on", "future")}),
        ({"closed_on": date(2022, 2, 28)}, {("closed_on", "before")}),
        ({"kind": "base", "kit_from": date(2022, 2, 28)}, {("kit_from", "before")}),
    ],
)
def test_what_may_stand_in_the_list(values, wrong):
    assert {(field, key) for field, key, _facts in rules.problems(GOOD | values, TODAY)} == wrong


@pytest.fixture
def fetch(client, cast):
    """GET with a token of Minhang that may read guidance."""
    token = "sy_minhang_guidance-secret"
    with district_scope(cast.minhang):
        ApiClient.objects.create(
            name="guidance",
            token_sha256=hashlib.sha256(token.encode()).hexdigest(),
            scopes=["guidance:read"],
            starts_on=date(2020, 1, 1),
            created_by=cast.bureau,
        )
    return lambda path, query="": client.get(path + query, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def here(cast, client):
    """In Qibao a station, a closed one and a base; a home in the other street."""
    with district_scope(cast.minhang):
        made = {"address": "示例路 1 号", "opened_on": date(2022, 1, 1)}
        rows.make(GuidancePlace, code="P1", name="示例一站", street=cast.street, kind="station",
                  services=["education", "reading"], phone="021-00001111", unit=cast.health_unit, **made)  # fmt: skip
        rows.make(GuidancePlace, code="P2", name="示例旧站", street=cast.street, kind="station",
                  closed_on=date(2023, 1, 1), **made)  # fmt: skip
        rows.make(
            GuidancePlace, code="P3", name="示例基地", street=cast.street, kind="base", tier="1", **made
        )
        rows.make(GuidancePlace, code="P4", name="示例之家", street=cast.other_street, kind="home",
                  community="示例居委", **made)  # fmt: skip
    client.force_login(cast.bureau)
    cast.client = client
    return cast


def url(name: str, *args) -> str:
    return reverse(name, args=["minhang", *args])


def given(cast, **values) -> dict:
    return {
        "kind": "centre", "name": "示例中心", "street": cast.street.pk, "community": "", "address": "示例路 9 号",
        "phone": "021-00002222", "unit": cast.health_unit.pk, "services": ["reading", "education"], "tier": "",
        "kit_from": "", "opened_on": "2025-09-01", "closed_on": "", **values,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({}, {"P1", "P3", "P4"}),
        ({"closed": "on"}, {"P1", "P2", "P3", "P4"}),
        ({"kind": "station", "closed": "on"}, {"P1", "P2"}),
        ({"street": "own"}, {"P1", "P3"}),
        ({"street": "²", "kind": "x"}, {"P1", "P3", "P4"}),
    ],
)
def test_page_and_file_show_the_same(here, query, codes):
    query = {k: str(here.street.pk) if v == "own" else v for k, v in query.items()}
    page = here.client.get(url("guidance-places"), query)
    assert {row.code for row, _name in page.context["rows"]} == codes
    sheet = here.client.get(url("export", "guidance-places"), query)
    cells = cells_of(b"".join(sheet.streaming_content) if sheet.streaming else sheet.content)
    assert {row[0] for row in cells if row and str(row[0]) in ("P1", "P2", "P3", "P4")} == codes


def test_the_page_says_which_streets_have_no_station(here):
    with at_most(12):
        page = here.client.get(url("guidance-places"))
    without = page.context["without"]
    assert here.other_street.name in without and here.street.name not in without
    assert without[0] in page.content.decode()


def test_a_street_enters_and_changes_its_own_and_nobody_elses(here):
    here.client.force_login(here.officer)
    page = here.client.get(url("guidance-places"))
    assert {row.code for row, _name in page.context["rows"]} == {"P1", "P3"} and not page.context["without"]
    answer = here.client.post(url("guidance-place-new"), given(here))
    assert answer.status_code == 302
    with district_scope(here.minhang):
        made = GuidancePlace.objects.get(name="示例中心")
        beyond = GuidancePlace.objects.get(code="P4")
    assert made.code.startswith("MHZ") and made.services == ["education", "reading"]
    assert here.client.post(
        url("guidance-place-new"), given(here, name="示例别处", street=here.other_street.pk)
    ).status_code == 422  # fmt: skip
    assert here.client.get(url("guidance-place-edit", beyond.pk)).status_code == 404
    change = given(here, name="示例新中心", closed_on="2026-01-01", version=1)
    assert here.client.post(url("guidance-place-edit", made.pk), change).status_code == 302
    with district_scope(here.minhang):
        made.refresh_from_db()
        actions = AuditEntry.objects.filter(subject_id=made.pk, action__startswith="guidance.place")
        assert list(actions.order_by("pk").values_list("action", flat=True)) == [
            "guidance.place.enter",
            "guidance.place.change",
        ]
    assert (made.name, made.closed_on, made.version) == ("示例新中心", date(2026, 1, 1), 2)
    page = here.client.get(url("guidance-place", made.pk)).content.decode()
    assert "已停用" in page and "育儿指导" in page and "区卫健委" in page
    stale = here.client.post(url("guidance-place-edit", made.pk), change)
    assert stale.status_code == 409 and "刚被改过" in stale.content.decode()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "示例一站", "kind": "station"}, "name"),
        ({"kind": "home"}, "community"),
        ({"tier": "4"}, "tier"),
        ({"opened_on": "2099-01-01"}, "opened_on"),
        ({"closed_on": "2025-08-31"}, "closed_on"),
        ({"services": ["x"]}, "services"),
        ({"street": "987654321"}, "street"),
        # what families read names nobody on record, and nobody's number
        ({"name": "示例指导站 13812345678"}, "name"),
        ({"address": "示例路 1 号 13812345678"}, "address"),
        ({"community": "负责人王示范说"}, "community"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(here, values, field):
    User.objects.filter(pk=here.officer.pk).update(name="王示范")
    answer = here.client.post(url("guidance-place-new"), given(here, **values))
    assert answer.status_code == 422 and field in answer.context["form"].errors
    with district_scope(here.minhang):
        assert GuidancePlace.objects.count() == 4


def test_rest_gives_all_of_them_page_by_page(here, fetch, client):
    body = fetch(path="/api/v1/guidance-places/", query="?kind=station").json()
    assert [row["code"] for row in body["results"]] == ["P1", "P2"]
    assert body["results"][0]["services"] == ["education", "reading"]
    jsonschema.validate(body, shape_of(client, "GuidancePlacePage"))
    first = fetch(path="/api/v1/guidance-places/", query="?limit=3").json()
    rest = fetch(path="/api/v1/guidance-places/", query=f"?limit=3&cursor={first['next']}").json()
    assert [row["code"] for row in first["results"] + rest["results"]] == ["P1", "P2", "P3", "P4"]
    assert rest["next"] is None
    assert fetch(path="/api/v1/guidance-places/", query="?kind=shop").status_code == 400


def test_families_find_open_places_without_sign_in(here, client):
    client.logout()
    page = client.get("/public/minhang/guidance/").content.decode()
    assert "示例一站" in page and "021-00001111" in page and "示例之家" in page
    assert "示例旧站" not in page and "区卫健委" not in page
    page = client.get(
        "/public/minhang/guidance/", {"street": here.street.code, "kind": "base"}
    ).content.decode()
    assert "示例基地" in page and "示例一站" not in page and "示例之家" not in page
    assert client.get("/public/nowhere/guidance/").status_code == 404
