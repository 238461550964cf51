"""The desk's way through the pages: a family comes, papers are entered, the record opens with a reason; and REST."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from facilities.models import CareSession, Child, ChildAccess, Consent, CreditEntry, Enrolment
from facilities.services import access_requests, consents
from portal.models.people import ApiClient
from portal.tenancy import district_scope
from tests import rows
from tests.facilities import families
from tests.portal.stage import PDF
from tests.queries import at_most

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(cast):
    """The cast's facility as a site, its scope closed again: a request opens its own."""
    with district_scope(cast.minhang):
        families.parameters()
        families.site(cast.facility, cast.actor("operator"))
        families.texts(cast.actor("desk"))
    return cast


@pytest.fixture
def enrolled(place):
    with district_scope(place.minhang):
        place.given = families.family()
        from facilities.services import child_records

        made = child_records.apply(place.facility, actor=place.actor("desk"), mode="alone", **place.given)
        place.child = families.ready(made, place.actor("desk")).child
    return place


def at(name: str, *args) -> str:
    return reverse(name, args=["minhang", *args])


def test_a_desk_takes_a_family_from_the_form_to_the_first_day(place, client):
    client.force_login(place.desk)
    given = families.family()
    sent = {**given, "born_on": given["born_on"].isoformat(), "mode": "alone", "signs": "on"}
    wrong = client.post(at("child-new", place.facility.pk), {**sent, "identity": "123"})
    assert wrong.status_code == 422 and "出生医学证明" in wrong.text
    answer = client.post(at("child-new", place.facility.pk), sent)
    with district_scope(place.minhang):
        child = Child.objects.get()
        parent = child.kinships.get().parent_id
        clinic = families.clinic().pk
        enrolment = Enrolment.objects.get().pk
    assert answer.url == at("child", child.pk)
    page = client.get(answer.url).text
    assert "入托前还差" in page and "还没有合格的入托体检" in page
    today = families.today().isoformat()
    for name, data in (
        ("child-consent", {"purpose": "care", "parent": parent, "channel": "paper", "on": today}),
        ("child-consent", {"purpose": "health", "parent": parent, "channel": "on_site", "on": today}),
        ("child-declaration", {"allergies": "花生", "history": "无", "on": today}),
        ("child-health", {"clinic": clinic, "issued_on": today, "fit": "yes"}),
        ("child-agreement", {"parent": parent, "fee": "每小时 20 元", "on": today}),
    ):
        assert client.post(at(name, child.pk), data).status_code == 302, name
    assert "可以入托" in client.get(at("child", child.pk)).text
    done = client.post(at("child-admit", enrolment), {"starts_on": today, "mode": "alone"})
    assert done.status_code == 302
    with district_scope(place.minhang):
        assert Enrolment.objects.get().state == "admitted"


def test_no_page_shows_who_a_child_is_until_it_is_opened(enrolled, client):
    client.force_login(enrolled.desk)
    given, child = enrolled.given, enrolled.child.pk
    secrets = (given["name"], given["identity"], given["parent_phone"], given["parent_name"], "花生")
    for name, pk in (("children", enrolled.facility.pk), ("child", child), ("site", enrolled.facility.pk)):
        text = client.get(at(name, pk)).text
        assert [s for s in secrets if s in text] == [], name
    assert client.post(at("child-open", child), {"purpose": "care", "reason": ""}).status_code == 422
    opened = client.post(at("child-open", child), {"purpose": "care", "reason": "接待时核对过敏史"}).text
    assert given["name"] in opened and "花生" in opened and given["parent_phone"] in opened
    assert given["identity"] not in opened, "not needed for care"
    assert given["name"] not in client.get(at("child", child)).text, "for that one answer only"
    with district_scope(enrolled.minhang):
        assert ChildAccess.objects.get().user == enrolled.desk


