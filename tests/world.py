"""A world of its own for a test with real processes: a fresh database, and web, worker and commands on it."""

import contextlib
import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psycopg
import redis

from portal.servers import children, postgres
from tests import plugin

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "template_portal"


@contextlib.contextmanager
def once(name: str):
    """One process of the run at a time; yields the path of a marker that the others find afterwards."""
    base = Path(plugin.test_state()["base"])
    with open(base / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield base / f"{name}.done"


def manage(*args: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "manage.py", *args],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


#: What the template's content depends on; a test run with the same starts from the last one's dump.
SHAPES = (
    "*/migrations/*.py",
    "*/models/**/*.py",
    "*/search.py",
    "*/across.py",
    "*/heard.py",
    "portal/policies.py",
    "portal/tenancy.py",
    "**/*reference*/**/*.yaml",
    "**/*reference*.py",
    "inspections/services/checklists.py",
    "targets/services/report_settings.py",
)


def shape() -> str:
    digest = hashlib.sha256()
    for path in sorted({p for pattern in SHAPES for p in ROOT.glob(pattern) if ".venv" not in p.parts}):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:24]


def dump_folder() -> Path:
    folder = Path(tempfile.gettempdir(), f"shanyu-template-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise RuntimeError(f"{folder} belongs to somebody else")
    return folder


def postgres_tool(tool: str, database: str, *args: str, **options) -> subprocess.CompletedProcess:
    cluster = plugin.cluster()
    place = ["-h", "127.0.0.1", "-p", str(cluster.port), "-U", "postgres", "-d", database]
    environment = {"PGPASSWORD": cluster.passwords["POSTGRES_PASSWORD"], "PATH": os.environ["PATH"]}
    command = [str(postgres.binaries(None) / tool), *place, *args]
    return subprocess.run(command, env=environment, check=True, capture_output=True, **options)


def fresh_template() -> None:
    cluster = plugin.cluster()
    cluster.create_database(TEMPLATE)
    urls = {
        "DATABASE_URL": cluster.url(plugin.APP_ROLE, TEMPLATE),
        "DATABASE_OWNER_URL": cluster.url(plugin.OWNER_ROLE, TEMPLATE),
    }
    for command in ("migrate", "load_reference"):
        done = manage(command, "--skip-checks", **urls)
        if done.returncode:
            text = (done.stdout + done.stderr)[-4000:]
            raise RuntimeError(f"manage.py {command} for the tests' template:\n{text}")


def template() -> str:
    """The name of the database with all migrations and the reference data; made by whoever comes first."""
    with once("template") as marker:
        if not marker.exists():
            from portal import policies  # needs Django, which is set up by now

            cluster = plugin.cluster()
            cluster.drop_database(TEMPLATE)
            dump = dump_folder() / f"{shape()}.sql"
            if dump.exists() and not os.environ.get("CI"):
                cluster.create_database(TEMPLATE)
                with psycopg.connect(cluster.url(plugin.OWNER_ROLE, TEMPLATE)) as owner:
                    for statement in policies.role_statements():
                        owner.execute(statement)
                postgres_tool("psql", TEMPLATE, "-q", "-v", "ON_ERROR_STOP=1", "-1", "-f", str(dump))
            else:
                fresh_template()
                for old in dump_folder().glob("*.sql"):
                    if time.time() - old.stat().st_mtime > 86400:
                        old.unlink(missing_ok=True)
                body = postgres_tool("pg_dump", TEMPLATE, text=True).stdout
                half = dump.with_suffix(f".{os.getpid()}")
                half.write_text(body)
                half.rename(dump)
            marker.touch()
    return TEMPLATE


class Child:
    """A process of the product: `process` (Popen), `log` (output so far), kill() as a power cut would."""

    def __init__(self, args: list[str], name: str, environment: dict[str, str]):
        self.log_path = Path(os.environ["PORTAL_DATA"], f"{name}-{time.monotonic_ns()}.log")
        with open(self.log_path, "wb") as output:
            self.process = children.spawn(args, env=environment, cwd=ROOT, output=output)

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def kill(self) -> None:
        """SIGKILL for the process and all that it forked."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        children.stop(self.process, signal.SIGTERM, 15)


def wait_for(condition: Callable[[], object], seconds: float = 60, what: str = "it"):
    """Polls until the condition is true and returns its value; AssertionError when the time is over."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.05)


class World:
    """Made by the fixture `world`; Django in the test process is on the same database, as portal_app.

    Nothing is rolled back: what a test writes the processes see, and the database is dropped afterwards.
    """

    def __init__(self, database: str):
        self.database = database
        self.children: list[Child] = []
        self.url = ""

    @property
    def env(self) -> dict[str, str]:
        return dict(os.environ)

    def owner_url(self) -> str:
        return plugin.cluster().url(plugin.OWNER_ROLE, self.database)

    def superuser(self):
        """A psycopg connection past all policies, to see what is really there."""
        return plugin.cluster().superuser(self.database)

    def run(self, *args: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
        """Runs `python args…` (args[0] is manage.py or another script), texts captured."""
        done = subprocess.run(
            [sys.executable, *args],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if check and done.returncode:
            raise AssertionError(f"{args} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done

    def _spawn(self, name: str, args: list[str], environment: dict[str, str]) -> Child:
        child = Child([sys.executable, "-m", *args], name, {**os.environ, **environment})
        self.children.append(child)
        return child

    def start_web(self, **environment: str) -> str:
        """Starts the web server on a free port and returns its base URL without a slash at the end."""
        with once(f"static-{plugin.worker_name()}") as marker:
            if not marker.exists():
                self.run("manage.py", "collectstatic", "--no-input", "--verbosity", "0")
                marker.touch()
        port = children.free_port()
        self.url = f"http://127.0.0.1:{port}"
        args = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
        args += ["--workers", "1", "--blocking-threads", "4", "portal.wsgi:application"]
        child = self._spawn("web", args, {"PORTAL_URL": self.url, **environment})
        wait_for(lambda: self._answers(child), what="the web server")
        return self.url

    def _answers(self, child: Child) -> bool:
        if child.process.poll() is not None:
            raise AssertionError(f"the web server ended:\n{child.log}")
        try:
            urllib.request.urlopen(self.url + "/static/", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def start_worker(self, *args: str, **environment: str) -> Child:
        """Starts a real Celery worker on this world's broker database and waits until it takes tasks."""
        name = f"test-{time.monotonic_ns()}@{plugin.worker_name()}"
        command = ["celery", "-A", "portal", "worker", "--concurrency", "1", "--loglevel", "INFO"]
        child = self._spawn("worker", [*command, "--hostname", name, *args], environment)

        def ready() -> bool:
            if child.process.poll() is not None:
                raise AssertionError(f"the worker ended:\n{child.log}")
            return " ready." in child.log

        wait_for(ready, what="the worker")
        return child

    def queue_length(self) -> int:
        """Messages that no worker has taken yet."""
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as broker:
            return broker.llen("portal")

    def close(self) -> None:
        for child in reversed(self.children):
            child.kill()
