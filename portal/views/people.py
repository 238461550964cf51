"""Persons and their roles, clients of the API, the audit log: the three administrators' pages."""

from __future__ import annotations

from urllib.parse import urlencode

from django.db.models import Q, Subquery
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.errors import Refused
from portal.forms import ClientForm, PersonForm, RoleForm
from portal.middleware import tell
from portal.models.people import ApiClient, Membership, StreetGrant, User
from portal.models.records import AuditEntry
from portal.navigation import REGISTRY
from portal.services import passwords, people
from portal.views.forms import refuse, status_of

PAGE = 50
#: Entries of the log that one search reads: no index finds two characters inside a text.
LOOKED_THROUGH = 20_000


@require_GET
def people_list(request, district):
    """Everybody with a role in the district, by name; those whose role ended stay visible below."""
    request.actor.demand("person.view")
    on = timezone.localdate()
    text = " ".join(request.GET.get("q", "").split())[:40]
    memberships = Membership.objects.allowed(request.actor, "person.view").select_related("user", "unit")
    if text:
        memberships = memberships.filter(Q(user__name__contains=text) | Q(user__username__contains=text))
    memberships = memberships.order_by("user__name", "user_id", "role")
    current = list(memberships.current(on)[: 6 * PAGE])
    return render(
        request,
        "portal/people.html",
        {
            "memberships": current,
            "q": text,
            "may_manage": request.actor.may("person.manage"),
            "waiting": request.actor.may("person.manage") and passwords.waiting(on).count(),
            "full": len(current) == 6 * PAGE,
        },
    )


@require_http_methods(["GET", "POST"])
def person_new(request, district):
    request.actor.demand("person.manage")
    form, roles = (
        PersonForm(request.POST if request.method == "POST" else None),
        RoleForm(request.POST or None),
    )
    if request.method == "POST" and form.is_valid() & roles.is_valid():
        try:
            user, password = people.create_person(**form.cleaned_data, actor=request.actor)
        except Refused as refused:
            refuse(form, refused)
        else:
            try:
                people.give_role(user, on=timezone.localdate(), actor=request.actor, **roles.cleaned_data)
            except Refused as refused:
                refuse(roles, refused)
            else:
                return render(request, "portal/person_made.html", {"person": user, "password": password})
    return render(
        request,
        "portal/person_form.html",
        {"form": form, "roles": roles},
        status=status_of(form, roles),
    )


@require_http_methods(["GET", "POST"])
def first_passwords(request, district):
    """Accounts that came in by a list and have no password yet; their first ones by POST, shown once."""
    request.actor.demand("person.manage")
    on, made = timezone.localdate(), []
    if request.method == "POST":
        made = passwords.first_passwords(actor=request.actor, on=on)
    found = list(passwords.waiting(on).only("username", "name")[: 6 * PAGE])
    return render(
        request, "portal/first_passwords.html", {"made": made, "waiting": found, "most": passwords.AT_ONCE}
    )


def in_district(request, pk) -> User:
    """A person with a role in this district, now or once; others do not exist here."""
    held = Membership.objects.allowed(request.actor, "person.view").filter(user_id=pk)
    return get_object_or_404(User, pk__in=held.values("user_id"))


@require_http_methods(["GET", "POST"])
def person(request, district, pk):
    """One person's roles and streets; a new role by POST."""
    request.actor.demand("person.view")
    user = in_district(request, pk)
    form = RoleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            people.give_role(user, on=timezone.localdate(), actor=request.actor, **form.cleaned_data)
        except Refused as refused:
            refuse(form, refused)
        else:
            tell(request, _("已给 %(name)s 加上角色") % {"name": user.name})
            return redirect("person", district, pk)
    return render(
        request,
        "portal/person.html",
        {
            "person": user,
            "memberships": Membership.objects.filter(user=user).select_related("unit").order_by("-starts_on"),
            "streets": StreetGrant.objects.filter(user=user).select_related("content_object"),
            "form": form,
            "may_manage": request.actor.may("person.manage"),
        },
        status=status_of(form),
    )


@require_POST
def role_end(request, district, pk):
    membership = get_object_or_404(Membership.objects.allowed(request.actor, "person.manage"), pk=pk)
    people.end_role(membership, actor=request.actor, on=timezone.localdate())
    tell(request, _("角色已收回"))
    return redirect("person", district, membership.user_id)


@require_POST
def password_reset(request, district, pk):
    request.actor.demand("person.manage")
    user = in_district(request, pk)
    password = passwords.reset_password(user, actor=request.actor, on=timezone.localdate())
    return render(request, "portal/person_made.html", {"person": user, "password": password})


@require_http_methods(["GET", "POST"])
def clients(request, district):
    """Clients of the API; a new one shows its token once."""
    request.actor.demand("client.manage")
    form = ClientForm(request.POST if request.method == "POST" else None)
    token = None
    if request.method == "POST" and form.is_valid():
        try:
            _client, token = people.create_client(
                **form.cleaned_data, actor=request.actor, on=timezone.localdate()
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            form = ClientForm()
    return render(
        request,
        "portal/clients.html",
        {
            "form": form,
            "token": token,
            "clients": ApiClient.objects.order_by("-pk"),
            "on": timezone.localdate(),
        },
        status=status_of(form),
    )


@require_POST
def client_end(request, district, pk):
    request.actor.demand("client.manage")
    client = get_object_or_404(ApiClient, pk=pk)
    people.end_client(client, actor=request.actor, on=timezone.localdate())
    tell(request, _("令牌已停用"))
    return redirect("clients", district)


def audit_log(actor):
    """The entries that the actor may read now, newest first."""
    entries = AuditEntry.objects.order_by("-pk")
    for subject_type, ids in REGISTRY.veiled(actor):
        entries = entries.exclude(subject_type=subject_type, subject_id__in=ids)
    return entries


@require_GET
def audit_list(request, district):
    """Who changed what, newest first; pages by the entry's number. What would tell of a visit before it is made
    comes into the list afterwards.

    A word is looked for in LOOKED_THROUGH entries at a time, however long the log has become; the page says how far
    back that was and goes on from there.
    """
    request.actor.demand("audit.view")
    entries = audit_log(request.actor)
    text = " ".join(request.GET.get("q", "").split())[:40]
    before, end = request.GET.get("before", ""), None
    before = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    if before is not None:
        entries = entries.filter(pk__lt=before)
    if text:
        end = end_of_search(before)
        entries = entries.filter(
            Q(subject__contains=text) | Q(actor__contains=text) | Q(action__startswith=text),
            pk__gt=end.pk if end else 0,
        )
    found = list(entries[: PAGE + 1])
    for entry in found:
        entry.facts = list(entry.changes.items())  # in a template a key called "items" would hide the method
    following = found[PAGE - 1].pk if len(found) > PAGE else end.pk + 1 if end else None
    return render(
        request,
        "portal/audit.html",
        {
            "entries": found[:PAGE],
            "q": text,
            "next_url": "?" + urlencode({"before": following} | ({"q": text} if text else {}))
            if following
            else "",
            "looked_to": end.at if end and len(found) <= PAGE else None,
        },
    )


def end_of_search(before: int | None) -> AuditEntry | None:
    """The first entry that a search no longer looks at, which begins before an entry or at the newest; None: it looks
    at all that there are."""
    entries = AuditEntry.objects.order_by("-pk")
    if before is not None:
        entries = entries.filter(pk__lt=before)
    place = entries.values("pk")[LOOKED_THROUGH : LOOKED_THROUGH + 1]  # by the index alone, without the rows
    return AuditEntry.objects.filter(pk=Subquery(place)).only("at").first()
