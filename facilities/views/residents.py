"""Residents of the streets: the year's list, a street's years with versions, entry, the bureau's decision."""

from __future__ import annotations

from datetime import date

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities import supply
from facilities.forms.residents import DecisionForm, FiguresForm
from facilities.models import Population
from facilities.rules import forecast
from facilities.rules.residents import FIRST_YEAR, KINDS
from facilities.services import residents as services
from facilities.views.supply_tabs import tabs
from portal.middleware import tell
from portal.models.places import Street
from portal.rules.rights import Reach
from portal.views.forms import accepted, status_of


def street_of(request, pk: int, right: str) -> Street:
    request.actor.demand(right)
    found = Street.objects.allowed(request.actor, right).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def year_of(year: int) -> int:
    """A year that figures can be of; nothing stands under any other."""
    if not FIRST_YEAR <= year <= timezone.localdate().year:
        raise Http404
    return year


def words() -> dict[str, str]:
    return {kind: _(label) for kind, label in KINDS.items()}


def year_asked(text: str, years: list[int]) -> int | None:
    """The year of an address, where figures stand under it."""
    return int(text) if text.isascii() and text.isdigit() and int(text[:5]) in years else None


@require_GET
def residents(request, district):
    """The figures of one year, street by street; what waits for the bureau's word comes first."""
    actor = request.actor
    actor.demand("residents.view")
    rows = Population.objects.allowed(actor, "residents.view").in_force()
    years = list(rows.order_by("-year").values_list("year", flat=True).distinct())
    year = year_asked(request.GET.get("year", ""), years) or (
        years[0] if years else timezone.localdate().year - 1
    )
    streets = list(Street.objects.order_by("code"))
    mine = set(Street.objects.allowed(actor, "residents.enter").values_list("pk", flat=True))
    known: dict[int, dict[str, Population]] = {}
    for row in rows.filter(year=year):
        known.setdefault(row.street_id, {})[row.kind] = row
    waiting: dict[tuple[int, int], int] = {}
    for street, proposed in Population.objects.proposed().values_list("street_id", "year"):
        waiting[street, proposed] = waiting.get((street, proposed), 0) + 1
    names = {street.pk: street.name for street in streets}
    return render(
        request,
        "facilities/residents.html",
        {
            "tabs": tabs(request, "residents"),
            "year": year,
            "years": years,
            "kinds": words(),
            "rows": [
                {
                    "street": street,
                    "cells": [(label, known.get(street.pk, {}).get(kind)) for kind, label in words().items()],
                    "sources": sorted({row.source for row in known.get(street.pk, {}).values()}),
                    "waiting": waiting.get((street.pk, year), 0),
                    "may_enter": street.pk in mine,
                }
                for street in streets
            ],
            "sums": [
                (
                    label,
                    sum(row[kind].count for row in known.values() if kind in row)
                    if any(kind in row for row in known.values())
                    else None,
                )
                for kind, label in words().items()
            ],
            "waiting": [
                {"street": street, "name": names[street], "year": proposed, "count": count}
                for (street, proposed), count in sorted(waiting.items())
                if street in mine
            ],
            "decides": actor.may("residents.decide"),
            "may_enter": bool(mine),
        },
    )


@require_GET
def residents_street(request, district, pk):
    """One street: its years, what the forecast makes of them, and how it did in the past."""
    street = street_of(request, pk, "residents.view")
    rows = Population.objects.filter(street=street)
    known: dict[int, dict[str, Population]] = {}
    for row in rows.in_force():
        known.setdefault(row.year, {})[row.kind] = row
    outlook = supply.outlook(street, supply.histories([street]).get(street.pk, {}))
    last = timezone.localdate().year
    asked = set(range(last - 3, last + 1)) | set(known)
    enters = Street.objects.allowed(request.actor, "residents.enter").filter(pk=street.pk).exists()
    projection = outlook.projection
    return render(
        request,
        "facilities/residents_street.html",
        {
            "street": street,
            "kinds": words(),
            "years": [
                {
                    "year": year,
                    "cells": [(label, known.get(year, {}).get(kind)) for kind, label in words().items()],
                }
                for year in sorted(asked, reverse=True)
                if year in known or enters
            ],
            "forecast": [
                {
                    "year": year,
                    "under_three": round(projection.values["under_three"][year]),
                    "one_to_three": round(projection.values["one_to_three"][year]),
                    "births": round(projection.births[year]),
                }
                for year in sorted(projection.values["under_three"], reverse=True)
            ]
            if projection
            else [],
            "projection": projection,
            "rates": rates(projection),
            "missing": [(year, _(KINDS[kind])) for year, kind in outlook.missing],
            "checks": [
                {
                    "label": _(KINDS[kind]),
                    "rows": [
                        (check, round(check.forecast), off(check)) for check in reversed(outlook.checks[kind])
                    ],
                    "error": outlook.error(kind),
                }
                for kind in forecast.POPULATIONS
            ],
            "may_enter": enters,
            "next_year": last,
        },
    )


