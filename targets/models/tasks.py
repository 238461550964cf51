"""The task matrix: who leads, who supports, how far each unit is."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.choices import in_language
from portal.models.places import Unit
from portal.models.policy import Clause, PolicyDocument
from portal.models.records import StoredFile
from portal.rules.machine import marked
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet
from targets.rules.states import PROGRESS
from targets.rules.tasks import GIVEN, quarter_of


class Task(TenantModel):
    """A row of the matrix (任务分工); where a document has no task table, its duties are the rows. A decision of the
    joint conference is one too, with the confirmed minutes as its document (docs/decisions/016).

    Versions of one row follow each other by dates; `follows` is the one before, or the predecessor's row.
    """

    class Origin(models.TextChoices):
        TABLE = "table", _("任务分工表")
        DUTY = "duty", _("职责")
        DECISION = "decision", _("联席会议决定")

    document = TenantForeignKey(PolicyDocument, on_delete=models.CASCADE, related_name="tasks")
    clause = TenantForeignKey(Clause, null=True, related_name="tasks")
    origin = models.CharField(max_length=8, choices=Origin.choices)
    number = models.PositiveSmallIntegerField()
    category = models.CharField(max_length=80, blank=True)
    project = models.CharField(max_length=80, blank=True)
    text = models.TextField()
    carried = models.JSONField(default=list, help_text="cells taken over from the row above")
    note = models.TextField(blank=True)
    key_project = models.BooleanField(null=True, help_text="empty: the source lost it")
    in_section_five = models.BooleanField(null=True)
    follows = TenantForeignKey("self", null=True, related_name="followed_by")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, help_text="the day that a decision sets; a plan's tasks have none")

    class Meta:
        ordering = ["document", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "document", "origin", "number", "starts_on"], name="task_version"
            )
        ]

    def __str__(self):
        return f"{self.number} {self.text[:30]}"


class TaskUnit(TenantModel):
    """A unit of a task, as the document names it: lead (牵头) or supporting (配合)."""

    class Role(models.TextChoices):
        LEAD = "lead", _("牵头")
        SUPPORT = "support", _("配合")

    task = TenantForeignKey(Task, on_delete=models.CASCADE, related_name="units")
    unit = TenantForeignKey(Unit, related_name="task_roles")
    role = models.CharField(max_length=8, choices=Role.choices)
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["task", "role", "position"]
        constraints = [models.UniqueConstraint(fields=["district", "task", "unit", "role"], name="task_unit")]


QUARTERS = (marked("一"), marked("二"), marked("三"), marked("四"))


def round_name(year: int, quarter: int) -> str:
    """In the reader's language."""
    return gettext("%(year)s 年%(quarter)s季度") % {"year": year, "quarter": gettext(QUARTERS[quarter - 1])}


class ReportingRound(TenantModel):
    """A time for which the units report on their tasks: a quarter, due on a day."""

    name = models.CharField(max_length=40)
    starts_on = models.DateField()
    ends_on = models.DateField()
    due_on = models.DateField()

    class Meta:
        ordering = ["-starts_on"]
        constraints = [models.UniqueConstraint(fields=["district", "starts_on"], name="reporting_round")]

    def __str__(self):
        return round_name(*quarter_of(self.starts_on))


class ProgressReportQuerySet(TenantQuerySet):
    def given(self) -> ProgressReportQuerySet:
        """Handed in, and not sent back."""
        return self.filter(state__in=GIVEN)

    def latest_until(self, reporting_round) -> ProgressReportQuerySet:
        """Of each task and unit, what was handed in last, in this round or an earlier one."""
        return (
            self.given()
            .filter(round__starts_on__lte=reporting_round.starts_on)
            .order_by("task_id", "unit_id", "-round__starts_on")
            .distinct("task_id", "unit_id")
        )


class ProgressReport(TenantModel):
    """What one unit (of a collective: one member) reports on one task in a round."""

    round = TenantForeignKey(ReportingRound, related_name="reports")
    task = TenantForeignKey(Task, related_name="reports")
    unit = TenantForeignKey(Unit, related_name="progress_reports")
    state = models.CharField(max_length=10, choices=in_language(PROGRESS.choices), default=PROGRESS.initial)
    percent = models.PositiveSmallIntegerField(_("进度 %"), null=True)
    text = models.TextField(_("进展情况"))
    submitted_on = models.DateField(null=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    returned_note = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = ProgressReportQuerySet.as_manager()
    reach_paths = {Reach.UNIT: "unit"}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "round", "task", "unit"], name="progress_report"),
            models.CheckConstraint(
                condition=models.Q(percent__isnull=True) | models.Q(percent__lte=100), name="progress_percent"
            ),
        ]

    def __str__(self):
        return f"{self.task.number} {self.unit}"


class ProgressFile(TenantModel):
    report = TenantForeignKey(ProgressReport, on_delete=models.CASCADE, related_name="files")
    file = TenantForeignKey(StoredFile, related_name="+")
