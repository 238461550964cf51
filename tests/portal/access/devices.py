"""Rows of cameras, alarm buttons and the watch list."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

from django.utils import timezone

from inspections.models import DeviceOutage, VideoDevice, WatchChain, WatchList, WatchSlot
from tests.portal.access.rows import Open, Row, fresh
from tests.portal.stage import Place, days


def device(place: Place) -> VideoDevice:
    return VideoDevice.objects.create(
        facility=place.facility, code=fresh(), place="示例走廊", installed_on=date(2024, 9, 1)
    )


def of_device(place: Place) -> dict:
    made = device(place)
    DeviceOutage.objects.create(device=made, facility=place.facility, fault="off", began_at=timezone.now())
    return {"pk": made.pk}


def entering(place: Place):
    return {}, {
        "code": fresh(),
        "facility": place.facility.code,
        "kind": "camera",
        "place": "示例门厅",
        "installed_on": "2024-09-01",
        "retired_on": "",
    }


def changing(place: Place):
    return of_device(place), entering(place)[1] | {"version": 1}


def week_of(place: Place, outcome: str = "") -> dict:
    year = 2100 + WatchChain.objects.count()
    chain = WatchChain.objects.create(year=year, anchor="0" * 64, secret=b"x")
    now = timezone.now()
    row = WatchList.objects.create(
        chain=chain,
        year=year,
        week=1,
        frozen_sha256="0" * 64,
        evidence=b"x",
        evidence_sha256=hashlib.sha256(str(year).encode()).hexdigest(),
        drawn_at=now,
        due_on=timezone.localdate() + timedelta(7),
    )
    slot = WatchSlot.objects.create(
        watch_list=row,
        position=1,
        device=device(place),
        facility=place.facility,
        starts_at=now,
        outcome=outcome,
        note="示例情况" if outcome else "",
        seen_at=now if outcome else None,
    )
    return {"pk": row.pk, "slot": slot.pk}


def of_week(place: Place) -> dict:
    return {"pk": week_of(place)["pk"]}


def logging(place: Place):
    return week_of(place), {"outcome": "finding", "note": "示例午睡无人值守", "version": 1}


def following(place: Place):
    return week_of(place, "finding"), {
        "due_on": days(9),
        "inspectors": [one.pk for one in place.inspectors],
    }


def reporting(place: Place):
    at = timezone.now().isoformat()
    return {}, {"reports": [{"device": device(place).code, "at": at, "working": True, "kept_days": 90}]}


def public_file(place: Place) -> dict:
    made = week_of(place)["pk"]
    WatchList.objects.filter(pk=made).update(file=b"{}", state="published", published_at=timezone.now())
    row = WatchList.objects.get(pk=made)
    return {"district": place.district.slug, "year": row.year, "week": row.week}


DEVICES = [
    Row("outages", "GET", "device.view", denied=403),
    Row("devices", "GET", "device.view", denied=403),
    Row("device", "GET", "device.view", make=of_device),
    Row("device-new", "GET", "device.manage", denied=403),
    Row("device-new", "POST", "device.manage", denied=403, make=entering),
    Row("device-edit", "GET", "device.manage", denied=403, make=of_device),
    Row("device-edit", "POST", "device.manage", denied=403, make=changing),
    Row("video-player", "GET", "device.manage", denied=403),
    Row(
        "video-player", "POST", "device.manage", denied=403,
        make=lambda p: ({}, {"url": "https://video.example.cn/?id={device}"}),
    ),
    Row("watches", "GET", "watch.view", denied=403),
    Row("watch-draw", "POST", "watch.draw", denied=403, make=lambda p: (of_device(p) and {}, {})),
    Row("watch", "GET", "watch.view", denied=403, make=of_week),
    Row("watch-slot", "POST", "watch.view", denied=403, then=("watch.log", 403), make=logging),
    Row("watch-follow", "GET", "inspection.create", denied=403, make=lambda p: week_of(p, "finding")),
    Row("watch-follow", "POST", "inspection.create", denied=403, make=following),
    Open("public-watches", "GET", 200, 200, make=lambda p: {"district": p.district.slug}),
    Open("public-watch-file", "GET", 200, 200, make=public_file),
]  # fmt: skip
