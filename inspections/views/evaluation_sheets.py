"""A sheet for who fills it in: one form an indicator, saved by itself; evidence; handing in; recusal."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.models.credit import listing
from inspections.forms.evaluations import RecuseForm, ScoreForm, SubmitForm
from inspections.models import EvaluationCase, EvaluationFile, EvaluationSheet, Indicator
from inspections.rules import evaluations as rules
from inspections.rules.evaluation_sets import DIMENSIONS, VETO
from inspections.services import evaluation_rounds as round_services
from inspections.services import evaluation_sheets as services
from inspections.views.evaluation_cases import SHEET_SHAPES, case_of
from inspections.views.evaluations import sees_all
from portal.access import Actor
from portal.errors import Refused
from portal.middleware import tell
from portal.views.files import file_response
from portal.views.forms import accepted, refuse, status_of


def fillable(actor: Actor):
    """The sheets that are this person's to fill in, open or not."""
    mine = EvaluationSheet.objects.allowed(actor, "evaluation.score").filter(
        kind__in=("peer", "third"), evaluator=actor.user
    )
    own = EvaluationSheet.objects.allowed(actor, "evaluation.self").filter(kind="self")
    final = EvaluationSheet.objects.allowed(actor, "evaluation.decide").filter(kind="final")
    ids = (mine.values("pk"), own.values("pk"), final.values("pk"))
    return EvaluationSheet.objects.filter(Q(pk__in=ids[0]) | Q(pk__in=ids[1]) | Q(pk__in=ids[2]))


def sheet_of(request, pk: int, *, read: bool = False) -> EvaluationSheet:
    """A sheet that the person fills in; `read`: or that the person may look at."""
    actor = request.actor
    rows = EvaluationSheet.objects.select_related("case__round__set", "case__facility__street", "report")
    found = (
        rows.filter(pk__in=fillable(actor).values("pk"))
        .exclude(case__round__state="draft")
        .filter(pk=pk)
        .first()
    )
    if found is None and read and actor.may("evaluation.view"):
        cases = EvaluationCase.objects.allowed(actor, "evaluation.view")
        found = rows.filter(pk=pk, case__in=cases.values("pk")).first()
        if found is not None and not sees_all(actor) and found.kind != "self":
            found = None
    if found is None:
        raise Http404
    return found


def sheet_lines(actor: Actor, on) -> list[dict]:
    """What is this person's to fill in, the latest round first."""
    rows = (
        fillable(actor)
        .exclude(case__round__state="draft")
        .exclude(kind="final")
        .select_related("case__round", "case__facility")
        .annotate(listing=listing("case__facility"))
        .order_by("-case__round__year", "-case__round", "state", "case__facility__code")
    )
    return [
        {
            "sheet": one,
            "kind": _(rules.KINDS[one.kind]),
            "shape": SHEET_SHAPES[one.state],
            "until": getattr(one.case.round, f"{one.kind}_until"),
        }
        for one in rows
    ]


@require_GET
def evaluation_sheets(request, district):
    """What is mine to fill in."""
    request.actor.demand("evaluation.score")
    context = {"lines": sheet_lines(request.actor, timezone.localdate())}
    return render(request, "inspections/evaluation_sheets.html", context)


@dataclass
class Shown:
    """One indicator as the page shows it."""

    line: services.Line
    form: ScoreForm | None
    own: list  # evidence of the facility itself, for the others
    saved: bool = False

    @property
    def errors(self) -> list[str]:
        if self.form is None or not self.form.is_bound:
            return []
        return [str(error) for errors in self.form.errors.values() for error in errors]


def self_files(sheet: EvaluationSheet) -> dict[int, list[EvaluationFile]]:
    """What the facility handed in, by indicator: evidence for the other sides, without the facility's own points."""
    if sheet.kind == "self":
        return {}
    rows = EvaluationFile.objects.filter(
        score__sheet__case=sheet.case_id, score__sheet__kind="self", score__sheet__state="submitted"
    )
    found: dict[int, list[EvaluationFile]] = {}
    for one in rows.select_related("file", "score"):
        found.setdefault(one.score.indicator_id, []).append(one)
    return found


