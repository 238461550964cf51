"""Devices, outages and watch lists as spreadsheets, with the conditions of their pages."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.exports.sheet import CHUNK, many
from inspections.lists import devices as lists
from inspections.models import WatchSlot
from inspections.rules.devices import FAULTS
from inspections.views import watch as watch_views
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

DEVICE_COLUMNS = (
    OutColumn(marked("设备编号"), 20),
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("街镇"), 12),
    OutColumn(marked("种类"), 14),
    OutColumn(marked("位置"), 28),
    OutColumn(marked("启用日期"), 12),
    OutColumn(marked("停用日期"), 12),
    OutColumn(marked("最近上报"), 18),
    OutColumn(marked("录像（天）"), 10),
    OutColumn(marked("状态"), 24),
)


def devices(asked: Asked) -> Rows:
    found = lists.devices(asked.actor, asked.query)[0]
    shown = lists.with_state(found).select_related("facility__street").order_by("code")

    def rows() -> Iterator[tuple]:
        source = shown.iterator(chunk_size=CHUNK)
        while chunk := list(islice(source, CHUNK)):
            faults = lists.faults_of(chunk)
            for row in chunk:
                if row.retired_on:
                    state = _("已停用")
                elif row.pk in faults:
                    state = _("、").join(_(FAULTS[one]) for one in faults[row.pk])
                else:
                    state = _("正常") if row.heard_at else _("还没有上报过")
                yield (
                    row.code,
                    row.facility.code,
                    row.facility.name,
                    row.facility.street.name,
                    row.get_kind_display(),
                    row.place,
                    row.installed_on,
                    row.retired_on,
                    row.heard_at,
                    row.kept_days,
                    state,
                )

    return Rows(many(found), rows())


OUTAGE_COLUMNS = (
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("街镇"), 12),
    OutColumn(marked("设备编号"), 20),
    OutColumn(marked("位置"), 28),
    OutColumn(marked("告警"), 14),
    OutColumn(marked("开始"), 18),
    OutColumn(marked("恢复"), 18),
    OutColumn(marked("持续（小时）"), 12),
    OutColumn(marked("录像（天）"), 10),
    OutColumn(marked("要存（天）"), 10),
)


def outages(asked: Asked) -> Rows:
    found = lists.outages(asked.actor, asked.query)[0]
    now = timezone.now()

    def rows() -> Iterator[tuple]:
        shown = found.select_related("device", "facility__street").order_by("-began_at", "-pk")
        for row in shown.iterator(chunk_size=CHUNK):
            yield (
                row.facility.code,
                row.facility.name,
                row.facility.street.name,
                row.device.code,
                row.device.place,
                row.get_fault_display(),
                row.began_at,
                row.ended_at,
                round(lists.lasted(row, now).total_seconds() / 3600, 1),
                row.kept_days,
                row.required_days,
            )

    return Rows(many(found), rows())


WEEK_COLUMNS = (
    OutColumn(marked("年"), 8),
    OutColumn(marked("周"), 8),
    OutColumn(marked("抽取"), 18),
    OutColumn(marked("段"), 8),
    OutColumn(marked("看过"), 8),
    OutColumn(marked("问题"), 8),
    OutColumn(marked("看完期限"), 12),
    OutColumn(marked("状态"), 16),
    OutColumn(marked("结果的指纹"), 40),
)


def watches(asked: Asked) -> Rows:
    found = watch_views.lists_of(asked.query).order_by("-year", "-week", "-pk")
    return Rows(
        found.count(),
        (
            (
                row.year,
                row.week,
                row.drawn_at,
                row.slots_n,
                row.seen,
                row.found,
                row.due_on,
                row.get_state_display(),
                row.evidence_sha256,
            )
            for row in found
        ),
    )


SLOT_COLUMNS = (
    OutColumn(marked("段"), 6),
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("街镇"), 12),
    OutColumn(marked("设备编号"), 20),
    OutColumn(marked("位置"), 28),
    OutColumn(marked("开始"), 18),
    OutColumn(marked("结果"), 14),
    OutColumn(marked("说明"), 60),
    OutColumn(marked("看的时间"), 18),
    OutColumn(marked("现场检查"), 18),
)


def slots(asked: Asked) -> Rows:
    """The stretches of the week that the page shows."""
    week = asked.query.get("week", "")
    found = (
        WatchSlot.objects.filter(watch_list=int(week))
        if week.isascii() and week.isdigit() and len(week) < 19
        else None
    )
    if found is None or not found.exists():
        raise Http404
    shown = found.select_related("device", "facility__street", "inspection").order_by("position")
    return Rows(
        found.count(),
        (
            (
                row.position,
                row.facility.code,
                row.facility.name,
                row.facility.street.name,
                row.device.code,
                row.device.place,
                row.starts_at,
                row.get_outcome_display() if row.outcome else "",
                row.note,
                row.seen_at,
                row.inspection.number if row.inspection else "",
            )
            for row in shown
        ),
    )


EXPORTS = (
    ExportList("devices", marked("设备"), "devices", "device.view", lambda asked: DEVICE_COLUMNS, devices),
    ExportList("outages", marked("告警"), "outages", "device.view", lambda asked: OUTAGE_COLUMNS, outages),
    ExportList("watches", marked("抽看"), "watches", "watch.view", lambda asked: WEEK_COLUMNS, watches),
    ExportList("watch-slots", marked("一周的抽看"), "watch", "watch.view", lambda asked: SLOT_COLUMNS, slots,
               of="week"),
)  # fmt: skip
