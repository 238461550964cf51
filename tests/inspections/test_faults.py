"""Web process, worker, Postgres and Valkey, each killed in the middle of drawing, uploading and publishing: afterwards
all is as if it had happened once.

The middle is a moment that one can wait for: another connection holds a row that the work needs, and when the work
waits for it the victim is killed with SIGKILL. Servers of their own, which other tests' databases do not share.
"""

from __future__ import annotations

import hashlib
import http.cookiejar
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from django.urls import reverse
from django.utils import timezone

from inspections.models import (
    AnswerPhoto,
    Draw,
    FieldOperation,
    FieldOutcome,
    Inspection,
    PublicationEvent,
    PublicRecord,
    ResultReview,
    Scheme,
    TeamMember,
)
from inspections.services import draw_entropy, draws, freezing
from portal.models import AuditEntry
from portal.servers.postgres import Postgres
from portal.servers.valkey import Valkey
from portal.tenancy import district_scope
from tests import plugin
from tests.cast import PASSWORD, make
from tests.conftest import _connect
from tests.inspections import small_district
from tests.inspections.field_phones import answer, operation, prepare
from tests.inspections.small_district import THROWS
from tests.inspections.test_result_reviews import Draft
from tests.world import ROOT, World, template, wait_for

pytestmark = pytest.mark.long
VICTIMS = ("web", "worker", "postgres", "valkey")
SOON = {"TASK_VISIBILITY_SECONDS": "2"}
SEND = "import sys, json; from portal.celery import app; app.send_task(sys.argv[1], args=json.loads(sys.argv[2]))"


class House(World):
    """A world with servers that may be killed, and come back on their ports with what they had."""

    def __init__(self, base: Path, database: str, postgres: Postgres, valkey: Valkey):
        super().__init__(database)
        self.base, self.postgres, self.valkey = base, postgres, valkey
        self.names: dict[str, object] = {}

    def start(self, *names: str) -> None:
        for name in names:
            if name == "web":
                port = self.url.rsplit(":", 1)[1] if self.url else ""
                self.start_web() if not port else self.web_again(port)
                self.names["web"] = self.children[-1]
            elif name == "worker":
                self.names["worker"] = self.start_worker(**SOON)
            else:
                server = getattr(self, name)
                with (self.base / f"{name}.log").open("ab") as log:
                    server.start(log)

    def web_again(self, port: str) -> None:
        args = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", port]
        args += ["--workers", "1", "--blocking-threads", "4", "portal.wsgi:application"]
        child = self._spawn("web", args, {"PORTAL_URL": self.url})
        wait_for(lambda: self._answers(child), what="the web server")

    def kill(self, name: str) -> None:
        if name in ("web", "worker"):
            self.names[name].kill()
        else:
            process = getattr(self, name).process
            os.kill(process.pid, signal.SIGKILL)
            process.wait()

    def queue(self, task: str, *args) -> None:
        done = subprocess.run(
            [sys.executable, "-c", SEND, task, json.dumps(args)],
            cwd=ROOT,
            env=dict(os.environ),
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr.decode()

    def wait(self, condition, seconds: float, what: str) -> None:
        """Waits; what the servers wrote is part of the failure."""
        try:
            wait_for(condition, seconds, what)
        except AssertionError as late:
            logs = [f"--- {child.name}\n{child.log[-3000:]}" for child in self.children]
            logs += [f"--- {path.name}\n{path.read_text()[-3000:]}" for path in self.base.glob("*.log")]
            raise AssertionError("\n".join([str(late), *logs])) from None

    def waits(self) -> bool:
        """Whether somebody waits for a row that the test holds."""
        with self.superuser() as other:
            rows = other.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock'"
            ).fetchone()
        return rows[0] > 0

    def in_the_middle(self, lock: str, values: list, begin, victim: str) -> None:
        """Holds a row, begins the work, kills the victim when the work waits, and has it back."""
        other = self.superuser()
        try:
            other.execute("BEGIN")
            assert other.execute(lock, values).fetchone(), "no such row"
            begin()
            self.wait(self.waits, 180, "the work in its middle")
            self.kill(victim)
        finally:
            try:
                other.execute("ROLLBACK")
                other.close()
            except psycopg.Error:
                assert victim == "postgres"
        from django.db import connection

        connection.close()
        self.start(victim)


