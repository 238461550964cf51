"""What of the support of facilities waits for whom; and what a facility's page says of it."""

from __future__ import annotations

from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access import Actor
from portal.navigation import Line, Waiting
from targets.models.subsidies import SubsidyClaim, SubsidyRecovery, SubsidyVersion

MOST = 20


def waiting(actor: Actor) -> list[Waiting]:
    if actor.user is None or actor.visiting or not actor.may("subsidy.view"):
        return []
    return [*rules(actor), *claims(actor), *recoveries(actor)]


def rules(actor: Actor) -> list[Waiting]:
    """Rules that wait for the second person, or came back to the first."""
    if not actor.may("subsidy_rule.confirm"):
        return []
    found = []
    rows = SubsidyVersion.objects.filter(state__in=("proposed", "returned")).select_related("rule", "made_by")
    for row in rows.order_by("pk")[:MOST]:
        own = actor.same_person(row.made_by)
        if row.state == "proposed" and not own:
            title, facts, verb, state = _("确认补贴标准：%(name)s"), _("写的人不能确认"), _("去核对"), "doing"
        elif row.state == "returned" and own:
            title, facts, verb, state = _("改退回的补贴标准：%(name)s"), row.note, _("去改"), "bad"
        else:
            continue
        found.append(
            Waiting(
                title=title % {"name": row.rule}, facts=facts, verb=verb, state=state, order=90,
                url=reverse("subsidy-version", args=[actor.district.slug, row.pk]),
            )
        )  # fmt: skip
    return found


def claims(actor: Actor) -> list[Waiting]:
    """Claims that wait for this person: to check, to approve, to pay; drafts and what came back for who claims."""
    mine, user = Q(pk__in=[]), actor.user.pk
    if actor.may("subsidy.check"):
        mine |= Q(state="submitted") & ~Q(submitted_by=user)
    if actor.may("subsidy.approve"):
        mine |= Q(state="checked") & ~Q(submitted_by=user) & ~Q(checked_by=user)
    if actor.may("subsidy.pay"):
        mine |= Q(state="approved")
        # what the bureau hands in for a facility is its own to mend
        mine |= Q(state="returned", made_by=user)
    elif actor.may("subsidy.claim"):
        mine |= Q(state__in=("returned", "draft"))
    rows = SubsidyClaim.objects.allowed(actor, "subsidy.view").filter(mine).select_related("facility", "rule")
    words = {
        "submitted": (_("初审补贴：%(name)s"), _("去初审"), "doing"),
        "checked": (_("批准补贴：%(name)s"), _("去批准"), "doing"),
        "approved": (_("拨付补贴：%(name)s"), _("记拨付"), "warn"),
        "returned": (_("补正补贴申报：%(name)s"), _("去补正"), "bad"),
        "draft": (_("交补贴申报：%(name)s"), _("去交"), "none"),
    }
    found = []
    for row in rows.order_by("pk")[:MOST]:
        title, verb, state = words[row.state]
        facts = _("%(number)s　%(rule)s　%(amount)s 元") % {
            "number": row,
            "rule": row.rule,
            "amount": f"{row.amount:,}",
        }
        found.append(
            Waiting(
                title=title % {"name": row.facility}, facts=row.note if row.state == "returned" else facts,
                url=reverse("subsidy", args=[actor.district.slug, row.pk]), verb=verb, state=state, order=90,
            )
        )  # fmt: skip
    return found


def recoveries(actor: Actor) -> list[Waiting]:
    """Money that came back, written by somebody else, which this person confirms."""
    if not actor.may("subsidy.approve"):
        return []
    rows = SubsidyRecovery.objects.filter(state="proposed").exclude(entered_by=actor.user)
    return [
        Waiting(
            title=_("确认追回：%(name)s") % {"name": row.claim.facility},
            facts=_("%(number)s　%(rule)s　%(amount)s 元")
            % {"number": row.claim, "rule": row.claim.rule, "amount": f"{row.amount:,}"},
            url=reverse("subsidy", args=[actor.district.slug, row.claim_id]), verb=_("去核对"), state="doing",
            order=90,
        )
        for row in rows.select_related("claim__facility", "claim__rule").order_by("pk")[:MOST]
    ]  # fmt: skip


def facts(facility, actor: Actor) -> list[Line]:
    """How many claims a facility has, for who may see them."""
    if not actor.may("subsidy.view"):
        return []
    rows = SubsidyClaim.objects.allowed(actor, "subsidy.view").filter(facility=facility)
    count = rows.exclude(state__in=("withdrawn", "draft")).count()
    if not count:
        return []
    address = reverse("subsidies", args=[actor.district.slug])
    paid = sum(rows.order_by().values_list(F("paid") - F("recovered"), flat=True))
    words = ngettext("%(n)d 份补贴申报，已拨付 %(paid)s 元", "%(n)d 份补贴申报，已拨付 %(paid)s 元", count)
    return [Line(words % {"n": count, "paid": f"{paid:,}"}, "none", f"{address}?q={facility.code}")]
