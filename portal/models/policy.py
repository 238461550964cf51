"""Policy is data: documents, their clauses, dated parameters, rules as the documents state them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.models.places import Street, Unit
from portal.tenancy import TenantForeignKey, TenantModel


class PolicyDocument(TenantModel):
    """A document that promises, orders or sets (政策文件), with its period as stated.

    What ships comes from a file and follows it; what the district wrote itself no file changes (docs/documents.md).
    """

    class Origin(models.TextChoices):
        SHIPPED = "shipped", _("随产品载入")
        AMENDED = "amended", _("随产品载入，本区改过")
        OWN = "own", _("本区录入")
        MINUTES = "minutes", _("联席会议纪要")

    key = models.SlugField(db_index=False, max_length=60)
    title = models.CharField(max_length=200)
    number = models.CharField(max_length=60, blank=True, help_text="文号: 闵教字〔2021〕93号")
    issued_on = models.DateField(null=True)
    printed_on = models.DateField(null=True)
    period_from = models.DateField(null=True)
    period_to = models.DateField(null=True)
    period_stated = models.CharField(max_length=120, blank=True)
    period_derived = models.BooleanField(default=False)
    plan_title = models.CharField(max_length=200, blank=True)
    plan_number = models.CharField(max_length=60, blank=True)
    publicity = models.CharField(max_length=20, blank=True)
    bases = models.JSONField(default=list)
    issuers = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    source = models.CharField(max_length=80, blank=True)
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.OWN)
    follows = TenantForeignKey("self", null=True, related_name="successors")
    superseded_on = models.DateField(
        null=True, help_text="the first day of the document that follows this one"
    )

    class Meta:
        ordering = ["-issued_on", "key"]
        constraints = [models.UniqueConstraint(fields=["district", "key"], name="policy_document_key")]

    def __str__(self):
        return self.number or self.title


class Clause(TenantModel):
    """A place in a document on which tasks, targets, rules, items and parameters rest: 二（二）1.

    `text`: its words where no version has them, of documents that shipped and of minutes; what the district published has
    its words in the version.
    """

    document = TenantForeignKey(PolicyDocument, on_delete=models.CASCADE, related_name="clauses")
    label = models.CharField(max_length=60)
    text = models.TextField(blank=True)
    note = models.CharField(
        max_length=200,
        blank=True,
        help_text="what the copy of the paper lost here, or a slip of the pen that it has",
    )
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["document", "position"]
        constraints = [models.UniqueConstraint(fields=["district", "document", "label"], name="clause_label")]

    def __str__(self):
        return f"{self.document} {self.label}"


class DocumentVersion(TenantModel):
    """One wording of a document as it was published, in force from a day on until the next one's.

    `content` has the shape that targets/rules/plan_content.py tells, with names of the day, so that it stays readable.
    """

    document = TenantForeignKey(PolicyDocument, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    starts_on = models.DateField()
    reason = models.CharField(max_length=200, blank=True)
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    append_only = True

    class Meta:
        ordering = ["document", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "document", "number"], name="document_version_number"
            ),
            models.UniqueConstraint(
                fields=["district", "document", "starts_on"], name="document_version_day"
            ),
        ]

    def __str__(self):
        return f"{self.document} {self.number}"


class PolicyRule(TenantModel):
    """A rule of conduct as the document states it, and by which record it can be checked."""

    document = TenantForeignKey(PolicyDocument, on_delete=models.CASCADE, related_name="rules")
    clause = TenantForeignKey(Clause, related_name="rules")
    key = models.SlugField(db_index=False, max_length=80)
    text = models.TextField()
    display_text = models.TextField(blank=True, help_text="where the source has a slip of the pen")
    subject = models.CharField(max_length=20)
    checkable_by = models.TextField(blank=True)
    permanent = models.BooleanField(default=False)
    prohibited = models.BooleanField(default=False)
    pattern = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["document", "position"]
        constraints = [
            models.UniqueConstraint(fields=["district", "document", "key"], name="policy_rule_key")
        ]


class Parameter(TenantModel):
    """A number or switch of the district with dates of force, looked up by key and day (portal/services/parameters.py)."""

    key = models.CharField(max_length=80)
    value = models.JSONField()
    unit = models.CharField(max_length=30, blank=True)
    clause = TenantForeignKey(Clause, null=True, blank=True, related_name="parameters")
    basis = models.CharField(
        max_length=200, blank=True, help_text="where no clause of the district's own says it"
    )
    weak = models.BooleanField(default=False, help_text="second-hand: the interface asks to check it")
    label = models.CharField(max_length=120)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["key", "-starts_on"]
        constraints = [
            models.UniqueConstraint(fields=["district", "key", "starts_on"], name="parameter_version"),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="parameter_dates",
                violation_error_message=_("止日不能早于起日"),
            ),
        ]


class PilotStreet(TenantModel):
    """A street that a document names to begin with (试点街镇)."""

    document = TenantForeignKey(PolicyDocument, on_delete=models.CASCADE, related_name="pilot_streets")
    street = TenantForeignKey(Street)
    unit = TenantForeignKey(Unit, null=True)
    clause = TenantForeignKey(Clause, null=True)
    name = models.CharField(max_length=60)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "document", "street"], name="pilot_street")
        ]


class CareMode(TenantModel):
    """A mode of hourly care that a document defines: 单独托, 亲子托, 老小托."""

    document = TenantForeignKey(PolicyDocument, on_delete=models.CASCADE, related_name="modes")
    clause = TenantForeignKey(Clause, null=True)
    key = models.SlugField(db_index=False, max_length=40)
    name = models.CharField(max_length=40)
    definition = models.TextField()
    suggested_sites = models.TextField()
    parent_present = models.CharField(max_length=120)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "document", "key"], name="care_mode_key")]


class ShippedFile(models.Model):
    """Which version of a reference file was loaded last, so that loading it again is quick."""

    name = models.CharField(max_length=80, unique=True)
    sha256 = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(auto_now=True)

    def __str__(self):
        return self.name
