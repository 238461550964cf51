"""The tests' own ground: real servers, the application's role, a database per world."""

import os
import subprocess
import sys

import pytest
from django.db import connection

from tests.world import ROOT


@pytest.mark.django_db
def test_tests_run_as_the_applications_role_on_a_real_postgres():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolbypassrls, rolcreaterole, rolinherit"
            " FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("portal_app", False, False, False, False)
        cursor.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'django_migrations'")
        assert cursor.fetchone() == ("portal_owner",)


def test_a_world_has_a_database_of_its_own_that_commands_see(world):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_user")
        assert cursor.fetchone() == (world.database, "portal_app")
    done = world.run("manage.py", "migrate", "--check")
    assert done.returncode == 0
    with world.superuser() as past_policies:
        assert past_policies.execute("SELECT count(*) > 10 FROM django_migrations").fetchone() == (True,)


def test_a_transactional_django_db_is_refused_with_the_way_out(tmp_path):
    case = tmp_path / "test_it.py"
    case.write_text("import pytest\n@pytest.mark.django_db(transaction=True)\ndef test_it():\n    pass\n")
    environment = {k: v for k, v in os.environ.items() if k != "PYTEST_XDIST_WORKER"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-c", "pyproject.toml", str(case)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "use the fixture world" in done.stdout + done.stderr
