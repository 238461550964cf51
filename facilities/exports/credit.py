"""The credit record as a spreadsheet."""

from __future__ import annotations

from facilities import credit
from facilities.exports.sheet import CHUNK, conditions, many, ordered
from facilities.forms.credit import CreditFilter
from facilities.views.credit import SORTS
from portal.models.places import Street
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

CREDIT_COLUMNS = (
    OutColumn(marked("编号"), 14),
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("街镇"), 12),
    OutColumn(marked("种类"), 14),
    OutColumn(marked("什么事"), 40),
    OutColumn(marked("认定单位"), 24),
    OutColumn(marked("决定书文号"), 24),
    OutColumn(marked("决定日期"), 12),
    OutColumn(marked("生效日期"), 12),
    OutColumn(marked("期限到"), 12),
    OutColumn(marked("离开日期"), 12),
    OutColumn(marked("状态"), 14),
)


def credit_record(asked: Asked) -> Rows:
    form = CreditFilter(asked.query, streets=list(Street.objects.only("id", "name")))
    found, broad = credit.filtered(credit.rows(asked.actor), conditions(form))
    rows = ordered(found, SORTS, asked.query, "-number")
    return Rows(
        many(found, broad),
        (
            (
                row.number,
                row.facility.code,
                row.facility.name,
                row.facility.street.name,
                row.get_kind_display(),
                row.title,
                row.authority,
                row.document,
                row.decided_on,
                row.starts_on,
                row.ends_on,
                row.left_on,
                row.get_state_display(),
            )
            for row in rows.iterator(chunk_size=CHUNK)
        ),
    )


EXPORTS = (
    ExportList(
        "credit", marked("诚信记录"), "credit", "credit.view", lambda asked: CREDIT_COLUMNS, credit_record
    ),
)
