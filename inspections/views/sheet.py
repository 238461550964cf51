"""A visit's items with their answers as a page shows them; five queries, however many items."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby

from inspections.models import Answer, AnswerPhoto, ChecklistItem, Inspection
from inspections.rules import visits as rules
from inspections.services.checklists import items_of

#: An answer's shape and word, as the radio group of components/three_answers.html names them.
SHAPES = {"ok": "ok", "bad": "bad", "unseen": "none"}


@dataclass
class Line:
    """One item: its number on the page, the answer (or None), photographs, whether it is open on the page."""

    number: int
    item: ChecklistItem
    answer: Answer | None = None
    photos: list[AnswerPhoto] = field(default_factory=list)
    open: bool = False

    @property
    def value(self) -> str:
        return self.answer.value if self.answer else ""

    @property
    def shape(self) -> str:
        return SHAPES.get(self.value, "")

    @property
    def note(self) -> str:
        return self.answer.note if self.answer else ""

    @property
    def version(self) -> int:
        return self.answer.version if self.answer else 0

    @property
    def complete(self) -> bool:
        return rules.is_complete(self.value, self.note)

    @property
    def note_missing(self) -> bool:
        return rules.note_missing(self.value, self.note)


@dataclass
class Section:
    """The lines of one section of one list."""

    key: str
    name: str
    checklist: str
    version: object
    lines: list[Line]

    @property
    def done(self) -> int:
        return sum(line.complete for line in self.lines)


@dataclass
class Sheet:
    lines: list[Line]

    @property
    def sections(self) -> list[Section]:
        def by(line):
            return (line.item.version_id, line.item.section)

        return [
            Section(
                key=f"s{lines[0].item.pk}",
                name=lines[0].item.section,
                checklist=lines[0].item.version.checklist.name,
                version=lines[0].item.version,
                lines=lines,
            )
            for lines in (list(group) for _key, group in groupby(self.lines, key=by))
        ]

    @property
    def done(self) -> int:
        return sum(line.complete for line in self.lines)

    @property
    def missing(self) -> list[Line]:
        return [line for line in self.lines if not line.complete]

    def count(self, value: str) -> int:
        return sum(line.value == value for line in self.lines)

    @property
    def counts(self) -> dict[str, int]:
        return {value: self.count(value) for value in SHAPES}

    def of(self, item_id: int) -> Line | None:
        return next((line for line in self.lines if line.item.pk == item_id), None)


def sheet_of(inspection: Inspection, *, photos: bool = True) -> Sheet:
    """All items that the visit has to answer, in order."""
    answers = {a.item_id: a for a in inspection.answers.select_related("by")}
    pictures: dict[int, list[AnswerPhoto]] = {}
    if photos:
        rows = AnswerPhoto.objects.filter(answer__inspection=inspection).select_related("file", "answer")
        for photo in rows.order_by("pk"):
            pictures.setdefault(photo.answer.item_id, []).append(photo)
    return Sheet(
        [
            Line(number, item, answers.get(item.pk), pictures.get(item.pk, []))
            for number, item in enumerate(items_of(inspection), start=1)
        ]
    )
