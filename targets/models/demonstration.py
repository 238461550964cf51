"""The demonstration cycle of the city (示范区创建) as the document has it: the city's own tenant holds it."""

from __future__ import annotations

from django.db import models

from portal.models.policy import Clause, PolicyDocument
from portal.tenancy import TenantForeignKey, TenantModel


class CycleStage(TenantModel):
    document = TenantForeignKey(PolicyDocument, on_delete=models.CASCADE, related_name="stages")
    clause = TenantForeignKey(Clause, null=True)
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    due = models.DateField()
    text = models.TextField()
    actors = models.JSONField(default=list)
    steps = models.JSONField(default=list, help_text="[{actor, text}]")

    class Meta:
        ordering = ["document", "number"]
        constraints = [models.UniqueConstraint(fields=["district", "document", "number"], name="cycle_stage")]


class CycleQuota(TenantModel):
    document = TenantForeignKey(PolicyDocument, on_delete=models.CASCADE, related_name="quotas")
    clause = TenantForeignKey(Clause, null=True)
    key = models.SlugField(db_index=False, max_length=40)
    title = models.CharField(max_length=80)
    text = models.TextField()
    share_percent = models.PositiveSmallIntegerField()
    min_count = models.PositiveSmallIntegerField(null=True)
    max_count = models.PositiveSmallIntegerField()
    cycle_years = models.PositiveSmallIntegerField()
    strength = models.CharField(max_length=20, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "document", "key"], name="cycle_quota")]


class RevocationCondition(TenantModel):
    document = TenantForeignKey(
        PolicyDocument, on_delete=models.CASCADE, related_name="revocation_conditions"
    )
    clause = TenantForeignKey(Clause, null=True)
    number = models.PositiveSmallIntegerField()
    text = models.TextField()

    class Meta:
        ordering = ["document", "number"]
        constraints = [
            models.UniqueConstraint(fields=["district", "document", "number"], name="revocation_condition")
        ]


class AssessmentItem(TenantModel):
    """An item of the outline of the assessment (创建内容), in one of its areas."""

    document = TenantForeignKey(PolicyDocument, on_delete=models.CASCADE, related_name="assessment_items")
    clause = TenantForeignKey(Clause, null=True)
    area_number = models.PositiveSmallIntegerField()
    area_key = models.SlugField(db_index=False, max_length=40)
    area_title = models.CharField(max_length=40)
    key = models.SlugField(db_index=False, max_length=40)
    text = models.TextField()
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["document", "area_number", "position"]
        constraints = [
            models.UniqueConstraint(fields=["district", "document", "key"], name="assessment_item")
        ]
