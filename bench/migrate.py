"""An empty database from nothing to its tables: `python bench/migrate.py`.

Floor: Django's own way, operation by operation. Ours: portal/first_migration.py. Both end with row-level security
laid; afterwards the two catalogues (columns, constraints, indexes, triggers, functions, policies) are compared.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.report import Line, print_table

GOAL = 0.25
CATALOGUE = {
    "columns": "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated::text,"
    " pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d"
    " ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0",
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace",
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "policies": "SELECT tablename, policyname, qual, with_check FROM pg_policies",
}


def catalogue(name: str) -> dict[str, list[str]]:
    from tests import plugin

    with plugin.cluster().superuser(name) as admin:
        return {what: sorted(map(str, admin.execute(query).fetchall())) for what, query in CATALOGUE.items()}


def laid(name: str) -> tuple[float, dict[str, list[str]]]:
    """Seconds, and what stands there."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from tests import plugin

    plugin.cluster().create_database(name)
    plugin.use_database(name)
    connection.close()
    connection.settings_dict["NAME"] = name
    settings.DATABASE_OWNER_URL = os.environ["DATABASE_OWNER_URL"]
    begun = time.perf_counter()
    call_command("migrate", verbosity=0)
    seconds = time.perf_counter() - begun
    connection.close()
    return seconds, catalogue(name)


def main() -> bool:
    from tests import plugin

    plugin._start()
    try:
        plugin._environment()
        os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
        import django

        django.setup()
        from django.db.migrations import Migration

        from portal.first_migration import FirstMigration

        ours, tables = laid("at_once")
        at_once, FirstMigration.apply = FirstMigration.apply, Migration.apply
        floor, theirs = laid("step_by_step")
        FirstMigration.apply = at_once
        met = print_table(
            [Line("empty database laid", f"{len(tables['columns']):,} columns", floor, ours, GOAL)]
        )
        for what in CATALOGUE:
            same = tables[what] == theirs[what]
            print(f"{what}: {len(tables[what]):,}, {'the same' if same else 'DIFFERENT'}")
            met = met and same
        return met
    finally:
        plugin.pytest_unconfigure(None)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
