"""What a metric is: rows of one set-based query, some of which count. The number and its evidence cannot differ.

A `Family` is one query over one kind of row (facilities, staff, …) for a period; each row has a street and
says for every metric of the family whether it is `among` those asked about and whether it is a `hit`. The
roll-up aggregates the family's query once, by street, for all its metrics; a page that opens a figure runs
the same query and shows the rows.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.db import connection
from django.utils import timezone

from facilities.models.credit import LISTING


@dataclass(frozen=True)
class Period:
    """A month, a quarter, a year, the whole plan, or a month up to one day, judged by the records up to and with
    `as_of`."""

    kind: str  # month | quarter | year | plan | day
    starts_on: date
    ends_on: date
    as_of: date

    @classmethod
    def month(cls, year: int, month: int, as_of: date | None = None) -> Period:
        starts_on = date(year, month, 1)
        ends_on = date(year, month, calendar.monthrange(year, month)[1])
        return cls("month", starts_on, ends_on, max(starts_on, min(as_of or ends_on, ends_on)))

    @classmethod
    def quarter(cls, year: int, quarter: int, as_of: date | None = None) -> Period:
        last = 3 * quarter
        starts_on, ends_on = date(year, last - 2, 1), date(year, last, calendar.monthrange(year, last)[1])
        return cls("quarter", starts_on, ends_on, max(starts_on, min(as_of or ends_on, ends_on)))

    @classmethod
    def year(cls, year: int, as_of: date | None = None) -> Period:
        starts_on, ends_on = date(year, 1, 1), date(year, 12, 31)
        return cls("year", starts_on, ends_on, max(starts_on, min(as_of or ends_on, ends_on)))

    @classmethod
    def plan(cls, starts_on: date, period_to: date | None, as_of: date) -> Period:
        """From the plan's first day; to its last, or, of one that is over and not followed, to the end of the year."""
        ends_on = max(period_to or as_of, date(as_of.year, 12, 31))
        return cls("plan", starts_on, ends_on, as_of)

    @classmethod
    def day(cls, day: date) -> Period:
        """How things stood on a day, with its month up to there."""
        return cls("day", day.replace(day=1), day, day)

    def on(self, day: date) -> Period:
        """The same period as it was judged on an earlier (or later) day outside of it: for due days of plans."""
        first = self.starts_on if self.kind == "plan" else day.replace(day=1)
        return Period(self.kind, first, day, day)

    @property
    def elapsed(self) -> Decimal:
        """Share of the year that is over on `as_of`: what the straight line of a yearly target is judged by."""
        return self.elapsed_since(None)

    def elapsed_since(self, begun: date | None) -> Decimal:
        """The same of what is left of the year from the day on which a plan begins in it."""
        first, last = date(self.as_of.year, 1, 1), date(self.as_of.year, 12, 31)
        if begun is not None and first < begun <= self.as_of:
            first = begun
        return Decimal((self.as_of - first).days + 1) / ((last - first).days + 1)

    @property
    def month_elapsed(self) -> Decimal:
        """Share of a monthly promise that may be asked for on `as_of`: of a month its days, of a quarter or year its
        months."""
        days = calendar.monthrange(self.as_of.year, self.as_of.month)[1]
        part = Decimal(self.as_of.day) / days
        first = {"month": self.as_of, "day": self.as_of, "quarter": self.starts_on}.get(self.kind)
        before = self.as_of.month - (first.month if first else 1)
        return (before + part) / (before + 1)

    @property
    def code(self) -> str:
        """As addresses have it: 2026-11, 2026-Q4, 2026, plan, 2026-11-15."""
        if self.kind in ("plan", "day"):
            return "plan" if self.kind == "plan" else self.as_of.isoformat()
        if self.kind == "quarter":
            return f"{self.starts_on:%Y}-Q{self.ends_on.month // 3}"
        return f"{self.starts_on:%Y-%m}" if self.kind == "month" else f"{self.starts_on:%Y}"

    @property
    def closed(self) -> bool:
        return self.as_of == self.ends_on

    @property
    def year_over(self) -> bool:
        return (self.as_of.month, self.as_of.day) == (12, 31)

    def parameters(self, **more) -> dict:
        """What the SQL of a family may name."""
        return {
            "starts_on": self.starts_on,
            "ends_on": self.ends_on,
            "as_of": self.as_of,
            "year_start": date(self.as_of.year, 1, 1),
        } | more


