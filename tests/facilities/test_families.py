"""Families: applying, consents, agreements, health checks, admission and leaving, by the services people use."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from facilities.models import Agreement, Child, ChildRecord, Consent, Enrolment, Kinship, ParentRecord
from facilities.services import child_records, consent_texts, consents, enrolments
from portal.errors import Conflict, Denied, Refused
from portal.models.records import AuditEntry
from portal.tenancy import district_scope
from tests.facilities import factories, families
from tests.portal.stage import PDF

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(cast):
    """The cast's facility as a 宝宝屋; the desk is `by`."""
    with district_scope(cast.minhang):
        families.parameters()
        cast.by = cast.actor("desk")
        families.site(cast.facility, cast.by)
        families.texts(cast.by)
        yield cast


def applied(place, **values) -> Enrolment:
    return child_records.apply(place.facility, actor=place.by, mode="alone", **families.family(**values))


def test_a_family_applies_at_the_desk(place):
    given = families.family()
    made = child_records.apply(place.facility, actor=place.by, mode="alone", **given)
    child = made.child
    assert (made.state, made.mode, made.by_day) == ("applied", "alone", False)
    assert child.shown == "云*"
    assert child.birth_month == given["born_on"].replace(day=1)
    record = ChildRecord.objects.get(child=child)
    assert (record.name, record.identity) == (given["name"], given["identity"])
    kin = Kinship.objects.get(child=child)
    assert kin.parent.shown == "云*"
    assert ParentRecord.objects.get(parent=kin.parent).phone == given["parent_phone"]


def test_the_audit_log_knows_no_name_and_no_number(place):
    given = families.family()
    made = child_records.apply(place.facility, actor=place.by, mode="alone", **given)
    families.ready(made, place.by)
    text = "".join(
        f"{e.subject}{e.changes}" for e in AuditEntry.objects.filter(action__startswith="facilities.")
    )
    for secret in (given["name"], given["identity"], given["parent_phone"], "花生"):
        assert secret not in text


@pytest.mark.parametrize(
    ("field", "value"),
    (
        ("name", "安"),
        ("identity", "310112"),
        ("parent_phone", "12345"),
        ("parent_name", ""),
        ("sex", "x"),
        ("relation", "guardian"),
        ("mode", "full_day"),
        ("born_on", families.today() + timedelta(1)),
        ("born_on", families.today() - timedelta(8 * 366)),
    ),
)
def test_what_makes_no_sense_is_refused_with_its_place(place, field, value):
    values = families.family() | {"mode": "alone", field: value}
    with pytest.raises(Refused) as refused:
        child_records.apply(place.facility, actor=place.by, **values)
    assert field in refused.value.params["errors"]
    assert not Child.objects.exists()


def test_a_child_is_on_file_once(place):
    given = families.family()
    first = child_records.apply(place.facility, actor=place.by, mode="alone", **given)
    second = families.site(factories.facility(place.street), place.by)
    again = child_records.apply(second, actor=families.system(place.by), mode="alone", **given)
    assert again.child_id == first.child_id
    assert Child.objects.count() == ChildRecord.objects.count() == 1
    with pytest.raises(Conflict):
        child_records.apply(place.facility, actor=place.by, mode="alone", **given)


def test_a_strangers_phone_learns_nothing_of_a_known_child(place):
    given = families.family()
    child_records.apply(place.facility, actor=place.by, mode="alone", **given)
    with pytest.raises(Refused) as refused:
        child_records.apply(
            place.facility, actor=place.by, mode="alone", **given | {"parent_phone": families.phone()}
        )
    assert refused.value.field == "identity"
    assert given["name"] not in str(refused.value.message)


def test_a_parent_of_two_is_on_file_once(place):
    given = families.family()
    one = child_records.apply(place.facility, actor=place.by, mode="alone", **given)
    other = applied(place, parent_name=given["parent_name"], parent_phone=given["parent_phone"])
    assert one.child.kinships.get().parent_id == other.child.kinships.get().parent_id
    with pytest.raises(Refused) as refused:
        applied(place, parent_name="山示水", parent_phone=given["parent_phone"])
    assert refused.value.field == "parent_phone"


