"""The audit entry that every changing service writes."""

from __future__ import annotations

from django.db.models import Model

from portal.access import Actor
from portal.models.records import AuditEntry


def record(
    action: str, subject: Model | None, *, actor: Actor, changes: dict | None = None, name: str = ""
) -> AuditEntry:
    """Writes who did `action` to `subject`; `changes` is {field: [before, after]} or facts, without personal data."""
    return AuditEntry.objects.create(
        user=actor.user,
        actor=actor.label[:80],
        action=action,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        subject=(name or str(subject or ""))[:200],
        changes=changes or {},
    )
