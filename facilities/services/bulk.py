"""Many rows at once, for the demonstration, the benches and later the import: the same checks where they matter,
one audit entry for the batch.

Every function takes rows as dictionaries, refuses the whole batch with the number of the row, and needs a
constant number of statements per 2,000 rows.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

from django.contrib.auth.models import Permission
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities import across
from facilities.models import (
    Certificate,
    Employment,
    Facility,
    FacilityGrant,
    FacilityTransition,
    Kindergarten,
    RecordCheck,
    StaffMember,
    TrainingRecord,
)
from facilities.rules import numbers
from facilities.rules import staff as rules
from facilities.rules.states import FACILITY
from facilities.services import facilities as facility_services
from facilities.services import operators
from facilities.services import staff as staff_services
from portal.access import Actor
from portal.errors import Refused
from portal.models.people import User
from portal.services import audit
from portal.services.bulk import BATCH, refuse_row
from portal.services.numbers import next_numbers


def register_many(rows: list[dict], *, actor: Actor, on: date | None = None) -> list[Facility]:
    """Facilities from dictionaries as register_facility takes them, with any state, a grade, and closed_on.

    A row may bring its own `code`; otherwise codes follow the district's series. Checks: street, figures,
    dates, codes twice. Returns the facilities in the rows' order.
    """
    actor.demand("facility.manage")
    today = on or timezone.localdate()
    free = iter(())
    without = sum(not row.get("code") for row in rows)
    if without:
        free = iter(next_numbers(facility_services.CODES, without))
    made, seen = [], set()
    named = {row["operator"] for row in rows if isinstance(row.get("operator"), str)}
    known = operators.called_many(named, actor=actor)
    for number, row in enumerate(rows, 1):
        values = facility_services.tidied(row)
        if isinstance(values.get("operator"), str):
            values["operator"] = known.get(values["operator"])
        state = values.pop("state", FACILITY.initial)
        if state not in FACILITY.states:
            refuse_row(number, _("状态：没有“%(state)s”") % {"state": state}, "state")
        extra = {key: values.pop(key) for key in ("grade", "closed_on") if key in values}
        code = values.pop("code", "") or f"{actor.district.prefix}{next(free):04d}"
        if code in seen:
            refuse_row(number, _("编号：%(code)s 出现两次") % {"code": code}, "code")
        seen.add(code)
        try:
            facility_services.own_street(values.get("street"), actor)
            facility_services.check({**values, "state": state}, today=today)
        except Refused as refused:
            refuse_row(number, str(refused.message), refused.field or "")
        if state == "closed" and not extra.get("closed_on"):
            refuse_row(number, _("停办日期：停办的机构要有停办日期"), "closed_on")
        facility = Facility(code=code, state=state, **values, **extra)
        facility_services.index(facility)
        made.append(facility)
    taken = Facility.objects.filter(code__in=seen).values_list("code", flat=True).first() if seen else None
    if taken:
        raise Refused(_("编号 %(code)s 已经有了") % {"code": taken}, field="code", code="row")
    Facility.objects.bulk_create(made, batch_size=BATCH)
    FacilityTransition.objects.bulk_create(
        [
            FacilityTransition(
                facility=facility,
                source=FACILITY.initial,
                target=facility.state,
                on=facility.closed_on or facility.opened_on or today,
                reason=_("登记时的状态"),
                by=actor.user,
            )
            for facility in made
            if facility.state != FACILITY.initial
        ],
        batch_size=BATCH,
    )
    facility_services.touched()
    audit.record(
        "facilities.facility.register_many",
        None,
        actor=actor,
        name=_("%(n)d 家机构") % {"n": len(made)},
        changes={"count": len(made), "states": dict(Counter(f.state for f in made))},
    )
    return made


def hire_many(rows: list[dict], *, actor: Actor, on: date | None = None) -> list[Employment]:
    """Work from dictionaries with facility, name, identity, post, starts_on, and full_time, phone, ends_on if any.

    For persons new to the district: a number that is known already, or stands twice, is refused. The inquiry
    before the hire comes by check_many. Returns the employments, each with its `staff`.
    """
    actor.demand("staff.manage")
    today = on or timezone.localdate()
    codes = iter(next_numbers(staff_services.CODES, len(rows)) if rows else ())
    members, employments, hashes = [], [], {}
    for number, row in enumerate(rows, 1):
        identity = numbers.tidy(row["identity"])
        key, facts = numbers.identity_problem(identity, today)
        if key:
            refuse_row(number, _("身份证号：") + _(numbers.PROBLEMS[key]) % facts, "identity")
        born = numbers.born_on(identity)
        if not rules.AGES[0] <= numbers.age_on(born, row["starts_on"]) <= rules.AGES[1]:
            refuse_row(number, _("身份证号：到岗时的年龄不在 16 到 75 岁之间"), "identity")
        if row["facility"].state == "closed" and row.get("ends_on") is None:
            refuse_row(number, _("机构：%(name)s已停办") % {"name": row["facility"].name}, "facility")
        hashed = staff_services.identity_hash(identity)
        if hashed in hashes:
            refuse_row(number, _("身份证号：和第 %(other)d 行相同") % {"other": hashes[hashed]}, "identity")
        hashes[hashed] = number
        member = StaffMember(
            code=staff_services.staff_code(actor.district.prefix, next(codes)),
            name=row["name"],
            identity=identity,
            identity_hash=hashed,
            phone=row.get("phone") or None,
            birth_year=born.year,
        )
        staff_services.index(member)
        members.append(member)
        employments.append(
            Employment(
                staff=member,
                facility=row["facility"],
                post=row["post"],
                full_time=row.get("full_time", True),
                starts_on=row["starts_on"],
                ends_on=row.get("ends_on"),
            )
        )
    for hashed in sorted(across.banned(hashes), key=hashes.get)[:1]:
        refuse_row(hashes[hashed], _("身份证号：这个人不能聘用"), "identity")
    known = StaffMember.objects.filter(identity_hash__in=hashes).values_list("identity_hash", flat=True)
    for hashed in known[:1]:
        refuse_row(hashes[hashed], _("身份证号：这个人已经登记过"), "identity")
    StaffMember.objects.bulk_create(members, batch_size=BATCH)
    for employment in employments:
        employment.staff = employment.staff  # it has its id now
    Employment.objects.bulk_create(employments, batch_size=BATCH)
    batch("facilities.staff.hire_many", actor, _("%(n)d 名人员") % {"n": len(members)}, len(members))
    return employments


def certify_many(rows: list[dict], *, actor: Actor, on: date | None = None) -> list[Certificate]:
    """Certificates from dictionaries with staff, kind, number, issued_on and valid_until."""
    actor.demand("staff.manage")
    today = on or timezone.localdate()
    made = []
    for number, row in enumerate(rows, 1):
        problems = rules.certificate_problems(
            number=row["number"],
            issued_on=row["issued_on"],
            valid_until=row.get("valid_until"),
            birth_year=row["staff"].birth_year,
            today=today,
        )
        refuse_first(number, problems)
        made.append(Certificate(**row))
    Certificate.objects.bulk_create(made, batch_size=BATCH)
    batch("facilities.staff.certify_many", actor, _("%(n)d 张证书") % {"n": len(made)}, len(made))
    return made


def train_many(rows: list[dict], *, actor: Actor, on: date | None = None) -> list[TrainingRecord]:
    """Training from dictionaries with staff, kind, course, provider, hours, done_on and passed if not."""
    actor.demand("staff.manage")
    today = on or timezone.localdate()
    made = []
    for number, row in enumerate(rows, 1):
        refuse_first(
            number,
            rules.training_problems(
                course=row["course"],
                provider=row["provider"],
                hours=row["hours"],
                done_on=row["done_on"],
                today=today,
            ),
        )
        made.append(TrainingRecord(**row))
    TrainingRecord.objects.bulk_create(made, batch_size=BATCH)
    batch("facilities.staff.train_many", actor, _("%(n)d 条培训记录") % {"n": len(made)}, len(made))
    return made


def check_many(rows: list[dict], *, actor: Actor, on: date | None = None) -> list[RecordCheck]:
    """Record checks from dictionaries with staff, checked_on, and found, before_hire if they are true."""
    actor.demand("staff.manage")
    today = on or timezone.localdate()
    made = []
    for number, row in enumerate(rows, 1):
        if row["checked_on"] > today:
            refuse_first(number, [("checked_on", "future", {})])
        made.append(RecordCheck(**{"found": False, **row}))
    RecordCheck.objects.bulk_create(made, batch_size=BATCH)
    batch("facilities.staff.check_many", actor, _("%(n)d 次查询") % {"n": len(made)}, len(made))
    return made


def refuse_first(number: int, problems: list) -> None:
    for field, key, facts in problems[:1]:
        label = staff_services.labels().get(field, field)
        refuse_row(number, f"{label}：{_(rules.PROBLEMS[key]) % facts}", field)


def batch(action: str, actor: Actor, name: str, count: int) -> None:
    audit.record(action, None, actor=actor, name=name, changes={"count": count})


def enter_kindergartens(rows: list[dict], *, actor: Actor, on: date | None = None) -> list[Kindergarten]:
    """Kindergartens from dictionaries with code, name, street, ownership, opened_on, and closed_on, works,
    works_on, facility (the register's row of their nursery classes) if any."""
    actor.demand("facility.manage")
    today = on or timezone.localdate()
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        if row["code"] in seen:
            refuse_row(number, _("编号：%(code)s 出现两次") % {"code": row["code"]}, "code")
        seen.add(row["code"])
        try:
            facility_services.own_street(row.get("street"), actor)
        except Refused as refused:
            refuse_row(number, str(refused.message), "street")
        if row["opened_on"] > today:
            refuse_row(number, _("开办日期：还没到这一天"), "opened_on")
        facility = row.get("facility")
        if facility is not None and facility.kind != Facility.Kind.INTEGRATED:
            refuse_row(number, _("托班：%(code)s 不是托幼一体") % {"code": facility.code}, "facility")
    made = Kindergarten.objects.bulk_create([Kindergarten(**row) for row in rows], batch_size=BATCH)
    batch("facilities.kindergarten.enter_many", actor, _("%(n)d 所幼儿园") % {"n": len(made)}, len(made))
    return made


def grant_facilities(pairs: list[tuple[User, Facility]], *, actor: Actor) -> int:
    """Gives each person the keeping of one facility's file (operator or desk)."""
    actor.demand("person.manage")
    permission = Permission.objects.get(codename="keep_facility", content_type__app_label="facilities")
    FacilityGrant.objects.bulk_create(
        [
            FacilityGrant(user=user, permission=permission, content_object=facility)
            for user, facility in pairs
        ],
        batch_size=BATCH,
    )
    audit.record(
        "facilities.grant.give_many",
        None,
        actor=actor,
        name=_("%(n)d 个账号") % {"n": len(pairs)},
        changes={user.username: facility.code for user, facility in pairs},
    )
    return len(pairs)
