"""The end of a visit on phones: parts, one version with its hash, two signatures, addenda; and decisions at a desk."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.test import Client

from inspections.models import (
    Answer,
    FieldAddendum,
    FieldOutcome,
    FieldRecord,
    FieldSignature,
    Inspection,
    TeamMember,
)
from inspections.rules import field as rules
from inspections.services import (
    answers,
    cancellations,
    confirmations,
    field_addenda,
    field_devices,
    field_parts,
    field_settle,
    visits,
)
from portal.errors import Conflict, Denied, Refused
from portal.tenancy import district_scope
from tests.inspections import factories
from tests.inspections.field_phones import Phone, answer, items, operation, prepare

pytestmark = pytest.mark.django_db
SIGNED = factories.PNG
SEAL = hashlib.sha256(SIGNED).hexdigest()


@pytest.fixture
def field(cast):
    return prepare(cast)


@pytest.fixture
def phone(field):
    """The first inspector's phone, with a visit that is begun and wholly answered (two operations)."""
    one = Phone(Client(), field, "inspector", field.visit)
    one.send(operation(1, "start", versions=[]))
    one.items = items(field, field.visit)
    one.send(*[answer(n, item) for n, item in enumerate(one.items, start=2)])
    one.next = len(one.items) + 2
    return one


def join(cast) -> Phone:
    one = Phone(Client(), cast, "inspector2", cast.visit)
    one.next = 1
    return one


@pytest.fixture
def other(phone):
    return join(phone.cast)


def seal(phone) -> None:
    phone.piece(SEAL, SIGNED, 0, len(SIGNED))


def part(phone) -> dict:
    with district_scope(phone.cast.minhang):
        lines = list(phone.device.operations.order_by("sequence").values_list("sequence", "uuid"))
    made = operation(phone.next, "part", count=len(lines), sha256=rules.part_hash(lines))
    phone.next += 1
    return made


