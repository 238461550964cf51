"""The figures of each month that is over and of the year so far, kept as snapshots."""

from __future__ import annotations

from datetime import timedelta

from targets.demonstration.calendar import at, months
from targets.demonstration.crew import Crew
from targets.demonstration.stages import Terms
from targets.services import rollup


def make(terms: Terms, crew: Crew) -> str:
    history, last, present = months(terms.today)
    count = 0
    for month in (*history, last):
        day = month.last + timedelta(1)
        period = rollup.period_of(month.year, month.number, on=day)
        rollup.roll_up(period, actor=crew.system, now=at(day, 3))
        count += 1
    now = at(terms.today, 0, 5)
    rollup.roll_up(rollup.period_of(present.year, present.number, on=terms.today), actor=crew.system, now=now)
    rollup.roll_up(rollup.period_of(present.year, None, on=terms.today), actor=crew.system, now=now)
    return f"{count + 2} 次汇总"
