"""A child's record goes when its purpose has ended, with a certificate and without a trace of who it was."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from pdfminer.high_level import extract_text

from facilities.models import (
    Agreement,
    ChildAccess,
    ChildDeletion,
    ChildRecord,
    Consent,
    Enrolment,
    HealthCertificate,
    Kinship,
    Parent,
    ParentRecord,
)
from facilities.services import child_records, children, consents, deletions, enrolments
from facilities.tasks import delete_ended_children
from portal.errors import Conflict, Denied, Refused
from portal.models.records import StoredFile
from portal.services.files import path_of
from portal.tenancy import district_scope
from tests.facilities import families
from tests.portal.stage import PDF

pytestmark = pytest.mark.django_db


def build(cast):
    families.parameters()
    cast.by = cast.actor("desk")
    families.site(cast.facility, cast.by)
    cast.given = families.family()
    cast.enrolment = families.ready(
        child_records.apply(cast.facility, actor=cast.by, mode="alone", **cast.given), cast.by
    )
    enrolments.admit(cast.enrolment, actor=cast.by, on=families.today())
    cast.child = cast.enrolment.child
    cast.process = families.system(cast.by)
    return cast


@pytest.fixture
def place(cast):
    with district_scope(cast.minhang):
        yield build(cast)


@pytest.fixture
def left_long_ago(cast):
    """Its scope is closed again: the command and the task open their own."""
    with district_scope(cast.minhang):
        leave(build(cast))
        Enrolment.objects.update(applied_on=later(-400), starts_on=later(-400), ends_on=later(-200))
    return cast


def leave(place):
    enrolments.leave(place.enrolment, actor=place.by, on=families.today(), reason="搬家到外地")


def later(days: int):
    return families.today() + timedelta(days)


def test_while_somebody_cares_nothing_is_due(place):
    assert deletions.due(later(5000)) == []
    with pytest.raises(Refused):
        deletions.delete_child(place.child, actor=place.actor("bureau"), ground="asked", on=families.today())


def test_it_is_due_when_the_period_has_passed(place):
    leave(place)
    assert deletions.due(later(179)) == []
    (due,) = deletions.due(later(180))
    assert (due.child, due.ended_on, due.ground) == (place.child, families.today(), "ended")


def test_it_is_due_at_once_when_the_consent_was_withdrawn(place):
    care = Consent.objects.get(child=place.child, purpose="care")
    consents.withdraw_consent(care, actor=place.by, on=families.today())
    (due,) = deletions.due(families.today())
    assert due.ground == "withdrawn"


def test_another_site_that_cares_keeps_the_record(place):
    leave(place)
    from tests.facilities import factories

    other = families.site(factories.facility(place.street), place.by)
    child_records.apply(other, actor=place.process, mode="alone", **place.given)
    assert deletions.due(later(5000)) == []


def test_nothing_that_says_who_it_was_is_left(place):
    parent = place.child.kinships.get().parent
    consent = Consent.objects.get(child=place.child, purpose="health")
    consents.withdraw_consent(consent, actor=place.by, on=families.today())
    children_opened = ChildAccess.objects.count()
    (made,) = deletions.run(actor=place.process, on=families.today())
    assert made.number.startswith("XH-") and made.child == place.child
    for model in (ChildRecord, ParentRecord, Kinship, Consent, Agreement, HealthCertificate):
        assert not model.objects.exists(), model
    place.child.refresh_from_db()
    parent.refresh_from_db()
    assert (place.child.shown, place.child.erased_on) == ("", families.today())
    assert (parent.shown, parent.erased_on) == ("", families.today())
    kept = Enrolment.objects.get(child=place.child)
    assert (kept.state, kept.reason) == ("ended", ""), "figures of the past still count it"
    assert ChildAccess.objects.count() == children_opened
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(x, '') FROM (SELECT to_jsonb(c)::text x FROM facilities_child c"
            " UNION ALL SELECT to_jsonb(p)::text FROM facilities_parent p"
            " UNION ALL SELECT to_jsonb(e)::text FROM facilities_enrolment e"
            " UNION ALL SELECT to_jsonb(d)::text FROM facilities_childdeletion d"
            " UNION ALL SELECT to_jsonb(a)::text FROM portal_auditentry a) rows"
        )
        text = cursor.fetchone()[0]
    for secret in (place.given["name"], place.given["identity"], place.given["parent_phone"], "云*"):
        assert secret not in text


def test_again_it_changes_nothing(place):
    leave(place)
    assert len(deletions.run(actor=place.process, on=later(180))) == 1
    assert deletions.run(actor=place.process, on=later(180)) == []
    with pytest.raises(Conflict):
        deletions.delete_child(place.child, actor=place.actor("bureau"), ground="asked", on=later(181))


def test_a_parent_of_two_stays_for_the_other(place):
    names = {name: place.given[name] for name in ("parent_name", "parent_phone")}
    other = child_records.apply(place.facility, actor=place.by, mode="alone", **families.family(**names))
    leave(place)
    days = deletions.retention_days(families.today())
    families.ready(other, place.by)
    enrolments.admit(other, actor=place.by, on=families.today())
    (made,) = deletions.run(actor=place.process, on=later(days))
    assert (made.child, made.counts["parent"]) == (place.child, 0)
    assert ParentRecord.objects.count() == ChildRecord.objects.count() == 1
    enrolments.leave(other, actor=place.by, on=families.today(), reason="搬家到外地")
    (made,) = deletions.run(actor=place.process, on=later(days))
    assert made.counts["parent"] == 1
    assert not ParentRecord.objects.exists()


def test_an_application_that_nobody_finished_is_dropped(place):
    waiting = families.applied(place.facility, place.by)
    assert enrolments.drop_stale(on=later(179), days=180, actor=place.process) == 0
    assert enrolments.drop_stale(on=later(180), days=180, actor=place.process) == 1
    waiting.refresh_from_db()
    assert waiting.state == "dropped"


def test_papers_go_with_the_record(place, django_capture_on_commit_callbacks):
    parent = place.child.kinships.get().parent
    consents.give_consent(
        place.child, actor=place.by, parent=parent, purpose="photo", channel="paper", on=families.today(),
        upload=SimpleUploadedFile("签字.pdf", PDF + b"only here"),
    )  # fmt: skip
    stored = StoredFile.objects.get()
    path = path_of(stored)
    assert path.is_file()
    leave(place)
    with django_capture_on_commit_callbacks(execute=True):
        deletions.run(actor=place.process, on=later(180))
    assert not StoredFile.objects.filter(pk=stored.pk).exists()
    assert not path.exists()


def test_a_file_that_another_record_has_too_stays(place, django_capture_on_commit_callbacks):
    parent = place.child.kinships.get().parent
    consents.give_consent(
        place.child, actor=place.by, parent=parent, purpose="photo", channel="paper", on=families.today(),
        upload=SimpleUploadedFile("签字.pdf", PDF + b"twice"),
    )  # fmt: skip
    from portal.services.files import store_file

    other = store_file(SimpleUploadedFile("b.pdf", PDF + b"twice"), actor=place.by)
    leave(place)
    with django_capture_on_commit_callbacks(execute=True):
        deletions.run(actor=place.process, on=later(180))
    assert path_of(other).is_file()
    path_of(other).unlink()


def test_the_certificate_can_be_checked_and_not_changed(place):
    leave(place)
    (made,) = deletions.run(actor=place.process, on=later(200))
    assert made.sha256 == deletions.fingerprint(ChildDeletion.objects.get(pk=made.pk))
    assert (made.days, made.ground, made.counts["child"]) == (180, "ended", 1)
    with pytest.raises(Exception, match="permission denied"):
        ChildDeletion.objects.update(ground="asked")


def test_the_certificate_is_handed_out_as_pdf(cast, client):
    """An official leaf in Chinese with what was deleted and nothing of whom; the same bytes each time."""
    with district_scope(cast.minhang):
        place = build(cast)
        leave(place)
        (made,) = deletions.run(actor=place.process, on=later(200))
        code = made.child.code
    client.force_login(place.bureau)
    client.cookies["django_language"] = "en"
    answer = client.get(f"/minhang/child-deletions/{made.pk}/pdf/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content == client.get(f"/minhang/child-deletions/{made.pk}/pdf/").content
    text = re.sub(r"\s", "", extract_text(io.BytesIO(answer.content)))
    for words in ("个人信息删除证明", made.number, code, "目的已经实现，保存期满", made.sha256):
        assert words in text, words
    assert "幼儿身份与健康资料1条" in text and place.given["name"] not in text
    client.force_login(place.users["desk"])
    assert client.get(f"/minhang/child-deletions/{made.pk}/pdf/").status_code in (403, 404)


def test_a_certificate_that_was_changed_is_not_printed(place):
    leave(place)
    (made,) = deletions.run(actor=place.process, on=later(200))
    made.days = 7
    with pytest.raises(Conflict):
        deletions.pdf_of(made, place.minhang)


def test_only_the_bureau_and_the_clock_delete(place):
    leave(place)
    for name in ("desk", "operator", "officer", "head", "auditor"):
        with pytest.raises(Denied):
            deletions.delete_child(place.child, actor=place.actor(name), ground="asked", on=families.today())
    made = deletions.delete_child(
        place.child, actor=place.actor("bureau"), ground="asked", on=families.today()
    )
    assert made.ground == "asked"
    with pytest.raises(Denied):
        children.open_child(place.child, actor=place.by, purpose="care", reason="随便看看")


def test_the_command_says_what_is_due_and_deletes_it(left_long_ago, capsys):
    call_command("delete_ended_children", district="minhang", dry_run=True)
    assert left_long_ago.child.code in capsys.readouterr().out
    call_command("delete_ended_children", district="minhang")
    assert "XH-" in capsys.readouterr().out


@pytest.mark.parametrize(
    "asked",
    (
        {"district": "nowhere"},
        {"district": "minhang", "on": "2026"},
        {"district": "minhang", "on": "2999-01-01"},
    ),
)
def test_the_command_refuses_what_it_does_not_understand(left_long_ago, asked):
    with pytest.raises(CommandError):
        call_command("delete_ended_children", **asked)


def test_the_task_is_safe_to_deliver_twice(left_long_ago):
    assert delete_ended_children(left_long_ago.minhang.pk) == 1
    assert delete_ended_children(left_long_ago.minhang.pk) == 0
    with district_scope(left_long_ago.minhang):
        assert Parent.objects.filter(erased_on__isnull=False).count() == 1
