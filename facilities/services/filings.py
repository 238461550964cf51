"""A filing from its first answer to the reviewer's table: begun, answered field by field, sent, taken back.

An answer is a row that stays whatever becomes of the form; an upgrade asks new fields and forgets nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from facilities.models import Facility, Filing, FilingAnswer, FilingRemark, FilingSection, FilingStep
from facilities.rules import filing_fields, filing_form
from facilities.rules import filings as rules
from facilities.rules.filing_form import Field, Section, WrongAnswer
from facilities.rules.states import FILING
from facilities.services.filing_names import refuse_name
from facilities.services.refusals import refuse, refuse_field
from portal import calendar
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models.places import Street
from portal.services import audit, parameters
from portal.services.files import store_file
from portal.services.numbers import next_number
from portal.services.steps import step

NUMBERS = "filing"
#: New filings of one person that may be open at once.
OPEN_AT_ONCE = 5


def form():
    """The form in use; a function, so that a test can put a newer one in its place."""
    return filing_fields.FORM


def version_of(filing: Filing) -> int:
    """The version by which a filing is asked: the newest while it is being filled in, then the one it was sent by."""
    return form().version if filing.state in ("draft", "returned") else filing.form_version


def worded(answers: Iterable[FilingAnswer]) -> dict:
    return {a.key: a.file.name if a.file_id else a.value for a in answers}


def values_of(filing: Filing) -> dict:
    """{field: value} of all answers; of a file its name."""
    return worded(filing.answers.select_related("file"))


def sections_of(filing: Filing, values: dict | None = None) -> list[Section]:
    values = values_of(filing) if values is None else values
    return form().sections(filing.kind, version_of(filing), values)


def found(filing: Filing, key: str, values: dict) -> tuple[Section, Field]:
    """The section and field that are asked under this key; NotFound for what is not asked."""
    for section in sections_of(filing, values):
        for field in section.fields:
            if field.key == key:
                return section, field
    raise NotFound(_("这份备案不问这一项"), code="field")


def fills(filing: Filing, actor: Actor) -> bool:
    """Whether the actor is the one who fills this filing in: its operator, or the district for a revocation."""
    if filing.kind == filing_form.REVOCATION:
        return actor.may("filing.review") and not actor.visiting
    return Filing.objects.allowed(actor, "filing.keep").filter(pk=filing.pk).exists()


def demand_filler(filing: Filing, actor: Actor) -> None:
    if not fills(filing, actor):
        raise Denied(_("这份备案由申请人自己填"))


def locked(filing: Filing, version: int | None = None) -> Filing:
    row = Filing.objects.select_for_update(of=("self",)).get(pk=filing.pk)
    if version is not None and row.version != version:
        raise Conflict(
            _("这份备案刚走了一步，现在是“%(state)s”。刷新看最新的") % {"state": row.get_state_display()},
            code="stale",
            version=row.version,
        )
    return row


def moved(
    row: Filing, action: str, *, actor: Actor, now: datetime, note: str = "", file=None, **facts
) -> Filing:
    """Takes a step of the machine, writes it into the filing's history and the audit log, saves the row."""
    target = step(FILING, row, action)
    source, row.state = row.state, target
    row.version += 1
    row.save()
    FilingStep.objects.create(
        filing=row, action=action, source=source, target=target, round=row.round, note=note, file=file,
        by=actor.user, at=now,
    )  # fmt: skip
    audit.record(
        f"facilities.filing.{action}", row, actor=actor, changes={"state": [source, target], **facts}
    )
    return row


def start_filing(
    kind: str, *, actor: Actor, facility: Facility | None = None, now: datetime | None = None
) -> Filing:
    """Begins a filing: a new one without facility, another kind for one that the actor keeps, a revocation by the
    district. Conflict while another one of the facility is open."""
    now = now or timezone.now()
    if kind not in filing_form.KINDS:
        refuse_field("kind", _("从列表里选一个"))
    if kind == filing_form.NEW:
        actor.demand("filing.keep")
        _not_too_many(actor)
        facility = None
    else:
        facility = _facility_for(kind, facility, actor)
    row = Filing.objects.create(
        number=f"{actor.district.prefix}B{next_number(NUMBERS):05d}",
        kind=kind,
        form_version=form().version,
        facility=facility,
        name=facility.name if facility else "",
        street=facility.street if facility else None,
        opened_by=actor.user,
        opened_at=now,
    )
    FilingStep.objects.create(
        filing=row, action="start", source=row.state, target=row.state, round=0, by=actor.user, at=now
    )
    audit.record("facilities.filing.start", row, actor=actor, changes={"kind": kind})
    return row


