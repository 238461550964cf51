"""The case file of a visit (案卷): one archive with documents, versions of the result, photographs, answers and papers, an
index to read in a browser, and SHA256SUMS to check it with `sha256sum -c`."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import (
    AnswerPhoto,
    CaseFile,
    Inspection,
    Order,
    OrderAnswerFile,
    VisitPart,
    VoiceNote,
)
from inspections.services import case_documents as documents
from inspections.services import case_history, case_parts, joint, joint_documents, photo_facts
from inspections.services.case_parts import Part, kept
from inspections.services.checklists import numbered
from portal import pdf
from portal.access import Actor
from portal.celery import app
from portal.errors import Conflict, NotFound
from portal.models.records import StoredFile
from portal.services import audit
from portal.services.exports import Book
from portal.services.files import path_of, root
from portal.spreadsheets import OutColumn

CHUNK = 1 << 20
RECORD = "01-documents/record.pdf"
INDEX = tuple(OutColumn(heading, width) for heading, width in documents.INDEX.items())


def order_case(
    inspection: Inspection, *, part: VisitPart | None = None, actor: Actor, now: datetime | None = None
) -> CaseFile:
    """Has the case file made in the background, or that of one department's part. Conflict for a visit that is not
    finished."""
    actor.demand("case_file.take")
    if inspection.finished_on is None:
        raise Conflict(_("检查 %(number)s 还没有完成，没有案卷") % {"number": inspection}, code="state")
    made = CaseFile.objects.create(
        inspection=inspection, part=part, ordered_at=now or timezone.now(), ordered_by=actor.user
    )
    audit.record("inspections.case_file.order", inspection, actor=actor)
    names = [actor.district.pk, made.pk]
    transaction.on_commit(lambda: app.send_task("inspections.make_case_file", args=names))
    return made


def of_department(part: VisitPart) -> Iterator[Part]:
    """What belongs to one department's part of a joint visit: its record, its orders and re-inspections, photographs."""
    yield Part(RECORD, joint_documents.TITLE, pdf.render(joint_documents.part_html(part)))
    for order in joint.orders_of(part).select_related(
        "facility__operator", "inspection__facility__street", "unit"
    ):
        yield from of_order(order)
    numbers = dict(joint.items_of_part(part).values_list("item_id", "position"))
    for photo in joint_documents.photos_of(part):
        name = f"{numbers.get(photo.answer.item_id, 0):02d}-{photo.pk}"
        yield kept(
            "03-photos",
            name,
            photo.file,
            photo_facts.with_facts(documents.PHOTO.format(item=photo.answer.item.text), photo.meta),
        )


def of_order(order: Order) -> Iterator[Part]:
    body = pdf.render(documents.order_html(order))
    words = documents.ORDER + (documents.WITHDRAWN if order.state == "withdrawn" else "")
    yield Part(f"01-documents/order-{order.number}.pdf", words, body)
    for recheck in order.rechecks.filter(passed__isnull=False).order_by("round"):
        body = pdf.render(documents.recheck_html(order, recheck))
        name = f"01-documents/recheck-{order.number}-{recheck.round}.pdf"
        yield Part(name, documents.RECHECK.format(n=recheck.round), body)


def parts_of(inspection: Inspection) -> Iterator[Part]:
    """Everything that belongs to the case, in the order of the index; the same record gives the same parts."""
    departments = joint_documents.departments_of(inspection) if inspection.joint else ()
    yield Part(RECORD, documents.RECORD, pdf.render(documents.record_html(inspection, departments)))
    yield Part(
        "01-documents/history.pdf", case_history.TITLE, pdf.render(case_history.history_html(inspection))
    )
    if inspection.joint:
        rows = inspection.departments.select_related("unit", "inspection__facility")
        for part in rows.order_by("position"):
            body = pdf.render(joint_documents.part_html(part))
            words = f"{joint_documents.TITLE}：{joint_documents.full_name(part.unit)}"
            yield Part(f"01-documents/part-{part.unit.slug}.pdf", words, body)
    orders = list(
        inspection.orders.select_related("facility__operator", "inspection__facility__street", "unit")
    )
    for order in orders:
        yield from of_order(order)
    for version in inspection.review.versions.order_by("number"):
        name = f"02-results/version-{version.number}.json"
        words = documents.VERSION.format(n=version.number)
        if version.number != inspection.review.latest:
            words += documents.REPLACED
        yield Part(name, words, bytes(version.content))
    numbers = {item.pk: number for number, item in numbered(inspection)}
    photos = AnswerPhoto.objects.filter(answer__inspection=inspection).select_related("file", "answer__item")
    for photo in photos.order_by("pk"):
        name = f"{numbers.get(photo.answer.item_id, 0):02d}-{photo.pk}"
        yield kept(
            "03-photos",
            name,
            photo.file,
            photo_facts.with_facts(documents.PHOTO.format(item=photo.answer.item.text), photo.meta),
        )
    voices = VoiceNote.objects.filter(answer__inspection=inspection).select_related("file", "answer__item")
    for voice in voices.order_by("pk"):
        name = f"{numbers.get(voice.answer.item_id, 0):02d}-{voice.pk}"
        yield kept(
            "03-voice",
            name,
            voice.file,
            photo_facts.with_facts(documents.VOICE.format(item=voice.answer.item.text), voice.meta),
        )
    yield from case_parts.objections(inspection)
    answers = OrderAnswerFile.objects.filter(answer__order__in=orders)
    for one in answers.select_related("file", "answer__finding__item").order_by("pk"):
        words = documents.ANSWER.format(n=one.answer.round, item=one.answer.finding.item.text)
        name = f"{one.answer.finding_id}-{one.answer.round}-{one.pk}"
        yield kept("05-answers", name, one.file, words)
    for order in orders:
        for one in order.extensions.filter(file__isnull=False).select_related("file"):
            yield kept("06-extensions", str(one.pk), one.file, documents.EXTENSION)
    yield from case_parts.signed(inspection)
    yield from case_parts.addenda(inspection)
    yield from case_parts.changes(inspection)


