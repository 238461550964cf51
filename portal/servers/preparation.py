"""The steps before web, worker and beat can run: tables, reference data, demonstration, static files.

Each step leaves a marker in PORTAL_DATA/markers with what it worked on; a step whose input is unchanged is
skipped, and a start that was broken off goes on at the step that did not finish.
"""

import hashlib
import json
import selectors
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg

from portal.servers import catalogues, children
from portal.servers.children import ServerError
from portal.servers.terminal import Step, say

APPS = ("portal", "facilities", "inspections", "guidance", "targets")
CODE = (".py", ".sql")
DATA = (".py", ".yaml", ".yml", ".json", ".csv", ".txt")
#: Of what manage.py migrate says of a database that nothing brings to the present code.
OLD = "用以前的代码建的"


def fingerprint(root: Path, folders: tuple[str, ...], endings: tuple[str, ...] = ()) -> str:
    """A hash over names and contents of the files below; for endings=() every file counts."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            parts = path.relative_to(root).parts
            if "__pycache__" in parts or not path.is_file() or (endings and path.suffix not in endings):
                continue
            digest.update("/".join(parts).encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


class Preparation:
    """Runs the steps with the product's environment; `stopping` raises Stopped when that is wanted."""

    def __init__(self, root: Path, data: Path, environment: Mapping[str, str], stopping: Callable[[], None]):
        self.root = root
        self.data = data
        self.environment = environment
        self.stopping = stopping
        self.markers = data / "markers"
        self.markers.mkdir(parents=True, exist_ok=True)
        self.database = ""

    # Markers: a step, the database it was done in, and the hash of what it worked on.

    def _marker(self, name: str) -> dict:
        try:
            found = json.loads((self.markers / f"{name}.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return found if found.get("database") == self.database else {}

    def _mark(self, name: str, **values: str) -> None:
        half = self.markers / f"{name}.new"
        half.write_text(json.dumps({"database": self.database, **values}))
        half.replace(self.markers / f"{name}.json")

    def look_at_database(self) -> None:
        """Finds out which database this is, and whether this start is its first one."""
        try:
            with psycopg.connect(self.environment["DATABASE_URL"], connect_timeout=10) as connection:
                row = connection.execute(
                    "SELECT (SELECT system_identifier FROM pg_control_system())::text || '-' || oid,"
                    " to_regclass('public.django_migrations') IS NULL"
                    " FROM pg_database WHERE datname = current_database()"
                ).fetchone()
        except psycopg.OperationalError as error:
            raise ServerError(f"连不上 DATABASE_URL 的数据库：{error}") from error
        self.database, empty = row
        if empty:
            self._mark("demonstration", state="started")

    def run(self, demonstration: bool = True) -> None:
        """All steps in order; ServerError with the end of a step's output when one does not finish."""
        catalogues.compile_all(self.root)
        self.look_at_database()
        code = fingerprint(self.root, APPS, CODE)
        if self._marker("migrate").get("hash") != code or not self._up_to_date():
            self.manage("建表", "migrate", "--no-input", show=False)
            self._mark("migrate", hash=code)
        reference = fingerprint(self.root, APPS, DATA)
        if self._marker("load_reference").get("hash") != reference:
            self.manage("载入政策文件、街镇与指标", "load_reference")
            self._mark("load_reference", hash=reference)
        if demonstration and self._marker("demonstration").get("state") == "started":
            self.manage("填入演示数据，走完一个月（只在第一次）", "demonstration")
            self._mark("demonstration", state="done")
        static = fingerprint(self.root, ("static", *(f"{app}/static" for app in APPS))) + self._lock()
        if self._marker("collectstatic").get("hash") != static or not (self.data / "static").exists():
            self.manage("收集样式与图标", "collectstatic", "--no-input", "--verbosity", "0", show=False)
            self._mark("collectstatic", hash=static)

    def _lock(self) -> str:
        path = self.root / "bin/lock/run.txt"
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""

    def _up_to_date(self) -> bool:
        check = [sys.executable, "manage.py", "migrate", "--check", "--skip-checks"]
        process = children.spawn(check, env=self.environment, cwd=self.root)
        try:
            with Step("核对表结构") as step:
                while process.poll() is None:
                    self.stopping()
                    step.tick()
                    time.sleep(0.05)
        finally:
            children.stop(process)
        return process.returncode == 0

    def manage(self, title: str, *command: str, show: bool = True) -> None:
        """Runs one manage.py command to its end; its lines go to logs/setup.log and, if `show`, are seen."""
        process = children.spawn(
            [sys.executable, "manage.py", *command, "--skip-checks"],
            env=self.environment,
            cwd=self.root,
            output=subprocess.PIPE,
        )
        last: deque[str] = deque(maxlen=25)
        try:
            with Step(title) as step, open(self.data / "logs/setup.log", "ab") as log:
                log.write(f"--- {time.strftime('%F %T')} manage.py {' '.join(command)}\n".encode())
                for line in self._lines(process, step):
                    log.write(line + b"\n")
                    text = line.decode(errors="replace")
                    last.append(text)
                    if show and text.strip():
                        step.line(text)
                    else:
                        step.tick(text)
                if process.wait() != 0:
                    raise ServerError(self._explain(command[0], "\n".join(last), shown=show))
        finally:
            children.stop(process)

    def _lines(self, process: subprocess.Popen, step: Step):
        """Whole lines of the child's output as they come; looks every 0.2 s whether to stop."""
        rest = b""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                self.stopping()
                step.tick()
                if not selector.select(0.2):
                    continue
                part = process.stdout.read1(65536)
                if not part:
                    break
                *lines, rest = (rest + part).split(b"\n")
                yield from lines
        if rest:
            yield rest

    def _explain(self, command: str, output: str, shown: bool) -> str:
        if "No space left on device" in output or "DiskFull" in output:
            cause = f"磁盘满了。清出空间后再运行一次，会从 {command} 这一步接着做。"
        elif old := next((line for line in output.splitlines() if OLD in line), ""):
            return f"{old.removeprefix('CommandError: ')}\n  日志：{self.data / 'logs/setup.log'}"
        elif "Unknown command" in output:
            cause = f"这份代码里没有 manage.py {command}：代码不完整，重新取一份。"
        else:
            cause = f"manage.py {command} 没有完成。改好后再运行一次，会从这一步接着做。"
        if not shown:
            say(output)
        return f"{cause}\n  日志：{self.data / 'logs/setup.log'}"
