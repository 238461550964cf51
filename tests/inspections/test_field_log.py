"""What phones send: in any order, twice without harm, never dropped; passes; pieces of files; wrong clocks."""

from __future__ import annotations

import hashlib
import json
import random
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from facilities.models import Facility
from inspections.models import (
    Answer,
    AnswerPhoto,
    ChecklistItem,
    FieldFile,
    FieldOperation,
    FieldOutcome,
    FieldPass,
    Inspection,
    Inspector,
    TeamMember,
    VoiceNote,
)
from inspections.rules import field as rules
from inspections.services import answers, cancellations, confirmations, field_devices, field_files, visits
from portal.access import Actor
from portal.errors import Denied
from portal.services.files import path_of
from portal.tenancy import district_scope
from tests.inspections import factories
from tests.inspections.field_phones import Phone, answer, items, operation, prepare

pytestmark = pytest.mark.django_db
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
VOICE = b"\x1a\x45\xdf\xa3" + bytes(range(256))


@pytest.fixture
def field(cast):
    return prepare(cast)


@pytest.fixture
def phone(field):
    return Phone(Client(), field, "inspector", field.visit)


@pytest.fixture
def other(field):
    return Phone(Client(), field, "inspector2", field.visit)


def start(sequence: int = 1, **more):
    return operation(sequence, "start", versions=[], **more)


def started(phone) -> list[int]:
    phone.send(start())
    return items(phone.cast, phone.visit)


def given_to(cast, item: int) -> tuple[str, str] | None:
    with district_scope(cast.minhang):
        return Answer.objects.filter(item=item).values_list("value", "note").first()


def fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def photo(sequence: int, item: int, content: bytes = JPEG, kind: str = "photo", **meta):
    return operation(sequence, kind, item, sha256=fingerprint(content), size=len(content), meta=meta)


def test_what_was_done_on_a_phone_is_in_the_record(phone):
    with district_scope(phone.cast.minhang):
        asked = list(ChecklistItem.objects.order_by("pk").values_list("pk", flat=True))
    assert phone.outcome(start()) == ["applied"]
    ids = items(phone.cast, phone.visit)
    assert set(ids) <= set(asked)
    assert (
        phone.outcome(answer(2, ids[0]), answer(3, ids[1], "bad", "门岗没有人", mended=True))
        == ["applied"] * 2
    )
    assert given_to(phone.cast, ids[1]) == ("bad", "门岗没有人")
    with district_scope(phone.cast.minhang):
        saved = Answer.objects.get(item=ids[1])
        assert saved.by == phone.cast.inspector and saved.mended_on_the_spot


def test_a_batch_that_comes_twice_changes_nothing(phone):
    ids = started(phone)
    rows = [answer(2, ids[0]), answer(3, ids[0], "bad", "再看一遍"), answer(4, ids[1])]
    first = phone.send(*rows)["outcomes"]
    with district_scope(phone.cast.minhang):
        before = list(Answer.objects.order_by("pk").values_list("pk", "version", "note"))
    assert phone.send(*rows)["outcomes"] == first
    with district_scope(phone.cast.minhang):
        assert list(Answer.objects.order_by("pk").values_list("pk", "version", "note")) == before
        assert FieldOperation.objects.count() == 4


@pytest.mark.parametrize("seed", range(4))
def test_any_order_gives_the_same_record(phone, seed):
    """Answers before the start, the later answer before the earlier one, a picture before its operation."""
    with district_scope(phone.cast.minhang):
        visits.start(phone.visit, actor=phone.cast.actor("inspector"))
        ids = items(phone.cast, phone.visit)
        Inspection.objects.update(state="due")
        from inspections.models import InspectionChecklist

        InspectionChecklist.objects.all().delete()
    rows = [
        start(),
        answer(2, ids[0], "unseen", "门锁着"),
        answer(3, ids[0], "bad", "门开了，没有人"),
        photo(4, ids[0]),
        answer(5, ids[1]),
        answer(6, ids[2], "bad", "过期"),
        answer(7, ids[2], "bad", "过期两个月"),
    ]
    dice = random.Random(seed)
    dice.shuffle(rows)
    half = dice.randrange(len(rows))
    phone.send(*rows[:half])
    phone.piece(fingerprint(JPEG), JPEG, 0, len(JPEG))
    for row in rows[half:]:
        phone.send(row)
    phone.send(*rows)
    assert given_to(phone.cast, ids[0]) == ("bad", "门开了，没有人")
    assert given_to(phone.cast, ids[2]) == ("bad", "过期两个月")
    with district_scope(phone.cast.minhang):
        assert Answer.objects.count() == 3 and AnswerPhoto.objects.count() == 1
        assert set(FieldOutcome.objects.values_list("state", flat=True)) <= {"applied", "replaced"}


