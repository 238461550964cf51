"""A visit's items with their answers as a page shows them; six queries, however many items."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from zlib import crc32

from django.utils.translation import gettext as _

from inspections.models import Answer, AnswerPhoto, ChecklistItem, Inspection, InspectionChecklist
from inspections.rules import visits as rules
from inspections.services import agreement, photo_facts
from inspections.services.checklists import lists_used, numbered, used_words
from portal.access import Actor
from portal.models import Unit

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
    #: in a joint visit: the department that answers
    unit: Unit | None = None
    #: the person who looks has to answer it again first, without seeing the answer (docs/agreement.md)
    veiled: bool = False

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
    unit: Unit | None = None
    #: who of the department is in the team
    people: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        return sum(line.complete for line in self.lines)


@dataclass
class Sheet:
    lines: list[Line]
    #: in a joint visit: who of a department is in the team, by the unit's id
    people: dict[int, list[str]] = field(default_factory=dict)
    #: the lists, with how each is used
    lists: list[InspectionChecklist] = field(default_factory=list)

    @property
    def used(self) -> list[str]:
        return [used_words(one) for one in self.lists]

    @property
    def brief(self) -> list[str]:
        """What is said of lists that ask their key items only."""
        return [
            _("%(name)s用简表：先查 %(n)s 个关键项，有一项不符合就展开全表。")
            % {
                "name": one.version.checklist.name,
                "n": sum(line.item.short and line.item.version_id == one.version_id for line in self.lines),
            }
            for one in self.lists
            if one.short and one.opened_at is None
        ]

    @property
    def sections(self) -> list[Section]:
        def by(line):
            return (line.unit.pk if line.unit else 0, line.item.version_id, line.item.section)

        return [
            Section(
                key=f"s{crc32(repr(by(lines[0])).encode()):x}",  # the same when its short list opens
                name=lines[0].item.section,
                checklist=lines[0].item.version.checklist.name,
                version=lines[0].item.version,
                lines=lines,
                unit=lines[0].unit,
                people=self.people.get(lines[0].unit.pk, []) if lines[0].unit else [],
            )
            for lines in (list(group) for _key, group in groupby(self.lines, key=by))
        ]

    def beyond(self, asked: set[int]) -> list[tuple[Section, list[Line], bool]]:
        """What came up beside the items that were asked: each section with its new lines, and whether it is new."""
        found = []
        for section in self.sections:
            fresh = [line for line in section.lines if line.item.pk not in asked]
            if fresh:
                found.append((section, fresh, len(fresh) == len(section.lines)))
        return found

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


def sheet_of(inspection: Inspection, *, photos: bool = True, actor: Actor | None = None) -> Sheet:
    """All items that the visit has to answer, in order. actor: who looks, so that nobody sees the answer to an item
    that the person has to answer again first."""
    veiled = agreement.pending(inspection, actor) if actor is not None else set()
    answers = {a.item_id: a for a in inspection.answers.select_related("by")}
    pictures: dict[int, list[AnswerPhoto]] = {}
    if photos:
        rows = AnswerPhoto.objects.filter(answer__inspection=inspection).select_related("file", "answer")
        for photo in rows.order_by("pk"):
            photo.facts = photo_facts.facts(photo.meta)
            pictures.setdefault(photo.answer.item_id, []).append(photo)
    units: dict[int, Unit] = {}
    people: dict[int, list[str]] = {}
    if inspection.joint:
        units = {row.item_id: row.unit for row in inspection.visit_items.select_related("unit")}
        team = inspection.all_team.filter(dropped_at__isnull=True).select_related("inspector")
        for member in team.order_by("position"):
            people.setdefault(member.inspector.unit_id, []).append(
                f"{member.inspector.code} {member.inspector.name}"
            )
    return Sheet(
        [
            Line(number, item, unit=units.get(item.pk), veiled=True)
            if item.pk in veiled
            else Line(number, item, answers.get(item.pk), pictures.get(item.pk, []), unit=units.get(item.pk))
            for number, item in numbered(inspection)
        ],
        people,
        lists_used(inspection),
    )
