"""Children on the list and the services they are given: rules, consent, counting by the district's own plan."""

from datetime import date, timedelta
from decimal import Decimal

import jsonschema
import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from guardian.shortcuts import assign_perm
from hypothesis import given
from hypothesis import strategies as st

from facilities.models import Facility
from guidance.lists import proposals
from guidance.lists import services as lists
from guidance.lists.services import Measure
from guidance.models import GuidanceEvent, GuidanceService, GuidanceSession, GuidedChild
from guidance.rules import services as rules
from guidance.services import guided, newborns, sessions
from portal.errors import Refused
from portal.models import AuditEntry, Parameter
from portal.tenancy import district_scope
from tests.facilities import factories
from tests.facilities.test_operators_api import shape_of
from tests.guidance.test_places import fetch  # noqa: F401
from tests.portal.access import events as events_made
from tests.portal.access import guidance as made
from tests.queries import at_most

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("needed", "on", "due"),
    [
        (6, date(2026, 1, 1), 0),
        (6, date(2026, 7, 2), 3),
        (6, date(2026, 12, 30), 5),
        (6, date(2026, 12, 31), 6),
        (10, date(2024, 2, 29), 1),
        (0, date(2026, 12, 31), 0),
    ],
)
def test_how_many_a_straight_line_asks_for(needed, on, due):
    assert rules.due_by(needed, on) == due


