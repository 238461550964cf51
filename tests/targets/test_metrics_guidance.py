"""Figures of guidance, each against a district counted by hand; the shipped targets read them."""

from datetime import date

import pytest

from facilities.models import Course, Facility, Trainer
from guidance.models import (
    BirthCount,
    GuidanceCourse,
    GuidanceEvent,
    GuidancePlace,
    GuidanceResource,
    GuidanceService,
    GuidanceSession,
    GuidedChild,
    KitUse,
    Lecturer,
    Newborn,
    NewbornVisit,
    NursingPlace,
)
from guidance.services import sessions
from portal.models import Parameter, PolicyDocument, Street
from portal.tenancy import district_scope
from targets.metrics import guidance
from targets.metrics.base import Period
from targets.services import reference
from tests import rows
from tests.targets import figures as f
from tests.targets.test_metrics_supply import count

pytestmark = pytest.mark.django_db
PERIOD = Period.month(2026, 11, f.DAY)


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        Facility.objects.update(opened_on=None)
        f.all_parameters()
        yield cast


def place(street, kind: str, **values) -> GuidancePlace:
    return rows.make(GuidancePlace, street=street, kind=kind, **({"opened_on": date(2022, 1, 1)} | values))


def test_open_places_are_counted_by_kind(minhang):
    place(minhang.street, "station")
    place(minhang.street, "station", closed_on=f.DAY)
    place(minhang.other_street, "station", opened_on=date(2026, 11, 30))
    place(minhang.street, "friendly")
    place(minhang.other_street, "friendly")
    place(minhang.street, "centre")
    place(minhang.other_street, "home")
    place(minhang.street, "play_room")
    assert count("guidance_stations")[0] == 1
    assert count("guidance_stations", Period.month(2026, 11))[0] == 2
    assert count("child_friendly_places")[0] == 2
    assert count("child_service_centres")[0] == 1
    assert count("child_service_places")[0] == 2
    assert count("play_rooms")[0] == 1
    assert count("early_development_bases")[0] == 0


def test_bases_that_use_the_resource_kit(minhang):
    place(minhang.street, "base", kit_from=date(2023, 1, 1))
    place(minhang.street, "base", kit_from=date(2026, 12, 1))
    place(minhang.street, "base")
    place(minhang.street, "station")
    assert count("resource_kit_in_bases") == (1, 3)


def test_layers_of_bases_are_filled_by_their_numbers(minhang):
    for tier in ("1", "4", "4", "4", "X"):
        place(minhang.street, "base", tier=tier)
    assert count("base_layers_filled") == (2, 4)
    place(minhang.street, "base", tier="4")
    place(minhang.street, "base", tier="Y")
    assert count("base_layers_filled") == (4, 4)


def test_each_metric_of_guidance_is_asked_for_by_a_target():
    text = reference.PROOFS.read_text()
    assert [
        m.key for family in guidance.FAMILIES for m in family.metrics if f"metric: {m.key}" not in text
    ] == []


def parameter(key: str, value) -> None:
    Parameter.objects.filter(key=f"guidance.{key}").delete()
    Parameter.objects.create(
        key=f"guidance.{key}", value=value, label=key, basis="示例", starts_on=date(2020, 1, 1)
    )


def test_children_count_when_they_had_as_many_as_the_district_asks(minhang):
    parameter("sessions_per_year", 2)
    one, two, three, _four = (
        rows.make(GuidedChild, street=minhang.street, birth_month=date(2025, 3, 1), asked_on=date(2025, 9, 1))
        for _n in range(4)
    )
    rows.make(
        GuidedChild, street=minhang.street, birth_month=date(2023, 10, 1), asked_on=date(2024, 1, 1)
    )  # three
    rows.make(
        GuidedChild,
        street=minhang.street,
        birth_month=date(2025, 3, 1),
        asked_on=date(2025, 9, 1),
        ended_on=f.DAY,
    )
    for child, given_by, on in (
        (one, "station", date(2026, 1, 1)),
        (one, "station", f.DAY),
        (two, "station", date(2026, 2, 1)),
        (two, "point", date(2026, 3, 1)),
        (three, "station", date(2025, 12, 31)),
        (three, "place", date(2026, 3, 1)),
        (three, "point", date(2026, 3, 2)),
    ):
        session = rows.make(GuidanceSession, street=minhang.street, served_on=on)
        rows.make(
            GuidanceService, session=session, child=child, street=minhang.street, served_on=on, kind="medical",
            given_by=given_by,
        )  # fmt: skip
    for which, hits in (("station", 1), ("station_point", 2), ("any", 3)):
        parameter("sessions_from", which)
        assert count("household_guidance") == (hits, 4)


