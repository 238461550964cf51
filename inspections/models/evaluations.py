"""Rounds of evaluation: the facilities in them, the sheets that people fill in, evidence, the selection of models."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models import Facility
from facilities.models.facilities import OF_FACILITY
from inspections.models.evaluation_sets import Indicator, IndicatorSet
from inspections.rules import evaluations as rules
from inspections.rules.evaluation_states import CASE, ROUND, SELECTION, SHEET
from portal.choices import in_language
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantOneToOneField


def person(**options) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", **options
    )


class EvaluationRound(TenantModel):
    """One evaluation of a year by one version of a set, with the days of its three phases."""

    year = models.PositiveSmallIntegerField(_("年份"))
    title = models.CharField(_("名称"), max_length=80)
    set = TenantForeignKey(IndicatorSet, related_name="rounds", verbose_name=_("评估标准"))
    state = models.CharField(max_length=10, choices=in_language(ROUND.choices), default=ROUND.initial)
    self_from = models.DateField(_("自评从"))
    self_until = models.DateField(_("自评到"))
    peer_from = models.DateField(_("互评从"))
    peer_until = models.DateField(_("互评到"))
    third_from = models.DateField(_("委托评估从"))
    third_until = models.DateField(_("委托评估到"))
    peers = models.PositiveSmallIntegerField(_("每家几名互评人"), default=2)
    seed = models.CharField(max_length=64, blank=True, help_text="hex, by which peers were assigned")
    made_by = person()
    version = models.PositiveIntegerField(default=1)

    public_rows = "state <> 'draft'"
    public_columns = ("year", "title", "set", "state")

    class Meta:
        ordering = ["-year", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(self_until__gte=models.F("self_from"))
                & models.Q(peer_until__gte=models.F("peer_from"))
                & models.Q(third_until__gte=models.F("third_from")),
                name="evaluation_phases_have_days",
            ),
        ]

    def __str__(self):
        return self.title

    def phase_open(self, kind: str, on) -> bool:
        """Whether sheets of this kind are filled in on the day."""
        if self.state != "running":
            return False
        if kind == "final":
            return True
        return getattr(self, f"{kind}_from") <= on <= getattr(self, f"{kind}_until")


class PeerEvaluator(TenantModel):
    """Somebody of a facility who evaluates others in a round."""

    round = TenantForeignKey(EvaluationRound, on_delete=models.CASCADE, related_name="pool")
    facility = TenantForeignKey(Facility, related_name="peer_evaluators")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["round", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "round", "facility"], name="one_peer_of_a_facility"),
            models.UniqueConstraint(fields=["district", "round", "user"], name="one_facility_of_a_peer"),
        ]


class EvaluationCase(TenantModel):
    """One facility in a round, from its sheets to the grade that is published."""

    round = TenantForeignKey(EvaluationRound, on_delete=models.CASCADE, related_name="cases")
    facility = TenantForeignKey(Facility, related_name="evaluations", verbose_name=_("机构"))
    state = models.CharField(
        _("状态"), max_length=10, choices=in_language(CASE.choices), default=CASE.initial
    )
    total = models.DecimalField(_("总分"), max_digits=5, decimal_places=1, null=True, blank=True)
    grade = models.CharField(_("等级"), max_length=1, blank=True)
    vetoes = models.PositiveSmallIntegerField(default=0)
    dimensions = models.JSONField(default=dict, blank=True, help_text="points of each dimension, as decided")
    reasons = models.TextField(_("认定的理由"), blank=True)
    decided_by = person()
    decided_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = person()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    return_note = models.CharField(max_length=300, blank=True)
    objection_until = models.DateField(_("异议截止"), null=True, blank=True)
    objection = models.TextField(_("异议"), blank=True)
    objected_by = person()
    objected_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(_("答复"), blank=True)
    answered_by = person()
    answered_at = models.DateTimeField(null=True, blank=True)
    final_on = models.DateField(null=True, blank=True)
    published_on = models.DateField(null=True, blank=True)
    left_note = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    reach_paths = OF_FACILITY
    public_rows = "published_on IS NOT NULL"
    #: Neither reasons nor objection, which are free text.
    public_columns = (
        "round", "facility", "state", "total", "grade", "vetoes", "dimensions", "published_on",
    )  # fmt: skip

    class Meta:
        ordering = ["round", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "round", "facility"], name="evaluated_once_a_round"),
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True)
                | models.Q(decided_by__isnull=True)
                | ~models.Q(confirmed_by=models.F("decided_by")),
                name="a_second_confirms_an_evaluation",
            ),
            models.CheckConstraint(
                condition=models.Q(state="published", published_on__isnull=False)
                | (~models.Q(state="published") & models.Q(published_on__isnull=True)),
                name="published_evaluation_has_its_day",
            ),
        ]
        indexes = [
            models.Index(fields=["district", "state"], name="evaluation_by_state"),
            models.Index(fields=["district", "facility"], name="evaluation_by_facility"),
        ]

    def __str__(self):
        return str(self.pk)


class EvaluationSheet(TenantModel):
    """One person's, or the facility's own, points for a case. `final` is the district's."""

    case = TenantForeignKey(EvaluationCase, on_delete=models.CASCADE, related_name="sheets")
    kind = models.CharField(_("谁评的"), max_length=6, choices=in_language(rules.KINDS.items()))
    state = models.CharField(
        _("状态"), max_length=10, choices=in_language(SHEET.choices), default=SHEET.initial
    )
    evaluator = person()
    of_facility = TenantForeignKey(
        Facility, null=True, blank=True, related_name="+", help_text="where a peer works"
    )
    origin = models.CharField(max_length=8, blank=True, help_text="of a peer: drawn or named")
    opened_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = person()
    total = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)
    grade = models.CharField(max_length=1, blank=True)
    vetoes = models.PositiveSmallIntegerField(default=0)
    dimensions = models.JSONField(default=dict, blank=True)
    note = models.TextField(_("总的意见"), blank=True)
    report = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+")
    interest = models.CharField(_("回避的理由"), max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    reach_paths = {Reach.SELF: "evaluator", Reach.FACILITIES: "case__facility"}

    class Meta:
        ordering = ["case", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "case", "kind"],
                condition=models.Q(kind__in=("self", "final")),
                name="one_own_sheet_of_a_case",
            ),
            models.UniqueConstraint(
                fields=["district", "case", "evaluator"],
                condition=models.Q(evaluator__isnull=False),
                name="one_sheet_of_an_evaluator",
            ),
        ]
        indexes = [models.Index(fields=["district", "evaluator", "state"], name="sheet_of_evaluator")]

    def __str__(self):
        return str(self.pk)


