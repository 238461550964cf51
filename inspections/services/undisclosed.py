"""Which months' drawn visits are not public yet: until then their number in a street tells whom to expect.

A street has a few facilities. Who reads that one of two was drawn and nobody came yet may warn both of them.
"""

from __future__ import annotations

from datetime import date

from inspections.models import Draw, Inspection
from portal.access import Actor


def undisclosed(starts_on: date, ends_on: date) -> bool:
    """Whether of a draw of these months a visit is still to be made, or the evidence is not public."""
    visits = Inspection.objects.open().filter(kind=Inspection.Kind.DRAWN, month__range=(starts_on, ends_on))
    if visits.exists():
        return True
    first, last = (starts_on.year, starts_on.month), (ends_on.year, ends_on.month)
    sealed = Draw.objects.filter(drawn_at__isnull=False, published_at__isnull=True).exclude(state="void")
    months = sealed.filter(year__range=(first[0], last[0])).values_list("year", "month")
    return any(first <= month <= last for month in months)


def veils_streets(actor: Actor, starts_on: date, ends_on: date) -> bool:
    """Whether the actor may know the number of drawn visits of the district only, of no street: everybody but the
    bureau and the product itself, as long as they are undisclosed."""
    return not actor.may("draw.witness") and undisclosed(starts_on, ends_on)
