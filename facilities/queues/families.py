"""What waits for people because of families: decisions on requests, applications to finish, health checks that end."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from facilities.lists import families as family_lists
from facilities.models import AccessRequest, Enrolment
from portal.navigation import Waiting
from portal.templatetags.ui import masked

SHOWN = 10


def waiting(actor) -> list[Waiting]:
    """Requests for the head of the unit; applications and health checks for those who enrol."""
    slug = actor.district.slug
    found = []
    if actor.may("child.approve"):
        rows = AccessRequest.objects.allowed(actor, "child.approve").filter(state="asked")
        for row in rows.exclude(asked_by=actor.user).select_related("child", "asked_by")[:SHOWN]:
            found.append(
                Waiting(
                    title=_("审批：查看幼儿档案 %(code)s") % {"code": row.child.code},
                    facts=f"{masked(row.asked_by.name)}　{row.reason}",
                    url=reverse("access-requests", args=[slug]),
                    verb=_("看申请"),
                    state="doing",
                    order=30,
                )
            )
    if actor.may("child.enrol"):
        on = timezone.localdate()
        applied = Enrolment.objects.allowed(actor, "child.enrol").filter(state="applied")
        for row in applied.select_related("child", "facility").order_by("applied_on", "pk")[:SHOWN]:
            found.append(
                Waiting(
                    title=_("入托没办完：%(name)s") % {"name": row.child.shown},
                    facts=f"{row.child.code}　{row.facility.name}",
                    url=reverse("child", args=[slug, row.child_id]),
                    verb=_("接着办"),
                    state="none",
                    order=60,
                )
            )
        for row in family_lists.health_ending(actor, on)[:SHOWN]:
            left = (row.until - on).days if row.until else -1
            words = (
                _("入托体检过期：%(name)s")
                if left < 0
                else ngettext("入托体检剩 %(n)d 天：%(name)s", "入托体检剩 %(n)d 天：%(name)s", left)
            )
            found.append(
                Waiting(
                    title=words % {"name": row.child.shown, "n": left},
                    facts=f"{row.child.code}　{row.facility.name}",
                    url=reverse("child", args=[slug, row.child_id]),
                    verb=_("登记体检"),
                    due=row.until,
                    state="bad" if left < 0 else "warn",
                    order=50,
                )
            )
    return found
