"""What a closing leads to in the rows of the facility: nothing stays open that nobody could end any more."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import CareClass, CareSession, Employment, Facility, Fee, Proposal
from facilities.rules.states import PROPOSAL
from facilities.services import enrolments
from portal.access import Actor


def settle(row: Facility, *, on: date, actor: Actor) -> dict[str, int]:
    """Ends work, classes, fees and the enrolment of each child on the day, cancels the sessions after it, withdraws
    the open proposal; answers how many of each.

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
    ended["enrolments_ended"] = enrolments.end_at(row, actor=actor, on=on, reason=_("机构停办"))
    ended["sessions_cancelled"] = cancel_sessions(row, after=on, reason=_("机构停办"))
    return {key: count for key, count in ended.items() if count or key == "employments_ended"}


def pause(row: Facility, *, on: date) -> dict[str, int]:
    """Cancels what was planned from the day of the pause on; children stay enrolled and come back when it is over."""
    count = cancel_sessions(row, after=on - timedelta(1), reason=_("机构暂停"))
    return {"sessions_cancelled": count} if count else {}


def cancel_sessions(row: Facility, *, after: date, reason: str) -> int:
    """Sessions after a day; whoever booked one learns it from the booking."""
    coming = CareSession.objects.filter(facility=row, state="open", on__gt=after)
    return coming.update(state="cancelled", reason=reason)
