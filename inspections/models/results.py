"""What a visit's result goes through before and after it is final: its versions, the facility's objections, changes."""

from __future__ import annotations

import json

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from inspections.models.visits import Finding, Inspection
from inspections.rules.states import CHANGE_REASONS, RESULT
from portal.choices import in_language
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantOneToOneField


def person() -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )


class ResultReview(TenantModel):
    """Where the result of a visit stands: with the facility, answered, final, being changed."""

    inspection = TenantOneToOneField(Inspection, on_delete=models.CASCADE, related_name="review")
    state = models.CharField(
        _("状态"), max_length=10, choices=in_language(RESULT.choices), default=RESULT.initial
    )
    answer_by = models.DateField(_("意见截止"), help_text="the facility's last day to answer the draft")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = person()
    final_at = models.DateTimeField(_("定稿"), null=True, blank=True)
    latest = models.PositiveSmallIntegerField(default=1, help_text="number of the version that counts")
    version = models.PositiveIntegerField(default=1)

    reach_paths = {
        Reach.TEAM: "inspection__all_team__inspector__user",
        Reach.STREETS: "inspection__facility__street",
        Reach.FACILITIES: "inspection__facility",
    }

    class Meta:
        ordering = ["answer_by", "pk"]
        indexes = [models.Index(fields=["district", "state", "answer_by", "id"], name="result_review_due")]

    def __str__(self):
        return self.inspection.number


class ResultVersion(TenantModel):
    """A result as it stood: canonical JSON with its SHA-256. Never changed: what comes later is another version."""

    class Kind(models.TextChoices):
        DRAFT = "draft", _("送机构征求意见")
        DECIDED = "decided", _("机构的意见答复以后")
        CORRECTED = "corrected", _("更正")

    review = TenantForeignKey(ResultReview, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    content = models.BinaryField(help_text="canonical JSON, see docs/results.md")
    sha256 = models.CharField(max_length=64)
    reason = models.TextField(blank=True, help_text="why it differs from the version before")
    at = models.DateTimeField()
    by = person()

    append_only = True

    class Meta:
        ordering = ["review", "number"]
        constraints = [
            models.UniqueConstraint(fields=["district", "review", "number"], name="result_version")
        ]

    @property
    def facts(self) -> dict:
        return json.loads(bytes(self.content))


class ResultObjection(TenantModel):
    """What the facility says to one finding of the draft, and what was decided about it."""

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("意见成立，撤销这个问题")
        KEPT = "kept", _("意见不成立，维持")

    review = TenantForeignKey(ResultReview, on_delete=models.CASCADE, related_name="objections")
    finding = TenantForeignKey(Finding, on_delete=models.CASCADE, related_name="objections")
    text = models.TextField()
    at = models.DateTimeField()
    by = person()
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    reason = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = person()

    class Meta:
        ordering = ["review", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "review", "finding"], name="one_objection"),
            models.CheckConstraint(
                condition=models.Q(outcome="") | ~models.Q(reason=""), name="objection_decided_with_a_reason"
            ),
        ]


class ResultObjectionFile(TenantModel):
    objection = TenantForeignKey(ResultObjection, on_delete=models.CASCADE, related_name="files")
    file = TenantForeignKey(StoredFile, related_name="+")


class ResultChange(TenantModel):
    """A change of a result that was final: proposed by one with a reason, decided by another."""

    class State(models.TextChoices):
        OPEN = "open", _("等第二人决定")
        CONFIRMED = "confirmed", _("已更正")
        DECLINED = "declined", _("不更正")

    review = TenantForeignKey(ResultReview, on_delete=models.CASCADE, related_name="changes")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    reason_kind = models.CharField(
        _("更正的原因"), max_length=16, choices=in_language(CHANGE_REASONS.items())
    )
    reason = models.TextField(_("理由"))
    decided_on = models.DateField(_("决定日期"), help_text="of the decision on which the change rests")
    withdraw_by = models.DateField(
        _("撤回期限"), help_text="last day on which the result may still be public"
    )
    findings = models.JSONField(default=list, help_text="ids of the findings that are withdrawn")
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+")
    taken_down_at = models.DateTimeField(
        null=True, blank=True, help_text="when the result left the public's sight before the decision"
    )
    proposed_at = models.DateTimeField()
    proposed_by = person()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = person()
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["review", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "review"], condition=models.Q(state="open"), name="one_open_change"
            ),
            models.CheckConstraint(
                condition=models.Q(settled_by__isnull=True)
                | models.Q(proposed_by__isnull=True)
                | ~models.Q(settled_by=models.F("proposed_by")),
                name="a_second_settles_a_change",
            ),
        ]
