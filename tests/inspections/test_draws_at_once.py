"""Many workers at once, and a worker that is killed in the middle: afterwards as if it happened once."""

import os
import subprocess
import sys
from datetime import date, timedelta

import pytest
from django.utils import timezone

from inspections.models import Draw, DrawChain, Inspection, InspectionPlan, PublicRecord, Scheme, TeamMember
from inspections.services import draw_entropy, draws, freezing, month
from portal.celery import app as celery
from portal.models import AuditEntry
from portal.services.numbers import next_number
from tests.inspections import small_district
from tests.inspections.small_district import CODE, THROWS
from tests.world import ROOT, wait_for

ASK = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
django.setup()
from inspections.models import Draw, Scheme
from inspections.services import draw_evidence, draws, freezing
from portal.access import Actor
from portal.models import District, User
from portal.tenancy import district_scope
district = District.objects.get(pk={code})
print("ready", flush=True)
sys.stdin.readline()
with district_scope(district):
    actor = Actor.of(User.objects.get(username="small-head"), district)
    system = Actor.system(district, "test")
    what = sys.argv[1]
    if what == "freeze":
        freezing.freeze(Scheme.objects.get(), {year}, {month}, actor=system)
    elif what == "confirm":
        draws.confirm_and_draw(Draw.objects.get(), actor=actor)
    else:
        draw_evidence.publish_due(actor=system)
"""


@pytest.fixture
def small(world):
    it = small_district.make(last_day=1, window_days=1)
    today = timezone.localdate()
    with it.scope():
        InspectionPlan.objects.update(year=today.year - 1, published_on=today - timedelta(days=400))
    return it


def at_once(what: str, processes: int = 4) -> None:
    """Real processes that all ask in the same moment."""
    today = timezone.localdate()
    year, number = month.months_to_see(today)[1]
    script = ASK.format(code=CODE, year=year, month=number)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", script, what], cwd=ROOT, env=dict(os.environ), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(processes)
    ]  # fmt: skip
    for child in children:
        assert child.stdout.readline() == "ready\n", child.stderr.read()
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        _out, errors = child.communicate(timeout=120)
        assert child.returncode == 0, errors


def test_processes_at_once_freeze_draw_and_publish_once(small):
    at_once("freeze")
    with small.scope():
        draw = Draw.objects.get()
        assert DrawChain.objects.count() == 1
        draw_entropy.enter_witness(draw, source="witness", value=THROWS[1], actor=small.actor("bureau"))
    at_once("confirm")
    with small.scope():
        draw = Draw.objects.get()
        assert draw.state == "drawn" and draws.differences(draw) == []
        assert AuditEntry.objects.filter(action="inspections.draw.draw").count() == 1
        numbers = sorted(Inspection.objects.values_list("number", flat=True))
        assert [n.split("-")[-1] for n in numbers] == [f"{n:03d}" for n in range(1, len(numbers) + 1)]
        small.finish_all(draw, timezone.localdate())
    at_once("publish")
    with small.scope():
        assert Draw.objects.get().state == "published"
        kinds = sorted(PublicRecord.objects.values_list("kind", flat=True))
        assert kinds == ["anchor", "evidence", "evidence_hash", "frozen"]


def test_a_crash_between_the_steps_leaves_what_the_next_run_goes_on_from(small):
    today = timezone.localdate()
    year, number = month.months_to_see(today)[1]
    with pytest.raises(ZeroDivisionError), small.scope():
        freezing.freeze(small.scheme, year, number, actor=small.actor())
        raise ZeroDivisionError
    with small.scope():
        assert (
            not Draw.objects.exists() and not DrawChain.objects.exists() and not PublicRecord.objects.exists()
        )
        draw = freezing.freeze(small.scheme, year, number, actor=small.actor())
        draw_entropy.enter_witness(draw, source="witness", value=THROWS[1], actor=small.actor("bureau"))
    with pytest.raises(ZeroDivisionError), small.scope():
        draws.confirm_and_draw(draw, actor=small.actor("head"))
        raise ZeroDivisionError
    with small.scope():
        assert Draw.objects.get().state == "witnessed" and not Inspection.objects.exists()
        assert not PublicRecord.objects.filter(kind="evidence_hash").exists()
        assert draws.confirm_and_draw(draw, actor=small.actor("head")).state == "drawn"
        number_of_visits = Inspection.objects.count()
        assert Inspection.objects.order_by("number").first().number.endswith("-001")
        assert number_of_visits == len(set(Inspection.objects.values_list("facility_id", flat=True)))


@pytest.mark.long
def test_a_worker_killed_in_the_middle_of_drawing(small, world):
    """The worker waits in the middle of its transaction for a number that another one holds, and dies there."""
    today = timezone.localdate()
    year, number = today.year, today.month
    on = date(year, number, 28)
    with small.scope():
        Scheme.objects.update(chained_allowed=True)
        before = small_district.moment(date(year, number, 1) - timedelta(days=10))
        draw = freezing.freeze(small.scheme, year, number, actor=small.actor(), at=before)
        assert month.may_draw_chained(Draw.objects.get(pk=draw.pk), on)
        series = f"JC-{year % 100:02d}{number:02d}"
        next_number(series)
    with world.superuser() as other:
        other.execute("BEGIN")
        other.execute("SELECT last FROM portal_series WHERE name = %s FOR UPDATE", [series])
        worker = world.start_worker(TASK_VISIBILITY_SECONDS="2")
        celery.send_task("inspections.see_month", args=[small.district.pk, on.isoformat()])
        wait_for(lambda: waits_for_lock(world), 180, what="the worker in the middle of its draw")
        worker.kill()
        other.execute("ROLLBACK")
    with small.scope():
        assert Draw.objects.get(year=year, month=number).state == "frozen"
        assert (
            not Inspection.objects.exists() and not PublicRecord.objects.filter(kind="evidence_hash").exists()
        )

    world.start_worker(TASK_VISIBILITY_SECONDS="2")

    def drawn():
        with small.scope():
            return Draw.objects.filter(year=year, month=number, state="drawn").exists()

    wait_for(drawn, 240, "the message to come again")
    with small.scope():
        draw = Draw.objects.get(year=year, month=number)
        assert draws.differences(draw) == []
        assert PublicRecord.objects.filter(kind="evidence_hash").count() == 1
        visits = Inspection.objects.filter(draw=draw)
        assert visits.count() == len(set(visits.values_list("facility_id", flat=True))) > 0
        assert [v.number for v in visits.order_by("position")] == [
            f"{series}-{n:03d}" for n in range(2, visits.count() + 2)
        ]
        assert TeamMember.objects.filter(inspection__in=visits).count() == 2 * visits.count()


def waits_for_lock(world) -> bool:
    with world.superuser() as other:
        rows = other.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone()
    return rows[0] > 0
