"""What about people waits for somebody: those who must not work any longer, bans that a second person decides."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities import across
from facilities.models import BanDecision, Employment, RecordCheck
from portal.navigation import Waiting
from portal.templatetags.ui import day_words, masked

SHOWN = 20


def waiting(actor) -> list[Waiting]:
    return [*barred(actor), *decisions(actor)]


def barred(actor) -> list[Waiting]:
    """People at work with a record, or with a ban for those who may know of it; each must leave at once."""
    if actor.process or not actor.may("staff.manage"):
        return []
    on = timezone.localdate()
    record = RecordCheck.objects.filter(staff=OuterRef("staff"), found=True)
    wrong = Q(Exists(record))
    if actor.may("ban.view"):
        wrong |= Q(staff__in=RawSQL(across.BANNED_HERE, []))
    work = (
        Employment.objects.allowed(actor, "staff.manage")
        .open_on(on)
        .filter(wrong, ends_on__isnull=True)
        .select_related("staff", "facility")
        .defer("staff__identity", "staff__phone")
        .order_by("pk")
    )
    return [
        Waiting(
            title=_("%(name)s不得聘用，马上办离岗") % {"name": masked(one.staff.name)},
            facts=f"{one.staff.code}　{one.facility.name}　{one.get_post_display()}",
            url=reverse("staff-member", args=[actor.district.slug, one.staff_id]),
            verb=_("办离岗"),
            due=on,
            state="bad",
            order=1,
        )
        for one in work[:SHOWN]
    ]


def decisions(actor) -> list[Waiting]:
    """Bans to confirm and to lift, for the second person."""
    wanted = {
        "proposed": (actor.may("ban.confirm"), _("终身禁入待确认：%(name)s"), "entered_by", "entered_at"),
        "lifting": (
            actor.may("ban.lift_confirm"),
            _("解除禁入待决定：%(name)s"),
            "lift_asked_by",
            "lift_asked_at",
        ),
    }
    states = [state for state, (may, *_rest) in wanted.items() if may]
    if not states or actor.process:
        return []
    found = (
        BanDecision.objects.allowed(actor, "ban.view")
        .filter(state__in=states)
        .select_related("entered_by", "lift_asked_by")
        .defer("identity", "evidence", "lift_reason")
    )
    rows = []
    for one in found[:SHOWN]:
        _may, words, by, at = wanted[one.state]
        if actor.same_person(getattr(one, by)):
            continue
        rows.append(
            Waiting(
                title=words % {"name": masked(one.name)},
                facts=f"{one.get_ground_display()}　{day_words(timezone.localdate(getattr(one, at)))}",
                url=reverse("ban", args=[actor.district.slug, one.pk]),
                verb=_("看证据"),
                state="doing",
                order=5,
            )
        )
    return rows