def test_two_phones_on_one_item_keep_both_until_one_is_chosen(phone, other):
    ids = started(phone)
    phone.send(answer(2, ids[0], "bad", "门岗没有人"))
    theirs = answer(1, ids[0], "ok")
    told = other.send(theirs)
    assert told["outcomes"][theirs["uuid"]]["state"] == "held"
    assert told["outcomes"][theirs["uuid"]]["code"] == "answer_conflict"
    assert told["visit"]["answers"][str(ids[0])]["note"] == "门岗没有人"
    assert told["visit"]["held"][0]["uuid"] == theirs["uuid"]
    assert given_to(phone.cast, ids[0]) == ("bad", "门岗没有人")
    chosen = answer(2, ids[0], "ok", base=1)
    assert other.outcome(chosen) == ["applied"]
    assert other.send(ask=[theirs["uuid"]])["outcomes"][theirs["uuid"]]["state"] == "replaced"
    assert given_to(phone.cast, ids[0]) == ("ok", "")


def test_what_cannot_be_applied_is_kept_with_its_reason(phone, other):
    ids = started(phone)
    with district_scope(phone.cast.minhang):
        process = Actor.system(phone.cast.minhang, "test")
        cancellations.request_cancel(
            phone.visit, reason="force_majeure", note="示例台风停课", actor=phone.cast.actor("bureau")
        )
        cancellations.confirm_cancel(phone.visit, actor=phone.cast.actor("head"))
        assert process.process
    late = answer(2, ids[0], "bad", "停课以前看到的")
    told = phone.send(late)["outcomes"][late["uuid"]]
    assert told["state"] == "held" and "已经不在进行中" in told["sentence"]
    with district_scope(phone.cast.minhang):
        assert FieldOperation.objects.get(uuid=late["uuid"]).payload["note"] == "停课以前看到的"


def test_a_visit_struck_off_before_its_start_came_is_held(phone):
    with district_scope(phone.cast.minhang):
        cancellations.request_cancel(
            phone.visit, reason="force_majeure", note="示例台风停课", actor=phone.cast.actor("bureau")
        )
        cancellations.confirm_cancel(phone.visit, actor=phone.cast.actor("head"))
    assert phone.outcome(start()) == ["held"]


def test_somebody_who_left_the_team_hands_over_what_was_done(phone, other):
    ids = started(phone)
    with district_scope(phone.cast.minhang):
        TeamMember.objects.filter(inspector__user=phone.cast.inspector2).update(dropped_at=timezone.now())
    mine = answer(1, ids[0], "bad", "我走以前看到的")
    told = other.send(mine)["outcomes"][mine["uuid"]]
    assert (told["state"], told["code"]) == ("held", "not_in_team")


def test_an_item_of_another_version_is_held(phone):
    ids = started(phone)
    with district_scope(phone.cast.minhang):
        foreign = ChecklistItem.objects.exclude(pk__in=ids).first()
    assert foreign is not None
    one, unknown = answer(2, foreign.pk, "ok"), answer(3, 987_654_321, "ok")
    assert phone.outcome(one, unknown) == ["held", "held"]


# --- Clocks ---------------------------------------------------------------------------------------


