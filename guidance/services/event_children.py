"""Attendance at an event as a service of the child: whose handbook is known and whose family agreed to guidance.

A family may name the handbook when it signs up, staff at the door or later. What stands then is the child of the guidance
list (EventChild); `settle` writes one session for the event with a service for each child that was there, and is the only
one that does. It can be called at any time, any number of times: what is there already stays, what no longer holds goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Q

from facilities.services.refusals import refuse_key
from guidance.models import EventChild, GuidanceEvent, GuidanceService, GuidanceSession, GuidedChild
from guidance.rules import services as rules
from guidance.services.guided import card_hash, tidy
from guidance.services.sessions import Venue, service_of
from portal.access import Actor
from portal.services import audit

#: Of whom EventChild says that they were there: who came without a sign-up, who was checked in, whose phone was forgotten.
THERE = Q(signup__isnull=True) | Q(signup__state="attended")


def hashed(card: str) -> str | None:
    """The keyed hash of a handbook that a family names; None for an empty field. Refused for what cannot be one."""
    number = tidy(card)
    if not number:
        return None
    if not rules.CARD.fullmatch(number):
        refuse_key("card", "card", rules.PROBLEMS)
    return card_hash(number)


@dataclass(frozen=True)
class Entered:
    """Of an event: families that were there, and how many of their attendances are a child's service."""

    there: int
    services: int

    @property
    def without(self) -> int:
        return max(0, self.there - self.services)


def entered(event: GuidanceEvent, attended: int | None = None, services: int | None = None) -> Entered:
    """`attended`, `services`: how many, where they were counted already."""
    there = event.came if event.state == "over" else None
    if there is None:
        if attended is None:
            attended = event.signups.filter(state="attended").count()
        there = event.walk_ins + attended
    if services is None:
        services = GuidanceService.objects.filter(session__event=event).count()
    return Entered(there, services)


def hours_of(event: GuidanceEvent) -> Decimal:
    """How long it took, to the half hour; half an hour at least."""
    first, last = (datetime.combine(event.held_on, at) for at in (event.starts_at, event.ends_at))
    halves = (Decimal((last - first).total_seconds()) / 1800).to_integral_value(ROUND_HALF_UP)
    return max(Decimal("0.5"), halves / 2)


def giver_of(event: GuidanceEvent) -> str:
    """By whom a service at the event is given: at no place of guidance it is given elsewhere."""
    if event.place is None and event.facility_id is None:
        return rules.PLACE
    return rules.POINT if event.facility_id else Venue(place=event.place).given_by


def facts_of(event: GuidanceEvent) -> dict:
    """The session as the event has it. An event of several fields counts once, under the first."""
    kind = next((key for key in rules.KINDS if key in event.domains), next(iter(rules.KINDS)))
    place, facility = event.place, event.facility
    at = Venue(place=place, facility=facility) if place or facility else None
    return {
        "place": place,
        "facility": facility,
        "street_id": at.street_id if at else event.street_id,
        "given_by": giver_of(event),
        "kind": kind,
        "online": event.online,
        "served_on": event.held_on,
        "hours": hours_of(event),
        "topic": event.title,
        "giver": event.giver,
    }


def found_by_card(event: GuidanceEvent, *, actor: Actor) -> None:
    """Families that are there and named a handbook: the child on the list on that day, where there is one. Two families
    with one handbook are one child."""
    asking = event.signups.filter(state="attended", card_hash__isnull=False, children__isnull=True)
    hashes = dict(asking.order_by("-pk").values_list("card_hash", "pk"))
    if not hashes:
        return
    there = set(event.children.values_list("child_id", flat=True))
    children = GuidedChild.objects.listed_on(event.held_on).filter(card_hash__in=hashes).exclude(pk__in=there)
    EventChild.objects.bulk_create(
        EventChild(event=event, child_id=pk, signup_id=hashes[card], by=actor.user)
        for pk, card in children.values_list("pk", "card_hash")
    )


def settle(event: GuidanceEvent, *, actor: Actor) -> None:
    """Makes the event's services those of the children that were there. The event's row is held by the caller."""
    children = {}
    if event.state in ("announced", "over"):
        found_by_card(event, actor=actor)
        there = event.children.filter(THERE).values("child")
        children = {one.pk: one for one in GuidedChild.objects.listed_on(event.held_on).filter(pk__in=there)}
    session = GuidanceSession.objects.filter(event=event).first()
    if not children and session is None:
        return
    facts = facts_of(event)
    if session is None:
        session = GuidanceSession.objects.create(event=event, children_n=0, by=actor.user, **facts)
    elif any(getattr(session, name) != value for name, value in facts.items()):
        for name, value in facts.items():
            setattr(session, name, value)
        session.save()
        counted = {name: getattr(session, name) for name in ("served_on", "kind", "given_by", "online")}
        session.services.update(**counted)
    known = dict(session.services.values_list("child_id", "child__code"))
    gone, new = known.keys() - children.keys(), children.keys() - known.keys()
    session.services.filter(child__in=gone).delete()
    GuidanceService.objects.bulk_create(service_of(session, children[pk]) for pk in sorted(new))
    if not children:
        session.delete()
    elif gone or new:
        session.children_n = len(children)
        session.save(update_fields=["children_n"])
    if gone or new:
        audit.record(
            "guidance.event.services",
            event,
            actor=actor,
            changes={
                "added": sorted(children[pk].code for pk in new),
                "removed": sorted(known[pk] for pk in gone),
            },
        )


def forget(signups) -> None:
    """Before the phones of sign-ups are forgotten: what counts no longer says of which family it is."""
    found = EventChild.objects.filter(signup__in=signups)
    found.exclude(signup__state="attended").delete()
    found.update(signup=None)