@given(st.integers(0, 60), st.integers(0, 80), st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_a_proposal_is_enough_and_not_more_than_needed(needed, got, on):
    one = rules.proposal(needed, got, {"medical"}, on)
    months = 13 - on.month
    assert one.lacking == max(0, needed - got) and one.kinds == ("education", "psychology")
    assert one.a_month * months >= one.lacking
    assert one.a_month == 0 or (one.a_month - 1) * months < one.lacking


@pytest.mark.parametrize(
    ("card", "born", "asked", "wrong"),
    [
        ("SC00000001", date(2025, 3, 1), date(2025, 9, 1), set()),
        ("SC1", date(2025, 3, 1), date(2025, 9, 1), {("card", "card")}),
        ("SC00000001", date(2026, 12, 1), date(2026, 11, 1), {("birth_month", "month_future"), ("asked_on", "early")}),
        ("SC00000001", date(2023, 11, 1), date(2025, 9, 1), set()),
        ("SC00000001", date(2023, 10, 1), date(2025, 9, 1), {("birth_month", "old")}),
        ("SC00000001", date(2025, 3, 1), date(2026, 11, 21), {("asked_on", "future")}),
    ],
)  # fmt: skip
def test_who_can_be_put_on_the_list(card, born, asked, wrong):
    found = rules.asking_problems(card, born, asked, TODAY)
    assert {(field, key) for field, key, _facts in found} == wrong


def test_codes_are_read_as_people_type_them():
    assert rules.codes_in(" mhg00001\nMHG00002、MHG00001,，MHG00003\t") == [
        "MHG00001",
        "MHG00002",
        "MHG00003",
    ]


class Here:
    """Qibao with a station and a guidance point; the district asks for 6 a year."""

    def __init__(self, cast):
        self.cast, self.district = cast, cast.minhang
        self.street, self.facility = cast.street, cast.facility
        self.process = made_by(cast)
        self.unit = cast.health_unit


def made_by(cast):
    from portal.access import Actor

    return Actor.system(cast.minhang, "test")


@pytest.fixture
def here(cast, client):
    with district_scope(cast.minhang):
        Parameter.objects.filter(key__startswith="guidance.").delete()
        for key, value in (("sessions_per_year", 6), ("sessions_from", "station")):
            Parameter.objects.create(
                key=f"guidance.{key}", value=value, label=key, starts_on=date(2020, 1, 1), basis="示例"
            )
        place = Here(cast)
        made.a_text(place)
        place.station = made.a_place(place)
        place.point = factories.facility(cast.street, kind="guidance_point", name="示例指导点")
    client.force_login(cast.officer)
    place.client = client
    return place


def url(name: str, *args) -> str:
    return reverse(name, args=["minhang", *args])


def take(here, **values) -> dict:
    data = made.taking(here) if values.pop("fresh", True) else {}
    return data | {"place": here.station.pk} | values


def give(here, venue, codes: list[str], on: date | None = None, kind: str = "education") -> GuidanceSession:
    return sessions.give_session(
        actor=here.process, venue=venue, kind=kind, served_on=on or made.today(), hours=Decimal(1),
        topic="示例活动", giver="示例老师", children=codes,
    )  # fmt: skip


@pytest.mark.django_db
def test_a_family_is_put_on_the_list_with_consent_and_found_by_its_handbook(here):
    with district_scope(here.district):
        data = take(here)
    answer = here.client.post(url("guided-new"), data)
    assert answer.status_code == 302, answer.context["form"].errors
    with district_scope(here.district):
        child = GuidedChild.objects.get()
        assert child.code.startswith("MHG") and child.consent.purpose == "guidance"
        assert data["card"] not in str(GuidedChild.objects.values()) and child.card_tail == data["card"][-4:]
        with connection.cursor() as cursor:
            cursor.execute("SELECT string_agg(t::text, ' ') FROM guidance_guidedchild t")
            assert data["card"] not in cursor.fetchone()[0]
        entry = AuditEntry.objects.get(action="guidance.child.enter", subject_id=child.pk)
        assert data["card"] not in str(entry.changes)
    found = here.client.post(url("guided-children"), {"card": f" {data['card'].lower()} "})
    assert found.status_code == 302 and found["Location"] == url("guided-child", child.pk)
    assert here.client.post(url("guided-children"), {"card": "SC99999999"}).status_code == 422
    twice = here.client.post(url("guided-new"), data)
    assert twice.status_code == 422 and child.code in twice.content.decode()


@pytest.mark.django_db
def test_without_a_text_nobody_can_consent(here):
    with district_scope(here.district):
        data = take(here)
        born, asked = date(2019, 9, 1), date(2019, 12, 1)
        with pytest.raises(Refused) as refused:
            guided.take_on(
                actor=here.process, card=data["card"], birth_month=born, street=here.street, channel="paper",
                asked_on=asked, today=asked,
            )  # fmt: skip
        assert refused.value.field == "asked_on" and not GuidedChild.objects.exists()


@pytest.mark.django_db
def test_services_count_as_the_districts_plan_says(here):
    with district_scope(here.district):
        child = made.a_child(here)
        elsewhere = made.a_place(here, kind="friendly")
        at_station = give(here, sessions.Venue(place=here.station), [child.code], kind="medical")
        give(here, sessions.Venue(place=elsewhere), [child.code])
        give(here, sessions.Venue(facility=Facility.objects.get(pk=here.point.pk)), [child.code])
        assert list(GuidanceService.objects.order_by("given_by").values_list("given_by", flat=True)) == [
            "place", "point", "station",
        ]  # fmt: skip
    for which, times in (("station", 1), ("station_point", 2), ("any", 3)):
        with district_scope(here.district):
            Parameter.objects.filter(key="guidance.sessions_from").update(value=which)
        page = here.client.get(url("guided-child", child.pk))
        assert (page.context["times"], page.context["proposal"].lacking) == (times, 6 - times)
        listed = here.client.get(url("guided-children"))
        assert [row.times for row, _name, _shape in listed.context["rows"]] == [times]
    page = here.client.get(url("guidance-session", at_station.pk)).content.decode()
    assert child.code in page and "示例老师" in page


@pytest.mark.django_db
def test_a_session_is_entered_and_struck_out_by_the_street(here):
    with district_scope(here.district):
        one, two = made.a_child(here), made.a_child(here)
        data = made.giving(here) | {
            "where": f"p{here.station.pk}",
            "children": f"{one.code}\n{two.code.lower()}",
        }
    assert here.client.post(url("guidance-session-new"), data).status_code == 302
    with district_scope(here.district):
        session = GuidanceSession.objects.get()
        assert (session.children_n, session.online, session.given_by) == (2, True, "station")
        assert set(session.services.values_list("online", flat=True)) == {True}
    assert here.client.post(url("guidance-session-strike", session.pk), {"reason": "错"}).status_code == 422
    assert (
        here.client.post(url("guidance-session-strike", session.pk), {"reason": "登记错了人"}).status_code
        == 302
    )
    with district_scope(here.district):
        session.refresh_from_db()
        assert session.struck_on and not session.services.exists()
    assert (
        here.client.post(url("guidance-session-strike", session.pk), {"reason": "再来一次"}).status_code
        == 409
    )
    assert "已作废" in here.client.get(url("guidance-session", session.pk)).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"children": ""}, "children"),
        ({"children": "MHG99999"}, "children"),
        ({"served_on": "2099-01-01"}, "served_on"),
        ({"hours": "0"}, "hours"),
        ({"hours": "25"}, "hours"),
        ({"where": "p0"}, "where"),
        ({"kind": "singing"}, "kind"),
        ({"giver": "一"}, "giver"),
    ],
)
def test_what_a_session_cannot_be(here, values, field):
    with district_scope(here.district):
        data = made.giving(here) | {"where": f"p{here.station.pk}"}
    answer = here.client.post(url("guidance-session-new"), data | values)
    assert answer.status_code == 422 and field in answer.context["form"].errors
    with district_scope(here.district):
        assert not GuidanceSession.objects.exists()


