"""Pages of events: what staff see and do, what families see and do without an account, REST, the file."""

from __future__ import annotations

from datetime import timedelta

import jsonschema
import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from guidance.models import EventPhoto, EventSignup, GuidanceEvent
from guidance.services import events, signups
from portal.models import AuditEntry, District
from portal.services import phone_codes
from portal.tenancy import district_scope
from tests.facilities.test_operators_api import shape_of
from tests.guidance import sms
from tests.guidance.test_events import PHONE, Here, quiet  # noqa: F401
from tests.guidance.test_places import fetch  # noqa: F401
from tests.portal.access import events as made
from tests.portal.spreadsheets import cells_of
from tests.portal.stage import photograph
from tests.queries import at_most

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(cast, client):
    it = Here(cast)
    client.force_login(cast.officer)
    it.client = client
    return it


def url(name: str, *args) -> str:
    return reverse(name, args=["minhang", *args])


def with_event(place, state: str = "announced", **given) -> GuidanceEvent:
    with district_scope(place.district):
        return made.an_event(place, state, **given)


def families(place, event, number: int = 1) -> list[EventSignup]:
    with district_scope(place.district):
        return [made.a_family(place, event) for _n in range(number)]


def sheet(place, key: str, **query) -> list:
    answer = place.client.get(url("export", key), query)
    return cells_of(b"".join(answer.streaming_content) if answer.streaming else answer.content)


# ---- staff


def test_an_event_goes_through_the_pages(place):
    with district_scope(place.district):
        made.a_text(place)
        data = made.posted(place)
    assert place.client.get(url("guidance-event-new")).status_code == 200
    answer = place.client.post(url("guidance-event-new"), data)
    assert answer.status_code == 302, answer.context["form"].errors
    with district_scope(place.district):
        row = GuidanceEvent.objects.get()
    page = url("guidance-event", row.pk)
    assert answer["Location"] == page and "存为草稿" not in place.client.get(page).content.decode()
    assert place.client.get(f"/public/minhang/guidance/events/{row.pk}/").status_code == 404, (
        "a draft is nobody's"
    )
    assert place.client.post(f"{page}announce/", {"version": 1}).status_code == 302
    shown = place.client.get(f"/public/minhang/guidance/events/{row.pk}/").content.decode()
    assert row.title in shown and "去报名" in shown
    stale = place.client.post(f"{page}cancel/", {"version": 1, "reason": "示例：台风来了"})
    assert stale.status_code == 409
    empty = place.client.post(f"{page}cancel/", {"version": 2, "reason": ""})
    assert empty.status_code == 422 and "reason" in empty.context["refused_form"].errors
    assert place.client.post(f"{page}cancel/", {"version": 2, "reason": "示例：台风来了"}).status_code == 302
    shown = place.client.get(f"/public/minhang/guidance/events/{row.pk}/").content.decode()
    assert "台风来了" in shown and "去报名" not in shown


def test_a_place_is_chosen_from_the_list(place):
    from tests.portal.access.guidance import a_place

    with district_scope(place.district):
        at = a_place(place)
        data = made.posted(place, where=f"p{at.pk}", venue="", address="")
    assert place.client.post(url("guidance-event-new"), data).status_code == 302
    with district_scope(place.district):
        row = GuidanceEvent.objects.get()
        assert row.place == at and row.venue == at.name
    form = place.client.get(url("guidance-event-edit", row.pk)).context["form"]
    assert form.initial["where"] == f"p{at.pk}"
    assert place.client.post(url("guidance-event-new"), data | {"where": "p999999"}).status_code == 422


def test_a_past_event_is_not_announced_by_the_page(place):
    with district_scope(place.district):
        row = made.begun(made.an_event(place, "draft"), 1)
    answer = place.client.post(url("guidance-event-announce", row.pk), {"version": row.version})
    assert answer.status_code == 409 and "补登" in answer.content.decode()
    assert place.client.post(
        url("guidance-event-finish", row.pk), {"version": row.version, "walk_ins": 0}
    ).status_code == 422  # fmt: skip
    assert place.client.post(
        url("guidance-event-finish", row.pk), {"version": row.version, "walk_ins": 9}
    ).status_code == 302  # fmt: skip
    assert "到场合计" in place.client.get(url("guidance-event", row.pk)).content.decode()


