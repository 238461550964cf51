"""A visit's whole course as one archive, to hand over to enforcement."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from inspections.models.joint import VisitPart
from inspections.models.results import person
from inspections.models.visits import Inspection
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel


class CaseFile(TenantModel):
    """One making of a case file (案卷): what was on record at that moment, with the archive's SHA-256."""

    class State(models.TextChoices):
        MAKING = "making", _("正在生成")
        DONE = "done", _("可以下载")

    inspection = TenantForeignKey(Inspection, on_delete=models.CASCADE, related_name="case_files")
    part = TenantForeignKey(
        VisitPart, null=True, on_delete=models.CASCADE, related_name="case_files",
        help_text="of one department's part only",
    )  # fmt: skip
    state = models.CharField(max_length=8, choices=State.choices, default=State.MAKING)
    ordered_at = models.DateTimeField()
    ordered_by = person()
    made_at = models.DateTimeField(null=True, blank=True)
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+")
    sha256 = models.CharField(max_length=64, blank=True)
    parts = models.PositiveIntegerField(default=0, help_text="files in the archive")
    missing = models.PositiveIntegerField(default=0, help_text="on record, but not on the disk any more")

    reach_paths = {Reach.TEAM: "inspection__all_team__inspector__user", Reach.UNIT: "part__unit"}

    class Meta:
        ordering = ["-ordered_at", "-pk"]

    def __str__(self):
        return self.inspection.number
