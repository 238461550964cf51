"""The cards that targets serve for 'today': six targets at a glance, and the streets as tiles."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, F, Min, Q
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from inspections.models import Inspection, Order
from inspections.services import undisclosed
from portal.models.places import Street
from portal.rules.rights import Reach
from targets.metrics.base import Period
from targets.metrics.registry import FAMILY_OF, METRICS
from targets.models import Snapshot
from targets.services import rollup, snapshots
from targets.views.board import board

#: What 'today' shows at a glance, the first six that the district has.
GLANCE = (
    "yearly_visit", "double_random_monthly", "certified_share", "baby_house_certified_share", "skills_hours",
    "inclusive_site_per_street", "baby_house_coverage", "orders_in_time", "baby_house_training_both_kinds",
    "integrated_kindergarten_share", "video_connected", "sites_per_street",
)  # fmt: skip


@require_GET
def glance_card(request, district):
    """Six targets for 'today'."""
    request.actor.demand("target.view")
    today = timezone.localdate()
    snapshot = snapshots.latest("month", today.replace(day=1))
    if snapshot is None:
        snapshot = (
            Snapshot.objects.filter(period="month").order_by("-starts_on", "-as_of", "-taken_at").first()
        )
    whole = board(snapshot, district, on=today, street_values=False).rows
    rows = {row.metric.key: row for row in whole if row.counted}
    shown = [rows[key] for key in GLANCE if key in rows and rows[key].value is not None][:6]
    return render(
        request,
        "targets/glance_card.html",
        {"rows": shown, "total": len(whole), "snapshot": snapshot},
    )


@require_GET
def streets_card(request, district):
    """The tile map of 'today': visits of the month, orders, or facilities visited this year, street by street."""
    request.actor.demand("target.view")
    today = timezone.localdate()
    tabs = [("year", _("年度覆盖"))]
    if Reach.ALL in request.actor.reaches("order.view"):
        tabs.insert(0, ("orders", _("整改")))
    month = Period.month(today.year, today.month)
    may_see = Reach.ALL in request.actor.reaches("draw.view")
    if may_see and not undisclosed.veils_streets(request.actor, month.starts_on, month.ends_on):
        tabs.insert(0, ("month", _("检查")))
    names = [name for name, _word in tabs]
    show = request.GET.get("show") if request.GET.get("show") in names else names[0]
    numbers = {"month": visits_of_the_month, "orders": orders_of_the_year, "year": visited_this_year}[show](
        today
    )
    tiles = [
        {
            "col": street.tile_column,
            "row": street.tile_row,
            "name": street.name,
            "number": number,
            "of": of,
            "flag": flag,
            "flag_words": words,
        }
        for street in Street.objects.exclude(tile_column=None).order_by("tile_row", "tile_column")
        for number, of, flag, words in [numbers.get(street.pk, (0, 0, "", ""))]
    ]
    context = {
        "tiles": tiles,
        "tabs": [{"label": word, "show": name, "current": name == show} for name, word in tabs],
        "caption": {
            "month": _("本月双随机检查，做完的家数和抽到的家数"),
            "orders": _("今年的整改通知，已销号的件数和全部件数"),
            "year": _("今年检查过的家数和在办的家数"),
        }[show],
        "unit": _("件") if show == "orders" else _("家"),
    }
    return render(request, "targets/streets_card.html", context)


def visits_of_the_month(today: date) -> dict[int, tuple]:
    """Street -> (made, drawn, flag, words); what is past its day is flagged."""
    done = Q(state__in=("finished", "published"))
    rows = (
        Inspection.objects.filter(kind="drawn", month=today.replace(day=1))
        .exclude(state="cancelled")
        .values(street=F("facility__street"))
        .annotate(
            done=Count("pk", filter=done),
            drawn=Count("pk"),
            late=Count("pk", filter=~done & Q(due_on__lt=today)),
        )
    )
    found = {}
    for r in rows:
        flag, words = ("bad", _("%(n)s 家过了期限") % {"n": r["late"]}) if r["late"] else ("", "")
        found[r["street"]] = (r["done"], r["drawn"], flag, words)
    return found


def orders_of_the_year(today: date) -> dict[int, tuple]:
    rows = (
        Order.objects.filter(issued_on__year=today.year)
        .exclude(state="withdrawn")
        .values(street=F("facility__street"))
        .annotate(
            closed=Count("pk", filter=Q(state="closed")),
            all=Count("pk"),
            late=Count("pk", filter=~Q(state="closed") & Q(due_on__lt=today)),
            next=Min("due_on", filter=~Q(state="closed") & Q(due_on__gte=today)),
        )
    )
    found = {}
    for r in rows:
        flag, words = ("bad", _("逾期 %(n)s 件") % {"n": r["late"]}) if r["late"] else ("", "")
        if not flag and r["next"] and (r["next"] - today).days <= 3:
            flag, words = "warn", _("有 3 天内到期的")
        found[r["street"]] = (r["closed"], r["all"], flag, words)
    return found


def visited_this_year(today: date) -> dict[int, tuple]:
    period = rollup.period_of(today.year, None, on=today)
    figures = FAMILY_OF["yearly_visit"].figures(period, {}, [METRICS["yearly_visit"]])["yearly_visit"]
    return {street: (int(hit), int(of), "", "") for street, (hit, of) in figures.items()}
