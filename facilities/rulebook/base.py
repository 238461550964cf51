"""What a rule's test is, and the one statement that answers many of them.

A `Source` is a query that gives one row per facility, from one table (or one table and what hangs on its rows). A
`Test` names the sources that it reads and says, as SQL over their columns: `value` (what was measured), `limit` (what
is asked), `met` (true, false, or NULL where data is missing), `binds` (beyond the kinds that the rule's row names).
However many tests are asked for, each source is read once; `wide` gives one row per facility and three columns per
test, and everything else (one facility, one rule, counts of streets, what changed) is a query on it.

Columns of the facility stand under `f`, those of a source under its key. Parameters of the district are named
`%(name)s`; one that the district does not have is NULL, so that its rule is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

NAME = re.compile(r"%\((\w+)\)s")


#: The state of a row at the end of a past day, by its history; a row that came later stands as it came first.
AS_IT_STOOD = """h.pgh_created_at < %(day_end)s DESC,
             CASE WHEN h.pgh_created_at < %(day_end)s THEN -extract(epoch FROM h.pgh_created_at)
                  ELSE extract(epoch FROM h.pgh_created_at) END,
             CASE WHEN h.pgh_created_at < %(day_end)s THEN -h.pgh_id ELSE h.pgh_id END"""


@dataclass(frozen=True)
class Overwritten:
    """A table whose rows are changed in place: on a past day `then` is what counts, `now` (the days of a row, what it
    belongs to) stays as the row says it. by: the column by which its history has an index."""

    table: str
    now: tuple[str, ...]
    then: tuple[str, ...]
    by: str = "facility_id"
    #: of what `by` names, those of some facilities
    some: str = "%(facility_ids)s"

    def stood(self, some: bool) -> str:
        """SQL of the table with its rows as they stood at the end of the day."""
        columns = [f"n.{name}" for name in ("district_id", "id", *self.now)] + [
            f"h.{name}" for name in self.then
        ]
        narrow = f"WHERE h.{self.by} = ANY({self.some})" if some else ""
        return f"""(
    SELECT DISTINCT ON (h.id) {", ".join(columns)}
    FROM {self.table}history h
    JOIN {self.table} n ON n.district_id = h.district_id AND n.id = h.id
    {narrow}
    ORDER BY h.id, {AS_IT_STOOD}
)"""


@dataclass(frozen=True)
class Source:
    """`sql` gives facility_id and columns; it holds `{here}`, a condition on `facility_id`, and may hold `{staff}`,
    one on `staff_id`, which narrow it to some facilities. `on`: another way to join than by facility_id. `changed`:
    its table of which values are overwritten; it stands in the SQL as `{table}`."""

    key: str
    sql: str
    on: str = ""
    changed: Overwritten | None = None

    def join(self, some: bool, past: bool = False) -> str:
        here = "facility_id = ANY(%(facility_ids)s)" if some else "true"
        staff = (
            "staff_id IN (SELECT staff_id FROM facilities_employment WHERE facility_id = ANY(%(facility_ids)s))"
            if some
            else "true"
        )
        condition = self.on or f"{self.key}.facility_id = f.id"
        sql = self.sql.replace("{here}", here).replace("{staff}", staff)
        if self.changed is not None:
            sql = sql.replace("{table}", self.changed.stood(some) if past else self.changed.table)
        return f"LEFT JOIN ({sql}) {self.key} ON {condition}"


@dataclass(frozen=True, eq=False)
class Test:
    """The test of one rule, by the rule's key.

    form: how value and limit are said: number, people (value of `of`), yes, day, text. sign: ≥ or ≤ before the limit.
    mend: what would mend it; enter: what has to be recorded where data is missing. link: the page to do it on.
    parameters: name in the SQL -> key of the district's parameter; a name means the same in all tests.
    """

    key: str
    label: str
    mend: str
    enter: str
    met: str
    value: str
    limit: str = "NULL::numeric"
    of: str = "NULL::bigint"
    binds: str = "true"
    form: str = "number"
    unit: str = ""
    sign: str = "≥"
    sources: tuple[str, ...] = ()
    parameters: dict[str, str] = field(default_factory=dict)
    #: names of parameters that stand in its sources only
    asks: tuple[str, ...] = ()
    link: str = "facility-edit"
    #: which right opens the page `link`
    right: str = "facility.keep"

    @cached_property
    def names(self) -> set[str]:
        return set(NAME.findall(f"{self.met} {self.value} {self.limit} {self.of} {self.binds}"))


@dataclass(frozen=True)
class Bound:
    """A test with the kinds of facility that the rule binds on the day."""

    test: Test
    kinds: Sequence[str]


class Book:
    """Tests and sources of all apps; an app above registers its own."""

    def __init__(self):
        self.tests: dict[str, Test] = {}
        self.sources: dict[str, Source] = {}
        #: name in the SQL -> function of the day
        self.days: dict[str, Callable[[date], object]] = {}
        #: name in the SQL -> key of a parameter
        self.parameters: dict[str, str] = {}
        #: names of parameters that are looked up for the end of the last finished year, not for the day
        self.of_year: set[str] = set()

    def add(self, *, tests=(), sources=(), days=None, parameters=None, of_year=()) -> None:
        for source in sources:
            self.sources[source.key] = source
        for test in tests:
            lost = set(test.sources) - self.sources.keys()
            if lost:
                raise ValueError(f"test {test.key}: no source {sorted(lost)}")
            self.tests[test.key] = test
            self.name(test.parameters)
        self.days.update(days or {})
        self.name(parameters or {})
        self.of_year |= set(of_year)

    def name(self, parameters: dict[str, str]) -> None:
        for name, key in parameters.items():
            if self.parameters.setdefault(name, key) != key:
                raise ValueError(f"parameter {name} is {self.parameters[name]} already")

    def keys_of(self, test: Test) -> set[str]:
        """Keys of all parameters that the test's answer hangs on."""
        names = (test.names | set(test.asks)) & self.parameters.keys()
        return {self.parameters[name] for name in names} | set(test.parameters.values())


