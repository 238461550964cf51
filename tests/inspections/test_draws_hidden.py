"""Inspections come unannounced: whoever is neither the bureau nor in the team sees the same before and after a draw."""

import hashlib
import re
from datetime import date
from io import BytesIO
from urllib.parse import urljoin, urlsplit
from zipfile import ZipFile

import pytest
from django.utils import timezone
from guardian.shortcuts import assign_perm

from facilities.models import Facility
from inspections.models import Draw, Inspection
from inspections.services import cancellations, draw_evidence, draw_teams, draws, freezing, month
from portal.models import ApiClient, AuditEntry, Membership, Street, User
from portal.rules.rights import Role
from portal.services import audit
from tests.inspections.test_draws_pages import now, small  # noqa: F401

LINK = re.compile(r'(?:href|hx-get|data-url)="([^"#]+)')
#: What differs from one answer to the next by itself: tokens against forgery, the session's and the wall's clock.
NOISE = re.compile(r'(csrfmiddlewaretoken" value=|X-CSRFToken": |data-session=)"[^"]*"|\d\d:\d\d(:\d\d)?')
MOST_PER_PATH, FEW_PER_PATH = 6, 2

#: Everybody but the bureau, the heads of units, the auditors and the inspectors; first those who see most.
STRANGERS = (
    Role.OPERATOR,
    *(
        pytest.param(role, marks=pytest.mark.long)
        for role in (
            Role.STREET_OFFICER, Role.DEPARTMENT, Role.DESK, Role.REVIEWER, Role.EXPERT, Role.PARENT,
            Role.HOME_VISITOR, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN,
        )
    ),
)  # fmt: skip


def told(body: bytes) -> str:
    """The text of an answer; of a workbook its parts, without the time at which it was made."""
    if not body.startswith(b"PK"):
        return body.decode("utf-8", "replace")
    with ZipFile(BytesIO(body)) as book:
        parts = [name for name in book.namelist() if name != "docProps/core.xml"]
        return "\n".join(book.read(name).decode("utf-8", "replace") for name in parts)


def walk(client, *starts: str, most: int = MOST_PER_PATH) -> dict[str, str]:
    """Every page that can be reached by links from the starts: address -> text without noise."""
    found, waiting, seen = {}, list(starts), {}
    while waiting:
        url = waiting.pop(0)
        path = urlsplit(url).path
        pattern = re.sub(r"\d+", "0", path)
        if (
            url in found
            or (url not in starts and seen.get(pattern, 0) >= most)
            or "sign-out" in url
            or path.startswith(("/static/", "/public/small/draws/2"))
            or path == "/public/small/draws/"  # that it was drawn is public, and says so
        ):
            continue
        seen[pattern] = seen.get(pattern, 0) + 1
        answer = client.get(url)
        assert answer.status_code < 500, url
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        text = NOISE.sub("", told(body))
        found[url] = f"{answer.status_code} {answer.headers.get('Location', '')} {text}"
        if "html" in answer.headers.get("Content-Type", ""):
            links = [urljoin(url, link.replace("&amp;", "&")) for link in LINK.findall(text)]
            waiting += sorted({link for link in links if link.startswith("/")} - found.keys())
    return found


def person(small, role: Role) -> User:  # noqa: F811
    """Somebody of the role who keeps every facility and serves every street: whatever can leak, leaks to them."""
    user = User.objects.create(username=f"walk-{role}", name="示例行者", password="!")
    with small.scope():
        Membership.objects.create(user=user, role=role, starts_on=date(2020, 1, 1))
        for facility in Facility.objects.all():
            assign_perm("facilities.keep_facility", user, facility)
        for street in Street.objects.all():
            assign_perm("portal.serve_street", user, street)
    return user


def starts(small, draw) -> list[str]:  # noqa: F811
    """The front page, and the addresses that somebody curious would type in."""
    with small.scope():
        facilities = list(Facility.objects.values_list("pk", flat=True))
    return [
        "/small/", "/small/search/?q=SM0001", "/small/search/?q=JC-", "/small/draws/", f"/small/draws/{draw.pk}/",
        f"/small/draws/{draw.pk}/export/", "/small/inspections/", "/small/orders/", "/small/facilities/",
        *(f"/small/facilities/{pk}/" for pk in facilities), "/small/inspections/month-card/", "/small/audit/",
        f"/public/small/draws/files/{draw.pk}/",
    ]  # fmt: skip


