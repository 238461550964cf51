"""Which accounts keep a facility's file: the list, a new one, and the end of one."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from facilities.forms.people import KeeperForm
from facilities.models import FacilityGrant
from facilities.services import keepers as services
from facilities.views.facilities import fetched
from portal.middleware import tell
from portal.models.people import ROLE_LABELS, Membership
from portal.rules.rights import Role
from portal.templatetags.ui import masked
from portal.views.forms import accepted, status_of


@require_http_methods(["GET", "POST"])
def facility_keepers(request, district, pk):
    request.actor.demand("facility.entrust")
    facility = fetched(request, pk, "facility.entrust")
    form = KeeperForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        made = accepted(
            form,
            lambda: services.entrust(facility, actor=request.actor, username=form.cleaned_data["username"]),
        )
        if made:
            tell(request, _("%(name)s现在管这家机构") % {"name": masked(made.user.name)})
            return redirect("facility-keepers", district, pk)
    grants = list(
        FacilityGrant.objects.filter(content_object=facility)
        .select_related("user")
        .order_by("user__username")
    )
    held: dict[int, list[str]] = {}
    roles = Membership.objects.filter(user__in=[grant.user_id for grant in grants], role__in=services.ROLES)
    for membership in roles.current(timezone.localdate()):
        held.setdefault(membership.user_id, []).append(str(ROLE_LABELS[Role(membership.role)]))
    return render(
        request,
        "facilities/keepers.html",
        {
            "facility": facility,
            "form": form,
            "keepers": [(grant, held.get(grant.user_id, [])) for grant in grants],
        },
        status=status_of(form),
    )


@require_POST
def keeper_end(request, district, pk):
    request.actor.demand("facility.entrust")
    grant = FacilityGrant.objects.select_related("user").filter(pk=pk).first()
    if grant is None:
        raise Http404
    services.release(grant, actor=request.actor)
    tell(request, _("%(name)s不再管这家机构") % {"name": masked(grant.user.name)})
    return redirect("facility-keepers", district, grant.content_object_id)
