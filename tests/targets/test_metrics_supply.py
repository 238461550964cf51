"""Figures of places and sites, each against a district counted by hand."""

from datetime import date
from decimal import Decimal

import pytest

from facilities.models import Facility, Kindergarten
from facilities.supply import residents
from portal.tenancy import district_scope
from targets.metrics.base import Period
from targets.metrics.registry import FAMILY_OF, METRICS
from targets.services import rollup
from tests.targets import figures as f

pytestmark = pytest.mark.django_db
PERIOD = Period.month(2026, 11, f.DAY)


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        Kindergarten.objects.all().delete()
        Facility.objects.update(opened_on=None)  # those of the cast: never opened, so never counted
        f.all_parameters()
        yield cast


def count(metric: str, period: Period = PERIOD) -> tuple[int, int]:
    """The district's sum, and at once: the rows behind it are as many, and the streets add up to it."""
    family, values = FAMILY_OF[metric], rollup.parameter_values(period.as_of)
    by_street = family.figures(period, values)[metric]
    whole = tuple(int(sum(pair[n] for pair in by_street.values())) for n in (0, 1))
    rows = family.rows(METRICS[metric], period, values)
    assert sum(row["amount"] for row in rows if row["hit"]) == whole[0]
    assert len(rows) == whole[1]
    for street_id, pair in by_street.items():
        if street_id is not None:
            assert len(family.rows(METRICS[metric], period, values, streets=[street_id])) == pair[1]
    hits, others = family.count_rows(METRICS[metric], period, values)
    assert hits + others == whole[1]
    return whole


def test_places_and_sites_are_those_of_operating_facilities(minhang):
    f.facility(minhang.street, places=60)
    f.facility(minhang.other_street, places=15)
    f.facility(minhang.street, places=40, closed_on=f.DAY, state="closed")
    f.facility(minhang.street, places=40, opened_on=date(2026, 12, 1))
    f.facility(minhang.street, places=40, state="preparing")
    f.facility(minhang.street, places=40, kind="guidance_point")
    f.suspend(f.facility(minhang.street, places=40, state="suspended"), date(2026, 11, 3))
    assert count("places_per_street") == (75, 2)
    assert count("sites_per_street") == (2, 2)
    assert count("guidance_points_per_street") == (1, 1)


def test_a_state_is_that_of_the_day(minhang):
    place = f.facility(minhang.street, state="suspended")
    f.suspend(place, date(2026, 11, 25))
    assert count("sites_per_street") == (1, 1)
    assert count("sites_per_street", Period.month(2026, 11)) == (0, 0)
    back = f.facility(minhang.street)
    f.suspend(back, date(2026, 10, 1), resumed=date(2026, 10, 20))
    assert count("sites_per_street", Period.month(2026, 10, date(2026, 10, 10))) == (1, 1)
    assert count("sites_per_street") == (2, 2)


def test_a_facility_that_closed_later_was_open_then(minhang):
    f.facility(minhang.street, state="closed", closed_on=date(2026, 12, 1))
    assert count("sites_per_street") == (1, 1)


def test_inclusive_is_a_property_and_a_kind(minhang):
    f.facility(minhang.street, inclusive=True)
    f.facility(minhang.street, kind="inclusive_site", opened_on=date(2026, 2, 1))
    f.facility(minhang.other_street)
    assert count("inclusive_site_per_street") == (2, 3)
    assert count("inclusive_sites_opened") == (1, 3)


def test_baby_house_figures(minhang):
    house = {"kind": "baby_house", "places": 20}
    good = f.facility(
        minhang.street, **house, usable_area=60, video_days=30, video_connected=True, alarm_connected=True,
        insured_until=f.DAY, fees_published_on=date(2026, 1, 1),
    )  # fmt: skip
    f.facility(
        minhang.other_street, **house, usable_area="59.9", video_days=29, insured_until=date(2026, 11, 19)
    )
    f.facility(minhang.other_street, usable_area=1000)
    for _ in range(4):
        f.person(good)
    f.person(good, post="health")
    f.person(good, post="head")
    for metric in (
        "area_per_child", "video_retention", "baby_house_video_connected", "alarm_connected", "insured",
        "fees_published", "health_worker", "head_on_post", "staff_child_ratio",
    ):  # fmt: skip
        assert count(metric) == (1, 2), metric
    assert (
        count("baby_house_per_street")
        == count("baby_house_coverage")
        == count("baby_house_streets_all")
        == (2, 2)
    )
    assert count("baby_house_quota") == (40, 2)


