"""Complaints and incidents for tests; the district's scope is open."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from inspections.services import complaints, incidents
from portal.access import Actor
from portal.models import Parameter

CLOCKS = {
    "complaint.sort_days": 7, "complaint.answer_days": 30, "incident.first_hours": 1, "incident.follow_up_hours": 24,
    "incident.final_days": 15,
}  # fmt: skip


def parameters() -> None:
    for key, value in CLOCKS.items():
        Parameter.objects.get_or_create(
            key=key,
            defaults={"value": value, "label": key, "unit": "", "starts_on": "2021-01-01", "basis": "示例"},
        )


def say(district, **more):
    parameters()
    wanted = {
        "subject": "care",
        "where": "示例托育园",
        "text": "午睡时没有人巡视，等了很久才有老师来。",
    } | more
    return complaints.submit(actor=Actor.visitor(district), **wanted)


def complaint(facility, actor: Actor, handler: str = "bureau", **more):
    """A complaint about a facility, sorted."""
    row, _code = say(actor.district, where=facility.code, **more)
    return complaints.sort_out(row, facility=facility, subject="care", handler=handler, actor=actor)


def incident(facility, actor: Actor, now: datetime | None = None, **more):
    parameters()
    now = now or timezone.now()
    before = now - timedelta(minutes=30)
    wanted = {
        "kind": "injury", "happened_at": before, "known_at": before, "place": "活动室", "text": "从滑梯上摔下，额头擦伤。",
        "children": 1, "injured": 1, "parents_told_at": before,
    }  # fmt: skip
    return incidents.report_first(facility, actor=actor, now=now, **(wanted | more))
