"""What an import of kindergartens writes."""

from __future__ import annotations

from facilities.models import Facility
from facilities.services import bulk
from facilities.services.staff_import import rows_of
from portal.models.places import Street
from portal.services.import_stage import Stage

FIELDS = ("code", "name", "street", "ownership", "opened_on", "closed_on", "works", "works_on", "facility_id")
FACTS = ("name", "ownership", "opened_on", "closed_on", "works", "works_on")


def write_kindergartens(stage: Stage) -> None:
    """Enters new ones by the bulk service and changes facts of the others; an empty cell leaves what stands."""
    stage.actor.demand("facility.manage")
    new = rows_of(stage, "new", FIELDS)
    streets = Street.objects.in_bulk({row["street"] for row in new})
    places = Facility.objects.in_bulk({row["facility_id"] for row in new if row["facility_id"]})
    bulk.enter_kindergartens(
        [
            {
                **{f: row[f] for f in FACTS},
                "code": row["code"],
                "works": row["works"] or "",
                "street": streets[row["street"]],
                "facility": places.get(row["facility_id"]),
            }
            for row in new
        ],
        actor=stage.actor,
        on=stage.on,
    )
    given = stage.sheet.found.columns
    sets = [f"{f} = coalesce(i.{f}, t.{f})" for f in FACTS if f in given]
    if "street" in given:
        sets.append("street_id = coalesce(i.street, t.street_id)")
    if "facility" in given:
        sets.append("facility_id = coalesce(i.facility_id, t.facility_id)")
    sets.append("version = t.version + 1")
    changed = 0
    if len(sets) > 1:
        changed = stage.value(
            f"WITH done AS (UPDATE facilities_kindergarten t SET {', '.join(sets)} FROM import_row i"
            " JOIN import_outcome o USING (row) JOIN import_match m USING (row)"
            " WHERE o.outcome = 'changed' AND t.id = m.target RETURNING 1) SELECT count(*) FROM done"
        )
    stage.written = {"new": len(new), "changed": changed}
