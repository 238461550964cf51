"""Quarters, who owes a report, and what stands in a cell of the matrix: plain values, no database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from portal.rules.machine import marked

LEAD, SUPPORT = "lead", "support"
#: states in which a report counts as given
GIVEN = ("submitted", "accepted")


#: How a note of a document speaks of its key projects.
KEY_PROJECTS = "重点项目"  # content


def key_projects_lost(notes: Iterable[str]) -> bool:
    """Whether the paper marks its key projects and the copy does not show which: a note of the document says so."""
    return any(KEY_PROJECTS in note for note in notes)


def quarter_of(day: date) -> tuple[int, int]:
    return day.year, (day.month + 2) // 3


def quarter_dates(year: int, quarter: int) -> tuple[date, date]:
    """First and last day. ValueError unless 1 <= quarter <= 4."""
    if quarter not in (1, 2, 3, 4):
        raise ValueError(quarter)
    first = date(year, 3 * quarter - 2, 1)
    following = date(year + quarter // 4, 3 * quarter % 12 + 1, 1)
    return first, following - timedelta(days=1)


def takes_reports_until(ends_on: date) -> date:
    """A round takes reports, late ones too, until the next quarter is over."""
    year, quarter = quarter_of(ends_on + timedelta(days=1))
    return quarter_dates(year, quarter)[1]


def day_of(reporting_round, on: date) -> date:
    """The day whose tasks a round is about as it is seen on the day `on`: today within it, else its first or last."""
    return max(reporting_round.starts_on, min(on, reporting_round.ends_on))


#: What happens by itself around a round's due day, in order: key -> (parameter with the working days, before or after
#: the due day, whom it reaches).
RUNGS = {
    "soon": ("task.remind_before", -1, marked("提醒还没有报齐的单位")),
    "unit": ("task.remind_after", 1, marked("催逾期的单位")),
    "bureau": ("task.escalate_bureau", 1, marked("报区教育局")),
    "leaders": ("task.escalate_leaders", 1, marked("报单位负责人")),
}


def rung_days(
    due_on: date, working_days: Mapping[str, int], add: Callable[[date, int], date]
) -> dict[str, date]:
    """The day of each rung whose number is known. `working_days`: by rung; `add` counts working days on or back."""
    return {
        key: add(due_on, sign * working_days[key])
        for key, (_parameter, sign, _words) in RUNGS.items()
        if key in working_days
    }


@dataclass(frozen=True)
class Link:
    """A unit as the document names it for a task."""

    task: int
    unit: int
    role: str


@dataclass(frozen=True)
class Given:
    """The latest report of a unit on a task: its per cent, and whether it is of the round asked about."""

    percent: int | None
    this_round: bool


@dataclass
class Cell:
    """What one named unit shows for one task; of a collective, its members together.

    `percent` is the mean of what the members last reported, None where none has, and `told` how many have; `owed` and
    `given` count the reports of this round; `known` is False where nobody can owe because the members are not listed.
    """

    role: str
    percent: int | None = None
    told: int = 0
    owed: int = 0
    given: int = 0
    late: bool = False
    known: bool = True

    @property
    def lead(self) -> bool:
        return self.role == LEAD


@dataclass
class Row:
    task: int
    cells: dict[int, Cell] = field(default_factory=dict)
    mean: int | None = None
    gap: str = ""  # '', none (nobody named), lead, support
    overdue: bool = False  # a decision whose day is over and that is not settled

    @property
    def late(self) -> bool:
        return self.overdue or any(cell.late for cell in self.cells.values())


def mean(values: Iterable[int | None]) -> int | None:
    """The rounded mean of what is known."""
    known = [v for v in values if v is not None]
    return round(sum(known) / len(known)) if known else None


def owing(
    links: Iterable[Link], members: Mapping[int, list[int]], collective: set[int]
) -> set[tuple[int, int]]:
    """(task, unit) of every report of a round: units named, of a collective each member; unknown members owe nothing."""
    found = set()
    for link in links:
        if link.unit in collective:
            found |= {(link.task, member) for member in members.get(link.unit, ())}
        else:
            found.add((link.task, link.unit))
    return found


def matrix(
    tasks: Iterable[int],
    links: Iterable[Link],
    members: Mapping[int, list[int]],
    collective: set[int],
    given: Mapping[tuple[int, int], Given],
    *,
    overdue: bool,
) -> dict[int, Row]:
    """One row per task; `overdue`: the round's due day is over."""
    rows = {task: Row(task) for task in tasks}
    for link in links:
        row = rows.get(link.task)
        if row is None:
            continue
        units = members.get(link.unit, []) if link.unit in collective else [link.unit]
        reports = [given.get((link.task, unit)) for unit in units]
        in_round = sum(report is not None and report.this_round for report in reports)
        row.cells[link.unit] = Cell(
            role=LEAD if LEAD in (link.role, row.cells.get(link.unit, link).role) else SUPPORT,
            percent=mean(report.percent for report in reports if report is not None),
            told=sum(report is not None and report.percent is not None for report in reports),
            owed=len(units),
            given=in_round,
            late=overdue and in_round < len(units),
            known=bool(units),
        )
    for row in rows.values():
        roles = {cell.role for cell in row.cells.values()}
        row.mean = mean(cell.percent for cell in row.cells.values())
        if not roles:
            row.gap = "none"
        elif LEAD not in roles:
            row.gap = "lead"
        elif SUPPORT not in roles:
            row.gap = "support"
    return rows


def column_told(rows: Iterable[Row]) -> dict[int, int]:
    """Of each unit, of which per cent of its tasks, and of its members, the mean is; cut down, so that 100 is all."""
    told: dict[int, int] = {}
    owed: dict[int, int] = {}
    for row in rows:
        for unit, cell in row.cells.items():
            told[unit] = told.get(unit, 0) + cell.told
            owed[unit] = owed.get(unit, 0) + cell.owed
    return {unit: 100 * told[unit] // owed[unit] for unit in owed if owed[unit]}


def column_means(rows: Iterable[Row]) -> dict[int, int | None]:
    """Of each unit, the mean over its tasks."""
    values: dict[int, list] = {}
    for row in rows:
        for unit, cell in row.cells.items():
            values.setdefault(unit, []).append(cell.percent)
    return {unit: mean(percents) for unit, percents in values.items()}
