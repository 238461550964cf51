"""The file of a past day, and what the history costs those who write: `python bench/past.py`, sizes as options.

Makes a district of the design size (1,000 facilities, 10,000 people) in which each facility has a file (premises with
five areas, three classes, three fees, two notices, two policies) and ten months of changes, and a second database with
a hundred times as many. Figures are CPU time of this process and of the Postgres backend that serves it, medians of
turns in random order.

- 'now' is the same file read from the live tables by the ORM, each table by its own query: the least that a page of
  all of it must read. 'empty' is the product's search without a search.
- Writing: the same statements in the same database with the triggers of the library switched off by the superuser.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.data import districts, multiply, register, servers, vacuum
from bench.report import Line, print_table
from bench.web import Side, measure, statements

DATABASE, LARGE, SILENT = "bench", "bench_large", "bench_silent"
MONTHS = 10
#: One statement per table of the file, for every facility that is open.
FILE = """
INSERT INTO facilities_premises (district_id, facility_id, name, address, tenure, lease_until, outdoor_area,
 outdoor_shared, starts_on, version)
SELECT district_id, id, '本部', '', 'leased', current_date + 700, 80, false, opened_on, 1 FROM facilities_facility
 WHERE opened_on IS NOT NULL;
INSERT INTO facilities_premisesarea (district_id, premises_id, use, floor, area)
SELECT p.district_id, p.id, use, 1, 40 FROM facilities_premises p,
 unnest(ARRAY['activity', 'sleep', 'wash', 'dining', 'office']) use;
INSERT INTO facilities_careclass (district_id, facility_id, name, kind, year, places, children, staff, started_on, version)
SELECT district_id, id, '示例' || n || '班', (ARRAY['infant', 'toddler', 'senior'])[n], 2025, 5, 4, 2, opened_on, 1
 FROM facilities_facility, generate_series(1, 3) n WHERE opened_on IS NOT NULL;
INSERT INTO facilities_fee (district_id, facility_id, item, note, amount, unit, starts_on)
SELECT district_id, id, (ARRAY['care', 'extended', 'goods'])[n], '', 1000 * n, 'month', opened_on
 FROM facilities_facility, generate_series(1, 3) n WHERE opened_on IS NOT NULL;
INSERT INTO facilities_feenotice (district_id, facility_id, published_on, place, detail)
SELECT district_id, id, current_date - 100 * n, 'door', '' FROM facilities_facility, generate_series(1, 2) n;
INSERT INTO facilities_insurance (district_id, facility_id, kind, insurer, number, starts_on, ends_on)
SELECT district_id, id, (ARRAY['liability', 'accident'])[n], '示例保险', code || '-' || n, current_date - 300,
 current_date + 60 FROM facilities_facility, generate_series(1, 2) n;
