"""The list of places that must have a nursing room, and how many of each street have one."""

from __future__ import annotations

from django.db.models import Count, Q

from guidance.lists.places import street_of
from guidance.models import NursingPlace
from guidance.rules import nursing as rules
from guidance.rules.states import NURSING
from portal.models.places import Street

VIEW, MANAGE = "nursing_place.view", "nursing_place.manage"
SORTS = {
    "code": (("code", str), ("pk", int)),
    "street": (("street_id", int), ("code", str), ("pk", int)),
}


def shown(actor, query):
    """(rows, street, kind, state)."""
    rows = NursingPlace.objects.allowed(actor, VIEW)
    street, kind, state = street_of(query), query.get("kind", ""), query.get("state", "")
    if street is not None:
        rows = rows.filter(street=street)
    kind = kind if kind in rules.KINDS else ""
    state = state if state in NURSING.states else ""
    if kind:
        rows = rows.filter(kind=kind)
    if state:
        rows = rows.filter(state=state)
    if query.get("ended") != "on":
        rows = rows.filter(ended_on__isnull=True)
    return rows, street, kind, state


def coverage(actor) -> list[dict]:
    """Each street within reach: places on the list, with a room, planned, without."""
    rows = NursingPlace.objects.allowed(actor, VIEW).filter(ended_on__isnull=True).order_by()
    counted = {
        one["street"]: one
        for one in rows.values("street").annotate(
            n=Count("pk"),
            open=Count("pk", filter=Q(state="open")),
            planned=Count("pk", filter=Q(state="planned")),
        )
    }
    found = []
    for street in Street.objects.allowed(actor, VIEW).order_by("code").only("pk", "name"):
        one = counted.get(street.pk, {"n": 0, "open": 0, "planned": 0})
        found.append(
            {
                "street": street, "n": one["n"], "open": one["open"], "planned": one["planned"],
                "without": one["n"] - one["open"] - one["planned"],
                "percent": round(100 * one["open"] / one["n"], 1) if one["n"] else None,
            }
        )  # fmt: skip
    return found
