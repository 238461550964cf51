"""What an order's page shows besides answer and re-inspection: extensions of its deadline, the ladder it climbs."""

from __future__ import annotations

from datetime import date

from inspections.forms.orders import ExtensionAnswerForm, ExtensionForm
from inspections.models import Order
from inspections.services import escalations, extensions


def steps_of(request, row: Order, on: date, forms: dict, *, may_ask: bool) -> dict:
    """`forms`: what was sent and not taken, by name. `may_ask`: the order is open and the actor's facility's."""
    actor = request.actor
    asked = list(row.extensions.select_related("file", "asked_by"))
    waiting = next((one for one in asked if one.state == "asked"), None)
    may_ask = may_ask and actor.may("order.extend_ask")
    against = extensions.stands_against(row, on) if may_ask else ""
    may_decide = waiting is not None and row.state == "issued" and actor.may("order.extend")
    may_decide = may_decide and not actor.same_person(waiting.asked_by)
    form = None
    if may_ask and (not against or "extension" in forms):
        form = forms.get("extension") or ExtensionForm(initial={"version": row.version})
    return {
        "ladder": escalations.ladder(row, on),
        "extensions": asked,
        "extension": waiting,
        "extension_form": form,
        "extension_against": against,
        "extension_answer_form": (forms.get("extension_answer") or ExtensionAnswerForm())
        if may_decide
        else None,
    }
