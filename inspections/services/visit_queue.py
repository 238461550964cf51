"""What waits for a person about visits and orders, and what a facility's dossier tells of them."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.models import Inspection, Inspector, Order, OrderExtension, Recheck, Recusal, TeamMember
from inspections.rules.states import CANCEL_REASONS, OPEN
from inspections.services import employers, recusals
from inspections.services.escalations import escalated_to
from portal import calendar
from portal.access import Actor
from portal.navigation import Waiting
from portal.rules.rights import Role

#: More rows of one kind than this are a list's business, not a queue's.
MOST = 50
PUBLISH_SOON_DAYS = 3


def waiting(actor: Actor, on: date | None = None) -> list[Waiting]:
    """For an inspector the own visits and re-inspections, for an operator orders to answer, for the bureau
    answered and overdue orders, for an officer the own streets' orders, for a head
    visits to strike off."""
    on = on or timezone.localdate()
    found: list[Waiting] = []
    if actor.user is None:
        return found
    if actor.may("inspection.log"):
        found += _visits(actor, on)
    if actor.may("inspection.cancel_confirm"):
        found += _cancellations(actor)
    if actor.may("recusal.ask"):
        found += _teams_here(actor)
    if actor.may("recusal.decide"):
        found += _recusals(actor)
    if actor.may("namesake.decide"):
        found += _namesakes(actor, on)
    if actor.may("order.view"):
        found += _orders(actor, on)
    if actor.may("order.confirm_recheck"):
        found += _signatures(actor)
    if actor.may("order.extend"):
        found += _extensions(actor)
    if Role.UNIT_HEAD in actor.roles:
        found += _escalated(actor)
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
            phone=f"{reverse('field', args=[actor.district.slug])}#/visit/{row.pk}"
            if row.state in ("due", "under_way") and actor.may("field.use")
            else "",
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


def _teams_here(actor: Actor) -> list[Waiting]:
    """Once a team is there the operator knows of it, and may ask that somebody stays out."""
    return [
        Waiting(
            title=_("检查组正在 %(name)s") % {"name": row.facility.name},
            facts=_("%(number)s　有人应当回避的，现在就提") % {"number": row.number},
            url=reverse("recusals", args=[actor.district.slug]),
            verb=_("看检查组"),
            due=timezone.localdate(row.started_at),
            state="doing",
            order=10,
        )
        for row in recusals.visits_at(actor)[:MOST]
    ]


def _recusals(actor: Actor) -> list[Waiting]:
    rows = Recusal.objects.allowed(actor, "recusal.decide").filter(state="asked", inspection__state__in=OPEN)
    rows = rows.exclude(entered_by=actor.user).exclude(inspector__user=actor.user)
    rows = rows.select_related("inspection__facility__street", "inspector").order_by("asked_at", "pk")
    return [
        Waiting(
            title=_("决定 %(code)s 要不要回避：%(name)s")
            % {"code": row.inspector.code, "name": row.inspection.facility.name},
            facts=f"{row.inspection.facility.street}　{row.inspection.number}",
            url=reverse("recusal", args=[actor.district.slug, row.pk]),
            verb=_("决定"),
            due=timezone.localdate(row.asked_at),
            state="bad",
            order=15,
        )
        for row in rows[:MOST]
    ]


def _namesakes(actor: Actor, on: date) -> list[Waiting]:
    n = len(employers.namesakes(on))
    if not n:
        return []
    title = ngettext("核对 %(n)d 处检查人员和从业人员同名", "核对 %(n)d 处检查人员和从业人员同名", n) % {
        "n": n
    }
    url = reverse("namesakes", args=[actor.district.slug])
    return [Waiting(title=title, facts="", url=url, verb=_("核对"), state="none", order=70)]


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


def _extensions(actor: Actor) -> list[Waiting]:
    rows = OrderExtension.objects.filter(state="asked", order__state="issued").exclude(asked_by=actor.user)
    return [
        Waiting(
            title=_("决定 %(name)s 的整改要不要延期") % {"name": row.order.facility.name},
            facts=f"{row.order.facility.street}　{row.order.number}",
            url=reverse("order", args=[actor.district.slug, row.order_id]),
            verb=_("决定"),
            due=row.due_on,
            state="warn",
            order=29,
        )
        for row in rows.select_related("order__facility__street").order_by("due_on", "pk")[:MOST]
    ]


def _escalated(actor: Actor) -> list[Waiting]:
    """Overdue orders that have climbed to the leadership."""
    rows = Order.objects.allowed(actor, "order.escalated").filter(escalated_to(actor))
    return [
        Waiting(
            title=_("%(name)s 的整改逾期，已经报到你这一级") % {"name": row.facility.name},
            facts=f"{row.facility.street}　{row.number}",
            url=reverse("order", args=[actor.district.slug, row.pk]),
            verb=_("看整改"),
            due=row.due_on,
            state="bad",
            order=31,
        )
        for row in rows.select_related("facility__street").order_by("due_on", "number")[:MOST]
    ]
