"""What the inspectors answered, item by item, and when they were there."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from random import Random

from facilities.models import Facility
from inspections.models import ChecklistItem, Inspection, TeamMember
from inspections.services import agreement, bulk_visits, confirmations
from inspections.services import answers as answer_services
from inspections.services import visits as visit_services
from inspections.services.answers import Given
from portal.models.people import User
from targets.demonstration.calendar import start_of
from targets.demonstration.crew import Crew
from targets.demonstration.faults import FAULTS, UNSEEN
from targets.demonstration.stages import Terms

#: Of a hundred items, how many fail in a facility of the grade.
FAILING = {"A": 1.3, "B": 2.8, "C": 5.0, "D": 8.5, "": 2.8}
WEIGHS = {"veto": 0.25, "high": 0.9, "medium": 1.4, "low": 1.6}
#: Faults that a bad facility repeats.
HABITS = ("video-retention", "disinfection", "morning-check", "fire-equipment")
HABITS_BABY_HOUSE = ("bh-video-retention", "bh-staff-ratio", "bh-water")


def habit(facility: Facility, terms: Terms) -> str:
    """The item at which a facility fails again and again, '' for most."""
    random = Random(f"{terms.seed}/{facility.code}/habit")
    if random.random() > {"D": 0.7, "C": 0.08}.get(facility.grade, 0):
        return ""
    return random.choice(HABITS_BABY_HOUSE if facility.kind == "baby_house" else HABITS)


def answers_of(
    visit: Inspection, items: list[ChecklistItem], terms: Terms, repeat: str = ""
) -> dict[int, Given]:
    """Answers to all items; `repeat`: the item that fails for certain."""
    random = Random(f"{terms.seed}/{visit.facility.code}/{visit.number}")
    bad = habit(visit.facility, terms)
    found = {}
    for item in items:
        chance = FAILING[visit.facility.grade] * WEIGHS[item.weight] / 100
        dice, mended = random.random(), random.random()
        if item.key == repeat or (item.key == bad and mended < 0.9):
            found[item.pk] = Given("bad", FAULTS[item.key][0])
        elif dice < chance:
            on_the_spot = item.weight in ("medium", "low") and mended < 0.4
            found[item.pk] = Given("bad", FAULTS[item.key][0], on_the_spot)
        elif dice > 0.994:
            found[item.pk] = Given("unseen", random.choice(UNSEEN))
        else:
            found[item.pk] = Given("ok")
    return found


def words(visit: Inspection, terms: Terms) -> dict[str, str]:
    random = Random(f"{terms.seed}/{visit.number}/words")
    return {
        "present": f"{visit.facility.head}，负责人" if random.random() < 0.85 else "值班保健员（负责人外出）",
        "summary": random.choice(
            (
                "出示执法证，查看现场、台账和录像，问了两名在岗人员。",
                "按检查表逐项看过现场和记录，当场反馈。",
                "抽看最近两周的记录，现场清点人数，当场反馈。",
            )
        ),
        "objection": "录像硬盘正在更换，希望酌情" if random.random() < 0.02 else "",
    }


def planned(visits: list[Inspection], days: list[date], terms: Terms) -> list[tuple[Inspection, date]]:
    """The visits spread over the days, in a mixed order, the same each time."""
    order = sorted(visits, key=lambda visit: Random(f"{terms.seed}/{visit.number}/day").random())
    return [(visit, days[place * len(days) // len(order)]) for place, visit in enumerate(order)]


def teams(visits: list[Inspection]) -> dict[int, list[TeamMember]]:
    found: dict[int, list[TeamMember]] = {}
    rows = TeamMember.objects.filter(inspection__in=visits, dropped_at__isnull=True)
    for member in rows.select_related("inspector__user").order_by("position"):
        found.setdefault(member.inspection_id, []).append(member)
    return found


def record(
    plan: list[tuple[Inspection, date]], terms: Terms, crew: Crew, lists: bulk_visits.Lists
) -> list[Inspection]:
    """The visits of a month long past, in bulk."""
    members = teams([visit for visit, _day in plan])
    rows = []
    for visit, day in plan:
        random = Random(f"{terms.seed}/{visit.number}/hours")
        start = start_of(day, random)
        rows.append(
            bulk_visits.Visit(
                inspection=visit,
                started_at=start,
                finished_at=start + timedelta(minutes=random.randrange(70, 150)),
                answers=answers_of(visit, lists.items_for(visit.facility.kind, day), terms),
                by=members[visit.pk][0].inspector.user,
                second=members[visit.pk][1].inspector.user,
                **words(visit, terms),
            )
        )
    return bulk_visits.record_visits(rows, actor=crew.system, lists=lists)


def make(
    visit: Inspection,
    day: date,
    team: list[TeamMember],
    terms: Terms,
    crew: Crew,
    lists: bulk_visits.Lists,
    *,
    repeat: str = "",
    finish: bool = True,
    confirm: bool = True,
) -> Inspection:
    """One visit as its team makes it; not finished, it is left with half of its answers; not confirmed, it waits
    for the second one of the team."""
    user: User = team[0].inspector.user
    actor = crew.of(user)
    random = Random(f"{terms.seed}/{visit.number}/hours")
    start = start_of(day, random)
    end = start + timedelta(minutes=random.randrange(70, 150))
    seed = hashlib.sha256(f"demonstration/{terms.seed}/{visit.number}/again".encode()).hexdigest()
    visit = visit_services.start(visit, actor=actor, now=start, seed=seed)
    items = lists.items_for(visit.facility.kind, day)
    given = answers_of(visit, items, terms, repeat)
    if not finish:
        items = items[: len(items) // 2]
    answer_services.save_answers(
        visit, {item.pk: given[item.pk] for item in items}, actor=actor, now=start + (end - start) * 0.8
    )
    if not finish:
        return visit
    answer_again(visit, {item.pk: (item, given[item.pk]) for item in items}, end, terms, crew)
    visit_services.sign_off(visit, actor=actor, now=end, **words(visit, terms))
    if not confirm:
        return visit
    second = crew.of(team[1].inspector.user)
    return confirmations.confirm_visit(visit, actor=second, now=end + timedelta(minutes=5))


def answer_again(visit: Inspection, given: dict, end, terms: Terms, crew: Crew) -> None:
    """The second inspector's own answers to the drawn items: mostly the same, on some items often not."""
    draw = agreement.draw_of(visit)
    if draw is None:
        return
    random = Random(f"{terms.seed}/{visit.number}/second")
    found = {}
    for pk, (item, first) in given.items():
        dice, other = random.random(), random.random()
        if item.key not in draw.keys:
            continue
        differs = dice < (0.35 if sum(item.key.encode()) % 9 == 0 else 0.04)
        value = first.value
        if differs:
            value = "ok" if value == "bad" else "bad" if other < 0.7 else "unseen"
        found[pk] = Given(value, "" if value == "ok" else "示例：第二人的看法")
    if found:
        second = crew.of(draw.second.user)
        agreement.answer_again(visit, found, actor=second, now=end - timedelta(minutes=10))
