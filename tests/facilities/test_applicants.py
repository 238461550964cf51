"""An account for somebody who files: asked online, checked by a person, opened once with an own password."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from guardian.shortcuts import assign_perm

from facilities.models import Applicant, Facility, FacilityGrant, Filing
from facilities.services import applicants
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import Membership, User
from portal.tenancy import district_scope
from tests.facilities import filings as made

pytestmark = pytest.mark.django_db
PASSWORD = "Own-Horse-2026"


def given(**values) -> dict[str, str]:
    return {
        "name": "陈示", "phone": "100 0000 0001", "organisation": "示例新苗有限公司", "credit_code": made.credit(7),
        **values,
    }  # fmt: skip


@pytest.fixture
def here(cast):
    with district_scope(cast.minhang):
        yield cast


def apply(cast, **values):
    return applicants.apply(actor=Actor.visitor(cast.minhang), **given(**values))


def test_the_account_comes_after_the_check_and_once(here):
    visitor = Actor.visitor(here.minhang)
    row, token = apply(here)
    with pytest.raises(Conflict):
        applicants.activate(token, PASSWORD, actor=visitor)
    applicants.confirm(row, actor=here.actor("reviewer"))
    with pytest.raises(Refused):
        applicants.activate(token, "short", actor=visitor)
    user = applicants.activate(token, PASSWORD, actor=visitor)
    assert user.username == row.number.lower() and user.check_password(PASSWORD)
    assert [m.role for m in Membership.objects.filter(user=user)] == ["operator"]
    with pytest.raises(Conflict):
        applicants.activate(token, PASSWORD, actor=visitor)
    actor = Actor.of(user, here.minhang)
    assert not Filing.objects.allowed(actor, "filing.view").exists()
    mine = made.draft(actor, here.street)
    made.draft(here.actor("operator"), here.street)
    assert list(Filing.objects.allowed(actor, "filing.view")) == [mine]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("credit_code", "913101"),
        ("credit_code", made.credit(7)[:-1] + "?"),
        ("phone", "123"),
        ("name", "陈"),
        ("organisation", "某"),
    ],
)
def test_what_cannot_be_is_refused(here, field, value):
    with pytest.raises(Refused) as told:
        apply(here, **{field: value})
    assert told.value.field == field and not Applicant.objects.exists()


def test_one_open_application_per_organisation(here):
    row, _token = apply(here)
    with pytest.raises(Conflict):
        apply(here)
    applicants.turn_down(row, "电话打不通，联系不上", actor=here.actor("reviewer"))
    apply(here)


def test_a_wrong_link_is_none_and_others_decide_nothing(here):
    row, _token = apply(here)
    with pytest.raises(NotFound):
        applicants.by_token("wrong")
    for name in ("operator", "department", "head"):
        with pytest.raises(Denied):
            applicants.confirm(row, actor=here.actor(name))


def test_in_the_browser_without_sign_in(client, cast):
    cache.clear()
    answer = client.post("/apply/minhang/", given())
    assert answer.status_code == 302
    link = answer["Location"]
    assert "待核对" in client.get(link).content.decode()
    with district_scope(cast.minhang):
        row = Applicant.objects.get()
        applicants.confirm(row, actor=cast.actor("reviewer"))
    assert client.post(link, {"password": PASSWORD, "again": "other"}).status_code == 422
    assert not User.objects.filter(username=row.number.lower()).exists()
    assert client.post(link, {"password": PASSWORD, "again": PASSWORD}).status_code == 302
    assert User.objects.filter(username=row.number.lower()).exists()
    assert client.get("/apply/jinshan/" + link.rsplit("/", 2)[1] + "/").status_code == 404


def test_one_network_does_not_flood(client, cast):
    cache.clear()
    codes = [
        client.post("/apply/minhang/", given(credit_code=made.credit(100 + n))).status_code for n in range(11)
    ]
    assert codes == [302] * 10 + [422]
    cache.clear()


def bar(html: str) -> list[str]:
    """What stands in the bar of a phone."""
    return re.findall(r'<li class="in-bar"><a href="([^"]*)"', html)


def test_who_files_for_the_first_facility_has_the_filings_at_hand_and_no_empty_cards(client, cast):
    """An operator without a facility: 备案 in the bar of the phone, on today nothing about facilities; with the first
    one both are as everybody's."""
    client.force_login(cast.users["operator"])
    with district_scope(cast.minhang):
        FacilityGrant.objects.filter(user=cast.users["operator"]).delete()
    html = client.get("/minhang/").content.decode()
    assert {"/minhang/", "/minhang/filings/"} <= set(bar(html)) and len(bar(html)) == 3
    assert "/rulebook/card/" not in html and "/clocks/card/" not in html
    assert "办第一家机构的备案" in html
    with district_scope(cast.minhang):
        assign_perm("facilities.keep_facility", cast.users["operator"], cast.facility)
    html = client.get("/minhang/").content.decode()
    assert "/minhang/filings/" not in bar(html) and "/minhang/facilities/" in bar(html)
    assert "/rulebook/card/" in html and "/clocks/card/" in html
    with district_scope(cast.minhang):
        Facility.objects.filter(pk=cast.facility.pk).update(state="closed")
    html = client.get("/minhang/").content.decode()
    assert "/minhang/filings/" in bar(html) and "/rulebook/card/" not in html


def test_the_bar_of_the_others_is_as_it_was(client, cast):
    for name in ("bureau", "officer"):
        client.force_login(cast.users[name])
        found = bar(client.get("/minhang/").content.decode())
        assert len(found) == 3 and "/minhang/filings/" not in found and "/minhang/facilities/" in found
