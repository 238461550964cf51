"""The files behind the register, and their past: the database's history of the demonstration.

The rows add up to the figures that the register was made with, so that nothing else of the story moves. Each part is
entered when it came up, so that the file of a past day holds what could be known then.
"""

from __future__ import annotations

from collections.abc import Callable
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
    """A moment of the day; the database takes none that is still to come."""
    return min(timezone.make_aware(datetime.combine(day, time(hour))), timezone.now() - timedelta(minutes=1))


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
    if care and one.opened_on:
        row["permits"] = permits(one, number, today, random)
    if one.meals and one.opened_on and random.random() < 0.8:
        monday = today - timedelta(today.weekday())
        row["menus"] = [{"week": monday - timedelta(7 * n), "text": MENU} for n in range(3)]
    return row


def permits(one: Facility, number: int, today: date, random: Random) -> list[dict]:
    """What every facility got before it opened, and where meals are cooked the licence that runs for five years; a few
    end soon or have ended."""
    fire, hygiene = (one.opened_on - timedelta(days) for days in (60, 40))
    found = [
        {"kind": "fire", "number": f"示消验{fire.year}-{number:04d}", "issued_on": fire},
        {"kind": "hygiene", "number": f"示卫评{hygiene.year}-{number:04d}", "issued_on": hygiene},
    ]
    if one.ownership != "public" and one.credit_code:
        found.append({"kind": "registration", "number": one.credit_code})
    if one.meals:
        until = one.opened_on + timedelta(5 * 365 - 20)
        if until <= today:  # renewed since, long enough ago to be known from the first day
            until = today + timedelta(random.choice((-9, 12, 45, *range(120, 1400, 60))))
        found.append(
            {
                "kind": "food",
                "number": f"JYSL{number:08d}",
                "authority": "示例市场监管局",
                "issued_on": until - timedelta(5 * 365),
                "valid_until": until,
            }
        )
    return found


def first_known(row: dict, today: date) -> date:
    """The day on which a row of the register was entered: with the whole register, or when the facility opened."""
    began = today - timedelta(KNOWN_DAYS)
    opened = row.get("opened_on")
    return (
        began if opened is None or opened <= began else min(step_after(opened, today), today - timedelta(1))
    )


def step_after(day: date, today: date) -> date:
    """The next of the days, a fortnight apart, on which the demonstration enters what has come up."""
    began = today - timedelta(KNOWN_DAYS)
    steps = max(0, -((began - day).days // 14))
    return min(began + timedelta(14 * steps), today - timedelta(1))


def earlier(row: dict, today: date) -> dict:
    """Puts the figures as they were when the row was entered into it; answers those of today."""
    known = first_known(row, today)
    finals = {name: row.get(name) for name in ("insured_until", "fees_published_on")}
    while row.get("insured_until") and row["insured_until"] - timedelta(365) > known:
        row["insured_until"] -= timedelta(365)
    while row.get("fees_published_on") and row["fees_published_on"] > known:
        row["fees_published_on"] -= timedelta(365)
        if row["opened_on"] is None or row["fees_published_on"] < row["opened_on"]:
            row["fees_published_on"] = None
    return finals


def entered(row: dict, one: Facility, today: date) -> dict[date, dict]:
    """{day: part of the file} by when each part came up."""
    since = first_known({"opened_on": one.opened_on}, today)
    parts: dict[date, dict] = {}

    def add(day: date, key: str, rows: list) -> None:
        moment = since if day <= since else step_after(day, today)
        parts.setdefault(moment, {}).setdefault(key, []).extend(rows)

    for key, rows in row.items():
        if key == "premises":
            add(since, key, rows)
        elif key == "classes" and rows:
            add(rows[0]["started_on"], key, rows)
        elif key in ("fees", "notices"):
            add(row["notices"][0]["published_on"], key, rows)
        elif key == "insurance":
            add(rows[0]["starts_on"], key, rows)
        elif key == "permits":  # all at once: a kind is furnished one time
            add(since, key, rows)
        elif key == "menus":
            for menu in rows:
                add(menu["week"], key, [menu])
    return parts


def make(
    made: list[Facility], finals: dict[str, dict], size: Size, *, today: date, seed: str, actor: Actor
) -> int:
    """Files of all, each part entered when it came up, and what else changed in some facilities; in order of time.

    finals: the figures of today by the facility's code, see `earlier`.
    """
    random = Random(f"{seed}/{size.slug}/files")
    steps: dict[datetime, list] = {}
    for number, one in enumerate(made, 1):
        now = {name: getattr(one, name) for name in finals[one.code]}
        for name, value in finals[one.code].items():
            setattr(one, name, value)
        file = file_of(one, number, today, random)
        for name, value in now.items():
            setattr(one, name, value)
        for day, part in entered(file, one, today).items():
            steps.setdefault(at(day), []).append({"facility": one, **part})
    changes = [step for one in made[::EVERY] for step in lived(one, today, random)]
    written = 0
    for moment, what in sorted([*steps.items(), *changes], key=lambda step: step[0]):
        with recorded_at(moment):
            if callable(what):
                what(actor)
            else:
                written += bulk_files.furnish_many(what, actor=actor, on=today)
    return written


def lived(one: Facility, today: date, random: Random) -> list[tuple[datetime, Callable]]:
    """What happened in a facility with a past: another head and telephone, a price that rose."""
    since = first_known({"opened_on": one.opened_on}, today)
    span = (today - since).days - 20
    if span < 30:
        return []
    days = sorted(since + timedelta(random.randrange(15, span)) for _n in range(3))
    head, phone = names.person(random), f"021-5550{random.randrange(1000, 9999)}"

    def change(actor: Actor, **values) -> None:
        row = Facility.objects.get(pk=one.pk)
        facilities.change_facility(row, actor=actor, version=row.version, on=today, **values)
        one.refresh_from_db()

    def raise_price(actor: Actor) -> None:
        fee = one.fees.filter(ends_on__isnull=True, item="care").first()
        if fee is not None and days[2] > fee.starts_on:
            papers.set_fee(
                one,
                actor=actor,
                item="care",
                amount=fee.amount + 200,
                unit="month",
                starts_on=days[2],
                today=today,
            )

    return [
        (at(days[0], 9), lambda actor: change(actor, head=head)),
        (at(days[1], 15), lambda actor: change(actor, phone=phone)),
        (at(days[2], 11), raise_price),
    ]
