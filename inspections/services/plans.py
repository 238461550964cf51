"""The yearly inspection plan: which schemes are in force, next year's plan from the last one, its publication."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import InspectionPlan, Scheme
from portal.access import Actor
from portal.errors import Conflict, NotFound, Refused
from portal.services import audit


def plan_for(year: int, on: date) -> InspectionPlan | None:
    """The plan that is in force on the day for a month of the year: the last published one goes on until the
    year's own is published."""
    return InspectionPlan.objects.filter(year__lte=year, published_on__lte=on).order_by("-year").first()


def schemes(year: int, on: date) -> list[Scheme]:
    """The schemes in force, in order of their keys; none where no plan is published."""
    plan = plan_for(year, on)
    if plan is None:
        return []
    return list(plan.schemes.select_related("clause__document", "plan").order_by("key"))


def scheme(key: str, year: int, on: date) -> Scheme:
    """One scheme by key; NotFound where the plan has none of that key."""
    for one in schemes(year, on):
        if one.key == key:
            return one
    raise NotFound(_("%(year)s 年的检查计划里没有方案 %(key)s") % {"year": year, "key": key}, code="scheme")


def make_plan(year: int, *, actor: Actor, title: str = "") -> InspectionPlan:
    """An unpublished plan of the year with the schemes of the last plan. Conflict when the year has one."""
    actor.demand("plan.manage")
    if not 2000 <= year <= 2999:
        raise Refused(_("年份：填 2000 到 2999 之间的数"), field="year", code="year")
    if InspectionPlan.objects.filter(year=year).exists():
        raise Conflict(_("%(year)s 年的检查计划已经有了。直接改它") % {"year": year}, field="year")
    last = InspectionPlan.objects.filter(year__lt=year).order_by("-year").first()
    if last is None:
        raise NotFound(_("没有更早的计划可以沿用。先载入参考数据"), code="plan")
    plan = InspectionPlan.objects.create(
        year=year, title=title or _("%(year)s 年度双随机检查计划") % {"year": year}
    )
    for one in last.schemes.all():
        one.pk, one._state.adding, one.plan = None, True, plan
        one.save()
    audit.record("inspections.plan.make", plan, actor=actor, name=plan.title, changes={"from": last.year})
    return plan


def publish_plan(plan: InspectionPlan, *, actor: Actor, on: date | None = None) -> InspectionPlan:
    """Publishes a plan with at least one scheme; done once."""
    actor.demand("plan.manage")
    plan = InspectionPlan.objects.select_for_update().get(pk=plan.pk)
    if plan.published_on is not None:
        return plan
    if not plan.schemes.exists():
        raise Refused(_("计划里还没有方案。至少要有一个才能公布"), code="plan_empty")
    plan.published_on = on or timezone.localdate()
    plan.save(update_fields=["published_on"])
    audit.record("inspections.plan.publish", plan, actor=actor, name=plan.title)
    return plan


def confirm_publicity(scheme: Scheme, *, actor: Actor, at: datetime | None = None) -> Scheme:
    """The bureau confirms, once, that grades and recusals become public with the evidence (draw.md)."""
    actor.demand("plan.manage")
    scheme = Scheme.objects.select_for_update().get(pk=scheme.pk)
    if scheme.grades_public_confirmed_at is None:
        scheme.grades_public_confirmed_at = at or timezone.now()
        scheme.grades_public_confirmed_by = actor.user
        scheme.save(update_fields=["grades_public_confirmed_at", "grades_public_confirmed_by"])
        audit.record("inspections.scheme.confirm_publicity", scheme, actor=actor)
    return scheme
