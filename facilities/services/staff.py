"""Changes of staff: hire, leave, certificates, training, record checks, and the sight of a full number.

A person is known in the district by the keyed hash of the identity number; the number itself stands encrypted.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities import across
from facilities.models import Certificate, Employment, Facility, RecordCheck, StaffMember, TrainingRecord
from facilities.rules import numbers, words
from facilities.rules import staff as rules
from facilities.services.refusals import refuse, refuse_field
from portal.access import Actor
from portal.crypto import keyed_hash
from portal.errors import Denied, Refused
from portal.services import audit, parameters
from portal.services.files import store_file
from portal.services.numbers import next_number
from portal.templatetags.ui import masked

CODES = "staff"


def labels() -> dict[str, str]:
    return {
        "name": _("姓名"), "identity": _("身份证号"), "phone": _("手机"), "post": _("岗位"),
        "starts_on": _("到岗日期"), "ends_on": _("离岗日期"), "checked_on": _("违法犯罪记录查询日期"),
        "kind": _("种类"), "number": _("证书编号"), "issued_on": _("发证日期"), "valid_until": _("有效期至"),
        "certificate_kind": _("岗位证书种类"), "certificate_number": _("岗位证书编号"),
        "certificate_issued_on": _("岗位证书发证日期"), "certificate_valid_until": _("岗位证书有效期至"),
        "health_check_number": _("健康证编号"), "health_check_issued_on": _("健康证发证日期"),
        "health_check_valid_until": _("健康证有效期至"),
        "course": _("课程"), "provider": _("培训单位"), "hours": _("课时"), "done_on": _("完成日期"),
    }  # fmt: skip


def identity_hash(number: str) -> str:
    return keyed_hash(f"identity:{numbers.tidy(number)}")


def staff_code(prefix: str, number: int) -> str:
    return f"{prefix}R{number:05d}"


def index(member: StaffMember) -> None:
    member.search_text = words.search_text([member.name], [member.code])
    member.name_key = words.sort_key(member.name)


def may_manage(member: StaffMember, actor: Actor) -> None:
    if not StaffMember.objects.allowed(actor, "staff.manage").filter(pk=member.pk).exists():
        raise Denied(_("这个人不在你的机构，不能改他的资料"))


def hire(
    facility: Facility,
    *,
    actor: Actor,
    name: str,
    identity: str,
    post: str,
    starts_on: date,
    checked_on: date | None,
    found: bool = False,
    full_time: bool = True,
    phone: str = "",
    certificate: dict | None = None,
    health_check: dict | None = None,
    today: date | None = None,
) -> Employment:
    """Enters a person's work at a facility from `starts_on`.

    checked_on, found: the inquiry into a criminal record that the law asks for before the hire (《未成年人保护法》 62).
    certificate, health_check: papers to enter with the hire, as add_certificate takes them (the health check
    without `kind`); what the person has already, in this district or by a hand-over, need not be given again.

    Refused: a ban in whatever district, a record now or in an earlier inquiry, an inquiry that is missing or stale, the
    lack of a certificate that the post demands or of a health check on the first day, a closed facility, a
    number that cannot be, a person who works elsewhere in the district, a known number under another name. Who may
    not know of a ban or of others' inquiries learns only that the person cannot be hired.
    """
    if not Facility.objects.allowed(actor, "staff.manage").filter(pk=facility.pk).exists():
        raise Denied(_("只能登记自己机构的人员"))
    today = today or timezone.localdate()
    facility = Facility.objects.select_for_update().get(pk=facility.pk)
    if facility.state == "closed":
        raise Refused(_("%(name)s已停办，不能再登记人员") % {"name": facility.name}, code="closed")
    name, identity, phone = name.strip(), numbers.tidy(identity), phone.strip()
    problems, sentences = [], dict(rules.PROBLEMS)
    if not 2 <= len(name) <= 40:
        problems.append(("name", "name", {}))
    key, facts = numbers.identity_problem(identity, today)
    if key:
        problems.append(("identity", key, facts))
        sentences |= numbers.PROBLEMS
    if phone and not (len(phone) == 11 and phone.isdigit() and phone.startswith("1")):
        problems.append(("phone", "mobile", {}))
    if post not in Employment.Post.values:
        problems.append(("post", "choice", {}))
    born = None if key else numbers.born_on(identity)
    known = parameters.values([*rules.CERTIFICATE_PARAMETERS.values(), "record_check.months"], starts_on)
    problems += rules.hire_problems(
        born=born,
        starts_on=starts_on,
        checked_on=checked_on,
        found=found,
        today=today,
        months=known.get("record_check.months"),
    )
    papers = {}
    if certificate:
        papers["certificate"] = dict(certificate)
    if health_check:
        papers["health_check"] = {**health_check, "kind": rules.HEALTH_CHECK}
    for prefix, paper in papers.items():
        paper["number"] = paper["number"].strip()
        if paper["kind"] not in Certificate.Kind.values:
            problems.append((f"{prefix}_kind", "choice", {}))
        problems += [
            (f"{prefix}_{field}", key, facts)
            for field, key, facts in rules.certificate_problems(
                number=paper["number"],
                issued_on=paper["issued_on"],
                valid_until=paper.get("valid_until"),
                birth_year=born.year if born else None,
                today=today,
            )
        ]
    refuse(problems, sentences, labels())

    hashed = identity_hash(identity)
    one_at_a_time(hashed)
    if across.banned([hashed]):
        not_hirable(
            actor, "ban.view", _("这个身份证号在终身禁入名单上，不得聘用（《未成年人保护法》第六十二条）")
        )
    member = StaffMember.objects.select_for_update().filter(identity_hash=hashed).first()
    held = []
    if member is not None:
        if member.record_checks.filter(found=True).exists():  # whoever inquired, and whatever this form says
            sentence = rules.PROBLEMS["check_found"]
            not_hirable(actor, "ban.view", _(sentence), "checked_on")
        if member.name != name:
            refuse_field("name", _("这个身份证号已登记在另一个姓名下。对照证件核对姓名"), "other_name")
        elsewhere(member, starts_on, actor)
        held = list(member.certificates.values_list("kind", "issued_on", "valid_until"))
    held += [(p["kind"], p["issued_on"], p.get("valid_until")) for p in papers.values()]
    asked_of = rules.asked_kinds(known)
    kinds = dict(Certificate.Kind.choices)
    wanted = _("或").join(str(kinds[kind]) for kind in sorted(asked_of.get(post, ())))
    refuse(
        [
            (f"{key.removesuffix('_missing')}_number", key, {"kinds": wanted})
            for key in rules.lacking(post, held, starts_on, asked_of)
        ],
        sentences,
        labels(),
    )
    if member is None:
        member = new_member(name, identity, phone=phone, actor=actor)
    elif phone:
        member.phone = phone
        member.save(update_fields=["phone"])
    employment = Employment.objects.create(
        staff=member, facility=facility, post=post, full_time=full_time, starts_on=starts_on
    )
    RecordCheck.objects.get_or_create(
        staff=member, checked_on=checked_on, defaults={"found": False, "before_hire": True}
    )
    audit.record(
        "facilities.staff.hire",
        member,
        actor=actor,
        name=f"{member.code} {masked(member.name)}",
        changes={"facility": facility.code, "post": post, "starts_on": starts_on.isoformat()},
    )
    for paper in papers.values():
        if not member.certificates.filter(kind=paper["kind"], number=paper["number"]).exists():
            write_certificate(member, actor=actor, **paper)
    return employment


def new_member(name: str, identity: str, *, phone: str = "", actor: Actor) -> StaffMember:
    """A person's first row in the district; the number was looked at before."""
    member = StaffMember(
        code=staff_code(actor.district.prefix, next_number(CODES)),
        name=name,
        identity=identity,
        identity_hash=identity_hash(identity),
        phone=phone or None,
        birth_year=numbers.born_on(identity).year,
    )
    index(member)
    member.save(force_insert=True)
    return member


