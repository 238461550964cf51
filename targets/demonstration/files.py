"""The files behind the register, and the past of some facilities: the database's history of the demonstration.

The rows add up to the figures that the register was made with, so that nothing else of the story moves.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from django.utils import timezone

from facilities.models import Facility
from facilities.services import bulk_files, facilities, papers
from portal.access import Actor
from portal.tenancy import recorded_at
from targets.demonstration import names
from targets.demonstration.sizes import Size

SHARES = (("activity", 50), ("sleep", 22), ("wash", 8), ("dining", 8), ("health", 4), ("office", 8))
INSURERS = ("示例财产保险", "示例人寿财险", "示例太平洋财险")
MENU = "\n".join(
    (
        "周一　番茄炒蛋、米饭、冬瓜汤",
        "周二　清蒸鳕鱼、软饭、菠菜汤",
        "周三　肉末豆腐、面条",
        "周四　南瓜粥、鸡肉丸、青菜",
        "周五　虾仁蒸蛋、米饭、萝卜汤",
    )
)
#: The register of the demonstration was brought in so long before the story's day.
KNOWN_DAYS = 500
#: One facility in so many has a past with changes of its own.
EVERY = 6


def at(day: date, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


def known_since(today: date) -> datetime:
    """When the demonstration's register was brought in."""
    return at(today - timedelta(KNOWN_DAYS))


def areas(total: Decimal, floor: int) -> list[dict]:
    """The usable area by use: shares of the whole, the rest in the first."""
    parts = [
        {"use": use, "floor": floor, "area": (total * share / 100).quantize(Decimal("0.1"))}
        for use, share in SHARES
    ]
    parts[0]["area"] += total - sum(part["area"] for part in parts)
    return [part for part in parts if part["area"] > 0]


def classes(one: Facility, today: date, random: Random) -> list[dict]:
    """Classes of 10, 15 and 20 places by age; the children of the register spread over them."""
    kinds = (
        [("mixed", "混龄", 20)]
        if one.kind == "baby_house"
        else [("toddler", "托小", 15), ("senior", "托大", 20)]
    )
    left, rows = one.places, []
    year = today.year if today.month >= 9 else today.year - 1
    began = max(one.opened_on, date(year, 9, 1))
    while left > 0 and len(rows) < 9:
        kind, word, most = kinds[len(rows) % len(kinds)]
        places = min(left, most)
        left -= places
        rows.append(
            {
                "name": f"{word}{'一二三四五六七八九'[len(rows)]}班",
                "kind": kind,
                "year": year,
                "places": places,
                "children": 0,
                "staff": max(1, round(places / (5 if kind == "toddler" else 7))) if one.full_day else 1,
                "started_on": began,
            }
        )
    whole, children = sum(row["places"] for row in rows), one.enrolled
    for row in rows:
        row["children"] = min(one.enrolled * row["places"] // whole, row["places"])
        children -= row["children"]
    for row in rows:
        more = min(children, row["places"] - row["children"])
        row["children"] += more
        children -= more
    return rows if not children else []


def file_of(one: Facility, number: int, today: date, random: Random) -> dict:
    """One facility's file; what has no figure in the register has no row either."""
    row: dict = {"facility": one}
    if one.usable_area:
        leased = one.ownership != "public"
        row["premises"] = [
            {
                "name": "本部",
                "tenure": "leased" if leased else "lent",
                "lease_until": today + timedelta(random.randrange(40, 1500)) if leased else None,
                "outdoor_area": Decimal(one.places) * random.choice((1, 2, 3)),
                "outdoor_shared": random.random() < 0.4,
                "starts_on": one.opened_on or today - timedelta(60),
                "areas": areas(one.usable_area, random.choice((1, 1, 1, 2))),
            }
        ]
    care = one.kind != "guidance_point"
    if care and one.opened_on:
        row["classes"] = classes(one, today, random)
    if care and one.opened_on and one.fees_published_on:
        price = 1200 if one.inclusive else random.randrange(28, 62) * 100
        since = min(one.fees_published_on, today - timedelta(30))
        if one.hourly and not one.full_day:
            row["fees"] = [{"item": "hourly", "amount": Decimal(30), "unit": "hour", "starts_on": since}]
        else:
            row["fees"] = [{"item": "care", "amount": Decimal(price), "unit": "month", "starts_on": since}]
            if one.meals:
                row["fees"].append(
                    {"item": "meals", "amount": Decimal(18), "unit": "day", "starts_on": since}
                )
        row["notices"] = [
            {"published_on": one.fees_published_on, "place": "door", "detail": "大门右侧公示栏"}
        ]
    if one.insured_until:
        row["insurance"] = [
            {
                "kind": "liability",
                "insurer": random.choice(INSURERS),
                "number": f"SL{one.code}{number:04d}",
                "starts_on": one.insured_until - timedelta(365),
                "ends_on": one.insured_until,
            }
        ]
    if one.meals and one.opened_on and random.random() < 0.8:
        monday = today - timedelta(today.weekday())
        row["menus"] = [{"week": monday - timedelta(7 * n), "text": MENU} for n in range(3)]
    return row


def make(made: list[Facility], size: Size, *, today: date, seed: str, actor: Actor) -> int:
    """Files of all, as they were brought in; then what changed in some facilities since."""
    random = Random(f"{seed}/{size.slug}/files")
    rows = [file_of(one, number, today, random) for number, one in enumerate(made, 1)]
    with recorded_at(known_since(today) + timedelta(hours=2)):
        written = bulk_files.furnish_many(rows, actor=actor, on=today)
    for one in made[::EVERY]:
        lived(one, today, random, actor)
    return written


def lived(one: Facility, today: date, random: Random, actor: Actor) -> None:
    """A facility with a past: another head and telephone, a price that rose, a policy that was renewed."""
    began = today - timedelta(KNOWN_DAYS)
    days = sorted(began + timedelta(random.randrange(20, KNOWN_DAYS - 20)) for _n in range(3))
    with recorded_at(at(days[0], 9)):
        row = facilities.change_facility(
            one, actor=actor, version=one.version, on=today, head=names.person(random)
        )
    with recorded_at(at(days[1], 15)):
        row = facilities.change_facility(
            row, actor=actor, version=row.version, on=today, phone=f"021-5550{random.randrange(1000, 9999)}"
        )
    fee = row.fees.filter(ends_on__isnull=True, item="care").first()
    if fee is not None and days[2] > fee.starts_on:
        with recorded_at(at(days[2], 11)):
            papers.set_fee(
                row,
                actor=actor,
                item="care",
                amount=fee.amount + 200,
                unit="month",
                starts_on=days[2],
                today=today,
            )
    one.refresh_from_db()
