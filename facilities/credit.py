"""Reading the credit record for the pages, the spreadsheet and the figures of others."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from facilities.models import CreditEntry, CreditRequest
from facilities.models.credit import listing
from facilities.rules import credit as rules
from facilities.search import matching


def rows(actor) -> QuerySet:
    """Entries that the actor may know of, with their facility and whether a request waits."""
    waiting = CreditRequest.objects.filter(entry=OuterRef("pk"), state="open")
    return (
        CreditEntry.objects.known_to(actor)
        .select_related("facility__street")
        .defer("facts", "facility__search_text")
        .annotate(asked=Exists(waiting), listing=listing("facility"))
    )


def filtered(queryset: QuerySet, wanted: dict) -> tuple[QuerySet, bool]:
    """Entries under the conditions of the filter bar, and whether a broad search is among them."""
    if wanted.get("street"):
        queryset = queryset.filter(facility__street__in=wanted["street"])
    for key in ("kind", "state"):
        if wanted.get(key):
            queryset = queryset.filter(**{f"{key}__in": wanted[key]})
    if wanted.get("request"):
        queryset = queryset.filter(asked=True)
    return matching(queryset, wanted.get("q") or "", path="facility")


def without_request(queryset: QuerySet) -> QuerySet:
    """Entries of which nothing is asked at the moment."""
    return queryset.filter(~Exists(CreditRequest.objects.filter(entry=OuterRef("pk"), state="open")))


def listings(ids: Iterable[int]) -> dict[int, str]:
    """Facility id -> the list on which it stands today; one query for rows that are no queryset."""
    wanted = list(set(ids))
    if not wanted:
        return {}
    found = CreditEntry.objects.standing().listed().filter(facility__in=wanted)
    # in the order of the alphabet the last one wins
    return dict(found.order_by("-kind").values_list("facility_id", "kind"))


SHOWN = 6


def of_facility(facility, actor) -> dict:
    """What a facility's file shows: what holds and what is told, and the list on which the facility stands."""
    rows = CreditEntry.objects.known_to(actor).filter(facility=facility)
    rows = list(rows.filter(state__in=("proposed", "noticed", "in_force")).defer("facts").order_by("-pk"))
    today = timezone.localdate()
    held = [e for e in rows if e.state == "in_force" and (e.ends_on is None or e.ends_on >= today)]
    return {
        "credit": [(entry, shape(entry)) for entry in rows[:SHOWN]],
        "discipline": next((entry for entry in held if entry.kind == rules.DISCIPLINE), None),
        "listing": next((kind for kind in rules.LISTS if any(e.kind == kind for e in held)), None),
        "may_credit": actor.may("credit.propose"),
        "may_see_credit": actor.may("credit.view"),
    }


def shape(entry: CreditEntry) -> str:
    """One of the five shapes of an entry in its state."""
    return rules.STATE_SHAPES.get(entry.state) or rules.SHAPES[entry.kind]
