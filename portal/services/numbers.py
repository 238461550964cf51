"""Numbers given in order, without gaps, also to two who ask at once."""

from __future__ import annotations

from django.db import connection


def next_number(series: str) -> int:
    """The next number of a series of the open district; the row stays locked until the transaction ends."""
    return next_numbers(series, 1)[0]


def next_numbers(series: str, count: int) -> range:
    """The next `count` numbers at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO portal_series (name, last) VALUES (%s, %s) ON CONFLICT (district_id, name)"
            " DO UPDATE SET last = portal_series.last + excluded.last RETURNING last",
            [series, count],
        )
        last = cursor.fetchone()[0]
    return range(last - count + 1, last + 1)


def at_least(series: str, number: int) -> None:
    """Moves a series on to `number`, if it is not there yet, so that it never gives a number that came from outside."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO portal_series (name, last) VALUES (%s, %s) ON CONFLICT (district_id, name)"
            " DO UPDATE SET last = greatest(portal_series.last, excluded.last)",
            [series, number],
        )
