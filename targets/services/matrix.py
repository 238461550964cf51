"""The task matrix of a round as the page shows it: read in a constant number of queries, computed by the rules."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from portal.models.places import Unit
from targets.models.tasks import ProgressReport, ReportingRound, Task, TaskUnit
from targets.rules import tasks as rules
from targets.services.rounds import members


@dataclass
class MatrixPage:
    """`rows` in the order of the document; `names`: what the document calls a unit in a task."""

    round: ReportingRound | None
    tasks: list[Task]
    columns: list[Unit]
    rows: dict[int, rules.Row]
    members: dict[int, list[int]]
    names: dict[tuple[int, int], str] = field(default_factory=dict)
    #: how many reports of this round each unit still owes
    owing: Counter = field(default_factory=Counter)

    @property
    def means(self) -> dict[int, int | None]:
        return rules.column_means(self.rows.values())

    @property
    def gaps(self) -> list[Task]:
        """Tasks for which the document names nobody, or no lead."""
        return [t for t in self.tasks if self.rows[t.pk].gap in ("none", "lead")]

    def own(self, units: set[int]) -> dict[int, list[int]]:
        """task -> columns of it that are one of these units, or a collective of which one is a member."""
        found: dict[int, list[int]] = {}
        for task in self.tasks:
            mine = [
                column
                for column in self.rows[task.pk].cells
                if column in units or units & set(self.members.get(column, ()))
            ]
            if mine:
                found[task.pk] = mine
        return found


def column_order(unit: Unit) -> tuple:
    """Departments first, then streets and what stands for many."""
    return unit.collective or unit.street_id is not None, unit.position


def matrix_page(reporting_round: ReportingRound | None, *, on: date) -> MatrixPage:
    """All tasks of the district with the latest reports until a round; without a round nothing is reported yet."""
    day = rules.day_of(reporting_round, on) if reporting_round is not None else on
    tasks = list(
        Task.objects.current(day)
        .select_related("document", "clause")
        .order_by("document__key", "origin", "number")
    )
    tasks.sort(
        key=lambda task: task.origin == Task.Origin.DECISION
    )  # plans first, then what meetings decided
    named = list(TaskUnit.objects.filter(task__in=tasks).select_related("unit").order_by("pk"))
    units = {link.unit_id: link.unit for link in named}
    collective = {pk for pk, unit in units.items() if unit.collective}
    all_members = members()
    given = {}
    if reporting_round is not None:
        reports = ProgressReport.objects.latest_until(reporting_round)
        given = {
            (task, unit): rules.Given(percent, of_round == reporting_round.pk)
            for task, unit, percent, of_round in reports.values_list(
                "task_id", "unit_id", "percent", "round_id"
            )
        }
    duties = {task.pk for task in tasks if task.origin != Task.Origin.TABLE}
    links = [rules.Link(link.task_id, link.unit_id, link.role) for link in named]
    rows = rules.matrix(
        [task.pk for task in tasks],
        links,
        all_members,
        collective,
        given,
        overdue=reporting_round is not None and on > reporting_round.due_on,
    )
    for pk in duties:  # a document without a table names no supporting units by nature
        if rows[pk].gap == "support":
            rows[pk].gap = ""
    for task in tasks:
        rows[task.pk].overdue = task.due_on is not None and task.due_on < on
    in_round = {key for key, report in given.items() if report.this_round}
    owed = rules.owing(links, all_members, collective) if reporting_round is not None else set()
    return MatrixPage(
        round=reporting_round,
        tasks=tasks,
        columns=sorted(units.values(), key=column_order),
        rows=rows,
        members=all_members,
        owing=Counter(unit for _task, unit in owed - in_round),
        names={(link.task_id, link.unit_id): link.name for link in named},
    )
