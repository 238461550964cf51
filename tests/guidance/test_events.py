"""Events for families: rules, from draft to closed, sign-up with a code, the waiting list, the door, what is forgotten."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from facilities.models import ConsentText
from guidance import event_queue, tasks
from guidance.models import EventPhoto, EventRating, EventSignup, GuidanceEvent
from guidance.rules import events as rules
from guidance.rules.states import EVENT, SIGNUP
from guidance.services import events, signups
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import AuditEntry, Parameter, User
from portal.services import phone_codes
from portal.tenancy import city_scope, district_scope, public_scope
from tests.guidance import sms
from tests.portal.access import events as made
from tests.portal.stage import photograph

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
PHONE = "13912345678"
GOOD = {
    "kind": "fuel", "level": "street", "street": object(), "title": "示例活动", "domains": ["education"], "online": False,
    "held_on": date(2026, 12, 1), "starts_at": time(9), "ends_at": time(11), "venue": "示例室", "address": "示例路 1 号",
    "months_from": 0, "months_until": 36, "capacity": 10, "opens_at": datetime(2026, 11, 20, 8),
    "closes_at": datetime(2026, 11, 30, 8), "giver": "示例中心", "description": "示例内容一二",
}  # fmt: skip


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({}, set()),
        ({"level": "district", "street": None}, set()),
        ({"online": True, "venue": "", "address": ""}, set()),
        ({"kind": "party"}, {("kind", "choice")}),
        ({"level": "city"}, {("level", "choice")}),
        ({"street": None}, {("street", "street")}),
        ({"level": "district"}, {("street", "no_street")}),
        ({"title": "一"}, {("title", "title")}),
        ({"domains": ["music"]}, {("domains", "domains")}),
        ({"held_on": date(2014, 12, 31)}, {("held_on", "early")}),
        ({"held_on": date(2029, 1, 1)}, {("held_on", "far")}),
        ({"ends_at": time(9)}, {("ends_at", "hours")}),
        ({"venue": "", "address": ""}, {("venue", "venue"), ("address", "address")}),
        ({"months_from": 13, "months_until": 12}, {("months_until", "months")}),
        ({"months_until": 37}, {("months_until", "months")}),
        ({"capacity": 0}, {("capacity", "capacity")}),
        ({"capacity": 2001}, {("capacity", "capacity")}),
        ({"closes_at": datetime(2026, 11, 20, 8)}, {("closes_at", "opens")}),
        ({"giver": "谁"}, {("giver", "giver")}),
        ({"description": "短"}, {("description", "description")}),
    ],
)
def test_what_an_event_may_be(values, wrong):
    found = rules.problems(GOOD | values, TODAY)
    assert {(field, key) for field, key, _facts in found} == wrong
    assert {key for _field, key in wrong} <= rules.PROBLEMS.keys()


def test_sign_up_is_open_from_its_first_to_its_last_moment():
    first, last, second = datetime(2026, 11, 20, 8), datetime(2026, 11, 30, 8), timedelta(seconds=1)
    at = lambda now, state="announced": rules.signing(state, first, last, now)  # noqa: E731
    assert [at(first - second), at(first), at(last), at(last + second)] == [
        "not_yet",
        "open",
        "open",
        "closed",
    ]
    assert {at(first, state) for state in ("draft", "over", "cancelled")} == {"closed"}


@given(st.integers(0, 40), st.integers(1, 40))
def test_nobody_gets_a_place_that_is_not_there(taken, capacity):
    assert (rules.place_of(taken, capacity) == "in") == (taken < capacity)


@given(st.text(max_size=30))
def test_a_code_is_read_as_people_type_it(text):
    code = rules.new_code()
    assert rules.tidy_code(f" {code[:4].lower()} {code[4:]}-") == code
    assert rules.tidy_code(f"https://x.cn/minhang/guidance/events/7/door/?code={code}&y=1") == code
    found = rules.tidy_code(text)
    assert found == "" or (len(found) == 8 and not set(found) - set(rules.SIGNS))


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("139 1234 5678", "13912345678"), ("+86-139-1234-5678", "13912345678"), ("１３９１２３４５６７８", ""), ("139", ""),
        ("23912345678", ""),
    ],
)  # fmt: skip
def test_a_phone_is_eleven_figures(text, phone):
    assert rules.tidy_phone(text) == phone


class Here:
    """Qibao in Minhang, with a text to which families agree and a gateway."""

    def __init__(self, cast):
        self.cast, self.district, self.street = cast, cast.minhang, cast.street
        self.process = Actor.system(cast.minhang, "test")
        self.visitor = Actor.visitor(cast.minhang)

    def actor(self, name: str) -> Actor:
        return self.cast.actor(name)

    def join(self, event, phone: str = PHONE, months: int = 12, **more) -> EventSignup:
        signups.ask_code(event, phone=phone, address="203.0.113.1", actor=self.visitor)
        return signups.sign_up(
            event, phone=phone, code=sms.last_code(), months=months, consent=True, actor=self.visitor, **more
        )


@pytest.fixture(autouse=True)
def quiet(settings, tmp_path, monkeypatch):
    settings.DATA_DIR, settings.SMS_GATEWAY = tmp_path, "tests.guidance.sms.send"
    cache.clear()
    sms.SENT.clear()
    # every family asks from one address here
    monkeypatch.setattr(phone_codes, "OF_ADDRESS", 1000)


@pytest.fixture
def here(cast):
    with district_scope(cast.minhang):
        Parameter.objects.filter(key="guidance.event_phone_days").delete()
        Parameter.objects.create(
            key="guidance.event_phone_days", value=30, label="x", starts_on=date(2020, 1, 1), basis="示例"
        )
        yield Here(cast)


# ---- the event


def test_a_street_holds_its_own_and_no_district_event(here):
    officer = here.actor("officer")
    row = events.keep_event(actor=officer, **made.values(here))
    assert row.code.startswith("MHE") and row.state == "draft"
    with pytest.raises(Refused) as refused:
        events.keep_event(actor=officer, **made.values(here, level="district", street=None))
    assert refused.value.field == "level"
    with pytest.raises(Denied):
        events.keep_event(actor=officer, **made.values(here, street=here.cast.other_street))
    other = events.keep_event(actor=here.actor("bureau"), **made.values(here, street=here.cast.other_street))
    made.a_text(here)
    with pytest.raises(Denied):
        events.announce(other, actor=officer)
    with pytest.raises(Denied):
        events.keep_event(actor=here.actor("head"), **made.values(here))


def test_a_place_gives_its_name_and_address(here):
    from tests.portal.access.guidance import a_place

    at = a_place(here)
    row = events.keep_event(actor=here.process, **made.values(here, place=at, venue="", address=""))
    assert (row.venue, row.address) == (at.name, at.address)
    row = events.keep_event(row, actor=here.process, version=1, **made.values(here, place=at, online=True))
    assert (row.venue, row.address, row.place) == ("", "", None)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": "找 13812345678 报名"}, "title"),
        ({"giver": "王示范老师"}, "giver"),
        ({"description": "联系王示范老师，带水杯"}, "description"),
        ({"capacity": 0}, "capacity"),
        ({"closes_at": made.now() + timedelta(30)}, "closes_at"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(here, values, field):
    User.objects.filter(pk=here.cast.officer.pk).update(name="王示范")
    with pytest.raises(Refused) as refused:
        events.keep_event(actor=here.process, **made.values(here, **values))
    assert refused.value.field == field and not GuidanceEvent.objects.exists()


def test_what_has_begun_or_closed_is_not_announced(here):
    past = made.begun(made.an_event(here, "draft"), 1)
    with pytest.raises(Conflict) as refused:
        events.announce(past, actor=here.process)
    assert refused.value.code == "past" and "补登" in str(refused.value.message)
    row = made.an_event(here, "draft")
    with pytest.raises(Conflict) as refused:
        events.announce(row, actor=here.process, now=row.closes_at)
    assert refused.value.code == "closed"
    assert GuidanceEvent.objects.filter(state="draft").count() == 2


def test_without_a_text_nothing_is_announced(here):
    row = events.keep_event(actor=here.process, **made.values(here))
    assert not ConsentText.objects.filter(purpose="event").exists()
    with pytest.raises(Conflict) as refused:
        events.announce(row, actor=here.process)
    assert refused.value.code == "text"


def test_a_change_since_it_was_read_is_not_written_over(here):
    row = made.an_event(here)
    with pytest.raises(Conflict) as refused:
        events.cancel_event(row, reason="示例原因", actor=here.process, version=1)
    assert refused.value.code == "stale"


def test_an_event_that_is_announced_does_not_move_into_the_past(here):
    row = made.an_event(here)
    given = made.values(here, held_on=timezone.localdate() - timedelta(2))
    given |= {"opens_at": made.now() - timedelta(9), "closes_at": made.now() - timedelta(8)}
    with pytest.raises(Refused) as refused:
        events.keep_event(row, actor=here.process, version=row.version, **given)
    assert refused.value.field == "held_on"


def test_what_was_held_before_is_entered_afterwards(here):
    row = made.begun(made.an_event(here, "draft"), 3)
    with pytest.raises(Refused) as refused:
        events.finish(row, walk_ins=0, actor=here.process)
    assert refused.value.code == "nobody"
    row = events.finish(row, walk_ins=12, actor=here.process)
    assert (row.state, row.came, row.taken) == ("over", 12, 0)
    for change in (
        lambda: events.finish(row, walk_ins=1, actor=here.process),
        lambda: events.keep_event(row, actor=here.process, **made.values(here)),
        lambda: events.cancel_event(row, reason="示例原因", actor=here.process),
    ):
        with pytest.raises(Conflict):
            change()
    early = made.an_event(here)
    with pytest.raises(Conflict) as refused:
        events.finish(early, walk_ins=3, actor=here.process)
    assert refused.value.code == "early"


def test_machines_are_whole():
    assert EVENT.final == {"over", "cancelled"} and SIGNUP.final == {"absent", "cancelled"}


# ---- signing up


def test_a_family_signs_up_with_the_code_that_came_to_its_phone(here):
    row = made.an_event(here)
    family = here.join(row, "139 1234 5678")
    assert family.state == "in" and family.phone == PHONE and family.consent.purpose == "event"
    assert sms.SENT[0][0] == PHONE and row.title in sms.SENT[0][1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM guidance_eventsignup t")
        assert PHONE not in cursor.fetchone()[0]
    assert PHONE not in json.dumps([str(e.changes) for e in AuditEntry.objects.all()])
    row.refresh_from_db()
    assert row.taken == 1


def test_the_code_is_kept_by_nobody_and_holds_once(here, django_capture_on_commit_callbacks):
    row, other = made.an_event(here), made.an_event(here)
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        here.join(row)
    code = sms.last_code()
    forgetting = [one for one in callbacks if "sign_up" in getattr(one, "__qualname__", "")]
    assert len(forgetting) == 1
    forgetting[0]()
    with pytest.raises(Refused) as refused:
        signups.sign_up(other, phone=PHONE, code=code, months=3, consent=True, actor=here.visitor)
    assert refused.value.code == "no_code" and refused.value.field == "code"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"phone": "12"}, "phone"),
        ({"months": 37}, "months"),
        ({"consent": False}, "consent"),
        ({"code": "12"}, "code"),
    ],
)
def test_a_sign_up_that_cannot_be_is_refused_at_its_field(here, values, field):
    row = made.an_event(here)
    signups.ask_code(row, phone=PHONE, address="a", actor=here.visitor)
    given = {"phone": PHONE, "code": sms.last_code(), "months": 12, "consent": True} | values
    with pytest.raises(Refused) as refused:
        signups.sign_up(row, actor=here.visitor, **given)
    assert refused.value.field == field and not EventSignup.objects.exists()


def test_a_code_can_be_tried_five_times(here):
    row = made.an_event(here)
    signups.ask_code(row, phone=PHONE, address="a", actor=here.visitor)
    right = sms.last_code()
    wrong = "000000" if right != "000000" else "111111"
    tries = []
    for code in [wrong] * 5 + [right]:
        with pytest.raises(Refused) as refused:
            signups.sign_up(row, phone=PHONE, code=code, months=1, consent=True, actor=here.visitor)
        tries.append(refused.value.code)
    assert tries == ["wrong_code"] * 5 + ["too_many"]
    signups.ask_code(row, phone=PHONE, address="a", actor=here.visitor)
    assert signups.sign_up(
        row, phone=PHONE, code=sms.last_code(), months=1, consent=True, actor=here.visitor
    ).pk


def test_the_fifth_try_may_be_the_right_one(here):
    row = made.an_event(here)
    signups.ask_code(row, phone=PHONE, address="a", actor=here.visitor)
    right = sms.last_code()
    for _n in range(4):
        with pytest.raises(Refused):
            phone_codes.check(PHONE, "x", purpose="event", district=here.district)
    phone_codes.check(PHONE, f" {right[:3]} {right[3:]}", purpose="event", district=here.district)


def test_codes_are_counted_by_phone_and_by_address(here, monkeypatch):
    row = made.an_event(here)
    ask = lambda phone, address: signups.ask_code(row, phone=phone, address=address, actor=here.visitor)  # noqa: E731
    for _n in range(phone_codes.OF_PHONE):
        ask(PHONE, "a")
    with pytest.raises(Refused) as refused:
        ask(PHONE, "b")
    assert refused.value.code == "too_many"
    monkeypatch.setattr(phone_codes, "OF_ADDRESS", 2)
    ask("13900000001", "c")
    ask("13900000002", "c")
    with pytest.raises(Refused) as refused:
        ask("13900000003", "c")
    assert refused.value.code == "too_many" and len(sms.SENT) == phone_codes.OF_PHONE + 2


def test_what_the_provider_does_not_take_is_said(here):
    row = made.an_event(here)
    with pytest.raises(Refused) as refused:
        signups.ask_code(row, phone="13912340000", address="a", actor=here.visitor)
    assert refused.value.code == "not_sent"


def test_without_a_gateway_nothing_is_sent_but_in_a_demonstration(here, settings, caplog):
    settings.SMS_GATEWAY = ""
    row = made.an_event(here)
    with pytest.raises(Refused) as refused:
        signups.ask_code(row, phone=PHONE, address="a", actor=here.visitor)
    assert refused.value.code == "no_gateway"
    here.visitor.district.demonstration = True
    try:
        with caplog.at_level("INFO", logger="portal.services.sms"):
            code = signups.ask_code(row, phone=PHONE, address="a", actor=here.visitor)
    finally:
        here.visitor.district.demonstration = False
    assert code in caplog.text and PHONE not in caplog.text


def test_before_opening_and_after_closing_nobody_signs_up(here):
    row = made.an_event(here)
    for now, code in (
        (row.opens_at - timedelta(minutes=1), "not_yet"),
        (row.closes_at + timedelta(minutes=1), "closed"),
    ):
        with pytest.raises(Conflict) as refused:
            signups.ask_code(row, phone=PHONE, address="a", actor=here.visitor, now=now)
        assert refused.value.code == code
    signups.ask_code(row, phone=PHONE, address="a", actor=here.visitor)
    events.cancel_event(row, reason="示例：台风", actor=here.process)
    with pytest.raises(Conflict) as refused:  # the row as it was read is older than the cancellation
        signups.sign_up(row, phone=PHONE, code=sms.last_code(), months=1, consent=True, actor=here.visitor)
    assert refused.value.code == "cancelled" and "台风" in str(refused.value.message)


def test_one_phone_signs_up_once_and_again_after_it_cancelled(here):
    row = made.an_event(here)
    family = here.join(row)
    with pytest.raises(Conflict) as refused:
        here.join(row)
    assert refused.value.field == "phone" and refused.value.code == "twice"
    signups.cancel_signup(family, actor=here.visitor)
    assert here.join(row).state == "in"
    row.refresh_from_db()
    assert row.taken == 1


def test_who_waits_moves_up_in_order_and_is_told(here, django_capture_on_commit_callbacks):
    row = made.an_event(here, capacity=2)
    with django_capture_on_commit_callbacks(execute=False):
        one, two, three, four = (here.join(row, f"1390000010{n}") for n in range(4))
    assert [f.state for f in (one, two, three, four)] == ["in", "in", "waiting", "waiting"]
    assert [signups.place_in_line(f) for f in (three, four)] == [1, 2]
    signups.cancel_signup(four, actor=here.visitor)
    assert not EventSignup.objects.filter(moved_up_at__isnull=False).exists(), "who waits frees no place"
    four = here.join(row, "13900000104")
    signups.cancel_signup(two, actor=here.visitor)
    three.refresh_from_db()
    four.refresh_from_db()
    assert (three.state, four.state) == ("in", "waiting") and three.moved_up_at
    sms.SENT.clear()
    assert signups.tell_signup(three, "moved_up", actor=here.process)
    assert not signups.tell_signup(three, "moved_up", actor=here.process), "told once"
    assert not signups.tell_signup(four, "moved_up", actor=here.process), "not true of it"
    (phone, text), *rest = sms.SENT
    assert phone == three.phone and "递补" in text and not rest
    token = text.rpartition("/my/")[2].rstrip("/")
    assert signups.by_token(token) == three


def test_more_places_let_all_move_up_and_fewer_than_taken_are_refused(here):
    row = made.an_event(here, capacity=1)
    families = [here.join(row, f"1390000020{n}") for n in range(3)]
    given = made.values(here, title=row.title)
    row.refresh_from_db()
    row = events.keep_event(row, actor=here.process, version=row.version, **(given | {"capacity": 3}))
    assert {EventSignup.objects.get(pk=f.pk).state for f in families} == {"in"}
    row.refresh_from_db()
    assert row.taken == 3
    with pytest.raises(Refused) as refused:
        events.keep_event(row, actor=here.process, version=row.version, **(given | {"capacity": 2}))
    assert refused.value.field == "capacity" and "3" in str(refused.value.message)
    with pytest.raises(IntegrityError), transaction.atomic():
        GuidanceEvent.objects.filter(pk=row.pk).update(taken=4)


def test_an_age_out_of_range_is_taken(here):
    row = made.an_event(here, months_from=6, months_until=12)
    family = here.join(row, months=30)
    assert family.state == "in" and not rules.fits(family.months, row.months_from, row.months_until)


def test_nobody_moves_up_once_it_has_begun(here):
    row = made.an_event(here, capacity=1)
    one, two = here.join(row, "13900000301"), here.join(row, "13900000302")
    made.begun(row)
    with pytest.raises(Conflict) as refused:
        signups.cancel_signup(one, actor=here.visitor)
    assert refused.value.code == "begun"
    two.refresh_from_db()
    assert two.state == "waiting"


def test_families_are_told_of_another_day_and_of_the_end(here):
    row = made.an_event(here)
    family = here.join(row)
    row.refresh_from_db()
    sms.SENT.clear()
    later = made.values(here, title=row.title, held_on=row.held_on + timedelta(1))
    row = events.keep_event(row, actor=here.process, version=row.version, **later)
    what = f"changed{row.version}"
    assert signups.tell_signup(family, what, actor=here.process)
    assert row.held_on.isoformat() in sms.SENT[-1][1]
    events.cancel_event(row, reason="示例：场地维修", actor=here.process)
    assert not signups.tell_signup(family, "changed9", actor=here.process), "it is called off"
    assert tasks.tell_signup.run(here.district.pk, family.pk, "cancelled") is True
    assert "场地维修" in sms.SENT[-1][1] and len(sms.SENT) == 2


def test_a_link_that_is_altered_or_of_another_district_leads_nowhere(here):
    family = here.join(made.an_event(here))
    token = signups.token_of(family)
    assert signups.by_token(token) == family
    for wrong in ("", "x", token[:-1] + ("a" if token[-1] != "a" else "b"), token + "x"):
        with pytest.raises(NotFound):
            signups.by_token(wrong)


# ---- the day


def test_at_the_door_a_family_is_checked_in_once(here):
    row = made.an_event(here, capacity=2)
    one, two, three = (here.join(row, f"1390000040{n}") for n in range(3))
    with pytest.raises(Conflict) as refused:
        signups.check_in(row, code=one.code, actor=here.process)
    assert refused.value.code == "day"
    made.begun(row)
    officer = here.actor("officer")
    assert signups.check_in(row, code=one.code.lower(), actor=officer).state == "attended"
    for code, said in ((one.code, "attended"), (three.code, "waiting")):
        with pytest.raises(Conflict) as refused:
            signups.check_in(row, code=code, actor=officer)
        assert refused.value.code == said
    with pytest.raises(NotFound):
        signups.check_in(row, code="22222222", actor=officer)
    signups.undo_check_in(one, actor=officer)
    assert EventSignup.objects.get(pk=one.pk).state == "in"
    signups.check_in(row, code=one.code, actor=officer)
    events.add_walk_ins(row, number=1, actor=officer)
    events.add_walk_ins(row, number=1, actor=officer)
    row = events.add_walk_ins(row, number=-1, actor=officer)
    assert row.walk_ins == 1
    row = events.finish(row, walk_ins=1, actor=officer)
    assert row.came == 2
    assert [EventSignup.objects.get(pk=f.pk).state for f in (one, two, three)] == [
        "attended",
        "absent",
        "waiting",
    ]
    with pytest.raises(Conflict):
        signups.undo_check_in(one, actor=officer)
    with pytest.raises(Conflict):
        events.add_walk_ins(row, number=1, actor=officer)


def test_another_events_code_is_told_by_its_name(here):
    row, other = made.an_event(here), made.an_event(here, title="示例另一场")
    family = here.join(other)
    made.begun(row)
    with pytest.raises(Conflict) as refused:
        signups.check_in(row, code=family.code, actor=here.process)
    assert refused.value.code == "other_event" and "示例另一场" in str(refused.value.message)
    family.refresh_from_db()
    assert family.state == "in"


def test_walk_ins_do_not_fall_below_nought(here):
    row = made.begun(made.an_event(here))
    with pytest.raises(Refused) as refused:
        events.add_walk_ins(row, number=-1, actor=here.process)
    assert refused.value.code == "walk_ins"


def test_who_was_there_says_once_what_it_thinks(here):
    row = made.an_event(here)
    one, two = here.join(row, "13900000501"), here.join(row, "13900000502")
    made.begun(row)
    signups.check_in(row, code=one.code, actor=here.process)
    with pytest.raises(Conflict) as refused:
        signups.rate(one, score=5, actor=here.visitor)
    assert refused.value.code == "early"
    events.finish(row, walk_ins=0, actor=here.process)
    for score, words in ((6, ""), (0, ""), (5, "好" * 501)):
        with pytest.raises(Refused):
            signups.rate(one, score=score, words=words, actor=here.visitor)
    signups.rate(one, score=4, words=" 老师很耐心 ", actor=here.visitor)
    for family, code in ((one, "rated"), (two, "absent")):
        with pytest.raises(Conflict) as refused:
            signups.rate(family, score=4, actor=here.visitor)
        assert refused.value.code == code
    assert EventRating.objects.get().words == "老师很耐心"


def test_photographs_need_the_word_and_go_when_it_is_taken_back(here):
    row = made.an_event(here)
    with pytest.raises(Refused) as refused:
        events.add_photo(row, upload=photograph(), agreed=False, actor=here.process)
    assert refused.value.field == "agreed"
    with pytest.raises(IntegrityError), transaction.atomic():
        photo = events.add_photo(row, upload=photograph(), agreed=True, actor=here.process)
        EventPhoto.objects.filter(pk=photo.pk).update(agreed=False)
    photo = events.add_photo(row, upload=photograph(), agreed=True, actor=here.process)
    with pytest.raises(Denied):
        events.remove_photo(photo, actor=here.actor("head"))
    events.remove_photo(photo, actor=here.process)
    assert not EventPhoto.objects.exists()


# ---- afterwards


def test_a_number_is_shown_to_who_holds_the_event_and_that_is_on_record(here):
    family = here.join(made.an_event(here))
    officer = here.actor("officer")
    assert signups.reveal(family, actor=officer) == PHONE
    assert AuditEntry.objects.filter(action="guidance.event.reveal", subject_id=family.pk).exists()
    with pytest.raises(Denied):
        signups.reveal(family, actor=here.actor("auditor"))


def test_phones_are_forgotten_a_set_number_of_days_after(here):
    row = made.an_event(here)
    family = here.join(row)
    token = signups.token_of(family)
    made.begun(row)
    signups.check_in(row, code=family.code, actor=here.process)
    events.finish(row, walk_ins=0, actor=here.process)
    today = timezone.localdate()
    assert signups.forget(actor=here.process, on=today + timedelta(29)) == 0
    assert signups.forget(actor=here.process, on=today + timedelta(30)) == 1
    assert signups.forget(actor=here.process, on=today + timedelta(31)) == 0
    family.refresh_from_db()
    assert (family.phone, family.phone_hash, family.phone_tail, family.code, family.nonce) == (
        None,
        None,
        "",
        None,
        None,
    )
    assert family.state == "attended" and family.months == 12, "what is counted stays"
    with pytest.raises(NotFound):
        signups.by_token(token)
    with pytest.raises(Refused):
        signups.reveal(family, actor=here.process)
    assert not signups.tell_signup(family, "signed", actor=here.process)


def test_phones_of_an_event_that_nobody_closed_are_forgotten_too(here):
    row = made.an_event(here)
    here.join(row)
    made.begun(row, 31)
    assert signups.forget(actor=here.process, on=timezone.localdate()) == 1


def test_what_waits_for_whom(here):
    officer, bureau = here.actor("officer"), here.actor("bureau")
    past = made.begun(made.an_event(here, title="示例过去的"), 2)
    made.an_event(
        here,
        "draft",
        title="示例要发布的",
        held_on=timezone.localdate() + timedelta(13),
        closes_at=made.now() + timedelta(9),
    )
    made.an_event(here, title="示例在报名的")
    beyond = made.begun(made.an_event(here, street=here.cast.other_street, title="示例别的街镇"), 1)
    assert [one.title for one in event_queue.waiting(officer)] == [
        "办结活动：示例过去的",
        "发布活动：示例要发布的",
    ]
    assert len(event_queue.waiting(bureau)) == 3 and event_queue.waiting(here.actor("head")) == []
    events.finish(past, walk_ins=2, actor=here.process)
    events.cancel_event(beyond, reason="示例：没有办", actor=here.process)
    assert [one.verb for one in event_queue.waiting(bureau)] == ["去发布"]


# ---- the database


def test_other_roles_see_no_family(cast):
    with district_scope(cast.minhang):
        it = Here(cast)
        row = made.an_event(it)
        made.a_family(it, row)
        draft = made.an_event(it, "draft")
    with district_scope(cast.jinshan):
        assert not GuidanceEvent.objects.exists() and not EventSignup.objects.exists()
    with public_scope():
        seen = GuidanceEvent.objects.only("district_id", *GuidanceEvent.public_columns)
        assert {one.pk for one in seen} == {row.pk} and draft.pk not in {one.pk for one in seen}
    for column in ("version", "came", "by_id", "place_id"):
        with (
            pytest.raises(Exception, match="permission denied"),
            public_scope(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"SELECT {column} FROM guidance_guidanceevent")
    for table in ("guidance_eventsignup", "guidance_eventrating", "guidance_eventphoto"):
        with (
            pytest.raises(Exception, match="permission denied"),
            public_scope(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"SELECT 1 FROM {table}")
    with city_scope():
        family = EventSignup.objects.get()
        assert family.phone is None and family.nonce is None
