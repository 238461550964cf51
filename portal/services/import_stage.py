"""Rows on their way in: in temporary tables, where sets of them are matched, compared and refused by SQL.

`import_row` has a column per declared column beside `row`, the number in the spreadsheet; `import_match` says which
record a row is and, as {field: present value}, what would change; `import_remark` what is to be said of it. The
tables end with the transaction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection, models
from psycopg import sql
from psycopg.types.json import Jsonb

from portal.access import Actor
from portal.rules.cells import Wrong
from portal.rules.headings import no_record
from portal.rules.imports import WRONG
from portal.rules.machine import marked
from portal.services.import_files import Sheet, refuse
from portal.spreadsheets import Column, ImportList

#: Remarks that are kept in memory; with more the file has one mistake in a whole column.
MOST_REMARKS = 200_000
MEMO = 5_000
UNKNOWN = object()
MASKED = object()

TOO_MANY = marked("“%(heading)s”这一列有 %(count)d 格看不懂，没有再往下读。先改这一列再传")
NEEDED = marked("没有填，新登记的要填")
NEEDED_CHOICES = marked("没有填，新登记的要填。可填：%(choices)s")
NO_COLUMN_FOR_NEW = marked("没有“%(heading)s”这一列，这一行是新登记的，要填")
COLUMNS_FOR_NEW = marked(
    "“%(sheet)s”缺少列：%(missing)s。里面有没登记过的，这些列要有：在表里加上列名，每行填好再传。找到的列：%(found)s"
)
STARRED = marked("“%(given)s”打了星号，不是全文。写全，或者空着不改")

#: How a person's data stands in an export that was not revealed; it must never replace what is on record.
STARS = re.compile("[*＊]")


class Stage:
    """One file's rows, staged; what a list's `match`, `write` and `similar` work on."""

    def __init__(self, one: ImportList, columns: Sequence[Column], sheet: Sheet, *, actor: Actor, on: date):
        self.one, self.sheet, self.actor, self.on = one, sheet, actor, on
        self.columns = {c.field: c for c in columns}
        self.given = [c for c in columns if c.field in sheet.found.columns]
        self.rows = self.skipped = self.starred = 0
        #: row -> {field: value} of what is never written unencrypted
        self.secrets: dict[int, dict[str, Any]] = {}
        self.remarks: list[tuple[int, str, str, str, dict]] = []
        #: What the list's own service said when it tried the rows, as in `remarks`.
        self.tried: list[tuple[int, str, str, str, dict]] = []
        #: filled in by `write`
        self.written: dict[str, int] = {}
        #: Called with how many rows were tried or written, where that takes its time.
        self.telling: Callable[[int], None] = lambda done: None

    # ---- SQL

    def run(self, statement: str, params: Any = None) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(statement, params)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, params: Any = None):
        return self.run(statement, params)[0][0]

    def remark(self, field: str, text: str, select: str, params: Any = None, level: str = "wrong") -> None:
        """Says `text` of the cells `field` of the rows that `select` gives; its other columns fill the gaps."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO import_remark (row, field, level, text, facts)"
                f" SELECT s.row, %(_field)s, %(_level)s, %(_text)s, to_jsonb(s) - 'row' FROM ({select}) s",
                {"_field": field, "_level": level, "_text": text, **(params or {})},
            )

    def twice(self, fields: Sequence[str], field: str, text: str, where: str = "true") -> None:
        """Remarks the second and later rows with the same `fields`; the sentence gets the first one's row, `other`."""
        keys = ", ".join(fields)
        filled = " AND ".join(f"{f} IS NOT NULL" for f in fields)
        self.remark(
            field,
            text,
            f"SELECT row, other FROM (SELECT row, min(row) OVER (PARTITION BY {keys}) AS other FROM import_row i"
            f" WHERE {filled} AND ({where})) d WHERE other < row",
        )

    def compare(self, table: str, fields: dict[str, str], where: str = "true") -> None:
        """Fills in what would change in matched records of `table t`: field -> SQL of its present value.

        An empty cell changes nothing.
        """
        fields = {f: now for f, now in fields.items() if f in self.sheet.found.columns}
        if not fields:
            return
        differs = {f: f"(i.{f} IS NOT NULL AND i.{f} IS DISTINCT FROM {now})" for f, now in fields.items()}
        pairs = ", ".join(
            f"'{f}', CASE WHEN {differs[f]} THEN coalesce(to_jsonb({now}), '\"\"') END"
            for f, now in fields.items()
        )
        self.run(
            f"UPDATE import_match m SET changes = m.changes || jsonb_strip_nulls(jsonb_build_object({pairs}))"
            f" FROM import_row i, {table} t WHERE i.row = m.row AND t.id = m.target AND ({where})"
            f" AND ({' OR '.join(differs.values())})"
        )

    def insert(
        self,
        model: type[models.Model],
        sources: dict[str, str],
        tail: str,
        params: dict,
        then: tuple[type[models.Model], dict[str, str], str] | None = None,
    ) -> int:
        """Inserts rows `FROM tail`: field -> SQL of its value; all other fields take the model's defaults.

        then: (model, sources, condition) of rows that the new ones `t` bring with them, written by the same statement.
        """
        params = dict(params)
        made = f"INSERT INTO {into(model, sources, params)} FROM {tail}"
        if then is None:
            parts = [f"made AS ({made} RETURNING 1)"]
        else:
            follower, its, condition = then
            insert = f"INSERT INTO {into(follower, its, params)} FROM made t WHERE {condition}"
            asked = ", ".join(sorted(set(re.findall(r"\bt\.(\w+)", insert))))
            parts = [f"made AS ({made} RETURNING {asked})", f"followed AS ({insert})"]
        return self.value(f"WITH {', '.join(parts)} SELECT count(*) FROM made", params)

    # ---- filling

    def make(self) -> None:
        columns = ", ".join(f"{c.field} {c.parser.sql}" for c in self.columns.values() if not c.secret)
        hidden = "".join(f", {c.field} text" for c in self.columns.values() if c.secret)
        self.run(
            "DROP TABLE IF EXISTS pg_temp.import_row, pg_temp.import_match, pg_temp.import_remark,"
            " pg_temp.import_outcome;"
            f"CREATE TEMPORARY TABLE import_row (row int PRIMARY KEY, {columns}{hidden}) ON COMMIT DROP;"
            "CREATE TEMPORARY TABLE import_match (row int PRIMARY KEY, target bigint NOT NULL,"
            " changes jsonb NOT NULL DEFAULT '{}') ON COMMIT DROP;"
            "CREATE TEMPORARY TABLE import_remark (row int NOT NULL, field text NOT NULL, level text NOT NULL,"
            " text text NOT NULL, facts jsonb NOT NULL DEFAULT '{}') ON COMMIT DROP"
        )

    def fill(self, progress) -> None:
        """Reads, normalises and copies every row; what its cells and plain rules say goes into the remarks.

        progress: (rows read) is called every 2,000 rows. A secret column's place in the table holds what the
        column's `mask` makes of it, which for numbers is a keyed hash.
        """
        self.make()
        left = self.sheet.left
        plan = [(c.field, self.sheet.found.columns[c.field] - left, reader(c), {}) for c in self.given]
        needed = [self.sheet.found.columns[c.field] - left for c in self.given if c.needed]
        rules, today, with_secrets = self.one.rules, self.on, any(c.secret for c in self.given)
        remark = self.remarks.append
        with connection.cursor() as cursor, cursor.copy(self.copying()) as copy:
            write = copy.write_row
            for number, cells in self.sheet.rows():
                if no_record_first(cells) and no_record(cells, needed):
                    self.skipped += 1
                    continue
                line: list = [number]
                values = {}
                for field, index, parse, memo in plan:
                    raw = cells[index]
                    if raw == "":
                        line.append(None)
                        continue
                    if raw.__class__ is bool:  # True is 1 in a dictionary
                        value = parse(raw)
                    else:
                        value = memo.get(raw, UNKNOWN)
                        if value is UNKNOWN:
                            value = parse(raw)
                            if len(memo) < MEMO:
                                memo[raw] = value
                    if value.__class__ is Wrong:
                        remark((number, field, WRONG, value.text, value.facts))
                        value = None
                    elif value is MASKED:
                        self.starred += 1
                        value = None
                    elif value is not None:
                        values[field] = value
                    line.append(value)
                if not values and not (self.remarks and self.remarks[-1][0] == number):
                    continue  # blanks only
                for field, text, facts in rules(values, today):
                    remark((number, field, WRONG, text, facts))
                if with_secrets:
                    line = self.hidden(number, line)
                write(line)
                self.rows += 1
                if not self.rows % 2000:
                    progress(self.rows)
                    self.bearable()
        self.bearable()
        progress(self.rows)
        self.put(self.remarks)
        self.analyze()

    @property
    def shape(self) -> list[list[str]]:
        """Name and SQL type of what is copied: the row's number, then the columns that the file has."""
        return [["row", "int"], *([c.field, "text" if c.secret else c.parser.sql] for c in self.given)]

    def copying(self, direction: str = "FROM STDIN") -> sql.Composed:
        names = sql.SQL(", ").join(sql.Identifier(name) for name, _type in self.shape)
        return sql.SQL("COPY import_row ({}) " + direction).format(names)

    def analyze(self) -> None:
        self.run(f"ANALYZE import_row (row, {', '.join(self.one.keys)})")

    def hidden(self, number: int, line: list) -> list:
        secrets = self.secrets[number] = {}
        for place, column in enumerate(self.given, 1):
            if column.secret and line[place] is not None:
                secrets[column.field] = line[place]
                line[place] = column.staged(line[place])
        return line

    def bearable(self) -> None:
        if len(self.remarks) > MOST_REMARKS:
            counts: dict[str, int] = {}
            for _row, field, *_rest in self.remarks:
                counts[field] = counts.get(field, 0) + 1
            field = max(counts, key=counts.get)
            raise refuse(TOO_MANY, heading=self.columns[field].label, count=counts[field])

    def put(self, remarks: Iterable[tuple[int, str, str, str, dict]]) -> None:
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY import_remark (row, field, level, text, facts) FROM STDIN") as copy,
        ):
            for row, field, level, text, facts in remarks:
                copy.write_row((row, field, level, text, Jsonb(facts)))

    # ---- after the list's own matching

    def ask(self) -> None:
        """What a new record lacks."""
        self.run("ANALYZE import_match")
        new = "SELECT i.row FROM import_row i WHERE NOT EXISTS (SELECT 1 FROM import_match m WHERE m.row = i.row)"
        lacking = [c for c in self.columns.values() if c.needed and c.field not in self.sheet.found.columns]
        if lacking and self.value(f"SELECT EXISTS ({new})"):
            if not self.value("SELECT EXISTS (SELECT 1 FROM import_match)"):
                raise refuse(
                    COLUMNS_FOR_NEW,
                    sheet=self.sheet.name,
                    missing="、".join(map(with_values, lacking)),
                    found="、".join(self.columns[field].label for field in self.sheet.found.columns),
                )
            for column in lacking:
                self.remark("", NO_COLUMN_FOR_NEW, f"SELECT row, %(h)s::text AS heading FROM ({new}) n",
                    {"h": column.label})  # fmt: skip
        for column in self.given:
            if column.needed:
                text, params = NEEDED, {"f": column.field}
                facts = ""
                if column.values and len(column.values) <= 12:
                    text, facts = NEEDED_CHOICES, ", %(c)s::text AS choices"
                    params["c"] = "、".join(map(str, column.values))
                self.remark(
                    column.field,
                    text,
                    f"SELECT row{facts} FROM import_row i WHERE {column.field} IS NULL AND row IN ({new})"
                    " AND NOT EXISTS (SELECT 1 FROM import_remark r WHERE r.row = i.row AND r.field = %(f)s"
                    " AND r.level = 'wrong')",
                    params,
                )

    def settle(self) -> None:
        """What happens to each row, in `import_outcome`."""
        self.run(
            "CREATE TEMPORARY TABLE import_outcome ON COMMIT DROP AS SELECT i.row,"
            " CASE WHEN w.row IS NOT NULL THEN 'wrong' WHEN m.row IS NULL THEN 'new'"
            " WHEN m.changes = '{}' THEN 'same' ELSE 'changed' END AS outcome FROM import_row i"
            " LEFT JOIN import_match m ON m.row = i.row"
            " LEFT JOIN (SELECT DISTINCT row FROM import_remark WHERE level = 'wrong') w ON w.row = i.row"
        )
        self.run("CREATE UNIQUE INDEX ON import_outcome (row)")
        self.run("ANALYZE import_outcome")

    def counts(self) -> dict[str, int]:
        found = dict(self.run("SELECT outcome, count(*) FROM import_outcome GROUP BY outcome"))
        cells = self.value(
            "SELECT coalesce(sum((SELECT count(*) FROM jsonb_object_keys(m.changes))), 0) FROM import_match m"
            " JOIN import_outcome o ON o.row = m.row WHERE o.outcome = 'changed'"
        )
        levels = dict(self.run("SELECT level, count(*) FROM import_remark GROUP BY level"))
        likely = self.value("SELECT count(DISTINCT row) FROM import_remark WHERE level = 'likely'")
        return {
            "rows": self.rows,
            "skipped": self.skipped,
            **{outcome: found.get(outcome, 0) for outcome in ("new", "changed", "same", "wrong")},
            "cells": int(cells),
            "wrong_cells": levels.get("wrong", 0),
            "likely": likely,
            "notes": levels.get("note", 0),
            "starred": self.starred,
        }

    def leave_out(self, numbers: Iterable[int]) -> None:
        """Rows that the person wants left out are as good as wrong ones."""
        self.run("UPDATE import_outcome SET outcome = 'wrong' WHERE row = ANY(%s)", [list(numbers)])