"""
MONTH = """
UPDATE facilities_facility SET enrolled = (enrolled + 3) %% places, version = version + 1;
UPDATE facilities_careclass SET children = (children + 1) %% 6, version = version + 1;
UPDATE facilities_fee SET amount = amount + 10 WHERE item = 'care';
UPDATE facilities_insurance SET ends_on = ends_on + 30 WHERE kind = 'liability';
"""


def lived(name: str, district) -> None:
    """Files for all facilities and a change of each of them in each of the last months."""
    from tests import plugin

    with plugin.cluster().superuser(name) as connection:
        connection.execute("UPDATE portal_district SET demonstration = true WHERE id = %s", [district.pk])
        connection.execute("SELECT set_config('portal.district', %s, false)", [str(district.pk)])
        today = datetime.now().astimezone()
        connection.execute(
            "UPDATE facilities_facilityhistory SET pgh_created_at = now() - interval '400 days'"
        )
        for table in ("employment", "certificate", "facilitytransition"):
            connection.execute(
                f"UPDATE facilities_{table}history SET pgh_created_at = now() - interval '390 days'"
            )
        for month in range(MONTHS + 1):
            moment = today - timedelta(30 * (MONTHS - month) + 1)
            connection.execute("SELECT set_config('portal.recorded_at', %s, false)", [moment.isoformat()])
            for statement in (FILE if not month else MONTH.replace("%%", "%")).split(";\n"):
                if statement.strip():
                    connection.execute(statement)


def prepare(facilities: int, staff: int, times: int) -> dict:
    from facilities.models import Facility
    from portal.models import Membership, User
    from portal.rules.rights import Role
    from portal.tenancy import district_scope
    from tests import plugin

    minhang = districts()["minhang"]
    register(minhang, facilities=facilities, staff=staff, on=date.today())
    with district_scope(minhang):
        user = User.objects.create(username="bench", name="示例", password="!")
        Membership.objects.create(user=user, role=Role.BUREAU, starts_on=date(2020, 1, 1))
        pks = list(Facility.objects.filter(state="operating").order_by("pk").values_list("pk", flat=True))
    from django.db import connection

    connection.close()
    lived(DATABASE, minhang)
    with plugin.cluster().superuser("postgres") as admin:
        for copy in (LARGE, SILENT):
            admin.execute(f"CREATE DATABASE {copy} TEMPLATE {DATABASE}")
        for name in (DATABASE, LARGE, SILENT):
            admin.execute(f"ALTER DATABASE {name} SET max_parallel_workers_per_gather = 0")
    with plugin.cluster().superuser(SILENT) as silent:
        tables = silent.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'pgtrigger%'"
        ).fetchall()
        for (table,) in tables:
            silent.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    multiply(LARGE, times, files=True)
    for name in (DATABASE, LARGE, SILENT):
        vacuum(name)
    with plugin.cluster().superuser(LARGE) as large:
        rows = large.execute("SELECT count(*) FROM facilities_facility").fetchone()[0]
        kept = large.execute(
            "SELECT sum(n_live_tup)::bigint FROM pg_stat_user_tables WHERE relname LIKE 'facilities%history'"
        ).fetchone()[0]
    return {"pk": pks[len(pks) // 2], "pks": pks, "district": minhang, "large": rows, "kept": kept}


def reading(small: Side, large: Side, facts: dict, repeats: int) -> list[Line]:
    day, start = (date.today() - timedelta(n) for n in (100, 200))
    page = f"/minhang/facilities/{facts['pk']}"
    paths = {"as-of": f"{page}/as-of/?day={day}", "changes": f"{page}/changes/?start={start}&end={day}"}
    variants = {"empty": (small, "/minhang/search/", {})}
    for name, path in paths.items():
        variants[f"small {name}"], variants[f"large {name}"] = (small, path, {}), (large, path, {})
    ms = measure(variants, repeats)
    sizes = f"{len(facts['pks']):,}", f"{facts['large']:,}"
    lines = []
    for name in paths:
        few, many = ms[f"small {name}"], ms[f"large {name}"]
        goal = 5 if name == "as-of" else 8  # a comparison reads two files
        lines.append(Line(f"page {name} / empty page", sizes[0], ms["empty"], few, goal, "ms"))
        lines.append(Line(f"page {name}, {sizes[1]} / {sizes[0]}", "", few, many, 1.15, "ms"))
        queries = large.run(statements, large, paths[name])
        lines.append(Line(f"queries of page {name}", sizes[1], 1, queries, 45, ""))
    return lines


def apart(side: Side, call) -> float:
    """CPU milliseconds of a call in the side's thread and its backend, undone afterwards."""
    from django.db import transaction

    from portal.tenancy import district_scope

    def run() -> float:
        with district_scope(side.district):
            backend, start = side.backend(), time.thread_time_ns()
            call()
            spent = time.thread_time_ns() - start + side.backend() - backend
            transaction.set_rollback(True)
        return spent / 1e6

    return side.run(run)


