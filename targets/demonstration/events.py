"""Events for families in the demonstration: a year of them held, some that families sign up for, one today at the door."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random

from guidance.models import EventSignup, GuidanceEvent, GuidancePlace, GuidedChild
from guidance.rules import events as rules
from guidance.rules import places
from guidance.services import events, signups
from portal.access import Actor
from portal.models.places import Street
from targets.demonstration import names
from targets.demonstration.calendar import at
from targets.demonstration.crew import Crew

#: Of ten streets so many had a 育儿加油站 and a 健康家庭社区行 this year.
FUELLED = {"minhang": 3, "pudong": 8, "jinshan": 3}
TOURED = {"minhang": 8, "pudong": 0, "jinshan": 0}
#: District events of the year: kind, title.
HELD = {
    "minhang": ((rules.FUEL, "示例：区级育儿加油站"), (rules.CARNIVAL, "示例：亲子嘉年华")),
    "pudong": (
        (rules.FUEL, "示例：区级育儿加油站"), (rules.LECTURE, "示例：入托准备讲座"), (rules.CARNIVAL, "示例：亲子嘉年华"),
        (rules.GROWTH, "示例：父母成长课堂"),
    ),
    "jinshan": ((rules.LECTURE, "示例：隔代照护讲座"),),
}  # fmt: skip
GIVERS = ("示例早教指导中心", "示例社区卫生服务中心儿保科", "示例心理咨询中心")
WORDS = ("老师讲得清楚，孩子也坐得住", "希望周末多办几场", "", "排队有点久", "")
TELEPHONE = 70_000_000


def make(crew: Crew, *, today: date, seed: str) -> str:
    slug = crew.size.slug
    random = Random(f"{seed}/{slug}/events")
    streets = list(Street.objects.filter(is_street=True).order_by("code"))
    stations = {one.street_id: one for one in GuidancePlace.objects.filter(kind=places.STATION)}
    story = Story(crew, random, today)
    for number, (kind, title) in enumerate(HELD[slug]):
        story.held(kind, title, None, None, story.day(number + 1, len(HELD[slug]) + 1), families=12)
    for place, street in enumerate(streets):
        short = names.short(street.name)
        for kind, of_ten, title in (
            (rules.FUEL, FUELLED[slug], f"示例：{short}育儿加油站"),
            (rules.TOUR, TOURED[slug], f"示例：{short}健康家庭社区行"),
        ):
            if place % 10 < of_ten:
                day = story.day(place % 9 + 1, 11)
                story.held(kind, title, street, stations.get(street.pk), day, families=4 if place < 2 else 0)
    story.coming(streets, stations)
    return f"{GuidanceEvent.objects.count()} 场，报名 {EventSignup.objects.count()} 户"


class Story:
    """The bureau enters everything; families are invented, their numbers are nobody's."""

    def __init__(self, crew: Crew, random: Random, today: date):
        self.crew, self.random, self.today = crew, random, today
        self.visitor = Actor.visitor(crew.system.district)
        self.number = TELEPHONE

    def day(self, part: int, parts: int) -> date:
        """A day of this year that is over, `part` of so many parts into it; in January one of last year."""
        first = date(self.today.year, 1, 1)
        gone = (self.today - first).days - 8
        return first + timedelta(gone * part // parts) if gone > 30 else self.today - timedelta(10 + 3 * part)

    def entered(self, kind: str, title: str, street, place, day: date, **more) -> GuidanceEvent:
        now = more.pop("now", at(day - timedelta(25), 10))
        given = {
            "kind": kind, "level": rules.STREET if street else rules.DISTRICT, "street": street, "title": title,
            "domains": ["education", "medical", "psychology"][: 1 + self.random.randrange(3)], "online": False,
            "held_on": day, "starts_at": time(9, 30), "ends_at": time(11, 30), "place": place, "facility": None,
            "venue": "" if place else "示例文化活动中心",
            "address": "" if place else f"示例路 {self.random.randrange(1, 900)} 号",
            "months_from": 6, "months_until": 36, "capacity": 30, "opens_at": at(day - timedelta(21), 9),
            "closes_at": at(day - timedelta(1), 17), "giver": self.random.choice(GIVERS),
            "description": "亲子游戏、育儿咨询和发育筛查。带好水杯和替换衣物，一户最多两名大人陪同。（演示活动）",
        } | more  # fmt: skip
        return events.keep_event(actor=self.crew.bureau, now=now, **given)

    def announced(self, *args, **more) -> GuidanceEvent:
        made = self.entered(*args, **more)
        return events.announce(
            made, actor=self.crew.bureau, now=more.get("now") or at(made.held_on - timedelta(24), 10)
        )

    def join(self, event: GuidanceEvent, number: int, now: datetime) -> list[EventSignup]:
        """So many families sign up, a minute apart; every other one names its child's handbook."""
        made = []
        children = GuidedChild.objects.listed_on(event.held_on).filter(card_hash__isnull=False)
        if event.street_id:
            children = children.filter(street=event.street)
        handbooks = list(children.order_by("pk").values_list("card_hash", flat=True)[:number])
        for place in range(number):
            self.number += 1
            moment = now + timedelta(minutes=place)
            months = self.random.choice((4, 8, 11, 14, 19, 23, 28, 33))
            made.append(
                signups.enter(
                    event,
                    phone=names.mobile(self.number),
                    months=months,
                    actor=self.visitor,
                    now=moment,
                    handbook=handbooks[place] if place % 2 == 0 and place < len(handbooks) else None,
                )
            )
        return made

    def held(self, kind: str, title: str, street, place, day: date, *, families: int) -> None:
        """An event that was held: with families that signed up and came or not, or entered afterwards with a number."""
        closed = at(day, 15)
        if not families:
            made = self.entered(kind, title, street, place, day)
            events.finish(made, walk_ins=self.random.randrange(8, 30), actor=self.crew.bureau, now=closed)
            return
        made = self.announced(kind, title, street, place, day)
        joined = self.join(made, families, at(day - timedelta(20), 9))
        came = [one for one in joined if self.random.random() < 0.8] or joined[:1]
        for one in came:
            signups.check_in(made, code=one.code, actor=self.crew.bureau, now=at(day, 9, 20))
        events.finish(made, walk_ins=self.random.randrange(2, 9), actor=self.crew.bureau, now=closed)
        for one in came[::2]:
            words = self.random.choice(WORDS)
            signups.rate(one, score=self.random.choice((3, 4, 5, 5)), words=words, actor=self.visitor)

    def coming(self, streets: list[Street], stations: dict) -> None:
        """Open with room, full with families that wait, not open yet, a draft, one today, one nobody closed yet."""
        first, second, third = streets[:3]
        now = at(self.today - timedelta(2), 9)
        whole = self.announced(
            rules.CARNIVAL, "示例：冬日亲子嘉年华", None, None, self.today + timedelta(19), now=now, capacity=60,
            opens_at=now,
        )  # fmt: skip
        self.join(whole, 6, at(self.today - timedelta(1), 10))
        full = self.announced(
            rules.FUEL, f"示例：{names.short(first.name)}小小营养师", first, stations.get(first.pk),
            self.today + timedelta(9), now=now, capacity=5, opens_at=now, months_from=12, months_until=24,
        )  # fmt: skip
        self.join(full, 7, at(self.today - timedelta(1), 11))
        self.announced(
            rules.LECTURE, "示例：分离焦虑怎么办（线上）", None, None, self.today + timedelta(26), now=now, online=True,
            opens_at=at(self.today + timedelta(5), 9),
        )  # fmt: skip
        self.entered(
            rules.FUEL, f"示例：{names.short(second.name)}亲子阅读", second, stations.get(second.pk),
            self.today + timedelta(12), now=now, opens_at=at(self.today + timedelta(1), 9),
        )  # fmt: skip
        today = self.announced(
            rules.FUEL, f"示例：{names.short(third.name)}育儿咨询日", third, stations.get(third.pk), self.today, now=now,
            opens_at=now, starts_at=time(0, 10), ends_at=time(23, 50), closes_at=at(self.today - timedelta(1), 20),
        )  # fmt: skip
        self.join(today, 5, at(self.today - timedelta(1), 9))
        late = self.announced(
            rules.FUEL, f"示例：{names.short(first.name)}亲子运动会", first, stations.get(first.pk),
            self.today - timedelta(3),
        )  # fmt: skip
        joined = self.join(late, 3, at(self.today - timedelta(9), 9))
        signups.check_in(late, code=joined[0].code, actor=self.crew.bureau, now=at(late.held_on, 9, 40))
