"""The joint conference: a meeting some weeks ago whose decisions became tasks, one called for next week, one proposal.

Which units are members no document of the three districts lists; here they are invented and marked.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from random import Random

from django.core.files.base import ContentFile

from portal.models.places import Unit
from targets.demonstration import names
from targets.demonstration.calendar import at
from targets.demonstration.crew import Crew
from targets.demonstration.emergency import page
from targets.demonstration.stages import Terms
from targets.models import Conference, Task
from targets.services import conference_minutes as minutes
from targets.services import conference_papers, conferences, rounds, tasks
from targets.services.supervision import offices

WEEKS_AGO, MEMBERS = 5, 8
PLACE, CHAIR = "示例会议室", "副区长"
TEXTS = (
    (
        "示例：上半年托育服务三年行动计划推进情况",
        "会议听取了托育服务推进情况的通报。\n会议指出，多数任务按进度完成，个别任务没有牵头单位报进展，要尽快补齐。",
    ),
    (
        "示例：社区托育服务设施的用房问题",
        "会议讨论了新增托育点用房的来源。\n会议认为，公建配套和闲置用房要一起排摸，一处一策。",
    ),
    (
        "示例：食堂和配餐食品安全联合检查",
        "会议通报了食堂和配餐检查的安排。\n各单位没有不同意见。",
    ),
)


def make(terms: Terms, crew: Crew) -> str:
    random = Random(f"{terms.seed}/{crew.size.slug}/conferences")
    units = member_units(crew)
    street = Unit.objects.filter(street__isnull=False, collective=False).order_by("position", "pk").first()
    past = held(terms, crew, units, street, random)
    report(past, terms, crew)
    coming(terms, crew, units, street, random)
    return "2 次"


def member_units(crew: Crew) -> list[Unit]:
    """Departments of the district that owe reports, the bureau first, each with somebody who reports."""
    owing = {unit for _task, unit in rounds.owing()}
    bureau = crew.bureau.unit
    found = Unit.objects.filter(pk__in=owing & crew.by_unit.keys(), street=None, level="district")
    rest = offices(found.exclude(pk=bureau.pk)).order_by("position", "pk")
    return [bureau, *rest[: MEMBERS - 1]]


def plan(on: date, crew: Crew, units: list[Unit], street: Unit, random: Random, made: date) -> Conference:
    row = conferences.plan(
        kind="full",
        number=conferences.next_number("full", on.year),
        on=on,
        starts_at=time(14),
        place=PLACE,
        chair=f"{CHAIR}{names.person(random)}",
        members=units,
        invited=[street],
        actor=crew.bureau,
        now=at(made, 9),
    )
    paper = page("示例会议材料", "示例材料：情况、问题和建议。").read()
    for number, (topic, _text) in enumerate(TEXTS):
        conferences.add_item(
            row,
            topic=topic,
            unit=units[number % len(units)],
            purpose="decide" if number == 1 else "inform",
            files=[ContentFile(paper, name=f"示例会议材料 {number + 1}.pdf")],
            actor=crew.bureau,
        )
    row.refresh_from_db()
    return row


def held(terms: Terms, crew: Crew, units: list[Unit], street: Unit, random: Random) -> Conference:
    """The past meeting: minutes written by the bureau, confirmed by the head; two decisions with units, one without."""
    on = terms.today - timedelta(7 * WEEKS_AGO)
    row = plan(on, crew, units, street, random, on - timedelta(14))
    row = conferences.call(row, version=row.version, actor=crew.bureau, now=at(on - timedelta(8), 10))
    row = conferences.hold(row, version=row.version, actor=crew.bureau, now=at(on, 17))
    told = {}
    for number, one in enumerate(row.units.order_by("-part", "position")):
        away = number == 4
        told[one.pk] = {
            "attendance": "excused" if away else "present",
            "post": "" if away else "副局长" if number % 2 else "局长",
            "name": "" if away else names.person(random),
            "substitute": number == 3,
        }
    row = minutes.write_attendance(row, told, version=row.version, actor=crew.bureau)
    items = list(row.items.order_by("position"))
    for item, (_topic, text) in zip(items, TEXTS, strict=True):
        minutes.write_item(item, text, version=version(row), actor=crew.bureau)
    decide = [
        (items[0], "示例：没有牵头单位报进展的任务，由各牵头单位补报并说明原因", units[:1], units[1:3], -6),
        (
            items[1],
            "示例：排摸可以用作托育点的公建配套和闲置用房，列出清单",
            units[1:2],
            [units[0], street],
            40,
        ),
        (items[1], "示例：原则同意用房清单按季更新", [], [], None),
    ]
    for item, text, leads, supports, days in decide:
        due_on = None if days is None else max(on, terms.today + timedelta(days))
        minutes.add_decision(
            item,
            text=text,
            leads=leads,
            supports=supports,
            due_on=due_on,
            version=version(row),
            actor=crew.bureau,
        )
    minutes.submit(row, version=version(row), actor=crew.bureau, now=at(on + timedelta(2), 11))
    edition = minutes.confirm(row, version=version(row), actor=crew.head, now=at(on + timedelta(3), 15))
    conference_papers.print_minutes(edition, actor=crew.system)
    return row


def version(row: Conference) -> int:
    row.refresh_from_db()
    return row.version


def report(row: Conference, terms: Terms, crew: Crew) -> None:
    """The lead of the second decision has reported; the first one's has not, and its day is over."""
    last = Task.objects.filter(decisions__item__conference=row).order_by("-number").first()
    lead = last.units.get(role="lead").unit
    present = rounds.open_rounds(terms.today)[-1]
    tasks.write_progress(
        last,
        lead,
        present,
        percent=60,
        text="示例：已排摸到十二处，八处能用，正在核实产权。",
        version=0,
        actor=crew.of(crew.by_unit[lead.pk]),
        on=terms.today,
        submit=True,
    )


def coming(terms: Terms, crew: Crew, units: list[Unit], street: Unit, random: Random) -> None:
    """Next week's meeting, called yesterday; a department proposes an item, which waits for the bureau."""
    on = terms.today + timedelta(7)
    on += timedelta({5: 2, 6: 1}.get(on.weekday(), 0))
    row = plan(on, crew, units, street, random, terms.today - timedelta(3))
    conferences.call(row, version=row.version, actor=crew.bureau, now=at(terms.today - timedelta(1), 10))
    proposing = units[1]
    conferences.propose_item(
        row,
        topic="示例：托育机构消防审验的衔接",
        unit=proposing,
        purpose="decide",
        actor=crew.of(crew.by_unit[proposing.pk]),
    )
