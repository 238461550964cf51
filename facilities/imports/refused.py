"""What the register's pages refuse and a file must not bring in either: figures that follow from a facility's rows,
fewer places than its classes have, a 宝宝屋's name against the district's convention.

Each is one statement over the staged rows that change the cell; a cell that says what stands changes nothing.
"""

from __future__ import annotations

from facilities.rules import records
from facilities.services import naming
from facilities.services.figures import FEWER
from portal.services.import_stage import Stage

#: Figure -> SQL of the facilities that have rows it follows from: services.figures.ROWS, for all facilities at once.
HAVING_ROWS = {
    "usable_area": "SELECT p.facility_id FROM facilities_premisesarea a"
    " JOIN facilities_premises p ON p.id = a.premises_id",
    "enrolled": "SELECT facility_id FROM facilities_careclass",
    "fees_published_on": "SELECT facility_id FROM facilities_feenotice",
    "insured_until": "SELECT facility_id FROM facilities_insurance WHERE kind = 'liability'",
}
#: Known facilities that are not closed (of closed ones nothing changes) with what the file says of them.
CHANGED = (
    "import_match m JOIN import_row i ON i.row = m.row"
    " JOIN facilities_facility t ON t.id = m.target AND t.state <> 'closed'"
)


def figures(stage: Stage) -> None:
    for field, having in HAVING_ROWS.items():
        if field in stage.sheet.found.columns:
            stage.remark(
                field,
                records.SUMS[field][1],
                f"SELECT m.row FROM {CHANGED} WHERE m.changes ? '{field}' AND m.target IN ({having})",
            )
    if "places" in stage.sheet.found.columns:
        stage.remark(
            "places",
            FEWER,
            f"SELECT m.row, c.sum FROM {CHANGED} JOIN (SELECT facility_id, sum(places)::int AS sum"
            " FROM facilities_careclass WHERE ended_on IS NULL GROUP BY facility_id) c ON c.facility_id = m.target"
            " WHERE m.changes ? 'places' AND i.places < c.sum",
        )


def site_names(stage: Stage) -> None:
    """Names of new 宝宝屋, and of known ones that get another name, kind or street. One that is entered as closed
    keeps the name that it had."""
    if not naming.binding(stage.on):
        return
    named = stage.run(
        "SELECT m.row, m.target, coalesce(i.name, t.name), coalesce(i.street, t.street_id)"
        f" FROM {CHANGED} WHERE m.changes ?| array['name', 'kind', 'street'] AND coalesce(i.kind, t.kind) = %(kind)s"
        " UNION ALL SELECT i.row, NULL, i.name, i.street FROM import_row i WHERE i.kind = %(kind)s"
        " AND i.name IS NOT NULL AND i.street IS NOT NULL AND i.state IS DISTINCT FROM 'closed'"
        " AND NOT EXISTS (SELECT 1 FROM import_match m WHERE m.row = i.row) ORDER BY 1",
        {"kind": naming.KIND},
    )
    known = {
        row for (row,) in stage.run("SELECT row FROM import_remark WHERE field = 'name' AND level = 'wrong'")
    }
    stage.put(
        (row, "name", "wrong", naming.WORDS["site_name"], {"right": right})
        for row, right in naming.wrong_among(named).items()
        if row not in known
    )
