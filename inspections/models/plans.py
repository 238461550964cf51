"""The yearly plan and its schemes; who may inspect."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models import Facility
from portal.models.places import Street, Unit
from portal.models.policy import Clause
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel


class InspectionPlan(TenantModel):
    """The year's published plan (年度检查计划). Until it is published the last year's goes on."""

    year = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    published_on = models.DateField(null=True, blank=True)

    public_rows = "published_on IS NOT NULL"

    class Meta:
        ordering = ["-year"]
        constraints = [models.UniqueConstraint(fields=["district", "year"], name="inspection_plan_year")]


class Scheme(TenantModel):
    """One line of the plan: what is inspected where, how often, by how many. Each has a chain of its own."""

    plan = TenantForeignKey(InspectionPlan, on_delete=models.CASCADE, related_name="schemes")
    key = models.SlugField(db_index=False, max_length=40)
    name = models.CharField(max_length=80)
    subject = models.CharField(max_length=200, help_text="安全防控、卫生保健等项目")
    clause = TenantForeignKey(Clause, null=True, related_name="schemes")
    kinds = ArrayField(models.CharField(max_length=24))
    rates_permille = models.JSONField(help_text='{"A": 50, "B": 100, "C": 200, "D": 500}')
    team_size = models.PositiveSmallIntegerField(default=2)
    cap = models.PositiveSmallIntegerField(help_text="drawn visits per facility and year, all schemes")
    freeze_days_before = models.PositiveSmallIntegerField(
        default=10, help_text="days before the month's first, at most 31"
    )
    window_days = models.PositiveSmallIntegerField(
        default=5, help_text="working days for the witness from the month's first"
    )
    last_day = models.PositiveSmallIntegerField(default=12, help_text="day of the month")
    chained_allowed = models.BooleanField(default=False)
    grades_public_confirmed_at = models.DateTimeField(
        null=True, blank=True, help_text="once: grades and recusals become public with the evidence"
    )
    grades_public_confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    public_rows = "plan_id IN (SELECT id FROM inspections_inspectionplan WHERE published_on IS NOT NULL)"
    public_columns = (
        "plan", "key", "name", "subject", "kinds", "rates_permille", "team_size", "cap", "freeze_days_before",
        "window_days", "last_day", "chained_allowed",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "plan", "key"], name="scheme_key"),
            models.CheckConstraint(condition=models.Q(team_size__gte=2), name="scheme_team"),
            models.CheckConstraint(condition=models.Q(freeze_days_before__lte=31), name="scheme_freeze"),
        ]

    def __str__(self):
        return self.name


class Inspector(TenantModel):
    """Somebody with an inspector's licence (执法证), by a public code; names stay inside."""

    code = models.CharField(_("编号"), max_length=12)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("姓名"), max_length=40)
    unit = TenantForeignKey(Unit, related_name="inspectors")
    licence_number = models.CharField(_("执法证号"), max_length=40)
    licence_from = models.DateField(_("执法证起"))
    licence_until = models.DateField(_("执法证止"))
    expertise = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    active = models.BooleanField(_("在岗"), default=True)

    reach_paths = {Reach.UNIT: "unit", Reach.SELF: "user"}

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["district", "code"], name="inspector_code"),
            models.UniqueConstraint(fields=["district", "user"], name="inspector_user"),
        ]
        indexes = [models.Index(fields=["district", "licence_until", "id"], name="inspector_licence_end")]

    def __str__(self):
        return self.code


class InspectorStreet(TenantModel):
    """A street that an inspector serves."""

    inspector = TenantForeignKey(Inspector, on_delete=models.CASCADE, related_name="streets")
    street = TenantForeignKey(Street, on_delete=models.CASCADE, related_name="inspectors")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "inspector", "street"], name="inspector_street")
        ]


class Interest(TenantModel):
    """An interest of an inspector in a facility that bars the two from meeting (回避)."""

    class Kind(models.TextChoices):
        DECLARED = "declared", _("本人申报")
        EMPLOYMENT = "employment", _("任职关系")
        OWNERSHIP = "ownership", _("出资关系")
        FAMILY = "family", _("亲属关系")

    inspector = TenantForeignKey(Inspector, on_delete=models.CASCADE, related_name="interests")
    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="interests")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    note = models.CharField(max_length=200, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["district", "inspector", "facility", "kind", "starts_on"], name="interest"
            )
        ]
