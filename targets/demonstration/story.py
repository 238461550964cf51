"""The present month and what there is to see in it: a street behind, a fault that comes back, an order overdue,
an answer that waits, an inspector replaced, a team that nobody can fill, a visit under way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from django.utils.timezone import localdate

from facilities.models import Facility
from inspections.models import Draw, Finding, Inspection, Inspector, Order
from inspections.services import bulk_visits, draw_teams, grades, recusals
from portal.access import Actor
from portal.calendar import add_working_days
from portal.errors import NotFound
from portal.models.people import User
from portal.models.places import Street
from targets.demonstration import months, orders, people, visits, voices
from targets.demonstration.calendar import Month, at, visiting_days
from targets.demonstration.crew import Crew
from targets.demonstration.stages import Terms

#: In which nobody has been this month, and which does not report.
BEHIND = {"minhang": "吴泾镇", "pudong": "大团镇", "jinshan": "廊下镇"}
#: In which a visit is always left for whoever looks around.
OPEN = {"minhang": "七宝镇", "pudong": "花木街道", "jinshan": "石化街道"}
MOST_DONE = 0.6
REASONS = ("临时外出培训，月底前不能到场", "请病假，月底前不能到场", "已调离检查岗位")


def street_behind(slug: str) -> Street:
    try:
        return Street.objects.get(name=BEHIND[slug])
    except Street.DoesNotExist:
        raise NotFound(f"没有街镇 {BEHIND[slug]}") from None


def present(month: Month, terms: Terms, crew: Crew, lists: bulk_visits.Lists) -> str:
    """Draws the present month and makes about half of its visits."""
    drawn = months.draw(month, terms, crew)
    due = months.due_visits(drawn)
    short = scarcest(drawn, due, crew.size.slug) if crew.size.slug == "minhang" else None
    able = [v for v in due if v != short]
    plan = done_by_now(able, visiting_days(month, localdate(drawn.drawn_at)), terms, crew.size.slug)
    repeats = repeated(plan, terms)
    teams = visits.teams([v for v, _day in plan])
    plan = [(v, day) for v, day in plan if len(teams.get(v.pk, ())) >= 2]
    made = [
        visits.make(v, day, teams[v.pk], terms, crew, lists, repeat=repeats.get(v.pk, "")) for v, day in plan
    ]
    months.publish(made, terms, crew)
    for visit in made:
        if visit.pk in repeats:
            lowered(visit.facility, crew)
    left = [v for v in due if v.pk not in {one.pk for one in made}]
    apart = (street_behind(crew.size.slug).pk, open_street(due, crew.size.slug))
    free = [v for v in left if v.facility.street_id not in apart and v != short]
    if crew.size.slug != "jinshan":
        there = under_way(free, terms, crew, lists)
        signed(free, terms, crew, lists)
        changed_teams(drawn, free, short, terms, crew)
        stepping_aside(drawn, there, free, terms, crew)
    if crew.size.slug == "minhang":
        voices.make(terms, crew)
    return f"抽到 {len(due)} 家，已查 {len(made)} 家"


def done_by_now(
    due: list[Inspection], days: list[date], terms: Terms, slug: str
) -> list[tuple[Inspection, date]]:
    """About half of the visits, spread over the days that are over; none in the street behind, and one is left
    in the street where a newcomer looks around."""
    over = [day for day in days if day < terms.today]
    many = int(len(due) * min(MOST_DONE, len(over) / len(days)))
    mine = [v for v in due if v.facility.street_id == open_street(due, slug)]
    able = [v for v in due if v.facility.street.name != BEHIND[slug] and v not in mine[-1:]]
    order = [v for v, _day in visits.planned(able, days, terms)] if able else []
    seen: set[int] = set()
    first = [v for v in order if not (v.facility.street_id in seen or seen.add(v.facility.street_id))]
    chosen = (first + [v for v in order if v not in first])[:many]
    return visits.planned(chosen, over, terms) if chosen else []


def open_street(due: Iterable[Inspection], slug: str) -> int | None:
    """Where a newcomer looks around: the street named in OPEN if two visits are due there, else the one with most."""
    counts = Counter(v.facility.street_id for v in due if v.facility.street.name != BEHIND[slug])
    named = next((v.facility.street_id for v in due if v.facility.street.name == OPEN[slug]), None)
    if counts[named] >= 2:
        return named
    return max(sorted(counts), key=counts.get) if counts else None


def repeated(plan: list[tuple[Inspection, date]], terms: Terms) -> dict[int, str]:
    """The visit at which an earlier fault is found again: {visit id: item}; the worst grade first."""
    by_facility = {v.facility_id: v for v, _day in plan}
    earlier = Finding.objects.filter(facility__in=by_facility, order__state="closed")
    found = sorted(
        earlier.select_related("facility"),
        key=lambda f: (f.facility.grade != "D", not visits.habit(f.facility, terms) == f.item_key, f.pk),
    )
    return {by_facility[found[0].facility_id].pk: found[0].item_key} if found else {}


def lowered(facility: Facility, crew: Crew) -> None:
    facility.refresh_from_db()
    if facility.grade != "D":
        choice = grades.Choice(facility, "D", "同一问题两次检查都发现，调到 D 级")
        grades.decide([choice], actor=crew.bureau)


def under_way(
    free: list[Inspection], terms: Terms, crew: Crew, lists: bulk_visits.Lists
) -> Inspection | None:
    """A team is on site: half of the answers are there."""
    yesterday = add_working_days(terms.today, -1)
    for visit in list(free):
        team = crew.team(visit)
        if len(team) == 2:
            visits.make(visit, yesterday, team, terms, crew, lists, finish=False)
            free.remove(visit)
            return visit
    return None


def signed(free: list[Inspection], terms: Terms, crew: Crew, lists: bulk_visits.Lists) -> None:
    """A team was there yesterday: one has signed, the other one has still to confirm."""
    yesterday = add_working_days(terms.today, -1)
    for visit in list(free):
        team = crew.team(visit)
        if len(team) == 2:
            visits.make(visit, yesterday, team, terms, crew, lists, confirm=False)
            free.remove(visit)
            return


def scarcest(drawn: Draw, due: list[Inspection], slug: str) -> Inspection | None:
    """The visit for which fewest others could come in, outside of the streets that the story needs otherwise."""
    apart = (street_behind(slug).pk, open_street(due, slug))
    inspectors = drawn.frozen_dict["inspectors"]

    def able(visit: Inspection) -> int:
        street, code = visit.facility.street.code, visit.facility.code
        return sum(street in one["streets"] and code not in one["recused"] for one in inspectors)

    rows = [v for v in due if v.facility.street_id not in apart]
    return min(rows, key=lambda v: (able(v), v.position)) if rows else None


def changed_teams(
    drawn: Draw, free: list[Inspection], short: Inspection | None, terms: Terms, crew: Crew
) -> None:
    """One inspector is replaced by the next of the ranking; the team of `short` cannot be filled any more."""
    moment = at(add_working_days(terms.today, -1), 16, 10)
    if moment <= drawn.drawn_at:
        moment = drawn.drawn_at + timedelta(hours=2)
    for visit in free:
        if draw_teams.next_for(visit)[0] is not None:
            leave(visit, REASONS[0], crew, moment)
            break
    reasons = iter(REASONS * 3)
    while short is not None and leave(short, next(reasons), crew, moment) is not None:
        pass


def stepping_aside(
    drawn: Draw, there: Inspection | None, free: list[Inspection], terms: Terms, crew: Crew
) -> None:
    """A facility's request for recusal that the head refuses, and an inspector's own that is granted."""
    yesterday = add_working_days(terms.today, -1)
    moment = max(at(yesterday, 16, 40), drawn.drawn_at + timedelta(hours=3))
    if there is not None:
        asked = recusals.note(
            there, crew.team(there)[0].inspector, name="示例负责人", post="负责人",
            reason="上次检查也是这个人来的，怕有成见", actor=crew.bureau, now=moment,
        )  # fmt: skip
        recusals.decide(
            asked, False, answer="查过：上次检查不是这个人，和机构没有利害关系", actor=crew.head,
            now=moment + timedelta(minutes=20),
        )  # fmt: skip
    for visit in free:
        team = crew.team(visit)
        if len(team) == 2 and team[1].inspector.user and draw_teams.next_for(visit)[0] is not None:
            own = crew.of(team[1].inspector.user)
            asked = recusals.declare(
                visit, reason="堂姐在这家机构当保健员", actor=own, now=moment + timedelta(minutes=30)
            )
            recusals.decide(
                asked, True, answer="亲属关系属实，换人", actor=crew.head, now=moment + timedelta(minutes=50)
            )
            return


def leave(visit: Inspection, reason: str, crew: Crew, moment):
    """The first of the team drops out; who came in, or None."""
    first: Inspector = crew.team(visit)[0].inspector
    return draw_teams.replace_inspector(visit, inspector=first, reason=reason, actor=crew.bureau, at=moment)


def recent_orders(last: Month) -> list[Order]:
    rows = Order.objects.filter(issued_on__gte=last.first).exclude(state="closed")
    return list(rows.select_related("facility", "inspection").order_by("number"))


def make_operators(terms: Terms, crew: Crew, system: Actor) -> dict[int, User]:
    """An account for each facility that can be drawn, so that whatever is found, somebody can answer."""
    rows = Facility.objects.exclude(kind="guidance_point").order_by("code")
    return people.operators(crew.size, list(rows), seed=terms.seed, actor=system)


def settle_orders(last: Month, operators: dict[int, User], terms: Terms, crew: Crew) -> str:
    """Orders of the last and the present month: most go their way, some are left as the story needs them."""
    rows = recent_orders(last)
    repeats = set(
        Finding.objects.filter(order__in=rows, repeat_of__isnull=False).values_list("order", flat=True)
    )
    past_due = [o for o in rows if o.due_on < terms.today and o.pk not in repeats]
    overdue = {o.pk for o in past_due[-1:]}
    known = [
        o for o in rows if o.facility_id in operators and o.pk not in overdue and o.issued_on < terms.today
    ]
    waiting = {o.pk for o in known[-2:]}
    early = [o for o in past_due if o.pk not in overdue | waiting]
    failed = {o.pk for o in early[-1:]}
    running = {o.pk for o in rows if o.due_on >= terms.today} - waiting
    silent = overdue | running
    orders.settle(rows, operators, terms, crew, silent=silent, waiting=waiting, failed=failed)
    left = Order.objects.exclude(state="closed").count()
    return f"{len(rows)} 份，未销号 {left} 份"
