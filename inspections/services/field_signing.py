"""Both sides sign one version on a phone's screen; it is the record, whatever the server had till then."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from inspections.models import (
    FieldFile,
    FieldOperation,
    FieldOutcome,
    FieldRecord,
    FieldSignature,
    Inspection,
)
from inspections.services import answers, confirmations, field_addenda, field_parts, second_answers, visits
from inspections.services.checklists import all_items_of
from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.services import audit


def sign(
    operation: FieldOperation, files: dict[str, FieldFile], *, without: str = "", actor: Actor, now: datetime
) -> FieldRecord:
    """Ends the visit with what both sides signed; `now` is when they did, by the corrected clock.

    Where the server had another answer, the signed one goes into the record and the other becomes an addendum.
    Refused for a wrong hash, a missing part without a reason, an item without an answer; Conflict when another
    version was signed before.
    """
    inspection = answers.lock(operation.inspection)
    answers.demand_member(inspection, actor)
    given, signed = operation.payload, field_parts.checked_record(operation.payload)
    without = without or given["without"]
    if signed["number"] != inspection.number:
        raise Refused(_("签的是另一次检查"), code="record_number")
    if inspection.state in field_addenda.SIGNED:
        raise Conflict(
            _("检查 %(number)s 已经签过一份，这一份没有用上") % {"number": inspection.number}, code="signed"
        )
    field_parts.demand_parts(inspection, without, but=operation.device)
    _demand_signatures(given)
    items = {item.pk: item for item in all_items_of(inspection)}
    others = []
    for item, answer, stored in field_parts.differing(inspection, signed, items):
        if stored is not None and stored.value:
            others.append(
                (
                    item,
                    stored,
                    {"value": stored.value, "note": stored.note, "mended": stored.mended_on_the_spot},
                )
            )
            second_answers.keep_first(inspection, item, stored, actor=actor)
        answers.save_answer(
            inspection,
            item,
            value=answer["value"],
            note=answer["note"],
            mended=answer["mended"],
            version=stored.version if stored else 0,
            actor=actor,
            now=now,
        )
    visits.sign_off(
        inspection,
        present=signed["present"],
        objection=signed["objection"],
        summary=signed["summary"],
        without=without,
        parts_seen=True,
        apart_known=given.get("apart", False),
        actor=actor,
        now=now,
    )
    last = FieldRecord.objects.filter(inspection=inspection).aggregate(last=Max("number"))["last"] or 0
    record = FieldRecord.objects.create(
        inspection=inspection,
        number=last + 1,
        device=operation.device,
        content=given["content"].encode(),
        sha256=given["sha256"],
        signed_at=now,
        without=without,
        unsigned_reason=given["unsigned_reason"],
    )
    FieldSignature.objects.bulk_create(
        FieldSignature(record=record, side=one["side"], name=one["name"], file=files[one["sha256"]].stored)
        for one in given["signatures"]
    )
    for item, stored, content in others:
        field_addenda.append(
            inspection, item=item, content=content, made_at=stored.at, by=stored.by, actor=actor, now=now
        )
    _held_become_addenda(inspection, actor, now)
    audit.record(
        "inspections.field.sign",
        inspection,
        actor=actor,
        changes={"sha256": record.sha256, "signatures": len(given["signatures"]), "without": bool(without)},
    )
    return record


def _demand_signatures(given: dict) -> None:
    sides = [one["side"] for one in given["signatures"]]
    if "team" not in sides:
        raise Refused(_("检查组没有签名"), code="signature")
    if "facility" not in sides and len(given["unsigned_reason"]) < 4:
        raise Refused(_("机构没有签名，也没有写原因"), code="signature")
    if any(not one["name"] for one in given["signatures"]):
        raise Refused(_("签名旁边要有姓名"), code="signature")


def _held_become_addenda(inspection: Inspection, actor: Actor, now: datetime) -> None:
    """Answers that stood against another one when both sides signed: said beside the record, if they differ from it."""
    held = FieldOutcome.objects.filter(
        operation__inspection=inspection, operation__kind="answer", state="held", code="answer_conflict"
    ).select_related("operation__item", "operation__device__user")
    for outcome in held:
        one = outcome.operation
        content = {key: one.payload[key] for key in ("value", "note", "mended")}
        outcome.state, outcome.at = "replaced", now
        if content["value"] and not field_addenda.says_the_same(inspection, one.item, content):
            known = inspection.addenda.filter(item=one.item, content=content).exists()
            if not known:
                field_addenda.append(
                    inspection,
                    item=one.item,
                    content=content,
                    operation=one,
                    by=one.device.user,
                    made_at=one.made_at,
                    actor=actor,
                    now=now,
                )
            outcome.state = "addendum"
        outcome.save(update_fields=["state", "at"])


def confirm(operation: FieldOperation, *, actor: Actor, now: datetime) -> None:
    """The second one has the same version on the own screen, by its hash: the visit is finished.

    Refused when another version, or none, is signed on the server.
    """
    inspection = answers.lock(operation.inspection)
    record = field_parts.current_record(inspection)
    if record is None or record.sha256 != operation.payload["sha256"]:
        raise Refused(_("你确认的那份和签记的不是同一份。看过最新的一份再确认"), code="record_hash")
    confirmations.confirm_visit(inspection, actor=actor, now=now)
