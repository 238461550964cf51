"""The own password: changed by the person, first of all where somebody else gave it; who may give one to whom."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO

import pytest
from axes.models import AccessAttempt
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from portal.models import AuditEntry, Membership, User
from portal.rules.rights import Role
from portal.services import passwords, people
from portal.tenancy import district_scope, public_scope, signin_scope
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "Another-Horse-2"


@pytest.fixture
def bureau(cast):
    cast.bureau.set_password(PASSWORD)
    cast.bureau.save()
    return cast.bureau


def sign_in(client, username="cast-bureau", password=PASSWORD):
    return client.post("/sign-in/", {"username": username, "password": password})


def change(client, old=PASSWORD, new=NEW, again=None):
    return client.post("/password/", {"old": old, "new": new, "again": new if again is None else again})


def entries(cast, district=None, action="portal.person.change_password") -> list[AuditEntry]:
    with district_scope(district or cast.minhang):
        return list(AuditEntry.objects.filter(action=action))


def handed_over(cast, user: User) -> str:
    with district_scope(cast.minhang):
        return passwords.reset_password(user, actor=cast.actor("security_admin"), on=timezone.localdate())


# --- One's own -------------------------------------------------------------------------------------------------------


def test_a_person_changes_the_own_password(cast, bureau, client):
    sign_in(client)
    other = Client()
    sign_in(other)
    assert "/password/" in client.get("/minhang/").content.decode(), "the way stands in the menu"
    assert client.get("/password/").status_code == 200
    before = client.cookies["sessionid"].value
    answer = change(client)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    page = client.get("/minhang/")
    assert page.status_code == 200 and "密码已改" in page.content.decode()
    assert client.cookies["sessionid"].value != before, "the session gets a new name"
    assert other.get("/minhang/").status_code == 302, "every other session has ended"
    assert sign_in(Client()).status_code == 422
    assert sign_in(Client(), password=NEW).status_code == 302
    (entry,) = entries(cast)
    assert (entry.user_id, entry.subject, entry.changes) == (bureau.pk, "cast-bureau", {})
    assert NEW not in str(vars(entry)) and PASSWORD not in str(vars(entry))


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        ({"old": "wrong"}, "old", "现在的密码：不对"),
        ({"old": ""}, "old", ""),
        ({"again": "Other-Horse-33"}, "again", "两遍不一样"),
        ({"new": "short", "again": "short"}, "new", ""),
        ({"new": "alllowercaseletters"}, "new", ""),
        ({"new": "password1234"}, "new", ""),
        ({"new": "Cast-bureau-1"}, "new", ""),
        ({"new": PASSWORD}, "new", "和现在的一样"),
        ({"new": "x" * 201, "again": NEW}, "new", ""),
    ],
)
def test_what_cannot_be_is_said_at_the_field_and_changes_nothing(cast, bureau, client, given, field, says):
    sign_in(client)
    answer = change(client, **given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {field}
    assert re.search(r"[一-鿿]", str(answer.context["form"].errors[field])) and says in page
    for secret in (given.get("old"), given.get("new"), given.get("again"), PASSWORD):
        assert not secret or f'value="{secret}"' not in page
    bureau.refresh_from_db()
    assert bureau.check_password(PASSWORD) and entries(cast) == []


def test_five_wrong_old_ones_lock(bureau, client):
    sign_in(client)
    for _n in range(4):
        assert change(client, old="wrong").status_code == 422
    assert change(client, old="wrong").status_code == 429
    assert change(client).status_code == 429, "the right one does not help now"
    assert sign_in(Client()).status_code == 429, "nor at the sign-in"
    bureau.refresh_from_db()
    assert bureau.check_password(PASSWORD)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=31))
    assert change(client).status_code == 302


def test_without_sign_in_the_page_leads_to_it(cast, client):
    for answer in (client.get("/password/"), change(client)):
        assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=%2Fpassword%2F")


def test_an_entry_stands_in_each_district_where_the_person_works(cast, bureau, client):
    with district_scope(cast.jinshan):
        Membership.objects.create(user=bureau, role=Role.EXPERT, starts_on=timezone.localdate())
    sign_in(client)
    assert change(client).status_code == 302
    assert len(entries(cast)) == len(entries(cast, cast.jinshan)) == 1
    assert "expert" in entries(cast, cast.jinshan)[0].actor and "expert" not in entries(cast)[0].actor


def test_the_city_and_a_person_without_a_role_change_theirs_too(cast, client):
    nobody = User.objects.create(username="cast-nobody", name="示例无")
    for user, told in ((cast.city_officer, 1), (nobody, 1)):
        user.set_password(PASSWORD)
        user.save()
        client = Client()
        sign_in(client, user.username)
        assert change(client).status_code == 302
        assert len(entries(cast, cast.city)) == told


# --- The first one ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["reset", "new", "account", "console"])
def test_who_was_given_a_password_changes_it_before_anything_else(way, cast, client):
    username = "cast-bureau"
    if way == "reset":
        password = handed_over(cast, cast.bureau)
    elif way == "new":
        username = "li.lei"
        with district_scope(cast.minhang):
            actor = cast.actor("security_admin")
            user, password = people.create_person(username=username, name="示例李雷", actor=actor)
            people.give_role(user, Role.AUDITOR, actor=actor, on=timezone.localdate())
    else:
        out = StringIO()
        if way == "account":
            username = "han.mei"
            call_command(
                "account",
                username,
                "--name",
                "示例韩",
                "--district",
                "minhang",
                "--role",
                "auditor",
                stdout=out,
            )
        else:
            call_command("password", username, stdout=out)
        password = out.getvalue().split("初始密码：")[1].split("（")[0]
    sign_in(client, username, password)
    for path in ("/", "/minhang/", "/minhang/facilities/", "/minhang/search/?q=x", "/jinshan/", "/design/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, "/password/"), path
    assert client.post("/minhang/inspections/new/", {"x": "1"})["Location"] == "/password/"
    part = client.get("/minhang/targets/glance/", headers={"HX-Request": "true"})
    assert (part.status_code, part["HX-Redirect"]) == (403, "/password/")
    page = client.get("/password/").content.decode()
    assert "换好以后才能做别的" in page and 'href="/"' not in page
    assert client.get("/public/").status_code == 200 and client.get("/health/").status_code == 200
    assert client.post("/preferences/", {"language": "en"}).status_code == 302
    client.post("/preferences/", {"language": "zh-hans"})
    assert change(client, old=password).status_code == 302
    assert client.get("/minhang/").status_code == 200
    assert not User.objects.get(username=username).must_change_password
    assert "换好以后才能做别的" not in client.get("/password/").content.decode()


def test_who_was_given_a_password_may_sign_out(cast, client):
    sign_in(client, password=handed_over(cast, cast.bureau))
    assert client.post("/sign-out/")["Location"] == "/sign-in/"


def test_other_accounts_are_left_alone(cast, bureau, client):
    sign_in(client)
    assert client.get("/minhang/").status_code == 200
    assert not User.objects.filter(must_change_password=True).exists()


# --- Whose a district's administrator may reset ----------------------------------------------------------------------


def reset_page(client, cast, user) -> tuple[int, str]:
    client.force_login(cast.security_admin)
    answer = client.post(f"/minhang/people/{user.pk}/password/")
    return answer.status_code, answer.content.decode()


def untouched(user) -> bool:
    return User.objects.filter(pk=user.pk, password=user.password, must_change_password=False).exists()


def test_a_person_of_this_district_alone(cast, client):
    status, page = reset_page(client, cast, cast.bureau)
    assert status == 200 and "初始密码" in page
    assert len(entries(cast, action="portal.person.reset_password")) == 1


def test_not_somebody_whose_role_here_has_ended(cast, client):
    with district_scope(cast.minhang):
        Membership.objects.filter(user=cast.bureau).update(ends_on=timezone.localdate() - timedelta(days=1))
    status, page = reset_page(client, cast, cast.bureau)
    assert status == 400 and "角色已经结束" in page and "安全管理员" in page
    assert untouched(cast.bureau) and entries(cast, action="portal.person.reset_password") == []


@pytest.mark.parametrize(
    ("begins", "ends", "refused"), [(-9, None, True), (5, None, True), (-9, 0, True), (-9, -1, False)]
)
def test_not_somebody_who_works_in_another_district(begins, ends, refused, cast, client):
    today = timezone.localdate()
    with district_scope(cast.jinshan):
        Membership.objects.create(
            user=cast.bureau, role=Role.BUREAU, starts_on=today + timedelta(days=begins),
            ends_on=None if ends is None else today + timedelta(days=ends),
        )  # fmt: skip
    status, page = reset_page(client, cast, cast.bureau)
    if refused:
        assert status == 400 and "也在别的区工作" in page and "manage.py password" in page
        assert untouched(cast.bureau)
    else:
        assert status == 200


def test_not_the_own_and_not_somebody_unknown_here(cast, client):
    status, page = reset_page(client, cast, cast.security_admin)
    assert status == 400 and "修改密码" in page and untouched(cast.security_admin)
    assert reset_page(client, cast, cast.stranger)[0] == 404 and untouched(cast.stranger)


def test_the_console_resets_anybody_and_leaves_an_entry(cast):
    out = StringIO()
    call_command("password", "cast-stranger", stdout=out)
    password = out.getvalue().split("初始密码：")[1].split("（")[0]
    user = User.objects.get(username="cast-stranger")
    assert user.check_password(password) and user.must_change_password
    (entry,) = entries(cast, cast.jinshan, "portal.person.reset_password")
    assert entry.actor == "manage.py password" and password not in str(vars(entry))
    with pytest.raises(CommandError, match="没有账号“nobody”"):
        call_command("password", "nobody")


def test_the_function_tells_the_application_yes_or_no_and_nobody_else_anything(cast):
    with district_scope(cast.minhang):
        assert passwords.works_elsewhere(cast.stranger, timezone.localdate()) is True
        assert passwords.works_elsewhere(cast.bureau, timezone.localdate()) is False
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname, prosecdef FROM pg_proc JOIN pg_roles r ON r.oid = proowner"
                       " WHERE proname = 'works_elsewhere'")  # fmt: skip
        assert cursor.fetchall() == [("portal_city", True)]
    for scope in (
        district_scope(cast.minhang, read_only=True), public_scope(), signin_scope(cast.bureau.pk)
    ):  # fmt: skip
        with scope, connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute("SELECT works_elsewhere(1, current_date)")
