"""The draw's pages: a year, a month, the witness, voiding, a team. Each calls one service."""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache

import segno
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from inspections.forms.draws import FreezeForm
from inspections.models import Draw, Scheme, TeamMember
from inspections.rules.states import OPEN
from inspections.services import (
    chains,
    draw_entropy,
    draw_export,
    draw_summary,
    draws,
    freezing,
    month,
    plans,
)
from portal.calendar import provisional_note
from portal.errors import Refused
from portal.middleware import tell
from portal.templatetags.ui import month_word
from portal.views.rows import row_address, sliced

#: A district draws fifty facilities a month; the largest ones several times that.
ROWS_A_PAGE = 60


def visible_draw(request, pk: int) -> Draw:
    """The draw, for somebody who may see draws."""
    rows = Draw.objects.allowed(request.actor, "draw.view").select_related(
        "scheme__clause__document", "chain"
    )
    return get_object_or_404(rows, pk=pk)


def year_of(query, on: date) -> int:
    """The year that the address asks for."""
    text = query.get("year", "")
    return (
        int(text)
        if text.isascii() and text.isdigit() and "2000" <= text <= "2999" and len(text) == 4
        else on.year
    )


def year_boxes(year: int, on: date) -> list[dict]:
    """Each scheme of a year with its draws, its chain, and a row for each month."""
    schemes = plans.schemes(year, max(on, on.replace(year=year, month=1, day=1) if year > on.year else on))
    boxes = []
    of_year = draw_summary.draws_of(year)
    counts, shorts = month.visit_counts(of_year), month.short_counts(of_year)
    known = chains.chains_of(year)
    in_force = {scheme.key for scheme in schemes}
    # a line that a revision took out of the plan keeps the months that it was drawn in
    gone = {one.chain.scheme_key: one.scheme for one in of_year if one.chain.scheme_key not in in_force}
    for scheme in [*schemes, *gone.values()]:
        found = [one for one in of_year if one.chain.scheme_key == scheme.key]
        chain = known.get(scheme.key)
        rows = []
        for number in range(1, 13):
            mine = [one for one in found if one.month == number]
            valid = next((one for one in mine if one.state != "void"), None)
            if not mine and scheme.key in gone:
                continue
            short = shorts.get(valid.pk, 0) if valid else 0
            status = month.status(
                scheme,
                year,
                number,
                on=on,
                draw=valid,
                counts=counts.get(valid.pk) if valid else None,
                short=short,
                beside=found,
            )
            rows.append(
                {
                    "month": number,
                    "status": status,
                    "draw": valid,
                    "voids": [one for one in mine if one.state == "void"],
                    "counts": counts.get(valid.pk, {}) if valid else {},
                    "objects": len(valid.frozen_dict["objects"]) if valid else None,
                    "may_freeze": valid is None
                    and scheme.key in in_force
                    and freezing.may_freeze(year, number, on),
                    "link_public": any(one.month >= number and one.published_at for one in found),
                    "freeze_label": _("冻结 %(month)s 月名单") % {"month": month_word(number)},
                    "dialog": f"freeze-{scheme.key}-{number}",
                    "published": _("证据已公开"),
                }
            )
        boxes.append({"scheme": scheme, "chain": chain, "found": found, "counts": counts, "rows": rows})
    return boxes


