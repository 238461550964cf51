"""The register: facilities of all kinds in all streets, kindergartens without nursery class."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import groupby
from random import Random

from facilities.models import Facility
from facilities.services import bulk, facilities
from portal.access import Actor
from portal.models.places import Street
from portal.tenancy import recorded_at
from targets.demonstration import calendar, files, names, places
from targets.demonstration.sizes import Size

PLACES = {
    "integrated_kindergarten": (20, 40, 40, 60),
    "nursery": (30, 45, 60, 75, 90),
    "inclusive_site": (20, 30, 40, 45),
    "baby_house": (10, 15, 15, 20, 20),
    "guidance_point": (10,),
}
OWNERSHIP = {
    "integrated_kindergarten": ("public",) * 5 + ("non_profit",),
    "nursery": ("for_profit",) * 7 + ("non_profit",) * 3,
    "inclusive_site": ("non_profit",) * 6 + ("for_profit",) * 3 + ("public",),
    "baby_house": ("public",),
    "guidance_point": ("public",),
}
INCLUSIVE = {"integrated_kindergarten": 0.85, "nursery": 0.25, "inclusive_site": 1, "baby_house": 0}
ROUND = ("inclusive_site", "baby_house")  # kinds that go round the streets, so that few streets have none


def weight(street: Street, random: Random) -> float:
    low, high = {"farm": (0.1, 0.2), "park": (0.4, 0.7)}.get(street.kind, (2.0, 6.0))
    return random.uniform(low, high)


def placed(size: Size, streets: list[Street], random: Random) -> list[tuple[Street, str]]:
    """Which kinds stand in which street: one that can be drawn in each, the rest by the streets' weights."""
    left = dict(size.kinds)
    towns = [street for street in streets if street.is_street]
    result = [(street, "guidance_point") for street in towns[: left.pop("guidance_point")]]
    most = max(left, key=left.get)
    for street in streets:
        wanted = (most, "nursery") if street.is_street else ("nursery", most)
        kind = next((k for k in (*wanted, *left) if left.get(k)), wanted[0])
        left[kind] = left[kind] - 1
        result.append((street, kind))
    weights = [weight(street, random) for street in streets]
    for kind, count in left.items():
        if kind in ROUND and count > 0:
            here = {street.pk for street, one in result if one == kind}
            without = [street for street in towns if street.pk not in here]
            random.shuffle(without)
            result += [(street, kind) for street in without[:-1][:count]]
            count -= len(without[:-1][:count])
        result += [(street, kind) for street in random.choices(streets, weights, k=max(0, count))]
    return result


def described(
    kind: str, street: Street, today: date, earliest: date, random: Random, known: names.Names
) -> dict:
    """A facility's row for the register, as register_many takes it; open before the day `earliest`."""
    places = random.choice(PLACES[kind])
    full = kind not in ("baby_house", "guidance_point")
    row = {
        "name": known.facility(kind, street.name),
        "kind": kind,
        "state": "operating",
        "ownership": random.choice(OWNERSHIP[kind]),
        "inclusive": random.random() < INCLUSIVE.get(kind, 0),
        "street": street,
        "address": f"{street.name}示例路 {random.randrange(2, 1900)} 号",
        "head": names.person(random),
        "places": places,
        "enrolled": int(places * random.uniform(0.55, 0.97))
        if full
        else int(places * random.uniform(0, 0.6)),
        "full_day": full,
        "half_day": full and random.random() < 0.3,
        "hourly": not full or random.random() < 0.15,
        "meals": full,
        "opens_at": time(7, 30) if full else time(9),
        "closes_at": time(17, 30) if full else time(17),
        "opened_on": opened(kind, earliest, random),
        "usable_area": (places * Decimal(random.randrange(320, 620)) / 100).quantize(Decimal("0.1")),
        "cameras": 2 + places // 5,
        "alarm_buttons": 1 + places // 40,
        "video_days": 30 + random.choice((0, 0, 15, 30))
        if kind == "baby_house"
        else random.choice((90, 90, 120)),
        "video_connected": random.random() < 0.95,
        "alarm_connected": random.random() < 0.96,
        "insured_until": today + timedelta(random.randrange(8, 365)),
        "fees_published_on": today - timedelta(random.randrange(30, 300)),
        "grade": random.choices("ABCD", (45, 35, 15, 5))[0],
    }
    if kind == "guidance_point":
        row |= {"grade": "", "video_days": None, "insured_until": None, "enrolled": 0}
        row |= {"cameras": None, "alarm_buttons": None}
    flaw = random.random()
    if flaw < 0.03:
        row["video_days"] = 20 if kind == "baby_house" else 60
    elif flaw < 0.05:
        row["insured_until"] = today - timedelta(random.randrange(3, 40))
    elif flaw < 0.07:
        row["usable_area"] = (places * Decimal("2.7")).quantize(Decimal("0.1"))
    elif flaw < 0.10:
        row["fees_published_on"] = None
    if row["fees_published_on"]:
        row["fees_published_on"] = max(row["fees_published_on"], row["opened_on"])
    return row


def opened(kind: str, earliest: date, random: Random) -> date:
    """Kindergartens are old, 宝宝屋 are of the last years; all were open before the story begins."""
    longest = {"integrated_kindergarten": 4200, "baby_house": 1000}.get(kind, 2600)
    return earliest - timedelta(int(longest * random.random() ** 1.3) + 40)


