"""Phones that send at once take turns: told when to come, let in when it is their turn, held up by nothing else."""

from __future__ import annotations

import pytest
from redis import Redis

from inspections.models import FieldOperation
from inspections.services import field_pace
from portal.tenancy import district_scope
from tests.inspections.field_phones import Phone, operation, prepare

pytestmark = pytest.mark.django_db
NOW = 1_800_000_000.0


@pytest.fixture(autouse=True)
def line(settings):
    field_pace._valkey.cache_clear()
    with Redis.from_url(settings.REDIS_URL) as valkey:
        valkey.flushdb()
        yield valkey
        valkey.flushdb()
    field_pace._valkey.cache_clear()


def test_one_phone_alone_is_never_sent_away():
    now = NOW
    for _ in range(50):
        pause = field_pace.turn(1, now)
        assert 0 < pause <= field_pace.step_ms() + 1  # a moment is whole milliseconds
        now += pause / 1000


def test_many_at_once_come_one_after_the_other_and_each_at_the_moment_it_was_told():
    step, early = field_pace.step_ms(), field_pace.GRACE_MS
    said = [field_pace.turn(phone, NOW) for phone in range(200)]
    in_at_once = [pause for pause in said if pause > 0]
    assert len(in_at_once) <= early // step + 2
    waits = [-pause for pause in said if pause < 0]
    assert waits == sorted(waits) and len(set(waits)) == len(waits)
    assert max(waits) <= 201 * step
    # whoever asks again too early is told the same moment, and takes nobody else's
    assert field_pace.turn(199, NOW) == -max(waits)
    # at its moment each is let in, and sent to the end of the line
    pauses = [field_pace.turn(phone, NOW - said[phone] / 1000) for phone in range(200) if said[phone] < 0]
    assert all(pause > 0 for pause in pauses)
    assert max(pauses) <= 202 * step


def test_all_together_send_at_the_pace_that_is_set():
    """Each comes when it was told to; in forty seconds so many get in as the pace has, and all of them equally often."""
    due = dict.fromkeys(range(80), NOW)
    came = dict.fromkeys(due, 0)
    while True:
        phone = min(due, key=due.get)
        moment = due[phone]
        if moment > NOW + 40:
            break
        answer = field_pace.turn(phone, moment)
        came[phone] += answer >= 0
        due[phone] = moment + abs(answer) / 1000 + 0.001
    most = 40_000 // field_pace.step_ms()
    assert 0.9 * most <= sum(came.values()) <= 1.1 * most + field_pace.GRACE_MS / field_pace.step_ms()
    assert max(came.values()) - min(came.values()) <= 2


def test_who_does_not_come_back_is_forgotten(line):
    field_pace.turn(1, NOW)
    assert 0 < line.pttl("field:turn:1") <= field_pace.KEPT_MS + field_pace.step_ms()


def test_the_door_says_when_and_keeps_nothing_of_it_until_then(client, cast, monkeypatch):
    prepare(cast)
    phone = Phone(client, cast, "inspector", cast.visit)
    begin = operation(1, "start", versions=[])
    monkeypatch.setattr(field_pace, "turn", lambda phone, now: -4200)
    body = phone.send(begin, status=429)
    assert body["code"] == "turn" and "轮到" in body["detail"]
    reply = phone.piece("a" * 64, b"x", 0, 1)
    assert reply.status_code == 429 and reply.headers["Retry-After"] == "5"
    with district_scope(cast.minhang):
        assert not FieldOperation.objects.exists()
    monkeypatch.undo()
    assert phone.outcome(begin) == ["applied"]


def test_without_valkey_nobody_is_held_up(client, cast, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    field_pace._valkey.cache_clear()
    assert field_pace.turn(1, NOW) == 0


def test_the_pause_is_told(client, cast):
    prepare(cast)
    phone = Phone(client, cast, "inspector", cast.visit)
    reply = phone.piece("a" * 64, b"x", 0, 10)
    assert reply.status_code == 200 and 0 < int(reply.headers["Upload-Pause"]) <= field_pace.step_ms()
