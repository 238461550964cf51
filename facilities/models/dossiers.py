"""Dossiers that somebody had printed: what was asked for, and the file with what that person might see."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from facilities.models.facilities import Facility
from portal.choices import in_language
from portal.models.records import StoredFile
from portal.rules.states import EXPORT
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet


class PrintQuerySet(TenantQuerySet):
    def for_actor(self, actor):
        """A print is its maker's alone: what it holds was seen with that person's reach."""
        return self.filter(created_by=actor.user) if actor.user else self.none()


class DossierPrint(TenantModel):
    """A facility's dossier as PDF."""

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=in_language(EXPORT.choices), default=EXPORT.initial)
    kinds = models.JSONField(default=list, help_text="keys of portal.dossier.KINDS, none for all")
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    events = models.PositiveIntegerField(null=True, blank=True)
    problem = models.CharField(max_length=200, blank=True)
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+")

    objects = PrintQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["district", "created_by", "-id"], name="dossier_by_person")]

    def __str__(self):
        return str(self.pk)
