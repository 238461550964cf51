"""A phone's file, brought in at a desk: sealed as it lay on the phone, opened with the keys that the server keeps, and
through the same door as what goes up by itself."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.translation import gettext as _

from inspections.models import FieldDevice, Inspection
from inspections.rules import field as rules
from inspections.services import field_files, field_log
from portal.access import Actor
from portal.errors import Refused
from portal.services import audit

LARGEST = 200 * 1024 * 1024
LONGEST_LINE = 16 * 1024 * 1024
MOST_LINES = 20_000


@dataclass
class Brought:
    """What a file held: operations by what became of them, files, and what this person may not bring in."""

    operations: dict[str, int] = field(default_factory=dict)
    files: int = 0
    foreign: int = 0

    @property
    def taken(self) -> int:
        return sum(self.operations.values())


def _broken() -> Refused:
    return Refused(_("文件：不是手机现场检查存出来的文件，或者不完整。从手机上再存一次"), field="file")


def _lines(upload) -> Iterator[dict]:
    if upload.size > LARGEST:
        raise Refused(_("文件：超过 200 MB。先在手机上传一部分"), field="file")
    for number, line in enumerate(upload):
        if len(line) > LONGEST_LINE or number > MOST_LINES:
            raise _broken()
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise _broken() from None
        if not isinstance(row, dict):
            raise _broken()
        yield row


def _opened(row: dict, name: str, key: bytes) -> bytes:
    try:
        iv, data = base64.b64decode(row["iv"], validate=True), base64.b64decode(row["data"], validate=True)
        return AESGCM(key).decrypt(iv, data, name.encode())
    except (InvalidTag, KeyError, TypeError, ValueError, AttributeError):
        raise _broken() from None


def bring_in(upload, *, visits, actor: Actor) -> Brought:
    """Takes what a phone's file holds of `visits` (those that the person may decide about); the rest is counted.

    What came before changes nothing. Refused, and nothing taken, for a file that no phone of this district saved,
    that was changed, or that is cut off.
    """
    actor.demand("field.bring")
    rows = _lines(upload)
    head = next(rows, {})
    if head.get("shanyu_field") != 1 or head.get("district") != actor.district.slug:
        raise _broken()
    try:
        device_id = UUID(str(head["device"]))
    except (KeyError, ValueError):
        raise _broken() from None
    devices = {d.user_id: d for d in FieldDevice.objects.filter(device=device_id).select_related("user")}
    found, brought = {}, Brought()
    operations: dict[tuple[int, int], list[dict]] = {}
    for row in rows:
        try:
            person, visit = rules.number(row.get("person"), "person", 1, 2**62), row.get("visit")
            pk = rules.number(visit, "visit", 1, 2**62)
        except rules.Malformed:
            raise _broken() from None
        if pk not in found:
            found[pk] = visits.filter(pk=pk).select_related("facility").first()
        if found[pk] is None or person not in devices:
            brought.foreign += 1
            continue
        key = base64.b64decode(devices[person].key)
        if "operation" in row:
            operations.setdefault((pk, person), []).append(_operation(row, key))
        else:
            _file(row, key, found[pk], devices[person], actor)
            brought.files += 1
    for (pk, person), some in operations.items():
        _take(found[pk], devices[person], some, brought, actor)
    return brought


def _operation(row: dict, key: bytes) -> dict:
    name = str(row.get("operation"))
    try:
        content = json.loads(_opened(row, name, key))
        return rules.operation(
            {"uuid": name, "sequence": row.get("sequence"), "kind": row.get("kind"), **content}
        )
    except (rules.Malformed, ValueError, TypeError):
        raise _broken() from None


def _file(row: dict, key: bytes, inspection: Inspection, device: FieldDevice, actor: Actor) -> None:
    content = _opened(row, str(row.get("file")), key)
    try:
        sha256 = rules.sha256(row.get("sha256"))
    except rules.Malformed:
        raise _broken() from None
    known = field_files.progress(inspection, device, sha256)
    offset = known.received if known and not known.stored_id else 0
    field_files.take_piece(
        inspection, device, sha256, size=len(content), offset=offset, piece=content[offset:], actor=actor
    )


def _take(
    inspection: Inspection, device: FieldDevice, rows: Iterable[dict], brought: Brought, actor: Actor
) -> None:
    outcomes = field_log.take(inspection, device, rows, actor=actor, by_file=True)
    for outcome in outcomes.values():
        brought.operations[outcome.state] = brought.operations.get(outcome.state, 0) + 1
    audit.record(
        "inspections.field.bring_in",
        inspection,
        actor=actor,
        changes={"device": device.label, "operations": len(outcomes)},
    )