def draw_it(small, draw) -> list[Inspection]:  # noqa: F811
    with small.scope():
        draws.confirm_and_draw(draw, actor=small.actor("head"))
        draw_evidence.publish_due(actor=small.actor())
        visits = list(Inspection.objects.select_related("facility"))
    assert visits
    return visits


@pytest.mark.parametrize("role", STRANGERS)
def test_a_strangers_pages_are_the_same_before_and_after_the_draw(client, small, role, thorough):  # noqa: F811
    draw = now(small, "witnessed")
    client.force_login(person(small, role))
    most = MOST_PER_PATH if thorough else FEW_PER_PATH
    before = walk(client, *starts(small, draw), most=most)
    assert before["/small/"].startswith("200") or role == Role.PARENT
    assert role != Role.OPERATOR or sum(page.startswith("200") for page in before.values()) > 10
    visits = draw_it(small, draw)
    after = walk(client, *starts(small, draw), most=most)
    own = walk(client, *(f"/small/inspections/{visit.pk}/" for visit in visits))
    for visit in visits:
        page = own.pop(f"/small/inspections/{visit.pk}/")
        assert page[:3] in ("403", "404"), page[:200]
    assert after.keys() == before.keys()
    for url, text in after.items():
        assert text == before[url], f"{url} differs"


@pytest.mark.long
@pytest.mark.parametrize("name", ["head", "auditor"])
def test_heads_and_auditors_see_that_it_was_drawn_but_not_whom(client, small, name):  # noqa: F811
    draw = now(small, "witnessed")
    client.force_login(small.users[name])
    before = walk(client, *starts(small, draw))
    visits = draw_it(small, draw)
    after = walk(client, *starts(small, draw))
    for url, text in after.items():
        for visit in visits:
            assert visit.number not in text, url
            for word in (visit.facility.code, visit.facility.name):
                assert text.count(word) == before.get(url, "").count(word), url


@pytest.mark.parametrize("name", ["head", "auditor"])
def test_the_next_list_does_not_tell_who_was_drawn_this_month(client, small, name):  # noqa: F811
    """A visit still to be made counts as visited in the next frozen list: in a street of one that names it."""
    this, (year, month_) = now(small, "drawn"), month.months_to_see(timezone.localdate())[0]
    with small.scope():
        body = this.frozen_dict
        Draw.objects.filter(pk=this.pk).update(year=year, month=month_)  # as if a month had gone by
        following = freezing.freeze(small.scheme, small.year, small.month, actor=small.actor())
        visited = {item["id"]: item["visited"] for item in following.frozen_dict["objects"]}
        assert visited != {item["id"]: item["visited"] for item in body["objects"]}
    page = f"/small/draws/{following.pk}/"
    client.force_login(small.users["bureau"])
    assert "已查</th>" in client.get(page).content.decode()
    client.force_login(small.users[name])
    assert "已查</th>" not in client.get(page).content.decode()
    with small.scope():
        small.finish_all(this, timezone.localdate())
    assert "已查</th>" in client.get(page).content.decode()


def test_the_audit_log_names_no_drawn_facility(client, small):  # noqa: F811
    draw = now(small, "witnessed")
    client.force_login(person(small, Role.AUDIT_ADMIN))
    visits = draw_it(small, draw)
    pages = walk(client, "/small/audit/")
    assert len(pages) > 1
    assert any("inspections.draw.draw" in text or draw.evidence_sha256 for text in pages.values())
    for url, text in pages.items():
        assert not any(
            v.number in text or v.facility.code in text or v.facility.name in text for v in visits
        ), url


