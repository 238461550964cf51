"""Points: what people paste, datums against known pairs, distances, the map's frame."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facilities.rules import geo
from facilities.rules.geo import GCJ02, WGS84, Point

#: WGS-84 and GCJ-02 of the same places, as published with the formula's first implementations.
PAIRS = [
    ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
    ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
    ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
]
lat, lon = st.floats(30.6, 31.9), st.floats(120.8, 122.3)


@pytest.mark.parametrize(("wgs", "gcj"), PAIRS)
def test_known_pairs_in_both_directions(wgs, gcj):
    out = geo.to_datum(Point(*wgs), GCJ02)
    assert (out.latitude, out.longitude) == pytest.approx(gcj, abs=1e-8)
    assert geo.metres(geo.from_datum(Point(*gcj), GCJ02), Point(*wgs)) < 0.5


@given(lat, lon)
def test_out_and_in_again_is_the_same_point(latitude, longitude):
    point = Point(latitude, longitude)
    shifted = geo.to_datum(point, GCJ02)
    assert 300 < geo.metres(point, shifted) < 700  # the half kilometre that a wrong choice costs
    assert geo.metres(geo.from_datum(shifted, GCJ02), point) < 0.5
    assert geo.to_datum(point, WGS84) == geo.from_datum(point, WGS84) == point


@pytest.mark.parametrize(
    "text",
    [
        "31.112345,121.381234",
        "121.381234,31.112345",
        " 31.112345 , 121.381234 ",
        "31.112345 121.381234",
        "３１．１１２３４５，１２１．３８１２３４",
        "北纬31.112345° 东经121.381234°",
        "(31.112345; 121.381234)",
        "N31.112345 E121.381234",
    ],
)
def test_a_pasted_pair_is_understood_in_any_order(text):
    assert geo.read_pair(text) == Point(31.112345, 121.381234)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "pair"),
        ("31.1", "pair"),
        ("31.1,121.3,5", "pair"),
        ("31.1,abc", "pair"),
        ("闵行区 31.1,121.3", "pair"),
        ("1" * 30 + ",121.3", "pair"),
        ("31.1,31.2", "abroad"),
        ("-31.1,121.2", "abroad"),
        ("51.5,-0.12", "abroad"),
    ],
)
def test_what_is_no_pair_is_said(text, key):
    with pytest.raises(geo.WrongPoint) as wrong:
        geo.read_pair(text)
    assert wrong.value.key == key and key in geo.PROBLEMS


def test_another_datum_is_refused():
    for convert in (geo.from_datum, geo.to_datum):
        with pytest.raises(geo.WrongPoint):
            convert(Point(31, 121), "bd09")


def test_six_places_are_kept():
    assert Point(31.1234564, 121.0).decimals() == (Decimal("31.123456"), Decimal("121.000000"))


def test_a_point_lies_in_the_surroundings_or_not():
    box = [30.95, 121.22, 31.29, 121.6]
    assert geo.plausible(Point(31.1, 121.4), box)
    for outside in (Point(30.9, 121.4), Point(31.1, 121.7), Point(31.3, 121.4), Point(31.1, 121.2)):
        assert not geo.plausible(outside, box)
    assert geo.plausible(Point(22.5, 113.9), [])  # a district whose surroundings nobody has entered


def test_a_degree_of_latitude_is_111_kilometres():
    assert geo.metres(Point(31, 121), Point(32, 121)) == pytest.approx(111_195, abs=1)
    assert geo.metres(Point(31, 121), Point(31, 122)) == pytest.approx(
        111_195 * math.cos(math.radians(31)), rel=1e-4
    )


@given(lat, lon, st.floats(0, 2 * math.pi), st.floats(100, 5000))
def test_the_box_holds_the_circle(latitude, longitude, angle, radius):
    tall, wide = geo.reach(radius, latitude)
    step = math.degrees(radius / geo.EARTH) * 0.999
    on_it = Point(
        latitude + step * math.sin(angle),
        longitude + step * math.cos(angle) / math.cos(math.radians(latitude)),
    )
    assert abs(on_it.latitude - latitude) <= tall and abs(on_it.longitude - longitude) <= wide


@given(st.lists(st.builds(Point, lat, lon), min_size=1, max_size=8))
def test_every_point_lies_in_the_frame_and_in_a_tile(points):
    free = geo.frame(points)
    assert all(
        0 <= v <= most
        for p in points
        for v, most in zip(free.place(p), (free.width, free.height), strict=True)
    )
    frame = geo.frame(points, whole=True)
    assert frame.zoom == int(frame.zoom) and frame.zoom <= free.zoom + 1e-9
    tiles = {(x, y) for _c, _r, x, y in frame.tiles()}
    for point in points:
        x, y = frame.place(point)
        assert 0 <= x <= frame.width and 0 <= y <= frame.height
        assert any(tx <= x <= tx + 256 and ty <= y <= ty + 256 for tx, ty in tiles)


def test_the_projection_is_the_one_of_the_tile_services():
    """The slippy map's own formula, with asinh."""
    x, y = geo.world(Point(31.2304, 121.4737), 14)
    tiles = 2**14
    assert x / 256 == pytest.approx((121.4737 + 180) / 360 * tiles)
    assert y / 256 == pytest.approx((1 - math.asinh(math.tan(math.radians(31.2304))) / math.pi) / 2 * tiles)
    assert (int(x // 256), int(y // 256)) == (13720, 6694)
