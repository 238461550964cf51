"""Families that were at an event with their children: what of it counts as a service, and what is still to be said."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from facilities.paging import paged
from guidance.forms.events import ChildForm
from guidance.lists import events as lists
from guidance.models import EventChild, EventSignup, GuidanceEvent
from guidance.rules import events as rules
from guidance.rules import services as service_rules
from guidance.services import attendances, event_children
from guidance.views.events import fetched, signup_of
from portal.choices import in_language
from portal.middleware import tell
from portal.views.forms import accepted, status_of


@require_http_methods(["GET", "POST"])
def children(request, district, pk):
    """Families that were there, with their children: what counts as a service, and what is still to be said."""
    row = fetched(request, pk)
    if request.method == "GET":
        return children_page(request, row, ChildForm())
    form = ChildForm(request.POST)
    family = request.POST.get("signup", "")
    found = (
        signup_of(request, pk, int(family))
        if family.isascii() and family.isdigit() and len(family) < 18
        else None
    )

    def name():
        card = form.cleaned_data["card"]
        if found is not None:
            return attendances.name_child(found, card=card, actor=request.actor)
        return attendances.add_child(row, card=card, actor=request.actor)

    done = accepted(form, name)
    if done:
        tell(request, _("%(code)s已记上") % {"code": done.child.code})
        return redirect("guidance-event-children", district, pk)
    return children_page(request, fetched(request, pk), form, at=found)


def children_page(request, row: GuidanceEvent, form: ChildForm, at: EventSignup | None = None):
    """`at`: the family at which the refused form stands; None for who came without a sign-up."""
    page = paged(lists.attendances(row), lists.SIGNUP_SORTS, request.GET, default="line")
    facts = event_children.facts_of(row)
    others = row.children.filter(signup__isnull=True).select_related("child").order_by("pk")
    context = {
        "event": row,
        "page": page,
        "rows": page.rows,
        "others": list(others[: rules.MOST]),
        "entered": event_children.entered(row),
        "hours": facts["hours"],
        "kind": dict(in_language(rules.DOMAINS.items()))[facts["kind"]],
        "giver": dict(in_language(service_rules.GIVERS.items()))[facts["given_by"]],
        "form": form,
        "walk_in_form": form if at is None else ChildForm(),
        "at": at,
        "open": row.state in ("announced", "over"),
        "left": max(0, row.walk_ins - sum(one.walk_in for one in others)),
    }
    return render(request, "guidance/event_children.html", context, status=status_of(form))


@require_POST
def child_remove(request, district, pk, child):
    row = fetched(request, pk)
    found = EventChild.objects.filter(event=row, pk=child).select_related("event", "child").first()
    if found is None:
        raise Http404
    attendances.remove_child(found, actor=request.actor)
    tell(request, _("%(code)s不再记") % {"code": found.child.code})
    return redirect("guidance-event-children", district, pk)