#: The list on which a row's facility stands on the day on which somebody looks.
TODAYS_LISTING = LISTING.replace("%(as_of)s", "%(today)s")
#: What Period.parameters gives; any other name in a statement is a parameter of the district.
OF_PERIOD = {"starts_on", "ends_on", "as_of", "year_start"}
NAME = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class Metric:
    """`among`, `hit`, `amount` are SQL over the columns of the family.

    measure `share`: hits among the rows, 0 to 1; `count`: the sum of `amount` over the hits;
    `per_population`: that sum over the residents of kind `population` of the street.
    """

    key: str
    label: str
    method: str
    measure: str = "share"
    among: str = "true"
    hit: str = "true"
    amount: str = "1"
    population: str = ""
    version: int = 1
    unit: str = ""

    @cached_property
    def names(self) -> set[str]:
        """The district's parameters that it needs, by their SQL names."""
        return set(NAME.findall(f"{self.among} {self.hit} {self.amount}")) - OF_PERIOD


@dataclass(frozen=True, eq=False)
class Family:
    """`sql` gives `street_id, row_id, code, name, detail` and what the metrics name; `%(…)s` from the period
    and the district's parameters (`parameters`: SQL name -> parameter key). The rows may be seen by whoever has
    `right`; names of persons (`personal`) are masked."""

    key: str
    label: str
    row_label: str
    sql: str
    metrics: tuple[Metric, ...]
    right: str
    detail_label: str
    parameters: dict[str, str] = field(default_factory=dict)
    link: str = ""  # URL name that a row's id opens
    #: SQL of a row's facility, whose mark stands behind its name: `f.row_id`, or a column `f.facility_id` of `sql`
    facility: str = "NULL::bigint"
    personal: bool = False
    #: its rows' names are words of the product, marked for translation, and not content
    own_words: bool = False
    #: its rows are visits that come unannounced: the figures of streets wait until they are public
    unannounced: bool = False
    #: its rows are the city's own; districts have none, and none of their snapshots counts them
    of_city: bool = False
    #: SQL over its columns: rows whose papers were deleted by law, which no metric counts any more
    erased: str = ""

    @cached_property
    def names(self) -> set[str]:
        """Parameters without which none of its metrics can be computed."""
        return set(NAME.findall(self.sql)) - OF_PERIOD

    @cached_property
    def of_the_day(self) -> bool:
        """Whether a month, a quarter and a year that end on the same day have the same figures."""
        parts = " ".join([self.sql, *(f"{m.among} {m.hit} {m.amount}" for m in self.metrics)])
        return not {"starts_on", "ends_on"} & set(NAME.findall(parts))

    def missing(self, metric: Metric, values: dict) -> list[str]:
        """Keys of parameters that the metric needs and the district does not have."""
        return sorted(
            self.parameters[name] for name in self.names | metric.names if self.parameters[name] not in values
        )

    def statement(self, metrics: Iterable[Metric]) -> str:
        columns = []
        for metric in metrics:
            condition = f"({metric.among}) AND ({metric.hit})"
            if metric.among == "true":
                condition = metric.hit
            total = "count(*)" if metric.amount == "1" else f"sum({metric.amount})"
            columns.append(total if condition == "true" else f"{total} FILTER (WHERE {condition})")
            columns.append(
                "count(*)" if metric.among == "true" else f"count(*) FILTER (WHERE {metric.among})"
            )
        return f"SELECT f.street_id, {', '.join(columns)} FROM ({self.sql}) f GROUP BY f.street_id"

    def figures(
        self, period: Period, values: dict, metrics: Sequence[Metric] | None = None
    ) -> dict[str, dict[int | None, tuple[Decimal, Decimal]]]:
        """metric -> street id (None: rows of no street) -> (numerator, denominator); one query."""
        metrics = self.metrics if metrics is None else metrics
        found: dict = {metric.key: {} for metric in metrics}
        if not metrics:
            return found
        with connection.cursor() as cursor:
            cursor.execute(self.statement(metrics), self.arguments(period, values))
            for street_id, *numbers in cursor.fetchall():
                for place, metric in enumerate(metrics):
                    pair = (Decimal(numbers[2 * place] or 0), Decimal(numbers[2 * place + 1]))
                    found[metric.key][street_id] = pair
        return found

    def rows(
        self,
        metric: Metric,
        period: Period,
        values: dict,
        *,
        streets: Iterable[int] | None = None,
        hit: bool | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[dict]:
        """The rows behind a figure: of all streets or some, those that count, those that do not, or both."""
        conditions, arguments = self.condition(metric, period, values, streets)
        if hit is not None:
            conditions.append(f"({metric.hit}) IS {'TRUE' if hit else 'NOT TRUE'}")
        statement = (
            f"SELECT f.row_id, f.street_id, f.code, f.name, f.detail, ({metric.hit}) IS TRUE AS hit,"
            f" {metric.amount} AS amount"
            f" FROM ({self.sql}) f WHERE {' AND '.join(conditions)} ORDER BY f.code, f.name, f.row_id"
        )
        if limit is not None:
            statement += f" LIMIT {int(limit)} OFFSET {int(offset)}"
        with connection.cursor() as cursor:
            cursor.execute(statement, arguments)
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def count_rows(
        self, metric: Metric, period: Period, values: dict, *, streets: Iterable[int] | None = None
    ) -> tuple[int, int]:
        """How many of the rows count, and how many do not."""
        conditions, arguments = self.condition(metric, period, values, streets)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FILTER (WHERE ({metric.hit}) IS TRUE),"
                f" count(*) FILTER (WHERE ({metric.hit}) IS NOT TRUE)"
                f" FROM ({self.sql}) f WHERE {' AND '.join(conditions)}",
                arguments,
            )
            return cursor.fetchone()

    def page(
        self,
        metric: Metric,
        period: Period,
        values: dict,
        *,
        streets: Iterable[int] | None = None,
        hit: bool | None = None,
        limit: int,
        offset: int = 0,
    ) -> tuple[int, int, int, list[dict]]:
        """How many rows count, how many do not, how many the law had deleted, and one page of those that count, or do
        not, of what counts unless nothing does; each with the list on which its facility stands today.

        One query: the family's rows are found once for both.
        """
        conditions, arguments = self.condition(metric, period, values, streets)
        gone = "0"
        if self.erased:
            within = conditions[1:]  # the streets
            gone = (
                f"(SELECT count(*) FROM ({self.sql}) f WHERE {' AND '.join([f'({self.erased})', *within])})"
            )
        statement = (
            "WITH k AS MATERIALIZED ("
            f"SELECT f.row_id, f.street_id, f.code, f.name, f.detail, {self.facility} AS facility_id,"
            f" ({metric.hit}) IS TRUE AS hit, {metric.amount} AS amount FROM ({self.sql}) f"
            f" WHERE {' AND '.join(conditions)}), "
            "n AS (SELECT count(*) FILTER (WHERE hit) AS hits, count(*) FILTER (WHERE NOT hit) AS others FROM k)"
            f" SELECT n.hits, n.others, {gone}, w.*, {TODAYS_LISTING} AS listing FROM n LEFT JOIN LATERAL ("
            "SELECT k.* FROM k WHERE k.hit = coalesce(%(wanted_hit)s, n.hits > 0 OR n.others = 0)"
            f" ORDER BY k.code, k.name, k.row_id LIMIT {int(limit)} OFFSET {int(offset)}) w ON true"
            " ORDER BY w.code, w.name, w.row_id"
        )
        arguments |= {"wanted_hit": hit, "today": timezone.localdate()}
        with connection.cursor() as cursor:
            cursor.execute(statement, arguments)
            names = [column.name for column in cursor.description][3:]
            found = cursor.fetchall()
        lines = [dict(zip(names, row[3:], strict=True)) for row in found if row[3:] != (None,) * len(names)]
        return *found[0][:3], lines

    def erased_rows(self, period: Period, values: dict, streets: Iterable[int] | None = None) -> int:
        """How many rows of the day are not counted because their papers were deleted by law."""
        if not self.erased:
            return 0
        arguments, within = self.arguments(period, values), ""
        if streets is not None:
            arguments["street_ids"], within = list(streets), " AND f.street_id = ANY(%(street_ids)s)"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({self.sql}) f WHERE ({self.erased}){within}", arguments)
            return cursor.fetchone()[0]

    def condition(self, metric: Metric, period: Period, values: dict, streets) -> tuple[list[str], dict]:
        conditions, arguments = [f"({metric.among})"], self.arguments(period, values)
        if streets is not None:
            conditions.append("f.street_id = ANY(%(street_ids)s)")
            arguments["street_ids"] = list(streets)
        return conditions, arguments

    def arguments(self, period: Period, values: dict) -> dict:
        return period.parameters(
            **{name: values[key] for name, key in self.parameters.items() if key in values}
        )
