"""The draw's pages: a year, a month, the witness, voiding, a team. Each calls one service."""

from __future__ import annotations

import json

import segno
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inspections.forms.draws import FreezeForm, NameForm, ReasonForm, ReplaceForm, WitnessForm
from inspections.models import Draw, Inspection, Inspector, Scheme
from inspections.services import (
    chains,
    draw_export,
    draw_summary,
    draw_teams,
    draw_voids,
    draws,
    month,
    plans,
)
from portal.errors import Refused
from portal.middleware import tell
from portal.templatetags.ui import month_word


def _draw(request, pk: int) -> Draw:
    rows = Draw.objects.allowed(request.actor, "draw.view").select_related(
        "scheme__clause__document", "chain", "replaces", "entered_by", "void_requested_by"
    )
    return get_object_or_404(rows, pk=pk)


def _refused(form, refused: Refused) -> None:
    """The service's sentence at its field, or on top of the form."""
    form.add_error(refused.field if refused.field in form.fields else None, str(refused.message))


@require_GET
def draw_list(request, district):
    """The year of each scheme: its chain, each month's state and the next step."""
    request.actor.demand("draw.view")
    on = timezone.localdate()
    text = request.GET.get("year", "")
    year = (
        int(text)
        if text.isascii() and text.isdigit() and "2000" <= text <= "2999" and len(text) == 4
        else on.year
    )
    schemes = plans.schemes(year, max(on, on.replace(year=year, month=1, day=1) if year > on.year else on))
    boxes = []
    for scheme in schemes:
        found = draw_summary.months_of(scheme.key, year)
        counts = month.visit_counts(found)
        shorts = month.short_counts(found)
        chain = chains.find_chain(scheme.key, year)
        rows = []
        for number in range(1, 13):
            mine = [one for one in found if one.month == number]
            valid = next((one for one in mine if one.state != "void"), None)
            short = shorts.get(valid.pk, 0) if valid else 0
            status = month.status(
                scheme,
                year,
                number,
                on=on,
                draw=valid,
                counts=counts.get(valid.pk) if valid else None,
                short=short,
            )
            rows.append(
                {
                    "month": number,
                    "status": status,
                    "draw": valid,
                    "voids": [one for one in mine if one.state == "void"],
                    "counts": counts.get(valid.pk, {}) if valid else {},
                    "objects": len(valid.frozen_dict["objects"]) if valid else None,
                    "may_freeze": valid is None and draws.may_freeze(year, number, on),
                    "freeze_label": _("冻结 %(month)s 月名单") % {"month": month_word(number)},
                    "dialog": f"freeze-{scheme.key}-{number}",
                    "published": _("证据已公开"),
                }
            )
        links = draw_summary.chain_links(
            chain,
            year,
            found,
            counts,
            lambda one: reverse("draw", args=[district, one.pk]),
            on.month if year == on.year else 0,
        )
        boxes.append(
            {
                "scheme": scheme,
                "chain": chain,
                "links": links,
                "rows": rows,
                "may_confirm": request.actor.may("plan.manage"),
            }
        )
    context = {
        "year": year,
        "previous": str(year - 1),
        "following": str(year + 1),
        "boxes": boxes,
        "form": FreezeForm(),
        "may_freeze": request.actor.may("draw.freeze"),
        "may_witness": request.actor.may("draw.witness"),
    }
    return render(request, "inspections/draws.html", context)


@require_POST
def draw_freeze(request, district):
    """Freezes a month now instead of waiting for its freeze day."""
    request.actor.demand("draw.freeze")
    form = FreezeForm(request.POST)
    if not form.is_valid():
        raise Refused(_("月份：从双随机页上选一个月来冻结"), field="month")
    year, number = form.cleaned_data["year"], form.cleaned_data["month"]
    draws.check_month(year, number)
    scheme = plans.scheme(form.cleaned_data["scheme"], year, timezone.localdate())
    draw = draws.freeze(scheme, year, number, actor=request.actor, lottery=form.cleaned_data["lottery"])
    tell(request, _("%(month)s 月的名单已冻结，指纹已公布") % {"month": month_word(number)})
    return redirect("draw", district, draw.pk)


