"""A phone's file at a desk: taken whole and once; one that was changed, cut off or is another's is refused whole."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import uuid

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from inspections.models import AnswerPhoto, FieldFile, FieldOperation, Inspection
from inspections.services import field_day
from portal.tenancy import district_scope
from tests.inspections.field_phones import Phone, answer, operation, prepare
from tests.inspections.test_field_log import JPEG, photo, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone(cast):
    return Phone(Client(), prepare(cast), "inspector", cast.visit)


def sealed(phone, name: str, content: bytes) -> dict:
    """As static/js/field/seal.js seals a row: its name is bound to it."""
    iv = os.urandom(12)
    data = AESGCM(base64.b64decode(phone.device.key)).encrypt(iv, content, name.encode())
    return {"iv": base64.b64encode(iv).decode(), "data": base64.b64encode(data).decode()}


def about(phone) -> dict:
    return {"person": phone.device.user_id, "visit": phone.visit.pk}


def line(phone, row: dict) -> dict:
    content = {name: row[name] for name in ("item", "payload", "made_at", "offset_ms")}
    given = {"operation": row["uuid"], "sequence": row["sequence"], "kind": row["kind"]} | about(phone)
    return given | sealed(phone, row["uuid"], json.dumps(content).encode())


def head(phone, **more) -> dict:
    return {"shanyu_field": 1, "district": "minhang", "device": str(phone.device.device)} | more


def first_item(phone) -> int:
    """An item of the lists that the phone took along, before the visit begins."""
    with district_scope(phone.cast.minhang):
        return field_day.lists_of(phone.visit, timezone.localdate())[0]["items"][0]["id"]


def whole(phone) -> list[dict]:
    """A visit begun, an item that failed, its photograph; as static/js/field/save.js writes it."""
    item = first_item(phone)
    digest = hashlib.sha256(JPEG).hexdigest()
    picture = {"file": "p-1", "sha256": digest, "size": len(JPEG)} | about(phone)
    return [
        head(phone),
        line(phone, start()),
        line(phone, answer(2, item, "bad", "门岗没有人")),
        line(phone, photo(3, item)),
        picture | sealed(phone, "p-1", JPEG),
    ]


def bring(phone, rows: list[dict] | bytes, name: str = "inspector2"):
    """Another one of the team brings it in; the page's answer."""
    body = rows if isinstance(rows, bytes) else "\n".join(json.dumps(row) for row in rows).encode()
    client = Client()
    client.force_login(phone.cast.users[name])
    upload = SimpleUploadedFile("shanyu.ndjson", body, "application/x-ndjson")
    return client.post("/minhang/field/bring/", {"file": upload})


def nothing_taken(phone) -> bool:
    with district_scope(phone.cast.minhang):
        visit = Inspection.objects.get(pk=phone.visit.pk)
        return visit.state == "due" and not FieldOperation.objects.exists() and not FieldFile.objects.exists()


def test_what_was_saved_comes_in_once_under_the_name_of_whoever_made_it(phone):
    rows = whole(phone)
    for _twice in range(2):
        assert bring(phone, rows).status_code == 200
    with district_scope(phone.cast.minhang):
        made = FieldOperation.objects.order_by("sequence")
        assert [(one.kind, one.by_file, one.device.user_id) for one in made] == [
            (kind, True, phone.cast.inspector.pk) for kind in ("start", "answer", "photo")
        ]
        shot = AnswerPhoto.objects.select_related("answer", "file").get()
        assert (shot.answer.note, shot.answer.by) == ("门岗没有人", phone.cast.inspector)
        assert shot.file.sha256 == hashlib.sha256(JPEG).hexdigest()


def other_bytes(text: str) -> str:
    content = bytearray(base64.b64decode(text))
    content[-1] ^= 1
    return base64.b64encode(bytes(content)).decode()


#: What somebody could do to a file, of the lines that `whole` gives.
CHANGED = {
    "a byte of an answer": lambda rows: [*rows[:2], rows[2] | {"data": other_bytes(rows[2]["data"])}, *rows[3:]],
    "an answer under another's name": lambda rows: [*rows[:2], rows[2] | {"operation": rows[3]["operation"]}],
    "a byte of the photograph": lambda rows: [*rows[:4], rows[4] | {"data": other_bytes(rows[4]["data"])}],
    "the photograph in an answer's place": lambda rows: [*rows[:2], rows[2] | {k: rows[4][k] for k in ("iv", "data")}],
    "a fingerprint that is none": lambda rows: [*rows[:4], rows[4] | {"sha256": "x"}],
    "a person that is none": lambda rows: [*rows[:2], rows[2] | {"person": "you"}],
    "another district": lambda rows: [rows[0] | {"district": "jinshan"}, *rows[1:]],
    "no head": lambda rows: rows[1:],
    "no phone": lambda rows: [rows[0] | {"device": "x"}, *rows[1:]],
    "another edition": lambda rows: [rows[0] | {"shanyu_field": 2}, *rows[1:]],
    "a line that is no object": lambda rows: [*rows, []],
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGED)
def test_a_file_that_was_changed_is_refused_whole(phone, what):
    answer_ = bring(phone, CHANGED[what](whole(phone)))
    assert answer_.status_code == 422 and "从手机上再存一次" in answer_.content.decode()
    assert nothing_taken(phone)


def test_a_file_that_is_cut_off_is_refused_whole(phone):
    body = "\n".join(json.dumps(row) for row in whole(phone)).encode()
    assert bring(phone, body[:-40]).status_code == 422
    assert nothing_taken(phone)
    assert bring(phone, b"").status_code == 422 and bring(phone, b"\xff\xfe").status_code == 422
    assert nothing_taken(phone)


def test_what_is_no_business_of_whoever_brings_it_in_is_counted_and_left(phone):
    stranger = line(phone, answer(2, first_item(phone))) | {"person": 999_999}
    gone = line(phone, operation(3, "start", versions=[])) | {"visit": 999_999}
    answer_ = bring(phone, [head(phone), stranger, gone])
    assert answer_.status_code == 200 and "2" in answer_.content.decode()
    assert nothing_taken(phone)
    assert bring(phone, [head(phone, device=str(uuid.uuid4())), *whole(phone)[1:]]).status_code == 200
    assert nothing_taken(phone)
