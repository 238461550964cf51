"""What every page knows: district, actor, navigation, theme."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from portal.navigation import groups_for
from portal.services.messages import unread


def page(request) -> dict:
    district = getattr(request, "district", None)
    actor = getattr(request, "actor", None)
    user = getattr(request, "user", None)
    signed_in = getattr(
        user, "is_authenticated", False
    )  # a client of the REST interface is nobody who signs in
    return {
        "district": district,
        "actor": actor,
        "today": timezone.localdate(),
        "nav": navigation(actor, district) if actor and district else [],
        "demonstration": bool(district and district.demonstration),
        "theme": user.theme if signed_in else "light",
        "contrast": user.contrast if signed_in else "",
    }


def navigation(actor, district) -> list[dict]:
    """The groups of the navigation, with the number of messages that the person has not opened."""
    groups = list(groups_for(actor, district, reverse))
    for group in groups:
        for item in group["items"]:
            if item["name"] == "messages":
                item["count"] = unread(actor)
    return groups
