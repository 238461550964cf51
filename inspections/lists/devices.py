"""The lists of devices and of their outages: conditions and sortings, which page, export and REST share."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from facilities.models import Facility
from inspections.models import DeviceOutage, VideoDevice
from inspections.rules.devices import FAULTS
from portal.models.places import Street

DEVICE_SORTS = {"code": (("code", str), ("pk", int))}
OUTAGE_SORTS = {"began": (("began_at", datetime), ("pk", int))}


def street_of(query) -> Street | None:
    text = query.get("street", "")
    if not (text.isascii() and text.isdigit() and len(text) < 13):
        return None
    return Street.objects.filter(pk=text).first()


def facility_of(actor, query) -> Facility | None:
    code = query.get("facility", "").strip().upper()
    if not code or len(code) > 12 or "\x00" in code:
        return None
    return Facility.objects.allowed(actor, "device.view").filter(code=code).first()


def open_fault(fault: str | None = None) -> Exists:
    found = DeviceOutage.objects.filter(device=OuterRef("pk"), ended_at__isnull=True)
    return Exists(found.filter(fault=fault) if fault else found)


def devices(actor, query) -> tuple[QuerySet, dict]:
    """The devices under the conditions of the page, and the conditions as they were understood."""
    rows = VideoDevice.objects.allowed(actor, "device.view")
    street, of, state = street_of(query), facility_of(actor, query), query.get("state", "")
    if street is not None:
        rows = rows.filter(facility__street=street)
    if of is not None:
        rows = rows.filter(facility=of)
    elif query.get("facility", "").strip():
        rows = rows.none()
    if state in FAULTS:
        rows = rows.filter(open_fault(state))
    elif state == "fault":
        rows = rows.filter(open_fault())
    elif state == "fine":
        rows = rows.exclude(open_fault())
    else:
        state = ""
    kind = query.get("kind", "")
    if kind in VideoDevice.Kind.values:
        rows = rows.filter(kind=kind)
    else:
        kind = ""
    if query.get("retired") != "on":
        rows = rows.filter(retired_on__isnull=True)
    return rows, {"street": street, "of": query.get("facility", "").strip(), "state": state, "kind": kind}


def outages(actor, query) -> tuple[QuerySet, dict]:
    """Outages that last, or with `over` those that ended in the last 30 days."""
    rows = DeviceOutage.objects.allowed(actor, "device.view")
    street, fault, over = street_of(query), query.get("fault", ""), query.get("over") == "on"
    if street is not None:
        rows = rows.filter(facility__street=street)
    if fault in FAULTS:
        rows = rows.filter(fault=fault)
    else:
        fault = ""
    if over:
        rows = rows.filter(ended_at__gte=timezone.now() - timedelta(30))
    else:
        rows = rows.filter(ended_at__isnull=True)
    return rows, {"street": street, "fault": fault, "over": over}


def lasted(outage: DeviceOutage, now: datetime) -> timedelta:
    return (outage.ended_at or now) - outage.began_at


def with_state(rows: QuerySet) -> QuerySet:
    """Devices with what was heard last: `heard_at`, `working`, `kept_days`."""
    return rows.annotate(
        heard_at=F("states__heard_at"), working=F("states__working"), kept_days=F("states__kept_days")
    )


def faults_of(devices: list[VideoDevice]) -> dict[int, list[str]]:
    """Device id -> what is wrong with it now; one query for a page."""
    found: dict[int, list[str]] = {}
    open_ones = DeviceOutage.objects.filter(device__in=devices, ended_at__isnull=True).order_by("fault")
    for pk, fault in open_ones.values_list("device", "fault"):
        found.setdefault(pk, []).append(fault)
    return found


def of_week(query) -> Q:
    """The condition of the list of weeks: a year."""
    year = query.get("year", "")
    if year.isascii() and year.isdigit() and len(year) == 4:
        return Q(year=int(year))
    return Q()
