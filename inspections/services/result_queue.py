"""What waits for a person about results: drafts to read, objections and changes to decide, results to publish."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import PublicationRepair, ResultReview
from inspections.rules import results as rules
from inspections.services.visit_queue import MOST
from portal import calendar
from portal.access import Actor
from portal.navigation import Waiting
from portal.services import parameters

RED_DAYS = "publication.red_days"


def waiting(actor: Actor, on: date | None = None) -> list[Waiting]:
    """For an operator drafts to read, for team and bureau objections to decide and results whose clock runs out, for a
    head changes to decide."""
    on = on or timezone.localdate()
    if actor.user is None or not actor.may("result.view"):
        return []
    red = parameters.values([RED_DAYS], on).get(RED_DAYS, 0)
    wanted = Q()
    if actor.may("result.answer"):
        wanted |= Q(state="draft", answer_by__gte=on)
    if actor.may("result.decide"):
        wanted |= Q(state="answered") & ~Q(inspection__signed_by=actor.user)
    if actor.may("result.change_confirm"):
        wanted |= Q(state="changing") & Q(changes__state="open") & ~Q(changes__proposed_by=actor.user)
    if actor.may("result.publish"):
        soon = calendar.add_working_days(on, red)
        wanted |= Q(inspection__state="finished", inspection__publish_by__lte=soon)
    found = _repairs(actor)
    if not wanted:
        return found
    rows = ResultReview.objects.allowed(actor, "result.view").filter(wanted)
    rows = rows.select_related("inspection__facility__street").order_by("inspection__publish_by", "pk")
    return found + [_line(row, actor, on, red) for row in rows[:MOST]]


def _repairs(actor: Actor) -> list[Waiting]:
    """Applications to end publication: for the bureau to examine, for a head to decide."""
    wanted = Q()
    if actor.may("result.repair_examine"):
        wanted |= Q(state="asked")
    if actor.may("result.repair_decide"):
        wanted |= Q(state="examined") & ~Q(examined_by=actor.user)
    if not wanted:
        return []
    rows = PublicationRepair.objects.allowed(actor, "result.view").filter(wanted)
    return [
        Waiting(
            title=_("决定 %(name)s 的公示要不要修复") % {"name": row.review.inspection.facility.name}
            if row.state == "examined"
            else _("核实 %(name)s 的公示修复申请") % {"name": row.review.inspection.facility.name},
            facts=f"{row.review.inspection.facility.street}　{row.review.inspection.number}",
            url=reverse("result", args=[actor.district.slug, row.review_id]),
            verb=_("决定") if row.state == "examined" else _("核实"),
            due=None,
            state="doing",
            order=62,
        )
        for row in rows.select_related("review__inspection__facility__street").order_by("asked_at", "pk")[
            :MOST
        ]
    ]


def _line(row: ResultReview, actor: Actor, on: date, red: int) -> Waiting:
    visit = row.inspection
    due, order = visit.publish_by, 60
    left = calendar.working_days_between(on, due)
    state = rules.light(left, row.state != "final", red)
    if row.state == "draft" and actor.may("result.answer"):
        title, verb, due, state, order = _("看 %(name)s 的检查结果"), _("看结果"), row.answer_by, "doing", 27
    elif row.state == "answered":
        title, verb = _("答复 %(name)s 对检查结果的意见"), _("答复意见")
    elif row.state == "changing":
        title, verb, state = _("决定 %(name)s 的检查结果要不要更正"), _("决定"), "warn"
    elif row.state == "draft":
        title, verb = _("%(name)s 的检查结果还在征求意见，快到公示期限"), _("看结果")
    else:
        title, verb = _("公示 %(name)s 的检查结果"), _("公示")
    return Waiting(
        title=title % {"name": visit.facility.name},
        facts=f"{visit.facility.street}　{visit.number}",
        url=reverse("result", args=[actor.district.slug, row.pk]),
        verb=verb,
        due=due,
        state=state,
        order=order,
    )