def rates(projection) -> dict | None:
    """The projection's rates in per cent."""
    if projection is None:
        return None
    return {
        "births": 100 * (projection.births_rate - 1),
        "moves": 100 * projection.moves_rate,
        "under_one": projection.under_one_factor,
        "older": projection.older_factor,
    }


def off(check: forecast.Check) -> float | None:
    """How far a past forecast was off, in per cent of what was counted."""
    return 100 * (check.forecast - check.counted) / check.counted if check.counted else None


@require_http_methods(["GET", "POST"])
def residents_year(request, district, pk, year):
    """A street's year: entry or correction, what waits, all versions."""
    street = street_of(request, pk, "residents.enter")
    year = year_of(year)
    standing = services.figures(street, year)
    proposed = services.figures(street, year, "proposed")
    decides = request.actor.may("residents.decide")
    form = figures_form(request.POST if request.method == "POST" else None, year, standing, proposed, decides)
    if request.method == "POST":
        made = accepted(
            form,
            lambda: services.enter_figures(
                street,
                year,
                form.counts(),
                counted_on=form.cleaned_data["counted_on"],
                source=form.cleaned_data["source"],
                note=form.cleaned_data["note"],
                actor=request.actor,
            ),
        )
        if made is not None:
            say = (
                _("%(street)s %(year)d 年的人口数已存")
                if decides
                else _("%(street)s %(year)d 年的人口数已报区里")
            )
            if not made:
                say = _("%(street)s %(year)d 年的数没有变")
            tell(request, say % {"street": street.name, "year": year})
            return redirect("residents-street", district, pk)
    return year_page(request, street, year, form, standing, proposed, DecisionForm())


def figures_form(data, year: int, standing: dict, proposed: dict, decides: bool) -> FiguresForm:
    """The form with what is in force; a street sees its own proposal."""
    shown = standing | ({} if decides else proposed)
    newest = max(shown.values(), key=lambda row: row.pk, default=None)
    day = newest.counted_on if newest else date(year, 12, 31)
    initial = {kind: row.count for kind, row in shown.items()}
    initial |= {"counted_on": min(day, timezone.localdate()), "source": newest.source if newest else ""}
    return FiguresForm(data, initial=initial)


def year_page(request, street, year, form, standing, proposed, decision):
    versions = (
        Population.objects.filter(street=street, year=year)
        .select_related("entered_by", "decided_by")
        .order_by("kind", "-version")
    )
    order = {kind: place for place, kind in enumerate(KINDS)}
    return render(
        request,
        "facilities/residents_year.html",
        {
            "street": street,
            "year": year,
            "form": form,
            "decision": decision,
            "numbers": [form[kind] for kind in KINDS],
            "decides": request.actor.may("residents.decide"),
            "proposed": [
                {"row": proposed[kind], "label": _(KINDS[kind]), "before": standing.get(kind)}
                for kind in KINDS
                if kind in proposed
            ],
            "seen": ",".join(str(row.pk) for row in proposed.values()),
            "proposer": next(iter(proposed.values()), None),
            "versions": sorted(versions, key=lambda row: (order[row.kind], -row.version)),
            "direct": Reach.ALL in request.actor.reaches("residents.enter"),
        },
        status=status_of(form, decision),
    )


@require_POST
def residents_decide(request, district, pk, year):
    """Puts the street's proposal in force, or refuses it."""
    street = street_of(request, pk, "residents.decide")
    year = year_of(year)
    form = DecisionForm(request.POST)
    done = accepted(
        form,
        lambda: services.decide_figures(
            street,
            year,
            accept=form.cleaned_data["accept"] == "yes",
            seen=form.cleaned_data["seen"],
            note=form.cleaned_data["note"],
            actor=request.actor,
        ),
    )
    if done:
        said = {
            "in_force": _("已核定 %(street)s %(year)d 年的数"),
            "refused": _("没有采用 %(street)s %(year)d 年的数"),
        }
        tell(request, said[done[0].state] % {"street": street.name, "year": year})
        return redirect("residents", district)
    standing = services.figures(street, year)
    proposed = services.figures(street, year, "proposed")
    return year_page(
        request, street, year, figures_form(None, year, standing, proposed, True), standing, proposed, form
    )
