"""The public notice of the districts to be named, without sign-in, and objections to it."""

from __future__ import annotations

from django.core.cache import cache
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from portal.errors import NotFound, Refused
from portal.views.forms import accepted, refuse, status_of
from portal.views.session import client_address
from targets.forms.naming import ObjectionForm
from targets.rules import naming as rules
from targets.services import notice_objections

#: From one address in an hour.
OBJECTIONS = 6


def counted(request) -> int:
    key = f"notice:{client_address(request)}"
    cache.add(key, 0, 3600)
    return cache.incr(key)


@require_GET
def notices(request, district):
    """Which notices there are and were, with their days."""
    on = timezone.localdate()
    rows = list(notice_objections.notices()[:50])
    for one in rows:
        one.standing = one.state == "notice" and rules.works(one.notice_from, one.notice_to, on)
    return render(request, "targets/naming_notices.html", {"rows": rows, "public_district": request.district})


@sensitive_post_parameters("text", "name", "contact")
@require_http_methods(["GET", "POST"])
def notice(request, district, pk):
    """Names of districts and days; while it stands, anybody may object."""
    on = timezone.localdate()
    row = notice_objections.on_notice(pk)
    if row is None:
        raise NotFound(_("没有这个公示"))
    standing = row.state == "notice" and rules.works(row.notice_from, row.notice_to, on)
    down = row.state not in ("notice", "named")
    states = () if down else ("selected", "named", "recommended", "revoked")
    shown = row.candidates.filter(state__in=states).select_related("applicant")
    posted = request.method == "POST"
    form = ObjectionForm(request.POST if posted else None, chosen=shown)
    made = None
    if posted and form.is_valid():
        if counted(request) > OBJECTIONS:
            refuse(form, Refused(_("这个网络一小时里送出得太多了，过一小时再来"), code="too_many"))
        else:
            made = accepted(
                form, lambda: notice_objections.object_to(row, actor=request.actor, **form.cleaned_data)
            )
    context = {
        "row": row, "shown": list(shown), "form": form, "made": made, "standing": standing, "down": down,
        "public_district": request.district, "national": [one for one in shown if one.national],
        "municipal": [one for one in shown if one.municipal],
        "titles": {key: facts["title"] for key, facts in row.quotas.items()},
    }  # fmt: skip
    return render(request, "targets/naming_notice.html", context, status=200 if made else status_of(form))
