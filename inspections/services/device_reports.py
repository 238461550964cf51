"""What the district's video platform reports, many devices at once, and what follows: outages begin and end.

A platform of a district sends a hundred thousand reports an hour, so a message is one call of a function of the database
(inspections/heard.py), however many devices it tells of, and a report leaves no row of its own: the device's last state
moves, and what changed is kept as an outage. The same message again, or an older one that comes late, changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.heard import TAKE
from inspections.rules import devices as rules
from portal.access import Actor
from portal.errors import Refused
from portal.services import parameters

BABY_DAYS, OTHER_DAYS, SILENT = "video.days.baby_house", "video.days.other", "watch.silent_minutes"

SILENCE = """
INSERT INTO inspections_deviceoutage (district_id, device_id, facility_id, fault, began_at)
SELECT current_setting('portal.district')::bigint, d.id, d.facility_id, 'silent',
  coalesce(s.heard_at, %(now)s)
FROM inspections_videodevice d
JOIN facilities_facility f ON f.id = d.facility_id AND f.state = 'operating'
LEFT JOIN inspections_devicestate s ON s.device_id = d.id
WHERE d.retired_on IS NULL AND d.installed_on < %(today)s AND (s.heard_at IS NULL OR s.heard_at < %(silent_from)s)
ON CONFLICT DO NOTHING
"""


#: A facility that closed or pauses has nobody to mend a camera; what is still out when it opens again begins anew.
OVER = """
UPDATE inspections_deviceoutage o SET ended_at = greatest(%(now)s, o.began_at)
FROM facilities_facility f
WHERE f.id = o.facility_id AND f.district_id = o.district_id AND o.ended_at IS NULL AND f.state <> 'operating'
"""


@dataclass(frozen=True)
class Report:
    """One device at one moment; `kept_days` None where the platform does not know."""

    device: str
    at: datetime
    working: bool
    kept_days: int | None = None


@dataclass(frozen=True)
class Taken:
    """What became of a message: states that moved, reports older than what is known, devices nobody registered."""

    moved: int
    stale: int
    unknown: list[str]


def required_days(on: date) -> dict[str, int]:
    """The days of recordings that a 宝宝屋 and all others must keep; a district without a value asks for none."""
    known = parameters.values([BABY_DAYS, OTHER_DAYS], on)
    return {"baby": known.get(BABY_DAYS, 0), "other": known.get(OTHER_DAYS, 0)}


def take_reports(reports: list[Report], *, actor: Actor, now: datetime | None = None) -> Taken:
    """Moves the states of the devices and begins and ends outages; see the module.

    Refused, with the number of the report, for a moment in the future or days that cannot be: nothing of the
    message is taken then. Devices that are not in the register are named in the answer, the others are taken.
    """
    actor.demand("device.report")
    now = now or timezone.now()
    if len(reports) > rules.MOST:
        raise Refused(
            _("一次最多 %(n)d 条上报，分几次送") % {"n": rules.MOST}, field="reports", code="too_many"
        )
    low, high = rules.KEPT_DAYS
    for number, one in enumerate(reports):
        place = f"reports[{number}]"
        if rules.late_report(one.at, now):
            raise Refused(
                _("%(place)s.at：%(at)s 还没到，查一下平台的时钟")
                % {"place": place, "at": one.at.isoformat()},
                field=f"{place}.at",
                code="future",
            )
        if one.kept_days is not None and not low <= one.kept_days <= high:
            raise Refused(
                _("%(place)s.kept_days：填 %(low)d 到 %(high)d") % {"place": place, "low": low, "high": high},
                field=f"{place}.kept_days",
                code="kept_days",
            )
    if not reports:
        return Taken(0, 0, [])
    days = required_days(timezone.localdate(now))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM {TAKE}(%s, %s, %s, %s, %s, %s)",
            [
                [one.device for one in reports],
                [one.at for one in reports],
                [one.working for one in reports],
                [one.kept_days for one in reports],
                days["baby"],
                days["other"],
            ],
        )
        moved, unknown = cursor.fetchone()
    return Taken(moved, len(reports) - moved - sum(one.device in unknown for one in reports), unknown)


def see_silence(*, actor: Actor, now: datetime | None = None) -> int:
    """Begins an outage for each device in service that has not been heard for the district's minutes; how many. Where
    no care is given any more, outages end."""
    actor.demand("device.report")
    now = now or timezone.now()
    minutes = parameters.value(SILENT, timezone.localdate(now))
    with connection.cursor() as cursor:
        cursor.execute(OVER, {"now": now})
        cursor.execute(
            SILENCE,
            {
                "now": now,
                "today": timezone.localdate(now),
                "silent_from": now - timedelta(minutes=minutes),
            },
        )
        return cursor.rowcount
