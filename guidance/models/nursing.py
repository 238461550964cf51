"""Public places and employers that must have a nursing room, and the state of theirs."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from guidance.rules import nursing as rules
from guidance.rules.states import NURSING
from portal.choices import in_language
from portal.models.places import Street
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel


class NursingPlace(TenantModel):
    """A place on the list, from `listed_on` to the day before `ended_on`, with the state of its nursing room."""

    code = models.CharField(_("编号"), max_length=12, help_text="MHM0001, given by the product")
    kind = models.CharField(_("类别"), max_length=8, choices=in_language(rules.KINDS.items()))
    name = models.CharField(_("名称"), max_length=80)
    street = TenantForeignKey(Street, related_name="nursing_places", verbose_name=_("街镇"))
    address = models.CharField(_("地址"), max_length=200)
    basis = models.CharField(_("依据"), max_length=200)
    area = models.PositiveIntegerField(_("建筑面积（平方米）"), null=True, blank=True)
    visitors = models.PositiveIntegerField(_("日人流量（人）"), null=True, blank=True)
    listed_on = models.DateField(_("列入名单"))
    state = models.CharField(
        _("母婴设施"), max_length=8, choices=in_language(NURSING.choices), default=NURSING.initial
    )
    planned_for = models.DateField(_("计划启用"), null=True, blank=True)
    opened_on = models.DateField(_("启用日期"), null=True, blank=True)
    equipment = models.CharField(_("设备"), max_length=200, blank=True)
    checked_on = models.DateField(_("最近检查"), null=True, blank=True)
    ended_on = models.DateField(_("移出名单"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    reach_paths = {Reach.STREETS: "street"}
    public_rows = "state = 'open' AND ended_on IS NULL"
    public_columns = ("kind", "name", "street", "address", "opened_on", "equipment", "state", "ended_on")

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["district", "code"], name="nursing_place_code"),
            models.UniqueConstraint(fields=["district", "street", "kind", "name"], name="nursing_place_once"),
            models.CheckConstraint(
                condition=~Q(state="open") | Q(opened_on__isnull=False), name="nursing_place_opened"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("listed_on")),
                name="nursing_place_days",
            ),
        ]

    def __str__(self):
        return self.name
