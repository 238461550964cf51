"""What a visit found: findings with their deadlines, and the order for those that stay open."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from inspections.models import Finding, Inspection, Order, VisitItem
from inspections.rules import visits as rules
from inspections.rules.states import FINDING, WEIGHTS
from inspections.services.checklists import items_of
from portal import calendar
from portal.errors import NotFound
from portal.services import parameters
from portal.services.numbers import next_number


def order_days(on: date) -> dict[str, int]:
    """Working days for mending, by weight, as in force on the day."""
    keys = {f"order.days_{weight}": weight for weight in WEIGHTS}
    found = parameters.values(list(keys), on)
    missing = sorted(keys.keys() - found.keys())
    if missing:
        raise NotFound(
            _("参数 %(keys)s 在 %(day)s 没有取值。在参数页补上")
            % {"keys": "、".join(missing), "day": on.isoformat()},
            code="parameter",
        )
    return {weight: found[key] for key, weight in keys.items()}


def expected_findings(inspection: Inspection, on: date) -> list[dict]:
    """What the visit's end would make of its failed items: text, weight, deadline, mended or not, repeat of."""
    items = {item.pk: item for item in items_of(inspection)}
    failed = [a for a in inspection.answers.all() if a.value == "bad" and a.item_id in items]
    failed.sort(key=lambda a: list(items).index(a.item_id))
    if not failed:
        return []
    days = order_days(on)
    earlier: dict[str, Finding] = {}
    found = Finding.objects.filter(
        facility=inspection.facility,
        item_key__in=[items[a.item_id].key for a in failed],
        inspection__finished_on__gte=rules.repeats_since(on),
        inspection__finished_on__lte=on,
    ).exclude(Q(inspection=inspection) | Q(state="withdrawn"))
    for finding in found.select_related("inspection").order_by("inspection__finished_on", "pk"):
        earlier[finding.item_key] = finding
    return [
        {
            "item": items[a.item_id],
            "answer": a,
            "mended": a.mended_on_the_spot,
            "due_on": None
            if a.mended_on_the_spot
            else rules.deadline(items[a.item_id].weight, days, on, calendar.add_working_days),
            "days": days[items[a.item_id].weight],
            "repeat_of": earlier.get(items[a.item_id].key),
        }
        for a in failed
    ]


def make_findings(inspection: Inspection, on: date) -> list[Finding]:
    """The failed items of a visit as findings; `on`: the day on which they are made known to the facility."""
    return Finding.objects.bulk_create(
        Finding(
            inspection=inspection,
            facility=inspection.facility,
            item=one["item"],
            item_key=one["item"].key,
            text=one["answer"].note,
            weight=one["item"].weight,
            state=FINDING.next_state("open", "mend") if one["mended"] else FINDING.initial,
            due_on=one["due_on"],
            repeat_of=one["repeat_of"],
        )
        for one in expected_findings(inspection, on)
    )


def make_orders(inspection: Inspection, findings: list[Finding], on: date) -> list[Order]:
    """The orders for the findings that stay open: one, or in a joint visit one of each department that answers them."""
    left = [f for f in findings if f.state == "open"]
    if not left:
        return []
    if not inspection.joint:
        return [_make_order(inspection, left, on, None)]
    answers = dict(VisitItem.objects.filter(inspection=inspection).values_list("item_id", "unit_id"))
    departments: dict[int | None, list[Finding]] = {}
    for finding in left:
        departments.setdefault(answers.get(finding.item_id), []).append(finding)
    return [_make_order(inspection, group, on, unit) for unit, group in departments.items()]


def _make_order(inspection: Inspection, left: list[Finding], on: date, unit: int | None) -> Order:
    """An order of one department, or of the bureau; its deadline is the gravest finding's."""
    worst = rules.gravest(f.weight for f in left)
    due_on = next(f.due_on for f in left if f.weight == worst)
    series = f"ZG-{on:%y%m}"
    order = Order.objects.create(
        number=f"{series}-{next_number(series):03d}",
        inspection=inspection,
        facility=inspection.facility,
        unit_id=unit,
        issued_on=on,
        due_on=due_on,
        first_due_on=due_on,
        provisional=any(not calendar.is_known(f.due_on.year) for f in left),
    )
    Finding.objects.filter(pk__in=[f.pk for f in left]).update(order=order)
    for finding in left:
        finding.order = order
    return order