@pytest.fixture
def house(django_test_environment, django_db_blocker):
    from django.conf import settings
    from django.core.cache import cache
    from django.db import connection

    base = Path(tempfile.mkdtemp(prefix=f"shanyu-test-{os.getpid()}-"))
    base.chmod(0o755)
    before = {name: os.environ[name] for name in (plugin.STATE, "REDIS_URL", "PORTAL_DATA", "DATABASE_URL")}
    owner, database = os.environ["DATABASE_OWNER_URL"], connection.settings_dict["NAME"]
    state = plugin.test_state()
    postgres = Postgres(base / "postgres", state["passwords"], {"fsync": "off", "max_connections": "60"})
    valkey = Valkey(base / "valkey", state["passwords"]["VALKEY_PASSWORD"], {"databases": "4"})
    for server, name in ((postgres, "postgres"), (valkey, "valkey")):
        with (base / f"{name}.log").open("ab") as log:
            server.start(log)
    (base / "data").mkdir()
    redis_before = settings.REDIS_URL
    os.environ.update(
        {
            plugin.STATE: json.dumps({**state, "base": str(base), "port": postgres.port, "redis": valkey.url()[:-1]}),
            "REDIS_URL": valkey.url(),
            "PORTAL_DATA": str(base / "data"),
        }
    )  # fmt: skip
    data, settings.DATA_DIR = settings.DATA_DIR, base / "data"
    ci = os.environ.pop("CI", None)  # with it nothing of an earlier run is used: but this dump is of this one
    with django_db_blocker.unblock():
        name = "house"
        plugin.cluster().create_database(name, template())
        # A sequence copied with its database goes back by up to 32 when the server is killed before a checkpoint.
        with plugin.cluster().superuser(name) as superuser:
            superuser.execute("CHECKPOINT")
        _connect(name)
        it = House(base, name, postgres, valkey)
        try:
            yield it
        finally:
            it.close()
            connection.close()
            for server in (postgres, valkey):
                server.stop()
            os.environ.update(before)
            if ci is not None:
                os.environ["CI"] = ci
            os.environ["DATABASE_OWNER_URL"] = owner
            settings.REDIS_URL, settings.DATA_DIR = redis_before, data
            _connect(database)
            cache.clear()
            shutil.rmtree(base, ignore_errors=True)


class Person:
    """Somebody at a desk: a session with its cookies, over HTTP."""

    def __init__(self, house: House, username: str):
        self.house, self.username = house, username
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.sign_in()

    def sign_in(self) -> None:
        self.opener.open(f"{self.house.url}/sign-in/", timeout=30).read()
        assert self.post("/sign-in/", username=self.username, password=PASSWORD) < 400

    def post(self, path: str, **data) -> int:
        """The status of the answer; 0 where there was none."""
        token = next(cookie.value for cookie in self.jar if cookie.name == "csrftoken")
        body = urllib.parse.urlencode({**data, "csrfmiddlewaretoken": token}).encode()
        asked = urllib.request.Request(self.house.url + path, body, {"Referer": self.house.url + path})
        try:
            with self.opener.open(asked, timeout=120) as reply:
                reply.read()
                return reply.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


def until_done(person: Person, path: str, **data):
    """Clicks again as somebody would who got no answer; signs in anew where the session went with its server."""

    def clicked() -> bool:
        status = person.post(path, **data)
        if status in (401, 403):
            person.sign_in()
        return status == 200

    wait_for(clicked, 60, f"an answer of {path}")


# --- drawing ----------------------------------------------------------------------------------------


def seen_once(small, year: int, number: int) -> None:
    """One draw that re-computes, one published hash, each visit once with numbers in a row, two in each team."""
    with small.scope():
        draw = Draw.objects.get(year=year, month=number)
        assert draw.state == "drawn" and draws.differences(draw) == []
        assert PublicRecord.objects.filter(kind="evidence_hash").count() == 1
        assert AuditEntry.objects.filter(action="inspections.draw.draw").count() == 1
        visits = list(Inspection.objects.filter(draw=draw).order_by("position"))
        assert visits and len({visit.facility_id for visit in visits}) == len(visits)
        numbers = [int(visit.number.rsplit("-", 1)[1]) for visit in visits]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert TeamMember.objects.filter(inspection__in=visits).count() == 2 * len(visits)