@require_POST
def draw_publicity(request, district, pk):
    """The bureau's one confirmation that grades and recusals become public with the evidence."""
    scheme = get_object_or_404(Scheme.objects.allowed(request.actor, "plan.manage"), pk=pk)
    plans.confirm_publicity(scheme, actor=request.actor)
    tell(request, _("已确认：等级和回避随证据公开"))
    return redirect("draws", district)


@require_GET
def draw_page(request, district, pk):
    """One month: steps, chain, frozen list, witness, verification, streets, results, what was appended."""
    draw, actor = _draw(request, pk), request.actor
    on = timezone.localdate()
    found = draw_summary.months_of(draw.chain.scheme_key, draw.year)
    counts = month.visit_counts(found)
    own = counts.get(draw.pk, {})
    frozen = draw.frozen_dict
    evidence = json.loads(draw.evidence_file) if draw.evidence is not None else None
    sees = evidence is not None and draw_summary.sees_visits(draw, actor)
    rows = draw_summary.result_rows(draw, frozen, evidence, actor) if evidence is not None else []
    short = [row for row in rows if row.missing]
    show = request.GET.get("show", "")
    shown = {
        "open": [row for row in rows if row.visit.state in ("due", "under_way")],
        "short": short,
    }.get(show, rows)
    streets = draw_summary.street_rows(frozen, evidence if sees else None)
    status = month.status(
        draw.scheme, draw.year, draw.month, on=on, draw=draw, counts=own or None, short=len(short)
    )
    chip = draw_summary.state_chip(draw, own)
    public = reverse("public-draw", args=[district, draw.chain.scheme_key, draw.year, draw.month])
    context = {
        "draw": draw,
        "scheme": draw.scheme,
        "chip": chip,
        "status": status,
        "steps": [
            {
                "label": s.label,
                "note": s.note,
                "state": s.state,
                "current": s is status.current and draw.state != "published",
            }
            for s in status.steps
        ]
        if draw.state != "void"
        else [],
        "links": draw_summary.chain_links(
            draw.chain,
            draw.year,
            found,
            counts,
            lambda one: reverse("draw", args=[district, one.pk]),
            draw.month,
        ),
        "frozen": draw_summary.frozen_list(draw, frozen),
        "dice": draw.entropy_value if draws.is_dice(draw.entropy_value) else "",
        "faults": draw_summary.differences(draw) if evidence is not None else [],
        "evidence": evidence,
        "persons": sum(len(result["inspectors"]) for result in evidence["results"]) if evidence else 0,
        "sees": sees,
        "streets": streets,
        "total": draw_summary.totals(streets),
        "rows": shown,
        "all_rows": rows,
        "open_rows": [row for row in rows if row.visit.state in ("due", "under_way")],
        "short": short,
        "show": show,
        "addenda": [
            (one, draw_summary.addendum_words(one) if sees else "") for one in draw.addenda.order_by("number")
        ],
        "voids": [
            one for one in found if one.month == draw.month and one.state == "void" and one.pk != draw.pk
        ],
        "successor": next((one for one in found if one.month == draw.month and one.pk > draw.pk), None)
        if draw.state == "void"
        else None,
        "counts": own,
        "public": public,
        "qr": mark_safe(  # drawn by the library from our own address
            segno.make(settings.PORTAL_URL + public, error="m").svg_inline(scale=2, border=0, omitsize=True)
        ),
        "may": {
            right: actor.may(right)
            for right in (
                "draw.freeze",
                "draw.witness",
                "draw.confirm",
                "draw.void",
                "draw.void_confirm",
                "team.replace",
                "team.name",
            )
        },
    }
    context["may"] = {right.replace(".", "_"): value for right, value in context["may"].items()}
    return render(request, "inspections/draw.html", context)