def record(phone, **more) -> str:
    """What stands on the phone's screen: all 符合, unless `changed` says otherwise."""
    changed = more.pop("changed", {})
    body = {
        "format": rules.RECORD_FORMAT,
        "number": phone.visit.number,
        "answers": [
            {"item": item, "value": "ok", "note": "", "mended": False, "photos": []} | changed.get(item, {})
            for item in phone.items
        ],
        "present": "陈老师，园长",
        "objection": "",
        "summary": "",
    }
    return json.dumps(body | more, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sign(phone, content: str = "", sides=("team", "facility"), **more) -> dict:
    content = content or record(phone)
    signatures = [{"side": side, "name": "示例", "sha256": SEAL} for side in sides]
    given = {
        "content": content,
        "sha256": hashlib.sha256(content.encode()).hexdigest(),
        "signatures": signatures,
    }
    made = operation(phone.next, "sign", **(given | more))
    phone.next += 1
    return made


def state(cast) -> str:
    with district_scope(cast.minhang):
        return Inspection.objects.get(pk=cast.visit.pk).state


def outcome(cast, row) -> FieldOutcome:
    with district_scope(cast.minhang):
        return FieldOutcome.objects.select_related("operation").get(operation__uuid=row["uuid"])


def test_both_sides_sign_one_version_and_the_second_confirms_the_same(phone, other):
    seal(phone)
    assert other.outcome(part(other)) == ["applied"]
    row = sign(phone)
    told = phone.send(row)
    assert told["outcomes"][row["uuid"]]["state"] == "applied"
    assert told["visit"]["state"] == "signed"
    assert told["visit"]["record"]["sha256"] == row["payload"]["sha256"]
    with district_scope(phone.cast.minhang):
        kept = FieldRecord.objects.get()
        assert hashlib.sha256(bytes(kept.content)).hexdigest() == kept.sha256
        assert FieldSignature.objects.filter(record=kept).count() == 2
    wrong = operation(other.next, "confirm", sha256="0" * 64)
    assert other.outcome(wrong) == ["held"] and state(phone.cast) == "signed"
    right = operation(other.next + 1, "confirm", sha256=row["payload"]["sha256"])
    assert other.outcome(right) == ["applied"] and state(phone.cast) == "finished"


def test_who_signed_cannot_confirm(phone):
    seal(phone)
    row = sign(phone)
    phone.send(row)
    assert phone.outcome(operation(phone.next, "confirm", sha256=row["payload"]["sha256"])) == ["held"]
    assert state(phone.cast) == "signed"


def test_a_phone_whose_part_is_missing_holds_the_signing_up(phone, other):
    seal(phone)
    row = sign(phone)
    told = phone.send(row)["outcomes"][row["uuid"]]
    assert (told["state"], told["code"]) == ("held", "parts") and "JC902" in told["sentence"]
    assert state(phone.cast) == "under_way"


def test_signed_without_a_part_says_why(phone, other):
    seal(phone)
    assert phone.outcome(sign(phone, without="JC902 的手机没电了")) == ["applied"]
    with district_scope(phone.cast.minhang):
        assert FieldRecord.objects.get().without == "JC902 的手机没电了"


def test_a_part_that_went_on_is_not_complete(phone, other):
    seal(phone)
    other.send(part(other))
    other.send(answer(other.next, phone.items[0], base=1))
    assert phone.outcome(sign(phone)) == ["held"]


def test_a_part_waits_for_what_is_missing_and_must_match(phone, other):
    first, second = answer(1, phone.items[0]), answer(2, phone.items[1])
    lines = [(1, first["uuid"]), (2, second["uuid"])]
    made = operation(3, "part", count=2, sha256=rules.part_hash(lines))
    assert other.outcome(second, made)[1] == "waiting"
    other.send(first)
    assert other.send(ask=[made["uuid"]])["outcomes"][made["uuid"]]["state"] == "applied"
    assert other.outcome(operation(4, "part", count=2, sha256="0" * 64)) == ["held"]


def test_the_signing_waits_for_its_signatures_and_for_what_came_before(phone):
    late = answer(phone.next, phone.items[0], "ok", "", base=1)
    phone.next += 1
    row = sign(phone)
    assert phone.outcome(row) == ["waiting"]
    phone.send(late)
    assert state(phone.cast) == "under_way"
    seal(phone)
    assert state(phone.cast) == "signed"


def test_a_hash_that_is_not_that_of_the_bytes_is_refused(phone):
    seal(phone)
    told = phone.send(row := sign(phone, sha256="0" * 64))["outcomes"][row["uuid"]]
    assert (told["state"], told["code"]) == ("held", "record_hash")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"sides": ("facility",)}, "signature"),
        ({"sides": ("team",)}, "signature"),
        ({"content": {"number": "XX-1"}}, "record_number"),
        ({"content": {"present": ""}}, "refused"),
        ({"content": {"answers": []}}, None),
    ],
)
def test_what_cannot_be_signed_is_kept_with_its_reason(phone, more, code):
    seal(phone)
    if "content" in more:
        more = {"content": record(phone, **more["content"])}
    told = phone.send(row := sign(phone, **more))["outcomes"][row["uuid"]]
    if code is None:  # answers that the record leaves out stand as they are on the server
        assert told["state"] == "applied"
    else:
        assert (told["state"], told["code"]) == ("held", code)


def test_nobody_of_the_facility_signs_with_a_reason(phone):
    seal(phone)
    assert phone.outcome(sign(phone, sides=("team",), unsigned_reason="无人到场")) == ["applied"]


def test_what_both_sides_signed_counts_and_the_other_answer_is_an_addendum(phone, other):
    """The second one's phone had answered differently meanwhile, and the first had no network."""
    with district_scope(phone.cast.minhang):
        inspection = Inspection.objects.get(pk=phone.visit.pk)
        row = Answer.objects.get(inspection=inspection, item=phone.items[0])
        answers.save_answer(
            inspection,
            row.item,
            value="bad",
            note="我看到没有人",
            version=row.version,
            actor=phone.cast.actor("inspector2"),
        )
    seal(phone)
    assert phone.outcome(sign(phone, without="那台手机没有网络")) == ["applied"]
    with district_scope(phone.cast.minhang):
        assert Answer.objects.get(item=phone.items[0]).value == "ok"
        added = FieldAddendum.objects.get()
        assert (added.content["note"], added.by) == ("我看到没有人", phone.cast.inspector2)


