"""What was entered wrongly about a person is mended; which accounts keep a facility."""

from datetime import date

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from facilities.models import Certificate, CertificateHistory, Facility, FacilityGrant, StaffMember
from facilities.rules import words
from facilities.services import keepers
from facilities.services import staff as staff_services
from facilities.services import staff_mending as services
from portal.errors import Denied, Refused
from portal.models import Membership, User
from portal.services import people
from portal.tenancy import district_scope
from tests.facilities import factories
from tests.facilities.factories import TODAY
from tests.facilities.test_services import hire, last_entry, refused
from tests.portal.stage import PNG

pytestmark = pytest.mark.django_db
REASON = "示例：照证件核对过"


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        yield cast


def scan() -> ContentFile:
    return ContentFile(PNG, name="示例.png")


def certificate(member: StaffMember, **values) -> Certificate:
    facts = {"kind": "childcare", "number": "Y2021000123", "issued_on": date(2021, 6, 30), **values}
    return Certificate.objects.create(staff=member, **facts)


def facts(row: Certificate, **values) -> dict:
    return {f: getattr(row, f) for f in ("kind", "number", "issued_on", "valid_until")} | values


# ---- certificates


def test_a_certificate_from_a_spreadsheet_gets_its_scan(minhang):
    member = factories.employment(minhang.facility).staff
    row = certificate(member)
    services.change_certificate(
        row, actor=minhang.actor("operator"), upload=scan(), today=TODAY, **facts(row)
    )
    row.refresh_from_db()
    assert row.file.sha256 and last_entry().changes == {"file": row.file.sha256}


def test_a_slip_in_a_certificate_is_mended_and_its_history_stays(minhang):
    member = factories.employment(minhang.facility).staff
    row = certificate(member)
    wanted = facts(row, number="Y2021000132", valid_until=date(2027, 6, 29))
    services.change_certificate(row, actor=minhang.actor("bureau"), today=TODAY, **wanted)
    row.refresh_from_db()
    assert (row.number, row.valid_until) == ("Y2021000132", date(2027, 6, 29))
    assert last_entry().changes["number"] == ["Y2021000123", "Y2021000132"]
    was = CertificateHistory.objects.filter(pgh_obj_id=row.pk).order_by("pgh_id").first()
    assert was.number == "Y2021000123"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"number": "Z"}, "number"),
        ({"number": "Y2"}, "number"),
        ({"issued_on": date(2030, 1, 1)}, "issued_on"),
        ({"valid_until": date(2020, 1, 1)}, "valid_until"),
        ({"kind": "magic"}, "kind"),
    ],
)
def test_a_certificate_is_mended_into_nothing_that_would_be_refused_when_entered(minhang, values, field):
    member = factories.employment(minhang.facility).staff
    row = certificate(member)
    certificate(member, number="Y2")
    error = refused(
        Refused,
        services.change_certificate,
        row,
        actor=minhang.actor("bureau"),
        today=TODAY,
        **facts(row, **values),
    )
    assert error.field == field
    row.refresh_from_db()
    assert row.number == "Y2021000123"


def test_what_another_district_handed_over_keeps_its_facts(minhang):
    member = factories.employment(minhang.facility).staff
    row = certificate(member, hand_over="0b7c7b44-6d5e-4ad1-9e0a-000000000001")
    bureau = minhang.actor("bureau")
    error = refused(
        Refused, services.change_certificate, row, actor=bureau, today=TODAY, **facts(row, number="Y9")
    )
    assert error.code == "handed_over"
    services.change_certificate(row, actor=bureau, upload=scan(), today=TODAY, **facts(row))
    row.refresh_from_db()
    assert row.file


def test_a_certificate_that_never_was_goes_with_its_reason(minhang):
    member = factories.employment(minhang.facility).staff
    row = certificate(member)
    assert (
        refused(Refused, services.drop_certificate, row, actor=minhang.actor("bureau"), reason=" ").field
        == "reason"
    )
    services.drop_certificate(row, actor=minhang.actor("operator"), reason=REASON)
    assert not member.certificates.exists() and last_entry().changes["reason"] == REASON
    assert CertificateHistory.objects.filter(pgh_obj_id=row.pk, pgh_label="delete").exists()
    assert (
        refused(Refused, services.drop_certificate, row, actor=minhang.actor("bureau"), reason=REASON).code
        == "gone"
    )


