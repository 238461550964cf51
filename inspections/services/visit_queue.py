"""What waits for a person about visits and orders, and what a facility's dossier tells of them."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.models import Inspection, Inspector, Order, Recheck, TeamMember
from inspections.rules.states import CANCEL_REASONS
from portal import calendar
from portal.access import Actor
from portal.navigation import Waiting
from portal.rules.rights import Role

#: More rows of one kind than this are a list's business, not a queue's.
MOST = 50
PUBLISH_SOON_DAYS = 3


def waiting(actor: Actor, on: date | None = None) -> list[Waiting]:
    """For an inspector the own visits and re-inspections, for an operator orders to answer, for the bureau
    answered and overdue orders and results to publish, for an officer the own streets' orders, for a head
    visits to strike off."""
    on = on or timezone.localdate()
    found: list[Waiting] = []
    if actor.user is None:
        return found
    if actor.may("inspection.log"):
        found += _visits(actor, on)
    if actor.may("inspection.cancel_confirm"):
        found += _cancellations(actor)
    if actor.may("result.publish"):
        found += _results(actor, on)
    if actor.may("order.view"):
        found += _orders(actor, on)
    if actor.may("order.confirm_recheck"):
        found += _signatures(actor)
    return found


def _visits(actor: Actor, on: date) -> list[Waiting]:
    team = TeamMember.objects.filter(
        inspection=OuterRef("pk"), inspector__user=actor.user, dropped_at__isnull=True
    )
    rows = (
        Inspection.objects.open()
        .filter(Exists(team))
        .exclude(signed_by=actor.user)
        .select_related("facility__street")
        .order_by("due_on", "pk")
    )
    return [
        Waiting(
            title=_("等你确认：%(name)s 的检查") % {"name": row.facility.name}
            if row.state == "signed"
            else row.facility.name,
            facts=f"{row.facility.street}　{row.get_kind_display()}　{row.number}",
            url=reverse("inspection", args=[actor.district.slug, row.pk]),
            verb=_("核对并确认")
            if row.state == "signed"
            else _("继续检查")
            if row.state == "under_way"
            else _("去检查"),
            due=row.due_on,
            state="bad" if row.due_on < on else "none" if row.state == "due" else "doing",
            order=20,
        )
        for row in rows[:MOST]
    ]


def _cancellations(actor: Actor) -> list[Waiting]:
    rows = (
        Inspection.objects.known_to(actor)
        .open()
        .filter(cancel_requested_by__isnull=False)
        .exclude(cancel_requested_by=actor.user)
        .select_related("facility")
    )
    return [
        Waiting(
            title=_("决定是否销去 %(name)s 的检查") % {"name": row.facility.name},
            facts=f"{row.number}　{_(CANCEL_REASONS[row.cancel_reason])}　{row.cancel_note}",
            url=reverse("inspection-result", args=[actor.district.slug, row.pk]),
            verb=_("决定"),
            due=row.due_on,
            state="warn",
            order=25,
        )
        for row in rows[:MOST]
    ]


def _results(actor: Actor, on: date) -> list[Waiting]:
    """Results whose publication clock has three working days left or fewer."""
    soon = calendar.add_working_days(on, PUBLISH_SOON_DAYS)
    rows = Inspection.objects.known_to(actor).filter(state="finished", publish_by__lte=soon)
    return [
        Waiting(
            title=_("公示 %(name)s 的检查结果") % {"name": row.facility.name},
            facts=row.number,
            url=reverse("inspection-result", args=[actor.district.slug, row.pk]),
            verb=_("公示"),
            due=row.publish_by,
            state="bad" if row.publish_by < on else "warn",
            order=60,
        )
        for row in rows.select_related("facility").order_by("publish_by", "pk")[:MOST]
    ]


def _orders(actor: Actor, on: date) -> list[Waiting]:
    rows = (
        Order.objects.allowed(actor, "order.view")
        .select_related("facility__street")
        .annotate(n=Count("findings", filter=Q(findings__state__in=("open", "answered"))))
    )
    operator = Role.OPERATOR in actor.roles
    wanted = Q()
    if operator:
        wanted |= Q(state="issued")
    if actor.may("order.recheck"):
        wanted |= Q(state="answered")
    if actor.may("order.schedule"):
        wanted |= Q(state="issued", due_on__lt=on)
    if Role.STREET_OFFICER in actor.roles:
        wanted |= Q(state="issued", due_on__lte=calendar.add_working_days(on, PUBLISH_SOON_DAYS)) | Q(
            state="answered"
        )
    if not wanted:
        return []
    found = []
    planned = dict(
        Recheck.objects.filter(on__isnull=True, order__state="answered").values_list("order", "planned_on")
    )
    for row in rows.filter(wanted).order_by("due_on", "number")[:MOST]:
        due = row.due_on
        if row.state == "answered":
            title, verb, state = _("复查 %(name)s 的整改"), _("复查"), "doing"
            due = planned.get(row.pk)
        elif operator:
            title, verb, state = _("答复 %(name)s 的整改通知"), _("答复"), "bad" if due < on else "warn"
        else:
            title, verb, state = _("%(name)s 的整改逾期没有答复"), _("催一催"), "bad"
            if due >= on:
                title, state = _("%(name)s 的整改快到期"), "warn"
        facts = ngettext("%(number)s　%(n)d 个问题", "%(number)s　%(n)d 个问题", row.n) % {
            "number": row.number,
            "n": row.n,
        }
        found.append(
            Waiting(
                title=title % {"name": row.facility.name},
                facts=f"{row.facility.street}　{facts}",
                url=reverse("order", args=[actor.district.slug, row.pk]),
                verb=verb,
                due=due,
                state=state,
                order=30,
            )
        )
    return found


def _signatures(actor: Actor) -> list[Waiting]:
    """Re-inspections in which the person is named and that wait for the own signature."""
    codes = list(Inspector.objects.filter(user=actor.user).values_list("code", flat=True))
    if not codes:
        return []
    rows = (
        Recheck.objects.filter(passed__isnull=True, on__isnull=False, inspectors__overlap=codes)
        .exclude(signatures__overlap=codes)
        .select_related("order__facility__street")
        .order_by("on", "pk")
    )
    return [
        Waiting(
            title=_("等你确认：%(name)s 的复查") % {"name": row.order.facility.name},
            facts=f"{row.order.facility.street}　{row.order.number}",
            url=reverse("order", args=[actor.district.slug, row.order_id]),
            verb=_("核对并确认"),
            due=None,
            state="doing",
            order=28,
        )
        for row in rows[:MOST]
    ]
