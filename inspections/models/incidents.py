"""Serious incidents (安全事件) that a facility reports against a clock, in a chain of reports."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models import Facility
from inspections.rules.states import INCIDENT
from inspections.rules.voices import INCIDENTS, REPORTS
from portal.choices import in_language
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel


class Incident(TenantModel):
    """What happened at a facility, when it was known and when parents and district were told."""

    number = models.CharField(_("事件编号"), max_length=20)
    facility = TenantForeignKey(Facility, related_name="incidents")
    state = models.CharField(max_length=10, choices=in_language(INCIDENT.choices), default=INCIDENT.initial)
    kind = models.CharField(_("哪类事件"), max_length=10, choices=in_language(INCIDENTS.items()))
    happened_at = models.DateTimeField(_("什么时候发生"))
    happened_on = models.DateField(help_text="the local day of happened_at")
    known_at = models.DateTimeField(_("什么时候知道"))
    place = models.CharField(_("在哪里"), max_length=80)
    children = models.PositiveSmallIntegerField(_("涉及幼儿（人）"))
    injured = models.PositiveSmallIntegerField(_("其中受伤、不适（人）"))
    parents_told_at = models.DateTimeField(_("什么时候告诉家长"), null=True)
    first_due_at = models.DateTimeField(help_text="by when the first report had to be in")
    reported_at = models.DateTimeField(help_text="when the first report came")
    next_due_at = models.DateTimeField(null=True, help_text="by when the next report has to be in")
    final_due_on = models.DateField(help_text="last working day for the final report")
    closed_on = models.DateField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    closing = models.CharField(_("办结意见"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)

    reach_paths = {Reach.STREETS: "facility__street", Reach.FACILITIES: "facility"}

    class Meta:
        ordering = ["-happened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "number"], name="incident_number"),
            models.CheckConstraint(
                condition=models.Q(injured__lte=models.F("children")), name="incident_injured"
            ),
        ]
        indexes = [
            models.Index(fields=["district", "state", "next_due_at", "id"], name="incident_clock"),
            models.Index(fields=["district", "facility", "happened_on"], name="incident_facility"),
        ]

    def __str__(self):
        return self.number

    @property
    def late(self) -> bool:
        return self.reported_at > self.first_due_at


class IncidentReport(TenantModel):
    """One report of the chain; never changed."""

    incident = TenantForeignKey(Incident, on_delete=models.CASCADE, related_name="reports")
    kind = models.CharField(max_length=10, choices=in_language(REPORTS.items()))
    text = models.TextField()
    due_at = models.DateTimeField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    append_only = True

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "incident", "kind"],
                condition=models.Q(kind__in=("first", "final")),
                name="incident_report_once",
            )
        ]

    @property
    def late(self) -> bool:
        return self.at > self.due_at


class IncidentFile(TenantModel):
    """Evidence of a report."""

    report = TenantForeignKey(IncidentReport, on_delete=models.CASCADE, related_name="files")
    file = TenantForeignKey(StoredFile, related_name="+")

    append_only = True
