"""Findings that do not stand: they leave the result and their order, which goes on with the others or ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from inspections.models import Finding, Order
from inspections.rules import visits as rules
from inspections.rules.states import FINDING, ORDER
from inspections.services.orders import lock
from portal.access import Actor
from portal.services import audit
from portal.services.steps import step


def withdraw(findings: Iterable[Finding], *, reason: str, actor: Actor, on: date) -> list[Order]:
    """Withdraws findings of one visit; returns the orders that changed. They stay on record with the reason."""
    touched = {}
    for finding in findings:
        if finding.state == "withdrawn":
            continue
        before, finding.state = finding.state, FINDING.next_state(finding.state, "withdraw")
        finding.published = False
        finding.withdrawn_on, finding.withdrawn_reason = on, reason
        finding.save(update_fields=["state", "published", "withdrawn_on", "withdrawn_reason"])
        audit.record(
            "inspections.finding.withdraw",
            finding.inspection,
            actor=actor,
            changes={"item": finding.item_key, "state": [before, "withdrawn"]},
        )
        if finding.order_id:
            touched[finding.order_id] = finding.order
    return [_without(order, actor, on) for order in touched.values()]


def _without(order: Order, actor: Actor, on: date) -> Order:
    """The order after some of its findings were withdrawn: the deadline is the gravest of those left."""
    order = lock(order)
    findings = list(order.findings.all())
    left = [f for f in findings if f.state in ("open", "answered")]
    before = order.state
    if before in ("closed", "withdrawn"):
        return order
    pending = order.rechecks.filter(on__isnull=False, passed__isnull=True).first()
    if pending is not None:
        standing = {str(f.pk) for f in left}
        pending.results = {key: value for key, value in pending.results.items() if key in standing}
        if left:
            pending.save(update_fields=["results"])
        else:
            pending.delete()
    if not left:
        closed = any(f.state == "closed" for f in findings)
        order.state = step(ORDER, order, "drop" if closed else "withdraw")
        if closed:
            order.closed_on, order.closed_by = on, actor.user
    elif order.due_on == order.first_due_on:  # nobody moved it: it follows the gravest finding
        worst = rules.gravest(f.weight for f in left)
        due_on = next(f.due_on for f in left if f.weight == worst)
        order.due_on = order.first_due_on = max(order.due_on, due_on)
    order.version += 1
    order.save(update_fields=["state", "closed_on", "closed_by", "due_on", "first_due_on", "version"])
    audit.record(
        "inspections.order.withdraw_findings",
        order,
        actor=actor,
        changes={"state": [before, order.state], "left": len(left)},
    )
    return order
