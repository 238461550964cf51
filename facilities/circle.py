"""The 15-minute circle: which neighbourhoods have no facility within the district's radius, and how many children live
there. Set-based: one query for all neighbourhoods, each compared only with facilities in the box around its circle.

Facilities of neighbouring districts are looked up by a function that runs as the public's role and so sees what anybody
may read; they are told apart and make no neighbourhood of the district covered (docs/residents.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import connection

from facilities.models import Neighbourhood
from facilities.rules import geo
from facilities.supply import CARE_KINDS, OPERATING
from portal.policies import FUNCTIONS
from portal.tenancy import APP, PUBLIC, READER

#: Beside the kinds: inclusive facilities of whatever kind.
WANTED = (*CARE_KINDS, "inclusive")
MINUTES, METRES = "supply.circle_minutes", "supply.circle_metres"
NEAR = "facilities_published_near"

FUNCTIONS[NEAR] = f"""
GRANT {PUBLIC} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;
GRANT CREATE ON SCHEMA public TO {PUBLIC};
SET LOCAL ROLE {PUBLIC};
CREATE OR REPLACE FUNCTION {NEAR}(south numeric, west numeric, north numeric, east numeric)
RETURNS TABLE (kind varchar, inclusive boolean, latitude numeric, longitude numeric)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT f.kind, f.inclusive, f.latitude, f.longitude FROM public.facilities_facility f
  WHERE f.state = 'operating' AND f.district_id <> current_setting('portal.district')::bigint
    AND f.latitude BETWEEN south AND north AND f.longitude BETWEEN west AND east
$$;
REVOKE ALL ON FUNCTION {NEAR}(numeric, numeric, numeric, numeric) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {NEAR}(numeric, numeric, numeric, numeric) TO {APP}, {READER};
SET LOCAL ROLE NONE;
REVOKE CREATE ON SCHEMA public FROM {PUBLIC};
"""

#: A point in radians, with the cosine of its latitude.
RADIANS = """radians({0}.latitude::float8) AS a, radians({0}.longitude::float8) AS b,
        cos(radians({0}.latitude::float8)) AS k"""
#: Beside it the square of the grid in which it lies. A square is as tall and wide as the box around a circle, so what
#: lies in the circle lies in the nine squares around its middle.
POINT = (
    RADIANS
    + ", floor({0}.latitude::float8 / %(tall)s)::int AS y, floor({0}.longitude::float8 / %(wide)s)::int AS x"
)
#: The haversine itself between n and o: grows with the distance, so the nearest has the least, and one root is enough.
HALF = "power(sin((o.a - n.a) / 2), 2) + n.k * o.k * power(sin((o.b - n.b) / 2), 2)"

#: (neighbourhood, own, kind, inclusive) with the nearest within the radius. Joined by squares, measured in floats: with
#: 100,000 facilities a comparison of each with each box took longer than all the rest of the page.
WITHIN = f"""
    WITH n AS MATERIALIZED (
        SELECT id, {POINT.format("m")} FROM facilities_neighbourhood m
        WHERE ended_on IS NULL OR ended_on > %(as_of)s
    ), o AS MATERIALIZED (
        SELECT true AS own, f.kind, f.inclusive OR f.kind = 'inclusive_site' AS inclusive, {POINT.format("f")}
        FROM ({OPERATING}) f WHERE f.latitude IS NOT NULL AND f.kind <> 'guidance_point'
        UNION ALL
        SELECT false, g.kind, g.inclusive OR g.kind = 'inclusive_site', {POINT.format("g")}
        FROM {NEAR}(%(south)s, %(west)s, %(north)s, %(east)s) g WHERE g.kind <> 'guidance_point'
    )
    SELECT n.id, o.own, o.kind, o.inclusive, 2 * {geo.EARTH} * asin(sqrt(least(1, min({HALF})))) AS metres
    FROM n CROSS JOIN generate_series(-1, 1) dy CROSS JOIN generate_series(-1, 1) dx
    JOIN o ON o.y = n.y + dy AND o.x = n.x + dx
    WHERE {HALF} <= power(sin(%(radius)s / (2 * {geo.EARTH})), 2)
    GROUP BY n.id, o.own, o.kind, o.inclusive
