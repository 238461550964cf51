"""The roll-up of sixteen districts with eight million services of guidance: `python bench/rollup.py`.

Each district has 1,000 facilities, 10,000 staff, 1,500 inspections, 50,000 children and half a million services in the
year, and is asked for all that any of the three plans counts. The floor (bench/rollup_floor.py) is one hand-written
statement that reads each table once, sent past row-level security as the superuser; its answers are asserted to equal ours,
of every district, metric and street. Figures are CPU time of both ends of a connection, of this thread and of the backend,
but for two workers, which is time on the clock. `--only roll|workers|pages` measures a part; `--only same` says no more
than that the answers are the same (tests/targets/test_rollup_floor.py, with small sizes).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import rollup_floor as floor
from bench.data import servers
from bench.report import Line, print_table
from bench.rollup_data import DATABASE, YEAR_END, copy, prepare

GOAL, OVER_ALL, INCREMENT, WORKERS = 1.25, 1.5, 0.1, 1.5
NOW = datetime(2027, 1, 1, 6, tzinfo=UTC)


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
    parser.add_argument("--children", type=int, default=50_000, help="of a district, who get guidance")
    parser.add_argument("--services", type=int, default=500_000, help="of a district, to them, in the year")
    parser.add_argument("--repeats", type=int, default=11)
    parser.add_argument("--parts", action="store_true", help="each kind of row for itself")
    parser.add_argument("--only", choices=("roll", "workers", "pages", "same"))
    sizes = parser.parse_args()
    with servers(DATABASE):
        started = time.monotonic()
        districts = prepare(sizes)
        print(f"made in {time.monotonic() - started:.0f} s", file=sys.stderr)
        return measured(districts, sizes)


def measured(districts: list, sizes: argparse.Namespace) -> bool:
    from bench import rollup_pages

    lines: list[Line] = []
    if sizes.only == "same":
        return same(districts)
    if sizes.only in (None, "pages"):  # first: it finds the year's snapshots as the nightly tasks leave them
        lines += rollup_pages.measured(districts, sizes.repeats)
    if sizes.only in (None, "workers"):
        lines.append(workers(districts, 3))
    if sizes.only in (None, "roll"):
        lines += rolled(districts, sizes)
    return print_table(lines)


def year():
    from targets.metrics.base import Period

    return Period.year(YEAR_END.year, YEAR_END)


def asked(period, values: dict) -> dict:
    """What the floor's statement names."""
    from targets.metrics.registry import FAMILIES

    return period.parameters(
        **{name: values[key] for f in FAMILIES if not f.of_city for name, key in f.parameters.items()}
    )


def due_days() -> dict:
    """The days on which by-date targets fell due -> the parts of the floor that these are counted by."""
    from targets.services import promises

    period, days = year(), {}
    for target in promises.counted_targets(period.as_of):
        if target.period == "by-date" and target.metric in floor.KEYS and promises.is_over(target, period):
            days.setdefault(target.due, set()).add(target.metric)
    return {due: floor.of_keys(metrics) for due, metrics in days.items()}


def counted(period):
    """A roll-up of the open district, of what the floor counts, with its fingerprint; nothing kept."""
    from targets.services import rollup

    found = rollup.compute(period, only=floor.KEYS)
    found.sha256  # noqa: B018 - it belongs to it
    return found


def kept(district, period):
    """As the nightly task does it."""
    from portal.access import Actor
    from portal.tenancy import district_scope
    from targets.services import rollup

    with district_scope(district):
        return rollup.roll_up(period, actor=Actor.system(district, "bench"), now=NOW)


def forget(district=None) -> None:
    """Snapshots of all districts, past the application; or those of one, in its scope."""
    from targets.models import Snapshot
    from tests import plugin

    if district is not None:
        Snapshot.objects.all().delete()
        return
    with plugin.cluster().superuser(DATABASE) as owner:
        owner.execute("TRUNCATE targets_snapshot CASCADE")


