"""What a round does by itself when reports are missing: reminds the units, tells the bureau, tells the leadership.

No row is written: a rung is a day, counted from the due day. Each person's message of the day has what was reached since
the message before, so nothing is told twice and a day that was missed is made up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal import calendar
from portal.access import Actor
from portal.models.places import Unit
from portal.navigation import Line
from portal.rules.rights import Reach
from portal.services import parameters
from portal.templatetags.ui import day_words
from targets.models.tasks import ReportingRound
from targets.rules import tasks as rules
from targets.services import rounds


def working_days(on: date) -> dict[str, int]:
    """Of each rung, as in force on the day."""
    found = parameters.values([key for key, _sign, _words in rules.RUNGS.values()], on)
    return {rung: found[key] for rung, (key, _sign, _words) in rules.RUNGS.items() if key in found}


def days(one: ReportingRound, on: date) -> dict[str, date]:
    return rules.rung_days(one.due_on, working_days(on), calendar.add_working_days)


def ladder(one: ReportingRound, on: date) -> list[dict]:
    """The rungs of a round for its page, with their days: reached, or still ahead."""
    return [
        {"rung": rung, "words": _(rules.RUNGS[rung][2]), "day": day, "reached": day <= on}
        for rung, day in days(one, on).items()
    ]


def late_units(on: date) -> list[tuple[ReportingRound, Counter, set[str]]]:
    """The rounds that take reports, what each unit owes in them, and the rungs that they have reached."""
    return [
        (one, rounds.outstanding(one), {rung for rung, day in days(one, on).items() if day <= on})
        for one in rounds.open_rounds(on)
    ]


def digest(actor: Actor, on: date, first: date) -> Callable[[Actor, date], list[Line]]:
    """For a unit's people what it owes, for bureau and leadership how many units do; on the days of the rungs."""
    slug = actor.district.slug
    found = [(one, days(one, on)) for one in rounds.open_rounds(on)]
    found = [(one, rungs, rounds.outstanding(one)) for one, rungs in found if _between(rungs, first, on)]
    names = dict(Unit.objects.values_list("pk", "slug")) if found else {}

    def told(person: Actor, since: date) -> list[Line]:
        lines: list[Line] = []
        for one, rungs, owed in found:
            reached = _between(rungs, since, on)
            if reached & {"soon", "unit"} and Reach.UNIT in person.reaches("task.report"):
                lines += [
                    _of_unit(
                        one, owed[unit], on, f"{reverse('unit', args=[slug, names[unit]])}?round={one.pk}"
                    )
                    for unit in sorted(person.listed(Reach.UNIT))
                    if owed.get(unit)
                ]
            bureau = "bureau" in reached and person.may("task.remind")
            if owed and (bureau or ("leaders" in reached and person.may("task.escalated"))):
                words = ngettext(
                    "%(n)d 个单位逾期没有报齐%(round)s任务进展",
                    "%(n)d 个单位逾期没有报齐%(round)s任务进展",
                    len(owed),
                )
                url = f"{reverse('tasks', args=[slug])}?round={one.pk}&view=late"
                lines.append(Line(words % {"n": len(owed), "round": one}, "bad", url))
        return lines

    return told


def _between(rungs: dict[str, date], since: date, on: date) -> set[str]:
    return {rung for rung, day in rungs.items() if since < day <= on}


def _of_unit(one: ReportingRound, count: int, on: date, url: str) -> Line:
    late = on > one.due_on
    words = (
        ngettext("%(round)s任务进展逾期，还差 %(n)d 项", "%(round)s任务进展逾期，还差 %(n)d 项", count)
        if late
        else ngettext(
            "%(round)s任务进展还差 %(n)d 项，%(day)s截止",
            "%(round)s任务进展还差 %(n)d 项，%(day)s截止",
            count,
        )
    )
    return Line(
        words % {"round": one, "n": count, "day": day_words(one.due_on, on)}, "bad" if late else "warn", url
    )
