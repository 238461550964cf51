"""Guidance of families in the demonstration: the places of each district, with a gap where the story needs one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from facilities.models import Facility
from guidance.models import GuidancePlace, GuidedChild
from guidance.rules import places as rules
from guidance.services import guided, newborns, places
from guidance.services.sessions import Venue, give_many
from portal.models.places import Street, Unit
from targets.demonstration import names
from targets.demonstration.crew import Crew

#: kind -> of how many streets of ten there is one
SHARES = {
    "minhang": {rules.STATION: 10, rules.FRIENDLY: 8, rules.CENTRE: 5, rules.HOME: 7},
    "pudong": {rules.STATION: 10, rules.FRIENDLY: 3, rules.CENTRE: 9, rules.HOME: 6},
    "jinshan": {rules.STATION: 10, rules.FRIENDLY: 4, rules.CENTRE: 3, rules.HOME: 3},
}
WORDS = {
    rules.STATION: "家庭科学育儿指导站", rules.FRIENDLY: "儿童友好社区示范点", rules.CENTRE: "儿童服务中心",
    rules.HOME: "示例居委儿童之家",
}  # fmt: skip
#: Layers of the bases: in Pudong one of "4" is still missing.
BASES = {"minhang": ("",), "pudong": ("1", "4", "4", "4", "X", "X", "Y"), "jinshan": ("",)}
SERVICES = {
    rules.STATION: ["education", "medical", "psychology", "activity"],
    rules.FRIENDLY: ["activity", "reading"],
    rules.CENTRE: ["education", "activity", "reading"],
    rules.HOME: ["activity"],
}
#: How many children are on the list, and how many sessions a station has in a month.
CHILDREN = {"minhang": 360, "pudong": 540, "jinshan": 200}
#: Births of a street in a month, from and below.
BORN = {"minhang": (4, 9), "pudong": (3, 7), "jinshan": (2, 6)}
TURNS = {"minhang": 1, "pudong": 1, "jinshan": 2}
TOPICS = (
    ("education", "亲子游戏：指尖与积木", "示例早教教师"), ("education", "绘本共读", "示例早教教师"),
    ("education", "规则和等待", "示例早教教师"), ("medical", "辅食添加与营养", "示例社区医生"),
    ("medical", "睡眠与作息", "示例社区医生"), ("medical", "口腔与视力", "示例社区医生"),
    ("psychology", "分离焦虑怎么办", "示例心理咨询师"), ("psychology", "产后情绪", "示例心理咨询师"),
)  # fmt: skip


def make(crew: Crew, *, today: date, seed: str) -> str:
    slug = crew.size.slug
    random = Random(f"{seed}/{slug}/guidance")
    streets = list(Street.objects.filter(is_street=True).order_by("code"))
    unit = Unit.objects.filter(kind="education").order_by("slug").first()
    made = 0
    for kind, of_ten in SHARES[slug].items():
        for place, street in enumerate(streets):
            if slug == "minhang" and kind == rules.STATION and place == len(streets) - 1:
                continue  # the street that still has none
            if place * of_ten % 10 >= of_ten:
                continue
            keep(crew, random, kind, street, f"{names.short(street.name)}{WORDS[kind]}", unit=unit)
            made += 1
    for number, tier in enumerate(BASES[slug], 1):
        street = streets[number % len(streets)]
        name = f"示例第{number}儿童早期发展基地"
        keep(crew, random, rules.BASE, street, name, unit=unit, tier=tier, kit_from=date(2022, 9, 1))
        made += 1
    if slug == "minhang":
        keep(crew, random, rules.PLAY_ROOM, streets[0], "示例社区卫生服务中心游戏观察室", unit=unit)
        made += 1
    children = on_the_list(crew, random, today=today)
    services = served(crew, random, children, today=today)
    families = newborn_families(crew, random, today=today)
    return f"{made} 个场所，登记 {len(children)} 个幼儿，{services} 次服务，新生儿 {families} 户"


def newborn_families(crew: Crew, random: Random, *, today: date) -> int:
    """Births of the year's months; the families that were entered, most of them visited, a few of whom refused."""
    streets = list(Street.objects.filter(is_street=True).order_by("code"))
    rows, counted, number = [], [], 0
    for street in streets:
        for month in range(1, today.month + 1):
            first = date(today.year, month, 1)
            born = random.randrange(*BORN[crew.size.slug])
            resident = born - random.randrange(0, 2)
            counted.append(
                {
                    "street": street,
                    "month": first,
                    "total": born,
                    "resident": resident,
                    "source": names.SOURCE,
                    "counted_on": today,
                }
            )
            for place in range(born):
                number += 1
                if random.random() < 0.06:
                    continue  # not entered yet
                rows.append(
                    newborn_family(random, street, first, f"DEMO-{number:06d}", place < resident, today=today)
                )
    newborns.enter_births_many(counted, actor=crew.bureau, today=today)
    return len(newborns.enter_many(rows, actor=crew.bureau, today=today))


