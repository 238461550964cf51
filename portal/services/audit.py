"""The audit entry that every changing service writes."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Model

from portal.access import Actor
from portal.models.records import AuditEntry


def record(
    action: str, subject: Model | None, *, actor: Actor, changes: dict | None = None, name: str = ""
) -> AuditEntry:
    """Writes who did `action` to `subject`; `changes` is {field: [before, after]} or facts, without personal data."""
    row = entry(action, subject, actor=actor, changes=changes, name=name)
    row.save(force_insert=True)
    return row


def record_many(action: str, subjects: Iterable[tuple[Model, dict]], *, actor: Actor) -> None:
    """One entry for each of (subject, changes), at once."""
    rows = [entry(action, subject, actor=actor, changes=changes) for subject, changes in subjects]
    AuditEntry.objects.bulk_create(rows, batch_size=1000)


def entry(
    action: str, subject: Model | None, *, actor: Actor, changes: dict | None = None, name: str = ""
) -> AuditEntry:
    return AuditEntry(
        user=actor.user,
        actor=actor.label[:80],
        action=action,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        subject=(name or str(subject or ""))[:200],
        changes=changes or {},
    )
