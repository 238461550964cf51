"""What an import of devices writes."""

from __future__ import annotations

from django.utils import timezone

from facilities.services.staff_import import rows_of
from inspections.models import DeviceOutage, VideoDevice
from portal.services import audit
from portal.services.import_stage import Stage

FIELDS = ("code", "facility_id", "kind", "place", "installed_on", "retired_on")
FACTS = ("kind", "place", "installed_on", "retired_on")


def write_devices(stage: Stage) -> None:
    """Enters new ones and changes the others; an empty cell leaves what stands. Who is out of service has no open
    outage any more."""
    stage.actor.demand("device.manage")
    new = rows_of(stage, "new", FIELDS)
    VideoDevice.objects.bulk_create(
        [
            VideoDevice(**{f: row[f] for f in FIELDS} | {"kind": row["kind"] or VideoDevice.Kind.CAMERA})
            for row in new
        ]
    )
    given = stage.sheet.found.columns
    sets = [f"{f} = coalesce(i.{f}, t.{f})" for f in FACTS if f in given]
    if "facility" in given:
        sets.append("facility_id = coalesce(i.facility_id, t.facility_id)")
    sets.append("version = t.version + 1")
    changed = stage.value(
        f"WITH done AS (UPDATE inspections_videodevice t SET {', '.join(sets)} FROM import_row i"
        " JOIN import_outcome o USING (row) JOIN import_match m USING (row)"
        " WHERE o.outcome = 'changed' AND t.id = m.target RETURNING 1) SELECT count(*) FROM done"
    )
    now = timezone.now()
    over = DeviceOutage.objects.filter(
        ended_at__isnull=True, device__retired_on__isnull=False, began_at__lte=now
    )
    DeviceOutage.objects.filter(pk__in=list(over.values_list("pk", flat=True))).update(ended_at=now)
    audit.record(
        "inspections.device.enter_many",
        None,
        actor=stage.actor,
        changes={"new": len(new), "changed": changed},
    )
    stage.written = {"new": len(new), "changed": changed}
