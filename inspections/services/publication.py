"""What is public of results, until when, and what ends it: the date, or a repair that the facility asked for."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Inspection, PublicationEvent, PublicationRepair, ResultReview
from inspections.rules.states import REPAIR
from inspections.services.orders import store_evidence
from inspections.services.result_reviews import demand_reach, reason_of
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.rules.clocks import months_after
from portal.services import audit, parameters, publicity
from portal.services.steps import step
from portal.templatetags.ui import day_words

MONTHS = "publication.result_months"
REPAIR_MONTHS = "publication.result_repair_months"
TEXT = (10, 2000)


def last_day(on: date) -> date:
    """The last day on which a result that is published on the day is public."""
    return months_after(on, parameters.value(MONTHS, on))


def event(
    review: ResultReview, kind: str, *, at: datetime, reason_kind: str = "", sha256: str = ""
) -> PublicationEvent:
    """What the log will say, not saved yet; nothing of it was written by a person."""
    return PublicationEvent(
        review=review,
        facility_id=review.inspection.facility_id,
        number=review.inspection.number,
        kind=kind,
        reason_kind=reason_kind,
        version=review.latest,
        sha256=sha256,
        at=at,
    )


def log(review: ResultReview, kind: str, *, at: datetime, reason_kind: str = "") -> PublicationEvent:
    sha256 = review.versions.filter(number=review.latest).values_list("sha256", flat=True).first() or ""
    made = event(review, kind, at=at, reason_kind=reason_kind, sha256=sha256)
    made.save(force_insert=True)
    return made


def went(review: ResultReview) -> bool:
    """Whether the result was withdrawn from publication once."""
    return review.events.filter(kind="withdrawn").exists()


def end(inspection: Inspection, kind: str, *, on: date, actor: Actor, now: datetime) -> None:
    """The result is public no more from the day on; what it says stays on record inside."""
    inspection.publication_ended_on = on
    inspection.version += 1
    inspection.save(update_fields=["publication_ended_on", "version"])
    inspection.findings.update(published=False)
    log(inspection.review, kind, at=now)
    audit.record(f"inspections.result.{kind}", inspection, actor=actor, changes={"on": on.isoformat()})


def end_due(*, actor: Actor, on: date | None = None, now: datetime | None = None) -> int:
    """Ends the publication of every result whose last day is over; returns how many."""
    now = now or timezone.now()
    on = on or timezone.localdate(now)
    over = Inspection.objects.filter(
        state="published", publication_ended_on__isnull=True, publish_until__lt=on
    ).select_for_update(of=("self",), no_key=True)
    rows = list(over.order_by("publish_until", "pk"))
    for inspection in rows:
        end(inspection, "ended", on=on, actor=actor, now=now)
    return len(rows)


def demand_no_personal_data(inspection: Inspection) -> None:
    """Conflict where a text that the public will read holds a phone or identity number, or an item's wording a name.
    What people write in words at a visit is never published; these are the facility's own name and address, as they are
    registered, and the wording of the items."""
    facility = inspection.facility
    way_out = _("先在名册或检查表里去掉")
    publicity.demand_none([facility.name, facility.address], way_out, names=False)
    items = inspection.findings.exclude(state="withdrawn").values_list("item__text", flat=True)
    publicity.demand_none(items, way_out)


# --- Repair


def repairable_from(inspection: Inspection) -> date | None:
    """The first day on which a repair may be asked for, None for what is not public."""
    if inspection.published_at is None:
        return None
    on = timezone.localdate(inspection.published_at)
    return months_after(on, parameters.value(REPAIR_MONTHS, on))


def stands_against(review: ResultReview, on: date) -> str:
    """Why a repair cannot be asked for on the day, as a sentence; empty where it can."""
    visit = review.inspection
    if (
        visit.state != "published"
        or visit.publication_ended_on
        or (visit.publish_until and visit.publish_until < on)
    ):
        return _("%(number)s 的结果现在不公示，不用修复") % {"number": visit}
    if not visit.findings.exclude(state="withdrawn").exists():
        return _("%(number)s 没有问题，不用修复") % {"number": visit}
    if visit.findings.filter(state__in=("open", "answered")).exists():
        return _("还有问题没有销号，都改好、复查通过以后再申请修复")
    if review.repairs.filter(state__in=("asked", "examined")).exists():
        return _("已有一份申请在等答复")
    first = repairable_from(visit)
    if first and on < first:
        return _("从 %(day)s 起可以申请修复") % {"day": day_words(first)}
    return ""


@transaction.atomic
def ask_repair(
    review: ResultReview, *, reason: str, upload, actor: Actor, now: datetime | None = None
) -> PublicationRepair:
    """The facility's application, with evidence. Conflict before its day, with findings open, twice at once."""
    demand_reach(review, actor, "result.repair_ask")
    review = (
        ResultReview.objects.select_for_update(of=("self",)).select_related("inspection").get(pk=review.pk)
    )
    now = now or timezone.now()
    against = stands_against(review, timezone.localdate(now))
    if against:
        raise Conflict(against, code="repair")
    reason = reason.strip()
    if not TEXT[0] <= len(reason) <= TEXT[1]:
        raise Refused(
            _("改正的情况：写 %(least)d 到 %(most)d 个字") % {"least": TEXT[0], "most": TEXT[1]},
            field="reason",
        )
    if not upload:
        raise Refused(_("附上证明改好了的材料"), field="upload")
    made = PublicationRepair.objects.create(
        review=review,
        reason=reason,
        file=store_evidence(upload, field="upload", actor=actor),
        asked_at=now,
        asked_by=actor.user,
    )
    audit.record("inspections.repair.ask", made, actor=actor, changes={"sha256": made.file.sha256})
    return made


