"""Where new sites would serve most: the rule against every combination, the page against the circle, nothing written."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facilities import what_if
from facilities.models import Facility
from facilities.rules import geo
from facilities.rules import what_if as rules
from portal.models.places import Street
from portal.tenancy import district_scope
from tests.facilities.test_circle import DAY, facility, minhang, neighbourhood, north  # noqa: F401

pytestmark = pytest.mark.django_db


def spot(key: int, metres: float, children: int, bare: bool = True) -> rules.Spot:
    latitude, longitude = north(metres)
    return rules.Spot(key, f"{key:03}", geo.Point(float(latitude), float(longitude)), children, bare)


def served(spots, radius, keys) -> int:
    """Children without one who are within the radius of one of the points, counted pair by pair."""
    return sum(
        s.children
        for s in spots
        if s.bare and any(geo.metres(s.point, o.point) <= radius for o in spots if o.key in keys)
    )


SPOTS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 80), st.booleans()), min_size=1, max_size=9
).map(lambda rows: [spot(n, 120 * where, children, bare) for n, (where, children, bare) in enumerate(rows)])


@settings(max_examples=150, deadline=None)
@given(SPOTS, st.integers(1, 3), st.sampled_from([150, 500, 1000]))
def test_against_every_combination_of_as_many(spots, sites, radius):
    chosen = rules.choose(spots, radius, sites)
    best = max(
        served(spots, radius, set(keys))
        for keys in combinations([s.key for s in spots], min(sites, len(spots)))
    )
    got = served(spots, radius, {one.key for one in chosen})
    assert got == sum(one.children for one in chosen)
    assert best * (1 - 1 / 2.718281828) <= got <= best
    assert [one.children for one in chosen] == sorted((one.children for one in chosen), reverse=True)
    reached = [key for one in chosen for key in one.reached]
    assert len(reached) == len(set(reached)), "nobody is served twice"
    if len(chosen) < sites:
        assert set(reached) == {s.key for s in spots if s.bare}


def test_a_tie_goes_to_more_neighbourhoods_and_then_by_name():
    far = [spot(1, 0, 30), spot(2, 5000, 30), spot(3, 5100, 0)]
    assert rules.choose(far, 500, 1)[0].key == 2
    assert rules.choose([spot(2, 0, 5), spot(1, 9000, 5)], 500, 1)[0].key == 1


def test_places_and_streets_are_counted_as_if_the_sites_stood(minhang):  # noqa: F811
    near = neighbourhood(minhang.street, under_three=10)
    neighbourhood(minhang.street, "示例二居委", north(5000), under_three=70)
    neighbourhood(minhang.street, "示例三居委", north(5600), under_three=5)
    facility(minhang.street, 100, kind="nursery", places=60)
    streets = list(Street.objects.order_by("code"))
    given = {
        "radius": 1000.0,
        "kind": "inclusive_site",
        "places": 25,
        "same": False,
        "asked": what_if.parameters(DAY),
    }
    found = what_if.simulate(DAY, streets, sites=3, **given)
    (site,) = found.sites
    assert site.neighbourhood.name == "示例三居委" and (site.children, site.left) == (75, 0), (
        "a tie goes by name"
    )
    assert {row.name for row in site.reached} == {"示例二居委", "示例三居委"}
    assert (found.before.without, found.after_without, found.after_children) == (2, 0, 0)
    same = what_if.simulate(DAY, streets, sites=1, **(given | {"same": True}))
    assert same.before.without == 3 and same.sites[0].neighbourhood.name == "示例三居委"
    assert near.name not in {row.name for row in same.sites[0].reached}
    before, after = next(
        (b, a) for b, a in found.asked if b.parameter.key == "supply.inclusive_sites_per_street"
    )
    assert after.value - before.value in (0, 1) and minhang.street.pk not in after.short


def test_the_mean_of_the_kind_where_no_places_are_given(minhang):  # noqa: F811
    facility(minhang.street, 100, kind="nursery", places=60)
    facility(minhang.street, 200, kind="nursery", places=41)
    neighbourhood(minhang.street, at=north(9000))
    nurseries = Facility.objects.filter(kind="nursery").values_list("places", flat=True)
    given = {"radius": 1000.0, "places": None, "same": False, "sites": 1, "asked": {}}
    streets = list(Street.objects.order_by("code"))
    assert what_if.simulate(DAY, streets, kind="nursery", **given).places == round(
        sum(nurseries) / len(nurseries)
    )
    assert what_if.simulate(DAY, streets, kind="integrated_kindergarten", **given).places == 0


def test_the_page_in_few_queries_its_file_and_what_it_refuses(client, cast):
    with district_scope(cast.minhang):
        for n in range(4):
            neighbourhood(cast.street, f"示例{n}居委", north(3000 * n), under_three=10 + n)
        there = set(Facility.objects.values_list("pk", flat=True))
    client.force_login(cast.bureau)
    page = client.get("/minhang/supply/what-if/?sites=2&kind=baby_house&places=20")
    text = page.content.decode()
    assert page.status_code == 200 and text.index("示例3居委") < text.index("示例2居委")
    assert "示例1居委" not in text
    refused = client.get("/minhang/supply/what-if/?sites=9999")
    assert refused.status_code == 422 and "50" in refused.content.decode()
    with district_scope(cast.minhang):
        assert set(Facility.objects.values_list("pk", flat=True)) == there, "a calculation only"
