"""宝宝屋: what a site offers, its rooms and hours, the sessions with their places, volunteers, its accounts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from facilities.models.enrolments import Mode
from facilities.models.facilities import Facility, standing
from facilities.rules.sites import COST_ITEMS, INCOME_ITEMS
from portal.choices import in_language
from portal.crypto import EncryptedField
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet

BY_FACILITY = {Reach.STREETS: "facility__street", Reach.FACILITIES: "facility"}
WEEKDAYS = (
    (1, _("周一")), (2, _("周二")), (3, _("周三")), (4, _("周四")), (5, _("周五")), (6, _("周六")), (7, _("周日")),
)  # fmt: skip


class Site(TenantModel):
    """What makes a facility a 宝宝屋: where it stands, who runs it, in which modes it cares."""

    class Siting(models.TextChoices):
        ALONE = "alone", _("单独设置")
        COMMUNITY = "community", _("社区综合设施")
        PROPERTY = "property", _("小区物业管理设施")
        COMMITTEE = "committee", _("居委活动中心")
        ELDERLY = "elderly", _("为老服务设施")
        KINDERGARTEN = "kindergarten", _("幼儿园、托育园")

    class Running(models.TextChoices):
        STREET = "street", _("街镇自办")
        BOUGHT = "bought", _("购买服务")
        ENTRUSTED = "entrusted", _("委托经营")

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="sites")
    siting = models.CharField(_("设置形式"), max_length=12, choices=Siting.choices)
    running = models.CharField(_("运营方式"), max_length=10, choices=Running.choices)
    alone = models.BooleanField(_("单独托"), default=False)
    with_parent = models.BooleanField(_("亲子托"), default=False)
    with_grandparent = models.BooleanField(_("老小托"), default=False)
    outdoor = models.BooleanField(_("有户外活动场地"), default=False)
    nursing_room = models.BooleanField(_("有母婴室"), default=False)
    sign = TenantForeignKey(
        StoredFile,
        null=True,
        blank=True,
        related_name="+",
        help_text="photo of the sign with the unified name",
    )
    version = models.PositiveIntegerField(default=1)

    reach_paths = BY_FACILITY

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "facility"], name="site_of_a_facility")]

    @property
    def modes(self) -> list[str]:
        return [mode for mode in Mode.values if getattr(self, mode)]


class Room(TenantModel):
    """A room for the children of one class at a time, with its usable area."""

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="site_rooms")
    name = models.CharField(_("名称"), max_length=40)
    area = models.DecimalField(_("使用面积（平方米）"), max_digits=6, decimal_places=1)
    places = models.PositiveSmallIntegerField(_("同时最多"))
    closed = models.BooleanField(_("停用"), default=False)

    reach_paths = BY_FACILITY

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "facility", "name"], name="room_name"),
            models.CheckConstraint(condition=Q(places__gte=1), name="room_places"),
        ]

    def __str__(self):
        return self.name


class OpeningHours(TenantModel):
    """A span of a weekday in which the site is open."""

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(choices=WEEKDAYS)
    opens = models.TimeField()
    closes = models.TimeField()

    reach_paths = BY_FACILITY

    class Meta:
        ordering = ["weekday", "opens"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "facility", "weekday", "opens"], name="opening_hours"
            ),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="opening_hours_order"),
            models.CheckConstraint(condition=Q(weekday__gte=1, weekday__lte=7), name="opening_weekday"),
        ]


class CareSessionQuerySet(TenantQuerySet):
    def free(self):
        """Sessions with a place left, where care is given: a closed or paused site takes no bookings."""
        return self.filter(state="open", taken__lt=F("places"), facility__state="operating")

    def take(self, pk: int) -> bool:
        """Takes one place in one statement; False when there is none. Whoever books calls it in the
        transaction that writes the booking: of two at once the database lets the last place go to one."""
        return self.free().filter(pk=pk).update(taken=F("taken") + 1) == 1

    def give_back(self, pk: int) -> bool:
        """Frees one place; False when none was taken."""
        return self.filter(pk=pk, taken__gt=0).update(taken=F("taken") - 1) == 1


class CareSession(TenantModel):
    """Some hours of one day in one room that can be booked: 计时制, no full day, no meals (金教〔2023〕29号 三)."""

    class State(models.TextChoices):
        OPEN = "open", _("可约")
        CANCELLED = "cancelled", _("取消")

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="care_sessions")
    room = TenantForeignKey(Room, on_delete=models.CASCADE, related_name="care_sessions")
    on = models.DateField()
    starts_at = models.TimeField()
    ends_at = models.TimeField()
    mode = models.CharField(max_length=18, choices=Mode.choices)
    staff = models.PositiveSmallIntegerField(help_text="people at work in the session")
    places = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    reason = models.CharField(max_length=200, blank=True)

    objects = CareSessionQuerySet.as_manager()
    reach_paths = BY_FACILITY

    class Meta:
        ordering = ["on", "starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "room", "on", "starts_at"],
                condition=Q(state="open"),
                name="care_session_once",
            ),
            models.CheckConstraint(
                condition=Q(places__gte=1, taken__lte=F("places")), name="care_session_taken"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="care_session_hours"),
        ]
        indexes = [
            models.Index(fields=["district", "facility", "on", "starts_at"], name="care_session_day"),
            models.Index(fields=["district", "on", "id"], name="care_session_by_day"),
        ]


class Volunteer(TenantModel):
    """A volunteer at a site, who is with children only after a clean record check."""

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="volunteers")
    name = models.CharField(_("姓名"), max_length=40)
    identity = EncryptedField()
    identity_hash = models.CharField(max_length=64)
    phone = EncryptedField(null=True, blank=True)
    duty = models.CharField(_("做什么"), max_length=80)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    reach_paths = BY_FACILITY

    class Meta:
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "facility", "identity_hash"],
                condition=Q(ends_on__isnull=True),
                name="volunteer_once",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="volunteer_dates"
            ),
        ]


class VolunteerCheck(TenantModel):
    """An inquiry into a volunteer's record: when, and yes or no; never the record itself."""

    volunteer = TenantForeignKey(Volunteer, on_delete=models.CASCADE, related_name="checks")
    checked_on = models.DateField()
    found = models.BooleanField(_("有记录"))
    standing = standing()

    class Meta:
        ordering = ["-checked_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "volunteer", "checked_on"], name="volunteer_check_of_a_day"
            )
        ]
        indexes = [
            models.Index(
                fields=["district", "checked_on", "id"],
                condition=models.Q(standing=True),
                name="volunteer_check_by_day",
            )
        ]


class LedgerEntry(TenantModel):
    """One line of a site's account. Never changed; a wrong one is taken back by another."""

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="ledger")
    on = models.DateField()
    item = models.CharField(max_length=12, choices=in_language([*INCOME_ITEMS.items(), *COST_ITEMS.items()]))
    amount = models.DecimalField(max_digits=12, decimal_places=2, help_text="CNY; negative takes one back")
    note = models.CharField(max_length=120)
    reverses = TenantForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="reversals"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    reach_paths = BY_FACILITY
    append_only = True

    class Meta:
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="ledger_amount"),
            models.UniqueConstraint(
                fields=["district", "reverses"], condition=Q(reverses__isnull=False), name="reversed_once"
            ),
        ]
        indexes = [models.Index(fields=["district", "facility", "on"], name="ledger_by_day")]
