"""What the state of a facility does to its filings and its notice, whoever changed the state and however.

A notice that says 'valid' of a closed facility would be the worst thing that the public page could say.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from facilities.models import Facility, Filing, FilingStep, Notice
from facilities.rules.states import FILING, NOTICE
from facilities.services import filing_signatures as signatures
from facilities.services.filings import moved
from portal.access import Actor
from portal.services import audit
from portal.services.steps import step

#: Transition of a facility -> what its notice of lawful operation does.
OF_NOTICE = {"suspend": "suspend", "resume": "resume", "close": "end"}


def holding(facility: Facility) -> Notice | None:
    """The notice of lawful operation that a facility has; one of before this portal has none."""
    found = Notice.objects.select_for_update(of=("self",)).filter(
        facility=facility, carries=True, state__in=("valid", "suspended")
    )
    return found.first()


def turn(notice: Notice | None, action: str | None, on: date) -> None:
    """The notice follows, where it is not there already."""
    if notice is None or action not in {one.action for one in NOTICE.actions(notice.state)}:
        return
    notice.state, notice.state_on = step(NOTICE, notice, action), on
    notice.save(update_fields=["state", "state_on"])


def end_filings(facility: Facility, *, actor: Actor, now: datetime) -> int:
    """A closed facility files nothing any more: what is under way ends, what was to come does not come.

    The decision that closes it is neither: it is `proposed`, or its own day has come.
    """
    done = 0
    open_ones = Filing.objects.select_for_update(of=("self",)).filter(
        facility=facility, state__in=("draft", "sent", "returned", "received", "hearing")
    )
    for row in open_ones:
        able = {one.action for one in FILING.actions(row.state)}
        row.clock_due = None
        signatures.drop_open(row, actor=actor)
        moved(row, "withdraw" if "withdraw" in able else "drop", actor=actor, now=now, note=_("机构已停办"))
        done += 1
    to_come = Filing.objects.select_for_update(of=("self",)).filter(
        Q(facility=facility, state="issued", effect_at__isnull=True)
        & ~Q(kind__in=("surrender", "revocation"))
    )
    for row in to_come:
        row.effect_at = now
        row.save(update_fields=["effect_at"])
        FilingStep.objects.create(
            filing=row, action="overtaken", source=row.state, target=row.state, round=row.round,
            note=_("机构已停办"), by=actor.user, at=now,
        )  # fmt: skip
        audit.record("facilities.filing.overtaken", row, actor=actor)
        done += 1
    return done
