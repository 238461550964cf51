"""Resources for families: rules, the second person, editions, kits; subscribing, what is sent, opting out, counts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from guidance import resource_queue, tasks
from guidance.models import (
    GuidanceResource,
    KitUse,
    ResourceDay,
    ResourceSending,
    ResourceSubscription,
)
from guidance.rules import resources as rules
from guidance.services import resources, subscriptions
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import AuditEntry, Parameter
from portal.services import phone_codes
from portal.tenancy import district_scope
from tests.guidance import sms
from tests.portal.access import resources as made
from tests.portal.stage import photograph

pytestmark = pytest.mark.django_db
PHONE = "13812345678"
GOOD = {
    "kind": "article", "title": "示例文章", "theme": "education", "audience": "family", "language": "zh", "weeks_from": 0,
    "weeks_until": 156, "summary": "示例讲的什么", "text": "示例正文" * 10, "link": "", "source": "示例中心",
    "rights": "自己写的",
    "own": False, "pushed": True, "parts": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("values", "has_file", "wrong"),
    [
        ({}, False, set()),
        ({"kind": "film", "text": "", "link": "https://example.org/a"}, False, set()),
        ({"kind": "film", "text": ""}, True, set()),
        ({"kind": "leaflet", "text": ""}, True, set()),
        ({"kind": "kit", "text": "", "parts": ["MHV0001"]}, False, set()),
        ({"kind": "song"}, False, {("kind", "choice")}),
        ({"theme": "music"}, False, {("theme", "choice")}),
        ({"language": "xx"}, False, {("language", "choice")}),
        ({"title": "一"}, False, {("title", "title")}),
        ({"weeks_from": 20, "weeks_until": 19}, False, {("weeks_until", "weeks")}),
        ({"weeks_until": 157}, False, {("weeks_until", "weeks")}),
        ({"text": "短"}, False, {("text", "text")}),
        ({"link": "http://example.org"}, False, {("link", "link")}),
        ({"link": "javascript:alert(1)"}, False, {("link", "link")}),
        ({"kind": "film", "text": ""}, False, {("link", "content")}),
        ({"kind": "activity", "text": ""}, False, {("upload", "file")}),
        ({"kind": "kit", "text": ""}, False, {("parts", "parts")}),
        ({"parts": ["MHV0001"]}, False, {("parts", "parts")}),
        ({"kind": "kit", "text": "", "parts": ["A", "A"]}, False, {("parts", "parts")}),
        ({"rights": ""}, False, {("rights", "rights")}),
    ],
)
def test_what_a_resource_may_be(values, has_file, wrong):
    found = rules.problems(GOOD | values, has_file)
    assert {(field, key) for field, key, _facts in found} == wrong
    assert {key for _field, key in wrong} <= rules.PROBLEMS.keys()


def test_of_a_birthday_the_week_is_kept():
    assert rules.week_of(date(2026, 11, 22)) == date(2026, 11, 16) == rules.week_of(date(2026, 11, 16))
    assert rules.weeks_old(date(2026, 11, 16), date(2026, 11, 22)) == 0
    assert rules.weeks_old(date(2026, 11, 16), date(2026, 11, 23)) == 1
    today = date(2026, 11, 20)
    assert rules.born_problem(today, today) == ""
    assert rules.born_problem(today + timedelta(1), today) == "born"
    assert rules.born_problem(date(2020, 1, 1), today) == "born"


offers = st.lists(
    st.tuples(st.text("ABC", min_size=1, max_size=3), st.integers(0, 156), st.integers(0, 156)), max_size=8
)


@given(
    age=st.integers(0, 156),
    offered=offers,
    had=st.sets(st.text("ABC", min_size=1, max_size=3)),
    room=st.integers(-1, 3),
)
def test_what_is_sent_fits_is_new_and_no_more_than_there_is_room_for(age, offered, had, room):
    chosen = rules.next_ones(age, offered, had, room)
    assert len(chosen) <= max(0, room) and not set(chosen) & had
    for code in chosen:
        assert any(one == code and since <= age <= until for one, since, until in offered)


def test_what_fits_no_longer_soonest_goes_first():
    assert rules.next_ones(10, [("A", 0, 50), ("B", 5, 12), ("C", 11, 20)], set(), 2) == ["B", "A"]


class Here:
    def __init__(self, cast):
        self.cast, self.district, self.street, self.facility = cast, cast.minhang, cast.street, cast.facility
        self.process = Actor.system(cast.minhang, "test")
        self.visitor = Actor.visitor(cast.minhang)

    def actor(self, name: str) -> Actor:
        return self.cast.actor(name)

    def join(self, phone: str = PHONE, born: date | None = None, **more) -> ResourceSubscription:
        made.a_text(self)
        subscriptions.ask_code(phone=phone, address="203.0.113.1", actor=self.visitor)
        return subscriptions.subscribe(
            phone=phone, code=sms.last_code(), born=born or timezone.localdate() - timedelta(weeks=20),
            language="zh", consent=True, actor=self.visitor, **more,
        )  # fmt: skip


@pytest.fixture(autouse=True)
def quiet(settings, tmp_path, monkeypatch):
    settings.DATA_DIR, settings.SMS_GATEWAY = tmp_path, "tests.guidance.sms.send"
    cache.clear()
    sms.SENT.clear()
    monkeypatch.setattr(phone_codes, "OF_ADDRESS", 1000)


@pytest.fixture
def here(cast):
    with district_scope(cast.minhang):
        per_week(1)
        yield Here(cast)


def per_week(number: int) -> None:
    Parameter.objects.filter(key=subscriptions.PER_WEEK).delete()
    Parameter.objects.create(
        key=subscriptions.PER_WEEK, value=number, label="x", starts_on=date(2020, 1, 1), basis="示例"
    )


# ---- writing


def test_a_second_person_makes_it_public(here):
    bureau, head = here.actor("bureau"), here.actor("head")
    row = resources.keep_resource(actor=bureau, **made.values())
    assert row.code.startswith("MHV") and (row.state, row.edition) == ("draft", 1)
    with pytest.raises(Conflict):
        resources.publish(row, actor=head)
    row = resources.submit(row, actor=bureau)
    with pytest.raises(Denied):
        resources.publish(row, actor=bureau)
    with pytest.raises(Conflict):
        resources.keep_resource(row, actor=bureau, **made.values())
    back = resources.send_back(row, reason="示例：写清楚来源", actor=head)
    assert (back.state, back.note) == ("draft", "示例：写清楚来源")
    assert any("退回" in one.title for one in resource_queue.waiting(bureau))
    row = resources.submit(back, actor=bureau)
    assert any(row.title in one.title for one in resource_queue.waiting(head))
    assert not any("复核" in one.title for one in resource_queue.waiting(bureau))
    row = resources.publish(row, actor=head)
    assert (row.state, row.published_on) == ("published", timezone.localdate())
    with pytest.raises(Denied):
        resources.keep_resource(actor=here.actor("officer"), **made.values())


def test_no_number_and_no_name_of_somebody_on_record_becomes_public(here):
    bureau = here.actor("bureau")
    with pytest.raises(Refused) as refused:
        resources.keep_resource(actor=bureau, **made.values(text="示例正文，" * 10 + "打 13812345678"))
    assert refused.value.field == "text"
    made.a_lecturer(here, name="欧阳示例")
    with pytest.raises(Refused) as refused:
        resources.keep_resource(actor=bureau, **made.values(summary="欧阳示例老师讲辅食"))
    assert refused.value.field == "summary"


def test_a_next_edition_takes_the_place_of_the_public_one(here):
    bureau, head = here.actor("bureau"), here.actor("head")
    first = made.a_resource(here, title="示例第一版")
    draft = resources.next_edition(first, actor=bureau)
    assert (draft.code, draft.edition, draft.state) == (first.code, 2, "draft")
    with pytest.raises(Conflict):
        resources.next_edition(first, actor=bureau)
    draft = resources.keep_resource(draft, actor=bureau, title="示例第二版")
    first.refresh_from_db()
    assert first.state == "published"
    resources.publish(resources.submit(draft, actor=bureau), actor=head)
    first.refresh_from_db()
    assert first.state == "replaced"
    public = GuidanceResource.objects.filter(code=first.code, state="published")
    assert list(public.values_list("title", flat=True)) == ["示例第二版"]


def test_a_kit_is_an_ordered_set_of_public_resources(here):
    bureau = here.actor("bureau")
    one, two, hidden = made.a_resource(here), made.a_resource(here), made.a_resource(here, "draft")
    with pytest.raises(Refused) as refused:
        resources.keep_resource(actor=bureau, **made.values(kind="kit", text="", parts=["MHV9999"]))
    assert refused.value.field == "parts" and "MHV9999" in str(refused.value.message)
    kit = resources.keep_resource(
        actor=bureau, **made.values(kind="kit", text="", parts=[two.code, hidden.code, one.code])
    )
    with pytest.raises(Conflict) as conflict:
        resources.submit(kit, actor=bureau)
    assert hidden.code in str(conflict.value.message)
    kit = resources.keep_resource(kit, actor=bureau, parts=[two.code, one.code])
    kit = resources.publish(resources.submit(kit, actor=bureau), actor=here.actor("head"))
    assert kit.parts == [two.code, one.code]
    with pytest.raises(Conflict):
        resources.withdraw(one, reason="示例：过时了", actor=bureau)
    resources.withdraw(kit, reason="示例：过时了", actor=bureau)
    assert resources.withdraw(one, reason="示例：过时了", actor=bureau).state == "withdrawn"


def test_who_uses_a_kit_is_noted_once_by_the_bureau_or_the_own_street(here):
    officer, bureau = here.actor("officer"), here.actor("bureau")
    kit, today = made.a_kit(here), timezone.localdate()
    resources.note_use(kit, street=None, facility=here.facility, used_from=today, actor=officer)
    resources.note_use(kit, street=here.street, facility=None, used_from=today, actor=officer)
    for who in ({"street": None, "facility": here.facility}, {"street": here.street, "facility": None}):
        with pytest.raises(Refused) as refused:
            resources.note_use(kit, used_from=today, actor=bureau, **who)
        assert refused.value.code == "twice"
    with pytest.raises(Denied):
        resources.note_use(kit, street=here.cast.other_street, facility=None, used_from=today, actor=officer)
    with pytest.raises(Refused):
        resources.note_use(kit, street=None, facility=None, used_from=today, actor=bureau)
    with pytest.raises(Refused):
        resources.note_use(
            kit, street=here.cast.other_street, facility=None, used_from=today + timedelta(1), actor=bureau
        )
    with pytest.raises(Conflict):
        resources.note_use(
            made.a_resource(here), street=here.cast.other_street, facility=None, used_from=today, actor=bureau
        )
    assert KitUse.objects.count() == 2


# ---- families


def test_a_family_subscribes_with_a_code_and_the_week_alone_is_kept(here):
    born = date(2026, 8, 13)
    row = here.join(born=born, today=date(2026, 11, 20))
    row.refresh_from_db()
    assert (row.phone, row.birth_week) == (PHONE, date(2026, 8, 10)) and row.consent.purpose == "resource"
    assert PHONE not in str(list(AuditEntry.objects.values("subject", "changes")))
    with pytest.raises(Conflict) as conflict:
        here.join(born=born, today=date(2026, 11, 20))
    assert conflict.value.code == "twice"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"code": "000000"}, "code"),
        ({"consent": False}, "consent"),
        ({"born": date(2019, 1, 1)}, "born"),
        ({"language": "xx"}, "language"),
        ({"phone": "139"}, "phone"),
    ],
)
def test_what_is_wrong_with_a_subscription_is_said(here, given, field):
    made.a_text(here)
    subscriptions.ask_code(phone=PHONE, address="203.0.113.1", actor=here.visitor)
    values = {
        "phone": PHONE,
        "code": "111111" if sms.last_code() != "111111" else "222222",
        "born": timezone.localdate(),
        "language": "zh",
        "consent": True,
    }
    if field != "code":
        values["code"] = sms.last_code()
    with pytest.raises(Refused) as refused:
        subscriptions.subscribe(actor=here.visitor, **(values | given))
    assert refused.value.field == field
    assert not ResourceSubscription.objects.exists()


def test_without_a_text_nobody_subscribes(here):
    with pytest.raises(Conflict):
        subscriptions.enter(
            phone=PHONE,
            born=timezone.localdate(),
            language="zh",
            actor=here.visitor,
            today=timezone.localdate(),
        )


def test_each_is_sent_what_fits_once_and_no_more_than_the_week_takes(
    here, django_capture_on_commit_callbacks
):
    today = date(2026, 11, 20)
    fits = made.a_resource(here, weeks_from=10, weeks_until=30)
    soon = made.a_resource(here, weeks_from=10, weeks_until=21)
    for wrong in (
        {"weeks_from": 40, "weeks_until": 50}, {"language": "en"}, {"audience": "facility"}, {"pushed": False},
    ):  # fmt: skip
        made.a_resource(here, **wrong)
    made.a_resource(here, "draft")
    family = here.join(born=today - timedelta(weeks=20), today=today)
    sms.SENT.clear()

    def day(on: date) -> list[str]:
        with django_capture_on_commit_callbacks(execute=False):
            subscriptions.plan_day(actor=here.process, on=on)
        rows = list(ResourceSending.objects.filter(state="queued").order_by("pk"))
        return [one.code for one in rows if subscriptions.push(one, actor=here.process, on=on)]

    assert day(today) == [soon.code], "what fits no longer soonest"
    assert day(today) == [], "the same day twice"
    assert day(today + timedelta(6)) == [], "one a week"
    assert day(today + timedelta(7)) == [fits.code]
    assert day(today + timedelta(14)) == [], "each once"
    assert [phone for phone, _text in sms.SENT] == [PHONE, PHONE]
    text = sms.SENT[0][1]
    assert subscriptions.open_url(soon.code, here.district) in text
    assert subscriptions.own_url(family, here.district) in text, "the way out stands in every message"
    per_week(3)
    more = [made.a_resource(here, weeks_from=10, weeks_until=30) for _n in range(2)]
    assert day(today + timedelta(15)) == [more[0].code], "one a day"
    assert day(today + timedelta(15)) == []
    assert day(today + timedelta(16)) == [more[1].code]


def test_a_message_delivered_twice_goes_once_and_nothing_goes_to_who_left(here):
    code = made.a_resource(here).code
    family = here.join()
    sending = ResourceSending.objects.create(subscription=family, code=code, planned_on=timezone.localdate())
    sms.SENT.clear()
    assert tasks.push_resource.run(here.district.pk, sending.pk) is True
    assert tasks.push_resource.run(here.district.pk, sending.pk) is False
    assert len(sms.SENT) == 1
    assert ResourceDay.objects.get(code=code).sent == 1
    subscriptions.stop(family, actor=here.visitor)
    assert tasks.push_resource.run(here.district.pk, sending.pk) is None
    assert len(sms.SENT) == 1


def test_what_was_withdrawn_since_is_not_sent(here):
    row = made.a_resource(here)
    sending = ResourceSending.objects.create(
        subscription=here.join(), code=row.code, planned_on=timezone.localdate()
    )
    resources.withdraw(row, reason="示例：过时了", actor=here.actor("bureau"))
    assert not subscriptions.push(sending, actor=here.process, on=timezone.localdate())
    assert not ResourceSending.objects.exists()


def test_what_the_provider_did_not_take_waits_on_today_and_can_be_tried_again(
    here, django_capture_on_commit_callbacks
):
    code, today = made.a_resource(here).code, timezone.localdate()
    family = made.a_family(here, phone="13800000000")
    sending = ResourceSending.objects.create(subscription=family, code=code, planned_on=today)
    assert not subscriptions.push(sending, actor=here.process, on=today)
    sending.refresh_from_db()
    assert sending.state == "failed" and ResourceDay.objects.get(code=code).failed == 1
    bureau = here.actor("bureau")
    assert any("1 条资源短信" in one.title for one in resource_queue.waiting(bureau))
    with pytest.raises(Denied):
        subscriptions.send_again(actor=here.actor("officer"))
    with django_capture_on_commit_callbacks(execute=False) as queued:
        assert subscriptions.send_again(actor=bureau) == 1
    assert len(queued) == 1
    sending.refresh_from_db()
    assert sending.state == "queued"
    assert not subscriptions.not_sent(today).exists()
    with pytest.raises(Conflict):
        subscriptions.send_again(actor=bureau)
    assert subscriptions.not_sent(today + timedelta(1)).exists(), "on its way since yesterday"
    assert not subscriptions.not_sent(today + timedelta(7)).exists()


def test_opting_out_deletes_all_at_once(here):
    family = here.join()
    ResourceSending.objects.create(subscription=family, code="MHV0001", planned_on=timezone.localdate())
    token = subscriptions.token_of(family)
    assert subscriptions.by_token(token).pk == family.pk
    subscriptions.stop(subscriptions.by_token(token), actor=here.visitor)
    assert not ResourceSubscription.objects.exists() and not ResourceSending.objects.exists()
    for wrong in (token, token[:-2] + "xx", "x"):
        with pytest.raises(NotFound):
            subscriptions.by_token(wrong)
    here.join()
    subscriptions.ask_code(phone=PHONE, address="203.0.113.1", actor=here.visitor)
    with pytest.raises(Refused):
        subscriptions.stop_phone(phone=PHONE, code="x", actor=here.visitor)
    subscriptions.stop_phone(phone=PHONE, code=sms.last_code(), actor=here.visitor)
    assert not ResourceSubscription.objects.exists()


def test_who_is_three_is_deleted(here):
    today = date(2026, 11, 20)
    made.a_family(here, born=today - timedelta(weeks=157))
    young = made.a_family(here, born=today - timedelta(weeks=156))
    assert subscriptions.forget_grown(actor=here.process, on=today) == 1
    assert list(ResourceSubscription.objects.all()) == [young]
    assert subscriptions.forget_grown(actor=here.process, on=today) == 0


def test_without_a_gateway_nothing_is_planned(here, settings):
    settings.SMS_GATEWAY = ""
    here.district.demonstration = False
    made.a_resource(here)
    made.a_family(here)
    assert subscriptions.plan_day(actor=Actor.system(here.district, "x"), on=timezone.localdate()) == 0


# ---- pages


@pytest.fixture
def browser(cast, client):
    with district_scope(cast.minhang):
        per_week(1)
    it = Here(cast)
    it.client = client
    return it


def test_the_link_of_a_message_counts_and_names_nobody(browser):
    with district_scope(browser.district):
        code = made.a_resource(browser).code
    for _n in range(2):
        answer = browser.client.get(reverse("resource-open", args=["minhang", code]))
        assert answer.status_code == 302 and answer["Location"] == reverse(
            "public-resource", args=["minhang", code]
        )
    assert browser.client.get(reverse("resource-open", args=["minhang", "MHV9999"])).status_code == 404
    assert browser.client.get(reverse("public-resource", args=["minhang", code])).status_code == 200
    with district_scope(browser.district):
        assert list(ResourceDay.objects.values_list("code", "opened")) == [(code, 2)]


def test_what_somebody_writes_is_shown_as_written(browser):
    with district_scope(browser.district):
        row = made.a_resource(browser, text="<script>alert(1)</script>" * 3, title="示例<b>粗</b>")
    page = browser.client.get(reverse("public-resource", args=["minhang", row.code])).content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;" in page and "<b>粗" not in page


def test_the_public_page_is_by_age_and_theme_and_drafts_are_not_there(browser):
    with district_scope(browser.district):
        young = made.a_resource(browser, weeks_from=0, weeks_until=8)
        old = made.a_resource(browser, weeks_from=100, weeks_until=150, theme="medical")
        made.a_resource(browser, "draft")
        gone = made.a_resource(browser)
        resources.withdraw(gone, reason="示例：过时了", actor=browser.actor("bureau"))
    shown = lambda **query: {  # noqa: E731
        one.code
        for one in browser.client.get(reverse("public-resources", args=["minhang"]), query).context["page"]
    }
    assert shown() == {young.code, old.code}
    assert shown(weeks="4") == {young.code}
    assert shown(theme="medical") == {old.code}
    assert shown(weeks="²", theme="x", page="99") == {young.code, old.code}
    assert browser.client.get(reverse("public-resource", args=["minhang", gone.code])).status_code == 404


def test_a_family_subscribes_and_leaves_on_the_pages(browser):
    with district_scope(browser.district):
        made.a_text(browser)
    page, born = reverse("resource-subscribe", args=["minhang"]), timezone.localdate() - timedelta(100)
    answer = browser.client.post(page, {"what": "code", "phone": PHONE, "born": born.isoformat()})
    assert answer.status_code == 200 and "5678" in answer.content.decode()
    values = {
        "what": "join",
        "phone": PHONE,
        "code": sms.last_code(),
        "born": born.isoformat(),
        "language": "zh",
    }
    assert browser.client.post(page, values).status_code == 422, "no consent"
    answer = browser.client.post(page, values | {"consent": "on"})
    assert answer.status_code == 302
    own = browser.client.get(answer["Location"])
    assert "退订" in own.content.decode() and PHONE not in own.content.decode()
    gone = browser.client.post(answer["Location"] + "stop/")
    assert gone.status_code == 200 and "已经删除" in gone.content.decode()
    assert browser.client.get(answer["Location"]).status_code == 404
    with district_scope(browser.district):
        assert not ResourceSubscription.objects.exists()
    stop = reverse("resource-stop", args=["minhang"])
    browser.client.post(stop, {"what": "code", "phone": PHONE})
    answer = browser.client.post(stop, {"what": "stop", "phone": PHONE, "code": sms.last_code()})
    assert answer.status_code == 200, "the same answer for a phone that was not subscribed"


def test_a_file_of_a_public_resource_is_public_and_of_a_draft_is_not(browser):
    with district_scope(browser.district):
        row = resources.keep_resource(
            actor=browser.process, upload=photograph(), **made.values(kind="leaflet", text="")
        )
    path = reverse("resource-file", args=["minhang", row.code])
    assert browser.client.get(path).status_code == 404
    with district_scope(browser.district):
        resources.publish(resources.submit(row, actor=browser.process), actor=browser.process)
    answer = browser.client.get(path)
    assert answer.status_code == 200 and answer["Content-Type"] == "image/jpeg"


def test_who_only_looks_sees_no_drafts(browser):
    with district_scope(browser.district):
        draft, public = made.a_resource(browser, "draft"), made.a_resource(browser)
    browser.client.force_login(browser.cast.officer)
    page = browser.client.get(reverse("guidance-resources", args=["minhang"]), {"state": "draft"})
    assert [row.code for row, _shape, _sum in page.context["rows"]] == []
    page = browser.client.get(reverse("guidance-resources", args=["minhang"]))
    assert [row.code for row, _shape, _sum in page.context["rows"]] == [public.code]
    assert browser.client.get(reverse("guidance-resource", args=["minhang", draft.pk])).status_code == 404
