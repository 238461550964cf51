"""Which facility a row is about: by its code, else by a name that only one has."""

from __future__ import annotations

from facilities.models import Facility
from portal.rules.cells import Text
from portal.rules.machine import marked
from portal.services.import_stage import Stage
from portal.spreadsheets import Column

OF_FACILITY = (
    Column("facility_code", marked("机构编号"), Text(12, upper=True), ("机构编码", "机构代码", "园所编号"),  # content
           example="MH0012"),
    Column("facility_name", marked("机构名称"), Text(),
           ("所在机构", "机构", "工作单位", "园所名称", "单位", "托育机构名称"),  # content
           about=marked("没有机构编号时按名称认"), example="示例云杉托育园", width=28),  # content
)  # fmt: skip
NO_FACILITY = marked("名册里没有这家机构。核对名称，或填机构编号")
MANY_FACILITIES = marked("有 %(count)s 家机构叫这个名称。填机构编号")
NO_FACILITY_GIVEN = marked("没有填机构。填机构编号或名称")


def place(stage: Stage, right: str) -> None:
    """Finds each row's facility among those that the person may keep, by code or by its name."""
    ids = list(Facility.objects.allowed(stage.actor, right).values_list("pk", flat=True))
    stage.run("ALTER TABLE import_row ADD facility bigint")
    stage.run("DROP TABLE IF EXISTS pg_temp.import_place")
    stage.run(
        "CREATE TEMPORARY TABLE import_place ON COMMIT DROP AS SELECT id, code, name, state FROM facilities_facility"
        " WHERE id = ANY(%s)",
        [ids],
    )
    stage.run("UPDATE import_row i SET facility = p.id FROM import_place p WHERE p.code = i.facility_code")
    stage.run(
        "UPDATE import_row i SET facility = p.id FROM (SELECT name, min(id) AS id FROM import_place"
        " WHERE state <> 'closed' GROUP BY name HAVING count(*) = 1) p"
        " WHERE i.facility IS NULL AND i.facility_code IS NULL AND p.name = i.facility_name"
    )
    stage.remark(
        "facility_name",
        MANY_FACILITIES,
        "SELECT i.row, count(*) AS count FROM import_row i JOIN import_place p ON p.name = i.facility_name"
        " WHERE i.facility IS NULL AND i.facility_code IS NULL AND p.state <> 'closed' GROUP BY i.row"
        " HAVING count(*) > 1",
    )
    unnamed = "NOT EXISTS (SELECT 1 FROM import_remark r WHERE r.row = i.row AND r.field = 'facility_name')"
    for field, where in (
        ("facility_code", "i.facility_code IS NOT NULL"),
        ("facility_name", "i.facility_code IS NULL AND i.facility_name IS NOT NULL"),
    ):
        stage.remark(
            field,
            NO_FACILITY,
            f"SELECT i.row FROM import_row i WHERE i.facility IS NULL AND {where} AND {unnamed}",
        )
    stage.remark(
        "facility_name",
        NO_FACILITY_GIVEN,
        "SELECT row FROM import_row i WHERE facility_code IS NULL AND facility_name IS NULL",
    )
