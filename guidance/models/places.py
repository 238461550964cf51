"""Where families are guided: stations, demonstration communities, bases, children's centres and homes, play rooms.

Guidance points (科学育儿指导点) are facilities of the register and stand there.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guidance.rules import places as rules
from portal.choices import in_language
from portal.models.places import Street, Unit
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet


class PlaceQuerySet(TenantQuerySet):
    def open_on(self, day):
        """Those that are open on a day."""
        return self.filter(Q(closed_on__isnull=True) | Q(closed_on__gt=day), opened_on__lte=day)


class GuidancePlace(TenantModel):
    """A place of guidance that a plan asks for, from the day on which it opened to the one on which it closed."""

    code = models.CharField(_("编号"), max_length=12, help_text="MHZ0001, given by the product")
    kind = models.CharField(_("类型"), max_length=12, choices=in_language(rules.KINDS.items()))
    name = models.CharField(_("名称"), max_length=80)
    street = TenantForeignKey(Street, related_name="guidance_places", verbose_name=_("街镇"))
    community = models.CharField(_("社区"), max_length=60, blank=True)
    address = models.CharField(_("地址"), max_length=200)
    phone = models.CharField(_("电话"), max_length=30, blank=True)
    unit = TenantForeignKey(Unit, null=True, blank=True, related_name="+", verbose_name=_("联系单位"))
    services = ArrayField(models.CharField(max_length=12), default=list, blank=True, verbose_name=_("服务"))
    tier = models.CharField(
        _("层次"), max_length=1, blank=True, choices=[(one, one) for one in rules.TIERS], help_text="1+4+X+Y"
    )
    kit_from = models.DateField(_("资源包启用日期"), null=True, blank=True, help_text="上海市科学育儿资源包")
    opened_on = models.DateField(_("启用日期"))
    closed_on = models.DateField(_("停用日期"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = PlaceQuerySet.as_manager()
    reach_paths = {Reach.STREETS: "street"}
    public_rows = "true"
    public_columns = (
        "kind",
        "name",
        "street",
        "community",
        "address",
        "phone",
        "services",
        "opened_on",
        "closed_on",
    )

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["district", "code"], name="guidance_place_code"),
            models.UniqueConstraint(
                fields=["district", "street", "kind", "name"], name="guidance_place_once"
            ),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=models.F("opened_on")),
                name="guidance_place_days",
            ),
            models.CheckConstraint(
                condition=Q(tier="") | Q(kind=rules.BASE), name="guidance_place_tier_of_base"
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def service_names(self) -> list[str]:
        return [str(word) for key, word in in_language(rules.SERVICES.items()) if key in self.services]
