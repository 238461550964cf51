"""Courses, sessions, sign-ups, trainers: what is planned. What came of it: services/attendance.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import (
    Course,
    Employment,
    StaffMember,
    Trainer,
    TrainerTraining,
    TrainingRecord,
    TrainingSession,
    TrainingSignUp,
)
from facilities.rules import staff as staff_rules
from facilities.rules import training as rules
from facilities.services.refusals import refuse, refuse_field
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.rules import personal
from portal.services import audit, publicity, steps
from portal.services.numbers import next_number
from portal.templatetags.ui import masked


def labels() -> dict[str, str]:
    return {
        "title": _("课程"), "kind": _("种类"), "provider": _("培训单位"), "hours": _("课时"), "mode": _("形式"),
        "place": _("地点或平台"), "starts_on": _("开课"), "ends_on": _("结课"), "sign_up_until": _("报名截止"),
        "capacity": _("招收人数"), "name": _("姓名"), "organisation": _("单位"), "subject": _("擅长的内容"),
        "course": _("课程"), "done_on": _("完成日期"),
    }  # fmt: skip


def texts(values: dict[str, str]) -> list[tuple[str, str, dict]]:
    """Of what stands on a certificate that anybody may look up."""
    found = [(name, "text", {}) for name, text in values.items() if not 2 <= len(text) <= 120]
    return found + [(*one, {}) for one in personal.problems(values, *values)]


def add_course(
    *, actor: Actor, title: str, kind: str, provider: str, hours: Decimal, summary: str = ""
) -> Course:
    """A course of the district's pool; its hours are what a session of it counts for."""
    actor.demand("training.manage")
    title, provider = title.strip(), provider.strip()
    problems = texts({"title": title, "provider": provider})
    if kind not in TrainingRecord.Kind.values:
        problems.append(("kind", "choice", {}))
    if not staff_rules.HOURS[0] <= hours <= staff_rules.HOURS[1]:
        problems.append(("hours", "hours", {}))
    refuse(problems, rules.PROBLEMS, labels())
    for name, text in (("title", title), ("provider", provider)):
        publicity.demand(text, field=name, label=labels()[name])
    if Course.objects.filter(title=title, kind=kind, provider=provider, active=True).exists():
        refuse_field("title", _("这个单位的这门课已经在课程库里"), "twice")
    course = Course.objects.create(
        code=f"{actor.district.prefix}K{next_number('course'):04d}",
        title=title,
        kind=kind,
        provider=provider,
        hours=hours,
        summary=summary.strip()[:300],
    )
    audit.record("facilities.course.add", course, actor=actor, changes={"kind": kind, "hours": str(hours)})
    return course


def retire_course(course: Course, *, actor: Actor) -> Course:
    """No new sessions; what was held stays."""
    actor.demand("training.manage")
    course = Course.objects.select_for_update().get(pk=course.pk)
    if course.active:
        course.active = False
        course.save(update_fields=["active"])
        audit.record("facilities.course.retire", course, actor=actor)
    return course


def plan_session(
    course: Course,
    *,
    actor: Actor,
    mode: str,
    place: str,
    starts_on: date,
    ends_on: date,
    sign_up_until: date,
    capacity: int,
    times: str = "",
    trainer: Trainer | None = None,
    today: date | None = None,
) -> TrainingSession:
    """A session of a course; people are signed up until `sign_up_until`."""
    actor.demand("training.manage")
    today, place = today or timezone.localdate(), place.strip()
    problems = rules.session_problems(
        place=place,
        starts_on=starts_on,
        ends_on=ends_on,
        sign_up_until=sign_up_until,
        capacity=capacity,
        today=today,
    )
    if mode not in TrainingSession.Mode.values:
        problems.append(("mode", "choice", {}))
    refuse(problems, rules.PROBLEMS, labels())
    if not course.active:
        raise Refused(_("“%(title)s”已停用，不能再开班") % {"title": course.title}, code="retired")
    session = TrainingSession.objects.create(
        code=f"PX{starts_on:%y%m}-{next_number(f'session {starts_on:%y%m}'):03d}",
        course=course,
        trainer=trainer,
        mode=mode,
        place=place,
        starts_on=starts_on,
        ends_on=ends_on,
        times=times.strip()[:60],
        sign_up_until=sign_up_until,
        capacity=capacity,
    )
    audit.record(
        "facilities.training.plan",
        session,
        actor=actor,
        name=f"{session.code} {course.title}",
        changes={"starts_on": starts_on.isoformat(), "mode": mode, "capacity": capacity},
    )
    return session


def cancel_session(session: TrainingSession, *, actor: Actor, reason: str) -> TrainingSession:
    """A session that does not come about; its sign-ups count for nothing."""
    actor.demand("training.manage")
    session = TrainingSession.objects.select_for_update().get(pk=session.pk)
    reason = reason.strip()
    if not 2 <= len(reason) <= 200:
        refuse_field("reason", _("写为什么取消，2 到 200 个字"))
    session.state = steps.step(rules.SESSION, session, "cancel")
    session.cancelled_for = reason
    session.save(update_fields=["state", "cancelled_for"])
    audit.record("facilities.training.cancel", session, actor=actor, changes={"reason": reason})
    return session


