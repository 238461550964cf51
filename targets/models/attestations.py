"""What people hand in to prove a target that no record counts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.choices import in_language
from portal.models.records import StoredFile
from portal.tenancy import TenantForeignKey, TenantModel
from targets.models.targets import Target
from targets.rules.attestations import ATTESTATION


def person() -> models.ForeignKey:
    return models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class Attestation(TenantModel):
    """A document that proves a target from a day on until it has to be looked at again; confirmed by a second person."""

    target = TenantForeignKey(Target, related_name="attestations")
    state = models.CharField(
        _("状态"), max_length=9, choices=in_language(ATTESTATION.choices), default=ATTESTATION.initial
    )
    title = models.CharField(_("材料名称"), max_length=200)
    number = models.CharField(_("文号"), max_length=60, blank=True)
    issuer = models.CharField(_("出具单位"), max_length=80, blank=True)
    issued_on = models.DateField(_("材料日期"))
    text = models.CharField(_("证明了什么"), max_length=500)
    achieved = models.DecimalField(_("完成数"), max_digits=12, decimal_places=3, null=True)
    starts_on = models.DateField(_("起算日期"))
    valid_until = models.DateField(_("有效到"))
    given_at = models.DateTimeField()
    given_by = person()
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = person()
    withdrawn_at = models.DateTimeField(null=True)
    note = models.CharField(_("原因"), max_length=200, blank=True, help_text="of a return or a withdrawal")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_until__gt=models.F("starts_on")), name="attestation_dates"
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True)
                | models.Q(given_by__isnull=True)
                | ~models.Q(confirmed_by=models.F("given_by")),
                name="attestation_second_person",
            ),
        ]

    def __str__(self):
        return self.title


class AttestationFile(TenantModel):
    attestation = TenantForeignKey(Attestation, on_delete=models.CASCADE, related_name="files")
    file = TenantForeignKey(StoredFile, related_name="+")
