"""Points on the ground: what people paste, datums, distances, the projection of the map. Degrees, north and east.

Stored is WGS-84. GCJ-02, which Chinese map services show, is off by about half a kilometre here; a point goes in and
out in either datum (docs/decisions/011-points-and-datums.md).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.rules.machine import marked

WGS84, GCJ02 = "wgs84", "gcj02"
DATUMS = {WGS84: marked("WGS-84（卫星定位、天地图）"), GCJ02: marked("GCJ-02（高德、腾讯地图）")}
#: Latitudes and longitudes of the country; the two do not overlap, so that a swapped pair is seen.
LATITUDES, LONGITUDES = (3.0, 54.0), (73.0, 136.0)
#: Metres; the sphere whose great circles come nearest to the ellipsoid's.
EARTH = 6_371_008.8
PLACES = Decimal("0.000001")  # a tenth of a metre

PROBLEMS = {
    "pair": marked("写成“31.112345,121.381234”这样的两个数，用逗号隔开"),
    "abroad": marked("这一点不在国内。纬度在 31 上下，经度在 121 上下"),
    "outside": marked("这一点不在%(district)s和周边。核对坐标，也看看坐标系选对没有"),
    "datum": marked("从列表里选坐标系"),
}


OUTSIDE = PROBLEMS["outside"]


class WrongPoint(ValueError):
    """`key` of PROBLEMS."""

    def __init__(self, key: str):
        self.key = key
        super().__init__(key)


@dataclass(frozen=True)
class Point:
    latitude: float
    longitude: float

    def decimals(self) -> tuple[Decimal, Decimal]:
        """As they are stored: six places."""
        return tuple(Decimal(repr(v)).quantize(PLACES) for v in (self.latitude, self.longitude))


def read_pair(text: str) -> Point:
    """The point that a pasted pair means, in whatever order: a latitude of the country is never a longitude of it.

    Half and full-width digits and commas, blanks, degree signs and letters of the compass are understood.
    """
    text = text.translate(str.maketrans("０１２３４５６７８９．，；、　－", "0123456789.,;, -"))  # content
    numbers = re.findall(r"-?\d+(?:\.\d+)?", re.sub(r"[°º度NnEe北东纬经:：]", " ", text))  # content
    rest = re.sub(r"-?\d+(?:\.\d+)?|[°º度NnEe北东纬经:：\s,;()（）]", "", text)  # content
    if len(numbers) != 2 or rest or any(len(number) > 24 for number in numbers):
        raise WrongPoint("pair")
    first, second = (float(number) for number in numbers)
    for latitude, longitude in ((first, second), (second, first)):
        if within(latitude, LATITUDES) and within(longitude, LONGITUDES):
            return Point(latitude, longitude)
    raise WrongPoint("abroad")


def within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


def from_datum(point: Point, datum: str) -> Point:
    """A point of a datum in WGS-84."""
    if datum == WGS84:
        return point
    if datum != GCJ02:
        raise WrongPoint("datum")
    import geocoordinates_ffi as ffi  # a fifth of a second that only those pay who convert

    found = ffi.gcj02_to_wgs84_refined(ffi.Gcj02(lat=point.latitude, lon=point.longitude))
    return Point(found.lat, found.lon)


def to_datum(point: Point, datum: str) -> Point:
    """A point in WGS-84 as a datum has it."""
    if datum == WGS84:
        return point
    if datum != GCJ02:
        raise WrongPoint("datum")
    import geocoordinates_ffi as ffi

    found = ffi.wgs84_to_gcj02(ffi.Wgs84(lat=point.latitude, lon=point.longitude))
    return Point(found.lat, found.lon)


def plausible(point: Point, box: Sequence[float]) -> bool:
    """Whether a point lies in the district's surroundings: south, west, north, east; any, where none are known."""
    if len(box) != 4:
        return True
    south, west, north, east = box
    return south <= point.latitude <= north and west <= point.longitude <= east


def metres(one: Point, other: Point) -> float:
    """The great circle between two points (haversine); facilities/circle.py says the same in SQL."""
    a, b = math.radians(one.latitude), math.radians(other.latitude)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * (
        math.sin(math.radians(other.longitude - one.longitude) / 2) ** 2
    )
    return 2 * EARTH * math.asin(math.sqrt(min(1.0, half)))


def reach(radius: float, latitude: float) -> tuple[float, float]:
    """Degrees of latitude and longitude that hold a circle of so many metres: the box that is looked through first."""
    tall = math.degrees(radius / EARTH)
    return tall, tall / math.cos(math.radians(min(89.0, abs(latitude) + tall)))


# ---- the map's projection: web Mercator, which tile services use


@dataclass(frozen=True)
class Frame:
    """A part of the world at a zoom; pixels from its upper left corner. `left`, `top` in pixels of the world."""

    zoom: float
    left: float
    top: float
    width: int
    height: int

    def place(self, point: Point) -> tuple[float, float]:
        x, y = world(point, self.zoom)
        return round(x - self.left, 1), round(y - self.top, 1)

    def pixels(self, metres_: float, latitude: float) -> float:
        """How many pixels so many metres are at a latitude."""
        round_ = 2 * math.pi * 6_378_137 * math.cos(math.radians(latitude))
        return metres_ * 256 * 2**self.zoom / round_

    def tiles(self) -> list[tuple[int, int, float, float]]:
        """(column, row, x, y) of the tiles that a frame of whole zoom touches."""
        most = 2 ** int(self.zoom)
        return [
            (column, row, round(column * 256 - self.left, 1), round(row * 256 - self.top, 1))
            for row in range(int(self.top // 256), int((self.top + self.height) // 256) + 1)
            for column in range(int(self.left // 256), int((self.left + self.width) // 256) + 1)
            if 0 <= column < most and 0 <= row < most
        ]


def world(point: Point, zoom: float) -> tuple[float, float]:
    """Pixels of the world map, 256 x 2^zoom wide."""
    size = 256 * 2**zoom
    sine = math.sin(math.radians(point.latitude))
    y = 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)
    return (point.longitude + 180) / 360 * size, y * size


LARGEST_ZOOM, MARGIN = 17, 34
#: Pixels of the drawing: no wider, no higher, no narrower, no lower.
WIDEST, HIGHEST, NARROWEST, LOWEST = 900, 860, 520, 360


def frame(points: Sequence[Point], whole: bool = False) -> Frame:
    """The largest zoom at which all points lie in the drawing, with a margin, centred. `whole`: a zoom that tiles
    have."""
    corners = [world(p, 0) for p in points]
    left, right = min(x for x, _y in corners), max(x for x, _y in corners)
    top, bottom = min(y for _x, y in corners), max(y for _x, y in corners)
    fits = [
        room / size
        for room, size in ((WIDEST - 2 * MARGIN, right - left), (HIGHEST - 2 * MARGIN, bottom - top))
        if size > 0
    ]
    zoom = max(0.0, min([LARGEST_ZOOM, *(math.log2(fit) for fit in fits)]))
    zoom = math.floor(zoom) if whole else zoom
    scale = 2**zoom
    width = max(NARROWEST, math.ceil((right - left) * scale) + 2 * MARGIN)
    height = max(LOWEST, math.ceil((bottom - top) * scale) + 2 * MARGIN)
    return Frame(
        zoom, (left + right) / 2 * scale - width / 2, (top + bottom) / 2 * scale - height / 2, width, height
    )
