"""What waits for a person about devices and watch lists, and what the day's message says of what is out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.models import DeviceOutage, WatchList
from portal.access import Actor
from portal.navigation import Line, Waiting
from portal.rules.rights import Reach, Role

#: What lasts so long is told; a router that starts anew is nobody's business.
LASTING = timedelta(hours=4)


def waiting(actor: Actor, on: date | None = None) -> list[Waiting]:
    """For who keeps devices, a street's officer and an operator what is out; for who looks at recordings the week."""
    on = on or timezone.localdate()
    if actor.user is None:
        return []
    found: list[Waiting] = []
    if told(actor):
        lasting = DeviceOutage.objects.allowed(actor, "device.view").filter(
            ended_at__isnull=True, began_at__lt=timezone.now() - LASTING
        )
        number = lasting.values("device").distinct().count()
        if number:
            found.append(
                Waiting(
                    title=ngettext("%(n)d 台设备有告警", "%(n)d 台设备有告警", number) % {"n": number},
                    facts=_("没有上报、没有工作或录像天数不够，已超过 4 小时"),
                    url=reverse("outages", args=[actor.district.slug]),
                    verb=_("去看"),
                    state="bad",
                    order=45,
                )
            )
    if actor.may("watch.log"):
        rows = WatchList.objects.filter(state="drawn", slots__outcome="").annotate(n=Count("slots"))
        for row in rows.order_by("year", "week")[:3]:
            found.append(
                Waiting(
                    title=_("视频抽看：%(y)d 年第 %(w)d 周") % {"y": row.year, "w": row.week},
                    facts=ngettext("还有 %(n)d 段没有看", "还有 %(n)d 段没有看", row.n) % {"n": row.n},
                    url=reverse("watch", args=[actor.district.slug, row.pk]),
                    verb=_("去看"),
                    due=row.due_on,
                    state="bad" if row.due_on < on else "doing",
                    order=46,
                )
            )
    return found


def told(actor: Actor) -> bool:
    """Who has to do something about a device that is out."""
    return bool(actor.roles & {Role.BUREAU, Role.STREET_OFFICER, Role.OPERATOR})


def digest(actor: Actor, on: date, first: date) -> Callable[[Actor, date], list[Line]]:
    """What began to last since a person's last message and still does, told once: on the first day after that on which
    its four hours were over. The district is read once for all."""
    rows = (
        DeviceOutage.objects.filter(ended_at__isnull=True, began_at__lt=timezone.now() - LASTING)
        .order_by()
        .values_list("facility", "facility__street", "began_at", "device")
    )
    lasting = [
        (of, street, timezone.localdate(began + LASTING), device) for of, street, began, device in rows
    ]
    lasting = [one for one in lasting if first <= one[2] < on]

    def lines(person: Actor, since: date) -> list[Line]:
        if not told(person):
            return []
        reaches = person.reaches("device.view")
        streets = set(person.listed(Reach.STREETS)) if Reach.STREETS in reaches else set()
        places = set(person.listed(Reach.FACILITIES)) if Reach.FACILITIES in reaches else set()
        mine = {
            device
            for of, street, day, device in lasting
            if day >= since and (Reach.ALL in reaches or street in streets or of in places)
        }
        if not mine:
            return []
        words = ngettext("新增 %(n)d 台设备告警", "新增 %(n)d 台设备告警", len(mine)) % {"n": len(mine)}
        return [Line(words, "bad", reverse("outages", args=[person.district.slug]))]

    return lines
