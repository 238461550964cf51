"""Residents of the streets: what statistics say of a year, each figure with source, day and history."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from facilities.rules.residents import KINDS
from facilities.rules.states import POPULATION
from portal.choices import in_language
from portal.models.places import Street
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet


class PopulationQuerySet(TenantQuerySet):
    def in_force(self):
        """The figures that count; what was corrected and what is only proposed is left out."""
        return self.filter(state="in_force")

    def proposed(self):
        return self.filter(state="proposed")


class Population(TenantModel):
    """One figure of a street's residents in a year, as a source states it on a day. A correction is a new version;
    the old one stays. 1-3 and under 3 are two populations: both are kept, neither is derived from the other."""

    street = TenantForeignKey(Street, on_delete=models.CASCADE, related_name="populations")
    year = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=14, choices=in_language(KINDS.items()))
    count = models.PositiveIntegerField()
    source = models.CharField(max_length=200)
    counted_on = models.DateField(help_text="the day of which the source speaks")
    version = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(
        max_length=10, choices=in_language(POPULATION.choices), default=POPULATION.initial
    )
    note = models.CharField(max_length=200, blank=True, help_text="why it was corrected")
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    entered_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decision_note = models.CharField(max_length=200, blank=True)

    objects = PopulationQuerySet.as_manager()
    reach_paths = {Reach.STREETS: "street"}

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["district", "street", "year", "kind", "version"], name="population_version"
            ),
            models.UniqueConstraint(
                fields=["district", "street", "year", "kind"],
                condition=models.Q(state="in_force"),
                name="population_in_force",
            ),
            models.UniqueConstraint(
                fields=["district", "street", "year", "kind"],
                condition=models.Q(state="proposed"),
                name="population_proposed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["district", "kind", "street", "-year"],
                condition=models.Q(state="in_force"),
                include=["count"],
                name="population_newest",
            )
        ]

    def __str__(self):
        return f"{self.street} {self.year} {self.get_kind_display()}"
