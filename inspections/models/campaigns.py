"""Special campaigns (专项检查) of the bureau and joint operations of a street (综合执法): one record with its approval,
the departments that were asked, who goes; the visits refer to it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from inspections.models.plans import Inspector
from inspections.rules.joint_states import CAMPAIGN, REPLY
from portal.choices import in_language
from portal.models.places import Street, Unit
from portal.models.records import StoredFile
from portal.rules.rights import Reach, Role
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet


def person():
    return models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class CampaignQuerySet(TenantQuerySet):
    def known_to(self, actor):
        """As far as the right reaches; a department is told with the question, not by the draft."""
        seen = self.allowed(actor, "campaign.view")
        if actor.process or actor.client or actor.roles - {Role.DEPARTMENT}:
            return seen
        return seen.exclude(state__in=("draft", "dropped"))


class Campaign(TenantModel):
    """What is inspected why, where, by whom and when, beside the yearly plan."""

    class Kind(models.TextChoices):
        SPECIAL = "special", _("专项检查")
        STREET = "street", _("街镇综合执法")

    number = models.CharField(_("编号"), max_length=20)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    theme = models.CharField(_("主题"), max_length=80)
    occasion = models.CharField(_("起因"), max_length=500)
    basis = models.CharField(_("依据"), max_length=300)
    street = TenantForeignKey(Street, null=True, related_name="campaigns")
    starts_on = models.DateField(_("开始"))
    ends_on = models.DateField(_("结束"))
    reply_by = models.DateField(_("部门回复期限"), null=True)
    kinds = ArrayField(models.CharField(max_length=24), help_text="of facilities")
    streets = ArrayField(models.CharField(max_length=12), default=list, help_text="codes; none: all")
    grades = ArrayField(models.CharField(max_length=1), default=list, help_text="none: all")
    codes = ArrayField(models.CharField(max_length=12), default=list, help_text="these facilities only")
    matters = ArrayField(models.SlugField(max_length=40), help_text="keys of published matters")
    state = models.CharField(max_length=10, choices=in_language(CAMPAIGN.choices), default=CAMPAIGN.initial)
    version = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField()
    made_by = person()
    submitted_at = models.DateTimeField(null=True)
    submitted_by = person()
    approved_at = models.DateTimeField(null=True)
    approved_by = person()
    return_note = models.CharField(max_length=200, blank=True)
    publish_by = models.DateField(null=True, help_text="last day for the publication of what was approved")
    published_on = models.DateField(null=True)
    objects_n = models.PositiveIntegerField(
        default=0, help_text="facilities that met the criteria when visits were made"
    )
    sent_at = models.DateTimeField(null=True)
    closed_on = models.DateField(null=True)
    closed_by = person()
    conclusion = models.TextField(_("情况小结"), blank=True)
    approval_file = TenantForeignKey(StoredFile, null=True, related_name="+")
    closing_file = TenantForeignKey(StoredFile, null=True, related_name="+")

    objects = CampaignQuerySet.as_manager()
    reach_paths = {Reach.UNIT: "units__unit", Reach.STREETS: "street"}
    public_rows = "published_on IS NOT NULL"
    #: Not which facilities: they are told with their results.
    public_columns = (
        "number", "kind", "theme", "occasion", "basis", "starts_on", "ends_on", "kinds", "matters", "state",
        "published_on", "objects_n", "closed_on",
    )  # fmt: skip

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "number"], name="campaign_number"),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="campaign_days"
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by__isnull=True)
                | ~models.Q(approved_by=models.F("submitted_by")),
                name="campaign_of_two",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="special") | models.Q(street__isnull=False),
                name="operation_of_a_street",
            ),
        ]
        indexes = [models.Index(fields=["district", "state", "publish_by"], name="campaign_clock")]

    def __str__(self):
        return self.theme


class CampaignUnit(TenantModel):
    """A department that was asked to take part, and what it said."""

    campaign = TenantForeignKey(Campaign, on_delete=models.CASCADE, related_name="units")
    unit = TenantForeignKey(Unit, related_name="campaigns")
    position = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=in_language(REPLY.choices), default=REPLY.initial)
    note = models.CharField(max_length=200, blank=True)
    replied_at = models.DateTimeField(null=True)
    replied_by = person()

    reach_paths = {Reach.UNIT: "unit"}

    class Meta:
        ordering = ["campaign", "position"]
        constraints = [models.UniqueConstraint(fields=["district", "campaign", "unit"], name="campaign_unit")]

    def __str__(self):
        return str(self.unit)


class CampaignInspector(TenantModel):
    """Somebody who goes: named by the department that takes part, or by the bureau where none was asked."""

    campaign = TenantForeignKey(Campaign, on_delete=models.CASCADE, related_name="inspectors")
    inspector = TenantForeignKey(Inspector, related_name="campaigns")

    class Meta:
        ordering = ["campaign", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "campaign", "inspector"], name="campaign_inspector")
        ]
