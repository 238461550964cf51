"""Changes of the register: what is written, what is refused, who may."""

from datetime import date

import pytest

from facilities.models import Employment, Facility, FacilityTransition, StaffMember
from facilities.services import bulk, grades
from facilities.services import facilities as services
from facilities.services import staff as staff_services
from portal.errors import Conflict, Denied, Refused
from portal.models.places import Street
from portal.models.records import AuditEntry, Series
from portal.tenancy import district_scope
from tests.facilities import factories

pytestmark = pytest.mark.django_db
TODAY = factories.TODAY


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        yield cast


def register(cast, name="示例星河托育园", by="bureau", **values):
    return services.register_facility(
        actor=cast.actor(by),
        on=TODAY,
        **{
            "name": name, "kind": "nursery", "ownership": "non_profit", "street": cast.street,
            "address": "示例路 128 弄 6 号", "places": 45, **values,
        },
    )  # fmt: skip


def hire(cast, at, number=1, by="bureau", **values):
    return staff_services.hire(
        at,
        actor=cast.actor(by),
        today=TODAY,
        **{
            "name": "示例周", "identity": factories.identity(number), "post": "carer", "starts_on": date(2026, 3, 1),
            "checked_on": date(2026, 2, 1), **factories.papers(), **values,
        },
    )  # fmt: skip


def last_entry() -> AuditEntry:
    return AuditEntry.objects.order_by("-pk").first()


def refused(exception, call, *args, **kwargs):
    with pytest.raises(exception) as caught:
        call(*args, **kwargs)
    return caught.value


def test_a_facility_enters_the_register_with_code_search_words_and_audit(minhang):
    facility = register(minhang)
    assert facility.code.startswith("MH") and facility.state == "preparing" and facility.version == 1
    assert "qqiibb" not in facility.search_text and "xxiinngghhee" in facility.search_text
    entry = last_entry()
    assert (entry.action, entry.subject_id) == ("facilities.facility.register", facility.pk)
    assert Series.objects.get(name="register").last == 1


