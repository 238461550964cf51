"""50,000 facilities in 20 columns from a spreadsheet into the register: `python bench/import.py`, sizes as options.

The floor is what any import must do: calamine reads the file into Python's lists, COPY puts them as text into a
temporary table. Against it stand the preview (opened, looked through, read, normalised, staged, matched, every exact
check, counts, the rows that are shown, all rows kept) and the writing (the kept rows matched and checked again,
because the register may have changed since, and the register written under its keys, indexes and history). What the
rows themselves cost in the register says the control: one bare INSERT … SELECT from a table that has them ready. The
search for similar names and the words for the register's search come after the import and are measured apart.

CPU time of this process and of its Postgres backend; peak memory of a process of its own that imports as a worker
does, with the PDF library loaded and without.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.data import ROOT, districts, rows_of, servers, vacuum
from bench.report import Line, print_table

HEADS = (
    "名称", "类型", "状态", "性质", "普惠", "街镇", "地址", "举办者", "统一社会信用代码", "负责人", "对外电话", "托位",
    "在托", "全日制", "半日制", "使用面积", "开办日期", "录像保存天数", "责任险到期", "视频联网",
)  # fmt: skip
WORKER = """
import sys
import django; django.setup()
from django.core.management import call_command
if sys.argv[3] == "pdf":
    from portal import pdf; pdf.warm()
if sys.argv[3] == "all":
    from portal import pdf; pdf.warm()
    from facilities.rules import words; words.pinyin("重庆")
def peak():
    return next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
before = peak()
call_command("import_list", "facilities", sys.argv[1], "--district", sys.argv[2], "--apply")
print(before, peak())
"""


def spreadsheet(path: str, rows: list[dict], on: date) -> None:
    """A file as districts keep them: words of people, days written in three ways, streets short and long."""
    import xlsxwriter

    from facilities.models import Facility
    from facilities.rules.numbers import credit_check
    from facilities.rules.states import FACILITY

    kinds, owners = dict(Facility.Kind.choices), dict(Facility.Ownership.choices)
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet("名册")
    sheet.write_row(0, 0, HEADS)
    for number, row in enumerate(rows, 1):
        first = f"91310112MA{number:07d}"
        opened = row["opened_on"]
        street = row["street"].name
        sheet.write_row(number, 0, [
            row["name"], str(kinds[row["kind"]]), FACILITY.states[row["state"]], str(owners[row["ownership"]]),
            "是" if row["inclusive"] else "否", street if number % 3 else f"闵行区{street}", row["address"],
            row["operator"], first + credit_check(first), row["head"], row["phone"], row["places"], row["enrolled"],
            "是", "否", row["usable_area"],
            (opened.isoformat(), f"{opened:%Y/%m/%d}", f"{opened.year}年{opened.month}月{opened.day}日")[number % 3],
            row["video_days"], row["insured_until"].isoformat(), "√",
        ])  # fmt: skip
    book.close()


class Clock:
    """CPU seconds of this process and of its database backend."""

    def __init__(self):
        from django.db import connection

        connection.ensure_connection()
        self.pid = connection.connection.info.backend_pid

    def now(self) -> float:
        with open(f"/proc/{self.pid}/schedstat") as file:
            return time.process_time() + int(file.read().split()[0]) / 1e9

    @contextmanager
    def into(self, seconds: dict[str, list[float]], name: str):
        start = self.now()
        yield
        seconds.setdefault(name, []).append(self.now() - start)


def floor(path: str) -> None:
    """Reads the file and copies it, and nothing else."""
    import python_calamine
    from django.db import connection

    rows = python_calamine.load_workbook(path).get_sheet_by_index(0).to_python()
    columns = ", ".join(f"c{n} text" for n in range(len(HEADS)))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE bare (row int, {columns}) ON COMMIT DROP")
        with cursor.copy("COPY bare FROM STDIN") as copy:
            for number, cells in enumerate(rows):
                copy.write_row((number, *cells))


def emptied(
    database: str, tables: str = "facilities_facility, facilities_operator, portal_importrun"
) -> None:
    from tests import plugin

    with plugin.cluster().superuser(database) as connection:
        connection.execute(f"TRUNCATE {tables} CASCADE")
    vacuum(database)


def control() -> None:
    """The rows of the register again, from a table that has them ready: what rows, keys and indexes cost."""
    from django.db import connection

    from facilities.models import Facility

    columns = ", ".join(f.column for f in Facility._meta.local_concrete_fields if not f.primary_key)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO facilities_facility ({columns}) SELECT {columns} FROM ready")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def ready() -> None:
    """Keeps what the import wrote in a temporary table of the session, for the control."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.ready")
        cursor.execute("CREATE TEMPORARY TABLE ready AS SELECT * FROM facilities_facility")