def test_the_list_and_its_file_have_the_same_conditions(place):
    one, two = with_event(place), with_event(place, kind="carnival")
    with district_scope(place.district):
        far = made.an_event(place, "draft", street=place.cast.other_street)
    for query, wanted in (
        ({}, {one.code, two.code, far.code}),
        ({"kind": "carnival"}, {two.code}),
        ({"state": "draft"}, {far.code}),
        (
            {"street": str(place.street.pk), "level": "street", "year": str(one.held_on.year)},
            {one.code, two.code},
        ),
        ({"year": "2016"}, set()),
        ({"kind": "x", "state": "²", "year": "²²²²", "street": "y"}, {one.code, two.code, far.code}),
    ):
        page = place.client.get(url("guidance-events"), query)
        assert {row.code for row, _name, _shape in page.context["rows"]} == wanted
        assert {
            line[0] for line in sheet(place, "guidance-events", **query) if str(line[0]).startswith("MHE")
        } == wanted
    place.client.force_login(place.cast.auditor)
    page = place.client.get(url("guidance-events"))
    assert {row.code for row, _name, _shape in page.context["rows"]} == {one.code, two.code}, "no drafts"


def test_an_events_page_shows_families_to_who_holds_it_only(place):
    event = with_event(place)
    family = families(place, event, 3)[0]
    with at_most(32):
        page = place.client.get(url("guidance-event", event.pk))
    text = page.content.decode()
    with district_scope(place.district):
        number = EventSignup.objects.get(pk=family.pk).phone
    assert number not in text and family.phone_tail in text and len(page.context["rows"]) == 3
    shown = place.client.post(url("guidance-event-phone", event.pk, family.pk))
    assert number in shown.content.decode() and "no-store" in shown["Cache-Control"]
    with district_scope(place.district):
        assert AuditEntry.objects.filter(action="guidance.event.reveal").count() == 1
    lines = sheet(place, "guidance-event-signups", event=event.pk)
    assert number not in str(lines) and family.phone_tail in str(lines)
    printed = place.client.get(url("guidance-event-sheet", event.pk)).content.decode()
    assert family.phone_tail in printed and number not in printed
    place.client.force_login(place.cast.auditor)
    text = place.client.get(url("guidance-event", event.pk)).content.decode()
    assert family.phone_tail not in text and "看电话" not in text
    assert place.client.get(url("export", "guidance-event-signups"), {"event": event.pk}).status_code in (
        403,
        404,
    )


def test_at_the_door_a_scan_opens_the_family_and_a_tap_checks_it_in(place):
    event, other = with_event(place), with_event(place, title="示例另一场")
    family, stranger = families(place, event)[0], families(place, other)[0]
    with district_scope(place.district):
        made.begun(event)
        scan = signups.door_url(family, place.district)
    door = url("guidance-event-door", event.pk)
    assert scan.endswith(f"{door}?code={family.code}")
    page = place.client.get(door, {"code": family.code})
    assert page.context["scanned"] == family and "到了，签到" in page.content.decode()
    assert place.client.post(door, {"code": family.code}).status_code == 302
    again = place.client.post(door, {"code": family.code})
    assert again.status_code == 422 and "已经签到" in again.content.decode()
    for code, said in (
        (stranger.code, "示例另一场"),
        ("22222222", "没有这个签到码"),
        ("", "签到码"),
        ("x" * 300, "没有"),
    ):
        answer = place.client.post(door, {"code": code})
        assert answer.status_code == 422 and said in answer.content.decode()
    assert "示例另一场" in place.client.get(door, {"code": stranger.code}).content.decode()
    assert place.client.post(url("guidance-event-walk-in", event.pk), {"what": "more"}).status_code == 302
    assert place.client.post(url("guidance-event-undo", event.pk, family.pk)).status_code == 302
    assert place.client.post(url("guidance-event-undo", event.pk, family.pk)).status_code == 409
    assert place.client.post(url("guidance-event-undo", event.pk, stranger.pk)).status_code == 404
    with district_scope(place.district):
        event.refresh_from_db()
        assert event.walk_ins == 1 and EventSignup.objects.get(pk=family.pk).state == "in"


