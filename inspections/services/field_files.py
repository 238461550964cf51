"""Files that come piece by piece: a lost connection costs the piece that was under way, nothing else."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import FieldDevice, FieldFile, Inspection
from inspections.rules import field as rules
from inspections.services import field_log
from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.services.files import root, store_file

FILES_PER_VISIT = 2000


def part_path(file: FieldFile) -> Path:
    """Where the pieces lie until the file is whole."""
    return root() / str(file.district_id) / "field" / f"{file.pk}-{file.sha256[:16]}.part"


def progress(inspection: Inspection, device: FieldDevice, sha256: str) -> FieldFile | None:
    return FieldFile.objects.filter(inspection=inspection, device=device, sha256=sha256).first()


def take_piece(
    inspection: Inspection,
    device: FieldDevice,
    sha256: str,
    *,
    size: int,
    offset: int,
    piece: bytes,
    actor: Actor,
    now: datetime | None = None,
) -> FieldFile:
    """Adds a piece at `offset`; when the last one is there the file's hash is compared with the phone's and what
    waited for it is applied.

    A piece that came before, or leaves a gap, changes nothing: `received` of the answer says where to go on. A
    whole with another hash begins anew (`received` is 0 again). Refused for what is too big, or is no picture and
    no recording.
    """
    if not 0 < size <= rules.LARGEST_FILE:
        raise Refused(_("文件太大：最多 10 MB"), code="file_size")
    FieldFile.objects.bulk_create(
        [FieldFile(inspection=inspection, device=device, sha256=sha256, size=size)], ignore_conflicts=True
    )
    file = FieldFile.objects.select_for_update().get(inspection=inspection, device=device, sha256=sha256)
    if file.stored_id:
        return file
    if file.received == 0 and FieldFile.objects.filter(inspection=inspection).count() > FILES_PER_VISIT:
        raise Refused(_("这次检查的文件太多了，先请区教育局看看"), code="files")
    if size != file.size:
        raise Conflict(_("同一个文件的大小前后不一样"), code="file_size")
    path = part_path(file)
    if file.received and (not path.exists() or path.stat().st_size < file.received):
        file.received = 0  # the disk lost it, as after a restore
        file.save(update_fields=["received"])
    if offset > file.received:
        return file
    fresh = piece[file.received - offset :]
    if not fresh:
        return file
    if file.received + len(fresh) > size:
        raise Refused(_("内容比说好的大小还多"), code="file_size")
    path.parent.mkdir(parents=True, exist_ok=True)
    # what lies beyond `received` is from a request that was cut off before it was counted: written over
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o640), "r+b") as part:
        part.seek(file.received)
        part.write(fresh)
        # not forced to the disk: a power cut may take pieces, which the hash of the whole finds, and they come again
        part.truncate()
    file.received += len(fresh)
    if file.received == size:
        _complete(file, path, actor)
    file.save(update_fields=["received", "stored"])
    if file.stored_id:
        field_log.settle(field_log.lock(inspection), actor=actor, now=now or timezone.now())
        transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return file


def _complete(file: FieldFile, path: Path, actor: Actor) -> None:
    with path.open("rb") as whole:
        if hashlib.file_digest(whole, "sha256").hexdigest() != file.sha256:
            file.received = 0  # nothing of it can be trusted
            return
    with path.open("rb") as whole:
        file.stored = store_file(File(whole, name=file.sha256[:12]), actor=actor, sound=True)
