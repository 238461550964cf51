"""Official reports and how a district issues them."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.choices import in_language
from portal.models.records import StoredFile
from portal.tenancy import TenantForeignKey, TenantModel
from targets.metrics.base import Period
from targets.models.targets import Snapshot
from targets.rules.states import REPORT
from targets.rules.tasks import quarter_of


class ReportSetting(TenantModel):
    """Issuer, addressee, number series of one kind of report; each district's own."""

    class Kind(models.TextChoices):
        MONTHLY = "monthly", _("月度督查报告")
        QUARTERLY = "quarterly", _("季度督查报告")
        YEARLY = "yearly", _("年度督查报告")
        SELF = "self", _("年度自评公报")
        MINUTES = "minutes", _("联席会议纪要")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    issuer = models.CharField(max_length=60)
    addressee = models.CharField(max_length=120)
    number_word = models.CharField(max_length=20, help_text="闵教托督")
    copies_to = models.CharField(max_length=200, blank=True)
    printing_unit = models.CharField(max_length=60)
    title = models.CharField(max_length=120, help_text="with {year}, {month}, {quarter}")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "kind"], name="report_setting")]


class Report(TenantModel):
    """A report of a period: a draft that follows the figures until it is issued, then fixed for good."""

    kind = models.CharField(max_length=10, choices=ReportSetting.Kind.choices)
    starts_on = models.DateField(help_text="first day of its month, quarter or year")
    state = models.CharField(max_length=8, choices=in_language(REPORT.choices), default=REPORT.initial)
    snapshot = TenantForeignKey(Snapshot, related_name="reports")
    content = models.JSONField(help_text="everything the template prints")
    number = models.CharField(max_length=60, blank=True)
    drafted_at = models.DateTimeField()
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    issued_at = models.DateTimeField(null=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    file = TenantForeignKey(StoredFile, null=True, related_name="+")
    sha256 = models.CharField(max_length=64, blank=True, help_text="of the issued PDF")

    #: the self-report is for everybody once it is issued
    public_rows = "kind = 'self' AND state = 'issued'"
    public_columns = ("kind", "starts_on", "state", "content", "number", "issued_at", "sha256")

    class Meta:
        ordering = ["-starts_on", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["district", "kind", "starts_on"], name="one_report"),
            models.UniqueConstraint(
                fields=["district", "number"], condition=~models.Q(number=""), name="report_number"
            ),
        ]

    @property
    def period(self) -> Period:
        """Its month, quarter or year, whole."""
        first = self.starts_on
        if self.kind == ReportSetting.Kind.MONTHLY:
            return Period.month(first.year, first.month)
        if self.kind == ReportSetting.Kind.QUARTERLY:
            return Period.quarter(*quarter_of(first))
        return Period.year(first.year)

    @property
    def as_of(self) -> date:
        """The day that its figures go to."""
        return date.fromisoformat(self.content["as_of"])

    def __str__(self):
        return f"{self.get_kind_display()} {self.starts_on}"
