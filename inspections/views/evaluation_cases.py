"""One facility's evaluation: the sides side by side, its sheets, the district's decision step by step."""

from __future__ import annotations

from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from inspections.forms.evaluations import CaseStepForm, EvaluatorForm
from inspections.models import EvaluationCase, EvaluationScore, Indicator
from inspections.rules import evaluations as rules
from inspections.rules.evaluation_sets import DIMENSIONS, VETO
from inspections.services import evaluation_decisions as decisions
from inspections.services import evaluation_rounds as services
from inspections.views.evaluations import SHAPES, TOLD, account, sees_all
from portal.errors import Refused
from portal.middleware import tell
from portal.services import parameters
from portal.views.forms import accepted, status_of

SHEET_SHAPES = {"open": "doing", "submitted": "ok", "recused": "none", "dropped": "none"}
FAR = "evaluation.far_percent"


def case_of(request, pk: int, right: str = "evaluation.view") -> EvaluationCase:
    request.actor.demand("evaluation.view")
    rows = EvaluationCase.objects.allowed(request.actor, right).select_related(
        "round__set", "facility__street", "decided_by", "confirmed_by", "objected_by", "answered_by"
    )
    if not sees_all(request.actor):
        rows = rows.exclude(round__state="draft")
    return get_object_or_404(rows, pk=pk)


def compared(case: EvaluationCase, kinds: tuple[str, ...], on) -> list[dict]:
    """Each dimension with its indicators: the mean of each kind's sheets that are in, and whether they are far apart."""
    indicators = list(Indicator.objects.filter(set=case.round.set_id).order_by("position"))
    rows = EvaluationScore.objects.filter(sheet__case=case, sheet__state="submitted", sheet__kind__in=kinds)
    values: dict[tuple[int, str], list[float]] = {}
    breached: dict[tuple[int, str], int] = {}
    for one in rows.select_related("sheet"):
        key = (one.indicator_id, one.sheet.kind)
        if one.points is not None:
            values.setdefault(key, []).append(float(one.points))
        breached[key] = breached.get(key, 0) + bool(one.breached)
    limit = float(parameters.value(FAR, on))
    found = []
    for name in (*DIMENSIONS, VETO):
        veto = name == VETO
        lines = []
        for one in indicators:
            if one.dimension != name:
                continue
            given = [
                breached.get((one.pk, kind)) if veto else rules.mean(values.get((one.pk, kind), []))
                for kind in kinds
            ]
            distant = (
                len({bool(v) for v in given if v is not None}) > 1
                if veto
                else rules.far(given, one.points, limit)
            )
            lines.append({"indicator": one, "given": given, "far": distant})
        full = case.round.set.points.get(name, 0)
        sums = [
            None if not any(line["given"][n] is not None for line in lines)
            else round(sum(line["given"][n] or 0 for line in lines), 1)
            for n in range(len(kinds))
        ]  # fmt: skip
        label = _("否决项") if veto else _(DIMENSIONS[name][0])
        found.append(
            {
                "name": label, "veto": veto, "full": full, "sums": sums, "lines": lines,
                "far": any(line["far"] for line in lines) if veto else rules.far(sums, full, limit),
            }
        )  # fmt: skip
    return found


def kinds_shown(actor, case: EvaluationCase) -> tuple[str, ...]:
    """Whose points the actor sees: the district all; the facility its own, and the district's once it is told."""
    if sees_all(actor):
        return tuple(rules.KINDS)
    return ("self", "final") if case.state in TOLD else ("self",)


@require_GET
def evaluation(request, district, pk):
    return case_page(request, case_of(request, pk))


