"""Many progress reports at once, for the demonstration and later for imports: the rules of tasks.py, one audit
entry for the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.models.places import Unit
from portal.services import audit
from portal.services.bulk import BATCH
from portal.services.steps import step
from targets.models.tasks import ProgressReport, ReportingRound, Task
from targets.rules.states import PROGRESS
from targets.services import rounds, tasks


@dataclass(frozen=True)
class Handed:
    """What a unit handed in on a task in a round on the day `on`; `by`: who of the unit."""

    round: ReportingRound
    task: Task
    unit: Unit
    percent: int
    text: str
    on: date
    by: object = None


def submit_many(rows: Sequence[Handed], *, actor: Actor) -> list[ProgressReport]:
    """Reports that were handed in. Refused for one that nobody owes, a round that took none on that day, a wrong
    percentage or text; Conflict when one is there already. Then nothing is written."""
    actor.demand("task.report")
    if not actor.process:
        raise Refused(_("成批录入只在命令里做"), code="process")
    owed = rounds.owing()
    made = []
    for row in rows:
        if (row.task.pk, row.unit.pk) not in owed:
            raise Refused(
                _("任务 %(number)s 没有分给%(unit)s") % {"number": row.task.number, "unit": row.unit.name},
                field="unit",
                code="not_owed",
            )
        tasks.demand_open(row.round, row.on)
        percent, text = tasks.checked(row.percent, row.text, complete=True)
        made.append(
            ProgressReport(
                round=row.round,
                task=row.task,
                unit=row.unit,
                state=PROGRESS.next_state(PROGRESS.initial, "submit"),
                percent=percent,
                text=text,
                submitted_on=row.on,
                submitted_by=row.by,
                version=1,
            )
        )
    there = ProgressReport.objects.filter(round__in={row.round for row in rows})
    known = set(there.values_list("round_id", "task_id", "unit_id"))
    if any((one.round_id, one.task_id, one.unit_id) in known for one in made):
        raise Conflict(_("有一份已经报过"), code="twice")
    ProgressReport.objects.bulk_create(made, batch_size=BATCH)
    _told("targets.progress.submit_many", actor, len(made))
    return made


def accept_many(reports: Sequence[ProgressReport], *, actor: Actor) -> int:
    """The bureau takes reports that were handed in."""
    actor.demand("task.remind")
    for report in reports:
        report.state = step(PROGRESS, report, "accept")
        report.version += 1
    ProgressReport.objects.bulk_update(reports, ["state", "version"], batch_size=500)
    _told("targets.progress.accept_many", actor, len(reports))
    return len(reports)


def _told(action: str, actor: Actor, count: int) -> None:
    audit.record(action, None, actor=actor, name=_("%(n)d 份进展") % {"n": count}, changes={"count": count})
