"""Publication of results: by hand, or by itself when the publication clock runs out."""

from __future__ import annotations

import logging
from datetime import date, datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from inspections.models import Inspection
from inspections.rules.states import INSPECTION
from inspections.services import publication
from inspections.services.answers import lock
from inspections.services.result_reviews import demand_final, lapse_due
from portal import calendar
from portal.access import Actor
from portal.errors import Refused
from portal.services import audit, parameters
from portal.services.steps import step

log = logging.getLogger(__name__)

PUBLICATION_DAYS = "publication.result_days"


def publish_result(inspection: Inspection, *, actor: Actor, now: datetime | None = None) -> Inspection:
    """Makes the final result of a finished visit public, with the findings that stand; published already, nothing
    changes. Conflict while the facility may still answer, has an objection undecided, or the result is being changed.
    """
    actor.demand("result.publish")
    inspection = lock(inspection)
    if inspection.state == "published":
        return inspection
    now = now or timezone.now()
    before, state = inspection.state, step(INSPECTION, inspection, "publish")
    on = timezone.localdate(now)
    review = demand_final(inspection, on=on, actor=actor, now=now)
    publication.demand_no_personal_data(inspection)
    inspection.state, inspection.published_at = state, now
    if (
        inspection.publish_until is None
    ):  # once: what is published again after a correction ends on the same day
        inspection.publish_until = publication.last_day(on)
    inspection.version += 1
    inspection.save(update_fields=["state", "published_at", "publish_until", "version"])
    publication.log(
        review, "corrected" if review.latest > 1 and publication.went(review) else "published", at=now
    )
    inspection.findings.exclude(state="withdrawn").update(published=True)
    audit.record(
        "inspections.result.publish",
        inspection,
        actor=actor,
        changes={"state": [before, inspection.state], "publish_by": inspection.publish_by.isoformat()},
    )
    return inspection


def publish_lapsed(*, actor: Actor, on: date | None = None, now: datetime | None = None) -> int:
    """Publishes every final result whose clock runs out on the day `on` or did before; returns how many.

    What something stands against (an objection undecided, a change under way) waits, with a red light.
    """
    now = now or timezone.now()
    on = on or timezone.localdate(now)
    lapse_due(actor=actor, on=on, now=now)
    due = Inspection.objects.filter(state="finished", publish_by__lte=on, review__state="final")
    count = 0
    for inspection in due.order_by("publish_by", "pk"):
        try:
            with transaction.atomic():
                publish_result(inspection, actor=actor, now=now)
        except Refused as refused:  # one that holds somebody's number must not hold up the others
            log.warning("%s: %s", inspection.number, refused.message)
            continue
        count += 1
    return count


def withdraw_result(
    inspection: Inspection, *, reason: str, actor: Actor, now: datetime | None = None
) -> Inspection:
    """Takes a result that is being changed out of the public's sight; not public, nothing changes. The public log
    says that it went, and why (publication.py). `reason`: of rules.states.CHANGE_REASONS."""
    inspection = lock(inspection)
    if inspection.state != "published":
        return inspection
    before, inspection.state = inspection.state, step(INSPECTION, inspection, "withdraw")
    inspection.published_at = None
    inspection.version += 1
    inspection.save(update_fields=["state", "published_at", "version"])
    inspection.findings.update(published=False)
    publication.log(inspection.review, "withdrawn", at=now or timezone.now(), reason_kind=reason)
    audit.record(
        "inspections.result.withdraw",
        inspection,
        actor=actor,
        changes={"state": [before, inspection.state], "reason": reason},
    )
    return inspection


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