@pytest.mark.django_db
def test_a_child_that_left_gets_no_service_and_its_handbook_is_forgotten(here):
    with district_scope(here.district):
        child, other = made.a_child(here), made.a_child(here)
    answer = here.client.post(
        url("guided-end", child.pk), {"reason": "withdrawn", "ended_on": made.today().isoformat()}
    )
    assert answer.status_code == 302
    again = here.client.post(
        url("guided-end", child.pk), {"reason": "moved", "ended_on": made.today().isoformat()}
    )
    assert again.status_code == 409
    with district_scope(here.district):
        child.refresh_from_db()
        assert child.card_hash is None and child.card_tail == ""
        with pytest.raises(Refused) as refused:
            give(here, sessions.Venue(place=here.station), [child.code])
        assert child.code in str(refused.value.message)
        guided.take_off(other, actor=here.process, reason="moved", on=made.today())
        other.refresh_from_db()
        assert other.card_hash
        Parameter.objects.update_or_create(
            key="child.retention_days", ends_on=None,
            defaults={"value": 180, "label": "x", "basis": "示例", "starts_on": date(2020, 1, 1)},
        )  # fmt: skip
        late = made.today() + timedelta(180)
        assert guided.see_grown(actor=here.process, on=late - timedelta(1)) == (0, 0)
        assert guided.see_grown(actor=here.process, on=late) == (0, 1)
        assert guided.see_grown(actor=here.process, on=late) == (0, 0)


@pytest.mark.django_db
def test_who_is_three_leaves_the_list_by_the_clock(here):
    with district_scope(here.district):
        child = made.a_child(here)
        Parameter.objects.update_or_create(
            key="child.retention_days", ends_on=None,
            defaults={"value": 180, "label": "x", "basis": "示例", "starts_on": date(2020, 1, 1)},
        )  # fmt: skip
        third = date(child.birth_month.year + 3, child.birth_month.month, 28)
        assert guided.see_grown(actor=here.process, on=third) == (0, 0)
        assert guided.see_grown(actor=here.process, on=third + timedelta(7)) == (1, 0)
        child.refresh_from_db()
        assert (child.end_reason, child.ended_on) == ("grown", third + timedelta(7))


@pytest.mark.django_db
def test_pages_stay_within_twelve_queries_and_the_streets_reach(here):
    with district_scope(here.district):
        for _n in range(3):
            give(here, sessions.Venue(place=here.station), [made.a_child(here).code])
        beyond = made.a_child(Beyond(here))
    for name in ("guided-children", "guidance-sessions"):
        with at_most(12):
            assert here.client.get(url(name)).status_code == 200
    assert here.client.get(url("guided-child", beyond.pk)).status_code == 404
    behind = here.client.get(url("guided-children"), {"state": "behind"})
    codes = {row.code for row, _name, _shape in behind.context["rows"]}
    assert beyond.code not in codes and len(codes) == (3 if rules.due_by(6, made.today()) > 1 else 0)


class Beyond(Here):
    def __init__(self, here):
        super().__init__(here.cast)
        self.street = here.cast.other_street


@pytest.mark.django_db
def test_rest_gives_sessions_and_births_without_children(here, fetch, client):  # noqa: F811
    with district_scope(here.district):
        child = made.a_child(here)
        session = give(here, sessions.Venue(place=here.station), [child.code], kind="medical")
        newborns.keep_births(**made.a_months_births(here))
    body = fetch(path="/api/v1/guidance-sessions/", query=f"?street={here.street.code}").json()
    assert [(row["id"], row["children"], row["place"]) for row in body["results"]] == [
        (session.pk, 1, here.station.code)
    ]
    assert child.code not in str(body)
    jsonschema.validate(body, shape_of(client, "GuidanceSessionPage"))
    body = fetch(path="/api/v1/births/").json()
    assert [(row["total"], row["resident"]) for row in body["results"]] == [(9, 7)]
    jsonschema.validate(body, shape_of(client, "BirthPage"))
    assert fetch(path="/api/v1/births/", query="?street=310112999").json()["results"] == []


