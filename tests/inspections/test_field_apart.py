"""Items that two people answer apart, on two phones: neither gets the other's answer, both are kept, signing waits."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.test import Client
from django.utils import timezone

from inspections.models import (
    Answer,
    AnswerPhoto,
    DoubleDraw,
    FieldAddendum,
    FieldOutcome,
    FieldRecord,
    Inspection,
    SecondAnswer,
)
from inspections.rules import field as rules
from inspections.services import agreement, field_day, second_answers, visits
from inspections.services.checklists import items_of
from portal.models import AuditEntry
from portal.tenancy import district_scope
from tests.inspections.field_phones import Phone, answer, items, operation, prepare
from tests.inspections.test_agreement import share
from tests.inspections.test_field_log import JPEG, fingerprint, photo, start
from tests.inspections.test_field_signing import SEAL, seal

pytestmark = [pytest.mark.django_db, pytest.mark.long]


@pytest.fixture
def pair(cast):
    """The visit begun by a phone, with items drawn: `cast.one` is the phone of the first, `cast.two` of the second."""
    prepare(cast)
    with district_scope(cast.minhang):
        share()
    phones = [Phone(Client(), cast, name, cast.visit) for name in ("inspector", "inspector2")]
    phones[0].send(start())
    with district_scope(cast.minhang):
        draw = DoubleDraw.objects.select_related("second").get()
        cast.drawn = list(items_of(cast.visit).filter(key__in=draw.keys).values_list("pk", flat=True))
        mine = draw.second.user == cast.users["inspector"]
    cast.two, cast.one = phones if mine else reversed(phones)
    cast.at = {cast.one.name: 2 if cast.one is phones[0] else 1, cast.two.name: 2 if mine else 1}
    return cast


def number(cast, phone) -> int:
    """The phone's next number."""
    cast.at[phone.name] += 1
    return cast.at[phone.name] - 1


def gives(cast, phone, item: int, value: str = "ok", note: str = "", base: int = 0) -> str:
    row = answer(number(cast, phone), item, value, note, base)
    return phone.outcome(row)[0]


def seen(cast, phone) -> str:
    """All that the phone gets and takes along, as text."""
    reply = phone.client.get("/field/minhang/state/", headers=phone.headers())
    with district_scope(cast.minhang):
        day = field_day.day_of(cast.actor(phone.name))
    return json.dumps([reply.json(), day], ensure_ascii=False, default=str)


def declare(cast, phone) -> str:
    with district_scope(cast.minhang):
        sent = phone.device.operations.order_by("sequence").values_list("sequence", "uuid")
        lines = [(n, str(uuid)) for n, uuid in sent]
    row = operation(number(cast, phone), "part", count=len(lines), sha256=rules.part_hash(lines))
    return phone.outcome(row)[0]


def signs(cast, phone, without: str = "", apart: bool = True, **own) -> dict:
    """What became of a signing of all items, 符合 unless `own` says something else by the item's id."""
    given = [
        {"item": pk, "key": "", "value": own.get(str(pk), "ok"), "note": "看到的" if str(pk) in own else "",
         "mended": False, "photos": [], "voices": []}
        for pk in items(cast, cast.visit)
    ]  # fmt: skip
    content = json.dumps(
        {
            "format": "shanyu-visit-1",
            "number": cast.visit.number,
            "answers": given,
            "present": "陈老师，园长",
        },
        ensure_ascii=False,
    )
    seal(phone)
    drawn = [{"side": one, "name": "示例", "sha256": SEAL} for one in ("team", "facility")]
    row = operation(
        number(cast, phone), "sign", content=content, sha256=hashlib.sha256(content.encode()).hexdigest(),
        without=without, apart=apart, signatures=drawn,
    )  # fmt: skip
    return phone.send(row)["outcomes"][row["uuid"]]


def kept_again(cast) -> dict[int, str]:
    with district_scope(cast.minhang):
        return dict(SecondAnswer.objects.values_list("item", "value"))


def state(cast) -> str:
    with district_scope(cast.minhang):
        return Inspection.objects.get(pk=cast.visit.pk).state


def all_by_the_first(cast, but=()) -> None:
    for pk in items(cast, cast.visit):
        if pk not in but:
            assert gives(cast, cast.one, pk) == "applied"


