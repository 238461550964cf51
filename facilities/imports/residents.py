"""Residents of streets and years from a spreadsheet: a row is a street's year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from facilities.rules import residents as rules
from facilities.services import residents as services
from portal.access import Actor
from portal.models.places import Street
from portal.rules import cells
from portal.rules.cells import Day, Number, Text
from portal.rules.machine import marked
from portal.rules.rights import Reach
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices

COUNT = Number(0, rules.MOST)
COLUMNS = (
    Column("street", marked("街镇"), aliases=("街道", "所属街镇", "地区"), needed=True, example="七宝镇"),  # content
    Column("year", marked("年份"), Number(rules.FIRST_YEAR, 2100), ("年度", "统计年份"), needed=True,  # content
           example="2025"),
    Column("total", marked("常住人口"), COUNT, ("常住人口数", "总人口"), example="250000"),  # content
    Column("under_three", marked("3 岁以下"), COUNT,
           ("3岁以下人口", "0-3岁人口", "三岁以下"), example="4800"),  # content
    Column("one_to_three", marked("1—3 岁"), COUNT, ("1-3岁人口", "1-3岁", "一到三岁"), example="3300"),  # content
    Column("births", marked("出生"), COUNT, ("出生人口", "出生数", "新生儿"), example="1500"),  # content
    Column("moved_in", marked("3 岁以下迁入"), COUNT, ("迁入",), example="120"),  # content
    Column("moved_out", marked("3 岁以下迁出"), COUNT, ("迁出",), example="90"),  # content
    Column("counted_on", marked("统计时点"), Day(), ("统计日期", "截止日期"),  # content
           about=marked("空着是那年 12 月 31 日"), example="2025-12-31"),
    Column("source", marked("来源"), Text(200), ("数据来源",), needed=True, example="区统计局 2025 年年报",  # content
           width=28),
    Column("note", marked("更正说明"), Text(200), ("说明", "更正原因"),  # content
           about=marked("改了已有的数才要写")),
)  # fmt: skip
TWICE = marked("和第 %(other)d 行是同一个街镇、同一年。留一行")
NOT_YOURS = marked("只能填自己街镇的人口数")
#: The day of which a row speaks.
DAY = "coalesce(i.counted_on, make_date(i.year::int, 12, 31))"


def columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(
        COLUMNS, street=cells.streets(Street.objects.values_list("pk", "name", "code"), actor.district.name)
    )


def rules_of(values: dict, today: date) -> Iterator[tuple[str, str, dict]]:
    if "year" not in values:
        return
    year = values["year"]
    day = values.get("counted_on") or date(min(max(year, 1), 9999), 12, 31)
    for field, key, facts in rules.frame_problems(year, day, values.get("source", "  --"), today):
        yield field, rules.PROBLEMS[key], facts
    counts = {kind: values[kind] for kind in rules.KINDS if kind in values}
    if not counts:
        yield "total", rules.PROBLEMS["nothing"], {}
    for field, key, facts in rules.problems(counts, year):
        yield field, rules.PROBLEMS[key], facts


def match(stage: Stage) -> None:
    """A row is known when the street has figures of the year; what differs, or says another source or day, is new."""
    decides = Reach.ALL in stage.actor.reaches("residents.enter")
    states = "('in_force')" if decides else "('in_force', 'proposed')"
    ids = list(Street.objects.allowed(stage.actor, "residents.enter").values_list("pk", flat=True))
    stage.remark("street", NOT_YOURS, "SELECT row FROM import_row WHERE street <> ALL(%(ids)s)", {"ids": ids})
    stage.twice(["street", "year"], "year", TWICE)
    stage.run("DROP TABLE IF EXISTS pg_temp.import_figure")
    stage.run(
        "CREATE TEMPORARY TABLE import_figure ON COMMIT DROP AS SELECT DISTINCT ON (i.row, p.kind)"
        " i.row, p.id, p.kind, p.count, p.source, p.counted_on FROM import_row i JOIN facilities_population p"
        f" ON p.street_id = i.street AND p.year = i.year AND p.state IN {states}"
        " ORDER BY i.row, p.kind, p.state DESC"  # what waits for the bureau comes before what is in force
    )
    stage.run("INSERT INTO import_match (row, target) SELECT row, min(id) FROM import_figure GROUP BY row")
    for kind in rules.KINDS:
        if kind in stage.sheet.found.columns:
            stage.run(
                f"UPDATE import_match m SET changes = m.changes || jsonb_build_object('{kind}', coalesce(f.count::text, ''))"
                " FROM import_row i LEFT JOIN import_figure f ON f.row = i.row AND f.kind = %s"
                f" WHERE i.row = m.row AND i.{kind} IS NOT NULL"
                f" AND (f.count, f.source, f.counted_on) IS DISTINCT FROM (i.{kind}, i.source, {DAY})",
                [kind],
            )
    corrected = " OR ".join(
        f"f.kind = '{kind}' AND i.{kind} <> f.count"
        for kind in rules.KINDS
        if kind in stage.sheet.found.columns
    )
    if corrected:
        stage.remark(
            "note",
            rules.PROBLEMS["note"],
            "SELECT DISTINCT i.row FROM import_row i JOIN import_figure f ON f.row = i.row JOIN facilities_population p"
            f" ON p.id = f.id WHERE p.state = 'in_force' AND i.note IS NULL AND ({corrected})",
        )


def write(stage: Stage) -> None:
    """Each street's year through the service that people use: versions, proposals and the log are its business."""
    kinds = list(rules.KINDS)
    fields = ", ".join(f"i.{kind}" for kind in kinds)
    rows = stage.run(
        f"SELECT o.outcome, i.street, i.year, {DAY}, i.source, coalesce(i.note, ''), {fields}"
        " FROM import_row i JOIN import_outcome o USING (row) WHERE o.outcome IN ('new', 'changed') ORDER BY i.row"
    )
    streets = Street.objects.in_bulk({row[1] for row in rows})
    written = {"new": 0, "changed": 0}
    for outcome, street, year, day, source, note, *counts in rows:
        made = services.enter_figures(
            streets[street],
            year,
            dict(zip(kinds, counts, strict=True)),
            counted_on=day,
            source=source,
            note=note,
            actor=stage.actor,
            on=stage.on,
        )
        written[outcome] += bool(made)
    stage.written = written


RESIDENTS = ImportList(
    key="residents",
    title=marked("街镇人口"),
    unit=marked("行"),
    url="residents",
    right="residents.enter",
    columns=columns,
    rules=rules_of,
    match=match,
    write=write,
    known_by=(("street", "year"),),
    order=60,
    about=marked("一个街镇一年一行；街镇干部导入的由区里采用后才算数"),
)