def test_nobody_is_entered_where_nobody_may(place):
    elsewhere = families.site(factories.facility(place.other_street), place.by)
    with pytest.raises(Denied):
        child_records.apply(elsewhere, actor=place.by, mode="alone", **families.family())
    for name in ("bureau", "officer", "auditor", "parent"):
        with pytest.raises(Denied):
            child_records.apply(place.facility, actor=place.actor(name), mode="alone", **families.family())
    place.facility.state = "closed"
    with pytest.raises(Refused):
        child_records.apply(place.facility, actor=place.by, mode="alone", **families.family())


# --- Consents


def mother(made: Enrolment):
    return made.child.kinships.get(signs=True).parent


def give(place, made, purpose="care", **values):
    return consents.give_consent(
        made.child,
        actor=place.by,
        **{"parent": mother(made), "purpose": purpose, "channel": "paper", "on": families.today()} | values,
    )


def test_each_purpose_has_a_consent_of_its_own(place):
    made = applied(place)
    give(place, made)
    assert set(consent_texts.consents_of(made.child, families.today())) == {"care"}
    give(place, made, "photo", upload=SimpleUploadedFile("签字.pdf", PDF))
    held = consent_texts.consents_of(made.child, families.today())
    assert set(held) == {"care", "photo"}
    assert held["photo"].file.content_type == "application/pdf"
    with pytest.raises(Conflict):
        give(place, made)


def test_a_grandparent_who_may_collect_does_not_sign(place):
    made = applied(place)
    kin = child_records.add_parent(
        made.child,
        actor=place.by,
        parent_name="云示川",
        parent_phone=families.phone(),
        relation="grandparent",
    )
    with pytest.raises(Refused) as refused:
        give(place, made, parent=kin.parent)
    assert refused.value.code == "signs"
    other = applied(place)
    with pytest.raises(Refused) as refused:
        give(place, made, parent=mother(other))
    assert refused.value.code == "parent"


def test_a_text_that_is_not_for_children_gets_no_consent(place):
    from facilities.models import ConsentText

    made = applied(place)
    ConsentText.objects.create(
        purpose="care", number=9, title="示例", text="示例", starts_on=families.today(), for_children=False
    )
    with pytest.raises(Refused) as refused:
        give(place, made)
    assert refused.value.code == "separate"


def test_a_new_wording_that_asks_anew_ends_what_was_given(place):
    made = applied(place)
    give(place, made)
    today = families.today()
    bureau = place.actor("bureau")
    words = {"purpose": "care", "title": "示例同意书", "text": "新的示例文本" * 8}
    consent_texts.publish_consent_text(actor=bureau, starts_on=today, **words)
    assert "care" in consent_texts.consents_of(made.child, today)
    consent_texts.publish_consent_text(actor=bureau, starts_on=today + timedelta(1), renew=True, **words)
    assert "care" in consent_texts.consents_of(made.child, today)
    tomorrow = today + timedelta(1)
    assert "care" not in consent_texts.consents_of(made.child, tomorrow)
    give(place, made, on=tomorrow, today=tomorrow)
    assert consent_texts.consents_of(made.child, tomorrow)["care"].text.number == 3
    assert Consent.objects.filter(child=made.child, purpose="care").count() == 2


@pytest.mark.parametrize(
    ("change", "field"),
    (
        ({"text": "太短"}, "text"),
        ({"title": ""}, "title"),
        ({"starts_on": families.today() - timedelta(1)}, "starts_on"),
        ({"purpose": "selling"}, "purpose"),
    ),
)
def test_a_text_that_cannot_be_published(place, change, field):
    values = {
        "purpose": "notice", "title": "示例", "text": "示例文本" * 10, "starts_on": families.today(),
    } | change  # fmt: skip
    with pytest.raises(Refused) as refused:
        consent_texts.publish_consent_text(actor=place.actor("bureau"), **values)
    assert refused.value.field == field


