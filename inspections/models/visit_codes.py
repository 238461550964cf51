"""The code that a team shows at the door, and what the facility says of the visit afterwards."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from inspections.models.plans import Inspector
from inspections.models.results import person
from inspections.models.visits import Inspection
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantOneToOneField, WithheldCharField


class VisitCode(TenantModel):
    """A visit's code of one day. The token in the QR is signed and names this row and its nonce."""

    inspection = TenantForeignKey(Inspection, on_delete=models.CASCADE, related_name="visit_codes")
    day = models.DateField(help_text="the day on which it shows the visit")
    nonce = WithheldCharField(max_length=32)
    made_at = models.DateTimeField()
    made_by = person()

    class Meta:
        ordering = ["inspection", "day"]
        constraints = [
            models.UniqueConstraint(fields=["district", "inspection", "day"], name="one_code_a_day")
        ]


class LicencePhoto(TenantModel):
    """The photograph of an inspector's licence, given by the inspector; who scans the visit's code sees it."""

    inspector = TenantOneToOneField(Inspector, on_delete=models.CASCADE, related_name="licence_photo")
    file = TenantForeignKey(StoredFile, related_name="+")


class VisitRating(TenantModel):
    """What the facility says of a visit, once: by the visit's code, or signed in as its operator."""

    class Way(models.TextChoices):
        CODE = "code", "code"
        ACCOUNT = "account", "account"

    inspection = TenantOneToOneField(Inspection, on_delete=models.CASCADE, related_name="rating")
    way = models.CharField(max_length=8, choices=Way.choices)
    basis = models.PositiveSmallIntegerField()
    manner = models.PositiveSmallIntegerField()
    disturbance = models.PositiveSmallIntegerField()
    comment = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()
    by = person()

    append_only = True
    reach_paths = {Reach.FACILITIES: "inspection__facility"}

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    basis__gte=1, basis__lte=5, manner__gte=1, manner__lte=5,
                    disturbance__gte=1, disturbance__lte=5,
                ),
                name="rating_scores",
            )
        ]  # fmt: skip