@pytest.mark.parametrize("role", [Role.AUDIT_ADMIN, Role.AUDITOR])
def test_the_audit_log_keeps_a_visit_back_until_it_is_made(client, small, role):  # noqa: F811
    draw = now(small, "drawn")
    client.force_login(person(small, role))
    with small.scope():
        bureau = small.actor("bureau")
        changed, struck, begun = list(draw.inspections.select_related("facility").order_by("position"))[:3]
        out = changed.all_team.order_by("position").first().inspector
        incoming = draw_teams.replace_inspector(changed, inspector=out, reason="示例请假", actor=bureau)
        assert incoming is not None
        cancellations.request_cancel(struck, reason="force_majeure", note="示例台风停课一周", actor=bureau)
        Inspection.objects.filter(pk=begun.pk).update(state="under_way")
        begun_by = {"team": [m.inspector.code for m in begun.all_team.select_related("inspector")]}
        audit.record("inspections.inspection.start", begun, actor=small.actor(), changes=begun_by)
        codes = [out.code, incoming.inspector.code]
        entries = AuditEntry.objects.filter(action__startswith="inspections.")
        assert entries.filter(action="inspections.team.replace", subject_type="inspections.draw").count() == 1
        assert {"inspections.inspection.request_cancel", "inspections.inspection.start"} <= {
            e.action for e in entries
        }
    three = (changed, struck, begun)
    asked = ["/small/audit/", "/small/audit/?q=inspections.inspection", "/small/audit/?q=inspections.team"]
    asked += [f"/small/audit/?q={visit.number}" for visit in three]
    pages = {url: client.get(url).content.decode() for url in asked}
    assert "inspections.team.replace" in pages["/small/audit/"], "that it happened is told"
    for url, text in pages.items():
        rows = "".join(re.findall(r"<tbody>.*?</tbody>", text, flags=re.S))
        for word in (*codes, *(visit.number for visit in three), *(visit.facility.code for visit in three)):
            assert word not in rows, (url, word)
        assert "inspections.inspection.start" not in rows and "request_cancel" not in rows
    with small.scope():
        cancellations.decline_cancel(struck, actor=small.actor("head"))
        Inspection.objects.filter(pk__in=[struck.pk, begun.pk]).update(state="finished")
    text = client.get("/small/audit/").content.decode()
    assert "inspections.inspection.start" in text and begun.number in text and "request_cancel" in text


def test_the_public_and_the_city_see_no_visit(client, small):  # noqa: F811
    draw = now(small, "witnessed")
    visits = draw_it(small, draw)
    for url, text in walk(client, "/public/", "/public/small/draws/").items():
        assert not any(v.number in text or v.facility.code in text for v in visits), url


def test_the_feed_shows_no_drawn_visit(client, small):  # noqa: F811
    token = "sy_small_" + "a" * 40
    with small.scope():
        ApiClient.objects.create(
            name="示例平台", token_sha256=hashlib.sha256(token.encode()).hexdigest(),
            scopes=["facilities:read", "results:read", "targets:read"], starts_on=date(2020, 1, 1),
            created_by=small.users["bureau"],
        )  # fmt: skip
    draw = now(small, "witnessed")
    paths = ("/api/v1/facilities/", "/api/v1/inspections/", "/api/v1/targets/")

    def ask():
        return [client.get(path, headers={"Authorization": f"Bearer {token}"}) for path in paths]

    before = ask()
    assert 200 in {answer.status_code for answer in before}
    draw_it(small, draw)
    for one, other in zip(before, ask(), strict=True):
        assert (one.status_code, one.content) == (other.status_code, other.content)


@pytest.mark.long
def test_an_inspector_sees_the_own_visits_only(client, small):  # noqa: F811
    draw = now(small, "witnessed")
    user = person(small, Role.INSPECTOR)
    with small.scope():
        inspector = small.inspector("JC005")
        inspector.user = user
        inspector.save()
    visits = draw_it(small, draw)
    with small.scope():
        own = set(Inspection.objects.filter(all_team__inspector__user=user).values_list("pk", flat=True))
        assert Draw.objects.get().state == "drawn"
    assert own and len(own) < len(visits)
    client.force_login(user)
    pages = walk(client, "/small/", "/small/inspections/")
    for visit in visits:
        told = any(visit.number in text for text in pages.values())
        assert told is (visit.pk in own)
