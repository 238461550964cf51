"""The district takes a filing back (撤回备案): told with reason and basis, the facility heard, then decided by the head."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility, Filing, FilingStep
from facilities.rules.filing_form import REVOCATION
from facilities.rules.states import FILING
from facilities.services.filings import demand_filler, due, form, locked, moved, refuse_incomplete
from facilities.services.refusals import refuse_field
from portal.access import Actor
from portal.errors import Conflict, Denied
from portal.services import audit
from portal.services.files import store_file
from portal.services.steps import step
from portal.templatetags.ui import day_words


def only_revocation(row: Filing) -> None:
    if row.kind != REVOCATION:
        raise Conflict(_("只有撤回备案要听取陈述申辩"), code="state")


def notify(
    filing: Filing, *, version: int | None = None, actor: Actor, now: datetime | None = None
) -> Filing:
    """Serves the notice of what the district means to do; the facility may state its case until the clock ends."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    only_revocation(filing)
    demand_filler(filing, actor)
    row = locked(filing, version)
    step(FILING, row, "notify")
    refuse_incomplete(row, today)
    row.round, row.form_version = 1, form().version
    row.sent_on, row.clock_due = today, due("hearing", today)
    return moved(row, "notify", actor=actor, now=now)


def statements(filing: Filing):
    return filing.steps.filter(action__in=("statement", "waive")).select_related("by", "file")


def state_case(
    filing: Filing, text: str, *, waive: bool = False, upload=None, actor: Actor, now: datetime | None = None
) -> FilingStep:
    """The operator's own words on a revocation, or that there is nothing to add; in time and as often as needed."""
    now = now or timezone.now()
    only_revocation(filing)
    reach = Facility.objects.allowed(actor, "facility.keep").filter(pk=filing.facility_id)
    if not (actor.may("filing.keep") and reach.exists()):
        raise Denied(_("陈述申辩由这家机构自己写"))
    row = locked(filing)
    if row.state != "hearing":
        raise Conflict(_("现在不在陈述申辩的期间"), code="state")
    if row.clock_due and timezone.localdate(now) > row.clock_due:
        raise Conflict(_("陈述申辩的期限 %(day)s 已过") % {"day": day_words(row.clock_due)}, code="over")
    text = text.strip()
    if waive:
        text = text or _("没有要陈述的")
    elif not 4 <= len(text) <= 2000:
        refuse_field("text", _("写你的陈述，4 到 2000 个字"))
    made = FilingStep.objects.create(
        filing=row, action="waive" if waive else "statement", source=row.state, target=row.state,
        round=row.round, note=text, file=store_file(upload, actor=actor) if upload else None,
        by=actor.user, at=now,
    )  # fmt: skip
    audit.record("facilities.filing.statement", row, actor=actor, changes={"waive": waive})
    return made


def may_close(row: Filing, on) -> bool:
    """Whether the facility has been heard: its time is over, or it said that it has nothing to add."""
    return row.clock_due is None or on > row.clock_due or row.steps.filter(action="waive").exists()


def propose_revocation(
    filing: Filing, opinion: str, *, version: int | None = None, actor: Actor, now: datetime | None = None
) -> Filing:
    """Lays the revocation before the head with what was made of the facility's statements; the decision's clock begins."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    only_revocation(filing)
    actor.demand("filing.review")
    row = locked(filing, version)
    step(FILING, row, "propose")
    if not may_close(row, today):
        raise Conflict(
            _("陈述申辩的期限到 %(day)s，过了再报签发") % {"day": day_words(row.clock_due)}, code="hearing"
        )
    opinion = opinion.strip()
    if not 4 <= len(opinion) <= 500:
        refuse_field("opinion", _("写对陈述申辩的意见，4 到 500 个字"))
    row.proposal, row.opinion, row.proposed_by = Filing.Proposal.ISSUE, opinion, actor.user
    row.received_on, row.clock_due = today, due("decision", today)
    return moved(row, "propose", actor=actor, now=now, note=opinion)


def drop(
    filing: Filing, note: str, *, version: int | None = None, actor: Actor, now: datetime | None = None
) -> Filing:
    """The district lets a revocation be, with the reason."""
    only_revocation(filing)
    actor.demand("filing.review")
    row = locked(filing, version)
    step(FILING, row, "drop")
    note = note.strip()
    if not 4 <= len(note) <= 300:
        refuse_field("note", _("写不再撤回的理由，4 到 300 个字"))
    row.clock_due = None
    return moved(row, "drop", actor=actor, now=now or timezone.now(), note=note)
