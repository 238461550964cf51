"""The list of guidance places: its conditions and sortings, which page, file and REST share."""

from __future__ import annotations

from datetime import date

from guidance.models import GuidancePlace
from guidance.rules import places as rules
from portal.models.places import Street

SORTS = {
    "code": (("code", str), ("pk", int)),
    "street": (("street_id", int), ("code", str), ("pk", int)),
    "opened": (("opened_on", date), ("code", str), ("pk", int)),
}


def street_of(query) -> Street | None:
    text = query.get("street", "")
    if not (text.isascii() and text.isdigit() and len(text) < 13):
        return None
    return Street.objects.filter(pk=text).first()


def shown(actor, query, on: date):
    """The places under the conditions of the page, and the conditions as they were understood."""
    rows = GuidancePlace.objects.allowed(actor, "guidance_place.view")
    street, kind = street_of(query), query.get("kind", "")
    if street is not None:
        rows = rows.filter(street=street)
    if kind in rules.KINDS:
        rows = rows.filter(kind=kind)
    else:
        kind = ""
    if query.get("closed") != "on":
        rows = rows.open_on(on)
    return rows, street, kind


def streets_without(kind: str, on: date) -> list[str]:
    """Streets of the district that have no open place of a kind, by their codes."""
    there = GuidancePlace.objects.open_on(on).filter(kind=kind).values("street")
    return list(
        Street.objects.filter(is_street=True)
        .exclude(pk__in=there)
        .order_by("code")
        .values_list("name", flat=True)
    )
