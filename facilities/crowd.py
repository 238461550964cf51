"""Facilities on the map, counted before they are read: a street's are drawn one by one, a hundred thousand as crowds.

A drawing of more points than `MOST` shows nothing any more and takes seconds; then Postgres gathers them in squares, and
each square is one mark with its number, in the middle of those that it stands for.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Avg, Count, QuerySet

#: Points that are still drawn one by one.
MOST = 1500
#: Squares of the drawing in each direction.
SQUARES = 24


@dataclass(frozen=True)
class InStreet:
    """Of a street: facilities, those with a point, and the middle of the points."""

    all: int = 0
    placed: int = 0
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class Crowd:
    """Facilities of one square: how many, and their middle."""

    count: int
    latitude: float
    longitude: float


def by_street(rows: QuerySet) -> dict[int, InStreet]:
    """street -> what of these facilities it has; one query."""
    found = (
        rows.order_by()
        .values_list("street")
        .annotate(Count("pk"), Count("latitude"), Avg("latitude"), Avg("longitude"))
    )
    return {
        street: InStreet(total, placed, *(v if v is None else float(v) for v in middle))
        for street, total, placed, *middle in found
    }


def crowds(rows: QuerySet) -> list[Crowd]:
    """The facilities with a point, gathered in SQUARES x SQUARES of the box that they lie in; one query."""
    points = rows.filter(latitude__isnull=False).order_by().values("latitude", "longitude")
    sql, values = points.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH p AS MATERIALIZED (SELECT q.latitude::float8 AS a, q.longitude::float8 AS b FROM ({sql}) q),
            e AS (SELECT min(a) AS south, max(a) AS north, min(b) AS west, max(b) AS east FROM p)
            SELECT count(*), avg(a), avg(b) FROM p, e
            GROUP BY least({SQUARES - 1}, floor((a - south) / greatest(north - south, 1e-6) * {SQUARES})),
                     least({SQUARES - 1}, floor((b - west) / greatest(east - west, 1e-6) * {SQUARES}))
            ORDER BY 1, 2, 3
            """,
            values,
        )
        return [Crowd(*row) for row in cursor.fetchall()]
