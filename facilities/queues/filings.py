"""What of filings waits for whom on 'today', the navigation, a facility's events: queries on the state, never a list."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from facilities import filing_closing
from facilities.models import Applicant, Facility, Filing, FilingSignature
from facilities.services.filing_clocks import Clock, running
from portal import calendar
from portal.navigation import Entry, Waiting
from portal.rules.machine import marked
from portal.rules.rights import Reach
from portal.templatetags.ui import day_words, left_words
from portal.tenancy import current_scope

SHOWN = 15
#: How long before an end children without another place are asked about.
NEAR = timedelta(14)
STATES = {"": "doing", "soon": "warn", "breach": "bad"}


def has_facilities(actor) -> bool:
    """Whether there is a facility at work that the person sees; not so for an operator who files for the first one, or
    for another after the last one was closed."""
    if actor.reaches("facility.view") != {Reach.FACILITIES}:
        return True
    own = Facility.objects.filter(pk__in=actor.ids(Reach.FACILITIES))
    return own.exclude(state__in=("preparing", "closed")).exists()


def begins(actor) -> bool:
    """A page that was refused stands outside of the district, where nothing can be asked."""
    return current_scope() is not None and actor.may("filing.keep") and not has_facilities(actor)


ENTRY = Entry(marked("监管"), marked("备案"), "filings", "file-text", "filing.view", 12, in_bar=begins)


def waiting(actor) -> list[Waiting]:
    """For an operator what is to mend or to finish, for reviewer and department what has a clock, for the head what is
    to issue, and whatever is about to be late or is."""
    on = timezone.localdate()
    found = []
    if Reach.FILINGS in actor.reaches("filing.keep"):
        found += operators(actor)
    if actor.may("filing.review"):
        found += reviewers(actor, on)
        found += leaving(actor, on)
        found += applicants(actor)
    if actor.reaches("filing.sign"):
        found += signers(actor, on)
    if actor.may("filing.issue"):
        found += heads(actor, on)
    return found


def applicants(actor) -> list[Waiting]:
    """One line for all who ask for an account."""
    first = Applicant.objects.filter(state="applied").order_by("pk").first()
    if first is None:
        return []
    count = Applicant.objects.filter(state="applied").count()
    return [
        Waiting(
            title=ngettext("%(n)d 份开户申请等核对", "%(n)d 份开户申请等核对", count) % {"n": count},
            facts=_("最早 %(day)s") % {"day": day_words(timezone.localdate(first.applied_at))},
            url=reverse("applicants", args=[actor.district.slug]), verb=_("去核对"), state="doing", order=32,
        )
    ]  # fmt: skip


def url(actor, pk: int) -> str:
    return reverse("filing", args=[actor.district.slug, pk])


def named(row: Filing) -> str:
    return f"{row.get_kind_display()}：{row.title}"


def left(due, on) -> str:
    return left_words(calendar.working_days_between(on, due), (due - on).days)


def operators(actor) -> list[Waiting]:
    rows = Filing.objects.allowed(actor, "filing.keep").filter(state__in=("draft", "returned", "hearing"))
    verbs = {"draft": _("接着填"), "returned": _("去补正"), "hearing": _("写陈述申辩")}
    found = [
        Waiting(
            title=named(row), facts=f"{row.number}　{row.get_state_display()}", url=url(actor, row.pk),
            verb=verbs[row.state], due=row.clock_due if row.state == "hearing" else None,
            state="none" if row.state == "draft" else "warn", order=20,
        )
        for row in rows.order_by("pk")[:SHOWN]
        if row.kind != "revocation" or row.state == "hearing"
    ]  # fmt: skip
    return found or beginning(actor)


def beginning(actor) -> list[Waiting]:
    """Who has just got an account: what it is for."""
    if (
        Filing.objects.allowed(actor, "filing.keep").exists()
        or Facility.objects.allowed(actor, "facility.view").exists()
    ):
        return []
    return [
        Waiting(
            title=_("办第一家机构的备案"), facts=_("填一项存一项，可以换设备接着填"),
            url=reverse("filing-new", args=[actor.district.slug]), verb=_("开始填"), state="none", order=20,
        )
    ]  # fmt: skip


def of_clock(clock: Clock, actor, on, verb: str) -> Waiting:
    row = clock.filing
    who = f"　{clock.signature.unit.name}" if clock.signature else ""
    return Waiting(
        title=named(row), facts=f"{row.number}　{row.get_state_display()}{who}", url=url(actor, row.pk), verb=verb,
        due=clock.due_on, state=STATES[clock.stage(on)], clock=left(clock.due_on, on), order=30,
    )  # fmt: skip


def reviewers(actor, on) -> list[Waiting]:
    """Received filings wait for the reviewer only when nobody else has to sign first, or when time runs out."""
    rows = Filing.objects.allowed(actor, "filing.review").filter(state__in=("sent", "received", "hearing"))
    verbs = {"sent": _("受理或退回"), "received": _("审核"), "hearing": _("看陈述")}
    clocks = [c for c in running(rows) if c.signature is None]
    open_ones = set(FilingSignature.objects.filter(state="asked").values_list("filing_id", flat=True))
    return [
        of_clock(c, actor, on, verbs[c.filing.state])
        for c in clocks
        if c.filing.state == "sent" or c.stage(on) or (c.filing.state == "received" and c.filing.pk not in open_ones)
        or (c.filing.state == "hearing" and on > c.due_on)
    ][:SHOWN]  # fmt: skip


def leaving(actor, on) -> list[Waiting]:
    """Decided ends and pauses that are near, with children who have no other place yet."""
    rows = Filing.objects.allowed(actor, "filing.review").filter(
        kind__in=filing_closing.KINDS, state="issued", effect_at__isnull=True, effect_on__lte=on + NEAR
    )
    left = filing_closing.without_place(rows)
    return [
        Waiting(
            title=named(row),
            facts=ngettext("%(n)d 名幼儿还没有去处", "%(n)d 名幼儿还没有去处", left[row.facility_id])
            % {"n": left[row.facility_id]},
            url=reverse("filing-children", args=[actor.district.slug, row.pk]), verb=_("看去向"),
            due=row.effect_on, state="warn", order=28,
        )
        for row in rows.order_by("effect_on", "pk")[:SHOWN]
        if left.get(row.facility_id)
    ]  # fmt: skip


def signers(actor, on) -> list[Waiting]:
    rows = (
        FilingSignature.objects.allowed(actor, "filing.sign")
        .filter(state="asked", filing__state="received")
        .select_related("filing", "unit")
        .order_by("due_on", "pk")[:SHOWN]
    )
    return [of_clock(Clock(s.filing, "sign", s.due_on, s), actor, on, _("会签")) for s in rows]


def heads(actor, on) -> list[Waiting]:
    """To issue, and what is about to be late: the escalation of the task is a row, this is the clock itself."""
    rows = Filing.objects.allowed(actor, "filing.issue").filter(state__in=("sent", "received", "proposed"))
    clocks = running(rows)
    found = [of_clock(c, actor, on, _("签发")) for c in clocks if c.filing.state == "proposed"]
    found += [
        of_clock(c, actor, on, _("催办")) for c in clocks if c.filing.state != "proposed" and c.stage(on)
    ]
    due = Filing.objects.filter(state="issued", effect_at__isnull=True, effect_on__lt=on)
    found += [
        Waiting(
            title=named(row), facts=_("%(day)s 该生效，名册没有跟上") % {"day": day_words(row.effect_on)},
            url=url(actor, row.pk), verb=_("看原因"), due=row.effect_on, state="bad", order=25,
        )
        for row in due[:SHOWN]
    ]  # fmt: skip
    return found[:SHOWN]
