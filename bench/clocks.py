# ruff: noqa: E501 - the statements that fill the tables read better in wide lines
"""The board of what ends, at a district of 100,000 facilities, against an empty page: `python bench/clocks.py`.

Beside the register (two papers and an inquiry for each of 200,000 people) every facility has a lease, a policy, three
emergency plans with drills; every person four health checks and inquiries of earlier years, and for every three at work
one has left with papers that ran out: what a board that walks by the day must not stumble over. A second database has
a hundredth of it. CPU time of a request, of its thread and of its Postgres backend, in turns; the empty page is the
product's search without a search, of the same person. Beside it the day's messages to a thousand operators.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.data import districts, multiply, register, servers, vacuum
from bench.report import Line, print_table
from bench.web import Side, measure, statements

DATABASE, SMALL = "bench", "bench_small"
GOAL, SUMMARY_GOAL, GROWTH, QUERIES, MESSAGE_GOAL = 5, 12, 2.0, 12, 0.25
#: So many operators are told by the day's messages.
KEEPERS = 1000
ON = date.today()

#: Made from the register; %(d)s is the district, %(u)s somebody, %(on)s today.
ROWS = (
    """INSERT INTO facilities_premises (district_id, facility_id, name, address, tenure, lease_until, outdoor_shared, starts_on, version)
       SELECT %(d)s, id, '一', '', 'leased', %(on)s::date - 30 + (id * 37 %% 1500)::int, false, '2020-01-01', 1 FROM facilities_facility WHERE district_id = %(d)s""",
    """INSERT INTO facilities_insurance (district_id, facility_id, kind, insurer, number, starts_on, ends_on)
       SELECT %(d)s, f.id, 'accident', '示例保险', f.id || '-' || n, '2018-01-01', %(on)s::date - 20 + (f.id * 13 %% 700)::int - 365 * n
       FROM facilities_facility f, generate_series(0, 3) n WHERE district_id = %(d)s""",
    """INSERT INTO portal_storedfile (district_id, sha256, name, content_type, size, path, created_at)
       SELECT %(d)s, 'bench', 'a.pdf', 'application/pdf', 1, 'bench', now()""",
    """INSERT INTO facilities_emergencyplan (district_id, facility_id, kind, version, title, file_id, approved_on, approved_by, review_on, drilled_on)
       SELECT %(d)s, f.id, k.kind, 1, '示例', (SELECT max(id) FROM portal_storedfile), '2022-01-01', '示例', %(on)s::date - 20 + (f.id * 7 %% 1000)::int,
              %(on)s::date - (f.id * 11 %% 360)::int
       FROM facilities_facility f, (VALUES ('fire'), ('first_aid'), ('public_health')) k(kind) WHERE district_id = %(d)s""",
    """INSERT INTO facilities_certificate (district_id, staff_id, kind, number, issued_on, valid_until)
       SELECT %(d)s, staff_id, kind, number || '-' || n, issued_on - 365 * n, valid_until - 365 * n FROM facilities_certificate, generate_series(1, 4) n
       WHERE district_id = %(d)s AND kind = 'health_check'""",
    """INSERT INTO facilities_recordcheck (district_id, staff_id, checked_on, found, before_hire)
       SELECT %(d)s, staff_id, checked_on - 365 * n, false, false FROM facilities_recordcheck, generate_series(1, 4) n WHERE district_id = %(d)s""",
    # one in three left last year, and somebody else has the post
    """UPDATE facilities_employment SET ends_on = greatest(starts_on, %(on)s::date - 200), ended_for = 'left' WHERE district_id = %(d)s AND id %% 4 = 0""",
    """UPDATE facilities_certificate c SET valid_until = valid_until - 700 FROM facilities_employment e
       WHERE e.staff_id = c.staff_id AND e.ends_on IS NOT NULL AND c.district_id = %(d)s""",
    # nearly everything is renewed in time: one in a hundred is not
    """UPDATE facilities_certificate SET valid_until = %(on)s::date + (id %% 700)::int WHERE district_id = %(d)s AND valid_until < %(on)s
       AND valid_until > %(on)s::date - 30 AND id %% 100 <> 0""",
    """UPDATE facilities_recordcheck r SET checked_on = %(on)s::date - (id %% 363)::int WHERE district_id = %(d)s AND id %% 100 <> 0
       AND checked_on < %(on)s::date - 360 AND NOT EXISTS (SELECT FROM facilities_recordcheck l WHERE l.staff_id = r.staff_id AND l.checked_on > r.checked_on)""",
)  # fmt: skip


def people(district) -> dict:
    """Somebody of the bureau, officers of the largest street (more than half of all) and of a middling one, an operator
    of one facility."""
    from django.db.models import Count
    from guardian.shortcuts import assign_perm

    from facilities.models import Facility
    from portal.models import Membership, Street, User
    from portal.rules.rights import Role
    from portal.tenancy import district_scope

    with district_scope(district):
        streets = list(Street.objects.annotate(n=Count("facilities")).filter(n__gt=0).order_by("-n"))
        served = {"officer": streets[0], "officer of a middling street": streets[len(streets) // 2]}
        facility = Facility.objects.filter(state="operating").order_by("code").last()
        roles = {"bench": Role.BUREAU, "operator": Role.OPERATOR} | dict.fromkeys(served, Role.STREET_OFFICER)
        for name, role in roles.items():
            user = User.objects.create(username=name, name="示例", password="!")
            Membership.objects.create(user=user, role=role, starts_on=date(2020, 1, 1))
            if role == Role.STREET_OFFICER:
                assign_perm("portal.serve_street", user, served[name])
            elif role == Role.OPERATOR:
                assign_perm("facilities.keep_facility", user, facility)
        keepers(Facility.objects.order_by("code")[:KEEPERS])
        print({name: street.n for name, street in served.items()}, "facilities", file=sys.stderr)
        return {"street": streets[0].pk, "code": facility.code}


def keepers(facilities) -> None:
    """An operator for each of these facilities."""
    from django.contrib.auth.models import Permission

    from facilities.models import FacilityGrant
    from portal.models import Membership, User
    from portal.rules.rights import Role

    permission = Permission.objects.get(codename="keep_facility")
    users = User.objects.bulk_create(
        [User(username=f"keeper-{facility.code}", name="示例", password="!") for facility in facilities]
    )
    Membership.objects.bulk_create(
        [Membership(user=user, role=Role.OPERATOR, starts_on=date(2020, 1, 1)) for user in users]
    )
    FacilityGrant.objects.bulk_create(
        [
            FacilityGrant(user=user, permission=permission, content_object=facility)
            for user, facility in zip(users, facilities, strict=True)
        ]
    )


def tell(side: Side, district) -> tuple[int, int, float]:
    """(people, messages, CPU milliseconds of both ends) of the day's messages to a whole district; taken back."""
    from django.db import transaction

    from portal.access import Actor
    from portal.services import messages
    from portal.tenancy import district_scope

    database, start = side.backend(), time.thread_time_ns()
    with district_scope(district):
        people = messages.recipients(ON)
        sent = messages.send_digests(people, on=ON, actor=Actor.system(district, "bench/clocks.py"))
        transaction.set_rollback(True)
    return len(people), sent, (time.thread_time_ns() - start + side.backend() - database) / 1e6