def test_an_old_facility_enters_as_it_is(minhang):
    facility = register(minhang, state="operating", opened_on=date(2021, 9, 1))
    change = facility.transitions.get()
    assert (change.source, change.target, change.on) == ("preparing", "operating", date(2021, 9, 1))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"places": 0}, "places"),
        ({"places": 501}, "places"),
        ({"opened_on": date(2026, 4, 1)}, "opened_on"),
        ({"state": "operating"}, "opened_on"),
        ({"state": "closed"}, "state"),
        ({"kind": "school"}, "kind"),
        ({"credit_code": "91350100M000100Y44"}, "credit_code"),
        ({"street": None}, "street"),
        ({"enrolled": 90}, "enrolled"),
        ({"name": " "}, "name"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field_and_nothing_is_written(minhang, values, field):
    before = (Facility.objects.count(), AuditEntry.objects.count())
    error = refused(Refused, register, minhang, **values)
    assert error.field == field
    assert (Facility.objects.count(), AuditEntry.objects.count()) == before


def test_all_problems_are_said_at_once(minhang):
    error = refused(Refused, register, minhang, places=0, name="园")
    assert error.params["errors"].keys() == {"places", "name"}
    assert str(error.message) == "名称：写名称，2 到 100 个字；托位：填 1 到 500 之间的数"


def test_a_street_of_another_district_is_unknown(minhang):
    street = Street(pk=minhang.foreign_facility.street_id, district_id=minhang.jinshan.pk, name="朱泾镇")
    error = refused(Refused, register, minhang, street=street)
    assert (error.field, error.code) == ("street", "unknown_street")


def test_a_second_facility_of_the_same_name_in_a_street_is_refused(minhang):
    first = register(minhang)
    assert first.code in str(refused(Refused, register, minhang).message)
    assert register(minhang, street=minhang.other_street).pk


@pytest.mark.parametrize("who", ["officer", "operator", "head", "auditor", "parent"])
def test_only_the_bureau_registers(minhang, who):
    refused(Denied, register, minhang, by=who)


def test_a_change_is_written_with_before_and_after(minhang):
    facility = register(minhang)
    changed = services.change_facility(
        facility,
        actor=minhang.actor("bureau"),
        version=1,
        on=TODAY,
        places=60,
        head="示例林",
        name=facility.name,
    )
    assert (changed.places, changed.version) == (60, 2)
    assert last_entry().changes == {"places": [45, 60], "head": ["", "示*"], "version": [1, 2]}


def test_saving_without_a_change_writes_nothing(minhang):
    facility = register(minhang)
    before = AuditEntry.objects.count()
    services.change_facility(facility, actor=minhang.actor("bureau"), version=1, on=TODAY, places=45)
    assert AuditEntry.objects.count() == before


def test_the_second_of_two_is_told_who_changed_what(minhang):
    facility = register(minhang)
    services.change_facility(facility, actor=minhang.actor("clerk"), version=1, on=TODAY, places=60)
    error = refused(
        Conflict,
        services.change_facility,
        facility,
        actor=minhang.actor("bureau"),
        version=1,
        on=TODAY,
        places=50,
    )
    assert error.code == "stale" and "示*" in error.message and "托位（45 → 60）" in error.message
    assert Facility.objects.get(pk=facility.pk).places == 60


def test_a_new_name_is_found_at_once(minhang):
    facility = register(minhang)
    services.change_facility(
        facility, actor=minhang.actor("bureau"), version=1, on=TODAY, name="示例月亮托育园"
    )
    assert "yyuueelliiaanngg" in Facility.objects.get(pk=facility.pk).search_text


def test_an_operator_keeps_the_own_facility_only_and_not_what_the_district_owns(minhang):
    own, actor = minhang.facility, minhang.actor("operator")
    other = factories.facility(minhang.street)
    changed = services.change_facility(own, actor=actor, version=1, on=TODAY, enrolled=21, full_day=True)
    assert changed.enrolled == 21
    error = refused(Refused, services.change_facility, own, actor=actor, version=2, on=TODAY, places=80)
    assert (error.field, error.code) == ("places", "district_field")
    refused(Denied, services.change_facility, other, actor=actor, version=1, on=TODAY, enrolled=3)


def test_an_inclusive_site_is_inclusive_by_nature(minhang):
    assert register(minhang, kind="inclusive_site", inclusive=False).inclusive


def move(cast, facility, action, on, reason="示例原因", by="bureau"):
    return services.move_state(facility, action, actor=cast.actor(by), on=on, reason=reason, today=TODAY)


def test_a_facility_goes_through_its_life(minhang):
    facility = register(
        minhang,
        operator="示例云杉教育",
        head="示例园长",
        phone="021-55501234",
        insured_until=date(2026, 12, 31),
    )
    for action, day, state in (
        ("file", date(2026, 3, 2), "filed"),
        ("open", date(2026, 3, 5), "operating"),
        ("suspend", date(2026, 3, 9), "suspended"),
        ("resume", date(2026, 3, 10), "operating"),
    ):
        facility = move(minhang, facility, action, day)
        assert facility.state == state
    assert facility.opened_on == date(2026, 3, 5)
    facility = move(minhang, facility, "close", date(2026, 3, 12))
    assert facility.closed_on == date(2026, 3, 12)
    assert [t.target for t in FacilityTransition.objects.filter(facility=facility)] == [
        "filed", "operating", "suspended", "operating", "closed",
    ]  # fmt: skip
    error = refused(Conflict, move, minhang, facility, "resume", TODAY)
    assert "停办" in error.message


def test_a_change_of_state_needs_a_reason_and_a_day_that_can_be(minhang):
    facility = minhang.facility
    assert refused(Refused, move, minhang, facility, "suspend", TODAY, reason=" ").field == "reason"
    assert refused(Refused, move, minhang, facility, "suspend", date(2026, 3, 19)).field == "on"
    assert refused(Refused, move, minhang, facility, "close", date(2020, 1, 1)).field == "on"
    move(minhang, facility, "suspend", date(2026, 3, 10))
    assert "2026-03-10" in str(refused(Refused, move, minhang, facility, "resume", date(2026, 3, 9)).message)
    refused(Denied, move, minhang, facility, "resume", TODAY, by="officer")


def test_closing_ends_the_work_of_everybody_there(minhang):
    facility = register(minhang, state="operating", opened_on=date(2021, 9, 1))
    staying = factories.employment(facility)
    coming = factories.employment(facility, starts_on=date(2026, 4, 1))
    move(minhang, facility, "close", date(2026, 3, 15))
    staying.refresh_from_db()
    assert staying.ends_on == date(2026, 3, 15)
    assert not Employment.objects.filter(pk=coming.pk).exists()
    assert last_entry().changes["employments_ended"] == 1


def test_a_closed_facility_takes_no_hires_and_no_changes(minhang):
    facility = factories.facility(minhang.street, state="closed", closed_on=date(2026, 1, 5))
    assert refused(Refused, hire, minhang, facility).code == "closed"
    error = refused(
        Refused,
        services.change_facility,
        facility,
        actor=minhang.actor("bureau"),
        version=1,
        on=TODAY,
        places=3,
    )
    assert error.code == "closed"


def test_a_grade_is_set_with_its_reason(minhang):
    actor = minhang.actor("bureau")

    def put(grade, reason="示例：两次整改", version=None, actor=actor):
        wanted = grades.Wanted(minhang.facility, grade, reason, version)
        return grades.set_grades([wanted], actor=actor)[minhang.facility.pk]

    row = put("C")
    assert (row.grade, row.version) == ("C", 2)
    assert last_entry().changes == {"grade": ["", "C"], "reason": "示例：两次整改", "version": [1, 2]}
    assert put("C").version == 2  # nothing to change
    assert refused(Refused, put, "E").field == "grade"
    assert refused(Refused, put, "D", "").field == "reason"
    assert refused(Conflict, put, "D", version=1).code == "stale"
    refused(Denied, put, "D", actor=minhang.actor("operator"))


def test_a_hire_keeps_the_number_encrypted_and_known_by_its_hash(minhang):
    from django.db import connection

    work = hire(minhang, minhang.facility, phone="13900000001")
    member = StaffMember.objects.get(pk=work.staff_id)
    assert (
        member.identity == factories.identity(1)
        and member.phone == "13900000001"
        and member.birth_year == 1990
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT identity, phone, identity_hash FROM facilities_staffmember WHERE id = %s", [member.pk]
        )
        identity, phone, hashed = cursor.fetchone()
    assert factories.identity(1).encode() not in bytes(identity) and b"139" not in bytes(phone)
    assert hashed == staff_services.identity_hash(factories.identity(1)) and len(hashed) == 64
    assert member.record_checks.get().before_hire
    entry = AuditEntry.objects.get(action="facilities.staff.hire")
    assert (
        entry.action == "facilities.staff.hire"
        and factories.identity(1) not in str(entry.changes) + entry.subject
    )
    assert "示例周" not in entry.subject


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"identity": "310112199005200"}, "identity"),
        ({"identity": factories.identity(1, date(2015, 1, 1))}, "identity"),
        ({"identity": factories.identity(1)[:17] + "?"}, "identity"),
        ({"name": "周"}, "name"),
        ({"post": "driver"}, "post"),
        ({"phone": "12345"}, "phone"),
        ({"checked_on": None}, "checked_on"),
        ({"found": True}, "checked_on"),
        ({"starts_on": date(2027, 1, 1)}, "starts_on"),
    ],
)
def test_a_hire_that_makes_no_sense_is_refused(minhang, values, field):
    assert refused(Refused, hire, minhang, minhang.facility, **values).field == field
    assert not StaffMember.objects.exists()


