"""What an enforcement body finds in a case file: what both sides signed, what came later, what was objected, changed and
withdrawn, and why the visit was made."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import pdfplumber
import pytest
from django.test import Client
from django.utils import timezone

from inspections.models import FieldRecord, Finding, Inspection
from inspections.services import (
    case_files,
    case_history,
    confirmations,
    field_addenda,
    result_changes,
    result_reviews,
    visits,
)
from inspections.services.case_documents import record_html
from portal.access import Actor
from portal.services.files import path_of, store_file
from portal.tenancy import district_scope
from tests.inspections import factories, voices
from tests.inspections.field_phones import Phone, answer, items, operation, prepare
from tests.inspections.test_field_signing import join, record, seal, sign
from tests.portal.spreadsheets import cells_of

pytestmark = pytest.mark.django_db
SECRET = "王示例家长"
RIGHT = 184 * 72 / 25.4  # the type area's right edge, in points


def opened(visit: Inspection, cast) -> zipfile.ZipFile:
    made = case_files.order_case(visit, actor=cast.actor("bureau"))
    made = case_files.make(made, actor=Actor.system(cast.minhang, "test"))
    return zipfile.ZipFile(io.BytesIO(path_of(made.file).read_bytes()))


def words(body: bytes) -> str:
    """The text of a PDF, and of each cell of its tables, without what breaks the lines; all within the type area."""
    found = []
    with pdfplumber.open(io.BytesIO(body)) as document:
        for page in document.pages:
            assert max((char["x1"] for char in page.chars), default=0) < RIGHT + 0.8
            found.append(page.extract_text())
            found += [cell or "" for table in page.extract_tables() for row in table for cell in row]
    return "".join("|".join(found).split())


@pytest.fixture
def case(cast):
    """Signed by both on a phone and sent back; signed again without the facility and without a phone; confirmed; two
    addenda, one with a file; two findings of which one was objected away and the other one taken back by a change."""
    prepare(cast)
    phone = Phone(Client(), cast, "inspector", cast.visit)
    phone.send(operation(1, "start", versions=[]))
    phone.items = items(cast, cast.visit)
    phone.send(*[answer(n, item) for n, item in enumerate(phone.items, start=2)])
    phone.next = len(phone.items) + 2
    other = join(cast)
    seal(phone)
    assert phone.outcome(sign(phone, without="那台手机没有网络")) == ["applied"]
    with district_scope(cast.minhang):
        two = cast.actor("inspector2")
        confirmations.return_visit(cast.visit, actor=two)
    bad = {item: {"value": "bad", "note": f"第{n}处不对"} for n, item in enumerate(phone.items[:2], start=1)}
    last = sign(
        phone,
        record(phone, changed=bad),
        sides=("team",),
        without="那台手机还是没有网络",
        unsigned_reason="园长不愿意签",
    )
    assert phone.outcome(last) == ["applied"]
    assert other.outcome(answer(1, phone.items[2], "bad", "我看到没有人")) == ["addendum"]
    with district_scope(cast.minhang):
        visit = Inspection.objects.get(pk=cast.visit.pk)
        kept = store_file(factories.photo("补.png", factories.PNG + b"late"), actor=two)
        field_addenda.append(
            visit, item=None, content={"sha256": kept.sha256}, made_at=timezone.now(), file=kept, actor=two
        )
        confirmations.confirm_visit(visit, actor=two)
        visit = Inspection.objects.select_related("facility__street", "facility__operator", "review").get(
            pk=visit.pk
        )
        first, second = Finding.objects.order_by("pk")
        review = result_reviews.object_to(
            visit.review,
            texts={first.pk: "那天是停电"},
            files={first.pk: [factories.photo("电.png")]},
            actor=cast.actor("operator"),
        )
        said = review.objections.get().pk
        result_reviews.decide(
            review, outcomes={said: "accepted"}, reasons={said: "停电情况属实"}, actor=cast.actor("bureau")
        )
        review.refresh_from_db()
        result_changes.propose_change(
            review,
            findings=[second.pk],
            reason_kind="clerical",
            reason="检查项目编号写错",
            decided_on=timezone.localdate(),
            upload=factories.photo("更正.png", factories.PNG + b"change"),
            actor=cast.actor("bureau"),
        )
        result_changes.confirm_change(review, actor=cast.actor("head"))
        visit.refresh_from_db()
        visit.review.refresh_from_db()
        yield cast, visit


def test_all_that_was_signed_said_and_changed_is_in_the_archive(case):
    cast, visit = case
    archive = opened(visit, cast)
    names = archive.namelist()
    sums = dict(line.split("  ")[::-1] for line in archive.read("SHA256SUMS").decode().splitlines())
    assert set(sums) == set(names) - {"SHA256SUMS"}
    for path, digest in sums.items():
        assert hashlib.sha256(archive.read(path)).hexdigest() == digest, path
    # the exact bytes that were signed, both versions, and each signature as it was drawn
    first, second = FieldRecord.objects.order_by("number")
    assert archive.read("07-signed/record.json") == bytes(first.content)
    assert archive.read("07-signed/record-2.json") == bytes(second.content)
    assert sums["07-signed/record-2.json"] == second.sha256
    drawn = [name for name in names if name.startswith("07-signed/") and name.endswith(".png")]
    assert sorted(name.split("/")[1].rsplit("-", 1)[0] for name in drawn) == [
        "1-facility",
        "1-team",
        "2-team",
    ]
    assert {archive.read(name) for name in drawn} == {factories.PNG}
    # addenda as data, one with its file; the papers of the objection and of the change
    before = [json.loads(archive.read(f"08-addenda/{n:02d}.json"))["content"]["value"] for n in (1, 2)]
    assert before == ["ok", "ok"]  # what the server had when both sides signed something else
    late = json.loads(archive.read("08-addenda/03.json"))
    assert (late["content"]["note"], late["by"]) == ("我看到没有人", cast.inspector2.name)
    assert archive.read("08-addenda/04.png") == factories.PNG + b"late"
    assert len([name for name in names if name.startswith("04-objections/")]) == 1
    assert [archive.read(name) for name in names if name.startswith("09-changes/")] == [
        factories.PNG + b"change"
    ]
    assert len([name for name in names if name.startswith("02-results/")]) == visit.review.latest == 3
    # index: each file, with what is void or withdrawn said so
    page = archive.read("index.html").decode()
    assert "签名的检查记录（第1份），已退回，不作数" in page and "检查结果第2版（已被后一版代替）" in page
    assert (
        "检查结果第3版<" in page and "签名的检查记录（第2份）<" in page and "责令整改通知书（已撤销）" in page
    )
    rows = {row[0]: row for row in cells_of(archive.read("index.xlsx"))[1:]}
    assert set(rows) == set(sums) - {"index.html", "index.xlsx"}
    assert all(sums[path] == row[2] and row[1] in page for path, row in rows.items())


def test_the_documents_say_it(case):
    cast, visit = case
    archive = opened(visit, cast)
    first, second = FieldRecord.objects.order_by("number")
    said = words(archive.read("01-documents/record.pdf"))
    assert second.sha256 in said and first.sha256 not in said
    assert "没有签名：园长不愿意签" in said and "那台手机还是没有网络" in said
    body = archive.read("01-documents/history.pdf")
    for one in (first, second):
        assert one.sha256 in words(body)
    told = case_history.history_html(visit)
    for one in (first, second):
        assert all(drawn.file.sha256 in told for drawn in one.signatures.all())
    for sentence in (
        "第1份（已退回，不作数）",
        "第2份：",
        "园长不愿意签",
        "我看到没有人",
        "还没有看过",
        "那天是停电",
        "意见成立，撤销这个问题",
        "停电情况属实",
        "已更正",
        "文字或编号有误：检查项目编号写错",
        "双随机抽查",
        visit.draw.evidence_sha256,
    ):
        assert sentence in told, sentence
    for version in visit.review.versions.all():
        assert version.sha256 in told
    withdrawn = case_history.withdrawn_of(visit)
    assert [row[3] != "" for row in withdrawn] == [True, True] and "第1处不对" in told and "第2处不对" in told


def finished_unscheduled(cast, cause, **more) -> Inspection:
    today = timezone.localdate()
    visit = visits.create_unscheduled(
        cause, inspectors=cast.team, due_on=today, actor=cast.actor("bureau"), **more
    )
    now = timezone.now()
    visits.start(visit, actor=cast.actor("inspector"), now=now)
    factories.all_ok(visit, cast.actor("inspector"), now=now)
    visits.sign_off(visit, present="示例园长", actor=cast.actor("inspector"), now=now)
    confirmations.confirm_visit(visit, actor=cast.actor("inspector2"), now=now)
    return Inspection.objects.select_related("facility__street", "facility__operator", "review").get(
        pk=visit.pk
    )


@pytest.fixture
def unscheduled(cast):
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
        cast.team = factories.team(cast)
        yield cast


def test_of_a_complaint_the_number_and_nothing_of_who_complained(unscheduled):
    cast = unscheduled
    row = voices.complaint(cast.facility, cast.actor("bureau"), name=SECRET, phone="13800001234")
    visit = finished_unscheduled(cast, row, note=f"{SECRET}来电")
    archive = opened(visit, cast)
    told = words(archive.read("01-documents/history.pdf"))
    assert f"投诉编号{row.number}" in told and "投诉举报" in told
    for name in archive.namelist():
        body = archive.read(name)
        said = words(body) if name.endswith(".pdf") else body.decode("utf-8", "ignore")
        assert SECRET not in said and "13800001234" not in said and row.text not in said, name


def test_of_an_incident_its_number_and_of_a_desk_who_signed(unscheduled):
    cast = unscheduled
    row = voices.incident(cast.facility, cast.actor("operator"))
    visit = finished_unscheduled(cast, row, note="去看滑梯")
    told = case_history.history_html(visit)
    assert row.number in told and "去看滑梯" in told and "安全事件" in told
    assert "不是在手机上签的" in told and "没有更正" in told and "没有撤销的问题" in told
    assert "手写签名" not in record_html(visit)
    assert not [name for name in opened(visit, cast).namelist() if name.startswith(("07-", "08-", "09-"))]


def test_signed_at_a_desk_without_the_phones_says_why(cast):
    prepare(cast)
    phone = Phone(Client(), cast, "inspector", cast.visit)
    phone.send(operation(1, "start", versions=[]))
    join(cast)
    with district_scope(cast.minhang):
        one, why = cast.actor("inspector"), "两台手机都没电了"
        factories.all_ok(cast.visit, one)
        visits.sign_off(cast.visit, present="陈老师", without=why, actor=one)
        confirmations.confirm_visit(cast.visit, actor=cast.actor("inspector2"))
        visit = Inspection.objects.select_related("facility", "review").get(pk=cast.visit.pk)
        assert f"没有等齐手机上的内容就签，理由：{why}。" in case_history.history_html(visit)
