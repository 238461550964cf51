"""Reporting rounds: opening one for a quarter, reminding the units that owe."""

from __future__ import annotations

from collections import Counter
from datetime import date

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from portal import calendar
from portal.access import Actor
from portal.errors import Refused
from portal.models.places import Unit, UnitMember
from portal.models.policy import Parameter
from portal.models.records import AuditEntry
from portal.rules.parameters import show_value
from portal.services import audit, parameters
from targets.models.tasks import ProgressReport, ReportingRound, Task, TaskUnit, round_name
from targets.rules import tasks as rules

REMINDED = "targets.round.remind"
DUE_DAYS = "task.round_due_days"


@transaction.atomic
def open_round(year: int, quarter: int, *, actor: Actor, on: date | None = None) -> ReportingRound:
    """The round of a quarter, due so many working days after it, or, of a quarter that is over, after the day `on` when it
    is opened; the one that is there when asked again."""
    actor.demand("round.open")
    if quarter not in (1, 2, 3, 4):
        raise Refused(_("季度：填 1 到 4 之间的数"), field="quarter", code="quarter")
    if not 2021 <= year <= 2099:
        raise Refused(_("年份：填 2021 到 2099 之间的数"), field="year", code="year")
    starts_on, ends_on = rules.quarter_dates(year, quarter)
    found = ReportingRound.objects.filter(starts_on=starts_on).first()
    if found is not None:
        return found
    if on is not None and ends_on < on and not links_on(ends_on):
        words = _("%(round)s末还没有一项任务生效，没有单位要报。选任务起用以后的季度")
        raise Refused(words % {"round": round_name(year, quarter)}, field="quarter", code="no_tasks")
    days = parameters.value(DUE_DAYS, ends_on)
    try:
        with transaction.atomic(), override(settings.LANGUAGE_CODE):  # kept in Chinese, shown as the reader's
            found = ReportingRound.objects.create(
                name=round_name(year, quarter),
                starts_on=starts_on,
                ends_on=ends_on,
                due_on=calendar.add_working_days(max(ends_on, on or ends_on), days),
            )
    except IntegrityError:  # somebody else opened it in this moment
        return ReportingRound.objects.get(starts_on=starts_on)
    audit.record("targets.round.open", found, actor=actor, changes={"due_on": found.due_on.isoformat()})
    return found


def due_words(on: date) -> str:
    """How long after a quarter its reports are due: by the value of the quarter's last day, and what comes next; ''
    without a value."""
    found = (
        Parameter.objects.filter(key=DUE_DAYS)
        .filter(Q(ends_on=None) | Q(ends_on__gte=on))
        .order_by("starts_on")
    )
    parts = []
    for one in found:
        words = _("季末后 %(n)s 个工作日") if not parts else _("季末在 %(day)s 以后的 %(n)s 个工作日")
        parts.append(words % {"n": show_value(one.value, one.key), "day": one.starts_on.isoformat()})
    return pgettext("comma", "，").join(parts)


def see_rounds(*, on: date, actor: Actor) -> ReportingRound:
    """The round of the quarter that the day lies in, opened if it is not there; due days are settled."""
    settle_due_days(on=on, actor=actor)
    return open_round(*rules.quarter_of(on), actor=actor)


@transaction.atomic
def settle_due_days(*, on: date, actor: Actor) -> int:
    """Counts the due days of rounds again that were counted before their year's calendar was known; none ever
    becomes shorter. Returns how many moved."""
    actor.demand("round.open")
    moved = 0
    for found in ReportingRound.objects.filter(due_on__gte=on).select_for_update():
        days = parameters.value(DUE_DAYS, found.ends_on)
        counted = calendar.add_working_days(found.ends_on, days)
        if counted <= found.due_on or not calendar.is_known(counted.year):
            continue
        before, found.due_on = found.due_on, counted
        found.save(update_fields=["due_on"])
        audit.record(
            "targets.round.settle_due_day",
            found,
            actor=actor,
            changes={"due_on": [before.isoformat(), counted.isoformat()]},
        )
        moved += 1
    return moved


def recent_rounds() -> list[ReportingRound]:
    """The last two years of rounds, the newest first."""
    return list(ReportingRound.objects.order_by("-starts_on")[:8])


def round_in_hand(recent: list[ReportingRound], on: date) -> ReportingRound | None:
    """The round that people report on: the quarter that is over until it is due, then the present quarter's."""
    begun = [r for r in recent if r.starts_on <= on]
    return next((r for r in begun if r.ends_on < on <= r.due_on), None) or next(iter(begun), None)


def open_rounds(on: date) -> list[ReportingRound]:
    """The rounds that take reports on a day, the oldest first."""
    begun = ReportingRound.objects.filter(starts_on__lte=on).order_by("-starts_on")[:3]
    return sorted((r for r in begun if rules.takes_reports_until(r.ends_on) >= on), key=lambda r: r.starts_on)


def links_on(day: date) -> list[rules.Link]:
    """Which units the tasks in force on a day name."""
    named = TaskUnit.objects.filter(task__in=Task.objects.current(day)).order_by("pk")
    return [rules.Link(*row) for row in named.values_list("task_id", "unit_id", "role")]


def owing(reporting_round: ReportingRound | None = None) -> set[tuple[int, int]]:
    """(task, unit) of each report that a round asks for: of the tasks in force at its end; without one, of those in
    force today. Three queries."""
    links = links_on(reporting_round.ends_on if reporting_round else timezone.localdate())
    return rules.owing(links, members(), collectives())


def members() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    rows = UnitMember.objects.order_by("member__position", "member_id")
    for collective, member in rows.values_list("collective_id", "member_id"):
        found.setdefault(collective, []).append(member)
    return found


def collectives() -> set[int]:
    return set(Unit.objects.filter(collective=True).values_list("pk", flat=True))


def outstanding(reporting_round: ReportingRound, owed: set[tuple[int, int]] | None = None) -> Counter:
    """How many reports of a round each unit still owes, by the unit's id; units that owe none are missing.

    `owed` is `owing()` where the caller has it already.
    """
    given = set(
        ProgressReport.objects.filter(round=reporting_round).given().values_list("task_id", "unit_id")
    )
    return Counter(unit for _task, unit in (owing(reporting_round) if owed is None else owed) - given)


def reminders(reporting_round: ReportingRound) -> dict[int, date]:
    """When each unit was reminded last in this round, from the audit log; by the unit's id."""
    entries = AuditEntry.objects.filter(
        action=REMINDED, subject_type="targets.reportinground", subject_id=reporting_round.pk
    ).order_by("at")
    return {
        unit: timezone.localdate(entry.at) for entry in entries for unit in entry.changes.get("units", ())
    }


@transaction.atomic
def remind(reporting_round: ReportingRound, *, actor: Actor, on: date) -> list[Unit]:
    """Puts a reminder on the queue of each unit that owes and was not reminded today; answers these units."""
    actor.demand("task.remind")
    ReportingRound.objects.select_for_update().get(pk=reporting_round.pk)
    owed = outstanding(reporting_round)
    if not owed:
        raise Refused(_("%(round)s：各单位都报齐了，不用催") % {"round": reporting_round}, code="complete")
    reminded = reminders(reporting_round)
    due = [unit for unit in owed if reminded.get(unit) != on]
    if not due:
        raise Refused(_("%(round)s：今天已经催过，明天再催") % {"round": reporting_round}, code="reminded")
    units = list(Unit.objects.filter(pk__in=due))
    audit.record(
        REMINDED,
        reporting_round,
        actor=actor,
        changes={"units": sorted(due), "names": [u.name for u in units]},
    )
    return units