def test_what_comes_after_is_an_addendum_that_the_facility_reads(phone, other):
    seal(phone)
    phone.send(sign(phone, without="那台手机没有网络"))
    late = answer(1, phone.items[0], "bad", "我看到没有人")
    same = answer(2, phone.items[1], "ok")
    assert other.outcome(late, same) == ["addendum", "applied"]
    with district_scope(phone.cast.minhang):
        assert Answer.objects.get(item=phone.items[0]).value == "ok"
        operator = phone.cast.actor("operator")
        assert [one.facts for one in field_addenda.waiting(operator)] == [phone.visit.number]
    client = Client()
    client.force_login(phone.cast.operator)
    url = f"/minhang/inspections/{phone.visit.pk}/addenda/"
    assert "我看到没有人" in client.get(url).content.decode()
    assert client.post(url).status_code == 302
    with district_scope(phone.cast.minhang):
        assert FieldAddendum.objects.get().seen_by == phone.cast.operator
        assert field_addenda.waiting(operator) == []
        with pytest.raises(Denied):
            field_addenda.seen(phone.visit, actor=phone.cast.actor("bureau"))


def test_an_answer_that_stood_against_another_is_said_beside_the_record(phone, other):
    theirs = answer(1, phone.items[0], "bad", "我看到没有人")
    assert other.outcome(theirs) == ["held"]
    other.next = 2
    other.send(part(other))
    seal(phone)
    assert phone.outcome(sign(phone)) == ["applied"]
    assert outcome(phone.cast, theirs).state == "addendum"


def test_sent_back_the_version_is_void_and_another_is_signed(phone, other):
    seal(phone)
    phone.send(sign(phone, without="那台手机没有网络"))
    with district_scope(phone.cast.minhang):
        confirmations.return_visit(phone.visit, actor=phone.cast.actor("inspector2"))
        assert field_parts.current_record(phone.visit) is None
    assert phone.outcome(sign(phone, without="那台手机没有网络")) == ["applied"]
    with district_scope(phone.cast.minhang):
        assert field_parts.current_record(phone.visit).number == 2


def test_a_second_version_of_a_signed_visit_is_held(phone, other):
    seal(phone)
    seal(other)
    other.items = phone.items
    phone.send(sign(phone, without="那台手机没有网络"))
    told = other.send(row := sign(other, without="没有网络"))["outcomes"][row["uuid"]]
    assert (told["state"], told["code"]) == ("held", "signed")


def test_the_desk_asks_for_the_parts_of_phones_too(phone, other):
    with district_scope(phone.cast.minhang):
        actor = phone.cast.actor("inspector")
        with pytest.raises(Refused) as refused:
            visits.sign_off(phone.visit, present="陈老师", actor=actor)
        assert refused.value.code == "parts"
        done = visits.sign_off(phone.visit, present="陈老师", without="两台手机都没电了", actor=actor)
        assert done.state == "signed"


def test_a_lost_phone_is_not_waited_for(phone, other):
    with district_scope(phone.cast.minhang):
        bureau = phone.cast.actor("bureau")
        for one in (phone, other):
            field_devices.revoke_passes(phone.visit, one.device, actor=bureau)
        assert (
            visits.sign_off(phone.visit, present="陈老师", actor=phone.cast.actor("inspector")).state
            == "signed"
        )


# --- Decisions ------------------------------------------------------------------------------------


@pytest.fixture
def conflict(phone, other):
    row = answer(1, phone.items[0], "bad", "我看到没有人")
    other.send(row)
    return row


