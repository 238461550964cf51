"""Complaints: taken from the public page, sorted, answered; read again by whoever has the tracking number.

Nobody can be found by what is kept of an anonymous complaint: no address, no account, and of the tracking number a
keyed hash. A name and a phone that were left stand encrypted and are shown on a logged click.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility
from facilities.services.refusals import refuse
from inspections.models import Complaint, ComplaintPhoto
from inspections.rules import voices as rules
from inspections.rules.states import COMPLAINT
from inspections.services import persons
from portal import calendar
from portal.access import Actor
from portal.crypto import keyed_hash
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.services import audit, parameters, publicity
from portal.services.files import LARGEST, store_file
from portal.services.images import bare
from portal.services.numbers import next_number
from portal.services.steps import step

SORT_DAYS, ANSWER_DAYS = "complaint.sort_days", "complaint.answer_days"
ANSWER = (5, 1000)


def labels() -> dict[str, str]:
    return {
        "subject": _("关于什么"), "text": _("发生了什么"), "where": _("哪家机构"), "happened_on": _("哪一天"),
        "phone": _("手机"), "name": _("姓名"), "photos": _("照片"),
    }  # fmt: skip


def facility_named(where: str) -> Facility | None:
    """The facility whose code or whole name somebody wrote; None where that is not exactly one."""
    rows = Facility.objects.exclude(state="closed")
    found = list(rows.filter(code=where.upper())[:2]) or list(rows.filter(name=where)[:2])
    return found[0] if len(found) == 1 else None


def submit(
    *,
    subject: str,
    where: str,
    text: str,
    happened_on=None,
    name: str = "",
    phone: str = "",
    photos: Sequence = (),
    actor: Actor,
    now: datetime | None = None,
) -> tuple[Complaint, str]:
    """Takes a complaint from anybody; the complaint, and its tracking number, which is shown once.

    Refused for what cannot be, for more than four photographs, and for what is no picture.
    """
    now = now or timezone.now()
    on = timezone.localdate(now)
    text, where = text.strip(), " ".join(where.split())
    name, phone = name.strip(), "".join(phone.split())
    problems = rules.complaint_problems(
        subject=subject, text=text, where=where, happened_on=happened_on, phone=phone, name=name,
        photos=len(photos), on=on,
    )  # fmt: skip
    refuse(problems, rules.PROBLEMS, labels())
    for one in photos:
        if one.size > LARGEST:
            raise Refused(_("照片：每张不超过 10 MB，缩小后再传"), field="photos", code="file_size")
    shown = [bare(one) for one in photos]
    days = parameters.values([SORT_DAYS, ANSWER_DAYS], on)
    code, series = rules.new_code(), f"TS-{on:%y%m}"
    row = Complaint.objects.create(
        number=f"{series}-{next_number(series):03d}",
        code_hash=keyed_hash(code),
        subject=subject,
        where=where,
        facility=facility_named(where),
        happened_on=happened_on,
        text=text,
        name=name or None,
        name_hash=persons.name_hash(name),
        phone=phone or None,
        anonymous=not phone,
        received_at=now,
        received_on=on,
        sort_by=calendar.add_working_days(on, int(days[SORT_DAYS])),
        answer_by=calendar.add_working_days(on, int(days[ANSWER_DAYS])),
    )
    for original, clean in zip(photos, shown, strict=True):
        ComplaintPhoto.objects.create(
            complaint=row,
            original=store_file(original, actor=actor),
            shown=store_file(clean, actor=actor),
        )
    audit.record(
        "inspections.complaint.submit",
        row,
        actor=actor,
        changes={"subject": subject, "anonymous": row.anonymous, "photos": len(photos)},
    )
    return row, rules.in_groups(code)


def by_code(text: str) -> Complaint:
    """The complaint of a tracking number; NotFound, in the same words, for one that cannot be and one that is none."""
    code = rules.tidy(text)
    rows = Complaint.objects.select_related("facility").defer("name", "phone", "text")
    row = rows.filter(code_hash=keyed_hash(code)).first() if code else None
    if row is None:
        raise NotFound(_("没有这个查询码的投诉。对照当时记下的再看一遍，也看看是不是选对了区"), code="code")
    return row


def lock(complaint: Complaint, version: int | None = None) -> Complaint:
    row = (
        Complaint.objects.select_for_update(of=("self",), no_key=True)
        .select_related("facility")
        .get(pk=complaint.pk)
    )
    if version is not None and version != row.version:
        raise Conflict(
            _("投诉 %(number)s 在你打开以后有人改过，现在是“%(state)s”。看最新的内容再办")
            % {"number": row.number, "state": row.get_state_display()},
            code="stale",
        )
    return row


def _kept(row: Complaint, action: str, changes: dict, *, actor: Actor) -> Complaint:
    row.version += 1
    row.save()
    audit.record(f"inspections.complaint.{action}", row, actor=actor, changes=changes)
    return row


def sort_out(
    complaint: Complaint,
    *,
    facility: Facility | None,
    subject: str,
    handler: str,
    note: str = "",
    version: int | None = None,
    actor: Actor,
    now: datetime | None = None,
) -> Complaint:
    """Says which facility it is about and who looks into it; sorted once more, it moves on to somebody else.

    Refused for a street without a facility in one, because nobody of it would see the complaint.
    """
    actor.demand("complaint.sort")
    row = lock(complaint, version)
    before, row.state = row.state, step(COMPLAINT, row, "sort")
    if subject not in rules.SUBJECTS:
        raise Refused(_("关于什么：从列表里选一个"), field="subject")
    if handler not in Complaint.Handler.values:
        raise Refused(_("谁办：选区教育局或街镇"), field="handler")
    if handler == Complaint.Handler.STREET and facility is None:
        raise Refused(_("哪家机构：交给街镇办的要先定机构，街镇才看得到"), field="facility")
    if len(note.strip()) > 200:
        raise Refused(_("内部说明：最多 200 个字"), field="note")
    row.facility, row.subject, row.handler, row.note = facility, subject, handler, note.strip()
    row.sorted_on, row.sorted_by = timezone.localdate(now or timezone.now()), actor.user
    return _kept(
        row,
        "sort",
        {"state": [before, row.state], "handler": handler, "facility": facility.code if facility else ""},
        actor=actor,
    )


def hand_on(
    complaint: Complaint,
    *,
    passed_to: str,
    answer: str,
    version: int | None = None,
    actor: Actor,
    now: datetime | None = None,
) -> Complaint:
    """Passes on what is not this district's: to whom, and what the complainant reads about it."""
    actor.demand("complaint.sort")
    row = lock(complaint, version)
    before, row.state = row.state, step(COMPLAINT, row, "hand_on")
    passed_to, answer = passed_to.strip(), answer.strip()
    if not 2 <= len(passed_to) <= 80:
        raise Refused(_("转给谁：写单位的名称，2 到 80 个字"), field="passed_to")
    row.passed_to, row.answer = passed_to, said(answer)
    row.answered_on, row.answered_by = timezone.localdate(now or timezone.now()), actor.user
    return _kept(row, "hand_on", {"state": [before, row.state], "passed_to": passed_to}, actor=actor)


