"""What this app shows on pages of others: navigation, queues, search hits, a facility's events"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities import clocks, completeness, dossier, search
from facilities.models import Employment, Facility, Proposal
from facilities.models.credit import listing
from facilities.queues import clocks as clock_queue
from facilities.queues import credit as credit_queue
from facilities.queues import families as family_queue
from facilities.queues import filings as filing_queue
from facilities.queues import people as people_queue
from facilities.queues import residents as residents_queue
from facilities.queues import rulebook as rulebook_queue
from facilities.rules import life
from facilities.services.facilities import labels
from facilities.templatetags.credit import listed
from portal.navigation import REGISTRY, Card, Entry, Hit, Waiting
from portal.rules.machine import marked
from portal.rules.rights import Reach
from portal.templatetags.ui import day_words, masked

HITS = 12
#: An operator sees for so long on today's page that a proposal was refused.
ANSWER_DAYS = 14
#: An operator of more facilities than this sees the first ones on today's page, all in the register.
OWN = 20
#: Beginnings of addresses whose pages belong to a line of the navigation without standing below it.
REGISTER = ("operators/", "proposals/", "records/", "children/", "keepers/", "premises/")
SUPPLY = ("map/", "neighbourhoods/", "kindergartens/", "residents/")
SITES = ("site-rooms/", "care-sessions/", "volunteers/", "ledger/")
PEOPLE = ("certificates/", "employments/", "training-records/", "record-checks/")
TEXTS = ("agreement-texts/", "clinics/")


def register() -> None:
    """Adds this app's entries; the caller calls it once."""
    REGISTRY.entries += [
        Entry(
            marked("监管"),
            marked("名册"),
            "facilities",
            "building-community",
            "facility.view",
            10,
            also=REGISTER,
        ),
        Entry(marked("规划"), marked("托位与人口"), "supply", "map-pin", "residents.view", 44, also=SUPPLY),
        filing_queue.ENTRY,
        credit_queue.ENTRY,
        Entry(marked("服务"), marked("宝宝屋"), "sites", "heart-handshake", "site.view", 5, also=SITES),
        Entry(
            marked("服务"), marked("幼儿档案查看申请"), "access-requests", "lock", "access_request.view", 40
        ),
        Entry(marked("服务"), marked("幼儿档案删除"), "deletions", "trash", "deletion.view", 50),
        Entry(
            marked("设置"),
            marked("同意书与协议"),
            "consent-texts",
            "signature",
            "consent.manage",
            40,
            also=TEXTS,
        ),
        Entry(marked("服务"), marked("从业人员"), "staff", "school", "staff.view", 10, also=PEOPLE),
        Entry(marked("服务"), marked("培训"), "training", "certificate", "training.view", 12),
    ]
    REGISTRY.entries.append(Entry(marked("监管"), marked("到期提醒"), "clocks", "clock", "clock.view", 16))
    some = filing_queue.has_facilities
    REGISTRY.cards.append(Card("clocks-card", "clock.view", marked("到期提醒"), 40, shown=some))
    REGISTRY.digests.append(clock_queue.digest)
    REGISTRY.entries.append(
        Entry(marked("监管"), marked("规则执行"), "rulebook", "scale", "rule.view", 15),
    )
    REGISTRY.entries.append(
        Entry(marked("监管"), marked("应急预案与演练"), "emergency", "shield-check", "emergency.view", 17),
    )
    REGISTRY.cards.append(Card("rulebook-card", "rule.view", marked("规则执行"), 30, shown=some))
    REGISTRY.clocks += clocks.CLOCKS
    REGISTRY.queues += [
        clock_queue.waiting,
        people_queue.waiting,
        residents_queue.waiting,
        proposed,
        lacking,
        filing_queue.waiting,
        family_queue.waiting,
        credit_queue.waiting,
    ]
    REGISTRY.queues.append(rulebook_queue.waiting)
    REGISTRY.clauses.append(rulebook_queue.resting)
    REGISTRY.effects.append(rulebook_queue.effect)
    REGISTRY.searches.append(hits)
    REGISTRY.streams += dossier.STREAMS


