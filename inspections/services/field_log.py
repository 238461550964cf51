"""A phone's log of operations: each kept as it came, applied through the services that the desk uses, in whatever
order and however often it comes. What cannot be applied is kept with its reason, for people to decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import (
    AnswerPhoto,
    ChecklistItem,
    FieldDevice,
    FieldFile,
    FieldOperation,
    FieldOutcome,
    Inspection,
)
from inspections.rules import field as rules
from inspections.services import (
    agreement,
    answers,
    field_addenda,
    field_parts,
    field_signing,
    second_answers,
    visits,
)
from inspections.services.answers import lock
from portal.access import Actor
from portal.errors import Conflict, Refused

#: An operation that waits is tried again whenever something came; so many rounds at most at a time.
ROUNDS = 4


class StillWaiting(Exception):
    """Something that the operation needs has not come yet; `code` says what."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


def take(
    inspection: Inspection,
    device: FieldDevice,
    rows: Iterable[dict],
    *,
    actor: Actor,
    by_file: bool = False,
    now: datetime | None = None,
) -> dict[str, FieldOutcome]:
    """Keeps what a phone sends (`rules.operation` has checked each) and applies what can be; the outcome by uuid.

    One that came before stays what it was. Conflict when another operation has a sequence number already:
    then nothing of this batch is kept.
    """
    now = now or timezone.now()
    inspection = lock(inspection)
    rows = {row["uuid"]: row for row in rows}
    known = set(FieldOperation.objects.filter(uuid__in=rows).values_list("uuid", flat=True))
    new = [row for uuid, row in rows.items() if uuid not in known]
    taken = FieldOperation.objects.filter(
        inspection=inspection, device=device, sequence__in=[row["sequence"] for row in new]
    )
    if taken.exists() or len({row["sequence"] for row in new}) < len(new):
        raise Conflict(_("这台手机的记录编号重复，先把待传的内容存成文件，再联系区教育局"), code="sequence")
    wanted = {row["item"] for row in new} - {None}
    items = ChecklistItem.objects.in_bulk(wanted) if wanted else {}
    made = FieldOperation.objects.bulk_create(
        FieldOperation(
            uuid=row["uuid"],
            inspection=inspection,
            device=device,
            sequence=row["sequence"],
            kind=row["kind"],
            item=items.get(row["item"]),
            payload=row["payload"],
            made_at=row["made_at"],
            offset_ms=row["offset_ms"],
            came_at=now,
            by_file=by_file,
        )
        for row in new
    )
    FieldOutcome.objects.bulk_create(
        FieldOutcome(operation=operation, state="waiting", at=now) for operation in made
    )
    if made:
        settle(inspection, actor=actor, now=now)
    found = FieldOutcome.objects.filter(operation__uuid__in=rows).select_related("operation")
    return {str(one.operation.uuid): one for one in found}


def outcomes(inspection: Inspection, device: FieldDevice, uuids: Iterable[str]) -> dict[str, FieldOutcome]:
    """What has become of operations that this phone sent before."""
    found = FieldOutcome.objects.filter(
        operation__inspection=inspection, operation__device=device, operation__uuid__in=list(uuids)
    ).select_related("operation")
    return {str(one.operation.uuid): one for one in found}


def settle(inspection: Inspection, *, actor: Actor, now: datetime | None = None) -> None:
    """Applies what waits, phone by phone in the order in which it was done; again as long as that helps."""
    now = now or timezone.now()
    here = FieldFile.objects.filter(inspection=inspection, stored__isnull=False, sha256=OuterRef("sha256"))
    for _round in range(ROUNDS):
        waiting = (
            FieldOutcome.objects.filter(operation__inspection=inspection, state="waiting")
            .annotate(sha256=KeyTextTransform("sha256", "operation__payload"))
            # with twenty photographs on the way each would be tried twenty times
            .exclude(~Exists(here), code="file", operation__kind__in=("photo", "voice"))
            .select_related("operation__device__user", "operation__item")
            .order_by("operation__device", "operation__sequence")
        )
        moved = False
        for outcome in waiting:
            moved |= _try(outcome, actor, now)
        if not moved:
            return


