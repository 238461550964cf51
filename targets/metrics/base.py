"""What a metric is: rows of one set-based query, some of which count. The number and its evidence cannot differ.

A `Family` is one query over one kind of row (facilities, staff, …) for a period; each row has a street and
says for every metric of the family whether it is `among` those asked about and whether it is a `hit`. The
roll-up aggregates the family's query once, by street, for all its metrics; a page that opens a figure runs
the same query and shows the rows.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import connection


@dataclass(frozen=True)
class Period:
    """A month or a year, judged by the records up to and with `as_of`."""

    kind: str  # month | year
    starts_on: date
    ends_on: date
    as_of: date

    @classmethod
    def month(cls, year: int, month: int, as_of: date | None = None) -> Period:
        starts_on = date(year, month, 1)
        ends_on = date(year, month, calendar.monthrange(year, month)[1])
        return cls("month", starts_on, ends_on, max(starts_on, min(as_of or ends_on, ends_on)))

    @classmethod
    def year(cls, year: int, as_of: date | None = None) -> Period:
        starts_on, ends_on = date(year, 1, 1), date(year, 12, 31)
        return cls("year", starts_on, ends_on, max(starts_on, min(as_of or ends_on, ends_on)))

    @property
    def elapsed(self) -> Decimal:
        """Share of the year that is over on `as_of`: what the straight line of a yearly target is judged by."""
        first = date(self.as_of.year, 1, 1)
        days = 366 if calendar.isleap(self.as_of.year) else 365
        return Decimal((self.as_of - first).days + 1) / days

    @property
    def closed(self) -> bool:
        return self.as_of == self.ends_on

    def parameters(self, **more) -> dict:
        """What the SQL of a family may name."""
        return {
            "starts_on": self.starts_on,
            "ends_on": self.ends_on,
            "as_of": self.as_of,
            "year_start": date(self.as_of.year, 1, 1),
            "month_start": self.as_of.replace(day=1),
        } | more


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


@dataclass(frozen=True)
class Family:
    """`sql` gives `street_id, row_id, code, name, detail` and what the metrics name; `%(…)s` from the period
    and the district's parameters (`parameters`: SQL name -> parameter key)."""

    key: str
    label: str
    row_label: str
    sql: str
    metrics: tuple[Metric, ...]
    parameters: dict[str, str] = field(default_factory=dict)
    link: str = ""  # URL name that a row's id opens

    def figures(self, period: Period, values: dict) -> dict[str, dict[int | None, tuple[Decimal, Decimal]]]:
        """metric -> street id (None: rows of no street) -> (numerator, denominator); one query."""
        columns = []
        for metric in self.metrics:
            total = "count(*)" if metric.amount == "1" else f"coalesce(sum({metric.amount}), 0)"
            columns.append(f"{total} FILTER (WHERE ({metric.among}) AND ({metric.hit}))")
            columns.append(f"count(*) FILTER (WHERE {metric.among})")
        statement = f"SELECT f.street_id, {', '.join(columns)} FROM ({self.sql}) f GROUP BY f.street_id"
        found: dict = {metric.key: {} for metric in self.metrics}
        with connection.cursor() as cursor:
            cursor.execute(statement, self.arguments(period, values))
            for street_id, *numbers in cursor.fetchall():
                for metric, numerator, denominator in zip(
                    self.metrics, numbers[::2], numbers[1::2], strict=True
                ):
                    found[metric.key][street_id] = (Decimal(numerator), Decimal(denominator))
        return found

    def rows(
        self,
        metric: Metric,
        period: Period,
        values: dict,
        *,
        street_id: int | None = None,
        hit: bool | None = None,
        limit: int | None = None,
    ) -> list[dict]:
        """The rows behind a figure: of one street or all, those that count, those that do not, or both."""
        conditions = [f"({metric.among})"]
        if hit is not None:
            conditions.append(f"({metric.hit}) IS {'TRUE' if hit else 'NOT TRUE'}")
        arguments = self.arguments(period, values)
        if street_id is not None:
            conditions.append("f.street_id = %(street_id)s")
            arguments["street_id"] = street_id
        statement = (
            f"SELECT f.row_id, f.street_id, f.code, f.name, f.detail, ({metric.hit}) IS TRUE AS hit"
            f" FROM ({self.sql}) f WHERE {' AND '.join(conditions)} ORDER BY f.code, f.row_id"
        )
        if limit is not None:
            statement += f" LIMIT {int(limit)}"
        with connection.cursor() as cursor:
            cursor.execute(statement, arguments)
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def arguments(self, period: Period, values: dict) -> dict:
        return period.parameters(**{name: values[key] for name, key in self.parameters.items()})
