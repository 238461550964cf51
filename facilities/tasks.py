"""What the register does in the background."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from facilities.services import hand_overs, rulebook
from portal.access import Actor
from portal.models.places import District
from portal.tasks import district_task, each_district


@district_task("facilities.note_hand_over")
def note_hand_over(district: District, token: str, *, actor: Actor) -> int:
    """Another district took a person's records over: the giving one notes it in its log."""
    return hand_overs.note_given(UUID(token), actor=actor).pk


@district_task("facilities.look_at_rules")
def look_at_rules(district: District, *, actor: Actor) -> tuple[int, int]:
    """Today's verdicts of a district: what changed since the last look is kept."""
    looked = rulebook.look(on=timezone.localdate(), actor=actor)
    return looked.began, looked.ended


@shared_task(name="facilities.every_rulebook", acks_late=True)
def every_rulebook() -> None:
    """Queues the daily look at the rulebook for each district."""
    each_district(look_at_rules)
