"""Pages of reports: the list, the draft as it will be read, the PDF, drafting, bringing up to date, issuing."""

from __future__ import annotations

from django.db.models import DateField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from portal import word
from portal.errors import NotFound
from portal.middleware import tell
from portal.views.files import file_response
from portal.views.rows import page_number, row_address, sliced
from targets.models import Report
from targets.services import report_content, reports, rollup, snapshots, unannounced

ROWS_A_PAGE = 24


@require_GET
def report_list(request, district):
    """The reports that the person may read, newest first, two dozen a page, and those which can be
    drafted."""
    request.actor.demand("report.view")
    on = timezone.localdate()
    known = unannounced.reports_known_to(request.actor)
    offset = (page_number(request.GET) - 1) * ROWS_A_PAGE
    rows = (
        known.select_related("drafted_by", "issued_by")
        .only(  # not the content: all that the PDF prints
            "kind", "starts_on", "state", "number", "drafted_at", "issued_at", "file", "drafted_by__name",
            "issued_by__name",
        )
        .annotate(figures_to=Cast(KeyTextTransform("as_of", "content"), DateField()))
    )  # fmt: skip
    page = sliced(
        rows[offset : offset + ROWS_A_PAGE], request.GET, size=ROWS_A_PAGE, total=known.order_by().count()
    )
    may_draft = request.actor.may("report.draft")
    recent = known.filter(starts_on__year__gte=on.year - 1).only("kind", "starts_on") if may_draft else []
    recent = list(recent)
    months = reports.months_without(recent, on=on) if may_draft else []
    drafts = [("monthly", f"{day:%Y-%m}", reports.name_of(Report(kind="monthly", starts_on=day)))
              for day, told in months if told]  # fmt: skip
    drafts += reports.lacking(recent, on=on) if may_draft else []
    address, pdf_address = row_address("report", district), row_address("report-pdf", district)
    context = {
        "page": page,
        "lines": [
            {
                "report": report,
                "name": reports.name_of(report),
                "url": address(report.pk),
                "pdf": pdf_address(report.pk) if report.file_id else "",
            }
            for report in page.rows
        ],
        "drafts": [(f"{kind} {code}", words) for kind, code, words in drafts],
        "may_set": request.actor.may("report.set"),
        "silent": [day for day, told in months if not told],
        "may_draft": may_draft,
    }
    return render(request, "targets/reports.html", context)


def one(request, pk: int) -> Report:
    report = (
        unannounced.reports_known_to(request.actor)
        .select_related("snapshot", "file", "drafted_by", "issued_by")
        .filter(pk=pk)
        .first()
    )
    if report is None:
        raise NotFound(_("没有这份报告"))
    return report


@require_GET
def report_page(request, district, pk):
    """The report to be read: text and tables as the PDF has them, who drafted, who may issue."""
    request.actor.demand("report.view")
    report = one(request, pk)
    own = request.actor.same_person(report.drafted_by)
    may_issue = request.actor.may("report.issue") and report.state == "draft"
    reason = ""
    if may_issue and own:
        reason = _("你起草的，由另一人印发")
    elif may_issue and not report.content["closed"]:
        reason = _("%(period)s过完以后才能印发") % {"period": rollup.name_of(report.period)}
    context = {
        "report": report,
        "c": report.content,
        "name": reports.name_of(report),
        "may_draft": request.actor.may("report.draft") and report.state == "draft",
        "may_issue": may_issue,
        "reason": reason,
        "newer": newer(report),
        **figures_of(report, district),
    }
    return render(request, "targets/report.html", context)


def figures_of(report: Report, district: str) -> dict:
    """Where each figure of the report opens its rows, in the very snapshot that it was taken from: the columns of the
    table of streets, and the targets with their addresses."""
    of = f"?snapshot={report.snapshot_id}"
    kept = report.snapshot.values.filter(street=None, target__isnull=False)
    pks = dict(kept.values_list("target__key", "target"))

    def opened(line: dict) -> dict:
        at = pks.get(line["key"])
        return line | {"url": reverse("target", args=[district, at]) + of if at else ""}

    return {
        "columns": {
            column: reverse("figure", args=[district, metric]) + of
            for column, (metric, _part) in report_content.COLUMNS.items()
        },
        "targets": [opened(line) for line in report.content.get("targets", [])],
        "plans": [
            plan | {"lines": [opened(line) for line in plan["lines"]]}
            for plan in report.content.get("plans", [])
        ],
    }


def newer(report: Report) -> bool:
    """Whether the draft's figures have been overtaken by a newer snapshot of its period."""
    kind = report.snapshot.period
    latest = snapshots.latest(kind, report.snapshot.starts_on) if report.state == "draft" else None
    return latest is not None and latest.pk != report.snapshot_id


@require_GET
def report_pdf(request, district, pk):
    """The PDF; while it is being set, a page that says so."""
    request.actor.demand("report.view")
    report = one(request, pk)
    if report.file is None:
        waiting = render(
            request, "refused.html", {"refused": {"message": _("正在排版，几秒后再打开")}}, status=503
        )
        waiting["Retry-After"] = "5"
        return waiting
    name = f"{reports.name_of(report)}{'' if report.number else _('（送审稿）')}.pdf"
    return file_response(report.file, name=name, fixed=bool(report.number))


@require_GET
def report_docx(request, district, pk):
    """The same text and tables as a file to edit; what counts stays the PDF."""
    request.actor.demand("report.view")
    report = one(request, pk)
    response = HttpResponse(word.render(reports.html_of(report)), content_type=word.CONTENT_TYPE)
    name = f"{reports.name_of(report)}{'' if report.number else _('（送审稿）')}.docx"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


@require_POST
def report_draft(request, district):
    """Drafts the report that the list names, `monthly 2026-10`, on the newest figures."""
    kind, _blank, code = request.POST.get("what", "").partition(" ")
    report = reports.draft(kind, code, actor=request.actor)
    tell(request, _("%(name)s已起草") % {"name": reports.name_of(report)})
    return redirect("report", district, report.pk)


@require_POST
def report_refresh(request, district, pk):
    """Brings the draft up to the newest figures."""
    request.actor.demand("report.draft")
    report = one(request, pk)
    before = report.content["snapshot"]["sha256"]
    report = reports.refresh(report, actor=request.actor)
    same = report.content["snapshot"]["sha256"] == before
    tell(request, _("数字没有变，稿子还是原样") if same else _("稿子已按最新的数字重出"))
    return redirect("report", district, report.pk)


@require_POST
def report_issue(request, district, pk):
    """Issues the draft that was read: number, day and content are fixed."""
    request.actor.demand("report.issue")
    report = reports.issue_report(one(request, pk), seen=request.POST.get("seen", ""), actor=request.actor)
    tell(request, _("已印发，文号 %(number)s") % {"number": report.number})
    return redirect("report", district, report.pk)
