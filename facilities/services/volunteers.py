"""Volunteers of a 宝宝屋 (金教〔2023〕29号 六2): nobody is with children without a clean record check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities import across
from facilities.models import Facility, RecordCheck, StaffMember, Volunteer, VolunteerCheck
from facilities.rules import families, numbers
from facilities.rules import sites as rules
from facilities.rules import staff as staff_rules
from facilities.services.refusals import refuse, refuse_field, refuse_key
from facilities.services.sites import reached
from facilities.services.staff import identity_hash
from facilities.services.staff_mending import NEVER, NO, YES, why
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models.records import AuditEntry
from portal.services import audit, parameters
from portal.templatetags.ui import masked


def labels() -> dict[str, str]:
    return {
        "name": _("姓名"), "identity": _("身份证号"), "phone": _("手机"), "duty": _("做什么"),
        "starts_on": _("到岗日期"), "checked_on": _("违法犯罪记录查询日期"), "ends_on": _("最后一天"),
    }  # fmt: skip


def known_record(hashed: str) -> bool:
    """Whether any inquiry of the district, as staff or as volunteer, found a record of this person."""
    members = StaffMember.objects.filter(identity_hash=hashed)
    return (
        RecordCheck.objects.filter(staff__in=members, found=True).exists()
        or VolunteerCheck.objects.filter(volunteer__identity_hash=hashed, found=True).exists()
    )


def check_months(on: date) -> int | None:
    """How long an inquiry holds; None where the district says nothing."""
    months = parameters.values(["record_check.months"], on).get("record_check.months")
    return None if months is None else int(months)


def not_accepted(actor: Actor, sentence: str) -> None:
    """The reason to those who may know it; to everybody else the same words whatever the reason is."""
    if actor.may("ban.view"):
        refuse_field("identity", sentence, "not_accepted")
    refuse_field("identity", _("这个人不能做志愿者。要知道原因，联系区托育服务指导中心"), "not_accepted")


def enter_volunteer(
    facility: Facility,
    *,
    actor: Actor,
    name: str,
    identity: str,
    duty: str,
    starts_on: date,
    checked_on: date | None,
    found: bool = False,
    phone: str = "",
    today: date | None = None,
) -> Volunteer:
    """A volunteer from a day on; the inquiry before it is asked for as for staff. A record found anywhere in the
    district refuses, and a ban of any district; who may not know of bans learns no reason."""
    row = reached(facility, actor, "volunteer.manage")
    today = today or timezone.localdate()
    name, identity, duty, phone = name.strip(), numbers.tidy(identity), duty.strip(), phone.strip()
    sentences = dict(rules.PROBLEMS) | dict(staff_rules.PROBLEMS) | numbers.PROBLEMS
    problems = []
    if not 2 <= len(name) <= 40:
        problems.append(("name", "name", {}))
    key, facts = numbers.identity_problem(identity, today)
    if key:
        problems.append(("identity", key, facts))
    if not 2 <= len(duty) <= 80:
        problems.append(("duty", "duty", {}))
    if phone and not families.mobile_can_be(phone):
        problems.append(("phone", "mobile", {}))
    born = None if key else numbers.born_on(identity)
    problems += staff_rules.hire_problems(
        born=born,
        starts_on=starts_on,
        checked_on=checked_on,
        found=found,
        today=today,
        months=check_months(today),
    )
    refuse(problems, sentences, labels())
    hashed = identity_hash(identity)
    if across.banned([hashed]):
        not_accepted(actor, _("这个身份证号在终身禁入名单上，不能和幼儿在一起"))
    if known_record(hashed):
        not_accepted(actor, _("本区以前的查询查到过违法犯罪记录，不能和幼儿在一起"))
    if Volunteer.objects.filter(facility=row, identity_hash=hashed, ends_on__isnull=True).exists():
        refuse_field("identity", _("这个人已是这里的志愿者"), "twice")
    made = Volunteer.objects.create(
        facility=row,
        name=name,
        identity=identity,
        identity_hash=hashed,
        phone=phone or None,
        duty=duty,
        starts_on=starts_on,
    )
    VolunteerCheck.objects.create(volunteer=made, checked_on=checked_on, found=False)
    audit.record(
        "facilities.volunteer.enter",
        row,
        actor=actor,
        changes={
            "volunteer": made.pk,
            "name": masked(name),
            "starts_on": starts_on.isoformat(),
            "checked_on": checked_on.isoformat(),
        },
    )
    return made


def locked(volunteer: Volunteer, actor: Actor) -> Volunteer:
    row = Volunteer.objects.select_for_update(of=("self",)).select_related("facility").get(pk=volunteer.pk)
    if not Facility.objects.allowed(actor, "volunteer.manage").filter(pk=row.facility_id).exists():
        raise Denied(_("这位志愿者不在你管的宝宝屋"))
    if row.ends_on is not None:
        raise Conflict(_("这位志愿者已经离开"), code="state")
    return row


def add_check(
    volunteer: Volunteer, *, actor: Actor, checked_on: date, found: bool, today: date | None = None
) -> VolunteerCheck:
    """The yearly inquiry; with a record the person's service ends the same day."""
    row, today = locked(volunteer, actor), today or timezone.localdate()
    if checked_on > today:
        refuse_key("checked_on", "future", rules.PROBLEMS)
    if row.checks.filter(checked_on=checked_on).exists():
        refuse_field("checked_on", _("这一天的查询已经登记过"), "twice")
    made = VolunteerCheck.objects.create(volunteer=row, checked_on=checked_on, found=found)
    if found:
        row.ends_on = max(today, row.starts_on)
        row.save(update_fields=["ends_on"])
    audit.record(
        "facilities.volunteer.check",
        row.facility,
        actor=actor,
        changes={"volunteer": row.pk, "checked_on": checked_on.isoformat(), "found": found},
    )
    return made