def prepare(facilities: int, staff: int, times: int) -> dict:
    from django.db import connection

    from facilities import standing
    from tests import plugin

    minhang = districts()["minhang"]
    register(minhang, facilities=facilities // times, staff=staff // times, on=ON)
    facts = people(minhang)
    connection.close()
    with plugin.cluster().superuser("postgres") as admin:
        admin.execute(f"CREATE DATABASE {SMALL} TEMPLATE {DATABASE}")
        for name in (DATABASE, SMALL):
            admin.execute(f"ALTER DATABASE {name} SET max_parallel_workers_per_gather = 0")
    if times > 1:
        multiply(DATABASE, times)
    for name in (DATABASE, SMALL):
        with plugin.cluster().superuser(name) as owner:
            owner.execute("SET session_replication_role = replica")
            for one in ROWS:
                owner.execute(one, {"d": minhang.pk, "on": ON})
            for flag in standing.FLAGS:  # as the triggers, which are off here, would have kept it
                owner.execute(
                    f"UPDATE {flag.table} a SET standing = false WHERE NOT ({flag.sql('current_date')})"
                )
            facts[name] = owner.execute(
                "SELECT count(*) FROM facilities_facility UNION ALL SELECT count(*) FROM facilities_certificate"
                " UNION ALL SELECT count(*) FROM facilities_recordcheck"
            ).fetchall()
        vacuum(name)
    return facts


WHO = ("bench", "officer", "officer of a middling street", "operator")
PAGES = {
    "all": "clocks/",
    "over": "clocks/?light=over",
    "30 days": "clocks/?light=30",
    "later": "clocks/?light=later",
    "record checks": "clocks/?kind=record-check",
    "health checks that are over": "clocks/?kind=health-check&light=over",
    "a street": "clocks/?street={street}",
    "a facility": "clocks/?facility={code}",
}


def main() -> bool:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--facilities", type=int, default=100_000)
    parser.add_argument("--staff", type=int, default=200_000)
    parser.add_argument("--times", type=int, default=100, help="how many times the small database")
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    with servers(DATABASE):
        start = time.monotonic()
        facts = prepare(options.facilities, options.staff, options.times)
        print(f"made in {time.monotonic() - start:.0f} s: {facts}", file=sys.stderr)
        sides = {
            (name, who): Side(name, who)
            for name, whos in ((DATABASE, WHO), (SMALL, ("bench",)))
            for who in whos
        }
        bureau = sides[DATABASE, "bench"]
        variants = {
            f"empty {name} {who}": (side, "/minhang/search/", {}) for (name, who), side in sides.items()
        }
        for name, path in PAGES.items():
            path = "/minhang/" + path.format(**facts)
            variants[name] = (bureau, path, {})
            variants[f"small {name}"] = (sides[SMALL, "bench"], path, {})
        for who in WHO[1:]:
            variants[f"all, {who}"] = (sides[DATABASE, who], "/minhang/clocks/", {})
            variants[f"counts, {who}"] = (sides[DATABASE, who], "/minhang/clocks/summary/", {})
        variants["counts"] = (bureau, "/minhang/clocks/summary/", {})
        variants["card"] = (bureau, "/minhang/clocks/card/", {})
        found = measure(variants, options.repeats)
        size = f"{facts[DATABASE][0][0]:,}"
        lines = []
        for name, (side, _path, _headers) in variants.items():
            if name.startswith(("empty", "small")):
                continue
            who = next(who for (_n, who), one in sides.items() if one is side)
            goal = SUMMARY_GOAL if name.startswith("counts") else GOAL
            lines.append(
                Line(f"{name} / empty page", size, found[f"empty {DATABASE} {who}"], found[name], goal, "ms")
            )
        lines += [
            Line(f"{name}, large / small", size, found[f"small {name}"], found[name], GROWTH, "ms")
            for name in PAGES
        ]
        lines += [
            Line(f"queries of {name}", "", 1, bureau.run(statements, bureau, f"/minhang/{path}"), QUERIES, "")
            for name, path in {"all": "clocks/", "counts": "clocks/summary/", "card": "clocks/card/"}.items()
        ]
        for database in (DATABASE, SMALL):
            side, empty = sides[database, "bench"], found[f"empty {database} bench"]
            told = [side.run(tell, side, districts()["minhang"]) for _ in range(4)][1:]
            asked, sent, spent = *told[0][:2], statistics.median(one for *_counts, one in told)
            goal = MESSAGE_GOAL if database == SMALL else None
            name = f"each of {asked:,} people told ({sent:,} messages, {spent / 1000:.1f} s) / empty page"
            lines.append(Line(name, f"{facts[database][0][0]:,}", empty, spent / asked, goal, "ms"))
        for side in sides.values():
            side.pool.shutdown()
        return print_table(lines)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
