"""Which papers of people can still be on the board of clocks, kept by the database itself.

A board that walks papers by their day would walk, at its beginning, past every paper that was renewed long ago and of
everybody who has left: a million rows in a large district for fifty that count. `standing` is false where a paper has a
later one of its kind, and where its person works nowhere; triggers keep it, whoever writes. It only prunes: what is
shown is still asked of the rows themselves (facilities/clocks.py), so a flag that is true too long costs time and tells
nothing wrong. Somebody who leaves on a day still counts on it; `settle` clears such flags each night.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import connection

from portal import policies

#: How long after the last day of work the papers are kept on: a board of a day some weeks ago is still whole.
DAYS_AFTER = 31
TABLES = {
    "facilities_certificate": ("kind", "coalesce({}.valid_until, 'infinity')"),
    "facilities_recordcheck": ("", "{}.checked_on"),
}
AT_WORK = (
    "EXISTS (SELECT FROM public.facilities_employment e WHERE e.district_id = a.district_id"
    " AND e.staff_id = a.staff_id AND (e.ends_on IS NULL OR e.ends_on >= {since}))"
)


def standing(table: str, since: str) -> str:
    """SQL: whether a row `a` of the table counts."""
    kind, day = TABLES[table]
    same = f" AND l.{kind} = a.{kind}" if kind else ""
    return (
        f"NOT EXISTS (SELECT FROM public.{table} l WHERE l.district_id = a.district_id"
        f" AND l.staff_id = a.staff_id{same} AND {day.format('l')} > {day.format('a')}) AND {AT_WORK.format(since=since)}"
    )


def follow(table: str) -> str:
    """SQL: sets the flag of all papers of the people in `changed`."""
    return (
        f"UPDATE public.{table} c SET standing = s.standing FROM (SELECT a.id,"
        f" {standing(table, f'current_date - {DAYS_AFTER}')} AS standing FROM public.{table} a"
        " WHERE a.staff_id IN (SELECT staff_id FROM changed)) s"
        " WHERE s.id = c.id AND c.standing IS DISTINCT FROM s.standing;"
    )


def triggers() -> str:
    both = " ".join(follow(table) for table in TABLES)
    bodies = {table: follow(table) for table in TABLES} | {"facilities_employment": both}
    parts = []
    for table, body in bodies.items():
        name = f"{table}_standing"
        parts.append(
            f"CREATE OR REPLACE FUNCTION public.{name}() RETURNS trigger LANGUAGE plpgsql"
            " SET search_path = pg_catalog, public AS $$\nBEGIN\n"
            # its own update calls it again
            f"  IF pg_trigger_depth() < 2 THEN {body} END IF;\n  RETURN NULL;\nEND $$;"
        )
        for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            parts.append(
                f"CREATE OR REPLACE TRIGGER {name}_{event.lower()} AFTER {event} ON public.{table}"
                f" REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.{name}();"
            )
    return "\n".join(parts)


policies.FUNCTIONS["standing"] = triggers()


def settle(on: date) -> int:
    """Clears the flags of people whose work ended some weeks before the day; how many papers it was."""
    count = 0
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                f"UPDATE {table} a SET standing = false WHERE a.standing AND NOT {AT_WORK.format(since='%s')}",
                [on - timedelta(DAYS_AFTER)],
            )
            count += cursor.rowcount
    return count
