"""A supervised process with its log: restarted when it dies, its errors shown."""

import re
import time
from collections.abc import Callable
from pathlib import Path

from portal.servers import children
from portal.servers.children import ServerError
from portal.servers.terminal import say

LOG_LIMIT = 10 * 1024 * 1024
TROUBLE = re.compile(r"\b(ERROR|CRITICAL|FATAL|PANIC)\b|Traceback")


class Watched:
    """One supervised process: started, watched, restarted with growing pauses, stopped."""

    def __init__(self, name: str, start: Callable, stop_signal: int, seconds: float, log: Path):
        self.name, self.stop_signal, self.seconds, self.log = name, stop_signal, seconds, log
        self._start = start
        self.process = None
        self.pause, self.started, self.again = 1.0, 0.0, 0.0
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        log.touch(mode=0o600)
        self.read = log.stat().st_size

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = self._start(output)
        self.started = time.monotonic()

    def news(self) -> str:
        """What was written to the log since the last call."""
        with self.log.open("rb") as file:
            file.seek(self.read)
            part = file.read()
        self.read += len(part)
        return part.decode(errors="replace")

    def show_trouble(self) -> None:
        """Shows on the terminal what the log has of errors since the last look."""
        trouble = [line for line in self.news().splitlines() if TROUBLE.search(line)]
        for line in trouble[:5]:
            say(f"[{self.name}] {line[:300]}")
        if len(trouble) > 5:
            say(f"[{self.name}] 还有 {len(trouble) - 5} 行，见 {self.log}")

    def tail(self, lines: int = 15) -> str:
        text = self.log.read_bytes()[-20_000:].decode(errors="replace")
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])

    def watch(self) -> None:
        """Restarts the process when it has ended; waits 1, 2, 4 … 60 s between tries that end soon."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            say(f"{self.name} 意外结束（{self.process.returncode}），{self.pause:.0f} 秒后重新启动：")
            say(self.tail())
            children.stop(self.process)
            self.process = None
            self.again = now + self.pause
            self.pause = min(self.pause * 2, 60)
        if self.process is None and now >= self.again:
            try:
                self.start()
            except ServerError as error:
                say(f"{self.name}：{error}")
                self.again = now + self.pause
                self.pause = min(self.pause * 2, 60)
            else:
                say(f"{self.name} 重新启动了。")
        elif self.process is not None and now - self.started > 60:
            self.pause = 1.0

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)

    def stop(self) -> None:
        if self.process is not None:
            children.stop(self.process, self.stop_signal, self.seconds)
            self.process = None
