"""Who looked at a child's record, who allowed it, and what proves that it was deleted."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models.facilities import Facility
from facilities.models.families import Child
from facilities.rules.families import PURPOSES
from facilities.rules.states import ACCESS_REQUEST
from portal.choices import in_language
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet


class AccessRequestQuerySet(TenantQuerySet):
    def of(self, actor):
        """The actor's own requests."""
        return self.filter(asked_by=actor.user)

    def holding(self, now):
        """Approved and not over yet."""
        return self.filter(state="approved", expires_at__gt=now)


class AccessRequest(TenantModel):
    """Somebody of the district asks to open a child's record; another person decides, for some hours."""

    child = TenantForeignKey(Child, on_delete=models.CASCADE, related_name="access_requests")
    purpose = models.CharField(_("用途"), max_length=12, choices=in_language(PURPOSES.items()))
    reason = models.CharField(_("事由"), max_length=200)
    hours = models.PositiveSmallIntegerField(_("小时"))
    state = models.CharField(
        max_length=10, choices=in_language(ACCESS_REQUEST.choices), default=ACCESS_REQUEST.initial
    )
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = AccessRequestQuerySet.as_manager()
    reach_paths = {Reach.SELF: "asked_by"}

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True) | ~models.Q(decided_by=models.F("asked_by")),
                name="another_person_decides",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="approved") | models.Q(expires_at__isnull=False),
                name="an_approval_ends",
            ),
            models.UniqueConstraint(
                fields=["district", "child", "asked_by"],
                condition=models.Q(state="asked"),
                name="one_open_access_request",
            ),
        ]
        indexes = [models.Index(fields=["district", "state", "-asked_at"], name="access_request_state")]


class ChildAccess(TenantModel):
    """One opening of a child's record: who, when, why, which parts. The parent can read it; nobody changes it."""

    child = TenantForeignKey(Child, on_delete=models.PROTECT, related_name="accesses")
    at = models.DateTimeField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor = models.CharField(max_length=80, help_text="name and roles as they were")
    facility = TenantForeignKey(Facility, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, choices=in_language(PURPOSES.items()))
    reason = models.CharField(max_length=200)
    parts = models.JSONField(default=list, help_text="which parts of the record were shown")
    request = TenantForeignKey(
        AccessRequest, null=True, blank=True, on_delete=models.PROTECT, related_name="uses"
    )

    append_only = True

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["district", "child", "-at"], name="child_access_at")]


class ChildDeletion(TenantModel):
    """The certificate of deletion: what of which child was deleted, when, on which ground; no personal data."""

    class Ground(models.TextChoices):
        ENDED = "ended", _("目的已经实现，保存期满")
        WITHDRAWN = "withdrawn", _("家长撤回同意")
        ASKED = "asked", _("家长要求删除")

    number = models.CharField(max_length=20)
    child = TenantForeignKey(Child, on_delete=models.PROTECT, related_name="deletions")
    ground = models.CharField(max_length=10, choices=Ground.choices)
    ended_on = models.DateField(help_text="when the purpose ended")
    deleted_on = models.DateField()
    days = models.PositiveSmallIntegerField(help_text="the period of retention that applied")
    counts = models.JSONField(default=dict, help_text="rows deleted, by kind")
    sha256 = models.CharField(max_length=64, help_text="of the certificate's lines")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(auto_now_add=True)

    append_only = True

    class Meta:
        ordering = ["-deleted_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "number"], name="child_deletion_number"),
            models.UniqueConstraint(fields=["district", "child"], name="child_deleted_once"),
        ]