BOOK = Book()


def wide(
    bound: Sequence[Bound],
    facilities: str,
    *,
    some: bool = False,
    values: bool = True,
    streets: bool = False,
    past: bool = False,
    book: Book = BOOK,
) -> str:
    """One row per facility: facility_id, street_id, code, name, kind and per test, numbered, `j` (0 not met, 1 met, 2
    unknown, NULL not bound) and with `values` also `v`, `l`, `o` (value, limit, of).

    facilities: SQL of the facilities that are judged. some: only those of `%(facility_ids)s`; streets: only those in
    `%(street_ids)s`. past: values that were overwritten since count as they stood at the end of the day.
    """
    needed = list(dict.fromkeys(key for one in bound for key in one.test.sources))
    columns = ["f.id AS facility_id", "f.street_id", "f.code", "f.name", "f.kind"]
    for number, one in enumerate(bound):
        test = one.test
        binds = f"f.kind = ANY(%(kinds_{number})s) AND ({test.binds})"
        columns.append(f"CASE WHEN {binds} THEN coalesce(({test.met})::int, 2) END AS j{number}")
        if values:
            columns.append(
                f"CASE WHEN {binds} THEN {test.value} END AS v{number}, {test.limit} AS l{number},"
                f" {test.of} AS o{number}"
            )
    conditions = []
    if some:
        conditions.append("f.id = ANY(%(facility_ids)s)")
    if streets:
        conditions.append("f.street_id = ANY(%(street_ids)s)")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    joins = " ".join(book.sources[key].join(some, past) for key in needed)
    return f"SELECT {', '.join(columns)} FROM ({facilities}) f {joins}{where}"


def renamed(sql: str, prefix: str) -> str:
    """The same statement with other names of its parameters, to stand beside the first in one query."""
    return NAME.sub(rf"%({prefix}\1)s", sql)
