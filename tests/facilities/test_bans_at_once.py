"""A hire and a ban in the same moment, in two districts and two processes: whoever comes second knows of the first."""

import os
import subprocess
import sys

import pytest

from facilities.models import Employment
from facilities.queues.people import barred
from facilities.services import bans
from portal.tenancy import district_scope
from tests import cast as casting
from tests.facilities.factories import identity
from tests.facilities.test_passport import jinshan_head, propose
from tests.world import ROOT, wait_for

SCRIPT = """
import os, sys, datetime, django
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
django.setup()
from facilities.models import BanDecision, Facility
from facilities.services import bans, staff
from portal.access import Actor
from portal.errors import Refused
from portal.models import District, User
from portal.tenancy import district_scope
what, today = sys.argv[1], datetime.date.today()
day = datetime.timedelta(1)
try:
    if what == "ban":
        district = District.objects.get(slug="minhang")
        with district_scope(district):
            actor = Actor.of(User.objects.get(username="cast-head"), district)
            bans.confirm_ban(BanDecision.objects.get(), actor=actor)
            print("done", flush=True)
            sys.stdin.readline()
    else:
        district = District.objects.get(slug="jinshan")
        with district_scope(district):
            actor = Actor.of(User.objects.get(username="cast-stranger"), district)
            staff.hire(
                Facility.objects.get(code="TS9001"), actor=actor, name="示例周", identity=sys.argv[2], post="other",
                starts_on=today, checked_on=today - day,
                health_check={"number": "JK1", "issued_on": today - day, "valid_until": today + 99 * day},
            )
            print("done", flush=True)
            sys.stdin.readline()
    print("kept", flush=True)
except Refused as refused:
    print(refused.code, flush=True)
"""


def child(what: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, what, identity(7)], cwd=ROOT, env=dict(os.environ), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.fixture
def cast(world):
    it = casting.make()
    with district_scope(it.minhang):
        propose(it)
    return it


def waits(world) -> bool:
    with world.superuser() as connection:
        return connection.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        ).fetchone()[0]


def both(world, first: str, second: str) -> list[str]:
    """The first one did it and has not ended yet when the second one asks; what each said last."""
    one = child(first)
    assert one.stdout.readline() == "done\n", one.stderr.read()
    two = child(second)
    wait_for(lambda: waits(world), what=f"the {second} to wait for the {first}")
    words = []
    for process in (one, two):
        out, errors = process.communicate("go\n", timeout=120)
        assert process.returncode == 0, errors
        words.append(out.split()[-1])
    return words


def test_a_hire_that_comes_while_a_ban_is_laid_loses(cast, world):
    assert both(world, "ban", "hire") == ["kept", "not_hirable"]
    with district_scope(cast.jinshan):
        assert not Employment.objects.exists()


@pytest.mark.long
def test_a_ban_waits_for_a_hire_that_came_first_and_the_other_district_is_told(cast, world):
    assert both(world, "hire", "ban") == ["kept", "kept"]
    with district_scope(cast.jinshan):
        jinshan_head(cast)
        assert [w.state for w in barred(cast.actor("stranger"))] == ["bad"]
        assert Employment.objects.get().ends_on is None
    with district_scope(cast.minhang):
        assert [d.state for d in bans.BanDecision.objects.all()] == ["confirmed"]
