"""The figure of emergency plans and drills, against a district counted by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from facilities.models import EmergencyDrill, EmergencyPlan, Facility
from portal.models import Parameter
from portal.tenancy import district_scope
from targets.metrics.base import Period
from targets.metrics.registry import FAMILY_OF, METRICS
from targets.services import rollup
from tests import rows
from tests.targets import figures as f

pytestmark = pytest.mark.django_db
KEY = "emergency_prepared"
FAMILY, METRIC = FAMILY_OF[KEY], METRICS[KEY]
PERIOD = Period.month(2026, 11, f.DAY)
LONG_AGO, NEVER = date(2024, 1, 1), date(2099, 1, 1)
DAY = timedelta(1)


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        Facility.objects.update(opened_on=None)
        f.parameters(emergency__kinds=["public_health", "fire"])
        yield cast


def plan(place: Facility, kind: str, **values) -> EmergencyPlan:
    facts = {"approved_on": LONG_AGO, "review_on": NEVER, "version": 1} | values
    return rows.make(EmergencyPlan, facility=place, kind=kind, **facts)


def prepared(place: Facility, *, drilled: date | None = f.DAY, **fire) -> Facility:
    """A facility with both plans, `fire` what is otherwise in one of them, and a drill of it."""
    plan(place, "public_health")
    made = plan(place, "fire", **fire)
    if drilled:
        rows.make(EmergencyDrill, plan=made, held_on=drilled, result="good")
    return place


def counted(period: Period = PERIOD) -> tuple[int, int]:
    """The district's sum; the rows behind it are as many, street by street."""
    values = rollup.parameter_values(period.as_of)
    by_street = FAMILY.figures(period, values, [METRIC])[KEY]
    whole = tuple(int(sum(pair[n] for pair in by_street.values())) for n in (0, 1))
    found = FAMILY.rows(METRIC, period, values)
    assert (sum(row["hit"] for row in found), len(found)) == whole
    for street, pair in by_street.items():
        own = FAMILY.rows(METRIC, period, values, streets=[street])
        assert (sum(row["hit"] for row in own), len(own)) == pair
    return whole


def test_all_plans_that_are_asked_for_and_a_drill(minhang):
    prepared(f.facility(minhang.street))
    prepared(f.facility(minhang.other_street, kind="baby_house"))
    plan(f.facility(minhang.street), "fire")  # one kind is missing
    f.facility(minhang.street)  # nothing on record
    prepared(f.facility(minhang.street, kind="guidance_point"))  # cares for nobody
    prepared(f.facility(minhang.street, closed_on=f.DAY, state="closed"))
    assert counted() == (2, 4)


@pytest.mark.parametrize(
    ("fire", "drilled", "counts"),
    [
        ({}, f.DAY, 1),
        ({}, f.DAY + DAY, 0),  # the drill is still to come
        ({}, None, 0),
        ({"review_on": f.DAY}, LONG_AGO, 1),
        ({"review_on": f.DAY - DAY}, LONG_AGO, 0),  # past its review
        ({"approved_on": f.DAY}, f.DAY, 1),
        ({"approved_on": f.DAY + DAY}, LONG_AGO, 0),  # approved later
        ({"replaced_on": f.DAY + DAY}, LONG_AGO, 1),  # the next version came later
        ({"replaced_on": f.DAY}, LONG_AGO, 0),  # no version in force
    ],
)
def test_plans_and_drills_are_those_of_the_day(minhang, fire, drilled, counts):
    prepared(f.facility(minhang.street), drilled=drilled, **fire)
    assert counted() == (counts, 1)


def test_a_drill_of_an_earlier_version_counts(minhang):
    place = f.facility(minhang.street)
    prepared(place, replaced_on=date(2026, 5, 1), drilled=date(2026, 3, 1))
    plan(place, "fire", version=2, approved_on=date(2026, 5, 1))
    assert counted() == (1, 1)


def test_a_kind_more_that_the_district_asks_for_counts_from_its_day(minhang):
    prepared(f.facility(minhang.street))
    Parameter.objects.filter(key="emergency.kinds").update(ends_on=f.DAY)
    Parameter.objects.create(
        key="emergency.kinds", value=["public_health", "fire", "food"], label="x", starts_on=f.DAY + DAY
    )
    assert counted() == (1, 1)
    assert counted(Period.month(2026, 11, f.DAY + DAY)) == (0, 1)


def test_without_the_parameter_there_is_no_figure(minhang):
    Parameter.objects.filter(key="emergency.kinds").delete()
    assert FAMILY.missing(METRIC, rollup.parameter_values(PERIOD.as_of)) == ["emergency.kinds"]


def test_the_row_says_how_far_a_facility_is(minhang):
    plan(f.facility(minhang.street), "fire")
    (row,) = FAMILY.rows(METRIC, PERIOD, rollup.parameter_values(PERIOD.as_of))
    assert row["detail"] == "1 / 2　0" and not row["hit"]
