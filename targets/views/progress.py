"""A unit's progress report: writing it, the bureau's taking or sending back, its evidence."""

from __future__ import annotations

from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.errors import Refused
from portal.middleware import tell
from portal.models.places import Unit
from portal.views.files import file_response
from portal.views.forms import refuse, status_of
from targets.forms.tasks import ProgressForm
from targets.models.tasks import ProgressFile, ProgressReport, Task, TaskUnit
from targets.rules.tasks import GIVEN
from targets.services import tasks
from targets.views.tasks import chosen_round


def editable(request, pk, slug) -> tuple[Task, Unit]:
    row = get_object_or_404(Task.objects.allowed(request.actor, "task.view"), pk=pk)
    return row, get_object_or_404(Unit, slug=slug)


@require_http_methods(["GET", "POST"])
def progress_edit(request, district, pk, unit):
    """A unit writes its report on a task: 存草稿 keeps it, 报送 hands it in."""
    row, of_unit = editable(request, pk, unit)
    tasks.demand_unit(of_unit, actor=request.actor)
    reporting_round = chosen_round(request)
    if reporting_round is None:
        raise Refused(_("还没有报送轮次。区教育局在“报送轮次”里开一轮后再报"), code="round")
    told = list(
        ProgressReport.objects.filter(task=row, unit=of_unit, round__starts_on__lte=reporting_round.starts_on)
        .select_related("round")
        .order_by("-round__starts_on")
    )
    report = next((one for one in told if one.round_id == reporting_round.pk), None)
    before = next((one for one in told if one is not report and one.state in GIVEN), None)
    files = list(report.files.select_related("file")) if report else []
    submit = request.POST.get("do") == "submit"
    form = ProgressForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        complete=submit or request.method == "GET",
        initial={
            "percent": report.percent if report else None,
            "text": report.text if report else "",
            "version": report.version if report else 0,
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            tasks.write_progress(
                row,
                of_unit,
                reporting_round,
                actor=request.actor,
                on=timezone.localdate(),
                submit=submit,
                drop_files=[
                    int(v)
                    for v in request.POST.getlist("drop")
                    if v.isascii() and v.isdigit() and len(v) < 15
                ],
                **form.cleaned_data,
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            tell(
                request,
                (_("任务 %(n)d 的进展已报送") if submit else _("任务 %(n)d 的草稿已存")) % {"n": row.number},
            )
            return redirect(f"{reverse('task', args=[district, pk])}?round={reporting_round.pk}")
    named = (
        TaskUnit.objects.filter(task=row)
        .filter(Q(unit=of_unit) | Q(unit__memberships_as_collective__member=of_unit))
        .order_by("role")
        .first()
    )
    return render(
        request,
        "targets/progress_form.html",
        {
            "task": row,
            "unit": of_unit,
            "round": reporting_round,
            "report": report,
            "files": files,
            "form": form,
            "before": before,
            "named": named,
            "locked": report is not None and report.state not in ("draft", "returned"),
        },
        status=status_of(form),
    )


def decidable(request, pk) -> ProgressReport:
    return get_object_or_404(
        ProgressReport.objects.allowed(request.actor, "task.remind").select_related("task", "round"), pk=pk
    )


def version_of(request) -> int:
    given = request.POST.get("version", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 9 else -1


@require_POST
def progress_accept(request, district, pk):
    request.actor.demand("task.remind")
    report = tasks.accept_report(decidable(request, pk), version=version_of(request), actor=request.actor)
    tell(request, _("%(unit)s 的进展已收下") % {"unit": report.unit.name})
    return redirect(f"{reverse('task', args=[district, report.task_id])}?round={report.round_id}")


@require_POST
def progress_return(request, district, pk):
    request.actor.demand("task.remind")
    report = tasks.return_report(
        decidable(request, pk),
        request.POST.get("note", "").replace("\0", ""),
        version=version_of(request),
        actor=request.actor,
    )
    tell(request, _("已退回%(unit)s补充") % {"unit": report.unit.name})
    return redirect(f"{reverse('task', args=[district, report.task_id])}?round={report.round_id}")


@require_GET
def progress_file(request, district, pk):
    """Evidence of a report: of one handed in for whoever sees tasks, of a draft for its unit only."""
    request.actor.demand("task.view")
    own = ProgressReport.objects.allowed(request.actor, "task.report")
    seen = Q(report__state__in=("submitted", "returned", "accepted")) | Q(report__in=own)
    found = get_object_or_404(ProgressFile.objects.filter(seen).select_related("file"), pk=pk)
    return file_response(found.file)
