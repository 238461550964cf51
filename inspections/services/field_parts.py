"""Two phones, one record: whose part is complete, what both sides signed, and the second's confirmation of the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from inspections.models import (
    Answer,
    ChecklistItem,
    FieldDevice,
    FieldOperation,
    FieldPart,
    FieldPass,
    FieldRecord,
    Inspection,
    TeamMember,
)
from inspections.rules import field as rules
from portal.errors import Refused


@dataclass(frozen=True)
class PartOf:
    """A phone that may hold something of a visit: what has come of it, and whether that is all."""

    device: FieldDevice
    code: str
    came: int
    complete: bool

    @property
    def machine(self) -> str:
        return _(rules.machine(self.device.label))


def parts_of(inspection: Inspection) -> list[PartOf]:
    """The phones of the team's members that took the visit along and whose pass was not taken back."""
    members = {
        m.inspector.user_id: m.inspector.code
        for m in TeamMember.objects.filter(inspection=inspection, dropped_at__isnull=True).select_related(
            "inspector"
        )
    }
    passes = FieldPass.objects.filter(inspection=inspection, revoked_at__isnull=True)
    devices = FieldDevice.objects.filter(pk__in=passes.values("device"), user__in=members).select_related(
        "user"
    )
    came = dict(
        FieldOperation.objects.filter(inspection=inspection)
        .order_by()
        .values("device")
        .annotate(last=Max("sequence"))
        .values_list("device", "last")
    )
    declared = dict(FieldPart.objects.filter(inspection=inspection).values_list("device", "count"))
    return [
        PartOf(
            device=one,
            code=members[one.user_id],
            came=came.get(one.pk, 0),
            # the declaration itself is an operation, too
            complete=one.pk in declared and came.get(one.pk, 0) == declared[one.pk] + 1,
        )
        for one in devices.order_by("pk")
    ]


def lacking(inspection: Inspection, but: FieldDevice | None = None) -> list[PartOf]:
    """The phones whose part is not complete, `but` the one that is signing."""
    return [one for one in parts_of(inspection) if not one.complete and one.device != but]


def demand_parts(inspection: Inspection, without: str, but: FieldDevice | None = None) -> None:
    """Refused while a phone's part is missing, unless a reason of 5 to 200 characters says why it is signed without."""
    missing = lacking(inspection, but)
    if not missing or 5 <= len(without.strip()) <= 200:
        return
    raise Refused(
        _("%(codes)s 的手机还有内容没说齐。等到齐再签，或写明为什么不等（5 到 200 个字）")
        % {"codes": "、".join(dict.fromkeys(one.code for one in missing))},
        code="parts",
        field="without",
    )


def came_before(operation: FieldOperation) -> list[tuple[int, str, str]]:
    """(sequence, uuid, outcome) of everything that the phone did before this operation."""
    rows = FieldOperation.objects.filter(
        inspection=operation.inspection_id, device=operation.device_id, sequence__lt=operation.sequence
    ).order_by("sequence")
    return [
        (n, str(uuid), state) for n, uuid, state in rows.values_list("sequence", "uuid", "outcome__state")
    ]


def everything_before(operation: FieldOperation) -> list[tuple[int, str]] | None:
    """The phone's operations before this one; None while one is missing or waits for something."""
    rows = came_before(operation)
    if len(rows) < operation.sequence - 1 or any(state == "waiting" for _n, _uuid, state in rows):
        return None
    return [(n, uuid) for n, uuid, _state in rows]


def declare(operation: FieldOperation, rows: list[tuple[int, str]], now: datetime) -> FieldPart:
    """The phone's part is complete: Refused when what came is not what the phone says that it sent."""
    given = operation.payload
    if given["count"] != len(rows) or given["sha256"] != rules.part_hash(rows):
        raise Refused(_("手机说的和收到的对不上，先把待传的内容存成文件"), code="part_hash")
    part, _made = FieldPart.objects.update_or_create(
        inspection=operation.inspection,
        device=operation.device,
        defaults={"count": len(rows), "sha256": given["sha256"], "at": now},
    )
    return part


def checked_record(payload: dict) -> dict:
    """The record of a signing, when its hash is that of its bytes; Refused otherwise."""
    if hashlib.sha256(payload["content"].encode()).hexdigest() != payload["sha256"]:
        raise Refused(_("签的那份和屏幕上的校验值对不上"), code="record_hash")
    return rules.record(payload["content"])


def differing(inspection: Inspection, signed: dict, items: dict[int, ChecklistItem]) -> list[tuple]:
    """(item, signed answer, stored answer or None) where the server has something else than both sides signed."""
    stored = {a.item_id: a for a in Answer.objects.filter(inspection=inspection).select_related("by")}
    found = []
    for given in signed["answers"]:
        item, old = items.get(given["item"]), stored.get(given["item"])
        if item is None:
            raise Refused(_("签的那份里有一项不在这次检查的表里"), code="item")
        there = (old.value, old.note, old.mended_on_the_spot) if old else None
        if there != (given["value"], given["note"], given["mended"] and given["value"] == "bad"):
            found.append((item, given, old))
    return found


def current_record(inspection: Inspection) -> FieldRecord | None:
    """What both sides signed last and nobody sent back."""
    return (
        FieldRecord.objects.filter(inspection=inspection, void_at__isnull=True)
        .prefetch_related("signatures")
        .order_by("-number")
        .first()
    )
