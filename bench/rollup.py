# ruff: noqa: E501 - the floor's SQL reads better in wide lines
"""The roll-up of a district among sixteen against the same aggregates as bare SQL: `python bench/rollup.py`.

Each district has 1,000 facilities, 10,000 staff and 1,500 inspections a year. The floor is written by hand, one
pass per kind of row, sent past row-level security as the superuser with the district's id in each condition; its
answers are asserted to equal ours. Figures are CPU time of both ends of a connection: of this thread and of the
backend. A last part counts the roll-up's queries again with four times the rows and streets.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.data import districts, register, servers, vacuum
from bench.report import Line, print_table

GOAL = 1.25
DATABASE = "bench"
ON, DUE = date(2026, 11, 20), date(2023, 12, 31)
STEP = 10_000_000
#: Table -> column -> what a copy has there; ids and references move by the same step.
TABLES: dict[str, dict[str, str]] = {
    "portal_street": {"code": "left(md5(code || copy), 9)"},
    "facilities_population": {},
    "facilities_facility": {"code": "left(md5(code || copy), 12)"},
    "facilities_facilitytransition": {},
    "facilities_kindergarten": {"code": "left(md5(code || copy), 12)"},
    "facilities_staffmember": {
        "code": "left(md5(code || copy), 12)",
        "identity_hash": "md5(identity_hash || copy) || md5(copy || identity_hash)",
    },
    "facilities_employment": {},
    "facilities_certificate": {},
    "facilities_trainingrecord": {},
    "facilities_recordcheck": {},
    "facilities_emergencyplan": {},
    "facilities_emergencydrill": {},
    "inspections_inspection": {"number": "left(md5(number || copy), 20)"},
    "inspections_order": {"number": "left(md5(number || copy), 20)"},
    "inspections_finding": {},
    "inspections_orderanswer": {},
    "inspections_recheck": {},
}
MOVED = {"id", "street_id", "facility_id", "staff_id", "inspection_id", "order_id", "finding_id", "plan_id"}

#: Rows of inspections of one district, made from its facilities; %(d)s is the district.
INSPECTIONS = (
    """INSERT INTO inspections_inspection (district_id, number, kind, facility_id, month, state, due_on, finished_on,
           finished_at, published_at, present, waiver, objection, summary, reason_kind, reason, cancel_reason, cancel_note, version)
       SELECT %(d)s, 'B' || n, CASE WHEN n %% 20 = 0 THEN 'unscheduled' ELSE 'drawn' END, f.id, date_trunc('month', day)::date,
           CASE WHEN n %% 30 = 0 THEN 'due' WHEN n %% 3 = 0 THEN 'finished' ELSE 'published' END, day + 10,
           CASE WHEN n %% 30 <> 0 THEN day END, NULL, CASE WHEN n %% 30 <> 0 AND n %% 3 <> 0 THEN day + interval '10 h' END,
           '', '', '', '', CASE WHEN n %% 20 = 0 THEN 'complaint' ELSE '' END, '', '', '', 1
       FROM (SELECT n, date '2026-01-05' + (n * 7919 %% 318) AS day, n * 6 %% 997 AS place FROM generate_series(1, %(rows)s) n) g
       JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM facilities_facility WHERE district_id = %(d)s) f
           ON f.place = g.place + 1""",
    """INSERT INTO inspections_order (district_id, number, inspection_id, facility_id, state, issued_on, due_on,
           first_due_on, provisional, closed_on, version)
       SELECT %(d)s, 'Z' || id, id, facility_id, CASE WHEN id %% 5 = 0 THEN 'issued' ELSE 'closed' END, finished_on,
           finished_on + 14, finished_on + 14, false, CASE WHEN id %% 5 <> 0 THEN finished_on + 3 + (id %% 16)::int END, 1
       FROM inspections_inspection WHERE district_id = %(d)s AND finished_on IS NOT NULL AND id %% 3 = 0""",
    """INSERT INTO inspections_finding (district_id, inspection_id, order_id, facility_id, item_id, item_key, text, weight,
           state, published, withdrawn_reason)
       SELECT %(d)s, o.inspection_id, o.id, o.facility_id, item.id, item.key, item.text, item.weight,
           CASE WHEN o.closed_on IS NULL THEN 'open' ELSE 'closed' END, false, ''
       FROM inspections_order o CROSS JOIN LATERAL (
           SELECT * FROM inspections_checklistitem i WHERE i.district_id = %(d)s ORDER BY (i.id * 31 + o.id) %% 101 LIMIT 2
       ) item WHERE o.district_id = %(d)s""",
    """INSERT INTO inspections_orderanswer (district_id, order_id, finding_id, round, text, at)
       SELECT %(d)s, order_id, id, 1, '已改', now() FROM inspections_finding
       WHERE district_id = %(d)s AND state = 'closed' AND id %% 11 <> 0""",
    """INSERT INTO inspections_recheck (district_id, order_id, round, "on", passed, note, results, inspectors, signatures, waiver)
       SELECT %(d)s, o.id, 1, o.closed_on, true, '', jsonb_object_agg(g.id::text, 'closed'), '{JC001,JC002}', '{JC001,JC002}', ''
       FROM inspections_order o JOIN inspections_finding g ON g.order_id = o.id
       WHERE o.district_id = %(d)s AND o.closed_on IS NOT NULL GROUP BY o.id""",
    """INSERT INTO facilities_kindergarten (district_id, code, name, street_id, ownership, opened_on, works, works_on, facility_id, version)
       SELECT %(d)s, 'Y' || id, name, street_id, 'public', date '2015-09-01', CASE WHEN id %% 4 = 0 THEN 'new' ELSE '' END,
           CASE WHEN id %% 4 = 0 THEN date '2022-01-01' + (id %% 700)::int END, CASE WHEN id %% 2 = 0 THEN id END, 1
       FROM facilities_facility WHERE district_id = %(d)s AND kind = 'integrated_kindergarten'""",
    """INSERT INTO facilities_emergencyplan (district_id, facility_id, kind, version, title, file_id, approved_on, approved_by, review_on)
       SELECT %(d)s, f.id, k.kind, 1, '示例', 1, '2023-01-01', '示例', date '2026-11-01' + (f.id * 7 %% 1000)::int
       FROM facilities_facility f, (VALUES ('fire', 7), ('first_aid', 9), ('public_health', 11)) k(kind, n) WHERE district_id = %(d)s AND f.id %% k.n <> 0""",
    """INSERT INTO facilities_emergencydrill (district_id, plan_id, held_on, scenario, leader, staff_count, child_count, partners, result, problems, measures, at)
       SELECT %(d)s, id, date '2026-11-01' - (id * 11 %% 400)::int, '示例', '示例', 5, 20, '', 'good', '', '', now()
       FROM facilities_emergencyplan WHERE district_id = %(d)s AND id %% 5 <> 0""",
)

#: What somebody would write by hand for the same figures of Pudong: street, then pairs of numerator and denominator.
OPEN = """facilities_facility f LEFT JOIN (
        SELECT DISTINCT ON (facility_id) facility_id, target FROM facilities_facilitytransition
        WHERE district_id = %(d)s AND "on" <= %(as_of)s ORDER BY facility_id, "on" DESC, id DESC
    ) t ON t.facility_id = f.id
    WHERE f.district_id = %(d)s AND f.opened_on <= %(as_of)s AND (f.closed_on IS NULL OR f.closed_on > %(as_of)s)
      AND coalesce(t.target, f.state) = 'operating' AND f.kind <> 'guidance_point'"""
BARE: dict[str, tuple[tuple[str, ...], str]] = {
    "facilities and visits": (
        ("places_per_street", "sites_per_street", "inclusive_site_per_street", "one_file_complete", "video_connected",
         "yearly_visit", "results_published"),
        f"""SELECT f.street_id, sum(f.places), count(*), count(*), count(*),
                count(*) FILTER (WHERE f.inclusive OR f.kind = 'inclusive_site'), count(*),
                count(*) FILTER (WHERE f.operator_id IS NOT NULL AND f.head <> '' AND f.phone <> '' AND f.credit_code <> ''
                    AND f.usable_area IS NOT NULL AND f.insured_until IS NOT NULL), count(*),
                count(*) FILTER (WHERE f.video_connected), count(*), count(v.facility_id), count(*),
                count(*) FILTER (WHERE v.published), count(*)
            FROM (SELECT f.* FROM {OPEN}) f LEFT JOIN (
                SELECT facility_id, bool_or(published_at IS NOT NULL) AS published FROM inspections_inspection
                WHERE district_id = %(d)s AND state IN ('finished', 'published')
                  AND finished_on BETWEEN '2026-01-01' AND %(as_of)s GROUP BY facility_id
            ) v ON v.facility_id = f.id GROUP BY f.street_id""",
    ),
    "kindergartens": (
        ("built_kindergarten_share",),
        f"""WITH o AS MATERIALIZED (SELECT f.id FROM {OPEN})
            SELECT k.street_id, count(o.id), count(*) FROM facilities_kindergarten k LEFT JOIN o ON o.id = k.facility_id
            WHERE k.district_id = %(d)s AND k.opened_on <= %(as_of)s AND (k.closed_on IS NULL OR k.closed_on > %(as_of)s)
              AND k.works = 'new' AND k.works_on BETWEEN '2021-01-01' AND %(as_of)s GROUP BY k.street_id""",
    ),
    "staff": (
        ("certified_share", "skills_hours", "ethics_hours", "training_both_kinds", "record_check_clear"),
        f"""SELECT p.street_id,
                count(*) FILTER (WHERE CASE p.post WHEN 'carer' THEN c.kinds && '{{childcare,nursing}}'
                    WHEN 'teacher' THEN c.kinds && '{{teacher,childcare}}' WHEN 'health' THEN c.kinds && '{{health}}'
                    WHEN 'safety' THEN c.kinds && '{{safety}}' WHEN 'cook' THEN c.kinds && '{{food}}'
                    WHEN 'other' THEN false ELSE c.kinds && '{{childcare,nursing,teacher,health}}' END),
                count(*) FILTER (WHERE p.post <> 'other'),
                count(*) FILTER (WHERE t.skills >= 72), count(*), count(*) FILTER (WHERE t.ethics >= 40), count(*),
                count(*) FILTER (WHERE t.skills IS NOT NULL AND t.ethics IS NOT NULL), count(*),
                count(*) FILTER (WHERE r.clear AND NOT r.found), count(*)
            FROM (
                SELECT DISTINCT ON (e.staff_id) e.staff_id, o.street_id, e.post FROM facilities_employment e
                JOIN (SELECT f.id, f.street_id FROM {OPEN}) o ON o.id = e.facility_id
                WHERE e.district_id = %(d)s AND e.starts_on <= %(as_of)s AND (e.ends_on IS NULL OR e.ends_on >= %(as_of)s)
                ORDER BY e.staff_id, e.starts_on DESC
            ) p
            LEFT JOIN (
                SELECT staff_id, array_agg(kind::text) AS kinds FROM facilities_certificate WHERE district_id = %(d)s
                  AND issued_on <= %(as_of)s AND (valid_until IS NULL OR valid_until >= %(as_of)s) GROUP BY staff_id
            ) c ON c.staff_id = p.staff_id
            LEFT JOIN (
                SELECT staff_id, sum(hours) FILTER (WHERE kind = 'skills') AS skills,
                    sum(hours) FILTER (WHERE kind = 'ethics') AS ethics FROM facilities_trainingrecord
                WHERE district_id = %(d)s AND done_on BETWEEN '2026-01-01' AND %(as_of)s AND passed GROUP BY staff_id
            ) t ON t.staff_id = p.staff_id
            LEFT JOIN (
                SELECT staff_id, bool_or(NOT found) AS clear, bool_or(found) AS found FROM facilities_recordcheck
                WHERE district_id = %(d)s AND checked_on <= %(as_of)s GROUP BY staff_id
            ) r ON r.staff_id = p.staff_id
            GROUP BY p.street_id""",
    ),
    "emergency": (
        ("emergency_prepared",),
        f"""SELECT f.street_id, count(*) FILTER (WHERE p.kinds = 3 AND h.facility_id IS NOT NULL), count(*)
            FROM (SELECT f.id, f.street_id FROM {OPEN}) f
            LEFT JOIN (
                SELECT facility_id, count(DISTINCT kind) AS kinds FROM facilities_emergencyplan
                WHERE district_id = %(d)s AND kind IN ('public_health', 'fire', 'first_aid') AND approved_on <= %(as_of)s
                  AND review_on >= %(as_of)s AND (replaced_on IS NULL OR replaced_on > %(as_of)s) GROUP BY facility_id
            ) p ON p.facility_id = f.id
            LEFT JOIN (
                SELECT DISTINCT e.facility_id FROM facilities_emergencydrill d JOIN facilities_emergencyplan e ON e.id = d.plan_id
                WHERE d.district_id = %(d)s AND d.held_on <= %(as_of)s
            ) h ON h.facility_id = f.id GROUP BY f.street_id""",
    ),
    "trainers": (
        ("trainer_training",),
        """SELECT NULL, count(*) FILTER (WHERE times >= 1), count(*) FROM (
                SELECT count(DISTINCT (t.course, t.done_on)) FILTER (WHERE t.id IS NOT NULL) AS times
                FROM (VALUES ('care'), ('guidance')) g(kind)
                LEFT JOIN facilities_trainer r ON r.kind = g.kind AND r.district_id = %(d)s
                LEFT JOIN facilities_trainertraining t ON t.trainer_id = r.id AND t.done_on BETWEEN '2026-01-01' AND %(as_of)s
                GROUP BY g.kind) x""",
    ),
    "drawn visits": (
        ("double_random_monthly", "drawn_visits_made"),
        """SELECT s.street_id, (coalesce(d.made, 0) > 0)::int, 1, coalesce(d.made, 0), coalesce(d.drawn, 0) FROM (
                SELECT street_id FROM facilities_facility WHERE district_id = %(d)s AND kind <> 'guidance_point'
                  AND state NOT IN ('preparing', 'filed') AND opened_on < '2026-12-01'
                  AND (closed_on IS NULL OR closed_on > '2026-11-01') GROUP BY street_id
            ) s LEFT JOIN (
                SELECT f.street_id, count(*) AS drawn, count(*) FILTER (WHERE i.state IN ('finished', 'published')
                    AND i.finished_on <= %(as_of)s) AS made
                FROM inspections_inspection i JOIN facilities_facility f ON f.id = i.facility_id
                WHERE i.district_id = %(d)s AND i.kind = 'drawn' AND i.month = '2026-11-01' AND i.state <> 'cancelled'
                GROUP BY f.street_id
            ) d ON d.street_id = s.street_id""",
    ),
    "orders": (
        ("orders_in_time", "orders_closed", "orders_overdue"),
        """SELECT f.street_id, count(*) FILTER (WHERE decided BETWEEN '2026-11-01' AND %(as_of)s AND closed AND w.closed_on <= w.first_due_on),
                count(*) FILTER (WHERE decided BETWEEN '2026-11-01' AND %(as_of)s),
                count(*) FILTER (WHERE w.issued_on >= '2026-11-01' AND closed), count(*) FILTER (WHERE w.issued_on >= '2026-11-01'),
                count(*) FILTER (WHERE NOT closed AND w.due_on < %(as_of)s), count(*) FILTER (WHERE NOT closed)
            FROM (SELECT *, coalesce(closed_on <= %(as_of)s, false) AS closed,
                    least(first_due_on, CASE WHEN closed_on <= %(as_of)s THEN closed_on END) AS decided
                  FROM inspections_order WHERE district_id = %(d)s AND issued_on <= %(as_of)s) w
            JOIN facilities_facility f ON f.id = w.facility_id GROUP BY f.street_id""",
    ),
    "findings": (
        ("findings_found", "rectification_closed_loop"),
        """SELECT f.street_id, count(*) FILTER (WHERE i.finished_on >= '2026-11-01'), count(*) FILTER (WHERE i.finished_on >= '2026-11-01'),
                count(*) FILTER (WHERE g.state = 'closed' AND a.finding_id IS NOT NULL AND r.id IS NOT NULL),
                count(*) FILTER (WHERE g.state = 'closed')
            FROM inspections_finding g JOIN inspections_inspection i ON i.id = g.inspection_id
            JOIN facilities_facility f ON f.id = g.facility_id
            LEFT JOIN (SELECT DISTINCT finding_id FROM inspections_orderanswer WHERE district_id = %(d)s) a ON a.finding_id = g.id
            LEFT JOIN (SELECT DISTINCT k.key::bigint AS id FROM inspections_recheck c, jsonb_each_text(c.results) k
                WHERE c.district_id = %(d)s AND c."on" <= %(as_of)s AND k.value = 'closed') r ON r.id = g.id
            WHERE g.district_id = %(d)s AND i.finished_on BETWEEN '2026-01-01' AND %(as_of)s GROUP BY f.street_id""",
    ),
    "task reports": (
        ("task_reports_in_time",),
        """SELECT u.street_id, count(p.id) FILTER (WHERE p.submitted_on <= o.due_on AND p.state IN ('submitted', 'accepted')), count(*)
            FROM (SELECT DISTINCT round.id AS round_id, round.due_on, tu.task_id, coalesce(m.member_id, tu.unit_id) AS unit_id
                FROM targets_reportinground round, targets_taskunit tu JOIN portal_unit c ON c.id = tu.unit_id
                LEFT JOIN portal_unitmember m ON m.collective_id = tu.unit_id AND m.district_id = %(d)s
                WHERE round.district_id = %(d)s AND round.due_on BETWEEN '2026-11-01' AND %(as_of)s AND tu.district_id = %(d)s
                  AND (NOT c.collective OR m.member_id IS NOT NULL)) o
            JOIN portal_unit u ON u.id = o.unit_id
            LEFT JOIN targets_progressreport p ON p.round_id = o.round_id AND p.task_id = o.task_id AND p.unit_id = o.unit_id
            GROUP BY u.street_id""",
    ),
}  # fmt: skip


def copy(connection, source: int, target: int, number: int, tables: dict = TABLES) -> None:
    """The rows of one district once more, in another one or (source = target) in itself."""
    for table, changed in tables.items():
        columns = [
            row[0]
            for row in connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'",
                [table],
            )
        ]

        def value(column: str, changed=changed) -> str:
            if column == "district_id":
                return str(target)
            if column in changed:
                return changed[column].replace("copy", f"'{number}'")
            return f'"{column}" + {number * STEP}' if column in MOVED else f'"{column}"'

        names = ", ".join(f'"{column}"' for column in columns)
        # only what the first district had: its copies in itself must not be copied again
        connection.execute(
            f"INSERT INTO {table} ({names}) SELECT {', '.join(map(value, columns))} FROM {table}"
            f" WHERE district_id = {source} AND id < {STEP}"
        )


def prepare(sizes: argparse.Namespace):
    """Sixteen districts alike; returns the one that is measured."""
    from django.db import connection

    from portal.models import District, Unit
    from portal.tenancy import district_scope
    from targets.models import ProgressReport, ReportingRound, Task
    from tests import plugin

    pudong = districts()["pudong"]
    register(pudong, facilities=sizes.facilities, staff=sizes.staff, on=ON)
    with district_scope(pudong):
        quarter = ReportingRound.objects.create(
            name="三季度", starts_on=date(2026, 7, 1), ends_on=date(2026, 9, 30), due_on=date(2026, 11, 10)
        )
        unit = Unit.objects.filter(collective=False, task_roles__isnull=False).first()
        for task in Task.objects.filter(units__unit=unit).distinct():
            ProgressReport.objects.create(
                round=quarter,
                task=task,
                unit=unit,
                state="submitted",
                submitted_on=date(2026, 11, 9),
                text="示例",
            )
    for number in range(13):
        District.objects.create(pk=900_001 + number, slug=f"bench-{number}", name=f"示例{number}区")
    connection.close()
    with plugin.cluster().superuser(DATABASE) as owner:
        owner.execute("SET session_replication_role = replica")
        for statement in INSPECTIONS:
            owner.execute(statement, {"d": pudong.pk, "rows": sizes.inspections})
        others = District.objects.exclude(pk__in=[pudong.pk, 310000]).order_by("pk")
        for number, other in enumerate(others, 1):
            copy(owner, pudong.pk, other.pk, number)
        owner.execute(f"ALTER DATABASE {DATABASE} SET max_parallel_workers_per_gather = 0")
    connection.close()
    vacuum(DATABASE)
    return pudong


class Clock:
    """CPU milliseconds of this thread and of one backend."""

    def __init__(self, pid: int):
        self.path = f"/proc/{pid}/schedstat"

    def now(self) -> int:
        with open(self.path) as file:
            return time.thread_time_ns() + int(file.read().split()[0])

    def spent(self, run: Callable[[], object]) -> float:
        start = self.now()
        run()
        return (self.now() - start) / 1e6


def median_of(variants: dict[str, tuple[Clock, Callable]], repeats: int) -> dict[str, float]:
    """In turns; the first two of each fill caches and do not count."""
    found: dict[str, list[float]] = {name: [] for name in variants}
    for turn in range(repeats + 2):
        for name, (clock, run) in variants.items():
            spent = clock.spent(run)
            if turn >= 2:
                found[name].append(spent)
    return {name: statistics.median(values) for name, values in found.items()}


def main() -> bool:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--facilities", type=int, default=1_000)
    parser.add_argument("--staff", type=int, default=10_000)
    parser.add_argument("--inspections", type=int, default=1_500)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--parts", action="store_true", help="each kind of row for itself")
    sizes = parser.parse_args()
    with servers(DATABASE):
        return measured(sizes)


def measured(sizes: argparse.Namespace) -> bool:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from portal.access import Actor
    from portal.tenancy import district_scope
    from targets.metrics.base import Period
    from targets.metrics.registry import FAMILIES
    from targets.models import Snapshot
    from targets.services import promises, rollup
    from tests import plugin

    started = time.monotonic()
    pudong = prepare(sizes)
    print(f"made in {time.monotonic() - started:.0f} s", file=sys.stderr)
    period = Period.month(2026, 11, ON)
    values = {"d": pudong.pk, "as_of": ON}

    with plugin.cluster().superuser(DATABASE) as owner, district_scope(pudong):
        connection.ensure_connection()
        ours_clock = Clock(connection.connection.info.backend_pid)
        bare_clock = Clock(owner.info.backend_pid)
        actor = Actor.system(pudong, "bench")

        def bare() -> dict:
            found: dict = {}
            owner.execute(
                BARE["kindergartens"][1], values | {"as_of": DUE}
            ).fetchall()  # the by-date target's day
            for keys, statement in BARE.values():
                for street, *numbers in owner.execute(statement, values).fetchall():
                    for place, key in enumerate(keys):
                        found[key, street] = (
                            Decimal(numbers[2 * place] or 0),
                            Decimal(numbers[2 * place + 1]),
                        )
            return found

        def ours() -> rollup.RollUp:
            found = rollup.compute(period)
            found.sha256  # noqa: B018 - the fingerprint belongs to it
            return found

        def kept():
            Snapshot.objects.all().delete()
            return rollup.roll_up(period, actor=actor)

        compare(bare(), ours())
        seconds = median_of({"bare": (bare_clock, bare), "ours": (ours_clock, ours)}, sizes.repeats)
        whole = median_of({"kept": (ours_clock, kept)}, max(3, sizes.repeats // 3))
        size = f"{sizes.facilities} facilities, {sizes.staff} staff, {sizes.inspections} inspections, 16 districts"
        lines = [
            Line(
                "roll-up of all metrics, judged and hashed",
                size,
                seconds["bare"],
                seconds["ours"],
                GOAL,
                "ms",
            ),
            Line("the same, kept as a snapshot", size, seconds["bare"], whole["kept"], None, "ms"),
        ]
        if sizes.parts:
            parameters = rollup.parameter_values(ON)
            counted = {t.metric for t in promises.targets_in_force(ON)} | set(rollup.OWN)
            for family in FAMILIES:
                metrics = [m for m in family.metrics if m.key in counted]
                if metrics:
                    spent = median_of(
                        {"x": (ours_clock, lambda f=family, m=metrics: f.figures(period, parameters, m))}, 5
                    )
                    lines.append(Line(f"  {family.key}", "", seconds["bare"], spent["x"], None, "ms"))
            for name, (_keys, statement) in BARE.items():
                spent = median_of(
                    {"x": (bare_clock, lambda s=statement: owner.execute(s, values).fetchall())}, 5
                )
                lines.append(Line(f"  bare: {name}", "", seconds["bare"], spent["x"], None, "ms"))
        Snapshot.objects.all().delete()
        with CaptureQueriesContext(connection) as once:
            rollup.roll_up(period, actor=actor)
        Snapshot.objects.all().delete()
    connection.close()
    with plugin.cluster().superuser(DATABASE) as owner:
        owner.execute("SET session_replication_role = replica")
        for number in (101, 102, 103):
            copy(owner, pudong.pk, pudong.pk, number)
    with district_scope(pudong):
        Snapshot.objects.all().delete()
        with CaptureQueriesContext(connection) as four:
            rollup.roll_up(period, actor=actor)
    lines.append(Line("queries at 4 x rows and streets", "against 1 x", len(once), len(four), 1, "queries"))
    return print_table(lines)


def compare(bare: dict, ours) -> None:
    """Every figure of every street, both ways; ends the bench when one differs."""
    found = {}
    for key, judged in ours.values.items():
        if key.street_id is not None and judged.numerator is not None:
            found[key.metric, key.street_id] = (judged.numerator, judged.denominator)
    names = {key for keys, _statement in BARE.values() for key in keys}
    # these two are figures of the district alone
    if names != {metric for metric, _street in found} | {"task_reports_in_time", "trainer_training"}:
        raise SystemExit(f"not the same metrics: {names ^ {m for m, _s in found}}")
    for key in sorted(found.keys() | bare.keys(), key=str):
        if key[1] is None:
            continue
        mine, theirs = found.get(key, (0, 0)), bare.get(key, (Decimal(0), Decimal(0)))
        if mine[0] != theirs[0] or (mine[1] is not None and mine[1] != theirs[1]):
            raise SystemExit(f"{key}: the roll-up has {mine}, bare SQL {theirs}")


if __name__ == "__main__":
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    sys.exit(0 if main() else 1)
