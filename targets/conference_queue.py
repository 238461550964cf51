"""What of the joint conference waits for whom: proposals, minutes to write and to confirm, meetings to come to, decisions
whose day is near or over."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access import Actor
from portal.navigation import Waiting
from portal.rules.rights import Reach
from portal.templatetags.ui import day_words
from targets.models.conferences import Conference
from targets.rules import conferences as rules
from targets.services import conference_decisions

MOST = 20
#: Days before its end when a decision stands on 'today' of its lead.
SOON = 14


def waiting(actor: Actor) -> list[Waiting]:
    if actor.user is None or actor.visiting or not actor.may("conference.view"):
        return []
    found = []
    if actor.may("conference.confirm"):
        found += to_confirm(actor)
    if actor.may("conference.keep"):
        found += to_keep(actor) + late(actor)
    if actor.may("conference.propose"):
        found += to_attend(actor) + owed(actor)
    return found


def address(actor: Actor, row: Conference) -> str:
    return reverse("conference", args=[actor.district.slug, row.pk])


def to_confirm(actor: Actor) -> list[Waiting]:
    """Minutes that wait for somebody who did not write at them."""
    rows = (
        Conference.objects.allowed(actor, "conference.confirm").filter(state="submitted").order_by("on", "pk")
    )
    return [
        Waiting(
            title=_("核对纪要：%(name)s") % {"name": row},
            facts=_("%(day)s 开的会，起草的人不能确认") % {"day": day_words(row.on)},
            url=address(actor, row),
            verb=_("去核对"),
            order=40,
        )
        for row in rows[:MOST]
        if actor.user.pk not in row.writers
    ]


def to_keep(actor: Actor) -> list[Waiting]:
    """For the bureau: proposals to decide, notices to send, meetings to enter as held, minutes to write."""
    now, found = timezone.localtime(), []
    today = now.date()
    rows = Conference.objects.filter(state__in=("planned", "called", "held")).order_by("on", "pk")
    rows = rows.annotate(
        offered=Count("items", filter=Q(items__state="proposed"), distinct=True),
        back=Count("minutes", filter=Q(minutes__returned_at__isnull=False), distinct=True),
    )
    for row in rows[:MOST]:
        due, state = None, "doing"
        if row.state == "held":
            words = _("改退回的纪要：%(name)s") if row.back else _("写纪要：%(name)s")
            facts = _("%(day)s 开的会") % {"day": day_words(row.on)}
            verb, state = _("写纪要"), "bad" if row.back else "warn"
        elif row.on < today or (row.state == "planned" and rules.begun(row.on, row.starts_at, now)):
            words, verb, state = _("开过会了吗：%(name)s"), _("去记"), "warn"
            facts = _("定在 %(day)s，开过了就记为已开会，没有开的写明原因") % {"day": day_words(row.on)}
        elif row.offered:
            words, verb, due = _("定提议的议题：%(name)s"), _("去定"), row.on
            facts = ngettext("%(n)d 个提议", "%(n)d 个提议", row.offered) % {"n": row.offered}
        elif row.state == "planned":
            words, verb, due = _("发会议通知：%(name)s"), _("看议程"), row.on
            facts = _("参加单位还没有收到通知")
        else:
            continue
        found.append(
            Waiting(
                title=words % {"name": row}, facts=facts, url=address(actor, row), verb=verb, due=due,
                state=state, order=60,
            )
        )  # fmt: skip
    return found


def late(actor: Actor) -> list[Waiting]:
    """For the bureau: decisions that are over their day, in one line."""
    rows = conference_decisions.decisions().filter(state="open", due_on__lt=timezone.localdate())
    rows = list(rows.prefetch_related(None).order_by("due_on", "pk")[: MOST + 1])
    if not rows:
        return []
    first = rows[0]
    return [
        Waiting(
            title=ngettext("%(n)d 项会议决定过了办理期限", "%(n)d 项会议决定过了办理期限", len(rows))
            % {"n": len(rows)},
            facts=_("最早的一项：%(text)s") % {"text": first},
            url=address(actor, first.item.conference),
            verb=_("去看"),
            due=first.due_on,
            state="bad",
        )
    ]


def to_attend(actor: Actor) -> list[Waiting]:
    """For the units: meetings to which they are called."""
    rows = Conference.objects.allowed(actor, "conference.propose").filter(
        state="called", on__gte=timezone.localdate()
    )
    return [
        Waiting(
            title=_("参加会议：%(name)s") % {"name": row},
            facts=f"{day_words(row.on)} {row.starts_at:%H:%M}　{row.place}",
            url=address(actor, row),
            verb=_("看议程"),
            due=row.on,
            state="doing",
        )
        for row in rows.order_by("on", "pk")[:MOST]
    ]


def owed(actor: Actor) -> list[Waiting]:
    """For the lead of a decision: its day is near, or over."""
    today = timezone.localdate()
    rows = conference_decisions.decisions().filter(
        state="open", task__isnull=False, due_on__lte=today + timedelta(SOON),
        units__role="lead", units__unit__in=actor.listed(Reach.UNIT),
    )  # fmt: skip
    return [
        Waiting(
            title=_("办会议决定：%(text)s") % {"text": row},
            facts=str(row.item.conference),
            url=reverse("task", args=[actor.district.slug, row.task_id]),
            verb=_("看任务"),
            due=row.due_on,
            state="bad" if row.due_on < today else "warn",
        )
        for row in rows.prefetch_related(None).distinct().order_by("due_on", "pk")[:MOST]
    ]