def test_nobody_works_twice_in_a_district(minhang):
    other = factories.facility(minhang.street, name="示例蓝鲸托育园")
    work = hire(minhang, minhang.facility)
    error = refused(Refused, hire, minhang, other)
    assert error.code == "employed_elsewhere" and minhang.facility.name in error.message
    staff_services.end_employment(work, actor=minhang.actor("bureau"), on=date(2026, 3, 5), today=TODAY)
    assert "2026-03-05" in refused(Refused, hire, minhang, other, starts_on=date(2026, 3, 5)).message
    again = hire(minhang, other, starts_on=date(2026, 3, 6))
    assert again.staff_id == work.staff_id and StaffMember.objects.count() == 1


def test_an_operator_is_not_told_where_else_somebody_works(minhang):
    other = factories.facility(minhang.street, name="示例蓝鲸托育园")
    hire(minhang, other)
    error = refused(Refused, hire, minhang, minhang.facility, by="operator")
    assert error.code == "employed_elsewhere" and "蓝鲸" not in error.message


def test_a_known_number_under_another_name_is_refused(minhang):
    work = hire(minhang, minhang.facility)
    staff_services.end_employment(work, actor=minhang.actor("bureau"), on=date(2026, 3, 5), today=TODAY)
    error = refused(Refused, hire, minhang, minhang.facility, name="示例吴", starts_on=date(2026, 3, 6))
    assert (error.field, error.code) == ("name", "other_name")


