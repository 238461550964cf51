"""The rulebook: which rules bind whom since when by which clause, and since when a facility does not meet them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models.facilities import OF_FACILITY, Facility
from facilities.rules import rulebook
from portal.choices import in_language
from portal.models.policy import Clause
from portal.tenancy import TenantForeignKey, TenantModel


class Rule(TenantModel):
    """A rule that records can answer. `key` names its test (facilities/rulebook/); a version is in force from
    `starts_on` until `ends_on`. `basis`: where no clause of the district's own document says it."""

    key = models.SlugField(db_index=False, max_length=60)
    subject = models.CharField(max_length=10, choices=in_language(list(rulebook.SUBJECTS.items())))
    kinds = models.JSONField(default=list, help_text="of facilities that are bound")
    clause = TenantForeignKey(Clause, null=True, blank=True, related_name="record_rules")
    quote = models.TextField(blank=True)
    basis = models.CharField(max_length=200, blank=True)
    weak = models.BooleanField(default=False, help_text="second-hand: the interface asks to check it")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "starts_on"]
        constraints = [
            models.UniqueConstraint(fields=["district", "key", "starts_on"], name="rule_version"),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="rule_dates",
            ),
        ]

    def __str__(self):
        return self.key


class Verdict(TenantModel):
    """For how long a facility did not meet a rule, or could not be judged: only what is not met is kept, from the day
    on which a daily look saw it first until the day before another answer (`ends_on`)."""

    class Value(models.TextChoices):
        NOT_MET = "not_met", _("不符合")
        UNKNOWN = "unknown", _("缺记录")

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="verdicts")
    rule = models.SlugField(db_index=False, max_length=60)
    value = models.CharField(max_length=8, choices=Value.choices)
    starts_on = models.DateField()
    first_look = models.BooleanField(
        default=False, help_text="seen on the first look of all: it may be older than its day"
    )
    ends_on = models.DateField(null=True, blank=True)

    reach_paths = OF_FACILITY

    class Meta:
        ordering = ["rule", "starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "facility", "rule"],
                condition=models.Q(ends_on__isnull=True),
                name="one_open_verdict",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="verdict_dates",
            ),
        ]
        indexes = [models.Index(fields=["district", "rule", "facility"], name="verdict_by_rule")]


class RulebookDay(TenantModel):
    """The last day on which the daily look was made; one row per district."""

    looked_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district"], name="one_rulebook_day")]
