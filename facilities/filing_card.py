"""What a facility's own page shows of its filings: the notice, what is under way, what may be begun."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from facilities.models import Facility, Filing, Notice
from facilities.rules import filing_form
from facilities.rules.filings import OPEN_STATES
from portal.access import Actor

SHAPES = {"valid": "ok", "suspended": "warn", "replaced": "none", "ended": "none", "revoked": "bad"}


@dataclass(frozen=True)
class Begin:
    label: str
    url: str


@dataclass(frozen=True)
class FilingCard:
    notice: Notice | None
    shape: str
    open: Filing | None
    begin: list[Begin]


def card(facility: Facility, actor: Actor) -> FilingCard | None:
    """None for whoever reads no filing of it."""
    rows = Filing.objects.allowed(actor, "filing.view").filter(facility=facility)
    if not actor.may("filing.view"):
        return None
    papers = Notice.objects.allowed(actor, "filing.view").filter(facility=facility, carries=True)
    notice = papers.exclude(state="replaced").order_by("-pk").first()
    under_way = rows.filter(state__in=OPEN_STATES).order_by("pk").first()
    begin = [] if under_way else begun(facility, actor)
    if notice is None and under_way is None and not begin:
        return None
    return FilingCard(notice, SHAPES[notice.state] if notice else "none", under_way, begin)


def begun(facility: Facility, actor: Actor) -> list[Begin]:
    """What this person may begin of this facility now."""
    if actor.visiting:
        return []
    kinds: tuple[str, ...] = ()
    if actor.may("filing.keep"):
        if Facility.objects.allowed(actor, "facility.keep").filter(pk=facility.pk).exists():
            kinds = filing_form.OF_STATE.get(facility.state, ())
    elif actor.may("filing.review") and facility.state in filing_form.REVOCABLE:
        kinds = (filing_form.REVOCATION,)
    to = reverse("filing-new", args=[actor.district.slug])
    return [Begin(_(filing_form.KINDS[kind]), f"{to}?kind={kind}&facility={facility.pk}") for kind in kinds]
