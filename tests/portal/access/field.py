"""Rows of the field app: its page and what it opens with by sign-in, and the door of phones, which takes a pass only
(tests/inspections/test_field_log.py tells what passes open)."""

from __future__ import annotations

import json
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile

from inspections.models import (
    FieldAddendum,
    FieldDevice,
    FieldOperation,
    FieldOutcome,
    FieldPass,
    FieldRecord,
    FieldSignature,
)
from inspections.services.checklists import items_of
from tests import rows
from tests.portal.access.rows import Open, Row
from tests.portal.stage import Place

PHONE = str(UUID(int=7))


def opening(place: Place):
    return {}, {"device": PHONE, "label": "Chromium", "offset_ms": 0, "passes": []}


def bringing(place: Place):
    head = {"shanyu_field": 1, "district": place.district.slug, "device": PHONE}
    return {}, {"file": SimpleUploadedFile("shanyu.ndjson", json.dumps(head).encode())}


def of_district(place: Place) -> dict:
    return {"district": place.district.slug}


def of_file(place: Place) -> dict:
    return {"district": place.district.slug, "sha256": "0" * 64}


def phone_of(place: Place, visit) -> FieldDevice:
    """A phone with a pass for the visit."""
    user = place.inspectors[0].user
    device = rows.make(FieldDevice, user=user) if user else rows.make(FieldDevice)
    rows.make(FieldPass, inspection=visit, device=device)
    return device


def held_of(place: Place):
    """An answer of a phone that stands against the record's."""
    visit = place.visit("answered")
    item = items_of(visit).first()
    given = {"value": "bad", "note": "示例", "mended": False, "base": 0, "words": ""}
    one = rows.make(
        FieldOperation,
        inspection=visit,
        device=phone_of(place, visit),
        kind="answer",
        item=item,
        payload=given,
    )
    FieldOutcome.objects.create(operation=one, state="held", code="answer_conflict", sentence="示例")
    return visit, one


def deciding(place: Place):
    visit, one = held_of(place)
    return {"pk": visit.pk}, {"operation": str(one.uuid), "what": "use"}


def revoking(place: Place) -> dict:
    visit = place.visit("under_way")
    return {"pk": visit.pk, "device": phone_of(place, visit).pk}


def signed(place: Place) -> dict:
    visit = place.visit("signed")
    record = rows.make(FieldRecord, inspection=visit, device=phone_of(place, visit))
    return {
        "pk": visit.pk,
        "signature": rows.make(FieldSignature, record=record, file=place.stored()).pk,
    }


def added(place: Place) -> dict:
    visit = place.visit("finished")
    made = rows.make(
        FieldAddendum,
        inspection=visit,
        facility=place.facility,
        item=items_of(visit).first(),
        content={"sha256": "0" * 64},
        file=place.stored(),
    )
    return {"pk": visit.pk, "number": made.number}


def addenda(place: Place) -> dict:
    return {"pk": added(place)["pk"]}


FIELD = [
    Row("field", "GET", "field.use", denied=403),
    Row("field-worker", "GET", "field.use", denied=403),
    Row("field-manifest", "GET", "field.use", denied=403),
    Row("field-open", "POST", "field.use", denied=403, ok=200, make=opening),
    Row("field-bring", "GET", "field.bring", denied=403),
    Row("field-bring", "POST", "field.bring", denied=403, ok=200, make=bringing),
    Row("field-visit", "GET", "field.settle", make=lambda p: {"pk": held_of(p)[0].pk}),
    Row("field-visit", "POST", "field.settle", make=deciding),
    Row("field-revoke", "POST", "field.settle", make=revoking),
    Row("field-signature", "GET", "inspection.view", make=signed),
    Row("field-addenda", "GET", "addendum.view", denied=403, make=addenda),
    Row(
        "field-addenda", "POST", "addendum.view", denied=403, then=("addendum.acknowledge", 403), make=addenda
    ),
    Row("field-addendum-file", "GET", "addendum.view", make=added),
    Open("field-operations", "POST", 401, 401, make=of_district),
    Open("field-file", "GET", 401, 401, make=of_file),
    Open("field-file", "POST", 401, 401, make=of_file),
    Open("field-state", "GET", 401, 401, make=of_district),
]
