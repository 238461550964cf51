"""What waits for a person in the yearly plans: a draft that is late, an approval, a publication."""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import InspectionPlan
from inspections.rules import plans as rules
from portal.access import Actor
from portal.models.places import District
from portal.navigation import Waiting


def began_later(district: District, year: int) -> bool:
    """Whether the city opened the district when that year's plan had been due: it is asked for, and not late."""
    opened = district.opened_at
    return opened is not None and timezone.localdate(opened) > rules.due(year)


def clock(district: District, year: int, on: date) -> str:
    """`rules.clock` of the year, which no district is late in before it was there."""
    late = rules.clock(year, on)
    return "doing" if late and began_later(district, year) else late


def waiting(actor: Actor, on: date | None = None) -> list[Waiting]:
    """From 1 March the year's plan that is not published is a warning, from 31 March on it is red (bureau). What was
    submitted waits for the head of a unit who did not submit it; what was approved waits for the bureau."""
    manages, approves = actor.may("plan.manage"), actor.may("plan.approve")
    if not (manages or approves):
        return []
    on = on or timezone.localdate()
    slug = actor.district.slug
    years = {on.year, on.year + 1}
    rows = list(InspectionPlan.objects.filter(year__in=years).defer("content").order_by("year", "revision"))
    found = {one.year: one for one in rows if not one.revision}
    items = []
    # a year's own plan has to be public by a day; a revision of it is not late, for the plan stands
    asked = [(year, found.get(year), clock(actor.district, year, on)) for year in sorted(years)]
    asked += [(one.year, one, "") for one in rows if one.revision]
    for year, plan, late in asked:
        if plan is None:
            if late and manages:
                new = began_later(actor.district, year)
                items.append(
                    _entry(
                        _("起草 %(year)s 年度检查计划") % {"year": year},
                        _("本区今年开通，公布了计划才能抽取")
                        if new
                        else _("3 月 31 日前要公布；没有公布，上一年的接着用"),
                        reverse("plans", args=[slug]),
                        _("起草计划"),
                        late,
                        None if new else rules.due(year),
                    )
                )
            continue
        page = reverse("plan", args=[slug, plan.slug])
        if plan.state == "submitted" and approves and not actor.same_person(plan.submitted_by):
            facts = _("已经演练和报批，等你批准或退回")
            items.append(
                _entry(plan.title, facts, page, _("批准或退回"), late or "doing", _due(plan, actor.district))
            )
        elif plan.state == "approved" and manages:
            facts = _("已批准，公布以后照它抽") if plan.revision else _("已批准，公布以后全年照它抽")
            items.append(
                _entry(plan.title, facts, page, _("公布计划"), late or "doing", _due(plan, actor.district))
            )
        elif plan.state == "draft" and manages and (late or plan.return_note):
            facts = (
                _("退回修改：%(note)s") % {"note": plan.return_note}
                if plan.return_note
                else _("还是草稿，公布了才能抽取")
                if began_later(actor.district, year)
                else _("还是草稿，3 月 31 日前要公布")
            )
            items.append(
                _entry(plan.title, facts, page, _("改计划"), late or "doing", _due(plan, actor.district))
            )
        elif plan.state == "submitted" and manages and late and late != "doing":
            facts = _("还在等单位负责人批准，3 月 31 日前要公布")
            items.append(_entry(plan.title, facts, page, _("看计划"), late, _due(plan, actor.district)))
    return items


def _due(plan: InspectionPlan, district: District) -> date | None:
    return None if plan.revision or began_later(district, plan.year) else rules.due(plan.year)


def _entry(title: str, facts: str, url: str, verb: str, state: str, due: date | None) -> Waiting:
    return Waiting(title=title, facts=facts, url=url, verb=verb, due=due, state=state, order=15)
