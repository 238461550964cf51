"""The matrix, a task, a unit's progress report."""

from __future__ import annotations

from itertools import groupby

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from portal import word
from portal.models.places import Unit
from portal.rules.machine import marked
from portal.rules.rights import Reach
from targets.models.conferences import Conference
from targets.models.targets import Target
from targets.models.tasks import ProgressReport, ReportingRound, Task, TaskUnit
from targets.rules import tasks as rules
from targets.services import matrix_table, rounds
from targets.services.matrix import MatrixPage, matrix_page

VIEWS = ("all", "mine", "late", "gaps")
GAPS = {
    "none": marked("文件未列任何单位"),
    "lead": marked("文件未列牵头单位"),
    "support": marked("文件未列配合单位"),
}
#: what counts as a gap; that nobody supports is said in the row only
COUNTED_GAPS = ("none", "lead")
STATES = {"draft": "none", "submitted": "doing", "returned": "bad", "accepted": "ok"}


def own_units(actor) -> set[int]:
    """The units for which the person reports."""
    if Reach.UNIT not in actor.reaches("task.report"):
        return set()
    return {m.unit_id for m in actor.memberships if m.unit_id}


def chosen_round(request, recent: list[ReportingRound] | None = None) -> ReportingRound | None:
    """The round in the address, else the one in hand; `recent` where the page has the rounds already."""
    recent = rounds.recent_rounds() if recent is None else recent
    given = request.GET.get("round", "")
    if given.isascii() and given.isdigit() and len(given) < 10:
        found = next((r for r in recent if r.pk == int(given)), None)
        return found or get_object_or_404(ReportingRound, pk=given)
    return rounds.round_in_hand(recent, timezone.localdate())


def cell_label(task: Task, name: str, cell: rules.Cell) -> str:
    parts = [
        _("任务 %(n)d") % {"n": task.number},
        name,
        _("牵头") if cell.role == rules.LEAD else _("配合"),
        _("还没有报") if cell.percent is None else _("进度 %(n)d%%") % {"n": cell.percent},
    ]
    if not cell.known:
        parts.append(_("文件没有列出成员"))
    elif cell.owed > 1:
        parts.append(_("%(owed)d 个成员报了 %(given)d 个") % {"owed": cell.owed, "given": cell.given})
    if cell.late:
        parts.append(_("本季逾期未更新"))
    return " ".join(parts)


def shown_rows(page: MatrixPage, request, mine: dict[int, list[int]], view: str) -> list[dict]:
    """Groups of rows with their cells in the order of the columns, as the template needs them."""
    slug = request.district.slug
    own = own_units(request.actor)
    kept = []
    for task in page.tasks:
        row = page.rows[task.pk]
        leads_mine = [c for c in mine.get(task.pk, ()) if row.cells[c].role == rules.LEAD]
        if (
            (view == "mine" and not leads_mine)
            or (view == "late" and not row.late)
            or (view == "gaps" and row.gap not in COUNTED_GAPS)
        ):
            continue
        url = reverse("task", args=[slug, task.pk])
        url += f"?round={page.round.pk}" if page.round else ""
        cells = []
        for unit in page.columns:
            cell = row.cells.get(unit.pk)
            if cell is None:
                cells.append(None)
                continue
            edit = unit.pk in own and not unit.collective and page.round is not None
            to = (
                f"{reverse('progress-edit', args=[slug, task.pk, unit.slug])}?round={page.round.pk}"
                if edit
                else f"{url}#u{unit.pk}"
            )
            cells.append(
                {
                    "cell": cell,
                    "url": to,
                    "unit": unit,
                    "name": page.names[task.pk, unit.pk],
                    "label": cell_label(task, page.names[task.pk, unit.pk], cell),
                }
            )
        kept.append(
            {"task": task, "row": row, "url": url, "cells": cells, "gap": _(GAPS[row.gap]) if row.gap else ""}
        )
    several = len({task.document_id for task in page.tasks}) > 1
    groups = []
    for (_document, title), members in groupby(kept, key=lambda r: heading(r["task"])):
        rows = list(members)
        over = f"{rows[0]['task'].document}　{title}" if several else title
        groups.append({"title": over, "rows": rows})
    return groups


