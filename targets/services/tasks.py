"""Progress reports: a unit writes, hands in; the bureau takes or sends back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models.places import Unit
from portal.models.records import AuditEntry
from portal.rules.rights import Reach
from portal.services import audit
from portal.services.files import store_papers
from portal.services.steps import step
from targets.models.tasks import ProgressFile, ProgressReport, ReportingRound, Task, TaskUnit
from targets.rules import tasks as rules
from targets.rules.states import PROGRESS

MOST_FILES = 10
LONGEST_TEXT = 2000


def subject(report: ProgressReport) -> str:
    return f"{report.round} {report.task.number} {report.unit}"


def last_change(report: ProgressReport) -> AuditEntry | None:
    return (
        AuditEntry.objects.filter(subject_type="targets.progressreport", subject_id=report.pk)
        .order_by("-pk")
        .first()
    )


def not_stale(report: ProgressReport, version: int) -> None:
    """Conflict that says who changed what, and when, unless the person saw the present version."""
    if version == report.version:
        return
    entry = last_change(report)
    raise Conflict(
        _("%(who)s %(when)s 改过这一份（现在是“%(state)s”，进度 %(percent)s）。刷新后看最新的内容，再写你的")
        % {
            "who": entry.actor if entry else _("有人"),
            "when": timezone.localtime(entry.at).strftime("%m-%d %H:%M") if entry else "",
            "state": _(PROGRESS.states[report.state]),
            "percent": "—" if report.percent is None else f"{report.percent}%",
        },
        code="stale",
        version=report.version,
    )


def demand_unit(unit: Unit, *, actor: Actor) -> None:
    actor.demand("task.report")
    if Reach.ALL not in actor.reaches("task.report") and unit.pk not in actor.listed(Reach.UNIT):
        raise Denied(
            _("%(unit)s 不是你的单位，进展由它自己的人报") % {"unit": unit.name}, field="unit", code="unit"
        )


def demand_owed(task: Task, unit: Unit) -> None:
    """Refused unless the document gives the task to the unit, or to a collective of which it is a member."""
    if unit.collective:
        raise Refused(
            _("%(unit)s 是集体单位，由各成员单位分别报") % {"unit": unit.name},
            field="unit",
            code="collective",
        )
    named = TaskUnit.objects.filter(task=task)
    if (
        not named.filter(unit=unit).exists()
        and not named.filter(unit__memberships_as_collective__member=unit).exists()
    ):
        raise Refused(
            _("任务 %(number)s 没有分给%(unit)s") % {"number": task.number, "unit": unit.name},
            field="unit",
            code="not_owed",
        )


def demand_in_force(task: Task, reporting_round: ReportingRound, on: date) -> None:
    """Refused for a task that another version, or another plan, has taken the place of."""
    day = rules.day_of(reporting_round, on)
    if task.starts_on > day or (task.ends_on is not None and task.ends_on < day):
        raise Refused(
            _("任务 %(number)s 在 %(day)s 不在执行。文件改了，进展报在新的任务里")
            % {"number": task.number, "day": day.isoformat()},
            code="not_in_force",
        )


def demand_open(reporting_round: ReportingRound, on: date) -> None:
    if on < reporting_round.starts_on:
        raise Refused(
            _("%(round)s 从 %(day)s 开始报") % {"round": reporting_round, "day": reporting_round.starts_on},
            code="round",
        )
    last = rules.takes_reports_until(reporting_round.ends_on)
    if on > last:
        raise Refused(
            _("%(round)s 到 %(day)s 为止，已经不收进展。报在新的一季里")
            % {"round": reporting_round, "day": last.isoformat()},
            code="round",
        )


def checked(percent: int | None, text: str, *, complete: bool) -> tuple[int | None, str]:
    """Refused, with the field, for a percentage beyond 0 to 100, a text too long, or one missing in what is handed in."""
    text = text.strip()
    if percent is not None and not 0 <= percent <= 100:
        raise Refused(_("进度：填 0 到 100 之间的数"), field="percent", code="percent")
    if len(text) > LONGEST_TEXT:
        raise Refused(
            _("进展情况：最多 %(n)d 个字，现在 %(now)d 个") % {"n": LONGEST_TEXT, "now": len(text)},
            field="text",
            code="text",
        )
    if complete and percent is None:
        raise Refused(_("进度：报送前要填"), field="percent", code="percent")
    if complete and not text:
        raise Refused(_("进展情况：写一两句做了什么，再报送"), field="text", code="text")
    return percent, text


@transaction.atomic
def write_progress(
    task: Task,
    unit: Unit,
    reporting_round: ReportingRound,
    *,
    percent: int | None,
    text: str,
    version: int,
    actor: Actor,
    on: date,
    submit: bool = False,
    files: Iterable = (),
    drop_files: Iterable[int] = (),
) -> ProgressReport:
    """Writes a unit's report on a task in a round, with files as evidence; `submit` hands it in on the day `on`.

    `version` is what the person saw, 0 for a report that was not there. Denied for another unit's, Refused for
    a task that the unit does not have, a round that is over, a wrong percentage or file, Conflict when somebody
    changed it meanwhile or it was handed in already. With any of these nothing is written.
    """
    demand_unit(unit, actor=actor)
    demand_owed(task, unit)
    demand_open(reporting_round, on)
    demand_in_force(task, reporting_round, on)
    percent, text = checked(percent, text, complete=submit)
    report, before = locked(task, unit, reporting_round, version)
    if report.state not in ("draft", "returned"):
        step(PROGRESS, report, "submit")
    report.percent, report.text = percent, text
    if submit:
        report.state = step(PROGRESS, report, "submit")
        report.submitted_on, report.submitted_by = on, actor.user
    report.version += 1
    report.save()
    changed_files = keep_files(report, files, drop_files, actor=actor)
    audit.record(
        "targets.progress.submit" if submit else "targets.progress.save",
        report,
        actor=actor,
        name=subject(report),
        changes={
            "percent": [before["percent"], percent],
            "state": [before["state"], report.state],
            **({"files": changed_files} if any(changed_files) else {}),
        },
    )
    return report


def locked(task, unit, reporting_round, version) -> tuple[ProgressReport, dict]:
    """The report's row, locked, made when it was not there; and what it said before."""
    rows = ProgressReport.objects.select_for_update(of=("self",)).select_related("round", "task", "unit")
    key = {"round": reporting_round, "task": task, "unit": unit}
    report = rows.filter(**key).first()
    if report is None:
        try:
            with transaction.atomic():
                ProgressReport.objects.create(**key, text="", version=0)
        except IntegrityError:
            pass  # somebody else began it in this moment; the version tells
        report = rows.get(**key)
    not_stale(report, version)
    return report, {"percent": report.percent, "state": report.state if report.version else None}


