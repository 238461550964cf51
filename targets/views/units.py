"""Units, and what one of them owes."""

from __future__ import annotations

from datetime import date

from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from portal.middleware import tell
from portal.models.places import Unit
from portal.services import units as services
from portal.views.forms import accepted, status_of
from targets.forms.units import MembersForm
from targets.models.tasks import ProgressReport, ReportingRound, Task, TaskUnit
from targets.rules import tasks as rules
from targets.services import rounds
from targets.views.tasks import STATES, chosen_round, own_units


def with_tasks(reporting_round: ReportingRound | None, on: date) -> list[tuple[str, list[dict]]]:
    """The units that have tasks, in groups, with how many they lead and support and what the round still misses."""
    units = {unit.pk: unit for unit in Unit.objects.all()}
    members = rounds.members()
    counts: dict[int, dict[str, set]] = {}
    links = rounds.links_on(rules.day_of(reporting_round, on) if reporting_round else on)
    for link in links:
        task, pk, role = link.task, link.unit, link.role
        for one in [pk, *members.get(pk, ())]:
            counts.setdefault(one, {"lead": set(), "support": set()})[role].add(task)
    owed = rules.owing(links, members, {pk for pk, unit in units.items() if unit.collective})
    owing = rounds.outstanding(reporting_round, owed) if reporting_round else {}
    late = reporting_round is not None and on > reporting_round.due_on
    rows = [
        {
            "unit": unit,
            "lead": len(counts[pk]["lead"]),
            "support": len(counts[pk]["support"] - counts[pk]["lead"]),
            "owing": None if unit.collective else owing.get(pk, 0),
            "members": len(members.get(pk, ())) if unit.collective else None,
            "late": late and owing.get(pk, 0) > 0,
        }
        for pk, unit in units.items()
        if pk in counts
    ]
    groups = [
        ("department", [r for r in rows if not r["unit"].collective and not r["unit"].street_id]),
        ("street", [r for r in rows if not r["unit"].collective and r["unit"].street_id]),
        ("collective", [r for r in rows if r["unit"].collective]),
    ]
    return [(key, found) for key, found in groups if found]


@require_GET
def unit_list(request, district):
    request.actor.demand("unit.view")
    reporting_round = chosen_round(request)
    groups = with_tasks(reporting_round, timezone.localdate())
    return render(
        request,
        "targets/units.html",
        {
            "groups": groups,
            "round": reporting_round,
            "total": sum(len(found) for _key, found in groups),
        },
    )


@require_GET
def unit(request, district, slug):
    """What we owe: the tasks a unit leads or supports, as the document names it, with this round's reports."""
    row = get_object_or_404(Unit.objects.allowed(request.actor, "unit.view"), slug=slug)
    recent = rounds.recent_rounds()
    reporting_round = chosen_round(request, recent)
    on = timezone.localdate()
    day = rules.day_of(reporting_round, on) if reporting_round else on
    members = rounds.members()
    collectives = [c for c, found in members.items() if row.pk in found]
    links = list(
        TaskUnit.objects.filter(unit_id__in=[row.pk, *collectives], task__in=Task.objects.current(day))
        .select_related("task__clause", "task__document", "unit")
        .order_by("role", "task__number")
    )
    own = row.pk in own_units(request.actor)
    reports = {}
    if reporting_round is not None and not row.collective:
        found = ProgressReport.objects.filter(round=reporting_round, unit=row)
        reports = {r.task_id: r for r in found if own or r.state != "draft"}
    overdue = reporting_round is not None and on > reporting_round.due_on
    taking = reporting_round is not None and on <= rules.takes_reports_until(reporting_round.ends_on)
    lines, seen = [], set()
    for link in links:
        if link.task_id in seen:  # named both as itself and through a collective: once, the lead first
            continue
        seen.add(link.task_id)
        report = reports.get(link.task_id)
        given = report is not None and report.state in rules.GIVEN
        lines.append(
            {
                "task": link.task,
                "lead": link.role == rules.LEAD,
                "through": link.unit if link.unit_id != row.pk else None,
                "report": report,
                "kind": STATES[report.state] if report else ("bad" if overdue else "none"),
                "late": overdue and not given,
                "overdue": link.task.due_on is not None and link.task.due_on < on,
                "edit": own and taking and (report is None or report.state in ("draft", "returned")),
            }
        )
    return render(
        request,
        "targets/unit.html",
        {
            "unit": row,
            "lead": [one for one in lines if one["lead"]],
            "support": [one for one in lines if not one["lead"]],
            "lines": lines,
            "round": reporting_round,
            "rounds": recent,
            "missing": sum(one["report"] is None or one["report"].state not in rules.GIVEN for one in lines),
            "members": list(Unit.objects.filter(pk__in=members.get(row.pk, ()))),
            "collectives": list(Unit.objects.filter(pk__in=collectives)),
            "own": own,
            "may_set_members": row.collective and not row.members_known and request.actor.may("unit.manage"),
        },
    )


@require_http_methods(["GET", "POST"])
def unit_members(request, district, slug):
    """Who belongs to a collective unit whose members no document lists."""
    request.actor.demand("unit.manage")
    row = get_object_or_404(Unit.objects.allowed(request.actor, "unit.view"), slug=slug)
    form = MembersForm(request.POST if request.method == "POST" else None, row=row)
    if request.method == "POST":
        changed = accepted(
            form, lambda: (services.set_members(row, form.cleaned_data["members"], actor=request.actor),)
        )
        if changed is not None:
            tell(request, _("成员已改，从现在起照新的报") if changed[0] else _("成员没有变"))
            return redirect("unit", district, slug)
    return render(request, "targets/unit_members.html", {"unit": row, "form": form}, status=status_of(form))
