"""Courses, trainers and a handful of sessions: held with certificates, waiting for its list, open for sign-up."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from django.utils import timezone

from facilities.models import Course, Employment, StaffMember, Trainer, TrainingSession
from facilities.rules.training import Came
from facilities.services import attendance, training
from portal.access import Actor
from targets.demonstration import names
from targets.demonstration.crew import Crew
from targets.demonstration.staff import PROVIDER

#: Courses of the pool: title, kind, hours, what they are about.
POOL = (
    ("回应性照护：看懂孩子的信号", "skills", 8, "示例课程：观察记录、回应方式、案例研讨"),
    ("气道异物与心肺复苏实操", "skills", 4, "示例课程：模型操练，逐人过关"),
    ("保护未成年人与职业底线", "ethics", 4, "示例课程：法律、强制报告、案例"),
    ("与家长沟通的分寸", "ethics", 4, "示例课程：角色扮演"),
    ("1—3 岁营养与进餐照护", "skills", 6, "示例课程：线上课，带测验"),
)
TRAINERS = (
    ("care", "示例师范大学", "婴幼儿照护"), ("care", "示例妇幼保健院", "急救与卫生保健"),
    ("care", "示例开放大学", "职业道德"),
    ("guidance", "示例早教中心", "亲子活动设计"), ("guidance", "示例社区学院", "入户指导"),
)  # fmt: skip


def at(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(10)))


def pool(actor: Actor) -> list[Course]:
    return [
        training.add_course(
            actor=actor, title=title, kind=kind, provider=PROVIDER, hours=Decimal(hours), summary=summary
        )
        for title, kind, hours, summary in POOL
    ]


def trainers(random: Random, today: date, actor: Actor) -> list[Trainer]:
    """All but the last took part in a training this year."""
    made = [
        training.add_trainer(
            actor=actor, name=names.person(random), kind=kind, organisation=organisation, subject=subject
        )
        for kind, organisation, subject in TRAINERS
    ]
    for trainer in made[:-1]:
        training.train_trainer(
            trainer,
            actor=actor,
            course="示例师资研修",
            provider="示例市教师培训中心",
            hours=Decimal(16),
            done_on=max(date(today.year, 1, 1), today - timedelta(random.randrange(1, 250))),
            today=today,
        )
    return made


def some(random: Random, day: date, number: int) -> list[StaffMember]:
    """People at work on a day, a few from each of some facilities."""
    work = Employment.objects.open_on(day).filter(starts_on__lte=day, facility__state="operating")
    facilities = sorted(set(work.exclude(facility__kind="guidance_point").values_list("facility", flat=True)))
    chosen = random.sample(facilities, min(len(facilities), max(1, number // 3)))
    rows = work.filter(facility__in=chosen).order_by("staff__code").values_list("staff", flat=True)
    return list(StaffMember.objects.filter(pk__in=list(rows)[:number]).only("pk", "code"))


def hold(
    course: Course,
    day: date,
    number: int,
    *,
    random: Random,
    trainer: Trainer,
    actor: Actor,
    today: date,
    online: bool = False,
) -> TrainingSession:
    """A session on a day with its sign-ups."""
    session = training.plan_session(
        course,
        actor=actor,
        today=min(day - timedelta(20), today),
        mode="online" if online else "on_site",
        place="示例在线课堂" if online else "示例路 200 号培训中心 301 室",
        starts_on=day,
        ends_on=day,
        times="9:00—16:30",
        sign_up_until=day - timedelta(1),
        capacity=number + 10,
        trainer=trainer,
    )
    signed = min(day - timedelta(2), today)
    training.sign_up(session, some(random, signed, number), actor=actor, now=at(signed))
    return session


def finish(session: TrainingSession, random: Random, actor: Actor) -> None:
    """Nearly all came, nearly all who came passed, and all who passed have their certificate."""
    came = {}
    for code in session.sign_ups.order_by("staff__code").values_list("staff__code", flat=True):
        attended = random.random() >= 0.08
        hours = session.course.hours if attended else None
        came[code] = Came(code, attended, hours, attended and random.random() >= 0.03)
    later = at(session.ends_on + timedelta(1))
    attendance.record_attendance(session, came, actor=actor, now=later)
    attendance.issue_certificates(session, actor=actor, now=later)


def make(crew: Crew, *, today: date, seed: str) -> str:
    random = Random(f"{seed}/{crew.size.slug}/sessions")
    actor = crew.bureau
    courses, people = pool(actor), trainers(random, today, actor)
    first = date(today.year, 1, 1) + timedelta(2)
    how = {"random": random, "actor": actor, "today": today}
    for number, (course, back) in enumerate(((courses[0], 40), (courses[2], 18))):
        day = max(first, today - timedelta(back))
        session = hold(course, day, 30, trainer=people[number], **how)
        if day < today - timedelta(1):
            finish(session, random, actor)
    hold(courses[1], today - timedelta(1), 18, trainer=people[1], **how)
    hold(courses[3], today + timedelta(9), 24, trainer=people[2], **how)
    hold(courses[4], today + timedelta(20), 15, trainer=people[0], online=True, **how)
    return f"课程 {len(courses)} 门，场次 5 场"
