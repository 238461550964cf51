"""A register of the size to design for, in a database of its own on embedded servers.

`python bench/data.py --facilities 100000` makes it, says how long it took, and removes it again; the benches call
`servers()` and `register()`. Names are made of parts and say that they are examples; numbers have right check
digits and belong to nobody.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

WORDS = (
    "云杉 松果 小满 蒲公英 安禾 知夏 米禾 晴川 苹果树 春芽 暖巢 小蜗牛 星河 蓝鲸 麦田 贝壳 元宝枫 新荷 海棠 启明 "
    "竹溪 若水 向阳 青果 泊岸 朵朵 童心 月光 森林 白鸽 彩虹 橡树 萤火虫 小鹿 金色 银杏 桃李 芳草 晨曦 书香"
).split()
KINDS = (
    ("integrated_kindergarten", "幼儿园托班", 55),
    ("nursery", "托育园", 25),
    ("inclusive_site", "普惠托育点", 10),
    ("baby_house", "宝宝屋", 10),
)
POSTS = ("carer", "carer", "teacher", "head", "health", "cook", "safety")
CERTIFICATE = {
    "carer": "childcare", "teacher": "teacher", "head": "teacher", "health": "health", "cook": "food",
    "safety": "safety",
}  # fmt: skip


@contextlib.contextmanager
def servers(name: str = "bench") -> Iterator[str]:
    """Embedded Postgres and Valkey with a migrated database and Django set up on it; ends both."""
    import django

    from tests import plugin, world

    plugin._start()
    try:
        plugin._environment()
        os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
        plugin.use_database(name)
        django.setup()
        plugin.cluster().create_database(name, world.template())
        yield name
    finally:
        from django.db import connections

        with contextlib.suppress(Exception):
            connections.close_all()
        plugin.pytest_unconfigure(None)


def districts() -> dict:
    from portal.models.places import District

    return {d.slug: d for d in District.objects.all()}


def identity(chance: random.Random, number: int) -> str:
    """A number that no register has given: the region's digits are of no place."""
    from facilities.rules.numbers import identity_check

    born = date(1970, 1, 1) + timedelta(number % 11000)
    first = f"{100000 + number // 11000 % 9000:06d}{born:%Y%m%d}{number // 99_000_000 % 1000:03d}"
    return first + identity_check(first)


def rows_of(streets: list, count: int, chance: random.Random, on: date) -> list[dict]:
    kinds = chance.choices(KINDS, [k[2] for k in KINDS], k=count)
    rows = []
    for number in range(count):
        kind, word, _weight = kinds[number]
        places = chance.choice((15, 20, 30, 40, 45, 60, 80, 120))
        state = chance.choices(("operating", "suspended", "preparing", "filed"), (94, 2, 2, 2))[0]
        street = streets[min(int(chance.paretovariate(1.2)) - 1, len(streets) - 1)]
        rows.append(
            {
                "name": f"示例{chance.choice(WORDS)}{chance.choice(WORDS)}{number + 1}{word}",
                "kind": kind,
                "state": state,
                "ownership": chance.choices(("public", "non_profit", "for_profit"), (5, 2, 3))[0],
                "inclusive": kind == "inclusive_site" or chance.random() < 0.3,
                "street": street,
                "address": f"{street.name}示例路 {number % 900 + 1} 弄 {number % 40 + 1} 号",
                "operator": f"示例举办者{number % 5000}",
                "head": "示例人",
                "phone": f"021-5550{number % 10000:04d}",
                "places": places,
                "enrolled": int(places * chance.uniform(0.4, 1)),
                "full_day": True,
                "usable_area": places * 4,
                "video_days": 90,
                "insured_until": on + timedelta(chance.randint(5, 700)),
                "opened_on": on - timedelta(chance.randint(100, 4000)),
                "grade": chance.choices("ABCD", (55, 30, 12, 3))[0],
            }
        )
    return rows


