"""Publication of results: by hand, or by itself when the publication clock runs out."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import F
from django.utils import timezone

from inspections.models import Inspection
from inspections.rules.states import INSPECTION
from inspections.services.answers import lock
from portal import calendar
from portal.access import Actor
from portal.services import audit, parameters
from portal.services.steps import step

PUBLICATION_DAYS = "publication.result_days"


def publish_result(inspection: Inspection, *, actor: Actor, now: datetime | None = None) -> Inspection:
    """Makes the result of a finished visit public, with its findings; published already, nothing changes."""
    actor.demand("result.publish")
    inspection = lock(inspection)
    if inspection.state == "published":
        return inspection
    before, inspection.state = inspection.state, step(INSPECTION, inspection, "publish")
    inspection.published_at = now or timezone.now()
    inspection.version += 1
    inspection.save(update_fields=["state", "published_at", "version"])
    inspection.findings.update(published=True)
    audit.record(
        "inspections.result.publish",
        inspection,
        actor=actor,
        changes={"state": [before, inspection.state], "publish_by": inspection.publish_by.isoformat()},
    )
    return inspection


def publish_lapsed(*, actor: Actor, on: date | None = None, now: datetime | None = None) -> int:
    """Publishes every result whose clock runs out on the day `on` or did before; returns how many."""
    now = now or timezone.now()
    on = on or timezone.localdate(now)
    due = Inspection.objects.filter(state="finished", publish_by__lte=on).order_by("publish_by", "pk")
    for inspection in due:
        publish_result(inspection, actor=actor, now=now)
    return len(due)


def settle_clocks(*, actor: Actor) -> int:
    """Counts publication clocks over a year's turn again that were set before the new year's calendar was known;
    none ever becomes shorter. Returns how many moved."""
    actor.demand("result.publish")
    moved = 0
    waiting = Inspection.objects.filter(state="finished", finished_on__year__lt=F("publish_by__year"))
    for inspection in waiting.select_for_update(no_key=True):
        days = parameters.value(PUBLICATION_DAYS, inspection.finished_on)
        counted = calendar.add_working_days(inspection.finished_on, days)
        if counted <= inspection.publish_by or not calendar.is_known(counted.year):
            continue
        before, inspection.publish_by = inspection.publish_by, counted
        inspection.version += 1
        inspection.save(update_fields=["publish_by", "version"])
        audit.record(
            "inspections.result.settle_clock",
            inspection,
            actor=actor,
            changes={"publish_by": [before.isoformat(), counted.isoformat()]},
        )
        moved += 1
    return moved
