"""Neighbourhoods (居委): points at which residents' children are counted, for the 15-minute circle."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.models.places import Street
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet


class NeighbourhoodQuerySet(TenantQuerySet):
    def standing(self, on):
        """Those that are not dissolved by the day."""
        return self.filter(models.Q(ended_on__isnull=True) | models.Q(ended_on__gt=on))


class Neighbourhood(TenantModel):
    """A neighbourhood committee's area as a point (WGS-84), with the children under three who live there."""

    street = TenantForeignKey(Street, related_name="neighbourhoods", verbose_name=_("街镇"))
    name = models.CharField(_("名称"), max_length=60)
    latitude = models.DecimalField(_("纬度"), max_digits=9, decimal_places=6, help_text="WGS-84")
    longitude = models.DecimalField(_("经度"), max_digits=9, decimal_places=6, help_text="WGS-84")
    under_three = models.PositiveIntegerField(_("3 岁以下"), null=True, blank=True)
    source = models.CharField(_("来源"), max_length=200)
    counted_on = models.DateField(_("统计时点"))
    ended_on = models.DateField(_("撤并日期"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = NeighbourhoodQuerySet.as_manager()
    reach_paths = {Reach.STREETS: "street"}

    class Meta:
        ordering = ["street", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "street", "name"],
                condition=models.Q(ended_on__isnull=True),
                name="neighbourhood_once",
            ),
            models.CheckConstraint(
                condition=models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="neighbourhood_point",
            ),
        ]

    def __str__(self):
        return self.name
