"""What people say: a complaint that is looked into on site, one answered, one to be sorted; an incident under way."""

from __future__ import annotations

from datetime import timedelta

from facilities.models import Facility
from inspections.models import Inspection, Inspector
from inspections.rules import states
from inspections.services import complaints, incidents, visits
from portal.access import Actor
from portal.calendar import add_working_days
from targets.demonstration.calendar import at
from targets.demonstration.crew import Crew
from targets.demonstration.stages import Terms


def make(terms: Terms, crew: Crew) -> None:
    visitor, on = Actor.visitor(crew.system.district), add_working_days(terms.today, -1)
    drawn = Inspection.objects.filter(state__in=states.OPEN).values("facility")
    rows = Facility.objects.operating().filter(kind="nursery").exclude(pk__in=drawn).order_by("code")
    first, *others = rows[:3]
    second, third = [*others, first, first][:2]
    inspected(first, visitor, on, terms, crew)
    old = add_working_days(terms.today, -12)
    row, _code = complaints.submit(
        subject="fees", where=second.code, text="退费拖了一个多月，说好七天内退，打电话没有人接。", phone="13800000000",
        actor=visitor, now=at(old, 20),
    )  # fmt: skip
    row = complaints.sort_out(
        row, facility=second, subject="fees", handler="street", actor=crew.bureau,
        now=at(add_working_days(old, 1), 10),
    )  # fmt: skip
    complaints.give_answer(
        row, outcome="partly", actor=crew.bureau, now=at(add_working_days(old, 6), 15),
        answer="已核实：退费手续晚办了，机构已在三个工作日内退清，并在门口公示了退费办法。",
    )  # fmt: skip
    complaints.submit(
        subject="unregistered", where="示例路上新开的托班", actor=visitor, now=at(on, 20),
        text="门口没有挂牌，里面有十几个孩子，不知道有没有备案。",
    )  # fmt: skip
    happened = at(add_working_days(terms.today, -3), 10)
    incident = incidents.report_first(
        third, kind="injury", happened_at=happened, known_at=happened + timedelta(minutes=5), place="户外活动场地",
        text="户外活动时一名幼儿从小滑梯上摔下，额头擦伤，保健老师当场处理后送医，家长到场陪同。", children=1,
        injured=1, parents_told_at=happened + timedelta(minutes=15), actor=crew.system,
        now=happened + timedelta(minutes=40),
    )  # fmt: skip
    incidents.report_next(
        incident, text="医院检查没有大碍，当天回家休息。滑梯已停用检修，场地加铺软垫。", actor=crew.system,
        now=happened + timedelta(hours=20),
    )  # fmt: skip


def inspected(facility: Facility, visitor: Actor, on, terms: Terms, crew: Crew) -> None:
    """A complaint for which two inspectors go there, still to be made."""
    row, _code = complaints.submit(
        subject="care", where=facility.code, actor=visitor, now=at(on, 8),
        text="午睡时段去接孩子，教室里没有人巡视，等了十几分钟才有老师过来。",
    )  # fmt: skip
    row = complaints.sort_out(
        row, facility=facility, subject="care", handler="bureau", note="12345 也转来一件", actor=crew.bureau,
        now=at(on, 9),
    )  # fmt: skip
    due_on = add_working_days(terms.today, 4)
    inspectors = Inspector.objects.filter(
        active=True, licence_until__gte=due_on, streets__street=facility.street_id
    ).order_by("code")
    visits.create_unscheduled(
        row,
        note="午睡时段有没有人巡视",
        inspectors=list(inspectors[:2]),
        due_on=due_on,
        actor=crew.bureau,
        on=on,
    )
