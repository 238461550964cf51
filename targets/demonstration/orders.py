"""How the rectification orders went: answered in most cases before the deadline, looked at on the next day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from random import Random

from inspections.models import Finding, Inspection, Order
from inspections.services import bulk_orders, rechecks
from inspections.services import orders as services
from portal.calendar import add_working_days, working_days_between
from portal.models.people import User
from targets.demonstration import visits
from targets.demonstration.calendar import at
from targets.demonstration.crew import Crew
from targets.demonstration.faults import FAULTS
from targets.demonstration.stages import Terms

NOTES = ("现场看过，已改好，照片存档", "查看记录和现场，整改到位", "复查通过，抽问一名在岗人员，答得出")


@dataclass(frozen=True)
class Fate:
    answered_on: date
    rechecked_on: date
    note: str


def fate(order: Order, terms: Terms) -> Fate:
    """When an order is answered and looked at; one in eleven comes late."""
    random = Random(f"{terms.seed}/{order.district_id}/{order.number}/fate")
    days = max(1, working_days_between(order.issued_on, order.due_on))
    if random.random() < 0.09:
        answered = add_working_days(order.due_on, random.randrange(2, 6))
    else:
        answered = add_working_days(order.issued_on, random.randrange(days * 2 // 3, days) if days > 1 else 0)
    rechecked = add_working_days(max(answered, order.issued_on), 1)
    return Fate(answered, rechecked, random.choice(NOTES))


def open_findings(orders: Iterable[Order]) -> dict[int, list[Finding]]:
    found: dict[int, list[Finding]] = defaultdict(list)
    for finding in Finding.objects.filter(order__in=orders, state="open").order_by("pk"):
        found[finding.order_id].append(finding)
    return found


def texts(findings: Iterable[Finding]) -> dict[int, str]:
    return {finding.pk: FAULTS[finding.item_key][1] for finding in findings}


def settle_past(made: list[Inspection], terms: Terms, crew: Crew) -> int:
    """Orders of a month long past, in bulk: those whose days are over are answered and closed."""
    orders = list(Order.objects.filter(inspection__in=made).order_by("number"))
    members = visits.teams(made)
    findings = open_findings(orders)
    answers, rechecks = [], []
    for order in orders:
        its = fate(order, terms)
        if its.answered_on >= terms.today:
            continue
        answers.append(bulk_orders.Answered(order, at(its.answered_on, 17, 30), texts(findings[order.pk])))
        if its.rechecked_on < terms.today:
            team = [member.inspector for member in members[order.inspection_id]]
            rechecks.append(
                bulk_orders.Rechecked(
                    order,
                    at(its.rechecked_on, 10, 20),
                    tuple(one.code for one in team),
                    its.note,
                    by=team[0].user,
                )
            )
    bulk_orders.answer_many(answers, actor=crew.system)
    bulk_orders.close_many(rechecks, actor=crew.system)
    return len(orders)


def answer(order: Order, day: date, operators: dict[int, User], crew: Crew) -> Order:
    """By the operator where there is an account, else entered for the facility by the product's process."""
    user = operators.get(order.facility_id)
    actor = crew.of(user) if user is not None else crew.system
    return services.answer_order(
        order, texts=texts(open_findings([order])[order.pk]), actor=actor, now=at(day, 17, 30)
    )


def look(order: Order, day: date, note: str, crew: Crew, *, new_due_on: date | None = None) -> Order:
    """The re-inspection by the team of the visit; with `new_due_on` the first finding stays open."""
    team = crew.team(order.inspection)
    findings = order.findings.exclude(state__in=("closed", "mended", "withdrawn")).order_by("pk")
    outcomes = {finding.pk: rechecks.CLOSED for finding in findings}
    if new_due_on is not None:
        outcomes[next(iter(outcomes))] = rechecks.OPEN
    written = rechecks.recheck(
        order,
        results=outcomes,
        note=note,
        inspectors=[member.inspector.code for member in team],
        new_due_on=new_due_on,
        actor=crew.of(team[0].inspector.user),
        now=at(day, 10, 20),
    )
    return rechecks.confirm_recheck(written, actor=crew.of(team[1].inspector.user), now=at(day, 10, 40))


def settle(
    orders: Iterable[Order],
    operators: dict[int, User],
    terms: Terms,
    crew: Crew,
    *,
    silent: set[int] = frozenset(),
    waiting: set[int] = frozenset(),
    failed: set[int] = frozenset(),
) -> int:
    """Orders of the last and the present month, each step by its service, as far as their days are over.

    silent: not answered; waiting: answered, nobody has looked yet; failed: the first look found a fault left.
    """
    yesterday = add_working_days(terms.today, -1)
    count = 0
    for order in orders:
        its = fate(order, terms)
        if order.pk in silent:
            continue
        forced = order.pk in waiting or order.pk in failed
        day = max(order.issued_on, min(its.answered_on, yesterday)) if forced else its.answered_on
        if day >= terms.today:
            continue
        order = answer(order, day, operators, crew)
        count += 1
        if order.pk in waiting:
            continue
        if order.pk in failed:
            on = max(day, min(its.rechecked_on, yesterday))
            look(
                order,
                on,
                "有一项只改了一半，重新限期",
                crew,
                new_due_on=add_working_days(max(on, terms.today), 6),
            )
        elif its.rechecked_on < terms.today:
            look(order, its.rechecked_on, its.note, crew)
    return count
