"""Many answers and re-inspections of rectification orders at once: the rules of orders.py, one audit entry for the
batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Finding, Inspector, Order, OrderAnswer, Recheck
from inspections.rules import orders as rules
from inspections.rules import visits as visit_rules
from inspections.rules.states import FINDING, ORDER
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.services import audit
from portal.services.bulk import BATCH
from portal.services.steps import step


@dataclass(frozen=True)
class Answered:
    """The facility's answer to an order: a text for each open finding, by its id."""

    order: Order
    at: datetime
    texts: Mapping[int, str]
    by: object = None


@dataclass(frozen=True)
class Rechecked:
    """A re-inspection at which everything was found mended; `inspectors`: codes of who was there and signed."""

    order: Order
    at: datetime
    inspectors: tuple[str, ...]
    note: str
    by: object = None


def _process(actor: Actor, right: str) -> None:
    actor.demand(right)
    if not actor.process:
        raise Refused(_("成批录入只在命令里做"), code="process")


def _findings(orders: Sequence[Order], *states: str) -> dict[int, list[Finding]]:
    found = defaultdict(list)
    rows = Finding.objects.filter(order__in=orders, state__in=states).select_related("item").order_by("pk")
    for finding in rows:
        found[finding.order_id].append(finding)
    return found


def answer_many(answers: Sequence[Answered], *, actor: Actor) -> int:
    """Each order goes to 'answered' on its day. Refused for an open finding without text, a closed order."""
    _process(actor, "order.answer")
    if not answers:
        return 0
    findings = _findings([one.order for one in answers], "open")
    made, changed, rounds = [], [], defaultdict(int)
    held = Recheck.objects.filter(order__in=[one.order for one in answers], on__isnull=False)
    for order_id in held.values_list("order_id", flat=True):
        rounds[order_id] += 1
    for one in answers:
        order = one.order
        order.state = step(ORDER, order, "answer")
        for finding in findings[order.pk]:
            text = one.texts.get(finding.pk, "").strip()
            if not text or len(text) > rules.TEXT_LENGTH:
                raise Refused(
                    _("“%(item)s”：写怎么改的，什么时候改好的") % {"item": finding.item.text},
                    field=f"text-{finding.pk}",
                )
            finding.state = FINDING.next_state(finding.state, "answer")
            changed.append(finding)
            made.append(
                OrderAnswer(
                    order=order,
                    finding=finding,
                    round=rounds[order.pk] + 1,
                    text=text,
                    by=one.by,
                    at=one.at,
                )
            )
        order.answered_on, order.answered_by = timezone.localdate(one.at), one.by
        order.version += 1
    OrderAnswer.objects.bulk_create(made, batch_size=BATCH)
    Finding.objects.bulk_update(changed, ["state"], batch_size=500)
    Order.objects.bulk_update(
        [one.order for one in answers], ["state", "answered_on", "answered_by", "version"], batch_size=500
    )
    _told("inspections.order.answer_many", actor, len(answers))
    return len(answers)


def close_many(rechecks: Sequence[Rechecked], *, actor: Actor) -> int:
    """Closes orders after a re-inspection by two inspectors with a licence valid on the day; Denied when who
    answered is who looked."""
    _process(actor, "order.recheck")
    if not rechecks:
        return 0
    known = {one.code: one for one in Inspector.objects.all()}
    findings = _findings([one.order for one in rechecks], "open", "answered")
    made, changed = [], []
    counts = defaultdict(int)
    for order_id in Recheck.objects.filter(order__in=[one.order for one in rechecks]).values_list(
        "order_id", flat=True
    ):
        counts[order_id] += 1
    for one in rechecks:
        order, on = one.order, timezone.localdate(one.at)
        if order.answered_by_id is not None and one.by is not None and order.answered_by_id == one.by.pk:
            raise Denied(_("答复的人不能复查自己的整改，请另一个人来"), code="second_person")
        if order.answered_on is not None and on < order.answered_on:
            raise Conflict(_("复查不能早于答复"), code="early")
        _check_inspectors(one.inspectors, known, on)
        if not one.note.strip() or len(one.note) > rules.TEXT_LENGTH:
            raise Refused(_("复查情况：写看到了什么"), field="note")
        order.state = step(ORDER, order, "recheck")
        order.state = step(ORDER, order, "close")
        for finding in findings[order.pk]:
            finding.state = FINDING.next_state(finding.state, "confirm")
            changed.append(finding)
        order.closed_on, order.closed_by = on, one.by
        order.version += 1
        made.append(
            Recheck(
                order=order,
                round=counts[order.pk] + 1,
                on=on,
                passed=True,
                note=one.note,
                results={str(finding.pk): "closed" for finding in findings[order.pk]},
                inspectors=list(one.inspectors),
                signatures=list(one.inspectors),
                by=one.by,
            )
        )
    Recheck.objects.bulk_create(made, batch_size=BATCH)
    Finding.objects.bulk_update(changed, ["state"], batch_size=500)
    Order.objects.bulk_update(
        [one.order for one in rechecks], ["state", "closed_on", "closed_by", "version"], batch_size=500
    )
    _told("inspections.order.close_many", actor, len(rechecks))
    return len(rechecks)


def _check_inspectors(codes: Sequence[str], known: Mapping[str, Inspector], on: date) -> None:
    fit = {
        code
        for code in codes
        if code in known
        and visit_rules.licensed(known[code].active, known[code].licence_from, known[code].licence_until, on)
    }
    if len(fit) < visit_rules.SMALLEST_TEAM or len(fit) < len(set(codes)):
        raise Refused(
            _("复查人员：至少 %(n)d 名，执法证都要有效") % {"n": visit_rules.SMALLEST_TEAM},
            field="inspectors",
        )


def _told(action: str, actor: Actor, count: int) -> None:
    audit.record(
        action, None, actor=actor, name=_("%(n)d 份整改通知") % {"n": count}, changes={"count": count}
    )
