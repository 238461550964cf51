"""What runs by the clock: every month in order, evidence published when it may be."""

from __future__ import annotations

import logging
from datetime import date

from celery import shared_task
from django.utils import timezone

from inspections.services import draw_evidence, month, orders, results
from portal.errors import Refused
from portal.tasks import district_task, each_district

log = logging.getLogger(__name__)


@district_task("inspections.see_month")
def see_month(district, on="", *, actor):
    """This month and the next of a district, earlier ones that wait, from 1 December the next year's chains.

    on: a day as 2026-03-02, to make up a run that was missed; today if empty.
    """
    try:
        on = date.fromisoformat(on) if on else timezone.localdate()
    except (TypeError, ValueError):
        raise Refused(f"{on!r} is no day", field="on", code="day") from None
    month.see_chains(on=on, actor=actor)
    for year, number in [*month.months_left_open(on), *month.months_to_see(on)]:
        for one in month.see_month(district, year, number, on=on, actor=actor):
            for what in one.did:
                log.info("%s %s %d-%02d: %s", district.slug, one.scheme.key, year, number, what)


@district_task("inspections.publish_due")
def publish_due(district, *, actor):
    """Evidence whose last visit was made or struck off; queued by the end of a visit, and hourly."""
    draw_evidence.publish_due(actor=actor)


@shared_task(name="inspections.see_months")
def see_months():
    """Beat's entry: one message per district."""
    each_district(see_month)
    each_district(publish_due)


@district_task("inspections.publish_results_due")
def publish_results_due(district, *, actor):
    """Results whose publication clock runs out today; deadlines counted before their year's calendar was known."""
    results.settle_clocks(actor=actor)
    results.publish_lapsed(actor=actor)
    orders.settle_deadlines(actor=actor)


@shared_task(name="inspections.publish_results")
def publish_results():
    """Beat's entry: one message per district."""
    each_district(publish_results_due)