def heading(task: Task) -> tuple[int, str]:
    """What a task stands under: its document, and in it its category, else its clause, where the document has one."""
    return task.document_id, task.category or (str(task.clause) if task.clause else _("没有写类别"))


@require_GET
def task_list(request, district):
    """任务分工: every task by every unit; on the phone the own unit's tasks as a list."""
    request.actor.demand("task.view")
    on = timezone.localdate()
    recent = rounds.recent_rounds()
    reporting_round = chosen_round(request, recent)
    page = matrix_page(reporting_round, on=on)
    view = request.GET.get("view") if request.GET.get("view") in VIEWS else "all"
    mine = page.own(own_units(request.actor))
    lead_mine = sum(
        any(page.rows[t].cells[c].role == rules.LEAD for c in columns) for t, columns in mine.items()
    )
    counts = {
        "all": len(page.tasks),
        "mine": lead_mine,
        "late": sum(row.late for row in page.rows.values()),
        "gaps": sum(row.gap in COUNTED_GAPS for row in page.rows.values()),
    }
    labels = {"all": _("全部"), "mine": _("我单位牵头"), "late": _("逾期"), "gaps": _("有缺口")}
    base = reverse("tasks", args=[district])
    extra = f"&round={reporting_round.pk}" if request.GET.get("round") and reporting_round else ""
    views = [
        {
            "label": labels[key],
            "url": f"{base}?view={key}{extra}",
            "count": counts[key],
            "current": key == view,
        }
        for key in VIEWS
        if key != "mine" or own_units(request.actor)
    ]
    groups = shown_rows(page, request, mine, view)
    phone, others = phone_rows(page, groups, mine)
    means, told = page.means, rules.column_told(page.rows.values())
    documents = {t.document_id: t.document for t in page.tasks}
    context = {
        "page": page,
        "round": reporting_round,
        "views": views,
        "view": view,
        "groups": groups,
        "columns": [
            {"unit": unit, "count": len(page.members.get(unit.pk, ())) if unit.collective else None}
            for unit in page.columns
        ],
        "means": [means.get(unit.pk) for unit in page.columns],
        "told": [told.get(unit.pk) if means.get(unit.pk) is not None else None for unit in page.columns],
        "width": len(page.columns) + 2,
        # the task, a square of 30 px for each unit, the mean: many units scroll instead of lying on each other
        "least": 372 + 33 * len(page.columns) + 44,
        "owing": page.owing,
        "may_remind": request.actor.may("task.remind") and not request.actor.visiting,
        "documents": list(documents.values()),
        "docx_url": reverse("matrix-docx", args=[district]) + ("?" + extra[1:] if extra else ""),
        "key_lost": [one for one in documents.values() if rules.key_projects_lost(one.notes)],
        "shown": len(phone) + len(others),
        "phone": phone,
        "phone_others": others,
        "as_rows": table_rows(groups),
        "own": list(Unit.objects.filter(pk__in=own_units(request.actor))),
        "late": reporting_round is not None and on > reporting_round.due_on,
    }
    return render(request, "targets/tasks.html", context)


@require_GET
def matrix_docx(request, district):
    """The matrix as the document prints it, for Word."""
    request.actor.demand("task.view")
    reporting_round, on = chosen_round(request), timezone.localdate()
    day = rules.day_of(reporting_round, on) if reporting_round else on
    response = HttpResponse(matrix_table.document(day), content_type=word.CONTENT_TYPE)
    name = f"{request.district.name}{_('任务分工')}{day:%Y%m%d}.docx"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


def phone_rows(page: MatrixPage, groups, mine) -> tuple[list[dict], list[dict]]:
    """The own unit's tasks, or all where the person reports for nobody: title, the unit's cell, its word; and the rest."""
    found, others = [], []
    for group in groups:
        for row in group["rows"]:
            columns = mine.get(row["task"].pk)
            if mine and not columns:
                others.append({**row, "mine": None})
                continue
            cells = [c for c in row["cells"] if c and (not columns or c["unit"].pk in columns)]
            found.append({**row, "mine": cells[0] if columns and cells else None})
    return found, others


