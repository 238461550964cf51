"""A month's draw from its freezing to its evidence, with the services that the district's people use."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, timedelta
from random import Random

from django.utils.timezone import localdate

from facilities.services import facilities
from inspections.models import Draw, Inspection, Scheme
from inspections.services import (
    bulk_visits,
    cancellations,
    chains,
    draw_entropy,
    draw_evidence,
    draw_voids,
    draws,
    freezing,
    plans,
    results,
)
from portal.calendar import add_working_days
from targets.demonstration import orders, visits
from targets.demonstration.calendar import Month, at, drawn_on, visiting_days
from targets.demonstration.crew import Crew
from targets.demonstration.stages import Terms

WITNESSES = "区教育局经办、督导室、家长代表"
VOID_REASON = "录入的骰子顺序与现场录像不一致，作废后重新见证"


def scheme_of(month: Month) -> Scheme:
    """The only scheme of the plan in force for the month."""
    return plans.schemes(month.year, month.first - timedelta(1))[0]


def prepare(month: Month, terms: Terms, crew: Crew) -> Scheme:
    """The scheme of the month with its chain; of a new year the chain is made, and publicity confirmed."""
    scheme = scheme_of(month)
    before = at(date(month.year - 1, 12, 1), 9)
    secret = hashlib.sha256(
        f"demonstration/{terms.seed}/{crew.size.slug}/{scheme.key}/{month.year}".encode()
    ).digest()
    chains.make_chain(scheme, month.year, actor=crew.system, at=before, secret=secret)
    return plans.confirm_publicity(scheme, actor=crew.bureau, at=before)


def throw(month: Month, terms: Terms, crew: Crew, again: str = "") -> str:
    """Twenty dice."""
    random = Random(f"{terms.seed}/{crew.size.slug}/{month}/dice{again}")
    return " ".join(str(random.randrange(1, 7)) for _n in range(20))


def draw(month: Month, terms: Terms, crew: Crew, *, void: bool = False) -> Draw:
    """Freezes, enters the dice, confirms and draws; with `void` a first draw is voided and replaced."""
    scheme = prepare(month, terms, crew)
    frozen_on = freezing.freeze_day(scheme, month.year, month.number)
    day = drawn_on(month, terms.today)
    made = freezing.freeze(scheme, month.year, month.number, actor=crew.system, at=at(frozen_on, 2, 10))
    made = _witnessed(made, day, throw(month, terms, crew), crew)
    if void:
        draw_voids.request_void(made, reason=VOID_REASON, actor=crew.bureau, at=at(day, 11, 20))
        draw_voids.confirm_void(made, actor=crew.head, at=at(day, 14, 5))
        made = freezing.freeze(scheme, month.year, month.number, actor=crew.bureau, at=at(day, 14, 30))
        made = _witnessed(made, add_working_days(day, 1), throw(month, terms, crew, "/again"), crew)
    return made


def _witnessed(made: Draw, day: date, value: str, crew: Crew) -> Draw:
    made = draw_entropy.enter_witness(
        made, source="witness", value=value, witnesses=WITNESSES, actor=crew.bureau, at=at(day, 9, 41)
    )
    return draws.confirm_and_draw(made, actor=crew.second, seen=value, at=at(day, 9, 47))


def due_visits(drawn: Draw) -> list[Inspection]:
    rows = Inspection.objects.filter(draw=drawn, state="due").order_by("position")
    return list(rows.select_related("facility__street"))


def past(month: Month, terms: Terms, crew: Crew, lists: bulk_visits.Lists, *, void: bool = False) -> str:
    """A whole month long past: the draw by its services, visits and orders in bulk, evidence published."""
    drawn = draw(month, terms, crew, void=void)
    days = visiting_days(month, max(drawn_on(month, terms.today), localdate(drawn.drawn_at)))
    made = visits.record(visits.planned(due_visits(drawn), days, terms), terms, crew, lists)
    moments = {}
    for visit in made:
        random = Random(f"{terms.seed}/{visit.number}/public")
        moments[visit] = at(add_working_days(visit.finished_on, random.randrange(6, 16)), 10, 15)
    bulk_visits.publish_many(
        {v: moment for v, moment in moments.items() if localdate(moment) < terms.today}, actor=crew.system
    )
    settled = orders.settle_past(made, terms, crew)
    publish_evidence(made, terms, crew)
    return f"{len(made)} 家，整改通知 {settled} 份"


def publish_evidence(made: Iterable[Inspection], terms: Terms, crew: Crew) -> int:
    last = max(visit.finished_at for visit in made)
    return draw_evidence.publish_due(actor=crew.system, at=last + timedelta(minutes=40))


def last(month: Month, terms: Terms, crew: Crew, lists: bulk_visits.Lists, *, cancel: bool) -> str:
    """The whole month before the present one, each step by the service that a person would use."""
    drawn = draw(month, terms, crew)
    plan = visits.planned(due_visits(drawn), visiting_days(month, localdate(drawn.drawn_at)), terms)
    teams = visits.teams([visit for visit, _day in plan])
    if cancel:
        plan = strike_off(plan, month, terms, crew)
    made = [visits.make(visit, day, teams[visit.pk], terms, crew, lists) for visit, day in plan]
    publish_evidence(made, terms, crew)
    publish(made, terms, crew)
    return f"{len(made)} 家"


def strike_off(plan, month: Month, terms: Terms, crew: Crew):
    """One facility was suspended before its day came: two people strike its visit off."""
    kinds = ("nursery", "inclusive_site")
    visit, day = next(
        ((v, d) for v, d in reversed(plan) if v.facility.kind in kinds and v.facility.grade in "AB"), plan[-1]
    )
    before = add_working_days(day, -2)
    facilities.move_state(
        visit.facility,
        "suspend",
        actor=crew.bureau,
        on=before,
        today=terms.today,
        reason="消防设施改造，暂停收托两个月",
    )
    visit.refresh_from_db()
    visit = cancellations.request_cancel(
        visit, reason="suspended", note="消防设施改造，名册已登记暂停，恢复后再检查", actor=crew.bureau
    )
    cancellations.confirm_cancel(visit, actor=crew.head, now=at(before, 15, 30))
    return [(one, on) for one, on in plan if one.pk != visit.pk]


def publish(made: Iterable[Inspection], terms: Terms, crew: Crew) -> int:
    """Results that the bureau has made public by today, by the service for one."""
    count = 0
    for visit in made:
        random = Random(f"{terms.seed}/{visit.number}/public")
        moment = at(add_working_days(visit.finished_on, random.randrange(6, 16)), 10, 15)
        if localdate(moment) < terms.today:
            results.publish_result(visit, actor=crew.bureau, now=moment)
            count += 1
    return count
