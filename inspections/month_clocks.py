"""All clocks of the month on one ruler: draw, visits, rectification, publication. Answers 'are we late' at a glance."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from django.db.models import Count, Max, Min, Q
from django.utils.translation import gettext as _

from inspections.models import Draw, Inspection, Order
from inspections.rules.states import OPEN
from portal.access import Actor
from portal.calendar import add_working_days, working_days_between
from portal.services import parameters

RED_DAYS = "publication.red_days"


def percent(done: int, total: int) -> int:
    return round(100 * done / total) if total else 0


def draw_lane(first: date, last: date, on: date) -> dict:
    draws = list(
        Draw.objects.filter(year=first.year, month=first.month)
        .exclude(state="void")
        .annotate(visits=Count("inspections", filter=~Q(inspections__state="cancelled")))
    )
    marks = [
        {"day": d.frozen_at.date(), "text": _("冻结"), "kind": ""}
        for d in draws
        if first <= d.frozen_at.date() <= last
    ]
    marks += [
        {"day": d.drawn_at.date(), "text": _("抽取 %(n)s 家") % {"n": d.visits}, "kind": ""}
        for d in draws
        if d.drawn_at
    ]
    if draws and all(d.drawn_at for d in draws):
        state = ("ok", _("已抽取，可复算"))
    elif draws:
        state = ("doing", draws[0].get_state_display())
    else:
        state = ("warn", _("还没有冻结"))
    return {"label": _("双随机"), "state": state, "bars": [], "marks": marks}


def visit_lane(first: date, last: date, on: date) -> dict:
    seen = (
        Inspection.objects.filter(month=first, kind="drawn")
        .exclude(state="cancelled")
        .aggregate(
            total=Count("pk"),
            done=Count("pk", filter=Q(state__in=("finished", "published"))),
            late=Count("pk", filter=Q(state__in=OPEN, due_on__lt=on)),
            due=Max("due_on"),
        )
    )
    if not seen["total"]:
        return {"label": _("现场检查"), "state": ("none", _("还没有抽取")), "bars": [], "marks": []}
    left = seen["total"] - seen["done"]
    if not left:
        state = ("ok", _("都查完了"))
    elif seen["late"]:
        state = ("bad", _("逾期 %(n)s 家") % {"n": seen["late"]})
    else:
        days = working_days_between(on, seen["due"])
        state = ("doing", _("余 %(n)s 家，剩 %(days)s 个工作日") % {"n": left, "days": days})
    text = _("已完成 %(done)s / %(total)s 家") % seen
    bars = [
        {
            "start": first,
            "end": min(seen["due"], last),
            "done": percent(seen["done"], seen["total"]),
            "text": text,
        }
    ]
    return {"label": _("现场检查"), "state": state, "bars": bars, "marks": []}


def order_lane(first: date, last: date, on: date) -> dict:
    in_month = Q(issued_on__gte=first, issued_on__lte=last) & ~Q(state="withdrawn")
    done = Q(state__in=("closed", "withdrawn"))
    seen = Order.objects.aggregate(
        total=Count("pk", filter=in_month),
        closed=Count("pk", filter=in_month & Q(state="closed")),
        begins=Min("issued_on", filter=in_month),
        late=Count("pk", filter=~done & Q(due_on__lt=on)),
        open=Count("pk", filter=~done),
    )
    if seen["late"]:
        state = ("bad", _("逾期 %(n)s 件") % {"n": seen["late"]})
    elif seen["open"]:
        state = ("doing", _("在办 %(n)s 件") % {"n": seen["open"]})
    else:
        state = ("ok", _("没有未销号的"))
    bars = []
    if seen["total"]:
        text = _("整改通知 %(total)s 件，已销号 %(closed)s") % seen
        bars = [
            {
                "start": seen["begins"],
                "end": last,
                "done": percent(seen["closed"], seen["total"]),
                "text": text,
            }
        ]
    return {"label": _("整改"), "state": state, "bars": bars, "marks": []}


def publication_lane(first: date, last: date, on: date) -> dict:
    red = add_working_days(on, parameters.values([RED_DAYS], on).get(RED_DAYS, 0))
    falls_due = Q(publish_by__gte=first, publish_by__lte=last)
    seen = Inspection.objects.filter(state__in=("finished", "published")).aggregate(
        total=Count("pk", filter=falls_due),
        done=Count("pk", filter=falls_due & Q(state="published")),
        late=Count("pk", filter=Q(state="finished", publish_by__lt=on)),
        soon=Count(
            "pk", filter=Q(state="finished", publish_by__gte=on, publish_by__lte=on + timedelta(days=7))
        ),
        held=Count(
            "pk",
            filter=Q(state="finished", publish_by__gte=on, publish_by__lte=red) & ~Q(review__state="final"),
        ),
        next=Min("publish_by", filter=Q(state="finished", publish_by__gte=on)),
    )
    if seen["late"]:
        state = ("bad", _("逾期 %(n)s 家") % {"n": seen["late"]})
    elif seen["held"]:  # red before the breach: something stands against publication
        state = ("bad", _("%(n)s 家快到期，结果还没有定") % {"n": seen["held"]})
    elif seen["soon"]:
        state = ("warn", _("%(n)s 家一周内到期") % {"n": seen["soon"]})
    else:
        state = ("ok", _("都在期限内"))
    bars, marks = [], []
    if seen["total"]:
        text = _("公示 %(done)s / %(total)s 家") % seen
        bars = [{"start": first, "end": last, "done": percent(seen["done"], seen["total"]), "text": text}]
    if seen["next"] and first <= seen["next"] <= last:
        marks = [{"day": seen["next"], "text": "", "kind": "bad" if seen["soon"] else "open"}]
    return {"label": _("公开"), "state": state, "bars": bars, "marks": marks}


def lanes(actor: Actor, on: date) -> list[dict]:
    """Four lanes, five queries. The drawn visits are counted only, so that nobody learns which they are."""
    actor.demand("month.view")
    first = on.replace(day=1)
    last = on.replace(day=calendar.monthrange(on.year, on.month)[1])
    return [lane(first, last, on) for lane in (draw_lane, visit_lane, order_lane, publication_lane)]