def reader(column: Column) -> Callable[[Any], Any]:
    """The column's parser; a person's data that an export has masked is not taken for the data.

    An empty cell changes nothing, and neither does a masked one; where a new record needs the cell, it is wrong.
    """
    read = column.parser.read
    if column.mask is None or column.secret:
        return read

    def masked(raw: Any) -> Any:
        if raw.__class__ is str and STARS.search(raw):
            return Wrong(STARRED, {"given": raw}) if column.needed else MASKED
        return read(raw)

    return masked


def with_values(column: Column) -> str:
    """`性质（公办、民办非营利、营利性）`: a heading with what may stand below it, where that is a short list."""
    values = column.values
    return f"{column.label}（{'、'.join(values)}）" if values and len(values) <= 6 else column.label


def into(model: type[models.Model], sources: dict[str, str], params: dict) -> str:
    """`table (columns) SELECT values`; the model's defaults go into `params`."""
    fields = [f for f in model._meta.local_concrete_fields if not (f.primary_key or f.generated)]
    values, name = [], model._meta.model_name
    for field in fields:
        if field.name in sources:
            values.append(sources[field.name])
        elif field.name == "district":
            values.append("(SELECT current_setting('portal.district')::bigint)")
        elif getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            values.append("now()")
        else:
            key = f"_{name}_{field.name}"
            params[key] = field.get_db_prep_save(field.get_default(), connection=connection)
            values.append(f"%({key})s")
    columns = ", ".join(f'"{f.column}"' for f in fields)
    return f"{model._meta.db_table} ({columns}) SELECT {', '.join(values)}"


def no_record_first(cells: list) -> bool:
    """A quick look before the slow one: sums and footers begin with one of few characters."""
    for cell in cells:
        if cell != "":
            return cell.__class__ is str and cell.strip()[:1] in "合总小填制审联备说注单以"  # content
    return False
