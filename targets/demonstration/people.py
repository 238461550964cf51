"""Accounts of a district's people, one for each part that somebody plays, all with one known password."""

from __future__ import annotations

from datetime import date
from random import Random

from facilities.models import Facility
from facilities.services import bulk as facility_bulk
from inspections.models import Inspector
from inspections.services import bulk_inspectors
from portal.access import Actor
from portal.models.people import User
from portal.models.places import Street, Unit
from portal.rules.rights import Role
from portal.services import bulk
from targets.demonstration import names
from targets.demonstration.sizes import Size
from targets.services import rounds

PASSWORD = "Shanyu-2026"  # for invented districts only: create_people refuses it for any other
BEGAN = date(2021, 1, 1)
#: Units that send inspectors, by their kind, as often as they stand here.
SENDERS = (
    "education", "health", "market", "education", "fire", "health", "education", "police", "market",
    "education", "health", "fire",
)  # fmt: skip
LAPSING = {"minhang": 2}  # inspectors whose licence ends in the coming month
#: Streets with so few inspectors that nobody is left when one drops out: four, of whom two were there before.
SCARCE = {"minhang": "马桥镇"}
FEWEST = 4


def username(size: Size, *parts: str) -> str:
    return "-".join((size.short, *parts))


def word_of(unit: Unit, slug: str) -> str:
    """`minhang-qibao-town` → `qibao`."""
    word = unit.slug.removeprefix(f"{slug}-")
    if unit.street_id:
        word = word.removesuffix("-town").removesuffix("-subdistrict")
    return word[:30]


def education(units: list[Unit]) -> Unit:
    return next(unit for unit in units if unit.slug.endswith("-education") and unit.level == "district")


def staff_rows(size: Size, random: Random) -> list[dict]:
    """Everybody but inspectors and operators."""
    units = list(Unit.objects.select_related("street").filter(collective=False))
    bureau = education(units)
    owing = {unit for _task, unit in rounds.owing()}
    rows = [
        ("bureau", Role.BUREAU, bureau, ()),
        ("bureau2", Role.BUREAU, bureau, ()),
        ("head", Role.UNIT_HEAD, bureau, ()),
        ("reviewer", Role.REVIEWER, None, ()),
        ("desk", Role.DESK, None, ()),
        ("visitor", Role.HOME_VISITOR, None, ()),
        ("auditor", Role.AUDITOR, None, ()),
        ("sysadmin", Role.SYSTEM_ADMIN, None, ()),
        ("secadmin", Role.SECURITY_ADMIN, None, ()),
        ("auditadmin", Role.AUDIT_ADMIN, None, ()),
    ]
    governments = {unit.street_id: unit for unit in units if unit.street_id}
    for street in Street.objects.order_by("code"):
        unit = governments.get(street.pk)
        word = word_of(unit, size.slug) if unit else street.code
        rows.append((word, Role.STREET_OFFICER, unit, (street,)))
    for unit in units:
        if unit != bureau and not unit.street_id and (unit.pk in owing or unit.kind in SENDERS[:8]):
            rows.append((word_of(unit, size.slug), Role.DEPARTMENT, unit, ()))
    return [
        {
            "username": username(size, word),
            "name": names.person(random),
            "role": role,
            "unit": unit,
            "streets": streets,
        }
        for word, role, unit, streets in rows
    ]


def make(size: Size, *, seed: str, actor: Actor) -> dict[str, User]:
    random = Random(f"{seed}/{size.slug}/people")
    return bulk.create_people(staff_rows(size, random), password=PASSWORD, actor=actor, on=BEGAN)


def next_month(today: date) -> date:
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)


def inspectors(size: Size, *, today: date, seed: str, actor: Actor) -> list[Inspector]:
    """Inspectors of several units; each serves some streets next to each other, each street has five or six."""
    random = Random(f"{seed}/{size.slug}/inspectors")
    units = list(Unit.objects.filter(collective=False, level="district", street=None))
    senders = {
        kind: next((unit for unit in units if unit.kind == kind), education(units)) for kind in set(SENDERS)
    }
    senders["education"] = education(units)
    streets = list(Street.objects.order_by("code"))
    people = [
        {
            "username": username(size, f"jc{number:03d}"),
            "name": names.person(random),
            "role": Role.INSPECTOR,
            "unit": senders[SENDERS[(number * 5 + number // 12) % 12]],
        }
        for number in range(1, size.inspectors + 1)
    ]
    users = bulk.create_people(people, password=PASSWORD, actor=actor, on=BEGAN)
    lapse = set(random.sample(range(7, size.inspectors), LAPSING.get(size.slug, 0)))
    rows = []
    for place, person in enumerate(people):
        first = place * size.serves
        until = date(today.year + random.randrange(1, 4), random.randrange(1, 13), 28)
        if place in lapse:
            until = next_month(today).replace(day=random.randrange(6, 25))
        elif until <= date(today.year + 1, 3, 31):
            until = until.replace(year=until.year + 1)
        rows.append(
            {
                "code": f"JC{place + 1:03d}",
                "name": person["name"],
                "unit": person["unit"],
                "user": users[person["username"]],
                "licence_number": f"示例{actor.district.prefix}{place + 1:05d}",
                "licence_from": date(until.year - 6, until.month, 1),
                "licence_until": until,
                "streets": [
                    streets[(first + n) % len(streets)] for n in range(min(size.serves, len(streets)))
                ],
            }
        )
    scarce = [row for row in rows if SCARCE.get(size.slug) in {street.name for street in row["streets"]}]
    for row in scarce[FEWEST:]:
        row["streets"] = [street for street in row["streets"] if street.name != SCARCE[size.slug]]
    return bulk_inspectors.enter_inspectors(rows, actor=actor)


def operators(size: Size, facilities: list[Facility], *, seed: str, actor: Actor) -> dict[int, User]:
    """An account for the operator of each of these facilities, by the facility's id: `mh-op-0091` of MH0091."""
    random = Random(f"{seed}/{size.slug}/operators")
    rows = [
        {
            "username": username(size, "op", facility.code.removeprefix(actor.district.prefix)),
            "name": names.person(random),
            "role": Role.OPERATOR,
        }
        for facility in facilities
    ]
    users = bulk.create_people(rows, password=PASSWORD, actor=actor, on=BEGAN)
    made = {facility.pk: users[row["username"]] for facility, row in zip(facilities, rows, strict=True)}
    facility_bulk.grant_facilities([(made[one.pk], one) for one in facilities], actor=actor)
    return made
