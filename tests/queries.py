"""Counts the queries of a request as production would make them: a test's savepoints left out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

#: What only a test adds: its outer transaction turns each scope into a savepoint.
OF_THE_TEST = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "BEGIN", "COMMIT")
#: A scope inside of a test's transaction takes its settings back; in production they end with the transaction itself
#: (`portal.tenancy._open`), without a query.
TAKEN_BACK = "SELECT set_config('portal.district', '', true), set_config('portal.user', '', true)"


def of_a_page(captured: CaptureQueriesContext) -> list[str]:
    """The statements that a request makes in production, sign-in and scope included."""
    made = [q["sql"] for q in captured]
    return [sql for sql in made if not sql.startswith(OF_THE_TEST) and not sql.startswith(TAKEN_BACK)]


@contextmanager
def at_most(limit: int) -> Iterator[None]:
    """Fails, with the queries, when more than `limit` are made."""
    with CaptureQueriesContext(connection) as captured:
        yield
    made = [q["sql"] for q in captured if not q["sql"].startswith(OF_THE_TEST)]
    assert len(made) <= limit, f"{len(made)} queries:\n" + "\n".join(sql[:300] for sql in made)
