"""The board of what ends: each clock, who sees what, order and pages, counts."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from django.utils import timezone

from facilities import standing
from facilities.models import (
    Certificate,
    CertificateHistory,
    Enrolment,
    Facility,
    HealthCertificate,
    Insurance,
    Permit,
    Premises,
    Volunteer,
)
from inspections.models import Inspector
from portal.access import Actor
from portal.clocks.board import Board, Wanted
from portal.clocks.clock import path
from portal.clocks.tally import Tally, edge_of
from portal.models import Parameter
from portal.navigation import REGISTRY
from portal.rules.clocks import months_after
from portal.rules.rights import Reach
from portal.services.reference import load_reference
from portal.tenancy import district_scope
from tests import rows as any_row
from tests.facilities import factories
from tests.queries import at_most

ON = date(2026, 3, 18)
pytestmark = pytest.mark.django_db


def paper(work, kind="childcare", until=ON + timedelta(20), number=""):
    return Certificate.objects.create(
        staff=work.staff, kind=kind, number=number or f"{kind}{work.pk}{until}", issued_on=date(2020, 1, 1),
        valid_until=until,
    )  # fmt: skip


def furnish(street, shift=0, **values) -> Facility:
    """A facility with one row of every clock, due one day after the other from ON + shift on."""
    day = lambda n: ON + timedelta(shift + n)  # noqa: E731
    facility = factories.facility(street, insured_until=day(0), **values)
    Insurance.objects.create(
        facility=facility, kind="accident", insurer="示例", number=f"A{facility.pk}", starts_on=date(2020, 1, 1),
        ends_on=day(1),
    )  # fmt: skip
    any_row.make(Premises, facility=facility, lease_until=day(2), starts_on=date(2020, 1, 1))
    work = factories.employment(facility)
    paper(work, until=day(3))
    paper(work, "health_check", until=day(4))
    work.staff.record_checks.create(checked_on=months_after(day(5), -12), found=False)
    helper = any_row.make(Volunteer, facility=facility, starts_on=date(2020, 1, 1))
    helper.checks.create(checked_on=months_after(day(6), -12), found=False)
    child = any_row.make(Enrolment, facility=facility, state="admitted", starts_on=date(2025, 9, 1)).child
    any_row.make(HealthCertificate, child=child, fit=True, valid_until=day(7), issued_on=date(2025, 3, 1))
    for kind, review, drilled in (("fire", 8, 9), ("food", 10, 11)):
        any_row.make(
            facility.emergency_plans.model, facility=facility, kind=kind, version=1, approved_on=date(2020, 1, 1),
            review_on=day(review), drilled_on=months_after(day(drilled), -6 if kind == "fire" else -12),
        )  # fmt: skip
    any_row.make(Permit, facility=facility, kind="hygiene", valid_until=day(12))
    return facility


#: The clocks of `furnish` in the order of their days.
ORDER = ["insurance", "policy", "lease", "certificate", "health-check", "record-check", "volunteer-check",
         "child-health", "emergency-plan", "fire-drill", "emergency-plan", "drill", "permit"]  # fmt: skip


@pytest.fixture
def district(cast):
    load_reference()
    with district_scope(cast.minhang):
        Facility.objects.update(state="closed")  # the cast's own
        yield cast.minhang


def board(cast, name="bureau") -> Board:
    return Board(cast.actor(name), ON)


def keys(found) -> list[str]:
    return [row.clock.key for row in found]


def test_every_clock_has_its_row_on_its_day(cast, district):
    facility = furnish(cast.street)
    found = board(cast).rows(Wanted())
    assert keys(found) == ORDER
    assert [row.due for row in found] == [ON + timedelta(n) for n in range(13)]
    assert {row.facility_id for row in found} == {facility.pk}
    assert {row.street_id for row in found} == {cast.street.pk}


def test_what_has_a_successor_or_has_ended_is_off_the_board(cast, district):
    facility = furnish(cast.street)
    work = facility.employments.get()
    paper(work, until=ON + timedelta(900))
    paper(work, "health_check", until=ON + timedelta(900))
    work.staff.record_checks.create(checked_on=ON, found=False)
    any_row.make(
        Insurance, facility=facility, kind="accident", starts_on=date(2020, 1, 1), ends_on=ON + timedelta(900)
    )
    any_row.make(Permit, facility=facility, kind="hygiene", valid_until=None)
    facility.premises.update(ends_on=ON)
    facility.volunteers.update(ends_on=ON - timedelta(1))
    facility.enrolments.update(state="ended", ends_on=ON)
    facility.emergency_plans.update(replaced_on=ON)
    assert keys(board(cast).rows(Wanted())) == ["insurance"]
    facility.state = "closed"
    facility.save()
    assert board(cast).rows(Wanted()) == []


def test_a_certificate_without_end_renews_for_good_and_somebody_who_left_has_no_clock(cast, district):
    work = factories.employment(factories.facility(cast.street))
    paper(work)
    gone = factories.employment(factories.facility(cast.street), ends_on=ON - timedelta(1))
    paper(gone)
    assert [row.code for row in board(cast).rows(Wanted())] == [work.staff.code]
    paper(work, until=None)
    assert board(cast).rows(Wanted()) == []


def test_a_food_licence_is_on_the_board_only_where_meals_are_served(cast, district):
    for meals in (True, False):
        facility = factories.facility(cast.street, meals=meals)
        any_row.make(Permit, facility=facility, kind="food", valid_until=ON - timedelta(3))
    (row,) = board(cast).rows(Wanted(clocks=["permit"]))
    assert Facility.objects.get(pk=row.facility_id).meals and row.what == "food"


def test_insurance_that_nobody_must_hold_is_given_up_after_a_while(cast, district):
    facility = factories.facility(cast.street)
    for number, ended in enumerate((60, 59)):
        any_row.make(
            Insurance, facility=facility, kind=("accident", "staff")[number], starts_on=date(2020, 1, 1),
            ends_on=ON - timedelta(ended),
        )  # fmt: skip
    assert [row.what for row in board(cast).rows(Wanted())] == ["staff"]


def test_lights_choose_and_beyond_the_last_warning_only_who_asks(cast, district):
    for left in (-400, -1, 0, 7, 8, 30, 31, 90, 91):
        factories.facility(cast.street, insured_until=ON + timedelta(left))

    def lefts(*lights):
        return [(row.due - ON).days for row in board(cast).rows(Wanted(lights=lights))]

    assert lefts("over") == [-400, -1]
    assert lefts("7") == [0, 7]
    assert lefts("30") == [8, 30]
    assert lefts("90") == [31, 90]
    assert lefts("later") == [91]
    assert lefts("over", "30") == [-400, -1, 8, 30]
    assert lefts() == [-400, -1, 0, 7, 8, 30, 31, 90]
    counts = board(cast).counts(Wanted(clocks=["insurance"]))
    assert counts == {("insurance", key): 2 for key in ("over", "7", "30", "90")}
    assert (
        board(cast).counts(Wanted(clocks=["insurance"]), cap=1)["insurance", "7"] == 2
    )  # cap + 1 says: more


def test_the_districts_own_days_and_months(cast, district):
    furnish(cast.street, shift=40)
    Parameter.objects.filter(key="expiry.warn_days").update(value=[45, 3])
    Parameter.objects.filter(key="emergency.fire_drill_months").update(value=5)
    found = board(cast)
    assert [light.key for light in found.lights] == ["over", "3", "45", "later"]
    due = {row.clock.key: row.due for row in found.rows(Wanted())}
    assert due["fire-drill"] == months_after(months_after(ON + timedelta(49), -6), 5)
    assert "emergency-plan" not in due and "child-health" not in due  # more than 45 days ahead
    Parameter.objects.filter(key="emergency.fire_drill_months").delete()
    assert "fire-drill" not in keys(board(cast).rows(Wanted()))  # no number, no clock


@pytest.mark.parametrize("name", ["bureau", "officer", "operator", "auditor", "head", "desk"])
def test_a_role_sees_the_rows_that_allowed_gives(cast, district, name):
    """The board narrows by written-out ids; it must be what `allowed` says for each clock."""
    Facility.objects.filter(pk=cast.facility.pk).update(state="operating", insured_until=ON)
    furnish(cast.street)
    furnish(cast.other_street)
    work = factories.employment(cast.facility)
    paper(work)
    actor = cast.actor(name)
    found = Board(actor, ON)
    seen = 0
    for clock in found.clocks:
        rows = {(row.row, row.facility_id) for row in found.rows(Wanted(clocks=[clock.key]))}
        allowed = clock.rows(ON).allowed(actor, clock.right)
        everything = Board(Actor.system(district, "test"), ON).rows(Wanted(clocks=[clock.key]))
        within = set(allowed.values_list(path(clock, "pk") if clock.facility else "pk", flat=True))
        assert rows == {
            (row.row, row.facility_id) for row in everything if (row.facility_id or row.row) in within
        }, clock.key
        seen += len(rows)
    assert seen or name == "desk"
    assert not [clock for clock in REGISTRY.clocks if clock not in found.clocks and actor.may(clock.right)]


def test_an_operator_sees_the_own_facilities_and_an_officer_the_own_street(cast, district):
    Facility.objects.filter(pk=cast.facility.pk).update(state="operating", insured_until=ON)
    furnish(cast.street)
    furnish(cast.other_street)
    assert {row.facility_id for row in board(cast, "operator").rows(Wanted())} == {cast.facility.pk}
    assert {row.street_id for row in board(cast, "officer").rows(Wanted())} == {cast.street.pk}
    assert len(board(cast).rows(Wanted(streets=[cast.other_street.pk]))) == 13
    assert board(cast, "officer").rows(Wanted(streets=[cast.other_street.pk])) == []
    code = Facility.objects.get(pk=cast.facility.pk).code
    assert keys(board(cast).rows(Wanted(facility=code))) == ["insurance"]


@pytest.mark.parametrize("name", ["bureau", "officer"])
def test_a_street_of_few_facilities_reads_as_one_of_many(cast, district, name, monkeypatch):
    """Few are named by their ids, many are joined: the same rows and numbers."""
    for street in (cast.street, cast.street, cast.other_street):
        furnish(street)
    wanted = Wanted(streets=[cast.street.pk] if name == "bureau" else [])

    def read():
        found = board(cast, name)
        return found.rows(wanted), found.counts(wanted)

    few = read()
    monkeypatch.setattr("portal.clocks.board.FEW", 1)
    assert read() == few
    assert len(few[0]) == sum(few[1].values()) == 2 * len(ORDER)


def test_an_inspectors_licence_is_the_bureaus_matter(cast, district):
    any_row.make(Inspector, licence_until=ON + timedelta(5), active=True)
    assert keys(board(cast).rows(Wanted())) == ["licence"]
    assert board(cast).rows(Wanted(streets=[cast.street.pk])) == []
    assert board(cast, "officer").rows(Wanted()) == []
    Inspector.objects.update(active=False)
    assert board(cast).rows(Wanted()) == []


def test_pages_by_key_give_each_row_once_forwards_and_backwards(cast, district):
    """Many rows of one day, clocks with months, ends of months: nothing twice, nothing lost."""
    for shift in (0, 0, 0, -11, -6):
        furnish(cast.street, shift)
    at_end = factories.facility(cast.street)
    for day in (date(2025, 3, 28), date(2025, 3, 29), date(2025, 3, 30), date(2025, 3, 31)):
        factories.employment(at_end).staff.record_checks.create(checked_on=day, found=False)
    Parameter.objects.filter(key="record_check.months").update(value=11)  # all four end on 28 February
    found = board(cast)
    everything = found.rows(Wanted(), size=500)
    assert [row.due for row in everything] == sorted(row.due for row in everything)
    assert sum(row.due == date(2026, 2, 28) for row in everything) >= 4
    for size in (1, 3, 7):
        walked, place = [], None
        while page := found.rows(Wanted(), after=place, size=size):
            walked += page
            place = page[-1].place
        assert walked == everything, size
        back, place = [], [date(9999, 1, 1), "licence", date(9999, 1, 1), 2**62, 2**62]
        while page := found.rows(Wanted(), before=place, size=size):
            back = page + back
            place = page[0].place
        assert back == everything, size


def test_the_board_takes_four_statements_and_its_numbers_one(cast, district):
    """Keys; then facilities, people at work and children by their ids."""
    furnish(cast.street)
    furnish(cast.other_street, shift=3)
    found = board(cast)
    with at_most(4):
        assert len(found.rows(Wanted())) == 26
    with at_most(1):
        found.counts(Wanted())


@pytest.mark.parametrize("name", ["bureau", "officer", "operator", "auditor", "head", "desk"])
def test_the_districts_tally_gives_each_person_what_the_own_board_counts(cast, district, name):
    """One statement for everybody; the same numbers as by walking the person's own board."""
    Facility.objects.filter(pk=cast.facility.pk).update(state="operating", insured_until=ON + timedelta(6))
    paper(factories.employment(cast.facility), until=ON - timedelta(3))
    for shift in (-300, -13, -4, 0, 5, 28, 84, 90):
        furnish(cast.street, shift)
        furnish(cast.other_street, shift + 1)
    any_row.make(Inspector, licence_until=ON + timedelta(5), active=True)
    actor = cast.actor(name)
    with at_most(3):  # parameters, the count, streets of facilities
        tally = Tally(Actor.system(district, "test"), ON, ON - timedelta(14))
        tally.streets()
    found = tally.reached(actor)
    everything = Board(actor, ON).rows(Wanted(), size=1000)
    for since in (ON - timedelta(14), ON - timedelta(5), ON - timedelta(1)):
        for light in tally.lights:
            edge = edge_of(light)
            first, last = since + timedelta(edge + 1), ON + timedelta(edge)
            told = tally.between(found, first, last)
            assert told == dict(Counter(row.clock.key for row in everything if first <= row.due <= last))
    assert tally.over(found) == sum(row.due < ON for row in everything)
    assert name in ("desk", "head") or (tally.over(found) and everything)


