"""Cameras and alarm buttons: entered, changed, taken out of service; the district's player."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility
from facilities.services import file
from facilities.services.refusals import refuse, refuse_field
from inspections.models import DeviceOutage, VideoDevice, VideoPlayer
from inspections.rules import devices as rules
from portal.access import Actor
from portal.errors import Refused
from portal.rules.machine import marked
from portal.services import audit

FIELDS = ("code", "facility", "kind", "place", "installed_on", "retired_on")
WORDS = {
    "code": marked("用 1 到 32 个字母、数字和横线"),
    "place": marked("写明在哪里，最多 60 个字"),
    "days": marked("填 2000 年以后的日期，停用不早于启用"),
    "future": marked("还没到这一天"),
}


def keep_device(
    device: VideoDevice | None = None,
    *,
    actor: Actor,
    version: int | None = None,
    today: date | None = None,
    **values,
) -> VideoDevice:
    """Enters a device, or changes the one given; values: as in FIELDS, `facility` a Facility.

    One that is out of service has no open outage any more. Refused with every problem at once; Conflict where
    somebody else has changed it since `version`.
    """
    actor.demand("device.manage")
    today = today or timezone.localdate()
    values |= {"code": values["code"].strip().upper(), "place": values["place"].strip()}
    wrong = []
    if not rules.code_of(values["code"]):
        wrong.append(("code", "code", {}))
    if not rules.place_ok(values["place"]):
        wrong.append(("place", "place", {}))
    if not rules.days_ok(values["installed_on"], values["retired_on"]):
        wrong.append(("installed_on", "days", {}))
    elif values["installed_on"] > today:
        wrong.append(("installed_on", "future", {}))
    labels = {name: str(VideoDevice._meta.get_field(name).verbose_name) for name in FIELDS}
    refuse(wrong, WORDS, labels)
    facility: Facility = values["facility"]
    if facility.state == "closed" and device is None:
        refuse_field("facility", _("%(name)s已停办，不再登记设备") % {"name": facility.name}, "closed")
    row = VideoDevice() if device is None else VideoDevice.objects.select_for_update().get(pk=device.pk)
    if device is not None:
        file.not_stale(row, version)
    if twin := VideoDevice.objects.filter(code=values["code"]).exclude(pk=row.pk).first():
        refuse_field("code", _("这个编号是 %(code)s 的设备") % {"code": twin.facility.code}, "twin")
    before = told(row) if device is not None else {}
    for field, value in values.items():
        setattr(row, field, value)
    if device is not None:
        row.version += 1
    row.save()
    if row.retired_on is not None:
        close_outages(row, timezone.now())
    changes = {k: [before.get(k), v] for k, v in told(row).items() if before.get(k) != v}
    action = "change" if device is not None else "enter"
    audit.record(f"inspections.device.{action}", row, actor=actor, changes=changes)
    return row


def told(row: VideoDevice) -> dict:
    plain = {name: str(getattr(row, name) or "") for name in FIELDS if name != "facility"}
    return plain | {"facility": row.facility.code}


def close_outages(row: VideoDevice, now: datetime) -> int:
    """Ends what is open of a device; an outage never ends before it began."""
    found = DeviceOutage.objects.filter(device=row, ended_at__isnull=True, began_at__lte=now)
    return found.update(ended_at=now)


def set_player(url: str, *, actor: Actor, now: datetime | None = None) -> VideoPlayer | None:
    """Where the district's player is; empty takes it away. Refused for what is no https address with {device}."""
    actor.demand("device.manage")
    url = url.strip()
    found = VideoPlayer.objects.select_for_update().first()
    before = found.url if found else ""
    if not url:
        VideoPlayer.objects.all().delete()
        found = None
    else:
        if not url.startswith("https://") or "{device}" not in url or len(url) > 300 or not url.isprintable():
            raise Refused(
                _("播放地址：以 https:// 开头，写上 {device}，要定位到分钟再写上 {time}"),
                field="url",
                code="url",
            )
        found = found or VideoPlayer()
        found.url, found.changed_at, found.changed_by = url, now or timezone.now(), actor.user
        found.save()
    audit.record("inspections.player.set", found, actor=actor, name="player", changes={"url": [before, url]})
    return found