def _try(outcome: FieldOutcome, actor: Actor, now: datetime) -> bool:
    operation = outcome.operation
    who = (
        actor if actor.same_person(operation.device.user) else Actor.of(operation.device.user, actor.district)
    )
    before = (outcome.state, outcome.code)
    try:
        with transaction.atomic():
            outcome.state, outcome.code, outcome.sentence = APPLY[operation.kind](operation, who, now), "", ""
    except StillWaiting as waits:
        outcome.code = waits.code
    except Refused as refused:
        outcome.state, outcome.code = "held", refused.code[:40]
        outcome.sentence = str(refused.message)[:400]
    if (outcome.state, outcome.code) == before:
        return False
    outcome.at = now
    outcome.save(update_fields=["state", "code", "sentence", "at"])
    return outcome.state != "waiting"


def moment_of(operation: FieldOperation, now: datetime) -> datetime:
    return rules.corrected(operation.made_at, operation.offset_ms, now)


def fresh(operation: FieldOperation) -> Inspection:
    return Inspection.objects.select_related("facility").get(pk=operation.inspection_id)


def _start(operation: FieldOperation, actor: Actor, now: datetime) -> str:
    inspection = fresh(operation)
    if inspection.state == "due":
        visits.start(inspection, actor=actor, now=moment_of(operation, now))
    elif inspection.state == "cancelled":
        visits.start(inspection, actor=actor, now=now)  # refuses, with the sentence
    return "applied"


def _demand_started(inspection: Inspection) -> None:
    if inspection.state == "due":
        raise StillWaiting("start")


def _demand_item(operation: FieldOperation) -> ChecklistItem:
    if operation.item is None:
        raise Refused(_("手机上的这一项，检查表里已经没有了"), code="item")
    return operation.item


def _later(operation: FieldOperation) -> bool:
    """Whether the same phone answered the same item again afterwards, and that came first."""
    return FieldOperation.objects.filter(
        inspection=operation.inspection_id,
        device=operation.device_id,
        kind="answer",
        item=operation.item_id,
        sequence__gt=operation.sequence,
        outcome__state__in=rules.SETTLED,
    ).exists()


def _afterwards(
    inspection: Inspection, operation: FieldOperation, content: dict, actor: Actor, now, file=None
) -> str:
    """What comes after both sides have signed: nothing new, or an addendum."""
    answers.demand_member(inspection, actor)
    if operation.item is None or not field_addenda.says_the_same(inspection, operation.item, content):
        field_addenda.append(
            inspection,
            item=operation.item,
            content=content,
            operation=operation,
            file=file,
            made_at=moment_of(operation, now),
            actor=actor,
            now=now,
        )
        return "addendum"
    return "applied"


def _answer(operation: FieldOperation, actor: Actor, now: datetime) -> str:
    inspection, given = fresh(operation), operation.payload
    _demand_started(inspection)
    if operation.item_id and _later(operation):
        return "replaced"
    if agreement.answers_apart(inspection, operation.item, actor) and (
        done := _apart(inspection, operation, now)
    ):
        return done
    if inspection.state in field_addenda.SIGNED:
        content = {key: given[key] for key in ("value", "note", "mended")}
        return _afterwards(inspection, operation, content, actor, now)
    answers.save_answer(
        inspection,
        _demand_item(operation),
        value=given["value"],
        note=given["note"],
        mended=given["mended"],
        version=given["base"],
        actor=actor,
        now=moment_of(operation, now),
    )
    # two answers, and one of them was chosen: by the same phone, or by its person on another one
    FieldOutcome.objects.filter(
        operation__inspection=inspection,
        operation__device__user=operation.device.user_id,
        operation__kind="answer",
        operation__item=operation.item_id,
        state="held",
        code="answer_conflict",
    ).exclude(operation=operation).update(state="replaced", at=now)
    return "applied"


def _apart(inspection: Inspection, operation: FieldOperation, now: datetime) -> str:
    """What becomes of the second's own answer to a drawn item: the operation keeps it (services/second_answers.py), the
    record stays as it is. Empty where it goes the way of all: who has seen the first's answer changes the record, what
    was answered after the signing is said beside it."""
    if inspection.state == "under_way":
        if not second_answers.is_final(inspection, operation.item):
            return "applied"
        return "" if operation.payload["base"] else "replaced"
    before = inspection.signed_at is None or moment_of(operation, now) <= inspection.signed_at
    return "applied" if before and inspection.state in field_addenda.SIGNED else ""


