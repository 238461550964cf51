"""What waits for a person about campaigns: a department's reply, an approval, a publication that is due, visits to
send, a campaign to close."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Campaign, CampaignUnit, Inspection
from inspections.rules import campaigns as rules
from inspections.rules.states import OPEN
from portal.access import Actor
from portal.navigation import Waiting
from portal.rules.rights import Role

MOST = 30


def waiting(actor: Actor, on: date | None = None) -> list[Waiting]:
    """By the person's part; the light of a publication turns red three days before its last day, and stays red."""
    if actor.user is None or not actor.may("campaign.view"):
        return []
    on = on or timezone.localdate()
    found: list[Waiting] = []
    if actor.may("campaign.answer"):
        found += _replies(actor, on)
    if actor.may("campaign.approve"):
        rows = Campaign.objects.filter(state="submitted").exclude(submitted_by=actor.user)
        found += [
            _entry(
                actor,
                row,
                _("批准：%(name)s"),
                _("看过再批准或退回"),
                _("批准或退回"),
                row.starts_on,
                "doing",
            )
            for row in rows.select_related("street")[:MOST]
        ]
    if actor.may("campaign.manage"):
        found += _managed(actor, on)
    return found


def _entry(actor: Actor, row: Campaign, title: str, facts: str, verb: str, due, state: str) -> Waiting:
    return Waiting(
        title=title % {"name": row.theme},
        facts=f"{row.number}　{row.get_kind_display()}　{facts}",
        url=reverse("campaign", args=[actor.district.slug, row.pk]),
        verb=verb,
        due=due,
        state=state,
        order=22,
    )


def _replies(actor: Actor, on: date) -> list[Waiting]:
    rows = CampaignUnit.objects.filter(
        unit__in=[m.unit_id for m in actor.memberships if m.unit_id], state="waiting", campaign__state="asked"
    )
    return [
        _entry(
            actor,
            one.campaign,
            _("回复：%(name)s"),
            _("参加的，报人员；不参加的，写明理由"),
            _("回复"),
            one.campaign.reply_by,
            "bad" if one.campaign.reply_by < on else "warn",
        )
        for one in rows.select_related("campaign").order_by("campaign__reply_by", "pk")[:MOST]
    ]


def _managed(actor: Actor, on: date) -> list[Waiting]:
    still = Inspection.objects.filter(campaign=OuterRef("pk"), state__in=OPEN)
    waiting = CampaignUnit.objects.filter(campaign=OuterRef("pk"), state="waiting")
    rows = Campaign.objects.allowed(actor, "campaign.manage").filter(
        state__in=("asked", "approved", "published", "under_way")
    )
    if Role.BUREAU in actor.roles:  # a street's operation is the street's to go on with
        rows = rows.filter(kind=Campaign.Kind.SPECIAL)
    found = []
    for row in rows.annotate(still=Exists(still), waits=Exists(waiting)).order_by("starts_on", "pk")[:MOST]:
        special = row.kind == Campaign.Kind.SPECIAL
        if row.state == "asked" and (not row.waits or row.reply_by < on):
            found.append(
                _entry(
                    actor,
                    row,
                    _("报批：%(name)s"),
                    _("部门都回复了，或者过了期限"),
                    _("报批"),
                    row.starts_on,
                    "doing",
                )
            )
        elif row.state == "approved" and special:
            light = rules.light(row.publish_by, on)
            found.append(
                _entry(
                    actor,
                    row,
                    _("公布：%(name)s"),
                    _("批准后一个月内要公布"),
                    _("公布"),
                    row.publish_by,
                    light,
                )
            )
        elif row.state in ("approved", "published") and row.starts_on <= on:
            state = "bad" if row.ends_on < on else "doing"
            found.append(
                _entry(
                    actor, row, _("派出：%(name)s"), _("到了开始的日子"), _("派出检查"), row.ends_on, state
                )
            )
        elif row.state == "under_way" and not row.still:
            found.append(
                _entry(
                    actor, row, _("办结：%(name)s"), _("都查完了，写小结"), _("办结"), row.ends_on, "doing"
                )
            )
    return found
