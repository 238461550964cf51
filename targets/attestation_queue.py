"""What of the targets' proofs waits for whom: the second person confirms, the bureau mends and renews."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access import Actor
from portal.navigation import Waiting
from portal.templatetags.ui import day_words
from targets.models import Attestation
from targets.rules import attestations as rules
from targets.views.attestations import lines

MOST = 20


def waiting(actor: Actor) -> list[Waiting]:
    if actor.user is None or actor.visiting or not actor.may("attestation.confirm"):
        return []
    slug, found = actor.district.slug, []
    rows = (
        Attestation.objects.filter(state__in=("given", "returned")).select_related("given_by").order_by("pk")
    )
    for row in rows[:MOST]:
        own = actor.same_person(row.given_by)
        if row.state == "given" and not own:
            title, facts, verb, state = _("确认证明：%(title)s"), _("%(who)s 交的"), _("去核对"), "doing"
        elif row.state == "returned" and own:
            title, facts, verb, state = _("补充证明：%(title)s"), row.note, _("补充"), "bad"
        else:
            continue
        found.append(
            Waiting(
                title=title % {"title": row.title},
                facts=facts % {"who": row.given_by.name if row.given_by else _("系统")}
                if row.state == "given"
                else facts,
                url=reverse("attestation", args=[slug, row.pk]),
                verb=verb,
                state=state,
            )
        )
    return found + expiring(actor)


def expiring(actor: Actor) -> list[Waiting]:
    """For the bureau: proofs that end within the month, or have ended."""
    if not actor.may("attestation.give"):
        return []
    today = timezone.localdate()
    soon = [
        one
        for one in lines(today)
        if one.proof is not None
        and (
            one.state == rules.EXPIRED
            or (
                one.state in (rules.PROVED, rules.SHORT)
                and one.proof.valid_until <= today + timedelta(rules.WARNED)
            )
        )
    ]
    if not soon:
        return []
    first = min(soon, key=lambda one: one.proof.valid_until)
    return [
        Waiting(
            title=ngettext("%(n)d 份指标证明要换新的", "%(n)d 份指标证明要换新的", len(soon))
            % {"n": len(soon)},
            facts=_("最早的一份：%(title)s，%(day)s 到期")
            % {"title": first.proof.title, "day": day_words(first.proof.valid_until, today)},
            url=reverse("attestations", args=[actor.district.slug]),
            verb=_("去换"),
            due=first.proof.valid_until,
            state="bad" if any(one.state == rules.EXPIRED for one in soon) else "warn",
            order=200,
        )
    ]