def _not_too_many(actor: Actor) -> None:
    if actor.user is None:
        raise Denied(_("备案由申请人自己填"))
    open_ones = Filing.objects.filter(opened_by=actor.user, kind=filing_form.NEW, state__in=rules.OPEN_STATES)
    if open_ones.count() >= OPEN_AT_ONCE:
        raise Conflict(
            _("你已有 %(n)d 份没有办完的备案。先办完或撤回其中一份") % {"n": OPEN_AT_ONCE}, code="too_many"
        )


def _facility_for(kind: str, facility: Facility | None, actor: Actor) -> Facility:
    if facility is None:
        refuse_field("facility", _("选一家机构"))
    if kind == filing_form.REVOCATION:
        actor.demand("filing.review")
    elif not (
        actor.may("filing.keep")
        and Facility.objects.allowed(actor, "facility.keep").filter(pk=facility.pk).exists()
    ):
        raise Denied(_("只能给自己的机构办"))
    row = Facility.objects.select_for_update().select_related(None).get(pk=facility.pk)
    possible = (
        row.state in filing_form.REVOCABLE
        if kind == filing_form.REVOCATION
        else kind in filing_form.OF_STATE.get(row.state, ())
    )
    if not possible:
        raise Conflict(
            _("%(name)s现在是“%(state)s”，不能办%(kind)s")
            % {"name": row.name, "state": row.get_state_display(), "kind": _(filing_form.KINDS[kind])},
            code="state",
        )
    other = Filing.objects.filter(facility=row, state__in=rules.OPEN_STATES).first()
    if other is not None:
        raise Conflict(
            _("%(name)s还有一份%(kind)s没有办完（%(number)s）。先办完或撤回它")
            % {"name": row.name, "kind": other.get_kind_display(), "number": other.number},
            code="open",
        )
    return row


# --- Answers


def words(key: str, facts: dict) -> str:
    return _(filing_form.PROBLEMS[key]) % facts


def writable(row: Filing, key: str, answer: FilingAnswer | None) -> bool:
    """Whether a field may be written now: in a returned filing what was returned, and what has no answer."""
    open_remarks: set[str] = set()
    if row.state == "returned":
        open_remarks = set(row.remarks.filter(settled_at__isnull=True).values_list("key", flat=True))
    answered = answer is not None and (answer.file_id is not None or answer.value not in (None, ""))
    return rules.editable(row.state, key, returned=open_remarks, answered=answered)


def _answer(
    filing: Filing,
    key: str,
    actor: Actor,
    version: int,
    now: datetime | None,
    write: Callable[[Field, FilingAnswer], bool],
) -> FilingAnswer:
    demand_filler(filing, actor)
    row = locked(filing)
    rows = {a.key: a for a in row.answers.select_related("file")}
    section, field = found(row, key, worded(rows.values()))
    if not writable(row, key, rows.get(key)):
        raise Conflict(
            _("“%(label)s”现在不能改：%(state)s")
            % {"label": _(field.label), "state": row.get_state_display()},
            field=key,
            code="not_open",
        )
    answer = rows.get(key) or FilingAnswer(filing=row, key=key, version=0)
    if answer.version != version:
        raise Conflict(
            _("“%(label)s”刚在别处改过，没有存你写的。看一眼现在的内容再改") % {"label": _(field.label)},
            field=key,
            code="stale",
            version=answer.version,
        )
    if not write(field, answer):
        return answer
    answer.section, answer.label, answer.form_version = section.key, field.label, form().version
    answer.version += 1
    answer.changed_at, answer.changed_by = now or timezone.now(), actor.user
    answer.save()
    _follow(row, key, answer)
    audit.record(
        "facilities.filing.answer", row, actor=actor, changes={"field": key, "version": answer.version}
    )
    return answer


def _follow(row: Filing, key: str, answer: FilingAnswer) -> None:
    """What the list of filings and the rights by street show of an answer; an accepted section is open again."""
    changed = []
    if row.kind == filing_form.NEW and key == "name":
        row.name = answer.value or ""
        changed.append("name")
    if row.kind == filing_form.NEW and key == "street":
        row.street_id = answer.value
        changed.append("street")
    if changed:
        row.save(update_fields=changed)
    FilingSection.objects.filter(filing=row, key=answer.section).update(accepted_by=None, accepted_at=None)


