"""What of the events waits for whom: drafts that nobody reads yet, days that are over and not closed."""

from __future__ import annotations

from datetime import date, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from guidance.models import GuidanceEvent
from portal.access import Actor
from portal.navigation import Waiting

#: A draft whose day is nearer than this should be announced.
SOON, MOST = 14, 20


def waiting(actor: Actor, on: date | None = None) -> list[Waiting]:
    if actor.user is None or actor.visiting or not actor.may("guidance_event.manage"):
        return []
    today = on or timezone.localdate()
    rows = GuidanceEvent.objects.allowed(actor, "guidance_event.manage").filter(
        state__in=("draft", "announced"), held_on__lte=today + timedelta(SOON)
    )
    found = []
    for row in rows.order_by("held_on", "pk")[:MOST]:
        past = row.held_on < today
        if row.state == "announced" and not past:
            continue
        if past:
            title, verb, state = _("办结活动：%(title)s"), _("登记到场"), "warn"
        else:
            title, verb, state = _("发布活动：%(title)s"), _("去发布"), "doing"
        found.append(
            Waiting(
                title=title % {"title": row.title},
                facts=row.venue or _("线上"),
                url=reverse("guidance-event", args=[actor.district.slug, row.pk]),
                verb=verb,
                due=row.held_on,
                state=state,
            )
        )
    return found
