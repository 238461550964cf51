"""Whether the tables of a database are those of the models: a first migration that was made anew is not noticed by
migrate, which goes by its name."""

from __future__ import annotations

from django.apps import apps
from django.db import connection

COLUMNS = """
SELECT c.relname, a.attname,
       c.relkind IN ('r', 'p') AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
"""


def differences() -> list[str]:
    """`table.column` of what a model has and its table has not, and of what a table insists on and no model fills."""
    found: dict[str, dict[str, bool]] = {}
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        for table, column, demanded in cursor.fetchall():
            found.setdefault(table, {})[column] = demanded
    wrong = set()
    for model in apps.get_models(include_auto_created=True):
        options = model._meta
        if not options.managed or options.proxy:
            continue
        columns = {field.column for field in options.local_concrete_fields}
        there = found.get(options.db_table, {})
        wrong |= {f"{options.db_table}.{column}" for column in columns - there.keys()}
        wrong |= {
            f"{options.db_table}.{column}"
            for column, demanded in there.items()
            if demanded and column not in columns
        }
    return sorted(wrong)
