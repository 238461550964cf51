"""bin/up's supervisor as a person meets it: first start, page, Ctrl-C, second start, and what goes wrong."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psycopg
import pytest

from portal.servers import children, secrets
from portal.servers.children import ServerError
from portal.servers.postgres import Postgres
from portal.servers.preparation import fingerprint
from portal.servers.valkey import Valkey
from tests.world import ROOT, wait_for

#: What the tests' own run sets and a fresh machine does not.
FOREIGN = (
    "DATABASE_URL DATABASE_OWNER_URL REDIS_URL SECRET_KEY FIELD_KEYS HASH_KEY PORTAL_DATA PORTAL_URL"
    " ALLOWED_HOSTS PORT HOST PORTAL_BUILD STATIC_ROOT"
).split()


class Up:
    """A running `python -m portal.servers.supervise` with its output so far."""

    def __init__(self, data: Path, port: int, *args: str, **environment: str):
        self.data, self.port = data, port
        self.log = data.with_name(f"{data.name}-{time.monotonic_ns()}.log")
        env = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        env |= {"PORTAL_DATA": str(data), "PORT": str(port), **environment}
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "portal.servers.supervise", *args],
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def ready(self) -> "Up":
        def there() -> bool:
            assert self.process.poll() is None, self.output
            return "按 Ctrl-C 停止" in self.output

        wait_for(there, 540, f"bin/up:\n{self.output}")
        return self

    def get(self, path: str) -> tuple[int, str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()

    def end(self, how: int = signal.SIGINT) -> int:
        self.process.send_signal(how)
        return self.process.wait(90)

    def processes(self) -> list[str]:
        """Command lines of all living processes that know this data folder or descend from this run."""
        return [line for line in map(command_line, pids_of(self.data)) if line]


def pids_of(data: Path) -> list[int]:
    """Processes with the data folder in their environment, arguments or working directory; zombies aside."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
                continue
            where = os.readlink(folder / "cwd") + (folder / "cmdline").read_text()
            where += (folder / "environ").read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if str(data) in where and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


def listening(port: int) -> set[str]:
    """The addresses on which this port is open, as the kernel lists them."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            address, state = line.split()[1], line.split()[3]
            host, _, number = address.partition(":")
            if state == "0A" and int(number, 16) == port:
                four = socket.inet_ntoa(bytes.fromhex(host)[::-1]) if table == "tcp" else host
                found.add(four)
    return found


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


@pytest.fixture
def folder():
    """A data folder that the servers' user can get to; whatever still runs in it is killed afterwards."""
    import shutil
    import tempfile

    base = Path(tempfile.mkdtemp(prefix="shanyu-up-"))
    base.chmod(0o755)
    data = base / "data"
    yield data
    for pid in pids_of(data):
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)
    shutil.rmtree(base, ignore_errors=True)