def test_only_the_bureau_publishes_texts(place):
    with pytest.raises(Denied):
        consent_texts.publish_consent_text(
            actor=place.by, purpose="care", title="示例", text="示例文本" * 10, starts_on=families.today()
        )
    with pytest.raises(Denied):
        consent_texts.publish_agreement_text(
            actor=place.actor("officer"), title="示例", duties="双方的事", fees="收费标准", refunds="退费办法",
            disputes="纠纷解决", starts_on=families.today(),
        )  # fmt: skip


# --- Admission


def test_an_admission_names_everything_that_is_missing(place):
    made = applied(place)
    with pytest.raises(Refused) as refused:
        enrolments.admit(made, actor=place.by, on=families.today())
    assert len(refused.value.params["missing"]) == 5
    families.ready(made, place.by)
    done = enrolments.admit(made, actor=place.by, on=families.today())
    assert (done.state, done.starts_on) == ("admitted", families.today())
    with pytest.raises(Conflict):
        enrolments.admit(made, actor=place.by, on=families.today())


@pytest.mark.parametrize(("months", "key"), ((8, "还不满"), (36, "已满")))
def test_a_site_takes_children_of_one_to_three(place, months, key):
    made = families.ready(applied(place, born_on=families.born(months)), place.by)
    with pytest.raises(Refused) as refused:
        enrolments.admit(made, actor=place.by, on=families.today())
    assert key in str(refused.value.message)
    assert len(refused.value.params["missing"]) == 1


def test_a_mode_that_the_site_has_not_is_refused(place):
    made = families.ready(applied(place), place.by)
    with pytest.raises(Refused):
        enrolments.admit(made, actor=place.by, on=families.today(), mode="with_grandparent")
    assert (
        enrolments.admit(made, actor=place.by, on=families.today(), mode="with_parent").mode == "with_parent"
    )


def test_an_old_or_bad_health_check_admits_nobody(place):
    today = families.today()
    made = applied(place)
    families.ready(made, place.by)
    made.child.health_certificates.all().delete()
    clinic = families.clinic()

    def add(**values):
        enrolments.add_health_certificate(
            made.child, actor=place.by, **{"clinic": clinic, "issued_on": today, "fit": True} | values
        )

    add(fit=False, medical_notes="示例所见")
    assert [k for k, _f in enrolments.missing(made, today)] == ["certificate"]
    add(issued_on=today - timedelta(100), valid_until=today - timedelta(1))
    assert [k for k, _f in enrolments.missing(made, today)] == ["certificate_over"]
    add(issued_on=today - timedelta(99))
    assert enrolments.missing(made, today) == []
    for field, bad in (
        ("issued_on", {"issued_on": today + timedelta(1)}),
        ("valid_until", {"issued_on": today - timedelta(1), "valid_until": today - timedelta(2)}),
        ("valid_until", {"issued_on": today - timedelta(1), "valid_until": today + timedelta(900)}),
        ("issued_on", {}),
    ):
        with pytest.raises(Refused) as refused:
            add(**bad)
        assert refused.value.field == field
    enrolments.end_clinic(clinic, actor=place.actor("bureau"), on=today - timedelta(5))
    with pytest.raises(Refused) as refused:
        add(issued_on=today - timedelta(3))
    assert refused.value.code == "clinic"


def test_a_child_has_one_place_by_the_day(place):
    nursery = factories.facility(place.street)
    one = families.admitted(nursery, place.by)
    assert one.by_day
    other = factories.facility(place.street)
    known = one.child
    second = Enrolment.objects.create(child=known, facility=other, by_day=True, applied_on=families.today())
    consents.sign_agreement(
        known,
        other,
        actor=families.system(place.by),
        parent=mother(one),
        fee="每月 1200 元",
        on=families.today(),
    )
    with pytest.raises(Conflict):
        enrolments.admit(second, actor=families.system(place.by), on=families.today())