def test_newborns_are_owed_a_visit_by_the_districts_definition(minhang):
    """March: 5 births, 4 resident, 3 entered (2 asked), one visited in time, one too late; April: nobody counted yet."""
    parameter("newborn_visits_per_year", 1)
    rows.make(BirthCount, street=minhang.street, month=date(2026, 3, 1), total=5, resident=4)
    made = [
        rows.make(Newborn, street=minhang.street, birth_month=date(2026, 3, 1), asked=asked, resident=True)
        for asked in (True, True, False)
    ]
    rows.make(Newborn, street=minhang.other_street, birth_month=date(2026, 4, 1), asked=True, resident=False)
    rows.make(Newborn, street=minhang.street, birth_month=date(2025, 12, 1), asked=True, resident=True)
    rows.make(NewbornVisit, newborn=made[0], visited_on=date(2026, 5, 1), topics=["sleep"])
    rows.make(NewbornVisit, newborn=made[1], visited_on=date(2026, 11, 30), topics=["sleep"])
    Newborn.objects.filter(pk=made[2].pk).update(handbook_on=date(2026, 3, 9))
    for whom, owed in (("asked", 2), ("resident", 4), ("every", 6)):
        parameter("newborn_visits_for", whom)
        assert count("newborn_home_visits") == (1, owed)
        assert count("newborn_home_visits", Period.month(2026, 11)) == (2, owed)
    assert count("handbooks_handed_out") == (1, 4)


def event(kind: str, street=None, **values) -> GuidanceEvent:
    given = {"held_on": date(2026, 5, 5), "state": "over", "came": 9} | values
    level = "street" if street else "district"
    return rows.make(GuidanceEvent, kind=kind, level=level, street=street, **given)


def test_events_count_when_they_were_held(minhang):
    PolicyDocument.objects.update(period_from=date(2021, 1, 1))
    event("fuel")
    event("lecture", online=True)
    event("other")
    event("fuel", state="announced")
    event("fuel", state="cancelled")
    event("fuel", held_on=date(2025, 12, 31))
    event("fuel", held_on=date(2026, 11, 30))
    event("fuel", minhang.street)
    event("fuel", minhang.street)
    event("tour", minhang.other_street)
    assert count("district_events")[0] == 2
    assert count("district_events", Period.month(2026, 11))[0] == 3
    assert count("district_events_offline")[0] == 1
    assert count("street_fuel_events")[0] == 2
    assert count("toured_streets") == (1, Street.objects.filter(is_street=True).count())


def test_what_a_plan_asks_for_once_counts_from_its_first_day(minhang):
    PolicyDocument.objects.update(period_from=date(2023, 1, 1))
    event("carnival", held_on=date(2022, 12, 31))
    event("carnival", held_on=date(2023, 1, 1))
    event("carnival", minhang.street, held_on=date(2024, 1, 1))
    event("growth", minhang.street, held_on=date(2024, 1, 1))
    event("tour", minhang.street, held_on=date(2022, 6, 1))
    assert count("carnivals")[0] == 1
    assert count("parent_growth_events")[0] == 1
    assert count("toured_streets")[0] == 0
    PolicyDocument.objects.update(period_from=date(2026, 12, 1))  # not begun: the year alone
    event("carnival", held_on=date(2026, 1, 1))
    assert count("carnivals")[0] == 1


def test_street_events_are_their_streets(minhang):
    event("fuel", minhang.street)
    metric = next(m for m in guidance.EVENTS.metrics if m.key == "street_fuel_events")
    figures = guidance.EVENTS.figures(PERIOD, {}, [metric])[metric.key]
    assert figures[minhang.street.pk][0] == 1 and minhang.other_street.pk not in figures
    lines = guidance.EVENTS.rows(metric, PERIOD, {})
    assert [line["hit"] for line in lines] == [True]


# ---- resources, courses, nursing rooms


def test_public_resources_are_counted_once_by_their_latest_edition(minhang):
    PolicyDocument.objects.filter(period_from__isnull=False).update(period_from=date(2021, 1, 1))
    public = {"state": "published", "kind": "article"}
    rows.make(
        GuidanceResource,
        code="V1",
        edition=1,
        published_on=date(2022, 1, 1),
        kind="article",
        state="replaced",
    )
    rows.make(GuidanceResource, code="V1", edition=2, published_on=date(2023, 1, 1), **public)
    rows.make(GuidanceResource, code="V2", published_on=f.DAY, **public)
    rows.make(GuidanceResource, code="V3", published_on=date(2026, 11, 30), **public)
    rows.make(GuidanceResource, code="V4", published_on=date(2020, 1, 1), **public)
    rows.make(GuidanceResource, code="V5", published_on=date(2022, 1, 1), kind="kit", state="published")
    rows.make(
        GuidanceResource,
        code="V6",
        published_on=date(2022, 1, 1),
        withdrawn_on=f.DAY,
        kind="film",
        state="withdrawn",
    )
    rows.make(GuidanceResource, code="V7", state="draft")
    assert count("guidance_resources")[0] == 2
    assert count("guidance_resources", Period.month(2026, 11))[0] == 3


