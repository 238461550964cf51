"""What bin/up shows while it works: a line per step, with seconds, alive on a terminal, short in a log."""

import sys
import time


class Stopped(Exception):
    """Ctrl-C, SIGTERM or SIGHUP arrived."""


def say(text: str = "") -> None:
    print(text, flush=True)


class Step:
    """A line such as `  建表 … 3 秒`; use as a context manager and call tick() while waiting."""

    def __init__(self, title: str):
        self.title = title
        self.live = sys.stdout.isatty()
        self.begin = time.monotonic()
        self.shown = 0.0
        self.note = ""

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begin

    def __enter__(self):
        if self.live:
            self._draw()
        return self

    def _draw(self, end: str = "") -> None:
        text = f"  {self.title} … {self.seconds:.0f} 秒  {self.note[:60]}"
        sys.stdout.write(f"\r\033[K{text}{end}")
        sys.stdout.flush()
        self.shown = time.monotonic()

    def tick(self, note: str | None = None) -> None:
        """To be called often; draws once a second on a terminal, a line every ten seconds elsewhere."""
        if note is not None:
            self.note = note.strip()
        since = time.monotonic() - max(self.shown, self.begin)
        if self.live and since >= 1:
            self._draw()
        elif not self.live and since >= 10:
            say(f"  {self.title} … {self.seconds:.0f} 秒  {self.note[:60]}".rstrip())
            self.shown = time.monotonic()

    def line(self, text: str) -> None:
        """A line that stays, above the one that moves."""
        if self.live:
            sys.stdout.write("\r\033[K")
        say(f"    {text.rstrip()}")
        if self.live:
            self._draw()

    def __exit__(self, kind, error, trace):
        if self.live:
            sys.stdout.write("\r\033[K")
        if kind is None:
            say(f"  {self.title}  {self.seconds:.1f} 秒")
        elif kind is not Stopped:
            say(f"  {self.title}  没有完成（{self.seconds:.1f} 秒）")
