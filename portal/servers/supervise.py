"""`bin/up`: database, queue, data, web, worker and beat in one command, and nothing left when it ends.

Runs in the foreground. Environment: PORT (8000), HOST (127.0.0.1), PORTAL_DATA (./var), and every variable of
portal/settings.py; DATABASE_URL and REDIS_URL replace the embedded servers. docs/operation.md tells all.
"""

import argparse
import errno
import fcntl
import os
import shutil
import signal
import socket
import sys
import time
from pathlib import Path

from portal.servers import children, environment, health, secrets
from portal.servers.children import ServerError
from portal.servers.postgres import APP_ROLE, OWNER_ROLE, Postgres
from portal.servers.preparation import Preparation
from portal.servers.terminal import Step, Stopped, say
from portal.servers.valkey import Valkey
from portal.servers.watched import Watched

ROOT = environment.ROOT
#: Megabytes that a first start with its demonstration needs, with room to work.
DISK_FIRST, DISK_LATER = 1000, 200


class Supervisor:
    """The whole run; `main` below is its only caller."""

    def __init__(self, host: str, port: int, demonstration: bool):
        self.host, self.port, self.demonstration = host, port, demonstration
        self.data = environment.data_folder()
        self.env = dict(os.environ)
        self.servers: list[Watched] = []
        self.programs: list[Watched] = []
        self.asked_to_stop = False
        self.lock = None

    # Before anything runs: say clearly what stands in the way.

    def check(self) -> None:
        try:
            (self.data / "logs").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ServerError(
                f"不能写数据文件夹 {self.data}：{error.strerror}。用 PORTAL_DATA 指一个能写的。"
            ) from error
        self.lock = (self.data / "up.lock").open("a+")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ServerError(
                f"已经有一个 bin/up 在用 {self.data}。先停下它，或用 PORTAL_DATA 指另一个文件夹。"
            ) from None
        first = not (self.data / "markers").exists()
        needed = int(os.environ.get("PORTAL_DISK_MB") or (DISK_FIRST if first else DISK_LATER))
        free = shutil.disk_usage(self.data).free // 2**20
        if free < needed:
            way_out = "清出空间后再运行一次，会接着做。"
            raise ServerError(f"磁盘空间不够：{self.data} 只剩 {free} MB，至少要 {needed} MB。{way_out}")
        self._check_port()

    def _check_port(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        end = time.monotonic() + 3  # a web server that was killed a moment ago lets go of its port soon
        while True:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((self.host, self.port))
                    return
                except OSError as error:
                    if error.errno == errno.EACCES:
                        raise ServerError(
                            f"端口 {self.port} 只有 root 能用。换一个：PORT=8000 bin/up"
                        ) from error
                    if error.errno != errno.EADDRINUSE:
                        raise ServerError(f"不能监听 {self.host}:{self.port}：{error.strerror}。") from error
            if time.monotonic() > end:
                other = self.port + 1 if self.port < 65535 else 8000
                raise ServerError(
                    f"端口 {self.port} 已被别的程序占用。停下那个程序，或换一个端口：PORT={other} bin/up"
                )
            time.sleep(0.2)

    # The order of a start.

    def given(self, name: str) -> bool:
        return bool(self.env.get(name) or self.env.get(f"{name}_FILE"))

    def start(self) -> None:
        self.set_environment()
        self.start_servers()
        environment.write(self.data / "environment", self.own_variables())
        preparation = Preparation(ROOT, self.data, self.env, self.stopping)
        preparation.run(self.demonstration)
        self.start_programs()

    def set_environment(self) -> None:
        self.values = secrets.load(self.data / "secrets")
        for name in ("SECRET_KEY", "FIELD_KEYS", "HASH_KEY"):
            if not self.given(name):
                self.env[name] = self.values[name]
        self.env.setdefault("PORTAL_URL", f"http://{self.shown_host}:{self.port}")
        self.env["PORTAL_DATA"] = str(self.data)
        self.env["PYTHONUNBUFFERED"] = "1"
        self.env.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
        self.env.pop("PORTAL_BUILD", None)
        for name in ("DATABASE_URL", "REDIS_URL"):
            path = self.env.get(f"{name}_FILE")
            if path:
                self.env[name] = Path(path).read_text().strip()

    def own_variables(self) -> dict[str, str]:
        names = {"SECRET_KEY", "FIELD_KEYS", "HASH_KEY", "PORTAL_URL", "PORTAL_DATA"}
        names |= {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"}
        names |= {f"{name}_FILE" for name in names}  # a secret that was given as a file stays one
        return {name: self.env[name] for name in names if self.env.get(name)}

    @property
    def shown_host(self) -> str:
        return "localhost" if self.host in ("127.0.0.1", "0.0.0.0", "::", "::1") else self.host

    def start_servers(self) -> None:
        if not self.given("DATABASE_URL"):
            with Step("启动 PostgreSQL"):
                postgres = Postgres(self.data / "postgres", self.values)
                self._server("postgres", postgres, 30)
                self.env["DATABASE_URL"] = postgres.url(APP_ROLE)
                self.env["DATABASE_OWNER_URL"] = postgres.url(OWNER_ROLE)
        self.stopping()
        if not self.given("REDIS_URL"):
            with Step("启动 Valkey"):
                valkey = Valkey(self.data / "valkey", self.values["VALKEY_PASSWORD"])
                self._server("valkey", valkey, 15)
                self.env["REDIS_URL"] = valkey.url()
        self.stopping()

    def _server(self, name: str, server, seconds: float) -> None:
        def start(log):
            server.start(log)
            return server.process

        child = Watched(name, start, server.stop_signal, seconds, self.data / f"logs/{name}.log")
        self.servers.append(child)
        try:
            child.start()
        except ServerError as error:
            self.stopping()
            raise ServerError(f"{error}\n{child.tail()}") from error
        child.news()  # what a server says while it starts is no news

    def start_programs(self) -> None:
        (self.data / "beat").mkdir(exist_ok=True)
        celery = [sys.executable, "-m", "celery", "-A", "portal"]
        web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2", "--no-ws"]
        web += ["--blocking-threads", "4", "--respawn-failed-workers", "--log-level", "warning"]
        web += ["--host", self.host, "--port", str(self.port), "portal.wsgi:application"]
        self._program("web", web, 10)
        self._program("worker", [*celery, "worker", "--loglevel", "INFO", "--concurrency", "2"], 30)
        schedule = self.data / "beat/schedule"
        self._program("beat", [*celery, "beat", "--loglevel", "INFO", "-s", str(schedule), "--pidfile="], 5)
        with Step("启动网页、任务与定时") as step:
            begin = time.monotonic()
            while not (self._web_answers() and self._worker_ready()):
                self.stopping()
                step.tick()
                for child in self.programs:
                    if child.process.poll() is not None:
                        raise ServerError(f"{child.name} 没有启动，日志 {child.log}：\n{child.tail()}")
                if time.monotonic() - begin > 120:
                    late = self.programs[1] if self._web_answers() else self.programs[0]
                    raise ServerError(f"{late.name} 两分钟还没有准备好，日志 {late.log}：\n{late.tail()}")
                time.sleep(0.1)

    def _program(self, name: str, args: list[str], seconds: float) -> None:
        def start(log):
            return children.spawn(args, env=self.env, cwd=ROOT, output=log)

        child = Watched(name, start, signal.SIGTERM, seconds, self.data / f"logs/{name}.log")
        self.programs.append(child)
        child.start()

    def _web_answers(self) -> bool:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        host = f"[{host}]" if ":" in host else host
        return health.web(f"http://{host}:{self.port}", timeout=20)

    def _worker_ready(self) -> bool:
        worker = self.programs[1]
        with worker.log.open("rb") as file:
            file.seek(worker.read)
            return b" ready." in file.read()

    def greet(self, seconds: float) -> None:
        say(f"\n善育已启动，用了 {seconds:.0f} 秒：{self.env['PORTAL_URL']}\n")
        sign_ins = self.data / "sign-ins.txt"
        if sign_ins.exists():
            say(sign_ins.read_text().rstrip() + "\n")
        say(f"日志在 {self.data / 'logs'}。按 Ctrl-C 停止。")

    # While it runs, and its end.

    def stopping(self) -> None:
        if self.asked_to_stop:
            raise Stopped

    def ask_to_stop(self, *_) -> None:
        self.asked_to_stop = True

    def watch(self) -> None:
        while True:
            self.stopping()
            for child in (*self.servers, *self.programs):
                child.watch()
                child.show_trouble()
            time.sleep(0.25)

    def stop(self) -> None:
        """Web, worker and beat together, then Valkey, then Postgres, which the others needed until now."""
        running = [child for child in (*self.programs, *self.servers) if child.process is not None]
        if not running:
            return
        with Step("停止"):
            for child in self.programs:
                child.ask_to_stop()
            for child in (*self.programs, *reversed(self.servers)):
                child.stop()
        (self.data / "environment").unlink(missing_ok=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/up",
        description="启动善育：数据库、队列、网页、任务与定时。按 Ctrl-C 停止。",
        epilog="环境变量 PORT、HOST、PORTAL_DATA、DATABASE_URL、REDIS_URL 等见 docs/operation.md。",
    )
    parser.add_argument(
        "--port", type=int, default=os.environ.get("PORT") or 8000, help="网页端口，默认 8000"
    )
    parser.add_argument(
        "--host", default=os.environ.get("HOST") or "127.0.0.1", help="监听地址，默认 127.0.0.1"
    )
    parser.add_argument("--no-demonstration", action="store_true", help="第一次启动不填演示数据")
    options = parser.parse_args()
    if not 0 < options.port < 65536:
        parser.error(f"端口要在 1 到 65535 之间，得到 {options.port}")
    return options


def main() -> int:
    begin = time.monotonic()
    options = arguments()
    supervisor = Supervisor(options.host, options.port, not options.no_demonstration)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, supervisor.ask_to_stop)
    trouble = None
    try:
        supervisor.check()
        say("启动善育")
        supervisor.start()
        supervisor.greet(time.monotonic() - begin)
        supervisor.watch()
    except Stopped:
        pass
    except ServerError as error:  # a server that Ctrl-C reached first is no trouble
        trouble = None if supervisor.asked_to_stop else error
    finally:
        supervisor.stop()
    say("已全部停止。" if trouble is None else f"\n没有启动：{trouble}")
    return 0 if trouble is None else 1


if __name__ == "__main__":
    sys.exit(main())
