"""What an operator proposes and the district confirms: the facts of the register that only the district owns."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models.facilities import OF_FACILITY, Facility
from facilities.rules.states import PROPOSAL
from portal.choices import in_language
from portal.models.records import StoredFile
from portal.tenancy import TenantForeignKey, TenantModel


class Proposal(TenantModel):
    """A proposed change of one facility: `changes` is {field: [as it was, as wanted]}, values as in the audit log."""

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="proposals")
    state = models.CharField(
        _("状态"), max_length=10, choices=in_language(PROPOSAL.choices), default=PROPOSAL.initial
    )
    changes = models.JSONField(default=dict)
    reason = models.CharField(_("为什么要改"), max_length=200)
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+", verbose_name=_("证明材料"))
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(_("答复"), max_length=200, blank=True)

    reach_paths = OF_FACILITY

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "facility"],
                condition=models.Q(state="proposed"),
                name="one_open_proposal",
            ),
        ]
        indexes = [models.Index(fields=["district", "state", "proposed_at"], name="proposal_by_state")]

    def __str__(self):
        return self.facility.name
