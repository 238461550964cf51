"""What an import of the register writes: sets of rows by SQL, under the rules of the single services.

The rows have been through rules.register and the conditions of facilities/imports when they come here; the database's
own constraints and history triggers see each of them. One audit entry is written by the run (portal.services.imports).
"""

from __future__ import annotations

from django.db import connection, transaction
from django.utils.translation import gettext as _

from facilities.models import Facility, FacilityTransition
from facilities.rules import register, words
from facilities.rules.states import FACILITY
from facilities.services import operators
from facilities.services.facilities import CODES, index, touched
from portal.celery import app
from portal.rules.imports import INDEXED_AT_ONCE
from portal.services.bulk import BATCH
from portal.services.import_stage import Stage
from portal.services.numbers import at_least, next_numbers

#: Value of a new facility's field as SQL over `import_row i`; fields not named take the model's default.
STATE = "coalesce(i.state, CASE WHEN i.opened_on IS NULL THEN 'preparing' ELSE 'operating' END)"
SOURCES = {
    "code": "n.code",
    "state": STATE,
    "street": "i.street",
    "operator": "o.id",
    "inclusive": "coalesce(i.inclusive, false)",
    "enrolled": "coalesce(i.enrolled, 0)",
    "full_day": "coalesce(i.full_day, i.half_day IS NOT TRUE AND i.hourly IS NOT TRUE)",
    "half_day": "coalesce(i.half_day, false)",
    "hourly": "coalesce(i.hourly, false)",
    "meals": "coalesce(i.meals, false)",
    "closed_on": "i.closed_on",
}
#: Text that is empty rather than unknown.
BLANK = ("credit_code", "head", "phone")


def write_facilities(stage: Stage) -> None:
    """Registers the new ones and changes the others; says the numbers in stage.written."""
    stage.actor.demand("facility.manage")
    stage.run("SET LOCAL work_mem = '64MB'")  # the rows are sorted in memory and not on disk
    names = stage.run(
        "SELECT DISTINCT i.operator FROM import_row i JOIN import_outcome o USING (row)"
        " WHERE o.outcome IN ('new', 'changed') AND i.operator IS NOT NULL"
    )
    operators.enter_many([name for (name,) in names], actor=stage.actor)
    give_codes(stage)
    # of a table that has just been filled the planner knows nothing; of this one it does
    stage.run("DROP TABLE IF EXISTS pg_temp.import_operator")
    stage.run(
        "CREATE TEMPORARY TABLE import_operator ON COMMIT DROP AS SELECT id, name FROM facilities_operator"
        " WHERE name IN (SELECT operator FROM import_row)"
    )
    for table in ("import_new", "import_operator"):
        stage.run(f"ANALYZE {table}")
    new = registered(stage)
    changed = changed_facts(stage)
    if new or changed:
        touched()
    index_or_queue(stage, new + changed)
    stage.written = {"new": new, "changed": changed}


def give_codes(stage: Stage) -> None:
    """The new rows with their codes, `import_new`: the file's own, else those of the series. Codes that files bring
    are never given a second time."""
    prefix = stage.actor.district.prefix
    rows = "import_row i JOIN import_outcome o USING (row) WHERE o.outcome = 'new'"
    values = {"p": f"^{prefix}[0-9]{{1,8}}$", "n": len(prefix) + 1, "prefix": prefix, "first": 0}
    highest = "coalesce(max(substr(code, %(n)s)::bigint) FILTER (WHERE code ~ %(p)s), 0)"
    (given, without), = stage.run(
        f"SELECT {highest}, count(*) FILTER (WHERE code IS NULL) FROM (SELECT i.code FROM {rows}) s", values
    )  # fmt: skip
    if without:
        given = max(given, stage.value(f"SELECT {highest} FROM facilities_facility", values))
    if given:
        at_least(CODES, given)
    if without:
        values["first"] = next_numbers(CODES, without).start
    stage.run("DROP TABLE IF EXISTS pg_temp.import_new")
    stage.run(
        "CREATE TEMPORARY TABLE import_new ON COMMIT DROP AS SELECT row, coalesce(code::text,"
        " %(prefix)s || lpad(n::text, greatest(4, length(n::text)), '0')) AS code FROM (SELECT i.row, i.code,"
        " %(first)s - 1 + count(*) FILTER (WHERE i.code IS NULL) OVER (ORDER BY i.row) AS n"
        f" FROM {rows}) s",
        values,
    )


def registered(stage: Stage) -> int:
    facts = {f: f"coalesce(i.{f}, '')" if f in BLANK else f"i.{f}" for f in register.FIELDS}
    first_state = {
        "facility": "t.id",
        "source": "%(initial)s",
        "target": "t.state",
        "on": "coalesce(t.closed_on, t.opened_on, %(on)s)",
        "reason": "%(reason)s",
        "by": "%(by)s",
    }
    return stage.insert(
        Facility,
        facts | SOURCES,
        "import_new n JOIN import_row i USING (row) LEFT JOIN import_operator o ON o.name = i.operator"
        " ORDER BY n.row",
        {"initial": FACILITY.initial, "on": stage.on, "reason": _("登记时的状态"), "by": user_id(stage)},
        then=(FacilityTransition, first_state, "t.state <> %(initial)s"),
    )


def user_id(stage: Stage) -> int | None:
    return stage.actor.user.pk if stage.actor.user else None


def changed_facts(stage: Stage) -> int:
    """Facts of known facilities; an empty cell leaves what stands, and the version moves on."""
    given = stage.sheet.found.columns
    sets = [
        f"{f} = coalesce(i.{f}, t.{f})"
        for f in register.FIELDS
        if f in given and f not in ("street", "operator")
    ]
    if "street" in given:
        sets.append("street_id = coalesce(i.street, t.street_id)")
    if "operator" in given:
        sets.append(
            "operator_id = coalesce((SELECT o.id FROM facilities_operator o WHERE o.name = i.operator), t.operator_id)"
        )
    if not sets:
        return 0
    renamed = " OR ".join(f"i.{f} <> t.{f}" for f in ("name", "address") if f in given) or "false"
    for field in ("search_text", "name_key"):  # found anew below
        sets.append(f"{field} = CASE WHEN {renamed} THEN '' ELSE t.{field} END")
    return stage.value(
        f"WITH done AS (UPDATE facilities_facility t SET {', '.join(sets)}, version = t.version + 1, changed_at = now()"
        " FROM import_row i JOIN import_outcome o USING (row) JOIN import_match m USING (row)"
        " WHERE o.outcome = 'changed' AND t.id = m.target RETURNING 1) SELECT count(*) FROM done"
    )


def index_or_queue(stage: Stage, rows: int) -> None:
    """Few rows are found at once; many after a task has put them into the index, which takes longer than to write
    them."""
    if rows <= INDEXED_AT_ONCE:
        index_rows()
    else:
        district = stage.actor.district.pk
        transaction.on_commit(lambda: app.send_task("facilities.index", args=[district]))


def index_rows(most: int = BATCH) -> int:
    """Fills in by what facilities are found and sorted, for up to `most` that have nothing yet; how many it did."""
    rows = list(Facility.objects.filter(search_text="").only("name", "address", "code")[:most])
    with words.read_apart(text for row in rows for text in (row.name, row.address)):
        for row in rows:
            index(row)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE facilities_facility t SET search_text = s.search_text, name_key = s.name_key FROM"
            " unnest(%s::bigint[], %s::text[], %s::text[]) s (id, search_text, name_key) WHERE t.id = s.id",
            [[r.pk for r in rows], [r.search_text for r in rows], [r.name_key for r in rows]],
        )
    return len(rows)
