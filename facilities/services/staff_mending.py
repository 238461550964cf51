"""What was entered wrongly about a person: mended, or taken back, with the reason.

Nothing is lost by it: the history of the database keeps certificates as they were, the audit log keeps what was changed, who
did it and why. What bars a person from work (an inquiry that found something) is mended by the bureau alone, and never
by whoever entered it.
"""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Certificate, RecordCheck, StaffMember, TrainingRecord
from facilities.rules import staff as rules
from facilities.services.refusals import refuse, refuse_field
from facilities.services.staff import index, labels, may_manage, told
from portal.access import Actor
from portal.errors import Denied, Refused
from portal.models.records import AuditEntry
from portal.services.files import store_file
from portal.templatetags.ui import masked

REASON = (2, 200)
#: What became of an inquiry: its answer was another one, or it never was.
NO, YES, NEVER = "no", "yes", "never"


def why(reason: str) -> str:
    reason = " ".join(reason.split())
    if not REASON[0] <= len(reason) <= REASON[1]:
        refuse_field("reason", _("写为什么要改，2 到 200 个字"), "reason")
    return reason


def of_person(row, actor: Actor):
    """The row, locked, of somebody whom the actor may manage."""
    may_manage(row.staff, actor)
    found = type(row).objects.select_for_update().select_related(None).filter(pk=row.pk).first()
    if found is None:
        raise Refused(_("这一条已经去掉了"), code="gone")
    return found


def change_person(
    member: StaffMember,
    *,
    actor: Actor,
    name: str = "",
    phone: str = "",
    reason: str = "",
    today: date | None = None,
) -> StaffMember:
    """Another phone, or the name as the paper says it. A name goes with the number, so only the bureau changes it, with
    its reason; what is empty stays."""
    may_manage(member, actor)
    row = StaffMember.objects.select_for_update().get(pk=member.pk)
    name, phone = name.strip(), phone.strip()
    changes: dict = {}
    if phone and not (len(phone) == 11 and phone.isascii() and phone.isdigit() and phone.startswith("1")):
        refuse([("phone", "mobile", {})], rules.PROBLEMS, labels())
    if phone and phone != (row.phone or ""):
        row.phone, changes["phone"] = phone, "***"
    if name and name != row.name:
        if not actor.may("staff.correct"):
            refuse_field("name", _("姓名和身份证号是一起的，由区托育服务指导中心改"), "district_field")
        if not 2 <= len(name) <= 40:
            refuse([("name", "name", {})], rules.PROBLEMS, labels())
        changes |= {"name": [masked(row.name), masked(name)], "reason": why(reason)}
        row.name = name
        index(row)
    if not changes:
        refuse_field("phone", _("没有一项和现在不同。要改哪一项，就填哪一项"), "nothing")
    row.save()
    told("facilities.staff.change", row, actor, changes)
    return row


def change_certificate(
    certificate: Certificate,
    *,
    actor: Actor,
    kind: str,
    number: str,
    issued_on: date,
    valid_until: date | None = None,
    upload=None,
    today: date | None = None,
) -> Certificate:
    """What the paper says, and its scan. One that was handed over gets a scan only: its facts are the other district's."""
    row = of_person(certificate, actor)
    member, number = row.staff, number.strip()
    facts = {"kind": kind, "number": number, "issued_on": issued_on, "valid_until": valid_until}
    changed = {field: value for field, value in facts.items() if getattr(row, field) != value}
    if changed and row.hand_over:
        raise Refused(_("这张证书是跨区接过来的，内容以对方区登记的为准。这里只能补照片"), code="handed_over")
    problems = rules.certificate_problems(
        number=number,
        issued_on=issued_on,
        valid_until=valid_until,
        birth_year=member.birth_year,
        today=today or timezone.localdate(),
    )
    if kind not in Certificate.Kind.values:
        problems.append(("kind", "choice", {}))
    refuse(problems, rules.PROBLEMS, labels())
    if member.certificates.filter(kind=kind, number=number).exclude(pk=row.pk).exists():
        refuse_field("number", _("这张证书已经登记过"), "twice")
    entry = {field: [plain(getattr(row, field)), plain(value)] for field, value in changed.items()}
    for field, value in changed.items():
        setattr(row, field, value)
    if upload:
        row.file = store_file(upload, actor=actor)
        entry["file"] = row.file.sha256
    if entry:
        row.save()
        told("facilities.staff.certificate_change", member, actor, entry)
    return row


def plain(value):
    return value.isoformat() if isinstance(value, date) else value


def drop_certificate(certificate: Certificate, *, actor: Actor, reason: str) -> None:
    """A certificate that the person never had, or that was entered twice; one that ended stays."""
    row = of_person(certificate, actor)
    reason, member = why(reason), row.staff
    facts = {"kind": row.kind, "valid_until": plain(row.valid_until), "reason": reason}
    row.delete()
    told("facilities.staff.certificate_drop", member, actor, facts)


def drop_training(record: TrainingRecord, *, actor: Actor, reason: str) -> None:
    """Hours that were entered wrongly; those of a session are mended in its attendance."""
    row = of_person(record, actor)
    if getattr(row, "sign_up", None):
        raise Refused(_("这些课时是培训考勤登记的，到那一场培训里改"), code="attended")
    reason, member = why(reason), row.staff
    facts = {"kind": row.kind, "hours": str(row.hours), "done_on": plain(row.done_on), "reason": reason}
    row.delete()
    told("facilities.staff.training_drop", member, actor, facts)


def correct_check(check: RecordCheck, *, actor: Actor, answer: str, reason: str) -> None:
    """The answer of an inquiry that was entered wrongly (NO, YES), or an inquiry that never was (NEVER)."""
    actor.demand("staff.correct")
    row = of_person(check, actor)
    if answer not in (NO, YES, NEVER):
        refuse([("answer", "choice", {})], rules.PROBLEMS, labels())
    reason, member = why(reason), row.staff
    if entered_by(row, actor):
        raise Denied(_("自己登记的查询由另一个人更正"))
    if answer != NEVER and row.found == (answer == YES):
        refuse_field("answer", _("登记的就是这个结果"), "same")
    facts = {"checked_on": plain(row.checked_on), "found": [row.found, answer == YES], "reason": reason}
    if answer == NEVER:
        facts["found"] = [row.found, None]
        row.delete()
    else:
        row.found = answer == YES
        row.save(update_fields=["found"])
    told("facilities.staff.check_correct", member, actor, facts)


def entered_by(check: RecordCheck, actor: Actor) -> bool:
    """Whether it was this person who entered the inquiry."""
    return (
        actor.user is not None
        and AuditEntry.objects.filter(
            action="facilities.staff.record_check",
            subject_type=StaffMember._meta.label_lower,
            subject_id=check.staff_id,
            changes__checked_on=check.checked_on.isoformat(),
            user=actor.user,
        ).exists()
    )
