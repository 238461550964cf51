"""Sign-in and what ends it, passwords, forged requests, headers, and what never stands in a log."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from itertools import product
from pathlib import Path
from unittest.mock import patch

import pytest
import redis
from axes.models import AccessAttempt, AccessFailureLog
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone

from portal.models import AuditEntry, Membership, User
from portal.services import passwords, people
from portal.tenancy import district_scope
from tests.cast import PASSWORD
from tests.portal.access.rows import Rest, Row
from tests.portal.access_table import TABLE

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau(cast):
    cast.bureau.set_password(PASSWORD)
    cast.bureau.save()
    return cast.bureau


def sign_in(client, username="cast-bureau", password=PASSWORD, **more):
    return client.post("/sign-in/", {"username": username, "password": password, **more})


def is_in(client, path="/minhang/") -> bool:
    return client.get(path).status_code == 200


class Kept:
    """The server's side of a client's session: a key in Valkey that expires by itself."""

    def __init__(self, client):
        self.key = cache.make_key(client.session.cache_key)
        self.broker = redis.Redis.from_url(settings.REDIS_URL)

    @property
    def seconds(self) -> int:
        return self.broker.ttl(self.key)

    def age(self, seconds: int) -> None:
        """As if the last request had been so long ago."""
        left = self.seconds - seconds
        self.broker.expire(self.key, left) if left > 0 else self.broker.delete(self.key)


# --- Sessions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "minutes"),
    [("bureau", 30), ("operator", 30), ("system_admin", 15), ("security_admin", 15), ("audit_admin", 15)],
)
def test_a_session_ends_after_a_time_without_a_request(name, minutes, cast, client):
    client.force_login(cast.users[name])
    assert is_in(client)
    kept = Kept(client)
    assert minutes * 60 - 60 < kept.seconds <= minutes * 60
    kept.age((minutes - 1) * 60)
    assert is_in(client)
    assert minutes * 60 - 60 < kept.seconds <= minutes * 60, "each request begins the time anew"
    cookie = client.cookies["sessionid"]
    assert cookie["max-age"] == minutes * 60 and cookie["httponly"] and cookie["samesite"] == "Lax"
    kept.age((minutes + 1) * 60)
    answer = client.get("/minhang/")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=%2Fminhang%2F")


def test_sign_out_ends_the_session_on_the_server(bureau, client):
    sign_in(client)
    stolen = Client()
    stolen.cookies["sessionid"] = client.cookies["sessionid"].value
    assert is_in(stolen)
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert not is_in(client) and not is_in(stolen)
    assert client.get("/sign-out/").status_code == 405, "a link signs nobody out"


def test_signing_in_gives_a_session_a_new_name(bureau, client):
    client.get("/sign-in/")
    session = client.session
    session["before"] = 1
    session.save()
    client.cookies["sessionid"] = session.session_key
    sign_in(client)
    assert client.cookies["sessionid"].value != session.session_key


def test_a_new_password_ends_the_sessions_of_the_old_one(cast, bureau, client):
    sign_in(client)
    assert is_in(client)
    with district_scope(cast.minhang):
        passwords.reset_password(bureau, actor=cast.actor("security_admin"), on=timezone.localdate())
    bureau.refresh_from_db()
    assert not is_in(client)


def test_a_role_that_ended_opens_nothing_though_the_session_goes_on(cast, client):
    client.force_login(cast.bureau)
    with district_scope(cast.minhang):
        role = Membership.objects.get(user=cast.bureau)
        people.end_role(role, actor=cast.actor("security_admin"), on=timezone.localdate())
    assert client.get("/minhang/").status_code == 404


def test_an_account_that_was_closed_is_signed_out(cast, client):
    client.force_login(cast.bureau)
    User.objects.filter(pk=cast.bureau.pk).update(is_active=False)
    assert not is_in(client)


@pytest.mark.parametrize(
    "target", ["https://example.org/", "//example.org", "javascript:alert(1)", "\\\\example.org"]
)
def test_sign_in_leads_to_no_other_site(target, bureau, client):
    assert sign_in(client, next=target)["Location"] == "/"
    assert client.post("/preferences/", {"theme": "dark", "next": target})["Location"] == "/"


def test_sign_in_leads_back_to_where_one_wanted_to_go(bureau, client):
    assert sign_in(client, next="/minhang/search/")["Location"] == "/minhang/search/"


# --- Five failures --------------------------------------------------------------------------------


def test_five_wrong_passwords_lock_for_half_an_hour(cast, bureau, client):
    for _n in range(4):
        answer = sign_in(client, password="wrong")
        assert answer.status_code == 422
        assert "账号或密码不对。连续 5 次不对会锁 30 分钟" in answer.content.decode()
    answer = sign_in(client, password="wrong")
    assert answer.status_code == 429
    assert "半小时" in answer.content.decode()
    assert sign_in(client).status_code == 429, "the right one does not help now"
    cast.clerk.set_password(PASSWORD)
    cast.clerk.save()
    assert sign_in(Client(), "cast-clerk").status_code == 302, "the neighbour at the same address may go on"
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=31))
    assert sign_in(Client()).status_code == 302


def test_the_right_password_ends_the_count(bureau):
    for _n in range(2):
        for _m in range(4):
            assert sign_in(Client(), password="wrong").status_code == 422
        assert sign_in(Client()).status_code == 302


@pytest.mark.parametrize(
    ("behind", "forwarded", "address"),
    [
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "10.9.8.7, 203.0.113.9", "203.0.113.9"),
        (True, "2001:db8::1", "2001:db8::1"),
        (True, "", "127.0.0.1"),
        (True, "no address", "127.0.0.1"),
        (False, "203.0.113.9", "127.0.0.1"),
    ],
)
def test_failures_are_counted_by_the_visitors_address_not_the_proxys(
    bureau, client, settings, behind, forwarded, address
):
    settings.BEHIND_PROXY = behind
    client.post(
        "/sign-in/", {"username": "cast-bureau", "password": "wrong"}, headers={"X-Forwarded-For": forwarded}
    )
    assert AccessAttempt.objects.get().ip_address == address


def test_a_new_password_opens_a_locked_account(cast, bureau, client):
    for _n in range(5):
        sign_in(client, password="wrong")
    with district_scope(cast.minhang):
        password = passwords.reset_password(
            bureau, actor=cast.actor("security_admin"), on=timezone.localdate()
        )
    assert sign_in(client, password=password).status_code == 302


def test_a_name_that_nobody_has_gets_the_same_answer(bureau, client):
    def words(username):
        text = sign_in(Client(), username, "wrong").content.decode()
        return re.findall(r"[一-鿿]+", text)

    assert words("nobody-here") == words("cast-bureau")


@pytest.mark.parametrize(
    "password",
    ["Short-1", "alllowercaseletters", "12345678901234", "password1234", "cast-bureau-1", "CAPITALS1234567"],
)
def test_a_weak_password_is_refused_with_a_sentence(password, cast):
    with pytest.raises(ValidationError) as error:
        validate_password(password, cast.bureau)
    assert re.search(r"[一-鿿]", " ".join(error.value.messages))


def test_a_strong_password_is_taken(cast):
    validate_password("Long-enough-4711", cast.bureau)
    for _n in range(20):
        validate_password(people.first_password(), cast.bureau)


def test_passwords_are_kept_as_argon2(cast):
    cast.bureau.set_password(PASSWORD)
    assert cast.bureau.password.startswith("argon2$argon2id$")


# --- Forged requests ------------------------------------------------------------------------------

#: A session counts for nothing there, so nobody can borrow one: a token, or the pass of a visit's phone.
OWN_PASS = {row.url for row in TABLE if isinstance(row, Rest)} | {"field-operations", "field-file"}
POSTS = sorted({row.url for row in TABLE if row.method == "POST"})


def wanted_by(name: str) -> list[list[str]]:
    """The arguments that an address asks for, in each of its forms."""
    return [keys for forms in get_resolver().reverse_dict.getlist(name) for _text, keys in forms[0]]


@pytest.mark.parametrize("name", POSTS)
def test_a_post_without_the_pages_token_is_refused(name, cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.bureau)
    row = next(r for r in TABLE if r.url == name)
    answer = None
    own = {"district": "minhang"} if isinstance(row, Row) else {}
    for values in product((1, "x"), repeat=4):
        for wanted in wanted_by(name):
            given = dict(zip((key for key in wanted if key not in own), values, strict=False))
            try:
                url = reverse(name, kwargs={"district": "minhang"} | given if "district" in wanted else given)
            except NoReverseMatch:
                continue
            answer = client.post(url, {"username": "x"})
            break
        if answer is not None:
            break
    assert answer is not None, "no address found"
    if name in OWN_PASS:
        assert answer.status_code in (401, 404)
        return
    assert answer.status_code == 403
    assert "重新打开这一页" in answer.content.decode()


def test_the_pages_token_lets_a_post_through(bureau):
    client = Client(enforce_csrf_checks=True)
    page = client.get("/sign-in/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    assert sign_in(client, csrfmiddlewaretoken=token).status_code == 302


# --- Headers and pages ----------------------------------------------------------------------------

PATHS = (
    "/sign-in/",
    "/minhang/",
    "/minhang/search/",
    "/minhang/nothing/",
    "/design/",
    "/public/",
    "/health/",
)


@pytest.mark.parametrize("path", PATHS)
def test_each_answer_carries_the_headers(path, cast, client):
    client.force_login(cast.bureau)
    answer = client.get(path)
    policy = dict(
        part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";") if part.strip()
    )
    assert policy["default-src"] == "'self'"
    scripts = policy.get("script-src", policy["default-src"])
    assert "unsafe" not in scripts and "*" not in scripts
    assert policy["frame-ancestors"] == "'none'" and policy["object-src"] == "'none'"
    assert policy["base-uri"] == policy["form-action"] == "'self'"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


def test_no_template_holds_a_script_of_its_own():
    found = []
    for path in sorted(Path(settings.BASE_DIR, "templates").rglob("*.html")):
        text = path.read_text()
        if re.search(
            r"<script(?![^>]*\b(?:src=|type=\"(?:text/plain|application/(?:ld\+)?json)\"))[^>]*>", text
        ):
            if path.name != "verify_file.html":  # opened from disk: it holds its program
                found.append(f"{path.name}: inline script")
        if re.search(r"\s(?:on[a-z]+|hx-on[:\w-]*)\s*=\s*[\"']", text):
            found.append(f"{path.name}: inline handler")
        if "javascript:" in text:
            found.append(f"{path.name}: javascript:")
    assert found == []


def test_pages_are_kept_by_no_cache_on_the_way(cast, client):
    """What a person may see is for this person; the back button after signing out shows nothing from a shared cache."""
    client.force_login(cast.bureau)
    answer = client.get("/minhang/")
    assert "Cookie" in answer["Vary"]
    assert "public" not in answer.headers.get("Cache-Control", "")


def test_behind_https_cookies_are_secure():
    text = Path(settings.BASE_DIR, "portal", "settings.py").read_text()
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS"):
        assert name in text
    from django.core.checks import run_checks

    with (
        patch.object(settings, "SESSION_COOKIE_SECURE", True),
        patch.object(settings, "CSRF_COOKIE_SECURE", True),
    ):
        ids = {message.id for message in run_checks(include_deployment_checks=True)}
    # HSTS and the redirect to https depend on the proxy in front
    assert {i for i in ids if i.startswith("security.")} <= {"security.W004", "security.W008"}


# --- Secrets --------------------------------------------------------------------------------------


def test_no_secret_stands_in_a_log(cast, bureau, client, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("axes").setLevel(logging.DEBUG)
    sign_in(client, password="Wrong-Secret-4711")
    sign_in(client)
    client.force_login(cast.system_admin)
    page = client.post(
        "/minhang/clients/", {"name": "示例系统", "scopes": ["facilities:read"]}
    ).content.decode()
    token = re.search(r"sy_minhang_[\w-]{20,}", page)[0]
    Client().get("/api/v1/schema/", headers={"Authorization": f"Bearer {token}"})
    client.force_login(cast.security_admin)
    page = client.post(
        "/minhang/people/new/", {"username": "li.lei", "name": "示例李雷", "role": "auditor"}
    ).content.decode()
    first = re.search(r"\w{4}-\w{4}-\w{4}", page)[0]
    text = caplog.text
    for attempt in (*AccessAttempt.objects.all(), *AccessFailureLog.objects.all()):
        text += repr(attempt.__dict__)
    with district_scope(cast.minhang):
        text += repr(list(AuditEntry.objects.order_by("-pk")[:20].values()))
    for secret in (PASSWORD, "Wrong-Secret-4711", token, first, settings.SECRET_KEY, settings.FIELD_KEYS):
        assert secret and secret not in text
    assert "portal.client.create" in text


def test_a_crash_shows_no_trace_and_logs_no_form(cast, bureau, caplog, monkeypatch):
    from portal.navigation import REGISTRY

    def broken(*_args):
        raise RuntimeError("示例故障")

    monkeypatch.setattr(REGISTRY, "searches", [broken])
    client = Client(raise_request_exception=False)
    client.force_login(bureau)
    answer = client.get("/minhang/search/", {"q": "没有的词"})
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "Traceback" not in page and "RuntimeError" not in page and "示例故障" not in page
    assert re.search(r"[一-鿿]", page)
    assert "RuntimeError" in caplog.text, "the log has it"