def bare(owner, district, values: dict, days: dict, one: bool) -> dict:
    """The floor's answers, of the district or of all; what fell due on a day is asked of that day, too."""
    found = floor.answers(owner.execute(floor.statement(one), asked(year(), values) | {"d": district.pk}))
    for due, parts in days.items():
        then = asked(year().on(due), values) | {"d": district.pk}
        floor.answers(owner.execute(floor.statement(one, parts), then))
    return found


def same(districts: list) -> bool:
    from portal.tenancy import district_scope
    from targets.services import rollup
    from tests import plugin

    with district_scope(districts[0]):
        values = rollup.parameter_values(YEAR_END)
    with plugin.cluster().superuser(DATABASE) as owner:
        compare(bare(owner, districts[0], values, {}, False), districts, year())
    return True


def rolled(districts: list, sizes: argparse.Namespace) -> list[Line]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from portal.access import Actor
    from portal.tenancy import district_scope
    from targets.metrics.base import Period
    from targets.metrics.registry import FAMILIES
    from targets.services import rollup
    from tests import plugin

    pudong, period = districts[0], year()
    actor = Actor.system(pudong, "bench")
    months = [Period.month(YEAR_END.year, number, YEAR_END) for number in range(1, 13)]
    forget()
    with plugin.cluster().superuser(DATABASE) as owner:
        connection.ensure_connection()
        ours_clock = Clock(connection.connection.info.backend_pid)
        bare_clock = Clock(owner.info.backend_pid)
        with district_scope(pudong):
            values, days = rollup.parameter_values(period.as_of), due_days()

        def without(one: bool) -> dict:
            return bare(owner, pudong, values, days, one)

        def one_by_one() -> None:
            for district in districts:
                with district_scope(district):
                    counted(period)

        def both() -> None:
            known: dict = {}
            for one in (Period.quarter(YEAR_END.year, 4, YEAR_END), period):
                rollup.compute(one, only=floor.KEYS, known=known).sha256  # noqa: B018

        def keep(some: list) -> None:
            forget(pudong)
            for one in some:
                rollup.roll_up(one, actor=actor, now=NOW)

        owner.execute("SET work_mem = '64MB'")  # or the one query over all sorts on disk
        compare(without(False), districts, period)
        whole = median_of(
            {"bare": (bare_clock, lambda: without(False)), "ours": (ours_clock, one_by_one)}, 3
        )  # first, before one district's rows alone are warm
        with district_scope(pudong):
            one = {
                "bare": (bare_clock, lambda: without(True)),
                "ours": (ours_clock, lambda: counted(period)),
                "kept": (ours_clock, lambda: keep([period])),
                "both": (ours_clock, both),
            }
            seconds = median_of(one, sizes.repeats)
            parts = {}
            if sizes.parts:
                for family in (one for one in FAMILIES if not one.of_city):
                    parts[family.key] = (ours_clock, lambda f=family: f.figures(period, values))
                for name in floor.PARTS:
                    statement, given = floor.statement(True, [name]), asked(period, values) | {"d": pudong.pk}
                    parts[f"bare: {name}"] = (
                        bare_clock,
                        lambda s=statement, g=given: owner.execute(s, g).fetchall(),
                    )
                parts = median_of(parts, 5)

            def last() -> None:
                rollup.roll_up(months[-1], actor=actor, now=NOW)

            increments = median_of(
                {
                    "closed": (ours_clock, lambda: keep(months[:-1])),
                    "open": (ours_clock, last),
                },
                max(3, sizes.repeats // 3),
            )
            forget(pudong)
            with CaptureQueriesContext(connection) as once:
                rollup.roll_up(period, actor=actor, now=NOW)
            forget(pudong)
    connection.close()
    size = f"{sizes.services:,} services, {sizes.children:,} children, {sizes.staff:,} staff"
    lines = [
        Line("a year of one of 16 districts, judged and hashed", size, seconds["bare"], seconds["ours"], GOAL, "ms"),
        Line("the same, kept as a snapshot", "", seconds["bare"], seconds["kept"], None, "ms"),
        Line("the last quarter and the year in one task", "", seconds["bare"], seconds["both"], None, "ms"),
        Line("16 districts one by one / one query over all", f"{16 * sizes.services:,} services", whole["bare"],
             whole["ours"], OVER_ALL, "ms"),
        Line("the open month kept / all twelve of the year", "", increments["closed"] + increments["open"],
             increments["open"], INCREMENT, "ms"),
        *(Line(f"  {name}", "", seconds["bare"], spent, None, "ms") for name, spent in parts.items()),
    ]  # fmt: skip
    with plugin.cluster().superuser(DATABASE) as owner:
        owner.execute("SET session_replication_role = replica")
        for number in (101, 102, 103):
            copy(owner, pudong.pk, pudong.pk, number)
    with district_scope(pudong), CaptureQueriesContext(connection) as four:
        rollup.roll_up(period, actor=actor, now=NOW)
    lines.append(Line("queries at 4 x rows and streets", "against 1 x", len(once), len(four), 1, "queries"))
    return lines


def compare(bare: dict, districts: list, period) -> None:
    """Every figure of every district and street, both ways; ends the bench when one differs."""
    from portal.tenancy import district_scope
    from targets.metrics.registry import FAMILIES, METRICS
    from targets.services import rollup

    keys = floor.KEYS
    for district in districts:
        with district_scope(district):
            judged = rollup.compute(period)
            values = rollup.parameter_values(period.as_of)
            raw = rollup.raw_figures(
                {f: list(f.metrics) for f in FAMILIES if not f.of_city}, period, values, {}
            )
        here = {key.metric for key in judged.values}
        if judged.unknown or keys != here:
            raise SystemExit(f"not the same metrics: {keys ^ here} {judged.unknown}")
        found = {}
        for key, figure in judged.values.items():
            if key.metric in keys and key.street_id is not None and figure.numerator is not None:
                found[key.metric, key.street_id] = (figure.numerator, figure.denominator)
        for metric in keys:  # what is of no street is judged with the streets together
            if None in raw[metric]:
                figure = raw[metric][None]
                count = METRICS[metric].measure == "count"
                found[metric, None] = (figure.numerator, None if count else figure.denominator)
        theirs = {(key, street): pair for (key, whose, street), pair in bare.items() if whose == district.pk}
        for key in found.keys() | theirs.keys():
            mine, other = found.get(key, (0, 0)), theirs.get(key, (0, 0))
            if mine[0] != other[0] or (mine[1] is not None and mine[1] != other[1]):
                raise SystemExit(f"{district.slug} {key}: the roll-up has {mine}, bare SQL {other}")
    print(f"{len(bare):,} figures of {len(districts)} districts are the same", file=sys.stderr)


def worker(queue, begin, done) -> None:
    """A process that rolls up what it is given, with a connection of its own."""
    from django.db import connection

    connection.ensure_connection()
    begin.wait()
    while (district := queue.get()) is not None:
        kept(district, year())
    done.put(time.monotonic())
    connection.close()


def on_the_clock(districts: list, many: int) -> float:
    """Seconds that so many workers take for all districts."""
    context = multiprocessing.get_context("fork")
    queue, done, begin = context.Queue(), context.Queue(), context.Barrier(many + 1)
    for one in [*districts, *[None] * many]:
        queue.put(one)
    processes = [context.Process(target=worker, args=(queue, begin, done)) for _ in range(many)]
    for process in processes:
        process.start()
    begin.wait()
    start = time.monotonic()
    ends = [done.get() for _ in processes]
    for process in processes:
        process.join()
    return max(ends) - start


def workers(districts: list, repeats: int) -> Line:
    """One and two in turns, after one round that fills caches; a machine with other work shows here."""
    from django.db import connection

    found: dict[int, list[float]] = {1: [], 2: []}
    for turn in range(repeats + 1):
        for many in found:
            forget()
            connection.close()
            spent = on_the_clock(districts, many)
            if turn:
                found[many].append(spent)
    one, two = (statistics.median(found[many]) * 1000 for many in (1, 2))
    load = os.getloadavg()[0]
    print(f"one worker {found[1]}, two {found[2]}, load {load:.1f}", file=sys.stderr)
    return Line(
        "16 districts, two workers against one, on the clock", f"load {load:.1f}", one, two, 1 / WORKERS, "ms"
    )


if __name__ == "__main__":
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    sys.exit(0 if main() else 1)