def keep_files(
    report: ProgressReport, files: Iterable, drop_files: Iterable[int], *, actor: Actor
) -> list[int]:
    """Adds and takes away evidence; [taken away, added]."""
    drop = list(drop_files)
    dropped = ProgressFile.objects.filter(report=report, pk__in=drop).delete()[0] if drop else 0
    files = list(files)
    there = ProgressFile.objects.filter(report=report).count() if files else 0
    for stored in store_papers(files, there=there, most=MOST_FILES, actor=actor):
        ProgressFile.objects.create(report=report, file=stored)
    return [dropped, len(files)]


@transaction.atomic
def accept_report(report: ProgressReport, *, version: int, actor: Actor) -> ProgressReport:
    """The bureau takes a report that was handed in."""
    return _decide(report, "accept", "", version=version, actor=actor)


@transaction.atomic
def return_report(report: ProgressReport, note: str, *, version: int, actor: Actor) -> ProgressReport:
    """The bureau sends a report back and says what is missing."""
    note = note.strip()
    if not note:
        raise Refused(_("退回原因：写清要补什么"), field="note", code="note")
    if len(note) > 200:
        raise Refused(_("退回原因：最多 200 个字"), field="note", code="note")
    return _decide(report, "return", note, version=version, actor=actor)


def _decide(report: ProgressReport, action: str, note: str, *, version: int, actor: Actor) -> ProgressReport:
    actor.demand("task.remind")
    report = (
        ProgressReport.objects.select_for_update(of=("self",))
        .select_related("round", "task", "unit")
        .get(pk=report.pk)
    )
    not_stale(report, version)
    before, report.state = report.state, step(PROGRESS, report, action)
    report.returned_note = note
    report.version += 1
    report.save()
    audit.record(
        f"targets.progress.{action}",
        report,
        actor=actor,
        name=subject(report),
        changes={"state": [before, report.state], **({"note": note} if note else {})},
    )
    return report