def test_an_operator_mends_the_own_people_only(minhang):
    row = certificate(factories.employment(factories.facility(minhang.street)).staff)
    operator = minhang.actor("operator")
    with pytest.raises(Denied):
        services.drop_certificate(row, actor=operator, reason=REASON)
    with pytest.raises(Denied):
        services.change_certificate(row, actor=operator, today=TODAY, **facts(row, number="Y3"))
    with pytest.raises(Denied):
        services.change_person(row.staff, actor=operator, phone="13800000001")


# ---- training, inquiries, the person


def test_hours_entered_twice_are_taken_back(minhang):
    member = factories.employment(minhang.facility).staff
    values = {
        "kind": "skills",
        "course": "示例课",
        "provider": "示例校",
        "hours": 4,
        "done_on": date(2026, 3, 1),
    }
    record = staff_services.add_training(member, actor=minhang.actor("bureau"), today=TODAY, **values)
    services.drop_training(record, actor=minhang.actor("bureau"), reason=REASON)
    assert not member.training.exists() and last_entry().action == "facilities.staff.training_drop"


def test_a_slip_in_an_inquiry_bars_nobody_for_ever(minhang):
    """Somebody of whom the wrong answer was entered can be hired again once another person has mended it."""
    member = factories.employment(minhang.facility, ends_on=date(2026, 1, 31)).staff
    check = staff_services.add_record_check(
        member, actor=minhang.actor("bureau"), checked_on=date(2026, 1, 5), found=True, today=TODAY
    )
    again = {"name": member.name, "identity": member.identity}
    assert refused(Refused, hire, minhang, minhang.facility, **again).code == "not_hirable"
    with pytest.raises(Denied):
        services.correct_check(check, actor=minhang.actor("bureau"), answer="no", reason=REASON)
    for who in ("operator", "officer", "head"):
        with pytest.raises(Denied):
            services.correct_check(check, actor=minhang.actor(who), answer="no", reason=REASON)
    colleague = User.objects.create(username="bureau2", name="示例戊")
    Membership.objects.create(user=colleague, role="bureau", starts_on=date(2026, 1, 1))
    other = type(minhang.actor("bureau")).of(colleague, minhang.minhang)
    assert (
        refused(Refused, services.correct_check, check, actor=other, answer="yes", reason=REASON).field
        == "answer"
    )
    services.correct_check(check, actor=other, answer="no", reason=REASON)
    assert last_entry().changes == {"checked_on": "2026-01-05", "found": [True, False], "reason": REASON}
    assert hire(minhang, minhang.facility, **again).staff == member


def test_an_inquiry_that_never_was_is_taken_out(minhang):
    member = factories.employment(minhang.facility).staff
    check = member.record_checks.create(checked_on=date(2026, 1, 5), found=False)
    services.correct_check(check, actor=minhang.actor("bureau"), answer="never", reason=REASON)
    assert not member.record_checks.exists()


def test_a_name_that_was_misread_is_mended_by_the_bureau_and_the_search_follows(minhang):
    member = factories.employment(minhang.facility, ends_on=date(2026, 1, 31)).staff
    bureau = minhang.actor("bureau")
    assert refused(Refused, services.change_person, member, actor=bureau, name="示例州").field == "reason"
    services.change_person(member, actor=bureau, name="示例州", reason=REASON)
    member.refresh_from_db()
    assert member.name == "示例州" and words.doubled("示例州") in member.search_text
    assert "示例州" not in str(last_entry().changes)
    assert hire(minhang, minhang.facility, name="示例州", identity=member.identity).staff == member


def test_an_operator_changes_a_phone_and_no_name(minhang):
    member = factories.employment(minhang.facility).staff
    operator = minhang.actor("operator")
    services.change_person(member, actor=operator, phone="13800000001")
    assert StaffMember.objects.get(pk=member.pk).phone == "13800000001"
    for nothing in ("", "13800000001"):
        assert (
            refused(Refused, services.change_person, member, actor=operator, phone=nothing).code == "nothing"
        )
    assert refused(Refused, services.change_person, member, actor=operator, phone="12").field == "phone"
    error = refused(Refused, services.change_person, member, actor=operator, name="示例州", reason=REASON)
    assert error.field == "name"


