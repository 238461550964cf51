"""Attendance at an event as a service of the child: entered once, followed when the event changes, taken back with it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from guidance.lists.services import Measure, with_times
from guidance.models import (
    EventChild,
    EventSignup,
    GuidanceEvent,
    GuidanceService,
    GuidanceSession,
    GuidedChild,
)
from guidance.services import attendances, event_children, events, guided, sessions, signups
from portal.errors import Conflict, Denied, Refused
from portal.models import AuditEntry, Parameter
from portal.tenancy import district_scope
from tests.guidance import sms
from tests.guidance.test_events import PHONE, Here, quiet  # noqa: F401
from tests.portal.access import events as made
from tests.portal.access import guidance as made_of
from tests.queries import at_most

pytestmark = pytest.mark.django_db
CARD = "SC70000001"


@pytest.fixture
def here(cast):
    with district_scope(cast.minhang):
        Parameter.objects.filter(key__startswith="guidance.").delete()
        for key, value in (("event_phone_days", 30), ("sessions_per_year", 6), ("sessions_from", "station")):
            Parameter.objects.create(
                key=f"guidance.{key}", value=value, label=key, starts_on=date(2020, 1, 1), basis="示例"
            )
        yield Here(cast)


def a_child(here, card: str = CARD, asked: int = 100) -> GuidedChild:
    made_of.a_text(here)
    today = timezone.localdate()
    return guided.take_on(
        actor=here.process, card=card, birth_month=(today - timedelta(400)).replace(day=1), street=here.street,
        channel="paper", asked_on=today - timedelta(asked),
    )  # fmt: skip


def at_the_station(here, **given) -> GuidanceEvent:
    return made.an_event(here, place=made_of.a_place(here, kind="station"), **given)


def services(event) -> list[tuple[str, str, str]]:
    rows = GuidanceService.objects.filter(session__event=event).order_by("child__code")
    return list(rows.values_list("child__code", "kind", "given_by"))


def joined(here, event, card: str = "", phone: str = PHONE) -> EventSignup:
    return here.join(event, phone=phone, card=card)


def checked_in(here, event, family) -> None:
    signups.check_in(event, code=family.code, actor=here.process)


def test_a_family_that_named_its_handbook_gets_a_service_when_it_is_there(here):
    child = a_child(here)
    event = at_the_station(here, domains=["psychology", "medical"])
    family = joined(here, event, card=" sc-7000 0001 ")
    assert family.card_hash == guided.card_hash(CARD) and not GuidanceSession.objects.exists()
    event = made.begun(event)
    checked_in(here, event, family)
    assert services(event) == [(child.code, "medical", "station")]
    session = GuidanceSession.objects.get()
    assert (session.topic, session.giver, session.served_on, session.children_n, session.hours) == (
        event.title, event.giver, event.held_on, 1, Decimal("24"),
    )  # fmt: skip
    on = timezone.localdate()
    assert with_times(GuidedChild.objects.filter(pk=child.pk), Measure.on(on), on).get().times == 1
    assert event_children.entered(event) == event_children.Entered(1, 1)
    told = AuditEntry.objects.get(action="guidance.event.services").changes
    assert told == {"added": [child.code], "removed": []}


def test_nothing_is_doubled_however_often_it_is_settled(here):
    a_child(here)
    event = at_the_station(here)
    family = joined(here, event, card=CARD)
    event = made.begun(event)
    checked_in(here, event, family)
    for _n in range(3):
        event_children.settle(events.lock(event), actor=here.process)
    assert (
        GuidanceSession.objects.count() == GuidanceService.objects.count() == EventChild.objects.count() == 1
    )
    assert AuditEntry.objects.filter(action="guidance.event.services").count() == 1


def test_attendance_taken_back_takes_the_service_back_and_it_can_come_again(here):
    a_child(here)
    event = at_the_station(here)
    family = joined(here, event, card=CARD)
    event = made.begun(event)
    checked_in(here, event, family)
    signups.undo_check_in(family, actor=here.process)
    assert not GuidanceService.objects.exists() and not GuidanceSession.objects.exists()
    checked_in(here, event, family)
    assert len(services(event)) == 1


def test_two_families_with_one_handbook_are_one_child(here):
    child = a_child(here)
    event = at_the_station(here)
    both = [joined(here, event, card=CARD), joined(here, event, card=CARD, phone="13800000002")]
    event = made.begun(event)
    for family in both:
        checked_in(here, event, family)
    assert [code for code, _kind, _by in services(event)] == [child.code]
    assert event_children.entered(event) == event_children.Entered(2, 1)


def test_without_consent_there_is_no_service(here):
    """Not on the list, or put on it after the event: what was agreed to later does not reach back."""
    event = at_the_station(here)
    family = joined(here, event, card=CARD)
    other = joined(here, event, phone="13800000002")
    event = made.begun(event, 1)
    GuidanceEvent.objects.filter(pk=event.pk).update(held_on=timezone.localdate())
    event.refresh_from_db()
    checked_in(here, event, family)
    checked_in(here, event, other)
    assert services(event) == [] and event_children.entered(event).without == 2
    GuidanceEvent.objects.filter(pk=event.pk).update(held_on=timezone.localdate() - timedelta(3))
    a_child(here, asked=1)
    events.finish(GuidanceEvent.objects.get(), walk_ins=0, actor=here.process)
    assert services(event) == []
    with pytest.raises(Refused) as refused:
        attendances.name_child(other, card=CARD, actor=here.process)
    assert refused.value.field == "card" and "先在“登记的幼儿”里登记" in str(refused.value.message)


def test_who_registers_before_the_event_is_closed_is_found_then(here):
    event = at_the_station(here)
    family = joined(here, event, card=CARD)
    event = made.begun(event)
    checked_in(here, event, family)
    assert services(event) == []
    child = a_child(here, asked=0)
    events.finish(GuidanceEvent.objects.get(), walk_ins=0, actor=here.process)
    assert services(event) == [(child.code, "education", "station")]


def test_staff_name_the_child_by_handbook_or_code_and_correct_it(here):
    first, second = a_child(here), a_child(here, "SC70000002")
    event = at_the_station(here)
    family = joined(here, event, card=CARD)
    event = made.begun(event)
    checked_in(here, event, family)
    attendances.name_child(family, card=second.code.lower(), actor=here.process)
    assert [row[0] for row in services(event)] == [second.code]
    attendances.name_child(family, card=CARD, actor=here.process)
    assert [row[0] for row in services(event)] == [first.code]
    attendances.remove_child(EventChild.objects.get(), actor=here.process)
    event_children.settle(events.lock(event), actor=here.process)
    assert services(event) == [] and not GuidanceSession.objects.exists()


def test_who_came_without_a_sign_up_is_counted_too_but_not_more_than_came(here):
    child, other = a_child(here), a_child(here, "SC70000002")
    event = made.begun(at_the_station(here))
    with pytest.raises(Conflict) as refused:
        attendances.add_child(event, card=child.code, actor=here.process)
    assert refused.value.code == "walk_ins"
    events.add_walk_ins(event, number=1, actor=here.process)
    attendances.add_child(event, card=child.code, actor=here.process)
    with pytest.raises(Refused):
        events.add_walk_ins(event, number=-1, actor=here.process)
    with pytest.raises(Refused) as refused:
        events.finish(GuidanceEvent.objects.get(), walk_ins=0, actor=here.process)
    assert refused.value.field == "walk_ins" and "1 个孩子" in str(refused.value.message)
    events.finish(GuidanceEvent.objects.get(), walk_ins=2, actor=here.process)
    with pytest.raises(Conflict):
        attendances.add_child(GuidanceEvent.objects.get(), card=child.code, actor=here.process)
    attendances.add_child(GuidanceEvent.objects.get(), card=other.code, actor=here.process)
    assert [row[0] for row in services(event)] == [child.code, other.code]
    assert event_children.entered(GuidanceEvent.objects.get()) == event_children.Entered(2, 2)


def test_an_event_called_off_leaves_no_service(here):
    a_child(here)
    event = at_the_station(here)
    family = joined(here, event, card=CARD)
    event = made.begun(event)
    checked_in(here, event, family)
    events.cancel_event(GuidanceEvent.objects.get(), reason="示例：停电", actor=here.process)
    assert services(event) == [] and not GuidanceSession.objects.exists()


def test_an_event_away_from_any_place_counts_as_given_elsewhere(here):
    child = a_child(here)
    event = made.an_event(here, level="district", street=None, online=True, venue="", address="", domains=[])
    event = made.begun(event)
    events.add_walk_ins(event, number=1, actor=here.process)
    attendances.add_child(event, card=child.code, actor=here.process)
    assert services(event) == [(child.code, "education", "place")]
    session = GuidanceSession.objects.select_related("event").get()
    assert session.street is None and session.venue == "线上"


def test_the_session_of_an_event_is_corrected_at_the_event_only(here):
    a_child(here)
    event = at_the_station(here)
    family = joined(here, event, card=CARD)
    event = made.begun(event)
    checked_in(here, event, family)
    with pytest.raises(Conflict) as refused:
        sessions.strike_out(GuidanceSession.objects.get(), reason="示例原因", actor=here.process)
    assert refused.value.code == "event" and GuidanceService.objects.count() == 1


def test_other_streets_events_are_not_for_a_street(here):
    child = a_child(here)
    event = made.begun(made.an_event(here, street=here.cast.other_street))
    events.add_walk_ins(event, number=1, actor=here.process)
    with pytest.raises(Denied):
        attendances.add_child(event, card=child.code, actor=here.actor("officer"))


def test_when_phones_are_forgotten_the_service_stays_and_leads_to_no_family(here):
    child = a_child(here)
    event = at_the_station(here)
    family, absent = (
        joined(here, event, card=CARD),
        joined(here, event, card="SC70000009", phone="13800000002"),
    )
    event = made.begun(event)
    checked_in(here, event, family)
    events.finish(GuidanceEvent.objects.get(), walk_ins=0, actor=here.process)
    signups.forget(actor=here.process, on=timezone.localdate() + timedelta(31))
    for row in (family, absent):
        row.refresh_from_db()
        assert row.card_hash is None and row.phone is None
    assert EventChild.objects.get().signup is None
    event_children.settle(events.lock(event), actor=here.process)
    assert [row[0] for row in services(event)] == [child.code]


def test_who_withdraws_consent_is_no_longer_found_from_a_phone(here):
    child = a_child(here)
    event = at_the_station(here)
    family = joined(here, event, card=CARD)
    event = made.begun(event)
    checked_in(here, event, family)
    guided.take_off(child, actor=here.process, reason="withdrawn", on=timezone.localdate())
    family.refresh_from_db()
    assert family.card_hash is None and EventChild.objects.get().signup is None


def test_a_handbook_that_cannot_be_one_is_refused_at_its_field(here):
    event = at_the_station(here)
    with pytest.raises(Refused) as refused:
        joined(here, event, card="##")
    assert refused.value.field == "card" and not EventSignup.objects.exists()


# ---- pages


def url(name: str, *args) -> str:
    return reverse(name, args=["minhang", *args])


def test_the_pages_from_sign_up_to_the_childs_list(cast, client):
    place = Here(cast)
    with district_scope(cast.minhang):
        child = a_child(place)
        event = at_the_station(place)
        join = url("event-join", event.pk)
    page = client.get(join).content.decode()
    assert "《母子健康手册》编号" in page and "可不填" in page
    client.post(join, {"what": "code", "phone": PHONE, "card": CARD})
    answer = client.post(
        join,
        {
            "what": "join",
            "phone": PHONE,
            "code": sms.last_code(),
            "months": 12,
            "consent": "on",
            "card": CARD,
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    assert "到场后记为一次指导服务" in client.get(answer["Location"]).content.decode()
    with district_scope(cast.minhang):
        made.begun(event)
        code = EventSignup.objects.get().code
    client.force_login(cast.officer)
    door = url("guidance-event-door", event.pk)
    assert client.post(door, {"code": code}).status_code == 302
    walked = client.post(url("guidance-event-walk-in", event.pk), {"what": "more", "card": "SC99999999"})
    assert walked.status_code == 422 and "登记的幼儿里没有" in walked.content.decode()
    with district_scope(cast.minhang):
        assert GuidanceEvent.objects.get().walk_ins == 0  # neither the family nor its child
    assert client.post(url("guidance-event-walk-in", event.pk), {"what": "more"}).status_code == 302
    shown = client.get(url("guidance-event", event.pk)).content.decode()
    assert "记为指导服务" in shown and "1 户没有孩子编号" in shown
    listed = url("guidance-event-children", event.pk)
    with at_most(12):
        page = client.get(listed).content.decode()
    assert child.code in page and "到场 2 户，1 户记为指导服务" in page
    assert client.post(listed, {"card": child.code}).status_code == 409
    with district_scope(cast.minhang):
        entry = EventChild.objects.get()
    source = client.get(url("guided-child", child.pk)).content.decode()
    assert event.title in source and "活动签到" in source
    assert client.post(url("guidance-event-child-remove", event.pk, entry.pk)).status_code == 302
    assert "活动签到" not in client.get(url("guided-child", child.pk)).content.decode()


def test_at_the_door_code_and_handbook_go_together_or_not_at_all(cast, client):
    place = Here(cast)
    with district_scope(cast.minhang):
        child = a_child(place)
        event = at_the_station(place)
        family = made.a_family(place, event)
        made.begun(event)
    client.force_login(cast.officer)
    door = url("guidance-event-door", event.pk)
    answer = client.post(door, {"code": family.code, "card": "SC99999999"})
    assert answer.status_code == 422
    with district_scope(cast.minhang):
        family.refresh_from_db()
        assert family.state == "in"
    assert client.post(door, {"code": family.code, "card": CARD}).status_code == 302
    with district_scope(cast.minhang):
        assert [row[0] for row in services(event)] == [child.code]


@pytest.fixture(autouse=True)
def empty():
    cache.clear()