def test_both_times_of_a_wrong_clock_are_kept(phone):
    ids = started(phone)
    now = timezone.now()
    slow = answer(2, ids[0], made_at=now - timedelta(hours=5)) | {"offset_ms": 5 * 3600 * 1000}
    ahead = answer(3, ids[1], made_at=now + timedelta(hours=5))
    assert phone.outcome(slow, ahead) == ["applied", "applied"]
    with district_scope(phone.cast.minhang):
        for item in ids[:2]:
            assert abs(Answer.objects.get(item=item).at - now) < timedelta(minutes=1)
        kept = FieldOperation.objects.get(uuid=slow["uuid"])
        assert abs(kept.made_at - (now - timedelta(hours=5))) < timedelta(seconds=1)
        assert kept.offset_ms == 5 * 3600 * 1000


def test_a_clock_is_wrong_from_two_minutes_on():
    assert not rules.wrong_clock(119_000) and rules.wrong_clock(121_000) and rules.wrong_clock(-121_000)


# --- Files ----------------------------------------------------------------------------------------


def test_a_file_comes_in_pieces_and_its_picture_waits_for_the_last(phone):
    ids = started(phone)
    row = photo(2, ids[0], latitude="31.1", taken_at="2026-11-22T10:00:00Z", covered="1")
    assert phone.outcome(row) == ["waiting"]
    digest, size = fingerprint(JPEG), len(JPEG)
    assert phone.piece(digest, JPEG[:4000], 0, size).json() == {"received": 4000, "done": False}
    # a gap, a piece again, a piece that overlaps
    assert phone.piece(digest, JPEG[6000:], 6000, size).json()["received"] == 4000
    assert phone.piece(digest, JPEG[:4000], 0, size).json()["received"] == 4000
    assert phone.piece(digest, JPEG[3000:7000], 3000, size).json()["received"] == 7000
    there = phone.client.get(f"/field/minhang/files/{digest}/", headers=phone.headers()).json()
    assert there == {"received": 7000, "done": False}
    assert phone.piece(digest, JPEG[7000:], 7000, size).json() == {"received": size, "done": True}
    assert phone.piece(digest, JPEG, 0, size).json()["done"]
    with district_scope(phone.cast.minhang):
        one = AnswerPhoto.objects.get()
        assert path_of(one.file).read_bytes() == JPEG
        assert (one.meta["latitude"], one.meta["covered"]) == ("31.1", "1")
        visit = one.answer.inspection_id
    # beside the picture for the team and the bureau, at the sheet and at the visit's page; nobody of the facility sees it
    for name in ("inspector", "bureau"):
        phone.client.force_login(phone.cast.users[name])
        page = phone.client.get(f"/minhang/inspections/{visit}/").content.decode()
        assert "手机时钟 2026-11-22 18:00:00" in page and "遮掉 1 处" in page, name
    phone.client.force_login(phone.cast.users["operator"])
    assert phone.client.get(f"/minhang/inspections/{visit}/").status_code in (403, 404)
    phone.client.logout()
    assert phone.send(ask=[row["uuid"]])["outcomes"][row["uuid"]]["state"] == "applied"


def test_a_file_that_is_not_what_it_was_begins_anew(phone):
    digest, size = fingerprint(JPEG), len(JPEG)
    broken = JPEG[:-1] + b"x"
    assert phone.piece(digest, broken, 0, size).json() == {"received": 0, "done": False}
    assert phone.piece(digest, JPEG, 0, size).json()["done"]


def test_a_part_that_the_disk_lost_begins_anew(phone):
    digest, size = fingerprint(JPEG), len(JPEG)
    phone.piece(digest, JPEG[:4000], 0, size)
    with district_scope(phone.cast.minhang):
        field_files.part_path(FieldFile.objects.get()).unlink()
    assert phone.piece(digest, JPEG[4000:], 4000, size).json()["received"] == 0


def test_a_picture_that_was_taken_away_again_is_none(phone):
    ids = started(phone)
    phone.piece(fingerprint(JPEG), JPEG, 0, len(JPEG))
    gone = operation(3, "unphoto", ids[0], sha256=fingerprint(JPEG))
    phone.send(photo(2, ids[0]))
    phone.send(gone)
    with district_scope(phone.cast.minhang):
        assert not AnswerPhoto.objects.exists()


def test_what_was_spoken_is_kept(phone):
    ids = started(phone)
    phone.send(photo(2, ids[0], VOICE, kind="voice", seconds="4"))
    assert phone.piece(fingerprint(VOICE), VOICE, 0, len(VOICE)).json()["done"]
    with district_scope(phone.cast.minhang):
        assert VoiceNote.objects.get().file.content_type == "audio/webm"