def to_draw(house: House, **scheme):
    """A small district whose present month is frozen, and the row that numbers its visits."""
    from portal.services.numbers import next_number

    small = small_district.make(last_day=1, window_days=1)
    today = timezone.localdate()
    with small.scope():
        Scheme.objects.update(**scheme)
        before = small_district.moment(date(today.year, today.month, 1) - timedelta(days=10))
        draw = freezing.freeze(small.scheme, today.year, today.month, actor=small.actor(), at=before)
        series = f"JC-{today.year % 100:02d}{today.month:02d}"
        next_number(series)
    return small, draw, ("SELECT last FROM portal_series WHERE name = %s FOR UPDATE", [series])


@pytest.mark.parametrize("victim", ["worker", "postgres", "valkey"])
def test_a_month_drawn_by_the_worker(house, victim):
    small, draw, held = to_draw(house, chained_allowed=True)
    on = date(draw.year, draw.month, 28)
    house.start("worker")
    house.in_the_middle(
        *held, lambda: house.queue("inspections.see_month", small.district.pk, on.isoformat()), victim
    )

    def drawn():
        with small.scope():
            return Draw.objects.filter(pk=draw.pk, state="drawn").exists()

    house.wait(drawn, 240, "the message to come again by itself")
    seen_once(small, draw.year, draw.month)


def test_a_month_confirmed_in_the_browser_whose_server_dies(house):
    small, draw, held = to_draw(house)
    with small.scope():
        draw_entropy.enter_witness(draw, source="witness", value=THROWS[1], actor=small.actor("bureau"))
    small.users["head"].set_password(PASSWORD)
    small.users["head"].save()
    house.start("web")
    head = Person(house, small.users["head"].username)
    confirm = reverse("draw-confirm", args=[small.district.slug, draw.pk])
    click = threading.Thread(target=head.post, args=(confirm,), kwargs={"seen": THROWS[1]})
    house.in_the_middle(*held, click.start, "web")
    click.join()
    with small.scope():
        assert Draw.objects.get().state == "witnessed" and not Inspection.objects.exists()
    until_done(head, confirm, seen=THROWS[1])
    seen_once(small, draw.year, draw.month)


# --- uploading --------------------------------------------------------------------------------------


def photographs(count: int) -> list[bytes]:
    from PIL import Image

    made = []
    for n in range(count):
        buffer = io.BytesIO()
        Image.frombytes("RGB", (300, 200), os.urandom(300 * 200 * 3)).save(buffer, "JPEG", quality=95)
        made.append(buffer.getvalue() + n.to_bytes(2, "big"))
    return made


class Sender:
    """Sends as the app does, again and again until the server has said that it has all."""

    def __init__(self, house: House, token: str):
        self.house, self.token, self.stopped = house, token, False

    def ask(self, path: str, body: bytes, **headers) -> dict:
        while True:
            asked = urllib.request.Request(
                self.house.url + path, body, {"Authorization": f"Bearer {self.token}"} | headers
            )
            try:
                with urllib.request.urlopen(asked, timeout=60) as reply:
                    return json.load(reply)
            except urllib.error.HTTPError as error:
                assert error.code >= 500 or error.code == 429, error.read()
            except OSError:
                pass
            assert not self.stopped
            time.sleep(0.3)

    def send(self, rows: list[dict], files: list[bytes]) -> None:
        batch = json.dumps({"operations": rows, "ask": []}).encode()
        self.ask("/field/minhang/operations/", batch, **{"Content-Type": "application/json"})
        for content in files:
            digest, offset, done = hashlib.sha256(content).hexdigest(), 0, False
            while not done:
                headers = {"Upload-Offset": str(offset), "Upload-Length": str(len(content))}
                piece = content[offset : offset + 20_000]
                said = self.ask(f"/field/minhang/files/{digest}/", piece, **headers)
                offset, done = said["received"], said["done"]
        self.ask("/field/minhang/operations/", batch, **{"Content-Type": "application/json"})