def correct_check(
    check: VolunteerCheck, *, actor: Actor, answer: str, reason: str, today: date | None = None
) -> None:
    """The answer of an inquiry that was entered wrongly (NO, YES), or an inquiry that never was (NEVER), mended by
    the bureau and never by whoever entered it. With a record the person's service ends the same day; a service that
    ended for a slip begins anew by being entered again."""
    actor.demand("volunteer.correct")
    row = VolunteerCheck.objects.select_for_update().filter(pk=check.pk).first()
    if row is None:
        raise Refused(_("这一条已经去掉了"), code="gone")
    if answer not in (NO, YES, NEVER):
        refuse([("answer", "choice", {})], dict(staff_rules.PROBLEMS), {"answer": _("查询结果")})
    reason = why(reason)
    person = (
        Volunteer.objects.select_for_update(of=("self",)).select_related("facility").get(pk=row.volunteer_id)
    )
    if entered_by(row, person, actor):
        raise Denied(_("自己登记的查询由另一个人更正"))
    if answer != NEVER and row.found == (answer == YES):
        refuse_field("answer", _("登记的就是这个结果"), "same")
    facts = {
        "volunteer": person.pk,
        "checked_on": row.checked_on.isoformat(),
        "found": [row.found, None if answer == NEVER else answer == YES],
        "reason": reason,
    }
    if answer == NEVER:
        row.delete()
    else:
        row.found = answer == YES
        row.save(update_fields=["found"])
        if row.found and person.ends_on is None:
            person.ends_on = max(today or timezone.localdate(), person.starts_on)
            person.save(update_fields=["ends_on"])
            facts["ends_on"] = person.ends_on.isoformat()
    audit.record("facilities.volunteer.check_correct", person.facility, actor=actor, changes=facts)


def entered_by(check: VolunteerCheck, person: Volunteer, actor: Actor) -> bool:
    """Whether it was this person who entered the inquiry."""
    return (
        actor.user is not None
        and AuditEntry.objects.filter(
            action__in=("facilities.volunteer.enter", "facilities.volunteer.check"),
            subject_type=Facility._meta.label_lower,
            subject_id=person.facility_id,
            changes__volunteer=person.pk,
            changes__checked_on=check.checked_on.isoformat(),
            user=actor.user,
        ).exists()
    )


def end_service(volunteer: Volunteer, *, actor: Actor, on: date, today: date | None = None) -> Volunteer:
    row, today = locked(volunteer, actor), today or timezone.localdate()
    if on > today:
        refuse_key("on", "future", rules.PROBLEMS)
    if on < row.starts_on:
        refuse_key("on", "before", families.PROBLEMS, day=row.starts_on.isoformat())
    row.ends_on = on
    row.save(update_fields=["ends_on"])
    audit.record(
        "facilities.volunteer.end",
        row.facility,
        actor=actor,
        changes={"volunteer": row.pk, "ends_on": on.isoformat()},
    )
    return row


def cleared(on: date, facility: Facility) -> list[tuple[Volunteer, str]]:
    """The volunteers of a day, each with how the person stands with the inquiry (rules.staff.check_standing)."""
    rows = (
        Volunteer.objects.filter(facility=facility)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on))
        .defer("identity", "phone")
        .prefetch_related("checks")
    )
    return list(with_standing(rows, on))


def stopped(on: date, facility: Facility) -> list[Volunteer]:
    """Who served here until an inquiry found something, and is gone by the day."""
    rows = Volunteer.objects.filter(facility=facility, ends_on__lt=on, checks__found=True)
    return list(rows.defer("identity", "phone").distinct())


def with_standing(rows: Iterable[Volunteer], on: date) -> Iterator[tuple[Volunteer, str]]:
    """Each volunteer, with `last_check`, and how the person stands with the inquiry; their checks were fetched."""
    months = check_months(on)
    for row in rows:
        checks = list(row.checks.all())
        row.last_check = checks[0].checked_on if checks else None
        yield (
            row,
            staff_rules.check_standing(row.last_check, any(one.found for one in checks), on, months),
        )
