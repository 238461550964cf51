"""Clocks of filings in working days: counted again when a year's calendar is known, told of once before and at the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet
from django.utils import timezone

from facilities.models import Filing, FilingEscalation, FilingSignature
from facilities.rules.filings import CLOCK_OF, stage
from facilities.services.filings import due
from portal import calendar
from portal.access import Actor
from portal.services import audit


@dataclass(frozen=True)
class Clock:
    """One that runs: of a filing, or of a department's signature."""

    filing: Filing
    name: str
    due_on: date
    signature: FilingSignature | None = None

    def stage(self, on: date) -> str:
        return stage(self.due_on, on, lambda day: calendar.add_working_days(day, -1))


def running(filings: QuerySet) -> list[Clock]:
    """The clocks that run in these filings, the first to end first."""
    rows = list(filings.filter(state__in=CLOCK_OF, clock_due__isnull=False).select_related("street"))
    clocks = [Clock(row, CLOCK_OF[row.state], row.clock_due) for row in rows]
    received = {row.pk: row for row in rows if row.state == "received"}
    open_ones = FilingSignature.objects.filter(filing__in=received, state="asked").select_related("unit")
    clocks += [Clock(received[s.filing_id], "sign", s.due_on, s) for s in open_ones]
    return sorted(clocks, key=lambda clock: (clock.due_on, clock.filing.pk))


def began_on(clock: Clock) -> date | None:
    row = clock.filing
    if clock.signature is not None:
        return clock.signature.asked_on
    if clock.name == "hearing":
        return row.sent_on
    return row.sent_on if clock.name == "receipt" else row.received_on


def settle_deadlines(*, actor: Actor) -> int:
    """Deadlines counted before their year's calendar was known, counted again; never to an earlier day."""
    settled = 0
    for clock in running(Filing.objects.all()):
        begin = began_on(clock)
        again = due(clock.name, begin) if begin else clock.due_on
        if again <= clock.due_on:
            continue
        row, field = (clock.signature, "due_on") if clock.signature else (clock.filing, "clock_due")
        setattr(row, field, again)
        row.save(update_fields=[field])
        audit.record(
            "facilities.filing.settle", clock.filing, actor=actor,
            changes={"clock": clock.name, "due": [clock.due_on.isoformat(), again.isoformat()]},
        )  # fmt: skip
        settled += 1
    return settled


def see_filings(
    *, on: date | None = None, actor: Actor, now: datetime | None = None
) -> list[FilingEscalation]:
    """Escalates each clock once on the working day before its end and once at the breach; twice the same day changes
    nothing. The queues of today show what waits by the clocks themselves, the head's by these rows."""
    now = now or timezone.now()
    on = on or timezone.localdate(now)
    settle_deadlines(actor=actor)
    made = []
    for clock in running(Filing.objects.all()):
        reached = clock.stage(on)
        if not reached:
            continue
        row, new = FilingEscalation.objects.get_or_create(
            filing=clock.filing, signature=clock.signature, clock=clock.name, stage=reached,
            due_on=clock.due_on, defaults={"at": now},
        )  # fmt: skip
        if new:
            made.append(row)
            audit.record(
                "facilities.filing.escalate", clock.filing, actor=actor,
                changes={
                    "clock": clock.name, "stage": reached, "due": clock.due_on.isoformat(),
                    "unit": clock.signature.unit.name if clock.signature else "",
                },
            )  # fmt: skip
    return made
