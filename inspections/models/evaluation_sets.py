"""Indicator sets for evaluating facilities: versions, their indicators and veto items."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from inspections.rules import evaluation_sets as rules
from inspections.rules.evaluation_states import INDICATORS
from portal.choices import in_language
from portal.tenancy import TenantForeignKey, TenantModel

DIMENSION_WORDS = [(name, words) for name, (words, _points) in rules.DIMENSIONS.items()]
DIMENSION_WORDS.append((rules.VETO, rules.VETO_WORDS))


class IndicatorSet(TenantModel):
    """One version of a set (评估标准). What was published is never changed: the next version stands beside it."""

    key = models.SlugField(_("代号"), db_index=False, max_length=40)
    number = models.PositiveSmallIntegerField()
    title = models.CharField(_("名称"), max_length=80)
    basis = models.CharField(_("依据"), max_length=200, blank=True)
    kinds = ArrayField(models.CharField(max_length=24), verbose_name=_("评估哪些机构"))
    points = models.JSONField(help_text="points of each dimension, 1,000 in all")
    state = models.CharField(
        max_length=10, choices=in_language(INDICATORS.choices), default=INDICATORS.initial
    )
    version = models.PositiveIntegerField(default=1)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    published_on = models.DateField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    return_note = models.CharField(max_length=200, blank=True)

    public_rows = "state IN ('published', 'replaced')"
    public_columns = ("key", "number", "title", "basis", "kinds", "points", "state", "published_on")

    class Meta:
        ordering = ["key", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["district", "key", "number"], name="indicator_set_version"),
            models.UniqueConstraint(
                fields=["district", "key"],
                condition=models.Q(state__in=("draft", "submitted")),
                name="one_draft_of_an_indicator_set",
            ),
            models.UniqueConstraint(
                fields=["district", "key"],
                condition=models.Q(state="published"),
                name="one_indicator_set_in_use",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("draft", "submitted"), published_on__isnull=True)
                | models.Q(state__in=("published", "replaced"), published_on__isnull=False),
                name="published_indicator_set_has_its_day",
            ),
        ]

    def __str__(self):
        return self.title


class Indicator(TenantModel):
    """One indicator with its levels, or one veto item (dimension `veto`, no points)."""

    set = TenantForeignKey(IndicatorSet, on_delete=models.CASCADE, related_name="indicators")
    dimension = models.CharField(_("维度"), max_length=12, choices=in_language(DIMENSION_WORDS))
    code = models.CharField(_("编号"), max_length=10)
    position = models.PositiveIntegerField(help_text="evaluation_sets.place of dimension and code")
    text = models.CharField(_("指标"), max_length=300)
    points = models.PositiveSmallIntegerField(_("分值"), default=0)
    steps = models.JSONField(_("档次"), default=list, blank=True, help_text="[points, words], highest first")
    evidence = models.CharField(_("要什么佐证"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)

    public_rows = (
        "set_id IN (SELECT id FROM inspections_indicatorset WHERE state IN ('published', 'replaced'))"
    )
    public_columns = ("set", "dimension", "code", "position", "text", "points", "steps", "evidence")

    class Meta:
        ordering = ["set", "position"]
        constraints = [
            models.UniqueConstraint(fields=["district", "set", "position"], name="indicator_place"),
            models.CheckConstraint(
                condition=models.Q(dimension="veto", points=0)
                | (~models.Q(dimension="veto") & models.Q(points__gt=0)),
                name="indicator_points",
            ),
        ]

    def __str__(self):
        return self.code
