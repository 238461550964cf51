"""The reviewer's side of a filing: receipt, remarks on single fields, sections accepted, the proposal to the head."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from facilities.models import Filing, FilingRemark, FilingSection
from facilities.rules.filing_form import REVOCATION
from facilities.rules.states import FILING
from facilities.services import filing_signatures as signatures
from facilities.services.filing_words import shown
from facilities.services.filings import due, found, locked, moved, sections_of, values_of
from facilities.services.refusals import refuse_field
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.services import audit
from portal.services.steps import step

UNDER_REVIEW = ("sent", "received")


def demand_reviewer(filing: Filing, actor: Actor) -> None:
    """Whoever began a filing does not review it."""
    actor.demand("filing.review")
    if filing.kind != REVOCATION and actor.same_person(filing.opened_by):
        raise Denied(_("自己的备案由别人审核"))


def under_review(filing: Filing, actor: Actor) -> Filing:
    demand_reviewer(filing, actor)
    row = locked(filing)
    if row.state not in UNDER_REVIEW:
        raise Conflict(
            _("这份备案现在是“%(state)s”，不在审核") % {"state": row.get_state_display()}, code="state"
        )
    return row


def receive(
    filing: Filing, *, version: int | None = None, actor: Actor, now: datetime | None = None
) -> Filing:
    """Receives a filing: the clock of the decision begins, the departments of its sections are asked, all at once."""
    demand_reviewer(filing, actor)
    now = now or timezone.now()
    today = timezone.localdate(now)
    row = locked(filing, version)
    step(FILING, row, "receive")
    if row.remarks.filter(settled_at__isnull=True).exists():
        raise Conflict(_("有写给申请人的补正意见：退回补正，或者先删掉意见再受理"), code="remarks")
    row.received_on, row.clock_due = today, due("decision", today)
    asked = signatures.ask_departments(row, on=today, actor=actor)
    return moved(row, "receive", actor=actor, now=now, asked=[s.unit.name for s in asked])


def remark(
    filing: Filing, key: str, text: str, *, actor: Actor, now: datetime | None = None
) -> FilingRemark | None:
    """What is to be mended in one field; '' takes it back. It reaches the applicant when the filing is returned."""
    row = under_review(filing, actor)
    values = values_of(row)
    section, field = found(row, key, values)
    text, now = text.strip(), now or timezone.now()
    own = row.remarks.filter(key=key, settled_at__isnull=True).first()
    if not text:
        if own is not None:
            own.settled_at = now
            own.save(update_fields=["settled_at"])
            audit.record("facilities.filing.remark_back", row, actor=actor, changes={"field": key})
        return None
    if not 4 <= len(text) <= 300:
        refuse_field("text", _("写清楚要补正什么，4 到 300 个字"))
    own = own or FilingRemark(filing=row, key=key, section=section.key, round=row.round)
    own.text, own.by, own.at = text, actor.user, now
    own.shown = shown(field, values.get(key))[:300]
    own.save()
    FilingSection.objects.filter(filing=row, key=section.key).update(accepted_by=None, accepted_at=None)
    audit.record("facilities.filing.remark", row, actor=actor, changes={"field": key})
    return own


def accept_section(
    filing: Filing, key: str, *, accepted: bool = True, actor: Actor, now: datetime | None = None
) -> FilingSection:
    """The reviewer finds a section in order, or takes that back."""
    row = under_review(filing, actor)
    section = next((s for s in sections_of(row) if s.key == key), None)
    if section is None:
        raise NotFound(_("这份备案没有这一节"), code="section")
    if accepted and row.remarks.filter(section=key, settled_at__isnull=True).exists():
        raise Conflict(_("这一节还有补正意见。退回补正，或者先删掉意见"), code="remarks")
    own, _made = FilingSection.objects.get_or_create(filing=row, key=key)
    own.accepted_by = actor.user if accepted else None
    own.accepted_at = (now or timezone.now()) if accepted else None
    own.save()
    action = "accept" if accepted else "reopen"
    audit.record(f"facilities.filing.{action}", row, actor=actor, changes={"section": key})
    return own


def next_section(filing: Filing, key: str) -> str | None:
    """The section after this one that is still to be accepted, round the end; None when all are."""
    accepted = set(filing.sections.filter(accepted_at__isnull=False).values_list("key", flat=True))
    keys = [section.key for section in sections_of(filing)]
    place = keys.index(key) + 1 if key in keys else 0
    return next((one for one in keys[place:] + keys[:place] if one not in accepted), None)


def return_filing(
    filing: Filing, *, note: str = "", version: int | None = None, actor: Actor, now: datetime | None = None
) -> Filing:
    """Gives a filing back with its remarks: the applicant mends the fields that have one, and no other."""
    demand_reviewer(filing, actor)
    row = locked(filing, version)
    step(FILING, row, "return")
    open_ones = row.remarks.filter(settled_at__isnull=True).count()
    if not open_ones:
        raise Refused(_("先在要补正的项目上写意见，再退回"), code="no_remark")
    row.clock_due = None
    return moved(
        row, "return", actor=actor, now=now or timezone.now(), note=note.strip()[:500], fields=open_ones
    )


def hindrances(row: Filing) -> list[str]:
    """What stands against a proposal to agree, in sentences."""
    found_ones = []
    asked = {s.key: s for s in sections_of(row)}
    accepted = set(
        row.sections.filter(accepted_at__isnull=False, key__in=asked).values_list("key", flat=True)
    )
    if left := [_(s.label) for key, s in asked.items() if key not in accepted]:
        found_ones.append(
            ngettext("%(n)d 节还没有审：%(names)s", "%(n)d 节还没有审：%(names)s", len(left))
            % {"n": len(left), "names": _("、").join(left)}
        )
    for one in row.signatures.select_related("unit").exclude(state__in=("agreed", "void")):
        found_ones.append(
            (_("%(unit)s还没有会签") if one.state == "asked" else _("%(unit)s不同意"))
            % {"unit": one.unit.name}
        )
    if row.remarks.filter(settled_at__isnull=True).exists():
        found_ones.append(_("有补正意见还没有退回"))
    return found_ones


def propose(
    filing: Filing,
    proposal: str,
    opinion: str,
    *,
    version: int | None = None,
    actor: Actor,
    now: datetime | None = None,
) -> Filing:
    """Lays a received filing before the head: to agree, once all sections are accepted and all departments agree; or
    to refuse, with the reason that the applicant will read."""
    demand_reviewer(filing, actor)
    row = locked(filing, version)
    if row.state == "hearing" or row.kind == REVOCATION:
        raise Conflict(_("撤回备案先听取陈述申辩"), code="state")
    step(FILING, row, "propose")
    opinion = opinion.strip()
    if proposal not in Filing.Proposal.values:
        refuse_field("proposal", _("从列表里选一个"))
    if not 4 <= len(opinion) <= 500:
        refuse_field("opinion", _("写审核意见，4 到 500 个字"))
    if proposal == Filing.Proposal.ISSUE and (against := hindrances(row)):
        raise Refused("；".join(against), field="proposal", code="not_ready")
    row.proposal, row.opinion, row.proposed_by = proposal, opinion, actor.user
    return moved(row, "propose", actor=actor, now=now or timezone.now(), note=opinion, proposal=proposal)


# --- The head


def demand_head(row: Filing, actor: Actor) -> None:
    actor.demand("filing.issue")
    if actor.same_person(row.proposed_by) or actor.same_person(row.opened_by):
        raise Denied(_("审核和签发要两个人：这份备案是你报的，由单位负责人签发"), code="second_person")


def decline(
    filing: Filing, note: str, *, version: int | None = None, actor: Actor, now: datetime | None = None
) -> Filing:
    """The head gives the proposal back to the reviewer, with a reason."""
    row = locked(filing, version)
    step(FILING, row, "decline")
    demand_head(row, actor)
    note = note.strip()
    if not 4 <= len(note) <= 500:
        refuse_field("note", _("写退回的理由，4 到 500 个字"))
    row.proposal = row.opinion = ""
    row.proposed_by = None
    action = "rehear" if row.kind == REVOCATION else "decline"
    return moved(row, action, actor=actor, now=now or timezone.now(), note=note)


def refuse_filing(
    filing: Filing, reason: str, *, version: int | None = None, actor: Actor, now: datetime | None = None
) -> Filing:
    """The head decides against the filing, with the reason that the applicant reads; open signatures are void."""
    now = now or timezone.now()
    row = locked(filing, version)
    step(FILING, row, "refuse")
    demand_head(row, actor)
    reason = reason.strip()
    if not 10 <= len(reason) <= 500:
        refuse_field("note", _("写不同意的理由和依据，10 到 500 个字"))
    if row.kind == REVOCATION:
        raise Conflict(_("撤回备案不办了，由审核人员停下来"), code="state")
    row.decided_on, row.clock_due = timezone.localdate(now), None
    signatures.drop_open(row, actor=actor)
    return moved(row, "refuse", actor=actor, now=now, note=reason)
