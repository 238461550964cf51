"""Which of the events that are announced would bring up children who are behind, and where none does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count
from django.utils import timezone

from guidance.lists.services import Measure
from guidance.models import GuidanceEvent, GuidedChild
from guidance.rules import events as event_rules
from guidance.rules import services as rules
from guidance.services.event_children import giver_of

#: Events that are looked at, the soonest first.
MOST = 200


@dataclass(frozen=True)
class Group:
    """Children of a street and a month of birth who are behind."""

    street_id: int
    birth_month: date
    children: int


@dataclass(frozen=True)
class Offer:
    """An event and how many of the children who are behind it fits."""

    event: GuidanceEvent
    children: int


def coming(on: date, measure: Measure) -> list[GuidanceEvent]:
    """Events until the end of the year for which families can still sign up, and whose services the district's plan
    counts."""
    rows = GuidanceEvent.objects.filter(
        state="announced", held_on__range=(on, date(on.year, 12, 31)), closes_at__gte=timezone.now()
    )
    found = rows.select_related("place", "street").order_by("held_on", "starts_at", "pk")[:MOST]
    return [one for one in found if giver_of(one) in measure.givers]


def fits(event: GuidanceEvent, street_id: int, birth_month: date) -> bool:
    """The district's own or the street's, for the child's age on its day."""
    months = rules.months_between(birth_month, event.held_on)
    return event.street_id in (None, street_id) and event_rules.fits(
        months, event.months_from, event.months_until
    )


def for_child(child: GuidedChild, missing: Iterable[str], on: date, measure: Measure) -> list[GuidanceEvent]:
    """Those that fit a child, with a kind that it has not had this year first."""
    wanted = set(missing)
    found = [one for one in coming(on, measure) if fits(one, child.street_id, child.birth_month)]
    return sorted(found, key=lambda one: (not wanted & set(one.domains), one.held_on, one.pk))


def groups(rows) -> list[Group]:
    """Of children (lists.services.behind): one query."""
    counted = rows.order_by().values_list("street_id", "birth_month").annotate(n=Count("pk"))
    return [Group(*row) for row in counted]


def offers(behind: list[Group], events: list[GuidanceEvent]) -> tuple[list[Offer], Counter]:
    """Events that fit at least one, in their order; and by street how many children no event fits."""
    found, left = [], Counter()
    for event in events:
        number = sum(one.children for one in behind if fits(event, one.street_id, one.birth_month))
        if number:
            found.append(Offer(event, number))
    for one in behind:
        if not any(fits(event, one.street_id, one.birth_month) for event in events):
            left[one.street_id] += one.children
    return found, left