def test_a_record_found_once_bars_every_later_hire(minhang):
    work, actor = hire(minhang, minhang.facility), minhang.actor("bureau")
    staff_services.add_record_check(
        work.staff, actor=actor, checked_on=date(2026, 3, 2), found=True, today=TODAY
    )
    staff_services.end_employment(work, actor=actor, on=date(2026, 3, 5), today=TODAY)
    error = refused(Refused, hire, minhang, minhang.facility, starts_on=date(2026, 3, 6))
    assert error.field == "checked_on" and Employment.objects.filter(staff=work.staff).count() == 1


def test_an_operator_hires_for_the_own_facility_only(minhang):
    hire(minhang, minhang.facility, by="operator")
    other = factories.facility(minhang.street)
    refused(Denied, hire, minhang, other, number=2, by="operator")
    refused(Denied, hire, minhang, minhang.facility, number=3, by="officer")


def test_a_leave_has_a_day_that_can_be_and_happens_once(minhang):
    work, actor = hire(minhang, minhang.facility), minhang.actor("bureau")
    end = staff_services.end_employment
    assert refused(Refused, end, work, actor=actor, on=date(2026, 2, 1), today=TODAY).field == "ends_on"
    assert refused(Refused, end, work, actor=actor, on=date(2026, 3, 19), today=TODAY).field == "ends_on"
    end(work, actor=actor, on=TODAY, today=TODAY)
    assert refused(Refused, end, work, actor=actor, on=TODAY, today=TODAY).code == "ended"


def test_certificates_training_and_checks_are_added_once(minhang):
    member, actor = hire(minhang, minhang.facility).staff, minhang.actor("operator")
    for call, values in (
        (
            staff_services.add_certificate,
            {"kind": "childcare", "number": "YY1", "issued_on": date(2020, 1, 1)},
        ),
        (
            staff_services.add_training,
            {
                "kind": "skills",
                "course": "示例课",
                "provider": "示例单位",
                "hours": 8,
                "done_on": date(2026, 3, 2),
            },
        ),
        (staff_services.add_record_check, {"checked_on": date(2026, 3, 3), "found": False}),
    ):
        made = call(member, actor=actor, today=TODAY, **values)
        assert made.pk and last_entry().subject_id == member.pk
        assert refused(Refused, call, member, actor=actor, today=TODAY, **values).code == "twice"
    future = {"checked_on": date(2026, 4, 1), "found": False}
    assert refused(Refused, staff_services.add_record_check, member, actor=actor, today=TODAY, **future).field


