"""Visits and orders of a facility in its dossier, as far as the reader may know of them."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Case, Count, DateField, F, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce, TruncDate
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.models import Complaint, DeviceOutage, Incident, Inspection, Order, Recusal, WatchSlot
from inspections.rules.states import CANCEL_REASONS
from inspections.rules.voices import TRUE
from inspections.services.complaints import seen_by
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
    return (
        visits(facility, actor)
        .filter(state__in=MADE)
        .annotate(found=Count("findings", filter=~Q(findings__state="withdrawn")))
    )


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


def out(facility, actor) -> QuerySet | None:
    """Devices that were out for longer than a day: less is nobody's business years later."""
    if not actor.may("device.view"):
        return None
    rows = DeviceOutage.objects.filter(facility=facility).select_related("device")
    return rows.filter(Q(ended_at__isnull=True) | Q(ended_at__gte=F("began_at") + timedelta(days=1)))


def failing(row: DeviceOutage, actor) -> Event:
    return said(
        "ok" if row.ended_at else "bad",
        _("%(place)s：%(fault)s") % {"place": row.device.place, "fault": row.get_fault_display()},
        row.device.code,
        reverse("device", args=[actor.district.slug, row.device_id]),
    )


def watched(facility, actor) -> QuerySet | None:
    """Recordings that were looked at: a facility learns of it too, once the week's list is public."""
    if not actor.may("device.view"):
        return None
    rows = WatchSlot.objects.filter(facility=facility).exclude(outcome="")
    if not actor.may("watch.view"):
        rows = rows.filter(watch_list__state="published")
    return rows.select_related("device", "watch_list")


def watching(row: WatchSlot, actor) -> Event:
    state = {"ok": "ok", "finding": "bad", "gone": "warn"}[row.outcome]
    detail = f"{row.device.place}　{row.note}".strip()
    url = reverse("watch", args=[actor.district.slug, row.watch_list_id]) if actor.may("watch.view") else ""
    return said(state, _("视频抽看：%(outcome)s") % {"outcome": row.get_outcome_display()}, detail, url)


def complaints(facility, actor) -> QuerySet | None:
    if not actor.may("complaint.view"):
        return None
    return seen_by(actor).filter(facility=facility).defer("text", "name", "phone")


def complaining(row: Complaint, actor) -> Event:
    outcome = row.get_outcome_display() if row.outcome else row.get_state_display()
    state = "bad" if row.outcome in TRUE else "none" if row.state in ("answered", "passed") else "doing"
    url = reverse("complaint", args=[actor.district.slug, row.pk])
    return said(
        state,
        _("投诉：%(subject)s") % {"subject": row.get_subject_display()},
        f"{outcome}　{row.number}",
        url,
    )


def incidents(facility, actor) -> QuerySet | None:
    if not actor.may("incident.view"):
        return None
    return Incident.objects.allowed(actor, "incident.view").filter(facility=facility)


def happening(row: Incident, actor) -> Event:
    more = "　".join([row.get_state_display(), row.number] + ([_("迟报")] if row.late else []))
    url = reverse("incident", args=[actor.district.slug, row.pk])
    return said("bad", _("安全事件：%(kind)s") % {"kind": row.get_kind_display()}, more, url)


def recusals(facility, actor) -> QuerySet | None:
    if not actor.may("recusal.view"):
        return None
    return (
        Recusal.objects.known_to(actor)
        .filter(inspection__facility=facility)
        .select_related("inspector", "inspection")
    )


def stepping_aside(row: Recusal, actor) -> Event:
    state = {"asked": "warn", "granted": "ok", "refused": "none"}[row.state]
    fact = _("%(code)s 的回避：%(state)s") % {"code": row.inspector.code, "state": row.get_state_display()}
    url = reverse("recusal", args=[actor.district.slug, row.pk])
    return said(state, fact, f"{row.inspection.number}　{row.answer}".strip(), url)


STREAMS = [
    Stream("voice-1-complaint", "voice", complaints, complaining, "received_on"),
    Stream("voice-2-incident", "voice", incidents, happening, "happened_on"),
    Stream("inspection-1-coming", "inspection", coming, waiting, "due_on"),
    Stream("inspection-2-made", "inspection", made, making, "finished_on"),
    Stream(
        "inspection-3-cancelled",
        "inspection",
        cancelled,
        striking,
        Coalesce(TruncDate("cancelled_at"), Cast(F("month"), DateField())),
    ),
    Stream("inspection-4-out", "inspection", out, failing, "began_at", moment=True),
    Stream("inspection-5-watched", "inspection", watched, watching, "starts_at", moment=True),
    Stream("inspection-6-recusal", "inspection", recusals, stepping_aside, "asked_at", moment=True),
    Stream("order-1-issued", "order", orders, issuing, "issued_on"),
    Stream("order-2-closed", "order", orders, closing, "closed_on"),
]