def test_photographs_are_served_to_who_holds_the_event(place):
    event = with_event(place)
    add = url("guidance-event-photo-add", event.pk)
    assert place.client.post(add, {"upload": photograph()}).status_code == 422
    assert place.client.post(add, {"upload": photograph(), "agreed": "on"}).status_code == 302
    with district_scope(place.district):
        photo = EventPhoto.objects.get()
    at = url("guidance-event-photo", event.pk, photo.pk)
    assert place.client.get(at)["Content-Type"] == "image/jpeg"
    assert place.client.get(url("guidance-event-photo", with_event(place).pk, photo.pk)).status_code == 404
    place.client.force_login(place.cast.head)
    assert place.client.get(at).status_code == 404
    place.client.logout()
    assert place.client.get(at).status_code == 302, "to the sign-in"


# ---- families


def test_a_family_signs_up_and_cancels_without_an_account(place, client):
    event = with_event(place, capacity=1, months_from=6, months_until=10)
    client.logout()
    listed = client.get("/public/minhang/guidance/events/").content.decode()
    assert event.title in listed and "还有 1 个名额" in listed
    assert event.title not in client.get("/public/minhang/guidance/events/", {"months": 30}).content.decode()
    assert event.title in client.get(
        "/public/minhang/guidance/events/", {"months": "²", "kind": "x", "street": "y"}
    ).content.decode()  # fmt: skip
    join = url("event-join", event.pk)
    page = client.get(join).content.decode()
    assert "示例同意书" in page and "发验证码" in page
    asked = client.post(join, {"what": "code", "phone": PHONE, "months": "12", "code": ""})
    text = asked.content.decode()
    assert asked.status_code == 200 and f"尾号 {PHONE[-4:]}" in text and sms.last_code() not in text
    assert 'value="12"' in text, "what was written stays"
    given = {"what": "join", "phone": PHONE, "months": 12, "code": sms.last_code(), "consent": "on"}
    assert client.post(join, given | {"consent": ""}).status_code == 422
    assert client.post(join, given | {"code": "12"}).status_code == 422
    answer = client.post(join, given)
    assert answer.status_code == 302, answer.context["form"].errors
    own = answer["Location"]
    page = client.get(own).content.decode()
    assert "报上名了" in page and "签到码的二维码" in page and "内容可能不合适" in page and PHONE not in page
    assert "满了，可以候补" in client.get("/public/minhang/guidance/events/").content.decode()
    cache.clear()
    client.post(join, {"what": "code", "phone": PHONE})
    twice = client.post(join, given | {"code": sms.last_code()})
    assert twice.status_code == 409 and "已经报过名" in twice.content.decode()
    client.post(join, {"what": "code", "phone": "13900000777"})
    second = client.post(join, given | {"phone": "13900000777", "code": sms.last_code()})
    waiting = second["Location"]
    page = client.get(waiting).content.decode()
    assert "候补第 1 位" in page and "签到码的二维码" not in page
    assert client.post(f"{own}cancel/").status_code == 302
    assert "报名已取消" in client.get(own).content.decode()
    assert client.post(f"{own}cancel/").status_code == 409
    assert "报上名了" in client.get(waiting).content.decode()


def test_the_code_stands_on_the_page_of_a_demonstration_without_a_gateway_only(place, client, settings):
    event = with_event(place)
    settings.SMS_GATEWAY = ""
    client.logout()
    join = url("event-join", event.pk)
    assert "现在不能网上报名" in client.get(join).content.decode()
    refused = client.post(join, {"what": "code", "phone": PHONE})
    assert refused.status_code == 422
    District.objects.filter(pk=place.district.pk).update(demonstration=True)
    from portal import middleware

    middleware.forget_districts()
    try:
        page = client.post(join, {"what": "code", "phone": PHONE})
        assert len(page.context["code"]) == 6 and page.context["code"] in page.content.decode()
    finally:
        District.objects.filter(pk=place.district.pk).update(demonstration=False)
        middleware.forget_districts()


