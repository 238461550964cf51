"""The tests' own ground: real servers, the application's role, a database per world."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.world import ROOT, wait_for


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


def run_pytest(case, text: str, *args: str, **environment: str) -> subprocess.CompletedProcess:
    """A run of its own, with servers of its own, on one file of tests."""
    case.write_text(text)
    case.with_name("conftest.py").write_text("from tests.conftest import browser, page\n")
    env = {k: v for k, v in os.environ.items() if k not in ("PYTEST_XDIST_WORKER", "CI")}
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", str(case)]
    return subprocess.run(
        [*command, *args], cwd=ROOT, env={**env, **environment}, capture_output=True, text=True
    )


def test_a_transactional_django_db_is_refused_with_the_way_out(tmp_path):
    text = "import pytest\n@pytest.mark.django_db(transaction=True)\ndef test_it():\n    pass\n"
    done = run_pytest(tmp_path / "test_it.py", text, "--collect-only")
    assert done.returncode != 0
    assert "use the fixture world" in done.stdout + done.stderr


@pytest.mark.long
def test_without_a_browser_its_tests_are_skipped_and_the_end_says_so(tmp_path):
    nothing = {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    text = "def test_page(page):\n    pass\ndef test_other():\n    pass\n"
    done = run_pytest(tmp_path / "test_it.py", text, **nothing)
    assert done.returncode == 0, done.stdout
    assert "1 passed, 1 skipped" in done.stdout
    assert "1 tests in a real browser were skipped: no Chromium" in done.stdout

    done = run_pytest(tmp_path / "test_it.py", text, CI="true", **nothing)
    assert done.returncode == 1
    assert "CI needs a real browser" in done.stdout


@pytest.mark.long
def test_long_tests_run_when_asked_for(tmp_path):
    text = "import pytest\n@pytest.mark.long\ndef test_it():\n    pass\ndef test_other():\n    pass\n"
    assert "1 passed, 1 deselected" in run_pytest(tmp_path / "test_it.py", text).stdout
    assert "2 passed" in run_pytest(tmp_path / "test_it.py", text, "--long").stdout


def test_a_page_of_the_running_product_shows_in_a_real_browser(world, page):
    page.goto(world.start_web() + "/sign-in/")
    assert page.locator("input[type=password]").count() == 1


def test_a_killed_worker_leaves_nothing_running(world):
    worker = world.start_worker()
    worker.kill()
    assert worker.process.returncode < 0

    def living() -> list[str]:
        """States of the processes in the worker's group, as /proc has them: state, parent, group."""
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, _, group = path.read_text().rpartition(")")[2].split()[:3]
                if int(group) == worker.process.pid and state != "Z":
                    found.append(state)
        return found

    wait_for(lambda: living() == [], 30, "the worker's children to be gone")