def test_the_bureau_asks_and_the_head_agrees(enrolled, client):
    child = enrolled.child.pk
    client.force_login(enrolled.bureau)
    assert client.post(at("child-open", child)).status_code == 403
    asked = {"purpose": "complaint", "reason": "核实一件投诉", "hours": 3}
    assert client.post(at("child-request", child), {**asked, "hours": 99}).status_code == 422
    assert client.post(at("child-request", child), asked).status_code == 302
    client.force_login(enrolled.head)
    assert "核实一件投诉" in client.get(at("access-requests")).text
    assert "审批：查看幼儿档案" in client.get(at("today")).text
    with district_scope(enrolled.minhang):
        pk = enrolled.child.access_requests.get().pk
    assert client.post(at("access-decide", pk), {"agree": "no", "note": ""}).status_code == 400
    assert client.post(at("access-decide", pk), {"agree": "yes"}).status_code == 302
    assert client.post(at("access-decide", pk), {"agree": "yes"}).status_code == 409
    client.force_login(enrolled.bureau)
    opened = client.post(at("child-open", child)).text
    assert enrolled.given["name"] in opened and "花生" not in opened
    assert "核实一件投诉" in client.get(at("child-log", child)).text


def test_a_signed_paper_opens_with_a_reason_only(enrolled, client):
    with district_scope(enrolled.minhang):
        actor, child = enrolled.actor("desk"), enrolled.child
        parent = child.kinships.get().parent
        consents.give_consent(
            child, actor=actor, parent=parent, purpose="photo", channel="paper", on=families.today(),
            upload=SimpleUploadedFile("签字.pdf", PDF + b"page"),
        )  # fmt: skip
        paper = Consent.objects.get(purpose="photo").file_id
    client.force_login(enrolled.desk)
    address = at("child-paper", child.pk, paper)
    assert client.get(address).status_code == 405
    assert client.post(address, {"reason": ""}).status_code == 400
    answer = client.post(address, {"reason": "家长来核对签字"})
    assert answer["Content-Type"] == "application/pdf"
    assert b"".join(answer.streaming_content) == PDF + b"page"
    with district_scope(enrolled.minhang):
        assert ChildAccess.objects.get().reason == "家长来核对签字"


def test_a_withdrawal_on_the_page_ends_the_care(enrolled, client):
    client.force_login(enrolled.desk)
    with district_scope(enrolled.minhang):
        care = Consent.objects.get(purpose="care").pk
    assert client.post(at("consent-withdraw", care)).url == at("today")
    with district_scope(enrolled.minhang):
        assert Enrolment.objects.get().state == "dropped"
    client.force_login(enrolled.bureau)
    assert "到期待删 1 份" in client.get(at("deletions")).text


def test_sessions_are_set_and_cancelled_on_the_pages(place, client):
    client.force_login(place.desk)
    with district_scope(place.minhang):
        room = place.facility.site_rooms.get().pk
    first = families.today() + timedelta(1)
    sent = {
        "room": room, "mode": "alone", "first": first.isoformat(), "last": (first + timedelta(6)).isoformat(),
        "weekdays": [1, 2, 3, 4, 5, 6, 7], "starts_at": "09:00", "ends_at": "11:00", "places": 10, "staff": 2,
        "on_holidays": "on",
    }  # fmt: skip
    wrong = client.post(at("sessions-new", place.facility.pk), {**sent, "ends_at": "15:30"})
    assert wrong.status_code == 422 and "全日照护" in wrong.text
    assert client.post(at("sessions-new", place.facility.pk), sent).status_code == 302
    with district_scope(place.minhang):
        assert CareSession.objects.count() == 7
        one = CareSession.objects.order_by("on").first().pk
    assert client.post(at("session-cancel", one), {"reason": "停电一天"}).status_code == 302
    assert "已取消" in client.get(at("site", place.facility.pk) + f"?from={first.isoformat()}").text
    for odd in ("?from=x", "?from=0001-01-01", "?from=9999-12-31"):
        assert client.get(at("site", place.facility.pk) + odd).status_code == 200


