"""Runs of imports and exports: the file, what was found in it, what was done, by whom."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from portal.choices import in_language
from portal.models.records import StoredFile
from portal.rules.imports import OUTCOMES
from portal.rules.rights import Reach
from portal.rules.states import EXPORT, IMPORT
from portal.spreadsheets import LISTS
from portal.tenancy import (
    TenantForeignKey,
    TenantModel,
    TenantOneToOneField,
    TenantQuerySet,
    WithheldBinaryField,
)


class RunQuerySet(TenantQuerySet):
    """Runs are reached with the right of their list: by those whom the right reaches whole all of them, by others
    their own."""

    lists = {}

    def for_actor(self, actor):
        condition = models.Q(pk__in=[])
        for key, one in self.lists.items():
            reaches = actor.reaches(one.right)
            if Reach.ALL in reaches:
                condition |= models.Q(list=key)
            elif reaches and actor.user:
                condition |= models.Q(list=key, created_by=actor.user)
        return self.filter(condition)


class ImportQuerySet(RunQuerySet):
    lists = LISTS.incoming


class ExportQuerySet(RunQuerySet):
    def for_actor(self, actor):
        """An export is its maker's alone: what it holds was seen with that person's reach."""
        return self.filter(created_by=actor.user) if actor.user else self.none()


class Run(TenantModel):
    list = models.CharField(max_length=40)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    #: Why it was refused or given back: a sentence (a msgid) and the facts for its gaps.
    problem = models.TextField(blank=True, default="")
    facts = models.JSONField(default=dict)

    class Meta:
        abstract = True


class ImportRun(Run):
    """One file on its way into a list."""

    state = models.CharField(max_length=8, choices=in_language(IMPORT.choices), default=IMPORT.initial)
    #: The file's name and hash stay when the file itself is gone.
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    file = TenantForeignKey(StoredFile, null=True, related_name="+")
    sheet = models.CharField(max_length=120, blank=True, default="")
    #: Field -> index of its column; what no field takes; first and last row of the headings.
    columns = models.JSONField(default=dict)
    unknown = models.JSONField(default=list)
    headings = models.JSONField(default=list)
    #: rows, new, changed, cells, same, wrong, wrong_cells, likely, notes, skipped
    counts = models.JSONField(default=dict)
    without_wrong = models.BooleanField(default=False)
    without_likely = models.BooleanField(default=False)
    compared_at = models.DateTimeField(null=True, help_text="when likely doubles had been looked for")

    objects = ImportQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["district", "list", "-id"], name="import_by_list")]


class ImportStaged(TenantModel):
    """The rows of a file that waits in its preview, as they were read: writing takes them from here and does not read
    the file again. A stream of COPY, packed; encrypted where the list holds persons' numbers."""

    run = TenantOneToOneField(ImportRun, on_delete=models.CASCADE, related_name="staged")
    judged_on = models.DateField(help_text="the day by which the rows were judged")
    shape = models.JSONField(help_text="[column, SQL type] of each column of the stream")
    count = models.PositiveIntegerField()
    skipped = models.PositiveIntegerField()
    rows = WithheldBinaryField()
    remarks = WithheldBinaryField(help_text="what cells and plain rules said")
    tried = WithheldBinaryField(
        null=True, help_text="what the list's own service said when it tried the rows"
    )
    secrets = WithheldBinaryField(null=True, help_text="row -> field -> what stands nowhere unencrypted")


class ImportLine(TenantModel):
    """A row of a file that the preview shows: the wrong ones, those beside them, some of the others."""

    run = TenantForeignKey(ImportRun, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField(help_text="the row as the spreadsheet counts")
    outcome = models.CharField(max_length=8, choices=in_language(OUTCOMES.items()))
    cells = models.JSONField(default=dict, help_text="field -> what stands there, a person's data masked")
    remarks = models.JSONField(default=list, help_text="[field, level, msgid, facts]")
    changes = models.JSONField(default=dict, help_text="field -> what stands in the register")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["district", "run", "number"], name="import_line")]


class ExportRun(Run):
    """A list that was too long to be made while somebody waits, or one with what is personal in full."""

    state = models.CharField(max_length=8, choices=in_language(EXPORT.choices), default=EXPORT.initial)
    query = models.TextField(blank=True, default="")
    revealed = models.BooleanField(default=False)
    rows = models.PositiveIntegerField(null=True)
    file = TenantForeignKey(StoredFile, null=True, related_name="+")

    objects = ExportQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["district", "created_by", "-id"], name="export_by_person")]
