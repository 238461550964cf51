"""Which papers can be on the board of clocks, kept by the database itself.

A board that walks papers by their day would walk, at its beginning, past every paper that was renewed long ago and of
everybody who has left: a million rows in a large district for fifty that count. `standing` says which still count, so
that an index on (district, day) of those that stand answers alone. Triggers keep it, whoever writes; they take the
papers' owner first, so that two who write papers of one owner at once do it one after the other.

What hangs on other rows is in the flag; what hangs on the day of asking is not, and is asked of each row
(facilities/clocks.py): work that ends or begins, and months after a day. The one exception only prunes: the papers of
somebody who left stand for some weeks more, as a board of a day some weeks ago is to be whole; `settle` takes them off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from portal import policies

#: How long after the last day of work the papers are kept on.
DAYS_AFTER = 31
AT_WORK = (
    "EXISTS (SELECT FROM public.facilities_employment e WHERE e.district_id = a.district_id"
    " AND e.staff_id = a.staff_id AND (e.ends_on IS NULL OR e.ends_on >= {since}))"
)
#: Today, where a trigger asks.
SINCE = f"current_date - {DAYS_AFTER}"
NOT_CLOSED = (
    "EXISTS (SELECT FROM public.facilities_facility f WHERE f.district_id = a.district_id AND f.id = a.facility_id"
    " AND f.state <> 'closed')"
)
ADMITTED = (
    "EXISTS (SELECT FROM public.facilities_enrolment e WHERE e.district_id = a.district_id AND e.child_id = a.child_id"
    " AND e.state = 'admitted')"
)


@dataclass(frozen=True)
class Flag:
    """`standing` of one table. owner, owners: the column of the papers' owner and its table. counts: SQL, whether a
    row `a` counts. also: tables with the same column on which it hangs."""

    table: str
    owner: str
    owners: str
    counts: str
    also: tuple[str, ...] = ()

    def sql(self, since: str = SINCE) -> str:
        return self.counts.format(since=since)

    def follow(self, ids: str) -> str:
        """SQL: sets the flag of all papers of these owners."""
        return (
            f"UPDATE public.{self.table} c SET standing = s.standing FROM (SELECT a.id, {self.sql()} AS standing"
            f" FROM public.{self.table} a WHERE a.{self.owner} IN ({ids})) s"
            " WHERE s.id = c.id AND c.standing IS DISTINCT FROM s.standing;"
        )


def no_later(table: str, owner: str, day: str, also: str = "") -> str:
    """SQL: no other paper of the owner has a later day. `{}` in `day` and `also` is the row's name."""
    same = f" AND {also}" if also else ""
    return (
        f"NOT EXISTS (SELECT FROM public.{table} l WHERE l.district_id = a.district_id AND l.{owner} = a.{owner}{same}"
        f" AND {day.format('l')} > {day.format('a')})"
    )


def of_facility(table: str, counts: str) -> Flag:
    return Flag(table, "facility_id", "facilities_facility", f"{counts} AND {NOT_CLOSED}")


CERTIFICATE, CHECK = "facilities_certificate", "facilities_recordcheck"
INSURANCE, PERMIT = "facilities_insurance", "facilities_permit"
PREMISES, PLAN = "facilities_premises", "facilities_emergencyplan"
HELPER_CHECK, HEALTH = "facilities_volunteercheck", "facilities_healthcertificate"
ENDS = "coalesce({}.valid_until, 'infinity')"
#: The permit that was issued last takes the place of the others of its kind, whether either has an end or not.
ISSUED = "(coalesce({0}.issued_on, '-infinity'), coalesce({0}.valid_until, 'infinity'), {0}.id)"
FLAGS = (
    Flag(
        CERTIFICATE,
        "staff_id",
        "facilities_staffmember",
        # a paper without end ends the series
        f"{no_later(CERTIFICATE, 'staff_id', ENDS, 'l.kind = a.kind')} AND {AT_WORK}",
        also=("facilities_employment",),
    ),
    Flag(
        CHECK,
        "staff_id",
        "facilities_staffmember",
        f"{no_later(CHECK, 'staff_id', '{}.checked_on')} AND {AT_WORK}",
        also=("facilities_employment",),
    ),
    of_facility(INSURANCE, no_later(INSURANCE, "facility_id", "{}.ends_on", "l.kind = a.kind")),
    of_facility(PERMIT, no_later(PERMIT, "facility_id", ISSUED, "(l.kind, l.name) = (a.kind, a.name)")),
    of_facility(PREMISES, "a.ends_on IS NULL"),
    of_facility(PLAN, "a.replaced_on IS NULL"),
    Flag(
        HELPER_CHECK,
        "volunteer_id",
        "facilities_volunteer",
        no_later(HELPER_CHECK, "volunteer_id", "{}.checked_on"),
    ),
    Flag(
        HEALTH,
        "child_id",
        "facilities_child",
        f"a.fit AND {no_later(HEALTH, 'child_id', '{}.valid_until', 'l.fit')} AND {ADMITTED}",
        also=("facilities_enrolment",),
    ),
)


def function(name: str, body: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION public.{name}() RETURNS trigger LANGUAGE plpgsql"
        f" SET search_path = pg_catalog, public AS $$\nBEGIN\n{body}\n  RETURN NULL;\nEND $$;"
    )


def triggers() -> str:
    tables = {flag.table: [flag] for flag in FLAGS}
    for flag in FLAGS:
        for table in flag.also:
            tables.setdefault(table, []).append(flag)
    parts = []
    for table, flags in tables.items():
        name, owner = f"{table}_standing", flags[0].owner
        ids = f"SELECT {owner} FROM changed"
        lock = (
            f"PERFORM FROM public.{flags[0].owners} o WHERE o.id IN ({ids}) ORDER BY o.id FOR NO KEY UPDATE;"
        )
        body = " ".join(flag.follow(ids) for flag in flags)
        # its own update calls it again
        parts.append(function(name, f"  IF pg_trigger_depth() < 2 THEN {lock} {body} END IF;"))
        for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            parts.append(
                f"CREATE OR REPLACE TRIGGER {name}_{event.lower()} AFTER {event} ON public.{table}"
                f" REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.{name}();"
            )
    # closing is rare: a row's own trigger with a condition costs a change of other kinds next to nothing
    body = " ".join(flag.follow("NEW.id") for flag in FLAGS if flag.owners == "facilities_facility")
    parts.append(function("facilities_facility_standing", f"  {body}"))
    parts.append(
        "CREATE OR REPLACE TRIGGER facilities_facility_standing_update AFTER UPDATE OF state ON"
        " public.facilities_facility FOR EACH ROW WHEN ((OLD.state = 'closed') <> (NEW.state = 'closed'))"
        " EXECUTE FUNCTION public.facilities_facility_standing();"
    )
    return "\n".join(parts)


policies.FUNCTIONS["standing"] = triggers()


def settle(on: date) -> int:
    """Clears the flags of people whose work ended some weeks before the day; how many papers it was."""
    count = 0
    with connection.cursor() as cursor:
        for table in (CERTIFICATE, CHECK):
            cursor.execute(
                f"UPDATE {table} a SET standing = false WHERE a.standing AND NOT {AT_WORK.format(since='%s')}",
                [on - timedelta(DAYS_AFTER)],
            )
            count += cursor.rowcount
    return count
