"""The daily look at the rulebook: keeps since when a facility does not meet a rule, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from facilities.models.rulebook import RulebookDay
from facilities.rulebook import verdicts
from portal.access import Actor
from portal.errors import Refused
from portal.services import audit


@dataclass(frozen=True)
class Looked:
    """What a look changed: intervals begun and ended."""

    began: int
    ended: int


@transaction.atomic
def look(*, on: date, actor: Actor) -> Looked:
    """Judges all facilities on the day and keeps what changed since the last look.

    A verdict other than met begins an interval, another answer ends it the day before. The same day again follows
    the records of now. Refused for a day before the last look: intervals are kept forwards only.
    """
    last = RulebookDay.objects.select_for_update().first()
    if last is not None and on < last.looked_on:
        raise Refused(
            _("规则已经核对到 %(day)s，不能再往前核对") % {"day": last.looked_on.isoformat()}, code="looked"
        )
    found = verdicts.rules(on)
    its = verdicts.bound(found)
    values = verdicts.arguments(its, on) | {
        "on": on, "before": on - timedelta(1), "first": last is None,
    }  # fmt: skip
    values |= {f"rule_{n}": rule.key for n, rule in enumerate(found)}
    columns = ", ".join(f"(%(rule_{n})s, j{n})" for n in range(len(found))) or "(NULL::text, NULL::int)"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS rulebook_today")
        cursor.execute(
            "CREATE TEMPORARY TABLE rulebook_today ON COMMIT DROP AS SELECT facility_id, r.rule::text AS rule,"
            " CASE r.verdict WHEN 0 THEN 'not_met' ELSE 'unknown' END AS value"
            f" FROM ({verdicts.judged(its, on, values=False)} OFFSET 0) w"
            f" CROSS JOIN LATERAL (VALUES {columns}) r(rule, verdict)"
            " WHERE r.verdict <> 1",
            values,
        )
        cursor.execute("CREATE INDEX ON rulebook_today (facility_id, rule)")
        cursor.execute("ANALYZE rulebook_today")
        gone = (
            "v.ends_on IS NULL AND NOT EXISTS (SELECT FROM rulebook_today t WHERE t.facility_id = v.facility_id"
            " AND t.rule = v.rule AND t.value = v.value)"
        )
        cursor.execute(f"DELETE FROM facilities_verdict v WHERE v.starts_on = %(on)s AND {gone}", values)
        cursor.execute(f"UPDATE facilities_verdict v SET ends_on = %(before)s WHERE {gone}", values)
        ended = cursor.rowcount
        cursor.execute(
            "INSERT INTO facilities_verdict (facility_id, rule, value, starts_on, first_look)"
            " SELECT t.facility_id, t.rule, t.value, %(on)s, %(first)s FROM rulebook_today t"
            " WHERE NOT EXISTS (SELECT FROM facilities_verdict v WHERE v.facility_id = t.facility_id"
            " AND v.rule = t.rule AND v.ends_on IS NULL) ORDER BY t.facility_id, t.rule",
            values,
        )
        began = cursor.rowcount
        cursor.execute("DROP TABLE rulebook_today")
    if last is None:
        last = RulebookDay(looked_on=on)
    last.looked_on = on
    last.save()
    if began or ended:
        audit.record(
            "facilities.rulebook.look",
            None,
            actor=actor,
            name=on.isoformat(),
            changes={"began": began, "ended": ended},
        )
    return Looked(began, ended)
