"""Progress reports in bulk: what nobody owes, what is there already and what came too late is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.models import District, Unit
from portal.tenancy import district_scope
from targets.models.tasks import ProgressReport, Task
from targets.services import bulk, rounds

pytestmark = pytest.mark.django_db
DAY = date(2026, 4, 8)


@pytest.fixture
def handed():
    """One report that somebody owes, in the first quarter of 2026."""
    minhang = District.objects.get(slug="minhang")
    with district_scope(minhang):
        actor = Actor.system(minhang, "test")
        task, unit = min(rounds.owing())
        yield (
            bulk.Handed(
                rounds.open_round(2026, 1, actor=actor),
                Task.objects.get(pk=task),
                Unit.objects.get(pk=unit),
                40,
                "做了一半",
                DAY,
            ),
            actor,
        )


def test_handed_in_and_taken(handed):
    row, actor = handed
    made = bulk.submit_many([row], actor=actor)
    assert bulk.accept_many(made, actor=actor) == 1
    report = ProgressReport.objects.get()
    assert (report.state, report.percent, report.submitted_on, report.version) == ("accepted", 40, DAY, 2)
    with pytest.raises(Conflict):
        bulk.submit_many([row], actor=actor)
    with pytest.raises(Conflict):
        bulk.accept_many([report], actor=actor)


def test_what_cannot_be_handed_in(handed):
    row, actor = handed
    stranger = Unit.objects.exclude(pk__in={unit for _task, unit in rounds.owing()}).first()
    for wrong in (
        {"unit": stranger},
        {"percent": 101},
        {"text": " "},
        {"on": date(2025, 12, 31)},
        {"on": date(2026, 7, 1)},
    ):
        with pytest.raises(Refused):
            bulk.submit_many([row, replace(row, **wrong)], actor=actor)
    assert not ProgressReport.objects.exists()