def open_repair(review: ResultReview) -> PublicationRepair | None:
    return review.repairs.filter(state__in=("asked", "examined")).first()


def _locked(repair: PublicationRepair, right: str, actor: Actor) -> PublicationRepair:
    demand_reach(repair.review, actor, right)
    return (
        PublicationRepair.objects.select_for_update(of=("self",))
        .select_related("review__inspection")
        .get(pk=repair.pk)
    )


@transaction.atomic
def examine_repair(
    repair: PublicationRepair, true: bool, *, answer: str = "", actor: Actor, now: datetime | None = None
) -> PublicationRepair:
    """The bureau looked: true, the head decides; not true, refused with a reason."""
    repair = _locked(repair, "result.repair_examine", actor)
    before, state = repair.state, step(REPAIR, repair, "examine" if true else "refuse")
    if true:
        repair.opinion = answer.strip()[:500]
    else:
        repair.answer = reason_of(answer, "answer")
    repair.state, repair.examined_at, repair.examined_by = state, now or timezone.now(), actor.user
    repair.save(update_fields=["state", "opinion", "answer", "examined_at", "examined_by"])
    audit.record("inspections.repair.examine", repair, actor=actor, changes={"state": [before, state]})
    return repair


@transaction.atomic
def decide_repair(
    repair: PublicationRepair, granted: bool, *, answer: str = "", actor: Actor, now: datetime | None = None
) -> PublicationRepair:
    """A second person decides: granted, the result is public no more from today; Denied for whoever examined."""
    repair = _locked(repair, "result.repair_decide", actor)
    before, state = repair.state, step(REPAIR, repair, "grant" if granted else "decline")
    if actor.user is None or actor.same_person(repair.examined_by) or actor.same_person(repair.asked_by):
        raise Denied(_("核实的人不能自己决定，请另一个人来"), code="second_person")
    now = now or timezone.now()
    repair.answer = answer.strip()[:500] if granted else reason_of(answer, "answer")
    repair.state, repair.decided_at, repair.decided_by = state, now, actor.user
    repair.save(update_fields=["state", "answer", "decided_at", "decided_by"])
    audit.record("inspections.repair.decide", repair, actor=actor, changes={"state": [before, state]})
    if granted:
        visit = Inspection.objects.select_for_update(of=("self",), no_key=True).get(
            pk=repair.review.inspection_id
        )
        if visit.publication_ended_on is None:
            end(visit, "repaired", on=timezone.localdate(now), actor=actor, now=now)
    return repair
