"""A phone of the field in a real browser, and the pass, door and day of one without a browser."""

from __future__ import annotations

import json
import uuid
from datetime import date, datetime

import pytest
from django.utils import timezone

from inspections.models import Inspector
from inspections.services import field_devices, field_pace
from inspections.services.checklists import items_of
from portal.tenancy import district_scope
from tests.cast import PASSWORD, make
from tests.inspections import factories

PHONE = {"width": 390, "height": 844}


def operation(
    sequence: int, kind: str, item: int | None = None, made_at: datetime | None = None, **payload
) -> dict:
    """As a phone sends it."""
    return {
        "uuid": str(uuid.uuid4()),
        "sequence": sequence,
        "kind": kind,
        "item": item,
        "payload": payload,
        "made_at": (made_at or timezone.now()).isoformat(),
        "offset_ms": 0,
    }


def answer(sequence: int, item: int, value: str = "ok", note: str = "", base: int = 0, **more) -> dict:
    return operation(sequence, "answer", item, value=value, note=note, base=base, **more)


class Phone:
    """One person's phone for one visit: what it holds is sent through the door, with its pass."""

    def __init__(self, client, cast, name: str, visit):
        self.client, self.cast, self.name, self.visit = client, cast, name, visit
        with district_scope(cast.minhang):
            actor = cast.actor(name)
            self.device = field_devices.open_device(uuid.uuid4(), label="test", actor=actor)
            self.token = field_devices.issue_pass(visit, self.device, actor=actor)

    def headers(self) -> dict:
        return {"Authorization": f"Bearer {self.token}"}

    def send(self, *rows: dict, ask=(), status: int = 200) -> dict:
        """The door's answer to a batch."""
        body = json.dumps({"operations": rows, "ask": list(ask)})
        reply = self.client.post(
            "/field/minhang/operations/", body, content_type="application/json", headers=self.headers()
        )
        assert reply.status_code == status, reply.content
        return reply.json()

    def outcome(self, *rows: dict) -> list[str]:
        """What became of each."""
        found = self.send(*rows)["outcomes"]
        return [found[row["uuid"]]["state"] for row in rows]

    def piece(self, sha256: str, body: bytes, offset: int, size: int):
        return self.client.post(
            f"/field/minhang/files/{sha256}/",
            body,
            content_type="application/octet-stream",
            headers={**self.headers(), "Upload-Offset": str(offset), "Upload-Length": str(size)},
        )


def items(cast, visit) -> list[int]:
    with district_scope(cast.minhang):
        return list(items_of(visit).values_list("pk", flat=True))


def prepare(cast):
    """The cast's two inspectors and a visit of theirs that is due this month; no phone of an earlier test is in line."""
    field_pace._valkey().delete("field:line")
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
        team = factories.team(cast)
        Inspector.objects.update(licence_until=date(2099, 1, 1))
        cast.visit = factories.drawn(cast.facility, team, month=timezone.localdate().replace(day=1))
    return cast


@pytest.fixture
def visit(world, page):
    """The world's web server, and the page as a phone."""
    cast = make()
    for name in ("inspector", "inspector2"):
        cast.users[name].set_password(PASSWORD)
        cast.users[name].save()
    prepare(cast)
    world.start_web()
    page.set_viewport_size(PHONE)
    return cast


def sign_in(page, world, name: str) -> None:
    """Signs in and opens the app; it has the day when this returns."""
    page.goto(f"{world.url}/sign-in/?next=/minhang/field/")
    page.fill("[name=username]", f"cast-{name}")
    page.fill("[name=password]", PASSWORD)
    page.click("main button, form button")
    page.wait_for_selector("body[data-ready]", state="attached")


def installed(page) -> None:
    """The worker has kept what it needs."""
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")


def section(page, key: str):
    return page.locator(f"[data-item='{key}']")


def begin(page) -> None:
    page.click("[data-visit-card]")
    page.click("[data-begin]")
    page.wait_for_selector("[data-sheet]")


def answer_on_screen(page, key: str, value: str, note: str = "") -> None:
    one = section(page, key)
    if one.locator("a.one").is_visible():
        one.locator("a.one").click()
    one.locator(f"label.a-{value}").click()
    if note:
        one.locator("textarea").fill(note)


def waiting(page) -> int:
    """What the foot of the page says is still to go up."""
    return int(page.locator("footer [data-waiting]").first.get_attribute("data-waiting"))


def all_sent(page) -> None:
    page.wait_for_selector("footer [data-waiting='0']")
