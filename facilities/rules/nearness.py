"""How far two places lie apart, and which facilities with free places come first for children who must move."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

EARTH_METRES = 6_371_000


def metres(one: tuple[float, float] | None, other: tuple[float, float] | None) -> int | None:
    """Along the great circle between two (latitude, longitude) in degrees; None where one is unknown."""
    if one is None or other is None:
        return None
    (lat1, lon1), (lat2, lon2) = (tuple(map(radians, place)) for place in (one, other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return round(2 * EARTH_METRES * asin(sqrt(half)))


def order(distance: int | None, same_street: bool) -> tuple:
    """Nearest first where the distance is known, then the same street, then the rest."""
    return (distance is None, distance or 0, not same_street)
