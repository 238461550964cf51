"""What runs by the clock: every month in order, evidence published when it may be."""

from __future__ import annotations

import logging
from datetime import date

from celery import shared_task
from django.utils import timezone

from inspections.models import Campaign, CaseFile, PlanRehearsal
from inspections.services import (
    campaign_documents,
    case_files,
    device_reports,
    draw_evidence,
    escalations,
    evaluation_decisions,
    grades,
    month,
    orders,
    publication,
    rehearsals,
    result_changes,
    results,
    second_answers,
    watch,
)
from portal.errors import Refused
from portal.tasks import district_task, each_district, ordered

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


@district_task("inspections.make_case_file")
def make_case_file(district, pk: int, *, actor) -> None:
    """The archive that somebody ordered."""
    found = ordered(CaseFile, pk)
    case_files.make(found, actor=actor)


@district_task("inspections.set_campaign_documents")
def set_campaign_documents(district, pk: int, *, actor) -> None:
    """The approval of a campaign, or the paper of its end."""
    campaign_documents.set_documents(ordered(Campaign, pk), actor=actor)


@district_task("inspections.publish_results_due")
def publish_results_due(district, *, actor):
    """Drafts that nobody answered become final, results whose clock runs out are published, what is being changed is
    withdrawn in time, overdue orders climb; deadlines counted before their year's calendar was known."""
    results.settle_clocks(actor=actor)
    result_changes.withdraw_due(actor=actor)
    results.publish_lapsed(actor=actor)
    publication.end_due(actor=actor)
    orders.settle_deadlines(actor=actor)
    escalations.climb_due(actor=actor)


@district_task("inspections.settle_evaluations")
def settle_evaluations(district, *, actor):
    """Results of evaluations that nobody objected to in their days."""
    evaluation_decisions.settle_due(actor=actor)


@district_task("inspections.take_second_answers")
def take_second_answers(district, *, actor):
    """What two phones answered without knowing of each other, for the agreement of inspectors."""
    second_answers.take_from_phones(actor=actor)


@shared_task(name="inspections.publish_results")
def publish_results():
    """Beat's entry: one message per district."""
    each_district(publish_results_due)
    each_district(settle_evaluations)
    each_district(take_second_answers)


@district_task("inspections.rehearse_plan")
def rehearse_plan(district, rehearsal_id, *, actor):
    """The simulated year of a plan that somebody ordered."""
    rehearsals.run(ordered(PlanRehearsal, rehearsal_id), actor=actor)


@district_task("inspections.see_devices")
def see_devices(district, *, actor):
    """Devices that have not been heard of for too long."""
    device_reports.see_silence(actor=actor)


@shared_task(name="inspections.see_all_devices")
def see_all_devices():
    """Beat's entry: one message per district."""
    each_district(see_devices)


@district_task("inspections.see_watch")
def see_watch(district, *, actor):
    """Last week's watch list, and the evidence of those that were looked at."""
    watch.see_weeks(actor=actor)


@shared_task(name="inspections.see_all_watches")
def see_all_watches():
    """Beat's entry: one message per district."""
    each_district(see_watch)


@district_task("inspections.propose_grades")
def propose_grades(district, on="", *, actor):
    """The month's proposals of risk grades, once its day has come.

    on: a day as 2026-03-10, to make up a run that was missed; today if empty.
    """
    try:
        on = date.fromisoformat(on) if on else timezone.localdate()
    except (TypeError, ValueError):
        raise Refused(f"{on!r} is no day", field="on", code="day") from None
    grades.propose_due(on=on, actor=actor)


@shared_task(name="inspections.propose_all_grades")
def propose_all_grades():
    """Beat's entry: one message per district."""
    each_district(propose_grades)