@pytest.mark.parametrize("who", ["bureau", "inspector", "inspector2"])
def test_the_phones_answer_is_used(phone, conflict, who):
    with district_scope(phone.cast.minhang):
        one = field_settle.use(outcome_now(conflict), actor=phone.cast.actor(who))
        saved = Answer.objects.get(item=phone.items[0])
        assert (saved.value, saved.note, saved.by) == ("bad", "我看到没有人", phone.cast.inspector2)
        assert (one.state, one.decided_by) == ("adopted", phone.cast.users[who])
        with pytest.raises(Conflict):
            field_settle.set_aside(one, actor=phone.cast.actor(who))


def outcome_now(row) -> FieldOutcome:
    return FieldOutcome.objects.select_related("operation").get(operation__uuid=row["uuid"])


def test_what_is_not_used_stays_on_record(phone, conflict):
    with district_scope(phone.cast.minhang):
        one = field_settle.set_aside(outcome_now(conflict), actor=phone.cast.actor("bureau"))
        assert one.state == "dropped" and one.operation.payload["note"] == "我看到没有人"
        assert Answer.objects.get(item=phone.items[0]).value == "ok"


def test_who_left_the_team_hands_over_an_answer_that_is_used(phone, other):
    with district_scope(phone.cast.minhang):
        from django.utils import timezone

        TeamMember.objects.filter(inspector__user=phone.cast.inspector2).update(dropped_at=timezone.now())
    row = answer(1, phone.items[0], "bad", "我看到没有人")
    assert other.outcome(row) == ["held"]
    with district_scope(phone.cast.minhang):
        field_settle.use(outcome_now(row), actor=phone.cast.actor("inspector"))
        assert Answer.objects.get(item=phone.items[0]).by == phone.cast.inspector2


def test_of_a_visit_that_was_struck_off_nothing_can_be_used(phone, conflict):
    with district_scope(phone.cast.minhang):
        cancellations.request_cancel(
            phone.visit, reason="force_majeure", note="示例台风停课", actor=phone.cast.actor("bureau")
        )
        cancellations.confirm_cancel(phone.visit, actor=phone.cast.actor("head"))
        with pytest.raises(Refused):
            field_settle.use(outcome_now(conflict), actor=phone.cast.actor("bureau"))
        assert (
            field_settle.set_aside(outcome_now(conflict), actor=phone.cast.actor("bureau")).state == "dropped"
        )


def test_a_signing_that_was_held_up_is_taken_with_a_reason(phone, other):
    seal(phone)
    phone.send(row := sign(phone))
    with district_scope(phone.cast.minhang):
        with pytest.raises(Refused):
            field_settle.use(outcome_now(row), actor=phone.cast.actor("bureau"))
        field_settle.use(outcome_now(row), reason="JC902 手机坏了", actor=phone.cast.actor("bureau"))
        assert FieldRecord.objects.get().without == "JC902 手机坏了"
    assert state(phone.cast) == "signed"


def test_a_checklist_that_got_a_new_version_is_shown_and_used_by_its_key(phone):
    """The phone had the version before; the item with the same key takes the answer."""
    with district_scope(phone.cast.minhang):
        item = Answer.objects.get(item=phone.items[0]).item
        old = type(item).objects.exclude(version=item.version).exclude(pk__in=phone.items).first()
        type(item).objects.filter(pk=old.pk).update(key=item.key)
    row = answer(phone.next, old.pk, "bad", "旧表上看到的")
    assert phone.outcome(row) == ["held"]
    client = Client()
    client.force_login(phone.cast.bureau)
    url = f"/minhang/inspections/{phone.visit.pk}/field/"
    assert "旧表上看到的" in client.get(url).content.decode()
    assert client.post(url, {"operation": row["uuid"], "what": "use"}).status_code == 302
    with district_scope(phone.cast.minhang):
        assert Answer.objects.get(item=phone.items[0]).note == "旧表上看到的"


def test_strangers_decide_nothing(phone, conflict):
    with district_scope(phone.cast.minhang):
        for name in ("operator", "officer", "auditor"):
            with pytest.raises(Denied):
                field_settle.use(outcome_now(conflict), actor=phone.cast.actor(name))
