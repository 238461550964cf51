"""A result that was final is changed: one proposes with reason and decision, another decides. A public one goes within
set days after the decision, by itself on the last of them; the corrected version is published in its place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import ResultChange, ResultReview
from inspections.rules.states import CHANGE_REASONS, RESULT
from inspections.services import result_versions
from inspections.services.finding_withdrawals import withdraw
from inspections.services.orders import store_evidence
from inspections.services.result_reviews import demand_reach, lock, not_stale, reason_of, saved
from inspections.services.results import publish_result, withdraw_result
from portal import calendar
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.services import parameters
from portal.services.steps import step

WITHDRAW_DAYS = "publication.withdraw_days"
#: How far back the decision may lie on which a change rests.
OLDEST_DAYS = 366


@transaction.atomic
def propose_change(
    review: ResultReview,
    *,
    findings: Sequence[int],
    reason_kind: str,
    reason: str,
    decided_on: date,
    upload=None,
    version: int | None = None,
    actor: Actor,
    now: datetime | None = None,
) -> ResultChange:
    """Asks that findings, by id, be withdrawn from a final result; from the decision's day the clock of withdrawal runs.

    Refused without findings, reason and a day that was; the paper is kept with it.
    """
    demand_reach(review, actor, "result.change")
    review = lock(review)
    not_stale(review, version)
    now = now or timezone.now()
    on = timezone.localdate(now)
    before, state = review.state, step(RESULT, review, "change")
    if reason_kind not in CHANGE_REASONS:
        raise Refused(_("更正的原因：选一个"), field="reason_kind")
    reason = reason_of(reason, "reason")
    if not 0 <= (on - decided_on).days <= OLDEST_DAYS:
        raise Refused(_("决定日期：填今天或一年以内的日期"), field="decided_on")
    standing = set(review.inspection.findings.exclude(state="withdrawn").values_list("pk", flat=True))
    wanted = sorted(set(findings))
    if not wanted:
        raise Refused(_("撤销哪些问题：至少选一个"), field="findings")
    if set(wanted) - standing:
        raise NotFound(_("有一个问题不在这次检查里，或已经撤销"), code="finding")
    made = ResultChange.objects.create(
        review=review,
        reason_kind=reason_kind,
        reason=reason,
        decided_on=decided_on,
        withdraw_by=calendar.add_working_days(decided_on, parameters.value(WITHDRAW_DAYS, on)),
        findings=wanted,
        file=store_evidence(upload, field="upload", actor=actor) if upload else None,
        proposed_at=now,
        proposed_by=actor.user,
    )
    review.state = state
    saved(
        review, "change", actor, state=[before, state], reason=reason_kind, findings=len(wanted),
        withdraw_by=made.withdraw_by.isoformat(),
    )  # fmt: skip
    return made


def open_change(review: ResultReview) -> ResultChange | None:
    return review.changes.filter(state="open").first()


def _settling(review: ResultReview, action: str, version: int | None, actor: Actor):
    demand_reach(review, actor, "result.change_confirm")
    review = lock(review)
    not_stale(review, version)
    before, state = review.state, step(RESULT, review, action)
    change = open_change(review)
    if change is None:
        raise Conflict(_("没有等决定的更正"), code="state")
    if actor.user is None or actor.same_person(change.proposed_by):
        raise Denied(_("提出更正的人不能自己决定，请另一个人来"), code="second_person")
    review.state = state
    return review, change, before


@transaction.atomic
def confirm_change(
    review: ResultReview, *, version: int | None = None, actor: Actor, now: datetime | None = None
) -> ResultReview:
    """The second person: the findings are withdrawn, from their order too; the corrected version replaces the old one,
    in public as well where that was public. The old version stays to be read inside."""
    review, change, before = _settling(review, "correct", version, actor)
    now = now or timezone.now()
    on = timezone.localdate(now)
    was_public = review.inspection.state == "published" or _taken_down(review)
    inspection = withdraw_result(review.inspection, reason=change.reason_kind, actor=actor, now=now)
    rows = review.inspection.findings.filter(pk__in=change.findings).select_related(
        "item", "order", "inspection"
    )
    withdraw(rows, reason=change.reason, actor=actor, on=on)
    review.inspection.refresh_from_db(fields=["state", "published_at", "version"])
    result_versions.write(review, "corrected", at=now, by=actor.user, reason=change.reason)
    change.state, change.settled_at, change.settled_by = ResultChange.State.CONFIRMED, now, actor.user
    change.save(update_fields=["state", "settled_at", "settled_by"])
    review.final_at = now
    saved(review, "correct", actor, state=[before, "final"], number=review.latest)
    if was_public:
        publish_result(inspection, actor=Actor.system(actor.district, "inspections.result.correct"), now=now)
    return review


@transaction.atomic
def decline_change(
    review: ResultReview, *, note: str, version: int | None = None, actor: Actor, now: datetime | None = None
) -> ResultReview:
    """The second person finds the result right as it is; what was taken down meanwhile is published again."""
    note = reason_of(note, "note")
    review, change, before = _settling(review, "keep", version, actor)
    now = now or timezone.now()
    was_public = _taken_down(review)
    change.state, change.note = ResultChange.State.DECLINED, note
    change.settled_at, change.settled_by = now, actor.user
    change.save(update_fields=["state", "note", "settled_at", "settled_by"])
    saved(review, "keep", actor, state=[before, "final"])
    if was_public:
        process = Actor.system(actor.district, "inspections.result.keep")
        publish_result(review.inspection, actor=process, now=now)
    return review


def _taken_down(review: ResultReview) -> bool:
    """Whether the open change's clock took the result down."""
    return review.changes.filter(state="open", taken_down_at__isnull=False).exists()


@transaction.atomic
def take_down(
    review: ResultReview, *, version: int | None = None, actor: Actor, now: datetime | None = None
) -> ResultReview:
    """Takes a public result down while its change waits for the second person; down already, nothing changes."""
    demand_reach(review, actor, "result.change")
    review = lock(review)
    not_stale(review, version)
    change = open_change(review)
    if change is None:
        raise Conflict(_("没有等决定的更正"), code="state")
    if review.inspection.state == "published":
        withdraw_result(review.inspection, reason=change.reason_kind, actor=actor, now=now)
        change.taken_down_at = now or timezone.now()
        change.save(update_fields=["taken_down_at"])
    return review


def withdraw_due(*, actor: Actor, on: date | None = None, now: datetime | None = None) -> int:
    """Public results whose change waits on the last day of withdrawal are taken down; returns how many."""
    on = on or timezone.localdate(now or timezone.now())
    due = ResultReview.objects.filter(
        state="changing", inspection__state="published", changes__state="open", changes__withdraw_by__lte=on
    )
    rows = list(due.order_by("pk"))
    for review in rows:
        take_down(review, actor=actor, now=now)
    return len(rows)