@pytest.mark.parametrize("victim", VICTIMS)
def test_photographs_on_their_way(house, victim):
    import uuid

    from inspections.services import field_devices
    from inspections.services.checklists import versions_for

    cast = prepare(make())
    today = timezone.localdate()
    with district_scope(cast.minhang):
        actor = cast.actor("inspector")
        device = field_devices.open_device(uuid.uuid4(), label="test", actor=actor)
        token = field_devices.issue_pass(cast.visit, device, actor=actor)
        versions = versions_for(cast.facility.kind, today)
        items = [item.pk for version in versions for item in version.items.filter(kinds=[])][:4]
    files = photographs(6)
    rows = [operation(1, "start", versions=[version.pk for version in versions])]
    rows += [answer(2 + n, item) for n, item in enumerate(items)]
    for n, content in enumerate(files):
        digest = hashlib.sha256(content).hexdigest()
        rows.append(operation(10 + n, "photo", items[n % 4], sha256=digest, size=len(content), meta={}))
    house.start("web", "worker")
    sender = Sender(house, token)
    sending = threading.Thread(target=sender.send, args=(rows, files))

    def begin() -> None:
        """The visit's row is held: what comes whole waits for it."""
        sending.start()

    try:
        house.in_the_middle(
            "SELECT id FROM inspections_inspection WHERE id = %s FOR UPDATE", [cast.visit.pk], begin, victim
        )
        sending.join(120)
        assert not sending.is_alive()
    finally:
        sender.stopped = True
    with district_scope(cast.minhang):
        assert FieldOperation.objects.count() == len(rows)
        assert set(FieldOutcome.objects.values_list("state", flat=True)) == {"applied"}
        kept = sorted(AnswerPhoto.objects.values_list("file__sha256", flat=True))
        assert kept == sorted(hashlib.sha256(content).hexdigest() for content in files)
        assert Inspection.objects.get(pk=cast.visit.pk).state == "under_way"
        assert AuditEntry.objects.filter(action="inspections.photo.add").count() == len(files)


# --- publishing -------------------------------------------------------------------------------------


def of_a_final_result(house: House):
    """A visit whose result is final, and the row that publishing needs."""
    cast = make()
    cast.bureau.set_password(PASSWORD)
    cast.bureau.save()
    with district_scope(cast.minhang):
        draft = Draft(cast)
    return cast, draft, ("SELECT id FROM inspections_inspection WHERE id = %s FOR UPDATE", [draft.visit.pk])


def published_once(cast, draft) -> None:
    with district_scope(cast.minhang):
        visit = Inspection.objects.get(pk=draft.visit.pk)
        assert visit.state == "published" and visit.published_at and visit.publish_until
        assert PublicationEvent.objects.filter(review__inspection=visit, kind="published").count() == 1
        assert AuditEntry.objects.filter(action="inspections.result.publish").count() == 1
        assert ResultReview.objects.get().state == "final"
        assert not visit.findings.filter(published=False).exists()


@pytest.mark.parametrize("victim", ["worker", "postgres", "valkey"])
def test_a_result_published_by_the_clock(house, victim):
    cast, draft, held = of_a_final_result(house)
    with district_scope(cast.minhang):
        assert draft.visit.publish_by < timezone.localdate()
    house.start("worker")
    house.in_the_middle(
        *held, lambda: house.queue("inspections.publish_results_due", cast.minhang.pk), victim
    )

    def done():
        with district_scope(cast.minhang):
            return Inspection.objects.filter(pk=draft.visit.pk, state="published").exists()

    house.wait(done, 240, "the message to come again by itself")
    published_once(cast, draft)


def test_a_result_published_in_the_browser_whose_server_dies(house):
    cast, draft, held = of_a_final_result(house)
    house.start("web")
    bureau = Person(house, cast.bureau.username)
    path = reverse("inspection-publish", args=["minhang", draft.visit.pk])
    click = threading.Thread(target=bureau.post, args=(path,))
    house.in_the_middle(*held, click.start, "web")
    click.join()
    with district_scope(cast.minhang):
        assert Inspection.objects.get(pk=draft.visit.pk).state != "published"
    until_done(bureau, path)
    published_once(cast, draft)


@pytest.mark.parametrize("victim", ["worker", "postgres", "valkey"])
def test_evidence_published_by_the_worker(house, victim):
    small, draw, _held = to_draw(house, chained_allowed=True)
    with small.scope():
        draw_entropy.enter_witness(draw, source="witness", value=THROWS[1], actor=small.actor("bureau"))
        draw = draws.confirm_and_draw(draw, actor=small.actor("head"))
        small.finish_all(draw, timezone.localdate())
    house.start("worker")
    held = ("SELECT id FROM inspections_draw WHERE id = %s FOR UPDATE", [draw.pk])
    house.in_the_middle(*held, lambda: house.queue("inspections.publish_due", small.district.pk), victim)

    def out():
        with small.scope():
            return Draw.objects.filter(pk=draw.pk, state="published").exists()

    house.wait(out, 240, "the message to come again by itself")
    with small.scope():
        kinds = sorted(PublicRecord.objects.values_list("kind", flat=True))
        assert kinds == ["anchor", "evidence", "evidence_hash", "frozen"]
        assert AuditEntry.objects.filter(action="inspections.draw.publish").count() == 1
