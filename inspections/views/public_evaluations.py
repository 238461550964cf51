"""What anybody may read of evaluations, in public_scope: grades and points that are published, model facilities and
those that are proposed as such. No free text of anybody stands here."""

from __future__ import annotations

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from facilities.models.credit import listing
from inspections.models import EvaluationCase, Selection
from inspections.rules.evaluation_sets import DIMENSIONS
from inspections.views.public import _district as district_of
from inspections.views.public_results import OF_A_FACILITY

SHAPES = {"A": "ok", "B": "ok", "C": "warn", "D": "bad"}


@require_GET
def public_evaluations(request, district):
    """The results that are published, by round and code; who is named or about to be."""
    place = district_of(district)
    rows = (
        EvaluationCase.objects.filter(district=place, state="published")
        .select_related("facility", "round__set")
        .only(
            *EvaluationCase.public_columns, *OF_A_FACILITY, "round__title", "round__year", "round__district",
            "round__set__title", "round__set__points", "round__set__district",
        )
        .annotate(listing=listing("facility"))
        .order_by("-round__year", "-round", "grade", "-total", "facility__code")
    )  # fmt: skip
    chosen = {
        one.case_id: one
        for one in Selection.objects.filter(district=place).only(*Selection.public_columns, "district")
    }
    rounds: dict[int, dict] = {}
    for row in rows:
        found = rounds.setdefault(row.round_id, {"round": row.round, "lines": []})
        found["lines"].append(
            {
                "row": row,
                "shape": SHAPES.get(row.grade, "none"),
                "selection": chosen.get(row.pk),
                "dimensions": [
                    (_(words), row.dimensions.get(name, 0), row.round.set.points.get(name, 0))
                    for name, (words, _points) in DIMENSIONS.items()
                ],
            }
        )
    context = {"public_district": place, "rounds": list(rounds.values())}
    return render(request, "public/evaluations.html", context)
