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

#: Great circle in metres between a row n and a row o; as facilities/rules/geo.metres.
HAVERSINE = f"""
    2 * {geo.EARTH} * asin(sqrt(least(1,
        power(sin(radians((o.latitude - n.latitude)::float8) / 2), 2)
        + cos(radians(n.latitude::float8)) * cos(radians(o.latitude::float8))
          * power(sin(radians((o.longitude - n.longitude)::float8) / 2), 2))))
"""

#: (neighbourhood, own, kind, inclusive) with the nearest within the radius.
WITHIN = f"""
    WITH n AS MATERIALIZED (
        SELECT id, latitude, longitude FROM facilities_neighbourhood
        WHERE ended_on IS NULL OR ended_on > %(as_of)s
    ), o AS MATERIALIZED (
        SELECT true AS own, f.kind, f.inclusive OR f.kind = 'inclusive_site' AS inclusive, f.latitude, f.longitude
        FROM ({OPERATING}) f WHERE f.latitude IS NOT NULL AND f.kind <> 'guidance_point'
        UNION ALL
        SELECT false, g.kind, g.inclusive OR g.kind = 'inclusive_site', g.latitude, g.longitude
        FROM {NEAR}(%(south)s, %(west)s, %(north)s, %(east)s) g WHERE g.kind <> 'guidance_point'
    )
    SELECT n.id, o.own, o.kind, o.inclusive, min({HAVERSINE}) AS metres
    FROM n JOIN o ON o.latitude BETWEEN n.latitude - %(tall)s AND n.latitude + %(tall)s
                 AND o.longitude BETWEEN n.longitude - %(wide)s AND n.longitude + %(wide)s
    WHERE {HAVERSINE} <= %(radius)s
    GROUP BY n.id, o.own, o.kind, o.inclusive
"""

#: The nearest own facility of each of some neighbourhoods.
NEAREST = f"""
    WITH o AS MATERIALIZED (
        SELECT f.id, f.name, f.latitude, f.longitude FROM ({OPERATING}) f
        WHERE f.latitude IS NOT NULL AND f.kind <> 'guidance_point'
          AND (%(kind)s = '' OR f.kind = %(kind)s
               OR %(kind)s = 'inclusive' AND (f.inclusive OR f.kind = 'inclusive_site'))
    )
    SELECT n.id, near.id, near.name, near.metres FROM facilities_neighbourhood n
    CROSS JOIN LATERAL (
        SELECT o.id, o.name, {HAVERSINE} AS metres FROM o ORDER BY metres, o.id LIMIT 1
    ) near
    WHERE n.id = ANY(%(ids)s)
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
    tall, wide = geo.reach(radius, float(max(abs(south), abs(north))))
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