def test_neither_phone_gets_the_others_answer_and_both_are_kept(pair):
    item = pair.drawn[0]
    assert gives(pair, pair.one, item, "bad", "甲看到灭火器过期") == "applied"
    assert gives(pair, pair.two, item, "unseen", "乙没有走到那里") == "applied"
    assert "甲看到灭火器过期" in seen(pair, pair.one) and "乙没有走到那里" not in seen(pair, pair.one)
    assert "乙没有走到那里" in seen(pair, pair.two) and "甲看到灭火器过期" not in seen(pair, pair.two)
    told = pair.two.client.get("/field/minhang/state/", headers=pair.two.headers()).json()["visit"]["apart"]
    assert told["items"] == pair.drawn and told["mine"] and item not in told["lacking"]
    with district_scope(pair.minhang):
        assert Answer.objects.get(item=item).note == "甲看到灭火器过期"
        assert not FieldOutcome.objects.filter(state="held").exists()
    # final with the part: from then on the second sees the first's, never the other way round
    assert declare(pair, pair.two) == "applied"
    assert kept_again(pair) == {item: "unseen"}
    assert "甲看到灭火器过期" in seen(pair, pair.two) and "乙没有走到那里" not in seen(pair, pair.one)


@pytest.mark.long
def test_a_picture_of_the_one_is_not_told_to_the_other(pair):
    item = pair.drawn[0]
    for phone, content in ((pair.one, JPEG), (pair.two, JPEG[:-1] + b"2")):
        phone.piece(fingerprint(content), content, 0, len(content))
        assert phone.outcome(photo(number(pair, phone), item, content)) == ["applied"]
    assert fingerprint(JPEG) in seen(pair, pair.one) and fingerprint(JPEG) not in seen(pair, pair.two)
    assert fingerprint(JPEG[:-1] + b"2") not in seen(pair, pair.one)
    # the row that a picture made is nobody's answer, and no conflict
    assert gives(pair, pair.one, item, "bad", "过期") == "applied"
    with district_scope(pair.minhang):
        assert AnswerPhoto.objects.count() == 2


@pytest.mark.long
def test_what_was_not_drawn_is_asked_about_as_before(pair):
    other = next(pk for pk in items(pair, pair.visit) if pk not in pair.drawn)
    assert gives(pair, pair.one, other, "bad", "门岗没有人") == "applied"
    assert gives(pair, pair.two, other, "ok") == "held"
    assert "门岗没有人" in seen(pair, pair.two)


def test_signing_waits_for_the_second_answers_or_a_reason(pair):
    all_by_the_first(pair)
    gives(pair, pair.two, pair.drawn[0], "bad")  # without the note that it needs
    for pk in pair.drawn[1:]:
        gives(pair, pair.two, pk, "bad", "看到的")
    declare(pair, pair.two)
    assert set(kept_again(pair)) == set(pair.drawn[1:])
    refused = signs(pair, pair.one)
    assert (refused["state"], refused["code"]) == ("held", "double") and "还有 1 项" in refused["sentence"]
    assert state(pair) == "under_way"
    assert signs(pair, pair.one, without="另一人被叫去接电话了")["state"] == "applied"
    with district_scope(pair.minhang):
        entry = AuditEntry.objects.get(action="inspections.inspection.sign")
        assert len(entry.changes["answered_once"]) == 1 and entry.changes["without"] == "另一人被叫去接电话了"
        assert FieldRecord.objects.get().without == "另一人被叫去接电话了"


def test_whole_answers_of_the_other_phone_are_enough(pair):
    all_by_the_first(pair)
    for pk in pair.drawn:
        gives(pair, pair.two, pk, "bad", "看到的")
    declare(pair, pair.two)
    assert signs(pair, pair.one)["state"] == "applied"
    assert kept_again(pair) == dict.fromkeys(pair.drawn, "bad")
    with district_scope(pair.minhang):
        assert {one.value for one in Answer.objects.filter(item__in=pair.drawn)} == {"ok"}
        Inspection.objects.update(state="finished", finished_on=pair.visit.month)
        pairs = agreement.pairs(pair.actor("bureau"))
        assert [(one.first, one.again, one.origin) for one in pairs] == [("ok", "bad", "phone")] * len(
            pair.drawn
        )
        assert second_answers.take_from_phones(actor=pair.actor("bureau")) == 0


