"""A published plan revised within its year: begun with a reason, dropped as a draft. What lies between goes as for every
plan (plans.py): changed, rehearsed, submitted, approved, published. The plan before it stays public as it was."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import InspectionPlan
from inspections.rules import plans as rules
from inspections.services import plans
from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.services import audit, publicity


def may_revise(plan: InspectionPlan, on: date) -> bool:
    """Whether a revision of this plan may begin: it is its year's last word, public, and the year is not over."""
    if plan.published_on is None or plan.year < on.year:
        return False
    return not InspectionPlan.objects.filter(year=plan.year, revision__gt=plan.revision).exists()


def revise_plan(plan: InspectionPlan, *, reason: str, actor: Actor, on: date | None = None) -> InspectionPlan:
    """The draft of a published plan's revision, with the plan's own schemes. It goes the way of every plan; until it is
    published the plan stands, and afterwards it stays public as it was. Refused without a reason, which is public;
    Conflict for a plan that is not its year's last word, or of a year that is over."""
    actor.demand("plan.manage")
    reason = " ".join(reason.split())
    least, most = rules.REASON
    if not least <= len(reason) <= most:
        raise Refused(
            _("为什么修订：写 %(least)d 到 %(most)d 个字，会公开") % {"least": least, "most": most},
            field="reason",
        )
    publicity.demand(reason, field="reason", label=_("为什么修订"))
    row = plans.locked(plan)
    if not may_revise(row, on or timezone.localdate()) or row.revision >= rules.MOST_REVISIONS:
        raise Conflict(
            _("%(name)s不能修订：要修订的是当年或以后、公布了的最新一份，同时只能有一份在改")
            % {"name": row.title},
            code="state",
        )
    number = row.revision + 1
    first = row if not row.revision else InspectionPlan.objects.get(year=row.year, revision=0)
    made = InspectionPlan.objects.create(
        year=row.year,
        revision=number,
        reason=reason,
        title=_("%(title)s（第 %(n)d 次修订）") % {"title": first.title[:100], "n": number},
        inspector_days=row.inspector_days,
        visits_a_day=row.visits_a_day,
    )
    plans.take_over(row, made)
    audit.record(
        "inspections.plan.revise",
        made,
        actor=actor,
        name=made.title,
        changes={"from": row.slug, "reason": reason},
    )
    return made


def drop_revision(plan: InspectionPlan, *, actor: Actor, version: int) -> None:
    """The draft of a revision is not wanted any more; the published plan goes on."""
    actor.demand("plan.manage")
    row = plans.locked(plan)
    plans.demand_draft(row)
    row = plans.locked(plan, version)
    if not row.revision:
        raise Conflict(_("%(name)s是全年的计划，只能改，不能不要") % {"name": row.title}, code="state")
    audit.record("inspections.plan.drop", row, actor=actor, name=row.title, changes={"reason": row.reason})
    row.delete()
