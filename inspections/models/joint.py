"""Joint visits: each department's part in a visit, and the items of the visit with who asks for them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from inspections.models.checklists import ChecklistItem
from inspections.models.visits import Inspection, TeamMember
from inspections.rules.joint_states import PART
from inspections.rules.states import OPEN
from portal.choices import in_language
from portal.models.places import Unit
from portal.rules.rights import Reach, Role
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet


class VisitPartQuerySet(TenantQuerySet):
    def known_to(self, actor):
        """The parts that `actor` may see. A drawn visit still to be made is known to the bureau and its team only."""
        seen = self.allowed(actor, "part.view")
        if actor.process or Role.BUREAU in actor.roles:
            return seen
        hidden = models.Q(inspection__kind=Inspection.Kind.DRAWN, inspection__state__in=OPEN)
        team = TeamMember.objects.filter(inspector__user=actor.user, dropped_at__isnull=True)
        return seen.filter(~hidden | models.Q(inspection__in=team.values("inspection")))


class VisitPart(TenantModel):
    """What one department has to do in a joint visit, and what came of it."""

    inspection = TenantForeignKey(Inspection, on_delete=models.CASCADE, related_name="departments")
    unit = TenantForeignKey(Unit, related_name="visit_parts")
    position = models.PositiveSmallIntegerField(
        help_text="the order in which the departments stand in the record"
    )
    state = models.CharField(max_length=8, choices=in_language(PART.choices), default=PART.initial)
    absent_reason = models.CharField(
        max_length=200, blank=True, help_text="why the visit was made without this department"
    )
    absent_at = models.DateTimeField(null=True)
    absent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    case_number = models.CharField(_("立案编号"), max_length=40, blank=True)
    handed_to = models.CharField(_("移送给"), max_length=80, blank=True)
    handed_note = models.CharField(_("移送说明"), max_length=200, blank=True)
    handed_at = models.DateTimeField(null=True)
    handed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)

    objects = VisitPartQuerySet.as_manager()
    reach_paths = {Reach.UNIT: "unit", Reach.TEAM: "inspection__all_team__inspector__user"}

    class Meta:
        ordering = ["inspection", "position"]
        constraints = [
            models.UniqueConstraint(fields=["district", "inspection", "unit"], name="visit_part"),
            models.CheckConstraint(
                condition=~models.Q(state="absent") | ~models.Q(absent_reason=""), name="absent_with_a_reason"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="handed") | ~models.Q(case_number=""), name="handed_with_a_number"
            ),
        ]
        indexes = [models.Index(fields=["district", "unit", "-id"], name="visit_part_unit")]

    def __str__(self):
        return str(self.unit)


class VisitItem(TenantModel):
    """One item that a joint visit, or a visit of a campaign, answers; fixed when it starts."""

    inspection = TenantForeignKey(Inspection, on_delete=models.CASCADE, related_name="visit_items")
    item = TenantForeignKey(ChecklistItem, related_name="+")
    position = models.PositiveSmallIntegerField()
    unit = TenantForeignKey(
        Unit, null=True, related_name="+", help_text="the department that answers; none: all of the team"
    )
    units = ArrayField(
        models.SlugField(max_length=80), default=list, help_text="slugs of the departments that ask for it"
    )

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["district", "inspection", "item"], name="visit_item")]