@pytest.mark.long
def test_the_second_signs_without_having_seen_the_first(pair):
    """The record has what both sides signed; the first's own answer is the other one of the pair."""
    item = pair.drawn[0]
    all_by_the_first(pair)
    for pk in pair.drawn:
        gives(pair, pair.two, pk, "bad", "看到的")
    signed = signs(pair, pair.two, without="对方的手机没有电了", **{str(item): "bad"})
    assert signed["state"] == "applied"
    with district_scope(pair.minhang):
        saved, other = Answer.objects.get(item=item), SecondAnswer.objects.get(item=item)
        assert (saved.value, saved.by_id) == ("bad", pair.users[pair.two.name].pk)
        assert (other.value, other.by.user_id) == ("ok", pair.users[pair.one.name].pk)
        assert FieldAddendum.objects.filter(item=item).exists()
        # the other drawn ones were signed as the first had them
        assert SecondAnswer.objects.get(item=pair.drawn[-1]).by.user_id == pair.users[pair.two.name].pk


@pytest.mark.long
def test_what_is_final_is_not_answered_again(pair):
    item = pair.drawn[0]
    gives(pair, pair.two, item, "bad", "看到的")
    declare(pair, pair.two)
    assert gives(pair, pair.two, item, "ok") == "replaced"
    assert kept_again(pair) == {item: "bad"}
    with district_scope(pair.minhang):
        assert not Answer.objects.filter(item=item).exists()
    # who has seen the first's may change the record, and it is told to both
    gives(pair, pair.one, item, "ok")
    assert gives(pair, pair.two, item, "bad", "一起再看过", base=1) == "applied"
    assert "一起再看过" in seen(pair, pair.one)


def test_answers_that_come_after_the_signing_are_a_pair_if_they_were_given_before(pair):
    all_by_the_first(pair)
    late = [answer(number(pair, pair.two), pk, "bad", "看到的") for pk in pair.drawn]
    assert signs(pair, pair.one, without="另一部手机没有网络")["state"] == "applied"
    after = answer(number(pair, pair.two), pair.drawn[0], "unseen", "签了以后想的")
    assert pair.two.outcome(*late) == ["applied"] * len(late)
    assert pair.two.outcome(after) == ["addendum"]
    with district_scope(pair.minhang):
        Inspection.objects.update(state="finished", finished_on=pair.visit.month)
        assert second_answers.take_from_phones(actor=pair.actor("bureau")) == len(pair.drawn)
    assert kept_again(pair) == dict.fromkeys(pair.drawn, "bad")


@pytest.mark.long
def test_a_phone_that_could_not_know_what_was_drawn_signs_all_the_same(pair):
    all_by_the_first(pair)
    with district_scope(pair.minhang):
        pair.visit.passes.filter(device=pair.two.device).update(revoked_at=timezone.now())
    assert signs(pair, pair.one, apart=False)["state"] == "applied"
    with district_scope(pair.minhang):
        changes = AuditEntry.objects.get(action="inspections.inspection.sign").changes
        assert len(changes["answered_once"]) == len(pair.drawn) and changes["apart_known"] is False


def test_the_desk_waits_too_and_says_for_whom(pair, client):
    all_by_the_first(pair)
    with district_scope(pair.minhang):
        pair.visit.passes.update(revoked_at=timezone.now())
    client.force_login(pair.users[pair.one.name])
    page = f"/minhang/inspections/{pair.visit.pk}/sign-off/"
    assert "没有另判。等判完" in client.get(page).content.decode()
    refused = client.post(page, {"present": "陈老师"})
    assert refused.status_code == 422 and state(pair) == "under_way"
    assert client.post(page, {"present": "陈老师", "without": "另一人临时离开"}).status_code == 302
    assert state(pair) == "signed"


@pytest.mark.long
def test_the_first_comes_before_the_second_may_change_the_record(pair, client):
    item = pair.drawn[0]
    gives(pair, pair.two, item, "ok")
    declare(pair, pair.two)
    client.force_login(pair.users[pair.two.name])
    page = f"/minhang/inspections/{pair.visit.pk}/items/{item}/"
    assert client.post(page, {"value": "ok", "version": 0}).status_code == 409
    gives(pair, pair.one, item, "bad", "看到的")
    with district_scope(pair.minhang):
        assert visits.team_of(pair.visit)
        version = Answer.objects.get(item=item).version
    assert client.post(page, {"value": "ok", "version": version}).status_code in (200, 302)
