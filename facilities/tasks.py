"""What runs by the clock in the register."""

from __future__ import annotations

from datetime import date

from celery import shared_task
from django.utils import timezone

from facilities.services import filing_clocks
from portal.errors import Refused
from portal.tasks import district_task, each_district


@district_task("facilities.see_filings")
def see_filings(district, on="", *, actor):
    """Clocks of filings that end tomorrow or are over. on: a day as 2026-03-02, today if empty."""
    try:
        day = date.fromisoformat(on) if on else timezone.localdate()
    except (TypeError, ValueError):
        raise Refused(f"{on!r} is no day", field="on", code="day") from None
    filing_clocks.see_filings(on=day, actor=actor)


@shared_task(name="facilities.see_all_filings")
def see_all_filings():
    """Beat's entry: one message per district."""
    each_district(see_filings)
