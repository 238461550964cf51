"""Files with rights, the audit log, series of numbers."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from portal.rules.rights import Reach
from portal.tenancy import TenantModel


class StoredFile(TenantModel):
    """A file kept for a record, under its SHA-256; served only through a view that asks for the record's right."""

    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=80)
    size = models.PositiveBigIntegerField()
    path = models.CharField(max_length=200, help_text="below the storage's root")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    reach_paths = {Reach.SELF: "created_by"}


class AuditEntry(TenantModel):
    """One change, written by the function that made it. Never changed, never deleted by the application."""

    at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor = models.CharField(max_length=80, help_text="name and roles as they were, or what ran")
    action = models.CharField(max_length=60, help_text="inspections.order.close")
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField(null=True)
    subject = models.CharField(max_length=200)
    changes = models.JSONField(default=dict)

    append_only = True

    class Meta:
        indexes = [
            models.Index(fields=["district", "-at"], name="audit_at"),
            models.Index(fields=["district", "subject_type", "subject_id"], name="audit_subject"),
        ]


class Series(TenantModel):
    """The last number given in a series: ZG-2603 → 31."""

    name = models.CharField(max_length=60)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "name"], name="series_name")]