def test_a_timetable_is_read_as_people_write_it(place, client):
    client.force_login(place.operator)
    url = at("site-hours", place.facility.pk)
    assert client.post(url, {"day1": "9:00—11:30，13：00至16：00"}).status_code == 302
    for bad in ("早上", "09:00", "09:00-12:00-13:00", "25:00-26:00", "11:00-09:00"):
        assert client.post(url, {"day1": bad}).status_code == 422, bad
    with district_scope(place.minhang):
        assert place.facility.opening_hours.count() == 2


def test_the_list_of_sites_is_few_queries(place, client):
    client.force_login(place.bureau)
    with at_most(12):
        assert "大房间" not in client.get(at("sites")).text


def test_a_request_of_ones_own_is_for_another_head(enrolled, client):
    """The page offers no decision on it, and the service refuses one."""
    with district_scope(enrolled.minhang):
        access_requests.ask(
            enrolled.child, actor=enrolled.actor("bureau"), purpose="check", reason="核对证件号", hours=1
        )
    client.force_login(enrolled.bureau)
    page = client.get(at("access-requests")).text
    assert "核对证件号" in page and 'value="yes"' not in page


# --- REST


@pytest.fixture
def fetch(client, place):
    tokens = {}
    for name, scopes in (("reader", ["sites:read"]), ("other", ["facilities:read"])):
        tokens[name] = f"sy_minhang_{name}-secret"
        with district_scope(place.minhang):
            ApiClient.objects.create(
                name=name,
                token_sha256=hashlib.sha256(tokens[name].encode()).hexdigest(),
                scopes=scopes,
                starts_on="2020-01-01",
                created_by=place.bureau,
            )

    def get(path: str, who: str = "reader"):
        return client.get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {tokens[who]}"})

    return get


def test_sites_over_rest(fetch, place):
    (row,) = fetch("sites/").json()["results"]
    assert (row["code"], row["modes"], row["places"]) == ("TS0001", ["alone", "with_parent"], 20)
    assert row["listed"] == "none"
    with district_scope(place.minhang):
        rows.make(CreditEntry, kind="incentive", state="in_force", facility=place.facility)
    assert fetch("sites/").json()["results"][0]["listed"] == "incentive"
    assert row["rooms"] == [{"name": "大房间", "area": 60.0, "places": 20}]
    assert row["hours"][0] == {"weekday": 1, "opens": "09:00", "closes": "17:00"}
    assert fetch(f"sites/?street={place.other_street.code}").json() == {"results": [], "next": None}
    assert fetch("sites/", "other").status_code == 403
    for bad in ("?limit=0", "?limit=x", "?street=1", "?cursor=x", "?child=1"):
        assert fetch(f"sites/{bad}").status_code == 400, bad


def test_sessions_over_rest_page_by_page(fetch, enrolled):
    first = families.today() + timedelta(1)
    with district_scope(enrolled.minhang):
        families.sessions(enrolled.facility, enrolled.actor("desk"), first=first, last=first + timedelta(4))
    found, cursor = [], ""
    while cursor is not None:
        page = fetch(f"care-sessions/?limit=2{f'&cursor={cursor}' if cursor else ''}").json()
        found += page["results"]
        cursor = page["next"]
    assert [row["date"] for row in found] == [(first + timedelta(n)).isoformat() for n in range(5)]
    assert found[0] | {"id": 0} == {
        "id": 0, "site": "TS0001", "room": "大房间", "date": first.isoformat(), "starts_at": "09:00",
        "ends_at": "11:00", "mode": "alone", "places": 10, "taken": 0, "state": "open",
    }  # fmt: skip
    assert fetch("care-sessions/?site=TS0001&from=2020-01-01&to=2020-01-31").json()["results"] == []
    for bad in ("?from=x", "?to=2020-01-01", "?from=0001-01-01", "?site=", "?from=2026-01-01&to=2026-12-31"):
        assert fetch(f"care-sessions/{bad}").status_code == 400, bad
    assert enrolled.given["name"] not in fetch("care-sessions/").text
