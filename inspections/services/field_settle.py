"""Decisions about what phones sent and the record could not take: used, or not used and kept; never dropped."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Answer, ChecklistItem, FieldOutcome, Inspection
from inspections.services import answers, field_addenda, field_log, field_signing
from inspections.services.checklists import all_items_of
from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.services import audit


def held(inspection: Inspection) -> list[FieldOutcome]:
    """What waits for a decision, in the order in which it was done."""
    return list(
        FieldOutcome.objects.filter(operation__inspection=inspection, state="held")
        .select_related("operation__item", "operation__device__user")
        .order_by("operation__made_at", "pk")
    )


def same_item(inspection: Inspection, item: ChecklistItem | None) -> ChecklistItem | None:
    """The item of the visit's own lists that means the same: itself, or the one with its key in the new version."""
    if item is None:
        return None
    items = all_items_of(inspection)
    return items.filter(pk=item.pk).first() or items.filter(key=item.key).first()


def standing(inspection: Inspection, item: ChecklistItem | None) -> Answer | None:
    """What the record says now where the held operation says something else."""
    found = same_item(inspection, item)
    return (
        Answer.objects.filter(inspection=inspection, item=found).select_related("by").first()
        if found
        else None
    )


def _locked(outcome: FieldOutcome, actor: Actor) -> tuple[Inspection, FieldOutcome]:
    actor.demand("field.settle")
    inspection = answers.lock(outcome.operation.inspection)
    found = FieldOutcome.objects.select_related("operation__item", "operation__device__user").get(
        pk=outcome.pk
    )
    if found.state != "held":
        raise Conflict(_("这一条已经有人决定过了，刷新页面看最新的"), code="decided")
    return inspection, found


def _decided(outcome: FieldOutcome, state: str, actor: Actor, now: datetime) -> FieldOutcome:
    outcome.state, outcome.decided_by, outcome.decided_at = state, actor.user, now
    outcome.save(update_fields=["state", "decided_by", "decided_at"])
    audit.record(
        "inspections.field.settle",
        outcome.operation.inspection,
        actor=actor,
        changes={"operation": str(outcome.operation.uuid), "state": state, "code": outcome.code},
    )
    return outcome


def set_aside(outcome: FieldOutcome, *, actor: Actor, now: datetime | None = None) -> FieldOutcome:
    """The record stays as it is; what the phone sent is kept beside it."""
    _inspection, outcome = _locked(outcome, actor)
    return _decided(outcome, "dropped", actor, now or timezone.now())


def use(
    outcome: FieldOutcome, *, reason: str = "", actor: Actor, now: datetime | None = None
) -> FieldOutcome:
    """What the phone sent goes into the record as its author's; after both sides have signed, as an addendum.

    `reason` is why a visit is signed without another phone's part. Refused for a visit that was struck off or has
    not begun, and for an item that its lists no longer have.
    """
    inspection, outcome = _locked(outcome, actor)
    now, one = now or timezone.now(), outcome.operation
    author = Actor.of(one.device.user, actor.district)
    if one.kind in ("start", "part", "confirm"):
        field_log.APPLY[one.kind](one, author, now)
        field_log.settle(inspection, actor=actor, now=now)
        return _decided(outcome, "adopted", actor, now)
    if one.kind == "sign":
        files = field_log.signature_files(one)
        field_signing.sign(
            one, files, without=reason.strip(), actor=author, now=field_log.moment_of(one, now)
        )
        field_log.settle(inspection, actor=actor, now=now)
        return _decided(outcome, "adopted", actor, now)
    item = same_item(inspection, one.item)
    if item is None:
        raise Refused(_("现在的检查表里没有这一项，只能不采用。内容照样留着"), code="item")
    if inspection.state in field_addenda.SIGNED:
        _as_addendum(inspection, outcome, item, actor, now)
        return _decided(outcome, "addendum", actor, now)
    if inspection.state != "under_way":
        raise Refused(
            _("检查 %(number)s 现在是“%(state)s”，不能记入，只能不采用。内容照样留着")
            % {"number": inspection.number, "state": inspection.get_state_display()},
            code="state",
        )
    if one.kind == "answer":
        given = answers.Given(one.payload["value"], one.payload["note"], one.payload["mended"])
        answers.adopt_answer(
            inspection, item, given, by=one.device.user, actor=actor, now=field_log.moment_of(one, now)
        )
    elif one.kind == "unphoto":
        raise Refused(_("要去掉的照片在检查表里去掉，这里只能不采用"), code="kind")
    else:
        answers.adopt_file(
            inspection,
            item,
            field_log.arrived(one).stored,
            by=one.device.user,
            meta=field_log.meta_of(one, now),
            actor=actor,
            now=field_log.moment_of(one, now),
        )
    return _decided(outcome, "adopted", actor, now)


def _as_addendum(
    inspection: Inspection, outcome: FieldOutcome, item: ChecklistItem, actor: Actor, now: datetime
) -> None:
    one = outcome.operation
    if one.kind == "answer":
        content = {key: one.payload[key] for key in ("value", "note", "mended")}
        file = None
    else:
        content, file = {"sha256": one.payload["sha256"]}, field_log.arrived(one).stored
    field_addenda.append(
        inspection,
        item=item,
        content=content,
        operation=one,
        file=file,
        by=one.device.user,
        made_at=field_log.moment_of(one, now),
        actor=actor,
        now=now,
    )
