"""Where a facility is (场所): what it may use until when, and how large which part is."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models.facilities import OF_FACILITY, Facility, standing
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel


class Premises(TenantModel):
    """A place in which a facility works. `ends_on`: moved out; the sum of open ones is the register's usable area."""

    class Tenure(models.TextChoices):
        OWN = "own", _("自有")
        LEASED = "leased", _("租赁")
        LENT = "lent", _("无偿使用")

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="premises")
    name = models.CharField(_("场所名称"), max_length=60)
    address = models.CharField(_("场所地址"), max_length=200, blank=True, help_text="empty: the facility's")
    tenure = models.CharField(_("使用方式"), max_length=8, choices=Tenure.choices)
    lease_until = models.DateField(_("租约到期"), null=True, blank=True)
    outdoor_area = models.DecimalField(
        _("户外活动场地（平方米）"), max_digits=8, decimal_places=1, null=True, blank=True
    )
    outdoor_shared = models.BooleanField(_("户外场地与他人共用"), default=False)
    starts_on = models.DateField(_("启用日期"))
    ends_on = models.DateField(_("停用日期"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    standing = standing()

    reach_paths = OF_FACILITY

    class Meta:
        ordering = ["starts_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "facility", "name"],
                condition=models.Q(ends_on__isnull=True),
                name="premises_name",
            ),
            models.CheckConstraint(
                condition=models.Q(lease_until__isnull=True) | models.Q(tenure="leased"),
                name="premises_lease",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="premises_dates",
            ),
        ]
        indexes = [
            models.Index(
                fields=["district", "lease_until", "id"],
                include=["facility"],
                condition=models.Q(standing=True),
                name="premises_by_lease_end",
            )
        ]

    def __str__(self):
        return self.name


class PremisesArea(TenantModel):
    """How much of a place serves one use on one floor, in square metres."""

    class Use(models.TextChoices):
        ACTIVITY = "activity", _("活动区")
        SLEEP = "sleep", _("睡眠区")
        DINING = "dining", _("用餐区")
        WASH = "wash", _("盥洗区")
        CARE = "care", _("清洁护理区")
        FEEDING = "feeding", _("配乳、哺乳")
        KITCHEN = "kitchen", _("厨房")
        HEALTH = "health", _("保健观察室")
        OFFICE = "office", _("办公与后勤")
        OTHER = "other", _("其他")

    premises = TenantForeignKey(Premises, on_delete=models.CASCADE, related_name="areas")
    use = models.CharField(_("用途"), max_length=10, choices=Use.choices)
    floor = models.SmallIntegerField(_("楼层"), default=1, help_text="-1 is the first one underground")
    area = models.DecimalField(_("面积（平方米）"), max_digits=8, decimal_places=1)

    reach_paths = {Reach.STREETS: "premises__facility__street", Reach.FACILITIES: "premises__facility"}

    class Meta:
        ordering = ["floor", "use"]
        constraints = [
            models.UniqueConstraint(fields=["district", "premises", "use", "floor"], name="premises_area"),
            models.CheckConstraint(condition=models.Q(area__gt=0), name="premises_area_positive"),
            models.CheckConstraint(
                condition=models.Q(floor__gte=-3, floor__lte=60) & ~models.Q(floor=0),
                name="premises_floor",
            ),
        ]