def shown_lines(sheet: EvaluationSheet) -> list[Shown]:
    own = self_files(sheet)
    return [Shown(line, None, own.get(line.indicator.pk, [])) for line in services.lines_of(sheet)]


def is_open(actor: Actor, sheet: EvaluationSheet) -> bool:
    return (
        sheet.state == "open"
        and sheet.case.state == "scoring"
        and sheet.case.round.phase_open(sheet.kind, timezone.localdate())
        and fillable(actor).filter(pk=sheet.pk).exists()
    )


def sheet_page(request, sheet: EvaluationSheet, *, submit: SubmitForm | None = None, recuse: RecuseForm | None = None,
               wrong: tuple[int, ScoreForm] | None = None):  # fmt: skip
    lines = shown_lines(sheet)
    for one in lines:
        if wrong and one.line.indicator.pk == wrong[0]:
            one.form = wrong[1]
    groups = []
    for name in (*DIMENSIONS, VETO):
        mine = [one for one in lines if one.line.indicator.dimension == name]
        if mine:
            label = _("否决项") if name == VETO else _(DIMENSIONS[name][0])
            done = sum(one.line.done for one in mine)
            groups.append(
                {
                    "key": name,
                    "name": label,
                    "lines": mine,
                    "done": done,
                    "full": sheet.case.round.set.points.get(name),
                }
            )
    open_ = is_open(request.actor, sheet)
    context = {
        "sheet": sheet,
        "case": sheet.case,
        "facility": sheet.case.facility,
        "kind": _(rules.KINDS[sheet.kind]),
        "shape": SHEET_SHAPES[sheet.state],
        "groups": groups,
        "open": open_,
        "done": sum(one.line.done for one in lines),
        "total": len(lines),
        "until": getattr(sheet.case.round, f"{sheet.kind}_until", None),
        "may_submit": open_ and sheet.kind != "final",
        "may_recuse": open_ and sheet.evaluator_id is not None,
        "may_manage": request.actor.may("evaluation.manage") and sheet.kind != "final" and sheet.case.state == "scoring",
        "submit": submit
        or SubmitForm(
            kind=sheet.kind, reported=sheet.report_id is not None,
            initial={"version": sheet.version, "note": sheet.note},
        ),
        "submit_errors": submit,
        "recuse": recuse or RecuseForm(),
        "recuse_errors": recuse,
        "see_case": request.actor.may("evaluation.view") and sheet.kind in ("self", "final"),
    }  # fmt: skip
    forms = [one for one in (submit, recuse, wrong[1] if wrong else None) if one is not None]
    return render(request, "inspections/evaluation_sheet.html", context, status=status_of(*forms))


@require_GET
def evaluation_sheet(request, district, pk):
    return sheet_page(request, sheet_of(request, pk, read=True))


def indicator_of(sheet: EvaluationSheet, pk: int) -> Indicator:
    return get_object_or_404(Indicator, pk=pk, set=sheet.case.round.set_id)


@require_POST
def evaluation_score(request, district, pk, indicator):
    """Saves one indicator; htmx gets its row back, with what was wrong about it."""
    sheet = sheet_of(request, pk)
    one = indicator_of(sheet, indicator)
    form = ScoreForm(request.POST, indicator=one)
    done = accepted(form, lambda: services.save_score(sheet, one, actor=request.actor, **form.facts()))
    if not request.headers.get("HX-Request"):
        if done is None:
            return sheet_page(request, sheet, wrong=(one.pk, form))
        to = reverse("evaluation-sheet", args=[district, pk])
        return redirect(f"{to}#i-{one.pk}")
    return row_page(request, sheet, one, form)


def row_page(request, sheet: EvaluationSheet, one: Indicator, form: ScoreForm | None = None):
    lines = shown_lines(sheet)
    shown = next(row for row in lines if row.line.indicator.pk == one.pk)
    shown.form = form
    shown.saved = form is None or not form.errors
    context = {
        "sheet": sheet,
        "one": shown,
        "open": True,
        "done": sum(row.line.done for row in lines),
        "total": len(lines),
        "row_only": True,
        "now": timezone.localtime(),
    }
    return render(
        request, "inspections/evaluation_score.html", context, status=status_of(form) if form else 200
    )


