"""A checklist's next version while it is written: nobody inspects by it, so it stands apart from the versions."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from inspections.models.checklists import Checklist, ChecklistVersion
from inspections.models.results import person
from inspections.rules.states import CHECKLIST_DRAFT
from portal.choices import in_language
from portal.tenancy import TenantForeignKey, TenantModel


class ChecklistDraft(TenantModel):
    """The wording of a next version. `items`: a list of {"key", "section", "text", "weight", "matter" (its key),
    "clause" (an id or null), "quote", "basis", "weak", "kinds", "hint", "short"}."""

    checklist = TenantForeignKey(Checklist, on_delete=models.CASCADE, related_name="drafts")
    based_on = TenantForeignKey(ChecklistVersion, null=True, related_name="+")
    state = models.CharField(
        _("状态"),
        max_length=10,
        choices=in_language(CHECKLIST_DRAFT.choices),
        default=CHECKLIST_DRAFT.initial,
    )
    items = models.JSONField(default=list)
    starts_on = models.DateField(_("起用日期"), null=True)
    begun_at = models.DateTimeField()
    begun_by = person()
    submitted_at = models.DateTimeField(null=True)
    submitted_by = person()
    settled_at = models.DateTimeField(null=True)
    settled_by = person()
    note = models.CharField(_("退回的原因"), max_length=200, blank=True)
    published = TenantForeignKey(ChecklistVersion, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "checklist"],
                condition=models.Q(state__in=("draft", "submitted")),
                name="one_draft_of_a_checklist",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="published")
                | models.Q(settled_by__isnull=True)
                | models.Q(submitted_by__isnull=True)
                | ~models.Q(settled_by=models.F("submitted_by")),
                name="a_second_publishes_a_checklist",
            ),
        ]

    def __str__(self):
        return self.checklist.name
