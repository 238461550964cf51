"""The circle, neighbourhoods, locations and the map: against distances counted by hand, across the border, by right."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from facilities import circle, crowd
from facilities.models import Facility, Neighbourhood
from facilities.rules import geo
from facilities.services import facilities as services
from facilities.services import locations, neighbourhoods
from portal.errors import Conflict, Denied, Refused
from portal.models.records import AuditEntry
from portal.tenancy import district_scope
from tests.facilities import factories
from tests.facilities.test_api import schema, validator
from tests.inspections.test_results_api import grant
from tests.queries import at_most

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 18)
MIDDLE = (Decimal("31.150000"), Decimal("121.350000"))
TOKEN = "sy_minhang_points-secret"


def north(metres: float) -> tuple[Decimal, Decimal]:
    """A point so many metres north of the middle."""
    degrees = Decimal(str(round(metres / 111_194.93, 6)))
    return MIDDLE[0] + degrees, MIDDLE[1]


def facility(street, metres: float, **values) -> Facility:
    latitude, longitude = north(metres)
    return factories.facility(street, latitude=latitude, longitude=longitude, **values)


def neighbourhood(street, name="示例一居委", at=MIDDLE, **values) -> Neighbourhood:
    given = {"under_three": 40, "source": "示例台账", "counted_on": date(2025, 12, 31)} | values
    return Neighbourhood.objects.create(street=street, name=name, latitude=at[0], longitude=at[1], **given)


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        yield cast


@pytest.fixture
def town(cast):
    with district_scope(cast.minhang):
        neighbourhood(cast.street)
        neighbourhood(cast.street, "示例二居委", north(5000), under_three=None)
        facility(cast.street, 300, kind="nursery")
    return cast


def near(radius=1000, on=DAY) -> dict[str, circle.Reached]:
    return {row.neighbourhood.name: row for row in circle.reached(on, radius)}


def test_what_lies_within_the_radius_counts_to_the_metre(minhang):
    neighbourhood(minhang.street)
    facility(minhang.street, 999, kind="baby_house")
    facility(minhang.street, 1001, kind="nursery")
    row = near()["示例一居委"]
    assert row.kinds == {"baby_house": pytest.approx(999, abs=0.2)}
    assert row.covered() and row.covered("baby_house") and not row.covered("nursery")
    assert near(1002)["示例一居委"].covered("nursery")


def test_sql_and_python_measure_the_same(minhang):
    neighbourhood(minhang.street)
    for latitude, longitude in (("31.1534", "121.3571"), ("31.1466", "121.3432"), ("31.1500", "121.3590")):
        place = factories.facility(
            minhang.street, latitude=Decimal(latitude), longitude=Decimal(longitude), kind="nursery"
        )
        measured = near(3000)["示例一居委"].kinds["nursery"]
        by_hand = geo.metres(
            geo.Point(31.15, 121.35), geo.Point(float(place.latitude), float(place.longitude))
        )
        assert measured == pytest.approx(by_hand, abs=0.01)
        Facility.objects.filter(pk=place.pk).update(state="closed", closed_on=DAY)


def test_only_what_operates_on_the_day_and_gives_care_counts(minhang):
    neighbourhood(minhang.street)
    facility(minhang.street, 100, kind="guidance_point")
    facility(minhang.street, 100, kind="nursery", state="suspended")
    facility(minhang.street, 100, kind="nursery", opened_on=DAY + timedelta(1))
    assert not near()["示例一居委"].covered()
    assert near(on=DAY + timedelta(1))["示例一居委"].covered()


def test_inclusive_is_asked_for_whatever_the_kind(minhang):
    neighbourhood(minhang.street)
    facility(minhang.street, 100, kind="nursery", inclusive=True)
    assert set(near()["示例一居委"].kinds) == {"nursery", "inclusive"}


def test_a_neighbouring_districts_facility_is_told_apart(cast):
    with district_scope(cast.jinshan):
        street = cast.foreign_facility.street
        facility(street, 200, kind="nursery", name="示例邻区")
        facility(street, 200, kind="baby_house", state="suspended")
        facility(street, 200, kind="inclusive_site", state="preparing", opened_on=None)
    with district_scope(cast.minhang):
        neighbourhood(cast.street)
        row = near()["示例一居委"]
        assert (row.kinds, set(row.across)) == ({}, {"nursery"})
        assert row.only_across() and row.only_across("nursery") and not row.only_across("baby_house")
        count = circle.counted([row])
        assert (count.without, count.across, count.children_without) == (1, 1, 40)
        facility(cast.street, 500, kind="nursery")
        assert not near()["示例一居委"].only_across()
    with district_scope(cast.minhang, read_only=True):
        assert near()["示例一居委"].covered()


def test_counts_say_what_nobody_has_counted(minhang):
    neighbourhood(minhang.street)
    neighbourhood(minhang.street, "示例二居委", north(5000), under_three=None)
    neighbourhood(minhang.street, "示例三居委", north(9000), ended_on=DAY)
    facility(minhang.street, 300)
    count = circle.counted(list(near().values()))
    assert (count.neighbourhoods, count.without, count.children, count.uncounted) == (2, 1, 40, 1)
    assert count.share == 50


def test_the_nearest_is_found_however_far(minhang):
    neighbourhood(minhang.street)
    far = facility(minhang.street, 7000, kind="nursery")
    facility(minhang.street, 8000, kind="baby_house")
    rows = circle.reached(DAY, 1000)
    assert circle.nearest(rows, DAY)[rows[0].neighbourhood.pk][:2] == (far.pk, far.name)
    assert circle.nearest(rows, DAY, "baby_house")[rows[0].neighbourhood.pk][2] == pytest.approx(
        8000, abs=0.2
    )


# ---- neighbourhoods


def values(cast, **more):
    return {
        "street": cast.street, "name": "示例春禾居委", "latitude": MIDDLE[0], "longitude": MIDDLE[1],
        "under_three": 40, "source": "示例台账", "counted_on": date(2025, 12, 31), "on": DAY,
    } | more  # fmt: skip


def test_a_neighbourhood_is_entered_changed_and_dissolved(minhang):
    officer = minhang.actor("officer")
    made = neighbourhoods.enter_neighbourhood(actor=officer, **values(minhang))
    changed = neighbourhoods.change_neighbourhood(
        made, actor=officer, version=1, **values(minhang, under_three=44)
    )
    assert (changed.under_three, changed.version) == (44, 2)
    entry = AuditEntry.objects.get(action="facilities.neighbourhood.change")
    assert entry.changes == {"under_three": [40, 44]}
    with pytest.raises(Conflict):
        neighbourhoods.change_neighbourhood(made, actor=officer, version=1, **values(minhang))
    ended = neighbourhoods.end_neighbourhood(changed, actor=officer, version=2, ended_on=DAY, on=DAY)
    assert not Neighbourhood.objects.standing(DAY).exists()
    with pytest.raises(Conflict):
        neighbourhoods.end_neighbourhood(ended, actor=officer, version=3, ended_on=DAY, on=DAY)
    neighbourhoods.enter_neighbourhood(actor=officer, **values(minhang))  # another of the old name


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "一"}, "name"),
        ({"under_three": 20_001}, "under_three"),
        ({"source": ""}, "source"),
        ({"counted_on": DAY + timedelta(1)}, "counted_on"),
        ({"latitude": Decimal("30.7")}, "point"),  # in Jinshan
    ],
)
def test_what_cannot_be_is_refused(minhang, change, field):
    with pytest.raises(Refused) as refused:
        neighbourhoods.enter_neighbourhood(actor=minhang.actor("bureau"), **values(minhang, **change))
    assert refused.value.field == field


def test_a_neighbourhood_stands_once_and_in_the_own_street(minhang):
    officer = minhang.actor("officer")
    neighbourhoods.enter_neighbourhood(actor=officer, **values(minhang))
    with pytest.raises(Refused, match="已有"):
        neighbourhoods.enter_neighbourhood(actor=officer, **values(minhang))
    with pytest.raises(Denied):
        neighbourhoods.enter_neighbourhood(actor=officer, **values(minhang, street=minhang.other_street))
    with pytest.raises(Denied):
        neighbourhoods.enter_neighbourhood(actor=minhang.actor("operator"), **values(minhang, name="示例二"))


def test_many_are_refused_with_the_rows_number(minhang):
    row = {k: v for k, v in values(minhang).items() if k != "on"}
    bureau = minhang.actor("bureau")
    for wrong in (row | {"name": "一"}, row | {"longitude": Decimal("120")}, row):
        with pytest.raises(Refused, match="第 2 行"):
            neighbourhoods.enter_many([row, wrong], actor=bureau, on=DAY)
    assert len(neighbourhoods.enter_many([row], actor=bureau, on=DAY)) == 1


# ---- pages


def test_a_pair_from_a_chinese_map_is_stored_in_wgs84(client, town):
    client.force_login(town.bureau)
    with district_scope(town.minhang):
        place = town.facility
        version = Facility.objects.get(pk=place.pk).version
    shown = geo.to_datum(geo.Point(31.15, 121.35), geo.GCJ02)
    url = f"/minhang/facilities/{place.pk}/location/"
    data = {"point": f"{shown.longitude},{shown.latitude}", "datum": "gcj02", "version": version}
    assert client.post(url, data).status_code == 302
    with district_scope(town.minhang):
        place = Facility.objects.get(pk=place.pk)
        assert (
            geo.metres(geo.Point(float(place.latitude), float(place.longitude)), geo.Point(31.15, 121.35))
            < 0.5
        )
    page = client.get(url).content.decode()
    assert f"{shown.latitude:.6f},{shown.longitude:.6f}"[:12] in page and "31.15" in page
    for wrong, says in (
        ({"point": "31.1"}, "写成"),
        ({"point": "30.70,121.30"}, "不在闵行区"),
        ({"point": "51.5,-0.1"}, "不在国内"),
        ({"datum": "bd09"}, "列表里没有"),
    ):
        answer = client.post(url, data | {"version": version + 1} | wrong)
        assert answer.status_code == 422 and says in answer.content.decode()
    assert client.post(url, data).status_code == 409


def test_a_facility_is_registered_and_changed_within_the_surroundings_only(town):
    far = {"latitude": Decimal("39.9"), "longitude": Decimal("116.4")}
    with district_scope(town.minhang):
        bureau = town.actor("bureau")
        with pytest.raises(Refused, match="不在闵行区") as refused:
            services.register_facility(
                actor=bureau, name="示例远处托育园", kind="nursery", ownership="non_profit", street=town.street,
                address="示例路 1 号", places=20, full_day=True, **far,
            )  # fmt: skip
        assert refused.value.field == "latitude"
        place = factories.facility(town.street)
        with pytest.raises(Refused, match="不在闵行区"):
            services.change_facility(place, actor=bureau, version=place.version, **far)
        assert Facility.objects.get(pk=place.pk).latitude is None


def test_whoever_reads_the_file_reads_the_point_and_only_the_bureau_sets_it(client, town):
    with district_scope(town.minhang):
        with pytest.raises(Denied):
            locations.locate_facility(
                town.facility, "31.15,121.35", "wgs84", actor=town.actor("operator"), version=1
            )
    client.force_login(town.operator)
    url = f"/minhang/facilities/{town.facility.pk}/location/"
    assert "存下坐标" not in client.get(url).content.decode()
    assert client.post(url, {"point": "31.15,121.35", "datum": "wgs84", "version": 1}).status_code == 403


def test_the_circle_page_names_those_without(client, town):
    client.force_login(town.bureau)
    with at_most(14):
        page = client.get("/minhang/supply/circle/").content.decode()
    assert "示例二居委" in page and "1000 米" in page and "参数待核对" in page and "没有坐标" in page
    assert "50.0%" in page
    assert "示例一居委" in client.get("/minhang/supply/circle/?kind=baby_house").content.decode()
    assert client.get("/minhang/supply/circle/?kind=nonsense").status_code == 200


def test_the_map_asks_no_server_by_default(client, town):
    client.force_login(town.bureau)
    with at_most(16):
        answer = client.get("/minhang/map/")
    page = answer.content.decode()
    assert "<image" not in page and 'class="n-out"' in page and 'class="k-nursery"' in page
    assert "//" not in answer["Content-Security-Policy"]
    page = client.get(
        f"/minhang/map/?street={town.street.pk}&layer=facilities&layer=circles"
    ).content.decode()
    assert 'class="reach"' in page and "示例一居委" in page
    for nonsense in ("street=x", "street=99999999999999999999", "kind=%27", "layer=zz"):
        assert client.get(f"/minhang/map/?{nonsense}").status_code == 200


def test_what_is_too_many_to_draw_is_gathered_and_still_counted(client, town, monkeypatch):
    """Above the most that is drawn one by one each square is a circle with its number; the list beside says the same."""
    with district_scope(town.minhang):
        for n in range(6):
            facility(town.street, 300 + n)
        facility(town.other_street, 9000, name="示例远处园")
        factories.facility(town.street)
    client.force_login(town.bureau)
    before = client.get("/minhang/map/").content.decode()
    assert before.count('class="k-nursery" d=') == 9 and 'class="crowd"' not in before  # one is the legend's
    monkeypatch.setattr(crowd, "MOST", 3)
    with at_most(16):
        page = client.get("/minhang/map/")
    text = page.content.decode()
    groups = page.context["drawing"]["groups"]
    assert sorted(n for _x, _y, _r, n in groups) == [1, 7] and text.count('class="k-nursery" d=') == 1
    within = {row["street"].name: row["within"] for row in page.context["counts"]}
    assert (within[town.street.name].placed, within[town.other_street.name].placed) == (7, 1)
    one = client.get(f"/minhang/map/?street={town.street.pk}")
    assert sum(n for *_at, n in one.context["drawing"]["groups"]) == 7 == len(one.context["facilities"])
    with district_scope(town.minhang):
        assert sum(c.count for c in crowd.crowds(Facility.objects.operating())) == 8


def test_configured_tiles_are_let_in_and_nothing_else(client, town, settings):
    settings.MAP_TILES = "https://tiles.example/{z}/{x}/{y}.png"
    settings.MAP_TILES_CREDIT = "示例地图"
    client.force_login(town.bureau)
    answer = client.get("/minhang/map/")
    page = answer.content.decode()
    assert 'href="https://tiles.example/' in page and "{z}" not in page and "示例地图" in page
    directives = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
    assert "https://tiles.example" in directives["img-src"].split()
    assert all("tiles" not in value for name, value in directives.items() if name != "img-src")
    other = client.get("/minhang/supply/")
    assert "tiles.example" not in other["Content-Security-Policy"]


def test_points_move_with_the_datum_of_the_tiles(client, town, settings):
    settings.MAP_TILES = "https://tiles.example/{z}/{x}/{y}.png"
    client.force_login(town.bureau)
    plain = client.get("/minhang/map/").content.decode()
    settings.MAP_TILES_DATUM = "gcj02"
    assert client.get("/minhang/map/").content.decode() != plain


def rest(client, url):
    return client.get(url, HTTP_AUTHORIZATION=f"Bearer {TOKEN}")


def test_rest_gives_neighbourhoods_with_what_lies_near(client, town):
    grant(town, town.minhang, TOKEN, ["residents:read"])
    body = rest(client, "/api/v1/neighbourhoods/").json()
    assert (body["metres"], body["on"]) == (1000, timezone.localdate().isoformat())
    first, second = body["results"]
    assert (first["name"], first["under_three"], first["kinds"], first["kinds_across"]) == (
        "示例一居委",
        40,
        ["nursery"],
        [],
    )
    assert (second["under_three"], second["kinds"]) == (None, [])
    validator(schema(client), "NeighbourhoodAnswer").validate(body)
    moved = rest(client, "/api/v1/neighbourhoods/?datum=gcj02").json()["results"][0]
    shifted = geo.to_datum(geo.Point(31.15, 121.35), geo.GCJ02)
    assert (moved["latitude"], moved["longitude"]) == pytest.approx(
        (shifted.latitude, shifted.longitude), abs=1e-6
    )
    for wrong in ("datum=bd09", "x=1"):
        assert rest(client, f"/api/v1/neighbourhoods/?{wrong}").status_code == 400