def case_page(
    request, case: EvaluationCase, *, step: CaseStepForm | None = None, name: EvaluatorForm | None = None
):
    actor, on = request.actor, timezone.localdate()
    whole, kinds = sees_all(actor), kinds_shown(actor, case)
    decides, confirms = actor.may("evaluation.decide"), actor.may("evaluation.confirm")
    sheets = []
    for one in case.sheets.select_related("evaluator", "of_facility", "report").order_by("pk"):
        if not whole and one.kind not in kinds:
            continue
        one.shape = SHEET_SHAPES[one.state]
        sheets.append(one)
    shown = compared(case, kinds, on)
    second = not actor.same_person(case.decided_by)
    context = {
        "case": case,
        "facility": case.facility,
        "shape": SHAPES[case.state],
        "kinds": [_(rules.KINDS[kind]) for kind in kinds],
        "dimensions": shown,
        "totals": [
            None if all(one["sums"][n] is None for one in shown if not one["veto"])
            else round(sum(one["sums"][n] or 0 for one in shown if not one["veto"]), 1)
            for n in range(len(kinds))
        ],
        "sheets": sheets,
        "whole": whole,
        "told": whole or case.state in TOLD,
        "may_name": actor.may("evaluation.manage") and case.state == "scoring" and case.round.state == "running",
        "may_final": decides and case.state == "scoring" and case.round.state == "running"
        and not any(one.kind == "final" for one in sheets),
        "may_decide": decides and case.state == "scoring" and any(one.kind == "final" for one in sheets),
        "may_leave": decides and case.state == "scoring",
        "may_confirm": confirms and case.state == "decided" and second,
        "may_return": confirms and case.state == "decided",
        "may_object": actor.may("evaluation.object") and case.state == "told" and on <= case.objection_until,
        "may_answer": confirms and case.state == "objected" and second,
        "may_publish": decides and case.state == "final",
        "step": step or CaseStepForm(initial={"version": case.version}),
        "step_errors": step,
        "name": name or EvaluatorForm(),
        "name_errors": name,
    }  # fmt: skip
    forms = [one for one in (step, name) if one is not None]
    return render(request, "inspections/evaluation.html", context, status=status_of(*forms))


@require_POST
def evaluation_name(request, district, pk):
    """Gives somebody a sheet by hand."""
    case = case_of(request, pk, "evaluation.manage")
    form = EvaluatorForm(request.POST)
    made = accepted(
        form,
        lambda: services.name_evaluator(
            case, form.cleaned_data["kind"], account(form.cleaned_data["user"]), actor=request.actor
        ),
    )
    if made is None:
        return case_page(request, case, name=form)
    tell(request, _("评估表已分给%(name)s") % {"name": made.evaluator.name})
    return redirect("evaluation", district, pk)


@require_POST
def evaluation_final(request, district, pk):
    """Opens the district's own sheet."""
    case = case_of(request, pk, "evaluation.decide")
    sheet = decisions.open_final(case, actor=request.actor)
    return redirect("evaluation-sheet", district, sheet.pk)


@require_POST
def evaluation_step(request, district, pk):
    """One step of a facility's evaluation; which right it takes the service asks."""
    case = case_of(request, pk)
    form = CaseStepForm(request.POST)
    if not form.is_valid():
        if "what" in form.errors or "version" in form.errors:
            form.refused = Refused(_("没有这一步"))
        return case_page(request, case, step=form)
    data, actor = form.cleaned_data, request.actor
    version = data["version"]

    steps = {
        "decide": lambda: decisions.decide(case, reasons=data["reasons"], actor=actor, version=version),
        "return": lambda: decisions.return_case(case, note=data["note"], actor=actor, version=version),
        "confirm": lambda: decisions.confirm(case, actor=actor, version=version),
        "object": lambda: decisions.object_to(case, text=data["text"], actor=actor, version=version),
        "agree": lambda: decisions.answer(case, agree=True, text=data["text"], actor=actor, version=version),
        "keep": lambda: decisions.answer(case, agree=False, text=data["text"], actor=actor, version=version),
        "publish": lambda: decisions.publish(case, actor=actor, version=version),
        "leave": lambda: services.leave(case, note=data["note"], actor=actor, version=version),
    }
    if accepted(form, steps[data["what"]]) is None:
        return case_page(request, case, step=form)
    said = {
        "decide": _("认定已提出，等单位负责人复核"),
        "return": _("已退回重定"),
        "confirm": _("已复核，机构看得到结果"),
        "object": _("异议已送出，等答复"),
        "agree": _("异议成立，重新认定"),
        "keep": _("异议不成立，维持认定"),
        "publish": _("已公布"),
        "leave": _("已退出这次评估"),
    }
    tell(request, said[data["what"]])
    return redirect("evaluation", district, pk)
