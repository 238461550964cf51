"""What stands in a printed dossier, as plain values: the facts of the cover, verdicts, the credit record, events.

Only what the reader may see, persons' names masked. Words are those of the pages.
"""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from facilities.models import CreditEntry, Facility
from facilities.rulebook import verdicts
from facilities.rules import credit as credit_rules
from facilities.rules.rulebook import WORDS
from facilities.views.rulebook_rows import limit_words, value_words
from portal.dossier import KINDS, Wanted, leaf
from portal.navigation import REGISTRY
from portal.templatetags.ui import masked

#: A dossier longer than this says that it is cut.
MOST, AT_ONCE = 3000, 500


def gather(facility: Facility, actor, wanted: Wanted, *, on: date) -> dict:
    """facts, verdicts, credit, events, cut (whether there are more events)."""
    events, cut = events_of(facility, actor, wanted)
    return {
        "facts": facts_of(facility),
        "verdicts": verdicts_of(facility, actor, on),
        "credit": credit_of(facility, actor),
        "events": events,
        "cut": cut,
    }


def facts_of(facility: Facility) -> list[tuple[str, str]]:
    def field(name: str) -> str:
        return str(Facility._meta.get_field(name).verbose_name)

    services = [
        word
        for word, given in (
            (_("全日制"), facility.full_day), (_("半日制"), facility.half_day), (_("计时制"), facility.hourly),
        )
        if given
    ]  # fmt: skip
    listed = credit_rules.LISTED.get(facility.listing or "")
    return [
        (field("code"), facility.code),
        (field("kind"), facility.get_kind_display()),
        (field("state"), facility.get_state_display()),
        (
            field("ownership"),
            facility.get_ownership_display() + (f"　{_('普惠')}" if facility.inclusive else ""),
        ),
        (field("operator"), facility.operator.name if facility.operator else "—"),
        (field("credit_code"), facility.credit_code or "—"),
        (field("head"), masked(facility.head) if facility.head else "—"),
        (field("address"), f"{facility.street.name}　{facility.address}"),
        (field("opened_on"), facility.opened_on.isoformat() if facility.opened_on else "—"),
        (field("places"), f"{facility.places}　{field('enrolled')} {facility.enrolled}"),
        (_("服务形式"), "、".join(services) or "—"),
        (field("grade"), facility.grade or "—"),
        (_("诚信名单"), _(listed) if listed else "—"),
    ]


def verdicts_of(facility: Facility, actor, on: date) -> list[dict]:
    if not Facility.objects.allowed(actor, "rule.view").filter(pk=facility.pk).exists():
        return []
    return [
        {
            "label": _(one.test.label),
            "value": value_words(one.test, one.value, one.of),
            "limit": limit_words(one.test, one.limit),
            "verdict": one.verdict,
            "word": _(WORDS[one.verdict]),
            "clause": one.rule.clause.label if one.rule.clause else one.rule.basis,
        }
        for one in verdicts.of_facility(facility.pk, on)
    ]


def credit_of(facility: Facility, actor) -> list[CreditEntry]:
    rows = CreditEntry.objects.known_to(actor).filter(facility=facility)
    return list(rows.exclude(state__in=("proposed", "declined")).defer("facts").order_by("-pk")[:100])


def events_of(facility: Facility, actor, wanted: Wanted) -> tuple[list[dict], bool]:
    streams, found, after = REGISTRY.dossier(), [], None
    while len(found) < MOST:
        page = leaf(streams, facility, actor, wanted, after=after, size=AT_ONCE)
        found += page.events
        after = page.after
        if after is None:
            break
    rows = [
        {"day": e.day, "kind": _(KINDS[e.kind]), "state": e.state, "fact": e.fact, "detail": e.detail}
        for e in found[:MOST]
    ]
    return rows, after is not None
