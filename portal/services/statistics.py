"""Fresh statistics for the database's planner after many rows came at once; its own daemon comes a minute later."""

from __future__ import annotations

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql


def refresh() -> bool:
    """ANALYZE of all tables as their owner, who alone may; outside of any transaction of the caller.

    False where this process does not know the owner's sign-in, as web and worker do not: there the database's own
    daemon does it within a minute or so, and a roll-up or a long list is slow until then. For what fills tables by the
    thousand: reference data, demonstration, import.
    """
    if not settings.DATABASE_OWNER_URL:
        return False
    try:
        with psycopg.connect(
            settings.DATABASE_OWNER_URL,
            dbname=connection.settings_dict["NAME"],  # a test's database keeps its name
            autocommit=True,
        ) as session:
            tables = session.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user"
            ).fetchall()
            names = sql.SQL(", ").join(sql.Identifier(name) for (name,) in tables)
            session.execute(sql.SQL("ANALYZE {}").format(names))
    except psycopg.OperationalError:
        return False
    return True