def measured(database: str, path: str, repeats: int, on: date) -> dict[str, list[float]]:
    from django.core.files import File

    from facilities.services import bulk_import
    from portal.access import Actor
    from portal.models import ImportRun
    from portal.services import imports
    from portal.spreadsheets import LISTS
    from portal.tenancy import district_scope

    district = districts()["minhang"]
    actor, one = Actor.system(district, "bench/import.py"), LISTS.incoming["facilities"]
    seconds: dict[str, list[float]] = {}
    clock = Clock()

    def read() -> ImportRun:
        with open(path, "rb") as file:
            run = imports.start(one, File(file, name="bench.xlsx"), actor=actor, queued=False)
        run = imports.read(run, actor=actor, on=on, queued=False)
        assert run.state == "ready", imports.reason_of(run)
        return run

    for turn in range(repeats):
        emptied(database)
        with clock.into(seconds, "floor"), district_scope(district):
            floor(path)
        with clock.into(seconds, "preview"), district_scope(district):
            run = read()
        assert not run.counts["wrong"] and not run.counts["likely"], run.counts
        with clock.into(seconds, "write"):
            with district_scope(district):
                imports.order(run, actor=actor, queued=False)
                run = imports.write(run, actor=actor, on=on)
        assert run.state == "done", imports.reason_of(run)
        with district_scope(district):
            ready()
        vacuum(database)
        with clock.into(seconds, "same again"), district_scope(district):
            again = read()
        assert again.counts["same"] == run.counts["rows"], again.counts
        if turn == 0:
            with clock.into(seconds, "indexed"), district_scope(district):
                bulk_import.index_rows()
        emptied(database, "facilities_facility")
        with clock.into(seconds, "control"), district_scope(district):
            control()
    return seconds


def similar(database: str, path: str, on: date) -> float:
    """The search for similar names: the file's rows against a register that has them all under other codes."""
    from django.core.files import File

    from portal.access import Actor
    from portal.services import imports
    from portal.spreadsheets import LISTS
    from portal.tenancy import district_scope

    district = districts()["minhang"]
    actor, one = Actor.system(district, "bench/import.py"), LISTS.incoming["facilities"]
    clock, seconds = Clock(), {}
    vacuum(database)
    with district_scope(district), open(path, "rb") as file:
        run = imports.start(one, File(file, name="bench.xlsx"), actor=actor, queued=False)
        imports.read(run, actor=actor, on=on, queued=False)
        with clock.into(seconds, "staged"):
            stage = imports.staged(run, actor=actor, on=on)
        stage.run("DELETE FROM import_match")
        stage.run("UPDATE import_outcome SET outcome = 'new'")
        with clock.into(seconds, "similar"):
            one.similar(stage)
        found = stage.value("SELECT count(DISTINCT row) FROM import_remark WHERE level = 'likely'")
    print(f"similar names: {found:,} of {stage.rows:,} rows have a likely double")
    return seconds["similar"][0]


def peak(path: str, kind: str) -> tuple[float, float]:
    """Megabytes of a process that imports: before, and at most."""
    done = subprocess.run(
        [sys.executable, "-c", WORKER, path, "minhang", kind], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    before, most = done.stdout.split()[-2:]
    return int(before) / 1024, int(most) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--register", type=int, default=5_000, help="new rows for the search for similar names"
    )
    options = parser.parse_args()
    on = date(2026, 3, 1)
    with servers() as database:
        import tempfile

        from portal.models.places import Street
        from portal.tenancy import district_scope

        folder = tempfile.mkdtemp()
        path, few = f"{folder}/bench.xlsx", f"{folder}/few.xlsx"
        with district_scope(districts()["minhang"]):
            streets = list(Street.objects.all())
        rows = rows_of(streets, options.rows, random.Random(1), on)
        spreadsheet(path, rows, on)
        spreadsheet(few, rows[: options.register], on)
        found = measured(database, path, options.repeats, on)
        middle = {name: statistics.median(values) for name, values in found.items()}
        size = f"{options.rows:,} × {len(HEADS)}"
        lines = [
            Line("preview, all exact checks", size, middle["floor"], middle["preview"], 3),
            Line("same file again", size, middle["floor"], middle["same again"], 3),
            Line("written, checked anew", size, middle["floor"], middle["write"], 3),
            Line("bare INSERT of the rows", size, middle["floor"], middle["control"]),
            Line("written, against floor and bare INSERT", size, middle["floor"] + middle["control"], middle["write"], 3),
            Line("preview and written, against the same", size, middle["floor"] + middle["control"],
                 middle["preview"] + middle["write"], 3),
            Line("words for the search, afterwards", "2,000 rows", middle["floor"], middle["indexed"]),
        ]  # fmt: skip
        emptied(database)
        least, bare = peak(path, "bare")
        emptied(database)
        before, warm = peak(path, "pdf")
        emptied(database)
        larger, most = peak(path, "all")
        lines += [
            Line("peak memory of an import by itself", size, least, bare, 250 / least, "MB"),
            Line("peak memory of the worker, PDF library loaded", size, before, warm, 250 / before, "MB"),
            Line("the same, the dictionaries of pinyin, too", size, larger, most, None, "MB"),
        ]
        lines.append(
            Line(
                "similar names, apart",
                f"{options.register:,} in {options.rows:,}",
                middle["floor"],
                similar(database, few, on),
            )
        )
        sys.exit(0 if print_table(lines) else 1)


if __name__ == "__main__":
    main()
