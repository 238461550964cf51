"""Inspections and orders as spreadsheets, with the conditions of their pages."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.http import Http404
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from facilities.exports.sheet import CHUNK, many
from inspections.models import Checklist
from inspections.rules import orders as order_rules
from inspections.services import checklist_drafts
from inspections.views import checklists as checklist_views
from inspections.views import complaints as complaint_views
from inspections.views import draws as draw_views
from inspections.views import incidents as incident_views
from inspections.views import orders as order_views
from inspections.views import results as result_views
from inspections.views import visits as visit_views
from inspections.views.checklist_drafts import Words
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


RESULT_COLUMNS = (
    OutColumn(marked("检查编号"), 18),
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("街镇"), 12),
    OutColumn(marked("检查日期"), 12),
    OutColumn(marked("意见截止"), 12),
    OutColumn(marked("公示期限"), 12),
    OutColumn(marked("已公示"), 12),
    OutColumn(marked("版本"), 8),
    OutColumn(marked("状态"), 16),
)


def results(asked: Asked) -> Rows:
    _form, _rows, tab, shown = result_views.chosen(asked.actor, asked.query)
    sign = "-" if tab == "published" else ""
    found = shown.order_by(f"{sign}inspection__publish_by", f"{sign}pk")

    def rows() -> Iterator[tuple]:
        for row in found.iterator(chunk_size=CHUNK):
            visit = row.inspection
            yield (
                visit.number,
                visit.facility.code,
                visit.facility.name,
                visit.facility.street.name,
                visit.finished_on,
                row.answer_by,
                visit.publish_by,
                localdate(visit.published_at) if visit.published_at else None,
                row.latest,
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
    OutColumn(marked("关键项"), 8),
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
                item.short,
                str(item.clause) if item.clause else item.basis,
                item.quote,
                item.weak,
            )
            for item in found
        ),
    )


#: The headings by which items come in (imports/checklist_items.py).
DRAFT_COLUMNS = (
    OutColumn(marked("检查表"), 20),
    OutColumn(marked("项目代号"), 16),
    OutColumn(marked("部分"), 20),
    OutColumn(marked("检查什么"), 60),
    OutColumn(marked("权重"), 10),
    OutColumn(marked("关键项"), 8),
    OutColumn(marked("抽查事项"), 20),
    OutColumn(marked("用于"), 28),
    OutColumn(marked("条款"), 28),
    OutColumn(marked("原文"), 60),
    OutColumn(marked("依据"), 36),
    OutColumn(marked("怎样查"), 40),
    OutColumn(marked("待核对"), 8),
)


def draft_items(asked: Asked) -> Rows:
    """The items of a checklist's draft."""
    lists = Checklist.objects.allowed(asked.actor, "checklist_draft.view")
    row = lists.filter(key=asked.query.get("checklist", "")).first()
    draft = checklist_drafts.open_of(row) if row else None
    if draft is None:
        raise Http404
    words = Words(draft.items)
    found = [words.row(item) for item in draft.items]
    return Rows(
        len(found),
        (
            (
                row.name,
                item["key"],
                item["section"],
                item["text"],
                item["weight_word"],
                item["short"],
                item["matter_name"],
                _("、").join(item["kind_names"]),
                words.value("clause", item["clause"]),
                item["quote"],
                item["basis"],
                item["hint"],
                item["weak"],
            )
            for item in found
        ),
    )


COMPLAINT_COLUMNS = (
    OutColumn(marked("投诉编号"), 18),
    OutColumn(marked("收到"), 12),
    OutColumn(marked("关于什么"), 16),
    OutColumn(marked("写的机构"), 28),
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("街镇"), 12),
    OutColumn(marked("谁办"), 12),
    OutColumn(marked("最迟分办"), 12),
    OutColumn(marked("最迟答复"), 12),
    OutColumn(marked("答复日期"), 12),
    OutColumn(marked("核实结果"), 12),
    OutColumn(marked("状态"), 10),
)


def complaints(asked: Asked) -> Rows:
    """Neither what was said nor by whom."""
    _form, _rows, tab, shown = complaint_views.chosen(asked.actor, asked.query)
    day = "-answered_on" if tab == "done" else "sort_by" if tab == "received" else "answer_by"
    found = shown.order_by(day, "-pk" if tab == "done" else "pk")

    def rows() -> Iterator[tuple]:
        for row in found.iterator(chunk_size=CHUNK):
            place = row.facility
            yield (
                row.number,
                row.received_on,
                row.get_subject_display(),
                row.where,
                place.code if place else "",
                place.name if place else "",
                place.street.name if place else "",
                row.get_handler_display(),
                row.sort_by,
                row.answer_by,
                row.answered_on,
                row.get_outcome_display(),
                row.get_state_display(),
            )

    return Rows(many(found), rows())


INCIDENT_COLUMNS = (
    OutColumn(marked("事件编号"), 18),
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("街镇"), 12),
    OutColumn(marked("哪类事件"), 16),
    OutColumn(marked("发生"), 18),
    OutColumn(marked("知道"), 18),
    OutColumn(marked("首报期限"), 18),
    OutColumn(marked("首报时间"), 18),
    OutColumn(marked("迟报"), 8),
    OutColumn(marked("涉及幼儿（人）"), 10),
    OutColumn(marked("受伤、不适（人）"), 10),
    OutColumn(marked("告诉家长"), 18),
    OutColumn(marked("最迟终报"), 12),
    OutColumn(marked("状态"), 14),
)


def incidents(asked: Asked) -> Rows:
    _form, _rows, _tab, shown = incident_views.chosen(asked.actor, asked.query)
    found = shown.order_by("-happened_at", "-pk")

    def rows() -> Iterator[tuple]:
        for row in found.iterator(chunk_size=CHUNK):
            yield (
                row.number,
                row.facility.code,
                row.facility.name,
                row.facility.street.name,
                row.get_kind_display(),
                row.happened_at,
                row.known_at,
                row.first_due_at,
                row.reported_at,
                row.late,
                row.children,
                row.injured,
                row.parents_told_at,
                row.final_due_on,
                row.get_state_display(),
            )

    return Rows(many(found), rows())


EXPORTS = (
    ExportList("inspections", marked("现场检查"), "inspections", "inspection.view",
               lambda asked: INSPECTION_COLUMNS, inspections),
    ExportList("orders", marked("整改"), "orders", "order.view", lambda asked: ORDER_COLUMNS, orders),
    ExportList("complaints", marked("投诉举报"), "complaints", "complaint.view",
               lambda asked: COMPLAINT_COLUMNS, complaints),
    ExportList("incidents", marked("安全事件"), "incidents", "incident.view",
               lambda asked: INCIDENT_COLUMNS, incidents),
    ExportList("results", marked("检查结果"), "results", "result.view", lambda asked: RESULT_COLUMNS, results),
    ExportList("draws", marked("各月抽取"), "draws", "draw.view", lambda asked: DRAW_COLUMNS, draws),
    ExportList("checklists", marked("检查表"), "checklists", "checklist.view",
               lambda asked: CHECKLIST_COLUMNS, checklists),
    ExportList("checklist", marked("检查表的项目"), "checklist", "checklist.view", lambda asked: ITEM_COLUMNS, items,
               of="checklist"),
    ExportList("checklist-draft", marked("检查表草稿的项目"), "checklist-draft", "checklist_draft.view",
               lambda asked: DRAFT_COLUMNS, draft_items, of="checklist"),
)  # fmt: skip