@require_http_methods(["GET", "POST"])
def draw_witness(request, district, pk):
    """The entry of the witness, made for a projector; then the second person's confirmation on the own sign-in."""
    draw, actor = _draw(request, pk), request.actor
    form = WitnessForm(initial={"witnesses": draw.witnesses})
    if request.method == "POST":
        form = WitnessForm(request.POST)
        if form.is_valid():
            try:
                draws.enter_witness(draw, actor=actor, **form.cleaned_data)
            except Refused as refused:
                if refused.status == 403:
                    raise
                _refused(form, refused)
            else:
                tell(request, _("已录入。由第二人在自己的账号上核对"))
                return redirect("draw-witness", district, pk)
    frozen = draw.frozen_dict
    context = {
        "draw": draw,
        "scheme": draw.scheme,
        "form": form,
        "objects": len(frozen["objects"]),
        "inspectors": len(frozen["inspectors"]),
        "dice": draw.entropy_value if draws.is_dice(draw.entropy_value) else "",
        "entered_by_me": actor.same_person(draw.entered_by),
        "may_enter": actor.may("draw.witness"),
        "may_confirm": actor.may("draw.confirm"),
        "lottery": draw.entropy_note,
        "source": form.data.get("source")
        or ("lottery" if request.GET.get("source") == "lottery" else "witness"),
        "value": form.data.get("value", ""),
        "count": draws.DICE,
    }
    return render(request, "inspections/draw_witness.html", context, status=422 if form.errors else 200)


@require_POST
def draw_confirm(request, district, pk):
    """The second person says that the room saw the same, and the draw is made."""
    draw = draws.confirm_and_draw(_draw(request, pk), actor=request.actor, seen=request.POST.get("seen"))
    tell(request, _("%(month)s 月抽取已完成，证据指纹已公布") % {"month": month_word(draw.month)})
    return redirect("draw", district, pk)


@require_POST
def draw_correct(request, district, pk):
    """The second person saw something else: the entry goes back."""
    draws.correct(_draw(request, pk), actor=request.actor)
    tell(request, _("已退回，重新录入"))
    return redirect("draw-witness", district, pk)


@require_http_methods(["GET", "POST"])
def draw_void(request, district, pk):
    """Asking for a void with a reason, and the head's decision about it."""
    draw, actor = _draw(request, pk), request.actor
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
        form = ReasonForm(request.POST)
        if form.is_valid():
            try:
                draw_voids.request_void(draw, reason=form.cleaned_data["reason"], actor=actor)
            except Refused as refused:
                if refused.status in (403, 409):
                    raise
                _refused(form, refused)
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
    return render(request, "inspections/draw_void.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def draw_team(request, district, pk, visit):
    """Somebody of a team drops out; or a head names somebody where the ranking is empty."""
    draw, actor = _draw(request, pk), request.actor
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
                if refused.status in (403, 409):
                    raise
                _refused(form, refused)
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
        "may_name": actor.may("team.name") and row.missing and candidate is None,
        "named": named,
    }
    bound = replace.errors or name.errors
    return render(request, "inspections/draw_team.html", context, status=422 if bound else 200)


def _tell_team(request, member, naming: bool) -> None:
    if naming:
        tell(request, _("已指派 %(code)s，记为“不是抽取的”") % {"code": member.inspector.code})
    elif member is None:
        tell(request, _("已记录退出。名单里没有人可以递补，由单位负责人指派"))
    else:
        tell(request, _("已按顺位由 %(code)s 递补") % {"code": member.inspector.code})


@require_GET
def draw_export_list(request, district, pk):
    """The drawn list with its teams as a spreadsheet, as far as the person may see it."""
    draw = _draw(request, pk)
    if draw.evidence is None or not draw_summary.sees_visits(draw, request.actor):
        raise Http404
    evidence = json.loads(draw.evidence_file)
    rows = draw_summary.result_rows(draw, draw.frozen_dict, evidence, request.actor)
    response = HttpResponse(
        draw_export.workbook(draw, rows),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    name = f"draw-{draw.chain.scheme_key}-{draw.year}-{draw.month:02d}.xlsx"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