def table_rows(groups) -> list[tuple]:
    rows = []
    for group in groups:
        for row in group["rows"]:
            for cell in filter(None, row["cells"]):
                one = cell["cell"]
                rows.append(
                    (
                        f"{row['task'].number}",
                        cell["name"],
                        _("牵头") if one.role == rules.LEAD else _("配合"),
                        "—" if one.percent is None else f"{one.percent}%",
                        f"{one.given} / {one.owed}" if one.known else _("成员未列"),
                        _("逾期") if one.late else "",
                    )
                )
            if row["row"].gap == "none":
                rows.append((f"{row['task'].number}", row["gap"], "", "—", "", ""))
    return rows


@require_GET
def task(request, district, pk):
    """One task: text, clause, units, targets, and the reports of a round by unit and member."""
    row = get_object_or_404(
        Task.objects.allowed(request.actor, "task.view").select_related("document", "clause"), pk=pk
    )
    recent = rounds.recent_rounds()
    return render(
        request, "targets/task.html", task_context(request, row, chosen_round(request, recent), recent)
    )


def task_context(request, row: Task, reporting_round, recent: list[ReportingRound]) -> dict:
    on = timezone.localdate()
    links = list(TaskUnit.objects.filter(task=row).select_related("unit").order_by("role", "position"))
    members = rounds.members()
    wanted = {m for link in links for m in members.get(link.unit_id, ())}
    units = {unit.pk: unit for unit in Unit.objects.filter(pk__in=wanted)}
    reports = {}
    if reporting_round is not None:
        found = ProgressReport.objects.filter(task=row, round=reporting_round)
        found = found.select_related("unit", "submitted_by").prefetch_related("files__file")
        reports = {report.unit_id: report for report in found}
    own = own_units(request.actor)
    decides = request.actor.may("task.remind") and not request.actor.visiting
    overdue = reporting_round is not None and on > reporting_round.due_on
    taking = reporting_round is not None and on <= rules.takes_reports_until(reporting_round.ends_on)

    def line(unit, link=None):
        report = reports.get(unit.pk)
        # a draft is the unit's own matter until it hands it in
        seen = report if report and (report.state != "draft" or unit.pk in own) else None
        given = report is not None and report.state in rules.GIVEN
        return {
            "unit": unit,
            "name": link.name if link else unit.name,
            "report": seen,
            "kind": STATES[seen.state] if seen else ("bad" if overdue and not given else "none"),
            "late": overdue and not given,
            "edit": unit.pk in own and taking and (report is None or report.state in ("draft", "returned")),
            "decide": decides and report is not None and report.state == "submitted",
        }

    roles = []
    for role, label in TaskUnit.Role.choices:
        lines = []
        for link in (one for one in links if one.role == role):
            unit = link.unit
            if unit.collective:
                lines.append(
                    {
                        "unit": unit,
                        "name": link.name,
                        "members": [line(units[m]) for m in members.get(unit.pk, ())],
                        "known": unit.members_known or bool(members.get(unit.pk)),
                    }
                )
            else:
                lines.append(line(unit, link))
        roles.append({"role": role, "label": label, "lines": lines})
    return {
        "task": row,
        "key_lost": row.key_project is None and rules.key_projects_lost(row.document.notes),
        "overdue": row.ends_on is None and row.due_on is not None and row.due_on < on,
        "conference": meeting_of(request.actor, row),
        "round": reporting_round,
        "rounds": recent,
        "roles": roles,
        "targets": list(Target.objects.filter(task_links__task=row).select_related("clause", "document")),
        "may_see_targets": request.actor.may("target.view"),
    }


def meeting_of(actor, row: Task) -> Conference | None:
    """The meeting that decided the task, for who may see it."""
    if row.origin != Task.Origin.DECISION or not actor.may("conference.view"):
        return None
    meetings = Conference.objects.allowed(actor, "conference.view")
    return meetings.filter(items__decisions__task=row).first()
