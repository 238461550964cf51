"""Fixtures of all tests: the database under row-level security, `world` with real processes, the browser."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import redis

from tests import plugin
from tests.world import World, template

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def _connect(name: str) -> None:
    """Points Django's connection and the children's environment at a database, as portal_app."""
    from django.conf import settings
    from django.db import connection

    from portal.settings import database

    connection.close()
    plugin.use_database(name)
    connection.settings_dict.update(
        {key: value for key, value in database(os.environ["DATABASE_URL"]).items() if key != "OPTIONS"}
    )
    settings.DATABASE_OWNER_URL = os.environ["DATABASE_OWNER_URL"]


#: The test that is about to begin, for the first of a process finds no database yet.
_coming: list[pytest.Item] = []


def _databases() -> tuple[str, str]:
    """This process's two: without anybody, and with the cast."""
    name = f"test_{plugin.worker_name()}"
    return name, f"{name}_cast"


def _wanted() -> str:
    empty, peopled = _databases()
    return peopled if _coming and "cast" in _coming[0].fixturenames else empty


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Tests with the cast run where it stands already: to make it anew for each took a fifth of the whole run."""
    _coming[:] = [item]
    if cast_module.kept is None or "world" in item.fixturenames:
        return
    from django.db import connection

    if connection.settings_dict["NAME"] != _wanted() and not connection.in_atomic_block:
        _connect(_wanted())


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker):
    """Two copies of the migrated template per process, one with the cast; tests see them as portal_app, never as
    their owner."""
    empty, peopled = _databases()
    cluster = plugin.cluster()
    with django_db_blocker.unblock():
        cluster.create_database(empty, template())
        cluster.create_database(peopled, empty)
        _connect(peopled)
        cast_module.keep(peopled)
        _connect(_wanted())
    from portal import middleware

    middleware.DISTRICTS_FRESH_SECONDS = 3600  # many tests count the queries of a request
    yield
    cast_module.kept = None
    with django_db_blocker.unblock():
        from django.db import connection

        connection.close()
        cluster.drop_database(empty)
        cluster.drop_database(peopled)


@pytest.fixture
def world(request, django_test_environment, django_db_blocker):
    """A fresh database for real processes and commits; see tests/world.py. Not together with django_db."""
    if request.node.get_closest_marker("django_db"):
        pytest.fail("world has its own database: leave django_db out", pytrace=False)
    from django.conf import settings
    from django.core.cache import cache
    from django.db import connection

    before = connection.settings_dict["NAME"]
    cluster = plugin.cluster()
    name = f"world_{plugin.worker_name()}_{time.monotonic_ns()}"
    with django_db_blocker.unblock():
        cluster.create_database(name, template())
        _connect(name)
        with redis.Redis.from_url(settings.REDIS_URL) as broker:
            broker.flushdb()
        it = World(name)
        try:
            yield it
        finally:
            it.close()
            cache.clear()
            _connect(before)
            with redis.Redis.from_url(settings.REDIS_URL) as broker:
                broker.flushdb()
            cluster.drop_database(name)


def chromium() -> str | None:
    """A Chromium of this machine, Playwright's own one last; None when there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"):
        if found := shutil.which(name):
            return found
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "~/.cache/ms-playwright")).expanduser()
    own = sorted(folder.glob("chromium-*/chrome-linux*/chrome"))
    return str(own[-1]) if own else None


def driver_runs() -> bool:
    """Playwright speaks through a node of its own, which a bare machine has not all libraries for."""
    from playwright._impl._driver import compute_driver_executable

    try:
        return (
            subprocess.run([compute_driver_executable()[0], "--version"], capture_output=True).returncode == 0
        )
    except OSError:
        return False


@pytest.fixture(scope="session")
def browser():
    """One Chromium for the session; without it a failure when CI=true, else a skip named at the end."""
    path = chromium()
    if path is None or not driver_runs():
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(f"CI needs a real browser, but there is {plugin.NO_BROWSER}", pytrace=False)
        pytest.skip(plugin.NO_BROWSER)
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread, and Django refuses to work beside one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield chrome
        chrome.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser, request):
    """A fresh page in Chinese at 1440 × 900; its last look goes to the folder PORTAL_SCREENSHOTS."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    folder = os.environ.get("PORTAL_SCREENSHOTS")
    if folder:
        name = re.sub(r"[^\w-]+", "-", request.node.nodeid).strip("-")
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder, f"{name}.png"), full_page=True)
    context.close()


@pytest.fixture(autouse=True)
def language(django_test_environment):
    """A page in English leaves its language to the thread; the next test begins in the product's own."""
    from django.conf import settings
    from django.utils import translation

    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="session")
def thorough(request) -> bool:
    """With --long: every attempt. Without: of each group some, so that each kind comes up somewhere."""
    return request.config.getoption("--long")


from tests import cast as cast_module  # noqa: E402
from tests.cast import cast  # noqa: E402, F401