@pytest.mark.parametrize(
    ("size", "offset", "status"),
    [("x", "0", 400), ("99999999999", "0", 400), ("0", "0", 400), ("10", "-1", 400)],
)
def test_a_file_of_no_size_is_refused(phone, size, offset, status):
    assert phone.piece(fingerprint(JPEG), JPEG, offset, size).status_code == status
    assert phone.piece("x" * 64, JPEG, 0, len(JPEG)).status_code == 400


def test_the_app_can_be_installed(phone):
    """Its manifest has what browsers ask for, and every icon is there in the size that it says."""
    phone.client.force_login(phone.cast.inspector)
    answer_ = phone.client.get("/minhang/field/app.webmanifest")
    assert answer_["Content-Type"] == "application/manifest+json"
    body = answer_.json()
    assert (body["start_url"], body["scope"], body["display"]) == (
        "/minhang/field/",
        "/minhang/field/",
        "standalone",
    )
    assert "闵行" in body["name"] and body["short_name"]
    sizes = {}
    for icon in body["icons"]:
        path = Path(settings.BASE_DIR) / icon["src"].lstrip("/")
        assert path.is_file(), icon
        if icon["type"] == "image/png":
            sizes[icon["sizes"]] = Image.open(path).size
    assert sizes == {"192x192": (192, 192), "512x512": (512, 512)}
    page = phone.client.get("/minhang/field/").content.decode()
    assert 'rel="manifest"' in page and "/minhang/field/app.webmanifest" in page


# --- Passes ---------------------------------------------------------------------------------------


def test_a_pass_opens_one_visit_for_one_person(phone, other):
    assert phone.send(status=200)["visit"]["state"] == "due"
    with district_scope(phone.cast.minhang):
        assert not FieldPass.objects.filter(token_sha256=phone.token).exists()
        with pytest.raises(Denied):
            field_devices.issue_pass(phone.visit, other.device, actor=phone.cast.actor("inspector"))
        with pytest.raises(Denied):
            field_devices.issue_pass(phone.visit, other.device, actor=phone.cast.actor("bureau"))


def test_a_visit_that_is_gone_and_has_no_pass_holds_no_other_up(phone):
    """A phone that was without a network asks for a pass of what was struck off meanwhile, beside another's."""
    cast, client = phone.cast, phone.client
    with district_scope(cast.minhang):
        team = list(Inspector.objects.filter(user__in=[cast.inspector, cast.users["inspector2"]]))
        month, place = timezone.localdate().replace(day=1), Facility.objects.get(code="TS0002")
        another = factories.drawn(place, team, number="JC-2603-002", month=month)
        Inspection.objects.filter(pk=phone.visit.pk).update(state="cancelled")
    client.force_login(cast.inspector)
    form = {"device": str(phone.device.device), "label": "a", "offset_ms": "0"}
    ids = [phone.visit.pk, another.pk, 999_999]
    answer_ = client.post("/minhang/field/open/", form | {"passes": ids})
    assert answer_.status_code == 200, answer_.content
    assert list(answer_.json()["passes"]) == [str(another.pk)]
    assert [one["id"] for one in answer_.json()["day"]["visits"]] == [another.pk]
    with district_scope(cast.minhang):
        assert FieldPass.objects.get(inspection=another).device == phone.device
        assert FieldPass.objects.filter(inspection=phone.visit).count() == 1  # the one that it had
    for wrong in ("x", "-1", "٣"):
        assert client.post("/minhang/field/open/", form | {"passes": [wrong]}).status_code == 422


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer sf_1_x", "Bearer sy_minhang_x", "Basic x", "Bearer sf_ä"]
)
def test_without_a_pass_the_door_is_shut(phone, header):
    reply = phone.client.post(
        "/field/minhang/operations/", "{}", content_type="application/json", headers={"Authorization": header}
    )
    assert reply.status_code == 401 and reply["Content-Type"] == "application/problem+json"


def test_a_pass_of_one_district_opens_no_other(phone):
    reply = phone.client.get("/field/jinshan/state/", headers=phone.headers())
    assert reply.status_code == 401
    assert phone.client.get("/field/nowhere/state/", headers=phone.headers()).status_code == 404


