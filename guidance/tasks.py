"""What guidance does in the background."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from guidance.models import EventSignup, ResourceSending
from guidance.services import guided, newborns, signups, subscriptions
from portal.access import Actor
from portal.models.places import District
from portal.tasks import district_task, each_district, ordered


@district_task("guidance.see_list")
def see_list(district: District, *, actor: Actor) -> tuple[int, int, int]:
    """Who is three leaves the list, handbooks and telephones whose purpose has ended are forgotten; a day missed is
    made up."""
    today = timezone.localdate()
    forgotten = newborns.forget_numbers(actor=actor, on=today) + signups.forget(actor=actor, on=today)
    return (*guided.see_grown(actor=actor, on=today), forgotten)


@district_task("guidance.tell_signup")
def tell_signup(district: District, signup_id: int, what: str, *, actor: Actor) -> bool:
    """One short message to one family; delivered twice it goes once."""
    return signups.tell_signup(ordered(EventSignup, signup_id), str(what), actor=actor)


@district_task("guidance.plan_pushes")
def plan_pushes(district: District, *, actor: Actor) -> int:
    """Who is three is deleted, then what fits the others is on its way: the same day twice plans nothing twice."""
    today = timezone.localdate()
    subscriptions.forget_grown(actor=actor, on=today)
    return subscriptions.plan_day(actor=actor, on=today)


@district_task("guidance.push_resource")
def push_resource(district: District, sending_id: int, *, actor: Actor) -> bool:
    """One resource to one family; who opted out meanwhile gets nothing."""
    return subscriptions.push(ordered(ResourceSending, sending_id), actor=actor, on=timezone.localdate())


@shared_task(name="guidance.every_push", acks_late=True)
def every_push() -> None:
    each_district(plan_pushes)


@shared_task(name="guidance.every_list", acks_late=True)
def every_list() -> None:
    each_district(see_list)