def at_work(actor: Actor, permission: str, on: date):
    """Employments that the actor may sign up, of people at work on the day."""
    return Employment.objects.allowed(actor, permission).open_on(on).filter(starts_on__lte=on)


def sign_up(
    session: TrainingSession, members: Iterable[StaffMember], *, actor: Actor, now: datetime | None = None
) -> list[TrainingSignUp]:
    """Signs people up, each from where they work; who is signed up already stays as they are.

    Refused after the last day, when places run out (nobody is signed up then), and for people out of reach or no
    longer at work.
    """
    actor.demand("training.sign_up")
    now = now or timezone.now()
    today = timezone.localdate(now)
    session = TrainingSession.objects.select_for_update().get(pk=session.pk)
    if session.state != "open" or today > session.sign_up_until:
        raise Conflict(
            _("%(code)s 的报名到 %(day)s 截止")
            % {"code": session.code, "day": session.sign_up_until.isoformat()},
            code="closed",
        )
    wanted = {member.pk for member in members}
    if not wanted:
        refuse_field("staff", _("至少选一个人"))
    places = dict(
        at_work(actor, "training.sign_up", today)
        .filter(staff__in=wanted)
        .order_by("starts_on")
        .values_list("staff_id", "facility_id")
    )
    if wanted - places.keys():
        raise Denied(_("名单里有人不在你的机构，或已经离岗"))
    there = set(session.sign_ups.values_list("staff_id", flat=True))
    new = sorted(wanted - there)
    free = session.capacity - len(there)
    if len(new) > free:
        refuse_field("staff", _("名额还剩 %(n)d 个，选了 %(m)d 个人") % {"n": free, "m": len(new)}, "full")
    made = TrainingSignUp.objects.bulk_create(
        [
            TrainingSignUp(
                session=session,
                staff_id=staff,
                facility_id=places[staff],
                signed_by=actor.user,
                signed_at=now,
            )
            for staff in new
        ]
    )
    if made:
        audit.record(
            "facilities.training.sign_up",
            session,
            actor=actor,
            changes={"count": len(made), "staff": new[:200]},
        )
    return made


def withdraw(sign_up: TrainingSignUp, *, actor: Actor) -> None:
    """Takes somebody off the list of a session that was not held yet."""
    if not TrainingSignUp.objects.allowed(actor, "training.sign_up").filter(pk=sign_up.pk).exists():
        raise Denied(_("只能退自己机构的报名"))
    session = TrainingSession.objects.select_for_update().get(pk=sign_up.session_id)
    if session.state != "open":
        raise Conflict(_("%(code)s 已经结课或取消，报名不能再改") % {"code": session.code}, code="held")
    member = sign_up.staff
    TrainingSignUp.objects.filter(pk=sign_up.pk).delete()
    audit.record(
        "facilities.training.withdraw",
        session,
        actor=actor,
        changes={"staff": f"{member.code} {masked(member.name)}"},
    )


# ---- trainers


def add_trainer(*, actor: Actor, name: str, kind: str, organisation: str, subject: str) -> Trainer:
    """Somebody who trains others."""
    actor.demand("training.manage")
    name, organisation, subject = name.strip(), organisation.strip(), subject.strip()
    problems = texts({"name": name, "organisation": organisation, "subject": subject})
    if kind not in Trainer.Kind.values:
        problems.append(("kind", "choice", {}))
    refuse(problems, rules.PROBLEMS, labels())
    if Trainer.objects.filter(name=name, organisation=organisation).exists():
        refuse_field("name", _("这个单位的这个人已经在名单里"), "twice")
    trainer = Trainer.objects.create(name=name, kind=kind, organisation=organisation, subject=subject)
    audit.record("facilities.trainer.add", trainer, actor=actor, name=masked(name), changes={"kind": kind})
    return trainer


def train_trainer(
    trainer: Trainer,
    *,
    actor: Actor,
    course: str,
    provider: str,
    hours: Decimal,
    done_on: date,
    today: date | None = None,
) -> TrainerTraining:
    """A training that the trainer took part in (闵行、浦东方案 二（二）3: once a year at least)."""
    actor.demand("training.manage")
    today, course, provider = today or timezone.localdate(), course.strip(), provider.strip()
    problems = staff_rules.training_problems(
        course=course, provider=provider, hours=hours, done_on=done_on, today=today
    )
    refuse(problems, staff_rules.PROBLEMS, labels())
    if trainer.trainings.filter(course=course, done_on=done_on).exists():
        refuse_field("course", _("这门课这一天已经登记过"), "twice")
    made = TrainerTraining.objects.create(
        trainer=trainer, course=course, provider=provider, hours=hours, done_on=done_on
    )
    audit.record(
        "facilities.trainer.train",
        trainer,
        actor=actor,
        name=masked(trainer.name),
        changes={"course": course, "hours": str(hours), "done_on": done_on.isoformat()},
    )
    return made