def proposed(actor) -> list[Waiting]:
    """Proposed changes: for the bureau those to decide, for an operator what became of the own ones."""
    slug, found = actor.district.slug, []
    rows = Proposal.objects.select_related("facility").defer("facility__search_text")
    if not actor.process and Reach.ALL in actor.reaches("facility.manage"):
        for row in rows.filter(state="proposed").exclude(proposed_by=actor.user).order_by("proposed_at")[:20]:
            found.append(
                Waiting(
                    title=_("变更申请：%(name)s") % {"name": row.facility.name},
                    facts="、".join(labels()[field] for field in row.changes),
                    url=reverse("proposal", args=[slug, row.pk]),
                    verb=_("去确认"),
                    clock=day_words(timezone.localdate(row.proposed_at)),
                    order=50,
                )
            )
    elif Reach.FACILITIES in actor.reaches("facility.keep"):
        recent = timezone.now() - timedelta(ANSWER_DAYS)
        own = rows.allowed(actor, "facility.keep").filter(
            Q(state="proposed") | Q(state="refused", decided_at__gte=recent)
        )
        for row in own.order_by("-proposed_at")[:10]:
            refused = row.state == "refused"
            found.append(
                Waiting(
                    title=(_("变更申请没有同意：%(name)s") if refused else _("变更申请等区里确认：%(name)s"))
                    % {"name": row.facility.name},
                    facts=row.answer or "、".join(labels()[field] for field in row.changes),
                    url=reverse("proposal", args=[slug, row.pk]),
                    verb=_("看答复") if refused else _("看申请"),
                    state="bad" if refused else "doing",
                    order=55,
                )
            )
    return found


def lacking(actor) -> list[Waiting]:
    """For an operator: what the own facilities' files lack, or what in them ends soon."""
    if actor.process or Reach.FACILITIES not in actor.reaches("facility.keep"):
        return []
    on, found = timezone.localdate(), []
    own = Facility.objects.allowed(actor, "facility.keep").exclude(state="closed").order_by("code")
    for facility in completeness.with_file(own, on)[:OWN]:
        facility.district = actor.district
        missing = completeness.gaps(facility, on)
        if not missing:
            continue
        worst = missing[0]
        found.append(
            Waiting(
                title=_("%(name)s的档案：%(what)s")
                % {"name": facility.name, "what": _(life.GAPS[worst.key])},
                facts="、".join(_(life.GAPS[gap.key]) for gap in missing[1:4]),
                url=reverse("facility", args=[actor.district.slug, facility.pk]),
                verb=_("去补齐"),
                due=worst.due,
                state=worst.state,
                order=65,
            )
        )
    return found


def hits(actor, text: str) -> list[Hit]:
    """Facilities, and people for those who may see people."""
    found = []
    if actor.may("facility.view"):
        queryset, _broad = search.matching(Facility.objects.allowed(actor, "facility.view"), text)
        queryset = queryset.annotate(listing=listing())
        for row in queryset.select_related("street").defer("search_text").order_by("code")[:HITS]:
            found.append(
                Hit(
                    title=row.name,
                    facts=f"{row.code}　{row.street.name}　{row.get_kind_display()}　{row.get_state_display()}",
                    url=reverse("facility", args=[actor.district.slug, row.pk]),
                    icon="building-community",
                    mark=listed(row.listing),
                )
            )
    if actor.may("staff.view"):
        work = Employment.objects.allowed(actor, "staff.view").open_on(timezone.localdate())
        work, _broad = search.matching(work, text, path="staff")
        for row in (
            work.select_related("staff", "facility")
            .defer("staff__identity", "staff__phone")
            .order_by("staff__code")[:HITS]
        ):
            found.append(
                Hit(
                    title=masked(row.staff.name),
                    facts=f"{row.staff.code}　{row.get_post_display()}　{row.facility.name}",
                    url=reverse("staff-member", args=[actor.district.slug, row.staff_id]),
                    icon="user",
                )
            )
    return found