def test_facilities_and_streets_use_a_kit(minhang):
    Facility.objects.filter(pk=minhang.facility.pk).update(opened_on=date(2020, 1, 1))
    before = count("kit_users")
    kit = rows.make(GuidanceResource, kind="kit", state="published")
    assert before[0] == 0 and before[1] > 1
    rows.make(KitUse, kit=kit, street=minhang.street, facility=None, used_from=date(2026, 1, 1))
    rows.make(KitUse, kit=kit, street=minhang.street, facility=minhang.facility, used_from=date(2026, 1, 1))
    rows.make(KitUse, kit=kit, street=minhang.other_street, facility=None, used_from=date(2026, 11, 30))
    assert count("kit_users") == (2, before[1])


def test_courses_count_by_theme_and_by_whose_they_are(minhang):
    PolicyDocument.objects.filter(period_from__isnull=False).update(period_from=date(2021, 1, 1))
    given = {"hours": 2, "listed_on": date(2022, 1, 1), "active": True, "own": False, "theme": "education"}
    rows.make(GuidanceCourse, **given)
    rows.make(GuidanceCourse, **given | {"theme": "grandparents"})
    rows.make(GuidanceCourse, **given | {"theme": "grandparents", "active": False})
    rows.make(GuidanceCourse, **given | {"theme": "grandparents", "listed_on": date(2020, 1, 1)})
    rows.make(GuidanceCourse, **given | {"own": True})
    own = {
        "kind": "activity",
        "state": "published",
        "published_on": date(2022, 1, 1),
        "theme": "grandparents",
    }
    rows.make(GuidanceResource, own=True, **own)
    rows.make(GuidanceResource, own=False, **own)
    assert count("grandparent_courses")[0] == 1
    assert count("own_courses")[0] == 2


def test_the_pools_need_a_course_and_a_lecturer(minhang):
    Course.objects.update(active=False)
    Trainer.objects.update(active=False)
    assert count("course_pools") == (0, 2)
    rows.make(GuidanceCourse, hours=2, active=True, listed_on=f.DAY)
    assert count("course_pools") == (1, 2)
    gone = rows.make(Lecturer, agreed_on=date(2022, 1, 1), left_on=f.DAY)
    assert count("course_pools") == (1, 2)
    Lecturer.objects.filter(pk=gone.pk).update(left_on=None)
    assert count("course_pools") == (2, 2)


def test_nursing_rooms_are_counted_against_the_list_of_the_day(minhang):
    listed = {"street": minhang.street, "listed_on": date(2025, 1, 1)}
    rows.make(NursingPlace, **listed, state="open", opened_on=date(2025, 6, 1))
    rows.make(NursingPlace, **listed, state="open", opened_on=date(2026, 11, 30))
    rows.make(NursingPlace, **listed, state="none")
    rows.make(NursingPlace, **listed, state="none", ended_on=f.DAY)
    rows.make(NursingPlace, street=minhang.street, listed_on=date(2026, 11, 30), state="none")
    assert count("nursing_rooms") == (1, 3)
    assert count("nursing_rooms", Period.month(2026, 11)) == (2, 4)


def test_online_guidance_counts_where_the_child_is_known(minhang):
    born = {"birth_month": date(2025, 3, 1), "asked_on": date(2025, 9, 1)}
    met, on_site, struck, before, none = (
        rows.make(GuidedChild, street=minhang.street, **born) for _n in range(5)
    )
    for child, values in (
        (met, {"online": True, "served_on": date(2026, 1, 1)}),
        (met, {"online": True, "served_on": f.DAY}),
        (on_site, {"online": False, "served_on": f.DAY}),
        (struck, {"online": True, "served_on": f.DAY, "struck_on": f.DAY}),
        (before, {"online": True, "served_on": date(2025, 12, 31)}),
    ):
        session = rows.make(GuidanceSession, street=minhang.street, **values)
        if session.struck_on is None:  # a session that is struck out loses its services
            sessions.service_of(session, child).save()
    assert count("online_guidance") == (1, 5)
    assert none.pk
