"""Files that people hand in: checked by their content, kept under their SHA-256, never executed, never overwritten."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Refused
from portal.models import StoredFile

LARGEST = 10 * 1024 * 1024
#: What a file begins with -> its type. A name's ending proves nothing.
SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (b"%PDF-", "application/pdf", ".pdf"),
)
#: What is spoken on site; taken where the caller asks for it.
SOUNDS = (
    (b"\x1a\x45\xdf\xa3", "audio/webm", ".webm"),
    (b"OggS", "audio/ogg", ".ogg"),
)


#: Office files are zip archives; what they are stands in the name of one part. Those with macros are not taken.
OFFICE = {
    "xl/workbook.xml": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
    "word/document.xml": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
}


def office_kind(path: str) -> tuple[str, str] | None:
    """Type and ending of a spreadsheet or text without macros, by the archive's list of parts."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return None
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return None
    return next((kind for part, kind in OFFICE.items() if part in names), None)


def sound_kind(head: bytes) -> tuple[str, str] | None:
    """Type and ending of a recording by its first bytes."""
    for signature, kind, ending in SOUNDS:
        if head.startswith(signature):
            return kind, ending
    return ("audio/mp4", ".m4a") if head[4:8] == b"ftyp" else None


def kind_of(head: bytes) -> tuple[str, str] | None:
    """Type and ending by the first bytes; None for what the portal does not take."""
    for signature, kind, ending in SIGNATURES:
        if head.startswith(signature):
            return kind, ending
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp", ".webp"
    return None


def clean_name(name: str, ending: str) -> str:
    """The last part of what the browser sent, without control characters, with the ending of what it really is."""
    name = "".join(c for c in name.replace("\\", "/").rsplit("/", 1)[-1] if c.isprintable()).strip(". ")
    stem = name.rsplit(".", 1)[0] if "." in name else name
    return (stem or "file")[:180] + ending


def root() -> Path:
    return Path(settings.DATA_DIR) / "files"


def path_of(stored: StoredFile) -> Path:
    return root() / stored.path


def place_of(district: int, sha256: str, ending: str) -> str:
    """Where a district's content lies below the root: the fingerprint says it, nothing else need be known."""
    return f"{district}/{sha256[:2]}/{sha256}{ending}"


def store_file(upload, *, actor: Actor, office: bool = False, sound: bool = False) -> StoredFile:
    """Keeps an uploaded file (`name`, `size`, `chunks()`) and answers its record.

    Refused for an empty one, one over 10 MB, and what is no JPEG, PNG, WebP or PDF by its content; with `office`
    spreadsheets (xlsx) and texts (docx) without macros are taken too, with `sound` recordings. The same
    content twice lies on the disk once. A file whose record is rolled back stays behind unreferenced.
    """
    shown = str(upload.name or "")[:60]
    if upload.size > LARGEST:
        raise Refused(
            _("文件“%(name)s”：%(mb)s MB，超过 10 MB。压缩或缩小后再传")
            % {"name": shown, "mb": round(upload.size / 1024 / 1024, 1)},
            field="file",
            code="file_size",
        )
    folder = root() / str(actor.district.pk)
    folder.mkdir(parents=True, exist_ok=True)
    digest, head, size = hashlib.sha256(), b"", 0
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as output:
            for chunk in upload.chunks():
                head = head or chunk[:16]
                size += len(chunk)
                digest.update(chunk)
                output.write(chunk)
            output.flush()
            os.fsync(output.fileno())
        if not size:
            raise Refused(_("文件“%(name)s”：是空的") % {"name": shown}, field="file", code="file_empty")
        kind = kind_of(head)
        if kind is None and office and head.startswith(b"PK"):
            kind = office_kind(temporary)
        if kind is None and sound:
            kind = sound_kind(head)
        if kind is None:
            wanted = (
                _("文件“%(name)s”：要 PDF、图片（JPEG、PNG、WebP）、xlsx 或 docx，不能带宏")
                if office
                else _("文件“%(name)s”：要 JPEG、PNG、WebP 图片或 PDF")
            )
            raise Refused(
                wanted % {"name": shown},
                field="file",
                code="file_type",
            )
        sha256 = digest.hexdigest()
        relative = place_of(actor.district.pk, sha256, kind[1])
        target = root() / relative
        target.parent.mkdir(exist_ok=True)
        os.chmod(temporary, 0o640)
        os.replace(temporary, target)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return StoredFile.objects.create(
        sha256=sha256,
        name=clean_name(shown, kind[1]),
        content_type=kind[0],
        size=size,
        path=relative,
        created_by=actor.user,
    )


def store_papers(files: Iterable, *, there: int, most: int, actor: Actor) -> list[StoredFile]:
    """Keeps the papers that come with a record that has `there` already, pictures, PDFs, sheets and texts; Refused at
    `files` for more than `most` in all, and as store_file says."""
    files = list(files)
    if there + len(files) > most:
        raise Refused(_("材料：最多 %(n)d 个文件") % {"n": most}, field="files", code="files")
    try:
        return [store_file(upload, actor=actor, office=True) for upload in files]
    except Refused as refused:
        refused.field = "files"
        raise


def forget_file(stored: StoredFile) -> None:
    """Deletes a file's record, and after the commit the file itself, unless another record has the same content.

    For what the law says must go. The caller has deleted what refers to it.
    """
    path = path_of(stored)
    shared = StoredFile.objects.filter(path=stored.path).exclude(pk=stored.pk).exists()
    stored.delete()
    if not shared:
        transaction.on_commit(lambda: path.unlink(missing_ok=True))
