"""The register of who offers care, and of the kindergartens that could."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from guardian.managers import UserObjectPermissionManager
from guardian.models.models import UserObjectPermissionBase

from facilities.models.operators import Operator
from facilities.rules.states import FACILITY
from portal.choices import in_language
from portal.models.places import Street
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantOneToOneField, TenantQuerySet

#: How far the rows reach that hang on a facility.
OF_FACILITY = {Reach.STREETS: "facility__street", Reach.FACILITIES: "facility"}


def standing() -> models.BooleanField:
    """Whether a paper can still be on the board of clocks; kept by the database (facilities/standing.py)."""
    return models.BooleanField(editable=False, db_default=True)


def board_on(day: str) -> models.GeneratedField:
    """The day by which the board walks papers that stand, empty for the others. A column of its own has statistics of
    its own: of a large district's papers few stand, and those are no sample of the others."""
    return models.GeneratedField(
        expression=models.Case(models.When(standing=True, then=models.F(day))),
        output_field=models.DateField(null=True),
        db_persist=True,
    )


class FacilityQuerySet(TenantQuerySet):
    def operating(self):
        return self.filter(state="operating")

    def operating_on(self, day):
        """Facilities open on a day, by their dates: opened by then and not closed yet, suspended ones left out today."""
        return self.filter(opened_on__lte=day).filter(
            models.Q(closed_on__isnull=True) | models.Q(closed_on__gt=day)
        )


class Facility(TenantModel):
    """One who offers care (机构). 普惠 is a property; the kind 普惠性托育点 is inclusive by nature."""

    class Kind(models.TextChoices):
        INTEGRATED = "integrated_kindergarten", _("托幼一体")
        NURSERY = "nursery", _("托育机构")
        INCLUSIVE_SITE = "inclusive_site", _("普惠性托育点")
        BABY_HOUSE = "baby_house", _("宝宝屋")
        GUIDANCE_POINT = "guidance_point", _("科学育儿指导点")

    class Ownership(models.TextChoices):
        PUBLIC = "public", _("公办")
        NON_PROFIT = "non_profit", _("民办非营利")
        FOR_PROFIT = "for_profit", _("营利性")

    class Grade(models.TextChoices):
        A = "A"
        B = "B"
        C = "C"
        D = "D"

    code = models.CharField(_("编号"), max_length=12)
    name = models.CharField(_("名称"), max_length=100)
    kind = models.CharField(_("类型"), max_length=24, choices=Kind.choices)
    state = models.CharField(
        _("状态"), max_length=12, choices=in_language(FACILITY.choices), default=FACILITY.initial
    )
    ownership = models.CharField(_("性质"), max_length=12, choices=Ownership.choices)
    inclusive = models.BooleanField(_("普惠"), default=False)
    street = TenantForeignKey(Street, related_name="facilities", verbose_name=_("街镇"))
    address = models.CharField(_("地址"), max_length=200)
    latitude = models.DecimalField(
        _("纬度"), max_digits=9, decimal_places=6, null=True, blank=True, help_text="WGS-84"
    )
    longitude = models.DecimalField(
        _("经度"), max_digits=9, decimal_places=6, null=True, blank=True, help_text="WGS-84"
    )
    operator = TenantForeignKey(
        Operator, null=True, blank=True, related_name="facilities", verbose_name=_("举办者")
    )
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, blank=True)
    head = models.CharField(_("负责人"), max_length=40, blank=True)
    phone = models.CharField(_("对外电话"), max_length=20, blank=True)
    places = models.PositiveSmallIntegerField(
        _("托位"),
        validators=[
            MinValueValidator(1, message=_("填 1 到 500 之间的数")),
            MaxValueValidator(500, message=_("填 1 到 500 之间的数")),
        ],
    )
    enrolled = models.PositiveSmallIntegerField(_("在托"), default=0)
    full_day = models.BooleanField(_("全日制"), default=True)
    half_day = models.BooleanField(_("半日制"), default=False)
    hourly = models.BooleanField(_("计时制"), default=False)
    opens_at = models.TimeField(_("开门时间"), null=True, blank=True)
    closes_at = models.TimeField(_("关门时间"), null=True, blank=True)
    meals = models.BooleanField(_("供餐"), default=False)
    grade = models.CharField(_("风险等级"), max_length=1, choices=Grade.choices, blank=True)
    usable_area = models.DecimalField(
        _("使用面积（平方米）"), max_digits=8, decimal_places=1, null=True, blank=True
    )
    cameras = models.PositiveSmallIntegerField(_("摄像头（个）"), null=True, blank=True)
    alarm_buttons = models.PositiveSmallIntegerField(_("报警按钮（个）"), null=True, blank=True)
    video_days = models.PositiveSmallIntegerField(_("录像保存天数"), null=True, blank=True)
    video_connected = models.BooleanField(_("视频已联网"), null=True, blank=True)
    alarm_connected = models.BooleanField(_("报警已联网"), null=True, blank=True)
    insured_until = models.DateField(_("责任险到期"), null=True, blank=True)
    fees_published_on = models.DateField(_("收费公示日期"), null=True, blank=True)
    opened_on = models.DateField(_("开办日期"), null=True, blank=True)
    closed_on = models.DateField(_("停办日期"), null=True, blank=True)
    search_text = models.TextField(editable=False, default="", help_text="see facilities/rules/words.py")
    name_key = models.CharField(max_length=120, editable=False, default="", help_text="pinyin, to sort by")
    version = models.PositiveIntegerField(default=1, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    objects = FacilityQuerySet.as_manager()
    reach_paths = {Reach.STREETS: "street", Reach.FACILITIES: "pk"}
    search_rows = True
    public_rows = "state IN ('operating', 'suspended')"
    #: Neither the head's name nor the risk grade, which becomes public with the evidence of a draw.
    public_columns = (
        "code", "name", "kind", "state", "ownership", "inclusive", "street", "address", "latitude", "longitude",
        "phone", "places", "full_day", "half_day", "hourly", "opened_on",
    )  # fmt: skip

    class Meta:
        ordering = ["code"]
        permissions = [("keep_facility", "Keeps this facility's file")]
        constraints = [
            models.UniqueConstraint(fields=["district", "code"], name="facility_code"),
            models.CheckConstraint(
                condition=models.Q(places__gte=1, places__lte=500), name="facility_places"
            ),
            models.CheckConstraint(
                condition=models.Q(closed_on__isnull=True) | models.Q(closed_on__gte=models.F("opened_on")),
                name="facility_dates",
            ),
            models.CheckConstraint(
                condition=models.Q(latitude__isnull=True, longitude__isnull=True)
                | models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="facility_point",
            ),
            models.CheckConstraint(
                condition=models.Q(meals=False) | models.Q(full_day=True) | models.Q(half_day=True),
                name="facility_meals",
            ),
        ]
        indexes = [
            models.Index(fields=["district", "street", "code"], name="facility_by_street"),
            models.Index(
                fields=["district", "state", "code"],
                include=["kind", "grade", "inclusive"],  # the counts above the list read the index alone
                name="facility_by_state",
            ),
            models.Index(fields=["district", "kind", "code"], name="facility_by_kind"),
            models.Index(fields=["district", "name_key", "id"], name="facility_by_name"),
            models.Index(fields=["district", "places", "id"], name="facility_by_places"),
            models.Index(fields=["district", "grade", "id"], name="facility_by_grade"),
            models.Index(
                fields=["district", "insured_until", "id"],
                include=["state", "kind", "street"],  # the board of clocks counts by the index alone
                name="facility_by_insurance",
            ),
            models.Index(fields=["district", "changed_at", "id"], name="facility_by_change"),
            GinIndex(
                fields=["search_text"],
                name="facility_search",
                fastupdate=False,
                opclasses=["gin_trgm_ops"],
                condition=~models.Q(search_text=""),  # after an import a task fills it in
            ),
        ]

    def __str__(self):
        return self.name


class FacilityTransition(TenantModel):
    """A change of state: who, when, why."""

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="transitions")
    source = models.CharField(max_length=12, choices=in_language(FACILITY.choices))
    target = models.CharField(max_length=12, choices=in_language(FACILITY.choices))
    on = models.DateField()
    reason = models.CharField(max_length=200)
    document = models.CharField(_("文件"), max_length=80, blank=True, help_text="name or number of the paper")
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+", verbose_name=_("附件"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    append_only = True

    class Meta:
        ordering = ["on", "pk"]