def save_answer(
    filing: Filing, key: str, raw: str, *, version: int, actor: Actor, now: datetime | None = None
) -> FilingAnswer:
    """Saves one field as a person wrote it; '' takes the answer away. `version` is the answer's that the person saw,
    0 for none. Conflict for a stale one and for a field that is not open now; Refused for what cannot be."""

    def write(field: Field, answer: FilingAnswer) -> bool:
        if field.of == "file":
            refuse_field(key, words("file", {}))
        try:
            value = filing_form.read(field, raw)
        except WrongAnswer as wrong:
            refuse_field(key, words(wrong.key, wrong.facts))
        if field.of == "street" and value is not None and not Street.objects.filter(pk=value).exists():
            refuse_field(key, _("本区没有这个街镇。从列表里选一个"), "unknown_street")
        if answer.value == value and (answer.pk or value is None):
            return False
        answer.value, answer.file = value, None
        return True

    return _answer(filing, key, actor, version, now, write)


def attach(
    filing: Filing, key: str, upload, *, version: int, actor: Actor, now: datetime | None = None
) -> FilingAnswer:
    """Keeps a file as the answer of a field; what was there before stays in the storage with its record."""

    def write(field: Field, answer: FilingAnswer) -> bool:
        if field.of != "file":
            refuse_field(key, _("这一项不是文件"))
        answer.file, answer.value = store_file(upload, actor=actor), None
        return True

    return _answer(filing, key, actor, version, now, write)


# --- Sending


def lacking(filing: Filing, values: dict | None = None) -> list[tuple[Section, Field]]:
    values = values_of(filing) if values is None else values
    return filing_form.missing(sections_of(filing, values), values)


def unmended(filing: Filing) -> list[FilingRemark]:
    """Open remarks whose field has not been answered anew since."""
    answers = {a.key: a for a in filing.answers.all()}
    return [
        remark
        for remark in filing.remarks.filter(settled_at__isnull=True)
        if remark.key not in answers or answers[remark.key].changed_at <= remark.at
    ]


def refuse_incomplete(row: Filing, today: date) -> dict:
    """The answers of a complete filing; Refused with each field that is missing, not mended, or does not fit."""
    values = values_of(row)
    missing = lacking(row, values)
    if missing:
        raise Refused(
            ngettext("还有 %(n)d 项没有填", "还有 %(n)d 项没有填", len(missing)) % {"n": len(missing)},
            code="missing",
            errors={field.key: _("不能空着") for _section, field in missing},
        )
    if left := unmended(row):
        raise Refused(
            ngettext("还有 %(n)d 项退回的没有补正", "还有 %(n)d 项退回的没有补正", len(left))
            % {"n": len(left)},
            code="unmended",
            errors={remark.key: remark.text for remark in left},
        )
    asked = {field.key: _(field.label) for section in sections_of(row, values) for field in section.fields}
    problems = rules.problems(row.kind, values, today)
    refuse(problems, filing_form.PROBLEMS, asked)
    return values


def due(clock: str, on: date) -> date:
    """The last day of a clock that begins on a day, after the parameter in force then."""
    return calendar.add_working_days(on, int(parameters.value(rules.CLOCKS[clock][1], on)))


def send_filing(
    filing: Filing, *, version: int | None = None, actor: Actor, now: datetime | None = None
) -> Filing:
    """Lays a complete filing before the reviewer; the clock of receipt begins. Refused with all that is missing."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    if filing.kind == filing_form.REVOCATION:
        raise Conflict(_("撤回备案不送审，先把告知书送达机构"), code="state")
    demand_filler(filing, actor)
    row = locked(filing, version)
    step(FILING, row, "send")
    refuse_name(row, refuse_incomplete(row, today), today)
    row.remarks.filter(settled_at__isnull=True).update(settled_at=now)
    for section in sections_of(row):
        FilingSection.objects.get_or_create(filing=row, key=section.key)
    row.round += 1
    row.form_version, row.sent_on, row.received_on = form().version, today, None
    row.clock_due = due("receipt", today)
    return moved(row, "send", actor=actor, now=now, round=row.round)


def withdraw_filing(
    filing: Filing, *, note: str = "", version: int | None = None, actor: Actor, now: datetime | None = None
) -> Filing:
    """The applicant takes the own filing back; nothing of it is lost, it can be read."""
    if filing.kind == filing_form.REVOCATION:
        raise Conflict(_("撤回备案由区里决定办不办下去"), code="state")
    demand_filler(filing, actor)
    row = locked(filing, version)
    row.clock_due = None
    return moved(row, "withdraw", actor=actor, now=now or timezone.now(), note=note.strip()[:300])
