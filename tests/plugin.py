"""Starts a real Postgres and a real Valkey before Django reads its settings (addopts: -p tests.plugin).

pytest-django sets Django up before any conftest.py is read, so this has to be a plugin. One pair of servers
serves all xdist workers: the controller starts it, the workers find it in their environment. The fixtures are
in tests/conftest.py.
"""

import json
import os
import shutil
import sys
import tempfile
import zlib
from pathlib import Path

import pytest

from portal.servers import catalogues, secrets
from portal.servers.postgres import APP_ROLE, OWNER_ROLE, Cluster, Postgres
from portal.servers.valkey import Valkey

#: Tells xdist's workers where the servers are: base folder, port, passwords, the Valkey URL without database.
STATE = "PORTAL_TEST_STATE"
NO_BROWSER = "no Chromium that Playwright can drive on this machine"
_started: list = []


def test_state() -> dict:
    return json.loads(os.environ[STATE])


def cluster() -> Cluster:
    state = test_state()
    return Cluster(state["port"], state["passwords"])


def worker_name() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def use_database(name: str) -> None:
    """Points this process's environment, which children inherit, at a database of the test cluster."""
    os.environ["DATABASE_URL"] = cluster().url(APP_ROLE, name)
    os.environ["DATABASE_OWNER_URL"] = cluster().url(OWNER_ROLE, name)


def _sweep() -> None:
    """Removes what a killed run left behind: its process number stands in the folder's name."""
    for folder in Path(tempfile.gettempdir()).glob("shanyu-test-*-*"):
        pid = folder.name.split("-")[2]
        if pid.isdigit() and not Path("/proc", pid).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _start() -> None:
    _sweep()
    catalogues.compile_all(Path(__file__).resolve().parent.parent)
    base = Path(tempfile.mkdtemp(prefix=f"shanyu-test-{os.getpid()}-"))
    base.chmod(0o755)  # the servers' user goes through it; what is in it is closed
    values = secrets.make()
    fast = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}
    postgres = Postgres(base / "postgres", values, fast)
    valkey = Valkey(base / "valkey", values["VALKEY_PASSWORD"], {"appendonly": "no", "databases": "32"})
    for server, name in ((postgres, "postgres"), (valkey, "valkey")):
        _started.append(server)
        with open(base / f"{name}.log", "ab") as log:
            server.start(log)
    state = {"base": str(base), "port": postgres.port, "passwords": values, "redis": valkey.url()[:-1]}
    os.environ[STATE] = json.dumps(state)


def _environment() -> None:
    state, worker = test_state(), worker_name()
    for name in list(os.environ):  # a developer's own settings must not leak into the tests
        if name.endswith("_FILE") and name[:-5] in ("SECRET_KEY", "FIELD_KEYS", "HASH_KEY", "DATABASE_URL"):
            del os.environ[name]
    data = Path(state["base"], f"data-{worker}")
    data.mkdir(exist_ok=True)
    number = int(worker[2:]) + 1 if worker.startswith("gw") else 0
    os.environ.update(
        {name: state["passwords"][name] for name in ("SECRET_KEY", "FIELD_KEYS", "HASH_KEY")},
        PORTAL_DATA=str(data),
        REDIS_URL=f"{state['redis']}{number}",
        DEBUG="0",
        SECURE_COOKIES="0",
        PORTAL_URL="http://testserver",
        ALLOWED_HOSTS="localhost,127.0.0.1,testserver",
        LOG_LEVEL="WARNING",
    )
    os.environ.pop("PORTAL_BUILD", None)
    use_database(f"test_{worker}")


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config, args):
    if not {"--help", "-h", "--version", "-V"} & set(args):
        if STATE not in os.environ or worker_name() == "main":
            _start()
        _environment()
    else:
        os.environ.setdefault("PORTAL_BUILD", "1")
    return (yield)


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="also run the tests marked `long`")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes long; runs with --long only")
    config.addinivalue_line(
        "markers", "walk(n): one of a walk over all addresses; without --long every n-th runs"
    )
    config.addinivalue_line("markers", "browser: needs Chromium (set by using the fixtures browser or page)")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    unwanted = []
    for item in items:
        if {"browser", "page"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
        mark = item.get_closest_marker("django_db")
        if mark and mark.kwargs.get("transaction"):
            raise pytest.UsageError(f"{item.nodeid}: portal_app can't truncate tables: use the fixture world")
        if not config.getoption("--long") and (item.get_closest_marker("long") or left_out(config, item)):
            unwanted.append(item)
    if unwanted:
        config.hook.pytest_deselected(items=unwanted)
        gone = set(unwanted)
        items[:] = [item for item in items if item not in gone]


def left_out(config, item) -> bool:
    """Of a walk over all addresses `bin/test` takes every n-th, always the same ones; --long, and whoever asks for some
    by -k or by name, all of them."""
    mark = item.get_closest_marker("walk")
    asked = config.getoption("-k") or any("::" in word for word in config.args)
    return bool(mark and not asked and zlib.crc32(item.nodeid.encode()) % mark.args[0])


def pytest_terminal_summary(terminalreporter):
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if NO_BROWSER in str(r.longrepr)]
    if skipped:
        terminalreporter.section("browser tests did not run", yellow=True)
        terminalreporter.write_line(
            f"{len(skipped)} tests in a real browser were skipped: {NO_BROWSER}. "
            "Install it (apt-get install chromium fonts-noto-cjk libatomic1) or run bin/test as root."
        )


def pytest_unconfigure(config):
    if worker_name() != "main":
        return
    while _started:
        server = _started.pop()
        server.stop()
        shutil.rmtree(server.data, ignore_errors=True)  # elsewhere than the rest below a closed folder
    if STATE in os.environ:
        base = json.loads(os.environ.pop(STATE))["base"]
        if os.environ.get("PORTAL_TEST_KEEP"):
            print(f"kept: {base}", file=sys.stderr)
        else:
            shutil.rmtree(base, ignore_errors=True)
