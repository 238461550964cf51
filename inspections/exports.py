"""Inspections and orders as spreadsheets, with the conditions of their pages."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.http import Http404
from django.utils.translation import gettext as _

from facilities.exports.sheet import CHUNK, many
from inspections.models import Checklist
from inspections.rules import orders as order_rules
from inspections.views import checklists as checklist_views
from inspections.views import draws as draw_views
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


DRAW_COLUMNS = (
    OutColumn(marked("检查计划"), 28),
    OutColumn(marked("年份"), 8),
    OutColumn(marked("月份"), 8),
    OutColumn(marked("到哪一步"), 20),
    OutColumn(marked("说明"), 40),
    OutColumn(marked("名单（家）"), 12),
    OutColumn(marked("抽中（家）"), 12),
    OutColumn(marked("已完成（家）"), 12),
    OutColumn(marked("等谁"), 24),
)


def draws(asked: Asked) -> Rows:
    """The months of the page's year, scheme by scheme."""
    year = draw_views.year_of(asked.query, asked.on)
    boxes = draw_views.year_boxes(year, asked.on)

    def rows() -> Iterator[tuple]:
        for box in boxes:
            for row in box["rows"]:
                draw, status = row["draw"], row["status"]
                drawn = bool(draw and draw.drawn_at)
                yield (
                    box["scheme"].name,
                    year,
                    row["month"],
                    row["published"] if draw and draw.published_at else status.current.label,
                    status.current.note,
                    row["objects"],
                    row["counts"].get("drawn") if drawn else None,
                    row["counts"].get("finished") if drawn else None,
                    status.waits_for if draw or row["may_freeze"] else "",
                )

    return Rows(sum(len(box["rows"]) for box in boxes), rows())


CHECKLIST_COLUMNS = (
    OutColumn(marked("检查表"), 28),
    OutColumn(marked("用于"), 40),
    OutColumn(marked("现行版本"), 10),
    OutColumn(marked("起用"), 12),
    OutColumn(marked("项数"), 8),
    OutColumn(marked("版本数"), 8),
)


def checklists(asked: Asked) -> Rows:
    found = checklist_views.lists_of(asked.actor, asked.on)

    def rows() -> Iterator[tuple]:
        for row in found:
            version = row.in_force[0] if row.in_force else None
            yield (
                row.name,
                _("、").join(str(name) for name in row.kind_names),
                version.number if version else None,
                version.starts_on if version else None,
                version.n if version else None,
                row.number_of_versions,
            )

    return Rows(len(found), rows())


ITEM_COLUMNS = (
    OutColumn(marked("项"), 6),
    OutColumn(marked("部分"), 20),
    OutColumn(marked("检查什么"), 60),
    OutColumn(marked("用于"), 28),
    OutColumn(marked("权重"), 10),
    OutColumn(marked("依据"), 36),
    OutColumn(marked("原文"), 60),
    OutColumn(marked("待核对"), 8),
)


def items(asked: Asked) -> Rows:
    """The version of a checklist that its page shows."""
    lists = Checklist.objects.allowed(asked.actor, "checklist.view")
    row = lists.filter(key=asked.query.get("checklist", "")).first()
    if row is None:
        raise Http404
    found = checklist_views.items_of(checklist_views.version_of(row, asked.query, asked.on)[1])
    return Rows(
        len(found),
        (
            (
                item.number,
                item.section,
                item.text,
                _("、").join(str(name) for name in item.kind_names),
                item.get_weight_display(),
                str(item.clause) if item.clause else item.basis,
                item.quote,
                item.weak,
            )
            for item in found
        ),
    )


EXPORTS = (
    ExportList("inspections", marked("现场检查"), "inspections", "inspection.view",
               lambda asked: INSPECTION_COLUMNS, inspections),
    ExportList("orders", marked("整改"), "orders", "order.view", lambda asked: ORDER_COLUMNS, orders),
    ExportList("draws", marked("各月抽取"), "draws", "draw.view", lambda asked: DRAW_COLUMNS, draws),
    ExportList("checklists", marked("检查表"), "checklists", "checklist.view",
               lambda asked: CHECKLIST_COLUMNS, checklists),
    ExportList("checklist", marked("检查表的项目"), "checklist", "checklist.view", lambda asked: ITEM_COLUMNS, items,
               of="checklist"),
)  # fmt: skip