@require_POST
def evaluation_files(request, district, pk, indicator):
    """Evidence for one indicator; one file that is refused refuses all."""
    sheet = sheet_of(request, pk)
    one = indicator_of(sheet, indicator)
    uploads = request.FILES.getlist("file")
    form = ScoreForm({}, indicator=one)
    form.is_valid()
    try:
        if not uploads:
            raise Refused(_("没有选到文件"), field="file")
        for upload in uploads:
            services.add_file(sheet, one, upload, actor=request.actor)
    except Refused as refused:
        refuse(form, refused)
        return sheet_page(request, sheet, wrong=(one.pk, form))
    to = reverse("evaluation-sheet", args=[district, pk])
    return redirect(f"{to}#i-{one.pk}")


@require_http_methods(["GET", "POST"])
def evaluation_file(request, district, pk, file):
    """Evidence (GET) for who fills in or may see the sheet, and for the other sides; taken away (POST)."""
    rows = EvaluationFile.objects.select_related("file", "score__indicator", "score__sheet__case")
    if request.method == "POST":
        sheet = sheet_of(request, pk)
        found = get_object_or_404(rows, pk=file, score__sheet=sheet)
        services.remove_file(found, actor=request.actor)
        to = reverse("evaluation-sheet", args=[district, pk])
        return redirect(f"{to}#i-{found.score.indicator_id}")
    sheet = sheet_of(request, pk, read=True)
    theirs = Q(score__sheet=sheet) | Q(
        score__sheet__case=sheet.case_id, score__sheet__kind="self", score__sheet__state="submitted"
    )
    return file_response(get_object_or_404(rows.filter(theirs), pk=file).file)


@require_GET
def evaluation_report(request, district, pk):
    """The third party's report."""
    sheet = sheet_of(request, pk, read=True)
    if sheet.report is None:
        raise Http404
    return file_response(sheet.report)


@require_POST
def evaluation_submit(request, district, pk):
    """Hands the sheet in."""
    sheet = sheet_of(request, pk)
    form = SubmitForm(request.POST, request.FILES, kind=sheet.kind, reported=sheet.report_id is not None)
    done = accepted(
        form,
        lambda: services.submit_sheet(
            sheet,
            note=form.cleaned_data["note"],
            upload=form.cleaned_data.get("upload"),
            version=form.cleaned_data["version"],
            actor=request.actor,
        ),
    )
    if done is None:
        return sheet_page(request, sheet, submit=form)
    tell(request, _("评估表已送出"))
    return redirect("evaluation-sheet", district, pk)


@require_POST
def evaluation_recuse(request, district, pk):
    """The evaluator has an interest."""
    sheet = sheet_of(request, pk)
    form = RecuseForm(request.POST)
    if (
        accepted(
            form, lambda: services.recuse(sheet, reason=form.cleaned_data["reason"], actor=request.actor)
        )
        is None
    ):
        return sheet_page(request, sheet, recuse=form)
    tell(request, _("已回避，区里另外分派"))
    return redirect("evaluation-sheets", district)


@require_POST
def evaluation_reopen(request, district, pk):
    """The bureau gives a sheet back."""
    sheet = managed(request, pk)
    services.reopen_sheet(sheet, actor=request.actor)
    tell(request, _("评估表已退回补填"))
    return redirect("evaluation", district, sheet.case_id)


@require_POST
def evaluation_drop(request, district, pk):
    """The bureau takes a sheet from an evaluator."""
    sheet = managed(request, pk)
    round_services.drop_sheet(sheet, actor=request.actor)
    tell(request, _("已撤下这名评估人，再分派一名"))
    return redirect("evaluation", district, sheet.case_id)


def managed(request, pk: int) -> EvaluationSheet:
    request.actor.demand("evaluation.manage")
    found = get_object_or_404(EvaluationSheet.objects.select_related("case__facility", "case__round"), pk=pk)
    case_of(request, found.case_id, "evaluation.manage")
    return found
