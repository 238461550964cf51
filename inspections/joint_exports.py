"""The departments' parts of joint visits as a spreadsheet, with the conditions of the page."""

from __future__ import annotations

from inspections.views import joint as views
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

PART_COLUMNS = (
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("街镇"), 12),
    OutColumn(marked("部门"), 20),
    OutColumn(marked("检查编号"), 18),
    OutColumn(marked("检查日期"), 12),
    OutColumn(marked("检查项"), 8),
    OutColumn(marked("问题"), 8),
    OutColumn(marked("整改通知"), 8),
    OutColumn(marked("结果"), 12),
    OutColumn(marked("移送给"), 28),
    OutColumn(marked("立案编号"), 18),
)


def visit_parts(asked: Asked) -> Rows:
    _form, found = views.rows_of(asked.actor, asked.query)
    found = found.order_by("-inspection__month", "-pk")
    return Rows(
        found.count(),
        (
            (
                row.inspection.facility.code,
                row.inspection.facility.name,
                row.inspection.facility.street.name,
                row.unit.name,
                row.inspection.number,
                row.inspection.finished_on,
                row.n_items,
                row.n_findings,
                row.n_orders,
                row.get_state_display(),
                row.handed_to,
                row.case_number,
            )
            for row in found.iterator(chunk_size=500)
        ),
    )


EXPORTS = (
    ExportList(
        "visit-parts", marked("联合检查"), "visit-parts", "part.view", lambda asked: PART_COLUMNS, visit_parts
    ),
)
