"""The report (通报) of a year's supervision: to read, to edit, to issue, as PDF and as a file to edit."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal import word
from portal.errors import NotFound, Refused
from portal.middleware import tell
from portal.views.files import file_response
from portal.views.forms import accepted, refuse, status_of
from targets.forms.attestations import NoteForm
from targets.forms.supervision import ReportForm
from targets.models.supervision import SupervisionReport
from targets.rules import supervision as rules
from targets.services import supervision_report as service
from targets.views.supervision import fetched as round_of
from targets.views.supervision import sees_all


def fetched(request, pk: int, right: str = "supervision.view") -> SupervisionReport:
    """A draft is for whoever sees all; issued it is for all who see the round."""
    row = round_of(request, pk, right)
    found = row.reports.select_related("file", "issued_by").first()
    if found is None or not (found.state == "issued" or sees_all(request.actor)):
        raise NotFound(_("还没有这一年的通报"))
    found.round = row
    return found


@require_GET
def report(request, district, pk):
    return page(request, fetched(request, pk))


def page(request, found: SupervisionReport, form: NoteForm | None = None):
    actor = request.actor
    wrote = actor.user is not None and actor.user.pk in found.writers
    confirms = actor.may(rules.CONFIRM) and not actor.visiting and found.state == "draft"
    context = {
        "report": found, "round": found.round, "c": found.content, "form": form,
        "may_edit": actor.may(rules.KEEP) and not actor.visiting and found.state == "draft",
        "may_issue": confirms and not wrote,
        "own": confirms and wrote,
        "version": found.version,
    }  # fmt: skip
    return render(
        request, "targets/supervision_report.html", context, status=status_of(form) if form else 200
    )


@require_http_methods(["GET", "POST"])
def report_edit(request, district, pk):
    found = fetched(request, pk, rules.KEEP)
    service.next_state(found, "edit")
    form = ReportForm(
        request.POST if request.method == "POST" else None,
        sections=found.content["sections"],
        initial={"version": found.version},
    )
    if request.method == "POST":
        saved = accepted(
            form,
            lambda: service.edit(
                found, form.texts(), version=form.cleaned_data["version"] or 0, actor=request.actor
            ),
        )
        if saved is not None:
            tell(request, _("通报的文字已改"))
            return redirect("supervision-report", district, pk)
    context = {"form": form, "round": found.round, "report": found}
    return render(request, "targets/supervision_report_form.html", context, status=status_of(form))


@require_POST
def report_step(request, district, pk):
    """Drafts the report of a final round, or issues it."""
    what = request.POST.get("what", "")
    if what not in ("draft", "issue"):
        request.actor.demand("supervision.view")
        raise Refused(_("要做什么：从页面上的按钮里选"), field="what", code="what")
    if what == "draft":
        service.draft(round_of(request, pk, rules.KEEP), actor=request.actor)
        tell(request, _("通报已起草"))
        return redirect("supervision-report", district, pk)
    found, form = fetched(request, pk, rules.CONFIRM), NoteForm(request.POST)
    form.fields["note"].required = False
    if form.is_valid():
        try:
            issued = service.issue(found, version=form.cleaned_data["version"] or 0, actor=request.actor)
        except Refused as refused:
            refuse(form, refused)
        else:
            tell(request, _("已印发，文号 %(number)s") % {"number": issued.number})
            return redirect("supervision-report", district, pk)
    return page(request, fetched(request, pk), form)


def name_of(found: SupervisionReport) -> str:
    return f"{found.content['title']}{'' if found.number else _('（送审稿）')}"


@require_GET
def report_pdf(request, district, pk):
    """The PDF; while it is being set, a page that says so."""
    found = fetched(request, pk)
    if found.file is None:
        waiting = render(
            request, "refused.html", {"refused": {"message": _("正在排版，几秒后再打开")}}, status=503
        )
        waiting["Retry-After"] = "5"
        return waiting
    return file_response(found.file, name=f"{name_of(found)}.pdf", fixed=bool(found.number))


@require_GET
def report_docx(request, district, pk):
    """The same text and tables as a file to edit; what counts stays the PDF."""
    found = fetched(request, pk)
    response = HttpResponse(word.render(service.html_of(found)), content_type=word.CONTENT_TYPE)
    response["Content-Disposition"] = content_disposition_header(True, f"{name_of(found)}.docx")
    return response