def test_an_operator_does_not_reach_somebody_who_left(minhang):
    work, actor = hire(minhang, minhang.facility), minhang.actor("operator")
    assert StaffMember.objects.allowed(actor, "staff.view").get() == work.staff
    Employment.objects.filter(pk=work.pk).update(ends_on=date(2026, 3, 5))
    assert not StaffMember.objects.allowed(actor, "staff.view").exists()
    refused(
        Denied,
        staff_services.add_record_check,
        work.staff,
        actor=actor,
        checked_on=TODAY,
        found=False,
        today=TODAY,
    )


def test_a_look_at_the_full_number_is_logged(minhang):
    member = hire(minhang, minhang.facility).staff
    seen = staff_services.reveal(member, actor=minhang.actor("operator"), reason="核对合同")
    assert seen.identity == factories.identity(1)
    entry = last_entry()
    assert (entry.action, entry.user, entry.subject_id) == (
        "facilities.staff.reveal", minhang.operator, member.pk,
    )  # fmt: skip
    for who in ("officer", "auditor", "head"):
        refused(Denied, staff_services.reveal, member, actor=minhang.actor(who), reason="核对合同")


ROW = {"kind": "nursery", "ownership": "public", "address": "示例路 9 号", "places": 30}


def test_many_at_once_give_what_one_by_one_gives(minhang):
    rows = [
        {
            **ROW,
            "name": f"示例批量园{n}",
            "street": minhang.street,
            "state": "operating",
            "opened_on": date(2020, 1, n),
        }
        for n in range(1, 6)
    ]
    entries = AuditEntry.objects.count()
    made = bulk.register_many(rows, actor=minhang.actor("bureau"), on=TODAY)
    assert [f.name for f in made] == [r["name"] for r in rows] and all(f.pk for f in made)
    assert AuditEntry.objects.count() == entries + 1
    single = register(minhang, **{**rows[0], "street": minhang.other_street})
    assert int(single.code[2:]) == int(made[-1].code[2:]) + 1
    assert single.search_text.split("\n")[1:3] == made[0].search_text.split("\n")[1:3]
    assert made[0].transitions.get().on == date(2020, 1, 1)

    work = bulk.hire_many(
        [
            {
                "facility": f,
                "name": "示例批",
                "identity": factories.identity(n),
                "post": "cook",
                "starts_on": TODAY,
            }
            for n, f in enumerate(made)
        ],
        actor=minhang.actor("bureau"),
        on=TODAY,
    )
    assert StaffMember.objects.get(pk=work[0].staff_id).identity == factories.identity(0)
    member = work[0].staff
    bulk.certify_many(
        [{"staff": member, "kind": "food", "number": "SP1", "issued_on": date(2025, 1, 1), "valid_until": None}],
        actor=minhang.actor("bureau"), on=TODAY,
    )  # fmt: skip
    bulk.train_many(
        [{"staff": member, "kind": "ethics", "course": "示例", "provider": "示例", "hours": 4, "done_on": TODAY}],
        actor=minhang.actor("bureau"), on=TODAY,
    )  # fmt: skip
    bulk.check_many([{"staff": member, "checked_on": TODAY}], actor=minhang.actor("bureau"), on=TODAY)
    assert (member.certificates.count(), member.training.count(), member.record_checks.count()) == (1, 1, 1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"places": 501}, "第 2 行 托位：填 1 到 500 之间的数"),
        ({"street": None}, "第 2 行"),
        ({"state": "gone"}, "第 2 行 状态"),
        ({"state": "closed", "opened_on": date(2020, 1, 1)}, "第 2 行 停办日期"),
        ({"code": "XX1"}, "第 2 行 编号：XX1"),
    ],
)
def test_a_batch_with_a_wrong_row_is_refused_whole_and_names_it(minhang, change, says):
    rows = [
        {**ROW, "name": "示例甲园", "street": minhang.street, "code": "XX1"},
        {**ROW, "name": "示例乙园", "street": minhang.street, **change},
    ]
    before = Facility.objects.count()
    error = refused(Refused, bulk.register_many, rows, actor=minhang.actor("bureau"), on=TODAY)
    assert says in str(error.message)
    assert Facility.objects.count() == before
