"""What districts send to the city in a naming cycle, put to the city's records. docs/cycle.md."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Refused
from portal.services import audit
from portal.services.steps import step
from targets.models.naming import Candidate, CycleLetter, NamingCycle
from targets.rules import naming as rules
from targets.services.naming import kept
from targets.services.naming_letters import taker


def cycle_of(letter: CycleLetter) -> NamingCycle:
    row = NamingCycle.objects.select_for_update(of=("self",)).filter(token=letter.cycle).first()
    if row is None:
        raise Refused(_("没有这个周期"), code="unknown")
    return row


def candidate_of(letter: CycleLetter) -> Candidate:
    cycle = cycle_of(letter)
    found = cycle.candidates.select_for_update(of=("self",)).filter(applicant=letter.other).first()
    if found is None:
        raise Refused(_("%(name)s没有申报这个周期") % {"name": letter.other.name}, code="unknown")
    return found


@taker("application")
def take_application(letter: CycleLetter, actor: Actor) -> None:
    cycle = cycle_of(letter)
    # a district that withdrew may come back in time
    cycle.candidates.filter(applicant=letter.other, state="withdrawn").delete()
    if cycle.candidates.filter(applicant=letter.other).exists():
        raise Refused(_("%(name)s已经申报过") % {"name": letter.other.name}, code="twice")
    row = Candidate.objects.create(cycle=cycle, applicant=letter.other, application=letter)
    audit.record("targets.candidate.apply", row, actor=actor, changes={"cycle": cycle.title})


@taker("assessment")
def take_assessment(letter: CycleLetter, actor: Actor) -> None:
    row = candidate_of(letter)
    before, row.state = row.state, step(rules.CANDIDATE, row, "assess")
    row.assessment = letter
    row.late = rules.is_late(row.cycle.assess_by, timezone.localdate(letter.at))
    kept(row, "assess", before, actor=actor, late=row.late)


@taker("withdrawal")
def take_withdrawal(letter: CycleLetter, actor: Actor) -> None:
    row = candidate_of(letter)
    before, row.state = row.state, step(rules.CANDIDATE, row, "withdraw")
    kept(row, "withdraw", before, actor=actor)


@taker("report")
def take_report(letter: CycleLetter, actor: Actor) -> None:
    """It stays a letter: the page of the candidate lists the years."""
    row = candidate_of(letter)
    if row.state != "named":
        raise Refused(_("%(name)s不在命名期内") % {"name": letter.other.name}, code="state")
    audit.record("targets.candidate.report", row, actor=actor, changes={"year": letter.content["year"]})


def reports_of(row: Candidate) -> dict[int, CycleLetter]:
    """Year -> the report that came, the newest of a year."""
    letters = CycleLetter.objects.filter(
        direction="in", kind="report", cycle=row.cycle.token, other_id=row.applicant_id, taken__refusal=""
    )
    return {
        letter.content["year"]: letter
        for letter in letters.order_by("at", "pk").prefetch_related("files__file")
    }
