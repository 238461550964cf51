"""Which months' drawn visits are not public yet: until then their number in a street tells whom to expect.

A street has a few facilities. Who reads that one of two was drawn and nobody came yet may warn both of them.
"""

from __future__ import annotations

from datetime import date

from django.db.models import DateField, Exists, F, Func, Q

from inspections.models import Draw, Inspection
from portal.access import Actor


def undisclosed(starts_on: date, ends_on: date) -> bool:
    """Whether of a draw of these months a visit is still to be made, or the evidence is not public."""
    visits, sealed = _rows(starts_on, ends_on)
    return visits.values("pk").union(sealed.values("pk"), all=True).exists()


def condition(starts_on, ends_on) -> Q:
    """The same of each row of a query; the days as `OuterRef`."""
    visits, sealed = _rows(starts_on, ends_on)
    return Q(Exists(visits)) | Q(Exists(sealed))


class _Month(Func):
    """The first day of a draw's month, and of the one after."""

    template, output_field = "make_date(%(expressions)s, 1)", DateField()


class _NextMonth(_Month):
    template = "(make_date(%(expressions)s, 1) + interval '1 month')::date"


def _rows(starts_on, ends_on):
    """Visits still to be made, and draws whose evidence is not public, of these months."""
    visits = Inspection.objects.open().filter(kind=Inspection.Kind.DRAWN, month__range=(starts_on, ends_on))
    sealed = Draw.objects.filter(drawn_at__isnull=False, published_at__isnull=True).exclude(state="void")
    sealed = sealed.alias(first=_Month(F("year"), F("month")), after=_NextMonth(F("year"), F("month")))
    return visits.order_by(), sealed.filter(first__lte=ends_on, after__gt=starts_on).order_by()


def veils_streets(actor: Actor, starts_on: date, ends_on: date) -> bool:
    """Whether the actor may know the number of drawn visits of the district only, of no street: everybody but the
    bureau and the product itself, as long as they are undisclosed."""
    return not knows_streets(actor) and undisclosed(starts_on, ends_on)


def knows_streets(actor: Actor) -> bool:
    """Whether nothing is veiled for the actor."""
    return actor.may("draw.witness")