def test_a_reach_that_a_clock_does_not_know_gives_nothing(cast, district):
    clock = next(clock for clock in REGISTRY.clocks if clock.key == "licence")
    found = Board(cast.actor("officer"), ON)
    assert clock not in found.clocks
    assert Reach.STREETS in cast.actor("officer").reaches("clock.view")


# ---- what the database keeps


def stands() -> dict[str, bool]:
    return dict(Certificate.objects.values_list("number", "standing"))


def test_the_database_keeps_which_papers_can_be_on_the_board(cast, district):
    """Whoever writes: a later paper, its removal, leaving and coming back."""
    today = timezone.localdate()
    work = factories.employment(factories.facility(cast.street))
    first, other = paper(work, number="first"), paper(work, "food", number="other")
    check = work.staff.record_checks.create(checked_on=date(2025, 3, 1), found=False)
    assert stands() == {"first": True, "other": True}
    later = paper(work, until=ON + timedelta(900), number="later")
    again = work.staff.record_checks.create(checked_on=date(2026, 3, 1), found=False)
    check.refresh_from_db()
    assert stands() == {"first": False, "other": True, "later": True}
    assert (check.standing, again.standing) == (False, True)
    Certificate.objects.filter(pk=later.pk).update(valid_until=ON)  # corrected: it is the earlier one now
    assert stands() == {"first": True, "other": True, "later": False}
    later.delete()
    again.delete()
    check.refresh_from_db()
    assert stands() == {"first": True, "other": True} and check.standing
    work.ends_on = today - timedelta(40)
    work.save()
    check.refresh_from_db()
    assert stands() == {"first": False, "other": False} and not check.standing
    factories.employment(factories.facility(cast.street), work.staff, starts_on=today)
    check.refresh_from_db()
    assert stands() == {"first": True, "other": True} and check.standing
    assert first.pk and other.pk


