"""About six people in each facility, with certificates, training hours of the year and record checks."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from math import ceil
from random import Random

from facilities.models import Employment, Facility
from facilities.services import bulk
from portal.access import Actor
from targets.demonstration import names
from targets.demonstration.sizes import Size

POSTS = {
    "integrated_kindergarten": ("head", "teacher", "teacher", "carer", "health", "cook"),
    "nursery": ("head", "teacher", "carer", "carer", "carer", "health", "safety"),
    "inclusive_site": ("head", "carer", "carer", "carer", "health", "safety"),
    "guidance_point": ("teacher", "health"),
}
CERTIFICATES = {
    "head": ("childcare", "nursing", "teacher"),
    "carer": ("childcare", "nursing"),
    "teacher": ("teacher",),
    "health": ("health",),
    "safety": ("safety",),
    "cook": ("food",),
}
#: Years that a certificate is valid; 0: without end.
YEARS = {"childcare": 0, "nursing": 0, "teacher": 5, "health": 3, "safety": 0, "food": 3}
#: Courses of a year: kind, name, hours, month.
COURSES = (
    ("skills", "回应性照护与观察记录", 24, 3),
    ("ethics", "职业道德与保护未成年人", 20, 4),
    ("skills", "婴幼儿常见意外的预防与急救", 24, 6),
    ("ethics", "教养行为规范案例研讨", 20, 9),
    ("skills", "1—3 岁一日活动的组织", 24, 10),
)
PROVIDER = "示例托育培训中心"


def posts(facility: Facility, random: Random) -> list[str]:
    if facility.kind == "baby_house":
        carers = ceil(facility.places / 5) - (random.random() < 0.08)
        return ["head", *["carer"] * max(2, carers), *(["health"] if random.random() < 0.95 else [])]
    return [*POSTS[facility.kind], *(["cook"] if facility.kind == "nursery" and facility.places > 60 else [])]


def hire(size: Size, facilities: list[Facility], *, today: date, seed: str, actor: Actor) -> list[Employment]:
    """Everybody's work; the number of the person is the place in the district's list."""
    random = Random(f"{seed}/{size.slug}/staff")
    rows = []
    for facility in facilities:
        for post in posts(facility, random):
            number = len(rows) + 1
            born = date(random.randrange(today.year - 56, today.year - 22), 1, 1) + timedelta(
                random.randrange(365)
            )
            opened = facility.opened_on or today - timedelta(100)
            earliest = max(opened, today - timedelta(2500))
            first = max(earliest, date(born.year + 19, 1, 1))
            worked = int(max(1, (today - first).days - 20) * random.random() ** 1.6)
            starts_on = min(first + timedelta(worked), today - timedelta(10))
            name = facility.head if post == "head" else names.person(random)
            rows.append(
                {
                    "facility": facility,
                    "name": name,
                    "identity": names.identity(number, born),
                    "phone": names.mobile(number),
                    "post": post,
                    "full_time": post != "health" or random.random() < 0.8,
                    "starts_on": starts_on,
                }
            )
    return bulk.hire_many(rows, actor=actor, on=today)


def certify(size: Size, work: list[Employment], *, today: date, seed: str, actor: Actor) -> None:
    """Everybody has a health certificate, 98 to 99 of a hundred the certificate of the post; some end soon."""
    random = Random(f"{seed}/{size.slug}/certificates")
    rows = []
    for employment in work:
        kind = random.choice(CERTIFICATES[employment.post])
        fate = random.random()
        if fate >= 0.005:  # the others never had one
            rows.append(certificate(employment, kind, len(rows), today, fate < 0.013, random))
        days = random.randrange(1, 365) if random.random() > 0.01 else -random.randrange(1, 40)
        rows.append(
            {
                "staff": employment.staff,
                "kind": "health_check",
                "number": f"SLJK{len(rows):07d}",
                "issued_on": today + timedelta(days - 365),
                "valid_until": today + timedelta(days),
            }
        )
    bulk.certify_many(rows, actor=actor, on=today)


def certificate(employment, kind: str, number: int, today: date, lapsed: bool, random: Random) -> dict:
    years = YEARS[kind] or (5 if lapsed else 0)
    if lapsed:
        until = today - timedelta(random.randrange(3, 120))
    else:
        until = today + timedelta(random.randrange(5, years * 365)) if years else None
    if until is not None:
        issued = until - timedelta(years * 365)
    else:
        issued = today - timedelta(random.randrange(200, 2500))
    earliest = date((employment.staff.birth_year or 1970) + 18, 1, 1)
    return {
        "staff": employment.staff,
        "kind": kind,
        "number": f"SL{kind[:2].upper()}{number:07d}",
        "issued_on": max(issued, earliest),
        "valid_until": until,
    }


def train(size: Size, work: list[Employment], *, today: date, seed: str, actor: Actor) -> None:
    """A facility sends its people together, three courses of skills and two of ethics a year; some miss one."""
    random = Random(f"{seed}/{size.slug}/training")
    days: dict[tuple[int, int], date | None] = {}
    rows = []
    for employment in work:
        for place, (kind, course, hours, month) in enumerate(COURSES):
            key = (employment.facility_id, place)
            if key not in days:
                day = date(today.year, month, 1) + timedelta(random.randrange(0, 50))
                days[key] = None if random.random() < 0.03 else day
            day = days[key]
            if day is None or day >= today or day < employment.starts_on or random.random() < 0.012:
                continue
            rows.append(
                {
                    "staff": employment.staff,
                    "kind": kind,
                    "course": course,
                    "provider": PROVIDER,
                    "hours": Decimal(hours),
                    "done_on": day,
                }
            )
    bulk.train_many(rows, actor=actor, on=today)


def check(size: Size, work: list[Employment], *, today: date, seed: str, actor: Actor) -> None:
    """One inquiry before the hire and one of the last year; a few are overdue."""
    random = Random(f"{seed}/{size.slug}/checks")
    rows = []
    for employment in work:
        hired = employment.starts_on
        late = random.random() < 0.012
        before = hired + timedelta(25) if late else hired - timedelta(random.randrange(3, 30))
        before = min(before, today - timedelta(1))
        rows.append({"staff": employment.staff, "checked_on": before, "before_hire": not late})
        overdue = random.random() < 0.02
        day = today - timedelta(random.randrange(370, 430) if overdue else random.randrange(5, 355))
        if day > before:
            rows.append({"staff": employment.staff, "checked_on": day})
    bulk.check_many(rows, actor=actor, on=today)


def make(size: Size, facilities: list[Facility], *, today: date, seed: str, actor: Actor) -> int:
    work = hire(size, facilities, today=today, seed=seed, actor=actor)
    certify(size, work, today=today, seed=seed, actor=actor)
    train(size, work, today=today, seed=seed, actor=actor)
    check(size, work, today=today, seed=seed, actor=actor)
    return len(work)
