"""Entries of the credit record for tests, led to a state by the services that people use."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from facilities.models import CreditEntry
from facilities.services import credit
from tests.portal.stage import PDF

FACTS = "示例：现场检查认定，机构承认，证据见卷宗"


def at(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, 10))


def paper() -> SimpleUploadedFile:
    return SimpleUploadedFile("decision.pdf", PDF, "application/pdf")


def propose(facility, actor, kind="penalty", on: date | None = None, **values) -> CreditEntry:
    on = on or timezone.localdate()
    return credit.propose(
        facility,
        actor=actor,
        now=at(on),
        **{
            "kind": kind,
            "title": "示例：超过核定人数收托",
            "facts": FACTS,
            "authority": "示例区市场监管局",
            "document": "（示例）罚 1 号",
            "decided_on": on,
            "upload": paper(),
            **values,
        },
    )


def in_force(facility, bureau, head, kind="penalty", on: date | None = None, **values) -> CreditEntry:
    """Entered and confirmed on the day; what is told first takes effect when its time is over."""
    on = on or timezone.localdate() - timedelta(30)
    made = credit.confirm(propose(facility, bureau, kind, on, **values), actor=head, now=at(on))
    if made.state == "noticed":
        made = credit.take_effect(made, actor=bureau, on=made.objection_until + timedelta(1))
    return made
