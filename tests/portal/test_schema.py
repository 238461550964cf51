"""A database that was made by a first migration which was made anew since: migrate says so in a sentence."""

from __future__ import annotations

import pytest

from portal import schema
from tests import plugin


@pytest.mark.django_db
def test_the_tables_are_those_of_the_models():
    assert schema.differences() == []


def test_an_old_database_is_told_of_in_a_sentence(world):
    with plugin.cluster().superuser(world.database) as connection:
        connection.execute("ALTER TABLE inspections_checklist DROP COLUMN position")
        connection.execute("ALTER TABLE inspections_checklist ADD COLUMN gone text NOT NULL DEFAULT ''")
        connection.execute("ALTER TABLE inspections_checklist ALTER COLUMN gone DROP DEFAULT")
    done = world.run("manage.py", "migrate", "--no-input", check=False)
    assert done.returncode != 0 and "Traceback" not in done.stderr
    assert "以前的代码建的" in done.stderr and "PORTAL_DATA" in done.stderr
    assert "inspections_checklist.gone" in done.stderr and "共 2 处" in done.stderr
