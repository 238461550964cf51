"""Where an inspector works or worked, and what was decided about namesakes among facilities' staff."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models import Facility
from inspections.models.plans import Inspector
from inspections.models.results import person
from portal.tenancy import TenantForeignKey, TenantModel


class InspectorEmployer(TenantModel):
    """An organisation for which an inspector works, or worked before. Its name is compared with facilities' and
    operators': services/employers.py."""

    inspector = TenantForeignKey(Inspector, on_delete=models.CASCADE, related_name="employers")
    name = models.CharField(_("单位名称"), max_length=120)
    starts_on = models.DateField(_("从哪天起"))
    ends_on = models.DateField(_("到哪天止"), null=True, blank=True)
    entered_at = models.DateTimeField()
    entered_by = person()

    class Meta:
        ordering = ["-starts_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "inspector", "name", "starts_on"], name="inspector_employer"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="employer_ends_after_it_starts",
            ),
        ]


class NamesakeDecision(TenantModel):
    """Whether somebody of an inspector's name among a facility's staff is the same person: said once, with a reason."""

    class Outcome(models.TextChoices):
        SAME = "same", _("是本人，以后回避")
        OTHER = "other", _("只是同名")

    inspector = TenantForeignKey(Inspector, on_delete=models.CASCADE, related_name="namesakes")
    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="+")
    outcome = models.CharField(max_length=5, choices=Outcome.choices)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    by = person()

    append_only = True

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "inspector", "facility"], name="one_namesake_decision"
            )
        ]
