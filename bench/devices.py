"""What an hour of heartbeats costs the other pages: `python bench/devices.py [--facilities 1000]`.

Two sides in turns, each a thread of its own with its own connection and backend: one reads pages of the bureau, the
other reports devices over REST as the district's platform does, as fast as 100,000 reports in an hour, each report a
message of its own (the dearest way). The pages' CPU time (of the thread and of its Postgres backend) and their time on
the clock are taken without and with the reports, in alternating minutes of the same run. Beside it what one report
costs, alone and in a message of a thousand.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import statistics
import sys
import threading
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.data import districts, register, servers, vacuum
from bench.web import Side

DATABASE, GOAL, AN_HOUR = "bench", 1.1, 100_000
PAGES = ("/minhang/facilities/", "/minhang/orders/", "/minhang/video/", "/minhang/")
TOKEN = "sy_minhang_bench-devices"
DEVICES = """INSERT INTO inspections_videodevice (district_id, facility_id, code, kind, place, installed_on, version)
    SELECT district_id, id, 'D' || id || '-' || n, CASE n WHEN 0 THEN 'alarm' ELSE 'camera' END, '示例', '2024-01-01', 1
    FROM facilities_facility, generate_series(0, 9) n WHERE district_id = %s"""


class Platform(Side):
    """Reports over REST, in a thread with a connection of its own."""

    def post(self, reports: list[dict]) -> float:
        """CPU milliseconds of one message, on both ends."""
        body = json.dumps({"reports": reports}).encode()
        answered = []
        environ = {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": "/api/v1/devices/reports/",
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_AUTHORIZATION": f"Bearer {TOKEN}",
        }
        database, start = self.backend(), time.thread_time_ns()
        parts = self.application(environ, lambda *found: answered.append(found))
        b"".join(parts)
        parts.close()
        spent = (time.thread_time_ns() - start + self.backend() - database) / 1e6
        if not answered[0][0].startswith("200"):
            raise SystemExit(f"reports: {answered[0][0]}")
        return spent


def report(code: str, number: int) -> dict:
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    return {
        "device": code,
        "at": f"{at}.{number % 1_000_000:06d}Z",
        "working": number % 50 != 0,
        "kept_days": 92,
    }


def heart(platform: Platform, codes: list[str], stop: threading.Event, sent: list[float]) -> None:
    """One report after the other, evenly, until told to stop."""
    every, due, number = 3600 / AN_HOUR, time.monotonic(), 0
    while not stop.is_set():
        sent.append(platform.run(platform.post, [report(codes[number % len(codes)], number)]))
        number += 1
        due += every
        time.sleep(max(0.0, due - time.monotonic()))


def seen(side: Side, seconds: float, cpu: list[float], clock: list[float]) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for page in PAGES:
            start = time.monotonic()
            cpu.append(side.run(side.spent, page, {}))
            clock.append(time.monotonic() - start)
        time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facilities", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    with servers(DATABASE):
        from django.db import connection

        from portal.models import ApiClient, Membership, User
        from portal.tenancy import district_scope

        district = districts()["minhang"]
        register(district, facilities=options.facilities, staff=options.facilities * 2, on=date.today())
        with district_scope(district), connection.cursor() as cursor:
            cursor.execute(DEVICES, [district.pk])
            cursor.execute("SELECT code FROM inspections_videodevice ORDER BY code")
            codes = [code for (code,) in cursor.fetchall()]
            user = User.objects.create(username="bench", name="bench", password="!")
            Membership.objects.create(user=user, role="bureau", starts_on=date(2020, 1, 1))
            ApiClient.objects.create(
                name="bench",
                token_sha256=hashlib.sha256(TOKEN.encode()).hexdigest(),
                scopes=["devices:report"],
                created_by=user,
                starts_on=date(2020, 1, 1),
            )
        vacuum(DATABASE)
        measured(codes, options)


def measured(codes: list[str], options) -> None:
    reader, platform = Side(DATABASE), Platform(DATABASE)
    for _ in range(3):
        for page in PAGES:
            reader.run(reader.get, page, {})
    thousand = [platform.run(platform.post, [report(code, n) for code in codes[:1000]]) for n in range(1, 8)]
    cpu, clock = {False: [], True: []}, {False: [], True: []}
    sent: list[float] = []
    for turn in range(2 * options.rounds):
        loud, stop = bool(turn % 2), threading.Event()
        thread = threading.Thread(target=heart, args=(platform, codes, stop, sent))
        if loud:
            thread.start()
        seen(reader, options.seconds, cpu[loud], clock[loud])
        stop.set()
        if loud:
            thread.join()
    one = statistics.median(sent)
    print(
        f"{len(codes)} devices; {len(sent)} reports in {options.rounds * options.seconds:.0f} s, one by one"
    )
    print(f"one report alone {one:.2f} CPU-ms, in a thousand {statistics.median(thousand) / 1000:.3f}")
    print(f"100,000 an hour, one by one: {one * AN_HOUR / 3_600_000 * 100:.1f} % of one core")
    for name, found in (("CPU", cpu), ("on the clock, median", clock)):
        ratio = statistics.median(found[True]) / statistics.median(found[False])
        print(f"pages beside the reports, {name}: {ratio:.3f} x (goal {GOAL})")


if __name__ == "__main__":
    main()