def said(answer: str) -> str:
    if not ANSWER[0] <= len(answer) <= ANSWER[1]:
        raise Refused(_("答复：写 5 到 1000 个字，投诉人凭查询码看得到"), field="answer")
    publicity.demand(answer, field="answer", label=_("答复"))
    return answer


def give_answer(
    complaint: Complaint,
    *,
    outcome: str,
    answer: str,
    version: int | None = None,
    actor: Actor,
    now: datetime | None = None,
) -> Complaint:
    """Answers a complaint: what was found, and the words that the complainant reads by the tracking number."""
    may_handle(complaint, actor)
    row = lock(complaint, version)
    before, row.state = row.state, step(COMPLAINT, row, "answer")
    if outcome not in rules.OUTCOMES:
        raise Refused(_("核实结果：从列表里选一个"), field="outcome")
    row.outcome, row.answer = outcome, said(answer.strip())
    row.answered_on, row.answered_by = timezone.localdate(now or timezone.now()), actor.user
    return _kept(row, "answer", {"state": [before, row.state], "outcome": outcome}, actor=actor)


def may_handle(complaint: Complaint, actor: Actor) -> None:
    """The bureau answers any complaint, a street's officer those that were given to the own street."""
    actor.demand("complaint.answer")
    rows = handled_by(actor)
    if not rows.filter(pk=complaint.pk).exists():
        raise Denied(_("这件投诉没有交给你办"), code="reach")


def handled_by(actor: Actor):
    """The complaints that the actor answers."""
    rows = Complaint.objects.allowed(actor, "complaint.answer")
    return rows if actor.may("complaint.sort") else rows.filter(handler=Complaint.Handler.STREET)


def seen_by(actor: Actor):
    """The complaints that the actor may know: an officer those that were given to the own street."""
    rows = Complaint.objects.allowed(actor, "complaint.view")
    if actor.process or "street_officer" not in actor.roles or len(actor.roles) > 1:
        return rows
    return rows.filter(handler=Complaint.Handler.STREET)


def reveal_phone(complaint: Complaint, *, actor: Actor) -> tuple[str, str]:
    """Name and phone that the complainant left, for who answers it; the click is on record."""
    may_handle(complaint, actor)
    row = Complaint.objects.get(pk=complaint.pk)
    if not row.phone:
        raise Refused(_("这是匿名投诉，没有留电话"), code="anonymous")
    audit.record("inspections.complaint.reveal", row, actor=actor)
    return row.name or "", row.phone
