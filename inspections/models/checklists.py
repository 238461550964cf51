"""Checklists, versioned; each item cites the clause it rests on."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from inspections.rules.states import WEIGHTS
from portal.choices import in_language
from portal.models.places import Unit
from portal.models.policy import Clause
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet


class Matter(TenantModel):
    """One entry of the published list of what may be inspected (抽查事项). What it says stands in its versions."""

    key = models.SlugField(db_index=False, max_length=40)
    unit = TenantForeignKey(Unit, null=True, related_name="matters")
    position = models.PositiveSmallIntegerField(default=0)

    public_rows = "id IN (SELECT matter_id FROM inspections_matterversion WHERE published_on IS NOT NULL)"
    public_columns = ("key", "position")

    class Meta:
        ordering = ["position", "key"]
        constraints = [models.UniqueConstraint(fields=["district", "key"], name="matter_key")]

    def __str__(self):
        return self.key


class MatterVersion(TenantModel):
    """A wording of a matter with its days of force; a published one is never changed, a draft stands beside it."""

    matter = TenantForeignKey(Matter, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(_("抽查事项"), max_length=80)
    basis = models.CharField(_("检查依据"), max_length=300)
    subject = models.CharField(_("检查主体"), max_length=200)
    kinds = ArrayField(models.CharField(max_length=24), verbose_name=_("检查对象"))
    ratio = models.CharField(_("抽查比例"), max_length=80)
    frequency = models.CharField(_("检查频次"), max_length=80)
    method = models.CharField(_("检查方式"), max_length=80)
    starts_on = models.DateField(_("起用"), null=True)
    ends_on = models.DateField(null=True)
    published_on = models.DateField(null=True)
    withdrawn_note = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)

    public_rows = "published_on IS NOT NULL"
    public_columns = (
        "matter", "number", "name", "basis", "subject", "kinds", "ratio", "frequency", "method", "starts_on",
        "ends_on", "published_on",
    )  # fmt: skip

    class Meta:
        ordering = ["matter", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["district", "matter", "number"], name="matter_version"),
            models.UniqueConstraint(
                fields=["district", "matter"],
                condition=models.Q(published_on__isnull=True),
                name="one_draft_of_a_matter",
            ),
            models.CheckConstraint(
                condition=models.Q(published_on__isnull=True) | models.Q(starts_on__isnull=False),
                name="published_matter_has_its_day",
            ),
        ]

    def __str__(self):
        return self.name


class ChecklistQuerySet(TenantQuerySet):
    def published(self) -> ChecklistQuerySet:
        """Lists of which there is a version: the others are a draft's so far."""
        return self.filter(models.Exists(ChecklistVersion.objects.filter(checklist=models.OuterRef("pk"))))


class Checklist(TenantModel):
    """A list for kinds of facilities: 安全防控, 卫生保健, 宝宝屋."""

    key = models.SlugField(db_index=False, max_length=40)
    name = models.CharField(max_length=80)
    kinds = ArrayField(models.CharField(max_length=24))
    position = models.PositiveSmallIntegerField(default=0)

    objects = ChecklistQuerySet.as_manager()

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
    matter = TenantForeignKey(
        Matter, related_name="items", help_text="what is not published is not inspected"
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
    short = models.BooleanField(
        _("关键项"), default=False, help_text="of the short list, which becomes the full one when it fails"
    )

    public_rows = "true"
    public_columns = ("number", "key", "section", "text", "weight")

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
