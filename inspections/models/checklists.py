"""Checklists, versioned; each item cites the clause it rests on."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from inspections.rules.states import WEIGHTS
from portal.choices import in_language
from portal.models.policy import Clause
from portal.tenancy import TenantForeignKey, TenantModel


class Checklist(TenantModel):
    """A list for kinds of facilities: 安全防控, 卫生保健, 宝宝屋."""

    key = models.SlugField(db_index=False, max_length=40)
    name = models.CharField(max_length=80)
    kinds = ArrayField(models.CharField(max_length=24))
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "key"]
        constraints = [models.UniqueConstraint(fields=["district", "key"], name="checklist_key")]

    def __str__(self):
        return self.name


class ChecklistVersion(TenantModel):
    """A wording of a checklist with dates of force; one that was used is never changed."""

    checklist = TenantForeignKey(Checklist, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    published_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["checklist", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["district", "checklist", "number"], name="checklist_version")
        ]


class ChecklistItem(TenantModel):
    """One thing to look at (检查项)."""

    version = TenantForeignKey(ChecklistVersion, on_delete=models.CASCADE, related_name="items")
    number = models.PositiveSmallIntegerField()
    key = models.SlugField(
        db_index=False, max_length=60, help_text="the same in all versions: by it repeats are seen"
    )
    section = models.CharField(max_length=40)
    text = models.CharField(max_length=200)
    clause = TenantForeignKey(Clause, null=True, related_name="checklist_items")
    quote = models.TextField(blank=True, help_text="verbatim from the document")
    basis = models.CharField(
        max_length=200, blank=True, help_text="law, where no clause of the district's own says it"
    )
    weak = models.BooleanField(default=False)
    weight = models.CharField(max_length=6, choices=in_language(WEIGHTS.items()))
    kinds = ArrayField(
        models.CharField(max_length=24), default=list, blank=True, help_text="empty: all of the list's kinds"
    )
    hint = models.CharField(_("怎样查"), max_length=200, blank=True)

    class Meta:
        ordering = ["version", "number"]
        constraints = [
            models.UniqueConstraint(fields=["district", "version", "number"], name="checklist_item_number"),
            models.UniqueConstraint(fields=["district", "version", "key"], name="checklist_item_key"),
            models.CheckConstraint(
                condition=models.Q(clause__isnull=False) | ~models.Q(basis=""),
                name="checklist_item_has_a_basis",
            ),
        ]
