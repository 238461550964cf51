"""What a facility publishes and holds: fees and their notices, insurance, permits, menus."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models.facilities import OF_FACILITY, Facility, standing
from portal.models.records import StoredFile
from portal.tenancy import TenantForeignKey, TenantModel


class Fee(TenantModel):
    """What parents pay for one thing, from a day on until another price replaces it or it ends."""

    class Item(models.TextChoices):
        CARE = "care", _("保育费")
        MEALS = "meals", _("伙食费")
        HOURLY = "hourly", _("计时托费")
        EXTENDED = "extended", _("延时托费")
        GOODS = "goods", _("代办用品")
        OTHER = "other", _("其他")

    class Unit(models.TextChoices):
        MONTH = "month", _("每月")
        DAY = "day", _("每天")
        HOUR = "hour", _("每小时")
        SESSION = "session", _("每次")
        TERM = "term", _("每学期")
        ONCE = "once", _("一次性")

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="fees")
    item = models.CharField(_("收费项目"), max_length=10, choices=Item.choices)
    note = models.CharField(_("说明"), max_length=80, blank=True)
    amount = models.DecimalField(_("金额（元）"), max_digits=9, decimal_places=2)
    unit = models.CharField(_("计费单位"), max_length=8, choices=Unit.choices)
    starts_on = models.DateField(_("执行日期"))
    ends_on = models.DateField(_("停止日期"), null=True, blank=True)

    reach_paths = OF_FACILITY

    class Meta:
        ordering = ["item", "starts_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "facility", "item", "note", "unit"],
                condition=models.Q(ends_on__isnull=True),
                name="fee_open",
            ),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="fee_amount"),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="fee_dates",
            ),
        ]


class FeeNotice(TenantModel):
    """A publication of the fees (收费公示): when, where, and a picture of it. The last one is the register's date."""

    class Place(models.TextChoices):
        DOOR = "door", _("门口公示栏")
        WEBSITE = "website", _("网站")
        WECHAT = "wechat", _("公众号")
        PLATFORM = "platform", _("监管平台")
        CONTRACT = "contract", _("服务协议附件")

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="fee_notices")
    published_on = models.DateField(_("公示日期"))
    place = models.CharField(_("公示方式"), max_length=10, choices=Place.choices)
    detail = models.CharField(_("具体位置或网址"), max_length=200, blank=True)
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+", verbose_name=_("照片或文件"))

    reach_paths = OF_FACILITY

    class Meta:
        ordering = ["-published_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "facility", "published_on", "place"], name="fee_notice_once"
            )
        ]


class Insurance(TenantModel):
    """A policy of insurance. The latest end of the liability ones is the register's date."""

    class Kind(models.TextChoices):
        LIABILITY = "liability", _("责任险")
        ACCIDENT = "accident", _("幼儿意外险")
        STAFF = "staff", _("雇主责任险")
        PROPERTY = "property", _("财产险")

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="insurance")
    kind = models.CharField(_("险种"), max_length=10, choices=Kind.choices)
    insurer = models.CharField(_("保险公司"), max_length=80)
    number = models.CharField(_("保单号"), max_length=60)
    starts_on = models.DateField(_("生效日期"))
    ends_on = models.DateField(_("到期日期"))
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+", verbose_name=_("保单"))
    standing = standing()

    reach_paths = OF_FACILITY

    class Meta:
        ordering = ["-ends_on", "kind", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "kind", "insurer", "number"], name="insurance_number"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__gt=models.F("starts_on")), name="insurance_dates"
            ),
        ]
        indexes = [
            models.Index(
                fields=["district", "ends_on", "id"],
                include=["facility", "kind"],
                condition=models.Q(standing=True) & ~models.Q(kind="liability"),
                name="insurance_by_end",
            )
        ]


class Permit(TenantModel):
    """A paper of an authority that a facility needs or holds (证照); of a kind the one issued last counts."""

    class Kind(models.TextChoices):
        REGISTRATION = "registration", _("营业执照或登记证书")
        FIRE = "fire", _("消防验收或备案")
        HYGIENE = "hygiene", _("卫生评价报告")
        FOOD = "food", _("食品经营许可证")
        OTHER = "other", _("其他证照")

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="permits")
    kind = models.CharField(_("证照种类"), max_length=12, choices=Kind.choices)
    name = models.CharField(_("证照名称"), max_length=60, blank=True)
    number = models.CharField(_("证照编号"), max_length=60)
    authority = models.CharField(_("发证机关"), max_length=80, blank=True)
    issued_on = models.DateField(_("发证日期"), null=True, blank=True)
    valid_until = models.DateField(_("有效期至"), null=True, blank=True)
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+", verbose_name=_("证照扫描件"))
    standing = standing()

    reach_paths = OF_FACILITY

    class Meta:
        # the one that stands first, see facilities/standing.py
        ordering = [
            "kind",
            "name",
            models.F("issued_on").desc(nulls_last=True),
            models.F("valid_until").desc(nulls_first=True),
            "-pk",
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "facility", "kind", "name", "number", "issued_on", "valid_until"],
                name="permit_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(issued_on__isnull=True)
                | models.Q(valid_until__isnull=True)
                | models.Q(valid_until__gt=models.F("issued_on")),
                name="permit_dates",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="other") | ~models.Q(name=""), name="permit_named"
            ),
        ]
        indexes = [
            models.Index(
                fields=["district", "valid_until", "id"],
                condition=models.Q(standing=True) & models.Q(valid_until__isnull=False),
                name="permit_by_end",
            )
        ]


class Menu(TenantModel):
    """What the children eat in one week (食谱), as text or as a file. Where only hours are offered there is none."""

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="menus")
    week = models.DateField(_("周一的日期"))
    text = models.TextField(_("食谱"), blank=True)
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+", verbose_name=_("食谱文件"))

    reach_paths = OF_FACILITY

    class Meta:
        ordering = ["-week"]
        constraints = [
            models.UniqueConstraint(fields=["district", "facility", "week"], name="menu_of_a_week"),
            models.CheckConstraint(condition=models.Q(week__iso_week_day=1), name="menu_from_monday"),
            models.CheckConstraint(
                condition=~models.Q(text="") | models.Q(file__isnull=False), name="menu_not_empty"
            ),
        ]