# ---- which events would bring them up


def announced(here, **given):
    return events_made.an_event(here, **({"place": here.station} | given))


def test_events_that_fit_are_proposed_and_what_none_fits_is_told_by_street(here):
    with district_scope(here.district):
        on = date(2026, 11, 20)
        born = date(2025, 11, 1)  # 13 months old on 1 December
        child = GuidedChild(street=here.street, birth_month=born)
        day = {"held_on": date(2026, 12, 1)}
        fitting = announced(here, domains=["medical"])
        wanted = announced(here, domains=["psychology"])
        for event in (fitting, wanted):
            GuidanceEvent.objects.filter(pk=event.pk).update(
                held_on=date(2026, 12, 2 if event == wanted else 1)
            )
        for given in (
            {"months_from": 14, "months_until": 36},
            {"place": None},  # elsewhere does not count where the plan asks for stations
            {"street": here.cast.other_street},
            {"state": "draft"},
        ):
            other = announced(here, **({"months_from": 0} | given))
            GuidanceEvent.objects.filter(pk=other.pk).update(**day)
        measure = Measure.on(on)
        found = proposals.for_child(child, ["psychology"], on, measure)
        assert found == [wanted, fitting]
        behind = [
            proposals.Group(here.street.pk, born, 3),
            proposals.Group(here.street.pk, date(2026, 10, 1), 2),
            proposals.Group(here.cast.other_street.pk, born, 4),
        ]
        offers, left = proposals.offers(behind, proposals.coming(on, measure))
        told = {one.event.pk: one.children for one in offers}
        assert (told[fitting.pk], told[wanted.pk], sorted(told.values())) == (3, 3, [3, 3, 4])
        assert left[here.street.pk] == 2
        assert not proposals.coming(date(2026, 12, 3), measure)


def test_the_pages_propose_events(here):
    with district_scope(here.district):
        child = made.a_child(here)
        event = announced(here, months_from=0, months_until=36)
        soon = min(timezone.localdate() + timedelta(3), date(timezone.localdate().year, 12, 31))
        GuidanceEvent.objects.filter(pk=event.pk).update(held_on=soon)
    page = here.client.get(url("guided-child", child.pk)).content.decode()
    assert "能补上的活动" in page and event.title in page
    with at_most(12):
        page = here.client.get(url("guided-children"), {"state": "behind"}).content.decode()
    if rules.due_by(6, timezone.localdate()):
        assert event.title in page and "适合 1 个落后的幼儿" in page


def test_a_child_s_page_leads_only_where_one_may_go(here):
    """A session of another street is told without a link; an event by its public page to who sees no other."""
    with district_scope(here.district):
        child = made.a_child(here)
        away = made.a_place(here, street=here.cast.other_street)
        theirs = give(here, sessions.Venue(place=away), [child.code])
        own = give(here, sessions.Venue(place=here.station), [child.code], kind="medical")
        event = announced(here, months_from=0, months_until=36)
        assign_perm("portal.serve_street", here.cast.home_visitor, here.street)
    page = here.client.get(url("guided-child", child.pk)).content.decode()
    assert url("guidance-session", own.pk) in page and url("guidance-session", theirs.pk) not in page
    assert url("guidance-event", event.pk) in page
    here.client.force_login(here.cast.home_visitor)
    page = here.client.get(url("guided-child", child.pk)).content.decode()
    assert f'href="{url("guidance-event", event.pk)}' not in page
    assert reverse("public-event", args=["minhang", event.pk]) in page


@pytest.mark.parametrize("on", [date(2026, 1, 5), date(2026, 7, 2), date(2026, 11, 20)])
def test_who_is_behind_is_the_same_in_the_list_and_in_the_proposals(here, on):
    with district_scope(here.district):
        children = [made.a_child(here) for _n in range(4)]
        GuidedChild.objects.update(asked_on=date(2025, 12, 1), birth_month=date(2025, 6, 1))
        venue = sessions.Venue(place=here.station)
        for number, child in enumerate(children):
            for _n in range(2 * number):
                give(here, venue, [child.code], on=date(2026, 1, 3))
        listed, street, _state, measure = lists.children(here.cast.actor("officer"), {"state": "behind"}, on)
        found = lists.behind(here.cast.actor("officer"), street, measure, on)
        assert {one.pk for one in found} == {one.pk for one in listed}
        assert sum(one.children for one in proposals.groups(found)) == listed.count()
        assert listed.count() == {1: 0, 7: 2, 11: 3}[on.month]
