"""宝宝屋: names, rooms, hours, sessions and their places, volunteers, the account, by the services people use."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from facilities.models import (
    CareSession,
    Facility,
    LedgerEntry,
    OpeningHours,
    Population,
    Room,
    Site,
    Volunteer,
)
from facilities.services import care_sessions, ledger, naming, sites, volunteers
from facilities.services import facilities as facility_services
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models import Parameter
from portal.models.records import AuditEntry
from portal.services import audit
from portal.tenancy import district_scope
from tests.facilities import factories, families

pytestmark = pytest.mark.django_db
TODAY = families.today()


@pytest.fixture
def place(cast):
    with district_scope(cast.minhang):
        families.parameters()
        cast.by = cast.actor("operator")
        families.site(cast.facility, cast.by)
        yield cast


def values(street, **more) -> dict:
    return {
        "name": "云杉宝宝屋", "kind": "baby_house", "ownership": "public", "street": street,
        "address": "示例路 9 号", "places": 20, "enrolled": 0, "full_day": False, "half_day": False, "hourly": True,
    } | more  # fmt: skip


# --- Names


def convention() -> None:
    Parameter.objects.filter(key="baby_house.naming").delete()
    families.parameters(**{"baby_house.naming": "convention"})


def test_a_wrong_name_is_refused_with_the_right_one(place):
    bureau = place.actor("bureau")
    convention()
    with pytest.raises(Refused) as refused:
        facility_services.register_facility(actor=bureau, **values(place.street))
    assert refused.value.field == "name"
    assert "七宝镇云杉社区“宝宝屋”" in str(refused.value.message)
    made = facility_services.register_facility(
        actor=bureau, **values(place.street, name="七宝镇云杉社区“宝宝屋”")
    )
    with pytest.raises(Refused):
        facility_services.change_facility(made, actor=bureau, version=made.version, name="云杉乐园")
    facility_services.register_facility(actor=bureau, **values(place.street, name="七宝镇“宝宝屋”"))
    assert naming.proposal("宝宝屋", place.street) == "七宝镇某某社区“宝宝屋”"


def test_an_old_wrong_name_does_not_stand_in_the_way_of_other_changes(place):
    bureau = place.actor("bureau")
    made = facility_services.register_facility(actor=bureau, **values(place.street))
    convention()
    done = facility_services.change_facility(made, actor=bureau, version=made.version, head="云示安")
    assert done.head == "云示安"
    with pytest.raises(Refused):
        facility_services.change_facility(made, actor=bureau, version=done.version, street=place.other_street)


def test_other_kinds_and_other_districts_name_as_they_like(place):
    bureau = place.actor("bureau")
    facility_services.register_facility(actor=bureau, **values(place.street))
    convention()
    facility_services.register_facility(
        actor=bureau, **values(place.street, name="小帆船托育园", kind="nursery")
    )


# --- What the site is, rooms, hours


def test_a_site_is_described_by_who_keeps_it(place):
    site = Site.objects.get(facility=place.facility)
    assert site.modes == ["alone", "with_parent"]
    given = {"siting": "elderly", "running": "bought", "with_grandparent": True}
    for name in ("desk", "auditor", "parent", "department"):
        with pytest.raises(Denied):
            sites.describe(place.facility, actor=place.actor(name), version=site.version, **given)
    done = sites.describe(place.facility, actor=place.actor("officer"), version=site.version, **given)
    assert done.modes == ["with_grandparent"]
    with pytest.raises(Conflict):
        sites.describe(place.facility, actor=place.by, version=site.version, **given)
    with pytest.raises(Refused) as refused:
        sites.describe(
            place.facility, actor=place.by, version=done.version, siting="elderly", running="bought"
        )
    assert refused.value.field == "alone"


def test_a_mode_with_sessions_ahead_stays(place):
    families.sessions(place.facility, place.by)
    site = Site.objects.get(facility=place.facility)
    with pytest.raises(Refused) as refused:
        sites.describe(
            place.facility,
            actor=place.by,
            version=site.version,
            siting="alone",
            running="street",
            with_parent=True,
        )
    assert refused.value.code == "sessions"


def test_another_kind_and_a_closed_site_have_no_rooms(place):
    nursery = factories.facility(place.street)
    for facility in (nursery, factories.facility(place.street, kind="baby_house", state="closed")):
        with pytest.raises(Refused):
            sites.keep_room(facility, actor=families.system(place.by), name="室", area=Decimal(60), places=10)


@pytest.mark.parametrize(
    ("change", "field"),
    (
        ({"name": ""}, "name"),
        ({"name": "大房间"}, "name"),
        ({"area": Decimal(2)}, "area"),
        ({"places": 0}, "places"),
        ({"places": 1}, "places"),
    ),
)
def test_a_room_that_cannot_be(place, change, field):
    given = {"name": "小房间", "area": Decimal(30), "places": 5} | change
    with pytest.raises(Refused) as refused:
        sites.keep_room(place.facility, actor=place.by, **given)
    assert refused.value.field == field, "all twenty places are in the large room already"


def test_a_room_with_sessions_ahead_is_neither_closed_nor_made_smaller(place):
    families.sessions(place.facility, place.by)
    room = Room.objects.get(facility=place.facility)
    given = {"room": room, "name": room.name, "area": room.area}
    for bad in ({"places": 20, "closed": True}, {"places": 9}):
        with pytest.raises(Refused) as refused:
            sites.keep_room(place.facility, actor=place.by, **given | bad)
        assert refused.value.code == "sessions"
    assert sites.keep_room(place.facility, actor=place.by, **given | {"places": 12}).places == 12


def test_the_timetable_is_set_as_a_whole(place):
    spans = [(1, time(9), time(11)), (1, time(13), time(16)), (3, time(9), time(11))]
    sites.set_hours(place.facility, actor=place.by, spans=spans)
    assert OpeningHours.objects.filter(facility=place.facility).count() == 3
    with pytest.raises(Refused) as refused:
        sites.set_hours(place.facility, actor=place.by, spans=[*spans, (1, time(10), time(12))])
    assert refused.value.field == "day1"
    assert OpeningHours.objects.filter(facility=place.facility).count() == 3


# --- Sessions


def test_sessions_are_set_for_days_all_or_none(place):
    made = families.sessions(
        place.facility, place.by, first=TODAY + timedelta(1), last=TODAY + timedelta(14), weekdays={1, 3}
    )
    assert len(made) == 4
    assert {one.on.isoweekday() for one in made} == {1, 3}
    with pytest.raises(Refused) as refused:  # one of them overlaps
        families.sessions(
            place.facility, place.by, first=made[0].on, last=made[0].on + timedelta(2), starts_at=time(10),
            ends_at=time(12),
        )  # fmt: skip
    assert refused.value.field == "starts_at"
    assert CareSession.objects.count() == 4


@pytest.mark.parametrize(
    ("change", "field"),
    (
        ({"first": TODAY - timedelta(1)}, "first"),
        ({"last": TODAY - timedelta(9)}, "last"),
        ({"last": TODAY + timedelta(200)}, "last"),
        ({"weekdays": set()}, "weekdays"),
        ({"ends_at": time(15)}, "ends_at"),
        ({"ends_at": time(9, 10)}, "ends_at"),
        ({"starts_at": time(7)}, "starts_at"),
        ({"mode": "with_grandparent"}, "mode"),
        ({"mode": "full_day"}, "mode"),
        ({"places": 21, "staff": 9}, "places"),
        ({"staff": 1}, "staff"),
    ),
)
def test_a_session_that_cannot_be(place, change, field):
    with pytest.raises(Refused) as refused:
        families.sessions(place.facility, place.by, **change)
    assert refused.value.field == field
    assert not CareSession.objects.exists()


def test_public_holidays_are_left_out_unless_asked_for(place, monkeypatch):
    rest = TODAY + timedelta(2)
    monkeypatch.setattr("portal.calendar.is_public_holiday", lambda day: day == rest)
    span = {"first": TODAY + timedelta(1), "last": TODAY + timedelta(3)}
    made = families.sessions(place.facility, place.by, on_holidays=False, **span)
    assert rest not in {one.on for one in made} and len(made) == 2
    with pytest.raises(Refused):
        families.sessions(place.facility, place.by, first=rest, on_holidays=False)
    assert len(families.sessions(place.facility, place.by, first=rest)) == 1


def test_a_site_that_is_suspended_sets_none(place):
    Facility.objects.filter(pk=place.facility.pk).update(state="suspended")
    with pytest.raises(Refused):
        families.sessions(place.facility, place.by)


def test_who_may_set_and_cancel_sessions(place):
    (made,) = families.sessions(place.facility, place.by)
    for name in ("bureau", "auditor", "parent", "head"):
        with pytest.raises(Denied):
            care_sessions.cancel_session(made, actor=place.actor(name), reason="停电一天")
    with pytest.raises(Refused):
        care_sessions.cancel_session(made, actor=place.actor("desk"), reason="")
    done = care_sessions.cancel_session(made, actor=place.actor("desk"), reason="停电一天")
    assert done.state == "cancelled"
    with pytest.raises(Conflict):
        care_sessions.cancel_session(made, actor=place.actor("desk"), reason="停电一天")
    assert families.sessions(place.facility, place.by), "the time is free again"
    CareSession.objects.filter(state="open").update(on=TODAY - timedelta(1))
    with pytest.raises(Conflict):
        care_sessions.cancel_session(CareSession.objects.get(state="open"), actor=place.by, reason="停电一天")


def test_a_place_is_taken_in_one_statement_and_never_twice(place, django_assert_num_queries):
    (made,) = families.sessions(place.facility, place.by, places=2, staff=1)
    with django_assert_num_queries(1):
        assert CareSession.objects.take(made.pk)
    assert CareSession.objects.take(made.pk)
    assert not CareSession.objects.take(made.pk)
    assert CareSession.objects.give_back(made.pk)
    assert CareSession.objects.take(made.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        CareSession.objects.filter(pk=made.pk).update(taken=3)
    care_sessions.cancel_session(made, actor=place.by, reason="停电一天")
    CareSession.objects.filter(pk=made.pk).update(taken=0)
    assert not CareSession.objects.take(made.pk)
    assert not CareSession.objects.give_back(made.pk)


def test_a_closed_site_takes_no_bookings_and_its_sessions_are_cancelled(place):
    (made,) = families.sessions(place.facility, place.by, places=2, staff=1)
    Facility.objects.filter(pk=place.facility.pk).update(state="suspended")
    assert not CareSession.objects.take(made.pk)
    Facility.objects.filter(pk=place.facility.pk).update(state="operating")
    assert CareSession.objects.take(made.pk)
    closed = facility_services.move_state(
        Facility.objects.get(pk=place.facility.pk),
        "close",
        actor=Actor.system(place.minhang, "test"),
        on=TODAY,
        today=TODAY,
        reason="示例停办",
    )
    made.refresh_from_db()
    assert closed.state == "closed" and (made.state, made.reason) == ("cancelled", "机构停办")
    assert not CareSession.objects.take(made.pk)


# --- Volunteers


def enter(place, **more):
    return volunteers.enter_volunteer(
        place.facility,
        actor=place.by,
        **{
            "name": "川示和",
            "identity": factories.identity(700),
            "duty": "陪读绘本",
            "starts_on": TODAY,
            "checked_on": TODAY - timedelta(9),
        }
        | more,
    )


def test_a_volunteer_comes_after_a_clean_check(place):
    made = enter(place)
    assert made.checks.get().found is False
    (row,) = volunteers.cleared(TODAY, place.facility)
    assert row[1] == "ok"
    with pytest.raises(Refused):
        enter(place)


@pytest.mark.parametrize(
    ("change", "field"),
    (
        ({"checked_on": None}, "checked_on"),
        ({"found": True}, "checked_on"),
        ({"checked_on": TODAY - timedelta(400)}, "checked_on"),
        ({"checked_on": TODAY + timedelta(1), "starts_on": TODAY + timedelta(5)}, "checked_on"),
        ({"identity": "123"}, "identity"),
        ({"name": "川"}, "name"),
        ({"duty": ""}, "duty"),
        ({"phone": "12"}, "phone"),
    ),
)
def test_a_volunteer_who_cannot_come(place, change, field):
    with pytest.raises(Refused) as refused:
        enter(place, **change)
    assert field in refused.value.params["errors"]
    assert not Volunteer.objects.exists()


def test_a_record_found_anywhere_in_the_district_refuses(place):
    member = factories.member()
    member.record_checks.create(checked_on=TODAY - timedelta(99), found=True)
    with pytest.raises(Refused) as refused:
        enter(place, identity=member.identity)
    assert refused.value.code == "not_accepted"
    assert "记录" not in str(refused.value.message), "an operator learns no reason"


def test_a_ban_of_any_district_refuses_and_the_operator_learns_no_reason(place, monkeypatch):
    banned = factories.identity(701)
    monkeypatch.setattr("facilities.across.banned", lambda hashes: set(hashes))
    with pytest.raises(Refused) as refused:
        enter(place, identity=banned)
    assert refused.value.code == "not_accepted"
    assert "禁入" not in str(refused.value.message)


def test_a_confirmed_ban_ends_a_volunteers_service(place):
    from facilities.models import BanDecision
    from facilities.services import bans
    from facilities.services.staff import identity_hash

    number = factories.identity(702)
    made = enter(place, identity=number)
    decision = BanDecision(identity_hash=identity_hash(number))
    assert bans.end_work(decision, timezone.now()) == 0, "no staff member"
    made.refresh_from_db()
    assert made.ends_on == TODAY


def test_a_check_that_finds_something_ends_the_service(place):
    made = enter(place)
    with pytest.raises(Refused):
        volunteers.add_check(made, actor=place.by, checked_on=TODAY + timedelta(1), found=False)
    volunteers.add_check(made, actor=place.by, checked_on=TODAY, found=True)
    made.refresh_from_db()
    assert made.ends_on == TODAY
    with pytest.raises(Refused):
        enter(place, identity=made.identity)
    with pytest.raises(Conflict):
        volunteers.end_service(made, actor=place.by, on=TODAY)


def test_a_slip_in_an_inquiry_is_mended_by_a_second_person(place):
    """Who entered it does not mend it; who served before can be entered again."""
    made = enter(place)
    check = volunteers.add_check(made, actor=place.by, checked_on=TODAY, found=True)
    bureau = place.actor("bureau")
    for who in ("operator", "officer", "head"):
        with pytest.raises(Denied):
            volunteers.correct_check(check, actor=place.actor(who), answer="no", reason="看错了一行")
    for answer, reason in (("maybe", "看错了一行"), ("no", ""), ("yes", "看错了一行")):
        with pytest.raises(Refused):
            volunteers.correct_check(check, actor=bureau, answer=answer, reason=reason)
    with pytest.raises(Refused):
        enter(place)
    volunteers.correct_check(check, actor=bureau, answer="no", reason="看错了一行")
    again = enter(place)
    # an inquiry that somebody of the bureau had entered is not theirs to mend
    bare = again.checks.get()
    audit.record(
        "facilities.volunteer.check", place.facility, actor=bureau,
        changes={"volunteer": again.pk, "checked_on": bare.checked_on.isoformat()},
    )  # fmt: skip
    with pytest.raises(Denied):
        volunteers.correct_check(bare, actor=bureau, answer="yes", reason="看错了一行")


def test_an_inquiry_mended_to_yes_ends_the_service_and_one_that_never_was_goes(place):
    made = enter(place)
    bureau = place.actor("bureau")
    volunteers.correct_check(made.checks.get(), actor=bureau, answer="yes", reason="看错了一行", today=TODAY)
    made.refresh_from_db()
    assert made.ends_on == TODAY
    assert volunteers.stopped(TODAY + timedelta(1), place.facility) == [made]
    check = made.checks.get()
    volunteers.correct_check(check, actor=bureau, answer="never", reason="没有做过", today=TODAY)
    assert not made.checks.exists()
    with pytest.raises(Refused):
        volunteers.correct_check(check, actor=bureau, answer="never", reason="没有做过")
    facts = AuditEntry.objects.filter(action="facilities.volunteer.check_correct").latest("pk").changes
    assert facts["found"] == [True, None] and facts["reason"] == "没有做过"


def test_the_page_of_a_volunteer_mends_an_inquiry(cast, client):
    with district_scope(cast.minhang):
        families.parameters()
        cast.by = cast.actor("operator")
        families.site(cast.facility, cast.by)
        made = enter(cast)
        check = made.checks.get()
    client.force_login(cast.bureau)
    site = client.get(reverse("site", args=["minhang", cast.facility.pk])).content.decode()
    own = reverse("volunteer", args=["minhang", made.pk])
    assert own in site
    mend = reverse("volunteer-check-correct", args=["minhang", check.pk])
    assert mend in client.get(own).content.decode()
    assert client.post(mend, {"answer": "no", "reason": "看错了"}).status_code == 422
    assert client.post(mend, {"answer": "yes", "reason": "看错了一行"}).url == own
    with district_scope(cast.minhang):
        made.refresh_from_db()
        assert made.ends_on is not None


def test_an_old_check_shows(place):
    made = enter(place)
    made.checks.update(checked_on=TODAY - timedelta(500))
    assert volunteers.cleared(TODAY, place.facility)[0][1] == "overdue"
    done = volunteers.end_service(made, actor=place.by, on=TODAY)
    assert done.ends_on == TODAY
    assert volunteers.cleared(TODAY + timedelta(1), place.facility) == []


# --- The account


def test_fees_above_costs_are_warned_of(place):
    def line(item, amount, **more):
        return ledger.enter(
            place.facility,
            actor=place.by,
            **{"on": TODAY, "item": item, "amount": Decimal(amount), "note": "示例"} | more,
        )

    line("fee", "1000.50")
    cost = line("staff", "800")
    (year,) = ledger.accounts(place.facility)
    assert (year.fees, year.costs, year.warning) == (Decimal("1000.50"), 800, "profit")
    line("rent", "300")
    assert ledger.accounts(place.facility)[0].warning == ""
    back = ledger.take_back(cost, actor=place.by)
    assert back.amount == -800
    for again in (cost, back):
        with pytest.raises(Conflict):
            ledger.take_back(again, actor=place.by)
    for field, bad in (
        ("amount", {"amount": Decimal(0)}),
        ("on", {"on": TODAY + timedelta(1)}),
        ("on", {"on": date(2019, 1, 1)}),
        ("note", {"note": ""}),
        ("item", {"item": "meal"}),
    ):
        with pytest.raises(Refused) as refused:
            line(**{"item": "fee", "amount": 1} | bad)
        assert refused.value.field == field
    with pytest.raises(Denied):
        ledger.enter(
            place.facility, actor=place.actor("desk"), on=TODAY, item="fee", amount=Decimal(1), note="示例"
        )


def test_the_account_cannot_be_changed(place):
    ledger.enter(place.facility, actor=place.by, on=TODAY, item="fee", amount=Decimal(9), note="示例")
    with pytest.raises(Exception, match="permission denied"):
        LedgerEntry.objects.update(amount=1)


# --- The quota


def test_the_quota_of_each_street(place):
    from facilities.lists import sites as site_lists

    for year, count, state in ((2025, 100, "in_force"), (2024, 900, "in_force"), (2026, 5, "proposed")):
        Population.objects.create(
            street=place.street, year=year, kind="one_to_three", count=count, source="示例", state=state,
            counted_on=date(year, 6, 30),
        )  # fmt: skip
    rows = {row.street.pk: row for row in site_lists.quotas(place.actor("bureau"), TODAY)}
    mine = rows[place.street.pk]
    assert (mine.quota.places, mine.quota.needed, mine.quota.state, mine.year) == (20, 15, "ok", 2025)
    assert rows[place.other_street.pk].quota.state == "none"
    assert [row.street for row in site_lists.quotas(place.actor("officer"), TODAY)] == [place.street]