def not_hirable(actor: Actor, right: str, sentence: str, field: str = "identity") -> None:
    """The reason to those who may know it; to everybody else the same words whatever the reason is."""
    if actor.may(right):
        refuse_field(field, sentence, "not_hirable")
    refuse_field("identity", _("这个人不能聘用。要知道原因，联系区托育服务指导中心"), "not_hirable")


def one_at_a_time(hashed: str) -> None:
    """Two who hire the same person at once: the second waits and finds the first one's row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [hashed])


def elsewhere(member: StaffMember, starts_on: date, actor: Actor) -> None:
    """Refuses a second employment at the same time; names the other facility to those who may see it."""
    other = (
        member.employments.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on))
        .select_related("facility")
        .order_by("-starts_on")
        .first()
    )
    if other is None:
        return
    known = Facility.objects.allowed(actor, "facility.view").filter(pk=other.facility_id).exists()
    until = other.ends_on.isoformat() if other.ends_on else ""
    if known:
        where = other.facility.name
    else:
        where = _("本区另一家机构")
    if until:
        sentence = _("这个人在%(where)s登记在岗到 %(until)s。到岗日期要晚于这一天") % {
            "where": where, "until": until}  # fmt: skip
    else:
        sentence = _("这个人在%(where)s登记在岗。先在那里办离岗") % {"where": where}
    refuse_field("identity", sentence, "employed_elsewhere")


def end_employment(
    employment: Employment,
    *,
    actor: Actor,
    on: date,
    reason: str = "",
    ended_for: str = Employment.Ended.LEFT,
    today: date | None = None,
) -> Employment:
    """The person's last day at the facility; not in the future, not before the first."""
    today = today or timezone.localdate()
    if not Employment.objects.allowed(actor, "staff.manage").filter(pk=employment.pk).exists():
        raise Denied(_("只能办自己机构的人员离岗"))
    row = Employment.objects.select_for_update().select_related(None).get(pk=employment.pk)
    if row.ends_on is not None:
        raise Refused(
            _("已经在 %(day)s 办过离岗") % {"day": row.ends_on.isoformat()}, field="ends_on", code="ended"
        )
    problems = []
    if on > today:
        problems.append(("ends_on", "future", {}))
    elif on < row.starts_on:
        problems.append(("ends_on", "ends_before", {"day": row.starts_on.isoformat()}))
    refuse(problems, rules.PROBLEMS, labels())
    row.ends_on, row.ended_for = on, ended_for
    row.save(update_fields=["ends_on", "ended_for"])
    member = row.staff
    audit.record(
        "facilities.staff.leave",
        member,
        actor=actor,
        name=f"{member.code} {masked(member.name)}",
        changes={
            "facility": row.facility.code,
            "ends_on": [None, on.isoformat()],
            "ended_for": ended_for,
            "reason": reason[:200],
        },
    )
    return row


