"""The page on which a district moves the tiles of its streets."""

from __future__ import annotations

from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from facilities.services import tiles as services
from portal.errors import Denied, Refused
from portal.middleware import tell
from portal.models.places import Street


@require_http_methods(["GET", "POST"])
def street_tiles(request, district):
    """Columns and rows of all streets, beside the map as it stands."""
    request.actor.demand("street.arrange")
    streets = list(Street.objects.order_by("code"))
    given, problem = {}, None
    if request.method == "POST":
        given = {
            street.pk: (request.POST.get(f"column_{street.pk}", ""), request.POST.get(f"row_{street.pk}", ""))
            for street in streets
        }
        try:
            moved = services.arrange_tiles(given, actor=request.actor)
        except Denied:
            raise
        except Refused as refused:
            problem = refused
        else:
            words = ngettext("移动了 %(n)d 个街镇", "移动了 %(n)d 个街镇", len(moved)) % {"n": len(moved)}
            tell(request, words if moved else _("街镇都在原来的格子里"))
            return redirect("supply", district)
    rows = []
    for street in streets:
        column, row = given.get(street.pk, (street.tile_column, street.tile_row))
        wrong = problem is not None and problem.field == f"street_{street.pk}"
        rows.append({"street": street, "column": column, "row": row, "wrong": wrong})
    return render(
        request,
        "facilities/street_tiles.html",
        {
            "rows": rows,
            "problem": problem,
            "grid": services.GRID,
            "tiles": [
                {"col": s.tile_column, "row": s.tile_row, "name": s.name, "number": f"{s.tile_column}·{s.tile_row}",
                 "shade": 1 if s.tile_moved else 0}
                for s in sorted(streets, key=lambda s: (s.tile_row or 0, s.tile_column or 0))
                if s.tile_column
            ],
        },
        status=422 if request.method == "POST" else 200,
    )  # fmt: skip
