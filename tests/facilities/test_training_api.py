"""Training over REST: sessions and hours as the pages have them, without people."""

import hashlib
import json
from datetime import date, timedelta
from decimal import Decimal

import jsonschema
import pytest
from django.utils import timezone

from facilities.models import TrainingSignUp
from facilities.services import training
from portal.models import Parameter
from portal.models.people import ApiClient
from portal.tenancy import district_scope
from tests.facilities import factories, test_api
from tests.facilities.test_operators_api import shape_of

pytestmark = pytest.mark.django_db
TOKEN = "sy_minhang_training-secret"
asking = test_api.fetch


@pytest.fixture
def fetch(asking, cast):
    with district_scope(cast.minhang):
        ApiClient.objects.create(
            name="training", token_sha256=hashlib.sha256(TOKEN.encode()).hexdigest(), scopes=["training:read"],
            starts_on=date(2020, 1, 1), created_by=cast.bureau,
        )  # fmt: skip
    return lambda who=TOKEN, **how: asking(who=who, **how)


@pytest.fixture
def place(cast):
    today = timezone.localdate()
    with district_scope(cast.minhang):
        bureau = cast.actor("bureau")
        course = training.add_course(
            actor=bureau, title="示例急救课", kind="skills", provider="示例培训中心", hours=Decimal(16)
        )
        cast.session = training.plan_session(
            course, actor=bureau, today=today, mode="on_site", place="示例路 1 号", capacity=30,
            starts_on=today + timedelta(3), ends_on=today + timedelta(3), sign_up_until=today + timedelta(1),
        )  # fmt: skip
        cast.people = [factories.employment(cast.facility).staff for _n in range(3)]
        elsewhere = factories.employment(factories.facility(cast.other_street)).staff
        for person, hours in ((cast.people[0], 72), (cast.people[1], 60), (elsewhere, 10)):
            person.training.create(
                kind="skills", course="示例课", provider="示例校", hours=hours, done_on=date(today.year, 1, 1)
            )
        for person, attendance in ((cast.people[0], "absent"), (cast.people[1], "attended")):
            TrainingSignUp.objects.create(
                session=cast.session, staff=person, facility=cast.facility, signed_at=timezone.now(),
                attendance=attendance,
            )  # fmt: skip
    return cast


def test_sessions_with_who_signed_up_in_numbers(place, fetch, client):
    body = fetch(path="/api/v1/training/sessions/").json()
    (row,) = body["results"]
    assert (row["code"], row["course"], row["hours"], row["state"]) == (
        place.session.code, "示例急救课", 16.0, "open",
    )  # fmt: skip
    assert (row["signed_up"], row["attended"], row["capacity"]) == (2, 1, 30)
    jsonschema.validate(body, shape_of(client, "TrainingSessionPage"))
    assert fetch(path="/api/v1/training/sessions/", query="?state=held").json() == {
        "results": [],
        "next": None,
    }
    assert all(person.code not in json.dumps(body) for person in place.people)


def test_courses_with_how_often_they_were_held(place, fetch, client):
    with district_scope(place.minhang):
        other = training.add_course(
            actor=place.actor("bureau"),
            title="示例师德课",
            kind="ethics",
            provider="示例校",
            hours=Decimal(4),
        )
    body = fetch(path="/api/v1/training/courses/").json()
    jsonschema.validate(body, shape_of(client, "CoursePage"))
    assert [(row["title"], row["hours"], row["sessions"], row["active"]) for row in body["results"]] == [
        ("示例急救课", 16.0, 1, True),
        ("示例师德课", 4.0, 0, True),
    ]
    first = fetch(path="/api/v1/training/courses/", query="?limit=1").json()
    (row,) = fetch(path="/api/v1/training/courses/", query=f"?cursor={first['next']}").json()["results"]
    assert row["id"] == other.pk


def test_trainers_without_their_full_names(place, fetch, client):
    today = timezone.localdate()
    with district_scope(place.minhang):
        trainer = training.add_trainer(
            actor=place.actor("bureau"), name="川示和", kind="care", organisation="示例中心", subject="急救"
        )
        for hours, on in ((3, date(today.year, 1, 1)), (5, date(today.year - 1, 5, 1))):
            trainer.trainings.create(course="示例研修", provider="示例校", hours=hours, done_on=on)
    answer = fetch(path="/api/v1/training/trainers/")
    jsonschema.validate(answer.json(), shape_of(client, "TrainerPage"))
    (row,) = answer.json()["results"]
    assert (row["name"], row["trainings"], row["hours"], row["last_on"]) == (
        "川*",
        1,
        3.0,
        f"{today.year}-01-01",
    )
    assert "川示和" not in answer.content.decode()


def test_hours_per_street_and_per_facility_of_one(place, fetch, client):
    today = timezone.localdate()
    body = fetch(path="/api/v1/training/hours/").json()
    jsonschema.validate(body, shape_of(client, "TrainingHoursAnswer"))
    rows = {row["code"]: row for row in body["results"]}
    mine = rows[place.street.code]
    assert (mine["people"], mine["skills_met"], mine["skills_hours"]) == (3, 1, 132.0)
    # who has 60 hours and is signed up for 16 more will have them, if the session ends within the year
    within = (today + timedelta(3)).year == today.year
    assert mine["skills_expected"] == (2 if within else 1)
    assert rows[place.other_street.code]["people"] == 1 and body["skills_asked"] == 72.0
    inside = fetch(path="/api/v1/training/hours/", query=f"?street={place.street.code}").json()["results"]
    assert [(row["code"], row["people"]) for row in inside] == [(place.facility.code, 3)]
    past = fetch(path="/api/v1/training/hours/", query=f"?year={today.year - 1}").json()
    assert past["on"] == f"{today.year - 1}-12-31" and past["results"][0]["skills_hours"] == 0


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("sessions", "?state=lost", "state"),
        ("sessions", "?limit=0", "limit"),
        ("courses", "?kind=skills", "kind"),
        ("trainers", "?limit=x", "limit"),
        ("hours", "?year=1999", "year"),
        ("hours", "?year=9999", "year"),
        ("hours", "?year=二〇二六", "year"),
        ("hours", "?street=000000000", "street"),
        ("hours", "?limit=3", "limit"),
    ],
)
def test_what_is_asked_wrongly_is_said_by_name(place, fetch, path, query, name):
    answer = fetch(path=f"/api/v1/training/{path}/", query=query)
    assert answer.status_code == 400 and name in answer.content.decode()


def test_a_token_without_the_scope_reads_nothing(place, fetch):
    assert fetch("reader", path="/api/v1/training/hours/").status_code == 403


def test_where_the_district_asks_for_no_hours_nobody_counts_as_having_them(place, fetch, client):
    with district_scope(place.minhang):
        Parameter.objects.filter(key__startswith="training.").delete()
    body = fetch(path="/api/v1/training/hours/").json()
    jsonschema.validate(body, shape_of(client, "TrainingHoursAnswer"))
    assert body["skills_asked"] is None
    names = ("skills_met", "ethics_met", "skills_expected", "ethics_expected")
    assert {row[name] for row in body["results"] for name in names} == {None}