def test_the_database_keeps_which_papers_of_facilities_and_children_stand(cast, district):
    """Renewal, closing and opening again, leaving: whoever writes."""
    facility = furnish(cast.street)
    child = facility.enrolments.get().child
    helper = facility.volunteers.get()

    def standing_ones() -> dict[str, set]:
        rows = {
            "insurance": facility.insurance, "premises": facility.premises, "plans": facility.emergency_plans,
            "health": child.health_certificates, "helper": helper.checks, "permits": facility.permits,
        }  # fmt: skip
        return {
            key: set(found.filter(standing=True).values_list("pk", flat=True)) for key, found in rows.items()
        }

    before = standing_ones()
    assert {key: len(found) for key, found in before.items()} == {
        "insurance": 1, "premises": 1, "plans": 2, "health": 1, "helper": 1, "permits": 1,
    }  # fmt: skip
    facility.state = "closed"
    facility.save()
    assert standing_ones() == before | {
        "insurance": set(),
        "premises": set(),
        "plans": set(),
        "permits": set(),
    }
    Facility.objects.filter(pk=facility.pk).update(state="operating")
    assert standing_ones() == before
    policy = any_row.make(
        Insurance, facility=facility, kind="accident", starts_on=date(2020, 1, 1), ends_on=ON + timedelta(900)
    )
    unfit = any_row.make(
        HealthCertificate, child=child, fit=False, valid_until=ON + timedelta(900), issued_on=date(2026, 1, 1)
    )
    fit = any_row.make(
        HealthCertificate, child=child, fit=True, valid_until=ON + timedelta(400), issued_on=date(2026, 2, 1)
    )
    licence = any_row.make(Permit, facility=facility, kind="hygiene", valid_until=None)
    again = helper.checks.create(checked_on=ON, found=False)
    facility.premises.update(ends_on=ON)
    facility.emergency_plans.filter(kind="fire").update(replaced_on=ON)
    assert standing_ones() == {
        "insurance": {policy.pk}, "premises": set(), "health": {fit.pk}, "helper": {again.pk}, "permits": {licence.pk},
        "plans": set(facility.emergency_plans.filter(kind="food").values_list("pk", flat=True)),
    }  # fmt: skip
    for one in (policy, fit, again, licence):
        one.delete()
    facility.premises.update(ends_on=None)
    facility.emergency_plans.update(replaced_on=None)
    assert standing_ones() == before and unfit.pk not in before["health"]
    facility.enrolments.update(state="ended", ends_on=ON)
    assert standing_ones() == before | {"health": set()}


def test_a_flag_alone_tells_nothing_and_is_cleared_weeks_after_somebody_left(cast, district, monkeypatch):
    today = timezone.localdate()
    work = factories.employment(factories.facility(cast.street), ends_on=today)
    paper(work, until=today + timedelta(3), number="first")
    assert stands() == {"first": True}
    assert Board(cast.actor("bureau"), today + timedelta(1)).rows(Wanted()) == []
    assert standing.settle(today) == 0
    assert standing.settle(today + timedelta(32)) == 1


def test_a_flag_that_changes_is_no_history(cast, district):
    work = factories.employment(factories.facility(cast.street))
    first = paper(work, number="first")
    paper(work, until=ON + timedelta(900), number="later")
    first.refresh_from_db()
    assert not first.standing
    assert CertificateHistory.objects.filter(id=first.pk).count() == 1
