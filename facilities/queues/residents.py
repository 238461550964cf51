"""Figures of residents that a street proposed and the bureau has to decide."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from facilities.models import Population
from portal.navigation import Waiting

SHOWN = 20


def waiting(actor) -> list[Waiting]:
    """One for each street and year, the oldest first; not those that the person proposed."""
    if actor.user is None or actor.visiting or not actor.may("residents.decide"):
        return []
    rows = Population.objects.proposed().exclude(entered_by=actor.user).order_by("entered_at", "pk")
    places: dict[tuple[int, int], str] = {}
    for street, year, name in rows.values_list("street_id", "year", "street__name")[:400]:
        places.setdefault((street, year), name)
    return [
        Waiting(
            _("%(street)s %(year)s 年的人口") % {"street": name, "year": year},
            _("街镇报来的数，核定以后才算"),
            reverse("residents-year", args=[actor.district.slug, street, year]),
            _("去核定"),
        )
        for (street, year), name in list(places.items())[:SHOWN]
    ]