def arrived(operation: FieldOperation) -> FieldFile:
    """The operation's file, if all of it is here; StillWaiting otherwise."""
    found = (
        FieldFile.objects.filter(
            inspection=operation.inspection_id,
            sha256=operation.payload["sha256"],
            stored__isnull=False,
        )
        .select_related("stored")
        .first()
    )
    if found is None:
        raise StillWaiting("file")
    return found


def meta_of(operation: FieldOperation, now: datetime) -> dict:
    """What the record keeps of a picture: as the phone knew it, with both times."""
    return operation.payload["meta"] | {
        "device_time": operation.made_at.isoformat(timespec="seconds"),
        "time": moment_of(operation, now).isoformat(timespec="seconds"),
        "offset_ms": operation.offset_ms,
    }


def _removed(operation: FieldOperation) -> bool:
    """Whether the same phone took the picture away again afterwards."""
    return FieldOperation.objects.filter(
        inspection=operation.inspection_id,
        device=operation.device_id,
        kind="unphoto",
        sequence__gt=operation.sequence,
        payload__sha256=operation.payload["sha256"],
    ).exists()


def _photo(operation: FieldOperation, actor: Actor, now: datetime) -> str:
    if _removed(operation):
        return "replaced"
    inspection = fresh(operation)
    _demand_started(inspection)
    item, file = _demand_item(operation), arrived(operation)
    if inspection.state in field_addenda.SIGNED:
        return _afterwards(inspection, operation, {"sha256": file.sha256}, actor, now, file.stored)
    answers.attach_photo(
        inspection,
        item,
        file.stored,
        meta=meta_of(operation, now),
        actor=actor,
        now=moment_of(operation, now),
    )
    return "applied"


def _voice(operation: FieldOperation, actor: Actor, now: datetime) -> str:
    inspection = fresh(operation)
    _demand_started(inspection)
    item, file = _demand_item(operation), arrived(operation)
    if inspection.state in field_addenda.SIGNED:
        return _afterwards(inspection, operation, {"sha256": file.sha256}, actor, now, file.stored)
    answers.attach_voice(
        inspection,
        item,
        file.stored,
        meta=meta_of(operation, now),
        actor=actor,
        now=moment_of(operation, now),
    )
    return "applied"


def _unphoto(operation: FieldOperation, actor: Actor, now: datetime) -> str:
    inspection = fresh(operation)
    _demand_started(inspection)
    if inspection.state in field_addenda.SIGNED:
        raise Refused(_("双方签过以后照片不能去掉"), code="signed")
    photo = AnswerPhoto.objects.filter(
        answer__inspection=inspection,
        answer__item=operation.item_id,
        file__sha256=operation.payload["sha256"],
    ).first()
    if photo:
        answers.remove_photo(photo, actor=actor)
    return "applied"


def _part(operation: FieldOperation, actor: Actor, now: datetime) -> str:
    rows = field_parts.everything_before(operation)
    if rows is None:
        raise StillWaiting("rest")
    answers.demand_member(fresh(operation), actor)
    field_parts.declare(operation, rows, now)
    inspection = answers.lock(operation.inspection)
    if inspection.state == "under_way" and agreement.is_second(agreement.draw_of(inspection), actor):
        second_answers.keep_second(inspection, actor=actor)
    return "applied"


def _sign(operation: FieldOperation, actor: Actor, now: datetime) -> str:
    _demand_started(fresh(operation))
    if field_parts.everything_before(operation) is None:
        raise StillWaiting("rest")
    field_signing.sign(operation, signature_files(operation), actor=actor, now=moment_of(operation, now))
    return "applied"


def signature_files(operation: FieldOperation) -> dict[str, FieldFile]:
    """The pictures of the signatures by hash, once all are here."""
    wanted = {one["sha256"] for one in operation.payload["signatures"]}
    found = FieldFile.objects.filter(
        inspection=operation.inspection_id, sha256__in=wanted, stored__isnull=False
    ).select_related("stored")
    files = {one.sha256: one for one in found}
    if wanted - files.keys():
        raise StillWaiting("file")
    return files


def _confirm(operation: FieldOperation, actor: Actor, now: datetime) -> str:
    field_signing.confirm(operation, actor=actor, now=moment_of(operation, now))
    return "applied"


APPLY: dict[str, Callable[[FieldOperation, Actor, datetime], str]] = {
    "start": _start,
    "answer": _answer,
    "photo": _photo,
    "voice": _voice,
    "unphoto": _unphoto,
    "part": _part,
    "sign": _sign,
    "confirm": _confirm,
}