def test_a_pass_that_was_taken_back_opens_nothing(phone):
    with district_scope(phone.cast.minhang):
        assert field_devices.revoke_passes(phone.visit, phone.device, actor=phone.cast.actor("bureau")) == 1
    phone.send(status=401)


def test_a_pass_outlives_the_session_and_ends_after_the_visit(phone):
    ids = started(phone)
    with district_scope(phone.cast.minhang):
        actor = phone.cast.actor("inspector")
        factories.all_ok(Inspection.objects.get(pk=phone.visit.pk), actor)
        visits.sign_off(phone.visit, present="陈老师", without="手机留在单位，内容已在这里", actor=actor)
        confirmations.confirm_visit(phone.visit, actor=phone.cast.actor("inspector2"))
    assert phone.outcome(answer(2, ids[0], "bad", "后来想起来的")) != ["applied"]
    with district_scope(phone.cast.minhang):
        Inspection.objects.update(confirmed_at=timezone.now() - timedelta(days=rules.PASS_DAYS, minutes=1))
    phone.send(status=401)


def test_who_no_longer_works_here_sends_nothing(phone):
    user = phone.cast.inspector
    user.is_active = False
    user.save()
    phone.send(status=401)


def test_the_door_takes_no_session_in_the_place_of_a_pass(phone):
    phone.client.force_login(phone.cast.inspector)
    reply = phone.client.post("/field/minhang/operations/", "{}", content_type="application/json")
    assert reply.status_code == 401


def test_too_much_at_a_time_is_told_to_wait(phone, monkeypatch):
    monkeypatch.setattr("inspections.views.field_door.PER_MINUTE", 2)
    phone.send()
    phone.send()
    phone.send(status=429)


# --- Shapes ---------------------------------------------------------------------------------------

JUNK = [
    {"uuid": "x"}, {"sequence": 0}, {"sequence": "1"}, {"sequence": True}, {"kind": "drop"}, {"kind": None},
    {"item": "1"}, {"item": 2**63}, {"item": None}, {"payload": []}, {"payload": {"value": 1}},
    {"payload": {"value": "ok", "note": "长" * 20_000}}, {"payload": {"base": -1}}, {"payload": {"mended": "yes"}},
    {"made_at": "yesterday"}, {"made_at": "0001-01-01T00:00:00+00:00"}, {"made_at": "9999-12-31T00:00:00+00:00"},
    {"made_at": "2026-11-22T10:00:00"}, {"made_at": "２０２６-11-22T10:00:00+00:00"}, {"offset_ms": "0"},
    {"offset_ms": 10**14},
]  # fmt: skip


@pytest.mark.parametrize("junk", JUNK, ids=str)
def test_what_no_phone_of_ours_sends_is_refused_whole(phone, junk):
    told = phone.send(answer(1, 5), answer(2, 5) | junk, status=400)
    assert told["code"] == "malformed"
    with district_scope(phone.cast.minhang):
        assert not FieldOperation.objects.exists()


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"operations": 1}', "[" * 5000, '{"operations": [1]}', "\xff"]
)
def test_a_body_that_is_none_is_refused(phone, body):
    reply = phone.client.post(
        "/field/minhang/operations/", body, content_type="application/json", headers=phone.headers()
    )
    assert reply.status_code == 400


def test_two_operations_of_one_number_are_refused(phone):
    phone.send(start())
    phone.send(start(), status=409)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda s: st.lists(s, max_size=3) | st.dictionaries(st.text(max_size=8), s, max_size=4),
        max_leaves=12,
    )
)
def test_nothing_but_malformed_comes_of_junk(raw):
    try:
        rules.operation(raw)
    except rules.Malformed:
        pass


def test_a_note_loses_what_is_no_text(phone):
    ids = started(phone)
    phone.send(json.loads(json.dumps(answer(2, ids[0], "bad", "有\u0000没有\u0007人"))))
    assert given_to(phone.cast, ids[0]) == ("bad", "有没有人")
    assert answers.rules.NOTE_LENGTH < rules.NOTE_AT_MOST
