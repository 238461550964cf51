"""200 inspectors send 20 photographs each at once: `python bench/upload.py [--phones 200 --photos 20]`.

The product's web server as bin/up starts it, on a district of 1,000 facilities. A process of its own plays the phones:
each signs on with its pass, sends its operations, its photographs in pieces of 256 kB as the field app does, waits as
long as an answer tells it to, and loses every fiftieth answer on the way, so that the piece comes twice. Meanwhile one
reader asks for pages of the bureau over HTTP (time on the clock), and another through WSGI in this process with a
backend of its own (CPU time of a request, on both ends). Both are taken before, with nobody sending, and while all send.

Afterwards the database and the store are counted: every photograph once, its bytes those that the phone hashed.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import threading
import time
import uuid
from datetime import UTC, date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.data import ROOT, districts, register, servers, vacuum
from bench.web import Side

DATABASE, CPU_GOAL, CLOCK_GOAL = "bench", 1.2, 3.0
PAGES = ("/minhang/facilities/", "/minhang/orders/", "/minhang/inspections/", "/minhang/")
PIECE = 256 * 1024
LOST = 50


def picture(size: int) -> bytes:
    """A photograph as a phone scales it: 1600 pixels, noise enough to weigh `size` bytes about."""
    import io

    from PIL import Image

    chance = random.Random(3)
    small = Image.frombytes("RGB", (400, 300), chance.randbytes(400 * 300 * 3))
    large, quality, data = small.resize((1600, 1200), Image.Resampling.BICUBIC), 90, b""
    while quality > 5:
        kept = io.BytesIO()
        large.save(kept, "JPEG", quality=quality)
        data = kept.getvalue()
        if len(data) <= size:
            break
        quality -= 5
    return data


def own(base: bytes, name: str) -> bytes:
    """The picture with a comment of its own: another file with another hash."""
    comment = name.encode()
    return base[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + base[2:]


class Phone:
    """Sends one visit's part over HTTP, as static/js/field/send.js does."""

    def __init__(self, port: int, token: str, sheet: tuple, base: bytes, photos: int, seed: int):
        self.port, self.token, (self.items, self.versions) = port, token, sheet
        self.files = [own(base, f"{seed}-{n}") for n in range(photos)]
        self.chance, self.sequence, self.waits, self.requests = random.Random(seed), 0, 0, 0
        self.connection: http.client.HTTPConnection | None = None

    def ask(self, path: str, body: bytes, headers: dict) -> dict:
        tries = 0
        while True:
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
                self.requests += 1
                self.connection.request(
                    "POST", path, body, {"Authorization": f"Bearer {self.token}", **headers}
                )
                answer = self.connection.getresponse()
                told, status = answer.read(), answer.status
                if status == 200 and self.chance.randrange(LOST) == 0:  # the network takes the answer
                    self.connection.close()
                    self.connection = None
                    continue
            except OSError:
                self.connection, status, told = None, 0, b""
            if status == 200:
                time.sleep(int(answer.headers.get("Upload-Pause") or 0) / 1000)
                return json.loads(told)
            if status not in (0, 429):
                raise SystemExit(f"{path}: {status} {told[:300]!r}")
            # as the app: what the server asks for, else longer and longer, never all in the same moment
            tries += 1
            said = answer.headers.get("Retry-After") if status else None
            self.waits += 1
            time.sleep((float(said) if said else min(2 * tries, 30)) + self.chance.uniform(0, 0.5))

    def operations(self, rows: list[dict]) -> None:
        body = json.dumps({"operations": rows, "ask": []}).encode()
        told = self.ask("/field/minhang/operations/", body, {"Content-Type": "application/json"})
        assert set(told["outcomes"]) == {row["uuid"] for row in rows}

    def operation(self, kind: str, item: int | None = None, **payload) -> dict:
        self.sequence += 1
        return {
            "uuid": str(uuid.UUID(int=self.chance.getrandbits(128), version=4)),
            "sequence": self.sequence,
            "kind": kind,
            "item": item,
            "payload": payload,
            "made_at": datetime.now(UTC).isoformat(),
            "offset_ms": 0,
        }

    def send(self) -> None:
        rows = [self.operation("start", versions=self.versions)]
        for n, content in enumerate(self.files):
            item = self.items[n % len(self.items)]
            digest = hashlib.sha256(content).hexdigest()
            rows.append(self.operation("photo", item, sha256=digest, size=len(content), meta={}))
        self.operations(rows)
        for content in self.files:
            digest, offset, done = hashlib.sha256(content).hexdigest(), 0, False
            while not done:
                piece = content[offset : offset + PIECE]
                headers = {
                    "Content-Type": "application/octet-stream",
                    "Upload-Offset": str(offset),
                    "Upload-Length": str(len(content)),
                }
                told = self.ask(f"/field/minhang/files/{digest}/", piece, headers)
                offset, done = told["received"], told["done"]


