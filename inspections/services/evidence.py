"""What a facility may see of its own visit when it answers the result or the order: photographs of what was found bad,
as copies without metadata, and the record that both sides signed, with its hash. Nothing before the draft was given."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from django.utils.translation import gettext as _

from inspections.models import AnswerPhoto, FieldRecord, Finding, ResultReview
from inspections.rules import field as rules
from inspections.rules.states import ANSWERS
from inspections.services.checklists import all_items_of
from inspections.services.field_parts import current_record
from portal.access import Actor
from portal.errors import Gone, NotFound
from portal.models.records import StoredFile
from portal.services.files import path_of
from portal.services.images import bare


def open_to(actor: Actor, inspection_id: int) -> ResultReview | None:
    """The result whose evidence the actor may see; None before the draft was given to the facility."""
    if not actor.may("evidence.view"):
        return None
    rows = ResultReview.objects.allowed(actor, "evidence.view")
    return rows.select_related("inspection__facility__street").filter(inspection=inspection_id).first()


def _photos(review: ResultReview):
    """A failed item's alone: one that has a finding, also where the finding was withdrawn since."""
    failed = Finding.objects.filter(inspection=review.inspection_id)
    rows = AnswerPhoto.objects.filter(
        answer__inspection=review.inspection_id, answer__item__in=failed.values("item")
    )
    return rows.select_related("file", "answer").order_by("pk")


def photos_of(review: ResultReview) -> dict[int, list[AnswerPhoto]]:
    """Item id -> its photographs."""
    found = defaultdict(list)
    for one in _photos(review):
        found[one.answer.item_id].append(one)
    return found


def photo_of(review: ResultReview, pk: int) -> AnswerPhoto:
    found = _photos(review).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有这张照片"), code="photo")
    return found


def copy_of(stored: StoredFile) -> bytes:
    """A JPEG of a photograph as it was kept (parts covered on the phone stay covered), without what a camera puts into
    it. Gone where the disk no longer has it."""
    try:
        with path_of(stored).open("rb") as body:
            return bare(body, field="photo").read()
    except OSError as error:
        raise Gone(
            _("照片的记录还在，存放处没有这个文件了。告诉区教育局（编号 %(pk)d）") % {"pk": stored.pk},
            code="file_gone",
        ) from error


class Line(NamedTuple):
    number: str
    text: str
    value: str
    word: str
    note: str
    mended: bool
    photos: int


class Signed(NamedTuple):
    """What was signed: the row, its words, an answer a line in the checklist's order."""

    row: FieldRecord
    present: str
    objection: str
    summary: str
    lines: list[Line]


def _word(value: str) -> str:
    word = ANSWERS.get(value)
    return _(word) if word else "—"


def signed_of(review: ResultReview) -> Signed | None:
    """The record that both sides signed on a phone and nobody sent back; None for a visit signed at a desk."""
    row = current_record(review.inspection)
    if row is None:
        return None
    content = rules.record(bytes(row.content).decode())
    items = {item.pk: item for item in all_items_of(review.inspection)}
    lines = [
        Line(
            str(items[one["item"]].number),
            items[one["item"]].text,
            one["value"],
            _word(one["value"]),
            one["note"],
            one["mended"],
            len(one["photos"]),
        )
        for one in content["answers"]
        if one["item"] in items
    ]
    return Signed(row, content["present"], content["objection"], content["summary"], lines)
