"""Visits and orders of a facility in its dossier, as far as the reader may know of them."""

from __future__ import annotations

from django.db.models import Case, Count, DateField, F, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce, TruncDate
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.models import Inspection, Order
from inspections.rules.states import CANCEL_REASONS
from portal.dossier import Stream
from portal.navigation import Event

MADE = ("finished", "published")


def said(state: str, fact: str, detail: str = "", url: str = "") -> Event:
    return Event(None, state, fact, detail, url)


def visits(facility, actor) -> QuerySet:
    """The facility's visits, `known` where the reader may open them: visits come unannounced."""
    known = Q(pk__in=[])
    if actor.may("inspection.view"):
        known = Q(pk__in=Inspection.objects.known_to(actor).filter(facility=facility).values("pk"))
    return Inspection.objects.filter(facility=facility).annotate(
        known=Case(When(known, then=Value(True)), default=Value(False))
    )


def made(facility, actor) -> QuerySet:
    return visits(facility, actor).filter(state__in=MADE).annotate(found=Count("findings"))


def cancelled(facility, actor) -> QuerySet:
    return visits(facility, actor).filter(state="cancelled", known=True)


def coming(facility, actor) -> QuerySet:
    return visits(facility, actor).filter(known=True).exclude(state__in=(*MADE, "cancelled"))


def url_of(row: Inspection, actor) -> str:
    return reverse("inspection", args=[actor.district.slug, row.pk]) if row.known else ""


def making(row: Inspection, actor) -> Event:
    state = "bad" if row.found else "ok"
    if not (row.known or row.state == "published"):
        fact, state = _("现场检查，结果还没有公示"), "doing"
    elif row.found:
        fact = ngettext("现场检查，%(n)d 个问题", "现场检查，%(n)d 个问题", row.found) % {"n": row.found}
    else:
        fact = _("现场检查，查到的都符合")
    return said(state, fact, f"{row.get_kind_display()}　{row.number}", url_of(row, actor))


def striking(row: Inspection, actor) -> Event:
    why = _(CANCEL_REASONS.get(row.cancel_reason, ""))
    return said("none", _("检查销去"), f"{why}　{row.number}".strip(), url_of(row, actor))


def waiting(row: Inspection, actor) -> Event:
    return said(
        "none", _("待检查，最迟这一天"), f"{row.get_kind_display()}　{row.number}", url_of(row, actor)
    )


def orders(facility, actor) -> QuerySet | None:
    if not actor.may("order.view"):
        return None
    found = Order.objects.allowed(actor, "order.view").filter(facility=facility)
    return found.annotate(n=Count("findings", distinct=True))


def order_url(row: Order, actor) -> str:
    return reverse("order", args=[actor.district.slug, row.pk])


def issuing(row: Order, actor) -> Event:
    fact = ngettext("发出整改通知，%(n)d 个问题", "发出整改通知，%(n)d 个问题", row.n) % {"n": row.n}
    return said("bad", fact, row.number, order_url(row, actor))


def closing(row: Order, actor) -> Event:
    return said("ok", _("整改销号"), row.number, order_url(row, actor))


STREAMS = [
    Stream("inspection-1-coming", "inspection", coming, waiting, "due_on"),
    Stream("inspection-2-made", "inspection", made, making, "finished_on"),
    Stream(
        "inspection-3-cancelled",
        "inspection",
        cancelled,
        striking,
        Coalesce(TruncDate("cancelled_at"), Cast(F("month"), DateField())),
    ),
    Stream("order-1-issued", "order", orders, issuing, "issued_on"),
    Stream("order-2-closed", "order", orders, closing, "closed_on"),
]
