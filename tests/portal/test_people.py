"""Persons, roles, clients: who may, what is refused, what is on record."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models import ApiClient, AuditEntry, Membership, StreetGrant, User
from portal.rules.rights import Role
from portal.services import people
from portal.tenancy import district_scope


@pytest.fixture
def today():
    return timezone.localdate()


def test_a_new_person_signs_in_with_the_first_password(cast, client, today):
    with district_scope(cast.minhang):
        user, password = people.create_person(
            username="Wang.Fang", name="示例王芳", actor=cast.actor("security_admin")
        )
        people.give_role(user, Role.AUDITOR, actor=cast.actor("security_admin"), on=today)
        assert AuditEntry.objects.filter(action="portal.person.create").count() == 1
    answer = client.post("/sign-in/", {"username": "wang.fang", "password": password})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/", follow=True).redirect_chain == [("/password/", 302)]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"username": "a"}, "username"),
        ({"username": "王芳"}, "username"),
        ({"name": " "}, "name"),
        ({"password": "short"}, "password"),
        ({"password": "alllowercase"}, "password"),
    ],
)
def test_a_person_that_cannot_be_is_refused_by_the_field(given, field, cast):
    with district_scope(cast.minhang):
        with pytest.raises(Refused) as refused:
            people.create_person(
                **({"username": "wang.fang", "name": "示例"} | given), actor=cast.actor("security_admin")
            )
        assert refused.value.field == field
        assert not User.objects.filter(username="wang.fang").exists()


def test_an_account_in_use_is_a_conflict(cast):
    with district_scope(cast.minhang), pytest.raises(Conflict):
        people.create_person(username="cast-bureau", name="示例", actor=cast.actor("security_admin"))


@pytest.mark.parametrize("name", ["bureau", "system_admin", "audit_admin", "operator", "parent"])
def test_only_the_security_administrator_gives_roles(name, cast, today):
    with district_scope(cast.minhang), pytest.raises(Denied):
        people.give_role(cast.clerk, Role.AUDITOR, actor=cast.actor(name), on=today)


def test_the_three_administrators_are_three_people(cast, today):
    with district_scope(cast.minhang), pytest.raises(Refused) as refused:
        people.give_role(cast.system_admin, Role.AUDIT_ADMIN, actor=cast.actor("security_admin"), on=today)
    assert refused.value.field == "role"


def test_nobody_gives_a_role_to_themselves(cast, today):
    with district_scope(cast.minhang), pytest.raises(Refused):
        people.give_role(
            cast.security_admin,
            Role.BUREAU,
            unit=cast.bureau_unit,
            actor=cast.actor("security_admin"),
            on=today,
        )


def test_an_ended_role_reaches_nothing_from_that_day(cast, today):
    with district_scope(cast.minhang):
        membership = Membership.objects.get(user=cast.officer)
        people.end_role(membership, actor=cast.actor("security_admin"), on=today)
        assert not StreetGrant.objects.filter(user=cast.officer).exists()
        assert cast.actor("officer").roles == frozenset()


def test_a_role_ended_on_its_first_day_reaches_nothing_and_can_be_given_again(cast, today):
    with district_scope(cast.minhang):
        admin = cast.actor("security_admin")
        given = people.give_role(cast.expert, "auditor", actor=admin, on=today)
        people.end_role(given, actor=admin, on=today)
        assert "auditor" not in cast.actor("expert").roles
        later = people.give_role(cast.expert, "reviewer", actor=admin, on=today + timedelta(days=5))
        people.end_role(later, actor=admin, on=today)
        assert not Membership.objects.filter(pk=later.pk).current(today + timedelta(days=5)).exists()
        again = people.give_role(cast.expert, "auditor", actor=admin, on=today)
        assert again.pk == given.pk and "auditor" in cast.actor("expert").roles


def test_a_client_is_known_by_its_hash_only(cast, today):
    with district_scope(cast.minhang):
        made, token = people.create_client(
            name="随申办", scopes=["facilities:read"], actor=cast.actor("system_admin"), on=today
        )
        assert token.startswith("sy_minhang_")
        assert token not in str(ApiClient.objects.filter(pk=made.pk).values())
        with pytest.raises(Refused):
            people.create_client(name="x", scopes=["everything"], actor=cast.actor("system_admin"), on=today)
        with pytest.raises(Refused):
            people.create_client(
                name="x",
                scopes=["facilities:read"],
                actor=cast.actor("system_admin"),
                on=today,
                ends_on=date(2020, 1, 1),
            )


def test_pages_of_people(cast, client):
    client.force_login(cast.security_admin)
    assert client.get("/minhang/people/").status_code == 200
    answer = client.post(
        "/minhang/people/new/", {"username": "li.lei", "name": "示例李雷", "role": "auditor"}
    )
    assert answer.status_code == 200 and "初始密码" in answer.content.decode()
    answer = client.post(
        "/minhang/people/new/", {"username": "li.mei", "name": "示例", "role": "street_officer"}
    )
    assert answer.status_code == 422
    assert not User.objects.filter(username="li.mei").exists()  # undone with the refusal
    page = client.get(f"/minhang/people/{User.objects.get(username='li.lei').pk}/")
    assert page.status_code == 200
    assert client.get(f"/minhang/people/{cast.stranger.pk}/").status_code == 404


def test_a_client_is_made_in_the_browser_and_stopped(cast, client):
    client.force_login(cast.system_admin)
    answer = client.post("/minhang/clients/", {"name": "随心查", "scopes": ["facilities:read"]})
    assert answer.status_code == 200 and "sy_minhang_" in answer.content.decode()
    with district_scope(cast.minhang):
        pk = ApiClient.objects.get(name="随心查").pk
    client.post(f"/minhang/clients/{pk}/end/")
    with district_scope(cast.minhang):
        assert not ApiClient.objects.filter(pk=pk).current(timezone.localdate()).exists()


def test_the_audit_log_shows_who_and_finds_by_word(cast, client, today):
    with district_scope(cast.minhang):
        people.give_role(cast.clerk, Role.AUDITOR, actor=cast.actor("security_admin"), on=today)
    client.force_login(cast.audit_admin)
    assert "portal.role.give" in client.get("/minhang/audit/?q=portal.role").content.decode()
    assert "portal.role.give" not in client.get("/minhang/audit/?q=没有的词").content.decode()


def test_every_role_finds_its_today(cast, client):
    for name, user in cast.users.items():
        client.force_login(user)
        home = {"stranger": "/jinshan/", "city_officer": "/shanghai/"}.get(name, "/minhang/")
        assert client.get(home).status_code == (403 if name == "parent" else 200), name


def test_a_stranger_does_not_learn_that_the_district_exists(cast, client):
    client.force_login(cast.stranger)
    assert client.get("/minhang/").status_code == 404


def test_the_city_looks_at_a_district_and_changes_nothing(cast, client):
    client.force_login(cast.city_officer)
    assert client.get("/minhang/facilities/").status_code == 200
    with district_scope(cast.minhang):
        actor = Actor.person(cast.city_officer, cast.minhang, [], visiting=True)
        assert actor.visiting and actor.may("facility.view") and not actor.may("facility.manage")


def test_the_city_finds_its_districts_and_the_way_back(cast, client):
    client.force_login(cast.city_officer)
    page = client.get("/", follow=True)
    assert page.redirect_chain[-1][0] == "/shanghai/"
    assert 'href="/minhang/"' in page.content.decode()
    visit = client.get("/minhang/").content.decode()
    assert "只看，不能改" in visit and "回到全市" in visit
