"""Places against residents, street by street, and the forecast of demand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from facilities import supply as reading
from facilities.models import Facility
from facilities.rules import forecast as rules
from facilities.rules.residents import KINDS
from facilities.views.supply_tabs import tabs
from portal.figures import shade
from portal.models.places import Street
from portal.rules.machine import marked

#: What the tile map can show: key -> (words, unit, decimals).
SHOWN = {
    "quota": (marked("宝宝屋托额 ÷ 1—3 岁"), "%", 1),
    "hundred": (marked("每百名 3 岁以下的托位"), marked("个"), 1),
    "thousand": (marked("每千人口的托位"), marked("个"), 1),
    "places": (marked("托位"), marked("个"), 0),
}


def measured(row: reading.Supply, show: str) -> Decimal | None:
    return {
        "quota": row.quota,
        "hundred": row.per_hundred,
        "thousand": row.per_thousand,
        "places": Decimal(row.total),
    }[show]


@require_GET
def supply(request, district):
    """Where places stand against what the plans ask; a tile per street, a row per street."""
    request.actor.demand("residents.view")
    on = timezone.localdate()
    streets = list(Street.objects.order_by("code"))
    rows, whole = reading.supplies(on, streets)
    asked = reading.asked(on)
    thresholds = reading.thresholds(rows, whole, asked)
    quota = next((t for t in thresholds if t.parameter.key == "baby_house.quota_percent"), None)
    first = "quota" if quota else "hundred"
    show = request.GET.get("show", first)
    show = show if show in SHOWN else first
    short: dict[int, list[str]] = {}
    for one in thresholds:
        for pk in one.short:
            short.setdefault(pk, []).append(one.text)
    return render(
        request,
        "facilities/supply.html",
        {
            "tabs": tabs(request, "supply"),
            "on": on,
            "thresholds": thresholds,
            "whole": whole,
            "rows": [
                {
                    "supply": row,
                    "kinds": [row.places.get(kind, (0, 0)) for kind in reading.CARE_KINDS],
                    "people": [row.residents.get(kind) for kind in ("one_to_three", "under_three", "total")],
                    "short": short.get(row.street.pk, []),
                }
                for row in rows
            ],
            "sums": [whole.places.get(kind, (0, 0)) for kind in reading.CARE_KINDS],
            "people": [whole.residents.get(kind) for kind in ("one_to_three", "under_three", "total")],
            "kinds": [dict(Facility.Kind.choices)[kind] for kind in reading.CARE_KINDS],
            "with_quota": quota is not None,
            "tiles": tiles(request, rows, show, quota, short),
            "shown": [
                {"label": _(words), "url": f"?show={key}", "current": key == show}
                for key, (words, _unit, _places) in SHOWN.items()
                if key != "quota" or quota
            ],
            "show_label": _(SHOWN[show][0]),
            "show_unit": _(SHOWN[show][1]),
            "years": sorted({c.year for row in rows for c in row.residents.values()}, reverse=True)[:1],
            "may_arrange": request.actor.may("street.arrange"),
        },
    )


def tiles(request, rows, show: str, quota, short: dict[int, list[str]]) -> list[dict]:
    """The streets where they lie; the darker, the nearer to what is asked (or to the highest)."""
    values = {row.street.pk: measured(row, show) for row in rows}
    top = (
        quota.wanted if show == "quota" and quota else max([v for v in values.values() if v] or [Decimal(1)])
    )
    places = SHOWN[show][2]
    asked = frozenset(quota.short) if show == "quota" and quota else frozenset()
    found = []
    for row in sorted(rows, key=lambda r: (r.street.tile_row or 0, r.street.tile_column or 0)):
        street, value = row.street, values[row.street.pk]
        if street.tile_column is None:
            continue
        flagged = street.pk in asked if show == "quota" else bool(short.get(street.pk))
        found.append(
            {
                "col": street.tile_column,
                "row": street.tile_row,
                "name": street.name,
                "number": "—" if value is None else f"{value:.{places}f}",
                "shade": 0 if value is None else shade(float(value / top)) if top else 0,
                "flag": "bad" if flagged else "",
                "flag_words": _("没有达到：%(what)s") % {"what": "、".join(short.get(street.pk, []))}
                if flagged
                else "",
                "url": reverse("residents-street", args=[request.district.slug, street.pk]),
            }
        )
    return found


def whole_number(value: float | None) -> int | None:
    return None if value is None else round(value)


def population_of(query) -> str:
    """Which children the address asks for."""
    of = query.get("of", "under_three")
    return of if of in rules.POPULATIONS else "under_three"


def expected(of: str, on: date):
    """The district's forecast, the quota where it is asked of these children, and a line for each street."""
    rows = reading.outlooks(list(Street.objects.order_by("code")))
    whole = reading.whole_outlook(rows)
    quota = reading.asked(on).get("baby_house.quota_percent") if of == "one_to_three" else None
    places = reading.places(on) if quota else {}
    years = sorted(whole.values[of])
    found = []
    for row in rows:
        line = {
            "street": row.street,
            "error": row.error(of),
            "missing": [(y, _(KINDS[k])) for y, k in row.missing],
        }
        if row.projection:
            base = row.projection.base
            line["base"] = getattr(row.history[base], of)
            line["year"] = base
            line["expected"] = [whole_number(row.projection.values[of].get(year)) for year in years]
            last = line["expected"][-1] if line["expected"] else None
            if line["base"] and last is not None:
                line["change"] = 100 * (last - line["base"]) / line["base"]
            if quota is not None and last is not None:
                have = places.get(row.street.pk, {}).get("baby_house", (0, 0))[0]
                line["needed"] = max(0, round(last * float(quota.value) / 100 + 0.4999) - have)
        found.append(line)
    return whole, quota, found


@require_GET
def forecast(request, district):
    """Children of the next three years by street, and how wrong the same method was on years that are over."""
    request.actor.demand("residents.view")
    of = population_of(request.GET)
    whole, quota, found = expected(of, timezone.localdate())
    years = sorted(whole.values[of])
    able = [line for line in found if "expected" in line and line["year"] == whole.base]
    return render(
        request,
        "facilities/forecast.html",
        {
            "tabs": tabs(request, "forecast"),
            "of": of,
            "of_label": _(KINDS[of]),
            "choices": [
                {"label": _(KINDS[kind]), "url": f"?of={kind}", "current": kind == of}
                for kind in rules.POPULATIONS
            ],
            "years": years,
            "base": whole.base,
            "rows": found,
            "total": sum(line["base"] for line in able) if able else None,
            "sums": [whole_number(whole.values[of][year]) for year in years],
            "errors": [(ahead, whole.error(of, ahead)) for ahead in range(1, rules.YEARS_AHEAD + 1)],
            "error": whole.error(of),
            "without": whole.without,
            "quota": quota,
            "back": rules.BACK,
            "slowest": round(100 * rules.SLOWEST),
            "fastest": round(100 * rules.FASTEST),
        },
    )
