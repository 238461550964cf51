"""The case file: everything on record in one archive whose hashes hold, and its official documents."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import date

import pytest

from inspections.models import AnswerPhoto, CaseFile, Order
from inspections.services import case_documents as documents
from inspections.services import case_files, result_reviews
from inspections.services.answers import Given, add_photo
from portal.access import Actor
from portal.errors import Conflict, Denied
from portal.models import AuditEntry, StoredFile
from portal.services.files import path_of
from portal.tenancy import district_scope
from tests.inspections import factories
from tests.inspections.factories import at
from tests.inspections.test_orders import Loop


class Case(Loop):
    """The loop, answered with a file, re-inspected twice (the first failed) and closed; one objection with a file."""

    def __init__(self, cast):
        super().__init__(cast)
        self.system = Actor.system(cast.minhang, "test")
        review = self.visit.review
        result_reviews.object_to(
            review, texts={self.air.pk: "当天开过窗"}, files={self.air.pk: [factories.photo("窗.png")]},
            actor=self.operator, now=at(date(2026, 3, 12)),
        )  # fmt: skip
        said = review.objections.get().pk
        result_reviews.decide(
            review,
            outcomes={said: "kept"},
            reasons={said: "现场没有开"},
            actor=self.two,
            now=at(date(2026, 3, 13)),
        )
        self.answer(files={self.guards.pk: [factories.photo("岗.png", factories.PNG + b"1")]})
        self.order = self.recheck(
            results={self.guards.pk: "open", self.air.pk: "closed"}, new_due_on=date(2026, 3, 27)
        )
        self.answer(day=20, texts={self.guards.pk: "又加了一班"})
        self.order = self.recheck(day=23, results={self.guards.pk: "closed"})
        self.visit.refresh_from_db()

    def made(self) -> CaseFile:
        case = case_files.order_case(self.visit, actor=self.bureau)
        return case_files.make(case, actor=self.system, now=at(date(2026, 4, 1)))


@pytest.fixture
def case(cast):
    with district_scope(cast.minhang):
        yield Case(cast)


def archive_of(case: CaseFile) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(path_of(case.file).read_bytes()))


def test_everything_is_in_it_and_every_hash_holds(case):
    made = case.made()
    assert made.state == "done" and made.missing == 0
    assert hashlib.sha256(path_of(made.file).read_bytes()).hexdigest() == made.sha256
    archive = archive_of(made)
    assert archive.testzip() is None
    names = archive.namelist()
    folders = sorted(name.split("/")[0] for name in names)
    assert [name for name in names if name.startswith("01-")] == [
        "01-documents/record.pdf",
        "01-documents/history.pdf",
        f"01-documents/order-{case.order.number}.pdf",
        f"01-documents/recheck-{case.order.number}-1.pdf",
        f"01-documents/recheck-{case.order.number}-2.pdf",
    ]
    assert folders.count("02-results") == 1 and folders.count("04-objections") == 1
    assert folders.count("05-answers") == 1 and names[-3:] == ["index.xlsx", "index.html", "SHA256SUMS"]
    sums = dict(line.split("  ")[::-1] for line in archive.read("SHA256SUMS").decode().splitlines())
    assert set(sums) == set(names) - {"SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256(archive.read(name)).hexdigest() == digest, name
    index = archive.read("index.html").decode()
    assert all(name in index for name in sums if not name.startswith("index."))
    assert archive.read("01-documents/record.pdf").startswith(b"%PDF-")
    # delivered twice, made once
    assert case_files.make(made, actor=case.system).made_at == made.made_at
    assert AuditEntry.objects.filter(action="inspections.case_file.make").count() == 1


def test_the_index_says_when_and_where_a_photograph_was_taken(case):
    meta = {
        "time": "2026-03-05T09:30:00+08:00",
        "taken_at": "2026-03-05T01:10:00Z",
        "latitude": "31.12",
        "longitude": "121.38",
    }
    answer, one = case.visit.answers.first(), StoredFile.objects.filter(content_type="image/png").first()
    AnswerPhoto.objects.create(answer=answer, file=one, meta=meta)
    index = archive_of(case.made()).read("index.html").decode()
    assert "时间 2026-03-05 09:30:00　手机时钟 2026-03-05 09:10:00　位置 31.12, 121.38" in index


def test_a_file_that_the_disk_lost_is_named(case):
    stored = Order.objects.get().answers.filter(files__isnull=False).get().files.get().file
    path_of(stored).unlink()
    made = case.made()
    archive = archive_of(made)
    assert made.missing == 1 and "存放处已没有这个文件" in archive.read("index.html").decode()
    assert not any(name.startswith("05-") for name in archive.namelist() if stored.sha256 in name)
    assert stored.sha256 in archive.read("index.html").decode()


def test_documents_say_what_was(case):
    record = documents.record_html(case.visit)
    assert "托育机构现场检查记录" in record and "门岗没有人" in record and "执法证号沪JC901" in record
    order = documents.order_html(case.order)
    assert "责令整改通知书" in order and "2026年3月17日前" in order and "陈述、申辩" in order
    first, second = (documents.recheck_html(case.order, one) for one in case.order.rechecks.order_by("round"))
    assert "复查未通过，期限改为2026年3月27日" in first and "未改好" in first
    assert "复查通过，予以销号" in second


def test_a_photograph_of_the_visit_is_in_it(cast):
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
        visit = factories.drawn(cast.facility, factories.team(cast))
        one = cast.actor("inspector")
        from inspections.services import confirmations, visits
        from inspections.services.checklists import items_of

        visits.start(visit, actor=one, now=at(date(2026, 3, 10), 9))
        factories.all_ok(visit, one, but={"guards": Given("bad", "没有人")}, now=at(date(2026, 3, 10)))
        photo = add_photo(visit, items_of(visit).get(key="guards"), factories.photo(), actor=one)
        visits.sign_off(visit, present="示例园长", actor=one, now=at(date(2026, 3, 10), 11))
        confirmations.confirm_visit(visit, actor=cast.actor("inspector2"), now=at(date(2026, 3, 10), 12))
        visit.refresh_from_db()
        parts = [part for part in case_files.parts_of(visit) if part.stored]
        assert [part.stored.sha256 for part in parts] == [photo.file.sha256]


def test_refusals(case):
    for name in ("operator", "officer", "auditor"):
        with pytest.raises(Denied):
            case_files.order_case(case.visit, actor=case.cast.actor(name))
    late = factories.drawn(case.cast.facility, case.team, number="JC-2604-001", month=date(2026, 4, 1))
    with pytest.raises(Conflict):
        case_files.order_case(late, actor=case.bureau)
    ordered = case_files.order_case(case.visit, actor=case.bureau)
    with pytest.raises(Conflict):
        case_files.take(ordered, actor=case.bureau)


def test_pages(cast, client):
    with district_scope(cast.minhang):
        found = Case(cast)
    client.force_login(cast.bureau)
    sent = client.post(f"/minhang/inspections/{found.visit.pk}/case/")
    assert sent.status_code == 302
    assert "正在生成" in client.get(sent.url).content.decode()
    with district_scope(cast.minhang):
        case_files.make(CaseFile.objects.get(), actor=found.system)
    assert "下载案卷" in client.get(sent.url).content.decode()
    answer = client.get(sent.url + "archive.zip")
    body = b"".join(answer.streaming_content)
    assert answer["Content-Type"] == "application/zip" and zipfile.is_zipfile(io.BytesIO(body))
    with district_scope(cast.minhang):
        assert AuditEntry.objects.filter(action="inspections.case_file.take").count() == 1
