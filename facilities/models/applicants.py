"""Somebody who wants to file and has no account yet: asks online, is checked by a person, sets an own password."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.rules.states import APPLICANT
from portal.choices import in_language
from portal.crypto import EncryptedField
from portal.tenancy import TenantModel, WithheldCharField


class Applicant(TenantModel):
    """The link to the own page is shown once; its SHA-256 is kept. `user`: the account that came of it."""

    number = models.CharField(_("编号"), max_length=16)
    state = models.CharField(
        _("状态"), max_length=10, choices=in_language(APPLICANT.choices), default=APPLICANT.initial
    )
    name = models.CharField(_("经办人姓名"), max_length=40)
    phone = EncryptedField(_("手机"))
    organisation = models.CharField(_("单位全称"), max_length=120)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18)
    token_sha256 = WithheldCharField(max_length=64)
    applied_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(_("答复"), max_length=200, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "number"], name="applicant_number"),
            models.UniqueConstraint(fields=["district", "token_sha256"], name="applicant_token"),
            models.UniqueConstraint(
                fields=["district", "credit_code"],
                condition=models.Q(state__in=("applied", "confirmed")),
                name="one_open_applicant",
            ),
        ]
        indexes = [models.Index(fields=["district", "state", "id"], name="applicant_by_state")]

    def __str__(self):
        return self.number
