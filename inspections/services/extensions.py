"""More time for an order: the facility asks with a reason before the deadline is over, the bureau decides."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Order, OrderExtension
from inspections.rules import ladder as rules
from inspections.services.orders import demand_reach, lock, not_stale, store_evidence
from portal import calendar
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.services import audit, parameters


def stands_against(order: Order, on: date) -> str:
    """Why more time cannot be asked for on the day, as a sentence; empty where it can."""
    most = parameters.value(rules.MOST, on)
    if order.state != "issued":
        return _("已经答复的、销号的不能延期")
    if on > order.due_on:
        return _("期限 %(day)s 已过，不能再申请延期") % {"day": order.due_on.isoformat()}
    if order.extensions.filter(state="asked").exists():
        return _("已有一份延期申请在等答复")
    if order.extensions.filter(state="granted").count() >= most:
        return _("一份整改通知最多延期 %(n)d 次，已经延过了") % {"n": most}
    return ""


@transaction.atomic
def ask(
    order: Order,
    *,
    wanted_on: date,
    reason: str,
    upload=None,
    version: int | None = None,
    actor: Actor,
    now: datetime | None = None,
) -> OrderExtension:
    """The facility's request. Conflict once the deadline is over, twice, or more often than the district allows."""
    demand_reach(order, actor, "order.extend_ask", _("这份整改通知不是发给你这家机构的"))
    order = lock(order)
    not_stale(order, version)
    now = now or timezone.now()
    on = timezone.localdate(now)
    against = stands_against(order, on)
    if against:
        raise Conflict(against, code="extension")
    longest = parameters.value(rules.LONGEST, on)
    if not rules.extension_fits(order.due_on, wanted_on, longest, calendar.add_working_days):
        raise Refused(
            _("想延到：比现在的期限 %(day)s 晚，最多晚 %(n)d 个工作日")
            % {"day": order.due_on.isoformat(), "n": longest},
            field="wanted_on",
        )
    reason = reason.strip()
    least, most = rules.REASON
    if not least <= len(reason) <= most:
        raise Refused(
            _("理由：写 %(least)d 到 %(most)d 个字") % {"least": least, "most": most}, field="reason"
        )
    made = OrderExtension.objects.create(
        order=order,
        due_on=order.due_on,
        wanted_on=wanted_on,
        reason=reason,
        file=store_evidence(upload, field="upload", actor=actor) if upload else None,
        asked_at=now,
        asked_by=actor.user,
    )
    changes = {"due_on": order.due_on.isoformat(), "wanted_on": wanted_on.isoformat()}
    audit.record("inspections.order.extension_ask", order, actor=actor, changes=changes)
    return made


@transaction.atomic
def decide(
    extension: OrderExtension,
    granted: bool,
    *,
    answer: str = "",
    actor: Actor,
    now: datetime | None = None,
) -> OrderExtension:
    """The bureau's decision; granted, the deadlines of what is open move to the wanted day.

    The first deadline stays on record: whether an order was in time is judged by it. Refused without a reason for no.
    """
    demand_reach(extension.order, actor, "order.extend", _("这份整改通知不归你管"))
    order = lock(extension.order)
    extension = OrderExtension.objects.select_for_update().get(pk=extension.pk)
    if extension.state != OrderExtension.State.ASKED or order.state != "issued":
        raise Conflict(_("这份延期申请已经答复，或者整改通知已经往前走了"), code="state")
    if actor.same_person(extension.asked_by):
        raise Denied(_("申请的人不能自己决定，请另一个人来"), code="second_person")
    answer = answer.strip()[: rules.REASON[1]]
    if not granted and len(answer) < 5:
        raise Refused(_("不同意的理由：写 5 到 %(n)d 个字") % {"n": rules.REASON[1]}, field="answer")
    before = order.due_on
    extension.state = OrderExtension.State.GRANTED if granted else OrderExtension.State.REFUSED
    extension.answer, extension.decided_at, extension.decided_by = answer, now or timezone.now(), actor.user
    extension.save(update_fields=["state", "answer", "decided_at", "decided_by"])
    if granted:
        order.due_on = max(order.due_on, extension.wanted_on)
        order.provisional = order.provisional or not calendar.is_known(order.due_on.year)
        order.findings.filter(state="open", due_on__lt=order.due_on).update(due_on=order.due_on)
    order.version += 1
    order.save(update_fields=["due_on", "provisional", "version"])
    audit.record(
        "inspections.order.extension_decide",
        order,
        actor=actor,
        changes={"granted": granted, "due_on": [before.isoformat(), order.due_on.isoformat()]},
    )
    return extension
