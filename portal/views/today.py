"""'Today': what waits for me; and the search from everywhere."""

from __future__ import annotations

import calendar as months

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from portal.calendar import provisional_note, working_days, working_days_between
from portal.models.places import District
from portal.navigation import REGISTRY
from portal.rules import queue

SHOWN = 60


def clock(due, on) -> tuple[str, str]:
    """(words, kind) of a deadline: 逾期 2 个工作日, 今天, 剩 3 个工作日."""
    if due is None:
        return "", ""
    left = working_days_between(on, due)
    if due < on:
        late = max(1, -left)
        return ngettext("逾期 %(n)s 个工作日", "逾期 %(n)s 个工作日", late) % {"n": late}, "bad"
    if due == on:
        return _("今天"), "warn"
    return ngettext("剩 %(n)s 个工作日", "剩 %(n)s 个工作日", left) % {"n": left}, "warn" if left <= 2 else ""


def grouped(waiting: list, on) -> list[tuple]:
    """(title, how many, [(item, words of its clock, kind)]) of what is shown."""
    titles = {
        queue.OVERDUE: _("已逾期"),
        queue.TODAY: _("今天"),
        queue.WEEK: _("本周"),
        queue.LATER: _("以后"),
    }
    return [
        (titles[name], len(items), [(item, *clock(item.due, on)) for item in items])
        for name, items in queue.grouped(waiting[:SHOWN], on)
    ]


@require_GET
def today(request, district):
    """What waits for me, and the cards of all apps, each fetched from the app that owns it."""
    request.actor.demand("today.view")
    if request.district.is_city:
        return city(request)
    on = timezone.localdate()
    waiting = REGISTRY.waiting(request.actor)
    groups = grouped(waiting, on)
    last = on.replace(day=months.monthrange(on.year, on.month)[1])
    days = working_days(on.replace(day=1), last)
    cards = [
        card
        for card in sorted(REGISTRY.cards, key=lambda c: c.order)
        if not card.of_city
        and request.actor.may(card.right)
        and (card.shown is None or card.shown(request.actor))
    ]
    return render(
        request,
        "portal/today.html",
        {
            "groups": groups,
            "count": len(waiting),
            "more": max(0, len(waiting) - SHOWN),
            "next_due": next((w for w in waiting if w.due and w.due >= on), None),
            "wide": [card for card in cards if card.wide],
            "narrow": [card for card in cards if not card.wide],
            "day_number": sum(day <= on for day in days),
            "day_count": len(days),
            "note": provisional_note(on),
        },
    )


def city(request):
    """The city's own page: its districts, each to be looked at and not to be changed."""
    districts = District.objects.filter(level=District.Level.DISTRICT)
    cards = [
        c for c in sorted(REGISTRY.cards, key=lambda c: c.order) if c.of_city and request.actor.may(c.right)
    ]
    waiting = REGISTRY.waiting(request.actor)
    context = {
        "districts": districts,
        "count": len(districts),
        "cards": cards,
        "groups": grouped(waiting, timezone.localdate()),
        "waiting": len(waiting),
        # an expert is of the city for some days and sees what was given to it, no more
        "whole": request.actor.may("city.view"),
    }
    return render(request, "portal/today_city.html", context)


@require_GET
def search(request, district):
    """Hits of all apps for a name, an address, a code or pinyin."""
    request.actor.demand("today.view")
    text = " ".join(request.GET.get("q", "").split())[:60]
    hits = REGISTRY.search(request.actor, text) if text else []
    return render(request, "portal/search.html", {"q": text, "hits": hits})
