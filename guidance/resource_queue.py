"""What of resources and nursing rooms waits for whom: to be made public, messages that did not go, places without a room."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guidance.models import GuidanceResource, NursingPlace
from guidance.services import subscriptions
from portal.access import Actor
from portal.navigation import Waiting

MOST = 20


def waiting(actor: Actor, on: date | None = None) -> list[Waiting]:
    if actor.user is None or actor.visiting:
        return []
    today, slug = on or timezone.localdate(), actor.district.slug
    return [*resources(actor, slug), *messages(actor, slug, today), *rooms(actor, slug, today)]


def resources(actor: Actor, slug: str) -> list[Waiting]:
    """What waits for a second person, and what one sent back to whoever handed it in: one query."""
    wanted = Q()
    if actor.may("resource.publish"):
        wanted |= Q(state="submitted") & ~Q(submitted_by=actor.user)
    if actor.may("resource.manage"):
        wanted |= Q(state="draft", submitted_by=actor.user) & ~Q(note="")
    if not wanted:
        return []
    rows = GuidanceResource.objects.filter(wanted).order_by("-state", "pk")
    found = []
    for row in rows.only("pk", "title", "kind", "note", "state")[:MOST]:
        back = row.state == "draft"
        title = _("资源被退回：%(title)s") if back else _("复核资源：%(title)s")
        found.append(
            Waiting(
                title=title % {"title": row.title},
                facts=row.note if back else row.get_kind_display(),
                url=reverse("guidance-resource", args=[slug, row.pk]),
                verb=_("去改") if back else _("去复核"),
                state="warn" if back else "doing",
            )
        )
    return found


def messages(actor: Actor, slug: str, today: date) -> list[Waiting]:
    number = subscriptions.not_sent(today).count() if actor.may("resource.manage") else 0
    if not number:
        return []
    return [
        Waiting(
            title=ngettext("%(n)d 条资源短信没有发出", "%(n)d 条资源短信没有发出", number) % {"n": number},
            facts=_("七天以内的可以再发一次"),
            url=reverse("guidance-resources", args=[slug]),
            verb=_("去看"),
            state="warn",
        )
    ]


def rooms(actor: Actor, slug: str, today: date) -> list[Waiting]:
    """Places on the list with no room and no plan for one, and plans whose day is over: one line for all."""
    if not actor.may("nursing_place.manage"):
        return []
    rows = (
        NursingPlace.objects.allowed(actor, "nursing_place.manage").filter(ended_on__isnull=True).order_by()
    )
    late = Q(state="planned", planned_for__lt=today)
    told = rows.aggregate(without=Count("pk", filter=Q(state="none")), late=Count("pk", filter=late))
    found = []
    if told["without"]:
        n = told["without"]
        found.append(
            Waiting(
                title=ngettext("%(n)d 个应配置的场所还没有母婴设施", "%(n)d 个应配置的场所还没有母婴设施", n)
                % {"n": n},
                facts=_("已启用、计划建的登记上"),
                url=reverse("nursing-places", args=[slug]) + "?state=none",
                verb=_("去看"),
                state="none",
                order=200,
            )
        )
    if told["late"]:
        n = told["late"]
        found.append(
            Waiting(
                title=ngettext("%(n)d 处母婴设施过了计划启用日期", "%(n)d 处母婴设施过了计划启用日期", n)
                % {"n": n},
                facts=_("启用了的登记上，没有启用的改计划"),
                url=reverse("nursing-places", args=[slug]) + "?state=planned",
                verb=_("去看"),
                state="warn",
                order=190,
            )
        )
    return found
