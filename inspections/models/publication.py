"""What became public of results and what went, without a word that a person wrote; the applications for repair."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models import Facility
from inspections.models.results import ResultReview, person
from inspections.rules.states import CHANGE_REASONS, REPAIR
from portal.choices import in_language
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel


class PublicationEvent(TenantModel):
    """A result went public, was withdrawn, came back corrected, ended. Anybody may read that one was withdrawn and why
    (行政处罚法 art. 48 asks for it); that one ended or was repaired nobody outside learns, or it would not have ended."""

    class Kind(models.TextChoices):
        PUBLISHED = "published", _("公示")
        WITHDRAWN = "withdrawn", _("已撤回公示")
        CORRECTED = "corrected", _("更正后重新公示")
        ENDED = "ended", _("期满")
        REPAIRED = "repaired", _("修复")

    review = TenantForeignKey(ResultReview, on_delete=models.CASCADE, related_name="events")
    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="publication_events")
    number = models.CharField(max_length=20, help_text="of the inspection")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reason_kind = models.CharField(max_length=16, choices=in_language(CHANGE_REASONS.items()), blank=True)
    version = models.PositiveSmallIntegerField(help_text="of the result")
    sha256 = models.CharField(max_length=64, help_text="of that version")
    at = models.DateTimeField()

    append_only = True
    public_rows = "kind IN ('withdrawn', 'corrected')"
    public_columns = ("facility", "number", "kind", "reason_kind", "at")

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["district", "kind", "-at"], name="publication_event_kind")]


class PublicationRepair(TenantModel):
    """The facility asks that its result be public no more: mended, with evidence. Examined by one, decided by another."""

    review = TenantForeignKey(ResultReview, on_delete=models.CASCADE, related_name="repairs")
    state = models.CharField(
        _("状态"), max_length=10, choices=in_language(REPAIR.choices), default=REPAIR.initial
    )
    reason = models.TextField(_("改正的情况"))
    file = TenantForeignKey(StoredFile, related_name="+")
    asked_at = models.DateTimeField()
    asked_by = person()
    examined_at = models.DateTimeField(null=True, blank=True)
    examined_by = person()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = person()
    opinion = models.CharField(_("核实意见"), max_length=500, blank=True, help_text="of who examined")
    answer = models.CharField(_("答复"), max_length=500, blank=True)

    reach_paths = {
        Reach.STREETS: "review__inspection__facility__street",
        Reach.FACILITIES: "review__inspection__facility",
        Reach.TEAM: "review__inspection__all_team__inspector__user",
    }

    class Meta:
        ordering = ["review", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "review"],
                condition=models.Q(state__in=("asked", "examined")),
                name="one_open_repair",
            ),
            models.CheckConstraint(
                condition=models.Q(examined_by__isnull=True)
                | models.Q(decided_by__isnull=True)
                | ~models.Q(examined_by=models.F("decided_by")),
                name="a_second_decides_a_repair",
            ),
        ]

    def __str__(self):
        return str(self.review)
