"""What the exports of lists share: the order and the conditions of the page's address, and how many rows there are."""

from __future__ import annotations

from django.http import Http404

from facilities.models import Facility
from facilities.paging import counts
from portal.spreadsheets import AT_ONCE, Asked

CHUNK = 2000


def ordered(queryset, sorts: dict, query, default: str):
    """A queryset in the order that the address asks for, as facilities.paging reads it."""
    sort = query.get("sort") or default
    if sort.removeprefix("-") not in sorts:
        sort = default
    down = "-" if sort.startswith("-") else ""
    return queryset.order_by(*(f"{down}{column}" for column, _kind in sorts[sort.removeprefix("-")]))


def many(queryset, broad: bool = False) -> int | None:
    """How many rows, counted no further than needed to know that they are too many to wait for."""
    return None if broad else counts([queryset], cap=AT_ONCE)[0]


def conditions(form) -> dict:
    form.is_valid()
    return dict(form.cleaned_data)


def number(text: str | None) -> int:
    """An id as an address says it; 0 for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else 0


def facility_of(asked: Asked, right: str) -> Facility:
    """The facility that the page is about, within reach of the right."""
    found = (
        Facility.objects.allowed(asked.actor, right).filter(pk=number(asked.query.get("facility"))).first()
    )
    if found is None:
        raise Http404
    return found