def test_video_is_kept_longer_outside_of_a_baby_house(minhang):
    f.facility(minhang.street, video_days=90, video_connected=True)
    f.facility(minhang.street, video_days=89)
    f.facility(minhang.street, kind="baby_house", video_days=30)
    f.facility(minhang.street)
    assert count("video_retention_all") == (2, 4)
    assert count("video_connected") == (1, 4)


def test_a_file_is_complete_with_all_its_parts(minhang):
    whole = {
        "operator": "示例", "head": "示例", "phone": "021", "credit_code": "9" * 18, "usable_area": 100,
        "insured_until": date(2026, 1, 1),
    }  # fmt: skip
    f.facility(minhang.street, **whole)
    f.facility(minhang.street, **(whole | {"phone": ""}))
    assert count("one_file_complete") == (1, 2)


def test_kindergartens_with_nursery_classes(minhang):
    nursery = f.facility(minhang.street, kind="integrated_kindergarten")
    shut = f.facility(
        minhang.street, kind="integrated_kindergarten", closed_on=date(2026, 1, 1), state="closed"
    )
    f.kindergarten(minhang.street, nursery, works="new", works_on=date(2022, 1, 1))
    f.kindergarten(minhang.street, shut)
    f.kindergarten(minhang.other_street, works="rebuilt", works_on=date(2023, 1, 1))
    f.kindergarten(minhang.other_street, works="new", works_on=date(2020, 12, 31))
    f.kindergarten(minhang.other_street, closed_on=date(2025, 1, 1))
    assert count("integrated_kindergarten_share") == (1, 4)
    assert count("new_kindergarten_share") == (1, 2)
    assert count("built_kindergarten_share") == (1, 1)


def test_supply_that_rises_against_the_end_of_last_year(minhang):
    lately = date(2026, 5, 1)
    f.facility(minhang.street, inclusive=True, places=30)
    old = f.facility(minhang.street, kind="integrated_kindergarten", inclusive=False)
    f.kindergarten(minhang.street, old)
    assert count("inclusive_supply_rising") == (0, 2)
    f.facility(minhang.street, inclusive=True, places=1, opened_on=lately)
    assert count("inclusive_supply_rising") == (1, 2)
    f.kindergarten(
        minhang.street, f.facility(minhang.street, kind="integrated_kindergarten", opened_on=lately)
    )
    assert count("inclusive_supply_rising") == (2, 2)
    assert count("inclusive_supply_rising", Period.year(2025)) == (0, 2)


def test_modes_of_service(minhang):
    f.facility(minhang.street, full_day=True, hourly=True)
    f.facility(minhang.street, full_day=True)
    assert count("service_modes") == (2, 3)


def test_quota_over_the_newest_population(minhang):
    f.facility(minhang.street, kind="baby_house", places=15)
    f.residents(minhang.street, 50, year=2024)
    f.residents(minhang.street, 100, year=2026)
    f.residents(minhang.street, 7, year=2027)
    f.residents(minhang.street, 999, kind="under_three", year=2026)
    found = rollup.compute(PERIOD, only=["baby_house_quota"])
    assert found.values == {}  # no target of the district asks for it
    people = residents(f.DAY, ["one_to_three"])
    assert people["one_to_three", minhang.street.pk] == Decimal(100)
    by_street = {minhang.street.pk: rollup.Figure(Decimal(15))}
    share = rollup.per_population(
        by_street, METRICS["baby_house_quota"], people, [minhang.street, minhang.other_street]
    )
    assert share[minhang.street.pk].share == Decimal("0.15")
    assert share[minhang.other_street.pk].share is None or share[minhang.other_street.pk].share == 0
