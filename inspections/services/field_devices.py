"""Phones of the field: the key that seals what lies on one, and passes for what it sends of a visit."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import FieldDevice, FieldPass, Inspection
from inspections.rules import field as rules
from inspections.services.answers import demand_member, lock
from portal.access import Actor
from portal.errors import Conflict, Denied
from portal.services import audit

PASSES_PER_VISIT = 200


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_device(
    device: UUID, *, label: str, offset_ms: int = 0, actor: Actor, now: datetime | None = None
) -> FieldDevice:
    """The person's phone, known from now on; each person on a phone has an own key, made once."""
    actor.demand("field.use")
    now = now or timezone.now()
    found = FieldDevice.objects.select_for_update().filter(user=actor.user, device=device).first()
    if found is None:
        found = FieldDevice.objects.create(
            user=actor.user,
            device=device,
            label=label[:80],
            key=base64.b64encode(secrets.token_bytes(32)).decode(),
            made_at=now,
            seen_at=now,
            offset_ms=offset_ms,
        )
        audit.record("inspections.field.device", found, actor=actor, name=found.label)
        return found
    found.label, found.seen_at, found.offset_ms = label[:80], now, offset_ms
    found.save(update_fields=["label", "seen_at", "offset_ms"])
    return found


def issue_pass(
    inspection: Inspection, device: FieldDevice, *, actor: Actor, now: datetime | None = None
) -> str:
    """A new token for what this phone sends of this visit; the server keeps its hash only. Denied outside of the
    team, Conflict when the visit has had more passes than any team needs."""
    inspection = lock(inspection)
    demand_member(inspection, actor)
    if not actor.same_person(device.user):
        raise Denied(_("这台设备登记在别人名下"))
    if inspection.passes.count() >= PASSES_PER_VISIT:
        raise Conflict(_("这次检查已经发过太多上传凭证，先请区教育局看看"), code="passes")
    token = f"sf_{inspection.pk}_{secrets.token_urlsafe(32)}"
    FieldPass.objects.create(
        inspection=inspection, device=device, token_sha256=hashed(token), issued_at=now or timezone.now()
    )
    audit.record("inspections.field.pass", inspection, actor=actor, changes={"device": device.label})
    return token


def closed_at(inspection: Inspection) -> datetime | None:
    return inspection.confirmed_at or inspection.cancelled_at


def pass_of(token: str, now: datetime) -> FieldPass | None:
    """The pass with this token if it still holds: not taken back, the person at work, the visit not long closed."""
    found = (
        FieldPass.objects.filter(token_sha256=hashed(token), revoked_at__isnull=True)
        .select_related("device__user", "inspection__facility")
        .first()
    )
    if found is None or not found.device.user.is_active:
        return None
    closed = closed_at(found.inspection)
    if closed and now > closed + timedelta(days=rules.PASS_DAYS):
        return None
    return found


def revoke_passes(
    inspection: Inspection, device: FieldDevice, *, actor: Actor, now: datetime | None = None
) -> int:
    """A phone that was lost sends nothing more of this visit; how many passes that ended. What came stays."""
    actor.demand("field.settle")
    inspection = lock(inspection)
    ended = inspection.passes.filter(device=device, revoked_at__isnull=True).update(
        revoked_at=now or timezone.now(), revoked_by=actor.user
    )
    if ended:
        audit.record(
            "inspections.field.revoke",
            inspection,
            actor=actor,
            changes={"device": device.label, "passes": ended},
        )
    return ended
