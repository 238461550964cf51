"""A request that somebody of a visit's team step aside (回避), and what the head decided."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext as _

from inspections.models.plans import Inspector
from inspections.models.results import person
from inspections.models.visits import Inspection, TeamMember
from inspections.rules.recusals import NAME, POST, REASON, RECUSAL, WAYS
from inspections.rules.states import OPEN
from portal.choices import in_language
from portal.rules.rights import Reach, Role
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet


class RecusalQuerySet(TenantQuerySet):
    def known_to(self, actor):
        """The requests that `actor` may see. Inspections come unannounced: one of an open visit tells who is to be
        visited, so besides bureau and heads, who decide, only the team knows it, and the facility what it asked."""
        seen = self.allowed(actor, "recusal.view")
        if actor.process or actor.roles & {Role.BUREAU, Role.UNIT_HEAD}:
            return seen
        team = TeamMember.objects.filter(inspector__user=actor.user)
        known = ~models.Q(inspection__state__in=OPEN) | models.Q(inspection__in=team.values("inspection"))
        if Role.OPERATOR in actor.roles:
            known |= ~models.Q(way="own")
        return seen.filter(known)


class Recusal(TenantModel):
    """Who asks, about whom, why; the decision with its reason. It stays on record either way."""

    inspection = TenantForeignKey(Inspection, on_delete=models.CASCADE, related_name="recusals")
    inspector = TenantForeignKey(Inspector, related_name="recusals")
    way = models.CharField(max_length=8, choices=in_language(WAYS.items()))
    name = models.CharField(max_length=NAME, blank=True, help_text="who asks, as they call themselves")
    post = models.CharField(max_length=POST, blank=True)
    reason = models.CharField(max_length=REASON[1])
    asked_at = models.DateTimeField()
    entered_by = person()
    state = models.CharField(max_length=8, choices=in_language(RECUSAL.choices), default=RECUSAL.initial)
    answer = models.CharField(max_length=REASON[1], blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = person()
    replaced_by = TenantForeignKey(Inspector, null=True, blank=True, related_name="+")

    objects = RecusalQuerySet.as_manager()
    reach_paths = {
        Reach.TEAM: "inspection__all_team__inspector__user",
        Reach.FACILITIES: "inspection__facility",
    }

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "inspection", "inspector"],
                condition=models.Q(state="asked"),
                name="one_open_recusal",
            ),
            models.CheckConstraint(
                condition=models.Q(state="asked") | ~models.Q(answer=""), name="recusal_decided_with_a_reason"
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True)
                | models.Q(entered_by__isnull=True)
                | ~models.Q(decided_by=models.F("entered_by")),
                name="a_second_decides_a_recusal",
            ),
        ]
        indexes = [models.Index(fields=["district", "state", "asked_at", "id"], name="recusal_open")]

    def __str__(self):
        return _("%(number)s 的回避申请") % {"number": self.inspection.number}
