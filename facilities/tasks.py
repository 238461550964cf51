"""What the register does in the background, and what its records ask for by the clock."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from facilities import standing
from facilities.models import CreditEntry, DossierPrint, Notice, TrainingSession
from facilities.services import (
    attendance,
    bulk_import,
    credit,
    credit_notice,
    deletions,
    dossiers,
    filing_clocks,
    hand_overs,
    notices,
    rulebook,
)
from portal.access import Actor
from portal.celery import app
from portal.errors import Refused
from portal.models.places import District
from portal.services.bulk import BATCH
from portal.tasks import district_task, each_district, on_behalf, ordered


@district_task("facilities.note_hand_over")
def note_hand_over(district: District, token: str, *, actor: Actor) -> int:
    """Another district took a person's records over: the giving one notes it in its log."""
    try:
        known = UUID(token)
    except (AttributeError, TypeError, ValueError):
        raise Refused(f"{token!r} is no hand-over", code="unknown") from None
    return hand_overs.note_given(known, actor=actor).pk


@district_task("facilities.print_certificates")
def print_certificates(district: District, session: int, *, actor: Actor) -> int:
    """The certificates of a session, set once each."""
    found = TrainingSession.objects.filter(pk=session).first() if isinstance(session, int) else None
    if found is None:
        raise Refused(f"no session {session!r}", code="unknown")
    return attendance.print_certificates(found, actor=actor)


@district_task("facilities.look_at_rules")
def look_at_rules(district: District, *, actor: Actor) -> tuple[int, int]:
    """Today's verdicts of a district: what changed since the last look is kept."""
    looked = rulebook.look(on=timezone.localdate(), actor=actor)
    return looked.began, looked.ended


@shared_task(name="facilities.every_rulebook", acks_late=True)
def every_rulebook() -> None:
    """Queues the daily look at the rulebook for each district."""
    each_district(look_at_rules)


@district_task("facilities.see_filings")
def see_filings(district, on="", *, actor):
    """Clocks of filings that end tomorrow or are over, decisions whose day has come. on: a day as 2026-03-02, today if
    empty."""
    try:
        day = date.fromisoformat(on) if on else timezone.localdate()
    except (TypeError, ValueError):
        raise Refused(f"{on!r} is no day", field="on", code="day") from None
    filing_clocks.see_filings(on=day, actor=actor)
    notices.apply_due(on=day, actor=actor)


@shared_task(name="facilities.see_all_filings")
def see_all_filings():
    """Beat's entry: one message per district."""
    each_district(see_filings)


@district_task("facilities.see_credit")
def see_credit(district: District, *, actor: Actor) -> tuple[int, int]:
    """Entries of the credit record that take effect today, or whose term is over."""
    return credit.see(on=timezone.localdate(), actor=actor)


@shared_task(name="facilities.see_all_credit", acks_late=True)
def see_all_credit() -> None:
    each_district(see_credit)


@district_task("facilities.print_credit_notice")
def print_credit_notice(district: District, pk: int, *, actor: Actor) -> None:
    """The PDF that tells a facility of an entry; an unknown number is dropped."""
    found = CreditEntry.objects.filter(pk=pk).first() if isinstance(pk, int) and 0 < pk < 2**63 else None
    if found is None:
        raise Refused(f"no entry {pk!r}", code="unknown")
    credit_notice.print_notice(found, actor=actor)


@district_task("facilities.print_dossier")
def print_dossier(district: District, run: int, *, actor: Actor) -> None:
    """A dossier that somebody ordered, with that person's rights of today."""
    row = ordered(DossierPrint, run)
    dossiers.make(row, actor=on_behalf(row, actor))


@district_task("facilities.print_notice")
def print_notice(district, pk, *, actor):
    """The PDF of a notice; an unknown number is dropped."""
    found = Notice.objects.filter(pk=pk).first() if isinstance(pk, int) else None
    if found is None:
        raise Refused(f"no notice {pk!r}", code="unknown")
    notices.print_notice(found, actor=actor)


@district_task("facilities.delete_ended_children")
def delete_ended_children(district: District, *, actor: Actor) -> int:
    """Records of children whose purpose has ended; a day that was missed is made up by the next."""
    return len(deletions.run(actor=actor, on=timezone.localdate()))


@shared_task(name="facilities.every_deletion")
def every_deletion() -> None:
    each_district(delete_ended_children)


@district_task("facilities.settle_papers")
def settle_papers(district: District, *, actor: Actor) -> int:
    """Papers of people who left some weeks ago go off the walk of the clocks."""
    return standing.settle(timezone.localdate())


@shared_task(name="facilities.every_paper", acks_late=True, reject_on_worker_lost=True)
def every_paper() -> None:
    each_district(settle_papers)


@district_task("facilities.index")
def index(district: District, *, actor: Actor) -> None:
    """Rows that came in by the thousand are put into the search, some thousand at a time."""
    if bulk_import.index_rows() == BATCH:
        transaction.on_commit(lambda: app.send_task("facilities.index", args=[district.pk]))
