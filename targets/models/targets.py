"""Targets as the documents set them, and the snapshots of their values."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.models.places import Street
from portal.models.policy import Clause, PolicyDocument
from portal.tenancy import TenantForeignKey, TenantModel
from targets.models.tasks import Task


class Target(TenantModel):
    """A promise of a document (指标), with how it is proved. Versions of one key follow each other by dates."""

    class Proof(models.TextChoices):
        COUNTED = "counted", _("计算")
        ATTESTED = "attested", _("证明")
        NOT_YET = "not_yet", _("尚未计算")

    document = TenantForeignKey(PolicyDocument, on_delete=models.CASCADE, related_name="targets")
    clause = TenantForeignKey(Clause, related_name="targets")
    key = models.SlugField(db_index=False, max_length=80)
    text = models.TextField()
    display_text = models.TextField(blank=True)
    kind = models.CharField(max_length=20)
    comparator = models.CharField(max_length=2)
    value = models.JSONField(null=True)
    value_min = models.DecimalField(max_digits=12, decimal_places=3, null=True)
    value_max = models.DecimalField(max_digits=12, decimal_places=3, null=True)
    value_text = models.CharField(max_length=20, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    period = models.CharField(max_length=10)
    due = models.DateField(null=True)
    scope = models.CharField(max_length=12)
    formula = models.TextField(blank=True)
    conditions = models.CharField(max_length=200, blank=True)
    also = models.JSONField(default=list, help_text="other places that say it: [{clause, text}]")
    extra = models.JSONField(default=dict, help_text="further keys of the source: minutes, session_hours …")
    note = models.TextField(blank=True)
    proof = models.CharField(max_length=8, choices=Proof.choices, default=Proof.NOT_YET)
    proof_reason = models.CharField(max_length=300, blank=True)
    metric = models.CharField(max_length=60, blank=True)
    streets_counted = models.CharField(
        max_length=12, default="plan", help_text="street: 街镇 only; plan: with the plan's parks; all"
    )
    follows = TenantForeignKey("self", null=True, related_name="followed_by")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["document", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "document", "key", "starts_on"], name="target_version"
            ),
            models.CheckConstraint(
                condition=~models.Q(proof="counted") | ~models.Q(metric=""), name="counted_target_has_metric"
            ),
        ]

    def __str__(self):
        return self.display_text or self.text


class TargetTask(TenantModel):
    target = TenantForeignKey(Target, on_delete=models.CASCADE, related_name="task_links")
    task = TenantForeignKey(Task, on_delete=models.CASCADE, related_name="target_links")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "target", "task"], name="target_task")]


class Snapshot(TenantModel):
    """The values of all counted targets for a period, taken at a moment; one with the same content is not kept twice."""

    class Period(models.TextChoices):
        MONTH = "month", _("月")
        QUARTER = "quarter", _("季度")
        YEAR = "year", _("年")
        PLAN = "plan", _("计划期")
        DAY = "day", _("一天")

    period = models.CharField(max_length=7, choices=Period.choices)
    starts_on = models.DateField()
    ends_on = models.DateField()
    as_of = models.DateField(help_text="the last day whose records count")
    taken_at = models.DateTimeField()
    versions = models.JSONField(default=dict, help_text="{metric: version}")
    unknown = models.JSONField(default=dict, help_text="{metric: why it could not be computed}")
    sha256 = models.CharField(max_length=64)
    differs = models.JSONField(
        default=list, help_text="what changed against the snapshot before of the same period"
    )

    class Meta:
        ordering = ["-ends_on", "-taken_at"]
        indexes = [
            models.Index(fields=["district", "period", "starts_on", "-taken_at"], name="snapshot_period")
        ]


class SnapshotValue(TenantModel):
    """One figure: a metric, judged by a target or (target empty) the product's own, in a street or (empty) the district."""

    snapshot = TenantForeignKey(Snapshot, on_delete=models.CASCADE, related_name="values")
    metric = models.CharField(max_length=60)
    target = TenantForeignKey(Target, null=True, on_delete=models.CASCADE, related_name="values")
    street = TenantForeignKey(Street, null=True, related_name="+")
    numerator = models.DecimalField(max_digits=14, decimal_places=3, null=True)
    denominator = models.DecimalField(max_digits=14, decimal_places=3, null=True)
    value = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    limit = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    verdict = models.CharField(
        max_length=8, blank=True, help_text="met, on_pace, behind, missed, unknown; empty: no promise"
    )
    on_due_day = models.JSONField(
        null=True, help_text="of a by-date target whose day has passed: the figure of that day"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["district", "snapshot", "metric", "target", "street"],
                nulls_distinct=False,
                name="one_figure",
            )
        ]
