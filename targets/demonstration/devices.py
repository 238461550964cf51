"""Cameras and alarm buttons of the demonstration, some of them out; four weeks of watched recordings."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from random import Random

from facilities.models import Facility
from inspections.models import VideoDevice, WatchChain
from inspections.rules.devices import MOST
from inspections.services import bulk_devices, watch
from inspections.services import devices as services
from inspections.services.device_reports import Report, take_reports
from portal.access import Actor
from portal.services import parameters
from targets.demonstration.calendar import at
from targets.demonstration.crew import Crew

ROOMS = ("活动室", "门厅", "走廊", "午睡室", "户外场地")
BABY_ROOMS = ("活动区", "接待处")
SINCE = date(2023, 9, 1)
PLAYER = "https://video.example.cn/play?id={device}&t={time}"
#: Nobody reports here: without this all devices were silent an hour after the demonstration was made.
SILENT = ("100000", "演示数据：没有视频平台上报")
FINDINGS = (
    "午睡时看护人员离开约六分钟，室内没有成人",
    "离园时段大门没有关，无人值守",
    "进餐时一名看护人员照看九名幼儿",
)
GONE = "这一段没有录像，机构说当天检修线路"
WEEKS = 4


def rows_of(facility: Facility, seed: str) -> list[dict]:
    random = Random(f"{seed} devices {facility.code}")
    rooms = BABY_ROOMS if facility.kind == "baby_house" else ROOMS[: random.randrange(3, 6)]
    since = max(facility.opened_on or SINCE, SINCE)
    given = {"facility": facility, "installed_on": since}
    found = [
        {**given, "code": f"{facility.code}-CAM-{n:02d}", "kind": "camera", "place": room}
        for n, room in enumerate(rooms, 1)
    ]
    return [*found, {**given, "code": f"{facility.code}-BTN-01", "kind": "alarm", "place": "门卫室"}]


def reports_of(device: VideoDevice, today: date, seed: str) -> list[Report]:
    """What the platform said: in one of forty devices something is wrong, for some hours or days."""
    random = Random(f"{seed} report {device.code}")
    enough = random.randrange(31, 40) if device.facility.kind == "baby_house" else random.randrange(90, 100)
    kept = enough if device.kind == "camera" else None
    chance = random.random()
    yesterday = today - timedelta(1)  # a demonstration may be made in the first hour of its day
    found = [Report(device.code, at(today - timedelta(20), 7), True, kept)]
    if chance < 0.02:
        since = at(yesterday - timedelta(random.randrange(0, 6)), random.randrange(0, 20))
        found.append(Report(device.code, since, False, kept))
    elif chance < 0.03 and kept:
        found.append(Report(device.code, at(today - timedelta(3), 5), True, kept - random.randrange(10, 29)))
    elif chance < 0.08:
        broke = at(yesterday - timedelta(random.randrange(3, 18)), random.randrange(8, 18))
        found.append(Report(device.code, broke, False, kept))
        found.append(Report(device.code, broke + timedelta(hours=random.randrange(1, 40)), True, kept))
    return found


def make(crew: Crew, *, today: date, seed: str, actor: Actor) -> str:
    operating = Facility.objects.filter(state="operating").exclude(kind="guidance_point").order_by("code")
    rows = [row for one in operating for row in rows_of(one, seed)]
    made = bulk_devices.enter_devices(rows, actor=actor)
    services.set_player(PLAYER, actor=crew.bureau)
    value, basis = SILENT
    parameters.change_parameter(
        "watch.silent_minutes",
        value,
        starts_on=today,
        basis=basis,
        checked=False,
        on=today,
        actor=crew.bureau,
    )
    told = sorted((one for device in made for one in reports_of(device, today, seed)), key=lambda r: r.at)
    # in order of time, so that outages begin and end as they did
    for round_of in rounds(told):
        for start in range(0, len(round_of), MOST):
            take_reports(round_of[start : start + MOST], actor=actor, now=at(today - timedelta(1), 23))
    slots = watched(crew, today=today, seed=seed, actor=actor)
    return f"{len(made)} 台，抽看 {slots} 段"


def rounds(reports: list[Report]) -> list[list[Report]]:
    """The reports so that none has a device twice, each device's in order: first reports first."""
    found: list[list[Report]] = []
    count: dict[str, int] = {}
    for one in reports:
        number = count.get(one.device, 0)
        count[one.device] = number + 1
        if number == len(found):
            found.append([])
        found[number].append(one)
    return found


def watched(crew: Crew, *, today: date, seed: str, actor: Actor) -> int:
    """The lists of the last weeks; the last one is half looked at."""
    yesterday, seen = today - timedelta(1), 0
    monday = yesterday - timedelta(yesterday.weekday())
    for back in range(WEEKS - 1, -1, -1):
        drawn = monday - timedelta(7 * back)
        year, week, _day = (drawn - timedelta(7)).isocalendar()
        if not WatchChain.objects.filter(year=year).exists():
            secret = hashlib.sha256(f"{seed} watch {year}".encode()).digest()
            watch.make_chain(year, actor=actor, at=at(date(year - 1, 12, 1), 9), secret=secret)
        one = watch.draw_week(year, week, actor=actor, now=at(drawn, 9))
        if one is None:
            continue
        slots = list(one.slots.order_by("position"))
        random = Random(f"{seed} watched {one}")
        for slot in slots if back else slots[: len(slots) // 2]:
            chance = random.random()
            outcome, note = (
                ("ok", "")
                if chance > 0.08
                else ("gone", GONE)
                if chance > 0.05
                else ("finding", random.choice(FINDINGS))
            )
            moment = min(at(drawn, 10) + timedelta(hours=4 * slot.position), at(yesterday, 23))
            watch.log_slot(slot, outcome=outcome, note=note, version=1, actor=crew.bureau, now=moment)
            seen += 1
        if back:
            watch.publish_due(actor=actor, now=at(drawn + timedelta(5), 9))
    return seen
