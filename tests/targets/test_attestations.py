"""A target that no record counts is proved by a document: handed in by one, confirmed by another, for a time."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given as random
from hypothesis import strategies as st

from portal.models.records import AuditEntry
from portal.tenancy import district_scope
from targets.metrics.base import Period
from targets.models import Attestation, Target
from targets.rules import attestations as rules
from targets.rules.verdicts import Promise
from targets.services import promises, self_report
from tests.portal.access.attestations import values
from tests.portal.stage import png
from tests.targets import figures as f

DAY = date(2026, 6, 1)


def given(**more) -> rules.Given:
    facts = {
        "starts_on": date(2026, 1, 1), "valid_until": date(2026, 12, 31), "confirmed_on": date(2026, 1, 10),
        "withdrawn_on": None,
    }  # fmt: skip
    return rules.Given(**facts | more)


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ([], rules.MISSING),
        ([given()], rules.PROVED),
        ([given(confirmed_on=None, state="given")], rules.WAITING),
        ([given(confirmed_on=None, state="returned")], rules.MISSING),
        ([given(confirmed_on=date(2026, 6, 2))], rules.MISSING),
        ([given(starts_on=date(2026, 6, 2))], rules.MISSING),
        ([given(valid_until=date(2026, 5, 31))], rules.EXPIRED),
        ([given(valid_until=DAY)], rules.PROVED),
        ([given(withdrawn_on=DAY)], rules.MISSING),
        ([given(withdrawn_on=date(2026, 6, 2))], rules.PROVED),
        ([given(valid_until=date(2026, 5, 31)), given(confirmed_on=None, state="given")], rules.WAITING),
        ([given(), given(confirmed_on=None, state="given")], rules.PROVED),
        ([given(enough=False)], rules.SHORT),
        ([given(enough=False), given()], rules.PROVED),
        ([given(enough=False), given(confirmed_on=None, state="given")], rules.WAITING),
        ([given(enough=False, valid_until=date(2026, 5, 31))], rules.EXPIRED),
    ],
)
def test_how_a_target_stands_on_a_day(rows, state):
    assert rules.standing(rows, DAY)[0] == state


def test_of_two_that_stand_the_one_counts_that_lasts_longer():
    longer = given(valid_until=date(2027, 3, 1))
    assert rules.standing([given(), longer], DAY) == (rules.PROVED, longer)


@pytest.mark.parametrize(
    ("comparator", "value", "achieved", "enough"),
    [
        (">=", 20, 12, False), (">=", 20, 20, True), (">=", 20, None, False), ("<=", 20, 12, True),
        ("<=", 0, 1, False), ("==", 4, 3, False), (">=", None, None, True),
    ],
)  # fmt: skip
def test_a_number_is_held_against_what_the_target_asks(comparator, value, achieved, enough):
    promise = Promise("count", comparator, None if value is None else Decimal(value), "plan", "district")
    assert rules.reached(promise, None if achieved is None else Decimal(achieved)) is enough


@random(st.dates(date(2025, 1, 1), date(2028, 1, 1)))
def test_a_proof_stands_from_its_confirmation_to_its_end_and_on_no_other_day(on):
    assert rules.stands(given(), on) == (date(2026, 1, 10) <= on <= date(2026, 12, 31))


FINE = {
    "title": "年度报告", "text": "第三条写明了", "issued_on": date(2026, 3, 1), "starts_on": date(2026, 3, 1),
    "valid_until": date(2026, 12, 31), "achieved": Decimal(3),
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "长"), ("title", "长" * 201), ("text", "短"), ("issued_on", date(1999, 12, 31)),
        ("issued_on", date(2026, 6, 2)), ("starts_on", date(2026, 6, 2)), ("valid_until", date(2026, 3, 1)),
        ("valid_until", date(2026, 5, 31)), ("valid_until", date(2032, 1, 1)), ("achieved", Decimal(-1)),
        ("achieved", Decimal("0.0001")), ("achieved", Decimal("1e10")),
    ],
)  # fmt: skip
def test_what_a_proof_cannot_say(field, value):
    assert rules.problems(FINE, DAY) == {}
    assert set(rules.problems(FINE | {field: value}, DAY)) == {field}


# --- In the browser -------------------------------------------------------------------------------


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        cast.targets = f.only(
            {"key": "system", "proof": "attested", "metric": "", "proof_reason": "由制度文件证明", "text": "建立制度"},
            {"key": "sites", "proof": "attested", "metric": "", "proof_reason": "由完成材料证明", "text": "开设 5 个",
             "kind": "count", "comparator": ">=", "value": 5, "unit": "个"},
            {"key": "visits", "metric": "yearly_visit", "text": "每年巡查一次"},
        )  # fmt: skip
        cast.pks = dict(Target.objects.values_list("key", "pk"))
    return cast


def as_user(client, user):
    client.force_login(user)
    return client


def hand_in(client, cast, key="system", **more):
    as_user(client, cast.bureau)
    address = f"/minhang/targets/{cast.pks[key]}/attestations/new/"
    return client.post(address, values(files=png(), **more))


def only(cast) -> Attestation:
    with district_scope(cast.minhang):
        return Attestation.objects.get()


def step(client, user, row, what, **more):
    data = {"what": what, "version": row.version} | more
    return as_user(client, user).post(f"/minhang/attestations/{row.pk}/step/", data)


@pytest.mark.django_db
def test_from_handing_in_to_proved_on_every_page_and_in_the_api(client, minhang):
    assert hand_in(client, minhang).status_code == 302
    row = only(minhang)
    assert row.state == "given" and row.given_by == minhang.bureau
    page = client.get("/minhang/attestations/").content.decode()
    assert "等第二人确认" in page and "示例制度文件" in page
    assert "确认证明：示例制度文件" not in client.get("/minhang/").content.decode()
    assert "确认证明：示例制度文件" in as_user(client, minhang.head).get("/minhang/").content.decode()
    assert step(client, minhang.head, row, "confirm").status_code == 302
    row = only(minhang)
    assert (row.state, row.confirmed_by) == ("confirmed", minhang.head)
    for address in (
        "/minhang/attestations/?status=proved",
        "/minhang/targets/?status=attested",
        "/minhang/targets/?status=met",
    ):
        page = client.get(address).content.decode()
        assert "已证明" in page and "示例制度文件" in page, address
    target = client.get(f"/minhang/targets/{minhang.pks['system']}/").content.decode()
    assert "已证明" in target and "示例制度文件" in target and "交证明" not in target
    with district_scope(minhang.minhang):
        actions = AuditEntry.objects.filter(subject_type="targets.attestation").order_by("pk")
        assert list(actions.values_list("action", flat=True)) == [
            "targets.attestation.give", "targets.attestation.confirm",
        ]  # fmt: skip


@pytest.mark.django_db
def test_nobody_confirms_what_the_same_person_handed_in(client, minhang):
    hand_in(client, minhang)
    row = only(minhang)
    answer = step(client, minhang.bureau, row, "confirm")
    assert answer.status_code == 403 and "由另一个人确认" in answer.content.decode()
    assert only(minhang).state == "given"


@pytest.mark.django_db
def test_what_is_sent_back_says_why_and_comes_again(client, minhang):
    hand_in(client, minhang)
    row = only(minhang)
    assert step(client, minhang.head, row, "return", note="").status_code == 422
    step(client, minhang.head, row, "return", note="缺附件二")
    row = only(minhang)
    assert row.state == "returned"
    assert "缺附件二" in as_user(client, minhang.bureau).get("/minhang/").content.decode()
    address = f"/minhang/attestations/{row.pk}/edit/"
    with district_scope(minhang.minhang):
        paper = row.files.get().pk
    answer = client.post(address, values(version=row.version, drop=paper))
    assert answer.status_code == 422 and "至少一个" in answer.content.decode()
    assert client.post(address, values(version=row.version - 1, files=png())).status_code == 409
    assert (
        client.post(address, values(version=row.version, files=png("b.png"), drop=paper)).status_code == 302
    )
    row = only(minhang)
    assert row.state == "given" and row.note == "缺附件二"
    with district_scope(minhang.minhang):
        assert [one.file.name for one in row.files.select_related("file")] == ["b.png"]
    step(client, minhang.head, row, "confirm")
    assert client.get(address).status_code == 403  # the head does not write
    assert as_user(client, minhang.bureau).get(address).status_code == 409


@pytest.mark.django_db
def test_a_withdrawn_proof_proves_nothing_from_that_day_on(client, minhang):
    hand_in(client, minhang)
    step(client, minhang.head, only(minhang), "confirm")
    step(client, minhang.bureau, only(minhang), "withdraw", note="交错了文件")
    page = client.get("/minhang/attestations/?status=missing").content.decode()
    assert "建立制度" in page and "示例制度文件" not in page.split("<table")[1]
    assert "交错了文件" in client.get(f"/minhang/attestations/{only(minhang).pk}/").content.decode()


@pytest.mark.django_db
def test_what_ends_soon_or_has_ended_waits_for_the_bureau(client, minhang):
    today = timezone.localdate()
    hand_in(client, minhang, valid_until=str(today + timedelta(10)))
    step(client, minhang.head, only(minhang), "confirm")
    assert "1 份指标证明要换新的" in as_user(client, minhang.bureau).get("/minhang/").content.decode()
    with district_scope(minhang.minhang):
        Attestation.objects.update(
            starts_on=today - timedelta(30), valid_until=today - timedelta(1),
            confirmed_at=timezone.now() - timedelta(20),
        )  # fmt: skip
    assert "证明过期" in client.get("/minhang/attestations/?status=expired").content.decode()
    assert "已经过期" in client.get(f"/minhang/attestations/{only(minhang).pk}/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"title": "长"}, "2 到 200 个字"), ({"issued_on": "2999-01-01"}, "年份要在"),
        ({"valid_until": "2020-01-01"}, "晚于起算日期"), ({"text": "短"}, "5 到 500 个字"), ({"files": ""}, "至少一个"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_place_and_nothing_is_kept(client, minhang, more, words):
    as_user(client, minhang.bureau)
    address = f"/minhang/targets/{minhang.pks['system']}/attestations/new/"
    answer = client.post(address, values(files=png()) | more)
    assert answer.status_code == 422 and words in answer.content.decode()
    with district_scope(minhang.minhang):
        assert not Attestation.objects.exists()


@pytest.mark.django_db
def test_a_target_that_is_counted_takes_no_proof_and_one_with_a_number_asks_for_it(client, minhang):
    as_user(client, minhang.bureau)
    assert client.get(f"/minhang/targets/{minhang.pks['visits']}/attestations/new/").status_code == 409
    page = client.get(f"/minhang/targets/{minhang.pks['sites']}/attestations/new/").content.decode()
    assert "完成数" in page and "指标要求 至少 5 个" in page
    assert hand_in(client, minhang, key="sites", achieved="6").status_code == 302
    assert only(minhang).achieved == Decimal(6)


@pytest.mark.django_db
def test_a_target_with_a_number_is_not_proved_by_none_and_not_by_less(client, minhang):
    answer = hand_in(client, minhang, key="sites", achieved="")
    assert answer.status_code == 422 and "写材料证明了多少" in answer.content.decode()
    assert hand_in(client, minhang, key="sites", achieved="3").status_code == 302
    waits = as_user(client, minhang.head).get(f"/minhang/attestations/{only(minhang).pk}/").content.decode()
    assert "完成数没有达到要求" in waits
    step(client, minhang.head, only(minhang), "confirm")
    for address in (
        "/minhang/attestations/?status=short", "/minhang/targets/?status=attested",
        f"/minhang/targets/{minhang.pks['sites']}/",
    ):  # fmt: skip
        page = client.get(address).content.decode()
        assert "还没达到" in page, address
    assert "完成 3，要求至少 5 个" in client.get("/minhang/attestations/?status=short").content.decode()
    assert "开设 5 个" not in client.get("/minhang/attestations/?status=proved").content.decode()
    hand_in(client, minhang, key="sites", achieved="5", title="后来的材料")
    with district_scope(minhang.minhang):
        row = Attestation.objects.get(title="后来的材料")
    step(client, minhang.head, row, "confirm")
    assert "开设 5 个" in client.get("/minhang/attestations/?status=proved").content.decode()


@pytest.mark.django_db
def test_the_self_report_says_of_what_falls_short_both_numbers(client, minhang):
    hand_in(client, minhang, key="sites", achieved="3")
    step(client, minhang.head, only(minhang), "confirm")
    with district_scope(minhang.minhang):
        today = timezone.localdate()
        (target,) = [one for one in promises.targets_in_force(today) if one.key == "sites"]
        line = self_report.line_of(target, None, Period.year(today.year, today))
    assert (line["value"], line["asked"], line["word"]) == ("3个", "≥5个", "还没达到")
    assert line["verdict"] == "behind" and "示例制度文件" in line["basis"]


@pytest.mark.django_db
def test_the_same_paper_is_taken_once(client, minhang):
    assert hand_in(client, minhang).status_code == 302
    answer = hand_in(client, minhang)
    assert answer.status_code == 409 and "同一份材料已经交过" in answer.content.decode()
    step(client, minhang.bureau, only(minhang), "withdraw", note="交错了")
    assert hand_in(client, minhang).status_code == 302