@require_GET
def draw_list(request, district):
    """The year of each scheme: its chain, each month's state and the next step."""
    request.actor.demand("draw.view")
    on = timezone.localdate()
    year = year_of(request.GET, on)
    boxes = year_boxes(year, on)
    for box in boxes:
        box["links"] = draw_summary.chain_links(
            box["chain"],
            year,
            box["found"],
            box["counts"],
            lambda one: reverse("draw", args=[district, one.pk]),
            on.month if year == on.year else 0,
        )
        box["may_confirm"] = request.actor.may("plan.manage")
    counted = [
        day
        for box in boxes
        for row in box["rows"]
        if row["may_freeze"] or row["draw"]
        for day in row["status"].window
    ]
    context = {
        "year": year,
        "provisional": provisional_note(*counted),
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
    draw = freezing.freeze(scheme, year, number, actor=request.actor, lottery=form.cleaned_data["lottery"])
    tell(request, _("%(month)s 月的名单已冻结，指纹已公布") % {"month": month_word(number)})
    return redirect("draw", district, draw.pk)


@require_POST
def draw_publicity(request, district, pk):
    """The bureau's one confirmation that grades and recusals become public with the evidence."""
    scheme = get_object_or_404(Scheme.objects.allowed(request.actor, "plan.manage"), pk=pk)
    plans.confirm_publicity(scheme, actor=request.actor)
    tell(request, _("已确认：等级和回避随证据公开"))
    return redirect("draws", district)


def lines_of(rows: list[draw_summary.Row], draw: Draw, actor, district: str) -> list[dict]:
    """The rows of a page with what the table asks of each: addresses, the team as words."""
    visit_url = row_address("inspection", district)
    team_url = row_address("draw-team", district, draw.pk)
    replaces, names = actor.may("team.replace"), actor.may("team.name")
    drawn = TeamMember.Origin.DRAWN
    lines = []
    for row in rows:
        visit, facility = row.visit, row.visit.facility
        changes = (
            visit.state == "due"
            and draw.state == "drawn"
            and (replaces or (names and (row.missing or row.lacking)))
        )
        lines.append(
            {
                "row": row,
                "visit": visit,
                "facility": facility,
                "street": facility.street.name,
                "url": visit_url(visit.pk),
                "team": [
                    (one.code, one.unit, "" if one.origin == drawn else one.origin_word) for one in row.team
                ],
                "change_url": team_url(visit.pk) if changes else "",
            }
        )
    return lines


@lru_cache(maxsize=64)
def qr_code(address: str) -> str:
    return mark_safe(  # drawn by the library from our own address
        segno.make(address, error="m").svg_inline(scale=2, border=0, omitsize=True)
    )


@require_GET
def draw_page(request, district, pk):
    """One month: steps, chain, frozen list, witness, verification, streets, results, what was appended."""
    draw, actor = visible_draw(request, pk), request.actor
    on = timezone.localdate()
    found = draw_summary.months_of(draw.chain.scheme_key, draw.year)
    counts = month.visit_counts(found)
    own = counts.get(draw.pk, {})
    frozen = draw.frozen_dict
    evidence = json.loads(draw.evidence_file) if draw.evidence is not None else None
    sees = evidence is not None and draw_summary.sees_visits(draw, actor)
    rows = draw_summary.result_rows(draw, frozen, evidence, actor) if evidence is not None else []
    short = [row for row in rows if row.missing or row.lacking]
    show = request.GET.get("show", "")
    waiting = [row for row in rows if row.visit.state in OPEN]
    shown = {"open": waiting, "short": short}.get(show, rows)
    page = sliced(shown, request.GET, size=ROWS_A_PAGE)
    streets = draw_summary.street_rows(frozen, evidence if sees else None)
    status = month.status(
        draw.scheme,
        draw.year,
        draw.month,
        on=on,
        draw=draw,
        counts=own or None,
        short=len(short),
        beside=found,
    )
    chip = draw_summary.state_chip(draw, own)
    public = reverse("public-draw", args=[district, draw.chain.scheme_key, draw.year, draw.month])
    context = {
        "draw": draw,
        "scheme": draw.scheme,
        "chip": chip,
        "status": status,
        "provisional": "" if draw.drawn_at else provisional_note(*status.window),
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
        "earlier": any(one.pk < draw.pk for one in found),
        "frozen": draw_summary.frozen_list(draw, frozen),
        "dice": draw.entropy_value if draw_entropy.is_dice(draw.entropy_value) else "",
        "faults": draw_summary.differences(draw) if evidence is not None else [],
        "evidence": evidence,
        "persons": sum(len(result["inspectors"]) for result in evidence["results"]) if evidence else 0,
        "sees": sees,
        "veiled": draw_summary.veiled(draw, actor),
        "streets": streets,
        "total": draw_summary.totals(streets),
        "lines": lines_of(page.rows, draw, actor, district),
        "page": page,
        "all_rows": rows,
        "open_rows": waiting,
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
        "qr": qr_code(settings.PORTAL_URL + public),
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


@require_GET
def draw_export_list(request, district, pk):
    """The drawn list with its teams as a spreadsheet, as far as the person may see it."""
    draw = visible_draw(request, pk)
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