def test_a_port_in_use_is_named_with_the_way_out(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        up = Up(folder, port)
        assert up.process.wait(60) == 1
    assert f"端口 {port} 已被别的程序占用" in up.output
    assert f"PORT={port + 1 if port < 65535 else 8000} bin/up" in up.output
    assert "Traceback" not in up.output
    assert up.processes() == []


def test_a_full_disk_is_said_before_anything_starts(folder):
    up = Up(folder, children.free_port(), PORTAL_DISK_MB="1000000000")
    assert up.process.wait(60) == 1
    assert "磁盘空间不够" in up.output and "至少要 1000000000 MB" in up.output
    assert not (folder / "postgres").exists()
    assert "Traceback" not in up.output


@pytest.mark.parametrize("port", ["0", "65536", "acht"])
def test_a_port_that_is_none_is_refused(folder, port):
    up = Up(folder, port)
    assert up.process.wait(60) == 2
    assert "Traceback" not in up.output
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_is_named(folder):
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file where the folder should be")
    up = Up(folder, children.free_port())
    assert up.process.wait(60) == 1
    assert "不能写" in up.output and str(folder) in up.output and "PORTAL_DATA" in up.output
    assert "Traceback" not in up.output


def test_a_database_that_does_not_answer_is_named(folder):
    closed = children.free_port()
    url = f"postgresql://portal_app:x@127.0.0.1:{closed}/portal"
    up = Up(folder, children.free_port(), DATABASE_URL=url)
    assert up.process.wait(60) == 1
    assert "连不上 DATABASE_URL 的数据库" in up.output
    assert "Traceback" not in up.output
    assert up.processes() == []


def test_ctrl_c_in_the_middle_of_the_first_start_leaves_nothing(folder):
    up = Up(folder, children.free_port())
    wait_for(lambda: "启动 Valkey" in up.output, 60, "Valkey")
    assert up.end() == 0
    assert "已全部停止" in up.output and "Traceback" not in up.output
    assert up.processes() == []


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_first_start_page_ctrl_c_second_start(folder):
    port = children.free_port()
    up = Up(folder, port).ready()
    assert f"http://localhost:{port}" in up.output
    assert (folder / "sign-ins.txt").read_text().strip() in up.output
    assert up.get("/sign-in/")[0] == 200
    assert up.get("/health/")[0] == 200

    for path in [*(folder / "secrets").iterdir(), folder / "environment"]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    ports = re.findall(r"@127\.0\.0\.1:(\d+)", (folder / "environment").read_text())
    assert ports
    for server in ports:
        assert listening(int(server)) == {"127.0.0.1"}
    values = {path.read_text().strip() for path in (folder / "secrets").iterdir()}
    for pid in pids_of(folder):
        assert not any(value in command_line(pid) for value in values), command_line(pid)

    # A second terminal: commands find the running database; a second bin/up is refused.
    env = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--check"],
        cwd=ROOT,
        env={**env, "PORTAL_DATA": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    second = Up(folder, children.free_port())
    assert second.process.wait(60) == 1 and "已经有一个 bin/up" in second.output

    assert up.end() == 0
    assert up.processes() == []
    assert not (folder / "environment").exists()
    before = (folder / "secrets/hash_key").read_text()

    # Nothing has changed, so the second start does nothing twice, and loses nothing.
    up = Up(folder, port).ready()
    for step in ("建表", "载入政策文件", "填入演示数据", "收集样式"):
        assert step not in up.output
    assert up.get("/sign-in/")[0] == 200
    assert (folder / "secrets/hash_key").read_text() == before
    assert up.end(signal.SIGTERM) == 0
    assert up.processes() == []


@pytest.mark.long
def test_a_killed_child_comes_back_and_a_killed_bin_up_leaves_no_obstacle(folder):
    port = children.free_port()
    up = Up(folder, port, "--no-demonstration").ready()
    assert "填入演示数据" not in up.output

    worker = next(pid for pid in pids_of(folder) if "celery -A portal worker" in command_line(pid))
    parent = int(Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1])
    main = worker if parent == up.process.pid else parent
    os.kill(main, signal.SIGKILL)
    wait_for(lambda: "worker 重新启动了" in up.output, 60, f"the worker:\n{up.output}")

    postmaster = int((folder / "postgres/postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    wait_for(lambda: "postgres 重新启动了" in up.output, 90, f"postgres:\n{up.output}")
    wait_for(lambda: answers(up), 60, "the page after postgres came back")

    up.process.kill()
    up.process.wait()
    wait_for(lambda: up.processes() == [], 60, f"all to end with their parent: {up.processes()}")
    up = Up(folder, port, "--no-demonstration").ready()
    assert up.get("/health/")[0] == 200
    assert up.end() == 0 and up.processes() == []


def answers(up: Up) -> bool:
    try:
        return up.get("/health/")[0] == 200
    except OSError:
        return False


def test_postgres_starts_over_a_pid_file_of_a_killed_one(folder):
    passwords = secrets.make()
    with open(os.devnull, "wb") as log:
        server = Postgres(folder / "postgres", passwords)
        server.start(log)
        port = server.port
        with psycopg.connect(server.url("portal_owner")) as connection:
            connection.execute("CREATE TABLE kept (it int)")
        server.process.kill()  # not waited for: it stays a zombie, whose number the pid file holds
        assert (server.data / "postmaster.pid").exists()
        second = Postgres(folder / "postgres", passwords)
        second.start(log)
        try:
            with psycopg.connect(second.url("portal_owner")) as connection:
                assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(second.url("portal_app").replace(passwords["APP_PASSWORD"], "guess"))
        finally:
            second.stop()
        # A stranger's process number in the file is no obstacle either.
        (second.data / "postmaster.pid").write_text(f"{os.getpid()}\n{second.data}\n")
        second.start(log)
        assert second.port != 0 and port != 0
        second.stop()
    assert not (second.data / "postmaster.pid").exists()


def test_a_half_made_cluster_is_made_anew(folder):
    with open(os.devnull, "wb") as log:
        (folder / "postgres").mkdir(parents=True)
        (folder / "postgres/PG_VERSION").write_text("18\n")
        server = Postgres(folder / "postgres", secrets.make())
        server.start(log)
        try:
            assert "portal" in server.databases()
        finally:
            server.stop()


def test_other_secrets_than_the_databases_are_said_at_once(folder):
    with open(os.devnull, "wb") as log:
        server = Postgres(folder / "postgres", secrets.make())
        server.start(log)
        server.stop()
        other = Postgres(folder / "postgres", secrets.make())
        try:
            with pytest.raises(ServerError, match="secrets/postgres_password"):
                other.start(log)
        finally:
            other.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run servers as somebody else")
def test_below_a_closed_folder_the_data_lies_elsewhere_and_is_found_again(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    user = children.server_user()
    place = children.own_folder(closed / "data/postgres", user)
    try:
        assert place.is_relative_to("/var/lib/shanyu") and place.owner() == user
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        assert children.own_folder(closed / "data/postgres", user) == place
        assert children.reachable(place, user) and not children.reachable(closed / "data", user)
    finally:
        place.rmdir()


@pytest.mark.long
def test_valkey_keeps_what_it_was_given_over_a_kill(folder):
    import redis

    with open(os.devnull, "wb") as log:
        server = Valkey(folder / "valkey", "geheim")
        server.start(log)
        with redis.Redis.from_url(server.url()) as client:
            client.rpush("portal", "a task")
        with redis.Redis(port=server.port) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
        time.sleep(1.2)  # appendfsync everysec
        server.process.kill()
        server.process.wait()
        server.start(log)
        with redis.Redis.from_url(server.url()) as client:
            assert client.lrange("portal", 0, -1) == [b"a task"]
        server.stop()


def test_secrets_are_made_once_and_for_us_alone(tmp_path):
    first = secrets.load(tmp_path / "secrets")
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "secrets").iterdir()} == {0o600}
    (tmp_path / "secrets/app_password").write_text("")  # a start that was cut off while writing
    second = secrets.load(tmp_path / "secrets")
    assert {name for name in first if first[name] != second[name]} == {"APP_PASSWORD"}


def test_a_changed_file_changes_the_fingerprint(tmp_path):
    (tmp_path / "portal").mkdir()
    (tmp_path / "portal/a.yaml").write_text("a")
    first = fingerprint(tmp_path, ("portal",))
    assert fingerprint(tmp_path, ("portal",)) == first
    (tmp_path / "portal/a.yaml").write_text("b")
    assert fingerprint(tmp_path, ("portal",)) != first
    assert fingerprint(tmp_path, ("portal",), (".py",)) == fingerprint(tmp_path, ())


def test_bin_up_explains_itself():
    done = subprocess.run(["sh", "bin/up", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    for word in ("PORT", "PORTAL_DATA", "DATABASE_URL", "REDIS_URL", "Ctrl-C"):
        assert word in done.stdout
