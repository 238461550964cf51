"""What a facility sees when it answers: photographs of what was found bad, as bare copies, and the signed record."""

from __future__ import annotations

import hashlib
import io
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from facilities.models import Facility
from inspections.models import AnswerPhoto, Finding, Inspection, ResultReview
from inspections.services import answers, confirmations, evidence, visits
from portal.errors import Gone, NotFound
from portal.services.files import path_of
from portal.tenancy import district_scope
from tests.inspections import factories
from tests.inspections.factories import MARCH, at
from tests.inspections.field_phones import Phone, answer, items, operation, prepare
from tests.inspections.test_field_signing import record, seal, sign
from tests.portal.stage import photograph

MADE_BY = "Shanyu Camera 7"


def taken():
    exif = Image.Exif()
    exif[0x0110] = MADE_BY
    return photograph(exif=exif.tobytes())


@pytest.fixture
def visit(cast):
    """A visit signed at a desk, the second not heard yet: one failed item and one that passed, a photograph of each."""
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
        one = cast.actor("inspector")
        made = factories.drawn(cast.facility, factories.team(cast))
        visits.start(made, actor=one, now=at(MARCH, 9))
        factories.all_ok(made, one, but={"guards": answers.Given("bad", "门岗没有人")}, now=at(MARCH))
        for key in ("guards", "air"):
            item = made.answers.get(item__key=key).item
            answers.add_photo(made, item, taken(), actor=one, now=at(MARCH))
        return visits.sign_off(made, present="示例园长", actor=one, now=at(MARCH, 11))


def confirmed(cast, visit) -> ResultReview:
    with district_scope(cast.minhang):
        confirmations.confirm_visit(visit, actor=cast.actor("inspector2"), now=at(MARCH, 12))
        return ResultReview.objects.get(inspection=visit)


def photo(key: str) -> AnswerPhoto:
    return AnswerPhoto.objects.select_related("file").get(answer__item__key=key)


def address(name: str, *args) -> str:
    return reverse(name, args=["minhang", *args])


def opened(cast, name: str) -> Client:
    client = Client()
    client.force_login(cast.users[name])
    return client


@pytest.mark.django_db
def test_the_failed_items_photograph_as_a_bare_copy_and_no_other(cast, visit):
    review = confirmed(cast, visit)
    client = opened(cast, "operator")
    with district_scope(cast.minhang):
        bad, fine = photo("guards"), photo("air")
        order = visit.orders.get()
        assert MADE_BY.encode() in path_of(bad.file).read_bytes(), "what is kept, is kept whole"
    shown = address("result-photo", review.pk, bad.pk)
    for page in (address("result", review.pk), address("order", order.pk)):
        body = client.get(page).content.decode()
        assert shown in body and address("result-photo", review.pk, fine.pk) not in body
    copy = client.get(shown)
    assert copy.status_code == 200 and copy["Content-Type"] == "image/jpeg"
    assert copy["X-Kept-SHA256"] == bad.file.sha256 != hashlib.sha256(copy.content).hexdigest()
    assert MADE_BY.encode() not in copy.content
    assert not Image.open(io.BytesIO(copy.content)).getexif()
    assert client.get(address("result-photo", review.pk, fine.pk)).status_code == 404
    assert client.get(address("inspection-photo", visit.pk, bad.pk)).status_code == 404, "not the kept one"


@pytest.mark.django_db
def test_nothing_before_the_draft_was_given(cast, visit):
    with district_scope(cast.minhang):
        for name in ("operator", "bureau", "inspector"):
            assert evidence.open_to(cast.actor(name), visit.pk) is None
    confirmed(cast, visit)
    with district_scope(cast.minhang):
        assert evidence.open_to(cast.actor("operator"), visit.pk) is not None
        assert evidence.open_to(cast.actor("officer"), visit.pk) is None, "no right to photographs"


@pytest.mark.django_db
def test_not_through_another_visits_result_and_not_by_another_facility(cast, visit):
    review = confirmed(cast, visit)
    with district_scope(cast.minhang):
        bad = photo("guards")
        team = [member.inspector for member in visit.all_team.all()]
        other = factories.drawn(cast.facility, team, number="JC-2604-001", month=date(2026, 4, 1))
        factories.finished(other, cast.actor("inspector"), failing={"air": "没有开窗"}, on=date(2026, 4, 9))
        with pytest.raises(NotFound):
            evidence.photo_of(ResultReview.objects.get(inspection=other), bad.pk)
        Inspection.objects.filter(pk=visit.pk).update(facility=Facility.objects.get(code="TS0002"))
    client = opened(cast, "operator")
    assert client.get(address("result-photo", review.pk, bad.pk)).status_code == 404
    assert client.get(address("result-record", review.pk)).status_code == 404


@pytest.mark.django_db
def test_an_objection_that_was_right_leaves_the_photograph(cast, visit):
    review = confirmed(cast, visit)
    with district_scope(cast.minhang):
        Finding.objects.filter(inspection=visit).update(state="withdrawn")
        assert evidence.photo_of(review, photo("guards").pk)


@pytest.mark.django_db
def test_a_photograph_that_the_disk_lost(cast, visit):
    review = confirmed(cast, visit)
    with district_scope(cast.minhang):
        lost = photo("guards")
        path_of(lost.file).unlink()
        with pytest.raises(Gone):
            evidence.copy_of(lost.file)
    answer = opened(cast, "operator").get(address("result-photo", review.pk, lost.pk))
    assert answer.status_code == 410 and "存放处没有这个文件了" in answer.content.decode()


@pytest.mark.django_db
def test_a_visit_signed_at_a_desk_has_no_signed_record(cast, visit):
    review = confirmed(cast, visit)
    client = opened(cast, "operator")
    assert "这次检查不是在手机上签的" in client.get(address("result", review.pk)).content.decode()
    assert client.get(address("result-record", review.pk)).status_code == 404


@pytest.mark.django_db
def test_the_signed_record_with_its_hash(cast):
    prepare(cast)
    phone = Phone(Client(), cast, "inspector", cast.visit)
    phone.send(operation(1, "start", versions=[]))
    phone.items = items(cast, cast.visit)
    phone.send(*[answer(n, item) for n, item in enumerate(phone.items, start=2)])
    phone.next = len(phone.items) + 2
    seal(phone)
    content = record(phone, changed={phone.items[0]: {"value": "bad", "note": "示例：门口没有人"}})
    assert phone.outcome(sign(phone, content)) == ["applied"]
    with district_scope(cast.minhang):
        visit = Inspection.objects.get(pk=cast.visit.pk)
        confirmations.confirm_visit(visit, actor=cast.actor("inspector2"))
        review = ResultReview.objects.get(inspection=visit)
        order = visit.orders.get()
    client = opened(cast, "operator")
    page = address("result-record", review.pk)
    assert page in client.get(address("result", review.pk)).content.decode()
    assert page in client.get(address("order", order.pk)).content.decode()
    shown = client.get(page).content.decode()
    digest = hashlib.sha256(content.encode()).hexdigest()
    assert digest in shown and "示例：门口没有人" in shown and f"逐项的答案 {len(phone.items)}" in shown
    kept = client.get(f"{page}?file")
    assert kept.content == content.encode() and kept["X-Content-SHA256"] == digest
