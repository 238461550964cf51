"""'Today': what waits for me."""

from __future__ import annotations

from django.shortcuts import render
from django.views.decorators.http import require_GET

from portal.navigation import REGISTRY


@require_GET
def today(request, district):
    """What waits for me, and the cards of all apps, each fetched from the app that owns it."""
    request.actor.demand("today.view")
    cards = [card for card in sorted(REGISTRY.cards, key=lambda c: c.order) if request.actor.may(card.right)]
    return render(request, "portal/today.html", {"waiting": REGISTRY.waiting(request.actor), "cards": cards})
