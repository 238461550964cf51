"""Hires, bans and hand-overs: what is refused and with which words, and what no other district learns."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from facilities import across
from facilities.models import (
    Ban,
    BanDecision,
    Certificate,
    Employment,
    HandOver,
    HandOverGiven,
    RecordCheck,
    StaffMember,
    TrainingRecord,
)
from facilities.queues import people as people_queue
from facilities.services import bans, bulk, hand_overs
from facilities.services import staff as services
from portal.errors import Conflict, Denied, Refused
from portal.models.policy import Parameter
from portal.models.records import AuditEntry
from portal.tenancy import city_scope, district_scope
from tests.facilities import factories
from tests.facilities.factories import TODAY, identity
from tests.facilities.test_services import hire, refused
from tests.portal.stage import PNG

pytestmark = pytest.mark.django_db
NUMBER = 7
REASON = "示例：法院判决认定，证据见卷宗第 3 页"


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        yield cast


def paper() -> ContentFile:
    return ContentFile(PNG, name="示例.png")


def propose(cast, number=NUMBER, by="bureau", **values) -> BanDecision:
    return bans.propose_ban(
        actor=cast.actor(by),
        **{
            "name": "示例周", "identity": identity(number), "ground": "abuse", "document": "（2026）示刑初 1 号",
            "evidence": REASON, **values,
        },
    )  # fmt: skip


def ban(cast, number=NUMBER, by="bureau") -> BanDecision:
    return bans.confirm_ban(propose(cast, number, by), actor=cast.actor("head"))


def jinshan_head(cast):
    """A unit head of Jinshan, whose bureau is the stranger."""
    from tests.cast import person

    return person("cast-js-head", "示例负责人", "unit_head", None)


# --- Hires ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"certificate": None}, "certificate_number"),
        ({"health_check": None}, "health_check_number"),
        ({"post": "teacher"}, "certificate_number"),  # a childcare certificate is none of a teacher
        ({"certificate": {"kind": "childcare", "number": "A1", "issued_on": date(2020, 1, 1),
                          "valid_until": date(2026, 2, 28)}}, "certificate_number"),
        ({"certificate": {"kind": "childcare", "number": "A1", "issued_on": date(2026, 3, 2)}}, "certificate_number"),
        ({"certificate": {"kind": "childcare", "number": "A", "issued_on": date(2020, 1, 1)}}, "certificate_number"),
        ({"certificate": {"kind": "pilot", "number": "A1", "issued_on": date(2020, 1, 1)}}, "certificate_kind"),
        ({"checked_on": date(2025, 2, 28)}, "checked_on"),
    ],
)  # fmt: skip
def test_a_hire_without_what_the_post_demands_is_refused(minhang, values, field):
    assert refused(Refused, hire, minhang, minhang.facility, **values).field == field
    assert not StaffMember.objects.exists() and not Certificate.objects.exists()


def test_what_a_post_demands_is_the_districts_parameter_of_the_first_day(minhang):
    Parameter.objects.filter(key="staff.certificates_carer").update(value=["nursing"])
    error = refused(Refused, hire, minhang, minhang.facility)
    assert "保育师" in error.message and "育婴师" not in error.message
    assert hire(minhang, minhang.facility, post="other", certificate=None).pk


def test_a_closed_facility_hires_nobody(minhang):
    shut = factories.facility(minhang.street, state="closed", closed_on=TODAY)
    assert refused(Refused, hire, minhang, shut).code == "closed"


def test_who_moves_keeps_certificates_and_hours_and_brings_no_paper_again(minhang):
    work = hire(minhang, minhang.facility)
    actor = minhang.actor("bureau")
    services.add_training(
        work.staff, actor=actor, kind="skills", course="示例课", provider="示例", hours=8, done_on=date(2026, 3, 2),
        today=TODAY,
    )  # fmt: skip
    services.end_employment(work, actor=actor, on=date(2026, 3, 5), today=TODAY)
    other = factories.facility(minhang.street)
    again = hire(minhang, other, starts_on=date(2026, 3, 6), certificate=None, health_check=None)
    member = again.staff
    assert member == work.staff and member.employments.count() == 2
    assert (member.certificates.count(), member.training.count()) == (2, 1)


def test_a_scan_lies_with_its_certificate(minhang):
    papers = {"kind": "childcare", "number": "YY-1", "issued_on": date(2020, 1, 1), "upload": paper()}
    work = hire(minhang, minhang.facility, certificate=papers)
    kept = work.staff.certificates.get(kind="childcare").file
    assert kept.content_type == "image/png" and kept.district_id == minhang.minhang.pk


def test_somebody_with_a_record_is_on_the_districts_desk_and_leaves_by_a_service(minhang):
    work = hire(minhang, minhang.facility)
    bureau, operator = minhang.actor("bureau"), minhang.actor("operator")
    assert people_queue.barred(bureau) == []
    assert refused(Refused, services.dismiss, work, actor=bureau, on=TODAY, today=TODAY).code == "not_barred"
    services.add_record_check(
        work.staff, actor=operator, checked_on=date(2026, 3, 9), found=True, today=TODAY
    )
    assert [w.state for w in people_queue.barred(bureau)] == ["bad"]
    assert len(people_queue.barred(operator)) == 1 and people_queue.barred(minhang.actor("officer")) == []
    ended = services.dismiss(work, actor=bureau, on=TODAY, today=TODAY)
    assert (ended.ends_on, ended.ended_for) == (TODAY, "record")
    assert people_queue.barred(bureau) == []


def test_a_look_at_the_number_needs_a_reason_that_is_kept(minhang):
    member = hire(minhang, minhang.facility).staff
    assert (
        refused(Refused, services.reveal, member, actor=minhang.actor("bureau"), reason=" ").field == "reason"
    )
    services.reveal(member, actor=minhang.actor("bureau"), reason="核对  合同")
    assert AuditEntry.objects.order_by("-pk").first().changes["reason"] == "核对 合同"


# --- Bans -----------------------------------------------------------------------------------------


def test_a_ban_takes_two_people(minhang):
    decision = propose(minhang)
    assert hire(minhang, minhang.facility, number=NUMBER).pk  # nothing is decided yet
    refused(Denied, bans.confirm_ban, decision, actor=minhang.actor("bureau"))
    refused(Denied, bans.confirm_ban, decision, actor=minhang.actor("clerk"))
    refused(Denied, propose, minhang, 8, by="operator")
    confirmed = bans.confirm_ban(decision, actor=minhang.actor("head"), note="同意")
    assert confirmed.state == "confirmed"
    refused(Conflict, bans.confirm_ban, decision, actor=minhang.actor("head"))
    work = Employment.objects.get()
    assert (work.ends_on, work.ended_for) == (timezone.localdate(), "ban")
    entry = AuditEntry.objects.order_by("-pk").first()
    assert (
        entry.action == "facilities.ban.confirm" and identity(NUMBER) not in f"{entry.subject}{entry.changes}"
    )


def test_who_holds_both_roles_is_still_one_person(minhang):
    from tests.cast import person

    person("cast-bureau", "示例bureau", "unit_head", minhang.bureau_unit)
    decision = propose(minhang)
    refused(Denied, bans.confirm_ban, decision, actor=minhang.actor("bureau"))


def test_a_number_has_one_open_decision(minhang):
    propose(minhang)
    assert refused(Conflict, propose, minhang).code == "twice"
    bans.decline_ban(BanDecision.objects.get(), actor=minhang.actor("head"), note="证据不足")
    propose(minhang)
    assert (
        BanDecision.objects.count() == 2
        and across.banned([services.identity_hash(identity(NUMBER))]) == set()
    )


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"identity": "123"}, "identity"),
        ({"name": ""}, "name"),
        ({"ground": "x"}, "ground"),
        ({"document": ""}, "document"),
        ({"evidence": "短"}, "evidence"),
    ],
)
def test_a_ban_without_evidence_is_refused(minhang, values, field):
    assert refused(Refused, propose, minhang, **values).field == field


def test_the_words_of_a_refused_hire_depend_on_who_asks(minhang):
    ban(minhang)
    error = refused(Refused, hire, minhang, minhang.facility, number=NUMBER)
    assert error.code == "not_hirable" and "终身禁入" in error.message
    banned = refused(Refused, hire, minhang, minhang.facility, number=NUMBER, by="operator")
    work = hire(minhang, factories.facility(minhang.street), number=9)
    services.add_record_check(
        work.staff, actor=minhang.actor("bureau"), checked_on=date(2026, 3, 9), found=True, today=TODAY
    )
    recorded = refused(Refused, hire, minhang, minhang.facility, number=9, by="operator")
    for error in (banned, recorded):
        assert error.code == "not_hirable" and error.field == "identity"
        assert not any(word in error.message for word in ("禁入", "记录", "闵行", "判决", "虐待"))
    assert banned.message == recorded.message


def test_a_batch_with_a_banned_person_is_refused_without_the_reason(minhang):
    ban(minhang)
    rows = [
        {
            "facility": minhang.facility,
            "name": "示例批",
            "identity": identity(n),
            "post": "cook",
            "starts_on": TODAY,
        }
        for n in (1, NUMBER)
    ]
    error = refused(Refused, bulk.hire_many, rows, actor=minhang.actor("bureau"), on=TODAY)
    assert "第 2 行" in error.message and "禁入" not in error.message


def test_a_ban_blocks_in_every_district_and_tells_none_who_or_why(cast):
    with district_scope(cast.jinshan):
        before = services.hire(
            cast.foreign_facility, actor=cast.actor("stranger"), today=TODAY, name="示例周",
            identity=identity(NUMBER), post="carer", starts_on=date(2026, 3, 1), checked_on=date(2026, 2, 1),
            **factories.papers(),
        )  # fmt: skip
    with district_scope(cast.minhang):
        ban(cast)
    with district_scope(cast.jinshan):
        stranger = cast.actor("stranger")
        assert not BanDecision.objects.exists()
        found = people_queue.barred(stranger)
        assert [w.state for w in found] == ["bad"] and "虐待" not in f"{found}" and "闵行" not in f"{found}"
        assert services.barred(before.staff, stranger) == "ban"
        ended = services.dismiss(before, actor=stranger, on=TODAY, today=TODAY)
        assert ended.ended_for == "ban"
        error = refused(
            Refused, services.hire, cast.foreign_facility, actor=stranger, today=TODAY, name="示例周",
            identity=identity(NUMBER), post="carer", starts_on=TODAY, checked_on=date(2026, 3, 1),
        )  # fmt: skip
        assert error.code == "not_hirable" and "闵行" not in error.message and "虐待" not in error.message


def test_a_wrong_ban_is_lifted_by_two_and_that_of_another_district_stays(cast):
    hashed = services.identity_hash(identity(NUMBER))
    with district_scope(cast.jinshan):
        jinshan_head(cast)
        decision = bans.propose_ban(
            actor=cast.actor("stranger"), name="示例周", identity=identity(NUMBER), ground="conduct",
            document="金教处 1 号", evidence=REASON,
        )  # fmt: skip
        from portal.access import Actor

        head = Actor.of(jinshan_head(cast), cast.jinshan)
        bans.confirm_ban(decision, actor=head)
    with district_scope(cast.minhang):
        decision = ban(cast)
        bureau, head = cast.actor("bureau"), cast.actor("head")
        refused(Refused, bans.ask_lift, decision, actor=bureau, reason="短")
        asked = bans.ask_lift(
            decision, actor=bureau, reason="本人申诉：同名同姓，认错了人，附派出所证明", upload=paper()
        )
        assert asked.lift_file and across.banned([hashed]) == {hashed}
        refused(Denied, bans.lift_ban, decision, actor=bureau)
        bans.keep_ban(decision, actor=head, note="证据仍然成立")
        bans.ask_lift(decision, actor=bureau, reason="本人再次申诉：同名同姓，认错了人")
        lifted = bans.lift_ban(decision, actor=head)
        assert lifted.state == "lifted" and across.banned([hashed]) == {hashed}, "Jinshan's own goes on"
        actions = list(
            AuditEntry.objects.filter(action__startswith="facilities.ban").values_list("action", flat=True)
        )
        assert [a.rsplit(".", 1)[1] for a in sorted(actions)] == [
            "ask_lift", "ask_lift", "confirm", "keep", "lift", "propose",
        ]  # fmt: skip
    with district_scope(cast.jinshan):
        decision = BanDecision.objects.get()
        bans.ask_lift(decision, actor=cast.actor("stranger"), reason="本人申诉：同名同姓，认错了人")
        bans.lift_ban(decision, actor=Actor.of(jinshan_head(cast), cast.jinshan))
        assert across.banned([hashed]) == set()


def test_the_table_of_bans_is_closed_to_the_application(minhang):
    for call in (lambda: Ban.objects.count(), lambda: Ban.objects.create(token="0" * 32, identity_hash="x")):
        with pytest.raises(DatabaseError), transaction.atomic():
            call()


def test_the_database_lays_and_lifts_no_ban_that_two_people_did_not_decide(minhang):
    decision = propose(minhang)
    for statement in ("SELECT staff_ban_lay(%s)", "SELECT staff_ban_lift(%s)", "SELECT staff_hand_over(%s)"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [decision.pk])
    BanDecision.objects.filter(pk=decision.pk).update(state="confirmed", confirmed_by=decision.entered_by)
    with pytest.raises(DatabaseError), transaction.atomic():
        across.lay_ban(decision.pk)


def test_the_second_person_finds_the_decision_in_the_queue(minhang):
    propose(minhang)
    head = minhang.actor("head")
    assert len(people_queue.waiting(head)) == 1 and people_queue.waiting(minhang.actor("bureau")) == []
    bans.confirm_ban(BanDecision.objects.get(), actor=head)
    assert people_queue.waiting(head) == []


# --- Hand-overs -----------------------------------------------------------------------------------


def at_home(cast) -> StaffMember:
    """Somebody of Minhang with two certificates, training, a phone and inquiries."""
    work = hire(cast, cast.facility, number=NUMBER, phone="13900000001")
    actor = cast.actor("bureau")
    services.add_training(
        work.staff, actor=actor, kind="ethics", course="示例道德课", provider="示例单位", hours=6,
        done_on=date(2026, 3, 2), today=TODAY,
    )  # fmt: skip
    return work.staff


def ask(cast, **values) -> HandOver:
    return hand_overs.ask_hand_over(
        actor=cast.actor("stranger"),
        now=timezone.make_aware(timezone.datetime(2026, 3, 18, 10)),
        **{
            "giving": cast.minhang, "name": "示例周", "identity": identity(NUMBER), "upload": paper(),
            "consent_on": date(2026, 3, 10), "purpose": "到金山区任职", **values,
        },
    )  # fmt: skip


def test_certificates_and_hours_come_over_and_nothing_else(cast):
    with district_scope(cast.minhang):
        at_home(cast)
        facts = StaffMember.objects.get()
    with district_scope(cast.jinshan):
        asked = ask(cast)
        member = asked.staff
        assert (asked.state, asked.certificates, asked.trainings) == ("received", 2, 1)
        assert member.district_id == cast.jinshan.pk and member.code != facts.code and member.phone is None
        held = list(member.certificates.order_by("kind").values_list("kind", "number", "file", "hand_over"))
        assert [(kind, file, token) for kind, _n, file, token in held] == [
            ("childcare", None, asked.token), ("health_check", None, asked.token),
        ]  # fmt: skip
        done = member.training.get()
        assert (done.kind, done.course, done.hours, done.done_on) == (
            "ethics",
            "示例道德课",
            6,
            date(2026, 3, 2),
        )
        assert not Employment.objects.exists() and not RecordCheck.objects.exists()
        assert StaffMember.objects.count() == 1 and not HandOverGiven.objects.exists()
        entry = AuditEntry.objects.get(action="facilities.hand_over.ask")
        assert identity(NUMBER) not in f"{entry.subject}{entry.changes}"
    with district_scope(cast.minhang):
        given = HandOverGiven.objects.get()
        assert (given.staff, given.asking, given.token) == (facts, cast.jinshan, asked.token)
        assert (given.certificates, given.trainings, given.purpose) == (2, 1, "到金山区任职")
        assert not HandOver.objects.exists()
        system = services.Actor.system(cast.minhang, "test")
        for _n in (1, 2):  # the message may come twice
            hand_overs.note_given(asked.token, actor=system)
        assert AuditEntry.objects.filter(action="facilities.hand_over.given").count() == 1
    with city_scope():
        assert Certificate.objects.count() == 4 and TrainingRecord.objects.count() == 2


def test_a_second_hand_over_brings_what_is_new_only(cast):
    with district_scope(cast.minhang):
        member = at_home(cast)
    with district_scope(cast.jinshan):
        ask(cast)
    with district_scope(cast.minhang):
        services.add_training(
            member, actor=cast.actor("bureau"), kind="skills", course="示例新课", provider="示例", hours=2,
            done_on=date(2026, 3, 12), today=TODAY,
        )  # fmt: skip
    with district_scope(cast.jinshan):
        again = ask(cast)
        assert (again.certificates, again.trainings) == (0, 1)
        assert StaffMember.objects.count() == 1 and TrainingRecord.objects.count() == 2


def test_then_the_person_can_be_hired_there_without_papers(cast):
    with district_scope(cast.minhang):
        at_home(cast)
    with district_scope(cast.jinshan):
        ask(cast)
        work = services.hire(
            cast.foreign_facility, actor=cast.actor("stranger"), today=TODAY, name="示例周",
            identity=identity(NUMBER), post="carer", starts_on=TODAY, checked_on=date(2026, 3, 15),
        )  # fmt: skip
        assert work.staff.certificates.count() == 2


@pytest.mark.parametrize("values", [{"identity": identity(8)}, {"name": "示例吴"}])
def test_nobody_of_this_number_and_name_leaves_no_trace_in_the_other_district(cast, values):
    with district_scope(cast.minhang):
        at_home(cast)
    with district_scope(cast.jinshan):
        asked = ask(cast, **values)
        assert asked.state == "not_found" and asked.staff is None and not StaffMember.objects.exists()
    with district_scope(cast.minhang):
        assert not HandOverGiven.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"upload": None}, "upload"),
        ({"consent_on": date(2026, 3, 19)}, "consent_on"),
        ({"consent_on": date(2025, 3, 18)}, "consent_on"),
        ({"purpose": ""}, "purpose"),
        ({"identity": "1"}, "identity"),
    ],
)
def test_without_consent_nothing_comes_over(cast, values, field):
    with district_scope(cast.minhang):
        at_home(cast)
    with district_scope(cast.jinshan):
        assert refused(Refused, ask, cast, **values).field == field
        assert refused(Refused, ask, cast, giving=cast.jinshan).field == "giving"
        assert refused(Refused, ask, cast, giving=cast.city).field == "giving"
        assert not StaffMember.objects.exists()
    with district_scope(cast.minhang):
        assert not HandOverGiven.objects.exists()
        refused(
            Denied, hand_overs.ask_hand_over, actor=cast.actor("operator"), giving=cast.jinshan, name="示例周",
            identity=identity(1), upload=paper(), consent_on=TODAY, purpose="示例",
        )  # fmt: skip


def test_a_hand_over_gives_its_records_once(cast):
    with district_scope(cast.minhang):
        at_home(cast)
    with district_scope(cast.jinshan):
        asked = ask(cast)
        with pytest.raises(DatabaseError), transaction.atomic():
            across.handed_over(asked.pk)
    with district_scope(cast.minhang), pytest.raises(DatabaseError), transaction.atomic():
        across.handed_over(asked.pk)  # another district's


def test_a_banned_person_is_not_handed_over(cast):
    with district_scope(cast.minhang):
        at_home(cast)
        ban(cast)
    with district_scope(cast.jinshan):
        assert refused(Refused, ask, cast).code == "not_hirable"
