"""Births by street and month, the families of newborns, the visits at home.

Nothing here says who a family is: the visitor finds it in the visiting book of the community health centre, by the
number that stands here until its purpose has ended.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.crypto import EncryptedField
from portal.models.places import Street
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, WithheldCharField


class BirthCount(TenantModel):
    """Births of a street in a month, and of them those of resident families, with the source."""

    street = TenantForeignKey(Street, related_name="birth_counts", verbose_name=_("街镇"))
    month = models.DateField(_("月份"), help_text="the first of the month")
    total = models.PositiveIntegerField(_("出生总数"))
    resident = models.PositiveIntegerField(_("其中常住"))
    source = models.CharField(_("来源"), max_length=200)
    counted_on = models.DateField(_("统计时点"))
    version = models.PositiveIntegerField(default=1)

    reach_paths = {Reach.STREETS: "street"}

    class Meta:
        ordering = ["-month", "street"]
        constraints = [
            models.UniqueConstraint(fields=["district", "month", "street"], name="births_of_month"),
            models.CheckConstraint(condition=Q(resident__lte=F("total")), name="births_resident"),
        ]


class Newborn(TenantModel):
    """A newborn's family: whether it is resident, whether it asked for a visit, what was planned, whether it refused."""

    code = models.CharField(_("编号"), max_length=12)
    list_number = WithheldCharField(_("访视册编号"), max_length=24, null=True)
    birth_month = models.DateField(_("出生年月"), help_text="the first of the month")
    street = TenantForeignKey(Street, related_name="newborns", verbose_name=_("街镇"))
    resident = models.BooleanField(_("常住"), default=True)
    asked = models.BooleanField(_("家长有需求"), default=False)
    planned_on = models.DateField(_("计划上门"), null=True, blank=True)
    refused_on = models.DateField(_("拒绝日期"), null=True, blank=True)
    refused_reason = models.CharField(_("拒绝的原因"), max_length=100, blank=True)
    handbook_on = models.DateField(_("手册发放日期"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    reach_paths = {Reach.STREETS: "street"}

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["district", "code"], name="newborn_code"),
            models.UniqueConstraint(
                fields=["district", "list_number"],
                condition=Q(list_number__isnull=False),
                name="newborn_once",
            ),
        ]
        indexes = [models.Index(fields=["district", "birth_month", "street"], name="newborn_month")]

    def __str__(self):
        return self.code

    @property
    def name(self) -> str:
        return self.code


class NewbornVisit(TenantModel):
    """A visit at a newborn's home that was made, with the visitor's record. Never changed."""

    newborn = TenantForeignKey(Newborn, on_delete=models.CASCADE, related_name="visits")
    visited_on = models.DateField(_("上门日期"))
    topics = ArrayField(models.CharField(max_length=10), verbose_name=_("指导了什么"))
    note = EncryptedField(null=True)
    visitor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    append_only = True

    class Meta:
        ordering = ["visited_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "newborn", "visited_on"], name="visit_of_day")
        ]