def newborn_family(random: Random, street: Street, month: date, number: str, resident: bool, *, today: date):
    planned = month + timedelta(random.randrange(30, 60))
    chance = random.random()
    given = {
        "list_number": number,
        "birth_month": month,
        "street": street,
        "resident": resident,
        "asked": random.random() < 0.7,
        "planned_on": planned,
        "handbook_on": month + timedelta(27)
        if random.random() < 0.97 and month + timedelta(27) <= today
        else None,
    }
    if chance < 0.04 and planned <= today:
        return given | {"refused_on": planned, "refused_reason": "家里有老人照看，不需要"}, None
    if chance < 0.12 or planned + timedelta(3) > today:
        return given, None
    topics = random.sample(["feeding", "sleep", "bonding", "mother", "safety", "growth", "vaccines"], 3)
    return given, {"visited_on": planned + timedelta(random.randrange(0, 3)), "topics": topics}


def on_the_list(crew: Crew, random: Random, *, today: date) -> list[GuidedChild]:
    """Children of all streets that have a station, born in the last three years, most on the list for some months."""
    stations = list(
        GuidancePlace.objects.filter(kind=rules.STATION).select_related("street").order_by("code")
    )
    rows = []
    for number in range(CHILDREN[crew.size.slug]):
        station = stations[number % len(stations)]
        born = today - timedelta(random.randrange(60, 1000))
        asked = max(born, today - timedelta(random.randrange(20, 700)))
        rows.append(
            {
                "card": f"DEMO{crew.size.short.upper()}{number:06d}",
                "birth_month": born.replace(day=1),
                "street": station.street,
                "channel": random.choice(("paper", "on_site", "online")),
                "asked_on": asked,
                "place": station,
            }
        )
    return guided.take_on_many(rows, actor=crew.bureau, on=today)


def served(crew: Crew, random: Random, children: list[GuidedChild], *, today: date) -> int:
    """The year's sessions: each station some a month; most children come as often as the plan asks, some rarely."""
    points: dict[int, Facility] = {}
    for one in Facility.objects.filter(kind="guidance_point", state="operating").order_by("code"):
        points.setdefault(one.street_id, one)
    by_street: dict[int, list[GuidedChild]] = {}
    for child in children:
        by_street.setdefault(child.street_id, []).append(child)
    keen = {child.pk: random.choices((0.25, 0.8, 1.0), (1, 3, 5))[0] for child in children}
    rows = []
    for street_id in sorted(by_street):
        station, point = by_street[street_id][0].place, points.get(street_id)
        for month in range(1, today.month + 1):
            for turn in range(TURNS[crew.size.slug]):
                day = date(today.year, month, random.randrange(1, 29))
                kind, topic, giver = random.choice(TOPICS)
                came = [
                    c
                    for c in by_street[street_id]
                    if c.asked_on <= day and random.random() < keen[c.pk] * 0.75
                ]
                if day >= today or not came:
                    continue
                venue = (
                    Venue(facility=point)
                    if turn and point and point.opened_on and point.opened_on <= day
                    else Venue(place=station)
                )
                given = {
                    "venue": venue,
                    "kind": kind,
                    "online": random.random() < 0.2,
                    "served_on": day,
                    "hours": Decimal("1.5"),
                    "topic": topic,
                    "giver": giver,
                }
                rows.append((given, came))
    return give_many(rows, actor=crew.bureau)


def keep(crew: Crew, random: Random, kind: str, street: Street, name: str, **more) -> None:
    places.keep_place(
        actor=crew.bureau,
        kind=kind,
        name=name,
        street=street,
        community="示例居委" if kind == rules.HOME else "",
        address=f"示例路 {random.randrange(1, 900)} 号",
        phone=names.telephone(random.randrange(1000, 10000)),
        services=SERVICES.get(kind, ["education", "medical", "screening"]),
        opened_on=date(random.choice((2021, 2022)), random.randrange(1, 9), 1),
        **more,
    )