def test_the_pages_lead_there(cast, client):
    with district_scope(cast.minhang):
        member = factories.employment(cast.facility).staff
        row = certificate(member)
        check = member.record_checks.create(checked_on=date(2026, 1, 5), found=True)
    page, edit = (
        reverse("staff-member", args=["minhang", member.pk]),
        reverse("certificate-edit", args=["minhang", row.pk]),
    )
    mend = reverse("check-correct", args=["minhang", check.pk])
    client.force_login(cast.users["operator"])
    shown = client.get(page).content.decode()
    assert edit in shown and mend not in shown
    client.force_login(cast.users["bureau"])
    assert mend in client.get(page).content.decode()
    assert client.post(mend, {"answer": "no", "reason": ""}).status_code == 422
    assert client.post(mend, {"answer": "no", "reason": REASON}).status_code == 302
    with district_scope(cast.minhang):
        assert not member.record_checks.get().found


def test_hours_of_the_years_before_stand_on_the_page(cast, client):
    with district_scope(cast.minhang):
        member = factories.employment(cast.facility).staff
        member.training.create(
            kind="skills", course="示例", provider="示例", hours=71, done_on=date(2025, 5, 5)
        )
    client.force_login(cast.users["bureau"])
    page = client.get(reverse("staff-member", args=["minhang", member.pk])).content.decode()
    assert '<th scope="row">2025</th>' in page and ">71<" in page


# ---- who keeps a facility


def person(cast, role: str = "operator") -> User:
    user = User.objects.create(username=f"new-{role}", name="示例己")
    people.give_role(user, role, actor=cast.actor("security_admin"), on=date(2026, 1, 1))
    return user


@pytest.mark.parametrize("role", ["operator", "desk"])
def test_the_bureau_gives_a_facility_to_an_account_and_takes_it_back(minhang, role):
    facility, user = factories.facility(minhang.street), person(minhang, role)
    actor_of = type(minhang.actor("bureau")).of
    here = Facility.objects.allowed(actor_of(user, minhang.minhang), "facility.view")
    assert not here.exists()
    grant = keepers.entrust(facility, actor=minhang.actor("bureau"), username=f" {user.username} ")
    assert list(Facility.objects.allowed(actor_of(user, minhang.minhang), "facility.view")) == [facility]
    assert last_entry().changes == {"username": user.username}
    assert (
        refused(
            Refused, keepers.entrust, facility, actor=minhang.actor("bureau"), username=user.username
        ).code
        == "twice"
    )
    keepers.release(grant, actor=minhang.actor("bureau"))
    assert not Facility.objects.allowed(actor_of(user, minhang.minhang), "facility.view").exists()
    assert refused(Refused, keepers.release, grant, actor=minhang.actor("bureau")).code == "ended"


def test_who_has_no_such_role_here_gets_none(minhang, cast):
    facility = factories.facility(minhang.street)
    bureau = minhang.actor("bureau")
    for username in ("nobody", "", minhang.users["officer"].username):
        assert (
            refused(Refused, keepers.entrust, facility, actor=bureau, username=username).field == "username"
        )
    gone = person(minhang)
    Membership.objects.filter(user=gone).update(ends_on=date(2026, 1, 2))
    assert (
        refused(Refused, keepers.entrust, facility, actor=bureau, username=gone.username).field == "username"
    )
    closed = factories.facility(minhang.street, state="closed", closed_on=date(2026, 1, 1))
    operator = minhang.users["operator"].username
    assert refused(Refused, keepers.entrust, closed, actor=bureau, username=operator).code == "closed"


def test_neither_the_security_administrator_nor_an_operator_gives_facilities(minhang):
    facility, user = factories.facility(minhang.street), person(minhang)
    for who in ("security_admin", "operator", "officer"):
        with pytest.raises(Denied):
            keepers.entrust(facility, actor=minhang.actor(who), username=user.username)


def test_the_page_of_keepers(cast, client):
    with district_scope(cast.minhang):
        facility, user = factories.facility(cast.street), person(cast)
    client.force_login(cast.users["bureau"])
    address = reverse("facility-keepers", args=["minhang", facility.pk])
    assert address in client.get(reverse("facility", args=["minhang", facility.pk])).content.decode()
    assert client.post(address, {"username": "nobody"}).status_code == 422
    assert client.post(address, {"username": user.username}).status_code == 302
    assert user.username in client.get(address).content.decode()
    with district_scope(cast.minhang):
        grant = FacilityGrant.objects.get(content_object=facility)
    client.post(reverse("keeper-end", args=["minhang", grant.pk]))
    with district_scope(cast.minhang):
        assert not facility.grants.exists()
