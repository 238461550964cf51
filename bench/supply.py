"""Pages about places and residents at design size: `python bench/supply.py`.

Each page of a district of 100,000 facilities (or --facilities) against the same page of a district that has none, which
is the empty page of the same shape; and against that plus what the page must read at least, as SQL written by hand, one
statement per table, sent past row-level security. The counts of both are asserted to be equal.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.data import districts, make, servers, vacuum
from bench.report import Line, print_table
from bench.rollup import Clock, median_of
from bench.web import Side, measure, statements

DATABASE = "bench"
ON = date.today()
FULL, EMPTY = "minhang", "jinshan"
YEARS = range(ON.year - 8, ON.year)
AROUND = 600  # neighbourhoods
PAGES = {
    "supply": "supply/",
    "forecast": "supply/forecast/",
    "circle": "supply/circle/",
    "map": "map/",
    "map of a street": "map/?street={street}",
}

OPEN = """facilities_facility f LEFT JOIN (
        SELECT DISTINCT ON (facility_id) facility_id, target FROM facilities_facilitytransition
        WHERE district_id = %(d)s AND "on" <= %(on)s ORDER BY facility_id, "on" DESC, id DESC
    ) t ON t.facility_id = f.id
    WHERE f.district_id = %(d)s AND f.opened_on <= %(on)s AND (f.closed_on IS NULL OR f.closed_on > %(on)s)
      AND coalesce(t.target, f.state) = 'operating'"""
NOW = "facilities_facility WHERE district_id = %(d)s AND state = 'operating'"
SQUARE = "width_bucket(latitude, 30.9, 31.3, 24), width_bucket(longitude, 121.2, 121.6, 24)"
#: What a page reads at least.
BARE = {
    "places": "SELECT f.street_id, f.kind, sum(f.places), count(*), sum(f.places) FILTER (WHERE f.inclusive)"
    f" FROM {OPEN} GROUP BY 1, 2",
    "streets": f"SELECT street_id, count(*), count(latitude), avg(latitude), avg(longitude) FROM {NOW} GROUP BY 1",
    "squares": f"SELECT count(*), avg(latitude), avg(longitude) FROM {NOW} AND latitude IS NOT NULL GROUP BY {SQUARE}",
    "street": f"SELECT count(*), avg(latitude), avg(longitude) FROM {NOW} AND street_id = %(street)s"
    f" AND latitude IS NOT NULL GROUP BY {SQUARE}",
    "within": f"""
        WITH n AS MATERIALIZED (
            SELECT id, latitude::float8 AS a, longitude::float8 AS b, cos(radians(latitude::float8)) AS k,
                   floor(latitude::float8 / 0.009)::int AS y, floor(longitude::float8 / 0.0105)::int AS x
            FROM facilities_neighbourhood WHERE district_id = %(d)s AND ended_on IS NULL),
        o AS MATERIALIZED (
            SELECT f.kind, f.inclusive, f.latitude::float8 AS a, f.longitude::float8 AS b,
                   floor(f.latitude::float8 / 0.009)::int AS y, floor(f.longitude::float8 / 0.0105)::int AS x
            FROM {OPEN} AND f.latitude IS NOT NULL AND f.kind <> 'guidance_point'),
        m AS (
            SELECT n.id, o.kind, o.inclusive, min((o.a - n.a) ^ 2 + (n.k * (o.b - n.b)) ^ 2)
            FROM n CROSS JOIN generate_series(-1, 1) v CROSS JOIN generate_series(-1, 1) w
            JOIN o ON o.y = n.y + v AND o.x = n.x + w
            WHERE (o.a - n.a) ^ 2 + (n.k * (o.b - n.b)) ^ 2 <= 0.008993 ^ 2 GROUP BY 1, 2, 3)
        SELECT count(DISTINCT id) FROM m""",
}
NEEDS = {
    "supply": ("places",),
    "forecast": (),
    "circle": ("within",),
    "map": ("streets", "squares", "within"),
    "map of a street": ("street", "within"),
}


def residents() -> list[tuple]:
    """(street, year, kind, count): births that fall a little, children who move a little."""
    from portal.models.places import Street

    rows = []
    for number, street in enumerate(Street.objects.order_by("code")):
        for year in YEARS:
            births = 900 - 20 * (year - YEARS[0]) + 10 * number
            rows += [
                (street, year, kind, count)
                for kind, count in (
                    ("total", 150_000), ("births", births), ("one_to_three", 2 * births + 15),
                    ("under_three", 3 * births + 25), ("moved_in", 90), ("moved_out", 80),
                )
            ]  # fmt: skip
    return rows


def fill(facilities: int) -> dict:
    from django.db import connection

    from facilities.services import residents as services
    from portal.access import Actor
    from portal.models import Membership, Street, User
    from portal.rules.rights import Role
    from portal.tenancy import district_scope
    from tests import plugin

    found = districts()
    make(DATABASE, found[FULL], facilities=facilities, staff=max(100, facilities // 50), on=ON)
    user = User.objects.create(username="bench", name="示例", password="!")
    for slug in (FULL, EMPTY):
        with district_scope(found[slug]):
            Membership.objects.create(user=user, role=Role.BUREAU, starts_on=date(2020, 1, 1))
            if slug == FULL:
                services.record_many(
                    residents(), source="示例", actor=Actor.system(found[slug], "bench"), on=ON
                )
                street = Street.objects.order_by("code").first().pk
    connection.close()
    facts = {"d": found[FULL].pk, "on": ON, "street": street}
    with plugin.cluster().superuser(DATABASE) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(
            "UPDATE facilities_facility SET latitude = 30.98 + (id * 7919 %% 2400)::numeric / 10000,"
            " longitude = 121.28 + (id * 104729 %% 2700)::numeric / 10000 WHERE district_id = %(d)s AND id %% 50 <> 0",
            facts,
        )
        owner.execute(
            "INSERT INTO facilities_neighbourhood (district_id, street_id, name, latitude, longitude, under_three, source,"
            " counted_on, version) SELECT %(d)s, s.id, '示例' || n || '居委', 30.98 + (n * 37 %% 240)::numeric / 1000,"
            " 121.28 + (n * 101 %% 270)::numeric / 1000, 80, '示例', %(on)s, 1 FROM generate_series(1, %(n)s) n"
            " JOIN (SELECT id, row_number() OVER (ORDER BY code) - 1 AS place, count(*) OVER () AS streets"
            " FROM portal_street WHERE district_id = %(d)s) s ON s.place = n %% s.streets",
            facts | {"n": AROUND},
        )
        owner.execute(f"ALTER DATABASE {DATABASE} SET max_parallel_workers_per_gather = 0")
    vacuum(DATABASE)
    return facts


def same(owner, facts: dict) -> None:
    """The statements by hand count what the product counts; ends the bench when one differs."""
    from facilities import circle, crowd, supply
    from facilities.models import Facility
    from portal.tenancy import district_scope

    def by_hand(name: str) -> list:
        return owner.execute(BARE[name], facts).fetchall()

    with district_scope(districts()[FULL]):
        ours = supply.places(ON)
        theirs = {(street, kind): (total, count) for street, kind, total, count, *_ in by_hand("places")}
        mine = {
            (s, kind): pair
            for s, kinds in ours.items()
            for kind, pair in kinds.items()
            if kind != "inclusive"
        }
        rows = Facility.objects.operating()
        streets = {street: (one.all, one.placed) for street, one in crowd.by_street(rows).items()}
        placed = sum(one.count for one in crowd.crowds(rows))
        near = sum(row.covered() for row in circle.reached(ON, 1000.0))
    wrong = [
        name
        for name, equal in {
            "places": mine == theirs,
            "streets": streets == {row[0]: tuple(row[1:3]) for row in by_hand("streets")},
            "squares": placed == sum(row[0] for row in by_hand("squares")),
            "within": abs(near - by_hand("within")[0][0]) <= AROUND // 100,  # the floor measures on a plane
        }.items()
        if not equal
    ]
    if wrong:
        raise SystemExit(f"counted otherwise: {wrong}")


def main() -> bool:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--facilities", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=9)
    arguments = parser.parse_args()
    with servers(DATABASE):
        return measured(arguments.facilities, arguments.repeats)


def measured(facilities: int, repeats: int) -> bool:
    from tests import plugin

    start = time.monotonic()
    facts = fill(facilities)
    print(f"{facilities:,} facilities made in {time.monotonic() - start:.0f} s", file=sys.stderr)
    side = Side(DATABASE)
    with plugin.cluster().superuser(DATABASE) as owner:
        same(owner, facts)
        clock = Clock(owner.info.backend_pid)
        bare = median_of(
            {
                name: (clock, lambda sql=sql: owner.execute(sql, facts).fetchall())
                for name, sql in BARE.items()
            },
            max(3, repeats // 2),
        )
    pages = {name: path.format(**facts) for name, path in PAGES.items()}
    variants = {}
    for name, path in pages.items():
        variants[name] = (side, f"/{FULL}/{path}", {})
        variants[f"empty {name}"] = (side, f"/{EMPTY}/{path.partition('?')[0]}", {})
    ms = measure(variants, repeats)
    size, lines = f"{facilities:,}", []
    for name, path in pages.items():
        floor = ms[f"empty {name}"] + sum(bare[part] for part in NEEDS[name])
        goal = 5 if not NEEDS[name] else 2
        lines.append(
            Line(f"{name} / empty page of its shape", size, ms[f"empty {name}"], ms[name], None, "ms")
        )
        lines.append(Line(f"{name} / that and bare SQL", size, floor, ms[name], goal, "ms"))
        asked = side.run(statements, side, f"/{FULL}/{path}")
        lines.append(Line(f"queries of {name}", size, 1, asked, 16, ""))
        body = side.run(side.get, f"/{FULL}/{path}", {})[2]
        lines.append(Line(f"kB of {name}", size, 1, len(body) / 1000, None, ""))
    side.pool.shutdown()
    return print_table(lines)


if __name__ == "__main__":
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    sys.exit(0 if main() else 1)
