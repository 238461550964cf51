"""Model facilities of a round: the list with its criteria, a proposal, its steps."""

from __future__ import annotations

from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from inspections.forms.evaluations import ProposeForm, SelectionStepForm
from inspections.models import EvaluationCase, EvaluationRound, Selection
from inspections.rules import evaluations as rules
from inspections.services import evaluation_selection as services
from inspections.views.evaluations import round_of, sees_all
from portal.errors import NotFound, Refused
from portal.middleware import tell
from portal.views.forms import accepted, status_of

SHAPES = {"proposed": "doing", "noticed": "doing", "named": "ok", "dropped": "none"}


def whole_round(request, pk: int) -> EvaluationRound:
    """The round, for who looks on the whole district: the criteria tell of orders and incidents."""
    row = round_of(request, pk)
    if not sees_all(request.actor):
        raise NotFound(_("没有这一页"))
    return row


def lines_of(row: EvaluationRound, on) -> list[dict]:
    """Each facility with its criteria in order, shapes and words; the proposed order."""
    found = []
    for number, one in enumerate(services.candidates(row, on), start=1):
        found.append(
            {
                "number": number,
                "case": one.case,
                "facility": one.case.facility,
                "fit": one.fit,
                "marks": [(key, "ok" if one.criteria[key] else "bad") for key in rules.CRITERIA],
                "selection": one.selection,
                "shape": SHAPES[one.selection.state] if one.selection else "none",
            }
        )
    return found


@require_GET
def evaluation_selection(request, district, pk):
    return selection_page(request, whole_round(request, pk))


def selection_page(
    request, row: EvaluationRound, *, propose: ProposeForm | None = None, step=None, about: int = 0
):
    actor, on = request.actor, timezone.localdate()
    decides, confirms = actor.may("evaluation.decide"), actor.may("evaluation.confirm")
    lines = lines_of(row, on)
    for line in lines:
        one = line["selection"]
        line["may_propose"] = decides and line["fit"] and one is None
        line["may_notice"] = (
            confirms and one and one.state == "proposed" and actor.user.pk != one.proposed_by_id
        )
        line["may_name"] = confirms and one and one.state == "noticed" and one.notice_until < on
        line["may_drop"] = confirms and one and one.state in ("proposed", "noticed")
        line["propose"] = (
            propose
            if propose is not None and about == line["case"].pk
            else ProposeForm(initial={"case": line["case"].pk}, auto_id=f"p{line['case'].pk}-%s")
        )
        line["step"] = (
            step
            if step is not None and one and about == one.pk
            else SelectionStepForm(auto_id=f"s{line['case'].pk}-%s")
        )
    context = {
        "round": row,
        "lines": lines,
        "criteria": services.criteria_words(on),
        "errors": propose or step,
    }
    forms = [one for one in (propose, step) if one is not None]
    return render(request, "inspections/evaluation_selection.html", context, status=status_of(*forms))


@require_POST
def evaluation_propose(request, district, pk):
    """Proposes one facility."""
    request.actor.demand("evaluation.decide")
    row = whole_round(request, pk)
    form = ProposeForm(request.POST)
    about = 0

    def propose():
        case = EvaluationCase.objects.allowed(request.actor, "evaluation.decide").filter(
            pk=form.cleaned_data["case"], round=row
        ).first()  # fmt: skip
        if case is None:
            raise Refused(_("这家不在这次评估里"), code="case")
        return services.propose(case, reason=form.cleaned_data["reason"], actor=request.actor)

    done = accepted(form, propose)
    if done is None:
        about = form.cleaned_data.get("case") or 0
        return selection_page(request, row, propose=form, about=about)
    tell(request, _("已提名，等单位负责人审定"))
    return redirect("evaluation-selection", district, pk)


@require_POST
def evaluation_selection_step(request, district, pk):
    """Notice, naming, or neither."""
    request.actor.demand("evaluation.confirm")
    one = get_object_or_404(Selection.objects.select_related("case__round"), pk=pk)
    row = whole_round(request, one.case.round_id)
    form = SelectionStepForm(request.POST)
    if not form.is_valid():
        if "what" in form.errors or "version" in form.errors:
            form.refused = Refused(_("没有这一步"))
        return selection_page(request, row, step=form, about=pk)
    data = form.cleaned_data
    steps = {
        "notice": lambda: services.notice(one, actor=request.actor, version=data["version"]),
        "name": lambda: services.name(one, actor=request.actor, version=data["version"]),
        "drop": lambda: services.drop(one, note=data["note"], actor=request.actor, version=data["version"]),
    }
    if accepted(form, steps[data["what"]]) is None:
        return selection_page(request, row, step=form, about=pk)
    said = {"notice": _("已审定，公示开始"), "name": _("已命名"), "drop": _("未入选，理由已记下")}
    tell(request, said[data["what"]])
    return redirect("evaluation-selection", district, row.pk)
