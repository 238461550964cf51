"""Classes by age (班级). Their children are the register's number of children, as soon as a facility has classes."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models.facilities import OF_FACILITY, Facility
from portal.tenancy import TenantForeignKey, TenantModel


class CareClass(TenantModel):
    """One class of one school year (from September). `ended_on`: it is over; open ones count."""

    class Kind(models.TextChoices):
        INFANT = "infant", _("乳儿班")
        TODDLER = "toddler", _("托小班")
        SENIOR = "senior", _("托大班")
        MIXED = "mixed", _("混龄班")

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="classes")
    name = models.CharField(_("班级名称"), max_length=40)
    kind = models.CharField(_("班型"), max_length=8, choices=Kind.choices)
    year = models.PositiveSmallIntegerField(
        _("学年"), help_text="in which it began: 2025 is 2025-09 to 2026-08"
    )
    places = models.PositiveSmallIntegerField(_("托位"))
    children = models.PositiveSmallIntegerField(_("在托幼儿"), default=0)
    staff = models.PositiveSmallIntegerField(_("保教人员"), default=0)
    started_on = models.DateField(_("开班日期"))
    ended_on = models.DateField(_("结束日期"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    reach_paths = OF_FACILITY

    class Meta:
        ordering = ["-year", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "facility", "name"],
                condition=models.Q(ended_on__isnull=True),
                name="care_class_name",
            ),
            models.CheckConstraint(
                condition=models.Q(places__gte=1, places__lte=60), name="care_class_places"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_on__isnull=True) | models.Q(ended_on__gte=models.F("started_on")),
                name="care_class_dates",
            ),
        ]

    def __str__(self):
        return self.name
