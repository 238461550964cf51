"""The list of events and of one event's sign-ups: their conditions, which page, file and REST share."""

from __future__ import annotations

from datetime import date

from django.db.models import Avg, Count, Exists, OuterRef, Subquery

from guidance.lists.places import street_of
from guidance.models import EventChild, EventRating, EventSignup, GuidanceEvent, GuidanceService
from guidance.rules import events as rules
from guidance.rules.states import EVENT, SIGNUP

VIEW, MANAGE = "guidance_event.view", "guidance_event.manage"
SORTS = {"day": (("held_on", date), ("pk", int)), "came": (("came", int), ("pk", int))}
SIGNUP_SORTS = {"line": (("pk", int),)}


def year_of(query) -> int | None:
    text = query.get("year", "")
    known = text.isascii() and text.isdigit() and len(text) == 4 and 2015 <= int(text) <= 2100
    return int(text) if known else None


def shown(actor, query):
    """(rows, {the conditions as they were understood}). Drafts are known to who holds events."""
    rows = GuidanceEvent.objects.allowed(actor, VIEW)
    if not actor.may(MANAGE):
        rows = rows.exclude(state="draft")
    found = {"street": street_of(query), "kind": "", "level": "", "state": "", "year": year_of(query)}
    for name, known in (("kind", rules.KINDS), ("level", rules.LEVELS), ("state", EVENT.states)):
        if query.get(name) in known:
            found[name] = query[name]
            rows = rows.filter(**{name: query[name]})
    if found["street"] is not None:
        rows = rows.filter(street=found["street"])
    if found["year"] is not None:
        rows = rows.filter(held_on__year=found["year"])
    return rows, found


def one(actor, right: str):
    """Events as their page needs them: whether the actor holds them, what families thought, services entered."""
    rows = GuidanceEvent.objects.allowed(actor, right).select_related(
        "street", "place", "facility", "course", "lecturer"
    )
    held = GuidanceEvent.objects.allowed(actor, MANAGE).filter(pk=OuterRef("pk"))
    told = EventRating.objects.filter(event=OuterRef("pk")).order_by().values("event")
    services = (
        GuidanceService.objects.filter(session__event=OuterRef("pk")).order_by().values("session__event")
    )
    return rows.annotate(
        holds=Exists(held),
        marks=Subquery(told.annotate(n=Count("pk")).values("n")),
        mean=Subquery(told.annotate(n=Avg("score")).values("n")),
        services=Subquery(services.annotate(n=Count("pk")).values("n")),
    )


def signups(event: GuidanceEvent, query):
    """(rows without their telephones, state)."""
    rows = EventSignup.objects.filter(event=event).defer("phone", "phone_hash", "nonce", "card_hash")
    state = query.get("signup", "")
    if state in SIGNUP.states:
        return rows.filter(state=state), state
    return rows, ""


def attendances(event: GuidanceEvent):
    """Families that are there or were, each with the code of its child where one is known."""
    child = EventChild.objects.filter(signup=OuterRef("pk"))
    rows = EventSignup.objects.filter(event=event, state="attended")
    return rows.defer("phone", "phone_hash", "nonce", "card_hash").annotate(
        child_code=Subquery(child.values("child__code")[:1]), entry=Subquery(child.values("pk")[:1])
    )
