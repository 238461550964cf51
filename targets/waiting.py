"""What of plans and tasks waits for a person on 'today': documents to publish, reports owed and sent back, reports to
take, gaps of the document."""

from __future__ import annotations

from itertools import groupby

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from portal.models.places import Unit
from portal.navigation import Waiting
from portal.rules.rights import Reach
from portal.templatetags.ui import day_words
from targets.models.drafts import DocumentDraft
from targets.models.tasks import ProgressReport, Task
from targets.services import round_ladder, rounds


def documents_to_publish(actor) -> list[Waiting]:
    """Drafts of documents that wait for a second person, and those that came back to who may mend them."""
    publishes, manages = actor.may("document.publish"), actor.may("document.manage")
    if not (publishes or manages) or actor.visiting:
        return []
    slug, found = actor.district.slug, []
    rows = DocumentDraft.objects.filter(state__in=("draft", "submitted")).exclude(state="draft", note="")
    for row in rows.select_related("submitted_by").defer("content"):
        back = row.state == "draft"
        if not (manages if back else publishes and not actor.same_person(row.submitted_by)):
            continue
        found.append(
            Waiting(
                title=(_("改退回的文件：%(name)s") if back else _("公布文件：%(name)s"))
                % {"name": row.title},
                facts=row.note
                if back
                else _("%(who)s 送的") % {"who": row.submitted_by.name if row.submitted_by else "—"},
                url=reverse("document-draft", args=[slug, row.pk]),
                verb=_("改") if back else _("看草稿"),
                state="warn" if back else "doing",
            )
        )
    return found


def reports_owed(actor) -> list[Waiting]:
    """For each of the person's units: what it owes in each round that takes reports, and what came back."""
    if Reach.UNIT not in actor.reaches("task.report") or actor.visiting:
        return []
    units = list(Unit.objects.filter(pk__in=[m.unit_id for m in actor.memberships if m.unit_id]))
    if not units:
        return []
    slug, on = actor.district.slug, timezone.localdate()
    found = []
    for one in rounds.open_rounds(on):
        if one.ends_on >= on:  # its quarter is not over: nothing is due yet
            continue
        owing, reminded = rounds.outstanding(one), rounds.reminders(one)
        for unit in units:
            count = owing.get(unit.pk, 0)
            if not count:
                continue
            facts = [unit.name, ngettext("还差 %(n)d 项", "还差 %(n)d 项", count) % {"n": count}]
            if unit.pk in reminded:
                facts.append(_("区教育局 %(day)s 催报") % {"day": day_words(reminded[unit.pk], on)})
            found.append(
                Waiting(
                    title=_("填报任务进展：%(round)s") % {"round": one},
                    facts="　".join(facts),
                    url=f"{reverse('unit', args=[slug, unit.slug])}?round={one.pk}",
                    verb=_("填报进展"),
                    due=one.due_on,
                    state="bad" if on > one.due_on else "warn" if unit.pk in reminded else "doing",
                )
            )
    returned = ProgressReport.objects.allowed(actor, "task.report").filter(state="returned", unit__in=units)
    found += [
        Waiting(
            title=_("补充任务 %(n)d 的进展") % {"n": report.task.number},
            facts=f"{report.unit.name}　{report.returned_note}",
            url=f"{reverse('progress-edit', args=[slug, report.task_id, report.unit.slug])}?round={report.round_id}",
            verb=_("补充"),
            due=report.round.due_on,
            state="bad",
        )
        for report in returned.select_related("task", "unit", "round").order_by("task__number")[:20]
    ]
    return found


def units_overdue(actor) -> list[Waiting]:
    """For the leadership: how many units owe a round long after its due day."""
    if not actor.may("task.escalated") or actor.visiting:
        return []
    on = timezone.localdate()
    return [
        Waiting(
            title=ngettext(
                "%(n)d 个单位没有报齐%(round)s任务进展", "%(n)d 个单位没有报齐%(round)s任务进展", len(owed)
            )
            % {"n": len(owed), "round": one},
            facts=_("%(day)s 已到期") % {"day": day_words(one.due_on, on)},
            url=f"{reverse('tasks', args=[actor.district.slug])}?round={one.pk}&view=late",
            verb=_("看是哪些单位"),
            due=one.due_on,
            state="bad",
        )
        for one, owed, reached in round_ladder.late_units(on)
        if "leaders" in reached and owed
    ]


def reports_to_take(actor) -> list[Waiting]:
    """For the bureau: reports handed in, and tasks for which the document names no lead."""
    if not actor.may("task.remind") or actor.visiting:
        return []
    slug, found = actor.district.slug, []
    handed_in = ProgressReport.objects.allowed(actor, "task.remind").filter(state="submitted")
    count = handed_in.count()
    if count:
        first = handed_in.select_related("task", "unit").order_by("submitted_on", "pk").first()
        found.append(
            Waiting(
                title=ngettext("收下 %(n)d 份任务进展", "收下 %(n)d 份任务进展", count) % {"n": count},
                facts=_("最早的一份：任务 %(n)d　%(unit)s")
                % {"n": first.task.number, "unit": first.unit.name},
                url=f"{reverse('task', args=[slug, first.task_id])}?round={first.round_id}",
                verb=_("看进展"),
                state="doing",
            )
        )
    tasks = Task.objects.current(timezone.localdate()).exclude(units__role="lead")
    gaps = list(
        tasks.select_related("document").annotate(named=Count("units")).order_by("document__key", "number")
    )
    if gaps:
        several = len({task.document_id for task in gaps}) > 1
        groups = [(of, list(rows)) for of, rows in groupby(gaps, key=lambda task: task.document)]
        numbers = pgettext("comma", "，").join(
            (f"{of} " if several else "") + _("、").join(str(task.number) for task in rows)
            for of, rows in groups
        )
        found.append(
            Waiting(
                title=_("任务 %(numbers)s 文件未列牵头单位") % {"numbers": numbers},
                facts=_("文件原文如此，列出的配合单位照常报，没有单位牵头")
                if any(task.named for task in gaps)
                else _("文件原文如此，没有人报进展"),
                url=f"{reverse('tasks', args=[slug])}?view=gaps",
                verb=_("看缺口"),
                state="none",
                order=900,
            )
        )
    return found
