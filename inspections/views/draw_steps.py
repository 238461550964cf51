"""What people do to a month's draw: the witness, the confirmation, voiding, a team. Each calls one service."""

from __future__ import annotations

import json

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inspections.forms.draws import NameForm, ReasonForm, ReplaceForm, WitnessForm
from inspections.models import Inspection, Inspector
from inspections.services import draw_entropy, draw_summary, draw_teams, draw_voids, draws, month
from inspections.views.draws import visible_draw
from portal.errors import Conflict, Refused
from portal.middleware import tell
from portal.templatetags.ui import month_word
from portal.views.forms import refuse, status_of


@require_http_methods(["GET", "POST"])
def draw_witness(request, district, pk):
    """The entry of the witness, made for a projector; then the second person's confirmation on the own sign-in."""
    draw, actor = visible_draw(request, pk), request.actor
    form = WitnessForm(initial={"witnesses": draw.witnesses})
    if request.method == "POST":
        form = WitnessForm(request.POST)
        if form.is_valid():
            try:
                draw_entropy.enter_witness(draw, actor=actor, **form.cleaned_data)
            except Refused as refused:
                refuse(form, refused)
            else:
                tell(request, _("已录入。由第二人在自己的账号上核对"))
                return redirect("draw-witness", district, pk)
    frozen = draw.frozen_dict
    window = month.window(draw.scheme, draw.year, draw.month)
    context = {
        "draw": draw,
        "scheme": draw.scheme,
        "form": form,
        "objects": len(frozen["objects"]),
        "inspectors": len(frozen["inspectors"]),
        "dice": draw.entropy_value if draw_entropy.is_dice(draw.entropy_value) else "",
        "entered_by_me": actor.same_person(draw.entered_by),
        "may_enter": actor.may("draw.witness"),
        "may_confirm": actor.may("draw.confirm"),
        "lottery": draw.entropy_note,
        "source": "lottery"
        if draw.lottery_only
        else form.data.get("source") or ("lottery" if request.GET.get("source") == "lottery" else "witness"),
        "early": draw.state == "frozen" and timezone.localdate() < window[0] and window,
        "value": form.data.get("value", ""),
        "count": draw_entropy.DICE,
    }
    return render(request, "inspections/draw_witness.html", context, status=status_of(form))


@require_POST
def draw_confirm(request, district, pk):
    """The second person says that the room saw the same, and the draw is made."""
    draw = draws.confirm_and_draw(
        visible_draw(request, pk), actor=request.actor, seen=request.POST.get("seen", "")
    )
    tell(request, _("%(month)s 月抽取已完成，证据指纹已公布") % {"month": month_word(draw.month)})
    return redirect("draw", district, pk)


@require_POST
def draw_correct(request, district, pk):
    """The second person saw something else: the entry goes back."""
    draw_entropy.correct(visible_draw(request, pk), actor=request.actor)
    tell(request, _("已退回，重新录入"))
    return redirect("draw-witness", district, pk)


@require_http_methods(["GET", "POST"])
def draw_void(request, district, pk):
    """Asking for a void with a reason, and the head's decision about it."""
    draw, actor = visible_draw(request, pk), request.actor
    form = ReasonForm()
    if request.method == "POST":
        what = request.POST.get("what", "request")
        if what == "confirm":
            draw_voids.confirm_void(draw, actor=actor)
            tell(
                request,
                _("%(month)s 月抽取已作废，作废已公开。要重新抽取，先冻结名单")
                % {"month": month_word(draw.month)},
            )
            return redirect("draw", district, pk)
        if what == "decline":
            draw_voids.decline_void(draw, actor=actor)
            tell(request, _("没有作废，抽取照旧"))
            return redirect("draw", district, pk)
        if draw.void_requested_at is not None:
            raise Conflict(_("已经有人申请作废，等单位负责人决定"), code="void_requested")
        form = ReasonForm(request.POST)
        if form.is_valid():
            try:
                draw_voids.request_void(draw, reason=form.cleaned_data["reason"], actor=actor)
            except Refused as refused:
                refuse(form, refused)
            else:
                tell(request, _("已申请作废，由单位负责人决定"))
                return redirect("draw", district, pk)
    counts = month.visit_counts([draw]).get(draw.pk, {})
    context = {
        "draw": draw,
        "form": form,
        "counts": counts,
        "not_begun": draw.inspections.filter(state="due").count(),
        "may_request": actor.may("draw.void"),
        "may_decide": actor.may("draw.void_confirm") and not actor.same_person(draw.void_requested_by),
    }
    return render(request, "inspections/draw_void.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def draw_team(request, district, pk, visit):
    """Somebody of a team drops out; or a head names somebody where the ranking is empty."""
    draw, actor = visible_draw(request, pk), request.actor
    evidence = json.loads(draw.evidence_file) if draw.evidence is not None else None
    rows = draw_summary.result_rows(draw, draw.frozen_dict, evidence, actor) if evidence else []
    row = next((one for one in rows if one.visit.pk == visit), None)
    if row is None or not (actor.may("team.replace") or actor.may("team.name")):
        raise Http404
    inspection = Inspection.objects.select_related("facility__street", "draw__scheme", "draw__chain").get(
        pk=visit
    )
    present = Inspector.objects.filter(pk__in=[one.inspector_id for one in row.team]).select_related("unit")
    named = draw_teams.may_be_named(inspection, actor) if actor.may("team.name") else Inspector.objects.none()
    replace, name = ReplaceForm(inspectors=present), NameForm(inspectors=named)
    if request.method == "POST":
        naming = request.POST.get("what") == "name"
        form = (
            NameForm(request.POST, inspectors=named)
            if naming
            else ReplaceForm(request.POST, inspectors=present)
        )
        if naming:
            name = form
        else:
            replace = form
        if form.is_valid():
            service = draw_teams.name_inspector if naming else draw_teams.replace_inspector
            try:
                member = service(inspection, actor=actor, **form.cleaned_data)
            except Refused as refused:
                refuse(form, refused)
            else:
                _tell_team(request, member, naming)
                return redirect("draw", district, pk)
    candidate, _passed = draw_teams.next_for(inspection)
    context = {
        "draw": draw,
        "row": row,
        "replace": replace,
        "name": name,
        "candidate": candidate,
        "may_replace": actor.may("team.replace"),
        "may_name": actor.may("team.name") and ((row.missing and candidate is None) or row.lacking),
        "named": named,
    }
    return render(request, "inspections/draw_team.html", context, status=status_of(replace, name))


def _tell_team(request, member, naming: bool) -> None:
    if naming:
        tell(request, _("已指派 %(code)s，记为“不是抽取的”") % {"code": member.inspector.code})
    elif member is None:
        tell(request, _("已记录退出。名单里没有人可以递补，由单位负责人指派"))
    else:
        tell(request, _("已按顺位由 %(code)s 递补") % {"code": member.inspector.code})
