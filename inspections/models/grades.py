"""Risk grades: what was proposed from which facts, what a person decided, what the facility says to it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models import Facility
from facilities.models.facilities import OF_FACILITY
from inspections.models.results import person
from inspections.rules.states import GRADE_OBJECTION
from portal.choices import in_language
from portal.tenancy import TenantForeignKey, TenantModel, TenantOneToOneField, TenantQuerySet


class GradeRun(TenantModel):
    """One calculation for all facilities of a district, with the values of the parameters that it used."""

    number = models.PositiveIntegerField()
    on = models.DateField(help_text="the day whose records and parameters count")
    at = models.DateTimeField()
    by = person()
    month = models.DateField(
        null=True, help_text="first day of the month that it was due for; empty: ordered by hand"
    )
    parameters = models.JSONField(
        default=dict,
        help_text='{"grade.points_veto": {"value": 20, "starts_on": "2021-01-01", "weak": true}}',
    )

    append_only = True

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["district", "number"], name="grade_run_number"),
            models.UniqueConstraint(
                fields=["district", "month"],
                condition=models.Q(month__isnull=False),
                name="one_grade_run_a_month",
            ),
        ]

    def __str__(self):
        return str(self.number)


class GradeProposalQuerySet(TenantQuerySet):
    def latest(self):
        """Those of the last calculation."""
        return self.filter(run=models.Subquery(GradeRun.objects.order_by("-number").values("pk")[:1]))

    def waiting(self):
        """Those of the last calculation on which somebody has still to decide."""
        return (
            self.latest()
            .filter(decision__isnull=True, kept_on__isnull=True, facility__state="operating")
            .exclude(facility__grade=models.F("grade"))
        )


class GradeProposal(TenantModel):
    """What one calculation said of one facility. `factors`: {key: {"number", "weight", "points", "rows"}}, a row
    {"page", "id", "words", "day"}; no person's name, nothing that somebody wrote."""

    run = TenantForeignKey(GradeRun, on_delete=models.CASCADE, related_name="proposals")
    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="grade_proposals")
    before = models.CharField(max_length=1, blank=True, help_text="the grade that the facility had")
    grade = models.CharField(max_length=1, choices=Facility.Grade.choices)
    points = models.DecimalField(max_digits=14, decimal_places=4)
    rank = models.PositiveBigIntegerField(help_text="what changes first, then by points")
    factors = models.JSONField(default=dict)
    kept_on = models.DateField(
        null=True, help_text="when somebody kept another grade against the same points; nobody is asked again"
    )

    append_only = True
    objects = GradeProposalQuerySet.as_manager()
    reach_paths = OF_FACILITY

    class Meta:
        ordering = ["-rank", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "run", "facility"], name="one_grade_proposal")
        ]
        indexes = [
            models.Index(fields=["district", "run", "-rank", "-id"], name="grade_proposal_rank"),
            models.Index(fields=["district", "facility", "-id"], name="grade_proposal_facility"),
        ]


class GradeDecision(TenantModel):
    """A person's word about a facility's grade, from then on in force. With a proposal it agrees with it or does not."""

    class Kind(models.TextChoices):
        CONFIRMED = "confirmed", _("照建议确认")
        KEPT = "kept", _("没有照建议")
        BY_HAND = "by_hand", _("直接定")

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="grade_decisions")
    proposal = TenantOneToOneField(
        GradeProposal, null=True, on_delete=models.CASCADE, related_name="decision"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    before = models.CharField(max_length=1, blank=True)
    grade = models.CharField(max_length=1, choices=Facility.Grade.choices)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    by = person()

    append_only = True
    reach_paths = OF_FACILITY

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="grade_with_a_reason"),
        ]
        indexes = [models.Index(fields=["district", "facility", "-id"], name="grade_decision_facility")]


class GradeObjection(TenantModel):
    """What a facility says against its grade, and what it was answered by somebody else than who had decided."""

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="grade_objections")
    decision = TenantForeignKey(GradeDecision, null=True, on_delete=models.CASCADE, related_name="objections")
    grade = models.CharField(max_length=1, help_text="the grade when it was made")
    state = models.CharField(
        _("状态"),
        max_length=10,
        choices=in_language(GRADE_OBJECTION.choices),
        default=GRADE_OBJECTION.initial,
    )
    text = models.TextField(_("哪里不对"))
    at = models.DateTimeField()
    by = person()
    answer = models.CharField(_("答复"), max_length=200, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = person()
    changed = TenantForeignKey(
        GradeDecision,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="the grade that followed",
    )

    reach_paths = OF_FACILITY

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "facility"],
                condition=models.Q(state="open"),
                name="one_open_grade_objection",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="answered") | ~models.Q(answer=""), name="grade_objection_answered"
            ),
        ]

    def __str__(self):
        return self.facility.name
