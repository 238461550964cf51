"""The clock of this app: the licences of the inspectors."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from inspections.models import Inspector
from portal.clocks.clock import Clock
from portal.rules.machine import marked


def licences(on: date) -> QuerySet:
    return Inspector.objects.filter(active=True)


CLOCKS = (
    Clock(
        "licence", marked("执法证"), "inspector.manage", licences, "licence_until", facility="", who="name",
        code="code", order=60,
    ),
)  # fmt: skip
