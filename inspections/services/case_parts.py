"""What a case file holds beside documents and photos: what both sides signed, addenda, papers of objections, changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from inspections.models import FieldRecord, Inspection, ResultObjectionFile
from inspections.services import case_history as history
from inspections.services.case_documents import SIDES
from portal.models.records import StoredFile

SIGNED, SIGNATURE = "签名的检查记录（第{n}份）", "{side}的签名：{name}（第{n}份）"
ADDENDUM, ADDENDUM_FILE = "检查附记（第{n}条）", "检查附记的材料（第{n}条）"
OBJECTION, CHANGE = "机构意见的材料：{item}", "更正检查结果的材料"


@dataclass(frozen=True)
class Part:
    """A file of the archive: made here (`body`), or kept already (`stored`)."""

    path: str
    words: str
    body: bytes | None = None
    stored: StoredFile | None = None


def kept(folder: str, name: str, stored: StoredFile, words: str) -> Part:
    return Part(f"{folder}/{name}{Path(stored.path).suffix}", words, stored=stored)


def signed(inspection: Inspection) -> Iterator[Part]:
    """Each version that was signed on a phone, byte by byte, with its signatures; one that was sent back says so."""
    rows = FieldRecord.objects.filter(inspection=inspection).prefetch_related("signatures__file")
    for one in rows.order_by("number"):
        void = f"，{history.VOID}" if one.void_at else ""
        name = "record.json" if one.number == 1 else f"record-{one.number}.json"
        yield Part(f"07-signed/{name}", SIGNED.format(n=one.number) + void, bytes(one.content))
        for drawn in one.signatures.all():
            words = SIGNATURE.format(side=SIDES[drawn.side], name=drawn.name, n=one.number) + void
            yield kept("07-signed", f"{one.number}-{drawn.side}-{drawn.pk}", drawn.file, words)


def addenda(inspection: Inspection) -> Iterator[Part]:
    for one in inspection.addenda.select_related("item", "by", "seen_by", "file").order_by("number"):
        yield Part(
            f"08-addenda/{one.number:02d}.json", ADDENDUM.format(n=one.number), history.addendum_json(one)
        )
        if one.file is not None:
            yield kept("08-addenda", f"{one.number:02d}", one.file, ADDENDUM_FILE.format(n=one.number))


def objections(inspection: Inspection) -> Iterator[Part]:
    said = ResultObjectionFile.objects.filter(objection__review__inspection=inspection)
    for one in said.select_related("file", "objection__finding__item").order_by("pk"):
        finding = one.objection.finding
        words = OBJECTION.format(item=finding.item.text)
        yield kept("04-objections", f"{finding.pk}-{one.pk}", one.file, words)


def changes(inspection: Inspection) -> Iterator[Part]:
    """The papers on which a change of the result rests."""
    for one in inspection.review.changes.filter(file__isnull=False).select_related("file"):
        yield kept("09-changes", str(one.pk), one.file, CHANGE)