def make(size: Size, *, today: date, seed: str, actor: Actor) -> tuple[list[Facility], dict[str, dict]]:
    """Facilities in the order of their opening, so that codes are older the smaller they are; and by their codes what
    has changed in them since they were entered (files.earlier)."""
    random = Random(f"{seed}/{size.slug}/facilities")
    streets = list(Street.objects.order_by("code"))
    known = names.Names(random)
    earliest = calendar.months(today)[0][0].first
    rows = [
        described(kind, street, today, earliest, random, known)
        for street, kind in placed(size, streets, random)
    ]
    rows.sort(key=lambda row: (row["opened_on"], row["name"]))
    lately(size, rows, random)
    for number, row in enumerate(rows, 1):
        place = names.short(row["street"].name)
        row["credit_code"] = names.credit_code(number)
        row["phone"] = names.telephone(number)
        row["operator"] = (
            f"示例{place}社区发展中心"
            if row["ownership"] == "public"
            else f"示例{row['name'][:8]}托育服务有限公司"
        )
    places.put(rows, size, seed, actor.district)
    finals = [files.earlier(row, today) for row in rows]
    made = []
    for (day, ready), group in groupby(
        rows, key=lambda row: (files.first_known(row, today), row["state"] == "operating")
    ):
        with recorded_at(files.at(day, 8)):
            made += bulk.register_many(list(group), actor=actor, on=today if ready else earliest)
    kindergartens(size, made, streets, known, today, random, actor)
    return made, {one.code: final for one, final in zip(made, finals, strict=True)}


def lately(size: Size, rows: list[dict], random: Random) -> None:
    """A few are filed and not open yet: they open in the story's last month (`open_lately`)."""
    able = [row for row in rows if row["kind"] in ("nursery", "inclusive_site", "baby_house")]
    streets = Counter(row["street"].pk for row in rows if row["kind"] != "guidance_point")
    for row in random.sample(able, max(1, round(size.facilities * 0.02))):
        if streets[row["street"].pk] > 2:
            streets[row["street"].pk] -= 1
            row |= {"state": "filed", "opened_on": None, "enrolled": 0, "fees_published_on": None}
            rows.remove(row)
            rows.append(row)


def open_lately(*, last: date, actor: Actor) -> int:
    """The filed ones open in the month that begins with `last`; one in four stays as it is."""
    filed = list(Facility.objects.filter(state="filed").order_by("code"))
    for place, facility in enumerate(filed):
        if place % 4 < 3:
            facilities.move_state(
                facility,
                "open",
                actor=actor,
                on=last + timedelta(5 + 2 * (place % 7)),
                reason="备案完成，按告知书日期开办",
            )
    return len(filed)


def kindergartens(size, made, streets, known, today, random, actor) -> None:
    """Each 托幼一体 has its kindergarten; the others have no nursery class yet."""
    plan = date(2021, 1, 1)
    rows = []
    for facility in made:
        if facility.kind == Facility.Kind.INTEGRATED:
            rows.append(
                {
                    "name": facility.name.removesuffix("托班"),
                    "street": facility.street,
                    "ownership": facility.ownership,
                    "opened_on": facility.opened_on - timedelta(random.randrange(0, 2000)),
                    "facility": facility,
                }
            )
    towns = [street for street in streets if street.is_street]
    for _n in range(size.others):
        street = random.choice(towns)
        rows.append(
            {
                "name": known.kindergarten(street.name),
                "street": street,
                "ownership": random.choice(OWNERSHIP["integrated_kindergarten"]),
                "opened_on": today - timedelta(random.randrange(300, 9000)),
            }
        )
    for number, row in enumerate(rows, 1):
        row["code"] = f"{actor.district.prefix}Y{number:04d}"
        if row["opened_on"] >= plan:
            row |= {"works": "new", "works_on": row["opened_on"]}
        elif random.random() < 0.06:
            works_on = plan + timedelta(random.randrange(30, max(31, (today - plan).days)))
            row |= {"works": "rebuilt", "works_on": works_on}
    bulk.enter_kindergartens(rows, actor=actor, on=today)


def moved(size: Size, *, today: date, seed: str, actor: Actor) -> None:
    """Some facilities are suspended, some closed, by the service that a person would use."""
    random = Random(f"{seed}/{size.slug}/states")
    by_street = defaultdict(list)
    care = Facility.objects.operating().exclude(kind="guidance_point")
    for facility in care.select_related("street").order_by("code"):
        by_street[facility.street_id].append(facility)
    many = [facility for group in by_street.values() if len(group) > 2 for facility in group[2:]]
    if not many:
        return
    chosen = random.sample(many, max(1, round(size.facilities * 0.03)) if len(many) > 3 else 1)
    for place, facility in enumerate(chosen):
        close = place % 3 == 0
        on = max(facility.opened_on + timedelta(20), today - timedelta(random.randrange(60, 250)))
        facilities.move_state(
            facility,
            "close" if close else "suspend",
            actor=actor,
            on=on,
            today=today,
            reason=random.choice(("租约到期，不再续办", "生源不足，并入邻近机构"))
            if close
            else random.choice(("装修改造", "消防设施改造", "举办者变更，暂停收托")),
        )
