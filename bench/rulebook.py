# ruff: noqa: E501 - the floor's SQL reads better in wide lines
"""All rules of the rulebook on all facilities of a district against SQL written by hand: `python bench/rulebook.py`.

The floor is one statement per table, written out with the numbers of the day, sent past row-level security as the
superuser with the district's id in each condition; its counts (street, rule, verdict) are asserted to equal ours. CPU
time of both ends of a connection, in turns. Beside it: one facility's page and the daily look.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.data import UNCOPIED, districts, make, servers, vacuum
from bench.report import Line, print_table
from bench.rollup import Clock, median_of

GOAL = 2.0
DATABASE = "bench"
ON = date.today()

#: Papers and classes, made from the facilities; %(d)s is the district.
PAPERS = (
    """INSERT INTO facilities_careclass (district_id, facility_id, name, kind, year, places, children, staff, started_on, version)
       SELECT %(d)s, f.id, k.kind || n, k.kind, 2026, k.places, 4 + (f.id * 7 + n) %% (k.places - 3), 1 + (f.id + n) %% 5, '2026-09-01', 1
       FROM facilities_facility f CROSS JOIN (VALUES ('infant', 10, 1), ('toddler', 16, 2), ('senior', 21, 3)) k(kind, places, n)
       WHERE f.district_id = %(d)s AND f.kind <> 'baby_house' AND (f.id + n) %% 4 <> 0""",
    """INSERT INTO facilities_fee (district_id, facility_id, item, note, amount, unit, starts_on)
       SELECT %(d)s, id, CASE WHEN id %% 9 = 0 THEN 'meals' ELSE 'care' END, '', 3000, 'month', '2026-03-01' FROM facilities_facility WHERE district_id = %(d)s""",
    """INSERT INTO facilities_feenotice (district_id, facility_id, published_on, place, detail)
       SELECT %(d)s, id, CASE WHEN id %% 7 = 0 THEN date '2025-09-01' ELSE date '2026-03-01' END, 'door', '' FROM facilities_facility WHERE district_id = %(d)s AND id %% 5 <> 0""",
    """INSERT INTO facilities_insurance (district_id, facility_id, kind, insurer, number, starts_on, ends_on)
       SELECT %(d)s, id, 'liability', '示例保险', id::text, '2025-01-01', %(on)s::date - 40 + (id %% 400)::int FROM facilities_facility WHERE district_id = %(d)s AND id %% 6 <> 0""",
    """INSERT INTO facilities_menu (district_id, facility_id, week, text)
       SELECT %(d)s, id, w, '示例' FROM facilities_facility, (VALUES (%(monday)s::date - 7), (%(monday)s::date)) v(w) WHERE district_id = %(d)s AND (id + extract(day FROM w)::int) %% 3 <> 0""",
    """INSERT INTO facilities_premises (district_id, facility_id, name, address, tenure, outdoor_shared, starts_on, version)
       SELECT %(d)s, id, '一', '', 'own', false, '2020-01-01', 1 FROM facilities_facility WHERE district_id = %(d)s AND id %% 3 <> 0""",
    """INSERT INTO facilities_premisesarea (district_id, premises_id, use, floor, area)
       SELECT %(d)s, p.id, u.use, 1, 8 FROM facilities_premises p, (VALUES ('activity'), ('wash'), ('feeding')) u(use)
       WHERE p.district_id = %(d)s AND (u.use <> 'feeding' OR p.id %% 4 <> 0)""",
    """INSERT INTO portal_storedfile (district_id, sha256, name, content_type, size, path, created_at)
       SELECT %(d)s, 'bench', 'a.pdf', 'application/pdf', 1, 'bench', now()""",
    """INSERT INTO facilities_emergencyplan (district_id, facility_id, kind, version, title, file_id, approved_on, approved_by, review_on)
       SELECT %(d)s, f.id, k.kind, 1, '示例', (SELECT max(id) FROM portal_storedfile), '2023-01-01', '示例', %(on)s::date - 20 + (f.id * 7 %% 1000)::int
       FROM facilities_facility f, (VALUES ('fire', 7), ('first_aid', 9), ('public_health', 11)) k(kind, n) WHERE district_id = %(d)s AND f.id %% k.n <> 0""",
    """INSERT INTO facilities_emergencydrill (district_id, plan_id, held_on, scenario, leader, staff_count, child_count, partners, result, problems, measures, at)
       SELECT %(d)s, id, %(on)s::date - (id * 11 %% 400)::int, '示例', '示例', 5, 20, '', 'good', '', '', now() FROM facilities_emergencyplan WHERE district_id = %(d)s AND id %% 5 <> 0""",
    """INSERT INTO facilities_trainingrecord (district_id, staff_id, kind, course, provider, hours, done_on, passed)
       SELECT %(d)s, id, k.kind, '去年', '示例', 20 + (id * 13) %% 61, %(first)s::date + 150, true FROM facilities_staffmember, (VALUES ('skills'), ('ethics')) k(kind)
       WHERE district_id = %(d)s AND id %% 8 <> 0""",
    """INSERT INTO facilities_creditentry (district_id, number, facility_id, kind, matter, state, title, facts, authority, document, decided_on, file_id, entered_at,
           note, notice_number, starts_on, ends_on, left_on, left_note)
       SELECT %(d)s, left(k.kind, 2) || f.id, f.id, k.kind, 'general', CASE WHEN f.id %% 4 = 0 THEN 'revoked' ELSE 'in_force' END, '示例', '示例', '示例', '示例', '2025-06-01',
              (SELECT max(id) FROM portal_storedfile), now(), '', '', '2025-06-02', %(on)s::date - 30 + (f.id %% 300)::int, CASE WHEN f.id %% 9 = 0 THEN %(on)s::date END, ''
       FROM facilities_facility f, (VALUES ('penalty', 2), ('promise', 3), ('honour', 2)) k(kind, n) WHERE district_id = %(d)s AND f.id %% k.n = 0""",
    """INSERT INTO facilities_creditentry (district_id, number, facility_id, kind, matter, state, title, facts, authority, document, decided_on, file_id, entered_at,
           note, notice_number, starts_on, ends_on, left_on, left_note, ground_id)
       SELECT district_id, 'D' || number, facility_id, 'discipline', matter, state, title, facts, authority, document, decided_on, file_id, entered_at, note, notice_number,
              starts_on, ends_on, left_on, left_note, id
       FROM facilities_creditentry WHERE district_id = %(d)s AND kind = 'penalty' AND facility_id %% 5 <> 0""",
    """INSERT INTO facilities_ledgerentry (district_id, facility_id, "on", item, amount, note, at)
       SELECT %(d)s, f.id, %(last)s::date - 40 * n, i.item, i.amount + f.id %% 7 * 100, '示例', now()
       FROM facilities_facility f CROSS JOIN generate_series(0, 11) n CROSS JOIN (VALUES ('fee', 900, 5), ('grant', 300, 2), ('staff', 700, 6), ('rent', 400, 4)) i(item, amount, part)
       WHERE f.district_id = %(d)s AND f.kind = 'baby_house' AND f.id %% i.part <> 0""",
    """UPDATE facilities_facility SET meals = (id %% 3 = 0 AND full_day), cameras = CASE WHEN id %% 4 <> 0 THEN id %% 9 END,
       video_connected = CASE WHEN id %% 5 <> 0 THEN id %% 11 <> 0 END, alarm_connected = CASE WHEN id %% 7 <> 0 THEN id %% 13 <> 0 END
       WHERE district_id = %(d)s""",
)

OPEN = """(SELECT f.* FROM facilities_facility f LEFT JOIN (
        SELECT DISTINCT ON (facility_id) facility_id, target FROM facilities_facilitytransition
        WHERE district_id = %(d)s AND "on" <= %(on)s ORDER BY facility_id, "on" DESC, id DESC
    ) t ON t.facility_id = f.id
    WHERE f.district_id = %(d)s AND f.opened_on <= %(on)s AND (f.closed_on IS NULL OR f.closed_on > %(on)s)
      AND coalesce(t.target, f.state) = 'operating') f"""
CARE, HOUSE, FULL = (
    "f.kind <> 'guidance_point'",
    "f.kind = 'baby_house'",
    "f.kind IN ('integrated_kindergarten', 'nursery', 'inclusive_site')",
)
ALL = "true"
AT_WORK = "e.district_id = %(d)s AND e.starts_on <= %(on)s AND (e.ends_on IS NULL OR e.ends_on >= %(on)s)"
#: One pass per table: what follows FROM, and (rule, whom it binds, whether it is met).
BARE: dict[str, tuple[str, tuple[tuple[str, str, str], ...]]] = {
    "facility": (
        OPEN,
        (
            ("area-per-child", HOUSE, "f.usable_area / f.places >= 3"),
            ("baby-house-name", "false", "true"),  # Minhang asks for no name
            ("video-days", FULL, "f.video_days >= 90"),
            ("baby-house-video-days", HOUSE, "f.video_days >= 30"),
            ("video-connected", CARE, "f.video_connected"),
            ("cameras", CARE, "f.cameras >= 1"),
            ("alarm-connected", CARE, "CASE WHEN f.alarm_buttons = 0 THEN false ELSE f.alarm_connected END"),
            ("hourly-only", HOUSE, "f.hourly AND NOT f.half_day"),
            ("no-full-day", HOUSE, "NOT f.full_day"),
            ("service-modes", FULL, "f.full_day OR f.half_day OR f.hourly"),
        ),
    ),
    "operator": (
        f"{OPEN} LEFT JOIN facilities_operator o ON o.district_id = %(d)s AND o.id = f.operator_id",
        (("founder", CARE, "CASE WHEN o.name <> '' THEN true END"),),
    ),
    "premises": (
        f"""{OPEN} LEFT JOIN (
            SELECT p.facility_id, count(*) AS n, bool_or(a.use = 'wash') AS wash, bool_or(a.use = 'feeding') AS feeding
            FROM facilities_premises p JOIN facilities_premisesarea a ON a.district_id = %(d)s AND a.premises_id = p.id
            WHERE p.district_id = %(d)s AND p.starts_on <= %(on)s AND (p.ends_on IS NULL OR p.ends_on > %(on)s) GROUP BY 1
        ) p ON p.facility_id = f.id""",
        (("washroom", HOUSE, "CASE WHEN p.n > 0 THEN p.wash AND p.feeding END"),),
    ),
    "classes": (
        OPEN
        + """ LEFT JOIN (SELECT facility_id, count(*) AS n, max(children) AS children, """
        + ", ".join(
            f"count(*) FILTER (WHERE kind = '{k}') AS {k}, max(children) FILTER (WHERE kind = '{k}') AS {k}_most,"
            f" max(children::numeric / nullif(staff, 0)) FILTER (WHERE kind = '{k}') AS {k}_each,"
            f" bool_or(staff = 0 AND children > 0) FILTER (WHERE kind = '{k}') AS {k}_none"
            for k in ("infant", "toddler", "senior")
        )
        + """ FROM facilities_careclass WHERE district_id = %(d)s AND started_on <= %(on)s AND (ended_on IS NULL OR ended_on > %(on)s)
            GROUP BY 1) c ON c.facility_id = f.id""",
        (
            *(
                part
                for k, size, each in (("infant", 10, 3), ("toddler", 15, 5), ("senior", 20, 7))
                for part in (
                    (f"{k}-class-size", f"{FULL} AND (c.n IS NULL OR c.{k} > 0)", f"c.{k}_most <= {size}"),
                    (f"{k}-ratio", f"{FULL} AND (c.n IS NULL OR c.{k} > 0)",
                     f"CASE WHEN c.{k}_each > {each} THEN false WHEN c.{k}_none THEN NULL ELSE c.{k}_each <= {each} END"),
                )
            ),
            ("baby-house-class-size", HOUSE, "CASE WHEN c.n > 0 THEN c.children <= 20 WHEN f.places <= 20 THEN true END"),
        ),
    ),
    "fees and notices": (
        f"""{OPEN} LEFT JOIN (
            SELECT facility_id, max(starts_on) AS last, count(*) FILTER (WHERE item = 'meals') AS meals FROM facilities_fee
            WHERE district_id = %(d)s AND starts_on <= %(on)s AND (ends_on IS NULL OR ends_on >= %(on)s) GROUP BY 1
        ) p ON p.facility_id = f.id LEFT JOIN (
            SELECT facility_id, max(published_on) AS last FROM facilities_feenotice WHERE district_id = %(d)s AND published_on <= %(on)s GROUP BY 1
        ) n ON n.facility_id = f.id LEFT JOIN (
            SELECT facility_id, max(week) AS week FROM facilities_menu WHERE district_id = %(d)s AND week <= %(on)s GROUP BY 1
        ) m ON m.facility_id = f.id""",
        (
            ("fees-published", CARE, "greatest(n.last, f.fees_published_on) >= coalesce(p.last, n.last, f.fees_published_on)"),
            ("no-meals", HOUSE, "NOT f.meals AND coalesce(p.meals, 0) = 0 AND coalesce(m.week < %(monday)s, true)"),
            ("menu-published", f"{FULL} AND f.meals", "m.week >= %(monday)s"),
        ),
    ),
    "insurance": (
        f"""{OPEN} LEFT JOIN (
            SELECT facility_id, max(ends_on) AS until FROM facilities_insurance WHERE district_id = %(d)s AND kind = 'liability' AND starts_on <= %(on)s GROUP BY 1
        ) i ON i.facility_id = f.id""",
        (
            ("insured", CARE, "greatest(i.until, f.insured_until) >= %(on)s"),
            ("file-complete", CARE, "f.operator_id IS NOT NULL AND f.head <> '' AND f.phone <> '' AND f.credit_code <> '' AND f.usable_area IS NOT NULL"
             " AND coalesce(i.until, f.insured_until) IS NOT NULL"),
        ),
    ),
    "account": (
        f"""{OPEN} LEFT JOIN (
            SELECT facility_id, coalesce(sum(amount) FILTER (WHERE item = 'fee'), 0) AS fees,
                nullif(sum(amount) FILTER (WHERE item IN ('staff', 'rent', 'equipment', 'insurance', 'training', 'running', 'other_out')), 0) AS costs
            FROM facilities_ledgerentry WHERE district_id = %(d)s AND "on" BETWEEN %(first)s AND %(last)s GROUP BY 1
        ) a ON a.facility_id = f.id""",
        (("non-profit", f"{HOUSE} AND f.opened_on <= %(last)s", "a.fees <= a.costs"),),
    ),
    "credit": (
        f"""{OPEN} LEFT JOIN (
            SELECT facility_id, bool_or(kind = 'discipline') AS listed, bool_or(kind = 'promise') AS broken FROM facilities_creditentry
            WHERE district_id = %(d)s AND kind IN ('discipline', 'promise') AND state <> 'revoked' AND starts_on <= %(on)s
                AND (left_on IS NULL OR left_on > %(on)s) AND (ends_on IS NULL OR ends_on >= %(on)s) GROUP BY 1
        ) c ON c.facility_id = f.id""",
        (
            ("no-discipline", ALL, "c.listed IS NOT TRUE"),
            ("promises-kept", CARE, "c.broken IS NOT TRUE"),
        ),
    ),
    "emergency": (
        f"""{OPEN} LEFT JOIN (
            SELECT p.facility_id, count(*) AS held, count(*) FILTER (WHERE p.kind IN ('public_health', 'fire', 'first_aid') AND p.review_on >= %(on)s) AS current,
                count(*) FILTER (WHERE p.kind IN ('public_health', 'fire', 'first_aid') AND coalesce(h.last, p.approved_on)
                    + CASE p.kind WHEN 'fire' THEN interval '6 months' ELSE interval '12 months' END >= %(on)s) AS drilled
            FROM facilities_emergencyplan p LEFT JOIN (
                SELECT v.facility_id, v.kind, max(x.held_on) AS last FROM facilities_emergencydrill x JOIN facilities_emergencyplan v ON v.id = x.plan_id
                WHERE x.district_id = %(d)s AND x.held_on <= %(on)s GROUP BY 1, 2
            ) h ON h.facility_id = p.facility_id AND h.kind = p.kind
            WHERE p.district_id = %(d)s AND p.approved_on <= %(on)s AND (p.replaced_on IS NULL OR p.replaced_on > %(on)s) GROUP BY 1
        ) w ON w.facility_id = f.id""",
        (
            ("emergency-plans", CARE, "CASE WHEN w.held > 0 THEN w.current >= 3 END"),
            ("emergency-drills", CARE, "CASE WHEN w.held > 0 THEN w.drilled >= 3 END"),
        ),
    ),
    "certificates": (
        f"""{OPEN} LEFT JOIN (
            SELECT e.facility_id, count(*) AS n, count(*) FILTER (WHERE e.post <> 'other') AS asked,
                count(*) FILTER (WHERE CASE e.post WHEN 'carer' THEN c.kinds && '{{childcare,nursing,teacher}}' WHEN 'teacher' THEN c.kinds && '{{teacher}}'
                    WHEN 'health' THEN c.kinds && '{{health}}' WHEN 'safety' THEN c.kinds && '{{safety}}' WHEN 'cook' THEN c.kinds && '{{food}}'
                    WHEN 'head' THEN c.kinds && '{{childcare,nursing,health,teacher}}' END) AS certified,
                count(*) FILTER (WHERE 'health_check' = ANY(c.kinds)) AS healthy, count(*) FILTER (WHERE e.post = 'health') AS health,
                count(*) FILTER (WHERE e.post = 'head') AS heads, count(*) FILTER (WHERE e.post IN ('carer', 'teacher')) AS carers
            FROM facilities_employment e LEFT JOIN (
                SELECT staff_id, array_agg(kind::text) AS kinds FROM facilities_certificate WHERE district_id = %(d)s AND issued_on <= %(on)s
                    AND (valid_until IS NULL OR valid_until >= %(on)s) GROUP BY 1
            ) c ON c.staff_id = e.staff_id WHERE {AT_WORK} GROUP BY 1
        ) w ON w.facility_id = f.id""",
        (
            ("certified", f"{ALL} AND (w.n IS NULL OR w.asked > 0)", "w.certified >= w.asked"),
            ("healthy", CARE, "w.healthy >= w.n"),
            ("health-worker", CARE, "w.health >= 1"),
            ("head-on-post", HOUSE, "w.heads >= 1"),
            ("baby-house-ratio", HOUSE, "w.carers * 5 >= f.places"),
        ),
    ),
    "record checks": (
        f"""{OPEN} LEFT JOIN (
            SELECT e.facility_id, count(*) AS n, count(*) FILTER (WHERE r.first <= e.starts_on) AS before,
                count(*) FILTER (WHERE r.last > %(year_ago)s) AS fresh, count(*) FILTER (WHERE r.staff_id IS NULL) AS never, count(*) FILTER (WHERE r.found) AS found
            FROM facilities_employment e LEFT JOIN (
                SELECT staff_id, min(checked_on) FILTER (WHERE NOT found) AS first, max(checked_on) AS last, bool_or(found) AS found
                FROM facilities_recordcheck WHERE district_id = %(d)s AND checked_on <= %(on)s GROUP BY 1
            ) r ON r.staff_id = e.staff_id WHERE {AT_WORK} GROUP BY 1
        ) w ON w.facility_id = f.id""",
        (
            ("checked-before", CARE, "CASE WHEN w.before >= w.n THEN true WHEN w.never > 0 AND w.before + w.never >= w.n THEN NULL WHEN w.n > 0 THEN false END"),
            ("checked-yearly", CARE, "CASE WHEN w.fresh >= w.n THEN true WHEN w.fresh + w.never >= w.n THEN NULL WHEN w.n > 0 THEN false END"),
            ("no-record", CARE, "CASE WHEN w.found > 0 THEN false WHEN w.never > 0 THEN NULL WHEN w.n > 0 THEN true END"),
        ),
    ),
    "training": (
        f"""{OPEN} LEFT JOIN (
            SELECT e.facility_id, count(*) AS n, count(*) FILTER (WHERE e.starts_on <= %(first)s) AS all_year,
                count(*) FILTER (WHERE e.starts_on <= %(first)s AND t.staff_id IS NULL) AS never,
                count(*) FILTER (WHERE e.starts_on <= %(first)s AND t.skills >= 72) AS skills, count(*) FILTER (WHERE e.starts_on <= %(first)s AND t.ethics >= 40) AS ethics
            FROM facilities_employment e LEFT JOIN (
                SELECT staff_id, sum(hours) FILTER (WHERE kind = 'skills') AS skills, sum(hours) FILTER (WHERE kind = 'ethics') AS ethics
                FROM facilities_trainingrecord WHERE district_id = %(d)s AND done_on BETWEEN %(first)s AND %(last)s AND passed GROUP BY 1
            ) t ON t.staff_id = e.staff_id WHERE {AT_WORK} GROUP BY 1
        ) w ON w.facility_id = f.id""",
        tuple(
            (f"{kind}-hours", f"{CARE} AND (w.n IS NULL OR w.all_year > 0)",
             f"CASE WHEN w.{kind} >= w.all_year THEN true WHEN w.{kind} + w.never >= w.all_year THEN NULL WHEN w.n > 0 THEN false END")
            for kind in ("skills", "ethics")
        ),
    ),
}  # fmt: skip


def statement(source: str, rules: tuple[tuple[str, str, str], ...]) -> str:
    columns = ", ".join(
        f"count(*) FILTER (WHERE {binds} AND NOT ({met})), count(*) FILTER (WHERE {binds} AND ({met})),"
        f" count(*) FILTER (WHERE {binds} AND ({met}) IS NULL)"
        for _key, binds, met in rules
    )
    return f"SELECT f.street_id, {columns} FROM {source} GROUP BY f.street_id"


def main() -> bool:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--facilities", type=int, default=100_000)
    parser.add_argument("--staff", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=5)
    sizes = parser.parse_args()
    with servers(DATABASE):
        return measured(sizes)


def measured(sizes: argparse.Namespace) -> bool:
    from django.db import connection

    from facilities.models import Rule
    from facilities.rulebook import verdicts
    from facilities.rules.rulebook import finished_year, monday
    from facilities.services import rulebook
    from portal.access import Actor
    from portal.tenancy import district_scope
    from tests import plugin

    started = time.monotonic()
    minhang = districts()["minhang"]
    make(DATABASE, minhang, facilities=sizes.facilities, staff=sizes.staff, on=ON)
    connection.close()
    year = finished_year(ON)
    values = {
        "d": minhang.pk, "on": ON, "monday": monday(ON), "first": date(year, 1, 1), "last": date(year, 12, 31),
        "year_ago": ON.replace(year=ON.year - 1),
    }  # fmt: skip
    with plugin.cluster().superuser(DATABASE) as owner:
        owner.execute("SET session_replication_role = replica")
        for one in PAPERS:
            owner.execute(one, values)
        owner.execute(f"ALTER DATABASE {DATABASE} SET max_parallel_workers_per_gather = 0")
    vacuum(DATABASE)
    print(f"made in {time.monotonic() - started:.0f} s", file=sys.stderr)
    with plugin.cluster().superuser(DATABASE) as owner, district_scope(minhang):
        connection.ensure_connection()
        ours_clock, bare_clock = Clock(connection.connection.info.backend_pid), Clock(owner.info.backend_pid)
        # of the rules that another district's document alone has, the one that reads a table of its own
        account = Rule.objects.get(key="washroom")
        account.pk, account.key = None, "non-profit"
        account.save()
        found = verdicts.rules(ON)

        def bare() -> dict:
            answer = {}
            for source, rules in BARE.values():
                for street, *numbers in owner.execute(statement(source, rules), values).fetchall():
                    for place, (key, _binds, _met) in enumerate(rules):
                        answer[street, key] = tuple(numbers[3 * place : 3 * place + 3])
            return answer

        def ours() -> dict:
            return verdicts.counted(found, ON)

        compare(bare(), ours())
        spent = median_of({"bare": (bare_clock, bare), "ours": (ours_clock, ours)}, sizes.repeats)
        size = f"{sizes.facilities:,} facilities, {sizes.staff:,} staff, {len(found)} rules"
        lines = [
            Line("verdicts of all facilities on all rules", size, spent["bare"], spent["ours"], GOAL, "ms")
        ]
        some = verdicts.of_rule(found[0], ON, verdict="met", limit=1) or verdicts.of_rule(
            found[0], ON, limit=1
        )
        one = median_of(
            {"one": (ours_clock, lambda: verdicts.of_facility(some[0].facility_id, ON))}, sizes.repeats
        )
        lines.append(Line("  one facility", "", spent["bare"], one["one"], None, "ms"))
        rule = next(rule for rule in found if rule.key == "certified")
        failing = median_of({"rule": (ours_clock, lambda: verdicts.of_rule(rule, ON))}, sizes.repeats)
        lines.append(Line("  who fails one rule about staff", "", spent["bare"], failing["rule"], None, "ms"))
        if sizes.facilities <= UNCOPIED:  # the copies have no history
            past = median_of({"past": (ours_clock, lambda: verdicts.counted(found, ON - timedelta(1)))}, 3)
            lines.append(
                Line("  the same of yesterday, by the history", "", spent["bare"], past["past"], None, "ms")
            )
        actor = Actor.system(minhang, "bench")
        first = ours_clock.spent(lambda: rulebook.look(on=ON, actor=actor))
        again = ours_clock.spent(lambda: rulebook.look(on=ON, actor=actor))
        lines.append(Line("  the first look of all", "", spent["bare"], first, None, "ms"))
        lines.append(Line("  a look that changes nothing", "", spent["bare"], again, None, "ms"))
    return print_table(lines)


def compare(bare: dict, ours: dict) -> None:
    """Every count of every street and rule, both ways; ends the bench when one differs."""
    keys = {key for of in ours.values() for key in of}
    named = {key for _source, rules in BARE.values() for key, _binds, _met in rules}
    if keys - named:
        raise SystemExit(f"not by hand: {keys - named}")
    for (street, key), theirs in bare.items():
        mine = ours.get(street, {}).get(key)
        if (mine.not_met, mine.met, mine.unknown) != theirs if mine else any(theirs):
            raise SystemExit(f"{key} in {street}: the rulebook has {mine}, bare SQL {theirs}")


if __name__ == "__main__":
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    sys.exit(0 if main() else 1)
