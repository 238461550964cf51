"""Inspections and orders as spreadsheets, with the conditions of their pages."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.utils.translation import gettext as _

from facilities.exports import CHUNK, many
from inspections.rules import orders as order_rules
from inspections.views import orders as order_views
from inspections.views import visits as visit_views
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

INSPECTION_COLUMNS = (
    OutColumn(marked("检查编号"), 18),
    OutColumn(marked("种类"), 10),
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("街镇"), 12),
    OutColumn(marked("期限"), 12),
    OutColumn(marked("检查人员"), 24),
    OutColumn(marked("问题"), 8),
    OutColumn(marked("状态"), 10),
)


def inspections(asked: Asked) -> Rows:
    wanted = visit_views.chosen(asked.actor, asked.query, asked.on)
    found = wanted.shown.order_by("due_on", "pk")

    def rows() -> Iterator[tuple]:
        source = found.iterator(chunk_size=CHUNK)
        while chunk := list(islice(source, CHUNK)):
            visit_views.decorate(chunk, asked.on)
            for row in chunk:
                yield (
                    row.number,
                    row.get_kind_display(),
                    row.facility.code,
                    row.facility.name,
                    row.facility.street.name,
                    row.due_on,
                    _("、").join(row.codes),
                    row.found,
                    row.get_state_display(),
                )

    return Rows(many(found), rows())


ORDER_COLUMNS = (
    OutColumn(marked("整改通知编号"), 18),
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("街镇"), 12),
    OutColumn(marked("检查编号"), 18),
    OutColumn(marked("发出"), 12),
    OutColumn(marked("期限"), 12),
    OutColumn(marked("答复"), 12),
    OutColumn(marked("销号"), 12),
    OutColumn(marked("问题"), 8),
    OutColumn(marked("未销问题"), 8),
    OutColumn(marked("否决项"), 8),
    OutColumn(marked("按期"), 8),
    OutColumn(marked("状态"), 10),
)


def orders(asked: Asked) -> Rows:
    _form, _rows, tab, shown = order_views.chosen(asked.actor, asked.query)
    found = shown.order_by("-closed_on" if tab == "closed" else "due_on", "pk")

    def rows() -> Iterator[tuple]:
        for row in found.iterator(chunk_size=CHUNK):
            yield (
                row.number,
                row.facility.code,
                row.facility.name,
                row.facility.street.name,
                row.inspection.number,
                row.issued_on,
                row.due_on,
                row.answered_on,
                row.closed_on,
                row.all_findings,
                row.open_findings,
                row.vetoes,
                order_rules.in_time(row.first_due_on, row.answered_on, row.closed_on),
                row.get_state_display(),
            )

    return Rows(many(found), rows())


EXPORTS = (
    ExportList("inspections", marked("现场检查"), "inspections", "inspection.view",
               lambda asked: INSPECTION_COLUMNS, inspections),
    ExportList("orders", marked("整改"), "orders", "order.view", lambda asked: ORDER_COLUMNS, orders),
)  # fmt: skip