def barred(member: StaffMember, actor: Actor) -> str:
    """Why a person who works must not: 'ban', 'record', or ''. A ban is told to those only who may know of bans."""
    if actor.may("ban.view") and member.pk in across.banned_here():
        return Employment.Ended.BAN
    return Employment.Ended.RECORD if member.record_checks.filter(found=True).exists() else ""


def dismiss(employment: Employment, *, actor: Actor, on: date, today: date | None = None) -> Employment:
    """Ends the work of somebody who is banned or has a record; Refused where there is no such reason."""
    ground = barred(employment.staff, actor)
    if not ground:
        raise Refused(_("没有查到不得聘用的情形。普通离岗用“办离岗”"), code="not_barred")
    return end_employment(employment, actor=actor, on=on, reason=_("不得聘用"), ended_for=ground, today=today)


def add_certificate(
    member: StaffMember,
    *,
    actor: Actor,
    kind: str,
    number: str,
    issued_on: date,
    valid_until: date | None = None,
    upload=None,
    today: date | None = None,
) -> Certificate:
    """Adds a certificate; valid_until is None for one without end, upload a scan of it."""
    may_manage(member, actor)
    today, number = today or timezone.localdate(), number.strip()
    problems = rules.certificate_problems(
        number=number, issued_on=issued_on, valid_until=valid_until, birth_year=member.birth_year, today=today
    )
    if kind not in Certificate.Kind.values:
        problems.append(("kind", "choice", {}))
    refuse(problems, rules.PROBLEMS, labels())
    if member.certificates.filter(kind=kind, number=number).exists():
        refuse_field("number", _("这张证书已经登记过"), "twice")
    return write_certificate(
        member,
        actor=actor,
        kind=kind,
        number=number,
        issued_on=issued_on,
        valid_until=valid_until,
        upload=upload,
    )


