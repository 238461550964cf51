"""What of the credit record waits for whom on 'today', and its events in a facility's file."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities import credit
from facilities.models import CreditEntry, CreditRequest
from facilities.rules import credit as rules
from portal.navigation import Entry, Waiting
from portal.rules.machine import marked
from portal.rules.rights import Reach

SHOWN = 15
ENTRY = Entry(marked("监管"), marked("诚信记录"), "credit", "gavel", "credit.view", 45)


def waiting(actor) -> list[Waiting]:
    """For the head entries to confirm and requests to answer, for an operator what the facility was told, and what
    may be repaired."""
    if actor.process:
        return []
    found = []
    if actor.may("credit.confirm"):
        found += to_confirm(actor)
    if actor.may("credit.decide"):
        found += to_answer(actor)
    if Reach.FACILITIES in actor.reaches("credit.ask"):
        found += to_operators(actor)
    return found


def url(actor, pk: int) -> str:
    return reverse("credit-entry", args=[actor.district.slug, pk])


def named(entry: CreditEntry) -> str:
    return f"{entry.get_kind_display()}：{entry.facility.name}"


def to_confirm(actor) -> list[Waiting]:
    rows = CreditEntry.objects.filter(state="proposed").exclude(entered_by=actor.user)
    return [
        Waiting(
            title=named(row),
            facts=f"{row.number}　{row.title}",
            url=url(actor, row.pk),
            verb=_("去审定"),
            order=22,
        )
        for row in rows.select_related("facility").defer("facility__search_text").order_by("pk")[:SHOWN]
    ]


def to_answer(actor) -> list[Waiting]:
    on = timezone.localdate()
    rows = CreditRequest.objects.filter(state="open").exclude(asked_by=actor.user)
    return [
        Waiting(
            title=_("%(what)s：%(name)s") % {"what": row.get_kind_display(), "name": row.entry.facility.name},
            facts=f"{row.entry.number}　{row.entry.title}",
            url=url(actor, row.entry_id),
            verb=_("去答复"),
            due=row.answer_due,
            state="bad" if row.answer_due < on else "doing",
            order=22,
        )
        for row in rows.select_related("entry__facility")
        .defer("entry__facility__search_text")
        .order_by("answer_due", "pk")[:SHOWN]
    ]


def to_operators(actor) -> list[Waiting]:
    on = timezone.localdate()
    own = CreditEntry.objects.allowed(actor, "credit.ask").filter(kind__in=rules.AGAINST)
    own = credit.without_request(own).select_related("facility").defer("facility__search_text")
    found = [
        Waiting(
            title=_("告知：拟记入诚信记录，%(name)s") % {"name": row.facility.name},
            facts=f"{row.get_kind_display()}　{row.title}",
            url=url(actor, row.pk),
            verb=_("看告知，可以提异议"),
            due=row.objection_until,
            state="warn",
            order=12,
        )
        for row in own.filter(state="noticed", objection_until__gte=on).order_by("objection_until")[:SHOWN]
    ]
    found += [
        Waiting(
            title=_("可以申请信用修复：%(name)s") % {"name": row.facility.name},
            facts=f"{row.get_kind_display()}　{row.title}",
            url=url(actor, row.pk),
            verb=_("去申请"),
            state="none",
            order=90,
        )
        for row in own.standing(on).filter(repair_from__lte=on).order_by("repair_from")[:SHOWN]
    ]
    return found