@pytest.mark.parametrize("data", [{}, {"phone": "1"}, {"phone": "1" * 400}, {"phone": "' OR 1=1"}])
def test_a_phone_that_cannot_be_gets_no_code(place, client, data):
    event = with_event(place)
    answer = client.post(url("event-join", event.pk), {"what": "code"} | data)
    assert answer.status_code == 422 and not sms.SENT


def test_too_many_codes_are_refused_on_the_page(place, client, monkeypatch):
    monkeypatch.setattr(phone_codes, "OF_PHONE", 1)
    join = url("event-join", with_event(place).pk)
    assert client.post(join, {"what": "code", "phone": PHONE}).status_code == 200
    refused = client.post(join, {"what": "code", "phone": PHONE})
    assert refused.status_code == 422 and "太多" in refused.content.decode()


def test_closed_and_unopened_events_say_so(place, client):
    now = timezone.now()
    later = with_event(place, opens_at=now + timedelta(2))
    assert "报名还没有开始" in client.get(url("event-join", later.pk)).content.decode()
    refused = client.post(url("event-join", later.pk), {"what": "code", "phone": PHONE})
    assert refused.status_code == 409 and not sms.SENT
    assert "还没开始" in client.get("/public/minhang/guidance/events/").content.decode()
    for missing in (url("event-join", 10**9), url("event-join", 10**30), url("event-own", "x" * 500)):
        assert client.get(missing).status_code == 404
    draft = with_event(place, "draft")
    assert client.get(url("event-join", draft.pk)).status_code == 404
    assert client.get(reverse("event-join", args=["jinshan", later.pk])).status_code == 404, (
        "another district's"
    )


def test_a_family_rates_by_its_own_link(place, client):
    event = with_event(place)
    family, absent = families(place, event, 2)
    with district_scope(place.district):
        made.begun(event)
        signups.check_in(event, code=family.code, actor=place.process)
        events.finish(event, walk_ins=0, actor=place.process)
        own, other = (url("event-own", signups.token_of(one)) for one in (family, absent))
    client.logout()
    assert "这场活动怎么样" in client.get(own).content.decode()
    assert "这场活动怎么样" not in client.get(other).content.decode()
    assert client.post(f"{own}rate/", {"score": "9"}).status_code == 422
    assert client.post(f"{own}rate/", {"score": "5", "words": "孩子很喜欢"}).status_code == 302
    assert client.post(f"{own}rate/", {"score": "5"}).status_code == 409
    assert client.post(f"{other}rate/", {"score": "5"}).status_code == 409
    public = client.get(f"/public/minhang/guidance/events/{event.pk}/").content.decode()
    assert "孩子很喜欢" not in public and "已经办完" in public
    client.force_login(place.cast.officer)
    assert "孩子很喜欢" in client.get(url("guidance-event", event.pk)).content.decode()
    client.force_login(place.cast.auditor)
    assert "孩子很喜欢" not in client.get(url("guidance-event", event.pk)).content.decode()


# ---- REST


def test_rest_gives_what_was_announced_and_no_family(place, fetch, client):  # noqa: F811
    event = with_event(place)
    with_event(place, "draft")
    family = families(place, event)[0]
    path = "/api/v1/guidance-events/"
    answer = fetch(path=path)
    body = answer.json()
    assert [row["code"] for row in body["results"]] == [event.code] and body["results"][0]["taken"] == 1
    assert family.phone_tail not in answer.content.decode().replace(event.code, "")
    jsonschema.validate(body, shape_of(client, "GuidanceEventPage"))
    assert fetch(path=path, query="?kind=carnival").json()["results"] == []
    assert fetch(path=path, query=f"?street={place.street.code}&limit=1").json()["results"]
    assert fetch(path=path, query="?kind=party").status_code == 400
