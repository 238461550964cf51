"""Families that sign up in the same moment, from processes of their own: no place is given twice, none is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date

import pytest

from guidance.models import EventSignup, GuidanceEvent
from guidance.services import events
from portal.models import Parameter
from portal.tenancy import district_scope
from tests import cast as casting
from tests.guidance.test_events import Here
from tests.portal.access import events as made
from tests.world import ROOT

SCRIPT = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
django.setup()
from django.utils import timezone
from guidance.models import EventSignup, GuidanceEvent
from guidance.services import signups
from portal.access import Actor
from portal.errors import Refused
from portal.models import District
from portal.tenancy import district_scope
what, first, number = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
district = District.objects.get(slug="minhang")
visitor = Actor.visitor(district)
print("ready", flush=True)
sys.stdin.readline()
for n in range(number):
    try:
        with district_scope(district):
            event = GuidanceEvent.objects.get()
            phone = f"139{first + n:08d}"
            if what == "cancel":
                families = EventSignup.objects.filter(phone_tail=phone[-4:])
                signups.cancel_signup(families.get(), actor=visitor)
            else:
                signups.enter(event, phone=phone, months=9, actor=visitor, now=timezone.now())
        print("done", flush=True)
    except Refused as refused:
        print(refused.code, flush=True)
"""


@pytest.fixture
def event(world):
    it = casting.make()
    with district_scope(it.minhang):
        Parameter.objects.filter(key="guidance.event_phone_days").delete()
        Parameter.objects.create(
            key="guidance.event_phone_days", value=30, label="x", starts_on=date(2020, 1, 1), basis="示例"
        )
        row = made.an_event(Here(it), capacity=5)
    return it, row


def at_once(asked: list[tuple[str, int, int]]) -> list[str]:
    """Processes that all begin at the same word; everything that they said after it."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, *(str(one) for one in words)], cwd=ROOT, env=dict(os.environ), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for words in asked
    ]  # fmt: skip
    for child in children:
        assert child.stdout.readline() == "ready\n", child.stderr.read()
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    said = []
    for child in children:
        out, errors = child.communicate(timeout=120)
        assert child.returncode == 0, errors
        said += out.split()
    return said


def test_places_are_given_once_however_many_ask_in_the_same_moment(event):
    cast, row = event
    said = at_once([("join", 1000 + 10 * n, 6) for n in range(4)])
    assert said == ["done"] * 24
    with district_scope(cast.minhang):
        states = list(EventSignup.objects.order_by("pk").values_list("state", flat=True))
        assert states == ["in"] * 5 + ["waiting"] * 19, "in the order of their sign-ups"
        row = GuidanceEvent.objects.get()
        assert row.taken == 5
        first = [int(f.phone_tail) for f in EventSignup.objects.filter(state="in")]
    # those with a place cancel while others sign up: every place is taken again, by who waits
    said = at_once([("cancel", number, 1) for number in first[:3]] + [("join", 2000, 4)])
    assert said == ["done"] * 7
    with district_scope(cast.minhang):
        assert EventSignup.objects.filter(state="in").count() == 5 == GuidanceEvent.objects.get().taken
        assert EventSignup.objects.filter(state="in", phone_tail__startswith="2").count() == 0, (
            "who waits is first"
        )
        assert events.SEATED[0] == "in" and EventSignup.objects.filter(moved_up_at__isnull=False).count() == 3


def test_one_phone_gets_one_sign_up_from_two_processes(event):
    cast, _row = event
    said = at_once([("join", 7000, 1)] * 3)
    assert sorted(said) == ["done", "twice", "twice"]
    with district_scope(cast.minhang):
        assert EventSignup.objects.count() == 1 == GuidanceEvent.objects.get().taken