def tables(small: Side, large: Side, facts: dict, repeats: int) -> list[Line]:
    """The file of a past day against the same rows now, table by table, without the page around them."""
    from facilities import past
    from facilities.models import (
        CareClass,
        Certificate,
        EmergencyDrill,
        EmergencyPlan,
        Employment,
        Facility,
        FacilityTransition,
        Fee,
        FeeNotice,
        Insurance,
        Menu,
        Operator,
        Permit,
        Premises,
        PremisesArea,
        RecordCheck,
        StaffMember,
        TrainingRecord,
    )

    pk, day = facts["pk"], date.today() - timedelta(1)

    def now() -> None:
        one = Facility.objects.filter(pk=pk).values().get()
        list(Operator.objects.filter(pk=one["operator_id"]).values())
        for model in (FacilityTransition, CareClass, Fee, FeeNotice, Insurance, Permit, Menu):
            list(model.objects.filter(facility=pk).values())
        places = list(Premises.objects.filter(facility=pk).values())
        list(PremisesArea.objects.filter(premises__in=[p["id"] for p in places]).values())
        work = list(Employment.objects.filter(facility=pk).values())
        people = {row["staff_id"] for row in work}
        for model in (Certificate, RecordCheck, TrainingRecord):
            list(model.objects.filter(staff__in=people).values())
        plans = list(EmergencyPlan.objects.filter(facility=pk).values())
        list(EmergencyDrill.objects.filter(plan__in=[plan["id"] for plan in plans]).values())
        list(StaffMember.objects.filter(pk__in=people).values_list("pk", "name"))

    def then() -> None:
        past.file_on(pk, day, rights=frozenset({past.PEOPLE, past.PLANS}))

    found = []
    for side, size in ((small, f"{len(facts['pks']):,}"), (large, f"{facts['large']:,}")):
        spent = {now: [], then: []}
        for turn in range(repeats + 2):
            for call in (now, then):
                one = apart(side, call)
                if turn > 1:
                    spent[call].append(one)
        ours, floor = statistics.median(spent[then]), statistics.median(spent[now])
        found.append(Line("file of yesterday / the same rows now", size, floor, ours, 1.5, "ms"))
    return found


def writing(small: Side, silent: Side, facts: dict, repeats: int) -> list[Line]:
    """What the triggers add to writes of many rows and of one."""
    from bench.data import rows_of
    from facilities.models import CareClass, Facility
    from facilities.services import bulk
    from facilities.services import facilities as services
    from portal.access import Actor
    from portal.models.places import Street

    actor, today = Actor.system(facts["district"], "bench"), date.today()

    def register_many() -> None:
        chance = random.Random(7)
        rows = rows_of(list(Street.objects.all()), 1000, chance, today)
        for row in rows:
            row["name"] += "新"
        bulk.register_many(rows, actor=actor, on=today)

    def classes() -> None:
        CareClass.objects.bulk_create(
            [
                CareClass(facility_id=pk, name=f"新{n}", kind="mixed", year=2025, places=5, started_on=today)
                for pk in facts["pks"][:500]
                for n in range(4)
            ],
            batch_size=2000,
        )

    def change() -> None:
        one = Facility.objects.get(pk=facts["pk"])
        services.change_facility(one, actor=actor, version=one.version, on=today, phone="021-55559999")

    def sweep() -> None:
        Facility.objects.update(video_connected=True)

    work = {
        "register_many of 1,000": (register_many, 2),
        "bulk_create of 2,000 classes": (classes, 2.5),
        "one change by the service": (change, 1.5),
        "one UPDATE of all facilities": (sweep, 3),
    }
    spent: dict = {(name, side): [] for name in work for side in (small, silent)}
    for turn in range(repeats + 1):
        for name, (call, _goal) in work.items():
            for side in (small, silent):
                one = apart(side, call)
                if turn:
                    spent[name, side].append(one)
    return [
        Line(
            f"{name}, with history / without",
            f"{len(facts['pks']):,}",
            statistics.median(spent[name, silent]),
            statistics.median(spent[name, small]),
            goal,
            "ms",
        )
        for name, (_call, goal) in work.items()
    ]


def main() -> bool:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--facilities", type=int, default=1000)
    parser.add_argument("--staff", type=int, default=10_000)
    parser.add_argument(
        "--times", type=int, default=100, help="how many times as large the second database is"
    )
    parser.add_argument("--repeats", type=int, default=15)
    arguments = parser.parse_args()
    with servers(DATABASE):
        start = time.monotonic()
        facts = prepare(arguments.facilities, arguments.staff, arguments.times)
        took = time.monotonic() - start
        print(f"{facts['large']:,} facilities, {facts['kept']:,} rows of history made in {took:.0f} s")
        small, large, silent = (Side(name) for name in (DATABASE, LARGE, SILENT))
        for side in (small, large, silent):
            side.district = facts["district"]
        lines = reading(small, large, facts, arguments.repeats)
        lines += tables(small, large, facts, arguments.repeats)
        lines += writing(small, silent, facts, arguments.repeats)
        for side in (small, large, silent):
            side.pool.shutdown()
        return print_table(lines)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