class FacilityGrant(TenantModel, UserObjectPermissionBase):
    """django-guardian's grant of `keep_facility` on one facility to one person."""

    content_object = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="grants")

    objects = UserObjectPermissionManager.from_queryset(TenantQuerySet)()

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class Kindergarten(TenantModel):
    """A kindergarten (幼儿园), with or without nursery class: the denominator of the 托幼一体 share."""

    class Works(models.TextChoices):
        NONE = "", _("无")
        NEW = "new", _("新建")
        REBUILT = "rebuilt", _("改扩建")

    code = models.CharField(_("编号"), max_length=12)
    name = models.CharField(_("名称"), max_length=100)
    street = TenantForeignKey(Street, related_name="kindergartens", verbose_name=_("街镇"))
    ownership = models.CharField(_("性质"), max_length=12, choices=Facility.Ownership.choices)
    opened_on = models.DateField(_("开办日期"))
    closed_on = models.DateField(_("停办日期"), null=True, blank=True)
    works = models.CharField(_("建设"), max_length=8, choices=Works.choices, blank=True)
    works_on = models.DateField(_("建设完成日期"), null=True, blank=True)
    facility = TenantOneToOneField(
        Facility,
        null=True,
        blank=True,
        related_name="kindergarten",
        verbose_name=_("托班机构编号"),
        help_text="its nursery classes",
    )
    version = models.PositiveIntegerField(default=1)

    reach_paths = {Reach.STREETS: "street"}

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["district", "code"], name="kindergarten_code")]
