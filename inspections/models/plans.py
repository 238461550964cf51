"""The yearly plan and its schemes; who may inspect."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models import Facility
from inspections.rules.states import PLAN
from portal.choices import in_language
from portal.models.places import Street, Unit
from portal.models.policy import Clause
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel


class InspectionPlan(TenantModel):
    """The year's plan (年度检查计划), public by 31 March. Until it is published the last year's goes on.

    What one inspector can do is the plan's own assumption: days a month, visits a day. A published plan stands; a
    `revision` of it, for a reason that is public, is in force from its own publication on.
    """

    year = models.PositiveSmallIntegerField()
    revision = models.PositiveSmallIntegerField(default=0, help_text="0: the year's first")
    reason = models.CharField(max_length=200, blank=True, help_text="why it was revised; public")
    title = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=in_language(PLAN.choices), default=PLAN.initial)
    version = models.PositiveIntegerField(default=1)
    inspector_days = models.PositiveSmallIntegerField(
        default=4, help_text="days a month on which an inspector can go on visits"
    )
    visits_a_day = models.PositiveSmallIntegerField(default=2)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    return_note = models.CharField(max_length=200, blank=True)
    published_on = models.DateField(null=True, blank=True)
    content = models.JSONField(null=True, help_text="what was published, with the names of the day")
    content_sha256 = models.CharField(max_length=64, blank=True)

    public_rows = "published_on IS NOT NULL"
    public_columns = (
        "year",
        "revision",
        "reason",
        "title",
        "state",
        "published_on",
        "content",
        "content_sha256",
    )

    class Meta:
        ordering = ["-year", "-revision"]
        constraints = [
            models.UniqueConstraint(fields=["district", "year", "revision"], name="inspection_plan_year"),
            models.UniqueConstraint(
                fields=["district", "year"],
                condition=models.Q(published_on__isnull=True),
                name="one_open_plan_of_a_year",
            ),
            models.CheckConstraint(
                condition=models.Q(revision=0, reason="") | models.Q(revision__gt=0) & ~models.Q(reason=""),
                name="a_revision_has_its_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(state="published", published_on__isnull=False)
                | (~models.Q(state="published") & models.Q(published_on__isnull=True)),
                name="published_plan_has_its_day",
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def slug(self) -> str:
        """The year, and of a revision its number: 2027, 2027-1. By it addresses name a plan."""
        return f"{self.year}-{self.revision}" if self.revision else str(self.year)


class Scheme(TenantModel):
    """One line of the plan: what is inspected where, how often, by how many. Each has a chain of its own."""

    plan = TenantForeignKey(InspectionPlan, on_delete=models.CASCADE, related_name="schemes")
    version = models.PositiveIntegerField(default=1)
    key = models.SlugField(db_index=False, max_length=40)
    name = models.CharField(max_length=80)
    subject = models.CharField(max_length=200, help_text="安全防控、卫生保健等项目")
    clause = TenantForeignKey(Clause, null=True, related_name="schemes")
    kinds = ArrayField(models.CharField(max_length=24))
    checklists = ArrayField(
        models.SlugField(max_length=40), default=list, blank=True,
        help_text="keys of the lists that its visits use; empty: all that fit the facility's kind",
    )  # fmt: skip
    units = ArrayField(
        models.SlugField(max_length=80), default=list, blank=True,
        help_text="slugs of the units whose inspectors may be drawn; empty: all",
    )  # fmt: skip
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
    joint = models.BooleanField(
        default=False, help_text="one of each department that has items goes along, and has its part"
    )
    grades_public_confirmed_at = models.DateTimeField(
        null=True, blank=True, help_text="once: grades and recusals become public with the evidence"
    )
    grades_public_confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    public_rows = "plan_id IN (SELECT id FROM inspections_inspectionplan WHERE published_on IS NOT NULL)"
    public_columns = (
        "plan", "key", "name", "subject", "kinds", "rates_permille", "team_size", "cap", "freeze_days_before",
        "window_days", "last_day", "chained_allowed", "joint",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "plan", "key"], name="scheme_key"),
            models.CheckConstraint(condition=models.Q(team_size__gte=2), name="scheme_team"),
            models.CheckConstraint(condition=models.Q(freeze_days_before__lte=31), name="scheme_freeze"),
        ]

    def __str__(self):
        return self.name


class PlanRehearsal(TenantModel):
    """A plan's year, simulated on the register of a day with other seeds. `result` is what services/rehearsals.py
    wrote; None while it runs."""

    plan = TenantForeignKey(InspectionPlan, on_delete=models.CASCADE, related_name="rehearsals")
    ordered_at = models.DateTimeField()
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    finished_at = models.DateTimeField(null=True)
    register_on = models.DateField()
    runs = models.PositiveSmallIntegerField()
    seed = models.CharField(max_length=64, help_text="hex; has nothing to do with any chain")
    content_sha256 = models.CharField(max_length=64, help_text="of the plan as it was rehearsed")
    result = models.JSONField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(finished_at__isnull=True, result__isnull=True)
                | models.Q(finished_at__isnull=False, result__isnull=False),
                name="rehearsal_finished_with_result",
            ),
            models.UniqueConstraint(
                fields=["district", "plan"],
                condition=models.Q(finished_at__isnull=True),
                name="one_rehearsal_under_way",
            ),
        ]


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
    version = models.PositiveIntegerField(default=1)

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
        EMPLOYER = "employer", _("工作过的单位")

    inspector = TenantForeignKey(Inspector, on_delete=models.CASCADE, related_name="interests")
    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="interests")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    note = models.CharField(max_length=200, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    employer = TenantForeignKey(
        "inspections.InspectorEmployer", null=True, blank=True, related_name="interests",
        help_text="of the employer that it follows from",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["district", "inspector", "facility", "kind", "starts_on"], name="interest"
            )
        ]
