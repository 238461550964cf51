"""What the register does in the background."""

from __future__ import annotations

from uuid import UUID

from facilities.services import hand_overs
from portal.access import Actor
from portal.models.places import District
from portal.tasks import district_task


@district_task("facilities.note_hand_over")
def note_hand_over(district: District, token: str, *, actor: Actor) -> int:
    """Another district took a person's records over: the giving one notes it in its log."""
    return hand_overs.note_given(UUID(token), actor=actor).pk