"""

#: The nearest own facility of each of some neighbourhoods.
NEAREST = f"""
    WITH o AS MATERIALIZED (
        SELECT f.id, f.name, {RADIANS.format("f")} FROM ({OPERATING}) f
        WHERE f.latitude IS NOT NULL AND f.kind <> 'guidance_point'
          AND (%(kind)s = '' OR f.kind = %(kind)s
               OR %(kind)s = 'inclusive' AND (f.inclusive OR f.kind = 'inclusive_site'))
    )
    SELECT n.id, near.id, near.name, 2 * {geo.EARTH} * asin(sqrt(least(1, near.half)))
    FROM (SELECT m.id, {RADIANS.format("m")} FROM facilities_neighbourhood m WHERE m.id = ANY(%(ids)s)) n
    CROSS JOIN LATERAL (SELECT o.id, o.name, {HALF} AS half FROM o ORDER BY half, o.id LIMIT 1) near
"""


@dataclass(frozen=True)
class Reached:
    """A neighbourhood, the kinds within its circle (with metres), and those only across the district's border."""

    neighbourhood: Neighbourhood
    kinds: dict[str, float] = field(default_factory=dict)
    across: dict[str, float] = field(default_factory=dict)

    def covered(self, kind: str = "") -> bool:
        return kind in self.kinds if kind else bool(self.kinds)

    def only_across(self, kind: str = "") -> bool:
        """Nothing of the district, something of a neighbouring one."""
        return not self.covered(kind) and (kind in self.across if kind else bool(self.across))


def reached(on: date, radius: float, street=None) -> list[Reached]:
    """Every standing neighbourhood (of a street) with what lies within so many metres."""
    rows = Neighbourhood.objects.standing(on).select_related("street").order_by("street__code", "name")
    if street is not None:
        rows = rows.filter(street=street)
    rows = list(rows)
    if not rows:
        return []
    south, north = min(n.latitude for n in rows), max(n.latitude for n in rows)
    west, east = min(n.longitude for n in rows), max(n.longitude for n in rows)
    tall, wide = (max(1e-6, d) for d in geo.reach(radius, float(max(abs(south), abs(north)))))
    found = {row.pk: Reached(row, {}, {}) for row in rows}
    with connection.cursor() as cursor:
        cursor.execute(
            WITHIN,
            {
                "as_of": on, "radius": radius, "tall": tall, "wide": wide,
                "south": float(south) - tall, "north": float(north) + tall,
                "west": float(west) - wide, "east": float(east) + wide,
            },
        )  # fmt: skip
        for pk, own, kind, inclusive, metres in cursor.fetchall():
            if pk not in found:
                continue
            side = found[pk].kinds if own else found[pk].across
            for name in (kind, "inclusive") if inclusive else (kind,):
                side[name] = min(metres, side.get(name, metres))
    return list(found.values())


def nearest(rows: Sequence[Reached], on: date, kind: str = "") -> dict[int, tuple[int, str, float]]:
    """neighbourhood -> (facility, name, metres) of the nearest one of the district, however far."""
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(NEAREST, {"as_of": on, "ids": [row.neighbourhood.pk for row in rows], "kind": kind})
        return {pk: (facility, name, metres) for pk, facility, name, metres in cursor.fetchall()}


@dataclass(frozen=True)
class Count:
    """Of a street or the district: neighbourhoods and children, and those without a facility in the circle."""

    neighbourhoods: int
    children: int
    without: int
    children_without: int
    #: of `without`: those with one across the border
    across: int
    #: neighbourhoods whose children nobody has counted
    uncounted: int

    @property
    def share(self) -> float | None:
        """Per cent of neighbourhoods with one."""
        return 100 * (1 - self.without / self.neighbourhoods) if self.neighbourhoods else None


def counted(rows: Sequence[Reached], kind: str = "") -> Count:
    bare = [row for row in rows if not row.covered(kind)]
    return Count(
        len(rows),
        sum(row.neighbourhood.under_three or 0 for row in rows),
        len(bare),
        sum(row.neighbourhood.under_three or 0 for row in bare),
        sum(row.only_across(kind) for row in bare),
        sum(row.neighbourhood.under_three is None for row in rows),
    )