def play(port: int, tokens: list[tuple[str, tuple]], base: bytes, photos: int, go, told) -> None:
    """All phones at once, in a process of their own."""
    threading.stack_size(256 * 1024)
    phones = [Phone(port, token, sheet, base, photos, n) for n, (token, sheet) in enumerate(tokens)]
    wrong: list[BaseException] = []

    def run(phone: Phone) -> None:
        try:
            phone.send()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(phone,)) for phone in phones]
    go.wait()
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.put(
        (time.monotonic() - start, sum(p.requests for p in phones), sum(p.waits for p in phones), wrong[:3])
    )


def visits(district, phones: int) -> list[tuple[str, tuple]]:
    """Half as many visits as phones, each with a team of two; (pass, (items, versions)) of each phone."""
    from facilities.models import Facility
    from inspections.models import ChecklistItem, Inspector
    from inspections.services import field_devices
    from inspections.services.checklists import versions_for
    from portal.access import Actor
    from portal.models import Membership, Unit, User
    from portal.tenancy import district_scope
    from tests.inspections import factories

    found = []
    today = date.today()
    with district_scope(district):
        factories.reference(district)
        unit = Unit.objects.first()
        places = list(Facility.objects.operating().filter(kind="nursery").order_by("pk")[: phones // 2])
        assert len(places) == phones // 2
        for n, facility in enumerate(places):
            team = []
            for which in (1, 2):
                user = User.objects.create(username=f"bench-{n}-{which}", name="示例", password="!")
                Membership.objects.create(user=user, role="inspector", starts_on=date(2020, 1, 1))
                team.append(
                    Inspector.objects.create(
                        user=user, code=f"B{n:03d}{which}", unit=unit, name="示例", licence_number=f"沪{n}{which}",
                        licence_from=date(2024, 1, 1), licence_until=date(2099, 1, 1),
                    )
                )  # fmt: skip
            visit = factories.drawn(
                facility, team, number=f"JC-B-{n:03d}", month=today.replace(day=1), position=n + 1
            )
            versions = versions_for(facility.kind, today)
            whole = ChecklistItem.objects.filter(kinds=[], version__in=versions)
            sheet = list(whole.order_by("pk").values_list("pk", flat=True)), [one.pk for one in versions]
            for inspector in team:
                actor = Actor.of(inspector.user, district)
                device = field_devices.open_device(uuid.uuid4(), label="bench", actor=actor)
                found.append((field_devices.issue_pass(visit, device, actor=actor), sheet))
        user = User.objects.create(username="bench", name="bench", password="!")
        Membership.objects.create(user=user, role="bureau", starts_on=date(2020, 1, 1))
    return found


def web(port: int) -> subprocess.Popen:
    """The web server with bin/up's own numbers."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2", "--no-ws"]
    command += [
        "--blocking-threads",
        "4",
        "--log-level",
        "warning",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"], cwd=ROOT, check=True
    )
    process = subprocess.Popen([*command, "portal.wsgi:application"], cwd=ROOT, env=dict(os.environ))
    for _ in range(600):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health/")
            connection.getresponse().read()
            return process
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the web server did not start")


def timed(port: int, cookie: str, until, clock: list[float]) -> None:
    """Pages over HTTP, one after the other, four a second."""
    number = 0
    while not until():
        path = PAGES[number % len(PAGES)]
        start = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
        clock.append(time.monotonic() - start)
        number += 1
        time.sleep(max(0.0, 0.25 - (time.monotonic() - start)))


def spent(side: Side, until, cpu: list[float]) -> None:
    number = 0
    while not until():
        cpu.append(side.run(side.spent, PAGES[number % len(PAGES)], {}))
        number += 1
        time.sleep(0.25)


def watched(port: int, side: Side, until) -> tuple[list[float], list[float]]:
    cpu: list[float] = []
    clock: list[float] = []
    threads = [
        threading.Thread(target=timed, args=(port, side.cookie, until, clock)),
        threading.Thread(target=spent, args=(side, until, cpu)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return cpu, clock


def late(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[18]


def counted(district, tokens: int, photos: int, base: bytes) -> str:
    """Nothing lost, nothing doubled; SystemExit with what is wrong."""
    from inspections.models import AnswerPhoto, FieldFile, FieldOperation, FieldOutcome
    from portal.services.files import path_of
    from portal.tenancy import district_scope

    with district_scope(district):
        kept = list(AnswerPhoto.objects.select_related("file").only("file__sha256", "file__path"))
        operations = FieldOperation.objects.count()
        open_ = FieldOutcome.objects.exclude(state="applied").count()
        parts = FieldFile.objects.filter(stored__isnull=True).count()
    expected = {
        hashlib.sha256(own(base, f"{seed}-{n}")).hexdigest() for seed in range(tokens) for n in range(photos)
    }
    hashes = [photo.file.sha256 for photo in kept]
    if set(hashes) != expected or len(hashes) != len(expected):
        raise SystemExit(
            f"{len(expected)} photographs sent, {len(hashes)} rows, {len(set(hashes))} different"
        )
    for photo in kept:
        if hashlib.sha256(path_of(photo.file).read_bytes()).hexdigest() != photo.file.sha256:
            raise SystemExit(f"{photo.file.path} holds other bytes")
    if operations != tokens * (photos + 1) or open_ or parts:
        raise SystemExit(f"{operations} operations, {open_} not applied, {parts} files not whole")
    return f"{len(hashes)} photographs, each once, bytes as hashed; {operations} operations, all applied"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phones", type=int, default=200)
    parser.add_argument("--photos", type=int, default=20)
    parser.add_argument("--bytes", type=int, default=350_000)
    parser.add_argument("--facilities", type=int, default=1000)
    parser.add_argument("--idle", type=float, default=40, help="seconds")
    options = parser.parse_args()
    base = picture(options.bytes)
    with servers(DATABASE):
        from portal.servers import children

        district = districts()["minhang"]
        register(district, facilities=options.facilities, staff=options.facilities * 2, on=date.today())
        tokens = visits(district, options.phones)
        vacuum(DATABASE)
        port = children.free_port()
        os.environ["PORTAL_URL"] = f"http://127.0.0.1:{port}"
        os.environ["LOG_LEVEL"] = "ERROR"  # each phone that is told to wait is a warning
        server = web(port)
        try:
            context = multiprocessing.get_context("spawn")
            go, told = context.Event(), context.Queue()
            load = context.Process(target=play, args=(port, tokens, base, options.photos, go, told))
            load.start()
            side = Side(DATABASE)
            for page in PAGES:
                for _ in range(3):
                    side.run(side.get, page, {})
            end = time.monotonic() + 8  # the server's own first requests
            watched(port, side, lambda: time.monotonic() > end)
            end = time.monotonic() + options.idle
            idle = watched(port, side, lambda: time.monotonic() > end)
            go.set()
            loud = watched(port, side, lambda: not load.is_alive())
            seconds, requests, waits, wrong = told.get(timeout=60)
            if wrong:
                raise SystemExit(f"a phone stopped: {wrong}")
            print(
                f"{options.phones} phones, {options.photos} photographs of {len(base):,} bytes each, in {seconds:.0f} s;"
                f" {requests} requests, told to wait {waits} times"
            )
            print(counted(district, len(tokens), options.photos, base))
            ratios = (
                ("CPU of a page, median", statistics.median(loud[0]) / statistics.median(idle[0]), CPU_GOAL),
                ("on the clock, p95", late(loud[1]) / late(idle[1]), CLOCK_GOAL),
            )
            print(
                f"pages: idle p95 {late(idle[1]) * 1000:.0f} ms, {len(idle[1])} and {len(loud[1])} asked for"
            )
            for name, ratio, goal in ratios:
                print(f"pages while all send, {name}: {ratio:.2f} x (goal {goal})")
        finally:
            server.terminate()
            server.wait()
    sys.exit(0 if all(ratio <= goal for _name, ratio, goal in ratios) else 1)


if __name__ == "__main__":
    main()
