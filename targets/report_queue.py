"""What of the reports waits for whom: the head reads and issues, the bureau lets a stale draft follow."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.navigation import Waiting
from portal.services import parameters
from portal.templatetags.ui import day_words
from targets.models import Report
from targets.services import reports


def waiting(actor: Actor) -> list[Waiting]:
    """核稿: drafts of periods that are over, for who may issue and did not draft."""
    if actor.user is None or not actor.may("report.issue"):
        return []
    today = timezone.localdate()
    drafts = [
        r
        for r in Report.objects.filter(state="draft").select_related("drafted_by")
        if r.content["closed"] and not actor.same_person(r.drafted_by)
    ]
    if not drafts:
        return []
    day = parameters.values(["report.due_day"], today).get("report.due_day", 10)
    return [
        Waiting(
            title=_("核稿：%(name)s（送审稿）") % {"name": reports.name_of(report)},
            facts=_("%(who)s 起草，数字算到 %(day)s")
            % {
                "who": report.drafted_by.name if report.drafted_by else _("系统"),
                "day": day_words(report.as_of, today),
            },
            url=reverse("report", args=[actor.district.slug, report.pk]),
            verb=_("核稿"),
            due=reports.due_day(report.period.ends_on, int(day)),
            order=30,
        )
        for report in drafts
    ]
