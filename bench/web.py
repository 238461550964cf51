"""CPU time of a request: of the thread that answers it as a web server would, and of the backend that serves it."""

from __future__ import annotations

import io
import random
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote


class Side:
    """A thread with a database connection and a signed-in session of its own; asks the product as a web server does."""

    def __init__(self, database: str, username: str = "bench"):
        self.database, self.username = database, username
        self.pool = ThreadPoolExecutor(1, thread_name_prefix=database)
        self.pool.submit(self.open).result()

    def open(self) -> None:
        from django.contrib.auth import get_user_model
        from django.core.wsgi import get_wsgi_application
        from django.db import connection
        from django.test import Client

        connection.settings_dict = {**connection.settings_dict, "NAME": self.database}
        connection.ensure_connection()
        self.pid = connection.connection.info.backend_pid
        client = Client()
        client.force_login(get_user_model().objects.get(username=self.username))
        self.cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        self.application = get_wsgi_application()

    def backend(self) -> int:
        """Nanoseconds that the backend was on a CPU so far."""
        with open(f"/proc/{self.pid}/schedstat") as file:
            return int(file.read().split()[0])

    def get(self, path: str, headers: dict) -> tuple[str, dict, bytes]:
        """(status, headers, body) through WSGI, as granian calls it."""
        path, _, query = path.partition("?")
        answered = []
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": quote(query, safe="=&%"),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            **(headers or {"HTTP_COOKIE": self.cookie}),
        }
        parts = self.application(environ, lambda *found: answered.append(found))
        body = b"".join(parts)
        parts.close()
        status = answered[0][0]
        if not status.startswith(("200", "304")):
            raise SystemExit(f"{path}?{query}: {status} {body[:300]!r}")
        return status, dict(answered[0][1]), body

    def spent(self, path: str, headers: dict) -> float:
        """CPU milliseconds of one request, on both ends."""
        database, start = self.backend(), time.thread_time_ns()
        self.get(path, headers)
        return (time.thread_time_ns() - start + self.backend() - database) / 1e6

    def run(self, call: Callable, *args):
        return self.pool.submit(call, *args).result()


def measure(variants: dict[str, tuple[Side, str, dict]], repeats: int) -> dict[str, float]:
    """Median CPU milliseconds per variant, taken in turns, each in another order: who follows a dear one finds
    cold caches."""
    found: dict[str, list[float]] = {name: [] for name in variants}
    order, chance = list(variants), random.Random(1)
    for turn in range(repeats + 3):
        chance.shuffle(order)
        for name in order:
            side, path, headers = variants[name]
            spent = side.run(side.spent, path, headers)
            if turn >= 3:  # the first ones fill caches
                found[name].append(spent)
    return {name: statistics.median(values) for name, values in found.items()}


def statements(side: Side, path: str) -> int:
    """SQL statements of a page without BEGIN and COMMIT, sign-in and scope included; runs in the side's thread."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        side.get(path, {})
    return sum(q["sql"] not in ("BEGIN", "COMMIT") for q in captured.captured_queries)