def test_an_agreement_keeps_who_signed_which_version(place):
    made = applied(place)
    today = families.today()

    def sign(**values):
        return consents.sign_agreement(
            made.child,
            place.facility,
            actor=place.by,
            **{"parent": mother(made), "fee": "每小时 20 元", "on": today} | values,
        )

    first = sign()
    with pytest.raises(Conflict):
        sign()
    consent_texts.publish_agreement_text(
        actor=place.actor("bureau"), title="示例协议二", duties="双方的事", fees="收费标准", refunds="退费办法",
        disputes="纠纷解决", starts_on=today,
    )  # fmt: skip
    second = sign()
    first.refresh_from_db()
    assert (first.text.number, first.ends_on, second.text.number) == (1, today, 2)
    assert Agreement.objects.filter(child=made.child, ends_on__isnull=True).get() == second
    for field, bad in (("fee", {"fee": "x"}), ("on", {"on": today + timedelta(1)})):
        with pytest.raises(Refused) as refused:
            sign(**bad)
        assert refused.value.field == field


def test_a_child_leaves_and_an_application_is_dropped(place):
    one = families.admitted(place.facility, place.by)
    today = families.today()
    for field, bad in (
        ("on", {"on": today + timedelta(1)}),
        ("on", {"on": today - timedelta(1)}),
        ("reason", {"reason": ""}),
    ):
        with pytest.raises(Refused) as refused:
            enrolments.leave(one, actor=place.by, **{"on": today, "reason": "搬家"} | bad)
        assert refused.value.field == field
    assert enrolments.leave(one, actor=place.by, on=today, reason="搬家").state == "ended"
    assert not one.child.agreements.filter(ends_on__isnull=True).exists()
    other = applied(place)
    assert enrolments.leave(other, actor=place.by, on=today, reason="不来了").state == "dropped"


def test_withdrawing_what_care_rests_on_ends_the_care(place):
    one = families.admitted(place.facility, place.by)
    today = families.today()
    give(place, one, "photo")
    photo = Consent.objects.get(child=one.child, purpose="photo")
    consents.withdraw_consent(photo, actor=place.by, on=today)
    one.refresh_from_db()
    assert one.state == "admitted"
    with pytest.raises(Conflict):
        consents.withdraw_consent(photo, actor=place.by, on=today)
    care = Consent.objects.get(child=one.child, purpose="care")
    consents.withdraw_consent(care, actor=place.by, on=today)
    one.refresh_from_db()
    assert (one.state, one.ends_on, one.reason) == ("ended", today, "家长撤回同意")
    with pytest.raises(Denied):
        give(place, one, "photo")


def test_what_was_entered_wrongly_is_put_right_without_being_shown(place):
    made = applied(place)
    born = families.born(25)
    fields = child_records.correct(
        made.child,
        actor=place.by,
        reason="家长来更正",
        name="川示安",
        born_on=born,
        identity=families.identity(born),
    )
    assert fields == ["born_on", "identity", "name"]
    made.child.refresh_from_db()
    assert made.child.shown == "川*"
    assert ChildRecord.objects.get(child=made.child).name == "川示安"
    other = families.family()
    child_records.apply(place.facility, actor=place.by, mode="alone", **other)
    with pytest.raises(Refused) as refused:
        child_records.correct(made.child, actor=place.by, reason="家长来更正", identity=other["identity"])
    assert refused.value.code == "known"
    for bad in ({"reason": ""}, {"reason": "家长来更正", "name": "安"}, {"reason": "什么也没改"}):
        with pytest.raises(Refused):
            child_records.correct(made.child, actor=place.by, **bad)


def test_another_facility_has_no_hand_in_a_child(place):
    elsewhere = families.site(factories.facility(place.other_street), place.by)
    made = families.applied(elsewhere, place.by)
    for call in (
        lambda: child_records.correct(made.child, actor=place.by, reason="家长来更正", name="川示安"),
        lambda: child_records.declare_health(
            made.child, actor=place.by, allergies="无", history="无", on=families.today()
        ),
        lambda: give(place, made),
        lambda: enrolments.admit(made, actor=place.by, on=families.today()),
        lambda: enrolments.leave(made, actor=place.by, on=families.today(), reason="示例"),
        lambda: enrolments.add_health_certificate(
            made.child, actor=place.by, clinic=families.clinic(), issued_on=families.today(), fit=True
        ),
    ):
        with pytest.raises(Denied):
            call()