class EvaluationScore(TenantModel):
    """What a sheet says of one indicator: points, or of a veto item whether it is the case."""

    sheet = TenantForeignKey(EvaluationSheet, on_delete=models.CASCADE, related_name="scores")
    indicator = TenantForeignKey(Indicator, related_name="scores")
    points = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)
    breached = models.BooleanField(null=True, blank=True)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)
    at = models.DateTimeField()
    by = person()

    class Meta:
        ordering = ["sheet", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "sheet", "indicator"], name="one_score_of_an_indicator"
            )
        ]


class EvaluationFile(TenantModel):
    """Evidence for one indicator, handed in with a sheet."""

    score = TenantForeignKey(EvaluationScore, on_delete=models.CASCADE, related_name="files")
    file = TenantForeignKey(StoredFile, related_name="+")

    class Meta:
        ordering = ["score", "pk"]


class Selection(TenantModel):
    """A facility proposed as a model (示范机构) from its evaluation, told to the public, named."""

    case = TenantOneToOneField(EvaluationCase, on_delete=models.CASCADE, related_name="selection")
    state = models.CharField(
        _("状态"), max_length=10, choices=in_language(SELECTION.choices), default=SELECTION.initial
    )
    reason = models.CharField(_("理由"), max_length=300)
    criteria = models.JSONField(default=dict, help_text="each criterion as it stood when proposed")
    proposed_by = person()
    proposed_at = models.DateTimeField()
    confirmed_by = person()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    notice_until = models.DateField(_("公示到"), null=True, blank=True)
    named_on = models.DateField(_("命名日期"), null=True, blank=True)
    dropped_note = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    public_rows = "state IN ('noticed', 'named')"
    public_columns = ("case", "state", "notice_until", "named_on")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True)
                | models.Q(proposed_by__isnull=True)
                | ~models.Q(confirmed_by=models.F("proposed_by")),
                name="a_second_confirms_a_selection",
            )
        ]