def register(district, *, facilities: int, staff: int, on: date, seed: int = 1) -> None:
    """Fills a district: facilities over its streets, and `staff` people in all, with certificates and checks."""
    from facilities.models import Facility
    from facilities.services import bulk
    from portal.access import Actor
    from portal.models.places import Street
    from portal.tenancy import district_scope

    chance = random.Random(seed)
    actor = Actor.system(district, "bench/data.py")
    with district_scope(district):
        streets = list(Street.objects.all())
        made = []
        for start in range(0, facilities, 20000):
            rows = rows_of(streets, min(20000, facilities - start), chance, on)
            for row in rows:
                row["name"] += f"{start // 20000 + 1}" if start else ""
            made += bulk.register_many(rows, actor=actor, on=on)
    operating = [f for f in made if f.state == "operating"]
    for start in range(0, staff, 10000):
        count = min(10000, staff - start)
        with district_scope(district):
            places = Facility.objects.in_bulk(
                [operating[(start + n) % len(operating)].pk for n in range(count)]
            )
            work = bulk.hire_many(
                [
                    {
                        "facility": places[operating[(start + n) % len(operating)].pk],
                        "name": f"示例{WORDS[n % len(WORDS)]}",
                        "identity": identity(chance, seed * 1_000_000 + start + n),
                        "post": POSTS[((start + n) // len(operating)) % len(POSTS)],
                        "starts_on": on - timedelta(chance.randint(30, 2000)),
                    }
                    for n in range(count)
                ],
                actor=actor,
                on=on,
            )
            bulk.certify_many(list(certificates(work, chance, on)), actor=actor, on=on)
            bulk.train_many(list(training(work, chance, on)), actor=actor, on=on)
            bulk.check_many(
                [{"staff": e.staff, "checked_on": on - timedelta(chance.randint(1, 380))} for e in work],
                actor=actor,
                on=on,
            )


def certificates(work, chance: random.Random, on: date) -> Iterator[dict]:
    for number, employment in enumerate(work):
        member = employment.staff
        for kind in (CERTIFICATE[employment.post], "health_check"):
            if chance.random() < 0.02:
                continue
            until = None if kind == "teacher" else on + timedelta(chance.randint(-20, 1000))
            yield {
                "staff": member, "kind": kind, "number": f"{kind[:2].upper()}{member.code}{number}",
                "issued_on": on - timedelta(1100), "valid_until": until,
            }  # fmt: skip


def training(work, chance: random.Random, on: date) -> Iterator[dict]:
    for employment in work:
        for kind, most in (("skills", 80), ("ethics", 48)):
            yield {
                "staff": employment.staff, "kind": kind, "course": "示例课程", "provider": "示例培训单位",
                "hours": chance.randint(4, most), "done_on": on - timedelta(chance.randint(1, 60)),
            }  # fmt: skip


#: Table -> column -> what a copy has there; references move by the same step as the ids that they point at.
COPIES = {
    "facilities_facility": {
        "code": "left(code, 2) || lpad((substr(code, 3)::bigint + copy * {rows})::text, 6, '0')",
        "name": "name || copy",
        "name_key": "name_key || copy",
        "search_text": "search_text || E'\\n' || regexp_replace(copy::text, '(.)', '\\1\\1', 'g')",
    },
    "facilities_facilitytransition": {},
    "facilities_staffmember": {
        "code": "left(code, 3) || lpad((substr(code, 4)::bigint + copy * {rows})::text, 8, '0')",
        "identity_hash": "md5(identity_hash || copy) || md5(copy || identity_hash)",
    },
    "facilities_employment": {},
    "facilities_certificate": {},
    "facilities_trainingrecord": {},
    "facilities_recordcheck": {},
}
#: The rest of a facility's file, and the histories: copied where a bench reads them.
FILES = {
    "facilities_premises": {},
    "facilities_premisesarea": {},
    "facilities_careclass": {},
    "facilities_fee": {},
    "facilities_feenotice": {},
    "facilities_insurance": {"number": "number || '-' || copy"},
    **{
        f"facilities_{table}history": {}
        for table in (
            "facility", "facilitytransition", "premises", "premisesarea", "careclass", "fee", "feenotice",
            "insurance", "employment", "certificate",
        )
    },
}  # fmt: skip
#: So many facilities are made by the services, with their history.
UNCOPIED = 2000
REFERENCES = ("id", "facility_id", "staff_id", "premises_id", "pgh_id", "pgh_obj_id")
STEP = 10_000_000


def multiply(name: str, times: int, *, files: bool = False) -> None:
    """Every facility and person of the database `times` times in all, as the superuser, past the application and
    its triggers; with `files` the rest of their files and their histories, too.

    The services would take a quarter of an hour for 100,000; the rows are the same but for names and numbers.
    """
    from tests import plugin

    with plugin.cluster().superuser(name) as connection:
        connection.execute("SET session_replication_role = 'replica'")
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE indexname IN ('facility_search', 'staff_search')"
        ).fetchall()
        for index, _definition in indexes:
            connection.execute(f"DROP INDEX {index}")
        for table, changed in (COPIES | (FILES if files else {})).items():
            rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            columns = [
                row[0]
                for row in connection.execute(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'",
                    [table],
                )
            ]
            values = [
                changed[c].format(rows=rows)
                if c in changed
                else f"{c} + copy * {STEP}"
                if c in REFERENCES
                else f'"{c}"'
                for c in columns
            ]
            quoted = ", ".join(f'"{c}"' for c in columns)
            connection.execute(
                f"INSERT INTO {table} ({quoted}) SELECT {', '.join(values)}"
                f" FROM {table}, generate_series(1, {times - 1}) copy"
            )
        for _index, definition in indexes:
            connection.execute(definition)


def vacuum(name: str) -> None:
    """As autovacuum would in time: without it counts and index-only scans cost three times as much."""
    from tests import plugin

    with plugin.cluster().superuser(name) as connection:
        connection.execute("VACUUM ANALYZE")


def make(database: str, district, *, facilities: int, staff: int, on: date) -> None:
    """A district of the size: up to 2,000 facilities by the services, the rest as copies of them."""
    times = max(1, round(facilities / UNCOPIED))
    register(district, facilities=facilities // times, staff=staff // times, on=on)
    if times > 1:
        multiply(database, times)
    vacuum(database)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--facilities", type=int, default=100_000)
    parser.add_argument("--staff", type=int, default=200_000)
    arguments = parser.parse_args()
    with servers() as database:
        start = time.monotonic()
        make(
            database,
            districts()["minhang"],
            facilities=arguments.facilities,
            staff=arguments.staff,
            on=date.today(),
        )
        print(
            f"{arguments.facilities:,} facilities and {arguments.staff:,} people in"
            f" {time.monotonic() - start:.1f} s"
        )