def make(case: CaseFile, *, actor: Actor, now: datetime | None = None) -> CaseFile:
    """Sets the documents and writes the archive, piece by piece; made already, nothing changes.

    What the disk has lost is named in the index with the hash that the record has; the archive is made all the same.
    """
    rows = CaseFile.objects.select_for_update(of=("self",))
    case = rows.select_related("part__unit", "part__inspection__facility").get(pk=case.pk)
    if case.state == CaseFile.State.DONE:
        return case
    inspection = Inspection.objects.select_related("facility__street", "facility__operator", "review").get(
        pk=case.inspection_id
    )
    now = now or timezone.now()
    folder = root() / str(actor.district.pk) / "case-files"
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".part-")
    os.close(handle)
    try:
        rows = write(Path(temporary), inspection, case.part, now)
        digest, size = hashed(Path(temporary))
        relative = f"{actor.district.pk}/case-files/{digest}.zip"
        os.chmod(temporary, 0o640)
        os.replace(temporary, root() / relative)
    finally:
        Path(temporary).unlink(missing_ok=True)
    case.file = StoredFile.objects.create(
        sha256=digest,
        name=f"{inspection.number}{f'-{case.part.unit.slug}' if case.part else ''}.zip",
        content_type="application/zip",
        size=size,
        path=relative,
        created_by=case.ordered_by,
    )
    case.state, case.made_at, case.sha256 = CaseFile.State.DONE, now, digest
    case.parts, case.missing = len(rows), sum(row["missing"] for row in rows)
    case.save()
    audit.record(
        "inspections.case_file.make", inspection, actor=actor, changes={"sha256": digest, "parts": len(rows)}
    )
    return case


def write(target: Path, inspection: Inspection, department: VisitPart | None, now: datetime) -> list[dict]:
    """Writes the archive, of the whole visit or of one department's part; answers the rows of its index."""
    rows = []
    stamp = timezone.localtime(now).timetuple()[:6]
    with zipfile.ZipFile(target, "w") as archive:
        for part in of_department(department) if department else parts_of(inspection):
            missing = False
            if part.stored is not None:
                digest = part.stored.sha256
                try:
                    with path_of(part.stored).open("rb") as source:
                        with archive.open(entry(part.path, stamp), "w", force_zip64=True) as out:
                            while chunk := source.read(CHUNK):
                                out.write(chunk)
                except OSError:
                    missing = True
            else:
                digest = hashlib.sha256(part.body).hexdigest()
                archive.writestr(entry(part.path, stamp, zipfile.ZIP_DEFLATED), part.body)
            rows.append({"path": part.path, "words": part.words, "sha256": digest, "missing": missing})
        page = render_to_string(
            "official/case_index.html", {"inspection": inspection, "rows": rows, "made_at": now}
        ).encode()
        sums = [(row["sha256"], row["path"]) for row in rows if not row["missing"]]
        for name, body in (("index.xlsx", index_book(rows)), ("index.html", page)):
            archive.writestr(entry(name, stamp, zipfile.ZIP_DEFLATED), body)
            sums.append((hashlib.sha256(body).hexdigest(), name))
        text = "".join(f"{digest}  {path}\n" for digest, path in sums)
        archive.writestr(entry("SHA256SUMS", stamp, zipfile.ZIP_DEFLATED), text)
    return rows


def index_book(rows: list[dict]) -> bytes:
    """The index as a spreadsheet, official Chinese as its documents are."""
    target = io.BytesIO()
    book = Book(target, documents.INDEX_TITLE)
    book.head(INDEX)
    for row in rows:
        state = documents.LOST if row["missing"] else ""
        book.add([row["path"], row["words"], row["sha256"], state])
    book.close()
    return target.getvalue()


def entry(path: str, stamp: tuple, method: int = zipfile.ZIP_STORED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, date_time=stamp)
    info.compress_type = method
    info.external_attr = 0o644 << 16
    return info


def hashed(path: Path) -> tuple[str, int]:
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest(), path.stat().st_size


def take(case: CaseFile, *, actor: Actor) -> StoredFile:
    """The archive, for a download that is on record."""
    actor.demand("case_file.take")
    if case.file is None:
        raise Conflict(_("案卷还在生成，过一会儿再下载"), code="state")
    audit.record("inspections.case_file.take", case.inspection, actor=actor, changes={"sha256": case.sha256})
    return case.file


def take_record(case: CaseFile, *, actor: Actor) -> bytes:
    """The record alone, out of the archive; on record as the archive is."""
    stored = take(case, actor=actor)
    try:
        with zipfile.ZipFile(path_of(stored)) as archive:
            return archive.read(RECORD)
    except OSError as error:
        raise NotFound(_("文件在存放处已经没有了"), code="file") from error
