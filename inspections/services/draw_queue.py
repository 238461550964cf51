"""What waits for a person in the draws of this month, the next and the last: a query on the state, never a copied list."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.models import Draw
from inspections.services import draw_visits, freezing, month, plans
from portal.access import Actor
from portal.navigation import Waiting
from portal.templatetags.ui import month_word


def _entry(title: str, facts: str, url: str, verb: str, state: str, due: date | None) -> Waiting:
    return Waiting(title=title, facts=facts, url=url, verb=verb, due=due, state=state, order=10)


def waiting(actor: Actor, on: date | None = None) -> list[Waiting]:
    """For the bureau: freezings that are late, witnesses to enter, alarms, short teams. For who may confirm: what
    somebody else entered. For the head of a unit: requests to void, teams that nobody of the ranking can fill."""
    rights = {
        right
        for right in ("draw.freeze", "draw.witness", "draw.confirm", "draw.void_confirm", "team.name")
        if actor.may(right)
    }
    if not actor.may("draw.view") or not rights:
        return []
    on = on or timezone.localdate()
    slug = actor.district.slug
    wanted = month.months_to_see(on)
    (year, this), (next_year, following) = wanted
    last_year, last = before = month.month_before(on)
    rows = (
        Draw.objects.filter(
            Q(year=year, month=this)
            | Q(year=next_year, month=following)
            | Q(year=last_year, month=last)
            | Q(state__in=("frozen", "witnessed", "drawn"))
        )
        .exclude(state="void")
        .defer("frozen", "evidence")
        .select_related("scheme", "chain", "entered_by", "void_requested_by")
        .order_by("year", "month", "pk")
    )
    found = list(rows)
    items: list[Waiting] = []
    if "draw.freeze" in rights:
        there = {(draw.chain.scheme_key, draw.year, draw.month) for draw in found}
        # the month before can still be made up, if it was missed or its draw was voided
        numbers = [number for number in (before, *wanted) if freezing.may_freeze(*number, on)]
        schemes = {number: plans.schemes(number, on) for number in {of_year for of_year, _month in numbers}}
        missing = [
            (scheme, number, max(freezing.freeze_day(scheme, *number), plans.standing_since(scheme)))
            for number in numbers
            for scheme in schemes[number[0]]
            if (scheme.key, *number) not in there
            and (number != before or plans.standing_since(scheme) < date(*number, 1))
        ]
        if any(on > day for _scheme, _number, day in missing):
            beside = month.beside_of({of_year for of_year, _month in numbers})
            for scheme, number, day in missing:
                if on > day:
                    status = month.status(
                        scheme, *number, on=on, draw=None, beside=beside.get((scheme.key, number[0]), ())
                    )
                    items.append(
                        _entry(
                            _("冻结 %(month)s 月的名单") % {"month": month_word(number[1])},
                            f"{scheme.name}　{status.current.note}",
                            reverse("draws", args=[slug]) + f"?year={number[0]}",
                            _("冻结名单"),
                            "warn",
                            day,
                        )
                    )
    short = month.short_counts(found) if rights & {"draw.freeze", "team.name"} else {}
    for draw in found:
        items += _of_draw(draw, actor, rights, on, slug, short.get(draw.pk, 0))
    return items


def _of_draw(draw: Draw, actor: Actor, rights: set[str], on: date, slug: str, short: int) -> list[Waiting]:
    page = reverse("draw", args=[slug, draw.pk])
    words = {"month": month_word(draw.month)}
    name = draw.scheme.name
    if draw.void_requested_at is not None:
        if "draw.void_confirm" not in rights or actor.same_person(draw.void_requested_by):
            return []
        title = _("决定是否作废 %(month)s 月的抽取") % words
        return [
            _entry(
                title, draw.void_reason, reverse("draw-void", args=[slug, draw.pk]), _("决定"), "warn", None
            )
        ]
    end = month.last_day(draw.scheme, draw.year, draw.month, timezone.localdate(draw.frozen_at))
    _first, until = month.window(draw.scheme, draw.year, draw.month)
    if draw.state == "frozen" and "draw.witness" in rights:
        if on > end and not (draw.scheme.chained_allowed and not draw.never_chained):
            state, facts = "bad", _("见证期已过，方案不允许接链。安排见证，掷骰录入")
        elif on > until:
            state, facts = "warn", _("见证期已过，还可以录入")
        else:
            state, facts = "doing", _("名单已冻结，%(n)s 个工作日内掷骰") % {"n": draw.scheme.window_days}
        title = _("%(month)s 月抽取等见证") % words
        url = reverse("draw-witness", args=[slug, draw.pk])
        return [_entry(title, f"{name}　{facts}", url, _("录入点数"), state, end)]
    if draw.state == "witnessed" and "draw.confirm" in rights and not actor.same_person(draw.entered_by):
        title = _("核对 %(month)s 月的点数") % words
        url = reverse("draw-witness", args=[slug, draw.pk])
        facts = _("另一位工作人员已录入，由你对照现场确认")
        return [_entry(title, f"{name}　{facts}", url, _("核对并抽取"), "doing", end)]
    if draw.state == "drawn" and rights & {"draw.freeze", "team.name"}:
        if short:
            title = ngettext(
                "%(month)s 月有 %(n)s 家检查组缺人，不能开检",
                "%(month)s 月有 %(n)s 家检查组缺人，不能开检",
                short,
            ) % {**words, "n": short}
            facts = _("按顺位递补；没有人可递补的，由单位负责人指派")
            verb = _("递补") if "draw.freeze" in rights else _("指派")
            due = draw_visits.visits_due_on(draw, timezone.localdate(draw.drawn_at))
            return [_entry(title, f"{name}　{facts}", page, verb, "bad", due)]
    return []