def write_certificate(member: StaffMember, *, actor: Actor, upload=None, **values) -> Certificate:
    file = store_file(upload, actor=actor) if upload else None
    certificate = Certificate.objects.create(staff=member, file=file, **values)
    until = certificate.valid_until
    told(
        "facilities.staff.certificate",
        member,
        actor,
        {
            "kind": certificate.kind,
            "valid_until": until.isoformat() if until else None,
            "file": file.sha256 if file else None,
        },
    )
    return certificate


def add_training(
    member: StaffMember,
    *,
    actor: Actor,
    kind: str,
    course: str,
    provider: str,
    hours: Decimal,
    done_on: date,
    passed: bool = True,
    today: date | None = None,
) -> TrainingRecord:
    """Adds the hours of one course."""
    may_manage(member, actor)
    today, course, provider = today or timezone.localdate(), course.strip(), provider.strip()
    problems = rules.training_problems(
        course=course, provider=provider, hours=hours, done_on=done_on, today=today
    )
    if kind not in TrainingRecord.Kind.values:
        problems.append(("kind", "choice", {}))
    refuse(problems, rules.PROBLEMS, labels())
    if member.training.filter(kind=kind, course=course, done_on=done_on).exists():
        refuse_field("course", _("这门课这一天已经登记过"), "twice")
    record = TrainingRecord.objects.create(
        staff=member, kind=kind, course=course, provider=provider, hours=hours, done_on=done_on, passed=passed
    )
    told("facilities.staff.training", member, actor, {"kind": kind, "hours": str(hours), "passed": passed})
    return record


def add_record_check(
    member: StaffMember, *, actor: Actor, checked_on: date, found: bool, today: date | None = None
) -> RecordCheck:
    """Adds the yearly inquiry: the day, and whether there was a record; never the record itself."""
    may_manage(member, actor)
    today = today or timezone.localdate()
    problems = []
    if checked_on > today:
        problems.append(("checked_on", "future", {}))
    elif checked_on < rules.EARLIEST_RECORD:
        problems.append(("checked_on", "done_early", {}))
    refuse(problems, rules.PROBLEMS, labels())
    if member.record_checks.filter(checked_on=checked_on).exists():
        refuse_field("checked_on", _("这一天的查询已经登记过"), "twice")
    check = RecordCheck.objects.create(staff=member, checked_on=checked_on, found=found)
    told(
        "facilities.staff.record_check",
        member,
        actor,
        {"checked_on": checked_on.isoformat(), "found": found},
    )
    return check


def told(action: str, member: StaffMember, actor: Actor, changes: dict) -> None:
    audit.record(action, member, actor=actor, name=f"{member.code} {masked(member.name)}", changes=changes)


def reveal(member: StaffMember, *, actor: Actor, reason: str) -> StaffMember:
    """The person with full name, identity number and phone, and an entry that says who looked, and what for."""
    row = StaffMember.objects.allowed(actor, "staff.reveal").filter(pk=member.pk).first()
    if row is None:
        raise Denied(_("你的角色不能看完整证件号"))
    reason = " ".join(reason.split())
    if not 2 <= len(reason) <= 100:
        refuse_field("reason", _("写为什么要看，2 到 100 个字"), "reason")
    told("facilities.staff.reveal", row, actor, {"fields": ["name", "identity", "phone"], "reason": reason})
    return row
