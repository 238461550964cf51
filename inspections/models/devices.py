"""Cameras and alarm buttons of facilities, what the district's video platform last said of them, and when they were out.

No video is stored here: a page links into the district's player.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from facilities.models import Facility
from inspections.rules.devices import FAULTS
from portal.choices import in_language
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel

OF_FACILITY = {Reach.STREETS: "facility__street", Reach.FACILITIES: "facility"}


class VideoDevice(TenantModel):
    """A camera or an alarm button, by the code that the district's video platform gave it."""

    class Kind(models.TextChoices):
        CAMERA = "camera", _("摄像头")
        ALARM = "alarm", _("紧急报警按钮")

    code = models.CharField(_("设备编号"), max_length=32)
    facility = TenantForeignKey(Facility, related_name="devices", verbose_name=_("机构"))
    kind = models.CharField(_("种类"), max_length=8, choices=Kind.choices, default=Kind.CAMERA)
    place = models.CharField(_("位置"), max_length=60)
    installed_on = models.DateField(_("启用日期"))
    retired_on = models.DateField(_("停用日期"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    reach_paths = OF_FACILITY

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["district", "code"], name="device_code"),
            models.CheckConstraint(
                condition=models.Q(retired_on__isnull=True)
                | models.Q(retired_on__gte=models.F("installed_on")),
                name="device_days",
            ),
        ]
        indexes = [models.Index(fields=["district", "facility", "code"], name="device_of_facility")]

    def __str__(self):
        return self.code

    @property
    def name(self) -> str:
        return f"{self.get_kind_display()} {self.code}"


class DeviceState(TenantModel):
    """What was reported last of a device. A report moves this row and nothing else, so that it stays cheap."""

    device = TenantForeignKey(VideoDevice, on_delete=models.CASCADE, db_index=False, related_name="states")
    heard_at = models.DateTimeField(help_text="the platform's moment of the latest report")
    working = models.BooleanField(help_text="a camera records, a button is connected")
    kept_days = models.PositiveSmallIntegerField(null=True, help_text="days of recordings kept")

    reach_paths = {Reach.STREETS: "device__facility__street", Reach.FACILITIES: "device__facility"}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "device"], name="device_state")]


class DeviceOutage(TenantModel):
    """A time in which a device was not what it must be (告警): silent, without picture, or keeping too few days."""

    device = TenantForeignKey(VideoDevice, on_delete=models.CASCADE, db_index=False, related_name="outages")
    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="+")
    fault = models.CharField(max_length=12, choices=in_language(FAULTS.items()))
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    kept_days = models.PositiveSmallIntegerField(
        null=True, help_text="as it was found, where too few are kept"
    )
    required_days = models.PositiveSmallIntegerField(null=True)

    reach_paths = OF_FACILITY

    class Meta:
        ordering = ["began_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "device", "fault"],
                condition=models.Q(ended_at__isnull=True),
                name="one_open_outage",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True) | models.Q(ended_at__gte=models.F("began_at")),
                name="outage_times",
            ),
        ]
        indexes = [
            models.Index(fields=["district", "device", "-began_at"], name="outage_of_device"),
            models.Index(
                fields=["district", "began_at", "id"],
                condition=models.Q(ended_at__isnull=True),
                name="outage_open",
            ),
        ]


class VideoPlayer(TenantModel):
    """Where the district's own player is: an address in which {device} and {time} are put. One row at most."""

    url = models.CharField(_("播放地址"), max_length=300)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district"], name="one_player")]

    def address(self, device: str, at: datetime | None = None) -> str:
        """Where the player shows a device, by its code, and from which moment."""
        time = timezone.localtime(at).strftime("%Y-%m-%dT%H:%M:%S") if at else ""
        return self.url.replace("{device}", device).replace("{time}", time)
