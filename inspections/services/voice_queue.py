"""Complaints and incidents that wait for a person."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Incident
from inspections.services import complaints
from portal.access import Actor
from portal.navigation import Waiting

MOST = 50


def waiting(actor: Actor, on: date | None = None) -> list[Waiting]:
    """To sort and to answer, for the bureau and the streets; for an operator reports that are due; for the bureau
    incidents, at once when they are reported."""
    on = on or timezone.localdate()
    found: list[Waiting] = []
    if actor.user is None:
        return found
    if actor.may("complaint.answer"):
        found += of_complaints(actor, on)
    if actor.may("incident.view"):
        found += of_incidents(actor, on)
    return found


def of_complaints(actor: Actor, on: date) -> list[Waiting]:
    wanted = Q(state="handling")
    if actor.may("complaint.sort"):
        wanted |= Q(state="received")
    rows = complaints.handled_by(actor).filter(wanted).select_related("facility")
    rows = rows.defer("text", "name", "phone").order_by("answer_by", "pk")[:MOST]
    made = []
    for row in rows:
        sorting = row.state == "received"
        due = row.sort_by if sorting else row.answer_by
        made.append(
            Waiting(
                title=_("分办投诉：%(where)s") % {"where": row.where}
                if sorting
                else _("答复投诉：%(where)s") % {"where": row.facility.name if row.facility else row.where},
                facts=f"{row.number}　{row.get_subject_display()}",
                url=reverse("complaint", args=[actor.district.slug, row.pk]),
                verb=_("分办") if sorting else _("答复"),
                due=due,
                state="bad" if due < on else "warn" if sorting else "doing",
                order=30,
            )
        )
    return made


def of_incidents(actor: Actor, on: date) -> list[Waiting]:
    rows = Incident.objects.allowed(actor, "incident.view").exclude(state="closed").select_related("facility")
    closes, reports = actor.may("incident.close"), actor.may("incident.report")
    made = []
    for row in rows.order_by("next_due_at", "pk")[:MOST]:
        due = timezone.localdate(row.next_due_at) if row.next_due_at else row.final_due_on
        if row.state == "reported":
            if not closes:
                continue
            verb, title = _("办结"), _("办结安全事件：%(name)s")
        elif reports and not closes:
            verb, title = _("续报"), _("续报安全事件：%(name)s")
        else:
            verb, title = _("看经过"), _("安全事件处置中：%(name)s")
        late = row.state == "open" and row.next_due_at is not None and row.next_due_at < timezone.now()
        made.append(
            Waiting(
                title=title % {"name": row.facility.name},
                facts=f"{row.number}　{row.get_kind_display()}",
                url=reverse("incident", args=[actor.district.slug, row.pk]),
                verb=verb,
                due=due,
                state="bad" if late or due < on else "warn",
                order=5,
            )
        )
    return made
