"""Overdue orders climb: street, district, leadership, each on its day after the deadline; once on record, one line in
the day's message to whom it reaches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.models import Order, OrderEscalation
from inspections.rules import ladder as rules
from portal import calendar
from portal.access import Actor
from portal.navigation import Line
from portal.rules.rights import Reach, Role
from portal.services import audit, parameters

#: Whom a rung reaches, besides those of the lower ones.
ROLES = {
    "street": {Role.STREET_OFFICER},
    "district": {Role.BUREAU},
    "leaders": {Role.UNIT_HEAD},
}


def after(on: date) -> dict[str, int]:
    """Working days after the deadline by rung, as in force on the day."""
    found = parameters.values([key for key, _words in rules.RUNGS.values()], on)
    return {rung: found[key] for rung, (key, _words) in rules.RUNGS.items() if key in found}


def climb_due(*, actor: Actor, on: date | None = None) -> int:
    """Puts every rung on record that an order without answer has reached by the day; returns how many are new.

    An order that was answered waits for the district, not for the facility: it does not climb.
    """
    on = on or timezone.localdate()
    days = after(on)
    known = set(OrderEscalation.objects.values_list("order", "rung", "due_on"))
    made = []
    for order in Order.objects.filter(state="issued", due_on__lt=on).order_by("due_on", "pk"):
        for rung in rules.reached(order.due_on, on, days, calendar.add_working_days):
            if (order.pk, rung, order.due_on) not in known:
                made.append(OrderEscalation(order=order, rung=rung, due_on=order.due_on, on=on))
    OrderEscalation.objects.bulk_create(made, ignore_conflicts=True)
    for order in {one.order_id: one.order for one in made}.values():
        rungs = [one.rung for one in made if one.order_id == order.pk]
        audit.record("inspections.order.escalate", order, actor=actor, changes={"rungs": rungs})
    return len(made)


def ladder(order: Order, on: date) -> list[dict]:
    """The rungs of an order with their days, for its page: reached, or still ahead."""
    reached = {one.rung: one.on for one in order.escalations.all() if one.due_on == order.due_on}
    if order.state != "issued" and not reached:
        return []
    days = rules.days(order.due_on, after(on), calendar.add_working_days)
    return [
        {
            "rung": rung,
            "words": _(rules.RUNGS[rung][1]),
            "day": reached.get(rung, day),
            "reached": rung in reached,
        }
        for rung, day in days.items()
        if rung in reached or order.state == "issued"
    ]


def digest(actor: Actor, on: date, first: date) -> Callable[[Actor, date], list[Line]]:
    """One line for whom orders have climbed to since the person's last message."""
    rows = list(
        OrderEscalation.objects.filter(on__gt=first, on__lte=on, order__state="issued")
        .values_list("rung", "on", "order", "order__facility__street")
        .order_by("on", "pk")
    )
    url = reverse("orders", args=[actor.district.slug])

    def told(person: Actor, since: date) -> list[Line]:
        if not person.may("order.escalated"):
            return []
        mine = {rung for rung, roles in ROLES.items() if roles & person.roles}
        reaches = person.reaches("order.escalated")
        streets = None if Reach.ALL in reaches else set(person.listed(Reach.STREETS))
        found = {
            order
            for rung, day, order, street in rows
            if rung in mine and day > since and (streets is None or street in streets)
        }
        if not found:
            return []
        words = ngettext(
            "%(n)d 份整改通知逾期，已经报到你这一级", "%(n)d 份整改通知逾期，已经报到你这一级", len(found)
        )
        return [Line(words % {"n": len(found)}, "bad", url)]

    return told


def escalated_to(actor: Actor) -> Q:
    """Orders without answer that have climbed to the actor's rung, by the present deadline."""
    mine = [rung for rung, roles in ROLES.items() if roles & actor.roles]
    found = OrderEscalation.objects.filter(rung__in=mine, order__state="issued")
    return Q(pk__in=found.values("order"))
