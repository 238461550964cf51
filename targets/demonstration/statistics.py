"""Fresh statistics for the database's planner after many rows came at once."""

from __future__ import annotations

import psycopg
from django.conf import settings
from django.db import connection


def refresh() -> bool:
    """ANALYZE as the tables' owner; False where this process does not know the owner's sign-in: there the
    database's own daemon does it within a minute, and the roll-up is slow until then."""
    if not settings.DATABASE_OWNER_URL:
        return False
    try:
        with psycopg.connect(
            settings.DATABASE_OWNER_URL,
            dbname=connection.settings_dict["NAME"],  # a test's database keeps its name
            autocommit=True,
        ) as session:
            session.execute("SET client_min_messages = error")  # tables of the system are passed over
            session.execute("ANALYZE")
    except psycopg.OperationalError:
        return False
    return True
