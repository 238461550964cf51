"""The second inspector's part of a visit: confirmed on the own sign-in, sent back, or, where the second is truly
unable, let stand by the bureau with a reason on record. Only then there are findings, an order and a result."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import FieldRecord, Inspection
from inspections.rules.states import INSPECTION
from inspections.services.answers import demand_member, lock
from inspections.services.findings import make_findings, make_orders
from inspections.services.joint import settle_parts
from inspections.services.recusals import demand_decided
from inspections.services.result_reviews import open_review
from inspections.services.results import PUBLICATION_DAYS
from inspections.services.visits import tell_draw
from portal import calendar
from portal.access import Actor
from portal.errors import Denied, Refused
from portal.services import audit, parameters
from portal.services.steps import step


def _demand_second(inspection: Inspection, actor: Actor) -> None:
    demand_member(inspection, actor, "inspection.confirm")
    if actor.same_person(inspection.signed_by):
        raise Denied(_("签记的人不能自己确认，由组里另一个人在自己的账号上确认"), code="second_person")


def waiver(reason: str) -> str:
    """The reason of an exception, trimmed; Refused unless it has 5 to 200 characters."""
    reason = reason.strip()
    if not 5 <= len(reason) <= 200:
        raise Refused(_("理由：写 5 到 200 个字，说明第二人为什么无法确认，会留在记录里"), field="reason")
    return reason


def confirm_visit(inspection: Inspection, *, actor: Actor, now: datetime | None = None) -> Inspection:
    """Another one of the team says that the record is what both saw: the visit is finished.

    Each failed item becomes a finding, and an order follows if one of them stays open (in a joint visit one of each
    department that answers them); it is issued on the day of
    the confirmation. The visit counts for the day on which the team was there, and the publication clock runs
    from then. Confirmed already, nothing changes. Denied for whoever signed, and outside of the team.
    """
    inspection = lock(inspection)
    if inspection.state in ("finished", "published"):
        demand_member(inspection, actor, "inspection.confirm")
        return inspection
    state = step(INSPECTION, inspection, "confirm")
    _demand_second(inspection, actor)
    demand_decided(inspection)
    return _finish(inspection, state, actor, now or timezone.now())


def return_visit(inspection: Inspection, *, actor: Actor) -> Inspection:
    """The second saw something else: the record is open again, with all answers as they are."""
    inspection = lock(inspection)
    before, state = inspection.state, step(INSPECTION, inspection, "return")
    _demand_second(inspection, actor)
    inspection.state = state
    inspection.signed_at = inspection.signed_by = None
    inspection.version += 1
    inspection.save(update_fields=["state", "signed_at", "signed_by", "version"])
    FieldRecord.objects.filter(inspection=inspection, void_at__isnull=True).update(void_at=timezone.now())
    audit.record("inspections.inspection.return", inspection, actor=actor, changes={"state": [before, state]})
    return inspection


def waive_visit(
    inspection: Inspection, *, reason: str, actor: Actor, now: datetime | None = None
) -> Inspection:
    """The second is truly unable to confirm: the bureau lets the visit stand, and says why.

    Refused without a reason; Denied for whoever signed.
    """
    actor.demand("confirmation.waive")
    reason = waiver(reason)
    inspection = lock(inspection)
    state = step(INSPECTION, inspection, "waive")
    if actor.same_person(inspection.signed_by):
        raise Denied(_("签记的人不能自己办结，请另一个人来"), code="second_person")
    demand_decided(inspection)
    inspection.waiver = reason
    return _finish(inspection, state, actor, now or timezone.now())


def _finish(inspection: Inspection, state: str, actor: Actor, now: datetime) -> Inspection:
    before, inspection.state = inspection.state, state
    findings = make_findings(inspection, timezone.localdate(now))
    orders = make_orders(inspection, findings, timezone.localdate(now))
    if inspection.joint:
        settle_parts(inspection, orders)
    there = timezone.localdate(inspection.signed_at)
    inspection.finished_at, inspection.finished_on = inspection.signed_at, there
    inspection.finished_by = inspection.signed_by
    inspection.confirmed_at, inspection.confirmed_by = now, actor.user
    inspection.publish_by = calendar.add_working_days(there, parameters.value(PUBLICATION_DAYS, there))
    inspection.version += 1
    inspection.save(
        update_fields=[
            "state", "finished_at", "finished_on", "finished_by", "confirmed_at", "confirmed_by", "waiver",
            "publish_by", "version",
        ]
    )  # fmt: skip
    audit.record(
        "inspections.inspection.waive" if inspection.waiver else "inspections.inspection.confirm",
        inspection,
        actor=actor,
        changes={
            "state": [before, state],
            "findings": len(findings),
            "order": "、".join(order.number for order in orders) or None,
            "publish_by": inspection.publish_by.isoformat(),
            **({"reason": inspection.waiver} if inspection.waiver else {}),
        },
    )
    open_review(inspection, actor=actor, now=now)
    tell_draw(inspection, actor)
    return inspection
