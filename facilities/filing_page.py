"""What the page of a filing shows to whom: sections with their state, clocks, signatures, what may be done next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility, Filing, FilingAnswer, FilingRemark, FilingSignature
from facilities.rules import filing_form
from facilities.rules.filing_form import Section
from facilities.rules.filings import CLOCK_OF, CLOCKS, editable
from facilities.services import filing_hearings as hearings
from facilities.services.filing_words import shown
from facilities.services.filings import fills, form, sections_of
from portal import calendar
from portal.access import Actor
from portal.models.places import Street
from portal.templatetags.ui import masked

#: State of a filing -> one of the five shapes.
SHAPES = {
    "draft": "none", "sent": "doing", "returned": "warn", "received": "doing", "hearing": "warn",
    "proposed": "doing", "issued": "ok", "refused": "bad", "withdrawn": "none",
}  # fmt: skip
SIGNED = {"asked": "doing", "agreed": "ok", "refused": "bad", "void": "none"}


@dataclass
class Line:
    """A field of a section as a page shows it."""

    field: filing_form.Field
    label: str
    answer: FilingAnswer | None
    value: str
    version: int
    open: bool
    remark: FilingRemark | None = None
    mended: bool = False

    @property
    def missing(self) -> bool:
        return self.field.required and not self.value

    @property
    def unit(self) -> str:
        return _(self.field.unit) if self.field.unit else ""


@dataclass
class Part:
    """A section with its lines; `kept`: answers that an older form asked for."""

    section: Section
    label: str
    lines: list[Line]
    kept: list[FilingAnswer] = field(default_factory=list)
    accepted: bool = False
    signature: FilingSignature | None = None

    @property
    def missing(self) -> int:
        return sum(line.missing for line in self.lines)

    @property
    def returned(self) -> list[Line]:
        return [line for line in self.lines if line.remark and not line.mended]

    @property
    def shape(self) -> str:
        if self.returned:
            return "bad"
        if self.accepted:
            return "ok"
        return "none" if self.missing else "doing"


class FilingPage:
    """Everything of one filing for one reader, in a constant number of queries."""

    def __init__(self, filing: Filing, actor: Actor, on: date | None = None):
        self.filing, self.actor, self.on = filing, actor, on or timezone.localdate()
        self.answers = {a.key: a for a in filing.answers.select_related("file")}
        self.values = {k: a.file.name if a.file_id else a.value for k, a in self.answers.items()}
        self.remarks = list(filing.remarks.select_related("by"))
        self.open_remarks = {r.key: r for r in self.remarks if r.settled_at is None}
        self.accepted = set(filing.sections.filter(accepted_at__isnull=False).values_list("key", flat=True))
        self.signatures = list(filing.signatures.select_related("unit", "by", "file"))
        self.steps = list(filing.steps.select_related("by", "file"))
        self.streets = dict(Street.objects.values_list("pk", "name"))
        self.fills = fills(filing, actor)
        self.reviews = actor.may("filing.review") and not actor.visiting
        #: An applicant reads the remarks when the filing is given back, not while they are written.
        self.reads_remarks = self.reviews or filing.state in ("returned", "refused", "draft")
        self.parts = [self.part(section) for section in sections_of(filing, self.values)]

    def part(self, section: Section) -> Part:
        by_section = {s.section: s for s in self.signatures if s.state != "void"}
        asked = {f.key for f in section.fields}
        known = filing_form_fields(section.key)
        kept = [
            self.worded(a)
            for k, a in self.answers.items()
            if a.section == section.key and k not in asked and k not in known
        ]
        return Part(
            section, _(section.label), [self.line(f) for f in section.fields], kept,
            section.key in self.accepted, by_section.get(section.key),
        )  # fmt: skip

    def line(self, one: filing_form.Field) -> Line:
        answer = self.answers.get(one.key)
        value = shown(one, self.values.get(one.key), self.streets)
        remark = self.open_remarks.get(one.key) if self.reads_remarks else None
        return Line(
            one,
            _(one.label),
            answer,
            value,
            answer.version if answer else 0,
            self.fills
            and editable(self.filing.state, one.key, returned=set(self.open_remarks), answered=bool(value)),
            remark,
            bool(remark and answer and answer.changed_at > remark.at),
        )

    def named(self, key: str) -> Part | None:
        return next((part for part in self.parts if part.section.key == key), None)

    @property
    def kept(self) -> list[FilingAnswer]:
        """Answers of sections that the form does not know any more; those of the others stand with their section."""
        sections = {s.key for s in form().all_sections if filing_form_fields(s.key)}
        return [self.worded(a) for a in self.answers.values() if a.section not in sections]

    def worded(self, answer: FilingAnswer) -> FilingAnswer:
        """An answer that is not asked any more, in words."""
        known = form().field(answer.key)
        answer.words = shown(known, answer.value, self.streets) if known else answer.value
        return answer

    @property
    def asked(self) -> set[str]:
        """Keys of all fields that are asked now."""
        return {line.field.key for part in self.parts for line in part.lines}

    @property
    def missing(self) -> list[tuple[Part, Line]]:
        return [(part, line) for part in self.parts for line in part.lines if line.missing]

    @property
    def to_mend(self) -> list[tuple[Part, Line]]:
        return [(part, line) for part in self.parts for line in part.returned]

    @property
    def clock(self) -> dict | None:
        """The clock that runs: words, day, working days left."""
        name, due = CLOCK_OF.get(self.filing.state), self.filing.clock_due
        if name is None or due is None:
            return None
        return {
            "label": _(CLOCKS[name][0]),
            "due": due,
            "left": calendar.working_days_between(self.on, due),
            "note": calendar.provisional_note(due),
        }

    @property
    def signing(self) -> list[dict]:
        """Each department's word; the form for those who sign for it."""
        found = []
        may = set(
            FilingSignature.objects.allowed(self.actor, "filing.sign")
            .filter(filing=self.filing, state="asked")
            .values_list("pk", flat=True)
        )
        labels = {part.section.key: part.label for part in self.parts}
        for one in self.signatures:
            if one.state == "void":
                continue
            found.append(
                {
                    "row": one,
                    "shape": SIGNED[one.state],
                    "section": labels.get(one.section, one.section),
                    "left": calendar.working_days_between(self.on, one.due_on),
                    "mine": one.pk in may and self.filing.state == "received" and not self.actor.visiting,
                    "who": masked(one.by.name) if one.by else "",
                }
            )
        return found

    @property
    def rounds(self) -> list[dict]:
        """Remarks of earlier rounds, what was answered then and what stands now."""
        labels = {line.field.key: (line.label, line.value) for part in self.parts for line in part.lines}
        return [
            {"row": r, "label": labels.get(r.key, (r.key, ""))[0], "now": labels.get(r.key, ("", ""))[1]}
            for r in self.remarks
            if r.settled_at is not None and r.round < self.filing.round
        ]

    @property
    def history(self) -> list[dict]:
        """The steps, newest first, as the timeline shows them."""
        return [
            {
                "day": timezone.localdate(step.at),
                "state": SHAPES[step.target],
                "fact": step_words(step.action),
                "detail": "　".join(filter(None, [step.note, masked(step.by.name) if step.by else ""])),
            }
            for step in reversed(self.steps)
        ]

    @property
    def heard(self) -> dict | None:
        """The hearing of a revocation: what was stated, whether it is over, whether the reader may state."""
        if self.filing.kind != filing_form.REVOCATION or self.filing.state == "draft":
            return None
        mine = Facility.objects.allowed(self.actor, "facility.keep").filter(pk=self.filing.facility_id)
        over = hearings.may_close(self.filing, self.on)
        return {
            "statements": [s for s in self.steps if s.action in ("statement", "waive")],
            "over": over,
            "may_state": self.filing.state == "hearing"
            and not over
            and self.actor.may("filing.keep")
            and mine.exists(),
        }


def filing_form_fields(section: str) -> set[str]:
    """Keys that some version of the form in use asks in a section now: what is only hidden is no old answer."""
    current = form()
    return {
        f.key
        for s in current.all_sections
        if s.key == section
        for f in s.fields
        if f.in_version(current.version)
    }


def step_words(action: str) -> str:
    return {
        "start": _("开始填写"),
        "send": _("送审"),
        "withdraw": _("申请人撤回"),
        "receive": _("受理，开始会签"),
        "return": _("退回补正"),
        "notify": _("送达撤回告知"),
        "statement": _("机构陈述申辩"),
        "waive": _("机构没有要陈述的"),
        "drop": _("不再撤回备案"),
        "propose": _("报单位负责人签发"),
        "decline": _("退回重审"),
        "rehear": _("退回重新听取陈述"),
        "issue": _("签发"),
        "refuse": _("不予备案"),
        "overtaken": _("不再执行"),
    }.get(action, action)
