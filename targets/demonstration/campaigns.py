"""Beside the yearly plan: a special campaign that is closed, one that is approved and still to be published, and a street's
joint operation of several departments, of which one facility is inspected."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta

from facilities.models import Facility
from inspections.models import Campaign, Inspection, Inspector, Interest, Matter, VisitPart
from inspections.services import (
    agreement,
    answers,
    campaign_documents,
    campaign_visits,
    campaigns,
    confirmations,
    joint,
    visits,
)
from inspections.services.checklists import items_of
from portal.models import Street
from targets.demonstration.calendar import at
from targets.demonstration.crew import Crew
from targets.demonstration.stages import Terms

NURSERIES = ["nursery", "inclusive_site"]
FOUND = {
    "food-samples": "示例：留样没有写品名和时间",
    "morning-check": "示例：两天的晨检没有记录",
    "guards": "示例：午间门口没有保安",
}


def make(terms: Terms, crew: Crew) -> str:
    if crew.size.slug != "minhang":
        return "—"
    first = closed(terms.today, crew)
    coming(terms.today, crew)
    second = operation(terms.today, crew)
    return f"2 件专项检查、{int(second is not None)} 件综合执法，派出 {first + (second or 0)} 家"


def able(until: date) -> list[Inspector]:
    rows = Inspector.objects.filter(active=True, licence_from__lte=until, licence_until__gte=until)
    return list(rows.filter(user__isnull=False).select_related("unit").order_by("code"))


def free(people: Sequence[Inspector], on: date, number: int, **where) -> list[str]:
    """Codes of facilities with which none of the people has anything to do."""
    barred = Interest.objects.current(on).filter(inspector__in=people).values("facility")
    rows = Facility.objects.operating().filter(kind__in=NURSERIES, **where).exclude(pk__in=barred)
    return list(rows.order_by("code").values_list("code", flat=True)[:number])


def closed(today: date, crew: Crew) -> int:
    day = today - timedelta(days=16)
    people = able(today)[:4]
    row = campaigns.make(
        "special", actor=crew.bureau, at=at(day, 9), theme="冬季食品安全",
        occasion="示例：入冬以来市里通报两起集体用餐事件，要查留样、餐具消毒和食品经营许可。",
        basis="示例：区安全生产委员会 2026 年第 4 次会议纪要", street=None, starts_on=day + timedelta(days=3),
        ends_on=today - timedelta(days=2), reply_by=None, kinds=NURSERIES, streets=[], grades=[],
        codes=free(people, today, 3), matters=["food"], units=[], inspectors=people,
    )  # fmt: skip
    campaigns.submit(row, actor=crew.bureau, at=at(day, 9, 30))
    row = campaigns.approve(row, actor=crew.head, at=at(day + timedelta(days=1), 10))
    campaigns.publish(row, actor=crew.bureau, on=day + timedelta(days=2))
    sent = campaign_visits.send(row, actor=crew.bureau, at=at(day + timedelta(days=3), 8))
    for number, visit in enumerate(sent):
        finish(visit, crew, day + timedelta(days=4 + number), ("food-samples",) if number == 0 else ())
    row = campaign_visits.close(
        row, actor=crew.bureau, at=at(today - timedelta(days=2), 16),
        conclusion="示例：三家都查了，食品经营许可都有效；一家留样记录不全，已发整改通知。",
    )  # fmt: skip
    campaign_documents.set_documents(row, actor=crew.system)
    return len(sent)


def coming(today: date, crew: Crew) -> Campaign:
    """Approved so long ago that the last day of its publication comes near."""
    day = today - timedelta(days=24)
    people = able(today + timedelta(days=40))[4:8]
    row = campaigns.make(
        "special", actor=crew.bureau, at=at(day, 14), theme="风险较高机构的消防通道",
        occasion="示例：秋季抽查里消防通道的问题最多，对 C、D 级机构全部复核一遍。",
        basis="示例：区消防安全委员会 2026 年秋冬工作提示", street=None, starts_on=today,
        ends_on=today + timedelta(days=30), reply_by=None, kinds=[*NURSERIES, "integrated_kindergarten"],
        streets=[], grades=["C", "D"], codes=[], matters=["fire"], units=[], inspectors=people,
    )  # fmt: skip
    campaigns.submit(row, actor=crew.bureau, at=at(day, 14, 20))
    row = campaigns.approve(row, actor=crew.head, at=at(day + timedelta(days=1), 9))
    return campaign_documents.set_documents(row, actor=crew.system)


def operation(today: date, crew: Crew) -> int | None:
    """None where fewer than two of the departments have inspectors."""
    day = today - timedelta(days=12)
    ends = today + timedelta(days=5)
    people = able(ends)
    owners = {
        one.unit_id: one.unit for one in Matter.objects.filter(unit__isnull=False).select_related("unit")
    }
    teams = {
        pk: [one for one in people if one.unit_id == pk][:2]
        for pk, unit in sorted(owners.items())
        if unit.kind != "education"
    }
    units = [owners[pk] for pk, team in teams.items() if team][:3]
    if len(units) < 2:
        return None
    going = [one for unit in units for one in teams[unit.pk]]
    keys = list(Matter.objects.filter(unit__in=units).order_by("position").values_list("key", flat=True))
    street = next(
        (one for one in Street.objects.order_by("code") if len(free(going, today, 2, street=one)) == 2), None
    )
    if street is None:
        return None
    row = campaigns.make(
        "street", actor=crew.bureau, at=at(day, 9), theme="民办托育点综合整治",
        occasion="示例：居民反映商住楼里的托育点消防和油烟问题，几个部门一起去看，一次说清。",
        basis="示例：街道办事处 2026 年第 11 次主任办公会", street=street, starts_on=day + timedelta(days=4),
        ends_on=ends, reply_by=day + timedelta(days=2), kinds=NURSERIES, streets=[], grades=[],
        codes=free(going, today, 2, street=street), matters=keys, units=units, inspectors=[],
    )  # fmt: skip
    campaigns.ask(row, actor=crew.bureau)
    asked = list(row.units.select_related("unit").order_by("position"))
    for number, one in enumerate(asked):
        declines = number == 2
        campaigns.reply(
            one, accept=not declines, inspectors=[] if declines else teams[one.unit_id], actor=crew.system,
            note="示例：当天人员都在校园秋检" if declines else "", at=at(day + timedelta(days=1), 10, number),
        )  # fmt: skip
    campaigns.submit(row, actor=crew.bureau, at=at(day + timedelta(days=2), 9))
    row = campaigns.approve(row, actor=crew.head, at=at(day + timedelta(days=2), 15))
    campaign_documents.set_documents(row, actor=crew.system)
    sent = campaign_visits.send(row, actor=crew.bureau, at=at(day + timedelta(days=4), 8))
    finish(sent[0], crew, day + timedelta(days=5), ("morning-check", "guards"))
    found = VisitPart.objects.filter(inspection=sent[0], state="ordered").order_by("position").first()
    if found is not None:
        joint.hand_over(
            found, case_number=f"示例立〔{today.year}〕7号", handed_to="示例区综合执法大队",
            note="示例：限期内没有改，立案查",
            actor=crew.system, now=at(day + timedelta(days=6), 10),
        )  # fmt: skip
    return len(sent)


def finish(visit: Inspection, crew: Crew, day: date, failing: Sequence[str]) -> None:
    """Made by the first two of its team; what fails is what the list has of `failing`."""
    team = crew.team(visit)
    first, second = (crew.of(member.inspector.user) for member in team[:2])
    seed = hashlib.sha256(f"demonstration/{visit.number}/again".encode()).hexdigest()
    visit = visits.start(visit, actor=first, now=at(day, 9), seed=seed)
    given = {
        item.pk: answers.Given("bad", FOUND[item.key]) if item.key in failing else answers.Given("ok")
        for item in items_of(visit)
    }
    answers.save_answers(visit, given, actor=first, now=at(day, 10))
    if draw := agreement.draw_of(visit):
        again = {item.pk: given[item.pk] for item in items_of(visit).filter(key__in=draw.keys)}
        agreement.answer_again(visit, again, actor=crew.of(draw.second.user), now=at(day, 10, 20))
    visits.sign_off(
        visit, present="示例园长", summary="示例：当面说明了检查情况", actor=first, now=at(day, 10, 30)
    )
    confirmations.confirm_visit(visit, actor=second, now=at(day, 10, 40))
