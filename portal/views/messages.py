"""The inbox: what the portal told the person."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from portal.middleware import tell
from portal.models.messages import Message
from portal.services import messages as services

SHOWN = 60


@require_GET
def message_list(request, district):
    """The person's own messages, the newest first."""
    request.actor.demand("message.view")
    found = list(Message.objects.allowed(request.actor, "message.view")[: SHOWN + 1])
    return render(
        request,
        "portal/messages.html",
        {
            "rows": found[:SHOWN],
            "more": len(found) > SHOWN,
            "unread": sum(row.read_at is None for row in found[:SHOWN]),
        },
    )


@require_GET
def message(request, district, pk):
    """One message; opening it marks it as read."""
    request.actor.demand("message.view")
    found = Message.objects.allowed(request.actor, "message.view").filter(pk=pk).first()
    if found is None:
        raise Http404
    if not request.actor.visiting:
        services.read_message(found, actor=request.actor)
    return render(request, "portal/message.html", {"message": found})


@require_POST
def messages_read(request, district):
    """All of them are read."""
    request.actor.demand("message.view")
    if services.read_all(actor=request.actor):
        tell(request, _("都标为已读"))
    return redirect("messages", district)
