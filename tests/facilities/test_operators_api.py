"""Operators and proposals over REST: complete, page by page, as the schema says, without people."""

import json
from datetime import date

import jsonschema
import pytest
from django.utils import timezone

from facilities.models import Kindergarten, Operator, Proposal
from facilities.services import proposals
from portal.tenancy import district_scope
from tests.facilities import factories, test_api

pytestmark = pytest.mark.django_db
fetch = test_api.fetch


def shape_of(client, name: str) -> dict:
    schema = json.loads(client.get("/api/v1/schema/?format=json").content)
    return {"$ref": f"#/components/schemas/{name}", "components": test_api.strict(schema["components"])}


@pytest.fixture
def place(cast):
    with district_scope(cast.minhang):
        own = factories.facility(cast.street, code="MH700", operator="示例甲公司", places=40)
        factories.facility(cast.other_street, code="MH701", operator="示例甲公司", places=25)
        factories.facility(cast.street, code="MH702", operator="示例甲公司", places=90, state="closed")
        Operator.objects.filter(name="示例甲公司").update(chain="示例连锁", credit_code="91350100M000100Y43")
        Operator.objects.create(name="示例乙公司")
        now = timezone.now()
        made = Proposal.objects.create(
            facility=own, state="confirmed", changes={"places": [35, 40], "inclusive": [False, True],
            "street": [cast.other_street.code, cast.street.code]}, reason="示例搬迁",
            proposed_by=cast.users["operator"], proposed_at=now, decided_by=cast.bureau, decided_at=now, answer="同意",
        )  # fmt: skip
        cast.proposal = made.pk
        cast.code = own.code
    return cast


def test_operators_with_what_they_run(place, fetch, client):
    body = fetch(path="/api/v1/operators/", query="?chain=示例连锁").json()
    (row,) = body["results"]
    assert row | {"id": 0} == {
        "id": 0, "name": "示例甲公司", "credit_code": "91350100M000100Y43", "chain": "示例连锁",
        "facilities": 2, "places": 65, "version": 1,
    }  # fmt: skip
    jsonschema.validate(body, shape_of(client, "OperatorPage"))
    same = fetch(path="/api/v1/operators/", query="?credit_code=91350100M000100Y43").json()
    assert same == body
    everybody, cursor = [], ""
    while cursor is not None:
        page = fetch(
            path="/api/v1/operators/", query=f"?limit=1{f'&cursor={cursor}' if cursor else ''}"
        ).json()
        everybody += page["results"]
        cursor = page["next"]
    found = {row["name"]: (row["facilities"], row["places"]) for row in everybody}
    assert found["示例甲公司"] == (2, 65) and found["示例乙公司"] == (0, 0)
    with district_scope(place.minhang):
        assert len(everybody) == Operator.objects.count()


def test_proposals_with_facts_and_answer_and_no_names(place, fetch, client):
    body = fetch(path="/api/v1/proposals/", query=f"?facility={place.code}&state=confirmed").json()
    (row,) = body["results"]
    assert row["id"] == place.proposal and row["answer"] == "同意" and row["decided_at"]
    assert {fact["field"]: (fact["before"], fact["wanted"]) for fact in row["changes"]} == {
        "places": (35, 40), "inclusive": (False, True), "street": (place.other_street.code, place.street.code),
    }  # fmt: skip
    jsonschema.validate(body, shape_of(client, "ProposalPage"))
    assert place.users["operator"].name not in json.dumps(body, ensure_ascii=False)
    assert fetch(path="/api/v1/proposals/", query="?state=refused").json() == {"results": [], "next": None}


def test_what_a_service_proposes_is_served(place, fetch, client):
    """Values as the service keeps them fit the schema, a day and an empty one, too."""
    with district_scope(place.minhang):
        own = factories.facility(place.street, code="MH703", opened_on=None)
        Proposal.objects.all().delete()
        proposals.propose_change(
            own, actor=place.actor("bureau"), reason="示例补录", opened_on=timezone.localdate(), places=33
        )
    body = fetch(path="/api/v1/proposals/").json()
    facts = {fact["field"]: fact for fact in body["results"][0]["changes"]}
    assert facts["opened_on"]["before"] == "" and facts["places"]["wanted"] == 33
    jsonschema.validate(body, shape_of(client, "ProposalPage"))


@pytest.mark.parametrize("path", ["operators", "proposals"])
def test_who_may_not_and_what_is_not_understood(place, fetch, path):
    address = f"/api/v1/{path}/"
    assert fetch(path=address, who="other").status_code == 403
    assert fetch(path=address, who="foreign").json()["results"] == []
    bad = {
        "operators": ("?limit=0", "?credit_code=", "?chain=%00", "?cursor=x", "?name=x"),
        "proposals": ("?limit=501", "?state=open", "?facility=", "?cursor=WyJhIl0", "?reason=x"),
    }
    for query in bad[path]:
        assert fetch(path=address, query=query).status_code == 400, query


def test_kindergartens_with_their_nursery_classes(place, fetch, client):
    with district_scope(place.minhang):
        nursery = factories.facility(place.street, code="MH710", kind="integrated_kindergarten")
        values = {"street": place.street, "ownership": "public", "opened_on": date(2001, 9, 1)}
        Kindergarten.objects.create(code="YEY1", name="示例一幼", facility=nursery, works="new", **values)
        Kindergarten.objects.create(
            code="YEY2",
            name="示例二幼",
            closed_on=date(2024, 7, 1),
            **values | {"street": place.other_street},
        )
    body = fetch(path="/api/v1/kindergartens/").json()
    jsonschema.validate(body, shape_of(client, "KindergartenPage"))
    first, second = body["results"]
    assert (first["facility"], first["works"], first["closed_on"]) == ("MH710", "new", None)
    assert (second["facility"], second["closed_on"]) == (None, "2024-07-01")
    there = fetch(path="/api/v1/kindergartens/", query=f"?street={place.other_street.code}").json()
    assert there["results"] == [second]
    assert fetch(path="/api/v1/kindergartens/", query="?street=").status_code == 400
