"""What a closing leads to in the rows of the facility: nothing stays open that nobody could end any more."""

from __future__ import annotations

from datetime import date

from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from facilities.models import CareClass, Employment, Facility, Fee, Proposal
from facilities.rules.states import PROPOSAL
from portal.access import Actor


def settle(row: Facility, *, on: date, actor: Actor) -> dict[str, int]:
    """Ends work, classes and fees on the day, withdraws the open proposal; answers how many of each.

    What would only begin later is taken away or ends on the day it began. The children of ended classes no longer
    count: `enrolled` of the row is set, the caller saves it.
    """
    work = Employment.objects.filter(facility=row)
    work.filter(starts_on__gt=on).delete()
    ended = {"employments_ended": work.open_on(on).update(ends_on=on, ended_for="closed")}
    classes = CareClass.objects.filter(facility=row, ended_on__isnull=True)
    ended["classes_ended"] = classes.update(ended_on=Greatest(F("started_on"), on), version=F("version") + 1)
    fees = Fee.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=on), facility=row)
    ended["fees_ended"] = fees.update(ends_on=Greatest(F("starts_on"), on))
    ended["children"] = row.enrolled
    row.enrolled = 0
    waiting = Proposal.objects.filter(facility=row, state="proposed")
    ended["proposals_withdrawn"] = waiting.update(
        state=PROPOSAL.next_state("proposed", "withdraw"), decided_by=actor.user, decided_at=timezone.now()
    )
    return {key: count for key, count in ended.items() if count or key == "employments_ended"}
