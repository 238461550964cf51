"""The list of kindergartens: its conditions and sortings, which page and export share."""

from __future__ import annotations

from datetime import date

from facilities.models import Kindergarten
from portal.models.places import Street

SORTS = {
    "code": (("code", str), ("pk", int)),
    "street": (("street_id", int), ("code", str), ("pk", int)),
    "opened": (("opened_on", date), ("code", str), ("pk", int)),
}
#: The filter: words of the address -> condition.
WITH = {"yes": {"facility__isnull": False}, "no": {"facility__isnull": True}}


def shown(actor, query):
    """The kindergartens under the conditions of the page, and the conditions as they were understood."""
    rows = Kindergarten.objects.allowed(actor, "facility.view")
    text, nursery = query.get("street", ""), query.get("nursery", "")
    street = (
        Street.objects.filter(pk=text).first()
        if text.isascii() and text.isdigit() and len(text) < 13
        else None
    )
    if street is not None:
        rows = rows.filter(street=street)
    rows = rows.filter(**WITH.get(nursery, {}))
    if query.get("closed") != "on":
        rows = rows.filter(closed_on__isnull=True)
    return rows, street, nursery if nursery in WITH else ""
